package odds

// Money is an amount in 1/100000000 of the currency, the unit of a quantity times
// a price. It is exact and it may be negative.
type Money int64

const (
	// MoneyMax is the largest amount, 92 billion of the currency; -MoneyMax is the smallest.
	MoneyMax Money = 1<<63 - 1

	// Whole is one unit of the currency: one pound or euro.
	Whole Money = 100_000_000

	// Cent is a hundredth of the currency, which balances are kept in.
	Cent Money = Whole / 100
)

const moneyPlaces = 8

// Add returns m + n. The error is ErrMoney.
func (m Money) Add(n Money) (Money, error) {
	sum := m + n
	if (sum > m) != (n > 0) && n != 0 || sum < -MoneyMax {
		return 0, ErrMoney
	}
	return sum, nil
}

// Sub returns m - n. The error is ErrMoney.
func (m Money) Sub(n Money) (Money, error) {
	diff := m - n
	if (diff < m) != (n > 0) && n != 0 || diff < -MoneyMax {
		return 0, ErrMoney
	}
	return diff, nil
}

// Round returns m rounded by r to a whole number of units, such as Cent. Modes
// work on the magnitude: Down makes a loss smaller. The error is ErrUnit or ErrMoney.
func (m Money) Round(unit Money, r Rounding) (Money, error) {
	if unit <= 0 || unit > unitMax {
		return 0, ErrUnit
	}
	if m < 0 {
		n, err := moneyOf(r.divide(-uint64(m), uint64(unit)), unit)
		return -n, err
	}
	return moneyOf(r.divide(uint64(m), uint64(unit)), unit)
}

// moneyOf returns n units.
func moneyOf(n uint64, unit Money) (Money, error) {
	if n > uint64(MoneyMax/unit) {
		return 0, ErrMoney
	}
	return Money(n) * unit, nil
}

// String returns m in whole currency with two to eight places: "10.00", "-0.625".
// Nothing is rounded.
func (m Money) String() string {
	var buf [stringBytes]byte
	return string(m.Append(buf[:0]))
}

// Append appends what String returns.
func (m Money) Append(dst []byte) []byte { return appendAmount(dst, int64(m), moneyPlaces) }

// ParseMoney reads an amount in whole currency, "10", "0.625" or "-3.50", exactly:
// what lies between two amounts or is too large is refused. Errors are *[ParseError].
func ParseMoney[T ~string | ~[]byte](s T) (Money, error) {
	negative := 0
	if len(s) > 0 && s[0] == '-' {
		negative = 1
	}
	n, at, err := parseFixed(s, negative, moneyPlaces, uint64(MoneyMax))
	if err != nil {
		return 0, refuse("money", s, at, err)
	}
	if negative == 1 {
		return -Money(n), nil
	}
	return Money(n), nil
}

func appendAmount(dst []byte, n int64, places int) []byte {
	magnitude := uint64(n)
	if n < 0 {
		dst = append(dst, '-')
		magnitude = -magnitude
	}
	return appendFixed(dst, magnitude, places, 2)
}
