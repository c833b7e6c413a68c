package engine

import (
	"context"
	"iter"
	"time"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/odds"
)

// OnOrder registers a handler of everything that happens to the account's orders, in the order in which it is
// found out: acceptance, fills, cancellation, doubt and its end, missed fills, drift. o is never nil: of an event about
// an order that is not kept it has what ev says, and a Quantity of 0; of one about no order, such as a Drift, ev.State
// and o.State are zero. Both are valid until the handler returns.
func (e *Engine) OnOrder(handler func(o *order.Order, ev *order.Event)) Registration {
	return e.tradingHandlers("OnOrder").order.add(handler)
}

// OnFill registers a handler of fills, provisional ones included. o is the order after the fill, and valid until
// the handler returns. It is called before OnOrder's handlers.
func (e *Engine) OnFill(handler func(o *order.Order, f order.Fill)) Registration {
	return e.tradingHandlers("OnFill").fill.add(handler)
}

// OnBook registers a handler of books that changed: their levels, or their State, for a gap or a halt for example. It
// is called with each book after the change, of many at once with 64 in a round of the loop, so that a bot which does
// what the newest call of a contract says, and nothing unless the book is Live, does not act on a stale one. It may
// also be called with a book that did not change. The book is valid until the handler returns.
func (e *Engine) OnBook(handler func(c book.Contract)) Registration {
	return e.tradingHandlers("OnBook").book.add(handler)
}

// Book returns the book of a contract, and false if its market is neither subscribed to nor has own orders.
func (e *Engine) Book(market, contract uint32) (c book.Contract, ok bool) {
	if e.trading == nil {
		return c, false
	}
	return e.trading.books.Contract(market, contract)
}

// Orders yields the account's orders that are not terminal, oldest first. They are valid until the engine
// handles the next event or sends.
func (e *Engine) Orders() iter.Seq[*order.Order] {
	if e.trading == nil {
		return func(func(*order.Order) bool) {}
	}
	return e.trading.orders.Live
}

// Order returns the order with a reference, nil if it is not kept.
func (e *Engine) Order(reference uint64) *order.Order {
	if e.trading == nil {
		return nil
	}
	return e.trading.orders.ByReference(reference)
}

// DefineMarket says how a market is settled: one of its contracts wins, or each wins or loses by itself, of which the
// stream says nothing. Its worst case and its outcomes follow from that; call it before the first order in the market.
// A market that is not defined is as State.Orders.IndependentContracts says: one contract wins, if it is not set. The
// error is ErrNoState, a [*order.FullError] if there is no room for another market, or ErrClosed once the engine has
// ended.
func (e *Engine) DefineMarket(market uint32, winnerTakesAll bool) error {
	if e.trading == nil {
		return ErrNoState
	}
	if e.life.phase == phaseEnded {
		return ErrClosed
	}
	e.trading.persist.noteRare()
	e.decided(DecisionDefine, market, winnerTakesAll)
	return e.trading.orders.DefineMarket(market, winnerTakesAll)
}

// Position returns the position in a contract.
func (e *Engine) Position(market, contract uint32) (p order.Position) {
	if e.trading == nil {
		return p
	}
	return e.trading.orders.Position(market, contract)
}

// Outcomes yields the profit of each outcome of a market, of final fills, after commission.
func (e *Engine) Outcomes(market uint32) iter.Seq[order.Profit] {
	return func(yield func(order.Profit) bool) {
		if e.trading != nil {
			e.trading.orders.Outcomes(market, yield)
		}
	}
}

// Account returns the money of the account.
func (e *Engine) Account() (a order.Account) {
	if e.trading == nil {
		return a
	}
	return e.trading.orders.Account()
}

// Completeness returns whether orders, positions and money are complete as far as can be known, and why not.
func (e *Engine) Completeness() (c order.Completeness) {
	if e.trading == nil {
		return order.Completeness{Why: order.NotCaughtUp, Cause: ErrNoState}
	}
	return e.trading.orders.Completeness()
}

// Reconciled notes that the user has compared orders and positions with another source and accepts them: lasting causes
// of [order.Completeness], such as lost messages, are cleared. It is kept in the state file.
func (e *Engine) Reconciled() {
	if e.trading == nil {
		return
	}
	e.trading.persist.noteRare()
	e.decided(DecisionReconciled)
	e.trading.ordersEvents(e.trading.orders.Reconciled(e.now), e.now)
}

// ResolveOrder ends the doubt about an order, and about requests about it, by the user's word, or that about a replace
// of an order that is not known, which counts in [order.Account] until then. It reports false if there is nothing with
// the reference about which something is not certain.
func (e *Engine) ResolveOrder(reference uint64, outcome order.Outcome) bool {
	if e.trading == nil {
		return false
	}
	e.trading.persist.noteResolve(reference, outcome, e.now)
	e.decided(DecisionResolve, append([]any{reference}, outcomeOf(outcome)...)...)
	t := e.trading
	events, ok := t.orders.Resolve(reference, outcome, e.now)
	for t.ordersEvents(events, e.now); t.orders.More(); t.ordersEvents(events, e.now) {
		events, _ = t.orders.Resolve(reference, outcome, e.now)
	}
	return ok
}

// ResolveOrderID is ResolveOrder for an order by the exchange's id, such as one of another session.
func (e *Engine) ResolveOrderID(id uint64, outcome order.Outcome) bool {
	if e.trading == nil {
		return false
	}
	e.trading.persist.noteRare()
	e.decided(DecisionResolveID, append([]any{id}, outcomeOf(outcome)...)...)
	t := e.trading
	events, ok := t.orders.ResolveID(id, outcome, e.now)
	for t.ordersEvents(events, e.now); t.orders.More(); t.ordersEvents(events, e.now) {
		events, _ = t.orders.ResolveID(id, outcome, e.now)
	}
	return ok
}

// Place sends an order, and returns what it is cancelled, reduced and replaced by. The errors are those of
// [Engine.Send], of package order for a limit that cannot be, and *[risk.Refusal].
func (e *Engine) Place(l order.Limit) (Placed, error) {
	if e.trading == nil {
		return Placed{}, ErrNoState
	}
	m := &e.trading.create
	m.Reset()
	if err := l.Create(m); err != nil {
		return Placed{}, err
	}
	seq, err := e.SendOrderCreate(m)
	if err != nil {
		return Placed{}, err
	}
	reference, _ := e.session.Reference(seq)
	return Placed{e, reference}, nil
}

// Placed returns what an order is cancelled, reduced and replaced by, by its reference: with StateConfig.File also one
// of an earlier run.
func (e *Engine) Placed(reference uint64) Placed { return Placed{e, reference} }

// Placed is an order of the engine's, by its reference. It is a small value and may be kept.
type Placed struct {
	engine    *Engine
	reference uint64
}

// Reference returns the order's reference.
func (p Placed) Reference() uint64 { return p.reference }

// Order returns the order as it is known, nil if it is not kept any more.
func (p Placed) Order() *order.Order {
	if p.engine == nil {
		return nil
	}
	return p.engine.Order(p.reference)
}

// Cancel asks for the cancellation of what is available of the order. The error is ErrNoOrderID before the
// exchange has named the order, or one of [Engine.Send].
func (p Placed) Cancel() error {
	_, err := p.engine.cancelOrder(p.Order())
	return err
}

// Reduce asks for the available quantity to be made smaller; the order keeps its place in the queue. The error is
// order.ErrQuantity for a quantity that is negative or more than the order's, ErrNoOrderID as of Cancel, or one of
// [Engine.Send].
func (p Placed) Reduce(available odds.Quantity) error {
	_, err := p.engine.reduceOrder(p.Order(), available)
	return err
}

// Replace asks for another order in place of this one, with a price and a quantity that includes what this one
// has executed, and returns what the new order is cancelled, reduced and replaced by. If the exchange refuses, this
// one stays as it was, or is in doubt until its cancellation is answered. The error is order.ErrPrice or ErrQuantity
// for an order that cannot be, ErrNoOrderID as of Cancel, or one of [Engine.Send].
func (p Placed) Replace(price odds.Price, quantity odds.Quantity) (Placed, error) {
	seq, err := p.engine.replaceOrder(p.Order(), price, quantity)
	if err != nil {
		return Placed{}, err
	}
	reference, _ := p.engine.session.Reference(seq)
	return Placed{p.engine, reference}, nil
}

func (e *Engine) cancelOrder(o *order.Order) (seq uint64, err error) {
	if o == nil || o.ID == 0 {
		return 0, ErrNoOrderID
	}
	m := &e.trading.cancel
	m.Reset()
	m.SetOrderId(o.ID)
	if r := e.trading.quoteReference(); r != 0 {
		m.SetReference(r)
	}
	return e.SendOrderCancel(m)
}

func (e *Engine) reduceOrder(o *order.Order, available odds.Quantity) (seq uint64, err error) {
	if o == nil || o.ID == 0 {
		return 0, ErrNoOrderID
	}
	if available < 0 || available > o.Quantity && o.Quantity != 0 { // 0 if it is not known
		return 0, order.ErrQuantity
	}
	m := &e.trading.reduce
	m.Reset()
	m.SetOrderId(o.ID)
	m.SetNewQuantity(uint64(available))
	if r := e.trading.quoteReference(); r != 0 {
		m.SetReference(r)
	}
	return e.SendOrderQuantityReduce(m)
}

func (e *Engine) replaceOrder(o *order.Order, price odds.Price, quantity odds.Quantity) (seq uint64, err error) {
	if o == nil || o.ID == 0 {
		return 0, ErrNoOrderID
	}
	if !price.Valid() {
		return 0, order.ErrPrice
	}
	if quantity < 1 || quantity > order.QuantityMax {
		return 0, order.ErrQuantity
	}
	m := &e.trading.replace
	m.Reset()
	m.SetOrigOrderId(o.ID)
	m.SetPrice(uint32(price))
	m.SetQuantity(uint64(quantity))
	m.SetMarketId(o.Market)
	if r := e.trading.quoteReference(); r != 0 {
		m.SetReference(r)
	}
	return e.SendOrderCancelReplace(m)
}

// RunUntilFlat is Run that ends flat: when ctx ends, or Stop is called, all orders are cancelled, which takes at
// most timeout, 24 hours if that is longer, or Config.StopTimeout if it is not positive, whatever Config.OnStop says.
// It returns the orders that may still be live, those in doubt included, and Run's error, or where that is nil although
// there are some, a *[CancelError]. So nil means that none is left, as far as is known: see [Engine.Completeness].
// Without state it returns ErrNoState and does not run, and where the loop runs already ErrRunning and changes
// nothing.
func (e *Engine) RunUntilFlat(ctx context.Context, timeout time.Duration) (left []order.Order, err error) {
	if e.trading == nil {
		return nil, ErrNoState
	}
	if e.running.Load() {
		if e.requests.closing() {
			return nil, ErrClosed
		}
		return nil, ErrRunning
	}
	if e.config.OnStop = StopCancelAll; timeout > 0 {
		e.config.StopTimeout = min(timeout, durationMax)
	}
	err = e.Run(ctx)
	inDoubt := 0
	for o := range e.Orders() {
		if left = append(left, *o); o.Overlay&order.InDoubt != 0 || o.State == order.PendingNew {
			inDoubt++
		}
	}
	if err == nil && len(left) > 0 {
		err = &CancelError{Sent: true, Accepted: true, InDoubt: inDoubt, Left: len(left)}
	}
	return left, err
}
