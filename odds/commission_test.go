package odds

import (
	"math"
	"math/big"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
)

// Of winnings of 18.02, 2 % are 0.3604: 0.36 is charged and 17.66 kept.
func TestCommission(t *testing.T) {
	winnings := 1802 * Cent
	charge, err := Rate(200).Commission(winnings, Cent, HalfEven)
	if err != nil || charge.String() != "0.36" {
		t.Errorf("%v, %v", charge, err)
	}
	if kept, err := winnings.Sub(charge); err != nil || kept.String() != "17.66" {
		t.Errorf("%v, %v", kept, err)
	}
	if charge, err = Rate(200).Commission(winnings, Cent, Up); err != nil || charge.String() != "0.37" {
		t.Errorf("%v, %v", charge, err)
	}
	if charge, err = Rate(200).Commission(winnings, 1, Down); err != nil || charge.String() != "0.3604" {
		t.Errorf("%v, %v", charge, err)
	}
	for _, loss := range []Money{0, -1, -Whole, math.MinInt64} {
		if charge, err = RateMax.Commission(loss, Cent, Up); err != nil || charge != 0 {
			t.Errorf("of %v: %v, %v", loss, charge, err)
		}
	}
}

func TestCommissionProperties(t *testing.T) {
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 5000
	properties := gopter.NewProperties(parameters)
	properties.Property("it is exact, rounded once, or refused", prop.ForAll(
		func(rate uint16, amount, unit int64, mode int) bool {
			r := allRoundings[mode]
			got, err := Rate(rate).Of(Money(amount), Money(unit), r)
			charge, chargeErr := Rate(rate).Commission(Money(amount), Money(unit), r)
			switch {
			case rate > 10000:
				return got == 0 && err == ErrRate && charge == 0 && chargeErr == ErrRate
			case unit <= 0 || unit > math.MaxInt64/10000:
				return got == 0 && err == ErrUnit && charge == 0 && chargeErr == ErrUnit
			case amount < 0:
				return got == 0 && err == ErrNegative && charge == 0 && chargeErr == nil
			}
			x := new(big.Rat).Mul(rat(amount, unit), rat(int64(rate), 10000))
			n := round(x, r)
			want, wantErr := fits(n.Mul(n, big.NewInt(unit)))
			return got == want && err == wantErr && charge == want && chargeErr == wantErr
		},
		gen.UInt16Range(0, 10010), anyInt64(), anyInt64(), gen.IntRange(0, len(allRoundings)-1)))
	properties.TestingRun(t)
}

func TestCommissionRefuses(t *testing.T) {
	for _, test := range []struct {
		rate         Rate
		amount, unit Money
		want         error
	}{
		{10001, Whole, Cent, ErrRate},
		{65535, Whole, Cent, ErrRate},
		{200, Whole, 0, ErrUnit},
		{200, Whole, -1, ErrUnit},
		{200, Whole, unitMax + 1, ErrUnit},
		{200, -1, Cent, ErrNegative},
		{RateMax, MoneyMax, Cent, ErrMoney},
	} {
		if m, err := test.rate.Of(test.amount, test.unit, Up); m != 0 || err != test.want {
			t.Errorf("%v of %v: %v, %v, want %v", test.rate, test.amount, m, err, test.want)
		}
	}
	if m, err := RateMax.Of(MoneyMax, 1, Up); err != nil || m != MoneyMax {
		t.Errorf("all of it: %v, %v", m, err)
	}
	for rate, want := range map[Rate]string{0: "0%", 200: "2%", 150: "1.5%", 25: "0.25%", RateMax: "100%"} {
		if got := rate.String(); got != want {
			t.Errorf("%d is written %q", uint16(rate), got)
		}
	}
}
