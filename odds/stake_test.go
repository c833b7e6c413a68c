package odds

import (
	"math"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
)

func TestQuantityFor(t *testing.T) {
	amounts := []Money{0, 9999, 10000, 10 * Whole, Whole + 1, MoneyMax}
	for _, m := range amounts {
		eachPrice(func(p Price) {
			byPrice := round(rat(int64(m), int64(p)), Down).Int64()
			byRest := round(rat(int64(m), 10000-int64(p)), Down).Int64()
			check := func(what string, got Quantity, err error, want int64) {
				if want > int64(QuantityMax) {
					if err != ErrQuantity || got != 0 {
						t.Fatalf("%s %v at %v: %v, %v", what, m, p, got, err)
					}
				} else if err != nil || int64(got) != want {
					t.Fatalf("%s %v at %v: %v, %v, want %v", what, m, p, got, err, want)
				}
			}
			q, err := QuantityForStake(m, p)
			check("stake", q, err, byPrice)
			q, err = Buy.QuantityForLiability(m, p)
			check("buyer risks", q, err, byPrice)
			q, err = Sell.QuantityForLiability(m, p)
			check("seller risks", q, err, byRest)
			q, err = Buy.QuantityForProfit(m, p)
			check("buyer wins", q, err, byRest)
			q, err = Sell.QuantityForProfit(m, p)
			check("seller wins", q, err, byPrice)
		})
		q, err := QuantityForPayout(m)
		if err != nil || int64(q) != int64(m)/10000 {
			t.Errorf("payout %v: %v, %v", m, q, err)
		}
	}
}

func TestQuantityForProperties(t *testing.T) {
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 1000
	properties := gopter.NewProperties(parameters)
	amount := gopter.CombineGens(gen.Int64Range(0, math.MaxInt64), gen.IntRange(0, 62)).Map(func(v []any) Money {
		return Money(v[0].(int64) >> v[1].(int))
	})
	side := gen.OneConstOf(Buy, Sell)
	properties.Property("it risks no more than asked, and one more would", prop.ForAll(
		func(m Money, p Price, s Side) bool {
			q, err := s.QuantityForLiability(m, p)
			if err != nil {
				share := map[Side]Price{Buy: p, Sell: 10000 - p}[s]
				return err == ErrQuantity && m/Money(share) > Money(QuantityMax)
			}
			risk, err := s.Liability(p, q)
			if err != nil || risk > m {
				return false
			}
			if q == QuantityMax {
				return true
			}
			more, err := s.Liability(p, q+1)
			return err == nil && more > m
		}, amount, anyPrice(), side))
	properties.Property("the stake of a quantity is that quantity again", prop.ForAll(
		func(q Quantity, p Price, s Side) bool {
			risk, err1 := s.Liability(p, q)
			profit, err2 := s.Profit(p, q)
			byRisk, err3 := s.QuantityForLiability(risk, p)
			byProfit, err4 := s.QuantityForProfit(profit, p)
			return err1 == nil && err2 == nil && err3 == nil && err4 == nil && byRisk == q && byProfit == q
		}, anyQuantity(), anyPrice(), side))
	properties.TestingRun(t)
}

func TestQuantityForRefuses(t *testing.T) {
	check := func(q Quantity, err, want error) {
		t.Helper()
		if q != 0 || err != want {
			t.Errorf("%v, %v, want %v", q, err, want)
		}
	}
	for _, m := range []Money{-1, -MoneyMax, math.MinInt64} {
		q, err := QuantityForStake(m, 5000)
		check(q, err, ErrNegative)
		q, err = Sell.QuantityForLiability(m, 5000)
		check(q, err, ErrNegative)
		q, err = Buy.QuantityForProfit(m, 5000)
		check(q, err, ErrNegative)
		q, err = QuantityForPayout(m)
		check(q, err, ErrNegative)
	}
	for _, p := range invalidPrices {
		q, err := QuantityForStake(Whole, p)
		check(q, err, ErrPrice)
		q, err = Sell.QuantityForLiability(Whole, p)
		check(q, err, ErrPrice)
		q, err = Sell.QuantityForProfit(Whole, p)
		check(q, err, ErrPrice)
	}
	q, err := Side(0).QuantityForLiability(Whole, 5000)
	check(q, err, ErrSide)
	q, err = Side(3).QuantityForProfit(Whole, 5000)
	check(q, err, ErrSide)
}
