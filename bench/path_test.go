package bench

import (
	"strings"
	"testing"

	"github.com/smk-go/smk/bench/internal/stages"
)

// BenchmarkPath is each stage of the way through the library, per message; bench/compare/cmd/bench
// measures the same in interleaved rounds.
func BenchmarkPath(b *testing.B) {
	for _, open := range stages.Groups() {
		g, err := open()
		if err != nil {
			b.Fatal(err)
		}
		for _, stage := range g.Stages {
			b.Run(strings.ReplaceAll(g.Name, " ", "/")+"/"+stage.Name, func(b *testing.B) {
				b.ReportAllocs()
				b.ResetTimer()
				if err := stage.Loop(b.N); err != nil {
					b.Fatal(err)
				}
			})
		}
		if err := g.Close(); err != nil {
			b.Error(err)
		}
	}
}
