// Package bench measures the log against what PostgreSQL can do at best on the same machine, in the same run, by the same
// driver, into the same tables. A figure counts only when what was written is what was acknowledged: every run is read
// back from the first event, and one that lost, doubled or misplaced anything has no score.
//
// Its clock is the machine's and nobody's to set: what it tells is how long things take here.
package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Figure is one result. Value and Base are in Unit; Ratio is Value by Base, and 0 where there is none.
type Figure struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
	Base  float64 `json:"base"`
	Ratio float64 `json:"ratio"`
	Must  float64 `json:"must"` // of what the target is about: the ratio, or the value where there is no base
	Aim   float64 `json:"aim"`
	Met   string  `json:"met"` // aim, must or no; empty: it has no target, or the base of its target was not measured

	less bool // is better
}

// Target says how good a figure has to be: its ratio to the base or, OfValue, the value itself.
type Target struct {
	Must, Aim float64
	AtMost    bool // less is better
	OfValue   bool
}

// Judge makes a figure of what was measured.
func (t Target) Judge(name, unit string, value, base float64) Figure {
	f := Figure{Name: name, Unit: unit, Value: value, Base: base, Must: t.Must, Aim: t.Aim, less: t.AtMost}
	if base != 0 {
		f.Ratio = value / base
	}
	is := f.Ratio
	switch {
	case t.OfValue:
		is = value
	case base == 0:
		return f
	}
	reaches := func(wanted float64) bool { return t.AtMost && is <= wanted || !t.AtMost && is >= wanted }
	switch {
	case reaches(t.Aim):
		f.Met = "aim"
	case reaches(t.Must):
		f.Met = "must"
	default:
		f.Met = "no"
	}
	return f
}

// Database is an empty database of its own for one run.
type Database struct {
	OwnerURL, ServerURL string
}

// Run is one run of the benchmark.
type Run struct {
	// New makes a migrated database for one figure; drop throws it away.
	New func(ctx context.Context) (d Database, drop func(), err error)
	// Span is how long one measurement takes, and Times how often it is repeated; the median counts.
	Span  time.Duration
	Times int
	// Only are the names that are wanted; none: all.
	Only []string
	// Say tells what is being measured.
	Say func(what string)

	Figures []Figure
	raw     map[string]float64
}

// Names are the figures that may be asked for.
var Names = []string{"R1", "R0", "S0", "appends-256", "tree-cost", "append-p99-64", "open-loop-5000-p99", "bulk-1000", "replay-verify"}

// Check refuses a name that is no figure's.
func (r *Run) Check() error {
	for _, n := range r.Only {
		if !slices.Contains(Names, n) {
			return fmt.Errorf("there is no figure %q: want %s", n, strings.Join(Names, ", "))
		}
	}
	return nil
}

// Wants tells whether any of the figures is asked for.
func (r *Run) Wants(names ...string) bool {
	return len(r.Only) == 0 || slices.ContainsFunc(names, func(n string) bool { return slices.Contains(r.Only, n) })
}

// Add notes a figure.
func (r *Run) Add(f Figure) { r.Figures = append(r.Figures, f) }

// ErrWrong means that what was read back is not what was acknowledged: the run has no score.
var ErrWrong = errors.New("the log is not what was acknowledged")

// median takes a measurement several times, and gives the one in the middle by what by says.
func median[T any](r *Run, measure func() (T, error), by func(T) float64) (T, error) {
	var all []T
	for range max(1, r.Times) {
		one, err := measure()
		if err != nil {
			return one, err
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b T) int { return cmp.Compare(by(a), by(b)) })
	return all[len(all)/2], nil
}

// rate is what a number of clients reached, and how long one of them waited.
type rate struct {
	events              int
	took                time.Duration
	p50, p99, p999, max time.Duration
}

func (r rate) perSecond() float64 { return float64(r.events) / r.took.Seconds() }

func rateOf(waits []time.Duration, events int, took time.Duration) rate {
	if len(waits) == 0 {
		return rate{took: took}
	}
	slices.Sort(waits)
	at := func(share float64) time.Duration { return waits[int(share*float64(len(waits)-1))] }
	return rate{events: events, took: took, p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1)}
}

// Table is the figures as text.
func Table(figures []Figure) string {
	var t strings.Builder
	fmt.Fprintf(&t, "%-34s %14s %-9s %14s %8s %8s %8s %s\n", "figure", "value", "unit", "base", "ratio", "must", "aim", "met")
	for _, f := range figures {
		number := func(n float64) string {
			switch {
			case n == 0:
				return ""
			case n >= 1000:
				return fmt.Sprintf("%.0f", n)
			}
			return fmt.Sprintf("%.3g", n)
		}
		fmt.Fprintf(&t, "%-34s %14s %-9s %14s %8s %8s %8s %s\n", f.Name, number(f.Value), f.Unit, number(f.Base), number(f.Ratio), number(f.Must), number(f.Aim), f.Met)
	}
	return t.String()
}

// Chart draws each figure against its target as an SVG: the bar is what was reached by what must be, the line stands
// where both are equal. For what should be little, the bar is what may be by what was.
func Chart(figures []Figure) string {
	var rows []Figure
	for _, f := range figures {
		if f.Met != "" {
			rows = append(rows, f)
		}
	}
	const width, left, line, one = 900, 300, 26, 150
	var s strings.Builder
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="13">`+"\n", width, 50+line*len(rows))
	fmt.Fprintf(&s, `<text x="10" y="20">reached by what must be; the line is 1</text>`+"\n")
	for i, f := range rows {
		reached := cmp.Or(f.Ratio, f.Value) / f.Must
		if f.less {
			reached = 1 / reached
		}
		color := map[string]string{"aim": "#2f6f4f", "must": "#2b5d8a", "no": "#b03a2e"}[f.Met]
		y := 40 + line*i
		fmt.Fprintf(&s, `<text x="10" y="%d">%s</text><rect x="%d" y="%d" width="%.0f" height="16" fill="%s"/><text x="%.0f" y="%d">%.2f</text>`+"\n",
			y+13, f.Name, left, y, min(reached*one, width-left-60), color, left+min(reached*one, width-left-60)+6, y+13, reached)
	}
	fmt.Fprintf(&s, `<line x1="%d" y1="32" x2="%d" y2="%d" stroke="#333"/>`+"\n</svg>\n", left+one, left+one, 40+line*len(rows))
	return s.String()
}
