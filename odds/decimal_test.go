package odds

import (
	"strings"
	"testing"
)

func TestDecimalOfPrice(t *testing.T) {
	eachPrice(func(p Price) {
		d := p.Decimal()
		if want := round(rat(1e8, int64(p)), HalfEven).Int64(); int64(d) != want {
			t.Fatalf("%d has decimal odds %d, want %d", uint16(p), uint32(d), want)
		}
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
	})
	for _, p := range invalidPrices {
		if d := p.Decimal(); d != 0 {
			t.Errorf("%d has decimal odds %d", uint16(p), uint32(d))
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
