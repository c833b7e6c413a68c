package engine_test

import (
	"errors"
	"testing"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
)

// TestCloseWaits closes a running loop from another goroutine: everything is handled and given back when
// Close returns. The race detector would find that it is not.
func TestCloseWaits(t *testing.T) {
	onEach(t, func(t *testing.T, n *network) {
		disconnected := false
		loggedIn := make(chan struct{})
		r := start(t, n.config(), func(e *engine.Engine) {
			e.OnLoggedIn(func(*engine.Event) { close(loggedIn) })
			e.OnState(func(ev *engine.Event) { disconnected = ev.State == session.Disconnected })
		})
		p := n.accept(t)
		p.login()
		<-loggedIn
		if err := r.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if !disconnected {
			t.Error("Close returned before the loop ended")
		}
		_ = r.wait()
	})
}

// TestCloseByHandler closes the engine in a handler, in a function of another goroutine and in a timer: none
// waits for the loop that calls it.
func TestCloseByHandler(t *testing.T) {
	for name, register := range map[string]func(e *engine.Engine){
		"handler": func(e *engine.Engine) { e.OnLoggedIn(func(*engine.Event) { _ = e.Close() }) },
		"payload": func(e *engine.Engine) {
			e.OnPayload(func(r *engine.TapRecord) {
				if r.Direction == session.Inbound {
					_ = e.Close()
				}
			})
		},
		"submitted": func(e *engine.Engine) {
			if err := e.Submitter().Do(func() { _ = e.Close() }, nil); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNetwork(t, "pipe", false, pipe)
			r := start(t, n.config(), register)
			if name != "submitted" {
				n.accept(t).login()
			}
			if err := r.wait(); !errors.Is(err, engine.ErrClosed) {
				t.Errorf("Run: %v", err)
			}
		})
	}
}

// TestCloseWhilePolling closes an engine whose loop is the bot's: the next Poll ends it, and Close returns.
func TestCloseWhilePolling(t *testing.T) {
	n := newNetwork(t, "pipe", false, pipe)
	noLeaks(t)
	e, err := engine.New(n.config())
	if err != nil {
		t.Fatal(err)
	}
	inHandler, closing := make(chan struct{}), make(chan struct{})
	e.OnLoggedIn(func(*engine.Event) {
		close(inHandler)
		<-closing
	})
	polled := make(chan error)
	go func() {
		for {
			if err := e.Poll(); err != nil {
				polled <- err
				return
			}
		}
	}()
	n.accept(t).login()
	<-inHandler
	closed := make(chan error)
	go func() { closed <- e.Close() }()
	close(closing)
	if err := <-polled; !errors.Is(err, engine.ErrClosed) {
		t.Errorf("Poll: %v", err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}
