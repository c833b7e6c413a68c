package doctor

import "time"

// clockErrorMax is the largest error of a clock that is not a warning: the protocol needs none, but logs, journals and
// the ages of trades are compared with those of others.
const clockErrorMax = time.Second

// clock reports how far the clock may be off. The protocol has no time in its session messages, and TLS 1.3 none in its
// handshake, so that the offset to the exchange is unknown; the kernel knows whether something keeps its clock right.
func (d *doctor) clock() Check {
	s, err := d.Machine.ClockSync()
	if err != nil {
		c := unread(nameClock, err)
		c.Measured = "offset unknown: no session message of the exchange has a time, and the kernel's word: " + c.Measured
		return c
	}
	c := ok(nameClock, "offset to the exchange unknown, for no session message has a time; ")
	c.value("estimated_error_seconds", s.Estimated.Seconds())
	c.value("max_error_seconds", s.Max.Seconds())
	if !s.Synchronized {
		c.Measured += "the kernel's clock is not synchronized"
		return c.warn("Run chrony or systemd-timesyncd, on the host if this is a container.")
	}
	c.Measured += "the kernel's clock is synchronized, error about " + s.Estimated.String() + ", at most " + s.Max.String()
	if s.Max > clockErrorMax {
		return c.warn("Check the time servers of chrony or systemd-timesyncd: they have not answered for long.")
	}
	return c
}
