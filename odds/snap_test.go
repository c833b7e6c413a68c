package odds

import (
	"math"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
)

func TestSnap(t *testing.T) {
	ticks := slowLadder()
	eachPrice(func(p Price) {
		worse := map[Side][]Price{Buy: slowAbove(ticks, p, true), Sell: slowBelow(ticks, p, true)}
		for side, list := range worse {
			got, ok := p.Snap(side)
			want, wantOK := nth(list, 0)
			same(t, side.String(), p, 0, got, ok, want, wantOK)
			for n := range TickCount + 2 {
				got, ok = p.SnapOut(side, n)
				want, wantOK = nth(list, n)
				same(t, side.String(), p, n, got, ok, want, wantOK)
			}
			for _, n := range []int{-1, math.MinInt, math.MaxInt} {
				got, ok = p.SnapOut(side, n)
				same(t, side.String(), p, n, got, ok, 0, false)
			}
		}
		for _, side := range []Side{0, 3, 255} {
			got, ok := p.Snap(side)
			same(t, side.String(), p, 0, got, ok, 0, false)
		}
	})
	for _, p := range invalidPrices {
		for _, side := range []Side{Buy, Sell} {
			got, ok := p.Snap(side)
			same(t, side.String(), p, 0, got, ok, 0, false)
		}
	}
}

func TestSnapProperties(t *testing.T) {
	properties := gopter.NewProperties(nil)
	price := gen.UInt16Range(1, 9999).Map(func(n uint16) Price { return Price(n) })
	side := gen.Bool().Map(func(buy bool) Side {
		if buy {
			return Buy
		}
		return Sell
	})
	properties.Property("a snapped price stays", prop.ForAll(func(p Price, s Side) bool {
		once, ok := p.Snap(s)
		twice, okTwice := once.Snap(s)
		other, okOther := once.Snap(s.Opposite())
		return ok && okTwice && okOther && once == twice && once == other && once.IsTick()
	}, price, side))
	properties.Property("it is equal or worse", prop.ForAll(func(p Price, s Side) bool {
		q, ok := p.Snap(s)
		return ok && (s == Buy && q >= p || s == Sell && q <= p)
	}, price, side))
	properties.Property("it is less than a tick away", prop.ForAll(func(p Price, s Side) bool {
		buy, okBuy := p.Snap(Buy)
		sell, okSell := p.Snap(Sell)
		n, ok := sell.TickDistance(buy)
		return okBuy && okSell && ok && (n == 1) != p.IsTick() && (n == 0) == p.IsTick()
	}, price, side))
	properties.Property("higher prices snap higher", prop.ForAll(func(p, q Price, s Side) bool {
		a, _ := min(p, q).Snap(s)
		b, _ := max(p, q).Snap(s)
		return a <= b
	}, price, price, side))
	properties.Property("out by n is n times out by one", prop.ForAll(func(p Price, s Side, n int) bool {
		want, ok := p.Snap(s)
		for range n {
			if !ok {
				break
			}
			if s == Buy {
				want, ok = want.NextTick()
			} else {
				want, ok = want.PreviousTick()
			}
		}
		got, okGot := p.SnapOut(s, n)
		return ok == okGot && (!ok || got == want)
	}, price, side, gen.IntRange(0, 50)))
	properties.TestingRun(t)
}
