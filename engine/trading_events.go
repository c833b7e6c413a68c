package engine

import (
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
)

// tradingEventsUsual is how many events of orders, and how many books, there is room for before more is claimed: a
// message seldom gives rise to more than two, but the state of a market or its snapshot may be about all of its orders
// and contracts, and none of them is dropped.
const tradingEventsUsual = 256

// tradingEvents is what the stages found out and the handlers were not called with yet.
type tradingEvents struct {
	orders    []order.Event
	books     []book.Contract
	quotes    []quote.Event
	notifying bool
}

func (q *tradingEvents) init() {
	q.orders, q.books = make([]order.Event, 0, tradingEventsUsual), make([]book.Contract, 0, tradingEventsUsual)
	q.quotes = make([]quote.Event, 0, tradingEventsUsual)
}

func (q *tradingEvents) clear() {
	q.orders, q.books, q.quotes = q.orders[:0], q.books[:0], q.quotes[:0]
}

// tradingHandlers are the functions that the bot registered for its own trading.
type tradingHandlers struct {
	order list[func(*order.Order, *order.Event)]
	fill  list[func(*order.Order, order.Fill)]
	book  list[func(book.Contract)]
	quote list[func(quote.Event)]

	recovery list[func(Recovery)]
	saved    list[func(error)]
}

// notifyTrading calls the handlers of orders, fills and books with what the stages found out about an event.
func (e *Engine) notifyTrading() {
	t := e.trading
	q := &t.events
	if q.notifying || len(q.orders)+len(q.books)+len(q.quotes) == 0 {
		return
	}
	q.notifying = true
	for i := 0; i < len(q.orders) && !e.gate.has(gateMuted); i++ { // handlers may add some
		ev := &q.orders[i]
		if ev.Replayed && !t.config.HandleReplayed {
			continue
		}
		if ev.Kind == order.OrderFilled {
			if o := t.orderOf(ev); o != nil {
				notifyEach(e, &t.handlers.fill, func(f func(*order.Order, order.Fill)) { f(o, ev.Fill) })
			}
		}
		o := t.orderOf(ev)
		notifyEach(e, &t.handlers.order, func(f func(*order.Order, *order.Event)) { f(o, ev) })
	}
	for i := 0; i < len(q.books) && !e.gate.has(gateMuted); i++ {
		c := q.books[i]
		notifyEach(e, &t.handlers.book, func(f func(book.Contract)) { f(c) })
	}
	for i := 0; i < len(q.quotes) && !e.gate.has(gateMuted); i++ {
		ev := q.quotes[i]
		notifyEach(e, &t.handlers.quote, func(f func(quote.Event)) { f(ev) })
	}
	q.clear()
	q.notifying = false
}

// notifyEach calls each handler of a list.
func notifyEach[F any](e *Engine, l *list[F], call func(F)) {
	if len(l.entries) == 0 {
		return
	}
	l.walking = true
	for i, n := 0, len(l.entries); i < n; i++ {
		if at := &l.entries[i]; !at.dead {
			e.timing.startHandler(at.name)
			call(at.fn)
			e.endHandler()
		}
	}
	l.walked()
}
