package report

import (
	"bytes"
	"fmt"
	"html/template"
	"image/color"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/smk-go/smk/bench/compare"
	"github.com/smk-go/smk/bench/compare/internal/suite"
	"github.com/smk-go/smk/bench/compare/roundtrip"
)

// picture is a chart with its title.
type picture struct {
	Title string
	Wide  bool
	SVG   template.HTML
}

// Colours of the charts. Curves use all of them in turn.
var (
	oursColor  = color.RGBA{0x0f, 0x76, 0x6e, 0xff}
	otherColor = color.RGBA{0xd9, 0x8e, 0x4a, 0xff}
	floorColor = color.RGBA{0xb8, 0xc2, 0xcc, 0xff}
	colors     = []color.Color{oursColor, otherColor, color.RGBA{0x6d, 0x5b, 0xd0, 0xff}, color.RGBA{0xc2, 0x3b, 0x6b, 0xff}, color.RGBA{0x3b, 0x82, 0xc4, 0xff}}
)

// newPlot is a chart without anything in it.
func newPlot() *plot.Plot {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(9)}
	p := plot.New()
	p.X.Tick.Label.Font.Size, p.Y.Tick.Label.Font.Size = vg.Points(9), vg.Points(9)
	p.X.Label.TextStyle.Font.Size, p.Y.Label.TextStyle.Font.Size = vg.Points(9), vg.Points(9)
	return p
}

// bars draws the times of a group as horizontal bars, the least on top.
func bars(title string, rows []suite.Row) (picture, error) {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b suite.Row) int { return int(math.Copysign(1, b.Ns-a.Ns)) })
	p := newPlot()
	var names, texts []string
	var ends plotter.XYs
	values := map[color.RGBA]plotter.Values{oursColor: nil, otherColor: nil, floorColor: nil}
	library := slices.ContainsFunc(rows, func(row suite.Row) bool { return row.Name == compare.Flat })
	for i, row := range rows {
		c, label := oursColor, fmt.Sprintf("%.1f ns · %s×", row.Ns, figure(row.Ratio.Median))
		switch {
		case row.Base:
			label = fmt.Sprintf("%.1f ns", row.Ns)
			if !library {
				c = floorColor
			}
		case strings.HasPrefix(row.Name, "floor"):
			c = floorColor
		case library:
			c = otherColor
		}
		for other := range values {
			ns := 0.0
			if other == c {
				ns = max(row.Ns, 0)
			}
			values[other] = append(values[other], ns)
		}
		names, texts, ends = append(names, row.Name), append(texts, label), append(ends, plotter.XY{X: row.Ns, Y: float64(i)})
	}
	for c, v := range values {
		chart, err := plotter.NewBarChart(v, vg.Points(11))
		if err != nil {
			return picture{}, err
		}
		chart.Horizontal, chart.Color, chart.LineStyle.Width = true, c, 0
		p.Add(chart)
	}
	labels, err := plotter.NewLabels(plotter.XYLabels{XYs: ends, Labels: texts})
	if err != nil {
		return picture{}, err
	}
	labels.Offset = vg.Point{X: vg.Points(4), Y: vg.Points(-3)}
	for i := range labels.TextStyle {
		labels.TextStyle[i].Font.Size = vg.Points(9)
	}
	p.Add(labels)
	p.NominalY(names...)
	p.X.Min, p.X.Max = 0, slices.MaxFunc(ends, func(a, b plotter.XY) int { return int(math.Copysign(1, a.X-b.X)) }).X*1.28 // room for the text
	p.HideX()
	return picture{Title: title, SVG: svg(p, 480, float64(20*len(rows)+8))}, nil
}

// growth draws the times of a group over the numbers that are the names of its rows.
func growth(title string, rows []suite.Row) (picture, error) {
	p := newPlot()
	var points plotter.XYs
	for _, row := range rows {
		if n, err := strconv.ParseFloat(row.Name, 64); err == nil {
			points = append(points, plotter.XY{X: n, Y: row.Ns})
		}
	}
	line, dots, err := plotter.NewLinePoints(points)
	if err != nil {
		return picture{}, err
	}
	line.Color, line.Width, dots.Color, dots.Shape = oursColor, vg.Points(1.8), oursColor, draw.CircleGlyph{}
	p.Add(plotter.NewGrid(), line, dots)
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	p.Y.Min, p.Y.Max, p.Y.Label.Text = 0, p.Y.Max*1.15, "nanoseconds"
	return picture{Title: title, SVG: svg(p, 480, 240)}, nil
}

// curves draws the distributions of clients: of those that send when they are answered, or of those
// that send on a schedule.
func curves(clients []roundtrip.Client, scheduled bool) (picture, error) {
	title := "An order as soon as the last one is answered"
	if scheduled {
		title = "Orders on a schedule, timed from when they were due"
	}
	p := newPlot()
	p.Add(plotter.NewGrid())
	p.Legend.Top, p.Legend.Left = true, true
	k := 0
	for _, c := range clients {
		var points plotter.XYs
		for _, xy := range c.Curve {
			// Beyond 99.99 % of the round trips there are too few to say anything.
			if xy[0] <= 99.99 && xy[1] > 0 {
				points = append(points, plotter.XY{X: nines(xy[0]), Y: xy[1]})
			}
		}
		if c.OnSchedule != scheduled || len(points) == 0 {
			continue
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return picture{}, err
		}
		line.Width, line.Color = vg.Points(1.8), colors[k%len(colors)]
		if k++; c.ToFloor == nil {
			line.Dashes, line.Color = []vg.Length{vg.Points(4), vg.Points(3)}, floorColor
		}
		p.Add(line)
		p.Legend.Add(c.Name, line)
	}
	if k == 0 {
		return picture{Title: title, Wide: true}, nil
	}
	p.X.Label.Text, p.Y.Label.Text = "percent of the round trips", "microseconds"
	var ticks plot.ConstantTicks
	for _, percentile := range []float64{0, 50, 90, 99, 99.9, 99.99} {
		ticks = append(ticks, plot.Tick{Value: nines(percentile), Label: figureOf(percentile)})
	}
	p.X.Tick.Marker = ticks
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	return picture{Title: title, Wide: true, SVG: svg(p, 720, 300)}, nil
}

// nines is how many nines a percentile has: 1 for 90, 2 for 99.
func nines(percentile float64) float64 { return -math.Log10(1 - percentile/100) }

func figureOf(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// What the page does without: names of other documents, a size of its own, a typeface by name.
var (
	svgRoot   = regexp.MustCompile(`(?s)^.*?<svg[^>]*?(viewBox="[^"]*")[^>]*>`)
	svgFamily = regexp.MustCompile(`font-family:[^;"]*;?`)
)

// svg draws the chart. It fills the width that it is given.
func svg(p *plot.Plot, width, height float64) template.HTML {
	c := vgsvg.New(vg.Points(width), vg.Points(height))
	p.Draw(draw.New(c))
	var b bytes.Buffer
	_, _ = c.WriteTo(&b) // to memory
	text := svgRoot.ReplaceAllString(b.String(), "<svg $1>")
	return template.HTML(svgFamily.ReplaceAllString(text, "")) //nolint:gosec // it is ours
}
