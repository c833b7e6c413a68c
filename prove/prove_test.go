package prove

import (
	"flag"
	"testing"
)

var (
	from  = flag.Uint64("from", 0, "first seed")
	seeds = flag.Uint64("seeds", defaultSeeds, "how many")
)

// TestDays trades days of fixed seeds.
func TestDays(t *testing.T) {
	failed := 0
	for seed := *from; seed < *from+*seeds; seed++ {
		s := New(seed)
		r := Run(s)
		if r.Failure != nil {
			t.Errorf("seed %d: %v", seed, r.Failure)
			if failed++; failed > 15 {
				return
			}
		}
	}
}

// TestSameDigest runs a day twice.
func TestSameDigest(t *testing.T) {
	for seed := range uint64(digestSeeds) {
		a, b := Run(New(seed)), Run(New(seed))
		if a.Digest != b.Digest || a.Messages != b.Messages || a.Rounds != b.Rounds {
			t.Errorf("seed %d: %+v and %+v", seed, a, b)
		}
		t.Logf("%d: %+v", seed, a)
	}
}

// TestSmallWorlds tries everything that can happen in the smallest worlds, and some of it in the others; smk prove
// --small tries all of that, too.
func TestSmallWorlds(t *testing.T) {
	for _, s := range SmallWorlds {
		runs, complete, failure := Explore(s, historiesMax)
		t.Logf("%+v: %d, complete %t", s, runs, complete)
		if !complete && runs < historiesMax {
			t.Errorf("%+v: %d histories, not complete", s, runs)
		}
		if failure != nil {
			t.Errorf("%+v: history %d: %v", s, runs, failure)
		}
	}
}

// FuzzDay runs the day that bytes describe.
func FuzzDay(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 2, 30, 4, 5, 6, 2, 0, 8, 12, 0, 100, 0, 10, 10, 0, 4, 150, 1, 9, 9, 7, 19, 200, 0, 3, 3, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		if r := Run(FromBytes(b)); r.Failure != nil {
			t.Error(r.Failure)
		}
	})
}

// TestFoundDays runs days that found faults.
func TestFoundDays(t *testing.T) {
	for name, day := range map[string][]byte{
		// While a replace was on its way the worst case was overstated, and an order passed beyond its limit for it.
		"limit beside a replace": {1, 4, 150, 1, 9, 9, 7, 19, 3},
		// Orders passed because another outcome was as bad until an order was cancelled.
		"limit beside another outcome": []byte("\x010 \xdd\t1010"),
		// Replaces that the exchange did not answer stayed in doubt for ever, because the login had lacked something.
		"doubts of a login that lacks": []byte("\x018 \x04\n81Z\x01\tZ20"),
	} {
		if r := Run(FromBytes(day)); r.Failure != nil {
			t.Errorf("%s: %v", name, r.Failure)
		}
	}
}

// TestFoundSeeds trades days of seeds that found faults.
func TestFoundSeeds(t *testing.T) {
	for name, seed := range map[string]uint64{
		// An order of which a report had said that nothing is left was taken for one on the book, because a cancel of
		// it was without an answer.
		"quote beside an order of which nothing is left": 5_000_000_837,
		// The books had no room for what replaces without an answer would make, and lacked own orders.
		"own orders beside unresolved replaces": 1_200_976,
		// The exchange refused some of the many requests that left at once behind a clogged connection.
		"requests behind a clogged connection": 5_000_004_773,
	} {
		if r := Run(New(seed)); r.Failure != nil {
			t.Errorf("%s: %v", name, r.Failure)
		}
	}
}
