package dashboards

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"andu/domain"
	"andu/projections"
)

func query[T any](ctx context.Context, db projections.Querier, what, sql string, args []any, fields func(*T) []any) ([]T, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v T, err error) { return v, row.Scan(fields(&v)...) })
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	return projections.Array(list), nil
}

// Sheet is the sign-in sheet of a session in numbers.
type Sheet struct {
	Session  string         `json:"session"`
	Opens    domain.Instant `json:"opens_at"`
	Expected domain.Instant `json:"expected_at"`
	Cutoff   domain.Instant `json:"cutoff_at" doc:"none: nothing is refused"`
	Closed   domain.Instant `json:"closed_at" doc:"none: it is open"`
	Persons  int            `json:"persons" doc:"who are expected"`
	Arrived  int            `json:"arrived"`
	Refused  int            `json:"refused" doc:"attempts"`
	Curve    []Minute       `json:"curve"`
}

// Minute is a minute in which somebody came.
type Minute struct {
	Minute  domain.Instant `json:"minute" doc:"its beginning"`
	Arrived int            `json:"arrived"`
	Refused int            `json:"refused"`
}

// Arrivals gives the sheets of a day of an office, each with its curve.
func Arrivals(ctx context.Context, db projections.Querier, office string, date domain.Date) ([]Sheet, error) {
	day := []any{office, projections.Date(date)}
	sheets, err := query(ctx, db, "the sheets of a day", `select session, opens_at, expected_at, cutoff_at, closed_at, persons, arrived, refused from `+table("sheets")+`
		where office = $1 and date = $2 order by opens_at, session`, day, func(s *Sheet) []any {
		return []any{&s.Session, projections.Into(&s.Opens), projections.Into(&s.Expected), projections.Into(&s.Cutoff), projections.Into(&s.Closed), &s.Persons, &s.Arrived, &s.Refused}
	})
	if err != nil {
		return nil, err
	}
	type minute struct {
		Minute
		session string
	}
	minutes, err := query(ctx, db, "the arrivals of a day", `select session, minute, arrived, refused from `+table("arrivals")+` where office = $1 and date = $2 order by minute`, day,
		func(m *minute) []any {
			return []any{&m.session, projections.Into(&m.Minute.Minute), &m.Arrived, &m.Refused}
		})
	if err != nil {
		return nil, err
	}
	for i := range sheets {
		sheets[i].Curve = []Minute{}
		for _, m := range minutes {
			if m.session == sheets[i].Session {
				sheets[i].Curve = append(sheets[i].Curve, m.Minute)
			}
		}
	}
	return sheets, nil
}

// Everywhere is the filter that asks for the whole office.
const Everywhere = ""

// of restricts a question to a unit, which is its second argument.
const of = `office = $1 and ($2 = '' or unit = $2)`

// Day is the end of a day.
type Day struct {
	Date     domain.Date `json:"date"`
	Received int         `json:"received" doc:"papers signed for; of the whole office alone"`
	Reopened int         `json:"reopened"`
	Closed   int         `json:"closed" doc:"papers that the office was done with"`
	Open     int         `json:"open" doc:"when the day ended; of today, now"`
	Overdue  int         `json:"overdue" doc:"of these, papers whose last day was before this one"`
}

// Backlog gives the days from one to another with the papers of a unit, or of the office. Days before the first paper and
// after the last day on record are left out.
func Backlog(ctx context.Context, db projections.Querier, office, unit string, from, to domain.Date) ([]Day, error) {
	return query(ctx, db, "the backlog", `select date, sum(received)::int, sum(reopened)::int, sum(closed)::int, sum(open)::int, sum(overdue)::int from `+table("backlog")+`
		where `+of+` and date between $3 and $4 group by date order by date`, []any{office, unit, projections.Date(from), projections.Date(to)}, func(d *Day) []any {
		return []any{projections.Into(&d.Date), &d.Received, &d.Reopened, &d.Closed, &d.Open, &d.Overdue}
	})
}

// Age is how many open papers were signed for a number of days ago.
type Age struct {
	Days   int `json:"days"`
	Papers int `json:"papers"`
}

// Ages gives how old the open papers of a unit, or of the office, are on a day, the youngest first.
func Ages(ctx context.Context, db projections.Querier, office, unit string, today domain.Date) ([]Age, error) {
	return query(ctx, db, "the ages of papers", `select greatest(0, $3::date - received_on), sum(papers)::int from `+table("ages")+` where `+of+` group by 1 order by 1`,
		[]any{office, unit, projections.Date(today)}, func(a *Age) []any { return []any{&a.Days, &a.Papers} })
}

// Cycle is how long a stage took of the papers that were closed in a month. Working days are those of the papers that were
// counted in them; null: none was.
type Cycle struct {
	Month          domain.Date `json:"month" doc:"its first day"`
	Stage          string      `json:"stage" enum:"registration,instruction,acceptance,handling,whole"`
	Papers         int         `json:"papers"`
	P50Days        int         `json:"p50_days" doc:"calendar days"`
	P90Days        int         `json:"p90_days"`
	Counted        int         `json:"counted" doc:"papers of which working days are known"`
	P50WorkingDays *int        `json:"p50_working_days"`
	P90WorkingDays *int        `json:"p90_working_days"`
}

// CycleTimes gives the months from one to another, each stage in the order in which a paper passes them.
func CycleTimes(ctx context.Context, db projections.Querier, office, unit string, from, to domain.Date) ([]Cycle, error) {
	return query(ctx, db, "the cycle times", `select month, stage, papers, p50_days, p90_days, counted, p50_working_days, p90_working_days from `+table("cycle_times")+`
		where office = $1 and unit is not distinct from nullif($2, '') and month between $3 and $4
		order by month, array_position(array['registration', 'instruction', 'acceptance', 'handling', 'whole'], stage)`,
		[]any{office, unit, projections.Date(from), projections.Date(to)}, func(c *Cycle) []any {
			return []any{projections.Into(&c.Month), &c.Stage, &c.Papers, &c.P50Days, &c.P90Days, &c.Counted, &c.P50WorkingDays, &c.P90WorkingDays}
		})
}

// Load is what one person carries of the rota of a line.
type Load struct {
	Line   string `json:"line"`
	Person string `json:"person"`
	Shifts int    `json:"shifts"`
	Nights int    `json:"nights"`
	Rest   int    `json:"rest_days" doc:"shifts that begin on a day off"`
}

// DutyLoads gives the load of the months from one to another, the most burdened of each line first.
func DutyLoads(ctx context.Context, db projections.Querier, office string, from, to domain.Date) ([]Load, error) {
	return query(ctx, db, "the loads of the watch", `select line, person, sum(shifts)::int, sum(nights)::int, sum(rest_days)::int from `+table("duty_loads")+`
		where office = $1 and month between $2 and $3 group by line, person order by line, 3 desc, 5 desc, person collate "C"`,
		[]any{office, projections.Date(from), projections.Date(to)}, func(l *Load) []any { return []any{&l.Line, &l.Person, &l.Shifts, &l.Nights, &l.Rest} })
}

// Overdue is how the open papers of a unit stand to their time limits. Unit is "" for those that no unit leads yet and for
// those that are classified.
type Overdue struct {
	Unit    string `json:"unit"`
	Open    int    `json:"open"`
	Limited int    `json:"limited" doc:"of these, papers with a time limit"`
	Today   int    `json:"due_today" doc:"of these, papers whose last day is today"`
	Overdue int    `json:"overdue" doc:"of these, papers whose last day is past"`
	Longest int    `json:"longest_days" doc:"days since the earliest of the last days that are past"`
}

// OverdueByUnit gives the units that have papers in hand on a day, those with the most overdue first.
func OverdueByUnit(ctx context.Context, db projections.Querier, office string, today domain.Date) ([]Overdue, error) {
	return query(ctx, db, "what is overdue", `
		select a.unit, a.open, coalesce(d.limited, 0), coalesce(d.today, 0), coalesce(d.overdue, 0), coalesce(d.longest, 0)
		from (select unit, sum(papers)::int as open from `+table("ages")+` where office = $1 group by unit) a
		left join (select unit, sum(papers)::int as limited, (sum(papers) filter (where due_on = $2))::int as today, (sum(papers) filter (where due_on < $2))::int as overdue,
			$2::date - min(due_on) filter (where due_on < $2) as longest from `+table("due")+` where office = $1 group by unit) d using (unit)
		order by 5 desc, 4 desc, 2 desc, a.unit collate "C"`,
		[]any{office, projections.Date(today)}, func(o *Overdue) []any {
			return []any{&o.Unit, &o.Open, &o.Limited, &o.Today, &o.Overdue, &o.Longest}
		})
}
