// Package storetest is the contract of the log as tests: every engine passes all of them. They ask only for what both
// PostgreSQL and EventStoreDB promise: positions are ordered but may have gaps, event ids are unique only where an
// append is repeated, and the log may hold events from before the test, while nobody else writes to it.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"andu/domain"
	"andu/eventstore"
)

// Engine holds one log.
type Engine interface {
	// Open opens the log. What an earlier call opened is ended first, as by a restart of the process. The engine ends
	// the last one when the test ends.
	Open(t *testing.T) eventstore.Store
}

// patience is how long a test waits for what must come at once.
const patience = 30 * time.Second

// Run runs the suite; fresh makes an engine for each test.
func Run(t *testing.T, fresh func(t *testing.T) Engine) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, b *bench)
	}{
		{"events stand in the order they were appended", ordered},
		{"an append is made at the exact revision or not at all", exactRevision},
		{"a repeated append is answered with its place", repeated},
		{"an id is no key beyond its append", sameIDElsewhere},
		{"a record over the limit is refused with all of its append", tooLarge},
		{"an append of nothing is refused", empty},
		{"a stream is read from a revision on", readFrom},
		{"header and payload are kept byte for byte", kept},
		{"recorded_at never decreases along the log", recordedAt},
		{"pages of any size are continuous", pages},
		{"a subscription sees what was and what comes", subscribe},
		{"a subscription behind the end of the log fails", subscribeBehindTheEnd},
		{"a cancelled subscription ends without an error", cancelled},
		{"many subscribers see the same", manySubscribers},
		{"writers of one stream take turns", oneStream},
		{"writers of many streams lose and double nothing", manyStreams},
		{"a log opened again holds all", reopened},
	} {
		t.Run(c.name, func(t *testing.T) {
			engine := fresh(t)
			b := &bench{T: t, engine: engine, store: engine.Open(t)}
			b.start = b.head()
			c.test(t, b)
			b.check()
		})
	}
}

// Event gives a new event with every field of its header set and a plain payload.
func Event() eventstore.Event {
	payload := []byte(`{"title":"关于2026年春节放假的通知","copies":3}`)
	return eventstore.Event{
		Header: domain.Header{
			V: 1, ID: uuid.NewString(), Type: "paper.noted", TypeVersion: 2, Office: "office-1",
			Command: uuid.NewString(), Fingerprint: "9f86d081884c7d65", Causation: uuid.NewString(), Correlation: uuid.NewString(),
			Actor:    domain.Actor{Person: "person-7", Post: "post-机要秘书", Delegation: "delegation-3"},
			Terminal: "terminal-1", Clock: "server", Zone: "Asia/Shanghai", Policy: 4, Calendar: 2,
			OccurredAt: domain.At(time.Date(2026, 2, 9, 8, 30, 0, 123456789, time.UTC)),
			ReceivedAt: domain.At(time.Date(2026, 2, 9, 8, 30, 1, 0, time.UTC)),
			Reads:      []domain.Read{{Stream: "post-机要秘书", Revision: 12}, {Stream: "scope-1", Revision: -1}},
			Corrects:   uuid.NewString(), Class: domain.Internal,
			Payload: domain.PayloadField{Length: len(payload)},
		},
		Payload: payload,
	}
}

// Events gives n of them.
func Events(n int) []eventstore.Event {
	events := make([]eventstore.Event, n)
	for i := range events {
		events[i] = Event()
	}
	return events
}

// bench is one test's log: where it began, and what was acknowledged since.
type bench struct {
	*testing.T
	engine Engine
	store  eventstore.Store
	start  eventstore.Position

	mu    sync.Mutex
	acked []eventstore.Record
}

// append appends and remembers what was acknowledged.
func (b *bench) append(stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	done, err := b.store.Append(b.Context(), stream, expected, events...)
	if err == nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.acked = append(b.acked, done.Records...)
	}
	return done, err
}

// must is append that has to succeed.
func (b *bench) must(stream string, expected int64, events ...eventstore.Event) eventstore.Appended {
	b.Helper()
	done, err := b.append(stream, expected, events...)
	if err != nil {
		b.Fatalf("append %d events to %s behind %d: %v", len(events), stream, expected, err)
	}
	if len(done.Records) != len(events) {
		b.Fatalf("append answered with %d records for %d events", len(done.Records), len(events))
	}
	last := done.Records[len(events)-1]
	if done.Position != last.Position || done.Revision != last.Header.Revision || done.Revision != expected+int64(len(events)) {
		b.Fatalf("append answered with position %d, revision %d; its last record is at %d, %d; want revision %d",
			done.Position, done.Revision, last.Position, last.Header.Revision, expected+int64(len(events)))
	}
	return done
}

// conflict is append that has to fail at this revision.
func (b *bench) conflict(actual int64, stream string, expected int64, events ...eventstore.Event) {
	b.Helper()
	_, err := b.append(stream, expected, events...)
	var conflict *eventstore.ErrConflict
	if !errors.As(err, &conflict) {
		b.Fatalf("append to %s behind %d: %v, want a conflict", stream, expected, err)
	}
	if want := (eventstore.ErrConflict{Stream: stream, Expected: expected, Actual: actual}); *conflict != want {
		b.Fatalf("conflict %+v, want %+v", *conflict, want)
	}
}

func (b *bench) head() eventstore.Position {
	b.Helper()
	head, err := b.store.Head(b.Context())
	if err != nil {
		b.Fatalf("head: %v", err)
	}
	return head
}

func (b *bench) read(stream string, from int64) []eventstore.Record {
	b.Helper()
	records, err := b.store.Read(b.Context(), stream, from)
	if err != nil {
		b.Fatalf("read %s from %d: %v", stream, from, err)
	}
	return records
}

// all reads the log behind a position in pages.
func (b *bench) all(after eventstore.Position, limit int) []eventstore.Record {
	b.Helper()
	var records []eventstore.Record
	for {
		page, err := b.store.ReadAll(b.Context(), after, limit)
		if err != nil {
			b.Fatalf("read behind %d: %v", after, err)
		}
		b.continuous(page, after, limit)
		if len(page.Records) == 0 {
			return records
		}
		records = append(records, page.Records...)
		after = page.Last()
	}
}

// continuous checks one page against the position it was asked for.
func (b *bench) continuous(page eventstore.Page, after eventstore.Position, limit int) {
	b.Helper()
	if page.Prev != after || len(page.Records) > limit {
		b.Fatalf("page of %d behind %d, want at most %d behind %d", len(page.Records), page.Prev, limit, after)
	}
	for _, r := range page.Records {
		if r.Position <= after {
			b.Fatalf("position %d follows %d", r.Position, after)
		}
		after = r.Position
	}
}

// follow reads n events of a subscription behind a position.
func (b *bench) follow(after eventstore.Position, limit, n int) ([]eventstore.Record, error) {
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	var records []eventstore.Record
	for page, err := range b.store.Subscribe(ctx, after, limit) {
		if err != nil {
			return records, err
		}
		if page.Prev != after || len(page.Records) < 1 || len(page.Records) > limit {
			return records, fmt.Errorf("page of %d behind %d, want 1 to %d behind %d", len(page.Records), page.Prev, limit, after)
		}
		records = append(records, page.Records...)
		if after = page.Last(); len(records) >= n {
			return records, nil
		}
	}
	return records, fmt.Errorf("the subscription ended after %d events, want %d", len(records), n)
}

// check verifies the whole log of the test: it holds what was acknowledged, byte for byte, once, and nothing else; every
// stream is without a hole and in the order of the log.
func (b *bench) check() {
	b.Helper()
	if b.Failed() {
		return
	}
	log := b.all(b.start, 1000)
	acked := map[eventstore.Position]eventstore.Record{}
	for _, r := range b.acked { // repeats were acknowledged twice
		acked[r.Position] = r
	}
	next := map[string]int64{}
	for _, r := range log {
		decoded, err := eventstore.Decode(r.Position, r.Raw)
		if err != nil {
			b.Fatal(err)
		}
		b.same("record and its bytes", []eventstore.Record{r}, []eventstore.Record{decoded})
		b.same("acknowledged and stored", []eventstore.Record{acked[r.Position]}, []eventstore.Record{r})
		if r.Header.Revision != next[r.Header.Stream] {
			b.Fatalf("revision %d of %s at position %d, want %d", r.Header.Revision, r.Header.Stream, r.Position, next[r.Header.Stream])
		}
		next[r.Header.Stream]++
	}
	if len(log) != len(acked) {
		b.Fatalf("%d events in the log, %d acknowledged", len(log), len(acked))
	}
	for stream := range next {
		want := slices.DeleteFunc(slices.Clone(log), func(r eventstore.Record) bool { return r.Header.Stream != stream })
		b.same("stream "+stream, want, b.read(stream, 0))
	}
	if len(log) > 0 && b.head() != log[len(log)-1].Position {
		b.Fatalf("head %d, last event at %d", b.head(), log[len(log)-1].Position)
	}
}

func (b *bench) same(what string, want, got []eventstore.Record) {
	b.Helper()
	if !slices.EqualFunc(want, got, equal) {
		b.Fatalf("%s (-want +got):\n%s", what, cmp.Diff(want, got))
	}
}

// equal is equality of all fields; cmp, which tells the difference, is too slow for whole logs.
func equal(one, two eventstore.Record) bool {
	return one.Position == two.Position && bytes.Equal(one.Raw, two.Raw) && bytes.Equal(one.Payload, two.Payload) &&
		reflect.DeepEqual(one.Header, two.Header)
}

func stream() string { return "paper-" + uuid.NewString() }

func ordered(t *testing.T, b *bench) {
	one, two := stream(), stream()
	var want []eventstore.Record
	for i := range int64(3) {
		want = append(want, b.must(one, 2*i-1, Events(2)...).Records...)
		want = append(want, b.must(two, i-1, Event()).Records...)
	}
	b.same("the log", want, b.all(b.start, 100))
}

func exactRevision(t *testing.T, b *bench) {
	s := stream()
	for _, expected := range []int64{0, 5} {
		b.conflict(eventstore.NoStream, s, expected, Event())
	}
	b.must(s, eventstore.NoStream, Event())
	b.must(s, 0, Events(3)...)
	for _, expected := range []int64{eventstore.NoStream, 0, 2, 4, 100} {
		b.conflict(3, s, expected, Event())
	}
	b.must(s, 3, Event())
	if _, err := b.append(s, -2, Event()); err == nil {
		t.Error("an append behind revision -2 was taken")
	}
}

func repeated(t *testing.T, b *bench) {
	s, first, then := stream(), Events(3), Events(2)
	one := b.must(s, eventstore.NoStream, first...)
	b.same("repeated at once", one.Records, b.must(s, eventstore.NoStream, first...).Records)
	two := b.must(s, 2, then...)
	b.same("repeated later", one.Records, b.must(s, eventstore.NoStream, first...).Records)
	b.same("the second repeated", two.Records, b.must(s, 2, then...).Records)
	b.same("the beginning", one.Records[:2], b.must(s, eventstore.NoStream, first[:2]...).Records)
	b.same("both as one", append(slices.Clone(one.Records), two.Records...), b.must(s, eventstore.NoStream, slices.Concat(first, then)...).Records)

	b.conflict(4, s, eventstore.NoStream, first[0], Event(), first[2])
	b.conflict(4, s, eventstore.NoStream, first[1], first[0])
	b.conflict(4, s, 2, then[0], then[1], Event())
	b.conflict(4, s, 1, then...)
	b.store = b.engine.Open(t)
	b.same("repeated after a restart", one.Records, b.must(s, eventstore.NoStream, first...).Records)
}

func sameIDElsewhere(t *testing.T, b *bench) {
	e := Event()
	b.must(stream(), eventstore.NoStream, e)
	b.must(stream(), eventstore.NoStream, e)
}

func tooLarge(t *testing.T, b *bench) {
	s, large, fits := stream(), Event(), Event()
	large.Payload = bytes.Repeat([]byte{'x'}, eventstore.MaxRecord)
	if _, err := b.append(s, eventstore.NoStream, Event(), large); !errors.Is(err, eventstore.ErrTooLarge) {
		t.Errorf("a record over the limit: %v, want ErrTooLarge", err)
	}
	if got := b.read(s, 0); len(got) != 0 {
		t.Errorf("%d events of a refused append are in the stream", len(got))
	}
	probe := b.must(s, eventstore.NoStream, fits).Records[0]
	fits.Header.ID = uuid.NewString()
	fits.Payload = bytes.Repeat([]byte{'x'}, eventstore.MaxRecord-(len(probe.Raw)-len(probe.Payload)))
	b.must(s, 0, fits)
}

func empty(t *testing.T, b *bench) {
	if _, err := b.append(stream(), eventstore.NoStream); err == nil {
		t.Error("an append of no events was taken")
	}
	if _, err := b.append("", eventstore.NoStream, Event()); err == nil {
		t.Error("an append to a stream without a name was taken")
	}
}

func readFrom(t *testing.T, b *bench) {
	s := stream()
	if got := b.read(s, 0); len(got) != 0 {
		t.Errorf("a stream that is not there has %d events", len(got))
	}
	want := b.must(s, eventstore.NoStream, Events(5)...).Records
	for from := range int64(7) {
		b.same(fmt.Sprint("from ", from), want[min(from, 5):], append([]eventstore.Record{}, b.read(s, from)...))
	}
}

func kept(t *testing.T, b *bench) {
	s, bare, sealed := stream(), Event(), Event()
	bare.Header = domain.Header{V: 1, ID: uuid.NewString(), Type: "paper.noted", TypeVersion: 1, Command: uuid.NewString(),
		Actor: domain.Actor{Person: domain.System}, OccurredAt: bare.Header.OccurredAt, ReceivedAt: bare.Header.ReceivedAt}
	bare.Payload = nil
	sealed.Payload = []byte{0, 1, 0xff, 0xfe, '\n', '"', 0} // what encryption gives is no text
	sealed.Header.Payload = domain.PayloadField{Cipher: "A256GCM", Key: "paper-1", Commitment: "00ff", Length: 7}
	sealed.Header.Terminal = "<&>\u2028\"recorded_at\":\"\\\x01"
	want := []eventstore.Event{Event(), bare, sealed}
	b.must(s, eventstore.NoStream, want...)
	for i, r := range b.read(s, 0) {
		want[i].Header.Stream, want[i].Header.Revision, want[i].Header.RecordedAt = s, int64(i), r.Header.RecordedAt
		raw, err := eventstore.Encode(want[i].Header, want[i].Payload)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(raw, r.Raw) {
			t.Errorf("stored\n%q, want\n%q", r.Raw, raw)
		}
	}
}

func recordedAt(t *testing.T, b *bench) {
	one, two := stream(), stream()
	for i := range int64(20) {
		b.must(one, i-1, Event())
		b.must(two, i-1, Event())
	}
	var last domain.Instant
	for _, r := range b.all(b.start, 7) {
		if at := r.Header.RecordedAt; at.IsZero() || at.Before(last.Time) {
			t.Fatalf("recorded at %v after %v", at, last)
		}
		last = r.Header.RecordedAt
	}
}

func pages(t *testing.T, b *bench) {
	var want []eventstore.Record
	for range 10 {
		want = append(want, b.must(stream(), eventstore.NoStream, Events(3)...).Records...)
	}
	for _, limit := range []int{1, 2, 7, 29, 30, 31, 2048} {
		b.same(fmt.Sprint("in pages of ", limit), want, b.all(b.start, limit))
	}
	if _, err := b.store.ReadAll(t.Context(), b.start, 0); err == nil {
		t.Error("a page of no events was given")
	}
	if log := b.all(eventstore.Before, 1000); len(log) < len(want) {
		t.Errorf("%d events in the log, want at least %d", len(log), len(want))
	}
}

func subscribe(t *testing.T, b *bench) {
	s := stream()
	want := b.must(s, eventstore.NoStream, Events(10)...).Records
	for _, from := range []int{0, 3, 8} { // the event subscribed from is not given again
		got, err := b.follow(want[from].Position, 4, 9-from)
		if err != nil {
			t.Fatal(err)
		}
		b.same(fmt.Sprint("behind event ", from), want[from+1:], got)
	}
	type result struct {
		records []eventstore.Record
		err     error
	}
	results := make(chan result)
	go func() {
		got, err := b.follow(b.start, 4, 20)
		results <- result{got, err}
	}()
	for i := range int64(10) {
		want = append(want, b.must(s, 9+i, Event()).Records...)
	}
	r := <-results
	if r.err != nil {
		t.Fatal(r.err)
	}
	b.same("what was and what came", want, r.records)
	for page, err := range b.store.Subscribe(t.Context(), eventstore.Before, 3) {
		if err != nil || page.Prev != eventstore.Before {
			t.Errorf("subscribed from before the first: page behind %d, %v", page.Prev, err)
		}
		break
	}
}

func subscribeBehindTheEnd(t *testing.T, b *bench) {
	b.must(stream(), eventstore.NoStream, Event())
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for page, err := range b.store.Subscribe(ctx, b.head()+1_000_000, 10) {
		if err == nil {
			t.Fatalf("a page of %d events from behind the end of the log", len(page.Records))
		}
		return
	}
	t.Error("the subscription said nothing")
}

func cancelled(t *testing.T, b *bench) {
	last := b.must(stream(), eventstore.NoStream, Event()).Position
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		for page, err := range b.store.Subscribe(ctx, b.start, 10) {
			if err != nil || page.Last() != last {
				ended <- fmt.Errorf("page up to %d, %w", page.Last(), err)
				return
			}
			cancel() // it would wait now
		}
		ended <- nil
	}()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("the subscription did not end")
	}
	for range b.store.Subscribe(ctx, b.start, 10) {
		t.Error("a subscription under an ended context gave something")
	}
}

func manySubscribers(t *testing.T, b *bench) {
	const subscribers, events = 16, 40
	var group sync.WaitGroup
	got := make([][]eventstore.Record, subscribers)
	for i := range subscribers {
		group.Go(func() {
			var err error
			if got[i], err = b.follow(b.start, 1+i, events); err != nil {
				t.Errorf("subscriber %d: %v", i, err)
			}
		})
	}
	s := stream()
	for i := range int64(events) {
		b.must(s, i-1, Event())
	}
	group.Wait()
	want := b.read(s, 0)
	for i := range got {
		if !t.Failed() {
			b.same(fmt.Sprint("subscriber ", i), want, got[i])
		}
	}
}

func oneStream(t *testing.T, b *bench) {
	const writers, each = 16, 12
	s := stream()
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			at := eventstore.NoStream
			for written := 0; written < each; {
				done, err := b.append(s, at, Event())
				var conflict *eventstore.ErrConflict
				switch {
				case err == nil:
					at = done.Revision
					written++
				case errors.As(err, &conflict) && conflict.Actual > at:
					at = conflict.Actual
				default:
					t.Errorf("append behind %d: %v", at, err)
					return
				}
			}
		})
	}
	group.Wait()
	if got := len(b.read(s, 0)); got != writers*each {
		t.Errorf("%d events in the stream, want %d", got, writers*each)
	}
}

func manyStreams(t *testing.T, b *bench) {
	const writers, each = 16, 25
	live := make(chan error)
	go func() {
		_, err := b.follow(b.start, 100, writers*each*2)
		live <- err
	}()
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			s := stream()
			for i := range int64(each) {
				events := Events(2)
				if _, err := b.append(s, 2*i-1, events...); err != nil {
					t.Errorf("append: %v", err)
					return
				}
				if i%5 == 0 {
					if _, err := b.append(s, 2*i-1, events...); err != nil {
						t.Errorf("append again: %v", err)
						return
					}
				}
			}
		})
	}
	group.Wait()
	if err := <-live; err != nil {
		t.Error(err)
	}
}

func reopened(t *testing.T, b *bench) {
	s, id := stream(), b.store.LogID()
	want := b.must(s, eventstore.NoStream, Events(4)...).Records
	head := b.head()
	b.store = b.engine.Open(t)
	if b.store.LogID() != id || b.head() != head {
		t.Errorf("opened again: log %s with head %d, want %s with %d", b.store.LogID(), b.head(), id, head)
	}
	b.same("the log opened again", want, b.all(b.start, 3))
	b.conflict(3, s, 2, Event())
	want = append(want, b.must(s, 3, Event()).Records...)
	got, err := b.follow(b.start, 10, 5)
	if err != nil {
		t.Fatal(err)
	}
	b.same("followed", want, got)
}
