//go:build !race

package odds

import "testing"

// Nothing allocates but what returns a string, and that once. The race detector
// allocates on its own, so this file is not part of its build.
func TestNoAllocations(t *testing.T) {
	var (
		n       int64
		buf     = make([]byte, 0, 64)
		text    = "1.28"
		bytes   = []byte("100 to 30")
		amount  = []byte("-12.625")
		prices  = []Price{5128, 2500, 2600}
		average Average
		fill    = func(p Price, q Quantity) {
			if average.Add(p, q) != nil || average.Remove(p, q) != nil {
				t.Fatal("average")
			}
		}
	)
	if err := average.Add(2400, 100000); err != nil {
		t.Fatal(err)
	}
	p := Price(1860)
	for _, test := range []struct {
		name string
		f    func()
	}{
		{"NewPrice, NewQuantity", func() {
			a, _ := NewPrice(uint32(p))
			_, err := NewPrice(10000)
			b, _ := NewQuantity(1000)
			_, err2 := NewQuantity(1 << 63)
			if err == nil || err2 == nil {
				t.Fatal("not refused")
			}
			n += int64(a.Complement()) + int64(b)
		}},
		{"conversions from a price", func() {
			f := p.Fraction()
			n += int64(p.Decimal()) + int64(Price(53).Decimal()) + int64(p.ExactDecimal()) + int64(p.American()) +
				int64(f.Num)
		}},
		{"conversions to a price", func() {
			for _, r := range allRoundings {
				a, _ := Decimal(12800).Price(r)
				b, _ := American(-110).Price(r)
				c, _ := Fraction{100, 30}.Price(r)
				_, err := Decimal(10000).Price(r)
				if err == nil {
					t.Fatal("not refused")
				}
				n += int64(a) + int64(b) + int64(c)
			}
		}},
		{"Append forms", func() {
			buf = p.Append(buf[:0])
			buf = Price(0).Append(buf)
			buf = p.Decimal().Append(buf)
			buf = p.Decimal().AppendShort(buf)
			buf = p.Fraction().Append(buf[:0])
			buf = p.American().Append(buf)
			buf = Price(5000).AppendTick(buf)
			buf = Price(5000).AppendTickFixed(buf)
			buf = Quantity(400000).Append(buf[:0])
			buf = Money(-62_500_000).Append(buf)
			buf = Rate(150).Append(buf)
			n += int64(len(buf))
		}},
		{"Parse", func() {
			for _, s := range [...]string{"1.28", "18.87%", "3 to 1", "Evens", "+300"} {
				a, err := ParsePrice(s, HalfEven)
				if err != nil {
					t.Fatal(err)
				}
				n += int64(a)
			}
			a, err1 := ParseDecimal(text)
			b, err2 := ParseFraction(bytes)
			c, err3 := ParsePercent(text)
			d, err4 := ParseQuantity(text)
			e, err5 := ParseMoney(amount)
			f, err6 := ParseAmerican("-110")
			if err1 != nil || err2 != nil || err3 != nil || err4 != nil || err5 != nil || err6 != nil {
				t.Fatal("refused")
			}
			n += int64(a) + int64(b.Num) + int64(c) + int64(d) + int64(e) + int64(f)
		}},
		{"ladder", func() {
			a, _ := p.NextTick()
			b, _ := p.PreviousTick()
			c, _ := p.MoveTicks(-5)
			d, _ := p.TickDistance(5000)
			e, _ := TickAt(100)
			f, _ := a.TickIndex()
			g, _ := b.TickDecimal()
			if p.IsTick() {
				t.Fatal("a tick")
			}
			n += int64(c) + int64(d) + int64(e) + int64(f) + int64(g)
		}},
		{"snap", func() {
			a, _ := p.Snap(Buy)
			b, _ := p.Snap(Sell)
			c, _ := p.SnapOut(Sell, 5)
			n += int64(a) + int64(b) + int64(c)
		}},
		{"iterators", func() {
			for tick := range TicksAbove(p) {
				n += int64(tick)
			}
			for tick := range TicksFrom(p) {
				n += int64(tick)
			}
			for tick := range TicksBelow(p) {
				n += int64(tick)
			}
			for tick := range TicksDownFrom(p) {
				n += int64(tick)
				if tick < 100 {
					break
				}
			}
			for f, q := range Fractions() {
				n += int64(f.Num) + int64(q)
			}
		}},
		{"money", func() {
			a, _ := Buy.Liability(p, 1000)
			b, _ := Sell.Profit(p, 1000)
			c, _ := Sell.Result(p, 1000, true)
			d, _ := Stake(p, 1000)
			e, _ := Quantity(1000).Payout()
			f, _ := a.Add(b)
			g, _ := f.Sub(c)
			h, _ := g.Round(Cent, HalfEven)
			_, err1 := MoneyMax.Add(1)
			_, err2 := Side(0).Liability(p, 1000)
			_, err3 := Buy.Liability(p, -1)
			if err1 == nil || err2 == nil || err3 == nil {
				t.Fatal("not refused")
			}
			n += int64(d) + int64(e) + int64(h)
		}},
		{"quantities", func() {
			a, _ := QuantityForStake(Whole, p)
			b, _ := Sell.QuantityForLiability(Whole, p)
			c, _ := Sell.QuantityForProfit(Whole, p)
			d, _ := QuantityForPayout(Whole)
			_, err := QuantityForStake(MoneyMax, 1)
			if err == nil {
				t.Fatal("not refused")
			}
			n += int64(a) + int64(b) + int64(c) + int64(d)
		}},
		{"average", func() {
			fill(2500, 1000)
			a, _ := average.Price(HalfEven)
			b, _ := average.Decimal(HalfEven)
			c, _ := average.Compare(2400)
			d, _ := average.Liability(Sell)
			if average.Remove(1, 1<<40) == nil {
				t.Fatal("not refused")
			}
			n += int64(a) + int64(b) + int64(c) + int64(d)
		}},
		{"commission, overround", func() {
			a, _ := Rate(200).Commission(1802*Cent, Cent, HalfEven)
			b, _ := Overround(prices)
			n += int64(a) + b
		}},
	} {
		if got := testing.AllocsPerRun(1000, test.f); got != 0 {
			t.Errorf("%s: %v allocations, want 0", test.name, got)
		}
	}
	var s string
	for _, test := range []struct {
		name string
		f    func()
	}{
		{"Price.String", func() { s = p.String() }},
		{"Price.TickString", func() { s = Price(5000).TickString() }},
		{"Decimal.String", func() { s = p.Decimal().String() }},
		{"Fraction.String", func() { s = p.Fraction().String() }},
		{"American.String", func() { s = p.American().String() }},
		{"Quantity.String", func() { s = QuantityMax.String() }},
		{"Money.String", func() { s = (-MoneyMax).String() }},
		{"Rate.String", func() { s = Rate(150).String() }},
	} {
		if got := testing.AllocsPerRun(1000, test.f); got > 1 {
			t.Errorf("%s: %v allocations, want 1", test.name, got)
		}
	}
	if n == 0 || s == "" {
		t.Error("nothing was done")
	}
}
