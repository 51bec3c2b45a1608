// Package conformance shows that the subscriber over the log is a Watermill subscriber like any other.
package conformance

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"
	"github.com/jackc/pgx/v5"

	"andu/cmd/andu/pgserver/pgtest"
	"andu/domain"
	"andu/eventstore"
	"andu/eventstore/memstore"
	"andu/eventstore/postgres"
	"andu/projections"
)

// TestMemory runs the suite over logs in memory, one for each of its topics.
func TestMemory(t *testing.T) {
	var mu sync.Mutex
	logs := map[string]eventstore.Store{}
	suite(t, false, func(topic string) eventstore.Store {
		mu.Lock()
		defer mu.Unlock()
		if logs[topic] == nil {
			logs[topic] = memstore.New(topic, time.Now)
		}
		return logs[topic]
	})
}

// TestPostgres runs the suite over one log in PostgreSQL, which holds all topics.
func TestPostgres(t *testing.T) {
	d := pgtest.New(t)
	server, err := pgx.ParseConfig(d.ServerURL)
	if err != nil {
		t.Fatal(err)
	}
	if err := postgres.Migrate(t.Context(), d.OwnerURL, server.User); err != nil {
		t.Fatal(err)
	}
	log, err := postgres.Open(t.Context(), postgres.Config{URL: d.ServerURL, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	suite(t, true, func(topic string) eventstore.Store { return topicLog{log, stream(topic)} })
}

// suite is Watermill's own suite, which every official Pub/Sub passes, with one event in a message. A topic of it is one
// stream.
func suite(t *testing.T, short bool, logOf func(topic string) eventstore.Store) {
	features := tests.Features{
		Persistent: true, GuaranteedOrder: true, RequireSingleInstance: true, NewSubscriberReceivesOldMessages: true, ForceShort: short,
	}
	tests.TestPubSub(t, features, func(t *testing.T) (message.Publisher, message.Subscriber) {
		return publisher(logOf), projections.NewSubscriber(projections.SubscriberConfig{
			Open: func(ctx context.Context, topic string) (projections.Term, error) {
				return projections.Term{Context: ctx, Log: logOf(topic), After: eventstore.Before}, nil
			},
			PageSize: 1,
			Message: func(p eventstore.Page) *message.Message {
				m := projections.PageMessage(p)
				m.Metadata.Set("test", p.Records[0].Header.Correlation)
				return m
			},
			Backoff: func(int) time.Duration { return time.Millisecond },
		})
	}, nil)
}

func stream(topic string) string { return "suite-" + topic }

// topicLog is what one stream contributes to a log.
type topicLog struct {
	eventstore.Store
	stream string
}

// Subscribe implements eventstore.Store for pages of one event.
func (l topicLog) Subscribe(ctx context.Context, after eventstore.Position, _ int) iter.Seq2[eventstore.Page, error] {
	return func(yield func(eventstore.Page, error) bool) {
		for page, err := range l.Store.Subscribe(ctx, after, projections.MaxPage) {
			if err != nil {
				yield(page, err)
				return
			}
			for _, r := range page.Records {
				if r.Header.Stream != l.stream {
					continue
				}
				if !yield(eventstore.Page{Prev: after, Records: []eventstore.Record{r}}, nil) {
					return
				}
				after = r.Position
			}
		}
	}
}

// publisher appends messages to the log of their topic.
type publisher func(topic string) eventstore.Store

// Publish implements message.Publisher.
func (p publisher) Publish(topic string, messages ...*message.Message) error {
	for _, m := range messages {
		e := eventstore.Event{Header: domain.Header{V: 1, ID: m.UUID, Type: "suite.message", Correlation: m.Metadata.Get("test")}, Payload: m.Payload}
		expected := eventstore.NoStream
		for {
			_, err := p(topic).Append(m.Context(), stream(topic), expected, e)
			if err == nil {
				break
			}
			var conflict *eventstore.ErrConflict
			if !errors.As(err, &conflict) {
				return err
			}
			expected = conflict.Actual
		}
	}
	return nil
}

// Close implements message.Publisher.
func (publisher) Close() error { return nil }
