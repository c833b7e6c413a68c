package engine_test

import (
	"errors"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/fault"
)

// quoteHome quotes a contract that agents trade, over a connection with faults.
func quoteHome(t *testing.T, config engine.Config, register func(*tradingDay)) (*tradingDay, *running) {
	config.Session.AccountFromStart = true
	d := &tradingDay{t: t}
	r := startInBubble(t, config, func(e *engine.Engine) {
		d.Engine = e
		d.subscribe()
		register(d)
	})
	for round := range odds.Price(200) {
		d.do(r, func() {
			two := quote.Two{Bid: 4000 + 10*(round%5), Ask: 6000 + 10*(round%5), Size: 100_000}
			if err := d.Quote(sim.DemoMarket, sim.DemoHome, two); err != nil {
				t.Error(err)
			}
		})
		advance(100 * time.Millisecond)
	}
	advance(time.Minute)
	return d, r
}

// TestTradingGap loses messages: while any is missing there is a reason not to quote, and none once it came.
func TestTradingGap(t *testing.T) {
	faults := func(c *sim.Config) {
		c.Agents = sim.DefaultConfig().Agents
		c.Faults = fault.Plan{}.With(fault.Million/20, fault.Drop)
	}
	onExchange(t, faults, func(t *testing.T, _ *sim.Server, config engine.Config) {
		gaps, recovered := 0, 0
		quoteHome(t, config, func(d *tradingDay) {
			held := func() bool { return d.QuoteStatus(sim.DemoMarket, sim.DemoHome).Reasons&quote.Gap != 0 }
			d.OnGap(func(*engine.Event) {
				if gaps++; !held() {
					t.Error("quoting in a gap")
				}
			})
			d.OnRecovered(func(*engine.Event) {
				if recovered++; held() {
					t.Error("not quoting after a gap")
				}
			})
		})
		if gaps < 10 || recovered < 10 {
			t.Errorf("%d gaps, %d filled", gaps, recovered)
		}
	})
}

// TestTradingAccountLost loses account messages, also when the exchange repeats them: Completeness counts as many as
// the events.
func TestTradingAccountLost(t *testing.T) {
	faults := func(c *sim.Config) {
		c.Agents = sim.DefaultConfig().Agents
		c.Faults = fault.Plan{}.With(fault.Million/5, fault.DropBefore)
	}
	onExchange(t, faults, func(t *testing.T, _ *sim.Server, config engine.Config) {
		lost := uint64(0)
		config.Session.ReconnectOnAccountGap = true
		d, r := quoteHome(t, config, func(d *tradingDay) {
			d.OnAccountLost(func(ev *engine.Event) {
				lost += ev.To - ev.From + 1
				if c := d.Completeness(); c.Complete || c.Lost != lost || c.Why&order.MessagesLost == 0 {
					t.Errorf("%d lost, completeness %+v", lost, c)
				}
			})
		})
		d.do(r, func() {
			if c := d.Completeness(); lost == 0 || c.Lost != lost {
				t.Errorf("%d lost, completeness %+v", lost, c)
			}
		})
	})
}

// TestTradingCollar bounds buyers by the best offer and sellers by the best bid of a book with a spread.
func TestTradingCollar(t *testing.T) {
	agents := func(c *sim.Config) { c.Agents = sim.DefaultConfig().Agents }
	onExchange(t, agents, func(t *testing.T, _ *sim.Server, config engine.Config) {
		config.State.Risk.Collar = risk.Collar{Ticks: 1}
		d := &tradingDay{t: t}
		r := startInBubble(t, config, func(e *engine.Engine) {
			d.Engine = e
			d.subscribe()
		})
		advance(10 * time.Second)
		d.do(r, func() {
			c, _ := d.Book(sim.DemoMarket, sim.DemoHome)
			bid, _ := c.Best(odds.Buy)
			offer, _ := c.Best(odds.Sell)
			ticks := func(p odds.Price, n int) odds.Price {
				p, ok := p.MoveTicks(n)
				if !ok {
					t.Errorf("%v has no %d ticks", p, n)
				}
				return p
			}
			if !c.Live() || ticks(bid.Price, 3) > offer.Price {
				t.Fatalf("bid %v, offer %v", bid, offer)
			}
			for _, one := range []struct {
				side  odds.Side
				price odds.Price
				want  error
			}{
				{odds.Buy, ticks(offer.Price, 1), nil},
				{odds.Buy, ticks(offer.Price, 2), risk.LimitCollar},
				{odds.Sell, ticks(bid.Price, -1), nil},
				{odds.Sell, ticks(bid.Price, -2), risk.LimitCollar},
			} {
				if _, err := d.Place(limit(one.side, one.price)); !errors.Is(err, one.want) {
					t.Errorf("%v at %v, bid %v, offer %v: %v", one.side, one.price, bid.Price, offer.Price, err)
				}
			}
		})
	})
}
