package engine

import (
	"math"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// StateConfig are the settings of the trading state: orders and money, books, risk checks and quotes.
type StateConfig struct {
	// Enable keeps the state. Without it methods that ask for it, such as [Engine.Place] and [Engine.Book], return
	// ErrNoState or nothing, and nothing is paid for it. The zero values of the other settings keep all of it
	// with the defaults of each package, and limit nothing.
	Enable bool

	Orders order.Config
	Books  book.Config
	Risk   risk.Config
	Quotes quote.Config

	// HandleReplayed calls OnOrder's and OnFill's handlers also for what the exchange repeats after a login.
	// The state is up to date in any case.
	HandleReplayed bool

	// OnUnsettled is what follows an order that stays in doubt after a login.
	OnUnsettled UnsettledPolicy
}

// UnsettledPolicy says what follows a message in doubt that the exchange's messages will not settle any more.
type UnsettledPolicy uint8

// The policies.
const (
	ReportUnsettled       UnsettledPolicy = iota // only OnSendUnsettled's and OnOrder's handlers are called
	CancelUnsettledMarket                        // all orders of its market are cancelled
	HaltUnsettled                                // the kill switch is thrown
)

// trading is the trading state of an engine, and what of it waits to be handled. The loop only.
type trading struct {
	config StateConfig
	orders *order.Manager
	books  *book.Books
	risk   *risk.Gate
	quotes *quote.Quoter

	handlers tradingHandlers
	events   tradingEvents
	due      int64 // clock reading at which tick has something to do

	create    msg.OrderCreate // reused by what the engine sends
	cancel    msg.OrderCancel
	reduce    msg.OrderQuantityReduce
	replace   msg.OrderCancelReplace
	snapshot  risk.Snapshot
	gapfills  uint64 // of the session, when the gap was found
	realised  odds.Money
	changed   bool // the orders, which the risk checks count
	quoting   bool // the bot has wanted quotes
	reconcile bool // quotes may have something to do
}

// newTrading claims the memory of the trading state.
func newTrading(c StateConfig) (*trading, error) {
	t := &trading{config: c, due: math.MaxInt64}
	var err error
	if t.orders, err = order.New(c.Orders); err != nil {
		return nil, err
	}
	if t.books, err = book.New(c.Books); err != nil {
		return nil, err
	}
	if t.risk, err = risk.New(c.Risk); err != nil {
		return nil, err
	}
	if t.quotes, err = quote.New(c.Quotes); err != nil {
		return nil, err
	}
	t.quotes.Hold(quote.NotCaughtUp, true)
	return t, nil
}

// admit asks orders and risk whether an order-entry message may be sent.
func (t *trading) admit(now int64, keys *msg.Keys) error {
	if err := t.orders.Admit(keys); err != nil {
		return err
	}
	needs := t.risk.Needs(keys.Type)
	t.look(now, keys, needs)
	return t.risk.Admit(now, keys, &t.snapshot)
}

// look fills in the parts of the snapshot that a request is judged by.
func (t *trading) look(now int64, keys *msg.Keys, needs risk.Parts) {
	s := &t.snapshot
	*s = risk.Snapshot{Known: needs}
	if needs == 0 {
		return
	}
	market, contract, side := keys.Market, keys.Contract, odds.Side(keys.Side)
	if keys.Type == msg.PayloadOrderCancelReplace {
		o := t.orders.ByID(keys.OrderID)
		if o == nil {
			s.Known = 0
			return
		}
		market, contract, side = o.Market, o.Contract, o.Side
		s.Original = risk.Original{Market: market, Contract: contract, Side: side}
	}
	if needs&risk.PartBook != 0 {
		s.Book = t.touch(now, market, contract)
	}
	if needs&(risk.PartOwn|risk.PartOrders) != 0 {
		t.orders.LiveOf(market, contract, func(o *order.Order) bool {
			s.ContractOrders++
			switch {
			case o.Side == odds.Buy:
				s.Own.Bid = max(s.Own.Bid, o.Price)
			case s.Own.Offer == 0 || o.Price < s.Own.Offer:
				s.Own.Offer = o.Price
			}
			return true
		})
		s.Orders = t.orders.LiveCount()
	}
	if needs&(risk.PartContract|risk.PartMarket|risk.PartAccount) == 0 {
		s.Profit = t.orders.Account().Realised
		return
	}
	liability := liabilityOf(side, odds.Price(keys.Price), odds.Quantity(keys.Quantity))
	p, m, a := t.orders.Position(market, contract), t.orders.Market(market), t.orders.Account()
	worst := max(-min(p.IfWins, p.IfLoses), 0) + p.Open + p.Asked
	s.Contract = exposure(worst, liability)
	s.Market = exposure(m.WorstCase, liability)
	s.Account = exposure(a.WorstCase, liability)
	s.Profit = a.Realised
}

// exposure returns a worst case without and with a request that offsets nothing.
func exposure(worst, liability odds.Money) risk.Exposure {
	return risk.Exposure{Before: worst}.Add(liability)
}

// liabilityOf returns what an order can lose, 0 if it is none.
func liabilityOf(side odds.Side, price odds.Price, quantity odds.Quantity) odds.Money {
	l := order.Limit{Market: 1, Contract: 1, Side: side, Price: price, Quantity: quantity}
	lost, err := l.Liability()
	if err != nil {
		return 0
	}
	return lost
}

// touch returns a contract's book as the risk checks take it, without own orders.
func (t *trading) touch(now int64, market, contract uint32) (b risk.Book) {
	c, ok := t.books.Contract(market, contract)
	if !ok {
		return b
	}
	switch state, _ := c.State(); state {
	case book.Live:
		b.State = risk.BookLive
	case book.Suspect:
		b.State = risk.BookSuspect
	default:
		return b
	}
	c = c.WithoutOwn()
	if l, ok := c.Best(odds.Buy); ok {
		b.Bid = l.Price
	}
	if l, ok := c.Best(odds.Sell); ok {
		b.Offer = l.Price
	}
	return b
}

// sent records a message that left, with the reference that it went with.
func (e *Engine) recordSent(keys *msg.Keys, seq uint64) {
	t := e.trading
	switch keys.Type {
	case msg.PayloadMarketSubscribe:
		_ = t.books.Subscribed(keys.Market, e.now) // without room its books are absent
		return
	case msg.PayloadMarketUnsubscribe:
		t.books.Unsubscribed(keys.Market, e.now)
		return
	case msg.PayloadPriceFeedSubscribe, msg.PayloadPriceFeedUnsubscribe:
		t.books.PriceFeed(keys.Type == msg.PayloadPriceFeedSubscribe, e.now)
		return
	case msg.PayloadOrderCreate, msg.PayloadOrderCancel, msg.PayloadOrderCancelAll, msg.PayloadOrderQuantityReduce,
		msg.PayloadOrderCancelReplace:
	default:
		return
	}
	k := *keys
	k.Reference, _ = e.session.Reference(seq)
	_ = t.orders.Sent(&k, seq, e.now) // admit asked for room
	t.risk.Sent(e.now, &k)
	switch k.Type {
	case msg.PayloadOrderCancelAll:
		if k.Market == 0 {
			t.risk.CancelAllSent(e.now, seq)
		}
		t.quotesOf(t.orders.Live)
		return
	case msg.PayloadOrderCreate:
		if o := t.orders.ByReference(k.Reference); o != nil {
			_ = t.books.OwnAdded(own(o, 0))
			t.quoteOrder(o)
		}
	case msg.PayloadOrderCancelReplace:
		if o := t.orders.ByID(k.OrderID); o != nil {
			t.quoteOrder(o)
		}
	case msg.PayloadOrderCancel, msg.PayloadOrderQuantityReduce:
		if o := t.orders.ByID(k.OrderID); o != nil {
			_ = t.books.OwnReducing(keyOf(o), o.Overlay&order.PendingReduce != 0)
			t.quoteOrder(o)
		}
	}
	t.changed, t.reconcile = true, t.quoting
}

// keyOf returns what names an order in books and quotes: its reference, or the exchange's id if another session
// placed it.
func keyOf(o *order.Order) uint64 {
	if o.Reference != 0 {
		return o.Reference
	}
	return o.ID
}

// own returns an order as books take it.
func own(o *order.Order, replaces uint64) book.Own {
	open := o.Available
	if o.State == order.PendingNew {
		open = o.Quantity
	}
	return book.Own{
		ID: keyOf(o), Market: o.Market, Contract: o.Contract, Side: o.Side, Price: o.Price, Open: open,
		Pending: o.State == order.PendingNew, Replaces: replaces,
	}
}

// countOrders tells the risk checks how many orders may trade.
func (t *trading) countOrders(now int64) {
	inDoubt := 0
	t.orders.InDoubt(func(*order.Order) bool {
		inDoubt++
		return true
	})
	t.risk.Orders(now, risk.OpenOrders{
		Open: t.orders.LiveCount() - inDoubt, InDoubt: inDoubt, Complete: t.orders.Completeness().Complete,
	})
	t.changed = false
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
	q := quote.Order{
		Contract: quote.Contract{Market: o.Market, ID: o.Contract}, Key: keyOf(o), Open: o.Available,
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
		q.State = quote.PendingReduce
	case o.State == order.PendingNew:
		q.State, q.Open = quote.PendingNew, o.Quantity
	}
	_ = t.quotes.Apply(&q)
}

// fateOf is a session's fate as orders take it; the numbers are the same.
func fateOf(f session.Fate) order.Fate { return order.Fate(f) }
