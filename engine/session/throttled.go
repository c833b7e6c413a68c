package session

import (
	"math"
	"time"
)

// ThrottledError is a refusal by the throttle; by errors.Is it is ErrThrottled. It is a constant that any
// number of refusals share, so it may be kept.
type ThrottledError struct {
	// Wait is how long after the refused Send the same message has no chance, rounded up to a millisecond,
	// and above a second to one per cent. It is at most two minutes, or the longest duration there is if only
	// new limits can help.
	Wait time.Duration
}

// Error says for how long.
func (e *ThrottledError) Error() string {
	if e.Wait == math.MaxInt64 {
		return "session: throttled until the exchange changes its limits"
	}
	return "session: throttled for " + e.Wait.String()
}

// Is reports whether target is ErrThrottled.
func (e *ThrottledError) Is(target error) bool { return target == ErrThrottled }

// throttledStep is the resolution of refusals, and throttledSteps how many of these steps each of the
// scales has, of which each is ten times as coarse as the one before.
const (
	throttledStep   = time.Millisecond
	throttledSteps  = 1000
	throttledScales = 4
)

// throttled are the refusals: made once, so that none costs an allocation and none changes.
var throttled = func() (all [throttledScales][throttledSteps + 1]ThrottledError) {
	step := throttledStep
	for scale := range all {
		for i := range all[scale] {
			all[scale][i].Wait = time.Duration(i) * step
		}
		step *= 10
	}
	return all
}()

var throttledForGood = &ThrottledError{Wait: math.MaxInt64}

// throttledFor returns the refusal for a wait, rounded up.
func throttledFor(wait time.Duration) *ThrottledError {
	step := throttledStep
	for scale := range throttled {
		if i := (wait + step - 1) / step; i <= throttledSteps {
			return &throttled[scale][max(i, 0)]
		}
		step *= 10
	}
	return throttledForGood
}
