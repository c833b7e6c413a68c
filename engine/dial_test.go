package engine_test

import (
	"context"
	"errors"
	"net"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
)

// TestDialSucceedsAfterStop closes a connection that was opened when no one needs it any
// more, and never logs in on it.
func TestDialSucceedsAfterStop(t *testing.T) {
	for name, end := range map[string]func(r *running){
		"Stop":    func(r *running) { r.Stop() },
		"context": func(r *running) { r.cancel() },
		"Close":   func(r *running) { _ = r.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				config := n.config()
				config.OnStop = engine.StopAuto
				dialing, stopped := make(chan struct{}), make(chan struct{})
				config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
					close(dialing)
					<-stopped
					return n.dial(ctx, network, address)
				}
				r := startInBubble(t, config, nil)
				<-dialing
				end(r)
				synctest.Wait()
				close(stopped)
				p := n.accept(t)
				if m, err := p.tryReceive(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("exchange got %v, %v, want the end", m, err)
				}
				want := engine.ErrNotConfirmed
				if name == "Close" {
					want = engine.ErrClosed
				}
				if err := r.wait(); !errors.Is(err, want) {
					t.Errorf("Run: %v, want %v", err, want)
				}
				if n := r.Stats().Connected; n != 0 {
					t.Errorf("%d connections counted", n)
				}
			})
		})
	}
}

// TestDialerThatDoesNotReturn is abandoned after its time, and what it opens in the end
// is closed. Only so many are abandoned.
func TestDialerThatDoesNotReturn(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		config := n.config()
		config.DialTimeout = time.Second
		config.ReconnectBackoff = []time.Duration{100 * time.Millisecond}
		release := make(chan struct{})
		var dials atomic.Int32
		config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			dials.Add(1)
			<-release
			return n.dial(ctx, network, address)
		}
		lost := 0
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnState(func(ev *engine.Event) {
				if ev.State == session.Disconnected && !errors.Is(ev.Cause, engine.ErrClosed) {
					var dial *engine.DialError
					if lost++; !errors.As(ev.Cause, &dial) || !errors.Is(ev.Cause, context.DeadlineExceeded) ||
						!strings.Contains(ev.Cause.Error(), "Config.Dial") {
						t.Errorf("lost because of %v", ev.Cause)
					}
				}
			})
		})
		advance(time.Minute)
		if dials.Load() != 4 || lost < 10 {
			t.Errorf("dialed %d times, lost %d attempts", dials.Load(), lost)
		}
		close(release)
		for range 4 {
			if m, err := n.accept(t).tryReceive(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("on a connection that was given up the exchange got %v, %v, want the end", m, err)
			}
		}
		n.accept(t).login() // one that was not
		_ = r.Close()
		_ = r.wait()
	})
}

// TestStopWithADialerThatDoesNotReturn ends all the same.
func TestStopWithADialerThatDoesNotReturn(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		config := n.config()
		release := make(chan struct{})
		config.Dial = func(context.Context, string, string) (net.Conn, error) {
			<-release
			return nil, errExplode
		}
		began := time.Now()
		r := startInBubble(t, config, nil)
		synctest.Wait()
		r.Stop()
		if err := r.wait(); !errors.Is(err, engine.ErrNotConfirmed) ||
			time.Since(began) > session.LogoutTimeout+time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		close(release)
	})
}

// TestDialPanics turns a panic in a function of the settings into the engine's end,
// instead of the process's, and cancels first if it can. One that ends its goroutine
// has failed.
func TestDialPanics(t *testing.T) {
	for _, which := range []string{"Dial", "Credentials"} {
		fails := false
		var fail func()
		stopping(t, func(c *engine.Config) {
			c.CancelAllOnPanic = true
			c.ReconnectBackoff = []time.Duration{time.Second}
			dial := c.Dial
			call := func(name string) {
				if fails && name == which {
					fails = false
					fail()
				}
			}
			c.Session = session.Config{}
			c.Credentials = func(context.Context) (session.Credentials, error) {
				call("Credentials")
				return session.Credentials{Token: "token"}, nil
			}
			c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				call("Dial")
				return dial(ctx, network, address)
			}
		}, func(t *testing.T, n *network, r *running, p *peer) {
			fails, fail = true, runtime.Goexit
			p.close()
			p = n.accept(t)
			p.login()
			synctest.Wait()
			if fails {
				t.Error("did not fail")
			}
			fails, fail = true, func() { panic(errExplode) }
			p.close()
			p = n.accept(t)
			p.login()
			p.send(cancelled(p.cancelAll(), 2))
			p.confirmLogout()
			err := r.wait()
			var panicked *engine.PanicError
			if !errors.As(err, &panicked) || !errors.Is(err, errExplode) ||
				panicked.Handler != "Config."+which || !panicked.Cancelled {
				t.Errorf("%s: %v, want its panic and all cancelled", which, err)
			}
			if !strings.Contains(panicked.At, "dial_test.go:") {
				t.Errorf("%s: panicked at %q", which, panicked.At)
			}
		})
	}
}

// TestHandshakeTimeout says that it was the handshake, where, and how long it took.
func TestHandshakeTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, "pipe", true, pipe)
		config := n.config()
		config.DialTimeout = 3 * time.Second
		var cause error
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnState(func(ev *engine.Event) {
				if ev.State == session.Disconnected {
					cause = ev.Cause
					e.Stop()
				}
			})
		})
		conn := <-n.accepted
		_ = r.wait()
		_ = conn.Close()
		const want = "exchange.test:3801: TLS handshake not finished within 3s"
		if !errors.Is(cause, context.DeadlineExceeded) || !strings.Contains(cause.Error(), want) {
			t.Errorf("lost because of %v", cause)
		}
	})
}
