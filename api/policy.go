package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"andu/commands"
	"andu/domain"
	"andu/domain/catalog"
	"andu/domain/policy"

	"github.com/danielgtaylor/huma/v2"
)

// policy are the routes of the office's rules (制度).
func (a *API) policy() {
	c, work := policy.Context, commands.Work
	checkedPolicy(a, "/policy/documents", "Draft a document of rules, whole or in part", func(b policy.Draft) []policy.Value { return b.Values })
	checkedPolicy(a, "/policy/documents/provisions", "Add provisions to a draft", func(b policy.AddProvisions) []policy.Value { return b.Values })
	onOffice[policy.Review](a, "/policy/reviews", work, c, "Record the legal review of a draft")
	onOffice[policy.Publish](a, "/policy/publications", work, c, "Put documents in force: one version of the office's policy")
	onOffice[policy.ResolveConflict](a, "/policy/conflicts/resolutions", work, c, "Decide which of two texts holds for a key")
	onOffice[policy.Supersede](a, "/policy/supersessions", work, c, "Record that a document supersedes another")
	checkedPolicy(a, "/policy/amendments", "Amend values of a document from a date", func(b policy.Amend) []policy.Value { return b.Values })
	onOffice[policy.Repeal](a, "/policy/repeals", work, c, "Record that the issuer repealed a document")
	onOffice[policy.ProposeRepeal](a, "/policy/repeal-proposals", work, c, "Propose that the issuer repeal a document")
	checkedPolicy(a, "/policy/interpretations", "Interpret a clause, such as a boundary word", func(b policy.Interpret) []policy.Value { return b.Values })
	checkedPolicy(a, "/policy/authority", "Set rows of the authority table by an order", func(b policy.SetAuthority) []policy.Value { return b.Values })
	onOffice[policy.FlagSource](a, "/policy/sources/truncations", work, c, "Note that a source text is cut short")
	onOffice[policy.DeclareBlank](a, "/policy/blanks", work, c, "Declare that a document leaves a key open")
	a.policyQueries()
}

// checkedPolicy is onOffice for commands with values: a value that the program reads has to be of the form that it reads.
func checkedPolicy[C domain.Command[policy.Book]](a *API, path, summary string, values func(C) []policy.Value) {
	postNew(a, a.operation(http.MethodPost, path, commands.Work, policy.Context.Name, summary, commandType[C]()),
		func(ctx context.Context, in *onNew[C]) (*answered, error) {
			if p := misformed(values(in.Body)); p != nil {
				return nil, a.problem(ctx, p)
			}
			req, err := a.ask(ctx, in.CommandHeaders, in.Body)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			return act(ctx, a, policy.Context, policy.Stream(req.Office), "", in.Body, req)
		})
}

func misformed(values []policy.Value) error {
	p := with(problemValue)
	for i, v := range values {
		if v.Blank {
			continue
		}
		for _, key := range catalog.Keys(v.Key) {
			if err := key.Check(v.Value); err != nil {
				p.Errors = append(p.Errors, FieldProblem{Location: "body.values[" + strconv.Itoa(i) + "]", Message: v.Key + ": " + strings.ReplaceAll(err.Error(), "json: ", "")})
			}
		}
	}
	if len(p.Errors) > 0 {
		return p
	}
	return nil
}

// book is the office's policy at the head of the log.
func (a *API) book(ctx context.Context) (policy.Book, error) {
	w, _ := asker(ctx)
	b, _, err := commands.State(ctx, a.cfg.Handler, policy.Context, w.Office, policy.Stream(w.Office))
	return b, err
}

type policyRow struct {
	domain.Provision
	Read bool `json:"read" doc:"the program reads the key"`
}

func row(p domain.Provision) policyRow {
	_, read := catalog.Key(p.Key)
	return policyRow{p, read}
}

// documentRow is a document of rules as the policy pages show it.
type documentRow struct {
	policy.Head
	Status    policy.Status  `json:"status"`
	Version   int64          `json:"version" doc:"the publication that put it in force; 0: none yet"`
	From      domain.Instant `json:"from"`
	To        domain.Instant `json:"to"`
	InForceBy string         `json:"in_force_by"`
	EndedBy   string         `json:"ended_by"`
	Values    []policy.Value `json:"values"`
}

func (a *API) policyQueries() {
	look := commands.Look
	type versionInput struct {
		Version int64  `query:"version" minimum:"0" doc:"the policy version; 0: the newest"`
		At      string `query:"at" maxLength:"40" doc:"RFC 3339: in force at; default now"`
		Key     string `query:"key" maxLength:"200" doc:"keys that begin so"`
	}
	type inForce struct {
		Body struct {
			Version int64       `json:"version"`
			Values  []policyRow `json:"values"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/policy", look, "policy", "What is in force, key by key", ""),
		func(ctx context.Context, in *versionInput) (*inForce, error) {
			w, _ := asker(ctx)
			b, err := a.book(ctx)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			version := b.Version
			if in.Version > 0 {
				version = in.Version
			}
			p, ok := b.At(version)
			if !ok {
				return nil, a.problem(ctx, domain.ErrNoStream)
			}
			at := domain.At(w.received)
			if in.At != "" {
				if err := at.UnmarshalText([]byte(in.At)); err != nil {
					return nil, a.problem(ctx, problemAt)
				}
			}
			out := &inForce{}
			out.Body.Version, out.Body.Values = version, []policyRow{}
			for _, key := range slices.Sorted(maps.Keys(p.Provisions)) {
				if v, ok := p.At(key, at); ok && strings.HasPrefix(key, in.Key) {
					out.Body.Values = append(out.Body.Values, row(v))
				}
			}
			return out, nil
		})
	type documentList struct {
		Body struct {
			Documents []documentRow `json:"documents"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/policy/documents", look, "policy", "Every document of rules, drafts included", ""),
		func(ctx context.Context, _ *struct{}) (*documentList, error) {
			b, err := a.book(ctx)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out := &documentList{}
			out.Body.Documents = []documentRow{}
			for _, d := range b.Documents() {
				out.Body.Documents = append(out.Body.Documents, documentRow{d.Head, d.Status, d.Version, d.From, d.To, d.InForceBy, d.EndedBy, d.Values})
			}
			return out, nil
		})
	type previewInput struct {
		Document string      `query:"document" required:"true" maxLength:"60" doc:"id of the draft"`
		From     domain.Date `query:"from" doc:"date of effect; default today"`
	}
	type preview struct {
		Body struct {
			Conflicts []policy.Conflict `json:"conflicts" doc:"each stops the publication until it is resolved"`
			Warnings  []policy.Warning  `json:"warnings" doc:"to be looked at; none stops the publication"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/policy/preview", look, "policy", "What publishing a draft would meet; writes nothing", ""),
		func(ctx context.Context, in *previewInput) (*preview, error) {
			w, _ := asker(ctx)
			b, err := a.book(ctx)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			if _, ok := b.Document(in.Document); !ok {
				return nil, a.problem(ctx, domain.ErrNoStream)
			}
			from := domain.At(w.received)
			if !in.From.IsZero() {
				from = domain.At(in.From.Start(a.cfg.Handler.Zone))
			}
			out := &preview{}
			out.Body.Conflicts, out.Body.Warnings = b.Preview(in.Document, from)
			return out, nil
		})
	type blanks struct {
		Body struct {
			Blanks []policyRow `json:"blanks"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/policy/blanks", look, "policy", "What the texts leave open and nothing fills", ""),
		func(ctx context.Context, _ *struct{}) (*blanks, error) {
			w, _ := asker(ctx)
			b, err := a.book(ctx)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out := &blanks{}
			out.Body.Blanks = []policyRow{}
			for _, p := range b.Blanks(domain.At(w.received)) {
				out.Body.Blanks = append(out.Body.Blanks, row(p))
			}
			return out, nil
		})
	type unused struct {
		Body struct {
			Keys []string `json:"keys"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/policy/unused", look, "policy", "Keys that the office states and nothing reads", ""),
		func(ctx context.Context, _ *struct{}) (*unused, error) {
			b, err := a.book(ctx)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out := &unused{}
			out.Body.Keys = b.Unused(func(key string) bool { _, read := catalog.Key(key); return read })
			return out, nil
		})
	type diffInput struct {
		From int64 `query:"from" required:"true" minimum:"0"`
		To   int64 `query:"to" required:"true" minimum:"0"`
	}
	type diff struct {
		Body struct {
			Changes []policy.Change `json:"changes"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/policy/diff", look, "policy", "The keys on which two versions differ", ""),
		func(ctx context.Context, in *diffInput) (*diff, error) {
			b, err := a.book(ctx)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			for _, version := range []int64{in.From, in.To} {
				if _, ok := b.At(version); !ok {
					return nil, a.problem(ctx, domain.ErrNoStream)
				}
			}
			out := &diff{}
			out.Body.Changes = b.Diff(in.From, in.To)
			return out, nil
		})
}
