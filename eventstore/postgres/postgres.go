// Package postgres keeps the log in PostgreSQL. One process leads: its sequencer takes all appends that wait, gives them
// places without a gap, and commits them in one transaction of one round trip, with the root of the tree over the log.
// Every other process may read and follow. What leads is decided by one row, log.head, which each transaction moves by
// compare-and-set: whoever took the lead last is the only one that can write, whatever the others believe.
package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"andu/eventstore"
)

// Config says how a log is opened.
type Config struct {
	URL    string // of the server's role
	LogID  string // the log must be this one; empty: any
	Now    func() time.Time
	Logger *slog.Logger
	// ReadOnly opens the log without taking the lead: every append is answered with ErrUnavailable.
	ReadOnly bool
	// AllowOwner lets a role in that could change or drop what is in the log. For demonstrations.
	AllowOwner bool
	// Loading lets commits not wait for the disk. For a demonstration while it is written, which is made anew when it was
	// cut off: never for a server.
	Loading bool
	// Queue is how many appends may wait; beyond it they are answered with ErrUnavailable. 0 is 4,096.
	Queue int
	// Poll is how long commits of another process may stay unseen when its notification was lost. 0 is a second.
	Poll time.Duration
}

// Store is a log in PostgreSQL. It is safe for concurrent use.
type Store struct {
	id    string
	pool  *pgxpool.Pool // for reading
	log   *slog.Logger
	queue chan *request // nil: read-only

	stop    chan struct{}  // closed by Close
	cancel  func()         // ends what does not end by itself
	working sync.WaitGroup // the sequencer and the watcher
	ended   chan struct{}  // closed when the sequencer takes no more

	mu    sync.Mutex
	seen  eventstore.Position // the log is known to reach it; mu
	grown chan struct{}       // closed and replaced when seen grows; mu
	tail  []eventstore.Record // the last events that this process committed, without a gap; mu
	size  int                 // bytes of tail; mu
	tips  revisions           // last revisions of streams, as far as this process read or committed them; mu
	stats Stats               // mu
}

// The tail spares the subscribers of the leader's own process to read and decode again what it wrote a moment ago.
const (
	tailEvents = 4096
	tailBytes  = 16 << 20
)

// lastPosition asks the events, not log.head, which has many dead versions while a long transaction runs.
const lastPosition = `select coalesce(max(position), -1) from log.event`

// Stats counts what a store has done since it was opened.
type Stats struct {
	Batches, Events uint64
	Failures        uint64 // batches whose outcome had to be looked up
	Queued          int    // appends that wait now
	// Commits[i] is how many batches took at most CommitBounds[i] from their first event to the answer; the last entry
	// counts the slower ones.
	Commits [len(CommitBounds) + 1]uint64
	Took    time.Duration // by all batches together
}

// CommitBounds are the limits of the counts in Stats.Commits.
var CommitBounds = [...]time.Duration{
	500 * time.Microsecond, time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second,
}

// Open opens the log of a migrated database and, unless it is to read only, takes the lead. A process that led before is
// ended in the middle of what it does; whatever it has answered stands.
func Open(ctx context.Context, c Config) (*Store, error) {
	s := &Store{log: c.Logger, stop: make(chan struct{}), ended: make(chan struct{}), grown: make(chan struct{})}
	pool, err := pgxpool.New(ctx, c.URL)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	s.pool = pool
	if err := s.check(ctx, c); err != nil {
		pool.Close()
		return nil, fmt.Errorf("open the log: %w", err)
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = cancel
	if c.ReadOnly {
		close(s.ended)
	} else if err := s.sequence(ctx, running, c); err != nil {
		cancel()
		pool.Close()
		return nil, fmt.Errorf("open the log: %w", err)
	}
	s.working.Go(func() { s.watch(running, cmp.Or(c.Poll, time.Second)) })
	return s, nil
}

// check reads the head, and refuses a role that could rewrite the log.
func (s *Store) check(ctx context.Context, c Config) error {
	var role string
	var mighty bool
	err := s.pool.QueryRow(ctx, `
		select current_user, pg_has_role(current_user, c.relowner, 'member'), h.log_id, (`+lastPosition+`)
		from log.head h, pg_class c where c.oid = 'log.event'::regclass`).Scan(&role, &mighty, &s.id, &s.seen)
	switch {
	case err != nil:
		return fmt.Errorf("read its head (is the database migrated?): %w", err)
	case mighty && !c.AllowOwner:
		return fmt.Errorf("role %s owns its tables or is a superuser, so it could rewrite them: use the server's role", role)
	case c.LogID != "" && c.LogID != s.id:
		return fmt.Errorf("it is log %s, not %s", s.id, c.LogID)
	}
	return nil
}

// sequence takes the lead and starts the sequencer.
func (s *Store) sequence(ctx, running context.Context, c Config) error {
	config, err := pgx.ParseConfig(c.URL)
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"application_name": application,
		"lock_timeout":     "2s", // it waits for nobody: whoever holds its row is asked to leave
		// The plans are kept while the tables grow; they have to be right for large ones from the first day.
		"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off",
	} {
		config.RuntimeParams[name] = value
	}
	q := &sequencer{store: s, config: config, now: c.Now, log: c.Logger, loading: c.Loading}
	if err := q.lead(ctx); err != nil {
		return err
	}
	s.queue = make(chan *request, cmp.Or(c.Queue, 4096))
	s.working.Go(func() {
		defer close(s.ended)
		q.run(running, s.queue, s.stop)
	})
	return nil
}

// Close ends the store. Appends under way are answered first.
func (s *Store) Close() {
	s.mu.Lock()
	select {
	case <-s.stop:
	default:
		close(s.stop)
	}
	s.mu.Unlock()
	select {
	case <-s.ended:
	case <-time.After(patience):
	}
	s.cancel()
	s.working.Wait()
	s.pool.Close()
}

// LogID implements eventstore.Store.
func (s *Store) LogID() string { return s.id }

// Stats gives the counts so far.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	stats.Queued = len(s.queue)
	return stats
}

// Append implements eventstore.Store.
func (s *Store) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	// What the database would refuse must not reach a batch: it would fail others with it.
	if stream == "" || len(stream) > 255 || !utf8.ValidString(stream) || strings.ContainsRune(stream, 0) {
		return eventstore.Appended{}, fmt.Errorf("append to %q: not a name of a stream", stream)
	}
	if expected < eventstore.NoStream || len(events) == 0 {
		return eventstore.Appended{}, fmt.Errorf("append %d events to %s behind revision %d: not possible", len(events), stream, expected)
	}
	r, err := newRequest(ctx, stream, expected, events)
	if err != nil {
		return eventstore.Appended{}, fmt.Errorf("append to %s: %w", stream, err)
	}
	select {
	case <-s.ended:
		return eventstore.Appended{}, fmt.Errorf("append to %s: the log is closed or read-only: %w", stream, eventstore.ErrUnavailable)
	case s.queue <- r:
	default:
		return eventstore.Appended{}, fmt.Errorf("append to %s: the queue is full: %w", stream, eventstore.ErrUnavailable)
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		return eventstore.Appended{}, fmt.Errorf("append to %s: outcome unknown: %w", stream, ctx.Err())
	case <-s.ended:
		select {
		case <-r.done: // it was answered by the last batch
		default:
			return eventstore.Appended{}, fmt.Errorf("append to %s: the log is closed: %w", stream, eventstore.ErrUnavailable)
		}
	}
	switch {
	case r.err != nil:
		return eventstore.Appended{}, fmt.Errorf("append to %s: %w", stream, r.err)
	case r.actual == r.expected:
		return appended(r.records), nil
	}
	return s.repeated(ctx, r)
}

// repeated answers a request that found its stream elsewhere than expected: with the place of its events if an earlier
// append wrote them, else with the conflict. It runs on the caller's goroutine: a lost race costs nobody else.
func (s *Store) repeated(ctx context.Context, r *request) (eventstore.Appended, error) {
	conflict := &eventstore.ErrConflict{Stream: r.stream, Expected: r.expected, Actual: r.actual}
	if r.expected+int64(len(r.records)) > r.actual {
		return eventstore.Appended{}, conflict
	}
	known, err := s.read(ctx, `select position, record from log.event where stream = $1 and revision > $2 order by revision limit $3`,
		r.stream, r.expected, len(r.records))
	if err != nil {
		return eventstore.Appended{}, fmt.Errorf("append to %s: look whether it is a repeat: %w", r.stream, err)
	}
	same := slices.EqualFunc(known, r.records, func(one, two eventstore.Record) bool { return one.Header.ID == two.Header.ID })
	if !same {
		return eventstore.Appended{}, conflict
	}
	return appended(known), nil
}

func appended(records []eventstore.Record) eventstore.Appended {
	last := records[len(records)-1]
	return eventstore.Appended{Position: last.Position, Revision: last.Header.Revision, Records: records}
}

// Read implements eventstore.Store.
func (s *Store) Read(ctx context.Context, stream string, from int64) ([]eventstore.Record, error) {
	s.mu.Lock()
	turn := s.tips.turn
	s.mu.Unlock()
	records, err := s.read(ctx, `select position, record from log.event where stream = $1 and revision >= $2 order by revision`, stream, from)
	if err != nil {
		return nil, fmt.Errorf("read %s from revision %d: %w", stream, from, err)
	}
	if n := len(records); s.queue != nil && (n > 0 || from <= 0) {
		last := eventstore.NoStream
		if n > 0 {
			last = records[n-1].Header.Revision
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		// What was committed meanwhile is newer than what was read, and a commit that was forgotten meanwhile may be too.
		if known, ok := s.tips.get(stream); turn == s.tips.turn && (!ok || known < last) {
			s.tips.put(stream, last)
		}
	}
	return records, nil
}

// Tip is the last revision of a stream, if this process leads the log and has read or written the stream: without asking
// the database. Another process may have taken the lead without this one's knowledge, so a Tip proves something only
// together with an Append behind it, which fails then.
func (s *Store) Tip(stream string) (revision int64, ok bool) {
	if s.queue == nil {
		return 0, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tips.get(stream)
}

// ReadAll implements eventstore.Store.
func (s *Store) ReadAll(ctx context.Context, after eventstore.Position, limit int) (eventstore.Page, error) {
	page := eventstore.Page{Prev: after}
	if after < eventstore.Before || limit < 1 {
		return page, fmt.Errorf("read %d events behind position %d: not possible", limit, after)
	}
	if page.Records = s.fromTail(after, limit); page.Records != nil {
		return page, ctx.Err()
	}
	var err error
	page.Records, err = s.read(ctx, `select position, record from log.event where position > $1 order by position limit $2`, after, limit)
	if err != nil {
		return page, fmt.Errorf("read %d events behind position %d: %w", limit, after, err)
	}
	if n := len(page.Records); n > 0 && page.Last() != after+eventstore.Position(n) {
		return page, fmt.Errorf("read %d events behind position %d: %w: %d events end at %d", limit, after, errDamaged, n, page.Last())
	}
	return page, nil
}

func (s *Store) read(ctx context.Context, query string, args ...any) ([]eventstore.Record, error) {
	rows, _ := s.pool.Query(ctx, query, args...)
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (eventstore.Record, error) {
		var position eventstore.Position
		var raw []byte
		if err := row.Scan(&position, &raw); err != nil {
			return eventstore.Record{}, err
		}
		return eventstore.Decode(position, raw)
	})
}

// Head implements eventstore.Store.
func (s *Store) Head(ctx context.Context) (eventstore.Position, error) {
	var head eventstore.Position
	if err := s.pool.QueryRow(ctx, lastPosition).Scan(&head); err != nil {
		return 0, fmt.Errorf("read the head of the log: %w", err)
	}
	return head, nil
}

// Subscribe implements eventstore.Store.
func (s *Store) Subscribe(ctx context.Context, after eventstore.Position, limit int) iter.Seq2[eventstore.Page, error] {
	return func(yield func(eventstore.Page, error) bool) {
		head, err := s.Head(ctx)
		if err == nil && after > head {
			err = fmt.Errorf("subscribe behind position %d: the log ends at %d; it is not the log that was read before", after, head)
		}
		for ctx.Err() == nil {
			var page eventstore.Page
			if err == nil {
				err = s.wait(ctx, after)
			}
			if err == nil {
				page, err = s.ReadAll(ctx, after, limit)
			}
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				yield(eventstore.Page{}, err)
				return
			}
			if !yield(page, nil) {
				return
			}
			after = page.Last()
		}
	}
}

// wait returns when the log reaches beyond a position.
func (s *Store) wait(ctx context.Context, after eventstore.Position) error {
	for {
		s.mu.Lock()
		seen, grown := s.seen, s.grown
		s.mu.Unlock()
		if seen > after {
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.stop:
			return fmt.Errorf("the log is closed: %w", eventstore.ErrUnavailable)
		}
	}
}

// see tells the subscribers that the log reaches a position. s.mu is held.
func (s *Store) see(position eventstore.Position) {
	if position > s.seen {
		s.seen = position
		close(s.grown)
		s.grown = make(chan struct{})
	}
}

// committed takes in a batch that is in the log.
func (s *Store) committed(b *batch, took time.Duration) {
	if len(b.records) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Batches++
	s.stats.Events += uint64(len(b.records))
	s.stats.Took += took
	bound, _ := slices.BinarySearch(CommitBounds[:], took)
	s.stats.Commits[bound]++
	for stream, revision := range b.revisions {
		s.tips.put(stream, revision)
	}

	if n := len(s.tail); n > 0 && s.tail[n-1].Position != b.before { // another process led in between
		s.tail, s.size = nil, 0
	}
	s.tail = append(s.tail, b.records...)
	for _, r := range b.records {
		s.size += len(r.Raw)
	}
	drop := 0
	for ; len(s.tail)-drop > tailEvents || s.size > tailBytes; drop++ {
		s.size -= len(s.tail[drop].Raw)
	}
	s.tail = s.tail[drop:]
	s.see(b.records[len(b.records)-1].Position)
}

// fromTail gives the events behind a position if the tail has the next one.
func (s *Store) fromTail(after eventstore.Position, limit int) []eventstore.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tail) == 0 {
		return nil
	}
	from := int(after + 1 - s.tail[0].Position)
	if from < 0 || from >= len(s.tail) {
		return nil
	}
	return slices.Clone(s.tail[from:min(from+limit, len(s.tail))])
}

// failed counts a batch whose outcome has to be looked up.
func (s *Store) failed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Failures++
}

// watch keeps an eye on what other processes commit.
func (s *Store) watch(ctx context.Context, poll time.Duration) {
	for {
		err := s.listen(ctx, poll)
		if ctx.Err() != nil {
			return
		}
		s.log.WarnContext(ctx, "watching the log failed; trying again", "error", err)
		select {
		case <-time.After(poll):
		case <-ctx.Done():
			return
		}
	}
}

// listen follows the notifications, and reads the head when there is none for a while: notifications may be lost.
func (s *Store) listen(ctx context.Context, poll time.Duration) error {
	config := s.pool.Config().ConnConfig
	config.RuntimeParams["application_name"] = "andu watcher"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, `listen andu_log`); err != nil {
		return err
	}
	for {
		var head eventstore.Position
		if err := conn.QueryRow(ctx, lastPosition).Scan(&head); err != nil {
			return err
		}
		for err == nil {
			s.mu.Lock()
			s.see(head)
			s.mu.Unlock()
			head, err = notified(ctx, conn, poll)
		}
		if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
			return err
		}
		err = nil
	}
}

// notified waits for the next position that is told.
func notified(ctx context.Context, conn *pgx.Conn, atMost time.Duration) (eventstore.Position, error) {
	ctx, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	n, err := conn.WaitForNotification(ctx)
	if err != nil {
		return 0, err
	}
	position, err := strconv.ParseInt(n.Payload, 10, 64)
	return eventstore.Position(position), err
}
