package book

import (
	"math/bits"

	"github.com/smk-go/smk/odds"
)

// Take is what it costs to take a quantity from a side.
type Take struct {
	Quantity odds.Quantity // what there is of what was asked for
	Limit    odds.Price    // the worst price, that of an order that takes all; 0 if there is nothing
	Stake    odds.Money    // the buyer's: the sum of quantity times price, exact
}

// Average returns the average price weighted by quantity, VWAP, in units of 1/10000 of a [odds.Price], rounded down:
// 25000000 is 25.00 %. Of nothing it is 0.
func (t Take) Average() int64 {
	if t.Quantity <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(t.Stake), fine)
	q, _ := bits.Div64(hi, lo, uint64(t.Quantity))
	return int64(q)
}

// fine is how many units of a fine price make one of odds.Price.
const fine = 10_000

// Take returns what taking a quantity from a side costs, best levels first.
func (c Contract) Take(side odds.Side, quantity odds.Quantity) Take {
	var t Take
	quantity = min(quantity, odds.QuantityMax) // then the stake is an amount of money
	w := c.walk(side)
	for t.Quantity < quantity {
		l, ok := w.next()
		if !ok {
			break
		}
		n := min(l.Quantity, quantity-t.Quantity)
		t.Quantity += n
		t.Limit = l.Price
		t.Stake += odds.Money(n) * odds.Money(l.Price)
	}
	return t
}

// touch returns the best levels, and false if a side is empty.
func (c Contract) touch() (bid, offer Level, ok bool) {
	i := c.at()
	if i == none {
		return bid, offer, false
	}
	if bid, ok = c.b.best(i, bids, c.withoutOwn); ok {
		offer, ok = c.b.best(i, offers, c.withoutOwn)
	}
	return bid, offer, ok
}

// Mid returns the price in the middle of the best ones in units of 1/10000 of a [odds.Price], and false if a side is
// empty. It is the probability of the contract that the touch implies: 10000 times 10000 is certainty.
func (c Contract) Mid() (int64, bool) {
	bid, offer, ok := c.touch()
	return (int64(bid.Price) + int64(offer.Price)) * fine / 2, ok
}

// MidPrice is Mid as a price, rounded half up.
func (c Contract) MidPrice() (odds.Price, bool) {
	mid, ok := c.Mid()
	return odds.Price((mid + fine/2) / fine), ok
}

// Micro returns the price between the best ones weighted by the quantity of the other side, in units of 1/10000 of a
// [odds.Price], rounded down, and false if a side is empty: the larger the bid, the nearer it is to the offer.
func (c Contract) Micro() (int64, bool) {
	bid, offer, ok := c.touch()
	if !ok {
		return 0, false
	}
	hiB, loB := bits.Mul64(uint64(bid.Quantity), uint64(offer.Price)*fine)
	hiO, loO := bits.Mul64(uint64(offer.Quantity), uint64(bid.Price)*fine)
	lo, carry := bits.Add64(loB, loO, 0)
	q, _ := bits.Div64(hiB+hiO+carry, lo, uint64(bid.Quantity)+uint64(offer.Quantity))
	return int64(q), true
}
