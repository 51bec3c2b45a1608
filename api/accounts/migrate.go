package accounts

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// lockID is the advisory lock of those who migrate this schema.
const lockID = 0x616e64755f616363 // "andu_acc"

// Migrate brings the schema accounts up to date, as the role of ownerURL, and grants serverRole what the server needs of it: nothing
// may be done to the history but adding and reading. It may be run at any time, also by several processes at once; with nothing to
// do it changes nothing.
func Migrate(ctx context.Context, ownerURL, serverRole string) error {
	if err := migrate(ctx, ownerURL, serverRole); err != nil {
		return fmt.Errorf("migrate the schema accounts: %w", err)
	}
	return nil
}

func migrate(ctx context.Context, ownerURL, serverRole string) error {
	config, err := pgx.ParseConfig(ownerURL)
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*config)
	defer db.Close()
	// goose keeps its table of versions in the schema, so the schema is there first.
	if _, err := db.ExecContext(ctx, `
		DO $$ BEGIN
			IF to_regnamespace('accounts') IS NULL THEN CREATE SCHEMA accounts; END IF;
		EXCEPTION WHEN duplicate_schema OR unique_violation THEN NULL; -- another process was faster
		END $$`); err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(lockID), lock.WithLockTimeout(1, 300))
	if err != nil {
		return err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithTableName("accounts.goose_db_version"),
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return err
	}

	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		// Two sessions that grant at once disturb each other.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(lockID)); err != nil {
			return err
		}
		var owner string
		if err := tx.QueryRow(ctx, `SELECT current_user`).Scan(&owner); err != nil || owner == serverRole {
			return err // a server that is the owner, as in some demonstrations, has everything already
		}
		role := pgx.Identifier{serverRole}.Sanitize()
		_, err := tx.Exec(ctx, `
			REVOKE ALL ON ALL TABLES IN SCHEMA accounts FROM `+role+`;
			GRANT USAGE ON SCHEMA accounts TO `+role+`;
			GRANT SELECT, INSERT, UPDATE ON accounts.account TO `+role+`;
			GRANT SELECT, INSERT, UPDATE, DELETE ON accounts.session, accounts.throttle TO `+role+`;
			GRANT SELECT, INSERT ON accounts.history TO `+role)
		return err
	})
}
