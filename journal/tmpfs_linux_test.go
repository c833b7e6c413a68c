package journal

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// tmpfsEnv is the folder on which the child of TestTmpfsFull mounts a file system.
const tmpfsEnv = "SMK_JOURNAL_TMPFS"

// TestTmpfsFull fills a file system of 512 KiB: what was written is read, what was not is counted, and when there is
// room again the journal goes on. It runs in a child, which has mounts of its own.
func TestTmpfsFull(t *testing.T) {
	if dir := os.Getenv(tmpfsEnv); dir != "" {
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=512k"); err != nil {
			t.Skip(err)
		}
		for name, durability := range map[string]Durability{"none": SyncNone, "group": SyncGroup, "each": SyncEach} {
			t.Run(name, func(t *testing.T) { fillDisk(t, filepath.Join(dir, name), durability) })
		}
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^TestTmpfsFull$", "-test.v")
	cmd.Env = append(os.Environ(), tmpfsEnv+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	switch out, err := cmd.CombinedOutput(); {
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.ENOSPC), // namespaces are not allowed, or not that many
		err == nil && bytes.Contains(out, []byte("SKIP: TestTmpfsFull")):
		t.Skipf("no file system can be mounted here: %v\n%s", err, out)
	case err != nil:
		t.Fatalf("%v\n%s", err, out)
	default:
		t.Logf("%s", out)
	}
}

func fillDisk(t *testing.T, dir string, durability Durability) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ballast := filepath.Join(filepath.Dir(dir), "ballast")
	if err := os.WriteFile(ballast, make([]byte, 128<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	clock, failures := new(testClock), []error{}
	j := open(t, Config{
		Dir: dir, Name: "maker", RingBytes: ringBytesMin, SegmentBytes: 4 * segmentBytesMin, Durability: durability,
		OnFull: FullCount, OnFailure: FailContinue, Clock: clock.read, Wall: clock.wall,
		Failed: func(err error) { failures = append(failures, err) },
	})
	r := j.Recorder()
	read := func() content {
		got, err := OpenDir(dir, ReaderConfig{})
		return readAll(t, got, err)
	}
	for j.Stats().Failed == nil {
		add(r, 10)
		r.Commit()
		_ = j.Sync()
	}
	kept := j.Stats().Written
	add(r, 500)
	r.Commit()
	_ = j.Sync()
	if got := read(); got.err != nil || got.last != kept || len(got.records) < 1000 {
		t.Errorf("full: %d records, up to %d of %d, %v", len(got.records), got.last, kept, got.err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	clock.advance(int64(2 * retryEvery))
	for r.ring.wake(); j.Stats().Failed != nil; r.ring.wake() {
	}
	add(r, 100)
	r.Commit()
	closed(t, j)
	got, s := read(), j.Stats()
	if got.err != nil || got.lost < 500 || got.lost != s.Lost || got.last != r.Seq() {
		t.Errorf("room again: %d records, %d lost, up to %d of %d, %v, %+v",
			len(got.records), got.lost, got.last, r.Seq(), got.err, s)
	}
	if len(failures) != 1 || !errors.Is(failures[0], syscall.ENOSPC) {
		t.Errorf("failures %v", failures)
	}
	t.Logf("%d records until it was full, %d lost", kept, s.Lost)
}
