package main

import (
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"
)

// TestBenchMorning lives a short morning of three offices, and then lets the comparison meet what it has to find.
func TestBenchMorning(t *testing.T) {
	g := globals{DataDir: filepath.Join(dataDir(t), "nation"), out: io.Discard, err: io.Discard, logger: slog.New(slog.DiscardHandler), now: time.Now}
	m := newNationalMorning(&nation{globals: g, people: 50, cutoff: time.Date(2026, 4, 15, 8, 15, 0, 0, mustZone())}, rand.New(rand.NewPCG(1, 815)))
	if err := m.found(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	var report morningReport
	if err := m.live(t.Context(), 10*time.Second, &report); err != nil {
		t.Fatal(err)
	}
	if err := m.compare(t.Context(), &report); err != nil {
		t.Fatal(err)
	}
	if !report.right() || report.Taken+report.Late != 150 || report.Sheets != 3 || report.Brought == 0 || report.P99 <= 0 {
		t.Errorf("%+v", report)
	}
	for person := range m.taken {
		m.taken[person] = "an event that is not there"
		break
	}
	m.late["nobody"] = true
	m.offices[0].people = append(m.offices[0].people, m.offices[1].people[0]) // who stands on another sheet
	var wrong morningReport
	if err := m.compare(t.Context(), &wrong); err != nil || wrong.right() || wrong.Lost != 2 || wrong.SheetsWrong != 1 {
		t.Errorf("what is lost and on no sheet is not found: %+v, %v", wrong, err)
	}
	m.cutoff = m.cutoff.Add(-5 * time.Second)
	var early morningReport
	if err := m.compare(t.Context(), &early); err != nil || early.LateTaken == 0 {
		t.Errorf("who came after the cut-off is not found: %+v, %v", early, err)
	}
}
