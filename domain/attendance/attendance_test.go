package attendance

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"andu/domain"
	"andu/domain/calendar"
	"andu/domain/domaintest"
	"andu/domain/duty"
	"andu/domain/leave"
	"andu/domain/org"

	"pgregory.net/rapid"
)

type rule = domaintest.Case[Day]

// published is what the documents of a demonstration office state together.
func published(t testing.TB, files ...string) map[string]any {
	t.Helper()
	p := map[string]any{}
	for _, name := range files {
		raw, err := os.ReadFile("../../presets/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Values []struct {
				Key   string
				Value any
				Blank bool
				Also  bool
			}
		}
		if err := json.Unmarshal(raw, &doc); err != nil {
			t.Fatal(err)
		}
		for _, v := range doc.Values {
			_, blank := p[v.Key].(domaintest.Blank)
			list, _ := p[v.Key].([]any)
			switch {
			case v.Blank && (p[v.Key] == nil || blank):
				p[v.Key] = domaintest.Blank{}
			case v.Blank:
			case v.Also:
				p[v.Key] = append(slices.Clone(list), v.Value.([]any)...)
			default:
				p[v.Key] = v.Value
			}
		}
	}
	return p
}

func county(t testing.TB) map[string]any {
	return published(t, "county/REG-04", "county/REG-21", "county/supplement")
}

func bureau(t testing.TB) map[string]any {
	return published(t, "bureau/REG-20", "bureau/REG-08", "bureau/supplement")
}

func but(policy map[string]any, pairs ...any) map[string]any {
	p := maps.Clone(policy)
	for i := 0; i < len(pairs); i += 2 {
		p[pairs[i].(string)] = pairs[i+1]
	}
	return p
}

func date(s string) domain.Date {
	d, err := domain.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

var at = domaintest.Time

var (
	me     = domain.Actor{Person: "p-1", Post: "clerk"}
	keeper = domain.Actor{Person: "p-2", Post: "sheet-keeper"}
	deputy = domain.Actor{Person: "p-3", Post: "deputy-admin"}
	leader = domain.Actor{Person: "p-4", Post: "office-leader"}
	system = domain.Actor{Person: domain.System}
	wed    = date("2026-04-15")
)

// office has one person at each of its posts.
func office(t testing.TB) org.Office {
	t.Helper()
	since := date("2018-01-01")
	events := []org.Event{org.OfficeSetUp{Office: "office", Name: "县政府办公室", Zone: "Asia/Shanghai"}, org.OrganSetUp{Organ: "above", Name: "县政府"},
		org.PostCreated{Post: "county-head", Title: "县长", Organ: "above", Rank: 1}}
	for _, a := range []domain.Actor{me, keeper, deputy, leader, {Person: "p-9", Post: "county-head"}} {
		if a.Post != "county-head" {
			events = append(events, org.PostCreated{Post: a.Post, Title: a.Post, Rank: 1})
		}
		events = append(events, org.PersonJoined{Person: a.Person, On: since}, org.PostFilled{Post: a.Post, Person: a.Person, From: since})
	}
	o, err := org.Context.Fold(org.Office{}, domaintest.Record(t, org.Context, events...))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// year is the calendar of a year without holidays.
func years(t testing.TB, days ...calendar.Listed) calendar.Calendar {
	c := calendar.Calendar{}
	for _, y := range []int{2018, 2019, 2020, 2021, 2026, 2027} {
		c = calendar.NoticeImported{Version: int64(y), Year: y, Papers: []string{"N"}, Days: []calendar.Listed{}}.Evolve(c)
	}
	for _, d := range days {
		c = calendar.DayOverridden{Version: c.Version + 1, Date: d.Date, Off: d.Off}.Evolve(c)
	}
	return c
}

func watch(line string) string { return duty.StreamOf(domaintest.NewID, "office", line) }

// onPost is a duty room whose watch a person keeps over a span.
func onPost(person, from, to string) duty.Post {
	return duty.Post{Shifts: []duty.Shift{{Slot: duty.Slot{Person: person, Start: at(from), End: at(to)}, Planned: "p-9"}}}
}

func off(day string) calendar.Listed { return calendar.Listed{Date: date(day), Off: true} }

func world(t testing.TB, cal calendar.Calendar, more ...any) map[string]any {
	f := map[string]any{org.Stream("office"): office(t), calendar.Stream("office"): cal, leave.Stream("p-1"): leave.Ledger{},
		watch(duty.DutyRoom): duty.Post{}, watch(duty.MessengerRoom): duty.Post{},
		RollStream("office"): Roll{Since: date("2018-01-01"), Next: date("2018-02-01"), Terminals: map[string]Terminal{"door": {Key: "k"}, "old": {Withdrawn: true}}}}
	for _, d := range []string{"2026-04-15", "2026-06-09", "2026-06-10", "2026-09-10", "2026-09-11", "2026-04-18"} {
		for _, s := range []string{"AM", "PM", "in", "out", "noon"} {
			f[sheet(d, s)] = Sheet{}
		}
	}
	for i := 0; i < len(more); i += 2 {
		f[more[i].(string)] = more[i+1]
	}
	return f
}

func sheet(day, session string) string {
	return SheetStream(domaintest.NewID, "office", date(day), session)
}

func signed(day, session, when string) SignedIn {
	closes := map[string]string{"AM": "08:15", "PM": "14:45"}[session]
	c := at(day + " 00:00").Add(24 * time.Hour)
	if closes != "" {
		c = at(day + " " + closes).Time
	}
	if session == "PM" && day >= "2026-06-10" && day <= "2026-09-10" {
		c = at(day + " 15:15").Time
	}
	return SignedIn{Event: domaintest.Case[Day]{}.Act().EventID(0), Person: "p-1", Date: date(day), Session: session, Method: "web", At: at(day + " " + when),
		Sheet: sheet(day, session), Closes: domain.At(c)}
}

func refused(day, session, when, cutoff string) LateRefused {
	return LateRefused{Event: domaintest.Case[Day]{}.Act().EventID(0), Person: "p-1", Date: date(day), Session: session, Method: "web", At: at(day + " " + when),
		Cutoff: at(day + " " + cutoff), Zone: "Asia/Shanghai"}
}

func named(e SignedIn, id string) SignedIn { e.Event = id; return e }

func TestSignIn(t *testing.T) {
	A, B := county(t), bureau(t)
	exclusive := but(A, "att.cutoffInclusive", false)
	facts := world(t, years(t))
	am, pm := SignIn{Session: "AM", Method: "web"}, SignIn{Session: "PM", Method: "web"}
	batch := func(e SignedIn) SignedIn { e.Method, e.Terminal, e.Batch = "offline-batch", "door", "b1"; return e }
	lateBatch := refused("2026-04-15", "AM", "08:14:00", "08:15")
	lateBatch.Method, lateBatch.Terminal, lateBatch.Batch = "offline-batch", "door", "b1"
	admit := Admit{Person: "p-1", Session: "AM", At: at("2026-04-15 08:14:00"), Terminal: "door", Batch: "b1"}
	lateIn := func(when string) SignedIn { e := signed("2026-04-15", "in", when); e.Late = true; return e }
	cases := []rule{
		{Name: "G1: the instant of the cut-off is in time", Policy: A, At: "2026-04-15 08:15:00", When: am, Then: []Event{signed("2026-04-15", "AM", "08:15:00")}},
		{Name: "G1: a microsecond later is refused, and the refusal is the fact", Policy: A, At: "2026-04-15 08:15:00.000001", When: am,
			Then: []Event{refused("2026-04-15", "AM", "08:15:00.000001", "08:15")}},
		{Name: "G1: a second try is refused again", Policy: A, At: "2026-04-15 08:16:00", When: am, Given: []Event{refused("2026-04-15", "AM", "08:15:00.000001", "08:15")},
			Then: []Event{refused("2026-04-15", "AM", "08:16", "08:15")}},
		{Name: "G1: the afternoon is cut off at 14:45", Policy: A, At: "2026-04-15 14:45:00", When: pm, Then: []Event{signed("2026-04-15", "PM", "14:45")}},
		{Name: "G1: and a microsecond later refused", Policy: A, At: "2026-04-15 14:45:00.000001", When: pm, Then: []Event{refused("2026-04-15", "PM", "14:45:00.000001", "14:45")}},
		{Name: "G1: the last day before the summer", Policy: A, At: "2026-06-09 14:45:00.000001", When: pm, Then: []Event{refused("2026-06-09", "PM", "14:45:00.000001", "14:45")}},
		{Name: "G1: the first day of the summer", Policy: A, At: "2026-06-10 15:15:00", When: pm, Then: []Event{signed("2026-06-10", "PM", "15:15")}},
		{Name: "G1: the last day of the summer", Policy: A, At: "2026-09-10 15:15:00", When: pm, Then: []Event{signed("2026-09-10", "PM", "15:15")}},
		{Name: "G1: the first day after the summer", Policy: A, At: "2026-09-11 14:45:00.000001", When: pm, Then: []Event{refused("2026-09-11", "PM", "14:45:00.000001", "14:45")}},
		{Name: "G1: the morning of the summer is cut off at 08:15", Policy: A, At: "2026-06-10 08:15:00.000001", When: am, Then: []Event{refused("2026-06-10", "AM", "08:15:00.000001", "08:15")}},
		{Name: "G1: A-excl, the last microsecond before the cut-off", Policy: exclusive, At: "2026-04-15 08:14:59.999999", When: am, Then: []Event{signed("2026-04-15", "AM", "08:14:59.999999")}},
		{Name: "G1: A-excl, the instant of the cut-off is out", Policy: exclusive, At: "2026-04-15 08:15:00", When: am, Then: []Event{refused("2026-04-15", "AM", "08:15", "08:15")}},
		{Name: "G1: a signed offline batch within two hours is evidence of its time", Policy: A, At: "2026-04-15 10:15:00", Actor: keeper, When: admit,
			Then: []Event{batch(signed("2026-04-15", "AM", "08:14"))}},
		{Name: "G1: and a microsecond later it is refused", Policy: A, At: "2026-04-15 10:15:00.000001", Actor: keeper, When: admit, Then: []Event{lateBatch}},
		{Name: "G1: B, 08:30:00.000000 is on time", Policy: B, At: "2026-04-15 08:30:00", When: SignIn{Session: "in", Method: "web"}, Then: []Event{signed("2026-04-15", "in", "08:30")}},
		{Name: "G1: B, one minute late owes one minute", Policy: B, At: "2026-04-15 08:31:00", When: SignIn{Session: "in", Method: "web"},
			Then: []Event{lateIn("08:31"), TimeOwed{Session: "in", Lost: 1, Minutes: 1, Due: date("2026-04-22")}}},
		{Name: "G1: B, a microsecond late owes a minute too, and nothing is refused", Policy: B, At: "2026-04-15 08:30:00.000001", When: SignIn{Session: "in", Method: "web"},
			Then: []Event{lateIn("08:30:00.000001"), TimeOwed{Session: "in", Lost: 1, Minutes: 1, Due: date("2026-04-22")}}},

		{Name: "R29: signing again changes nothing", Policy: A, At: "2026-04-15 08:10", When: am, Given: []Event{signed("2026-04-15", "AM", "08:00")}},
		{Name: "R29: not even after the cut-off", Policy: A, At: "2026-04-15 08:40", When: am, Given: []Event{signed("2026-04-15", "AM", "08:00")}},
		{Name: "a session takes nothing before it opens", Policy: A, At: "2026-04-15 06:59:59.999999", When: am, Err: ErrNotOpen},
		{Name: "without a session named, the open one is signed", Policy: A, At: "2026-04-15 14:30", When: SignIn{Method: "web"}, Then: []Event{signed("2026-04-15", "PM", "14:30")}},
		{Name: "where marks count, the first one of the day arrives", Policy: B, At: "2026-04-15 13:05", When: SignIn{Method: "web"},
			Then: []Event{lateIn("13:05"), TimeOwed{Session: "in", Lost: 275, Minutes: 275, Due: date("2026-04-22")}}},
		{Name: "and every later one leaves", Policy: B, At: "2026-04-15 17:10", When: SignIn{Method: "web"}, Given: []Event{signed("2026-04-15", "in", "08:20"), signed("2026-04-15", "out", "17:00")},
			Then: []Event{signed("2026-04-15", "out", "17:10")}},
		{Name: "before anything is open there is no session", Policy: A, At: "2026-04-15 05:00", When: SignIn{Method: "web"}, Err: ErrNoSession},
		{Name: "a session is one of the policy's", Policy: A, At: "2026-04-15 08:00", When: SignIn{Session: "noon", Method: "web"}, Err: ErrNoSession},
		{Name: "there is no sheet on a day of rest", Policy: A, At: "2026-04-18 08:00", When: am, Err: ErrNoWork},
		{Name: "a way that the office does not know is refused", Policy: A, At: "2026-04-15 08:00", When: SignIn{Session: "AM", Method: "telephone"}, Err: ErrMethod},
		{Name: "who holds no post of the office is not expected", Policy: A, At: "2026-04-15 08:00", Actor: domain.Actor{Person: "p-9", Post: "county-head"}, When: am, Err: ErrNotExpected},
		{Name: "nobody signs before the book is begun", Policy: A, At: "2017-12-29 08:00", When: am, Err: ErrNotBegun},
		{Name: "the system signs for nobody", Policy: A, At: "2026-04-15 08:00", Actor: system, When: am, Err: domain.ErrSystem},
		{Name: "nobody signs another's day", Policy: A, At: "2026-04-15 08:00", Actor: keeper, When: am, Given: []Event{signed("2026-04-15", "PM", "08:00")}, Err: domain.ErrNoStream},
		{Name: "two sign-ins a day are two sessions", Policy: but(A, "att.signInsPerDay", 3), At: "2026-04-15 08:00", When: am, Err: ErrSessions},
		{Name: "a terminal that is not registered proves nothing", Policy: A, At: "2026-04-15 08:20", When: Admit{Person: "p-1", At: at("2026-04-15 08:14"), Terminal: "x", Batch: "b"}, Err: ErrTerminal},
		{Name: "nor does one that was withdrawn", Policy: A, At: "2026-04-15 08:20", When: Admit{Person: "p-1", At: at("2026-04-15 08:14"), Terminal: "old", Batch: "b"}, Err: ErrTerminal},
		{Name: "where nothing says whether the instant of the cut-off is in, nothing is decided", Policy: but(A, "att.cutoffInclusive", domaintest.Blank{}), At: "2026-04-15 08:00", When: am, Err: domain.ErrBlank},
	}
	early := world(t, years(t), sheet("2026-04-15", "AM"), Sheet{Session: "AM", ClosedAt: at("2026-04-15 08:10")})
	byKeeper := but(A, "att.sheet.closeBy", Closing{ByKeeper, "cutoff"})
	for i := range cases {
		cases[i].Facts = facts
	}
	closedEarly := refused("2026-04-15", "AM", "08:12", "08:10")
	cases = append(cases, rule{Name: "where the keeper may collect sooner, nobody signs in afterwards", Policy: byKeeper, Facts: early, At: "2026-04-15 08:12", When: am, Then: []Event{closedEarly}})
	for i := range cases {
		if cases[i].Actor.Person == "" {
			cases[i].Actor = me
		}
	}
	domaintest.Run(t, Context, cases)
}

// A stated time is never that of a sign-in.
func TestStatedTime(t *testing.T) {
	act := domain.NewAct(domain.Act{Office: "office", Actor: me, Occurred: at("2026-04-15 08:00"), Received: at("2026-04-15 09:00"), Zone: domaintest.Zone},
		&domain.Inputs{NewID: domaintest.NewID})
	if _, err := domain.Decide(SignIn{Session: "AM", Method: "web"}, Day{}, act); err != ErrStated {
		t.Errorf("refusal %v", err)
	}
}

func finding(result Result, tenths int, outcomes ...Outcome) Finding {
	return Finding{Person: "p-1", Date: wed, Result: result, Days: Days{tenths}, Sessions: outcomes, Policy: 1, Calendar: 2027}
}

func did(session string, s State, event string) Outcome {
	return Outcome{Session: session, State: s, Event: event}
}

func TestDetermination(t *testing.T) {
	A, B := county(t), bureau(t)
	determine := Determine{Person: "p-1", Date: wed}
	am, pm := named(signed("2026-04-15", "AM", "08:00"), "am"), named(signed("2026-04-15", "PM", "14:30"), "pm")
	late := func(when string) LateRefused {
		e := refused("2026-04-15", "AM", when, "08:15")
		e.Event = "late"
		return e
	}
	A1445, B24 := "2026-04-15 14:45:00", "2026-04-16 00:00:00"
	one := func(f Finding, when string) []Event { return []Event{Determined{f, at(when)}} }
	in := func(when string, late bool) SignedIn {
		e := named(signed("2026-04-15", "in", when), "in")
		e.Late = late
		return e
	}
	out := func(when string) SignedIn { return named(signed("2026-04-15", "out", when), "out") }
	kept := Outcome{Session: "AM", State: CoveredState, Cover: KindWatch, Request: watch(duty.DutyRoom) + "/2026-04-14T09:30:00.000000Z"}
	inRoom := Outcome{Session: "AM", State: CoveredState, Cover: KindWatch, Request: watch(duty.MessengerRoom) + "/2026-04-15T00:15:00.000000Z"}
	lateAttempt := did("AM", LateAttempt, "late")
	lateAttempt.Late = true
	lateIn := did("in", Signed, "in")
	lateIn.Late = true
	earlyOut := did("out", Signed, "out")
	earlyOut.Early = true
	away := func(half leave.Half, c leave.Cover) map[string]any {
		return world(t, years(t), leave.Stream("p-1"), ledger(t, half, c))
	}
	onLeave := Outcome{Session: "AM", State: CoveredState, Cover: leave.KindLeave, Request: "l-1"}
	facts := world(t, years(t))
	cases := []rule{
		{Name: "G2: only the afternoon signed is a whole day absent", Policy: A, Given: []Event{pm}, At: A1445, When: determine, Then: one(finding(Absent, 10, did("AM", Missing, ""), did("PM", Signed, "pm")), A1445)},
		{Name: "G2: only the morning signed is a whole day absent", Policy: A, Given: []Event{am}, At: A1445, When: determine, Then: one(finding(Absent, 10, did("AM", Signed, "am"), did("PM", Missing, "")), A1445)},
		{Name: "G2: neither signed is one day and not two", Policy: A, At: A1445, When: determine, Then: one(finding(Absent, 10, did("AM", Missing, ""), did("PM", Missing, "")), A1445)},
		{Name: "both signed is a normal day", Policy: A, Given: []Event{am, pm}, At: A1445, When: determine, Then: one(finding(Normal, 0, did("AM", Signed, "am"), did("PM", Signed, "pm")), A1445)},
		{Name: "G2: refused at 08:20 is late", Policy: A, Given: []Event{late("08:20"), pm}, At: A1445, When: determine, Then: one(finding(LateDay, 0, lateAttempt, did("PM", Signed, "pm")), A1445)},
		{Name: "G2: refused at 09:15:00.000000 is late", Policy: A, Given: []Event{late("09:15:00"), pm}, At: A1445, When: determine, Then: one(finding(LateDay, 0, lateAttempt, did("PM", Signed, "pm")), A1445)},
		{Name: "G2: refused first at 09:15:00.000001 is absent", Policy: A, Given: []Event{late("09:15:00.000001"), pm}, At: A1445, When: determine, Then: one(finding(Absent, 10, did("AM", Missing, "late"), did("PM", Signed, "pm")), A1445)},
		{Name: "the first attempt counts, not the last", Policy: A, Given: []Event{late("10:00"), late("08:20"), pm}, At: A1445, When: determine, Then: one(finding(LateDay, 0, lateAttempt, did("PM", Signed, "pm")), A1445)},
		{Name: "G2: the morning on leave and the afternoon unexplained is a whole day, the leave on record", Policy: A, Facts: away(leave.AM, leave.Cover{Request: "l-1", Kind: leave.KindLeave, State: leave.Covered}),
			At: A1445, When: determine, Then: one(finding(Absent, 10, onLeave, did("PM", Missing, "")), A1445)},
		{Name: "the morning on leave and the afternoon signed is no absence", Policy: A, Facts: away(leave.AM, leave.Cover{Request: "l-1", Kind: leave.KindLeave, State: leave.Covered}), Given: []Event{pm},
			At: A1445, When: determine, Then: one(finding(Normal, 0, onLeave, did("PM", Signed, "pm")), A1445)},
		{Name: "G2: an open phone-in waits for its papers", Policy: A, Facts: away(leave.AM, leave.Cover{Request: "l-1", Kind: leave.KindPhone, State: leave.Open}), At: A1445, When: determine, Then: []Event{Awaited{"p-1", wed, at("2026-04-18")}}},
		{Name: "G5: and is not determined before", Policy: A, Facts: away(leave.AM, leave.Cover{Request: "l-1", Kind: leave.KindPhone, State: leave.Open}), At: A1445, When: Determine{"p-1", wed, ByLeave}, Err: ErrPending},
		{Name: "G5: a phone-in without papers covers nothing", Policy: A, Facts: away(leave.AM, leave.Cover{Request: "l-1", Kind: leave.KindPhone, State: leave.Lapsed}), Given: []Event{pm}, At: A1445,
			When: Determine{"p-1", wed, ByLeave}, Then: one(finding(Absent, 10, did("AM", Missing, ""), did("PM", Signed, "pm")), A1445)},
		{Name: "G2: B, the first mark at 13:05 is half a day missing", Policy: B, Given: []Event{in("13:05", true), out("17:00")}, At: B24, When: determine,
			Then: one(finding(HalfAbsent, 5, did("in", Missing, ""), did("out", Signed, "out")), B24)},
		{Name: "B: the first mark at 12:00:00.000000 is late only", Policy: B, Given: []Event{in("12:00:00", true), out("17:00")}, At: B24, When: determine,
			Then: one(finding(LateDay, 0, lateIn, did("out", Signed, "out")), B24)},
		{Name: "B: a microsecond later the morning is missing", Policy: B, Given: []Event{in("12:00:00.000001", true), out("17:00")}, At: B24, When: determine,
			Then: one(finding(HalfAbsent, 5, did("in", Missing, ""), did("out", Signed, "out")), B24)},
		{Name: "G2: B, no mark is a whole day", Policy: B, At: B24, When: determine, Then: one(finding(Absent, 10, did("in", Missing, ""), did("out", Missing, "")), B24)},
		{Name: "B: leaving a minute early owes it", Policy: B, Given: []Event{in("08:20", false), out("16:59")}, At: B24, When: determine,
			Then: append(one(finding(EarlyDay, 0, did("in", Signed, "in"), earlyOut), B24), TimeOwed{Session: "out", Lost: 1, Minutes: 1, Due: date("2026-04-22")})},
		{Name: "B: the other half on leave leaves half a day", Policy: B, Facts: away(leave.AM, leave.Cover{Request: "l-1", Kind: leave.KindLeave, State: leave.Covered}), At: B24, When: determine,
			Then: one(finding(HalfAbsent, 5, Outcome{Session: "in", State: CoveredState, Cover: leave.KindLeave, Request: "l-1"}, did("out", Missing, "")), B24)},
		{Name: "G2: B alone computes no absence from a blank", Policy: but(B, "att.halfDayUnexplained", domaintest.Blank{}), At: B24, When: determine, Err: domain.ErrBlank},
		{Name: "a turn of the watch covers the session in which it runs, whoever the roster named first", Policy: A, Given: []Event{pm}, Facts: world(t, years(t), watch(duty.DutyRoom), onPost("p-1", "2026-04-14 17:30", "2026-04-15 08:15")), At: A1445, When: determine,
			Then: one(finding(Normal, 0, kept, did("PM", Signed, "pm")), A1445)},
		{Name: "in the messengers' room too", Policy: A, Given: []Event{pm}, Facts: world(t, years(t), watch(duty.MessengerRoom), onPost("p-1", "2026-04-15 08:15", "2026-04-15 17:30")), At: A1445, When: determine,
			Then: one(finding(Normal, 0, inRoom, did("PM", Signed, "pm")), A1445)},
		{Name: "not one that has ended, nor another's", Policy: A, Given: []Event{pm}, Facts: world(t, years(t), watch(duty.DutyRoom), onPost("p-1", "2026-04-14 17:30", "2026-04-15 08:14:59.999999"), watch(duty.MessengerRoom), onPost("p-2", "2026-04-15 08:00", "2026-04-15 17:30")), At: A1445, When: determine,
			Then: one(finding(Absent, 10, did("AM", Missing, ""), did("PM", Signed, "pm")), A1445)},
		{Name: "who has signed needs no cover", Policy: A, Given: []Event{am, pm}, Facts: world(t, years(t), watch(duty.DutyRoom), onPost("p-1", "2026-04-14 17:30", "2026-04-15 17:30")), At: A1445, When: determine,
			Then: one(finding(Normal, 0, did("AM", Signed, "am"), did("PM", Signed, "pm")), A1445)},
		{Name: "A alone leaves open whether the watch covers", Policy: but(A, "att.covers[duty shift, meeting, trip]", domaintest.Blank{}), Given: []Event{pm}, Facts: world(t, years(t), watch(duty.DutyRoom), onPost("p-1", "2026-04-14 17:30", "2026-04-15 08:15")), At: A1445, When: determine, Err: domain.ErrBlank},
		{Name: "B: the watch and a trip cover by the one list", Policy: B, Facts: world(t, years(t), watch(duty.DutyRoom), onPost("p-1", "2026-04-15 08:00", "2026-04-15 12:00"), leave.Stream("p-1"), ledger(t, leave.PM, leave.Cover{Request: "l-1", Kind: leave.KindTrip, State: leave.Covered})), At: B24, When: determine,
			Then: one(finding(Covered, 0, Outcome{Session: "in", State: CoveredState, Cover: KindWatch, Request: watch(duty.DutyRoom) + "/2026-04-15T00:00:00.000000Z"},
				Outcome{Session: "out", State: CoveredState, Cover: leave.KindTrip, Request: "l-1"}), B24)},
		{Name: "G5: late papers that were accepted revise the day", Policy: A, Facts: away(leave.AM, leave.Cover{Request: "l-1", Kind: leave.KindPhone, State: leave.Covered}), Given: append([]Event{pm}, one(finding(Absent, 10, did("AM", Missing, ""), did("PM", Signed, "pm")), A1445)...), At: "2026-04-20 10:00", When: Determine{"p-1", wed, ByLatePaper},
			Then: []Event{Revised{finding(Normal, 0, Outcome{Session: "AM", State: CoveredState, Cover: leave.KindPhone, Request: "l-1"}, did("PM", Signed, "pm")), ByLatePaper, Absent, Days{10}}}},
		{Name: "but determine no day by themselves", Policy: A, At: "2026-04-20 10:00", When: Determine{"p-1", wed, ByLatePaper}},
		{Name: "nothing is determined before the last sheet has closed", Policy: A, At: "2026-04-15 14:44:59.999999", When: determine, Err: ErrTooEarly},
		{Name: "nobody determines by hand", Policy: A, At: A1445, Actor: keeper, When: determine, Err: ErrSchedule},
		{Name: "on a day of rest nothing is determined", Policy: A, Facts: world(t, years(t, off("2026-04-15"))), At: A1445, When: determine},
		{Name: "a day is determined once", Policy: A, Given: one(finding(Normal, 0), A1445), At: A1445, When: determine},
		{Name: "found again the same leaves nothing", Policy: A, Given: append([]Event{am, pm}, one(finding(Normal, 0, did("AM", Signed, "am"), did("PM", Signed, "pm")), A1445)...), At: "2026-04-16 09:00", When: Determine{"p-1", wed, ByCalendar}},
		{Name: "G6: when the calendar frees the day, the absence is revised and stays on record", Policy: A, Facts: world(t, years(t, off("2026-04-15"))), At: "2026-04-20 09:00",
			Given: one(finding(Absent, 10, did("AM", Missing, ""), did("PM", Missing, "")), A1445), When: Determine{"p-1", wed, ByCalendar},
			Then: []Event{Revised{Finding{Person: "p-1", Date: wed, Result: NoWorkThere, Sessions: []Outcome{}, Policy: 1, Calendar: 2028}, ByCalendar, Absent, Days{10}}}},
		{Name: "a straggler that was in time revises the day", Policy: A, Given: append(one(finding(Absent, 10, did("AM", Missing, ""), did("PM", Signed, "pm")), A1445), am, pm), At: "2026-04-15 14:46", When: Determine{"p-1", wed, BySupplement},
			Then: []Event{Revised{finding(Normal, 0, did("AM", Signed, "am"), did("PM", Signed, "pm")), BySupplement, Absent, Days{10}}}},
	}
	for i := range cases {
		if cases[i].Facts == nil {
			cases[i].Facts = facts
		}
		if cases[i].Actor.Person == "" {
			cases[i].Actor = system
		}
	}
	domaintest.Run(t, Context, cases)
}

func TestObjections(t *testing.T) {
	A := county(t)
	absent := Determined{finding(Absent, 10, did("AM", Missing, ""), did("PM", Signed, "pm")), at("2026-04-15 14:45")}
	pm := named(signed("2026-04-15", "PM", "14:30"), "pm")
	raise := RaiseObjection{Reason: "停电"}
	raised := ObjectionRaised{rule{}.Act().NewID("objection"), "停电"}
	open := []Event{pm, absent, raised}
	decided := ObjectionDecided{Objection: raised.Objection, Accepted: true, Sessions: []string{"AM"}, By: "p-3", Post: "deputy-admin", Opinion: "属实"}
	declined := decided
	declined.Accepted, declined.Sessions = false, []string{}
	facts := world(t, years(t))
	cases := []rule{
		{Name: "the person objects within three working days", Policy: A, Given: []Event{pm, absent}, At: "2026-04-20 23:59:59.999999", When: raise, Then: []Event{raised}},
		{Name: "and not a microsecond later", Policy: A, Given: []Event{pm, absent}, At: "2026-04-21 00:00:00", When: raise, Err: ErrObjectionLate},
		{Name: "nobody objects for another", Policy: A, Given: []Event{pm, absent}, Actor: keeper, At: "2026-04-16 10:00", When: raise, Err: ErrOthers},
		{Name: "there is nothing to object to before the determination", Policy: A, Given: []Event{pm}, At: "2026-04-16 10:00", When: raise, Err: ErrUndetermined},
		{Name: "one objection waits at a time", Policy: A, Given: open, At: "2026-04-16 10:00", When: raise, Err: ErrObjectionOpen},
		{Name: "what was accepted determines the day anew, and the first stays", Policy: A, Given: open, Actor: deputy, At: "2026-04-16 10:00", When: DecideObjection{true, []string{"AM"}, "属实"},
			Then: []Event{decided, Revised{finding(Normal, 0, did("AM", Admitted, ""), did("PM", Signed, "pm")), ByObjection, Absent, Days{10}}}},
		{Name: "what was declined changes nothing", Policy: A, Given: open, Actor: deputy, At: "2026-04-16 10:00", When: DecideObjection{false, nil, "属实"}, Then: []Event{declined}},
		{Name: "only those to whom the month is reported decide", Policy: A, Given: open, Actor: keeper, At: "2026-04-16 10:00", When: DecideObjection{true, []string{"AM"}, "属实"}, Err: ErrNotDecider},
		{Name: "nobody decides on his own day", Policy: but(A, "att.monthlySummary", SummaryRule{"month", []string{"clerk"}}), Given: open, At: "2026-04-16 10:00", When: DecideObjection{true, []string{"AM"}, "属实"}, Err: ErrOwn},
		{Name: "the system decides nothing", Policy: A, Given: open, Actor: system, At: "2026-04-16 10:00", When: DecideObjection{true, []string{"AM"}, "属实"}, Err: domain.ErrSystem},
		{Name: "there is an objection to decide", Policy: A, Given: []Event{pm, absent}, Actor: deputy, At: "2026-04-16 10:00", When: DecideObjection{true, []string{"AM"}, "属实"}, Err: ErrNoObjection},
		{Name: "what is accepted names sessions", Policy: A, Given: open, Actor: deputy, At: "2026-04-16 10:00", When: DecideObjection{true, nil, "属实"}, Err: ErrNoSession},
	}
	for i := range cases {
		cases[i].Facts = facts
	}
	domaintest.Run(t, Context, cases)
}

func TestMadeUpTime(t *testing.T) {
	B := bureau(t)
	late := signed("2026-04-15", "in", "08:40")
	late.Late = true
	given := []Event{late, TimeOwed{Session: "in", Lost: 10, Minutes: 10, Due: date("2026-04-22")}}
	excused := LatenessExcused{"in", "p-4", "office-leader", "同意"}
	half := TimeMadeUp{Session: "in", From: at("2026-04-15 17:00"), To: at("2026-04-15 17:06"), Left: 4}
	facts := world(t, years(t))
	made := func(from, to string) MakeUp { return MakeUp{"in", at(from), at(to)} }
	cases := []rule{
		{Name: "the leader in charge excuses", Given: given, Actor: leader, When: Excuse{"in", "同意"}, Then: []Event{excused}},
		{Name: "once", Given: append(slices.Clone(given), excused), Actor: leader, When: Excuse{"in", "同意"}},
		{Name: "nobody else excuses", Given: given, Actor: keeper, When: Excuse{"in", "同意"}, Err: ErrNotDecider},
		{Name: "only lost time is excused", Given: given, Actor: leader, When: Excuse{"out", "同意"}, Err: ErrNothingOwed},
		{Name: "work after hours counts", Given: given, When: made("2026-04-15 17:00", "2026-04-15 17:06"), Then: []Event{half}},
		{Name: "until all is worked", Given: append(slices.Clone(given), half), When: made("2026-04-16 17:00", "2026-04-16 17:10"),
			Then: []Event{TimeMadeUp{Session: "in", From: at("2026-04-16 17:00"), To: at("2026-04-16 17:10")}}},
		{Name: "after the due day it is overdue", Given: given, At: "2026-04-24 10:00", When: made("2026-04-23 07:00", "2026-04-23 07:10"),
			Then: []Event{TimeMadeUp{Session: "in", From: at("2026-04-23 07:00"), To: at("2026-04-23 07:10"), Overdue: true}}},
		{Name: "work in office hours makes nothing up", Given: given, When: made("2026-04-16 16:00", "2026-04-16 16:10"), Err: ErrInHours},
		{Name: "time counts once", Given: append(slices.Clone(given), half), When: made("2026-04-15 17:05", "2026-04-15 17:10"), Err: ErrOverlap},
		{Name: "time that is still to come counts for nothing", Given: given, When: made("2026-04-17 17:00", "2026-04-17 17:10"), Err: ErrPeriod},
		{Name: "nobody works for another", Given: given, Actor: keeper, When: made("2026-04-15 17:00", "2026-04-15 17:06"), Err: ErrOthers},
		{Name: "nothing is owed for a session that was kept", Given: given, When: MakeUp{"out", at("2026-04-15 17:00"), at("2026-04-15 17:06")}, Err: ErrNothingOwed},
		{Name: "R31: A knows no making up", Policy: county(t), Given: given, When: made("2026-04-15 17:00", "2026-04-15 17:06"), Err: ErrNoMakeUp},
	}
	for i := range cases {
		cases[i].Facts = facts
		if cases[i].Policy == nil {
			cases[i].Policy = B
		}
		if cases[i].At == "" {
			cases[i].At = "2026-04-16 18:00"
		}
	}
	domaintest.Run(t, Context, cases)
}

// G6: the two states of the notice of 2020 find two things, and the year's other days stay as they were.
func TestLateNotice(t *testing.T) {
	A := county(t)
	before, after := notices(t, "2020-first"), notices(t, "2020-first", "2020")
	for _, tc := range []struct {
		day          string
		first, again Result
		tenths       int
	}{
		{"2020-01-31", Absent, NoWorkThere, 10}, {"2020-02-01", Absent, NoWorkThere, 10}, {"2020-02-02", NoWorkThere, NoWorkThere, 0}, {"2020-02-03", Absent, Absent, 10},
	} {
		find := func(cal calendar.Calendar) Finding {
			act := rule{Policy: A, Facts: world(t, cal), Actor: system, At: "2020-02-03 09:00"}.Act()
			sessions, err := Sessions(act, cal, date(tc.day))
			if err != nil {
				t.Fatal(err)
			}
			f, _ := Day{Person: "p-1", Date: date(tc.day)}.find(act, cal, sessions)
			return f
		}
		if f := find(before); f.Result != tc.first || f.Days.Tenths != tc.tenths {
			t.Errorf("%s first: %s %s", tc.day, f.Result, f.Days)
		}
		if f := find(after); f.Result != tc.again {
			t.Errorf("%s again: %s", tc.day, f.Result)
		}
	}
}

func notices(t testing.TB, names ...string) (c calendar.Calendar) {
	t.Helper()
	for _, name := range names {
		raw, err := os.ReadFile("../../presets/holidays/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var n calendar.ImportNotice
		if err := json.Unmarshal(raw, &n); err != nil {
			t.Fatal(err)
		}
		act := domaintest.Case[calendar.Calendar]{Policy: map[string]any{"cal.source": "state-council"}}.Act()
		events, err := domain.Decide(n, c, act)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			c = e.Evolve(c)
		}
	}
	return c
}

// Whatever the marks are: a day is found the same twice, in any order of its events, and never counts for more than one.
func TestFindingIsAFunction(t *testing.T) {
	A, B, cal := county(t), bureau(t), years(t)
	facts := world(t, cal)
	rapid.Check(t, func(r *rapid.T) {
		policy, names := A, []string{"AM", "PM"}
		if rapid.Bool().Draw(r, "bureau") {
			policy, names = B, []string{"in", "out"}
		}
		d := Day{Person: "p-1", Date: wed}
		for i := range rapid.IntRange(0, 6).Draw(r, "marks") {
			m := Mark{rapid.SampledFrom(names).Draw(r, "session"), domain.At(wed.Start(domaintest.Zone).Add(time.Duration(rapid.Int64Range(0, int64(24*time.Hour)).Draw(r, "at")))), fmt.Sprint(i)}
			if rapid.Bool().Draw(r, "refused") {
				d.Refused = append(d.Refused, m)
			} else {
				d.Marks = append(d.Marks, m)
			}
		}
		find := func(d Day) Finding {
			act := rule{Policy: policy, Facts: facts, Actor: system, At: "2026-04-16 00:00"}.Act()
			sessions, err := Sessions(act, cal, wed)
			if err != nil {
				r.Fatal(err)
			}
			f, _ := d.find(act, cal, sessions)
			return f
		}
		f := find(d)
		turned := Day{Person: d.Person, Date: d.Date, Marks: slices.Clone(d.Marks), Refused: slices.Clone(d.Refused)}
		slices.Reverse(turned.Marks)
		slices.Reverse(turned.Refused)
		if !f.same(find(d)) || f.Result != find(turned).Result {
			r.Fatalf("found otherwise again: %+v", f)
		}
		if f.Days.Tenths < 0 || f.Days.Tenths > 10 || (f.Days.Tenths > 0) != (f.Result == Absent || f.Result == HalfAbsent) {
			r.Fatalf("%s counts for %s", f.Result, f.Days)
		}
	})
}

// ledger is that of a person who is away for half of the Wednesday.
func ledger(t testing.TB, half leave.Half, c leave.Cover) leave.Ledger {
	t.Helper()
	status := map[string]string{leave.Covered: leave.StatusGranted, leave.Open: leave.StatusOpen, leave.Lapsed: leave.StatusLapsed}[c.State]
	edge := leave.Edge{On: wed, Half: half}
	return leave.Ledger{Person: "p-1", Requests: map[string]leave.Request{c.Request: {ID: c.Request, Kind: c.Kind, From: edge, To: edge, Status: status, PapersDue: at("2026-04-18")}}}
}
