package replica

import (
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// full reports whether an error of the books says that something had no room.
func full(err error) bool {
	_, ok := err.(*book.LimitError)
	return ok
}

// showSent shows a request that left to the books, as the engine does.
func (m *Replica) showSent(k *msg.Keys) {
	switch k.Type {
	case msg.PayloadOrderCreate:
		if o := m.orders.ByReference(k.Reference); o != nil {
			_ = m.books.OwnAdded(own(o, 0))
		}
	case msg.PayloadOrderQuantityReduce:
		if o := m.orders.ByID(k.OrderID); o != nil {
			_ = m.books.OwnReducing(Key(o), o.Overlay&order.PendingReduce != 0)
		}
	}
}

// orderEvents follows what orders found out.
func (m *Replica) orderEvents(events []order.Event) {
	for i := range events {
		ev := &events[i]
		m.c.Observer.OrderEvent(ev)
		switch ev.Kind {
		case order.Drift, order.DriftEnded, order.CompletenessChanged, order.CancelAllAccepted,
			order.CancelAllRejected:
		default:
			m.showOrder(ev)
		}
	}
}

// showOrder shows an order that an event is about to the books.
func (m *Replica) showOrder(ev *order.Event) {
	o := m.OrderOf(ev)
	if o == nil {
		if ev.State.Terminal() {
			_ = m.books.OwnRemoved(ev.Reference)
			_ = m.books.OwnRemoved(keyOfID(ev.OrderID))
		}
		return
	}
	if ev.Kind != order.OrderFilled && !o.Foreign && o.Reference != 0 && o.ID != 0 {
		_ = m.books.OwnRemoved(keyOfID(o.ID)) // its fills, which name no reference, may have come before
	}
	m.ownChanged(o, ev)
	if ev.Other != 0 {
		if other := m.orders.ByID(ev.Other); other != nil && other.State.Terminal() {
			_ = m.books.OwnRemoved(Key(other))
		}
	}
}

func (m *Replica) ownChanged(o *order.Order, ev *order.Event) {
	key := Key(o)
	before, err := m.books.OwnOpen(key)
	switch {
	case o.State.Terminal():
		_ = m.books.OwnRemoved(key)
	case err != nil && o.Market != 0 && o.Price.Valid():
		replaces := uint64(0)
		if original := m.orders.ByID(o.Original); original != nil {
			replaces = Key(original)
		}
		_ = m.books.OwnAdded(own(o, replaces))
	case err != nil:
	case ev.Kind == order.OrderAccepted, ev.Kind == order.OrderReplaced,
		ev.Kind == order.DoubtResolved && ev.Before == order.PendingNew && o.State != order.PendingNew:
		_ = m.books.OwnAccepted(key, o.Available)
	case ev.Kind == order.OrderReduced, ev.Kind == order.ReduceRejected:
		_ = m.books.OwnReducing(key, o.Overlay&order.PendingReduce != 0)
		_ = m.books.OwnChanged(key, Open(o))
	case ev.Kind == order.OrderFilled, Open(o) < before:
		_ = m.books.OwnFilled(key, Open(o))
	}
}

// OrderOf returns the order that an event is about, nil if it is about none or the order is not kept.
func (m *Replica) OrderOf(ev *order.Event) *order.Order {
	if ev.OrderID != 0 {
		if o := m.orders.ByID(ev.OrderID); o != nil {
			return o
		}
	}
	if ev.Reference != 0 {
		return m.orders.ByReference(ev.Reference)
	}
	return nil
}

// Key returns what names an order in the books, for [book.Books.Queue]: its reference, or a number made of the
// exchange's id.
func Key(o *order.Order) uint64 {
	if o.Reference != 0 && !o.Foreign {
		return o.Reference
	}
	return keyOfID(o.ID)
}

func keyOfID(id uint64) uint64 { return ^id }

// Open returns how much of an order can be matched, at most.
func Open(o *order.Order) odds.Quantity {
	if o.State == order.PendingNew {
		return o.Quantity
	}
	return o.Available
}

func own(o *order.Order, replaces uint64) book.Own {
	return book.Own{
		ID: Key(o), Market: o.Market, Contract: o.Contract, Side: o.Side, Price: o.Price, Open: Open(o),
		Pending: o.State == order.PendingNew, Replaces: replaces,
	}
}
