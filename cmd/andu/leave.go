package main

import (
	"context"
	"fmt"
	"net/http"
	"text/tabwriter"
	"time"

	"andu/domain"
	"andu/domain/leave"
	"andu/projections/directory"
	"andu/projections/whereabouts"
)

type leaveCmd struct {
	clientFlags
}

// Run lists what one has asked for, what one may still take, and who is away now.
func (c *leaveCmd) Run(ctx context.Context, g *globals) error {
	cl, err := g.connect(c.clientFlags)
	if err != nil {
		return err
	}
	var out struct {
		Absences []whereabouts.Absence `json:"absences"`
		Balances []leave.Balance       `json:"balances"`
		At       domain.Instant        `json:"at"`
		Away     []whereabouts.Away    `json:"away"`
	}
	var chart struct {
		Office directory.Office   `json:"office"`
		People []directory.Person `json:"people"`
	}
	for path, into := range map[string]any{"/leave/requests": &out, "/leave/balances": &out, "/leave/whereabouts": &out, "/org": &chart} {
		if _, err := cl.do(ctx, request{method: http.MethodGet, path: path}, into); err != nil {
			return err
		}
	}
	names := map[string]string{}
	for _, p := range chart.People {
		names[p.ID] = p.Name
	}
	zone, err := time.LoadLocation(chart.Office.Zone)
	if err != nil {
		return err
	}
	clock := func(i domain.Instant) string { return i.In(zone).Format("2006-01-02 15:04") }
	return g.print(out, func(w *tabwriter.Writer) {
		fmt.Fprintln(w, "request\tkind\ttype\tfrom\tback\tdays\tstatus")
		for _, a := range out.Absences {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", a.Request, a.Kind, a.Type, clock(a.StartsAt), clock(a.BackAt), a.Days, a.Status)
		}
		for _, b := range out.Balances {
			fmt.Fprintf(w, "left\t%s\t%d\t%s of %s\n", b.Type, b.Year, b.Left, b.Given)
		}
		for _, a := range out.Away {
			fmt.Fprintf(w, "away\t%s\t%s\t%s\t%s\t%s\n", names[a.Person], a.Kind, clock(a.Since), clock(a.BackAt), a.Place)
		}
	})
}
