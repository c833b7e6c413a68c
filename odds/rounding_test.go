package odds

import (
	"math/big"
	"strings"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
)

func TestRoundingSmall(t *testing.T) {
	for _, r := range allRoundings {
		for n := range uint64(60) {
			for d := uint64(1); d < 20; d++ {
				want := round(rat(int64(n), int64(d)), r).Uint64()
				if got := r.divide(n, d); got != want {
					t.Errorf("%d / %d, %v: %d, want %d", n, d, r, got, want)
				}
				if got, ok := r.mulDivide(n, 1, d); !ok || got != want {
					t.Errorf("%d * 1 / %d, %v: %d, %v, want %d", n, d, r, got, ok, want)
				}
			}
		}
	}
}

func TestRoundingLarge(t *testing.T) {
	properties := gopter.NewProperties(nil)
	slow := func(a, b, d uint64, r Rounding) *big.Int {
		n := new(big.Int).Mul(new(big.Int).SetUint64(a), new(big.Int).SetUint64(b))
		return round(new(big.Rat).SetFrac(n, new(big.Int).SetUint64(d)), r)
	}
	// Numbers of every length, and the ends.
	number := gopter.CombineGens(gen.UInt64(), gen.IntRange(0, 63)).Map(func(v []any) uint64 {
		return v[0].(uint64) >> v[1].(int)
	})
	properties.Property("the slow twin agrees, or the result does not fit", prop.ForAll(
		func(a, b, d uint64, mode int) bool {
			d = max(d, 1)
			r := allRoundings[mode]
			if new(big.Int).SetUint64(r.divide(a, d)).Cmp(slow(a, 1, d, r)) != 0 {
				return false
			}
			want := slow(a, b, d, r)
			got, ok := r.mulDivide(a, b, d)
			if !ok {
				return !want.IsUint64()
			}
			return want.IsUint64() && got == want.Uint64()
		}, number, number, number, gen.IntRange(0, len(allRoundings)-1)))
	properties.TestingRun(t)

	const top = 1<<64 - 1
	if _, ok := Up.mulDivide(top, 1<<63+1, 1<<63); ok {
		t.Error("a result just above 64 bits")
	}
	if got, ok := Down.mulDivide(top, 1<<63, 1<<63); !ok || got != top {
		t.Error("the largest result")
	}
	if got, ok := Down.mulDivide(top-1, top-1, top-2); !ok || got != top {
		t.Error("the largest quotient with something over")
	}
	if _, ok := Up.mulDivide(top-1, top-1, top-2); ok {
		t.Error("the largest quotient, rounded up")
	}
	if _, ok := Down.mulDivide(1, 1, 0); ok {
		t.Error("division by zero")
	}
}

func TestRoundingUnknown(t *testing.T) {
	if got := Up.String() + Rounding(5).String(); got != "up"+"no rounding" {
		t.Errorf("%q", got)
	}
	defer func() {
		if text, _ := recover().(string); !strings.HasPrefix(text, "BUG: odds:") {
			t.Errorf("%q", text)
		}
	}()
	_, _ = Decimal(40000).Price(Rounding(5))
	t.Error("an unknown mode rounds")
}
