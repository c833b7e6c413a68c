package smk_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Limits of the inputs that are kept for a fuzz target, beside those in its code.
const (
	corpusFilesMax = 32
	corpusBytesMax = 64 << 10 // of one
)

// TestCorpora keeps the inputs of fuzz targets few, short and named: a crasher is a case, and its name says what it
// shows, which the hash that go test gives it does not.
func TestCorpora(t *testing.T) {
	counts := make(map[string]int)
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		slashed := filepath.ToSlash(name)
		if err != nil || d.IsDir() || !strings.Contains("/"+slashed, "/testdata/fuzz/") {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		counts[filepath.Dir(name)]++
		if complaint := judgeCorpus(d.Name(), info.Size(), counts[filepath.Dir(name)]); complaint != "" {
			t.Errorf("%s: %s", slashed, complaint)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		bytes   int64
		files   int
		refused bool
	}{
		{"771e938e4458e983", 10, 1, true},
		{"order-ends-in-its-label", 10, 1, false},
		{"order-ends-in-its-label", corpusBytesMax + 1, 1, true},
		{"order-ends-in-its-label", 10, corpusFilesMax + 1, true},
	} {
		if complaint := judgeCorpus(c.name, c.bytes, c.files); (complaint != "") != c.refused {
			t.Errorf("%+v: %q", c, complaint)
		}
	}
}

var hashed = regexp.MustCompile(`^[0-9a-f]{16,}$`)

func judgeCorpus(name string, bytes int64, files int) string {
	switch {
	case hashed.MatchString(name):
		return "give the crasher a name that says what it shows"
	case bytes > corpusBytesMax:
		return "an input is too long: make it shorter"
	case files > corpusFilesMax:
		return "a target has too many inputs: keep those that show something of their own"
	}
	return ""
}
