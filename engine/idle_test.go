package engine_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
)

// TestSubmitToASleepingLoop submits functions while the loop sleeps between attempts to
// connect: how long it slept is not what they took.
func TestSubmitToASleepingLoop(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		c := n.config()
		c.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no one is there") }
		r := startInBubble(t, c, nil)
		for range 3 {
			<-time.After(300 * time.Millisecond)
			var s engine.Submission
			err := r.Submitter().Do(func() {}, &s)
			if err == nil {
				_, err = s.Wait(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		<-time.After(time.Second)
		if got := r.Stats(); got.HandlerMax != 0 || got.SlowHandlers != 0 {
			t.Errorf("%q took %v, %d slow", got.SlowestHandler, got.HandlerMax, got.SlowHandlers)
		}
		_ = r.Close()
		_ = r.wait()
	})
}

// TestPollAfterAPause lets a connection die while no one polls: how long that was is not what the
// handlers took that get the event, and they get it now.
func TestPollAfterAPause(t *testing.T) {
	const pause = 500 * time.Millisecond
	inBubble(t, func(t *testing.T, n *network) {
		e, err := engine.New(n.config())
		if err != nil {
			t.Fatal(err)
		}
		var lost []int64
		e.OnState(func(ev *engine.Event) {
			if ev.State == session.Disconnected {
				lost = append(lost, ev.Received)
			}
		})
		in := make(chan *peer)
		go func() {
			p := n.accept(t)
			p.login()
			in <- p
		}()
		poll := func(until func() bool) {
			for !until() {
				if err := e.Poll(); err != nil {
					t.Fatal(err)
				}
				<-time.After(time.Millisecond)
			}
		}
		poll(func() bool { return e.State().LoggedIn() })
		p := <-in
		if _, err := e.SendOrderCreate(backHome()); err != nil {
			t.Fatal(err)
		}
		p.close()
		<-time.After(pause)
		poll(func() bool { return len(lost) > 0 })
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if got := e.Stats(); got.HandlerMax >= pause || got.SlowHandlers != 0 {
			t.Errorf("%q took %v, %d slow", got.SlowestHandler, got.HandlerMax, got.SlowHandlers)
		}
	})
}
