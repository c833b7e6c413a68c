package smknats

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// startWriting has the system begin to write a range of a file to its disk, and does not wait for it. That makes
// nothing durable: the Sync that does has less to wait for. What the file system cannot do is left to that Sync. Any
// other error is one of the disk, which Sync may not see again.
func startWriting(f *os.File, offset, n int64) error {
	for {
		err := unix.SyncFileRange(int(f.Fd()), offset, n, unix.SYNC_FILE_RANGE_WRITE)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.EINVAL),
			errors.Is(err, unix.ESPIPE), errors.Is(err, unix.EPERM):
			return nil
		default:
			return err
		}
	}
}
