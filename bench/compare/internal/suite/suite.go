// Package suite measures the speed of the library, part by part, and judges it by the goals. The results name what a
// machine cannot measure.
package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/smk-go/smk/bench/compare/internal/measure"
)

// Options are what to measure and for how long.
type Options struct {
	measure.Config
	Parts []string // names of parts; empty means all
	Smoke bool     // run everything once, as short as can be, to see that it runs
}

// Smoke returns the shortest measurement of everything.
func Smoke() Options {
	return Options{Config: measure.Config{Rounds: 1, Slice: measure.SliceMin}, Smoke: true}
}

// Check returns an error if the options are invalid.
func (o Options) Check() error {
	for _, name := range o.Parts {
		if !slices.Contains(Parts(), name) {
			return fmt.Errorf("unknown part %q, have %s", name, strings.Join(Parts(), ","))
		}
	}
	return o.Config.Check()
}

// longRounds returns the number of rounds of long measurements.
func (o Options) longRounds() int { return max(1, o.Rounds/3) }

// Names of parts.
const (
	codec   = "codec"
	layout  = "layout"
	slug    = "slug"
	stage   = "stages"
	trading = "trading"
	network = "network"
	growth  = "growth"
	size    = "size"
)

// parts are what is measured one after the other. Each stands alone.
var parts = []struct {
	name string
	run  func(context.Context, Options, *Results) error
}{
	{codec, runCodec},
	{layout, runLayout},
	{slug, runSlug},
	{stage, runStages},
	{trading, runTrading},
	{network, runNetwork},
	{growth, runGrowth},
	{size, runSize},
}

// Parts returns the names of what can be measured.
func Parts() (names []string) {
	for _, p := range parts {
		names = append(names, p.name)
	}
	return names
}

// Run measures. It writes a line to w for each part. If a part fails the others still run: Run returns
// both results, with a note, and the error.
func Run(ctx context.Context, o Options, w io.Writer) (*Results, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	start := time.Now()
	r := newResults(o)
	r.Started = start.UTC().Truncate(time.Second)
	var failed []error
	for _, p := range parts {
		if len(o.Parts) > 0 && !slices.Contains(o.Parts, p.name) {
			continue
		}
		fmt.Fprintf(w, "%4.0f s  %s\n", time.Since(start).Seconds(), p.name)
		if err := p.run(ctx, o, r); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			r.notMeasured(p.name, "", "its part failed")
			failed = append(failed, fmt.Errorf("%s: %w", p.name, err))
			r.Notes = append(r.Notes, fmt.Sprintf("The part %s failed: %v.", p.name, err))
		}
	}
	r.Took = time.Since(start)
	return r, errors.Join(failed...)
}

// group is variants of the same work, measured in the same rounds.
type group struct {
	section, name string
	base          string  // the variant that the others are compared with
	payloadBytes  float64 // 0 if the work is none on payloads
	allocFree     int     // how many variants, the first ones, are judged by their allocations
	variants      []measure.Variant
}

// measure measures a group and judges its goals.
func (r *Results) measure(o Options, g group) error {
	results, err := measure.Run(o.Config, g.variants)
	if err != nil {
		return fmt.Errorf("%s: %w", g.name, err)
	}
	rounds := make(map[string][]float64)
	for i, res := range results {
		rounds[res.Name] = res.Rounds
		if i < g.allocFree {
			r.worst(allocsPlain, res.Allocs)
		}
	}
	for _, res := range results {
		r.Rows = append(r.Rows, Row{
			Section: g.section, Group: g.name, PayloadBytes: g.payloadBytes, Result: res, Base: res.Name == g.base,
			Ratio: measure.SpreadOf(measure.Divide(res.Rounds, rounds[g.base])),
		})
	}
	for _, want := range r.Goals {
		over, under := difference(rounds, want.over), difference(rounds, want.under)
		if want.group != g.name || under == nil {
			continue
		}
		if want.over == "" { // millions of operations a second
			over = slices.Repeat([]float64{1e3}, len(under))
		}
		if over != nil {
			r.judge(g.name, want.over, want.under, measure.SpreadOf(measure.Divide(over, under)))
		}
	}
	return nil
}

// difference returns the rounds of a variant, or of what one takes longer than another: "a - b".
func difference(rounds map[string][]float64, of string) []float64 {
	name, less, ok := strings.Cut(of, " - ")
	if !ok {
		return rounds[name]
	}
	var d []float64
	for i, ns := range rounds[name] {
		d = append(d, ns-rounds[less][i])
	}
	return d
}
