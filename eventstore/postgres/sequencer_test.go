package postgres

import (
	"context"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"andu/domain"
	"andu/eventstore"
)

// TestDecide compares a batch with appends that are made one after the other.
func TestDecide(t *testing.T) {
	at := domain.At(time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC))
	streams := []string{"paper-1", "paper-2", "paper-3"}
	rapid.Check(t, func(t *rapid.T) {
		model := map[string]int64{}
		for _, stream := range streams {
			model[stream] = rapid.Int64Range(-1, 2).Draw(t, "revision")
		}
		last := eventstore.Position(rapid.Int64Range(-1, 40).Draw(t, "last"))
		before := tree.NewEmptyRange(0)
		for range last + 1 {
			before.Append(make([]byte, 32), nil)
		}
		revisions := map[string]int64{}
		for stream, revision := range model {
			revisions[stream] = revision
		}
		var requests []*request
		for range rapid.IntRange(1, 12).Draw(t, "requests") {
			events := make([]eventstore.Event, rapid.IntRange(1, 3).Draw(t, "events"))
			for i := range events {
				events[i] = eventstore.Event{Header: domain.Header{ID: "e", OccurredAt: at, ReceivedAt: at}, Payload: []byte(`{}`)}
			}
			r, err := newRequest(context.Background(), rapid.SampledFrom(streams).Draw(t, "stream"), rapid.Int64Range(-1, 6).Draw(t, "expected"), events)
			if err != nil {
				t.Fatal(err)
			}
			requests = append(requests, r)
		}
		skew := time.Duration(rapid.IntRange(-5, 5).Draw(t, "skew")) * time.Second
		b, err := decide(requests, revisions, head{last, before, at}, at.Add(skew))
		if err != nil {
			t.Fatal(err)
		}

		if got, want := b.head.recordedAt, at.Add(max(skew, 0)); !got.Equal(want) {
			t.Fatalf("recorded at %v, want %v", got, want)
		}
		next := last
		for _, r := range requests {
			if r.actual != model[r.stream] {
				t.Fatalf("%s was met at %d, want %d", r.stream, r.actual, model[r.stream])
			}
			if r.expected != r.actual {
				continue
			}
			for i, record := range r.records {
				next++
				stored, err := eventstore.Decode(next, record.Raw)
				if err != nil {
					t.Fatal(err)
				}
				model[r.stream]++
				if record.Position != next || b.records[next-last-1].Position != next || !reflect.DeepEqual(record.Header, stored.Header) ||
					stored.Header.Revision != model[r.stream] || stored.Header.RecordedAt != b.head.recordedAt {
					t.Fatalf("record %d of %s: %+v", i, r.stream, stored)
				}
				if b.leaves[next-last-1] != eventstore.Leaf(record.Raw) {
					t.Fatalf("the leaf at %d is not of its record", next)
				}
			}
		}
		for stream, revision := range b.revisions {
			if revision != model[stream] {
				t.Fatalf("%s ends at %d, want %d", stream, revision, model[stream])
			}
		}
		if b.head.last != next || b.head.tree.End() != uint64(next+1) || before.End() != uint64(last+1) {
			t.Fatalf("the log ends at %d, its tree has %d leaves; want %d", b.head.last, b.head.tree.End(), next)
		}
	})
}

func TestRevisionsForgetWhatWasNotUsed(t *testing.T) {
	var r revisions
	name := func(i int) string { return string([]rune{rune(0x4e00 + i%20000), rune(0x4e00 + i/20000)}) }
	for i := range 3 * generation {
		r.put(name(i), int64(i))
		if got, ok := r.get(name(0)); !ok || got != 0 {
			t.Fatalf("after %d streams the one in use was forgotten", i)
		}
	}
	if _, ok := r.get(name(1)); ok || len(r.young)+len(r.old) > 2*generation {
		t.Errorf("%d streams are remembered", len(r.young)+len(r.old))
	}
}
