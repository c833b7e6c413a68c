package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/smk-go/smk/bench/compare"
	"github.com/smk-go/smk/bench/compare/internal/goal"
	"github.com/smk-go/smk/bench/compare/internal/suite"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page is what the template shows.
type page struct {
	Smoke    bool
	Machine  string
	When     string
	Took     string
	Method   string
	Tally    []tile
	Goals    []goalLine
	Decode   []picture
	Encode   []picture
	Stages   []picture
	Latency  []picture
	Clients  [][]string
	Growth   []picture
	Facts    [][3]string
	Notes    []string
	Versions [][2]string
}

// tile is a number that stands out.
type tile struct {
	Count int
	Name  string
	Class string
}

type goalLine struct {
	Number, What, Measured, Spread, Limit, Stretch, Verdict, Note, Class string
	First                                                                bool // of its number
}

// picture is a chart with its title.
type picture struct {
	Title string
	Key   []keyItem
	SVG   template.HTML
}

// Page writes the results as one page of HTML that needs nothing else.
func Page(w io.Writer, r *suite.Results) error {
	p := page{
		Smoke:   r.Smoke,
		Machine: r.Machine.String(),
		When:    r.Started.Format("2 January 2006, 15:04 MST"),
		Took:    r.Took.Round(time.Second).String(),
		Method:  fmt.Sprintf("In process: medians of %d interleaved rounds of %v each; %s.", r.Rounds, r.Slice, r.Clock),
		Notes:   r.Notes,
	}
	for _, v := range []goal.Verdict{goal.Stretched, goal.Reached, goal.Missed, goal.NotMeasured} {
		p.Tally = append(p.Tally, tile{r.Count(v), map[goal.Verdict]string{
			goal.Stretched: "beyond the stretch", goal.Reached: "reached", goal.Missed: "missed", goal.NotMeasured: "not measured",
		}[v], class(v)})
	}
	p.Goals = goalLines(r)
	var err error
	if p.Decode, err = peerPictures(r, suite.Decode); err != nil {
		return err
	}
	if p.Encode, err = peerPictures(r, suite.Encode); err != nil {
		return err
	}
	if p.Stages, err = stagePictures(r); err != nil {
		return err
	}
	if p.Latency, err = latencyPictures(r); err != nil {
		return err
	}
	if p.Growth, err = growthPictures(r); err != nil {
		return err
	}
	for _, l := range r.Latency {
		p.Clients = append(p.Clients, clientCells(l))
	}
	for _, f := range r.Facts {
		p.Facts = append(p.Facts, [3]string{f.What, figure(f.Value.Median) + " " + f.Unit, figure(f.Value.Min) + " to " + figure(f.Value.Max)})
	}
	for _, name := range slices.Sorted(maps.Keys(r.Versions)) {
		p.Versions = append(p.Versions, [2]string{name, r.Versions[name]})
	}
	return pageTemplate.Execute(w, p)
}

// class is the style of a verdict.
func class(v goal.Verdict) string { return strings.ReplaceAll(strings.ToLower(v.String()), " ", "-") }

func goalLines(r *suite.Results) (lines []goalLine) {
	last := -1
	for _, g := range r.Goals {
		l := goalLine{
			Number: "guard", What: g.What, Limit: sign(g.Sense) + " " + figure(g.Limit), Verdict: g.Verdict.String(),
			Note: g.Note, Class: class(g.Verdict), First: g.Number != last,
		}
		if g.Number != goal.Guard {
			l.Number = strconv.Itoa(g.Number)
		}
		if g.Stretch != nil {
			l.Stretch = sign(g.Sense) + " " + figure(*g.Stretch)
		}
		if g.Measured != nil {
			l.Measured, l.Note = judged(g), ""
			l.Spread = figure(g.Measured.Min) + " – " + figure(g.Measured.Max)
		}
		last, lines = g.Number, append(lines, l)
	}
	return lines
}

// sign is how print writes what terminals write with two characters.
func sign(sense string) string { return strings.NewReplacer("<=", "≤", ">=", "≥").Replace(sense) }

// peerPictures are bars of everyone's time, one picture a message.
func peerPictures(r *suite.Results, direction string) (pictures []picture, err error) {
	var names []string
	for _, row := range r.Peers {
		if row.Direction == direction && !slices.Contains(names, row.What) {
			names = append(names, row.What)
		}
	}
	for _, name := range names {
		var list []bar
		title := name
		for _, row := range r.Peers {
			if row.Direction != direction || row.What != name {
				continue
			}
			title = fmt.Sprintf("%s, %.0f bytes", name, row.Bytes)
			b := bar{row.Who, row.Ns, fmt.Sprintf("%.1f ns · %s×", row.Ns, figure(row.Ratio.Median)), otherColor}
			switch {
			case row.Who == compare.Flat:
				b.color, b.text = oursColor, fmt.Sprintf("%.1f ns", row.Ns)
			case strings.HasPrefix(row.Who, "floor"):
				b.color = floorColor
			}
			list = append(list, b)
		}
		slices.SortStableFunc(list, func(a, b bar) int {
			if a.value < b.value {
				return -1
			}
			return 1
		})
		drawn, err := bars(list)
		if err != nil {
			return nil, err
		}
		pictures = append(pictures, picture{Title: title, SVG: drawn})
	}
	return pictures, nil
}

// stagePictures are bars of how far a message has come, one picture a group.
func stagePictures(r *suite.Results) (pictures []picture, err error) {
	var groups []string
	for _, s := range r.Stages {
		if !slices.Contains(groups, s.Group) {
			groups = append(groups, s.Group)
		}
	}
	for _, group := range groups {
		var list []bar
		for _, s := range r.Stages {
			if s.Group != group {
				continue
			}
			b := bar{s.Name, s.Ns, fmt.Sprintf("%.1f ns · %s×", s.Ns, figure(s.Ratio.Median)), oursColor}
			if s.Base {
				b.color, b.text = floorColor, fmt.Sprintf("%.1f ns", s.Ns)
			}
			list = append(list, b)
		}
		drawn, err := bars(list)
		if err != nil {
			return nil, err
		}
		pictures = append(pictures, picture{Title: group, SVG: drawn})
	}
	return pictures, nil
}

// latencyPictures are percentile curves: of clients that send when they are answered, and of those
// that send on a schedule.
func latencyPictures(r *suite.Results) (pictures []picture, err error) {
	for _, kind := range []struct {
		onSchedule bool
		title      string
	}{
		{false, "An order as soon as the last one is answered"},
		{true, "Orders on a schedule, timed from when they were due"},
	} {
		var list []line
		for _, l := range r.Latency {
			if l.OnSchedule != kind.onSchedule {
				continue
			}
			curve := line{name: l.Name, dashed: strings.HasPrefix(l.Name, "C,")}
			for _, p := range l.Curve {
				// Beyond 99.99 % of the round trips there are too few to say anything.
				if p.X <= 99.99 && p.Y > 0 {
					curve.points = append(curve.points, plotter.XY{X: nines(p.X), Y: p.Y})
				}
			}
			list = append(list, curve)
		}
		if len(list) == 0 {
			continue
		}
		a := axes{x: "percent of the round trips", y: "microseconds", logY: true, width: 720}
		for _, percentile := range []float64{0, 50, 90, 99, 99.9, 99.99} {
			a.xTicks = append(a.xTicks, plot.Tick{Value: nines(percentile), Label: strconv.FormatFloat(percentile, 'f', -1, 64)})
		}
		drawn, err := lines(a, list)
		if err != nil {
			return nil, err
		}
		pictures = append(pictures, picture{Title: kind.title, Key: keyOf(list), SVG: drawn})
	}
	return pictures, nil
}

// nines is how many nines a percentile has: 1 for 90, 2 for 99.
func nines(percentile float64) float64 { return -math.Log10(1 - percentile/100) }

func growthPictures(r *suite.Results) (pictures []picture, err error) {
	var overs []string
	for _, g := range r.Growth {
		if !slices.Contains(overs, g.Over) {
			overs = append(overs, g.Over)
		}
	}
	for _, over := range overs {
		var list []line
		for _, g := range r.Growth {
			if g.Over != over {
				continue
			}
			curve := line{name: g.Name}
			for _, p := range g.Points {
				curve.points = append(curve.points, plotter.XY{X: float64(p.N), Y: p.Ns})
			}
			list = append(list, curve)
		}
		drawn, err := lines(axes{x: over, y: "nanoseconds", logX: true, width: 480}, list)
		if err != nil {
			return nil, err
		}
		pictures = append(pictures, picture{Title: "Cost by the number of " + over, Key: keyOf(list), SVG: drawn})
	}
	return pictures, nil
}

// clientCells are a client's percentiles and what they are of the floor's.
func clientCells(l suite.LatencyRow) []string {
	cells := []string{l.Name, figure(l.P50.Median), figure(l.P99.Median), figure(l.P999.Median)}
	for i := range 3 {
		if i < len(l.ToFloor) {
			cells = append(cells, figure(l.ToFloor[i].Median))
		} else {
			cells = append(cells, "")
		}
	}
	return cells
}
