package engine

import (
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/odds"
)

// exposed is a request that exposures are made out for.
type exposed struct {
	market   uint32
	contract uint32
	side     odds.Side
	price    odds.Price
	quantity odds.Quantity
	original *order.Order // of a replace
}

// exposures fills in the worst cases of the request's contract, market and account. Final fills and orders offset each
// other as they do at a settlement, so that an order which closes a position lowers them. What may be voided, and what
// replaces on their way may add, offsets nothing. Other markets count by what the account reserves for them.
func (t *trading) exposures(s *risk.Snapshot, r *exposed) {
	if r.original != nil {
		r.quantity = max(r.quantity-r.original.Executed, 0)
	}
	if !r.price.Valid() || r.quantity > order.QuantityMax || !r.side.Valid() {
		s.Known &^= risk.PartContract | risk.PartMarket | risk.PartAccount
		return
	}
	independent := t.config.Orders.IndependentContracts
	before, after := risk.WorstCase{Independent: independent}, risk.WorstCase{Independent: independent}
	filled := risk.WorstCase{Independent: independent}
	m, a := t.orders.Market(r.market), t.orders.Account()
	fixed := m.Provision + m.Replacing
	seen, original := false, uint64(0)
	if r.original != nil {
		original = r.original.ID
	}
	t.orders.Stakes(r.market, original, func(k order.Stake) bool {
		with := risk.Result{Wins: less(k.Wins, k.Selling), Loses: less(k.Loses, k.Buying)}
		fixed += k.Asked
		before.Add(with)
		if k.Contract != r.contract {
			after.Add(with)
			filled.Add(with)
			return true
		}
		seen = true
		rest := with // without the original
		if r.side == odds.Buy {
			rest.Loses = less(k.Loses, k.Buying-k.OfOrder)
		} else {
			rest.Wins = less(k.Wins, k.Selling-k.OfOrder)
		}
		open, full := rest, rest
		open.Open(r.side, r.price, r.quantity)
		full.Fill(r.side, r.price, r.quantity)
		after.Add(open)
		filled.Add(full)
		own := k.Asked + m.Provision + m.Replacing
		s.Contract = risk.Exposure{Before: lossOf(with) + own, After: lossOf(open) + own, Filled: lossOf(full) + own}
		return true
	})
	if !seen { // settled, or voided: the exchange refuses it
		s.Known &^= risk.PartContract | risk.PartMarket | risk.PartAccount
		return
	}
	s.Market = risk.Exposure{Before: before.Loss() + fixed, After: after.Loss() + fixed, Filled: filled.Loss() + fixed}
	others := a.WorstCase - m.WorstCase
	s.Account = risk.Exposure{
		Before: others + s.Market.Before, After: others + s.Market.After, Filled: others + s.Market.Filled,
	}
}

// less returns a result less what is lost beside it, or the least amount if that is larger.
func less(result, loss odds.Money) odds.Money {
	if rest, err := result.Sub(loss); err == nil {
		return rest
	}
	return -odds.MoneyMax
}

// lossOf returns the largest loss of a contract, negative if a profit is certain.
func lossOf(r risk.Result) odds.Money { return -min(r.Wins, r.Loses) }
