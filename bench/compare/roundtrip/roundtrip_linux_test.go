package roundtrip

import (
	"errors"
	"math"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/smk-go/smk/bench/compare/internal/measure"
	"github.com/smk-go/smk/engine"
)

// small is enough for every path to be taken.
var small = func() Config { c := Short; c.Rounds, c.RoundTrips, c.Warm, c.HandOvers = 2, 30, 5, 30; return c }()

// allocNoise is what the runtime itself may allocate in so few round trips, per round trip.
const allocNoise = 0.2

// unavailable reports whether Go has one core to run on, which is too few.
func unavailable(t *testing.T, err error) bool {
	t.Helper()
	if errors.Is(err, ErrUnavailable) && min(runtime.NumCPU(), runtime.GOMAXPROCS(0)) < 2 {
		return true
	}
	if err != nil {
		t.Fatal(err)
	}
	return false
}

// TestRun runs everything once, quickly, and checks what does not depend on the clock.
func TestRun(t *testing.T) {
	r, err := Run(t.Context(), small)
	if unavailable(t, err) {
		return
	}
	turns := map[string]int64{ // of a floor, per round: its own and one after each of its clients
		Floor: 8, EngineSpins: 1, EngineRecord: 1, EngineState: 1, Naive: 1, EngineAdapts: 1, EngineBlocks: 1,
		FloorBlocks: 1,
		EngineGo:    2, EngineTLSGo: 1,
	}
	_, err = compile(t.TempDir())
	if noCompiler := err != nil; noCompiler != (len(r.Notes) == 1) || !noCompiler && len(r.Clients) != len(turns) {
		t.Errorf("%d clients, notes %q, compiler: %v", len(r.Clients), r.Notes, err)
	}
	checkSpread := func(name string, s measure.Spread) {
		if s.Min <= 0 || s.Median < s.Min || s.Max < s.Median || math.IsInf(s.Max, 0) || math.IsNaN(s.Median) {
			t.Errorf("%s: %+v", name, s)
		}
	}
	for _, c := range r.Clients {
		if want := turns[c.Name] * int64(small.Rounds*small.RoundTrips); c.RoundTrips != want {
			t.Errorf("%s: %d round trips, want %d", c.Name, c.RoundTrips, want)
		}
		for _, s := range c.Micros {
			checkSpread(c.Name, s)
		}
		if c.Micros[0].Median > c.Micros[1].Median || c.Micros[1].Median > c.Micros[2].Median {
			t.Errorf("%s: percentiles do not grow: %v", c.Name, c.Micros)
		}
		if (turns[c.Name] > 1) != (c.ToFloor == nil) {
			t.Errorf("%s: ratio to its floor is %+v", c.Name, c.ToFloor)
		}
		if len(c.Curve) < 2 || c.Curve[len(c.Curve)-1][0] != 100 {
			t.Errorf("%s: %d points of a curve that does not end at 100 %%", c.Name, len(c.Curve))
		}
		most := 0.0
		switch {
		case strings.HasPrefix(c.Name, "C, "):
			most = -1 - allocNoise
		case c.Name == EngineTLSGo:
			most = 1 // crypto/tls's own, for the one record that is read
		case strings.HasPrefix(c.Name, Naive):
			most = math.Inf(1)
		}
		if c.Allocs > most+allocNoise {
			t.Errorf("%s: %.3f allocations a round trip", c.Name, c.Allocs)
		}
	}
	for _, ratio := range r.Ratios {
		checkSpread(ratio.Group+" "+ratio.Over, measure.SpreadOf(ratio.Rounds))
	}
	for _, f := range r.Facts {
		checkSpread(f.What, f.Value)
	}
	if len(r.Facts) != 8 || len(r.Ratios) < 3+4 {
		t.Errorf("%d facts, %d ratios", len(r.Facts), len(r.Ratios))
	}
}

// TestEngineSendsTheScript: the engine's bytes on the wire are as many as the prepared ones, so that the floor
// sends what the engine does.
func TestEngineSendsTheScript(t *testing.T) {
	const warm, counted = 5, 50
	m := &measurement{}
	var err error
	if m.cores, err = cores(); unavailable(t, err) {
		return
	}
	s, err := startGo(m.cores[1], warm+counted+1, false)
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.newBot(newTurn(warm, counted), s, engine.WaitSpinBlock)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(b.run(), s.stop()); err != nil {
		t.Fatal(err)
	}
	if len(b.times) != counted {
		t.Errorf("%d times, want %d", len(b.times), counted)
	}
	var out, in int
	for _, e := range newScript(warm + counted + 1) {
		out += len(e.request)
		in += len(e.reply)
	}
	stats := b.engine.Stats()
	if stats.BytesOut != uint64(out) || stats.BytesIn != uint64(in) {
		t.Errorf("engine sent %d bytes and received %d, the script has %d and %d",
			stats.BytesOut, stats.BytesIn, out, in)
	}
	if stats.Session.MessagesOut != warm+counted+2 || stats.Session.UnansweredPeak != 1 {
		t.Errorf("engine sent %d messages, %d in flight at once",
			stats.Session.MessagesOut, stats.Session.UnansweredPeak)
	}
}

// TestWithoutCompiler measures the clients that need no compiler, and expects a note.
func TestWithoutCompiler(t *testing.T) {
	t.Setenv("CC", "/does/not/exist")
	m, err := newMeasurement(small)
	if unavailable(t, err) {
		return
	}
	if err := m.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := m.report()
	if len(r.Ratios) != len(ranks) { // of TLS to plain, and none of what did not run
		t.Errorf("ratios %+v", r.Ratios)
	}
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "no C compiler") || len(r.Clients) != 2 {
		t.Errorf("notes %q, %d clients, want the two with a server in Go", r.Notes, len(r.Clients))
	}
	m.close()
	if _, err := os.Stat(m.dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there", m.dir)
	}
}

// TestPercentiles divides by the mean of the turns before and after, rank by rank.
func TestPercentiles(t *testing.T) {
	c := client{rounds: percentiles{{9, 30}, {9, 60}, {9, 90}}}
	floor := client{rounds: percentiles{{7, 10, 20}, {7, 20, 20}, {7, 30, 60}}}
	c.divideBy(&floor)
	if want := (percentiles{{2}, {3}, {2}}); !reflect.DeepEqual(c.toFloor, want) {
		t.Fatalf("got %v, want %v", c.toFloor, want)
	}
	rounds := percentiles{{2, 4, 3}, {3, 1, 2}, {2, 2, 2}}
	if got, want := rounds.spreads()[0], (measure.Spread{Median: 3, Min: 2, Max: 4}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	all := rounds.ratios("a", "b")
	if len(all) != 3 || all[1].Group != P99 || !slices.Equal(all[1].Rounds, []float64{3, 1, 2}) {
		t.Errorf("got %+v", all)
	}
	times := make([]uint32, 1000)
	for i := range times {
		times[i] = uint32(i + 1)
	}
	times[999] = 1<<32 - 1 // longer than the histogram holds
	var p percentiles
	p.add(histogram(times))
	if want := (percentiles{{0.5}, {0.99}, {0.999}}); !reflect.DeepEqual(p, want) {
		t.Errorf("percentiles %v, want %v", p, want)
	}
	points := curve(histogram(times))
	if last := points[len(points)-1]; last[0] != 100 || last[1] < 4.29e6 || last[1] > 4.3e6 {
		t.Errorf("the curve ends at %+v", last)
	}
}
