package commands_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"andu/cmd/andu/demo"
	"andu/commands"
	"andu/domain"
	"andu/domain/documents"
	"andu/eventstore"
)

// follower is the machinery over a list of open tasks that is given.
func (w *world) follower(list func() []commands.Due) *commands.Tasks {
	return &commands.Tasks{Handler: w.Handler, Logger: slog.New(slog.DiscardHandler),
		List: func(_ context.Context, _ time.Time, limit int) ([]commands.Due, error) {
			all := list()
			return all[:min(limit, len(all))], nil
		}}
}

// doubled is a paper that came twice, and the task to count the second receipt's copies at the first.
func (w *world) doubled(t *testing.T, name string) (first string, task commands.Due) {
	t.Helper()
	first = w.receive(t, name)
	second := documents.Context.Stream(commands.NewID("paper", name+" again"))
	registrar := w.staff.One("registrar")
	if _, err := commands.Handle(t.Context(), w.Handler, documents.Context, second, paper(name), w.request(registrar, "receive again "+name)); err != nil {
		t.Fatal(err)
	}
	res, err := commands.Handle(t.Context(), w.Handler, documents.Context, second, documents.LinkDuplicate{First: first}, w.request(registrar, "link "+name))
	if err != nil {
		t.Fatal(err)
	}
	r := res.Events[0]
	return first, commands.Due{Task: r.Event.(domain.Opens).Opens(r)[0], Office: w.staff.Office.ID, OpenedBy: r.ID}
}

func (w *world) joined(t *testing.T, first string) bool {
	t.Helper()
	d, _, err := commands.State(t.Context(), w.Handler, documents.Context, w.staff.Office.ID, first)
	if err != nil {
		t.Fatal(err)
	}
	return len(d.JoinedFrom) > 0
}

func TestTasksThatWaitForAPersonDoNotHideOthers(t *testing.T) {
	w := newWorld(t, 0)
	first, task := w.doubled(t, "hidden")
	_, done := w.doubled(t, "done")
	var open []commands.Due
	for n := range 1200 { // more than one look at the list takes in
		waiting := done
		waiting.Key += fmt.Sprint("-", n)
		open = append(open, waiting)
	}
	open = append(open, task)
	tasks := w.follower(func() []commands.Due { return open })
	for range 4 {
		if _, err := tasks.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if !w.joined(t, first) {
		t.Error("the task behind those that wait was not carried out")
	}
	before := w.events(t)
	if n, err := tasks.Sweep(t.Context()); n != 0 || err != nil || w.events(t) != before {
		t.Errorf("a sweep of what is done did %d tasks (%v) and wrote %d events", n, err, w.events(t)-before)
	}
}

func TestATaskThatIsOpenedAgainIsCarriedOutAgain(t *testing.T) {
	w := newWorld(t, 0)
	_, one := w.doubled(t, "one")
	second, two := w.doubled(t, "two")
	two.TaskID = one.TaskID // the same task, opened by a later event
	open := []commands.Due{one}
	tasks := w.follower(func() []commands.Due { return open })
	if n, err := tasks.Sweep(t.Context()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	open = []commands.Due{two}
	if n, err := tasks.Sweep(t.Context()); n != 1 || err != nil || !w.joined(t, second) {
		t.Errorf("%d tasks carried out (%v), want the one that was opened again", n, err)
	}
}

func TestATaskThatFailsIsTriedAgainWithPauses(t *testing.T) {
	w := newWorld(t, 0)
	first, task := w.doubled(t, "failing")
	tasks := w.follower(func() []commands.Due { return []commands.Due{task} })
	log := &failing{Store: w.store, broken: true}
	w.Handler.Store = log
	tried := 0
	for range 60 {
		n, err := tasks.Sweep(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		tried += n
		w.clock.Set(w.clock.Stands().Add(100 * time.Millisecond))
	}
	if tried != 0 || w.joined(t, first) {
		t.Fatal("it was carried out on a log that takes nothing")
	}
	if log.asked != 3*3 { // at once, after one second, after two more; the next would be after four more
		t.Errorf("in six seconds the log was asked %d times, want three times for each of three attempts", log.asked)
	}
	log.broken = false
	w.clock.Set(w.clock.Stands().Add(10 * time.Minute))
	if n, err := tasks.Sweep(t.Context()); n != 1 || err != nil || !w.joined(t, first) {
		t.Errorf("%d tasks carried out (%v) when the log was back", n, err)
	}
}

// failing is a log that takes nothing while it is broken.
type failing struct {
	eventstore.Store
	broken bool
	asked  int
}

func (f *failing) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	if f.asked++; f.broken {
		return eventstore.Appended{}, eventstore.ErrUnavailable
	}
	return f.Store.Append(ctx, stream, expected, events...)
}

// TestOfficesDoNotWaitForEachOther: a task of one office that waits for the log holds up no other office's.
func TestOfficesDoNotWaitForEachOther(t *testing.T) {
	w := newWorld(t, demo.WithSupplement)
	neighbours := demo.County()
	neighbours.ID = "neighbours"
	other := *w
	var err error
	if other.staff, err = demo.SetUp(t.Context(), w.Handler, neighbours, "other", demo.WithSupplement); err != nil {
		t.Fatal(err)
	}
	first, waits := w.doubled(t, "waits")
	second, goes := other.doubled(t, "goes")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	w.Handler.Store = &meeting{Store: w.store, waits: first, goes: second, met: make(chan struct{})}
	tasks := w.follower(func() []commands.Due { return []commands.Due{waits, goes} })
	if n, err := tasks.Sweep(ctx); n != 2 || err != nil || !w.joined(t, first) || !other.joined(t, second) {
		t.Errorf("%d tasks carried out (%v), want both", n, err)
	}
}

// meeting is a log in which an append to one stream waits for one to another.
type meeting struct {
	eventstore.Store
	waits, goes string
	met         chan struct{}
}

func (m *meeting) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	switch stream {
	case m.goes:
		close(m.met)
	case m.waits:
		select {
		case <-m.met:
		case <-ctx.Done():
			return eventstore.Appended{}, ctx.Err()
		}
	}
	return m.Store.Append(ctx, stream, expected, events...)
}
