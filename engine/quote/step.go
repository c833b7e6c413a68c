package quote

import (
	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/odds"
)

// Step returns what is to be sent at a clock reading: cancels and reduces of all contracts first, then replaces and
// creates, as far as the budget goes and at most Config.Actions. The caller reports each with Sent or
// Refused before the next step. What does not fit is found again then. The slice is valid until the next step.
//
// It costs what has changed since the last step, however many contracts are quoted.
func (q *Quoter) Step(now int64, b Budget) []Action {
	if q.unreported != 0 {
		panic("BUG: quote: Step before all actions of the last one were reported")
	}
	q.now = now
	q.actions, q.events = q.actions[:0], q.events[:0]
	q.wakeDue()
	q.stamp(now)
	messages := min(max(b.Messages, 0), cap(q.actions))
	planned := none // the contract that the plans are of
	for q.changed.head != none && len(q.actions) < messages {
		slot := q.changed.head
		planned = none
		adds, done := q.lower(slot, messages)
		if !done {
			continue
		}
		q.pop(&q.changed)
		if adds {
			q.push(&q.adding, slot)
			planned = slot
		} else {
			q.releaseIdle(slot)
		}
	}
	messages = min(messages, len(q.actions)+max(b.Adds, 0))
	for n := q.adding.n; n > 0 && len(q.actions) < messages; n-- {
		slot := q.pop(&q.adding)
		more := q.raise(slot, messages, slot == planned)
		planned = none
		if more {
			q.push(&q.adding, slot)
		} else {
			q.releaseIdle(slot)
		}
	}
	q.unreported = len(q.actions)
	return q.actions
}

// SetNow does what Step does when nothing is pending, no order waits for an answer and NextWake is later: it takes note
// of a clock reading. Waits after refusals begin at the newest one.
func (q *Quoter) SetNow(now int64) { q.now = now }

// Pending reports whether a step with a budget has something to do at once.
func (q *Quoter) Pending() bool { return q.changed.head != none || q.adding.head != none }

// lower emits the cancels and reduces of a contract. It reports whether there are creates or replaces to send, and
// whether it is done with the contract.
func (q *Quoter) lower(slot int32, messages int) (adds, done bool) {
	c := &q.contracts[slot]
	q.resume(c)
	wake, extra, before := never, 0, len(q.actions)
	if c.resumeAt > q.now {
		wake = c.resumeAt
	}
	reasons := q.reasons(c)
	for s := range c.sides {
		p := q.planSide(slot, s, reasons == 0)
		wake = min(wake, p.wake)
		extra += p.extra
		if !q.emitLower(p, messages) {
			return false, false
		}
		c.adds[s] = q.wantsMore(p)
		adds = adds || c.adds[s]
	}
	if extra > 0 && len(q.actions) > before {
		return false, false // the next ones
	}
	q.setWake(slot, wake)
	q.reportHeld(c, reasons)
	return adds, true
}

// emitLower emits the cancels and reduces of a side, and reports whether the budget sufficed.
func (q *Quoter) emitLower(p *plan, messages int) bool {
	var matched uint32
	for w := range p.levels {
		if j := p.match[w]; j >= 0 {
			matched |= 1 << j
		}
	}
	for j := range p.n {
		i := p.orders[j]
		if matched&(1<<j) != 0 || !q.cancellable(&q.orders[i]) {
			continue
		}
		if len(q.actions) == messages {
			return false
		}
		q.emit(Cancel, i, 0)
	}
	for w := range p.levels {
		j := p.match[w]
		if j < 0 || p.changes[w][j] != reduce {
			continue
		}
		if len(q.actions) == messages {
			return false
		}
		i := p.orders[j]
		q.orders[i].reduced = p.levels[w].Size
		q.emit(Reduce, i, p.levels[w].Size)
	}
	return true
}

// wantsMore reports whether a side has creates or replaces to send.
func (q *Quoter) wantsMore(p *plan) bool {
	for w := range p.levels {
		j := p.match[w]
		if j >= 0 && p.changes[w][j] == replace || j < 0 && q.mayCreate(p, w) {
			return true
		}
	}
	return false
}

// mayCreate reports whether a level that no order serves may get a new one: there must not be more orders than
// levels.
func (q *Quoter) mayCreate(p *plan, w int) bool { return !p.blocked[w] && p.count < len(p.levels) }

// raise emits the replaces and creates of a contract, and reports whether there are more. It makes the plans unless
// they are fresh: cancels and reduces do not change them, and what is added on one side is never in the way of the
// other's wish.
func (q *Quoter) raise(slot int32, messages int, fresh bool) (more bool) {
	c := &q.contracts[slot]
	for s := range c.sides {
		if !c.adds[s] { // nor does it have any now: what changes marks the contract
			continue
		}
		p := &q.plans[s]
		if !fresh {
			p = q.planSide(slot, s, q.reasons(c) == 0)
		}
		for w := range p.levels {
			if j := p.match[w]; j >= 0 && p.changes[w][j] == replace {
				if len(q.actions) == messages {
					return true
				}
				if !q.emitReplace(p.orders[j], p.levels[w]) {
					return q.retryLater(slot)
				}
			}
		}
		for w := range p.levels {
			if p.match[w] < 0 && q.mayCreate(p, w) {
				if len(q.actions) == messages {
					return true
				}
				if !q.emitCreate(slot, s, p.levels[w]) {
					return q.retryLater(slot)
				}
				p.count++
			}
		}
	}
	return false
}

// retryLater makes a contract wait for room for orders. It returns false.
func (q *Quoter) retryLater(slot int32) bool {
	q.stats.NoRoom++
	marks.Hit(marks.QuoteNoRoom)
	at := q.now + q.config.RetryMin
	if c := &q.contracts[slot]; c.heapPos != none {
		at = min(at, c.wakeAt)
	}
	q.setWake(slot, at)
	return false
}

// emit appends an action about an order.
func (q *Quoter) emit(kind ActionKind, i int32, quantity odds.Quantity) *Action {
	e := &q.orders[i]
	e.offered = kind
	q.actions = append(q.actions, Action{
		Contract: q.contracts[e.contract].id, Key: e.key, Quantity: quantity, Price: e.price, Kind: kind,
		Side: odds.Buy + odds.Side(e.side), order: i, next: none,
	})
	return &q.actions[len(q.actions)-1]
}

// emitReplace returns false if there is no room for the order that is to come.
func (q *Quoter) emitReplace(i int32, l Level) bool {
	e := &q.orders[i]
	next := q.newOrder(e.contract, int(e.side))
	if next == none {
		return false
	}
	n := &q.orders[next]
	n.state, n.offered, n.managed = PendingNew, Replace, true
	n.price, n.open = l.Price, l.Size
	n.other, e.other, n.second = i, next, true
	a := q.emit(Replace, i, l.Size)
	a.Price, a.Total, a.next = l.Price, l.Size+e.executed, next
	return true
}

// emitCreate returns false if there is no room for the order.
func (q *Quoter) emitCreate(slot int32, s int, l Level) bool {
	i := q.newOrder(slot, s)
	if i == none {
		return false
	}
	n := &q.orders[i]
	n.state, n.managed = PendingNew, true
	n.price, n.open = l.Price, l.Size
	q.emit(Create, i, l.Size)
	return true
}

// releaseIdle frees the slot of a contract that nobody needs.
func (q *Quoter) releaseIdle(slot int32) {
	c := &q.contracts[slot]
	if c.wanted || c.holds != 0 || c.queued != [2]bool{} {
		return
	}
	for s := range c.sides {
		if c.sides[s].first != none || c.sides[s].retryAt > q.now {
			return
		}
	}
	q.release(slot)
}
