package transport

import (
	"os"

	"golang.org/x/sys/unix"
)

// CanPin reports whether PinThread works on this system.
const CanPin = true

// setAffinity binds the calling thread to a CPU. restore undoes that.
func setAffinity(core int) (restore func() error, err error) {
	var before, only unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return nil, os.NewSyscallError("sched_getaffinity", err)
	}
	only.Set(core)
	if err := unix.SchedSetaffinity(0, &only); err != nil {
		return nil, os.NewSyscallError("sched_setaffinity", err)
	}
	return func() error { return unix.SchedSetaffinity(0, &before) }, nil
}
