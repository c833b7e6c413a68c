package engine_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	truth "github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/sim/fault"
)

// limit returns an order of 10.00 of the demo market.
func limit(side odds.Side, price odds.Price) order.Limit {
	return order.Limit{
		Market: sim.DemoMarket, Contract: sim.DemoHome, Side: side, Price: price, Quantity: 100_000,
	}
}

// TestTradingExposure buys until the exposure is used up: then more is refused, and what closes the position is not,
// neither beyond the limit nor in the mode Reducing.
func TestTradingExposure(t *testing.T) {
	agents := func(c *sim.Config) { c.Agents = sim.DefaultConfig().Agents }
	onExchange(t, agents, func(t *testing.T, _ *sim.Server, config engine.Config) {
		config.State.Risk.MarketExposureMax = 100_000 * 9_000
		d := &tradingDay{t: t}
		r := startInBubble(t, config, func(e *engine.Engine) { d.Engine = e })
		advance(time.Second)
		place := func(l order.Limit, want error) {
			t.Helper()
			d.do(r, func() {
				if _, err := d.Place(l); !errors.Is(err, want) {
					t.Errorf("%v at %v: %v, want %v, position %+v", l.Side, l.Price, err, want,
						d.Position(sim.DemoMarket, sim.DemoHome))
				}
			})
			advance(time.Second)
		}
		place(limit(odds.Buy, 9000), nil)
		bought := odds.Quantity(0)
		d.do(r, func() { bought = d.Position(sim.DemoMarket, sim.DemoHome).Final })
		if bought != 100_000 {
			t.Fatalf("bought %v", bought)
		}
		place(limit(odds.Buy, 9000), risk.LimitMarketExposure)
		place(limit(odds.Sell, 9500), nil) // rests, and counts by what it can lose with the position: nothing
		place(limit(odds.Sell, 100), nil)
		d.do(r, func() {
			if p := d.Position(sim.DemoMarket, sim.DemoHome); p.Final != 0 {
				t.Errorf("position %+v", p)
			}
		})
	})
}

// TestTradingHalt throws the kill switch in a handler, and while there is no connection: nothing is placed from then
// on, and every order is cancelled, after the next login if need be.
func TestTradingHalt(t *testing.T) {
	for _, offline := range []bool{false, true} {
		onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
			config.OnStop = engine.StopLeave
			config.Session.AccountFromStart = true
			d := &tradingDay{t: t}
			accepted := 0
			r := startInBubble(t, config, func(e *engine.Engine) {
				d.Engine = e
				e.OnOrder(func(_ *order.Order, ev *order.Event) {
					if accepted++; ev.Kind != order.OrderAccepted || accepted != 4 || offline {
						return
					}
					e.Halt("test")
					if _, err := e.Place(limit(odds.Buy, 100)); !errors.Is(err, risk.LimitHalted) {
						t.Errorf("Place: %v", err)
					}
				})
			})
			advance(time.Second)
			d.do(r, func() {
				two := quote.Two{Bid: 1000, Ask: 9000, Size: 100_000}
				if err := d.Quote(sim.DemoMarket, sim.DemoHome, two); err != nil {
					t.Error(err)
				}
				for price := range odds.Price(2) {
					if _, err := d.Place(limit(odds.Buy, 2000+100*price)); err != nil {
						t.Error(err)
					}
				}
			})
			advance(100 * time.Millisecond)
			if offline {
				server.Do(func(s *sim.Sim) { s.Faults.Set(fault.Plan{}.With(fault.Million, fault.Refuse, fault.Cut)) })
				advance(30 * time.Second)
				d.do(r, func() {
					if d.State().LoggedIn() {
						t.Error("still logged in")
					}
					d.Halt("test")
				})
				advance(10 * time.Second)
				server.Do(func(s *sim.Sim) { s.Faults.Set(fault.Plan{}) })
			}
			advance(2 * time.Minute)
			d.do(r, func() {
				if s := d.Mode(); s.Mode != risk.Halted || s.Kill != risk.KillFlat || liveOrders(t, server) != 0 {
					t.Errorf("offline %v: %+v, %d orders", offline, s, liveOrders(t, server))
				}
				if q := d.QuoteStatus(sim.DemoMarket, sim.DemoHome); q.Reasons&quote.Halted == 0 {
					t.Errorf("quotes: %+v", q)
				}
				if err := d.Resume("test"); err != nil {
					t.Error(err)
				}
			})
			advance(time.Minute)
			if n := liveOrders(t, server); n != 2 {
				t.Errorf("offline %v: %d orders after Resume, want the quotes", offline, n)
			}
		})
	}
}

// TestTradingReduce makes a quote smaller: one request, which is no refusal to the quotes.
func TestTradingReduce(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
		d := &tradingDay{t: t}
		reduces := 0
		r := startInBubble(t, config, func(e *engine.Engine) {
			d.Engine = e
			e.OnOrder(func(o *order.Order, ev *order.Event) {
				if ev.Kind == order.OrderReduced {
					reduces++
				}
			})
		})
		advance(time.Second)
		for _, size := range []odds.Quantity{100_000, 60_000, 30_000} {
			d.do(r, func() {
				if err := d.Quote(sim.DemoMarket, sim.DemoHome, quote.Two{Bid: 1000, Size: size}); err != nil {
					t.Error(err)
				}
			})
			advance(50 * time.Millisecond) // less than the shortest wait after a refusal
		}
		d.do(r, func() {
			if q := d.QuoteStatus(sim.DemoMarket, sim.DemoHome); reduces != 2 || !q.Bid.Done || q.Bid.RetryAt != 0 {
				t.Errorf("%d reduces, %+v", reduces, q)
			}
			var orders []order.Order
			for o := range d.Orders() {
				orders = append(orders, *o)
			}
			if len(orders) != 1 || orders[0].Available != 30_000 || liveOrders(t, server) != 1 {
				t.Errorf("orders %+v", orders)
			}
		})
	})
}

// TestTradingOwn has a book to itself: without its own orders it is empty, whatever it sends and whenever the exchange
// says so.
func TestTradingOwn(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, _ *sim.Server, config engine.Config) {
		d := &tradingDay{t: t, sent: make(map[seto.PayloadType]int), events: make(map[order.EventKind]int)}
		d.rand, d.wanted = rand.New(rand.NewPCG(1, 2)), make(map[uint32]quote.Two)
		books, levels := 0, 0
		r := startInBubble(t, config, func(e *engine.Engine) {
			d.register(e)
			e.OnBook(func(c book.Contract) {
				books++
				for _, side := range []odds.Side{odds.Buy, odds.Sell} {
					if levels += c.Depth(side); c.WithoutOwn().Depth(side) != 0 {
						t.Errorf("%v without own orders, of %v", c.WithoutOwn().Levels(nil, side), c.Levels(nil, side))
					}
				}
			})
		})
		for range 500 {
			advance(20 * time.Millisecond)
			d.do(r, d.act)
		}
		if books < 200 || levels < 200 || d.events[order.OrderReplaced] < 20 || d.events[order.OrderReduced] < 5 {
			t.Errorf("%d books, %d levels, %v", books, levels, d.events)
		}
	})
}

// TestTradingNeedsReferences refuses a state whose orders could not be named.
func TestTradingNeedsReferences(t *testing.T) {
	var wrong *engine.ConfigError
	config := engine.Config{Address: "exchange.test:3801", DisableReferences: true}
	config.Session.Username, config.Session.Password = "user", "secret"
	if _, err := engine.New(config); !errors.As(err, &wrong) || wrong.Field != "State.Disable" {
		t.Errorf("New: %v", err)
	}
	config.State.Disable = true
	e, err := engine.New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if _, err := e.RunUntilFlat(t.Context(), 0); err != engine.ErrNoState {
		t.Errorf("RunUntilFlat: %v", err)
	}
}

// TestTradingReplaceSize replaces an order that is as large as an order may be and was partly filled: what it has
// executed does not count again.
func TestTradingReplaceSize(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
		config.State.Risk.OrderQuantityMax = 100_000
		d := &tradingDay{t: t}
		r := startInBubble(t, config, func(e *engine.Engine) { d.Engine = e })
		advance(time.Second)
		var placed engine.Placed
		var err error
		d.do(r, func() { placed, err = d.Place(limit(odds.Buy, 5000)) })
		if err != nil {
			t.Fatal(err)
		}
		advance(time.Second)
		server.Do(func(s *sim.Sim) {
			s.Exchange.Submit("rival", truth.Create{
				Market: sim.DemoMarket, Contract: sim.DemoHome, Side: msg.SideSell, Price: 5000, Quantity: 40_000,
			})
		})
		advance(time.Second)
		d.do(r, func() {
			if _, err := placed.Replace(4900, 140_001); !errors.Is(err, risk.LimitQuantity) {
				t.Errorf("one unit too much: %v", err)
			}
			if _, err := placed.Replace(4900, 140_000); err != nil {
				t.Errorf("as large as it was: %v", err)
			}
		})
		advance(time.Second)
		d.do(r, func() {
			for o := range d.Orders() {
				if o.Available != 100_000 {
					t.Errorf("order %+v", *o)
				}
			}
		})
		r.Stop()
		_ = r.wait()
	})
}
