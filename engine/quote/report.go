package quote

import "github.com/smk-go/smk/internal/marks"

// Sent reports that an action of the last step was sent. For a create or a replace, key names the order that it
// makes, as Apply will.
func (q *Quoter) Sent(a *Action, key uint64) {
	e := q.reported(a)
	q.stats.Sent[a.Kind]++
	switch a.Kind {
	case Cancel:
		if e.state == Live || e.state == PendingReduce {
			e.state = PendingCancel
			q.follow(a.order, true)
		}
	case Reduce:
		if e.state == Live {
			e.state, e.reduced = PendingReduce, a.Quantity
			q.follow(a.order, true)
		}
	case Create:
		q.nameSent(a.order, key)
		return
	case Replace:
		if e.state == Live || e.state == PendingReduce {
			e.state = PendingReplace
			q.follow(a.order, true)
		}
		next := q.nameSent(a.next, key)
		if e.state.ended() {
			break
		}
		n := &q.orders[next]
		e.other, n.other, n.second = next, a.order, true
	}
	if e.state.ended() {
		q.free(a.order)
	}
}

// Refused reports that an action of the last step was not sent, by whom it was refused, and the clock reading from
// which on it may be tried again; 0 leaves that to the quoter.
func (q *Quoter) Refused(a *Action, r Refusal, until int64) {
	e := q.reported(a)
	slot := e.contract
	side := &q.contracts[slot].sides[e.side]
	q.mark(slot)
	switch a.Kind {
	case Cancel, Reduce:
		if r == Throttled {
			e.retryAt = max(e.retryAt, q.pause(until))
			marks.Hit(marks.QuoteLowerThrottled)
			break
		}
		if a.Kind == Reduce {
			e.failed++
		}
		q.backOff(e)
		e.retryAt = max(e.retryAt, until)
	case Create, Replace:
		if r == Throttled {
			side.pausedUntil = max(side.pausedUntil, q.pause(until))
			marks.Hit(marks.QuoteThrottled)
		} else {
			q.backOffSide(side)
			side.retryAt = max(side.retryAt, until)
		}
		if a.Kind == Create {
			q.free(a.order)
		} else {
			q.part(a.next)
			q.free(a.next)
		}
	}
	if r == Throttled {
		q.stats.Throttled++
	} else {
		q.stats.Denied++
		marks.Hit(marks.QuoteDenied)
	}
	if a.Kind != Create && e.state.ended() {
		q.free(a.order)
	}
}

// pause returns until when a throttled request waits.
func (q *Quoter) pause(until int64) int64 {
	if until <= q.now {
		return q.now + q.config.RetryMin
	}
	return until
}

// reported returns the order that an action is about, which it takes note of.
func (q *Quoter) reported(a *Action) *order {
	if q.unreported == 0 || a.order < 0 || int(a.order) >= len(q.orders) || q.orders[a.order].offered != a.Kind {
		panic("BUG: quote: report of an action that is not of the last step, or was reported")
	}
	q.unreported--
	e := &q.orders[a.order]
	e.offered = 0
	return e
}

// nameSent gives an order that was sent its key, and returns its slot. If Apply was first, there is one with the key
// already.
func (q *Quoter) nameSent(i int32, key uint64) int32 {
	if key == 0 {
		panic("BUG: quote: order without a key")
	}
	e := &q.orders[i]
	e.offered = 0
	known := q.byKey.find(key)
	if known == none {
		q.name(i, key)
		q.follow(i, true)
		return i
	}
	if k := &q.orders[known]; k.contract != e.contract || k.side != e.side {
		panic("BUG: quote: key of another order")
	}
	q.part(i)
	q.free(i)
	q.orders[known].managed = true
	marks.Hit(marks.QuoteAlreadyKnown)
	q.follow(known, false)
	q.mark(q.orders[known].contract)
	return known
}
