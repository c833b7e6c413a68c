package engine_test

import (
	"crypto/tls"
	"errors"
	"fmt"
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
)

// TestSettingsSurvive sends after each login, fresh or resumed, the last cancel_all_on_failure of the
// bot, or the configured one if it sent none; and nothing else.
func TestSettingsSurvive(t *testing.T) {
	for _, resume := range []session.ResumeMode{session.ResumeAccount, session.ResumeSession} {
		for _, configured := range []bool{false, true} {
			for _, sends := range [][]bool{nil, {false}, {true}, {true, false}, {false, true}} {
				t.Run(fmt.Sprint(resume, configured, sends), func(t *testing.T) {
					inBubble(t, func(t *testing.T, n *network) {
						config := n.config()
						config.Session.Resume, config.Session.CancelAllOnFailure = resume, configured
						logins := 0
						r := startInBubble(t, config, func(e *engine.Engine) {
							e.OnLoggedIn(func(*engine.Event) {
								if logins++; logins > 1 {
									return
								}
								if _, err := e.SendSettings(new(msg.Settings)); err != nil { // asks, and sets nothing
									t.Error(err)
								}
								for _, on := range sends {
									var m msg.Settings
									m.SetCancelAllOnFailure(on)
									if _, err := e.SendSettings(&m); err != nil {
										t.Error(err)
									}
								}
							})
						})
						// settingsOf reads what the exchange receives up to the answer to a heartbeat.
						settingsOf := func(p *peer) (values []bool) {
							synctest.Wait()
							p.send(heartbeat())
							for {
								m := p.receive()
								if m.GetEtoPayload().GetType() == eto.PayloadType_PAYLOAD_HEARTBEAT {
									return values
								}
								if m.GetType() == seto.PayloadType_PAYLOAD_SETTINGS &&
									m.GetSettings().CancelAllOnFailure != nil {
									values = append(values, m.GetSettings().GetCancelAllOnFailure())
								}
							}
						}
						first, later := sends, sends
						if configured {
							first, later = append([]bool{true}, sends...), []bool{true}
						}
						if len(sends) > 0 {
							later = sends[len(sends)-1:]
						}
						var last *peer
						for i := range 4 {
							p := n.accept(t)
							if last != nil && resume == session.ResumeSession {
								p.seq, p.got = last.seq, last.got
							}
							p.login()
							want := later
							if i == 0 {
								want = first
							}
							if got := settingsOf(p); fmt.Sprint(got) != fmt.Sprint(want) {
								t.Errorf("after login %d the exchange is reported %v, want %v", i+1, got, want)
							}
							if last = p; i < 3 {
								p.close()
							}
						}
						_ = r.Close()
						_ = r.wait()
					})
				})
			}
		}
	}
}

// TestSubscriptionsDoNotGrow restores after each login what was asked for once, though the
// bot asks again each time.
func TestSubscriptionsDoNotGrow(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		config := n.config()
		config.SubscriptionsMax = 3 // one more is refused
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnLoggedIn(func(*engine.Event) {
				for id := range uint32(3) {
					var m msg.MarketSubscribe
					m.SetMarketId(id + 1)
					if _, err := e.SendMarketSubscribe(&m); err != nil {
						t.Error(err)
					}
					var ev msg.EventSubscribe
					ev.SetEventId(id + 1)
					if _, err := e.SendEventSubscribe(&ev); err != nil {
						t.Error(err)
					}
				}
				if _, err := e.SendPriceFeedSubscribe(new(msg.PriceFeedSubscribe)); err != nil {
					t.Error(err)
				}
				if _, err := e.SendMarketFeedSubscribe(new(msg.MarketFeedSubscribe)); err != nil {
					t.Error(err)
				}
			})
		})
		const asked = 3 + 3 + 1 + 1
		for i := range 5 {
			p := n.accept(t)
			p.login()
			synctest.Wait()
			p.send(heartbeat())
			count := 0
			for p.receive().GetEtoPayload().GetType() != eto.PayloadType_PAYLOAD_HEARTBEAT {
				count++
			}
			want := 2 * asked
			if i == 0 {
				want = asked
			}
			if count != want {
				t.Errorf("after login %d %d messages, want %d", i+1, count, want)
			}
			p.close()
		}
		_ = r.Close()
		_ = r.wait()
	})
}

// TestCancelsWhileRestoring send what lowers the risk before everything is restored, and
// nothing else.
func TestCancelsWhileRestoring(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		const markets = 300
		config := n.config()
		config.Session.Send.Records = 64
		config.SubscriptionsMax = markets
		config.SendTimeout = time.Hour
		logins := 0
		var order, cancel, reduce, all error
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnLoggedIn(func(*engine.Event) {
				if logins++; logins == 1 {
					for id := range uint32(markets) {
						var m msg.MarketSubscribe
						m.SetMarketId(id + 1)
						if _, err := e.SendMarketSubscribe(&m); err != nil {
							t.Error(err)
						}
					}
					return
				}
				_, order = e.SendOrderCreate(backHome())
				var c msg.OrderCancel
				c.SetOrderId(5)
				_, cancel = e.SendOrderCancel(&c)
				var q msg.OrderQuantityReduce
				q.SetOrderId(5)
				q.SetNewQuantity(6)
				_, reduce = e.SendOrderQuantityReduce(&q)
				_, all = e.SendOrderCancelAll(new(msg.OrderCancelAll))
			})
		})
		p := n.accept(t)
		p.login()
		for range markets {
			p.want(seto.PayloadType_PAYLOAD_MARKET_SUBSCRIBE)
		}
		p.close()
		p = n.accept(t)
		p.login()
		advance(time.Second) // it does not read
		if !errors.Is(order, engine.ErrRestoring) || cancel != nil || reduce != nil || all != nil {
			t.Errorf("order %v, cancel %v, reduction %v, all %v", order, cancel, reduce, all)
		}
		types := make(map[seto.PayloadType]int)
		for range markets + 3 {
			types[p.receive().GetType()]++
		}
		if types[seto.PayloadType_PAYLOAD_MARKET_SUBSCRIBE] != markets ||
			types[seto.PayloadType_PAYLOAD_ORDER_CANCEL_ALL] != 1 {
			t.Errorf("exchange got %v", types)
		}
		_ = r.Close()
		_ = r.wait()
	})
}

// TestCancelAllBehindASlowSocket has a bot send until nothing more has room, to an exchange
// that does not read; cancels still have some, and so has the stop.
func TestCancelAllBehindASlowSocket(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		config := n.config()
		config.OnStop = engine.StopAuto
		config.SendTimeout = time.Hour
		config.Session.DisableThrottle = true
		config.Session.Send.Records = 64
		var cancel, all error
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnLoggedIn(func(*engine.Event) {
				if _, err := e.SendOrderCreate(backHome()); err != nil {
					t.Error(err)
				}
				spend(t, session.ErrFull, func() (uint64,
					error,
				) {
					return e.SendPriceFeedSubscribe(new(msg.PriceFeedSubscribe))
				})
				var m msg.OrderCancel
				m.SetOrderId(5)
				_, cancel = e.SendOrderCancel(&m)
				spend(t, session.ErrFull, func() (uint64, error) { return e.SendOrderCancel(&m) })
				_, all = e.SendOrderCancelAll(new(msg.OrderCancelAll))
				e.Stop()
			})
		})
		p := n.accept(t)
		p.login()
		advance(time.Second)
		if cancel != nil || all != nil {
			t.Errorf("cancel %v, all %v", cancel, all)
		}
		answered := 0
		for {
			m := p.receive()
			switch m.GetType() {
			case seto.PayloadType_PAYLOAD_ORDER_CREATE:
				p.accept(m, 1)
			case seto.PayloadType_PAYLOAD_ORDER_CANCEL_ALL:
				answered++
				p.send(cancelled(m, uint64(1+answered)))
			case seto.PayloadType_PAYLOAD_ETO:
				if m.GetEtoPayload().GetType() == eto.PayloadType_PAYLOAD_LOGOUT {
					p.send(loggedOut(eto.LogoutReason_LOGOUT_CONFIRMATION))
					p.close()
					if err := r.wait(); err != nil || answered < 2 {
						t.Errorf("Run: %v, %d cancellations", err, answered)
					}
					return
				}
			}
		}
	})
}

// TestHintsEndWithALogin speaks of TLS no more once a login has succeeded at the address:
// what fails then has another cause.
func TestHintsEndWithALogin(t *testing.T) {
	for _, secure := range []bool{false, true} {
		n := newNetwork(t, "tcp", false, loopback(t))
		config := n.config()
		if secure {
			config.DisableTLS, config.TLS = false, clientTLS()
		}
		config.ReconnectBackoff = []time.Duration{time.Millisecond}
		causes := make(chan error, 16)
		r := start(t, config, func(e *engine.Engine) {
			e.OnState(func(ev *engine.Event) {
				if ev.State == session.Disconnected {
					causes <- ev.Cause
				}
			})
		})
		accept := func() net.Conn { return <-n.accepted }
		cut := func() string {
			conn := accept()
			_, _ = conn.Read(make([]byte, 4096))
			_ = conn.Close()
			return (<-causes).Error()
		}
		if text := cut(); !strings.Contains(text, "TLS?") {
			t.Errorf("before a login: %s", text)
		}
		conn := accept()
		if secure {
			conn = tls.Server(conn, serverTLS(t))
		}
		p := newPeer(t, conn)
		p.login()
		p.send(heartbeat())
		p.wantEto(eto.PayloadType_PAYLOAD_HEARTBEAT)
		p.close()
		<-causes
		if text := cut(); strings.Contains(text, "TLS?") {
			t.Errorf("after a login: %s", text)
		}
		_ = r.Close()
		_ = r.wait()
	}
}
