package session

import (
	"math"

	"github.com/smk-go/smk/internal/marks"
)

// fairClock holds the readings of the driver's clock and how much of the time between them the driver
// was away, in a handler or stopped. Timers that wait for the exchange run on fair readings, which stand
// still meanwhile: what arrived while the driver did not read was not late.
type fairClock struct {
	now        int64 // last reading
	away       int64 // of now, time that the driver was away
	absenceMax int64 // how long it may stay away until that counts
	idle       bool  // the driver waits, rather than handling an event
}

// newFairClock returns a clock before its first reading.
func newFairClock(patience int64) fairClock {
	return fairClock{now: math.MinInt64, absenceMax: patience}
}

// fair returns the fair reading.
func (c *fairClock) fair() int64 { return c.now - c.away }

// isAbsence reports whether a reading comes so long after the last one that absent has to judge it.
func (c *fairClock) isAbsence(now int64) bool {
	return now-c.now > c.absenceMax && c.now != math.MinInt64
}

// excludeAbsence decides how much of the time since the last reading may be the exchange's silence, takes the rest
// out of fair readings and returns it. deadline is the reading at which a driver that rests had to come
// back: if it comes back much later the process was stopped, at an unknown time; and a driver that handles an
// event does not read.
func (c *fairClock) excludeAbsence(now, deadline int64) (gone int64) {
	back := c.now // the last reading at which the driver was there for sure
	if deadline = min(deadline, now); c.idle && now-deadline <= (deadline-c.now)/2 {
		back = deadline
	}
	if gone = now - back - c.absenceMax; gone <= 0 {
		return 0
	}
	c.away += gone
	marks.Hit(marks.AbsenceExcluded)
	return gone
}
