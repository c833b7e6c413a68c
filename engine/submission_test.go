package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// TestSubmitWithoutASubmission submits with a nil Submission, whatever becomes of it.
func TestSubmitWithoutASubmission(t *testing.T) {
	n := newNetwork(t, "pipe", false, pipe)
	config := n.config()
	config.SubmitSlots = 2
	noLeaks(t)
	e, err := engine.New(config)
	if err != nil {
		t.Fatal(err)
	}
	submitter := e.Submitter()
	called := 0
	check := func(want error, errs ...error) {
		t.Helper()
		for _, err := range errs {
			if !errors.Is(err, want) {
				t.Errorf("submitted: %v, want %v", err, want)
			}
		}
	}
	check(nil, submitter.Do(func() { called++ }, nil), submitter.SendOrderCancel(cancelOf(5), nil))
	check(engine.ErrSubmitFull, submitter.Do(func() { called++ }, nil), submitter.SendOrderCancel(cancelOf(5), nil))
	check(engine.ErrSubmitTooLarge, submitter.Send(raw{msg.PayloadOrderCreate, make([]byte, 1<<10)}, nil))
	check(nil, e.Poll())
	check(nil, e.Poll())
	check(msg.ErrRequired, submitter.SendOrderCancel(new(msg.OrderCancel), nil))
	check(nil, e.Poll())
	var first *peer
	in := make(chan *peer)
	go func() {
		p := n.accept(t)
		p.login()
		in <- p
	}()
	for first == nil {
		check(nil, e.Poll())
		select {
		case first = <-in:
		default:
		}
	}
	for !e.State().LoggedIn() {
		check(nil, e.Poll())
	}
	check(nil, submitter.SendOrderCancel(cancelOf(5), nil), submitter.Do(func() { called++ }, nil))
	go func() {
		first.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL)
		close(in)
	}()
	for open := true; open; {
		check(nil, e.Poll())
		select {
		case _, open = <-in:
		default:
		}
	}
	if called != 2 {
		t.Errorf("%d functions were called, want 2", called)
	}
	check(nil, submitter.Do(func() { called++ }, nil), e.Close())
	check(engine.ErrClosed, submitter.Do(func() { called++ }, nil), submitter.SendOrderCancel(cancelOf(5), nil))
	if called != 2 {
		t.Errorf("a function was called after the end")
	}
}

// TestNilSubmission was not submitted.
func TestNilSubmission(t *testing.T) {
	var s *engine.Submission
	if s.Done() || s.Reference() != 0 {
		t.Error("it is done")
	}
	if _, err := s.Result(); !errors.Is(err, engine.ErrNotSubmitted) {
		t.Errorf("Result: %v, want ErrNotSubmitted", err)
	}
	if _, err := s.Wait(context.Background()); !errors.Is(err, engine.ErrNotSubmitted) {
		t.Errorf("Wait: %v, want ErrNotSubmitted", err)
	}
}

// TestNotSubmitted: a submission that was never submitted is reported from one that is under
// way, the code that asks and however.
func TestNotSubmitted(t *testing.T) {
	e, err := engine.New(newNetwork(t, "pipe", false, pipe).config())
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	check := func(s *engine.Submission, want, not error) {
		t.Helper()
		_, result := s.Result()
		_, wait := s.Wait(endedContext())
		for _, err := range []error{result, wait} {
			if !errors.Is(err, want) || errors.Is(err, not) || !session.SafeToResend(err) {
				t.Errorf("%v, want %v", err, want)
			}
		}
	}
	var s engine.Submission
	check(&s, engine.ErrNotSubmitted, context.Canceled)
	check(&s, engine.ErrPending, context.Canceled)
	if err := e.Submitter().SendOrderCancel(new(msg.OrderCancel), &s); !errors.Is(err, msg.ErrRequired) {
		t.Error(err)
	}
	check(&s, engine.ErrNotSubmitted, context.Canceled)
	if err := e.Submitter().SendOrderCancel(cancelOf(5), &s); err != nil {
		t.Error(err)
	}
	if _, err := s.Result(); !errors.Is(err, engine.ErrPending) || errors.Is(err, engine.ErrNotSubmitted) {
		t.Errorf("under way: %v, want ErrPending", err)
	}
	_ = e.Close()
	check(&s, engine.ErrClosed, engine.ErrPending)
}

func endedContext() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// TestWaitInAHandler: whatever the loop calls must not wait for what only the loop can do, and is
// and returns at once. What it submitted is done all the same, and what is done can be waited for.
func TestWaitInAHandler(t *testing.T) {
	for _, c := range []struct {
		name     string
		register func(e *engine.Engine, wait func())
	}{
		{"a handler", func(e *engine.Engine, wait func()) {
			e.OnLoggedIn(func(*engine.Event) { wait() })
		}},
		{"a handler of messages, deep down", func(e *engine.Engine, wait func()) {
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) { deep(200, wait) })
		}},
		{"a tap", func(e *engine.Engine, wait func()) {
			var once bool
			e.OnPayload(func(*engine.TapRecord) {
				if e.State().LoggedIn() && !once {
					once = true
					wait()
				}
			})
		}},
		{"a timer", func(e *engine.Engine, wait func()) {
			e.OnLoggedIn(func(*engine.Event) { _, _ = e.After(0, wait) })
		}},
		{"a function submitted", func(e *engine.Engine, wait func()) {
			e.OnLoggedIn(func(*engine.Event) { _ = e.Submitter().Do(wait, nil) })
		}},
	} {
		for _, poll := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				n := newNetwork(t, "pipe", false, pipe)
				e, err := engine.New(n.config())
				if err != nil {
					t.Fatal(err)
				}
				var s engine.Submission
				var waited error
				c.register(e, func() {
					if err := e.Submitter().SendOrderCancel(cancelOf(5), &s); err != nil {
						t.Error(err)
					}
					_, waited = s.Wait(context.Background())
				})
				ended := make(chan error, 1)
				go func() {
					if !poll {
						ended <- e.Run(context.Background())
						return
					}
					for {
						if err := e.Poll(); err != nil {
							ended <- err
							return
						}
					}
				}()
				p := n.accept(t)
				p.login()
				p.send(quotes(7, 8, 2500))
				p.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL)
				for !s.Done() { // the loop writes before it says so
					<-time.After(time.Microsecond)
				}
				if seq, err := s.Wait(context.Background()); err != nil || seq != 2 {
					t.Errorf("from outside: %d, %v", seq, err)
				}
				_ = e.Close()
				<-ended
				if !errors.Is(waited, engine.ErrInHandler) {
					t.Errorf("Wait: %v, want ErrInHandler", waited)
				}
			})
		}
	}
	// The end of an engine that does not run calls handlers too.
	e, err := engine.New(newNetwork(t, "pipe", false, pipe).config())
	if err != nil {
		t.Fatal(err)
	}
	var waited error
	e.OnState(func(ev *engine.Event) {
		if ev.State == session.Disconnected {
			var s engine.Submission
			_ = e.Submitter().Do(func() {}, &s)
			_, waited = s.Wait(context.Background())
		}
	})
	if err := e.Poll(); err != nil {
		t.Fatal(err)
	}
	_ = e.Close()
	if !errors.Is(waited, engine.ErrInHandler) {
		t.Errorf("in Close: %v, want ErrInHandler", waited)
	}
}

// deep calls f below so many frames.
func deep(n int, f func()) {
	if n == 0 {
		f()
		return
	}
	deep(n-1, f)
}
