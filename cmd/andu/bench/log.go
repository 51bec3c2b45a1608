package bench

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"

	"andu/domain"
	"andu/eventstore"
	"andu/eventstore/postgres"
)

// The targets of the log.
var (
	appends    = Target{Must: 2, Aim: 4}
	absolute   = Target{Must: 25_000, Aim: 50_000, OfValue: true}
	waiting    = Target{Must: 0.5, Aim: 0.2, AtMost: true}
	openLoop   = Target{Must: 6, Aim: 3, AtMost: true, OfValue: true}
	bulk       = Target{Must: 0.5, Aim: 0.7}
	treeCost   = Target{Must: 0.10, Aim: 0.05, AtMost: true, OfValue: true}
	replaySeen = Target{Must: 0.5, Aim: 0.8}
)

// noted is when every event of a benchmark happened.
var noted = domain.At(time.Date(2026, 4, 15, 0, 14, 0, 0, time.UTC))

// event has a payload of 500 bytes and the header of a sign-in.
func event() eventstore.Event {
	payload := bytes.Repeat([]byte("0123456789"), 50)
	return eventstore.Event{Payload: payload, Header: domain.Header{V: 1, ID: uuid.NewString(), Type: "bench.noted", TypeVersion: 1, Office: "office-1",
		Command: uuid.NewString(), Actor: domain.Actor{Person: "person-1", Post: "clerk"}, OccurredAt: noted, ReceivedAt: noted, Clock: "server", Zone: "Asia/Shanghai",
		Payload: domain.PayloadField{Length: len(payload)}}}
}

// row is an event as the raw inserts write it.
func row(position int64, stream string, revision int64) (record, leaf []byte, err error) {
	e := event()
	e.Header.Stream, e.Header.Revision, e.Header.RecordedAt = stream, revision, e.Header.OccurredAt
	record, err = eventstore.Encode(e.Header, e.Payload)
	sum := eventstore.Leaf(record)
	return record, sum[:], err
}

const slim = `create table slim (position bigint primary key, record bytea not null); grant select, insert on slim to public`

// Log measures appends, bulk and replay, each with the raw limit of the same run.
func (r *Run) Log(ctx context.Context) error {
	r.raw = map[string]float64{}
	if r.Wants("R1", "appends-256", "append-p99-64") {
		if err := r.inserts(ctx); err != nil {
			return err
		}
	}
	if r.Wants("R0", "bulk-1000", "S0", "replay-verify") {
		if err := r.copies(ctx); err != nil {
			return err
		}
	}
	if r.Wants("appends-256", "tree-cost") {
		many, err := median(r, func() (appended, error) { return r.append(ctx, 256, 1) }, func(a appended) float64 { return a.perSecond() })
		if err != nil {
			return err
		}
		r.Add(appends.Judge("appends-256", "events/s", many.perSecond(), r.raw["R1"]))
		r.Add(absolute.Judge("appends-256-absolute", "events/s", many.perSecond(), 0))
		r.Add(Figure{Name: "appends-256-p50", Unit: "ms", Value: ms(many.p50)})
		r.Add(Figure{Name: "appends-256-p99", Unit: "ms", Value: ms(many.p99)})
		r.Add(Figure{Name: "appends-256-p99.9", Unit: "ms", Value: ms(many.p999)})
		r.Add(Figure{Name: "appends-256-longest", Unit: "ms", Value: ms(many.max)})
		r.Add(Figure{Name: "events-in-a-batch", Unit: "events", Value: many.batch})
		r.Add(treeCost.Judge("tree-cost", "of time", hashing(int(many.batch))*many.perSecond(), 0))
	}
	if r.Wants("append-p99-64") {
		few, err := median(r, func() (appended, error) { return r.append(ctx, 64, 1) }, func(a appended) float64 { return float64(a.p99) })
		if err != nil {
			return err
		}
		r.Add(waiting.Judge("append-p99-64", "ms", ms(few.p99), r.raw["R1-64-p99"]))
		r.Add(Figure{Name: "appends-64", Unit: "events/s", Value: few.perSecond(), Base: r.raw["R1"], Ratio: few.perSecond() / r.raw["R1"]})
	}
	if r.Wants("open-loop-5000-p99") {
		paced, err := median(r, func() (rate, error) { return r.paced(ctx, 5000) }, func(p rate) float64 { return float64(p.p99) })
		if err != nil {
			return err
		}
		r.Add(openLoop.Judge("open-loop-5000-p99", "ms", ms(paced.p99), 0))
		r.Add(Figure{Name: "open-loop-5000-p50", Unit: "ms", Value: ms(paced.p50)})
		r.Add(Figure{Name: "open-loop-5000-p99.9", Unit: "ms", Value: ms(paced.p999)})
	}
	if r.Wants("bulk-1000", "replay-verify") {
		var replays []float64
		one, err := median(r, func() (appended, error) {
			a, err := r.append(ctx, 4, 1000)
			replays = append(replays, a.replay)
			return a, err
		}, func(a appended) float64 { return a.perSecond() })
		if err != nil {
			return err
		}
		slices.Sort(replays)
		r.Add(bulk.Judge("bulk-1000", "events/s", one.perSecond(), r.raw["R0"]))
		r.Add(replaySeen.Judge("replay-verify", "events/s", replays[len(replays)/2], r.raw["S0"]))
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// inserts is R1: one INSERT in each transaction.
func (r *Run) inserts(ctx context.Context) error {
	for _, table := range []string{"log.event", "slim"} {
		best := 0.0
		for _, clients := range []int{1, 8, 32, 64} {
			r.Say(fmt.Sprintf("R1: INSERT into %s, %d clients", table, clients))
			var waits []float64
			got, err := median(r, func() (rate, error) {
				one, err := r.insert(ctx, table, clients)
				waits = append(waits, ms(one.p99))
				return one, err
			}, rate.perSecond)
			if err != nil {
				return err
			}
			best = max(best, got.perSecond())
			if clients < 64 {
				continue
			}
			slices.Sort(waits)
			r.Add(Figure{Name: "R1-64-p99 " + table, Unit: "ms", Value: waits[len(waits)/2]})
			if table == "log.event" {
				r.raw["R1-64-p99"] = waits[len(waits)/2]
			}
		}
		r.Add(Figure{Name: "R1 " + table, Unit: "events/s", Value: best})
		if table == "log.event" {
			r.raw["R1"] = best
		}
	}
	return nil
}

func (r *Run) insert(ctx context.Context, table string, clients int) (rate, error) {
	d, drop, err := r.New(ctx)
	if err != nil {
		return rate{}, err
	}
	defer drop()
	if err := exec(ctx, d.OwnerURL, slim); err != nil {
		return rate{}, err
	}
	var next atomic.Int64
	next.Store(-1)
	got, err := r.closed(clients, func(client int) (func() (int, error), func(), error) {
		conn, err := pgx.Connect(ctx, d.ServerURL)
		if err != nil {
			return nil, nil, err
		}
		stream, revision := fmt.Sprintf("bench-%d", client), int64(-1)
		return func() (int, error) {
			position := next.Add(1)
			revision++
			record, leaf, err := row(position, stream, revision)
			if err != nil {
				return 0, err
			}
			if table == "slim" {
				_, err = conn.Exec(ctx, `insert into slim values ($1, $2)`, position, record)
			} else {
				_, err = conn.Exec(ctx, `insert into log.event (position, record, leaf, stream, revision) values ($1, $2, $3, $4, $5)`, position, record, leaf, stream, revision)
			}
			return 1, err
		}, func() { conn.Close(ctx) }, nil
	})
	if err != nil {
		return rate{}, err
	}
	return got, counted(ctx, d, table, int64(got.events))
}

// counted looks whether a raw table holds what was written into it, at positions without a gap.
func counted(ctx context.Context, d Database, table string, written int64) error {
	conn, err := pgx.Connect(ctx, d.ServerURL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var rows, span int64
	if err := conn.QueryRow(ctx, `select count(*), max(position) - min(position) + 1 from `+table).Scan(&rows, &span); err != nil {
		return err
	}
	if rows != written || span != written {
		return fmt.Errorf("%w: %d rows were written into %s; it holds %d over %d positions", ErrWrong, written, table, rows, span)
	}
	return nil
}

// closed lets clients work that each wait for their answer before they ask again.
func (r *Run) closed(clients int, client func(i int) (do func() (events int, err error), leave func(), err error)) (rate, error) {
	var group sync.WaitGroup
	waits, events, errs := make([][]time.Duration, clients), make([]int, clients), make([]error, clients)
	ready, begin := make(chan struct{}, clients), make(chan struct{})
	var until time.Time
	for i := range clients {
		group.Go(func() {
			do, leave, err := client(i)
			ready <- struct{}{}
			<-begin
			if errs[i] = err; err != nil {
				return
			}
			defer leave()
			for began := time.Now(); began.Before(until); {
				n, err := do()
				if err != nil {
					errs[i] = err
					return
				}
				now := time.Now()
				waits[i], events[i], began = append(waits[i], now.Sub(began)), events[i]+n, now
			}
		})
	}
	for range clients {
		<-ready
	}
	began := time.Now()
	until = began.Add(r.Span)
	close(begin)
	group.Wait()
	took := time.Since(began)
	var all []time.Duration
	total := 0
	for i := range clients {
		if errs[i] != nil {
			return rate{}, errs[i]
		}
		all, total = append(all, waits[i]...), total+events[i]
	}
	return rateOf(all, total, took), nil
}

// copies is R0, binary COPY of 1,000 rows in each transaction on one connection, and S0, a paged read of 5,000 rows.
func (r *Run) copies(ctx context.Context) error {
	for _, table := range []string{"log.event", "slim"} {
		r.Say("R0: COPY into " + table)
		d, drop, err := r.New(ctx)
		if err != nil {
			return err
		}
		if err := r.copy(ctx, d, table); err != nil {
			drop()
			return err
		}
		drop()
	}
	return nil
}

func (r *Run) copy(ctx context.Context, d Database, table string) error {
	if err := exec(ctx, d.OwnerURL, slim); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, d.ServerURL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	columns, name := []string{"position", "record", "leaf", "stream", "revision"}, pgx.Identifier{"log", "event"}
	if table == "slim" {
		columns, name = columns[:2], pgx.Identifier{"slim"}
	}
	next, written := int64(-1), int64(0)
	var rows [][]any // what the rows cost to make is no part of the limit
	for range 1000 {
		next++
		record, leaf, err := row(next, "bench-1", next)
		if err != nil {
			return err
		}
		rows = append(rows, []any{next, record, leaf, "bench-1", next}[:len(columns)])
	}
	got, err := median(r, func() (rate, error) {
		return r.closed(1, func(int) (func() (int, error), func(), error) {
			return func() (int, error) {
				n, err := conn.CopyFrom(ctx, name, columns, pgx.CopyFromRows(rows))
				written += n
				for _, row := range rows {
					next++
					row[0] = next
					if len(row) > 2 {
						row[4] = next
					}
				}
				return int(n), err
			}, func() {}, nil
		})
	}, rate.perSecond)
	if err != nil {
		return err
	}
	if err := counted(ctx, d, table, written); err != nil {
		return err
	}
	r.Add(Figure{Name: "R0 " + table, Unit: "events/s", Value: got.perSecond()})
	if table == "slim" {
		return nil
	}
	r.raw["R0"] = got.perSecond()
	r.Say("S0: paged read of 5,000 rows")
	read, err := median(r, func() (rate, error) {
		began, n := time.Now(), 0
		for after := int64(-1); ; {
			rows, err := conn.Query(ctx, `select position, record from log.event where position > $1 order by position limit 5000`, after)
			if err != nil {
				return rate{}, err
			}
			page := 0
			for rows.Next() {
				if v := rows.RawValues(); len(v) == 2 && len(v[0]) == 8 {
					after = int64(binary.BigEndian.Uint64(v[0]))
				}
				page++
			}
			if rows.Err() != nil {
				return rate{}, rows.Err()
			}
			if n += page; page == 0 {
				if int64(n) != written {
					return rate{}, fmt.Errorf("%w: %d rows were written, %d read", ErrWrong, written, n)
				}
				return rate{events: n, took: time.Since(began)}, nil
			}
		}
	}, rate.perSecond)
	if err != nil {
		return err
	}
	r.raw["S0"] = read.perSecond()
	r.Add(Figure{Name: "S0 paged read", Unit: "events/s", Value: read.perSecond()})
	return nil
}

func exec(ctx context.Context, url, sql string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

// appended is a run of appends through the log.
type appended struct {
	rate
	batch  float64 // events in a batch, on average
	replay float64 // events/s of reading everything back with all hashes
}

// append lets callers append calls of so many events, each caller to a stream of its own, at the revision before.
func (r *Run) append(ctx context.Context, callers, events int) (a appended, err error) {
	r.Say(fmt.Sprintf("appends of %d events, %d callers", events, callers))
	d, drop, err := r.New(ctx)
	if err != nil {
		return a, err
	}
	defer drop()
	s, err := open(ctx, d)
	if err != nil {
		return a, err
	}
	defer s.Close()
	a.rate, err = r.closed(callers, func(int) (func() (int, error), func(), error) {
		stream, at := "bench-"+uuid.NewString(), eventstore.NoStream
		return func() (int, error) {
			list := make([]eventstore.Event, events)
			for i := range list {
				list[i] = event()
			}
			done, err := s.Append(ctx, stream, at, list...)
			at = done.Revision
			return events, err
		}, func() {}, nil
	})
	if err != nil {
		return a, err
	}
	stats := s.Stats()
	a.batch = float64(stats.Events) / float64(stats.Batches)
	a.replay, err = check(ctx, d, s, a.events)
	return a, err
}

// paced appends so many single events a second, whether or not earlier ones were answered: what one waited is counted
// from when it was due.
func (r *Run) paced(ctx context.Context, perSecond int) (rate, error) {
	r.Say(fmt.Sprintf("appends in an open loop, %d/s", perSecond))
	d, drop, err := r.New(ctx)
	if err != nil {
		return rate{}, err
	}
	defer drop()
	s, err := open(ctx, d)
	if err != nil {
		return rate{}, err
	}
	defer s.Close()
	total := int(r.Span.Seconds() * float64(perSecond))
	waits, errs := make([]time.Duration, total), make([]error, total)
	var group sync.WaitGroup
	began := time.Now()
	for i := range total {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(perSecond))
		if wait := time.Until(due); wait > 0 {
			time.Sleep(wait) // an open loop is paced by the clock
		}
		group.Go(func() {
			_, errs[i] = s.Append(ctx, "bench-"+uuid.NewString(), eventstore.NoStream, event())
			waits[i] = time.Since(due)
		})
	}
	group.Wait()
	took := time.Since(began)
	for _, err := range errs {
		if err != nil {
			return rate{}, err
		}
	}
	if _, err := check(ctx, d, s, total); err != nil {
		return rate{}, err
	}
	return rateOf(waits, total, took), nil
}

func open(ctx context.Context, d Database) (*postgres.Store, error) {
	return postgres.Open(ctx, postgres.Config{URL: d.ServerURL, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
}

// check reads the log back from its first event, as a replay does that trusts nothing: positions without a gap, revisions
// of every stream one after the other, every id once, every leaf and the root as in the head of the log. It gives how
// many events it read in a second.
func check(ctx context.Context, d Database, s *postgres.Store, acknowledged int) (perSecond float64, err error) {
	s.Close()
	read, err := postgres.Open(ctx, postgres.Config{URL: d.ServerURL, Now: time.Now, Logger: slog.New(slog.DiscardHandler), ReadOnly: true})
	if err != nil {
		return 0, err
	}
	defer read.Close()
	conn, err := pgx.Connect(ctx, d.ServerURL)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	var root []byte
	if err := conn.QueryRow(ctx, `select root from log.head`).Scan(&root); err != nil {
		return 0, err
	}
	return Verify(ctx, read, root, acknowledged)
}

// Verify is check over any log.
func Verify(ctx context.Context, log eventstore.Store, root []byte, acknowledged int) (perSecond float64, err error) {
	began := time.Now()
	tree := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	revisions, ids := map[string]int64{}, make(map[uuid.UUID]bool, acknowledged)
	n := 0
	ctx, stop := context.WithCancel(ctx)
	pages := make(chan eventstore.Page, 1)
	var failed error // final when pages is closed
	go func() {      // the next page is read while one is checked
		defer close(pages)
		for after := eventstore.Before; ; {
			page, err := log.ReadAll(ctx, after, 5000)
			if err != nil || len(page.Records) == 0 {
				failed = err
				return
			}
			select {
			case pages <- page:
				after = page.Last()
			case <-ctx.Done():
				return
			}
		}
	}()
	defer func() { // the reader uses the log until pages is closed
		stop()
		for range pages {
		}
	}()
	for page := range pages {
		for _, rec := range page.Records {
			h := rec.Header
			if at, ok := revisions[h.Stream]; ok && h.Revision != at+1 || !ok && h.Revision != 0 {
				return 0, fmt.Errorf("%w: %s@%d stands behind revision %d", ErrWrong, h.Stream, h.Revision, at)
			}
			revisions[h.Stream] = h.Revision
			id, err := uuid.Parse(h.ID)
			if err != nil || ids[id] {
				return 0, fmt.Errorf("%w: event %s is there twice, or has no id", ErrWrong, h.ID)
			}
			ids[id] = true
			leaf := eventstore.Leaf(rec.Raw)
			if err := tree.Append(leaf[:], nil); err != nil {
				return 0, err
			}
			n++
		}
		if int(page.Last()) != n-1 {
			return 0, fmt.Errorf("%w: %d events end at position %d", ErrWrong, n, page.Last())
		}
	}
	if failed != nil {
		return 0, failed
	}
	took := time.Since(began)
	if n != acknowledged {
		return 0, fmt.Errorf("%w: %d acknowledged, %d there", ErrWrong, acknowledged, n)
	}
	is, err := tree.GetRootHash(nil)
	if err != nil || !bytes.Equal(is, root) {
		return 0, fmt.Errorf("%w: the root of its tree is %x, its head says %x (%v)", ErrWrong, is, root, err)
	}
	return float64(n) / took.Seconds(), nil
}

// hashing is how many seconds the leaf, the tree and the root cost for one event in batches of that size, on one core.
func hashing(batch int) float64 {
	batch = max(1, batch)
	record, _, err := row(1, "bench-1", 1)
	if err != nil {
		return 0
	}
	tree := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	began, n := time.Now(), 0
	for time.Since(began) < 200*time.Millisecond {
		for range batch {
			leaf := eventstore.Leaf(record)
			_ = tree.Append(leaf[:], nil) // of a range that begins at 0
		}
		_, _ = tree.GetRootHash(nil)
		n += batch
	}
	return time.Since(began).Seconds() / float64(n)
}
