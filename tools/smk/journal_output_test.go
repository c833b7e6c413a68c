package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/journal"
)

// writtenJournal returns the folder of a small journal.
func writtenJournal(t *testing.T, runs int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for range runs {
		j, err := journal.Open(journal.Config{Dir: dir, Name: "small", OnFull: journal.FullWait})
		if err != nil {
			t.Fatal(err)
		}
		rec := j.Recorder()
		rec.Append(journal.KindStart, 0, 0, 1, []byte("{}"))
		rec.Append(journal.KindStart, engine.StartContinues, 0, 1, []byte("{}"))
		for range 100 {
			rec.Append(journal.KindOutbound, 0, 1, 2, []byte{8, 1})
		}
		rec.Commit()
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// flip changes a byte in the middle of a file.
func flip(t *testing.T, name string) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// names returns the names in a folder.
func names(t *testing.T, dir string) string {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range files {
		all = append(all, f.Name())
	}
	return strings.Join(all, " ")
}

// TestExportOverJournal: an export whose file is one of the journal's, by its name or by a link, leaves it.
func TestExportOverJournal(t *testing.T) {
	dir := writtenJournal(t, 1)
	link := filepath.Join(t.TempDir(), "link")
	segment := filepath.Join(dir, "000000000001.smkj")
	if err := os.Symlink(segment, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{segment, filepath.Join(dir, "lock"), link} {
		var out, errs bytes.Buffer
		code := run(t.Context(), []string{"journal", "export", dir, "--to=csv", "--output=" + name},
			stdio{nil, &out, &errs})
		if code != exitFailed || !strings.Contains(errs.String(), "is a file of the journal") {
			t.Errorf("%s: exit %d: %s", name, code, &errs)
		}
	}
	if r, err := journal.Verify(dir, journal.ReaderConfig{}); err != nil || r.Records < 100 {
		t.Errorf("%v: %+v", err, r)
	}
}

// TestOutputInterrupted: what an interrupted command has written is not there to be taken for the whole, and what was
// there before is.
func TestOutputInterrupted(t *testing.T) {
	dir, to := writtenJournal(t, 1), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	old := filepath.Join(to, "old.csv")
	if err := os.WriteFile(old, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"export", dir, "--to=csv", "--output=" + old},
		{"export", dir, "--to=parquet", "--output=" + filepath.Join(to, "new.parquet")},
		{"repair", dir, "--output=" + to},
	} {
		var out, errs bytes.Buffer
		code := run(ctx, append([]string{"journal"}, args...), stdio{nil, &out, &errs})
		if b, err := os.ReadFile(old); code != exitFailed || err != nil || string(b) != "old" ||
			!strings.HasSuffix(errs.String(), "smk: interrupted\n") {
			t.Errorf("%q: exit %d: %s, %q, %v", args, code, &errs, b, err)
		}
		if left := names(t, to); left != "old.csv" {
			t.Errorf("%q leaves %s", args, left)
		}
	}
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"journal", "export", dir, "--to=csv", "--output=" + old}, stdio{nil, &out, &errs})
	if info, err := os.Stat(old); code != exitOK || err != nil || info.Mode().Perm() != 0o640 || info.Size() < 1000 ||
		names(t, to) != "old.csv" {
		t.Errorf("exit %d: %s, %v, %v", code, &errs, info, err)
	}
}

// TestExportDamaged: a file of what is before the damage is whole.
func TestExportDamaged(t *testing.T) {
	dir, to := writtenJournal(t, 1), t.TempDir()
	flip(t, filepath.Join(dir, "000000000001.smkj"))
	var sizes []int64
	for _, format := range []string{"csv", "jsonl", "parquet", "pcapng"} {
		var out, errs bytes.Buffer
		name := filepath.Join(to, format)
		code := run(t.Context(), []string{"journal", "export", dir, "--to", format, "--output", name},
			stdio{nil, &out, &errs})
		b, err := os.ReadFile(name)
		if code != exitFailed || err != nil || !strings.Contains(errs.String(), "damaged") ||
			!strings.Contains(out.String(), " messages") {
			t.Errorf("%s: exit %d: %s%s, %v", format, code, &out, &errs, err)
		}
		whole := map[string]string{"csv": "\n", "jsonl": "}\n", "parquet": "PAR1", "pcapng": ""}[format]
		if !bytes.HasSuffix(b, []byte(whole)) {
			t.Errorf("%s ends with %q", format, b[max(0, len(b)-10):])
		}
		sizes = append(sizes, int64(len(b)))
	}
	for _, size := range sizes {
		if size < 1000 {
			t.Errorf("sizes %d", sizes)
		}
	}
}

// TestStatUnhealthy: who asks a journal for its counts is told that there would be more.
func TestStatUnhealthy(t *testing.T) {
	dir := writtenJournal(t, 1)
	flip(t, filepath.Join(dir, "000000000001.smkj"))
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"journal", "stat", dir}, stdio{nil, &out, &errs})
	if code != exitUnhealthy || !strings.Contains(errs.String(), "damaged") ||
		!strings.Contains(out.String(), "kind outbound") {
		t.Errorf("exit %d: %s%s", code, &out, &errs)
	}
}

// TestDiffRuns: runs that are not there are not equal.
func TestDiffRuns(t *testing.T) {
	dir := writtenJournal(t, 2)
	for flag, want := range map[string]int{
		"--run-a=2": exitFailed, "--run-b=3": exitFailed, "--run-a=-1": exitUsage, "--run-b=1": exitFailed,
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), []string{"journal", "diff", dir, dir, flag}, stdio{nil, &out, &errs})
		if code != want || strings.Contains(out.String(), "equal: ") {
			t.Errorf("%s: exit %d, want %d: %s%s", flag, code, want, &out, &errs)
		}
	}
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"journal", "diff", dir, dir, "--run-a=9", "--run-b=8"}, stdio{nil, &out, &errs})
	if code != exitFailed || out.Len() > 0 || !strings.Contains(errs.String(), "there is no run 9: the journal has 2") {
		t.Errorf("exit %d: %s%s", code, &out, &errs)
	}
}

// TestLostRecords: an export of a journal that has lost records says so, and its counts end as unhealthy.
func TestLostRecords(t *testing.T) {
	dir := t.TempDir()
	j, err := journal.Open(journal.Config{Dir: dir, Name: "lost", RingBytes: 4096})
	if err != nil {
		t.Fatal(err)
	}
	rec := j.Recorder()
	for range 1000 { // more than the ring has room for before they are the writer's
		rec.Append(journal.KindOutbound, 0, 1, 2, []byte{8, 1})
	}
	rec.Commit()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	lost := fmt.Sprint(j.Stats().Lost)
	for _, format := range []string{"csv", "jsonl", "parquet", "pcapng"} {
		var out, errs bytes.Buffer
		code := run(t.Context(), []string{
			"journal", "export", dir, "--to", format, "--output", filepath.Join(t.TempDir(), "out"),
		}, stdio{nil, &out, &errs})
		if code != exitOK || lost == "0" || !strings.Contains(out.String(), "; "+lost+" records are lost among them") {
			t.Errorf("%s: exit %d, %s lost: %s%s", format, code, lost, &out, &errs)
		}
	}
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"journal", "stat", dir}, stdio{nil, &out, &errs}); code != exitUnhealthy ||
		!strings.HasSuffix(errs.String(), "records are lost\n") {
		t.Errorf("exit %d: %s%s", code, &out, &errs)
	}
}
