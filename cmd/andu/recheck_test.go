package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"andu/cmd/andu/pgserver/pgtest"
	"andu/domain"
	"andu/eventstore"
)

// TestRecheck decides a demonstration again: nothing is wrong with it. Then somebody who has the database and the keys
// writes an event that no rule allows, in its place in the log, and the verb names it.
func TestRecheck(t *testing.T) {
	db, dir := pgtest.New(t), dataDir(t)
	flags := on(db, dir)
	runs(t, exitClean, append(append([]string{"demo"}, flags...), days...)...)
	var clean recheckResult
	decode(t, []byte(runs(t, exitClean, append([]string{"recheck", "--json"}, flags...)...)), &clean)
	if clean.Found != 0 || clean.Decided != clean.Events || clean.Events < 1000 {
		t.Errorf("%+v", clean.Report)
	}

	all := records(t, storeFlags{DatabaseURL: db.ServerURL}, dir)
	i := slices.IndexFunc(all, func(r domain.Recorded) bool { return r.Type == "document.registered" })
	last := all[i]
	for _, r := range all {
		if r.Stream == last.Stream {
			last = r
		}
	}
	g := globals{DataDir: dir, out: io.Discard, err: io.Discard, logger: slog.New(slog.DiscardHandler), now: func() time.Time { return last.RecordedAt.Add(time.Hour) }}
	err := g.withHouse(context.Background(), storeFlags{DatabaseURL: db.ServerURL, OwnerURL: db.OwnerURL}, openOptions{ours: true}, func(h *house) error {
		head := last.Header
		head.ID, head.Command, head.Type, head.TypeVersion, head.Reads = "5f1d4a52-0000-4000-8000-00000000aaaa", "5f1d4a52-0000-4000-8000-00000000aaab", "document.finding-raised", 1, nil
		head.Actor, head.Policy, head.Calendar, head.Corrects, head.Payload = domain.Actor{Person: domain.System}, 0, 0, "", domain.PayloadField{}
		payload, err := json.Marshal(map[string]any{"event": map[string]any{"kind": "overdue", "due_at": "2026-03-01T16:00:00.000000Z"}})
		if err != nil {
			return err
		}
		head.Payload.Length = len(payload)
		_, err = h.store.Append(context.Background(), last.Stream, last.Revision, eventstore.Event{Header: head, Payload: payload})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	told := runs(t, exitFinding, append([]string{"recheck"}, flags...)...)
	for _, want := range []string{"document.overdue", last.Stream, "log.id"} {
		if !strings.Contains(told, want) {
			t.Errorf("nothing about %s in\n%s", want, told)
		}
	}
}
