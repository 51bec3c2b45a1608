package projections

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"andu/domain"
	"andu/eventstore"
)

// TestPlantedFaults: what is not as the log says shows in the digest and in a rebuild.
func TestPlantedFaults(t *testing.T) {
	t.Parallel()
	log, pool := newLog(60), testDB(t)
	clean := open(t, config(pool, log, stock))
	reaches(t, clean, 59)
	want := digest(t, clean, "stock")
	if want != digest(t, clean, "stock") {
		t.Fatal("two digests of the same rows differ")
	}

	// page applies the log up to 59 with one page changed on its way.
	page := func(p Projection, change func([]eventstore.Record) []eventstore.Record) *DB {
		db := open(t, config(pool, log, p))
		at, err := db.begin(t.Context(), p, true)
		if err != nil {
			t.Fatal(err)
		}
		err = db.pages(t.Context(), eventstore.Before, 59, func(page eventstore.Page) error {
			if page.Prev == 20 {
				page.Records = change(page.Records)
			}
			return db.apply(t.Context(), p, page, at.epoch)
		})
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	cell := func(p Projection, sql string) *DB {
		db := open(t, config(pool, log, p))
		reaches(t, db, 59)
		execute(t, pool, sql)
		return db
	}
	same := func(r []eventstore.Record) []eventstore.Record { return r }
	if got := digest(t, page(version(stock, 2), same), "stock"); got != want {
		t.Fatalf("without a fault: %+v, want %+v", got, want)
	}
	for what, db := range map[string]*DB{
		"an event dropped from a page": page(version(stock, 3), func(r []eventstore.Record) []eventstore.Record { return append(r[:2:2], r[3:]...) }),
		"an event applied twice":       page(version(stock, 4), func(r []eventstore.Record) []eventstore.Record { return append(r[:3:3], r[2:]...) }),
		"two events exchanged": page(version(stock, 5), func(r []eventstore.Record) []eventstore.Record {
			// A paper of a tray is taken before it is put there: nothing is taken.
			return append([]eventstore.Record{r[len(r)-1]}, append(r[:len(r)-1:len(r)-1], r[len(r)-1])...)
		}),
		"a number changed by hand":    cell(version(stock, 6), `update stock_v6.paper set copies = copies + 1 where (tray, paper) = (select tray, paper from stock_v6.paper limit 1)`),
		"a null for a value":          cell(version(stock, 7), `update stock_v7.paper set note = null where (tray, paper) = (select tray, paper from stock_v7.paper where note is not null limit 1)`),
		"a moment's difference":       cell(version(stock, 8), `update stock_v8.paper set first_at = first_at + interval '1 microsecond' where (tray, paper) = (select tray, paper from stock_v8.paper limit 1)`),
		"a row deleted":               cell(version(stock, 9), `delete from stock_v9.moves where tray = 'tray-1'`),
		"a row added":                 cell(version(stock, 10), `insert into stock_v10.moves values ('tray-x', 0)`),
		"a value moved to the column": cell(version(stock, 11), `update stock_v11.paper set tray = tray || paper, paper = '' where (tray, paper) = (select tray, paper from stock_v11.paper limit 1)`),
	} {
		got := digest(t, db, "stock")
		if got.SHA256 == want.SHA256 || got.Position != 59 {
			t.Errorf("%s is not seen: %+v", what, got)
		}
		done, err := db.Rebuild(t.Context(), "stock", RebuildOptions{})
		if !errors.Is(err, ErrDiffers) || done.Switched || done.Old != got || done.New != want {
			t.Errorf("%s: rebuild: %+v, %v", what, done, err)
		}
		if digest(t, db, "stock") != got {
			t.Errorf("%s: the rows were touched without force", what)
		}
		done, err = db.Rebuild(t.Context(), "stock", RebuildOptions{Force: true})
		if err != nil || !done.Switched || done.Equal() || digest(t, db, "stock") != want {
			t.Errorf("%s: rebuild by force: %+v, %v", what, done, err)
		}
	}
}

// TestDigestIsPortable: the order of rows on disk, the session's settings and the collation do not matter.
func TestDigestIsPortable(t *testing.T) {
	t.Parallel()
	pool := testDB(t)
	db := open(t, config(pool, newLog(60), stock))
	reaches(t, db, 59)
	want := digest(t, db, "stock")
	execute(t, pool, `create table stock_v1.kept as select * from stock_v1.paper order by random()`)
	execute(t, pool, `truncate stock_v1.paper`)
	execute(t, pool, `insert into stock_v1.paper select * from stock_v1.kept`)
	execute(t, pool, `drop table stock_v1.kept`)
	c := pool.Config()
	c.ConnConfig.RuntimeParams["timezone"] = "Asia/Shanghai"
	c.ConnConfig.RuntimeParams["datestyle"] = "German"
	c.ConnConfig.RuntimeParams["bytea_output"] = "escape"
	abroad, err := pgxpool.NewWithConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer abroad.Close()
	if got := digest(t, open(t, config(abroad, newLog(60), stock)), "stock"); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestRebuildWhileLive: while events come in and readers read, the rows are rebuilt over and over, by another process.
// Every reader sees complete rows, the projector goes on, and nothing is lost or there twice.
func TestRebuildWhileLive(t *testing.T) {
	t.Parallel()
	pool, log := testDB(t), newLog(600)
	db := open(t, config(pool, log, stock))
	run(t, db)
	wait(t, db, 599)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var busy sync.WaitGroup
	busy.Go(func() { // the office works on, whenever the rows have caught up
		for n := 601; ctx.Err() == nil; n++ {
			extend(log, n)
			if err := db.Wait(ctx, eventstore.Position(n-1)); err != nil && ctx.Err() == nil {
				t.Error(err)
				return
			}
		}
	})
	readers := newPool(t, pool.Config().ConnString())
	busy.Go(func() { // a reader of one statement, prepared once
		for seen := 600; ctx.Err() == nil; {
			var moves int
			err := readers.QueryRow(ctx, `select coalesce(sum(count), 0) from stock_v1.moves`).Scan(&moves)
			if ctx.Err() == nil && (err != nil || moves < seen) {
				t.Errorf("a reader sees %d events after %d: %v", moves, seen, err)
				return
			}
			seen = moves
		}
	})
	busy.Go(func() { // a reader of several statements at one position
		reader := open(t, config(readers, log, stock))
		for ctx.Err() == nil {
			err := reader.Snapshot(ctx, "stock", func(tx pgx.Tx, at Mark) error {
				for range 3 {
					var moves int
					if err := tx.QueryRow(ctx, `select coalesce(sum(count), 0) from moves`).Scan(&moves); err != nil {
						return err
					}
					if moves != int(at.Position)+1 {
						t.Errorf("a snapshot at %d holds %d events", at.Position, moves)
					}
				}
				return nil
			})
			if err != nil && ctx.Err() == nil {
				t.Error(err)
				return
			}
		}
	})
	operator := open(t, config(newPool(t, pool.Config().ConnString()), log, stock))
	for range 4 {
		var last eventstore.Position = -2
		done, err := operator.Rebuild(within(t), "stock", RebuildOptions{Progress: func(at, target eventstore.Position) {
			if at <= last || at > target {
				t.Errorf("progress from %d to %d of %d", last, at, target)
			}
			last = at
		}})
		if err != nil || !done.Switched || !done.Equal() || last < 599 {
			t.Errorf("%+v, %v, %d", done, err, last)
		}
	}
	cancel()
	busy.Wait()
	head, err := log.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wait(t, db, head)
	clean := open(t, config(pool, log, version(stock, 2)))
	reaches(t, clean, head)
	if got, want := digest(t, db, "stock"), digest(t, clean, "stock"); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if there, err := exists(t.Context(), pool, "stock_v1_old"); there || err != nil {
		t.Errorf("the old rows are still there: %v", err)
	}
}

// TestRebuildOfStopped: a projection that stopped is switched to what the mended program makes, and goes on when asked.
func TestRebuildOfStopped(t *testing.T) {
	t.Parallel()
	log, pool := newLog(30), testDB(t)
	add(log, "tray-2", "tray.jammed", jammed{})
	extend(log, 60)
	broken, miscounts := stock, stock.Apply
	broken.Apply = func(b *pgx.Batch, r domain.Recorded) error {
		if _, is := r.Event.(jammed); is {
			return errors.New("not known")
		}
		if r.Position == 7 {
			return nil
		}
		return miscounts(b, r)
	}
	db := open(t, config(pool, log, broken))
	stop := run(t, db)
	until(t, db, "stock", stopped)
	mended := open(t, config(pool, log, stock))
	done, err := mended.Rebuild(within(t), "stock", RebuildOptions{})
	if err != nil || !done.Switched || done.Equal() || done.New.Position != 29 {
		t.Errorf("%+v, %v", done, err)
	}
	stop()
	stop = run(t, mended) // the broken program may have stopped it once more
	until(t, mended, "stock", func(s Status) bool { return s.Position == 59 })
	stop()
	clean := open(t, config(pool, log, version(stock, 2)))
	reaches(t, clean, 59)
	if got, want := digest(t, mended, "stock"), digest(t, clean, "stock"); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestRebuildInterrupted: what an interrupted rebuild left is in nobody's way, and two do not run at once.
func TestRebuildInterrupted(t *testing.T) {
	t.Parallel()
	log, pool := newLog(100), testDB(t)
	db := open(t, config(pool, log, stock))
	reaches(t, db, 99)
	want := digest(t, db, "stock")
	ctx, cancel := context.WithCancel(t.Context())
	_, err := db.Rebuild(ctx, "stock", RebuildOptions{Progress: func(at, _ eventstore.Position) {
		if at > 50 {
			if _, err := open(t, config(pool, log, stock)).Rebuild(t.Context(), "stock", RebuildOptions{}); !errors.Is(err, ErrRebuilding) {
				t.Errorf("a second rebuild: %v", err)
			}
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if there, err := exists(t.Context(), pool, "stock_v1_next"); !there || err != nil || digest(t, db, "stock") != want {
		t.Errorf("after the interruption: %v", err)
	}
	execute(t, pool, `alter schema stock_v1_next rename to stock_v1_old`) // as after a death between switch and drop
	if done, err := db.Rebuild(t.Context(), "stock", RebuildOptions{}); err != nil || !done.Switched || done.New != want {
		t.Errorf("%+v, %v", done, err)
	}
}

// TestSnapshotHoldsOffTheSwitch: a reader of many statements keeps its rows until it is done, and holds up nobody but the
// rebuild.
func TestSnapshotHoldsOffTheSwitch(t *testing.T) {
	t.Parallel()
	log, pool := newLog(50), testDB(t)
	db := open(t, config(pool, log, stock))
	run(t, db)
	wait(t, db, 49)
	rebuilt := make(chan error, 1)
	err := db.Snapshot(t.Context(), "stock", func(tx pgx.Tx, at Mark) error {
		refused := make(chan struct{}) // the rebuild waits for the reader to end
		c := config(newPool(t, pool.Config().ConnString()), log, stock)
		after, once := c.After, sync.OnceFunc(func() { close(refused) })
		c.After = func(d time.Duration) <-chan time.Time { once(); return after(d) }
		other := open(t, c)
		go func() {
			_, err := other.Rebuild(within(t), "stock", RebuildOptions{})
			rebuilt <- err
		}()
		<-refused
		extend(log, 60)
		wait(t, db, 59) // the projector goes on between the attempts
		var moves int
		if err := tx.QueryRow(t.Context(), `select sum(count) from moves`).Scan(&moves); err != nil || moves != 50 {
			t.Errorf("the reader sees %d of 50 events: %v", moves, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-rebuilt; err != nil {
		t.Fatal(err)
	}
	extend(log, 70)
	wait(t, db, 69)
}

// TestSnapshotWaitsForTheSwitch: a snapshot that is asked for during a switch shows the new rows, and not the new tables
// as they were before there were rows in them.
func TestSnapshotWaitsForTheSwitch(t *testing.T) {
	t.Parallel()
	log, pool := newLog(50), testDB(t)
	db := open(t, config(pool, log, stock))
	reaches(t, db, 49)
	want := digest(t, db, "stock")
	seen := make(chan Digest, 1)
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		// What a switch does, with new rows that nobody has committed yet.
		if err := db.create(t.Context(), tx, "stock_v1_next", stock); err != nil {
			return err
		}
		for _, sql := range []string{
			`insert into stock_v1_next.paper select * from stock_v1.paper`, `insert into stock_v1_next.moves select * from stock_v1.moves`,
			`update stock_v1_next.checkpoint set position = 49`, `lock table stock_v1.checkpoint in access exclusive mode`,
			`alter schema stock_v1 rename to stock_v1_old`, `alter schema stock_v1_next rename to stock_v1`,
		} {
			if _, err := tx.Exec(t.Context(), sql); err != nil {
				return err
			}
		}
		go func() {
			d, err := db.Digest(within(t), "stock")
			if err != nil {
				t.Error(err)
			}
			seen <- d
		}()
		for ctx := within(t); ; <-db.After(db.Poll) {
			var waits bool
			if err := pool.QueryRow(ctx, `select exists (select from pg_locks where not granted and database = (select oid from pg_database where datname = current_database()))`).Scan(&waits); err != nil || waits {
				return err
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := <-seen; got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestRebuildAll: many read models are rebuilt together, on fewer connections than there are of them, and one that fails
// holds up no other.
func TestRebuildAll(t *testing.T) {
	log, few := newLog(60), testDB(t).Config().Copy()
	few.MaxConns = 4
	pool, err := pgxpool.NewWithConfig(t.Context(), few)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	var names []string
	var models []Projection
	for _, name := range []string{"one", "two", "three", "four", "five", "six", "seven"} {
		p := stock
		p.Name = name
		names, models = append(names, name), append(models, p)
	}
	stops := models[4]
	stops.Apply = func(b *pgx.Batch, r domain.Recorded) error {
		if r.Position == 20 {
			return errors.New("cannot be applied yet")
		}
		return stock.Apply(b, r)
	}
	db := open(t, config(pool, log, append(append([]Projection{stops}, models[:4]...), models[5:]...)...))
	stop := run(t, db)
	wait(t, db, 59, "one", "two", "three", "four", "six", "seven")
	until(t, db, "five", func(s Status) bool { return s.State == Stopped })
	stop()
	poisoned := models[2]
	poisoned.Apply = func(b *pgx.Batch, r domain.Recorded) error {
		if r.Position == 40 {
			return errors.New("cannot be applied")
		}
		return stock.Apply(b, r)
	}
	models[2] = poisoned
	db = open(t, config(pool, log, models...))
	failed, switched, behind := "", 0, eventstore.Before
	err = db.RebuildAll(t.Context(), names, RebuildOptions{}, func(name string, r Rebuilt, err error) error {
		if err != nil {
			failed += name
		} else if r.Switched && r.Equal() && r.New.Position == 59 {
			switched++
		} else if name == "five" && r.Switched && r.Equal() {
			behind = r.New.Position
		}
		return nil
	})
	if err != nil || failed != "three" || switched != 5 || behind != 19 {
		t.Errorf("%v: %q failed, %d are in place, the one that was stopped at %d", err, failed, switched, behind)
	}
}

// TestDecodedOnce: what several read models take in is opened and decoded once; what could not be is tried again.
func TestDecodedOnce(t *testing.T) {
	log, pool := newLog(60), testDB(t)
	var decodings, broken atomic.Int32
	broken.Store(1)
	two := stock
	two.Name = "two"
	c := config(pool, log, stock, two)
	c.Decode = func(r eventstore.Record) (domain.Recorded, error) {
		if r.Position == 30 && broken.Add(-1) == 0 {
			return domain.Recorded{}, errors.New("its key is not there yet")
		}
		decodings.Add(1)
		return decode(r)
	}
	db := open(t, c)
	for range 2 {
		page, err := log.ReadAll(t.Context(), eventstore.Before, 60)
		if err != nil {
			t.Fatal(err)
		}
		if events, err := db.decode(page); (err == nil) != (len(events) == 60) {
			t.Errorf("%d events and %v", len(events), err)
		}
	}
	page, _ := log.ReadAll(t.Context(), eventstore.Before, 60)
	if events, err := db.decode(page); err != nil || len(events) != 60 || decodings.Load() != 60 {
		t.Errorf("%d events by %d decodings, %v", len(events), decodings.Load(), err)
	}
}

// TestDecodePanics: an event whose decoding panics is not taken for one that says nothing, by whoever comes next either.
func TestDecodePanics(t *testing.T) {
	log, pool := newLog(10), testDB(t)
	c := config(pool, log, stock)
	c.Decode = func(r eventstore.Record) (domain.Recorded, error) {
		if r.Position == 5 {
			panic("cannot be decoded")
		}
		return decode(r)
	}
	db := open(t, c)
	page, err := log.ReadAll(t.Context(), eventstore.Before, 10)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if events, err := db.decode(page); err == nil || len(events) != 5 {
			t.Errorf("%d events, %v", len(events), err)
		}
	}
}
