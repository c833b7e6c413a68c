package odds

import (
	"errors"
	"math"
	"strings"
	"testing"
)

// quantities are the ends of the range and what a bet may be.
var quantities = []Quantity{
	0, 1, 2, 3, 999, 1000, 9999, 10000, 25000, 400000, 123456789, QuantityMax / 3,
	QuantityMax - 1, QuantityMax,
}

// invalidQuantities are just outside of it and far outside.
var invalidQuantities = []Quantity{-1, -10000, math.MinInt64, QuantityMax + 1, math.MaxInt64}

func TestQuantityValid(t *testing.T) {
	for _, q := range quantities {
		got, err := NewQuantity(uint64(q))
		if err != nil || got != q || !q.Valid() {
			t.Errorf("%d is %d, %v", int64(q), int64(got), err)
		}
		payout, err := q.Payout()
		if err != nil || rat(int64(payout), 1e8).Cmp(rat(int64(q), 1e4)) != 0 {
			t.Errorf("%v pays %v, %v", q, payout, err)
		}
		if back, err := QuantityForPayout(payout); err != nil || back != q {
			t.Errorf("%v pays %v, which is %v, %v", q, payout, back, err)
		}
	}
	for _, q := range invalidQuantities {
		if got, err := NewQuantity(uint64(q)); err != ErrQuantity || got != 0 || q.Valid() {
			t.Errorf("%d is %d, %v", int64(q), int64(got), err)
		}
		if payout, err := q.Payout(); err != ErrQuantity || payout != 0 {
			t.Errorf("%d pays %v, %v", int64(q), payout, err)
		}
	}
	if top := int64(QuantityMax); top > math.MaxInt64/10000 || top+1 <= math.MaxInt64/10000 {
		t.Errorf("the largest quantity is %d", top)
	}
}

func TestQuantityText(t *testing.T) {
	for text, want := range map[string]Quantity{
		"0.00":             0,
		"0.0001":           1,
		"0.01":             100,
		"0.0125":           125,
		"0.10":             1000,
		"40.00":            400000,
		"2.50":             25000,
		"12345.6789":       123456789,
		"92233720368.5477": QuantityMax,
		"-0.0001":          -1,
	} {
		if got := want.String(); got != text {
			t.Errorf("%d is written %q, want %q", int64(want), got, text)
		}
		q, err := ParseQuantity(text)
		if want < 0 {
			checkRefused(t, text, "quantity", 0, ErrDigit, err)
			continue
		}
		if err != nil || q != want {
			t.Errorf("%q is %d, %v", text, int64(q), err)
		}
	}
	for text, want := range map[string]Quantity{
		"40": 400000, "40.0": 400000, "40.00000000": 400000, "007": 70000,
		"0": 0,
	} {
		if q, err := ParseQuantity([]byte(text)); err != nil || q != want {
			t.Errorf("%q is %d, %v", text, int64(q), err)
		}
	}
	for _, test := range []struct {
		text string
		at   int
		err  error
	}{
		{"", 0, ErrEmpty},
		{".", 0, ErrDigit},
		{"1.", 2, ErrDigit},
		{"+1", 0, ErrDigit},
		{"1 000", 1, ErrTrailing},
		{"1,000", 1, ErrTrailing},
		{"1_000", 1, ErrTrailing},
		{"1e3", 1, ErrTrailing},
		{"0x10", 1, ErrTrailing},
		{"0.00005", 6, ErrPlaces},
		{"92233720368.5478", 0, ErrTooLarge},
		{"92233720369", 0, ErrTooLarge},
		{"18446744073709551617", 0, ErrTooLarge},
		{strings.Repeat("0", TextBytesMax+1), TextBytesMax, ErrTooLong},
	} {
		q, err := ParseQuantity(test.text)
		checkRefused(t, test.text, "quantity", test.at, test.err, err)
		if q != 0 {
			t.Errorf("%q is refused but %v", test.text, q)
		}
	}
	if got := Quantity(math.MinInt64).String(); got != "-922337203685477.5808" {
		t.Errorf("the lowest number is written %q", got)
	}
}

func FuzzParseQuantity(f *testing.F) {
	for _, text := range []string{
		"0", "40.00", "0.0001", "92233720368.5477", "92233720368.5478", "-1", ".", "1.00000",
		"1e4",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := ParseQuantity(text)
		if err != nil {
			var parse *ParseError
			if q != 0 || !errors.As(err, &parse) {
				t.Fatalf("%q: %d, %v", text, int64(q), err)
			}
			return
		}
		checkAmountText(t, text, int64(q), 1e4)
		if !q.Valid() {
			t.Fatalf("%q is %d", text, int64(q))
		}
		if again, err := ParseQuantity(q.String()); err != nil || again != q {
			t.Fatalf("%q is %v, which reads back as %v, %v", text, q, again, err)
		}
	})
}
