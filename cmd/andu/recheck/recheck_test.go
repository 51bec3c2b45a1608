package recheck

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"andu/cmd/andu/demo"
	"andu/commands"
	"andu/domain"
	"andu/domain/catalog"
	"andu/domain/logs"
	"andu/eventstore"
	"andu/eventstore/blobs"
	"andu/eventstore/keys"
	"andu/eventstore/memstore"
	"andu/presets"
)

// folder holds the keys of the logs of this package's tests.
var folder string

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "recheck"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(folder)
	os.Exit(code)
}

// history is a log in memory with the keys that open it, and the office that lives in it.
type history struct {
	store *memstore.Store
	ring  *keys.Ring
	clock *demo.Clock
	h     *commands.Handler
	staff demo.Staff
}

// begun is a log with both demonstration offices, their regulations and their calendar, and nothing done yet.
func begun(dir string) (*history, error) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return nil, err
	}
	clock := demo.NewClock(time.Date(2017, 12, 20, 9, 0, 0, 0, zone))
	ring, err := keys.Create(dir)
	if err != nil {
		return nil, err
	}
	l := &history{store: memstore.New("5f1d4a52-0000-4000-8000-000000000001", clock.Now), ring: ring, clock: clock}
	l.h = &commands.Handler{Store: l.store, Keys: ring, Now: clock.Now, Zone: zone, Clock: "simulated", Running: demo.NoneRunning,
		Files: blobs.Open(filepath.Join(dir, "content"), ring, 1<<20)}
	ctx := context.Background()
	if _, err := commands.Handle(ctx, l.h, logs.Context, logs.Stream, logs.Start{Log: l.store.LogID(), Simulated: true},
		commands.Request{Actor: domain.Actor{Person: domain.System}, Command: commands.NewID(logs.Stream, "start")}); err != nil {
		return nil, err
	}
	if _, err := demo.SetUp(ctx, l.h, demo.Bureau(), "1", demo.WithSupplement); err != nil {
		return nil, err
	}
	if l.staff, err = demo.SetUp(ctx, l.h, demo.County(), "1", demo.WithSupplement); err != nil {
		return nil, err
	}
	clock.Set(time.Date(2018, 1, 2, 9, 0, 0, 0, zone))
	return l, demo.Notices(ctx, l.h, l.staff, "1", presets.Notices()...)
}

// lived is six weeks of the county office, written once for all tests.
var lived = sync.OnceValues(func() ([]Event, error) {
	l, err := begun(filepath.Join(folder, "lived"))
	if err != nil {
		return nil, err
	}
	plan := demo.Plan{Seed: 4, From: domain.Date{Year: 2026, Month: 3, Day: 2}, Until: domain.Date{Year: 2026, Month: 4, Day: 13}}
	if err := demo.History(context.Background(), l.h, l.clock, l.staff, plan); err != nil {
		return nil, err
	}
	return l.events()
})

// events reads a log as Run does.
func (l *history) events() (list []Event, err error) {
	for at := eventstore.Before; ; {
		p, err := l.store.ReadAll(context.Background(), at, page)
		if err != nil || len(p.Records) == 0 {
			return list, err
		}
		for _, r := range p.Records {
			plain, erased, err := l.ring.Open(r.Header, r.Payload)
			if err != nil {
				return nil, err
			}
			e, err := Decode(int64(r.Position), r.Raw, plain, erased)
			if err != nil {
				return nil, err
			}
			list = append(list, e)
		}
		at = p.Last()
	}
}

func theLived(t *testing.T) []Event {
	t.Helper()
	events, err := lived()
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// decided is the report on events.
func decided(events []Event) Report {
	c := New()
	for _, e := range events {
		c.Event(e)
	}
	return c.End()
}

// found lists violations as a failing test shows them.
func listOf(r Report) string {
	var s strings.Builder
	for _, name := range slices.Sorted(maps.Keys(r.ByRule)) {
		fmt.Fprintf(&s, "%s: %d\n", name, r.ByRule[name])
	}
	for _, v := range r.Violations[:min(20, len(r.Violations))] {
		fmt.Fprintf(&s, "%d %s %s [%s, %s]: want %s\n", v.Position, v.Type, v.Stream, v.Rule, v.Cites, v.Want)
	}
	return s.String()
}

// Nothing in the demonstration is impossible under the office's own rules.
func TestDemonstrationBreaksNoRule(t *testing.T) {
	r := decided(theLived(t))
	if r.Found > 0 || r.Decided != r.Events {
		t.Errorf("%d of %d events decided\n%s", r.Decided, r.Events, listOf(r))
	}
	if r.Events < 15_000 || len(r.Types) < 100 {
		t.Errorf("%d events of %d types: the demonstration is too small to say anything", r.Events, len(r.Types))
	}
}

// Every event that the program may write is in the manual, with the commands that cause it, and some rule decides it.
func TestKindsAreTheManual(t *testing.T) {
	c := New()
	known := map[string]bool{}
	for _, context := range catalog.Contexts {
		for _, e := range context.Types() {
			known[e.Name] = true
			k, ok := kinds[e.Name]
			for _, name := range e.Commands { // the manual knows more: commands of another context that cause it
				ok = ok && slices.Contains(k.commands, name)
			}
			if !ok || k.sealed != e.Sealed {
				t.Errorf("%s: sealed %v, by %v; the manual says %v, %v", e.Name, e.Sealed, e.Commands, k.sealed, k.commands)
			}
			if len(c.rules[e.Name]) == 0 {
				t.Errorf("%s: nobody decides it", e.Name)
			}
		}
	}
	for name := range kinds {
		if !known[name] {
			t.Errorf("%s is in the manual and nowhere else", name)
		}
	}
}
