package risk

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// place admits and sends, if it is admitted.
func place(g *Gate, now int64, keys msg.Keys, s *Snapshot) error {
	err := g.Admit(now, &keys, s)
	if err == nil {
		g.Sent(now, &keys)
	}
	return err
}

// TestRateEdges empties a bucket of 3 at 10 a second and fills it to both sides of a token.
func TestRateEdges(t *testing.T) {
	const tenth = int64(time.Second / 10)
	g := newGate(t, Config{Rate: 10, Burst: 3})
	keys := create(odds.Buy, 2500, 1)
	for i := range 3 {
		if err := place(g, 1000, keys, nil); err != nil {
			t.Fatalf("order %d: %v", i, err)
		}
	}
	r := refusalOf(t, place(g, 1000, keys, nil))
	if r != (Refusal{Limit: LimitRate, Max: 10, Allowed: tenth}) || r.Wait() != time.Second/10 {
		t.Errorf("refused as %+v", r)
	}
	if r := refusalOf(t, place(g, 1000+tenth-1, keys, nil)); r.Wait() != 1 {
		t.Errorf("a nanosecond early: %+v", r)
	}
	if err := place(g, 1000+tenth, keys, nil); err != nil {
		t.Errorf("in time: %v", err)
	}
	if err := place(g, 1000+tenth, keys, nil); !errors.Is(err, LimitRate) {
		t.Errorf("the token is there twice: %v", err)
	}
	if err := place(g, 0, keys, nil); !errors.Is(err, LimitRate) {
		t.Errorf("the clock stepped back: %v", err)
	}
	for i := range 3 {
		if err := place(g, math.MaxInt64, keys, nil); err != nil {
			t.Fatalf("order %d at the end of time: %v", i, err)
		}
	}
	if err := place(g, math.MaxInt64, keys, nil); !errors.Is(err, LimitRate) {
		t.Errorf("more than the burst: %v", err)
	}
}

// TestRateOfMessages expects Admit to take nothing, a refused order to take nothing, cancels to take what is there, and
// messages of other kinds to take nothing.
func TestRateOfMessages(t *testing.T) {
	g := newGate(t, Config{Rate: 10, OrderQuantityMax: 5}) // the burst is 10
	small, large := create(odds.Buy, 2500, 5), create(odds.Buy, 2500, 6)
	for range 100 {
		if err := g.Admit(1, &small, nil); err != nil {
			t.Fatal(err)
		}
		if err := place(g, 1, large, nil); !errors.Is(err, LimitQuantity) {
			t.Fatal(err)
		}
		g.Sent(1, &msg.Keys{Type: msg.PayloadMarketSubscribe})
	}
	for _, typ := range []msg.PayloadType{
		msg.PayloadOrderCancel, msg.PayloadOrderCancelAll,
		msg.PayloadOrderQuantityReduce,
	} {
		g.Sent(1, &msg.Keys{Type: typ})
	}
	s := quiet()
	if err := place(g, 1, replace(2500, 5), &s); err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		if err := place(g, 1, small, nil); err != nil {
			t.Fatalf("order %d: %v", i, err)
		}
	}
	if err := place(g, 1, small, nil); !errors.Is(err, LimitRate) {
		t.Errorf("the eleventh message: %v", err)
	}
	for range 50 {
		g.Sent(1, &msg.Keys{Type: msg.PayloadOrderCancel}) // goes into no debt
	}
	if err := place(g, 1+int64(time.Second/10), small, nil); err != nil {
		t.Errorf("a tenth of a second later: %v", err)
	}
}

// TestBucketTwin holds the bucket against rationals.
func TestBucketTwin(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		rate, burst := 1+random.IntN(1<<random.IntN(20)), 1+random.IntN(1<<random.IntN(20))
		var b bucket
		b.init(rate, burst)
		second := big.NewInt(int64(time.Second))
		tokens, full := big.NewRat(int64(burst), 1), big.NewRat(int64(burst), 1)
		one := big.NewRat(1, 1)
		now := int64(random.Uint64())
		for range 200 {
			step := random.Int64N(1 << random.IntN(40))
			if now > math.MaxInt64-step {
				break
			}
			now += step
			if b.begun {
				tokens.Add(tokens, new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(step), big.NewInt(int64(rate))),
					second))
				if tokens.Cmp(full) > 0 {
					tokens.Set(full)
				}
			}
			wait := int64(0)
			if b.fill(now); b.tokens < messageTokens {
				wait = b.wait()
			}
			// The least whole number of nanoseconds in which what is missing comes in.
			missing := new(big.Rat).Sub(one, tokens)
			missing.Mul(missing, new(big.Rat).SetFrac(second, big.NewInt(int64(rate))))
			want := int64(0)
			if missing.Sign() > 0 {
				q, r := new(big.Int).QuoRem(missing.Num(), missing.Denom(), new(big.Int))
				want = q.Int64()
				if r.Sign() > 0 {
					want++
				}
			}
			if wait != want {
				t.Fatalf("rate %d burst %d: waits %d, want %d", rate, burst, wait, want)
			}
			if random.IntN(3) > 0 {
				b.take(now)
				if tokens.Sub(tokens, one); tokens.Sign() < 0 {
					tokens.SetInt64(0)
				}
			}
		}
	}
}

// TestBucketAfterLong fills a bucket after a time whose product with the rate is 0 in 64 bits.
func TestBucketAfterLong(t *testing.T) {
	var b bucket
	b.init(1<<19, 1)
	b.take(0)
	if b.fill(1 << 45); b.tokens != b.full {
		t.Errorf("%d of %d", b.tokens, b.full)
	}
}
