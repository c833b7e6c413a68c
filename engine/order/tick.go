package order

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
)

// goneQueue holds the orders that were called not live, until something has to have ended them. The wait is the
// same for all, so it is sorted.
type goneQueue struct {
	list []goneOrder
	head int
	n    int
}

type goneOrder struct {
	id  uint64
	due int64
}

func (q *goneQueue) init(n int) { q.list = make([]goneOrder, n) }

// push appends an order. In a full queue the oldest makes room: it has been waiting for others of a burst.
func (q *goneQueue) push(e *entry) {
	if q.n == len(q.list) {
		q.head, q.n = (q.head+1)%len(q.list), q.n-1
		marks.Hit(marks.GoneQueueFull)
	}
	q.list[(q.head+q.n)%len(q.list)] = goneOrder{e.Order.ID, e.rare.deadline}
	q.n++
}

// Due returns the clock reading at which [Manager.Tick] has something to do next, 1<<63-1 if it has not.
func (m *Manager) Due() int64 {
	due := int64(1<<63 - 1)
	if m.gone.n > 0 {
		due = m.gone.list[m.gone.head].due
	}
	if m.drift.open && !m.drift.reported && !m.drift.asked {
		due = min(due, m.drift.due(m.config.DriftAfter))
	}
	if m.config.RetainFor > 0 && m.orders.ended.head != none {
		due = min(due, m.retainedUntil(&m.orders.entries[m.orders.ended.head]))
	}
	return due
}

// Tick does what is due: orders that were called not live and that nothing ended are in doubt, a difference of
// money that lasts is pending, terminal orders are forgotten.
func (m *Manager) Tick(now int64) []Event {
	m.begin(now)
	q := &m.gone
	for q.n > 0 && q.list[q.head].due <= m.now && m.room() {
		at := q.list[q.head]
		q.head, q.n = (q.head+1)%len(q.list), q.n-1
		i := m.orders.findID(at.id)
		if i == none || !m.orders.entries[i].is(flagGone) || m.orders.entries[i].rare.deadline != at.due {
			continue
		}
		e := &m.orders.entries[i]
		if e.Order.Overlay&InDoubt == 0 {
			e.Order.Overlay |= InDoubt
			m.countDoubt(e)
			m.about(DoubtBegan, e).Request = msg.PayloadOrderCancel
			marks.Hit(marks.GoneInDoubt)
		}
	}
	m.checkDrift(false)
	if d := &m.drift; d.open && !d.reported && d.due(m.config.DriftAfter) <= m.now {
		d.asked = true
		marks.Hit(marks.DriftAsked)
	}
	m.retain()
	return m.done()
}

// retainedUntil returns the clock reading at which a terminal order is forgotten.
func (m *Manager) retainedUntil(e *entry) int64 {
	if at := e.Order.Updated + m.config.RetainFor; at >= m.config.RetainFor {
		return at
	}
	return 1<<63 - 1 // beyond the end of the clock
}

// retain forgets terminal orders that ended long ago.
func (m *Manager) retain() {
	if m.config.RetainFor == 0 {
		return
	}
	for i := m.orders.ended.head; i != none; {
		e := &m.orders.entries[i]
		if m.retainedUntil(e) > m.now {
			return
		}
		next := m.orders.places[i].next
		if e.figures.pending != 0 {
			m.orders.ended.unlink(m.orders.places, i)
			m.orders.ended.push(m.orders.places, i)
			e.Order.Updated = m.now
			marks.Hit(marks.RetainedProvisional)
		} else {
			m.forget(i)
			marks.Hit(marks.RetainedEnded)
		}
		i = next
	}
}
