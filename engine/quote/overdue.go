package quote

import "github.com/smk-go/smk/internal/marks"

// Some orders never get an answer, or are in doubt with nothing to end it: messages were lost, or the exchange has
// forgotten them. Each of the quoter's orders with something in flight, or in doubt, is in a list; when it has been
// there for Config.OverdueAfter, NextOverdue returns it and the caller asks the exchange: by a cancel, or at last by
// cancelling all orders of the market. What the answers prove, NotLive and Cleared say.

// watch is what is known of an order that waits for an answer.
type watch struct {
	since      int64  // clock reading from which it waits; unset until the next step
	born       uint64 // orders have rising numbers
	prev, next int32  // in the list of those that wait
	asked      uint8  // how often the caller asked about it
	listed     bool
	seen       bool // it was live once
	gone       bool // the exchange said that it is not live
	cleared    bool // all orders of its market were cancelled
	offBook    bool // it cannot be matched, whatever its state: it is in nobody's way
	distrusted bool // messages about it may be lost: the quoter's is cancelled
	inTheWay   bool // not the quoter's and distrusted, and a level that is wanted would cross it
}

// unset is no clock reading yet.
const unset = int64(-1)

// Overdue is an order that has waited too long.
type Overdue struct {
	Contract Contract
	Key      uint64
	State    State
	Asked    int  // how often Asked was called for it
	Replaces bool // it would take the place of an order that waits too
	Other    bool // it is not the quoter's, but in the way of a level that is wanted, and may have ended unseen
}

// waits reports whether an order needs an answer.
func (e *order) waits() bool {
	return !e.state.ended() && !e.offBook && e.key != 0 &&
		(e.cleared || e.gone || e.inTheWay || e.managed && e.state != Live)
}

// follow keeps an order in the list, or out of it, after a change of its state.
func (q *Quoter) follow(i int32, changed bool) {
	e := &q.orders[i]
	if e.state == Live && !e.seen {
		// A late report, or a request that was carried out late: only a cancel of the order says which.
		e.distrusted = e.cleared || e.offBook
		marks.Hit(marks.QuoteFirstLive)
		e.seen, e.cleared, e.offBook = true, false, false
	}
	if e.state == Live {
		e.asked = 0
	}
	if e.gone && e.state == InDoubt {
		q.leaveBook(i)
		marks.Hit(marks.QuoteGoneInDoubt)
	}
	switch {
	case !e.waits():
		q.unlist(i)
	case e.state == InDoubt && e.seen && e.asked == 0:
		q.unlist(i) // it has an id to ask by
		q.list(i, 0)
	case changed || !e.listed:
		q.unlist(i)
		q.list(i, unset)
	}
}

// list puts an order into the list: at its end, or at its head if it is due.
func (q *Quoter) list(i int32, since int64) {
	e := &q.orders[i]
	e.listed, e.since = true, since
	if since == unset {
		e.watch.prev, e.watch.next = q.waiting.tail, none
	} else {
		e.watch.prev, e.watch.next = none, q.waiting.head
	}
	if e.watch.prev == none {
		q.waiting.head = i
	} else {
		q.orders[e.watch.prev].watch.next = i
	}
	if e.watch.next == none {
		q.waiting.tail = i
	} else {
		q.orders[e.watch.next].watch.prev = i
	}
}

func (q *Quoter) unlist(i int32) {
	e := &q.orders[i]
	if !e.listed {
		return
	}
	e.listed = false
	if e.watch.prev == none {
		q.waiting.head = e.watch.next
	} else {
		q.orders[e.watch.prev].watch.next = e.watch.next
	}
	if e.watch.next == none {
		q.waiting.tail = e.watch.prev
	} else {
		q.orders[e.watch.next].watch.prev = e.watch.prev
	}
}

// stamp gives those that joined the list the time. They are at its end.
func (q *Quoter) stamp(now int64) {
	for i := q.waiting.tail; i != none && q.orders[i].since == unset; i = q.orders[i].watch.prev {
		q.orders[i].since = now
	}
}

// leaveBook notes that an order is off the book: nothing waits for it any more.
func (q *Quoter) leaveBook(i int32) {
	e := &q.orders[i]
	e.offBook = true
	q.part(i)
	q.unlist(i)
	q.mark(e.contract)
}

// NextOverdue returns an order that has waited for Config.OverdueAfter, and false if there is none. It returns it
// again after as long, unless Urge is called.
//
// The caller finds out what became of the order, as a rule by a cancel, and says so with Asked. If the answer says
// that the order is not live, it calls NotLive. If nothing names the order, or asking is of no use, it cancels all
// orders of the market and calls Clearing and Cleared.
func (q *Quoter) NextOverdue(now int64) (o Overdue, ok bool) {
	q.stamp(now)
	for i := q.waiting.head; i != none; i = q.waiting.head {
		e := &q.orders[i]
		if e.since != 0 && e.since+q.config.OverdueAfter > now {
			break
		}
		if e.gone || e.cleared {
			q.leaveBook(i)
			marks.Hit(marks.QuoteLeftBook)
			continue
		}
		if !e.managed && !q.wouldCross(e) {
			e.inTheWay = false
			marks.Hit(marks.QuoteOutOfTheWay)
			q.unlist(i)
			continue
		}
		q.unlist(i)
		q.list(i, unset)
		e.since = now
		if e.offered != 0 {
			continue
		}
		c := &q.contracts[e.contract]
		waits := e.other != none && e.second && q.orders[e.other].waits()
		marks.Hit(marks.QuoteOverdue)
		return Overdue{c.id, e.key, e.state, int(e.asked), waits, !e.managed}, true
	}
	return o, false
}

// wouldCross reports whether a level that is wanted would match an order.
func (q *Quoter) wouldCross(e *order) bool {
	s := 1 - int(e.side)
	best := q.wish(e.contract, s)
	return q.reasons(&q.contracts[e.contract]) == 0 && len(best) > 0 && crosses(s, best[0].Price, e.price)
}

// OverdueAt returns the clock reading at which NextOverdue has something to return.
func (q *Quoter) OverdueAt(now int64) (at int64, ok bool) {
	q.stamp(now)
	i := q.waiting.head
	if i == none {
		return 0, false
	}
	if q.orders[i].since == 0 {
		return now, true
	}
	return q.orders[i].since + q.config.OverdueAfter, true
}

// Waiting reports whether an order waits for an answer.
func (q *Quoter) Waiting() bool { return q.waiting.head != none }

// Asked notes that the exchange was asked about an order.
func (q *Quoter) Asked(key uint64) {
	if i := q.byKey.find(key); i != none {
		q.orders[i].asked = min(q.orders[i].asked, 254) + 1
	}
}

// Urge makes an order overdue that waits: there was no room to ask about it.
func (q *Quoter) Urge(key uint64) {
	if i := q.byKey.find(key); i != none && q.orders[i].listed {
		q.unlist(i)
		q.list(i, 0)
	}
}

// UrgeAll makes all orders overdue that wait: their answers were lost with a connection.
func (q *Quoter) UrgeAll() {
	for i := q.waiting.head; i != none; i = q.orders[i].watch.next {
		q.orders[i].since = 0
	}
}

// NotLive says that the exchange called an order not live. If no report ends it, Apply with InDoubt or the time does:
// it is off the book, and its place is free. Of an order that was never live the answer proves nothing, for it
// may become so: a replace between its stages.
func (q *Quoter) NotLive(key uint64) {
	if i := q.byKey.find(key); i != none && q.orders[i].seen {
		q.orders[i].gone = true
		marks.Hit(marks.QuoteNotLive)
		q.follow(i, false)
	}
}

// Clearing says that a request to cancel all orders of a market was sent, or of all markets if that is 0; reference
// names it, and is not 0. One that is not answered yet goes on to count for Config.OverdueAfter.
func (q *Quoter) Clearing(id uint32, reference uint64, now int64) {
	q.eachMarket(id, func(m *market) {
		if m.clearing == 0 || now-m.clearingAt >= q.config.OverdueAfter {
			m.clearing, m.clearingAt, m.clearBefore = reference, now, q.births
		}
	})
}

// Cleared says that the exchange accepted, or refused, the request that Clearing named. If it accepted, the orders
// that had been sent before it are off the book: they have Config.OverdueAfter to be reported as ended, and are in
// nobody's way afterwards.
func (q *Quoter) Cleared(id uint32, reference uint64, accepted bool) {
	q.eachMarket(id, func(m *market) {
		if m.clearing != reference || reference == 0 {
			return
		}
		m.clearing = 0
		for slot := m.first; slot != none && accepted; slot = q.contracts[slot].next {
			for s := range q.contracts[slot].sides {
				for i := q.contracts[slot].sides[s].first; i != none; i = q.orders[i].next {
					if e := &q.orders[i]; e.born <= m.clearBefore && e.key != 0 {
						e.cleared = true
						marks.Hit(marks.QuoteCleared)
						q.follow(i, true)
					}
				}
			}
		}
	})
}

// IsClearing reports whether a request to cancel all orders of a market is under way, or was accepted and the orders
// have time left to be reported as ended.
func (q *Quoter) IsClearing(id uint32, now int64) bool {
	m := q.byMarket.find(marketKey(id))
	return m != none && q.markets[m].clearingAt != 0 && now-q.markets[m].clearingAt < q.config.OverdueAfter
}

// eachMarket calls f for a market, or for all if that is 0.
func (q *Quoter) eachMarket(id uint32, f func(m *market)) {
	if id != 0 {
		if m := q.byMarket.find(marketKey(id)); m != none {
			f(&q.markets[m])
		}
		return
	}
	for i := range q.markets {
		if q.inUse(int32(i)) {
			f(&q.markets[i])
		}
	}
}

// Distrust says that reports about orders may be lost: the quoter's orders that are live are cancelled and placed
// anew, because they may have been filled, or ended, without a sign. Other orders are as they were; one that a wanted
// level would cross is overdue after Config.OverdueAfter.
func (q *Quoter) Distrust() {
	for i := range q.markets {
		if !q.inUse(int32(i)) {
			continue
		}
		for slot := q.markets[i].first; slot != none; slot = q.contracts[slot].next {
			for s := range q.contracts[slot].sides {
				for i := q.contracts[slot].sides[s].first; i != none; i = q.orders[i].next {
					q.orders[i].distrusted = q.orders[i].distrusted || q.orders[i].seen
					marks.Hit(marks.QuoteDistrusted)
					q.mark(slot)
				}
			}
		}
	}
}

// OverdueAfter returns the setting, with its default.
func (q *Quoter) OverdueAfter() int64 { return q.config.OverdueAfter }
