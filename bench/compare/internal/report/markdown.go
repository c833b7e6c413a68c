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

	"github.com/smk-go/smk/bench/compare"
	"github.com/smk-go/smk/bench/compare/internal/goal"
	"github.com/smk-go/smk/bench/compare/internal/suite"
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
	for _, section := range []struct{ title, text string }{
		{"The way of a message", stageTable(r)},
		{"Round trips", latencyTable(r)},
		{"Growth", growthTable(r)},
		{"Sizes and other times", factTable(r)},
	} {
		if section.text != "" {
			fmt.Fprintf(&b, "\n## %s\n\n%s", section.title, section.text)
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
			measured = judged(g)
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
		if who == compare.Flat {
			who, ratio, spread = "**"+who+"**", "1", ""
		}
		bytes, allocs := "-", "-"
		if row.Counted {
			bytes, allocs = figure(row.AllocBytes), figure(row.Allocs)
		}
		t.row(fmt.Sprintf("%s, %.0f B", row.What, row.Bytes), who, fmt.Sprintf("%.1f", row.Ns),
			fmt.Sprintf("%.0f", row.MBPerSecond), bytes, allocs, ratio, spread)
	}
	return t.unlessEmpty(`
x is the time divided by that of ` + compare.Flat + ` in the same round. A payload with its envelope is decoded into, and
encoded from, memory that is used again as far as the library lets it be. hyperpb reads with a parser
recompiled for the very feed; its values can then only be read by reflection, which is not in its time, and it
does not encode. C++ runs as a process of its own that takes its turns in the same rounds.
`)
}

func stageTable(r *suite.Results) string {
	t := newTable("Group", "Until", "ns>", "allocs/op>", "x>", "Least to most")
	for _, s := range r.Stages {
		ratio, spread := figure(s.Ratio.Median), figure(s.Ratio.Min)+" to "+figure(s.Ratio.Max)
		if s.Base {
			ratio, spread = "1", ""
		}
		t.row(s.Group, s.Name, fmt.Sprintf("%.1f", s.Ns), figure(s.Allocs), ratio, spread)
	}
	return t.unlessEmpty("\nx is the time divided by that of the stage that no client can avoid, in the same round.\n")
}

func latencyTable(r *suite.Results) string {
	t := newTable("Client", "p50>", "p99>", "p99.9>", "p50 / floor>", "p99 / floor>", "p99.9 / floor>")
	for _, l := range r.Latency {
		t.row(clientCells(l)...)
	}
	return t.unlessEmpty("\nMicroseconds, medians of the rounds. A client is divided by the runs of the floor right before and right after it.\n")
}

func growthTable(r *suite.Results) string {
	t := newTable("What", "Over", "Number>", "ns>", "x>", "Least to most")
	for _, g := range r.Growth {
		for _, p := range g.Points {
			t.row(g.Name, g.Over, thousands(float64(p.N)), fmt.Sprintf("%.1f", p.Ns), figure(p.Ratio.Median),
				figure(p.Ratio.Min)+" to "+figure(p.Ratio.Max))
		}
	}
	return t.unlessEmpty("\nx is the time divided by that with the least of them, in the same round.\n")
}

func factTable(r *suite.Results) string {
	t := newTable("What", "Measured>", "Unit", "Least to most")
	for _, f := range r.Facts {
		t.row(f.What, figure(f.Value.Median), f.Unit, figure(f.Value.Min)+" to "+figure(f.Value.Max))
	}
	return t.unlessEmpty("")
}

// judged is the measured value of a goal, with as many digits as it takes to see on which side of the
// limit it is.
func judged(g suite.GoalRow) string {
	v := g.Measured.Median
	text := figure(v)
	for _, limit := range []*float64{&g.Limit, g.Stretch} {
		for digits := 2; limit != nil && digits <= 6 && v != *limit; digits++ {
			if shown, err := strconv.ParseFloat(text, 64); err != nil || shown != *limit {
				break
			}
			text = strconv.FormatFloat(v, 'f', digits, 64)
		}
	}
	return text
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
