package engine

import (
	"math/rand/v2"
	"time"

	"github.com/smk-go/smk/engine/session"
)

// defaultBackoff is the default of Config.ReconnectBackoff.
var defaultBackoff = []time.Duration{
	0, 500 * time.Millisecond, 1 * time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 10 * time.Second,
}

const (
	jitterPercent = 20               // a pause is shortened or lengthened by at most so much
	steadyAfter   = 60 * time.Second // a connection that was logged in for so long ends a row of failures
)

// backoff decides when to connect again.
type backoff struct {
	pauses   []time.Duration
	random   *rand.Rand
	failures int   // in a row
	atOnce   bool  // the last attempt did not wait, by the policy of its cause
	loggedIn int64 // when the connection was logged in, 0 if it was not
}

// init sets the pauses, and seeds their jitter, by what two bots do not have in common.
func (b *backoff) init(pauses []time.Duration, base uint64) {
	b.pauses, b.random = pauses, rand.New(rand.NewPCG(base, base))
}

// established notes a login.
func (b *backoff) established(now int64) { b.loggedIn = now }

// next returns the clock reading of the next attempt after a cause that ended a connection, or kept one from
// being opened, and false if the engine must not connect again.
func (b *backoff) next(now int64, cause error) (at int64, ok bool) {
	if b.loggedIn != 0 && now-b.loggedIn >= int64(steadyAfter) {
		b.failures, b.atOnce = 0, false
	}
	b.loggedIn = 0
	switch session.PolicyOf(cause).Retry {
	case session.RetryNow:
		// Once in a row: an exchange that ends every connection with a reason to
		// reconnect at once must not be flooded.
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
		pause += b.random.Int64N(2*spread+1) - spread
	}
	return now + pause, true
}
