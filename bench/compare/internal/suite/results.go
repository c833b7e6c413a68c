package suite

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/cpuid/v2"

	"github.com/smk-go/smk/bench/compare"
	"github.com/smk-go/smk/bench/compare/internal/measure"
	"github.com/smk-go/smk/bench/compare/roundtrip"
)

// Results is everything that was measured, and what JSON holds.
type Results struct {
	Started time.Time     `json:"started"`
	Took    time.Duration `json:"took_ns"`
	Smoke   bool          `json:"smoke"` // too short to mean anything
	Machine string        `json:"machine"`

	// Versions of modules and tools by name.
	Versions map[string]string `json:"versions"`

	measure.Config
	Clock string `json:"clock"`

	Goals   []Goal             `json:"goals"`
	Rows    []Row              `json:"rows"`
	Clients []roundtrip.Client `json:"clients"`
	Facts   []measure.Fact     `json:"facts"`

	// Notes are what was not measured, and why.
	Notes []string `json:"notes"`
}

// Row is one variant of a group.
type Row struct {
	Section      string  `json:"section"`
	Group        string  `json:"group"`
	PayloadBytes float64 `json:"payload_bytes,omitempty"` // 0 if the work is none on payloads
	measure.Result
	Base  bool           `json:"base"`  // the group's others are compared with it
	Ratio measure.Spread `json:"ratio"` // to the base, of the rounds
}

// newResults returns results with every goal, none of them measured.
func newResults(o Options) *Results {
	r := &Results{Smoke: o.Smoke, Config: o.Config, Clock: measure.Clock, Goals: goals()}
	r.Versions = make(map[string]string)
	level := ""
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, s := range build.Settings {
			if s.Key == "GO"+strings.ToUpper(runtime.GOARCH) {
				level = " " + s.Value
			}
		}
		for _, m := range build.Deps {
			if slices.ContainsFunc(compare.All(), func(l compare.Library) bool { return l.Module == m.Path }) {
				r.Versions[m.Path] = m.Version
			}
		}
	}
	cpu := cmp.Or(cpuid.CPU.BrandName, "unknown processor")
	r.Machine = fmt.Sprintf("%s, %d cores, %s/%s%s, %s",
		cpu, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, level, runtime.Version())
	return r
}

// judge records the ratio of two variants for the goals of their group.
func (r *Results) judge(group, over, under string, measured measure.Spread) {
	for i := range r.Goals {
		if g := &r.Goals[i]; g.group == group && g.over == over && g.under == under {
			g.judge(measured)
		}
	}
}

// worst records a number of which only the highest counts.
func (r *Results) worst(group string, v float64) {
	measured := measure.Spread{Median: v, Min: v, Max: v}
	for _, g := range r.Goals {
		if old := g.Measured; g.group == group && old != nil {
			measured = measure.Spread{Median: max(v, old.Max), Min: min(v, old.Min), Max: max(v, old.Max)}
		}
	}
	r.judge(group, "", "", measured)
}

// notMeasured sets the reason for the goals of a part that were not measured, if the name of the dividend has this
// prefix.
func (r *Results) notMeasured(part, over, reason string) {
	for i := range r.Goals {
		if g := &r.Goals[i]; g.part == part && g.Measured == nil && strings.HasPrefix(g.over, over) {
			g.Note = reason
		}
	}
}

// Open returns how many goals are missed, or were not measured although they could be.
func (r *Results) Open() (n int) {
	for _, g := range r.Goals {
		if g.Verdict == Missed || g.Verdict == NotMeasured && !g.Unbuilt {
			n++
		}
	}
	return n
}

// Count returns how many goals have this verdict.
func (r *Results) Count(v Verdict) (n int) {
	for _, g := range r.Goals {
		if g.Verdict == v {
			n++
		}
	}
	return n
}
