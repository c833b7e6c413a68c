package odds

import (
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"testing"
)

// The slow twins: what the fast code should say, as obviously as can be, over
// fractions of integers of any size.

func rat(num, den int64) *big.Rat { return big.NewRat(num, den) }

// round rounds x, which must not be negative, to an integer.
func round(x *big.Rat, r Rounding) *big.Int {
	floor := new(big.Int).Quo(x.Num(), x.Denom())
	rest := new(big.Rat).Sub(x, new(big.Rat).SetInt(floor))
	half := rest.Cmp(rat(1, 2))
	up := false
	switch r {
	case HalfEven:
		up = half > 0 || half == 0 && floor.Bit(0) == 1
	case HalfUp:
		up = half >= 0
	case HalfDown:
		up = half > 0
	case Up:
		up = rest.Sign() > 0
	}
	if up {
		floor.Add(floor, big.NewInt(1))
	}
	return floor
}

func roundPrice(x *big.Rat, r Rounding) (Price, error) {
	n := round(x, r)
	if n.Cmp(big.NewInt(1)) < 0 || n.Cmp(big.NewInt(9999)) > 0 {
		return 0, ErrOdds
	}
	return Price(n.Int64()), nil
}

var allRoundings = []Rounding{HalfEven, HalfUp, HalfDown, Down, Up}

func eachPrice(f func(p Price)) {
	for p := PriceMin; p <= PriceMax; p++ {
		f(p)
	}
}

// invalidPrices are bounds and values from messages that are no prices.
var invalidPrices = []Price{0, 10000, 10001, 32768, 65535}

func readVectors[T any](t *testing.T, name string) []T {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var vectors []T
	if err := json.Unmarshal(content, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) == 0 {
		t.Fatalf("%s: no vectors", name)
	}
	return vectors
}
