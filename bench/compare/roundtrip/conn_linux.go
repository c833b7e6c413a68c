package roundtrip

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// busyConn is a connection that never sleeps: a read asks the socket again and again. It is for one goroutine. The
// pointers that the kernel is given are converted in the argument lists of the calls and live as long as these; the
// lengths are the slices' own.
type busyConn struct {
	net.Conn // for what is neither read nor written here
	fd       int
}

// newBusyConn takes conn over, also after an error. Its descriptor is duplicated out of the Go runtime's poller,
// which each packet would wake.
func newBusyConn(conn *net.TCPConn) (*busyConn, error) {
	defer func() { _ = conn.Close() }() // the duplicate stays
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	c := &busyConn{Conn: conn}
	var dup error
	err = raw.Control(func(fd uintptr) { c.fd, dup = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) })
	return c, errors.Join(err, dup)
}

// Close closes the duplicate.
func (c *busyConn) Close() error { return unix.Close(c.fd) }

// poll reads what has arrived.
func (c *busyConn) poll(b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(c.fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT, 0, 0)
	return int(n), errno
}

func (c *busyConn) Read(b []byte) (int, error) {
	for {
		n, errno := c.poll(b)
		switch {
		case errno == 0 && n == 0 && len(b) > 0:
			return 0, io.EOF
		case errno == 0:
			return n, nil
		case errno != unix.EAGAIN && errno != unix.EINTR:
			return 0, os.NewSyscallError("recvfrom", errno)
		}
	}
}

func (c *busyConn) Write(b []byte) (int, error) {
	for done := 0; ; {
		if done == len(b) {
			return done, nil
		}
		n, _, errno := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(c.fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(b[done:]))), uintptr(len(b)-done), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		switch {
		case errno == 0:
			done += int(n)
		case errno != unix.EAGAIN && errno != unix.EINTR:
			return done, os.NewSyscallError("sendto", errno)
		}
	}
}

// Deadlines would come from another goroutine, and there is none.
func (c *busyConn) SetDeadline(time.Time) error      { return nil }
func (c *busyConn) SetReadDeadline(time.Time) error  { return nil }
func (c *busyConn) SetWriteDeadline(time.Time) error { return nil }

// pinThread locks the goroutine to a thread on one core, for as long as it lives: a thread whose goroutine ends
// locked ends with it.
func pinThread(core int) error {
	runtime.LockOSThread()
	var set unix.CPUSet
	set.Set(core)
	return os.NewSyscallError("sched_setaffinity", unix.SchedSetaffinity(0, &set))
}

// onCore calls f on a thread of its own on a core.
func onCore(core int, f func() error) error { return <-startOnCore(core, f) }

// startOnCore returns what f will return.
func startOnCore(core int, f func() error) <-chan error {
	ended := make(chan error, 1)
	go func() {
		err := pinThread(core)
		if err == nil {
			err = f()
		}
		ended <- err
	}()
	return ended
}

// ErrUnavailable is returned where the two ends cannot have a core each.
var ErrUnavailable = errors.New("roundtrip: client and server need a core each")

// cores returns the first two that this process may use.
func cores() (two [2]int, err error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return two, os.NewSyscallError("sched_getaffinity", err)
	}
	n := 0
	for i := 0; i < 1024 && n < 2; i++ {
		if set.IsSet(i) {
			two[n] = i
			n++
		}
	}
	if n < 2 || runtime.GOMAXPROCS(0) < 2 {
		return two, ErrUnavailable
	}
	return two, nil
}
