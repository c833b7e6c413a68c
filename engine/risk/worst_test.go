package risk

import (
	"math/rand/v2"
	"testing"

	"github.com/smk-go/smk/odds"
)

// TestWorstCaseTwin holds the worst case against all ways in which the orders of a market can fill, times all outcomes.
func TestWorstCaseTwin(t *testing.T) {
	type order struct {
		contract int
		side     odds.Side
		price    odds.Price
		quantity odds.Quantity
	}
	random := rand.New(rand.NewPCG(21, 22))
	reducing := 0
	for range 3000 {
		contracts := 1 + random.IntN(3)
		independent := random.IntN(4) == 0
		draw := func(n int) (all []order) {
			for range n {
				all = append(all, order{
					random.IntN(contracts), odds.Side(1 + random.IntN(2)), odds.Price(1 + random.IntN(9999)),
					odds.Quantity(1 + random.IntN(1_000_000)),
				})
			}
			return all
		}
		fills, open := draw(random.IntN(4)), draw(random.IntN(4))
		request := draw(1)[0]
		resultsOf := func(fills, open []order) []Result {
			results := make([]Result, contracts)
			for _, o := range fills {
				results[o.contract].Fill(o.side, o.price, o.quantity)
			}
			for _, o := range open {
				results[o.contract].Open(o.side, o.price, o.quantity)
			}
			return results
		}
		worst := func(fills, open []order) odds.Money {
			w := WorstCase{Independent: independent}
			for _, r := range resultsOf(fills, open) {
				w.Add(r)
			}
			return w.Loss()
		}
		worsened := func(fills, open []order) odds.Money {
			w := WorstCase{Independent: independent}
			results := resultsOf(fills, open)
			for contract, r := range results {
				if contract != request.contract {
					w.Add(r)
				}
			}
			return w.Worsened(request.side, results[request.contract])
		}
		// By trying: each subset of the open orders, each set of winners that the market allows.
		// With only the outcomes that the request worsens, if asked for.
		tried := func(fills, open []order, worsened bool) odds.Money {
			largest, first := odds.Money(0), true
			for subset := range 1 << len(open) {
				done := fills[:len(fills):len(fills)]
				for i, o := range open {
					if subset>>i&1 == 1 {
						done = append(done, o)
					}
				}
				for winners := range 1 << contracts {
					wins := winners>>request.contract&1 == 1
					if !independent && winners&(winners-1) != 0 || worsened && wins != (request.side == odds.Sell) {
						continue
					}
					loss := odds.Money(0)
					for _, o := range done {
						result, err := o.side.Result(o.price, o.quantity, winners>>o.contract&1 == 1)
						if err != nil {
							t.Fatal(err)
						}
						loss -= result
					}
					if first || loss > largest {
						largest, first = loss, false
					}
				}
			}
			return largest
		}
		with := append(open[:len(open):len(open)], request)
		filled := append(fills[:len(fills):len(fills)], request)
		e := Exposure{worst(fills, open), worst(fills, with), worst(filled, open), 0, 0}
		want := Exposure{tried(fills, open, false), tried(fills, with, false), tried(filled, open, false), 0, 0}
		if e != want {
			t.Fatalf("fills %v open %v request %v: %v, want %v", fills, open, request, e, want)
		}
		if got, want := worsened(fills, with), tried(fills, with, true); got != want {
			t.Fatalf("fills %v open %v request %v: worsened %v, want %v", fills, open, request, got, want)
		}
		if e.reduces() {
			reducing++
		}
	}
	if reducing < 50 {
		t.Errorf("only %d requests reduce", reducing)
	}
}

// TestWorstCaseStops expects amounts that are too large not to wrap around.
func TestWorstCaseStops(t *testing.T) {
	for _, independent := range []bool{false, true} {
		w := WorstCase{Independent: independent}
		for range 3 {
			var r Result
			for range 3 {
				r.Open(odds.Buy, 9999, odds.QuantityMax)
				r.Open(odds.Sell, 1, odds.QuantityMax)
			}
			if r != (Result{-odds.MoneyMax, -odds.MoneyMax}) {
				t.Errorf("result %v", r)
			}
			w.Add(r)
		}
		if w.Loss() != odds.MoneyMax {
			t.Errorf("loss %v", w.Loss())
		}
	}
	var r Result
	for range 3 {
		r.Fill(odds.Buy, 1, odds.QuantityMax)
	}
	if r.Wins != odds.MoneyMax {
		t.Errorf("result %v", r)
	}
}

// TestReducingWithWorstCase closes a position by an order that the sum of liabilities would not let pass, and refuses
// the one that goes through to the other side once both fill.
func TestReducingWithWorstCase(t *testing.T) {
	g := newGate(t, Config{})
	g.Reduce(0, Cause{})
	var position Result
	position.Fill(odds.Buy, 5000, 1_000_000)
	open := position
	passed := 0
	for range 4 {
		before, after, filled := WorstCase{}, WorstCase{}, WorstCase{}
		with, done := open, open
		with.Open(odds.Sell, 6000, 1_000_000)
		done.Fill(odds.Sell, 6000, 1_000_000)
		before.Add(open)
		after.Add(with)
		filled.Add(done)
		s, keys := quiet(), create(odds.Sell, 6000, 1_000_000)
		s.Market = Exposure{before.Loss(), after.Loss(), filled.Loss(), 0, 0}
		if g.Admit(0, &keys, &s) != nil {
			break
		}
		passed++
		open = with // it rests
	}
	if passed != 2 {
		t.Errorf("%d orders passed", passed)
	}
}
