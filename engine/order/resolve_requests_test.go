package order_test

import (
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// TestResolveEndsRequests resolves the doubt about an order with more requests in doubt than one call has events for:
// each of them is resolved, and those about another order are not.
func TestResolveEndsRequests(t *testing.T) {
	const many = 150
	m, err := order.New(order.Config{Orders: 4, Retained: 4, Requests: many + 1, Contracts: 4, Fills: 4})
	if err != nil {
		t.Fatal(err)
	}
	for id := uint64(1); id <= 2; id++ {
		create := msg.Keys{
			Type: msg.PayloadOrderCreate, Reference: id, Market: 3, Contract: 30, Side: msg.SideBuy,
			Price: 4000, Quantity: 10_000,
		}
		if err := m.Sent(&create, id, 1); err != nil {
			t.Fatal(err)
		}
		report := exchange.Report{
			Type: msg.PayloadOrderAccepted, Market: 3, Contract: 30, Side: msg.SideBuy, OrderID: 10 + id,
			Reference: id, Price: 4000, Quantity: 10_000,
		}
		m.Apply(payload(&report), order.Input{Now: 1, AccountSequence: id, RequestSeq: id})
	}
	for ref := uint64(100); ref <= 100+many; ref++ {
		k := msg.Keys{
			Type: msg.PayloadOrderCancelReplace, OrderID: 11, Reference: ref, Market: 3, Price: 3000, Quantity: 5_000,
		}
		if ref == 100+many {
			k.OrderID = 12
		}
		if err := m.Sent(&k, ref, 2); err != nil {
			t.Fatal(err)
		}
		m.ApplyFate(k.Type, ref, ref, order.FateInDoubt, 3)
	}
	if n := m.ReplacedBy(100); n != 11 {
		t.Errorf("the first replace is of order %d", n)
	}
	resolved := make(map[uint64]bool)
	ended := 0
	for more := true; more; more = m.More() {
		events, ok := m.ResolveID(11, order.Outcome{Placed: true, Ended: true}, 4)
		if !ok {
			t.Fatal("nothing to resolve")
		}
		for _, ev := range events {
			switch {
			case ev.Kind != order.DoubtResolved || ev.OrderID != 11 || ended > 0:
				t.Errorf("%+v", ev)
			case ev.Request == msg.PayloadOrderCancelReplace:
				resolved[ev.Reference] = true
			default:
				ended++
			}
		}
	}
	if len(resolved) != many || ended != 1 || m.Doubts() != 1 {
		t.Errorf("%d of %d requests resolved, ended %d times, %d doubts are left",
			len(resolved), many, ended, m.Doubts())
	}
	if d := m.Audit(); d != "" {
		t.Error(d)
	}
}
