package engine_test

import (
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	truth "github.com/smk-go/smk/sim/exchange"
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
