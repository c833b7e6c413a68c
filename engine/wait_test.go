package engine

import (
	"errors"
	"reflect"
	"testing"

	"github.com/smk-go/smk/engine/internal/transport"
	"github.com/smk-go/smk/engine/session"
)

// countedReads is a transport that counts reads; the one with the number at does
// something.
type countedReads struct {
	transport.Conn
	reads int
	at    int
	do    func() (int, error)
}

func (c *countedReads) Read([]byte) (int, error) {
	if c.reads++; c.reads == c.at {
		return c.do()
	}
	return 0, nil
}

// TestPollSocket: a loop that spins reads the socket again and again, until something
// happens there or elsewhere. Whoever has a loop of their own looks once.
func TestPollSocket(t *testing.T) {
	nothing := func(*Engine) (int, error) { return 0, nil }
	broken := errors.New("broken")
	for _, c := range []struct {
		name  string
		set   func(*Engine)
		at    int
		do    func(*Engine) (int, error)
		block bool
		want  int // reads
		err   error
	}{
		{name: "nothing happens", do: nothing, want: spinPollsMax},
		{name: "bytes", at: 3, do: func(*Engine) (int, error) { return 7, nil }, want: 3},
		{name: "failure", at: 3, do: func(*Engine) (int, error) { return 0, broken }, want: 3, err: broken},
		{name: "submitted", at: 5, do: func(e *Engine) (int, error) {
			return 0, e.Submitter().Do(func() {}, new(Submission))
		}, want: 5},
		{name: "stop", at: 5, do: func(e *Engine) (int, error) { e.Stop(); return 0, nil }, want: 5},
		{name: "sleeps", block: true, want: 1},
		{name: "Poll", set: func(e *Engine) { e.spin.byPoll = true }, want: 1},
		{name: "events are left", set: func(e *Engine) { e.pace.more = true }, want: 1},
		{name: "never spins", set: func(e *Engine) { e.config.Wait = WaitBlock }, want: 1},
		{name: "bytes wait to be sent", set: func(e *Engine) { e.conn.stalledSince = 1 }, want: 1},
		{name: "about to sleep", set: func(e *Engine) {
			e.config.Wait, e.config.SpinRounds, e.spin.idlePolls = WaitSpinBlock, 20, 13
		}, want: 7},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := New(Config{Session: session.Config{Username: "user", Password: "secret"}, Wait: WaitSpin})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			conn := &countedReads{at: c.at, do: func() (int, error) { return c.do(e) }}
			e.conn.socket = conn
			defer func() { e.conn.socket = nil }()
			if c.set != nil {
				c.set(e)
			}
			before := e.spin.idlePolls
			if _, err := e.pollSocket(e.session.Free(), c.block); err != c.err {
				t.Errorf("error %v, want %v", err, c.err)
			}
			if conn.reads != c.want {
				t.Errorf("%d reads, want %d", conn.reads, c.want)
			}
			if e.spin.idlePolls != before+c.want {
				t.Errorf("%d looks counted, want %d", e.spin.idlePolls-before, c.want)
			}
		})
	}
}

// TestSlotFillsLines: with the queue's word of eight bytes a slot is two cache lines.
func TestSlotFillsLines(t *testing.T) {
	if size := reflect.TypeFor[submitted]().Size(); size != 128-8 {
		t.Errorf("%d bytes, want 120", size)
	}
}
