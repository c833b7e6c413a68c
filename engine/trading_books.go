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
				t.events.books = append(t.events.books, c)
			}
			if len(t.books.Events()) == 0 { // nothing but levels has changed
				t.levels = true
				return
			}
		case msg.PayloadMarketQuotes:
			q := ev.Payload.GetMarketQuotes()
			_ = t.books.ApplySnapshot(q, ev.Received)
			if marketChanged(t.books.Events(), q.GetMarketId()) {
				break // with all of its books
			}
			quotes := q.GetContractQuotes()
			for i := range quotes {
				if c, ok := t.books.Contract(q.GetMarketId(), quotes[i].GetContractId()); ok {
					t.events.books = append(t.events.books, c)
				}
			}
		case msg.PayloadMarketState:
			_ = t.books.ApplyState(ev.Payload.GetMarketState(), ev.Received)
		default:
			return
		}
	case session.LoggedIn:
		t.books.Connected(ev.Resumed, e.now)
		t.hold(quote.SuspectBook, false) // what is left of it the markets say
	case session.StateChanged:
		if ev.State != session.Disconnected {
			return
		}
		t.books.Disconnected(e.now)
	case session.Gap:
		t.gapfills = e.session.Stats().GapfillsIn
		t.books.Gap(e.now)
	case session.Recovered:
		t.hold(quote.SuspectBook, false)
		t.books.Recovered(e.session.Stats().GapfillsIn == t.gapfills, e.now)
	default:
		return
	}
	e.bookEvents(t.books.Events())
	t.due = 0
}

// bookEvents follows what books found out. The events end with the next call of the books.
func (e *Engine) bookEvents(events []book.Event) {
	t := e.trading
	for i := range events {
		ev := &events[i]
		switch ev.Kind {
		case book.MarketChanged:
			if ev.Market == 0 {
				t.hold(quote.SuspectBook, ev.Causes&^book.Halt != 0)
			} else {
				t.holdMarket(ev.Market)
			}
			t.bookStateChanged(ev)
		case book.ContractChanged:
			t.holdMarket(ev.Market)
			t.bookStateChanged(ev)
		case book.Resubscribe:
			t.heal = append(t.heal, ev.Market)
		}
		t.reconcile = t.quoting
	}
	if len(t.heal) == 0 || t.healing {
		return
	}
	t.healing = true
	for i := range t.heal {
		e.resubscribe(t.heal[i])
	}
	t.heal, t.healing = t.heal[:0], false
}

// holdMarket holds the quotes of a market, and those of its contracts, for what its books say now.
func (t *trading) holdMarket(id uint32) {
	m, ok := t.books.Market(id)
	if !ok {
		_ = t.quotes.HoldMarket(id, quote.SuspectBook|quote.MarketHalted, false)
		return
	}
	state, causes := m.State()
	over := m.ExchangeState() == msg.MarketStateSettled || m.ExchangeState() == msg.MarketStateVoided
	causes &^= book.Gap // it holds all markets
	_ = t.quotes.HoldMarket(id, quote.SuspectBook, state == book.Awaiting || causes&^book.Halt != 0)
	_ = t.quotes.HoldMarket(id, quote.MarketHalted, over || causes.Has(book.Halt))
	for c := range m.Contracts() {
		_, own := c.State()
		own &^= causes | book.Gap
		at := quote.Contract{Market: id, ID: c.ID()}
		_ = t.quotes.HoldContract(at, quote.SuspectBook, own&^book.Halt != 0)
		ended := c.ExchangeState() == msg.ContractStateSettled || c.ExchangeState() == msg.ContractStateVoided
		_ = t.quotes.HoldContract(at, quote.MarketHalted, ended || own.Has(book.Halt))
	}
}

// releaseContracts ends what the books of a market's contracts hold: they are about to be forgotten.
func (t *trading) releaseContracts(market uint32) {
	if m, ok := t.books.Market(market); ok {
		for c := range m.Contracts() {
			at := quote.Contract{Market: market, ID: c.ID()}
			_ = t.quotes.HoldContract(at, quote.SuspectBook|quote.MarketHalted, false)
			if len(t.handlers.book.entries) > 0 {
				t.addBook(c) // which is empty when the handlers are called
			}
		}
	}
	_ = t.quotes.HoldMarket(market, quote.SuspectBook|quote.MarketHalted, false)
}

// resubscribe asks for a new snapshot of a market. If the first message leaves and the second does not, the books
// ask again.
func (e *Engine) resubscribe(market uint32) {
	t := e.trading
	t.unsubscribe.Reset()
	t.subscribe.Reset()
	t.unsubscribe.SetMarketId(market)
	t.subscribe.SetMarketId(market)
	keys := t.unsubscribe.Keys()
	e.decided(DecisionRenew, market)
	if _, err := e.send(&t.unsubscribe, &keys, fromEngine); err != nil {
		return
	}
	keys = t.subscribe.Keys()
	_, _ = e.send(&t.subscribe, &keys, fromEngine)
}
