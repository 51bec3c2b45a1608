package api

import (
	"fmt"
	"strconv"
	"strings"
)

// chart is a picture of curves over equal steps, drawn by the server. Places along it are shares of its width, so that it
// fits a desk and a phone while its letters keep their size.
type chart struct {
	Label  string // what it shows, for who cannot see it
	Curves []chartCurve
	Marks  []chartMark
	Ticks  []chartMark
	Levels []chartLevel
	top    int // value at the upper edge
	steps  int
}

type chartCurve struct{ Name, Tone, Points string }

// chartMark is a place along the width with a text.
type chartMark struct{ X, Text, Anchor, Tone string }

// chartLevel is a line across at a value; one that is wanted has a tone.
type chartLevel struct{ Y, Text, Tone string }

// The plot lies between these heights of the picture; over it stand the marks, under it the ticks.
const (
	plotTop    = 24
	plotBottom = 204
)

// newChart is a picture for values up to most over steps.
func newChart(label string, most, steps int) *chart {
	c := &chart{Label: label, steps: max(steps, 1)}
	parts := 1
	for unit := 1; c.top < max(most, 1); unit *= 10 { // 1, 2, 3, 4, 5, 6, 8, 10, 20, …
		for _, n := range [][2]int{{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {6, 3}, {8, 4}, {10, 5}} {
			if c.top < max(most, 1) {
				c.top, parts = n[0]*unit, n[1]
			}
		}
	}
	if c.top == 10 || parts == 1 && c.top > 1 {
		parts = 5
	}
	for i := 0; i <= parts; i++ {
		y := plotBottom - (plotBottom-plotTop)*i/parts
		c.Levels = append(c.Levels, chartLevel{Y: strconv.Itoa(y), Text: strconv.Itoa(c.top * i / parts)})
	}
	return c
}

func (c *chart) x(step int) float64 {
	return 100 * float64(min(max(step, 0), c.steps)) / float64(c.steps)
}

// curve adds a curve of one value a step.
func (c *chart) curve(name, tone string, values []int) {
	points := make([]string, len(values))
	for i, v := range values {
		points[i] = fmt.Sprintf("%.2f,%.2f", 10*c.x(i), 1000*(1-float64(v)/float64(c.top)))
	}
	if len(points) == 1 { // a single day is a level
		points = append(points, "1000"+points[0][strings.IndexByte(points[0], ','):])
	}
	c.Curves = append(c.Curves, chartCurve{name, tone, strings.Join(points, " ")})
}

func (c *chart) place(step int, text, tone string) chartMark {
	x := c.x(step)
	anchor := "middle"
	switch {
	case x < 15:
		anchor = "start"
	case x > 85:
		anchor = "end"
	}
	return chartMark{fmt.Sprintf("%.2f%%", x), text, anchor, tone}
}

// mark sets a line up at a step, with what happened there.
func (c *chart) mark(step int, text, tone string) {
	c.Marks = append(c.Marks, c.place(step, text, tone))
}

// level draws a line across at a value that is to be reached.
func (c *chart) level(value int, text, tone string) {
	c.Levels = append(c.Levels, chartLevel{strconv.Itoa(plotBottom - (plotBottom-plotTop)*value/c.top), text, tone})
}

// tick writes what a step is called beneath the plot, once.
func (c *chart) tick(step int, text string) {
	if t := c.place(step, text, ""); len(c.Ticks) == 0 || c.Ticks[len(c.Ticks)-1].X != t.X {
		c.Ticks = append(c.Ticks, t)
	}
}
