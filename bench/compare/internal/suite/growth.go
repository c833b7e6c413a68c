package suite

import (
	"context"
	"errors"
	"fmt"

	"github.com/smk-go/smk/bench/compare/internal/measure"
	"github.com/smk-go/smk/bench/internal/stages"
)

// smokeSizeMax is the most of anything in a trial run.
const smokeSizeMax = 1000

// growth measures what an operation costs as something becomes more. The sizes of one curve take
// turns in the same rounds.
func growth(ctx context.Context, o Options, r *Results) error {
	for _, c := range stages.Curves() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := curve(o, r, c); err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	return nil
}

func curve(o Options, r *Results, c stages.Curve) (err error) {
	var sizes []int
	var variants []measure.Variant
	for _, size := range c.Sizes {
		if o.Smoke && size > smokeSizeMax {
			continue
		}
		loop, end, openErr := c.Open(size)
		if openErr != nil {
			return openErr
		}
		if end != nil {
			defer func() { err = errors.Join(err, end()) }()
		}
		sizes = append(sizes, size)
		variants = append(variants, measure.Variant{Name: fmt.Sprint(size), Loop: loop})
	}
	results, err := measure.Run(o.Config, variants)
	if err != nil {
		return err
	}
	g := Growth{Name: c.Name, Over: c.Over}
	for i, res := range results {
		g.Points = append(g.Points, GrowthPoint{N: sizes[i], Ns: res.Ns, Ratio: res.Ratio(results[0])})
	}
	r.Growth = append(r.Growth, g)
	return nil
}
