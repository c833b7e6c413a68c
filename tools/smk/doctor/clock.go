package doctor

import (
	"fmt"
	"time"
)

// clockErrorMax is the largest error of a clock that is not a warning: the protocol needs none, but logs, journals and
// the ages of trades are compared with those of others.
const clockErrorMax = time.Second

// offsetMax is the largest offset to the exchange that is not a warning. A trade may be reported late.
const offsetMax = time.Second

// clock reports how far the clock may be off. The protocol has no time in its session messages, and TLS 1.3 none in its
// handshake: what is left are the times of trades, and what the kernel knows of whoever keeps its clock right.
func (d *doctor) clock() Check {
	const run = "Run chrony or systemd-timesyncd, on the host if this is a container."
	text, ahead, known := d.offset.text(d.roundTrip)
	s, err := d.Machine.ClockSync()
	if err != nil && !known {
		c := unread(nameClock, err)
		c.Measured = text + "; the kernel's word: " + c.Measured
		return c
	}
	c := ok(nameClock, "%s", text)
	if known {
		c.value("ahead_seconds", ahead.Seconds())
	}
	if err == nil {
		c.value("estimated_error_seconds", s.Estimated.Seconds())
		c.value("max_error_seconds", s.Max.Seconds())
	}
	switch {
	case err != nil:
	case !s.Synchronized:
		c.Measured += "; the kernel's clock is not synchronized"
	default:
		c.Measured += fmt.Sprintf("; the kernel's clock is synchronized, error about %v, at most %v",
			s.Estimated, s.Max)
	}
	switch {
	case known && ahead.Abs() > offsetMax:
		return c.warn("Set this machine's clock. " + run)
	case err == nil && !s.Synchronized:
		return c.warn(run)
	case err == nil && s.Max > clockErrorMax:
		return c.warn("Check the time servers of chrony or systemd-timesyncd: they have not answered for long.")
	}
	return c
}
