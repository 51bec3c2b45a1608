package approvals

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"andu/domain"
	"andu/domain/domaintest"
	"andu/domain/org"
	"andu/presets"

	"pgregory.net/rapid"
)

type rule = domaintest.Case[Case]

var (
	applicant = domain.Actor{Person: "p-applicant", Post: "clerk"}
	deputy    = domain.Actor{Person: "p-deputy", Post: "deputy-papers"}
	director  = domain.Actor{Person: "p-director", Post: "director"}
	secretary = domain.Actor{Person: "p-secretary", Post: "secretary"}
	vice      = domain.Actor{Person: "p-vice", Post: "vice-county-head"}
	system    = domain.Actor{Person: domain.System}
)

// staff is who holds which post in the county office; the county head is not in the system.
var staff = map[string][]string{
	"clerk": {"p-applicant", "p-clerk"}, "deputy-papers": {"p-deputy"}, "director": {"p-director"}, "secretary": {"p-secretary"},
	"vice-county-head": {"p-vice"},
}

// office makes an organisation of holders by post and of delegations.
func office(t testing.TB, holders map[string][]string, delegations ...org.DelegationGranted) org.Office {
	events := []org.Event{org.OfficeSetUp{Office: "office", Name: "county office", Zone: "Asia/Shanghai"}}
	joined := map[string]bool{}
	for _, post := range slices.Sorted(maps.Keys(holders)) {
		events = append(events, org.PostCreated{Post: post, Title: post, Rank: 1})
		for _, p := range holders[post] {
			if !joined[p] {
				events = append(events, org.PersonJoined{Person: p, On: domain.Date{Year: 2020, Month: 1, Day: 1}})
				joined[p] = true
			}
			events = append(events, org.PostFilled{Post: post, Person: p, From: domain.Date{Year: 2020, Month: 1, Day: 1}})
		}
	}
	for _, d := range delegations {
		events = append(events, d)
	}
	o, err := org.Context.Fold(org.Office{}, domaintest.Record(t, org.Context, events...))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// without is the staff with some posts vacant.
func without(posts ...string) map[string][]string {
	h := maps.Clone(staff)
	for _, p := range posts {
		h[p] = nil
	}
	return h
}

func facts(o org.Office) map[string]any { return map[string]any{org.Stream("office"): o} }

// county is what the county office and its supplement state about approvals.
func county(more ...any) map[string]any {
	p := map[string]any{
		"apr.authority[县政府下发文件].signer": Signers{{Posts: []string{"director"}, Mode: All}},
		"apr.authority[其他文件].signer":    Signers{{Posts: []string{"deputy-papers"}, Mode: All}},
		"apr.authority[收文批示].signer": Signers{{Posts: []string{"director"}, Mode: All},
			{Posts: []string{"county-head", "vice-county-head"}, Mode: Any, When: When{Reserved: true}}},
		"apr.authority[有争议的问题].signer":      Signers{{Posts: []string{"county-head", "vice-county-head"}, Mode: Any}},
		"apr.authority[会签].signer":          Signers{{Posts: []string{"deputy-papers", "director"}}},
		"apr.authority[人事].body":            []string{"directors-meeting", "party-group"},
		"apr.escalateUp[directors-meeting]": "party-group",
		"apr.timeout":                       Hours{24}, "apr.remindAfter": Hours{4}, "apr.countersign": All,
		"apr.escalateTo[deputy-papers]": "director", "apr.escalateTo[director]": "county-head",
		"apr.autoApprove": "never", "apr.correctAfterClose": "allowed",
		"org.selfApproval": "never", "org.vacantApprover": "escalate", "rcv.reviewBeforeSign": true,
	}
	for i := 0; i < len(more); i += 2 {
		p[more[i].(string)] = more[i+1]
	}
	return p
}

// story takes commands one after another, as the office would.
type story struct {
	t      testing.TB
	policy map[string]any
	office org.Office
	log    []domain.Recorded
	n      int
}

func tell(t testing.TB, policy map[string]any, o org.Office) *story {
	return &story{t: t, policy: policy, office: o}
}

func (s *story) state() Case {
	c, err := Context.Fold(Case{}, s.log)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *story) act(at string, actor domain.Actor) domain.Act {
	return domain.NewAct(domain.Act{Office: "office", Actor: actor, Occurred: domaintest.Time(at), Received: domaintest.Time(at),
		Zone: domaintest.Zone, Command: fmt.Sprintf("command/%d", s.n)},
		&domain.Inputs{Policy: domaintest.Policy(s.policy), NewID: domaintest.NewID,
			Facts: map[string]domain.Fact{org.Stream("office"): {State: s.office}}})
}

func (s *story) try(at string, actor domain.Actor, cmd Command) ([]Event, error) {
	s.n++
	act := s.act(at, actor)
	events, err := domain.Decide(cmd, s.state(), act)
	if err != nil {
		return nil, err
	}
	for i, e := range events {
		row, payload, err := Context.Encode(e)
		if err != nil {
			s.t.Fatal(err)
		}
		back, err := Context.Decode(row.Name, row.Version, payload)
		if err != nil {
			s.t.Fatal(err)
		}
		h := domain.Header{Stream: "approval-1", Revision: int64(len(s.log)), ID: act.EventID(i), Type: row.Name, Actor: actor, OccurredAt: act.Occurred}
		if c, ok := back.(domain.Correction); ok {
			h.Corrects = c.Corrects()
		}
		s.log = append(s.log, domain.Recorded{Header: h, Event: back})
	}
	return events, nil
}

func (s *story) do(at string, actor domain.Actor, cmd Command) []Event {
	s.t.Helper()
	events, err := s.try(at, actor, cmd)
	if err != nil {
		s.t.Fatalf("%T: %v", cmd, err)
	}
	return events
}

func (s *story) refused(at string, actor domain.Actor, cmd Command, want *domain.Refusal) {
	s.t.Helper()
	if _, err := s.try(at, actor, cmd); !errors.Is(err, want) {
		s.t.Fatalf("%T: got %v, want %v", cmd, err, want)
	}
}

// given is the log of the story so far, for a table of cases.
func (s *story) given() (events []Event) {
	for _, r := range s.log {
		events = append(events, r.Event.(Event))
	}
	return events
}

func names(events []Event) string {
	var out []string
	for _, e := range events {
		row, _, _ := Context.Encode(e)
		out = append(out, strings.TrimPrefix(row.Name, "approval."))
	}
	return strings.Join(out, " ")
}

func last[E Event](t testing.TB, events []Event) E {
	t.Helper()
	for _, e := range slices.Backward(events) {
		if v, ok := e.(E); ok {
			return v
		}
	}
	t.Fatalf("no %T in %s", *new(E), names(events))
	return *new(E)
}

var (
	paper  = OpenCase{Kind: "其他文件", Subject: "document-1", Revision: 3, Digest: "sha-a", Title: "t"}
	shown  = Shown{Case: 2, Subject: 3, Digest: "sha-a"}
	yes    = Approve{Step: 1, Text: "同意", Shown: shown}
	monday = "2026-04-13 09:00:00"
)

// opened is a case of the kind as it stands after opening.
func opened(t testing.TB, kind string, more ...any) []Event {
	s := tell(t, county(more...), office(t, staff))
	c := paper
	c.Kind = kind
	s.do(monday, applicant, c)
	return s.given()
}

func TestRules(t *testing.T) {
	full := office(t, staff)
	at := "2026-04-13 10:00:00"
	now := domaintest.Time(at)
	id := domain.EventID(domaintest.NewID, domaintest.Command, 0)
	said := func(actor domain.Actor, step int, text string, posts ...string) Said {
		return Said{ID: id, Step: step, Posts: posts, By: By{Person: actor.Person, Post: actor.Post}, Text: text, Shown: shown, At: now, Policy: 1}
	}
	papers := opened(t, "其他文件")
	incoming := opened(t, "收文批示")
	countersign := opened(t, "会签")
	inSequence := opened(t, "会签", "apr.countersign", Sequence)
	personnel := opened(t, "人事")
	routed := func(step int, rule string, mode Method, at string, seats ...Asked) StepRouted {
		i := domaintest.Time(at)
		return StepRouted{Step: step, Rule: rule, Mode: mode, Seats: seats, Due: Hours{24}.after(i), Remind: Hours{4}.after(i), Policy: 1}
	}
	delegated := office(t, staff, org.DelegationGranted{Delegation: "d-1", Grantor: "deputy-papers", GrantedBy: "p-deputy", Post: "secretary",
		Matter: "其他文件", From: domain.Date{Year: 2026, Month: 1, Day: 1}, To: domain.Date{Year: 2026, Month: 12, Day: 31}})
	under := secretary
	under.Delegation = "d-1"
	byDelegation := said(secretary, 1, "同意", "deputy-papers")
	byDelegation.By.Delegation = "d-1"
	entrusted := append(slices.Clone(papers), StepEntrusted{Step: 1, For: "deputy-papers", Person: "p-secretary", By: By{Person: "p-deputy", Post: "deputy-papers"}})
	byTrust := said(secretary, 1, "同意", "deputy-papers")
	byTrust.By.EntrustedBy = "p-deputy"
	closedPapers := append(slices.Clone(papers),
		Approved{Said: Said{ID: domaintest.GivenID(len(papers)), Step: 1, Posts: []string{"deputy-papers"}, By: By{Person: "p-deputy", Post: "deputy-papers"}, Text: "同意"}, Completes: true},
		Closed{Outcome: OutcomeApproved, Kind: "其他文件", Subject: "document-1"})
	plan := []Planned{{Step: 1, Posts: []string{"deputy-papers"}, Mode: All}}
	open := Opened{Kind: "其他文件", Subject: "document-1", Revision: 3, Digest: "sha-a", Title: "t", Applicant: By{Person: "p-applicant", Post: "clerk"}}
	route := RouteResolved{Kind: "其他文件", Revision: 3, Digest: "sha-a", Steps: plan, Policy: 1}
	outgoing := paper
	outgoing.Outgoing = true
	sent, review := open, route
	sent.Outgoing, review.ReviewDue = true, true
	written := paper
	written.Form = "written"
	forms := county("apr.authority[其他文件].signer", Signers{{Posts: []string{"deputy-papers"}, Mode: All, Form: "written"}})
	classes := county("apr.authority[其他文件].signer", Signers{{Posts: []string{"deputy-papers"}, Mode: All}, {Posts: []string{"director"}, Mode: All, When: When{ClassFrom: domain.Internal}}})
	openForm := open
	openForm.Form = "written"
	first := routed(1, "apr.authority[其他文件].signer", All, at, Asked{For: "deputy-papers", Post: "deputy-papers"})
	closed := func(outcome string) Closed {
		return Closed{Outcome: outcome, Kind: "其他文件", Subject: "document-1", Decision: id}
	}
	handedOn := paper
	handedOn.Applicant = "p-clerk"
	openHanded := open
	openHanded.Applicant = By{Person: "p-clerk"}

	domaintest.Run(t, Context, []rule{
		{Name: "a case goes to the post that the authority table names", Policy: county(), Facts: facts(full), Actor: applicant, At: at,
			When: paper, Then: []Event{open, route, first}},
		{Name: "a blank row of the authority table refuses the case (G30)", Policy: county("apr.authority[其他文件].signer", domaintest.Blank{}),
			Facts: facts(full), Actor: applicant, At: at, When: paper, Err: domain.ErrBlank},
		{Name: "an outgoing paper is reviewed before it goes to the signer", Policy: county(), Facts: facts(full), Actor: applicant, At: at,
			When: outgoing, Then: []Event{sent, review}},
		{Name: "nobody signs before the review", Given: []Event{sent, review}, Policy: county(), Facts: facts(full), Actor: deputy, At: at,
			When: yes, Err: ErrNotRouted},
		{Name: "the reviewed paper goes to the signer", Given: []Event{sent, review}, Policy: county(), Facts: facts(full), Actor: secretary, At: at,
			When: ReviewLegality{OK: true, Text: "合法", Shown: shown}, Then: []Event{
				LegalityReviewed{Said: Said{ID: id, Posts: []string{}, By: By{Person: "p-secretary", Post: "secretary"}, Text: "合法", Shown: shown, At: now, Policy: 1}, OK: true}, first}},
		{Name: "a doubt keeps the paper from the signer", Given: []Event{sent, review}, Policy: county(), Facts: facts(full), Actor: secretary, At: at,
			When: ReviewLegality{Text: "存疑", Shown: shown}, Then: []Event{
				LegalityReviewed{Said: Said{ID: id, Posts: []string{}, By: By{Person: "p-secretary", Post: "secretary"}, Text: "存疑", Shown: shown, At: now, Policy: 1}}}},
		{Name: "nobody reviews his own paper", Given: []Event{sent, review}, Policy: county(), Facts: facts(full), Actor: applicant, At: at,
			When: ReviewLegality{OK: true, Shown: shown}, Err: ErrSelf},
		{Name: "only the posts that policy names review, where it names them", Given: []Event{sent, review}, Policy: county("apr.authority[其他文件].legalReview", []string{"director"}),
			Facts: facts(full), Actor: secretary, At: at, When: ReviewLegality{OK: true, Shown: shown}, Err: ErrAuthority},
		{Name: "the review is of the version put up", Given: []Event{sent, review}, Policy: county(), Facts: facts(full), Actor: secretary, At: at,
			When: ReviewLegality{OK: true, Shown: Shown{Digest: "sha-b"}}, Err: ErrShown},
		{Name: "no review is taken where none is due", Given: papers, Policy: county(), Facts: facts(full), Actor: secretary, At: at,
			When: ReviewLegality{OK: true, Shown: shown}, Err: ErrReview},
		{Name: "a follower opens a case for the person whose proposal it hands on", Policy: county(), Facts: facts(full), Actor: system, At: at,
			When: handedOn, Then: []Event{openHanded, route, first}},
		{Name: "the system asks for nothing of its own", Policy: county(), Facts: facts(full), Actor: system, At: at, When: paper, Err: domain.ErrSystem},
		{Name: "nobody asks in the name of another", Policy: county(), Facts: facts(full), Actor: applicant, At: at, When: handedOn, Err: ErrApplicant},
		{Name: "a case is opened once", Given: papers, Policy: county(), Facts: facts(full), Actor: applicant, At: at, When: paper, Err: ErrOpened},
		{Name: "the class is one of the law", Policy: county(), Facts: facts(full), Actor: applicant, At: at,
			When: OpenCase{Kind: "其他文件", Title: "t", Class: "绝对"}, Err: ErrClass},
		{Name: "the form is a condition of the step", Policy: forms, Facts: facts(full), Actor: applicant, At: at, When: paper, Err: ErrForm},
		{Name: "a case in the right form is routed", Policy: forms, Facts: facts(full), Actor: applicant, At: at, When: written,
			Then: []Event{openForm, route, first}},
		{Name: "a table that applies to nothing opens nothing", Policy: county("apr.authority[其他文件].signer", Signers{{Posts: []string{"director"}, When: When{ClassFrom: domain.Secret}}}),
			Facts: facts(full), Actor: applicant, At: at, When: paper, Err: ErrNoStep},

		{Name: "the holder of the post approves, and what was shown is kept", Given: papers, Policy: county(), Facts: facts(full), Actor: deputy, At: at,
			When: yes, Then: []Event{Approved{Said: said(deputy, 1, "同意", "deputy-papers"), Completes: true}, closed(OutcomeApproved)}},
		{Name: "a step that the case does not need is skipped with the reason", Given: func() []Event {
			s := tell(t, classes, full)
			s.do(monday, applicant, paper)
			return s.given()
		}(), Policy: classes, Facts: facts(full), Actor: deputy, At: at, When: yes, Then: []Event{
			Approved{Said: said(deputy, 1, "同意", "deputy-papers"), Completes: true},
			StepSkipped{Step: 2, Rule: "apr.authority[其他文件].signer", Reason: "class_from 内部"}, closed(OutcomeApproved)}},
		{Name: "a post that is not in the step approves nothing, on record", Given: papers, Policy: county(), Facts: facts(full), Actor: director, At: at,
			When: yes, Err: ErrAuthority},
		{Name: "a post that the table no longer names approves nothing", Given: papers, Policy: county("apr.authority[其他文件].signer", Signers{{Posts: []string{"director"}}}),
			Facts: facts(full), Actor: deputy, At: at, When: yes, Err: ErrAuthority},
		{Name: "who no longer holds the post approves nothing", Given: papers, Policy: county(), Facts: facts(office(t, without("deputy-papers"))), Actor: deputy, At: at,
			When: yes, Err: ErrAuthority},
		{Name: "the system approves nothing", Given: papers, Policy: county(), Facts: facts(full), Actor: system, At: at, When: yes, Err: domain.ErrSystem},
		{Name: "the system writes no instruction", Given: incoming, Policy: county(), Facts: facts(full), Actor: system, At: at,
			When: WriteInstruction{Step: 1, Text: "办", Shown: shown}, Err: domain.ErrSystem},
		{Name: "nobody approves a version that he did not see", Given: papers, Policy: county(), Facts: facts(full), Actor: deputy, At: at,
			When: Approve{Step: 1, Shown: Shown{Digest: "sha-b"}}, Err: ErrShown},
		{Name: "nobody approves his own request, on record", Given: papers, Policy: county(), Facts: facts(full), Actor: applicant, At: at, When: yes, Err: ErrSelf},
		{Name: "the delegate approves as the grantor's post", Given: papers, Policy: county(), Facts: facts(delegated), Actor: under, At: at,
			When: yes, Then: []Event{Approved{Said: byDelegation, Completes: true}, closed(OutcomeApproved)}},
		{Name: "the person entrusted by the holder approves", Given: entrusted, Policy: county(), Facts: facts(full), Actor: secretary, At: at,
			When: yes, Then: []Event{Approved{Said: byTrust, Completes: true}, closed(OutcomeApproved)}},
		{Name: "a trust ends when its giver leaves the post", Given: entrusted, Policy: county(), Facts: facts(office(t, without("deputy-papers"))), Actor: secretary, At: at,
			When: yes, Err: ErrAuthority},
		{Name: "the applicant is never entrusted with his own request, on record", Given: papers, Policy: county(), Facts: facts(full), Actor: deputy, At: at,
			When: Entrust{Step: 1, Person: "p-applicant"}, Err: ErrSelf},
		{Name: "who is entrusted does not pass it on", Given: entrusted, Policy: county(), Facts: facts(full), Actor: secretary, At: at,
			When: Entrust{Step: 1, Person: "p-clerk"}, Err: ErrEntrust},
		{Name: "the delegate does not entrust", Given: papers, Policy: county(), Facts: facts(delegated), Actor: under, At: at,
			When: Entrust{Step: 1, Person: "p-clerk"}, Err: ErrEntrust},
		{Name: "nobody entrusts himself", Given: papers, Policy: county(), Facts: facts(full), Actor: deputy, At: at, When: Entrust{Step: 1, Person: "p-deputy"}, Err: ErrEntrust},
		{Name: "nobody entrusts the system", Given: papers, Policy: county(), Facts: facts(full), Actor: deputy, At: at, When: Entrust{Step: 1, Person: domain.System}, Err: ErrEntrust},
		{Name: "a no closes the case", Given: papers, Policy: county(), Facts: facts(full), Actor: deputy, At: at,
			When: Disapprove{Step: 1, Text: "不同意", Shown: shown}, Then: []Event{Disapproved{said(deputy, 1, "不同意", "deputy-papers")}, closed(OutcomeDisapproved)}},
		{Name: "a closed case is decided", Given: closedPapers, Policy: county(), Facts: facts(full), Actor: deputy, At: at, When: yes, Err: ErrClosed},
		{Name: "there is nothing to approve before a case", Policy: county(), Facts: facts(full), Actor: deputy, At: at, When: yes, Err: domain.ErrNoStream},

		{Name: "an incoming paper is decided by an instruction", Given: incoming, Policy: county(), Facts: facts(full), Actor: director, At: at, When: yes, Err: ErrInstruction},
		{Name: "an instruction carries limit and lead, and its outcome is to be delivered", Given: incoming, Policy: county(), Facts: facts(full), Actor: director, At: at,
			When: WriteInstruction{Step: 1, Text: "请阅办", Limit: domain.Date{Year: 2026, Month: 4, Day: 20}, Lead: "admin", Co: []string{"registry"}, Shown: shown},
			Then: []Event{InstructionWritten{Said: said(director, 1, "请阅办", "director"), Completes: true, Limit: domain.Date{Year: 2026, Month: 4, Day: 20}, Lead: "admin", Co: []string{"registry"}},
				StepSkipped{Step: 2, Rule: "apr.authority[收文批示].signer", Reason: "reserved"},
				Closed{Outcome: OutcomeApproved, Kind: KindInstruction, Subject: "document-1", Decision: id}}},
		{Name: "what the director reserves goes to the county leaders", Given: incoming, Policy: county(), Facts: facts(full), Actor: director, At: at,
			When: WriteInstruction{Step: 1, Text: "呈县长", Reserve: true, Shown: shown},
			Then: []Event{InstructionWritten{Said: said(director, 1, "呈县长", "director"), Completes: true, Co: []string{}, Reserved: true},
				routed(2, "apr.authority[收文批示].signer", Any, at, Asked{For: "county-head", Post: "county-head", Vacant: true}, Asked{For: "vice-county-head", Post: "vice-county-head"})}},
		{Name: "nothing is reserved for nobody", Given: papers, Policy: county(), Facts: facts(full), Actor: deputy, At: at,
			When: WriteInstruction{Step: 1, Text: "呈", Reserve: true, Shown: shown}, Err: ErrReserve},
		{Name: "an instruction has words", Given: incoming, Policy: county(), Facts: facts(full), Actor: director, At: at,
			When: WriteInstruction{Step: 1, Shown: shown}, Err: ErrInstruction},
		{Name: "an instruction of blanks has no words", Given: incoming, Policy: county(), Facts: facts(full), Actor: director, At: at,
			When: WriteInstruction{Step: 1, Text: " \u3000\n", Shown: shown}, Err: ErrInstruction},

		{Name: "several necessary posts decide together", Given: countersign, Policy: county(), Facts: facts(full), Actor: deputy, At: at,
			When: yes, Then: []Event{Approved{Said: said(deputy, 1, "同意", "deputy-papers")}}},
		{Name: "the last of them completes the countersigning", Given: append(slices.Clone(countersign), Approved{Said: said(deputy, 1, "同意", "deputy-papers")}), Policy: county(),
			Facts: facts(full), Actor: director, At: at, When: yes, Then: []Event{Approved{Said: said(director, 1, "同意", "director"), Completes: true},
				CountersignCompleted{Step: 1, Method: All}, Closed{Outcome: OutcomeApproved, Kind: "会签", Subject: "document-1", Decision: id}}},
		{Name: "who has given his opinion gives no second one", Given: append(slices.Clone(countersign), Approved{Said: said(deputy, 1, "同意", "deputy-papers")}), Policy: county(),
			Facts: facts(full), Actor: deputy, At: at, When: yes, Err: ErrGiven},
		{Name: "in a sequence the second is asked after the first", Given: inSequence, Policy: county(), Facts: facts(full), Actor: deputy, At: at,
			When: yes, Then: []Event{Approved{Said: said(deputy, 1, "同意", "deputy-papers")},
				routed(1, "apr.authority[会签].signer", Sequence, at, Asked{For: "director", Post: "director"})}},
		{Name: "in a sequence the second does not go before the first", Given: inSequence, Policy: county(), Facts: facts(full), Actor: director, At: at, When: yes, Err: ErrAuthority},

		{Name: "a signer added before is asked first", Given: papers, Policy: county(), Facts: facts(full), Actor: deputy, At: at,
			When: AddSigner{Step: 1, Where: "before", Posts: []string{"secretary"}, Mode: All, Reason: "先核"},
			Then: []Event{SignerAdded{Step: 1, Where: "before", Added: Planned{Step: 2, Posts: []string{"secretary"}, Mode: All}, By: By{Person: "p-deputy", Post: "deputy-papers"}, Reason: "先核"},
				routed(2, "", All, at, Asked{For: "secretary", Post: "secretary"})}},
		{Name: "a signer added after waits", Given: papers, Policy: county(), Facts: facts(full), Actor: deputy, At: at,
			When: AddSigner{Step: 1, Where: "after", Posts: []string{"secretary", "director"}},
			Then: []Event{SignerAdded{Step: 1, Where: "after", Added: Planned{Step: 2, Posts: []string{"secretary", "director"}, Mode: All}, By: By{Person: "p-deputy", Post: "deputy-papers"}}}},
		{Name: "posts are added once each", Given: papers, Policy: county(), Facts: facts(full), Actor: deputy, At: at,
			When: AddSigner{Step: 1, Where: "after", Posts: []string{"secretary", "secretary"}}, Err: ErrPosts},
		{Name: "the applicant adds no signer, on record", Given: papers, Policy: county(), Facts: facts(full), Actor: applicant, At: at,
			When: AddSigner{Step: 1, Where: "after", Posts: []string{"secretary"}}, Err: ErrSelf},
		{Name: "posts are added before or after", Given: papers, Policy: county(), Facts: facts(full), Actor: deputy, At: at,
			When: AddSigner{Step: 1, Where: "beside", Posts: []string{"secretary"}}, Err: ErrPosts},
		{Name: "a step is handed to the next post up", Given: papers, Policy: county(), Facts: facts(full), Actor: deputy, At: at,
			When: Transfer{Step: 1, To: "director", Reason: "外出"}, Then: []Event{StepTransferred{Step: 1, For: "deputy-papers", From: "deputy-papers", To: "director",
				By: By{Person: "p-deputy", Post: "deputy-papers"}, Reason: "外出", Due: Hours{24}.after(now), Remind: Hours{4}.after(now)}}},
		{Name: "a step is not handed outside the authority table, on record", Given: papers, Policy: county(), Facts: facts(full), Actor: deputy, At: at,
			When: Transfer{Step: 1, To: "secretary"}, Err: ErrAuthority},
		{Name: "a step is entrusted by the holder", Given: papers, Policy: county(), Facts: facts(full), Actor: deputy, At: at, When: Entrust{Step: 1, Person: "p-secretary", Reason: "出差"},
			Then: []Event{StepEntrusted{Step: 1, For: "deputy-papers", Person: "p-secretary", By: By{Person: "p-deputy", Post: "deputy-papers"}, Reason: "出差"}}},
		{Name: "a case goes back to the applicant", Given: papers, Policy: county(), Facts: facts(full), Actor: deputy, At: at,
			When: ReturnToStep{Step: 1, Text: "补充", Shown: shown}, Then: []Event{ReturnedToStep{Said: said(deputy, 1, "补充", "deputy-papers")}}},
		{Name: "a case goes back only, never forward", Given: papers, Policy: county(), Facts: facts(full), Actor: deputy, At: at,
			When: ReturnToStep{Step: 1, To: 1, Text: "x", Shown: shown}, Err: ErrReturn},
		{Name: "the applicant puts a returned case up anew", Given: append(slices.Clone(papers), ReturnedToStep{Said: said(deputy, 1, "补充", "deputy-papers")}), Policy: county(), Facts: facts(full),
			Actor: applicant, At: at, When: Route{Revision: 4, Digest: "sha-b"}, Then: []Event{
				RouteResolved{Kind: "其他文件", Revision: 4, Digest: "sha-b", Steps: []Planned{{Step: 2, Posts: []string{"deputy-papers"}, Mode: All}}, Policy: 1},
				routed(2, "apr.authority[其他文件].signer", All, at, Asked{For: "deputy-papers", Post: "deputy-papers"})}},
		{Name: "only the applicant routes his case anew", Given: papers, Policy: county(), Facts: facts(full), Actor: deputy, At: at, When: Route{}, Err: ErrApplicant},
		{Name: "the applicant withdraws", Given: papers, Policy: county(), Facts: facts(full), Actor: applicant, At: at, When: Withdraw{Reason: "误报"},
			Then: []Event{Withdrawn{By: By{Person: "p-applicant", Post: "clerk"}, Reason: "误报", Step: 1}, closed(OutcomeWithdrawn)}},
		{Name: "nobody else withdraws", Given: papers, Policy: county(), Facts: facts(full), Actor: deputy, At: at, When: Withdraw{}, Err: ErrApplicant},
		{Name: "seeing is noted", Given: papers, Policy: county(), Facts: facts(full), Actor: deputy, At: at, When: See{Step: 1},
			Then: []Event{StepSeen{Step: 1, By: By{Person: "p-deputy", Post: "deputy-papers"}}}},
		{Name: "seeing is noted once", Given: append(slices.Clone(papers), StepSeen{Step: 1, By: By{Person: "p-deputy"}}), Policy: county(), Facts: facts(full), Actor: deputy, At: at, When: See{Step: 1}},
		{Name: "looking is no attempt to decide", Given: papers, Policy: county(), Facts: facts(full), Actor: applicant, At: at, When: See{Step: 1}, Err: ErrNotYours},

		{Name: "nobody approves while a dispute waits for an opinion", Given: append(slices.Clone(papers), DisputeRaised{ID: "x", Step: 1}), Policy: county(), Facts: facts(full), Actor: deputy, At: at, When: yes, Err: ErrDispute},
		{Name: "nobody instructs while a dispute waits for an opinion", Given: append(slices.Clone(incoming), DisputeRaised{ID: "x", Step: 1}), Policy: county(), Facts: facts(full), Actor: director, At: at,
			When: WriteInstruction{Step: 1, Text: "办", Shown: shown}, Err: ErrDispute},
		{Name: "no meeting decides while a dispute waits for an opinion", Given: append(slices.Clone(personnel), DisputeRaised{ID: "x", Step: 1}), Policy: county(), Facts: facts(full), Actor: secretary, At: at,
			When: RecordBodyDecision{Step: 1, Body: "directors-meeting", Decision: "m-1", Outcome: OutcomeApproved}, Err: ErrDispute},
		{Name: "a dispute is raised once", Given: append(slices.Clone(papers), DisputeRaised{ID: "x", Step: 1}), Policy: county(), Facts: facts(full), Actor: deputy, At: at, When: RaiseDispute{Text: "x"}, Err: ErrDispute},
		{Name: "a dispute is raised by whoever must decide", Given: papers, Policy: county(), Facts: facts(full), Actor: deputy, At: at, When: RaiseDispute{Text: "两科意见不一"},
			Then: []Event{DisputeRaised{ID: id, Step: 1, By: By{Person: "p-deputy", Post: "deputy-papers"}, Text: "两科意见不一"}}},
		{Name: "the office proposes and the county leaders decide (R253)", Given: append(slices.Clone(papers), DisputeRaised{ID: "x", Step: 1}), Policy: county(), Facts: facts(full), Actor: secretary, At: at,
			When: ProposeOpinion{Text: "建议", Shown: shown}, Then: []Event{
				OpinionProposed{Said: Said{ID: id, Step: 1, Posts: []string{}, By: By{Person: "p-secretary", Post: "secretary"}, Text: "建议", Shown: shown, At: now, Policy: 1}, Dispute: "x"},
				SignerAdded{Step: 1, Where: "before", Added: Planned{Step: 2, Posts: []string{"county-head", "vice-county-head"}, Mode: Any}, Kind: KindDispute, By: By{Person: "p-secretary", Post: "secretary"}},
				routed(2, "apr.authority[有争议的问题].signer", Any, at, Asked{For: "county-head", Post: "county-head", Vacant: true}, Asked{For: "vice-county-head", Post: "vice-county-head"})}},
		{Name: "an opinion is proposed on a dispute only", Given: papers, Policy: county(), Facts: facts(full), Actor: secretary, At: at, When: ProposeOpinion{Text: "x"}, Err: ErrNoDispute},

		{Name: "a meeting decides in its order", Given: personnel, Policy: county(), Facts: facts(full), Actor: secretary, At: at,
			When: RecordBodyDecision{Step: 1, Body: "directors-meeting", Decision: "m-1", Outcome: OutcomeApproved, Text: "通过"}, Then: []Event{
				DecidedByMeeting{Step: 1, Body: "directors-meeting", Decision: "m-1", Outcome: OutcomeApproved, Text: "通过", By: By{Person: "p-secretary", Post: "secretary"}, At: now, Policy: 1},
				StepRouted{Step: 2, Rule: "apr.authority[人事].body", Body: "party-group", Seats: []Asked{}, Policy: 1}}},
		{Name: "the later body does not go first, on record", Given: personnel, Policy: county(), Facts: facts(full), Actor: secretary, At: at,
			When: RecordBodyDecision{Step: 1, Body: "party-group", Decision: "m-1", Outcome: OutcomeApproved}, Err: ErrBody},
		{Name: "a no of a meeting closes the case", Given: personnel, Policy: county(), Facts: facts(full), Actor: secretary, At: at,
			When: RecordBodyDecision{Step: 1, Body: "directors-meeting", Decision: "m-1", Outcome: OutcomeDisapproved}, Then: []Event{
				DecidedByMeeting{Step: 1, Body: "directors-meeting", Decision: "m-1", Outcome: OutcomeDisapproved, By: By{Person: "p-secretary", Post: "secretary"}, At: now, Policy: 1},
				Closed{Outcome: OutcomeDisapproved, Kind: "人事", Subject: "document-1", Decision: id}}},
		{Name: "nobody records a meeting's decision on his own request, on record", Given: personnel, Policy: county(), Facts: facts(full), Actor: applicant, At: at,
			When: RecordBodyDecision{Step: 1, Body: "directors-meeting", Decision: "m-1", Outcome: OutcomeApproved}, Err: ErrSelf},
		{Name: "no meeting is recorded by the system", Given: personnel, Policy: county(), Facts: facts(full), Actor: system, At: at,
			When: RecordBodyDecision{Step: 1, Body: "directors-meeting", Decision: "m-1", Outcome: OutcomeApproved}, Err: domain.ErrSystem},
		{Name: "nobody approves what a meeting decides", Given: personnel, Policy: county(), Facts: facts(full), Actor: director, At: at, When: yes, Err: ErrMeeting},
		{Name: "no meeting decides what a post signs, on record", Given: papers, Policy: county(), Facts: facts(full), Actor: secretary, At: at,
			When: RecordBodyDecision{Step: 1, Body: "directors-meeting", Decision: "m-1", Outcome: OutcomeApproved}, Err: ErrAuthority},
		{Name: "a meeting passes an item to the body above", Given: opened(t, "人事", "apr.authority[人事].body", []string{"directors-meeting"}),
			Policy: county("apr.authority[人事].body", []string{"directors-meeting"}), Facts: facts(full), Actor: secretary, At: at,
			When: RecordBodyDecision{Step: 1, Body: "directors-meeting", Decision: "m-1", Outcome: PassedUp}, Then: []Event{
				DecidedByMeeting{Step: 1, Body: "directors-meeting", Decision: "m-1", Outcome: PassedUp, PassedTo: "party-group", Added: 2, By: By{Person: "p-secretary", Post: "secretary"}, At: now, Policy: 1},
				StepRouted{Step: 2, Body: "party-group", Seats: []Asked{}, Policy: 1}}},

		{Name: "a meeting that the table no longer names decides nothing, on record", Given: personnel, Policy: county("apr.authority[人事].body", []string{"party-group"}), Facts: facts(full), Actor: secretary, At: at,
			When: RecordBodyDecision{Step: 1, Body: "directors-meeting", Decision: "m-1", Outcome: OutcomeApproved}, Err: ErrBody},
		{Name: "a meeting passes an item to the body that stands next already", Given: personnel, Policy: county(), Facts: facts(full), Actor: secretary, At: at,
			When: RecordBodyDecision{Step: 1, Body: "directors-meeting", Decision: "m-1", Outcome: PassedUp}, Then: []Event{
				DecidedByMeeting{Step: 1, Body: "directors-meeting", Decision: "m-1", Outcome: PassedUp, PassedTo: "party-group", By: By{Person: "p-secretary", Post: "secretary"}, At: now, Policy: 1},
				StepRouted{Step: 2, Rule: "apr.authority[人事].body", Body: "party-group", Seats: []Asked{}, Policy: 1}}},
		{Name: "there is no opinion to correct but one that was given (G16)", Given: papers, Policy: county(), Facts: facts(full), Actor: deputy, At: at,
			When: CorrectOpinion{Of: "x", Text: "y"}, Err: ErrOpinion},
		{Name: "nobody else corrects an opinion, on record (G16)", Given: closedPapers, Policy: county(), Facts: facts(full), Actor: director, At: at,
			When: CorrectOpinion{Of: domaintest.GivenID(len(papers)), Text: "y"}, Err: ErrAuthor},
		{Name: "policy may forbid correcting after the close", Given: closedPapers, Policy: county("apr.correctAfterClose", "forbidden"), Facts: facts(full), Actor: deputy, At: at,
			When: CorrectOpinion{Of: domaintest.GivenID(len(papers)), Text: "y"}, Err: ErrCorrection},

		{Name: "a reminder comes at its time", Given: papers, Policy: county(), Facts: facts(full), Actor: system, At: "2026-04-13 13:00:00",
			When: Remind{Step: 1}, Then: []Event{StepReminded{Step: 1, Posts: []string{"deputy-papers"}}}},
		{Name: "no reminder comes before its time", Given: papers, Policy: county(), Facts: facts(full), Actor: system, At: "2026-04-13 12:59:59.999999", When: Remind{Step: 1}, Err: ErrNotDue},
		{Name: "a reminder comes once", Given: append(slices.Clone(papers), StepReminded{Step: 1}), Policy: county(), Facts: facts(full), Actor: system, At: "2026-04-13 14:00:00", When: Remind{Step: 1}},
		{Name: "the term of a decided step moves nothing", Given: closedPapers, Policy: county(), Facts: facts(full), Actor: system, At: "2026-04-14 09:00:00", When: Escalate{Step: 1}},
		{Name: "an instruction is delivered by its follower once", Given: append(slices.Clone(incoming), Closed{Outcome: OutcomeApproved, Kind: KindInstruction, Subject: "document-1"}),
			Policy: county(), Facts: facts(full), Actor: system, At: at, When: Deliver{Revision: 9}, Then: []Event{Delivered{Subject: "document-1", Revision: 9}}},
		{Name: "a delivered instruction is not delivered again", Given: append(slices.Clone(incoming), Closed{Outcome: OutcomeApproved, Kind: KindInstruction, Subject: "document-1"}, Delivered{Subject: "document-1", Revision: 9}),
			Policy: county(), Facts: facts(full), Actor: system, At: at, When: Deliver{Revision: 9}},
		{Name: "nobody delivers by hand", Given: append(slices.Clone(incoming), Closed{Outcome: OutcomeApproved, Kind: KindInstruction, Subject: "document-1"}),
			Policy: county(), Facts: facts(full), Actor: director, At: at, When: Deliver{Revision: 9}, Err: ErrFollower},
		{Name: "a no is delivered too", Given: append(slices.Clone(incoming), Closed{Outcome: OutcomeDisapproved, Kind: KindInstruction, Subject: "document-1"}),
			Policy: county(), Facts: facts(full), Actor: system, At: at, When: Deliver{Revision: 9}, Then: []Event{Delivered{Subject: "document-1", Revision: 9}}},
		{Name: "what was withdrawn is not delivered", Given: append(slices.Clone(incoming), Closed{Outcome: OutcomeWithdrawn, Kind: KindInstruction, Subject: "document-1"}),
			Policy: county(), Facts: facts(full), Actor: system, At: at, When: Deliver{Revision: 9}, Err: ErrDelivery},
		{Name: "nothing is delivered before the outcome", Given: incoming, Policy: county(), Facts: facts(full), Actor: system, At: at, When: Deliver{Revision: 9}, Err: ErrDelivery},
	})
}

func TestGolden(t *testing.T) {
	at, day := domaintest.Time("2026-04-14 09:00:00"), domain.Date{Year: 2026, Month: 4, Day: 20}
	as := By{Person: "p-1", Post: "director", Delegation: "d-1", EntrustedBy: "p-2"}
	said := Said{ID: "e-1", Step: 1, Posts: []string{"director"}, By: as, Text: "同意", Shown: Shown{Case: 2, Subject: 3, Digest: "sha256:00"}, At: at, Policy: 7}
	plan := Planned{Step: 1, Posts: []string{"director"}, Body: "directors-meeting", Mode: All, When: When{ClassFrom: domain.Internal, Reserved: true}}
	domaintest.Golden(t, Context,
		Opened{Kind: "其他文件", Subject: "document-1", Revision: 3, Digest: "sha256:00", Title: "关于防汛的通知", Class: domain.Internal, Form: "written",
			Outgoing: true, Amount: domain.Money{Fen: 10050}, Text: "请批示", Applicant: as},
		RouteResolved{Kind: "其他文件", Revision: 3, Digest: "sha256:00", Steps: []Planned{plan}, ReviewDue: true, Replaces: 1, Policy: 7},
		StepRouted{Step: 1, Rule: "apr.authority[其他文件].signer", Body: "directors-meeting", Mode: All,
			Seats: []Asked{{For: "director", Post: "county-head", Vacant: true, Self: true}}, Due: at, Remind: at, Policy: 7},
		StepSkipped{Step: 1, Rule: "apr.authority[其他文件].signer", Reason: "class_from 内部"},
		StepSeen{Step: 1, By: as},
		LegalityReviewed{Said: said, OK: true},
		Approved{Said: said, Completes: true},
		Disapproved{said},
		ReturnedToStep{Said: said, To: 1},
		InstructionWritten{Said: said, Completes: true, Limit: day, Lead: "admin", Co: []string{"registry"}, Reserved: true},
		OpinionCorrected{Of: "e-1", ID: "e-2", Reason: "措辞", At: at, Opinion: Opinion{Said: said, Decision: DecisionInstructed, Completes: true, To: 1, Limit: day, Lead: "admin", Co: []string{"registry"}, Reserved: true}},
		CountersignCompleted{Step: 1, Method: All},
		SignerAdded{Step: 1, Where: "before", Added: plan, Kind: KindDispute, By: as, Reason: "先核"},
		StepTransferred{Step: 1, For: "deputy-papers", From: "deputy-papers", To: "director", By: as, Reason: "外出", Due: at, Remind: at},
		StepEntrusted{Step: 1, For: "director", Person: "p-3", By: as, Reason: "出差"},
		StepReminded{Step: 1, Posts: []string{"director"}},
		StepEscalated{Step: 1, For: "deputy-papers", From: "deputy-papers", To: "director", Cause: []string{Vacant, TimeOut}, Vacant: true, Due: at, Remind: at, Policy: 7},
		FindingRaised{Kind: NoApprover, Step: 1, Post: "director"},
		DisputeRaised{ID: "e-1", Step: 1, By: as, Text: "两科意见不一"},
		OpinionProposed{Said: said, Dispute: "e-1"},
		DecidedByMeeting{Step: 1, Body: "directors-meeting", Decision: "decision-1", Outcome: PassedUp, Text: "提请党组会议", PassedTo: "party-group", Added: 2, By: as, At: at, Policy: 7},
		Withdrawn{By: as, Reason: "误报", Step: 1},
		Closed{Outcome: OutcomeApproved, Kind: KindInstruction, Subject: "document-1", Decision: "e-1"},
		Delivered{Subject: "document-1", Revision: 9},
		domain.Refused[Case]{Command: "approvals.Approve", Code: "approval.self", Params: map[string]string{}},
	)
}

func TestWhatGoesOnRecord(t *testing.T) {
	for _, r := range []*domain.Refusal{ErrSelf, ErrAuthority, ErrAuthor, ErrBody, ErrCorrection} {
		if !r.Recorded {
			t.Errorf("%s is not on record", r.Code)
		}
	}
}

// G28: time passes a case on, up to where nobody is, and never approves it.
func TestVacantApprover(t *testing.T) {
	s := tell(t, county(), office(t, without("deputy-papers", "director")))
	routed := last[StepRouted](t, s.do(monday, applicant, paper))
	if len(routed.Seats) != 1 || !routed.Seats[0].Vacant || routed.Seats[0].Self {
		t.Fatalf("routed %+v, want the vacant post", routed)
	}
	s.refused("2026-04-14 08:59:59.999999", system, Escalate{Step: 1}, ErrNotDue)
	events := s.do("2026-04-14 09:00:00", system, Escalate{Step: 1})
	e := last[StepEscalated](t, events)
	if names(events) != "step-escalated" || e.To != "director" || !slices.Equal(e.Cause, []string{Vacant, TimeOut}) || !e.Vacant {
		t.Fatalf("escalated %+v", e)
	}
	events = s.do("2026-04-15 09:00:00", system, Escalate{Step: 1})
	if f := last[FindingRaised](t, events); names(events) != "finding-raised" || f.Kind != NoApprover || f.Post != "director" {
		t.Fatalf("got %s %+v, want the finding that nobody above is in the system", names(events), f)
	}
	if more := s.do("2026-04-16 09:00:00", system, Escalate{Step: 1}); more != nil {
		t.Fatalf("asked again: %s", names(more))
	}
	if c := s.state(); c.Closed() || c.Status() != "routed" || !slices.Equal(c.MustAct(), []string{"director"}) {
		t.Fatalf("the case does not wait: %+v", c)
	}
	s.office = office(t, without("deputy-papers")) // a director is appointed
	s.do("2026-04-20 09:00:00", director, yes)
	if !s.state().Approved() {
		t.Fatal("the director's approval does not count")
	}
}

// G28: a present director is reached from a vacant post, and a county head who is in the system from the director.
func TestLadder(t *testing.T) {
	head := without("deputy-papers")
	head["county-head"] = []string{"p-head"}
	s := tell(t, county(), office(t, head))
	s.do(monday, applicant, paper)
	e := last[StepEscalated](t, s.do("2026-04-14 09:00:00", system, Escalate{Step: 1}))
	if e.To != "director" || e.Vacant {
		t.Fatalf("escalated %+v", e)
	}
	e = last[StepEscalated](t, s.do("2026-04-15 09:00:00", system, Escalate{Step: 1}))
	if e.To != "county-head" || !slices.Equal(e.Cause, []string{TimeOut}) {
		t.Fatalf("escalated %+v", e)
	}
	s.refused("2026-04-15 10:00:00", director, yes, ErrAuthority)
	s.do("2026-04-15 10:00:00", domain.Actor{Person: "p-head", Post: "county-head"}, yes)
}

// G28: the applicant is passed by, on the way up and at the first step.
func TestApplicantIsPassedBy(t *testing.T) {
	head := without("deputy-papers")
	head["county-head"] = []string{"p-head"}
	s := tell(t, county(), office(t, head))
	s.do(monday, director, paper)
	if e := last[StepEscalated](t, s.do("2026-04-14 09:00:00", system, Escalate{Step: 1})); e.To != "county-head" {
		t.Fatalf("escalated %+v, want past the applicant", e)
	}
	s.refused("2026-04-14 10:00:00", director, yes, ErrSelf)

	s = tell(t, county(), office(t, head))
	own := paper
	own.Kind = "县政府下发文件"
	if r := last[StepRouted](t, s.do(monday, director, own)); r.Seats[0] != (Asked{For: "director", Post: "county-head", Self: true}) {
		t.Fatalf("routed %+v, want the next post up", r)
	}
	s.refused(monday, director, yes, ErrSelf)

	s = tell(t, county(), office(t, staff)) // no county head: it waits, and somebody is told
	if events := s.do(monday, director, own); names(events) != "opened route-resolved step-routed finding-raised" {
		t.Fatalf("got %s", names(events))
	}
	s.refused(monday, director, yes, ErrSelf)
}

func TestLadderInACircleEnds(t *testing.T) {
	s := tell(t, county("apr.escalateTo[director]", "deputy-papers"), office(t, map[string][]string{"deputy-papers": {"p-deputy"}, "director": {"p-deputy"}}))
	if events := s.do(monday, deputy, paper); names(events) != "opened route-resolved step-routed finding-raised" {
		t.Fatalf("got %s", names(events))
	}
}

func TestNothingIsApprovedBySkipping(t *testing.T) {
	s := tell(t, county(), office(t, staff))
	c := Case{Kind: "其他文件", Steps: []Step{{No: 1, Status: Waiting, When: When{Reserved: true}}}}
	if events := c.proceed(s.act(monday, deputy)); names(events) != "step-skipped" {
		t.Fatalf("got %s", names(events))
	}
}

func TestDelegationOfTheApplicant(t *testing.T) {
	granted := org.DelegationGranted{Delegation: "d-1", Grantor: "deputy-papers", GrantedBy: "p-deputy", Post: "secretary",
		Matter: "其他文件", From: domain.Date{Year: 2026, Month: 1, Day: 1}, To: domain.Date{Year: 2026, Month: 12, Day: 31}}
	s := tell(t, county("org.selfApproval", "wait"), office(t, staff, granted))
	s.do(monday, deputy, paper)
	under := secretary
	under.Delegation = "d-1"
	s.refused(monday, under, yes, ErrSelf)
	s.refused(monday, deputy, yes, ErrSelf)
	s.refused(monday, deputy, Entrust{Step: 1, Person: "p-secretary"}, ErrSelf)
}

// G16: both opinions stay, each with its own time, also after the close.
func TestCorrection(t *testing.T) {
	s := tell(t, county(), office(t, staff))
	c := paper
	c.Kind = KindInstruction
	s.do(monday, applicant, c)
	s.do("2026-04-14 09:00:00", director, WriteInstruction{Step: 1, Text: "同意", Shown: shown})
	first := s.log[3]
	_, before, _ := Context.Encode(first.Event.(Event))
	e := last[OpinionCorrected](t, s.do("2026-04-14 10:00:00", director, CorrectOpinion{Of: first.ID, Text: "原则同意", Reason: "措辞"}))
	if e.Corrects() != first.ID || e.Opinion.At != domaintest.Time("2026-04-14 09:00:00") || e.At != domaintest.Time("2026-04-14 10:00:00") {
		t.Fatalf("corrected %+v", e)
	}
	s.refused("2026-04-14 10:00:00", deputy, CorrectOpinion{Of: first.ID, Text: "x"}, ErrAuthor)
	state := s.state()
	if o, ok := state.Opinion(first.ID); !ok || o.Text != "原则同意" {
		t.Fatalf("opinion %+v", o)
	}
	if o, ok := state.Instruction(); !ok || o.Text != "原则同意" || o.ID != first.ID || state.Latest[first.ID] != e.ID || !state.Approved() {
		t.Fatalf("state %+v", state)
	}
	if _, after, _ := Context.Encode(s.log[3].Event.(Event)); string(after) != string(before) || !strings.Contains(string(before), "同意") {
		t.Fatal("the first opinion is not as it was")
	}
	s.do("2026-04-14 11:00:00", director, CorrectOpinion{Of: e.ID, Text: "原则同意，抓紧办"})
	if o, _ := s.state().Instruction(); o.Text != "原则同意，抓紧办" || !s.state().Closed() || len(s.state().Opinions) != 1 {
		t.Fatalf("state %+v", s.state())
	}
	s.refused("2026-04-14 12:00:00", director, CorrectOpinion{Of: e.ID, Text: "x"}, ErrOpinion)
}

// G30: with the regulations alone the county office cannot sign other papers, and the refusal names the row.
func TestBlankAuthority(t *testing.T) {
	alone := map[string]any{"apr.authority[其他文件].signer": domaintest.Blank{}, "apr.timeout": domaintest.Blank{}, "rcv.reviewBeforeSign": true}
	s := tell(t, alone, office(t, staff))
	_, err := s.try(monday, applicant, paper)
	var r *domain.Refusal
	if !errors.As(err, &r) || !errors.Is(r, domain.ErrBlank) || r.Params["keys"] != "apr.authority[其他文件].signer (TEST 1)" {
		t.Fatalf("got %v", err)
	}
	if len(s.log) != 0 {
		t.Fatal("something was written")
	}
}

func TestReturnKeepsOpinions(t *testing.T) {
	policy := county("apr.authority[其他文件].signer", Signers{{Posts: []string{"deputy-papers"}}, {Posts: []string{"director"}}})
	s := tell(t, policy, office(t, staff))
	s.do(monday, applicant, paper)
	s.do(monday, deputy, yes)
	events := s.do(monday, director, ReturnToStep{Step: 2, To: 1, Text: "再核", Shown: shown})
	if names(events) != "returned-to-step step-routed" || len(s.state().Opinions) != 2 || !slices.Equal(s.state().MustAct(), []string{"deputy-papers"}) {
		t.Fatalf("got %s, state %+v", names(events), s.state())
	}
	s.do(monday, deputy, yes)
	s.do(monday, director, Approve{Step: 2, Shown: shown})
	if c := s.state(); !c.Approved() || len(c.Opinions) != 4 {
		t.Fatalf("state %+v", c)
	}
}

// A case about a dispute waits for the office's proposal, and goes to those who decide it already (R253).
func TestDisputeAsACase(t *testing.T) {
	s := tell(t, county(), office(t, staff))
	c := paper
	c.Kind = KindDispute
	s.do(monday, applicant, c)
	s.refused(monday, vice, yes, ErrDispute)
	if events := s.do(monday, secretary, ProposeOpinion{Text: "建议"}); names(events) != "opinion-proposed" {
		t.Fatalf("got %s", names(events))
	}
	s.do(monday, vice, yes)
	if !s.state().Approved() {
		t.Fatalf("state %+v", s.state())
	}
}

// What was reserved in a round that was sent back is not reserved in the next.
func TestReturnTakesReservationBack(t *testing.T) {
	s := tell(t, county(), office(t, staff))
	c := paper
	c.Kind = KindInstruction
	s.do(monday, applicant, c)
	s.do(monday, director, WriteInstruction{Step: 1, Text: "呈", Reserve: true, Shown: shown})
	s.do(monday, vice, ReturnToStep{Step: 2, To: 1, Text: "你定", Shown: shown})
	if events := s.do(monday, director, WriteInstruction{Step: 1, Text: "办", Shown: shown}); names(events) != "instruction-written step-skipped closed" {
		t.Fatalf("got %s", names(events))
	}
}

func TestSignerBeforeComesBack(t *testing.T) {
	s := tell(t, county(), office(t, staff))
	s.do(monday, applicant, paper)
	s.do(monday, deputy, AddSigner{Step: 1, Where: "before", Posts: []string{"secretary"}})
	s.refused(monday, deputy, yes, ErrNotRouted)
	if events := s.do(monday, secretary, Approve{Step: 2, Shown: shown}); names(events) != "approved step-routed" {
		t.Fatalf("got %s", names(events))
	}
	s.do(monday, deputy, yes)
	if !s.state().Approved() {
		t.Fatalf("state %+v", s.state())
	}
}

// open replays the tasks of a story.
func (s *story) tasks() map[domain.TaskID]domain.Task {
	open := map[domain.TaskID]domain.Task{}
	for _, r := range s.log {
		if e, ok := r.Event.(domain.Settles); ok {
			for _, id := range e.Settles(r) {
				delete(open, id)
			}
		}
		if e, ok := r.Event.(domain.Opens); ok {
			for _, task := range e.Opens(r) {
				open[task.TaskID] = task
			}
		}
	}
	return open
}

func TestTasks(t *testing.T) {
	key := func(kind, key string) domain.TaskID { return domain.TaskID{Kind: kind, Key: key} }
	s := tell(t, county(), office(t, staff))
	c := paper
	c.Kind = KindInstruction
	s.do(monday, applicant, c)
	open := s.tasks()
	if len(open) != 2 || open[key(TaskTimeout, "approval-1/1")].Due != domaintest.Time("2026-04-14 09:00:00") ||
		open[key(TaskRemind, "approval-1/1")].Due != domaintest.Time("2026-04-13 13:00:00") {
		t.Fatalf("after routing: %v", open)
	}
	s.do("2026-04-13 13:00:00", system, Remind{Step: 1})
	if open = s.tasks(); len(open) != 1 {
		t.Fatalf("after the reminder: %v", open)
	}
	s.do("2026-04-13 14:00:00", director, WriteInstruction{Step: 1, Text: "办", Shown: shown})
	task := s.tasks()[key(TaskDeliver, "approval-1")]
	if open = s.tasks(); len(open) != 1 || task.Data["subject"] != "document-1" || task.Data["decision"] != s.log[4].ID || !task.Due.IsZero() {
		t.Fatalf("after the instruction: %v", open)
	}
	s.do("2026-04-13 14:00:01", system, Deliver{Revision: 5})
	if open = s.tasks(); len(open) != 0 {
		t.Fatalf("after the delivery: %v", open)
	}

	for name, end := range map[string]func(*story){
		"withdrawn": func(s *story) { s.do(monday, applicant, Withdraw{}) },
		"refused":   func(s *story) { s.do(monday, deputy, Disapprove{Step: 1, Text: "x", Shown: shown}) },
		"returned":  func(s *story) { s.do(monday, deputy, ReturnToStep{Step: 1, Text: "x", Shown: shown}) },
		"approved":  func(s *story) { s.do(monday, deputy, yes) },
	} {
		s := tell(t, county(), office(t, staff))
		s.do(monday, applicant, paper)
		end(s)
		if open := s.tasks(); len(open) != 0 {
			t.Errorf("%s: %v is still open", name, open)
		}
	}
	s = tell(t, county(), office(t, staff))
	s.do(monday, applicant, paper)
	s.do("2026-04-14 09:00:00", system, Escalate{Step: 1})
	if due := s.tasks()[key(TaskTimeout, "approval-1/1")].Due; due != domaintest.Time("2026-04-15 09:00:00") {
		t.Errorf("after an escalation the term runs to %v", due)
	}
	s.do(monday, applicant, Route{Revision: 3, Digest: "sha-a"})
	if open = s.tasks(); len(open) != 2 || open[key(TaskTimeout, "approval-1/2")].Due.IsZero() {
		t.Errorf("after a new route: %v", open)
	}
}

func TestEveryKeyMatters(t *testing.T) {
	full := facts(office(t, staff))
	at := "2026-04-13 10:00:00"
	outgoing, own := paper, paper
	outgoing.Outgoing, own.Kind = true, "县政府下发文件"
	review := tell(t, county(), office(t, staff))
	review.do(monday, applicant, outgoing)
	done := tell(t, county(), office(t, staff))
	done.do(monday, applicant, paper)
	given := append(done.given(), Approved{Said: Said{ID: "o-1", Step: 1, Posts: []string{"deputy-papers"}, By: By{Person: "p-deputy"}}, Completes: true},
		Closed{Outcome: OutcomeApproved, Kind: "其他文件"})
	open := rule{Policy: county(), Facts: full, Actor: applicant, At: at, When: paper}
	both := open
	both.When = OpenCase{Kind: "会签", Title: "t"}
	personnel := open
	personnel.When = OpenCase{Kind: "人事", Title: "t"}
	sent := open
	sent.When = outgoing
	self := open
	self.Facts, self.Actor, self.When = facts(office(t, map[string][]string{"director": {"p-director"}, "county-head": {"p-head"}, "vice-county-head": {"p-vice"}})), director, own
	late := rule{Given: opened(t, "其他文件"), Policy: county(), Facts: full, Actor: system, At: "2026-04-14 09:00:00", When: Escalate{Step: 1}}
	vacant := late
	vacant.Facts = facts(office(t, without("deputy-papers")))
	meeting := rule{Given: opened(t, "人事"), Policy: county(), Facts: full, Actor: secretary, At: at,
		When: RecordBodyDecision{Step: 1, Body: "directors-meeting", Decision: "m", Outcome: PassedUp}}
	correct := rule{Given: given, Policy: county(), Facts: full, Actor: deputy, At: at, When: CorrectOpinion{Of: "o-1", Text: "x"}}
	legal := rule{Given: review.given(), Policy: county(), Facts: full, Actor: secretary, At: at, When: ReviewLegality{OK: true, Shown: shown}}

	m := func(c rule, key string, one, other any) {
		t.Helper()
		domaintest.Matters(t, Context, c, key, one, other)
	}
	m(open, "apr.authority[其他文件].signer", Signers{{Posts: []string{"deputy-papers"}}}, Signers{{Posts: []string{"director"}}})
	m(personnel, "apr.authority[人事].body", []string{"directors-meeting", "party-group"}, []string{"party-group"})
	m(legal, "apr.authority[其他文件].legalReview", []string{"secretary"}, []string{"director"})
	m(sent, "rcv.reviewBeforeSign", true, false)
	m(both, "apr.countersign", All, Sequence)
	m(open, "apr.timeout", Hours{24}, Hours{12})
	m(open, "apr.remindAfter", Hours{4}, Hours{2})
	m(late, "apr.escalateTo[deputy-papers]", "director", "vice-county-head")
	m(meeting, "apr.escalateUp[directors-meeting]", "party-group", "standing-committee")
	m(correct, "apr.correctAfterClose", "allowed", "forbidden")
	m(late, "apr.autoApprove", "never", "on-timeout")
	m(self, "org.selfApproval", "never", "wait")
	m(vacant, "org.vacantApprover", "escalate", "wait")
}

// What the demonstration offices publish can be read by the keys of this context.
func TestPresets(t *testing.T) {
	read := 0
	for _, name := range []string{"county", "bureau", "weekly"} {
		for _, file := range append(presets.Office(name), presets.Variants(name)...) {
			raw, err := presets.Read(file)
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
			if err := json.Unmarshal(raw, &doc); err != nil {
				t.Fatal(err)
			}
			for _, e := range doc.Values {
				for _, k := range Context.Keys {
					if !e.Blank && k.Matches(e.Key) {
						read++
						if err := k.Check(e.Value); err != nil {
							t.Errorf("%s: %s: %v", file, e.Key, err)
						}
					}
				}
			}
		}
	}
	if read < 40 {
		t.Errorf("only %d entries were read", read)
	}
	for _, bad := range []string{`[{"posts":[],"mode":"all","form":"","when":{}}]`, `[{"posts":["a"],"mode":"some"}]`, `[{"posts":["a"],"when":{"class_from":"x"}}]`} {
		if Authority.Check(json.RawMessage(bad)) == nil {
			t.Errorf("%s is taken", bad)
		}
	}
	if Timeout.Check(json.RawMessage(`{"hours":0}`)) == nil || Countersigning.Check(json.RawMessage(`""`)) == nil {
		t.Error("a term of nothing or a method without name is taken")
	}
}

// Whatever is asked, by whom and when: no step is ever approved but by a person who holds its post, or acts under its
// holder's delegation or trust, and who is not the applicant; and no case is approved without an approval (G28).
func TestNeverApprovedWithoutAPerson(t *testing.T) {
	delegation := org.DelegationGranted{Delegation: "d-1", Grantor: "director", GrantedBy: "p-director", Post: "secretary",
		Matter: "会签", From: domain.Date{Year: 2026, Month: 1, Day: 1}, To: domain.Date{Year: 2026, Month: 12, Day: 31}}
	under := secretary
	under.Delegation = "d-1"
	actors := []domain.Actor{system, system, applicant, deputy, director, secretary, under, vice, {Person: "p-clerk", Post: "clerk"}}
	persons := []string{"p-applicant", "p-deputy", "p-director", "p-secretary", "p-clerk", domain.System}
	offices := []org.Office{office(t, staff, delegation), office(t, without("deputy-papers"), delegation), office(t, without("director", "vice-county-head"))}
	kinds := []string{"其他文件", "会签", "收文批示", "有争议的问题", "人事", "县政府下发文件"}
	posts := []string{"deputy-papers", "director", "secretary", "county-head", "clerk"}
	policies := []map[string]any{county(), county("apr.autoApprove", "on-timeout", "apr.countersign", Any), county("apr.countersign", Sequence, "org.selfApproval", "allowed")}
	closed := map[string]int{}
	rapid.Check(t, func(r *rapid.T) {
		s := tell(t, rapid.SampledFrom(policies).Draw(r, "policy"), rapid.SampledFrom(offices).Draw(r, "office"))
		at := domaintest.Time(monday)
		trust := map[string]string{} // entrusted person → by
		open := paper
		open.Kind = rapid.SampledFrom(kinds).Draw(r, "kind")
		open.Outgoing = rapid.Bool().Draw(r, "outgoing")
		asker := rapid.SampledFrom(actors[2:]).Draw(r, "applicant")
		for n := range 24 {
			step, actor := rapid.IntRange(0, 4).Draw(r, "step"), rapid.SampledFrom(actors).Draw(r, "actor")
			if st, ok := s.state().Current(); ok && rapid.IntRange(0, 9).Draw(r, "aim") > 1 {
				step = st.No
				i := slices.IndexFunc(actors, func(a domain.Actor) bool { return slices.Contains(s.state().MustAct(), a.Post) })
				if i >= 0 && rapid.Bool().Draw(r, "whose turn it is") {
					actor = actors[i]
				}
			}
			cmd := rapid.SampledFrom([]Command{
				Approve{Step: step, Shown: shown}, Approve{Step: step, Shown: shown}, WriteInstruction{Step: step, Text: "办", Shown: shown, Reserve: rapid.Bool().Draw(r, "reserve")},
				Escalate{Step: step}, Escalate{Step: step}, Remind{Step: step}, Route{Revision: 3, Digest: "sha-a"}, ReviewLegality{OK: true, Shown: shown},
				ReturnToStep{Step: step, To: rapid.IntRange(0, 3).Draw(r, "to"), Text: "x", Shown: shown},
				AddSigner{Step: step, Where: rapid.SampledFrom([]string{"before", "after"}).Draw(r, "where"), Posts: []string{rapid.SampledFrom(posts).Draw(r, "post")}},
				Transfer{Step: step, To: rapid.SampledFrom(posts).Draw(r, "to post")}, Entrust{Step: step, Person: rapid.SampledFrom(persons).Draw(r, "person")},
				RaiseDispute{Text: "x"}, ProposeOpinion{Text: "x"}, See{Step: step}, Deliver{}, open,
				RecordBodyDecision{Step: step, Body: rapid.SampledFrom([]string{"directors-meeting", "party-group"}).Draw(r, "body"), Decision: "m", Outcome: OutcomeApproved},
			}).Draw(r, "command")
			if n == 0 {
				cmd, actor = open, asker
			}
			before := s.state()
			at = domain.At(at.Add(Hours{rapid.IntRange(0, 30).Draw(r, "hours")}.after(domain.Instant{}).Sub(domain.Instant{}.Time)))
			events, err := s.try(at.In(domaintest.Zone).Format("2006-01-02 15:04:05"), actor, cmd)
			if err != nil {
				continue
			}
			for _, e := range events {
				var said Said
				switch e := e.(type) {
				case StepEntrusted:
					trust[e.Person] = e.By.Person
					continue
				case Approved:
					said = e.Said
				case InstructionWritten:
					said = e.Said
				case DecidedByMeeting:
					if actor.Person == domain.System || actor.Person == before.Applicant || e.Decision == "" {
						r.Fatalf("meeting recorded by %+v", actor)
					}
					continue
				case Closed:
					if e.Outcome == OutcomeApproved && !slices.ContainsFunc(events, func(e Event) bool {
						switch e.(type) {
						case Approved, InstructionWritten, DecidedByMeeting:
							return true
						}
						return false
					}) {
						r.Fatalf("approved by %T of %+v", cmd, actor)
					}
					closed[e.Outcome]++
					continue
				default:
					continue
				}
				if actor.Person == domain.System || said.By.Person != actor.Person || actor.Person == before.Applicant {
					r.Fatalf("approved by %+v", actor)
				}
				st, _ := before.Current()
				for _, of := range said.Posts {
					post := st.seat(of).Post
					today := domain.DateOf(at.Time, domaintest.Zone)
					holds := s.office.Holds(actor.Person, post, today) && actor.Post == post
					lent := actor.Delegation == "d-1" && post == "director" && before.Applicant != "p-director"
					giver := trust[actor.Person]
					trusted := giver != "" && giver != before.Applicant && s.office.Holds(giver, post, today)
					if !holds && !lent && !trusted {
						r.Fatalf("%s approved by %+v", post, actor)
					}
				}
			}
			if got := s.state(); before.Closed() && got.Outcome != before.Outcome {
				r.Fatalf("a closed case went from %s to %s", before.Outcome, got.Outcome)
			}
		}
	})
	if closed[OutcomeApproved] < 10 {
		t.Errorf("the property saw only %v", closed)
	}
}

// Nothing panics and nothing is approved on the zero case.
func TestZero(t *testing.T) {
	for _, row := range Context.Events {
		row.Type.Evolve(Case{})
		for _, cmd := range row.By {
			for _, actor := range []domain.Actor{{}, system, applicant} {
				s := tell(t, map[string]any{}, org.Office{})
				if events, err := s.try(monday, actor, cmd); err == nil && len(events) > 0 {
					t.Errorf("%T on nothing: %s", cmd, names(events))
				}
			}
		}
	}
}

// paperOf stands for the state of a paper: all that a case asks of its subject is the class.
type paperOf domain.Class

func (p paperOf) ClassOf() domain.Class { return domain.Class(p) }

// A case about a paper tells what the paper is about: it is never less confidential than the paper (architecture 3.18).
func TestCaseIsOfItsSubjectsClass(t *testing.T) {
	for class, want := range map[domain.Class]error{"": ErrClassBelow, domain.Confidential: ErrClassBelow, domain.Secret: nil, domain.TopSecret: nil} {
		c := domaintest.Case[Case]{Facts: map[string]any{"document-1": paperOf(domain.Secret)}}
		_, err := OpenCase{Kind: "其他文件", Subject: "document-1", Title: "审签", Class: class}.Decide(Case{}, c.Act())
		if errors.Is(err, ErrClassBelow) != (want != nil) {
			t.Errorf("a case of class %q about a paper of %s: %v", class, domain.Secret, err)
		}
	}
}
