package order

import "github.com/smk-go/smk/gen/msg"

// ResolveOverdue ends the doubts about what was sent up to a clock reading. Those of requests about orders that have
// ended since: they had no effect. And, if the account's messages are known to be complete, those of which these have
// no trace: creates were not placed, and cancels, reductions and replaces had no effect. A replace of which the first
// stage was seen, and orders that were called not live, stay in doubt. If a message says otherwise later, that holds.
// It returns true if there may be more to resolve: an event for each has no room.
func (m *Manager) ResolveOverdue(complete bool, sent, now int64) (events []Event, more bool) {
	m.begin(now)
	if complete && m.inDoubt > 0 {
		for i := m.orders.live.head; i != none; {
			e := &m.orders.entries[i]
			at := i
			i = m.orders.places[i].next
			if e.Order.State != PendingNew || e.Order.Overlay&InDoubt == 0 || e.Order.ID != 0 || e.Order.Sent > sent {
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
		if !q.doubt || q.sent > sent || !complete && !m.ended(q.orderID) {
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

// ended reports whether an order is known to have ended.
func (m *Manager) ended(id uint64) bool {
	i := m.orders.findID(id)
	return i != none && id != 0 && m.orders.entries[i].Order.State.Terminal()
}

// Doubts returns how many orders and requests are in doubt.
func (m *Manager) Doubts() int { return m.inDoubt + m.requests.doubts }
