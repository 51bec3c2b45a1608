package due

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"andu/cmd/andu/pgserver/pgtest"
	"andu/domain"
	"andu/eventstore"
	"andu/eventstore/memstore"
	"andu/projections"
)

// The office of this test has one kind of event, which says itself what it opens and settles.
type desk struct{}

type moved struct {
	Open   []domain.Task   `json:"open"`
	Settle []domain.TaskID `json:"settle"`
}

func (moved) Evolve(s desk) desk                          { return s }
func (e moved) Opens(domain.Recorded) []domain.Task       { return e.Open }
func (e moved) Settles(r domain.Recorded) []domain.TaskID { return e.Settle }

type noted struct{}

func (noted) Evolve(s desk) desk { return s }

var desks = domain.Context[desk]{Name: "desk", Events: []domain.Schema[desk]{
	{Name: "desk.moved", Version: 1, Type: moved{}},
	{Name: "desk.noted", Version: 1, Type: noted{}},
}}

// erased is the id of an event whose key was destroyed.
const erased = "desk-1/6"

func decode(r eventstore.Record) (domain.Recorded, error) {
	e, err := desks.Decode(r.Header.Type, r.Header.TypeVersion, r.Payload)
	return domain.Recorded{Header: r.Header, Position: int64(r.Position), Event: e, Erased: r.Header.ID == erased}, err
}

var morning = time.Date(2026, 4, 15, 0, 0, 0, 0, time.UTC)

func at(minutes int) domain.Instant {
	return domain.At(morning.Add(time.Duration(minutes) * time.Minute))
}

func task(kind, key string, due domain.Instant) domain.Task {
	return domain.Task{TaskID: domain.TaskID{Kind: kind, Key: key}, Stream: "desk-1", Due: due, Data: map[string]string{}}
}

func TestList(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	pool, err := pgxpool.New(ctx, pgtest.New(t).ServerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	log := memstore.New("log", func() time.Time { return morning })
	db, err := projections.Open(ctx, projections.Config{Pool: pool, Store: log, Decode: decode, Projections: []projections.Projection{Projection}, PageSize: 3})
	if err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- db.Run(running) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()

	withData := task("document.clock", "c", at(5))
	withData.Data = map[string]string{"level": "2", "paper": "document-9"}
	n := int64(-1)
	append := func(name string, e any) {
		t.Helper()
		payload, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		moves := db.Moved(Projection.Name)
		h := domain.Header{V: 1, ID: fmt.Sprintf("desk-1/%d", n+1), Type: name, TypeVersion: 1, Office: "A"}
		if _, err := log.Append(ctx, "desk-1", n, eventstore.Event{Header: h, Payload: payload}); err != nil {
			t.Fatal(err)
		}
		n++
		if err := db.Wait(ctx, eventstore.Position(n)); err != nil {
			t.Fatal(err)
		}
		select {
		case <-moves:
		case <-ctx.Done():
			t.Fatal("the projection moved without a word")
		}
	}
	next := func(now, want domain.Instant) {
		t.Helper()
		if got, err := Next(ctx, pool, now.Time); err != nil || !got.Equal(want.Time) {
			t.Errorf("after %v the next is due at %v (%v), want %v", now, got, err, want)
		}
	}
	open := func(t domain.Task, event int) Task {
		return Task{Task: t, Office: "A", OpenedBy: fmt.Sprintf("desk-1/%d", event)}
	}
	is := func(what string, now domain.Instant, limit int, want ...Task) {
		t.Helper()
		got, err := List(ctx, pool, now.Time, limit)
		if d := cmp.Diff(want, got); d != "" && (len(want) > 0 || len(got) > 0) || err != nil {
			t.Errorf("%s: %v\n%s", what, err, d)
		}
	}

	is("nothing has happened", at(99), 9)
	append("desk.moved", moved{Open: []domain.Task{task("document.clock", "b", at(10)), withData, task("registration", "a", domain.Instant{})}})
	append("desk.noted", noted{})
	is("what has no time is due at once", at(0), 9, open(task("registration", "a", domain.Instant{}), 0))
	is("due at the very instant", at(5), 9, open(task("registration", "a", domain.Instant{}), 0), open(withData, 0))
	next(at(0), at(5))
	next(at(5), at(10))
	next(at(10), domain.Instant{})
	is("the longest due first", at(99), 2, open(task("registration", "a", domain.Instant{}), 0), open(withData, 0))
	append("desk.moved", moved{Settle: []domain.TaskID{{Kind: "registration", Key: "a"}, {Kind: "registration", Key: "b"}}})
	is("a task is settled by kind and key", at(99), 9, open(withData, 0), open(task("document.clock", "b", at(10)), 0))
	append("desk.moved", moved{Open: []domain.Task{task("document.clock", "c", at(20))}})
	is("a task opened again has the new time and data", at(99), 9, open(task("document.clock", "b", at(10)), 0), open(task("document.clock", "c", at(20)), 3))
	append("desk.moved", moved{Settle: []domain.TaskID{{Kind: "document.clock", Key: "b"}}, Open: []domain.Task{task("document.clock", "b", at(30))}})
	is("an event settles before it opens", at(99), 9, open(task("document.clock", "c", at(20)), 3), open(task("document.clock", "b", at(30)), 4))
	append("desk.moved", moved{Settle: []domain.TaskID{{Kind: "document.clock", Key: "b"}}})
	append("desk.moved", moved{Settle: []domain.TaskID{{Kind: "document.clock", Key: "c"}}, Open: []domain.Task{task("document.clock", "d", at(1))}})
	is("an erased event opens nothing", at(99), 9)
	append("desk.moved", moved{Open: []domain.Task{task("attendance.entry", "e", at(30)), task("sheet.close", "s", at(30))}})
	for last, want := range map[string]string{"": "attendance.entry", "attendance.entry": "sheet.close"} {
		if got, err := List(ctx, pool, at(99).Time, 9, last); err != nil || len(got) != 2 || got[0].Kind != want {
			t.Errorf("with %q last: %v %v", last, got, err)
		}
	}

	done, err := db.Rebuild(ctx, Projection.Name, projections.RebuildOptions{})
	if err != nil || !done.Switched || done.New.Position != eventstore.Position(n) {
		t.Errorf("rebuild: %+v, %v", done, err)
	}
}
