package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"

	"andu/commands"
	"andu/domain"
	"andu/domain/access"
	"andu/domain/documents"
	"andu/projections/dossier"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
)

// The dossier of a paper (全程) is everything that the office's records say about it, in one order: its own record, its
// number, the case about it, its circulation, its protection and who opened it.

// Chapter is one entry of a dossier.
type Chapter struct {
	Stream string `json:"stream"`
	Told
	Rules []Cited `json:"rules,omitempty" doc:"the policy values that the decision read"`
}

// Cited is one value of the office's rules that a decision rested on, as it was then.
type Cited struct {
	Key      string `json:"key" example:"rcv.clock[平件]"`
	Document string `json:"document" doc:"id of the document that states it" example:"REG-16"`
	Title    string `json:"title"`
	Clause   string `json:"clause"`
}

// chapter is an entry of a dossier before it is put into words.
type chapter struct {
	domain.Recorded
	sees  bool
	rules []domain.Reading
}

// dossier gathers the entries. Of a record that the asker may not read, the auditors see that something happened, by
// whom and under which rule; others see nothing. Who opened the paper is for those who may ask for its trail, and the
// question goes on record with its reason.
func (a *API) dossier(ctx context.Context, id, reason string) (list []chapter, position string, err error) {
	w, _ := asker(ctx)
	audits := commands.May(w.roles, commands.Audit)
	document := documents.Context.Stream(id)
	explainer := a.cfg.Handler.Explainer(w.Office)
	own, err := explainer.History(ctx, document)
	if err != nil {
		return nil, "", err
	}
	if !audits && !a.sees(ctx, w, own) {
		return nil, "", hide(own)
	}
	if audits {
		if err := commands.Protect(ctx, a.cfg.Handler, w.Office, document); err != nil {
			return nil, "", err
		}
		if position, err = a.asked(ctx, access.Stream(document), access.QueryTrail{Question: "paper", Reason: reason}); err != nil {
			return nil, "", err
		}
	}
	parts, err := dossier.Of(ctx, a.cfg.Read.Pool, w.Office, document)
	if err != nil {
		return nil, "", err
	}
	parts = append(parts, dossier.Part{Stream: document, Whole: true})
	for _, part := range parts {
		trail := domain.ContextOf(part.Stream) == access.Context.Name
		if trail && (!audits || part.Stream != access.Stream(document)) {
			continue
		}
		events := own
		if part.Stream != document {
			if events, err = explainer.History(ctx, part.Stream); err != nil {
				return nil, "", err
			}
		}
		sees := trail || a.sees(ctx, w, events)
		if !sees && !audits {
			continue
		}
		decided := map[string][]domain.Reading{} // by command
		for _, r := range events {
			if !part.Whole && !slices.Contains(part.Revisions, r.Revision) {
				continue
			}
			c := chapter{Recorded: r, sees: sees && !(trail && freeText(r.Event))}
			if _, ok := decided[r.Command]; !ok && r.Policy > 0 && !r.Erased {
				ex, err := explainer.Explain(ctx, part.Stream, r.Revision)
				if err != nil {
					return nil, "", err
				}
				decided[r.Command] = ex.Readings
			}
			c.rules = decided[r.Command]
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(x, y chapter) int { return cmp.Compare(x.Position, y.Position) })
	return list, position, nil
}

// freeText tells whether an event of a paper's protection holds words that somebody typed, which are for those who handle
// the paper: an officer is told that it happened.
func freeText(event any) bool {
	switch event.(type) {
	case access.Begun, access.ViewOpened, access.WindowOpened, access.ViewClosed, access.SeenAfterRemoval, access.TrailQueried, domain.Refused[access.Access]:
		return false
	}
	return true
}

// dossierRoutes are the route and the page of a dossier.
func (a *API) dossierRoutes() {
	type input struct {
		ID     string `path:"id" maxLength:"36" pattern:"^[0-9a-f-]{36}$" doc:"id of the paper"`
		Reason string `query:"reason" maxLength:"1000" doc:"of the officers who see who opened it: what the answer is needed for; it goes on record"`
	}
	type output struct {
		Position string `header:"Andu-Position"`
		Body     struct {
			Entries []Chapter `json:"entries"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/documents/{id}/dossier", commands.Enter, documents.Context.Name, "All that the office's records say about a paper, in one order (全程)", ""),
		func(ctx context.Context, in *input) (*output, error) {
			list, at, err := a.dossier(ctx, in.ID, in.Reason)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out := &output{Position: at}
			out.Body.Entries = make([]Chapter, len(list))
			for i, c := range list {
				entry := Chapter{Stream: c.Stream, Told: a.tell([]domain.Recorded{c.Recorded}, c.sees)[0]}
				for _, r := range c.rules {
					entry.Rules = append(entry.Rules, Cited{r.Key, r.Provision.Document, r.Provision.Title, r.Provision.Clause})
				}
				out.Body.Entries[i] = entry
			}
			return out, nil
		})
	a.page(http.MethodGet, "/desk/documents/{id}/dossier", commands.Enter, "All that the records say about a paper, in one order (全程)", a.dossierPage)
}

func (a *API) dossierPage(w http.ResponseWriter, r *http.Request) {
	type data struct {
		Asks, Withheld bool // an officer is asked for his reason; what follows is without content
		Reason         string
		Back           string
		Lines          []line
		Opened         int
	}
	a.view(w, r, "dossier", func(d *desk) (*frame, error) {
		id := chi.URLParam(r, "id")
		if !uuidForm.MatchString(id) {
			return nil, problemNotFound
		}
		f, err := d.frame(d.t("全程", "Dossier"))
		if err != nil {
			return nil, err
		}
		out := data{Reason: r.URL.Query().Get("reason"), Withheld: d.may(commands.Audit)}
		if d.may(commands.Work) {
			out.Back = "/desk/documents/" + id
		}
		f.Data = &out
		if out.Asks = out.Withheld && out.Reason == ""; out.Asks {
			return f, nil
		}
		list, _, err := a.dossier(d.ctx, id, out.Reason)
		if err != nil {
			return nil, err
		}
		out.Lines = d.chapters(list)
		for _, c := range list {
			if _, opened := c.Event.(access.ViewOpened); opened {
				out.Opened++
			}
		}
		return f, nil
	})
}

// chapters tell a dossier: every line names the record it is from, and the clauses of all the rules it rests on.
func (d *desk) chapters(list []chapter) []line {
	events := make([]domain.Recorded, len(list))
	sees := map[string]bool{}
	for i, c := range list {
		events[i], sees[c.ID] = c.Recorded, c.sees
	}
	lines := d.linesOf(events, func(r domain.Recorded) bool { return sees[r.ID] }, -1)
	for i := range lines {
		c := list[i]
		for _, r := range c.rules {
			if cited := d.clause(r.Provision); cited != "" && !slices.Contains(lines[i].Rules, cited) {
				lines[i].Rules = append(lines[i].Rules, cited)
			}
		}
		if !c.sees {
			lines[i].Text = c.Type + " · " + lines[i].Text
			continue
		}
		if domain.ContextOf(c.Stream) != documents.Context.Name {
			where := link{d.pageOf(c.Stream), d.word(domain.ContextOf(c.Stream) + ".record")}
			if where.Href == "" {
				lines[i].Facts = append(lines[i].Facts, where.Text+" "+strconv.FormatInt(c.Revision, 10))
				continue
			}
			lines[i].Links = append(lines[i].Links, where)
		}
	}
	return lines
}
