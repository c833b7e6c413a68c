package transport

import (
	"errors"
	"io"
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// loopback opens a TCP connection over the loopback device.
func loopback(t *testing.T) (near, far net.Conn) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	if near, err = net.Dial("tcp", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = far.Close() })
	return near, far
}

// fdPair opens a connection over loopback that is driven by its descriptor.
func fdPair(t *testing.T) (near *fdConn, far net.Conn) {
	conn, far := loopback(t)
	c, err := Open(conn, NewClock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.(*fdConn), far
}

// TestWakesAreDrained: any number of wakes ends one sleep, and leaves nothing in the
// eventfd that would end the next.
func TestWakesAreDrained(t *testing.T) {
	c, _ := fdPair(t)
	for range 3 {
		c.Wake()
		c.Wake()
		c.Arm(Never, false)
		if n, err := c.Read(make([]byte, 16)); n != 0 || err != nil {
			t.Fatalf("woken with %d bytes and %v, want neither", n, err)
		}
		left := []unix.PollFd{{Fd: c.watched[1].Fd, Events: unix.POLLIN}}
		if n, err := unix.Poll(left, 0); n != 0 || err != nil {
			t.Fatalf("%d wakes are left (%v)", n, err)
		}
	}
}

// TestSleepEndsWithRoom: with bytes to send, room in the socket ends a sleep; without,
// it is not polled for.
func TestSleepEndsWithRoom(t *testing.T) {
	c, _ := fdPair(t)
	c.Arm(Never, true)
	if n, err := c.Read(make([]byte, 16)); n != 0 || err != nil {
		t.Fatalf("woken with %d bytes and %v, want neither", n, err)
	}
	if c.Arm(Never, false); c.watched[0].Events&unix.POLLOUT != 0 {
		t.Error("polls for room with nothing to send")
	}
}

// TestSleepEndsWithBytes: bytes and the end of the connection end a sleep.
func TestSleepEndsWithBytes(t *testing.T) {
	c, far := fdPair(t)
	go func() { _, _ = far.Write([]byte("hello")) }()
	c.Arm(Never, false)
	b := make([]byte, 16)
	if n, err := c.Read(b); string(b[:n]) != "hello" || err != nil {
		t.Fatalf("received %q, %v", b[:n], err)
	}
	go func() { _ = far.Close() }()
	c.Arm(Never, false)
	if n, err := c.Read(b); n != 0 || err != io.EOF {
		t.Fatalf("received %d bytes and %v, want io.EOF", n, err)
	}
}

// TestSleepEndsInTime: the deadline ends a sleep, also one that has passed, and not
// before.
func TestSleepEndsInTime(t *testing.T) {
	c, _ := fdPair(t)
	for _, left := range []int64{-1e9, 0, 1e5} {
		until := c.clock.Now() + left
		c.Arm(until, false)
		if n, err := c.Read(make([]byte, 16)); n != 0 || err != nil {
			t.Fatalf("woken with %d bytes and %v, want neither", n, err)
		}
		if now := c.clock.Now(); now < until {
			t.Errorf("woken %d ns too early", until-now)
		}
	}
}

// TestReadWithoutSleep returns at once when nothing has arrived.
func TestReadWithoutSleep(t *testing.T) {
	c, _ := fdPair(t)
	c.Arm(Past, false)
	if n, err := c.Read(make([]byte, 16)); n != 0 || err != nil {
		t.Errorf("received %d bytes and %v, want neither", n, err)
	}
}

// TestWaitWritable writes until the socket is full, which is no error, and goes on when the
// other end has read. A deadline ends the wait, also one that has passed.
func TestWaitWritable(t *testing.T) {
	c, far := fdPair(t)
	block := make([]byte, 64<<10)
	written := 0
	for n := 1; n > 0; written += n {
		var err error
		if n, err = c.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	for _, left := range []int64{-1e9, 1e5} {
		if err := c.WaitWritable(c.clock.Now() + left); err != nil {
			t.Error(err)
		}
	}
	go func() { _, _ = io.CopyN(io.Discard, far, int64(written)) }()
	for n := 0; n == 0; {
		var err error
		if err = c.WaitWritable(Never); err == nil {
			n, err = c.Write(block)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestWakeAfterClose is harmless.
func TestWakeAfterClose(t *testing.T) {
	c, _ := fdPair(t)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c.Wake()
}

// TestOpenByDescriptor drives connections of package net by their descriptors, and no
// others. Either way Open owns the connection it is given.
func TestOpenByDescriptor(t *testing.T) {
	near, _ := loopback(t)
	c, err := Open(struct{ net.Conn }{near}, NewClock())
	if err != nil {
		t.Fatal(err)
	}
	if c.CanSpin() {
		t.Error("a wrapped connection is driven by its descriptor")
	}
	_ = c.Close()
	if c, err := Open(near, NewClock()); !errors.Is(err, net.ErrClosed) || c != nil {
		t.Errorf("opened a closed connection: %v, %v", c, err)
	}
	if near, _ = loopback(t); near != nil {
		c, err := Open(near, NewClock())
		if err != nil || !c.CanSpin() {
			t.Fatalf("a TCP connection is not driven by its descriptor (%v)", err)
		}
		defer func() { _ = c.Close() }()
		if _, err := near.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the connection is still open to its caller: %v", err)
		}
	}
}
