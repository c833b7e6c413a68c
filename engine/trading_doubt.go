package engine

import (
	"time"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/session"
)

// DoubtTimeout is the default of StateConfig.DoubtTimeout. The exchange gives up a client after five heartbeats of ten
// seconds without an answer.
const DoubtTimeout = 2 * time.Minute

// doubtPeriod is how often overdue doubts are looked for.
const doubtPeriod = int64(time.Second)

// resolveOverdue ends doubts that the account's messages would have ended if there was anything to say.
func (e *Engine) resolveOverdue() {
	t := e.trading
	timeout := int64(t.config.DoubtTimeout)
	switch {
	case t.caughtUpAt == 0 || timeout < 0 || t.orders.Doubts() == 0:
		t.doubtDue = never
		return
	case t.doubtDue == never:
		t.doubtDue = max(e.now+doubtPeriod, t.caughtUpAt+timeout)
	}
	if e.now < t.doubtDue {
		return
	}
	t.doubtDue = e.now + doubtPeriod
	if t.gap {
		return
	}
	complete, sent := t.saysAll(), e.now-timeout
	t.persist.noteOverdue(complete, sent, e.now)
	events, more := t.orders.ResolveOverdue(complete, sent, e.now)
	if len(events) > 0 {
		e.decided(DecisionOverdue, sent, complete)
	}
	t.ordersEvents(events, e.now)
	if more {
		t.doubtDue = past
	}
}

// saysAll reports whether nothing is missing of the account's messages.
func (t *trading) saysAll() bool {
	c := t.orders.Completeness()
	const missing = order.NotCaughtUp | order.MessagesLost | order.SequenceReset | order.Overflowed
	return c.Why&missing == 0 && (c.Why&order.CatchUpLacking == 0 || c.Cause == session.ErrUnresolved)
}
