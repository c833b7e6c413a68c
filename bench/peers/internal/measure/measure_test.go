package measure

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

var kept *[64]byte

// TestRun measures work by a clock that the work itself moves: in each round a variant's operation
// takes the nanoseconds given for it, before the rounds as in the first.
func TestRun(t *testing.T) {
	const rounds = 3
	var now time.Duration
	var order []string
	timed := func(name string, allocs int, nanoseconds ...float64) Variant {
		round := -1 // the last one of calibration is no round
		return Variant{name, func(n int) error {
			for range n * allocs {
				kept = new([64]byte)
			}
			ns := nanoseconds[0]
			if n == int(float64(SliceMin)/ns) { // what fills a slice
				if round >= 0 {
					ns = nanoseconds[round]
					order = append(order, name)
				}
				round++
			}
			now += time.Duration(ns * float64(n))
			return nil
		}}
	}
	results, err := run(Config{Rounds: rounds, Slice: SliceMin}, []Variant{
		timed("first", 0, 100, 200, 100),
		timed("second", 0, 500, 500, 600),
		timed("allocates", 3, 50, 400, 100),
	}, func() time.Duration { return now })
	if err != nil {
		t.Fatal(err)
	}
	want := []Result{
		{Name: "first", Ns: 100, Ratio: 1, RatioMin: 1, RatioMax: 1},
		{Name: "second", Ns: 500, Ratio: 5, RatioMin: 2.5, RatioMax: 6},
		{Name: "allocates", Ns: 100, Ratio: 1, RatioMin: 0.5, RatioMax: 2, Allocs: 3, Bytes: 3 * 64},
	}
	if !slices.Equal(results, want) {
		t.Errorf("got  %+v\nwant %+v", results, want)
	}
	wantOrder := []string{
		"first", "second", "allocates",
		"second", "allocates", "first",
		"allocates", "first", "second",
	}
	if !slices.Equal(order, wantOrder) {
		t.Errorf("order of the rounds is %v, want %v", order, wantOrder)
	}
}

// TestRunByTheClock runs real work by the real clock.
func TestRunByTheClock(t *testing.T) {
	calls := 0
	results, err := Run(Config{Rounds: 2, Slice: SliceMin}, []Variant{{"work", func(n int) error {
		calls++
		for range n {
			kept = new([64]byte)
		}
		return nil
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if r := results[0]; r.Ns <= 0 || r.Ratio != 1 || r.Allocs != 1 || r.Bytes != 64 || calls < 5 {
		t.Errorf("%d calls, result %+v", calls, r)
	}
}

// TestRunFails expects an error of a variant to end the run with its name.
func TestRunFails(t *testing.T) {
	broken := errors.New("broken")
	_, err := Run(Config{Rounds: 1, Slice: SliceMin}, []Variant{
		{"bad", func(int) error { return broken }},
	})
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "bad: ") {
		t.Errorf("error is %v", err)
	}
	if _, err := Run(Config{Rounds: 1, Slice: SliceMin}, nil); err == nil {
		t.Error("nothing was measured without an error")
	}
}

// TestRunOfNothing expects work that takes no time to be refused instead of repeated for ever.
func TestRunOfNothing(t *testing.T) {
	stopped := func() time.Duration { return 0 }
	nothing := Variant{"nothing", func(int) error { return nil }}
	if _, err := run(Config{Rounds: 1, Slice: SliceMin}, []Variant{nothing}, stopped); err == nil {
		t.Error("measured")
	}
}

func TestConfigCheck(t *testing.T) {
	for _, c := range []Config{
		{0, time.Second},
		{-1, time.Second},
		{RoundsMax + 1, time.Second},
		{1, 0},
		{1, SliceMin - 1},
		{1, SliceMax + 1},
	} {
		if c.Check() == nil {
			t.Errorf("%+v is taken", c)
		}
		if _, err := Run(c, []Variant{{"x", func(int) error { return nil }}}); err == nil {
			t.Errorf("%+v is run", c)
		}
	}
	for _, c := range []Config{{1, SliceMin}, {RoundsMax, SliceMax}} {
		if err := c.Check(); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3},
		{[]float64{4, 1}, 2.5},
		{[]float64{9, 1, 2}, 2},
		{[]float64{9, 1, 2, 4}, 3},
	} {
		if got := Median(c.values); got != c.want {
			t.Errorf("median of %v is %v, want %v", c.values, got, c.want)
		}
	}
}
