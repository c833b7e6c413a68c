package report

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/bench/compare/internal/goal"
	"github.com/smk-go/smk/bench/compare/internal/measure"
	"github.com/smk-go/smk/bench/compare/internal/suite"
)

// sample is results with one of each kind in them.
func sample() *suite.Results {
	stretch := 1.2
	return &suite.Results{
		Started: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), Took: 200 * time.Second,
		Machine:  suite.Machine{CPU: "Some CPU", Cores: 2, OS: "linux", Arch: "amd64", Level: "v1", Go: "go1.26"},
		Versions: map[string]string{"b": "v2", "a": "v1"},
		Rounds:   9, Slice: 30 * time.Millisecond, Clock: "processor time",
		Goals: []suite.GoalRow{
			{Number: 1, What: "one", Sense: "<=", Limit: 2, Stretch: &stretch, Measured: &measure.Spread{Median: 1.5, Min: 1.25, Max: 1.75}, Verdict: goal.Reached},
			{Number: 2, What: "two", Sense: ">=", Limit: 50, Measured: &measure.Spread{Median: 12.34, Min: 12, Max: 13}, Verdict: goal.Missed},
			{Number: 3, What: "three", Sense: ">=", Limit: 5, Note: "no compiler"},
			{What: "four", Sense: "<=", Limit: 0, Measured: &measure.Spread{}, Verdict: goal.Stretched},
		},
		Peers: []suite.PeerRow{
			{Direction: suite.Decode, What: "quotes", Bytes: 199, Who: "gen/msg", Ns: 50, MBPerSecond: 3980, Counted: true, Ratio: measure.Spread{Median: 1, Min: 1, Max: 1}},
			{Direction: suite.Decode, What: "quotes", Bytes: 199, Who: "elsewhere", Ns: 250, MBPerSecond: 796, Ratio: measure.Spread{Median: 5, Min: 4.5, Max: 5.5}},
		},
		Notes: []string{"Something is missing."},
	}
}

func TestMarkdown(t *testing.T) {
	var b strings.Builder
	if err := Markdown(&b, sample()); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	for _, want := range []string{
		"Some CPU, 2 cores, linux/amd64 v1, go1.26.",
		"Measured 2026-11-23 09:00 UTC in 3m20s.",
		"|     1 | one   |     1.50 | 1.25 to 1.75  |  <= 2 | <= 1.20 | reached                   |",
		"|     2 | two   |     12.3 | 12 to 13      | >= 50 |         | MISSED                    |",
		"|     3 | three |          |               |  >= 5 |         | not measured: no compiler |",
		"| guard | four  |        0 | 0 to 0        |  <= 0 |         | stretch                   |",
		"1 beyond the stretch, 1 reached, 1 missed, 1 not measured.",
		"| quotes, 199 B | **gen/msg** |  50.0 | 3980 |    0 |         0 |   1 |               |",
		"| quotes, 199 B | elsewhere   | 250.0 |  796 |    - |         - |   5 | 4.50 to 5.50  |",
		"- Something is missing.\n",
		"- a v1\n- b v2\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	for _, not := range []string{"## Encode", "trial run"} {
		if strings.Contains(got, not) {
			t.Errorf("%q in\n%s", not, got)
		}
	}
	smoke := sample()
	smoke.Smoke = true
	b.Reset()
	if err := Markdown(&b, smoke); err != nil || !strings.HasPrefix(b.String(), "**A trial run") {
		t.Errorf("%v, a trial run does not say that it is one: %s", err, b.String())
	}
}

// TestJudged expects a value that is just beyond a limit to be told from the limit.
func TestJudged(t *testing.T) {
	stretch := 15.0
	for v, want := range map[float64]string{
		11.97: "11.97", 11.9999: "11.9999", 12: "12", 11.9: "11.9", 12.04: "12.04", 14.999: "14.999", 15: "15", 1.234: "1.23",
	} {
		g := suite.GoalRow{Limit: 12, Stretch: &stretch, Measured: &measure.Spread{Median: v}}
		if got := judged(g); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
}

func TestFigure(t *testing.T) {
	for _, c := range []struct {
		v    float64
		want string
	}{
		{0, "0"},
		{1, "1"},
		{1.004, "1.00"},
		{0.957, "0.96"},
		{12.34, "12.3"},
		{123.4, "123"},
		{0.0004, "0.0004"},
		{99.96, "100.0"},
		{math.NaN(), "-"},
		{math.Inf(1), "-"},
		{-2.5, "-2.50"},
	} {
		if got := figure(c.v); got != c.want {
			t.Errorf("%v is written %q, want %q", c.v, got, c.want)
		}
	}
}
