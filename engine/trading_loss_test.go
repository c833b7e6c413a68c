package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	truth "github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/sim/fault"
)

// live returns the orders that the exchange has live.
func (a *away) live() (list []truth.OrderTruth) {
	for _, o := range a.server.Orders(sim.DemoUsername) {
		if o.State == truth.OrderLive {
			list = append(list, o)
		}
	}
	return list
}

// TestReplayedTriggersNothing: what the exchange repeats changes the state, and is told to handlers only if they want
// it, marked.
func TestReplayedTriggersNothing(t *testing.T) {
	for _, handle := range []bool{false, true} {
		set := func(c *engine.Config) { c.State.HandleReplayed = handle }
		onAway(t, set, 0, func(a *away) {
			a.buy(sim.DemoMarket, sim.DemoHome)
			a.place(limit(odds.Buy, 4000))
			a.leave(true)
			told, fills, unmarked := 0, 0, 0
			a.run = startInBubble(a.t, a.config, func(e *engine.Engine) {
				a.Engine = e
				e.OnFill(func(*order.Order, order.Fill) { fills++ })
				e.OnOrder(func(_ *order.Order, ev *order.Event) {
					if ev.OrderID == 0 {
						return
					}
					if told++; !ev.Replayed {
						unmarked++
					}
				})
			})
			advance(time.Minute)
			a.agrees()
			a.do(a.run, func() {
				if (told > 0) != handle || (fills == 1) != handle || unmarked != 0 {
					a.t.Errorf("handle %v: %d told, %d fills, %d not marked", handle, told, fills, unmarked)
				}
				orders := 0
				for o := range a.Orders() {
					orders++
					if o.Price != 4000 || !o.Foreign {
						a.t.Errorf("%+v", *o)
					}
				}
				if orders != 1 {
					a.t.Errorf("%d orders", orders)
				}
			})
		})
	}
}

// TestRestartsInARow: restarts, one after the other, neither lose orders and fills nor make any twice, and no reference
// is used again.
func TestRestartsInARow(t *testing.T) {
	onAway(t, nil, 0, func(a *away) {
		const restarts = 5
		for i := range restarts {
			a.buy(sim.DemoMarket, sim.DemoHome)
			a.place(limit(odds.Buy, odds.Price(4000+i)))
			if i == 2 {
				a.leave(true) // and again before anything happens
				a.back()
			}
			a.leave(true)
			a.back()
			a.agrees()
			if n := len(a.live()); n != i+1 {
				a.t.Fatalf("restart %d: %d orders live", i, n)
			}
			a.do(a.run, func() {
				known := 0
				for range a.Orders() {
					known++
				}
				if p := a.Position(sim.DemoMarket, sim.DemoHome); known != i+1 || int64(p.Final) != int64(i+1)*400_000 {
					a.t.Errorf("restart %d: %d orders known, %+v", i, known, p)
				}
			})
		}
		references := make(map[uint64]bool)
		orders := a.server.Orders(sim.DemoUsername)
		for _, o := range orders {
			references[o.Reference] = true
		}
		if len(orders) != 2*restarts || len(references) != len(orders) {
			a.t.Errorf("%d orders, %d references", len(orders), len(references))
		}
	})
}

// TestReplaceAcrossALoss: a replace whose request or answers are lost leaves one live order, the same for both sides.
func TestReplaceAcrossALoss(t *testing.T) {
	for _, lost := range []string{"request", "answer", "cut in the answer", "cut between the stages"} {
		t.Run(lost, func(t *testing.T) {
			set := func(c *engine.Config) { c.State.OnUnresolved = engine.ReportUnresolved }
			onAway(t, set, 0, func(a *away) {
				var placed engine.Placed
				a.do(a.run, func() {
					var err error
					if placed, err = a.Place(limit(odds.Buy, 4000)); err != nil {
						a.t.Error(err)
					}
				})
				advance(time.Second)
				a.server.Do(func(s *sim.Sim) {
					for _, c := range s.Faults.Conns() {
						switch lost {
						case "request":
							c.Force(fault.DropIn, 1)
						case "answer":
							c.Force(fault.Drop, 2)
						case "cut between the stages":
							s.Exchange.SetReplaceDelay(int64(time.Second))
						case "cut in the answer":
							c.Force(fault.Cut, 1)
						}
					}
				})
				a.do(a.run, func() {
					if _, err := placed.Replace(4100, 100_000); err != nil {
						a.t.Error(err)
					}
				})
				advance(10 * time.Millisecond)
				_ = a.conn.Close()
				advance(5 * time.Minute)
				a.agrees()
				onExchange := a.live()
				var known []string
				a.do(a.run, func() {
					for o := range a.Orders() {
						known = append(known, fmt.Sprint(o.ID, " ", int(o.Price), " ", o.Overlay&order.InDoubt))
					}
				})
				want := uint32(4100)
				if lost == "request" {
					want = 4000
				}
				if len(onExchange) != 1 || len(known) != 1 || onExchange[0].Price != want ||
					known[0] != fmt.Sprint(onExchange[0].ID, " ", onExchange[0].Price, " none") {
					a.t.Errorf("known %v, on the exchange %+v", known, onExchange)
				}
			})
		})
	}
}

// TestNoAnswerIsNoRejection: an order that the exchange never answers is in doubt with its worst case, for as long as
// it takes, and neither rejected nor forgotten nor sent again.
func TestNoAnswerIsNoRejection(t *testing.T) {
	onAway(t, nil, 0, func(a *away) {
		a.server.Do(func(s *sim.Sim) {
			for _, c := range s.Faults.Conns() {
				c.Force(fault.Unheard, 1)
			}
		})
		a.place(limit(odds.Buy, 5000))
		advance(time.Hour)
		a.do(a.run, func() {
			doubt := 0
			for o := range a.Orders() {
				if o.State == order.PendingNew && o.Overlay == order.InDoubt {
					doubt++
				}
			}
			if m := a.Account(); doubt != 1 || m.WorstCase != 100_000*5000 || m.Asked != m.WorstCase {
				a.t.Errorf("%d in doubt, %+v", doubt, m)
			}
		})
		if n := len(a.server.Orders(sim.DemoUsername)); n != 0 {
			a.t.Errorf("the exchange has %d orders", n)
		}
	})
}
