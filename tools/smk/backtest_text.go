package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/smk-go/smk/backtest"
	"github.com/smk-go/smk/sim/exchange"
)

// backtestOutput is what --json prints.
type backtestOutput struct {
	Results     []*backtest.Result     `json:"results"`
	Comparisons []*backtest.Comparison `json:"comparisons,omitempty"` // with the live day, by result
	With        *backtest.Result       `json:"with,omitempty"`        // the saved result that is compared
}

func writeResultsJSON(w io.Writer, results []*backtest.Result, compared []*backtest.Comparison,
	with *backtest.Result,
) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(backtestOutput{results, compared, with})
}

// fillsShown is how many differing fills of a comparison are printed.
const fillsShown = 10

// warnedShown is how many settings are named that have a warning.
const warnedShown = 3

func writeResultsText(w io.Writer, results []*backtest.Result, compared []*backtest.Comparison,
	with *backtest.Result,
) error {
	t := &textWriter{tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)}
	if len(results) > 1 {
		t.sweep(results)
	} else {
		t.result(results[0])
	}
	for i, c := range compared {
		if len(compared) > 1 {
			t.line("\n%s", labelsText(results[i].Settings.Labels))
		}
		t.comparison(c)
	}
	if with != nil {
		for _, r := range results {
			t.differences(with, r)
		}
	}
	return t.w.Flush()
}

// textWriter writes tables.
type textWriter struct{ w *tabwriter.Writer }

func (t *textWriter) line(format string, args ...any) { fmt.Fprintf(t.w, format+"\n", args...) }

func labelsText(labels map[string]string) string {
	if len(labels) == 0 {
		return "no parameters"
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, k+"="+labels[k])
	}
	return strings.Join(parts, " ")
}

// payoff formats a quantity in whole currency.
func payoff[N uint64 | int64](n N) string { return fmt.Sprintf("%.2f", float64(n)/10_000) }

// moneyText formats money with two decimals.
func moneyText(m exchange.Money) string { return fmt.Sprintf("%.2f", m.Float()) }

// result writes a result: a column for each model.
func (t *textWriter) result(r *backtest.Result) {
	t.line("%s, %s to %s, seed %d, version %s", r.Recording, stamp(r.Begin), stamp(r.End), r.Seed, r.Version)
	s := &r.Settings
	t.line("latencies: feed %s, entry %s, response %s; balance %s, commission %.2f %%", s.Feed, s.Entry, s.Response,
		moneyText(s.Balance), float64(s.Commission)/100)
	if len(s.Labels) > 0 {
		t.line("%s", labelsText(s.Labels))
	}
	for _, warning := range r.Warnings {
		t.line("warning: %s", warning)
	}
	t.line("")
	row := func(name string, value func(m *backtest.Model) string) {
		cells := []string{name}
		for i := range r.Models {
			cells = append(cells, value(&r.Models[i]))
		}
		t.line("%s", strings.Join(cells, "\t"))
	}
	row("queue", func(m *backtest.Model) string { return m.Queue })
	row("profit", func(m *backtest.Model) string { return moneyText(m.Profit) })
	row("  before commission", func(m *backtest.Model) string { return moneyText(m.Gross) })
	row("filled", func(m *backtest.Model) string { return payoff(m.Figures.Bought + m.Figures.Sold) })
	for _, reason := range reasons(r) {
		row("  "+reason, func(m *backtest.Model) string { return payoff(m.Figures.Reasons[reason]) })
	}
	row("  voided", func(m *backtest.Model) string { return payoff(m.Figures.Voided) })
	row("fills", func(m *backtest.Model) string { return fmt.Sprint(m.Figures.Fills) })
	row("orders", func(m *backtest.Model) string { return fmt.Sprint(m.Figures.Orders) })
	row("rejected", func(m *backtest.Model) string { return fmt.Sprint(m.Figures.Rejected) })
	row("fill ratio", func(m *backtest.Model) string { return fmt.Sprintf("%.2f %%", 100*m.Figures.FillRatio) })
	row("requests a fill", func(m *backtest.Model) string { return fmt.Sprintf("%.1f", m.Figures.OrderToTrade) })
	row("throttle, busiest second", func(m *backtest.Model) string {
		return fmt.Sprintf("%d (%.0f %%)", m.Figures.ThrottlePeak, 100*m.Figures.ThrottleUse)
	})
	row("waited for a fill", func(m *backtest.Model) string {
		return m.Figures.QueueTimeMean.Round(time.Millisecond).String()
	})
	row("  longest", func(m *backtest.Model) string { return m.Figures.QueueTimeMost.Round(time.Millisecond).String() })
	row("most exposed", func(m *backtest.Model) string { return moneyText(m.Figures.ExposureMost) })
	row("drawdown", func(m *backtest.Model) string { return moneyText(m.Figures.Drawdown) })
	for i := range r.Models[0].Figures.Adverse {
		after := r.Models[0].Figures.Adverse[i].After
		row(fmt.Sprintf("%g s after fills, 1/100 %%", after.Seconds()), func(m *backtest.Model) string {
			if i >= len(m.Figures.Adverse) || m.Figures.Adverse[i].Fills == 0 {
				return "-"
			}
			return fmt.Sprintf("%+.1f", m.Figures.Adverse[i].Ticks)
		})
	}
	t.contracts(r)
	b := &r.Band
	t.line("\nprofit between %s and %s, %s in the middle; filled between %s and %s", moneyText(b.ProfitLow),
		moneyText(b.ProfitHigh), moneyText(b.ProfitMid), payoff(b.FilledLow), payoff(b.FilledHigh))
}

// contracts writes what each contract brought.
func (t *textWriter) contracts(r *backtest.Result) {
	for _, end := range r.Outcomes {
		state := "open: valued at the last prices"
		switch {
		case end.Voided:
			state = "voided"
		case end.Ended:
			state = fmt.Sprintf("won by %v", end.Winners)
			if end.Places > 0 {
				state += fmt.Sprintf(", a dead heat: each is paid %d/%d", end.Places, len(end.Winners))
			}
			if end.Assumed {
				state += ", as the last prices suggest"
			}
		}
		traded := false
		for _, c := range r.Contracts() {
			if c.Market != end.Market || c.Bought+c.Sold == 0 {
				continue
			}
			if !traded {
				t.line("\nmarket %d, %s", end.Market, state)
				t.line("contract\tqueue\tbought\tsold\theld\tprofit\tmarket's profit if it wins")
				traded = true
			}
			t.line("%d\t%s\t%s\t%s\t%s\t%s\t%s", c.Contract, c.Queue, payoff(c.Bought), payoff(c.Sold),
				payoff(c.Net), moneyText(c.Profit), moneyText(c.IfWins))
		}
	}
}

// reasons returns why fills happened, in any model.
func reasons(r *backtest.Result) []string {
	all := make(map[string]bool)
	for i := range r.Models {
		for name := range r.Models[i].Figures.Reasons {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func stamp(ns int64) string { return time.Unix(0, ns).UTC().Format("2006-01-02 15:04:05") }

// sweep writes a line for each result, the best middle first.
func (t *textWriter) sweep(results []*backtest.Result) {
	t.line("%s, %s to %s, seed %d, version %s", results[0].Recording, stamp(results[0].Begin), stamp(results[0].End),
		results[0].Seed, results[0].Version)
	t.warnings(results)
	sorted := slices.Clone(results)
	slices.SortStableFunc(sorted, func(a, b *backtest.Result) int {
		switch {
		case a.Band.ProfitMid > b.Band.ProfitMid:
			return -1
		case a.Band.ProfitMid < b.Band.ProfitMid:
			return 1
		}
		return 0
	})
	t.line("\nparameters\tprofit low\tmiddle\thigh\tfilled\tfills\tdrawdown\t10 s after fills")
	for _, r := range sorted {
		m := r.Model(exchange.QueueProportional)
		if m == nil {
			m = &r.Models[0]
		}
		t.line("%s\t%s\t%s\t%s\t%s\t%d\t%s\t%+.1f", labelsText(r.Settings.Labels), moneyText(r.Band.ProfitLow),
			moneyText(m.Profit), moneyText(r.Band.ProfitHigh), payoff(m.Figures.Bought+m.Figures.Sold), m.Figures.Fills,
			moneyText(m.Figures.Drawdown), m.Figures.Adverse[1].Ticks)
	}
	first, second := sorted[0], sorted[1]
	if first.Band.ProfitLow > second.Band.ProfitHigh {
		t.line("\n%s is better than %s %s", labelsText(first.Settings.Labels), labelsText(second.Settings.Labels),
			underQueues(first, second))
	} else {
		t.line("\n%s and %s differ by less than what is not known of the queue", labelsText(first.Settings.Labels),
			labelsText(second.Settings.Labels))
	}
}

// warnings writes the warnings of a sweep, each once, and of which settings it is unless it is of all.
func (t *textWriter) warnings(results []*backtest.Result) {
	var texts []string
	of := make(map[string][]string)
	for _, r := range results {
		for _, text := range r.Warnings {
			if of[text] == nil {
				texts = append(texts, text)
			}
			of[text] = append(of[text], labelsText(r.Settings.Labels))
		}
	}
	for _, text := range texts {
		switch list := of[text]; {
		case len(list) == len(results):
			t.line("warning: %s", text)
		case len(list) > warnedShown:
			t.line("warning: %s, and %d more: %s", strings.Join(list[:warnedShown], ", "), len(list)-warnedShown, text)
		default:
			t.line("warning: %s: %s", strings.Join(list, ", "), text)
		}
	}
}

// underQueues returns under which assumptions about the queue something was found that all results have.
func underQueues(results ...*backtest.Result) string {
	var names []string
	for q := exchange.QueuePessimistic; q <= exchange.QueueOptimistic; q++ {
		if !slices.ContainsFunc(results, func(r *backtest.Result) bool { return r.Model(q) == nil }) {
			names = append(names, q.String())
		}
	}
	switch len(names) {
	case 3:
		return "whatever the queue was"
	case 0:
		return "under different assumptions about the queue, which says nothing"
	}
	return "if the queue was " + strings.Join(names, " or ") + "; nothing is said of other assumptions (--queue)"
}

// comparison writes how a backtest differs from the live day.
func (t *textWriter) comparison(c *backtest.Comparison) {
	where := "outside of"
	if c.Inside {
		where = "inside of"
	}
	t.line("\nlive: %d orders, %d fills, %s filled, profit %s: %s the band of %s to %s",
		c.Live.Orders, len(c.Live.Fills),
		payoff(c.Live.Filled), moneyText(c.Live.Profit), where, moneyText(c.Low), moneyText(c.High))
	t.line("queue\tmatched\tmissed\tinvented\tprofit - live\tpositions apart by\tat\tlargest cause")
	for i := range c.Models {
		m := &c.Models[i]
		at, cause := "-", m.LargestCause
		if m.ApartMostAt != 0 {
			at = stamp(m.ApartMostAt)
		}
		if cause == "" {
			cause = "-"
		}
		t.line("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s", m.Queue, payoff(m.Matched), payoff(m.Missed), payoff(m.Invented),
			moneyText(m.Difference), payoff(m.ApartMost), at, cause)
	}
	for i := range c.Models {
		t.differing(&c.Models[i])
	}
}

// differing writes the first fills that are in one of the days alone.
func (t *textWriter) differing(m *backtest.ModelComparison) {
	n := 0
	for _, f := range m.Fills {
		if f.Cause == "" {
			continue
		}
		if n++; n == 1 {
			t.line("\n%s: fills of one day alone", m.Queue)
		}
		if n > fillsShown {
			continue
		}
		t.line("%s\t%s\tcontract %d\t%s %s @ %.2f %%\t%s", time.Unix(0, f.At).UTC().Format("15:04:05.000"), f.What,
			f.Contract,
			f.Side, payoff(f.Quantity), float64(f.Price)/100, f.Cause)
	}
	if n > fillsShown {
		t.line("and %d more: --json has all", n-fillsShown)
	}
}

// differences writes what is different from a saved result.
func (t *textWriter) differences(before, now *backtest.Result) {
	t.line("\ncompared: %s (%s), and %s", labelsText(before.Settings.Labels), before.Recording,
		labelsText(now.Settings.Labels))
	if before.Recording != now.Recording || before.Begin != now.Begin || before.End != now.End {
		t.line("warning: the recordings differ")
	}
	if before.Seed != now.Seed {
		t.line("warning: the seeds differ: %d and %d", before.Seed, now.Seed)
	}
	t.line("queue\tprofit before\tnow\tmore by\tfilled before\tnow\tdrawdown before\tnow")
	for i := range now.Models {
		m := &now.Models[i]
		for j := range before.Models {
			if b := &before.Models[j]; b.Queue == m.Queue {
				t.line("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s", m.Queue, moneyText(b.Profit), moneyText(m.Profit),
					moneyText(m.Profit-b.Profit),
					payoff(b.Figures.Bought+b.Figures.Sold), payoff(m.Figures.Bought+m.Figures.Sold),
					moneyText(b.Figures.Drawdown), moneyText(m.Figures.Drawdown))
			}
		}
	}
	switch {
	case now.Band.ProfitLow > before.Band.ProfitHigh:
		t.line("better %s", underQueues(before, now))
	case now.Band.ProfitHigh < before.Band.ProfitLow:
		t.line("worse %s", underQueues(before, now))
	default:
		t.line("the bands overlap: the difference may be what is not known of the queue")
	}
}
