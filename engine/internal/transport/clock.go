package transport

import (
	"math"
	"time"
)

// Clock turns the system's monotonic clock into readings: nanoseconds since the
// Unix epoch as the wall clock had it when the Clock was made, advanced by the
// monotonic clock alone. Readings never go back, and stay near the wall clock
// unless that is set.
type Clock struct {
	now     func() int64 // inlined calls of it cost less than a branch to two clocks
	time    func(reading int64) time.Time
	reading func(t time.Time) int64
}

// Readings before and after all others.
const (
	Past  = math.MinInt64
	Never = math.MaxInt64
)

// NewClock returns a Clock that starts now.
func NewClock() Clock {
	start := time.Now()
	base := start.UnixNano()
	return Clock{
		now:     func() int64 { return base + int64(time.Since(start)) },
		time:    func(reading int64) time.Time { return start.Add(time.Duration(reading - base)) },
		reading: func(t time.Time) int64 { return base + int64(t.Sub(start)) },
	}
}

// NewVirtualClock returns a Clock whose readings a function returns.
func NewVirtualClock(now func() int64) Clock {
	return Clock{
		now:     now,
		time:    func(reading int64) time.Time { return time.Unix(0, reading) },
		reading: time.Time.UnixNano,
	}
}

// Now returns the current reading.
func (c Clock) Now() int64 { return c.now() }

// Time returns the moment at which Now returns the reading.
func (c Clock) Time(reading int64) time.Time { return c.time(reading) }

// Reading returns what Now returns at a moment, by the monotonic clock if that is what the moment was read from.
func (c Clock) Reading(t time.Time) int64 { return c.reading(t) }
