package engine

import (
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
	switch ev.Kind {
	case session.Message:
		t.applyMessage(ev)
	case session.SendResolved:
		t.ordersEvents(t.orders.Resolve(ev.Type, ev.Reference, ev.Seq, fateOf(ev.Fate), e.now), e.now)
	case session.SendUnsettled:
		e.unsettled(ev)
	case session.AccountLost:
		t.ordersEvents(t.orders.AccountLost(ev.From, ev.To, e.now), e.now)
	case session.AccountReset:
		t.ordersEvents(t.orders.AccountReset(e.now), e.now)
	case session.CaughtUp:
		t.ordersEvents(t.orders.CaughtUp(ev.Complete, ev.Cause, e.now), e.now)
		t.hold(quote.NotCaughtUp, false)
	case session.LoggedIn:
		t.risk.LoggedIn(e.now)
		t.due = 0
	case session.Gap:
		t.hold(quote.Gap, true)
	case session.Recovered:
		t.hold(quote.Gap, false)
	case session.StateChanged:
		if ev.State == session.Disconnected {
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
	t.ordersEvents(t.orders.Apply(ev.Payload, order.Input{
		Now: ev.Received, AccountSequence: ev.AccountSequence, RequestSeq: ev.Request.Seq,
		Replayed: ev.Origin == session.Replayed,
	}), ev.Received)
}

// ordersEvents shows what orders found out to books, risk checks and quotes, and keeps it for the handlers.
func (t *trading) ordersEvents(events []order.Event, now int64) {
	if len(events) == 0 {
		return
	}
	for i := range events {
		ev := &events[i]
		t.events.push(ev)
		switch ev.Kind {
		case order.Drift:
			t.risk.Drift(now, odds.Money(ev.Reported-ev.Expected))
		case order.CancelAllAccepted, order.CancelAllRejected:
			t.quotesOf(t.orders.Live)
		default:
			t.orderChanged(ev)
		}
	}
	if a := t.orders.Account(); a.Realised != t.realised {
		t.realised = a.Realised
		t.risk.Profit(now, a.Realised)
	}
	t.changed, t.reconcile = true, t.quoting
	t.due = 0
}

// orderChanged shows an order that an event is about to books and quotes.
func (t *trading) orderChanged(ev *order.Event) {
	o := t.orderOf(ev)
	if o == nil {
		return
	}
	key := keyOf(o)
	switch {
	case o.State.Terminal():
		_ = t.books.OwnRemoved(key)
	case ev.Kind == order.ReplacePending:
		replaces := uint64(0)
		if original := t.orders.ByID(o.Original); original != nil {
			replaces = keyOf(original)
			t.quoteOrder(original)
		}
		_ = t.books.OwnAdded(own(o, replaces))
	case ev.Kind == order.OrderAccepted, ev.Kind == order.OrderReplaced:
		if t.books.OwnAccepted(key, o.Available) != nil {
			_ = t.books.OwnAdded(own(o, 0)) // of another session, or from before
		}
	case ev.Kind == order.OrderFilled:
		_ = t.books.OwnFilled(key, o.Available)
	case ev.Kind == order.OrderReduced:
		_ = t.books.OwnReducing(key, false)
		_ = t.books.OwnChanged(key, o.Available)
	case ev.Kind == order.ReduceRejected:
		_ = t.books.OwnReducing(key, false)
	}
	t.quoteOrder(o)
	if ev.Other != 0 {
		if other := t.orders.ByID(ev.Other); other != nil {
			if other.State.Terminal() {
				_ = t.books.OwnRemoved(keyOf(other))
			}
			t.quoteOrder(other)
		}
	}
}

// orderOf returns the order that an event is about, nil if it is about none or the order is not kept.
func (t *trading) orderOf(ev *order.Event) *order.Order {
	if ev.OrderID != 0 {
		if o := t.orders.ByID(ev.OrderID); o != nil {
			return o
		}
	}
	if ev.Reference != 0 && ev.Kind != order.CancelAllAccepted && ev.Kind != order.CancelAllRejected {
		return t.orders.ByReference(ev.Reference)
	}
	return nil
}

// unsettled does with an order that stays in doubt what the settings say.
func (e *Engine) unsettled(ev *Event) {
	t := e.trading
	switch t.config.OnUnsettled {
	case CancelUnsettledMarket:
		all := new(msg.OrderCancelAll)
		if o := t.orders.ByReference(ev.Reference); o != nil {
			all.SetMarketId(o.Market)
		}
		keys := all.Keys()
		_, _ = e.send(all, &keys, fromEngine) // refused only without a login; the next one reports it again
	case HaltUnsettled:
		e.halt(risk.Cause{Reason: "an order stays in doubt"})
	}
}

// halt throws the kill switch.
func (e *Engine) halt(cause risk.Cause) {
	t := e.trading
	t.risk.Halt(e.now, cause)
	t.modeChanged()
}

// modeChanged tells the quoter the mode in force.
func (t *trading) modeChanged() {
	mode := t.risk.Mode()
	t.hold(quote.Halted, mode == risk.Halted)
	t.hold(quote.Reducing, mode == risk.Reducing)
	t.due = 0
}
