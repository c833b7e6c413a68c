package betfair

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestImportPipe imports from a pipe, which can be read once: nothing of it is missing.
func TestImportPipe(t *testing.T) {
	var lines []string
	for n := range 5000 { // more than a pipe and the reader's buffers take
		lines = append(lines, fmt.Sprintf(`{"op":"mcm","pt":%d,"mc":[{"id":"1.7","img":%t,"rc":[{"id":1,`+
			`"atb":[[2,%d]]}]}]}`, 1000+n, n == 0, 100+n))
	}
	other := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(other, []byte(strings.ReplaceAll(lines[0], "1.7", "1.8")), 0o600); err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = w.WriteString(strings.Join(lines, "\n"))
		_ = w.Close()
	}()
	defer r.Close()
	report, err := Import(t.Context(), Config{
		Files: []string{other, fmt.Sprintf("/dev/fd/%d", r.Fd())}, Dir: filepath.Join(t.TempDir(), "journal"),
	})
	if err != nil || report.Lines != len(lines)+1 || report.Malformed != 0 || report.Markets != 2 {
		t.Errorf("%+v, %v", report, err)
	}
}
