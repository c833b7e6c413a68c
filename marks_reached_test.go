//go:build smkmarks

package smk_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/smk-go/smk/internal/marks"
)

// TestElsewhereReachesMarks runs the tests of the list of marks that no day of the proof reaches, and expects them to
// reach their marks.
func TestElsewhereReachesMarks(t *testing.T) {
	tests := make(map[string][]string) // by folder
	for _, test := range marks.Elsewhere {
		if dir, name, _ := strings.Cut(test, "."); !slices.Contains(tests[dir], name) {
			tests[dir] = append(tests[dir], name)
		}
	}
	for dir, names := range tests {
		file := filepath.Join(t.TempDir(), "marks")
		run := exec.Command("go", "test", "-count=1", "-tags", "smkmarks", "-run", "^("+strings.Join(names, "|")+")$",
			"./"+dir)
		run.Env = append(os.Environ(), marks.File+"="+file)
		if out, err := run.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", dir, err, out)
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
			continue
		}
		reached := strings.Fields(string(text))
		for m, test := range marks.Elsewhere {
			if strings.HasPrefix(test, dir+".") && !slices.Contains(reached, strconv.Itoa(int(m))) {
				t.Errorf("%s does not reach the mark %v", test, m)
			}
		}
	}
}
