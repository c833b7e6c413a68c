//go:build !race

package odds

import (
	"math"
	"testing"
)

// Conversions to and from floating point allocate nothing. The race detector allocates on its own, so
// this file is not part of its build.
func TestFloatAllocatesNothing(t *testing.T) {
	sum := 0.0
	allocations := testing.AllocsPerRun(100, func() {
		for _, v := range []float64{0.1, -12345.67, 1e300, math.NaN(), 5e-324} {
			m, _ := NewMoney(v)
			sum += m.Float()
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}
