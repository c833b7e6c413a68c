package lease

import (
	"fmt"
	"os"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// killTimer kills the process at a time, whatever the process does then: the kernel's timer has SIGKILL as its signal,
// which is not kept from a process that is stopped. A nil one does nothing.
type killTimer struct{ id int32 }

// sigevent is the kernel's, on machines of 64 bits.
type sigevent struct {
	value  uint64
	signo  int32
	notify int32 // 0: the signal to the process
	rest   [48]byte
}

// newKillTimer returns a timer that is not armed.
func newKillTimer() (*killTimer, error) {
	k := new(killTimer)
	ev := sigevent{signo: int32(unix.SIGKILL)}
	if unsafe.Sizeof(uintptr(0)) != 8 {
		return nil, fmt.Errorf("lease: Config.Kill on %s: %w", runtime.GOARCH, unix.ENOSYS)
	}
	_, _, errno := unix.Syscall(unix.SYS_TIMER_CREATE, unix.CLOCK_MONOTONIC, uintptr(unsafe.Pointer(&ev)),
		uintptr(unsafe.Pointer(&k.id)))
	if errno != 0 {
		return nil, os.NewSyscallError("timer_create", errno)
	}
	return k, nil
}

// arm moves the time. A process that is stopped while it does that has the time before.
func (k *killTimer) arm(at time.Time) {
	if k != nil {
		k.set(max(time.Until(at), 1))
	}
}

// set sets the time from now on, 0 for never.
func (k *killTimer) set(d time.Duration) {
	spec := [2]unix.Timespec{1: unix.NsecToTimespec(int64(d))} // the first one repeats it
	_, _, errno := unix.Syscall6(unix.SYS_TIMER_SETTIME, uintptr(k.id), 0, uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
	if errno != 0 {
		panic("BUG: lease: timer_settime: " + errno.Error())
	}
}

// disarm ends the timer.
func (k *killTimer) disarm() {
	if k != nil {
		k.set(0)
		_, _, _ = unix.Syscall(unix.SYS_TIMER_DELETE, uintptr(k.id), 0, 0)
	}
}
