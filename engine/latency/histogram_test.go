package latency_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/smk-go/smk/engine/latency"
)

// TestBuckets has the buckets cover every duration once, and none be wider than a sixteenth of its durations, or two.
func TestBuckets(t *testing.T) {
	next := time.Duration(0)
	for n := 0; next <= latency.DurationMax; n++ {
		var h latency.Histogram
		h.Record(int64(next))
		all := slices.Collect(h.All())
		if len(all) != 1 || all[0].From != next || all[0].Count != 1 || all[0].To < next {
			t.Fatalf("bucket %d from %d: %v", n, next, all)
		}
		b := all[0]
		if width := b.To - b.From + 1; width > 2 && width > b.From/latency.SubBuckets {
			t.Errorf("bucket %d, %d to %d, is too wide", n, b.From, b.To)
		}
		h.Record(int64(b.To))
		if all = slices.Collect(h.All()); len(all) != 1 || all[0].Count != 2 {
			t.Errorf("bucket %d ends before %d: %v", n, b.To, all)
		}
		next = b.To + 1
	}
	if next != latency.DurationMax+1 {
		t.Errorf("the last bucket ends at %d, want %d", next-1, latency.DurationMax)
	}
}

// TestExtremes count in the first and in the last bucket.
func TestExtremes(t *testing.T) {
	var h latency.Histogram
	const most = int64(latency.DurationMax)
	for _, ns := range []int64{math.MinInt64, -1, 0, most, most + 1, 1 << 60} {
		h.Record(ns)
	}
	all := slices.Collect(h.All())
	if len(all) != 2 || all[0] != (latency.Bucket{To: 1, Count: 3}) || all[1].Count != 3 || all[1].To != 1<<60 {
		t.Errorf("buckets %v", all)
	}
	if h.Count() != 6 || h.Max() != 1<<60 || h.Quantile(1) != 1<<60 || h.Quantile(0) != 1 {
		t.Errorf("count %d, max %v, quantiles %v and %v", h.Count(), h.Max(), h.Quantile(0), h.Quantile(1))
	}
}

// TestEmpty has no figures.
func TestEmpty(t *testing.T) {
	var h latency.Histogram
	if h.Count() != 0 || h.Sum() != 0 || h.Max() != 0 || h.Mean() != 0 || h.Quantile(0.5) != 0 {
		t.Errorf("an empty histogram has figures")
	}
	for b := range h.All() {
		t.Errorf("and a bucket %v", b)
	}
}

// sample records durations of all sizes, and returns them sorted.
func sample(h *latency.Histogram, seed uint64) (all []time.Duration) {
	random := rand.New(rand.NewPCG(seed, 0))
	for range 5000 {
		ns := random.Int64N(1 << (1 + random.IntN(44)))
		h.Record(ns)
		all = append(all, time.Duration(ns))
	}
	slices.Sort(all)
	return all
}

// TestQuantiles are not below those of the sorted durations, nor above by more than a sixteenth.
func TestQuantiles(t *testing.T) {
	var h latency.Histogram
	all := sample(&h, 1)
	sum := time.Duration(0)
	for _, d := range all {
		sum += d
	}
	if h.Sum() != sum || h.Mean() != sum/time.Duration(len(all)) || h.Max() != all[len(all)-1] {
		t.Errorf("sum %v, mean %v, max %v", h.Sum(), h.Mean(), h.Max())
	}
	for _, q := range []float64{math.NaN(), -1, 0, 0.0001, 0.01, 0.5, 0.9, 0.99, 0.999, 0.9999, 1, 2} {
		rank := 1
		if q > 0 {
			rank = max(int(math.Ceil(min(q, 1)*float64(len(all)))), 1)
		}
		got, want := h.Quantile(q), all[rank-1]
		if most := want + max(want/latency.SubBuckets, 1); got < want || want <= latency.DurationMax && got > most {
			t.Errorf("quantile %v is %d, want %d to %d", q, got, want, most)
		}
	}
}

// TestRecordMany is Record again and again.
func TestRecordMany(t *testing.T) {
	for _, ns := range []int64{-5, 0, 1, 12345, 1 << 40, 1 << 50} { // some have no bucket of their own
		var many, single latency.Histogram
		many.RecordMany(ns, 7)
		for range 7 {
			single.Record(ns)
		}
		if many != single || many.Count() != 7 || many.Sum() != 7*time.Duration(max(ns, 0)) {
			t.Errorf("7 times %d at once differ from 7 times 1: %v and %v", ns, many.Sum(), single.Sum())
		}
	}
}

// TestPublish keeps a copy equal, whatever is recorded between calls.
func TestPublish(t *testing.T) {
	var h, to latency.Histogram
	random := rand.New(rand.NewPCG(2, 0))
	for round := range 200 {
		for range random.IntN(5) {
			h.Record(random.Int64N(1 << (1 + random.IntN(44))))
		}
		h.Publish(&to)
		if to != h {
			t.Fatalf("the copy differs after round %d", round)
		}
	}
	var other latency.Histogram
	sample(&other, 3)
	h.Merge(&other)
	if h.Publish(&to); to != h {
		t.Error("the copy differs after Merge")
	}
}

// TestMergeAndSubtract undo each other, but for what nobody can know of the longest.
func TestMergeAndSubtract(t *testing.T) {
	var a, b latency.Histogram
	for _, ns := range []int64{5, 700, 1 << 20} {
		a.Record(ns)
	}
	for _, ns := range []int64{9, 1 << 30} {
		b.Record(ns)
	}
	both := a
	both.Merge(&b)
	if both.Count() != 5 || both.Sum() != a.Sum()+b.Sum() || both.Max() != 1<<30 {
		t.Errorf("merged: count %d, sum %v, max %v", both.Count(), both.Sum(), both.Max())
	}
	both.Subtract(&b)
	if !slices.Equal(slices.Collect(both.All()), slices.Collect(a.All())) || both.Sum() != a.Sum() {
		t.Errorf("%v is left, want %v", slices.Collect(both.All()), slices.Collect(a.All()))
	}
	if both.Max() < a.Max() || both.Max() > a.Max()+a.Max()/latency.SubBuckets {
		t.Errorf("the longest left is %v, want about %v", both.Max(), a.Max())
	}
	both.Subtract(&both)
	if both.Count() != 0 || both.Sum() != 0 || both.Max() != 0 {
		t.Errorf("%v is left of nothing", both.Max())
	}
}

// TestCumulate counts what is below each power of two.
func TestCumulate(t *testing.T) {
	var h latency.Histogram
	all := sample(&h, 4)
	const first = 3
	counts := make([]uint64, 45)
	h.Cumulate(first, counts)
	for i, got := range counts {
		want := uint64(0)
		for _, d := range all {
			if first+i >= 42 || d < 1<<(first+i) {
				want++
			}
		}
		if got != want {
			t.Errorf("%d are below 2^%d ns, want %d", got, first+i, want)
		}
	}
}

// TestNoAllocations: nothing allocates but what the caller makes.
func TestNoAllocations(t *testing.T) {
	var h, other latency.Histogram
	counts := make([]uint64, 30)
	buckets := 0
	if n := testing.AllocsPerRun(100, func() {
		h.Record(12345)
		h.Publish(&other)
		h.Merge(&other)
		h.Subtract(&other)
		_ = h.Quantile(0.99)
		h.Cumulate(8, counts)
		for range h.All() {
			buckets++
		}
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
	if buckets == 0 {
		t.Error("no buckets")
	}
}

func BenchmarkRecord(b *testing.B) {
	var h latency.Histogram
	random := rand.New(rand.NewPCG(5, 0))
	var ns [1024]int64
	for i := range ns {
		ns[i] = random.Int64N(1 << (8 + random.IntN(12)))
	}
	b.ReportAllocs()
	for i := range b.N {
		h.Record(ns[i%len(ns)])
	}
	if h.Count() != uint64(b.N) {
		b.Error("not all were counted")
	}
}
