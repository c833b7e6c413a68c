package odds

// Decimal is decimal odds in 1/10000: 40000 is 4.0, what a winning stake of 1
// brings back, stake included. Odds worth having are above 10000.
type Decimal uint32

// decimalWhole is decimal odds of 1: the stake back and nothing won.
const decimalWhole = 10_000

const decimalPlaces = 4

// Decimal returns the decimal odds that p is shown with: of a tick the ladder's, 190 for 53, and
// of any other price [Price.ExactDecimal]. HalfEven turns them back into p, whatever p is. Of an
// invalid price they are 0.
func (p Price) Decimal() Decimal {
	if !p.Valid() {
		return 0
	}
	if i := ladder.ceiling[p]; ladder.price[i] == p { // i is in range, for PriceMax is a tick
		return ladder.decimal[i]
	}
	return p.ExactDecimal()
}

// ExactDecimal returns 10000 / p, rounded to four places, ties to even, also of a tick: 188.6792
// for 53. It is what a bet at p pays, where Decimal is what a screen says. HalfEven turns it back
// into p, whatever p is. Of an invalid price it is 0.
func (p Price) ExactDecimal() Decimal {
	if !p.Valid() {
		return 0
	}
	return Decimal(HalfEven.divide(decimalWhole*priceWhole, uint64(p)))
}

// Price returns 10000 / d, rounded by r. HalfEven finds the tick of each of the
// ladder's odds. The error is ErrOdds.
func (d Decimal) Price(r Rounding) (Price, error) {
	if d <= decimalWhole {
		return 0, ErrOdds
	}
	return priceOf(r.divide(decimalWhole*priceWhole, uint64(d)))
}

// String returns d with four places: "1.2801".
func (d Decimal) String() string {
	var buf [stringBytes]byte
	return string(d.Append(buf[:0]))
}

// Append appends what String returns.
func (d Decimal) Append(dst []byte) []byte {
	return appendFixed(dst, uint64(d), decimalPlaces, decimalPlaces)
}

// AppendShort appends d with as few places as it needs, but one: "4.0", "1.28".
func (d Decimal) AppendShort(dst []byte) []byte {
	return appendFixed(dst, uint64(d), decimalPlaces, 1)
}

// ParseDecimal reads decimal odds of up to four places: "4", "4.0", "1.2801".
// Odds of 1 and less are refused. Errors are *[ParseError], around [ErrOdds]
// if there is nothing to win.
func ParseDecimal[T ~string | ~[]byte](s T) (Decimal, error) {
	const kind = "decimal odds"
	n, at, err := parseFixed(s, 0, decimalPlaces, oddsMax)
	if err != nil {
		return 0, refuse(kind, s, at, err)
	}
	if n <= decimalWhole {
		return 0, refuse(kind, s, 0, ErrOdds)
	}
	return Decimal(n), nil
}

// priceOf turns the rounded result of a conversion into a price.
func priceOf(n uint64) (Price, error) {
	if n < uint64(PriceMin) || n > uint64(PriceMax) {
		return 0, ErrOdds
	}
	return Price(n), nil
}
