package api

import (
	"context"
	"net/http"

	"andu/commands"
	"andu/domain"
	"andu/domain/circulation"

	"github.com/danielgtaylor/huma/v2"
)

// circulation are the routes of slips on which papers go round.
func (a *API) circulation() {
	c, work := circulation.Context, commands.Work
	create[circulation.Start](a, "/circulations", work, c, "Start a circulation (传阅)")
	on[circulation.AddReader](a, "/circulations/{id}/readers", work, c, "Add a reader, naming who authorised it")
	on[circulation.Deliver](a, "/circulations/{id}/deliveries", work, c, "Hand the paper to a reader")
	on[circulation.MarkOpened](a, "/circulations/{id}/openings", work, c, "Say that one has begun to read")
	on[circulation.Sign](a, "/circulations/{id}/signatures", work, c, "Sign that one has read it (已阅), perhaps with an opinion")
	on[circulation.Skip](a, "/circulations/{id}/skips", work, c, "Pass by a reader who is away")
	on[circulation.Recall](a, "/circulations/{id}/recalls", work, c, "Take the paper back from a reader")
	on[circulation.TakeExtract](a, "/circulations/{id}/extracts", work, c, "Register an extract of the paper that one has (摘录、抽阅)")
	on[circulation.ReturnExtract](a, "/circulations/{id}/extracts/returns", work, c, "Take an extract back")
	on[circulation.Urge](a, "/circulations/{id}/urgings", work, c, "Urge a reader (催阅)")
	on[circulation.Stop](a, "/circulations/{id}/stop", work, c, "Stop the circulation, with the reason")
	on[circulation.Return](a, "/circulations/{id}/return", work, c, "Take slip and copy back")
	on[circulation.Count](a, "/circulations/{id}/counts", work, c, "Count what came back (清点)")
	type input struct {
		ID string `path:"id" maxLength:"36" pattern:"^[0-9a-f-]{36}$" doc:"id of the slip"`
	}
	type line struct {
		Person string            `json:"person"`
		State  circulation.State `json:"state"`
		Due    domain.Instant    `json:"due"`
	}
	type slip struct {
		ETag string `header:"ETag"`
		Body struct {
			Document  string            `json:"document"`
			Copy      string            `json:"copy"`
			Class     domain.Class      `json:"class"`
			Order     string            `json:"order"`
			Readers   []line            `json:"readers"`
			Completed bool              `json:"completed"`
			Stopped   bool              `json:"stopped"`
			Returned  bool              `json:"returned"`
			Extracts  map[string]string `json:"extracts" doc:"extracts that are out, and who has them"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/circulations/{id}", work, c.Name, "The slip (传阅单): who has the paper, who has signed", ""),
		func(ctx context.Context, in *input) (*slip, error) {
			w, _ := asker(ctx)
			events, err := a.cfg.Handler.History(ctx, w.Office, c.Stream(in.ID))
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			s, revision, err := commands.State(ctx, a.cfg.Handler, c, w.Office, c.Stream(in.ID))
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out := &slip{ETag: etag(revision)}
			reads := false
			for _, r := range s.Readers {
				reads = reads || r.Person == w.Person
				out.Body.Readers = append(out.Body.Readers, line{r.Person, r.State, r.Due})
			}
			if !reads && !a.sees(ctx, w, events) {
				return nil, a.problem(ctx, hide(events))
			}
			out.Body.Document, out.Body.Copy, out.Body.Class, out.Body.Order = s.Document, s.Copy, s.Class, s.Order
			out.Body.Completed, out.Body.Stopped, out.Body.Returned = s.Completed, s.Stopped, s.Returned
			out.Body.Extracts = s.Extracts
			return out, nil
		})
}
