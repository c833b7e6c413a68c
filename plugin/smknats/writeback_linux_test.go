package smknats

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestStartWriting expects that nothing of what the disk was asked to write waits for that any more, as far as the
// kernel tells it, and that what is no file on a disk is left alone.
func TestStartWriting(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(make([]byte, restoreStart)); err != nil {
		t.Fatal(err)
	}
	if err := startWriting(f, 0, restoreStart); err != nil {
		t.Fatal(err)
	}
	var pages unix.Cachestat_t // stays 0 on a kernel before 6.5
	_ = unix.Cachestat(uint(f.Fd()), &unix.CachestatRange{Len: restoreStart}, &pages, 0)
	if pages.Dirty != 0 {
		t.Errorf("%+v", pages)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	wantError(t, startWriting(f, 0, restoreStart), unix.EBADF)
	r, p, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := startWriting(p, 0, restoreStart); err != nil {
		t.Error(err)
	}
	_, _ = r.Close(), p.Close()
}
