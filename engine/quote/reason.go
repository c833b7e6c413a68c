package quote

import "strings"

// Reasons are why a contract is not quoted, as a set of bits.
type Reasons uint16

// The reasons. Pulled and Resuming are the quoter's own; the others are set by Hold and its siblings.
const (
	// Gap: messages of the session are missing.
	Gap Reasons = 1 << iota
	// NotCaughtUp: what the exchange repeats after a login has not come in full.
	NotCaughtUp
	// SuspectBook: the book of the contract cannot be trusted.
	SuspectBook
	// MarketHalted: the market does not trade.
	MarketHalted
	// Reducing: only what lowers the risk may leave.
	Reducing
	// Halted: nothing may be created.
	Halted
	// Untracked: own orders may exist that the quoter does not know. It sets this itself when it has no room for
	// an order.
	Untracked
	// Pulled: the bot does not want quotes.
	Pulled
	// Resuming: the other reasons are gone, but for less than Config.ResumeAfter.
	Resuming
)

const (
	allReasons  = Resuming<<1 - 1
	heldReasons = Pulled - 1 // those that callers set
)

var reasonNames = [...]string{
	"gap", "not caught up", "suspect book", "market halted", "reducing", "halted", "untracked", "pulled", "resuming",
}

// String returns the names of the reasons, separated by commas, or "none".
func (r Reasons) String() string {
	if r == 0 {
		return "none"
	}
	var names []string
	for i, name := range reasonNames {
		if r&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if r&^allReasons != 0 {
		names = append(names, "unknown reason")
	}
	return strings.Join(names, ", ")
}
