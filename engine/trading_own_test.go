package engine_test

import (
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	truth "github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/sim/fault"
)

// TestOwnOfEndedOrder replaces an order that is filled: the exchange refuses that, so the level of somebody else at
// the new price is not taken for our own meanwhile.
func TestOwnOfEndedOrder(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
		d := &tradingDay{t: t}
		r := startInBubble(t, config, func(e *engine.Engine) {
			d.Engine = e
			d.subscribe()
		})
		advance(time.Second)
		rival := func(side msg.Side, price uint32) {
			server.Do(func(s *sim.Sim) {
				s.Exchange.Submit("rival", truth.Create{
					Market: sim.DemoMarket, Contract: sim.DemoHome, Side: side, Price: price, Quantity: 100_000,
				})
			})
			advance(time.Second)
		}
		rival(msg.SideSell, 5000)
		var placed engine.Placed
		d.do(r, func() {
			var err error
			if placed, err = d.Place(limit(odds.Buy, 5000)); err != nil {
				t.Error(err)
			}
		})
		advance(time.Second)
		rival(msg.SideBuy, 3800)
		d.do(r, func() {
			if o := placed.Order(); o == nil || !o.State.Terminal() {
				t.Fatalf("%+v", o)
			}
			if _, err := placed.Replace(3800, 900_000); err != nil {
				t.Error(err)
			}
			c, _ := d.Book(sim.DemoMarket, sim.DemoHome)
			if all, others := c.At(odds.Buy, 3800), c.WithoutOwn().At(odds.Buy, 3800); all != 100_000 || others != all {
				t.Errorf("%v, without own orders %v", all, others)
			}
		})
	})
}

// TestOwnOfAbandonedReplace loses a replace with its connection, and replaces the order again: of what the lost one
// would have made nothing is left in the book without own orders.
func TestOwnOfAbandonedReplace(t *testing.T) {
	onAway(t, nil, 0, func(a *away) {
		var placed engine.Placed
		place := func(price odds.Price, quantity odds.Quantity) {
			a.do(a.run, func() {
				var err error
				if placed.Order() == nil {
					a.subscribe()
					placed, err = a.Place(limit(odds.Buy, price))
				} else {
					placed, err = placed.Replace(price, quantity)
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		place(4000, 100_000)
		advance(time.Second)
		original := placed
		a.server.Do(func(s *sim.Sim) {
			for _, c := range s.Faults.Conns() {
				c.Force(fault.DropIn, 1)
			}
		})
		place(4100, 100_000)
		advance(10 * time.Millisecond)
		_ = a.conn.Close()
		advance(10 * time.Second)
		placed = original
		place(4200, 100_000)
		advance(time.Second)
		a.server.Do(func(s *sim.Sim) {
			s.Exchange.Submit("rival", truth.Create{
				Market: sim.DemoMarket, Contract: sim.DemoHome, Side: msg.SideBuy, Price: 4100, Quantity: 100_000,
			})
		})
		advance(time.Second)
		a.do(a.run, func() {
			c, _ := a.Book(sim.DemoMarket, sim.DemoHome)
			own := c.At(odds.Buy, 4200) - c.WithoutOwn().At(odds.Buy, 4200)
			if n := c.WithoutOwn().At(odds.Buy, 4100); n != 100_000 || own != 100_000 {
				t.Errorf("%v of others at 4100, %v of its own at 4200", n, own)
			}
		})
	})
}
