package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"andu/commands"
	"andu/domain"
	"andu/domain/attendance"
	"andu/projections/timesheet"
	"andu/projections/whereabouts"

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
	a.years()
	a.attendanceQueries()
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
			return a.answer(res, "/attendance/months/"+in.Body.Month), nil
		})
}

// attendanceQueries look the book up. A person's own record is open to him; sheets, refused attempts and what others did are
// for those who keep the book.
func (a *API) attendanceQueries() {
	tag, work := attendance.Context.Name, commands.Work
	type dateInput struct {
		Date domain.Date `query:"date" example:"2026-04-15" doc:"today, where it is left out"`
	}
	day := func(in *dateInput) domain.Date {
		if in.Date.IsZero() {
			return domain.DateOf(a.cfg.Now(), a.cfg.Handler.Zone)
		}
		return in.Date
	}
	type sheets struct {
		Body struct {
			Date   domain.Date       `json:"date"`
			Sheets []timesheet.Sheet `json:"sheets"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/attendance/sheets", work, attendance.Sheets.Name, "The sheets of a day with their counts: who signed and when, who is covered, who is missing, what was supplemented", ""),
		func(ctx context.Context, in *dateInput) (*sheets, error) {
			w, _ := asker(ctx)
			if err := a.keepsAttendance(ctx, w); err != nil {
				return nil, a.problem(ctx, err)
			}
			out := &sheets{}
			out.Body.Date = day(in)
			all, err := timesheet.Sheets(ctx, a.cfg.Read.Pool, w.Office, out.Body.Date)
			for i := 0; i < len(all) && err == nil; i++ {
				err = a.away(ctx, w.Office, all[i])
			}
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out.Body.Sheets = append([]timesheet.Sheet{}, all...)
			return out, nil
		})
	type refusals struct {
		Body struct {
			Date    domain.Date         `json:"date"`
			Refused []timesheet.Refused `json:"refused"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/attendance/refusals", work, attendance.Sheets.Name, "The attempts of a day to sign in after the cut-off", ""),
		func(ctx context.Context, in *dateInput) (*refusals, error) {
			w, _ := asker(ctx)
			if err := a.keepsAttendance(ctx, w); err != nil {
				return nil, a.problem(ctx, err)
			}
			out := &refusals{}
			out.Body.Date = day(in)
			all, err := timesheet.Attempts(ctx, a.cfg.Read.Pool, w.Office, out.Body.Date)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out.Body.Refused = append([]timesheet.Refused{}, all...)
			return out, nil
		})
	type recordInput struct {
		From   domain.Date `query:"from" required:"true" example:"2026-04-01"`
		To     domain.Date `query:"to" required:"true" example:"2026-04-30"`
		Person string      `query:"person" maxLength:"60" doc:"the asker, where it is left out"`
	}
	type record struct {
		Body struct {
			Person string          `json:"person"`
			Days   []timesheet.Day `json:"days"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/attendance/records", work, tag, "A person's days, one's own: marks, refusals, what each day counts for and counted for before, time owed", ""),
		func(ctx context.Context, in *recordInput) (*record, error) {
			w, _ := asker(ctx)
			out := &record{}
			out.Body.Person = in.Person
			switch {
			case in.To.Before(in.From) || in.From.Add(longestSpan).Before(in.To):
				return nil, a.problem(ctx, problemSpan)
			case in.Person == "":
				out.Body.Person = w.Person
			case in.Person != w.Person:
				if err := a.keepsAttendance(ctx, w); err != nil {
					return nil, a.problem(ctx, err)
				}
			}
			all, err := timesheet.Record(ctx, a.cfg.Read.Pool, w.Office, out.Body.Person, in.From, in.To)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out.Body.Days = append([]timesheet.Day{}, all...)
			return out, nil
		})
	type monthInput struct {
		Month  string `path:"month" maxLength:"7" pattern:"^[0-9]{4}-[0-9]{2}$" example:"2026-04"`
		Person string `query:"person" maxLength:"60" doc:"one row; everybody's, where it is left out"`
	}
	type month struct{ Body timesheet.Month }
	huma.Register(a.huma, a.operation(http.MethodGet, "/attendance/months/{month}", work, attendance.Rolls.Name, "The table of a month, a row for each person: as it was compiled or, before that, as the days stand", ""),
		func(ctx context.Context, in *monthInput) (*month, error) {
			w, _ := asker(ctx)
			if in.Person != w.Person {
				if err := a.keepsAttendance(ctx, w); err != nil {
					return nil, a.problem(ctx, err)
				}
			}
			m, err := timesheet.MonthOf(ctx, a.cfg.Read.Pool, w.Office, in.Month, in.Person)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			return &month{m}, nil
		})
}

// away says of those who have not signed, while nothing is determined, what the board of whereabouts says at the session.
func (a *API) away(ctx context.Context, office string, s timesheet.Sheet) error {
	board, err := whereabouts.Board(ctx, a.cfg.Read.Pool, office, s.Expected.Time)
	for i, l := range s.Lines {
		for _, b := range board {
			if b.Person == l.Person && (l.State == timesheet.Waiting || l.State == timesheet.Undetermined) {
				s.Lines[i].Cover = b.Kind
			}
		}
	}
	return err
}

// keepsAttendance tells whether the asker acts from the post that keeps the sign-in book, or one to which the month is
// reported (reg.books, att.monthlySummary).
func (a *API) keepsAttendance(ctx context.Context, w who) error {
	book, err := a.book(ctx)
	if err != nil {
		return err
	}
	policy, now := book.Policy(w.Office), domain.At(a.cfg.Now())
	summary, _, err := inForce(policy, now, attendance.Summary)
	keeper, kept, err2 := inForce(policy, now, attendance.Keeper, attendance.Book)
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	posts := summary.To
	if kept {
		posts = append(posts, keeper)
	}
	if w.Post == "" || !slices.Contains(posts, w.Post) {
		return attendance.ErrNotKeeper.With("post", strings.Join(posts, ", "))
	}
	return nil
}

// inForce is the value of a key in force at an instant; stated is false where the office leaves it open.
func inForce[T any](policy domain.Policy, at domain.Instant, key domain.Key[T], index ...string) (v T, stated bool, err error) {
	name := key.Name
	for _, i := range index {
		name = strings.Replace(name, "[]", "["+i+"]", 1)
	}
	p, ok := policy.At(name, at)
	if !ok || p.Blank {
		return v, false, nil
	}
	return v, true, json.Unmarshal(p.Value, &v)
}

// yearLimits is what the office's policy says of a year of attendance, now.
func (a *API) yearLimits(ctx context.Context, office string) (l attendance.YearLimits, err error) {
	book, err := a.book(ctx)
	if err != nil {
		return l, err
	}
	policy, now := book.Policy(office), domain.At(a.cfg.Now())
	var inARow, inAYear, basis bool
	var errs [5]error
	_, l.Full, errs[0] = inForce(policy, now, attendance.FullAttendance)
	l.LeaveBreaks, _, errs[1] = inForce(policy, now, attendance.LeaveBreaks)
	l.InARow, inARow, errs[2] = inForce(policy, now, attendance.AwolConsecutive)
	l.InAYear, inAYear, errs[3] = inForce(policy, now, attendance.AwolYear)
	l.Basis, basis, errs[4] = inForce(policy, now, attendance.AwolBasis)
	l.Awol = inARow && inAYear && basis
	return l, errors.Join(errs[:]...)
}

// years compile a year, and count one as its days stand.
func (a *API) years() {
	type year struct {
		Year int `json:"year" minimum:"2000" maximum:"9999" example:"2026"`
	}
	postNew(a, created(a.operation(http.MethodPost, "/attendance/years", commands.Work, attendance.Rolls.Name, "Compile a year: who attended in full (满勤), and who was absent without cause for too long", "attendance.CompileYear")),
		func(ctx context.Context, in *onNew[year]) (*answered, error) {
			req, err := a.ask(ctx, in.CommandHeaders, in.Body)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			res, err := commands.CompileYear(ctx, a.cfg.Handler, in.Body.Year, req)
			if err != nil {
				return nil, a.refused(ctx, req, err)
			}
			return a.answer(res, "/attendance/years/"+strconv.Itoa(in.Body.Year)), nil
		})
	type yearInput struct {
		Year   int    `path:"year" minimum:"2000" maximum:"9999" example:"2026"`
		Person string `query:"person" maxLength:"60" doc:"one row; everybody's, where it is left out"`
	}
	type counted struct {
		Body struct {
			Year int                  `json:"year"`
			Rows []attendance.YearRow `json:"rows"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/attendance/years/{year}", commands.Work, attendance.Rolls.Name, "The days of a year as they stand, a row for each person: exceptions, leave, absence without cause together and in a row", ""),
		func(ctx context.Context, in *yearInput) (*counted, error) {
			w, _ := asker(ctx)
			if in.Person != w.Person {
				if err := a.keepsAttendance(ctx, w); err != nil {
					return nil, a.problem(ctx, err)
				}
			}
			out := &counted{}
			out.Body.Year = in.Year
			var err error
			if out.Body.Rows, err = a.yearRows(ctx, w.Office, in.Year, in.Person); err != nil {
				return nil, a.problem(ctx, err)
			}
			return out, nil
		})
}

func (a *API) yearRows(ctx context.Context, office string, year int, person string) ([]attendance.YearRow, error) {
	limits, err := a.yearLimits(ctx, office)
	if err != nil {
		return nil, err
	}
	rows, err := timesheet.Year(ctx, a.cfg.Read.Pool, office, year, person)
	for i := range rows {
		rows[i] = rows[i].Judge(limits)
	}
	return rows, err
}
