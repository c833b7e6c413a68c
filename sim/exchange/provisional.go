package exchange

import (
	"math"

	"github.com/smk-go/smk/gen/msg"
)

// fillRecord is one fill with both its orders, which are kept as long as it is.
type fillRecord struct {
	taker, maker *order // the incoming and the resting order
	quantity     uint64
	price        uint32
	due          int64 // when a provisional fill is confirmed
}

// fillQueue is a queue of fills, oldest first.
type fillQueue struct {
	list []fillRecord
	head int // list[:head] is consumed
}

func (q *fillQueue) len() int { return len(q.list) - q.head }

// push appends a fill and keeps its orders.
func (q *fillQueue) push(t fillRecord) {
	t.taker.references++
	t.maker.references++
	if len(q.list) == cap(q.list) && q.head >= len(q.list)/2 && q.head > 0 {
		q.list = q.list[:copy(q.list, q.list[q.head:])]
		q.head = 0
	}
	q.list = append(q.list, t)
}

// pushByDue inserts a fill into a queue sorted by due. The timeout of a market may change, so a newer fill
// may be due earlier.
func (q *fillQueue) pushByDue(t fillRecord) {
	q.push(t)
	for i := len(q.list) - 1; i > q.head && q.list[i-1].due > t.due; i-- {
		q.list[i-1], q.list[i] = q.list[i], q.list[i-1]
	}
}

// drop removes the oldest fill.
func (q *fillQueue) drop() {
	t := &q.list[q.head]
	t.taker.references--
	t.maker.references--
	*t = fillRecord{}
	q.head++
	if q.head == len(q.list) {
		q.list, q.head = q.list[:0], 0
	}
}

// holdProvisional holds a fill as provisional: until it is confirmed or voided, both parties reserve their
// own worst case, without any offset. It returns the fill's timeout.
func (x *Exchange) holdProvisional(o, maker *order, quantity uint64, price uint32) uint32 {
	m := o.contract.market
	for _, side := range [2]*order{o, maker} {
		side.account.pending += Liability(sideOf(int(side.side)), quantity, price)
	}
	x.provisional++
	m.provisional.pushByDue(fillRecord{o, maker, quantity, price, x.now + m.config.PendingTimeout})
	return m.timeout()
}

// timeout returns the provisional time as messages carry it: whole seconds, rounded up, less than 1000.
func (m *market) timeout() uint32 {
	return uint32((m.config.PendingTimeout + second - 1) / second)
}

const second = 1_000_000_000

// takeProvisional removes the provisional fills of a market, or of one of its contracts, releases their
// reserves, and calls f with each, oldest first.
func (x *Exchange) takeProvisional(m *market, only *contract, f func(fillRecord)) {
	for range m.provisional.len() {
		t := m.provisional.list[m.provisional.head]
		if only == nil || t.taker.contract == only {
			x.takeOldestProvisional(m, f)
			continue
		}
		m.provisional.push(t) // every fill is rotated once, so their order stays
		m.provisional.drop()
	}
}

func (x *Exchange) takeOldestProvisional(m *market, f func(fillRecord)) {
	t := m.provisional.list[m.provisional.head]
	for _, side := range [2]*order{t.taker, t.maker} {
		side.account.pending -= Liability(sideOf(int(side.side)), t.quantity, t.price)
	}
	f(t)
	m.provisional.drop()
	x.provisional--
}

// confirmDue confirms the provisional fills that are due, market by market. A market in danger confirms
// none.
func (x *Exchange) confirmDue() {
	if x.provisional == 0 {
		return
	}
	for _, m := range x.markets {
		for m.provisional.len() > 0 && m.provisional.list[m.provisional.head].due <= x.now && !x.inDanger(m) {
			x.takeOldestProvisional(m, x.confirmFill)
		}
	}
}

// inDanger reports whether a material event is possible at any moment.
func (x *Exchange) inDanger(m *market) bool {
	e := x.byEvent[m.config.EventID]
	return e != nil && (e.state == msg.RunningballStateDanger || e.state == msg.RunningballStateAlert)
}

// confirmFill makes a provisional fill final and reports it.
func (x *Exchange) confirmFill(t fillRecord) {
	x.bookPosition(t.taker, t.quantity, t.price)
	x.bookPosition(t.maker, t.quantity, t.price)
	x.recordFill(t)
	for _, o := range [2]*order{t.taker, t.maker} {
		r := x.newReport(msg.PayloadOrderExecuteConfirmed, o)
		r.Price, r.Quantity = t.price, t.quantity
		x.report(o.account, nil, r)
	}
}

// voidFill voids a provisional fill and reports it. The quantity does not return to the book.
func (x *Exchange) voidFill(t fillRecord) {
	for _, o := range [2]*order{t.taker, t.maker} {
		o.executed -= t.quantity
		o.cost -= t.quantity * uint64(t.price)
		r := x.newReport(msg.PayloadOrderExecuteVoided, o)
		r.Price, r.Quantity = t.price, t.quantity
		x.report(o.account, nil, r)
	}
}

// bookVoidedFill makes a provisional fill final without a report, because its contract is voided next.
func (x *Exchange) bookVoidedFill(t fillRecord) {
	x.bookPosition(t.taker, t.quantity, t.price)
	x.bookPosition(t.maker, t.quantity, t.price)
}

// Due returns the clock reading at which [Exchange.Advance] has something to do next.
func (x *Exchange) Due() int64 {
	due := int64(math.MaxInt64)
	if x.provisional != 0 {
		for _, m := range x.markets {
			if m.provisional.len() > 0 && !x.inDanger(m) {
				due = min(due, m.provisional.list[m.provisional.head].due)
			}
		}
	}
	if q := &x.replaces; q.head < len(q.list) {
		due = min(due, q.list[q.head].due)
	}
	return due
}
