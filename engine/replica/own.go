package replica

import (
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/internal/ownbook"
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
			_ = m.books.OwnAdded(ownbook.Own(o, 0))
		}
	case msg.PayloadOrderQuantityReduce:
		if o := m.orders.ByID(k.OrderID); o != nil {
			_ = m.books.OwnReducing(ownbook.Key(o), o.Overlay&order.PendingReduce != 0)
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
			_ = m.books.OwnRemoved(ownbook.KeyOfID(ev.OrderID))
		}
		return
	}
	if ev.Kind != order.OrderFilled && !o.Foreign && o.Reference != 0 && o.ID != 0 {
		_ = m.books.OwnRemoved(ownbook.KeyOfID(o.ID)) // its fills, which name no reference, may have come before
	}
	ownbook.Changed(m.books, m.orders, o, ev)
	if ev.Other != 0 {
		if other := m.orders.ByID(ev.Other); other != nil && other.State.Terminal() {
			_ = m.books.OwnRemoved(ownbook.Key(other))
		}
	}
}

// OrderOf returns the order that an event is about, nil if it is about none or the order is not kept.
func (m *Replica) OrderOf(ev *order.Event) *order.Order { return ownbook.OrderOf(m.orders, ev) }

// Key returns what names an order in the books, for [book.Books.Queue]: its reference, or a number made of the
// exchange's id.
func Key(o *order.Order) uint64 { return ownbook.Key(o) }

// Open returns how much of an order can be matched, at most.
func Open(o *order.Order) odds.Quantity { return ownbook.Open(o) }
