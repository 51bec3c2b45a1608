package projections

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/go-cmp/cmp"

	"andu/eventstore"
)

// subscribe subscribes to a log in pages, from the position that open gives.
func subscribe(t *testing.T, c SubscriberConfig) (*Subscriber, <-chan *message.Message) {
	t.Helper()
	s := NewSubscriber(c)
	t.Cleanup(func() { s.Close() })
	out, err := s.Subscribe(t.Context(), "stock_v1")
	if err != nil {
		t.Fatal(err)
	}
	return s, out
}

func from(log eventstore.Store, after eventstore.Position) func(context.Context, string) (Term, error) {
	return func(ctx context.Context, _ string) (Term, error) { return Term{ctx, log, after}, nil }
}

func receive(t *testing.T, out <-chan *message.Message) *message.Message {
	t.Helper()
	select {
	case m, ok := <-out:
		if !ok {
			t.Fatal("the channel is closed")
		}
		return m
	case <-within(t).Done():
		t.Fatal("no message")
	}
	return nil
}

func number(t *testing.T, m *message.Message, key string) int {
	t.Helper()
	n, err := strconv.Atoi(m.Metadata.Get(key))
	if err != nil {
		t.Fatalf("metadata %s: %v", key, err)
	}
	return n
}

func TestPagesAreContiguous(t *testing.T) {
	t.Parallel()
	log := newLog(3000)
	for _, size := range []int{1, 7, 2048} {
		_, out := subscribe(t, SubscriberConfig{Open: from(log, 10), PageSize: size})
		at, count := 10, 0
		for at < 2999 {
			m := receive(t, out)
			page, ok := PageOf(m)
			if !ok || number(t, m, MetaPrev) != at || int(page.Prev) != at {
				t.Fatalf("page behind %v comes behind %d", m.Metadata, at)
			}
			if n := number(t, m, MetaCount); n != len(page.Records) || n < 1 || n > size {
				t.Fatalf("page of %d events, the message says %d", len(page.Records), n)
			}
			for _, r := range page.Records {
				if int(r.Position) != at+1 {
					t.Fatalf("event %d comes behind %d", r.Position, at)
				}
				at++
			}
			if number(t, m, MetaLast) != at {
				t.Fatalf("last event %d, the message says %v", at, m.Metadata)
			}
			count++
			m.Ack()
		}
		if want := (2989 + size - 1) / size; count != want {
			t.Errorf("%d messages of up to %d events, want %d", count, size, want)
		}
	}
}

func TestMessageOfOneEvent(t *testing.T) {
	t.Parallel()
	log := newLog(3)
	_, out := subscribe(t, SubscriberConfig{Open: from(log, 0), PageSize: 1})
	m := receive(t, out)
	page, err := log.ReadAll(t.Context(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	r := page.Records[0]
	want := message.Metadata{MetaPrev: "0", MetaLast: "1", MetaCount: "1", MetaStream: r.Header.Stream, MetaType: r.Header.Type}
	if d := cmp.Diff(want, m.Metadata); d != "" || m.UUID != r.Header.ID || string(m.Payload) != string(r.Payload) {
		t.Errorf("message %s %s\n%s", m.UUID, m.Payload, d)
	}
}

// TestNack: what is not acked comes again as a new message after the back-off, and nothing overtakes it.
func TestNack(t *testing.T) {
	t.Parallel()
	pauses := make(chan time.Duration, 10)
	_, out := subscribe(t, SubscriberConfig{Open: from(newLog(20), eventstore.Before), PageSize: 7, After: func(d time.Duration) <-chan time.Time {
		pauses <- d
		return time.After(0)
	}})
	first := receive(t, out)
	ctx := first.Context()
	first.Nack()
	<-ctx.Done()
	again := receive(t, out)
	if again == first || !again.Equals(first) {
		t.Errorf("sent again: %v, first %v", again, first)
	}
	again.Nack()
	third := receive(t, out)
	third.Ack()
	next := receive(t, out)
	if number(t, next, MetaPrev) != number(t, first, MetaLast) {
		t.Errorf("behind %v comes %v", first.Metadata, next.Metadata)
	}
	next.Nack() // a page that was acked ends the row of failures
	receive(t, out).Ack()
	if d := cmp.Diff([]time.Duration{50 * time.Millisecond, 100 * time.Millisecond, 50 * time.Millisecond}, []time.Duration{<-pauses, <-pauses, <-pauses}); d != "" {
		t.Error(d)
	}
}

func TestCloseWhileUnacked(t *testing.T) {
	t.Parallel()
	s, out := subscribe(t, SubscriberConfig{Open: from(newLog(20), eventstore.Before), PageSize: 7})
	m := receive(t, out)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if m.Context().Err() == nil {
		t.Error("the message's context goes on after Close")
	}
	if m, open := <-out; open {
		t.Errorf("after Close comes %v", m)
	}
	m.Ack() // too late, and harmless
	if _, err := s.Subscribe(t.Context(), "stock_v1"); err == nil {
		t.Error("a closed subscriber subscribes")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestCloseWhileNobodyReads: neither an offered message nor an idle log nor a wait for the lease holds Close up.
func TestCloseWhileNobodyReads(t *testing.T) {
	t.Parallel()
	waiting := func(ctx context.Context, _ string) (Term, error) {
		<-ctx.Done()
		return Term{}, ctx.Err()
	}
	for _, open := range []func(context.Context, string) (Term, error){from(newLog(20), eventstore.Before), from(newLog(0), eventstore.Before), waiting} {
		s, _ := subscribe(t, SubscriberConfig{Open: open, PageSize: 7})
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestTermEnds: after the end of a term the subscription goes on from the position that the consumer then gives, whether
// or not the last message was acked.
func TestTermEnds(t *testing.T) {
	t.Parallel()
	log := newLog(20)
	starts := make(chan eventstore.Position, 2)
	ends := make(chan context.CancelFunc, 2)
	starts <- 2
	starts <- 4
	_, out := subscribe(t, SubscriberConfig{PageSize: 7, Open: func(ctx context.Context, _ string) (Term, error) {
		ctx, end := context.WithCancel(ctx)
		ends <- end
		return Term{ctx, log, <-starts}, nil
	}})
	m := receive(t, out)
	if number(t, m, MetaPrev) != 2 {
		t.Errorf("first term: %v", m.Metadata)
	}
	(<-ends)()
	if m = receive(t, out); number(t, m, MetaPrev) != 4 {
		t.Errorf("second term: %v", m.Metadata)
	}
}

// failing is a log whose subscriptions fail at times.
type failing struct {
	eventstore.Store
	faults chan error
}

func (f failing) Subscribe(ctx context.Context, after eventstore.Position, limit int) iter.Seq2[eventstore.Page, error] {
	return func(yield func(eventstore.Page, error) bool) {
		for page, err := range f.Store.Subscribe(ctx, after, limit) {
			select {
			case fault := <-f.faults:
				if fault != nil {
					yield(eventstore.Page{}, fault)
				}
				return
			default:
			}
			if !yield(page, err) {
				return
			}
		}
	}
}

func TestLogFails(t *testing.T) {
	t.Parallel()
	faults := make(chan error, 2)
	faults <- errors.New("the log is away")
	faults <- nil // a subscription that ends without a word
	_, out := subscribe(t, SubscriberConfig{Open: from(failing{newLog(20), faults}, eventstore.Before), PageSize: 20, After: func(time.Duration) <-chan time.Time { return time.After(0) }})
	if m := receive(t, out); number(t, m, MetaCount) != 20 {
		t.Error(m.Metadata)
	}
}
