package book

import (
	"math/bits"

	"github.com/smk-go/smk/gen/msg"
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
	bid, ok = c.Best(odds.Buy)
	if !ok {
		return bid, offer, false
	}
	offer, ok = c.Best(odds.Sell)
	return bid, offer, ok
}

// Mid returns the price in the middle of the best ones in units of 1/10000 of a [odds.Price], and false if a side is
// empty. It is the probability of the contract that the touch implies: 10000 times 10000 is certainty.
func (c Contract) Mid() (int64, bool) {
	bid, offer, ok := c.touch()
	return (int64(bid.Price) + int64(offer.Price)) * fine / 2, ok
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

// Market is one market in a [Books]. It is a value that refers to it, like a [Contract].
type Market struct {
	b    *Books
	slot int32
}

// Market returns a market, and false if it is neither subscribed to nor has own orders.
func (b *Books) Market(id uint32) (Market, bool) {
	slot := b.byMarket.find(uint64(id))
	return Market{b: b, slot: slot}, slot != none
}

// ID returns the market's id.
func (m Market) ID() uint32 { return m.b.market[m.slot].id }

// State returns what is known of the market's books, but for what is wrong with a single one.
func (m Market) State() (State, Causes) {
	s := m.b.statusOf(&m.b.market[m.slot])
	return s.state, s.causes
}

// Since returns the clock reading at which a message or call about the market changed its State.
func (m Market) Since() int64 { return m.b.market[m.slot].since }

// Updated returns the clock reading of the last message about the market, and 0 if none came.
func (m Market) Updated() int64 { return m.b.market[m.slot].heard }

// ExchangeState returns the market's state as the exchange says, 0 if it has said none.
func (m Market) ExchangeState() msg.MarketStateType { return m.b.market[m.slot].state }

// Volume returns the quantity traded in the market: what the snapshot said, and the executions since.
func (m Market) Volume() odds.Quantity { return m.b.market[m.slot].volume }

// Contracts returns an iterator over the contracts that the exchange has named or that have own orders. Nothing may
// be applied meanwhile.
func (m Market) Contracts() func(yield func(Contract) bool) {
	return func(yield func(Contract) bool) {
		for i := m.b.market[m.slot].contracts; i != none; i = m.b.contract[i].next {
			if !yield(Contract{b: m.b, market: m.slot, slot: i, id: m.b.contract[i].id}) {
				return
			}
		}
	}
}

// Overround returns by how much the best prices of a side of all contracts add up to more than the whole, in
// hundredths of a percent, as [odds.Overround] does. It is false if a contract has no such price, or none is named.
// Settled and voided contracts do not count. Below zero, taking every offer is certain to win, if one contract of
// those must; above zero, so is taking every bid.
func (m Market) Overround(side odds.Side) (int64, bool) {
	sum, some := int64(-whole), false
	for i := m.b.market[m.slot].contracts; i != none; i = m.b.contract[i].next {
		if m.b.contract[i].flags&contractClosed != 0 {
			continue
		}
		best, ok := Contract{b: m.b, market: m.slot, slot: i}.Best(side)
		if !ok {
			return 0, false
		}
		some = true
		sum += int64(best.Price)
	}
	return sum, some
}

// Probability returns the probability of a contract that the touches of all contracts imply if one of them must win:
// its Mid divided by their sum, in units of 1/1000000, rounded down. It is false if a contract has an empty side.
func (m Market) Probability(contract uint32) (int64, bool) {
	var sum, own int64
	for i := m.b.market[m.slot].contracts; i != none; i = m.b.contract[i].next {
		if m.b.contract[i].flags&contractClosed != 0 {
			continue
		}
		mid, ok := Contract{b: m.b, market: m.slot, slot: i}.Mid()
		if !ok {
			return 0, false
		}
		sum += mid
		if m.b.contract[i].id == contract {
			own = mid
		}
	}
	if own == 0 {
		return 0, false
	}
	return own * 1_000_000 / sum, true
}
