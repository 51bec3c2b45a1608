package leave

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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

type rule = domaintest.Case[Ledger]

var (
	system   = domain.Actor{Person: domain.System}
	person   = domain.Actor{Person: "p-staff", Post: "clerk"}
	admin    = domain.Actor{Person: "p-admin", Post: "admin"}
	deputy   = domain.Actor{Person: "p-deputy", Post: "deputy-admin"}
	director = domain.Actor{Person: "p-director", Post: "director"}
	leader   = domain.Actor{Person: "p-leader", Post: "office-leader"}
	chief    = domain.Actor{Person: "p-chief", Post: "chief"}
	clerk    = domain.Actor{Person: "p-office-clerk", Post: "office-clerk"}
)

var countyStaff = map[string][]string{"clerk": {"p-staff", "p-other"}, "admin": {"p-admin"}, "sheet-keeper": {"p-keeper"},
	"deputy-admin": {"p-deputy"}, "director": {"p-director"}, "county-head": {"p-head"}}

var bureauStaff = map[string][]string{"clerk": {"p-staff"}, "office-clerk": {"p-office-clerk"}, "office-leader": {"p-leader"}, "chief": {"p-chief"}}

// office makes an organisation of holders by post; the other posts are vacant.
func office(t testing.TB, holders map[string][]string, without ...string) org.Office {
	events := []org.Event{org.OfficeSetUp{Office: "office", Name: "office", Zone: "Asia/Shanghai"}}
	for _, post := range slices.Sorted(maps.Keys(holders)) {
		events = append(events, org.PostCreated{Post: post, Title: post, Rank: 1})
		for _, p := range holders[post] {
			events = append(events, org.PersonJoined{Person: p, On: domain.Date{Year: 2020, Month: 1, Day: 1}})
			if !slices.Contains(without, post) {
				events = append(events, org.PostFilled{Post: post, Person: p, From: domain.Date{Year: 2020, Month: 1, Day: 1}})
			}
		}
	}
	o, err := org.Context.Fold(org.Office{}, domaintest.Record(t, org.Context, events...))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func notice(t testing.TB, name string) calendar.ImportNotice {
	text, err := presets.Read("holidays/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var c calendar.ImportNotice
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func days(t testing.TB, names ...string) (c calendar.Calendar) {
	for i, name := range names {
		n := notice(t, name)
		c = calendar.NoticeImported{Version: int64(i + 1), Year: n.Year, Papers: n.Papers, Days: n.Days}.Evolve(c)
	}
	return c
}

// published is what documents of an office state in their order, as published: a value goes before a blank, the later before the earlier.
func published(t testing.TB, names ...string) map[string]any {
	values := map[string]any{}
	for _, name := range names {
		text, err := presets.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Values []struct {
				Key   string
				Value json.RawMessage
				Blank bool
			}
		}
		if err := json.Unmarshal(text, &doc); err != nil {
			t.Fatal(err)
		}
		for _, v := range doc.Values {
			if _, ok := values[v.Key]; v.Blank && !ok {
				values[v.Key] = domaintest.Blank{}
			} else if !v.Blank {
				values[v.Key] = v.Value
			}
		}
	}
	return values
}

func county(t testing.TB, variants ...string) map[string]any {
	names := presets.Office("county")
	for _, v := range variants {
		names = append(names, "county/"+v+".json")
	}
	return published(t, names...)
}

func bureau(t testing.TB, variants ...string) map[string]any {
	names := presets.Office("bureau")
	for _, v := range variants {
		names = append(names, "bureau/"+v+".json")
	}
	return published(t, names...)
}

// story takes the commands of one ledger one after another.
type story struct {
	t      testing.TB
	policy map[string]any
	facts  map[string]domain.Fact
	log    []domain.Recorded
	n      int
}

func tell(t testing.TB, policy map[string]any, o org.Office) *story {
	return &story{t: t, policy: policy, facts: map[string]domain.Fact{
		org.Stream("office"): {State: o}, calendar.Stream("office"): {State: days(t, "2025.json", "2026.json")}}}
}

func (s *story) state() Ledger {
	l, err := Context.Fold(Ledger{}, s.log)
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

func (s *story) try(at string, actor domain.Actor, cmd Command) ([]Event, error) {
	s.n++
	act := domain.NewAct(domain.Act{Office: "office", Actor: actor, Occurred: domaintest.Time(at), Received: domaintest.Time(at),
		Zone: domaintest.Zone, Command: fmt.Sprintf("command/%d", s.n)},
		&domain.Inputs{Policy: domaintest.Policy(s.policy), NewID: domaintest.NewID, Facts: s.facts})
	return domain.Decide(cmd, s.state(), act)
}

// do expects the command to be carried out.
func (s *story) do(at string, actor domain.Actor, cmd Command) []Event {
	s.t.Helper()
	events, err := s.try(at, actor, cmd)
	if err != nil {
		s.t.Fatalf("%T at %s: %v", cmd, at, err)
	}
	for i, e := range events {
		r := domaintest.Record(s.t, Context, e)[0]
		r.ID, r.Revision, r.Stream = domain.EventID(domaintest.NewID, fmt.Sprintf("command/%d", s.n), i), int64(len(s.log)), Stream("p-staff")
		s.log = append(s.log, r)
	}
	return events
}

// refused expects a refusal that leaves nothing.
func (s *story) refused(at string, actor domain.Actor, cmd Command, want error) {
	s.t.Helper()
	if events, err := s.try(at, actor, cmd); !errors.Is(err, want) {
		s.t.Fatalf("%T at %s: got %v, %v, want %v", cmd, at, events, err, want)
	}
}

func (s *story) blank(at string, actor domain.Actor, cmd Command, key string) {
	s.t.Helper()
	if _, err := s.try(at, actor, cmd); !errors.Is(err, domain.ErrBlank) || !strings.Contains(err.Error(), key) {
		s.t.Fatalf("%T at %s: got %v, want policy-blank %s", cmd, at, err, key)
	}
}

func first[E Event](t testing.TB, events []Event) (found E) {
	t.Helper()
	for _, e := range events {
		if f, ok := e.(E); ok {
			return f
		}
	}
	t.Fatalf("no %T in %v", found, events)
	return found
}

// edge reads 04-15AM of 2026.
func edge(s string) Edge {
	d, err := domain.ParseDate("2026-" + s[:5])
	if err != nil {
		panic(err)
	}
	return Edge{d, Half(s[5:])}
}

func ask(typ, from, to string) Ask {
	return Ask{Type: typ, From: edge(from), To: edge(to), Form: Written, Reason: "家事", Certificate: "NO-1"}
}

func free(c Ask) Ask { c.Form = "free"; return c }

func bare(c Ask) Ask { c.Certificate = ""; return c }

// TestTiers is G3: the post, the form and the boundary of every length.
func TestTiers(t *testing.T) {
	county, bureau := county, bureau
	for _, tc := range []struct {
		name     string
		policy   map[string]any
		actor    domain.Actor
		ask      Ask
		post     string
		total    string
		boundary string
		err      error
	}{
		{"G3 A-lower: 0.5 day goes to the deputy director, in any form", county(t, "A-lower"), person, free(ask("事假", "04-15AM", "04-15AM")), "deputy-admin", "0.5", "lower", nil},
		{"G3 A-upper: 0.5 day goes to the deputy director, in writing", county(t, "A-upper"), person, ask("事假", "04-15AM", "04-15AM"), "deputy-admin", "0.5", "upper", nil},
		{"G3 A-upper: 0.5 day without the written form is refused", county(t, "A-upper"), person, free(ask("事假", "04-15AM", "04-15AM")), "", "", "", ErrForm},
		{"G3 A-lower: 1.0 day goes to the deputy director, in writing", county(t, "A-lower"), person, ask("事假", "04-15AM", "04-15PM"), "deputy-admin", "1.0", "", nil},
		{"G3 A: 1.0 day without the written form is refused", county(t, "A-lower"), person, free(ask("事假", "04-15AM", "04-15PM")), "", "", "", ErrForm},
		{"G3 A-lower: 2.0 days go to the deputy director", county(t, "A-lower"), person, ask("事假", "04-15AM", "04-16PM"), "deputy-admin", "2.0", "lower", nil},
		{"G3 A-upper: 2.0 days go to the director", county(t, "A-upper"), person, ask("事假", "04-15AM", "04-16PM"), "director", "2.0", "upper", nil},
		{"G3 A-lower: 2.5 days go to the director", county(t, "A-lower"), person, ask("事假", "04-15AM", "04-17AM"), "director", "2.5", "", nil},
		{"G3 A-upper: 2.5 days go to the director", county(t, "A-upper"), person, ask("事假", "04-15AM", "04-17AM"), "director", "2.5", "", nil},
		{"G3 A-lower: Friday to Monday are 2.0 working days", county(t, "A-lower"), person, ask("事假", "04-17AM", "04-20PM"), "deputy-admin", "2.0", "lower", nil},
		{"G3 A: what the deputy director asks goes to the director", county(t, "A-lower"), deputy, ask("事假", "04-15AM", "04-15PM"), "director", "1.0", "", nil},
		{"G3 A: what the director asks goes to the county head", county(t, "A-lower"), director, ask("事假", "04-15AM", "04-17AM"), "county-head", "2.5", "", nil},
		{"G3 A alone: the boundary is blank", published(t, "county/REG-04.json"), person, ask("事假", "04-15AM", "04-15AM"), "", "", "", domain.ErrBlank},
		{"G3 B: 3.0 days of sick leave go to the leader", bureau(t, "B-lower"), person, ask(Sick, "04-15AM", "04-17PM"), "office-leader", "3.0", "incl", nil},
		{"G3 B-upper: 3.0 days of sick leave go to the leader", bureau(t, "B-upper"), person, ask(Sick, "04-15AM", "04-17PM"), "office-leader", "3.0", "incl", nil},
		{"G3 B: 3.5 days of sick leave go to the chief", bureau(t, "B-lower"), person, ask(Sick, "04-15AM", "04-20AM"), "chief", "3.5", "", nil},
		{"G3 B-upper: 3.5 days of sick leave go to the chief", bureau(t, "B-upper"), person, ask(Sick, "04-15AM", "04-20AM"), "chief", "3.5", "", nil},
		{"G3 B: sick leave without a certificate is refused", bureau(t, "B-lower"), person, bare(ask(Sick, "04-15AM", "04-15PM")), "", "", "", ErrCertificate},
		{"G3 B-lower: 1.0 day of personal leave goes to the leader", bureau(t, "B-lower"), person, ask("事假", "04-15AM", "04-15PM"), "office-leader", "1.0", "lower", nil},
		{"G3 B-upper: 1.0 day of personal leave goes to the chief", bureau(t, "B-upper"), person, ask("事假", "04-15AM", "04-15PM"), "chief", "1.0", "upper", nil},
		{"G3 B: 2.0 days of personal leave go to the chief", bureau(t, "B-lower"), person, ask("事假", "04-15AM", "04-16PM"), "chief", "2.0", "", nil},
		{"G3 B: half a day of personal leave goes to the leader by the supplement", bureau(t, "B-lower"), person, ask("事假", "04-15AM", "04-15AM"), "office-leader", "0.5", "", nil},
		{"G3 B: a type that no text names goes to the responsible leader", bureau(t, "B-lower"), person, free(ask("年休假", "04-15AM", "04-15PM")), "office-leader", "1.0", "", nil},
		{"an unknown type is refused", county(t, "A-lower"), person, ask("年假", "04-15AM", "04-15PM"), "", "", "", ErrType},
		{"a weekend needs no leave", county(t, "A-lower"), person, ask("事假", "04-18AM", "04-19PM"), "", "", "", ErrNothing},
		{"the end is not before the beginning", county(t, "A-lower"), person, ask("事假", "04-15PM", "04-15AM"), "", "", "", ErrDates},
		{"a mistyped half day is none", county(t, "A-lower"), person, Ask{Type: "事假", From: Edge{edge("04-15AM").On, "noon"}, To: edge("04-15PM")}, "", "", "", ErrDates},
		{"the system asks for no leave", county(t, "A-lower"), system, ask("事假", "04-15AM", "04-15PM"), "", "", "", domain.ErrSystem},
	} {
		t.Run(tc.name, func(t *testing.T) {
			staff := countyStaff
			if strings.Contains(tc.name, " B") {
				staff = bureauStaff
			}
			s := tell(t, tc.policy, office(t, staff))
			if tc.err != nil {
				s.refused("2026-04-14 10:00", tc.actor, tc.ask, tc.err)
				return
			}
			e := first[StepRouted](t, s.do("2026-04-14 10:00", tc.actor, tc.ask))
			if e.Post != tc.post || e.Total.String() != tc.total || e.Boundary != tc.boundary || e.Vacant {
				t.Fatalf("got %+v", e)
			}
		})
	}
}

// G3: without the supplement a tier below one day is blank, and names itself.
func TestBelowTheLowestTierIsBlank(t *testing.T) {
	policy := bureau(t, "B-lower")
	policy["leave.tiers[事假 under 1 day]"] = domaintest.Blank{}
	tell(t, policy, office(t, bureauStaff)).blank("2026-04-14 10:00", person, ask("事假", "04-15AM", "04-15AM"), "leave.tiers[事假 under 1 day]")
}

// TestAddedUp is G4: leaves that stand next to each other take the tier of their total.
func TestAddedUp(t *testing.T) {
	type earlier struct {
		ask Ask
		by  domain.Actor
	}
	for _, tc := range []struct {
		name       string
		policy     map[string]any
		first      earlier
		at         string
		second     Ask
		post       string
		total      string
		aggregated int
	}{
		{"G4 A-lower: Tuesday to Wednesday and Thursday to Friday are 4.0", county(t, "A-lower"), earlier{ask("事假", "04-14AM", "04-15PM"), deputy},
			"2026-04-15 10:00", ask("事假", "04-16AM", "04-17PM"), "director", "4.0", 1},
		{"G4 A-lower: a weekend between does not part them", county(t, "A-lower"), earlier{ask("事假", "04-16AM", "04-17PM"), deputy},
			"2026-04-15 10:00", ask("事假", "04-20AM", "04-21PM"), "director", "4.0", 1},
		{"G4 A-lower: a day at work parts them", county(t, "A-lower"), earlier{ask("事假", "04-14AM", "04-15PM"), deputy},
			"2026-04-15 10:00", ask("事假", "04-17AM", "04-17PM"), "deputy-admin", "1.0", 0},
		{"G4 A-lower: half a day at work parts them", county(t, "A-lower"), earlier{ask("事假", "04-14AM", "04-15PM"), deputy},
			"2026-04-15 10:00", ask("事假", "04-16PM", "04-17PM"), "deputy-admin", "1.5", 0},
		{"G4 A-lower: the earlier dates may be asked for later", county(t, "A-lower"), earlier{ask("事假", "04-16AM", "04-17PM"), deputy},
			"2026-04-13 11:00", ask("事假", "04-14AM", "04-15PM"), "director", "4.0", 1},
		{"G4 A-lower: all types together", county(t, "A-lower"), earlier{ask("事假", "04-14AM", "04-15PM"), deputy},
			"2026-04-15 10:00", ask("病假", "04-16AM", "04-17PM"), "director", "4.0", 1},
		{"G4 B-lower: two days of personal leave go to the chief", bureau(t, "B-lower"), earlier{ask("事假", "04-14AM", "04-14PM"), leader},
			"2026-04-14 10:00", ask("事假", "04-15AM", "04-15PM"), "chief", "2.0", 1},
		{"G4 B-lower: sick leave 2.0 and 2.0 goes to the chief", bureau(t, "B-lower"), earlier{ask(Sick, "04-14AM", "04-15PM"), leader},
			"2026-04-14 10:00", ask(Sick, "04-16AM", "04-17PM"), "chief", "4.0", 1},
		{"G4 B-lower: personal and sick leave are not added up", bureau(t, "B-lower"), earlier{ask("事假", "04-14AM", "04-14PM"), leader},
			"2026-04-14 10:00", ask(Sick, "04-15AM", "04-16PM"), "office-leader", "2.0", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			staff := countyStaff
			if strings.Contains(tc.name, " B") {
				staff = bureauStaff
			}
			s := tell(t, tc.policy, office(t, staff))
			one := first[Requested](t, s.do("2026-04-13 10:00", person, tc.first.ask))
			s.do("2026-04-13 10:30", tc.first.by, Approve{one.Request})
			e := first[StepRouted](t, s.do(tc.at, person, tc.second))
			if e.Post != tc.post || e.Total.String() != tc.total || len(e.Aggregated) != tc.aggregated {
				t.Fatalf("got %+v", e)
			}
			if tc.aggregated == 1 && e.Aggregated[0] != one.Request {
				t.Fatalf("added up with %v, not with %s", e.Aggregated, one.Request)
			}
			if s.state().Requests[one.Request].Status != StatusGranted {
				t.Fatal("the earlier approval does not stand")
			}
		})
	}
}

// A chain of leaves, each next to the one before, counts whole; two requests that nobody has approved yet, too.
func TestAChainIsAddedUp(t *testing.T) {
	s := tell(t, county(t, "A-lower"), office(t, countyStaff))
	s.do("2026-04-13 10:00", person, ask("事假", "04-14AM", "04-14PM"))
	s.do("2026-04-13 10:01", person, ask("事假", "04-16AM", "04-16PM"))
	e := first[StepRouted](t, s.do("2026-04-13 10:02", person, ask("事假", "04-15AM", "04-15PM")))
	if e.Total.String() != "3.0" || e.Post != "director" || len(e.Aggregated) != 2 {
		t.Fatalf("got %+v", e)
	}
	s.refused("2026-04-13 10:03", person, ask("事假", "04-14PM", "04-14PM"), ErrOverlap)
}

func call(from, to string) PhoneIn {
	return PhoneIn{Person: "p-staff", Type: "事假", From: edge(from), To: edge(to), Cause: "urgent", Reason: "急事"}
}

// TestPhoneIn is G5.
func TestPhoneIn(t *testing.T) {
	phone := func(t *testing.T, variants ...string) (*story, PhonedIn) {
		s := tell(t, county(t, variants...), office(t, countyStaff))
		return s, first[PhonedIn](t, s.do("2026-04-15 07:50", admin, call("04-15AM", "04-15PM")))
	}
	day := edge("04-15AM").On
	state := func(t *testing.T, s *story, want string) {
		t.Helper()
		for _, half := range []Half{AM, PM} {
			if c, ok := s.state().Covers(day, half); !ok || c.State != want {
				t.Fatalf("%s: got %+v %t, want %s", half, c, ok, want)
			}
		}
	}
	t.Run("G5 A: a call at 07:50 leaves the day open, papers due Friday 24:00", func(t *testing.T) {
		s, e := phone(t)
		if e.PapersDue != domaintest.Time("2026-04-18") {
			t.Fatalf("due %v", e.PapersDue)
		}
		state(t, s, Open)
		tasks := e.Opens(s.log[0])
		if len(tasks) != 1 || tasks[0].Kind != TaskPapers || tasks[0].Due != e.PapersDue {
			t.Fatalf("tasks %+v", tasks)
		}
	})
	t.Run("G5 A: papers at the last microsecond make it a leave", func(t *testing.T) {
		s, e := phone(t)
		if p := first[PaperSupplied](t, s.do("2026-04-17 23:59:59.999999", person, SupplyPaper{Request: e.Request, Text: "补假"})); p.Late {
			t.Fatalf("got %+v", p)
		}
		state(t, s, Covered)
		if events := s.do("2026-04-18 00:00", system, LapsePaper{e.Request}); len(events) > 0 {
			t.Fatalf("lapsed all the same: %v", events)
		}
		s.refused("2026-04-18 09:00", person, SupplyPaper{Request: e.Request, Text: "补假"}, ErrGiven)
	})
	t.Run("G5 A: without papers it lapses at 00:00:00 of the next day, and late papers change nothing", func(t *testing.T) {
		s, e := phone(t)
		s.refused("2026-04-17 23:59:59.999999", system, LapsePaper{e.Request}, ErrNotDue)
		s.refused("2026-04-18 00:00", admin, LapsePaper{e.Request}, ErrByItself)
		if lapsed := first[PaperLapsed](t, s.do("2026-04-18 00:00", system, LapsePaper{e.Request})); lapsed.Effect != "absent" {
			t.Fatalf("got %+v", lapsed)
		}
		state(t, s, Lapsed)
		p := first[PaperSupplied](t, s.do("2026-04-20 09:00", person, SupplyPaper{Request: e.Request, Text: "补假"}))
		if !p.Late || len(p.Reviewers) > 0 || len(p.Settles(s.log[0])) > 0 {
			t.Fatalf("got %+v", p)
		}
		state(t, s, Lapsed)
		s.refused("2026-04-20 10:00", deputy, ReviewLatePaper{e.Request, true, "情况属实"}, ErrNoReview)
	})
	t.Run("G5 A: papers that come late but before the schedule let it lapse all the same", func(t *testing.T) {
		s, e := phone(t)
		s.do("2026-04-18 00:00", person, SupplyPaper{Request: e.Request, Text: "补假"})
		state(t, s, Open)
		s.do("2026-04-18 00:00", system, LapsePaper{e.Request})
		state(t, s, Lapsed)
	})
	t.Run("G5 A-reviewed: the deputy director decides about late papers", func(t *testing.T) {
		s, e := phone(t, "A-reviewed")
		s.do("2026-04-18 00:00", system, LapsePaper{e.Request})
		s.do("2026-04-20 09:00", person, SupplyPaper{Request: e.Request, Text: "补假"})
		s.refused("2026-04-20 09:30", director, ReviewLatePaper{e.Request, true, "情况属实"}, ErrAuthority)
		s.refused("2026-04-20 09:30", person, ReviewLatePaper{e.Request, true, "情况属实"}, ErrSelf)
		s.refused("2026-04-20 09:30", system, ReviewLatePaper{e.Request, true, "情况属实"}, domain.ErrSystem)
		r := first[LatePaperReviewed](t, s.do("2026-04-20 10:00", deputy, ReviewLatePaper{e.Request, true, "情况属实"}))
		if r.By != deputy.Person || r.Post != deputy.Post {
			t.Fatalf("got %+v", r)
		}
		state(t, s, Covered)
	})
	t.Run("G5 A-reviewed: late papers that are not accepted change nothing", func(t *testing.T) {
		s, e := phone(t, "A-reviewed")
		s.do("2026-04-18 00:00", system, LapsePaper{e.Request})
		s.do("2026-04-20 09:00", person, SupplyPaper{Request: e.Request, Text: "补假"})
		s.do("2026-04-20 10:00", deputy, ReviewLatePaper{e.Request, false, "理由不足"})
		state(t, s, Lapsed)
		s.refused("2026-04-20 10:01", deputy, ReviewLatePaper{e.Request, true, "改主意"}, ErrNoReview)
	})
	t.Run("G5 A: a call after the absence has begun is refused, to the microsecond", func(t *testing.T) {
		s := tell(t, county(t), office(t, countyStaff))
		s.refused("2026-04-15 08:40", admin, call("04-15AM", "04-15PM"), ErrPrior)
		s.refused("2026-04-15 08:30", admin, call("04-15AM", "04-15PM"), ErrPrior)
		s.do("2026-04-15 08:29:59.999999", admin, call("04-15AM", "04-15PM"))
		s.refused("2026-04-15 08:29:59.999999", admin, call("04-15PM", "04-15PM"), ErrOverlap)
	})
	t.Run("a call is taken by who is to be called, and never by oneself", func(t *testing.T) {
		s := tell(t, county(t), office(t, countyStaff))
		own := call("04-15AM", "04-15PM")
		own.Person = admin.Person
		s.refused("2026-04-15 07:50", admin, own, ErrOwnCall)
		s.refused("2026-04-15 07:50", deputy, call("04-15AM", "04-15PM"), ErrCall)
		stranger := call("04-15AM", "04-15PM")
		stranger.Person = "p-nobody"
		s.refused("2026-04-15 07:50", admin, stranger, ErrMember)
		lazy := call("04-15AM", "04-15PM")
		lazy.Cause = "late"
		s.refused("2026-04-15 07:50", admin, lazy, ErrCause)
		s.refused("2026-04-15 07:50", admin, call("04-18AM", "04-18PM"), ErrNothing)
	})
	t.Run("the papers are due after the real return", func(t *testing.T) {
		s, e := phone(t)
		r := first[Returned](t, s.do("2026-04-15 15:30", person, Return{e.Request, edge("04-15PM")}))
		if r.PapersDue != domaintest.Time("2026-04-17") || r.Days.String() != "0.5" {
			t.Fatalf("got %+v", r)
		}
		if c, ok := s.state().Covers(day, PM); ok {
			t.Fatalf("the afternoon at work is covered: %+v", c)
		}
	})
	t.Run("G5 B: a phone-in is refused", func(t *testing.T) {
		tell(t, bureau(t, "B-lower"), office(t, bureauStaff)).refused("2026-04-15 07:50", clerk, call("04-15AM", "04-15PM"), ErrPhone)
	})
	t.Run("G5 B alone: policy-blank leave.phoneIn.allowed", func(t *testing.T) {
		alone := published(t, "bureau/REG-20.json", "bureau/REG-08.json")
		tell(t, alone, office(t, bureauStaff)).blank("2026-04-15 07:50", clerk, call("04-15AM", "04-15PM"), "leave.phoneIn.allowed")
	})
	t.Run("papers are due for a phone-in alone", func(t *testing.T) {
		s := tell(t, county(t, "A-lower"), office(t, countyStaff))
		e := first[Requested](t, s.do("2026-04-13 10:00", person, ask("事假", "04-15AM", "04-15PM")))
		s.refused("2026-04-13 11:00", person, SupplyPaper{Request: e.Request, Text: "补假"}, ErrNoPaper)
		s.refused("2026-04-13 11:00", deputy, SupplyPaper{Request: e.Request, Text: "补假"}, ErrReporter)
	})
}

// TestOuting is G5's outing and R77: a call, no papers, the sessions covered; the bureau's leader approves.
func TestOuting(t *testing.T) {
	out := func(from, to string) ReportOuting {
		return ReportOuting{Person: "p-staff", Place: "县水利局", Purpose: "会商", OutAt: domaintest.Time("2026-04-15 " + from), BackAt: domaintest.Time("2026-04-15 " + to)}
	}
	covers := func(s *story) (am, pm bool) {
		_, am = s.state().Covers(edge("04-15AM").On, AM)
		_, pm = s.state().Covers(edge("04-15AM").On, PM)
		return am, pm
	}
	t.Run("G5 A: an outing phoned at 07:50 covers the session, and no papers are due", func(t *testing.T) {
		s := tell(t, county(t), office(t, countyStaff))
		events := s.do("2026-04-15 07:50", admin, out("08:00", "11:30"))
		if am, pm := covers(s); len(events) != 1 || !am || pm {
			t.Fatalf("AM %t, PM %t after %v", am, pm, events)
		}
		e := first[OutingReported](t, events)
		s.refused("2026-04-15 09:00", person, SupplyPaper{Request: e.Request, Text: "补"}, ErrNoPaper)
		s.refused("2026-04-15 09:00", admin, out("11:00", "12:00"), ErrOverlap)
		s.do("2026-04-15 10:00", person, Return{Request: e.Request})
		s.do("2026-04-15 10:05", person, out("11:00", "12:00"))
	})
	t.Run("an early return uncovers what had not begun", func(t *testing.T) {
		s := tell(t, county(t), office(t, countyStaff))
		e := first[OutingReported](t, s.do("2026-04-15 07:50", person, out("08:00", "18:00")))
		s.do("2026-04-15 14:00", person, Return{Request: e.Request})
		if am, pm := covers(s); !am || pm {
			t.Fatalf("AM %t, PM %t", am, pm)
		}
	})
	t.Run("an outing that is over is not reported, and lies within one day", func(t *testing.T) {
		s := tell(t, county(t), office(t, countyStaff))
		s.refused("2026-04-15 11:30", admin, out("08:00", "11:30"), ErrOver)
		s.refused("2026-04-15 07:00", admin, out("11:00", "08:00"), ErrDates)
		long := out("08:00", "18:00")
		long.BackAt = domaintest.Time("2026-04-16 00:00:00.000001")
		s.refused("2026-04-15 07:00", admin, long, ErrDates)
		s.refused("2026-04-15 07:00", deputy, out("08:00", "18:00"), ErrCall)
	})
	t.Run("B: the responsible leader approves an outing, and until then it covers nothing", func(t *testing.T) {
		s := tell(t, bureau(t, "B-lower"), office(t, bureauStaff))
		s.refused("2026-04-15 07:50", clerk, out("08:00", "11:30"), ErrOther)
		events := s.do("2026-04-15 07:50", person, out("08:00", "11:30"))
		e, step := first[OutingReported](t, events), first[StepRouted](t, events)
		if am, _ := covers(s); am || step.Post != "office-leader" {
			t.Fatalf("covered %t, step %+v", am, step)
		}
		s.refused("2026-04-15 08:00", chief, Approve{e.Request}, ErrAuthority)
		s.do("2026-04-15 09:00", leader, Approve{e.Request})
		if am, _ := covers(s); !am {
			t.Fatal("not covered after the approval")
		}
	})
	t.Run("R181: time, place and task of a trip before it begins", func(t *testing.T) {
		s := tell(t, county(t), office(t, countyStaff))
		trip := ReportTrip{Place: "省城", Task: "培训", From: edge("04-15AM"), To: edge("04-17PM")}
		s.refused("2026-04-15 08:30", person, trip, ErrDeparture)
		e := first[TripReported](t, s.do("2026-04-15 08:29:59.999999", person, trip))
		if am, pm := covers(s); !am || !pm || e.Back != edge("04-20AM") {
			t.Fatalf("AM %t, PM %t, %+v", am, pm, e)
		}
		s.refused("2026-04-15 08:00", person, ask("事假", "04-17PM", "04-20PM"), ErrOverlap)
		s.refused("2026-04-16 08:00", person, Return{e.Request, edge("04-17AM")}, ErrBack)
		s.do("2026-04-17 08:00", person, Return{e.Request, edge("04-17AM")})
		if _, ok := s.state().Covers(edge("04-17AM").On, AM); ok {
			t.Fatal("covered after the return")
		}
	})
}

// TestDeciding: only a person of the post whose turn it is, never oneself, and not afterwards.
func TestDeciding(t *testing.T) {
	begin := func(t *testing.T, without ...string) (*story, string) {
		s := tell(t, county(t, "A-lower"), office(t, countyStaff, without...))
		return s, first[Requested](t, s.do("2026-04-13 09:00", person, ask("事假", "04-15AM", "04-15PM"))).Request
	}
	t.Run("approval by another post, by oneself, by the system or after the beginning is refused", func(t *testing.T) {
		s, id := begin(t)
		s.refused("2026-04-13 10:00", director, Approve{id}, ErrAuthority)
		s.refused("2026-04-13 10:00", person, Approve{id}, ErrSelf)
		s.refused("2026-04-13 10:00", system, Approve{id}, domain.ErrSystem)
		s.refused("2026-04-15 08:30", deputy, Approve{id}, ErrStarted)
		s.refused("2026-04-13 10:00", deputy, Approve{"no-such"}, ErrRequest)
		if _, ok := s.state().Covers(edge("04-15AM").On, AM); ok {
			t.Fatal("a request covers what nobody has approved")
		}
		e := first[Approved](t, s.do("2026-04-15 08:29:59.999999", deputy, Approve{id}))
		if e.ReportDue != domaintest.Time("2026-04-17") || e.Days.String() != "1.0" {
			t.Fatalf("got %+v", e)
		}
		s.refused("2026-04-15 08:29:59.999999", deputy, Approve{id}, ErrNotWaiting)
	})
	t.Run("R87: leave is asked for before it begins", func(t *testing.T) {
		s, _ := begin(t)
		s.refused("2026-04-16 08:30", person, ask("事假", "04-16AM", "04-16PM"), ErrPrior)
		s.refused("2026-04-16 15:00", person, ask("事假", "04-16PM", "04-16PM"), ErrPrior)
		s.do("2026-04-16 14:59:59.999999", person, ask("事假", "04-16PM", "04-16PM"))
	})
	t.Run("a disapproved leave covers nothing and leaves the days free", func(t *testing.T) {
		s, id := begin(t)
		s.refused("2026-04-13 10:00", person, Disapprove{id, "工作忙"}, ErrSelf)
		s.do("2026-04-13 10:00", deputy, Disapprove{id, "工作忙"})
		s.do("2026-04-13 11:00", person, ask("事假", "04-15AM", "04-15PM"))
	})
	t.Run("what has not begun is withdrawn by the person alone", func(t *testing.T) {
		s, id := begin(t)
		s.refused("2026-04-13 10:00", deputy, Withdraw{id}, ErrOther)
		s.do("2026-04-13 10:00", deputy, Approve{id})
		s.refused("2026-04-15 08:30", person, Withdraw{id}, ErrWithdraw)
		s.do("2026-04-15 08:29:59.999999", person, Withdraw{id})
		s.refused("2026-04-15 08:29:59.999999", person, Withdraw{id}, ErrNotRunning)
		if _, ok := s.state().Covers(edge("04-15AM").On, AM); ok {
			t.Fatal("a withdrawn leave covers")
		}
	})
	t.Run("G28: a vacant post is passed on after its time, up to where nobody is, and nothing is approved", func(t *testing.T) {
		s, id := begin(t, "deputy-admin", "director", "county-head")
		if e := first[StepRouted](t, s.events()); !e.Vacant || e.Post != "deputy-admin" {
			t.Fatalf("got %+v", e)
		}
		s.refused("2026-04-14 08:59:59.999999", system, Escalate{id}, ErrNotDue)
		s.refused("2026-04-14 09:00", admin, Escalate{id}, ErrByItself)
		e := first[StepEscalated](t, s.do("2026-04-14 09:00", system, Escalate{id}))
		if e.To != "director" || !slices.Equal(e.Cause, []string{"vacant", "time-out"}) {
			t.Fatalf("got %+v", e)
		}
		events := s.do("2026-04-15 09:00", system, Escalate{id})
		if f := first[FindingRaised](t, events); f.Kind != NoApprover || first[StepEscalated](t, events).To != "county-head" {
			t.Fatalf("got %v", events)
		}
		if events := s.do("2026-04-16 09:00", system, Escalate{id}); len(events) > 1 {
			t.Fatalf("got %v", events)
		}
		if s.state().Requests[id].Status != StatusAsked {
			t.Fatal("time has decided the request")
		}
	})
	t.Run("G28: the applicant is passed by on the way up", func(t *testing.T) {
		s := tell(t, county(t, "A-lower"), office(t, countyStaff, "deputy-admin"))
		id := first[Requested](t, s.do("2026-04-13 09:00", director, ask("事假", "04-15AM", "04-15PM"))).Request
		if e := first[StepEscalated](t, s.do("2026-04-14 09:00", system, Escalate{id})); e.To != "county-head" {
			t.Fatalf("got %+v", e)
		}
	})
	t.Run("G28 B: the leader's vacant post passes to the chief", func(t *testing.T) {
		s := tell(t, bureau(t, "B-lower"), office(t, bureauStaff, "office-leader"))
		id := first[Requested](t, s.do("2026-04-13 09:00", person, ask("事假", "04-15AM", "04-15PM"))).Request
		if e := first[StepEscalated](t, s.do("2026-04-14 09:00", system, Escalate{id})); e.To != "chief" || e.Vacant {
			t.Fatalf("got %+v", e)
		}
		s.do("2026-04-14 09:30", chief, Approve{id})
	})
	t.Run("B: above the chief stands nobody, and a finding says so", func(t *testing.T) {
		s := tell(t, bureau(t, "B-lower"), office(t, bureauStaff))
		events := s.do("2026-04-13 09:00", chief, ask("事假", "04-15AM", "04-16PM"))
		if e := first[StepRouted](t, events); e.Post != "" || len(e.Passed) != 1 {
			t.Fatalf("got %+v", e)
		}
		s.refused("2026-04-13 10:00", leader, Approve{first[FindingRaised](t, events).Request}, ErrAuthority)
	})
}

func (s *story) events() (events []Event) {
	for _, r := range s.log {
		events = append(events, r.Event.(Event))
	}
	return events
}

// TestRunning is what happens to a leave after it began: extension, return, overstay, the register.
func TestRunning(t *testing.T) {
	begin := func(t *testing.T) (*story, string) {
		s := tell(t, county(t, "A-lower"), office(t, countyStaff))
		id := first[Requested](t, s.do("2026-04-13 09:00", person, ask("事假", "04-14AM", "04-15PM"))).Request
		s.do("2026-04-13 10:00", deputy, Approve{id})
		return s, id
	}
	t.Run("an extension takes the tier of the whole leave and moves the return", func(t *testing.T) {
		s, id := begin(t)
		longer := Extend{Request: id, To: edge("04-17PM"), Form: Written, Reason: "未愈"}
		s.refused("2026-04-15 10:00", deputy, longer, ErrOther)
		s.refused("2026-04-16 08:30", person, longer, ErrPrior)
		s.refused("2026-04-15 10:00", person, Extend{Request: id, To: edge("04-15AM"), Form: Written}, ErrDates)
		if e := first[StepRouted](t, s.do("2026-04-15 10:00", person, longer)); e.Total.String() != "4.0" || e.Post != "director" || !e.Extension {
			t.Fatalf("got %+v", e)
		}
		s.refused("2026-04-15 10:30", person, longer, ErrNotRunning)
		s.refused("2026-04-16 08:30", director, Approve{id}, ErrStarted)
		e := first[Approved](t, s.do("2026-04-15 11:00", director, Approve{id}))
		if !e.Extension || e.ReportDue != domaintest.Time("2026-04-21") || e.Back != edge("04-20AM") {
			t.Fatalf("got %+v", e)
		}
		if _, ok := s.state().Covers(edge("04-17AM").On, PM); !ok {
			t.Fatal("the longer leave does not cover its last half day")
		}
	})
	t.Run("an extension that is refused or withdrawn leaves the leave as it was", func(t *testing.T) {
		s, id := begin(t)
		longer := Extend{Request: id, To: edge("04-16AM"), Form: Written, Reason: "未愈"}
		s.do("2026-04-15 10:00", person, longer)
		s.do("2026-04-15 11:00", director, Disapprove{id, "不同意"})
		s.do("2026-04-15 12:00", person, longer)
		s.do("2026-04-15 13:00", person, Withdraw{id})
		if r := s.state().Requests[id]; r.Status != StatusGranted || r.To != edge("04-15PM") || r.Extension.To.valid() {
			t.Fatalf("got %+v", r)
		}
	})
	t.Run("the return is reported by 24:00 of the day, else it is an overstay", func(t *testing.T) {
		s, id := begin(t)
		s.refused("2026-04-16 23:59:59.999999", system, NoteOverstay{id}, ErrNotDue)
		s.refused("2026-04-17 00:00", person, NoteOverstay{id}, ErrByItself)
		if e := first[Overstayed](t, s.do("2026-04-17 00:00", system, NoteOverstay{id})); e.Since != edge("04-16AM") {
			t.Fatalf("got %+v", e)
		}
		if _, ok := s.state().Covers(edge("04-16AM").On, AM); ok {
			t.Fatal("an overstay covers")
		}
		if events := s.do("2026-04-17 00:01", system, NoteOverstay{id}); len(events) > 0 {
			t.Fatalf("noted twice: %v", events)
		}
		if e := first[Returned](t, s.do("2026-04-17 09:00", person, Return{id, edge("04-17AM")})); !e.Late || e.Days.String() != "2.0" {
			t.Fatalf("got %+v", e)
		}
	})
	t.Run("a return in time ends it, an early one cuts it", func(t *testing.T) {
		s, id := begin(t)
		s.refused("2026-04-15 09:00", deputy, Return{id, edge("04-15AM")}, ErrReporter)
		s.refused("2026-04-15 09:00", person, Return{id, edge("04-16AM")}, ErrBack)
		s.refused("2026-04-15 09:00", person, Return{Request: id}, ErrBack)
		if e := first[Returned](t, s.do("2026-04-15 09:00", admin, Return{id, edge("04-15AM")})); e.Late || e.Days.String() != "1.0" {
			t.Fatalf("got %+v", e)
		}
		if _, ok := s.state().Covers(edge("04-15AM").On, AM); ok {
			t.Fatal("covered after the return")
		}
		if events := s.do("2026-04-17 00:00", system, NoteOverstay{id}); len(events) > 0 {
			t.Fatalf("overstayed after the return: %v", events)
		}
		s.refused("2026-04-17 00:00", person, Return{id, edge("04-15AM")}, ErrNotRunning)
	})
	t.Run("R41: the keeper enters a leave once", func(t *testing.T) {
		s, id := begin(t)
		s.refused("2026-04-13 11:00", deputy, Register{id}, ErrKeeper)
		s.refused("2026-04-13 11:00", system, Register{id}, domain.ErrSystem)
		s.do("2026-04-13 11:00", admin, Register{id})
		if events := s.do("2026-04-13 12:00", admin, Register{id}); len(events) > 0 {
			t.Fatalf("entered twice: %v", events)
		}
		asked := first[Requested](t, s.do("2026-04-13 12:00", person, ask("事假", "04-21AM", "04-21PM"))).Request
		s.refused("2026-04-13 13:00", admin, Register{asked}, ErrNotRegistrable)
	})
}

// G6: a calendar that changes makes a leave shorter, and its approval stays.
func TestTheCalendarChanges(t *testing.T) {
	s := tell(t, county(t, "A-lower"), office(t, countyStaff))
	s.facts[calendar.Stream("office")] = domain.Fact{State: days(t, "2020-first.json")}
	day := func(m, d int) domain.Date { return domain.Date{Year: 2020, Month: 1, Day: d}.Add((m - 1) * 31) }
	e := first[Requested](t, s.do("2020-01-20 10:00", person, Ask{Type: "事假", From: Edge{day(1, 31), AM}, To: Edge{day(2, 1), PM}, Form: Written, Reason: "家事"}))
	if e.Days.String() != "2.0" {
		t.Fatalf("got %+v", e)
	}
	s.do("2020-01-20 11:00", deputy, Approve{e.Request})
	if events := s.do("2020-01-27 11:00", system, ReviseDays{}); len(events) > 0 {
		t.Fatalf("nothing has changed: %v", events)
	}
	s.facts[calendar.Stream("office")] = domain.Fact{State: days(t, "2020-first.json", "2020.json")}
	s.refused("2020-01-27 12:00", admin, ReviseDays{}, ErrByItself)
	r := first[DaysRevised](t, s.do("2020-01-27 12:00", system, ReviseDays{}))
	if r.Was.String() != "2.0" || r.Days.String() != "0.0" || s.state().Requests[e.Request].Status != StatusGranted {
		t.Fatalf("got %+v", r)
	}
}

// R41: a month is totalled by type over all ledgers, each leave with its half days of the month.
func TestTheMonthIsCompiled(t *testing.T) {
	s := tell(t, county(t, "A-lower"), office(t, countyStaff))
	id := first[Requested](t, s.do("2026-04-13 09:00", person, ask("事假", "04-29AM", "05-06PM"))).Request
	s.do("2026-04-13 10:00", director, Approve{id})
	s.do("2026-04-13 11:00", admin, Register{id})
	s.do("2026-04-13 12:00", person, ask("病假", "04-15AM", "04-15PM")) // nobody approves it
	s.do("2026-04-20 07:50", admin, call("04-20AM", "04-20AM"))
	phoned := slices.Sorted(maps.Keys(s.state().Requests))
	for _, p := range phoned {
		if s.state().Requests[p].Kind == KindPhone {
			s.do("2026-04-20 16:00", person, SupplyPaper{Request: p, Text: "补假"})
		}
	}
	register := tell(t, s.policy, office(t, countyStaff))
	for _, p := range (CompileMonth{"2026-04"}).persons(act(register, admin)) {
		register.facts[Stream(p)] = domain.Fact{}
	}
	register.facts[Stream("p-staff")] = domain.Fact{State: s.state()}
	register.refused("2026-04-30 23:59:59.999999", admin, CompileMonth{"2026-04"}, ErrMonth)
	register.refused("2026-05-01 00:00", deputy, CompileMonth{"2026-04"}, ErrKeeper)
	register.refused("2026-05-01 00:00", admin, CompileMonth{"2026-13"}, ErrMonth)
	e := first[MonthCompiled](t, register.do("2026-05-01 00:00", admin, CompileMonth{"2026-04"}))
	if want := []MonthRow{{"事假", Days{25}, 2, 1}}; !slices.Equal(e.Rows, want) || e.Unregistered != 1 {
		t.Fatalf("got %+v", e)
	}
	if events := register.do("2026-05-02 00:00", admin, CompileMonth{"2026-04"}); len(events) > 0 {
		t.Fatalf("compiled twice: %v", events)
	}
	needs := CompileMonth{"2026-04"}.Needs(Ledger{}, act(register, admin))
	if len(needs) != 7 || !slices.Contains(needs, Stream("p-staff")) {
		t.Fatalf("needs %v", needs)
	}
}

func act(s *story, actor domain.Actor) domain.Act {
	return domain.NewAct(domain.Act{Office: "office", Actor: actor, Zone: domaintest.Zone, Occurred: domaintest.Time("2026-05-01"), Received: domaintest.Time("2026-05-01")},
		&domain.Inputs{Policy: domaintest.Policy(s.policy), NewID: domaintest.NewID, Facts: s.facts})
}

// TestKeysMatter: each value that is read decides something.
func TestKeysMatter(t *testing.T) {
	o := office(t, countyStaff)
	base := rule{Policy: county(t, "A-lower"), Actor: person, At: "2026-04-13 10:00", Facts: map[string]any{
		org.Stream("office"): o, calendar.Stream("office"): days(t, "2025.json", "2026.json")}}
	with := func(actor domain.Actor, at string, cmd Command, given ...Event) rule {
		c := base
		c.Actor, c.At, c.When, c.Given = actor, at, cmd, given
		return c
	}
	vacant := func(c rule, posts ...string) rule {
		c.Facts = maps.Clone(c.Facts)
		c.Facts[org.Stream("office")] = office(t, countyStaff, posts...)
		return c
	}
	matters := func(c rule, key string, one, other any) {
		t.Helper()
		domaintest.Matters(t, Context, c, key, one, other)
	}
	asked := Requested{Request: "r", Person: "p-staff", Type: "事假", From: edge("04-14AM"), To: edge("04-15PM"), Days: Days{20},
		StartsAt: domaintest.Time("2026-04-14 08:30"), Back: edge("04-16AM"), BackAt: domaintest.Time("2026-04-16 08:30")}
	routed := StepRouted{Request: "r", Post: "deputy-admin", Due: domaintest.Time("2026-04-14 10:00")}
	granted := Approved{Request: "r", To: asked.To, Days: asked.Days, Back: asked.Back, BackAt: asked.BackAt, ReportDue: domaintest.Time("2026-04-17")}
	phoned := PhonedIn{Request: "r", Person: "p-staff", Type: "事假", From: edge("04-15AM"), To: edge("04-15PM"), Days: Days{10},
		Back: edge("04-16AM"), PapersDue: domaintest.Time("2026-04-18")}
	day := with(person, base.At, ask("事假", "04-15AM", "04-15PM"))
	next := with(person, base.At, ask("病假", "04-16AM", "04-16PM"), asked)

	matters(day, "leave.types", []string{"事假"}, []string{"病假"})
	matters(day, "leave.tiers[*]", TierList{{UpTo: Limit{None: true}, Approver: "director", Form: "free"}}, TierList{{UpTo: Limit{None: true}, Approver: "deputy-admin", Form: "free"}})
	matters(with(person, base.At, ask("事假", "04-15AM", "04-16PM")), "leave.tiers[*].boundary", "lower", "upper")
	matters(with(person, base.At, ask("事假", "04-15AM", "04-15AM")), "leave.unit", "half-day", "day")
	matters(with(person, base.At, ask("事假", "04-17AM", "04-20PM")), "leave.dayBasis", "working", "calendar")
	matters(next, "leave.aggregate.on", true, false)
	matters(next, "leave.aggregate.sameType", true, false)
	matters(with(person, base.At, ask("病假", "04-17AM", "04-17PM"), asked), "leave.aggregate.gapWorkingDays", 0, 1)
	matters(next, "leave.aggregate.effect", "later-takes-tier-of-total", domaintest.Blank{})
	matters(with(person, base.At, bare(ask("病假", "04-15AM", "04-15PM"))), "leave.sick.certificateAfterDays", "0", "none")
	matters(with(person, "2026-04-15 09:00", ask("事假", "04-15AM", "04-15PM")), "leave.priorApproval", Prior{Required: true}, Prior{})
	phone := with(admin, "2026-04-15 07:50", call("04-15AM", "04-15PM"))
	matters(phone, "leave.phoneIn.allowed", Phone{Allowed: true}, Phone{})
	matters(with(admin, "2026-04-15 08:30", call("04-15AM", "04-15PM")), "leave.phoneIn.before", Before{"absence-start", "excl"}, Before{"absence-start", "incl"})
	matters(phone, "leave.phoneIn.callTo", []string{"admin"}, []string{"sheet-keeper"})
	matters(phone, "leave.phoneIn.paperDueDays", Term{1}, Term{2})
	matters(phone, "leave.phoneIn.countFrom", "day-after-return", "return-day")
	matters(with(system, "2026-04-18", LapsePaper{"r"}, phoned), "leave.phoneIn.lapse", "absent", "noted")
	matters(with(person, "2026-04-20", SupplyPaper{Request: "r", Text: "补"}, phoned), "leave.phoneIn.latePaper", Late{"stands", nil}, Late{"reviewed", []string{"deputy-admin"}})
	matters(with(person, base.At, ReportTrip{"省城", "培训", edge("04-15AM"), edge("04-15PM")}), "leave.businessOuting",
		Business{Notice: "phone"}, Business{Notice: "approval", Approver: "deputy-admin"})
	matters(with(admin, base.At, Register{"r"}, asked, granted), "leave.register", Book{"admin", "month"}, Book{"clerk", "month"})
	matters(with(admin, "2026-04-16 09:00", Return{"r", edge("04-16AM")}, asked, granted), "leave.endReport", Report{"return-day", []string{"admin"}}, Report{"return-day", []string{"clerk"}})
	matters(with(deputy, base.At, Approve{"r"}, asked, routed), "leave.endReport", Report{"return-day", nil}, domaintest.Blank{})
	revised := asked
	revised.Days = Days{30}
	matters(with(system, base.At, ReviseDays{}, revised), "leave.tierAfterCalendarChange", "stays", domaintest.Blank{})
	matters(with(system, "2026-04-14 10:00", Escalate{"r"}, asked, routed), "apr.escalateTo[deputy-admin]", "director", "admin")
	matters(with(admin, base.At, GrantAnnual{"p-staff", 2026, domain.Date{Year: 2009, Month: 7, Day: 1}, "履历表"}), "leave.annual.entitlement",
		Entitlements{{Days: 5}}, Entitlements{{Days: 10}})
	matters(day, "apr.timeout", Hours{24}, Hours{12})
	matters(with(deputy, base.At, ask("事假", "04-15AM", "04-15PM")), "org.selfApproval", "never", "allowed")
	matters(vacant(with(system, "2026-04-14 10:00", Escalate{"r"}, asked, routed), "deputy-admin"), "org.vacantApprover", "escalate", "wait")
}

// TestPresets: each value of leave that an office publishes can be read by its key.
func TestPresets(t *testing.T) {
	n := 0
	for _, office := range []string{"county", "bureau", "weekly"} {
		for _, name := range append(presets.Office(office), presets.Variants(office)...) {
			for key, value := range published(t, name) {
				text, ok := value.(json.RawMessage)
				for _, k := range Context.Keys {
					if ok && k.Matches(key) {
						n++
						if err := k.Check(text); err != nil {
							t.Errorf("%s: %v", name, err)
						}
					}
				}
			}
		}
	}
	if n < 80 {
		t.Errorf("only %d values were found", n)
	}
}

func TestWordsOfPolicy(t *testing.T) {
	for _, tc := range []struct {
		key   domain.AnyKey
		value string
	}{
		{Tiers, `[{"from":"0","up_to":"","boundary":"","approver":"","form":"free"}]`},
		{Tiers, `[{"from":"0","up_to":"","boundary":"","approver":"x","form":"oral"}]`},
		{Tiers, `[{"from":"0","up_to":"1","boundary":"","approver":"x","form":"free"}]`},
		{Tiers, `[{"from":"0.55","up_to":"","boundary":"","approver":"x","form":"free"}]`},
		{Boundary, `"both"`}, {Unit, `"hour"`}, {DayBasis, `"lunar"`}, {AddUpEffect, `"none"`}, {CountFrom, `"payday"`}, {TierAfterChange, `"moves"`},
		{CertificateAfter, `"some"`}, {PhoneBefore, `{"instant":"noon","boundary":"excl"}`}, {PhoneBefore, `{"instant":"absence-start","boundary":""}`},
		{PaperDue, `{"working_days":-1}`}, {LatePaper, `{"effect":"reviewed","by":[]}`}, {LatePaper, `{"effect":"burnt","by":[]}`},
		{BusinessOuting, `{"notice":"approval","approver":"","papers":false}`}, {BusinessOuting, `{"notice":"phone","approver":"","papers":true}`},
		{BusinessOuting, `{"notice":"post","approver":"","papers":false}`}, {Keeper, `{"keeper":"x","total":"year"}`}, {EndReport, `{"due":"never","to":[]}`},
	} {
		if tc.key.Check(json.RawMessage(tc.value)) == nil {
			t.Errorf("%s takes %s", tc.key.KeyName(), tc.value)
		}
	}
}

func TestGolden(t *testing.T) {
	at := domaintest.Time("2026-04-15 08:30")
	e, d := edge("04-15AM"), Days{25}
	domaintest.Golden(t, Context,
		Requested{"r-1", "p-1", "事假", e, e, d, at, e, at, Written, "家事", "NO-1", "13900000000"},
		StepRouted{"r-1", true, "leave.tiers[*]", d, d, []string{"r-0"}, d, Limit{true, d}, "lower", Written, "deputy-admin", "director", true,
			[]org.Passed{{Post: "deputy-admin", Cause: "self"}}, at, 3},
		FindingRaised{NoApprover, "r-1", "director"},
		StepEscalated{"r-1", "deputy-admin", "director", []string{"vacant", "time-out"}, true, at, 3},
		Approved{"r-1", true, e, d, e, at, at, "p-2", "director", 3},
		Disapproved{"r-1", true, "工作忙", "p-2", "director"},
		Withdrawn{"r-1", true},
		ExtensionRequested{"r-1", e, d, e, at, Written, "未愈", "NO-2"},
		Registered{"r-1", "p-3"},
		Returned{"r-1", e, at, d, true, at, "p-1"},
		Overstayed{"r-1", e, at},
		DaysRevised{"r-1", d, d, e, at, at, at},
		PhonedIn{"r-1", "p-1", "事假", e, e, d, at, e, at, "急事", "p-3", at, at},
		PaperSupplied{"r-1", "补假", "NO-1", true, []string{"deputy-admin"}, "p-1"},
		PaperLapsed{"r-1", "absent", at},
		LatePaperReviewed{"r-1", true, "情况属实", "p-2", "deputy-admin"},
		DaysReviewed{"r-1", []domain.Date{{Year: 2026, Month: 4, Day: 15}}},
		OutingReported{"r-1", "p-1", "县水利局", "会商", at, at, e, e, true, "p-3"},
		TripReported{"r-1", "p-1", "省城", "培训", e, e, at, e, at, true},
		BalanceOpened{"e-1", "p-1", "年休假", 2026, d, e.On, "台账第3页", "p-3"},
		EntitlementGranted{"e-2", "p-1", "年休假", 2026, e.On, 17, d, "履历表", "p-3"},
		TimeOffCredited{"e-3", "p-1", "补休", d, e.On, "防汛值守", "p-3"},
		BalanceWithdrawn{"e-1", "p-1", "i-1", "文件选错"},
		BalanceCorrected{"e-1", "p-1", "年休假", 2026, e.On, true, d, d, "台账第4页", "录入有误", "p-3"},
		MonthCompiled{"2026-04", []MonthRow{{"事假", d, 2, 1}}, 1, "p-3"},
		domain.Refused[Ledger]{Command: "leave.Approve", Code: ErrSelf.Code, Params: map[string]string{"post": "director"}},
	)
}

// Whatever is asked, called, decided and reported in whatever order: nobody decides his own leave, no half day is covered
// that nobody has granted, leaves do not overlap, and the system approves nothing.
func TestInvariants(t *testing.T) {
	policy, o := county(t, "A-lower"), office(t, countyStaff)
	rapid.Check(t, func(rt *rapid.T) {
		s := tell(t, policy, o)
		at := domaintest.Time("2026-04-13 07:00")
		half := rapid.Custom(func(rt *rapid.T) Edge {
			return Edge{domain.Date{Year: 2026, Month: 4, Day: 13}.Add(rapid.IntRange(0, 9).Draw(rt, "day")), rapid.SampledFrom([]Half{AM, PM}).Draw(rt, "half")}
		})
		for range rapid.IntRange(1, 25).Draw(rt, "commands") {
			at = domain.At(at.Add(time.Hour))
			ids := append(slices.Sorted(maps.Keys(s.state().Requests)), "none")
			id, a, b := rapid.SampledFrom(ids).Draw(rt, "request"), half.Draw(rt, "from"), half.Draw(rt, "to")
			actor := rapid.SampledFrom([]domain.Actor{person, person, admin, deputy, director, system}).Draw(rt, "actor")
			cmd := rapid.SampledFrom([]Command{
				Ask{Type: "事假", From: a, To: b, Form: Written, Reason: "x"}, PhoneIn{"p-staff", "事假", a, b, "urgent", "x"}, Approve{id}, Approve{id}, Disapprove{id, "x"},
				Withdraw{id}, Extend{Request: id, To: b, Form: Written, Reason: "x"}, Return{id, b}, SupplyPaper{Request: id, Text: "x"}, LapsePaper{id},
				NoteOverstay{id}, Escalate{id}, ReportTrip{"x", "x", a, b}, ReviseDays{},
			}).Draw(rt, "command")
			before := s.state()
			events, err := s.try(at.In(domaintest.Zone).Format("2006-01-02 15:04:05"), actor, cmd)
			if err != nil {
				continue
			}
			if _, isAsk := cmd.(Ask); isAsk && actor != person || actor != person && before.Person == "" && cmd != nil {
				if _, phone := cmd.(PhoneIn); !phone {
					continue // another person's ledger
				}
			}
			for _, e := range events {
				if e, ok := e.(Approved); ok && (actor == person || actor == system || e.Post != actor.Post) {
					rt.Fatalf("%+v approved %+v", actor, e)
				}
				r := domaintest.Record(s.t, Context, e)[0]
				r.ID = fmt.Sprint(len(s.log))
				s.log = append(s.log, r)
			}
			now := s.state()
			for _, i := range slices.Sorted(maps.Keys(now.Requests)) {
				r := now.Requests[i]
				if r.live() && r.From.valid() && r.Days.Tenths == 0 && r.leave() && !r.Returned.valid() {
					rt.Fatalf("a leave of no days stands: %+v", r)
				}
				for _, j := range slices.Sorted(maps.Keys(now.Requests)) {
					o := now.Requests[j]
					if i < j && r.live() && o.live() && !r.until().Before(r.From) && !o.until().Before(o.From) && !r.until().Before(o.From) && !o.until().Before(r.From) {
						rt.Fatalf("%+v overlaps %+v", r, o)
					}
				}
			}
			if c, ok := now.Covers(a.On, a.Half); ok {
				if st := now.Requests[c.Request].Status; c.State == Covered && st != StatusGranted && st != StatusPapers {
					rt.Fatalf("%+v is covered by %s", a, st)
				}
			}
		}
	})
}
