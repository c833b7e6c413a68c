package gateway

import (
	"math/rand/v2"
	"testing"
	"time"
)

// The bucket agrees with one that is refilled tick by tick.
func TestBucketAgreesWithReference(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for range 200 {
		limits := Throttle{
			Rate: 1 + r.Uint32N(1000), Burst: 1 + r.Uint32N(100),
			Tick: time.Duration(1+r.IntN(1000)) * time.Millisecond,
		}
		var b bucket
		b.reset(limits, 0)
		tokens, ticks := float64(limits.Burst), int64(0)
		now := int64(0)
		for range 300 {
			now += r.Int64N(int64(limits.Tick) * (1 + r.Int64N(3)))
			for ; (ticks+1)*int64(limits.Tick) <= now; ticks++ {
				tokens = min(tokens+float64(limits.Rate)*limits.Tick.Seconds(), float64(limits.Burst))
			}
			want := tokens > 1-1e-9
			if want {
				tokens--
			}
			if got := b.take(now); got != want {
				t.Fatalf("%+v at %d: %v with %v tokens", limits, now, got, tokens)
			}
		}
	}
}

// New limits keep the tokens as far as they fit.
func TestBucketChange(t *testing.T) {
	var b bucket
	b.reset(Throttle{Rate: 1, Burst: 10, Tick: time.Second}, 0)
	b.setLimits(Throttle{Rate: 1, Burst: 3, Tick: time.Second})
	n := 0
	for b.take(0) {
		n++
	}
	b.setLimits(Throttle{Rate: 1, Burst: 10, Tick: time.Second})
	if n != 3 || b.take(0) {
		t.Errorf("%d tokens after a cut to 3", n)
	}
}

// After years of silence nothing overflows.
func TestBucketAfterYears(t *testing.T) {
	var b bucket
	b.reset(Throttle{Rate: 1 << 31, Burst: 1 << 31, Tick: time.Hour}, 0)
	if !b.take(1<<62) || b.tokens != (1<<31-1)*token {
		t.Errorf("%d tokens", b.tokens)
	}
}
