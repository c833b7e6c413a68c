package engine

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/smk-go/smk/engine/session"
)

// ended is why a connection ended, with what should follow.
type ended session.Policy

func (ended) Error() string            { return "ended, for the test" }
func (e ended) Policy() session.Policy { return session.Policy(e) }

// TestBackoff plays rows of failures: the first entry of each step is how long the
// connection before was logged in.
func TestBackoff(t *testing.T) {
	now, later, never := ended{Retry: session.RetryNow}, ended{Retry: session.RetryBackoff},
		ended{Retry: session.RetryNever}
	unknown := errors.New("connection reset")
	type step struct {
		loggedIn time.Duration // 0 means not at all
		cause    error
		want     time.Duration // -1 means not again
	}
	const half, second, minute = time.Second / 2, time.Second, time.Minute
	for _, c := range []struct {
		name  string
		steps []step
	}{
		{"pauses grow up to the last", []step{
			{0, later, 0},
			{0, unknown, half},
			{0, later, second},
			{0, later, 2 * second},
			{0, later, 4 * second},
			{0, later, 8 * second},
			{0, later, 10 * second},
			{0, later, 10 * second},
		}},
		{"never", []step{{0, later, 0}, {0, never, -1}}},
		{"wrapped", []step{{0, errors.Join(errors.New("outer"), never), -1}}},
		{"at once, but not twice in a row", []step{
			{0, now, 0},
			{0, now, 0},
			{0, now, half},
			{0, now, second},
		}},
		{"at once within a row", []step{
			{0, later, 0},
			{0, later, half},
			{0, now, 0},
			{0, later, second},
			{0, now, 0},
			{0, now, 2 * second},
		}},
		{"a minute ends a row", []step{
			{0, later, 0},
			{0, later, half},
			{minute, later, 0},
			{minute - 1, later, half},
			{10 * minute, now, 0},
			{10 * minute, now, 0},
			{0, now, 0},
			{0, now, half},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBackoff(defaultBackoff)
			clock := int64(1)
			for i, s := range c.steps {
				if s.loggedIn > 0 {
					b.established(clock)
					clock += int64(s.loggedIn)
				}
				at, ok := b.next(clock, s.cause)
				if ok != (s.want >= 0) {
					t.Fatalf("step %d: again %t", i, ok)
				}
				if pause := time.Duration(at - clock); ok && (pause < s.want*80/100 || pause > s.want*120/100) {
					t.Errorf("step %d: pause %v, want %v give or take 20 %%", i, pause, s.want)
				}
				if ok {
					clock = at
				}
			}
		})
	}
}

// TestJitter spreads pauses over the whole of their fifth.
func TestJitter(t *testing.T) {
	least, most := time.Hour, time.Duration(0)
	for range 1000 {
		b := newBackoff([]time.Duration{time.Second})
		at, _ := b.next(0, errors.New("lost"))
		least, most = min(least, time.Duration(at)), max(most, time.Duration(at))
	}
	if least < 800*time.Millisecond || least > 850*time.Millisecond || most > 1200*time.Millisecond ||
		most < 1150*time.Millisecond {
		t.Errorf("defaultBackoff from %v to %v, want 0.8 to 1.2 s", least, most)
	}
}

// newBackoff returns a backoff whose jitter is random.
func newBackoff(pauses []time.Duration) (b backoff) {
	b.init(pauses, rand.Uint64())
	return b
}
