package api_test

import (
	"slices"
	"strings"
	"testing"

	"andu/cmd/andu/demo"
	"andu/domain"
	"andu/domain/attendance"
	"andu/domain/leave"
	"andu/presets"
	"andu/projections/timesheet"
)

// beginBook begins the county office's sign-in book from a day on.
func (w *town) beginBook(from string) {
	w.t.Helper()
	w.as(w.staff["county"].Persons[0].Login).post("/attendance/book", map[string]any{"from": from}).ok()
}

// lives lets the time pass up to an instant, and what is due in it happen.
func (w *town) lives(until string) {
	w.t.Helper()
	w.clock.set(until)
	w.settle()
}

// days are one's own days from one to another, by date.
func (u user) ownDays(from, to string) map[string]timesheet.Day {
	u.t.Helper()
	var record struct{ Days []timesheet.Day }
	u.get("/attendance/records?from=" + from + "&to=" + to).ok().into(&record)
	days := map[string]timesheet.Day{}
	for _, d := range record.Days {
		days[d.Date.String()] = d
	}
	return days
}

// A notice that comes after the days it frees: what was determined by the notice before stays on record with its calendar,
// and beside it stands what the days count for now.
func TestG6Attendance(t *testing.T) {
	w := newTown(t, setting{offices: []demo.Office{demo.County()}, notices: []string{"holidays/2018.json", "holidays/2019.json"}, at: "2019-11-21 10:00"})
	director, p := w.as("director"), w.as("legal-chief")
	director.post("/calendar/notices", notice(t, "holidays/2020-first.json")).ok()
	w.beginBook("2020-01-31")
	for _, evening := range []string{"2020-01-31 14:46", "2020-02-01 14:46", "2020-02-03 08:59:59"} {
		w.lives(evening)
	}
	for date, kind := range map[string]attendance.Result{"2020-01-31": attendance.Absent, "2020-02-01": attendance.Absent} {
		d := p.ownDays(date, date)[date]
		if len(d.Determinations) != 1 || d.Determinations[0].Result != kind || d.Determinations[0].Days.String() != "1.0" {
			t.Fatalf("%s before the notice: %+v", date, d.Determinations)
		}
	}
	w.clock.set("2020-02-03 09:00")
	changed := director.post("/calendar/notices", notice(t, "holidays/2020.json")).result().changed(t)
	if !slices.Equal(changed, []string{"2020-01-31", "2020-02-01"}) {
		t.Fatalf("changed: %v", changed)
	}
	w.settle()
	days := p.ownDays("2020-01-31", "2020-02-02")
	for _, date := range changed {
		d := days[date].Determinations
		if len(d) != 2 {
			t.Fatalf("%s: %+v", date, d)
		}
		before, after := d[0], d[1]
		if before.Result != attendance.Absent || after.Result != attendance.NoWorkThere || after.Days.Tenths != 0 || after.Cause != attendance.ByCalendar ||
			after.Before != before.Result || after.BeforeDays != before.Days || before.Calendar >= after.Calendar || before.Policy == 0 || before.Policy != after.Policy {
			t.Errorf("%s: %+v then %+v", date, before, after)
		}
		if len(before.Sessions) != 2 || before.Sessions[0].State != attendance.Missing || len(after.Sessions) != 0 {
			t.Errorf("%s on what evidence: %+v then %+v", date, before.Sessions, after.Sessions)
		}
		history := w.history(day(p, date))
		for i, r := range history {
			if r.Calendar != d[i].Calendar || r.Policy != d[i].Policy {
				t.Errorf("%s@%d was decided by calendar %d and policy %d, and says %d and %d", r.Stream, r.Revision, r.Calendar, r.Policy, d[i].Calendar, d[i].Policy)
			}
		}
		// As it was known before the notice came, the day is an absence.
		for known, want := range map[string]attendance.Result{"2020-02-02T23:59:59.999999%2B08:00": attendance.Absent, "2020-02-03T09:00:00%2B08:00": attendance.NoWorkThere} {
			var as struct{ State attendance.Day }
			p.get("/timelines/" + day(p, date) + "/as-of?known=" + known).ok().into(&as)
			if as.State.Found.Result != want {
				t.Errorf("%s as known at %s: %s, want %s", date, known, as.State.Found.Result, want)
			}
		}
	}
	if d, ok := days["2020-02-02"]; ok {
		t.Errorf("Sunday 2 February is off under both: %+v", d)
	}
	// Nothing is found anew a second time, and Monday is a working day under both.
	before := w.head()
	w.settle()
	if after := w.head(); after != before {
		t.Errorf("%d events more", after-before)
	}
	w.lives("2020-02-03 14:46")
	if d := p.ownDays("2020-02-03", "2020-02-03")["2020-02-03"]; len(d.Determinations) != 1 || d.Determinations[0].Result != attendance.Absent {
		t.Errorf("Monday 3 February: %+v", d.Determinations)
	}
	w.sameWhenTakenAgain(day(p, "2020-01-31"))
}

// sameWhenTakenAgain takes every decision of a stream again, on what was known then.
func (w *town) sameWhenTakenAgain(stream string) {
	w.t.Helper()
	history := w.history(stream)
	for _, r := range history {
		ex, err := w.handler.Explain(w.t.Context(), r.Office, stream, r.Revision)
		if err != nil || !ex.Same {
			w.t.Errorf("%s@%d is another decision when it is taken again: %v %+v", stream, r.Revision, err, ex)
		}
	}
}

// A notice that comes before the days it frees: no sheet opens on them, and there is nothing to revise.
func TestG6AttendanceInTime(t *testing.T) {
	w := newTown(t, setting{offices: []demo.Office{demo.County()}, notices: []string{"holidays/2018.json", "holidays/2019.json"}, at: "2019-11-21 10:00"})
	director, p := w.as("director"), w.as("legal-chief")
	director.post("/calendar/notices", notice(t, "holidays/2020-first.json")).ok()
	w.beginBook("2020-01-30")
	w.clock.set("2020-01-27 12:00")
	director.post("/calendar/notices", notice(t, "holidays/2020.json")).ok()
	w.lives("2020-02-03 07:00")
	for _, date := range []string{"2020-01-31", "2020-02-01", "2020-02-02"} {
		if got := w.types(sheet(date, "AM")); len(got) > 0 {
			t.Errorf("%s: %v", date, got)
		}
	}
	if got := p.ownDays("2020-01-30", "2020-02-02"); len(got) > 0 {
		t.Errorf("determined: %+v", got)
	}
	if got := w.types(sheet("2020-02-03", "AM")); len(got) == 0 {
		t.Error("Monday 3 February has no sheet")
	}
}

// The notice of a year makes a Saturday of the December before a working day: a sheet opens on it, and whoever does not
// sign is missing.
func TestG7Attendance(t *testing.T) {
	for name, imported := range map[string]bool{"by the notice of 2018 alone": false, "by that of 2019": true} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t, setting{offices: []demo.Office{demo.County()}, notices: []string{"holidays/2018.json"}, at: "2018-12-06 10:00"})
			p := w.as("legal-chief")
			if imported {
				w.as("director").post("/calendar/notices", notice(t, "holidays/2019.json")).ok()
			}
			w.beginBook("2018-12-28")
			w.clock.set("2018-12-29 07:30")
			w.settle()
			signed := p.signIn("AM")
			w.lives("2019-01-01 00:30")
			days := p.ownDays("2018-12-29", "2018-12-31")
			if !imported {
				signed.refused(409, attendance.ErrNoWork.Code)
				if len(w.types(sheet("2018-12-29", "AM"))) > 0 || len(w.types(sheet("2018-12-31", "AM"))) == 0 || len(days) != 1 || days["2018-12-31"].Determinations[0].Result != attendance.Absent {
					t.Errorf("Saturday has %v, Monday %v; %+v", w.types(sheet("2018-12-29", "AM")), w.types(sheet("2018-12-31", "AM")), days)
				}
				return
			}
			signed.ok()
			if len(w.types(sheet("2018-12-31", "AM"))) > 0 || len(days) != 1 || len(days["2018-12-29"].Marks) != 1 || days["2018-12-29"].Determinations[0].Result != attendance.Absent {
				t.Errorf("Monday has %v; %+v", w.types(sheet("2018-12-31", "AM")), days)
			}
			history := w.history(sheet("2018-12-29", "AM"))
			if opened, ok := history[0].Event.(attendance.Opened); !ok || !slices.Contains(opened.Persons, p.id) {
				t.Errorf("Saturday's sheet: %+v", history[0].Event)
			}
			if got := w.types(sheet("2018-12-30", "AM")); len(got) > 0 {
				t.Errorf("Sunday 30 December: %v", got)
			}
		})
	}
}

// A day that was called in waits for the papers; when they have not come by the term it is an absence, and papers that came
// late and were accepted by who reviews them determine it anew. Both stay on record.
func TestG5Attendance(t *testing.T) {
	w := newTown(t, setting{offices: []demo.Office{demo.County()}, at: "2026-04-14 08:00"})
	w.must(demo.Publish(t.Context(), w.handler, w.staff["county"], "town", "county/A-reviewed.json"))
	w.beginBook("2026-04-15")
	p, admin, deputy := w.as("legal-chief"), w.as("admin"), w.as("deputy-admin")
	w.lives("2026-04-15 07:50")
	call := admin.post("/leave/phone-ins", map[string]any{"person": p.id, "type": "事假", "from": map[string]any{"on": "2026-04-15", "half": "AM"}, "to": map[string]any{"on": "2026-04-15", "half": "PM"},
		"cause": "urgent", "reason": "突发疾病"}).result()
	var phoned leave.PhonedIn
	call.Events[0].into(t, &phoned)
	ledger := "/leave/" + strings.TrimPrefix(call.Stream, "leave-")
	w.lives("2026-04-15 14:45:01")
	if d := p.ownDays("2026-04-15", "2026-04-15")["2026-04-15"]; len(d.Determinations) != 0 || d.Awaits != domain.At(at("2026-04-18 00:00")) {
		t.Fatalf("while the papers may come: %+v", d)
	}
	w.lives("2026-04-18 00:00:00")
	w.lives("2026-04-18 00:00:02") // the day may have been asked for before the papers lapsed, and is asked for again
	found := p.ownDays("2026-04-15", "2026-04-15")["2026-04-15"].Determinations
	if len(found) != 1 || found[0].Result != attendance.Absent || found[0].Days.String() != "1.0" || found[0].At != domain.At(at("2026-04-18 00:00")) {
		t.Fatalf("without papers: %+v", found)
	}
	w.clock.set("2026-04-20 09:00")
	p.post(ledger+"/papers", map[string]any{"request": phoned.Request, "text": "补假条"}).ok()
	w.settle()
	if got := len(w.history(day(p, "2026-04-15"))); got != 2 {
		t.Errorf("late papers alone changed the day: %v", w.types(day(p, "2026-04-15")))
	}
	w.clock.set("2026-04-20 10:00")
	review := deputy.post(ledger+"/paper-reviews", map[string]any{"request": phoned.Request, "accepted": true, "reason": "情况属实"}).result()
	w.settle()
	found = p.ownDays("2026-04-15", "2026-04-15")["2026-04-15"].Determinations
	if len(found) != 2 || found[0].Result != attendance.Absent || found[1].Result != attendance.Covered || found[1].Cause != attendance.ByLatePaper || found[1].Before != attendance.Absent {
		t.Fatalf("after the review: %+v", found)
	}
	history := w.history(day(p, "2026-04-15"))
	if last := history[len(history)-1]; last.Causation != review.Events[0].ID {
		t.Errorf("the revision names %q as its cause, want the review %s", last.Causation, review.Events[0].ID)
	}
	types := w.types(call.Stream)
	if types[len(types)-1] != "leave.days-reviewed" {
		t.Errorf("the ledger ends with %v", types)
	}
	w.sameWhenTakenAgain(day(p, "2026-04-15"))
	before := w.head()
	w.restart()
	w.settle()
	if after := w.head(); after != before {
		t.Errorf("after a restart %d events more", after-before)
	}
}

// The same book under the other texts: nothing is refused in the bureau, lateness is counted by the minute and owed; and
// where the county office reads 以前 to the letter, the instant of the cut-off is too late.
func TestG1OtherTexts(t *testing.T) {
	t.Run("B", func(t *testing.T) {
		w := newTown(t, setting{offices: []demo.Office{demo.Bureau()}, at: "2026-04-14 09:00"})
		w.as(w.staff["bureau"].Persons[0].Login).post("/attendance/book", map[string]any{"from": "2026-04-15"}).ok()
		w.lives("2026-04-15 08:00")
		for _, tc := range []struct {
			login, at string
			owed      int
		}{{"bureau-office-clerk", "2026-04-15 08:30:00", 0}, {"bureau-driver", "2026-04-15 08:30:00.000001", 1}, {"bureau-staff", "2026-04-15 08:31:00", 1}, {"bureau-staff2", "2026-04-15 10:00:00.000001", 91}} {
			w.clock.set(tc.at)
			r := w.as(tc.login).signIn("in").result()
			var e attendance.SignedIn
			r.Events[0].into(t, &e)
			var owed attendance.TimeOwed
			if len(r.Events) > 1 {
				r.Events[1].into(t, &owed)
			}
			if e.Late != (tc.owed > 0) || owed.Minutes != tc.owed || tc.owed > 0 && owed.Due != date("2026-04-22") {
				t.Errorf("%s at %s: late %t, owed %+v", tc.login, tc.at, e.Late, owed)
			}
		}
	})
	t.Run("A-excl", func(t *testing.T) {
		w := newTown(t, setting{offices: []demo.Office{demo.County()}, at: "2026-04-13 08:00"})
		w.must(demo.Publish(t.Context(), w.handler, w.staff["county"], "town", "county/A-excl.json"))
		w.beginBook("2026-04-15")
		w.lives("2026-04-15 08:00")
		w.clock.set("2026-04-15 08:14:59.999999")
		w.as("legal-chief").signIn("AM").ok()
		w.clock.set("2026-04-15 08:15:00")
		w.as("secretariat-chief").signIn("AM").refused(409, attendance.ErrLate.Code, "08:15")
	})
	t.Run("A, the seasons", func(t *testing.T) {
		w := newTown(t, setting{offices: []demo.Office{demo.County()}, notices: presets.Notices(), at: "2026-06-08 09:00"})
		w.beginBook("2026-06-09")
		for _, tc := range []struct{ date, cutoff string }{{"2026-06-09", "14:45:00"}, {"2026-06-10", "15:15:00"}, {"2026-09-10", "15:15:00"}, {"2026-09-11", "14:45:00"}} {
			w.lives(tc.date + " 08:15:00")
			w.as("legal-chief").signIn("AM").ok()
			w.clock.set(tc.date + " 08:15:00.000001")
			w.as("secretariat-chief").signIn("AM").refused(409, attendance.ErrLate.Code, "08:15")
			w.lives(tc.date + " " + tc.cutoff)
			w.as("legal-chief").signIn("PM").ok()
			w.clock.set(tc.date + " " + tc.cutoff + ".000001")
			w.as("secretariat-chief").signIn("PM").refused(409, attendance.ErrLate.Code, tc.cutoff[:5])
		}
	})
}

// R231: who attended in full is an item of the year-end appraisal, and absence without cause is counted together and in a
// row. The counters stand all the year; the year is compiled once, when it is over.
func TestR231(t *testing.T) {
	w := newTown(t, setting{offices: []demo.Office{demo.Bureau()}, at: "2026-12-28 09:00"})
	w.as(w.staff["bureau"].Persons[0].Login).post("/attendance/book", map[string]any{"from": "2026-12-29"}).ok()
	full, late, leader := w.as("bureau-office-clerk"), w.as("bureau-driver"), w.as("bureau-office-leader")
	for _, date := range []string{"2026-12-29", "2026-12-30", "2026-12-31"} {
		w.lives(date + " 08:20")
		full.signIn("in").ok()
		if date != "2026-12-30" {
			w.clock.set(date + " 08:20:01")
		} else {
			w.clock.set(date + " 08:31")
		}
		late.signIn("in").ok()
		w.clock.set(date + " 17:00")
		full.signIn("out").ok()
		late.signIn("out").ok()
	}
	w.clock.set("2026-12-31 18:00")
	leader.post("/attendance/years", map[string]any{"year": 2026}).refused(409, attendance.ErrYear.Code)
	w.lives("2027-01-04 09:00")
	full.post("/attendance/years", map[string]any{"year": 2026}).refused(403, attendance.ErrNotKeeper.Code)
	full.get("/attendance/years/2026").refused(403, attendance.ErrNotKeeper.Code)
	r := leader.post("/attendance/years", map[string]any{"year": 2026}).result()
	var year attendance.YearCompiled
	r.Events[0].into(t, &year)
	rows := map[string]attendance.YearRow{}
	for _, row := range year.Rows {
		rows[row.Person] = row
	}
	absent := w.as("bureau-staff")
	if a, b, c := rows[full.id], rows[late.id], rows[absent.id]; year.Use == "" || !a.Full || a.Days != 3 || b.Full || b.Exceptions != 1 || c.Full || c.Run != 3 || c.Absence.String() != "3.0" || c.OverRun || c.OverYear {
		t.Errorf("compiled %+v %+v %+v of %+v", a, b, c, year.Use)
	}
	var own struct{ Rows []attendance.YearRow }
	absent.get("/attendance/years/2026?person=" + absent.id).ok().into(&own)
	if len(own.Rows) != 1 || own.Rows[0] != rows[absent.id] {
		t.Errorf("the counter says %+v, the year %+v", own.Rows, rows[absent.id])
	}
	leader.post("/attendance/years", map[string]any{"year": 2026}).refused(409, attendance.ErrYear.Code)
	w.sameWhenTakenAgain(r.Stream)
}
