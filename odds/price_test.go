package odds

import (
	"errors"
	"math/big"
	"strings"
	"testing"
)

func TestPriceValid(t *testing.T) {
	for n := range uint32(1 << 17) {
		want := n >= 1 && n <= 9999
		p, err := NewPrice(n)
		if want && (err != nil || uint32(p) != n) || !want && (err != ErrPrice || p != 0) {
			t.Fatalf("NewPrice(%d) is %d, %v", n, p, err)
		}
		if n <= 65535 && Price(n).Valid() != want {
			t.Fatalf("Price(%d).Valid() is not %v", n, want)
		}
	}
	if _, err := NewPrice(1<<32 - 1); err != ErrPrice {
		t.Errorf("the largest number of a message: %v", err)
	}
	if _, err := NewPrice(1<<16 + 2500); err != ErrPrice {
		t.Errorf("a number that would be a price if it were cut: %v", err)
	}
}

func TestPriceComplement(t *testing.T) {
	eachPrice(func(p Price) {
		if c := p.Complement(); int(p)+int(c) != 10000 || !c.Valid() {
			t.Errorf("%d and %d", p, c)
		}
	})
	for _, p := range invalidPrices {
		if c := p.Complement(); c != 0 {
			t.Errorf("%d has complement %d", p, c)
		}
	}
}

func TestPricePercent(t *testing.T) {
	eachPrice(func(p Price) {
		text := rat(int64(p), 100).FloatString(2)
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
		if got := p.String(); got != text+"%" {
			t.Fatalf("%d is written %q, want %q", uint16(p), got, text)
		}
		for _, s := range []string{text, text + "%", rat(int64(p), 100).FloatString(2) + "%", rat(int64(p),
			100).FloatString(9)} {
			if got, err := ParsePercent(s); err != nil || got != p {
				t.Fatalf("%q is %d, %v, want %d", s, uint16(got), err, uint16(p))
			}
			if got, err := ParsePercent([]byte(s)); err != nil || got != p {
				t.Fatalf("bytes %q are %d, %v, want %d", s, uint16(got), err, uint16(p))
			}
		}
	})
	for _, p := range invalidPrices {
		want := "Price(" + big.NewInt(int64(p)).String() + ")"
		if got := p.String(); got != want {
			t.Errorf("%d is written %q", uint16(p), got)
		}
		if _, err := ParsePrice(p.String(), HalfEven); err == nil {
			t.Errorf("%q parses", p.String())
		}
	}
}

func TestParsePercentRefuses(t *testing.T) {
	for _, test := range []struct {
		text string
		at   int
		err  error
	}{
		{"", 0, ErrEmpty},
		{"%", 0, ErrDigit},
		{"25%%", 3, ErrTrailing},
		{"25 %", 2, ErrTrailing},
		{" 25%", 0, ErrDigit},
		{"+25%", 0, ErrDigit},
		{"-25%", 0, ErrDigit},
		{"2_5%", 1, ErrTrailing},
		{"25.%", 3, ErrDigit},
		{".5%", 0, ErrDigit},
		{"25.5.5", 4, ErrTrailing},
		{"25.123", 5, ErrPlaces},
		{"1e1", 1, ErrTrailing},
		{"٣", 0, ErrDigit},
		{"0", 0, ErrPrice},
		{"0.00%", 0, ErrPrice},
		{"100%", 0, ErrPrice},
		{"655.37", 0, ErrPrice},
		{"42949672.96", 0, ErrTooLarge},
		{"99999999999999999999999", 0, ErrTooLarge},
		{strings.Repeat("1", TextBytesMax+1), TextBytesMax, ErrTooLong},
	} {
		p, err := ParsePercent(test.text)
		checkRefused(t, test.text, "percent", test.at, test.err, err)
		if p != 0 {
			t.Errorf("%q is refused but %d", test.text, uint16(p))
		}
	}
}

// checkRefused checks every part of the error of a text.
func checkRefused(t *testing.T, text, kind string, at int, want, err error) {
	t.Helper()
	var parse *ParseError
	if !errors.As(err, &parse) {
		t.Errorf("%q: %v is not a *ParseError", text, err)
		return
	}
	if parse.Kind != kind || parse.Offset != at || !errors.Is(err, want) {
		t.Errorf("%q: %v, want %s at %d: %v", text, err, kind, at, want)
	}
	if !strings.HasPrefix(text, parse.Text) || len(parse.Text) != min(len(text), TextBytesMax) {
		t.Errorf("%q: the error says %q", text, parse.Text)
	}
	if got := err.Error(); !strings.HasPrefix(got, "odds: "+kind+" ") || !strings.HasSuffix(got, want.Error()) {
		t.Errorf("%q: the error reads %q", text, got)
	}
}
