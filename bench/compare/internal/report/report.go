// Package report writes what was measured: as Markdown for terminals and documents, and as one self-contained page
// with pictures.
package report

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/smk-go/smk/bench/compare"
	"github.com/smk-go/smk/bench/compare/internal/measure"
	"github.com/smk-go/smk/bench/compare/internal/suite"
	"github.com/smk-go/smk/bench/compare/roundtrip"
)

// section is a part of the report.
type section struct {
	Title    string
	Lead     string
	Pictures []picture
	table    table.Writer // nil for none
	List     []string
}

// newTable makes a table. Columns whose names end in ">" hold numbers.
func newTable(head ...string) table.Writer {
	t := table.NewWriter()
	t.Style().Markdown.PadContent = true
	t.Style().HTML.CSSClass = ""
	var row table.Row
	var columns []table.ColumnConfig
	for i, name := range head {
		bare := strings.TrimSuffix(name, ">")
		row = append(row, bare)
		if bare != name {
			right := table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight}
			columns = append(columns, right)
		}
	}
	t.AppendHeader(row)
	t.SetColumnConfigs(columns)
	return t
}

// sections are the parts of the report that have something to show.
func sections(r *suite.Results) (all []section) {
	all = append(all, goals(r))
	for i, row := range r.Rows {
		if i == 0 || row.Section != r.Rows[i-1].Section {
			all = append(all, rows(r, row.Section))
		}
	}
	if len(r.Clients) > 0 {
		all = append(all, clients(r))
	}
	if len(r.Facts) > 0 {
		t := newTable("What", "Measured>", "Unit", "Least to most")
		for _, f := range r.Facts {
			t.AppendRow(table.Row{f.What, figure(f.Value.Median), f.Unit, span(f.Value)})
		}
		all = append(all, section{Title: "Sizes and other times", table: t})
	}
	if len(r.Notes) > 0 {
		all = append(all, section{Title: "Not measured", List: r.Notes})
	}
	var versions []string
	for _, name := range slices.Sorted(maps.Keys(r.Versions)) {
		versions = append(versions, name+" "+r.Versions[name])
	}
	return append(all, section{Title: "Versions", List: versions})
}

// method describes the machine, the time and the method.
func method(r *suite.Results) string {
	trial := ""
	if r.Smoke {
		trial = "A trial run: too short for any number here to mean something.\n\n"
	}
	return fmt.Sprintf("%s%s.\n\nMeasured %s in %v. In process: medians of %d interleaved rounds of %v each; %s.\n"+
		"A ratio is the median over the rounds, of two times of the same round; behind it the least and the most.",
		trial, r.Machine, r.Started.Format("2006-01-02 15:04 MST"), r.Took.Round(time.Second),
		r.Rounds, r.Slice, r.Clock)
}

func goals(r *suite.Results) section {
	t := newTable("#>", "What", "Measured>", "Least to most", "Goal>", "Stretch>", "Verdict")
	for _, g := range r.Goals {
		number, measured, least, stretch, verdict := "guard", "", "", "", string(g.Verdict)
		if g.Number != suite.Guard {
			number = strconv.Itoa(g.Number)
		}
		if g.Measured != nil {
			measured, least = judged(g), span(*g.Measured)
		} else if g.Note != "" {
			verdict += ": " + g.Note
		}
		if g.Stretch >= 0 {
			stretch = g.Sense + " " + figure(g.Stretch)
		}
		t.AppendRow(table.Row{number, g.What, measured, least, g.Sense + " " + figure(g.Limit), stretch, verdict})
	}
	return section{Title: "Goals", table: t, Lead: tally(r)}
}

// tally returns the number of each verdict.
func tally(r *suite.Results) string {
	return fmt.Sprintf("%d beyond the stretch, %d reached, %d missed, %d not measured.",
		r.Count(suite.Stretched), r.Count(suite.Reached), r.Count(suite.Missed), r.Count(suite.NotMeasured))
}

// leads describe the numbers of a section.
var leads = map[string]string{
	"Decode": `A payload with its envelope is decoded into memory that is used again as far as the library allows it.
hyperpb reads with a parser recompiled for the very feed; its values can then only be read by reflection, which is
not in its time. C++ runs as a process of its own that takes its turns in the same rounds.`,
	"Encode": "A message is encoded into a buffer that is used again, as a whole frame.",
	"Stages of a message": `What a message costs up to each point of its path. The stages of one group do the same work
up to different points. x is the time divided by that of the stage that no client can avoid.`,
	"Trading state": `What the trading state adds: messages decoded, and applied to orders or books; what an engine
receives and sends without the state, with it, and with every risk check. Answers of the exchange between are not in
the time.`,
	"Round trips": `An order goes out over loopback, and its answer comes back from a program in C
that does nothing but answer. The floor is a client in C that sends prepared bytes and counts what comes back. A
client is divided by the runs of the floor right before and right after it. Microseconds, medians of the rounds.`,
	"Growth": "What one operation costs as something grows. Flat is good.",
}

// rows are the groups of a section.
func rows(r *suite.Results, name string) section {
	s := section{Title: name, Lead: leads[name]}
	s.table = newTable("Work", "By", "ns>", "MB/s>", "B/op>", "allocs/op>", "x>", "Least to most")
	var group []suite.Row
	for i, row := range r.Rows {
		if row.Section != name {
			continue
		}
		title, rate, bytes, allocs := row.Group, "", "-", "-"
		if row.PayloadBytes > 0 {
			title += fmt.Sprintf(", %.0f B", row.PayloadBytes)
			rate = fmt.Sprintf("%.0f", row.PayloadBytes/row.Ns*1e3)
		}
		if row.Counted {
			bytes, allocs = figure(row.Bytes), figure(row.Allocs)
		}
		ratio, least := figure(row.Ratio.Median), span(row.Ratio)
		if row.Base {
			ratio, least = "1", ""
		}
		s.table.AppendRow(table.Row{title, row.Name, fmt.Sprintf("%.1f", row.Ns), rate, bytes, allocs, ratio, least})
		if group = append(group, row); i+1 == len(r.Rows) || r.Rows[i+1].Group != row.Group {
			s.Pictures, group = append(s.Pictures, bars(title, group)), nil
		}
	}
	return s
}

func clients(r *suite.Results) section {
	t := newTable("Client", "p50>", "p99>", "p99.9>", "p50 / floor>", "p99 / floor>", "p99.9 / floor>")
	for _, c := range r.Clients {
		row := table.Row{c.Name}
		for _, micros := range c.Micros {
			row = append(row, figure(micros.Median))
		}
		if c.ToFloor != nil {
			for _, ratio := range c.ToFloor {
				row = append(row, figure(ratio.Median))
			}
		}
		t.AppendRow(row)
	}
	const title = "Round trips"
	return section{Title: title, table: t, Pictures: []picture{curves(r.Clients)}, Lead: leads[title]}
}

// Markdown returns the results as Markdown for documents and terminals, goals first.
func Markdown(r *suite.Results) []byte {
	var b bytes.Buffer
	b.WriteString(method(r) + "\n")
	for _, s := range sections(r) {
		b.WriteString("\n## " + s.Title + "\n\n")
		if s.table != nil {
			b.WriteString(s.table.RenderMarkdown() + "\n")
			if s.Lead != "" {
				b.WriteString("\n" + s.Lead + "\n")
			}
		}
		for _, line := range s.List {
			b.WriteString("- " + line + "\n")
		}
	}
	return b.Bytes()
}

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// verdictColors mark the cells of verdicts.
var verdictColors = strings.NewReplacer(
	"<td>"+string(suite.Stretched), `<td class="stretch">`+string(suite.Stretched),
	"<td>"+string(suite.Reached), `<td class="reached">`+string(suite.Reached),
	"<td>"+string(suite.Missed), `<td class="missed">`+string(suite.Missed),
)

// Table returns the section's table as HTML.
func (s section) Table() template.HTML {
	if s.table == nil {
		return ""
	}
	return template.HTML(verdictColors.Replace(s.table.RenderHTML())) //nolint:gosec // the table escapes its cells
}

// Page returns the results as one page of HTML that needs nothing else.
func Page(r *suite.Results) ([]byte, error) {
	var b bytes.Buffer
	err := pageTemplate.Execute(&b, struct {
		Method   []string
		Sections []section
	}{strings.Split(method(r), "\n\n"), sections(r)})
	return b.Bytes(), err
}

// The lines around the results in a document: all of them, or a summary.
const (
	insertFrom  = "<!-- measured: written by make bench-report, edits get lost -->\n"
	summaryFrom = "<!-- measured, in short: written by make bench-report, edits get lost -->\n"
	insertTo    = "<!-- end of what was measured -->\n"
)

// Insert returns the document with the results between its marks, instead of what was there.
func Insert(document []byte, r *suite.Results) ([]byte, error) {
	if r.Smoke {
		return nil, errors.New("takes no results of a trial run")
	}
	from, write := insertFrom, Markdown
	if bytes.Contains(document, []byte(summaryFrom)) {
		from, write = summaryFrom, summary
	}
	before, rest, ok := bytes.Cut(document, []byte(from))
	_, after, end := bytes.Cut(rest, []byte(insertTo))
	if !ok || !end {
		return nil, errors.New("has no marks to put the results between: " +
			strings.TrimSpace(insertFrom) + " and " + strings.TrimSpace(insertTo))
	}
	return slices.Concat(before, []byte(from+"\n"), write(r), []byte("\n"+insertTo), after), nil
}

// summary returns the results in a few lines of Markdown.
func summary(r *suite.Results) []byte {
	t := newTable("Nanoseconds to", "smk>", "C++ libprotobuf>", "vtprotobuf>", "google.golang.org/protobuf>")
	for _, row := range []struct{ title, group, vt string }{
		{"read an execution", "decode executed", compare.VTPooled},
		{"read a book of ten bids and ten offers", "decode quotes", compare.VTPooled},
		{"read what a market feed is made of", "decode mixed", compare.VTPooled},
		{"write an order", "encode create", compare.VTPlain},
	} {
		cells := table.Row{row.title}
		for _, name := range []string{compare.Flat, "C++ libprotobuf", row.vt, compare.Google} {
			cell := "-"
			for _, other := range slices.Backward(r.Rows) {
				switch {
				case other.Group != row.group || other.Name != name && other.Name != name+", reused":
				case other.Base:
					cell = fmt.Sprintf("**%.1f**", other.Ns)
				default:
					cell = fmt.Sprintf("%.0f (%s×)", other.Ns, figure(other.Ratio.Median))
				}
			}
			cells = append(cells, cell)
		}
		t.AppendRow(cells)
	}
	var trips string
	for _, c := range r.Clients {
		if c.Name == roundtrip.EngineSpins && c.ToFloor != nil {
			trips = fmt.Sprintf(`
An order and its answer over loopback: %s µs at p50, %s at p99; %s and %s times what a C program that polls
its socket takes to send and receive the same bytes.
`, figure(c.Micros[0].Median), figure(c.Micros[1].Median), figure(c.ToFloor[0].Median), figure(c.ToFloor[1].Median))
		}
	}
	return fmt.Appendf(nil, "%s\n%s\nOf the goals: %s (%v)\n", t.RenderMarkdown(), trips, tally(r), r.Machine)
}

// judged returns the measured value of a goal, with enough digits to show on which side of the limit it is.
func judged(g suite.Goal) string {
	v := g.Measured.Median
	text := figure(v)
	for _, limit := range []float64{g.Limit, g.Stretch} {
		for digits := 2; digits <= 6 && v != limit; digits++ {
			if shown, err := strconv.ParseFloat(text, 64); err != nil || shown != limit {
				break
			}
			text = strconv.FormatFloat(v, 'f', digits, 64)
		}
	}
	return text
}

// span returns the ends of a spread.
func span(s measure.Spread) string { return figure(s.Min) + " to " + figure(s.Max) }

// figure returns a number with three significant digits.
func figure(v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "-"
	case v == math.Trunc(v) && math.Abs(v) < 1e6 || math.Abs(v) >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case math.Abs(v) >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case math.Abs(v) >= 0.01:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'g', 2, 64)
}
