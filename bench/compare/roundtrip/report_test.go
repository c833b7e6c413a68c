package roundtrip

import "testing"

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   Spread
	}{
		{nil, Spread{}},
		{[]float64{3}, Spread{3, 3, 3}},
		{[]float64{4, 1, 9}, Spread{4, 1, 9}},
		{[]float64{4, 1, 9, 5}, Spread{4.5, 1, 9}},
	} {
		if got := spread(c.values); got != c.want {
			t.Errorf("spread of %v is %+v, want %+v", c.values, got, c.want)
		}
	}
}

// TestRatio divides by the mean of the runs before and after, rank by rank.
func TestRatio(t *testing.T) {
	run := percentiles{30, 60, 90}
	got := run.over(mean(percentiles{10, 20, 30}, percentiles{20, 20, 60}))
	if want := (percentiles{2, 3, 2}); got != want {
		t.Fatalf("got %v, want %v", got, want)
	}
	r := ratio([]percentiles{got, {4, 1, 2}, {3, 2, 2}})
	if want := (Ratio{Spread{3, 2, 4}, Spread{2, 1, 3}, Spread{2, 2, 2}}); r != want {
		t.Errorf("got %+v, want %+v", r, want)
	}
}

func TestHistogram(t *testing.T) {
	times := make([]uint32, 1000)
	for i := range times {
		times[i] = uint32(i + 1)
	}
	times[999] = 1<<32 - 1 // longer than can be told
	p := percentilesOf(histogram(times))
	if want := (percentiles{500, 990, 999}); p != want {
		t.Errorf("percentiles %v, want %v", p, want)
	}
	points := curve(histogram(times))
	last := points[len(points)-1]
	if last.Percentile != 100 || last.Micros < 4.29e6 || last.Micros > 4.3e6 {
		t.Errorf("the curve ends at %+v", last)
	}
}

// TestConfig holds defaults and limits.
func TestConfig(t *testing.T) {
	c, err := Config{}.resolve()
	if err != nil {
		t.Fatal(err)
	}
	if c.Rounds == 0 || c.RoundTrips == 0 || c.Warm == 0 || c.HandOvers == 0 || c.StateBytes == 0 || c.StallRounds == 0 || c.Interval == 0 || c.Stall == 0 {
		t.Errorf("defaults are missing: %+v", c)
	}
	for _, bad := range []Config{{Rounds: -1}, {RoundTrips: 1}, {Warm: -1}, {HandOvers: 1}, {StateBytes: 1}, {Interval: -1}, {Stall: -1}, {Rounds: 1 << 31}} {
		if _, err := bad.resolve(); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}
