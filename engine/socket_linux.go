package engine

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// fdSocket drives a connection by its descriptor, which it takes out of the Go
// runtime's poller: reads and writes never sleep, and the loop sleeps in epoll_wait,
// on the connection and on an eventfd that other goroutines wake it by. Nothing
// of that allocates.
//
// The eventfd is edge-triggered and never read: each write to it ends one sleep,
// the one under way or the next. A wake that comes late ends a later sleep, for a
// round in vain. It is written through an os.File, which refuses a write after
// close: the number may be another file's by then.
type fdSocket struct {
	fd     int // the connection
	poll   int // epoll
	event  *os.File
	clock  clock
	until  int64
	full   bool // what the connection is watched for: with full also for room
	events [2]unix.EpollEvent
}

// newSocket drives an open connection: by its descriptor if it is one of package
// net's own, else as it is, for whoever wraps a connection wants to be asked. It
// owns conn, also after an error.
func newSocket(conn net.Conn, clock clock) (socket, error) {
	var file syscall.Conn
	switch conn := conn.(type) {
	case *net.TCPConn:
		file = conn
	case *net.UnixConn:
		file = conn
	default:
		return newNetSocket(conn, clock)
	}
	s, err := newFDSocket(file, clock)
	// The descriptor is a duplicate, which the connection stays open by.
	if closed := conn.Close(); err == nil && closed != nil {
		_ = s.close()
		return nil, closed
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

func newFDSocket(conn syscall.Conn, clock clock) (*fdSocket, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	s := &fdSocket{fd: -1, poll: -1, clock: clock}
	var dupErr error
	err = raw.Control(func(fd uintptr) {
		s.fd, dupErr = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err = errors.Join(err, dupErr); err != nil {
		return nil, err
	}
	if err := s.watch(); err != nil {
		_ = s.close()
		return nil, err
	}
	return s, nil
}

// watch makes what the loop sleeps on.
func (s *fdSocket) watch() (err error) {
	if s.poll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("eventfd", err)
	}
	s.event = os.NewFile(uintptr(event), "eventfd")
	if err := s.control(unix.EPOLL_CTL_ADD, event, unix.EPOLLIN|unix.EPOLLET); err != nil {
		return err
	}
	return s.control(unix.EPOLL_CTL_ADD, s.fd, unix.EPOLLIN|unix.EPOLLRDHUP)
}

func (s *fdSocket) control(op, fd int, events uint32) error {
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(s.poll, op, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)}))
}

func (s *fdSocket) arm(until int64, full bool) {
	s.until = until
	if full == s.full || until == past {
		return
	}
	events := uint32(unix.EPOLLIN | unix.EPOLLRDHUP)
	if full {
		events |= unix.EPOLLOUT
	}
	if s.control(unix.EPOLL_CTL_MOD, s.fd, events) == nil {
		s.full = full
	}
}

func (s *fdSocket) recv(b []byte) (int, error) {
	n, err := receive(s.fd, b)
	if n != 0 || err != nil || s.until == past {
		return n, err
	}
	if err := s.sleep(); err != nil {
		return 0, err
	}
	return receive(s.fd, b)
}

// sleep waits for the connection, a wake or the moment.
func (s *fdSocket) sleep() error {
	millis := int64(-1)
	if s.until != never {
		// Rounded up, so that the loop does not wake just before the moment.
		left := max(0, min(s.until-s.clock.now(), int64(time.Hour)))
		millis = (left + int64(time.Millisecond) - 1) / int64(time.Millisecond)
	}
	_, err := unix.EpollWait(s.poll, s.events[:], int(millis))
	if err == unix.EINTR {
		return nil
	}
	return os.NewSyscallError("epoll_wait", err)
}

// receive reads what has arrived; 0 without an error is nothing.
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

func (s *fdSocket) send(b []byte) (int, error) {
	n, errno := sendNow(s.fd, b)
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

func (s *fdSocket) wake() { _, _ = s.event.Write(one) }

func (s *fdSocket) spins() bool { return true }

func (s *fdSocket) close() error {
	var errs [3]error
	errs[0] = unix.Close(s.fd)
	if s.poll >= 0 {
		errs[1] = unix.Close(s.poll)
	}
	if s.event != nil {
		errs[2] = s.event.Close()
	}
	return errors.Join(errs[:]...)
}
