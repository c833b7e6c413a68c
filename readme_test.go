package smk_test

import (
	"os"
	"regexp"
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

// proofsMin is how many rows the table of what no other has must have; a table that is not read has none.
const proofsMin = 12

// TestReadmeProofs holds that the tests and commands behind what the README claims exist.
func TestReadmeProofs(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "\n## What it has that no other has\n")
	section, _, ok := strings.Cut(section, "\n## ")
	if !ok {
		t.Fatal("README.md does not say what it has")
	}
	commands := commandNames(t)
	declared := make(map[string]map[string]bool) // tests by directory
	rows := 0
	for line := range strings.Lines(section) {
		cells := strings.Split(line, " | ")
		if len(cells) != 2 || !strings.HasPrefix(line, "| **") {
			continue
		}
		rows++
		tests := 0
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[1], -1) {
			proof := m[1]
			dir, test, isTest := strings.Cut(proof, ":")
			target, isMake := strings.CutPrefix(proof, "make ")
			command, isCommand := strings.CutPrefix(proof, "smk ")
			switch {
			case isTest:
				tests++
				if declared[dir] == nil {
					declared[dir] = testsOf(t, dir)
				}
				if !declared[dir][test] {
					t.Errorf("%s has no %s, which proves %s", dir, test, cells[0])
				}
			case isMake && !strings.Contains(string(makefile), "\n"+target+":"),
				isCommand && !commands[command], !isMake && !isCommand:
				t.Errorf("there is no %q, which proves %s", proof, cells[0])
			}
		}
		if tests == 0 {
			t.Errorf("no test proves %s", cells[0])
		}
	}
	if rows < proofsMin {
		t.Errorf("%d rows, at least %d expected", rows, proofsMin)
	}
}

// TestSecurityProofs holds that the tests that SECURITY.md names exist.
func TestSecurityProofs(t *testing.T) {
	page, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([\\w./]+):(Test\\w+)`").FindAllStringSubmatch(string(page), -1)
	if len(named) < 5 {
		t.Errorf("only %d tests are named", len(named))
	}
	for _, m := range named {
		if !testsOf(t, m[1])[m[2]] {
			t.Errorf("%s has no %s", m[1], m[2])
		}
	}
}

// commandNames returns the commands of the program, such as "journal replay", by what its source declares.
func commandNames(t *testing.T) map[string]bool {
	t.Helper()
	field := regexp.MustCompile("(?m)^\t(\\w+) +\\w+ +`cmd:")
	names := make(map[string]bool)
	for file, prefix := range map[string]string{"main.go": "", "journal.go": "journal ", "configure.go": "config "} {
		source, err := os.ReadFile("tools/smk/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range field.FindAllStringSubmatch(string(source), -1) {
			names[prefix+strings.ToLower(m[1])] = true
		}
	}
	return names
}

// leftAligned returns a text without the blanks at the beginnings and ends of its lines.
func leftAligned(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n")
}
