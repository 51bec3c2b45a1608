package projections_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"andu/cmd/andu/pgserver/pgtest"
	"andu/domain"
	"andu/domain/documents"
	"andu/projections"
	"andu/projections/dashboards"
	"andu/projections/register"
	"andu/projections/timesheet"
	"andu/projections/workload"
)

var write = flag.Bool("write", false, "write docs/views.md anew")

// figures are the views over the read models of the signed office.
func figures(t *testing.T) (*house, *projections.DB) {
	t.Helper()
	h := signed(t)
	db := project(t, h, 100)
	if err := dashboards.Install(t.Context(), db.Pool); err != nil {
		t.Fatal(err)
	}
	return h, db
}

// TestDashboards: the figures of the office are what its history says.
func TestDashboards(t *testing.T) {
	t.Parallel()
	_, db := figures(t)
	ctx, first, april, may := t.Context(), domain.Date{Year: 2026, Month: 4, Day: 13}, domain.Date{Year: 2026, Month: 4, Day: 1}, domain.Date{Year: 2026, Month: 5, Day: 1}
	sheets, err := dashboards.Arrivals(ctx, db.Pool, office, bookDay)
	if err != nil || len(sheets) != 2 || sheets[0].Session != "AM" || sheets[0].Arrived != 1 || sheets[0].Refused != 1 || len(sheets[0].Curve) != 2 ||
		sheets[0].Curve[0].Arrived != 1 || sheets[0].Curve[1].Refused != 1 || sheets[1].Arrived != 1 {
		t.Errorf("arrivals: %+v, %v", sheets, err)
	}
	days, err := dashboards.Backlog(ctx, db.Pool, office, dashboards.Everywhere, first, first.Add(1))
	if err != nil || len(days) != 2 || days[0].Received != 7 || days[0].Closed != 3 || days[0].Open != 4 || days[0].Open-days[1].Closed != days[1].Open {
		t.Errorf("backlog: %+v, %v", days, err)
	}
	works, err := dashboards.Backlog(ctx, db.Pool, office, "works", first, first)
	if err != nil || len(works) != 1 || works[0].Open != 1 || works[0].Closed != 1 {
		t.Errorf("backlog of a unit: %+v, %v", works, err)
	}
	ages, err := dashboards.Ages(ctx, db.Pool, office, dashboards.Everywhere, first.Add(5))
	if err != nil || len(ages) != 1 || ages[0] != (dashboards.Age{Days: 5, Papers: 4}) {
		t.Errorf("ages: %+v, %v", ages, err)
	}
	cycles, err := dashboards.CycleTimes(ctx, db.Pool, office, dashboards.Everywhere, april, april)
	if err != nil || len(cycles) != 5 || cycles[4].Stage != "whole" || cycles[4].Papers != 1 || cycles[4].Counted != 1 || *cycles[4].P50WorkingDays != 0 {
		t.Errorf("cycle times: %+v, %v", cycles, err)
	}
	loads, err := dashboards.DutyLoads(ctx, db.Pool, office, may, may)
	if err != nil || len(loads) != 2 || loads[0].Shifts+loads[1].Shifts != 31 || loads[0].Nights != loads[0].Shifts || loads[0].Rest+loads[1].Rest != 10 {
		t.Errorf("loads: %+v, %v", loads, err)
	}
	overdue, err := dashboards.OverdueByUnit(ctx, db.Pool, office, first.Add(60))
	total := 0
	for _, o := range overdue {
		if total += o.Overdue; o.Unit == "works" && (o.Overdue != 1 || o.Longest <= 0) {
			t.Errorf("works: %+v", o)
		}
	}
	if n, err := register.Count(ctx, db.Pool, register.Filter{Office: office, Person: "p-sun", OverdueAt: first.Add(60).Start(zone)}); err != nil || n != total || total == 0 {
		t.Errorf("overdue %d, the register says %d: %+v, %v", total, n, overdue, err)
	}
	if other, err := dashboards.OverdueByUnit(ctx, db.Pool, "bureau", first); err != nil || len(other) != 0 {
		t.Errorf("another office's papers are counted: %+v, %v", other, err)
	}
}

// TestTranscribedWorkload: a paper of an old register counts from the day on which it came then, until the day on which it
// was closed then; one that was withdrawn was never there.
func TestTranscribedWorkload(t *testing.T) {
	t.Parallel()
	db, came, shut := pool(t), domain.At(time.Date(2025, 3, 3, 9, 0, 0, 0, zone)), domain.Date{Year: 2025, Month: 3, Day: 10}
	head := func(stream string, revision int64) domain.Header {
		return domain.Header{Stream: stream, Revision: revision, Office: office, Zone: "Asia/Shanghai", OccurredAt: came}
	}
	for name, c := range map[string]struct {
		events []any
		want   string
	}{
		"closed":    {[]any{documents.Transcribed{ReceivedAt: came, Lead: "works", Closed: true, ClosedOn: shut}}, "(document-x,0,works,,received,2025-03-03,2025-03-10,closed)"},
		"undated":   {[]any{documents.Transcribed{ReceivedAt: came, Closed: true}}, `(document-x,0,"",,received,2025-03-03,2025-03-03,closed)`},
		"open":      {[]any{documents.Transcribed{ReceivedAt: came, Lead: "works"}, documents.NumberTranscribed{}}, `(document-x,0,works,,received,2025-03-03,,"")`},
		"withdrawn": {[]any{documents.Transcribed{ReceivedAt: came, Lead: "works"}, documents.TranscriptWithdrawn{}}, ""},
		"again": {[]any{documents.Transcribed{ReceivedAt: came}, documents.TranscriptWithdrawn{}, documents.Transcribed{ReceivedAt: came, Lead: "works"}},
			`(document-x,2,works,,received,2025-03-03,,"")`},
	} {
		var events []domain.Recorded
		for i, e := range c.events {
			events = append(events, domain.Recorded{Header: head("document-x", int64(i)), Event: e})
		}
		text, err := fingerprint(t, db, workload.Projection, events)
		if _, spans, _ := strings.Cut(text, "\nspan\n"); err != nil || !strings.HasPrefix(spans, c.want+"\nday\n") {
			t.Errorf("%s: %v\n%s\nwant %s", name, err, text, c.want)
		}
	}
}

// TestViewsTellNoContent: whoever may read the views reads nothing else, and nothing that a register keeps from him: no
// word of a paper, no name, and of a classified paper neither id nor unit.
func TestViewsTellNoContent(t *testing.T) {
	t.Parallel()
	h := signed(t)
	db, ctx := project(t, h, 100), t.Context()
	super := reader(t)
	if err := dashboards.Install(ctx, db.Pool); err != nil { // the role is there now
		t.Fatal(err)
	}
	to := db.Pool.Config().ConnConfig
	at := *super
	at.Path = "/" + to.Database
	conn, err := pgx.Connect(ctx, at.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, `set role `+dashboards.Reader); err != nil {
		t.Fatal(err)
	}
	// The classified paper as if a unit had closed it: more than enough to be known by.
	if _, err := db.Pool.Exec(ctx, `update `+workload.Projection.Table("paper")+` set unit = 'works', closed_on = received_on where stream = $1`, secret); err != nil {
		t.Fatal(err)
	}
	told := ""
	for _, name := range views(t, db) {
		var rows string
		if err := conn.QueryRow(ctx, `select coalesce(string_agg(v::text, E'\n'), '') from andu_views.`+name+` v`).Scan(&rows); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if rows == "" {
			t.Errorf("%s shows nothing", name)
		}
		told += rows + "\n"
	}
	kept := []string{"防汛", "预算", "涉密", "水防", "赵一鸣", "收文", secret}
	for _, s := range staff {
		kept = append(kept, s.name)
	}
	for _, text := range kept {
		if strings.Contains(told, text) {
			t.Errorf("%q is in the views", text)
		}
	}
	for _, table := range []string{register.Projection.Table("paper"), timesheet.Projection.Table("mark"), workload.Projection.Table("paper")} {
		var denied *pgconn.PgError
		if _, err := conn.Exec(ctx, `select from `+table); !errors.As(err, &denied) || denied.Code != "42501" {
			t.Errorf("%s is open to readers of the views: %v", table, err)
		}
	}
	var counted, named int
	err = conn.QueryRow(ctx, `select count(*) filter (where paper is null and unit = ''), count(*) filter (where unit = 'works') from andu_views.stages where stage = 'whole'`).Scan(&counted, &named)
	if err != nil || counted != 1 || named != 1 {
		t.Errorf("%d classified papers are counted, and %d of the unit: %v", counted, named, err)
	}
}

// reader makes the role of the readers and gives a superuser's address.
func reader(t *testing.T) *url.URL {
	t.Helper()
	address, err := url.Parse(pgtest.New(t).SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	_, err = conn.Exec(t.Context(), `do $$ begin create role andu_reader nologin; exception when duplicate_object then null; end $$`)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

func views(t *testing.T, db *projections.DB) []string {
	t.Helper()
	rows, err := db.Pool.Query(t.Context(), `select relname::text from pg_class where relnamespace = to_regnamespace($1) and relkind = 'v' order by oid`, projections.ViewSchema)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(names) == 0 {
		t.Fatalf("views: %v, %v", names, err)
	}
	return names
}

// TestViewsAreDocumented: docs/views.md lists every view and column with its type and meaning as the database has them, and
// no other. go test ./projections -run TestViewsAreDocumented -write writes it.
func TestViewsAreDocumented(t *testing.T) {
	t.Parallel()
	_, db := figures(t)
	const file, begins = "../docs/views.md", "## "
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(text), "\n"+begins)
	page := strings.TrimRight(head, "\n") + "\n"
	for _, name := range views(t, db) {
		var meaning string
		if err := db.Pool.QueryRow(t.Context(), `select coalesce(obj_description(('andu_views.' || $1)::regclass), '')`, name).Scan(&meaning); err != nil || meaning == "" {
			t.Errorf("%s has no comment: %v", name, err)
		}
		page += fmt.Sprintf("\n%s%s\n\n%s.\n\n| column | type | meaning |\n|---|---|---|\n", begins, name, meaning)
		rows, err := db.Pool.Query(t.Context(), `select attname::text, format_type(atttypid, atttypmod), coalesce(col_description(attrelid, attnum), '') from pg_attribute
			where attrelid = ('andu_views.' || $1)::regclass and attnum > 0 order by attnum`, name)
		if err != nil {
			t.Fatal(err)
		}
		type column struct{ Name, Type, Meaning string }
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[column])
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			if c.Meaning == "" {
				t.Errorf("%s.%s has no comment", name, c.Name)
			}
			page += fmt.Sprintf("| `%s` | %s | %s |\n", c.Name, c.Type, c.Meaning)
		}
	}
	if page == string(text) {
		return
	}
	if *write {
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, got := strings.Split(page, "\n"), strings.Split(string(text), "\n")
	for i := range max(len(want), len(got)) {
		if w, g := at(want, i), at(got, i); w != g {
			t.Fatalf("docs/views.md, line %d:\n%s\nthe database says:\n%s", i+1, g, w)
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(nothing)"
}

// TestInstallAgain: views that are as they should be are left alone, and others are made anew.
func TestInstallAgain(t *testing.T) {
	t.Parallel()
	_, db := figures(t)
	ids := func() (list []uint32) {
		rows, err := db.Pool.Query(t.Context(), `select oid from pg_class where relnamespace = to_regnamespace($1) and relkind = 'v' order by oid`, projections.ViewSchema)
		if err == nil {
			list, err = pgx.CollectRows(rows, pgx.RowTo[uint32])
		}
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	again := func() {
		if err := dashboards.Install(t.Context(), db.Pool); err != nil {
			t.Fatal(err)
		}
	}
	before := ids()
	again()
	if !slices.Equal(before, ids()) {
		t.Error("the views were made anew without need")
	}
	for _, damage := range []string{`drop view andu_views.cycle_times`, `comment on schema andu_views is 'of an older program'`} {
		if _, err := db.Pool.Exec(t.Context(), damage); err != nil {
			t.Fatal(err)
		}
		again()
		if after := ids(); len(after) != len(before) || slices.Equal(before, after) {
			t.Errorf("after %s: %v, before %v", damage, after, before)
		}
	}
}
