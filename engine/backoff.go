package engine

import (
	"math/rand/v2"
	"time"

	"github.com/smk-go/smk/engine/session"
)

// pauses are the times between the end of a connection and the next attempt, by
// the number of failures in a row, unless Config.ReconnectBackoff says otherwise; the last
// one goes on for ever.
var pauses = []time.Duration{
	0, 500 * time.Millisecond, 1 * time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 10 * time.Second,
}

const (
	jitterPercent = 20               // a pause is shortened or lengthened by up to so much
	steadyAfter   = 60 * time.Second // a connection that was logged in for so long ends a row of failures
)

// backoff decides when to connect again.
type backoff struct {
	pauses   []time.Duration
	failures int   // in a row
	atOnce   bool  // the last attempt did not wait because the policy said so
	loggedIn int64 // when the connection was logged in, 0 if it was not
}

// established says that the exchange let us in.
func (b *backoff) established(now int64) { b.loggedIn = now }

// next returns when to connect again after what ended a connection or kept one
// from being opened, or false if there is no use in it.
func (b *backoff) next(now int64, cause error) (at int64, ok bool) {
	if b.loggedIn != 0 && now-b.loggedIn >= int64(steadyAfter) {
		b.failures, b.atOnce = 0, false
	}
	b.loggedIn = 0
	switch session.PolicyOf(cause).Retry {
	case session.RetryNow:
		// Once. An exchange that keeps sending us away with a reason to come
		// back at once must not be hammered.
		if !b.atOnce {
			b.atOnce = true
			return now, true
		}
	case session.RetryBackoff:
		b.atOnce = false
	default:
		return 0, false
	}
	pause := int64(b.pauses[min(b.failures, len(b.pauses)-1)])
	b.failures++
	if spread := pause * jitterPercent / 100; spread > 0 {
		pause += rand.Int64N(2*spread+1) - spread
	}
	return now + pause, true
}
