package wire

import (
	"os/exec"
	"strings"
	"testing"
)

// What runs once a frame must not turn into a call when someone adds a line to it.
func TestInlined(t *testing.T) {
	report, err := exec.Command("go", "build", "-gcflags=-m", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, report)
	}
	for _, name := range []string{"shortHeader", "HeaderSize", "PutHeader", "FrameSize", "(*Buffer).Filled"} {
		if !strings.Contains(string(report), "can inline "+name+"\n") {
			t.Errorf("%s is not inlined any more", name)
		}
	}
}
