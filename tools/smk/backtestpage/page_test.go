package backtestpage

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/smk-go/smk/backtest"
	"github.com/smk-go/smk/sim/exchange"
)

// TestPage holds the page to what it promises: it needs nothing else, runs nothing, and shows what it is given as text.
func TestPage(t *testing.T) {
	model := func(queue string, sign exchange.Money) backtest.Model {
		return backtest.Model{
			Queue: queue,
			Path: []backtest.Point{
				{At: 1e9},
				{At: 2e9, Equity: 5 * sign * exchange.Currency, Position: 20_000},
				{At: 9e9, Equity: -2 * sign * exchange.Currency},
			},
			Fills: []backtest.FillResult{{
				At: 2e9, Contract: 7, Side: "buy", Price: 2500, Quantity: 10_000,
				Reason: "took",
			}},
			Figures: backtest.Figures{
				Reasons: map[string]uint64{"took": 10_000}, Adverse: []backtest.Adverse{{After: 1e9, Fills: 1}},
			},
		}
	}
	r := &backtest.Result{
		Recording: "day <b>", Begin: 1e9, End: 9e9, Warnings: []string{"<script>alert(1)</script>"},
		Settings: backtest.Settings{Labels: map[string]string{"skew": `"><b>`}},
		Models:   []backtest.Model{model("pessimistic", 1), model("optimistic", -1)},
	}
	r.Models[1].Fills = nil
	var b bytes.Buffer
	with := &backtest.Result{
		Models:   []backtest.Model{model("proportional", 2)},
		Settings: backtest.Settings{Labels: map[string]string{"skew": "<5"}},
	}
	if err := (&Page{Result: r, With: with}).Write(&b); err != nil {
		t.Fatal(err)
	}
	html := b.String()
	foreign := regexp.MustCompile(`(?i)https?:|<script|<img|<link[^>]+href="[^d]|` +
		`\ssrc=|@import|url\(|\son[a-z]+=|ZgotmplZ`)
	if found := foreign.FindString(html); found != "" {
		t.Errorf("the page has %q", found)
	}
	for _, want := range []string{
		`<meta name="viewport"`, "prefers-color-scheme: dark", "&lt;script&gt;", "day &lt;b&gt;",
		`<polyline class="pessimistic"`, `<polyline class="optimistic"`, `<polyline class="compared"`, `class="band"`,
		`<li class="optimistic">optimistic</li>`, "25.00 %", "skew = &lt;5, compared", `<p class="dim">none</p>`,
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := strings.Count(html, "<svg"); n != 2 {
		t.Errorf("%d charts", n)
	}
	if open, closed := strings.Count(html, "<div"), strings.Count(html, "</div>"); open != closed {
		t.Errorf("%d divisions are begun, %d ended", open, closed)
	}
	for _, chart := range strings.Split(html, "<svg")[1:] {
		if chart, _, _ = strings.Cut(chart, "</svg>"); strings.Contains(chart, "NaN") ||
			strings.Contains(chart, "Inf") {
			t.Error("a chart has no numbers")
		}
	}
}
