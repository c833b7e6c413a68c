//go:build !race

package order_test

import (
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// TestAllocations: with 10,000 live orders no event and no question allocates.
func TestAllocations(t *testing.T) {
	m := must(t, order.Config{Fills: 1 << 12}) // so few that they run out
	sequence := uint64(0)
	for i := range uint64(10_000) {
		create(t, m, i, &sequence)
	}
	if m.LiveCount() != 10_000 {
		t.Fatal(m.LiveCount())
	}
	var state []byte
	state = m.AppendState(state)
	next := uint64(10_000)
	cycle := newCycle()
	for name, f := range map[string]func(){
		"a life": func() {
			next++
			cycle.run(t, m, next, &sequence)
		},
		"questions": func() {
			for o := range m.Live {
				if o.ID == 5 {
					break
				}
			}
			m.LiveOf(3, 3, func(*order.Order) bool { return true })
			_, _, _ = m.BestLive(3, 3)
			_ = m.InDoubtCount()
			m.InDoubt(func(*order.Order) bool { return true })
			m.Outcomes(3, func(order.Profit) bool { return true })
			_, _, _, _ = m.Position(3, 3), m.Market(3), m.Account(), m.Completeness()
			_, _ = m.ByID(77), m.ByReference(77)
		},
		"time":        func() { m.Tick(m.Due() & (1<<40 - 1)) },
		"state":       func() { state = m.AppendState(state[:0]) },
		"a lost line": func() { m.Disconnected(1); m.AccountLost(1, 2, 1); m.CaughtUp(true, nil, 1) },
	} {
		if n := testing.AllocsPerRun(300, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	if err := m.LoadState(state); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(3, func() { _ = m.LoadState(state) }); n != 0 {
		t.Errorf("loading: %v allocations", n)
	}
	if d := m.Audit(); d != "" {
		t.Error(d)
	}
}

// TestFeedAllocations: with 10,000 live orders in 1,000 contracts a market maker's feed allocates nothing, requests and
// decoding included.
func TestFeedAllocations(t *testing.T) {
	const chunks = 40
	f, m := newFeed(t, "mixed", 10_000, chunks+1), must(t, order.Config{})
	p, now := new(msg.Payload), int64(0)
	run := func(steps []step) {
		for i := range steps {
			now++
			steps[i].do(t, m, p, now)
		}
	}
	run(f.setup)
	if n := m.LiveCount(); n < 10_000 {
		t.Fatal(n)
	}
	next := 0
	if n := testing.AllocsPerRun(chunks, func() {
		run(f.chunks[next].before)
		run(f.chunks[next].measured)
		next++
	}); n != 0 {
		t.Errorf("%v allocations in %d messages", n, chunkEvents)
	}
}

// cycle is the messages of an order's life, reused.
type cycle struct{ payloads []*msg.Payload }

// life is the types of a cycle's messages.
var life = []msg.PayloadType{
	msg.PayloadOrderAccepted, msg.PayloadOrderExecuted, msg.PayloadOrderExecuted, msg.PayloadOrderExecuteConfirmed,
	msg.PayloadOrderExecuteVoided, msg.PayloadOrderQuantityReduced, msg.PayloadOrderQuantityReduceRejected,
	msg.PayloadOrderCancelRejected, msg.PayloadOrderPendingReplace, msg.PayloadOrderCancelReplaceRejected,
	msg.PayloadOrderCancelled, msg.PayloadOrderReduced, msg.PayloadOrderVoided, msg.PayloadBalanceChanged,
}

func newCycle() *cycle {
	c := new(cycle)
	for i, typ := range life {
		r := exchange.Report{
			Type: typ, Side: msg.SideBuy, Market: 7, Contract: 7, Price: 5000, OrigPrice: 5000, Quantity: 1000,
			Reason:           1,
			ExecutedQuantity: uint64(min(i, 2)) * 1000, AvailableQuantity: 8000, NewQuantity: 5000, PendingTimeout: 8,
			SourceQuantity: 1000, AveragePrice: 5000, HasReference: true, AvailableBalance: 1e10, Exposure: -1e9,
		}
		c.payloads = append(c.payloads, payload(&r))
	}
	return c
}

func (c *cycle) run(t testing.TB, m *order.Manager, i uint64, sequence *uint64) {
	id := i<<22 | 9
	k := msg.Keys{
		Type: msg.PayloadOrderCreate, Side: msg.SideBuy, Market: 7, Contract: 7, Price: 5000, Quantity: 10000,
		Reference: i,
	}
	if m.Admit(&k) != nil || m.Sent(&k, i, 1) != nil {
		t.Fatal("refused")
	}
	for n, p := range c.payloads {
		*sequence++
		switch life[n] {
		case msg.PayloadOrderAccepted:
			a := p.MutableOrderAccepted()
			a.SetOrderId(id)
			a.SetReference(i)
			a.SetQuantity(10000)
			a.SetAccountSequence_64(*sequence)
		case msg.PayloadOrderPendingReplace:
			a := p.MutableOrderPendingReplace()
			a.SetOrigOrderId(id)
			a.SetOrderId(id + 1)
			a.SetAccountSequence_64(*sequence)
		case msg.PayloadOrderCancelReplaceRejected:
			a := p.MutableOrderCancelReplaceRejected()
			a.SetOrigOrderId(id)
			a.SetOrderId(id + 1)
			a.SetAccountSequence_64(*sequence)
		default:
			identify(p, id, *sequence)
		}
		m.Apply(p, order.Input{Now: int64(*sequence)})
	}
	m.ApplyFate(msg.PayloadOrderCancel, i, i, order.FateInDoubt, 1)
}

// identify sets the order and the account sequence of a message.
func identify(p *msg.Payload, id, sequence uint64) {
	set := func(m interface {
		SetOrderId(uint64)
		SetAccountSequence_64(uint64)
	},
	) {
		m.SetOrderId(id)
		m.SetAccountSequence_64(sequence)
	}
	switch p.GetType() {
	case msg.PayloadOrderExecuted:
		set(p.MutableOrderExecuted())
	case msg.PayloadOrderExecuteConfirmed:
		set(p.MutableOrderExecuteConfirmed())
	case msg.PayloadOrderExecuteVoided:
		set(p.MutableOrderExecuteVoided())
	case msg.PayloadOrderQuantityReduced:
		set(p.MutableOrderQuantityReduced())
	case msg.PayloadOrderQuantityReduceRejected:
		set(p.MutableOrderQuantityReduceRejected())
	case msg.PayloadOrderCancelRejected:
		set(p.MutableOrderCancelRejected())
	case msg.PayloadOrderCancelled:
		set(p.MutableOrderCancelled())
	case msg.PayloadOrderReduced:
		set(p.MutableOrderReduced())
	case msg.PayloadOrderVoided:
		set(p.MutableOrderVoided())
	}
}
