package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"andu/api/accounts"
	"andu/cmd/andu/pgserver"
	"andu/commands"
	"andu/domain"
	"andu/domain/logs"
	"andu/eventstore"
	"andu/eventstore/blobs"
	"andu/eventstore/keys"
	"andu/eventstore/postgres"
	"andu/projections"
	"andu/projections/due"
	"andu/projections/register"

	"github.com/jackc/pgx/v5/pgxpool"
)

// storeFlags say where the records are.
type storeFlags struct {
	DatabaseURL string `help:"PostgreSQL of yours, as the server's role. Without it Andu runs its own in the data directory." env:"ANDU_DATABASE_URL"`
	OwnerURL    string `help:"The same database as its owner, for migrate." env:"ANDU_OWNER_URL"`
}

// house is the opened store: the log, its keys and the read models.
type house struct {
	own      *pgserver.Server // nil: the database is not ours to run
	url      string           // of the server's role
	options  openOptions
	loading  bool // a demonstration is being written
	pool     *pgxpool.Pool
	order    *postgres.Order
	ring     *keys.Ring
	store    *postgres.Store
	read     *projections.DB
	accounts *accounts.Accounts
	handler  *commands.Handler
	tasks    *commands.Tasks
}

// zone is where the demonstration offices are, and every office that has not stated another.
const zone = "Asia/Shanghai"

// largestContent bounds one scan, in bytes.
const largestContent = 50 << 20

type openOptions struct {
	migrate  bool // bring the database to this version first
	ours     bool // the server's role may be anything: a demonstration or a test
	readOnly bool // neither the log nor its keys are written
	newLog   bool // refuse a log that holds anything
	pageSize int
}

// database gives the addresses of the database, and starts our own where none is given.
func (g *globals) database(ctx context.Context, f storeFlags) (own *pgserver.Server, owner, server string, err error) {
	if f.DatabaseURL != "" {
		return nil, f.OwnerURL, f.DatabaseURL, nil
	}
	if err := os.MkdirAll(g.DataDir, 0o700); err != nil {
		return nil, "", "", err
	}
	dir, err := pgserver.DefaultDir(g.DataDir)
	if err != nil {
		return nil, "", "", err
	}
	own, err = pgserver.Start(ctx, pgserver.Config{Dir: dir, Logger: g.logger})
	if errors.Is(err, pgserver.ErrRunning) {
		own, err = pgserver.Attach(dir)
	}
	if err != nil {
		return nil, "", "", fmt.Errorf("own PostgreSQL in %s: %w", dir, err)
	}
	owner, server, err = own.Bootstrap(ctx, "andu")
	if err != nil {
		own.Close()
		return nil, "", "", err
	}
	return own, owner, server, nil
}

// migrate brings every schema of the database to this version.
func migrate(ctx context.Context, owner, server string) error {
	u, err := url.Parse(server)
	if err != nil || u.User == nil {
		return fmt.Errorf("the server's database address names no role")
	}
	if err := postgres.Migrate(ctx, owner, u.User.Username()); err != nil {
		return fmt.Errorf("migrate the log: %w", err)
	}
	if err := accounts.Migrate(ctx, owner, u.User.Username()); err != nil {
		return fmt.Errorf("migrate the accounts: %w", err)
	}
	return nil
}

// open opens the store. The clock is the caller's: the demonstration has one of its own. Whoever opens the log to write
// takes its lead from the process that has it, so everything that stands against it is looked at before.
func (g *globals) open(ctx context.Context, f storeFlags, now func() time.Time, clock string, o openOptions) (_ *house, err error) {
	h := &house{options: o}
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	dir := filepath.Join(g.DataDir, "keys")
	// The keys first: while another process works on this data directory, nothing of it is touched.
	if h.ring, err = openKeys(dir, o.readOnly); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	own, owner, server, err := g.database(ctx, f)
	if err != nil {
		return nil, err
	}
	h.own, h.url = own, server
	if o.migrate || own != nil {
		if owner == "" {
			return nil, errors.New("migrate needs the owner's address: --owner-url or ANDU_OWNER_URL")
		}
		if err := migrate(ctx, owner, server); err != nil {
			return nil, err
		}
	}
	empty, err := h.look(ctx, g)
	switch {
	case err != nil:
		return nil, err
	case o.newLog && !empty:
		return nil, errors.New("the log is not empty: a demonstration is written into a log of its own")
	case h.ring == nil && !empty:
		return nil, fmt.Errorf("the log holds records, and %s holds no record keys: restore them from the backup, no new ones open what is there", dir)
	case h.ring == nil && o.readOnly:
		return nil, fmt.Errorf("%s holds no record keys, and the log no records: there is nothing to look after yet", dir)
	case h.ring == nil:
		if h.ring, err = keys.Create(dir); err != nil {
			return nil, err
		}
	}
	if h.pool, err = pgxpool.New(ctx, server); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	h.accounts = accounts.Open(h.pool, accounts.Config{Now: time.Now})
	if h.order, err = postgres.OpenOrder(ctx, server); err != nil {
		return nil, err
	}
	if err := h.openLog(ctx, g, now, clock); err != nil {
		return nil, err
	}
	return h, nil
}

// look tells whether the log is empty, and leaves its lead where it is.
func (h *house) look(ctx context.Context, g *globals) (empty bool, err error) {
	store, err := postgres.Open(ctx, postgres.Config{URL: h.url, Now: time.Now, Logger: g.logger, AllowOwner: h.options.ours, ReadOnly: true})
	if err != nil {
		return false, fmt.Errorf("open the log: %w", err)
	}
	defer store.Close()
	head, err := store.Head(ctx)
	return head == eventstore.Before, err
}

// openLog opens the log under a clock, and the read models over it. It may be called again, to go on under another clock.
func (h *house) openLog(ctx context.Context, g *globals, now func() time.Time, clock string) (err error) {
	if h.store != nil {
		h.store.Close()
	}
	h.store, err = postgres.Open(ctx, postgres.Config{URL: h.url, Now: now, Logger: g.logger, AllowOwner: h.options.ours, ReadOnly: h.options.readOnly,
		Loading: h.loading})
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return err
	}
	h.handler = &commands.Handler{Store: h.store, Keys: h.ring, Now: now, Zone: location, Clock: clock, Running: h.running,
		Files: blobs.Open(filepath.Join(g.DataDir, "content"), h.ring, largestContent), Order: h.order}
	h.read, err = projections.Open(ctx, projections.Config{Pool: h.pool, Store: h.store, Decode: commands.Decoder(h.ring),
		Projections: readModels(), Now: now, Logger: g.logger, PageSize: h.options.pageSize})
	if err != nil {
		return fmt.Errorf("open the read models: %w", err)
	}
	h.tasks = &commands.Tasks{Handler: h.handler, Logger: g.logger, Moved: func() <-chan struct{} { return h.read.Moved(due.Projection.Name) },
		List: func(ctx context.Context, now time.Time, limit int) ([]commands.Due, error) {
			open, err := due.List(ctx, h.pool, now, limit, commands.Stragglers...)
			list := make([]commands.Due, len(open))
			for i, t := range open {
				list[i] = commands.Due{Task: t.Task, Office: t.Office, OpenedBy: t.OpenedBy}
			}
			return list, err
		},
		NextDue: func(ctx context.Context, now time.Time) (time.Time, error) { return due.Next(ctx, h.pool, now) },
	}
	return nil
}

// running lists the papers of an office whose time limit is running. It waits until the register shows everything that
// is recorded now, so that none is passed over.
func (h *house) running(ctx context.Context, office string) ([]string, error) {
	head, err := h.store.Head(ctx)
	if err != nil {
		return nil, err
	}
	if err := h.read.Wait(ctx, head, register.Projection.Name); err != nil {
		return nil, err
	}
	return register.Running(ctx, h.pool, office)
}

// begin names the log when it is empty, and refuses to write to a log of another clock (architecture 3.7).
func (h *house) begin(ctx context.Context, simulated bool) error {
	_, err := commands.Handle(ctx, h.handler, logs.Context, logs.Stream, logs.Start{Log: h.store.LogID(), Simulated: simulated},
		commands.Request{Actor: domain.Actor{Person: domain.System}, Command: commands.NewID(logs.Stream, fmt.Sprintf("start/%v", simulated))})
	if err != nil {
		return fmt.Errorf("begin the log: %w", err)
	}
	return nil
}

// simulated tells whether the log was begun under a simulated clock.
func (h *house) simulated(ctx context.Context) (bool, error) {
	l, _, err := commands.State(ctx, h.handler, logs.Context, "", logs.Stream)
	return l.Simulated, err
}

// empty tells whether nothing has been recorded yet.
func (h *house) empty(ctx context.Context) (bool, error) {
	head, err := h.store.Head(ctx)
	return head == eventstore.Before, err
}

func (h *house) close() error {
	var errs []error
	if h.store != nil {
		h.store.Close()
	}
	if h.order != nil {
		h.order.Close()
	}
	if h.pool != nil {
		h.pool.Close()
	}
	if h.ring != nil {
		errs = append(errs, h.ring.Close())
	}
	if h.own != nil {
		errs = append(errs, h.own.Close())
	}
	return errors.Join(errs...)
}

// openKeys opens the record keys. Where there are none it answers os.ErrNotExist.
func openKeys(dir string, readOnly bool) (*keys.Ring, error) {
	if readOnly {
		return keys.OpenReadOnly(dir)
	}
	if _, err := os.Stat(filepath.Join(dir, keys.MasterFile)); err != nil {
		return nil, err
	}
	ring, err := keys.Open(dir)
	if errors.Is(err, keys.ErrLocked) {
		return nil, fmt.Errorf("a server, or another andu that writes, is at work on this data directory: %w", err)
	}
	return ring, err
}

// openNewKeys makes record keys where there are none.
func openNewKeys(dir string) (*keys.Ring, error) {
	if _, err := os.Stat(filepath.Join(dir, keys.MasterFile)); err == nil {
		return nil, fmt.Errorf("%s holds record keys already", dir)
	}
	return keys.Create(dir)
}

// sortedKeys gives the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
