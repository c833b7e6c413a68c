package risk

import (
	"strings"
	"time"

	"github.com/smk-go/smk/odds"
)

// Parts is a set of parts of a [Snapshot].
type Parts uint16

// The parts.
const (
	PartBook     Parts = 1 << iota // Book
	PartOwn                        // Own
	PartOrders                     // Orders
	PartContract                   // Contract
	PartMarket                     // Market
	PartAccount                    // Account
	PartProfit                     // Profit
	PartOriginal                   // Original; needed of replaces alone

	partsAll = PartOriginal<<1 - 1
)

var partNames = [...]string{"book", "own", "orders", "contract", "market", "account", "profit", "original"}

// String returns the parts' names.
func (p Parts) String() string {
	var names []string
	for i, name := range partNames {
		if p&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if p&^partsAll != 0 {
		names = append(names, "unknown part")
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, "+")
}

// Snapshot is the trading state that a request is judged by, as of the request and without it unless a field says
// otherwise. Orders that were sent and not answered, and those in doubt, count as open at their worst.
// Parts that [Gate.Needs] does not name need not be set. The gate keeps nothing of it.
type Snapshot struct {
	// Known are the parts that are true. A part that is needed and not known refuses the request. A book that is not
	// there is known to be BookAbsent.
	Known Parts

	Book     Book // of the request's contract
	Own      Own  // own orders of the request's contract
	Original Original

	ContractOrders int // open orders of the request's contract
	Orders         int // open orders of the account

	Contract Exposure // of the request's contract
	Market   Exposure // of the request's market
	Account  Exposure

	// Profit is the realised profit that the loss limit counts, negative for a loss, from the time on that the
	// caller chooses, such as the beginning of the day.
	Profit odds.Money
}

// BookState says what a book is worth.
type BookState uint8

// The states of a book.
const (
	BookAbsent  BookState = iota // there is none, or no snapshot of it came yet
	BookSuspect                  // it may be wrong: behind a gap, halted, crossed
	BookLive
)

var bookNames = [...]string{"absent", "suspect", "live"}

// String returns the state's name.
func (s BookState) String() string {
	if int(s) < len(bookNames) {
		return bookNames[s]
	}
	return "unknown book state"
}

// Book is the touch of a contract's book, best without own orders: a bot that prices by its own quotes follows itself.
type Book struct {
	State BookState
	Bid   odds.Price    // the best price somebody buys at, 0 if none
	Offer odds.Price    // the best price somebody sells at, 0 if none
	Micro odds.Price    // the micro price, 0 if none
	Age   time.Duration // since the book was last known to be right
}

// Own is the touch of the own open orders of a contract, those sent and not answered and those in doubt included.
type Own struct {
	Bid   odds.Price // the highest price bought at, 0 if none
	Offer odds.Price // the lowest price sold at, 0 if none
}

// Original is the order that a replace names.
type Original struct {
	Market   uint32
	Contract uint32
	Side     odds.Side
	Executed odds.Quantity // which the quantity of a replace includes
}

// Exposure is a worst-case loss three times: positive is a loss, and it may be negative if a profit is certain. All
// open orders count at their worst in each.
//
// [WorstCase] finds them exactly, and lets an order offset the position that it closes. A sum of liabilities is an
// upper bound, by which no order reduces anything.
//
// For a replace, Before has the original and After the new order in its place, or both; of Before and After the
// gate takes the larger.
type Exposure struct {
	Before odds.Money // without the request
	After  odds.Money // with the request, whatever part of it fills
	Filled odds.Money // with the request filled in whole

	// BeforeSpare and AfterSpare are how much less than Before and After is lost in the worst of the outcomes that the
	// request worsens. Beyond a limit only these count: otherwise a request would pass because of another outcome
	// that is as bad, and perhaps only until an order is cancelled. 0 for callers that know no better.
	BeforeSpare, AfterSpare odds.Money
}

// raises reports whether a request may raise the worst case, if it is beyond a limit.
func (e *Exposure) raises(most odds.Money) bool {
	if e.After <= most {
		return false
	}
	after, before := capped(e.After, -e.AfterSpare), capped(e.Before, -e.BeforeSpare)
	return after > most && after > before
}

// Add returns the exposure with a request of a liability that offsets nothing: an upper bound for callers that know no
// better. It stops at odds.MoneyMax.
func (e Exposure) Add(liability odds.Money) Exposure {
	sum, err := e.Before.Add(liability)
	if err != nil {
		sum = odds.MoneyMax
	}
	e.After, e.Filled = sum, sum
	return e
}

// reduces reports whether a request lowers the worst case once it is filled and never raises it.
func (e *Exposure) reduces() bool { return e.After <= e.Before && e.Filled < e.Before }
