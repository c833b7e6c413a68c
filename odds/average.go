package odds

import "math/bits"

// Average is the average price of fills on one side, weighted by quantity. It
// keeps the exact sums, so it does not drift, takes fills back, and rounds only
// when it is asked for a number. The zero value is an average of nothing.
type Average struct {
	quantity Quantity
	paid     Money // sum of quantity times price; at most 9999 times quantity, so it fits
}

// Add adds a fill of q at p. Errors are ErrPrice and ErrQuantity, the latter also
// if the sum would pass QuantityMax; the average then stays what it was.
func (a *Average) Add(p Price, q Quantity) error {
	paid, err := Stake(p, q)
	if err != nil {
		return err
	}
	if q > QuantityMax-a.quantity {
		return ErrQuantity
	}
	a.quantity += q
	a.paid += paid
	return nil
}

// Remove takes back a fill of q at p, for instance a voided one. Errors are
// ErrPrice, ErrQuantity, and ErrFill if what is left could not be a sum of fills; the
// average then stays what it was.
func (a *Average) Remove(p Price, q Quantity) error {
	paid, err := Stake(p, q)
	if err != nil {
		return err
	}
	if q > a.quantity {
		return ErrFill
	}
	rest := Average{a.quantity - q, a.paid - paid}
	if rest.paid < Money(rest.quantity)*Money(PriceMin) || rest.paid > Money(rest.quantity)*Money(PriceMax) {
		return ErrFill
	}
	*a = rest
	return nil
}

// Quantity returns the quantity of all fills together.
func (a Average) Quantity() Quantity { return a.quantity }

// Stake returns the backer's stake of all fills together: the exact sum of
// quantity times price.
func (a Average) Stake() Money { return a.paid }

// Liability returns what s loses if all the fills go against it. The error is
// ErrSide.
func (a Average) Liability(s Side) (Money, error) {
	switch s {
	case Buy:
		return a.paid, nil
	case Sell:
		return Money(a.quantity)*quantityMoney - a.paid, nil
	}
	return 0, ErrSide
}

// Profit returns what s gains if all the fills go its way, before commission. The
// error is ErrSide.
func (a Average) Profit(s Side) (Money, error) { return a.Liability(s.Opposite()) }

// Price returns the average price, rounded by r. ok is false if there is nothing
// to average.
func (a Average) Price(r Rounding) (p Price, ok bool) {
	if a.quantity == 0 {
		return 0, false
	}
	return Price(r.divide(uint64(a.paid), uint64(a.quantity))), true
}

// Decimal returns the decimal odds of the average price, rounded once, by r, to
// four places. ok is false if there is nothing to average.
func (a Average) Decimal(r Rounding) (d Decimal, ok bool) {
	if a.quantity == 0 {
		return 0, false
	}
	n, ok := r.mulDivide(uint64(a.quantity), decimalWhole*priceWhole, uint64(a.paid))
	return Decimal(n), ok
}

// Compare compares the exact average with p: -1 if it is lower, 0 if equal, 1 if
// higher. ok is false if there is nothing to average.
func (a Average) Compare(p Price) (order int, ok bool) {
	if a.quantity == 0 {
		return 0, false
	}
	hi, lo := bits.Mul64(uint64(a.quantity), uint64(p))
	switch paid := uint64(a.paid); {
	case hi > 0 || paid < lo:
		return -1, true
	case paid > lo:
		return 1, true
	}
	return 0, true
}
