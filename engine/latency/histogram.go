package latency

import (
	"iter"
	"math"
	"math/bits"
	"time"
)

// The buckets. Each power of two nanoseconds has SubBuckets of equal width, so that a bucket is at most a sixteenth of
// its durations wide. Below 2*SubBuckets nanoseconds two durations share one, from 0 and 1 on, and other buckets have
// no duration.
const (
	SubBuckets = 1 << subBits
	Buckets    = maxBits * SubBuckets

	// DurationMax is the longest duration that is told from longer ones, a little over 73 minutes. Longer ones are in
	// the last bucket.
	DurationMax = time.Duration(1<<maxBits - 1)

	subBits = 4
	maxBits = 42
)

// Histogram counts durations. The zero value is empty and ready. It is a plain value: copying it is a snapshot, and
// one goroutine at a time may use it.
type Histogram struct {
	counts  [Buckets]uint64
	sum     uint64 // nanoseconds
	max     uint64 // likewise
	changed uint64 // a bit for each SubBuckets buckets that Publish has not copied
}

// bucketOf returns the bucket of a duration in nanoseconds, Buckets or more if it is negative or beyond DurationMax.
//
// The exponent of a floating-point number is the power of two, and the highest bits of the fraction are the bucket
// within that. Conversion is exact up to 1<<53. The lowest bit is set because 0 has no exponent.
func bucketOf(ns int64) uint64 {
	const bias, fraction = 1023, 52
	return math.Float64bits(float64(ns|1))>>(fraction-subBits) - bias<<subBits
}

// Record counts a duration of nanoseconds; a negative one counts as 0.
func (h *Histogram) Record(ns int64) {
	i := bucketOf(ns)
	if i >= Buckets {
		h.recordOutside(ns, 1)
		return
	}
	h.counts[i]++
	h.sum += uint64(ns)
	if uint64(ns) > h.max {
		h.max = uint64(ns)
	}
	h.changed |= 1 << (i >> subBits & 63)
}

// RecordMany counts n durations that took nanoseconds each; a negative one counts as 0.
func (h *Histogram) RecordMany(ns int64, n uint64) {
	i := bucketOf(ns)
	if i >= Buckets {
		h.recordOutside(ns, n)
		return
	}
	h.counts[i] += n
	h.sum += uint64(ns) * n
	h.max = max(h.max, uint64(ns))
	h.changed |= 1 << (i >> subBits & 63)
}

// recordOutside records what has no bucket of its own.
func (h *Histogram) recordOutside(ns int64, n uint64) {
	ns = max(ns, 0)
	i := min(bucketOf(ns), Buckets-1)
	h.counts[i] += n
	h.sum += uint64(ns) * n
	h.max = max(h.max, uint64(ns))
	h.changed |= 1 << (i >> subBits)
}

// Publish makes to what h is, given that it was so after the last call with the same h and to, or both were empty. It
// copies only what changed since.
func (h *Histogram) Publish(to *Histogram) {
	if h.changed == 0 {
		return
	}
	for changed := h.changed; changed != 0; changed &= changed - 1 {
		first := bits.TrailingZeros64(changed) << subBits
		copy(to.counts[first:first+SubBuckets], h.counts[first:first+SubBuckets])
	}
	to.sum, to.max, h.changed = h.sum, h.max, 0
}

// Merge adds what other counted.
func (h *Histogram) Merge(other *Histogram) {
	for i := range other.counts {
		h.counts[i] += other.counts[i]
	}
	h.sum, h.max, h.changed = h.sum+other.sum, max(h.max, other.max), allChanged
}

// allChanged has a bit for each SubBuckets buckets.
const allChanged = 1<<(Buckets/SubBuckets) - 1

// Subtract takes away what an earlier state of h had counted, so that the durations since are left. Max stays, as
// nobody knows whether it was before, but is not above the highest bucket left.
func (h *Histogram) Subtract(earlier *Histogram) {
	last := -1
	for i := range h.counts {
		if h.counts[i] -= min(earlier.counts[i], h.counts[i]); h.counts[i] > 0 {
			last = i
		}
	}
	h.sum -= min(earlier.sum, h.sum)
	if h.changed = allChanged; last < Buckets-1 {
		h.max = min(h.max, uint64(limitOf(last)))
	}
}

// limitOf returns the longest duration in a bucket, 0 for -1.
func limitOf(bucket int) time.Duration { return max(lowest(bucket+1)-1, 0) }

// lowest returns the shortest duration in a bucket. That of the one behind the last is beyond DurationMax.
func lowest(bucket int) time.Duration {
	power, numerator := bucket>>subBits, time.Duration(SubBuckets+bucket&(SubBuckets-1))
	return (numerator<<power + SubBuckets - 1) >> subBits &^ 1
}

// Count returns how many durations were counted.
func (h *Histogram) Count() (n uint64) {
	for _, c := range h.counts {
		n += c
	}
	return n
}

// Sum returns the sum of the durations.
func (h *Histogram) Sum() time.Duration { return time.Duration(h.sum) }

// Max returns the longest duration, also if it is beyond DurationMax, and 0 if there is none.
func (h *Histogram) Max() time.Duration { return time.Duration(h.max) }

// Mean returns the arithmetic mean, 0 if there are no durations.
func (h *Histogram) Mean() time.Duration {
	if n := h.Count(); n > 0 {
		return time.Duration(h.sum / n)
	}
	return 0
}

// Quantile returns a duration that a share q of the durations, 0 to 1, does not exceed: the longest one of its bucket,
// which is too long by a sixteenth at most, or Max if that is shorter. It is 0 if there are no durations.
func (h *Histogram) Quantile(q float64) time.Duration {
	total := h.Count()
	if total == 0 {
		return 0
	}
	rank := uint64(0)
	if q > 0 { // also not NaN
		rank = uint64(min(q, 1) * float64(total))
	}
	if float64(rank) < q*float64(total) || rank == 0 {
		rank++
	}
	rank = min(rank, total)
	seen := uint64(0)
	for i, c := range h.counts {
		if seen += c; seen >= rank && i < Buckets-1 {
			return min(limitOf(i), h.Max())
		}
	}
	return h.Max()
}

// Bucket is a range of durations, both ends included, and how many there are in it.
type Bucket struct {
	From, To time.Duration
	Count    uint64
}

// All yields the buckets that are not empty, shortest durations first. To of the last bucket there can be is Max.
func (h *Histogram) All() iter.Seq[Bucket] {
	return func(yield func(Bucket) bool) {
		for i, c := range h.counts {
			if c == 0 {
				continue
			}
			b := Bucket{From: lowest(i), To: limitOf(i), Count: c}
			if i == Buckets-1 {
				b.To = max(b.To, h.Max())
			}
			if !yield(b) {
				return
			}
		}
	}
}

// Cumulate sets counts[i] to how many durations are shorter than 1<<(first+i) nanoseconds; first+i must be 1 or more.
// That is exact: powers of two are bounds of buckets.
func (h *Histogram) Cumulate(first int, counts []uint64) {
	seen, bucket := uint64(0), 0
	for i := range counts {
		end := Buckets
		if power := max(first+i, 0); power < maxBits {
			end = power * SubBuckets
		}
		for ; bucket < end; bucket++ {
			seen += h.counts[bucket]
		}
		counts[i] = seen
	}
}
