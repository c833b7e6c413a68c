package engine

import (
	"github.com/smk-go/smk/engine/internal/ownbook"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// Quote says which quotes of a contract the bot wants from now on, one level on each side. The engine sends the fewest
// requests that bring its orders there, as the throttle allows, and pulls them by itself while the book is suspect,
// the market halted, messages are missing, or the account is not caught up with; see package quote. A market that is
// not subscribed to it subscribes to, as [Engine.Subscribe] does, unless DisableFollow or DisableRestore is
// set; nothing leaves before its book is there. The error is ErrNoState, or one of package quote or Subscribe.
func (e *Engine) Quote(market, contract uint32, q quote.Two) error {
	t, err := e.startQuoting(market)
	if err != nil {
		return err
	}
	return t.quotes.Set(quote.Contract{Market: market, ID: contract}, q)
}

// QuoteLevels is Quote with several levels on each side, up to Config.State.Quotes.Levels, which is 1 unless it is set.
// They may be in any order, and are copied.
func (e *Engine) QuoteLevels(market, contract uint32, bids, asks []quote.Level, tolerance quote.Tolerance) error {
	t, err := e.startQuoting(market)
	if err != nil {
		return err
	}
	return t.quotes.SetLevels(quote.Contract{Market: market, ID: contract}, bids, asks, tolerance)
}

// startQuoting makes the quoter follow the orders, from the first quote on, and subscribes to the market.
func (e *Engine) startQuoting(market uint32) (*trading, error) {
	t := e.trading
	if t == nil {
		return nil, ErrNoState
	}
	if err := e.subscribeQuoted(market); err != nil {
		return nil, err
	}
	if !t.quoting {
		t.quoting = true
		t.quotesOf(t.orders.Live)
	}
	t.reconcile = true
	return t, nil
}

// AdoptQuote gives an order to the quotes, one of an earlier run for example, whatever placed it. From now on it
// serves the quotes of its contract, or is cancelled if none are wanted: call Quote before, or in the same handler.
// The error is ErrNoState or one of package quote: quote.ErrOrder for nil, which [Engine.Order] returns of an order
// that is not kept. An order that ended is not adopted.
func (e *Engine) AdoptQuote(o *order.Order) error {
	if e.trading == nil {
		return ErrNoState
	}
	if o == nil {
		return quote.ErrOrder
	}
	t, err := e.startQuoting(o.Market)
	if err != nil {
		return err
	}
	q := t.quoteOf(o)
	return t.quotes.Adopt(&q)
}

// OnQuote registers a handler of what becomes of wanted quotes: pulled, back, given up after refusals.
func (e *Engine) OnQuote(handler func(ev quote.Event)) Registration {
	return e.tradingHandlers("OnQuote").quote.add(handler)
}

// QuoteStatus returns how a contract is quoted, and why it is not.
func (e *Engine) QuoteStatus(market, contract uint32) (s quote.Status) {
	if e.trading == nil {
		return s
	}
	return e.trading.quotes.Status(quote.Contract{Market: market, ID: contract})
}

// RetryQuote makes the quotes of a contract forget refusals, so that a side that was given up is tried again.
func (e *Engine) RetryQuote(market, contract uint32) {
	if e.trading != nil {
		e.trading.quotes.Retry(quote.Contract{Market: market, ID: contract})
		e.trading.reconcile = e.trading.quoting
	}
}

// Pull cancels the quotes of a contract.
func (e *Engine) Pull(market, contract uint32) {
	if e.trading != nil {
		e.trading.quotes.Pull(quote.Contract{Market: market, ID: contract})
		e.trading.reconcile = e.trading.quoting
	}
}

// quotesOf shows orders to the quoter.
func (t *trading) quotesOf(orders func(func(*order.Order) bool)) {
	for o := range orders {
		t.quoteOrder(o)
	}
	t.reconcile = t.quoting
}

// quoteOrder shows an order to the quoter. Without room for it the quoter does not quote its contract.
func (t *trading) quoteOrder(o *order.Order) {
	if !t.quoting {
		return
	}
	q := t.quoteOf(o)
	_ = t.quotes.Apply(&q)
}

// quoteSent shows an order to the quoter about which something was sent. What the quoter sent itself it knows.
func (t *trading) quoteSent(o *order.Order) {
	if !t.stepping {
		t.quoteOrder(o)
	}
}

// quoteOf returns an order as the quoter takes it.
func (t *trading) quoteOf(o *order.Order) quote.Order {
	q := quote.Order{
		Contract: quote.Contract{Market: o.Market, ID: o.Contract}, Key: ownbook.Key(o), Open: ownbook.Open(o),
		Executed: o.Executed, Price: o.Price, Side: o.Side, State: quote.Live,
	}
	switch {
	case o.State == order.Rejected || o.State == order.Invalid || o.State == order.NotPlaced:
		q.State = quote.Rejected
	case o.State.Terminal():
		q.State = quote.Closed
	case o.Overlay&order.InDoubt != 0:
		q.State = quote.InDoubt
	case o.Overlay&order.PendingReplace != 0:
		q.State = quote.PendingReplace
	case o.Overlay&order.PendingCancel != 0:
		q.State = quote.PendingCancel
	case o.Overlay&order.PendingReduce != 0:
		q.State, q.Reduced = quote.PendingReduce, min(t.recent.quantity(q.Key, q.Open), q.Open)
	case o.State == order.PendingNew:
		q.State = quote.PendingNew
	}
	q.Managed = o.Original != 0 && t.replacesQuote(o) || !o.Foreign && t.persist.isQuote(o.Reference)
	return q
}

// quoteReplace shows the quoter what a replace of the bot's own would make, which quotes must not cross.
func (t *trading) quoteReplace(o *order.Order, k *msg.Keys) {
	if !t.quoting || t.stepping {
		return
	}
	_ = t.quotes.Apply(&quote.Order{
		Contract: quote.Contract{Market: o.Market, ID: o.Contract}, Key: k.Reference, Side: o.Side,
		Price: odds.Price(k.Price), Open: odds.Quantity(min(k.Quantity, uint64(order.QuantityMax))),
		State: quote.PendingNew,
	})
}

// replacesQuote reports whether an order replaces one of the quoter's and no request of this run made it: an earlier
// run asked for it.
func (t *trading) replacesQuote(o *order.Order) bool {
	if t.quotes.Manages(ownbook.Key(o)) {
		return false
	}
	original := t.orders.ByID(o.Original)
	return original != nil && t.quotes.Manages(ownbook.Key(original)) && t.recent.find(o.Reference) == nil
}
