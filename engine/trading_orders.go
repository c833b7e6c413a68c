package engine

import (
	"github.com/smk-go/smk/engine/internal/ownbook"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// applyOrders is the stage of orders, money and risk.
func (e *Engine) applyOrders(ev *Event) {
	t := e.trading
	if e.gate.has(gateMuted) {
		t.events.clear() // nobody is called any more
	}
	t.followBeats(e.now)
	if t.persist != nil && (ev.Kind != session.Message || ev.AccountSequence != 0) {
		t.persist.dirty = true
	}
	switch ev.Kind {
	case session.Message:
		t.applyMessage(ev)
	case session.SendResolved:
		t.persist.noteFate(ev, e.now)
		t.ordersEvents(t.orders.ApplyFate(ev.Type, ev.Reference, ev.Seq, fateOf(ev.Fate), e.now), e.now)
		if ev.Type == msg.PayloadOrderCancelReplace && ev.Fate != session.InDoubt {
			t.replaceFailed(ev.Reference)
		}
		if ev.Fate != session.InDoubt {
			t.notArrived(ev.Reference)
		}
	case session.SendUnresolved:
		e.unresolved(ev)
	case session.AccountLost:
		t.persist.noteLost(ev, e.now)
		t.ordersEvents(t.orders.AccountLost(ev.From, ev.To, e.now), e.now)
		t.distrust()
	case session.AccountGap:
		t.distrust()
	case session.AccountReset:
		t.persist.note(noteReset, e.now)
		t.ordersEvents(t.orders.AccountReset(e.now), e.now)
		t.distrust()
	case session.CaughtUp:
		t.persist.noteCaughtUp(ev, e.now)
		t.ordersEvents(t.orders.CaughtUp(ev.Complete, ev.Cause, e.now), e.now)
		t.quotesCaughtUp(ev, e.now)
		t.hold(quote.NotCaughtUp, false)
		t.follow.ready, t.follow.due = cap(t.follow.list) > 0, 0
		if t.historyLost(ev) {
			e.decided(DecisionLost)
		}
		t.caughtUp(ev, e.now)
	case session.LoggedIn:
		t.halts.beats.begin(e.now)
		if t.persist != nil {
			t.persist.resumed = ev.AccountSequence > 1
		}
		t.risk.LoggedIn(e.now)
		e.followAgain(ev.Resumed)
		t.due = 0
	case session.Pong:
		t.confirmDrift(ev.Ping, e.now)
	case session.Gap:
		t.gap = true
		t.hold(quote.Gap, true)
	case session.Recovered:
		t.gap = false
		t.due = 0
		t.hold(quote.Gap, false)
	case session.StateChanged:
		if ev.State == session.Disconnected {
			t.persist.note(noteDisconnected, e.now)
			t.ordersEvents(t.orders.Disconnected(e.now), e.now)
			t.gap, t.caughtUpAt = false, 0
			t.risk.LoggedOut(e.now)
			t.hold(quote.NotCaughtUp, true)
			t.hold(quote.Gap, false)
		}
	}
}

// hold sets or clears a reason not to quote.
func (t *trading) hold(r quote.Reasons, on bool) {
	t.quotes.Hold(r, on)
	t.reconcile = t.quoting
}

// applyMessage applies a message about orders, money or the state of a market.
func (t *trading) applyMessage(ev *Event) {
	typ := ev.Payload.GetType()
	switch typ {
	case msg.PayloadMarketQuotes, msg.PayloadContractQuotes:
		return
	case msg.PayloadOrderCancelAllAccepted, msg.PayloadOrderCancelAllRejected:
		if ev.Request.Seq != 0 {
			t.risk.CancelAllAnswered(ev.Received, ev.Request.Seq, typ == msg.PayloadOrderCancelAllAccepted)
		}
	}
	t.persist.noteMessage(ev)
	t.ordersEvents(t.orders.Apply(ev.Payload, order.Input{
		Now: ev.Received, AccountSequence: ev.AccountSequence, RequestSeq: ev.Request.Seq,
		Replayed: ev.Origin == session.Replayed,
	}), ev.Received)
	switch typ {
	case msg.PayloadOrderCancelRejected, msg.PayloadOrderCancelReplaceRejected, msg.PayloadOrderInvalid:
		if ev.Request.Type == msg.PayloadOrderCancelReplace {
			t.replaceFailed(ev.Request.Reference)
		}
	}
	t.quoteAnswer(ev)
}

// endUnresolved ends what replaces of an order would have made of which no message says more: it ended, and was not
// replaced by one of them, or there would be such an order.
func (t *trading) endUnresolved(id uint64) {
	for reference := t.replaces.take(id); reference != 0; reference = t.replaces.take(id) {
		t.replaceFailed(reference)
	}
}

// notArrived shows books and quotes the order that a request was about which the exchange does not have: nothing of it
// is under way any more, of which no event says anything.
func (t *trading) notArrived(reference uint64) {
	q := t.recent.find(reference)
	if q == nil {
		return
	}
	if o := t.orders.ByID(q.order); o != nil && !o.State.Terminal() {
		_ = t.books.OwnReducing(ownbook.Key(o), o.Overlay&order.PendingReduce != 0)
		t.quoteOrder(o)
		t.reconcile = t.quoting
	}
}

// replaceFailed ends the order that a replace would have made, unless there is one.
func (t *trading) replaceFailed(reference uint64) {
	if o := t.orders.ByReference(reference); o != nil && !o.State.Terminal() || reference == 0 {
		return
	}
	_ = t.books.OwnRemoved(reference)
	t.quotes.NotPlaced(reference)
	t.reconcile = t.quoting
}

// haltIncomplete throws the kill switch for a cause of incompleteness that is new: who resumes knows of the others.
func (t *trading) haltIncomplete(now int64) {
	why := t.orders.Completeness().Why & t.config.HaltIncomplete
	if why&^t.halts.incomplete != 0 {
		t.risk.Halt(now, risk.Cause{Trigger: risk.TriggerOther, Reason: "positions are not complete: " + why.String()})
	}
	t.halts.incomplete = why
}

// ordersEvents shows what orders found out to books, risk checks and quotes, and keeps it for the handlers.
func (t *trading) ordersEvents(events []order.Event, now int64) {
	t.due = 0 // what was applied may have begun to wait, for a drift to last for example
	if len(events) == 0 {
		return
	}
	for i := range events {
		ev := &events[i]
		t.events.orders = append(t.events.orders, *ev)
		t.persist.follow(t, ev)
		t.totals.count(ev.Kind)
		switch ev.Kind {
		case order.Drift:
			if int(ev.Amount) < len(t.totals.drift) {
				t.totals.drift[ev.Amount] = odds.Money(ev.Reported - ev.Expected)
			}
			t.risk.Drift(now, odds.Money(ev.Reported-ev.Expected))
		case order.DriftEnded:
			t.totals.drift = [order.Cash + 1]odds.Money{}
		case order.CompletenessChanged:
			t.haltIncomplete(now)
		case order.CancelAllAccepted, order.CancelAllRejected:
		default:
			t.orderChanged(ev)
		}
	}
	if realised := t.orders.Realised(); realised != t.realised {
		t.realised = realised
		t.risk.Profit(now, realised)
	}
	t.changed, t.reconcile = true, t.quoting
	t.due = 0
}

// orderChanged shows an order that an event is about to books and quotes.
func (t *trading) orderChanged(ev *order.Event) {
	if ev.Kind == order.DoubtResolved && ev.Request == msg.PayloadOrderCancelReplace {
		t.replaceFailed(ev.Reference)
	}
	o := ownbook.OrderOf(t.orders, ev)
	if o == nil {
		if ev.State.Terminal() { // it ended, and is not kept
			for _, key := range [...]uint64{ev.Reference, ownbook.KeyOfID(ev.OrderID)} {
				if key != 0 {
					_ = t.books.OwnRemoved(key)
					t.quotes.NotPlaced(key)
				}
			}
		}
		return
	}
	adopted := false
	if ev.Kind != order.OrderFilled && !o.Foreign && o.Reference != 0 && o.ID != 0 {
		// Its fills, which name no reference, may have come before it was known to be ours.
		_ = t.books.OwnRemoved(ownbook.KeyOfID(o.ID))
		if t.quoting {
			adopted = t.quotes.Manages(ownbook.KeyOfID(o.ID))
			t.quotes.NotPlaced(ownbook.KeyOfID(o.ID))
		}
	}
	if ownbook.Changed(t.books, t.orders, o, ev); o.State.Terminal() {
		t.endUnresolved(o.ID)
	}
	if t.quoteOrder(o); adopted {
		q := t.quoteOf(o)
		_ = t.quotes.Adopt(&q)
	}
	if ev.Other != 0 {
		if other := t.orders.ByID(ev.Other); other != nil {
			if other.State.Terminal() {
				_ = t.books.OwnRemoved(ownbook.Key(other))
				t.endUnresolved(other.ID)
			}
			t.quoteOrder(other)
		}
	}
}

// unresolved does with an order that stays in doubt what the settings say.
func (e *Engine) unresolved(ev *Event) {
	t := e.trading
	if ev.Type == msg.PayloadOrderCancelReplace {
		id := t.orders.ReplacedBy(ev.Reference)
		dropped := t.replaces.add(id, ev.Reference)
		if o := t.orders.ByReference(dropped); dropped != 0 && (o == nil || o.State.Terminal()) {
			_ = t.books.OwnRemoved(dropped) // nothing would end it any more
		}
		if o := t.orders.ByID(id); o == nil || o.State.Terminal() {
			t.endUnresolved(id)
		}
	}
	switch t.config.OnUnresolved {
	case CancelUnresolvedMarket:
		market := uint32(0)
		if q := t.recent.find(ev.Reference); q != nil {
			market = q.market
		}
		if o := t.orders.ByReference(ev.Reference); o != nil {
			market = o.Market
		}
		_ = e.cancelMarket(market) // refused only without a login; the next one reports it again
	case HaltUnresolved:
		e.halt(risk.Cause{Reason: "an order stays in doubt"})
	}
}

// modeChanged shows the quoter the mode in force.
func (t *trading) modeChanged(mode risk.Mode) {
	t.hold(quote.Halted, mode == risk.Halted || t.persist.held())
	t.hold(quote.Reducing, mode == risk.Reducing)
	t.due = 0
}
