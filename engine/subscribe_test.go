package engine_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/sim"
)

// TestQuoteSubscribes quotes before Run and after the login, never having subscribed: the quotes are live, and no order
// left before the market's book was there, not even after a lost connection.
func TestQuoteSubscribes(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
		d := &tradingDay{t: t}
		two := quote.Two{Bid: 1000, Ask: 9000, Size: 10_000}
		early, cancelled := 0, 0
		r := startInBubble(t, config, func(e *engine.Engine) {
			d.Engine = e
			if err := e.Quote(sim.DemoMarket, sim.DemoHome, two); err != nil {
				t.Error(err)
			}
			e.OnOrder(func(o *order.Order, ev *order.Event) {
				switch ev.Kind {
				case order.OrderAccepted:
					if c, ok := e.Book(o.Market, o.Contract); !ok || !c.Live() {
						early++
					}
				case order.OrderCancelled:
					cancelled++
				}
			})
		})
		advance(time.Second)
		d.do(r, func() {
			if err := d.Quote(sim.DemoMarket+1, 200010, two); err != nil {
				t.Error(err)
			}
		})
		advance(time.Second)
		if n := liveOrders(t, server); n != 4 || early != 0 || cancelled != 0 {
			t.Errorf("%d orders live, %d before the book was there, %d cancelled", n, early, cancelled)
		}
		server.Do(func(s *sim.Sim) { s.Restart() })
		advance(time.Minute)
		d.do(r, func() {
			for contract, market := range map[uint32]uint32{sim.DemoHome: sim.DemoMarket, 200010: sim.DemoMarket + 1} {
				if c, ok := d.Book(market, contract); !ok || !c.Live() {
					t.Errorf("no live book of %d after a reconnect", contract)
				}
			}
		})
	})
}

// TestSubscribe subscribes before Run, without a connection, twice, and ends one subscription meanwhile: each login
// asks for what is subscribed to, once, also one that resumes a session if there is something new.
func TestSubscribe(t *testing.T) {
	for _, resume := range []session.ResumeMode{session.ResumeAccount, session.ResumeSession} {
		inBubble(t, func(t *testing.T, n *network) {
			config := n.config()
			config.SubscriptionsMax, config.Session.Resume = 3, resume
			var e *engine.Engine
			subscribe := func(market uint32, want error) {
				t.Helper()
				if err := e.Subscribe(market); !errors.Is(err, want) {
					t.Errorf("market %d: %v, want %v", market, err, want)
				}
			}
			r := startInBubble(t, config, func(made *engine.Engine) {
				e = made
				for _, id := range []uint32{1, 2, 1, 3} {
					subscribe(id, nil)
				}
				subscribe(4, engine.ErrSubscriptions)
				if err := e.Unsubscribe(2); err != nil {
					t.Error(err)
				}
				e.OnLoggedIn(func(ev *engine.Event) {
					if subscribe(3, nil); ev.Epoch == 1 {
						subscribe(5, nil)
					}
				})
				e.OnState(func(ev *engine.Event) {
					if ev.State == session.Disconnected && ev.Epoch == 1 {
						if err := e.Unsubscribe(1); err != nil {
							t.Error(err)
						}
						subscribe(6, nil)
					}
				})
			})
			var last *peer
			for i, want := range [][]uint32{{1, 3, 5}, {3, 5, 6}} {
				p := n.accept(t)
				if last != nil && resume == session.ResumeSession {
					p.seq, p.got = last.seq, last.got
				}
				p.login()
				synctest.Wait()
				p.send(heartbeat())
				if got := marketsOf(p); !slices.Equal(got, want) {
					t.Errorf("login %d, resume %v: markets %v, want %v", i+1, resume, got, want)
				}
				last = p
				p.close()
			}
			_ = r.Close()
			_ = r.wait()
			subscribe(7, engine.ErrClosed)
		})
	}
}

// marketsOf returns the markets that are subscribed to before the next heartbeat.
func marketsOf(p *peer) (list []uint32) {
	for {
		m := p.receive()
		switch {
		case m.GetEtoPayload().GetType() == eto.PayloadType_PAYLOAD_HEARTBEAT:
			return list
		case m.GetType() == seto.PayloadType_PAYLOAD_MARKET_SUBSCRIBE:
			list = append(list, m.GetMarketSubscribe().GetMarketId())
		}
	}
}
