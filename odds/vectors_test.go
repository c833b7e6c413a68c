package odds

import (
	"slices"
	"testing"
)

// TestVectors compares with what the exchange's own client says about prices.
func TestVectors(t *testing.T) {
	type vector struct {
		Price         uint32    `json:"price"`
		Decimal       string    `json:"decimal"`
		DecimalTick   *string   `json:"decimal_str_tick"`
		Percent       string    `json:"percent_str"`
		Fractional    [2]uint32 `json:"fractional"`
		FractionalStr string    `json:"fractional_str"`
		American      string    `json:"american"`
		IsTick        bool      `json:"is_tick"`
		SnapBuy0      *Price    `json:"snap_buy_0"`
		SnapBuy1      *Price    `json:"snap_buy_1"`
		SnapBuy3      *Price    `json:"snap_buy_3"`
		SnapSell0     *Price    `json:"snap_sell_0"`
		SnapSell1     *Price    `json:"snap_sell_1"`
		SnapSell3     *Price    `json:"snap_sell_3"`
		NextUp        *Price    `json:"next_up"`
		NextDown      *Price    `json:"next_down"`
	}
	for _, v := range readVectors[vector](t, "odds.json") {
		p, err := NewPrice(v.Price)
		if err != nil {
			t.Fatal(err)
		}
		text := func(what, got, want string) {
			if got != want {
				t.Errorf("%d: %s %q, want %q", p, what, got, want)
			}
		}
		text("decimal", p.Decimal().String(), v.Decimal)
		text("percent", p.String(), v.Percent)
		text("fraction", p.Fraction().String(), v.FractionalStr)
		text("american", p.American().String(), v.American)
		if got := (Fraction{v.Fractional[0], v.Fractional[1]}); p.Fraction() != got {
			t.Errorf("%d: fraction %v, want %v", p, p.Fraction(), got)
		}
		if p.IsTick() != v.IsTick {
			t.Errorf("%d: is tick %v, want %v", p, p.IsTick(), v.IsTick)
		}
		if v.DecimalTick == nil {
			text("tick", p.TickString(), "")
		} else {
			text("tick", p.TickString(), *v.DecimalTick)
		}
		tick := func(what string, want *Price) func(Price, bool) {
			return func(got Price, ok bool) {
				if ok != (want != nil) || ok && got != *want {
					t.Errorf("%d: %s %d, %v", p, what, got, ok)
				}
			}
		}
		tick("buy 0", v.SnapBuy0)(p.Snap(Buy))
		tick("buy 0", v.SnapBuy0)(p.SnapOut(Buy, 0))
		tick("buy 1", v.SnapBuy1)(p.SnapOut(Buy, 1))
		tick("buy 3", v.SnapBuy3)(p.SnapOut(Buy, 3))
		tick("sell 0", v.SnapSell0)(p.Snap(Sell))
		tick("sell 0", v.SnapSell0)(p.SnapOut(Sell, 0))
		tick("sell 1", v.SnapSell1)(p.SnapOut(Sell, 1))
		tick("sell 3", v.SnapSell3)(p.SnapOut(Sell, 3))
		tick("next", v.NextUp)(p.NextTick())
		tick("previous", v.NextDown)(p.PreviousTick())
	}
}

// tickVector is one tick of the ladder.
type tickVector struct {
	Decimal string `json:"decimal"`
	Price   Price  `json:"price"`
}

func TestVectorsTicks(t *testing.T) {
	vectors := readVectors[tickVector](t, "ticks.json")
	if len(vectors) != TickCount {
		t.Fatalf("%d ticks, want %d", len(vectors), TickCount)
	}
	slices.Reverse(vectors)
	for i, v := range vectors {
		if p, ok := TickAt(i); !ok || p != v.Price {
			t.Errorf("tick %d is %d, want %d", i, p, v.Price)
		}
		if n, ok := v.Price.TickIndex(); !ok || n != i || !v.Price.IsTick() {
			t.Errorf("%d is tick %d, %v, want %d", v.Price, n, ok, i)
		}
		if got := string(v.Price.AppendTickFixed(nil)); got != v.Decimal {
			t.Errorf("tick %d is written %q, want %q", v.Price, got, v.Decimal)
		}
		d, err := ParseDecimal(v.Decimal)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := v.Price.TickDecimal(); !ok || got != d {
			t.Errorf("tick %d is %v, want %v", v.Price, got, d)
		}
		if p, err := d.Price(HalfEven); err != nil || p != v.Price {
			t.Errorf("odds %v are %d, %v, want %d", d, p, err, v.Price)
		}
	}
	ticks := 0
	eachPrice(func(p Price) {
		if p.IsTick() {
			ticks++
		}
	})
	if ticks != TickCount {
		t.Errorf("%d prices are ticks, want %d", ticks, TickCount)
	}
}

func TestVectorsFractions(t *testing.T) {
	type vector struct {
		Num   uint32 `json:"num"`
		Den   uint32 `json:"den"`
		Price Price  `json:"price"`
	}
	type entry struct {
		Fraction
		Price
	}
	vectors := readVectors[vector](t, "fractions.json")
	var want []entry
	for _, v := range vectors {
		e := entry{Fraction{v.Num, v.Den}, v.Price}
		if e.Fraction == (Fraction{1, 1}) && slices.Contains(want, e) {
			continue // its own mirror image is listed twice
		}
		want = append(want, e)
	}
	i := 0
	for f, p := range Fractions() {
		if i >= len(want) || want[i] != (entry{f, p}) {
			t.Fatalf("fraction %d is %v at %d", i, f, p)
		}
		i++
	}
	if i != len(want) {
		t.Errorf("%d fractions, want %d", i, len(want))
	}
	for _, e := range want {
		if f := e.Price.Fraction(); f != e.Fraction {
			t.Errorf("%d is %v, want %v", e.Price, f, e.Fraction)
		}
		for _, r := range []Rounding{HalfEven, HalfUp} {
			if p, err := e.Fraction.Price(r); err != nil || p != e.Price {
				t.Errorf("%v is %d, %v, want %d, %v", e.Fraction, p, err, e.Price, r)
			}
		}
		if f, err := ParseFraction(e.Fraction.String()); err != nil || f != e.Fraction {
			t.Errorf("%v parses as %v, %v", e.Fraction, f, err)
		}
	}
}
