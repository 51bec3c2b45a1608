package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"andu/cmd/andu/recheck"
	"andu/eventstore"
)

// recheckCmd decides every event of the log again, by a program that shares no rule with the one that wrote it.
type recheckCmd struct {
	storeFlags
	Office string `help:"Only violations of this office's records; all events are decided whatever is listed."`
	Rules  bool   `help:"List the rules and what they cite."`
}

// recheckResult is what recheck prints.
type recheckResult struct {
	recheck.Report
	Seconds float64 `json:"seconds"`
}

// Run exits with 1 when an event does not follow.
func (c *recheckCmd) Run(ctx context.Context, g *globals) error {
	if c.Rules {
		rules := recheck.Rules()
		return g.print(rules, func(w *tabwriter.Writer) {
			for _, r := range rules {
				fmt.Fprintf(w, "%s\t%s\n", r[0], r[1])
			}
		})
	}
	return g.withHouse(ctx, c.storeFlags, openOptions{ours: true, readOnly: true}, func(h *house) error {
		started := g.now()
		bar := g.progress(1, "复核 recheck")
		report, err := recheck.Run(ctx, eventstore.Store(h.store), h.ring, c.Office, func(done, head int64) {
			bar.ChangeMax64(head + 1)
			_ = bar.Set64(done) // a bar that cannot be drawn stops nothing
		})
		_ = bar.Finish()
		if err != nil {
			return err
		}
		res := recheckResult{report, g.now().Sub(started).Seconds()}
		err = g.print(res, func(w *tabwriter.Writer) { printRecheck(w, res) })
		if err == nil && report.Found > 0 {
			return errFinding
		}
		return err
	})
}

func printRecheck(w *tabwriter.Writer, r recheckResult) {
	fmt.Fprintf(w, "events\t%d\ndecided\t%d\nerased\t%d\nrules\t%d\nseconds\t%.1f\nviolations\t%d\n\n", r.Events, r.Decided, r.Erased, r.Rules, r.Seconds, r.Found)
	fmt.Fprintln(w, "type\tevents\tdecided")
	for _, t := range sortedKeys(r.Types) {
		fmt.Fprintf(w, "%s\t%d\t%d\n", t, r.Types[t].Events, r.Types[t].Decided)
	}
	if r.Found == 0 {
		return
	}
	fmt.Fprintln(w, "\nrule\tviolations")
	for _, name := range sortedKeys(r.ByRule) {
		fmt.Fprintf(w, "%s\t%d\n", name, r.ByRule[name])
	}
	fmt.Fprintln(w, "\nposition\ttype\tstream\trule\tcites\tshould have been")
	for _, v := range r.Violations {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\n", v.Position, v.Type, v.Stream, v.Rule, v.Cites, v.Want)
	}
	if n := r.Found - int64(len(r.Violations)); n > 0 {
		fmt.Fprintf(w, "and %d more\n", n)
	}
}
