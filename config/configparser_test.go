package config

import (
	"encoding/json"
	"os"
	"testing"
)

// TestConfigparser holds the parser to what Python's configparser made of the same
// texts: which it takes, and each value, or null if a reference in it is wrong.
func TestConfigparser(t *testing.T) {
	content, err := os.ReadFile("testdata/configparser.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Text   string
		OK     bool
		Values map[string]*string // by section, dot and key
	}
	if err := json.Unmarshal(content, &cases); err != nil {
		t.Fatal(err)
	}
	values := 0
	for _, c := range cases {
		sections, err := parse([]byte(c.Text))
		if (err == nil) != c.OK {
			t.Errorf("%q: %v, but Python takes it: %t", c.Text, err, c.OK)
			continue
		}
		var v Values
		v.merge("f", sections)
		for name, want := range c.Values {
			values++
			got, _, ok, err := v.Get(name[:1], name[2:])
			switch {
			case !ok, (err != nil) != (want == nil):
				t.Errorf("%q: %s is %q, %t, %v", c.Text, name, got, ok, err)
			case want != nil && got != *want:
				t.Errorf("%q: %s is %q, Python says %q", c.Text, name, got, *want)
			}
		}
	}
	if len(cases) < 300 || values < 300 {
		t.Errorf("only %d texts with %d values", len(cases), values)
	}
}
