package suite

import (
	"context"
	"errors"
	"math"
	"strings"

	"github.com/smk-go/smk/bench/compare/internal/measure"
	"github.com/smk-go/smk/bench/compare/roundtrip"
)

// allocsOfRuntime is what the runtime itself may allocate in a round trip.
const allocsOfRuntime = 0.01

// runNetwork measures round trips over loopback and the hand-over of work to a loop.
func runNetwork(ctx context.Context, o Options, r *Results) error {
	config := roundtrip.Long(o.longRounds())
	if o.Smoke {
		config = roundtrip.Short
	}
	report, err := roundtrip.Run(ctx, config)
	if errors.Is(err, roundtrip.ErrUnavailable) {
		reason := strings.TrimPrefix(err.Error(), "roundtrip: ")
		r.notMeasured(network, "", reason)
		r.Notes = append(r.Notes, "Round trips are not measured: "+reason+".")
		return nil
	}
	if err != nil {
		return err
	}
	r.add(report)
	return nil
}

// add adds the results of round trips.
func (r *Results) add(report roundtrip.Report) {
	r.Notes = append(r.Notes, report.Notes...)
	r.Clients = report.Clients
	r.Facts = append(r.Facts, report.Facts...)
	for _, ratio := range report.Ratios {
		r.judge(ratio.Group, ratio.Over, ratio.Under, measure.SpreadOf(ratio.Rounds))
	}
	for _, c := range report.Clients {
		allocs := c.Allocs
		if whole := math.Floor(allocs); allocs-whole < allocsOfRuntime {
			allocs = whole
		}
		switch c.Name {
		case roundtrip.EngineSpins:
			r.worst(allocsPlain, allocs)
		case roundtrip.EngineTLSGo:
			r.worst(allocsTLS, allocs)
		}
	}
	r.notMeasured(network, "", "no C compiler to build the floor with")
}
