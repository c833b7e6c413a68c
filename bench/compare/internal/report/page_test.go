package report

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/smk-go/smk/bench/compare/internal/goal"
	"github.com/smk-go/smk/bench/compare/internal/measure"
	"github.com/smk-go/smk/bench/compare/internal/suite"
	"github.com/smk-go/smk/bench/compare/roundtrip"
)

// full is results with everything in them that a page shows.
func full() *suite.Results {
	r := sample()
	r.Peers = append(r.Peers, suite.PeerRow{Direction: suite.Encode, What: "create", Bytes: 43, Who: "floor: memcpy", Ns: 3})
	r.Stages = []suite.StageRow{{Group: "in", Name: "scan", Ns: 2, Base: true}, {Group: "in", Name: "engine", Ns: 40}}
	spread := measure.Spread{Median: 6.5, Min: 6, Max: 7}
	curve := []suite.Point{{X: 0, Y: 6}, {X: 50, Y: 7}, {X: 99, Y: 9}, {X: 100, Y: 4000}}
	r.Latency = []suite.LatencyRow{
		{Name: "C, busy", P50: spread, P99: spread, P999: spread, Curve: curve},
		{Name: "engine <spins>", P50: spread, P99: spread, P999: spread, ToFloor: []measure.Spread{spread, spread, spread}, Curve: curve},
		{Name: "on time", OnSchedule: true, P50: spread, P99: spread, P999: spread, Curve: curve},
	}
	r.Growth = []suite.Growth{{Name: "quotes", Over: "markets", Points: []suite.GrowthPoint{{N: 1, Ns: 40}, {N: 10_000, Ns: 44}}}}
	r.Facts = []suite.Fact{{What: "size of a program", Unit: "MB", Value: spread}}
	return r
}

// TestPage expects every part of the results on the page.
func TestPage(t *testing.T) {
	var b strings.Builder
	if err := Page(&b, full()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Some CPU, 2 cores", "23 November 2026, 09:00 UTC", "3m20s",
		`<div class="tile stretch"><b>1</b>beyond the stretch</div>`, `<div class="tile missed"><b>1</b>missed</div>`,
		`<td>two</td><td class="n"><b>12.3</b></td><td class="n soft">12 – 13</td><td class="n">≥ 50</td>`,
		`<span class="badge missed">MISSED</span>`, "no compiler",
		"quotes, 199 bytes", "250.0 ns · 5×", ">elsewhere<", "create, 43 bytes",
		"in</h3>", ">engine &lt;spins&gt;<", "timed from when they were due",
		"Cost by the number of markets", ">10,000<", "size of a program", "6.50 MB",
		"Something is missing.", "<td>a</td><td>v1</td>",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q on the page", want)
		}
	}
	if strings.Contains(b.String(), "trial run") {
		t.Error("a real run says that it is a trial")
	}
	// 2 of peers, 1 of stages, 2 of latency, 1 of growth.
	if n := strings.Count(b.String(), "<svg "); n != 6 {
		t.Errorf("%d pictures, want 6", n)
	}
}

// TestPageStandsAlone expects nothing on the page to be loaded from anywhere.
func TestPageStandsAlone(t *testing.T) {
	var b strings.Builder
	if err := Page(&b, full()); err != nil {
		t.Fatal(err)
	}
	loads := regexp.MustCompile(`(?i)https?:|//[a-z0-9-]+\.|\b(src|href|srcset|data|action|poster)\s*=|@import|url\(|<(script|link|iframe|object|embed|img)\b`)
	if m := loads.FindString(b.String()); m != "" {
		t.Errorf("the page loads something: %q", m)
	}
	for _, bad := range []string{`<link rel=stylesheet href=x>`, `<img src="x">`, `https://example.com`, `url(x)`, `"//cdn.example"`} {
		if !loads.MatchString(bad) {
			t.Errorf("%s would not be found", bad)
		}
	}
}

// TestPageIsWellFormed reads the page's tags as XML, which needs them to be balanced.
func TestPageIsWellFormed(t *testing.T) {
	var b strings.Builder
	if err := Page(&b, full()); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(strings.NewReader(b.String()))
	d.Strict, d.AutoClose, d.Entity = false, []string{"meta"}, xml.HTMLEntity
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// TestPageOfLittle draws what a short or failed measurement leaves.
func TestPageOfLittle(t *testing.T) {
	nothing := &suite.Results{Smoke: true}
	broken := full()
	broken.Goals[0].Measured = &measure.Spread{Median: math.NaN()}
	broken.Latency[0].Curve, broken.Growth[0].Points = nil, nil
	broken.Peers[0].Ns = 0
	for name, r := range map[string]*suite.Results{"nothing": nothing, "broken": broken} {
		var b strings.Builder
		if err := Page(&b, r); err != nil || !strings.HasSuffix(b.String(), "</html>\n") {
			t.Errorf("%s: %v, page ends with %q", name, err, b.String()[max(0, b.Len()-20):])
		}
	}
}

func TestInsert(t *testing.T) {
	document := "# Title\n\n" + insertFrom + "old\n" + insertTo + "\nafter\n"
	got, err := Insert([]byte(document), sample())
	if err != nil {
		t.Fatal(err)
	}
	text := string(got)
	if !strings.HasPrefix(text, "# Title\n\n"+insertFrom) || !strings.HasSuffix(text, insertTo+"\nafter\n") ||
		strings.Contains(text, "old\n") || !strings.Contains(text, goal.Missed.String()) {
		t.Errorf("document is\n%s", text)
	}
	again, err := Insert(got, sample())
	if err != nil || string(again) != text {
		t.Errorf("inserting again changes the document: %v", err)
	}
	trial := sample()
	trial.Smoke = true
	if _, err := Insert([]byte(document), trial); err == nil {
		t.Error("a trial run is put into a document")
	}
	for _, bad := range []string{"", insertFrom, insertTo, insertTo + insertFrom} {
		if _, err := Insert([]byte(bad), sample()); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// TestSummary expects a document with the other mark to be told in short.
func TestSummary(t *testing.T) {
	r := full()
	r.Latency[0].Name, r.Latency[1].Name = roundtrip.Floor, roundtrip.EngineSpins
	r.Peers = append(r.Peers, suite.PeerRow{Direction: suite.Decode, What: "quotes", Who: "vtprotobuf pooled", Ns: 700, Ratio: measure.Spread{Median: 14}})
	got, err := Insert([]byte(summaryFrom+insertTo), r)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| read a book of ten bids and ten offers | **50.0** |               - |  700 (14×) |",
		"6.50 µs at p50", "1 missed",
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(string(got), "## ") {
		t.Errorf("not in short:\n%s", got)
	}
}

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{1: "1", 1000: "1,000", 1234567: "1,234,567", 0.5: "0.5", 100: "100"} {
		if got := thousands(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
	for p, want := range map[float64]float64{0: 0, 90: 1, 99: 2, 99.9: 3} {
		if got := nines(p); math.Abs(got-want) > 1e-9 {
			t.Errorf("%v %% has %v nines, want %v", p, got, want)
		}
	}
}
