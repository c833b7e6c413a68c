package odds

import (
	"iter"
	"strconv"
)

// Fraction is fractional odds: a stake of Den wins Num. It is kept as written, not
// in lowest terms: bookmakers say 4 to 6 and 100 to 30.
type Fraction struct {
	Num, Den uint32
}

// Fraction returns p as bookmakers would say it: the traditional fraction of
// equal or else next shorter odds, so never better than p for the buyer. Of an
// invalid price it is 0 to 0.
func (p Price) Fraction() Fraction {
	if !p.Valid() {
		return Fraction{}
	}
	return traditional.fraction[traditional.index[p]]
}

// Fractions returns the traditional fractions and their prices, from the longest
// odds (10000 to 1) to the shortest.
func Fractions() iter.Seq2[Fraction, Price] {
	return func(yield func(Fraction, Price) bool) {
		for i := range fractionCount {
			if !yield(traditional.fraction[i], traditional.price[i]) {
				return
			}
		}
	}
}

// Price returns 10000 * Den / (Num + Den), rounded by r. The error is ErrOdds.
//
// HalfEven and HalfUp give every traditional fraction the price that it is listed
// with. That decides one tie: 31 to 1 is 313, where other ties go to even.
func (f Fraction) Price(r Rounding) (Price, error) {
	if f.Num == 0 || f.Den == 0 {
		return 0, ErrOdds
	}
	if r == HalfEven && uint64(f.Num) == 31*uint64(f.Den) {
		r = HalfUp
	}
	return priceOf(r.divide(priceWhole*uint64(f.Den), uint64(f.Num)+uint64(f.Den)))
}

// String returns "3 to 1", or "Evens" if both numbers are the same.
func (f Fraction) String() string {
	var buf [stringBytes]byte
	return string(f.Append(buf[:0]))
}

// Append appends what String returns.
func (f Fraction) Append(dst []byte) []byte {
	if f.Num == f.Den {
		return append(dst, evens...)
	}
	dst = strconv.AppendUint(dst, uint64(f.Num), 10)
	dst = append(dst, " to "...)
	return strconv.AppendUint(dst, uint64(f.Den), 10)
}

const evens = "Evens"

// ParseFraction reads fractional odds: "3 to 1", "3/1", or "Evens" in letters of
// any case. Errors are *[ParseError], around [ErrOdds] if a number is zero.
func ParseFraction[T ~string | ~[]byte](s T) (Fraction, error) {
	const kind = "fractional odds"
	if at, err := checkLength(s); err != nil {
		return Fraction{}, refuse(kind, s, at, err)
	}
	if isEvens(s) {
		return Fraction{1, 1}, nil
	}
	num, at, err := scanWhole(s, 0, oddsMax)
	if err != nil {
		return Fraction{}, refuse(kind, s, at, err)
	}
	switch {
	case at < len(s) && s[at] == '/':
		at++
	case at+4 <= len(s) && s[at] == ' ' && s[at+1] == 't' && s[at+2] == 'o' && s[at+3] == ' ':
		at += 4
	default:
		return Fraction{}, refuse(kind, s, at, ErrTrailing)
	}
	den, at, err := scanWhole(s, at, oddsMax)
	switch {
	case err != nil:
		return Fraction{}, refuse(kind, s, at, err)
	case at != len(s):
		return Fraction{}, refuse(kind, s, at, ErrTrailing)
	case num == 0 || den == 0:
		return Fraction{}, refuse(kind, s, 0, ErrOdds)
	}
	return Fraction{uint32(num), uint32(den)}, nil
}

func isEvens[T ~string | ~[]byte](s T) bool {
	if len(s) != len(evens) {
		return false
	}
	for i := range len(s) {
		if s[i]|0x20 != evens[i]|0x20 {
			return false
		}
	}
	return true
}
