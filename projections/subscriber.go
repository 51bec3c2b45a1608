package projections

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"andu/eventstore"
)

// Metadata of the message of a page. A message of one event also names its stream and type.
const (
	MetaPrev   = "prev"   // position before the first event: continuity is prev == checkpoint
	MetaLast   = "last"   // position of the last event
	MetaCount  = "count"  // number of events
	MetaStream = "stream" // of the one event
	MetaType   = "type"   // of the one event
)

// Term is how a subscription reads until Context ends: from which log and behind which position.
type Term struct {
	Context context.Context // derived from the one that Open was given
	Log     eventstore.Store
	After   eventstore.Position
}

// SubscriberConfig is what a Subscriber works with. Open is required.
type SubscriberConfig struct {
	// Open begins a term of the subscription to a topic. It may wait for its turn. When the term ends before the
	// subscription does, or the log fails, Open is asked again: nothing is delivered twice or left out if it answers with
	// the position that the consumer has reached.
	Open     func(ctx context.Context, topic string) (Term, error)
	PageSize int // events in one message, at least 1
	// Message makes a new message of a page; nil: PageMessage.
	Message func(eventstore.Page) *message.Message
	// Backoff is how long to wait after the n-th failure in a row, from 0; nil: 50 ms, doubled up to 5 s.
	Backoff func(n int) time.Duration
	After   func(time.Duration) <-chan time.Time // nil: time.After
	Logger  *slog.Logger                         // nil: nothing is logged
}

// Subscriber is a Watermill subscriber over the log. A message is one page of contiguous events; the next one is sent
// after the ack. A message that is not acked (nack) is sent again as a new message after the back-off, for as long as it
// takes, and nothing overtakes it. The context of a message ends with its ack or nack, with the term and with Close.
type Subscriber struct {
	SubscriberConfig
	closing context.Context
	close   context.CancelFunc

	mu      sync.Mutex // orders Subscribe before or after Close
	running sync.WaitGroup
}

var _ message.Subscriber = (*Subscriber)(nil)

// NewSubscriber makes a Subscriber.
func NewSubscriber(c SubscriberConfig) *Subscriber {
	if c.Message == nil {
		c.Message = PageMessage
	}
	if c.Backoff == nil {
		c.Backoff = func(n int) time.Duration { return min(50*time.Millisecond<<min(n, 10), 5*time.Second) }
	}
	if c.After == nil {
		c.After = time.After
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Subscriber{SubscriberConfig: c}
	s.closing, s.close = context.WithCancel(context.Background())
	return s
}

// Subscribe delivers the pages of a topic until ctx ends or Close is called; then the channel is closed.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing.Err() != nil {
		return nil, errors.New("subscriber is closed")
	}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.closing, cancel)
	out := make(chan *message.Message)
	s.running.Go(func() {
		defer close(out)
		defer stop()
		defer cancel()
		for failures := 0; ctx.Err() == nil; {
			progress, err := s.term(ctx, topic, out)
			if progress {
				failures = 0
			}
			if err != nil && ctx.Err() == nil {
				s.Logger.ErrorContext(ctx, "reading the log failed", slog.String("topic", topic), slog.Any("error", err))
				s.pause(ctx, failures)
				failures++
			}
		}
	})
	return out, nil
}

// Close ends all subscriptions and returns when their channels are closed.
func (s *Subscriber) Close() error {
	s.mu.Lock()
	s.close()
	s.mu.Unlock()
	s.running.Wait()
	return nil
}

// term delivers pages until the term ends or the log fails, and tells whether any page was acked.
func (s *Subscriber) term(ctx context.Context, topic string, out chan<- *message.Message) (progress bool, err error) {
	t, err := s.Open(ctx, topic)
	if err != nil {
		return false, err
	}
	for page, err := range t.Log.Subscribe(t.Context, t.After, s.PageSize) {
		if err != nil {
			return progress, err
		}
		if !s.deliver(t.Context, page, out) {
			return progress, nil
		}
		progress = true
	}
	if t.Context.Err() == nil {
		return progress, errors.New("the log ended the subscription")
	}
	return progress, nil
}

// deliver sends a page until it is acked; false: the term ended before.
func (s *Subscriber) deliver(ctx context.Context, page eventstore.Page, out chan<- *message.Message) bool {
	for nacks := 0; ; nacks++ {
		m := s.Message(page)
		mctx, done := context.WithCancel(context.WithValue(ctx, pageKey{}, page))
		m.SetContext(mctx)
		select {
		case out <- m:
		case <-ctx.Done():
			done()
			return false
		}
		select {
		case <-m.Acked():
			done()
			return true
		case <-m.Nacked():
			done()
			if !s.pause(ctx, nacks) {
				return false
			}
		case <-ctx.Done():
			done()
			return false
		}
	}
}

func (s *Subscriber) pause(ctx context.Context, n int) bool {
	select {
	case <-s.After(s.Backoff(n)):
		return true
	case <-ctx.Done():
		return false
	}
}

type pageKey struct{}

// PageMessage is the message of a page: its id is that of the last event, its metadata say where the page stands, and the
// events themselves are found by PageOf. A page of one event carries the event's stored payload.
func PageMessage(p eventstore.Page) *message.Message {
	last := p.Records[len(p.Records)-1]
	m := message.NewMessage(last.Header.ID, nil)
	m.Metadata = message.Metadata{
		MetaPrev:  strconv.FormatInt(int64(p.Prev), 10),
		MetaLast:  strconv.FormatInt(int64(p.Last()), 10),
		MetaCount: strconv.Itoa(len(p.Records)),
	}
	if len(p.Records) == 1 {
		m.Payload = last.Payload
		m.Metadata[MetaStream] = last.Header.Stream
		m.Metadata[MetaType] = last.Header.Type
	}
	return m
}

// PageOf gives the page of a message that came from a Subscriber.
func PageOf(m *message.Message) (eventstore.Page, bool) {
	p, ok := m.Context().Value(pageKey{}).(eventstore.Page)
	return p, ok
}
