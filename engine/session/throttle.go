package session

import (
	"math"
	"math/bits"
	"time"

	"github.com/smk-go/smk/internal/marks"
)

// The limits of the bucket before throttle_limits_changed, and how far it stays below
// those.
const (
	throttleRate    = 100 // messages a second
	throttleBurst   = 100
	throttlePercent = 95  // of the rate: two clocks never agree
	headroomShare   = 10  // a tenth of the burst is for cancels,
	emergencyShare  = 100 // and a hundredth for order_cancel_all
	token           = 1000
	throttleUnit    = 1e9 / token * 100 // nanoseconds times percent for a thousandth of a token a second
	millisecond     = int64(1e6)
	pauseMin        = 200 * millisecond
	reserveFrom     = 10       // messages that a burst has to have for that
	emergencyEvery  = pauseMin // of order_cancel_all that the bucket has nothing for

	// No limits make us wait for more than two minutes, unless they allow nothing: longer
	// ticks count as throttleTickMax, and what is left to cancels is no more than comes in
	// in headroomSeconds.
	throttleTickMax = int64(time.Minute)
	headroomSeconds = 60
)

// throttle is a bucket of tokens for order entry, filled at a little less than the
// rate that the exchange allows. It never waits: it refuses. All amounts are in
// thousandths of a token.
//
//	| for order_cancel_all | for cancels too | for all |
//	0                      reserve           headroom  limit
//
// What may cancel all passes even with an empty bucket, and in a pause, but not more
// often than each emergencyEvery then.
type throttle struct {
	rate          uint64 // tokens a second
	tick          int64  // nanoseconds between fillings; 0 fills continuously
	limit         uint64 // the burst
	tokens        uint64
	needed        [classes]uint64 // what the bucket must hold for a message of a class to pass
	carry         uint64          // what did not make a thousandth yet, in parts of throttleUnit
	filled        int64           // clock reading of the last filling; the greatest before the first
	paused        int64           // no order entry before this clock reading
	closed        bool            // the limits allow nothing: only cancels may pass
	started       bool            // filled is a reading
	limited       bool            // the exchange has sent its limits
	off           bool
	refused       uint64 // messages
	until         int64  // clock reading before which the last of them had no chance
	cancelAllFrom int64  // from this clock reading on order_cancel_all passes whatever the bucket holds
}

// init fills the bucket. off disables the throttle.
func (t *throttle) init(off bool) {
	const full = throttleBurst * token
	*t = throttle{tokens: full, filled: math.MaxInt64, paused: math.MinInt64, cancelAllFrom: math.MinInt64, off: off}
	t.set(throttleRate, full, 0)
}

// set makes limits hold, and says what the bucket must hold for each class. Of a small burst
// that fills quickly nothing is kept for order_cancel_all: it may be sent every
// emergencyEvery whatever the bucket holds, and by then the exchange's has a token.
func (t *throttle) set(rate, limit uint64, tick int64) {
	t.rate, t.limit, t.tick = rate, limit, min(tick, throttleTickMax)
	soon := rate * token * throttlePercent / 100 * headroomSeconds
	reserve := max(min(limit/emergencyShare, soon/emergencyShare), token)
	quick := tick <= emergencyEvery && rate*token*throttlePercent/100*uint64(emergencyEvery/millisecond)/1000 >= token
	if limit < 2*token || limit < reserveFrom*token && quick {
		reserve = 0
	}
	t.needed = [classes]uint64{
		classCreate:    reserve + max(min(limit/headroomShare, soon), token),
		classCancel:    reserve + token,
		classCancelAll: token,
	}
}

// change takes new limits, and lifts a pause. What is in the bucket stays, up to the
// new burst. Only the first limits say how large a bucket it was that we began with,
// full: of that what was taken is missing.
func (t *throttle) change(now int64, rate, burst, tickMs uint32) {
	t.fill(now)
	// The part of the tick that has passed counts, or limits that are sent again and again
	// would keep the bucket empty.
	t.tick = 0
	t.fill(now)
	if !t.limited {
		t.limited = true
		marks.Hit(marks.ThrottleFirstLimits)
		full := uint64(burst) * token
		t.tokens = full - min(t.limit-t.tokens, full)
	}
	t.set(uint64(rate), uint64(burst)*token, int64(tickMs)*millisecond)
	t.tokens = min(t.tokens, t.limit)
	t.closed = rate == 0 || burst == 0
	t.filled, t.carry, t.paused = now, 0, math.MinInt64
}

// fill adds what has come in since the last filling.
func (t *throttle) fill(now int64) {
	if !t.started {
		t.filled, t.started = now, true
	}
	elapsed := now - t.filled
	if elapsed <= 0 {
		return
	}
	if t.tick > 0 {
		if elapsed < t.tick {
			return
		}
		ticks := elapsed / t.tick
		t.filled += ticks * t.tick
		elapsed = ticks * t.tick
	} else {
		t.filled = now
	}
	high, low := bits.Mul64(uint64(elapsed), t.rate*throttlePercent)
	low, over := bits.Add64(low, t.carry, 0)
	if high += over; high >= throttleUnit {
		t.tokens, t.carry = t.limit, 0
		return
	}
	added, carry := bits.Div64(high, low, throttleUnit)
	t.carry = carry
	t.tokens += min(added, t.limit-t.tokens)
}

// needs is what the bucket must hold for a message to pass.
func (t *throttle) needs(c class) uint64 { return t.needed[c&(classes-1)] }

// ready reports whether any order entry passes for sure: there is enough for a create
// in the bucket, and since its last filling no time passed that would add to it. It
// is admit for all messages of a reading of the clock but the first.
func (t *throttle) ready(now int64) bool {
	return t.tokens >= t.needs(classCreate) && now >= t.paused && !t.closed &&
		uint64(now-t.filled) <= uint64(max(t.tick, 1)-1)
}

// take uses a token up, if there is one: what passes a closed or disabled throttle
// needs none.
func (t *throttle) take() { t.tokens -= min(t.tokens, token) }

// emergency notes that an order_cancel_all is sent.
func (t *throttle) emergency(now int64) { t.cancelAllFrom = now + emergencyEvery }

// exceeded empties the bucket and pauses order entry for a tick.
func (t *throttle) exceeded(now int64) {
	t.fill(now)
	t.tokens = 0
	t.paused = now + max(t.tick, pauseMin)
}

// rejected notes that the exchange counts fewer tokens than we do: what is left
// goes to cancels.
func (t *throttle) rejected(now int64) {
	t.fill(now)
	t.tokens = min(t.tokens, t.limit/headroomShare)
}

// admit asks the bucket for a message of a class, without taking anything yet. The error is a
// *[ThrottledError].
func (t *throttle) admit(now int64, c class) error {
	if t.off || c == classCancelAll && now >= t.cancelAllFrom {
		return nil
	}
	until := t.paused
	if now >= t.paused {
		if t.closed {
			marks.Hit(marks.ThrottleClosed)
			if c.urgent() {
				return nil
			}
			until = math.MaxInt64
		} else {
			t.fill(now)
			need := t.needs(c)
			if t.tokens >= need {
				return nil
			}
			until = t.when(need)
			marks.Hit(marks.ThrottleWaits)
		}
	}
	if c == classCancelAll {
		marks.Hit(marks.CancelAllThrottled)
		until = min(until, t.cancelAllFrom)
	}
	t.refused, t.until = t.refused+1, until
	if until == math.MaxInt64 {
		return throttledForGood
	}
	return throttledFor(time.Duration(until - now))
}

// when is the clock reading at which the bucket will hold an amount.
func (t *throttle) when(amount uint64) int64 {
	high, low := bits.Mul64(amount-t.tokens, throttleUnit)
	low, under := bits.Sub64(low, t.carry, 0)
	high -= under
	// The largest burst is 2^32 tokens, so that even a rate of 1 gives a quotient of
	// 64 bits.
	wait, rest := bits.Div64(high, low, t.rate*throttlePercent)
	if rest > 0 {
		wait++
	}
	if t.tick > 0 {
		wait = (wait + uint64(t.tick) - 1) / uint64(t.tick) * uint64(t.tick)
	}
	if wait > uint64(math.MaxInt64-t.filled) {
		return math.MaxInt64
	}
	return t.filled + int64(wait)
}

// room returns how many messages would be admitted, if they can raise the risk and if they only lower it.
func (t *throttle) room(now int64) (creates, cancels int) {
	switch {
	case t.off:
		return math.MaxInt32, math.MaxInt32
	case now < t.paused:
		return 0, 0
	case t.closed:
		return 0, math.MaxInt32
	}
	t.fill(now)
	fit := func(c class) int {
		if need := t.needs(c); t.tokens >= need {
			return int((t.tokens-need)/token) + 1
		}
		return 0
	}
	return fit(classCreate), fit(classCancel)
}
