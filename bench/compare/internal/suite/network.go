package suite

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/smk-go/smk/bench/compare/internal/measure"
	"github.com/smk-go/smk/bench/compare/roundtrip"
)

// allocsOfRuntime is what the runtime may allocate on its own account in a round trip.
const allocsOfRuntime = 0.01

// smokeTrips is the shortest measurement of round trips.
var smokeTrips = roundtrip.Config{
	Rounds: 1, RoundTrips: 100, Warm: 20, Interval: 20 * time.Microsecond,
	HandOvers: 100, StateBytes: 4 << 20, Stall: 20 * time.Millisecond, StallRounds: 1,
}

// network measures round trips over loopback and the hand-over of work to a loop.
func network(ctx context.Context, o Options, r *Results) error {
	config := roundtrip.Config{Rounds: o.longRounds()}
	if o.Smoke {
		config = smokeTrips
	}
	report, err := roundtrip.Run(ctx, config)
	if errors.Is(err, roundtrip.ErrCores) {
		for _, key := range networkKeys {
			r.lack(key, "client and server need a core each")
		}
		r.Notes = append(r.Notes, "Round trips are not measured: client and server need a core each.")
		return nil
	}
	if err != nil {
		return err
	}
	r.addTrips(report)
	return nil
}

// addTrips notes what round trips took.
func (r *Results) addTrips(report roundtrip.Report) {
	r.Notes = append(r.Notes, report.Notes...)
	for _, c := range report.Clients {
		row := LatencyRow{
			Name: c.Name, OnSchedule: c.OnSchedule,
			P50: measure.Spread(c.P50), P99: measure.Spread(c.P99), P999: measure.Spread(c.P999),
		}
		if c.ToFloor != (roundtrip.Ratio{}) {
			row.ToFloor = []measure.Spread{
				measure.Spread(c.ToFloor.P50), measure.Spread(c.ToFloor.P99), measure.Spread(c.ToFloor.P999),
			}
		}
		for _, p := range c.Curve {
			row.Curve = append(row.Curve, Point{p.Percentile, p.Micros})
		}
		r.Latency = append(r.Latency, row)
		switch c.Name {
		case roundtrip.EngineSpins:
			r.ratio("engine/floor p50", c.ToFloor.P50)
			r.ratio("engine/floor p99", c.ToFloor.P99)
			r.ratio("engine/floor p99.9", c.ToFloor.P999)
			r.worst("allocs/plain", ours(c.Allocs))
		case roundtrip.EngineAdapts:
			r.ratio("adaptive/floor p50", c.ToFloor.P50)
			r.ratio("adaptive/floor p99", c.ToFloor.P99)
		case roundtrip.EngineTLSGo:
			r.worst("allocs/tls", ours(c.Allocs))
		}
	}
	r.ratio("netconn/engine p50", report.NaiveToEngine.P50)
	r.ratio("netconn/engine p99", report.NaiveToEngine.P99)
	r.ratio("tls/plain p50", report.TLSToPlain.P50)
	r.ratio("tls/plain p99", report.TLSToPlain.P99)
	r.ratio("ring/line", report.HandOver.RingToCacheLine)
	r.ratio("handover/line", report.HandOver.EngineToCacheLine)
	r.ratio("wake/handover", report.HandOver.EventfdToEngine)
	r.ratio("stall/state", report.Stall.LargeToSmall)
	for _, f := range []struct {
		what string
		v    roundtrip.Spread
	}{
		{"one cache line from core to core", report.CacheLine},
		{"hand-over to a spinning engine", report.HandOver.Engine},
		{"hand-over of an order to a spinning engine, until it is encoded", report.HandOver.Sent},
		{"hand-over to an engine that sleeps", report.HandOver.EngineBlocks},
		{"wake of a thread that sleeps on an eventfd", report.HandOver.Eventfd},
		{"longest stall while garbage is collected, least state", report.Stall.Small},
		{fmt.Sprintf("longest stall while garbage is collected, %d MiB of state", report.Stall.StateBytes>>20), report.Stall.Large},
	} {
		if f.v != (roundtrip.Spread{}) {
			r.Facts = append(r.Facts, Fact{What: f.what, Unit: "µs", Value: measure.Spread(f.v)})
		}
	}
}

// ratio notes a ratio for a goal, unless it could not be measured.
func (r *Results) ratio(key string, s roundtrip.Spread) {
	if s == (roundtrip.Spread{}) {
		r.lack(key, "no C compiler to build the floor with")
		return
	}
	r.set(key, measure.Spread(s))
}

// ours is a number of allocations without the runtime's own.
func ours(allocs float64) float64 {
	if whole := math.Floor(allocs); allocs-whole < allocsOfRuntime {
		return whole
	}
	return allocs
}
