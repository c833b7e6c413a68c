package proxy

import (
	engineorder "github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// stamps are the account sequences of the exchange that an order's figures are from, 0 if they are from no message.
// Messages may come out of order: what one says of an order afterwards holds unless a newer one said something else.
type stamps struct{ newest, total, open, quantity uint64 }

// forgotten returns the stamps after the exchange began to count anew: every message is newer.
func (s stamps) forgotten() stamps {
	return stamps{min(s.newest, 1), min(s.total, 1), min(s.open, 1), min(s.quantity, 1)}
}

// executions is what messages say of an order's executions afterwards.
type executions interface {
	HasExecutedQuantity() bool
	GetExecutedQuantity() uint64
	HasExecutedAvgPrice() bool
	GetExecutedAvgPrice() uint32
}

// apply changes an order as a report says, whose account sequence of the exchange is at. o is the order that the report
// is about, or of a replace the new one.
func (t *orders) apply(r report, o *order, at uint64) {
	if at == 0 { // it has none
		at = o.stamps.newest
	}
	t.applyBody(r, o, at)
	o.stamps.newest = max(o.stamps.newest, at)
}

func (t *orders) applyBody(r report, o *order, at uint64) {
	switch b := r.body.(type) {
	case *msg.OrderAccepted:
		t.accepted(b, o, at)
	case *msg.OrderRejected, *msg.OrderInvalid:
		if o.unanswered() {
			t.set(o, Refused, 0)
		}
	case *msg.OrderExecuted:
		o.executed(at, b.HasTotalExecutedQuantity(), b.GetTotalExecutedQuantity(), o.Executed+b.GetQuantity())
		o.average(at, b.HasExecutedAvgPrice(), b.GetExecutedAvgPrice())
		t.remains(o, at, b.HasAvailableQuantity(), b.GetAvailableQuantity(),
			o.Available-min(o.Available, b.GetQuantity()))
	case *msg.OrderExecutedVoid:
		o.executed(at, b.HasExecutedQuantity(), b.GetExecutedQuantity(),
			o.Executed-min(o.Executed, b.GetQuantity()))
		o.average(at, b.HasExecutedAvgPrice(), b.GetExecutedAvgPrice())
		if o.rest += b.GetQuantity(); at < o.stamps.quantity {
			o.Quantity += b.GetQuantity() // a reduction that is newer counted without it
		}
		t.remains(o, at, b.HasAvailableQuantity(), b.GetAvailableQuantity(), o.Available)
	case *msg.OrderCancelled:
		o.total(b, at)
		t.end(o)
	case *msg.OrderQuantityReduced:
		t.reduced(b, o, at)
	case *msg.OrderReduced:
		o.executed(at, true, b.GetQuantity(), 0)
		o.average(at, b.HasPrice(), b.GetPrice())
		o.total(b, at)
		t.remains(o, at, b.HasAvailableQuantity(), b.GetAvailableQuantity(), o.Available)
	case *msg.OrderVoided:
		o.executed(at, true, b.GetExecutedQuantity(), 0)
		o.average(at, true, b.GetExecutedAvgPrice())
		t.end(o)
	case *msg.OrderPendingReplace:
		t.named(o, b.GetOrderId())
		if o.Original = b.GetOrigOrderId(); o.State == NotThere || o.State == InDoubt {
			t.set(o, Sent, 0)
		}
		t.applyEarly(o)
	case *msg.OrderCancelReplaceAccepted:
		t.replaced(b, o, at)
	case *msg.OrderCancelReplaceRejected:
		if t.named(o, b.GetOrderId()); o.unanswered() {
			t.set(o, Refused, 0)
		}
	}
}

// accepted applies an acceptance. Reports about the order may have come before it.
func (t *orders) accepted(b *msg.OrderAccepted, o *order, at uint64) {
	t.named(o, b.GetOrderId())
	if b.HasPrice() {
		o.Price = b.GetPrice()
	}
	if b.HasQuantity() && at >= o.stamps.quantity {
		o.Quantity = b.GetQuantity()
	}
	t.begins(o, at, o.Quantity)
}

// begins applies that an order is on the book with a quantity, unless a newer report has said how much it is.
func (t *orders) begins(o *order, at, available uint64) {
	if o.stamps.quantity == 0 {
		o.stamps.quantity = at
	}
	if o.stamps.open == 0 {
		o.stamps.open = at
		if o.unanswered() {
			t.book(o, available-min(available, o.Executed))
		}
	}
	t.applyEarly(o)
}

// replaced applies the second stage of a replace.
func (t *orders) replaced(b *msg.OrderCancelReplaceAccepted, o *order, at uint64) {
	t.named(o, b.GetOrderId())
	o.Original = b.GetOrigOrderId()
	if b.HasPrice() {
		o.Price = b.GetPrice()
	}
	quantity := o.Quantity
	if b.HasQuantity() {
		quantity = b.GetQuantity()
	}
	left := quantity
	old := t.byID[b.GetOrigOrderId()]
	switch {
	case b.HasQuantityLeft():
		left = min(b.GetQuantityLeft(), quantity)
	case old != nil:
		left -= min(quantity, old.Executed)
	}
	o.rest += quantity - left
	if at >= o.stamps.quantity {
		o.Quantity = quantity
	} else {
		o.Quantity += quantity - left // a reduction that is newer counted without it
	}
	if old != nil && old != o {
		t.end(old)
	}
	t.begins(o, at, left)
}

// reduced applies a reduction that was requested.
func (t *orders) reduced(b *msg.OrderQuantityReduced, o *order, at uint64) {
	if o.total(b, at); at >= o.stamps.quantity {
		executed := o.Executed
		if b.HasExecutedQuantity() {
			executed = b.GetExecutedQuantity()
		}
		o.Quantity, o.stamps.quantity = executed+b.GetNewQuantity()+o.rest, at
	}
	t.remains(o, at, true, b.GetNewQuantity(), 0)
}

// executed notes what of an order is executed: total as a report says, if it does, or else as it changes.
func (o *order) executed(at uint64, has bool, total, changed uint64) {
	switch {
	case at < o.stamps.total:
	case has:
		o.Executed, o.stamps.total = total, at
	default:
		o.Executed = changed
	}
}

// average notes the average price of the executions, after executed.
func (o *order) average(at uint64, has bool, price uint32) {
	switch {
	case at < o.stamps.total:
	case o.Executed == 0:
		o.Average = 0
	case has:
		o.Average = price
	}
}

// total notes what a report says of the executions afterwards.
func (o *order) total(b executions, at uint64) {
	o.executed(at, b.HasExecutedQuantity(), b.GetExecutedQuantity(), o.Executed)
	o.average(at, b.HasExecutedAvgPrice(), b.GetExecutedAvgPrice())
}

// remains notes what of an order is on the book: available as a report says, if it does, or else as it changes.
func (t *orders) remains(o *order, at uint64, has bool, available, changed uint64) {
	switch {
	case at < o.stamps.open:
	case has:
		o.stamps.open = at
		t.book(o, available)
	case o.State == Live:
		t.book(o, changed)
	}
}

// book sets what of an order is on the book, if it has not ended.
func (t *orders) book(o *order, available uint64) {
	switch {
	case o.State == Ended || o.State == Refused:
	case available == 0:
		t.set(o, Ended, 0)
	default:
		t.set(o, Live, available)
	}
}

// end ends an order.
func (t *orders) end(o *order) {
	if o.State != Ended && o.State != Refused {
		t.set(o, Ended, 0)
	}
}

// is reports whether an open order is what the engine knows of it.
func (o *order) is(e *engineorder.Order) bool {
	state := Live
	switch {
	case e.State == engineorder.PendingNew:
		state = Sent
	case e.State.Terminal():
		state = Ended
	}
	return o.ID == e.ID && o.State == state && o.Executed == uint64(e.Executed) && o.Available == uint64(e.Available)
}

// follow has an open order be what the engine knows of it.
func (t *orders) follow(o *order, e *engineorder.Order) {
	t.named(o, e.ID)
	o.Original, o.Price = e.Original, uint32(e.Price)
	o.Quantity, o.Executed = uint64(e.Quantity), uint64(e.Executed)
	o.rest = o.Quantity - min(o.Quantity, o.Executed+uint64(e.Available))
	if average, ok := e.Average(odds.HalfUp); ok {
		o.Average = uint32(average)
	}
	switch {
	case e.State == engineorder.PendingNew:
		t.set(o, Sent, 0)
		return
	case e.State == engineorder.Rejected:
		t.set(o, Refused, 0)
	case e.State.Terminal():
		t.set(o, Ended, 0)
	default:
		t.set(o, Live, uint64(e.Available))
	}
	o.stamps = stamps{1, 1, 1, 1}
}
