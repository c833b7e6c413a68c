package session

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"
)

// TestThrottledFor rounds waits up, to a millisecond below a second and to one per cent above, and allocates
// nothing. Beyond what the table has they are for good.
func TestThrottledFor(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct{ wait, want time.Duration }{
		{-5 * ms, 0},
		{-1, 0},
		{0, 0},
		{1, ms},
		{ms - 1, ms},
		{ms, ms},
		{ms + 1, 2 * ms},
		{999*ms + 1, time.Second},
		{time.Second, time.Second},
		{time.Second + 1, 1010 * ms},
		{1010 * ms, 1010 * ms},
		{1010*ms + 1, 1020 * ms},
		{9991 * ms, 10 * time.Second},
		{10 * time.Second, 10 * time.Second},
		{10*time.Second + 1, 10100 * ms},
		{100 * time.Second, 100 * time.Second},
		{100*time.Second + 1, 101 * time.Second},
		{119*time.Second + 1, 120 * time.Second},
		{1000 * time.Second, 1000 * time.Second},
		{1000*time.Second + 1, math.MaxInt64},
		{math.MaxInt64 / 2, math.MaxInt64},
	} {
		e := throttledFor(c.wait)
		if e.Wait != c.want {
			t.Errorf("%v: %v, want %v", c.wait, e.Wait, c.want)
		}
		if again := throttledFor(c.wait); again != e {
			t.Errorf("%v: another value each time", c.wait)
		}
	}
	for wait := time.Duration(0); wait < 1000*time.Second; wait = wait*21/20 + 12345 {
		e := throttledFor(wait)
		if e.Wait < wait || e.Wait > wait+max(ms, wait/100) {
			t.Fatalf("%v is rounded to %v", wait, e.Wait)
		}
	}
}

func TestThrottledErrorText(t *testing.T) {
	for e, want := range map[*ThrottledError]string{
		throttledFor(1500 * time.Millisecond): "session: throttled for 1.5s",
		throttledForGood:                      "session: throttled until the exchange changes its limits",
	} {
		if got := e.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if wrapped := fmt.Errorf("x: %w", e); !errors.Is(wrapped, ErrThrottled) || errors.Is(wrapped, ErrFull) {
			t.Errorf("%v is not ErrThrottled alone", e)
		}
	}
}
