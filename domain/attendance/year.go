package attendance

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"andu/domain"
	"andu/domain/leave"
)

// What the office lays down for a year of attendance.
var (
	FullAttendance  = domain.Key[YearUse]{Name: "att.fullAttendance"}          // what full attendance is used for
	LeaveBreaks     = domain.Key[bool]{Name: "att.fullAttendance.leaveBreaks"} // whether an approved leave breaks it
	AwolConsecutive = domain.Key[int]{Name: "att.awolConsecutiveDays"}         // over how many days of absence in a row are too many
	AwolYear        = domain.Key[int]{Name: "att.awolYearDays"}                // over how many in a year
	AwolBasis       = domain.Key[Basis]{Name: "att.awolDayBasis"}              // whether the days between count in a row
)

// YearUse is what full attendance (满勤) is used for.
type YearUse struct {
	Use string `json:"use"`
}

// Basis is how days in a row are counted: working days alone, or every day from the first to the last.
type Basis string

// Check knows the two ways to count.
func (b Basis) Check() error {
	if b != "working" && b != "calendar" {
		return fmt.Errorf("days by %q: want working or calendar", b)
	}
	return nil
}

// ErrYear refuses a year that cannot be compiled.
var ErrYear = domain.Rule(domain.Conflict, "roll.year", "该年度尚未结束，或已经汇总。", "the year is not over, or was compiled already").By("R231")

// YearRow is one person's year, counted from the days as they stand.
type YearRow struct {
	Person     string `json:"person"`
	Days       int    `json:"days"`       // that were determined
	Waiting    int    `json:"waiting"`    // that are not determined yet
	Exceptions int    `json:"exceptions"` // days late, early, missing in part or absent
	Leave      int    `json:"leave"`      // days with leave in them
	Absence    Days   `json:"absence"`    // without cause (旷工), together
	Run        int    `json:"run"`        // the most working days of absence in a row
	Span       int    `json:"span"`       // the same by the calendar, the days of rest between included
	Full       bool   `json:"full"`       // full attendance, where the office asks for it (R231)
	OverRun    bool   `json:"over_run"`   // more in a row than the office bears
	OverYear   bool   `json:"over_year"`  // more in the year
}

// YearOf counts a person's days, the first one first. A day that is not determined ends a row of absences.
func YearOf(person string, days []Day) YearRow {
	row := YearRow{Person: person}
	var first domain.Date
	run := 0
	for _, d := range days {
		f := d.Found
		switch {
		case !d.Determined():
			row.Waiting++
			run = 0
			continue
		case f.Result == NoWorkThere:
			continue
		}
		row.Days++
		row.Absence.Tenths += f.Days.Tenths
		if f.Result != Normal && f.Result != Covered {
			row.Exceptions++
		}
		if slices.ContainsFunc(f.Sessions, func(o Outcome) bool { return o.Cover == leave.KindLeave || o.Cover == leave.KindPhone }) {
			row.Leave++
		}
		if f.Days.Tenths < 10 {
			run = 0
			continue
		}
		if run++; run == 1 {
			first = d.Date
		}
		row.Run = max(row.Run, run)
		row.Span = max(row.Span, int(d.Date.Start(time.UTC).Sub(first.Start(time.UTC))/(24*time.Hour))+1)
	}
	return row
}

// YearLimits is what the office's policy says of a year.
type YearLimits struct {
	Full        bool // the office asks for full attendance
	LeaveBreaks bool
	Awol        bool // the office says how much absence is too much
	Basis       Basis
	InARow      int
	InAYear     int
}

// Judge says what the limits make of a row.
func (r YearRow) Judge(l YearLimits) YearRow {
	inARow := r.Run
	if l.Basis == "calendar" {
		inARow = r.Span
	}
	r.Full = l.Full && r.Days > 0 && r.Waiting == 0 && r.Exceptions == 0 && (r.Leave == 0 || !l.LeaveBreaks)
	r.OverRun, r.OverYear = l.Awol && inARow > l.InARow, l.Awol && r.Absence.Tenths > 10*l.InAYear
	return r
}

func yearLimits(act domain.Act) (l YearLimits) {
	if l.Full = FullAttendance.Has(act); l.Full {
		l.LeaveBreaks = LeaveBreaks.Of(act)
	}
	if l.Awol = AwolConsecutive.Has(act) && AwolYear.Has(act); l.Awol {
		l.Basis, l.InARow, l.InAYear = AwolBasis.Of(act), AwolConsecutive.Of(act), AwolYear.Of(act)
	}
	return l
}

// CountYear fills a page of a year that is about to be compiled, where one record does not hold everybody. The rows are
// gathered from the persons' days, never typed.
type CountYear struct {
	Year int       `json:"year"`
	Rows []YearRow `json:"rows"`
}

// Decide notes the rows that changed since they were counted last; only whoever may compile the year does.
func (c CountYear) Decide(s Roll, act domain.Act) ([]domain.Event[Roll], error) {
	if err := s.mayCompileYear(act, c.Year); err != nil {
		return nil, err
	}
	if rows := s.judged(act, c.Year, c.Rows); len(rows) > 0 {
		return []domain.Event[Roll]{YearCounted{c.Year, rows}}, nil
	}
	return nil, nil
}

// CompileYear determines who attended in full, and who was absent without cause for too long. The rows are gathered from the
// persons' days, never typed.
type CompileYear struct {
	Year int       `json:"year"`
	Rows []YearRow `json:"rows"`
}

// Decide compiles a year once, when it is over, by those who keep the book (R231).
func (c CompileYear) Decide(s Roll, act domain.Act) ([]domain.Event[Roll], error) {
	if err := s.mayCompileYear(act, c.Year); err != nil {
		return nil, err
	}
	e := YearCompiled{Year: c.Year, Rows: s.judged(act, c.Year, c.Rows)}
	if FullAttendance.Has(act) {
		e.Use = FullAttendance.Of(act).Use
	}
	return []domain.Event[Roll]{e}, nil
}

func (s Roll) mayCompileYear(act domain.Act, year int) error {
	if !act.Person() {
		return domain.ErrSystem
	}
	if err := keeps(act); err != nil {
		return err
	}
	if s.Next.IsZero() {
		return ErrNotBegun
	}
	if year >= domain.DateOf(act.Received.Time, act.Zone).Year || slices.Contains(s.Years, year) {
		return ErrYear
	}
	return nil
}

func (s Roll) judged(act domain.Act, year int, gathered []YearRow) []YearRow {
	rows, limits := []YearRow{}, yearLimits(act)
	for _, r := range gathered {
		r = r.Judge(limits)
		if counted, ok := s.YearRows[year][r.Person]; !ok || counted != r {
			rows = append(rows, r)
		}
	}
	return rows
}

// YearCounted means these rows belong to the year, if it is compiled without others for the same persons.
type YearCounted struct {
	Year int       `json:"year"`
	Rows []YearRow `json:"rows"`
}

// Evolve keeps the rows; a later one of the same person takes the place of the one before.
func (e YearCounted) Evolve(s Roll) Roll {
	rows := map[string]YearRow{}
	maps.Copy(rows, s.YearRows[e.Year])
	for _, r := range e.Rows {
		rows[r.Person] = r
	}
	years := map[int]map[string]YearRow{}
	maps.Copy(years, s.YearRows)
	years[e.Year] = rows
	s.YearRows = years
	return s
}

// YearCompiled means this is what the persons' days of the year came to; who attended in full is an item of Use (R231).
type YearCompiled struct {
	Year int       `json:"year"`
	Use  string    `json:"use"`
	Rows []YearRow `json:"rows"` // beside those on the pages before
}

// Evolve notes the year.
func (e YearCompiled) Evolve(s Roll) Roll {
	s.Years = append(slices.Clip(s.Years), e.Year)
	s.YearRows = maps.Clone(s.YearRows)
	delete(s.YearRows, e.Year)
	return s
}
