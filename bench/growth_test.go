package bench

import (
	"fmt"
	"strings"
	"testing"

	"github.com/smk-go/smk/bench/internal/stages"
)

// BenchmarkGrowth is what an operation costs as something becomes more: the lines of one operation
// should be alike.
func BenchmarkGrowth(b *testing.B) {
	for _, curve := range stages.Curves() {
		for _, size := range curve.Sizes {
			name := fmt.Sprintf("%s/%s=%d", curve.Name, curve.Over, size)
			b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
				loop, end, err := curve.Open(size)
				if err != nil {
					b.Fatal(err)
				}
				if end != nil {
					defer end()
				}
				b.ReportAllocs()
				b.ResetTimer()
				if err := loop(b.N); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

// BenchmarkMemory is what one connection holds, after its login, and says nothing of time.
func BenchmarkMemory(b *testing.B) {
	m, err := stages.Memory()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(m.Heap), "heap-B")
	b.ReportMetric(float64(m.Resident), "resident-B")
}
