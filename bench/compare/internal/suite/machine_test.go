package suite

import "testing"

func TestCPUName(t *testing.T) {
	const info = "processor\t: 0\nvendor_id\t: X\nmodel\t\t: 7\nmodel name\t: Some CPU @ 3 GHz\nmodel name\t: second\n"
	if got := cpuName([]byte(info)); got != "Some CPU @ 3 GHz" {
		t.Errorf("name is %q", got)
	}
	if got := cpuName([]byte("no such\nthing")); got != "" {
		t.Errorf("name is %q", got)
	}
}
