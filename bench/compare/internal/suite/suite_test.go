package suite

import (
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/smk-go/smk/bench/compare"
	"github.com/smk-go/smk/bench/compare/internal/measure"
	"github.com/smk-go/smk/bench/compare/roundtrip"
	"github.com/smk-go/smk/bench/internal/stages"
)

// TestVerdict judges values on, just inside and just outside of each limit, in both senses.
func TestVerdict(t *testing.T) {
	most := goal{sense: AtMost, limit: 2, stretch: 1.2}
	least := goal{sense: AtLeast, limit: 5, stretch: 8}
	for _, c := range []struct {
		name     string
		goal     goal
		measured float64
		want     Verdict
	}{
		{"at most, on the stretch", most, 1.2, Stretched},
		{"at most, above the stretch", most, math.Nextafter(1.2, 2), Reached},
		{"at most, on the limit", most, 2, Reached},
		{"at most, above the limit", most, math.Nextafter(2, 3), Missed},
		{"at most, far above", most, math.Inf(1), Missed},
		{"at most, not measured", most, math.NaN(), NotMeasured},
		{"at least, on the stretch", least, 8, Stretched},
		{"at least, below the stretch", least, math.Nextafter(8, 0), Reached},
		{"at least, on the limit", least, 5, Reached},
		{"at least, below the limit", least, math.Nextafter(5, 0), Missed},
		{"at least, nothing", least, 0, Missed},
		{"at least, not measured", least, math.NaN(), NotMeasured},
		{"at most without stretch", goal{sense: AtMost, limit: 2, stretch: none}, -9, Reached},
		{"at least without stretch", goal{sense: AtLeast, limit: 2, stretch: none}, math.Inf(1), Reached},
		{"exactly nothing", goal{sense: AtMost}, 0, Stretched},
		{"more than nothing", goal{sense: AtMost}, 0.001, Missed},
	} {
		if got := c.goal.verdict(c.measured); got != c.want {
			t.Errorf("%s: %v is %v, want %v", c.name, c.measured, got, c.want)
		}
	}
	for _, text := range []string{"", "perhaps"} {
		if new(Verdict).UnmarshalText([]byte(text)) == nil {
			t.Errorf("%q is a verdict", text)
		}
	}
}

// TestGoals holds the table to what makes it readable: every goal of the plan is in it, in order, says
// what it is, its stretch is no easier than its limit, and it is some part's, unless it was not built.
func TestGoals(t *testing.T) {
	var numbers []int
	whats := make(map[string]bool)
	for _, g := range goals {
		if g.what == "" || whats[g.what] {
			t.Errorf("%q is there twice", g.what)
		}
		whats[g.what] = true
		if g.verdict(g.limit) == Missed || !math.IsNaN(g.stretch) && g.verdict(g.stretch) != Stretched {
			t.Errorf("%s: its stretch is easier than its limit", g.what)
		}
		if slices.Contains(Parts(), g.part) == (g.neverMeasured != "") {
			t.Errorf("%s belongs to the part %q", g.what, g.part)
		}
		if g.number != Guard {
			numbers = append(numbers, g.number)
		}
	}
	if unique := slices.Compact(slices.Clone(numbers)); !slices.IsSorted(numbers) || len(unique) != 20 || unique[0] != 1 || unique[19] != 20 {
		t.Errorf("numbers are %v", numbers)
	}
}

// measured runs parts, shortly, and holds the results to the table of goals: those of the parts are
// measured, unless except names them, and no others.
func measured(t *testing.T, o Options, except string, names ...string) *Results {
	t.Helper()
	o.Parts = names
	r, err := Run(t.Context(), o, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range goals {
		want := slices.Contains(names, g.part) && (except == "" || !strings.Contains(g.what, except))
		if got := r.Goals[i]; want != (got.Measured != nil) && g.group != allocsPlain {
			t.Errorf("%s: %+v, %s", g.what, got.Measured, got.Note)
		}
		if g.group == allocsPlain && r.Goals[i].Measured != nil && r.Goals[i].Verdict != Stretched {
			t.Errorf("allocations are %+v", r.Goals[i].Measured)
		}
	}
	return r
}

// TestCodecWithoutCPP runs the codec's part where there is no compiler. Everything else is measured, and
// what is not is said.
func TestCodecWithoutCPP(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	o := Smoke()
	o.Feeds = []string{"executed", "quotes", "mixed", "create"}
	r := measured(t, o, "C++", codec)
	for _, g := range r.Goals {
		if strings.Contains(g.What, "C++ libprotobuf") && g.Note != "C++ libprotobuf is not available" ||
			strings.Contains(g.What, "slug") && g.Note != "not asked for" {
			t.Errorf("%s: note %q", g.What, g.Note)
		}
	}
	if !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "C++ libprotobuf is not measured: ") }) {
		t.Errorf("notes are %q", r.Notes)
	}
	// Everyone decodes three of them and all but hyperpb encode the fourth; of the two floors only a copy is
	// one of encoding.
	if want := 3*(len(compare.All())+2) + len(compare.All()) - 1 + 1; len(r.Rows) != want {
		t.Errorf("%d rows, want %d", len(r.Rows), want)
	}
	for _, row := range r.Rows {
		if row.Ns <= 0 || row.PayloadBytes <= 0 || row.Ratio.Median <= 0 {
			t.Errorf("%+v", row)
		}
		if row.Base != (row.Name == compare.Flat) || row.Base && (row.Ratio.Median != 1 || !row.Counted || row.Allocs != 0) {
			t.Errorf("%+v", row)
		}
	}
}

// TestParts runs what needs nothing but Go.
func TestParts(t *testing.T) {
	r := measured(t, Smoke(), "", layout, slug, stage, growth)
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
	for _, want := range []string{"size of a bot's program", "start of a bot's process to login, TLS", "Go heap of a connection, plain TCP"} {
		if !slices.ContainsFunc(r.Facts, func(f measure.Fact) bool { return strings.HasPrefix(f.What, want) && f.Value.Median > 0 }) {
			t.Errorf("no %s in %+v", want, r.Facts)
		}
	}
}

// TestNetwork expects every goal of the round trips to be measured where there are two cores and a C
// compiler, and else a note.
func TestNetwork(t *testing.T) {
	o := Smoke()
	o.Parts = []string{network}
	r, err := Run(t.Context(), o, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range goals {
		if g.part == network && r.Goals[i].Measured == nil && len(r.Notes) == 0 {
			t.Errorf("%s: %s", g.what, r.Goals[i].Note)
		}
	}
	if len(r.Notes) == 0 && len(r.Clients) != 11 {
		t.Errorf("%d clients", len(r.Clients))
	}
}

// TestAdd judges a report of round trips, and says what it lacks.
func TestAdd(t *testing.T) {
	r := newResults(Smoke())
	r.add(roundtrip.Report{
		Clients: []roundtrip.Client{{Name: roundtrip.EngineSpins, Allocs: 0.002}, {Name: roundtrip.EngineTLSGo, Allocs: 1.003}},
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
	for i, g := range r.Goals {
		if w, ok := want[g.What]; ok != (g.Measured != nil) || ok && g.Verdict != w {
			t.Errorf("%s: %+v, %v", g.What, g.Measured, g.Verdict)
		}
		if goals[i].part == network && g.Measured == nil && !strings.Contains(g.Note, "no C compiler") {
			t.Errorf("%s: note %q", g.What, g.Note)
		}
	}
	if g := r.Goals[slices.IndexFunc(goals, func(g goal) bool { return g.group == roundtrip.P50 })]; *g.Measured != (measure.Spread{Median: 1.06, Min: 1, Max: 2}) {
		t.Errorf("measured %+v", g.Measured)
	}
	if r.Count(NotMeasured) != len(goals)-len(want) || r.Open() != len(goals)-len(want)-1+1 || !slices.Equal(r.Notes, []string{"a note"}) {
		t.Errorf("%d not measured, %d open, notes %q", r.Count(NotMeasured), r.Open(), r.Notes)
	}
	r.worst(allocsPlain, 2)
	r.worst(allocsPlain, 1)
	if g := r.Goals[slices.IndexFunc(goals, func(g goal) bool { return g.group == allocsPlain })]; *g.Measured != (measure.Spread{Median: 2, Max: 2}) || g.Verdict != Missed {
		t.Errorf("the worst is %+v", g)
	}
}

// TestFailedPart expects the other parts to be measured, the failed one's goals to say so, and the
// error to come out, and no results of an interrupted run.
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
	for i, g := range goals {
		if (g.part == layout) != (r.Goals[i].Note == "its part failed") || (g.part == slug) != (r.Goals[i].Measured != nil) {
			t.Errorf("%s: %+v", g.what, r.Goals[i])
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
