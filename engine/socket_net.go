package engine

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// netSocket drives a connection through net.Conn alone, so that it works on every
// system and with whatever a dialer returns. The deadlines of the connection are
// its only tool: a read sleeps until its deadline, and a wake moves the deadline
// into the past. A read that ends so costs an allocation or two, package net's
// own.
//
// # Wakes are not lost
//
// The loop sets the deadline, then says that it is parked, then looks for work,
// then reads. Another goroutine hands over work, then looks whether the loop is
// parked, then sets the deadline into the past. If it saw the loop parked, its
// deadline is the later one and the read returns; if not, the loop looks for
// work after the hand-over and finds it.
//
// A wake may come late: the loop was parked when it was decided on, and has left
// its read for another reason before the deadline is set. Then the deadline of a
// later read is lost, and that read returns early: a round in vain, in which
// nothing is missed. The next arm sets the deadline again, for a deadline that
// passed is never taken for one that still holds.
type netSocket struct {
	conn     net.Conn
	clock    clock
	armed    int64 // the deadline of the connection, unless a wake moved it; past if unknown
	patience int64 // until when the next write may wait, if that is longer than usual
}

// newNetSocket drives an open connection, if that has deadlines. It owns conn, also
// after an error.
func newNetSocket(conn net.Conn, clock clock) (socket, error) {
	if err := conn.SetDeadline(time.Time{}); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("a connection without deadlines cannot be woken: %w", err)
	}
	return &netSocket{conn: conn, clock: clock, armed: past}, nil
}

func (s *netSocket) arm(until int64, full bool) {
	switch {
	case until == past:
		// A read with a deadline in the past does not even look at the socket.
		s.armed = past
		s.setDeadline(s.clock.now() + int64(glance))
		return
	case full:
		// There is no way to sleep until the socket takes more.
		until = min(until, s.clock.now()+int64(retryWrite))
	}
	// A deadline that is too early costs a round in vain, less than moving it
	// with every message. One that has passed while nobody read would end the read
	// before it looks at the socket.
	if until < s.armed || s.armed <= s.clock.now() {
		s.armed = until
		s.setDeadline(until)
	}
}

// setDeadline sets it for the next read; an error is the one that the read
// returns.
func (s *netSocket) setDeadline(until int64) {
	if until == never {
		_ = s.conn.SetReadDeadline(time.Time{})
		return
	}
	_ = s.conn.SetReadDeadline(s.clock.time(until))
}

func (s *netSocket) recv(b []byte) (int, error) {
	n, err := s.conn.Read(b)
	if err != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		s.armed, err = past, nil
	}
	return n, err
}

// send writes what the connection takes in a short while.
func (s *netSocket) send(b []byte) (int, error) {
	until := max(s.patience, s.clock.now()+int64(retryWrite))
	s.patience = past
	if err := s.conn.SetWriteDeadline(s.clock.time(until)); err != nil {
		return 0, err
	}
	n, err := s.conn.Write(b)
	if err != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		err = nil
	}
	return n, err
}

// room leaves the waiting to the next send: there is no way to wait for room alone.
func (s *netSocket) room(until int64) error {
	s.patience = min(until, s.clock.now()+int64(roomWrite))
	return nil
}

// aMomentAgo is a deadline that has passed, whatever the clock says.
var aMomentAgo = time.Unix(1, 0)

func (s *netSocket) wake() { _ = s.conn.SetReadDeadline(aMomentAgo) }

func (s *netSocket) spins() bool { return false }

func (s *netSocket) close() error { return s.conn.Close() }
