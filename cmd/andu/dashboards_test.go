package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"andu/cmd/andu/pgserver/pgtest"
	"andu/domain"
	"andu/domain/attendance"
	"andu/domain/documents"
	"andu/domain/duty"
	"andu/projections/dashboards"

	"github.com/jackc/pgx/v5/pgxpool"
)

// TestFiguresAreTheLog: every figure of a demonstration month is what another program counts in the log: papers are folded
// by the rules themselves and looked at day by day, sign-ins and shifts are taken from the events.
func TestFiguresAreTheLog(t *testing.T) {
	db, dir := pgtest.New(t), dataDir(t)
	flags := on(db, dir)
	runs(t, exitClean, append(append([]string{"demo"}, flags...), "--from", "2026-03-02", "--until", "2026-04-01")...)
	pool, err := pgxpool.New(t.Context(), db.ServerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if err := dashboards.Install(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	runs(t, exitClean, append([]string{"projections", "rebuild"}, flags...)...) // fills them, and switches under the views
	events := records(t, storeFlags{DatabaseURL: db.ServerURL}, dir)
	for _, office := range []string{"county", "bureau"} {
		counted := figuresOf(t, pool, office)
		for what, want := range count(office, events) {
			if got := counted[what]; got != want {
				t.Errorf("%s: %s: the view says %d, the log %d", office, what, got, want)
			}
			delete(counted, what)
		}
		for what, got := range counted {
			if got != 0 {
				t.Errorf("%s: %s: the view says %d, the log nothing", office, what, got)
			}
		}
	}
	kinds := map[string]int{}
	for what, n := range count("county", events) {
		if kind, _, _ := strings.Cut(what, " 2"); n > 0 {
			kinds[kind]++
		}
	}
	for _, kind := range []string{"received", "closed", "open", "overdue", "age", "due", "p50", "p90", "p90 working", "arrived", "refused", "shifts", "nights", "rest days"} {
		if kinds[kind] == 0 {
			t.Errorf("the month has no figure of kind %s: %v", kind, kinds)
		}
	}
	t.Logf("figures of the county by kind: %v", kinds)
}

// figuresOf is every figure of the views by what it says.
func figuresOf(t *testing.T, pool *pgxpool.Pool, office string) map[string]int {
	t.Helper()
	figures := map[string]int{}
	for _, sql := range []string{
		`select 'received ' || date, sum(received)::int from andu_views.backlog where office = $1 group by date`,
		`select 'reopened ' || date, sum(reopened)::int from andu_views.backlog where office = $1 group by date`,
		`select 'closed ' || date, sum(closed)::int from andu_views.backlog where office = $1 group by date`,
		`select 'open ' || date || ' ' || unit, open from andu_views.backlog where office = $1`,
		`select 'overdue ' || date || ' ' || unit, overdue from andu_views.backlog where office = $1`,
		`select 'age ' || received_on || ' ' || unit, papers from andu_views.ages where office = $1`,
		`select 'due ' || due_on || ' ' || unit, papers from andu_views.due where office = $1`,
		`select 'papers ' || month || ' ' || coalesce(unit, '*') || ' ' || stage, papers from andu_views.cycle_times where office = $1`,
		`select 'p50 ' || month || ' ' || coalesce(unit, '*') || ' ' || stage, p50_days from andu_views.cycle_times where office = $1`,
		`select 'p90 ' || month || ' ' || coalesce(unit, '*') || ' ' || stage, p90_days from andu_views.cycle_times where office = $1`,
		`select 'p90 working ' || month || ' ' || coalesce(unit, '*') || ' ' || stage, p90_working_days from andu_views.cycle_times where office = $1 and p90_working_days is not null`,
		`select 'arrived ' || to_char(minute at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI ') || session, arrived from andu_views.arrivals where office = $1`,
		`select 'refused ' || to_char(minute at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI ') || session, refused from andu_views.arrivals where office = $1`,
		`select 'shifts ' || month || ' ' || person, sum(shifts)::int from andu_views.duty_loads where office = $1 group by month, person`,
		`select 'nights ' || month || ' ' || person, sum(nights)::int from andu_views.duty_loads where office = $1 group by month, person`,
		`select 'rest days ' || month || ' ' || person, sum(rest_days)::int from andu_views.duty_loads where office = $1 group by month, person`,
	} {
		rows, err := pool.Query(t.Context(), sql, office)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var what string
			var n int
			if err := rows.Scan(&what, &n); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
			figures[what] += n
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return figures
}

// count counts the same figures in the log.
func count(office string, events []domain.Recorded) map[string]int {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		panic(err)
	}
	day := func(i domain.Instant) domain.Date { return domain.DateOf(i.Time, zone) }
	figures := map[string]int{}
	papers, works := map[string][]domain.Recorded{}, map[domain.Date]bool{}
	type mark struct {
		person, session string
		date            domain.Date
	}
	signed := map[mark]bool{}
	type turn struct {
		stream string
		start  int64
	}
	shifts := map[turn]duty.Slot{}
	var last domain.Date
	for _, r := range events {
		if r.Office != office {
			continue
		}
		switch e := r.Event.(type) {
		case attendance.DayTurned:
			works[e.Date] = e.Works
			if last.Before(e.Date) {
				last = e.Date
			}
		case attendance.SignedIn:
			if m := (mark{e.Person, e.Session, e.Date}); !signed[m] {
				signed[m] = true
				figures["arrived "+e.At.In(zone).Format("2006-01-02 15:04 ")+e.Session]++
			}
		case attendance.LateRefused:
			figures["refused "+e.At.In(zone).Format("2006-01-02 15:04 ")+e.Session]++
		case duty.ShiftsPlanned:
			for _, at := range e.Dropped {
				delete(shifts, turn{r.Stream, at.UnixNano()})
			}
			for _, s := range e.Slots {
				shifts[turn{r.Stream, s.Start.UnixNano()}] = s
			}
		case duty.ShiftReassigned:
			s := shifts[turn{r.Stream, e.Shift.UnixNano()}]
			s.Person = e.To
			shifts[turn{r.Stream, e.Shift.UnixNano()}] = s
		}
		if domain.ContextOf(r.Stream) == documents.Context.Name {
			papers[r.Stream] = append(papers[r.Stream], r)
			if on := day(r.OccurredAt); last.Before(on) {
				last = on
			}
		}
	}
	for _, s := range shifts {
		if s.Source != duty.Rota {
			continue
		}
		on := day(s.Start)
		on.Day = 1
		figures[fmt.Sprintf("shifts %s %s", on, s.Person)]++
		if s.Night {
			figures[fmt.Sprintf("nights %s %s", on, s.Person)]++
		}
		if s.Rest {
			figures[fmt.Sprintf("rest days %s %s", on, s.Person)]++
		}
	}
	times := map[string][]int{}
	working := map[string][]int{}
	for _, stream := range slices.Sorted(maps.Keys(papers)) {
		history := papers[stream]
		secret := history[len(history)-1].Class.Classified()
		unit := func(d documents.Document) string {
			if secret {
				return ""
			}
			return d.Lead
		}
		open := func(d documents.Document) bool { return d.Received && d.End == "" && !d.Closed && !d.Filed }
		var d documents.Document
		var stages [5]domain.Date // received, registered, instructed, accepted, closed
		at := day(history[0].OccurredAt)
		for i, r := range history {
			before := d
			d, err = documents.Context.Fold(d, []domain.Recorded{r})
			if err != nil {
				panic(err)
			}
			on := day(r.OccurredAt)
			if i == 0 {
				on = day(d.ReceivedAt)
				at, stages[0] = on, on
				figures["received "+on.String()]++
			}
			for ; at.Before(on); at = at.Add(1) { // the ends of the days before this event
				if open(before) {
					figures[fmt.Sprintf("open %s %s", at, unit(before))]++
					if due := before.Term.DueOn; !due.IsZero() && due.Before(at) {
						figures[fmt.Sprintf("overdue %s %s", at, unit(before))]++
					}
				}
			}
			switch e := r.Event.(type) {
			case documents.Registered:
				stages[1] = on
			case documents.HandlingProposed:
				stages[2] = domain.Date{}
			case documents.Instructed:
				if e.Approved {
					stages[2] = day(e.DecidedAt)
				}
			case documents.Assigned:
				stages[3] = domain.Date{}
			case documents.AssignmentAccepted:
				if e.Handler == d.Lead {
					stages[3] = on
				}
			case documents.AssignmentDeclined:
				if e.Handler == before.Lead {
					stages[3] = domain.Date{}
				}
			case documents.Closed:
				stages[4] = on
			case documents.Reopened:
				stages[4] = domain.Date{}
				figures["reopened "+on.String()]++
			}
			if i > 0 && open(before) && !open(d) {
				figures["closed "+on.String()]++
			}
		}
		for ; !last.Before(at); at = at.Add(1) {
			if open(d) {
				figures[fmt.Sprintf("open %s %s", at, unit(d))]++
				if due := d.Term.DueOn; !due.IsZero() && due.Before(at) {
					figures[fmt.Sprintf("overdue %s %s", at, unit(d))]++
				}
			}
		}
		if open(d) {
			figures[fmt.Sprintf("age %s %s", stages[0], unit(d))]++
			if !d.Term.DueOn.IsZero() {
				figures[fmt.Sprintf("due %s %s", d.Term.DueOn, unit(d))]++
			}
		}
		if stages[4].IsZero() {
			continue
		}
		month := stages[4]
		month.Day = 1
		took := func(stage string, from, to domain.Date) {
			days, worked, told := 0, 0, true
			for on := from.Add(1); !to.Before(on); on = on.Add(1) {
				works, known := works[on]
				told = told && known
				days++
				if works {
					worked++
				}
			}
			for _, of := range []string{"*", unit(d)} {
				key := fmt.Sprintf("%s %s %s", month, of, stage)
				times[key] = append(times[key], days)
				if told {
					working[key] = append(working[key], worked)
				}
			}
		}
		from := stages[0]
		for i, stage := range []string{"registration", "instruction", "acceptance", "handling"} {
			if to := stages[i+1]; !to.IsZero() {
				took(stage, from, to)
				from = to
			}
		}
		took("whole", stages[0], stages[4])
	}
	// nearest is the smallest of the values that a share of them does not exceed.
	nearest := func(values []int, tenths int) int {
		slices.Sort(values)
		return values[(len(values)*tenths+9)/10-1]
	}
	for key, days := range times {
		figures["papers "+key], figures["p50 "+key], figures["p90 "+key] = len(days), nearest(days, 5), nearest(days, 9)
	}
	for key, days := range working {
		figures["p90 working "+key] = nearest(days, 9)
	}
	return figures
}
