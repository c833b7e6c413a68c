package engine_test

import (
	"errors"
	"testing"
	"time"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	truth "github.com/smk-go/smk/sim/exchange"
)

// TestSettledBeforeVoid: a contract loses, and its market is voided later. What that cost stays, for a bot that learns
// of both at once, too.
func TestSettledBeforeVoid(t *testing.T) {
	for _, crash := range []bool{false, true} {
		onAway(t, nil, 0, func(a *away) {
			a.buy(sim.DemoMarket, sim.DemoHome)
			a.buy(sim.DemoMarket, sim.DemoDraw)
			a.leave(crash)
			a.exchange(func(x *truth.Exchange) {
				if err := errors.Join(
					x.SettleContract(sim.DemoMarket, sim.DemoHome, false, "out"),
					x.VoidMarket(sim.DemoMarket, "abandoned"),
				); err != nil {
					t.Error(err)
				}
			})
			a.back()
			a.unknown(sim.DemoMarket)
			a.place(order.Limit{Market: otherMarket, Contract: over, Side: odds.Buy, Price: 100, Quantity: 400_000})
			advance(time.Minute)
			a.agrees()
		})
	}
}
