package recheck_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"andu/cmd/andu/demo"
	"andu/cmd/andu/recheck"
	"andu/commands"
	"andu/domain"
	"andu/domain/logs"
	"andu/eventstore"
	"andu/eventstore/blobs"
	"andu/eventstore/keys"
	"andu/eventstore/memstore"
	"andu/presets"
)

// shanghai is where the demonstration offices are.
var shanghai = func() *time.Location {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		panic(err)
	}
	return zone
}()

// log is a log in memory with the keys that open it.
type log struct {
	store *memstore.Store
	ring  *keys.Ring
	clock *demo.Clock
	h     *commands.Handler
	staff demo.Staff
}

// begun is a log of a demonstration office with its regulations and calendar, and no paper.
func begun(t *testing.T, dir string) *log {
	t.Helper()
	clock := demo.NewClock(time.Date(2017, 12, 20, 9, 0, 0, 0, shanghai))
	ring, err := keys.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	l := &log{store: memstore.New("5f1d4a52-0000-4000-8000-000000000001", clock.Now), ring: ring, clock: clock}
	l.h = &commands.Handler{Store: l.store, Keys: ring, Now: clock.Now, Zone: shanghai, Clock: "simulated", Running: demo.NoneRunning,
		Files: blobs.Open(filepath.Join(dir, "content"), ring, 1<<20)}
	ctx := context.Background()
	if _, err := commands.Handle(ctx, l.h, logs.Context, logs.Stream, logs.Start{Log: l.store.LogID(), Simulated: true},
		commands.Request{Actor: domain.Actor{Person: domain.System}, Command: commands.NewID(logs.Stream, "start")}); err != nil {
		t.Fatal(err)
	}
	l.staff, err = demo.SetUp(ctx, l.h, demo.County(), "1", demo.WithSupplement)
	if err != nil {
		t.Fatal(err)
	}
	clock.Set(time.Date(2018, 1, 2, 9, 0, 0, 0, shanghai))
	if err := demo.Notices(ctx, l.h, l.staff, "1", presets.Notices()...); err != nil {
		t.Fatal(err)
	}
	return l
}

// events reads a log as the checker does.
func (l *log) events(t *testing.T) []recheck.Event {
	t.Helper()
	var list []recheck.Event
	for at := eventstore.Before; ; {
		p, err := l.store.ReadAll(context.Background(), at, 2048)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Records) == 0 {
			return list
		}
		for _, r := range p.Records {
			plain, erased, err := l.ring.Open(r.Header, r.Payload)
			if err != nil {
				t.Fatal(err)
			}
			e, err := recheck.Decode(int64(r.Position), r.Raw, plain, erased)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, e)
		}
		at = p.Last()
	}
}

// decided is the report on events.
func decided(events []recheck.Event) recheck.Report {
	c := recheck.New()
	for _, e := range events {
		c.Event(e)
	}
	return c.End()
}

// told lists violations as a failing test shows them.
func told(r recheck.Report) string {
	var s strings.Builder
	for _, name := range slices.Sorted(maps.Keys(r.ByRule)) {
		fmt.Fprintf(&s, "%s: %d\n", name, r.ByRule[name])
	}
	seen := map[string]int{}
	for _, v := range r.Violations {
		if seen[v.Rule]++; seen[v.Rule] <= 3 {
			fmt.Fprintf(&s, "%d %s %s [%s, %s]: want %s\n", v.Position, v.Type, v.Stream, v.Rule, v.Cites, v.Want)
		}
	}
	return s.String()
}

func TestDemonstrationBreaksNoRule(t *testing.T) {
	l := begun(t, t.TempDir())
	if err := demo.History(context.Background(), l.h, l.clock, l.staff, demo.Plan{Seed: 1, From: domain.Date{Year: 2026, Month: 3, Day: 2}, Until: domain.Date{Year: 2026, Month: 4, Day: 13}}); err != nil {
		t.Fatal(err)
	}
	events := l.events(t)
	started := time.Now()
	r := decided(events)
	t.Logf("%d events, %d decided, %s", r.Events, r.Decided, time.Since(started))
	if r.Found > 0 {
		t.Error(told(r))
	}
	text, _ := json.Marshal(r.Types)
	t.Log(string(text))
}
