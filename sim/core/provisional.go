package core

import (
	"math"

	"github.com/smk-go/smk/gen/msg"
)

// trade is one fill with both its parties. While it is kept, its orders are.
type trade struct {
	taker, maker *order // who came, and who rested
	quantity     uint64
	price        uint32
	due          int64 // when a provisional one is confirmed
}

// trades is a queue of fills, oldest first.
type trades struct {
	list []trade
	head int // list[:head] are gone
}

func (q *trades) len() int { return len(q.list) - q.head }

// push keeps a fill, and its orders with it.
func (q *trades) push(t trade) {
	t.taker.pending++
	t.maker.pending++
	if len(q.list) == cap(q.list) && q.head >= len(q.list)/2 && q.head > 0 {
		q.list = q.list[:copy(q.list, q.list[q.head:])]
		q.head = 0
	}
	q.list = append(q.list, t)
}

// pushByDue is push for a queue that is sorted by due: fills wait differently long when a market's
// provisional time is changed.
func (q *trades) pushByDue(t trade) {
	q.push(t)
	for i := len(q.list) - 1; i > q.head && q.list[i-1].due > t.due; i-- {
		q.list[i-1], q.list[i] = q.list[i], q.list[i-1]
	}
}

// drop forgets the oldest fill.
func (q *trades) drop() {
	t := &q.list[q.head]
	t.taker.pending--
	t.maker.pending--
	*t = trade{}
	q.head++
	if q.head == len(q.list) {
		q.list, q.head = q.list[:0], 0
	}
}

// hold keeps a fill provisional: both parties reserve their own worst case,
// offset by nothing, until it is confirmed or voided.
func (x *Exchange) hold(o, maker *order, quantity uint64, price uint32) uint32 {
	m := o.contract.market
	for _, side := range [2]*order{o, maker} {
		side.account.pending += Liability(sideOf(int(side.side)), quantity, price)
	}
	x.held++
	m.held.pushByDue(trade{o, maker, quantity, price, x.now + m.is.PendingTimeout})
	return m.timeout()
}

// timeout is the provisional time as messages carry it: whole seconds, rounded
// up, which are fewer than 1000.
func (m *market) timeout() uint32 {
	return uint32((m.is.PendingTimeout + second - 1) / second)
}

const second = 1_000_000_000

// takeHeld takes the provisional fills of a market, or of one of its contracts,
// out of the queue and their reserves off, and hands each to f, oldest first.
func (x *Exchange) takeHeld(m *market, only *contract, f func(trade)) {
	for range m.held.len() {
		t := m.held.list[m.held.head]
		if only == nil || t.taker.contract == only {
			x.takeOldest(m, f)
			continue
		}
		m.held.push(t) // all go round once, so that their order stays
		m.held.drop()
	}
}

func (x *Exchange) takeOldest(m *market, f func(trade)) {
	t := m.held.list[m.held.head]
	for _, side := range [2]*order{t.taker, t.maker} {
		side.account.pending -= Liability(sideOf(int(side.side)), t.quantity, t.price)
	}
	f(t)
	m.held.drop()
	x.held--
}

// confirmDue makes the provisional fills final whose time is over, market by
// market. While danger is near, a market's fills wait.
func (x *Exchange) confirmDue() {
	if x.held == 0 {
		return
	}
	for _, m := range x.markets {
		for m.held.len() > 0 && m.held.list[m.held.head].due <= x.now && !x.danger(m) {
			x.takeOldest(m, x.confirm)
		}
	}
}

// danger reports whether a material event is possible at any moment.
func (x *Exchange) danger(m *market) bool {
	e := x.byEvent[m.is.EventID]
	return e != nil && (e.state == msg.RunningballStateDanger || e.state == msg.RunningballStateAlert)
}

// confirm makes a provisional fill final.
func (x *Exchange) confirm(t trade) {
	x.position(t.taker, t.quantity, t.price)
	x.position(t.maker, t.quantity, t.price)
	x.record(t)
	for _, o := range [2]*order{t.taker, t.maker} {
		r := x.report(msg.PayloadOrderExecuteConfirmed, o)
		r.Price, r.Quantity = t.price, t.quantity
		x.tell(o.account, nil, r)
	}
}

// undo voids a provisional fill. What was matched is not put back on the book.
func (x *Exchange) undo(t trade) {
	for _, o := range [2]*order{t.taker, t.maker} {
		o.executed -= t.quantity
		o.cost -= t.quantity * uint64(t.price)
		r := x.report(msg.PayloadOrderExecuteVoided, o)
		r.Price, r.Quantity = t.price, t.quantity
		x.tell(o.account, nil, r)
	}
}

// finalise makes a provisional fill final without a word, because what it is part
// of is voided as a whole.
func (x *Exchange) finalise(t trade) {
	x.position(t.taker, t.quantity, t.price)
	x.position(t.maker, t.quantity, t.price)
}

// Due returns when [Exchange.Advance] has something to do next.
func (x *Exchange) Due() int64 {
	due := int64(math.MaxInt64)
	for _, m := range x.markets {
		if x.held == 0 {
			break
		}
		if m.held.len() > 0 && !x.danger(m) {
			due = min(due, m.held.list[m.held.head].due)
		}
	}
	if q := &x.replaces; q.head < len(q.list) {
		due = min(due, q.list[q.head].due)
	}
	return due
}
