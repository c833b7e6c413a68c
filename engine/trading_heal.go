package engine

import (
	"math"

	"github.com/smk-go/smk/engine/internal/ownbook"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
)

// healBatch is how many overdue orders of quotes a tick asks about.
const healBatch = 64

// askMax is how often an order is asked about by a cancel, before all orders of its market are cancelled.
const askMax = 2

// healQuotes asks about orders of quotes that have waited for an answer for too long, so that they do not block their
// sides for ever: first by a cancel, whose answer says whether the order is live. What has no id, or what only the
// exchange could name, an order_cancel_all of the market ends. It reports whether there was no room for a request.
func (e *Engine) healQuotes() (throttled bool) {
	t := e.trading
	if t.caughtUpAt == 0 { // the exchange's messages may say it all
		return false
	}
	for range healBatch {
		o, ok := t.quotes.NextOverdue(e.now)
		t.reconcile = t.reconcile || t.quotes.Pending() // it may have freed places
		if !ok {
			break
		}
		if err := e.healQuote(&o); err != nil {
			t.quotes.Urge(o.Key)
			marks.Hit(marks.HealThrottled)
			return true
		}
	}
	return false
}

// overdueAt returns the clock reading at which healQuotes has something to do.
func (t *trading) overdueAt(now int64) int64 {
	if at, ok := t.quotes.OverdueAt(now); ok && t.caughtUpAt != 0 {
		return at
	}
	return math.MaxInt64
}

// healQuote asks about an overdue order. The error is that of a send.
func (e *Engine) healQuote(q *quote.Overdue) error {
	t := e.trading
	o := t.byKey(q.Key)
	if q.Other {
		if o != nil && o.Foreign { // ours perhaps, of which the acceptance was lost
			marks.Hit(marks.HealForeign)
			return e.clearMarket(q.Contract.Market)
		}
		return nil // the user knows of it
	}
	if o != nil && (o.State.Terminal() || o.State != order.PendingNew && o.Overlay == 0) {
		t.quoteOrder(o)
		marks.Hit(marks.HealKnown)
		return nil
	}
	if o != nil && o.ID != 0 && o.State != order.PendingNew && q.Asked < askMax {
		_, err := e.cancelOrder(o)
		marks.Hit(marks.HealCancels)
		if err == nil {
			t.quotes.Asked(q.Key)
		}
		return err
	}
	if q.Replaces {
		marks.Hit(marks.HealReplace)
		return nil
	}
	marks.Hit(marks.HealClears)
	return e.clearMarket(q.Contract.Market)
}

// clearMarket cancels all orders of a market for its quotes, unless that is under way or not wanted.
func (e *Engine) clearMarket(market uint32) error {
	t := e.trading
	// The bytes of a connection that ended may be under way to the exchange for a while.
	young := e.now-t.caughtUpAt < t.quotes.OverdueAfter()
	if young || t.config.DisableQuoteCancelAll || t.quotes.IsClearing(market, e.now) {
		return nil
	}
	return e.cancelMarket(market)
}

// cancelMarket cancels all orders of a market, or of all markets if that is 0.
func (e *Engine) cancelMarket(market uint32) error {
	t := e.trading
	t.all.Reset()
	if market != 0 {
		t.all.SetMarketId(market)
	}
	keys := t.all.Keys()
	_, err := e.send(&t.all, &keys, fromEngine)
	return err
}

// notLive shows the quoter an order that the exchange called not live.
func (t *trading) notLive(id uint64) {
	if o := t.orders.ByID(id); o != nil && t.quoting {
		t.quotes.NotLive(ownbook.Key(o))
		t.reconcile = true
	}
}

// quoteAnswer shows the quoter what an answer proves about orders without being about their state.
func (t *trading) quoteAnswer(ev *Event) {
	switch p := ev.Payload; p.GetType() {
	case msg.PayloadOrderCancelAllAccepted, msg.PayloadOrderCancelAllRejected:
		t.quotes.Cleared(0, ev.Request.Reference, p.GetType() == msg.PayloadOrderCancelAllAccepted)
	case msg.PayloadOrderCancelRejected:
		m := p.GetOrderCancelRejected()
		if r := m.GetReason(); r == msg.OrderCancelRejectedNotLive || r == msg.OrderCancelRejectedNotFound {
			marks.Hit(marks.HealCancelGone)
			id := m.GetOrderId()
			if id == 0 {
				id = m.GetOrigOrderId()
			}
			t.notLive(id)
		}
	case msg.PayloadOrderQuantityReduceRejected:
		m := p.GetOrderQuantityReduceRejected()
		r := m.GetReason()
		if r == msg.OrderQuantityReduceRejectedNotLive || r == msg.OrderQuantityReduceRejectedNotFound {
			marks.Hit(marks.HealReduceGone)
			t.notLive(m.GetOrderId())
		}
	}
}

// quotesCaughtUp follows the end of catching up after a login: what waits for an answer now waits in vain, and what
// is missing may have been about quotes.
func (t *trading) quotesCaughtUp(ev *Event, now int64) {
	t.caughtUpAt = now
	if !ev.Resumed {
		t.quotes.UrgeAll()
		marks.Hit(marks.HealUrged)
	}
	if !ev.Complete && ev.Cause != session.ErrUnresolved {
		t.distrust()
		marks.Hit(marks.HealDistrusts)
	}
}

// distrust has quotes placed anew whose messages may be lost.
func (t *trading) distrust() {
	t.quotes.Distrust()
	t.reconcile = t.quoting
}
