package engine

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// recvNow and sendNow ask the kernel once and never sleep, so they need not tell the
// Go scheduler that they might: a system call that tells it takes many times as
// long in the worst percent of cases.
//
// # Why it is safe
//
// Each pointer is converted in the call's own argument list, which keeps what it
// points to alive and in place during the call, be it on the heap, the stack or in
// a mapping. The kernel is given the slice's own length. It keeps no pointer.

// recvNow receives what has arrived into b.
func recvNow(fd int, b []byte) (int, syscall.Errno) {
	if len(b) == 0 {
		return 0, 0
	}
	n, _, errno := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT, 0, 0)
	return int(n), errno
}

// sendNow sends as much of b as there is room for.
func sendNow(fd int, b []byte) (int, syscall.Errno) {
	if len(b) == 0 {
		return 0, 0
	}
	n, _, errno := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	return int(n), errno
}
