package memstore_test

import (
	"errors"
	"testing"
	"time"

	"andu/eventstore"
	"andu/eventstore/memstore"
	"andu/eventstore/storetest"
)

// engine is one log in memory: there is nothing to close.
type engine struct{ store *memstore.Store }

func (e engine) Open(*testing.T) eventstore.Store { return e.store }

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Engine { return engine{memstore.New("log-1", time.Now)} })
}

func TestAFailedAppendMayHaveBeenKept(t *testing.T) {
	lost := errors.New("connection lost")
	for _, kept := range []bool{false, true} {
		s := memstore.New("log-1", time.Now)
		s.Fail(func(string, []eventstore.Event) (bool, error) { return kept, lost })
		e := storetest.Event()
		if _, err := s.Append(t.Context(), "paper-1", eventstore.NoStream, e); !errors.Is(err, lost) {
			t.Fatalf("append: %v, want the fault's error", err)
		}
		head, _ := s.Head(t.Context())
		if got := head == 0; got != kept {
			t.Errorf("kept %v: the event is in the log: %v", kept, got)
		}
		s.Fail(nil)
		again, err := s.Append(t.Context(), "paper-1", eventstore.NoStream, e)
		if err != nil || again.Position != 0 || again.Revision != 0 {
			t.Errorf("kept %v: asked again: %+v, %v; want position 0", kept, again, err)
		}
	}
}

func TestRecordedAtNeverDecreases(t *testing.T) {
	clock := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	s := memstore.New("log-1", func() time.Time { clock = clock.Add(-time.Hour); return clock })
	first, _ := s.Append(t.Context(), "paper-1", eventstore.NoStream, storetest.Event())
	second, err := s.Append(t.Context(), "paper-1", 0, storetest.Event())
	if err != nil || second.Records[0].Header.RecordedAt != first.Records[0].Header.RecordedAt {
		t.Errorf("recorded at %v, then %v (%v); want the same instant", first.Records[0].Header.RecordedAt, second.Records[0].Header.RecordedAt, err)
	}
}
