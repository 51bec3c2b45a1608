package projections_test

import (
	"testing"
	"time"

	"andu/commands"
	"andu/domain/duty"
	"andu/projections/dutyboard"
)

// TestDutyboard: the board of the watch says what the events say.
func TestDutyboard(t *testing.T) {
	t.Parallel()
	h := watched(t)
	db := project(t, h, 100)
	room := duty.StreamOf(commands.NewID, office, duty.DutyRoom)
	now := h.now.Add(24 * time.Hour) // a day after the start of the shift that ended at 08:30
	ctx := t.Context()
	posts, err := dutyboard.Posts(ctx, db.Pool, office, now)
	if err != nil || len(posts) != 1 {
		t.Fatalf("%+v, %v", posts, err)
	}
	p := posts[0]
	if end := time.Date(2026, 5, 2, 8, 30, 0, 0, zone); p.Responsible != "p-ma" || !p.PlannedEnd.Equal(end) || p.Overrun != int64(now.Sub(end)/time.Second) || p.Open != 2 || p.StandIn != "" || p.Handover != "" {
		t.Errorf("now: %+v", p)
	}
	for at, want := range map[time.Time]string{p.Since.Add(-time.Microsecond): "p-he", p.Since.Time: "p-ma", now: "p-ma"} {
		if got, err := dutyboard.ResponsibleAt(ctx, db.Pool, office, room, at); err != nil || got.Person != want {
			t.Errorf("at %v: %+v, %v, want %s", at, got, err, want)
		}
	}
	if _, err := dutyboard.ResponsibleAt(ctx, db.Pool, office, room, time.Date(2026, 1, 1, 0, 0, 0, 0, zone)); err == nil {
		t.Error("somebody was responsible before the post was kept")
	}
	if _, err := dutyboard.ResponsibleAt(ctx, db.Pool, "bureau", room, now); err == nil {
		t.Error("another office's post is shown")
	}
	line, err := dutyboard.Cover(ctx, db.Pool, office, room, time.Date(2026, 4, 1, 0, 0, 0, 0, zone), now, now)
	if err != nil || len(line.Tenures) != 2 || line.Gaps+line.Double != 0 || line.Overrun != p.Overrun || line.Tenures[0].Entries != 2 {
		t.Errorf("timeline: %+v, %v", line, err)
	}
	open, err := dutyboard.Open(ctx, db.Pool, office, room)
	if err != nil || len(open) != 2 || open[0].Owner != "p-ma" || open[0].State != "actioned" || open[0].Relayed[0] != "p-zhao" || open[1].Reserved != "附件未见" || open[0].Reserved != "" {
		t.Errorf("open entries: %+v, %v", open, err)
	}
	chain, err := dutyboard.Handovers(ctx, db.Pool, office, room, 10)
	if err != nil || len(chain) != 2 || chain[0].State != "accepted" || chain[0].Reserved != 1 || chain[1].State != "refused" || chain[1].Items != 3 {
		t.Errorf("chain: %+v, %v", chain, err)
	}
	loads, err := dutyboard.Fairness(ctx, db.Pool, office, room, time.Date(2026, 5, 1, 0, 0, 0, 0, zone), time.Date(2026, 6, 1, 0, 0, 0, 0, zone))
	if err != nil || len(loads) != 2 || loads[0].Shifts+loads[1].Shifts != 31 || loads[0].Nights != loads[0].Shifts || loads[0].Rest+loads[1].Rest != 10 {
		t.Errorf("loads: %+v, %v", loads, err)
	}
	shifts, err := dutyboard.Shifts(ctx, db.Pool, office, room, time.Date(2026, 5, 3, 0, 0, 0, 0, zone), time.Date(2026, 5, 6, 0, 0, 0, 0, zone))
	if err != nil || shifts[0].Person != "p-he" || shifts[len(shifts)-1].Planned != "p-ma" || shifts[len(shifts)-1].Person != "p-he" {
		t.Errorf("amended, then swapped: %+v, %v", shifts, err)
	}
	swaps, err := dutyboard.Swaps(ctx, db.Pool, office, room, 10)
	if err != nil || len(swaps) != 1 || swaps[0].State != "in-force" {
		t.Errorf("swaps: %+v, %v", swaps, err)
	}
	findings, err := dutyboard.Findings(ctx, db.Pool, office, 10)
	if err != nil || len(findings) != 3 || findings[0].Told == findings[1].Told || findings[2].Kind != duty.RoomEmpty {
		t.Errorf("findings: %+v, %v", findings, err)
	}
	emergencies, err := dutyboard.Emergencies(ctx, db.Pool, office, room, now, 10)
	if err != nil || len(emergencies) != 1 || emergencies[0].Phone.State != "met" || emergencies[0].Written.State != "missed" {
		t.Errorf("emergencies: %+v, %v", emergencies, err)
	}
	rosters, err := dutyboard.Rosters(ctx, db.Pool, office, 10)
	if err != nil || len(rosters) != 1 || rosters[0].State != "published" || rosters[0].Amended != 1 || len(rosters[0].Undelivered) != len(staff)+len(watchers)+2 {
		t.Errorf("rosters: %+v, %v", rosters, err)
	}
}
