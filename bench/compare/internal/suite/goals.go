package suite

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/smk-go/smk/bench/compare/internal/measure"
)

// Goal is a limit for one measured number, and what was measured for it.
type Goal struct {
	Number  int     `json:"number"` // in the plan; several limits may have one
	What    string  `json:"what"`
	Sense   string  `json:"sense"` // AtMost or AtLeast, of Limit and Stretch
	Limit   float64 `json:"limit"`
	Stretch float64 `json:"stretch"` // negative if there is none

	// The number is the time of the variant over, divided by that of the variant under of the same group of a part.
	// Either may be "a - b": what a takes longer than b.
	// Without over it is millions of operations a second, without both a number of its own.
	part, group, over, under string

	Measured *measure.Spread `json:"measured,omitempty"`
	Verdict  Verdict         `json:"verdict"`
	Note     string          `json:"note,omitempty"`    // why it was not measured
	Unbuilt  bool            `json:"unbuilt,omitempty"` // there is nothing to measure, on any machine
}

// Guard is the number of a limit that is no goal of its own: it keeps the goals honest.
const Guard = 0

// The sides of a limit that are good.
const (
	AtMost  = "<="
	AtLeast = ">="
)

// goalTable is every goal in the order of the plan, the guards at the end. Both sides of a ratio are measured in turn
// in one run.
//
//go:embed goals.tsv
var goalTable string

// goals returns the table, nothing of it measured.
func goals() (all []Goal) {
	_, rows, _ := strings.Cut(goalTable, "\n")
	for line := range strings.Lines(rows) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		g := Goal{
			What: f[1], Stretch: -1, part: f[4], group: f[5], over: f[6], under: f[7],
			Verdict: NotMeasured, Note: "not asked for",
		}
		_, err := fmt.Sscan(f[0]+" "+f[2], &g.Number, &g.Sense, &g.Limit)
		if f[3] != "" && err == nil {
			_, err = fmt.Sscan(f[3], new(string), &g.Stretch)
		}
		if err != nil {
			panic("BUG: suite: " + line + err.Error())
		}
		if reason, ok := strings.CutPrefix(g.part, "not built: "); ok {
			g.Note, g.Unbuilt = "not built: "+reason, true
		}
		all = append(all, g)
	}
	return all
}

// Verdict is the result of a goal.
type Verdict string

// Verdicts.
const (
	NotMeasured Verdict = "not measured"
	Missed      Verdict = "MISSED"
	Reached     Verdict = "reached"
	Stretched   Verdict = "stretch"
)

// judge records a measurement. A limit is met by being equal to it.
func (g *Goal) judge(measured measure.Spread) {
	g.Measured, g.Note = &measured, ""
	met := func(limit float64) bool {
		return g.Sense == AtMost && measured.Median <= limit || g.Sense == AtLeast && measured.Median >= limit
	}
	switch {
	case g.Stretch >= 0 && met(g.Stretch):
		g.Verdict = Stretched
	case met(g.Limit):
		g.Verdict = Reached
	default:
		g.Verdict = Missed
	}
}
