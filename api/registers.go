package api

import (
	"context"
	"net/http"

	"andu/commands"
	"andu/domain/registers"
	"andu/projections/series"

	"github.com/danielgtaylor/huma/v2"
)

// registers are the routes of number series. A number is allotted by what is registered (documents: POST
// /documents/{id}/registration) and confirmed by the follower; the routes here are the keeper's.
func (a *API) registers() {
	c := registers.Context
	a.openSeries()
	on[registers.Void](a, "/registers/{id}/voids", commands.Work, c, "Void a number, with the reason")
	on[registers.Close](a, "/registers/{id}/closing", commands.Work, c, "Close a series at the end of its year")
	on[registers.Certify](a, "/registers/{id}/certificates", commands.Work, c, "Certify that the series has no gap")
	a.registerQueries()
}

// openSeries opens a book for a year: which stream that is follows from book and year.
func (a *API) openSeries() {
	postNew(a, created(a.operation(http.MethodPost, "/registers", commands.Work, registers.Context.Name, "Open a book for a year", "registers.Open")),
		func(ctx context.Context, in *onNew[registers.Open]) (*answered, error) {
			req, err := a.ask(ctx, in.CommandHeaders, in.Body)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			stream := registers.StreamOf(commands.NewID, req.Office, in.Body.Book, in.Body.Year)
			return act(ctx, a, registers.Context, stream, "/registers/"+idOf(stream), in.Body, req)
		})
}

// SeriesInput names one series in a path.
type SeriesInput struct {
	ID string `path:"id" maxLength:"36" pattern:"^[0-9a-f-]{36}$" doc:"id of the series"`
}

func (a *API) registerQueries() {
	tag := registers.Context.Name
	type list struct {
		Body struct {
			Series []series.Series `json:"series"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/registers", commands.Work, tag, "The office's books, the latest year first", ""),
		func(ctx context.Context, _ *struct{}) (*list, error) {
			w, _ := asker(ctx)
			all, err := series.List(ctx, a.cfg.Read.Pool, w.Office)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out := &list{}
			out.Body.Series = append([]series.Series{}, all...)
			return out, nil
		})
	type one struct {
		ETag string `header:"ETag"`
		Body series.Series
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/registers/{id}", commands.Work, tag, "One book", ""),
		func(ctx context.Context, in *SeriesInput) (*one, error) {
			w, _ := asker(ctx)
			s, err := series.Get(ctx, a.cfg.Read.Pool, w.Office, registers.Context.Stream(in.ID))
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			return &one{ETag: etag(s.Revision), Body: s}, nil
		})
	type numbersInput struct {
		SeriesInput
		After int `query:"after" minimum:"0" doc:"numbers behind this one"`
		Limit int `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	}
	type numbers struct {
		Body struct {
			Numbers []series.Number `json:"numbers"`
			Next    int             `json:"next,omitempty" doc:"ask again with after=next"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/registers/{id}/numbers", commands.Work, tag, "The numbers of a book, in order", ""),
		func(ctx context.Context, in *numbersInput) (*numbers, error) {
			w, _ := asker(ctx)
			stream := registers.Context.Stream(in.ID)
			_, err := series.Get(ctx, a.cfg.Read.Pool, w.Office, stream)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			page, err := series.Numbers(ctx, a.cfg.Read.Pool, w.Office, stream, in.After, in.Limit)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out := &numbers{}
			out.Body.Numbers = append([]series.Number{}, page...)
			if len(page) == in.Limit {
				out.Body.Next = page[len(page)-1].N
			}
			return out, nil
		})
	type gaps struct {
		Body struct {
			registers.Report
			Complete bool            `json:"complete" doc:"every number is registered, or void with a reason"`
			Voided   []series.Number `json:"voided" doc:"who voided which number, when and why"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/registers/{id}/gaps", commands.Enter, tag, "Whether the series is complete, from its own events", ""),
		func(ctx context.Context, in *SeriesInput) (*gaps, error) {
			w, _ := asker(ctx)
			stream := registers.Context.Stream(in.ID)
			s, revision, err := commands.State(ctx, a.cfg.Handler, registers.Context, w.Office, stream)
			if err == nil && revision < 0 {
				err = problemNotFound
			}
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out := &gaps{}
			out.Body.Report = s.Gaps()
			out.Body.Complete, out.Body.Voided = out.Body.Report.Complete(), []series.Number{}
			for _, n := range out.Body.Void {
				v := s.Numbers.At(n)
				out.Body.Voided = append(out.Body.Voided, series.Number{N: n, Text: v.Text, State: v.State, Item: v.Item, By: v.By, At: v.At, Reason: v.Reason})
			}
			return out, nil
		})
}
