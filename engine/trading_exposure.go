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
	seen := false
	t.orders.Outcomes(r.market, func(p order.Profit) bool {
		if p.Contract == 0 {
			return true
		}
		rest, with, extra := t.resultOf(r, p.Contract)
		fixed += extra
		before.Add(with)
		if p.Contract != r.contract {
			after.Add(with)
			filled.Add(with)
			return true
		}
		seen = true
		open, full := rest, rest
		open.Open(r.side, r.price, r.quantity)
		full.Fill(r.side, r.price, r.quantity)
		after.Add(open)
		filled.Add(full)
		own := extra + m.Provision + m.Replacing
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

// resultOf returns what a contract brings, with its orders at their worst and without the original of a replace, or
// with it, and what replaces on their way may add to the loss.
func (t *trading) resultOf(r *exposed, contract uint32) (rest, with risk.Result, extra odds.Money) {
	p := t.orders.Position(r.market, contract)
	rest = risk.Result{Wins: p.IfWins, Loses: p.IfLoses}
	with, extra = rest, p.Asked
	t.orders.LiveOf(r.market, contract, func(o *order.Order) bool {
		open := openOf(o)
		if !o.Price.Valid() || open <= 0 {
			return true
		}
		with.Open(o.Side, o.Price, open)
		if o != r.original {
			rest.Open(o.Side, o.Price, open)
		}
		if o.State == order.PendingNew && o.Original == 0 && !o.Foreign {
			extra -= liabilityOf(o.Side, o.Price, open) // of creates, which are counted
		}
		return true
	})
	return rest, with, max(extra, 0)
}

// lossOf returns the largest loss of a contract, negative if a profit is certain.
func lossOf(r risk.Result) odds.Money { return -min(r.Wins, r.Loses) }

// liabilityOf returns what a valid order can lose.
func liabilityOf(side odds.Side, price odds.Price, quantity odds.Quantity) odds.Money {
	if side == odds.Sell {
		price = price.Complement()
	}
	return odds.Money(quantity) * odds.Money(price)
}
