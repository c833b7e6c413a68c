package odds

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"testing"
)

func TestNewMoney(t *testing.T) {
	for _, c := range []struct {
		v    float64
		want Money
	}{
		{0, 0},
		{math.Copysign(0, -1), 0},
		{1, Whole},
		{-1, -Whole},
		{10, 10 * Whole},
		{0.1, Whole / 10},
		{0.01, Cent},
		{-3.5, -3*Whole - 50*Cent},
		{0.30000000000000004, Whole * 3 / 10}, // 0.1 + 0.2
		{1.2100000000000002, 121_000_000},     // 1.1 * 1.1
		{0.010000000000005116, Cent},          // 100 - 99.99
		{1e-8, 1},                             // the unit
		{5e-9, 0},
		{1.5e-8, 2},
		{2.5e-8, 2}, // ties go to even
		{-1.5e-8, -2},
		{-2.5e-8, -2},
		{5.000000000000001e-9, 1},
		{4.999999999999999e-9, 0},
		{0.123456785, 12345678},
		{0.123456775, 12345678},
		{0.1234567850000001, 12345679},
		{100000000.01, 100000000*Whole + Cent}, // the float64 is 0.54 units more
		{123456789.13, 123456789*Whole + 13*Cent},
		{9999999999.99, 9999999999*Whole + 99*Cent},
		{92233720368.54, 92233720368*Whole + 54*Cent},
		{-92233720368.54, -92233720368*Whole - 54*Cent},
		{1e10, 10_000_000_000 * Whole},
		{9e10, 90_000_000_000 * Whole},
		{1e-9, 0},
		{1e-10, 0},
		{1e-11, 0},
		{9.9e-28, 0},
		{1e-300, 0},
		{math.SmallestNonzeroFloat64, 0},
		{-math.SmallestNonzeroFloat64, 0},
		{9.999999999999999e-9, 1},
	} {
		if got, err := NewMoney(c.v); got != c.want || err != nil {
			t.Errorf("NewMoney(%v) is %d, %v, want %d", c.v, got, err, c.want)
		}
	}
	for v, want := range map[float64]error{
		math.Inf(1): ErrNotFinite, math.Inf(-1): ErrNotFinite,
		math.MaxFloat64: ErrMoney, -math.MaxFloat64: ErrMoney,
		1e11: ErrMoney, -1e11: ErrMoney, 1e19: ErrMoney, 1e20: ErrMoney, 1e25: ErrMoney,
		92233720368.54776: ErrMoney, -92233720368.54776: ErrMoney, // 2^63 units, as near as there is
		92233720369: ErrMoney,
	} {
		if got, err := NewMoney(v); got != 0 || !errors.Is(err, want) {
			t.Errorf("NewMoney(%v) is %d, %v, want %v", v, got, err, want)
		}
	}
	if got, err := NewMoney(math.NaN()); got != 0 || !errors.Is(err, ErrNotFinite) {
		t.Errorf("NewMoney(NaN) is %d, %v", got, err)
	}
	if got, err := NewMoney(92233720368.54774); got != 9223372036854774000 || err != nil {
		t.Errorf("the largest float64 in range is %d, %v", got, err)
	}
}

// amounts calls f with amounts of every magnitude and of every number of decimal places.
func amounts(f func(m Money)) {
	for _, m := range []Money{0, 1, Cent, Whole, MoneyMax, 1<<53 - 1, 1 << 53, 1<<53 + 1, 1e15, 1e16} {
		f(m)
		f(-m)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		m := Money(r.Uint64()>>1>>r.IntN(63)) / Money(powers[r.IntN(9)]) * Money(powers[r.IntN(9)])
		f(m)
		f(-m)
	}
}

// What has at most 15 digits survives a float64, and so do cents whatever their sum.
func TestMoneySurvivesFloat(t *testing.T) {
	kept := 0
	amounts(func(m Money) {
		digits := m
		for digits != 0 && digits%10 == 0 {
			digits /= 10
		}
		cents := m / Cent * Cent
		if got, err := NewMoney(cents.Float()); got != cents || err != nil {
			t.Fatalf("%d by way of %v is %d, %v", cents, cents.Float(), got, err)
		}
		if digits > 999_999_999_999_999 || digits < -999_999_999_999_999 {
			return
		}
		kept++
		if got, err := NewMoney(m.Float()); got != m || err != nil {
			t.Fatalf("%d by way of %v is %d, %v", m, m.Float(), got, err)
		}
	})
	if kept < 30_000 {
		t.Errorf("only %d amounts have so few digits", kept)
	}
}

// Float is the nearest float64, as the standard library reads the amount's text.
func TestMoneyFloatIsNearest(t *testing.T) {
	amounts(func(m Money) {
		want, err := strconv.ParseFloat(m.String(), 64)
		if got := m.Float(); err != nil || got != want {
			t.Fatalf("%d as a float64 is %v, want %v, %v", m, got, want, err)
		}
	})
}

// NewMoney rounds the number that the float64 prints as, exactly, once.
func TestNewMoneyIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 30_000 {
		v := math.Ldexp(r.Float64()*2-1, r.IntN(80)-40)
		decimal, ok := new(big.Rat).SetString(strconv.FormatFloat(v, 'e', -1, 64))
		if !ok {
			t.Fatal(v)
		}
		got, err := NewMoney(v)
		decimal.Mul(decimal, big.NewRat(int64(Whole), 1))
		off := new(big.Rat).Sub(decimal, new(big.Rat).SetInt64(int64(got)))
		half := off.Abs(off).Cmp(big.NewRat(1, 2))
		beyond := new(big.Rat).Abs(decimal).Cmp(new(big.Rat).SetInt64(int64(MoneyMax))) > 0
		switch {
		case beyond && !errors.Is(err, ErrMoney):
			t.Fatalf("NewMoney(%v) is %d, %v", v, got, err)
		case !beyond && (err != nil || half > 0 || half == 0 && got%2 != 0):
			t.Fatalf("NewMoney(%v) is %d, %v: off by %v units", v, got, err, off)
		}
	}
}
