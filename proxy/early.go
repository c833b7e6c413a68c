package proxy

import "github.com/smk-go/smk/gen/msg"

// earlyReport is a report about an order that is not known yet: its acceptance was overtaken.
type earlyReport struct {
	id      uint64
	at      uint64 // account sequence of the exchange
	payload []byte
}

// earlyMax is how many are kept. Most are about orders of other sessions of the account, and nothing follows.
const earlyMax = 256

// keepEarly keeps a report about an order that is not known. Only what can come so early is kept.
func (t *orders) keepEarly(r report, m *msg.Payload, at uint64) {
	switch r.typ {
	case msg.PayloadOrderExecuted, msg.PayloadOrderExecuteVoided, msg.PayloadOrderCancelled,
		msg.PayloadOrderQuantityReduced, msg.PayloadOrderReduced, msg.PayloadOrderVoided:
	default:
		return
	}
	b, err := m.MarshalVT()
	if r.orderID() == 0 || err != nil {
		return
	}
	t.addEarly(earlyReport{r.orderID(), at, b})
}

func (t *orders) addEarly(e earlyReport) {
	if len(t.early) == earlyMax {
		t.early = append(t.early[:0], t.early[1:]...)
	}
	t.early = append(t.early, e)
}

// applyEarly applies the reports about an order that came before it was known.
func (t *orders) applyEarly(o *order) {
	kept := t.early[:0]
	for _, e := range t.early {
		if e.id != o.ID {
			kept = append(kept, e)
			continue
		}
		var m msg.Payload
		if err := m.Decode(e.payload, nil); err != nil {
			panic("BUG: proxy: a report that was kept: " + err.Error())
		}
		r, _ := reportOf(&m)
		t.apply(r, o, e.at)
	}
	clear(t.early[len(kept):])
	t.early = kept
}

// updateEarly is report.update for an order that is not known yet, by the newest of the reports about it.
func (t *orders) updateEarly(r report, at uint64) {
	newest := earlyReport{at: at}
	for _, e := range t.early {
		if e.id == r.orderID() && e.at > newest.at {
			newest = e
		}
	}
	var m msg.Payload
	if newest.id == 0 || m.Decode(newest.payload, nil) != nil {
		return
	}
	o := order{stamps: stamps{newest: newest.at}}
	since, _ := reportOf(&m)
	switch b := since.body.(type) {
	case *msg.OrderExecuted:
		o.executed(at, b.HasTotalExecutedQuantity(), b.GetTotalExecutedQuantity(), 0)
		o.average(at, true, b.GetExecutedAvgPrice())
	case executions:
		o.total(b, at)
	}
	if o.stamps.total == 0 {
		return // it does not say
	}
	if b, ok := since.body.(withAvailable); ok {
		o.Available = b.GetAvailableQuantity()
	}
	if b, ok := since.body.(*msg.OrderQuantityReduced); ok {
		o.Available = b.GetNewQuantity()
	}
	o.Quantity = o.Executed + o.Available
	r.update(&o, at)
}
