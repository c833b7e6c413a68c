package odds

import (
	"errors"
	"strconv"
)

// The errors of values out of range. Each is a *[RangeError] made once, so that
// returning it costs nothing; compare with errors.Is.
var (
	// ErrPrice reports a price outside 1..9999.
	ErrPrice error = &RangeError{What: "price in 1/100 percent", Min: int64(PriceMin), Max: int64(PriceMax)}

	// ErrQuantity reports a quantity, or a sum or quotient that should be one,
	// outside 0..QuantityMax.
	ErrQuantity error = &RangeError{What: "quantity in 1/10000 currency", Min: 0, Max: int64(QuantityMax)}

	// ErrMoney reports an amount of money beyond what the type holds.
	ErrMoney error = &RangeError{What: "money in 1/100000000 currency", Min: -int64(MoneyMax), Max: int64(MoneyMax)}

	// ErrNegative reports an amount of money that is negative where that makes no sense.
	ErrNegative error = &RangeError{What: "amount in 1/100000000 currency", Min: 0, Max: int64(MoneyMax)}

	// ErrUnit reports a unit to round to that is not positive or too large.
	ErrUnit error = &RangeError{What: "unit in 1/100000000 currency", Min: 1, Max: int64(unitMax)}

	// ErrSide reports a side that is neither Buy nor Sell.
	ErrSide error = &RangeError{What: "side", Min: int64(Buy), Max: int64(Sell)}

	// ErrRate reports a commission rate above RateMax.
	ErrRate error = &RangeError{What: "rate in 1/100 percent", Min: 0, Max: int64(RateMax)}
)

// ErrOdds reports odds that no price can express: nothing to win, nothing to
// lose, or rounded to below 1 or above 9999.
var ErrOdds = errors.New("odds: no price from 1 to 9999 has these odds")

// ErrFill reports the removal from an [Average] of a fill that is not in it.
var ErrFill = errors.New("odds: fill to remove is not in the average")

// RangeError reports a value outside the range of its type.
type RangeError struct {
	What     string // the value and its unit
	Min, Max int64  // what it may be, both included
}

func (e *RangeError) Error() string {
	return "odds: " + e.What + " outside " + strconv.FormatInt(e.Min, 10) + ".." + strconv.FormatInt(e.Max, 10)
}

// What can be wrong with text, found by errors.Is in a *[ParseError].
var (
	ErrEmpty    = errors.New("empty")
	ErrTooLong  = errors.New("longer than " + strconv.Itoa(TextBytesMax) + " bytes")
	ErrDigit    = errors.New("digit expected")
	ErrSign     = errors.New("sign expected")
	ErrTrailing = errors.New("unexpected text")
	ErrPlaces   = errors.New("more decimal places than the unit holds")
	ErrTooLarge = errors.New("number too large")
)

// ParseError reports text that is not what it should be.
type ParseError struct {
	Kind   string // what was expected: "decimal odds", "money" and so on
	Text   string // the text, cut after TextBytesMax bytes
	Offset int    // where in the text, in bytes
	Err    error  // what is wrong there
}

func (e *ParseError) Error() string {
	return "odds: " + e.Kind + " " + strconv.Quote(e.Text) + ": byte " + strconv.Itoa(e.Offset) + ": " + e.Err.Error()
}

// Unwrap returns what is wrong.
func (e *ParseError) Unwrap() error { return e.Err }
