package transport

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// recvNow and sendNow return at once. So they are raw system calls, which do not
// announce themselves to the Go scheduler: that takes many times as long in the worst
// percent of cases.
//
// # Why it is safe
//
// Each pointer is converted in the call's own argument list, which keeps what it
// points to alive and in place during the call, on the heap, on the stack or in a
// mapping. The kernel gets the slice's own length. It keeps no pointer.

// recvNow receives what has arrived into b, and fails with EAGAIN if nothing has.
func recvNow(fd int, b []byte) (int, syscall.Errno) {
	if len(b) == 0 {
		return 0, 0
	}
	n, _, errno := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT, 0, 0)
	return int(n), errno
}

// sendNow sends as much of b as the socket has room for, and fails with EAGAIN if it has none.
func sendNow(fd int, b []byte) (int, syscall.Errno) {
	if len(b) == 0 {
		return 0, 0
	}
	n, _, errno := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	return int(n), errno
}
