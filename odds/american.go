package odds

import "strconv"

// American is American odds: above zero what a stake of 100 wins, below zero the
// stake that wins 100. There are none between -100 and +100; those two are both
// evens.
type American int32

// American returns the American odds of p: 1000000/p - 100 below evens, from evens
// on -100*p/(10000-p), rounded to a whole number, ties to the shorter odds (the
// lower number). Of an invalid price they are 0.
//
// Below 10 % and above 90 % HalfEven turns them back into p; in between, where one step of
// American odds is several prices, into a price at most 13 away.
func (p Price) American() American {
	switch {
	case !p.Valid():
		return 0
	case p < priceWhole/2:
		return American(HalfDown.divide(americanEven*uint64(priceWhole-p), uint64(p)))
	default:
		return -American(HalfUp.divide(americanEven*uint64(p), uint64(priceWhole-p)))
	}
}

// Price returns the price of a, rounded by r. The error is ErrOdds.
func (a American) Price(r Rounding) (Price, error) {
	switch n := int64(a); {
	case n >= americanEven:
		return priceOf(r.divide(priceWhole*americanEven, uint64(n+americanEven)))
	case n <= -americanEven:
		return priceOf(r.divide(priceWhole*uint64(-n), uint64(-n+americanEven)))
	}
	return 0, ErrOdds
}

// String returns a with its sign: "+300", "-110".
func (a American) String() string {
	var buf [stringBytes]byte
	return string(a.Append(buf[:0]))
}

// Append appends what String returns.
func (a American) Append(dst []byte) []byte {
	if a > 0 {
		dst = append(dst, '+')
	}
	return strconv.AppendInt(dst, int64(a), 10)
}

// ParseAmerican reads American odds with their sign: "+300", "-110". Without a
// sign 300 might be decimal odds, so it is refused. Errors are *[ParseError],
// around [ErrOdds] between -100 and +100.
func ParseAmerican[T ~string | ~[]byte](s T) (American, error) {
	const kind = "American odds"
	if at, err := checkLength(s); err != nil {
		return 0, refuse(kind, s, at, err)
	}
	if s[0] != '+' && s[0] != '-' {
		return 0, refuse(kind, s, 0, ErrSign)
	}
	n, at, err := scanWhole(s, 1, americanMax)
	switch {
	case err != nil:
		return 0, refuse(kind, s, at, err)
	case at != len(s):
		return 0, refuse(kind, s, at, ErrTrailing)
	case n < americanEven:
		return 0, refuse(kind, s, 0, ErrOdds)
	case s[0] == '-':
		return -American(n), nil
	}
	return American(n), nil
}
