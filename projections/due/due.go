// Package due is the to-do list of the office's own machinery: what must still happen after an event, at once or at a
// time. It knows no context: events say themselves what they open and what they settle. The rows hold ids and times, never
// content.
package due

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"andu/domain"
	"andu/projections"
)

//go:embed schema.sql
var schema string

// Projection is the list of open tasks.
var Projection = projections.Projection{Name: "due", Version: 1, Schema: schema, Tables: []string{"task"}, Apply: apply}

// Task is an open task.
type Task struct {
	domain.Task
	Office   string
	OpenedBy string // id of the event
}

// List gives at most limit open tasks that are due at an instant: first those without a time, then the longest due; of
// those due at the same time, the kinds in last come behind the others.
func List(ctx context.Context, db projections.Querier, now time.Time, limit int, last ...string) ([]Task, error) {
	rows, err := db.Query(ctx, `select kind, key, stream, due_at, data, office, opened_by from `+Projection.Table("task")+`
		where due_at is null or due_at <= $1 order by due_at nulls first, kind = any ($3), kind, key limit $2`, now, limit, projections.Array(last))
	if err != nil {
		return nil, fmt.Errorf("list due tasks: %w", err)
	}
	tasks, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t Task, err error) {
		var at *time.Time
		err = row.Scan(&t.Kind, &t.Key, &t.Stream, &at, &t.Data, &t.Office, &t.OpenedBy)
		if at != nil {
			t.Due = domain.At(*at)
		}
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("list due tasks: %w", err)
	}
	return tasks, nil
}

// Next gives the time of the first task that becomes due after an instant; the zero time: there is none.
func Next(ctx context.Context, db projections.Querier, now time.Time) (time.Time, error) {
	var at *time.Time
	err := db.QueryRow(ctx, `select min(due_at) from `+Projection.Table("task")+` where due_at > $1`, now).Scan(&at)
	if err != nil {
		return time.Time{}, fmt.Errorf("find the next due task: %w", err)
	}
	if at == nil {
		return time.Time{}, nil
	}
	return at.UTC(), nil
}

// apply settles before it opens, so an event that moves a task may say both. What an erased event opened can no longer be
// done; what it settled is settled all the same.
func apply(b *pgx.Batch, r domain.Recorded) error {
	if e, ok := r.Event.(domain.Settles); ok {
		for _, id := range e.Settles(r) {
			b.Queue(`delete from task where kind = $1 and key = $2`, id.Kind, id.Key)
		}
	}
	e, ok := r.Event.(domain.Opens)
	if !ok || r.Erased {
		return nil
	}
	for _, t := range e.Opens(r) {
		data, err := json.Marshal(t.Data)
		if err != nil {
			return fmt.Errorf("task %s %s: %w", t.Kind, t.Key, err)
		}
		if t.Data == nil {
			data = []byte(`{}`)
		}
		var at *time.Time
		if !t.Due.IsZero() {
			at = &t.Due.Time
		}
		b.Queue(`insert into task (kind, key, stream, office, due_at, data, opened_by) values ($1, $2, $3, $4, $5, $6, $7)
			on conflict (kind, key) do update set stream = excluded.stream, office = excluded.office, due_at = excluded.due_at,
				data = excluded.data, opened_by = excluded.opened_by`, t.Kind, t.Key, t.Stream, r.Office, at, data, r.ID)
	}
	return nil
}
