package order_test

import (
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim/exchange"
)

// restored returns a Manager with the state of another.
func restored(t *testing.T, m *order.Manager) *order.Manager {
	t.Helper()
	next := must(t, roomy)
	if err := next.LoadState(m.AppendState(nil)); err != nil {
		t.Fatal(err)
	}
	return next
}

// apply applies an acceptance, or what change makes of it.
func apply(t *testing.T, m *order.Manager, sequence uint64, change func(*exchange.Report)) {
	t.Helper()
	r := exchange.Report{
		Type: msg.PayloadOrderAccepted, Side: msg.SideBuy, AccountSequence: sequence, OrderID: 77,
		Market: 1, Contract: 1, Price: 5000, Quantity: 10_000, Reference: 300, HasReference: true,
	}
	if change != nil {
		change(&r)
	}
	m.Apply(payload(&r), order.Input{Now: 10, Replayed: true})
	if d := m.Audit(); d != "" {
		t.Fatal(d)
	}
}

// TestOwnReferences: an order that the exchange reports with a reference of an earlier run is ours, whatever
// comes of it first, one of another session is not, and the state can be stored.
func TestOwnReferences(t *testing.T) {
	for _, reference := range []uint64{199, 200, 300, 301} {
		for _, filledFirst := range []bool{false, true} {
			m := must(t, roomy)
			m.OwnReferences(order.References{First: 200, Last: 300})
			if filledFirst {
				apply(t, m, 2, func(r *exchange.Report) {
					r.Type, r.Quantity = msg.PayloadOrderExecuted, 4000
					r.ExecutedQuantity, r.AvailableQuantity = 4000, 6000
				})
			}
			apply(t, m, 1, func(r *exchange.Report) { r.Reference = reference })
			m = restored(t, m)
			o, ours := m.ByID(77), reference >= 200 && reference <= 300
			if o == nil || o.Foreign == ours || (m.ByReference(reference) == o) != ours || o.State.Terminal() {
				t.Errorf("reference %d, filled first %v: %+v", reference, filledFirst, o)
			}
		}
	}
}

// TestUnanswered lists what was sent without an answer, as it was sent, and nothing else.
func TestUnanswered(t *testing.T) {
	m := must(t, roomy)
	create := msg.Keys{
		Type: msg.PayloadOrderCreate, Side: msg.SideBuy, Market: 1, Contract: 1, Price: 5000, Quantity: 10_000,
		Reference: 300,
	}
	other, third := create, create
	other.Reference, third.Reference = 301, 302
	requests := []msg.Keys{
		{Type: msg.PayloadOrderCancel, OrderID: 77, Reference: 303},
		{Type: msg.PayloadOrderCancelAll, Market: 4, Reference: 304},
	}
	for i, k := range append([]msg.Keys{create, other, third}, requests...) {
		if err := m.Sent(&k, uint64(i+1), int64(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	apply(t, m, 1, nil)
	m.ApplyFate(msg.PayloadOrderCreate, 302, 3, order.FateNotSent, 9)
	want := []order.Unanswered{{other, 2, 2}, {requests[0], 4, 4}, {requests[1], 5, 5}}
	var got []order.Unanswered
	for u := range restored(t, m).Unanswered {
		got = append(got, u)
	}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
	for range restored(t, m).Unanswered {
		break
	}
}

// TestRelink: a replace of an order that is known only afterwards is reserved for at its worst until it is answered, or
// the order ends.
func TestRelink(t *testing.T) {
	for _, side := range []odds.Side{odds.Buy, odds.Sell} {
		m := must(t, roomy)
		k := msg.Keys{
			Type: msg.PayloadOrderCancelReplace, OrderID: 77, Market: 1, Price: 4000, Quantity: 30_000, Reference: 300,
		}
		if err := m.Sent(&k, 1, 1); err != nil {
			t.Fatal(err)
		}
		before := m.Account().Asked
		apply(t, m, 1, func(r *exchange.Report) { r.Side, r.Reference = msg.Side(side), 299 })
		m.CaughtUp(true, nil, 11)
		if d := m.Audit(); d != "" {
			t.Fatal(d)
		}
		o, asked := m.ByID(77), m.Account().Asked
		if o.Overlay&order.PendingReplace == 0 || asked == 0 || asked > before || asked+m.Account().Open < before {
			t.Errorf("%v: asked %v, before %v, %+v", side, asked, before, o)
		}
		apply(t, m, 2, func(r *exchange.Report) { r.Type, r.Side = msg.PayloadOrderCancelled, msg.Side(side) })
		if asked := m.Account().Asked; asked != 0 {
			t.Errorf("%v: asked %v of an order that ended", side, asked)
		}
	}
}

// TestSetClock: with a clock that was set back nothing waits longer than it would have.
func TestSetClock(t *testing.T) {
	const hour = int64(3600e9)
	m := must(t, roomy)
	k := msg.Keys{
		Type: msg.PayloadOrderCreate, Side: msg.SideBuy, Market: 1, Contract: 1, Price: 5000, Quantity: 10_000,
		Reference: 300,
	}
	if err := m.Sent(&k, 1, 10*hour); err != nil {
		t.Fatal(err)
	}
	apply(t, m, 1, nil)
	m.Apply(payload(&exchange.Report{
		Type: msg.PayloadOrderCancelRejected, OrderID: 77, AccountSequence: 2,
		Reason: int32(msg.OrderCancelRejectedNotLive),
	}), order.Input{Now: 10 * hour})
	wait := m.Due() - 10*hour
	m = restored(t, m)
	m.SetClock(11 * hour) // not set back
	if m.Due() != 10*hour+wait {
		t.Errorf("due at %d", m.Due())
	}
	m.SetClock(hour)
	if wait == 0 || m.Due() != hour+wait || m.ByID(77).Sent != hour || m.ByID(77).Updated != hour {
		t.Errorf("due at %d, order %+v", m.Due(), m.ByID(77))
	}
	if m.Tick(hour + wait); m.ByID(77).Overlay&order.InDoubt == 0 {
		t.Errorf("order %+v", m.ByID(77))
	}
}

// TestStateBytesMax bounds what a full state takes.
func TestStateBytesMax(t *testing.T) {
	for seed := range uint64(5) {
		if n := len(someState(t, seed, 2000)); n > must(t, roomy).StateBytesMax() {
			t.Errorf("%d bytes", n)
		}
	}
	m := must(t, order.Config{Orders: 500, Retained: 1, Requests: 1, Contracts: 1000, Fills: 1})
	sequence := uint64(0)
	for i := range uint64(500) {
		create(t, m, i, &sequence)
	}
	if n := len(m.AppendState(nil)); n > m.StateBytesMax() {
		t.Errorf("%d bytes, at most %d", n, m.StateBytesMax())
	}
}
