package odds

// Quantity is the size of an order or a fill in 1/10000 of the currency: 400000 is
// 40.00. It is the payoff, both sides' stakes together, which goes to the buyer
// if the contract wins and to the seller if it does not. Valid are 0 to
// QuantityMax; a negative one is nobody's.
type Quantity int64

// QuantityMax is the largest quantity, 92 billion of the currency. Its payoff
// still is an amount of [Money], so that no product of valid values overflows.
const QuantityMax Quantity = (1<<63 - 1) / quantityMoney

// quantityMoney is the Money in one unit of quantity.
const quantityMoney = 10_000

const quantityPlaces = 4

// NewQuantity returns the quantity that a message carries as n, or ErrQuantity.
func NewQuantity(n uint64) (Quantity, error) {
	if n > uint64(QuantityMax) {
		return 0, ErrQuantity
	}
	return Quantity(n), nil
}

// Valid reports whether q is 0 to QuantityMax.
func (q Quantity) Valid() bool { return uint64(q) <= uint64(QuantityMax) }

// Payout returns what the winner of q is paid, the own stake included. The error
// is ErrQuantity.
func (q Quantity) Payout() (Money, error) {
	if !q.Valid() {
		return 0, ErrQuantity
	}
	return Money(q) * quantityMoney, nil
}

// String returns q in whole currency with two to four places: "40.00", "0.0125".
func (q Quantity) String() string {
	var buf [stringBytes]byte
	return string(q.Append(buf[:0]))
}

// Append appends what String returns.
func (q Quantity) Append(dst []byte) []byte {
	return appendAmount(dst, int64(q), quantityPlaces)
}

// ParseQuantity reads a payoff in whole currency, "40" or "0.0125", exactly: what
// lies between two quantities, is negative or too large is refused. Errors are *[ParseError].
func ParseQuantity[T ~string | ~[]byte](s T) (Quantity, error) {
	n, at, err := parseFixed(s, 0, quantityPlaces, uint64(QuantityMax))
	if err != nil {
		return 0, refuse("quantity", s, at, err)
	}
	return Quantity(n), nil
}
