package suite

import (
	"strings"
	"testing"

	"github.com/smk-go/smk/bench/compare/internal/goal"
	"github.com/smk-go/smk/bench/compare/internal/measure"
)

func row(t *testing.T, r *Results, key string) GoalRow {
	t.Helper()
	for _, g := range r.Goals {
		if g.Key == key {
			return g
		}
	}
	t.Fatalf("no goal %s", key)
	return GoalRow{}
}

// TestSet judges what is noted, by the median.
func TestSet(t *testing.T) {
	r := newResults(Smoke())
	if n := r.Count(goal.NotMeasured); n != len(goal.All()) {
		t.Errorf("%d of %d goals are not measured before anything is", n, len(goal.All()))
	}
	r.set("executed/sum", measure.Spread{Median: 0.9, Min: 0.1, Max: 9})
	r.set("cpp/mixed", measure.Spread{Median: 3.4, Min: 3, Max: 9})
	r.set("tls/plain p50", measure.Spread{Median: 1})
	for key, want := range map[string]goal.Verdict{
		"executed/sum": goal.Reached, "cpp/mixed": goal.Missed, "tls/plain p50": goal.Reached, "path/order": goal.NotMeasured,
	} {
		if g := row(t, r, key); g.Verdict != want {
			t.Errorf("%s is %v, want %v", key, g.Verdict, want)
		}
	}
	if row(t, r, "tls/plain p50").Stretch != nil || *row(t, r, "cpp/mixed").Stretch != 4.5 {
		t.Error("stretches are wrong")
	}
}

// TestWorst keeps the highest.
func TestWorst(t *testing.T) {
	r := newResults(Smoke())
	for _, v := range []float64{0, 2, 1} {
		r.worst("allocs/plain", v)
	}
	g := row(t, r, "allocs/plain")
	if want := (measure.Spread{Median: 2, Min: 0, Max: 2}); *g.Measured != want || g.Verdict != goal.Missed {
		t.Errorf("got %+v, %v, want %+v", *g.Measured, g.Verdict, want)
	}
}

// TestLack gives every goal that begins so the reason, and no other.
func TestLack(t *testing.T) {
	r := newResults(Smoke())
	r.lack("cpp/", "no compiler")
	for _, g := range r.Goals {
		if (g.Note == "no compiler") != strings.HasPrefix(g.Key, "cpp/") {
			t.Errorf("%s: note %q", g.Key, g.Note)
		}
	}
}

// TestBrokenBeliefs expects names that no goal has to be told at once.
func TestBrokenBeliefs(t *testing.T) {
	for name, f := range map[string]func(*Results){
		"set":  func(r *Results) { r.set("nonsense", measure.Spread{}) },
		"lack": func(r *Results) { r.lack("nonsense", "") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s takes any name", name)
				}
			}()
			f(newResults(Smoke()))
		}()
	}
}

// TestEveryGoalHasAPart expects each goal to be some part's, but for what was not built.
func TestEveryGoalHasAPart(t *testing.T) {
	for _, g := range goal.All() {
		owners := 0
		for _, p := range parts {
			for _, key := range p.keys {
				if strings.HasPrefix(g.Key, key) {
					owners++
				}
			}
		}
		if (owners == 1) == strings.HasPrefix(g.Key, unbuilt) {
			t.Errorf("%s belongs to %d parts", g.Key, owners)
		}
	}
	for _, p := range parts {
		for _, key := range p.keys {
			newResults(Smoke()).lack(key, "") // panics if there is none
		}
	}
}
