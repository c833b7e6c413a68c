package inspect

import (
	"iter"

	"github.com/smk-go/smk/gen/seto"
)

// Level is a price level of a book that a message sets, or an execution that it tells of.
type Level struct {
	Contract  uint32
	Bid       bool // else an offer; of an execution whether the resting order was one to buy
	Execution bool
	Price     uint32 // hundredths of a percent of the payoff
	Quantity  uint64 // 1/10000 of the currency; 0 of a level that is gone
}

// Levels returns the levels and executions of a message with books, in its order.
func (m *Message) Levels() iter.Seq[Level] {
	return func(yield func(Level) bool) {
		if q := m.Payload.GetContractQuotes(); q != nil {
			levelsOf(q, yield)
			return
		}
		for _, q := range m.Payload.GetMarketQuotes().GetContractQuotes() {
			if !levelsOf(q, yield) {
				return
			}
		}
	}
}

func levelsOf(q *seto.ContractQuotes, yield func(Level) bool) bool {
	id := q.GetContractId()
	for _, l := range q.GetBids() {
		if !yield(Level{Contract: id, Bid: true, Price: l.GetPrice(), Quantity: l.GetQuantity()}) {
			return false
		}
	}
	for _, l := range q.GetOffers() {
		if !yield(Level{Contract: id, Price: l.GetPrice(), Quantity: l.GetQuantity()}) {
			return false
		}
	}
	for _, x := range q.GetExecutions() {
		l := Level{
			Contract: id, Bid: x.GetLiquidity() == seto.Side_SIDE_BUY, Execution: true, Price: x.GetPrice(),
			Quantity: x.GetQuantity(),
		}
		if !yield(l) {
			return false
		}
	}
	return true
}
