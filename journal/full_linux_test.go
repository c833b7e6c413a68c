package journal

import (
	"errors"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// fullEnv is the folder in which the child of TestReallyFull writes.
const fullEnv = "SMK_JOURNAL_FULL"

// fullDisk is a disk that can be made full, and have room again.
type fullDisk struct {
	err        syscall.Errno
	fill, free func() error
}

// TestReallyFull writes until a disk is full: what was written is read, what was not is counted, and when there is
// room again the journal goes on. It runs in a child, which mounts a file system of 512 KiB, or where no mount is
// allowed may write short files only.
func TestReallyFull(t *testing.T) {
	if dir := os.Getenv(fullEnv); dir != "" {
		d := makeDisk(dir)
		all := map[string]Durability{"none": SyncNone, "group": SyncGroup, "each": SyncEach}
		for name, durability := range all {
			t.Run(name, func(t *testing.T) { fillDisk(t, filepath.Join(dir, name), durability, d) })
		}
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := func(flags uintptr) *exec.Cmd {
		c := exec.Command(exe, "-test.run=^TestReallyFull$", "-test.v")
		c.Env = append(os.Environ(), fullEnv+"="+t.TempDir())
		c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags}
		if flags&syscall.CLONE_NEWUSER != 0 {
			c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
			c.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
		}
		return c
	}
	var out []byte
	for _, flags := range []uintptr{syscall.CLONE_NEWNS, syscall.CLONE_NEWNS | syscall.CLONE_NEWUSER, 0} {
		c := command(flags)
		if out, err = c.CombinedOutput(); c.Process != nil {
			break // it was allowed to start
		}
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// makeDisk returns a file system of 512 KiB in a folder, or the folder with a limit of how long files may be.
func makeDisk(dir string) fullDisk {
	if syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=512k") == nil {
		ballast := filepath.Join(dir, "ballast")
		return fullDisk{
			err:  syscall.ENOSPC,
			fill: func() error { return os.WriteFile(ballast, make([]byte, 320<<10), 0o600) },
			free: func() error { return os.Remove(ballast) },
		}
	}
	signal.Ignore(syscall.SIGXFSZ)
	limit := func(bytes uint64) func() error {
		return func() error {
			return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: math.MaxUint64})
		}
	}
	return fullDisk{err: syscall.EFBIG, fill: limit(16 << 10), free: limit(math.MaxUint64)}
}

func fillDisk(t *testing.T, dir string, durability Durability, d fullDisk) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
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
	if err := d.fill(); err != nil {
		t.Fatal(err)
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
	if got := read(); got.err != nil || got.last != kept || len(got.records) < 50 {
		t.Errorf("full: %d records, up to %d of %d, %v", len(got.records), got.last, kept, got.err)
	}
	if err := d.free(); err != nil {
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
	if len(failures) != 1 || !errors.Is(failures[0], d.err) {
		t.Errorf("failures %v", failures)
	}
	t.Logf("%d records until it was full, %d lost", kept, s.Lost)
}
