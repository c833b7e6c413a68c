package roundtrip

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
)

// small is enough for every path to be taken.
var small = Config{
	Rounds: 2, RoundTrips: 30, Warm: 5, Interval: 20 * time.Microsecond,
	HandOvers: 30, StateBytes: 4 << 20, Stall: 20 * time.Millisecond, StallRounds: 1,
}

// allocNoise is what the runtime may allocate on its own account in so few round
// trips, per round trip.
const allocNoise = 0.2

// oneCore reports whether Go has one core to run on, which is too few.
func oneCore() bool { return min(runtime.NumCPU(), runtime.GOMAXPROCS(0)) < 2 }

// TestRun runs everything once, quickly, and checks what does not depend on the clock.
func TestRun(t *testing.T) {
	r, err := Run(t.Context(), small)
	if errors.Is(err, ErrCores) && oneCore() {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	want := []string{EnginePlainGo, EngineTLSGo}
	if _, err := compiler(); err == nil {
		want = append([]string{
			Floor, EngineSpins, Naive, EngineAdapts, EngineBlocks, FloorBlocks, FloorOnTime, EngineOnTime, NaiveOnTime,
		}, want...)
		if len(r.Notes) > 0 {
			t.Errorf("notes: %q", r.Notes)
		}
	} else if len(r.Notes) != 1 {
		t.Errorf("%d notes without a C compiler, want 1", len(r.Notes))
	}
	var got []string
	for _, c := range r.Clients {
		got = append(got, c.Name)
		checkClient(t, r, c)
	}
	if !slices.Equal(got, want) {
		t.Errorf("clients %q, want %q", got, want)
	}
	for name, s := range map[string]Spread{
		"cache line":           r.CacheLine,
		"line, by clock":       r.HandOver.CacheLine,
		"ring":                 r.HandOver.Ring,
		"engine":               r.HandOver.Engine,
		"sent":                 r.HandOver.Sent,
		"eventfd":              r.HandOver.Eventfd,
		"engine that blocks":   r.HandOver.EngineBlocks,
		"engine to cache line": r.HandOver.EngineToCacheLine,
		"ring to cache line":   r.HandOver.RingToCacheLine,
		"eventfd to engine":    r.HandOver.EventfdToEngine,
		"small stall":          r.Stall.Small,
		"large stall":          r.Stall.Large,
		"large to small":       r.Stall.LargeToSmall,
		"TLS to plain":         r.TLSToPlain.P50,
	} {
		checkSpread(t, name, s)
	}
	if r.Stall.StateBytes != small.StateBytes {
		t.Errorf("state of %d bytes, want %d", r.Stall.StateBytes, small.StateBytes)
	}
}

func checkSpread(t *testing.T, name string, s Spread) {
	t.Helper()
	if s.Min <= 0 || s.Median < s.Min || s.Max < s.Median || math.IsInf(s.Max, 0) || math.IsNaN(s.Median) {
		t.Errorf("%s: %+v", name, s)
	}
}

// checkClient checks what holds for a client however fast it was.
func checkClient(t *testing.T, r Report, c Client) {
	isFloor := c.Name == Floor || c.Name == FloorOnTime || c.Name == EnginePlainGo
	turns := int64(r.Rounds)
	if isFloor {
		turns = int64(r.Rounds) * int64(1+countIf(r.Clients, func(other Client) bool {
			switch c.Name {
			case Floor:
				return !other.OnSchedule && other.ToFloor != Ratio{} && other.Name != EngineTLSGo
			case FloorOnTime:
				return other.OnSchedule && other.ToFloor != Ratio{}
			}
			return other.Name == EngineTLSGo
		}))
	}
	if want := turns * int64(r.RoundTrips); c.RoundTrips != want {
		t.Errorf("%s: %d round trips, want %d", c.Name, c.RoundTrips, want)
	}
	checkSpread(t, c.Name+" p50", c.P50)
	checkSpread(t, c.Name+" p99", c.P99)
	checkSpread(t, c.Name+" p99.9", c.P999)
	if c.P50.Median > c.P99.Median || c.P99.Median > c.P999.Median {
		t.Errorf("%s: percentiles do not grow: %v %v %v", c.Name, c.P50, c.P99, c.P999)
	}
	if isFloor != (c.ToFloor == Ratio{}) {
		t.Errorf("%s: ratio to its floor is %+v", c.Name, c.ToFloor)
	}
	if len(c.Curve) < 2 || c.Curve[len(c.Curve)-1].Percentile != 100 {
		t.Errorf("%s: %d points of a curve that does not end at 100 %%", c.Name, len(c.Curve))
	}
	switch {
	case strings.HasPrefix(c.Name, "C, "):
		if c.Allocs != -1 {
			t.Errorf("%s: %.3f allocations a round trip", c.Name, c.Allocs)
		}
	case c.Name == EngineTLSGo:
		// crypto/tls's own, for the one record that is read.
		if c.Allocs > 1+allocNoise || c.AllocBytes > 24+64*allocNoise {
			t.Errorf("%s: %.3f allocations of %.1f bytes a round trip", c.Name, c.Allocs, c.AllocBytes)
		}
	case strings.HasPrefix(c.Name, "engine"):
		if c.Allocs < 0 || c.Allocs > allocNoise {
			t.Errorf("%s: %.3f allocations a round trip", c.Name, c.Allocs)
		}
	}
}

func countIf(clients []Client, is func(Client) bool) (n int) {
	for _, c := range clients {
		if is(c) {
			n++
		}
	}
	return n
}

// TestEngineSaysWhatTheScriptSays: the engine's bytes on the wire are as many as the
// prepared ones, so that the floor sends what the engine does.
func TestEngineSaysWhatTheScriptSays(t *testing.T) {
	const warm, counted = 5, 50
	two, err := cores()
	if err != nil {
		if oneCore() {
			return
		}
		t.Fatal(err)
	}
	s, _, err := startGo(two[1], warm+counted+1, false)
	if err != nil {
		t.Fatal(err)
	}
	b, err := newBot(s.address(), nil, func(c *engine.Config) { c.Wait = engine.WaitSpinBlock })
	if err != nil {
		t.Fatal(err)
	}
	taken, err := b.run(newCounts(warm, counted))
	if err := errors.Join(err, s.stop()); err != nil {
		t.Fatal(err)
	}
	if len(taken.times) != counted {
		t.Errorf("%d times, want %d", len(taken.times), counted)
	}
	script, err := newScript(warm + counted + 1)
	if err != nil {
		t.Fatal(err)
	}
	var out, in uint64
	for _, turn := range script {
		out += uint64(len(turn.request))
		in += uint64(len(turn.reply))
	}
	stats := b.engine.Stats()
	if stats.BytesOut != out || stats.BytesIn != in {
		t.Errorf("engine sent %d bytes and received %d, the script has %d and %d", stats.BytesOut, stats.BytesIn, out, in)
	}
	if want := uint64(warm + counted + 2); stats.Session.MessagesOut != want {
		t.Errorf("engine sent %d messages, want %d", stats.Session.MessagesOut, want)
	}
	if stats.Session.UnansweredPeak != 1 {
		t.Errorf("%d orders waited for their answers at once, want 1", stats.Session.UnansweredPeak)
	}
}

// TestWithoutCompiler measures what there is without one, and says so.
func TestWithoutCompiler(t *testing.T) {
	t.Setenv("CC", "/does/not/exist")
	m, err := newMeasurement(small)
	if errors.Is(err, ErrCores) && oneCore() {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	if err := m.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := m.report()
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "no C compiler") {
		t.Errorf("notes %q", r.Notes)
	}
	if len(r.Clients) != 2 {
		t.Errorf("%d clients, want the two with a server in Go", len(r.Clients))
	}
}
