package order

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// effect is what a message of a type does.
type effect struct {
	apply   func(*Manager, *report)
	request msg.PayloadType // that it answers; 0 if none, or if apply finds out
}

// effects is the table of the state machine: a message of each type, whatever the state of the order, is applied as
// a fact, and the state follows from the facts.
var effects = [msg.PayloadOrderCancelReplaceRejected + 1]effect{
	msg.PayloadOrderAccepted:               {apply: (*Manager).accepted},
	msg.PayloadOrderRejected:               {apply: (*Manager).refused},
	msg.PayloadOrderInvalid:                {apply: (*Manager).refused},
	msg.PayloadOrderExecuted:               {apply: (*Manager).executed},
	msg.PayloadOrderExecuteConfirmed:       {apply: (*Manager).confirmed},
	msg.PayloadOrderExecuteVoided:          {apply: (*Manager).fillVoided},
	msg.PayloadOrderCancelled:              {apply: (*Manager).cancelled, request: msg.PayloadOrderCancel},
	msg.PayloadOrderCancelRejected:         {apply: (*Manager).cancelRejected},
	msg.PayloadOrderQuantityReduced:        {apply: (*Manager).reduced, request: msg.PayloadOrderQuantityReduce},
	msg.PayloadOrderQuantityReduceRejected: {apply: (*Manager).reduceRejected, request: msg.PayloadOrderQuantityReduce},
	msg.PayloadOrderReduced:                {apply: (*Manager).runnerReduced},
	msg.PayloadOrderVoided:                 {apply: (*Manager).orderVoided},
	msg.PayloadOrderCancelAllAccepted:      {apply: (*Manager).cancelAllAnswered, request: msg.PayloadOrderCancelAll},
	msg.PayloadOrderCancelAllRejected:      {apply: (*Manager).cancelAllAnswered, request: msg.PayloadOrderCancelAll},
	msg.PayloadOrderPendingReplace:         {apply: (*Manager).replacePending},
	msg.PayloadOrderCancelReplaceAccepted:  {apply: (*Manager).replaced},
	msg.PayloadOrderCancelReplaceRejected:  {apply: (*Manager).replaceRejected},
	msg.PayloadBalanceChanged:              {apply: (*Manager).balanceChanged},
}

// Applies reports whether Apply does anything with messages of a type.
func Applies(typ msg.PayloadType) bool {
	return typ == msg.PayloadMarketState || typ >= 0 && int(typ) < len(effects) && effects[typ].apply != nil
}

// Apply applies a message. Types that are not about orders, money or the state of a market are ignored. The events
// are valid until the next call that changes the Manager. A message whose account sequence was applied before
// changes nothing.
func (m *Manager) Apply(p *msg.Payload, in Input) []Event {
	m.begin(in.Now)
	m.replayed = in.Replayed
	if m.applyFast(p, &in) {
		return m.done()
	}
	if p.GetType() == msg.PayloadMarketState {
		m.marketState(p.GetMarketState())
	} else if m.report = (report{}); m.report.read(p) {
		m.applyReport(&m.report, in)
	}
	m.checkDrift(false)
	return m.done()
}

func (m *Manager) applyReport(r *report, in Input) {
	m.stats.Messages++
	if in.AccountSequence != 0 {
		r.sequence = in.AccountSequence
	}
	if in.RequestSeq != 0 {
		r.seq = in.RequestSeq
	} else if in.Replayed || r.has&hasReference != 0 {
		r.seq = 0 // a sequence of an earlier connection
	}
	m.sequence = r.sequence
	if r.typ == msg.PayloadBalanceChanged {
		r.sequence = 0
	}
	if r.sequence > sequenceMax || r.sequence+m.window.base > stampMax {
		m.anomaly(BadField, nil).OrderID = r.id
		r.sequence = 0
	}
	r.stamp = m.window.stamp(r.sequence)
	m.last[m.lastNext] = Message{r.typ, r.sequence, r.id, m.now}
	m.lastNext = (m.lastNext + 1) % lastMax
	if !r.valid() {
		ev := m.anomaly(BadField, nil)
		ev.OrderID, ev.Market, ev.Contract = r.id, r.market, r.contract
		return
	}
	if r.sequence != 0 {
		switch m.window.add(r.stamp) {
		case repeated:
			m.stats.Repeated++
			return
		case tooOld:
			ev := m.anomaly(TooOld, nil)
			ev.OrderID, ev.Market, ev.Contract = r.id, r.market, r.contract
			m.incomplete(MessagesLost)
			return
		}
	}
	f := &effects[r.typ]
	if f.request != 0 {
		if i := m.requests.find(r.reference, r.seq, f.request); i != none {
			m.answerTo(i, r)
		}
	}
	reserved := m.account.reserved()
	f.apply(m, r)
	m.applyAmounts(r.has&(hasBalance|hasExposure), r.balance, r.exposure, r.stamp, reserved)
}

// answerTo ends a request that a report answers.
func (m *Manager) answerTo(i int32, r *report) {
	q := m.requests.list[i]
	if r.typ == msg.PayloadOrderCancelAllAccepted || r.typ == msg.PayloadOrderCancelAllRejected {
		r.market = q.market
	}
	m.answer(i)
	if q.doubt {
		m.aboutRequest(DoubtResolved, &q)
	}
}

// order returns the slot of the order that a report is about, a new one of another session's if need be, or none.
func (m *Manager) order(r *report) int32 {
	if r.id == 0 {
		m.anomaly(BadField, nil)
		return none
	}
	i := m.orders.findID(r.id)
	if i == none {
		if i = m.claim(true); i == none {
			m.overflow(r)
			return none
		}
		m.orders.setID(i, r.id)
		m.orders.entries[i].update(m.now)
	}
	m.identify(i, r)
	return i
}

// overflow reports that an order finds no room.
func (m *Manager) overflow(r *report) {
	ev := m.emit(Overflow)
	ev.OrderID, ev.Market, ev.Contract = r.id, r.market, r.contract
	m.incomplete(Overflowed)
}

// identify notes what a report says about where an order is.
func (m *Manager) identify(i int32, r *report) {
	e := &m.orders.entries[i]
	if e.is(flagForgotten) && r.stamp < e.Order.Sequence { // what is older than the change comes: it was not forgotten
		e.flags &^= flagForgotten
		m.forgotten(-1)
	}
	if e.Order.Price == 0 && r.origPrice != 0 {
		e.Order.Price = odds.Price(r.origPrice)
		m.commit(i)
	}
	if e.links.contract != none || r.market == 0 || e.Order.Side == 0 && r.side == 0 {
		return
	}
	if e.Order.Side == 0 {
		e.Order.Side = r.side
	}
	if !m.place(i, r.market, r.contract) {
		m.overflow(r)
		return
	}
	m.commit(i) // what came before its contract was known
}

// newer notes that a report is about an order, and reports whether none that came before is newer.
func (e *entry) newer(r *report) bool {
	if r.stamp < e.Order.Sequence {
		return false
	}
	e.Order.Sequence = r.stamp
	if e.is(flagUncertain | flagGone) {
		e.Order.Overlay &^= InDoubt
		e.flags &^= flagUncertain | flagGone
	}
	return true
}

// setTotal notes what a report says about the executed quantity, or else by how much it changed.
func (e *entry) setTotal(r *report, change int64) {
	switch {
	case r.stamp < e.stamps.total:
	case r.has&hasTotal != 0:
		e.figures.total, e.stamps.total = int64(r.total), r.stamp
	default:
		e.figures.total += change
	}
}

// setOpen notes what a report says about the available quantity, or else by how much it changed.
func (e *entry) setOpen(r *report, change int64) {
	switch {
	case r.stamp < e.stamps.open:
	case r.has&hasAvailable != 0:
		e.figures.available, e.stamps.open = int64(r.available), r.stamp
	default:
		e.figures.available += change
	}
}

// bounded reports whether an order's sums are believable, so that none overflows.
func (e *entry) bounded() bool {
	return magnitude(e.figures.seen) <= quantitySumMax && magnitude(e.figures.pending) <= quantitySumMax &&
		magnitude(e.figures.seenCost) <= costSumMax && magnitude(e.figures.pendingCost) <= costSumMax &&
		magnitude(e.figures.total) <= quantitySumMax && magnitude(e.figures.available) <= quantitySumMax &&
		e.Order.Quantity <= 2*QuantityMax &&
		magnitude(e.rare.voided) <= quantitySumMax
}

// finish commits an order after a report and reports a difference between its fills and its total.
func (m *Manager) finish(i int32, missed odds.Quantity) *entry {
	e := &m.orders.entries[i]
	if !e.bounded() {
		e.flags |= flagUnbooked
		e.figures = figures{available: min(max(e.figures.available, 0), int64(QuantityMax))}
		e.rare.voided, e.Order.Quantity = 0, min(e.Order.Quantity, QuantityMax)
		m.about(Overflow, e)
		m.incomplete(Overflowed)
	}
	m.commit(i)
	if e.requests.replaces > 0 && m.report.stamp < e.Order.Sequence {
		m.raiseReplace(e)
	}
	if e.Order.Missed != missed {
		ev := m.about(MissedFill, e)
		ev.Expected, ev.Reported = e.figures.seen, e.figures.total
		m.missing(missed, e.Order.Missed)
	}
	return e
}

// accepted applies order_accepted.
func (m *Manager) accepted(r *report) {
	i := m.acceptedOrder(r)
	if i == none {
		return
	}
	e := &m.orders.entries[i]
	before, missed, doubt := e.Order.State, e.Order.Missed, e.Order.Overlay&InDoubt != 0
	m.identify(i, r)
	e.newer(r)
	if e.closed == NotPlaced {
		e.closed, e.Order.Reason = 0, Reason{}
		m.anomaly(Reappeared, e)
	}
	e.flags |= flagAcknowledged
	e.Order.Overlay &^= InDoubt
	if r.has&hasPrice != 0 {
		e.Order.Price = odds.Price(r.price)
	}
	quantity := e.Order.Quantity
	if r.has&hasQuantity != 0 {
		quantity = odds.Quantity(r.quantity)
	}
	if e.stamps.quantity == 0 {
		e.Order.Quantity, e.stamps.quantity = quantity, r.stamp
	}
	if e.stamps.open == 0 {
		e.figures.available += int64(quantity)
		e.stamps.open = r.stamp
		if e.figures.available <= 0 { // by fills that came before and did not say what is available
			e.close(Filled, Reason{}, e.Order.Sequence)
		}
	}
	m.finish(i, missed)
	m.about(OrderAccepted, e).Before = before
	if doubt {
		m.about(DoubtResolved, e).Request = msg.PayloadOrderCreate
	}
}

// acceptedOrder returns the slot of the order that an acceptance is about. Events that came before it may have made
// an order of another session of it.
func (m *Manager) acceptedOrder(r *report) int32 {
	if r.id == 0 {
		m.anomaly(BadField, nil)
		return none
	}
	own := m.orders.findSent(r.reference, r.seq)
	if own != none {
		e := &m.orders.entries[own]
		switch {
		case e.Order.ID == r.id:
			return own
		case e.Order.ID != 0 || e.Order.State != PendingNew && e.closed != NotPlaced:
			own = none // the reference is used a second time
		case r.market != 0 && (e.Order.Market != r.market || e.Order.Contract != r.contract),
			r.side != 0 && e.Order.Side != r.side:
			m.anomaly(ReferenceMismatch, e).Other = r.id
			own = none
		}
	}
	if own == none {
		i := m.order(r)
		if i != none && m.orders.entries[i].Order.Foreign {
			m.refer(i, r.reference)
		}
		return i
	}
	if early := m.orders.findID(r.id); early != none {
		if !m.orders.entries[early].Order.Foreign { // it is another order of ours
			m.anomaly(ReferenceMismatch, &m.orders.entries[own]).Other = r.id
			return early
		}
		return m.merge(early, own)
	}
	m.orders.setID(own, r.id)
	return own
}

// refer gives an order the reference that a report names, of a request that is not known: another session's, or one of
// an earlier run.
func (m *Manager) refer(i int32, reference uint64) {
	e := &m.orders.entries[i]
	e.Order.Reference = reference
	if m.own.has(reference) && e.links.contract != none && m.orders.findRef(reference) == none {
		e.Order.Foreign = false
		m.orders.setRef(i, reference)
	}
}

// merge makes an order of ours of the one that events before its acceptance made, and frees the slot of its create.
func (m *Manager) merge(early, own int32) int32 {
	o := m.orders.entries[own]
	d := booked{}.minus(&o.booked)
	m.book(o.links.contract, &d)
	m.release(own)
	e := &m.orders.entries[early]
	e.Order.Foreign, e.Order.Sent, e.sent = false, o.Order.Sent, o.sent
	m.orders.setRef(early, o.Order.Reference)
	e.Order.Overlay |= o.Order.Overlay & InDoubt
	if e.closed == 0 && o.closed != 0 {
		e.closed, e.Order.Reason, e.stamps.close = o.closed, o.Order.Reason, o.stamps.close
	}
	if e.stamps.quantity == 0 {
		e.Order.Quantity = o.Order.Quantity
	}
	m.hide(e)
	m.unstake(e)
	e.Order.Side, e.Order.Price = o.Order.Side, o.Order.Price
	if e.links.contract == none && !m.place(early, o.Order.Market, o.Order.Contract) {
		panic("BUG: order: no room for a contract in use")
	}
	m.commit(early)
	return early
}

// refused applies order_rejected and order_invalid.
func (m *Manager) refused(r *report) {
	i := m.orders.findSent(r.reference, r.seq)
	if i == none {
		return // of another session
	}
	e := &m.orders.entries[i]
	if e.Order.ID != 0 || e.Order.State != PendingNew && e.closed != NotPlaced {
		return
	}
	before, doubt := e.Order.State, e.Order.Overlay&InDoubt != 0
	state := Rejected
	if r.typ == msg.PayloadOrderInvalid {
		state = Invalid
	}
	e.newer(r)
	e.close(state, Reason{r.typ, r.reason}, r.stamp)
	m.commit(i)
	m.about(OrderEnded, e).Before = before
	if doubt {
		m.about(DoubtResolved, e).Request = msg.PayloadOrderCreate
	}
}

// cancelled applies order_cancelled.
func (m *Manager) cancelled(r *report) {
	i := m.order(r)
	if i == none {
		return
	}
	e := &m.orders.entries[i]
	before, missed := e.Order.State, e.Order.Missed
	e.newer(r)
	e.flags |= flagAcknowledged
	e.setTotal(r, 0)
	e.close(Cancelled, Reason{r.typ, r.reason}, r.stamp)
	m.finish(i, missed)
	m.about(OrderCancelled, e).Before = before
}

// cancelRejected applies order_cancel_rejected, which also answers the first stage of a replace.
func (m *Manager) cancelRejected(r *report) {
	typ, kind := msg.PayloadOrderCancel, CancelRejected
	if r.orig != 0 && r.id == 0 {
		typ, kind, r.id = msg.PayloadOrderCancelReplace, ReplaceRejected, r.orig
	}
	if i := m.requests.find(r.reference, r.seq, typ); i != none {
		m.answerTo(i, r)
	}
	gone := r.reason == int32(msg.OrderCancelRejectedNotFound) || r.reason == int32(msg.OrderCancelRejectedNotLive)
	m.requestRejected(r, kind, gone)
}

// reduceRejected applies order_quantity_reduce_rejected.
func (m *Manager) reduceRejected(r *report) {
	gone := r.reason == int32(msg.OrderQuantityReduceRejectedNotFound) ||
		r.reason == int32(msg.OrderQuantityReduceRejectedNotLive)
	m.requestRejected(r, ReduceRejected, gone)
}

// requestRejected reports that a request had no effect. gone says that its order is not live: if nothing ends it
// soon it is in doubt.
func (m *Manager) requestRejected(r *report, kind EventKind, gone bool) {
	i := m.orders.findID(r.id)
	if i == none || r.id == 0 {
		ev := m.emit(kind)
		ev.OrderID, ev.Market, ev.Contract, ev.Reason = r.id, r.market, r.contract, Reason{r.typ, r.reason}
		return
	}
	e := &m.orders.entries[i]
	newest := e.newer(r)
	if gone && newest && !e.Order.State.Terminal() {
		e.flags |= flagGone
		e.rare.deadline = m.now + goneAfter
		m.gone.push(e)
	}
	m.commit(i)
	m.about(kind, e).Reason = Reason{r.typ, r.reason}
}

// cancelAllAnswered applies order_cancel_all_accepted and order_cancel_all_rejected.
func (m *Manager) cancelAllAnswered(r *report) {
	kind := CancelAllAccepted
	if r.typ == msg.PayloadOrderCancelAllRejected {
		kind = CancelAllRejected
	}
	ev := m.emit(kind)
	ev.Reference, ev.Market = r.reference, r.market
	if kind == CancelAllRejected {
		ev.Reason = Reason{r.typ, r.reason}
	}
}
