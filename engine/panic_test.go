package engine_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// TestPanicAnywhere has handlers of every kind panic, in every state of the
// connection: the engine ends with the panic, and nothing is left over.
func TestPanicAnywhere(t *testing.T) {
	explode := func(*engine.Event) { panic(errExplode) }
	in := func(state session.State) func(*engine.Engine) {
		return func(e *engine.Engine) {
			e.OnState(func(ev *engine.Event) {
				if ev.State == state {
					panic(errExplode)
				}
			})
		}
	}
	for _, c := range []struct {
		name     string
		register func(*engine.Engine)
	}{
		{"connecting", in(session.Connecting)},
		{"login sent", in(session.LoginSent)},
		{"established", in(session.Established)},
		{"logged in", func(e *engine.Engine) { e.OnLoggedIn(explode) }},
		{"message", func(e *engine.Engine) { e.OnMessage(explode) }},
		{"payload", func(e *engine.Engine) { e.OnPayload(func(*engine.TapRecord) { panic(errExplode) }) }},
		{"pong", func(e *engine.Engine) { e.OnPong(explode) }},
		{"logged out", func(e *engine.Engine) { e.OnLoggedOut(explode) }},
		{"disconnected", in(session.Disconnected)},
		{"send resolved", func(e *engine.Engine) { e.OnSendResolved(explode) }},
	} {
		for _, cancelAll := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				onEach(t, func(t *testing.T, n *network) {
					config := n.config()
					config.CancelAllOnPanic = cancelAll
					config.StopTimeout = time.Millisecond // no one answers
					r := start(t, config, func(e *engine.Engine) {
						e.OnLoggedIn(func(*engine.Event) {
							var m msg.OrderCancel
							m.SetOrderId(5)
							_, _ = e.SendOrderCancel(&m)
							_, _ = e.Ping()
						})
						c.register(e)
					})
					go func() {
						select {
						case conn := <-n.accepted:
							answerAll(conn)
						case <-t.Context().Done():
						}
					}()
					if err := r.wait(); !errors.Is(err, errExplode) {
						t.Errorf("Run: %v, want the panic", err)
					}
				})
			})
		}
	}
}

// answerAll lets a client in, sends it quotes, answers its first ping and sends it
// away.
func answerAll(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	p := &peer{conn: conn}
	for {
		m, err := p.tryReceive()
		if err != nil {
			return
		}
		var answer []byte
		switch m.GetEtoPayload().GetType() {
		case eto.PayloadType_PAYLOAD_LOGIN:
			answer = append(p.frame(loginResponse(2)), p.frame(quotes(7, 8, 2500))...)
		case eto.PayloadType_PAYLOAD_PING:
			answer = append(p.frame(etoMessage(&eto.Payload{Type: eto.PayloadType_PAYLOAD_PONG.Enum()})),
				p.frame(loggedOut(eto.LogoutReason_LOGOUT_DOWNTIME))...)
		case eto.PayloadType_PAYLOAD_LOGOUT:
			_, _ = conn.Write(p.frame(loggedOut(eto.LogoutReason_LOGOUT_CONFIRMATION)))
			return
		}
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}

// TestPollPanics returns the panic from Poll, for good.
func TestPollPanics(t *testing.T) {
	n := newNetwork(t, "pipe", false, pipe)
	noLeaks(t)
	e, err := engine.New(n.config())
	if err != nil {
		t.Fatal(err)
	}
	e.OnState(func(*engine.Event) { panic(errExplode) })
	for range 2 {
		if err := e.Poll(); !errors.Is(err, errExplode) {
			t.Errorf("Poll: %v, want the panic", err)
		}
	}
}

// TestHandlerEndsTheGoroutine, as a test's FailNow does: the engine ends and gives
// everything back.
func TestHandlerEndsTheGoroutine(t *testing.T) {
	n := newNetwork(t, "tcp", false, loopback(t))
	noLeaks(t)
	var out bytes.Buffer
	config := n.config()
	config.Logger = slog.New(slog.NewTextHandler(&out, nil))
	e, err := engine.New(config)
	if err != nil {
		t.Fatal(err)
	}
	e.OnLoggedIn(func(*engine.Event) { runtime.Goexit() })
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = e.Run(t.Context())
	}()
	p := n.accept(t)
	p.login()
	p.wantEnd()
	<-ended
	if err := e.Poll(); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("Poll afterwards: %v, want ErrClosed", err)
	}
	if want := `level=ERROR msg="the loop does not go on`; !strings.Contains(out.String(), want) {
		t.Errorf("the log does not have %q:\n%s", want, out.String())
	}
}

// TestPanicPlace finds the line that panicked, whatever way it did and the code that was
// called on the way.
func TestPanicPlace(t *testing.T) {
	var want string
	here := func() { // the line after the call
		_, file, line, _ := runtime.Caller(1)
		want = file + ":" + strconv.Itoa(line+1)
	}
	var none *int
	zero := 0
	for name, handler := range map[string]func(){
		"panic": func() {
			here()
			panic(errExplode)
		},
		"index": func() {
			here()
			_ = []int{}[zero]
		},
		"nil": func() {
			here()
			*none = 1
		},
		"division": func() {
			here()
			zero /= zero
		},
		"map": func() {
			here()
			absent()["x"] = 1
		},
		"called": func() {
			func() {
				here()
				panic(errExplode)
			}()
		},
		"deferred": func() {
			defer func() {
				here()
				panic(errExplode)
			}()
			panic("first")
		},
	} {
		e, err := engine.New(newNetwork(t, "pipe", false, pipe).config())
		if err != nil {
			t.Fatal(err)
		}
		e.OnState(func(*engine.Event) { handler() })
		var p *engine.PanicError
		if err := e.Poll(); !errors.As(err, &p) {
			t.Errorf("%s: %v, want a PanicError", name, err)
			continue
		}
		if p.At != want || !strings.Contains(p.Error(), " at "+want+": ") {
			t.Errorf("%s: %q at %s, want %s", name, p, p.At, want)
		}
	}
}

// TestOtherPanicsContinue: a panic that is not a handler's goes through Run, which gives
// everything back all the same.
func TestOtherPanicsContinue(t *testing.T) {
	n := newNetwork(t, "pipe", false, pipe)
	noLeaks(t)
	config := n.config()
	var armed atomic.Bool
	config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := n.dial(ctx, network, address)
		return mined{conn, &armed}, err
	}
	e, err := engine.New(config)
	if err != nil {
		t.Fatal(err)
	}
	e.OnLoggedIn(func(*engine.Event) { armed.Store(true) })
	recovered := make(chan any, 1)
	go func() {
		defer func() { recovered <- recover() }()
		_ = e.Run(t.Context())
	}()
	p := n.accept(t)
	p.login()
	p.wantEnd()
	if v := <-recovered; v != any(errExplode) {
		t.Errorf("Run recovered from %v, want our panic", v)
	}
	if err := e.Poll(); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("Poll afterwards: %v, want ErrClosed", err)
	}
}

// mined is a connection that panics on a read once it is armed.
type mined struct {
	net.Conn
	armed *atomic.Bool
}

func (m mined) Read(b []byte) (int, error) {
	if m.armed.Load() {
		panic(errExplode)
	}
	return m.Conn.Read(b)
}

// absent is a map that no one made, of which a linter does not know.
func absent() map[string]int { return nil }

// TestNothingIsCalledAfterAPanic: while orders are cancelled and the logout is under way payloads,
// messages, events and functions of other goroutines come in, and no code of the bot's is called.
func TestNothingIsCalledAfterAPanic(t *testing.T) {
	n := newNetwork(t, "pipe", false, pipe)
	config := n.config()
	config.CancelAllOnPanic = true
	var panicked atomic.Bool
	later := func(what string) {
		if panicked.Load() {
			t.Errorf("%s called after the panic", what)
		}
	}
	config.Session.Tap = func(*engine.TapRecord) { later("Tap") }
	r := start(t, config, func(e *engine.Engine) {
		e.OnPayload(func(*engine.TapRecord) { later("OnPayload") })
		e.OnMessage(func(*engine.Event) { later("OnMessage") })
		e.OnState(func(*engine.Event) { later("OnState") })
		e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
			later("OnContractQuotes")
			panicked.Store(true)
			panic(errExplode)
		})
		e.OnOrderExecuted(func(*engine.Event, *msg.OrderExecuted) { later("OnOrderExecuted") })
	})
	p := n.accept(t)
	p.login()
	p.send(quotes(7, 8, 2500), executed(1), quotes(7, 8, 2500), heartbeat())
	all := p.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL_ALL)
	var s engine.Submission
	if err := r.Submitter().Do(func() { later("Submitter.Do") }, &s); err != nil && !errors.Is(err, engine.ErrClosed) {
		t.Error(err)
	}
	p.send(executed(2), heartbeat(), cancelled(all, 3))
	p.logout()
	if err := r.wait(); !errors.Is(err, errExplode) {
		t.Errorf("Run: %v, want the panic", err)
	}
}
