package odds

import (
	"math/big"
	"strings"
	"testing"
)

// The odds of a tick are the ladder's, those of any other price the quotient.
func TestDecimalOfPrice(t *testing.T) {
	ticks := make(map[Price]Decimal)
	for _, v := range readVectors[tickVector](t, "ticks.json") {
		r, ok := new(big.Rat).SetString(v.Decimal)
		if n := r.Mul(r, rat(1e4, 1)); !ok || !n.IsInt() {
			t.Fatalf("tick %q", v.Decimal)
		}
		ticks[v.Price] = Decimal(r.Num().Int64())
	}
	if len(ticks) != TickCount {
		t.Fatalf("%d ticks, want %d", len(ticks), TickCount)
	}
	eachPrice(func(p Price) {
		want, ok := ticks[p]
		if !ok {
			want = p.ExactDecimal()
		}
		d := p.Decimal()
		if d != want {
			t.Fatalf("%d has decimal odds %v, want %v", uint16(p), d, want)
		}
		checkDecimalText(t, p, d)
	})
	for p, want := range map[Price][2]string{
		9999: {"1.0001", "1.0001"},
		9804: {"1.0200", "1.0200"},
		7812: {"1.2800", "1.2801"},
		777:  {"12.8700", "12.8700"}, // no tick
		263:  {"38.0000", "38.0228"},
		54:   {"185.1852", "185.1852"}, // no tick
		53:   {"190.0000", "188.6792"},
		1:    {"10000.0000", "10000.0000"},
	} {
		if got := [2]string{p.Decimal().String(), p.ExactDecimal().String()}; got != want {
			t.Errorf("%d has decimal odds %q, want %q", uint16(p), got, want)
		}
	}
	for _, p := range invalidPrices {
		if d := p.Decimal(); d != 0 {
			t.Errorf("%d has decimal odds %d", uint16(p), uint32(d))
		}
	}
}

func TestExactDecimal(t *testing.T) {
	eachPrice(func(p Price) {
		d := p.ExactDecimal()
		if want := round(rat(1e8, int64(p)), HalfEven).Int64(); int64(d) != want {
			t.Fatalf("%d has decimal odds %d, want %d", uint16(p), uint32(d), want)
		}
		checkDecimalText(t, p, d)
	})
	for _, p := range invalidPrices {
		if d := p.ExactDecimal(); d != 0 {
			t.Errorf("%d has decimal odds %d", uint16(p), uint32(d))
		}
	}
}

// checkDecimalText fails unless d turns back into p, and into texts that turn back into d.
func checkDecimalText(t *testing.T, p Price, d Decimal) {
	t.Helper()
	if got, err := d.Price(HalfEven); err != nil || got != p {
		t.Fatalf("%d by way of %v is %d, %v", uint16(p), d, uint16(got), err)
	}
	text := rat(int64(d), 10000).FloatString(4)
	if d.String() != text {
		t.Fatalf("%d is written %q, want %q", uint32(d), d, text)
	}
	short := strings.TrimRight(text, "0")
	if strings.HasSuffix(short, ".") {
		short += "0"
	}
	if got := string(d.AppendShort(nil)); got != short {
		t.Fatalf("%d is written %q, want %q", uint32(d), got, short)
	}
	for _, s := range []string{text, short, text + "000", strings.TrimSuffix(short, ".0")} {
		if got, err := ParseDecimal(s); err != nil || got != d {
			t.Fatalf("%q is %d, %v, want %d", s, uint32(got), err, uint32(d))
		}
	}
}

// Over a sample of all decimal odds the price is that of the slow twin, in every
// rounding, and it never rises with the odds.
func TestPriceOfDecimal(t *testing.T) {
	for _, r := range allRoundings {
		last := PriceMax
		for d := Decimal(10001); d < 200_0000; d += 97 {
			last = checkDecimal(t, d, r, last)
		}
		for d := Decimal(200_0000); d < 4_100_000_000; d += 4_000_037 {
			last = checkDecimal(t, d, r, last)
		}
		for _, d := range []Decimal{99999999, 100000000, 100000001, 199999999, 200000000, 200000001, 1<<32 - 1} {
			checkDecimal(t, d, r, PriceMax)
		}
		for _, d := range []Decimal{0, 1, 9999, 10000} {
			if p, err := d.Price(r); err != ErrOdds || p != 0 {
				t.Errorf("%d, %v: %d, %v", uint32(d), r, uint16(p), err)
			}
		}
	}
}

func checkDecimal(t *testing.T, d Decimal, r Rounding, last Price) Price {
	t.Helper()
	p, err := d.Price(r)
	want, wantErr := roundPrice(rat(1e8, int64(d)), r)
	if p != want || err != wantErr {
		t.Fatalf("%d, %v: %d, %v, want %d, %v", uint32(d), r, uint16(p), err, uint16(want), wantErr)
	}
	if err == nil && p > last {
		t.Fatalf("%d, %v: price rises from %d to %d", uint32(d), r, uint16(last), uint16(p))
	}
	if err != nil {
		return last
	}
	return p
}

func TestParseDecimalRefuses(t *testing.T) {
	for _, test := range []struct {
		text string
		at   int
		err  error
	}{
		{"", 0, ErrEmpty},
		{"4.", 2, ErrDigit},
		{".4", 0, ErrDigit},
		{"4,0", 1, ErrTrailing},
		{"-4.0", 0, ErrDigit},
		{"+4.0", 0, ErrDigit},
		{" 4.0", 0, ErrDigit},
		{"4.0 ", 3, ErrTrailing},
		{"4.0x", 3, ErrTrailing},
		{"1.00001", 6, ErrPlaces},
		{"2.00000001", 9, ErrPlaces},
		{"0", 0, ErrOdds},
		{"1", 0, ErrOdds},
		{"1.0000", 0, ErrOdds},
		{"0.9999", 0, ErrOdds},
		{"429496.7296", 0, ErrTooLarge},
		{"18446744073709551616", 0, ErrTooLarge},
		{"NaN", 0, ErrDigit},
		{strings.Repeat("1", TextBytesMax+1), TextBytesMax, ErrTooLong},
	} {
		d, err := ParseDecimal(test.text)
		checkRefused(t, test.text, "decimal odds", test.at, test.err, err)
		if d != 0 {
			t.Errorf("%q is refused but %v", test.text, d)
		}
	}
	if d, err := ParseDecimal("429496.7295"); err != nil || d != 1<<32-1 {
		t.Errorf("the longest odds: %v, %v", d, err)
	}
}
