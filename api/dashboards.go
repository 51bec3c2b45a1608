package api

import (
	"context"
	"net/http"

	"andu/commands"
	"andu/domain"
	"andu/projections/dashboards"

	"github.com/danielgtaylor/huma/v2"
)

// dashboards are the figures of the office (统计), read from the views that other programs read too. Whoever works in the
// office sees them; who came when is counted for those who keep the sign-in book.
func (a *API) dashboards() {
	const tag, work = "dashboards", commands.Work
	type dayInput struct {
		Date domain.Date `query:"date" example:"2026-04-15" doc:"today, where it is left out"`
	}
	type arrivals struct {
		Body struct {
			Date   domain.Date        `json:"date"`
			Sheets []dashboards.Sheet `json:"sheets"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/dashboards/arrivals", work, tag, "The sign-in curve of each session of a day, by minute", ""),
		func(ctx context.Context, in *dayInput) (out *arrivals, err error) {
			w, _ := asker(ctx)
			out = &arrivals{}
			out.Body.Date = in.Date
			if in.Date.IsZero() {
				out.Body.Date = a.today()
			}
			if err = a.keepsAttendance(ctx, w); err == nil {
				out.Body.Sheets, err = dashboards.Arrivals(ctx, a.cfg.Read.Pool, w.Office, out.Body.Date)
			}
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			return out, nil
		})
	type backlogInput struct {
		From domain.Date `query:"from" example:"2026-04-01" doc:"thirty days before the last, where it is left out"`
		To   domain.Date `query:"to" example:"2026-04-30" doc:"today, where it is left out"`
		Unit string      `query:"unit" maxLength:"100" doc:"unit or post that leads; the whole office, where it is left out"`
	}
	type backlog struct {
		Body struct {
			Days []dashboards.Day `json:"days"`
			Ages []dashboards.Age `json:"ages" doc:"of the papers that are open now"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/dashboards/backlog", work, tag, "Incoming papers at the end of each day, and how old those are that are open now", ""),
		func(ctx context.Context, in *backlogInput) (*backlog, error) {
			w, _ := asker(ctx)
			out := &backlog{}
			from, to, err := lately(in.From, in.To, a.today())
			if err == nil {
				out.Body.Days, err = dashboards.Backlog(ctx, a.cfg.Read.Pool, w.Office, in.Unit, from, to)
			}
			if err == nil {
				out.Body.Ages, err = dashboards.Ages(ctx, a.cfg.Read.Pool, w.Office, in.Unit, a.today())
			}
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			return out, nil
		})
	type cycleInput struct {
		MonthSpan
		Unit string `query:"unit" maxLength:"100" doc:"unit or post that led; the whole office, where it is left out"`
	}
	type cycles struct {
		Body struct {
			CycleTimes []dashboards.Cycle `json:"cycle_times"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/dashboards/cycle-times", work, tag, "How long the stages of the papers took that were closed in each month; the last twelve, where no first one is named", ""),
		func(ctx context.Context, in *cycleInput) (*cycles, error) {
			w, _ := asker(ctx)
			out := &cycles{}
			from, to, err := a.months(in.From, in.To, 12)
			if err == nil {
				out.Body.CycleTimes, err = dashboards.CycleTimes(ctx, a.cfg.Read.Pool, w.Office, in.Unit, from, to)
			}
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			return out, nil
		})
	type loads struct {
		Body struct {
			Loads []dashboards.Load `json:"loads"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/dashboards/duty-loads", work, tag, "How the watch is shared in a span of months; this month, where none is named", ""),
		func(ctx context.Context, in *MonthSpan) (*loads, error) {
			w, _ := asker(ctx)
			out := &loads{}
			from, to, err := a.months(in.From, in.To, 1)
			if err == nil {
				out.Body.Loads, err = dashboards.DutyLoads(ctx, a.cfg.Read.Pool, w.Office, from, to)
			}
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			return out, nil
		})
	type overdue struct {
		Body struct {
			Units []dashboards.Overdue `json:"units"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/dashboards/overdue", work, tag, "Open and overdue papers of each unit now", ""),
		func(ctx context.Context, _ *struct{}) (out *overdue, err error) {
			w, _ := asker(ctx)
			out = &overdue{}
			if out.Body.Units, err = dashboards.OverdueByUnit(ctx, a.cfg.Read.Pool, w.Office, a.today()); err != nil {
				return nil, a.problem(ctx, err)
			}
			return out, nil
		})
}

// MonthSpan names a span of months.
type MonthSpan struct {
	From string `query:"from" maxLength:"7" pattern:"^[0-9]{4}-[0-9]{2}$" example:"2026-01" doc:"first month"`
	To   string `query:"to" maxLength:"7" pattern:"^[0-9]{4}-[0-9]{2}$" example:"2026-04" doc:"last month; this one, where it is left out"`
}

// today is the day where the house is.
func (a *API) today() domain.Date { return domain.DateOf(a.cfg.Now(), a.cfg.Handler.Zone) }

// lately is a span of days; what is left out makes it the last thirty-one.
func lately(from, to, today domain.Date) (domain.Date, domain.Date, error) {
	if to.IsZero() {
		to = today
	}
	if from.IsZero() {
		from = to.Add(-30)
	}
	if to.Before(from) || from.Add(longestSpan).Before(to) {
		return from, to, problemSpan
	}
	return from, to, nil
}

// months is a span of months such as 2026-04, each by its first day; what is left out makes it the last n.
func (a *API) months(from, to string, n int) (first, last domain.Date, err error) {
	for _, m := range []struct {
		text string
		day  *domain.Date
	}{{from, &first}, {to, &last}} {
		if m.text == "" {
			continue
		}
		if *m.day, err = domain.ParseDate(m.text + "-01"); err != nil {
			return first, last, problemSpan
		}
	}
	return spanOfMonths(first, last, a.today(), n)
}

func spanOfMonths(first, last, today domain.Date, n int) (domain.Date, domain.Date, error) {
	if last.IsZero() {
		last = today
		last.Day = 1
	}
	if first.IsZero() {
		first = last
		for range n - 1 {
			first = first.Add(-1)
			first.Day = 1
		}
	}
	if last.Before(first) || first.Add(longestSpan).Before(last) {
		return first, last, problemSpan
	}
	return first, last, nil
}
