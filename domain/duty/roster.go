package duty

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"andu/domain"
	"andu/domain/calendar"
)

// Rosters lists every event of a roster (值班表): one stream for one duty post and one month or week. It is drafted,
// approved, published and delivered; a late one is taken all the same, with a finding, since the watch must go on.
var Rosters = domain.Context[Roster]{
	Name: "roster",
	Events: []domain.Schema[Roster]{
		{Name: "roster.drafted", Version: 1, Type: Drafted{}, By: byRoster(Draft{})},
		{Name: "roster.approved", Version: 1, Type: Approved{}, By: byRoster(Approve{})},
		{Name: "roster.published", Version: 1, Type: Published{}, By: byRoster(Publish{})},
		{Name: "roster.delivered", Version: 1, Type: Delivered{}, By: byRoster(Deliver{})},
		{Name: "roster.amended", Version: 1, Type: Amended{}, By: byRoster(Amend{}, FollowCalendar{}, Publish{}), Sealed: true},
		{Name: "roster.finding-raised", Version: 1, Type: RosterFinding{}, By: byRoster(Publish{}, NoteMissing{})},
	},
	Rules: []*domain.Refusal{ErrNoPost, ErrFirstDay, ErrUnassigned, ErrNotASlot, ErrPublished, ErrNotPublished, ErrNotDrafted, ErrNotApproved,
		ErrNotApprover, ErrOtherRoster, ErrNotAddressee, ErrNotRearranger, ErrRearrangeCause},
	Keys:  keys,
	Facts: facts,
}

func byRoster(c ...domain.Command[Roster]) []domain.Command[Roster] { return c }

// RosterEvent is a fact of a roster.
type RosterEvent = domain.Event[Roster]

// RosterStream is the stream of the roster of a duty post for the period that begins on a day.
func RosterStream(newID func(space, name string) string, post string, first domain.Date) string {
	return Rosters.Stream(newID(post, "roster/"+first.String()))
}

// The rules of a roster.
var (
	ErrNoPost = domain.Rule(domain.Invalid, "roster.no-post",
		"没有该值班岗位。", "there is no such duty post")
	ErrFirstDay = domain.Rule(domain.Invalid, "roster.first-day",
		"值班表应从{period}的第一天起排。", "a roster begins on the first day of a {period}").By("R44, R68, duty.roster.period")
	ErrUnassigned = domain.Rule(domain.Invalid, "roster.unassigned",
		"下列班次无人值班：{starts}。", "nobody is on these shifts: {starts}").By("R42")
	ErrNotASlot = domain.Rule(domain.Invalid, "roster.not-a-slot",
		"没有可排的班次从{start}开始。", "no shift that takes a person begins at {start}").By("R43, duty.handover.time")
	ErrPublished = domain.Rule(domain.Conflict, "roster.already-published",
		"值班表已经印发，请用调整。", "the roster is published: amend it").By("R46")
	ErrNotPublished = domain.Rule(domain.Conflict, "roster.not-published",
		"值班表尚未印发。", "the roster is not published")
	ErrNotDrafted = domain.Rule(domain.Conflict, "roster.not-drafted",
		"值班表尚未编排。", "there is no draft")
	ErrNotApproved = domain.Rule(domain.Conflict, "roster.not-approved",
		"值班表未经{post}批准，不得印发。", "the roster is published after {post} approved it").By("R67, duty.roster.approver, G9")
	ErrNotApprover = domain.Rule(domain.Forbidden, "roster.not-approver",
		"值班表由{post}批准。", "only the post {post} approves the roster").By("R67, duty.roster.approver")
	ErrOtherRoster = domain.Rule(domain.Invalid, "roster.other",
		"这是另一值班岗位或另一期的值班表。", "this is the roster of another post or period")
	ErrNotAddressee = domain.Rule(domain.Invalid, "roster.not-addressee",
		"{person}不在印发范围内。", "{person} is not among those who get the roster").By("R44, duty.roster.audience")
	ErrNotRearranger = domain.Rule(domain.Forbidden, "roster.not-rearranger",
		"值班表的调整由{posts}统筹。", "only {posts} rearrange the roster").By("R46, duty.rearrange")
	ErrRearrangeCause = domain.Rule(domain.Invalid, "roster.cause",
		"调整须说明原因，且属于：{causes}。", "a roster is amended with a reason, for one of: {causes}").By("R46, duty.rearrange")
)

// Deadline is by when a roster is published, on the last day of the period before.
type Deadline struct {
	Day      string           `json:"day"`
	Time     domain.TimeOfDay `json:"time"`
	Boundary string           `json:"boundary"`
}

// Check knows the last day of the period before.
func (d Deadline) Check() error {
	if d.Day != "last-of-previous-period" {
		return fmt.Errorf("day %q: want last-of-previous-period", d.Day)
	}
	return word(d.Boundary, "incl", "excl")
}

// Late is what happens to a late roster.
type Late struct {
	Accepted bool   `json:"accepted"`
	Finding  string `json:"finding"`
}

// Check knows no roster that is refused for being late: the watch must go on.
func (l Late) Check() error {
	if !l.Accepted || l.Finding == "" {
		return fmt.Errorf("late effect %+v: want accepted with a finding", l)
	}
	return nil
}

// Bound is how many shifts may lie between who has most and who has least in a period.
type Bound struct {
	Shifts   int    `json:"shifts"`
	Period   string `json:"period"`
	Boundary string `json:"boundary"`
}

// Check knows months and quarters.
func (b Bound) Check() error {
	if err := word(b.Period, "month", "quarter"); err != nil {
		return err
	}
	return word(b.Boundary, "incl", "excl")
}

// Rearrangement says who rearranges a published roster and for which causes; "office" is the posts that issue and approve it.
type Rearrangement struct {
	By     string   `json:"by"`
	Causes []string `json:"causes"`
}

// CauseCalendar is the cause of an amendment that only follows the calendar (R43); it needs no rearrangement.
const CauseCalendar = "calendar"

// Roster is the plan of one duty post for one period.
type Roster struct {
	Post      string // stream
	First     domain.Date
	Last      domain.Date
	Slots     []Slot
	Approved  bool
	Published bool
	Next      domain.Date // first day of the next period
	Audience  []string
	Delivered map[string]bool
	Missing   bool // that the next one is missing was found
}

// Undelivered lists who has not got the roster.
func (r Roster) Undelivered() (persons []string) {
	for _, p := range r.Audience {
		if !r.Delivered[p] {
			persons = append(persons, p)
		}
	}
	return persons
}

// ends gives the last day of the period that begins on a day; false when none begins then.
func (v Period) ends(first domain.Date) (last domain.Date, ok bool) {
	switch v {
	case "month":
		return domain.Date{Year: first.Year, Month: first.Month + 1, Day: 1}.Add(-1), first.Day == 1
	case "week":
		return first.Add(6), first.Weekday() == time.Monday
	}
	return first, false
}

// slots lays out the shifts of a span of days: a shift begins at each planned handover and at the bounds of the hours that
// the section covers, and ends where the next begins, so that no instant is left out (R42). Who covers it follows from the
// working calendar, make-up days included (R43).
func slots(act domain.Act, line string, first, last domain.Date) (list []Slot) {
	cal, times, lead := calendar.Context.In(act, calendar.Stream(act.Office)), HandoverTimes.Of(act), ReminderLead.Of(act)
	rotaBy := rota(act, line)
	var hours Hours
	var section []string
	if line == DutyRoom {
		hours, section = CoverHours.Of(act, officeHours), CoverBy.Of(act, officeHours)
	}
	for day := first; !last.Add(1).Before(day); day = day.Add(1) {
		works := cal.Works(act, day)
		var bounds []domain.TimeOfDay
		for _, t := range times {
			if t.Days == "every" || works {
				bounds = append(bounds, t.At)
			}
		}
		if section != nil && works {
			bounds = append(bounds, hours.Start, hours.End)
		}
		slices.SortFunc(bounds, func(a, b domain.TimeOfDay) int { return a.Minutes - b.Minutes })
		for _, t := range slices.Compact(bounds) {
			start := domain.At(t.On(day, act.Zone))
			if n := len(list); n > 0 {
				list[n-1].End = start
				list[n-1].Night = domain.DateOf(list[n-1].Start.Time, act.Zone) != domain.DateOf(start.Add(-time.Microsecond), act.Zone)
			}
			if day == last.Add(1) {
				return list
			}
			s := Slot{Start: start, By: rotaBy, Source: Rota, Rest: !works, Remind: domain.At(start.Add(-time.Duration(lead.Hours) * time.Hour))}
			if section != nil && works && t.Minutes >= hours.Start.Minutes && t.Minutes < hours.End.Minutes {
				s.By, s.Source = section, Section
			}
			list = append(list, s)
		}
	}
	return nil
}

// Assignment puts a person on the shift that begins at an instant.
type Assignment struct {
	Start  domain.Instant `json:"start"`
	Person string         `json:"person" minLength:"1" maxLength:"60"`
}

// assign fills the shifts of the rota; every one has a person of the duty list (R42, R47).
func assign(act domain.Act, list []Slot, given []Assignment) error {
	o := office(act)
	at := func(t domain.Instant) string { return t.In(act.Zone).Format("2006-01-02 15:04") }
	for _, a := range given {
		i := slices.IndexFunc(list, func(s Slot) bool { return s.Start.Equal(a.Start.Time) && s.Source == Rota })
		if i < 0 {
			return ErrNotASlot.With("start", at(a.Start))
		}
		list[i].Person = a.Person
	}
	var empty []string
	for _, s := range list {
		switch {
		case s.Source == Section:
		case s.Person == "":
			empty = append(empty, at(s.Start))
		case !holds(o, s.Person, s.By, domain.DateOf(s.Start.Time, act.Zone)):
			return ErrNotOnList.With("person", s.Person)
		}
	}
	if empty != nil {
		return ErrUnassigned.With("starts", strings.Join(empty, ", "))
	}
	return nil
}

// Draft drafts the roster of a post for a month or a week; drafting again replaces the draft and asks for approval anew.
type Draft struct {
	Post        string       `json:"post" doc:"stream of the duty post" minLength:"1" maxLength:"60"`
	First       domain.Date  `json:"first" doc:"first day"`
	Assignments []Assignment `json:"assignments" doc:"who is on the shifts of the rota; shifts of a section have no person" maxItems:"400"`
}

// Needs is the duty post that is planned.
func (c Draft) Needs(Roster, domain.Act) []string { return postStream(c.Post) }

func postStream(stream string) []string {
	if domain.ContextOf(stream) != Context.Name {
		return nil
	}
	return []string{stream}
}

func postOf(act domain.Act, stream string) Post {
	if postStream(stream) == nil {
		return Post{}
	}
	return Context.In(act, stream)
}

// Decide lets the post that issues the roster lay out a whole period without a gap.
func (c Draft) Decide(r Roster, act domain.Act) ([]RosterEvent, error) {
	period := RosterPeriod.Of(act)
	if err := publisher(act); err != nil {
		return nil, err
	}
	p := postOf(act, c.Post)
	last, ok := period.ends(c.First)
	switch {
	case p.Line == "":
		return nil, ErrNoPost
	case !ok:
		return nil, ErrFirstDay.With("period", string(period))
	case r.Published:
		return nil, ErrPublished
	case r.Post != "" && (r.Post != c.Post || r.First != c.First):
		return nil, ErrOtherRoster
	}
	list := slots(act, p.Line, c.First, last)
	if err := assign(act, list, c.Assignments); err != nil {
		return nil, err
	}
	return []RosterEvent{Drafted{Post: c.Post, First: c.First, Last: last, Slots: list}}, nil
}

// Drafted means that there is a plan for the period; it binds nobody yet.
type Drafted struct {
	Post  string      `json:"post"`
	First domain.Date `json:"first"`
	Last  domain.Date `json:"last"`
	Slots []Slot      `json:"slots"`
}

// Evolve keeps the draft.
func (e Drafted) Evolve(r Roster) Roster {
	r.Post, r.First, r.Last, r.Slots, r.Approved = e.Post, e.First, e.Last, e.Slots, false
	return r
}

// Approve approves the draft.
type Approve struct{}

// Decide lets the post of duty.roster.approver approve (R67).
func (c Approve) Decide(r Roster, act domain.Act) ([]RosterEvent, error) {
	post := RosterApprover.Of(act)
	switch {
	case r.Post == "":
		return nil, ErrNotDrafted
	case !act.Person():
		return nil, domain.ErrSystem
	case act.Actor.Post != post:
		return nil, ErrNotApprover.With("post", post)
	case r.Approved:
		return nil, nil
	}
	return []RosterEvent{Approved{By: act.Actor.Person, Post: post}}, nil
}

// Approved means that the roster may be published.
type Approved struct {
	By   string `json:"by"`
	Post string `json:"post"`
}

// Evolve notes the approval.
func (e Approved) Evolve(r Roster) Roster { r.Approved = true; return r }

// Publish issues the roster.
type Publish struct{}

// Needs is the duty post, whose earlier shifts count for the load.
func (c Publish) Needs(r Roster, _ domain.Act) []string { return postStream(r.Post) }

// deadline is the instant by which the roster that begins on a day is published, and the first that is too late.
func deadline(act domain.Act, first domain.Date) (by, late domain.Instant) {
	d, day := RosterDeadline.Of(act), first.Add(-1)
	if DeadlineBasis.Of(act) == "lastWorkingDay" {
		cal := calendar.Context.In(act, calendar.Stream(act.Office))
		for range 60 { // no row of days off is longer
			if cal.Works(act, day) {
				break
			}
			day = day.Add(-1)
		}
	}
	by = domain.At(d.Time.On(day, act.Zone))
	if d.Boundary == "incl" {
		return by, just(by)
	}
	return by, by
}

// Decide publishes what was approved; what is late by the receipt is published with a finding and never refused (R44, G9).
// A load that is spread wider than duty.fairness.bound is a finding too (R68, R280). Where the calendar has changed since
// the draft, the amendment that follows it is published with it.
func (c Publish) Decide(r Roster, act domain.Act) ([]RosterEvent, error) {
	if err := publisher(act); err != nil {
		return nil, err
	}
	approver := RosterApprover.Of(act)
	switch {
	case r.Post == "":
		return nil, ErrNotDrafted
	case r.Published:
		return nil, nil
	case !r.Approved:
		return nil, ErrNotApproved.With("post", approver)
	}
	by, late := deadline(act, r.First)
	next := r.Last.Add(1)
	_, missing := deadline(act, next)
	p := postOf(act, r.Post)
	e := Published{Post: r.Post, First: r.First, Last: r.Last, Slots: r.Slots, Deadline: by, Next: next, NextLate: missing, Audience: audience(act, p.Line, r.First)}
	events := []RosterEvent{e}
	if !act.Received.Before(late.Time) {
		events = append(events, RosterFinding{Kind: LateEffect.Of(act).Finding, First: r.First, At: act.Received, Most: 0, Least: 0})
	}
	events = append(events, r.load(act, p)...)
	return append(events, r.followed(act)...), nil
}

func audience(act domain.Act, line string, first domain.Date) (persons []string) {
	if Audience.Of(act) == "duty-list" {
		return listed(act, line, first)
	}
	return office(act).Members(act.Today())
}

// listed is the duty list of a line on a day.
func listed(act domain.Act, line string, on domain.Date) (persons []string) {
	for _, post := range rota(act, line) {
		persons = append(persons, office(act).Holders(post, on)...)
	}
	slices.Sort(persons)
	return slices.Compact(persons)
}

// LoadSpread is the finding that the load is not shared within the office's bound.
const LoadSpread = "loadSpread"

// load counts the shifts of each person of the duty list in the bound's period: those already planned and the roster's.
func (r Roster) load(act domain.Act, p Post) []RosterEvent {
	bound, month := FairnessBound.Of(act), r.First.Month
	months := time.Month(1)
	if bound.Period == "quarter" {
		month, months = (month-1)/3*3+1, 3
	}
	from := domain.Date{Year: r.First.Year, Month: month, Day: 1}
	until := domain.Date{Year: r.First.Year, Month: month + months, Day: 1}.Add(0)
	counts := map[string]int{}
	for _, person := range listed(act, p.Line, r.First) {
		counts[person] = 0
	}
	count := func(s Slot) {
		on := domain.DateOf(s.Start.Time, act.Zone)
		if _, ok := counts[s.Person]; ok && s.Source == Rota && !on.Before(from) && on.Before(until) {
			counts[s.Person]++
		}
	}
	for _, s := range p.Shifts {
		if on := domain.DateOf(s.Start.Time, act.Zone); on.Before(r.First) || r.Last.Before(on) {
			count(s.Slot)
		}
	}
	for _, s := range r.Slots {
		count(s)
	}
	if len(counts) == 0 {
		return nil
	}
	all := slices.Sorted(maps.Values(counts))
	spread := all[len(all)-1] - all[0]
	if spread < bound.Shifts || spread == bound.Shifts && bound.Boundary == "incl" {
		return nil
	}
	return []RosterEvent{RosterFinding{Kind: LoadSpread, First: r.First, At: act.Received, Most: all[len(all)-1], Least: all[0]}}
}

// Published means that the shifts are planned, and that everybody of the audience shall have the roster.
type Published struct {
	Post     string         `json:"post"`
	First    domain.Date    `json:"first"`
	Last     domain.Date    `json:"last"`
	Slots    []Slot         `json:"slots"`
	Deadline domain.Instant `json:"deadline"`
	Next     domain.Date    `json:"next"`      // first day of the next period
	NextLate domain.Instant `json:"next_late"` // first instant at which its roster is late
	Audience []string       `json:"audience"`
}

// Evolve publishes.
func (e Published) Evolve(r Roster) Roster {
	r.Published, r.Slots, r.Audience, r.Next = true, e.Slots, e.Audience, e.Next
	return r
}

// TaskDeadline is the look at the instant at which the next roster is late.
const TaskDeadline = "roster.deadline"

// Opens asks that the shifts are taken over into the post, and for a look at the deadline of the next roster.
func (e Published) Opens(r domain.Recorded) []domain.Task {
	return []domain.Task{planTask(r, e.Post),
		{TaskID: domain.TaskID{Kind: TaskDeadline, Key: e.Post + "/" + e.Next.String()}, Stream: r.Stream, Due: e.NextLate}}
}

func planTask(r domain.Recorded, post string) domain.Task {
	return domain.Task{TaskID: domain.TaskID{Kind: TaskPlan, Key: planKey(r.Stream, r.Revision)}, Stream: r.Stream,
		Data: map[string]string{"post": post, "revision": strconv.FormatInt(r.Revision, 10)}}
}

// Settles ends the look at the own deadline.
func (e Published) Settles(domain.Recorded) []domain.TaskID {
	return []domain.TaskID{{Kind: TaskDeadline, Key: e.Post + "/" + e.First.String()}}
}

// RosterFinding means that something about the roster was found; nothing is undone by it.
type RosterFinding struct {
	Kind  string         `json:"kind"`  // as duty.roster.lateEffect names it, rosterMissing, loadSpread
	First domain.Date    `json:"first"` // of the roster that is late, missing or uneven
	At    domain.Instant `json:"at"`
	Most  int            `json:"most"` // shifts of the person with most, of loadSpread
	Least int            `json:"least"`
}

// RosterMissing is the finding that at the deadline the next roster is not published.
const RosterMissing = "rosterMissing"

// Evolve notes what is found once.
func (e RosterFinding) Evolve(r Roster) Roster {
	r.Missing = r.Missing || e.Kind == RosterMissing
	return r
}

// NoteMissing looks at the deadline whether the next roster is there. The schedule does it: a roster that was published
// has settled the look.
type NoteMissing struct{}

// Decide raises the finding once.
func (c NoteMissing) Decide(r Roster, act domain.Act) ([]RosterEvent, error) {
	switch {
	case act.Person():
		return nil, ErrSystemOnly
	case !r.Published || r.Missing:
		return nil, nil
	}
	return []RosterEvent{RosterFinding{Kind: RosterMissing, First: r.Next, At: act.Occurred}}, nil
}

// Deliver hands the roster to persons, or says that one has got it.
type Deliver struct {
	Persons []string `json:"persons" minItems:"1" maxItems:"200"`
	Way     string   `json:"way" doc:"such as screen, paper" minLength:"1" maxLength:"40" example:"paper"`
}

// Decide takes it from the post that issues the roster, and from each person for himself (R44).
func (c Deliver) Decide(r Roster, act domain.Act) ([]RosterEvent, error) {
	if !r.Published {
		return nil, ErrNotPublished
	}
	if len(c.Persons) != 1 || c.Persons[0] != act.Actor.Person {
		if err := publisher(act); err != nil {
			return nil, err
		}
	}
	var events []RosterEvent
	given := map[string]bool{}
	for _, p := range c.Persons {
		if !slices.Contains(r.Audience, p) {
			return nil, ErrNotAddressee.With("person", p)
		}
		if !r.Delivered[p] && !given[p] {
			given[p] = true
			events = append(events, Delivered{Person: p, Way: c.Way})
		}
	}
	return events, nil
}

// Delivered means that the person has the roster.
type Delivered struct {
	Person string `json:"person"`
	Way    string `json:"way"`
}

// Evolve notes it.
func (e Delivered) Evolve(r Roster) Roster { r.Delivered = put(r.Delivered, e.Person, true); return r }

// Amend rearranges what has not begun, for a major event or a special case, or because the calendar changed. The earlier
// version stays readable.
type Amend struct {
	Cause       string       `json:"cause" doc:"as duty.rearrange names it; calendar: only follow the calendar" minLength:"1" maxLength:"60" example:"special-case"`
	Reason      string       `json:"reason" minLength:"1" maxLength:"1000"`
	Assignments []Assignment `json:"assignments" required:"false" maxItems:"400"`
}

// Needs is the duty post.
func (c Amend) Needs(r Roster, _ domain.Act) []string { return postStream(r.Post) }

// Decide lays the rest of the period out anew by the calendar as it is now; whoever was on a shift stays on the one that
// takes its place (R46). What has begun stays.
func (c Amend) Decide(r Roster, act domain.Act) ([]RosterEvent, error) {
	if !act.Person() {
		return nil, domain.ErrSystem
	}
	if !r.Published {
		return nil, ErrNotPublished
	}
	if c.Cause == CauseCalendar {
		if err := publisher(act); err != nil {
			return nil, err
		}
		if len(c.Assignments) > 0 {
			return nil, ErrRearrangeCause.With("causes", CauseCalendar)
		}
	} else {
		rule := Rearrange.Of(act)
		posts := []string{rule.By}
		if rule.By == "office" {
			posts = []string{Publisher.Of(act), RosterApprover.Of(act)}
		}
		if !slices.Contains(posts, act.Actor.Post) {
			return nil, ErrNotRearranger.With("posts", strings.Join(posts, ", "))
		}
		if len(rule.Causes) > 0 && !slices.Contains(rule.Causes, c.Cause) {
			return nil, ErrRearrangeCause.With("causes", strings.Join(rule.Causes, ", "))
		}
	}
	if strings.TrimSpace(c.Reason) == "" {
		return nil, ErrReason
	}
	list, begun := r.relaid(act)
	for _, a := range c.Assignments {
		if !a.Start.After(act.Received.Time) {
			return nil, ErrStarted
		}
	}
	if err := assign(act, list[begun:], c.Assignments); err != nil {
		return nil, err
	}
	return []RosterEvent{Amended{Post: r.Post, Cause: c.Cause, Reason: strings.TrimSpace(c.Reason), Slots: list}}, nil
}

// relaid lays the rest of the period out by the calendar as it is now, and says how many of the shifts have begun: these
// stay. Whoever was on a shift stays on the one that takes its place.
func (r Roster) relaid(act domain.Act) (list []Slot, begun int) {
	for _, s := range r.Slots {
		if !s.Start.After(act.Received.Time) {
			list = append(list, s)
		}
	}
	begun = len(list)
	var rest []Slot
	for _, s := range slots(act, postOf(act, r.Post).Line, r.First, r.Last) {
		if !s.Start.After(act.Received.Time) || begun > 0 && s.Start.Before(list[begun-1].End.Time) {
			continue
		}
		if s.Source == Rota {
			if old, ok := replaced(r.Slots, s); ok {
				s.Person = old.Person
			}
		}
		rest = append(rest, s)
	}
	for _, s := range r.Slots[begun:] { // the day that has begun ends as it was planned
		if begun > 0 && len(rest) > 0 && s.Start.Before(rest[0].Start.Time) && !s.Start.Before(list[len(list)-1].End.Time) {
			list = append(list, s)
		}
	}
	return append(list, rest...), begun
}

// replaced is the shift of the rota whose place a new one takes: the last that begins in it, else the one that it begins in.
func replaced(former []Slot, s Slot) (old Slot, ok bool) {
	for _, f := range former {
		switch {
		case f.Source != Rota || f.Person == "":
		case !f.Start.Before(s.Start.Time) && f.Start.Before(s.End.Time), f.Start.Before(s.Start.Time) && s.Start.Before(f.End.Time):
			old, ok = f, true
		}
	}
	return old, ok
}

// FollowCalendar lays a published roster out anew after the calendar has changed (R43, G6). The follower of the calendar
// does it; what has begun stays, and so does a roster that the change does not touch.
type FollowCalendar struct{}

// Needs is the duty post.
func (c FollowCalendar) Needs(r Roster, _ domain.Act) []string { return postStream(r.Post) }

// Decide amends what the calendar has made other days.
func (c FollowCalendar) Decide(r Roster, act domain.Act) ([]RosterEvent, error) {
	switch {
	case act.Person():
		return nil, ErrSystemOnly
	case !r.Published:
		return nil, nil
	}
	return r.followed(act), nil
}

// followed is the amendment that the calendar asks for, if any.
func (r Roster) followed(act domain.Act) []RosterEvent {
	list, _ := r.relaid(act)
	if slices.EqualFunc(list, r.Slots, Slot.same) {
		return nil
	}
	return []RosterEvent{Amended{Post: r.Post, Cause: CauseCalendar, Slots: list}}
}

// Amended means that the shifts that have not begun are planned anew.
type Amended struct {
	Post   string `json:"post"`
	Cause  string `json:"cause"`
	Reason string `json:"reason"` // empty where it only follows the calendar, whose version the record names
	Slots  []Slot `json:"slots"`  // the whole roster as it now stands
}

// Evolve replaces the plan; an erased amendment leaves it.
func (e Amended) Evolve(r Roster) Roster {
	if len(e.Slots) > 0 {
		r.Slots = e.Slots
	}
	return r
}

// Opens asks that the shifts are taken over into the post.
func (e Amended) Opens(r domain.Recorded) []domain.Task { return []domain.Task{planTask(r, e.Post)} }

// PlanOf is the command that takes a roster over into its post, by the event that published or amended it.
func PlanOf(r domain.Recorded) (Plan, bool) {
	plan := Plan{Roster: r.Stream, Revision: r.Revision}
	switch e := r.Event.(type) {
	case Published:
		plan.Slots = e.Slots
	case Amended:
		plan.Slots = e.Slots
	}
	n := len(plan.Slots)
	if n == 0 {
		return plan, false
	}
	plan.From, plan.Until = plan.Slots[0].Start, plan.Slots[n-1].End
	return plan, true
}
