package projections_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"andu/cmd/andu/pgserver/pgtest"
	"andu/domain"
	"andu/domain/catalog"
	"andu/projections"
	"andu/projections/directory"
	"andu/projections/dossier"
	"andu/projections/due"
	"andu/projections/dutyboard"
	"andu/projections/inbox"
	"andu/projections/register"
	"andu/projections/series"
	"andu/projections/slips"
	"andu/projections/timesheet"
	"andu/projections/trail"
	"andu/projections/whereabouts"
	"andu/projections/workload"
)

// readModels are all of them: a new one is one line here. Counted are the streams for each of which it has a row that every
// event moves on by one revision, so that it notices any event of them that is left out or comes twice.
var readModels = []struct {
	projections.Projection
	counted []string
}{
	{due.Projection, nil},
	{register.Projection, []string{"document"}},
	{inbox.Projection, []string{"document", "approval"}},
	{directory.Projection, []string{"org", "person"}},
	{dossier.Projection, nil},
	{series.Projection, []string{"register"}},
	{dutyboard.Projection, []string{"duty", "roster"}},
	{whereabouts.Projection, []string{"leave"}},
	{slips.Projection, []string{"circulation"}},
	{timesheet.Projection, []string{"attendance", "sheet", "roll"}},
	{trail.Projection, []string{"access"}},
	{workload.Projection, []string{"document"}},
}

func all() (list []projections.Projection) {
	for _, m := range readModels {
		list = append(list, m.Projection)
	}
	return list
}

func pool(t *testing.T) *pgxpool.Pool {
	t.Helper()
	p, err := pgxpool.New(t.Context(), pgtest.New(t).ServerURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// project brings the read models up to the end of the log, in pages of a size.
func project(t *testing.T, h *house, size int) *projections.DB {
	t.Helper()
	db, err := projections.Open(t.Context(), projections.Config{Pool: pool(t), Store: h.log, Decode: h.Decode, Projections: all(), PageSize: size,
		Now: func() time.Time { return h.now }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- db.Run(ctx) }()
	head, err := h.log.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	patience, done := context.WithTimeout(ctx, time.Minute)
	defer done()
	if err := db.Wait(patience, head); err != nil {
		status, _ := db.Status(ctx)
		t.Fatalf("%v\n%+v", err, status)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return db
}

func digest(t *testing.T, db *projections.DB, name string) projections.Digest {
	t.Helper()
	d, err := db.Digest(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDigests: whatever the size of the pages, the rows are the same, and any cell that is changed by hand shows.
func TestDigests(t *testing.T) {
	t.Parallel()
	h := signed(t)
	db := project(t, h, 7)
	for _, size := range []int{1, 2048} {
		other := project(t, h, size)
		for _, m := range readModels {
			if want, got := digest(t, db, m.Name), digest(t, other, m.Name); want != got || got.Rows == 0 {
				t.Errorf("%s: pages of 7 give %+v, of %d %+v", m.Name, want, size, got)
			}
		}
	}
	for _, m := range readModels {
		want := digest(t, db, m.Name)
		for _, table := range m.Tables {
			for _, column := range columns(t, db.Pool, m.Namespace(), table) {
				restore, refused := tamper(t, db.Pool, m.Table(table), column)
				if refused {
					continue
				}
				if digest(t, db, m.Name) == want {
					t.Errorf("%s: a changed %s of %s does not show", m.Name, column.name, table)
				}
				restore()
			}
		}
		if digest(t, db, m.Name) != want {
			t.Fatalf("%s: the test has not put the cells back", m.Name)
		}
	}
}

type column struct{ name, kind string }

func columns(t *testing.T, db *pgxpool.Pool, schema, table string) []column {
	t.Helper()
	rows, err := db.Query(t.Context(), `select attname, format_type(atttypid, atttypmod) from pg_attribute
		where attrelid = ($1 || '.' || $2)::regclass and attnum > 0 and not attisdropped and attgenerated = ''`, schema, table)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c column, err error) { return c, row.Scan(&c.name, &c.kind) })
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// otherwise is a value that a cell does not have.
var otherwise = map[string]string{
	"text": `coalesce(%s, '') || 'x'`, "integer": `coalesce(%s, 0) + 1`, "bigint": `coalesce(%s, 0) + 1`, "boolean": `not coalesce(%s, false)`,
	"timestamp with time zone": `coalesce(%s, '2000-01-01Z') + interval '1 second'`, "date": `coalesce(%s, '2000-01-01') + 1`,
	"text[]": `array_append(coalesce(%s, '{}'), 'x')`, "integer[]": `array_append(coalesce(%s, '{}'), 1)`, "jsonb": `coalesce(%s, '{}') || '{"x": "y"}'`,
}

// tamper changes a cell of some row; refused: the row does not allow it, or there is none.
func tamper(t *testing.T, db *pgxpool.Pool, table string, c column) (restore func(), refused bool) {
	t.Helper()
	expression, ok := otherwise[c.kind]
	if !ok {
		t.Fatalf("%s.%s is a %s: say how to change one", table, c.name, c.kind)
	}
	var before *string
	var row string
	err := db.QueryRow(t.Context(), fmt.Sprintf(`select %s::text, ctid::text from %s limit 1`, c.name, table)).Scan(&before, &row)
	if err != nil {
		return nil, true
	}
	err = db.QueryRow(t.Context(), fmt.Sprintf(`update %[1]s set %[2]s = `+expression+` where ctid = $1::tid returning ctid::text`, table, c.name, c.name), row).Scan(&row)
	if err != nil {
		return nil, true
	}
	return func() {
		if _, err := db.Exec(t.Context(), fmt.Sprintf(`update %s set %s = $1::text::%s where ctid = $2::tid`, table, c.name, c.kind), before, row); err != nil {
			t.Fatal(err)
		}
	}, false
}

// fingerprint applies events to empty rows and gives all of them as text. Nothing stays behind.
func fingerprint(t *testing.T, db *pgxpool.Pool, p projections.Projection, events []domain.Recorded) (text string, err error) {
	t.Helper()
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context()))
	schema := p.Name + "_test"
	if _, err := tx.Exec(t.Context(), fmt.Sprintf(`create schema %[1]s; set local search_path to %[1]s; %[2]s`, schema, p.Schema), pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	b := &pgx.Batch{}
	for _, r := range events {
		if err := p.Apply(b, r); err != nil {
			return "", err
		}
	}
	for _, q := range b.QueuedQueries {
		q.SQL = "/* " + schema + " */ " + q.SQL
	}
	if err := tx.SendBatch(t.Context(), b).Close(); err != nil {
		return "", err
	}
	for _, table := range p.Tables {
		var rows string
		if err := tx.QueryRow(t.Context(), fmt.Sprintf(`select coalesce(string_agg(t::text, E'\n' order by t::text collate "C"), '') from %s t`, table)).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		text += table + "\n" + rows + "\n"
	}
	return text, nil
}

func decoded(t *testing.T, h *house) (events []domain.Recorded) {
	t.Helper()
	for _, rec := range h.records() {
		r, err := h.Decode(rec)
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, r)
	}
	return events
}

// matters tells whether a projection does something about an event.
func matters(t *testing.T, p projections.Projection, r domain.Recorded) bool {
	t.Helper()
	b := &pgx.Batch{}
	if err := p.Apply(b, r); err != nil {
		t.Fatal(err)
	}
	return b.Len() > 0
}

// TestLeftOutOrTwice: an event that is left out of a page, or stands in it twice, gives other rows or is refused.
func TestLeftOutOrTwice(t *testing.T) {
	t.Parallel()
	h := signed(t)
	events, db := decoded(t, h), pool(t)
	for _, m := range readModels {
		want, err := fingerprint(t, db, m.Projection, events)
		if err != nil {
			t.Fatalf("%s: %v", m.Name, err)
		}
		notices := func(with []domain.Recorded) bool {
			got, err := fingerprint(t, db, m.Projection, with)
			return err != nil || got != want
		}
		noticed, n := false, 0
		for i, r := range slices.Backward(events) { // the last of them leave the clearest trace
			counted := slices.Contains(m.counted, domain.ContextOf(r.Stream))
			if !matters(t, m.Projection, r) || (noticed && !counted) {
				continue
			}
			if n++; n > 1 && n%5 != 0 {
				continue
			}
			if notices(slices.Delete(slices.Clone(events), i, i+1)) {
				noticed = true
			} else if counted {
				t.Errorf("%s does not notice that %s@%d (%s) is left out", m.Name, r.Stream, r.Revision, r.Type)
			}
			if counted && !notices(slices.Insert(slices.Clone(events), i, r)) {
				t.Errorf("%s does not notice that %s@%d (%s) is there twice", m.Name, r.Stream, r.Revision, r.Type)
			}
		}
		if !noticed {
			t.Errorf("%s notices nothing that is left out", m.Name)
		}
	}
}

// TestErasedHistory: a log whose personal and free texts were erased is projected all the same.
func TestErasedHistory(t *testing.T) {
	t.Parallel()
	h := signed(t)
	for _, rec := range h.records() {
		if key := rec.Header.Payload.Key; key != "" {
			if err := h.Keys.Destroy(key); err != nil {
				t.Fatal(err)
			}
		}
	}
	db := project(t, h, 7)
	for _, m := range readModels {
		if digest(t, db, m.Name).Rows == 0 && len(m.counted) > 0 {
			t.Errorf("%s is empty", m.Name)
		}
	}
}

// TestEveryEvent: every event that any context can store is applied by every read model, also when it is erased.
func TestEveryEvent(t *testing.T) {
	t.Parallel()
	var events []domain.Recorded
	at, files := domain.At(time.Date(2026, 4, 13, 1, 0, 0, 0, time.UTC)), 0
	for _, c := range catalog.Contexts {
		first := sample(t, c, c.Types()[0])
		for i, typ := range c.Types() {
			payload := sample(t, c, typ)
			if payload == nil || i == 0 {
				continue
			}
			files++
			for _, erased := range []bool{false, true} {
				if erased && !typ.Sealed {
					continue
				}
				name := fmt.Sprintf("x%d-%t", i, erased)
				stream := c.ContextName() + "-" + name
				head := domain.Header{V: 1, Stream: stream, ID: name, Type: c.Types()[0].Name, TypeVersion: 1, Office: name, Command: name,
					Actor: domain.Actor{Person: "p-1", Post: "clerk"}, OccurredAt: at, ReceivedAt: at, RecordedAt: at, Zone: "Asia/Shanghai"}
				begin, err := catalog.Decode(head, int64(len(events)), first, false)
				if err != nil {
					t.Fatal(err)
				}
				events = append(events, begin)
				head.Type, head.TypeVersion, head.Revision, head.ID = typ.Name, typ.Version, 1, name+"/1"
				if typ.Name == "document.transcribed" { // nothing comes before it
					head.Revision = 0
					events = events[:len(events)-1]
				}
				r, err := catalog.Decode(head, int64(len(events)), payload, erased)
				if err != nil {
					t.Fatal(err)
				}
				events = append(events, r)
			}
		}
	}
	if files < 60 {
		t.Errorf("only %d golden events were found: the test looks in the wrong place", files)
	}
	db := pool(t)
	for _, m := range readModels {
		if _, err := fingerprint(t, db, m.Projection, events); err == nil {
			continue
		}
		for i, r := range events { // which one is it?
			with := events[i : i+1]
			if r.Revision > 0 {
				with = events[i-1 : i+1]
			}
			if _, err := fingerprint(t, db, m.Projection, with); err != nil {
				t.Errorf("%s: %s (erased: %t): %v", m.Name, r.Type, r.Erased, err)
			}
		}
	}
}

// sample is the golden file of an event as a stored payload; nil: there is none.
func sample(t *testing.T, c domain.AnyContext, typ domain.EventType) []byte {
	t.Helper()
	found, err := filepath.Glob(fmt.Sprintf("../domain/*/testdata/%s.v%d.json", typ.Name, typ.Version))
	if err != nil || len(found) == 0 {
		return nil
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	payload, err := domain.EncodePayload([]byte(strings.TrimSpace(string(text))), nil)
	if err != nil {
		t.Fatal(err)
	}
	return payload
}
