package session

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
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
	for seed := range uint64(schedules / 2) {
		r := rand.New(rand.NewPCG(seed, 2))
		rate, burst, tick := 1+r.Uint32N(5000), 1+r.Uint32N(200), r.Uint32N(3)*100
		if seed%10 == 0 {
			rate, burst, tick = math.MaxUint32-r.Uint32N(9), math.MaxUint32-r.Uint32N(9), r.Uint32()
		} else if seed%10 == 1 { // limits that would make us wait for years
			rate, burst, tick = 1+r.Uint32N(3), math.MaxUint32>>r.Uint32N(20), r.Uint32()>>r.Uint32N(32)
		}
		now := r.Int64N(1 << 40)
		var s Session
		s.throttle.init(false)
		s.throttle.change(now, rate, burst, tick)
		s.throttle.tokens = 0
		b := &slowBucket{
			new(big.Rat), big.NewRat(int64(burst), 1), big.NewRat(int64(rate), 1),
			min(int64(tick)*millisecond, int64(time.Minute)), now,
		}
		for range 300 {
			now += r.Int64N([]int64{1, 1000, 1e7, 1e9, 1e12}[r.IntN(5)])
			s.clock.now = now
			b.fill(now)
			c := classCreate + class(r.IntN(2))
			need := big.NewRat(1, 1)
			soon := big.NewRat(int64(rate)*throttlePercent*60, 100)
			least := func(share int64, of *big.Rat) *big.Rat {
				part := big.NewRat(int64(burst), share)
				if of.Cmp(part) < 0 {
					part = of
				}
				return part
			}
			if c == classCreate {
				if tenth := least(headroomShare, soon); tenth.Cmp(need) > 0 {
					need = tenth
				}
			}
			quick := int64(tick)*millisecond <= emergencyEvery && float64(rate)*throttlePercent/100 >= 5
			if burst >= 10 || burst > 1 && !quick {
				reserve := least(100, new(big.Rat).Quo(soon, big.NewRat(100, 1)))
				if one := big.NewRat(1, 1); reserve.Cmp(one) < 0 {
					reserve = one
				}
				need.Add(need, reserve)
			}
			ready := s.throttle.ready(now)
			if ready {
				paused := s.throttle
				paused.paused = now + 1
				if paused.ready(now) {
					t.Fatalf("seed %d: is ready in a pause", seed)
				}
			}
			err := s.throttle.admit(s.clock.now, c)
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
			until, wait := s.throttle.until, err.(*ThrottledError).Wait
			if exact := time.Duration(until - now); wait < exact || wait > max(exact+time.Millisecond, exact*101/100) {
				t.Fatalf("seed %d: says to wait for %v, which is %v", seed, wait, exact)
			}
			if until <= now || until > now+int64(2*time.Minute) {
				t.Fatalf("seed %d: until %d at %d", seed, until, now)
			}
			early := s.throttle
			if until-1 > now && early.admit(until-1, c) == nil {
				t.Fatalf("seed %d: passes before it should", seed)
			}
			late := s.throttle
			if late.admit(until, c) != nil {
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

// TestThrottledErrorWait expects the error to show a time to wait, not a clock reading.
func TestThrottledErrorWait(t *testing.T) {
	k := newEstablished(t, Config{})
	k.s.throttle.tokens = 0
	cancel := new(msg.OrderCancel)
	cancel.SetOrderId(8)
	_, err := send(k.s, k.now, msg.PayloadOrderCancel, cancel)
	if !errors.Is(err, ErrThrottled) || err.Error() != "session: throttled for 22ms" {
		t.Errorf("empty bucket: %v", err)
	}
	k.s.throttle.change(k.now, 0, 0, 0)
	_, err = send(k.s, k.now, msg.PayloadOrderCreate, orderCreate())
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
	if at := b.when(token); at != int64(time.Minute) {
		t.Errorf("one token at %d", at)
	}
}

// fit counts how many messages of a kind pass at this moment.
func (k *kit) fit(c class) (n int) {
	k.t.Helper()
	typ, m := msg.PayloadOrderCreate, wire.Marshaler(orderCreate())
	if c == classCancel {
		cancel := new(msg.OrderCancel)
		cancel.SetOrderId(8)
		typ, m = msg.PayloadOrderCancel, cancel
	}
	for ; ; n++ {
		_, err := send(k.s, k.now, typ, m)
		k.sent()
		if errors.Is(err, ErrThrottled) {
			return n
		}
		if err != nil {
			k.t.Fatal(err)
		}
	}
}

func (k *kit) limits(rate, burst, tick uint32) {
	k.t.Helper()
	var p msg.Payload
	l := p.MutableThrottleLimitsChanged()
	l.SetAverageRatePs(rate)
	l.SetBurstSize(burst)
	l.SetTickMs(tick)
	k.feed(k.payload(&p))
	k.events()
}

// TestThrottleCounts counts how many orders and cancels fit, not only whether the next one does.
func TestThrottleCounts(t *testing.T) {
	type step struct {
		name     string
		do       func(k *kit)
		creates  int
		cancels  int
		untilOff int64 // what the next cancel has to wait
	}
	wait := func(d time.Duration) func(*kit) { return func(k *kit) { k.now += int64(d) } }
	limits := func(rate, burst, tick uint32) func(*kit) { return func(k *kit) { k.limits(rate, burst, tick) } }
	then := func(acts ...func(*kit)) func(*kit) {
		return func(k *kit) {
			for _, act := range acts {
				act(k)
			}
		}
	}
	exceeded := func(k *kit) {
		k.feed(k.eto(msg.EtoPayloadThrottleExceeded, nil))
		k.events()
	}
	rejected := func(k *kit) {
		var p msg.Payload
		p.MutableOrderRejected().SetReason(msg.OrderRejectedThrottleExceeded)
		k.feed(k.payload(&p))
		k.events()
	}
	for name, steps := range map[string][]step{
		"before the limits": {
			{"full", func(*kit) {}, 90, 9, 10526316},
			{"a second", wait(time.Second), 86, 9, 10526316},
			{"an hour", wait(time.Hour), 90, 9, 10526316},
		},
		"first limits miss what was taken": {
			{"full", func(*kit) {}, 90, 9, 10526316},
			{"limits", limits(500, 1000, 200), 792, 99, 200 * millisecond},
			{"a tick", wait(200 * time.Millisecond), 0, 95, 200 * millisecond},
			{"less than a tick", wait(200*time.Millisecond - 1), 0, 0, 1},
			{"two ticks", wait(200*time.Millisecond + 1), 91, 99, 200 * millisecond},
			{"the same again", limits(500, 1000, 200), 0, 0, 200 * millisecond},
			{"a minute", wait(time.Minute), 891, 99, 200 * millisecond},
		},
		"first limits smaller than what was taken": {
			{"full", func(*kit) {}, 90, 9, 10526316},
			{"limits", limits(10, 50, 1000), 0, 0, 1000 * millisecond},
			{"a tick", wait(time.Second), 4, 4, 1000 * millisecond},
		},
		"exceeded": {
			{"full", limits(500, 1000, 200), 891, 99, 200 * millisecond},
			{"full again", wait(time.Minute), 891, 99, 200 * millisecond},
			{"half", wait(time.Second), 376, 99, 200 * millisecond},
			{"full once more", wait(time.Minute), 891, 99, 200 * millisecond},
			{"exceeded", then(wait(time.Minute), exceeded), 0, 0, 200 * millisecond},
			{"nearly a tick", wait(200*time.Millisecond - 1), 0, 0, 1},
			{"a tick", wait(1), 0, 85, 200 * millisecond},
		},
		"exceeded with a short tick": {
			{"exceeded", then(limits(1000, 1000, 10), exceeded), 0, 0, 200 * millisecond},
			{"a pause", wait(200 * time.Millisecond), 81, 99, 10 * millisecond},
		},
		"exceeded with a tick of weeks": {
			{"exceeded", then(limits(1000, 1000, math.MaxUint32), exceeded), 0, 0, 60_000 * millisecond},
			{"new limits", limits(1000, 1000, 100), 0, 0, 100 * millisecond},
			{"a tick", wait(100 * time.Millisecond), 0, 85, 100 * millisecond},
			{"exceeded again", then(limits(1000, 1000, math.MaxUint32), exceeded), 0, 0, 60_000 * millisecond},
			{"a minute", wait(time.Minute), 891, 99, 60_000 * millisecond},
		},
		"new limits lift a pause": {
			{"exceeded", then(limits(1000, 1000, 5000), exceeded), 0, 0, 5000 * millisecond},
			{"half of it, new limits", then(wait(2500*time.Millisecond), limits(1000, 1000, 0)), 891, 99, 1052632},
		},
		"limits that come again and again": {
			{"spent", limits(100, 100, 1000), 90, 9, 1000 * millisecond},
			{"ten times in a tick", func(k *kit) {
				for range 10 {
					k.now += 100 * millisecond
					k.limits(100, 100, 1000)
				}
			}, 86, 9, 1000 * millisecond},
		},
		"rejected": {
			{"exceeded", then(limits(100, 100, 1000), rejected), 0, 9, 1000 * millisecond},
			{"spent and exceeded", rejected, 0, 0, 1000 * millisecond},
			{"a tick", wait(time.Second), 86, 9, 1000 * millisecond},
		},
		"a burst that takes years to fill": {
			{"exceeded", then(limits(2, math.MaxUint32, 0), exceeded), 0, 0, 200 * millisecond},
			{"a minute", wait(time.Minute), 0, 112, 73684211},
		},
		"a burst of one": {
			{"limits", limits(1, 1, 0), 1, 0, 1052631579},
			{"a second", wait(time.Second), 0, 0, 52631579},
		},
		"a burst that is no multiple of ten": {
			{"limits", limits(1, 19, 0), 17, 1, 1052631579}, // 1.9 tokens and one for order_cancel_all
		},
	} {
		t.Run(name, func(t *testing.T) {
			k := newEstablished(t, Config{AnswerTimeout: timeMax, PeerTimeout: timeMax, UnansweredMax: 1 << 14})
			for _, s := range steps {
				s.do(k)
				creates, cancels := k.fit(classCreate), k.fit(classCancel)
				if creates != s.creates || cancels != s.cancels || k.s.ThrottledUntil() != k.now+s.untilOff {
					t.Errorf("%s: %d creates and %d cancels fit, then wait for %d, want %d, %d and %d",
						s.name, creates, cancels, k.s.ThrottledUntil()-k.now, s.creates, s.cancels, s.untilOff)
				}
			}
		})
	}
}

// TestThrottleMultipleOfTicks needs exactly two ticks, of each kind of remainder.
func TestThrottleMultipleOfTicks(t *testing.T) {
	for burst, want := range map[uint32]int64{
		1709: 200, 1718: 200, 1727: 200, // 190 tokens come in two ticks, and an order needs 11 of 100
		1728: 300, 1737: 300, 863: 100, 864: 200,
	} {
		k := newEstablished(t, Config{})
		k.limits(1000, burst, 100)
		k.s.throttle.tokens = 0
		if _, err := send(k.s, k.now, msg.PayloadOrderCreate, orderCreate()); !errors.Is(err, ErrThrottled) {
			t.Fatal(err)
		}
		if wait := (k.s.ThrottledUntil() - k.now) / millisecond; wait != want {
			t.Errorf("burst %d: an order may pass after %d ms, want %d", burst, wait, want)
		}
	}
}

// TestThrottleWaits has the worst limits there can be: whatever the exchange says, orders and cancels
// may pass within two minutes, and again and again.
func TestThrottleWaits(t *testing.T) {
	for _, rate := range []uint32{1, 2, 1000, math.MaxUint32} {
		for _, burst := range []uint32{1, 9, 10, 1 << 20, math.MaxUint32} {
			for _, tick := range []uint32{0, 1, 60_000, 60_001, math.MaxUint32} {
				for _, c := range []class{classCreate, classCancel} {
					var s Session
					s.clock.now = 5 * second
					s.throttle.init(false)
					s.throttle.change(s.clock.now, rate, burst, tick)
					s.throttle.exceeded(s.clock.now)
					for tries := 0; s.throttle.admit(s.clock.now, c) != nil; tries++ {
						if wait := time.Duration(s.throttle.until - s.clock.now); wait <= 0 || wait > 2*time.Minute ||
							tries > 2 {
							t.Fatalf("%d/%d/%d: wait for %v, %d times", rate, burst, tick, wait, tries)
						}
						s.clock.now = s.throttle.until
					}
				}
			}
		}
	}
}

// TestThrottleEmergency lets an order_cancel_all pass at once and then each emergencyEvery, whatever the bucket
// holds, and names the reading from which the next one does.
func TestThrottleEmergency(t *testing.T) {
	var b throttle
	b.init(false)
	b.change(1000, 1, 1, 60_000)
	b.take()
	b.exceeded(1000)
	refused := func(now int64, c class, until int64) {
		t.Helper()
		before := b.refused
		if err := b.admit(now, c); err == nil || b.until != until || b.refused != before+1 {
			t.Errorf("at %d: %v, until %d, want %d, %d refused", now, err, b.until, until, b.refused-before)
		}
	}
	for _, now := range []int64{1000, 1000 + emergencyEvery, 1000 + 5*emergencyEvery} {
		refused(now, classCancel, 1000+60*second)
		if err := b.admit(now, classCancelAll); err != nil {
			t.Errorf("at %d: %v", now, err)
		}
		b.emergency(now)
		refused(now, classCancelAll, now+emergencyEvery)
		refused(now+emergencyEvery-1, classCancelAll, now+emergencyEvery)
	}
	if b.tokens != 0 || b.refused != 9 {
		t.Errorf("%d tokens, %d refused", b.tokens, b.refused)
	}
	b.change(2000, 0, 0, 0)
	if err := b.admit(2000, classCancel); err != nil {
		t.Errorf("limits that allow nothing refuse a cancel: %v", err)
	}
	refused(2000, classCreate, math.MaxInt64)
}
