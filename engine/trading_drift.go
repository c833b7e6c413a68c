package engine

import (
	"iter"
	"time"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/internal/marks"
)

// driftRetry is when a ping follows one that was not answered, or could not be sent.
const driftRetry = int64(time.Second)

// driftPing is the ping whose answer says that a difference between the exchange's amounts and ours is one: everything
// that the exchange had sent before the answer is applied then. On a line that stalls messages are late, not lost.
type driftPing struct {
	seq     uint64 // 0 if none is under way
	retryAt int64  // clock reading before which no other one is sent, never while no difference is pending
}

// pingForDrift sends a ping if a difference is pending.
func (e *Engine) pingForDrift() {
	t := e.trading
	p := &t.driftPing
	switch {
	case !t.orders.DriftPending():
		*p = driftPing{retryAt: never}
	case p.retryAt == never, p.retryAt <= e.now:
		marks.Hit(marks.DriftPinged)
		p.seq, p.retryAt = 0, e.now+driftRetry
		if seq, err := e.session.Ping(e.now); err == nil {
			p.seq = seq
		}
	}
}

// confirmDrift has a difference that is pending judged, if a pong answers the ping for it and nothing before it is
// missing.
func (t *trading) confirmDrift(ping uint64, now int64) {
	p := &t.driftPing
	if p.seq == 0 || p.seq != ping {
		return
	}
	if p.seq = 0; !t.gap {
		t.persist.note(noteConfirm, now)
		marks.Hit(marks.DriftConfirmed)
		t.ordersEvents(t.orders.Confirm(now), now)
	}
}

// LastMessages yields the newest messages about orders or money, oldest first: what led to an order.Drift, for example.
func (e *Engine) LastMessages() iter.Seq[order.Message] {
	if e.trading == nil {
		return func(func(order.Message) bool) {}
	}
	return e.trading.orders.LastMessages
}
