package suite

import (
	"math"
	"strings"
	"time"

	"github.com/smk-go/smk/bench/peers/internal/goal"
	"github.com/smk-go/smk/bench/peers/internal/measure"
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
