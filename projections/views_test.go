package projections

import (
	"context"
	"sync"
	"testing"

	"andu/eventstore"
)

// TestViewsThroughRebuilds: while events come in and the rows are rebuilt over and over, a reader of a view and one of a
// view upon it see complete rows at every moment, and who may read them stays.
func TestViewsThroughRebuilds(t *testing.T) {
	t.Parallel()
	pool, log := testDB(t), newLog(600)
	db := open(t, config(pool, log, stock))
	run(t, db)
	wait(t, db, 599)
	execute(t, pool, `create schema andu_views`)
	execute(t, pool, `create view andu_views.moves as select tray, count from stock_v1.moves`)
	execute(t, pool, `create view andu_views.total as select sum(count) as count from andu_views.moves`)
	execute(t, pool, `comment on column andu_views.moves.count is 'events'`)
	execute(t, pool, `grant select on andu_views.moves to public`)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var busy sync.WaitGroup
	busy.Go(func() {
		for n := 601; ctx.Err() == nil; n++ {
			extend(log, n)
			if err := db.Wait(ctx, eventstore.Position(n-1)); err != nil && ctx.Err() == nil {
				t.Error(err)
				return
			}
		}
	})
	readers := newPool(t, pool.Config().ConnString())
	for _, sql := range []string{`select coalesce(sum(count), 0)::int from andu_views.moves`, `select coalesce(count, 0)::int from andu_views.total`} {
		busy.Go(func() {
			for seen := 600; ctx.Err() == nil; {
				var moves int
				err := readers.QueryRow(ctx, sql).Scan(&moves)
				if ctx.Err() == nil && (err != nil || moves < seen) {
					t.Errorf("%s gives %d events after %d: %v", sql, moves, seen, err)
					return
				}
				seen = moves
			}
		})
	}
	operator := open(t, config(newPool(t, pool.Config().ConnString()), log, stock))
	for range 3 {
		if done, err := operator.Rebuild(within(t), "stock", RebuildOptions{}); err != nil || !done.Switched {
			t.Errorf("%+v, %v", done, err)
		}
	}
	cancel()
	busy.Wait()
	head, err := log.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wait(t, db, head)
	var moves, granted int
	var comment string
	err = pool.QueryRow(t.Context(), `select (select count from andu_views.total), (select count(*) from information_schema.role_table_grants where table_schema = 'andu_views' and grantee = 'PUBLIC'),
		col_description('andu_views.moves'::regclass, 2)`).Scan(&moves, &granted, &comment)
	if err != nil || moves != int(head)+1 || granted != 1 || comment != "events" {
		t.Errorf("%d events of %d, %d grants, comment %q: %v", moves, head+1, granted, comment, err)
	}
}
