package journal

import (
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

// TestReallyFull writes until a disk is full: what was written is read, what was not is counted, and when there is
// room again the journal goes on. It runs in a child, which mounts a file system of 512 KiB, or where no mount is
// allowed may write short files only.
func TestReallyFull(t *testing.T) {
	if dir := os.Getenv(fullEnv); dir != "" {
		d := makeDisk(dir)
		all := map[string]Durability{"none": SyncNone, "group": SyncGroup, "each": SyncEach}
		for name, durability := range all {
			t.Run(name, func(t *testing.T) {
				folder := filepath.Join(dir, name)
				defer os.RemoveAll(folder)
				fillDisk(t, Config{
					Dir: folder, RingBytes: ringBytesMin, SegmentBytes: 4 * segmentBytesMin, Durability: durability,
				}, d, 50)
			})
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
