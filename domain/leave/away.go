package leave

import (
	"fmt"
	"maps"
	"slices"

	"andu/domain"
	"andu/domain/calendar"
	"andu/domain/org"
)

// The rules of calls, papers, outings, trips and the monthly register.
var (
	ErrPhone = domain.Rule(domain.Forbidden, "leave.no-phone-in", "本单位请假须事先批准，不受理电话请假。",
		"the office takes no leave by telephone: it is approved first").By("R87, leave.phoneIn.allowed, G5")
	ErrCause     = domain.Rule(domain.Invalid, "leave.phone-cause", "只有遇急事来不及办理手续的，才可电话请假。", "only an urgent case is phoned in").By("R39")
	ErrCall      = domain.Rule(domain.Forbidden, "leave.call-taker", "电话须打给受理的岗位，由其记录。", "the call is taken, and entered, by a post that is to be called").By("leave.phoneIn.callTo")
	ErrOwnCall   = domain.Rule(domain.Forbidden, "leave.own-call", "本人的电话请假须由他人接听记录。", "nobody takes his own call").By("R39")
	ErrMember    = domain.Rule(domain.Invalid, "leave.not-member", "该人员不是本单位的在册人员。", "the person is not one of the office's").By("ORG 2.3")
	ErrNoPaper   = domain.Rule(domain.Conflict, "leave.no-paper-due", "此单无须补交书面材料。", "no papers are due").By("R39")
	ErrGiven     = domain.Rule(domain.Conflict, "leave.paper-given", "书面材料已经补交。", "the papers are there already").By("R39")
	ErrNoReview  = domain.Rule(domain.Conflict, "leave.no-review", "没有待复核的逾期材料。", "no late papers wait for a review").By("leave.phoneIn.latePaper")
	ErrOver      = domain.Rule(domain.Conflict, "leave.outing-over", "外出已经结束，不得补报。", "the outing is over and is not reported afterwards").By("R40, R77")
	ErrDeparture = domain.Rule(domain.Conflict, "leave.departed", "出差须在出发前报告时间、地点、任务。",
		"time, place and task of a trip are reported before it begins").By("R181")
	ErrMonth = domain.Rule(domain.Conflict, "leave.month", "该月尚未结束，或月份有误。", "the month is not over yet, or is none").By("R41")
)

// Phone says whether leave may be phoned in, and in which case.
type Phone struct {
	Allowed bool   `json:"allowed"`
	Cause   string `json:"cause"`
}

// Before is up to when a call counts (事先).
type Before struct {
	Instant  string `json:"instant"`
	Boundary string `json:"boundary"`
}

// Check knows the one instant: the beginning of the absence.
func (v Before) Check() error {
	if err := oneOf(v.Instant, "absence-start"); err != nil {
		return err
	}
	return oneOf(v.Boundary, "incl", "excl")
}

// Term is a number of working days, to 24:00 of the last.
type Term struct {
	WorkingDays int `json:"working_days"`
}

// Check refuses a negative term.
func (v Term) Check() error {
	if v.WorkingDays < 0 {
		return fmt.Errorf("%d working days is no term", v.WorkingDays)
	}
	return nil
}

// Late says what papers that came late do: stands (nothing), or reviewed by posts.
type Late struct {
	Effect string   `json:"effect"`
	By     []string `json:"by"`
}

// Check knows the two effects.
func (v Late) Check() error {
	if v.Effect == "reviewed" && len(v.By) == 0 {
		return fmt.Errorf("nobody reviews late papers")
	}
	return oneOf(v.Effect, "stands", "reviewed")
}

// Business says how an outing on business is given notice of: by a call, or by asking for approval.
type Business struct {
	Notice   string `json:"notice"`
	Approver string `json:"approver"`
	Papers   bool   `json:"papers"`
}

// Check refuses an approval by nobody, and papers, which no rule of an outing follows.
func (v Business) Check() error {
	if v.Papers || (v.Notice == "approval") != (v.Approver != "") {
		return fmt.Errorf("want a notice by phone, or an approval with its approver, and no papers")
	}
	return oneOf(v.Notice, "phone", "approval")
}

// PhoneIn enters a call in an urgent case, before the absence begins (电话请假). Who takes the call enters it, at once: the
// time of receipt decides whether the call came first.
type PhoneIn struct {
	Person string `json:"person" doc:"who is away" minLength:"1" maxLength:"60"`
	Type   string `json:"type" doc:"one of leave.types" minLength:"1" maxLength:"40"`
	From   Edge   `json:"from" doc:"the first half day" form:"typed"`
	To     Edge   `json:"to" doc:"the last half day" form:"typed"`
	Cause  string `json:"cause" doc:"why the rules could not be followed, as leave.phoneIn.allowed says" minLength:"1" maxLength:"40" example:"urgent"`
	Reason string `json:"reason" minLength:"1" maxLength:"1000"`
}

// Decide takes the call where the office allows it, and says by when the papers are due (R39).
func (c PhoneIn) Decide(l Ledger, act domain.Act) ([]Event, error) {
	if !act.Person() {
		return nil, domain.ErrSystem
	}
	if l.Person != "" && l.Person != c.Person {
		return nil, domain.ErrNoStream
	}
	phone := PhoneAllowed.Of(act)
	if !phone.Allowed {
		return nil, ErrPhone
	}
	office := org.Context.In(act, org.Stream(act.Office))
	switch {
	case phone.Cause != "" && phone.Cause != c.Cause:
		return nil, ErrCause
	case act.Actor.Person == c.Person:
		return nil, ErrOwnCall
	case !held(act, CallTo.Of(act)...):
		return nil, ErrCall
	case !office.Active(c.Person, received(act)):
		return nil, ErrMember
	case !slices.Contains(Types.Of(act), c.Type):
		return nil, ErrType.With("type", c.Type)
	}
	if err := l.span(c.From, c.To, ""); err != nil {
		return nil, err
	}
	begin, before := starts(act, c.From), PhoneBefore.Of(act)
	if act.Received.After(begin.Time) || (before.Boundary == "excl" && !act.Received.Before(begin.Time)) {
		return nil, ErrPrior
	}
	e := PhonedIn{Request: act.NewID("request"), Person: c.Person, Type: c.Type, From: c.From, To: c.To, Days: count(act, c.From, c.To),
		StartsAt: begin, Reason: c.Reason, By: act.Actor.Person, At: act.Received}
	if e.Days.Tenths == 0 {
		return nil, ErrNothing
	}
	if Unit.Of(act) == "day" && e.Days.Tenths%10 != 0 {
		return nil, ErrUnit
	}
	if err := l.afford(act, e.Request, c.Type, c.From, c.To); err != nil {
		return nil, err
	}
	e.Back, e.BackAt = back(act, c.To)
	e.PapersDue = papersDue(act, e.Back.On)
	return []Event{e}, nil
}

// papersDue is the first instant at which papers are late, counted from the day of return.
func papersDue(act domain.Act, returned domain.Date) domain.Instant {
	cal := calendar.Context.In(act, calendar.Stream(act.Office))
	left, day := PaperDue.Of(act).WorkingDays, returned
	if CountFrom.Of(act) == "return-day" {
		day = day.Add(-1)
	}
	for range longest {
		if left == 0 {
			break
		}
		day = day.Add(1)
		if cal.Works(act, day) {
			left--
		}
	}
	return domain.At(day.End(act.Zone))
}

// PhonedIn means a call announced the absence in time; the papers are due before PapersDue.
type PhonedIn struct {
	Request   string         `json:"request"`
	Person    string         `json:"person"`
	Type      string         `json:"type"`
	From      Edge           `json:"from"`
	To        Edge           `json:"to"`
	Days      Days           `json:"days"`
	StartsAt  domain.Instant `json:"starts_at"`
	Back      Edge           `json:"back"`
	BackAt    domain.Instant `json:"back_at"`
	Reason    string         `json:"reason"`
	By        string         `json:"by"` // who took the call
	At        domain.Instant `json:"at"` // when it was entered
	PapersDue domain.Instant `json:"papers_due"`
}

// Evolve opens the phone-in.
func (e PhonedIn) Evolve(l Ledger) Ledger {
	l.Person = e.Person
	return l.with(e.Request, func(r *Request) {
		r.Kind, r.Type, r.From, r.To, r.Days, r.Status = KindPhone, e.Type, e.From, e.To, e.Days, StatusOpen
		r.StartsAt, r.Back, r.BackAt, r.PapersDue = e.StartsAt, e.Back, e.BackAt, e.PapersDue
	})
}

// Opens waits for the papers.
func (e PhonedIn) Opens(r domain.Recorded) []domain.Task {
	return opened(r, TaskPapers, e.Request, e.PapersDue)
}

// SupplyPaper hands in the papers of a phone-in (补充书面材料).
type SupplyPaper struct {
	Request     string `json:"request" minLength:"1" maxLength:"60"`
	Text        string `json:"text" doc:"what the written request says" minLength:"1" maxLength:"4000"`
	Certificate string `json:"certificate" doc:"number of the doctor's certificate" required:"false" maxLength:"200"`
}

// Decide takes the papers from the person, or from who took the call. After the term they are late: they are kept, and do
// by themselves nothing to what has lapsed.
func (c SupplyPaper) Decide(l Ledger, act domain.Act) ([]Event, error) {
	r, err := l.find(c.Request)
	switch {
	case err != nil:
		return nil, err
	case !act.Person():
		return nil, domain.ErrSystem
	case act.Actor.Person != l.Person && !held(act, CallTo.Of(act)...):
		return nil, ErrReporter
	case r.Kind != KindPhone:
		return nil, ErrNoPaper
	case r.Status == StatusPapers || r.PapersLate:
		return nil, ErrGiven
	}
	if r.Type == Sick && blank(c.Certificate) {
		if after := CertificateAfter.Of(act); !after.None && r.Days.Tenths > after.Days.Tenths {
			return nil, ErrCertificate
		}
	}
	e := PaperSupplied{Request: r.ID, Text: c.Text, Certificate: c.Certificate, Late: !act.Received.Before(r.PapersDue.Time),
		Reviewers: []string{}, By: act.Actor.Person}
	if e.Late {
		if late := LatePaper.Of(act); late.Effect == "reviewed" {
			e.Reviewers = list(late.By)
		}
	}
	return []Event{e}, nil
}

// PaperSupplied means the papers are there. In time the phone-in is a leave; late papers change nothing, unless one of
// the posts named reviews them.
type PaperSupplied struct {
	Request     string   `json:"request"`
	Text        string   `json:"text"`
	Certificate string   `json:"certificate"`
	Late        bool     `json:"late"`
	Reviewers   []string `json:"reviewers"`
	By          string   `json:"by"`
}

// Evolve makes the phone-in a leave, where the papers are in time.
func (e PaperSupplied) Evolve(l Ledger) Ledger {
	return l.with(e.Request, func(r *Request) {
		r.PapersLate, r.ReviewersOf = e.Late, e.Reviewers
		if !e.Late {
			r.Status = StatusPapers
		}
	})
}

// Settles ends the wait for papers that are in time.
func (e PaperSupplied) Settles(r domain.Recorded) []domain.TaskID {
	if e.Late || r.Erased {
		return nil
	}
	return []domain.TaskID{task(r, TaskPapers, e.Request)}
}

// LapsePaper ends a phone-in whose papers did not come. It is the schedule's, at the first instant after the term.
type LapsePaper struct {
	Request string `json:"request" minLength:"1" maxLength:"60"`
}

// Decide lapses what is still open when the term is over (R39).
func (c LapsePaper) Decide(l Ledger, act domain.Act) ([]Event, error) {
	r, err := l.find(c.Request)
	switch {
	case act.Person():
		return nil, ErrByItself
	case err != nil:
		return nil, err
	case r.Status != StatusOpen:
		return nil, nil
	case act.Occurred.Before(r.PapersDue.Time):
		return nil, ErrNotDue
	}
	return []Event{PaperLapsed{Request: r.ID, Effect: Lapse.Of(act), PapersDue: r.PapersDue}}, nil
}

// PaperLapsed means the papers did not come in time; Effect is what the office's rules make of the absence.
type PaperLapsed struct {
	Request   string         `json:"request"`
	Effect    string         `json:"effect"`
	PapersDue domain.Instant `json:"papers_due"`
}

// Evolve ends the phone-in.
func (e PaperLapsed) Evolve(l Ledger) Ledger {
	return l.with(e.Request, func(r *Request) { r.Status = StatusLapsed })
}

// Settles ends the wait for the papers.
func (e PaperLapsed) Settles(r domain.Recorded) []domain.TaskID {
	return []domain.TaskID{task(r, TaskPapers, e.Request)}
}

// ReviewLatePaper decides what papers that came late do, where the office has them reviewed.
type ReviewLatePaper struct {
	Request  string `json:"request" minLength:"1" maxLength:"60"`
	Accepted bool   `json:"accepted"`
	Reason   string `json:"reason" minLength:"1" maxLength:"1000"`
}

// Decide asks for a person of a post that reviews, who is not the person himself.
func (c ReviewLatePaper) Decide(l Ledger, act domain.Act) ([]Event, error) {
	r, err := l.find(c.Request)
	office := org.Context.In(act, org.Stream(act.Office))
	switch {
	case !act.Person():
		return nil, domain.ErrSystem
	case err != nil:
		return nil, err
	case r.Status != StatusLapsed || !r.PapersLate || len(r.ReviewersOf) == 0:
		return nil, ErrNoReview
	case office.OwnRequest(act.Actor, l.Person, received(act)):
		return nil, ErrSelf
	case !held(act, r.ReviewersOf...):
		return nil, ErrAuthority.With("post", r.ReviewersOf[0])
	}
	return []Event{LatePaperReviewed{Request: r.ID, Accepted: c.Accepted, Reason: c.Reason, By: act.Actor.Person, Post: act.Actor.Post}}, nil
}

// LatePaperReviewed means the late papers were accepted, and the absence is a leave; or they were not.
type LatePaperReviewed struct {
	Request  string `json:"request"`
	Accepted bool   `json:"accepted"`
	Reason   string `json:"reason"`
	By       string `json:"by"`
	Post     string `json:"post"`
}

// Evolve makes the phone-in a leave, or ends the review.
func (e LatePaperReviewed) Evolve(l Ledger) Ledger {
	return l.with(e.Request, func(r *Request) {
		r.ReviewersOf = nil
		if e.Accepted {
			r.Status = StatusPapers
		}
	})
}

// Opens asks that the days be determined anew, where the papers were accepted (G5).
func (e LatePaperReviewed) Opens(r domain.Recorded) []domain.Task {
	if !e.Accepted || r.Erased {
		return nil
	}
	return []domain.Task{{TaskID: task(r, TaskReview, e.Request), Stream: r.Stream, Data: map[string]string{"request": e.Request}}}
}

// Span gives the days of a request from its first to its last.
func (l Ledger) Span(request string) (days []domain.Date) {
	r, ok := l.Requests[request]
	if !ok || !r.From.valid() {
		return nil
	}
	for day := r.From.On; !r.until().On.Before(day); day = day.Add(1) {
		days = append(days, day)
	}
	return days
}

// CloseReview ends the task of determining a request's days anew.
type CloseReview struct {
	Request string `json:"request"`
}

// Decide is the follower's, once the days are determined.
func (c CloseReview) Decide(l Ledger, act domain.Act) ([]Event, error) {
	if act.Person() {
		return nil, ErrByItself
	}
	if _, err := l.find(c.Request); err != nil {
		return nil, err
	}
	return []Event{DaysReviewed{Request: c.Request, Days: l.Span(c.Request)}}, nil
}

// DaysReviewed means that what these days count for was determined anew with the papers that came late.
type DaysReviewed struct {
	Request string        `json:"request"`
	Days    []domain.Date `json:"days"`
}

// Evolve changes nothing: the days have their own streams.
func (e DaysReviewed) Evolve(l Ledger) Ledger { return l }

// Settles ends the task.
func (e DaysReviewed) Settles(r domain.Recorded) []domain.TaskID {
	return []domain.TaskID{task(r, TaskReview, e.Request)}
}

// business decides whether an outing or a trip waits for approval; notice by a call needs none.
func (l Ledger) business(act domain.Act, id string) (rule Business, routed []Event) {
	rule = BusinessOuting.Of(act)
	if rule.Notice == "approval" {
		routed = l.route(act, StepRouted{Request: id, Rule: BusinessOuting.Name, Aggregated: []string{}, UpTo: Limit{None: true}, Form: "free", Role: rule.Approver})
	}
	return rule, routed
}

// ReportOuting tells where a person is, on one day and on business (因公外出): the person himself, or who takes his call.
type ReportOuting struct {
	Person  string         `json:"person" doc:"who is out; empty: oneself" required:"false" maxLength:"60"`
	Place   string         `json:"place" minLength:"1" maxLength:"200"`
	Purpose string         `json:"purpose" minLength:"1" maxLength:"1000"`
	OutAt   domain.Instant `json:"out_at" doc:"RFC 3339"`
	BackAt  domain.Instant `json:"back_at" doc:"RFC 3339: when the person means to be back"`
}

// Decide takes the report of an outing that is not over. It covers the half days that begin during it (R40).
func (c ReportOuting) Decide(l Ledger, act domain.Act) ([]Event, error) {
	person := c.Person
	if person == "" {
		person = act.Actor.Person
	}
	id := act.NewID("request")
	rule, routed := l.business(act, id)
	office := org.Context.In(act, org.Stream(act.Office))
	day := domain.DateOf(c.OutAt.Time, act.Zone)
	switch {
	case !act.Person():
		return nil, domain.ErrSystem
	case l.Person != "" && l.Person != person:
		return nil, domain.ErrNoStream
	case person != act.Actor.Person && rule.Notice != "phone":
		return nil, ErrOther
	case person != act.Actor.Person && !held(act, CallTo.Of(act)...):
		return nil, ErrCall
	case !office.Active(person, received(act)):
		return nil, ErrMember
	case !c.OutAt.Before(c.BackAt.Time) || day.End(act.Zone).Before(c.BackAt.Time):
		return nil, ErrDates
	case !act.Received.Before(c.BackAt.Time):
		return nil, ErrOver
	}
	for _, r := range l.Requests {
		if r.Kind == KindOuting && r.live() && !r.Returned.valid() && r.StartsAt.Before(c.BackAt.Time) && c.OutAt.Before(r.BackAt.Time) {
			return nil, ErrOverlap
		}
	}
	e := OutingReported{Request: id, Person: person, Place: c.Place, Purpose: c.Purpose, OutAt: c.OutAt, BackAt: c.BackAt,
		Approval: len(routed) > 0, By: act.Actor.Person}
	for _, half := range []Half{AM, PM} {
		at := Edge{day, half}
		if begins := starts(act, at); !begins.Before(c.OutAt.Time) && begins.Before(c.BackAt.Time) {
			if !e.From.valid() {
				e.From = at
			}
			e.To = at
		}
	}
	return append([]Event{e}, routed...), nil
}

// OutingReported means it is known where the person is. The half days from From to To begin during it.
type OutingReported struct {
	Request  string         `json:"request"`
	Person   string         `json:"person"`
	Place    string         `json:"place"`
	Purpose  string         `json:"purpose"`
	OutAt    domain.Instant `json:"out_at"`
	BackAt   domain.Instant `json:"back_at"`
	From     Edge           `json:"from"`
	To       Edge           `json:"to"`
	Approval bool           `json:"approval"` // it waits for approval
	By       string         `json:"by"`
}

// Evolve enters the outing.
func (e OutingReported) Evolve(l Ledger) Ledger {
	l.Person = e.Person
	return l.with(e.Request, func(r *Request) {
		r.Kind, r.From, r.To, r.StartsAt, r.BackAt, r.Status = KindOuting, e.From, e.To, e.OutAt, e.BackAt, reported(e.Approval)
	})
}

func reported(approval bool) string {
	if approval {
		return StatusAsked
	}
	return StatusGranted
}

// ReportTrip tells time, place and task of a trip before it begins (出差).
type ReportTrip struct {
	Place string `json:"place" minLength:"1" maxLength:"200"`
	Task  string `json:"task" minLength:"1" maxLength:"1000"`
	From  Edge   `json:"from" doc:"the first half day" form:"typed"`
	To    Edge   `json:"to" doc:"the last half day" form:"typed"`
}

// Decide takes the traveller's own report, before departure (R181).
func (c ReportTrip) Decide(l Ledger, act domain.Act) ([]Event, error) {
	if err := l.own(act); err != nil {
		return nil, err
	}
	if err := l.span(c.From, c.To, ""); err != nil {
		return nil, err
	}
	begin := starts(act, c.From)
	if !act.Received.Before(begin.Time) {
		return nil, ErrDeparture
	}
	id := act.NewID("request")
	_, routed := l.business(act, id)
	e := TripReported{Request: id, Person: act.Actor.Person, Place: c.Place, Task: c.Task, From: c.From, To: c.To, StartsAt: begin,
		Approval: len(routed) > 0}
	e.Back, e.BackAt = back(act, c.To)
	return append([]Event{e}, routed...), nil
}

// TripReported means it is known where the person travels and for what.
type TripReported struct {
	Request  string         `json:"request"`
	Person   string         `json:"person"`
	Place    string         `json:"place"`
	Task     string         `json:"task"`
	From     Edge           `json:"from"`
	To       Edge           `json:"to"`
	StartsAt domain.Instant `json:"starts_at"`
	Back     Edge           `json:"back"`
	BackAt   domain.Instant `json:"back_at"`
	Approval bool           `json:"approval"` // it waits for approval
}

// Evolve enters the trip.
func (e TripReported) Evolve(l Ledger) Ledger {
	l.Person = e.Person
	return l.with(e.Request, func(r *Request) {
		r.Kind, r.From, r.To, r.StartsAt, r.Back, r.BackAt, r.Status = KindTrip, e.From, e.To, e.StartsAt, e.Back, e.BackAt, reported(e.Approval)
	})
}

// Return reports that the person is back (销假), from a leave, an outing or a trip.
type Return struct {
	Request string `json:"request" minLength:"1" maxLength:"60"`
	Back    Edge   `json:"back" doc:"the first half day at work again; an outing ends at the time of the report and needs none" required:"false" form:"typed"`
}

// Decide takes the report of the person, or of the post to which the end of leave is reported. An earlier return makes
// the leave shorter; a later one does not make it longer.
func (c Return) Decide(l Ledger, act domain.Act) ([]Event, error) {
	r, err := l.find(c.Request)
	switch {
	case err != nil:
		return nil, err
	case !act.Person():
		return nil, domain.ErrSystem
	case act.Actor.Person != l.Person && !held(act, EndReport.Of(act).To...):
		return nil, ErrReporter
	case r.Returned.valid() || !slices.Contains([]string{StatusGranted, StatusOpen, StatusPapers, StatusLapsed}, r.Status):
		return nil, ErrNotRunning
	}
	e := Returned{Request: r.ID, Back: c.Back, At: act.Occurred, By: act.Actor.Person}
	if r.Kind == KindOuting {
		if act.Occurred.Before(r.StartsAt.Time) {
			return nil, ErrBack
		}
		e.Back = firstFrom(act, act.Occurred)
		return []Event{e}, nil
	}
	if !c.Back.valid() || c.Back.Before(r.From) || received(act).Before(c.Back.On) {
		return nil, ErrBack
	}
	e.Late = !r.ReportDue.IsZero() && !act.Received.Before(r.ReportDue.Time)
	r.Returned = c.Back
	if r.leave() {
		e.Days = count(act, r.From, r.until())
	}
	if r.Status == StatusOpen && !r.PapersLate && c.Back != r.Back {
		e.PapersDue = papersDue(act, c.Back.On)
	}
	return []Event{e}, nil
}

// firstFrom is the first half day that does not begin before an instant.
func firstFrom(act domain.Act, at domain.Instant) Edge {
	for e := (Edge{domain.DateOf(at.Time, act.Zone), AM}); ; e = e.next() {
		if e.Half == AM && e.On != domain.DateOf(at.Time, act.Zone) || !starts(act, e).Before(at.Time) {
			return e
		}
	}
}

// Returned means the person is at work again from that half day on.
type Returned struct {
	Request   string         `json:"request"`
	Back      Edge           `json:"back"`
	At        domain.Instant `json:"at"`
	Days      Days           `json:"days"`       // of a leave, as it came to be
	Late      bool           `json:"late"`       // reported after the term
	PapersDue domain.Instant `json:"papers_due"` // of a phone-in that took another time than announced; zero: as it was
	By        string         `json:"by"`
}

// Evolve ends the absence.
func (e Returned) Evolve(l Ledger) Ledger {
	return l.with(e.Request, func(r *Request) {
		r.Returned, r.Extension, r.StepDue = e.Back, Extension{}, domain.Instant{}
		if r.leave() {
			r.Days = e.Days
		}
		if !e.PapersDue.IsZero() {
			r.PapersDue = e.PapersDue
		}
	})
}

// Opens counts the term of the papers from the real return.
func (e Returned) Opens(r domain.Recorded) []domain.Task {
	return opened(r, TaskPapers, e.Request, e.PapersDue)
}

// Settles ends the wait for the return, and for the decision on an extension.
func (e Returned) Settles(r domain.Recorded) []domain.TaskID {
	return []domain.TaskID{task(r, TaskOverstay, e.Request), task(r, TaskTimeout, e.Request)}
}

// NoteOverstay notes that no return from a leave was reported in time. It is the schedule's.
type NoteOverstay struct {
	Request string `json:"request" minLength:"1" maxLength:"60"`
}

// Decide notes it once, when the term is over.
func (c NoteOverstay) Decide(l Ledger, act domain.Act) ([]Event, error) {
	r, err := l.find(c.Request)
	switch {
	case act.Person():
		return nil, ErrByItself
	case err != nil:
		return nil, err
	case r.Status != StatusGranted || r.ReportDue.IsZero() || r.Returned.valid() || r.Overstayed:
		return nil, nil
	case act.Occurred.Before(r.ReportDue.Time):
		return nil, ErrNotDue
	}
	return []Event{Overstayed{Request: r.ID, Since: r.Back, ReportDue: r.ReportDue}}, nil
}

// Overstayed means nobody has reported that the person is back; the leave covers nothing from Since on.
type Overstayed struct {
	Request   string         `json:"request"`
	Since     Edge           `json:"since"`
	ReportDue domain.Instant `json:"report_due"`
}

// Evolve notes the overstay.
func (e Overstayed) Evolve(l Ledger) Ledger {
	return l.with(e.Request, func(r *Request) { r.Overstayed = true })
}

// Settles ends the wait for the return.
func (e Overstayed) Settles(r domain.Recorded) []domain.TaskID {
	return []domain.TaskID{task(r, TaskOverstay, e.Request)}
}

// ReviseDays counts the person's leaves anew after the calendar has changed. It is the system's.
type ReviseDays struct{}

// Decide counts every leave that stands; who approved it stays who approved it (leave.tierAfterCalendarChange, G6).
func (c ReviseDays) Decide(l Ledger, act domain.Act) ([]Event, error) {
	if act.Person() {
		return nil, ErrByItself
	}
	var events []Event
	for _, id := range slices.Sorted(maps.Keys(l.Requests)) {
		r := l.Requests[id]
		if !r.leave() || !r.live() {
			continue
		}
		e := DaysRevised{Request: id, Was: r.Days, Days: count(act, r.From, r.until()), Back: r.Back, BackAt: r.BackAt}
		if !r.Returned.valid() {
			e.Back, e.BackAt = back(act, r.To)
			switch {
			case e.Back == r.Back:
			case r.Status == StatusGranted && !r.Overstayed:
				e.ReportDue = domain.At(e.Back.On.End(act.Zone))
			case r.Status == StatusOpen:
				e.PapersDue = papersDue(act, e.Back.On)
			}
		}
		if e.Days != r.Days || e.Back != r.Back {
			TierAfterChange.Of(act)
			events = append(events, e)
		}
	}
	return events, nil
}

// DaysRevised means the leave has another length, or ends on another day of work, on the calendar as it now is.
type DaysRevised struct {
	Request   string         `json:"request"`
	Was       Days           `json:"was"`
	Days      Days           `json:"days"`
	Back      Edge           `json:"back"`
	BackAt    domain.Instant `json:"back_at"`
	ReportDue domain.Instant `json:"report_due"` // zero: as it was
	PapersDue domain.Instant `json:"papers_due"` // zero: as it was
}

// Evolve keeps the length as it now is.
func (e DaysRevised) Evolve(l Ledger) Ledger {
	return l.with(e.Request, func(r *Request) {
		r.Days, r.Back, r.BackAt = e.Days, e.Back, e.BackAt
		if !e.ReportDue.IsZero() {
			r.ReportDue = e.ReportDue
		}
		if !e.PapersDue.IsZero() {
			r.PapersDue = e.PapersDue
		}
	})
}

// Opens moves the terms that hang on the day of return.
func (e DaysRevised) Opens(r domain.Recorded) []domain.Task {
	return append(opened(r, TaskOverstay, e.Request, e.ReportDue), opened(r, TaskPapers, e.Request, e.PapersDue)...)
}
