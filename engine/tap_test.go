package engine_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// TestTapMustNotSend: functions that see payloads run in the middle of the session's work. What they send is
// refused, in both directions, also what can only lower the risk, and takes no sequence; all handlers see all
// payloads, and other goroutines' sends are at their disposal.
func TestTapMustNotSend(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		config := n.config()
		config.OnStop = engine.StopLeave
		var e *engine.Engine
		seen := [2]int{}
		refusals := 0
		tap := func(r *engine.TapRecord) {
			seen[r.Direction-session.Inbound]++
			sends := map[string]func() (uint64, error){
				"create":     func() (uint64, error) { return e.SendOrderCreate(backHome()) },
				"cancel":     func() (uint64, error) { return e.SendOrderCancel(cancelOf(5)) },
				"cancel all": func() (uint64, error) { return e.SendOrderCancelAll(new(msg.OrderCancelAll)) },
				"generic":    func() (uint64, error) { return e.Send(subscribe(9)) },
				"foreign":    func() (uint64, error) { return e.Send(raw{msg.PayloadOrderCancelAll, nil}) },
				"ping":       func() (uint64, error) { return e.Ping() },
			}
			for name, send := range sends {
				refusals++
				if seq, err := send(); seq != 0 || !errors.Is(err, engine.ErrInTap) || !session.SafeToResend(err) {
					t.Errorf("%s in a tap: %d, %v, want ErrInTap", name, seq, err)
				}
			}
		}
		config.Session.Tap = tap
		last := 0
		r := startInBubble(t, config, func(bot *engine.Engine) {
			e = bot
			e.OnPayload(tap)
			e.OnPayload(func(*session.TapRecord) { last++ })
			e.OnLoggedIn(func(*session.Event) {
				if seq, err := e.SendOrderCreate(backHome()); seq != 2 || err != nil {
					t.Errorf("the handler's send: %d, %v", seq, err)
				}
			})
		})
		p := n.accept(t)
		p.login()
		create := p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE) // receive checks the sequences
		p.accept(create, 1)
		synctest.Wait()
		var s engine.Submission
		if err := r.Submitter().SendOrderCancel(cancelOf(5), &s); err != nil {
			t.Error(err)
		}
		p.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL)
		r.Stop()
		p.confirmLogout()
		if err := r.wait(); err != nil {
			t.Errorf("Run: %v", err)
		}
		if seen != [2]int{2 * 3, 2 * 4} || last != 7 || refusals == 0 {
			t.Errorf("%d payloads seen twice by direction, %d by the last handler", seen, last)
		}
	})
}

// TestTapPanics on each kind of outbound payload: what the tap saw has its sequence all the same, and the
// order_cancel_all that follows has the next.
func TestTapPanics(t *testing.T) {
	create := msg.PayloadOrderCreate
	for name, c := range map[string]struct {
		on   func(p *msg.Payload) bool // of what the tap panics on
		sent func(p *peer)             // by the engine before the order_cancel_all
		live bool                      // nothing can be cancelled
	}{
		"login": {
			on:   func(p *msg.Payload) bool { return p.GetType() == msg.PayloadLogin },
			sent: func(p *peer) { p.want(seto.PayloadType_PAYLOAD_LOGIN) },
			live: true,
		},
		"order of a handler": {
			on: func(p *msg.Payload) bool { return p.GetType() == create },
			sent: func(p *peer) {
				p.login()
				p.accept(p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE), 1)
			},
		},
		"ping of a handler": {
			on: func(p *msg.Payload) bool { return p.GetEtoPayload().GetType() == msg.EtoPayloadPing },
			sent: func(p *peer) {
				p.login()
				p.accept(p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE), 1)
				p.wantEto(eto.PayloadType_PAYLOAD_PING)
			},
		},
		"heartbeat": {
			on: func(p *msg.Payload) bool { return p.GetEtoPayload().GetType() == msg.EtoPayloadHeartbeat },
			sent: func(p *peer) {
				p.login()
				p.accept(p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE), 1)
				p.wantEto(eto.PayloadType_PAYLOAD_PING)
				p.send(etoMessage(&eto.Payload{Type: eto.PayloadType_PAYLOAD_PONG.Enum()}))
				p.wantEto(eto.PayloadType_PAYLOAD_HEARTBEAT)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				config := n.config()
				config.CancelAllOnPanic = true
				panicked, after := false, 0
				r := startInBubble(t, config, func(e *engine.Engine) {
					e.OnLoggedIn(func(*engine.Event) {
						_, _ = e.SendOrderCreate(backHome())
						_, _ = e.Ping()
						if panicked {
							t.Error("the handler went on after the panic of the tap that saw its send")
						}
					})
					e.OnPayload(func(r *engine.TapRecord) {
						var p msg.Payload
						if panicked {
							after++
						}
						if err := p.Decode(r.Payload, nil); r.Direction == session.Outbound && err == nil && c.on(&p) {
							panicked = true
							panic(errExplode)
						}
					})
					e.OnPayload(func(*engine.TapRecord) {
						if panicked {
							after++
						}
					})
				})
				p := n.accept(t)
				c.sent(p)
				if !c.live {
					p.cancelUntilLogout()
				}
				err := r.wait()
				var got *engine.PanicError
				if !errors.As(err, &got) || !errors.Is(err, errExplode) || got.Cancelled == c.live {
					t.Fatalf("Run: %v", err)
				}
				if !strings.Contains(got.Handler, "TestTapPanics") || !strings.Contains(got.At, "tap_test.go") {
					t.Errorf("the panic was in %s at %s", got.Handler, got.At)
				}
				if after != 0 {
					t.Errorf("%d calls after the panic", after)
				}
			})
		})
	}
}

// TestTapPanicsOnASubmittedOrder: the order is sent, so its submission must not say that it is safe to send
// again.
func TestTapPanicsOnASubmittedOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		config := n.config()
		config.CancelAllOnPanic = true
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnPayload(func(r *engine.TapRecord) {
				var p msg.Payload
				if p.Decode(r.Payload, nil) == nil && p.GetType() == msg.PayloadOrderCreate {
					panic(errExplode)
				}
			})
		})
		p := n.accept(t)
		p.login()
		synctest.Wait()
		var s engine.Submission
		if err := r.Submitter().SendOrderCreate(backHome(), &s); err != nil {
			t.Fatal(err)
		}
		p.accept(p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE), 1)
		p.cancelUntilLogout()
		if seq, err := s.Result(); seq != 2 || err != nil {
			t.Errorf("submitted: %d, %v, want sequence 2", seq, err)
		}
		if err := r.wait(); !errors.Is(err, errExplode) {
			t.Errorf("Run: %v", err)
		}
	})
}

// TestTapPanicsOnTheCancelAll of a shutdown: it was sent, and its answer is enough.
func TestTapPanicsOnTheCancelAll(t *testing.T) {
	stopping(t, nil, func(t *testing.T, _ *network, r *running, p *peer) {
		if err := r.Submitter().Do(func() {
			r.OnPayload(func(r *engine.TapRecord) {
				var p msg.Payload
				if p.Decode(r.Payload, nil) == nil && p.GetType() == msg.PayloadOrderCancelAll {
					panic(errExplode)
				}
			})
		}, nil); err != nil {
			t.Error(err)
		}
		r.Stop()
		p.send(cancelled(p.cancelAll(), 2))
		p.confirmLogout()
		var got *engine.PanicError
		if err := r.wait(); !errors.As(err, &got) || !got.Cancelled {
			t.Errorf("Run: %v, want a panic and all cancelled", err)
		}
	})
}

// TestTapTimesAlone: the time of a tap outside of handlers is its own, within one the handler's.
func TestTapTimesAlone(t *testing.T) {
	for _, inHandler := range []bool{false, true} {
		inBubble(t, func(t *testing.T, n *network) {
			r := startInBubble(t, n.config(), func(e *engine.Engine) {
				e.OnLoggedIn(ownHandler(e))
				e.OnPayload(func(r *engine.TapRecord) {
					var p msg.Payload
					if p.Decode(r.Payload, nil) != nil {
						return
					}
					if order := p.GetType() == msg.PayloadOrderCreate; order && inHandler || !order && !inHandler {
						work(engine.SlowHandler)
					}
				})
			})
			p := n.accept(t)
			p.login()
			p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
			_ = r.Close()
			_ = r.wait()
			stats := r.Stats()
			want := "TestTapTimesAlone"
			if inHandler {
				want = "ownHandler"
			}
			if !strings.Contains(stats.SlowestHandler, want) || stats.SlowHandlers == 0 {
				t.Errorf("in a handler %t: the slowest of %d is %q", inHandler, stats.SlowHandlers,
					stats.SlowestHandler)
			}
		})
	}
}

func ownHandler(e *engine.Engine) func(*engine.Event) {
	return func(*engine.Event) { _, _ = e.SendOrderCreate(backHome()) }
}

// TestTapCloses in both directions: the engine ends, and nothing is sent twice.
func TestTapCloses(t *testing.T) {
	for _, direction := range []session.Direction{session.Inbound, session.Outbound} {
		inBubble(t, func(t *testing.T, n *network) {
			r := startInBubble(t, n.config(), func(e *engine.Engine) {
				e.OnPayload(func(r *engine.TapRecord) {
					if r.Direction == direction {
						_ = e.Close()
					}
				})
			})
			p := n.accept(t)
			go func() { _, _ = p.conn.Write(p.frame(loginResponse(2))) }()
			if err := r.wait(); !errors.Is(err, engine.ErrClosed) {
				t.Errorf("%v: Run: %v", direction, err)
			}
			p.wantEnd()
		})
	}
}

// cancelUntilLogout confirms each order_cancel_all, and then the logout.
func (p *peer) cancelUntilLogout() {
	p.t.Helper()
	for account := uint64(100); ; account++ {
		m := p.receive()
		switch {
		case m.GetType() == seto.PayloadType_PAYLOAD_ORDER_CANCEL_ALL:
			p.send(cancelled(m, account))
		case m.GetEtoPayload().GetType() == eto.PayloadType_PAYLOAD_LOGOUT:
			p.send(loggedOut(eto.LogoutReason_LOGOUT_CONFIRMATION))
			p.close()
			return
		}
	}
}

// subscribe is a subscription to a market.
func subscribe(market uint32) *msg.MarketSubscribe {
	m := new(msg.MarketSubscribe)
	m.SetMarketId(market)
	return m
}
