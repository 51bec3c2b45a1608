package documents

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"andu/domain"
	"andu/domain/calendar"
	"andu/domain/domaintest"
	"andu/domain/org"
	"andu/domain/registers"
	"andu/presets"
)

// office is the policy of an office that names every step it asks for in the tests.
var office = map[string]any{
	"rcv.steps":                         []string{"receive", "register", "distribute", "present", "assign", "urge"},
	"rcv.registrar":                     "registrar",
	"rcv.distribution":                  "registrar",
	"rcv.urgencies":                     []string{"特急", "加急", "平件"},
	"rcv.clock[特急]":                     Days{0},
	"rcv.clock[加急]":                     Days{1},
	"rcv.clock[平件]":                     Days{3},
	"rcv.registerSeries":                []Series{{Book: "收文", ClassBelow: domain.Confidential}, {Book: "机要", ClassFrom: domain.Confidential}},
	"rcv.requiredFields":                []string{"received_at", "source_organ", "title", "kind", "copies", "urgency", "class", "signed_by"},
	"rcv.returnWindow[non-conforming]":  Days{1},
	"rcv.returnWindow[wrong addressee]": Days{3},
	"rcv.settlementCodes":               []Settlement{{"settled", "办结"}, {"read", "阅结"}},
	"rcv.dutyFax.firstBook":             "值班记录簿",
	"rcv.dutyFax.handOnTo":              "registrar",
	"rcv.reviewBeforeSign":              false,
	"apr.authority[收文拟办].signer":        []Signer{{Posts: []string{"secretary"}, Mode: "all"}},
	"sec.classes":                       []string{"公开", "内部", "工作秘密", "秘密", "机密", "绝密"},
	"reg.series":                        registers.Scheme{Pattern: "{book}〔{year}〕{n}号", Start: 1, Scope: "book-year"},
	"reg.yearBasis":                     "calendar",
	"cal.source":                        "state-council",
	"cal.unpublishedYear":               "weekends-provisional",
	"cal.countFromNextDay":              true,
	"cal.makeupDaysWork":                true,
	"cal.workHours":                     map[string]any{"days": []string{"mon", "tue", "wed", "thu", "fri"}, "start": "08:30", "end": "17:00", "break_minutes": 60, "seasons": map[string]any{}},
	"cal.workHours.breakStart":          "12:00",
}

// but is a policy with some values changed.
func but(pairs ...any) map[string]any {
	p := maps.Clone(office)
	for i := 0; i < len(pairs); i += 2 {
		p[pairs[i].(string)] = pairs[i+1]
	}
	return p
}

var (
	registry  = domain.Actor{Person: "p-2", Post: "registrar"}
	secretary = domain.Actor{Person: "p-3", Post: "secretary"}
	finance   = domain.Actor{Person: "p-4", Post: "finance-head"}
	planning  = domain.Actor{Person: "p-5", Post: "planning-head"}
	system    = domain.Actor{Person: domain.System}
	morning   = domaintest.Time("2026-04-14 09:00")
	now       = domaintest.Time("2026-04-14 10:00")
)

func day(s string) domain.Date {
	d, err := domain.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func midnight(s string) domain.Instant { return domain.At(day(s).End(domaintest.Zone)) }

func eventID(i int) string { return domain.EventID(domaintest.NewID, domaintest.Command, i) }

// notice is a plain paper: unmarked in urgency and class, which its clerk looked for.
var notice = Paper{
	SourceOrgans: []string{"国务院办公厅"}, Number: "国办发明电〔2025〕7号", Title: "国务院办公厅关于2026年部分节假日安排的通知", Kind: "通知",
	IssuedOn: day("2025-11-04"), Level: "central", Line: "state", NotStated: []string{"urgency", "class"},
}

// urgent is the same paper marked with an urgency.
func urgent(urgency string) Paper {
	p := notice
	p.Urgency, p.NotStated = urgency, []string{"class"}
	return p
}

var arrival = Arrival{Channel: "文件交换", Copies: 2}

func receivedAt(at domain.Instant, copies ...string) Received {
	return Received{ID: domaintest.GivenID(0), Office: "office", ReceivedAt: at, SignedBy: "p-2", Channel: "文件交换", Copies: copies}
}

func described(p Paper) Described { return Described{ID: domaintest.GivenID(1), Paper: p} }

func number(t Term) Registered {
	return Registered{Series: "register-1", Number: 7, Text: "收文〔2026〕7号", RegisteredAt: morning, RegisteredBy: "p-2", Term: t}
}

// signed is a paper that was signed for, and registered one that has its number too.
func signed(p Paper, more ...Event) []Event {
	return append([]Event{receivedAt(morning, "1", "2"), described(p)}, more...)
}

func registered(more ...Event) []Event { return append(signed(notice, number(Term{})), more...) }

var (
	clocked    = Term{DueOn: day("2026-04-17"), DueAt: midnight("2026-04-17"), Basis: ByClock, WorkingDays: 3, CountedFrom: day("2026-04-14"), Provisional: true}
	proposed   = HandlingProposed{Action: ToHandle, Opinion: "请财政股主办", Lead: "finance", Co: []string{"planning"}}
	instructed = Instructed{Case: "approval-1", Decision: "e-1", Approved: true, DecidedBy: "p-9", DecidedPost: "director", DecidedAt: morning, Lead: "finance"}
	assigned   = Assigned{Lead: "finance", Co: []string{"planning-head"}}
	staff      = fold(org.Context, org.UnitChanged{Unit: "finance", Name: "财政股"}, org.PostCreated{Post: "finance-head", Title: "股长", Unit: "finance"})
)

// fold is the state that events of another context leave.
func fold[S any](_ domain.Context[S], events ...domain.Event[S]) (s S) {
	for _, e := range events {
		s = e.Evolve(s)
	}
	return s
}

// run checks cases under the office's policy, with its people and a calendar without notices.
func run(t *testing.T, cases []domaintest.Case[Document]) {
	t.Helper()
	for i := range cases {
		cases[i] = grounded(cases[i])
	}
	domaintest.Run(t, Context, cases)
}

func grounded(c domaintest.Case[Document]) domaintest.Case[Document] {
	if c.Policy == nil {
		c.Policy = office
	}
	facts := map[string]any{"org-office": staff, "calendar-office": calendar.Calendar{}}
	maps.Copy(facts, c.Facts)
	c.Facts = facts
	return c
}

type given = []Event

func TestReceiving(t *testing.T) {
	sealed := Arrival{Channel: "机要", Envelope: "机2026-31", Seal: "intact", Copies: 3, CopyNumbers: []string{"000012", "2"}}
	run(t, []domaintest.Case[Document]{
		{Name: "the registrar signs for a paper: the copies are counted and the time is noted", Actor: registry, When: Receive{arrival, notice},
			Then: given{Received{ID: eventID(0), Office: "office", ReceivedAt: now, SignedBy: "p-2", Channel: "文件交换", Copies: []string{"1", "2"}},
				Described{ID: eventID(1), Paper: notice}}},
		{Name: "a sealed envelope is signed for by its number, and its numbered copies keep their numbers", Actor: registry, When: Receive{sealed, Paper{}},
			Then: given{Received{ID: eventID(0), Office: "office", ReceivedAt: now, SignedBy: "p-2", Channel: "机要", Envelope: "机2026-31", Seal: "intact", Copies: []string{"000012", "2", "1"}}}},
		{Name: "a paper is signed for once", Given: signed(notice), Actor: registry, When: Receive{arrival, notice}, Err: ErrReceived},
		{Name: "nobody but the registrar signs for a paper", When: Receive{arrival, notice}, Err: ErrRegistrar},
		{Name: "the system signs for nothing", Actor: system, When: Receive{arrival, notice}, Err: domain.ErrSystem},
		{Name: "what is signed for is named", Actor: registry, When: Receive{arrival, Paper{Title: "关于…的通知"}}, Err: ErrNothingStated},
		{Name: "nothing is signed for without a copy", Actor: registry, When: Receive{Arrival{}, notice}, Err: ErrCopyNumbers},
		{Name: "two copies do not share a number", Actor: registry, When: Receive{Arrival{Copies: 2, CopyNumbers: []string{"1", "1"}}, notice}, Err: ErrCopyNumbers},
		{Name: "there are no more copy numbers than copies", Actor: registry, When: Receive{Arrival{Copies: 1, CopyNumbers: []string{"1", "2"}}, notice}, Err: ErrCopyNumbers},
		{Name: "a title is never marked as not stated", Actor: registry, When: Receive{Arrival{Copies: 1, Envelope: "1"}, Paper{NotStated: []string{"title"}}}, Err: ErrNotStatable},
		{Name: "a field is not both filled and not stated", Actor: registry, When: Receive{arrival, Paper{SourceOrgans: []string{"国务院"}, Title: "x", Kind: "通知", NotStated: []string{"kind"}}}, Err: ErrNotStatable},
		{Name: "a class is a word of the law", Actor: registry, When: Receive{arrival, Paper{SourceOrgans: []string{"国务院"}, Title: "x", Class: "高密"}}, Err: ErrClass},

		{Name: "a fax of the duty log is taken over by the post that the office names", Actor: registry, When: TakeOverFromDuty{"duty-1/entry-4", morning, arrival, notice},
			Then: given{Received{ID: eventID(0), Office: "office", ReceivedAt: now, SignedBy: "p-2", Channel: "文件交换", Copies: []string{"1", "2"}},
				Described{ID: eventID(1), Paper: notice}, DutyPaperHandedOn{"duty-1/entry-4", morning, "值班记录簿"}}},
		{Name: "nobody else takes a duty paper over", When: TakeOverFromDuty{"duty-1/entry-4", morning, arrival, notice}, Err: ErrDutyHandOn},
		{Name: "the system takes no duty paper over", Actor: system, When: TakeOverFromDuty{"duty-1/entry-4", morning, arrival, notice}, Err: domain.ErrSystem},
		{Name: "a paper on hand is not taken over", Given: signed(notice), Actor: registry, When: TakeOverFromDuty{"duty-1/entry-4", morning, arrival, notice}, Err: ErrReceived},
		{Name: "a duty paper is named too", Actor: registry, When: TakeOverFromDuty{"duty-1/entry-4", morning, arrival, Paper{}}, Err: ErrNothingStated},

		{Name: "an opened envelope is described", Given: given{receivedAt(morning, "1")}, Actor: registry, When: Describe{notice}, Then: given{Described{eventID(0), notice}}},
		{Name: "the same description changes nothing", Given: signed(notice), Actor: registry, When: Describe{notice}},
		{Name: "nobody but the registrar describes a paper", Given: signed(notice), When: Describe{urgent("特急")}, Err: ErrRegistrar},
		{Name: "a description states no class the law does not know", Given: signed(notice), Actor: registry, When: Describe{Paper{Class: "高密"}}, Err: ErrClass},
		{Name: "a registered paper is corrected, not described", Given: registered(), Actor: registry, When: Describe{urgent("特急")}, Err: ErrRegistered},
		{Name: "nothing is described that was not signed for", Actor: registry, When: Describe{notice}, Err: domain.ErrNoStream},

		{Name: "a wrong count is corrected beside the first entry", Given: registered(), Actor: registry, When: CorrectReceipt{"多记一份", Arrival{Channel: "文件交换", Copies: 1}},
			Then: given{ReceiptCorrected{domaintest.GivenID(0), "多记一份", Received{ID: eventID(0), Office: "office", ReceivedAt: morning, SignedBy: "p-2", Channel: "文件交换", Copies: []string{"1"}}}}},
		{Name: "a receipt is corrected with a reason", Given: registered(), Actor: registry, When: CorrectReceipt{"", arrival}, Err: ErrNoReason},
		{Name: "a receipt is corrected by the registrar", Given: registered(), When: CorrectReceipt{"误记", arrival}, Err: ErrRegistrar},
		{Name: "the count is not corrected while a copy is away", Given: registered(CopyDistributed{"1", "finance"}), Actor: registry, When: CorrectReceipt{"误记", arrival}, Err: ErrCopiesAway},
		{Name: "a corrected receipt has copies too", Given: registered(), Actor: registry, When: CorrectReceipt{"误记", Arrival{}}, Err: ErrCopyNumbers},
		{Name: "no receipt is corrected that is not there", Actor: registry, When: CorrectReceipt{"误记", arrival}, Err: domain.ErrNoStream},

		{Name: "a paper is put into its class of papers", Given: signed(notice), Actor: registry, When: Classify{"综合", "文件"}, Then: given{Classified{"综合", "文件"}}},
		{Name: "a class of papers has a name", Given: signed(notice), Actor: registry, When: Classify{}, Err: ErrMissing},
		{Name: "nobody but the registrar classifies", Given: signed(notice), When: Classify{"综合", "文件"}, Err: ErrRegistrar},
		{Name: "nothing is classified that is not here", Actor: registry, When: Classify{"综合", "文件"}, Err: domain.ErrNoStream},
	})
}

func TestCorrection(t *testing.T) {
	typo := notice
	typo.Title = "国务院办公厅关于2026年部分节假日安排的通告"
	fixed := RegistrationCorrected{domaintest.GivenID(1), "标题有误", Described{eventID(0), notice}}
	entered := signed(typo, number(Term{}))
	late := notice
	late.AnswerBy = day("2026-04-30")
	run(t, []domaintest.Case[Document]{
		{Name: "the entry is corrected beside what stands", Given: entered, Actor: registry, When: CorrectRegistration{"标题有误", notice}, Then: given{fixed}},
		{Name: "a closed paper is corrected too", Given: append(slices.Clone(entered), Closed{"read", "阅结", ""}), Actor: registry, When: CorrectRegistration{"标题有误", notice}, Then: given{fixed}},
		{Name: "a correction is corrected in its turn", Given: append(slices.Clone(entered), RegistrationCorrected{domaintest.GivenID(1), "标题有误", Described{domaintest.GivenID(3), notice}}), Actor: registry, When: CorrectRegistration{"原件即此", typo},
			Then: given{RegistrationCorrected{domaintest.GivenID(3), "原件即此", Described{eventID(0), typo}}}},
		{Name: "a correction that changes nothing is none", Given: entered, Actor: registry, When: CorrectRegistration{"标题有误", typo}},
		{Name: "a correction has a reason", Given: entered, Actor: registry, When: CorrectRegistration{"", notice}, Err: ErrNoReason},
		{Name: "nobody but the registrar corrects", Given: entered, When: CorrectRegistration{"标题有误", notice}, Err: ErrRegistrar},
		{Name: "before registration the paper is described", Given: signed(typo), Actor: registry, When: CorrectRegistration{"标题有误", notice}, Err: ErrNotRegistered},
		{Name: "no paper is corrected that is not here", Actor: registry, When: CorrectRegistration{"标题有误", notice}, Err: domain.ErrNoStream},
		{Name: "a corrected class is one of the law", Given: entered, Actor: registry, When: CorrectRegistration{"补密级", Paper{Class: "高密"}}, Err: ErrClass},
		{Name: "a corrected field is not both filled and not stated", Given: entered, Actor: registry, When: CorrectRegistration{"补文种", Paper{Kind: "通知", NotStated: []string{"kind"}}}, Err: ErrNotStatable},
		{Name: "a corrected urgency is one of the office", Given: entered, Actor: registry, When: CorrectRegistration{"补紧急程度", urgent("特提")}, Err: ErrUrgency},
		{Name: "a corrected urgency finds the time limit anew", Given: registered(), Actor: registry, When: CorrectRegistration{"漏填紧急程度", urgent("平件")},
			Then: given{RegistrationCorrected{domaintest.GivenID(1), "漏填紧急程度", Described{eventID(0), urgent("平件")}},
				DueRevised{Cause: CauseCorrection, Term: clocked}}},
		{Name: "a time limit that a leader set is not moved by a correction", Actor: registry, When: CorrectRegistration{"补时限", late},
			Given: registered(DueRevised{Cause: CauseInstruction, Term: Term{DueOn: day("2026-04-15"), DueAt: midnight("2026-04-15"), Basis: ByInstruction}}),
			Then:  given{RegistrationCorrected{domaintest.GivenID(1), "补时限", Described{eventID(0), late}}}},
	})
	s, err := Context.Fold(Document{}, domaintest.Record(t, Context, append(entered, fixed)...))
	if err != nil || s.Paper.Title != notice.Title || s.Text != "收文〔2026〕7号" {
		t.Fatalf("corrected paper: %+v %v", s, err)
	}
}

// series is a register in which numbers were taken: for document-1 number 7.
func series(item string) registers.Series {
	opened := registers.SeriesOpened{Book: "收文", Year: 2026, Register: Register, Pattern: "{book}〔{year}〕{n}号", Start: 7}
	return fold(registers.Context, opened, registers.NumberAllotted{Number: 7, Text: "收文〔2026〕7号", Item: item, By: "p-2", At: morning})
}

func paper(p Paper, more ...Event) Document { return fold(Context, signed(p, more...)...) }

func TestRegistration(t *testing.T) {
	opened := registers.SeriesOpened{Book: "收文", Year: 2026, Register: Register, Pattern: "{book}〔{year}〕{n}号", Start: 1}
	allotted := registers.NumberAllotted{Number: 1, Text: "收文〔2026〕1号", Item: "document-1", By: "p-2", At: now}
	then := []domain.Event[registers.Series]{opened, allotted}
	enter := Enter{"document-1", "收文", 2026}
	class := func(c domain.Class) Paper {
		p := notice
		p.Class, p.NotStated = c, []string{"urgency"}
		return p
	}
	unmarked := notice
	unmarked.NotStated = []string{"class"}
	elsewhere := receivedAt(morning, "1")
	elsewhere.Office = "bureau"
	cases := []struct {
		domaintest.Case[registers.Series]
		of Document
	}{
		{domaintest.Case[registers.Series]{Name: "the registrar takes the next number of the right book", Actor: registry, When: enter, Then: then}, paper(notice)},
		{domaintest.Case[registers.Series]{Name: "nobody else takes it", When: enter, Err: ErrRegistrar}, paper(notice)},
		{domaintest.Case[registers.Series]{Name: "the system takes no number", Actor: system, When: enter, Err: domain.ErrSystem}, paper(notice)},
		{domaintest.Case[registers.Series]{Name: "signing comes before registration", Actor: registry, When: enter, Err: domain.ErrNoStream}, Document{}},
		{domaintest.Case[registers.Series]{Name: "a paper of another office is not there", Actor: registry, When: enter, Err: domain.ErrNoStream}, fold(Context, Event(elsewhere))},
		{domaintest.Case[registers.Series]{Name: "a sealed envelope is not registered", Actor: registry, When: enter, Err: ErrDescribed}, fold(Context, Event(receivedAt(morning, "1")))},
		{domaintest.Case[registers.Series]{Name: "a paper is registered once", Actor: registry, When: enter, Err: ErrRegistered}, paper(notice, number(Term{}))},
		{domaintest.Case[registers.Series]{Name: "a paper that left is not registered", Actor: registry, When: enter, Err: ErrEnded}, paper(notice, DuplicateFound{"document-2"})},
		{domaintest.Case[registers.Series]{Name: "a required field is filled or marked as not stated", Actor: registry, When: enter, Err: ErrMissing}, paper(unmarked)},
		{domaintest.Case[registers.Series]{Name: "an urgency is one of the office's", Actor: registry, When: enter, Err: ErrUrgency}, paper(urgent("特提"))},
		{domaintest.Case[registers.Series]{Name: "a class is one of the office's", Policy: but("sec.classes", []string{"公开", "秘密"}), Actor: registry, When: enter, Err: ErrClass}, paper(class(domain.Internal))},
		{domaintest.Case[registers.Series]{Name: "an internal paper stands in the plain book", Actor: registry, When: enter, Then: then}, paper(class(domain.Internal))},
		{domaintest.Case[registers.Series]{Name: "a classified paper stands in its own book", Actor: registry, When: enter, Err: ErrBook}, paper(class(domain.Confidential))},
		{domaintest.Case[registers.Series]{Name: "an unmarked paper does not stand in the classified book", Actor: registry, When: Enter{"document-1", "机要", 2026}, Err: ErrBook}, paper(notice)},
		{domaintest.Case[registers.Series]{Name: "books go by level, line and served organ where the office says so", Actor: registry, When: enter, Then: then,
			Policy: but("rcv.registerSeries", []Series{{Book: "党", Line: "party"}, {Book: "县", Level: "county"}, {Book: "研究室", Served: "研究室"}, {Book: "收文", Line: "state"}})}, paper(notice)},
		{domaintest.Case[registers.Series]{Name: "an urgency without a clock is not registered: no time limit is guessed", Policy: but("rcv.clock[平件]", domaintest.Blank{}), Actor: registry, When: enter, Err: domain.ErrBlank}, paper(urgent("平件"))},
		{domaintest.Case[registers.Series]{Name: "the number is of this year's series", At: "2027-01-04 09:00", Actor: registry, When: enter, Err: registers.ErrYear}, paper(notice)},
	}
	for _, c := range cases {
		tc := c.Case
		if tc.Policy == nil {
			tc.Policy = office
		}
		tc.Facts = map[string]any{"document-1": c.of, "calendar-office": calendar.Calendar{}}
		domaintest.Run(t, registers.Context, []domaintest.Case[registers.Series]{tc})
	}

	record := RecordRegistration{"document-1", "register-1", 7}
	facts := map[string]any{"register-1": series("document-1")}
	run(t, []domaintest.Case[Document]{
		{Name: "the paper takes the number that was allotted to it; unmarked in urgency it has no time limit", Given: signed(notice), Facts: facts, Actor: system, When: record, Then: given{number(Term{})}},
		{Name: "by its urgency it is due after so many working days of receipt", Given: signed(urgent("平件")), Facts: facts, Actor: system, When: record, Then: given{number(clocked)}},
		{Name: "a most urgent paper is due at 24:00 of the day of receipt", Given: signed(urgent("特急")), Facts: facts, Actor: system, When: record,
			Then: given{number(Term{DueOn: day("2026-04-14"), DueAt: midnight("2026-04-14"), Basis: ByClock, CountedFrom: day("2026-04-14"), Provisional: true})}},
		{Name: "a day that the paper sets goes before the clock", Facts: facts, Actor: system, When: record,
			Given: signed(func() Paper { p := urgent("特急"); p.AnswerBy = day("2026-05-08"); return p }()),
			Then:  given{number(Term{DueOn: day("2026-05-08"), DueAt: midnight("2026-05-08"), Basis: ByPaper})}},
		{Name: "recording again changes nothing", Given: registered(), Facts: facts, Actor: system, When: record},
		{Name: "a paper has one number", Given: registered(), Facts: facts, Actor: system, When: RecordRegistration{"document-1", "register-2", 7}, Err: ErrRegistered},
		{Name: "the number of another paper is not taken", Given: signed(notice), Facts: map[string]any{"register-1": series("document-2")}, Actor: system, When: record, Err: ErrOtherItem},
		{Name: "a void number is not taken", Given: signed(notice), Actor: system, When: record, Err: ErrOtherItem,
			Facts: map[string]any{"register-1": registers.NumberVoided{Number: 7}.Evolve(series("document-1"))}},
		{Name: "nobody writes a number by hand", Given: signed(notice), Facts: facts, Actor: registry, When: record, Err: ErrFollower},
		{Name: "a paper that left takes no number", Given: signed(notice, DuplicateFound{"document-2"}), Facts: facts, Actor: system, When: record, Err: ErrEnded},
	})
}

// imported is a calendar after one more notice.
func imported(t *testing.T, c calendar.Calendar, year string) calendar.Calendar {
	t.Helper()
	raw, err := presets.Read("holidays/" + year + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var n calendar.ImportNotice
	if err := json.Unmarshal(raw, &n); err != nil {
		t.Fatal(err)
	}
	events, err := domain.Decide(n, c, domaintest.Case[calendar.Calendar]{Policy: office, At: "2018-12-01"}.Act())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		c = e.Evolve(c)
	}
	return c
}

// G8: a paper of 27 December 2018 is due on a day that the notice of 2019 moves; both stay visible.
func TestClockOverTheNewYear(t *testing.T) {
	thursday := domaintest.Time("2018-12-27 10:00")
	for name, g := range map[string]struct {
		days        int
		first, then string
	}{"A": {3, "2019-01-01", "2019-01-02"}, "B": {5, "2019-01-03", "2019-01-04"}} {
		before := imported(t, calendar.Calendar{}, "2018")
		after := imported(t, before, "2019")
		paper := given{receivedAt(thursday, "1"), described(urgent("平件"))}
		series := registers.NumberAllotted{Number: 1, Text: "收文〔2018〕1号", Item: "document-1", By: "p-2", At: thursday}.Evolve(registers.Series{})
		entry := Registered{Series: "register-1", Number: 1, Text: "收文〔2018〕1号", RegisteredAt: thursday, RegisteredBy: "p-2",
			Term: Term{DueOn: day(g.first), DueAt: midnight(g.first), Basis: ByClock, WorkingDays: g.days, CountedFrom: day("2018-12-27"), Provisional: true, Calendar: before.Version}}
		revised := DueRevised{Cause: CauseCalendar, WasOn: day(g.first), WasProvisional: true, WasCalendar: before.Version,
			Term: Term{DueOn: day(g.then), DueAt: midnight(g.then), Basis: ByClock, WorkingDays: g.days, CountedFrom: day("2018-12-27"), Calendar: after.Version}}
		policy := but("rcv.clock[平件]", Days{g.days})
		run(t, []domaintest.Case[Document]{
			{Name: "G8 " + name + ": due by weekends only, and provisional", At: "2018-12-27 10:00", Policy: policy, Given: paper, Actor: system,
				Facts: map[string]any{"register-1": series, "calendar-office": before}, When: RecordRegistration{"document-1", "register-1", 1}, Then: given{entry}},
			{Name: "G8 " + name + ": the notice moves it, and it is final", At: "2018-12-28 10:00", Policy: but("rcv.clock[平件]", Days{99}), Given: append(paper, entry), Actor: system,
				Facts: map[string]any{"calendar-office": after}, When: ReviseDue{Cause: CauseCalendar}, Then: given{revised}},
			{Name: "G8 " + name + ": a second look changes nothing", At: "2018-12-28 10:00", Policy: policy, Given: append(paper, entry, revised), Actor: system,
				Facts: map[string]any{"calendar-office": after}, When: ReviseDue{Cause: CauseCalendar}},
		})
	}
	run(t, []domaintest.Case[Document]{
		{Name: "a closed paper is not counted again", Given: signed(urgent("平件"), number(clocked), Closed{"read", "阅结", ""}), Actor: system, When: ReviseDue{Cause: CauseCalendar}},
		{Name: "a day that the paper set is not counted", Given: signed(notice, number(Term{DueOn: day("2026-05-08"), DueAt: midnight("2026-05-08"), Basis: ByPaper})), Actor: system, When: ReviseDue{Cause: CauseCalendar}},
		{Name: "the issuing organ moves its day", Given: registered(), Actor: registry, When: ReviseDue{CauseIssuer, day("2026-05-08")},
			Then: given{DueRevised{Cause: CauseIssuer, Term: Term{DueOn: day("2026-05-08"), DueAt: midnight("2026-05-08"), Basis: ByPaper}}}},
		{Name: "the registrar enters it", Given: registered(), When: ReviseDue{CauseIssuer, day("2026-05-08")}, Err: ErrRegistrar},
		{Name: "it is a day", Given: registered(), Actor: registry, When: ReviseDue{Cause: CauseIssuer}, Err: ErrMissing},
		{Name: "a paper that is not registered is not due", Given: signed(notice), Actor: registry, When: ReviseDue{CauseIssuer, day("2026-05-08")}, Err: ErrNotRegistered},
	})
}

func TestPolicyDecides(t *testing.T) {
	matters := func(c domaintest.Case[Document], key string, one, other any) {
		t.Helper()
		domaintest.Matters(t, Context, grounded(c), key, one, other)
	}
	matters(domaintest.Case[Document]{Actor: registry, When: Receive{arrival, notice}}, "rcv.registrar", "registrar", "clerk")
	matters(domaintest.Case[Document]{Actor: registry, Given: registered(), When: HandOut{"1", "finance"}}, "rcv.distribution", "registrar", "clerk")
	matters(domaintest.Case[Document]{Actor: registry, Given: registered(), When: Assign{Lead: "finance"}}, "rcv.steps", []string{"register"}, []string{"instruct"})
	matters(domaintest.Case[Document]{Actor: secretary, Given: registered(), When: ProposeHandling(proposed)}, "rcv.reviewBeforeSign", true, false)
	matters(domaintest.Case[Document]{Actor: secretary, Given: registered(), When: ProposeHandling(proposed)}, "apr.authority[收文拟办].signer", office["apr.authority[收文拟办].signer"], []Signer{{Posts: []string{"director"}}})
	matters(domaintest.Case[Document]{Actor: system, Given: signed(urgent("平件")), Facts: map[string]any{"register-1": series("document-1")}, When: RecordRegistration{"document-1", "register-1", 7}}, "rcv.clock[平件]", Days{3}, Days{5})
	matters(domaintest.Case[Document]{Actor: system, Given: signed(urgent("平件")), Facts: map[string]any{"register-1": series("document-1")}, When: RecordRegistration{"document-1", "register-1", 7}}, "cal.countFromNextDay", true, false)
	matters(domaintest.Case[Document]{Actor: registry, Given: registered(), At: "2026-04-16 09:00", When: Return{"non-conforming", "x"}}, "rcv.returnWindow[non-conforming]", Days{1}, Days{3})
	matters(domaintest.Case[Document]{Actor: registry, Given: registered(), When: Close{"read", ""}}, "rcv.settlementCodes", office["rcv.settlementCodes"], []Settlement{{"settled", "办结"}})
	matters(domaintest.Case[Document]{Actor: registry, When: TakeOverFromDuty{"e", morning, arrival, notice}}, "rcv.dutyFax.handOnTo", "registrar", "clerk")
	matters(domaintest.Case[Document]{Actor: registry, When: TakeOverFromDuty{"e", morning, arrival, notice}}, "rcv.dutyFax.firstBook", "值班记录簿", "传真登记簿")
	marked := urgent("平件")
	marked.Class, marked.NotStated = domain.Internal, nil
	enter := domaintest.Case[registers.Series]{Policy: office, Actor: registry, Facts: map[string]any{"document-1": paper(marked), "calendar-office": calendar.Calendar{}},
		When: Enter{"document-1", "收文", 2026}}
	for key, values := range map[string][2]any{
		"rcv.requiredFields": {[]string{"title"}, []string{"term"}},
		"rcv.registerSeries": {office["rcv.registerSeries"], []Series{{Book: "机要"}}},
		"rcv.urgencies":      {[]string{"平件"}, []string{"特急"}},
		"sec.classes":        {[]string{"内部", "秘密"}, []string{"秘密"}},
	} {
		domaintest.Matters(t, registers.Context, enter, key, values[0], values[1])
	}
}

// published is what the documents of a demonstration office state.
func published(t *testing.T, files ...string) domain.Policy {
	t.Helper()
	p := domain.Policy{Stream: "policy-office", Version: 1, Provisions: map[string][]domain.Provision{}}
	for _, file := range files {
		raw, err := presets.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Document struct{ ID string }
			Values   []domain.Provision
		}
		if err := json.Unmarshal(raw, &doc); err != nil {
			t.Fatal(err)
		}
		for _, v := range doc.Values {
			v.Document = doc.Document.ID
			p.Provisions[v.Key] = append(p.Provisions[v.Key], v)
		}
	}
	return p
}

// G30: the county's regulations alone do not say what a paper must show before it is registered, so none is; with the
// supplement it is, and the supplement is cited.
func TestBlankStopsRegistration(t *testing.T) {
	files := presets.Office("county")
	for _, supplement := range []bool{false, true} {
		p := published(t, files[:len(files)-1]...)
		if supplement {
			p = published(t, files...)
		}
		in := &domain.Inputs{Policy: p, NewID: domaintest.NewID, Facts: map[string]domain.Fact{
			"document-1": {State: paper(notice)}, "calendar-office": {State: calendar.Calendar{}}}}
		act := domain.NewAct(domain.Act{Office: "office", Actor: registry, Occurred: now, Received: now, Zone: domaintest.Zone, Command: domaintest.Command}, in)
		events, err := domain.Decide(Enter{"document-1", "收文", 2026}, registers.Series{}, act)
		if !supplement {
			if !errors.Is(err, domain.ErrBlank) || len(events) > 0 || !strings.Contains(err.Error(), "rcv.requiredFields") {
				t.Errorf("the regulations alone: %v, %v", events, err)
			}
			continue
		}
		cited := slices.ContainsFunc(in.Readings(), func(r domain.Reading) bool { return r.Key == "rcv.requiredFields" && r.Provision.Document == "SUP-A" })
		if err != nil || len(events) != 2 || !cited {
			t.Errorf("with the supplement: %v, %v, cited %v", events, err, cited)
		}
	}
}

// Every value that the demonstration offices publish for incoming papers and their books can be read.
func TestPublishedValuesAreReadable(t *testing.T) {
	keys := append(slices.Clone(Context.Keys), registers.Context.Keys...)
	seen := map[string]bool{}
	for _, name := range []string{"county", "bureau", "weekly"} {
		for key, provisions := range published(t, presets.Office(name)...).Provisions {
			for _, k := range keys {
				if !k.Matches(key) {
					continue
				}
				for _, p := range provisions {
					if p.Blank {
						continue
					}
					seen[k.KeyName()] = true
					if err := k.Check(p.Value); err != nil {
						t.Errorf("%s: %v", name, err)
					}
				}
			}
		}
	}
	for _, k := range keys {
		if !seen[k.KeyName()] {
			t.Errorf("no office publishes %s", k.KeyName())
		}
	}
	for _, bad := range []struct {
		key   domain.AnyKey
		value string
	}{{OfficeSteps, `["sign"]`}, {Required, `["colour"]`}} {
		if bad.key.Check(json.RawMessage(bad.value)) == nil {
			t.Errorf("%s takes %s", bad.key.KeyName(), bad.value)
		}
	}
}

func TestEveryFieldCanBeRequired(t *testing.T) {
	full := paper(Paper{SourceOrgans: []string{"国务院"}, Number: "国发〔2026〕1号", Title: "通知", Kind: "通知", IssuedOn: day("2026-04-01"), Urgency: "平件",
		Class: domain.Internal, Term: "1年", Level: "central", Line: "state", Addressee: "各县", Pages: 3})
	full.Envelope = "机1"
	for _, field := range []string{"received_at", "signed_by", "copies", "envelope", "source_organ", "title", "doc_number", "kind", "issued_on", "urgency", "class",
		"term", "level", "line", "addressee", "pages"} {
		if filled, known := full.has(field); !filled || !known {
			t.Errorf("%s: filled %v, known %v", field, filled, known)
		}
		if missing := (Document{}).missing(Fields{field}); len(missing) != 1 {
			t.Errorf("%s is not missed in an empty paper", field)
		}
	}
}

func TestTasks(t *testing.T) {
	r := domain.Recorded{Header: domain.Header{Stream: "document-1", ID: "e-1"}}
	overdue := domain.TaskID{Kind: "document.overdue", Key: "document-1"}
	instruction := domain.TaskID{Kind: "instruction", Key: "document-1"}
	duplicate := domain.TaskID{Kind: "document.duplicate", Key: "document-2"}
	for _, e := range []domain.Opens{number(clocked), DueRevised{Term: clocked}, Reopened{DueAt: clocked.DueAt}} {
		if got := e.Opens(r); len(got) != 1 || got[0].TaskID != overdue || got[0].Due != clocked.DueAt || got[0].Stream != "document-1" {
			t.Errorf("%T opens %+v", e, got)
		}
	}
	for _, e := range []domain.Opens{number(Term{}), DueRevised{}, Reopened{}} {
		if got := e.Opens(r); len(got) != 0 {
			t.Errorf("%T without a time limit opens %+v", e, got)
		}
	}
	if got := proposed.Opens(r); len(got) != 1 || got[0].TaskID != instruction || got[0].Data["kind"] != "收文批示" || got[0].Data["proposal"] != "e-1" {
		t.Errorf("a proposal opens %+v", got)
	}
	later := domain.Recorded{Header: domain.Header{Stream: "document-2"}}
	if got := (DuplicateFound{"document-1"}).Opens(later); len(got) != 1 || got[0].TaskID != duplicate || got[0].Stream != "document-1" {
		t.Errorf("a found copy opens %+v", got)
	}
	for _, c := range []struct {
		event domain.Settles
		want  []domain.TaskID
	}{
		{Returned{}, []domain.TaskID{overdue, instruction}}, {TransferredOut{}, []domain.TaskID{overdue, instruction}},
		{RecalledByIssuer{}, []domain.TaskID{overdue, instruction}}, {Closed{}, []domain.TaskID{overdue, instruction}},
		{Filed{}, []domain.TaskID{overdue, instruction}}, {FindingRaised{}, []domain.TaskID{overdue}}, {Instructed{}, []domain.TaskID{instruction}},
		{DueRevised{}, []domain.TaskID{overdue}}, {DueRevised{Term: clocked}, nil}, {CopiesJoined{From: "document-2"}, []domain.TaskID{duplicate}},
	} {
		if got := c.event.Settles(r); !slices.Equal(got, c.want) {
			t.Errorf("%T settles %v, want %v", c.event, got, c.want)
		}
	}
}

// A class that was decided of the paper stands beside what the paper shows, and the later decision counts, in whatever
// order the two arrive.
func TestClassAdopted(t *testing.T) {
	adopt := func(class domain.Class, revision int64) AdoptClass { return AdoptClass{class, "access-1", revision} }
	run(t, []domaintest.Case[Document]{
		{Name: "the follower enters it", Given: registered(), Actor: system, When: adopt(domain.Secret, 4), Then: []Event{ClassAdopted{domain.Secret, "access-1", 4}}},
		{Name: "nobody enters it by hand", Given: registered(), Actor: registry, When: adopt(domain.Secret, 4), Err: ErrFollower},
		{Name: "there is no such paper", Actor: system, When: adopt(domain.Secret, 4), Err: domain.ErrNoStream},
	})
	late := fold(Context, registered(ClassAdopted{domain.Secret, "access-1", 4}, ClassAdopted{domain.Internal, "access-1", 2},
		RegistrationCorrected{Of: "e-2", Reason: "标题有误", Described: Described{ID: "e-9", Paper: notice}})...)
	if late.ClassOf() != domain.Secret || late.Paper.Title != notice.Title {
		t.Errorf("the paper is of class %q", late.ClassOf())
	}
}

// A copy that goes round is where its slip says, in whatever order the moves arrive; by hand it is not taken back.
func TestCopyCirculates(t *testing.T) {
	move := func(to string, home bool, at int64) CirculateCopy {
		return CirculateCopy{"1", to, home, "circulation-1", at}
	}
	is := func(state CopyState, holder string, at int64) CopyCirculated {
		return CopyCirculated{"1", state, holder, "circulation-1", at}
	}
	with := is(Out, "p-9", 3)
	run(t, []domaintest.Case[Document]{
		{Name: "with the clerk", Given: registered(), Actor: system, When: move("", false, 1), Then: []Event{is(Out, "circulation-1", 1)}},
		{Name: "with a reader", Given: registered(is(Out, "circulation-1", 1)), Actor: system, When: move("p-9", false, 3), Then: []Event{with}},
		{Name: "a move that comes late changes nothing", Given: registered(with), Actor: system, When: move("", false, 1), Then: []Event{is(Out, "p-9", 1)}},
		{Name: "home", Given: registered(with), Actor: system, When: move("", true, 7), Then: []Event{is(Held, "", 7)}},
		{Name: "no late move takes it away from there", Given: registered(with, is(Held, "", 7)), Actor: system, When: move("p-9", false, 5), Then: []Event{is(Held, "", 5)}},
		{Name: "a copy that was handed out otherwise stays there", Given: registered(CopyDistributed{"1", "finance"}), Actor: system, When: move("p-9", false, 3), Then: []Event{is(Out, "finance", 3)}},
		{Name: "nobody does it by hand", Given: registered(), Actor: registry, When: move("p-9", false, 3), Err: ErrFollower},
		{Name: "there is no such copy", Given: registered(), Actor: system, When: CirculateCopy{Copy: "9"}, Err: ErrNoCopy},
		{Name: "it comes back with its slip", Given: registered(with), Actor: registry, When: ReturnCopy{"1"}, Err: ErrCopyCirculates},
		{Name: "home it is handed out again", Given: registered(with, is(Held, "", 7)), Actor: registry, When: HandOut{"1", "finance"}, Then: []Event{CopyDistributed{"1", "finance"}}},
	})
	d := fold(Context, registered(CopyDistributed{"1", "finance"}, is(Out, "finance", 3))...)
	if d.Copies["1"] != (Copy{State: Out, Holder: "finance"}) {
		t.Errorf("a copy that was handed out otherwise is %+v", d.Copies["1"])
	}
}

func TestGolden(t *testing.T) {
	term := clocked
	term.Calendar = 3
	full := Paper{
		SourceOrgans: []string{"中共中央办公厅", "国务院办公厅"}, Number: "中办发〔2016〕8号", Title: "关于全面推进政务公开工作的意见", Kind: "意见", IssuedOn: day("2016-02-17"),
		Urgency: "平件", Class: domain.Internal, Term: "1年", Level: "central", Line: "party+state", Addressee: "各省、自治区、直辖市人民政府", Attachments: 1, Pages: 12,
		AnswerBy: day("2016-03-31"), Contact: "010-00000000", NotStated: []string{"issued_on"},
	}
	received := Received{ID: "e-1", Office: "county", ReceivedAt: morning, SignedBy: "p-2", Served: "研究室", Channel: "机要", Envelope: "机2026-31", Seal: "intact",
		Copies: []string{"000012", "1"}, Remarks: "封面有折痕"}
	inFull := instructed
	inFull.Co = []string{"planning"}
	proposal := proposed
	proposal.DueOn = day("2026-04-20")
	domaintest.Golden(t, Context,
		received, ReceiptCorrected{"e-1", "多记一份", received}, Described{"e-2", full}, RegistrationCorrected{"e-2", "标题有误", Described{"e-9", full}},
		DutyPaperHandedOn{"duty-1/entry-4", morning, "值班记录簿"}, number(term),
		DueRevised{Cause: CauseCalendar, WasOn: day("2026-04-16"), WasProvisional: true, WasCalendar: 2, Term: term}, DuplicateFound{"document-1"},
		PreCheckPassed{}, Returned{"non-conforming", "缺签发人", day("2026-04-15")}, Classified{"综合", "文件"}, ClassAdopted{domain.Secret, "access-1", 4}, LegalityReviewed{"doubts", "与上位规定不一致"},
		Presented{"director"}, proposal, inFull, Assigned{"finance", []string{"planning-head"}, day("2026-04-17")},
		AssignmentAccepted{"finance"}, AssignmentDeclined{"planning-head", "非本股职责"}, Urged{1, "finance-head", "请抓紧"},
		FindingRaised{"overdue", midnight("2026-04-17")}, ProcessingReviewed{"已阅，按时"}, HandlingReported{"finance", "已办理"},
		ReplySent{"国务院办公厅", "letter", "县政办函〔2026〕3号", day("2026-04-14")}, Suspended{"等上级答复"}, Resumed{}, TransferredOut{"县民政局", "属其职责"},
		RecalledByIssuer{"国办函〔2026〕1号", "内容有误"}, Closed{"settled", "办结", "已按要求落实"}, Reopened{"要求补充", midnight("2026-04-17")},
		Filed{"县政办-2026-010-0012", "3", "30年"}, CopyDistributed{"1", "finance"}, CopyReturned{"1", "finance"}, CopyCirculated{"1", Out, "p-9", "circulation-1", 4}, CopyRegistered{"1", "3", "approval-4"},
		CopiesJoined{"document-2", []JoinedCopy{{"2", "1"}}}, CopySentBack{"1", "国务院办公厅"}, CopyDestroyed{"1", "e-9"},
		Transcribed{ID: "e-1", Office: "county", ReceivedAt: morning, By: "p-2", Source: Source{"i-1", "2025.xlsx", 12}, SignedBy: "王芳", Served: "研究室", Channel: "机要",
			Copies: []Placed{{"1", "finance"}}, Remarks: "补登", Lead: "finance", Co: []string{"planning"}, Closed: true, ClosedOn: day("2026-04-20"),
			Settlement: "办结", FileCode: "县政办-2025-010-0012", Term: term},
		NumberTranscribed{"register-1", 7, "收文〔2025〕7号"}, TranscriptWithdrawn{"i-1", "文件选错", "收文〔2025〕7号"})
}
