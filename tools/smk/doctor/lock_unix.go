//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package doctor

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// lockHeld reports whether another process holds the lock of a state file. It takes it for a moment.
func lockHeld(name string) (bool, error) {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	held := errors.Is(err, unix.EWOULDBLOCK)
	if held {
		err = nil
	}
	return held, errors.Join(err, f.Close()) // which unlocks it
}
