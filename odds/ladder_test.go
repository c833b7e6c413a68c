package odds

import (
	"math"
	"testing"
)

// slowLadder is the ladder from its definition, ascending by price: odds of
// 1.0001, then equal steps up to each end, then 500, 1000 and 10000.
func slowLadder() []Price {
	odds := []int64{10001}
	at := int64(10000)
	for _, band := range []struct{ end, step int64 }{
		{20000, 100},
		{30000, 200},
		{40000, 500},
		{60000, 1000},
		{100000, 2000},
		{200000, 5000},
		{300000, 10000},
		{500000, 20000},
		{1000000, 50000},
		{3000000, 100000},
	} {
		for at < band.end {
			at += band.step
			odds = append(odds, at)
		}
	}
	odds = append(odds, 5000000, 10000000, 100000000)
	var prices []Price
	for i := len(odds) - 1; i >= 0; i-- {
		prices = append(prices, Price(round(rat(1e8, odds[i]), HalfEven).Int64()))
	}
	return prices
}

// slowAbove returns the ticks above p, or at p too, ascending.
func slowAbove(ticks []Price, p Price, with bool) []Price {
	var found []Price
	for _, tick := range ticks {
		if tick > p || with && tick == p {
			found = append(found, tick)
		}
	}
	return found
}

// slowBelow returns the ticks below p, or at p too, descending.
func slowBelow(ticks []Price, p Price, with bool) []Price {
	var found []Price
	for i := len(ticks) - 1; i >= 0; i-- {
		if ticks[i] < p || with && ticks[i] == p {
			found = append(found, ticks[i])
		}
	}
	return found
}

// nth returns the element n of a list, if it has one.
func nth(list []Price, n int) (Price, bool) {
	if n < 0 || n >= len(list) {
		return 0, false
	}
	return list[n], true
}

func TestLadder(t *testing.T) {
	want := slowLadder()
	if len(want) != TickCount {
		t.Fatalf("%d ticks, want %d", len(want), TickCount)
	}
	for i, p := range want {
		if got, ok := TickAt(i); !ok || got != p {
			t.Errorf("tick %d is %d, %v, want %d", i, uint16(got), ok, uint16(p))
		}
	}
	for _, i := range []int{-1, TickCount, TickCount + 1, math.MinInt, math.MaxInt} {
		if p, ok := TickAt(i); ok || p != 0 {
			t.Errorf("tick %d is %d", i, uint16(p))
		}
	}
	for _, p := range invalidPrices {
		if i, ok := p.TickIndex(); ok || i != 0 || p.IsTick() {
			t.Errorf("%d is tick %d", uint16(p), i)
		}
	}
}
