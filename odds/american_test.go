package odds

import (
	"strconv"
	"strings"
	"testing"
)

func TestAmericanOfPrice(t *testing.T) {
	last := American(1 << 30)
	eachPrice(func(p Price) {
		// Ties go to the lower number on both sides of evens.
		var want int64
		if p < 5000 {
			want = round(rat(100*(10000-int64(p)), int64(p)), HalfDown).Int64()
		} else {
			want = -round(rat(100*int64(p), 10000-int64(p)), HalfUp).Int64()
		}
		a := p.American()
		if int64(a) != want {
			t.Fatalf("%d has American odds %d, want %d", uint16(p), a, want)
		}
		if a > last {
			t.Fatalf("%d: odds rise from %d to %d", uint16(p), last, a)
		}
		last = a

		// There and back.
		far := 0
		if p > 1000 && p < 9000 {
			far = 13
		}
		back, err := a.Price(HalfEven)
		if err != nil || int(back)-int(p) > far || int(p)-int(back) > far {
			t.Fatalf("%d by way of %v is %d, %v, want at most %d away", uint16(p), a, uint16(back), err, far)
		}

		text := strconv.Itoa(int(a))
		if a > 0 {
			text = "+" + text
		}
		if a.String() != text {
			t.Fatalf("%d is written %q", int(a), a)
		}
		if got, err := ParseAmerican(text); err != nil || got != a {
			t.Fatalf("%q is %d, %v", text, got, err)
		}
	})
	for _, p := range invalidPrices {
		if a := p.American(); a != 0 {
			t.Errorf("%d has American odds %d", uint16(p), a)
		}
	}
	for _, test := range []struct {
		price Price
		want  American
	}{
		// The ties, and both sides of evens.
		{128, 7712},
		{640, 1462},
		{3200, 212},
		{6800, -213},
		{9360, -1463},
		{9872, -7713},
		{4999, 100},
		{5000, -100},
		{5001, -100},
		{1, 999900},
		{9999, -999900},
	} {
		if got := test.price.American(); got != test.want {
			t.Errorf("%d has American odds %d, want %d", uint16(test.price), got, test.want)
		}
	}
}

func TestPriceOfAmerican(t *testing.T) {
	odds := []American{
		1<<31 - 1, -1 << 31, -(1<<31 - 1), 1999899, 1999900, 1999901, -19999900, -19999901, 999900,
		-999900,
	}
	for a := American(100); a < 6000; a++ {
		odds = append(odds, a, -a)
	}
	for _, r := range allRoundings {
		for _, a := range odds {
			n := int64(a)
			share := rat(100, max(n, -n)+100)
			if n < 0 {
				share.Sub(rat(1, 1), share)
			}
			want, wantErr := roundPrice(share.Mul(share, rat(1e4, 1)), r)
			if p, err := a.Price(r); p != want || err != wantErr {
				t.Fatalf("%v, %v: %d, %v, want %d, %v", a, r, uint16(p), err, uint16(want), wantErr)
			}
		}
		for a := American(-99); a < 100; a++ {
			if p, err := a.Price(r); err != ErrOdds || p != 0 {
				t.Fatalf("%v, %v: %d, %v", a, r, uint16(p), err)
			}
		}
		last := PriceMax
		for a := American(100); a < 6000; a++ {
			p, err := a.Price(r)
			if err != nil || p > last {
				t.Fatalf("%v, %v: from %d to %d, %v", a, r, uint16(last), uint16(p), err)
			}
			last = p
		}
	}
	if p, err := American(-1 << 31).Price(Down); err != nil || p != PriceMax {
		t.Errorf("the lowest number: %d, %v", uint16(p), err)
	}
}

func TestParseAmericanRefuses(t *testing.T) {
	for _, test := range []struct {
		text string
		at   int
		err  error
	}{
		{"", 0, ErrEmpty},
		{"+", 1, ErrDigit},
		{"-", 1, ErrDigit},
		{"300", 0, ErrSign},
		{"++300", 1, ErrDigit},
		{"+ 300", 1, ErrDigit},
		{"+300.5", 4, ErrTrailing},
		{"+300 ", 4, ErrTrailing},
		{"+1,000", 2, ErrTrailing},
		{"+0", 0, ErrOdds},
		{"+99", 0, ErrOdds},
		{"-99", 0, ErrOdds},
		{"+2147483648", 1, ErrTooLarge},
		{"-2147483648", 1, ErrTooLarge},
		{"+" + strings.Repeat("0", TextBytesMax), TextBytesMax, ErrTooLong},
	} {
		a, err := ParseAmerican(test.text)
		checkRefused(t, test.text, "American odds", test.at, test.err, err)
		if a != 0 {
			t.Errorf("%q is refused but %v", test.text, a)
		}
	}
	for text, want := range map[string]American{
		"+100": 100, "-100": -100, "+2147483647": 1<<31 - 1,
		"-2147483647": -(1<<31 - 1),
	} {
		if a, err := ParseAmerican([]byte(text)); err != nil || a != want {
			t.Errorf("%q is %d, %v", text, a, err)
		}
	}
}
