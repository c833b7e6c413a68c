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
	start time.Time
	base  int64 // start as a reading
}

// Readings before and after all others.
const (
	Past  = math.MinInt64
	Never = math.MaxInt64
)

// NewClock returns a Clock that starts now.
func NewClock() Clock {
	start := time.Now()
	return Clock{start: start, base: start.UnixNano()}
}

// Now returns the current reading.
func (c Clock) Now() int64 { return c.base + int64(time.Since(c.start)) }

// Time returns the moment at which Now returns the reading.
func (c Clock) Time(reading int64) time.Time {
	return c.start.Add(time.Duration(reading - c.base))
}
