package order

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/odds"
)

// replacement returns the slot of the new order of a replace, or none, and whether a request of ours made it.
// Whatever comes first of its two stages and its fills makes the slot.
func (m *Manager) replacement(r *report) (child int32, request int32) {
	if r.id == 0 || r.orig == 0 || r.id == r.orig {
		m.anomaly(BadField, nil).OrderID = r.id
		return none, none
	}
	request = m.requests.find(r.reference, r.seq, msg.PayloadOrderCancelReplace)
	if r.market == 0 { // it is where its original is
		if i := m.orders.findID(r.orig); i != none {
			e := &m.orders.entries[i]
			r.market, r.contract = e.Order.Market, e.Order.Contract
			if r.side == 0 {
				r.side = e.Order.Side
			}
		}
	}
	child = m.order(r)
	if child == none {
		return none, request
	}
	e := &m.orders.entries[child]
	e.Order.Original = r.orig
	if request != none && e.Order.Foreign {
		e.Order.Foreign = false
		e.Order.Sent, e.sent = m.requests.list[request].sent, m.requests.list[request].seq
		m.orders.setRef(child, r.reference)
	} else if e.Order.Foreign {
		m.refer(child, r.reference)
	}
	return child, request
}

// replacePending applies order_pending_replace, the first stage of a replace: the new order has its id.
func (m *Manager) replacePending(r *report) {
	i, request := m.replacement(r)
	if i == none {
		return
	}
	e := &m.orders.entries[i]
	staged := e.closed != 0 || e.is(flagAcknowledged)
	if request != none {
		m.endReplaceRequest(request, staged)
	}
	before, missed := e.Order.State, e.Order.Missed
	e.newer(r)
	if e.stamps.quantity == 0 {
		if r.has&hasQuantity != 0 {
			e.Order.Quantity = odds.Quantity(r.quantity)
		}
		if r.has&hasPrice != 0 {
			e.Order.Price = odds.Price(r.price)
		}
	}
	parent := m.orders.findID(r.orig)
	switch {
	case staged:
		marks.Hit(marks.ReplaceStagesSwapped)
	case parent == none:
		marks.Hit(marks.ReplaceOfUnknown)
		e.rare.reserved = int64(liability(e.Order.Side, e.Order.Quantity, e.Order.Price))
	default:
		o := &m.orders.entries[parent]
		if e.rare.reserved = o.replaceReserve(e.Order.Quantity, e.Order.Price); !o.newer(r) {
			// of its original at that time too little is known
			e.rare.reserved = int64(liability(e.Order.Side, e.Order.Quantity, e.Order.Price))
		}
		m.countDoubt(o)
		if request == none { // of another session: the overlay lasts until the second stage
			o.count(msg.PayloadOrderCancelReplace, 1)
			marks.Hit(marks.ReplaceElsewhere)
			m.commit(parent)
		}
	}
	m.finish(i, missed)
	ev := m.about(ReplacePending, e)
	ev.Before, ev.Other = before, r.orig
}

// raiseReplace raises what a replace reserves between its stages if an overtaken message about its original shows that
// it has to be more.
func (m *Manager) raiseReplace(o *entry) {
	for i := m.orders.live.head; i != none; i = m.orders.places[i].next {
		e := &m.orders.entries[i]
		if e.Order.Original != o.Order.ID || e.Order.State != PendingNew {
			continue
		}
		if reserved := o.replaceReserve(e.Order.Quantity, e.Order.Price); reserved > e.rare.reserved {
			marks.Hit(marks.ReplaceReserveRaised)
			e.rare.reserved = reserved
			m.commit(i)
		}
		return
	}
}

// endReplaceRequest ends the request of a replace after its first stage. The overlay of its original stays until the
// second one, unless that came before.
func (m *Manager) endReplaceRequest(i int32, staged bool) {
	q := m.requests.list[i]
	m.answer(i)
	if at := m.orders.findID(q.orderID); !staged && at != none {
		m.orders.entries[at].count(q.typ, 1)
		m.commit(at)
	}
	if q.doubt {
		m.aboutRequest(DoubtResolved, &q)
	}
}

// replaced applies order_cancel_replace_accepted, the second stage: the new order took the place of its original.
func (m *Manager) replaced(r *report) {
	if r.orig != 0 && m.orders.findID(r.orig) == none { // its acceptance comes later, or it is not kept
		m.parent = report{id: r.orig, stamp: r.stamp, market: r.market, contract: r.contract, side: r.side}
		m.order(&m.parent)
	}
	i, request := m.replacement(r)
	if i == none {
		return
	}
	parent := m.orders.findID(r.orig) // none if the new order took the last room
	m.endStage(i, parent, request)
	e := &m.orders.entries[i]
	before, missed := e.Order.State, e.Order.Missed
	e.newer(r)
	e.flags |= flagAcknowledged
	e.rare.reserved = 0
	if r.has&hasPrice != 0 {
		e.Order.Price = odds.Price(r.price)
	}
	quantity := e.Order.Quantity
	if r.has&hasQuantity != 0 {
		quantity = odds.Quantity(r.quantity)
	}
	left := quantity
	switch {
	case r.has&hasAvailable != 0:
		left = min(odds.Quantity(r.available), quantity)
	case parent != none:
		left = max(quantity-m.orders.entries[parent].Order.Executed, 0)
	}
	e.Order.Inherited = quantity - left
	if r.stamp >= e.stamps.quantity {
		e.Order.Quantity, e.stamps.quantity = quantity, r.stamp
	} else {
		e.Order.Quantity += e.Order.Inherited // a reduction that is newer counted without it
		marks.Hit(marks.ReplaceBeforeReduce)
	}
	if e.stamps.open == 0 {
		e.figures.available += int64(left)
		e.stamps.open = r.stamp
		if e.figures.available <= 0 { // by fills that came before and did not say what is available
			marks.Hit(marks.ReplacedFilled)
			e.close(Filled, Reason{}, e.Order.Sequence)
		}
	}
	m.finish(i, missed)
	ev := m.about(OrderReplaced, e)
	ev.Before, ev.Other = before, r.orig
	if parent != none {
		o := &m.orders.entries[parent]
		o.newer(r)
		o.flags |= flagAcknowledged
		o.close(Replaced, Reason{}, r.stamp)
		m.commit(parent)
	}
}

// endStage ends the wait for the second stage of a replace.
func (m *Manager) endStage(child, parent, request int32) {
	if request != none { // the first stage was not seen
		q := m.requests.list[request]
		marks.Hit(marks.ReplaceFirstStageMissed)
		m.answer(request)
		if q.doubt {
			m.aboutRequest(DoubtResolved, &q)
		}
		return
	}
	e := &m.orders.entries[child]
	staged := e.Order.State == PendingNew && e.Order.Quantity != 0
	if parent != none && staged {
		m.orders.entries[parent].count(msg.PayloadOrderCancelReplace, -1)
		m.commit(parent)
	}
}

// replaceRejected applies order_cancel_replace_rejected, the second stage: there is no new order. Whether the
// original is live is certain only if the replace came too late for it.
func (m *Manager) replaceRejected(r *report) {
	i, request := m.replacement(r)
	if i == none {
		return
	}
	parent := m.orders.findID(r.orig)
	m.endStage(i, parent, request)
	e := &m.orders.entries[i]
	missed := e.Order.Missed
	e.newer(r)
	e.rare.reserved = 0
	e.close(Rejected, Reason{r.typ, r.reason}, r.stamp)
	marks.Hit(marks.ReplaceStageTwoRejected)
	m.finish(i, missed)
	if parent == none {
		marks.Hit(marks.ReplaceRejectedUnknown)
		ev := m.about(ReplaceRejected, e)
		ev.OrderID, ev.Other, ev.Reason = r.orig, r.id, Reason{r.typ, r.reason}
		return
	}
	o := &m.orders.entries[parent]
	newest := o.newer(r)
	if newest && !o.Order.State.Terminal() && r.reason != int32(msg.OrderCancelReplaceRejectedTooLate) {
		o.flags |= flagUncertain
		marks.Hit(marks.ReplaceRejectedUncertain)
		o.Order.Overlay |= InDoubt
	}
	m.commit(parent)
	ev := m.about(ReplaceRejected, o)
	ev.Other, ev.Reason = r.id, Reason{r.typ, r.reason}
}
