// Package memstore is a log in memory, for tests and simulations. It keeps every promise of eventstore.Store but
// durability, and can be told to fail: before an append is kept, or after it, as a server does that dies with the answer.
package memstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"andu/domain"
	"andu/eventstore"
)

// Store is a log in memory. It is safe for concurrent use.
type Store struct {
	id  string
	now func() time.Time

	mu      sync.Mutex
	log     []eventstore.Record // the index is the position; mu
	streams map[string][]int    // positions of a stream's events, the index is the revision; mu
	last    domain.Instant      // largest recorded_at so far; mu
	fault   Fault               // mu
	grown   chan struct{}       // closed and replaced when log grows; mu
}

// Fault decides the fate of an append that would be written: with a nil error it is; with another one the caller gets
// this error, and the events are in the log all the same if kept. It runs under the store's lock and must not call it.
type Fault func(stream string, events []eventstore.Event) (kept bool, err error)

// New makes an empty log that stamps events by now.
func New(logID string, now func() time.Time) *Store {
	return &Store{id: logID, now: now, streams: map[string][]int{}, grown: make(chan struct{})}
}

// Fail puts a fault in place of the one before; nil ends all faults.
func (s *Store) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// LogID implements eventstore.Store.
func (s *Store) LogID() string { return s.id }

// Append implements eventstore.Store.
func (s *Store) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	switch {
	case ctx.Err() != nil:
		return eventstore.Appended{}, fmt.Errorf("append to %s: %w", stream, ctx.Err())
	case stream == "" || expected < eventstore.NoStream || len(events) == 0:
		return eventstore.Appended{}, fmt.Errorf("append %d events to stream %q behind revision %d: not possible", len(events), stream, expected)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	actual := int64(len(s.streams[stream])) - 1
	if actual != expected {
		if known := s.repeated(stream, expected, events); known != nil {
			return appended(known), nil
		}
		return eventstore.Appended{}, &eventstore.ErrConflict{Stream: stream, Expected: expected, Actual: actual}
	}
	records, err := s.stamp(stream, expected, events)
	if err != nil {
		return eventstore.Appended{}, fmt.Errorf("append to %s: %w", stream, err)
	}
	var failed error
	kept := true
	if s.fault != nil {
		kept, failed = s.fault(stream, events)
	}
	if kept || failed == nil {
		s.keep(stream, records)
	}
	if failed != nil {
		return eventstore.Appended{}, failed
	}
	return appended(records), nil
}

// repeated gives the records that an earlier append of the same events wrote, nil if there was none. s.mu is held.
func (s *Store) repeated(stream string, expected int64, events []eventstore.Event) []eventstore.Record {
	places := s.streams[stream]
	if expected+int64(len(events)) >= int64(len(places)) {
		return nil
	}
	var known []eventstore.Record
	for i, place := range places[expected+1:][:len(events)] {
		if s.log[place].Header.ID != events[i].Header.ID {
			return nil
		}
		known = append(known, s.log[place])
	}
	return known
}

// stamp makes records of events for the end of the log. s.mu is held.
func (s *Store) stamp(stream string, expected int64, events []eventstore.Event) ([]eventstore.Record, error) {
	at := domain.At(s.now())
	if at.Before(s.last.Time) {
		at = s.last
	}
	records := make([]eventstore.Record, len(events))
	for i, e := range events {
		e.Header.Stream, e.Header.Revision, e.Header.RecordedAt = stream, expected+1+int64(i), at
		raw, err := eventstore.Encode(e.Header, e.Payload)
		if err != nil {
			return nil, err
		}
		if records[i], err = eventstore.Decode(eventstore.Position(len(s.log)+i), raw); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// keep adds records to the log. s.mu is held.
func (s *Store) keep(stream string, records []eventstore.Record) {
	for _, r := range records {
		s.streams[stream] = append(s.streams[stream], len(s.log))
		s.log = append(s.log, r)
		s.last = r.Header.RecordedAt
	}
	close(s.grown)
	s.grown = make(chan struct{})
}

func appended(records []eventstore.Record) eventstore.Appended {
	last := records[len(records)-1]
	return eventstore.Appended{Position: last.Position, Revision: last.Header.Revision, Records: records}
}

// Read implements eventstore.Store.
func (s *Store) Read(ctx context.Context, stream string, from int64) ([]eventstore.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var records []eventstore.Record
	for revision := max(from, 0); revision < int64(len(s.streams[stream])); revision++ {
		records = append(records, s.log[s.streams[stream][revision]])
	}
	return records, ctx.Err()
}

// ReadAll implements eventstore.Store.
func (s *Store) ReadAll(ctx context.Context, after eventstore.Position, limit int) (eventstore.Page, error) {
	page, _ := s.page(after, limit)
	if after < eventstore.Before || limit < 1 {
		return page, fmt.Errorf("read %d events behind position %d: not possible", limit, after)
	}
	return page, ctx.Err()
}

// page gives the events behind a position and what to wait for when there are none.
func (s *Store) page(after eventstore.Position, limit int) (eventstore.Page, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := min(max(int(after)+1, 0), len(s.log))
	to := min(from+max(limit, 0), len(s.log))
	return eventstore.Page{Prev: after, Records: slices.Clone(s.log[from:to])}, s.grown
}

// Subscribe implements eventstore.Store.
func (s *Store) Subscribe(ctx context.Context, after eventstore.Position, limit int) iter.Seq2[eventstore.Page, error] {
	return func(yield func(eventstore.Page, error) bool) {
		head, err := s.Head(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case after < eventstore.Before || limit < 1:
			err = fmt.Errorf("subscribe to pages of %d events behind position %d: not possible", limit, after)
		case after > head:
			err = errors.New("subscribe: the log ends before the position asked for; it is not the log that was read before")
		}
		if err != nil {
			yield(eventstore.Page{}, err)
			return
		}
		for ctx.Err() == nil {
			page, grown := s.page(after, limit)
			if len(page.Records) == 0 {
				select {
				case <-grown:
				case <-ctx.Done():
				}
				continue
			}
			if !yield(page, nil) {
				return
			}
			after = page.Last()
		}
	}
}

// Head implements eventstore.Store.
func (s *Store) Head(ctx context.Context) (eventstore.Position, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return eventstore.Position(len(s.log)) - 1, ctx.Err()
}
