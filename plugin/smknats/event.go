package smknats

import (
	"strings"
	"time"

	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/plugin/smknats/natspb"
)

// EventKind says what an Event tells.
type EventKind uint8

// The kinds of events.
const (
	// BookChanged: Event.Book is the new book. The first ones are the picture.
	BookChanged EventKind = iota + 1
	// BooksComplete: every book that the stream had when the Follower began was returned.
	BooksComplete
	// OrderChanged: Event.Order is what happened.
	OrderChanged
	// OrdersPicture: the orders were taken from a picture; Follower.Orders has them. Text says why they may not be all
	// that there are, "" if they are.
	OrdersPicture
	// Gap: order events are missing, Text says which. A picture follows.
	Gap
	// Stale: what is known of Event.Account may be of the past: the publisher was silent for some time, or it
	// says that it is behind, because a stream does not take what it publishes, or its engine writes nothing any more.
	// Text says which.
	Stale
	// Fresh: the publisher sends beats, for the first time or again, and is not behind.
	Fresh
	// Restarted: another publisher has taken over, Text is its number.
	Restarted
)

var eventKindNames = [...]string{
	"none", "book changed", "books complete", "order changed", "orders picture", "gap", "stale", "fresh", "restarted",
}

// String returns the kind's name.
func (k EventKind) String() string {
	if int(k) < len(eventKindNames) {
		return eventKindNames[k]
	}
	return "unknown kind"
}

// Event is what a Follower returns.
type Event struct {
	Kind    EventKind
	Account string // "" if it is about none
	Book    *Book
	Order   *OrderEvent
	Text    string
}

// Cursor is a place in a journal: what is known is the state behind that record.
type Cursor struct {
	Segment uint64 `json:"segment"`
	Offset  int64  `json:"offset"`
	Record  uint64 `json:"record"`
}

// Level is a price of a book with what rests there.
type Level struct {
	Price    odds.Price
	Quantity odds.Quantity
}

// Book is a contract's book as the engine knew it. It does not change: the next one is another value.
type Book struct {
	Market, Contract uint32
	Account          string // whose journal it is from
	Live             bool   // it was what the exchange showed
	State            string // "live", "suspect", "awaiting" or "empty"
	Why              string // it is suspect
	Exchange         string // state of the contract as the exchange says, such as "HALTED"; "" if it said none

	Bids, Offers []Level // best first
	Cursor       Cursor
	Time         time.Time // of the record
	Monotonic    int64     // clock reading of the engine's loop at the record, in ns
	Published    time.Time // by the publisher's clock
}

// Order is an order of the account. It does not change.
type Order struct {
	ID, Reference, Original uint64
	Market, Contract        uint32
	Side                    odds.Side
	Price                   odds.Price
	Quantity                odds.Quantity
	Executed, Provisional   odds.Quantity
	Available               odds.Quantity
	State                   string // such as "live"
	Overlay                 string // such as "in doubt"; "" if nothing is uncertain
	Ended, Foreign          bool
}

// OrderEvent is what became of an order.
type OrderEvent struct {
	Number uint64 // of the account's events, from 1
	Kind   string // such as "order filled", or KindRunBegan
	Order  *Order // afterwards; nil if it is about none, or the order is not kept any more
	Second *Order // afterwards: of a replace, the order that is replaced

	Fill        Level // of a fill
	Provisional bool  // the fill may be voided
	Reason      string
	Replayed    bool // the exchange sent it again

	OrderID, Reference, Other uint64
	AccountSequence           uint64
	Cursor                    Cursor
	Time                      time.Time // of the record
	Monotonic                 int64
}

func cursorFrom(c *natspb.Cursor) Cursor {
	return Cursor{c.GetSegment(), int64(c.GetOffset()), c.GetRecord()}
}

var bookStates = map[natspb.BookState]string{
	natspb.BookState_BOOK_EMPTY: "empty", natspb.BookState_BOOK_AWAITING: "awaiting",
	natspb.BookState_BOOK_LIVE: "live", natspb.BookState_BOOK_SUSPECT: "suspect",
}

// bookFrom reads a book.
func bookFrom(e *natspb.Envelope) *Book {
	b, q := e.GetBook(), e.GetBook().GetQuotes()
	book := &Book{
		Market: q.GetMarketId(), Contract: q.GetContractId(), Account: e.GetAccount(),
		Live: b.GetState() == natspb.BookState_BOOK_LIVE, State: bookStates[b.GetState()], Why: b.GetWhy(),
		Bids: levelsFrom(q.GetBids()), Offers: levelsFrom(q.GetOffers()), Cursor: cursorFrom(e.GetCursor()),
		Time: time.Unix(0, e.GetWall()), Monotonic: e.GetMonotonic(), Published: time.Unix(0, e.GetPublished()),
	}
	if b.ExchangeState != nil {
		book.Exchange = strings.TrimPrefix(b.GetExchangeState().String(), "CONTRACT_STATE_")
	}
	return book
}

func levelsFrom(list []*seto.Quote) []Level {
	levels := make([]Level, len(list))
	for i, q := range list {
		levels[i] = Level{odds.Price(q.GetPrice()), odds.Quantity(q.GetQuantity())}
	}
	return levels
}

// orderFrom reads an order.
func orderFrom(o *natspb.Order) *Order {
	if o == nil {
		return nil
	}
	side := odds.Buy
	if o.GetSide() == seto.Side_SIDE_SELL {
		side = odds.Sell
	}
	return &Order{
		ID: o.GetId(), Reference: o.GetReference(), Original: o.GetOriginal(), Market: o.GetMarketId(),
		Contract: o.GetContractId(), Side: side, Price: odds.Price(o.GetPrice()),
		Quantity: odds.Quantity(o.GetQuantity()), Executed: odds.Quantity(o.GetExecuted()),
		Provisional: odds.Quantity(o.GetProvisional()), Available: odds.Quantity(o.GetAvailable()),
		State: o.GetState(), Overlay: o.GetOverlay(), Ended: o.GetEnded(), Foreign: o.GetForeign(),
	}
}

// orderEventFrom reads an order event.
func orderEventFrom(e *natspb.Envelope, number uint64, o *natspb.OrderEvent) *OrderEvent {
	return &OrderEvent{
		Number: number, Kind: o.GetKind(), Order: orderFrom(o.GetOrder()), Second: orderFrom(o.GetOtherOrder()),
		Fill:        Level{odds.Price(o.GetFillPrice()), odds.Quantity(o.GetFillQuantity())},
		Provisional: o.GetFillProvisional(), Reason: o.GetReason(), Replayed: o.GetReplayed(),
		OrderID: o.GetOrderId(), Reference: o.GetReference(), Other: o.GetOther(),
		AccountSequence: o.GetAccountSequence(), Cursor: cursorFrom(e.GetCursor()), Time: time.Unix(0, e.GetWall()),
		Monotonic: e.GetMonotonic(),
	}
}
