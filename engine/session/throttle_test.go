package session

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// slowBucket is the throttle's twin in exact fractions.
type slowBucket struct {
	tokens, limit, rate *big.Rat
	tick, filled        int64
}

func (b *slowBucket) fill(now int64) {
	elapsed := now - b.filled
	if b.tick > 0 {
		elapsed = elapsed / b.tick * b.tick
	}
	b.filled += elapsed
	added := big.NewRat(elapsed, 1e9)
	added.Mul(added, b.rate).Mul(added, big.NewRat(throttlePercent, 100))
	if b.tokens.Add(b.tokens, added); b.tokens.Cmp(b.limit) > 0 {
		b.tokens.Set(b.limit)
	}
}

// TestThrottle compares with the twin over random limits and pauses: what passes,
// and from when on.
func TestThrottle(t *testing.T) {
	seen := 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2))
		rate, burst, tick := 1+r.Uint32N(5000), 1+r.Uint32N(200), r.Uint32N(3)*100
		if seed%10 == 0 {
			rate, burst, tick = math.MaxUint32-r.Uint32N(9), math.MaxUint32-r.Uint32N(9), r.Uint32()
		}
		now := r.Int64N(1 << 40)
		var s Session
		s.throttle.init(false)
		s.throttle.change(now, rate, burst, tick)
		s.throttle.tokens = 0
		b := &slowBucket{
			new(big.Rat), big.NewRat(int64(burst), 1), big.NewRat(int64(rate), 1),
			int64(tick) * millisecond, now,
		}
		for range 300 {
			now += r.Int64N([]int64{1, 1000, 1e7, 1e9, 1e12}[r.IntN(5)])
			s.now = now
			b.fill(now)
			c := classCreate + class(r.IntN(2))
			need := big.NewRat(1, 1)
			if tenth := big.NewRat(int64(burst), 10); c == classCreate && tenth.Cmp(need) > 0 {
				need = tenth
			}
			switch hundredth := big.NewRat(int64(burst), 100); {
			case burst == 1:
			case burst < 100:
				need.Add(need, big.NewRat(1, 1))
			default:
				need.Add(need, hundredth)
			}
			ready := s.throttle.ready(now)
			if ready {
				paused := s.throttle
				paused.paused = now + 1
				if paused.ready(now) {
					t.Fatalf("seed %d: is ready in a pause", seed)
				}
			}
			err := s.admit(c)
			if ready {
				seen++
			}
			if ready && err != nil {
				t.Fatalf("seed %d: is ready and refuses: %v", seed, err)
			}
			// A thousandth is the least that the bucket counts.
			difference := new(big.Rat).Sub(b.tokens, need)
			if near := new(big.Rat).Abs(difference); near.Cmp(big.NewRat(1, token)) < 0 {
				continue
			}
			if (err == nil) != (difference.Sign() >= 0) {
				t.Fatalf("seed %d (%d/%d/%d): %v with %v tokens, need %v", seed, rate, burst, tick, err, b.tokens, need)
			}
			if err == nil {
				s.throttle.take()
				b.tokens.Sub(b.tokens, big.NewRat(1, 1))
				continue
			}
			until := err.(*ThrottledError).Until
			if until <= now || until == math.MaxInt64 {
				t.Fatalf("seed %d: until %d at %d", seed, until, now)
			}
			early := s
			if early.now = until - 1; early.now > now && early.admit(c) == nil {
				t.Fatalf("seed %d: passes before it should", seed)
			}
			late := s
			if late.now = until; late.admit(c) != nil {
				t.Fatalf("seed %d: does not pass when it should", seed)
			}
		}
	}
	if seen == 0 {
		t.Error("was never ready")
	}
}

// TestThrottleReadyIsClosed has tokens left when the limits come to allow nothing.
func TestThrottleReadyIsClosed(t *testing.T) {
	var b throttle
	b.init(false)
	b.change(5, 10, 100, 0)
	if !b.ready(5) {
		t.Error("a full bucket is not ready")
	}
	b.change(5, 0, 100, 0)
	if b.tokens == 0 || b.ready(5) {
		t.Errorf("%d tokens, ready %t, of limits that allow nothing", b.tokens, b.ready(5))
	}
}

// TestThrottledErrorSaysHowLong holds that people are told a time to wait, not a clock reading.
func TestThrottledErrorSaysHowLong(t *testing.T) {
	k := newEstablished(t, Config{})
	k.s.throttle.tokens = 0
	cancel := new(msg.OrderCancel)
	cancel.SetOrderId(8)
	_, err := k.s.Send(k.now, msg.PayloadOrderCancel, cancel)
	if !errors.Is(err, ErrThrottled) || err.Error() != "session: throttled for 21.052632ms" {
		t.Errorf("empty bucket: %v", err)
	}
	k.s.throttle.change(k.now, 0, 0, 0)
	_, err = k.s.Send(k.now, msg.PayloadOrderCreate, orderCreate())
	if !errors.Is(err, ErrThrottled) || err.Error() != "session: throttled until the exchange changes its limits" {
		t.Errorf("nothing allowed: %v", err)
	}
}

// TestThrottleExtremes are pauses and bursts beyond every product of 64 bits.
func TestThrottleExtremes(t *testing.T) {
	var b throttle
	b.init(false)
	b.change(0, math.MaxUint32, math.MaxUint32, 0)
	b.fill(math.MaxInt64)
	if b.tokens != b.limit {
		t.Errorf("%d tokens after a lifetime, want %d", b.tokens, b.limit)
	}
	b.change(math.MaxInt64-1000, 1, math.MaxUint32, 0)
	b.tokens = 0
	if at := b.when(b.limit); at != math.MaxInt64 {
		t.Errorf("full at %d", at)
	}
	b.change(0, 1, math.MaxUint32, math.MaxUint32)
	b.tokens = 0
	if at := b.when(token); at != int64(math.MaxUint32)*millisecond {
		t.Errorf("one token at %d", at)
	}
}
