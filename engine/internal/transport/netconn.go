package transport

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// netConn drives a connection through the methods of net.Conn alone, so that it works
// on every system and with whatever a dialer returns. It has only the connection's
// deadlines: a read sleeps until its deadline, and a wake moves the deadline into the
// past. A read that ends so allocates once or twice, in package net.
//
// # No wake is lost
//
// The loop sets the deadline, then says that it is parked, then checks for work, then
// reads. Another goroutine publishes work, then checks whether the loop is parked,
// then sets the deadline into the past. If it saw the loop parked, its deadline is the
// later one and the read returns; if not, the loop checks for work after it was
// published, and finds it.
//
// A wake may be late: the goroutine saw the loop parked, and the loop left its read
// for another reason before the deadline was set. Then a later read loses its own
// deadline and returns early, for one round without work; nothing is missed. The next
// Arm sets the deadline again, because a deadline that has passed is never taken for
// one that still holds.
type netConn struct {
	direct
	conn       net.Conn
	clock      Clock
	armed      int64 // the deadline of the connection unless a wake moved it; Past if unknown
	writeUntil int64 // until when the next write may wait, if that is longer than usual
}

// newNetConn drives an open connection that has deadlines. It owns conn, also after an
// error.
func newNetConn(conn net.Conn, clock Clock) (Conn, error) {
	if err := conn.SetDeadline(time.Time{}); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("a connection without deadlines cannot be woken: %w", err)
	}
	return &netConn{conn: conn, clock: clock, armed: Past, writeUntil: Past}, nil
}

func (c *netConn) Arm(until int64, full bool) {
	switch {
	case until == Past:
		// With a deadline in the past package net would not read the socket at all.
		c.armed = Past
		c.setDeadline(c.clock.Now() + int64(shortestRead))
		return
	case full:
		// net.Conn cannot sleep until the socket has room.
		until = min(until, c.clock.Now()+int64(retryWrite))
	}
	// A deadline that is too early costs one round without work, which is less than
	// moving it with every message. One that has passed since would end the read
	// before it reads the socket.
	if until < c.armed || c.armed <= c.clock.Now() {
		c.armed = until
		c.setDeadline(until)
	}
}

// setDeadline sets the deadline of the next read. If that fails the read returns the
// same error.
func (c *netConn) setDeadline(until int64) {
	if until == Never {
		_ = c.conn.SetReadDeadline(time.Time{})
		return
	}
	_ = c.conn.SetReadDeadline(c.clock.Time(until))
}

func (c *netConn) Read(b []byte) (int, error) {
	n, err := c.conn.Read(b)
	if err != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		c.armed, err = Past, nil
	}
	return n, err
}

// Write writes what the connection takes within retryWrite.
func (c *netConn) Write(b []byte) (int, error) {
	until := max(c.writeUntil, c.clock.Now()+int64(retryWrite))
	c.writeUntil = Past
	if err := c.conn.SetWriteDeadline(c.clock.Time(until)); err != nil {
		return 0, err
	}
	n, err := c.conn.Write(b)
	if err != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		err = nil
	}
	return n, err
}

// WaitWritable leaves the waiting to the next Write: net.Conn cannot wait for room
// alone.
func (c *netConn) WaitWritable(until int64) error {
	c.writeUntil = min(until, c.clock.Now()+int64(roomWrite))
	return nil
}

// longAgo is a deadline that has passed, whatever the clock says.
var longAgo = time.Unix(1, 0)

func (c *netConn) Wake() { _ = c.conn.SetReadDeadline(longAgo) }

func (c *netConn) CanSpin() bool { return false }

func (c *netConn) Close() error { return c.conn.Close() }

func (c *netConn) Abort() error {
	if tcp, ok := c.conn.(interface{ SetLinger(sec int) error }); ok {
		_ = tcp.SetLinger(0) // the system drops what it has not sent, and resets the connection
	}
	return c.conn.Close()
}
