package odds

// QuantityForStake returns the largest quantity whose backer's stake at p is at
// most stake: stake / p, rounded down. It serves a back bet and a lay bet that
// takes such a stake alike. Errors are ErrPrice, ErrNegative and ErrQuantity.
func QuantityForStake(stake Money, p Price) (Quantity, error) {
	return Buy.QuantityForLiability(stake, p)
}

// QuantityForLiability returns the largest quantity with which s risks at most
// liability at p: divided by p for a buyer and by 10000 - p for a seller,
// rounded down. Errors are ErrPrice, ErrSide, ErrNegative and ErrQuantity.
func (s Side) QuantityForLiability(liability Money, p Price) (Quantity, error) {
	share, err := s.share(p)
	if err != nil {
		return 0, err
	}
	return quantityOf(liability, share)
}

// QuantityForProfit returns the largest quantity with which s gains at most
// profit at p, before commission, rounded down. Errors are ErrPrice, ErrSide,
// ErrNegative and ErrQuantity.
func (s Side) QuantityForProfit(profit Money, p Price) (Quantity, error) {
	return s.Opposite().QuantityForLiability(profit, p)
}

// QuantityForPayout returns the largest quantity that pays at most payout, rounded
// down. The error is ErrNegative.
func QuantityForPayout(payout Money) (Quantity, error) {
	return quantityOf(payout, quantityMoney)
}

func quantityOf(m Money, share Price) (Quantity, error) {
	if m < 0 {
		return 0, ErrNegative
	}
	q := Quantity(m / Money(share))
	if !q.Valid() {
		return 0, ErrQuantity
	}
	return q, nil
}
