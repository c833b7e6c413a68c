package engine_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/sim"
)

// onExchange runs a test in a bubble with a simulated exchange on which no one else
// trades, and returns the settings that reach it.
func onExchange(t *testing.T, change func(*sim.Config), test func(*testing.T, *sim.Server, engine.Config)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		settings := sim.DefaultConfig()
		settings.Agents = sim.Agents{}
		if change != nil {
			change(&settings)
		}
		server, err := sim.Local(settings)
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- server.Serve(context.Background()) }()
		defer func() {
			if err := server.Close(); err != nil {
				t.Error(err)
			}
			if err := <-served; err != nil {
				t.Error(err)
			}
		}()
		test(t, server, engine.Config{
			Session: session.Config{Username: sim.DemoUsername, Password: sim.DemoPassword},
			Address: "exchange.test:3801", DisableTLS: true,
			Dial: func(ctx context.Context, _, _ string) (net.Conn, error) { return server.Dial(ctx) },
		})
	})
}

// liveOrders is how many orders the exchange has.
func liveOrders(t *testing.T, server *sim.Server) int {
	t.Helper()
	truth, ok := server.Truth(sim.DemoUsername)
	if !ok {
		t.Fatal("no such account")
	}
	return truth.Live
}

// small is an order that the account can afford by the thousand.
func small() *msg.OrderCreate {
	order := backHome()
	order.SetQuantity(10000)
	return order
}

// spend sends until it is refused with want.
func spend(t *testing.T, want error, send func() (uint64, error)) {
	t.Helper()
	for range 10000 {
		if _, err := send(); err != nil {
			if !errors.Is(err, want) {
				t.Errorf("the bot stops at %v, want %v", err, want)
			}
			return
		}
	}
	t.Errorf("never refused, want %v", want)
}

// TestCancelAllIsNeverRefused cancels everything after a panic, when the engine stops, and when
// a handler asks for it, whatever the bot has used up before.
func TestCancelAllIsNeverRefused(t *testing.T) {
	for name, c := range map[string]struct {
		exchange func(*sim.Config)
		bot      func(*engine.Config)
		before   func(t *testing.T, e *engine.Engine, server *sim.Server)
	}{
		"plenty": {before: func(*testing.T, *engine.Engine, *sim.Server) {}},
		"the burst, by orders": {
			exchange: func(c *sim.Config) { c.Throttle = sim.Throttle{Rate: 1, Burst: 5, Tick: time.Hour} },
			before: func(t *testing.T, e *engine.Engine, _ *sim.Server) {
				spend(t, session.ErrThrottled, func() (uint64, error) { return e.SendOrderCreate(small()) })
			},
		},
		"a large burst, by cancels": {
			exchange: func(c *sim.Config) { c.Throttle = sim.Throttle{Rate: 1, Burst: 1000, Tick: time.Hour} },
			before: func(t *testing.T, e *engine.Engine, _ *sim.Server) {
				var m msg.OrderCancel
				m.SetOrderId(1)
				spend(t, session.ErrThrottled, func() (uint64, error) { return e.SendOrderCancel(&m) })
			},
		},
		"answers": {
			bot: func(c *engine.Config) { c.Session.UnansweredMax = 2 },
			before: func(t *testing.T, e *engine.Engine, _ *sim.Server) {
				spend(t, session.ErrUnanswered, func() (uint64, error) { return e.SendOrderCreate(small()) })
			},
		},
		"answers, by cancels": {
			bot: func(c *engine.Config) { c.Session.UnansweredMax = 2 },
			before: func(t *testing.T, e *engine.Engine, _ *sim.Server) {
				var m msg.OrderCancel
				m.SetOrderId(1)
				spend(t, session.ErrUnanswered, func() (uint64, error) { return e.SendOrderCancel(&m) })
			},
		},
		"cancellations of its own": {
			bot: func(c *engine.Config) { c.Session.UnansweredMax = 2 },
			before: func(t *testing.T, e *engine.Engine, _ *sim.Server) {
				var m msg.OrderCancelAll
				m.SetMarketId(1)
				spend(t, session.ErrUnanswered, func() (uint64, error) { return e.SendOrderCancelAll(&m) })
			},
		},
	} {
		for _, how := range []string{"panic", "stop", "handler"} {
			t.Run(name+"/"+how, func(t *testing.T) {
				onExchange(t, c.exchange, func(t *testing.T, server *sim.Server, config engine.Config) {
					config.CancelAllOnPanic = true
					if c.bot != nil {
						c.bot(&config)
					}
					if how == "handler" {
						config.OnStop = engine.StopLeave
						if name == "cancellations of its own" {
							return
						}
					}
					once, atPanic := false, 0
					r := startInBubble(t, config, func(e *engine.Engine) {
						e.OnThrottleLimitsChanged(func(*engine.Event, *msg.ThrottleLimitsChanged) {
							if _, err := e.SendOrderCreate(small()); err != nil {
								t.Error(err)
							}
						})
						e.OnOrderAccepted(func(*engine.Event, *msg.OrderAccepted) {
							if once {
								return
							}
							once = true
							atPanic = liveOrders(t, server)
							switch c.before(t, e, server); how {
							case "panic":
								panic(errExplode)
							case "stop":
								e.Stop()
							case "handler":
								if _, err := e.SendOrderCancelAll(new(msg.OrderCancelAll)); err != nil {
									t.Error(err)
								}
							}
						})
						e.OnOrderCancelAllAccepted(func(*engine.Event, *msg.OrderCancelAllAccepted) {
							if how == "handler" {
								e.Stop()
							}
						})
					})
					err := r.wait()
					var p *engine.PanicError
					switch {
					case how != "panic" && err != nil:
						t.Errorf("Run: %v", err)
					case how == "panic" && (!errors.As(err, &p) || !p.Cancelled || p.CancelErr != nil ||
						!strings.Contains(err.Error(), "all orders were cancelled")):
						t.Errorf("Run: %v, want a panic and all orders cancelled", err)
					}
					if n := liveOrders(t, server); n != 0 || atPanic == 0 {
						t.Errorf("%d orders live, %d before", n, atPanic)
					}
				})
			})
		}
	}
}

// TestPanicReportsOrders says in the error that the orders may be live, and why.
func TestPanicReportsOrders(t *testing.T) {
	for name, c := range map[string]struct {
		off  bool
		play func(n *network, p *peer)
		want engine.CancelError
	}{
		"never confirmed": {
			play: func(_ *network, p *peer) { p.logout() },
			want: engine.CancelError{Sent: true, Err: engine.ErrStopTimeout},
		},
		"refused": {
			play: func(_ *network, p *peer) {
				for {
					m := p.receive()
					switch {
					case m.GetType() == seto.PayloadType_PAYLOAD_ORDER_CANCEL_ALL:
						p.send(notCancelled(m))
					case m.GetEtoPayload().GetType() == eto.PayloadType_PAYLOAD_LOGOUT:
						p.send(loggedOut(eto.LogoutReason_LOGOUT_CONFIRMATION))
						p.close()
						return
					}
				}
			},
			want: engine.CancelError{Sent: true, Err: engine.ErrStopTimeout},
		},
		"lost for good": {
			play: func(_ *network, p *peer) {
				p.send(loggedOut(eto.LogoutReason_LOGOUT_UNVERIFIED))
				p.wantEnd()
			},
			want: engine.CancelError{Sent: true},
		},
		"not asked for": {off: true, play: func(_ *network, p *peer) { p.wantEnd() }},
	} {
		t.Run(name, func(t *testing.T) {
			set := func(config *engine.Config) { config.CancelAllOnPanic = !c.off }
			stopping(t, set, func(t *testing.T, n *network, r *running, p *peer) {
				began := time.Now()
				p.send(quotes(7, 8, 2500))
				c.play(n, p)
				err := r.wait()
				checkPanic(t, err)
				var panicked *engine.PanicError
				if !errors.As(err, &panicked) || panicked.Cancelled {
					t.Fatalf("Run: %v, want a panic and nothing cancelled", err)
				}
				wantLive(t, panicked.CancelErr, c.want)
				if !strings.Contains(err.Error(), "orders may be live") {
					t.Errorf("%q does not say that orders may be live", err)
				}
				if took := time.Since(began); took > engine.StopTimeout {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// TestPanicConnectsAgain cancels over a new connection when the old one ends first,
// also when the handler panicked because of its end.
func TestPanicConnectsAgain(t *testing.T) {
	for _, at := range []string{"during it", "by its end"} {
		set := func(c *engine.Config) { c.CancelAllOnPanic = true }
		stopping(t, set, func(t *testing.T, n *network, r *running, p *peer) {
			if at == "during it" {
				p.send(quotes(7, 8, 2500))
				p.cancelAll()
			} else {
				var s engine.Submission
				if err := r.Submitter().Do(func() { r.OnState(func(*engine.Event) { panic(errExplode) }) },
					&s); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
			}
			p.close()
			p = n.accept(t)
			p.login()
			p.send(cancelled(p.cancelAll(), 2))
			p.confirmLogout()
			err := r.wait()
			var panicked *engine.PanicError
			if !errors.As(err, &panicked) || !errors.Is(err, errExplode) || !panicked.Cancelled ||
				panicked.CancelErr != nil {
				t.Errorf("%s: %v, want a panic and all cancelled", at, err)
			}
		})
	}
}

// TestPanicBeforeTheLoginEvent cancels as soon as the exchange has let us in.
func TestPanicBeforeTheLoginEvent(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		config := n.config()
		config.CancelAllOnPanic = true
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnState(func(ev *engine.Event) {
				if ev.State == session.Established {
					panic(errExplode)
				}
			})
		})
		p := n.accept(t)
		p.login()
		p.send(cancelled(p.cancelAll(), 2))
		p.logout()
		if err := r.wait(); !errors.Is(err, errExplode) {
			t.Errorf("Run: %v", err)
		}
	})
}

// TestPanicDuringTheStop goes on with the stop, without handlers.
func TestPanicDuringTheStop(t *testing.T) {
	for _, closes := range []bool{false, true} {
		stopping(t, nil, func(t *testing.T, _ *network, r *running, p *peer) {
			r.Stop()
			all := p.cancelAll()
			p.send(quotes(7, 8, 2500), quotes(7, 8, 2600))
			synctest.Wait()
			if closes {
				_ = r.Close()
				p.wantEnd()
			} else {
				p.send(cancelled(all, 2))
				p.confirmLogout()
			}
			err := r.wait()
			checkPanic(t, err)
			var panicked *engine.PanicError
			if errors.As(err, &panicked); panicked.Cancelled == closes || (panicked.CancelErr != nil) != closes {
				t.Errorf("%v, closed %t", err, closes)
			}
		})
	}
}

// TestPanicAtTheEnd panics when there is nothing left to do: the outcome is the panic, and
// what was confirmed before.
func TestPanicAtTheEnd(t *testing.T) {
	for _, leave := range []bool{false, true} {
		stopping(t, func(c *engine.Config) {
			c.CancelAllOnPanic = true
			if leave {
				c.OnStop = engine.StopLeave
			}
		}, func(t *testing.T, _ *network, r *running, p *peer) {
			var s engine.Submission
			if err := r.Submitter().Do(func() {
				r.OnState(func(ev *engine.Event) {
					if ev.State == session.Disconnected {
						panic(errExplode)
					}
				})
			}, &s); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			r.Stop()
			if !leave {
				p.send(cancelled(p.cancelAll(), 2))
			}
			p.confirmLogout()
			err := r.wait()
			var panicked *engine.PanicError
			if !errors.As(err, &panicked) || panicked.Cancelled == leave || (panicked.CancelErr != nil) != leave {
				t.Errorf("%v, orders left %t", err, leave)
			}
			if leave && !strings.Contains(err.Error(), "panicked while the engine was ending") {
				t.Errorf("%v, want why", err)
			}
		})
	}
}

// TestTapAfterAPanic calls no function of the bot's after a panic, be it that of the
// tap.
func TestTapAfterAPanic(t *testing.T) {
	for _, by := range []string{"handler", "tap", "payload handler"} {
		after, panicked := 0, false
		see := func(who string) {
			if panicked {
				after++
			}
			if by == who {
				panicked = true
				panic(errExplode)
			}
		}
		inBubble(t, func(t *testing.T, n *network) {
			config := n.config()
			config.CancelAllOnPanic = true
			quotesCame := false
			config.Session.Tap = func(*engine.TapRecord) {
				if quotesCame {
					see("tap")
				}
			}
			r := startInBubble(t, config, func(e *engine.Engine) {
				e.OnPayload(func(*engine.TapRecord) {
					if quotesCame {
						see("payload handler")
					}
				})
				e.OnMessage(func(*engine.Event) { see("handler") })
			})
			p := n.accept(t)
			p.login()
			synctest.Wait()
			quotesCame = true
			p.send(quotes(7, 8, 2500))
			all := p.cancelAll()
			p.send(cancelled(all, 2))
			p.confirmLogout()
			if err := r.wait(); !errors.Is(err, errExplode) {
				t.Errorf("Run: %v", err)
			}
		})
		if after != 0 {
			t.Errorf("%d calls after the panic of the %s", after, by)
		}
	}
}

// TestCancelsHaveSlots submits cancels to a loop that is behind with everything else.
func TestCancelsHaveSlots(t *testing.T) {
	for _, c := range []struct{ slots, cancels int }{{1024, 16}, {64, 8}, {2, 0}} {
		n := newNetwork(t, "pipe", false, pipe)
		config := n.config()
		config.SubmitSlots = c.slots
		e, err := engine.New(config)
		if err != nil {
			t.Fatal(err)
		}
		all := make([]engine.Submission, c.slots+1)
		fits := func(send func(s *engine.Submission) error) (count int) {
			for {
				err := send(&all[0])
				if err != nil {
					if !errors.Is(err, engine.ErrSubmitFull) {
						t.Fatal(err)
					}
					return count
				}
				all = all[1:]
				count++
			}
		}
		submitter := e.Submitter()
		orders := fits(func(s *engine.Submission) error { return submitter.SendOrderCreate(small(), s) })
		others := fits(func(s *engine.Submission) error { return submitter.Do(func() {}, s) })
		cancels := fits(func(s *engine.Submission) error {
			return submitter.SendOrderCancelAll(new(msg.OrderCancelAll),
				s)
		})
		if orders != c.slots-c.cancels || others != 0 || cancels != c.cancels {
			t.Errorf("of %d slots orders take %d, functions %d, cancellations %d", c.slots, orders, others, cancels)
		}
		_ = e.Close()
	}
}
