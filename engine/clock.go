package engine

import "time"

// clock turns the system's monotonic clock into readings: nanoseconds since the
// Unix epoch as the wall clock had it when the clock was made, moved on by the
// monotonic clock alone. Readings never go back, and are near the wall clock's
// unless that one is set.
type clock struct {
	start time.Time
	base  int64 // start as a reading
}

func newClock() clock {
	start := time.Now()
	return clock{start: start, base: start.UnixNano()}
}

// now reads the clock.
func (c clock) now() int64 { return c.base + int64(time.Since(c.start)) }

// time is the moment at which now returns the reading.
func (c clock) time(reading int64) time.Time {
	return c.start.Add(time.Duration(reading - c.base))
}
