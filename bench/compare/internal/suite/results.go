package suite

import (
	"math"
	"strings"
	"time"

	"github.com/smk-go/smk/bench/compare/internal/goal"
	"github.com/smk-go/smk/bench/compare/internal/measure"
)

// Results is everything that was measured. It is what JSON holds.
type Results struct {
	Started time.Time     `json:"started"`
	Took    time.Duration `json:"took_ns"`
	Smoke   bool          `json:"smoke"` // too short to mean anything
	Machine Machine       `json:"machine"`

	// Versions of modules and tools by name.
	Versions map[string]string `json:"versions"`

	Rounds int           `json:"rounds"`
	Slice  time.Duration `json:"slice_ns"`
	Clock  string        `json:"clock"`

	Goals []GoalRow `json:"goals"`
	Peers []PeerRow `json:"peers"`

	Stages  []StageRow   `json:"stages"`
	Latency []LatencyRow `json:"latency"`
	Growth  []Growth     `json:"growth"`
	Facts   []Fact       `json:"facts"`

	// Notes say what was not measured and why.
	Notes []string `json:"notes"`
}

// GoalRow is one goal and what was measured for it.
type GoalRow struct {
	Number   int             `json:"number"` // 0 for a guard
	Key      string          `json:"key"`
	What     string          `json:"what"`
	Sense    string          `json:"sense"`
	Limit    float64         `json:"limit"`
	Stretch  *float64        `json:"stretch,omitempty"` // nil if there is none
	Measured *measure.Spread `json:"measured,omitempty"`
	Verdict  goal.Verdict    `json:"verdict"`
	Note     string          `json:"note,omitempty"` // why it was not measured

	// Unbuilt says that there is nothing to measure, on any machine.
	Unbuilt bool `json:"unbuilt,omitempty"`
}

// PeerRow is one way to decode or encode one message or feed.
type PeerRow struct {
	Direction   string         `json:"direction"`
	What        string         `json:"what"`
	Bytes       float64        `json:"payload_bytes"`
	Who         string         `json:"who"`
	Ns          float64        `json:"ns_per_op"`
	MBPerSecond float64        `json:"mb_per_s"`
	Counted     bool           `json:"counted"` // the allocations were
	AllocBytes  float64        `json:"bytes_per_op"`
	Allocs      float64        `json:"allocs_per_op"`
	Ratio       measure.Spread `json:"ratio"` // to gen/msg, of the rounds
}

// StageRow is a stretch of a message's way through the engine, from the same start as the others of
// its group.
type StageRow struct {
	Group  string         `json:"group"`
	Name   string         `json:"name"`
	Ns     float64        `json:"ns_per_op"`
	Allocs float64        `json:"allocs_per_op"`
	Base   bool           `json:"base"`  // what the group's others are compared with
	Ratio  measure.Spread `json:"ratio"` // to the base, of the rounds
}

// LatencyRow is round trips of one client. Times are in microseconds, over the rounds.
type LatencyRow struct {
	Name       string         `json:"name"`
	OnSchedule bool           `json:"on_schedule"` // times count from when an order was due
	P50        measure.Spread `json:"p50"`
	P99        measure.Spread `json:"p99"`
	P999       measure.Spread `json:"p99.9"`

	// ToFloor is p50, p99 and p99.9 divided by the floor's before and after, nil for a floor.
	ToFloor []measure.Spread `json:"to_floor,omitempty"`

	Curve []Point `json:"curve"` // percentile and microseconds, of all rounds together
}

// Point is a point of a curve.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// Growth is what an operation costs as something becomes more.
type Growth struct {
	Name   string        `json:"name"`
	Over   string        `json:"over"` // what becomes more
	Points []GrowthPoint `json:"points"`
}

// GrowthPoint is the cost of one operation with so many of what there may be.
type GrowthPoint struct {
	N     int            `json:"n"`
	Ns    float64        `json:"ns_per_op"`
	Ratio measure.Spread `json:"ratio"` // to the first point, of the rounds
}

// newResults has a row for every goal, none of them measured.
func newResults(o Options) *Results {
	r := &Results{
		Smoke: o.Smoke, Machine: thisMachine(), Versions: modules(),
		Rounds: o.Rounds, Slice: o.Slice, Clock: measure.Clock,
	}
	for _, g := range goal.All() {
		row := GoalRow{Number: g.Number, Key: g.Key, What: g.What, Sense: g.Sense.String(), Limit: g.Limit}
		if !math.IsNaN(g.Stretch) {
			row.Stretch = &g.Stretch
		}
		r.Goals = append(r.Goals, row)
	}
	return r
}

// set notes what was measured for a goal and judges it.
func (r *Results) set(key string, measured measure.Spread) {
	for i, g := range goal.All() {
		if g.Key == key {
			r.Goals[i].Measured, r.Goals[i].Verdict = &measured, g.Verdict(measured.Median)
			return
		}
	}
	panic("BUG: suite: no goal is called " + key)
}

// worst notes a number of which only the highest counts.
func (r *Results) worst(key string, v float64) {
	measured := measure.Spread{Median: v, Min: v, Max: v}
	for _, row := range r.Goals {
		if row.Key == key && row.Measured != nil {
			measured.Min = min(v, row.Measured.Min)
			measured.Max = max(v, row.Measured.Max)
			measured.Median = measured.Max
		}
	}
	r.set(key, measured)
}

// lack notes why the goals whose keys begin with prefix were not measured.
func (r *Results) lack(prefix, why string) {
	found := false
	for i := range r.Goals {
		if strings.HasPrefix(r.Goals[i].Key, prefix) {
			r.Goals[i].Note, found = why, true
		}
	}
	if !found {
		panic("BUG: suite: no goal begins with " + prefix)
	}
}

// Open is how many goals are missed, or were not measured although they could be.
func (r *Results) Open() int {
	n := 0
	for _, row := range r.Goals {
		if row.Verdict == goal.Missed || row.Verdict == goal.NotMeasured && !row.Unbuilt {
			n++
		}
	}
	return n
}

// Count is how many goals have this verdict.
func (r *Results) Count(v goal.Verdict) int {
	n := 0
	for _, row := range r.Goals {
		if row.Verdict == v {
			n++
		}
	}
	return n
}
