package order_test

import (
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// TestInexactReduction: a reduction whose factor is not known leaves the fills incomplete until the market says it.
func TestInexactReduction(t *testing.T) {
	l := newLine(t, order.Config{}).create().then(accepted, executed1)
	l.m.CaughtUp(true, nil, l.now)
	events := l.report(msg.PayloadOrderReduced, nil)
	if c := l.m.Completeness(); c.Why != order.Inexact || c.Complete || c.Inexact != 1 ||
		len(find(events, order.CompletenessChanged)) != 1 {
		t.Errorf("%+v, events %+v", c, events)
	}
	var p msg.Payload
	state := p.MutableMarketState()
	state.SetMarketId(1)
	m := state.AddContracts()
	m.SetContractId(2)
	m.SetReduceType(msg.ReduceTypeQuantity)
	m.SetReduceFactor(5000)
	events = l.m.Apply(&p, order.Input{Now: l.now})
	if c := l.m.Completeness(); !c.Complete || c.Inexact != 0 || len(find(events, order.CompletenessChanged)) != 1 {
		t.Errorf("%+v, events %+v", c, events)
	}
}

// TestForgottenFills: fills of an order that is not known are forgotten, unless what says of them comes late; those of
// an order that was not kept stay so, also after a restart.
func TestForgottenFills(t *testing.T) {
	for _, evicted := range []bool{false, true} {
		config := order.Config{Orders: 2, Retained: 2, RetainFor: second}
		m := must(t, config)
		m.CaughtUp(true, nil, 0)
		apply := func(r exchange.Report, sequence uint64, now int64) []order.Event {
			r.AccountSequence, r.Side, r.Market, r.Contract, r.OrigPrice = sequence, msg.SideBuy, 1, 1, 5000
			return m.Apply(payload(&r), order.Input{Now: now})
		}
		if evicted { // a fill of 1000 of 3000 executed was seen
			apply(exchange.Report{
				Type: msg.PayloadOrderExecuted, OrderID: 1, Price: 5000, Quantity: 1000, ExecutedQuantity: 3000,
			}, 1, 0)
			if c := m.Completeness(); c.Missed != 1 || c.Why != order.FillsMissed {
				t.Errorf("%+v", c)
			}
			m.Tick(100 * second)
			if c := m.Completeness(); m.ByID(1) != nil || c.Why&order.FillsForgotten == 0 {
				t.Errorf("%+v", c)
			}
		}
		apply(exchange.Report{Type: msg.PayloadOrderVoided, OrderID: 3, SourceQuantity: 1000}, 9, 100*second)
		if c := m.Completeness(); c.Why&order.FillsForgotten == 0 {
			t.Errorf("%+v", c)
		}
		restored := must(t, config)
		if err := restored.LoadState(m.AppendState(nil)); err != nil {
			t.Fatal(err)
		}
		m = restored
		apply(exchange.Report{
			Type: msg.PayloadOrderExecuted, OrderID: 3, Price: 5000, Quantity: 1000, ExecutedQuantity: 1000,
		}, 8, 100*second)
		if c := m.Completeness(); c.Why&order.FillsForgotten != 0 != evicted {
			t.Errorf("evicted %v: %+v", evicted, c)
		}
		if d := m.Audit(); d != "" {
			t.Error(d)
		}
	}
}
