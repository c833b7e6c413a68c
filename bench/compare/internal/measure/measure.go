// Package measure times variants of the same work in interleaved rounds of one process, so that the state of the
// machine affects all of them alike.
package measure

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"time"
)

// The limits of a [Config].
const (
	RoundsMax = 1000
	SliceMin  = time.Millisecond
	SliceMax  = 10 * time.Second
)

// Allocations are counted over countedRuns operations, all of the largest feed, or over as many as take countedTime,
// but no less than countedLeast.
const (
	countedRuns  = 1 << 12
	countedLeast = 1 << 4
	countedTime  = 100 * time.Millisecond
)

// runsMax is how many operations are tried to fill a slice before they are taken to do nothing.
const runsMax = 1 << 40

// Config is how long to measure.
type Config struct {
	Rounds int           // 1 to RoundsMax
	Slice  time.Duration // of each variant in each round, SliceMin to SliceMax
}

// Check reports what is out of range.
func (c Config) Check() error {
	if c.Rounds < 1 || c.Rounds > RoundsMax {
		return fmt.Errorf("rounds must be 1 to %d, not %d", RoundsMax, c.Rounds)
	}
	if c.Slice < SliceMin || c.Slice > SliceMax {
		return fmt.Errorf("slice must be %v to %v, not %v", SliceMin, SliceMax, c.Slice)
	}
	return nil
}

// Variant does the work by exactly one of two functions.
type Variant struct {
	Name string

	// Work is how much an operation does, beside the operations of the other variants. 0 means 1.
	Work float64

	// Loop does the work n times on the measuring thread.
	Loop func(n int) error

	// Prepare makes Loop able to do the work n times, which is not measured. It is nil if Loop always is.
	Prepare func() (n int, err error)

	// Remote has another process do the work n times and returns the processor time that this took there. Its
	// allocations are not counted.
	Remote func(n int) (time.Duration, error)
}

// Result is what one operation of a variant takes.
type Result struct {
	Name   string    `json:"name"`
	Rounds []float64 `json:"-"`         // of each round, in nanoseconds for a Work of 1
	Ns     float64   `json:"ns_per_op"` // their median

	Counted bool    `json:"counted"`       // allocations were
	Bytes   float64 `json:"bytes_per_op"`  // mean bytes allocated
	Allocs  float64 `json:"allocs_per_op"` // mean allocations
}

// Spread is a number over the rounds of a measurement.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// Fact is a number with a unit.
type Fact struct {
	What  string `json:"what"`
	Unit  string `json:"unit"`
	Value Spread `json:"value"`
}

// NewFact returns what was measured once or in each round.
func NewFact(what, unit string, values ...float64) Fact { return Fact{what, unit, SpreadOf(values)} }

// SpreadOf returns the middle and the ends of the values, zero if there are none.
func SpreadOf(values []float64) Spread {
	n := len(values)
	if n == 0 {
		return Spread{}
	}
	s := slices.Sorted(slices.Values(values))
	return Spread{Median: (s[(n-1)/2] + s[n/2]) / 2, Min: s[0], Max: s[n-1]}
}

// Divide divides round by round.
func Divide(over, under []float64) []float64 {
	ratios := make([]float64, len(over))
	for i := range over {
		ratios[i] = over[i] / under[i]
	}
	return ratios
}

// Run measures the variants. Each round runs each of them for one slice, beginning with another one every time, after
// a garbage collection, so that none pays for another's memory.
func Run(c Config, variants []Variant) ([]Result, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return run(c, variants, clock)
}

// run is Run by a clock that only grows.
func run(c Config, variants []Variant, clock func() time.Duration) ([]Result, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	results := make([]Result, len(variants))
	runs := make([]int, len(variants))
	for i, v := range variants {
		results[i].Name = v.Name
		var err error
		if runs[i], err = calibrate(v, c.Slice, clock); err == nil {
			err = count(v, runs[i], c.Slice, &results[i])
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", v.Name, err)
		}
	}
	for round := range c.Rounds {
		for k := range variants {
			i := (round + k) % len(variants)
			v := variants[i]
			runtime.GC()
			// It emptied pools and caches: an eighth of a slice goes unmeasured.
			_, err := stopwatch(v, max(1, runs[i]/8), clock)
			var elapsed time.Duration
			if err == nil {
				elapsed, err = stopwatch(v, runs[i], clock)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", v.Name, err)
			}
			ns := float64(elapsed) / float64(runs[i])
			if v.Work != 0 {
				ns /= v.Work
			}
			results[i].Rounds = append(results[i].Rounds, ns)
		}
	}
	for i := range results {
		results[i].Ns = SpreadOf(results[i].Rounds).Median
	}
	return results, nil
}

// count counts allocations of what runs so often in a slice, after as many operations as make all memory grow. The
// least of three counts holds: now and then the runtime allocates something of its own.
func count(v Variant, runs int, slice time.Duration, r *Result) error {
	if v.Loop == nil {
		return nil
	}
	n := int(min(countedRuns, max(countedLeast, float64(runs)*float64(countedTime)/float64(slice))))
	if _, err := v.batches(n, func() {}, func() {}); err != nil {
		return err
	}
	// A collection would empty pools in the middle.
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for k := range 3 {
		var before, after runtime.MemStats
		bytes, allocs := 0.0, 0.0
		done, err := v.batches(n, func() { runtime.ReadMemStats(&before) }, func() {
			runtime.ReadMemStats(&after)
			bytes += float64(after.TotalAlloc - before.TotalAlloc)
			allocs += float64(after.Mallocs - before.Mallocs)
		})
		if err != nil {
			return err
		}
		bytes, allocs = bytes/float64(done), allocs/float64(done)
		if k == 0 || allocs < r.Allocs || allocs == r.Allocs && bytes < r.Bytes {
			r.Bytes, r.Allocs = bytes, allocs
		}
	}
	r.Counted = true
	return nil
}

// calibrate returns how many operations take one slice.
func calibrate(v Variant, slice time.Duration, clock func() time.Duration) (int, error) {
	for n := 1; n <= runsMax; {
		elapsed, err := stopwatch(v, n, clock)
		if err != nil {
			return 0, err
		}
		// An interruption inflates the time of few operations, so nothing below half a slice counts.
		want := int(float64(n) * float64(slice) / float64(max(elapsed, 1)))
		if elapsed >= slice/2 {
			return max(1, want), nil
		}
		n = max(2*n, min(16*n, want))
	}
	return 0, errors.New("takes no time")
}

// batches does the work at least n times and returns how often, between calls of begin and end.
func (v *Variant) batches(n int, begin, end func()) (done int, err error) {
	for done < n && err == nil {
		batch := n
		if v.Prepare != nil {
			batch, err = v.Prepare()
		}
		if err == nil {
			begin()
			err = v.Loop(batch)
			end()
		}
		done += batch
	}
	return done, err
}

// stopwatch returns how long n operations take.
func stopwatch(v Variant, n int, clock func() time.Duration) (elapsed time.Duration, err error) {
	if v.Remote != nil {
		return v.Remote(n)
	}
	start, reading := clock(), time.Duration(0)
	if v.Prepare != nil {
		reading = clock() - start // what a reading costs is much of a small batch
	}
	done, err := v.batches(n, func() { start = clock() }, func() { elapsed += max(clock()-start-reading, 0) })
	return elapsed * time.Duration(n) / time.Duration(max(done, 1)), err
}
