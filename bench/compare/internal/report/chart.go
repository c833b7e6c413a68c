package report

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"image/color"
	"math"
	"regexp"
	"slices"
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
	colors     = []color.Color{
		oursColor, otherColor,
		color.RGBA{0x6d, 0x5b, 0xd0, 0xff},
		color.RGBA{0xc2, 0x3b, 0x6b, 0xff},
		color.RGBA{0x3b, 0x82, 0xc4, 0xff},
		color.RGBA{0x7a, 0x8c, 0x2e, 0xff},
	}
)

// newPlot is a chart without anything in it.
func newPlot() *plot.Plot {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(9)}
	p := plot.New()
	p.X.Tick.Label.Font.Size, p.Y.Tick.Label.Font.Size = vg.Points(9), vg.Points(9)
	p.X.Label.TextStyle.Font.Size, p.Y.Label.TextStyle.Font.Size = vg.Points(9), vg.Points(9)
	return p
}

// must returns v. What is drawn is finite and not empty, so that an error is one of ours.
func must[T any](v T, err error) T {
	if err != nil {
		panic("BUG: report: " + err.Error())
	}
	return v
}

// bars draws the times of a group as horizontal bars, the first on top, of libraries the least.
func bars(title string, rows []suite.Row) picture {
	rows = slices.Clone(rows)
	library := slices.ContainsFunc(rows, func(row suite.Row) bool { return row.Name == compare.Flat })
	if slices.Reverse(rows); library {
		slices.SortStableFunc(rows, func(a, b suite.Row) int { return cmp.Compare(b.Ns, a.Ns) })
	}
	p := newPlot()
	var names []string
	var labels plotter.XYLabels
	longest := 0.0
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
		chart := must(plotter.NewBarChart(plotter.Values{row.Ns}, vg.Points(11)))
		chart.Horizontal, chart.XMin, chart.Color, chart.LineStyle.Width = true, float64(i), c, 0
		p.Add(chart)
		names, longest = append(names, row.Name), max(longest, row.Ns)
		labels.XYs = append(labels.XYs, plotter.XY{X: row.Ns, Y: float64(i)})
		labels.Labels = append(labels.Labels, label)
	}
	texts := must(plotter.NewLabels(labels))
	texts.Offset = vg.Point{X: vg.Points(4), Y: vg.Points(-3)}
	for i := range texts.TextStyle {
		texts.TextStyle[i].Font.Size = vg.Points(9)
	}
	p.Add(texts)
	p.NominalY(names...)
	p.X.Min, p.X.Max = 0, longest*1.28 // room for the texts
	p.Y.Min, p.Y.Max = -0.6, float64(len(names))-0.4
	p.HideX()
	return picture{Title: title, SVG: svg(p, 480, float64(20*len(rows)+8))}
}

// curves draws the distributions of clients.
func curves(clients []roundtrip.Client) picture {
	pic := picture{Title: "An order as soon as the last one is answered", Wide: true}
	p := newPlot()
	p.Add(plotter.NewGrid())
	p.Legend.Top, p.Legend.Left = true, true
	k := 0
	for _, c := range clients {
		var points plotter.XYs
		for _, xy := range c.Curve {
			// Beyond 99.99 % there are too few round trips.
			if xy[0] <= 99.99 && xy[1] > 0 {
				points = append(points, plotter.XY{X: nines(xy[0]), Y: xy[1]})
			}
		}
		if len(points) == 0 {
			continue
		}
		line := must(plotter.NewLine(points))
		line.Width, line.Color, line.Dashes = vg.Points(1.8), floorColor, []vg.Length{vg.Points(4), vg.Points(3)}
		if c.ToFloor != nil {
			line.Color, line.Dashes = colors[k%len(colors)], nil
			k++
		}
		p.Add(line)
		p.Legend.Add(c.Name, line)
	}
	if p.Y.Max <= 0 { // no curve
		return pic
	}
	p.X.Label.Text, p.Y.Label.Text = "percent of the round trips", "microseconds"
	var ticks plot.ConstantTicks
	for _, percentile := range []float64{0, 50, 90, 99, 99.9, 99.99} {
		ticks = append(ticks, plot.Tick{Value: nines(percentile), Label: fmt.Sprint(percentile)})
	}
	p.X.Tick.Marker = ticks
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	pic.SVG = svg(p, 720, 300)
	return pic
}

// nines is how many nines a percentile has: 1 for 90, 2 for 99.
func nines(percentile float64) float64 { return -math.Log10(1 - percentile/100) }

// The page needs no names of other documents, no size and no typeface.
var (
	svgRoot   = regexp.MustCompile(`(?s)^.*?<svg[^>]*?(viewBox="[^"]*")[^>]*>`)
	svgFamily = regexp.MustCompile(`font-family:[^;"]*;?`)
)

// svg draws the chart. It fills the width of its element.
func svg(p *plot.Plot, width, height float64) template.HTML {
	c := vgsvg.New(vg.Points(width), vg.Points(height))
	p.Draw(draw.New(c))
	var b bytes.Buffer
	_, _ = c.WriteTo(&b) // to memory
	text := svgRoot.ReplaceAllString(b.String(), "<svg $1>")
	return template.HTML(svgFamily.ReplaceAllString(text, "")) //nolint:gosec // it is ours
}
