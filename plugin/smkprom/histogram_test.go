package smkprom

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/smk-go/smk/engine/latency"
)

// nativeCounts returns the counts of native buckets by index.
func nativeCounts(h *dto.Histogram) map[int]int64 {
	counts := make(map[int]int64)
	at, n, i := 0, int64(0), 0
	for _, span := range h.PositiveSpan {
		at += int(span.GetOffset())
		for range span.GetLength() {
			n += h.PositiveDelta[i]
			counts[at] = n
			at++
			i++
		}
	}
	return counts
}

// TestHistogram compares both kinds of buckets with the durations themselves.
func TestHistogram(t *testing.T) {
	var h latency.Histogram
	var all []time.Duration
	random := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		ns := random.Int64N(1 << (1 + random.IntN(40)))
		h.Record(ns)
		all = append(all, time.Duration(ns))
	}
	slices.Sort(all)
	got := newHistogram(nil, nil, &h).value
	if got.GetSampleCount() != 10_000 || got.GetSampleSum() != h.Sum().Seconds() || len(got.Bucket) != classicSize {
		t.Fatalf("count %d, sum %v, %d buckets", got.GetSampleCount(), got.GetSampleSum(), len(got.Bucket))
	}
	for _, b := range got.Bucket {
		want := uint64(0)
		for _, d := range all {
			if d.Seconds() < b.GetUpperBound() {
				want++
			}
		}
		if b.GetCumulativeCount() != want {
			t.Errorf("%d up to %v s, want %d", b.GetCumulativeCount(), b.GetUpperBound(), want)
		}
	}
	zeros := uint64(0)
	for _, d := range all {
		if d <= 1 {
			zeros++
		}
	}
	native := nativeCounts(got)
	sum := int64(got.GetZeroCount())
	for _, n := range native {
		sum += n
	}
	if got.GetZeroCount() != zeros || sum != 10_000 {
		t.Errorf("%d zeros, want %d, and %d in native buckets", got.GetZeroCount(), zeros, sum)
	}
	// A quantile by native buckets is within their width of the durations'.
	for _, q := range []float64{0.5, 0.9, 0.99, 0.999} {
		rank, seen, bound := int64(q*10_000), int64(got.GetZeroCount()), 0.0
		for at := -400; at < 400; at++ {
			if seen += native[at]; seen > rank {
				bound = math.Exp2(float64(at) / nativePerTwo)
				break
			}
		}
		if want := all[rank].Seconds(); bound < want*0.94 || bound > want*1.16 {
			t.Errorf("quantile %v is %v s, want about %v s", q, bound, want)
		}
	}
}

// TestEmptyHistogram is a histogram of both kinds, too.
func TestEmptyHistogram(t *testing.T) {
	got := newHistogram(nil, nil, new(latency.Histogram)).value
	if got.GetSampleCount() != 0 || len(got.Bucket) != classicSize || len(got.PositiveSpan) != 1 || got.Schema == nil {
		t.Errorf("%v", got)
	}
}
