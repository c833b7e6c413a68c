package smk_test

import (
	"os"
	"strings"
	"testing"
)

// TestReadmeProgram holds the program on the README's first screen to the example that it is from, which has a test of
// its own.
func TestReadmeProgram(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("examples/maker/main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(readme), "```go\n")
	program, _, end := strings.Cut(rest, "```\n")
	if !ok || !end || strings.Count(program, "\n") < 20 {
		t.Fatal("README.md shows no program")
	}
	for part := range strings.SplitSeq(program, "\n\n") {
		if !strings.Contains(leftAligned(string(example)), leftAligned(part)) {
			t.Errorf("README.md has what examples/maker does not:\n%s", part)
		}
	}
	if n := strings.Count(string(example), "\n"); n > 200 {
		t.Errorf("examples/maker has %d lines", n)
	}
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"demo", "test"} {
		if !strings.Contains(string(readme), "\n    make "+command+" ") ||
			!strings.Contains(string(makefile), "\n"+command+":") {
			t.Errorf("README.md and Makefile do not agree on make %s", command)
		}
	}
}

// leftAligned returns a text without the blanks at the beginnings and ends of its lines.
func leftAligned(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n")
}
