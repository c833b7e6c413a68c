package odds

// Rate is a commission rate in hundredths of a percent: 200 is 2 %.
type Rate uint16

// RateMax is all of it.
const RateMax Rate = 10_000

// rateWhole is the whole of an amount in the unit of a rate.
const rateWhole = 10_000

// Commission returns what is charged on a market's net winnings, rounded once, by
// r, to a whole number of units such as Cent. A market that brought nothing or a
// loss costs nothing. Errors are ErrRate, ErrUnit and ErrMoney.
func (c Rate) Commission(winnings, unit Money, r Rounding) (Money, error) {
	return c.Of(max(winnings, 0), unit, r)
}

// Of returns c's part of an amount, for charges on turnover rather than on
// winnings, rounded once, by r, to a whole number of units. Errors are ErrRate,
// ErrUnit, ErrMoney, and ErrNegative for a negative amount.
func (c Rate) Of(amount, unit Money, r Rounding) (Money, error) {
	switch {
	case c > RateMax:
		return 0, ErrRate
	case unit <= 0 || unit > unitMax:
		return 0, ErrUnit
	case amount < 0:
		return 0, ErrNegative
	}
	n, ok := r.mulDivide(uint64(amount), uint64(c), uint64(unit)*rateWhole)
	if !ok {
		return 0, ErrMoney
	}
	return moneyOf(n, unit)
}

// String returns c as percent text: "2%".
func (c Rate) String() string {
	var buf [stringBytes]byte
	return string(c.Append(buf[:0]))
}

// Append appends what String returns.
func (c Rate) Append(dst []byte) []byte {
	return append(appendFixed(dst, uint64(c), 2, 0), '%')
}
