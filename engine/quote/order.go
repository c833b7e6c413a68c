package quote

import "github.com/smk-go/smk/odds"

// State is the state of an own order. Of several that apply, the caller says the last in this list.
type State uint8

// The states.
const (
	PendingNew    State = iota + 1 // sent and not answered
	Live                           // on the book, nothing in flight
	PendingReduce                  // a reduce is in flight
	PendingCancel                  // a cancel is in flight
	// a replace is in flight; what it makes is an order of its own. Live again: it failed
	PendingReplace
	InDoubt  // not known to be live or not
	Rejected // never was on the book: the exchange refused it
	Closed   // not on the book any more: filled, cancelled, replaced, voided
)

var stateNames = [...]string{
	"none", "pending new", "live", "pending reduce", "pending cancel", "pending replace", "in doubt", "rejected",
	"closed",
}

// String returns the state's name.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "unknown state"
}

// ended reports whether an order in the state is off the book for good.
func (s State) ended() bool { return s >= Rejected }

// Order is one own order as it stands.
type Order struct {
	Contract Contract
	// names the order: its reference or any other number of the caller's that is unique and not 0
	Key      uint64
	Open     odds.Quantity // that can still match; with PendingNew what was asked for
	Executed odds.Quantity
	Reduced  odds.Quantity // with PendingReduce: the open quantity that was asked for
	Price    odds.Price
	Side     odds.Side
	State    State

	// Managed says that the order is the quoter's, to be cancelled and changed. It need not be set for orders
	// that the quoter created. Once managed, an order stays so.
	Managed bool
}
