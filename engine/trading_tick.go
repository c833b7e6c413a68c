package engine

import (
	"math"
	"time"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
)

// quoteRetry is when quotes go on that the throttle has no room for.
const quoteRetry = int64(10 * time.Millisecond)

// tickTrading does what is due of the trading state: timers of orders, books and risk, the kill switch, quotes.
func (e *Engine) tickTrading() {
	t := e.trading
	if e.requests.halting() {
		e.applyHalt()
	}
	if t.persist != nil {
		e.tickPersist()
	}
	if e.now < t.due && !t.changed {
		reconciles := t.reconcile && e.mayQuote()
		if !reconciles && !t.levels {
			return
		}
		if t.isCalm() { // what is wanted is what there is
			t.followBeats(e.now)
			if t.levels = false; reconciles {
				t.reconcile, t.retryQuotes = false, math.MaxInt64
				t.quotes.SetNow(e.now)
			}
			t.due = t.nextTick()
			if e.mayQuote() {
				if t.due = min(t.due, t.quotesDue()); t.follow.ready {
					t.due = min(t.due, t.follow.due)
				}
			}
			return
		}
	}
	t.levels = false
	if e.gate.has(gateMuted) {
		t.events.clear()
	}
	t.followBeats(e.now)
	t.due = math.MaxInt64 // handlers, and what they send, may make it earlier
	if t.ordersDue() <= e.now {
		t.persist.note(noteTick, e.now)
		t.ordersEvents(t.orders.Tick(e.now), e.now)
	}
	e.pingForDrift()
	e.resolveOverdue()
	if t.changed {
		t.countOrders(e.now)
	}
	if t.books.Due() <= e.now {
		e.bookEvents(t.books.Advance(e.now))
	}
	e.retryHalt()
	if t.risk.Tick(e.now) {
		e.cancelEverything()
	}
	e.followRisk()
	if e.mayQuote() {
		if t.follow.hasWork(e.now, t.orders.Markets()) {
			e.followMarkets()
		}
		if t.follow.ready {
			t.due = min(t.due, t.follow.due)
		}
		throttled := e.healQuotes()
		if t.reconcile || t.quotesDue() <= e.now {
			t.retryQuotes = math.MaxInt64
			e.stepQuotes()
		}
		if t.due = min(t.due, t.quotesDue(), t.overdueAt(e.now)); throttled {
			t.due = max(t.due, e.now+quoteRetry)
		}
	}
	t.events.books = t.bookWalk.next(t.books, t.events.books)
	e.notifyTrading()
	t.due = min(t.due, t.nextTick())
	if t.bookWalk.left > 0 {
		t.due = 0
	}
}

// isCalm reports whether the trading state waits for nothing but moments: what a tick would do after levels of books
// have changed, or after quotes were set that are there already, is to look for the next one.
func (t *trading) isCalm() bool {
	return !t.quotes.Pending() && !t.quotes.Waiting() && !t.orders.DriftPending() && t.orders.Doubts() == 0
}

// nextTick returns the clock reading at which tick has something to do besides quotes.
func (t *trading) nextTick() int64 {
	due := min(t.ordersDue(), t.books.Due(), t.halts.retryAt, t.driftPing.retryAt, t.doubtDue)
	if at, ok := t.risk.Deadline(); ok {
		due = min(due, at)
	}
	return due
}

// ordersDue returns the clock reading at which orders have something to do. While messages are missing it is never:
// what they say may explain a difference that is not one.
func (t *trading) ordersDue() int64 {
	if t.gap {
		return math.MaxInt64
	}
	return t.orders.Due()
}

// quotesDue returns the clock reading at which quotes have something to do.
func (t *trading) quotesDue() int64 {
	if at, ok := t.quotes.NextWake(); ok {
		return min(at, t.retryQuotes)
	}
	return t.retryQuotes
}

// cancelEverything sends the kill switch's order_cancel_all; if it is refused the switch asks again.
func (e *Engine) cancelEverything() {
	_ = e.cancelMarket(0)
}

// stepQuotes sends the requests that bring the own orders to the wanted quotes.
func (e *Engine) stepQuotes() {
	t := e.trading
	t.reconcile = false
	creates, cancels := e.session.Tokens(e.now)
	t.stepping = true
	actions := t.quotes.Step(e.now, quote.Budget{Messages: cancels, Adds: creates})
	for i := range actions {
		a := &actions[i]
		key, err := e.sendAction(a)
		if err == nil {
			t.quotes.Sent(a, key)
			continue
		}
		t.quotes.Refused(a, refusalOf(err), e.now)
	}
	t.stepping = false
	t.events.quotes = append(t.events.quotes, t.quotes.Events()...)
	if !t.quotes.Pending() {
		return
	}
	if creates, _ = e.session.Tokens(e.now); creates > 0 {
		t.reconcile = true
		return
	}
	t.retryQuotes = e.now + quoteRetry
}

// refusalOf returns what an error of a send is to the quoter.
func refusalOf(err error) quote.Refusal {
	switch err {
	case order.ErrMarket, order.ErrSide, order.ErrPrice, order.ErrQuantity:
		return quote.Denied // it never passes
	}
	if _, ok := err.(*risk.Refusal); ok {
		return quote.Denied
	}
	return quote.Throttled
}

// sendAction sends a request of the quoter, and returns what names the order that it makes.
func (e *Engine) sendAction(a *quote.Action) (key uint64, err error) {
	t := e.trading
	var seq uint64
	switch a.Kind {
	case quote.Create:
		l := order.Limit{
			Market: a.Contract.Market, Contract: a.Contract.ID, Side: a.Side, Price: a.Price, Quantity: a.Quantity,
			Reference: t.quoteReference(),
		}
		t.create.Reset()
		if err := l.Create(&t.create); err != nil {
			return 0, err
		}
		seq, err = e.SendOrderCreate(&t.create)
	case quote.Cancel:
		seq, err = e.cancelOrder(t.byKey(a.Key))
	case quote.Reduce:
		seq, err = e.reduceOrder(t.byKey(a.Key), a.Quantity)
	case quote.Replace:
		seq, err = e.replaceOrder(t.byKey(a.Key), a.Price, a.Total)
	}
	if err != nil {
		return 0, err
	}
	key, _ = e.session.Reference(seq)
	return key, nil
}

// byKey returns the order that a key of keyOf names.
func (t *trading) byKey(key uint64) *order.Order {
	if o := t.orders.ByReference(key); o != nil {
		return o
	}
	return t.orders.ByID(^key)
}

// tradingDue returns the clock reading at which the trading state has something to do.
func (e *Engine) tradingDue() int64 {
	if e.trading == nil {
		return math.MaxInt64
	}
	if t := e.trading; t.changed || t.reconcile && e.mayQuote() {
		return past
	}
	return min(e.trading.due, e.trading.persist.dueAt())
}

// mayQuote reports whether the session takes orders.
func (e *Engine) mayQuote() bool {
	state := e.session.State()
	return e.life.phase == phaseConnected && (state == session.Established || state == session.Recovering) &&
		e.gate&^gateAsks == 0
}
