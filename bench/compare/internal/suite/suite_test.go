package suite

import (
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/bench/compare"
	"github.com/smk-go/smk/bench/compare/internal/measure"
	"github.com/smk-go/smk/bench/compare/roundtrip"
	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/bench/internal/stages"
)

// TestVerdict judges values on, just inside and just outside of each limit, in both senses.
func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		sense                    string
		limit, stretch, measured float64
		want                     Verdict
	}{
		{AtMost, 2, 1.2, 1.2, Stretched},
		{AtMost, 2, 1.2, math.Nextafter(1.2, 2), Reached},
		{AtMost, 2, 1.2, 2, Reached},
		{AtMost, 2, 1.2, math.Nextafter(2, 3), Missed},
		{AtMost, 2, 1.2, math.NaN(), Missed},
		{AtLeast, 5, 8, 8, Stretched},
		{AtLeast, 5, 8, math.Nextafter(8, 0), Reached},
		{AtLeast, 5, 8, 5, Reached},
		{AtLeast, 5, 8, math.Nextafter(5, 0), Missed},
		{AtMost, 2, -1, 0, Reached},
		{AtLeast, 2, -1, math.Inf(1), Reached},
		{AtMost, 0, 0, 0, Stretched},
		{AtMost, 0, 0, 0.001, Missed},
	} {
		g := Goal{Sense: c.sense, Limit: c.limit, Stretch: c.stretch}
		if g.judge(measure.Spread{Median: c.measured}); g.Verdict != c.want {
			t.Errorf("%+v is %v", c, g.Verdict)
		}
	}
}

// TestGoals checks the table: every goal of the plan is in it, in order, with a name, its stretch is no easier than its
// limit, and it belongs to a part unless it was not built.
func TestGoals(t *testing.T) {
	var numbers []int
	whats := make(map[string]bool)
	for _, g := range goals() {
		if g.What == "" || whats[g.What] {
			t.Errorf("%q is there twice", g.What)
		}
		whats[g.What] = true
		easier := g.Sense == AtMost && g.Stretch > g.Limit ||
			g.Sense == AtLeast && g.Stretch >= 0 && g.Stretch < g.Limit
		if easier || g.Sense != AtMost && g.Sense != AtLeast {
			t.Errorf("%s: its stretch is easier than its limit", g.What)
		}
		if slices.Contains(Parts(), g.part) == g.Unbuilt {
			t.Errorf("%s belongs to the part %q", g.What, g.part)
		}
		if g.Number != Guard {
			numbers = append(numbers, g.Number)
		}
	}
	unique := slices.Compact(slices.Clone(numbers))
	if !slices.IsSorted(numbers) || len(unique) != 28 || unique[0] != 1 || unique[27] != 28 {
		t.Errorf("numbers are %v", numbers)
	}
}

// TestMeasure divides variants of known times, by the goals of their group and, for the rows, by the base.
func TestMeasure(t *testing.T) {
	takes := func(name string, ns int) measure.Variant {
		remote := func(n int) (time.Duration, error) { return time.Duration(n * ns), nil }
		return measure.Variant{Name: name, Remote: remote}
	}
	r := newResults(Smoke())
	twice := takes(unknown, 30)
	twice.Work = 2
	for _, g := range []group{
		{name: "decode executed", base: ours, variants: []measure.Variant{
			takes(ours, 10), takes(compare.Easy, 60), takes(memcpy, 2),
		}},
		{name: "different executed", base: inOrder, variants: []measure.Variant{takes(inOrder, 5), twice}},
		{name: "in mixed", base: "scan+decode", variants: []measure.Variant{
			takes("engine", 50), takes("scan+decode", 25),
		}},
		{name: "book, 10 levels", base: "decoded, 1000 books", variants: []measure.Variant{
			takes("decoded, 1000 books", 50), takes("applied, 1000 books", 75), takes("naive, 1000 books", 200),
		}},
	} {
		if err := r.measure(Smoke(), g); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]float64{
		"decode executed, ours / memcpy": 5, "decode executed, easyproto / ours": 6,
		"different executions, unknown fields between / without, per byte":   3,
		"mixed feed, scan to handler / scan and decode alone":                2,
		"mixed feed, scan to handler, million messages a second on one core": 20,
		"book delta of ten levels, applied / decoded, 1,000 books":           0.5,
		"book delta of ten levels, a naive book / ours, 1,000 books":         6,
	}
	for _, g := range r.Goals {
		if w, ok := want[g.What]; ok != (g.Measured != nil) || ok && g.Measured.Median != w {
			t.Errorf("%s is %+v, want %v", g.What, g.Measured, w)
		}
	}
	var ratios []float64
	for _, row := range r.Rows {
		ratios = append(ratios, row.Ratio.Median)
	}
	if want := []float64{1, 6, 0.2, 1, 3, 2, 1, 1, 1.5, 4}; !slices.Equal(ratios, want) {
		t.Errorf("rows are %v of their bases, want %v", ratios, want)
	}
}

// measured runs parts, shortly, and holds the results to the table of goals: those of the parts are measured, unless
// except names them, and no others.
func measured(t *testing.T, o Options, except string, names ...string) *Results {
	t.Helper()
	o.Parts = names
	r, err := Run(t.Context(), o, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range r.Goals {
		want := slices.Contains(names, g.part) && (except == "" || !strings.Contains(g.What, except))
		if g.group == allocsPlain {
			want = want || slices.Contains(names, stage) || slices.Contains(names, trading)
		}
		if want != (g.Measured != nil) || want && g.group == allocsPlain && g.Verdict != Stretched {
			t.Errorf("%s: %+v, %s", g.What, g.Measured, g.Note)
		}
	}
	return r
}

// TestCodecWithoutCPP runs the codec's part where there is no compiler. Everything else is measured, and what is not
// is said.
func TestCodecWithoutCPP(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	r := measured(t, Smoke(), "C++", codec)
	for _, g := range r.Goals {
		if strings.Contains(g.What, "C++ libprotobuf") && g.Note != "C++ libprotobuf is not available" ||
			strings.Contains(g.What, "slug") && g.Note != "not asked for" {
			t.Errorf("%s: note %q", g.What, g.Note)
		}
	}
	if !strings.Contains(strings.Join(r.Notes, "\n"), "C++ libprotobuf is not measured: ") {
		t.Errorf("notes are %q", r.Notes)
	}
	// Every library decodes and four encode; of the two floors only a copy is one of encoding.
	if want := len(fixture.Inbound())*(len(compare.All())+2) + len(fixture.Outbound())*(4+1); len(r.Rows) != want {
		t.Errorf("%d rows, want %d", len(r.Rows), want)
	}
	for _, row := range r.Rows {
		if row.Ns <= 0 || row.PayloadBytes <= 0 || row.Ratio.Median <= 0 {
			t.Errorf("%+v", row)
		}
		if row.Base != (row.Name == compare.Flat) ||
			row.Base && (row.Ratio.Median != 1 || !row.Counted || row.Allocs != 0) {
			t.Errorf("%+v", row)
		}
	}
}

// TestParts runs what needs nothing but Go.
func TestParts(t *testing.T) {
	r := measured(t, Smoke(), "", layout, slug, stage, trading, growth)
	points := 0
	for _, row := range r.Rows {
		if row.Section == "Growth" {
			points++
		}
	}
	if points < 2*len(stages.Curves()) {
		t.Errorf("%d points of growth", points)
	}
}

// TestSize builds a bot and lets it log in.
func TestSize(t *testing.T) {
	r := measured(t, Smoke(), "", size)
	for _, f := range r.Facts {
		if f.Value.Median <= 0 {
			t.Errorf("%s is %+v", f.What, f.Value)
		}
	}
	if len(r.Facts) < 2+2*2 {
		t.Errorf("facts are %+v", r.Facts)
	}
}

// TestNetwork expects every goal of the round trips to be measured where there are two cores and a C compiler, and
// else a note.
func TestNetwork(t *testing.T) {
	o := Smoke()
	o.Parts = []string{network}
	r, err := Run(t.Context(), o, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range r.Goals {
		if g.part == network && g.Measured == nil && len(r.Notes) == 0 {
			t.Errorf("%s: %s", g.What, g.Note)
		}
	}
	if len(r.Notes) == 0 && len(r.Clients) != 10 {
		t.Errorf("%d clients", len(r.Clients))
	}
}

// of returns the first goal of a group.
func of(r *Results, group string) Goal {
	return r.Goals[slices.IndexFunc(r.Goals, func(g Goal) bool { return g.group == group })]
}

// TestAdd judges a report of round trips and notes what is missing.
func TestAdd(t *testing.T) {
	r := newResults(Smoke())
	r.add(roundtrip.Report{
		Clients: []roundtrip.Client{
			{Name: roundtrip.EngineSpins, Allocs: 0.002}, {Name: roundtrip.EngineTLSGo, Allocs: 1.003},
		},
		Ratios: []roundtrip.Ratio{
			{Group: roundtrip.P50, Over: roundtrip.EngineSpins, Under: roundtrip.Floor, Rounds: []float64{1, 1.06, 2}},
			{Group: roundtrip.P99, Over: roundtrip.EngineSpins, Under: roundtrip.Floor, Rounds: []float64{1.03}},
			{Group: roundtrip.P99, Over: roundtrip.EngineBlocks, Under: roundtrip.Floor, Rounds: []float64{9}},
			{Group: roundtrip.Stall, Over: roundtrip.StateLarge, Under: roundtrip.StateSmall, Rounds: []float64{1.5}},
		},
		Notes: []string{"a note"},
	})
	want := map[string]Verdict{
		"round trip, engine / C busy polling, p50":                Missed,
		"round trip, engine / C busy polling, p99":                Stretched,
		"longest stall in collections, 1 GiB of our state / none": Reached,
		"allocations per message, plain":                          Stretched,
		"allocations per record read, crypto/tls":                 Reached,
	}
	for _, g := range r.Goals {
		if w, ok := want[g.What]; ok != (g.Measured != nil) || ok && g.Verdict != w {
			t.Errorf("%s: %+v, %v", g.What, g.Measured, g.Verdict)
		}
		if g.part == network && g.Measured == nil && !strings.Contains(g.Note, "no C compiler") {
			t.Errorf("%s: note %q", g.What, g.Note)
		}
	}
	if g := of(r, roundtrip.P50); *g.Measured != (measure.Spread{Median: 1.06, Min: 1, Max: 2}) {
		t.Errorf("measured %+v", g.Measured)
	}
	// Of those that are not measured one is not built, and one of the others is missed.
	lacking := len(r.Goals) - len(want)
	if r.Count(NotMeasured) != lacking || r.Open() != lacking-1+1 || !slices.Equal(r.Notes, []string{"a note"}) {
		t.Errorf("%d not measured, %d open, notes %q", r.Count(NotMeasured), r.Open(), r.Notes)
	}
	r.worst(allocsPlain, 2)
	r.worst(allocsPlain, 1)
	if g := of(r, allocsPlain); *g.Measured != (measure.Spread{Median: 2, Max: 2}) || g.Verdict != Missed {
		t.Errorf("the worst is %+v", g)
	}
}

// TestFailedPart expects the other parts to be measured, the failed one's goals to say so, and the error to come out,
// and no results of an interrupted run.
func TestFailedPart(t *testing.T) {
	old := parts
	t.Cleanup(func() { parts = old })
	parts = slices.Clone(parts)
	broken := errors.New("broken")
	parts[1].run = func(context.Context, Options, *Results) error { return broken }
	o := Smoke()
	o.Parts = []string{layout, slug}
	r, err := Run(t.Context(), o, io.Discard)
	if !errors.Is(err, broken) || r == nil {
		t.Fatalf("%v, results %v", err, r)
	}
	for _, g := range r.Goals {
		if (g.part == layout) != (g.Note == "its part failed") || (g.part == slug) != (g.Measured != nil) {
			t.Errorf("%s: %+v", g.What, g)
		}
	}
	if !slices.Equal(r.Notes, []string{"The part layout failed: broken."}) {
		t.Errorf("notes %q", r.Notes)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r, err := Run(ctx, o, io.Discard); r != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v, %v", r, err)
	}
}
