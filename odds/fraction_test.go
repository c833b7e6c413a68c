package odds

import (
	"strings"
	"testing"
)

func TestFractionOfPrice(t *testing.T) {
	type entry struct {
		Fraction
		Price
	}
	var table []entry
	for f, p := range Fractions() {
		table = append(table, entry{f, p})
	}
	last := table[0].Fraction
	eachPrice(func(p Price) {
		var want Fraction
		for _, e := range table {
			if e.Price >= p {
				want = e.Fraction
				break
			}
		}
		f := p.Fraction()
		if f != want {
			t.Fatalf("%d is %v, want %v", uint16(p), f, want)
		}
		// Odds shorten as prices rise, and are never better than the price.
		if uint64(f.Num)*uint64(last.Den) > uint64(last.Num)*uint64(f.Den) {
			t.Fatalf("%d: odds rise from %v to %v", uint16(p), last, f)
		}
		last = f
		back, err := f.Price(HalfEven)
		if err != nil || back < p {
			t.Fatalf("%d by way of %v is %d, %v", uint16(p), f, uint16(back), err)
		}
		if again := back.Fraction(); again != f {
			t.Fatalf("%v by way of %d is %v", f, uint16(back), again)
		}
	})
	for _, p := range invalidPrices {
		if f := p.Fraction(); f != (Fraction{}) {
			t.Errorf("%d is %v", uint16(p), f)
		}
	}
}

// A fraction and its mirror image are the two sides' shares.
func TestFractionsMirror(t *testing.T) {
	for f, p := range Fractions() {
		mirror, err := Fraction{f.Den, f.Num}.Price(HalfEven)
		sum := int(p) + int(mirror)
		if tie := f.Num == 31 || f.Den == 31; err != nil || sum != 10000 && (!tie || sum != 10001) {
			t.Errorf("%v at %d, its mirror image at %d, %v", f, uint16(p), uint16(mirror), err)
		}
	}
	n := 0
	for range Fractions() {
		n++
		if n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("%d fractions before the break", n)
	}
}

func TestPriceOfFraction(t *testing.T) {
	check := func(f Fraction, r Rounding) {
		t.Helper()
		p, err := f.Price(r)
		want, wantErr := Price(0), ErrOdds
		if f.Num != 0 && f.Den != 0 {
			num, den := int64(f.Num), int64(f.Den)
			want, wantErr = roundPrice(rat(10000*den, num+den), r)
			if r == HalfEven && num == 31*den {
				want = 313
			}
		}
		if p != want || err != wantErr {
			t.Fatalf("%d to %d, %v: %d, %v, want %d, %v", f.Num, f.Den, r, uint16(p), err, uint16(want), wantErr)
		}
	}
	const top = 1<<32 - 1
	for _, r := range allRoundings {
		for num := range uint32(130) {
			for den := range uint32(130) {
				check(Fraction{num, den}, r)
			}
		}
		for _, n := range []uint32{0, 1, 31, 9999, 10000, 10001, 19999, 20000, 1 << 31, top / 31, top - 1, top} {
			for _, m := range []uint32{0, 1, 31, 9999, 10000, 10001, 19999, 20000, 1 << 31, top / 31, top - 1, top} {
				check(Fraction{n, m}, r)
			}
		}
	}
}

func TestParseFraction(t *testing.T) {
	for text, want := range map[string]Fraction{
		"3 to 1":                   {3, 1},
		"3/1":                      {3, 1},
		"100 to 30":                {100, 30},
		"Evens":                    {1, 1},
		"evens":                    {1, 1},
		"EVENS":                    {1, 1},
		"1/1":                      {1, 1},
		"6/6":                      {6, 6},
		"4294967295 to 4294967294": {1<<32 - 1, 1<<32 - 2},
	} {
		if f, err := ParseFraction(text); err != nil || f != want {
			t.Errorf("%q is %v, %v", text, f, err)
		}
		if f, err := ParseFraction([]byte(text)); err != nil || f != want {
			t.Errorf("bytes %q are %v, %v", text, f, err)
		}
	}
	for f, want := range map[Fraction]string{{3, 1}: "3 to 1", {1, 1}: "Evens", {6, 6}: "Evens", {4, 6}: "4 to 6"} {
		if got := f.String(); got != want {
			t.Errorf("%d to %d is written %q", f.Num, f.Den, got)
		}
	}
	for _, test := range []struct {
		text string
		at   int
		err  error
	}{
		{"", 0, ErrEmpty},
		{"3", 1, ErrTrailing},
		{"3 t 1", 1, ErrTrailing},
		{"3 to", 1, ErrTrailing},
		{"3 to ", 5, ErrDigit},
		{"3  to 1", 1, ErrTrailing},
		{"3 TO 1", 1, ErrTrailing},
		{"3-1", 1, ErrTrailing},
		{"3/", 2, ErrDigit},
		{"/1", 0, ErrDigit},
		{"3/1/1", 3, ErrTrailing},
		{"3/-1", 2, ErrDigit},
		{"3.5/1", 1, ErrTrailing},
		{"Even", 0, ErrDigit},
		{"Evenz", 0, ErrDigit},
		{"Evens ", 0, ErrDigit},
		{"0/1", 0, ErrOdds},
		{"1/0", 0, ErrOdds},
		{"4294967296/1", 0, ErrTooLarge},
		{"1/4294967296", 2, ErrTooLarge},
		{strings.Repeat("0", TextBytesMax-1) + "/1", TextBytesMax, ErrTooLong},
	} {
		f, err := ParseFraction(test.text)
		checkRefused(t, test.text, "fractional odds", test.at, test.err, err)
		if f != (Fraction{}) {
			t.Errorf("%q is refused but %v", test.text, f)
		}
	}
}
