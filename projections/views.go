package projections

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// ViewSchema holds the views that other programs read: their names stay what they are whatever version of a read model
// stands behind them, and through every switch of a rebuild.
const ViewSchema = "andu_views"

// view is a view of ViewSchema and what it selects, written with the names of the schemas it reads.
type view struct{ Name, Definition string }

// viewsOn lists the views that read tables of a schema.
func viewsOn(ctx context.Context, tx pgx.Tx, schema string) ([]view, error) {
	// Without a path every name is written out.
	if _, err := tx.Exec(ctx, `select set_config('search_path', '', true)`); err != nil {
		return nil, fmt.Errorf("leave the search path: %w", err)
	}
	rows, err := tx.Query(ctx, `
		select distinct v.oid::regclass::text, pg_get_viewdef(v.oid)
		from pg_class v
		join pg_rewrite r on r.ev_class = v.oid
		join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
		join pg_class t on t.oid = d.refobjid
		where v.relkind = 'v' and v.relnamespace = to_regnamespace($1) and t.relnamespace = to_regnamespace($2)
		order by 1`, ViewSchema, schema)
	if err != nil {
		return nil, fmt.Errorf("list the views on %s: %w", schema, err)
	}
	views, err := pgx.CollectRows(rows, pgx.RowToStructByPos[view])
	if err != nil {
		return nil, fmt.Errorf("list the views on %s: %w", schema, err)
	}
	return views, nil
}

// lookAgain lets a view read the tables that have its names now. Who may read it, and its comments, stay.
func (v view) lookAgain(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `create or replace view `+v.Name+` as `+v.Definition); err != nil {
		return fmt.Errorf("switch the view %s: %w", v.Name, err)
	}
	return nil
}
