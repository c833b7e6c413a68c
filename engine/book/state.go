package book

import (
	"math/bits"
	"strings"
)

// State says what is known of a book.
type State uint8

// The states.
const (
	// Empty: nothing is known and nothing is awaited, or the market is settled or voided.
	Empty State = iota
	// Awaiting: a snapshot is under way.
	Awaiting
	// Live: the book is what the exchange shows.
	Live
	// Suspect: the book is the last that is known, and may be wrong. [Causes] say why.
	Suspect
)

var stateNames = [...]string{"empty", "awaiting", "live", "suspect"}

// String returns the state's name.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "unknown state"
}

// Causes is a set of reasons for which a book is [Suspect].
type Causes uint16

// The causes, what is worst first.
const (
	Reconnect Causes = 1 << iota // the connection was lost, and no snapshot has come since
	Gap                          // messages of the session are missing
	Invalid                      // a message was refused, and what it said is missing
	Full                         // a contract of the market had no room
	Crossed                      // the best bid is not below the best offer
	Window                       // the window is deeper than the book was cut
	TooOld                       // nothing was received of the market for Config.MaxAge
	Halt                         // the market or contract is halted: nothing can be matched
	causesEnd
)

var causeNames = [...]string{"reconnect", "gap", "invalid", "full", "crossed", "window", "too old", "halt"}

// String returns the causes' names, "none" if there are none.
func (c Causes) String() string {
	if c == 0 {
		return "none"
	}
	var names []string
	for ; c != 0; c &= c - 1 {
		name := "unknown cause"
		if i := bits.TrailingZeros16(uint16(c)); i < len(causeNames) {
			name = causeNames[i]
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// Has reports whether all causes of a set are in c.
func (c Causes) Has(of Causes) bool { return c&of == of }

// mended are the causes that a snapshot ends.
const mended = Reconnect | Invalid | Full | Window | TooOld

// EventKind says what an [Event] tells.
type EventKind uint8

// The kinds of events.
const (
	// MarketChanged: the State or Causes of a market changed. Market 0 means every market.
	MarketChanged EventKind = iota + 1
	// ContractChanged: the State or Causes of a contract changed, and the market's did not.
	ContractChanged
	// Resubscribe asks the engine to unsubscribe from Market and subscribe again, and then to call Subscribed,
	// not Unsubscribed. Attempt counts from 1.
	Resubscribe
	// GivenUp: the market's books stay suspect; its snapshot is not asked for any more. Calling Subscribed
	// begins anew.
	GivenUp
	// DepthRaised: the exchange shows more levels than it was taken to. Depth is how many.
	DepthRaised
)

var eventNames = [...]string{
	"none", "market changed", "contract changed", "resubscribe", "given up", "depth raised",
}

// String returns the kind's name.
func (k EventKind) String() string {
	if int(k) < len(eventNames) {
		return eventNames[k]
	}
	return "unknown kind"
}

// Event is what a call found out beyond its result.
type Event struct {
	Kind     EventKind
	State    State
	Causes   Causes
	Attempt  uint8
	Depth    uint8
	Market   uint32
	Contract uint32
}

// Stats counts what came. It only grows.
type Stats struct {
	Snapshots uint64
	Updates   uint64
	Ignored   uint64 // messages about what nobody subscribed to, or that came before the snapshot or after the end
	Invalid   uint64 // messages that were refused
	Dropped   uint64 // events that had no room
	Healed    uint64 // resubscriptions asked for
}
