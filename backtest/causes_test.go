package backtest

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestCauses compares what is found out about fills with what a look at every order says.
func TestCauses(t *testing.T) {
	const tolerance = 10
	texts := &causeTexts{none: "none", elsewhere: "elsewhere", before: "before", queue: "queue"}
	seen := make(map[string]int)
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 0xca5e))
		orders := make([]OrderResult, random.IntN(12))
		for i := range orders {
			o := &orders[i]
			*o = OrderResult{
				Market: 1, Contract: uint32(random.IntN(2)), Side: []string{"buy", "sell"}[random.IntN(2)],
				Price: uint32(5000 + random.IntN(3)), Quantity: 2, Filled: uint64(random.IntN(3)),
				Accepted: int64(random.IntN(100)),
			}
			if random.IntN(2) == 0 {
				o.Ended = o.Accepted + 1 + int64(random.IntN(40))
			}
		}
		c := newCauses(orders, tolerance*time.Nanosecond, texts)
		for range 20 {
			f := FillResult{
				Market: 1, Contract: uint32(random.IntN(2)), Side: []string{"buy", "sell"}[random.IntN(2)],
				Price: uint32(5000 + random.IntN(3)), At: int64(random.IntN(150)),
			}
			want := whyOf(orders, &f, tolerance, texts)
			if got := c.why(&f); got != want {
				t.Fatalf("seed %d: %+v of %+v: %q, want %q", seed, f, orders, got, want)
			}
			seen[want]++
		}
	}
	if len(seen) != 4 {
		t.Errorf("only %v", seen)
	}
}

func whyOf(orders []OrderResult, f *FillResult, tolerance int64, texts *causeTexts) string {
	filled, elsewhere := false, false
	for _, o := range orders {
		if o.Market != f.Market || o.Contract != f.Contract || o.Side != f.Side || o.Accepted > f.At+tolerance {
			continue
		}
		live := o.Ended == 0 || o.Ended >= f.At-tolerance
		if live && o.Price == f.Price {
			return texts.queue
		}
		filled = filled || o.Price == f.Price && o.Filled >= o.Quantity
		elsewhere = elsewhere || live
	}
	switch {
	case filled:
		return texts.before
	case elsewhere:
		return texts.elsewhere
	}
	return texts.none
}
