package backtestpage

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"sort"
	"strings"
	"time"
)

// Sizes of a chart in its own units.
const (
	width, height = 900.0, 300.0
	left, right   = 76.0, 12.0
	top, bottom   = 16.0, 34.0
	bandPoints    = 300
)

// series is a line.
type series struct {
	name  string // of the line's class
	label string // for people, if it is not the name
	steps bool   // it stays until the next point
	at    []int64
	value []float64
}

func (s *series) add(at int64, v float64) {
	s.at, s.value = append(s.at, at), append(s.value, v)
}

// valueAt returns the value at a time: that of the last point before it, 0 before the first.
func (s *series) valueAt(at int64) float64 {
	i := sort.Search(len(s.at), func(i int) bool { return s.at[i] > at })
	if i == 0 {
		return 0
	}
	return s.value[i-1]
}

// chart is lines over time, and the band of those that were added.
type chart struct {
	begin, end int64
	banded     []series
	lines      []series
	low, high  float64
}

func newChart(begin, end int64) *chart { return &chart{begin: begin, end: max(end, begin+1)} }

// add adds a line that belongs to the band.
func (c *chart) add(s series) {
	c.banded = append(c.banded, s)
	c.lines = append(c.lines, s)
}

func (c *chart) x(at int64) float64 {
	part := float64(min(max(at, c.begin), c.end)-c.begin) / float64(c.end-c.begin)
	return left + part*(width-left-right)
}

func (c *chart) y(v float64) float64 {
	return top + (c.high-v)/(c.high-c.low)*(height-top-bottom)
}

// draw returns the picture.
func (c *chart) draw(band bool) template.HTML {
	for _, s := range c.lines {
		for _, v := range s.value {
			c.low, c.high = math.Min(c.low, v), math.Max(c.high, v)
		}
	}
	if c.high == c.low {
		c.high++
	}
	var b strings.Builder
	b.WriteString(`<ul class="legend">`)
	for _, s := range c.lines {
		fmt.Fprintf(&b, `<li class="%s">%s</li>`, template.HTMLEscapeString(s.name),
			template.HTMLEscapeString(cmp.Or(s.label, s.name)))
	}
	fmt.Fprintf(&b, `</ul><svg viewBox="0 0 %g %g" role="img">`, width, height)
	c.axes(&b)
	if band && len(c.banded) > 1 {
		c.drawBand(&b)
	}
	for _, s := range c.lines {
		c.drawLine(&b, &s)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String()) // numbers and escaped names
}

// axes draws lines of round values, and times.
func (c *chart) axes(b *strings.Builder) {
	step := roundStep((c.high - c.low) / 5)
	for v := math.Ceil(c.low/step) * step; v <= c.high; v += step {
		y, class := c.y(v), "grid"
		if v = math.Round(v/step) * step; v == 0 {
			class, v = "zero", 0 // not -0
		}
		fmt.Fprintf(b, `<line class="%s" x1="%g" y1="%.1f" x2="%g" y2="%.1f"/>`, class, left, y, width-right, y)
		fmt.Fprintf(b, `<text x="%g" y="%.1f" text-anchor="end">%.6g</text>`, left-6, y+4, v)
	}
	layout := "15:04:05"
	if time.Duration(c.end-c.begin) > 2*time.Hour {
		layout = "15:04"
	}
	for i := range 5 {
		at := c.begin + (c.end-c.begin)/4*int64(i)
		anchor := "middle"
		if i == 0 {
			anchor = "start"
		} else if i == 4 {
			anchor = "end"
		}
		fmt.Fprintf(b, `<text x="%.1f" y="%g" text-anchor="%s">%s</text>`, c.x(at), height-6, anchor,
			time.Unix(0, at).UTC().Format(layout))
	}
}

// roundStep returns 1, 2 or 5 times a power of ten that is at least v.
func roundStep(v float64) float64 {
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*p >= v {
			return m * p
		}
	}
	return 10 * p
}

// drawBand fills what is between the lowest and the highest line.
func (c *chart) drawBand(b *strings.Builder) {
	var high, low []string
	for i := range bandPoints + 1 {
		at := c.begin + int64(float64(c.end-c.begin)*float64(i)/bandPoints)
		most, least := math.Inf(-1), math.Inf(1)
		for j := range c.banded {
			v := c.banded[j].valueAt(at)
			most, least = math.Max(most, v), math.Min(least, v)
		}
		high = append(high, fmt.Sprintf("%.1f,%.1f", c.x(at), c.y(most)))
		low = append(low, fmt.Sprintf("%.1f,%.1f", c.x(at), c.y(least)))
	}
	for i := len(low) - 1; i >= 0; i-- {
		high = append(high, low[i])
	}
	fmt.Fprintf(b, `<polygon class="band" points="%s"/>`, strings.Join(high, " "))
}

func (c *chart) drawLine(b *strings.Builder, s *series) {
	if len(s.at) == 0 {
		return
	}
	var points []string
	for i, at := range s.at {
		if s.steps && i > 0 {
			points = append(points, fmt.Sprintf("%.1f,%.1f", c.x(at), c.y(s.value[i-1])))
		}
		points = append(points, fmt.Sprintf("%.1f,%.1f", c.x(at), c.y(s.value[i])))
	}
	fmt.Fprintf(b, `<polyline class="%s" points="%s"/>`, template.HTMLEscapeString(s.name), strings.Join(points, " "))
}
