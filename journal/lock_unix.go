//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package journal

import (
	"os"
	"syscall"
)

// lockFile locks a file for as long as it is open. The system releases the lock of a process that is killed.
func lockFile(f *os.File) (held bool, err error) {
	for {
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err {
		case syscall.EINTR:
		case syscall.EWOULDBLOCK:
			return true, nil
		default:
			return false, err
		}
	}
}

func syncDir(d *os.File) error { return d.Sync() }
