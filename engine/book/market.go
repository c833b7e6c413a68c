package book

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// Market is one market in a [Books]. It is a value that refers to it, like a [Contract].
type Market struct {
	b    *Books
	id   uint32
	slot int32 // where it was
}

// Market returns a market, and false if it is neither subscribed to nor has own orders.
func (b *Books) Market(id uint32) (Market, bool) {
	slot := b.byMarket.find(uint64(id))
	return Market{b: b, id: id, slot: slot}, slot != none
}

// at returns the market, or an empty one.
func (m Market) at() *market {
	if m.slot != none && m.b.market[m.slot].id == m.id {
		return &m.b.market[m.slot]
	}
	if is := m.b.marketByID(m.id); is != nil {
		return is
	}
	return &m.b.absent
}

// ID returns the market's id.
func (m Market) ID() uint32 { return m.id }

// State returns what is known of the market's books, but for what is wrong with a single one.
func (m Market) State() (State, Causes) {
	s := m.b.statusOf(m.at())
	return s.state, s.causes
}

// Since returns the clock reading at which a message or call about the market changed its State.
func (m Market) Since() int64 { return m.at().since }

// Updated returns the clock reading of the last message about the market, and 0 if none came.
func (m Market) Updated() int64 { return m.at().updated }

// ExchangeState returns the market's state as the exchange says, 0 if it has said none.
func (m Market) ExchangeState() msg.MarketStateType { return m.at().state }

// Volume returns the quantity traded in the market: what the snapshot said, and the executions since.
func (m Market) Volume() odds.Quantity { return m.at().volume }

// Contracts returns an iterator over the contracts that the exchange has named or that have own orders. Nothing may
// be applied meanwhile.
func (m Market) Contracts() func(yield func(Contract) bool) {
	return func(yield func(Contract) bool) {
		for i := m.at().contracts; i != none; i = m.b.contract[i].next {
			if !yield(Contract{b: m.b, market: m.id, slot: i, id: m.b.contract[i].id}) {
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
	for i := m.at().contracts; i != none; i = m.b.contract[i].next {
		if m.b.contract[i].flags&contractClosed != 0 {
			continue
		}
		best, ok := Contract{b: m.b, market: m.id, slot: i, id: m.b.contract[i].id}.Best(side)
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
	for i := m.at().contracts; i != none; i = m.b.contract[i].next {
		if m.b.contract[i].flags&contractClosed != 0 {
			continue
		}
		mid, ok := Contract{b: m.b, market: m.id, slot: i, id: m.b.contract[i].id}.Mid()
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
