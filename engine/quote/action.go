package quote

import "github.com/smk-go/smk/odds"

// ActionKind is what an action asks for.
type ActionKind uint8

// The kinds of actions.
const (
	Cancel  ActionKind = iota + 1 // order Key
	Reduce                        // the open quantity of order Key to Quantity
	Replace                       // order Key by one with Price and the open Quantity
	Create                        // an order
)

// String returns the kind's name.
func (k ActionKind) String() string {
	switch k {
	case Cancel:
		return "cancel"
	case Reduce:
		return "reduce"
	case Replace:
		return "replace"
	case Create:
		return "create"
	}
	return "unknown action"
}

// Action is a request for the caller to send.
type Action struct {
	Contract Contract
	Key      uint64        // the order that it is about; 0 for a create
	Quantity odds.Quantity // open quantity afterwards; 0 for a cancel
	Total    odds.Quantity // for a replace: Quantity and what the order had executed, which is what the exchange wants
	Price    odds.Price    // of the order afterwards; for a cancel or reduce the one it has
	Kind     ActionKind
	Side     odds.Side

	order int32 // its slot
	next  int32 // of a replace, the slot of the order that is to come
}

// Refusal says who refused a request before it was sent.
type Refusal uint8

// The refusals.
const (
	// Throttled: there was no room for the message. It counts as no attempt.
	Throttled Refusal = iota + 1
	// Denied: a rule forbids it, such as a limit of the risk checks.
	Denied
)

// String returns the refusal's name.
func (r Refusal) String() string {
	switch r {
	case Throttled:
		return "throttled"
	case Denied:
		return "denied"
	}
	return "unknown refusal"
}

// Budget is what a step may send. Negative values count as 0.
type Budget struct {
	Messages int // in all
	Adds     int // creates and replaces, which a throttle may allow fewer of than cancels
}
