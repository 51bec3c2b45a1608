package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"andu/commands"
	"andu/domain"
	"andu/domain/registers"
	"andu/projections/series"
)

// told is one entry of a history as the server tells it.
type told struct {
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	Version  int             `json:"version"`
	Revision int64           `json:"revision"`
	Occurred domain.Instant  `json:"occurred_at"`
	Recorded domain.Instant  `json:"recorded_at"`
	Policy   int64           `json:"policy_version,omitempty"`
	Calendar int64           `json:"calendar_version,omitempty"`
	Actor    domain.Actor    `json:"actor"`
	Corrects string          `json:"corrects,omitempty"`
	Position string          `json:"position"`
	Withheld bool            `json:"withheld,omitempty"`
	Erased   bool            `json:"erased,omitempty"`
	Data     json.RawMessage `json:"data"`
}

func writeTold(w *tabwriter.Writer, events []told) {
	fmt.Fprintln(w, "revision\toccurred\trecorded\tevent\tby\tas\tpolicy\tfact")
	for _, e := range events {
		fact := string(e.Data)
		switch {
		case e.Withheld:
			fact = "(withheld)"
		case e.Erased:
			fact = "(erased)"
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", e.Revision, e.Occurred.Format("2006-01-02T15:04:05.000000Z07:00"),
			e.Recorded.Format("15:04:05.000000"), e.Type, e.Actor.Person, e.Actor.Post, e.Policy, fact)
	}
}

type timelineCmd struct {
	clientFlags
	Entity string `arg:"" help:"Record, such as document-0198…"`
}

// Run tells the history.
func (c *timelineCmd) Run(ctx context.Context, g *globals) error {
	var out struct {
		Stream string `json:"stream"`
		Events []told `json:"events"`
	}
	return g.ask(ctx, c.clientFlags, request{path: "/timelines/" + url.PathEscape(c.Entity)}, &out, func(w *tabwriter.Writer) { writeTold(w, out.Events) })
}

type traceCmd struct {
	clientFlags
	Document string `arg:"" help:"Paper, such as document-0198… or its id."`
	Reason   string `help:"Of the officers who see who opened it: what the answer is needed for. It goes on record."`
}

// Run tells all that the records say about one paper.
func (c *traceCmd) Run(ctx context.Context, g *globals) error {
	q := url.Values{}
	if c.Reason != "" {
		q.Set("reason", c.Reason)
	}
	var out struct {
		Entries []struct {
			Stream string `json:"stream"`
			told
			Rules []struct {
				Key      string `json:"key"`
				Document string `json:"document"`
				Clause   string `json:"clause"`
			} `json:"rules"`
		} `json:"entries"`
	}
	path := "/documents/" + url.PathEscape(strings.TrimPrefix(c.Document, "document-")) + "/dossier"
	return g.ask(ctx, c.clientFlags, request{path: path, query: q}, &out, func(w *tabwriter.Writer) {
		fmt.Fprintln(w, "occurred\trecorded\trecord\tevent\tby\tas\tpolicy\trules")
		for _, e := range out.Entries {
			var rules []string
			for _, r := range e.Rules {
				if cited := strings.TrimSpace(r.Document + " " + r.Clause); r.Document != "" && !slices.Contains(rules, cited) {
					rules = append(rules, cited)
				}
			}
			fmt.Fprintf(w, "%s\t%s\t%s@%d\t%s\t%s\t%s\t%d\t%s\n", e.Occurred.Format("2006-01-02T15:04:05.000000Z07:00"), e.Recorded.Format("2006-01-02T15:04:05.000000Z07:00"),
				domain.ContextOf(e.Stream), e.Revision, e.Type, e.Actor.Person, e.Actor.Post, e.Policy, strings.Join(rules, "; "))
		}
	})
}

type asofCmd struct {
	clientFlags
	Entity string `arg:"" help:"Record, such as document-0198…"`
	At     string `help:"Only what had occurred by then, RFC 3339."`
	Known  string `help:"Only what was recorded by then, RFC 3339 or a position."`
}

// Run shows the record as it was.
func (c *asofCmd) Run(ctx context.Context, g *globals) error {
	q := url.Values{}
	if c.At != "" {
		q.Set("at", c.At)
	}
	if c.Known != "" {
		q.Set("known", c.Known)
	}
	var out struct {
		Stream string          `json:"stream"`
		Events []told          `json:"events"`
		State  json.RawMessage `json:"state"`
	}
	return g.ask(ctx, c.clientFlags, request{path: "/timelines/" + url.PathEscape(c.Entity) + "/as-of", query: q}, &out, func(w *tabwriter.Writer) {
		writeTold(w, out.Events)
		fmt.Fprintf(w, "state\t%s\n", out.State)
	})
}

type explainCmd struct {
	clientFlags
	Event string `arg:"" help:"Event, as stream@revision."`
}

// Run takes the decision again; exit 1 when it would be another one.
func (c *explainCmd) Run(ctx context.Context, g *globals) error {
	stream, revision, ok := strings.Cut(c.Event, "@")
	if _, err := strconv.ParseInt(revision, 10, 64); !ok || err != nil {
		return fmt.Errorf("%q: want stream@revision", c.Event)
	}
	var ex commands.Explanation
	err := g.ask(ctx, c.clientFlags, request{path: "/timelines/" + url.PathEscape(stream) + "/decisions/" + revision}, &ex, func(w *tabwriter.Writer) {
		fmt.Fprintf(w, "decision\t%s@%d\ncommand\t%s %s\nby\t%s as %s\nat\t%s\npolicy version\t%d\ncalendar version\t%d\n", ex.Stream, ex.Revision,
			ex.Command.Name, ex.Command.Body, ex.Actor.Person, ex.Actor.Post, ex.At.Format("2006-01-02T15:04:05.000000Z07:00"), ex.Policy, ex.Calendar)
		for _, r := range ex.Reads {
			fmt.Fprintf(w, "read\t%s@%d\n", r.Stream, r.Revision)
		}
		for _, r := range ex.Readings {
			p := r.Provision
			fmt.Fprintf(w, "rule\t%s = %s\t%s %s 《%s》%s\n", r.Key, p.Value, p.Document, p.Clause, p.Title, p.Number)
		}
		for _, e := range ex.Stored {
			fmt.Fprintf(w, "stored\t%s\t%s\n", e.Name, e.Event)
		}
		if ex.Refusal != "" {
			fmt.Fprintf(w, "refused\t%s\n", ex.Refusal)
		}
		fmt.Fprintf(w, "taken again\tthe same: %v\n", ex.Same)
	})
	if err == nil && !ex.Same {
		return errFinding
	}
	return err
}

type gapsCmd struct {
	clientFlags
	Series string `arg:"" help:"Series, as book/year, such as 收文/2026."`
}

// Run checks one series; exit 1 when a number is missing or unfinished.
func (c *gapsCmd) Run(ctx context.Context, g *globals) error {
	book, year, ok := strings.Cut(c.Series, "/")
	y, err := strconv.Atoi(year)
	if !ok || err != nil {
		return fmt.Errorf("%q: want book/year, such as 收文/2026", c.Series)
	}
	cl, err := g.connect(c.clientFlags)
	if err != nil {
		return err
	}
	var list struct {
		Series []series.Series `json:"series"`
	}
	if _, err := cl.do(ctx, request{method: "GET", path: "/registers"}, &list); err != nil {
		return err
	}
	for _, s := range list.Series {
		if s.Book != book || s.Year != y {
			continue
		}
		var out struct {
			registers.Report
			Complete bool            `json:"complete"`
			Voided   []series.Number `json:"voided"`
		}
		err := g.ask(ctx, c.clientFlags, request{path: "/registers/" + strings.TrimPrefix(s.Stream, "register-") + "/gaps"}, &out, func(w *tabwriter.Writer) {
			verdict := "complete"
			if !out.Complete {
				verdict = "NOT complete"
			}
			fmt.Fprintf(w, "%s: %d-%d %s\n", c.Series, out.First, out.Last, verdict)
			for _, n := range out.Voided {
				fmt.Fprintf(w, "void\t%d\t%s\tby %s\t%s\t%s\n", n.N, n.Text, n.By, n.At.Format("2006-01-02T15:04:05Z07:00"), n.Reason)
			}
			for _, n := range out.Missing {
				fmt.Fprintf(w, "MISSING\t%d\n", n)
			}
			for _, n := range out.Unfinished {
				fmt.Fprintf(w, "UNFINISHED\t%d\n", n)
			}
		})
		if err == nil && !out.Complete {
			return errFinding
		}
		return err
	}
	return fmt.Errorf("the office has no series %s", c.Series)
}
