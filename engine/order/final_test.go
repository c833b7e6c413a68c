package order_test

import (
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// full fills the order of a line as a whole.
func full(r *exchange.Report) { r.Quantity, r.ExecutedQuantity, r.AvailableQuantity = 10000, 10000, 0 }

// TestFilledAtOnce: an order that is matched as it arrives is filled, whichever of its two messages comes first.
func TestFilledAtOnce(t *testing.T) {
	for _, fillFirst := range []bool{false, true} {
		l := newLine(t, order.Config{}).create()
		if fillFirst {
			l.report(executed1, full)
			l.executed = 0
			l.report(accepted, nil)
		} else {
			l.then(accepted)
			l.report(executed1, full)
		}
		o := l.order()
		if o.State != order.Filled || o.Available != 0 || o.Executed != 10000 || l.m.LiveCount() != 0 {
			t.Errorf("fill first %v: %+v, %d live", fillFirst, o, l.m.LiveCount())
		}
		if p := l.m.Position(1, 2); p.Final != 10000 || p.Buying != 0 || p.AskedBuying != 0 {
			t.Errorf("fill first %v: %+v", fillFirst, p)
		}
	}
}

// TestEndIsFinal: no late message makes an order that ended live again, nor another order of it, while it is kept.
func TestEndIsFinal(t *testing.T) {
	late := []msg.PayloadType{
		accepted, msg.PayloadOrderRejected, msg.PayloadOrderInvalid, msg.PayloadOrderCancelRejected,
		msg.PayloadOrderQuantityReduced, msg.PayloadOrderQuantityReduceRejected, cancelled,
	}
	for state, make := range situations {
		if !state.Terminal() || state == order.Rejected || state == order.Invalid || state == order.NotPlaced {
			continue // for these an acceptance is a contradiction, and an anomaly
		}
		for _, typ := range late {
			l := newLine(t, order.Config{RetainFor: 60 * second})
			make(l)
			before, live := l.order(), l.m.LiveCount()
			l.report(typ, func(r *exchange.Report) { r.AvailableQuantity, r.NewQuantity = 0, 0 })
			if o := l.order(); o.State != before.State || o.Available != 0 || l.m.LiveCount() != live {
				t.Errorf("%v, then %v: %+v, %d live, before %d", state, typ, o, l.m.LiveCount(), live)
			}
			if l.m.Position(1, 2).Final != 0 && before.Executed == 0 {
				t.Errorf("%v, then %v: %+v", state, typ, l.m.Position(1, 2))
			}
			l.m.Tick(l.now + 120*second)
			if l.m.ByID(id) != nil {
				t.Errorf("%v is kept for ever", state)
			}
		}
	}
}

// TestHistoryTwice: a history that is applied a second time changes nothing and is told to nobody.
func TestHistoryTwice(t *testing.T) {
	history := []*msg.Payload{}
	l := newLine(t, order.Config{}).create()
	keep := func(typ msg.PayloadType, change func(*exchange.Report)) {
		l.sequence++
		r := exchange.Report{
			Type: typ, Side: msg.SideBuy, AccountSequence: l.sequence, OrderID: id, Market: 1, Contract: 2, Price: 5000,
			OrigPrice: 5000, Quantity: 10000, ExecutedQuantity: l.executed, AvailableQuantity: 10000 - l.executed,
			AveragePrice: 5000, Reason: 1, Reference: ref, HasReference: true,
		}
		if change != nil {
			change(&r)
		}
		history = append(history, payload(&r))
	}
	keep(accepted, nil)
	keep(executed1, func(r *exchange.Report) {
		r.Quantity, r.ExecutedQuantity, r.AvailableQuantity, r.PendingTimeout = 4000, 4000, 6000, 8
	})
	keep(msg.PayloadOrderExecuteVoided, func(r *exchange.Report) { r.Quantity, r.ExecutedQuantity = 4000, 0 })
	keep(cancelled, func(r *exchange.Report) { r.Quantity, r.AvailableQuantity = 6000, 0 })
	for i := range 3 {
		events := 0
		for _, p := range history {
			events += len(l.m.Apply(p, order.Input{Now: l.now, Replayed: i > 0}))
		}
		if (events > 0) != (i == 0) {
			t.Errorf("time %d: %d events", i+1, events)
		}
		o, worst := l.order(), l.m.Account().WorstCase
		if o.State != order.Cancelled || o.Executed != 0 || l.m.Position(1, 2).Final != 0 || worst != 0 {
			t.Errorf("time %d: %+v", i+1, o)
		}
	}
}
