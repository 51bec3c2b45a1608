package postgres_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
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
