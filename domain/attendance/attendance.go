// Package attendance is the sign-in book (签到薄): when each session of a working day opens and is cut off, who signed in
// and who came too late, the sheet of each session as it was collected, and what a person's day counts for. A request is
// in time by when the server received it, or by a registered terminal's signed record of it; a late one is refused and the
// refusal is kept. What a day counts for follows from marks, leave, policy and calendar alone, so it can be found again
// under another calendar, and what was found before stays.
package attendance

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"andu/domain"
	"andu/domain/calendar"
	"andu/domain/org"
)

// Context lists every event of a person's day.
var Context = domain.Context[Day]{
	Name: "attendance",
	Events: []domain.Schema[Day]{
		{Name: "attendance.signed-in", Version: 1, Type: SignedIn{}, By: []Command{SignIn{}, Admit{}}},
		{Name: "attendance.late-sign-in-refused", Version: 1, Type: LateRefused{}, By: []Command{SignIn{}, Admit{}}},
		{Name: "attendance.time-owed", Version: 1, Type: TimeOwed{}, By: []Command{SignIn{}, Admit{}, Determine{}}},
		{Name: "attendance.lateness-excused", Version: 1, Type: LatenessExcused{}, By: []Command{Excuse{}}, Sealed: true},
		{Name: "attendance.time-made-up", Version: 1, Type: TimeMadeUp{}, By: []Command{MakeUp{}}},
		{Name: "attendance.awaited", Version: 1, Type: Awaited{}, By: []Command{Determine{}}},
		{Name: "attendance.determined", Version: 1, Type: Determined{}, By: []Command{Determine{}}},
		{Name: "attendance.determination-revised", Version: 1, Type: Revised{}, By: []Command{Determine{}, DecideObjection{}}},
		{Name: "attendance.objection-raised", Version: 1, Type: ObjectionRaised{}, By: []Command{RaiseObjection{}}, Sealed: true},
		{Name: "attendance.objection-decided", Version: 1, Type: ObjectionDecided{}, By: []Command{DecideObjection{}}, Sealed: true},
		{Name: "attendance.refused", Version: 1, Type: domain.Refused[Day]{}},
	},
	Rules: []*domain.Refusal{
		ErrLate, ErrStated, ErrNotExpected, ErrMethod, ErrNoWork, ErrSessions, ErrNoSession, ErrNotOpen, ErrTerminal,
		ErrSchedule, ErrTooEarly, ErrPending, ErrUndetermined, ErrOwn, ErrOthers, ErrObjectionLate, ErrObjectionOpen, ErrNoObjection,
		ErrNotDecider, ErrNothingOwed, ErrNoMakeUp, ErrPeriod, ErrInHours, ErrOverlap,
	},
	Keys:  keys,
	Facts: facts,
}

// Event is a fact of a person's day, Command a request about it.
type (
	Event   = domain.Event[Day]
	Command = domain.Command[Day]
)

func facts(office string) []string { return []string{org.Stream(office), calendar.Stream(office)} }

// StreamOf is the stream of a person's day. newID derives an id from a name space and a name.
func StreamOf(newID func(space, name string) string, office, person string, date domain.Date) string {
	return Context.Stream(newID(office, "attendance/"+person+"/"+date.String()))
}

// What the office lays down for attendance (att.*, C1-C5).
var (
	SignInsPerDay   = domain.Key[int]{Name: "att.signInsPerDay"}                                 // how many sessions a working day has
	Opens           = domain.Key[Clock]{Name: "att.sessions[].opens"}                            // from when a session takes sign-ins
	Expected        = domain.Key[Clock]{Name: "att.sessions[].expected"}                         // when a person is expected; later is late, and before it nobody leaves
	Cutoff          = domain.Key[Clock]{Name: "att.sessions[].cutoff"}                           // after when a sign-in is refused; "none" refuses nothing
	SeasonOverrides = domain.Key[map[string]Override]{Name: "att.season.summer.overrides"}       // what the summer changes, by session
	CutoffInclusive = domain.Key[bool]{Name: "att.cutoffInclusive"}                              // whether the instant of the cut-off is in time
	CloseBy         = domain.Key[Closing]{Name: "att.sheet.closeBy"}                             // whether the clock alone collects the sheet, or the keeper may sooner
	EarlyArrival    = domain.Key[int]{Name: "att.earlyArrivalMinutes"}                           // how many minutes before the expected time a person has to be there
	Makeup          = domain.Key[MakeupRule]{Name: "att.makeup"}                                 // whether lost time is worked afterwards
	MakeupApprover  = domain.Key[string]{Name: "att.makeup.approver", Moment: domain.ByReceived} // who excuses lateness
	MakeupRatio     = domain.Key[Ratio]{Name: "att.makeup.ratio"}                                // how much is worked for how much that was lost
	MakeupDue       = domain.Key[Term]{Name: "att.makeup.dueDays"}                               // within how many working days
	MakeupRounding  = domain.Key[Rounding]{Name: "att.makeup.rounding"}                          // how lost time is rounded
	Late            = domain.Key[string]{Name: "att.late"}                                       // "forbidden": coming late counts
	EarlyLeave      = domain.Key[string]{Name: "att.earlyLeave"}                                 // "forbidden": leaving early counts
	RefusedCounts   = domain.Key[Counting]{Name: "att.lateRefusedCounts"}                        // what a refused sign-in counts for
	HalfMissing     = domain.Key[HalfDay]{Name: "att.halfDayMissing"}                            // when half a day is missing
	HalfUnexplained = domain.Key[Days]{Name: "att.halfDayUnexplained"}                           // what half a day without cause counts for
	HalfWithLeave   = domain.Key[Days]{Name: "att.halfDayWithLeave"}                             // the same where the other half is covered
	Unsigned        = domain.Key[Absence]{Name: "att.missingSignatureMeansAbsent"}               // whether not signed is absent, and when that is determined
	Covers          = domain.Key[[]string]{Name: "att.covers"}                                   // what takes the place of a sign-in
	MoreCovers      = domain.Key[[]string]{Name: "att.covers[]"}                                 // the same for duty shifts, meetings and trips, where a text says it apart
	Methods         = domain.Key[[]string]{Name: "att.methods", Moment: domain.ByReceived}       // the ways to sign in
	OfflineGrace    = domain.Key[int]{Name: "att.offlineGraceHours", Moment: domain.ByReceived}  // how many hours after the cut-off a terminal's record is still taken
	ObjectionDays   = domain.Key[Term]{Name: "att.objectionDays", Moment: domain.ByReceived}     // within how many working days a person objects
	Summary         = domain.Key[SummaryRule]{Name: "att.monthlySummary"}                        // to whom the month is reported
	SummaryDay      = domain.Key[SummaryTerm]{Name: "att.monthlySummary.day"}                    // by which working day of the next month
	LongTerm        = domain.Key[Threshold]{Name: "att.longTermOffender"}                        // over how many times in a month somebody is a long-term offender
	Keeper          = domain.Key[string]{Name: "reg.books[].keeper", Moment: domain.ByReceived}  // the post that keeps the book
)

var keys = []domain.AnyKey{
	SignInsPerDay, Opens, Expected, Cutoff, SeasonOverrides, CutoffInclusive, CloseBy, EarlyArrival, Makeup, MakeupApprover, MakeupRatio, MakeupDue,
	MakeupRounding, Late, EarlyLeave, RefusedCounts, HalfMissing, HalfUnexplained, HalfWithLeave, Unsigned, Covers, MoreCovers, Methods, OfflineGrace,
	ObjectionDays, Summary, SummaryDay, LongTerm, Keeper, FullAttendance, LeaveBreaks, AwolConsecutive, AwolYear, AwolBasis,
}

// Book is the name of the sign-in book in reg.books.
const Book = "签到薄"

// The rules of a person's day.
var (
	ErrLate = domain.Rule(domain.Conflict, "attendance.late",
		"{session}签到已于{cutoff}截止，不得补签；本次签到未被接受，已记录在案。", "the sheet {session} was cut off at {cutoff}; nobody signs in afterwards, and the attempt is on record").By("R30, R31")
	ErrStated = domain.Rule(domain.Invalid, "attendance.stated-time",
		"签到时间以服务器收到为准，不得自报。", "a sign-in counts when the server receives it; its time is never stated").By("R30, R31")
	ErrNotExpected = domain.Rule(domain.Forbidden, "attendance.not-expected",
		"只有当日在册且任本单位岗位的人员才签到。", "only a person who holds a post of the office on the day signs in").By("R29")
	ErrMethod = domain.Rule(domain.Forbidden, "attendance.method",
		"本单位不以此方式签到：{method}。", "the office does not take sign-ins by {method}").By("att.methods")
	ErrNoWork = domain.Rule(domain.Conflict, "attendance.no-work",
		"{date}不是工作日，不设签到。", "{date} is no working day: there is no sheet").By("R29")
	ErrSessions = domain.Rule(domain.Conflict, "attendance.sessions",
		"制度规定每日签到{stated}次，却列出{listed}场，请先修订制度。", "the policy states {stated} sign-ins a day and lists {listed} sessions; amend it first").By("R29")
	ErrNoSession = domain.Rule(domain.Invalid, "attendance.no-session",
		"没有此场签到，或尚未开始。", "there is no such session, or none is open yet").By("R29")
	ErrNotOpen = domain.Rule(domain.Conflict, "attendance.not-open",
		"{session}签到自{opens}开始。", "the session {session} takes sign-ins from {opens}").By("R29, att.sessions")
	ErrTerminal = domain.Rule(domain.Forbidden, "attendance.terminal",
		"该终端未登记或已停用。", "the terminal is not registered or no longer in use").By("R30")
	ErrSchedule = domain.Rule(domain.Forbidden, "attendance.schedule-only",
		"此事由系统按时刻办理，不由人填写。", "the schedule does this at its time, nobody does by hand").By("R30, catalogue 2.8")
	ErrTooEarly = domain.Rule(domain.Conflict, "attendance.too-early",
		"当日签到尚未结束，不能认定。", "the day's last sheet is not closed: nothing is determined yet").By("att.missingSignatureMeansAbsent")
	ErrPending = domain.Rule(domain.Conflict, "attendance.pending",
		"电话请假的补办手续尚未了结，暂不认定。", "a phoned leave is not settled yet: the day waits for it").By("R39, G5")
	ErrUndetermined = domain.Rule(domain.Conflict, "attendance.undetermined",
		"该日尚未认定。", "the day has not been determined").By("catalogue 2.8")
	ErrOwn = domain.Rule(domain.Forbidden, "attendance.own-decision",
		"不得裁决本人的考勤，请由他人裁决。", "nobody decides on his own attendance").By("org.selfApproval").OnRecord()
	ErrOthers = domain.Rule(domain.Forbidden, "attendance.others-day",
		"只能由本人提出。", "only the person himself may do this").By("catalogue 2.8")
	ErrObjectionLate = domain.Rule(domain.Conflict, "attendance.objection-late",
		"申诉期限至{due}24时止。", "objections were possible until the end of {due}").By("att.objectionDays")
	ErrObjectionOpen = domain.Rule(domain.Conflict, "attendance.objection-open",
		"已有申诉待裁决。", "an objection waits for its decision already").By("catalogue 2.8")
	ErrNoObjection = domain.Rule(domain.Conflict, "attendance.no-objection",
		"没有待裁决的申诉。", "no objection waits for a decision").By("catalogue 2.8")
	ErrNotDecider = domain.Rule(domain.Forbidden, "attendance.not-decider",
		"此事由{posts}决定。", "one of these posts decides it: {posts}").By("R32, R86")
	ErrNothingOwed = domain.Rule(domain.Conflict, "attendance.nothing-owed",
		"该场没有应补的工作时间。", "no time is owed for this session").By("R86")
	ErrNoMakeUp = domain.Rule(domain.Conflict, "attendance.no-make-up",
		"本单位制度不设补偿工作时间。", "the office's policy knows no making up of time").By("R31, R86, C2")
	ErrPeriod = domain.Rule(domain.Invalid, "attendance.period",
		"补偿时间须已过去，起在止前，并在迟到早退之后。", "the time that was worked is past, begins before it ends, and lies behind what was lost").By("R86")
	ErrInHours = domain.Rule(domain.Conflict, "attendance.in-hours",
		"办公时间内的工作不能抵补。", "work in the office's hours makes nothing up").By("R86")
	ErrOverlap = domain.Rule(domain.Conflict, "attendance.overlap",
		"该段时间已经计入。", "this time was counted already").By("R86")
)

// Day is one person's day.
type Day struct {
	Person    string
	Date      domain.Date
	Marks     []Mark
	Refused   []Mark
	Owed      []Owed
	Found     Finding        // as it now stands
	At        domain.Instant // of the first determination
	Times     int            // how often it was determined
	Awaiting  bool           // a cover was undecided
	Objection string         // id of the one that waits
	Admitted  []string       // sessions that an objection won
}

// Mark is a sign-in or an attempt; Event is the id of the event that says so.
type Mark struct {
	Session string
	At      domain.Instant
	Event   string
}

// Owed is time lost in a session, and what was worked for it.
type Owed struct {
	Session string
	Minutes int
	Due     domain.Date
	Excused bool
	Worked  []Period
}

// Period is from an instant up to another.
type Period struct{ From, To domain.Instant }

// Left is how many minutes are still to be worked.
func (o Owed) Left() int {
	left := o.Minutes
	for _, p := range o.Worked {
		left -= int(p.To.Sub(p.From.Time) / time.Minute)
	}
	return max(0, left)
}

// Determined tells whether it was determined what the day counts for.
func (d Day) Determined() bool { return d.Times > 0 }

// Mark is the person's sign-in of a session, the last where there are several.
func (d Day) Mark(session string) (Mark, bool) { return last(d.Marks, session) }

func last(marks []Mark, session string) (m Mark, ok bool) {
	for _, v := range marks {
		if v.Session == session && (!ok || v.At.After(m.At.Time)) {
			m, ok = v, true
		}
	}
	return m, ok
}

func (d Day) owed(session string) int {
	return slices.IndexFunc(d.Owed, func(o Owed) bool { return o.Session == session })
}

// of tells whether the stream is, or may become, that of the person's day.
func (d Day) of(person string, date domain.Date) bool {
	return d.Person == "" || (d.Person == person && d.Date == date)
}

// expected tells whether a person signs in on a day: he holds a post of the office itself.
func expected(office org.Office, person string, date domain.Date) bool {
	return office.Active(person, date) && slices.ContainsFunc(office.PostsOf(person, date), func(p org.Post) bool { return p.Organ == "" })
}

// SignIn is the asker's own sign-in (签到), now.
type SignIn struct {
	Session string `json:"session" required:"false" maxLength:"40" example:"AM" doc:"empty: the session that is open"`
	Method  string `json:"method" enum:"web,terminal" doc:"how it was signed; the office's policy says which ways there are"`
}

// Needs names the roll and the day's sheets, which a keeper may have collected early.
func (c SignIn) Needs(_ Day, act domain.Act) []string {
	return append(sheetsOf(act, domain.DateOf(act.Received.Time, act.Zone)), RollStream(act.Office))
}

// Decide takes the sign-in of a person who is expected, in a session that is open, by the time of receipt to the
// microsecond. Signing again changes nothing; too late is refused, and the refusal is the fact (R30, R31).
func (c SignIn) Decide(s Day, act domain.Act) ([]Event, error) {
	if !act.Person() {
		return nil, domain.ErrSystem
	}
	if act.Occurred != act.Received {
		return nil, ErrStated
	}
	return s.sign(act, attempt{person: act.Actor.Person, session: c.Session, method: c.Method, at: act.Received, terminal: act.Terminal})
}

// offline is the method of a batch that a terminal recorded without the server.
const offline = "offline-batch"

// Admit takes one sign-in of a terminal's signed batch. The batch was verified before it is asked.
type Admit struct {
	Person   string         `json:"person"`
	Session  string         `json:"session"`
	At       domain.Instant `json:"at"` // by the terminal's clock, with its measured drift taken off
	Terminal string         `json:"terminal"`
	Batch    string         `json:"batch"`
}

// Needs names the day's sheets and the roll that knows the terminals.
func (c Admit) Needs(_ Day, act domain.Act) []string {
	return append(sheetsOf(act, domain.DateOf(c.At.Time, act.Zone)), RollStream(act.Office))
}

// Decide takes the sign-in at the terminal's time, where the batch came within att.offlineGraceHours of the cut-off: it is
// evidence of that time and no make-up sign-in.
func (c Admit) Decide(s Day, act domain.Act) ([]Event, error) {
	if t, ok := Rolls.In(act, RollStream(act.Office)).Terminals[c.Terminal]; !ok || t.Withdrawn {
		return nil, ErrTerminal
	}
	return s.sign(act, attempt{person: c.Person, session: c.Session, method: offline, at: c.At, terminal: c.Terminal, batch: c.Batch})
}

type attempt struct {
	person, session, method, terminal, batch string
	at                                       domain.Instant
}

func (d Day) sign(act domain.Act, a attempt) ([]Event, error) {
	date := domain.DateOf(a.at.Time, act.Zone)
	cal := calendar.Context.In(act, calendar.Stream(act.Office))
	switch {
	case !d.of(a.person, date):
		return nil, domain.ErrNoStream
	case !Rolls.In(act, RollStream(act.Office)).kept(date):
		return nil, ErrNotBegun
	case !expected(org.Context.In(act, org.Stream(act.Office)), a.person, date):
		return nil, ErrNotExpected
	case !slices.Contains(Methods.Of(act), a.method):
		return nil, ErrMethod.With("method", a.method)
	case !cal.Works(act, date):
		return nil, ErrNoWork.With("date", date.String())
	}
	sessions, err := Sessions(act, cal, date)
	if err != nil {
		return nil, err
	}
	s, err := d.pick(act, sessions, a)
	if err != nil {
		return nil, err
	}
	if a.at.Before(s.Opens.Time) {
		return nil, ErrNotOpen.With("session", s.Name, "opens", s.Opens.In(act.Zone).Format("15:04"))
	}
	_, signed := d.Mark(s.Name)
	if signed && !s.departure(act) {
		return nil, nil
	}
	if cutoff, late := s.tooLate(act, a); late {
		return []Event{LateRefused{Event: act.EventID(0), Person: a.person, Date: date, Session: s.Name, Method: a.method, At: a.at,
			Cutoff: cutoff, Terminal: a.terminal, Batch: a.batch, Zone: act.Zone.String()}}, nil
	}
	e := SignedIn{Event: act.EventID(0), Person: a.person, Date: date, Session: s.Name, Method: a.method, At: a.at, Late: s.late(act, a.at),
		Terminal: a.terminal, Batch: a.batch, Sheet: SheetStream(act.Derived, act.Office, date, s.Name), Closes: s.Closes}
	if !e.Late {
		return []Event{e}, nil
	}
	return append([]Event{e}, d.owe(act, cal, date, s.Name, a.at.Sub(s.Expected.Time))...), nil
}

// pick finds the session of a sign-in: the one that was named, or the one that is open. Where the day is reckoned by its
// first and last mark, the first one arrives and every later one leaves.
func (d Day) pick(act domain.Act, sessions []Session, a attempt) (Session, error) {
	if a.session != "" {
		if i := slices.IndexFunc(sessions, func(s Session) bool { return s.Name == a.session }); i >= 0 {
			return sessions[i], nil
		}
		return Session{}, ErrNoSession
	}
	var open []Session
	for _, s := range sessions {
		if !a.at.Before(s.Opens.Time) {
			open = append(open, s)
		}
	}
	switch {
	case len(open) == 0:
		return Session{}, ErrNoSession
	case len(d.Marks) == 0 && HalfMissing.Of(act).Rule == ByMarks:
		return open[0], nil
	}
	return open[len(open)-1], nil
}

// tooLate tells whether the session takes no sign-in any more, and since when.
func (s Session) tooLate(act domain.Act, a attempt) (cutoff domain.Instant, late bool) {
	cutoff = s.Closes
	if s.Refuses {
		cutoff = s.Cutoff
		inclusive := CutoffInclusive.Of(act)
		late = a.at.After(cutoff.Time) || (!inclusive && !a.at.Before(cutoff.Time))
	}
	if a.batch != "" && !late {
		late = act.Received.After(cutoff.Add(time.Duration(OfflineGrace.Of(act)) * time.Hour))
	}
	if CloseBy.Of(act).By == ByKeeper {
		if sheet := Sheets.In(act, SheetStream(act.Derived, act.Office, s.Date, s.Name)); !sheet.ClosedAt.IsZero() && a.at.After(sheet.ClosedAt.Time) {
			return sheet.ClosedAt, true
		}
	}
	return cutoff, late
}

// owe is the time owed for what was lost, where the office has it worked afterwards (R86).
func (d Day) owe(act domain.Act, cal calendar.Calendar, date domain.Date, session string, lost time.Duration) []Event {
	if !Makeup.Has(act) || Makeup.Of(act).Kind != "time" || d.owed(session) >= 0 {
		return nil
	}
	minutes := MakeupRounding.Of(act).minutes(lost)
	due, _ := cal.Due(act, date, MakeupDue.Of(act).WorkingDays)
	ratio := MakeupRatio.Of(act)
	if minutes == 0 || ratio.Owed == 0 {
		return nil
	}
	return []Event{TimeOwed{Session: session, Lost: minutes, Minutes: (minutes*ratio.Worked + ratio.Owed - 1) / ratio.Owed, Due: due}}
}

// SignedIn means the person was there in this session by that time.
type SignedIn struct {
	Event    string         `json:"event"` // id of this event: the evidence
	Person   string         `json:"person"`
	Date     domain.Date    `json:"date"`
	Session  string         `json:"session"`
	Method   string         `json:"method"`
	At       domain.Instant `json:"at"` // trusted time: of receipt, or of the terminal
	Late     bool           `json:"late"`
	Terminal string         `json:"terminal"`
	Batch    string         `json:"batch"`
	Sheet    string         `json:"sheet"`
	Closes   domain.Instant `json:"closes"` // the sheet, by the clock
}

// Evolve adds the mark.
func (e SignedIn) Evolve(d Day) Day {
	d.Person, d.Date = e.Person, e.Date
	d.Marks = append(slices.Clip(d.Marks), Mark{e.Session, e.At, e.Event})
	return d
}

// TaskEntry is the kind of the task that a sign-in opens until it stands on its sheet. It falls due when the sheet closes:
// what the closing has counted is settled by it, and a straggler goes into a supplement.
const TaskEntry = "attendance.entry"

// Opens asks that the sign-in stand on its sheet.
func (e SignedIn) Opens(domain.Recorded) []domain.Task {
	return []domain.Task{{TaskID: entry(e.Sheet, e.Person), Stream: e.Sheet, Due: e.Closes,
		Data: map[string]string{"person": e.Person, "date": e.Date.String(), "session": e.Session, "event": e.Event}}}
}

func entry(sheet, person string) domain.TaskID {
	return domain.TaskID{Kind: TaskEntry, Key: sheet + "/" + person}
}

// LateRefused means a sign-in came after the cut-off and was refused (R31).
type LateRefused struct {
	Event    string         `json:"event"` // id of this event: the evidence
	Person   string         `json:"person"`
	Date     domain.Date    `json:"date"`
	Session  string         `json:"session"`
	Method   string         `json:"method"`
	At       domain.Instant `json:"at"`
	Cutoff   domain.Instant `json:"cutoff"`
	Terminal string         `json:"terminal"`
	Batch    string         `json:"batch"`
	Zone     string         `json:"zone"`
}

// Evolve keeps the attempt.
func (e LateRefused) Evolve(d Day) Day {
	d.Person, d.Date = e.Person, e.Date
	d.Refused = append(slices.Clip(d.Refused), Mark{e.Session, e.At, e.Event})
	return d
}

// Refusal is the rule that refused it.
func (e LateRefused) Refusal() (code string, params map[string]string) {
	at := e.Cutoff.Time
	if zone, err := time.LoadLocation(e.Zone); err == nil {
		at = at.In(zone)
	}
	return ErrLate.Code, map[string]string{"session": e.Session, "cutoff": at.Format("15:04")}
}

// TimeOwed means the person lost time that is to be worked by the end of a day.
type TimeOwed struct {
	Session string      `json:"session"`
	Lost    int         `json:"lost"`    // minutes
	Minutes int         `json:"minutes"` // to be worked
	Due     domain.Date `json:"due"`     // at 24:00
}

// Evolve notes what is owed.
func (e TimeOwed) Evolve(d Day) Day {
	d.Owed = append(slices.Clip(d.Owed), Owed{Session: e.Session, Minutes: e.Minutes, Due: e.Due})
	return d
}

// Excuse gives leave for time lost in a session, which is still to be worked (REG-08 一.2).
type Excuse struct {
	Session string `json:"session" minLength:"1" maxLength:"40"`
	Opinion string `json:"opinion" required:"false" maxLength:"4000"`
}

// Decide leaves it to the post of att.makeup.approver, and nobody excuses himself.
func (c Excuse) Decide(s Day, act domain.Act) ([]Event, error) {
	if err := s.decider(act, MakeupApprover.Of(act)); err != nil {
		return nil, err
	}
	i := s.owed(c.Session)
	if i < 0 {
		return nil, ErrNothingOwed
	}
	if s.Owed[i].Excused {
		return nil, nil
	}
	return []Event{LatenessExcused{c.Session, act.Actor.Person, act.Actor.Post, c.Opinion}}, nil
}

// decider tells whether the actor decides on the day's person in one of the roles.
func (d Day) decider(act domain.Act, roles ...string) error {
	if !act.Person() {
		return domain.ErrSystem
	}
	if d.Person == "" {
		return domain.ErrNoStream
	}
	office := org.Context.In(act, org.Stream(act.Office))
	var posts []string
	for _, r := range roles {
		if post := office.Role(act, r); post != "" {
			posts = append(posts, post)
		}
	}
	if !slices.Contains(posts, act.Actor.Post) {
		return ErrNotDecider.With("posts", strings.Join(posts, ", "))
	}
	if office.OwnRequest(act.Actor, d.Person, domain.DateOf(act.Received.Time, act.Zone)) {
		return ErrOwn
	}
	return nil
}

// LatenessExcused means the leader in charge gave leave for the lost time.
type LatenessExcused struct {
	Session string `json:"session"`
	By      string `json:"by"`
	Post    string `json:"post"`
	Opinion string `json:"opinion"`
}

// Evolve marks the lost time as excused.
func (e LatenessExcused) Evolve(d Day) Day {
	return d.change(e.Session, func(o *Owed) { o.Excused = true })
}

func (d Day) change(session string, f func(*Owed)) Day {
	if i := d.owed(session); i >= 0 {
		d.Owed = slices.Clone(d.Owed)
		f(&d.Owed[i])
	}
	return d
}

// MakeUp records time that the person worked for what was lost.
type MakeUp struct {
	Session string         `json:"session" minLength:"1" maxLength:"40"`
	From    domain.Instant `json:"from"`
	To      domain.Instant `json:"to"`
}

// Decide counts the person's own work that is past, outside the office's hours, and not counted yet.
func (c MakeUp) Decide(s Day, act domain.Act) ([]Event, error) {
	cal := calendar.Context.In(act, calendar.Stream(act.Office))
	i := s.owed(c.Session)
	switch {
	case s.Person == "":
		return nil, domain.ErrNoStream
	case act.Actor.Person != s.Person:
		return nil, ErrOthers
	case Makeup.Of(act).Kind != "time":
		return nil, ErrNoMakeUp
	case i < 0:
		return nil, ErrNothingOwed
	case !c.From.Before(c.To.Time) || c.To.After(act.Received.Time) || c.From.Before(s.Date.Start(act.Zone)):
		return nil, ErrPeriod
	case cal.InHours(act, c.From) || cal.InHours(act, domain.At(c.To.Add(-time.Microsecond))):
		return nil, ErrInHours
	}
	for _, o := range s.Owed {
		for _, p := range o.Worked {
			if c.From.Before(p.To.Time) && p.From.Before(c.To.Time) {
				return nil, ErrOverlap
			}
		}
	}
	o := s.Owed[i]
	o.Worked = append(slices.Clip(o.Worked), Period{c.From, c.To})
	return []Event{TimeMadeUp{Session: c.Session, From: c.From, To: c.To, Left: o.Left(), Overdue: !c.To.Before(o.Due.End(act.Zone))}}, nil
}

// TimeMadeUp means the person worked for what was lost.
type TimeMadeUp struct {
	Session string         `json:"session"`
	From    domain.Instant `json:"from"`
	To      domain.Instant `json:"to"`
	Left    int            `json:"left"`    // minutes still to be worked
	Overdue bool           `json:"overdue"` // it ended after the due day
}

// Evolve adds the period.
func (e TimeMadeUp) Evolve(d Day) Day {
	return d.change(e.Session, func(o *Owed) { o.Worked = append(slices.Clip(o.Worked), Period{e.From, e.To}) })
}

// RaiseObjection objects to what the day counts for (申诉).
type RaiseObjection struct {
	Reason string `json:"reason" minLength:"1" maxLength:"4000"`
}

// Decide takes the person's own objection within the office's term after the determination.
func (c RaiseObjection) Decide(s Day, act domain.Act) ([]Event, error) {
	switch {
	case s.Person == "":
		return nil, domain.ErrNoStream
	case act.Actor.Person != s.Person:
		return nil, ErrOthers
	case !s.Determined():
		return nil, ErrUndetermined
	case s.Objection != "":
		return nil, ErrObjectionOpen
	}
	cal := calendar.Context.In(act, calendar.Stream(act.Office))
	due, _ := cal.Due(act, domain.DateOf(s.At.Time, act.Zone), ObjectionDays.Of(act).WorkingDays)
	if !act.Received.Before(due.End(act.Zone)) {
		return nil, ErrObjectionLate.With("due", due.String())
	}
	return []Event{ObjectionRaised{act.NewID("objection"), c.Reason}}, nil
}

// ObjectionRaised means the person objects, and a decision is due.
type ObjectionRaised struct {
	Objection string `json:"objection"`
	Reason    string `json:"reason"`
}

// Evolve keeps the objection as waiting.
func (e ObjectionRaised) Evolve(d Day) Day { d.Objection = e.Objection; return d }

// DecideObjection decides the objection that waits.
type DecideObjection struct {
	Accept   bool     `json:"accept"`
	Sessions []string `json:"sessions" required:"false" maxItems:"10" doc:"the sessions that count as attended, where it is accepted"`
	Opinion  string   `json:"opinion" minLength:"1" maxLength:"4000"`
}

// Needs names what else the day is determined from.
func (c DecideObjection) Needs(s Day, act domain.Act) []string { return covering(act, s.Person) }

// Decide leaves it to those to whom the month is reported; nobody decides his own. What is accepted determines the day
// anew, and what was determined before stays on record.
func (c DecideObjection) Decide(s Day, act domain.Act) ([]Event, error) {
	if err := s.decider(act, Summary.Of(act).To...); err != nil {
		return nil, err
	}
	if s.Objection == "" {
		return nil, ErrNoObjection
	}
	decided := ObjectionDecided{Objection: s.Objection, Accepted: c.Accept, Sessions: []string{}, By: act.Actor.Person, Post: act.Actor.Post, Opinion: c.Opinion}
	if !c.Accept {
		return []Event{decided}, nil
	}
	cal := calendar.Context.In(act, calendar.Stream(act.Office))
	sessions, err := Sessions(act, cal, s.Date)
	if err != nil {
		return nil, err
	}
	for _, name := range c.Sessions {
		if !slices.ContainsFunc(sessions, func(v Session) bool { return v.Name == name }) {
			return nil, ErrNoSession
		}
	}
	if len(c.Sessions) == 0 {
		return nil, ErrNoSession
	}
	decided.Sessions = c.Sessions
	after := decided.Evolve(s)
	found, _ := after.find(act, cal, sessions)
	return []Event{decided, Revised{Finding: found, Cause: ByObjection, Before: s.Found.Result, BeforeDays: s.Found.Days}}, nil
}

// ObjectionDecided means the objection was accepted or not.
type ObjectionDecided struct {
	Objection string   `json:"objection"`
	Accepted  bool     `json:"accepted"`
	Sessions  []string `json:"sessions"` // that count as attended
	By        string   `json:"by"`
	Post      string   `json:"post"`
	Opinion   string   `json:"opinion"`
}

// Evolve ends the waiting.
func (e ObjectionDecided) Evolve(d Day) Day {
	d.Objection = ""
	d.Admitted = append(slices.Clip(d.Admitted), e.Sessions...)
	return d
}

// Time is a time on the office's clock, or none.
type Time struct {
	None bool
	domain.TimeOfDay
}

// MarshalText is 08:15 or none.
func (t Time) MarshalText() ([]byte, error) {
	if t.None {
		return []byte("none"), nil
	}
	return t.TimeOfDay.MarshalText()
}

// UnmarshalText reads 08:15 or none.
func (t *Time) UnmarshalText(b []byte) error {
	*t = Time{None: string(b) == "none"}
	if t.None {
		return nil
	}
	return t.TimeOfDay.UnmarshalText(b)
}

// Clock is a time of a session, and what the seasons make of it.
type Clock struct {
	At      Time            `json:"at"`
	Seasons map[string]Time `json:"seasons"`
}

// Override is what the summer changes of a session.
type Override struct {
	Opens    *Time `json:"opens,omitempty"`
	Expected *Time `json:"expected,omitempty"`
	Cutoff   *Time `json:"cutoff,omitempty"`
}

// ByKeeper and ByClock say who collects a sheet.
const (
	ByKeeper = "keeper"
	ByClock  = "clock"
)

// Closing says who collects the sheet, and when the clock does: "cutoff" or a time.
type Closing struct {
	By string `json:"by"`
	At string `json:"at"`
}

// Check refuses a collector and a time that the program does not know.
func (c Closing) Check() error {
	var t domain.TimeOfDay
	if c.By != ByKeeper && c.By != ByClock || c.At != "cutoff" && t.UnmarshalText([]byte(c.At)) != nil {
		return fmt.Errorf("sheet closed by %q at %q: want keeper or clock, cutoff or a time", c.By, c.At)
	}
	return nil
}

// MakeupRule is none, or time: what was lost is worked.
type MakeupRule struct {
	Kind string `json:"kind"`
}

// Ratio is how many minutes are worked for how many that were lost.
type Ratio struct {
	Owed   int `json:"owed"`
	Worked int `json:"worked"`
}

// Term is a number of working days; it ends at 24:00 of the last.
type Term struct {
	WorkingDays int `json:"working_days"`
}

// Rounding of lost time to full minutes, up or down.
type Rounding struct {
	To        string `json:"to"`
	Direction string `json:"direction"`
}

// Check refuses a rounding that the program does not know.
func (r Rounding) Check() error {
	if r.To != "minute" || r.Direction != "up" && r.Direction != "down" {
		return fmt.Errorf("rounding %s to %s: want up or down to the minute", r.Direction, r.To)
	}
	return nil
}

func (r Rounding) minutes(d time.Duration) int {
	if r.Direction == "up" {
		d += time.Minute - time.Microsecond
	}
	return int(d / time.Minute)
}

// Days is a number of days in tenths, written 1.0.
type Days struct{ Tenths int }

// String is 0.5.
func (d Days) String() string { return strconv.Itoa(d.Tenths/10) + "." + strconv.Itoa(d.Tenths%10) }

// MarshalText is String.
func (d Days) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 0.5; a day has one decimal.
func (d *Days) UnmarshalText(b []byte) error {
	whole, tenth, ok := strings.Cut(string(b), ".")
	n, err := strconv.Atoi(whole)
	t, err2 := strconv.Atoi(tenth)
	if !ok || err != nil || err2 != nil || n < 0 || len(tenth) != 1 || t < 0 {
		return fmt.Errorf("days %q: want days with one decimal, such as 0.5", b)
	}
	d.Tenths = 10*n + t
	return nil
}
