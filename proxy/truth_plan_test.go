package proxy

import (
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/sim/fault"
)

// disordered draws a plan that on half of the days has messages about orders out of order.
func (d *day) disordered() fault.Plan {
	p := plan(d.random)
	if d.random.IntN(2) == 0 {
		p.AccountOnly = true
		p.Chance[fault.DelayBefore] = []uint32{0, 10_000, 100_000}[d.random.IntN(3)]
		p.Chance[fault.ReorderBefore] = []uint32{0, 10_000, 200_000}[d.random.IntN(3)]
	}
	if d.random.IntN(4) == 0 { // requests are dropped behind the sequences
		p.Chance[fault.Unheard] = []uint32{0, 10_000, 50_000}[d.random.IntN(3)]
		p.Chance[fault.Throttled] = []uint32{0, 10_000, 50_000}[d.random.IntN(3)]
		p.Chance[fault.Swap] = []uint32{0, 10_000, 100_000}[d.random.IntN(3)]
	}
	return p
}

// widen draws what else may be unusual about the exchange of a day.
func (d *day) widen(c *sim.Config) {
	if d.random.IntN(4) == 0 { // answers are lost, until the next login
		c.Faults.Chance[fault.Unconfirmed] = []uint32{0, 10_000, 50_000}[d.random.IntN(3)]
		d.lossy = true
	}
	c.Markets[0].NonRunners = d.random.IntN(3) == 0
}

// prepare sets what changes of the exchange as a day goes on.
func (d *day) prepare() {
	if d.random.IntN(2) == 0 {
		d.sim.Exchange.SetReplaceDelay(d.random.Int64N(int64(time.Second)))
	}
	if d.random.IntN(2) == 0 {
		if err := d.sim.Exchange.SetManaged(sim.DemoMarket, true, int64(2*time.Second)); err != nil {
			d.t.Fatal(err)
		}
	}
}

// incident has the exchange do something that nobody asked for.
func (d *day) incident() {
	x, r := d.sim.Exchange, d.random
	switch r.IntN(7) {
	case 0:
		_ = x.Goal(sim.DemoMarket, "goal") // which a halted market has not
	case 1:
		_ = x.VoidFills(sim.DemoMarket)
	case 2:
		for _, o := range x.Orders(sim.DemoUsername) {
			if r.IntN(4) == 0 {
				x.AdminCancel(o.ID)
			}
		}
	case 3:
		x.SuspendTrading(true)
		d.move(time.Duration(r.IntN(500)) * time.Millisecond)
		x.SuspendTrading(false)
	case 4:
		x.SetUnavailable(true)
		for range 5 {
			d.move(time.Duration(r.IntN(100)) * time.Millisecond)
			d.bots[r.IntN(len(d.bots))].act()
		}
		x.SetUnavailable(false)
	case 5:
		x.ForceReject(msg.PayloadOrderPendingReplace, int32(msg.OrderCancelReplaceRejectedCrossedSelf), 1)
	case 6: // a fill of each side
		for _, side := range []msg.Side{buy, sell} {
			price := uint32(9000)
			if side == sell {
				price = 1000
			}
			x.Submit("rival", exchange.Create{
				Market: sim.DemoMarket, Contract: sim.DemoHome, Side: side, Price: price,
				Quantity: 1000 * (1 + r.Uint64N(60)), TIF: msg.ImmediateOrCancel,
			})
		}
	}
}

// end has the market end on some days, and removes a runner on others.
func (d *day) end() {
	x := d.sim.Exchange
	switch d.random.IntN(8) {
	case 0:
		d.over = x.VoidMarket(sim.DemoMarket, "void") == nil
	case 1:
		d.over = x.Settle(sim.DemoMarket, "end", sim.DemoHome) == nil
	case 2:
		d.over = x.VoidContract(sim.DemoMarket, sim.DemoHome, "void") == nil
	case 3, 4:
		_ = x.RemoveRunner(sim.DemoMarket, sim.DemoAway, msg.ReduceType(1+d.random.IntN(2)), 2000, "non-runner")
	}
}
