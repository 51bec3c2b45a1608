package duty

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"andu/domain"
	"andu/domain/calendar"
	"andu/domain/domaintest"
	"andu/domain/org"
	"andu/presets"

	"pgregory.net/rapid"
)

// staff of the two demonstration offices, as far as they keep the watch.
var staff = map[string]map[string][]string{
	"county": {"admin": {"p-admin", "p-admin2"}, "deputy-admin": {"p-deputy"}, "duty": {"p-x", "p-y", "p-z"}, "messenger": {"p-m"},
		"driver": {"p-driver"}, "secretary": {"p-s"}},
	"bureau": {"office-clerk": {"p-clerk"}, "office-leader": {"p-leader"}, "staff": {"p-x", "p-y", "p-z", "p-clerk"}, "driver": {"p-driver"}},
}

func people(t testing.TB, holders map[string][]string) org.Office {
	t.Helper()
	since := domain.Date{Year: 2020, Month: 1, Day: 1}
	events := []org.Event{org.OfficeSetUp{Office: "office", Name: "office", Zone: "Asia/Shanghai"}}
	joined := map[string]bool{}
	for _, post := range slices.Sorted(maps.Keys(holders)) {
		events = append(events, org.PostCreated{Post: post, Title: post, Rank: 1})
		for _, p := range holders[post] {
			if !joined[p] {
				events = append(events, org.PersonJoined{Person: p, On: since})
				joined[p] = true
			}
			events = append(events, org.PostFilled{Post: post, Person: p, From: since})
		}
	}
	o, err := org.Context.Fold(org.Office{}, domaintest.Record(t, org.Context, events...))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// published is what documents of an office state; a later one takes the place of those that it replaces.
func published(t testing.TB, files ...string) domain.Policy {
	t.Helper()
	p := domain.Policy{Stream: "policy-office", Version: 1, Provisions: map[string][]domain.Provision{}}
	for _, file := range files {
		raw, err := presets.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Document struct{ ID string }
			Values   []struct {
				domain.Provision
				Replaces []string `json:"replaces"`
			}
		}
		if err := json.Unmarshal(raw, &doc); err != nil {
			t.Fatal(err)
		}
		for _, v := range doc.Values {
			v.Provision.Document = doc.Document.ID
			p.Provisions[v.Key] = slices.DeleteFunc(p.Provisions[v.Key], func(o domain.Provision) bool { return slices.Contains(v.Replaces, o.Document) })
			p.Provisions[v.Key] = append(p.Provisions[v.Key], v.Provision)
		}
	}
	return p
}

// desk decides commands of one office on a post and its rosters, through the stored form.
type desk struct {
	t       testing.TB
	policy  domain.Policy
	office  org.Office
	post    []domain.Recorded
	rosters map[string][]domain.Recorded
	n       int
	last    []any
}

func open(t testing.TB, office string, variants ...string) *desk {
	return &desk{t: t, policy: published(t, append(presets.Office(office), variants...)...), office: people(t, staff[office]), rosters: map[string][]domain.Recorded{}}
}

// alone is the office with its regulations only.
func alone(t testing.TB, office string) *desk {
	d := open(t, office)
	files := presets.Office(office)
	d.policy = published(t, files[:len(files)-1]...)
	return d
}

const room = "duty-1"

func (d *desk) act(at string, actor domain.Actor) domain.Act {
	d.t.Helper()
	d.n++
	return domain.NewAct(domain.Act{Office: "office", Actor: actor, Occurred: domaintest.Time(at), Received: domaintest.Time(at), Zone: domaintest.Zone,
		Command: fmt.Sprintf("command/%d", d.n)},
		&domain.Inputs{Policy: d.policy, NewID: domaintest.NewID, Facts: map[string]domain.Fact{org.Stream("office"): {State: d.office},
			calendar.Stream("office"): {State: calendar.Calendar{}}, room: {State: d.state()}}})
}

func (d *desk) state() Post {
	p, err := Context.Fold(Post{}, d.post)
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

func (d *desk) roster(stream string) Roster {
	r, err := Rosters.Fold(Roster{}, d.rosters[stream])
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}

func decide[S any](d *desk, c domain.Context[S], stream string, log []domain.Recorded, state S, act domain.Act, cmd domain.Command[S]) ([]domain.Recorded, error) {
	events, err := domain.Decide(cmd, state, act)
	d.last = nil
	if err != nil {
		return log, err
	}
	for i, e := range events {
		row, payload, err := c.Encode(e)
		if err != nil {
			d.t.Fatal(err)
		}
		back, err := c.Decode(row.Name, row.Version, payload)
		if err != nil {
			d.t.Fatal(err)
		}
		h := domain.Header{Stream: stream, Revision: int64(len(log)), ID: act.EventID(i), Type: row.Name, Actor: act.Actor, OccurredAt: act.Occurred}
		if k, ok := back.(domain.Correction); ok {
			h.Corrects = k.Corrects()
		}
		log = append(log, domain.Recorded{Header: h, Event: back})
		d.last = append(d.last, back)
	}
	return log, nil
}

func (d *desk) try(at, who string, cmd Command) error {
	d.t.Helper()
	var err error
	d.post, err = decide(d, Context, room, d.post, d.state(), d.act(at, as(who)), cmd)
	return err
}

func (d *desk) tryRoster(at, who, stream string, cmd domain.Command[Roster]) error {
	d.t.Helper()
	log, err := decide(d, Rosters, stream, d.rosters[stream], d.roster(stream), d.act(at, as(who)), cmd)
	d.rosters[stream] = log
	return err
}

// as is a person at the post after the slash, such as p-x/duty.
func as(who string) domain.Actor {
	person, post, _ := strings.Cut(who, "/")
	return domain.Actor{Person: person, Post: post}
}

func (d *desk) do(at, who string, cmd Command) []any {
	d.t.Helper()
	if err := d.try(at, who, cmd); err != nil {
		d.t.Fatalf("%s %s %T: %v", at, who, cmd, err)
	}
	return d.last
}

func (d *desk) refused(at, who string, cmd Command, want error) {
	d.t.Helper()
	before := len(d.post)
	if err := d.try(at, who, cmd); !errors.Is(err, want) || len(d.post) != before {
		d.t.Fatalf("%s %s %T: got %v and %d events, want %v", at, who, cmd, err, len(d.post)-before, want)
	}
}

func (d *desk) plan(at, who, stream string, cmd domain.Command[Roster]) []any {
	d.t.Helper()
	if err := d.tryRoster(at, who, stream, cmd); err != nil {
		d.t.Fatalf("%s %s %T: %v", at, who, cmd, err)
	}
	return d.last
}

func (d *desk) notPlanned(at, who, stream string, cmd domain.Command[Roster], want error) {
	d.t.Helper()
	if err := d.tryRoster(at, who, stream, cmd); !errors.Is(err, want) {
		d.t.Fatalf("%s %s %T: got %v, want %v", at, who, cmd, err, want)
	}
}

// names are the kinds of the last events.
func names(events []any) (list []string) {
	for _, e := range events {
		switch e := e.(type) {
		case FindingRaised:
			list = append(list, e.Kind)
		case RosterFinding:
			list = append(list, e.Kind)
		case AlertRaised:
			list = append(list, "alert to "+e.To)
		default:
			list = append(list, reflect.TypeOf(e).Name())
		}
	}
	return list
}

func (d *desk) expect(want ...string) {
	d.t.Helper()
	if got := names(d.last); !slices.Equal(got, want) {
		d.t.Fatalf("got %v, want %v", got, want)
	}
}

func (d *desk) responsible(want string) {
	d.t.Helper()
	if got := d.state().Responsible; got != want {
		d.t.Fatalf("responsible is %s, want %s", got, want)
	}
}

var clerk = map[string]string{"county": "p-admin/admin", "bureau": "p-clerk/office-clerk"}
var leader = map[string]string{"county": "p-deputy/deputy-admin", "bureau": "p-leader/office-leader"}

// assignments put the persons on the shifts of the rota in turn.
func (d *desk) assignments(at string, first, last domain.Date, persons ...string) (list []Assignment) {
	for _, s := range slots(d.act(at, as("p-admin/admin")), DutyRoom, first, last) {
		if s.Source == Rota {
			list = append(list, Assignment{s.Start, persons[len(list)%len(persons)]})
		}
	}
	return list
}

// takeOver plans the published roster into the post, as the follower does.
func (d *desk) takeOver(at, stream string) {
	d.t.Helper()
	for _, r := range d.rosters[stream] {
		if plan, ok := PlanOf(r); ok {
			d.do(at, domain.System, plan)
		}
	}
}

// april is the duty room of an office in April 2026: X is on Saturday 18, Z on Sunday 19, both 08:30 to 08:30.
func april(t testing.TB, office string, variants ...string) *desk {
	d := open(t, office, variants...)
	d.do("2026-03-31 17:00", clerk[office], Open{DutyRoom, "p-y"})
	days := []domain.Date{{Year: 2026, Month: 4, Day: 1}}
	if office == "bureau" {
		days = []domain.Date{{Year: 2026, Month: 4, Day: 13}, {Year: 2026, Month: 4, Day: 20}}
	}
	for _, first := range days {
		stream := "roster-" + first.String()
		last, _ := RosterPeriod.Of(d.act("2026-03-31 17:00", as("p-x"))).ends(first)
		list := d.assignments("2026-03-31 17:00", first, last, "p-x", "p-y", "p-z")
		for i, a := range list {
			switch a.Start.Time.In(domaintest.Zone).Format(time.DateOnly) {
			case "2026-04-18":
				list[i].Person = "p-x"
			case "2026-04-19":
				list[i].Person = "p-z"
			}
		}
		d.plan("2026-03-31 17:01", clerk[office], stream, Draft{room, first, list})
		d.plan("2026-03-31 17:02", leader[office], stream, Approve{})
		d.plan("2026-03-31 17:03", clerk[office], stream, Publish{})
		d.takeOver("2026-03-31 17:04", stream)
	}
	return d
}

var checked = []string{"room-clean", "things-in-order", "no-secret-papers-out", "open-items", "keys", "seals", "carriers", "equipment"}

func (d *desk) handOver(at, from, to string) {
	d.t.Helper()
	d.do(at, from, OfferHandover{Checklist: checked})
	d.do(at, to, AcceptHandover{d.state().Handover.ID})
}

// onDuty is the same with X responsible from Saturday 18 08:30.
func onDuty(t testing.TB, office string) *desk {
	d := april(t, office)
	d.handOver("2026-04-18 08:30", "p-y/duty", "p-x/duty")
	return d
}

func entry(subject, urgency string) LogEntry {
	return LogEntry{Content{Kind: "call", Urgency: urgency, Time: domaintest.Time("2026-04-18 20:00"), Channel: "0734-1", Caller: "王某", Unit: "镇政府", Phone: "1", Subject: subject, Action: "记录"}}
}

func TestG9(t *testing.T) {
	june, first := "roster-june", domain.Date{Year: 2026, Month: 6, Day: 1}
	draft := func(t *testing.T, office string, first domain.Date, variants ...string) *desk {
		d := open(t, office, variants...)
		d.do("2026-03-31 17:00", clerk[office], Open{DutyRoom, "p-y"})
		last, _ := RosterPeriod.Of(d.act("2026-05-01", as("p-x"))).ends(first)
		d.plan("2026-05-20 10:00", clerk[office], june, Draft{room, first, d.assignments("2026-05-20 10:00", first, last, "p-x", "p-y", "p-z")})
		return d
	}
	for _, g := range []struct {
		name, office, at string
		first            domain.Date
		late             bool
		variants         []string
	}{
		{"A: at 23:59:59.999999 of the last day it is in time", "county", "2026-05-31 23:59:59.999999", first, false, nil},
		{"A: at 24:00 it is late, published and found", "county", "2026-06-01 00:00:00", first, true, nil},
		{"A-working: Friday 24:00 is late", "county", "2026-05-30 00:00:00", first, true, []string{"county/A-working.json"}},
		{"A-working: just before it is in time", "county", "2026-05-29 23:59:59.999999", first, false, []string{"county/A-working.json"}},
		{"B: 17:00 of the last working day is in time", "bureau", "2026-06-05 17:00:00", first.Add(7), false, nil},
		{"B: a microsecond later is late", "bureau", "2026-06-05 17:00:00.000001", first.Add(7), true, nil},
	} {
		t.Run("G9 "+g.name, func(t *testing.T) {
			d := draft(t, g.office, g.first, g.variants...)
			d.notPlanned("2026-05-21 10:00", clerk[g.office], june, Publish{}, ErrNotApproved)
			d.notPlanned("2026-05-21 10:00", clerk[g.office], june, Approve{}, ErrNotApprover)
			d.plan("2026-05-21 10:00", leader[g.office], june, Approve{})
			d.plan(g.at, clerk[g.office], june, Publish{})
			found := slices.Contains(names(d.last), "rosterLate")
			if found != g.late || names(d.last)[0] != "Published" {
				t.Fatalf("%v", names(d.last))
			}
			r := d.roster(june)
			if want := d.office.Members(first); !slices.Equal(r.Undelivered(), want) {
				t.Errorf("nobody has it yet: %v, want %v", r.Undelivered(), want)
			}
			d.plan(g.at, clerk[g.office], june, Deliver{Persons: r.Audience[1:], Way: "paper"})
			if got := d.roster(june).Undelivered(); !slices.Equal(got, r.Audience[:1]) {
				t.Errorf("the absent one is listed: %v", got)
			}
			d.plan(g.at, r.Audience[0]+"/x", june, Deliver{Persons: r.Audience[:1], Way: "screen"})
			d.notPlanned(g.at, clerk[g.office], june, Deliver{Persons: []string{"p-stranger"}, Way: "paper"}, ErrNotAddressee)
		})
	}
	t.Run("G9 B alone: no roster, policy-blank", func(t *testing.T) {
		d := open(t, "bureau")
		d.do("2026-05-01", clerk["bureau"], Open{DutyRoom, "p-y"})
		d.policy = alone(t, "bureau").policy
		err := d.tryRoster("2026-05-20 10:00", clerk["bureau"], june, Draft{Post: room, First: first})
		if !errors.Is(err, domain.ErrBlank) || !strings.Contains(err.Error(), "duty.roster.period") {
			t.Fatal(err)
		}
	})
	t.Run("a roster covers every instant of its period, by the section in office hours of working days and by the rota else", func(t *testing.T) {
		d := draft(t, "county", first)
		r := d.roster(june)
		for i, s := range r.Slots {
			if i > 0 && !r.Slots[i-1].End.Equal(s.Start.Time) {
				t.Errorf("a gap before %v", s.Start)
			}
			local := s.Start.In(domaintest.Zone)
			day := local.Weekday() != time.Saturday && local.Weekday() != time.Sunday && local.Hour() == 8
			if (s.Source == Section) != day || s.Rest != (local.Weekday() == time.Saturday || local.Weekday() == time.Sunday) || s.Night == day {
				t.Errorf("%v: %+v", local, s)
			}
		}
		if !r.Slots[0].Start.Equal(domaintest.Time("2026-06-01 08:30").Time) || !r.Slots[len(r.Slots)-1].End.Equal(domaintest.Time("2026-07-01 08:30").Time) {
			t.Errorf("%v to %v", r.Slots[0].Start, r.Slots[len(r.Slots)-1].End)
		}
	})
	t.Run("a load spread wider than the bound is a finding", func(t *testing.T) {
		d := open(t, "county")
		d.do("2026-03-31 17:00", clerk["county"], Open{DutyRoom, "p-y"})
		d.plan("2026-05-20 10:00", clerk["county"], june, Draft{room, first, d.assignments("2026-05-20", first, domain.Date{Year: 2026, Month: 6, Day: 30}, "p-x", "p-y", "p-y")})
		d.plan("2026-05-20 11:00", leader["county"], june, Approve{})
		d.plan("2026-05-20 12:00", clerk["county"], june, Publish{})
		d.expect("Published", LoadSpread)
	})
	t.Run("who may draft, for whom and from when", func(t *testing.T) {
		d := draft(t, "county", first)
		list := d.roster(june).Slots
		given := func(person string) (as []Assignment) {
			for _, s := range list {
				if s.Source == Rota {
					as = append(as, Assignment{s.Start, person})
				}
			}
			return as
		}
		d.notPlanned("2026-05-20", "p-s/secretary", june, Draft{Post: room, First: first}, ErrNotPublisher)
		d.notPlanned("2026-05-20", clerk["county"], june, Draft{Post: "duty-1", First: first.Add(1)}, ErrFirstDay)
		d.notPlanned("2026-05-20", clerk["county"], june, Draft{Post: "org-x", First: first}, ErrNoPost)
		d.notPlanned("2026-05-20", clerk["county"], june, Draft{room, first, given("p-s")}, ErrNotOnList)
		d.notPlanned("2026-05-20", clerk["county"], june, Draft{room, first, given("p-x")[1:]}, ErrUnassigned)
		d.notPlanned("2026-05-20", clerk["county"], june, Draft{room, first, []Assignment{{list[0].Start, "p-x"}}}, ErrNotASlot)
		d.notPlanned("2026-05-20", clerk["county"], june, Draft{room, first.Add(30), nil}, ErrOtherRoster)
		d.notPlanned("2026-05-20", "p-x/duty", june, Deliver{Persons: []string{"p-x"}, Way: "screen"}, ErrNotPublished)
		d.notPlanned("2026-05-20", leader["county"], "roster-none", Approve{}, ErrNotDrafted)
		d.notPlanned("2026-05-20", leader["county"], june, Amend{Cause: "special-case", Reason: "x"}, ErrNotPublished)
	})
	t.Run("an unpublished next roster is found at its deadline", func(t *testing.T) {
		d := april(t, "county")
		d.notPlanned("2026-05-01", "p-admin/admin", "roster-2026-04-01", NoteMissing{}, ErrSystemOnly)
		d.plan("2026-05-01 00:00", domain.System, "roster-2026-04-01", NoteMissing{})
		d.expect(RosterMissing)
		d.plan("2026-05-01 00:00", domain.System, "roster-2026-04-01", NoteMissing{})
		d.expect()
	})
}

func TestAmend(t *testing.T) {
	d := april(t, "county")
	stream, saturday := "roster-2026-04-01", domaintest.Time("2026-04-18 08:30")
	amend := Amend{Cause: "special-case", Reason: "出差", Assignments: []Assignment{{saturday, "p-y"}}}
	d.notPlanned("2026-04-15", "p-s/secretary", stream, amend, ErrNotRearranger)
	d.notPlanned("2026-04-15", "p-admin/admin", stream, Amend{Cause: "holiday", Reason: "x"}, ErrRearrangeCause)
	d.notPlanned("2026-04-15", "p-admin/admin", stream, Amend{Cause: "special-case", Reason: " "}, ErrReason)
	d.notPlanned("2026-04-18 08:30", "p-admin/admin", stream, amend, ErrStarted)
	d.notPlanned("2026-04-15", "p-admin/admin", stream, Draft{Post: room, First: domain.Date{Year: 2026, Month: 4, Day: 1}}, ErrPublished)
	d.plan("2026-04-15", "p-admin/admin", stream, amend)
	d.takeOver("2026-04-15", stream)
	if s, _ := d.state().At(saturday); s.Person != "p-y" {
		t.Errorf("the amended shift is %s's", s.Person)
	}
	// A working day that the calendar turns into a day off has one shift, of whoever was on in the evening.
	d.workDays("mon", "tue", "wed", "thu")
	evening, _ := d.state().At(domaintest.Time("2026-04-17 18:30"))
	d.plan("2026-04-15 10:00", "p-admin/admin", stream, Amend{Cause: CauseCalendar, Reason: "放假通知"})
	d.takeOver("2026-04-15 10:00", stream)
	if s, _ := d.state().At(domaintest.Time("2026-04-17 08:30")); s.Person != evening.Person || s.Source != Rota || !s.End.Equal(saturday.Time) {
		t.Errorf("Friday is %+v, was %s's in the evening", s, evening.Person)
	}
}

// workDays makes these days of the week, and no others, working days: a change of the calendar.
func (d *desk) workDays(days ...string) {
	value, err := json.Marshal(map[string]any{"days": days, "start": "08:30", "end": "18:30", "break_minutes": 180, "seasons": map[string]any{}})
	if err != nil {
		d.t.Fatal(err)
	}
	for i, v := range d.policy.Provisions["cal.workHours"] {
		if !v.Blank {
			d.policy.Provisions["cal.workHours"][i].Value = value
		}
	}
}

// A roster follows the calendar in what has not begun; whoever was on keeps the shift that takes its place (G6).
func TestFollowCalendar(t *testing.T) {
	stream := "roster-2026-04-01"
	follow := func(d *desk, at string, want ...string) {
		t.Helper()
		d.plan(at, domain.System, stream, FollowCalendar{})
		d.expect(want...)
		r := d.roster(stream)
		for i := range r.Slots[1:] {
			if !r.Slots[i].End.Equal(r.Slots[i+1].Start.Time) {
				t.Errorf("a gap or two at once between %v and %v", r.Slots[i].End, r.Slots[i+1].Start)
			}
		}
		for _, s := range r.Slots {
			if (s.Source == Rota) != (s.Person != "") {
				t.Errorf("%+v", s)
			}
		}
	}
	on := func(d *desk, start string) Shift {
		t.Helper()
		s, ok := d.state().At(domaintest.Time(start))
		if !ok {
			t.Fatalf("no shift begins at %s", start)
		}
		return s
	}
	everyDay := []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	t.Run("G6: a working day becomes a day off: the section's daytime goes to the person of the evening", func(t *testing.T) {
		d := april(t, "county")
		d.notPlanned("2026-04-15", "p-admin/admin", stream, FollowCalendar{}, ErrSystemOnly)
		follow(d, "2026-04-15")
		evening := on(d, "2026-04-17 18:30").Person
		d.workDays("mon", "tue", "wed", "thu")
		follow(d, "2026-04-15", "Amended")
		if e := d.last[0].(Amended); e.Cause != CauseCalendar {
			t.Errorf("cause %s", e.Cause)
		}
		follow(d, "2026-04-15")
		d.takeOver("2026-04-15", stream)
		if s := on(d, "2026-04-17 08:30"); s.Person != evening || s.Source != Rota || !s.Rest {
			t.Errorf("%+v", s)
		}
	})
	t.Run("a day off becomes a working day: the section has the daytime, the person of the day the evening", func(t *testing.T) {
		d := april(t, "county")
		d.workDays(everyDay...)
		follow(d, "2026-04-15", "Amended")
		d.takeOver("2026-04-15", stream)
		if day, evening := on(d, "2026-04-18 08:30"), on(d, "2026-04-18 18:30"); day.Source != Section || evening.Person != "p-x" {
			t.Errorf("day %+v, evening %+v", day, evening)
		}
	})
	t.Run("a swap that is in force stands for the shift that takes the place of the swapped one", func(t *testing.T) {
		d := april(t, "county")
		d.do("2026-04-15 09:00", "p-x/duty", RequestSwap{Shift: domaintest.Time("2026-04-18 08:30"), With: "p-y", Reason: "急事"})
		swap := d.last[0].(SwapRequested).Swap
		d.do("2026-04-15 09:00", "p-x/duty", NoteSwap{swap})
		d.do("2026-04-15 09:00", "p-y/duty", AcceptSwap{swap})
		d.workDays(everyDay...)
		follow(d, "2026-04-15 10:00", "Amended")
		plan, _ := PlanOf(d.rosters[stream][len(d.rosters[stream])-1])
		d.do("2026-04-15 10:00", domain.System, plan)
		d.expect("ShiftsPlanned", "ShiftReassigned")
		if s := on(d, "2026-04-18 18:30"); s.Person != "p-y" || s.Planned != "p-x" {
			t.Errorf("%+v", s)
		}
	})
	t.Run("G6: what has begun is not rewritten, and the rest of that day stays covered", func(t *testing.T) {
		d := april(t, "county")
		before := d.roster(stream).Slots
		d.workDays("mon", "tue", "wed", "thu")
		follow(d, "2026-04-17 10:00", "Amended")
		after := d.roster(stream).Slots
		for i, s := range before {
			if s.Start.After(domaintest.Time("2026-04-17 18:30").Time) {
				break
			}
			if !s.same(after[i]) {
				t.Errorf("%+v became %+v", s, after[i])
			}
		}
		follow(d, "2026-05-01 10:00")
	})
	t.Run("a draft that an older calendar laid out is published with its amendment", func(t *testing.T) {
		d := open(t, "county")
		d.do("2026-03-31 17:00", "p-admin/admin", Open{DutyRoom, "p-y"})
		june := domain.Date{Year: 2026, Month: 6, Day: 1}
		d.plan("2026-05-20", "p-admin/admin", stream, Draft{room, june, d.assignments("2026-05-20", june, june.Add(29), "p-x", "p-y", "p-z")})
		d.plan("2026-05-20", "p-deputy/deputy-admin", stream, Approve{})
		d.workDays("mon", "tue", "wed", "thu")
		d.plan("2026-05-21", "p-admin/admin", stream, Publish{})
		if got := names(d.last); got[0] != "Published" || got[len(got)-1] != "Amended" {
			t.Error(got)
		}
	})
}

func TestG10(t *testing.T) {
	saturday := domaintest.Time("2026-04-18 08:30")
	ask := RequestSwap{Shift: saturday, With: "p-y", Reason: "家中急事"}
	for _, office := range []string{"county", "bureau"} {
		asked := func(t *testing.T) (*desk, string) {
			d := april(t, office)
			d.do("2026-04-16 10:00", "p-x/duty", ask)
			d.expect("SwapRequested")
			return d, slices.Collect(maps.Keys(d.state().Swaps))[0]
		}
		// keeps tells who takes the shift over at its start, and that the other cannot.
		keeps := func(t *testing.T, d *desk, person, other string) {
			t.Helper()
			d.do("2026-04-18 08:30", d.state().Responsible+"/duty", OfferHandover{Checklist: checked})
			d.refused("2026-04-18 08:30", other+"/duty", AcceptHandover{d.state().Handover.ID}, ErrNotIncoming)
			d.do("2026-04-18 08:30", person+"/duty", AcceptHandover{d.state().Handover.ID})
			d.responsible(person)
		}
		t.Run("G10 "+office+": silence leaves the shift as it was", func(t *testing.T) {
			d, _ := asked(t)
			keeps(t, d, "p-x", "p-y")
		})
		t.Run("G10 "+office+": accepted and not told is not in force", func(t *testing.T) {
			d, swap := asked(t)
			d.do("2026-04-16 11:00", "p-y/duty", AcceptSwap{swap})
			d.expect("SwapAccepted")
			keeps(t, d, "p-x", "p-y")
		})
		t.Run("G10 "+office+": accepted and told a microsecond before the start is in force", func(t *testing.T) {
			d, swap := asked(t)
			d.do("2026-04-18 08:29:59.999998", "p-y/duty", AcceptSwap{swap})
			d.do("2026-04-18 08:29:59.999999", clerk[office], NoteSwap{swap})
			d.expect("SwapNoted", "ShiftReassigned")
			keeps(t, d, "p-y", "p-x")
		})
		t.Run("G10 "+office+": told at the start is refused", func(t *testing.T) {
			d, swap := asked(t)
			d.do("2026-04-16 11:00", "p-y/duty", AcceptSwap{swap})
			d.refused("2026-04-18 08:30:00.000000", clerk[office], NoteSwap{swap}, ErrSwapLate)
			keeps(t, d, "p-x", "p-y")
		})
		t.Run("G10 "+office+": a swap has a reason and goes to a colleague of the duty list", func(t *testing.T) {
			d := april(t, office)
			with := func(change func(*RequestSwap)) RequestSwap { c := ask; change(&c); return c }
			d.refused("2026-04-16 10:00", "p-x/duty", with(func(c *RequestSwap) { c.Reason = " " }), ErrReason)
			d.refused("2026-04-16 10:00", "p-x/duty", with(func(c *RequestSwap) { c.With = "p-driver" }), ErrNotOnList)
			d.refused("2026-04-16 10:00", "p-x/duty", with(func(c *RequestSwap) { c.With = "p-stranger" }), ErrOutsider)
			d.refused("2026-04-16 10:00", "p-x/duty", with(func(c *RequestSwap) { c.Relative = true }), ErrRelative)
			d.refused("2026-04-16 10:00", "p-x/duty", with(func(c *RequestSwap) { c.With = "p-x" }), ErrNotOnList)
			d.refused("2026-04-16 10:00", "p-z/duty", ask, ErrNotYours)
			d.refused("2026-04-16 10:00", "p-x/duty", with(func(c *RequestSwap) { c.Shift = domaintest.Time("2026-04-18 09:00") }), ErrNoShift)
			d.refused("2026-04-18 08:30", "p-x/duty", ask, ErrSwapLate)
		})
		t.Run("G10 "+office+": nobody approves, and only the parties and who is told have a say", func(t *testing.T) {
			d, swap := asked(t)
			d.refused("2026-04-16 11:00", "p-z/duty", AcceptSwap{swap}, ErrNotParty)
			d.refused("2026-04-16 11:00", "p-z/duty", NoteSwap{swap}, ErrNotParty)
			d.refused("2026-04-16 11:00", "p-z/duty", DeclineSwap{Swap: swap}, ErrNotParty)
			d.do("2026-04-16 11:00", "p-x/duty", NoteSwap{swap})
			d.do("2026-04-16 12:00", "p-y/duty", DeclineSwap{Swap: swap, Reason: "不便"})
			d.refused("2026-04-16 12:00", "p-y/duty", AcceptSwap{swap}, ErrSwapUnknown)
		})
	}
	t.Run("a shift may be taken in return", func(t *testing.T) {
		d := april(t, "county")
		var mine domain.Instant
		for _, s := range d.state().Shifts {
			if s.Person == "p-y" && s.Start.After(saturday.Time) {
				mine = s.Start
				break
			}
		}
		d.do("2026-04-16 10:00", "p-x/duty", RequestSwap{Shift: saturday, With: "p-y", Return: mine, Reason: "急事"})
		swap := d.last[0].(SwapRequested).Swap
		d.do("2026-04-16 10:00", "p-x/duty", NoteSwap{swap})
		d.do("2026-04-16 11:00", "p-y/duty", AcceptSwap{swap})
		d.expect("SwapAccepted", "ShiftReassigned", "ShiftReassigned")
		a, _ := d.state().At(saturday)
		b, _ := d.state().At(mine)
		if a.Person != "p-y" || b.Person != "p-x" {
			t.Errorf("%s, %s", a.Person, b.Person)
		}
		// The roster taken over again does not undo the swap.
		d.takeOver("2026-04-16 12:00", "roster-2026-04-01")
		if a, _ = d.state().At(saturday); a.Person != "p-y" {
			t.Errorf("the roster took the swap back: %s", a.Person)
		}
	})
}

func TestG11(t *testing.T) {
	t.Run("G11: a refused handover leaves the outgoing person responsible; the next one passes the responsibility", func(t *testing.T) {
		d := onDuty(t, "county")
		d.do("2026-04-19 08:30", "p-x/duty", OfferHandover{Checklist: checked})
		d.responsible("p-x")
		d.do("2026-04-19 08:35", "p-z/duty", RefuseHandover{d.state().Handover.ID, "钥匙不齐"})
		d.expect("HandoverRefused", "alert to admin", "alert to deputy-admin")
		d.responsible("p-x")
		if got := d.state().Overrun(domaintest.Time("2026-04-19 08:35")); got != 5*time.Minute {
			t.Errorf("overrun at 08:35 is %v", got)
		}
		d.refused("2026-04-19 08:36", "p-z/duty", AcceptHandover{"handover"}, ErrNothingOffered)
		d.do("2026-04-19 09:05", "p-x/duty", OfferHandover{Checklist: checked})
		d.do("2026-04-19 09:10", "p-z/duty", AcceptHandover{d.state().Handover.ID})
		d.responsible("p-z")
		e := d.last[0].(HandoverAccepted)
		if e.At.Sub(e.Planned.Time) != 40*time.Minute || e.From != "p-x" || !d.state().Since.Equal(e.At.Time) {
			t.Errorf("%+v", e)
		}
		d.refused("2026-04-19 09:11", "p-x/duty", entry("x", "urgent"), ErrNotResponsible)

		d.do("2026-04-20 08:30", "p-z/duty", OfferHandover{Checklist: checked})
		d.refused("2026-04-20 08:30", domain.System, AcceptHandover{d.state().Handover.ID}, domain.ErrSystem)
		d.refused("2026-04-20 08:30", "p-s/secretary", AcceptHandover{d.state().Handover.ID}, ErrNotIncoming)
		d.do("2026-04-20 08:31", "p-admin2/admin", AcceptHandover{d.state().Handover.ID})
		d.responsible("p-admin2")
	})
	t.Run("nobody states another time for a handover", func(t *testing.T) {
		d := onDuty(t, "county")
		act := d.act("2026-04-19 08:40", as("p-x/duty"))
		act.Occurred = domaintest.Time("2026-04-19 08:30")
		if _, err := domain.Decide(OfferHandover{Checklist: checked}, d.state(), act); !errors.Is(err, ErrNotNow) {
			t.Error(err)
		}
	})
	t.Run("the schedule alerts when nobody took over, and when no shift follows", func(t *testing.T) {
		d := onDuty(t, "county")
		sunday := domaintest.Time("2026-04-19 08:30")
		d.refused("2026-04-19 08:31", "p-admin/admin", Watch{Shift: sunday}, ErrSystemOnly)
		d.do("2026-04-19 08:30:00.000001", domain.System, Watch{Shift: sunday})
		d.expect("alert to admin")
		d.do("2026-04-19 08:30:00.000001", domain.System, Watch{Shift: domaintest.Time("2026-04-18 08:30"), End: true})
		d.expect() // another shift follows
		d.do("2026-04-17 08:30", domain.System, Remind{Shift: sunday})
		if e := d.last[0].(ReminderSent); e.Person != "p-z" {
			t.Errorf("reminded %+v", e)
		}
		d.handOver("2026-04-19 09:00", "p-x/duty", "p-z/duty")
		d.do("2026-04-19 09:00", domain.System, Watch{Shift: sunday})
		d.expect()
		last := d.state().Shifts[len(d.state().Shifts)-1]
		at := last.Start.In(domaintest.Zone).Format("2006-01-02 15:04:05")
		d.do(at, "p-z/duty", OfferHandover{Checklist: checked})
		d.do(at, last.Person+"/duty", AcceptHandover{d.state().Handover.ID})
		end := last.End.In(domaintest.Zone).Format("2006-01-02 15:04:05")
		d.refused(end, last.Person+"/duty", OfferHandover{Checklist: checked}, ErrNoShift)
		d.do(end+".000001", domain.System, Watch{Shift: last.Start, End: true})
		d.expect("alert to admin")
		d.responsible(last.Person)
	})
}

func TestG12(t *testing.T) {
	log := func(d *desk, n int) (ids []string) {
		for i := range n {
			d.do("2026-04-18 20:00", "p-x/duty", entry(fmt.Sprintf("E%d", i+1), "next-day"))
			e := d.last[0].(EntryLogged)
			if e.No != i+1 {
				d.t.Fatalf("number %d of entry %d", e.No, i+1)
			}
			d.do("2026-04-18 20:01", "p-x/duty", CarryOverEntry{Entry: e.Entry})
			ids = append(ids, e.Entry)
		}
		return ids
	}
	answers := func(ids []string, remark string) (c AnswerItems) {
		for i, id := range ids {
			a := ItemAnswer{Item: id}
			if i == len(ids)-1 {
				a.Remark = remark
			}
			c.Answers = append(c.Answers, a)
		}
		return c
	}
	t.Run("G12: four accepted and one reserved pass with the watch, each with its owner", func(t *testing.T) {
		d := onDuty(t, "county")
		ids := log(d, 5)
		d.do("2026-04-19 08:30", "p-x/duty", OfferHandover{Checklist: checked, Things: []Item{{Kind: "keys", Name: "值班室钥匙", Count: 2}}})
		offer := d.last[0].(HandoverOffered)
		if len(offer.Items) != 6 {
			t.Fatalf("%+v", offer.Items)
		}
		d.refused("2026-04-19 08:31", "p-z/duty", AcceptHandover{offer.Handover}, ErrUnanswered)
		d.refused("2026-04-19 08:31", "p-y/duty", answers(ids, ""), ErrNotIncoming)
		d.refused("2026-04-19 08:31", "p-z/duty", AnswerItems{[]ItemAnswer{{Item: "nothing"}}}, ErrItem)
		d.do("2026-04-19 08:32", "p-z/duty", answers(ids, "附件未见"))
		d.expect("ItemAccepted", "ItemAccepted", "ItemAccepted", "ItemAccepted", "ItemReserved")
		d.do("2026-04-19 08:32", "p-z/duty", AnswerItems{[]ItemAnswer{{Item: offer.Items[5].ID}}})
		d.responsible("p-x")
		d.do("2026-04-19 08:40", "p-z/duty", AcceptHandover{offer.Handover})
		d.responsible("p-z")
		p := d.state()
		for _, id := range ids {
			if p.Entries[id].Owner != "p-z" {
				t.Errorf("%s is %s's", id, p.Entries[id].Owner)
			}
		}
		if r := p.Reserved[ids[4]]; len(p.Reserved) != 1 || r.Owner != "p-z" || r.Remark != "附件未见" {
			t.Errorf("%+v", p.Reserved)
		}
		d.refused("2026-04-19 09:00", "p-x/duty", SettleReservation{ids[4], "补齐"}, ErrNotResponsible)
		d.refused("2026-04-19 09:00", "p-z/duty", SettleReservation{ids[4], " "}, ErrReason)
		d.do("2026-04-19 09:00", "p-z/duty", SettleReservation{ids[4], "附件已补"})
		d.refused("2026-04-19 09:00", "p-z/duty", SettleReservation{ids[4], "x"}, ErrNotReserved)
		d.do("2026-04-19 09:00", "p-z/duty", entry("新的一班", "next-day"))
		if e := d.last[0].(EntryLogged); e.No != 1 {
			t.Errorf("the new shift begins with number %d", e.No)
		}
	})
	t.Run("G12: a sixth entry that is not answered stops the handover and is named", func(t *testing.T) {
		d := onDuty(t, "county")
		ids := log(d, 6)
		d.do("2026-04-19 08:30", "p-x/duty", OfferHandover{Checklist: checked})
		d.do("2026-04-19 08:32", "p-z/duty", answers(ids[:5], ""))
		err := d.try("2026-04-19 08:40", "p-z/duty", AcceptHandover{d.state().Handover.ID})
		if !errors.Is(err, ErrUnanswered) || !strings.Contains(err.Error(), "No. 6") || strings.Contains(err.Error(), "No. 5") {
			t.Fatal(err)
		}
		d.responsible("p-x")
		// An entry that comes while the offer waits is answered too.
		d.do("2026-04-19 08:41", "p-x/duty", entry("E7", "urgent"))
		late := d.last[0].(EntryLogged).Entry
		d.do("2026-04-19 08:42", "p-z/duty", answers(ids, ""))
		d.refused("2026-04-19 08:42", "p-z/duty", AcceptHandover{d.state().Handover.ID}, ErrUnanswered)
		d.do("2026-04-19 08:43", "p-z/duty", answers([]string{late}, ""))
		d.do("2026-04-19 08:44", "p-z/duty", AcceptHandover{d.state().Handover.ID})
	})
	t.Run("G12: an entry of the next day may go to a named person of the section instead", func(t *testing.T) {
		d := onDuty(t, "county")
		ids := log(d, 2)
		d.refused("2026-04-19 08:29", "p-x/duty", CarryOverEntry{ids[1], "p-s"}, ErrCarryOver)
		d.do("2026-04-19 08:29", "p-x/duty", CarryOverEntry{ids[1], "p-admin"})
		d.do("2026-04-19 08:30", "p-x/duty", OfferHandover{Checklist: checked})
		d.do("2026-04-19 08:31", "p-z/duty", answers(ids[:1], ""))
		d.do("2026-04-19 08:40", "p-z/duty", AcceptHandover{d.state().Handover.ID})
		if p := d.state(); p.Entries[ids[0]].Owner != "p-z" || p.Entries[ids[1]].Owner != "p-admin" {
			t.Errorf("%+v", p.Entries)
		}
		d.do("2026-04-20 09:00", "p-admin/admin", CloseEntry{ids[1], "已办"})
		d.refused("2026-04-20 09:00", "p-admin/admin", CloseEntry{ids[1], "已办"}, ErrEntry)
	})
	t.Run("the checklist and the triage come before the offer", func(t *testing.T) {
		d := onDuty(t, "county")
		d.do("2026-04-18 20:00", "p-x/duty", entry("E1", "urgent"))
		id := d.last[0].(EntryLogged).Entry
		d.refused("2026-04-19 08:30", "p-x/duty", OfferHandover{Checklist: checked}, ErrUnclassified)
		d.refused("2026-04-19 08:30", "p-x/duty", CarryOverEntry{Entry: id}, ErrCarryOver)
		d.do("2026-04-18 20:05", "p-x/duty", EscalateEntry{id, "p-deputy", "请示"})
		d.refused("2026-04-19 08:30", "p-x/duty", OfferHandover{Checklist: checked[1:]}, ErrChecklist)
		d.refused("2026-04-19 08:30", "p-y/duty", OfferHandover{Checklist: checked}, ErrNotResponsible)
		d.refused("2026-04-19 08:30", "p-x/duty", OfferHandover{Checklist: checked, Things: []Item{{Kind: "keys", Name: " ", Count: 1}}}, ErrItem)
		d.do("2026-04-19 08:30", "p-x/duty", OfferHandover{Checklist: checked})
	})
}

func TestG13(t *testing.T) {
	start := StartStandIn{Person: "p-m", Reason: "急诊"}
	begin := func(t *testing.T) *desk {
		d := onDuty(t, "county")
		d.do("2026-04-18 20:00:00", "p-x/duty", start)
		return d
	}
	t.Run("G13: ended at thirty minutes to the microsecond there is no finding", func(t *testing.T) {
		d := begin(t)
		d.expect("StandInStarted", RoomEmpty)
		d.do("2026-04-18 20:30:00.000000", "p-x/duty", EndStandIn{})
		d.expect("StandInEnded")
	})
	t.Run("G13: a microsecond later the schedule finds it, not the end", func(t *testing.T) {
		d := begin(t)
		started := d.last[0].(StandInStarted)
		task := started.Opens(domain.Recorded{Header: domain.Header{Stream: room}})[0]
		if !task.Due.Equal(domaintest.Time("2026-04-18 20:30:00.000001").Time) {
			t.Errorf("due at %v", task.Due)
		}
		d.do("2026-04-18 20:30:00", domain.System, CheckStandIn{started.StandIn})
		d.expect()
		d.do("2026-04-18 20:30:00.000001", domain.System, CheckStandIn{started.StandIn})
		d.expect(StandInTooLong)
		if e := d.last[0].(FindingRaised); !e.At.Equal(task.Due.Time) {
			t.Errorf("found at %v", e.At)
		}
		d.do("2026-04-18 20:31", domain.System, CheckStandIn{started.StandIn})
		d.expect()
		d.do("2026-04-18 20:45", "p-m/messenger", EndStandIn{})
		d.expect("StandInEnded")
		d.responsible("p-x")
		d.refused("2026-04-18 20:45", "p-admin/admin", CheckStandIn{started.StandIn}, ErrSystemOnly)
	})
	t.Run("G13: what the schedule missed during a stop is found at the end", func(t *testing.T) {
		d := begin(t)
		d.do("2026-04-18 20:45", "p-x/duty", EndStandIn{})
		d.expect(StandInTooLong, "StandInEnded")
	})
	t.Run("G13: with a second messenger the room is not empty", func(t *testing.T) {
		d := onDuty(t, "county")
		holders := maps.Clone(staff["county"])
		holders["messenger"] = []string{"p-m", "p-m2"}
		d.office = people(t, holders)
		d.do("2026-04-18 20:00", "p-x/duty", start)
		d.expect("StandInStarted")
		d.refused("2026-04-18 20:01", "p-x/duty", start, ErrStandInRuns)
	})
	t.Run("G13: a driver, and no reason, are refused", func(t *testing.T) {
		d := onDuty(t, "county")
		d.refused("2026-04-18 20:00", "p-x/duty", StartStandIn{"p-driver", "急诊"}, ErrNoStandIn)
		d.refused("2026-04-18 20:00", "p-x/duty", StartStandIn{"p-m", " "}, ErrReason)
		d.refused("2026-04-18 20:00", "p-m/messenger", start, ErrNotResponsible)
		d.refused("2026-04-18 20:00", "p-x/duty", EndStandIn{}, ErrNoStandInRuns)
	})
	t.Run("G13: while somebody stands in nothing is handed over", func(t *testing.T) {
		d := begin(t)
		d.do("2026-04-18 20:01", "p-x/duty", OfferHandover{Checklist: checked})
		d.refused("2026-04-18 20:01", "p-z/duty", AcceptHandover{d.state().Handover.ID}, ErrStandInRuns)
	})
	t.Run("G13 A alone: policy-blank, duty.standIn.maxMinutes", func(t *testing.T) {
		d := onDuty(t, "county")
		d.policy = alone(t, "county").policy
		if err := d.try("2026-04-18 20:00", "p-x/duty", start); !errors.Is(err, domain.ErrBlank) || !strings.Contains(err.Error(), "duty.standIn.maxMinutes (REG-04 二.6)") {
			t.Fatal(err)
		}
	})
	t.Run("G13 B: nobody stands in", func(t *testing.T) {
		d := onDuty(t, "bureau")
		d.refused("2026-04-18 20:00", "p-x/staff", StartStandIn{"p-driver", "急诊"}, ErrNoStandIn)
	})
}

func TestOpen(t *testing.T) {
	d := open(t, "county")
	d.refused("2026-03-31", "p-s/secretary", Open{DutyRoom, "p-y"}, ErrNotPublisher)
	d.refused("2026-03-31", domain.System, Open{DutyRoom, "p-y"}, domain.ErrSystem)
	d.refused("2026-03-31", "p-admin/admin", Open{DutyRoom, "p-s"}, ErrNotOnList)
	d.refused("2026-03-31", "p-admin/admin", Open{"gate", "p-y"}, ErrNoLine)
	d.refused("2026-03-31", "p-y/duty", OfferHandover{}, ErrNotOpened)
	d.do("2026-03-31", "p-admin/admin", Open{MessengerRoom, "p-m"})
	d.refused("2026-03-31", "p-admin/admin", Open{MessengerRoom, "p-m"}, ErrOpened)
	d.refused("2026-03-31", "p-admin/admin", Plan{}, ErrSystemOnly)
	open(t, "bureau").refused("2026-03-31", clerk["bureau"], Open{MessengerRoom, "p-y"}, ErrNoLine)
	if err := alone(t, "bureau").try("2026-03-31", clerk["bureau"], Open{DutyRoom, "p-y"}); !errors.Is(err, domain.ErrBlank) {
		t.Error(err)
	}
}

func TestLog(t *testing.T) {
	d := onDuty(t, "county")
	call := entry("水情", "urgent")
	d.refused("2026-04-18 20:00", "p-z/duty", call, ErrNotResponsible)
	d.refused("2026-04-18 20:00", domain.System, call, domain.ErrSystem)
	bare := call
	bare.Caller, bare.Time = "", domain.Instant{}
	if err := d.try("2026-04-18 20:00", "p-x/duty", bare); !errors.Is(err, ErrFields) || !strings.Contains(err.Error(), "caller") || !strings.Contains(err.Error(), "time") {
		t.Error(err)
	}
	d.refused("2026-04-18 20:00", "p-x/duty", entry("x", "sometime"), ErrUrgency)
	d.do("2026-04-18 20:00", "p-x/duty", call)
	first := d.last[0].(EntryLogged)
	d.do("2026-04-18 20:01", "p-x/duty", ActOnEntry{first.Entry, "已通知"})
	d.refused("2026-04-18 20:01", "p-x/duty", EscalateEntry{first.Entry, "p-stranger", "x"}, ErrOutsider)
	d.refused("2026-04-18 20:01", "p-x/duty", RelayMessage{first.Entry, "p-stranger"}, ErrOutsider)
	d.do("2026-04-18 20:02", "p-x/duty", RelayMessage{first.Entry, "p-deputy"})
	d.refused("2026-04-18 20:03", "p-s/secretary", AcknowledgeRelay{first.Entry}, ErrRelay)
	d.do("2026-04-18 20:03", "p-deputy/deputy-admin", AcknowledgeRelay{first.Entry})
	d.expect("RelayAcknowledged")
	d.do("2026-04-18 20:03", "p-deputy/deputy-admin", AcknowledgeRelay{first.Entry})
	d.expect()

	// A correction takes the entry's place and keeps its number; what was done about it stands.
	fixed := CorrectEntry{first.Entry, "来电单位记错", call.Content}
	fixed.Unit = "乡政府"
	d.refused("2026-04-18 20:04", "p-z/duty", fixed, ErrNotResponsible)
	d.refused("2026-04-18 20:04", "p-x/duty", CorrectEntry{first.Entry, " ", call.Content}, ErrReason)
	d.refused("2026-04-18 20:04", "p-x/duty", CorrectEntry{"none", "x", call.Content}, ErrEntry)
	d.do("2026-04-18 20:04", "p-x/duty", fixed)
	if p := d.state(); !p.Entries[first.Entry].Decided || p.Logged != 1 || p.Days[first.On] != 1 {
		t.Errorf("%+v", p)
	}
	d.do("2026-04-18 20:05", "p-x/duty", entry("第二", "next-day"))
	if e := d.last[0].(EntryLogged); e.No != 2 {
		t.Errorf("number %d", e.No)
	}
	day := domain.Date{Year: 2026, Month: 4, Day: 18}
	d.refused("2026-04-18 23:59", "p-x/duty", CloseDay{Day: day}, ErrDay)
	d.do("2026-04-19 00:00", "p-x/duty", CloseDay{Day: day, Reflections: "平稳"})
	if e := d.last[0].(DayClosed); e.Entries != 2 {
		t.Errorf("%+v", e)
	}
	d.refused("2026-04-19 00:01", "p-x/duty", CloseDay{Day: day}, ErrDay)

	d.refused("2026-04-18 22:00", "p-s/secretary", Inspect{}, ErrNotInspector)
	d.do("2026-04-18 22:00", "p-deputy/deputy-admin", Inspect{Present: true})
	d.expect("Inspected")
	d.do("2026-04-18 22:00", "p-deputy/deputy-admin", Inspect{})
	d.expect("Inspected", PostLeft)
	d.do("2026-04-18 22:00", "p-admin/admin", Probe{Answered: true, Seconds: 60})
	d.expect("ReachabilityProbed")
	d.do("2026-04-18 22:00", "p-admin/admin", Probe{Answered: true, Seconds: 61})
	d.expect("ReachabilityProbed", Unreachable)
	b := onDuty(t, "bureau") // on call: presence is not asked for
	b.do("2026-04-18 22:00", leader["bureau"], Inspect{})
	b.expect("Inspected")
}

// A fax of the duty room is with the registry at the latest when the section takes over (R49, rcv.dutyFax).
func TestFax(t *testing.T) {
	sunday := func(t *testing.T) (*desk, string) {
		d := onDuty(t, "county")
		fax := entry("汛情传真", "next-day")
		fax.Kind = "fax"
		d.do("2026-04-18 20:00", "p-x/duty", fax)
		id := d.last[0].(EntryLogged).Entry
		d.do("2026-04-18 20:01", "p-x/duty", CarryOverEntry{Entry: id})
		return d, id
	}
	pass := func(d *desk, at, from, to, id string) {
		d.t.Helper()
		d.do(at, from, OfferHandover{Checklist: checked})
		d.do(at, to, AnswerItems{[]ItemAnswer{{Item: id}}})
		d.do(at, to, AcceptHandover{d.state().Handover.ID})
	}
	waiting := func(t *testing.T) (*desk, string) {
		d, id := sunday(t)
		pass(d, "2026-04-19 08:30", "p-x/duty", "p-z/duty", id)
		d.expect("HandoverAccepted") // to a person of the duty list: the paper may still wait
		pass(d, "2026-04-20 08:30", "p-z/duty", "p-admin/admin", id)
		d.expect("HandoverAccepted", "FaxDue")
		return d, id
	}
	t.Run("at the instant of the handover it is in time, a microsecond later it is found", func(t *testing.T) {
		d, id := waiting(t)
		due := d.last[1].(FaxDue)
		task := due.Opens(domain.Recorded{Header: domain.Header{Stream: room}})[0]
		if !due.By.Equal(domaintest.Time("2026-04-20 08:30").Time) || !task.Due.Equal(domaintest.Time("2026-04-20 08:30:00.000001").Time) || due.Person != "p-z" {
			t.Errorf("%+v, look at %v", due, task.Due)
		}
		d.do("2026-04-20 08:30", domain.System, CheckFax{id})
		d.expect()
		d.do("2026-04-20 08:30:00.000001", domain.System, CheckFax{id})
		d.expect(FaxWaits)
		if f := d.last[0].(FindingRaised); f.Person != "p-z" || !f.At.Equal(task.Due.Time) {
			t.Errorf("%+v", f)
		}
		d.do("2026-04-20 08:31", domain.System, CheckFax{id})
		d.expect()
		d.do("2026-04-20 09:00", domain.System, NoteFax{id, "document-1", domaintest.Time("2026-04-20 09:00")})
		d.expect("FaxTakenOver")
		if e := d.state().Entries[id]; !e.Closed {
			t.Errorf("%+v", e)
		}
		d.refused("2026-04-20 09:00", "p-admin/admin", NoteFax{Entry: id}, ErrSystemOnly)
		d.refused("2026-04-20 09:00", "p-admin/admin", CheckFax{id}, ErrSystemOnly)
	})
	t.Run("taken over before the handover it is nobody's finding", func(t *testing.T) {
		d, id := sunday(t)
		d.do("2026-04-19 10:00", domain.System, NoteFax{id, "document-1", domaintest.Time("2026-04-19 10:00")})
		d.expect("FaxTakenOver")
		d.handOver("2026-04-19 10:30", "p-x/duty", "p-z/duty")
		d.handOver("2026-04-20 08:30", "p-z/duty", "p-admin/admin")
		d.expect("HandoverAccepted")
	})
	t.Run("what the schedule missed is found when the paper is taken over; in time by its own instant it is not", func(t *testing.T) {
		d, id := waiting(t)
		d.do("2026-04-20 09:00", domain.System, NoteFax{id, "document-1", domaintest.Time("2026-04-20 09:00")})
		d.expect(FaxWaits, "FaxTakenOver")
		d, id = waiting(t)
		d.do("2026-04-20 09:00", domain.System, NoteFax{id, "document-1", domaintest.Time("2026-04-20 08:30")})
		d.expect("FaxTakenOver")
	})
}

func TestEmergency(t *testing.T) {
	d := onDuty(t, "county")
	declare := DeclareEmergency{Grade: "较大", Known: domaintest.Time("2026-04-18 20:00"), What: "山洪"}
	d.refused("2026-04-18 20:05", "p-z/duty", declare, ErrNotResponsible)
	d.refused("2026-04-18 20:05", "p-x/duty", DeclareEmergency{Entry: "none", Grade: "较大", What: "x"}, ErrEntry)
	d.do("2026-04-18 20:05", "p-x/duty", declare)
	known := d.last[0].(EmergencyKnown)
	report := func(way string) ReportEmergency {
		return ReportEmergency{known.Emergency, way, "市政府值班室", "首报"}
	}
	d.do("2026-04-18 20:30:00.000000", domain.System, CheckClock{known.Emergency, Phone})
	d.expect()
	d.do("2026-04-18 20:30:00.000000", "p-x/duty", report(Phone))
	if e := d.last[0].(EmergencyReported); !e.Met {
		t.Errorf("%+v", e)
	}
	d.do("2026-04-18 20:30:00.000001", domain.System, CheckClock{known.Emergency, Phone})
	d.expect()
	d.refused("2026-04-18 20:31", "p-x/duty", report(Phone), ErrReported)
	d.refused("2026-04-18 20:31", "p-x/duty", report("fax"), ErrEmergency)
	d.refused("2026-04-18 20:31", "p-x/duty", CloseEmergency{known.Emergency, "平息"}, ErrUnreported)
	d.do("2026-04-18 21:00:00.000001", domain.System, CheckClock{known.Emergency, Written})
	d.expect("emergencyWrittenMissed")
	d.do("2026-04-18 21:05", domain.System, CheckClock{known.Emergency, Written})
	d.expect()
	d.do("2026-04-18 21:10", "p-x/duty", report(Written))
	d.expect("EmergencyReported")
	if e := d.last[0].(EmergencyReported); e.Met {
		t.Errorf("%+v", e)
	}
	d.do("2026-04-18 22:00", "p-x/duty", FollowUpEmergency{known.Emergency, "续报"})
	d.do("2026-04-18 23:00", "p-x/duty", FollowUpEmergency{known.Emergency, "续报"})
	if e := d.last[0].(EmergencyFollowedUp); e.No != 2 {
		t.Errorf("%+v", e)
	}
	d.do("2026-04-18 23:30", "p-x/duty", CloseEmergency{known.Emergency, "平息"})
	d.refused("2026-04-18 23:31", "p-x/duty", FollowUpEmergency{known.Emergency, "x"}, ErrEmergency)
	d.policy.Provisions["emer.clocks"] = []domain.Provision{{Key: "emer.clocks", Value: []byte(`[]`)}}
	d.refused("2026-04-18 23:32", "p-x/duty", declare, ErrGrade)
}

// Whatever is asked by whomever, at every instant from the opening on there is exactly one responsible person: each
// responsibility begins where the one before ends, and only an acceptance of the person of the shift moves it.
func TestNeverTwoNeverNone(t *testing.T) {
	base := april(t, "county")
	rapid.Check(t, func(rt *rapid.T) {
		d := *base
		d.post = slices.Clip(d.post)
		at := domaintest.Time("2026-04-17 18:00")
		persons := []string{"p-x/duty", "p-y/duty", "p-z/duty", "p-admin/admin", "p-admin2/admin", "p-m/messenger", "p-s/secretary", domain.System}
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			at = domain.At(at.Add(time.Duration(rapid.Int64Range(0, int64(6*time.Hour/time.Microsecond)).Draw(rt, "pause")) * time.Microsecond))
			when, before := at.In(domaintest.Zone).Format("2006-01-02 15:04:05.000000"), d.state()
			cmd := rapid.SampledFrom([]Command{OfferHandover{Checklist: checked}, OfferHandover{Checklist: checked}, AcceptHandover{before.Handover.ID}, AcceptHandover{before.Handover.ID},
				RefuseHandover{before.Handover.ID, "x"}, StartStandIn{"p-m", "x"}, EndStandIn{}, entry("x", "next-day"), Watch{Shift: before.Shift, End: true}}).Draw(rt, "command")
			who := rapid.SampledFrom(persons).Draw(rt, "who")
			if rapid.Bool().Draw(rt, "fitting") { // half of the time by who may
				next, _ := before.Next(at)
				who = before.Responsible + "/duty"
				if _, accepts := cmd.(AcceptHandover); accepts && next.Person != "" {
					who = next.Person + "/duty"
				} else if accepts {
					who = "p-admin/admin"
				}
			}
			err := d.try(when, who, cmd)
			after := d.state()
			if after.Responsible == "" {
				rt.Fatal("nobody is responsible")
			}
			if !after.Since.Equal(before.Since.Time) {
				e, ok := d.last[0].(HandoverAccepted)
				s, _ := before.At(before.Handover.Shift)
				person, _, _ := strings.Cut(who, "/")
				if err != nil || !ok || e.From != before.Responsible || e.To != after.Responsible || e.At.Before(before.Since.Time) || e.To != person ||
					(s.Person != "" && s.Person != person) || !after.Shift.After(before.Shift.Time) {
					rt.Fatalf("%s %s %T moved the watch from %s to %s", when, who, cmd, before.Responsible, after.Responsible)
				}
			}
			for id, e := range after.Entries {
				if !e.Closed && e.Owner == "" {
					rt.Fatalf("%s has no owner", id)
				}
			}
		}
	})
}

// Every value that the demonstration offices publish for the watch can be read.
func TestPresetsCanBeRead(t *testing.T) {
	for _, office := range []string{"county", "bureau", "weekly"} {
		for key, list := range published(t, append(presets.Office(office), presets.Variants(office)...)...).Provisions {
			if !strings.HasPrefix(key, "duty.") && key != "emer.clocks" || key == "duty.roles" {
				continue
			}
			i := slices.IndexFunc(keys, func(k domain.AnyKey) bool { return k.Matches(key) })
			for _, v := range list {
				if v.Blank {
					continue
				}
				if i < 0 {
					t.Errorf("%s: nobody reads %s", office, key)
				} else if err := keys[i].Check(v.Value); err != nil {
					t.Errorf("%s: %v", office, err)
				}
			}
		}
	}
}
