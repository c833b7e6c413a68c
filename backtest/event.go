package backtest

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// EventKind says what an event is.
type EventKind uint8

// The kinds of events.
const (
	EventBook     EventKind = iota + 1 // Change of the contract's book
	EventState                         // State and Contracts of the market
	EventManaged                       // Managed: whether fills are provisional while the market is live
	EventVoid                          // provisional fills of the market were voided
	EventMatch                         // Match: the state of a sports event
	EventThrottle                      // Throttle: limits of a session
	EventGap                           // nothing is known of what happened until the next complete book
)

// String returns the kind's name.
func (k EventKind) String() string {
	switch k {
	case EventBook:
		return "book"
	case EventState:
		return "state"
	case EventManaged:
		return "managed"
	case EventVoid:
		return "void"
	case EventMatch:
		return "match"
	case EventThrottle:
		return "throttle"
	case EventGap:
		return "gap"
	}
	return "unknown event"
}

// Event is something that happened in the recorded markets, without what the recording account did. It is valid until
// the next one is read.
type Event struct {
	Kind             EventKind
	At               int64 // ns since 1970, when the recorder received it; never less than that of the event before
	Market, Contract uint32

	Change exchange.Change // of EventBook

	State     msg.MarketStateType // of EventState
	Contracts []msg.ContractState
	Reason    string

	Managed  bool                  // of EventManaged
	EventID  uint32                // of EventMatch
	Match    exchange.Notification // of EventMatch
	Throttle Throttle              // of EventThrottle
}

// Throttle is the limits of a session, as the exchange sends them.
type Throttle struct {
	Rate   uint32 // per second
	Burst  uint32
	TickMs uint32
}

// reset empties an event and keeps its memory.
func (e *Event) reset(kind EventKind, at int64) {
	if kind == EventBook && e.Kind == EventBook { // by far the most: the other fields are empty
		c := &e.Change
		e.At, c.Levels, c.Trades, c.Reset, c.Worst = at, c.Levels[:0], c.Trades[:0], false, [2]uint32{}
		return
	}
	*e = Event{
		Kind: kind, At: at, Contracts: e.Contracts[:0],
		Change: exchange.Change{Levels: e.Change.Levels[:0], Trades: e.Change.Trades[:0]},
	}
}
