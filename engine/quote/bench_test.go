package quote

import (
	"fmt"
	"testing"
)

func benchmark(b *testing.B, contracts, width, move int) {
	c := newCrowd(b, contracts, width)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if i += 7; i >= contracts {
			i %= contracts
		}
		c.price[i] ^= 512 >> (9 * (1 - move))
		c.set(b, i)
		c.resolve(b)
	}
}

// BenchmarkWithinTolerance is a wish that changes nothing: set and step.
func BenchmarkWithinTolerance(b *testing.B) {
	for _, width := range []int{1, 3, 8} {
		for _, contracts := range []int{1, 1000, 10_000} {
			b.Run(fmt.Sprintf("levels=%d/contracts=%d", width, contracts), func(b *testing.B) {
				benchmark(b, contracts, width, 0)
			})
		}
	}
}

// BenchmarkMove is a wish that moves all levels: set, step, a replace for each, their reports and answers.
func BenchmarkMove(b *testing.B) {
	for _, width := range []int{1, 3, 8} {
		for _, contracts := range []int{1, 1000, 10_000} {
			b.Run(fmt.Sprintf("levels=%d/contracts=%d", width, contracts), func(b *testing.B) {
				benchmark(b, contracts, width, 1)
			})
		}
	}
}

// BenchmarkIdleStep is a step without a change.
func BenchmarkIdleStep(b *testing.B) {
	c := newCrowd(b, 1000, 1)
	b.ReportAllocs()
	for b.Loop() {
		c.q.Step(c.now, Budget{1000, 1000})
	}
}
