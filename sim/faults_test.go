package sim

import (
	"bufio"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/fault"
)

// openConns returns the number of connections of a server.
func openConns(s *Server) (n int) {
	s.Do(func(s *Sim) { n = len(s.Faults.Conns()) })
	return n
}

// On a socket: a message in pieces, a refused connection, and one that breaks in the middle of a message.
func TestServerFaults(t *testing.T) {
	config := testConfig()
	config.Faults = fault.Plan{}.With(fault.Million, fault.Split, fault.Duplicate)
	s := serve(t, config)
	l := dial(t, s, nil)
	l.login(DemoUsername)
	l.want("S1 LOGIN_RESPONSE reset=2", "S1 LOGIN_RESPONSE reset=2")
	l.send(func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadPing) })
	l.want("S2 PONG", "S2 PONG")

	s.Do(func(s *Sim) {
		s.Faults.Set(fault.Plan{})
		s.Faults.Conns()[0].Force(fault.Cut, 1)
		s.Faults.RefuseNext(1)
	})
	if refused := dial(t, s, nil); refused.read() != nil {
		t.Error("a refused connection is sent something")
	}
	l.send(func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadPing) })
	whole := len("\x0a\x08\x01\x12\x06\x08\x03\x10\x03\x18\x00")
	rest, err := io.ReadAll(l.r)
	if err != nil || len(rest) == 0 || len(rest) >= whole {
		t.Errorf("of a frame of %d bytes came %d before the end, %v", whole, len(rest), err)
	}
	l.conn.Close()
	again := dial(t, s, nil)
	again.login(DemoUsername)
	again.want("S1 LOGIN_RESPONSE reset=2")
}

// In virtual time on a server: a stall ends by itself, messages sent meanwhile are carried out, and a
// half-open connection is closed in the end.
func TestLocalServerStallsAndHalfOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := testConfig()
		config.Faults.HalfOpenFor = time.Hour
		s, err := Local(config)
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- s.Serve(context.Background()) }()
		conn, err := s.Dial(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		l := &tcpClient{t: t, conn: conn, r: bufio.NewReader(conn), out: 1}
		ping := func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadPing) }
		force := func(k fault.Kind) { s.Do(func(s *Sim) { s.Faults.Conns()[0].Force(k, 1) }) }
		l.login(DemoUsername)
		l.want("S1 LOGIN_RESPONSE reset=2")
		force(fault.Stall)
		start := time.Now()
		l.send(ping)
		go l.trySend(ping) // a stalled connection may not read before the stall ends
		l.want("S2 PONG")
		if d := time.Since(start); d == 0 || d > 2*time.Second+tickMin {
			t.Errorf("stalled for %v", d)
		}
		l.want("S3 PONG")
		force(fault.HalfOpen)
		start = time.Now()
		l.send(ping)
		l.want("the end")
		if d := time.Since(start); d < time.Hour || d > time.Hour+tickMin {
			t.Errorf("dead for %v", d)
		}
		conn.Close()
		synctest.Wait()
		if n := openConns(s); n != 0 {
			t.Errorf("%d lines are left", n)
		}
		if err := errors.Join(s.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
}

// A shutdown does not wait for half-open connections.
func TestServerShutsDownWithHalfOpenConns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := Local(testConfig())
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- s.Serve(context.Background()) }()
		conn, err := s.Dial(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		l := &tcpClient{t: t, conn: conn, r: bufio.NewReader(conn), out: 1}
		l.login(DemoUsername)
		l.want("S1 LOGIN_RESPONSE reset=2")
		s.Do(func(s *Sim) { s.Faults.Conns()[0].Force(fault.HalfOpen, 1) })
		l.send(func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadPing) })
		synctest.Wait()
		start := time.Now()
		if err := errors.Join(s.Close(), <-served); err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("it took %v", d)
		}
		l.want("the end")
	})
}

// A connection without faults neither copies nor allocates.
func TestConnWithoutFaultsIsFree(t *testing.T) {
	s, err := New(testConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	l, err := s.Open()
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, harness: &harness{t, s}, conn: l.Gateway(), out: 1}
	c.password(DemoUsername, DemoPassword)
	if a, b := l.Pending(), l.Gateway().Pending(); &a[0] != &b[0] {
		t.Error("what is pending was copied")
	}
	if a, b := l.Free(), l.Gateway().Free(); &a[0] != &b[0] {
		t.Error("what is read goes somewhere else")
	}
	l.Written(3)
	l.Written(len(l.Pending()))
}
