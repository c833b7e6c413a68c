package engine

import (
	"context"
	"net"
	"os"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// scripted is a connection whose reads a test scripts, and that accepts all writes.
type scripted struct {
	net.Conn
	reads []func(b []byte) int // what is next, 0 for nothing
}

func (c *scripted) Read(b []byte) (n int, err error) {
	if len(c.reads) > 0 {
		n = c.reads[0](b)
		c.reads = c.reads[1:]
	}
	if n == 0 {
		return 0, os.ErrDeadlineExceeded
	}
	return n, nil
}

func (c *scripted) Write(b []byte) (int, error)      { return len(b), nil }
func (c *scripted) Close() error                     { return nil }
func (c *scripted) SetDeadline(time.Time) error      { return nil }
func (c *scripted) SetReadDeadline(time.Time) error  { return nil }
func (c *scripted) SetWriteDeadline(time.Time) error { return nil }

// reads returns a read of a session message.
func reads(t *testing.T, seq uint64, set func(*msg.EtoPayload)) func([]byte) int {
	var p msg.Payload
	p.SetType(msg.PayloadEto)
	p.MutableEtoPayload().SetSeq(seq)
	set(p.MutableEtoPayload())
	payload, err := p.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	return func(b []byte) int { return copy(b, wire.AppendFrame(nil, payload)) }
}

// loggedInOver is an engine that is logged in over a connection.
func loggedInOver(t *testing.T, conn *scripted, heartbeatAfter time.Duration) *Engine {
	e, err := New(Config{
		Session:    session.Config{Username: "user", Password: "secret", HeartbeatAfter: heartbeatAfter},
		DisableTLS: true, Address: "exchange.test:3801",
		Dial: func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	conn.reads = append(conn.reads, reads(t, 1, func(e *msg.EtoPayload) {
		e.SetType(msg.EtoPayloadLoginResponse)
		e.MutableLoginResponse().SetSessionString("a session")
	}))
	for !e.State().LoggedIn() {
		if err := e.Poll(); err != nil {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
	return e
}

// after is a read that finds nothing, for so long. It is for a test in a bubble.
func after(d time.Duration) func([]byte) int {
	return func([]byte) int {
		time.Sleep(d)
		return 0
	}
}

// play does rounds until everything is read.
func play(t *testing.T, e *Engine, conn *scripted, reads ...func([]byte) int) {
	t.Helper()
	for conn.reads = reads; len(conn.reads) > 0; {
		if e.pollConn(true); e.conn.socket == nil {
			t.Fatalf("lost: %v", e.life.lastCause)
		}
	}
}

func heartbeat(e *msg.EtoPayload) { e.SetType(msg.EtoPayloadHeartbeat) }

// TestStoppedProcess stops the process at the worst of moments, between a read that finds nothing
// and the reading of the clock after it: what arrived meanwhile is read before the exchange is
// judged, the delay is counted, and named.
func TestStoppedProcess(t *testing.T) { synctest.Test(t, stoppedProcess) }

func stoppedProcess(t *testing.T) {
	conn := new(scripted)
	e := loggedInOver(t, conn, 0)
	before := e.stats.LoopDelays
	const stopped = time.Hour
	for seq := uint64(2); seq < 5; seq++ {
		play(t, e, conn, after(stopped), reads(t, seq, heartbeat))
	}
	if got := e.stats; got.LoopDelays-before != 3 || got.LoopDelayCause != causeStopped ||
		got.LoopDelayMax > stopped || got.LoopDelayMax < stopped-session.PeerTimeout {
		t.Errorf("%d delays, of %v at most, because of %q", got.LoopDelays-before, got.LoopDelayMax, got.LoopDelayCause)
	}
}

// TestStoppedBeforeTheVerdict stops the process when the exchange has been silent for nearly
// PeerTimeout and was asked for a sign of life, which arrives meanwhile.
func TestStoppedBeforeTheVerdict(t *testing.T) { synctest.Test(t, stoppedBeforeTheVerdict) }

func stoppedBeforeTheVerdict(t *testing.T) {
	conn := new(scripted)
	e := loggedInOver(t, conn, time.Hour) // so that the loop wakes up for nothing else
	nothing := after(0)
	for seq := uint64(2); seq < 5; seq++ {
		play(t, e, conn,
			after(session.PeerTimeout*2/3), nothing, // it is asked
			after(session.PeerTimeout/3+session.PeerTimeout/10), reads(t, seq, heartbeat)) // 3 s too late
	}
	if e.session.Stats().HeartbeatsIn != 3 {
		t.Errorf("%d signs of life were seen", e.session.Stats().HeartbeatsIn)
	}
}
