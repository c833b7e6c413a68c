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
)

// Colours of the pictures, as the page's style has them.
var (
	inkColor   = color.RGBA{0x1f, 0x29, 0x33, 0xff}
	faintColor = color.RGBA{0xe3, 0xe8, 0xee, 0xff}
	oursColor  = color.RGBA{0x0f, 0x76, 0x6e, 0xff}
	floorColor = color.RGBA{0xb8, 0xc2, 0xcc, 0xff}
	otherColor = color.RGBA{0xd9, 0x8e, 0x4a, 0xff}

	lineColors = []color.RGBA{
		oursColor,
		{0xd9, 0x6b, 0x2b, 0xff},
		{0x6d, 0x5b, 0xd0, 0xff},
		{0xc2, 0x3b, 0x6b, 0xff},
		{0x3b, 0x82, 0xc4, 0xff},
		{0x7a, 0x8c, 0x2e, 0xff},
	}
	dashColors = []color.RGBA{{0x5f, 0x6c, 0x7a, 0xff}, {0xa9, 0xb4, 0xbf, 0xff}}
)

// bar is one bar of a chart.
type bar struct {
	name  string
	value float64
	text  string // behind its end
	color color.Color
}

// bars draws horizontal bars, the first one on top. Without any it draws nothing.
func bars(list []bar) (template.HTML, error) {
	p := newPlot()
	var names []string
	longest := 0.0
	for i := len(list) - 1; i >= 0; i-- {
		b := list[i]
		if plotter.CheckFloats(b.value) != nil {
			continue
		}
		at := float64(len(names))
		chart, err := plotter.NewBarChart(plotter.Values{b.value}, vg.Points(11))
		if err != nil {
			return "", err
		}
		chart.Horizontal, chart.XMin, chart.Color, chart.LineStyle.Width = true, at, b.color, 0
		label, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: b.value, Y: at}}, Labels: []string{b.text}})
		if err != nil {
			return "", err
		}
		label.TextStyle[0].Font.Size, label.TextStyle[0].Color = vg.Points(9), inkColor
		label.TextStyle[0].YAlign = -0.4
		label.Offset = vg.Point{X: vg.Points(4)}
		p.Add(chart, label)
		names, longest = append(names, b.name), max(longest, b.value)
	}
	if longest == 0 {
		return "", nil
	}
	p.NominalY(names...)
	p.Y.Tick.Label.Font.Size = vg.Points(9)
	p.X.Min, p.X.Max = 0, longest*1.28 // room for the text behind the longest
	p.HideX()
	p.Y.LineStyle.Width, p.Y.Tick.LineStyle.Width = 0, 0
	p.Y.Min, p.Y.Max = -0.6, float64(len(names))-0.4
	return svg(p, 480, float64(20*len(list)+8))
}

// line is one curve of a chart.
type line struct {
	name   string
	points plotter.XYs
	dashed bool
}

// axes says how the curves of a chart are laid out.
type axes struct {
	x, y   string
	xTicks []plot.Tick
	logX   bool
	logY   bool
	width  float64
}

// lineColor is the colour of the i-th curve. Dashed ones are what others are compared with, and grey.
func lineColor(list []line, i int) color.RGBA {
	same := 0
	for _, l := range list[:i] {
		if l.dashed == list[i].dashed {
			same++
		}
	}
	if list[i].dashed {
		return dashColors[same%len(dashColors)]
	}
	return lineColors[same%len(lineColors)]
}

// keyItem says whose curve has which colour.
type keyItem struct {
	Name, Color string
	Dashed      bool
}

func keyOf(list []line) (key []keyItem) {
	for i, l := range list {
		c := lineColor(list, i)
		key = append(key, keyItem{l.name, fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B), l.dashed})
	}
	return key
}

// holds reports whether a point can be drawn.
func (a axes) holds(xy plotter.XY) bool {
	return plotter.CheckFloats(xy.X, xy.Y) == nil && xy.Y >= 0 && (xy.X > 0 || !a.logX) && (xy.Y > 0 || !a.logY)
}

// lines draws curves over each other. Without any point it draws nothing.
func lines(a axes, list []line) (template.HTML, error) {
	p := newPlot()
	p.X.Label.Text, p.Y.Label.Text = a.x, a.y
	p.Add(&plotter.Grid{Vertical: faint(), Horizontal: faint()})
	top, bottom, left, right := 0.0, math.Inf(1), math.Inf(1), 0.0
	for i, l := range list {
		l.points = slices.DeleteFunc(l.points, func(xy plotter.XY) bool { return !a.holds(xy) })
		if len(l.points) == 0 {
			continue
		}
		curve, dots, err := plotter.NewLinePoints(l.points)
		if err != nil {
			return "", fmt.Errorf("%s: %w", l.name, err)
		}
		curve.Width, curve.Color = vg.Points(1.8), lineColor(list, i)
		if l.dashed {
			curve.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
		}
		dots.Shape, dots.Color, dots.Radius = draw.CircleGlyph{}, curve.Color, vg.Points(2.2)
		p.Add(curve)
		if len(l.points) < 20 {
			p.Add(dots)
		}
		for _, xy := range l.points {
			top, bottom = max(top, xy.Y), min(bottom, xy.Y)
			left, right = min(left, xy.X), max(right, xy.X)
		}
	}
	if top == 0 {
		return "", nil
	}
	if a.logX {
		p.X.Min, p.X.Max = left*0.9, right*1.1
		p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.TickerFunc(decades)
	}
	if a.xTicks != nil {
		p.X.Tick.Marker = plot.ConstantTicks(a.xTicks)
	}
	if a.logY {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.TickerFunc(oneTwoFive)
		p.Y.Min, p.Y.Max = bottom*0.8, top*1.25
	} else {
		p.Y.Min, p.Y.Max, p.Y.Tick.Marker = 0, top*1.15, plot.TickerFunc(plain)
	}
	return svg(p, a.width, 300)
}

// plain marks round numbers, all digits written.
func plain(from, to float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(from, to)
	for i, t := range ticks {
		if t.Label != "" {
			ticks[i].Label = thousands(t.Value)
		}
	}
	return ticks
}

// decades marks the powers of ten.
func decades(from, to float64) (ticks []plot.Tick) {
	for v := 1.0; v <= to*1.001; v *= 10 {
		if v >= from*0.999 {
			ticks = append(ticks, plot.Tick{Value: v, Label: thousands(v)})
		}
	}
	return ticks
}

// oneTwoFive marks 1, 2 and 5 of each power of ten.
func oneTwoFive(from, to float64) (ticks []plot.Tick) {
	for decade := math.Pow(10, math.Floor(math.Log10(from))); decade <= to; decade *= 10 {
		for _, v := range []float64{decade, 2 * decade, 5 * decade} {
			if v >= from && v <= to {
				ticks = append(ticks, plot.Tick{Value: v, Label: thousands(v)})
			}
		}
	}
	return ticks
}

func thousands(v float64) string {
	s := strconv.FormatFloat(v, 'f', -1, 64)
	whole, rest, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		whole += "." + rest
	}
	return whole
}

func faint() draw.LineStyle { return draw.LineStyle{Color: faintColor, Width: vg.Points(0.7)} }

// newPlot is a picture without anything in it, in the page's type.
func newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.White
	sans := font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(9)}
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font, axis.Label.TextStyle.Color = sans, inkColor
		axis.Tick.Label.Font, axis.Tick.Label.Color = sans, inkColor
		axis.LineStyle = draw.LineStyle{Color: floorColor, Width: vg.Points(0.8)}
		axis.Tick.LineStyle, axis.Tick.Length = axis.LineStyle, vg.Points(4)
		axis.Padding = vg.Points(2)
	}
	plot.DefaultFont = sans // of labels that are made without a plot
	return p
}

// What the page does without: names of other documents, a size of its own, a typeface by name.
var (
	svgRoot   = regexp.MustCompile(`(?s)^.*?<svg[^>]*?(viewBox="[^"]*")[^>]*>`)
	svgFamily = regexp.MustCompile(`font-family:[^;"]*;?`)
)

// svg draws the picture. It fills the width that it is given.
func svg(p *plot.Plot, width, height float64) (template.HTML, error) {
	c := vgsvg.New(vg.Points(width), vg.Points(height))
	p.Draw(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return "", err
	}
	text := svgRoot.ReplaceAllString(b.String(), "<svg $1>")
	return template.HTML(svgFamily.ReplaceAllString(text, "")), nil //nolint:gosec // it is ours
}
