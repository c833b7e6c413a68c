package order

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/odds"
)

// Unanswered is a request whose answer was not received when the state was stored.
type Unanswered struct {
	Keys msg.Keys // as it was sent, as far as it is kept: of a reduce or replace without price and quantity
	Seq  uint64   // the sequence that it was sent with, in its session
	Sent int64    // clock reading
}

// References is a range of references, both ends included; the zero value is empty.
type References struct{ First, Last uint64 }

func (r References) has(reference uint64) bool {
	return reference != 0 && r.First <= reference && reference <= r.Last
}

// OwnReferences says that the references of a range are of requests of ours of earlier runs, and of nobody else's: an
// order that the exchange reports with one of them is ours although its request is not known. It is not part of the
// state.
func (m *Manager) OwnReferences(r References) { m.own = r }

// Unanswered calls yield for every request without an answer: creates, oldest first, then the others, oldest first.
func (m *Manager) Unanswered(yield func(Unanswered) bool) {
	for i := m.orders.live.head; i != none; i = m.orders.places[i].next {
		e := &m.orders.entries[i]
		if e.Order.State != PendingNew || e.Order.Foreign || e.Order.Original != 0 || e.Order.ID != 0 {
			continue
		}
		k := msg.Keys{
			Type:      msg.PayloadOrderCreate,
			Reference: e.Order.Reference,
			Market:    e.Order.Market,
			Contract:  e.Order.Contract,
			Side:      msg.Side(e.Order.Side),
			Price:     uint32(e.Order.Price),
			Quantity:  uint64(e.Order.Quantity),
		}
		if !yield(Unanswered{k, e.sent, e.Order.Sent}) {
			return
		}
	}
	for i := m.requests.oldest; i != none; i = m.requests.list[i].next {
		q := &m.requests.list[i]
		k := msg.Keys{Type: q.typ, Reference: q.reference, OrderID: q.orderID, Market: q.market}
		if !yield(Unanswered{k, q.seq, q.sent}) {
			return
		}
	}
}

// relink has requests counted by their orders that came after them: those of an earlier run may be read before the
// exchange repeats what their orders are.
func (m *Manager) relink() {
	for at := m.requests.oldest; at != none; at = m.requests.list[at].next {
		q := &m.requests.list[at]
		if q.counted || q.orderID == 0 || q.typ == msg.PayloadOrderCancelAll {
			continue
		}
		i := m.orders.findID(q.orderID)
		if i == none {
			continue
		}
		e := &m.orders.entries[i]
		e.count(q.typ, 1)
		if q.typ == msg.PayloadOrderCancelReplace {
			worst := msg.Keys{Quantity: uint64(q.extra / moneyPerUnit)} // its price is not kept
			if e.Order.Side == odds.Buy {
				worst.Price = moneyPerUnit
			}
			e.ask(&worst)
		}
		m.reserve(-q.extra)
		marks.Hit(marks.RequestRelinked)
		q.counted, q.extra = true, 0
		m.commit(i)
	}
}

// SetClock makes now the newest clock reading that is known, if the clock was set back since the state was stored:
// what waits for a reading would wait too long.
func (m *Manager) SetClock(now int64) {
	by := now - m.now
	if by >= 0 {
		return
	}
	m.now = now
	for i := range m.orders.entries {
		e := &m.orders.entries[i]
		shift(&e.Order.Sent, by)
		shift(&e.Order.Updated, by)
		shift(&e.rare.deadline, by)
	}
	for i := range m.requests.list {
		shift(&m.requests.list[i].sent, by)
	}
	for i := range m.markets.markets {
		shift(&m.markets.markets[i].waits, by)
	}
	for i := range m.gone.list {
		shift(&m.gone.list[i].due, by)
	}
	for i := range m.last {
		shift(&m.last[i].Now, by)
	}
	shift(&m.drift.since, by)
	shift(&m.drift.newest, by)
}

// shift moves a clock reading that is set.
func shift(at *int64, by int64) {
	if *at != 0 {
		*at += by
	}
}

// StateBytesMax returns a bound of what AppendState appends.
func (m *Manager) StateBytesMax() int {
	const fixed, each = 1 << 10, 2
	return fixed + windowBits/8 + len(m.orders.entries)*orderBytes*each + len(m.requests.list)*requestBytes*each +
		len(m.markets.contracts)*contractBytes*each + len(m.markets.markets)*marketBytes*each +
		len(m.fills.list)*requestBytes/2 + len(m.gone.list)*requestBytes/2 + int(odds.PriceMax)
}
