package order_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// history is what was sent and what the exchange answered about one order and its replacements.
type history struct {
	*trader
	sends    []msg.Keys
	messages []delivery
	id       uint64
}

// play plays a scenario with an exchange, and returns its requests and messages.
func play(t *testing.T, scenario func(h *history)) *history {
	tr := newTrader(t, 3, order.Config{})
	tr.x.SetReplaceDelay(second)
	tr.queue = nil
	h := &history{trader: tr}
	scenario(h)
	for _, d := range tr.queue {
		if d.p.GetType() != msg.PayloadBalanceChanged {
			h.messages = append(h.messages, d)
		}
	}
	return h
}

func (h *history) send(k msg.Keys) uint64 {
	k.Reference = h.ref()
	h.sends = append(h.sends, k)
	return k.Reference
}

// place places the order: a purchase of 10000 at 50 %.
func (h *history) place(market uint32, tif msg.TimeInForceType) {
	c := exchange.Create{
		Market: market, Contract: 1, Side: msg.SideBuy, Price: 5000, Quantity: 10000, TIF: tif, HasReference: true,
	}
	c.Reference = h.send(msg.Keys{
		Type: msg.PayloadOrderCreate, Market: market, Contract: 1, Side: c.Side, Price: c.Price, Quantity: c.Quantity,
	})
	h.id, _ = h.login.Create(&c)
}

// other places an order of another account.
func (h *history) other(market uint32, side msg.Side, price uint32, quantity uint64) {
	h.x.Submit("you", exchange.Create{Market: market, Contract: 1, Side: side, Price: price, Quantity: quantity})
}

func (h *history) fill(market uint32, quantity uint64) { h.other(market, msg.SideSell, 100, quantity) }

func (h *history) cancel() {
	ref := h.send(msg.Keys{Type: msg.PayloadOrderCancel, OrderID: h.id})
	h.login.Cancel(&exchange.Cancel{OrderID: h.id, Reference: ref, HasReference: true})
}

func (h *history) reduce(quantity uint64) {
	ref := h.send(msg.Keys{Type: msg.PayloadOrderQuantityReduce, OrderID: h.id, Quantity: quantity})
	h.login.Reduce(&exchange.Reduce{OrderID: h.id, NewQuantity: quantity, Reference: ref, HasReference: true})
}

func (h *history) replace(price uint32, quantity uint64) uint64 {
	ref := h.send(msg.Keys{Type: msg.PayloadOrderCancelReplace, OrderID: h.id, Price: price, Quantity: quantity})
	id, _ := h.login.Replace(&exchange.Replace{
		OrigOrderID: h.id, Price: price, Quantity: quantity, Reference: ref, HasReference: true,
	})
	return id
}

func (h *history) advance(d int64) {
	h.now += d
	h.x.Advance(h.now)
}

func (h *history) cancelAll(market uint32) {
	ref := h.send(msg.Keys{Type: msg.PayloadOrderCancelAll, Market: market})
	h.login.CancelAll(&exchange.CancelAll{Market: market, Reference: ref, HasReference: true})
}

// scenarios are histories that together have every message about an order.
var scenarios = map[string]func(h *history){
	"fills, reduces and a cancel": func(h *history) {
		h.place(1, msg.GoodTilCancelled)
		h.fill(1, 2000)
		h.reduce(5000)
		h.fill(1, 1000)
		h.reduce(9000) // rejected
		h.cancel()
		h.cancel() // rejected
	},
	"better prices": func(h *history) {
		h.other(1, msg.SideSell, 4000, 1500)
		h.other(1, msg.SideSell, 4100, 1500)
		h.place(1, msg.GoodTilCancelled)
		h.fill(1, 7000)
		h.cancel() // rejected
	},
	"immediate or cancel": func(h *history) {
		h.other(1, msg.SideSell, 4000, 1500)
		h.other(1, msg.SideSell, 4500, 1500)
		h.place(1, msg.ImmediateOrCancel)
	},
	"provisional fills, one confirmed and two voided": func(h *history) {
		h.place(2, msg.GoodTilCancelled)
		h.fill(2, 2000)
		h.advance(9 * second)
		h.fill(2, 3000)
		h.fill(2, 3000)
		_ = h.x.Goal(2, "goal")
	},
	"a void of provisional fills before a reduce": func(h *history) {
		h.place(2, msg.KeepInPlay)
		h.fill(2, 2000)
		h.fill(2, 1000)
		_ = h.x.Goal(2, "goal")
		h.reduce(4000)
		h.cancelAll(2)
	},
	"a replace with fills on both sides of its stages": func(h *history) {
		h.place(1, msg.GoodTilCancelled)
		h.fill(1, 1000)
		child := h.replace(5100, 20000)
		h.fill(1, 2000)
		h.advance(2 * second)
		h.id = child
		h.fill(1, 4000)
		h.reduce(3000)
		h.cancel()
	},
	"a replace that is filled at once, and one rejected": func(h *history) {
		h.place(1, msg.GoodTilCancelled)
		h.replace(5000, 100) // rejected
		h.other(1, msg.SideSell, 5200, 9000)
		child := h.replace(5300, 9000)
		h.advance(2 * second)
		h.id = child
	},
	"a replace rejected in its second stage": func(h *history) {
		h.place(1, msg.GoodTilCancelled)
		h.fill(1, 1000)
		h.x.ForceReject(msg.PayloadOrderPendingReplace, int32(msg.OrderCancelReplaceRejectedCrossedSelf), 1)
		h.replace(5100, 20000)
		h.advance(2 * second)
		h.fill(1, 1000)
		h.cancel()
	},
	"a replace that comes too late": func(h *history) {
		h.place(1, msg.GoodTilCancelled)
		h.replace(5100, 20000)
		h.cancel()
		h.advance(2 * second)
	},
	"fills reduced for a non-runner": func(h *history) {
		h.place(4, msg.GoodTilCancelled)
		h.fill(4, 1001)
		h.fill(4, 1003)
		h.fill(4, 1007)
		_ = h.x.RemoveRunner(4, 3, msg.ReduceTypeQuantity, 1234, "non-runner")
	},
	"prices reduced for a non-runner": func(h *history) {
		h.place(4, msg.GoodTilCancelled)
		h.fill(4, 1001)
		h.fill(4, 1003)
		_ = h.x.RemoveRunner(4, 3, msg.ReduceTypePrice, 3456, "non-runner")
	},
	"a void": func(h *history) {
		h.place(1, msg.GoodTilCancelled)
		h.fill(1, 1001)
		h.fill(1, 2001)
		_ = h.x.VoidContract(1, 1, "void")
	},
	"a void of a market with provisional fills": func(h *history) {
		h.place(2, msg.GoodTilCancelled)
		h.fill(2, 1001)
		_ = h.x.VoidMarket(2, "void")
	},
	"a rejection": func(h *history) {
		_ = h.x.Halt(1, "halt")
		h.place(1, msg.GoodTilCancelled)
		h.cancelAll(1)
	},
}

// end is what a Manager says after a history.
type end struct {
	Orders   map[uint64]order.Order
	Position [4]order.Position
	Account  order.Account
	Live     int
	Why      order.Why
}

// run applies messages in an order of arrival, and returns the end.
func (h *history) run(t *testing.T, arrival []int, twice bool) end {
	m := must(t, order.Config{Orders: 32, Retained: 32, Requests: 32, Contracts: 8, Fills: 64})
	if err := m.DefineMarket(3, false); err != nil {
		t.Fatal(err)
	}
	for i := range h.sends {
		if err := m.Sent(&h.sends[i], uint64(i+2), second); err != nil {
			t.Fatal(err)
		}
	}
	for _, i := range arrival {
		m.Apply(h.messages[i].p, order.Input{Now: second})
		if twice {
			m.Apply(h.messages[i].p, order.Input{Now: second, Replayed: true})
		}
	}
	if d := m.Audit(); d != "" {
		t.Fatalf("%v: %s", arrival, d)
	}
	e := end{Orders: make(map[uint64]order.Order), Account: m.Account(), Live: m.LiveCount(), Why: m.Completeness().Why}
	for id := range uint32(4) {
		e.Position[id] = m.Position(id+1, 1)
	}
	keep := func(o *order.Order) bool {
		c := *o
		c.Sequence = 0 // a rejection that comes before its order is known is not counted
		e.Orders[max(o.ID, o.Reference)] = c
		return true
	}
	m.Live(keep)
	m.Ended(keep)
	return e
}

// TestInterleavings: every pair and every triple of the messages of a history may swap their places in every way, and
// the end is the same. That is more than the protocol allows: a session delivers in sequence, but holes are
// filled late, and fills and cancels may come before the acceptance of their order.
func TestInterleavings(t *testing.T) {
	seen := make(map[msg.PayloadType]bool)
	pairs, triples, double := 0, 0, 0
	for _, name := range slices.Sorted(maps.Keys(scenarios)) {
		h := play(t, scenarios[name])
		n := len(h.messages)
		arrival := make([]int, n)
		reset := func() {
			for i := range arrival {
				arrival[i] = i
				seen[h.messages[i].p.GetType()] = true
			}
		}
		reset()
		want := h.run(t, arrival, false)
		try := func(twice bool) {
			if got := h.run(t, arrival, twice); !reflect.DeepEqual(got, want) {
				text := ""
				for _, i := range arrival {
					text += fmt.Sprintf("  %d %v\n", i, h.messages[i].p.GetType())
				}
				t.Fatalf("%s: in the order\n%sthe end is\n%+v, not\n%+v", name, text, got, want)
			}
		}
		try(true)
		for i := range n {
			for j := range i {
				reset()
				arrival[i], arrival[j] = j, i
				try(false)
				try(true)
				pairs++
				double++
				for k := range j {
					for _, p := range [][3]int{{i, j, k}, {i, k, j}, {j, i, k}, {j, k, i}, {k, i, j}, {k, j, i}} {
						reset()
						arrival[i], arrival[j], arrival[k] = p[0], p[1], p[2]
						try(false)
						triples++
					}
				}
			}
		}
		if d := h.truth(want); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	for typ := range order.Effects {
		if p := msg.PayloadType(typ); !seen[p] && p != msg.PayloadBalanceChanged && p != msg.PayloadOrderInvalid &&
			p != msg.PayloadOrderCancelAllRejected {
			t.Errorf("no history has %v", p)
		}
	}
	t.Logf("%d histories, %d pairs, as many with every message twice, %d orders of triples: each the same end",
		len(scenarios), pairs, triples)
}

// TestShuffles: the messages of a history may come in any order at all.
func TestShuffles(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	n := 0
	for _, name := range slices.Sorted(maps.Keys(scenarios)) {
		h := play(t, scenarios[name])
		arrival := make([]int, len(h.messages))
		for i := range arrival {
			arrival[i] = i
		}
		want := h.run(t, arrival, false)
		for range 300 {
			r.Shuffle(len(arrival), func(i, j int) { arrival[i], arrival[j] = arrival[j], arrival[i] })
			n++
			if got := h.run(t, arrival, n%2 == 0); !reflect.DeepEqual(got, want) {
				text := ""
				for _, i := range arrival {
					text += fmt.Sprintf("  %d %v\n", i, h.messages[i].p.GetType())
				}
				t.Fatalf("%s: in the order\n%sthe end is\n%+v, not\n%+v", name, text, got, want)
			}
		}
	}
	t.Logf("%d orders of arrival", n)
}

// truth returns how an end differs from what the exchange has.
func (h *history) truth(e end) string {
	want, _ := h.x.Truth("me")
	if int64(e.Account.Reserved) != int64(want.Resting+want.Matched+want.Pending) {
		return fmt.Sprintf("reserved %+v, the exchange has %+v", e.Account, want)
	}
	for _, o := range h.x.Orders("me") {
		got := e.Orders[o.ID]
		if uint64(got.Executed) != o.Executed || uint64(got.Available) != o.Available ||
			uint64(got.Quantity) != o.Quantity {
			return fmt.Sprintf("order %+v, the exchange has %+v", got, o)
		}
	}
	return ""
}
