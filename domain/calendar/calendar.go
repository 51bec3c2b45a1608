// Package calendar is the office's working calendar (工作日历).
package calendar

import "andu/domain"

// Context lists what an office's calendar has ever recorded.
var Context = domain.Context[Calendar]{Name: "calendar"}

// Stream is the stream of an office's calendar: calendar-<office>.
func Stream(office string) string { return Context.Stream(office) }

// Calendar is the office's calendar. Version counts the events that changed it.
type Calendar struct {
	Version int64
}

// Kind is what a day is, before the office's own hours are asked.
type Kind string

const (
	Off      Kind = "off"      // a day off by notice or by the office's own decision
	Makeup   Kind = "makeup"   // a Saturday or Sunday on which a notice has work done (调休班)
	Weekend  Kind = "weekend"  // any other Saturday or Sunday
	Ordinary Kind = "ordinary" // any other day
)

// Day is what the calendar says of one date.
type Day struct {
	Kind        Kind
	Name        string // of the holiday
	Notice      string // the paper that says so; "" when none does
	Provisional bool   // a notice still to come may change it
}

// Hours are the working hours of one day; the break is inside them.
type Hours struct {
	Start      domain.TimeOfDay `json:"start"`
	End        domain.TimeOfDay `json:"end"`
	BreakStart domain.TimeOfDay `json:"break_start"`
	BreakEnd   domain.TimeOfDay `json:"break_end"`
}

// Day gives the type of a date.
func (c Calendar) Day(date domain.Date) Day { return Day{} }

// Works tells whether the office works on a date.
func (c Calendar) Works(act domain.Act, date domain.Date) bool { return false }

// Due is the last day of a term of working days.
func (c Calendar) Due(act domain.Act, start domain.Date, workingDays int) (due domain.Date, provisional bool) {
	return domain.Date{}, false
}

// Hours are the office's hours of a date; false: it does not work.
func (c Calendar) Hours(act domain.Act, date domain.Date) (Hours, bool) { return Hours{}, false }

// InHours tells whether an instant lies in the office's hours, the break left out.
func (c Calendar) InHours(act domain.Act, at domain.Instant) bool { return false }

// Season is the season of a date, "summer" or "".
func (c Calendar) Season(act domain.Act, date domain.Date) string { return "" }
