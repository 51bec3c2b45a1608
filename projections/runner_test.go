package projections

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"andu/cmd/andu/pgserver/pgtest"
	"andu/domain"
	"andu/eventstore"
	"andu/eventstore/memstore"
	"andu/eventstore/postgres"
)

// TestPageSizes: the rows follow from the events, not from how they were cut into pages, nor from how often the work was
// interrupted, nor from where it was done again.
func TestPageSizes(t *testing.T) {
	t.Parallel()
	pool, log := testDB(t), newLog(800)
	var want Digest
	for i, size := range []int{1, 7, MaxPage} {
		c := config(pool, log, version(stock, i+1))
		c.PageSize = size
		db := open(t, c)
		reaches(t, db, 300)
		db = open(t, c) // another process goes on
		reaches(t, db, 799)
		got := digest(t, db, "stock")
		if i == 0 {
			want = got
		}
		if got != want || got.Position != 799 || got.Rows == 0 {
			t.Errorf("pages of %d give %+v, pages of 1 %+v", size, got, want)
		}
		rebuilt, err := db.Rebuild(t.Context(), "stock", RebuildOptions{})
		if err != nil || !rebuilt.Switched || rebuilt.New != want || digest(t, db, "stock") != want {
			t.Errorf("rebuilt: %+v, %v", rebuilt, err)
		}
	}
}

// TestBothEngines: the log in PostgreSQL gives the same rows as its copy in memory.
func TestBothEngines(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	pool := newPool(t, d.ServerURL)
	if err := postgres.Migrate(t.Context(), d.OwnerURL, pool.Config().ConnConfig.User); err != nil {
		t.Fatal(err)
	}
	log, err := postgres.Open(t.Context(), postgres.Config{URL: d.ServerURL, Now: newClock().now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	c := config(pool, log, stock, tally)
	db := open(t, c)
	run(t, db)
	extend(log, 300)
	wait(t, db, 299)

	all, err := log.ReadAll(t.Context(), eventstore.Before, 300)
	if err != nil {
		t.Fatal(err)
	}
	next := 0
	copied := memstore.New(log.LogID(), func() time.Time {
		next++
		return all.Records[next-1].Header.RecordedAt.Time
	})
	for _, r := range all.Records {
		if _, err := copied.Append(t.Context(), r.Header.Stream, r.Header.Revision-1, eventstore.Event{Header: r.Header, Payload: r.Payload}); err != nil {
			t.Fatal(err)
		}
	}
	other := open(t, config(pool, copied, version(stock, 2), version(tally, 2)))
	reaches(t, other, 299)
	for _, name := range []string{"stock", "tally"} {
		if got, want := digest(t, db, name), digest(t, other, name); got != want {
			t.Errorf("%s: %+v from PostgreSQL, %+v from memory", name, got, want)
		}
		if done, err := db.Rebuild(within(t), name, RebuildOptions{}); err != nil || !done.Switched || !done.Equal() {
			t.Errorf("%s: %+v, %v", name, done, err)
		}
	}
}

// TestEqualStatements: on one connection, the same text over tables of other types is another statement.
func TestEqualStatements(t *testing.T) {
	t.Parallel()
	made := func(name, column string) Projection {
		return Projection{
			Name: name, Version: 1, Tables: []string{"item"}, Schema: `create table item (id bigint primary key, value ` + column + `)`,
			Apply: func(b *pgx.Batch, r domain.Recorded) error {
				b.Queue(`insert into item values ($1, $2)`, r.Position, "7")
				return nil
			},
		}
	}
	log := newLog(5)
	c := testDB(t).Config()
	c.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	db := open(t, config(pool, log, made("texts", "text"), made("documents", "jsonb"), made("days", "interval")))
	page, err := log.ReadAll(t.Context(), eventstore.Before, 5)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range db.Projections {
		if err := db.apply(t.Context(), p, page, 0); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
}

// TestCrashBetweenCommitAndAck: the rows are committed and the ack is lost, at every page. The page comes again and has
// no second effect.
func TestCrashBetweenCommitAndAck(t *testing.T) {
	t.Parallel()
	pool, log := testDB(t), newLog(100)
	quiet := open(t, config(pool, log, stock))
	reaches(t, quiet, 99)
	want := digest(t, quiet, "stock")

	c := config(pool, log, version(stock, 2))
	c.Poll = time.Second // one term: on a slow machine the lease is not lost because a ping took longer than a short poll
	db := open(t, c)
	var deliveries, crashes atomic.Int32
	crashed, all := map[string]bool{}, make(chan struct{}) // the router runs one handler at a time
	db.middleware = []message.HandlerMiddleware{func(h message.HandlerFunc) message.HandlerFunc {
		return func(m *message.Message) ([]*message.Message, error) {
			deliveries.Add(1)
			out, err := h(m)
			if err == nil && !crashed[m.UUID] {
				crashed[m.UUID] = true
				if crashes.Add(1) == 15 {
					close(all)
				}
				panic("the process dies here")
			}
			return out, err
		}
	}}
	stop := run(t, db)
	wait(t, db, 99)
	select { // the last page is committed before its handler returns
	case <-all:
	case <-within(t).Done():
	}
	stop()
	if got := digest(t, db, "stock"); got != want {
		t.Errorf("rows %+v, without crashes %+v", got, want)
	}
	if crashes.Load() != 15 || deliveries.Load() < 29 {
		t.Errorf("%d crashes in %d deliveries", crashes.Load(), deliveries.Load())
	}
}

const childURL = "PROJECTIONS_TEST_CHILD"

// TestKilledProcess: a process is killed at arbitrary places of its work, again and again; nothing is lost and nothing is
// there twice.
func TestKilledProcess(t *testing.T) {
	const events = 1500
	if url := os.Getenv(childURL); url != "" { // this is the process that is going to be killed
		db := open(t, config(newPool(t, url), newLog(events), stock, tally))
		run(t, db)
		<-t.Context().Done()
		return
	}
	t.Parallel()
	url := pgtest.New(t).ServerURL
	pool, log := newPool(t, url), newLog(events)
	db := open(t, config(pool, log, stock, tally))
	kills := 0
	for position := eventstore.Position(100); position < events; position += 280 {
		child := exec.Command(os.Args[0], "-test.run=^TestKilledProcess$")
		child.Env = append(os.Environ(), childURL+"="+url)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		wait(t, db, position, "stock")
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := child.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Errorf("the child ended: %v", err)
		}
		kills++
	}
	reaches(t, db, events-1)
	clean := open(t, config(pool, log, version(stock, 2), version(tally, 2)))
	reaches(t, clean, events-1)
	for _, name := range []string{"stock", "tally"} {
		if got, want := digest(t, db, name), digest(t, clean, name); got != want {
			t.Errorf("%s after %d kills: %+v, without: %+v", name, kills, got, want)
		}
	}
}

// TestPoison: an event that cannot be applied stops its projection right before it, and no other one; the alarm names
// the place and no content.
func TestPoison(t *testing.T) {
	t.Parallel()
	var mended atomic.Bool
	jam := func(fail func(b *pgx.Batch, r domain.Recorded) error) Projection {
		p, plain := stock, stock.Apply
		p.Apply = func(b *pgx.Batch, r domain.Recorded) error {
			if _, is := r.Event.(jammed); is && !mended.Load() {
				return fail(b, r)
			}
			return plain(b, r)
		}
		return p
	}
	cases := []struct {
		name, fault string
		p           Projection
	}{
		{"the database refuses", "sql-22P02", jam(func(b *pgx.Batch, r domain.Recorded) error {
			b.Queue(`insert into moves values ($1, $2::text::bigint)`, r.Stream, r.Event.(jammed).Secret)
			return nil
		})},
		{"a statement is wrong", "sql-42P01", jam(func(b *pgx.Batch, r domain.Recorded) error {
			b.Queue(`insert into nowhere values ($1)`, r.Event.(jammed).Secret)
			return nil
		})},
		{"apply refuses", FaultApply, jam(func(b *pgx.Batch, r domain.Recorded) error { return errors.New(r.Event.(jammed).Secret) })},
		{"apply panics", FaultPanic, jam(func(b *pgx.Batch, r domain.Recorded) error { panic(r.Event.(jammed).Secret) })},
	}
	pool := testDB(t)
	for i, c := range cases {
		mended.Store(false)
		log := newLog(50)
		add(log, "tray-2", "tray.jammed", jammed{"top secret"})
		extend(log, 100)
		var seen alarms
		p := version(c.p, i+1)
		conf := config(pool, log, p, version(tally, i+1))
		conf.Logger = seen.logger()
		db := open(t, conf)
		stop := run(t, db)
		s := until(t, db, "stock", stopped)
		wait(t, db, 99, "tally")
		if s.Position != 49 || s.StoppedAt != 50 || s.Fault != c.fault || s.Lag != 50 {
			t.Errorf("%s: %+v", c.name, s)
		}
		var stale *StaleError
		if err := db.Wait(within(t), 99, "stock"); !errors.As(err, &stale) || stale.Fault != c.fault {
			t.Errorf("%s: waiting for a stopped projection: %v", c.name, err)
		}
		if text := seen.String(); !strings.Contains(text, "projection stopped") || !strings.Contains(text, "position=50") || strings.Contains(text, "secret") {
			t.Errorf("%s: the log says %s", c.name, text)
		}

		// It stays stopped until asked, and stops again while the program is the same.
		if err := db.Resume(t.Context(), "stock"); err != nil {
			t.Fatal(err)
		}
		until(t, db, "stock", stopped)
		stop()
		// A new process tries again of itself; the mended program goes on.
		if i%2 == 0 {
			mended.Store(true)
			db = open(t, conf)
			stop = run(t, db)
		} else {
			db = open(t, conf)
			stop = run(t, db)
			until(t, db, "stock", stopped)
			mended.Store(true)
			if err := open(t, conf).Resume(t.Context(), "stock"); err != nil { // as another process would
				t.Fatal(err)
			}
		}
		if s := until(t, db, "stock", func(s Status) bool { return s.Position == 99 }); s.Fault != "" || s.StoppedAt != 0 {
			t.Errorf("%s: after it was mended: %+v", c.name, s)
		}
		stop()
	}
}

// TestUnreadable: an event of a version that this program does not know stops the projection too.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	log := newLog(3)
	_, err := log.Append(t.Context(), "tray-9", eventstore.NoStream, eventstore.Event{Header: domain.Header{V: 1, ID: "new", Type: "tray.put", TypeVersion: 2}, Payload: []byte(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	db := open(t, config(testDB(t), log, stock))
	run(t, db)
	if s := until(t, db, "stock", stopped); s.Position != 2 || s.StoppedAt != 3 || s.Fault != FaultDecode {
		t.Errorf("%+v", s)
	}
}

// TestDatabaseFails: connections that break are no poison; the work goes on from the checkpoint.
func TestDatabaseFails(t *testing.T) {
	t.Parallel()
	pool, log := testDB(t), newLog(2000)
	db := open(t, config(pool, log, stock, tally))
	run(t, db)
	for position := eventstore.Position(100); position < 2000; position += 500 {
		wait(t, db, position, "stock")
		execute(t, pool, `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`)
	}
	wait(t, db, 1999)
	clean := open(t, config(pool, log, version(stock, 2)))
	reaches(t, clean, 1999)
	if got, want := digest(t, db, "stock"), digest(t, clean, "stock"); got != want {
		t.Errorf("%+v, without failures %+v", got, want)
	}
}

// TestPageIsRefused: what does not go on from the checkpoint, or comes from a term that is over, leaves no trace.
func TestPageIsRefused(t *testing.T) {
	t.Parallel()
	log := newLog(30)
	db := open(t, config(testDB(t), log, stock))
	ctx := t.Context()
	at, err := db.begin(ctx, stock, true)
	if err != nil {
		t.Fatal(err)
	}
	page := func(after eventstore.Position, n int) eventstore.Page {
		p, err := log.ReadAll(ctx, after, n)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if err := db.apply(ctx, stock, page(-1, 10), at.epoch); err != nil {
		t.Fatal(err)
	}
	want := digest(t, db, "stock")

	// Applied already, as a whole or in part: no effect.
	for _, n := range []int{10, 4} {
		if err := db.apply(ctx, stock, page(-1, n), at.epoch); err != nil {
			t.Errorf("a page of %d events that is there already: %v", n, err)
		}
	}
	var gap *gapError
	for what, p := range map[string]eventstore.Page{"leaves events out": page(10, 5), "overlaps": page(5, 10)} {
		if err := db.apply(ctx, stock, p, at.epoch); !errors.As(err, &gap) {
			t.Errorf("a page that %s: %v", what, err)
		}
	}
	if _, err := db.begin(ctx, stock, true); err != nil { // somebody takes over
		t.Fatal(err)
	}
	if err := db.apply(ctx, stock, page(9, 5), at.epoch); !errors.Is(err, errFenced) {
		t.Errorf("a page of a term that is over: %v", err)
	}
	if got := digest(t, db, "stock"); got != want {
		t.Errorf("rows %+v, before %+v", got, want)
	}
}

// leaping is a log that does not go on where it is asked to.
type leaping struct{ eventstore.Store }

func (l leaping) Subscribe(ctx context.Context, after eventstore.Position, limit int) iter.Seq2[eventstore.Page, error] {
	return l.Store.Subscribe(ctx, after+3, limit)
}

func TestGapInTheLog(t *testing.T) {
	t.Parallel()
	var seen alarms
	c := config(testDB(t), leaping{newLog(20)}, stock)
	c.Logger = seen.logger()
	db := open(t, c)
	run(t, db)
	s := until(t, db, "stock", stopped)
	if s.Fault != FaultGap || s.Position != eventstore.Before || s.StoppedAt != 3 {
		t.Errorf("%+v", s)
	}
	if text := seen.String(); !strings.Contains(text, "fault=gap") || !strings.Contains(text, "checkpoint=-1") || !strings.Contains(text, "prev=2") {
		t.Error(text)
	}
}

// TestCheckpointGoesBack: a crash of the database may take the last commits of a read model with it. Its running term
// notices and begins again from what is there.
func TestCheckpointGoesBack(t *testing.T) {
	t.Parallel()
	pool, log := testDB(t), newLog(35)
	var seen alarms
	c := config(pool, log, stock)
	c.Logger = seen.logger()
	db := open(t, c)
	run(t, db)
	wait(t, db, 34)
	execute(t, pool, `truncate stock_v1.paper, stock_v1.moves`)
	execute(t, pool, `update stock_v1.checkpoint set position = -1`)
	extend(log, 70)
	wait(t, db, 69)
	clean := open(t, config(pool, log, version(stock, 2)))
	reaches(t, clean, 69)
	if got, want := digest(t, db, "stock"), digest(t, clean, "stock"); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if !strings.Contains(seen.String(), "begins again from its checkpoint") {
		t.Error("no alarm: ", seen.String())
	}
}

// TestRestoredLog: read models that are ahead of the log, or of another log, are refused with an alarm and not touched;
// a rebuild mends them.
func TestRestoredLog(t *testing.T) {
	t.Parallel()
	pool := testDB(t)
	other := memstore.New("another-log", newClock().now)
	extend(other, 100)
	for i, c := range []struct {
		fault string
		log   *memstore.Store
	}{{FaultAhead, newLog(60)}, {FaultOtherLog, other}} {
		p := version(stock, i+1)
		db := open(t, config(pool, newLog(100), p))
		reaches(t, db, 99)
		want := digest(t, db, "stock")

		var seen alarms
		conf := config(pool, c.log, p)
		conf.Logger = seen.logger()
		db = open(t, conf)
		stop := run(t, db)
		if s := until(t, db, "stock", stopped); s.Fault != c.fault || s.Position != 99 {
			t.Errorf("%s: %+v", c.fault, s)
		}
		if text := seen.String(); !strings.Contains(text, "projection refused") || !strings.Contains(text, "checkpoint=99") {
			t.Errorf("%s: the log says %s", c.fault, text)
		}
		if got := digest(t, db, "stock"); got != want {
			t.Errorf("%s: rows were touched", c.fault)
		}
		rebuilt, err := db.Rebuild(t.Context(), "stock", RebuildOptions{})
		if err != nil || !rebuilt.Switched {
			t.Errorf("%s: rebuild: %+v, %v", c.fault, rebuilt, err)
		}
		extend(c.log, 120)
		wait(t, db, 119)
		stop()
	}
}

// TestLease: of two processes one is active, and the other takes over when the first ends or loses its lease.
func TestLease(t *testing.T) {
	t.Parallel()
	pool, log := testDB(t), newLog(50)
	active := func(s Status) bool { return s.Active }
	passive := func(db *DB) bool {
		list, err := db.Status(t.Context())
		return err == nil && !list[0].Active
	}
	first, second := open(t, config(pool, log, stock)), open(t, config(pool, log, stock))
	stopFirst := run(t, first)
	until(t, first, "stock", active)
	run(t, second)
	wait(t, second, 49)
	extend(log, 80)
	wait(t, second, 79) // sees what the other process does
	if !passive(second) {
		t.Error("both processes are active")
	}
	stopFirst()
	extend(log, 100)
	wait(t, second, 99)
	until(t, second, "stock", active)

	third := open(t, config(pool, log, stock))
	run(t, third)
	// The lease's connection breaks: whoever has the lease then, it is one process.
	execute(t, pool, `select pg_terminate_backend(l.pid) from pg_locks l where l.locktype = 'advisory' and l.database = (select oid from pg_database where datname = current_database())`)
	extend(log, 150)
	wait(t, third, 149)
	until(t, third, "stock", func(s Status) bool { return s.Active != !passive(second) })
	db := open(t, config(pool, log, version(stock, 2)))
	reaches(t, db, 149)
	if got, want := digest(t, third, "stock"), digest(t, db, "stock"); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	log := newLog(10)
	pool := testDB(t)
	db := open(t, config(pool, log, stock, tally))
	soon := func() context.Context {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		t.Cleanup(cancel)
		return ctx
	}
	var stale *StaleError
	if err := db.Wait(soon(), 9, "tally"); !errors.As(err, &stale) || stale.Name != "tally" || stale.Position != eventstore.Before || stale.Wanted != 9 {
		t.Errorf("a projection that nobody runs: %v", err)
	}
	if err := db.Wait(soon(), 9, "nobody"); err == nil || errors.As(err, &stale) {
		t.Errorf("a projection that does not exist: %v", err)
	}
	run(t, db)
	wait(t, db, 9)
	if err := db.Wait(soon(), 10); !errors.As(err, &stale) || stale.Position != 9 || stale.Wanted != 10 {
		t.Errorf("a position that is not there yet: %v", err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if err := db.Wait(gone, 10); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who went away: %v", err)
	}

	other := open(t, config(pool, log, stock, tally)) // a process that runs nothing
	waiting := make(chan error, 2)
	for _, d := range []*DB{db, other} {
		go func() { waiting <- d.Wait(within(t), 10) }()
	}
	extend(log, 11)
	for range 2 {
		if err := <-waiting; err != nil {
			t.Error(err)
		}
	}
	var rows int
	if err := pool.QueryRow(t.Context(), `select sum(count) from stock_v1.moves`).Scan(&rows); err != nil || rows != 11 {
		t.Errorf("after the wait %d of 11 events are in the rows: %v", rows, err)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	log := newLog(40) // recorded from 00:00:01 on, a second each
	at := func(n int) time.Time { return newClock().at.Add(time.Duration(n) * time.Second) }
	c := config(testDB(t), log, stock)
	now := at(43)
	c.Now = func() time.Time { return now }
	db := open(t, c)
	if got := until(t, db, "stock", func(Status) bool { return true }); got != (Status{
		Name: "stock", Namespace: "stock_v1", State: CatchingUp, Position: -1, Head: 39, Lag: 40, Behind: 42 * time.Second, UpdatedAt: now,
	}) {
		t.Errorf("before it runs: %+v", got)
	}
	if m, err := db.Freshness(t.Context(), "stock"); err != nil || m != (Mark{Position: eventstore.Before}) {
		t.Errorf("%+v, %v", m, err)
	}
	reaches(t, db, 39)
	if got := until(t, db, "stock", func(Status) bool { return true }); got != (Status{
		Name: "stock", Namespace: "stock_v1", State: Live, Position: 39, Head: 39, RecordedAt: at(40), UpdatedAt: now,
	}) {
		t.Errorf("after: %+v", got)
	}
	if m, err := db.Freshness(t.Context(), "stock"); err != nil || m != (Mark{39, at(40)}) {
		t.Errorf("%+v, %v", m, err)
	}
	extend(log, 41)
	if got := until(t, db, "stock", func(Status) bool { return true }); got.State != Live || got.Lag != 1 || got.Behind != 2*time.Second {
		t.Errorf("one event behind for two seconds: %+v", got)
	}
}
