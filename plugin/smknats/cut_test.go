package smknats

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
)

// TestCut has a machine die after parts of a long record were published. Who takes over says where the log has its last
// whole record, and goes on there. Folders that were restored at any moment before or after become the same.
func TestCut(t *testing.T) {
	s := natstest.Start(t, nil)
	js := s.JetStream()
	w := newWriter(t, 13)
	c := config(w.dir)
	c.BlockBytes = 1 << 10
	sent, limit := 0, 1<<30
	p := run(t, s, c, func(what string) {
		if what != "block" {
			return
		}
		if sent++; sent > limit {
			<-t.Context().Done() // it never sends again
		}
	})
	w.add(20, 900)
	p.until("log", func(s Stats) bool { return s.Record == w.last() })
	whole := p.Stats()
	stream, err := js.Stream(t.Context(), p.names.LogStream(c.Account))
	if err != nil {
		t.Fatal(err)
	}
	limit = int(whole.Blocks) + 3
	w.j.Recorder().Append(journal.KindTape, 0, 1, w.at+1, make([]byte, 12_000))
	w.j.Recorder().Commit()
	if err := w.j.Sync(); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool {
		info, err := stream.Info(t.Context())
		return err == nil && info.State.LastSeq == whole.Sequence+3
	}, func() { t.Fatalf("%+v", p.Stats()) })
	p.stop()

	folders := map[string]string{"before": t.TempDir(), "other": t.TempDir(), "next": t.TempDir()}
	for _, dir := range folders {
		if r := restore(t, s, w.dir, dir); r.Offset != whole.Offset+3<<10 {
			t.Fatalf("%+v, want 3 parts behind %d", r, whole.Offset)
		}
	}
	file := segmentPath(folders["before"], whole.Segment)
	for name, size := range map[string]int64{
		"part": whole.Offset + 10, "end": whole.Offset, "early": whole.Offset - 5_000,
	} {
		folders[name] = copyOf(t, file, size)
	}
	next := folders["next"]
	for _, want := range []bool{true, false} {
		claimed, err := Claim(t.Context(), js, "test", c.Account, next, whole.Sequence+3)
		if err != nil || claimed != want {
			t.Fatalf("claimed %v, %v", claimed, err)
		}
	}
	folders["cut"] = t.TempDir()
	if r := restore(t, s, w.dir, folders["cut"]); r.Offset != whole.Offset || r.Record != whole.Record {
		t.Fatalf("%+v, want up to %+v", r, whole)
	}
	claimed, err := Claim(t.Context(), js, "test", c.Account, folders["cut"], whole.Sequence+4)
	if err != nil || !claimed {
		t.Fatalf("another takes over at once: %v, %v", claimed, err) // before anything was published
	}
	c.Dir, w.c.Dir = next, next
	if w.j, err = journal.Open(w.c); err != nil {
		t.Fatal(err)
	}
	w.add(20, 900)
	p = run(t, s, c, nil)
	p.until("log of the next", func(s Stats) bool { return s.Record == w.last() })
	folders["sealed"] = copyOf(t, segmentPath(next, whole.Segment), sizeOf(t, next, whole.Segment))
	folders["seal"] = copyOf(t, segmentPath(next, whole.Segment), whole.Offset+3)
	folders["new"] = t.TempDir()
	delete(folders, "next")
	for name, dir := range folders {
		if name == "other" {
			continue
		}
		t.Log(name)
		r := restore(t, s, next, dir)
		if r.Segment <= whole.Segment {
			t.Errorf("%s: %+v", name, r)
		}
		verify(t, dir, w.last())
	}
	f, err := os.OpenFile(segmentPath(folders["other"], whole.Segment), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := f.WriteAt([]byte("x"), whole.Offset+2_000); err != nil {
		t.Fatal(err)
	}
	_, err = Restore(t.Context(), js, "test", c.Account, folders["other"])
	wantError(t, err, ErrMismatch)
	c.Dir = w.dir
	wantError(t, Publish(t.Context(), s.Connect(), c), ErrMismatch) // the machine that died comes back
}

// copyOf returns a folder that has the beginning of a segment.
func copyOf(t *testing.T, from string, size int64) string {
	t.Helper()
	dir := t.TempDir()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, filepath.Base(from)), b[:size], 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
