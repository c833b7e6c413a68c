package order

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/odds"
)

// executed applies order_executed.
func (m *Manager) executed(r *report) {
	if r.has&hasPrice == 0 || r.quantity == 0 {
		m.anomaly(BadField, nil).OrderID = r.id
		return
	}
	i := m.order(r)
	if i == none {
		return
	}
	e := &m.orders.entries[i]
	if r.sequence == 0 && r.has&hasTotal != 0 && int64(r.total) <= e.figures.seen {
		m.stats.Repeated++ // its total says that the fill was seen
		marks.Hit(marks.FillRepeated)
		return
	}
	before, missed := e.Order.State, e.Order.Missed
	if e.closed != 0 && r.stamp > e.stamps.close || e.is(flagVoided) && r.stamp > e.stamps.total {
		m.anomaly(FillAfterEnd, e)
		marks.Hit(marks.FillAfterEnd)
	}
	e.newer(r)
	e.flags |= flagAcknowledged
	q, p := e.late(r)
	m.fills.executed(e, q, p, r.timeout > 0)
	e.figures.seen += q
	e.figures.seenCost += q * int64(p)
	if r.timeout > 0 {
		e.figures.pending += q
		e.figures.pendingCost += q * int64(p)
	}
	e.setTotal(r, q)
	e.setOpen(r, -int64(r.quantity))
	if r.has&hasAvailable != 0 && r.available == 0 ||
		r.has&hasAvailable == 0 && e.stamps.open > 0 && e.figures.available <= 0 {
		e.close(Filled, Reason{}, r.stamp)
	}
	m.reduceAgain(e)
	m.finish(i, missed)
	ev := m.about(OrderFilled, e)
	ev.Before, ev.Fill = before, Fill{odds.Price(r.price), odds.Quantity(r.quantity), r.timeout > 0}
}

// late returns a fill as it is after the reduction of its order, if the report of the fill is older than that.
func (e *entry) late(r *report) (int64, odds.Price) {
	if r.stamp < e.rare.atReduced && e.rare.factor != 0 {
		marks.Hit(marks.FillBeforeReduction)
		q, p := reduceFill(r.quantity, r.price, msg.ReduceType(e.rare.reduceType), uint32(e.rare.factor))
		return int64(q), odds.Price(p)
	}
	return int64(r.quantity), odds.Price(r.price)
}

// executed records a fill, whose confirmation or void may have come before it.
func (f *fills) executed(e *entry, q int64, p odds.Price, provisional bool) {
	if !provisional {
		f.add(e, finalFill, q, p)
		return
	}
	confirmed := f.take(e, earlyConfirm, q, p)
	marks.Hit(marks.FillProvisional)
	f.add(e, finalFill, confirmed, p)
	q -= confirmed
	q -= f.take(e, earlyVoid, q, p)
	f.add(e, provisionalFill, q, p)
}

// confirmed applies order_execute_confirmed.
func (m *Manager) confirmed(r *report) {
	i := m.fillOrder(r)
	if i == none {
		return
	}
	e := &m.orders.entries[i]
	before, missed := e.Order.State, e.Order.Missed
	e.newer(r)
	q, p := e.late(r)
	taken := m.fills.take(e, provisionalFill, q, p)
	m.fills.add(e, finalFill, taken, p)
	m.fills.add(e, earlyConfirm, q-taken, p)
	marks.Hit(marks.FillConfirmed)
	e.figures.pending -= q
	e.figures.pendingCost -= q * int64(p)
	if e.figures.pending < 0 {
		m.anomaly(NotProvisional, e)
		marks.Hit(marks.ConfirmedNotProvisional)
	}
	m.reduceAgain(e)
	m.finish(i, missed)
	ev := m.about(FillConfirmed, e)
	ev.Before, ev.Fill = before, Fill{odds.Price(r.price), odds.Quantity(r.quantity), false}
}

// fillOrder returns the slot of the order whose fill a report is about.
func (m *Manager) fillOrder(r *report) int32 {
	if r.has&hasPrice == 0 || r.quantity == 0 {
		m.anomaly(BadField, nil).OrderID = r.id
		return none
	}
	if m.orders.findID(r.id) == none {
		m.stats.Unknown++
	}
	return m.order(r)
}

// fillVoided applies order_execute_voided.
func (m *Manager) fillVoided(r *report) {
	i := m.fillOrder(r)
	if i == none {
		return
	}
	e := &m.orders.entries[i]
	before, missed := e.Order.State, e.Order.Missed
	e.newer(r)
	e.flags |= flagAcknowledged
	q, p := e.late(r)
	cost := q * int64(p)
	newest := r.stamp >= e.stamps.total
	taken := m.fills.take(e, provisionalFill, q, p)
	final := taken == 0 && e.figures.pending < q && newest && r.has&hasTotal != 0 && int64(r.total)+q == e.figures.total
	if final && m.fills.has(e, finalFill, q, p) {
		m.fills.take(e, finalFill, q, p) // it had been confirmed
		marks.Hit(marks.FinalFillVoided)
	} else {
		m.fills.add(e, earlyVoid, q-taken, p)
		marks.Hit(marks.ProvisionalVoided)
		e.figures.pending -= q
		e.figures.pendingCost -= cost
		if e.figures.pending < 0 {
			m.anomaly(NotProvisional, e)
			marks.Hit(marks.VoidedNotProvisional)
		}
	}
	e.figures.seen -= q
	e.figures.seenCost -= cost
	e.rare.voided += q
	e.setTotal(r, -q)
	e.setOpen(r, 0)
	if r.stamp < e.stamps.quantity {
		e.Order.Quantity += odds.Quantity(q) // a reduction that is newer counted without it
		marks.Hit(marks.VoidBeforeReduce)
	}
	m.finish(i, missed)
	ev := m.about(FillVoided, e)
	ev.Before, ev.Fill = before, Fill{odds.Price(r.price), odds.Quantity(r.quantity), false}
}

// reduced applies order_quantity_reduced.
func (m *Manager) reduced(r *report) {
	if r.has&hasNew == 0 {
		m.anomaly(BadField, nil).OrderID = r.id
		return
	}
	i := m.order(r)
	if i == none {
		return
	}
	e := &m.orders.entries[i]
	before, missed := e.Order.State, e.Order.Missed
	e.newer(r)
	e.flags |= flagAcknowledged
	e.setTotal(r, 0)
	if r.stamp >= e.stamps.quantity {
		at := e.figures.total
		if r.has&hasTotal != 0 {
			at = int64(r.total)
		}
		e.Order.Quantity, e.stamps.quantity = odds.Quantity(at+int64(r.newQty)+e.rare.voided)+e.Order.Inherited, r.stamp
	}
	r.available = r.newQty
	r.has |= hasAvailable
	e.setOpen(r, 0)
	if r.newQty == 0 {
		e.close(Cancelled, Reason{Code: reasonReducedToNothing}, r.stamp)
		marks.Hit(marks.ReducedToNothing)
	}
	m.finish(i, missed)
	ev := m.about(OrderReduced, e)
	ev.Before, ev.Fill.Quantity = before, odds.Quantity(r.newQty)
	ev.Reason = Reason{r.typ, r.reason}
}

// runnerReduced applies order_reduced: the fills of an order were reduced for a non-runner. The factor comes with
// the state of the market.
func (m *Manager) runnerReduced(r *report) {
	known := m.orders.findID(r.id) != none
	i := m.order(r)
	if i == none {
		return
	}
	e := &m.orders.entries[i]
	before, missed, total := e.Order.State, e.Order.Missed, e.figures.total
	e.newer(r)
	e.flags |= flagAcknowledged
	if !known {
		m.unknownFills(e)
	}
	again := e.is(flagInexact)
	source := e.figures.seen
	newest := r.stamp >= e.stamps.total
	e.setTotal(r, int64(r.quantity)-int64(r.source))
	if r.has&hasAvailable != 0 {
		e.setOpen(r, 0)
	}
	if newest || e.rare.totalCost == 0 {
		e.rare.totalCost = e.figures.total * int64(r.average)
	}
	e.rare.atReduced = max(e.rare.atReduced, r.stamp)
	switch {
	case again: // which reduction the newest factor is of is not known
		marks.Hit(marks.RunnerReducedAgain)
		m.fills.release(e)
		e.flags |= flagFolded
	case m.reduceExactly(e, r.has&hasSource != 0 && source != int64(r.source)):
	default:
		e.flags |= flagInexact
		m.anomaly(InexactReduction, e)
		marks.Hit(marks.ReductionInexact)
		m.inexact(1)
	}
	m.finish(i, missed)
	ev := m.about(RunnerReduced, e)
	ev.Before, ev.Expected, ev.Reported = before, total, e.figures.total
}

// reduceExactly reduces the fills of an order one by one by the factor of its contract, if they then add up to what
// the exchange says, or cannot because fills were not seen.
func (m *Manager) reduceExactly(e *entry, unseen bool) bool {
	if e.links.contract == none || e.is(flagFolded) {
		return false
	}
	c := &m.markets.contracts[e.links.contract]
	if c.factor == 0 {
		return false
	}
	t := msg.ReduceType(c.reduce)
	s := m.fills.reduced(e, t, c.factor)
	if !unseen && (s.seen != e.figures.total || s.seen > 0 && (s.cost+s.seen/2)/s.seen*s.seen != e.rare.totalCost) {
		return false
	}
	m.fills.reduce(e, t, c.factor)
	e.rare.reduceType, e.rare.factor = c.reduce, c.factor
	g := &e.figures
	g.seen, g.seenCost, g.pending, g.pendingCost = s.seen, s.cost, s.pending, s.pendingCost
	return true
}

// reduceLate makes reductions exact whose factor comes after them.
func (m *Manager) reduceLate(contract int32) {
	c := &m.markets.contracts[contract]
	for _, l := range [...]*list{&c.ended, &c.live} {
		for i := l.head; i != none; {
			next := m.orders.inContract[i].next
			if m.reduceAgain(&m.orders.entries[i]) {
				marks.Hit(marks.ReductionByState)
				m.commit(i)
			}
			i = next
		}
	}
}

// reduceAgain makes the reduction of an order exact if it was not and can be now.
func (m *Manager) reduceAgain(e *entry) bool {
	if !e.is(flagInexact) || !m.reduceExactly(e, false) {
		return false
	}
	e.flags &^= flagInexact
	marks.Hit(marks.ReductionExactLate)
	m.inexact(-1)
	return true
}

// orderVoided applies order_voided: the order was voided after the fact.
func (m *Manager) orderVoided(r *report) {
	known := m.orders.findID(r.id) != none
	i := m.order(r)
	if i == none {
		return
	}
	e := &m.orders.entries[i]
	before, total := e.Order.State, e.figures.total
	e.newer(r)
	e.flags |= flagAcknowledged | flagVoided
	marks.Hit(marks.OrderVoided)
	if !known {
		m.unknownFills(e)
	}
	if r.stamp >= e.stamps.total {
		e.figures.total, e.stamps.total = int64(r.total), r.stamp
		e.rare.totalCost = e.figures.total * int64(r.average)
	}
	m.finish(i, e.Order.Missed)
	ev := m.about(OrderVoided, e)
	ev.Before, ev.Expected, ev.Reported = before, total, e.figures.total
}

// unknownFills reports that fills of an order change that is not kept: what they were is not known, and its
// contract's position is not right any more unless that is closed.
func (m *Manager) unknownFills(e *entry) {
	m.stats.Unknown++
	if e.links.contract != none && m.markets.contracts[e.links.contract].closed {
		return
	}
	m.anomaly(UnknownOrder, e)
	marks.Hit(marks.FillsOfUnknown)
	e.flags |= flagForgotten
	m.forgotten(1)
}
