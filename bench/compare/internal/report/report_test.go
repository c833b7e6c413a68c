package report

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/bench/compare/internal/measure"
	"github.com/smk-go/smk/bench/compare/internal/suite"
	"github.com/smk-go/smk/bench/compare/roundtrip"
)

// sample is results with one of each kind in them.
func sample() *suite.Results {
	spread := measure.Spread{Median: 6.5, Min: 6, Max: 7}
	none, one := measure.Spread{}, measure.Spread{Median: 1, Min: 1, Max: 1}
	five, fourteen := measure.Spread{Median: 5, Min: 4.5, Max: 5.5}, measure.Spread{Median: 14}
	row := func(section, group string, bytes float64, r measure.Result, x measure.Spread) suite.Row {
		return suite.Row{Section: section, Group: group, PayloadBytes: bytes, Result: r, Base: x == one, Ratio: x}
	}
	three := [3]measure.Spread{spread, spread, spread}
	curve := [][2]float64{{0, 6}, {50, 7}, {99, 9}, {100, 4000}}
	return &suite.Results{
		Started: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), Took: 200 * time.Second, Machine: "Some CPU, 2 cores",
		Versions: map[string]string{"b": "v2", "a": "v1"},
		Config:   measure.Config{Rounds: 9, Slice: 30 * time.Millisecond}, Clock: "processor time",
		Goals: []suite.Goal{
			{
				Number: 1, What: "one", Sense: "<=", Limit: 2, Stretch: 1.2, Verdict: suite.Reached,
				Measured: &measure.Spread{Median: 1.5, Min: 1.25, Max: 1.75},
			},
			{
				Number: 2, What: "two", Sense: ">=", Limit: 50, Stretch: -1, Verdict: suite.Missed,
				Measured: &measure.Spread{Median: 12.34, Min: 12, Max: 13},
			},
			{
				Number: 3, What: "three", Sense: ">=", Limit: 5, Stretch: -1,
				Note: "no compiler", Verdict: suite.NotMeasured,
			},
			{What: "four", Sense: "<=", Limit: 0, Stretch: -1, Measured: &measure.Spread{}, Verdict: suite.Stretched},
		},
		Rows: []suite.Row{
			row("Decode", "decode quotes", 199, measure.Result{Name: "gen/msg", Ns: 50, Counted: true}, one),
			row("Decode", "decode quotes", 199, measure.Result{Name: "else<where>", Ns: 250}, five),
			row("Decode", "decode quotes", 199, measure.Result{Name: "vtprotobuf pooled", Ns: 700}, fourteen),
			row("Encode", "encode create", 43, measure.Result{Name: "floor: memcpy", Ns: 3}, none),
			row("Growth", "quotes, by markets", 0, measure.Result{Name: "1", Ns: 40}, one),
			row("Growth", "quotes, by markets", 0, measure.Result{Name: "10000", Ns: 44}, none),
		},
		Clients: []roundtrip.Client{
			{Name: roundtrip.Floor, Micros: three, Curve: curve},
			{Name: roundtrip.EngineSpins, Micros: three, ToFloor: &three, Curve: curve},
		},
		Facts: []measure.Fact{{What: "size of a program", Unit: "MB", Value: spread}},
		Notes: []string{"Something is missing."},
	}
}

func TestMarkdown(t *testing.T) {
	got := string(Markdown(sample()))
	for _, want := range []string{
		"Some CPU, 2 cores.\n\nMeasured 2026-11-23 09:00 UTC in 3m20s.",
		"|     1 | one   |     1.50 | 1.25 to 1.75  |  <= 2 | <= 1.20 | reached                   |",
		"|     2 | two   |     12.3 | 12 to 13      | >= 50 |         | MISSED                    |",
		"|     3 | three |          |               |  >= 5 |         | not measured: no compiler |",
		"| guard | four  |        0 | 0 to 0        |  <= 0 |         | stretch                   |",
		"1 beyond the stretch, 1 reached, 1 missed, 1 not measured.",
		"| decode quotes, 199 B | gen/msg           |  50.0 | 3980 |    0 |         0 |  1 |               |",
		"| decode quotes, 199 B | else<where>       | 250.0 |  796 |    - |         - |  5 | 4.50 to 5.50  |",
		"## Encode\n", "## Growth\n", "| size of a program |     6.50 | MB   | 6 to 7        |",
		"- Something is missing.\n", "- a v1\n- b v2\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	trial := sample()
	trial.Smoke = true
	if b := string(Markdown(trial)); strings.Contains(got, "A trial run") || !strings.HasPrefix(b, "A trial run") {
		t.Errorf("a trial run is not marked, or another run is: %s", b)
	}
}

// TestPage expects every part of the results on the page, nothing to be loaded from anywhere, and tags that are
// balanced, as XML needs them.
func TestPage(t *testing.T) {
	content, err := Page(sample())
	if err != nil {
		t.Fatal(err)
	}
	page := string(content)
	for _, want := range []string{
		"Some CPU, 2 cores", "2026-11-23 09:00 UTC",
		`<td class="missed">MISSED</td>`, `<td class="reached">reached</td>`,
		"no compiler", "decode quotes, 199 B</h3>", "250.0 ns · 5×", "else&lt;where&gt;", "size of a program",
		"Something is missing.", "<li>a v1</li>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q on the page", want)
		}
	}
	if n := strings.Count(page, "<svg "); n != 4 {
		t.Errorf("%d pictures, want one of decoding, encoding, growth and round trips each", n)
	}
	loads := regexp.MustCompile(`(?i)https?:|//[a-z0-9-]+\.|\b(src|href|srcset|data|action|poster)\s*=|` +
		`@import|url\(|<(script|link|iframe|object|embed|img)\b`)
	if m := loads.FindString(page); m != "" {
		t.Errorf("the page loads something: %q", m)
	}
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, []string{"meta"}, xml.HTMLEntity
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// TestPageOfLittle draws what a short or failed measurement leaves.
func TestPageOfLittle(t *testing.T) {
	broken := sample()
	broken.Goals[0].Measured = &measure.Spread{Median: math.NaN()}
	broken.Clients[0].Curve, broken.Rows[0].Ns, broken.Rows[3].Ns, broken.Rows[4].Ns = nil, 0, 0, 0
	for name, r := range map[string]*suite.Results{"nothing": {Smoke: true}, "broken": broken} {
		page, err := Page(r)
		if err != nil || !strings.HasSuffix(string(page), "</html>\n") {
			t.Errorf("%s: %v, page ends with %q", name, err, page[max(0, len(page)-20):])
		}
	}
}

// TestInsert puts all results, or a summary, between the marks of a document.
func TestInsert(t *testing.T) {
	document := "# Title\n\n" + insertFrom + "old\n" + insertTo + "\nafter\n"
	got, err := Insert([]byte(document), sample())
	if err != nil {
		t.Fatal(err)
	}
	text := string(got)
	if !strings.HasPrefix(text, "# Title\n\n"+insertFrom) || !strings.HasSuffix(text, insertTo+"\nafter\n") ||
		strings.Contains(text, "old\n") || !strings.Contains(text, "MISSED") {
		t.Errorf("document is\n%s", text)
	}
	again, err := Insert(got, sample())
	if err != nil || string(again) != text {
		t.Errorf("inserting again changes the document: %v", err)
	}
	got, err = Insert([]byte(summaryFrom+insertTo), sample())
	for _, want := range []string{
		"| read a book of ten bids and ten offers | **50.0** |               - |  700 (14×) |",
		"6.50 µs at p50", "1 missed",
	} {
		if err != nil || !strings.Contains(string(got), want) || strings.Contains(string(got), "## ") {
			t.Errorf("%v, no %q, or not in short, in\n%s", err, want, got)
		}
	}
	trial := sample()
	trial.Smoke = true
	if _, err := Insert([]byte(document), trial); err == nil {
		t.Error("a trial run is put into a document")
	}
	for _, bad := range []string{"", insertFrom, insertTo, insertTo + insertFrom} {
		if _, err := Insert([]byte(bad), sample()); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

// TestNumbers expects three digits, and for a goal enough to distinguish the value from its limits.
func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1", 1.004: "1.00", 0.957: "0.96", 12.34: "12.3", 123.4: "123", 0.0004: "0.0004", 99.96: "100.0",
		math.Inf(1): "-", -2.5: "-2.50",
	} {
		if got := figure(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
	for v, want := range map[float64]string{
		11.97: "11.97", 11.9999: "11.9999", 12: "12", 11.9: "11.9", 12.04: "12.04",
		14.999: "14.999", 15: "15", 1.234: "1.23",
	} {
		g := suite.Goal{Limit: 12, Stretch: 15, Measured: &measure.Spread{Median: v}}
		if got := judged(g); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
	for p, want := range map[float64]float64{0: 0, 90: 1, 99: 2, 99.9: 3} {
		if got := nines(p); math.Abs(got-want) > 1e-9 {
			t.Errorf("%v %% has %v nines, want %v", p, got, want)
		}
	}
}
