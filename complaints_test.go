package smk_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// complaintsMin is how many complaints there are at least; a table that is not read has none.
const complaintsMin = 40

// TestComplaintsHaveTests expects each complaint of docs/complaints.md to name tests, and those to exist.
func TestComplaintsHaveTests(t *testing.T) {
	text, err := os.ReadFile("docs/complaints.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([\\w/]+):(Test\\w+)`")
	declared := make(map[string]map[string]bool) // by directory
	complaints := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != 6 || strings.HasPrefix(line, "| ---") || strings.HasPrefix(line, "| Reported to") {
			if strings.HasPrefix(line, "|") && len(cells) != 6 {
				t.Errorf("not four columns: %s", line)
			}
			continue
		}
		complaints++
		tests := named.FindAllStringSubmatch(cells[4], -1)
		if len(tests) == 0 {
			t.Errorf("no test of the complaint%s", cells[2])
		}
		for _, m := range tests {
			if declared[m[1]] == nil {
				declared[m[1]] = testsOf(t, m[1])
			}
			if !declared[m[1]][m[2]] {
				t.Errorf("%s has no %s, of the complaint%s", m[1], m[2], cells[2])
			}
		}
	}
	if complaints < complaintsMin {
		t.Errorf("%d complaints, at least %d expected", complaints, complaintsMin)
	}
}

// testsOf returns the tests of a directory.
func testsOf(t *testing.T, dir string) map[string]bool {
	t.Helper()
	names := make(map[string]bool)
	files, err := filepath.Glob(filepath.Join(filepath.FromSlash(dir), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		for name := range functions(t, file) {
			names[name] = true
		}
	}
	return names
}
