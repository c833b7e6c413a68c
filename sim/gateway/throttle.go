package gateway

import (
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// bucket is the token bucket of a session. Its unit is a thousandth of a token, so that every refill is
// exact.
type bucket struct {
	tokens uint64
	burst  uint64
	refill uint64 // per tick
	tick   int64  // nanoseconds
	since  int64  // start of the current tick
}

const token = 1000

func (b *bucket) reset(t Throttle, now int64) {
	b.since = now
	b.setLimits(t)
	b.tokens = b.burst
}

// setLimits sets new limits. It keeps the tokens in the bucket as far as they fit.
func (b *bucket) setLimits(t Throttle) {
	b.burst = uint64(t.Burst) * token
	b.refill = uint64(t.Rate) * uint64(t.Tick/time.Millisecond)
	b.tick = int64(t.Tick)
	b.tokens = min(b.tokens, b.burst)
}

// take takes one token and reports whether there was one.
func (b *bucket) take(now int64) bool {
	if n := uint64((now - b.since) / b.tick); n > 0 {
		b.since += int64(n) * b.tick
		if b.refill > 0 && n > b.burst/b.refill {
			b.tokens = b.burst
		} else {
			b.tokens = min(b.tokens+n*b.refill, b.burst)
		}
	}
	if b.tokens < token {
		return false
	}
	b.tokens -= token
	return true
}

// throttleOf returns the limits of an account's next session.
func (g *Gateway) throttleOf(username string) Throttle {
	if g.config.ThrottleOf == nil {
		return g.config.Throttle
	}
	return g.config.ThrottleOf(username).resolve()
}

// takeToken takes the token of one order message and reports whether there was one.
func (c *Conn) takeToken() bool {
	return c.session.throttle.Off || c.session.bucket.take(c.gateway.now)
}

// sendThrottleLimits sends the limits in force.
func (c *Conn) sendThrottleLimits() {
	t := c.session.throttle
	if t.Off {
		return
	}
	var m msg.ThrottleLimitsChanged
	m.SetAverageRatePs(t.Rate)
	m.SetBurstSize(t.Burst)
	m.SetTickMs(uint32(t.Tick / time.Millisecond))
	c.session.send(&m, false)
}
