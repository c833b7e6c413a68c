package odds

// Stake returns the backer's stake of q at p, q * p: what the buyer puts in, and
// the stake that a seller takes. Errors are ErrPrice and ErrQuantity.
func Stake(p Price, q Quantity) (Money, error) { return Buy.Liability(p, q) }

// Liability returns what s loses if q at p goes against it, which is also what it
// puts in: q * p for a buyer, q * (10000 - p) for a seller. Both together are the
// payout. Errors are ErrPrice, ErrQuantity and ErrSide.
func (s Side) Liability(p Price, q Quantity) (Money, error) {
	share, err := s.share(p)
	if err != nil {
		return 0, err
	}
	if !q.Valid() {
		return 0, ErrQuantity
	}
	return Money(q) * Money(share), nil
}

// Profit returns what s gains if q at p goes its way, before commission: the
// other side's liability. Errors are ErrPrice, ErrQuantity and ErrSide.
func (s Side) Profit(p Price, q Quantity) (Money, error) {
	return s.Opposite().Liability(p, q)
}

// Result returns what q at p is worth to s when the contract has won or lost: its
// profit, or its liability as a negative amount. The sum over the fills of a market,
// with won true for those of one outcome, is what that outcome brings; the least
// of these sums is the market's exposure. Errors are ErrPrice, ErrQuantity and ErrSide.
func (s Side) Result(p Price, q Quantity, won bool) (Money, error) {
	if won == (s == Buy) {
		return s.Profit(p, q)
	}
	loss, err := s.Liability(p, q)
	return -loss, err
}
