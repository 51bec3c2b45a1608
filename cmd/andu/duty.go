package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"andu/domain"
	"andu/projections/directory"
	"andu/projections/dutyboard"
)

type dutyCmd struct {
	clientFlags
	Line string `enum:",duty-room,messenger-room" default:"" help:"Only this line: duty-room or messenger-room."`
	At   string `help:"Who was responsible at this instant, RFC 3339." xor:"when"`
	From string `help:"First day of a span of which the coverage is told, such as 2026-04-01." xor:"when" and:"span"`
	To   string `help:"Last day of the span." and:"span"`
}

// watchTold is one post as it is told: as it stands, or who was responsible at an instant or through a span.
type watchTold struct {
	Post     dutyboard.Post      `json:"post"`
	Tenure   *dutyboard.Tenure   `json:"tenure,omitempty"`
	Timeline *dutyboard.Timeline `json:"timeline,omitempty"`
}

// Run tells who is responsible for each post: now, at an instant, or through a span with its overruns and gaps.
func (c *dutyCmd) Run(ctx context.Context, g *globals) error {
	cl, err := g.connect(c.clientFlags)
	if err != nil {
		return err
	}
	get := func(path string, query url.Values, into any) error {
		_, err := cl.do(ctx, request{method: http.MethodGet, path: path, query: query}, into)
		return err
	}
	var board struct {
		List []dutyboard.Post `json:"list"`
	}
	var chart struct {
		Office directory.Office   `json:"office"`
		People []directory.Person `json:"people"`
	}
	if err := get("/duty", nil, &board); err != nil {
		return err
	}
	if err := get("/org", nil, &chart); err != nil {
		return err
	}
	out := struct {
		Posts []watchTold `json:"posts"`
	}{Posts: []watchTold{}}
	for _, p := range board.List {
		if c.Line != "" && p.Line != c.Line {
			continue
		}
		told, path := watchTold{Post: p}, "/duty/"+strings.TrimPrefix(p.Stream, "duty-")
		switch {
		case c.At != "":
			told.Tenure = &dutyboard.Tenure{}
			err = get(path+"/responsible", url.Values{"at": {c.At}}, told.Tenure)
		case c.From != "":
			told.Timeline = &dutyboard.Timeline{}
			err = get(path+"/timeline", url.Values{"from": {c.From}, "to": {c.To}}, told.Timeline)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.Line, err)
		}
		out.Posts = append(out.Posts, told)
	}
	names := map[string]string{}
	for _, p := range chart.People {
		names[p.ID] = p.Name
	}
	zone, err := time.LoadLocation(chart.Office.Zone)
	if err != nil {
		return err
	}
	clock := func(i domain.Instant) string {
		if i.IsZero() {
			return ""
		}
		return i.In(zone).Format("2006-01-02 15:04:05")
	}
	over := func(seconds int64) string { return (time.Duration(seconds) * time.Second).String() }
	return g.print(out, func(w *tabwriter.Writer) {
		fmt.Fprintln(w, "line\tresponsible\tfrom\tuntil\tplanned end\toverrun\topen")
		row := func(line string, t dutyboard.Tenure, open string) {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", line, names[t.Person], clock(t.From), clock(t.Until), clock(t.PlannedEnd), over(t.Overrun), open)
		}
		for _, p := range out.Posts {
			switch {
			case p.Tenure != nil:
				row(p.Post.Line, *p.Tenure, "")
			case p.Timeline != nil:
				for _, t := range p.Timeline.Tenures {
					row(p.Post.Line, t, "")
				}
				fmt.Fprintf(w, "%s\tgaps %d, two at once %d\t\t\t\t%s\t\n", p.Post.Line, p.Timeline.Gaps, p.Timeline.Double, over(p.Timeline.Overrun))
			default:
				row(p.Post.Line, dutyboard.Tenure{Person: p.Post.Responsible, From: p.Post.Since, PlannedEnd: p.Post.PlannedEnd, Overrun: p.Post.Overrun}, fmt.Sprint(p.Post.Open))
			}
		}
	})
}
