package engine

import (
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
)

// tradingEventsMax is how many events of orders, and how many books, one event of the session gives rise to at most.
const tradingEventsMax = 64

// tradingEvents is what the stages found out and the handlers were not called with yet.
type tradingEvents struct {
	orders    [tradingEventsMax]order.Event
	books     [tradingEventsMax]book.Contract
	orderN    int
	bookN     int
	dropped   uint64 // books of larger snapshots: their handlers are called for the first ones only
	notifying bool
}

func (q *tradingEvents) push(ev *order.Event) {
	if q.orderN < tradingEventsMax {
		q.orders[q.orderN] = *ev
		q.orderN++
	}
}

func (q *tradingEvents) pushBook(c book.Contract) {
	if q.bookN == tradingEventsMax {
		q.dropped++
		return
	}
	q.books[q.bookN] = c
	q.bookN++
}

// tradingHandlers are the functions that the bot registered for its own trading.
type tradingHandlers struct {
	order list[func(*order.Order, *order.Event)]
	fill  list[func(*order.Order, order.Fill)]
	book  list[func(book.Contract)]
}

// notifyTrading calls the handlers of orders, fills and books with what the stages found out about an event.
func (e *Engine) notifyTrading() {
	t := e.trading
	q := &t.events
	if q.notifying || q.orderN+q.bookN == 0 {
		return
	}
	q.notifying = true
	for i := 0; i < q.orderN && !e.gate.has(gateMuted); i++ { // handlers may add some
		ev := &q.orders[i]
		o := t.orderOf(ev)
		if ev.Replayed && !t.config.HandleReplayed {
			continue
		}
		if o != nil && ev.Kind == order.OrderFilled {
			notifyEach(e, &t.handlers.fill, func(f func(*order.Order, order.Fill)) { f(o, ev.Fill) })
		}
		notifyEach(e, &t.handlers.order, func(f func(*order.Order, *order.Event)) { f(o, ev) })
	}
	for i := 0; i < q.bookN && !e.gate.has(gateMuted); i++ {
		c := q.books[i]
		notifyEach(e, &t.handlers.book, func(f func(book.Contract)) { f(c) })
	}
	q.orderN, q.bookN, q.notifying = 0, 0, false
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
