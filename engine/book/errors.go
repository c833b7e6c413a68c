package book

import "fmt"

// Error says why a message or a call was refused. Nothing of a refused message is applied.
type Error uint8

// The errors. Messages with the first three ask for nothing more than to be counted: they are in flight after an
// unsubscription or a settlement, or before a snapshot.
const (
	ErrUnknownMarket Error = iota + 1 // nobody subscribed to the market
	ErrNoSnapshot                     // an update of a market whose snapshot has not come yet
	ErrClosed                         // quotes of a market or contract that is settled or voided
	ErrNoMarket                       // a message without a market or contract

	ErrPrice         // a price outside 1..9999
	ErrQuantity      // a quantity above odds.QuantityMax
	ErrTooManyLevels // more levels, or changes of levels, than a window of Config.DepthMax can have
	ErrWrongMarket   // the quotes of a market name another market
	ErrUnit          // prices or quantities of another type than percent and payoff
	ErrSide          // a side that is neither buy nor sell

	ErrUnknownOrder   // no own order has this id
	ErrDuplicateOrder // an own order with this id is there already
)

var errorTexts = [...]string{
	"no error", "market is not subscribed to", "update before the snapshot", "market or contract is closed",
	"message names no market or contract", "price outside 1..9999", "quantity too large", "too many levels",
	"quotes name another market", "unknown type of prices or quantities", "side is neither buy nor sell",
	"unknown own order", "own order exists",
}

// Error returns a text.
func (e Error) Error() string {
	if int(e) < len(errorTexts) {
		return "book: " + errorTexts[e]
	}
	return "book: unknown error"
}

// LimitError says that something has no room. The error is made by [New] once, so that returning it costs nothing.
type LimitError struct {
	Field string // of [Config]
	Limit int
}

// Error returns a text.
func (e *LimitError) Error() string {
	return fmt.Sprintf("book: full: Config.%s is %d", e.Field, e.Limit)
}

// ConfigError says which field of a [Config] is not valid.
type ConfigError struct {
	Field    string
	Min, Max int64
}

// Error returns a text.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("book: Config.%s must be %d to %d", e.Field, e.Min, e.Max)
}
