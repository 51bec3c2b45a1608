package projections

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"andu/eventstore"
)

// State says how a projection is doing.
type State string

const (
	Live       State = "live"        // it shows everything older than LiveWithin
	CatchingUp State = "catching up" // it is further behind
	Stopped    State = "stopped"     // it met an event that it cannot apply
)

// LiveWithin is how old the first event that is not yet applied may be for a projection to count as live.
const LiveWithin = 5 * time.Second

// Status is how far a projection has come, as seen by any process.
type Status struct {
	Name, Namespace string
	State           State
	Active          bool // this process holds the lease
	Position, Head  eventstore.Position
	// Lag is the number of events that are not yet applied. It is exact on PostgreSQL; on EventStoreDB, whose positions
	// have gaps, it is an upper bound.
	Lag int64
	// Behind is the age of the first event that is not yet applied; 0: none.
	Behind time.Duration
	// StoppedAt is the event that cannot be applied, and Fault the code of why; only for Stopped.
	StoppedAt eventstore.Position
	Fault     string
	// RecordedAt is that of the last event applied: what is shown is complete up to then.
	RecordedAt time.Time
	UpdatedAt  time.Time // when the rows last moved
}

// Mark says how far a read model goes: complete up to the event at Position, which was recorded at RecordedAt.
type Mark struct {
	Position   eventstore.Position // eventstore.Before: no event yet
	RecordedAt time.Time           // zero: no event yet
}

// StaleError says that a projection had not come to the wanted position in time.
type StaleError struct {
	Name             string
	Position, Wanted eventstore.Position
	Fault            string // not empty: the projection is stopped, so waiting is in vain
}

// Error names the projection, both positions and, when it is stopped, the code of why.
func (e *StaleError) Error() string {
	if e.Fault != "" {
		return fmt.Sprintf("projection %s is stopped (%s) at %d, wanted %d", e.Name, e.Fault, e.Position, e.Wanted)
	}
	return fmt.Sprintf("projection %s is at %d, wanted %d", e.Name, e.Position, e.Wanted)
}

// Wait returns when the named projections (none: all) have committed everything up to a position. When ctx reaches its
// deadline before that, or a projection that is needed is stopped, it returns a *StaleError. A projection that no process
// runs counts as what it is: behind.
func (db *DB) Wait(ctx context.Context, position eventstore.Position, names ...string) error {
	if len(names) == 0 {
		for _, p := range db.Projections {
			names = append(names, p.Name)
		}
	}
	for _, name := range names {
		if _, err := db.projection(name); err != nil {
			return err
		}
	}
	look := slices.ContainsFunc(names, func(name string) bool { return !db.workers[name].active.Load() })
	for {
		changed := db.change()
		name, at := db.behind(position, names)
		if name == "" {
			return nil
		}
		if look {
			err := db.look(ctx, position, names)
			if stale := (*StaleError)(nil); errors.As(err, &stale) {
				return stale
			}
			if poisoned(err) {
				return fmt.Errorf("wait for projections: %w", err)
			} // a connection that broke gets another chance while there is time
			if name, at = db.behind(position, names); name == "" {
				return nil
			}
		}
		select {
		case <-changed:
			look = false
		case <-db.After(db.Poll):
			look = true
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return &StaleError{Name: name, Position: at, Wanted: position}
			}
			return fmt.Errorf("wait for projections: %w", ctx.Err())
		}
	}
}

// behind gives the first of the named projections that is not known to have come to a position.
func (db *DB) behind(position eventstore.Position, names []string) (string, eventstore.Position) {
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, name := range names {
		at, known := db.reached[name]
		if !known {
			at = eventstore.Before
		}
		if at < position {
			return name, at
		}
	}
	return "", 0
}

// look reads what other processes have reached.
func (db *DB) look(ctx context.Context, position eventstore.Position, names []string) error {
	at, err := db.checkpoints(ctx, names)
	if err != nil {
		return err
	}
	for name, c := range at {
		db.reach(name, c.position)
		if c.fault != "" && c.position < position {
			return &StaleError{Name: name, Position: c.position, Wanted: position, Fault: c.fault}
		}
	}
	return nil
}

// checkpoints reads several checkpoints in one statement.
func (db *DB) checkpoints(ctx context.Context, names []string) (map[string]checkpoint, error) {
	if len(names) == 0 {
		return nil, nil
	}
	parts := make([]string, len(names))
	for i, name := range names {
		parts[i] = `select ` + checkpointColumns + `, '` + name + `' from ` + db.workers[name].p.Table("checkpoint")
	}
	rows, err := db.Pool.Query(ctx, strings.Join(parts, " union all "))
	if err != nil {
		return nil, fmt.Errorf("read the checkpoints: %w", err)
	}
	at := make(map[string]checkpoint, len(names))
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (_ struct{}, err error) {
		var name string
		var c checkpoint
		err = c.scan(also{row, &name})
		at[name] = c
		return struct{}{}, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the checkpoints: %w", err)
	}
	return at, nil
}

// also scans one column more than it is asked for.
type also struct {
	pgx.CollectableRow
	last any
}

func (a also) Scan(dest ...any) error { return a.CollectableRow.Scan(append(dest, a.last)...) }

// reach notes a committed position and wakes who waits. The position may go back, after a crash of the database.
func (db *DB) reach(name string, position eventstore.Position) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if at, known := db.reached[name]; known && at == position {
		return
	}
	db.reached[name] = position
	if moved, waited := db.moved[name]; waited {
		close(moved)
		delete(db.moved, name)
	}
	db.wake()
}

// Moved gives a channel that is closed at the projection's next commit in this process, or when a wait of this process
// sees that of another.
func (db *DB) Moved(name string) <-chan struct{} {
	db.mu.Lock()
	defer db.mu.Unlock()
	moved, waited := db.moved[name]
	if !waited {
		moved = make(chan struct{})
		db.moved[name] = moved
	}
	return moved
}

// announce wakes who waits for any change.
func (db *DB) announce() {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.wake()
}

func (db *DB) wake() {
	close(db.changed)
	db.changed = make(chan struct{})
}

// change gives a channel that is closed at the next change.
func (db *DB) change() <-chan struct{} {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.changed
}

// Status tells about every projection, in the order of Config.Projections.
func (db *DB) Status(ctx context.Context) ([]Status, error) {
	names := make([]string, len(db.Projections))
	for i, p := range db.Projections {
		names[i] = p.Name
	}
	at, err := db.checkpoints(ctx, names)
	if err != nil {
		return nil, err
	}
	head, err := db.Store.Head(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the head of the log: %w", err)
	}
	list := make([]Status, len(names))
	for i, p := range db.Projections {
		c := at[p.Name]
		s := Status{
			Name: p.Name, Namespace: p.Namespace(), State: Live, Active: db.workers[p.Name].active.Load(),
			Position: c.position, Head: head, Lag: max(0, int64(head-c.position)),
			RecordedAt: c.recordedAt, UpdatedAt: c.updatedAt,
		}
		if s.Lag > 0 {
			next, err := db.Store.ReadAll(ctx, c.position, 1)
			if err != nil {
				return nil, fmt.Errorf("read the event behind %d: %w", c.position, err)
			}
			if len(next.Records) > 0 {
				s.Behind = max(0, db.Now().Sub(next.Records[0].Header.RecordedAt.Time))
			}
		}
		if s.Behind > LiveWithin {
			s.State = CatchingUp
		}
		if c.fault != "" {
			s.State, s.StoppedAt, s.Fault = Stopped, c.stopped, c.fault
		}
		list[i] = s
	}
	return list, nil
}

// Freshness tells how far the rows of a projection go, for "complete up to 10:42:07" (数据至) beside a list.
func (db *DB) Freshness(ctx context.Context, name string) (Mark, error) {
	p, err := db.projection(name)
	if err != nil {
		return Mark{}, err
	}
	c, err := readCheckpoint(ctx, db.Pool, p.Namespace())
	return Mark{c.position, c.recordedAt}, err
}
