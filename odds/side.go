package odds

// Side is which side of a contract an order or a fill is on. Its values are those
// of the exchange's messages; the zero value is neither.
type Side uint8

const (
	// Buy is for the contract (back): it stakes the price of every payoff and is
	// paid if the contract wins.
	Buy Side = 1

	// Sell is against the contract (lay): it stakes what the price leaves of
	// every payoff and is paid if the contract loses.
	Sell Side = 2
)

// NewSide returns the side that a message carries as n, or ErrSide.
func NewSide(n int32) (Side, error) {
	if n != int32(Buy) && n != int32(Sell) {
		return 0, ErrSide
	}
	return Side(n), nil
}

// Valid reports whether s is Buy or Sell.
func (s Side) Valid() bool { return s == Buy || s == Sell }

// Opposite returns the other side; of neither it returns neither.
func (s Side) Opposite() Side {
	if !s.Valid() {
		return 0
	}
	return Buy + Sell - s
}

// String returns "buy", "sell" or "neither".
func (s Side) String() string {
	switch s {
	case Buy:
		return "buy"
	case Sell:
		return "sell"
	}
	return "neither"
}

// share returns what s puts into every payoff at price p, in hundredths of a
// percent.
func (s Side) share(p Price) (Price, error) {
	switch {
	case !p.Valid():
		return 0, ErrPrice
	case s == Buy:
		return p, nil
	case s == Sell:
		return priceWhole - p, nil
	}
	return 0, ErrSide
}
