package engine

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// pair opens a connection over loopback that is driven by its descriptor.
func pair(t *testing.T) (near *fdSocket, far net.Conn) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSocket(conn, newClock())
	if err != nil {
		t.Fatal(err)
	}
	if far, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = s.close(), far.Close() })
	return s.(*fdSocket), far
}

// TestWakesAreTaken: however many wakes there were, they end one sleep, and the next
// one is a sleep again: nothing is left in the eventfd that would end it.
func TestWakesAreTaken(t *testing.T) {
	s, _ := pair(t)
	for range 3 {
		s.wake()
		s.wake()
		s.arm(never, false)
		if n, err := s.recv(make([]byte, 16)); n != 0 || err != nil {
			t.Fatalf("woken with %d bytes and %v, want neither", n, err)
		}
		left := []unix.PollFd{{Fd: s.watched[1].Fd, Events: unix.POLLIN}}
		if n, err := unix.Poll(left, 0); n != 0 || err != nil {
			t.Fatalf("%d wakes are left (%v)", n, err)
		}
	}
}

// TestSleepEndsWithRoom: a loop with bytes to send also wakes up when the socket takes
// some, and one without does not ask.
func TestSleepEndsWithRoom(t *testing.T) {
	s, _ := pair(t)
	s.arm(never, true)
	if n, err := s.recv(make([]byte, 16)); n != 0 || err != nil {
		t.Fatalf("woken with %d bytes and %v, want neither", n, err)
	}
	if s.arm(never, false); s.watched[0].Events&unix.POLLOUT != 0 {
		t.Error("a loop with nothing to send waits for room")
	}
}

// TestSleepEndsWithBytes: bytes and the end of the connection end a sleep.
func TestSleepEndsWithBytes(t *testing.T) {
	s, far := pair(t)
	go func() { _, _ = far.Write([]byte("hello")) }()
	s.arm(never, false)
	b := make([]byte, 16)
	if n, err := s.recv(b); string(b[:n]) != "hello" || err != nil {
		t.Fatalf("received %q, %v", b[:n], err)
	}
	go func() { _ = far.Close() }()
	s.arm(never, false)
	if n, err := s.recv(b); n != 0 || err == nil {
		t.Fatalf("received %d bytes and %v, want the end", n, err)
	}
}

// TestSleepEndsInTime: a moment ends a sleep, also one that has passed.
func TestSleepEndsInTime(t *testing.T) {
	s, _ := pair(t)
	for _, left := range []int64{-1e9, 0, 1e5} {
		until := s.clock.now() + left
		s.arm(until, false)
		if n, err := s.recv(make([]byte, 16)); n != 0 || err != nil {
			t.Fatalf("woken with %d bytes and %v, want neither", n, err)
		}
		if now := s.clock.now(); now < until {
			t.Errorf("woken %d ns too early", until-now)
		}
	}
}
