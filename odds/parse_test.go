package odds

import (
	"errors"
	"strings"
	"testing"
)

func TestParsePrice(t *testing.T) {
	for text, want := range map[string]Price{
		"25%":      2500,
		"18.87%":   1887,
		"3 to 1":   2500,
		"3/1":      2500,
		"Evens":    5000,
		"31/1":     313,
		"+300":     2500,
		"-300":     7500,
		"-110":     5238,
		"4":        2500,
		"4.0":      2500,
		"1.28":     7812,
		"25":       400,
		"1.0001":   9999,
		"10000":    1,
		"10000/1":  1,
		"0.01%":    1,
		"+999900":  1,
		"-999900":  9999,
		"1/10000":  9999,
		"99.9900%": 9999,
	} {
		if p, err := ParsePrice(text, HalfEven); err != nil || p != want {
			t.Errorf("%q is %d, %v, want %d", text, uint16(p), err, uint16(want))
		}
		if p, err := ParsePrice([]byte(text), HalfEven); err != nil || p != want {
			t.Errorf("bytes %q are %d, %v, want %d", text, uint16(p), err, uint16(want))
		}
	}
	for _, test := range []struct {
		r    Rounding
		want Price
	}{{HalfEven, 1562}, {HalfUp, 1563}, {HalfDown, 1562}, {Down, 1562}, {Up, 1563}} {
		for _, text := range []string{"6.4", "27/5", "+540"} {
			if p, err := ParsePrice(text, test.r); err != nil || p != test.want {
				t.Errorf("%q, %v: %d, %v", text, test.r, uint16(p), err)
			}
		}
	}
	for _, test := range []struct {
		text, kind string
		at         int
		err        error
	}{
		{"", "price", 0, ErrEmpty},
		{strings.Repeat("9", 1<<16), "price", TextBytesMax, ErrTooLong},
		{"25 %", "percent", 2, ErrTrailing},
		{"100%", "percent", 0, ErrPrice},
		{"+", "American odds", 1, ErrDigit},
		{"+50", "American odds", 0, ErrOdds},
		{"+2000000", "price", 0, ErrOdds},
		{"3 to one", "fractional odds", 5, ErrDigit},
		{"20000/1", "price", 0, ErrOdds},
		{"lay", "fractional odds", 0, ErrDigit},
		{"1", "decimal odds", 0, ErrOdds},
		{"20001", "price", 0, ErrOdds},
		{"4.0 ", "decimal odds", 3, ErrTrailing},
		{"4.0-", "decimal odds", 3, ErrTrailing},
		{"\x00", "decimal odds", 0, ErrDigit},
	} {
		p, err := ParsePrice(test.text, HalfEven)
		checkRefused(t, test.text, test.kind, test.at, test.err, err)
		if p != 0 {
			t.Errorf("%q is refused but %d", test.text, uint16(p))
		}
	}
}

// An error keeps a copy of the text, since borrowed bytes change.
func TestParseErrorKeepsItsText(t *testing.T) {
	b := []byte("3 to one")
	_, err := ParsePrice(b, HalfEven)
	copy(b, "????????")
	var parse *ParseError
	if !errors.As(err, &parse) || parse.Text != "3 to one" {
		t.Errorf("%v", err)
	}
	const want = `odds: fractional odds "3 to one": byte 5: digit expected`
	if err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
	if got := ErrPrice.Error(); got != "odds: price in 1/100 percent outside 1..9999" {
		t.Errorf("%q", got)
	}
}

// Whatever the text, the answer is a price or a typed error; the forms that a price
// is written in read back as that price; bytes are read like strings.
func FuzzParsePrice(f *testing.F) {
	for _, text := range []string{
		"25%", "18.87%", "3 to 1", "3/1", "Evens", "+300", "-110", "4.0", "1.0001", "10000",
		"", "%", "+", "/", ".", "0/0", "1e9", "99999999999999999999", "1.00000000", "Price(0)",
	} {
		f.Add(text, uint8(0))
	}
	f.Fuzz(func(t *testing.T, text string, mode uint8) {
		r := allRoundings[int(mode)%len(allRoundings)]
		p, err := ParsePrice(text, r)
		if q, errBytes := ParsePrice([]byte(text), r); q != p || (err == nil) != (errBytes == nil) {
			t.Fatalf("string %d, %v, bytes %d, %v", uint16(p), err, uint16(q), errBytes)
		}
		if err != nil {
			var parse *ParseError
			if p != 0 || !errors.As(err, &parse) || parse.Err == nil || parse.Offset < 0 ||
				parse.Offset > len(text) || len(parse.Text) > TextBytesMax {
				t.Fatalf("%d, %#v", uint16(p), err)
			}
			return
		}
		if !p.Valid() || len(text) > TextBytesMax {
			t.Fatalf("%q is price %d", text, uint16(p))
		}
		for _, again := range []string{p.String(), p.Decimal().String(), string(p.Decimal().AppendShort(nil))} {
			if q, err := ParsePrice(again, HalfEven); err != nil || q != p {
				t.Fatalf("%q by way of %q is %d, %v, want %d", text, again, uint16(q), err, uint16(p))
			}
		}
		if f, err := ParseFraction(text); err == nil {
			if g, err := ParseFraction(f.String()); err != nil || f != g && f.Num != f.Den {
				t.Fatalf("%v reads back as %v, %v", f, g, err)
			}
		}
		if a, err := ParseAmerican(text); err == nil {
			if b, err := ParseAmerican(a.String()); err != nil || a != b {
				t.Fatalf("%v reads back as %v, %v", a, b, err)
			}
		}
	})
}
