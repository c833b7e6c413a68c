package odds

import (
	"math/big"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
)

// slowAverage adds up in fractions.
type slowAverage struct{ quantity, paid big.Int }

func (a *slowAverage) add(p Price, q Quantity, sign int64) {
	a.quantity.Add(&a.quantity, big.NewInt(sign*int64(q)))
	a.paid.Add(&a.paid, new(big.Int).Mul(times(p, q), big.NewInt(sign)))
}

// agrees compares everything that an Average can say.
func (a *slowAverage) agrees(t *testing.T, fast *Average) {
	t.Helper()
	if a.quantity.Cmp(big.NewInt(int64(fast.Quantity()))) != 0 || a.paid.Cmp(big.NewInt(int64(fast.Stake()))) != 0 {
		t.Fatalf("%v for %v, want %v for %v", fast.Quantity(), fast.Stake(), &a.quantity, &a.paid)
	}
	whole := new(big.Int).Mul(&a.quantity, big.NewInt(10000))
	seller := new(big.Int).Sub(whole, &a.paid)
	buyerRisks, err1 := fast.Liability(Buy)
	sellerRisks, err2 := fast.Liability(Sell)
	buyerWins, err3 := fast.Profit(Buy)
	sellerWins, err4 := fast.Profit(Sell)
	if !exact(buyerRisks, err1, &a.paid) || !exact(sellerRisks, err2, seller) ||
		!exact(buyerWins, err3, seller) || !exact(sellerWins, err4, &a.paid) {
		t.Fatalf("risks %v, %v, wins %v, %v", buyerRisks, sellerRisks, buyerWins, sellerWins)
	}
	for _, r := range allRoundings {
		price, ok := fast.Price(r)
		odds, okOdds := fast.Decimal(r)
		if ok != (a.quantity.Sign() > 0) || ok != okOdds {
			t.Fatalf("%v: %v, %v of %v", r, ok, okOdds, &a.quantity)
		}
		if !ok {
			if price != 0 || odds != 0 {
				t.Fatalf("%v of nothing", price)
			}
			continue
		}
		if want := round(new(big.Rat).SetFrac(&a.paid, &a.quantity), r); want.Int64() != int64(price) {
			t.Fatalf("%v: %d, want %v", r, uint16(price), want)
		}
		scaled := new(big.Int).Mul(&a.quantity, big.NewInt(1e8))
		if want := round(new(big.Rat).SetFrac(scaled, &a.paid), r); want.Int64() != int64(odds) {
			t.Fatalf("%v: odds %d, want %v", r, uint32(odds), want)
		}
	}
	for _, p := range []Price{0, 1, 2, 2433, 2434, 5000, 9998, 9999, 10000, 65535} {
		order, ok := fast.Compare(p)
		if ok != (a.quantity.Sign() > 0) {
			t.Fatalf("comparing %v: %v", &a.quantity, ok)
		}
		if ok && order != a.paid.Cmp(new(big.Int).Mul(&a.quantity, big.NewInt(int64(p)))) || !ok && order != 0 {
			t.Fatalf("against %d: %d", uint16(p), order)
		}
	}
}

// A partial fill at a better price and the rest: 100000 at 2400 and 50000 at 2500
// are 2433 and a third.
func TestAverageOfTwoFills(t *testing.T) {
	var a Average
	for _, fill := range []struct {
		p Price
		q Quantity
	}{{2400, 100000}, {2500, 50000}} {
		if err := a.Add(fill.p, fill.q); err != nil {
			t.Fatal(err)
		}
	}
	for r, want := range map[Rounding]Price{HalfEven: 2433, HalfUp: 2433, HalfDown: 2433, Down: 2433, Up: 2434} {
		if p, ok := a.Price(r); !ok || p != want {
			t.Errorf("%v: %d, %v, want %d", r, uint16(p), ok, uint16(want))
		}
	}
	if order, ok := a.Compare(2433); !ok || order != 1 {
		t.Errorf("against 2433: %d", order)
	}
	if order, ok := a.Compare(2434); !ok || order != -1 {
		t.Errorf("against 2434: %d", order)
	}
	if d, ok := a.Decimal(HalfEven); !ok || d.String() != "4.1096" {
		t.Errorf("odds %v", d)
	}
	if a.Stake().String() != "3.65" || a.Quantity().String() != "15.00" {
		t.Errorf("%v for %v", a.Quantity(), a.Stake())
	}
}

func TestAverageAgainstTwin(t *testing.T) {
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 300
	properties := gopter.NewProperties(parameters)
	properties.Property("after any fills, in any order, also taken back", prop.ForAll(
		func(prices []uint16, sizes []int64, shift int) bool {
			var fast Average
			var slow slowAverage
			type fill struct {
				p Price
				q Quantity
			}
			var fills []fill
			for i := range min(len(prices), len(sizes)) {
				p, q := Price(prices[i]), Quantity(sizes[i]>>shift)
				err := fast.Add(p, q)
				fits := int64(q) <= int64(QuantityMax)-slow.quantity.Int64()
				if fits != (err == nil) || !fits && err != ErrQuantity {
					return false
				}
				if fits {
					slow.add(p, q, 1)
					fills = append(fills, fill{p, q})
				}
				slow.agrees(t, &fast)
			}
			for _, f := range fills {
				if fast.Remove(f.p, f.q) != nil {
					return false
				}
				slow.add(f.p, f.q, -1)
				slow.agrees(t, &fast)
			}
			return fast == Average{}
		},
		gen.SliceOf(gen.UInt16Range(1, 9999)), gen.SliceOf(gen.Int64Range(0, int64(QuantityMax))), gen.IntRange(0, 49)))
	properties.TestingRun(t)
}

func TestAverageRefuses(t *testing.T) {
	var a Average
	if err := a.Add(5000, 100); err != nil {
		t.Fatal(err)
	}
	before := a
	check := func(err, want error) {
		t.Helper()
		if err != want || a != before {
			t.Errorf("%v, want %v; %+v", err, want, a)
		}
	}
	for _, p := range invalidPrices {
		check(a.Add(p, 1), ErrPrice)
		check(a.Remove(p, 1), ErrPrice)
	}
	for _, q := range invalidQuantities {
		check(a.Add(5000, q), ErrQuantity)
		check(a.Remove(5000, q), ErrQuantity)
	}
	check(a.Add(5000, QuantityMax), ErrQuantity)
	check(a.Remove(5000, 101), ErrFill)
	check(a.Remove(5001, 100), ErrFill) // nothing would be left, but for a loss
	check(a.Remove(4999, 100), ErrFill) // nothing would be left, but for money
	check(a.Remove(1, 60), ErrFill)     // what is left would be dearer than any price
	check(a.Remove(9999, 60), ErrFill)  // or cost less than nothing
	check(a.Remove(8333, 60), ErrFill)  // or cheaper than any price
	for _, s := range []Side{0, 3} {
		if m, err := a.Liability(s); m != 0 || err != ErrSide {
			t.Errorf("%v, %v", m, err)
		}
		if m, err := a.Profit(s); m != 0 || err != ErrSide {
			t.Errorf("%v, %v", m, err)
		}
	}
	if err := a.Add(1, QuantityMax-100); err != nil {
		t.Error(err)
	}
	if p, ok := a.Price(Up); !ok || p != 2 {
		t.Errorf("%d", uint16(p))
	}
}
