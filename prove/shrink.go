package prove

import (
	"slices"
	"time"

	"github.com/smk-go/smk/sim/fault"
)

// Shrink returns the shortest schedule it finds that still fails the same invariant, within a number of runs: with
// fewer steps, fewer faults, fewer bots and a shorter day. It returns s itself if that does not fail.
func Shrink(s Schedule, runs int) (Schedule, Result) {
	best := Run(s)
	if best.Failure == nil {
		return s, best
	}
	fails := func(c Schedule) bool {
		if runs <= 0 {
			return false
		}
		runs--
		r := Run(c)
		if r.Failure == nil || r.Failure.Invariant != best.Failure.Invariant {
			return false
		}
		s, best = c, r
		return true
	}
	for again := true; again && runs > 0; {
		again = false
		for n := max(len(s.Steps)/2, 1); n >= 1 && len(s.Steps) > 0; n /= 2 {
			for at := 0; at < len(s.Steps); {
				c := s
				c.Steps = slices.Delete(slices.Clone(s.Steps), at, min(at+n, len(s.Steps)))
				if fails(c) {
					again = true
				} else {
					at += n
				}
			}
		}
		for kind := range fault.Kinds {
			if c := s; c.Faults.Chance[kind] != 0 {
				c.Faults.Chance[kind] = 0
				again = fails(c) || again
			}
		}
		for one := Settings(1); one < settingsEnd; one <<= 1 {
			if c := s; c.Settings.has(one) {
				c.Settings &^= one
				again = fails(c) || again
			}
		}
		for i := len(s.Bots) - 1; i >= 0 && len(s.Bots) > 1; i-- {
			c := s
			c.Bots = slices.Delete(slices.Clone(s.Bots), i, i+1)
			again = fails(c) || again
		}
		if c := s; c.Leased {
			c.Leased = false
			again = fails(c) || again
		}
		if c := s; c.Jumps {
			c.Jumps = false
			again = fails(c) || again
		}
		for _, change := range []func(c *Schedule){
			func(c *Schedule) { c.Agents = 0 },
			func(c *Schedule) { c.Jitter = 0 },
			func(c *Schedule) { c.Latency = 0 },
			func(c *Schedule) { c.Partial = false },
			func(c *Schedule) { c.Duration = max(c.Duration/2, time.Millisecond) },
		} {
			c := s
			if change(
				&c,
			); c.Agents != s.Agents || c.Jitter != s.Jitter || c.Latency != s.Latency ||
				c.Partial != s.Partial ||
				c.Duration != s.Duration {
				again = fails(c) || again
			}
		}
	}
	return s, best
}
