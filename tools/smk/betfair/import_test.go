package betfair

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestImportNothing refuses files that have no market, and leaves no journal that looks like one.
func TestImportNothing(t *testing.T) {
	for name, content := range map[string]string{
		"empty": "", "another format": "a,b\n1,2\n", "no markets": `{"op":"mcm","pt":1,"mc":[]}` + "\n",
	} {
		file, dir := filepath.Join(t.TempDir(), "file"), filepath.Join(t.TempDir(), "journal")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Import(t.Context(), Config{Files: []string{file}, Dir: dir}); !errors.Is(err, ErrNothing) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%s: there is a journal: %v", name, err)
		}
	}
}
