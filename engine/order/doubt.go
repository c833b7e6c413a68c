package order

import "github.com/smk-go/smk/gen/msg"

// ResolveOverdue ends the doubts about what was sent between two clock readings, because the account's messages since
// the first are known to be complete and have no trace of it: creates were not placed, and cancels, reductions and replaces had no effect. A
// replace of which the first stage was seen, and orders that were called not live, stay in doubt. If a message says
// otherwise later, that holds. It returns true if there may be more to resolve: an event for each has no room.
func (m *Manager) ResolveOverdue(from, sent, now int64) (events []Event, more bool) {
	m.begin(now)
	if m.inDoubt > 0 {
		for i := m.orders.live.head; i != none; {
			e := &m.orders.entries[i]
			at := i
			i = m.orders.places[i].next
			if e.Order.State != PendingNew || e.Order.Overlay&InDoubt == 0 || e.Order.ID != 0 ||
				e.Order.Sent < from || e.Order.Sent > sent {
				continue
			}
			if !m.room() {
				return m.done(), true
			}
			before := e.Order.State
			e.close(NotPlaced, Reason{Code: reasonNoTrace}, never)
			m.commit(at)
			ev := m.about(DoubtResolved, e)
			ev.Before, ev.Request = before, msg.PayloadOrderCreate
		}
	}
	for i := m.requests.oldest; i != none; {
		q := m.requests.list[i]
		at := i
		i = q.next
		if !q.doubt || q.sent < from || q.sent > sent {
			continue
		}
		if !m.room() {
			return m.done(), true
		}
		m.answer(at)
		m.aboutRequest(DoubtResolved, &q)
	}
	return m.done(), false
}

// Doubts returns how many orders and requests are in doubt.
func (m *Manager) Doubts() int { return m.inDoubt + m.requests.doubts }
