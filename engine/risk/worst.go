package risk

import "github.com/smk-go/smk/odds"

// Result is what an account has in one contract: what that brings if the contract wins and if it loses, negative for a
// loss. Amounts stop at odds.MoneyMax and its negative.
type Result struct {
	Wins  odds.Money
	Loses odds.Money
}

// Fill adds a fill. The order must be valid.
func (r *Result) Fill(side odds.Side, price odds.Price, quantity odds.Quantity) {
	stake, rest := odds.Money(quantity)*odds.Money(price), odds.Money(quantity)*odds.Money(price.Complement())
	if side == odds.Buy {
		r.Wins, r.Loses = capped(r.Wins, rest), capped(r.Loses, -stake)
	} else {
		r.Wins, r.Loses = capped(r.Wins, -rest), capped(r.Loses, stake)
	}
}

// Open adds an order that may fill in whole, in part or not at all: each outcome is as bad as the order can make it.
// The order must be valid.
func (r *Result) Open(side odds.Side, price odds.Price, quantity odds.Quantity) {
	if side == odds.Buy {
		r.Loses = capped(r.Loses, -odds.Money(quantity)*odds.Money(price))
	} else {
		r.Wins = capped(r.Wins, -odds.Money(quantity)*odds.Money(price.Complement()))
	}
}

// WorstCase is the worst case of a market from the results of its contracts. It is exact: whatever part of the open
// orders fills and whichever contract wins, no more is lost, and there is a case in which as much is. Unlike a sum of
// the orders' liabilities it lets an order offset the position that it closes, which is what [Reducing] asks for.
type WorstCase struct {
	// Independent says that each contract wins or loses by itself. Otherwise one contract of the market wins, be it one
	// that was not added.
	Independent bool

	loses odds.Money // the sum if every contract loses, or of the worse results if they are independent
	least odds.Money // the least that is added if one wins instead
}

// Add adds a contract.
func (w *WorstCase) Add(r Result) {
	if w.Independent {
		w.loses = capped(w.loses, min(r.Wins, r.Loses))
		return
	}
	w.loses = capped(w.loses, r.Loses)
	w.least = min(w.least, capped(r.Wins, -r.Loses))
}

// Loss returns the largest loss, negative if a profit is certain.
func (w *WorstCase) Loss() odds.Money { return -capped(w.loses, w.least) }

// Worsened returns the largest loss of the outcomes that an order of a side worsens in a contract of a result. w has
// the other contracts of the market.
func (w *WorstCase) Worsened(side odds.Side, r Result) odds.Money {
	if side == odds.Sell {
		return -capped(w.loses, r.Wins)
	}
	return -capped(capped(w.loses, w.least), r.Loses)
}

// capped returns a + b, or the amount next to it if there is no such amount.
func capped(a, b odds.Money) odds.Money {
	const half = 1 << 61
	if uint64(a+half)|uint64(b+half) < 2*half { // the sum cannot overflow
		return a + b
	}
	sum, err := a.Add(b)
	switch {
	case err == nil:
		return sum
	case b > 0:
		return odds.MoneyMax
	}
	return -odds.MoneyMax
}
