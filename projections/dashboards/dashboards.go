// Package dashboards is what the figures of the office are read from (统计): views over the read models, the same for the
// pages, the API and whatever other program an office looks at its figures with.
package dashboards

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"andu/projections"
	"andu/projections/dutyboard"
	"andu/projections/timesheet"
	"andu/projections/workload"
)

//go:embed views.sql
var source string

// Reader is the role that may read the views, where the database has it.
const Reader = "andu_reader"

// definition is the DDL of the views upon the read models of this program.
var definition = strings.NewReplacer("{timesheet}", timesheet.Projection.Namespace(), "{workload}", workload.Projection.Namespace(),
	"{dutyboard}", dutyboard.Projection.Namespace()).Replace(source)

// Install makes the views what this program says they are, and lets Reader read them. Views that are so already are left
// alone. Where one has changed all are made anew, and views that somebody else put upon them go.
func Install(ctx context.Context, pool *pgxpool.Pool) error {
	sum := sha256.Sum256([]byte(definition))
	mark := hex.EncodeToString(sum[:])
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended($1, 0))`, "andu views"); err != nil {
			return err
		}
		var stands bool
		err := tx.QueryRow(ctx, `select coalesce(obj_description(to_regnamespace($1), 'pg_namespace') = $2, false)
			and (select count(*) from pg_class where relnamespace = to_regnamespace($1) and relkind = 'v') = $3`,
			projections.ViewSchema, mark, strings.Count(definition, "create view ")).Scan(&stands)
		if err != nil {
			return err
		}
		if !stands {
			ddl := `drop schema if exists ` + projections.ViewSchema + ` cascade; create schema ` + projections.ViewSchema + `; set local search_path to ` + projections.ViewSchema + `;
				comment on schema ` + projections.ViewSchema + ` is '` + mark + `';` + definition
			if _, err := tx.Exec(ctx, ddl, pgx.QueryExecModeSimpleProtocol); err != nil {
				return err
			}
		}
		var reader bool
		if err := tx.QueryRow(ctx, `select exists (select from pg_roles where rolname = $1)`, Reader).Scan(&reader); err != nil || !reader {
			return err
		}
		_, err = tx.Exec(ctx, `grant usage on schema `+projections.ViewSchema+` to `+Reader+`; grant select on all tables in schema `+projections.ViewSchema+` to `+Reader, pgx.QueryExecModeSimpleProtocol)
		return err
	})
	if err != nil {
		return fmt.Errorf("install the views of the dashboards: %w", err)
	}
	return nil
}

func table(name string) string { return projections.ViewSchema + "." + name }
