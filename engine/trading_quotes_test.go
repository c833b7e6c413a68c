package engine_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	truth "github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/sim/fault"
)

// liveOn returns the live orders of a contract on the exchange, bids and offers by price.
func liveOn(server *sim.Server, contract uint32) (list []truth.OrderTruth) {
	for _, o := range server.Orders(sim.DemoUsername) {
		if o.State == truth.OrderLive && o.Contract == contract {
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b truth.OrderTruth) int { return int(a.Price) - int(b.Price) })
	return list
}

// TestQuoteLevels quotes three levels a side: they are live, keep their places when they shrink, move by replaces, and
// end by Pull.
func TestQuoteLevels(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
		config.State.Quotes.Levels = 3
		d := &tradingDay{t: t}
		r := startInBubble(t, config, func(e *engine.Engine) { d.Engine = e })
		advance(time.Second)
		levels := func(size odds.Quantity, prices ...odds.Price) (list []quote.Level) {
			for _, p := range prices {
				list = append(list, quote.Level{Price: p, Size: size})
			}
			return list
		}
		want := func(bids, asks []quote.Level) (ids []uint64) {
			t.Helper()
			d.do(r, func() {
				if err := d.QuoteLevels(sim.DemoMarket, sim.DemoHome, bids, asks, quote.Tolerance{}); err != nil {
					t.Error(err)
				}
			})
			advance(time.Second)
			var live []quote.Level
			for _, o := range liveOn(server, sim.DemoHome) {
				live = append(live, quote.Level{Price: odds.Price(o.Price), Size: odds.Quantity(o.Available)})
				ids = append(ids, o.ID)
			}
			if all := slices.Concat(bids, asks); !slices.Equal(live, all) {
				t.Errorf("live %v, want %v", live, all)
			}
			return ids
		}
		first := want(levels(100_000, 4000, 4100, 4200), levels(100_000, 5000, 5100, 5200))
		small := want(levels(50_000, 4000, 4100, 4200), levels(50_000, 5000, 5100, 5200))
		if !slices.Equal(first, small) {
			t.Errorf("orders %v became %v: places in the queue are lost", first, small)
		}
		want(levels(50_000, 4100, 4200, 4300), levels(50_000, 5000))
		d.do(r, func() {
			err := d.QuoteLevels(sim.DemoMarket, sim.DemoHome, levels(10_000, 1, 2, 3, 4), nil, quote.Tolerance{})
			if !errors.Is(err, quote.ErrLevels) {
				t.Errorf("four levels: %v", err)
			}
			d.Pull(sim.DemoMarket, sim.DemoHome)
		})
		advance(time.Second)
		if n := liveOrders(t, server); n != 0 {
			t.Errorf("%d orders after Pull", n)
		}
	})
}

// TestQuoteHolds brings about each reason not to quote: it holds by default, and not if the settings ignore it.
func TestQuoteHolds(t *testing.T) {
	faults := func(server *sim.Server, p fault.Plan) { server.Do(func(s *sim.Sim) { s.Faults.Set(p) }) }
	for _, c := range []struct {
		reason quote.Reasons
		raise  func(d *tradingDay, server *sim.Server)
	}{
		{quote.NotCaughtUp, func(d *tradingDay, server *sim.Server) {
			faults(server, fault.Plan{}.With(fault.Million, fault.Refuse, fault.Cut))
		}},
		{quote.SuspectBook, func(d *tradingDay, server *sim.Server) {
			faults(server, fault.Plan{}.With(fault.Million, fault.Refuse, fault.Cut))
		}},
		{quote.MarketHalted, func(d *tradingDay, server *sim.Server) {
			server.Do(func(s *sim.Sim) {
				if err := s.Exchange.Halt(sim.DemoMarket, "test"); err != nil {
					d.t.Error(err)
				}
			})
		}},
		{quote.MarketHalted, func(d *tradingDay, server *sim.Server) { // one contract ends, its market does not
			server.Do(func(s *sim.Sim) {
				if err := s.Exchange.VoidContract(sim.DemoMarket, sim.DemoHome, "test"); err != nil {
					d.t.Error(err)
				}
			})
		}},
		{quote.Halted, func(d *tradingDay, _ *sim.Server) { _ = d.Submitter().Do(func() { d.Halt("test") }, nil) }},
	} {
		for _, ignored := range []bool{false, true} {
			onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
				config.OnStop = engine.StopLeave
				if ignored {
					config.State.Quotes.Ignore = c.reason
				}
				d := &tradingDay{t: t}
				r := startInBubble(t, config, func(e *engine.Engine) {
					d.Engine = e
					d.subscribe()
				})
				reasons := func() (reasons quote.Reasons) {
					d.do(r, func() { reasons = d.QuoteStatus(sim.DemoMarket, sim.DemoHome).Reasons })
					return reasons
				}
				advance(time.Second)
				d.do(r, func() {
					two := quote.Two{Bid: 1000, Ask: 9000, Size: 10_000}
					if err := d.Quote(sim.DemoMarket, sim.DemoHome, two); err != nil {
						t.Error(err)
					}
				})
				advance(time.Second)
				if r := reasons(); r != 0 || liveOrders(t, server) != 2 {
					t.Fatalf("%v: %v at first", c.reason, r)
				}
				c.raise(d, server)
				advance(time.Minute)
				if held := reasons()&c.reason != 0; held == ignored {
					t.Errorf("%v, ignored %v: held %v", c.reason, ignored, held)
				}
			})
		}
	}
}

// TestQuotesNeverCross quotes three levels beside orders that are placed and replaced at random, with risk checks that
// refuse what would trade with own orders: the exchange never has to refuse any for that.
func TestQuotesNeverCross(t *testing.T) {
	change := func(c *sim.Config) { c.Agents = sim.DefaultConfig().Agents }
	onExchange(t, change, func(t *testing.T, server *sim.Server, config engine.Config) {
		config.State.Quotes.Levels, config.State.Risk.RefuseSelfCross = 3, true
		server.Do(func(s *sim.Sim) { s.Exchange.SetReplaceDelay(int64(30 * time.Millisecond)) })
		d := &tradingDay{t: t, rand: rand.New(rand.NewPCG(5, 6))}
		accepted, refused := 0, 0
		r := startInBubble(t, config, func(e *engine.Engine) {
			d.Engine = e
			d.subscribe()
			e.OnOrder(func(o *order.Order, ev *order.Event) {
				switch ev.Kind {
				case order.OrderAccepted, order.OrderReplaced:
					accepted++
				}
				switch ev.Reason {
				case order.Reason{Type: msg.PayloadOrderRejected, Code: int32(msg.OrderRejectedCrossedSelf)},
					order.Reason{
						Type: msg.PayloadOrderCancelReplaceRejected,
						Code: int32(msg.OrderCancelReplaceRejectedCrossedSelf),
					}:
					t.Errorf("%+v of %+v", *ev, o)
				}
			})
		})
		var placed []engine.Placed
		for range 1500 {
			advance(10 * time.Millisecond)
			d.do(r, func() {
				mid := odds.Price(4000 + 10*d.rand.IntN(200))
				var bids, asks []quote.Level
				for n := range odds.Price(3) {
					bids = append(bids, quote.Level{Price: mid - 10 - 20*n, Size: 10_000})
					asks = append(asks, quote.Level{Price: mid + 10 + 20*n, Size: 10_000})
				}
				if err := d.QuoteLevels(sim.DemoMarket, sim.DemoHome, bids, asks, quote.Tolerance{}); err != nil {
					t.Error(err)
				}
				l := limit(odds.Buy+odds.Side(d.rand.IntN(2)), odds.Price(4000+10*d.rand.IntN(200)))
				l.Quantity = 10_000
				if len(placed) > 0 && d.rand.IntN(2) == 0 {
					p := placed[d.rand.IntN(len(placed))]
					if d.rand.IntN(3) == 0 {
						_ = p.Cancel()
					} else if p, err := p.Replace(l.Price, l.Quantity); err == nil {
						placed = append(placed, p)
					}
					return
				}
				switch p, err := d.Place(l); {
				case err == nil:
					placed = append(placed, p)
				case errors.Is(err, risk.LimitSelfCross) || session.SafeToResend(err):
					refused++
				default:
					t.Error(err)
				}
			})
		}
		if accepted < 300 || refused < 50 {
			t.Errorf("%d accepted, %d refused", accepted, refused)
		}
	})
}

// TestAdoptQuote quotes, stops without cancelling, and starts again: what the earlier run left is taken over, and
// nothing is quoted twice.
func TestAdoptQuote(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
		config.OnStop, config.Session.AccountFromStart = engine.StopLeave, true
		config.State.DisableFollow = true // a book without a snapshot would hold the quotes
		two := quote.Two{Bid: 1000, Ask: 9000, Size: 10_000}
		d := &tradingDay{t: t}
		r := startInBubble(t, config, func(e *engine.Engine) { d.Engine = e })
		advance(time.Second)
		d.do(r, func() {
			if err := d.Quote(sim.DemoMarket, sim.DemoHome, two); err != nil {
				t.Error(err)
			}
		})
		advance(time.Second)
		r.Stop()
		if err := r.wait(); err != nil {
			t.Fatal(err)
		}
		before := liveOn(server, sim.DemoHome)
		config.Session.ReferenceBase = 1 << 40
		r = startInBubble(t, config, func(e *engine.Engine) {
			d.Engine = e
			e.OnCaughtUp(func(*engine.Event) {
				two.Ask = 9100
				if err := e.Quote(sim.DemoMarket, sim.DemoHome, two); err != nil {
					t.Error(err)
				}
				for o := range e.Orders() {
					if err := e.AdoptQuote(o); err != nil {
						t.Error(err)
					}
				}
			})
		})
		advance(5 * time.Second)
		after := liveOn(server, sim.DemoHome)
		if len(before) != 2 || len(after) != 2 || after[0].ID != before[0].ID || after[1].Price != 9100 {
			t.Errorf("orders %+v became %+v", before, after)
		}
		d.do(r, func() { d.Pull(sim.DemoMarket, sim.DemoHome) })
		advance(time.Second)
		if n := liveOrders(t, server); n != 0 {
			t.Errorf("%d orders after Pull", n)
		}
	})
}

// TestReplaceInTheWay replaces an order by one that a quote, or an order placed next, would match: neither is sent
// before the replace is answered.
func TestReplaceInTheWay(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
		config.State.Risk.RefuseSelfCross = true
		d := &tradingDay{t: t}
		rejected := 0
		r := startInBubble(t, config, func(e *engine.Engine) {
			d.Engine = e
			e.OnOrderRejected(func(*engine.Event, *msg.OrderRejected) { rejected++ })
			e.OnOrderCancelReplaceRejected(func(*engine.Event, *msg.OrderCancelReplaceRejected) { rejected++ })
		})
		advance(time.Second)
		var p engine.Placed
		d.do(r, func() {
			var err error
			if p, err = d.Place(limit(odds.Buy, 4000)); err != nil {
				t.Error(err)
			}
			if err := d.Quote(sim.DemoMarket, sim.DemoHome, quote.Two{Ask: 9000, Size: 10_000}); err != nil {
				t.Error(err)
			}
		})
		advance(time.Second)
		d.do(r, func() {
			if _, err := p.Replace(6000, 100_000); err != nil {
				t.Error(err)
			}
			if _, err := d.Place(limit(odds.Sell, 5500)); !errors.Is(err, risk.LimitSelfCross) {
				t.Errorf("Place: %v", err)
			}
			if err := d.Quote(sim.DemoMarket, sim.DemoHome, quote.Two{Ask: 5500, Size: 10_000}); err != nil {
				t.Error(err)
			}
		})
		advance(time.Second)
		prices := func() (list []uint32) {
			for _, o := range liveOn(server, sim.DemoHome) {
				list = append(list, o.Price)
			}
			return list
		}
		if live := prices(); rejected != 0 || !slices.Equal(live, []uint32{6000, 9000}) {
			t.Errorf("%d rejected, live at %v", rejected, live)
		}
		d.do(r, func() {
			for o := range d.Orders() {
				if o.Side == odds.Buy {
					var m msg.OrderCancel
					m.SetOrderId(o.ID)
					if _, err := d.SendOrderCancel(&m); err != nil {
						t.Error(err)
					}
				}
			}
		})
		advance(time.Second)
		if live := prices(); !slices.Equal(live, []uint32{5500}) {
			t.Errorf("live at %v, want the quote that waited", live)
		}
	})
}
