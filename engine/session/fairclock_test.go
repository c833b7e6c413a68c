package session

import (
	"math"
	"testing"
)

// TestFairClockIsAbsence finds the shortest time between two readings that counts as an absence. Before the
// first reading there is none, however far it is from the least one.
func TestFairClockIsAbsence(t *testing.T) {
	c := newFairClock(100)
	for _, first := range []int64{math.MinInt64 + 1, -1000, 0, 1000, math.MaxInt64} {
		if c.isAbsence(first) {
			t.Errorf("the first reading, %d, is an absence", first)
		}
	}
	for _, last := range []int64{-1000, 0, 1000} {
		c.now = last
		for since, want := range map[int64]bool{-5: false, 0: false, 99: false, 100: false, 101: true, 1 << 40: true} {
			if got := c.isAbsence(last + since); got != want {
				t.Errorf("%d after %d: %t", since, last, got)
			}
		}
	}
}

// TestFairClockExcludesAbsence takes out of fair readings what a driver was absent for beyond absenceMax.
func TestFairClockExcludesAbsence(t *testing.T) {
	for name, c := range map[string]struct {
		idle          bool
		deadline, now int64 // after the last reading
		want          int64
	}{
		"in a handler":                        {false, 1000, 500, 400},
		"in a handler, no longer than it may": {false, 1000, 100, 0},
		"in a handler, a moment longer":       {false, 1000, 101, 1},
		"in a handler, beyond the deadline":   {false, 1000, 2000, 1900},
		"idle, early":                         {true, 1000, 999, 0},
		"idle, in time":                       {true, 1000, 1000, 0},
		"idle, late by absenceMax":            {true, 1000, 1100, 0},
		"idle, late by more":                  {true, 1000, 1101, 1},
		"idle, late by half of the wait":      {true, 1000, 1500, 400},
		"idle, late by more than half of it":  {true, 1000, 1501, 1401},
		"idle, without a deadline":            {true, math.MaxInt64 - 50_000, 5000, 0},
		"idle, with a deadline that was":      {true, -10, 500, 400},
	} {
		for _, away := range []int64{0, 7000} {
			clock := newFairClock(100)
			clock.now, clock.away, clock.idle = 50_000, away, c.idle
			got := clock.excludeAbsence(50_000+c.now, 50_000+c.deadline)
			if got != c.want || clock.away != away+c.want || clock.now != 50_000 {
				t.Errorf("%s: %d, want %d; away %d", name, got, c.want, clock.away-away)
			}
			clock.now += c.now
			if fair := clock.fair(); fair != 50_000+c.now-away-c.want {
				t.Errorf("%s: the fair reading is %d", name, fair)
			}
		}
	}
}

// TestFairClockOrigin has readings far below zero and no deadline: a driver that is idle is not absent.
func TestFairClockOrigin(t *testing.T) {
	clock := newFairClock(100)
	clock.now, clock.idle = -50_000, true
	if got := clock.excludeAbsence(-1000, math.MaxInt64); got != 0 {
		t.Errorf("absent for %d", got)
	}
}
