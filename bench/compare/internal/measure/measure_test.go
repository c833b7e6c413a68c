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

// TestRun measures work by a clock that the work itself moves: in each round a variant's operation takes the
// nanoseconds given for it, before the rounds as in the first.
func TestRun(t *testing.T) {
	const rounds = 3
	var now time.Duration
	var order []string
	timed := func(name string, work float64, allocs int, nanoseconds ...float64) Variant {
		round := -1 // the last one of calibration is no round
		return Variant{Name: name, Work: work, Loop: func(n int) error {
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
		timed("first", 0, 0, 100, 200, 100),
		timed("second", 2, 0, 500, 500, 600),
		timed("allocates", 1, 3, 50, 400, 100),
	}, func() time.Duration { return now })
	if err != nil {
		t.Fatal(err)
	}
	want := []Result{
		{Name: "first", Rounds: []float64{100, 200, 100}, Ns: 100, Counted: true},
		{Name: "second", Rounds: []float64{250, 250, 300}, Ns: 250, Counted: true},
		{Name: "allocates", Rounds: []float64{50, 400, 100}, Ns: 100, Counted: true, Allocs: 3, Bytes: 3 * 64},
	}
	if !reflect.DeepEqual(results, want) {
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

// TestPrepare leaves what is prepared, and a reading of the clock for each batch, out of the time and the allocations.
func TestPrepare(t *testing.T) {
	const batch, reading = 10, 5 * time.Nanosecond
	var now time.Duration
	ready := 0
	results, err := run(Config{Rounds: 2, Slice: SliceMin}, []Variant{{
		Name: "prepared",
		Prepare: func() (int, error) {
			ready, kept = batch, new([64]byte)
			now += time.Hour
			return batch, nil
		},
		Loop: func(n int) error {
			if n > ready {
				return errors.New("not prepared")
			}
			ready -= n
			now += time.Duration(n) * 100
			return nil
		},
	}}, func() time.Duration { now += reading; return now })
	want := Result{Name: "prepared", Rounds: []float64{100, 100}, Ns: 100, Counted: true}
	if err != nil || !reflect.DeepEqual(results, []Result{want}) {
		t.Errorf("%+v, %v, want %+v", results, err, want)
	}
}

// TestRunOthers measures by the real clock, and by the times of another process.
func TestRunOthers(t *testing.T) {
	results, err := Run(Config{Rounds: 2, Slice: SliceMin}, []Variant{
		{Name: "near", Loop: func(n int) error {
			for range n {
				kept = new([64]byte)
			}
			return nil
		}},
		{Name: "far", Remote: func(n int) (time.Duration, error) { return 7 * time.Duration(n), nil }},
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := results[0]; r.Ns <= 0 || len(r.Rounds) != 2 || r.Allocs != 1 || r.Bytes != 64 {
		t.Errorf("result %+v", r)
	}
	if want := (Result{Name: "far", Rounds: []float64{7, 7}, Ns: 7}); !reflect.DeepEqual(results[1], want) {
		t.Errorf("got %+v, want %+v", results[1], want)
	}
}

// TestCountOfSlowWork counts over few operations of what takes long, and over all of a feed else.
func TestCountOfSlowWork(t *testing.T) {
	const slice = 10 * time.Millisecond
	for each, want := range map[time.Duration]int{
		time.Microsecond: countedRuns, 20 * time.Microsecond: countedRuns,
		time.Millisecond: 100, time.Second: countedLeast,
	} {
		most := 0
		err := count(Variant{Loop: func(n int) error {
			most = max(most, n)
			return nil
		}}, int(max(1, slice/each)), slice, new(Result))
		if err != nil || most != want {
			t.Errorf("%v each: counted over %d, %v, want %d", each, most, err, want)
		}
	}
}

// TestRunFails expects an error to end the run with the variant's name, and work that takes no time to be refused
// instead of repeated for ever.
func TestRunFails(t *testing.T) {
	stopped := func() time.Duration { return 0 }
	broken := errors.New("broken")
	for _, v := range []Variant{
		{Name: "bad", Loop: func(int) error { return broken }},
		{Name: "bad", Remote: func(int) (time.Duration, error) { return 0, broken }},
		{Name: "bad", Loop: func(int) error { return nil }},
	} {
		_, err := run(Config{Rounds: 1, Slice: SliceMin}, []Variant{v}, stopped)
		if err == nil || !strings.HasPrefix(err.Error(), "bad: ") {
			t.Errorf("error is %v", err)
		}
	}
	for _, c := range []Config{
		{0, time.Second}, {-1, time.Second}, {RoundsMax + 1, time.Second}, {1, SliceMin - 1}, {1, SliceMax + 1},
	} {
		if _, err := Run(c, nil); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
	for _, c := range []Config{{1, SliceMin}, {RoundsMax, SliceMax}} {
		if err := c.Check(); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   Spread
	}{
		{nil, Spread{}},
		{[]float64{3}, Spread{3, 3, 3}},
		{[]float64{4, 1}, Spread{2.5, 1, 4}},
		{[]float64{9, 1, 2}, Spread{2, 1, 9}},
		{[]float64{9, 1, 2, 4}, Spread{3, 1, 9}},
		{Divide([]float64{8, 2, 9}, []float64{2, 1, 3}), Spread{3, 2, 4}},
	} {
		if got := SpreadOf(c.values); got != c.want {
			t.Errorf("spread of %v is %v, want %v", c.values, got, c.want)
		}
	}
}
