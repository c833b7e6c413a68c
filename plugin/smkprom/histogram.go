package smkprom

import (
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/smk-go/smk/engine/latency"
)

// Classic buckets end at powers of two nanoseconds, which are bounds of the engine's own buckets, so that their counts
// are exact: 1.024 us, 2.048 us and so on to 8.6 s. A duration on a bound counts above it.
const (
	firstPower  = 10
	classicSize = 24
)

// Native buckets have schema 3: each is 2^(1/8), 9 %, wider than the one before. A bucket of the engine, of 6 % at
// most, goes as a whole to where its middle is. Durations of 0 and 1 ns are in the zero bucket.
const (
	nativeSchema  = 3
	nativePerTwo  = 1 << nativeSchema
	zeroThreshold = 1e-9
)

// constHistogram is a histogram as of one moment.
type constHistogram struct {
	desc   *prometheus.Desc
	labels []*dto.LabelPair
	value  *dto.Histogram
}

// Desc returns the description.
func (h *constHistogram) Desc() *prometheus.Desc { return h.desc }

// Write fills in a metric.
func (h *constHistogram) Write(to *dto.Metric) error {
	to.Label, to.Histogram = h.labels, h.value
	return nil
}

// newHistogram copies a histogram of the engine into one with classic and native buckets.
func newHistogram(desc *prometheus.Desc, labels []*dto.LabelPair, h *latency.Histogram) *constHistogram {
	value := &dto.Histogram{
		SampleCount: new(h.Count()), SampleSum: new(h.Sum().Seconds()),
		Schema: new(int32(nativeSchema)), ZeroThreshold: new(zeroThreshold),
	}
	var counts [classicSize]uint64
	h.Cumulate(firstPower, counts[:])
	for i, n := range counts {
		bound := time.Duration(1 << (firstPower + i)).Seconds()
		value.Bucket = append(value.Bucket, &dto.Bucket{CumulativeCount: new(n), UpperBound: new(bound)})
	}
	addNative(value, h)
	return &constHistogram{desc, labels, value}
}

// addNative adds the native buckets.
func addNative(to *dto.Histogram, h *latency.Histogram) {
	zeros, last, before := uint64(0), math.MinInt, int64(0)
	var counts []int64 // of the buckets, absolute
	for b := range h.All() {
		if b.To <= 1 {
			zeros += b.Count
			continue
		}
		middle := (float64(b.From) + float64(b.To)) / 2 / float64(time.Second)
		at := int(math.Ceil(math.Log2(middle) * nativePerTwo))
		switch {
		case at == last:
			counts[len(counts)-1] += int64(b.Count)
			continue
		case last == math.MinInt:
			to.PositiveSpan = append(to.PositiveSpan, &dto.BucketSpan{Offset: new(int32(at)), Length: new(uint32(1))})
		case at == last+1:
			*to.PositiveSpan[len(to.PositiveSpan)-1].Length++
		default:
			span := &dto.BucketSpan{Offset: new(int32(at - last - 1)), Length: new(uint32(1))}
			to.PositiveSpan = append(to.PositiveSpan, span)
		}
		last, counts = at, append(counts, int64(b.Count))
	}
	for _, n := range counts {
		to.PositiveDelta = append(to.PositiveDelta, n-before)
		before = n
	}
	to.ZeroCount = &zeros
	if len(to.PositiveSpan) == 0 { // says that the histogram is a native one, too
		to.PositiveSpan = []*dto.BucketSpan{{Offset: new(int32(0)), Length: new(uint32(0))}}
	}
}
