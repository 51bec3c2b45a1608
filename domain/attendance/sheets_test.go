package attendance

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"andu/domain"
	"andu/domain/domaintest"
	"andu/domain/leave"
	"andu/domain/org"
)

var (
	everybody = []string{"p-1", "p-2", "p-3", "p-4"}
	amOpened  = Opened{Date: wed, Session: "AM", OpensAt: at("2026-04-15 07:00"), Expected: at("2026-04-15 08:15"), Cutoff: at("2026-04-15 08:15"), Closes: at("2026-04-15 08:15"), Persons: everybody}
	pmOpened  = Opened{Date: wed, Session: "PM", OpensAt: at("2026-04-15 14:00"), Expected: at("2026-04-15 14:45"), Cutoff: at("2026-04-15 14:45"), Closes: at("2026-04-15 14:45"), Last: true, Moment: at("2026-04-15 14:45"), Persons: everybody}
)

func TestSheets(t *testing.T) {
	A, B := county(t), bureau(t)
	byKeeper := but(A, "att.sheet.closeBy", Closing{ByKeeper, "cutoff"})
	type given = []domain.Event[Sheet]
	closed := Closed{Date: wed, Session: "AM", At: at("2026-04-15 08:15"), Cutoff: at("2026-04-15 08:15"), By: domain.System, Signed: []Entry{{"p-1", "e-1"}}}
	early := closed
	early.At, early.By = at("2026-04-15 08:10"), "p-2"
	closeIt := Close{Signed: []Entry{{"p-1", "e-1"}}}
	evening := at("2026-04-16 00:00")
	cases := []domaintest.Case[Sheet]{
		{Name: "R29: a working day's sheet expects everybody who holds a post of the office", Policy: A, At: "2026-04-15", When: Open{wed, "AM"}, Then: given{amOpened}},
		{Name: "the last sheet says when the day is determined", Policy: A, At: "2026-04-15", When: Open{wed, "PM"}, Then: given{pmOpened}},
		{Name: "B: nothing is cut off, and the clock closes at 24:00", Policy: B, At: "2026-04-15", When: Open{wed, "out"}, Then: given{Opened{Date: wed, Session: "out", OpensAt: at("2026-04-15 12:00"),
			Expected: at("2026-04-15 17:00"), Closes: evening, Last: true, Moment: evening, Persons: everybody}}},
		{Name: "a sheet is opened once", Policy: A, Given: given{amOpened}, At: "2026-04-15", When: Open{wed, "AM"}},
		{Name: "there is no sheet on a day of rest", Policy: A, At: "2026-04-15", When: Open{date("2026-04-18"), "AM"}, Err: ErrNoWork},
		{Name: "nor for a session that the policy does not know", Policy: A, At: "2026-04-15", When: Open{wed, "noon"}, Err: ErrNoSession},
		{Name: "nobody opens a sheet by hand", Policy: A, At: "2026-04-15", Actor: keeper, When: Open{wed, "AM"}, Err: ErrSchedule},

		{Name: "the clock closes at the cut-off", Policy: A, Given: given{amOpened}, At: "2026-04-15 08:15", When: closeIt, Then: given{closed}},
		{Name: "and not before", Policy: A, Given: given{amOpened}, At: "2026-04-15 08:14:59.999999", When: closeIt, Err: ErrByClock},
		{Name: "a sheet is closed once", Policy: A, Given: given{amOpened, closed}, At: "2026-04-15 08:16", When: closeIt},
		{Name: "a sheet that was never opened is not closed", Policy: A, At: "2026-04-15 08:16", When: closeIt, Err: ErrNoSheet},
		{Name: "G1: the keeper does not close sooner than the clock", Policy: A, Given: given{amOpened}, Actor: keeper, At: "2026-04-15 08:10", When: closeIt, Err: ErrByClock},
		{Name: "where the policy lets him, the keeper does", Policy: byKeeper, Given: given{amOpened}, Actor: keeper, At: "2026-04-15 08:10", When: closeIt, Then: given{early}},
		{Name: "but nobody else", Policy: byKeeper, Given: given{amOpened}, Actor: me, At: "2026-04-15 08:10", When: closeIt, Err: ErrNotKeeper},

		{Name: "a large office's sheet is opened page by page, at once", Policy: A, At: "2026-04-15", Facts: crowd(t), When: Open{wed, "AM"}, Then: given{crowdOpened, PersonsAdded{many[personsAPage:]}}},
		{Name: "before it is closed, pages list who has signed", Policy: A, Given: given{amOpened}, At: "2026-04-15 08:15", When: ListSigned{closeIt.Signed}, Then: given{SignedListed{closeIt.Signed}}},
		{Name: "once each", Policy: A, Given: given{amOpened, SignedListed{closeIt.Signed}}, At: "2026-04-15 08:15", When: ListSigned{[]Entry{{"p-1", "e-1"}, {"p-2", "e-2"}}}, Then: given{SignedListed{[]Entry{{"p-2", "e-2"}}}}},
		{Name: "none who stands there already", Policy: A, Given: given{amOpened, SignedListed{closeIt.Signed}}, At: "2026-04-15 08:15", When: ListSigned(closeIt)},
		{Name: "the closing adds the rest", Policy: A, Given: given{amOpened, SignedListed{[]Entry{{"p-2", "e-2"}}}}, At: "2026-04-15 08:15", When: Close{[]Entry{{"p-2", "e-2"}, {"p-1", "e-1"}}}, Then: given{closed}},
		{Name: "a closed sheet has no more pages", Policy: A, Given: given{amOpened, closed}, At: "2026-04-15 08:16", When: ListSigned{[]Entry{{"p-2", "e-2"}}}},
		{Name: "no page is listed before the cut-off", Policy: A, Given: given{amOpened}, At: "2026-04-15 08:14:59.999999", When: ListSigned(closeIt), Err: ErrByClock},
		{Name: "nor by the keeper, where the clock closes", Policy: A, Given: given{amOpened}, Actor: keeper, At: "2026-04-15 08:10", When: ListSigned(closeIt), Err: ErrByClock},
		{Name: "where the policy lets him close, the keeper lists", Policy: byKeeper, Given: given{amOpened}, Actor: keeper, At: "2026-04-15 08:10", When: ListSigned(closeIt), Then: given{SignedListed{closeIt.Signed}}},
		{Name: "a straggler on no page goes into a supplement", Policy: A, Given: given{amOpened, SignedListed{closeIt.Signed}, Closed{At: at("2026-04-15 08:15"), Signed: []Entry{}}}, At: "2026-04-15 08:16", When: Supplement{"p-1", "e-1"}},
		{Name: "a straggler goes into a supplement", Policy: A, Given: given{amOpened, closed}, At: "2026-04-15 08:16", When: Supplement{"p-2", "e"}, Then: given{Supplemented{"p-2", "e"}}},
		{Name: "what the closing has counted is no straggler", Policy: A, Given: given{amOpened, closed}, At: "2026-04-15 08:16", When: Supplement{"p-1", "e-1"}},
		{Name: "and not onto a sheet that is open", Policy: A, Given: given{amOpened}, At: "2026-04-15 08:14", When: Supplement{"p-2", "e"}, Err: ErrOpenStill},
		{Name: "nobody supplements by hand", Policy: A, Given: given{amOpened, closed}, Actor: keeper, At: "2026-04-15 08:16", When: Supplement{"p-2", "e"}, Err: ErrSchedule},
		{Name: "the day's determination ends once", Policy: A, Given: given{pmOpened}, At: "2026-04-15 14:46", When: CloseDay{4}, Then: given{DayDetermined{4}}},
		{Name: "and stays", Policy: A, Given: given{pmOpened, DayDetermined{4}}, At: "2026-04-15 14:46", When: CloseDay{4}},
	}
	facts := world(t, years(t))
	for i := range cases {
		if cases[i].Facts == nil {
			cases[i].Facts = facts
		}
		if cases[i].Actor.Person == "" {
			cases[i].Actor = system
		}
	}
	domaintest.Run(t, Sheets, cases)
}

// many are the persons of an office whose sheet takes two pages.
var many = func() (persons []string) {
	for i := range personsAPage + 50 {
		persons = append(persons, fmt.Sprintf("q-%04d", i))
	}
	return persons
}()

var crowdOpened = func() Opened { o := amOpened; o.Persons = many[:personsAPage]; return o }()

// crowd is the office with many persons and nobody else at a post of its own.
func crowd(t testing.TB) map[string]any {
	facts, since := world(t, years(t)), date("2018-01-01")
	o := org.PostCreated{Post: "q", Title: "科员", Rank: 9}.Evolve(org.OfficeSetUp{Office: "office", Name: "县政府办公室", Zone: "Asia/Shanghai"}.Evolve(org.Office{}))
	for _, p := range many {
		o = org.PostFilled{Post: "q", Person: p, From: since}.Evolve(org.PersonJoined{Person: p, On: since}.Evolve(o))
	}
	facts[org.Stream("office")] = o
	return facts
}

// A page is small enough for a record that holds it twice: as what happened, and as what was asked.
func TestPagesFitARecord(t *testing.T) {
	id := "0198c1c2-7d1e-7a50-9d52-1a2b3c4d5e6f0198c1c2-7d1e-7a50-9d52x" // as long as ids get
	list, rows, persons, years := ListSigned{}, CountMonth{Month: "2026-04"}, PersonsAdded{}, CountYear{Year: 2026}
	for range SignedAPage {
		list.Signed = append(list.Signed, Entry{id, id[:36]})
	}
	for range RowsAPage {
		years.Rows = append(years.Rows, YearRow{id, 248, 248, 248, 248, Days{2480}, 248, 366, false, false, false})
		rows.Rows = append(rows.Rows, Tally{id, 22, 22, 22, 22, 22, 22, 22, 22, Days{220}, true})
	}
	for range personsAPage {
		persons.Persons = append(persons.Persons, id)
	}
	size := func(v any) int {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return len(text)
	}
	const record, header = 60 << 10, 3 << 10
	for name, n := range map[string]int{"the list": 2 * size(list), "the month": 2 * size(rows), "the year": 2 * size(years), "the persons": size(persons)} {
		if n > record-header {
			t.Errorf("a page of %s takes %d bytes", name, n)
		}
	}
}

// A sign-in asks for its place on the sheet; the closing settles whom it counted, a supplement the others.
func TestNoSignInIsLost(t *testing.T) {
	e := signed("2026-04-15", "AM", "08:15")
	task := e.Opens(domain.Recorded{})[0]
	if task.Due != at("2026-04-15 08:15") || task.Stream != e.Sheet {
		t.Errorf("task %+v", task)
	}
	on := domain.Recorded{Header: domain.Header{Stream: e.Sheet}}
	if ids := (Closed{Signed: []Entry{{"p-1", "e-1"}}}).Settles(on); !slices.Contains(ids, task.TaskID) {
		t.Errorf("the closing settles %v", ids)
	}
	if ids := (SignedListed{Signed: []Entry{{"p-1", "e-1"}}}).Settles(on); !slices.Contains(ids, task.TaskID) {
		t.Errorf("a page settles %v", ids)
	}
	if ids := (Closed{Signed: []Entry{}}).Settles(on); slices.Contains(ids, task.TaskID) {
		t.Error("a closing settles whom it did not count")
	}
	if ids := (Supplemented{Person: "p-1"}).Settles(on); !slices.Contains(ids, task.TaskID) {
		t.Errorf("the supplement settles %v", ids)
	}
}

func TestRoll(t *testing.T) {
	A := county(t)
	type given = []domain.Event[Roll]
	begun := Begun{wed, at("2026-04-15")}
	turned := DayTurned{Date: wed, Works: true, Sessions: []string{"AM", "PM"}, Sheets: []string{sheet("2026-04-15", "AM"), sheet("2026-04-15", "PM")}, Calendar: 2027, At: at("2026-04-15"), Next: at("2026-04-16")}
	rest := func(day, next string) DayTurned {
		return DayTurned{Date: date(day), Sessions: []string{}, Sheets: []string{}, Calendar: 2027, At: at(day), Next: at(next)}
	}
	freed := rest("2026-04-15", "2026-04-16")
	freed.Calendar = 2028
	may := rest("2026-05-01", "2026-05-02")
	may.Calendar, may.Month, may.MonthDue = 2028, "2026-04", at("2026-05-06 23:59:59.999999")
	admin := domain.Actor{Person: "p-5", Post: org.SystemAdministrator}
	security := domain.Actor{Person: "p-6", Post: org.SecurityAdministrator}
	key := "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	door := TerminalRegistered{"door", key, "大门"}
	rows := []Tally{{Person: "p-1", Days: 22, Normal: 18, Late: 4}}
	kept := rows
	flagged := []Tally{{Person: "p-1", Days: 22, Normal: 18, Late: 4, LongTerm: true}}
	cases := []domaintest.Case[Roll]{
		{Name: "the book begins on a day to come", Actor: admin, When: Begin{wed}, Then: given{begun}},
		{Name: "and not today", Actor: admin, At: "2026-04-15 00:00", When: Begin{wed}, Err: ErrPastDay},
		{Name: "it begins once", Given: given{begun}, Actor: admin, When: Begin{wed}, Err: ErrBegun},
		{Name: "and nobody else begins it", Actor: me, When: Begin{wed}, Err: org.ErrOfficer},

		{Name: "a working day asks for its sheets", Given: given{begun}, When: TurnDay{wed}, Then: given{turned}},
		{Name: "a day is turned once", Given: given{begun, turned}, When: TurnDay{wed}},
		{Name: "a day of rest asks for the next day alone", Given: given{Begun{date("2026-04-18"), at("2026-04-18")}}, When: TurnDay{date("2026-04-18")}, Then: given{rest("2026-04-18", "2026-04-19")}},
		{Name: "when the calendar changes today, the day is turned again", Given: given{begun, turned}, Facts: world(t, years(t, off("2026-04-15"))), When: TurnDay{wed}, Then: given{freed}},
		{Name: "no day is left out", Given: given{begun}, When: TurnDay{date("2026-04-16")}},
		{Name: "R32: the first day of a month asks for the report by the third working day", Given: given{Begun{date("2026-04-30"), at("2026-04-30")}, rest("2026-04-30", "2026-05-01")},
			Facts: world(t, years(t, off("2026-05-01"))), When: TurnDay{date("2026-05-01")}, Then: given{may}},
		{Name: "nobody turns a page by hand", Given: given{begun}, Actor: keeper, When: TurnDay{wed}, Err: ErrSchedule},
		{Name: "a book that is not begun has no pages", When: TurnDay{wed}, Err: ErrNotBegun},

		{Name: "the security administrator registers a terminal", Actor: security, When: RegisterTerminal(door), Then: given{door}},
		{Name: "the same again changes nothing", Given: given{door}, Actor: security, When: RegisterTerminal(door)},
		{Name: "an id is given once", Given: given{door, TerminalWithdrawn{"door"}}, Actor: security, When: RegisterTerminal(door), Err: ErrKnownTerminal},
		{Name: "a key is a key", Actor: security, When: RegisterTerminal{"door", "x", "大门"}, Err: ErrKey},
		{Name: "nobody else registers one", Actor: me, When: RegisterTerminal(door), Err: org.ErrOfficer},
		{Name: "its drift is the difference to the time of receipt", Given: given{door}, Actor: me, At: "2026-04-15 08:00:00", When: MeasureDrift{"door", at("2026-04-15 08:00:01.5")},
			Then: given{DriftMeasured{"door", 1_500_000}}},
		{Name: "an unknown terminal has no drift", Actor: me, When: MeasureDrift{"door", at("2026-04-15")}, Err: ErrTerminal},
		{Name: "a terminal is taken out of use", Given: given{door}, Actor: security, When: WithdrawTerminal{"door"}, Then: given{TerminalWithdrawn{"door"}}},
		{Name: "once", Given: given{door, TerminalWithdrawn{"door"}}, Actor: security, When: WithdrawTerminal{"door"}},
		{Name: "an unknown one is not", Actor: security, When: WithdrawTerminal{"door"}, Err: ErrTerminal},
		{Name: "nobody else takes it", Given: given{door}, Actor: me, When: WithdrawTerminal{"door"}, Err: org.ErrOfficer},

		{Name: "R32: the keeper compiles the month, and it is reported to the deputy director in charge", Given: given{begun}, Actor: keeper, At: "2026-05-06 10:00", When: Compile{"2026-04", rows},
			Then: given{MonthCompiled{"2026-04", kept}, MonthReported{"2026-04", []string{"deputy-admin"}, []string{"p-3"}}}},
		{Name: "R32: the schedule does when nobody did", Given: given{begun}, At: "2026-05-07 00:00", When: Compile{"2026-04", rows},
			Then: given{MonthCompiled{"2026-04", kept}, MonthReported{"2026-04", []string{"deputy-admin"}, []string{"p-3"}}}},
		{Name: "R86: B, over three times late in a month is a long-term offender", Policy: bureau(t), Given: given{begun}, At: "2026-05-07 00:00", When: Compile{"2026-04", rows},
			Then: given{MonthCompiled{"2026-04", flagged}, MonthReported{"2026-04", []string{"office-leader"}, []string{"p-4"}}}},
		{Name: "R32: rows are counted page by page before", Given: given{begun}, Actor: keeper, At: "2026-05-06 10:00", When: CountMonth{"2026-04", rows}, Then: given{MonthCounted{"2026-04", rows}}},
		{Name: "what was counted and is still so is not counted again", Given: given{begun, MonthCounted{"2026-04", rows}}, Actor: keeper, At: "2026-05-06 10:00", When: CountMonth{"2026-04", rows}},
		{Name: "what has changed is", Given: given{begun, MonthCounted{"2026-04", []Tally{{Person: "p-1", Days: 21}}}}, Actor: keeper, At: "2026-05-06 10:00", When: CountMonth{"2026-04", rows}, Then: given{MonthCounted{"2026-04", rows}}},
		{Name: "R86: B, a long-term offender is one on every page", Policy: bureau(t), Given: given{begun}, At: "2026-05-07 00:00", When: CountMonth{"2026-04", rows}, Then: given{MonthCounted{"2026-04", flagged}}},
		{Name: "the month is compiled with the rest", Given: given{begun, MonthCounted{"2026-04", rows}}, Actor: keeper, At: "2026-05-06 10:00", When: Compile{"2026-04", append(slices.Clone(rows), Tally{Person: "p-2", Days: 1})},
			Then: given{MonthCompiled{"2026-04", []Tally{{Person: "p-2", Days: 1}}}, MonthReported{"2026-04", []string{"deputy-admin"}, []string{"p-3"}}}},
		{Name: "a compiled month has no more pages", Given: given{begun, MonthCompiled{"2026-04", rows}}, Actor: keeper, At: "2026-05-06 10:00", When: CountMonth{"2026-04", rows}, Err: ErrMonth},
		{Name: "nobody else counts", Given: given{begun}, Actor: me, At: "2026-05-06 10:00", When: CountMonth{"2026-04", rows}, Err: ErrNotKeeper},
		{Name: "a month is compiled once", Given: given{begun, MonthCompiled{"2026-04", rows}}, Actor: keeper, At: "2026-05-06 10:00", When: Compile{"2026-04", rows}, Err: ErrMonth},
		{Name: "and when it is over", Given: given{begun}, Actor: keeper, At: "2026-04-30 23:59:59", When: Compile{"2026-04", rows}, Err: ErrMonth},
		{Name: "nobody else compiles", Given: given{begun}, Actor: me, At: "2026-05-06 10:00", When: Compile{"2026-04", rows}, Err: ErrNotKeeper},
		{Name: "a book that is not begun has no months", Actor: keeper, At: "2026-05-06 10:00", When: Compile{"2026-04", rows}, Err: ErrNotBegun},
	}
	facts := world(t, years(t))
	o := office(t)
	for _, e := range []org.Event{org.PersonJoined{Person: "p-5", On: date("2018-01-01")}, org.PersonJoined{Person: "p-6", On: date("2018-01-01")},
		org.OfficerAppointed{Person: "p-5", Officer: org.SystemAdministrator}, org.OfficerAppointed{Person: "p-6", Officer: org.SecurityAdministrator}} {
		o = e.Evolve(o)
	}
	facts[org.Stream("office")] = o
	for i := range cases {
		if cases[i].Facts == nil {
			cases[i].Facts = facts
		}
		if cases[i].Policy == nil {
			cases[i].Policy = A
		}
		if cases[i].Actor.Person == "" {
			cases[i].Actor = system
		}
	}
	domaintest.Run(t, Rolls, cases)
}

// R231, and absence without cause: what a year comes to is judged by the office's policy.
func TestYear(t *testing.T) {
	A, B := county(t), bureau(t)
	type given = []domain.Event[Roll]
	begun := Begun{wed, at("2026-04-15")}
	plain := YearRow{Person: "p-1", Days: 248}
	full := plain
	full.Full = true
	onLeave := YearRow{Person: "p-1", Days: 248, Leave: 5}
	fullOnLeave := onLeave
	fullOnLeave.Full = true
	away := YearRow{Person: "p-1", Days: 248, Exceptions: 31, Absence: Days{310}, Run: 16, Span: 22}
	over := away
	over.OverRun, over.OverYear = true, true
	just := YearRow{Person: "p-1", Days: 248, Exceptions: 30, Absence: Days{300}, Run: 15, Span: 21}
	bySpan := just
	bySpan.OverRun = true
	when := "2027-01-06 10:00"
	compile := func(rows ...YearRow) CompileYear { return CompileYear{2026, rows} }
	compiled := func(use string, rows ...YearRow) given {
		return given{YearCompiled{2026, use, append([]YearRow{}, rows...)}}
	}
	const use = "year-end-appraisal"
	cases := []domaintest.Case[Roll]{
		{Name: "R231: B, no exception in the year is full attendance", Policy: B, When: compile(plain), Then: compiled(use, full)},
		{Name: "approved leave keeps it by the supplement", Policy: B, When: compile(onLeave), Then: compiled(use, fullOnLeave)},
		{Name: "and breaks it where the office says so", Policy: but(B, "att.fullAttendance.leaveBreaks", true), When: compile(onLeave), Then: compiled(use, onLeave)},
		{Name: "B alone does not say whether it does", Policy: but(B, "att.fullAttendance.leaveBreaks", domaintest.Blank{}), When: compile(onLeave), Err: domain.ErrBlank},
		{Name: "one exception breaks it", Policy: B, When: compile(YearRow{Person: "p-1", Days: 248, Exceptions: 1}), Then: compiled(use, YearRow{Person: "p-1", Days: 248, Exceptions: 1})},
		{Name: "a day that is not determined leaves it open", Policy: B, When: compile(YearRow{Person: "p-1", Days: 247, Waiting: 1}), Then: compiled(use, YearRow{Person: "p-1", Days: 247, Waiting: 1})},
		{Name: "A knows no full attendance", Policy: A, Actor: keeper, When: compile(plain), Then: compiled("", plain)},
		{Name: "over 15 working days in a row, over 30 in the year", Policy: A, Actor: keeper, When: compile(away), Then: compiled("", over)},
		{Name: "15 and 30 are not over", Policy: A, Actor: keeper, When: compile(just), Then: compiled("", just)},
		{Name: "by the calendar the days of rest between count", Policy: but(A, "att.awolDayBasis", "calendar"), Actor: keeper, When: compile(just), Then: compiled("", bySpan)},
		{Name: "rows are counted page by page before", Policy: B, When: CountYear{2026, []YearRow{plain}}, Then: given{YearCounted{2026, []YearRow{full}}}},
		{Name: "and not again in the last", Policy: B, Given: given{YearCounted{2026, []YearRow{full}}}, When: compile(plain), Then: compiled(use)},
		{Name: "a year is compiled once", Policy: B, Given: compiled(use, full), When: compile(plain), Err: ErrYear},
		{Name: "and when it is over", Policy: B, At: "2026-12-31 23:59:59", When: compile(plain), Err: ErrYear},
		{Name: "nobody else compiles", Policy: B, Actor: me, When: compile(plain), Err: ErrNotKeeper},
		{Name: "the schedule does not: no text says when", Policy: B, Actor: system, When: compile(plain), Err: domain.ErrSystem},
	}
	facts := world(t, years(t))
	for i := range cases {
		cases[i].Facts, cases[i].Given = facts, append(given{begun}, cases[i].Given...)
		if cases[i].At == "" {
			cases[i].At = when
		}
		if cases[i].Actor.Person == "" {
			cases[i].Actor = leader
		}
	}
	domaintest.Run(t, Rolls, cases)
	base := domaintest.Case[Roll]{Policy: A, Facts: facts, Actor: keeper, At: when, Given: given{begun}, When: compile(just)}
	domaintest.Matters(t, Rolls, base, "att.awolConsecutiveDays", 15, 14)
	domaintest.Matters(t, Rolls, base, "att.awolYearDays", 30, 29)
	domaintest.Matters(t, Rolls, base, "att.awolDayBasis", "working", "calendar")
	base.Policy, base.Actor, base.When = B, leader, compile(onLeave)
	domaintest.Matters(t, Rolls, base, "att.fullAttendance", YearUse{"year-end-appraisal"}, YearUse{"bonus"})
	domaintest.Matters(t, Rolls, base, "att.fullAttendance.leaveBreaks", false, true)
}

// Days in a row are working days; a day at work, half of one, or one that is not determined ends the row.
func TestYearOf(t *testing.T) {
	day := func(on string, result Result, tenths int, sessions ...Outcome) Day {
		return Day{Person: "p-1", Date: date(on), Found: Finding{Result: result, Days: Days{tenths}, Sessions: sessions}, Times: 1}
	}
	rest := Outcome{Session: "AM", State: CoveredState, Cover: leave.KindLeave}
	got := YearOf("p-1", []Day{day("2026-04-15", Normal, 0), day("2026-04-16", Absent, 10), day("2026-04-17", Absent, 10), day("2026-04-20", Absent, 10), day("2026-04-21", HalfAbsent, 5),
		day("2026-04-22", Absent, 10), {Person: "p-1", Date: date("2026-04-23")}, day("2026-04-24", Absent, 10), day("2026-04-27", LateDay, 0), day("2026-04-28", Covered, 0, rest), day("2026-04-29", NoWorkThere, 0)})
	if want := (YearRow{Person: "p-1", Days: 9, Waiting: 1, Exceptions: 7, Leave: 1, Absence: Days{55}, Run: 3, Span: 5}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Each day asks for the next, so a stop of days is made up day by day.
func TestTheChainOfDays(t *testing.T) {
	r := domain.Recorded{Header: domain.Header{Office: "office", Stream: RollStream("office")}}
	turned := DayTurned{Date: wed, Works: true, Sessions: []string{"AM"}, Sheets: []string{"sheet-1"}, At: at("2026-04-15"), Next: at("2026-04-16"), Month: "2026-03", MonthDue: at("2026-04-03")}
	tasks := turned.Opens(r)
	if len(tasks) != 3 || tasks[0].Kind != TaskDay || tasks[0].Due != turned.Next || tasks[0].Data["date"] != "2026-04-16" ||
		tasks[1].Kind != TaskOpen || tasks[1].Due != turned.At || tasks[2].Kind != TaskMonth {
		t.Errorf("tasks %+v", tasks)
	}
	if ids := (MonthReported{Month: "2026-03"}).Settles(r); ids[0] != tasks[2].TaskID {
		t.Errorf("settles %v", ids)
	}
	if ids := (Opened{}).Settles(domain.Recorded{Header: domain.Header{Stream: "sheet-1"}}); ids[0] != tasks[1].TaskID {
		t.Errorf("settles %v", ids)
	}
}

// What the office publishes decides.
func TestPolicyMatters(t *testing.T) {
	A, B := county(t), bureau(t)
	facts := world(t, years(t))
	sign := func(policy map[string]any, when, session string) rule {
		return rule{Policy: policy, Facts: facts, Actor: me, At: when, When: SignIn{Session: session, Method: "web"}}
	}
	clock := func(s string) Clock {
		var c Clock
		if err := c.At.UnmarshalText([]byte(s)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	at1512 := sign(A, "2026-06-10 15:12", "PM")
	lateB := sign(B, "2026-04-15 08:31:30", "in")
	determine := func(policy map[string]any, given ...Event) rule {
		return rule{Policy: policy, Facts: facts, Actor: system, At: "2026-04-16 00:00", Given: given, When: Determine{Person: "p-1", Date: wed}}
	}
	early := determine(B, signed("2026-04-15", "in", "08:20"), signed("2026-04-15", "out", "16:00"))
	late := signed("2026-04-15", "in", "08:40")
	onLeave := determine(A)
	onLeave.Facts = world(t, years(t), leave.Stream("p-1"), ledger(t, leave.AM, leave.Cover{Kind: leave.KindLeave, State: leave.Covered}))
	onTrip := determine(A)
	onTrip.Facts = world(t, years(t), leave.Stream("p-1"), ledger(t, leave.AM, leave.Cover{Kind: leave.KindTrip, State: leave.Covered}))
	batch := rule{Policy: A, Facts: facts, Actor: keeper, At: "2026-04-15 10:00", When: Admit{Person: "p-1", Session: "AM", At: at("2026-04-15 08:14"), Terminal: "door", Batch: "b"}}
	owed := []Event{late, TimeOwed{Session: "in", Lost: 10, Minutes: 10, Due: date("2026-04-22")}}
	excuse := rule{Policy: B, Facts: facts, Actor: leader, At: "2026-04-16 10:00", Given: owed, When: Excuse{Session: "in"}}
	object := rule{Policy: A, Facts: facts, Actor: me, At: "2026-04-17 10:00", Given: []Event{Determined{finding(Absent, 10), at("2026-04-15 14:45")}}, When: RaiseObjection{"停电"}}
	for _, m := range []struct {
		rule       rule
		key        string
		one, other any
	}{
		{sign(A, "2026-04-15 08:00", "AM"), "att.signInsPerDay", 2, 3},
		{sign(A, "2026-04-15 07:30", "AM"), "att.sessions[AM].opens", clock("07:00"), clock("07:45")},
		{sign(A, "2026-04-15 08:00", "AM"), "att.sessions[AM].expected", clock("08:15"), clock("07:45")},
		{sign(A, "2026-04-15 08:00", "AM"), "att.sessions[AM].cutoff", clock("08:15"), clock("none")},
		{at1512, "att.season.summer.overrides", map[string]Override{}, map[string]any{"PM": map[string]any{"cutoff": "15:10"}}},
		{at1512, "att.season.summer.from", "06-10", "06-11"},
		{at1512, "att.season.summer.to", "09-10", "06-09"},
		{sign(A, "2026-04-15 08:15:00", "AM"), "att.cutoffInclusive", true, false},
		{sign(A, "2026-04-15 08:00", "AM"), "att.sheet.closeBy", Closing{ByClock, "cutoff"}, Closing{ByClock, "24:00"}},
		{sign(B, "2026-04-15 08:20", "in"), "att.earlyArrivalMinutes", 0, 15},
		{lateB, "att.makeup", MakeupRule{"time"}, MakeupRule{"none"}},
		{lateB, "att.makeup.ratio", Ratio{1, 1}, Ratio{1, 2}},
		{lateB, "att.makeup.dueDays", Term{5}, Term{6}},
		{lateB, "att.makeup.rounding", Rounding{"minute", "up"}, Rounding{"minute", "down"}},
		{lateB, "att.late", "forbidden", "allowed"},
		{sign(A, "2026-04-15 08:00", "AM"), "att.methods", []string{"web"}, []string{"terminal"}},
		{excuse, "att.makeup.approver", "office-leader", "clerk"},
		{batch, "att.offlineGraceHours", 2, 1},
		{early, "att.earlyLeave", "forbidden", "allowed"},
		{early, "att.halfDayMissing", B["att.halfDayMissing"], A["att.halfDayMissing"]},
		{determine(A, refused("2026-04-15", "AM", "08:40", "08:15"), signed("2026-04-15", "PM", "14:30")), "att.lateRefusedCounts", A["att.lateRefusedCounts"], B["att.lateRefusedCounts"]},
		{determine(A, signed("2026-04-15", "PM", "14:30")), "att.halfDayUnexplained", "1.0", "0.5"},
		{onLeave, "att.halfDayWithLeave", "1.0", "0.5"},
		{onLeave, "att.covers", []string{"leave"}, []string{}},
		{onTrip, "att.covers[duty shift, meeting, trip]", []string{"approved-trip"}, []string{}},
		{determine(A), "att.missingSignatureMeansAbsent", Absence{true, "24:00"}, Absence{false, "24:00"}},
		{object, "att.objectionDays", Term{3}, Term{1}},
	} {
		domaintest.Matters(t, Context, m.rule, m.key, m.one, m.other)
	}
	compile := domaintest.Case[Roll]{Policy: B, Facts: facts, Actor: leader, At: "2026-05-06 10:00", Given: []domain.Event[Roll]{Begun{wed, at("2026-04-15")}}, When: Compile{"2026-04", []Tally{{Person: "p-1", Late: 4}}}}
	domaintest.Matters(t, Rolls, compile, "att.monthlySummary", SummaryRule{"month", []string{"office-leader"}}, SummaryRule{"month", []string{"clerk"}})
	domaintest.Matters(t, Rolls, compile, "att.longTermOffender", Threshold{3, []string{"late"}, "month"}, Threshold{4, []string{"late"}, "month"})
	kept := compile
	kept.Policy, kept.Actor = A, keeper
	domaintest.Matters(t, Rolls, kept, "reg.books[签到薄].keeper", "sheet-keeper", "clerk")
	first := domaintest.Case[Roll]{Policy: A, Facts: facts, Actor: system, At: "2026-05-01", When: TurnDay{date("2026-05-01")},
		Given: []domain.Event[Roll]{Begun{date("2026-04-30"), at("2026-04-30")}, DayTurned{Date: date("2026-04-30")}}}
	domaintest.Matters(t, Rolls, first, "att.monthlySummary.day", SummaryTerm{3, "next-month"}, SummaryTerm{5, "next-month"})
}

// Values that the program would read wrongly are not published.
func TestUnknownValues(t *testing.T) {
	for _, bad := range []struct {
		key   domain.AnyKey
		value string
	}{
		{CloseBy, `{"by":"nobody","at":"cutoff"}`}, {CloseBy, `{"by":"clock","at":"noon"}`}, {MakeupRounding, `{"to":"hour","direction":"up"}`},
		{HalfMissing, `{"rule":"sessions","missing_if":["not-signed"],"mode":"any"}`}, {HalfMissing, `{"rule":"guess"}`},
		{Unsigned, `{"absent":true,"determined":"noon"}`}, {HalfUnexplained, `"1"`}, {HalfUnexplained, `"0.25"`}, {Opens, `{"at":"25:00","seasons":{}}`},
	} {
		if bad.key.Check([]byte(bad.value)) == nil {
			t.Errorf("%s takes %s", bad.key.KeyName(), bad.value)
		}
	}
	for _, policy := range []map[string]any{county(t), bureau(t)} {
		p := domaintest.Policy(policy)
		for key, entries := range p.Provisions {
			for _, k := range keys {
				if v := entries[0]; k.Matches(key) && !v.Blank && k.KeyName() != "reg.books[].keeper" {
					if err := k.Check(v.Value); err != nil {
						t.Error(err)
					}
				}
			}
		}
	}
}

func TestGolden(t *testing.T) {
	when, later := at("2026-04-15 08:14:00"), at("2026-04-15 08:15")
	found := Finding{"p-1", wed, HalfAbsent, Days{5}, []Outcome{{"AM", CoveredState, true, true, "e-1", "leave", "l-1"}}, 2, 3}
	domaintest.Golden(t, Context,
		SignedIn{"e-1", "p-1", wed, "AM", "offline-batch", when, true, "door", "b-1", "sheet-1", later},
		LateRefused{"e-2", "p-1", wed, "AM", "offline-batch", later, later, "door", "b-1", "Asia/Shanghai"},
		TimeOwed{"in", 1, 2, date("2026-04-22")}, LatenessExcused{"in", "p-4", "office-leader", "同意"}, TimeMadeUp{"in", when, later, 1, true},
		Determined{found, later}, Revised{found, ByCalendar, Absent, Days{10}}, ObjectionRaised{"o-1", "停电"}, Awaited{"p-1", wed, later},
		ObjectionDecided{"o-1", true, []string{"AM"}, "p-3", "deputy-admin", "属实"},
		domain.Refused[Day]{Command: "attendance.DecideObjection", Code: ErrOwn.Code, Params: map[string]string{"a": "b"}})
	domaintest.Golden(t, Sheets,
		Opened{wed, "PM", when, later, later, later, true, later, []string{"p-1"}}, Closed{wed, "PM", later, later, domain.System, []Entry{{"p-1", "e-1"}}},
		PersonsAdded{[]string{"p-2"}}, SignedListed{[]Entry{{"p-2", "e-2"}}}, Supplemented{"p-1", "e-1"}, DayDetermined{4})
	domaintest.Golden(t, Rolls,
		Begun{wed, when}, DayTurned{wed, true, []string{"AM"}, []string{"sheet-1"}, 3, when, later, "2026-03", later},
		TerminalRegistered{"door", "00", "大门"}, DriftMeasured{"door", 5}, TerminalWithdrawn{"door"},
		MonthCounted{"2026-04", []Tally{{"p-2", 22, 1, 2, 3, 4, 5, 6, 1, Days{85}, true}}},
		MonthCompiled{"2026-04", []Tally{{"p-1", 22, 1, 2, 3, 4, 5, 6, 1, Days{85}, true}}}, MonthReported{"2026-04", []string{"deputy-admin"}, []string{"p-3"}},
		YearCounted{2026, []YearRow{{"p-2", 248, 1, 2, 3, Days{310}, 16, 22, true, true, true}}}, YearCompiled{2026, "year-end-appraisal", []YearRow{{"p-1", 248, 1, 2, 3, Days{310}, 16, 22, true, true, true}}})
}
