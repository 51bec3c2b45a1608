package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"andu/domain"
	"andu/domain/policy"
)

type policyCmd struct {
	List    policyListCmd    `cmd:"" help:"The documents of rules."`
	Show    policyShowCmd    `cmd:"" help:"What is in force, key by key."`
	Diff    policyDiffCmd    `cmd:"" help:"The keys on which two policy versions differ."`
	Publish policyPublishCmd `cmd:"" help:"Draft, review and publish documents from files, as one policy version."`
	Blanks  policyBlanksCmd  `cmd:"" help:"What the texts leave open and nothing fills; exit 1 when there is any."`
	Unused  policyUnusedCmd  `cmd:"" help:"Keys that the office states and nothing reads."`
	Explain explainCmd       `cmd:"" help:"Take a decision again and name every rule it read."`
}

// policyFile is a document of rules as a file: the form of presets.
type policyFile struct {
	Document struct {
		policy.Head
		InForceFrom domain.Date `json:"in_force_from"`
		InForceBy   string      `json:"in_force_by"`
	} `json:"document"`
	Values []policy.Value `json:"values"`
}

type policyPublishCmd struct {
	clientFlags
	Files         []string    `arg:"" help:"Documents as JSON files; all become one policy version." type:"existingfile"`
	EffectiveFrom domain.Date `help:"Date of effect, where the documents state none."`
	InForceBy     string      `help:"The document or order that puts them in force, where they state no date."`
	Reason        string      `help:"Why the date is past."`
	Approver      string      `help:"Post or body that approved a date that is past."`
	Opinion       string      `help:"Opinion of the legal review." default:"无异议"`
	DryRun        bool        `help:"Draft and preview only; nothing is put in force."`
}

// Run drafts each file (a repeated run goes on where the last one stopped), has it reviewed, previews conflicts and
// publishes. A conflict is a finding: nothing is published then.
func (c *policyPublishCmd) Run(ctx context.Context, g *globals) error {
	cl, err := g.connect(c.clientFlags)
	if err != nil {
		return err
	}
	publish := policy.Publish{EffectiveFrom: c.EffectiveFrom, InForceBy: c.InForceBy, Reason: c.Reason, Approver: c.Approver}
	for _, file := range c.Files {
		f, err := readPolicy(file)
		if err != nil {
			return err
		}
		if publish.EffectiveFrom.IsZero() && f.Document.EffectiveFrom.IsZero() {
			publish.EffectiveFrom = f.Document.InForceFrom
		}
		if publish.InForceBy == "" {
			publish.InForceBy = f.Document.InForceBy
		}
		if err := draftPolicy(ctx, cl, f, c.Opinion); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		publish.Documents = append(publish.Documents, f.Document.ID)
	}
	found, err := c.preview(ctx, g, cl, publish)
	if err != nil {
		return err
	}
	if c.DryRun {
		if found {
			return errFinding
		}
		return nil
	}
	var out struct {
		Events []struct {
			Type string          `json:"type"`
			Data json.RawMessage `json:"data"`
		} `json:"events"`
	}
	if publish.Moment == "" {
		publish.Moment = "startOfDay"
	}
	if _, err := cl.do(ctx, request{method: http.MethodPost, path: "/policy/publications", body: publish}, &out); err != nil {
		var p *problemError
		if errors.As(err, &p) && p.Status == http.StatusConflict {
			fmt.Fprintln(g.err, "andu:", err)
			return errFinding
		}
		return err
	}
	var version struct {
		Version int64 `json:"version"`
	}
	if len(out.Events) > 0 {
		_ = json.Unmarshal(out.Events[0].Data, &version) // the answer is shown as it came when it is of another form
	}
	return g.print(map[string]any{"version": version.Version, "documents": publish.Documents}, func(w *tabwriter.Writer) {
		fmt.Fprintf(w, "policy version %d: %s\n", version.Version, strings.Join(publish.Documents, ", "))
	})
}

// preview tells the conflicts and warnings that the publication would meet.
func (c *policyPublishCmd) preview(ctx context.Context, g *globals, cl *client, p policy.Publish) (found bool, err error) {
	for _, id := range p.Documents {
		q := url.Values{"document": {id}}
		if !p.EffectiveFrom.IsZero() {
			q.Set("from", p.EffectiveFrom.String())
		}
		var out struct {
			Conflicts []policy.Conflict `json:"conflicts"`
			Warnings  []policy.Warning  `json:"warnings"`
		}
		if _, err := cl.do(ctx, request{method: http.MethodGet, path: "/policy/preview", query: q}, &out); err != nil {
			return false, err
		}
		for _, x := range out.Conflicts {
			found = true
			fmt.Fprintf(g.err, "conflict: %s: %s / %s\n", x.Key, x.Clauses[0], x.Clauses[1])
		}
		for _, x := range out.Warnings {
			fmt.Fprintf(g.err, "warning: %s\n", x.EN)
		}
	}
	return found, nil
}

func readPolicy(file string) (policyFile, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return policyFile{}, err
	}
	f, err := parsePolicy(text)
	if err != nil {
		return f, fmt.Errorf("%s: %w", file, err)
	}
	return f, nil
}

func parsePolicy(text []byte) (policyFile, error) {
	var f policyFile
	if err := json.Unmarshal(text, &f); err != nil {
		return f, err
	}
	if f.Document.ID == "" {
		return f, errors.New("the document has no id")
	}
	return f, nil
}

// draftPolicy enters a document into the book in parts that fit into records, and records the legal review.
func draftPolicy(ctx context.Context, cl *client, f policyFile, opinion string) error {
	post := func(ctx context.Context, path string, body any, key string) error {
		_, err := cl.do(ctx, request{method: http.MethodPost, path: path, body: body, key: key}, nil)
		return err
	}
	head := f.Document.Head
	if head.Supersedes == nil {
		head.Supersedes = []string{}
	}
	draft, more := policy.Draft{Document: head, Values: f.Values}.Parts()
	key := "policy/" + head.ID + "/"
	if err := post(ctx, "/policy/documents", draft, key+"draft"); err != nil {
		return err
	}
	for i, part := range more {
		if err := post(ctx, "/policy/documents/provisions", part, key+strconv.Itoa(i)); err != nil {
			return err
		}
	}
	return post(ctx, "/policy/reviews", policy.Review{Document: head.ID, OK: true, Opinion: opinion}, key+"review")
}

type policyListCmd struct{ clientFlags }

// Run lists the documents.
func (c *policyListCmd) Run(ctx context.Context, g *globals) error {
	var out struct {
		Documents []struct {
			policy.Head
			Status  policy.Status  `json:"status"`
			Version int64          `json:"version"`
			From    domain.Instant `json:"from"`
		} `json:"documents"`
	}
	here, err := time.LoadLocation(zone)
	if err != nil {
		return err
	}
	return g.ask(ctx, c.clientFlags, request{path: "/policy/documents"}, &out, func(w *tabwriter.Writer) {
		fmt.Fprintln(w, "document\tstatus\tversion\tfrom\ttitle")
		for _, d := range out.Documents {
			from := "–"
			if !d.From.IsZero() {
				from = d.From.In(here).Format("2006-01-02")
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", d.ID, d.Status, d.Version, from, d.Title)
		}
	})
}

type provisions struct {
	Version int64 `json:"version,omitempty"`
	Values  []struct {
		domain.Provision
		Read bool `json:"read"`
	} `json:"values,omitempty"`
	Blanks []struct {
		domain.Provision
		Read bool `json:"read"`
	} `json:"blanks,omitempty"`
}

type policyShowCmd struct {
	clientFlags
	Key     string `arg:"" optional:"" help:"Keys that begin so."`
	Version int64  `help:"Policy version; default the newest." name:"of"`
	At      string `help:"In force at, RFC 3339; default now."`
}

// Run shows what is in force.
func (c *policyShowCmd) Run(ctx context.Context, g *globals) error {
	q := url.Values{}
	if c.Key != "" {
		q.Set("key", c.Key)
	}
	if c.Version > 0 {
		q.Set("version", strconv.FormatInt(c.Version, 10))
	}
	if c.At != "" {
		q.Set("at", c.At)
	}
	var out provisions
	return g.ask(ctx, c.clientFlags, request{path: "/policy", query: q}, &out, func(w *tabwriter.Writer) {
		fmt.Fprintf(w, "policy version %d\n", out.Version)
		for _, p := range out.Values {
			value := string(p.Value)
			if p.Blank {
				value = "BLANK"
			}
			fmt.Fprintf(w, "%s\t%s\t%s %s\n", p.Key, value, p.Document, p.Clause)
		}
	})
}

type policyBlanksCmd struct{ clientFlags }

// Run lists the blanks; exit 1 when there is one.
func (c *policyBlanksCmd) Run(ctx context.Context, g *globals) error {
	var out provisions
	err := g.ask(ctx, c.clientFlags, request{path: "/policy/blanks"}, &out, func(w *tabwriter.Writer) {
		for _, p := range out.Blanks {
			clause := "no clause"
			if p.Document != "" {
				clause = p.Document + " " + p.Clause
			}
			fmt.Fprintf(w, "%s\t%s\n", p.Key, clause)
		}
	})
	if err == nil && len(out.Blanks) > 0 {
		return errFinding
	}
	return err
}

type policyUnusedCmd struct{ clientFlags }

// Run lists keys that nothing reads.
func (c *policyUnusedCmd) Run(ctx context.Context, g *globals) error {
	var out struct {
		Keys []string `json:"keys"`
	}
	return g.ask(ctx, c.clientFlags, request{path: "/policy/unused"}, &out, func(w *tabwriter.Writer) {
		for _, k := range out.Keys {
			fmt.Fprintln(w, k)
		}
	})
}

type policyDiffCmd struct {
	clientFlags
	From int64 `arg:"" help:"Policy version."`
	To   int64 `arg:"" help:"Policy version."`
}

// Run lists the differences; exit 1 when there is one.
func (c *policyDiffCmd) Run(ctx context.Context, g *globals) error {
	var out struct {
		Changes []policy.Change `json:"changes"`
	}
	q := url.Values{"from": {strconv.FormatInt(c.From, 10)}, "to": {strconv.FormatInt(c.To, 10)}}
	err := g.ask(ctx, c.clientFlags, request{path: "/policy/diff", query: q}, &out, func(w *tabwriter.Writer) {
		for _, ch := range out.Changes {
			fmt.Fprintf(w, "%s\t%s\t→\t%s\n", ch.Key, valuesOf(ch.Before), valuesOf(ch.After))
		}
	})
	if err == nil && len(out.Changes) > 0 {
		return errFinding
	}
	return err
}

func valuesOf(list []domain.Provision) string {
	if len(list) == 0 {
		return "–"
	}
	var texts []string
	for _, p := range list {
		if p.Blank {
			texts = append(texts, "BLANK")
			continue
		}
		texts = append(texts, string(p.Value)+" ("+p.Document+" "+p.Clause+")")
	}
	return strings.Join(texts, "; ")
}

// ask makes one query and prints its answer.
func (g *globals) ask(ctx context.Context, f clientFlags, r request, out any, people func(w *tabwriter.Writer)) error {
	cl, err := g.connect(f)
	if err != nil {
		return err
	}
	r.method = http.MethodGet
	if _, err := cl.do(ctx, r, out); err != nil {
		return err
	}
	return g.print(out, people)
}
