package projections

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"andu/cmd/andu/pgserver/pgtest"
	"andu/domain"
	"andu/eventstore"
	"andu/eventstore/memstore"
)

// The office of these tests counts what lies in its trays.

type tray struct{}

type put struct {
	Paper  string `json:"paper"`
	Copies int    `json:"copies"`
}

type taken struct {
	Paper string `json:"paper"`
}

// jammed is the event that cannot be applied while its projection does not know how.
type jammed struct {
	Secret string `json:"secret"`
}

func (put) Evolve(s tray) tray    { return s }
func (taken) Evolve(s tray) tray  { return s }
func (jammed) Evolve(s tray) tray { return s }

var trays = domain.Context[tray]{Name: "tray", Events: []domain.Schema[tray]{
	{Name: "tray.put", Version: 1, Type: put{}},
	{Name: "tray.taken", Version: 1, Type: taken{}},
	{Name: "tray.jammed", Version: 1, Type: jammed{}},
}}

func decode(r eventstore.Record) (domain.Recorded, error) {
	e, err := trays.Decode(r.Header.Type, r.Header.TypeVersion, r.Payload)
	return domain.Recorded{Header: r.Header, Position: int64(r.Position), Event: e}, err
}

// stock counts, so that an event applied twice or left out shows.
var stock = Projection{
	Name: "stock", Version: 1, Tables: []string{"paper", "moves"},
	Schema: `
		create table paper (tray text, paper text, copies int not null, first_at timestamptz not null, note jsonb, primary key (paper, tray));
		create table moves (tray text primary key, count bigint not null);`,
	Apply: func(b *pgx.Batch, r domain.Recorded) error {
		b.Queue(`insert into moves values ($1, 1) on conflict (tray) do update set count = moves.count + 1`, r.Stream)
		switch e := r.Event.(type) {
		case put:
			b.Queue(`insert into paper (tray, paper, copies, first_at) values ($1, $2, $3, $4)
				on conflict (paper, tray) do update set copies = paper.copies + excluded.copies`, r.Stream, e.Paper, e.Copies, r.RecordedAt.Time)
		case taken:
			b.Queue(`update paper set copies = copies - 1, note = jsonb_build_object('taken', $3::int) where tray = $1 and paper = $2`, r.Stream, e.Paper, r.Revision)
		}
		return nil
	},
}

// tally is the other projection of an office.
var tally = Projection{
	Name: "tally", Version: 1, Tables: []string{"moves"},
	Schema: `create table moves (tray text primary key, count bigint not null)`,
	Apply: func(b *pgx.Batch, r domain.Recorded) error {
		b.Queue(`insert into moves values ($1, 1) on conflict (tray) do update set count = moves.count + 1`, r.Stream)
		return nil
	},
}

// version is the projection with its own rows beside those of the other versions.
func version(p Projection, n int) Projection { p.Version = n; return p }

// clock ticks a second at every look.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 4, 15, 0, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Second)
	return c.at
}

const testLog = "log-of-the-test"

// newLog is a log with n events over a few trays; the same n give the same records.
func newLog(n int) *memstore.Store {
	s := memstore.New(testLog, newClock().now)
	extend(s, n)
	return s
}

// extend brings a log to n events.
func extend(s eventstore.Store, n int) {
	head, err := s.Head(context.Background())
	if err != nil {
		panic(err)
	}
	revisions := map[string]int64{}
	for i := int(head) + 1; i < n; i++ {
		stream := fmt.Sprintf("tray-%d", i%5)
		if _, known := revisions[stream]; !known {
			revisions[stream] = last(s, stream)
		}
		if i%4 == 3 {
			appendTo(s, stream, revisions[stream], "tray.taken", taken{fmt.Sprint("paper ", i%7)})
		} else {
			appendTo(s, stream, revisions[stream], "tray.put", put{fmt.Sprint("paper ", i%7), i % 3})
		}
		revisions[stream]++
	}
}

// add appends one event at the end of a stream.
func add(s eventstore.Store, stream, name string, e any) {
	appendTo(s, stream, last(s, stream), name, e)
}

// last is the revision of the last event of a stream.
func last(s eventstore.Store, stream string) int64 {
	events, err := s.Read(context.Background(), stream, 0)
	if err != nil {
		panic(err)
	}
	return int64(len(events)) - 1
}

func appendTo(s eventstore.Store, stream string, expected int64, name string, e any) {
	payload, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	_, err = s.Append(context.Background(), stream, expected, eventstore.Event{
		Header:  domain.Header{V: 1, ID: fmt.Sprintf("%s/%d", stream, expected+1), Type: name, TypeVersion: 1, Office: "A", Command: "c", Actor: domain.Actor{Person: domain.System}},
		Payload: payload,
	})
	if err != nil {
		panic(err)
	}
}

func newPool(t *testing.T, url string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// testDB is an empty database, seen by the server's role.
func testDB(t *testing.T) *pgxpool.Pool {
	t.Helper()
	return newPool(t, pgtest.New(t).ServerURL)
}

// config is that of a process with quick timers.
func config(pool *pgxpool.Pool, store eventstore.Store, ps ...Projection) Config {
	return Config{
		Pool: pool, Store: store, Decode: decode, Projections: ps, Now: newClock().now, PageSize: 7, Poll: 2 * time.Millisecond,
		After: func(d time.Duration) <-chan time.Time { return time.After(min(d, 20*time.Millisecond)) },
	}
}

func open(t *testing.T, c Config) *DB {
	t.Helper()
	db, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// run keeps the projections up until stop is called or the test ends.
func run(t *testing.T, db *DB) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- db.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// within is the patience of the tests.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func wait(t *testing.T, db *DB, position eventstore.Position, names ...string) {
	t.Helper()
	if err := db.Wait(within(t), position, names...); err != nil {
		t.Fatal(err)
	}
}

// reaches runs the projections up to a position and stops them.
func reaches(t *testing.T, db *DB, position eventstore.Position) {
	t.Helper()
	stop := run(t, db)
	wait(t, db, position)
	stop()
}

func digest(t *testing.T, db *DB, name string) Digest {
	t.Helper()
	d, err := db.Digest(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// until looks at the status of a projection at every change and every poll until it is as wanted.
func until(t *testing.T, db *DB, name string, wanted func(Status) bool) Status {
	t.Helper()
	ctx := within(t)
	var last []Status
	for {
		changed := db.change()
		list, err := db.Status(ctx)
		if err != nil {
			t.Fatalf("%v; at last: %+v", err, last)
		}
		last = list
		for _, s := range list {
			if s.Name == name && wanted(s) {
				return s
			}
		}
		select {
		case <-changed:
		case <-db.After(db.Poll):
		}
	}
}

func stopped(s Status) bool { return s.State == Stopped }

// alarms keeps what is logged.
type alarms struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (a *alarms) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.b.Write(p)
}

func (a *alarms) String() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.b.String()
}

func (a *alarms) logger() *slog.Logger { return slog.New(slog.NewTextHandler(a, nil)) }

func execute(t *testing.T, pool *pgxpool.Pool, sql string, args ...any) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	pool, log := testDB(t), newLog(0)
	open(t, config(pool, log, stock)) // version 1 is there now
	changed := stock
	changed.Schema += `create table more (id int primary key);`
	changed.Tables = append([]string{"more"}, changed.Tables...)
	hidden := version(changed, 2)
	hidden.Tables = stock.Tables
	named := stock
	named.Name = "Stock; drop schema public"
	for name, ps := range map[string][]Projection{
		"a changed definition under the same version": {changed},
		"a table that no digest reads":                {hidden},
		"a projection listed twice":                   {stock, stock},
		"a name that is no plain word":                {named},
		"version 0":                                   {version(stock, 0)},
	} {
		if _, err := Open(t.Context(), config(pool, log, ps...)); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	open(t, config(pool, log, version(changed, 3)))
}

func TestProcessesThatOpenTogether(t *testing.T) {
	t.Parallel()
	pool := testDB(t)
	var all sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		all.Go(func() { _, errs[i] = Open(t.Context(), config(pool, newLog(0), stock, tally)) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}
