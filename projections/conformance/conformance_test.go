// Package conformance shows that the subscriber over the log is a Watermill subscriber like any other.
package conformance

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"

	"andu/domain"
	"andu/eventstore"
	"andu/eventstore/memstore"
	"andu/projections"
)

// TestUniversalSuite is Watermill's own suite, which every official Pub/Sub passes, with one event in a message. A topic
// of the suite is a log of its own.
func TestUniversalSuite(t *testing.T) {
	var mu sync.Mutex
	logs := map[string]eventstore.Store{}
	logOf := func(topic string) eventstore.Store {
		mu.Lock()
		defer mu.Unlock()
		if logs[topic] == nil {
			logs[topic] = memstore.New(topic, time.Now)
		}
		return logs[topic]
	}
	features := tests.Features{Persistent: true, GuaranteedOrder: true, RequireSingleInstance: true, NewSubscriberReceivesOldMessages: true}
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

// publisher appends messages to the log of their topic, as events of its one stream.
type publisher func(topic string) eventstore.Store

// Publish implements message.Publisher.
func (p publisher) Publish(topic string, messages ...*message.Message) error {
	log := p(topic)
	for _, m := range messages {
		e := eventstore.Event{Header: domain.Header{V: 1, ID: m.UUID, Type: "suite.message", Correlation: m.Metadata.Get("test")}, Payload: m.Payload}
		head, err := log.Head(m.Context())
		for err == nil {
			if _, err = log.Append(m.Context(), "suite-"+topic, int64(head), e); err == nil {
				break
			}
			var conflict *eventstore.ErrConflict
			if errors.As(err, &conflict) {
				head, err = eventstore.Position(conflict.Actual), nil
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Close implements message.Publisher.
func (publisher) Close() error { return nil }
