package odds

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
)

// anyInt64 draws numbers of every length, and the ends of the range often.
func anyInt64() gopter.Gen {
	return gen.OneGenOf(
		gopter.CombineGens(gen.Int64(), gen.IntRange(0, 63)).Map(func(v []any) int64 {
			return v[0].(int64) >> v[1].(int)
		}),
		gen.OneConstOf(int64(0), int64(1), int64(-1), int64(math.MaxInt64), int64(math.MaxInt64-1),
			int64(-math.MaxInt64), int64(math.MinInt64)),
	)
}

// fits returns n as money, or ErrMoney.
func fits(n *big.Int) (Money, error) {
	if !n.IsInt64() || n.Int64() == math.MinInt64 {
		return 0, ErrMoney
	}
	return Money(n.Int64()), nil
}

func TestMoneyArithmetic(t *testing.T) {
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 5000
	properties := gopter.NewProperties(parameters)
	properties.Property("sum and difference are exact or refused", prop.ForAll(func(a, b int64) bool {
		sum, sumErr := Money(a).Add(Money(b))
		want, wantErr := fits(new(big.Int).Add(big.NewInt(a), big.NewInt(b)))
		diff, diffErr := Money(a).Sub(Money(b))
		wantDiff, wantDiffErr := fits(new(big.Int).Sub(big.NewInt(a), big.NewInt(b)))
		return sum == want && sumErr == wantErr && diff == wantDiff && diffErr == wantDiffErr
	}, anyInt64(), anyInt64()))
	properties.Property("rounding is to the unit, or refused", prop.ForAll(func(a, unit int64, mode int) bool {
		r := allRoundings[mode]
		got, err := Money(a).Round(Money(unit), r)
		if unit <= 0 || Money(unit) > unitMax {
			return got == 0 && err == ErrUnit
		}
		n := new(big.Rat).SetFrac(new(big.Int).Abs(big.NewInt(a)), big.NewInt(unit))
		rounded := round(n, r)
		rounded.Mul(rounded, big.NewInt(unit))
		if a < 0 {
			rounded.Neg(rounded)
		}
		want, wantErr := fits(rounded)
		return got == want && err == wantErr
	}, anyInt64(), anyInt64(), gen.IntRange(0, len(allRoundings)-1)))
	properties.Property("text is exact and reads back", prop.ForAll(func(a int64) bool {
		text := Money(a).String()
		x, ok := new(big.Rat).SetString(text)
		if !ok || x.Cmp(rat(a, 1e8)) != 0 {
			return false
		}
		back, err := ParseMoney(text)
		if a == math.MinInt64 {
			return errors.Is(err, ErrTooLarge)
		}
		return err == nil && back == Money(a)
	}, anyInt64()))
	properties.TestingRun(t)
}

func TestMoneyRound(t *testing.T) {
	for _, test := range []struct {
		money string
		unit  Money
		r     Rounding
		want  string
	}{
		{"0.3604", Cent, HalfEven, "0.36"},
		{"0.365", Cent, HalfEven, "0.36"},
		{"0.375", Cent, HalfEven, "0.38"},
		{"0.365", Cent, HalfUp, "0.37"},
		{"0.365", Cent, HalfDown, "0.36"},
		{"0.369", Cent, Down, "0.36"},
		{"0.361", Cent, Up, "0.37"},
		{"-0.361", Cent, Up, "-0.37"},
		{"-0.369", Cent, Down, "-0.36"},
		{"-0.365", Cent, HalfEven, "-0.36"},
		{"1.5", Whole, HalfEven, "2.00"},
		{"2.5", Whole, HalfEven, "2.00"},
	} {
		m, err := ParseMoney(test.money)
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.Round(test.unit, test.r)
		if err != nil || got.String() != test.want {
			t.Errorf("%s to %v, %v: %v, %v, want %s", test.money, test.unit, test.r, got, err, test.want)
		}
	}
	for _, unit := range []Money{0, -1, math.MinInt64, unitMax + 1, MoneyMax} {
		if got, err := Whole.Round(unit, Down); err != ErrUnit || got != 0 {
			t.Errorf("to %d: %v, %v", int64(unit), got, err)
		}
	}
	if got, err := MoneyMax.Round(Cent, Up); err != ErrMoney || got != 0 {
		t.Errorf("the largest amount upwards: %v, %v", got, err)
	}
}

func TestMoneyText(t *testing.T) {
	for text, want := range map[string]Money{
		"0.00":                  0,
		"0.00000001":            1,
		"0.625":                 62_500_000,
		"10.00":                 10 * Whole,
		"0.01":                  Cent,
		"-3.50":                 -350 * Cent,
		"92233720368.54775807":  MoneyMax,
		"-92233720368.54775807": -MoneyMax,
	} {
		if got := want.String(); got != text {
			t.Errorf("%d is written %q, want %q", int64(want), got, text)
		}
		if m, err := ParseMoney(text); err != nil || m != want {
			t.Errorf("%q is %d, %v", text, int64(m), err)
		}
	}
	for text, want := range map[string]Money{"-0": 0, "10": 10 * Whole, "3.5000000000": 350 * Cent, "00.5": 50 * Cent} {
		if m, err := ParseMoney([]byte(text)); err != nil || m != want {
			t.Errorf("%q is %d, %v", text, int64(m), err)
		}
	}
	for _, test := range []struct {
		text string
		at   int
		err  error
	}{
		{"", 0, ErrEmpty},
		{"-", 1, ErrDigit},
		{"--1", 1, ErrDigit},
		{"+1", 0, ErrDigit},
		{"- 1", 1, ErrDigit},
		{"1-", 1, ErrTrailing},
		{"1.2.3", 3, ErrTrailing},
		{"1:2", 1, ErrTrailing}, // the bytes on both sides of the digits
		{"1/2", 1, ErrTrailing},
		{"£1", 0, ErrDigit},
		{"Inf", 0, ErrDigit},
		{"0.000000001", 10, ErrPlaces},
		{"92233720368.54775808", 0, ErrTooLarge},
		{"-92233720368.54775808", 1, ErrTooLarge},
		{"92233720369", 0, ErrTooLarge},
		{"184467440737.09551617", 0, ErrTooLarge},
		{"18446744073709551616", 0, ErrTooLarge},
		{strings.Repeat("0", TextBytesMax+1), TextBytesMax, ErrTooLong},
	} {
		m, err := ParseMoney(test.text)
		checkRefused(t, test.text, "money", test.at, test.err, err)
		if m != 0 {
			t.Errorf("%q is refused but %v", test.text, m)
		}
	}
	if got := Money(math.MinInt64).String(); got != "-92233720368.54775808" {
		t.Errorf("the lowest number is written %q", got)
	}
}

// checkAmountText checks what was read against the slow twin.
func checkAmountText(t *testing.T, text string, n, scale int64) {
	t.Helper()
	x, ok := new(big.Rat).SetString(text)
	if !ok || x.Cmp(rat(n, scale)) != 0 {
		t.Fatalf("%q is read as %d of %d", text, n, scale)
	}
	for i, c := range []byte(text) {
		if !isDigit(c) && c != '.' && (c != '-' || i > 0) {
			t.Fatalf("%q is read", text)
		}
	}
}

// Whatever the text, the answer is exactly the amount or a typed error.
func FuzzParseMoney(f *testing.F) {
	for _, text := range []string{
		"0", "-0.00000001", "92233720368.54775807", "92233720368.54775808", "1.", ".5", "1e8",
		"٣", "0.000000000",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseMoney(text)
		if n, errBytes := ParseMoney([]byte(text)); n != m || (err == nil) != (errBytes == nil) {
			t.Fatalf("string %d, %v, bytes %d, %v", int64(m), err, int64(n), errBytes)
		}
		if err != nil {
			var parse *ParseError
			if m != 0 || !errors.As(err, &parse) || parse.Offset < 0 || parse.Offset > len(text) {
				t.Fatalf("%q: %d, %v", text, int64(m), err)
			}
			return
		}
		checkAmountText(t, text, int64(m), 1e8)
		if again, err := ParseMoney(m.String()); err != nil || again != m {
			t.Fatalf("%q is %v, which reads back as %v, %v", text, m, again, err)
		}
	})
}
