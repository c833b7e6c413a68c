package suite

import (
	"context"
	"fmt"

	"github.com/smk-go/smk/bench/compare/internal/measure"
	"github.com/smk-go/smk/bench/internal/stages"
)

// wholeWay is the stage that goes all the way through an engine.
const wholeWay = "engine"

// pathGoals are the goals that the whole way of a group is for, divided by the group's base.
var pathGoals = map[string]string{
	"in mixed": "dispatch/scan+decode",
	"order":    "path/order",
	"trade":    "path/trade",
}

// throughputGroup is the group whose whole way is also counted in messages a second.
const throughputGroup = "in mixed"

// ways measures a message's way through the library, stage by stage.
func ways(_ context.Context, o Options, r *Results) error {
	for _, open := range stages.Groups() {
		if err := group(o, r, open); err != nil {
			return err
		}
	}
	return nil
}

func group(o Options, r *Results, open func() (*stages.Group, error)) error {
	g, err := open()
	if err != nil {
		return err
	}
	defer g.Close()
	var variants []measure.Variant
	for _, stage := range g.Stages {
		variants = append(variants, measure.Variant{Name: stage.Name, Loop: stage.Loop})
	}
	results, err := measure.Run(o.Config, variants)
	if err != nil {
		return fmt.Errorf("%s: %w", g.Name, err)
	}
	base, ok := named(results, g.Base)
	if !ok {
		return fmt.Errorf("%s: no stage %s", g.Name, g.Base)
	}
	for _, res := range results {
		r.Stages = append(r.Stages, StageRow{
			Group: g.Name, Name: res.Name, Ns: res.Ns, Allocs: res.Allocs, Base: res.Name == g.Base, Ratio: res.Ratio(base),
		})
		r.worst("allocs/plain", res.Allocs)
	}
	whole, ok := named(results, wholeWay)
	if !ok {
		return fmt.Errorf("%s: no stage %s", g.Name, wholeWay)
	}
	if key, ok := pathGoals[g.Name]; ok {
		r.set(key, whole.Ratio(base))
	}
	if g.Name == throughputGroup {
		var millions []float64
		for _, ns := range whole.Rounds {
			millions = append(millions, 1e3/ns)
		}
		r.set("throughput", measure.SpreadOf(millions))
	}
	return nil
}
