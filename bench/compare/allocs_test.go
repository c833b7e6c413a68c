//go:build !race

package compare

import (
	"testing"

	"github.com/smk-go/smk/bench/internal/fixture"
)

// allocations is what decoding one message allocates. A count that changes with a library's version is worth knowing:
// results are quoted with these.
var allocations = map[string]map[string]float64{
	VTPooled: {"executed": 18, "accepted": 14, "quotes": 45, "heartbeat": 4, "create": 11},
	VTPlain:  {"executed": 20, "accepted": 16, "quotes": 77, "heartbeat": 5, "create": 13},
	Google:   {"executed": 20, "accepted": 16, "quotes": 77, "heartbeat": 5, "create": 13},
}

// TestAllocations holds decoding to the counts above, for all others and for encoding to none, and gen/msg to none
// over whole feeds of different messages too.
func TestAllocations(t *testing.T) {
	for _, l := range All() {
		for _, feed := range append(fixture.Inbound(), fixture.Create()) {
			if len(feed.Payloads) > 1 && l.Name != Flat {
				continue
			}
			loop, err := l.Decode(feed)
			if got, want := allocs(t, loop, err, len(feed.Payloads)), allocations[l.Name][feed.Name]; got != want {
				t.Errorf("%s decodes %s with %v allocations, want %v", l.Name, feed.Name, got, want)
			}
		}
		for _, feed := range fixture.Outbound() {
			if l.Encode == nil {
				continue
			}
			next, err := l.Encode(feed)
			if got := allocs(t, next.Loop, err, 1); got != 0 {
				t.Errorf("%s encodes %s with %v allocations", l.Name, feed.Name, got)
			}
		}
	}
}

// allocs returns the allocations of n operations once all memory has grown.
func allocs(t *testing.T, loop Loop, err error, n int) float64 {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return testing.AllocsPerRun(1+1000/n, func() {
		if err := loop(n); err != nil {
			t.Fatal(err)
		}
	})
}
