// Package backtestpage writes the result of a backtest as a page that needs nothing else.
package backtestpage

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/smk-go/smk/backtest"
	"github.com/smk-go/smk/sim/exchange"
)

// Page is what is shown.
type Page struct {
	Result     *backtest.Result
	With       *backtest.Result     // a result that is compared; may be nil
	Comparison *backtest.Comparison // with the live day; may be nil
}

//go:embed page.html
var text string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"money":  money,
	"payoff": payoff,
	"price":  func(p uint32) string { return fmt.Sprintf("%.2f %%", float64(p)/100) },
	"time":   func(ns int64) string { return time.Unix(0, ns).UTC().Format("2006-01-02 15:04:05.000") },
	"part":   func(f float64) string { return fmt.Sprintf("%.2f %%", 100*f) },
	"one":    func(f float64) string { return fmt.Sprintf("%.1f", f) },
	"round":  func(d time.Duration) string { return d.Round(time.Millisecond).String() },
	"after":  func(d time.Duration) string { return fmt.Sprintf("%g s", d.Seconds()) },
	"first":  first,
}).Parse(text))

// fillsMax is how many fills of a model the page shows.
const fillsMax = 500

func first(fills []backtest.FillResult) []backtest.FillResult {
	return fills[:min(len(fills), fillsMax)]
}

// money returns an amount with two digits, without the sign of one that is nothing.
func money(m exchange.Money) string {
	if text := fmt.Sprintf("%.2f", m.Float()); text != "-0.00" {
		return text
	}
	return "0.00"
}

func payoff(n any) string {
	switch n := n.(type) {
	case uint64:
		return fmt.Sprintf("%.2f", float64(n)/10_000)
	case int64:
		return fmt.Sprintf("%.2f", float64(n)/10_000)
	}
	return ""
}

// Write writes the page.
func (p *Page) Write(w io.Writer) error {
	return page.Execute(w, struct {
		*Page
		Labels           []string
		Reasons          []string
		Equity, Position template.HTML
		FillsMax         int
	}{
		p, labels(p.Result), p.reasons(), p.equity(), p.position(), fillsMax,
	})
}

// labels returns what sets a run apart from others, such as "skew = 30".
func labels(r *backtest.Result) (list []string) {
	for _, k := range slices.Sorted(maps.Keys(r.Settings.Labels)) {
		list = append(list, k+" = "+r.Settings.Labels[k])
	}
	return list
}

func (p *Page) reasons() []string {
	all := make(map[string]bool)
	for i := range p.Result.Models {
		for name := range p.Result.Models[i].Figures.Reasons {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// equity draws what each model has made, and the band of all.
func (p *Page) equity() template.HTML {
	c := newChart(p.Result.Begin, p.Result.End)
	for i := range p.Result.Models {
		m := &p.Result.Models[i]
		s := series{name: m.Queue}
		for _, pt := range m.Path {
			s.add(pt.At, pt.Equity.Float())
		}
		c.add(s)
	}
	if p.With != nil {
		if m := p.With.Model(exchange.QueueProportional); m != nil {
			s := series{name: "compared", label: strings.Join(append(labels(p.With), "compared"), ", ")}
			for _, pt := range m.Path {
				s.add(pt.At, pt.Equity.Float())
			}
			c.lines = append(c.lines, s)
		}
	}
	return c.draw(true)
}

// position draws what each model held, and what the live bot did.
func (p *Page) position() template.HTML {
	c := newChart(p.Result.Begin, p.Result.End)
	for i := range p.Result.Models {
		m := &p.Result.Models[i]
		s := series{name: m.Queue, steps: true}
		for _, pt := range m.Path {
			s.add(pt.At, float64(pt.Position)/10_000)
		}
		c.add(s)
	}
	if p.Comparison != nil {
		s := series{name: "live", steps: true}
		for _, h := range p.Comparison.Live.Path {
			s.add(h.At, float64(h.Position)/10_000)
		}
		c.lines = append(c.lines, s)
	}
	return c.draw(false)
}
