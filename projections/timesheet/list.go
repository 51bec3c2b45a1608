package timesheet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"andu/domain"
	"andu/domain/attendance"
	"andu/projections"
)

// Waiting and Undetermined are the states of a line of a sheet beside those of a determined session.
const (
	Waiting      attendance.State = "waiting"      // the sheet is open, and the person has not signed
	Undetermined attendance.State = "undetermined" // the sheet is closed without the person; covered or missing is not determined yet
)

// Line is one person on a sheet.
type Line struct {
	Person     string           `json:"person"`
	State      attendance.State `json:"state" enum:"signed,late-refused,covered,admitted,missing,waiting,undetermined"`
	At         domain.Instant   `json:"at" doc:"of the sign-in or, where there is none, of the first attempt that was refused"`
	Method     string           `json:"method"`
	Late       bool             `json:"late"`
	Supplement bool             `json:"supplement" doc:"in time, and entered after the sheet was collected"`
	Cover      string           `json:"cover" doc:"kind of absence that covers the session; while nothing is determined, kind of the absence that may"`
}

// Sheet is the sheet of one session. Its counts go by the lines.
type Sheet struct {
	ID          string         `json:"id"`
	Date        domain.Date    `json:"date"`
	Session     string         `json:"session"`
	Opens       domain.Instant `json:"opens"`
	Expected    domain.Instant `json:"expected"`
	Cutoff      domain.Instant `json:"cutoff" doc:"none: nothing is refused"`
	Closes      domain.Instant `json:"closes"`
	ClosedAt    domain.Instant `json:"closed_at" doc:"none: it is open"`
	ClosedBy    string         `json:"closed_by"`
	Signed      int            `json:"signed"`
	Covered     int            `json:"covered"`
	Missing     int            `json:"missing" doc:"those refused for coming too late included"`
	Open        int            `json:"open" doc:"waiting, or not determined yet"`
	Supplements int            `json:"supplements"`
	Lines       []Line         `json:"lines"`
}

// Refused is an attempt to sign in after the cut-off.
type Refused struct {
	Person   string         `json:"person"`
	Session  string         `json:"session"`
	Method   string         `json:"method"`
	At       domain.Instant `json:"at"`
	Cutoff   domain.Instant `json:"cutoff"`
	Terminal string         `json:"terminal"`
	Event    string         `json:"event"`
}

// Mark is a sign-in of a person's day.
type Mark struct {
	Session  string         `json:"session"`
	Method   string         `json:"method"`
	At       domain.Instant `json:"at"`
	Late     bool           `json:"late"`
	Terminal string         `json:"terminal"`
	Event    string         `json:"event"`
}

// Determination is what a day counted for from an instant on.
type Determination struct {
	Result     attendance.Result    `json:"result"`
	Days       attendance.Days      `json:"days" doc:"of absence"`
	Sessions   []attendance.Outcome `json:"sessions"`
	Policy     int64                `json:"policy"`
	Calendar   int64                `json:"calendar"`
	Cause      attendance.Cause     `json:"cause" doc:"why it was determined anew; empty the first time"`
	Before     attendance.Result    `json:"before"`
	BeforeDays attendance.Days      `json:"before_days"`
	At         domain.Instant       `json:"at"`
}

// Owed is time that was lost in a session.
type Owed struct {
	Session string      `json:"session"`
	Lost    int         `json:"lost" doc:"minutes"`
	Minutes int         `json:"minutes" doc:"to be worked"`
	Left    int         `json:"left" doc:"minutes"`
	Due     domain.Date `json:"due"`
	Excused bool        `json:"excused"`
}

// Day is one day of a person's record.
type Day struct {
	ID             string          `json:"id"`
	Revision       int64           `json:"revision" doc:"for If-Match"`
	Person         string          `json:"person"`
	Date           domain.Date     `json:"date"`
	Awaits         domain.Instant  `json:"awaits" doc:"until when an undecided cover holds up the determination"`
	Objection      bool            `json:"objection" doc:"one waits for its decision"`
	Marks          []Mark          `json:"marks"`
	Refused        []Refused       `json:"refused"`
	Determinations []Determination `json:"determinations" doc:"the last one stands"`
	Owed           []Owed          `json:"owed"`
}

// Month is the table of a month. One that was compiled stays as it was reported; any other is counted from the days as they
// stand.
type Month struct {
	Month      string             `json:"month"`
	CompiledAt domain.Instant     `json:"compiled_at" doc:"none: counted from the days as they stand"`
	Posts      []string           `json:"posts" doc:"to which it was reported"`
	Persons    []string           `json:"persons" doc:"who held them"`
	Rows       []attendance.Tally `json:"rows"`
}

func table(name string) string { return Projection.Table(name) }

// query reads all rows of a question; what names it in an error.
func query[T any](ctx context.Context, db projections.Querier, what, sql string, scan func(pgx.CollectableRow, *T) error, args ...any) ([]T, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v T, err error) { return v, scan(row, &v) })
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	return all, nil
}

// Sheets gives the sheets of a day of an office in the order of their sessions. A line says what the day's last
// determination says of the session; before there is one, what the sheet itself does.
func Sheets(ctx context.Context, db projections.Querier, office string, date domain.Date) ([]Sheet, error) {
	type line struct {
		Line
		stream  string
		refused bool
	}
	sheets, err := query(ctx, db, "the sheets", `select stream, date, session, opens, expected, cutoff, closes, closed_at, closed_by from `+table("sheet")+`
		where office = $1 and date = $2 order by opens, session`, func(row pgx.CollectableRow, s *Sheet) error {
		return row.Scan(&s.ID, projections.Into(&s.Date), &s.Session, projections.Into(&s.Opens), projections.Into(&s.Expected), projections.Into(&s.Cutoff),
			projections.Into(&s.Closes), projections.Into(&s.ClosedAt), &s.ClosedBy)
	}, office, projections.Date(date))
	if err != nil {
		return nil, err
	}
	lines, err := query(ctx, db, "the lines of the sheets", `
		select s.stream, p.person, coalesce(o.state, ''), coalesce(o.cover, ''), m.at, coalesce(m.method, ''), coalesce(m.late, false), coalesce(m.refused, true),
			exists (select from `+table("entry")+` e where e.sheet = s.stream and e.person = p.person and e.supplement)
		from `+table("sheet")+` s
		cross join lateral (select unnest(s.persons) union select e.person from `+table("entry")+` e where e.sheet = s.stream) p (person)
		left join lateral (select * from `+table("mark")+` m where m.office = s.office and m.date = s.date and m.session = s.session and m.person = p.person
			order by m.refused, case when m.refused then m.at end, m.at desc limit 1) m on true
		left join lateral (select v->>'state' as state, v->>'cover' as cover from `+table("day")+` d
			join lateral (select f.sessions from `+table("finding")+` f where f.stream = d.stream order by f.revision desc limit 1) f on true
			cross join lateral jsonb_array_elements(f.sessions) v
			where d.office = s.office and d.person = p.person and d.date = s.date and v->>'session' = s.session limit 1) o on true
		where s.office = $1 and s.date = $2 order by s.stream, p.person`, func(row pgx.CollectableRow, l *line) error {
		return row.Scan(&l.stream, &l.Person, &l.State, &l.Cover, projections.Into(&l.At), &l.Method, &l.Late, &l.refused, &l.Supplement)
	}, office, projections.Date(date))
	if err != nil {
		return nil, err
	}
	for i := range sheets {
		s := &sheets[i]
		s.Lines = []Line{}
		for _, l := range lines {
			if l.stream != s.ID {
				continue
			}
			switch {
			case l.State != "":
			case !l.refused:
				l.State = attendance.Signed
			case !l.At.IsZero():
				l.State = attendance.LateAttempt
			case s.ClosedAt.IsZero():
				l.State = Waiting
			default:
				l.State = Undetermined
			}
			s.count(l.Line)
			s.Lines = append(s.Lines, l.Line)
		}
		s.ID = strings.TrimPrefix(s.ID, attendance.Sheets.Stream(""))
	}
	return sheets, nil
}

func (s *Sheet) count(l Line) {
	switch l.State {
	case attendance.Signed, attendance.Admitted:
		s.Signed++
	case attendance.CoveredState:
		s.Covered++
	case attendance.Missing, attendance.LateAttempt:
		s.Missing++
	default:
		s.Open++
	}
	if l.Supplement {
		s.Supplements++
	}
}

const refusedColumns = `person, session, method, at, cutoff, terminal, event`

func (r *Refused) fields() []any {
	return []any{&r.Person, &r.Session, &r.Method, projections.Into(&r.At), projections.Into(&r.Cutoff), &r.Terminal, &r.Event}
}

// Attempts gives the attempts of a day of an office that were refused, in their order.
func Attempts(ctx context.Context, db projections.Querier, office string, date domain.Date) ([]Refused, error) {
	return query(ctx, db, "the refused attempts", `select `+refusedColumns+` from `+table("mark")+` where office = $1 and date = $2 and refused order by at, stream, revision`,
		func(row pgx.CollectableRow, r *Refused) error { return row.Scan(r.fields()...) }, office, projections.Date(date))
}

// Record gives the days of a person from one day to another, the first one first.
func Record(ctx context.Context, db projections.Querier, office, person string, from, to domain.Date) ([]Day, error) {
	args := []any{office, person, projections.Date(from), projections.Date(to)}
	days, err := query(ctx, db, "the record", `select d.stream, s.revision, d.person, d.date, d.awaits, d.objection from `+table("day")+` d join `+table("stream")+` s using (stream)
		where d.office = $1 and d.person = $2 and d.date between $3 and $4 order by d.date`, func(row pgx.CollectableRow, d *Day) error {
		return row.Scan(&d.ID, &d.Revision, &d.Person, projections.Into(&d.Date), projections.Into(&d.Awaits), &d.Objection)
	}, args...)
	if err != nil {
		return nil, err
	}
	at := make(map[string]*Day, len(days))
	for i := range days {
		d := &days[i]
		d.Marks, d.Refused, d.Determinations, d.Owed = []Mark{}, []Refused{}, []Determination{}, []Owed{}
		at[d.ID], d.ID = d, strings.TrimPrefix(d.ID, attendance.Context.Stream(""))
	}
	of := ` where stream in (select stream from ` + table("day") + ` where office = $1 and person = $2 and date between $3 and $4) `
	add := func(what, sql string, scan func(row pgx.CollectableRow) error) {
		if err == nil {
			_, err = query(ctx, db, what, sql, func(row pgx.CollectableRow, _ *struct{}) error { return scan(row) }, args...)
		}
	}
	var stream string
	add("the marks", `select stream, session, method, at, late, terminal, event from `+table("mark")+of+`and not refused order by at, revision`, func(row pgx.CollectableRow) error {
		var m Mark
		if err := row.Scan(&stream, &m.Session, &m.Method, projections.Into(&m.At), &m.Late, &m.Terminal, &m.Event); err != nil {
			return err
		}
		at[stream].Marks = append(at[stream].Marks, m)
		return nil
	})
	add("the refused attempts", `select stream, `+refusedColumns+` from `+table("mark")+of+`and refused order by at, revision`, func(row pgx.CollectableRow) error {
		var r Refused
		if err := row.Scan(append([]any{&stream}, r.fields()...)...); err != nil {
			return err
		}
		at[stream].Refused = append(at[stream].Refused, r)
		return nil
	})
	add("the determinations", `select stream, result, days, sessions, policy, calendar, cause, before, before_days, at from `+table("finding")+of+`order by revision`, func(row pgx.CollectableRow) error {
		var d Determination
		var sessions []byte
		if err := row.Scan(&stream, &d.Result, &d.Days.Tenths, &sessions, &d.Policy, &d.Calendar, &d.Cause, &d.Before, &d.BeforeDays.Tenths, projections.Into(&d.At)); err != nil {
			return err
		}
		at[stream].Determinations = append(at[stream].Determinations, d)
		return json.Unmarshal(sessions, &at[stream].Determinations[len(at[stream].Determinations)-1].Sessions)
	})
	add("the time owed", `select stream, session, lost, minutes, remains, due, excused from `+table("owed")+of+`order by session`, func(row pgx.CollectableRow) error {
		var o Owed
		if err := row.Scan(&stream, &o.Session, &o.Lost, &o.Minutes, &o.Left, projections.Into(&o.Due), &o.Excused); err != nil {
			return err
		}
		at[stream].Owed = append(at[stream].Owed, o)
		return nil
	})
	return days, err
}

// MonthOf gives the table of a month, such as 2026-04, with a row for each person; person other than "" is that row alone.
func MonthOf(ctx context.Context, db projections.Querier, office, month, person string) (Month, error) {
	m := Month{Month: month, Posts: []string{}, Persons: []string{}, Rows: []attendance.Tally{}}
	var stream string
	err := db.QueryRow(ctx, `select stream, compiled_at, posts, persons from `+table("month")+` where office = $1 and month = $2`, office, month).
		Scan(&stream, projections.Into(&m.CompiledAt), &m.Posts, &m.Persons)
	if errors.Is(err, pgx.ErrNoRows) {
		m.Rows, err = standing(ctx, db, office, month, person)
		return m, err
	}
	if err != nil {
		return m, fmt.Errorf("read the month: %w", err)
	}
	rows, err := query(ctx, db, "the rows of the month", `select person, days, normal, late, early, covered, half, absent, other, absence, long_term from `+table("tally")+`
		where stream = $1 and month = $2 and ($3 = '' or person = $3) order by person`, func(row pgx.CollectableRow, t *attendance.Tally) error {
		return row.Scan(&t.Person, &t.Days, &t.Normal, &t.Late, &t.Early, &t.Covered, &t.Half, &t.Absent, &t.Other, &t.Absence.Tenths, &t.LongTerm)
	}, stream, month, person)
	m.Rows = projections.Array(rows)
	return m, err
}

// standing counts the days of a month as they stand.
func standing(ctx context.Context, db projections.Querier, office, month, person string) ([]attendance.Tally, error) {
	days, err := query(ctx, db, "the days of the month", `select distinct on (d.person, d.date) d.person, f.result, f.days from `+table("day")+` d join `+table("finding")+` f using (stream)
		where d.office = $1 and to_char(d.date, 'YYYY-MM') = $2 and ($3 = '' or d.person = $3) order by d.person, d.date, f.revision desc`, func(row pgx.CollectableRow, f *attendance.Finding) error {
		return row.Scan(&f.Person, &f.Result, &f.Days.Tenths)
	}, office, month, person)
	rows := []attendance.Tally{}
	for _, f := range days {
		i := slices.IndexFunc(rows, func(t attendance.Tally) bool { return t.Person == f.Person })
		if i < 0 {
			i, rows = len(rows), append(rows, attendance.Tally{Person: f.Person})
		}
		rows[i] = rows[i].Add(f)
	}
	return rows, err
}

// Year counts the days of a year as they stand, with a row for each person; person other than "" is that row alone.
func Year(ctx context.Context, db projections.Querier, office string, year int, person string) ([]attendance.YearRow, error) {
	days, err := query(ctx, db, "the days of the year", `select d.person, d.date, coalesce(f.result, ''), coalesce(f.days, 0), coalesce(f.sessions, '[]'), f.result is not null
		from `+table("day")+` d left join lateral (select * from `+table("finding")+` f where f.stream = d.stream order by f.revision desc limit 1) f on true
		where d.office = $1 and extract(year from d.date) = $2 and ($3 = '' or d.person = $3) order by d.person, d.date`, func(row pgx.CollectableRow, d *attendance.Day) error {
		var sessions []byte
		var determined bool
		if err := row.Scan(&d.Person, projections.Into(&d.Date), &d.Found.Result, &d.Found.Days.Tenths, &sessions, &determined); err != nil {
			return err
		}
		if determined {
			d.Times = 1
		}
		return json.Unmarshal(sessions, &d.Found.Sessions)
	}, office, year, person)
	rows := []attendance.YearRow{}
	for first := 0; first < len(days); {
		next := first
		for next < len(days) && days[next].Person == days[first].Person {
			next++
		}
		rows = append(rows, attendance.YearOf(days[first].Person, days[first:next]))
		first = next
	}
	return rows, err
}

// Objections lists the days of an office about which an objection waits for its decision, the oldest first.
func Objections(ctx context.Context, db projections.Querier, office string) ([]Day, error) {
	return query(ctx, db, "the objections", `select stream, person, date from `+table("day")+` where office = $1 and objection order by date, person`, func(row pgx.CollectableRow, d *Day) error {
		err := row.Scan(&d.ID, &d.Person, projections.Into(&d.Date))
		d.ID, d.Objection = strings.TrimPrefix(d.ID, attendance.Context.Stream("")), true
		return err
	}, office)
}
