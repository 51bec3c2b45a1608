package access

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"andu/domain"
	"andu/domain/documents"
	"andu/domain/domaintest"
	"andu/domain/org"
	"andu/domain/persons"
	"andu/presets"

	"pgregory.net/rapid"
)

const doc = "document-1"

var (
	registrar = domain.Actor{Person: "p-sun", Post: "registrar"}
	director  = domain.Actor{Person: "p-zhao", Post: "director"}
	chief     = domain.Actor{Person: "p-chief", Post: "chief"}
	reader    = domain.Actor{Person: "p-r", Post: "clerk"}
	auditor   = domain.Actor{Person: "p-aud", Post: org.Auditor}
	system    = domain.Actor{Person: domain.System}
)

// office is what the county office lays down, its supplement read in.
var office = policyOf("county")

func policyOf(name string) map[string]any {
	out := map[string]any{}
	for _, file := range presets.Office(name) {
		text, err := presets.Read(file)
		if err != nil {
			panic(err)
		}
		var d struct {
			Values []struct {
				Key   string
				Value json.RawMessage
				Blank bool
			}
		}
		if err := json.Unmarshal(text, &d); err != nil {
			panic(err)
		}
		for _, v := range d.Values {
			if !v.Blank {
				out[v.Key] = v.Value
			}
		}
	}
	return out
}

func but(p map[string]any, pairs ...any) map[string]any {
	p = maps.Clone(p)
	for i := 0; i < len(pairs); i += 2 {
		p[pairs[i].(string)] = pairs[i+1]
	}
	return p
}

func fold[S any](c domain.Context[S], events ...domain.Event[S]) (s S) {
	for _, e := range events {
		s = e.Evolve(s)
	}
	return s
}

var staff = fold(org.Context, staffed()...)

func staffed() []org.Event {
	day := domain.Date{Year: 2020, Month: 1, Day: 1}
	events := []org.Event{org.OfficeSetUp{Office: "office", Name: "office", Zone: "Asia/Shanghai"}}
	for _, a := range []domain.Actor{registrar, director, chief, reader, {Person: "p-q", Post: "clerk"}} {
		events = append(events, org.PostCreated{Post: a.Post, Title: a.Post, Rank: 1}, org.PersonJoined{Person: a.Person, On: day}, org.PostFilled{Post: a.Post, Person: a.Person, From: day})
	}
	return append(events, org.OfficerAppointed{Person: "p-aud", Officer: org.Auditor}, org.PersonJoined{Person: "p-aud", On: day})
}

func cleared(class domain.Class, more ...persons.Event) persons.Person {
	events := []persons.Event{persons.Registered{Person: "p-r"}}
	if class != "" {
		events = append(events, persons.ClearanceGranted{Class: class, From: domaintest.Time("2026-03-01")})
	}
	return fold(persons.Context, append(events, more...)...)
}

// facts are a paper of a class and the clearance of R; Q is cleared for everything.
func facts(class, clearance domain.Class) map[string]any {
	return map[string]any{
		org.Stream("office"): staff, doc: documents.Document{Received: true, Office: "office", Paper: documents.Paper{Class: class}},
		persons.Stream("p-r"): cleared(clearance), persons.Stream("p-q"): cleared(domain.TopSecret), persons.Stream("p-aud"): cleared(domain.TopSecret),
		persons.Stream("p-gone"): cleared(domain.TopSecret), persons.Stream("p-sun"): cleared(""),
	}
}

var (
	begun    = Begun{Document: doc, Class: domain.Internal}
	scope    = ScopeSet{Persons: []string{"p-q", "p-r"}, Authority: "主任批示"}
	attached = ContentAttached{Content: "c", File: "f", MediaType: "application/pdf", Size: 1000, Digest: "d", Name: "a.pdf"}
	ten      = "2026-04-14 10:00:00"
)

func id(purpose string) string { return domaintest.NewID(domaintest.Command, purpose) }

func opened(at string) ViewOpened {
	t := domaintest.Time(at)
	return ViewOpened{View: "v", Person: "p-r", Content: "c", File: "f", Class: domain.Internal, Clearance: domain.Internal, By: "scope", Purpose: "handle",
		With: []string{}, From: 0, To: 500, At: t, Until: domain.At(t.Add(30 * 60e9))}
}

func run(t *testing.T, cases []domaintest.Case[Access]) {
	t.Helper()
	for i := range cases {
		if cases[i].Policy == nil {
			cases[i].Policy = office
		}
		if cases[i].Facts == nil {
			cases[i].Facts = facts(domain.Internal, domain.Internal)
		}
	}
	domaintest.Run(t, Context, cases)
}

type events = []Event

func TestReading(t *testing.T) {
	open := OpenView{Content: "c", Purpose: "handle", To: 500}
	view := opened(ten)
	view.View = id("view")
	room := OpenView{Purpose: "handle", Place: "room"}
	onPaper := func(class, clearance domain.Class, with ...string) ViewOpened {
		return ViewOpened{View: id("view"), Person: "p-r", Class: class, Clearance: clearance, By: "scope", Purpose: "handle", Place: "room",
			With: append([]string{}, with...), At: view.At, Until: view.Until}
	}
	free := view
	free.By, free.Clearance, free.Class, free.To = "office", domain.Internal, "", 1000
	run(t, []domaintest.Case[Access]{
		{Name: "who is cleared and in scope opens the part he asks for", Given: events{begun, scope, attached}, Actor: reader, When: open, Then: events{view}},
		{Name: "a paper below state secret without a scope is open to the office", Facts: facts("", domain.Internal), Given: events{begun, attached}, Actor: reader,
			When: OpenView{Content: "c", Purpose: "handle"}, Then: events{free}},
		{Name: "who is not in the scope does not", Given: events{begun, ScopeSet{Persons: []string{"p-q"}}, attached}, Actor: reader, When: open, Err: ErrNotInScope},
		{Name: "a clearance below the class does not do", Facts: facts(domain.WorkSecret, domain.Internal), Given: events{begun, scope, attached}, Actor: reader, When: open, Err: ErrNotCleared},
		{Name: "an officer sees no paper, whatever his clearance", Given: events{begun, attached}, Actor: auditor, When: open, Err: ErrOfficer},
		{Name: "who has left the office sees nothing", Given: events{begun, attached}, Actor: domain.Actor{Person: "p-gone", Post: "clerk"}, When: open, Err: ErrInactive},
		{Name: "the system reads nothing", Given: events{begun, attached}, Facts: but(facts("", ""), persons.Stream(domain.System), persons.Person{}), Actor: system, When: open, Err: domain.ErrSystem},
		{Name: "the content of a state secret is not shown: custody only", Facts: facts(domain.Confidential, domain.Secret), Given: events{begun, scope, attached}, Actor: reader, When: open, Err: ErrCustodyOnly},
		{Name: "a state secret without a scope is for nobody", Facts: facts(domain.Confidential, domain.Secret), Given: events{begun}, Actor: reader, When: room, Err: ErrNotInScope},
		{Name: "a state secret is read on paper in its place", Facts: facts(domain.Secret, domain.Secret), Given: events{begun, scope}, Actor: reader, When: room, Then: events{onPaper(domain.Secret, domain.Secret)}},
		{Name: "elsewhere it is not read", Facts: facts(domain.Secret, domain.Secret), Given: events{begun, scope}, Actor: reader, When: OpenView{Purpose: "handle", Place: "home"}, Err: ErrPlace},
		{Name: "绝密 is not read alone", Facts: facts(domain.TopSecret, domain.TopSecret), Given: events{begun, scope}, Actor: reader, When: room, Err: ErrTwoPersons},
		{Name: "himself is no second person", Facts: facts(domain.TopSecret, domain.TopSecret), Given: events{begun, scope}, Actor: reader, When: OpenView{Purpose: "handle", Place: "room", With: []string{"p-r"}}, Err: ErrTwoPersons},
		{Name: "绝密 is read with a second person of the scope present", Facts: facts(domain.TopSecret, domain.TopSecret), Given: events{begun, scope}, Actor: reader,
			When: OpenView{Purpose: "handle", Place: "room", With: []string{"p-q"}}, Then: events{onPaper(domain.TopSecret, domain.TopSecret, "p-q")}},
		{Name: "a part beyond the end is not granted", Given: events{begun, scope, attached}, Actor: reader, When: OpenView{Content: "c", To: 1001}, Err: ErrOutsideWindow},
		{Name: "what is not there is not opened", Given: events{begun, scope}, Actor: reader, When: open, Err: ErrNoContent},
		{Name: "nothing is opened before the record is begun", Facts: but(facts("", ""), "", documents.Document{}), Actor: reader, When: open, Err: domain.ErrNoStream},

		{Name: "a part that was granted is read without another event", Given: events{begun, scope, attached, opened("2026-04-14 09:59:00")}, Actor: reader, When: Read{View: "v", From: 100, To: 500}},
		{Name: "a byte beyond the part is not", Given: events{begun, scope, attached, opened("2026-04-14 09:59:00")}, Actor: reader, When: Read{View: "v", From: 100, To: 501}, Err: ErrOutsideWindow},
		{Name: "a further part is another event before the bytes", Given: events{begun, scope, attached, opened("2026-04-14 09:59:00")}, Actor: reader, When: OpenWindow{View: "v", From: 500, To: 1000},
			Then: events{WindowOpened{View: "v", File: "f", From: 500, To: 1000}}},
		{Name: "a part that is granted already is not granted again", Given: events{begun, scope, attached, opened("2026-04-14 09:59:00")}, Actor: reader, When: OpenWindow{View: "v", From: 1, To: 2}},
		{Name: "a further part ends with the content", Given: events{begun, scope, attached, opened("2026-04-14 09:59:00")}, Actor: reader, When: OpenWindow{View: "v", From: 500, To: 1001}, Err: ErrOutsideWindow},
		{Name: "a further part can be read", Given: events{begun, scope, attached, opened("2026-04-14 09:59:00"), WindowOpened{View: "v", File: "f", From: 500, To: 1000}}, Actor: reader, When: Read{View: "v", From: 600, To: 1000}},
		{Name: "nobody reads by another's viewing", Given: events{begun, scope, attached, opened("2026-04-14 09:59:00")}, Actor: domain.Actor{Person: "p-q", Post: "clerk"}, When: Read{View: "v", To: 1}, Err: ErrViewOver},
		{Name: "at 29:59.999999 a viewing still goes on", At: "2026-04-14 10:28:59.999999", Given: events{begun, scope, attached, opened("2026-04-14 09:59:00")}, Actor: reader, When: Read{View: "v", To: 1}},
		{Name: "at 30:00.000000 it is over", At: "2026-04-14 10:29:00", Given: events{begun, scope, attached, opened("2026-04-14 09:59:00")}, Actor: reader, When: Read{View: "v", To: 1}, Err: ErrViewOver},
		{Name: "a paper that became a state secret is read no further", Facts: facts("", domain.TopSecret), Given: events{begun, scope, attached, opened("2026-04-14 09:59:00"), ClassificationSet{Class: domain.Secret}}, Actor: reader, When: Read{View: "v", To: 1}, Err: ErrCustodyOnly},
		{Name: "a clearance taken away stops a viewing at once, every setting", Facts: facts(domain.Internal, ""), Policy: but(office, "sec.session.onScopeLoss", UntilClosed), Given: events{begun, scope, attached, opened("2026-04-14 09:59:00")}, Actor: reader, When: Read{View: "v", To: 1}, Err: ErrNotCleared},
		{Name: "the reader closes his viewing", Given: events{begun, scope, attached, opened("2026-04-14 09:59:00")}, Actor: reader, When: CloseView{View: "v", Pages: 3},
			Then: events{ViewClosed{View: "v", Person: "p-r", Cause: ByReader, Pages: 3, OpenedAt: domaintest.Time("2026-04-14 09:59:00"), At: domaintest.Time(ten)}}},
		{Name: "nobody closes another's", Given: events{begun, scope, attached, opened("2026-04-14 09:59:00")}, When: CloseView{View: "v"}, Err: ErrViewOver},
		{Name: "the schedule closes no viewing early", Given: events{begun, scope, attached, opened("2026-04-14 09:59:00")}, Actor: system, When: EndView{View: "v"}},
		{Name: "a person does not act for the schedule", Given: events{begun, scope, attached, opened("2026-04-14 09:59:00")}, When: EndView{View: "v"}, Err: ErrFollower},
		{Name: "an office that has left the length of a viewing blank opens none (G30)", Policy: but(office, "sec.session.maxMinutes", domaintest.Blank{}), Given: events{begun, scope, attached}, Actor: reader, When: open, Err: domain.ErrBlank},
	})
}

// G18: R's session is open when he is taken out of the scope at 10:00:00.
func TestG18(t *testing.T) {
	given := events{begun, scope, attached, opened("2026-04-14 09:59:00")}
	reduced := ScopeReduced{Person: "p-r", Reason: "转岗"}
	closed := ViewClosed{View: "v", Person: "p-r", Cause: ByScope, OpenedAt: domaintest.Time("2026-04-14 09:59:00"), At: domaintest.Time(ten)}
	open := office
	open = but(open, "sec.session.onScopeLoss", UntilClosed)
	bureau := policyOf("bureau")
	reduce := ReduceScope{Person: "p-r", Reason: "转岗"}
	var cases []domaintest.Case[Access]
	for _, o := range []struct {
		name   string
		policy map[string]any
		by     domain.Actor
		then   events
	}{{"A (close)", office, director, events{reduced, closed}}, {"A-open (untilClosed)", open, director, events{reduced}}, {"B (untilClosed)", bureau, chief, events{reduced}}} {
		after := append(slices.Clone(given), o.then...)
		cases = append(cases,
			domaintest.Case[Access]{Name: "G18 " + o.name + ": scope reduced at 10:00:00", Policy: o.policy, Actor: o.by, Given: given, When: reduce, Then: o.then},
			domaintest.Case[Access]{Name: "G18 " + o.name + ": a new viewing at 10:00:01 is denied", Policy: o.policy, Actor: reader, At: "2026-04-14 10:00:01", Given: after,
				When: OpenView{Content: "c", Purpose: "handle"}, Err: ErrNotInScope})
		next := domaintest.Case[Access]{Name: "G18 " + o.name + ": the next range request", Policy: o.policy, Actor: reader, At: "2026-04-14 10:00:01", Given: after, When: Read{View: "v", To: 10}}
		seen := SeenAfterRemoval{View: "v", Person: "p-r", At: domaintest.Time("2026-04-14 10:00:01")}
		if len(o.then) == 2 {
			next.Err = ErrNotInScope
			cases = append(cases, next)
			continue
		}
		next.Then = events{seen}
		after = append(after, seen)
		cases = append(cases, next,
			domaintest.Case[Access]{Name: "G18 " + o.name + ": pages go on, marked once", Policy: o.policy, Actor: reader, At: "2026-04-14 10:05", Given: after, When: Read{View: "v", To: 10}},
			domaintest.Case[Access]{Name: "G18 " + o.name + ": a further part too", Policy: o.policy, Actor: reader, At: "2026-04-14 10:05", Given: after, When: OpenWindow{View: "v", From: 500, To: 600},
				Then: events{WindowOpened{View: "v", File: "f", From: 500, To: 600}}},
			domaintest.Case[Access]{Name: "G18 " + o.name + ": closed by the clock at 10:29:00", Policy: o.policy, Actor: system, At: "2026-04-14 10:29:00", Given: after, When: EndView{View: "v"},
				Then: events{ViewClosed{View: "v", Person: "p-r", Cause: ByTime, OpenedAt: closed.OpenedAt, At: domaintest.Time("2026-04-14 10:29:00")}}},
			domaintest.Case[Access]{Name: "G18 " + o.name + ": after 10:29:00 no page", Policy: o.policy, Actor: reader, At: "2026-04-14 10:29:00", Given: after, When: Read{View: "v", To: 10}, Err: ErrNotInScope})
	}
	run(t, cases)
	for _, r := range []*domain.Refusal{ErrOfficer, ErrInactive, ErrNotCleared, ErrNotInScope, ErrPlace, ErrTwoPersons, ErrCustodyOnly, ErrViewOver, ErrOutsideWindow} {
		if !r.Recorded {
			t.Errorf("%s leaves no record", r.Code)
		}
	}
}

// G19: what was decided stands; only the report asks what is known of the clearance now.
func TestG19(t *testing.T) {
	lowered := persons.ClearanceLowered{To: domain.Confidential, Effective: domaintest.Time("2026-03-05")}
	open := OpenView{Purpose: "handle", Place: "room"}
	at := domaintest.Time("2026-03-10 10:00")
	asCorrected := facts(domain.Secret, domain.Secret)
	asCorrected[persons.Stream("p-r")] = cleared(domain.Secret, lowered)
	view := ViewOpened{View: id("view"), Person: "p-r", Class: domain.Secret, Clearance: domain.Secret, By: "scope", Purpose: "handle", Place: "room", With: []string{}, At: at, Until: domain.At(at.Add(30 * 60e9))}
	run(t, []domaintest.Case[Access]{
		{Name: "G19 A: as known on 03-10 P is entitled, and the event says so", Facts: facts(domain.Secret, domain.Secret), Given: events{begun, scope}, Actor: reader, At: "2026-03-10 10:00", When: open, Then: events{view}},
		{Name: "G19 A: as known since 03-20 P was not", Facts: asCorrected, Given: events{begun, scope}, Actor: reader, At: "2026-03-10 10:00", When: open, Err: ErrNotCleared},
	})
}

func TestClass(t *testing.T) {
	day := func(y, m, d int) domain.Date { return domain.Date{Year: y, Month: time.Month(m), Day: d} }
	set := func(until domain.Date) ClassificationSet {
		return ClassificationSet{Class: domain.Confidential, Until: until, LapsesAt: domain.At(until.End(domaintest.Zone)), Marks: []string{}, Authority: "密审1号"}
	}
	classify := func(until domain.Date) Classify {
		return Classify{Class: domain.Confidential, Until: until, Authority: "密审1号"}
	}
	run(t, []domaintest.Case[Access]{
		{Name: "the record begins with the class that the paper shows", Facts: but(facts(domain.Internal, "")), Actor: system, When: Begin{Document: doc}, Then: events{begun}},
		{Name: "it begins once", Given: events{begun}, Actor: system, When: Begin{Document: doc}},
		{Name: "nobody begins it by hand", When: Begin{Document: doc}, Err: ErrFollower},
		{Name: "there is none of a paper that is not here", Facts: but(facts("", ""), doc, documents.Document{}), Actor: system, When: Begin{Document: doc}, Err: domain.ErrNoStream},

		{Name: "the longest term of 秘密 is ten years, the last day included", Given: events{begun}, Actor: registrar, When: classify(day(2036, 4, 14)), Then: events{set(day(2036, 4, 14))}},
		{Name: "a day more is too long", Given: events{begun}, Actor: registrar, When: classify(day(2036, 4, 15)), Err: ErrTerm},
		{Name: "a term that ended before it began is none", Given: events{begun}, Actor: registrar, When: classify(day(2026, 4, 13)), Err: ErrTerm},
		{Name: "a state secret has a term or a condition", Given: events{begun}, Actor: registrar, When: classify(domain.Date{}), Err: ErrTerm},
		{Name: "a condition stands for a term", Given: events{begun}, Actor: registrar, When: Classify{Class: domain.Secret, Condition: "工程竣工", Authority: "x"},
			Then: events{ClassificationSet{Class: domain.Secret, Condition: "工程竣工", Marks: []string{}, Authority: "x"}}},
		{Name: "a class below needs none, and may carry a mark of the office", Given: events{begun}, Actor: registrar, When: Classify{Class: domain.Internal, Marks: []string{"客户隐私"}, Authority: "x"},
			Then: events{ClassificationSet{Class: domain.Internal, Marks: []string{"客户隐私"}, Authority: "x"}}},
		{Name: "another mark is not known", Given: events{begun}, Actor: registrar, When: Classify{Class: domain.Internal, Marks: []string{"绝不外传"}, Authority: "x"}, Err: ErrMark},
		{Name: "another class is not known", Given: events{begun}, Actor: registrar, When: Classify{Class: "核心", Authority: "x"}, Err: ErrClass},
		{Name: "who decided is named", Given: events{begun}, Actor: registrar, When: Classify{Class: domain.Internal}, Err: ErrMissing},
		{Name: "the registrar enters it", Given: events{begun}, Actor: director, When: classify(day(2030, 1, 1)), Err: ErrKeeper},
		{Name: "the system enters no class", Given: events{begun}, Actor: system, When: classify(day(2030, 1, 1)), Err: domain.ErrSystem},
		{Name: "it is entered once", Given: events{begun, set(day(2030, 1, 1))}, Actor: registrar, When: classify(day(2030, 1, 1)), Err: ErrSet},
		{Name: "a change of the body that set it is entered", Given: events{begun, set(day(2030, 1, 1))}, Actor: registrar, When: ChangeClass{Class: domain.Internal, Authority: "解密通知"},
			Then: events{ClassificationChanged{Was: domain.Confidential, Class: domain.Internal, Authority: "解密通知"}}},
		{Name: "nothing changes that was not entered", Given: events{begun}, Actor: registrar, When: ChangeClass{Class: domain.Internal, Authority: "x"}, Err: ErrNotSet},
		{Name: "at 24:00 of its last day the class lapses", At: "2030-01-02 00:00", Given: events{begun, set(day(2030, 1, 1))}, Actor: system, When: Lapse{}, Then: events{ClassificationLapsed{Was: domain.Confidential, Class: domain.Internal}}},
		{Name: "a microsecond before it does not", At: "2030-01-01 23:59:59.999999", Given: events{begun, set(day(2030, 1, 1))}, Actor: system, When: Lapse{}},
		{Name: "a term that was lengthened does not lapse at the old day", At: "2030-01-02 00:00", Given: events{begun, set(day(2030, 1, 1)), ClassificationChanged{Class: domain.Secret, Until: day(2040, 1, 1)}}, Actor: system, When: Lapse{}},
		{Name: "nobody lets it lapse by hand", At: "2030-01-02 00:00", Given: events{begun, set(day(2030, 1, 1))}, Actor: registrar, When: Lapse{}, Err: ErrFollower},

		{Name: "the registrar attaches a scan", Given: events{begun}, Actor: registrar, When: AttachContent{File: "f", MediaType: "application/pdf", Size: 1000, Digest: "d", Name: "a.pdf"},
			Then: events{ContentAttached{Content: id("content"), File: "f", MediaType: "application/pdf", Size: 1000, Digest: "d", Name: "a.pdf"}}},
		{Name: "an empty file is none", Given: events{begun}, Actor: registrar, When: AttachContent{File: "f"}, Err: ErrMissing},
		{Name: "nobody else attaches one", Given: events{begun}, Actor: reader, When: AttachContent{File: "f", Size: 1}, Err: ErrKeeper},
		{Name: "of a state secret nothing is kept here", Facts: facts(domain.Confidential, ""), Given: events{begun}, Actor: registrar, When: AttachContent{File: "f", Size: 1}, Err: ErrCustodyOnly},
	})
}

func TestScope(t *testing.T) {
	set := SetScope{Persons: []string{"p-r", "p-q"}, Authority: "主任批示"}
	asked := Requested{Request: "q1", Person: "p-r", Reason: "承办需要"}
	only := ScopeSet{Persons: []string{"p-q"}, Authority: "a"}
	granted := Granted{Request: "q1", Person: "p-r", Until: domaintest.Time("2026-04-16")}
	run(t, []domaintest.Case[Access]{
		{Name: "A: the instructing leader names who may know the paper", Given: events{begun}, Actor: director, When: set, Then: events{scope}},
		{Name: "B: the chief does", Policy: policyOf("bureau"), Given: events{begun}, Actor: chief, When: set, Then: events{scope}},
		{Name: "nobody else does", Given: events{begun}, Actor: registrar, When: set, Err: ErrSetter},
		{Name: "the scope is set once", Given: events{begun, only}, Actor: director, When: set, Err: ErrScopeSet},
		{Name: "a scope names somebody", Given: events{begun}, Actor: director, When: SetScope{Authority: "x"}, Err: ErrMissing},
		{Name: "an officer is in no scope", Given: events{begun}, Actor: director, When: SetScope{Persons: []string{"p-aud"}, Authority: "x"}, Err: ErrPerson},
		{Name: "what it rests on is named", Given: events{begun}, Actor: director, When: SetScope{Persons: []string{"p-r"}}, Err: ErrMissing},
		{Name: "a person is added, with the authority", Given: events{begun, only}, Actor: director, When: ExtendScope{Person: "p-r", Authority: "x"}, Then: events{ScopeExtended{Person: "p-r", Authority: "x"}}},
		{Name: "who is in is not added", Given: events{begun, scope}, Actor: director, When: ExtendScope{Person: "p-r", Authority: "x"}, Err: ErrKnown},
		{Name: "nothing is extended before it is set", Given: events{begun}, Actor: director, When: ExtendScope{Person: "p-r", Authority: "x"}, Err: ErrScopeNotSet},
		{Name: "an unknown person is not added", Given: events{begun, only}, Actor: director, When: ExtendScope{Person: "p-x", Authority: "x"}, Err: ErrPerson},
		{Name: "an addition rests on something", Given: events{begun, only}, Actor: director, When: ExtendScope{Person: "p-r"}, Err: ErrMissing},
		{Name: "nothing is reduced before it is set", Given: events{begun}, Actor: director, When: ReduceScope{Person: "p-r", Reason: "x"}, Err: ErrScopeNotSet},
		{Name: "who is out already is out", Given: events{begun, only}, Actor: director, When: ReduceScope{Person: "p-r", Reason: "x"}},
		{Name: "a reduction has a reason", Given: events{begun, scope}, Actor: director, When: ReduceScope{Person: "p-r"}, Err: ErrMissing},

		{Name: "a person asks to see a paper", Given: events{begun, only}, Actor: reader, When: RequestAccess{Reason: "承办需要"}, Then: events{Requested{Request: id("request"), Person: "p-r", Reason: "承办需要"}}},
		{Name: "and says what for", Given: events{begun, only}, Actor: reader, When: RequestAccess{}, Err: ErrMissing},
		{Name: "an officer does not ask", Given: events{begun, only}, Actor: auditor, When: RequestAccess{Reason: "x"}, Err: ErrPerson},
		{Name: "who sets the scope grants it, for a time", Given: events{begun, only, asked}, Actor: director, When: GrantAccess{Request: "q1", Until: domain.Date{Year: 2026, Month: 4, Day: 15}}, Then: events{granted}},
		{Name: "nobody grants his own request", Given: events{begun, only, Requested{Request: "q1", Person: "p-zhao"}}, Actor: director, When: GrantAccess{Request: "q1"}, Err: ErrOwnRequest},
		{Name: "nothing is granted that was not asked for", Given: events{begun, only}, Actor: director, When: GrantAccess{Request: "q1"}, Err: ErrNoRequest},
		{Name: "a request is denied with a reason", Given: events{begun, only, asked}, Actor: director, When: DenyRequest{Request: "q1", Reason: "无关"}, Then: events{RequestDenied{Request: "q1", Person: "p-r", Reason: "无关"}}},
		{Name: "and not without", Given: events{begun, only, asked}, Actor: director, When: DenyRequest{Request: "q1"}, Err: ErrMissing},
		{Name: "nothing is denied that was not asked for", Given: events{begun, only}, Actor: director, When: DenyRequest{Request: "q1", Reason: "x"}, Err: ErrNoRequest},
		{Name: "a grant stands for the scope until its last day", At: "2026-04-15 23:59:59.999999", Given: events{begun, only, attached, granted}, Actor: reader, When: OpenView{Content: "c", Purpose: "handle", To: 500},
			Then: events{func() ViewOpened {
				v := opened("2026-04-15 23:59:59.999999")
				v.View, v.By = id("view"), "grant"
				return v
			}()}},
		{Name: "and no longer", At: "2026-04-16 00:00", Given: events{begun, only, attached, granted}, Actor: reader, When: OpenView{Content: "c", Purpose: "handle"}, Err: ErrNotInScope},
		{Name: "a grant is taken back at once, and the viewing with it", Given: events{begun, only, attached, granted, opened("2026-04-14 09:59:00")}, Actor: director, When: RevokeAccess{Grant: "q1", Reason: "任务结束"},
			Then: events{Revoked{Grant: "q1", Person: "p-r", Reason: "任务结束"}, ViewClosed{View: "v", Person: "p-r", Cause: ByScope, OpenedAt: domaintest.Time("2026-04-14 09:59:00"), At: domaintest.Time(ten)}}},
		{Name: "who is in the scope besides reads on", Given: events{begun, scope, attached, granted, opened("2026-04-14 09:59:00")}, Actor: director, When: RevokeAccess{Grant: "q1", Reason: "任务结束"},
			Then: events{Revoked{Grant: "q1", Person: "p-r", Reason: "任务结束"}}},
		{Name: "there is nothing to take back", Given: events{begun, only}, Actor: director, When: RevokeAccess{Grant: "q1", Reason: "x"}, Err: ErrNoGrant},
		{Name: "a grant is not taken back without a reason", Given: events{begun, only, granted}, Actor: director, When: RevokeAccess{Grant: "q1"}, Err: ErrMissing},

		{Name: "to read the trail is on record", Given: events{begun}, Actor: auditor, When: QueryTrail{Question: "paper", Reason: "保密检查"}, Then: events{TrailQueried{Question: "paper", Reason: "保密检查"}}},
		{Name: "nobody reads it without a reason", Given: events{begun}, Actor: auditor, When: QueryTrail{Question: "paper"}, Err: ErrTrail},
		{Name: "the trail is for two officers alone", Given: events{begun}, Actor: director, When: QueryTrail{Question: "paper", Reason: "x"}, Err: ErrTrail},
	})
}

func TestPolicyDecides(t *testing.T) {
	with := func(c domaintest.Case[Access]) domaintest.Case[Access] {
		c.Policy = office
		if c.Facts == nil {
			c.Facts = facts(domain.Internal, domain.Internal)
		}
		return c
	}
	classify := with(domaintest.Case[Access]{Given: events{begun}, Actor: registrar, When: Classify{Class: domain.Confidential, Until: domain.Date{Year: 2036, Month: 1, Day: 1}, Marks: []string{"客户隐私"}, Authority: "x"}})
	matters := func(c domaintest.Case[Access], key string, one, other any) {
		t.Helper()
		domaintest.Matters(t, Context, c, key, one, other)
	}
	matters(classify, "sec.classes", []string{"内部", "秘密"}, []string{"内部"})
	matters(classify, "sec.marks", []string{"客户隐私"}, []string{})
	matters(classify, "sec.maxPeriod", map[string]int{"秘密": 10}, map[string]int{"秘密": 5})
	matters(classify, "rcv.registrar", "registrar", "secretary")
	set := with(domaintest.Case[Access]{Given: events{begun}, Actor: director, When: SetScope{Persons: []string{"p-r"}, Authority: "x"}})
	matters(set, "sec.scope.setBy", InstructingLeader, "chief")
	matters(set, "apr.authority[收文批示].signer", []documents.Signer{{Posts: []string{"director"}}}, []documents.Signer{{Posts: []string{"county-head"}}})
	room := with(domaintest.Case[Access]{Facts: facts(domain.Secret, domain.Secret), Given: events{begun, scope}, Actor: reader, When: OpenView{Purpose: "handle", Place: "room"}})
	matters(room, "sec.read.profile[机密]", ReadProfile{Places: []string{"room"}, Persons: 1}, ReadProfile{Places: []string{"room"}, Persons: 2})
	matters(room, "sec.session.maxMinutes", 30, 20)
	reduce := with(domaintest.Case[Access]{Given: events{begun, scope, attached, opened("2026-04-14 09:59:00")}, Actor: director, When: ReduceScope{Person: "p-r", Reason: "x"}})
	matters(reduce, "sec.session.onScopeLoss", "close", UntilClosed)
}

// TestNobodyReadsOutside: whatever was decided before, a viewing is opened, and a byte read, only by somebody in the scope
// of the moment or, where the office says so, by whoever was when his viewing began.
func TestNobodyReadsOutside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policy := office
		if rapid.Bool().Draw(t, "open") {
			policy = but(office, "sec.session.onScopeLoss", UntilClosed)
		}
		s := fold(Context, begun, scope, attached)
		in := map[string]bool{"p-r": true, "p-q": true}
		views := map[string]string{}
		for n := range rapid.IntRange(1, 25).Draw(t, "acts") {
			person := rapid.SampledFrom([]string{"p-r", "p-q"}).Draw(t, "person")
			var cmd Command
			actor := domain.Actor{Person: person, Post: "clerk"}
			what := rapid.SampledFrom([]string{"open", "read", "reduce", "extend", "window", "close"}).Draw(t, "act")
			view := rapid.SampledFrom(append([]string{"none"}, slices.Sorted(maps.Keys(views))...)).Draw(t, "view")
			switch what {
			case "open":
				cmd = OpenView{Content: "c", Purpose: "handle", To: 500}
			case "read":
				cmd = Read{View: view, To: 400}
			case "window":
				cmd = OpenWindow{View: view, From: 500, To: 600}
			case "close":
				cmd = CloseView{View: view}
			case "reduce":
				cmd, actor = ReduceScope{Person: person, Reason: "x"}, director
			case "extend":
				cmd, actor = ExtendScope{Person: person, Authority: "x"}, director
			}
			tc := domaintest.Case[Access]{Policy: policy, Facts: facts(domain.Internal, domain.Internal), Actor: actor}
			act := tc.Act()
			act.Command = itoa(n)
			got, err := domain.Decide(cmd, s, act)
			ok := err == nil
			switch {
			case what == "open" && ok != in[person]:
				t.Fatalf("%s, in scope %t: %v", person, in[person], err)
			case (what == "read" || what == "window") && ok && views[view] != person:
				t.Fatalf("%s read by the viewing of %q", person, views[view])
			case (what == "read" || what == "window") && ok && !in[person]:
				noted := slices.ContainsFunc(got, func(e Event) bool { _, is := e.(SeenAfterRemoval); return is }) || s.Views[view].AfterRemoval
				if policy["sec.session.onScopeLoss"] != UntilClosed || !noted {
					t.Fatalf("%s read after removal, noted %t", person, noted)
				}
			case what == "reduce" && ok:
				in[person] = false
			case what == "extend" && ok:
				in[person] = true
			}
			for _, e := range got {
				if o, is := e.(ViewOpened); is {
					views[o.View] = o.Person
				}
				s = e.Evolve(s)
			}
			if err != nil && !errors.As(err, new(*domain.Refusal)) {
				t.Fatal(err)
			}
		}
	})
}

func TestGolden(t *testing.T) {
	at := domaintest.Time(ten)
	view := opened(ten)
	view.Task, view.Place, view.With, view.From = "approval-1", "room", []string{"p-q"}, 1
	day := domain.Date{Year: 2036, Month: 4, Day: 14}
	domaintest.Golden(t, Context, begun,
		ClassificationSet{Class: domain.Confidential, Until: day, LapsesAt: at, Condition: "工程竣工", Marks: []string{"客户隐私"}, Authority: "密审1号"},
		ClassificationChanged{Was: domain.Secret, Class: domain.Confidential, Until: day, LapsesAt: at, Condition: "工程竣工", Authority: "密审2号"},
		ClassificationLapsed{Was: domain.Confidential, Class: domain.Internal}, scope, ScopeExtended{Person: "p-r", Authority: "主任批示"}, ScopeReduced{Person: "p-r", Reason: "转岗"},
		Requested{Request: "q1", Person: "p-r", Reason: "承办需要"}, Granted{Request: "q1", Person: "p-r", Until: at}, RequestDenied{Request: "q1", Person: "p-r", Reason: "无关"},
		Revoked{Grant: "q1", Person: "p-r", Reason: "任务结束"}, attached, view, WindowOpened{View: "v", File: "f", From: 500, To: 1000},
		SeenAfterRemoval{View: "v", Person: "p-r", At: at}, ViewClosed{View: "v", Person: "p-r", Cause: ByReader, Pages: 3, OpenedAt: at, At: at},
		TrailQueried{Question: "paper", Reason: "保密检查"}, domain.Refused[Access]{Command: "access.OpenView", Code: ErrNotInScope.Code, Params: map[string]string{"x": "y"}})
}
