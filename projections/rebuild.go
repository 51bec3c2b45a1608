package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

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
	p, err := db.projection(name)
	if err != nil {
		return done, err
	}
	if o.Progress == nil {
		o.Progress = func(_, _ eventstore.Position) {}
	}
	if err := db.rebuild(ctx, p, o, &done); err != nil {
		return done, fmt.Errorf("rebuild %s: %w", p.Namespace(), err)
	}
	return done, nil
}

func (db *DB) rebuild(ctx context.Context, p Projection, o RebuildOptions, done *Rebuilt) error {
	unlock, err := db.lockRebuild(ctx, p)
	if err != nil {
		return err
	}
	defer unlock()
	serving, next, old := p.Namespace(), p.Namespace()+"_next", p.Namespace()+"_old"
	err = pgx.BeginFunc(ctx, db.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `drop schema if exists `+next+`, `+old+` cascade`); err != nil {
			return fmt.Errorf("clear away an earlier rebuild: %w", err)
		}
		return db.create(ctx, tx, next, p)
	})
	if err != nil {
		return err
	}

	at, err := db.chase(ctx, p, serving, next, eventstore.Before, o.Progress)
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

// lockRebuild lets one rebuild of a projection run in the database.
func (db *DB) lockRebuild(ctx context.Context, p Projection) (unlock func(), err error) {
	var own leases
	own.pool = db.Pool
	held, err := own.take(ctx, "rebuild "+p.Namespace())
	if err != nil {
		return nil, err
	}
	if held == nil {
		own.drop()
		return nil, ErrRebuilding
	}
	return own.drop, nil
}

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
	err := db.pages(ctx, at, target, func(page eventstore.Page) error {
		batch, err := db.queue(schema, p, page)
		if err != nil {
			return err
		}
		err = pgx.BeginFunc(ctx, db.Pool, func(tx pgx.Tx) error { return db.send(ctx, tx, schema, page, 0, batch) })
		if err != nil {
			return err
		}
		at = page.Last()
		progress(at, target)
		return nil
	})
	return at, err
}

// pages reads the events behind at up to target.
func (db *DB) pages(ctx context.Context, at, target eventstore.Position, do func(eventstore.Page) error) error {
	for at < target {
		page, err := db.Store.ReadAll(ctx, at, db.PageSize)
		if err != nil {
			return fmt.Errorf("read the events behind %d: %w", at, err)
		}
		for len(page.Records) > 0 && page.Last() > target {
			page.Records = page.Records[:len(page.Records)-1]
		}
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
