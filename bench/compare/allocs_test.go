//go:build !race

package compare

import (
	"testing"

	"github.com/smk-go/smk/bench/internal/fixture"
)

// allocations is what decoding one message allocates. A count that moves with a library's version is
// news: results are quoted with these.
var allocations = map[string]map[string]float64{
	"vtprotobuf pooled":          {"executed": 18, "accepted": 14, "quotes": 45, "heartbeat": 4, "create": 11},
	"vtprotobuf plain":           {"executed": 20, "accepted": 16, "quotes": 77, "heartbeat": 5, "create": 13},
	"google.golang.org/protobuf": {"executed": 20, "accepted": 16, "quotes": 77, "heartbeat": 5, "create": 13},
}

// TestDecodeAllocations holds the peers to the counts above and everyone else to none.
func TestDecodeAllocations(t *testing.T) {
	for _, p := range All() {
		for _, feed := range append(fixture.Inbound(), fixture.Create()) {
			if len(feed.Payloads) > 1 {
				continue
			}
			loop, err := p.Decode(feed)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := allocsPerRun(t, loop, 1), allocations[p.Name][feed.Name]; got != want {
				t.Errorf("%s decodes %s with %v allocations, want %v", p.Name, feed.Name, got, want)
			}
		}
	}
}

// TestFlatAllocatesNothing decodes whole feeds, whose messages vary.
func TestFlatAllocatesNothing(t *testing.T) {
	for _, feed := range fixture.Inbound() {
		loop, err := flat().Decode(feed)
		if err != nil {
			t.Fatal(err)
		}
		if got := allocsPerRun(t, loop, len(feed.Payloads)); got != 0 {
			t.Errorf("%s allocates %v times", feed.Name, got)
		}
	}
}

// TestEncodeAllocatesNothing holds everyone to what a reused buffer promises.
func TestEncodeAllocatesNothing(t *testing.T) {
	for _, p := range All() {
		if p.Encode == nil {
			continue
		}
		for _, feed := range fixture.Outbound() {
			next, err := p.Encode(feed)
			if err != nil {
				t.Fatal(err)
			}
			if got := allocsPerRun(t, next.Loop, 1); got != 0 {
				t.Errorf("%s encodes %s with %v allocations", p.Name, feed.Name, got)
			}
		}
	}
}

// allocsPerRun is the allocations of n operations once everything has grown.
func allocsPerRun(t *testing.T, loop Loop, n int) float64 {
	t.Helper()
	return testing.AllocsPerRun(1+1000/n, func() {
		if err := loop(n); err != nil {
			t.Fatal(err)
		}
	})
}
