package postgres

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // goose speaks to database/sql
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the schema log to this version, as the role that owns it, and grants the server's role what it needs and
// no more: nothing that is in the log can be changed or taken away by it. It may be run again, also by several at once.
func Migrate(ctx context.Context, ownerURL, serverRole string) error {
	db, err := sql.Open("pgx", ownerURL)
	if err != nil {
		return fmt.Errorf("migrate the log: %w", err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, `
		do $$ begin
			perform pg_advisory_xact_lock(hashtext('andu migrate'));
			create schema if not exists log;
		end $$`); err != nil {
		return fmt.Errorf("migrate the log: make its schema: %w", err)
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("migrate the log: %w", err)
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return fmt.Errorf("migrate the log: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithTableName("log.migration"), goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrate the log: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate the log: %w", err)
	}
	role := pgx.Identifier{serverRole}.Sanitize()
	if _, err := db.ExecContext(ctx, `
		do $$ begin
			perform pg_advisory_xact_lock(hashtext('andu migrate'));
			revoke all on all tables in schema log from `+role+`;
			grant usage on schema log to `+role+`;
			grant select, insert on log.event to `+role+`;
			grant select, insert, update on log.stream to `+role+`;
			grant select, update on log.head to `+role+`;
			grant execute on function log.extend(bigint) to `+role+`;
		end $$`); err != nil {
		return fmt.Errorf("migrate the log: grant to %s: %w", serverRole, err)
	}
	return nil
}
