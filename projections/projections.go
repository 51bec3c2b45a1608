// Package projections keeps the read models. A read model answers one question (which papers are in my tray, what is due)
// from rows that follow from the log and nothing else: whoever applies the same events gets the same rows, whatever the
// size of the pages, and however often the work was interrupted. Rows and the position they reach are written in one
// transaction, so an event has its effect once; a read model can be thrown away and made again while it is being read.
package projections

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"andu/domain"
	"andu/eventstore"
)

// Projection makes one read model. A change of Schema or of what Apply does needs the next Version, which gets its own
// rows beside the old ones; nodes of the old program go on with theirs.
type Projection struct {
	Name    string // one word, such as due
	Version int    // from 1
	// Schema is the DDL of the rows. Names are unqualified: it runs with search_path set to the projection's own schema.
	Schema string
	// Tables are all tables of Schema, in the order in which the digest reads them.
	Tables []string
	// Apply queues what an event changes, with unqualified table names. It is a function of the event alone: no clock, no
	// generator, no reading. Statements see the effects of all earlier events.
	Apply func(b *pgx.Batch, r domain.Recorded) error
}

// Namespace is the PostgreSQL schema that queries read from, such as due_v1.
func (p Projection) Namespace() string { return p.Name + "_v" + strconv.Itoa(p.Version) }

// Table is the qualified name of a table for queries, such as due_v1.task.
func (p Projection) Table(name string) string { return p.Namespace() + "." + name }

// Config is what the projections work with. Pool, Store and Decode are required. Run keeps one connection of the pool for
// its leases.
type Config struct {
	Pool  *pgxpool.Pool
	Store eventstore.Store
	// Decode opens the payload of a record and decodes it. An erased one is no error (domain.Recorded.Erased).
	Decode      func(eventstore.Record) (domain.Recorded, error)
	Projections []Projection
	Now         func() time.Time // nil: time.Now
	// After is the timer of back-off and polling; nil: time.After.
	After    func(time.Duration) <-chan time.Time
	Logger   *slog.Logger  // nil: nothing is logged
	PageSize int           // events in one transaction, 1 to 2,048; 0: 2,048
	Poll     time.Duration // how often a waiter looks for the progress of other processes; 0: 100 ms
}

// MaxPage is the largest page in events.
const MaxPage = 2048

// DB is the read models of one log in one database. Any number of processes may open it; Run keeps the rows up.
type DB struct {
	Config
	workers map[string]*worker // by projection name; never changes after Open
	leases  leases
	decoded decoded

	// middleware is put around the handler of every page.
	middleware []message.HandlerMiddleware

	mu      sync.Mutex
	reached map[string]eventstore.Position // last position known to be committed, by projection name
	changed chan struct{}                  // closed and renewed when reached changes
	moved   map[string]chan struct{}       // closed and dropped when reached changes, by projection name
}

// Open checks the projections and creates the schemas that are missing. It starts nothing: see Run.
func Open(ctx context.Context, c Config) (*DB, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.After == nil {
		c.After = time.After
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.PageSize == 0 {
		c.PageSize = MaxPage
	}
	if c.PageSize < 1 || c.PageSize > MaxPage {
		return nil, fmt.Errorf("projections: page of %d events: want 1 to %d", c.PageSize, MaxPage)
	}
	if c.Poll == 0 {
		c.Poll = 100 * time.Millisecond
	}
	db := &DB{
		Config:  c,
		workers: make(map[string]*worker, len(c.Projections)),
		leases:  leases{pool: c.Pool},
		reached: map[string]eventstore.Position{},
		changed: make(chan struct{}),
		moved:   map[string]chan struct{}{},
	}
	for _, p := range c.Projections {
		if err := p.check(); err != nil {
			return nil, err
		}
		if db.workers[p.Name] != nil {
			return nil, fmt.Errorf("projection %s is listed twice", p.Name)
		}
		db.workers[p.Name] = &worker{db: db, p: p, retry: true}
		if err := db.ensure(ctx, p); err != nil {
			return nil, fmt.Errorf("projection %s: %w", p.Namespace(), err)
		}
	}
	return db, nil
}

// names must be plain, because a schema's name is theirs plus "_next" or "_old".
var plainName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

func (p Projection) check() error {
	switch {
	case !plainName.MatchString(p.Name):
		return fmt.Errorf("projection %q: want a lower-case word", p.Name)
	case p.Version < 1:
		return fmt.Errorf("projection %s: version %d: want 1 or more", p.Name, p.Version)
	case p.Apply == nil:
		return fmt.Errorf("projection %s has no Apply", p.Name)
	}
	return nil
}

func (db *DB) projection(name string) (Projection, error) {
	w := db.workers[name]
	if w == nil {
		return Projection{}, fmt.Errorf("there is no projection %q", name)
	}
	return w.p, nil
}

// definition is the fingerprint of the DDL, so that a schema cannot change under the same version.
func (p Projection) definition() string {
	sum := sha256.Sum256([]byte(p.Schema))
	return hex.EncodeToString(sum[:])
}

// ensure creates the schema of a projection. Processes that start together do it one after the other.
func (db *DB) ensure(ctx context.Context, p Projection) error {
	return pgx.BeginFunc(ctx, db.Pool, func(tx pgx.Tx) error {
		schema := p.Namespace()
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended($1, 0))`, "andu ensure "+schema); err != nil {
			return fmt.Errorf("wait for other processes: %w", err)
		}
		there, err := exists(ctx, tx, schema)
		if err != nil {
			return err
		}
		if !there {
			return db.create(ctx, tx, schema, p)
		}
		at, err := readCheckpoint(ctx, tx, schema)
		if err != nil {
			return err
		}
		if at.definition != p.definition() {
			return errors.New("the schema's definition has changed: raise the projection's version")
		}
		return nil
	})
}

func exists(ctx context.Context, q Querier, schema string) (bool, error) {
	var there bool
	err := q.QueryRow(ctx, `select exists (select from pg_namespace where nspname = $1)`, schema).Scan(&there)
	if err != nil {
		return false, fmt.Errorf("look for schema %s: %w", schema, err)
	}
	return there, nil
}

// Querier is what reads a database: a pool, a connection, a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// The checkpoint lives in the schema of its rows: whoever renames the schema moves both. There is one row, lane 0, since
// the rows of two logs never mix.
const checkpointTable = `
create table checkpoint (
	lane        int primary key check (lane = 0),
	log         text not null,        -- the log that the rows follow from
	definition  text not null,        -- fingerprint of the DDL
	position    bigint not null,      -- of the last event applied, -1 for none
	epoch       bigint not null,      -- counts the terms of projectors; only the last may write
	recorded_at timestamptz,          -- of the last event applied
	updated_at  timestamptz not null,
	stopped     bigint,               -- position of the event that cannot be applied
	fault       text,                 -- code of why not, never content
	constraint stopped_for_a_reason check ((stopped is null) = (fault is null)))`

// create makes an empty read model in a schema that does not exist yet.
func (db *DB) create(ctx context.Context, tx pgx.Tx, schema string, p Projection) error {
	if _, err := tx.Exec(ctx, `create schema `+schema); err != nil {
		return fmt.Errorf("create schema %s: %w", schema, err)
	}
	if err := enter(ctx, tx, schema); err != nil {
		return err
	}
	// Several statements in one string need the simple protocol.
	if _, err := tx.Exec(ctx, p.Schema, pgx.QueryExecModeSimpleProtocol); err != nil {
		return fmt.Errorf("run the DDL of %s: %w", schema, err)
	}
	rows, err := tx.Query(ctx, `select tablename from pg_tables where schemaname = $1`, schema)
	if err != nil {
		return fmt.Errorf("list the tables of %s: %w", schema, err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("list the tables of %s: %w", schema, err)
	}
	listed := slices.Clone(p.Tables)
	slices.Sort(listed)
	slices.Sort(tables)
	if !slices.Equal(listed, tables) {
		return fmt.Errorf("the DDL makes tables %v, the projection lists %v: a table that is not listed has no digest", tables, listed)
	}
	if _, err := tx.Exec(ctx, checkpointTable); err != nil {
		return fmt.Errorf("create the checkpoint of %s: %w", schema, err)
	}
	_, err = tx.Exec(ctx, `insert into checkpoint (lane, log, definition, position, epoch, updated_at) values (0, $1, $2, $3, 0, $4)`,
		db.Store.LogID(), p.definition(), eventstore.Before, db.Now())
	if err != nil {
		return fmt.Errorf("set the checkpoint of %s: %w", schema, err)
	}
	return nil
}

// enter makes unqualified names mean the schema, and values read and print alike, until the transaction ends.
// Read models may lose their last commits in a crash of the database: rows and checkpoint go together and are applied again.
func enter(ctx context.Context, tx pgx.Tx, schema string) error {
	_, err := tx.Exec(ctx, `select set_config('search_path', $1, true), set_config('timezone', 'UTC', true),
		set_config('datestyle', 'ISO, YMD', true), set_config('intervalstyle', 'iso_8601', true), set_config('bytea_output', 'hex', true),
		set_config('extra_float_digits', '1', true), set_config('synchronous_commit', 'off', true)`, schema)
	if err != nil {
		return fmt.Errorf("enter schema %s: %w", schema, err)
	}
	return nil
}

// checkpoint is the row of the checkpoint table.
type checkpoint struct {
	log, definition string
	position        eventstore.Position
	epoch           int64
	recordedAt      time.Time // zero: no event yet
	updatedAt       time.Time
	stopped         eventstore.Position
	fault           string // "": not stopped
}

const checkpointColumns = `log, definition, position, epoch, coalesce(recorded_at, '0001-01-01 00:00:00Z'), updated_at, coalesce(stopped, 0), coalesce(fault, '')`

func (c *checkpoint) scan(row pgx.Row) error {
	err := row.Scan(&c.log, &c.definition, &c.position, &c.epoch, &c.recordedAt, &c.updatedAt, &c.stopped, &c.fault)
	c.recordedAt, c.updatedAt = c.recordedAt.UTC(), c.updatedAt.UTC()
	return err
}

func readCheckpoint(ctx context.Context, q Querier, schema string) (c checkpoint, err error) {
	err = c.scan(q.QueryRow(ctx, `select `+checkpointColumns+` from `+schema+`.checkpoint`))
	if err != nil {
		return c, fmt.Errorf("read the checkpoint of %s: %w", schema, err)
	}
	return c, nil
}

// lockCheckpoint is readCheckpoint by which a writer keeps all other writers of the schema out until its transaction ends.
// It must be the first table that a transaction touches: a rebuild locks the table before it switches.
func lockCheckpoint(ctx context.Context, tx pgx.Tx, schema string) (c checkpoint, err error) {
	err = c.scan(tx.QueryRow(ctx, `select `+checkpointColumns+` from `+schema+`.checkpoint for update`))
	if err != nil {
		return c, fmt.Errorf("lock the checkpoint of %s: %w", schema, err)
	}
	return c, nil
}
