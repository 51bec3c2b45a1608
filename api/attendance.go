package api

import (
	"context"
	"errors"
	"net/http"

	"andu/commands"
	"andu/domain"
	"andu/domain/attendance"

	"github.com/danielgtaylor/huma/v2"
)

// attendance are the routes of the sign-in book (签到薄). A person's day and a sheet have ids of their own; a sign-in is
// always the asker's.
func (a *API) attendance() {
	c, work := attendance.Context, commands.Work
	a.marks()
	a.batches()
	on[attendance.Excuse](a, "/attendance/days/{id}/excuses", work, c, "Excuse lateness that is to be made up")
	on[attendance.MakeUp](a, "/attendance/days/{id}/made-up-time", work, c, "Record time worked for what was lost")
	on[attendance.RaiseObjection](a, "/attendance/days/{id}/objections", work, c, "Object to what one's day counts for (申诉)")
	on[attendance.DecideObjection](a, "/attendance/days/{id}/objection-decisions", work, c, "Decide the objection that waits")
	onOffice[attendance.Begin](a, "/attendance/book", commands.Organise, attendance.Rolls, "Begin the office's sign-in book")
	onOffice[attendance.RegisterTerminal](a, "/attendance/terminals", commands.Organise, attendance.Rolls, "Register a sign-in terminal and its key")
	onOffice[attendance.MeasureDrift](a, "/attendance/terminal-drifts", work, attendance.Rolls, "Measure a terminal's clock against the server's")
	onOffice[attendance.WithdrawTerminal](a, "/attendance/terminal-withdrawals", commands.Organise, attendance.Rolls, "Take a terminal out of use")
	a.sheetClosing()
	a.summaries()
}

// marks is the asker's own sign-in.
func (a *API) marks() {
	postNew(a, created(a.operation(http.MethodPost, "/attendance/marks", commands.Work, attendance.Context.Name, "Sign in (签到)", "attendance.SignIn")),
		func(ctx context.Context, in *onNew[attendance.SignIn]) (*answered, error) {
			req, err := a.ask(ctx, in.CommandHeaders, in.Body)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			res, err := commands.SignIn(ctx, a.cfg.Handler, in.Body, req)
			if err != nil {
				return nil, a.refused(ctx, req, err)
			}
			return a.answer(res, "/attendance/days/"+idOf(res.Stream)), nil
		})
}

// taken is what became of one mark of a batch.
type taken struct {
	Person string   `json:"person"`
	Taken  bool     `json:"taken"`
	Code   string   `json:"code,omitempty" doc:"the rule that refused it"`
	Events []Happen `json:"events"`
}

func (a *API) batches() {
	type answer struct {
		Body struct {
			Marks []taken `json:"marks"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodPost, "/attendance/batches", commands.Work, attendance.Context.Name, "Bring in what a terminal recorded without the server, signed with its key", "attendance.Admit"),
		func(ctx context.Context, in *onNew[commands.Batch]) (*answer, error) {
			req, err := a.ask(ctx, in.CommandHeaders, in.Body)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			marks, err := commands.Upload(ctx, a.cfg.Handler, in.Body, req)
			if err != nil {
				return nil, a.refused(ctx, req, err)
			}
			out := &answer{}
			for i, m := range marks {
				t := taken{Person: in.Body.Marks[i].Person, Taken: m.Err == nil, Events: make([]Happen, len(m.Events))}
				var refusal *domain.Refusal
				if errors.As(m.Err, &refusal) {
					t.Code = refusal.Code
				}
				for j, e := range m.Events {
					t.Events[j] = happen(e)
				}
				out.Body.Marks = append(out.Body.Marks, t)
			}
			return out, nil
		})
}

// sheetClosing collects a sheet by hand; who stands on it is gathered, never typed.
func (a *API) sheetClosing() {
	postOne(a, a.operation(http.MethodPost, "/attendance/sheets/{id}/closing", commands.Work, attendance.Sheets.Name, "Collect a sheet before the clock does, where the office's policy lets the keeper", "attendance.Close"),
		func(ctx context.Context, in *onOne[struct{}]) (*answered, error) {
			req, err := a.ask(ctx, in.CommandHeaders, in.Body)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			res, err := commands.CloseSheet(ctx, a.cfg.Handler, attendance.Sheets.Stream(in.ID), req)
			if err != nil {
				return nil, a.refused(ctx, req, err)
			}
			return a.answer(res, ""), nil
		})
}

// summaries compiles and reports a month; what the persons' days came to is gathered, never typed.
func (a *API) summaries() {
	type month struct {
		Month string `json:"month" pattern:"^[0-9]{4}-[0-9]{2}$" example:"2026-04"`
	}
	postNew(a, created(a.operation(http.MethodPost, "/attendance/summaries", commands.Work, attendance.Rolls.Name, "Compile a month and report it (月汇总)", "attendance.Compile")),
		func(ctx context.Context, in *onNew[month]) (*answered, error) {
			req, err := a.ask(ctx, in.CommandHeaders, in.Body)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			res, err := commands.CompileMonth(ctx, a.cfg.Handler, in.Body.Month, req)
			if err != nil {
				return nil, a.refused(ctx, req, err)
			}
			return a.answer(res, "/attendance/summaries/"+in.Body.Month), nil
		})
}
