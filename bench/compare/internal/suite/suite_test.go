package suite

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/smk-go/smk/bench/compare"
	"github.com/smk-go/smk/bench/compare/internal/goal"
	"github.com/smk-go/smk/bench/compare/roundtrip"
	"github.com/smk-go/smk/bench/internal/stages"
)

// TestWithoutCPP runs the codec's part where there is no compiler. Everything else is measured, and
// what is not is said.
func TestWithoutCPP(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	o := Smoke()
	o.Parts, o.Feeds = []string{"codec"}, []string{"executed", "quotes", "create"}
	r, err := Run(t.Context(), o, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range codecGoals {
		row := row(t, r, g.key)
		if foreign := strings.HasPrefix(g.key, "cpp/"); foreign != (row.Verdict == goal.NotMeasured) {
			t.Errorf("%s is %v", g.key, row.Verdict)
		} else if foreign != strings.Contains(row.Note, "C++ libprotobuf is not available") && foreign {
			t.Errorf("%s: note %q", g.key, row.Note)
		}
	}
	if !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "C++ libprotobuf is not measured: ") }) {
		t.Errorf("notes are %q", r.Notes)
	}
	if g := row(t, r, "allocs/plain"); g.Verdict != goal.Stretched {
		t.Errorf("allocations are %+v", g.Measured)
	}
	if g := row(t, r, "big/to slug"); g.Note != "not asked for" {
		t.Errorf("a part that was not asked for: %+v", g)
	}
	// Everyone decodes two of them and all but hyperpb encode the third; of the two floors only a copy is
	// one of encoding.
	if want := 2*(len(compare.All())+2) + len(compare.All()) - 1 + 1; len(r.Peers) != want {
		t.Errorf("%d rows of peers, want %d", len(r.Peers), want)
	}
	for _, row := range r.Peers {
		if row.Ns <= 0 || row.MBPerSecond <= 0 || row.Bytes <= 0 || row.Ratio.Median <= 0 {
			t.Errorf("%+v", row)
		}
		if row.Who == compare.Flat && (row.Ratio.Median != 1 || !row.Counted || row.Allocs != 0) {
			t.Errorf("%s is %+v", compare.Flat, row)
		}
	}
}

// TestSmallParts runs what needs nothing but Go.
func TestSmallParts(t *testing.T) {
	o := Smoke()
	o.Parts = []string{"way", "slug"}
	r, err := Run(t.Context(), o, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range r.Goals {
		asked := g.Number == 9 || g.Number == 10 || g.Number == 20 || strings.HasPrefix(g.Key, "varied/")
		if asked != (g.Measured != nil) {
			t.Errorf("%s: %+v, %s", g.Key, g.Measured, g.Note)
		}
	}
}

// TestFailedPart expects the other parts to be measured, the failed one's goals to say so, and the
// error to come out.
func TestFailedPart(t *testing.T) {
	old := parts
	t.Cleanup(func() { parts = old })
	broken := errors.New("broken")
	parts = []part{
		{"bad", func(context.Context, Options, *Results) error { return broken }, []string{"scan+decode/"}},
		{"slug", slug, []string{"big/"}},
	}
	r, err := Run(t.Context(), Smoke(), io.Discard)
	if !errors.Is(err, broken) || r == nil {
		t.Fatalf("%v, results %v", err, r)
	}
	if g := row(t, r, "scan+decode/mixed"); g.Note != "its part failed" {
		t.Errorf("note %q", g.Note)
	}
	if row(t, r, "big/to slug").Measured == nil {
		t.Error("the part behind the failed one did not run")
	}
	if len(r.Notes) != 1 || r.Notes[0] != "The part bad failed: broken." {
		t.Errorf("notes %q", r.Notes)
	}
}

// TestCancelled expects no results of an interrupted run.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o := Smoke()
	o.Parts = []string{"codec"}
	if r, err := Run(ctx, o, io.Discard); r != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", r, err)
	}
}

// TestGrowth expects a point for every size that a trial run takes.
func TestGrowth(t *testing.T) {
	o := Smoke()
	o.Parts = []string{"growth"}
	r, err := Run(t.Context(), o, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Growth) != len(stages.Curves()) {
		t.Errorf("%d curves, want %d", len(r.Growth), len(stages.Curves()))
	}
	for _, g := range r.Growth {
		if len(g.Points) < 2 || g.Points[0].Ratio.Median != 1 {
			t.Errorf("%s: points are %+v", g.Name, g.Points)
		}
		for i, p := range g.Points {
			if p.Ns <= 0 || i > 0 && p.N <= g.Points[i-1].N {
				t.Errorf("%s: points are %+v", g.Name, g.Points)
			}
		}
	}
}

// TestPath expects every guard of the way to be measured, and no allocation on it.
func TestPath(t *testing.T) {
	o := Smoke()
	o.Parts = []string{"path"}
	r, err := Run(t.Context(), o, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"path/order", "path/trade", "dispatch/scan+decode", "throughput"} {
		if g := row(t, r, key); g.Measured == nil {
			t.Errorf("%s: %s", key, g.Note)
		}
	}
	if g := row(t, r, "allocs/plain"); g.Verdict != goal.Stretched {
		t.Errorf("allocations are %+v", g.Measured)
	}
}

// TestSize builds a bot and lets it log in.
func TestSize(t *testing.T) {
	o := Smoke()
	o.Parts = []string{"size"}
	r, err := Run(t.Context(), o, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"size of a bot's program", "start of a bot's process to login, TLS", "Go heap of a connection, plain TCP"} {
		if !slices.ContainsFunc(r.Facts, func(f Fact) bool { return strings.HasPrefix(f.What, want) && f.Value.Median > 0 }) {
			t.Errorf("no %s in %+v", want, r.Facts)
		}
	}
}

// TestNetwork expects every goal of the round trips to be measured where there are two cores and a C
// compiler, and else to say why not.
func TestNetwork(t *testing.T) {
	o := Smoke()
	o.Parts = []string{"network"}
	r, err := Run(t.Context(), o, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range r.Goals {
		for _, key := range networkKeys {
			if strings.HasPrefix(g.Key, key) && g.Measured == nil && len(r.Notes) == 0 {
				t.Errorf("%s: %s", g.Key, g.Note)
			}
		}
	}
	if len(r.Notes) == 0 && len(r.Latency) < 5 {
		t.Errorf("%d clients", len(r.Latency))
	}
}

// TestAddTrips notes what a report says, and what it lacks.
func TestAddTrips(t *testing.T) {
	s := func(v float64) roundtrip.Spread { return roundtrip.Spread{Median: v, Min: v / 2, Max: v * 2} }
	ratio := func(a, b, c float64) roundtrip.Ratio { return roundtrip.Ratio{P50: s(a), P99: s(b), P999: s(c)} }
	r := newResults(Smoke())
	r.addTrips(roundtrip.Report{
		Clients: []roundtrip.Client{
			{Name: roundtrip.Floor, P50: s(6), P99: s(7), P999: s(20), Allocs: -1, Curve: []roundtrip.Point{{Percentile: 50, Micros: 6}}},
			{Name: roundtrip.EngineSpins, ToFloor: ratio(1.01, 1.02, 1.03), Allocs: 0.002},
			{Name: roundtrip.EngineAdapts, ToFloor: ratio(1.04, 1.20, 9)},
			{Name: roundtrip.EngineTLSGo, ToFloor: ratio(1, 1, 1), Allocs: 1.003},
		},
		TLSToPlain: ratio(1.1, 1.3, 9),
		HandOver:   roundtrip.HandOver{EngineToCacheLine: s(1.5), RingToCacheLine: s(1.1), EventfdToEngine: s(70)},
		Notes:      []string{"a note"},
	})
	for key, want := range map[string]float64{
		"engine/floor p50": 1.01, "engine/floor p99": 1.02, "engine/floor p99.9": 1.03,
		"adaptive/floor p50": 1.04, "adaptive/floor p99": 1.20, "tls/plain p50": 1.1, "tls/plain p99": 1.3,
		"handover/line": 1.5, "ring/line": 1.1, "wake/handover": 70, "allocs/plain": 0, "allocs/tls": 1,
	} {
		if g := row(t, r, key); g.Measured == nil || g.Measured.Median != want {
			t.Errorf("%s is %+v, want %v", key, g.Measured, want)
		}
	}
	for _, key := range []string{"netconn/engine p50", "stall/state"} {
		if g := row(t, r, key); g.Measured != nil || !strings.Contains(g.Note, "no C compiler") {
			t.Errorf("%s: %+v, %s", key, g.Measured, g.Note)
		}
	}
	if len(r.Latency) != 4 || r.Latency[0].ToFloor != nil || len(r.Latency[1].ToFloor) != 3 || len(r.Latency[0].Curve) != 1 {
		t.Errorf("clients are %+v", r.Latency)
	}
	if !slices.Equal(r.Notes, []string{"a note"}) {
		t.Errorf("notes %q", r.Notes)
	}
}
