package quote

import (
	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/odds"
)

// Apply takes over an own order as it stands, the quoter's or not, after each of its changes. Of a replace both
// orders are reported: the one that is to go, and the one that is to come. If the first is Live again, the replace
// failed, and the second is forgotten. If the first ended for another reason, NotPlaced has to end the second. An
// order that ended is forgotten.
//
// It returns ErrOrder or ErrPrice for an order that makes no sense, which changes nothing, and ErrOrdersFull or
// ErrContractsFull if there is no room. The contract is then not quoted, for the reason Untracked, until
// HoldContract clears that; a contract that has no room itself cannot be quoted until the caller knows its orders and
// calls Tracked.
func (q *Quoter) Apply(o *Order) error {
	if o.Key == 0 || !o.Side.Valid() || o.State == 0 || o.State > Closed {
		return ErrOrder
	}
	i := q.byKey.find(o.Key)
	ended := o.State.ended() || o.Open == 0 && o.State < InDoubt && o.State != PendingNew
	if i == none {
		if ended {
			return nil
		}
		marks.Hit(marks.QuoteTracked)
		return q.track(o)
	}
	e := &q.orders[i]
	if e.side != sideIndex(o.Side) || q.contracts[e.contract].id != o.Contract || !ended && !o.Price.Valid() {
		return ErrOrder
	}
	q.mark(e.contract)
	q.judge(i, o, ended)
	e.managed = e.managed || o.Managed
	if ended {
		q.end(i)
		return nil
	}
	changed := e.state != o.State
	e.state, e.price, e.open, e.executed, e.reduced = o.State, o.Price, o.Open, o.Executed, o.Reduced
	q.follow(i, changed)
	return nil
}

// NotPlaced says that an order does not exist and never did: what a replace would have made that failed or came too
// late, or a create that did not leave. Unlike one that is Rejected, that is no reason to wait. An order that is not
// known is ignored.
func (q *Quoter) NotPlaced(key uint64) {
	if i := q.byKey.find(key); i != none {
		q.mark(q.orders[i].contract)
		q.end(i)
	}
}

// Tracked says that the caller has applied all own orders of all contracts after Apply returned
// ErrContractsFull.
func (q *Quoter) Tracked() { q.dropped = false }

// sideIndex is 0 for bids and 1 for asks.
func sideIndex(s odds.Side) uint8 { return uint8(s - odds.Buy) }

// track adds an order that is not known.
func (q *Quoter) track(o *Order) error {
	if !o.Price.Valid() {
		return ErrPrice
	}
	slot, err := q.claim(o.Contract)
	if err != nil {
		q.dropped = q.dropped || err == ErrContractsFull
		marks.Hit(marks.QuoteContractsFull)
		return err
	}
	q.mark(slot)
	i := q.newOrder(slot, int(sideIndex(o.Side)))
	if i == none {
		q.contracts[slot].holds |= Untracked
		marks.Hit(marks.QuoteOrdersFull)
		return ErrOrdersFull
	}
	e := &q.orders[i]
	e.state, e.price, e.open, e.executed, e.reduced = o.State, o.Price, o.Open, o.Executed, o.Reduced
	e.managed = o.Managed
	q.name(i, o.Key)
	q.follow(i, true)
	return nil
}

// newOrder returns a slot for an order, the last of its side, or none.
func (q *Quoter) newOrder(slot int32, s int) int32 {
	i := q.freeOrder
	if i == none {
		return none
	}
	e := &q.orders[i]
	q.freeOrder = e.next
	first := &q.contracts[slot].sides[s].first
	*e = order{contract: slot, side: uint8(s), next: *first, prev: none, other: none}
	if e.next != none {
		q.orders[e.next].prev = i
	}
	*first = i
	q.orderCount++
	return i
}

// name gives an order its key.
func (q *Quoter) name(i int32, key uint64) {
	q.orders[i].key = key
	q.births++
	q.orders[i].born = q.births
	q.byKey.add(key, i)
}

// end marks an order as ended, and frees it unless a report of it is due.
func (q *Quoter) end(i int32) {
	e := &q.orders[i]
	q.part(i)
	q.unlist(i)
	e.state = Closed
	if e.offered == 0 {
		q.free(i)
	}
}

// part takes the legs of a replace apart.
func (q *Quoter) part(i int32) {
	if other := q.orders[i].other; other != none {
		e, o := &q.orders[i], &q.orders[other]
		e.other, o.other, e.second, o.second = none, none, false, false
		o.late = true
		marks.Hit(marks.QuoteLegEnded)
	}
}

// free frees the slot of an order.
func (q *Quoter) free(i int32) {
	e := &q.orders[i]
	q.unlist(i)
	if e.key != 0 {
		q.byKey.remove(e.key)
	}
	if e.prev != none {
		q.orders[e.prev].next = e.next
	} else {
		q.contracts[e.contract].sides[e.side].first = e.next
	}
	if e.next != none {
		q.orders[e.next].prev = e.prev
	}
	e.next, q.freeOrder = q.freeOrder, i
	q.orderCount--
}

// judge finds out what a change of one of the quoter's orders says about the requests that it sent.
func (q *Quoter) judge(i int32, o *Order, ended bool) {
	e := &q.orders[i]
	if !e.managed || e.offBook {
		return
	}
	c := &q.contracts[e.contract]
	s := &c.sides[e.side]
	switch {
	case o.State == Rejected:
		marks.Hit(marks.QuoteRejected)
		q.stats.Rejected++
		if !e.late {
			q.backOffSide(s)
		}
	case ended:
		// What is being cancelled, or may have been, or is not wanted, says nothing.
		asked := e.state == PendingCancel || e.state == PendingReplace || e.state == InDoubt || e.offered != 0 ||
			e.cleared
		if !asked && o.Executed-e.executed < e.open && q.reasons(c) == 0 {
			// The exchange cancelled it by itself. It would do the same with the next one.
			q.stats.Unasked++
			marks.Hit(marks.QuoteEndedUnasked)
			q.backOffSide(s)
		}
	case e.state == PendingCancel && (o.State == Live || o.State == PendingReduce):
		q.stats.Rejected++
		marks.Hit(marks.QuoteCancelRejected)
		q.backOff(e)
	case e.state == PendingReduce && o.State == Live && o.Open > e.reduced,
		e.state == PendingReplace && (o.State == Live || o.State == PendingReduce):
		q.stats.Rejected++
		e.failed++
		marks.Hit(marks.QuoteChangeRejected)
		q.backOff(e)
	case e.state == PendingReduce && o.State == Live:
		e.attempts, e.failed = 0, 0
	}
	live := o.State == Live || o.State == PendingReduce || o.State == PendingCancel
	if next := e.other; next != none && !ended && live {
		if n := &q.orders[next]; n.state == PendingNew && n.offered == 0 {
			q.end(next) // the replace failed, and this is what it would have made
			marks.Hit(marks.QuoteReplaceFailed)
		}
	}
}

// backOff makes an order wait after a refusal of a request about it.
func (q *Quoter) backOff(e *order) {
	e.attempts = min(e.attempts, 254) + 1
	e.retryAt = q.now + q.wait(e.attempts)
	marks.Hit(marks.QuoteBackedOff)
}

// backOffSide makes a side wait after a refusal of what would have added to it. Refusals that lie far back do not
// count.
func (q *Quoter) backOffSide(s *side) {
	if q.now-s.refusedAt > 2*q.config.RetryMax {
		s.attempts = 0
	}
	s.refusedAt = q.now
	s.attempts = min(s.attempts, 254) + 1
	s.retryAt = max(s.retryAt, q.now+q.wait(s.attempts))
	if int(s.attempts) >= q.config.AttemptsMax {
		s.gaveUpUntil = q.now + q.config.GiveUpFor
		marks.Hit(marks.QuoteGaveUp)
	}
}

// wait returns how long to wait after so many refusals in a row.
func (q *Quoter) wait(attempts uint8) int64 {
	w := q.config.RetryMin
	for n := attempts; n > 1 && w < q.config.RetryMax; n-- {
		w *= 2
	}
	return min(w, q.config.RetryMax)
}
