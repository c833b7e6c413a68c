package gateway

import (
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// bucket is a session's allowance of order messages. Its unit is a thousandth of
// a token, so that every refill is exact.
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

// change sets new limits. What is in the bucket stays, as far as it fits.
func (b *bucket) setLimits(t Throttle) {
	b.burst = uint64(t.Burst) * token
	b.refill = uint64(t.Rate) * uint64(t.Tick/time.Millisecond)
	b.tick = int64(t.Tick)
	b.tokens = min(b.tokens, b.burst)
}

// take takes one token, if there is one.
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

// afford pays for one order message.
func (p *Conn) takeToken() bool {
	return p.gateway.config.Throttle.Off || p.session.bucket.take(p.gateway.now)
}

// sendThrottleLimits sends the limits in force.
func (p *Conn) sendThrottleLimits() {
	t := p.gateway.config.Throttle
	if t.Off {
		return
	}
	var m msg.ThrottleLimitsChanged
	m.SetAverageRatePs(t.Rate)
	m.SetBurstSize(t.Burst)
	m.SetTickMs(uint32(t.Tick / time.Millisecond))
	p.session.send(&m, false)
}
