package bench

import (
	"strings"
	"testing"

	"github.com/smk-go/smk/bench/internal/path"
)

// BenchmarkPath is each stage of the way through the library, per message; bench/peers/cmd/bench
// measures the same in interleaved rounds.
func BenchmarkPath(b *testing.B) {
	for _, open := range path.Groups() {
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
