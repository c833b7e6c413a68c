package engine

import (
	"log/slog"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/internal/ownbook"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
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
	risk      []risk.Event
	noOrder   order.Order // placeholder
	notifying bool
}

// placeholder returns what OnOrder's handlers get for an event that is about no order, or about one that is not kept:
// most of them are written for orders, and such events are too rare for a test to find out.
func (q *tradingEvents) placeholder(ev *order.Event) *order.Order {
	q.noOrder = order.Order{Market: ev.Market, Contract: ev.Contract, Side: ev.Side}
	if ev.State != 0 {
		q.noOrder.ID, q.noOrder.Reference, q.noOrder.State = ev.OrderID, ev.Reference, ev.State
	}
	return &q.noOrder
}

func (q *tradingEvents) init() {
	q.orders, q.books = make([]order.Event, 0, tradingEventsUsual), make([]book.Contract, 0, tradingEventsUsual)
	q.quotes, q.risk = make([]quote.Event, 0, tradingEventsUsual), make([]risk.Event, 0, 2*risk.EventsMax)
}

func (q *tradingEvents) len() int { return len(q.orders) + len(q.books) + len(q.quotes) + len(q.risk) }

func (q *tradingEvents) clear() {
	q.orders, q.books, q.quotes, q.risk = q.orders[:0], q.books[:0], q.quotes[:0], q.risk[:0]
}

// tradingHandlers are the functions that the bot registered for its own trading.
type tradingHandlers struct {
	order list[func(*order.Order, *order.Event)]
	fill  list[func(*order.Order, order.Fill)]
	book  list[func(book.Contract)]
	quote list[func(quote.Event)]
	risk  list[func(risk.Event)]

	recovery list[func(Recovery)]
	saved    list[func(error)]
}

// notifyTrading calls the handlers of orders, fills, books, quotes and risk with what the stages found out about an
// event.
func (e *Engine) notifyTrading() {
	t := e.trading
	q := &t.events
	if q.notifying || q.len() == 0 {
		return
	}
	q.notifying = true
	for i, j, k, l := 0, 0, 0, 0; i+j+k+l < q.len() && !e.gate.has(gateMuted); { // handlers may add some
		for ; i < len(q.orders) && !e.gate.has(gateMuted); i++ {
			e.notifyOrder(&q.orders[i])
		}
		for ; j < len(q.books) && !e.gate.has(gateMuted); j++ {
			c := q.books[j]
			notifyEach(e, &t.handlers.book, func(f func(book.Contract)) { f(c) })
		}
		for ; k < len(q.quotes) && !e.gate.has(gateMuted); k++ {
			ev := q.quotes[k]
			if ev.Kind == quote.GaveUp && e.log != nil {
				e.log.push(record{at: e.now, level: slog.LevelWarn, text: "quote " + ev.String()})
			}
			notifyEach(e, &t.handlers.quote, func(f func(quote.Event)) { f(ev) })
		}
		for ; l < len(q.risk) && !e.gate.has(gateMuted); l++ {
			ev := q.risk[l]
			notifyEach(e, &t.handlers.risk, func(f func(risk.Event)) { f(ev) })
		}
	}
	q.clear()
	q.notifying = false
}

// notifyOrder calls the handlers of orders and fills with an event.
func (e *Engine) notifyOrder(ev *order.Event) {
	t := e.trading
	if e.log != nil {
		e.logOrder(ev)
	}
	if ev.Replayed && !t.config.HandleReplayed {
		return
	}
	if ev.Kind == order.OrderFilled {
		if o := ownbook.OrderOf(t.orders, ev); o != nil {
			notifyEach(e, &t.handlers.fill, func(f func(*order.Order, order.Fill)) { f(o, ev.Fill) })
		}
	}
	o := ownbook.OrderOf(t.orders, ev)
	if o == nil {
		o = t.events.placeholder(ev)
	}
	notifyEach(e, &t.handlers.order, func(f func(*order.Order, *order.Event)) { f(o, ev) })
}

// logOrder logs an event that a person should see: what is in doubt, missing, or not as the exchange has it.
func (e *Engine) logOrder(ev *order.Event) {
	r := record{at: ev.Now, level: slog.LevelWarn}
	switch ev.Kind {
	case order.DoubtResolved, order.DriftEnded:
		r.level, r.text = slog.LevelInfo, ev.String()
	case order.DoubtBegan, order.MissedFill, order.Drift, order.Anomaly, order.Overflow:
		r.text = ev.String()
	case order.CompletenessChanged:
		c := e.Completeness()
		if r.text = c.String(); c.Complete {
			r.level = slog.LevelInfo
		}
	default:
		return
	}
	e.log.push(r)
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
