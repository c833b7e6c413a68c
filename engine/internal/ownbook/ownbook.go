// Package ownbook shows the orders of an account to its books: what names them there, what is open of them, and what an
// event about one of them changes. The engine does it as it trades, and engine/replica as it reads a journal.
package ownbook

import (
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/odds"
)

// Key returns what names an order in books and quotes: its reference, or a number made of the exchange's id, which is
// small, if another session placed it.
func Key(o *order.Order) uint64 {
	if o.Reference != 0 && !o.Foreign {
		return o.Reference
	}
	return KeyOfID(o.ID)
}

// KeyOfID returns what names an order whose reference is not known.
func KeyOfID(id uint64) uint64 { return ^id }

// Open returns how much of an order can be matched, at most.
func Open(o *order.Order) odds.Quantity {
	if o.State == order.PendingNew {
		return o.Quantity
	}
	return o.Available
}

// Own returns an order as books take it. replaces is the key of the order that it replaces, or 0.
func Own(o *order.Order, replaces uint64) book.Own {
	return book.Own{
		ID: Key(o), Market: o.Market, Contract: o.Contract, Side: o.Side, Price: o.Price, Open: Open(o),
		Pending: o.State == order.PendingNew, Replaces: replaces,
	}
}

// OrderOf returns the order that an event is about, nil if it is about none or the order is not kept.
func OrderOf(orders *order.Manager, ev *order.Event) *order.Order {
	if ev.OrderID != 0 {
		if o := orders.ByID(ev.OrderID); o != nil {
			return o
		}
	}
	if ev.Reference != 0 && ev.Kind != order.CancelAllAccepted && ev.Kind != order.CancelAllRejected {
		return orders.ByReference(ev.Reference)
	}
	return nil
}

// Changed shows an order that an event is about to books.
func Changed(books *book.Books, orders *order.Manager, o *order.Order, ev *order.Event) {
	key := Key(o)
	before, err := books.OwnOpen(key)
	switch {
	case o.State.Terminal():
		_ = books.OwnRemoved(key)
	case err != nil && o.Market != 0 && o.Price.Valid(): // of another session, or from before
		replaces := uint64(0)
		if original := orders.ByID(o.Original); original != nil {
			replaces = Key(original)
		}
		_ = books.OwnAdded(Own(o, replaces))
	case err != nil:
	case ev.Kind == order.OrderAccepted, ev.Kind == order.OrderReplaced,
		ev.Kind == order.DoubtResolved && ev.Before == order.PendingNew && o.State != order.PendingNew:
		_ = books.OwnAccepted(key, o.Available)
	case ev.Kind == order.OrderReduced, ev.Kind == order.ReduceRejected:
		_ = books.OwnReducing(key, o.Overlay&order.PendingReduce != 0)
		_ = books.OwnChanged(key, Open(o))
	case ev.Kind == order.OrderFilled, Open(o) < before:
		_ = books.OwnFilled(key, Open(o))
	}
}
