package roundtrip

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/smk-go/smk/engine"
)

// What makes garbage while stalls are looked for: blocks of so many bytes, and so
// many of them that are kept for a while.
const (
	garbageBytes  = 4 << 10
	garbageKept   = 1 << 10
	garbagePerSec = 400 << 20

	// garbageCycle is after how much garbage it is collected, however large the heap
	// is: both loops meet as many collections.
	garbageCycle = 20 << 20
)

// measureStalls looks for the longest stall of a loop with little and with much
// state, in turns.
func measureStalls(ctx context.Context, config Config, cores [2]int) (s Stall, err error) {
	s.StateBytes = config.StateBytes
	var small, large []float64
	for range config.StallRounds {
		for _, bytes := range []int{0, config.StateBytes} {
			if err := ctx.Err(); err != nil {
				return s, err
			}
			stall, collections, err := worstStall(bytes, config.Stall, cores[0])
			if err != nil {
				return s, err
			}
			if s.Collections == 0 || collections < s.Collections {
				s.Collections = collections
			}
			if bytes == 0 {
				small = append(small, stall)
			} else {
				large = append(large, stall)
			}
		}
	}
	s.Small, s.Large, s.LargeToSmall = spread(small), spread(large), spread(divide(large, small))
	return s, nil
}

// worstStall returns the longest time between two rounds of a loop that has a send
// ring of so many bytes, in microseconds, and how often garbage was collected
// meanwhile. 0 bytes are the default.
func worstStall(bytes int, duration time.Duration, core int) (micros float64, collections int, err error) {
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
		return 0, 0, err
	}
	var stop atomic.Bool
	littered := make(chan struct{})
	go func() {
		defer close(littered)
		litter(&stop)
	}()
	ended := make(chan error)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	go func() {
		err := settle(core)
		start := time.Now()
		longest, last := time.Duration(0), time.Since(start)
		for err == nil && last < duration {
			err = t.engine.Poll()
			now := time.Since(start)
			longest = max(longest, now-last)
			last = now
		}
		micros = longest.Seconds() * 1e6
		ended <- err
	}()
	err = <-ended
	runtime.ReadMemStats(&after)
	stop.Store(true)
	<-littered
	return micros, int(after.NumGC - before.NumGC), errors.Join(err, t.close())
}

// litter makes garbage at a steady rate until stop is set.
func litter(stop *atomic.Bool) {
	kept := make([][]byte, garbageKept)
	start := time.Now()
	for i := 0; !stop.Load(); i++ {
		kept[i%garbageKept] = make([]byte, garbageBytes)
		if i%(garbageCycle/garbageBytes) == 0 {
			runtime.GC()
		}
		if ahead := time.Duration(float64(i)*garbageBytes/garbagePerSec*1e9) - time.Since(start); ahead > time.Millisecond {
			time.Sleep(ahead)
		}
	}
}
