package postgres

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Order keeps what this server lets leave and what any server of the database takes away in one order, by advisory locks:
// a hold is shared and stands in one session of the server, so that it ends with the server; who passes asks for the
// exclusive lock and gives it back. Should that session end alone, the holds of the moment no longer reach other servers.
type Order struct {
	url  string
	pool *pgxpool.Pool // for those who pass

	mu      sync.Mutex
	session *pgx.Conn // of the holds, nil: there is none yet; mu
	number  int       // of the session: what a lost one held is not let go in the next; mu
}

// The name of a stream's lock.
const lockOf = `hashtextextended('andu order ' || stream, 0)`

// OpenOrder connects when it is first needed.
func OpenOrder(ctx context.Context, url string) (*Order, error) {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("open the order: %w", err)
	}
	return &Order{url: url, pool: pool}, nil
}

// Close ends all holds.
func (o *Order) Close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.giveUp()
	o.pool.Close()
}

// giveUp ends the session. The caller holds mu.
func (o *Order) giveUp() {
	if o.session != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second) // the context of whoever finds the session lost may be over
		defer cancel()
		o.session.Close(ctx) // what an error leaves open ends when the server notices
		o.session = nil
		o.number++
	}
}

// Hold keeps Pass on these streams waiting until let is called.
func (o *Order) Hold(ctx context.Context, streams ...string) (let func(), err error) {
	for {
		number, held, err := o.try(ctx, streams)
		if err != nil {
			return nil, fmt.Errorf("hold the order: %w", err)
		}
		if held {
			return func() { o.let(ctx, number, streams) }, nil
		}
		select { // somebody passes, which takes no longer than the holds before
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return nil, fmt.Errorf("hold the order: %w", ctx.Err())
		}
	}
}

// try takes all the locks, or none. The session is everybody's: nobody who leaves early interrupts it.
func (o *Order) try(ctx context.Context, streams []string) (number int, held bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if o.session == nil {
		if o.session, err = pgx.Connect(ctx, o.url); err != nil {
			o.session = nil
			return 0, false, err
		}
	}
	var took []string
	err = o.session.QueryRow(ctx, `select coalesce(array_agg(stream) filter (where pg_try_advisory_lock_shared(`+lockOf+`)), '{}') from unnest($1::text[]) stream`, streams).Scan(&took)
	if err == nil && len(took) < len(streams) {
		_, err = o.session.Exec(ctx, `select pg_advisory_unlock_shared(`+lockOf+`) from unnest($1::text[]) stream`, took)
	}
	if err != nil {
		o.giveUp()
		return 0, false, err
	}
	return o.number, len(took) == len(streams), nil
}

func (o *Order) let(ctx context.Context, number int, streams []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.session == nil || o.number != number {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if _, err := o.session.Exec(ctx, `select pg_advisory_unlock_shared(`+lockOf+`) from unnest($1::text[]) stream`, streams); err != nil {
		o.giveUp() // or nobody would ever pass
	}
}

// Pass waits until every hold on the stream that stood when it was called is let go.
func (o *Order) Pass(ctx context.Context, stream string) error {
	if _, err := o.pool.Exec(ctx, `select pg_advisory_xact_lock(`+lockOf+`) from (select $1::text as stream) s`, stream); err != nil {
		return fmt.Errorf("pass in order: %w", err)
	}
	return nil
}
