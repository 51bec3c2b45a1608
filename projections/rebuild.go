package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sync/errgroup"

	"andu/eventstore"
)

// RebuildOptions say how to rebuild.
type RebuildOptions struct {
	// Progress is told the position reached and the one to reach, after each page.
	Progress func(position, target eventstore.Position)
	// Force switches although the rebuilt rows differ from the serving ones.
	Force bool
}

// Rebuilt is what a rebuild found and did. Old and New are digests at the same position, unless the serving rows do not
// belong to this log.
type Rebuilt struct {
	Old, New Digest
	Switched bool
}

// Equal tells whether the rebuilt rows are those that were serving.
func (r Rebuilt) Equal() bool { return r.Old == r.New }

// Errors of Rebuild that a caller branches on.
var (
	// ErrDiffers: the rebuilt rows are not the serving ones, which go on serving. Either the serving rows were changed, or
	// the projection was without a new version, or what a personal record held has been erased since.
	ErrDiffers = errors.New("the rebuilt rows differ from the serving ones")
	// ErrRebuilding: another rebuild of the same projection runs.
	ErrRebuilding = errors.New("the projection is being rebuilt already")
)

// Rebuild makes a read model again from the first event on, in the schema <namespace>_next beside the serving one, which
// goes on being read and kept up, in this process or another. When both have come to the same position their digests are
// compared, and when they are equal the new rows take the place of the old ones in one transaction: every reader sees the
// old rows or the new ones, complete. Rows that differ are switched to only with Force, or when the serving projection is
// stopped; otherwise the error is ErrDiffers. An interrupted rebuild leaves the serving rows as they are; the next one
// begins anew.
func (db *DB) Rebuild(ctx context.Context, name string, o RebuildOptions) (done Rebuilt, err error) {
	err = db.RebuildAll(ctx, []string{name}, o, func(_ string, r Rebuilt, failed error) error {
		done = r
		return failed
	})
	return done, err
}

// RebuildAll rebuilds several read models as Rebuild does one, and reads the log once for all of them. each is told how
// one of them ended; an error that it gives back ends the whole.
func (db *DB) RebuildAll(ctx context.Context, names []string, o RebuildOptions, each func(name string, r Rebuilt, err error) error) error {
	if o.Progress == nil {
		o.Progress = func(_, _ eventstore.Position) {}
	}
	var all []*build
	locks := leases{pool: db.Pool} // on one connection, however many read models
	defer locks.drop()
	for _, name := range names {
		p, err := db.projection(name)
		if err != nil {
			return err
		}
		b := &build{p: p, serving: p.Namespace(), next: p.Namespace() + "_next", old: p.Namespace() + "_old", at: eventstore.Before}
		held, err := locks.take(ctx, "rebuild "+b.serving)
		if err != nil { // with the connection all locks are gone
			return fmt.Errorf("rebuild %s: %w", b.serving, err)
		}
		if held == nil {
			err = ErrRebuilding
		} else {
			err = db.beginBuild(ctx, b)
		}
		if err != nil {
			if err := each(name, Rebuilt{}, fmt.Errorf("rebuild %s: %w", b.serving, err)); err != nil {
				return err
			}
			continue
		}
		all = append(all, b)
	}
	if err := db.fillAll(ctx, all, o.Progress); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	for _, b := range all {
		var done Rebuilt
		err := b.failed
		if err == nil {
			err = db.rebuild(ctx, b, o, &done)
		}
		if err != nil {
			err = fmt.Errorf("rebuild %s: %w", b.serving, err)
		}
		if err := each(b.p.Name, done, err); err != nil {
			return err
		}
	}
	return nil
}

// build is a read model that is being made again.
type build struct {
	p                  Projection
	serving, next, old string              // schemas
	at, to             eventstore.Position // what next has reached, and what fillAll brings it to
	failed             error
}

// beginBuild makes the empty schema of a build.
func (db *DB) beginBuild(ctx context.Context, b *build) error {
	return pgx.BeginFunc(ctx, db.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `drop schema if exists `+b.next+`, `+b.old+` cascade`); err != nil {
			return fmt.Errorf("clear away an earlier rebuild: %w", err)
		}
		return db.create(ctx, tx, b.next, b.p)
	})
}

// buildsAtOnce bounds the transactions of a page that run side by side; most of what they take is PostgreSQL's time.
const buildsAtOnce = 4

// fillAll brings every build to where its serving rows stand, those of a stopped one included. While a page is applied
// the next one is read and decoded.
func (db *DB) fillAll(ctx context.Context, all []*build, progress func(_, _ eventstore.Position)) error {
	if len(all) < 2 {
		return nil // chase does it
	}
	to := eventstore.Before
	for _, b := range all {
		var err error
		if b.to, err = db.target(ctx, db.Pool, b.serving); err != nil {
			return err
		}
		to = max(to, b.to)
	}
	work, ctx := errgroup.WithContext(ctx)
	pages := make(chan eventstore.Page, 1)
	work.Go(func() error {
		defer close(pages)
		return db.pages(ctx, eventstore.Before, to, func(page eventstore.Page) error {
			_, _ = db.decode(page) // each build finds for itself what cannot be decoded
			select {
			case pages <- page:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	work.Go(func() error {
		for page := range pages {
			var apply errgroup.Group
			apply.SetLimit(buildsAtOnce)
			for _, b := range all {
				apply.Go(func() error {
					if page := page.UpTo(b.to); b.failed == nil && len(page.Records) > 0 {
						b.failed = db.applyTo(ctx, b, page)
					}
					return nil
				})
			}
			_ = apply.Wait() // each build keeps its own failure
			if ctx.Err() != nil {
				return ctx.Err()
			}
			progress(page.Last(), to)
		}
		return nil
	})
	return work.Wait()
}

// applyTo applies one page to a build.
func (db *DB) applyTo(ctx context.Context, b *build, page eventstore.Page) error {
	batch, err := db.queue(b.next, b.p, page)
	if err != nil {
		return err
	}
	if err := pgx.BeginFunc(ctx, db.Pool, func(tx pgx.Tx) error { return db.send(ctx, tx, b.next, page, 0, batch) }); err != nil {
		return err
	}
	b.at = page.Last()
	return nil
}

// rebuild brings a build to the end, compares it with the serving rows, and lets it serve.
func (db *DB) rebuild(ctx context.Context, b *build, o RebuildOptions, done *Rebuilt) error {
	p, serving, next, old := b.p, b.serving, b.next, b.old
	at, err := db.chase(ctx, p, serving, next, b.at, o.Progress)
	if err != nil {
		return err
	}
	if done.Old, err = db.digest(ctx, serving, p); err != nil {
		return err
	}
	serves, err := readCheckpoint(ctx, db.Pool, serving)
	if err != nil {
		return err
	}
	head, err := db.Store.Head(ctx)
	if err != nil {
		return fmt.Errorf("read the head of the log: %w", err)
	}
	if serves.log == db.Store.LogID() && done.Old.Position <= head {
		if at, err = db.fill(ctx, p, next, at, done.Old.Position, o.Progress); err != nil {
			return err
		}
	}
	if done.New, err = db.digest(ctx, next, p); err != nil {
		return err
	}
	if !done.Equal() {
		db.Logger.ErrorContext(ctx, "rebuilt rows differ", slog.String("projection", serving),
			slog.Int64("old_position", int64(done.Old.Position)), slog.String("old", done.Old.SHA256), slog.Int64("old_rows", done.Old.Rows),
			slog.Int64("new_position", int64(done.New.Position)), slog.String("new", done.New.SHA256), slog.Int64("new_rows", done.New.Rows))
		if !o.Force && serves.fault == "" {
			return fmt.Errorf("%w: at %d they were %s, rebuilt %s", ErrDiffers, done.Old.Position, done.Old.SHA256, done.New.SHA256)
		}
	}

	for at, err = db.chase(ctx, p, serving, next, at, o.Progress); err == nil; {
		err = db.swap(ctx, p, serving, next, old, at, o.Progress)
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != lockNotAvailable {
			break
		}
		// Somebody reads a snapshot. To wait in the queue of the lock would hold up everybody behind.
		select {
		case <-db.After(db.leaseInterval()):
			at, err = db.chase(ctx, p, serving, next, at, o.Progress)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err != nil {
		return err
	}
	done.Switched = true
	db.announce()
	// Readers that found the old tables before the switch may still be reading them: the drop waits for those.
	if _, err := db.Pool.Exec(ctx, `drop schema `+old+` cascade`); err != nil {
		return fmt.Errorf("the new rows serve, but the old ones could not be dropped: %w", err)
	}
	return nil
}

// lockNotAvailable is the SQLSTATE of a lock timeout.
const lockNotAvailable = "55P03"

// target is the position that a rebuild makes for: that of the serving rows, or the head when those belong to no part of
// this log.
func (db *DB) target(ctx context.Context, q Querier, serving string) (eventstore.Position, error) {
	at, err := readCheckpoint(ctx, q, serving)
	if err != nil {
		return 0, err
	}
	head, err := db.Store.Head(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the head of the log: %w", err)
	}
	if at.log != db.Store.LogID() {
		return head, nil
	}
	return min(at.position, head), nil
}

// fill applies the events behind at up to target, page by page.
func (db *DB) fill(ctx context.Context, p Projection, schema string, at, target eventstore.Position, progress func(_, _ eventstore.Position)) (eventstore.Position, error) {
	b := &build{p: p, next: schema, at: at}
	err := db.pages(ctx, at, target, func(page eventstore.Page) error {
		if err := db.applyTo(ctx, b, page); err != nil {
			return err
		}
		progress(b.at, target)
		return nil
	})
	at = b.at
	return at, err
}

// pages reads the events behind at up to target.
func (db *DB) pages(ctx context.Context, at, target eventstore.Position, do func(eventstore.Page) error) error {
	for at < target {
		page, err := db.Store.ReadAll(ctx, at, db.PageSize)
		if err != nil {
			return fmt.Errorf("read the events behind %d: %w", at, err)
		}
		page = page.UpTo(target)
		if len(page.Records) == 0 {
			return fmt.Errorf("the log ends at %d, before %d", at, target)
		}
		if err := do(page); err != nil {
			return err
		}
		at = page.Last()
	}
	return nil
}

// chase follows the serving rows, which move on meanwhile, until they are at most one page ahead.
func (db *DB) chase(ctx context.Context, p Projection, serving, next string, at eventstore.Position, progress func(_, _ eventstore.Position)) (eventstore.Position, error) {
	for {
		target, err := db.target(ctx, db.Pool, serving)
		if err != nil || target <= at {
			return at, err
		}
		pages := 0
		at, err = db.fill(ctx, p, next, at, target, func(at, target eventstore.Position) { pages++; progress(at, target) })
		if err != nil || pages == 1 {
			return at, err
		}
	}
}

// swap brings the new rows to exactly where the serving ones stand and lets them serve, in one transaction that keeps the
// writer of the serving rows out. That writer goes on in the new rows and notices nothing.
func (db *DB) swap(ctx context.Context, p Projection, serving, next, old string, at eventstore.Position, progress func(_, _ eventstore.Position)) error {
	return pgx.BeginFunc(ctx, db.Pool, func(tx pgx.Tx) error {
		// Shorter than the server's deadlock_timeout: where a reader holds one view and waits for another, the rebuild gives way.
		if _, err := tx.Exec(ctx, `select set_config('lock_timeout', '500ms', true)`); err != nil {
			return fmt.Errorf("set a lock timeout: %w", err)
		}
		if _, err := tx.Exec(ctx, `lock table `+serving+`.checkpoint in exclusive mode`); err != nil {
			return fmt.Errorf("keep writers out: %w", err)
		}
		target, err := db.target(ctx, tx, serving)
		if err != nil {
			return err
		}
		if target < at {
			return fmt.Errorf("the serving rows went back from %d to %d: begin again", at, target)
		}
		err = db.pages(ctx, at, target, func(page eventstore.Page) error {
			batch, err := db.queue(next, p, page)
			if err != nil {
				return err
			}
			if err := db.send(ctx, tx, next, page, 0, batch); err != nil {
				return err
			}
			progress(page.Last(), target)
			return nil
		})
		if err != nil {
			return err
		}
		// A term goes on in the new rows if it stands where they do; otherwise the new epoch ends it.
		_, err = tx.Exec(ctx, `update `+next+`.checkpoint n set epoch = s.epoch + case when s.position = n.position and s.log = n.log then 0 else 1 end from `+serving+`.checkpoint s`)
		if err != nil {
			return fmt.Errorf("hand the epoch over: %w", err)
		}
		if _, err := tx.Exec(ctx, `lock table `+serving+`.checkpoint in access exclusive mode`); err != nil {
			return fmt.Errorf("wait for snapshots: %w", err)
		}
		views, err := viewsOn(ctx, tx, serving)
		if err != nil {
			return err
		}
		for _, rename := range []string{serving + ` rename to ` + old, next + ` rename to ` + serving} {
			if _, err := tx.Exec(ctx, `alter schema `+rename); err != nil {
				return fmt.Errorf("switch: %w", err)
			}
		}
		for _, v := range views { // a view stands on tables, not on their names: it would stay with the old ones
			if err := v.lookAgain(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
}
