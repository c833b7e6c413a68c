package roundtrip

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/smk-go/smk/bench/compare/internal/measure"
	"github.com/smk-go/smk/engine"
)

// The garbage during a measurement of stalls: the size of a block, the number of blocks that are kept, and the rate.
const (
	garbageBytes  = 4 << 10
	garbageKept   = 1 << 10
	garbagePerSec = 400 << 20

	// A collection starts after so many bytes, however large the heap is: both loops meet as many collections.
	garbageCycle = 20 << 20
)

// stalls measures the longest stall of a loop with little and with much state, in turns.
func (m *measurement) stalls(ctx context.Context, r *Report) error {
	var small, large []float64
	for range m.StallRounds {
		for _, s := range []struct {
			bytes  int
			stalls *[]float64
		}{{0, &small}, {m.StateBytes, &large}} {
			if err := ctx.Err(); err != nil {
				return err
			}
			stall, err := longestStall(s.bytes, m.Stall, m.cores[0])
			if err != nil {
				return err
			}
			*s.stalls = append(*s.stalls, stall)
		}
	}
	const what = "longest stall while garbage is collected, "
	r.Facts = append(r.Facts, measure.NewFact(what+"least state", "µs", small...),
		measure.NewFact(fmt.Sprintf("%s%d MiB of state", what, m.StateBytes>>20), "µs", large...))
	r.Ratios = append(r.Ratios, Ratio{Stall, StateLarge, StateSmall, measure.Divide(large, small)})
	return nil
}

// longestStall returns the longest time between two rounds of a loop that has a send ring of so many bytes, in
// microseconds. 0 bytes are the default.
func longestStall(bytes int, duration time.Duration, core int) (micros float64, err error) {
	t, err := openTarget(func(c *engine.Config) {
		if bytes != 0 {
			c.Session.Send.Bytes = bytes
			c.Session.Send.Records = 1 << 20
			c.SubmitSlots = 64 << 10
		} else {
			c.Session.UnansweredMax = 0
		}
	})
	if err != nil {
		return 0, err
	}
	var stop atomic.Bool
	collected := make(chan struct{})
	go func() {
		defer close(collected)
		makeGarbage(&stop)
	}()
	runtime.GC()
	err = onCore(core, func() error {
		start := time.Now()
		longest, last := time.Duration(0), time.Since(start)
		for last < duration {
			if err := t.engine.Poll(); err != nil {
				return err
			}
			now := time.Since(start)
			longest = max(longest, now-last)
			last = now
		}
		micros = longest.Seconds() * 1e6
		return nil
	})
	stop.Store(true)
	<-collected
	return micros, errors.Join(err, t.close())
}

// makeGarbage makes garbage at a steady rate until stop is set.
func makeGarbage(stop *atomic.Bool) {
	kept := make([][]byte, garbageKept)
	start := time.Now()
	for i := 0; !stop.Load(); i++ {
		kept[i%garbageKept] = make([]byte, garbageBytes)
		if i%(garbageCycle/garbageBytes) == 0 {
			runtime.GC()
		}
		due := time.Duration(float64(i) * garbageBytes / garbagePerSec * 1e9)
		if ahead := due - time.Since(start); ahead > time.Millisecond {
			time.Sleep(ahead)
		}
	}
}
