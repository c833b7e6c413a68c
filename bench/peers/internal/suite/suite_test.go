package suite

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/smk-go/smk/bench/peers"
	"github.com/smk-go/smk/bench/peers/internal/goal"
)

// TestWithoutCPP runs the codec's part where there is no compiler. Everything else is measured, and
// what is not is said.
func TestWithoutCPP(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	o := Smoke()
	o.Parts = []string{"codec"}
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
	if g := row(t, r, "varied/executed"); g.Measured == nil {
		t.Error("varied executions are not measured")
	}
	if g := row(t, r, "big/to slug"); g.Note != "not asked for" {
		t.Errorf("a part that was not asked for: %+v", g)
	}
	// Everyone decodes seven feeds and all but hyperpb encode five messages; of the two floors only a
	// copy is one of encoding.
	if want := 7*(len(peers.All())+2) + 5*(len(peers.All())-1+1); len(r.Peers) != want {
		t.Errorf("%d rows of peers, want %d", len(r.Peers), want)
	}
	for _, row := range r.Peers {
		if row.Ns <= 0 || row.MBPerSecond <= 0 || row.Bytes <= 0 || row.Ratio.Median <= 0 {
			t.Errorf("%+v", row)
		}
		if row.Who == peers.Flat && (row.Ratio.Median != 1 || !row.Counted || row.Allocs != 0) {
			t.Errorf("%s is %+v", peers.Flat, row)
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
		asked := g.Number == 9 || g.Number == 10 || g.Number == 20
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
