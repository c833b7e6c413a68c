package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

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
		"timer":                 func(e *engine.Engine) { _, _ = e.After(0, func() { _ = e.Close() }) },
		"timer again and again": func(e *engine.Engine) { _, _ = e.Every(time.Millisecond, func() { _ = e.Close() }) },
		"submitted": func(e *engine.Engine) {
			if err := e.Submitter().Do(func() { _ = e.Close() }, nil); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNetwork(t, "pipe", false, pipe)
			r := start(t, n.config(), register)
			if name == "handler" || name == "payload" {
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

// TestCloseByConfig closes the engine in Config.Dial, Config.Credentials and in the logger: none waits for a
// loop that waits for it. The bubble's clock shows that.
func TestCloseByConfig(t *testing.T) {
	for _, by := range []string{"dial", "credentials", "logger"} {
		for _, poll := range []bool{false, true} {
			t.Run(fmt.Sprint(by, ", Poll ", poll), func(t *testing.T) {
				inBubble(t, func(t *testing.T, n *network) {
					var e *engine.Engine
					config := n.config()
					closed := make(chan struct{}, 1)
					closeIt := func() {
						_ = e.Close()
						select {
						case closed <- struct{}{}:
						default:
						}
					}
					switch by {
					case "dial":
						config.Dial = func(context.Context, string, string) (net.Conn, error) {
							closeIt()
							return nil, errExplode
						}
					case "credentials":
						config.Session.Username, config.Session.Password = "", ""
						config.Credentials = func(context.Context) (c session.Credentials, err error) {
							closeIt()
							return c, errExplode
						}
					case "logger":
						config.Logger = slog.New(calling{slog.DiscardHandler, closeIt})
					}
					var err error
					if e, err = engine.New(config); err != nil {
						t.Fatal(err)
					}
					before := time.Now()
					if poll { // Close becomes the loop, for no one else is it
						if err := e.Poll(); err != nil && !errors.Is(err, engine.ErrClosed) { // the other was as quick
							t.Errorf("Poll: %v", err)
						}
						<-closed
						err = e.Poll()
					} else {
						err = e.Run(t.Context())
					}
					if !errors.Is(err, engine.ErrClosed) {
						t.Errorf("ended with %v", err)
					}
					if took := time.Since(before); took > 100*time.Millisecond {
						t.Errorf("took %v", took)
					}
					synctest.Wait()
				})
			})
		}
	}
}

// calling is a logger's handler that calls a function.
type calling struct {
	slog.Handler
	f func()
}

func (c calling) Enabled(context.Context, slog.Level) bool { return true }
func (c calling) Handle(context.Context, slog.Record) error {
	c.f()
	return nil
}

// TestCloseOfAPollThatDoesNotReturn: a handler ends the goroutine that calls Poll while another one waits in
// Close.
func TestCloseOfAPollThatDoesNotReturn(t *testing.T) {
	for name, handler := range map[string]func(){
		"Goexit": runtime.Goexit,
		"panic":  func() { panic(errExplode) },
	} {
		inBubble(t, func(t *testing.T, n *network) {
			e, err := engine.New(n.config())
			if err != nil {
				t.Fatal(err)
			}
			closed := make(chan error)
			e.OnState(func(*engine.Event) {
				go func() { closed <- e.Close() }()
				synctest.Wait()
				handler()
			})
			go func() { _ = e.Poll() }()
			if err := <-closed; err != nil {
				t.Errorf("%s: Close: %v", name, err)
			}
			if err := e.Poll(); err == nil {
				t.Errorf("%s: Poll goes on", name)
			}
		})
	}
}

// TestCloseWithHandlersThatFail: Close calls handlers where no loop runs. One that panics is its error, one
// that ends the goroutine ends the engine all the same.
func TestCloseWithHandlersThatFail(t *testing.T) {
	for name, handler := range map[string]func(){
		"Goexit": runtime.Goexit,
		"panic":  func() { panic(errExplode) },
	} {
		inBubble(t, func(t *testing.T, n *network) {
			e, err := engine.New(n.config())
			if err != nil {
				t.Fatal(err)
			}
			calls := 0
			e.OnState(func(ev *engine.Event) {
				if ev.State == session.Disconnected {
					calls++
					handler()
				}
			})
			if err := e.Poll(); err != nil {
				t.Fatal(err)
			}
			var first error
			done := make(chan struct{})
			go func() {
				defer close(done)
				first = e.Close()
			}()
			<-done
			if name == "panic" != errors.Is(first, errExplode) {
				t.Errorf("%s: Close: %v", name, first)
			}
			if err := e.Close(); err != nil || calls != 1 {
				t.Errorf("%s: closed again: %v, %d calls", name, err, calls)
			}
			want := engine.ErrClosed
			if name == "panic" {
				want = errExplode
			}
			if err := e.Poll(); !errors.Is(err, want) {
				t.Errorf("%s: Poll: %v, want %v", name, err, want)
			}
		})
	}
}
