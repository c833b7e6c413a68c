package bench

import (
	"testing"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/wire"
)

// sum keeps the result of the byte-sum loop alive.
var sum uint64

// copyFloor is what a copy of the feed's payloads or frames costs, one after the other.
func copyFloor(b *testing.B, feed fixture.Feed, payloads [][]byte) {
	buf := make([]byte, wire.FrameSize(longest(feed)))
	start(b, feed)
	i := 0
	for b.Loop() {
		copy(buf, payloads[i&feed.Mask()])
		i++
	}
}

// byteSumFloor is what looking at each byte once costs.
func byteSumFloor(b *testing.B, feed fixture.Feed) {
	start(b, feed)
	i := 0
	for b.Loop() {
		var s uint64
		for _, c := range feed.Payloads[i&feed.Mask()] {
			s += uint64(c)
		}
		sum += s
		i++
	}
}

func longest(feed fixture.Feed) int {
	n := 0
	for _, p := range feed.Payloads {
		n = max(n, len(p))
	}
	return n
}

// start sets what every benchmark reports: throughput in payload bytes, and allocations.
func start(b *testing.B, feed fixture.Feed) {
	b.SetBytes(int64(feed.PayloadBytes()))
	b.ReportAllocs()
}
