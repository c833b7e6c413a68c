package bench

import (
	"math"
	"strings"
	"testing"

	"github.com/smk-go/smk/bench/internal/stages"
)

// BenchmarkStages measures each stage of the library, per message.
func BenchmarkStages(b *testing.B) {
	for _, open := range stages.Groups() {
		run(b, open())
	}
}

// BenchmarkGrowth measures an operation as something grows: the lines of one operation should be alike.
func BenchmarkGrowth(b *testing.B) {
	for _, c := range stages.Curves() {
		run(b, c.Group(math.MaxInt))
	}
}

func run(b *testing.B, g stages.Group) {
	for _, stage := range g.Stages {
		b.Run(strings.ReplaceAll(g.Name+"/"+stage.Name, " ", "_"), func(b *testing.B) {
			b.ReportAllocs()
			if err := stage.Loop(b.N); err != nil {
				b.Fatal(err)
			}
		})
	}
	if err := g.Close(); err != nil {
		b.Error(err)
	}
}
