package api

import (
	"context"
	"net/http"

	"andu/commands"
	"andu/domain"
	"andu/domain/calendar"

	"github.com/danielgtaylor/huma/v2"
)

// calendar are the routes of the office's working calendar.
func (a *API) calendar() {
	c := calendar.Context
	onOffice[calendar.ImportNotice](a, "/calendar/notices", commands.Work, c, "Import a yearly notice of days off and make-up days")
	onOffice[calendar.OverrideDay](a, "/calendar/overrides", commands.Work, c, "Override one day for the office")
	onOffice[calendar.SetSeason](a, "/calendar/seasons", commands.Work, c, "Set a season's days of a year")
	onOffice[calendar.PublishSchedule](a, "/calendar/schedules", commands.Work, c, "Publish working hours")
	onOffice[calendar.AdjustHours](a, "/calendar/adjustments", commands.Work, c, "Adjust the hours of some days, with the reason")
	onOffice[calendar.MarkProvisional](a, "/calendar/provisional-years", commands.Work, c, "Mark a year without notice as provisional")
	a.calendarQueries()
}

// calendarDay is one date as the office's calendar has it.
type calendarDay struct {
	Date domain.Date `json:"date"`
	calendar.Day
}

// longestSpan bounds a question about days: two years and a day.
const longestSpan = 732

func (a *API) calendarQueries() {
	type input struct {
		From domain.Date `query:"from" required:"true" example:"2026-01-01"`
		To   domain.Date `query:"to" required:"true" example:"2026-12-31"`
	}
	type days struct {
		Body struct {
			Version int64         `json:"version" doc:"version of the office's calendar"`
			Days    []calendarDay `json:"days"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/calendar/days", commands.Look, "calendar", "What kind of day each date is, and by which notice", ""),
		func(ctx context.Context, in *input) (*days, error) {
			w, _ := asker(ctx)
			c, _, err := commands.State(ctx, a.cfg.Handler, calendar.Context, w.Office, calendar.Stream(w.Office))
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			if in.To.Before(in.From) || in.From.Add(longestSpan).Before(in.To) {
				return nil, a.problem(ctx, problemSpan)
			}
			out := &days{}
			out.Body.Version = c.Version
			for d := in.From; !in.To.Before(d); d = d.Add(1) {
				out.Body.Days = append(out.Body.Days, calendarDay{d, c.Day(d)})
			}
			return out, nil
		})
}
