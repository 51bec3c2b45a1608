package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"

	"andu/domain"
	"andu/eventstore"
)

const (
	// A batch is closed by the append that brings it to one of these.
	batchEvents = 2048
	batchBytes  = 4 << 20
	// patience is how long a batch waits for the database to come back before its outcome is given up as unknown.
	patience = 5 * time.Second
	// ahead is how many events before the end of the last partition a new one is made.
	ahead = 1_000_000
	// application is the name of the leader's session in pg_stat_activity.
	application = "andu sequencer"
)

var (
	// errFenced ends the leadership: another process has taken it.
	errFenced = errors.New("another process leads the log")
	// errDamaged: what is in the database cannot be what was written.
	errDamaged = errors.New("the log is damaged")
)

// request is one append on its way through the sequencer.
type request struct {
	ctx      context.Context
	stream   string
	expected int64
	records  []eventstore.Record // position and recorded_at are set by the sequencer, the rest is final
	stamps   []int               // where recorded_at stands in each record's Raw
	size     int                 // bytes of all records

	done   chan struct{} // closed when the fields below are final
	actual int64         // revision that the stream had for this request; other than expected: nothing was written
	err    error
}

// stampForm is the stored form of recorded_at, which is as long for every instant.
const stampForm = "2006-01-02T15:04:05.000000Z"

// stampKey stands before recorded_at, and nowhere else in a header: inside a string its quotes would be escaped.
var stampKey = []byte(`"recorded_at":"`)

// newRequest encodes the events on the caller's goroutine. Only recorded_at, which is of fixed length, is left open.
func newRequest(ctx context.Context, stream string, expected int64, events []eventstore.Event) (*request, error) {
	r := &request{ctx: ctx, stream: stream, expected: expected, done: make(chan struct{}),
		records: make([]eventstore.Record, len(events)), stamps: make([]int, len(events))}
	for i, e := range events {
		h := e.Header
		h.Stream, h.Revision, h.RecordedAt = stream, expected+1+int64(i), domain.At(time.Unix(0, 0))
		h.OccurredAt, h.ReceivedAt = domain.At(h.OccurredAt.Time), domain.At(h.ReceivedAt.Time)
		if len(h.Reads) == 0 {
			h.Reads = nil
		}
		raw, err := eventstore.Encode(h, e.Payload)
		if err != nil {
			return nil, err
		}
		r.records[i] = eventstore.Record{Raw: raw, Header: h, Payload: raw[len(raw)-len(e.Payload):]}
		r.stamps[i] = bytes.Index(raw, stampKey) + len(stampKey)
		r.size += len(raw)
	}
	return r, nil
}

// head is the end of the log.
type head struct {
	last       eventstore.Position
	tree       *compact.Range
	recordedAt domain.Instant
}

var tree = &compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}

// batch is what one transaction writes, and the answers that hold when it is committed.
type batch struct {
	requests  []*request          // that get an answer by it, in order
	records   []eventstore.Record // that are written, in order
	leaves    [][32]byte          // of records
	revisions map[string]int64    // last revisions of the streams written to
	before    eventstore.Position // the end of the log before it
	head      head                // and after it
}

// decide gives every request its place behind the head, or the revision that it failed at. A request sees those before
// it in the batch. revisions holds the last revision of every stream of the requests.
func decide(requests []*request, revisions map[string]int64, at head, now time.Time) (*batch, error) {
	b := &batch{requests: requests, before: at.last, head: at, revisions: map[string]int64{}}
	if instant := domain.At(now); instant.After(at.recordedAt.Time) {
		b.head.recordedAt = instant
	}
	stamp := b.head.recordedAt.Format(stampForm)
	for _, r := range requests {
		r.actual = revisions[r.stream]
		if revision, ok := b.revisions[r.stream]; ok {
			r.actual = revision
		}
		if r.actual != r.expected {
			continue
		}
		for i := range r.records {
			record := &r.records[i]
			b.head.last++
			record.Position = b.head.last
			record.Header.RecordedAt = b.head.recordedAt
			copy(record.Raw[r.stamps[i]:], stamp)
			b.leaves = append(b.leaves, eventstore.Leaf(record.Raw))
		}
		b.records = append(b.records, r.records...)
		b.revisions[r.stream] = r.expected + int64(len(r.records))
	}
	var err error
	if b.head.tree, err = tree.NewRange(0, at.tree.End(), slices.Clone(at.tree.Hashes())); err != nil {
		return nil, err
	}
	for i := range b.leaves {
		if err := b.head.tree.Append(b.leaves[i][:], nil); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// sequencer is the one writer of the log. All fields are owned by its goroutine.
type sequencer struct {
	store  *Store
	config *pgx.ConnConfig
	now    func() time.Time
	log    *slog.Logger
	// loading: commits do not wait for the disk, see Config.
	loading bool

	conn    *pgx.Conn // nil: it does not lead, or has to take the lead again
	epoch   int64     // of its leadership, 0 before the first
	fenced  bool      // another process took the leadership: it never leads again
	head    head
	covered eventstore.Position // the first position without a partition
	known   revisions
	rows    []byte // reused by commit
}

// run writes batches until stop is closed. What is queued then is answered with ErrUnavailable.
func (s *sequencer) run(ctx context.Context, queue <-chan *request, stop <-chan struct{}) {
	defer s.leave()
	for {
		select {
		case <-stop:
			for {
				select {
				case r := <-queue:
					r.answer(fmt.Errorf("the log is closing: %w", eventstore.ErrUnavailable))
				default:
					return
				}
			}
		case r := <-queue:
			s.write(ctx, gather(r, queue))
		}
	}
}

// gather takes what is queued, and lets the callers run that the batch before has just answered: they have more. It waits
// for nobody: a caller alone is served at once.
func gather(first *request, queue <-chan *request) []*request {
	requests, events, size, yielded := []*request{first}, len(first.records), first.size, 0
	for events < batchEvents && size < batchBytes {
		select {
		case r := <-queue:
			requests, events, size = append(requests, r), events+len(r.records), size+r.size
		default:
			if yielded == len(requests) { // nobody came since
				return requests
			}
			yielded = len(requests)
			runtime.Gosched()
		}
	}
	return requests
}

// answer ends a request; with a nil error it got its place, or met the revision actual.
func (r *request) answer(err error) {
	r.err = err
	close(r.done)
}

// write answers all requests. A batch that failed and is known not to be in the log is tried once more.
func (s *sequencer) write(ctx context.Context, requests []*request) {
	requests = slices.DeleteFunc(requests, func(r *request) bool {
		if r.ctx.Err() != nil { // the caller is gone
			r.answer(r.ctx.Err())
			return true
		}
		return false
	})
	if len(requests) == 0 {
		return
	}
	began := time.Now()
	var err error
	for range 2 {
		if err = s.lead(ctx); err != nil {
			break
		}
		var b *batch
		if b, err = s.prepare(ctx, requests); err == nil {
			err = s.commit(ctx, b)
		}
		if err == nil {
			s.head = b.head
			s.finish(b, time.Since(began))
			return
		}
		s.log.WarnContext(ctx, "a batch of the log failed", "appends", len(requests), "error", err)
		s.store.failed()
		written, unsettled := s.settle(ctx, b)
		if written {
			s.finish(b, time.Since(began))
			return
		}
		if unsettled != nil {
			err = errors.Join(err, unsettled)
			break
		}
	}
	for _, r := range requests {
		r.answer(fmt.Errorf("%w: %w", eventstore.ErrUnavailable, err))
	}
}

// prepare asks for the streams that it does not know, and decides.
func (s *sequencer) prepare(ctx context.Context, requests []*request) (*batch, error) {
	revisions, unknown := map[string]int64{}, []string(nil)
	for _, r := range requests {
		if _, asked := revisions[r.stream]; asked {
			continue
		}
		revision, ok := s.known.get(r.stream)
		if !ok {
			revision = eventstore.NoStream
			unknown = append(unknown, r.stream)
		}
		revisions[r.stream] = revision
	}
	if len(unknown) > 0 {
		rows, _ := s.conn.Query(ctx, `select stream, revision from log.stream where stream = any($1)`, unknown)
		var stream string
		var revision int64
		if _, err := pgx.ForEachRow(rows, []any{&stream, &revision}, func() error {
			revisions[stream] = revision
			return nil
		}); err != nil {
			return nil, fmt.Errorf("ask for %d streams: %w", len(unknown), err)
		}
	}
	b, err := decide(requests, revisions, s.head, s.now())
	if err != nil {
		return nil, fmt.Errorf("add to the tree: %w", err)
	}
	for _, stream := range unknown {
		if revisions[stream] != eventstore.NoStream {
			s.known.put(stream, revisions[stream])
		}
	}
	if b.head.last+ahead >= s.covered {
		s.extend(ctx, b.head.last)
	}
	return b, nil
}

// extend makes partitions ahead of the events. When it fails the next batch tries again.
func (s *sequencer) extend(ctx context.Context, last eventstore.Position) {
	if err := s.conn.QueryRow(ctx, `select log.extend($1)`, last+ahead).Scan(&s.covered); err != nil {
		s.log.ErrorContext(ctx, "no new partition of the log could be made", "position", last, "covered", s.covered, "error", err)
	}
}

// commit writes the batch in one transaction and one round trip. After any error the outcome is unknown.
func (s *sequencer) commit(ctx context.Context, b *batch) error {
	if len(b.records) == 0 {
		return nil
	}
	root, err := b.head.tree.GetRootHash(nil)
	if err != nil {
		return fmt.Errorf("root of the tree: %w", err)
	}
	rows := append(s.rows[:0], "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	for i, r := range b.records {
		rows = binary.BigEndian.AppendUint16(rows, 5)
		rows = appendInt64(rows, int64(r.Position))
		rows = appendBytes(rows, r.Raw)
		rows = appendBytes(rows, b.leaves[i][:])
		rows = appendBytes(rows, r.Header.Stream)
		rows = appendInt64(rows, r.Header.Revision)
	}
	s.rows = binary.BigEndian.AppendUint16(rows, 0xffff)
	tag, err := s.conn.PgConn().CopyFrom(ctx, bytes.NewReader(s.rows), fmt.Sprintf(`
		begin isolation level read committed;
		copy log.event (position, record, leaf, stream, revision) from stdin (format binary);
		select log.advance(%d, %d, %d, decode('%x', 'hex'), decode('%x', 'hex'), '%s');
		commit`,
		b.before, b.head.last, s.epoch, root, bytes.Join(b.head.tree.Hashes(), nil), b.head.recordedAt.Format(stampForm)))
	if err != nil {
		return fmt.Errorf("commit %d events behind %d: %w", len(b.records), b.before, err)
	}
	if tag.String() != "COMMIT" {
		return fmt.Errorf("commit %d events behind %d: the server answered %q", len(b.records), b.before, tag)
	}
	return nil
}

func appendInt64(rows []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(rows, 8), uint64(n))
}

func appendBytes[T string | []byte](rows []byte, value T) []byte {
	return append(binary.BigEndian.AppendUint32(rows, uint32(len(value))), value...)
}

// finish makes a committed batch known and answers its requests.
func (s *sequencer) finish(b *batch, took time.Duration) {
	for stream, revision := range b.revisions {
		s.known.put(stream, revision)
	}
	s.store.committed(b, took)
	for _, r := range b.requests {
		r.answer(nil)
	}
}

// settle finds out what became of a failed batch. Only with a nil error is it known that nothing was written, and that
// this process leads. What pgx says about an error decides nothing: it calls some lost commits safe to retry.
//
// Once the head carries a new epoch, the transaction of the old one is committed or never will be, because it moves the
// same row: so the log is looked at after that.
func (s *sequencer) settle(ctx context.Context, b *batch) (written bool, err error) {
	s.leave()
	led := s.lead(ctx)
	if led != nil && !errors.Is(led, errFenced) {
		return false, led
	}
	if b == nil || len(b.records) == 0 {
		return false, led
	}
	rows, _ := s.store.pool.Query(ctx, `select leaf from log.event where position > $1 and position <= $2 order by position`, b.before, b.head.last)
	leaves, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return false, fmt.Errorf("look for the batch behind %d: %w", b.before, err)
	}
	same := slices.EqualFunc(leaves, b.leaves, func(stored []byte, leaf [32]byte) bool { return bytes.Equal(stored, leaf[:]) })
	if same {
		return true, nil
	}
	return false, led
}

// lead takes the leadership if this process does not hold it. While the database is away it tries for a while.
func (s *sequencer) lead(ctx context.Context) error {
	if s.conn != nil && !s.conn.IsClosed() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		if s.fenced {
			return errFenced
		}
		err := s.take(ctx)
		if err == nil {
			return nil
		}
		s.leave()
		if errors.Is(err, errFenced) {
			s.fenced = true
			s.log.ErrorContext(ctx, "another process took the lead of the log; this one appends no more", "epoch", s.epoch)
			return err
		}
		if errors.Is(err, errDamaged) {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return fmt.Errorf("take the lead of the log: %w", err)
		}
	}
}

// take tries once: it ends the session of the leader before, so that no transaction of it is under way, and counts the
// epoch on. After the first time it does so only if nobody else has led since.
func (s *sequencer) take(ctx context.Context) (err error) {
	s.leave()
	if s.conn, err = pgx.ConnectConfig(ctx, s.config); err != nil {
		return err
	}
	wait, unless := "on", []string{"on", "remote_write", "remote_apply"}
	if s.loading {
		wait, unless = "off", []string{"off"}
	}
	if _, err := s.conn.Exec(ctx, `
		select set_config('synchronous_commit', $1, false) where current_setting('synchronous_commit') <> all ($2)`, wait, unless); err != nil {
		return fmt.Errorf("say whether commits wait for the disk: %w", err)
	}
	if _, err := s.conn.Exec(ctx, `
		select pg_terminate_backend(a.pid, 5000) from log.head h join pg_stat_activity a on a.pid = h.backend
		where a.application_name = $1 and a.datname = current_database() and $2::bigint in (0, h.epoch)`, application, s.epoch); err != nil {
		return fmt.Errorf("end the leader before: %w", err)
	}
	var root, hashes []byte
	var recordedAt *time.Time
	at, epoch := head{}, int64(0)
	err = s.conn.QueryRow(ctx, `
		with head as (
			update log.head set epoch = epoch + 1, backend = pg_backend_pid() where $1::bigint in (0, epoch) returning *, ctid::text as place
		)
		select epoch, position, root, range, recorded_at from head where set_config('andu.head', place, false) <> ''`, s.epoch).Scan(&epoch, &at.last, &root, &hashes, &recordedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return errFenced
	}
	if err != nil {
		return err
	}
	s.epoch = epoch
	if recordedAt != nil {
		at.recordedAt = domain.At(*recordedAt)
	}
	if at.tree, err = tree.NewRange(0, uint64(at.last+1), slices.Collect(slices.Chunk(hashes, 32))); err != nil {
		return fmt.Errorf("%w: range of its tree: %w", errDamaged, err)
	}
	is, err := at.tree.GetRootHash(nil)
	if at.last == eventstore.Before {
		is = rfc6962.DefaultHasher.EmptyRoot()
	}
	if err != nil || !bytes.Equal(is, root) {
		return fmt.Errorf("%w: root %x, but the range of its tree gives %x (%v)", errDamaged, root, is, err)
	}
	// A statement of its own: the one above may have waited for a transaction whose events it does not see.
	var stored eventstore.Position
	if err := s.conn.QueryRow(ctx, lastPosition).Scan(&stored); err != nil {
		return err
	}
	if stored != at.last {
		return fmt.Errorf("%w: its head is at %d, its last event at %d", errDamaged, at.last, stored)
	}
	s.head, s.covered, s.known = at, 0, revisions{}
	return nil
}

// leave ends the session, if there is one.
func (s *sequencer) leave() {
	if s.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	s.conn.Close(ctx)
	s.conn = nil
}

// revisions remembers the last revisions of the streams used last, between one and two generations of them.
type revisions struct {
	young, old map[string]int64
	turn       int // counts the generations
}

const generation = 1 << 18

func (r *revisions) get(stream string) (int64, bool) {
	revision, ok := r.young[stream]
	if !ok {
		if revision, ok = r.old[stream]; ok {
			r.put(stream, revision)
		}
	}
	return revision, ok
}

func (r *revisions) put(stream string, revision int64) {
	if r.young == nil || len(r.young) >= generation {
		r.young, r.old, r.turn = make(map[string]int64), r.young, r.turn+1
	}
	r.young[stream] = revision
}
