package circulation

import (
	"maps"
	"testing"

	"andu/domain"
	"andu/domain/access"
	"andu/domain/documents"
	"andu/domain/domaintest"
	"andu/domain/org"
	"andu/domain/persons"
)

const doc = "document-1"

var (
	county = map[string]any{"cir.scope": Bounds{"prescribed-scope", "never"}, "cir.order": "rank", "cir.skipReturn": true, "cir.maxDwell[平件]": Dwell{2}, "cir.maxDwell[特急]": Dwell{0},
		"cir.horizontalPass": "forbidden", "sec.read.profile[机密]": access.ReadProfile{Copy: "approval"}, "sec.read.profile[绝密]": access.ReadProfile{Copy: "never"}, "sec.returnSameDay": SameDay{domain.Confidential, true}, "rcv.distribution": "registrar"}
	bureau = but("cir.order", AtOnce)
	clerkA = domain.Actor{Person: "p-clerk", Post: "registrar"}
	r1     = domain.Actor{Person: "p-1", Post: "director"}
	r2     = domain.Actor{Person: "p-2", Post: "deputy"}
	r3     = domain.Actor{Person: "p-3", Post: "secretary"}
	system = domain.Actor{Person: domain.System}
)

func but(pairs ...any) map[string]any {
	p := maps.Clone(county)
	for i := 0; i < len(pairs); i += 2 {
		p[pairs[i].(string)] = pairs[i+1]
	}
	return p
}

func facts(class domain.Class, scope ...string) map[string]any {
	day := domain.Date{Year: 2020, Month: 1, Day: 1}
	var o org.Office
	for i, a := range []domain.Actor{r1, r2, r3, clerkA} {
		for _, e := range []org.Event{org.PostCreated{Post: a.Post, Title: a.Post, Rank: i + 1}, org.PersonJoined{Person: a.Person, On: day}, org.PostFilled{Post: a.Post, Person: a.Person, From: day}} {
			o = e.Evolve(o)
		}
	}
	s := access.Begun{Document: doc, Class: class}.Evolve(access.Access{})
	if len(scope) > 0 {
		s = access.ScopeSet{Persons: scope}.Evolve(s)
	}
	f := map[string]any{org.Stream("office"): o, access.Stream(doc): s,
		doc: documents.Document{Received: true, Copies: map[string]documents.Copy{"1": {State: documents.Held}}, Paper: documents.Paper{Class: class, Urgency: "平件"}}}
	for _, a := range []domain.Actor{r1, r2, r3} {
		f[persons.Stream(a.Person)] = persons.ClearanceGranted{Class: domain.Secret}.Evolve(persons.Person{})
	}
	return f
}

type events = []Event

var (
	due     = domain.At(domain.Date{Year: 2026, Month: 4, Day: 16}.End(domaintest.Zone))
	started = Started{Document: doc, Copy: "1", Urgency: "平件", Order: "rank", Readers: []string{"p-1", "p-2", "p-3"}, Authority: "主任批示"}
)

func handed(person string) CopyHandedTo {
	return CopyHandedTo{Reader: person, Clearance: domain.Secret, Due: due}
}
func moved(to string) CopyMoved         { return CopyMoved{Copy: "1", To: to} }
func signed(person string) ReaderSigned { return ReaderSigned{Reader: person} }

func run(t *testing.T, cases []domaintest.Case[Slip]) {
	t.Helper()
	for i := range cases {
		if cases[i].Policy == nil {
			cases[i].Policy = county
		}
		if cases[i].Facts == nil {
			cases[i].Facts = facts("")
		}
		if cases[i].Actor.Person == "" {
			cases[i].Actor = clerkA
		}
	}
	domaintest.Run(t, Context, cases)
}

// G17: the case goes back a step at 11:00; nothing of the slip reads the case, so the circulation goes on to its end.
func TestG17(t *testing.T) {
	start := Start{Document: doc, Copy: "1", Readers: []string{"p-3", "p-1", "p-2"}, Authority: "主任批示"}
	once := Started{Document: doc, Urgency: "平件", Order: AtOnce, Readers: []string{"p-3", "p-1", "p-2"}, Authority: "x"}
	all := events{once, handed("p-3"), handed("p-1"), handed("p-2")}
	run(t, []domaintest.Case[Slip]{
		{Name: "G17 A: the readers stand by rank", When: start, Then: events{started, moved("")}},
		{Name: "G17 A: R2 is delivered 10:30, after R1 signed", At: "2026-04-14 10:30", Given: events{started, handed("p-1"), signed("p-1")}, When: Deliver{"p-2"}, Then: events{handed("p-2"), moved("p-2")}},
		{Name: "G17 A: R2 signs 11:05, after the case was returned", At: "2026-04-14 11:05", Actor: r2, Given: events{started, handed("p-1"), signed("p-1"), handed("p-2")}, When: Sign{}, Then: events{signed("p-2"), moved("")}},
		{Name: "G17 A: R3 is delivered 11:06", At: "2026-04-14 11:06", Given: events{started, handed("p-1"), signed("p-1"), handed("p-2"), signed("p-2")}, When: Deliver{"p-3"}, Then: events{handed("p-3"), moved("p-3")}},
		{Name: "G17 A: with R3's signature 11:20 it is complete", At: "2026-04-14 11:20", Actor: r3, Given: events{started, handed("p-1"), signed("p-1"), handed("p-2"), signed("p-2"), handed("p-3")}, When: Sign{},
			Then: events{signed("p-3"), Completed{Readers: 3}, moved("")}},
		{Name: "G17 B: all at once, electronic", Policy: bureau, When: Start{Document: doc, Readers: []string{"p-3", "p-1", "p-2"}, Authority: "x"}, Then: all},
		{Name: "G17 B: a reader opens at 11:00", Policy: bureau, Actor: r1, Given: all, When: MarkOpened{}, Then: events{CopyOpened{Reader: "p-1"}}},
		{Name: "G17 B: complete with the third", Policy: bureau, Actor: r2, Given: append(all, signed("p-1"), signed("p-3")), When: Sign{Opinion: "已阅"}, Then: events{ReaderSigned{Reader: "p-2", Opinion: "已阅"}, Completed{Readers: 3}}},
	})
}

func TestCirculation(t *testing.T) {
	skipped := ReaderSkipped{Reader: "p-1", Reason: "出差", ReturnLater: true}
	given := events{started, handed("p-1")}
	late := handed("p-1")
	secretDue := domain.At(domain.Date{Year: 2026, Month: 4, Day: 14}.End(domaintest.Zone))
	run(t, []domaintest.Case[Slip]{
		{Name: "a slip has readers, each once", When: Start{Document: doc, Readers: []string{"p-1", "p-1"}, Authority: "x"}, Err: ErrReaders},
		{Name: "and names who decided", When: Start{Document: doc, Readers: []string{"p-1"}}, Err: ErrMissing},
		{Name: "the clerk runs it", Actor: r1, When: Start{Document: doc, Readers: []string{"p-1"}, Authority: "x"}, Err: ErrClerk},
		{Name: "the system starts none", Actor: system, When: Start{Document: doc, Readers: []string{"p-1"}, Authority: "x"}, Err: domain.ErrSystem},
		{Name: "a copy that is not there does not go round", When: Start{Document: doc, Copy: "9", Readers: []string{"p-1"}, Authority: "x"}, Err: documents.ErrNoCopy},
		{Name: "it is started once", Given: given, When: Start{Document: doc, Readers: []string{"p-1"}, Authority: "x"}, Err: ErrStarted},
		{Name: "who is outside the scope is handed nothing (R189)", Facts: facts("", "p-2"), Given: events{started}, When: Deliver{"p-1"}, Err: access.ErrNotInScope},
		{Name: "who is not cleared at that instant is handed nothing", Facts: facts(domain.TopSecret, "p-1"), Given: events{started}, When: Deliver{"p-1"}, Err: access.ErrNotCleared},
		{Name: "all at once: one outside the scope stops the start", Policy: bureau, Facts: facts("", "p-2"), When: Start{Document: doc, Readers: []string{"p-1"}, Authority: "x"}, Err: access.ErrNotInScope},
		{Name: "a classified copy is back the same day", Facts: facts(domain.Secret, "p-1"), Given: events{started}, When: Deliver{"p-1"},
			Then: events{CopyHandedTo{Reader: "p-1", Class: domain.Secret, Clearance: domain.Secret, Due: secretDue}, moved("p-1")}},
		{Name: "one copy has one holder at a time", Given: given, When: Deliver{"p-2"}, Err: ErrHolder},
		{Name: "the first in rank comes first", Given: events{started}, When: Deliver{"p-2"}, Err: ErrTurn},
		{Name: "who has it does not get it again", Given: given, When: Deliver{"p-1"}, Err: ErrNotWaiting},
		{Name: "who is not on the slip gets nothing", Facts: but2(facts(""), persons.Stream("p-9"), persons.Person{}), Given: given, When: Deliver{"p-9"}, Err: ErrNotReader},
		{Name: "readers do not pass it on", Actor: r1, Given: given, When: Deliver{"p-2"}, Err: ErrPass},
		{Name: "where the office allows it they do", Policy: but("cir.horizontalPass", "allowed"), Actor: r1, Given: append(given, signed("p-1")), When: Deliver{"p-2"}, Then: events{handed("p-2"), moved("p-2")}},
		{Name: "who is away is passed by, and reads later", Given: events{started}, When: Skip{"p-1", "出差"}, Then: events{skipped}},
		{Name: "with a reason", Given: events{started}, When: Skip{"p-1", ""}, Err: ErrMissing},
		{Name: "then the next has his turn", Given: events{started, skipped}, When: Deliver{"p-2"}, Then: events{handed("p-2"), moved("p-2")}},
		{Name: "it is not complete before he has read", Actor: r3, Given: events{started, skipped, handed("p-2"), signed("p-2"), handed("p-3")}, When: Sign{}, Then: events{signed("p-3"), moved("")}},
		{Name: "he is delivered again", Given: events{started, skipped, handed("p-2"), signed("p-2"), handed("p-3"), signed("p-3")}, When: Deliver{"p-1"}, Then: events{handed("p-1"), moved("p-1")}},
		{Name: "who has signed is not passed by", Given: events{started, handed("p-1"), signed("p-1")}, When: Skip{"p-1", "x"}, Err: ErrNotWaiting},
		{Name: "who is not on it is not passed by", Given: events{started}, When: Skip{"p-9", "x"}, Err: ErrNotReader},
		{Name: "a reader is added by authority", Given: given, When: AddReader{"p-4", "主任"}, Then: events{ReaderAdded{"p-4", "主任"}}},
		{Name: "not without", Given: given, When: AddReader{"p-4", ""}, Err: ErrMissing},
		{Name: "not twice", Given: given, When: AddReader{"p-1", "主任"}, Err: ErrReader},
		{Name: "only who has it signs", Actor: r2, Given: given, When: Sign{}, Err: ErrNotDelivered},
		{Name: "the system signs nothing", Actor: system, Given: given, When: Sign{}, Err: domain.ErrSystem},
		{Name: "the paper is taken back from a reader", Given: given, When: Recall{"p-1", "调离"}, Then: events{CopyRecalled{"p-1", "调离"}, moved("")}},
		{Name: "with a reason too", Given: given, When: Recall{"p-1", ""}, Err: ErrMissing},
		{Name: "the clerk urges", Given: given, When: Urge{Person: "p-1", Note: "请抓紧"}, Then: events{Urged{Reader: "p-1", Note: "请抓紧"}}},
		{Name: "nobody is urged who has it not", Given: given, When: Urge{Person: "p-2"}, Err: ErrNotDelivered},
		{Name: "at 24:00 of the second day the schedule urges", At: "2026-04-17 00:00", Actor: system, Given: events{started, late}, When: NoteDwell{"p-1"}, Then: events{Urged{Reader: "p-1", Overdue: due}}},
		{Name: "a microsecond before it does not", At: "2026-04-16 23:59:59.999999", Actor: system, Given: events{started, late}, When: NoteDwell{"p-1"}},
		{Name: "nobody does it by hand", Given: given, When: NoteDwell{"p-1"}, Err: ErrFollower},
		{Name: "it is stopped with a reason", Given: given, When: Stop{"收回"}, Then: events{Stopped{"收回"}}},
		{Name: "not without one", Given: given, When: Stop{}, Err: ErrMissing},
		{Name: "after the end nothing is handed over", Given: append(given, Stopped{"x"}), When: Deliver{"p-2"}, Err: ErrOver},
		{Name: "it is not back before the end", Given: given, When: Return{}, Err: ErrOpen},
		{Name: "then it is", Given: append(given, Stopped{"x"}), When: Return{}, Then: events{Returned{"1"}, CopyMoved{Copy: "1", Home: true}}},
		{Name: "it is not counted before it is back", Given: append(given, Stopped{"x"}), When: Count{Whole: true}, Err: ErrNotReturned},
		{Name: "then it is counted", Given: append(given, Stopped{"x"}, Returned{"1"}), When: Count{Whole: true}, Then: events{CopyCounted{Whole: true}}},
		{Name: "what is missing is named", Given: append(given, Stopped{"x"}, Returned{"1"}), When: Count{}, Err: ErrMissing},
		{Name: "a copy that is elsewhere does not go round", Facts: but2(facts(""), doc, documents.Document{Received: true, Copies: map[string]documents.Copy{"1": {State: documents.Out, Holder: "p-9"}}}),
			When: Start{Document: doc, Copy: "1", Readers: []string{"p-1"}, Authority: "x"}, Err: documents.ErrCopyAway},
		{Name: "one copy is not with several at once", Policy: bureau, When: Start{Document: doc, Copy: "1", Readers: []string{"p-1", "p-2"}, Authority: "x"}, Err: ErrOneCopy},
		{Name: "the reader who has it takes an extract", Actor: r1, Given: given, When: TakeExtract{Part: "第三部分", Purpose: "承办"}, Then: events{extract("")}},
		{Name: "saying of what", Actor: r1, Given: given, When: TakeExtract{Purpose: "承办"}, Err: ErrMissing},
		{Name: "and what for", Actor: r1, Given: given, When: TakeExtract{Part: "第三部分"}, Err: ErrMissing},
		{Name: "nobody else does", Actor: r2, Given: given, When: TakeExtract{Part: "第三部分", Purpose: "承办"}, Err: ErrNotDelivered},
		{Name: "of 机密 with an approval", Actor: r1, Given: secretly(domain.Secret), When: TakeExtract{Part: "第三部分", Purpose: "承办"}, Err: ErrApproval},
		{Name: "which is on record", Actor: r1, Given: secretly(domain.Secret), When: TakeExtract{Part: "第三部分", Purpose: "承办", Approval: "主任批准"}, Then: events{extract("主任批准")}},
		{Name: "of 绝密 never", Actor: r1, Given: secretly(domain.TopSecret), When: TakeExtract{Part: "第三部分", Purpose: "承办", Approval: "主任批准"}, Err: ErrCopying},
		{Name: "nothing is back before the extracts are", Given: append(given, extract(""), Stopped{"x"}), When: Return{}, Err: ErrExtractsOut},
		{Name: "the clerk takes one back", Given: append(given, extract(""), Stopped{"x"}), When: ReturnExtract{extract("").Extract}, Then: events{ExtractReturned{extract("").Extract, "p-1"}}},
		{Name: "once", Given: append(given, extract(""), ExtractReturned{extract("").Extract, "p-1"}), When: ReturnExtract{extract("").Extract}, Err: ErrNoExtract},
		{Name: "the reader does not himself", Actor: r1, Given: append(given, extract("")), When: ReturnExtract{extract("").Extract}, Err: ErrClerk},
		{Name: "a blank order starts nothing (G30)", Policy: but("cir.order", domaintest.Blank{}), When: Start{Document: doc, Readers: []string{"p-1"}, Authority: "x"}, Err: domain.ErrBlank},
	})
}

func extract(approval string) ExtractTaken {
	return ExtractTaken{Extract: domaintest.NewID(domaintest.Command, "extract"), Reader: "p-1", Part: "第三部分", Purpose: "承办", Approval: approval}
}

func secretly(class domain.Class) events {
	h := handed("p-1")
	h.Class = class
	return events{started, h}
}

func but2(m map[string]any, key string, v any) map[string]any { m[key] = v; return m }

func TestPolicyDecides(t *testing.T) {
	matters := func(c domaintest.Case[Slip], key string, one, other any) {
		t.Helper()
		c.Policy = county
		if c.Facts == nil {
			c.Facts = facts("")
		}
		if c.Actor.Person == "" {
			c.Actor = clerkA
		}
		domaintest.Matters(t, Context, c, key, one, other)
	}
	start := domaintest.Case[Slip]{When: Start{Document: doc, Readers: []string{"p-1"}, Authority: "x"}}
	deliver := domaintest.Case[Slip]{Given: events{started}, When: Deliver{"p-1"}}
	outside, secret := deliver, deliver
	outside.Facts, secret.Facts = facts("", "p-2"), facts(domain.Secret, "p-1")
	matters(start, "cir.order", "rank", AtOnce)
	matters(start, "rcv.distribution", "registrar", "secretary")
	matters(deliver, "cir.maxDwell[平件]", Dwell{2}, Dwell{3})
	matters(outside, "cir.scope", Bounds{"scope-of-paper", "never"}, Bounds{"scope-of-paper", "authorised"})
	matters(secret, "sec.returnSameDay", SameDay{domain.Confidential, true}, SameDay{domain.TopSecret, true})
	matters(domaintest.Case[Slip]{Given: events{started, handed("p-1"), signed("p-1")}, Actor: r1, When: Deliver{"p-2"}}, "cir.horizontalPass", "forbidden", "allowed")
	matters(domaintest.Case[Slip]{Given: events{started}, When: Skip{"p-1", "x"}}, "cir.skipReturn", true, false)
	matters(domaintest.Case[Slip]{Given: secretly(domain.Secret), Actor: r1, When: TakeExtract{Part: "x", Purpose: "x", Approval: "x"}}, "sec.read.profile[机密]",
		access.ReadProfile{Copy: "approval"}, access.ReadProfile{Copy: "never"})
}

func TestGolden(t *testing.T) {
	full := started
	full.Class = domain.Internal
	h := handed("p-1")
	h.Class = domain.Internal
	domaintest.Golden(t, Context, CopyMoved{"1", "p-1", true}, extract("主任批准"), ExtractReturned{"extract-1", "p-1"}, full, h, ReaderAdded{"p-4", "主任"}, CopyOpened{"p-1"}, ReaderSigned{"p-1", "已阅"}, ReaderSkipped{"p-1", "出差", true},
		CopyRecalled{"p-1", "调离"}, Urged{"p-1", "请抓紧", due}, Completed{3}, Stopped{"收回"}, Returned{"1"}, CopyCounted{true, "无缺"},
		domain.Refused[Slip]{Command: "circulation.Deliver", Code: ErrPass.Code, Params: map[string]string{"x": "y"}})
}
