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
	var c order.Stake          // of each contract
	var with, open risk.Result // of the request's contract, at first without the original
	seen, original := false, uint64(0)
	if r.original != nil {
		original = r.original.ID
	}
	before := risk.WorstCase{Independent: t.config.Orders.IndependentContracts} // of the other contracts, at first
	fixed, others := t.orders.Fixed(r.market)
	own := fixed
	for w := t.orders.Stakes(r.market, original); w.Next(&c); {
		fixed += c.Asked
		k := risk.Result{Wins: less(c.Wins, c.Selling), Loses: less(c.Loses, c.Buying)}
		if c.Contract != r.contract {
			before.Add(k)
			continue
		}
		with, open, seen = k, k, true
		own += c.Asked
		if r.side == odds.Buy {
			open.Loses = less(c.Loses, c.Buying-c.OfOrder)
		} else {
			open.Wins = less(c.Wins, c.Selling-c.OfOrder)
		}
	}
	if !seen { // settled, or voided: the exchange refuses it
		s.Known &^= risk.PartContract | risk.PartMarket | risk.PartAccount
		return
	}
	full := open
	open.Open(r.side, r.price, r.quantity)
	full.Fill(r.side, r.price, r.quantity)
	rest, after, filled := before, before, before
	before.Add(with)
	after.Add(open)
	filled.Add(full)
	e := &s.Contract
	e.Before, e.After, e.Filled = lossOf(with)+own, lossOf(open)+own, lossOf(full)+own
	e.BeforeSpare, e.AfterSpare = spare(lossOf(with), lossTo(r.side, with)), spare(lossOf(open), lossTo(r.side, open))
	e = &s.Market
	e.Before, e.After, e.Filled = before.Loss()+fixed, after.Loss()+fixed, filled.Loss()+fixed
	e.BeforeSpare = spare(before.Loss(), rest.Worsened(r.side, with))
	e.AfterSpare = spare(after.Loss(), rest.Worsened(r.side, open))
	s.Account = risk.Exposure{
		Before: others + e.Before, After: others + e.After, Filled: others + e.Filled,
		BeforeSpare: e.BeforeSpare, AfterSpare: e.AfterSpare,
	}
}

// less returns a result less what is lost beside it, or the least amount if that is larger.
func less(result, loss odds.Money) odds.Money {
	if rest := result - loss; rest <= result && rest >= -odds.MoneyMax { // loss is not negative
		return rest
	}
	return -odds.MoneyMax
}

// lossOf returns the largest loss of a contract, negative if a profit is certain.
func lossOf(r risk.Result) odds.Money { return -min(r.Wins, r.Loses) }

// lossTo returns what is lost of a contract in the outcome that an order of a side worsens, negative for a profit.
func lossTo(side odds.Side, r risk.Result) odds.Money {
	if side == odds.Sell {
		return -r.Wins
	}
	return -r.Loses
}

// spare returns how much less the loss in one outcome is than the largest, 0 if that is too much to say.
func spare(largest, loss odds.Money) odds.Money { return max(largest-loss, 0) }
