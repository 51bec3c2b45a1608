package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"andu/commands"
	"andu/domain"
	"andu/domain/leave"
	"andu/projections/whereabouts"

	"github.com/danielgtaylor/huma/v2"
)

// leave are the routes of leave, outings and trips. A person's ledger is named by the person; what one asks for oneself
// needs no name.
func (a *API) leave() {
	c, work := leave.Context, commands.Work
	onLedger(a, "/leave/requests", "Ask for leave (请假)", func(leave.Ask) string { return "" })
	onLedger(a, "/leave/phone-ins", "Enter a call that announces an absence (电话请假)", func(c leave.PhoneIn) string { return c.Person })
	onLedger(a, "/leave/outings", "Report an outing on business (因公外出)", func(c leave.ReportOuting) string { return c.Person })
	onLedger(a, "/leave/trips", "Report a trip before it begins (出差)", func(leave.ReportTrip) string { return "" })
	on[leave.Approve](a, "/leave/{id}/approvals", work, c, "Approve a leave, outing, trip or extension of the person")
	on[leave.Disapprove](a, "/leave/{id}/disapprovals", work, c, "Refuse a leave, outing, trip or extension of the person")
	on[leave.Withdraw](a, "/leave/{id}/withdrawals", work, c, "Take back what has not begun")
	on[leave.Extend](a, "/leave/{id}/extensions", work, c, "Ask for a longer leave (续假)")
	on[leave.Return](a, "/leave/{id}/returns", work, c, "Report the return (销假)")
	on[leave.SupplyPaper](a, "/leave/{id}/papers", work, c, "Hand in the papers of a phone-in")
	on[leave.ReviewLatePaper](a, "/leave/{id}/paper-reviews", work, c, "Review papers that came late")
	on[leave.Register](a, "/leave/{id}/entries", work, c, "Enter a leave in the register (请假登记)")
	onLedger(a, "/leave/balances", "Enter what a person had left when the office began to keep it here (期初余额)", func(c leave.OpenBalance) string { return c.Person })
	onLedger(a, "/leave/entitlements", "Give a person the annual leave of a year (年休假)", func(c leave.GrantAnnual) string { return c.Person })
	onLedger(a, "/leave/time-off", "Enter time that was worked and is taken off later (补休、调休)", func(c leave.CreditTimeOff) string { return c.Person })
	on[leave.CorrectBalance](a, "/leave/{id}/balance-corrections", work, c, "Correct an entry of what a person may take")
	a.compileMonth()
	a.leaveQueries()
}

// onLedger is a route whose command may begin a ledger: the asker's own, or that of the person whom the body names.
func onLedger[C leave.Command](a *API, path, summary string, person func(C) string) {
	postNew(a, created(a.operation(http.MethodPost, path, commands.Work, leave.Context.Name, summary, commandType[C]())),
		func(ctx context.Context, in *onNew[C]) (*answered, error) {
			req, err := a.ask(ctx, in.CommandHeaders, in.Body)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			whose := person(in.Body)
			if whose == "" {
				whose = req.Actor.Person
			}
			return act(ctx, a, leave.Context, leave.Stream(whose), "/timelines/"+leave.Stream(whose), in.Body, req)
		})
}

func (a *API) compileMonth() {
	postNew(a, a.operation(http.MethodPost, "/leave/months", commands.Work, leave.Context.Name, "Total a month of the register of leave", "leave.CompileMonth"),
		func(ctx context.Context, in *onNew[leave.CompileMonth]) (*answered, error) {
			req, err := a.ask(ctx, in.CommandHeaders, in.Body)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			return act(ctx, a, leave.Context, leave.RegisterStream(req.Office), "", in.Body, req)
		})
}

func (a *API) leaveQueries() {
	tag, work := leave.Context.Name, commands.Work
	type board struct {
		Body struct {
			At   domain.Instant     `json:"at"`
			Away []whereabouts.Away `json:"away"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/leave/whereabouts", work, tag, "Who is away now, where and until when (去向牌)", ""),
		func(ctx context.Context, _ *struct{}) (*board, error) {
			w, _ := asker(ctx)
			out, now := &board{}, a.cfg.Now()
			away, err := whereabouts.Board(ctx, a.cfg.Read.Pool, w.Office, now)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out.Body.At, out.Body.Away = domain.At(now), append([]whereabouts.Away{}, away...)
			return out, nil
		})
	type absences struct {
		Body struct {
			Absences []whereabouts.Absence `json:"absences"`
		}
	}
	list := func(path, summary string, get func(context.Context, who) ([]whereabouts.Absence, error)) {
		huma.Register(a.huma, a.operation(http.MethodGet, path, work, tag, summary, ""),
			func(ctx context.Context, _ *struct{}) (*absences, error) {
				w, _ := asker(ctx)
				all, err := get(ctx, w)
				if err != nil {
					return nil, a.problem(ctx, err)
				}
				out := &absences{}
				out.Body.Absences = append([]whereabouts.Absence{}, all...)
				return out, nil
			})
	}
	list("/leave/requests", "One's own leaves, outings and trips, the latest first", func(ctx context.Context, w who) ([]whereabouts.Absence, error) {
		return whereabouts.Of(ctx, a.cfg.Read.Pool, w.Office, w.Person, 0, 500)
	})
	list("/leave/waiting", "What waits for a decision of the asker's post", func(ctx context.Context, w who) ([]whereabouts.Absence, error) {
		return whereabouts.Waiting(ctx, a.cfg.Read.Pool, w.Office, w.Person, w.posts)
	})
	list("/leave/entries", "For the keeper of the register: what is not entered yet, phone-ins that wait for papers included", func(ctx context.Context, w who) ([]whereabouts.Absence, error) {
		if err := a.keepsLeave(ctx, w); err != nil {
			return nil, err
		}
		return whereabouts.Unregistered(ctx, a.cfg.Read.Pool, w.Office)
	})
	type registerInput struct {
		Month string `query:"month" required:"true" maxLength:"7" pattern:"^[0-9]{4}-[0-9]{2}$" example:"2026-04"`
	}
	type register struct {
		Body struct {
			Month string       `json:"month"`
			Lines []leave.Line `json:"lines"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/leave/register", work, tag, "The register of leave of a month (请假登记): every leave that stands, with its days of the month; for the keeper, and to whom the month is reported", ""),
		func(ctx context.Context, in *registerInput) (*register, error) {
			w, _ := asker(ctx)
			if err := a.readsRegister(ctx, w); err != nil {
				return nil, a.problem(ctx, err)
			}
			lines, err := commands.LeaveRegister(ctx, a.cfg.Handler, w.Office, in.Month)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out := &register{}
			out.Body.Month, out.Body.Lines = in.Month, append([]leave.Line{}, lines...)
			return out, nil
		})
	type balanceInput struct {
		Person string `query:"person" maxLength:"60" doc:"the asker, where it is left out; others' are for the keeper of the register"`
	}
	type balances struct {
		Body struct {
			Person   string          `json:"person"`
			Balances []leave.Balance `json:"balances" doc:"a type of which nothing was ever entered has none"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/leave/balances", work, tag, "What a person may still take, by type and year", ""),
		func(ctx context.Context, in *balanceInput) (*balances, error) {
			w, _ := asker(ctx)
			out := &balances{}
			if out.Body.Person = in.Person; in.Person == "" {
				out.Body.Person = w.Person
			}
			if out.Body.Person != w.Person {
				if err := a.keepsLeave(ctx, w); err != nil {
					return nil, a.problem(ctx, err)
				}
			}
			all, err := commands.LeaveBalances(ctx, a.cfg.Handler, w.Office, out.Body.Person)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out.Body.Balances = append([]leave.Balance{}, all...)
			return out, nil
		})
	type monthInput struct {
		Month string `path:"month" maxLength:"7" pattern:"^[0-9]{4}-[0-9]{2}$" example:"2026-04"`
	}
	type month struct{ Body leave.MonthCompiled }
	huma.Register(a.huma, a.operation(http.MethodGet, "/leave/months/{month}", work, tag, "The totals of a month, by type", ""),
		func(ctx context.Context, in *monthInput) (*month, error) {
			w, _ := asker(ctx)
			l, _, err := commands.State(ctx, a.cfg.Handler, leave.Context, w.Office, leave.RegisterStream(w.Office))
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			m, ok := l.Months[in.Month]
			if !ok {
				return nil, a.problem(ctx, problemNotFound)
			}
			return &month{m}, nil
		})
}

// readsRegister tells whether the register of leave is for the asker: the keeper's, and theirs to whom the month of the
// sign-in book is reported.
func (a *API) readsRegister(ctx context.Context, w who) error {
	err := a.keepsLeave(ctx, w)
	if err != nil && a.keepsAttendance(ctx, w) == nil {
		return nil
	}
	return err
}

// keepsLeave tells whether the asker acts from the post that keeps the register of leave (leave.register).
func (a *API) keepsLeave(ctx context.Context, w who) error {
	book, err := a.book(ctx)
	if err != nil {
		return err
	}
	var keeper leave.Book
	p, ok := book.Policy(w.Office).At(leave.Keeper.Name, domain.At(a.cfg.Now()))
	switch {
	case !ok || p.Blank:
		return domain.ErrBlank.With("keys", leave.Keeper.Name)
	case json.Unmarshal(p.Value, &keeper) != nil || !slices.Contains(w.posts, keeper.Keeper):
		return leave.ErrKeeper.With("post", keeper.Keeper)
	}
	return nil
}
