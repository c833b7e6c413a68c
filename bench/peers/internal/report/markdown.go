package report

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/smk-go/smk/bench/peers"
	"github.com/smk-go/smk/bench/peers/internal/goal"
	"github.com/smk-go/smk/bench/peers/internal/suite"
)

// Markdown writes the results as text that is read as it is as well: goals first, peers after them.
func Markdown(w io.Writer, r *suite.Results) error {
	var b strings.Builder
	b.WriteString(method(r))
	b.WriteString("\n## Goals\n\n")
	b.WriteString(goals(r))
	for _, direction := range []string{suite.Decode, suite.Encode} {
		if text := peerTable(r, direction); text != "" {
			fmt.Fprintf(&b, "\n## %s\n\n%s", title(direction), text)
		}
	}
	if len(r.Notes) > 0 {
		b.WriteString("\n## Not measured\n\n")
		for _, note := range r.Notes {
			b.WriteString("- " + note + "\n")
		}
	}
	b.WriteString("\n## Versions\n\n")
	for _, name := range slices.Sorted(maps.Keys(r.Versions)) {
		fmt.Fprintf(&b, "- %s %s\n", name, r.Versions[name])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// method says on what, when and how.
func method(r *suite.Results) string {
	var b strings.Builder
	if r.Smoke {
		b.WriteString("**A trial run: too short for any number here to mean something.**\n\n")
	}
	fmt.Fprintf(&b, "%v.\n\n", r.Machine)
	fmt.Fprintf(&b, "Measured %s in %v. In process: medians of %d interleaved rounds of %v each; %s.\n",
		r.Started.Format("2006-01-02 15:04 MST"), r.Took.Round(time.Second), r.Rounds, r.Slice, r.Clock)
	b.WriteString("A ratio is the median over the rounds, of two times of the same round; behind it the least and the most.\n")
	return b.String()
}

func goals(r *suite.Results) string {
	t := newTable("#>", "What", "Measured>", "Least to most", "Goal>", "Stretch>", "Verdict")
	for _, g := range r.Goals {
		number, measured, spread, stretch, verdict := "guard", "", "", "", g.Verdict.String()
		if g.Number != goal.Guard {
			number = strconv.Itoa(g.Number)
		}
		if g.Measured != nil {
			measured = figure(g.Measured.Median)
			spread = figure(g.Measured.Min) + " to " + figure(g.Measured.Max)
		} else if g.Note != "" {
			verdict += ": " + g.Note
		}
		if g.Stretch != nil {
			stretch = g.Sense + " " + figure(*g.Stretch)
		}
		t.row(number, g.What, measured, spread, g.Sense+" "+figure(g.Limit), stretch, verdict)
	}
	return t.String() + "\n" + tally(r) + "\n"
}

// tally counts the verdicts.
func tally(r *suite.Results) string {
	return fmt.Sprintf("%d beyond the stretch, %d reached, %d missed, %d not measured.",
		r.Count(goal.Stretched), r.Count(goal.Reached), r.Count(goal.Missed), r.Count(goal.NotMeasured))
}

func peerTable(r *suite.Results, direction string) string {
	t := newTable("Message", "By", "ns>", "MB/s>", "B/op>", "allocs/op>", "x>", "Least to most")
	for _, row := range r.Peers {
		if row.Direction != direction {
			continue
		}
		who, ratio, spread := row.Who, figure(row.Ratio.Median), figure(row.Ratio.Min)+" to "+figure(row.Ratio.Max)
		if who == peers.Flat {
			who, ratio, spread = "**"+who+"**", "1", ""
		}
		bytes, allocs := "-", "-"
		if row.Counted {
			bytes, allocs = figure(row.AllocBytes), figure(row.Allocs)
		}
		t.row(fmt.Sprintf("%s, %.0f B", row.What, row.Bytes), who, fmt.Sprintf("%.1f", row.Ns),
			fmt.Sprintf("%.0f", row.MBPerSecond), bytes, allocs, ratio, spread)
	}
	if len(t.cells) == 0 {
		return ""
	}
	return t.String() + `
x is the time divided by that of ` + peers.Flat + ` in the same round. A payload with its envelope is decoded into, and
encoded from, memory that is used again as far as the library lets it be. hyperpb reads with a parser
recompiled for the very feed; its values can then only be read by reflection, which is not in its time, and it
does not encode. C++ runs as a process of its own that takes its turns in the same rounds.
`
}

// figure is a number with three digits that mean something.
func figure(v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "-"
	case v == math.Trunc(v) && math.Abs(v) < 1e6:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case math.Abs(v) >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case math.Abs(v) >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case math.Abs(v) >= 0.01:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'g', 2, 64)
}

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
