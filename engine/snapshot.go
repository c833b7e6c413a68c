package engine

import (
	"context"
	"slices"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/odds"
)

// Snapshot is a copy of the trading state as of one moment between two events, for goroutines other than the loop's;
// see [Submitter.Snapshot]. The zero value is ready. It belongs to the goroutine that asks with it and must not be
// copied while it does. Used again it keeps its memory.
type Snapshot struct {
	// WithBooks asks for Books.
	WithBooks bool

	// OnlyTotals leaves out Orders and Positions, so that the copy takes the loop the same short time however many
	// there are: a microsecond or so.
	OnlyTotals bool

	At           int64 // clock reading
	Session      session.State
	Mode         risk.Status
	Risk         risk.Stats // refusals by limit among others
	Account      order.Account
	Completeness order.Completeness
	Totals       Totals
	Orders       []order.Order // those that are not terminal, oldest first
	Positions    []ContractPosition
	Books        []BookTop

	submission Submission
	engine     *Engine
	fill       func()
	short      bool // there was no room, and nothing was copied; the capacities that there have to be follow
	orders     int
	positions  int
	books      int
}

// Totals are figures of the whole account and of the engine's queues.
type Totals struct {
	Orders    int // that are not terminal
	Positions int // contracts with an order or a position
	Submitted int // messages and functions in the submit queue

	// Creates and Cancels are how many messages the throttle would admit now; see session.Session.Tokens.
	Creates, Cancels int

	// Drift is what the exchange reported last less our own figure, by amount; 0 if they agree.
	Drift [order.Cash + 1]odds.Money

	// Events are how many of each kind there were since New, those that the exchange repeated included.
	Events [order.Overflow + 1]uint64

	// The limits in force, 0 for none; see risk.Config.
	OrdersMax          int
	AccountExposureMax odds.Money
	LossMax            odds.Money
}

// ContractPosition is the position in a contract with an order or a position.
type ContractPosition struct {
	Market, Contract uint32
	order.Position
}

// BookTop is the state of a contract's book and the best level of each side, zero if there is none, with and without
// own orders.
type BookTop struct {
	Market, Contract               uint32
	State                          book.State
	Causes                         book.Causes
	Updated                        int64 // clock reading
	Bid, Offer                     book.Level
	BidWithoutOwn, OfferWithoutOwn book.Level
}

// Snapshot has the loop copy the trading state between two events, and waits for that. The loop takes no lock and
// claims no memory: it copies into the Snapshot's own, and if that has too little room Snapshot claims more and asks
// again. A thousand orders and a hundred contracts take the loop about 60 us, so that a dashboard may ask every 100 ms.
//
// The error is that of [Submitter.Do], or of [Submission.Wait]: if ctx ends first the loop may still write to the
// Snapshot, which returns ErrSubmissionBusy until it has. It is ErrNoState without a trading state.
func (s Submitter) Snapshot(ctx context.Context, to *Snapshot) error {
	if s.engine.trading == nil {
		return ErrNoState
	}
	if to.submission.inUse() {
		return ErrSubmissionBusy
	}
	if to.engine = s.engine; to.fill == nil {
		to.fill = to.copyState
	}
	for {
		if err := s.Do(to.fill, &to.submission); err != nil {
			return err
		}
		if _, err := to.submission.Wait(ctx); err != nil || !to.short {
			return err
		}
		to.Orders = slices.Grow(to.Orders[:0], to.orders+to.orders/4)
		to.Positions = slices.Grow(to.Positions[:0], to.positions+to.positions/4)
		to.Books = slices.Grow(to.Books[:0], to.books+to.books/4)
	}
}

// copyState copies the state. The loop only.
func (s *Snapshot) copyState() {
	e, t := s.engine, s.engine.trading
	s.Orders, s.Positions, s.Books = s.Orders[:0], s.Positions[:0], s.Books[:0]
	s.orders, s.positions, s.books = t.orders.LiveCount(), t.orders.PositionCount(), 0
	if s.WithBooks {
		s.books = t.books.Count()
	}
	if s.OnlyTotals {
		s.orders, s.positions = 0, 0
	}
	s.short = s.orders > cap(s.Orders) || s.positions > cap(s.Positions) || s.books > cap(s.Books)
	if s.short {
		return
	}
	s.At, s.Session, s.Mode, s.Risk = e.now, e.session.State(), e.Mode(), t.risk.Stats()
	s.Account, s.Completeness = t.orders.Account(), t.orders.Completeness()
	e.copyTotals(&s.Totals)
	if !s.OnlyTotals {
		for o := range t.orders.Live {
			s.Orders = append(s.Orders, *o)
		}
		for market, contract := range t.orders.Positions {
			s.Positions = append(s.Positions, ContractPosition{market, contract, t.orders.Position(market, contract)})
		}
	}
	for place := 0; len(s.Books) < s.books; place++ {
		if c, ok := t.books.ContractAt(place); ok {
			s.Books = append(s.Books, topOf(c))
		}
	}
}

// copyTotals sets the totals. The loop only.
func (e *Engine) copyTotals(to *Totals) {
	t := e.trading
	limits := &t.config.Risk
	*to = Totals{
		Orders: t.orders.LiveCount(), Positions: t.orders.PositionCount(), Submitted: e.submitted.ring.Len(),
		Drift: t.totals.drift, Events: t.totals.events,
		OrdersMax: limits.OrdersMax, AccountExposureMax: limits.AccountExposureMax, LossMax: limits.LossMax,
	}
	to.Creates, to.Cancels = e.session.Tokens(e.now)
}

// totals are what is counted of the events of orders.
type totals struct {
	events [order.Overflow + 1]uint64
	drift  [order.Cash + 1]odds.Money
}

// count counts an event.
func (t *totals) count(kind order.EventKind) {
	if int(kind) < len(t.events) {
		t.events[kind]++
	}
}

// topOf returns the best levels of a book.
func topOf(c book.Contract) (b BookTop) {
	b.Market, b.Contract, b.Updated = c.Market(), c.ID(), c.Updated()
	b.State, b.Causes = c.State()
	b.Bid, _ = c.Best(odds.Buy)
	b.Offer, _ = c.Best(odds.Sell)
	c = c.WithoutOwn()
	b.BidWithoutOwn, _ = c.Best(odds.Buy)
	b.OfferWithoutOwn, _ = c.Best(odds.Sell)
	return b
}
