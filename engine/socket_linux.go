package engine

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// fdSocket drives a connection by its descriptor, which it takes out of the Go
// runtime's poller: reads and writes never sleep, and the loop sleeps in ppoll, on
// the connection and on an eventfd that other goroutines wake it by. Nothing of
// that allocates.
//
// ppoll rather than epoll: a descriptor that an epoll watches makes the kernel put
// it on a list with every packet, be the loop asleep or not, in the middle of the
// packet's way to a loop that spins.
//
// A wake that comes late is still in the eventfd when the loop next sleeps, and ends
// that sleep, for a round in vain. The eventfd is written through an os.File, which
// refuses a write after close: the number may be another file's by then.
type fdSocket struct {
	fd       int // the connection
	event    *os.File
	clock    clock
	until    int64
	watched  [2]unix.PollFd // the connection and the eventfd
	writable [1]unix.PollFd
	timeout  unix.Timespec // of a sleep
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
	s := &fdSocket{fd: -1, clock: clock}
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
func (s *fdSocket) watch() error {
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("eventfd", err)
	}
	s.event = os.NewFile(uintptr(event), "eventfd")
	s.watched = [2]unix.PollFd{{Fd: int32(s.fd)}, {Fd: int32(event), Events: unix.POLLIN}}
	return nil
}

func (s *fdSocket) arm(until int64, full bool) {
	s.until = until
	s.watched[0].Events = unix.POLLIN | unix.POLLRDHUP
	if full {
		s.watched[0].Events |= unix.POLLOUT
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
	var timeout *unix.Timespec
	if s.until != never {
		s.timeout = unix.NsecToTimespec(max(0, s.until-s.clock.now()))
		timeout = &s.timeout
	}
	s.watched[0].Revents, s.watched[1].Revents = 0, 0
	_, err := unix.Ppoll(s.watched[:], timeout, nil)
	if err == unix.EINTR {
		return nil
	}
	if s.watched[1].Revents != 0 {
		s.woken()
	}
	return os.NewSyscallError("ppoll", err)
}

func (s *fdSocket) room(until int64) error {
	s.timeout = unix.NsecToTimespec(max(0, until-s.clock.now()))
	s.writable[0] = unix.PollFd{Fd: int32(s.fd), Events: unix.POLLOUT}
	if _, err := unix.Ppoll(s.writable[:], &s.timeout, nil); err != unix.EINTR {
		return os.NewSyscallError("ppoll", err)
	}
	return nil
}

// woken takes the wakes that have come out of the eventfd.
func (s *fdSocket) woken() {
	var counter [8]byte
	_, _ = unix.Read(int(s.watched[1].Fd), counter[:]) // there are some, so it does not sleep
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
	errs := [2]error{unix.Close(s.fd)}
	if s.event != nil {
		errs[1] = s.event.Close()
	}
	return errors.Join(errs[:]...)
}
