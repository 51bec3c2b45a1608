package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"andu/domain"
	"andu/eventstore"
)

// Codes of why a projection stopped. An error of PostgreSQL has the code "sql-" and its SQLSTATE. No code and no log line
// of a projection holds content: what an operator needs to look the event up is its place in the log.
const (
	FaultDecode   = "decode"    // the stored event cannot be read
	FaultApply    = "apply"     // Apply gave an error
	FaultPanic    = "panic"     // Apply panicked
	FaultGap      = "gap"       // the log does not go on where the checkpoint stands
	FaultOtherLog = "other-log" // the rows follow from another log
	FaultAhead    = "ahead"     // the checkpoint is past the head: the log was restored from an older copy
)

// Run keeps the read models up until ctx ends; then it returns nil. Several processes may run the same projections: one
// of them is active for each, the others wait for its lease. An event that cannot be applied stops its projection, with
// everything before it applied, and no other; it is tried again after Resume and by the next process that runs.
func (db *DB) Run(ctx context.Context) error {
	if len(db.Projections) == 0 { // a router without handlers does not notice the end of ctx
		<-ctx.Done()
		return nil
	}
	defer db.leases.drop()
	logger := watermill.NewSlogLoggerWithLevelMapping(db.Logger, map[slog.Level]slog.Level{slog.LevelInfo: slog.LevelDebug})
	router, err := message.NewRouter(message.RouterConfig{}, logger)
	if err != nil {
		return fmt.Errorf("projections: make the router: %w", err)
	}
	router.AddMiddleware(db.middleware...)
	for _, p := range db.Projections {
		w := db.workers[p.Name]
		router.AddConsumerHandler(p.Name, p.Namespace(), NewSubscriber(SubscriberConfig{
			Open:     w.open,
			PageSize: db.PageSize,
			After:    db.After,
			Logger:   db.Logger,
		}), w.handle)
	}
	go db.leases.watch(ctx, db.After, db.leaseInterval())
	if err := router.Run(ctx); err != nil {
		return fmt.Errorf("projections: run: %w", err)
	}
	return nil
}

// Resume lets a stopped projection try again, in whichever process it is active.
func (db *DB) Resume(ctx context.Context, name string) error {
	p, err := db.projection(name)
	if err != nil {
		return err
	}
	_, err = db.Pool.Exec(ctx, `update `+p.Table("checkpoint")+` set stopped = null, fault = null`)
	if err != nil {
		return fmt.Errorf("resume %s: %w", p.Namespace(), err)
	}
	db.announce()
	return nil
}

// leaseInterval is how often a passive process asks for a lease, and an active one looks whether it still has it.
func (db *DB) leaseInterval() time.Duration { return 10 * db.Poll }

// worker runs one projection in this process. It is passive until it holds the lease; then each term of its subscription
// takes a new epoch in the checkpoint, so that a term that does not know it is over cannot write.
type worker struct {
	db    *DB
	p     Projection
	retry bool // only open uses it: the first term tries again what stopped an earlier process

	active atomic.Bool // holds the lease
}

// term is one run from a checkpoint on. It travels in the context of the messages.
type term struct {
	epoch int64
	at    eventstore.Position // what the term has reached; only handle moves it
	end   context.CancelFunc
}

type termKey struct{}

// open is the Subscriber's Open: it waits for the lease, and while the projection is stopped, and answers with the checkpoint.
func (w *worker) open(ctx context.Context, topic string) (Term, error) {
	db := w.db
	held, err := w.lease(ctx, topic)
	if err != nil {
		return Term{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	detach := context.AfterFunc(held, cancel)
	context.AfterFunc(ctx, func() { detach() })
	for {
		changed := db.change()
		at, err := db.begin(ctx, w.p, w.retry)
		if err != nil {
			cancel()
			return Term{}, err
		}
		w.retry = false
		if at.fault == "" {
			db.reach(w.p.Name, at.position)
			t := &term{epoch: at.epoch, at: at.position, end: cancel}
			return Term{Context: context.WithValue(ctx, termKey{}, t), Log: db.Store, After: at.position}, nil
		}
		select {
		case <-changed:
		case <-db.After(db.leaseInterval()):
		case <-ctx.Done():
			return Term{}, fmt.Errorf("wait while %s is stopped: %w", topic, ctx.Err())
		}
	}
}

// lease waits until this process is the active one; the context that it gives ends when it no longer is.
func (w *worker) lease(ctx context.Context, schema string) (context.Context, error) {
	w.active.Store(false)
	for {
		held, err := w.db.leases.take(ctx, schema)
		if err != nil {
			return nil, err
		}
		if held != nil {
			w.active.Store(true)
			context.AfterFunc(held, func() { w.active.Store(false) })
			return held, nil
		}
		select {
		case <-w.db.After(w.db.leaseInterval()):
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the lease of %s: %w", schema, ctx.Err())
		}
	}
}

// begin takes the next epoch and gives the checkpoint, unless the projection is stopped. A checkpoint that cannot belong
// to this log stops it.
func (db *DB) begin(ctx context.Context, p Projection, retry bool) (at checkpoint, err error) {
	schema, alarm, head := p.Namespace(), false, eventstore.Before
	err = pgx.BeginFunc(ctx, db.Pool, func(tx pgx.Tx) (err error) {
		if at, err = lockCheckpoint(ctx, tx, schema); err != nil {
			return err
		}
		// After the lock: the process before this one may have gone past any earlier head.
		if head, err = db.Store.Head(ctx); err != nil {
			return fmt.Errorf("read the head of the log: %w", err)
		}
		if at.fault != "" && !retry {
			return nil
		}
		at.epoch++
		at.stopped, at.fault = 0, ""
		switch {
		case at.log != db.Store.LogID():
			at.stopped, at.fault = at.position, FaultOtherLog
		case at.position > head:
			at.stopped, at.fault = at.position, FaultAhead
		}
		alarm = at.fault != ""
		return at.mark(ctx, tx, schema)
	})
	if err != nil {
		return at, fmt.Errorf("begin a term of %s: %w", schema, err)
	}
	if alarm {
		db.Logger.ErrorContext(ctx, "projection refused: its checkpoint is not of this log; rebuild it or restore the newer log",
			slog.String("projection", schema), slog.String("fault", at.fault), slog.Int64("checkpoint", int64(at.position)),
			slog.Int64("head", int64(head)), slog.String("log", db.Store.LogID()), slog.String("checkpoint_log", at.log))
	}
	return at, nil
}

// mark writes epoch and state; position and times belong to the pages.
func (c checkpoint) mark(ctx context.Context, tx pgx.Tx, schema string) error {
	var stopped, fault any
	if c.fault != "" {
		stopped, fault = c.stopped, c.fault
	}
	if _, err := tx.Exec(ctx, `update `+schema+`.checkpoint set epoch = $1, stopped = $2, fault = $3`, c.epoch, stopped, fault); err != nil {
		return fmt.Errorf("mark the checkpoint of %s: %w", schema, err)
	}
	return nil
}

// handle applies one page. An error means: send it again after a while. What sending again cannot mend ends the term, and
// the next one begins from the checkpoint as it is then.
func (w *worker) handle(m *message.Message) error {
	ctx := m.Context()
	page, ok := PageOf(m)
	t, is := ctx.Value(termKey{}).(*term)
	if !ok || !is {
		return errors.New("message does not come from a projection's subscription")
	}
	err := w.db.apply(ctx, w.p, page, t.epoch)
	if poisoned(err) && len(page.Records) > 1 {
		page, err = w.narrow(ctx, page, t.epoch)
	}
	var gap *gapError
	switch {
	case err == nil:
		t.at = page.Last()
		w.db.reach(w.p.Name, page.Last())
		return nil
	case errors.Is(err, errFenced):
		t.end()
	case errors.As(err, &gap) && gap.checkpoint < t.at:
		// The checkpoint went back under a running term: the database lost its last commits in a crash.
		w.alarm(ctx, "projection begins again from its checkpoint", page, err)
		t.end()
	case errors.As(err, &gap) || poisoned(err):
		w.alarm(ctx, "projection stopped", page, err)
		if stopErr := w.stop(ctx, page, err, t.epoch); stopErr != nil {
			return withoutContent(stopErr)
		}
		t.end()
	}
	return withoutContent(err)
}

// narrow applies a page that failed event by event, and gives the page of the one event that fails, with everything
// before it applied.
func (w *worker) narrow(ctx context.Context, page eventstore.Page, epoch int64) (eventstore.Page, error) {
	for i, r := range page.Records {
		one := eventstore.Page{Prev: page.Prev, Records: page.Records[i : i+1]}
		if i > 0 {
			one.Prev = page.Records[i-1].Position
		}
		if err := w.db.apply(ctx, w.p, one, epoch); err != nil {
			return one, err
		}
		w.db.reach(w.p.Name, r.Position)
	}
	return page, nil
}

// stop writes down that the projection stopped at an event, for every process to see.
func (w *worker) stop(ctx context.Context, page eventstore.Page, cause error, epoch int64) error {
	schema := w.p.Namespace()
	return pgx.BeginFunc(ctx, w.db.Pool, func(tx pgx.Tx) error {
		at, err := lockCheckpoint(ctx, tx, schema)
		if err != nil {
			return err
		}
		if at.epoch != epoch {
			return errFenced
		}
		at.stopped, at.fault = page.Records[0].Position, faultOf(cause)
		return at.mark(ctx, tx, schema)
	})
}

func (w *worker) alarm(ctx context.Context, what string, page eventstore.Page, err error) {
	h := page.Records[0].Header
	attrs := []slog.Attr{
		slog.String("projection", w.p.Namespace()), slog.String("fault", faultOf(err)), slog.Int64("position", int64(page.Records[0].Position)),
		slog.String("event", fmt.Sprintf("%s@%d", h.Stream, h.Revision)), slog.String("type", h.Type), slog.Int("type_version", h.TypeVersion),
	}
	var gap *gapError
	if errors.As(err, &gap) {
		attrs = append(attrs, slog.Int64("checkpoint", int64(gap.checkpoint)), slog.Int64("prev", int64(gap.prev)))
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		attrs = append(attrs, slog.String("table", pg.TableName), slog.String("column", pg.ColumnName), slog.String("constraint", pg.ConstraintName))
	}
	w.db.Logger.LogAttrs(ctx, slog.LevelError, what, attrs...)
}

// apply brings a page into the rows of the serving schema.
func (db *DB) apply(ctx context.Context, p Projection, page eventstore.Page, epoch int64) error {
	batch, err := db.queue(p.Namespace(), p, page)
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, db.Pool, func(tx pgx.Tx) error {
		return db.send(ctx, tx, p.Namespace(), page, epoch, batch)
	})
}

// decoded are the events of the log that were decoded last, so that the read models, which follow each other closely, open
// and decode an event once and not each for itself. Nobody changes what is in it.
type decoded struct {
	mu    sync.Mutex
	slots [2 * MaxPage]*decoding // by position; mu
}

// decoding is one event, decoded by whoever needs it first.
type decoding struct {
	once   sync.Once
	record eventstore.Record
	event  domain.Recorded
	err    error
}

// decode gives the events of a page up to the first that cannot be read.
func (db *DB) decode(page eventstore.Page) ([]domain.Recorded, error) {
	wanted := make([]*decoding, len(page.Records))
	db.decoded.mu.Lock()
	for i, r := range page.Records {
		slot := &db.decoded.slots[uint64(r.Position)%uint64(len(db.decoded.slots))]
		if *slot == nil || (*slot).record.Position != r.Position {
			*slot = &decoding{record: r}
		}
		wanted[i] = *slot
	}
	db.decoded.mu.Unlock()
	events := make([]domain.Recorded, 0, len(wanted))
	for _, d := range wanted {
		d.once.Do(func() {
			defer func() { // done without an error it would pass for an event that says nothing
				if v := recover(); v != nil {
					d.err = fmt.Errorf("panic: %v", v)
				}
			}()
			d.event, d.err = db.Decode(d.record)
			d.record.Raw, d.record.Payload = nil, nil
		})
		if d.err != nil {
			db.decoded.forget(d) // the next one tries again: its key may be there by then
			return events, &fault{FaultDecode, d.record.Position, d.err}
		}
		events = append(events, d.event)
	}
	return events, nil
}

func (d *decoded) forget(failed *decoding) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if slot := &d.slots[uint64(failed.record.Position)%uint64(len(d.slots))]; *slot == failed {
		*slot = nil
	}
}

// queue decodes a page and queues its statements. Each is marked with the schema: the same text over another projection's
// tables is another statement to the cache of prepared ones, and an operator sees whose it is.
func (db *DB) queue(schema string, p Projection, page eventstore.Page) (*pgx.Batch, error) {
	events, err := db.decode(page)
	if err != nil {
		return nil, err
	}
	b := &pgx.Batch{}
	for _, e := range events {
		if err := queueOne(b, p, e); err != nil {
			return nil, err
		}
	}
	for _, q := range b.QueuedQueries {
		q.SQL = "/* " + schema + " */ " + q.SQL
	}
	return b, nil
}

func queueOne(b *pgx.Batch, p Projection, e domain.Recorded) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &fault{FaultPanic, eventstore.Position(e.Position), fmt.Errorf("panic: %v", v)}
		}
	}()
	if err := p.Apply(b, e); err != nil {
		return &fault{FaultApply, eventstore.Position(e.Position), err}
	}
	return nil
}

// send applies a queued page in a transaction, or nothing if the page is already in the rows. The checkpoint moves with
// the rows; only the writer of the current epoch gets through, and only with the page that goes on from the checkpoint.
func (db *DB) send(ctx context.Context, tx pgx.Tx, schema string, page eventstore.Page, epoch int64, b *pgx.Batch) error {
	if err := enter(ctx, tx, schema); err != nil {
		return err
	}
	at, err := lockCheckpoint(ctx, tx, schema)
	switch {
	case err != nil:
		return err
	case at.epoch != epoch:
		return errFenced
	case page.Last() <= at.position:
		return nil
	case page.Prev != at.position:
		return &gapError{schema, at.position, page.Prev}
	}
	last := page.Records[len(page.Records)-1]
	b.Queue(`update `+schema+`.checkpoint set position = $1, recorded_at = $2, updated_at = $3`, page.Last(), last.Header.RecordedAt.Time, db.Now())
	results := tx.SendBatch(ctx, b)
	for range b.Len() {
		if _, err := results.Exec(); err != nil {
			results.Close()
			return fmt.Errorf("apply the events %d to %d to %s: %w", page.Records[0].Position, page.Last(), schema, err)
		}
	}
	if err := results.Close(); err != nil {
		return fmt.Errorf("apply the events %d to %d to %s: %w", page.Records[0].Position, page.Last(), schema, err)
	}
	return nil
}

// errFenced: another process has taken over.
var errFenced = errors.New("the term is over")

// gapError: the page does not go on from the checkpoint.
type gapError struct {
	schema           string
	checkpoint, prev eventstore.Position
}

func (e *gapError) Error() string {
	return fmt.Sprintf("%s stands at %d, the page begins behind %d", e.schema, e.checkpoint, e.prev)
}

// fault is an event that cannot be applied.
type fault struct {
	code     string
	position eventstore.Position
	err      error
}

func (f *fault) Error() string { return fmt.Sprintf("event at %d: %s: %v", f.position, f.code, f.err) }
func (f *fault) Unwrap() error { return f.err }

// poisoned tells whether the same page would fail again: the event or the program is at fault, and not the connection,
// the server's resources or another transaction.
func poisoned(err error) bool {
	var f *fault
	if errors.As(err, &f) {
		return true
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || len(pg.Code) != 5 {
		return false
	}
	switch pg.Code[:2] {
	case "08", "25", "40", "53", "55", "57", "58":
		return false
	}
	return true
}

func faultOf(err error) string {
	var f *fault
	var pg *pgconn.PgError
	var gap *gapError
	switch {
	case errors.As(err, &f):
		return f.code
	case errors.As(err, &pg):
		return "sql-" + pg.Code
	case errors.As(err, &gap):
		return FaultGap
	}
	return ""
}

// withoutContent is the error as the router may log it.
func withoutContent(err error) error {
	if code := faultOf(err); code != "" {
		return errors.New(code)
	}
	return err
}

// leases are the session advisory locks of this process, all on one connection: whoever holds the lock of a schema's name
// is its active projector. When the connection is lost so are they all, and the terms under them end; a term that has not
// noticed is stopped by the epoch.
type leases struct {
	pool *pgxpool.Pool

	mu   sync.Mutex
	conn *pgxpool.Conn
	held map[string]bool
	ctx  context.Context // ends when conn is given up
	end  context.CancelFunc
}

// take asks for a lease and gives the context under which it holds, or nil while another process has it.
func (l *leases) take(ctx context.Context, schema string) (context.Context, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		conn, err := l.pool.Acquire(ctx)
		if err != nil {
			return nil, fmt.Errorf("connect for the lease of %s: %w", schema, err)
		}
		l.conn, l.held = conn, map[string]bool{}
		l.ctx, l.end = context.WithCancel(context.Background())
	}
	if l.held[schema] {
		return l.ctx, nil
	}
	var got bool
	err := l.conn.QueryRow(ctx, `select pg_try_advisory_lock(hashtextextended($1, 0))`, "andu project "+schema).Scan(&got)
	if err != nil {
		l.giveUp()
		return nil, fmt.Errorf("ask for the lease of %s: %w", schema, err)
	}
	if !got {
		return nil, nil
	}
	l.held[schema] = true
	return l.ctx, nil
}

// drop gives up all leases.
func (l *leases) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		l.giveUp()
	}
}

// giveUp unlocks everything, so that others need not wait until the server notices the end of the connection, and closes
// it, which unlocks whatever is left. The caller holds mu.
func (l *leases) giveUp() {
	l.end()
	conn := l.conn.Hijack()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	conn.Exec(ctx, `select pg_advisory_unlock_all()`) // an error leaves it to Close
	conn.Close(ctx)
	l.conn = nil
}

// watch looks whether the connection of the leases still lives.
func (l *leases) watch(ctx context.Context, after func(time.Duration) <-chan time.Time, interval time.Duration) {
	for {
		select {
		case <-after(interval):
		case <-ctx.Done():
			return
		}
		l.mu.Lock()
		if l.conn != nil {
			pinging, cancel := context.WithTimeout(ctx, interval)
			if l.conn.Ping(pinging) != nil {
				l.giveUp()
			}
			cancel()
		}
		l.mu.Unlock()
	}
}
