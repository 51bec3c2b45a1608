package api_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"andu/commands"
	"andu/domain"
	"andu/domain/attendance"
	"andu/projections/timesheet"
)

// sheet is the stream of a sheet of the county office, day that of a person's day.
func sheet(date, session string) string {
	d, _ := domain.ParseDate(date)
	return attendance.SheetStream(commands.NewID, "county", d, session)
}

func day(u user, date string) string {
	d, _ := domain.ParseDate(date)
	return attendance.StreamOf(commands.NewID, u.office, u.id, d)
}

// keepsBook is a town whose county office keeps its sign-in book from Wednesday 2026-04-15 on.
func keepsBook(t *testing.T) *town {
	t.Helper()
	w := newTown(t, setting{at: "2026-04-14 09:00"})
	w.as(w.staff["county"].Persons[0].Login).post("/attendance/book", map[string]any{"from": "2026-04-15"}).ok()
	w.clock.set("2026-04-15 00:00:01")
	w.settle()
	return w
}

func (u user) signIn(session string) answer {
	u.t.Helper()
	return u.post("/attendance/marks", map[string]any{"session": session, "method": "web"})
}

func TestG1(t *testing.T) {
	w := keepsBook(t)
	clerk, chief, keeper := w.as("secretariat-clerk"), w.as("secretariat-chief"), w.as("sheet-keeper")
	w.clock.set("2026-04-15 08:10")
	keeper.post("/attendance/sheets/"+strings.TrimPrefix(sheet("2026-04-15", "AM"), "sheet-")+"/closing", map[string]any{}).refused(403, attendance.ErrByClock.Code)
	clerk.post("/attendance/marks", map[string]any{"session": "AM", "method": "web"}, "Andu-Occurred-At", "2026-04-15T00:05:00Z").refused(422, attendance.ErrStated.Code)

	w.clock.set("2026-04-15 08:15:00")
	clerk.signIn("AM").ok()
	w.clock.set("2026-04-15 08:15:00.000001")
	chief.signIn("AM").refused(409, attendance.ErrLate.Code, "08:15")
	w.clock.set("2026-04-15 08:16")
	first := chief.post("/attendance/marks", map[string]any{"session": "AM", "method": "web"}, "Idempotency-Key", "again").refused(409, attendance.ErrLate.Code)
	again := chief.post("/attendance/marks", map[string]any{"session": "AM", "method": "web"}, "Idempotency-Key", "again")
	if again.status != first.status || again.code != first.code {
		t.Errorf("asked again: %d %s", again.status, again.code)
	}
	if got, want := w.types(day(chief, "2026-04-15")), []string{"attendance.late-sign-in-refused", "attendance.late-sign-in-refused"}; !slices.Equal(got, want) {
		t.Errorf("events %v", got)
	}
	if w.history(day(chief, "2026-04-15"))[0].Policy == 0 {
		t.Error("the refusal names no policy version")
	}
	w.settle()

	// A terminal that was cut off brings what it recorded, within two hours of the cut-off.
	public, private, err := ed25519.GenerateKey(nil)
	w.must(err)
	w.as(w.staff["county"].Persons[1].Login).post("/attendance/terminals", map[string]any{"terminal": "door", "key": hex.EncodeToString(public), "place": "大门"}).ok()
	bring := func(name, person string) answer {
		b := commands.Batch{Terminal: "door", Batch: name, Marks: []commands.BatchMark{{Person: person, Session: "AM", At: domain.At(at("2026-04-15 08:14"))}}}
		b.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(private, []byte(b.Text("county"))))
		return keeper.post("/attendance/batches", b)
	}
	forged := commands.Batch{Terminal: "door", Batch: "x", Marks: []commands.BatchMark{{Person: chief.id, Session: "AM", At: domain.At(at("2026-04-15 08:14"))}}, Signature: base64.StdEncoding.EncodeToString(make([]byte, 64))}
	keeper.post("/attendance/batches", forged).refused(403, commands.ErrSignature.Code)
	legal, logistics := w.as("legal-chief"), w.as("logistics-chief")
	w.clock.set("2026-04-15 10:15:00")
	bring("b1", legal.id).ok()
	bring("b1", legal.id).ok()
	w.clock.set("2026-04-15 10:15:00.000001")
	bring("b2", logistics.id).ok()
	w.settle()
	if got, want := w.types(day(legal, "2026-04-15")), []string{"attendance.signed-in"}; !slices.Equal(got, want) {
		t.Errorf("in time: %v", got)
	}
	if w.history(day(legal, "2026-04-15"))[0].Clock != "terminal" {
		t.Error("the time is not said to be the terminal's")
	}
	if got, want := w.types(day(logistics, "2026-04-15")), []string{"attendance.late-sign-in-refused"}; !slices.Equal(got, want) {
		t.Errorf("too late: %v", got)
	}
	if got, want := w.types(sheet("2026-04-15", "AM")), []string{"sheet.opened", "sheet.closed", "sheet.supplemented"}; !slices.Equal(got, want) {
		t.Errorf("sheet %v, want %v", got, want)
	}
}

// G2, and what is in flight: nothing that was received in time is lost, whenever it is done.
func TestG2(t *testing.T) {
	w := keepsBook(t)
	both, straggler, late, none := w.as("secretariat-clerk"), w.as("secretariat-chief"), w.as("legal-chief"), w.as("logistics-chief")
	w.clock.set("2026-04-15 08:00")
	both.signIn("AM").ok()
	w.clock.set("2026-04-15 08:20")
	w.settle()
	late.signIn("AM").refused(409, attendance.ErrLate.Code)
	// Received before the cut-off, decided after the sheet was collected.
	p, office := w.person("secretariat-chief")
	_, err := commands.SignIn(t.Context(), w.handler, attendance.SignIn{Session: "AM", Method: "web"},
		commands.Request{Office: office, Actor: p.Actor(), Received: at("2026-04-15 08:14:59.999999")})
	w.must(err)
	w.settle()
	if got, want := w.types(sheet("2026-04-15", "AM")), []string{"sheet.opened", "sheet.closed", "sheet.supplemented"}; !slices.Equal(got, want) {
		t.Fatalf("sheet %v, want %v", got, want)
	}
	w.clock.set("2026-04-15 14:30")
	for _, u := range []user{both, straggler, late} {
		u.signIn("PM").ok()
	}
	w.clock.set("2026-04-15 14:45:00.000001")
	w.settle()
	for _, tc := range []struct {
		user
		result attendance.Result
		days   string
	}{{both, attendance.Normal, "0.0"}, {straggler, attendance.Normal, "0.0"}, {late, attendance.LateDay, "0.0"}, {none, attendance.Absent, "1.0"}} {
		events := w.history(day(tc.user, "2026-04-15"))
		found, ok := events[len(events)-1].Event.(attendance.Determined)
		if !ok || found.Result != tc.result || found.Days.String() != tc.days || found.At != domain.At(at("2026-04-15 14:45")) {
			t.Errorf("%s: %+v", tc.login, events[len(events)-1].Event)
		}
	}

	// The person objects, and whoever the month is reported to decides.
	none.post("/attendance/days/"+strings.TrimPrefix(day(none, "2026-04-15"), "attendance-")+"/objections", map[string]any{"reason": "当日停电"}).ok()
	path := "/attendance/days/" + strings.TrimPrefix(day(none, "2026-04-15"), "attendance-") + "/objection-decisions"
	decision := map[string]any{"accept": true, "sessions": []string{"AM", "PM"}, "opinion": "属实"}
	both.post(path, decision).refused(403, attendance.ErrNotDecider.Code)
	w.as("deputy-admin").post(path, decision).ok()
	if got := w.types(day(none, "2026-04-15")); got[len(got)-1] != "attendance.determination-revised" {
		t.Errorf("events %v", got)
	}

	w.clock.set("2026-05-04 09:00")
	w.settle()
	summary := w.as("sheet-keeper").post("/attendance/summaries", map[string]any{"month": "2026-04"}).result()
	var month attendance.MonthCompiled
	summary.Events[0].into(t, &month)
	for _, row := range month.Rows {
		if row.Person == late.id && (row.Late != 1 || row.Days != row.Normal+row.Late+row.Early+row.Covered+row.Half+row.Absent+row.Other) {
			t.Errorf("row %+v", row)
		}
	}
	if len(month.Rows) == 0 {
		t.Error("the month is empty")
	}
	looksUp(t, w, both, straggler, late, none)
}

// looksUp reads the book of the day of TestG2 back. Only those who keep it, or to whom it is reported, see others.
func looksUp(t *testing.T, w *town, both, straggler, late, none user) {
	t.Helper()
	var sheets struct{ Sheets []timesheet.Sheet }
	for _, path := range []string{"/attendance/sheets?date=2026-04-15", "/attendance/refusals?date=2026-04-15", "/attendance/months/2026-04",
		"/attendance/records?from=2026-04-15&to=2026-04-15&person=" + late.id, "/attendance/months/2026-04?person=" + late.id} {
		both.get(path).refused(403, attendance.ErrNotKeeper.Code)
		for _, login := range []string{"sheet-keeper", "deputy-admin"} {
			w.as(login).get(path).ok()
		}
	}
	keeper := w.as("sheet-keeper")
	keeper.get("/attendance/sheets?date=2026-04-15").ok().into(&sheets)
	if len(sheets.Sheets) != 2 || sheets.Sheets[0].Session != "AM" || sheets.Sheets[0].ClosedAt != domain.At(at("2026-04-15 08:15")) || sheets.Sheets[0].Supplements != 1 {
		t.Fatalf("sheets %+v", sheets)
	}
	am, states := sheets.Sheets[0], map[string]timesheet.Line{}
	for _, l := range am.Lines {
		states[l.Person] = l
	}
	if am.Signed != 3 || am.Open != 0 || am.Signed+am.Covered+am.Missing != len(am.Lines) {
		t.Errorf("counts %+v", am)
	}
	for u, want := range map[user]attendance.State{both: attendance.Signed, straggler: attendance.Signed, late: attendance.LateAttempt, none: attendance.Admitted} {
		if l := states[u.id]; l.State != want || l.Supplement != (u == straggler) {
			t.Errorf("%s: %+v, want %s", u.login, l, want)
		}
	}
	var refused struct{ Refused []timesheet.Refused }
	keeper.get("/attendance/refusals?date=2026-04-15").ok().into(&refused)
	if len(refused.Refused) != 1 || refused.Refused[0].Person != late.id || refused.Refused[0].Cutoff != domain.At(at("2026-04-15 08:15")) {
		t.Errorf("refused %+v", refused)
	}

	var record struct{ Days []timesheet.Day }
	none.get("/attendance/records?from=2026-04-15&to=2026-04-15").ok().into(&record)
	if len(record.Days) != 1 || len(record.Days[0].Determinations) != 2 || record.Days[0].Objection {
		t.Fatalf("record %+v", record)
	}
	first, second := record.Days[0].Determinations[0], record.Days[0].Determinations[1]
	if first.Result != attendance.Absent || first.Policy == 0 || first.Calendar == 0 || second.Result != attendance.Normal || second.Cause != attendance.ByObjection || second.Before != first.Result {
		t.Errorf("determinations %+v", record.Days[0].Determinations)
	}
	late.get("/attendance/records?from=2026-04-01&to=2026-04-15").ok().into(&record)
	if len(record.Days) != 1 || len(record.Days[0].Marks) != 1 || len(record.Days[0].Refused) != 1 {
		t.Errorf("the late one's record %+v", record)
	}
	both.get("/attendance/records?from=2026-04-15&to=2026-04-14").refused(422, "span-invalid")

	var month timesheet.Month
	keeper.get("/attendance/months/2026-04").ok().into(&month)
	if month.CompiledAt.IsZero() || len(month.Posts) == 0 || !slices.ContainsFunc(month.Rows, func(r attendance.Tally) bool { return r.Person == late.id && r.Late == 1 }) {
		t.Errorf("month %+v", month)
	}
	late.get("/attendance/months/2026-04?person=" + late.id).ok().into(&month)
	if len(month.Rows) != 1 || month.Rows[0].Person != late.id {
		t.Errorf("own month %+v", month)
	}

	// Today, before anything is determined.
	w.clock.set("2026-05-06 08:00")
	w.settle()
	keeper.get("/attendance/sheets").ok().into(&sheets)
	if am := sheets.Sheets[0]; !am.ClosedAt.IsZero() || am.Open == 0 || am.Open != len(am.Lines) || am.Lines[0].State != timesheet.Waiting {
		t.Errorf("today %+v", am)
	}
	w.clock.set("2026-05-06 08:16")
	w.settle()
	sheets.Sheets = nil
	keeper.get("/attendance/sheets").ok().into(&sheets)
	if am := sheets.Sheets[0]; am.ClosedAt.IsZero() || am.Open != len(am.Lines) || am.Lines[0].State != timesheet.Undetermined {
		t.Errorf("collected, not determined %+v", am)
	}
	w.clock.set("2026-05-06 15:00")
	w.settle()
	month = timesheet.Month{}
	late.get("/attendance/months/2026-05?person=" + late.id).ok().into(&month)
	if !month.CompiledAt.IsZero() || len(month.Rows) != 1 || month.Rows[0].Days == 0 {
		t.Errorf("a month that is not compiled %+v", month)
	}
}

// A server that stood still over a cut-off closes the sheet when it is back, as of the cut-off.
func TestStopOverACutOff(t *testing.T) {
	w := keepsBook(t)
	clerk := w.as("secretariat-clerk")
	w.clock.set("2026-04-15 08:13")
	clerk.signIn("AM").ok()
	w.close()
	w.clock.set("2026-04-15 08:20")
	w.open()
	w.settle()
	events := w.history(sheet("2026-04-15", "AM"))
	closed, ok := events[len(events)-1].Event.(attendance.Closed)
	if !ok || closed.At != domain.At(at("2026-04-15 08:15")) || events[len(events)-1].OccurredAt != closed.At || len(closed.Signed) != 1 {
		t.Fatalf("closed as %+v", events[len(events)-1])
	}
	// And over days: every day is turned, and every working day's sheets are opened and closed.
	w.close()
	w.clock.set("2026-04-20 09:00")
	w.open()
	w.settle()
	for date, want := range map[string]int{"2026-04-16": 2, "2026-04-17": 2, "2026-04-18": 0, "2026-04-19": 0, "2026-04-20": 2} {
		if got := len(w.types(sheet(date, "AM"))); got != want {
			t.Errorf("%s: %d events on the morning's sheet, want %d", date, got, want)
		}
	}
}
