package transport

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// inBubble gives a test a connection in memory, driven by its deadlines, and a clock
// that stands still while anything runs.
func inBubble(t *testing.T, test func(t *testing.T, c *netConn, far net.Conn)) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		c, err := Open(near, NewClock())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _, _ = c.Close(), far.Close() }()
		test(t, c.(*netConn), far)
	})
}

// read reads once and checks what came, and after how long.
func read(t *testing.T, c Conn, clock Clock, want string, after time.Duration) {
	t.Helper()
	b := make([]byte, 16)
	began := clock.Now()
	n, err := c.Read(b)
	if string(b[:n]) != want || err != nil {
		t.Errorf("read %q, %v, want %q", b[:n], err, want)
	}
	if d := time.Duration(clock.Now() - began); d != after {
		t.Errorf("read took %v, want %v", d, after)
	}
}

// TestDeadlines: a read sleeps until its deadline and no longer.
func TestDeadlines(t *testing.T) {
	inBubble(t, func(t *testing.T, c *netConn, _ net.Conn) {
		c.Arm(Past, false)
		read(t, c, c.clock, "", shortestRead)
		c.Arm(c.clock.Now()+int64(time.Second), false)
		read(t, c, c.clock, "", time.Second)
		c.Arm(c.clock.Now()+int64(time.Second), true) // may be writable by then
		read(t, c, c.clock, "", retryWrite)
		c.Arm(c.clock.Now()+1000, true)
		read(t, c, c.clock, "", 1000)
		c.Arm(c.clock.Now()+int64(time.Second), false)
		read(t, c, c.clock, "", time.Second)
	})
}

// TestDeadlineMoves: an earlier deadline replaces one that holds, and one that has passed
// while nobody read does not end the next read.
func TestDeadlineMoves(t *testing.T) {
	inBubble(t, func(t *testing.T, c *netConn, far net.Conn) {
		c.Arm(Never, false)
		c.Arm(c.clock.Now()+int64(time.Minute), false)
		c.Arm(c.clock.Now()+int64(time.Second), false)
		c.Arm(c.clock.Now()+int64(time.Hour), false) // too early is not worth a system call
		if c.armed != c.clock.Now()+int64(time.Second) {
			t.Errorf("armed until %v from now, want a second", time.Duration(c.armed-c.clock.Now()))
		}
		time.Sleep(time.Second)
		go func() {
			time.Sleep(time.Minute)
			_, _ = far.Write([]byte("late"))
		}()
		c.Arm(Never, false)
		read(t, c, c.clock, "late", time.Minute)
	})
}

// TestWake: a wake after Arm ends the read, before it sleeps or amid its sleep, and no
// other.
func TestWake(t *testing.T) {
	inBubble(t, func(t *testing.T, c *netConn, _ net.Conn) {
		for range 2 {
			c.Arm(Never, false)
			c.Wake()
			read(t, c, c.clock, "", 0)
			c.Arm(Never, false)
			go func() {
				time.Sleep(time.Minute)
				c.Wake()
				c.Wake()
			}()
			read(t, c, c.clock, "", time.Minute)
			c.Arm(c.clock.Now()+int64(time.Second), false)
			read(t, c, c.clock, "", time.Second)
		}
		_ = c.Close()
		c.Wake()
	})
}

// TestWriteWaits: a write that the other end does not read waits for retryWrite, or once
// after WaitWritable until its deadline and for roomWrite at most.
func TestWriteWaits(t *testing.T) {
	inBubble(t, func(t *testing.T, c *netConn, far net.Conn) {
		write := func(waits time.Duration) {
			t.Helper()
			began := c.clock.Now()
			if n, err := c.Write([]byte("hello")); n != 0 || err != nil {
				t.Errorf("wrote %d bytes, %v, want neither", n, err)
			}
			if d := time.Duration(c.clock.Now() - began); d != waits {
				t.Errorf("waited %v, want %v", d, waits)
			}
		}
		wait := func(d time.Duration) {
			if err := c.WaitWritable(c.clock.Now() + int64(d)); err != nil {
				t.Error(err)
			}
		}
		write(retryWrite)
		wait(time.Hour)
		write(roomWrite)
		write(retryWrite)
		wait(2 * retryWrite)
		write(2 * retryWrite)
		wait(0)
		write(retryWrite)
		go func() {
			b := make([]byte, 2)
			_, _ = far.Read(b)
			_, _ = far.Read(b)
		}()
		if n, err := c.Write([]byte("hello")); n != 4 || err != nil {
			t.Errorf("wrote %d bytes, %v, want the 4 that are read", n, err)
		}
		go func() { _, _ = io.CopyN(io.Discard, far, 5) }()
		wait(time.Hour)
		if n, err := c.Write([]byte("hello")); n != 5 || err != nil {
			t.Errorf("wrote %d bytes, %v, want 5", n, err)
		}
		write(retryWrite) // what is left of roomWrite was for that one
	})
}

// TestEndOfNetConn: the other end's close is an end of file.
func TestEndOfNetConn(t *testing.T) {
	inBubble(t, func(t *testing.T, c *netConn, far net.Conn) {
		_ = far.Close()
		c.Arm(Never, false)
		if n, err := c.Read(make([]byte, 16)); n != 0 || err != io.EOF {
			t.Errorf("read %d bytes and %v, want io.EOF", n, err)
		}
		if n, err := c.Write([]byte("hello")); n != 0 || !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("wrote %d bytes and %v, want an error", n, err)
		}
	})
}

// timelessConn is a connection without deadlines.
type timelessConn struct {
	net.Conn
	closed bool
}

func (*timelessConn) SetDeadline(time.Time) error { return os.ErrNoDeadline }
func (c *timelessConn) Close() error              { c.closed = true; return nil }

// TestConnWithoutDeadlines is refused and closed: nothing could wake it.
func TestConnWithoutDeadlines(t *testing.T) {
	conn := new(timelessConn)
	if c, err := Open(conn, NewClock()); c != nil || !errors.Is(err, os.ErrNoDeadline) || !conn.closed {
		t.Errorf("opened %v, %v, closed %t", c, err, conn.closed)
	}
}
