package transport

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// fdConn drives a connection by its descriptor, outside of the Go runtime's poller:
// reads and writes never sleep, and the loop sleeps in ppoll, on the connection and
// on an eventfd that other goroutines write to wake it. None of that allocates.
//
// ppoll rather than epoll: the kernel queues a descriptor that an epoll watches with
// every packet, whether or not the loop sleeps, and so delays the packet's way to a
// loop that spins.
//
// A late wake stays in the eventfd and ends the next sleep, for one round without
// work. The eventfd is written through an os.File, which refuses writes after close:
// by then its number may belong to another file.
type fdConn struct {
	direct
	fd       int // the connection
	event    *os.File
	clock    Clock
	until    int64
	watched  [2]unix.PollFd // the connection and the eventfd
	writable [1]unix.PollFd
	timeout  unix.Timespec // of a sleep
}

func open(conn net.Conn, clock Clock) (Conn, error) {
	var file syscall.Conn
	switch conn := conn.(type) {
	case *net.TCPConn:
		file = conn
	case *net.UnixConn:
		file = conn
	default:
		return newNetConn(conn, clock)
	}
	c, err := newFDConn(file, clock)
	// c has a duplicate of the descriptor, which keeps the connection open.
	if closeErr := conn.Close(); err == nil && closeErr != nil {
		_ = c.Close()
		return nil, closeErr
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

func newFDConn(conn syscall.Conn, clock Clock) (*fdConn, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	c := &fdConn{fd: -1, clock: clock}
	var dupErr error
	err = raw.Control(func(fd uintptr) {
		c.fd, dupErr = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err = errors.Join(err, dupErr); err != nil {
		return nil, err
	}
	if err := c.watch(); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// watch opens the eventfd and fills in what ppoll watches.
func (c *fdConn) watch() error {
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("eventfd", err)
	}
	c.event = os.NewFile(uintptr(event), "eventfd")
	c.watched = [2]unix.PollFd{{Fd: int32(c.fd)}, {Fd: int32(event), Events: unix.POLLIN}}
	return nil
}

func (c *fdConn) Arm(until int64, full bool) {
	c.until = until
	c.watched[0].Events = unix.POLLIN | unix.POLLRDHUP
	if full {
		c.watched[0].Events |= unix.POLLOUT
	}
}

func (c *fdConn) Read(b []byte) (int, error) {
	n, err := receive(c.fd, b)
	if n != 0 || err != nil || c.until == Past {
		return n, err
	}
	if err := c.sleep(); err != nil {
		return 0, err
	}
	return receive(c.fd, b)
}

// sleep waits for the connection, a wake or the deadline.
func (c *fdConn) sleep() error {
	var timeout *unix.Timespec
	if c.until != Never {
		c.timeout = unix.NsecToTimespec(max(0, c.until-c.clock.Now()))
		timeout = &c.timeout
	}
	c.watched[0].Revents, c.watched[1].Revents = 0, 0
	_, err := unix.Ppoll(c.watched[:], timeout, nil)
	if err == unix.EINTR {
		return nil
	}
	if c.watched[1].Revents != 0 {
		c.drainEvent()
	}
	return os.NewSyscallError("ppoll", err)
}

func (c *fdConn) WaitWritable(until int64) error {
	c.timeout = unix.NsecToTimespec(max(0, until-c.clock.Now()))
	c.writable[0] = unix.PollFd{Fd: int32(c.fd), Events: unix.POLLOUT}
	if _, err := unix.Ppoll(c.writable[:], &c.timeout, nil); err != unix.EINTR {
		return os.NewSyscallError("ppoll", err)
	}
	return nil
}

// drainEvent clears the eventfd of all wakes. There are some, so it does not sleep.
func (c *fdConn) drainEvent() {
	var counter [8]byte
	_, _ = unix.Read(int(c.watched[1].Fd), counter[:])
}

// receive reads what has arrived, 0 without an error if nothing has.
func receive(fd int, b []byte) (int, error) {
	n, errno := recvNow(fd, b)
	switch {
	case errno == 0 && n == 0 && len(b) > 0:
		return 0, io.EOF
	case errno == 0:
		return n, nil
	case errno == unix.EAGAIN || errno == unix.EINTR:
		return 0, nil
	}
	return 0, os.NewSyscallError("recvfrom", errno)
}

func (c *fdConn) Write(b []byte) (int, error) {
	n, errno := sendNow(c.fd, b)
	switch {
	case errno == 0:
		return n, nil
	case errno == unix.EAGAIN || errno == unix.EINTR:
		return 0, nil
	}
	return 0, os.NewSyscallError("sendto", errno)
}

// one is what a wake adds to the eventfd's counter.
var one = binary.NativeEndian.AppendUint64(nil, 1)

func (c *fdConn) Wake() { _, _ = c.event.Write(one) }

func (c *fdConn) CanSpin() bool { return true }

func (c *fdConn) Abort() error {
	// The system drops what it has not sent, and resets the connection. A socket that is not of TCP has nothing unsent.
	_ = unix.SetsockoptLinger(c.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	return c.Close()
}

func (c *fdConn) Close() error {
	errs := [2]error{unix.Close(c.fd)}
	if c.event != nil {
		errs[1] = c.event.Close()
	}
	return errors.Join(errs[:]...)
}
