package odds

import "math/bits"

// Rounding says what becomes of the part that a unit cannot hold. Modes work on
// magnitudes: of a negative amount, Down is the greater one. The zero value is HalfEven.
// A mode that is none of these panics.
type Rounding uint8

const (
	HalfEven Rounding = iota // to the nearest, ties to the even neighbour
	HalfUp                   // to the nearest, ties away from zero
	HalfDown                 // to the nearest, ties towards zero
	Down                     // towards zero
	Up                       // away from zero
)

var roundingNames = [...]string{"half even", "half up", "half down", "down", "up"}

// String names the mode.
func (r Rounding) String() string {
	if int(r) >= len(roundingNames) {
		return "no rounding"
	}
	return roundingNames[r]
}

// divide returns n / d, rounded. d must not be zero.
func (r Rounding) divide(n, d uint64) uint64 {
	q := n / d
	if r.goesUp(q, n-q*d, d) {
		q++
	}
	return q
}

// mulDivide returns a * b / d, rounded once, by way of 128 bits. ok is false if
// the result does not fit or d is zero.
func (r Rounding) mulDivide(a, b, d uint64) (q uint64, ok bool) {
	hi, lo := bits.Mul64(a, b)
	if hi >= d {
		return 0, false
	}
	q, rem := bits.Div64(hi, lo, d)
	if r.goesUp(q, rem, d) {
		q++
		return q, q != 0
	}
	return q, true
}

// goesUp reports whether quotient q with remainder rem of a division by d is
// rounded to q+1. Comparing rem with d-rem, not 2*rem with d, cannot overflow.
func (r Rounding) goesUp(q, rem, d uint64) bool {
	switch r {
	case HalfEven:
		return rem > d-rem || rem == d-rem && q&1 == 1
	case HalfUp:
		return rem >= d-rem
	case HalfDown:
		return rem > d-rem
	case Down:
		return false
	case Up:
		return rem != 0
	}
	panic("BUG: odds: no such rounding mode")
}
