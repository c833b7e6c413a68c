package engine

import (
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
)

// applyBooks is the stage of books. What a message breaks, its market's books say: they are suspect.
func (e *Engine) applyBooks(ev *Event) {
	t := e.trading
	switch ev.Kind {
	case session.Message:
		switch ev.Payload.GetType() {
		case msg.PayloadContractQuotes:
			if c, err := t.books.ApplyUpdate(ev.Payload.GetContractQuotes(), ev.Received); err == nil {
				t.events.pushBook(c)
			}
		case msg.PayloadMarketQuotes:
			q := ev.Payload.GetMarketQuotes()
			_ = t.books.ApplySnapshot(q, ev.Received)
			quotes := q.GetContractQuotes()
			for i := range quotes {
				if c, ok := t.books.Contract(q.GetMarketId(), quotes[i].GetContractId()); ok {
					t.events.pushBook(c)
				}
			}
		case msg.PayloadMarketState:
			_ = t.books.ApplyState(ev.Payload.GetMarketState(), ev.Received)
		default:
			return
		}
	case session.LoggedIn:
		t.books.Connected(ev.Resumed, e.now)
	case session.StateChanged:
		if ev.State != session.Disconnected {
			return
		}
		t.books.Disconnected(e.now)
	case session.Gap:
		t.gapfills = e.session.Stats().GapfillsIn
		t.books.Gap(e.now)
	case session.Recovered:
		t.books.Recovered(e.session.Stats().GapfillsIn == t.gapfills, e.now)
	default:
		return
	}
	e.bookEvents(t.books.Events())
	t.due = 0
}

// bookEvents follows what books found out.
func (e *Engine) bookEvents(events []book.Event) {
	t := e.trading
	for i := range events {
		ev := &events[i]
		suspect := ev.State != book.Live
		switch ev.Kind {
		case book.MarketChanged:
			_ = t.quotes.HoldMarket(ev.Market, quote.SuspectBook, suspect && ev.Causes&^book.Halt != 0)
			_ = t.quotes.HoldMarket(ev.Market, quote.MarketHalted, ev.Causes.Has(book.Halt))
		case book.ContractChanged:
			id := quote.Contract{Market: ev.Market, ID: ev.Contract}
			_ = t.quotes.HoldContract(id, quote.SuspectBook, suspect && ev.Causes&^book.Halt != 0)
			_ = t.quotes.HoldContract(id, quote.MarketHalted, ev.Causes.Has(book.Halt))
		case book.Resubscribe:
			e.resubscribe(ev.Market)
		}
		t.reconcile = t.quoting
	}
}

// resubscribe asks for a new snapshot of a market.
func (e *Engine) resubscribe(market uint32) {
	var off msg.MarketUnsubscribe
	var on msg.MarketSubscribe
	off.SetMarketId(market)
	on.SetMarketId(market)
	keys := off.Keys()
	if _, err := e.send(&off, &keys, fromEngine); err != nil {
		return // the books ask again
	}
	keys = on.Keys()
	_, _ = e.send(&on, &keys, fromEngine)
}
