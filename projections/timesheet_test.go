package projections_test

import (
	"testing"

	"andu/domain/attendance"
	"andu/projections/timesheet"
)

// TestTimesheet: the book says what the events say.
func TestTimesheet(t *testing.T) {
	t.Parallel()
	h := signed(t)
	db := project(t, h, 100).Pool
	ctx := t.Context()
	sheets, err := timesheet.Sheets(ctx, db, office, bookDay)
	if err != nil || len(sheets) != 2 || sheets[0].Session != "AM" || sheets[1].Session != "PM" {
		t.Fatalf("sheets: %+v, %v", sheets, err)
	}
	states := map[string]attendance.State{}
	for _, l := range sheets[0].Lines {
		states[l.Person] = l.State
	}
	for person, want := range map[string]attendance.State{"p-sun": attendance.Signed, "p-qian": attendance.LateAttempt, "p-zhou": attendance.Admitted, "p-zhao": timesheet.Undetermined} {
		if states[person] != want {
			t.Errorf("%s on the sheet of the morning: %q, want %q", person, states[person], want)
		}
	}
	if s := sheets[0]; s.ClosedAt.IsZero() || s.Signed != 2 || s.Missing != 1 || s.Signed+s.Missing+s.Open != len(s.Lines) || s.Supplements != 0 {
		t.Errorf("morning: %+v", s)
	}
	if other, err := timesheet.Sheets(ctx, db, "bureau", bookDay); err != nil || len(other) != 0 {
		t.Errorf("another office's sheets are shown: %+v, %v", other, err)
	}
	refused, err := timesheet.Attempts(ctx, db, office, bookDay)
	if err != nil || len(refused) != 1 || refused[0].Person != "p-qian" || refused[0].Session != "AM" || refused[0].Cutoff.IsZero() {
		t.Errorf("refused: %+v, %v", refused, err)
	}
	record := func(person string) timesheet.Day {
		t.Helper()
		days, err := timesheet.Record(ctx, db, office, person, bookDay.Add(-1), bookDay.Add(1))
		if err != nil || len(days) != 1 || days[0].Date != bookDay {
			t.Fatalf("record of %s: %+v, %v", person, days, err)
		}
		return days[0]
	}
	if d := record("p-sun"); len(d.Marks) != 2 || len(d.Determinations) != 1 || d.Determinations[0].Result != attendance.Normal || len(d.Determinations[0].Sessions) != 2 {
		t.Errorf("p-sun: %+v", d)
	}
	if d := record("p-qian"); len(d.Refused) != 1 || !d.Objection {
		t.Errorf("p-qian: %+v", d)
	}
	if d := record("p-zhou"); len(d.Determinations) != 2 || d.Objection || d.Determinations[0].Result != attendance.Absent ||
		d.Determinations[1].Before != attendance.Absent || d.Determinations[1].Cause != attendance.ByObjection || d.Determinations[1].Policy == 0 {
		t.Errorf("p-zhou: %+v", d)
	}
	month, err := timesheet.MonthOf(ctx, db, office, "2026-05", "")
	if err != nil || month.CompiledAt.IsZero() || len(month.Rows) != 1 || month.Rows[0].Normal != 1 || len(month.Posts) == 0 {
		t.Errorf("month: %+v, %v", month, err)
	}
}
