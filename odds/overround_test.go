package odds

import (
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
)

func TestOverround(t *testing.T) {
	for _, test := range []struct {
		prices []Price
		want   int64
	}{
		{nil, -10000},
		{[]Price{5000}, -5000},
		{[]Price{5000, 5000}, 0},
		{[]Price{5128, 5128}, 256},
		{[]Price{3333, 3333, 3333}, -1},
		{[]Price{9999, 9999, 9999}, 19997},
	} {
		if got, err := Overround(test.prices); err != nil || got != test.want {
			t.Errorf("%v: %d, %v, want %d", test.prices, got, err, test.want)
		}
	}
	for _, p := range invalidPrices {
		for _, prices := range [][]Price{{p}, {5000, p}, {p, 5000}} {
			if got, err := Overround(prices); got != 0 || err != ErrPrice {
				t.Errorf("%v: %d, %v", prices, got, err)
			}
		}
	}
}

func TestOverroundProperties(t *testing.T) {
	properties := gopter.NewProperties(nil)
	properties.Property("it is what buying every outcome costs beyond the payoff", prop.ForAll(
		func(prices []uint16, q Quantity) bool {
			q >>= 10
			var list []Price
			var cost Money
			for _, p := range prices {
				list = append(list, Price(p))
				stake, err := Stake(Price(p), q)
				if err != nil {
					return false
				}
				if cost, err = cost.Add(stake); err != nil {
					return false
				}
			}
			payout, err := q.Payout()
			if err != nil {
				return false
			}
			over, err := Overround(list)
			return err == nil && cost-payout == Money(over)*Money(q)
		}, gen.SliceOf(gen.UInt16Range(1, 9999)), anyQuantity()))
	properties.TestingRun(t)
}
