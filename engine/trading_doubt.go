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
	from, ok := t.accountComplete()
	if t.gap || !ok || from > e.now-timeout {
		return
	}
	t.persist.noteOverdue(from, e.now-timeout, e.now)
	events, more := t.orders.ResolveOverdue(from, e.now-timeout, e.now)
	t.ordersEvents(events, e.now)
	if more {
		t.doubtDue = past
	}
}

// accountComplete returns the clock reading since which none of the account's messages is missing, and false if they
// are not followed now. What was missing before may have come since, or the user has reconciled it.
func (t *trading) accountComplete() (from int64, ok bool) {
	c := t.orders.Completeness()
	const missing = order.MessagesLost | order.SequenceReset
	switch {
	case c.Why&(order.NotCaughtUp|order.Overflowed) != 0:
		return 0, false
	case c.Why&missing == 0 && (c.Why&order.CatchUpLacking == 0 || c.Cause == session.ErrUnresolved):
		return 0, true
	}
	return t.accountFrom, true
}

// accountLacks notes that messages of the account up to now are missing: of what was sent until now, the messages that
// there are do not say all.
func (t *trading) accountLacks(now int64) { t.accountFrom = now }
