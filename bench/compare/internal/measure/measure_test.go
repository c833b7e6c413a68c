package measure

import (
	"errors"
	"reflect"
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
		return Variant{Name: name, Loop: func(n int) error {
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
		{Name: "first", Rounds: []float64{100, 200, 100}, Ns: 100, Counted: true},
		{Name: "second", Rounds: []float64{500, 500, 600}, Ns: 500, Counted: true},
		{Name: "allocates", Rounds: []float64{50, 400, 100}, Ns: 100, Counted: true, Allocs: 3, Bytes: 3 * 64},
	}
	if !reflect.DeepEqual(results, want) {
		t.Errorf("got  %+v\nwant %+v", results, want)
	}
	for i, want := range []Spread{{1, 1, 1}, {5, 2.5, 6}, {1, 0.5, 2}} {
		if got := results[i].Ratio(results[0]); got != want {
			t.Errorf("%s is %+v of the first, want %+v", results[i].Name, got, want)
		}
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
	results, err := Run(Config{Rounds: 2, Slice: SliceMin}, []Variant{{Name: "work", Loop: func(n int) error {
		calls++
		for range n {
			kept = new([64]byte)
		}
		return nil
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if r := results[0]; r.Ns <= 0 || len(r.Rounds) != 2 || r.Allocs != 1 || r.Bytes != 64 || calls < 5 {
		t.Errorf("%d calls, result %+v", calls, r)
	}
}

// TestCountOfSlowWork counts over few operations of what takes long, and over all of a feed else.
func TestCountOfSlowWork(t *testing.T) {
	for _, c := range []struct {
		each time.Duration
		want int
	}{
		{time.Microsecond, countedRuns},
		{countedTime / countedRuns, countedRuns},
		{time.Millisecond, 100},
		{time.Second, countedLeast},
	} {
		var now time.Duration
		most := 0
		err := count(Variant{Loop: func(n int) error {
			now, most = now+time.Duration(n)*c.each, max(most, n)
			return nil
		}}, new(Result), func() time.Duration { return now })
		if err != nil || most != c.want {
			t.Errorf("%v each: counted over %d, %v, want %d", c.each, most, err, c.want)
		}
	}
}

// TestRunRemote measures by what the other process says, whatever passes here meanwhile.
func TestRunRemote(t *testing.T) {
	results, err := Run(Config{Rounds: 2, Slice: SliceMin}, []Variant{
		{Name: "far", Remote: func(n int) (time.Duration, error) { return 7 * time.Duration(n), nil }},
	})
	want := Result{Name: "far", Rounds: []float64{7, 7}, Ns: 7}
	if err != nil || !reflect.DeepEqual(results[0], want) {
		t.Errorf("got %+v, %v, want %+v", results, err, want)
	}
}

// TestRunFails expects an error of a variant to end the run with its name.
func TestRunFails(t *testing.T) {
	broken := errors.New("broken")
	_, err := Run(Config{Rounds: 1, Slice: SliceMin}, []Variant{
		{Name: "bad", Loop: func(int) error { return broken }},
	})
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "bad: ") {
		t.Errorf("error is %v", err)
	}
	_, err = Run(Config{Rounds: 1, Slice: SliceMin}, []Variant{
		{Name: "far", Remote: func(int) (time.Duration, error) { return 0, broken }},
	})
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "far: ") {
		t.Errorf("error is %v", err)
	}
	if _, err := Run(Config{Rounds: 1, Slice: SliceMin}, nil); err == nil {
		t.Error("nothing was measured without an error")
	}
}

// TestRunOfNothing expects work that takes no time to be refused instead of repeated for ever.
func TestRunOfNothing(t *testing.T) {
	stopped := func() time.Duration { return 0 }
	nothing := Variant{Name: "nothing", Loop: func(int) error { return nil }}
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
		if _, err := Run(c, []Variant{{Name: "x", Loop: func(int) error { return nil }}}); err == nil {
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
