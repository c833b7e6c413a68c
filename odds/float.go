package odds

import (
	"errors"
	"math"
	"math/bits"
	"strconv"
)

// ErrNotFinite reports a floating-point amount of money that is no number, or infinite.
var ErrNotFinite = errors.New("odds: amount of money is not a finite number")

// NewMoney returns the amount that a message carries as v, in whole currency.
//
// The amount is the decimal number that v stands for: of those that are nearer to v than to any other
// float64 the one with the fewest digits, which is also what v prints as. So every amount that was
// written with at most 15 digits, whole cents of any size among them, comes out as it was written. Of
// more than eight decimal places the amount is rounded to the nearest, ties to even. The error is
// ErrNotFinite for NaN and infinities, and ErrMoney beyond what Money holds.
func NewMoney(v float64) (Money, error) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, ErrNotFinite
	}
	var buf [stringBytes + 8]byte
	units, exponent := scanFloat(strconv.AppendFloat(buf[:0], math.Abs(v), 'e', -1, 64))
	exponent += moneyPlaces
	for ; exponent > 0 && units != 0; exponent-- {
		if units > uint64(MoneyMax)/10 {
			return 0, ErrMoney
		}
		units *= 10
	}
	switch {
	case -exponent >= floatDigits+2:
		units = 0 // less than half a unit by far
	case exponent < 0:
		divisor := uint64(1)
		for ; exponent < 0; exponent++ {
			divisor *= 10
		}
		units = HalfEven.divide(units, divisor)
	}
	if v < 0 {
		return -Money(units), nil
	}
	return Money(units), nil
}

// floatDigits is the most digits that the shortest text of a float64 has.
const floatDigits = 17

// scanFloat reads the text of a float64 that is not negative, "1.25e+03", as digits times a power of
// ten.
func scanFloat(s []byte) (digits uint64, exponent int) {
	i, point := 0, 0
	for ; s[i] != 'e'; i++ {
		if s[i] == '.' {
			point = i + 1
			continue
		}
		digits = digits*10 + uint64(s[i]-'0')
	}
	for _, c := range s[i+2:] {
		exponent = exponent*10 + int(c-'0')
	}
	if s[i+1] == '-' {
		exponent = -exponent
	}
	if point > 0 {
		exponent -= i - point
	}
	return digits, exponent
}

// Float returns the float64 nearest to m in whole currency, as messages carry it. [NewMoney] makes m
// of it again if m has at most 15 significant digits.
func (m Money) Float() float64 {
	n := uint64(m)
	if m < 0 {
		n = -n
	}
	if n == 0 {
		return 0
	}
	// The quotient has more bits than a float64, and what is cut off it counts as its lowest bit, so
	// that only the conversion rounds.
	const more = 26 // bits, so that the upper word stays below the divisor
	shift := bits.LeadingZeros64(n)
	n <<= shift
	quotient, rest := bits.Div64(n>>(64-more), n<<more, uint64(Whole))
	if rest != 0 {
		quotient |= 1
	}
	v := math.Ldexp(float64(quotient), -shift-more)
	if m < 0 {
		return -v
	}
	return v
}
