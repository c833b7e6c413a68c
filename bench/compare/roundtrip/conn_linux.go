package roundtrip

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// busyConn is a connection that polls its socket and never sleeps. It is for one goroutine.
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

// temporary reports whether a call is to be made again.
func temporary(err error) bool { return err == unix.EAGAIN || err == unix.EINTR }

func (c *busyConn) Read(b []byte) (int, error) {
	n, err := unix.Read(c.fd, b)
	for temporary(err) {
		n, err = unix.Read(c.fd, b)
	}
	if n == 0 && err == nil && len(b) > 0 {
		return 0, io.EOF
	}
	return max(n, 0), os.NewSyscallError("read", err)
}

func (c *busyConn) Write(b []byte) (done int, err error) {
	for done < len(b) {
		n, err := unix.Write(c.fd, b[done:])
		if err != nil && !temporary(err) {
			return done, os.NewSyscallError("write", err)
		}
		done += max(n, 0)
	}
	return done, nil
}

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
