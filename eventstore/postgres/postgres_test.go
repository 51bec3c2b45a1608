package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"

	"andu/cmd/andu/pgserver/pgtest"
	"andu/eventstore"
	"andu/eventstore/postgres"
	"andu/eventstore/storetest"
)

// database is one migrated database.
type database struct {
	pgtest.Database
	store *postgres.Store // the last one opened
}

func migrated(t testing.TB) *database {
	t.Helper()
	d := &database{Database: pgtest.New(t)}
	server, err := pgx.ParseConfig(d.ServerURL)
	if err != nil {
		t.Fatal(err)
	}
	if err := postgres.Migrate(t.Context(), d.OwnerURL, server.User); err != nil {
		t.Fatal(err)
	}
	return d
}

// config is how the tests open the log: nothing may depend on the poll unless a test shortens it.
func (d *database) config(t testing.TB) postgres.Config {
	return postgres.Config{URL: d.ServerURL, Now: time.Now, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Poll: time.Hour}
}

func (d *database) open(t testing.TB, change ...func(*postgres.Config)) *postgres.Store {
	t.Helper()
	c := d.config(t)
	for _, f := range change {
		f(&c)
	}
	s, err := postgres.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Open implements storetest.Engine.
func (d *database) Open(t *testing.T) eventstore.Store {
	if d.store != nil {
		d.store.Close()
	}
	d.store = d.open(t)
	return d.store
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Engine { return migrated(t) })
}

// whole checks the log from its first event: the count, that positions and revisions have no gap, that what is derived
// fits the records, and that the head holds the root of the tree over all of them. want < 0 is any count.
func whole(t testing.TB, d *database, s *postgres.Store, want int) {
	t.Helper()
	owner, err := pgx.Connect(t.Context(), d.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(context.Background())
	var count, lowest, highest, head int64
	var root []byte
	if err := owner.QueryRow(t.Context(), `
		select count(*), coalesce(min(position), 0), coalesce(max(position), -1), (select position from log.head), (select root from log.head)
		from log.event`).Scan(&count, &lowest, &highest, &head, &root); err != nil {
		t.Fatal(err)
	}
	if count != highest-lowest+1 || head != highest {
		t.Errorf("%d events from %d to %d, head %d", count, lowest, highest, head)
	}
	if want >= 0 && count != int64(want) {
		t.Errorf("%d events, want %d", count, want)
	}
	var wrong int64
	if err := owner.QueryRow(t.Context(), `
		select count(*) from (select stream, max(revision) as last, count(*) as events, count(distinct revision) as revisions
			from log.event group by stream) e full join log.stream s using (stream)
		where (e.last, e.events, e.revisions) is distinct from (s.revision, s.revision + 1, s.revision + 1)`).Scan(&wrong); err != nil {
		t.Fatal(err)
	}
	if wrong != 0 {
		t.Errorf("%d streams have holes, or not the revision noted", wrong)
	}
	rows, _ := owner.Query(t.Context(), `select position, record, leaf, stream, revision from log.event order by position`)
	tree := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	var position, revision int64
	var raw, leaf []byte
	var stream string
	next := map[string]int64{}
	if _, err := pgx.ForEachRow(rows, []any{&position, &raw, &leaf, &stream, &revision}, func() error {
		r, err := eventstore.Decode(eventstore.Position(position), raw)
		if err != nil {
			return err
		}
		if r.Header.Stream != stream || r.Header.Revision != revision || revision != next[stream] || eventstore.Leaf(raw) != [32]byte(leaf) {
			return fmt.Errorf("event %d: %s@%d in its columns, %s@%d in its record, next is %d", position, stream, revision,
				r.Header.Stream, r.Header.Revision, next[stream])
		}
		next[stream]++
		return tree.Append(bytes.Clone(leaf), nil)
	}); err != nil {
		t.Fatal(err)
	}
	if tree.End() == 0 {
		return
	}
	if got, err := tree.GetRootHash(nil); err != nil || !bytes.Equal(got, root) {
		t.Errorf("root %x in the head, %x by the events (%v)", root, got, err)
	}
}

// rootOf gives the root over a compact range.
func rootOf(t testing.TB, size uint64, hashes [][]byte) []byte {
	t.Helper()
	tree, err := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewRange(0, size, hashes)
	if err != nil {
		t.Fatal(err)
	}
	root, err := tree.GetRootHash(nil)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestTheServersRoleCanOnlyAppend(t *testing.T) {
	d := migrated(t)
	must(t, d.open(t), "paper-1", eventstore.NoStream, storetest.Event())
	for _, c := range []struct {
		who, url, query, code string
	}{
		{"server", d.ServerURL, `update log.event set record = ''`, "42501"},
		{"server", d.ServerURL, `delete from log.event`, "42501"},
		{"server", d.ServerURL, `truncate log.event`, "42501"},
		{"server", d.ServerURL, `delete from log.event_0`, "42501"},
		{"server", d.ServerURL, `insert into log.event_0 select * from log.event_0`, "42501"},
		{"server", d.ServerURL, `drop table log.event`, "42501"},
		{"server", d.ServerURL, `alter table log.event disable trigger all`, "42501"},
		{"server", d.ServerURL, `delete from log.stream`, "42501"},
		{"server", d.ServerURL, `truncate log.stream`, "42501"},
		{"server", d.ServerURL, `delete from log.head`, "42501"},
		{"server", d.ServerURL, `insert into log.head select * from log.head`, "42501"},
		{"server", d.ServerURL, `create table log.other (n int)`, "42501"},
		{"server", d.ServerURL, `delete from log.migration`, "42501"},
		{"owner", d.OwnerURL, `update log.event set record = ''`, "P0001"},
		{"owner", d.OwnerURL, `delete from log.event`, "P0001"},
		{"owner", d.OwnerURL, `truncate log.event`, "P0001"},
		{"owner", d.OwnerURL, `delete from log.event_0`, "P0001"},
		{"owner", d.OwnerURL, `update log.event_0 set revision = 9`, "P0001"},
		{"owner", d.OwnerURL, `truncate log.event_0`, "P0001"},
	} {
		_, err := connect(t, c.url).Exec(t.Context(), c.query)
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != c.code {
			t.Errorf("%s: %s: %v, want SQLSTATE %s", c.who, c.query, err, c.code)
		}
	}
	whole(t, d, nil, 1)
}

func TestTheLogIsNotOpenedByWhoCouldRewriteIt(t *testing.T) {
	d := migrated(t)
	for _, url := range []string{d.OwnerURL, d.SuperURL} {
		c := d.config(t)
		c.URL = url
		if s, err := postgres.Open(t.Context(), c); err == nil {
			s.Close()
			t.Errorf("%s was let in", url)
		}
	}
	must(t, d.open(t, func(c *postgres.Config) { c.URL, c.AllowOwner = d.OwnerURL, true }), "paper-1", eventstore.NoStream, storetest.Event())
	c := d.config(t)
	c.LogID = "another"
	if s, err := postgres.Open(t.Context(), c); err == nil {
		s.Close()
		t.Error("another log was opened")
	}
	c = d.config(t)
	c.ReadOnly = true
	s, err := postgres.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Append(t.Context(), "paper-1", eventstore.NoStream, storetest.Event()); !errors.Is(err, eventstore.ErrUnavailable) {
		t.Errorf("append to a log opened for reading: %v, want ErrUnavailable", err)
	}
}

func TestMigratingAgainChangesNothing(t *testing.T) {
	d := migrated(t)
	s := d.open(t)
	must(t, s, "paper-1", eventstore.NoStream, storetest.Event())
	server, err := pgx.ParseConfig(d.ServerURL)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			if err := postgres.Migrate(t.Context(), d.OwnerURL, server.User); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	must(t, s, "paper-1", 0, storetest.Event())
	whole(t, d, s, 2)
}

func TestRecordedAtNeverDecreases(t *testing.T) {
	d := migrated(t)
	clock := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	back := func(c *postgres.Config) { c.Now = func() time.Time { clock = clock.Add(-time.Hour); return clock } }
	first := must(t, d.open(t, back), "paper-1", eventstore.NoStream, storetest.Event()).Records[0].Header.RecordedAt
	s := d.open(t, back)
	for i := range int64(3) {
		if at := must(t, s, "paper-1", i, storetest.Event()).Records[0].Header.RecordedAt; at != first {
			t.Errorf("recorded at %v, then %v", first, at)
		}
	}
	whole(t, d, s, 4)
}

// TestTipsAreWhereStreamsEnd asks for the ends of streams after every way in which a leader gets to know them.
func TestTipsAreWhereStreamsEnd(t *testing.T) {
	d := migrated(t)
	ctx := t.Context()
	before := d.open(t)
	if _, err := before.Append(ctx, "paper-1", eventstore.NoStream, storetest.Events(2)...); err != nil {
		t.Fatal(err)
	}
	want := func(s *postgres.Store, stream string, revision int64, known bool) {
		t.Helper()
		if tip, ok := s.Tip(stream); ok != known || ok && tip != revision {
			t.Errorf("%s ends at %d (known: %v), want %d (known: %v)", stream, tip, ok, revision, known)
		}
	}
	want(before, "paper-1", 1, true) // it wrote it
	s := d.open(t)
	want(s, "paper-1", 0, false)
	read := func(stream string, from int64) {
		t.Helper()
		if _, err := s.Read(ctx, stream, from); err != nil {
			t.Fatal(err)
		}
	}
	read("paper-1", 7) // nothing there: it may end anywhere before
	want(s, "paper-1", 0, false)
	read("paper-1", 1)
	want(s, "paper-1", 1, true)
	read("paper-2", 0)
	want(s, "paper-2", eventstore.NoStream, true)
	for stream, expected := range map[string]int64{"paper-1": 1, "paper-2": eventstore.NoStream, "paper-3": eventstore.NoStream} {
		if _, err := s.Append(ctx, stream, expected, storetest.Event()); err != nil {
			t.Fatal(err)
		}
		want(s, stream, expected+1, true)
	}
	if _, err := s.Append(ctx, "paper-1", 1, storetest.Event()); err == nil {
		t.Error("a conflict was written")
	}
	want(s, "paper-1", 2, true)
	// Whoever is no longer the leader believes in the old end, and can write nothing on it.
	want(before, "paper-1", 1, true)
	if _, err := before.Append(ctx, "paper-1", 1, storetest.Event()); err == nil {
		t.Error("who does not lead has written")
	}
	reader := d.open(t, func(c *postgres.Config) { c.ReadOnly = true })
	if _, err := reader.Read(ctx, "paper-1", 0); err != nil {
		t.Fatal(err)
	}
	want(reader, "paper-1", 0, false)
}
