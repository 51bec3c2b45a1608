package attendance

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"andu/domain"
	"andu/domain/calendar"
	"andu/domain/duty"
	"andu/domain/leave"
)

// Session is a session of one working day at its instants.
type Session struct {
	Name                    string
	Date                    domain.Date
	Opens, Expected, Cutoff domain.Instant
	Refuses                 bool           // there is a cut-off
	Closes                  domain.Instant // the sheet, by the clock
	Last                    bool           // of the day
}

// Sessions lists the sessions of a working day in their order, by the policy and the season of that day.
func Sessions(act domain.Act, cal calendar.Calendar, date domain.Date) ([]Session, error) {
	names := Expected.Indexes(act)
	if n := SignInsPerDay.Of(act); n != len(names) {
		return nil, ErrSessions.With("stated", strconv.Itoa(n), "listed", strconv.Itoa(len(names)))
	}
	var overrides map[string]Override
	if SeasonOverrides.Has(act) {
		overrides = SeasonOverrides.Of(act)
	}
	season, asked := "", false
	at := func(c Clock, override func(Override) *Time, name string) (domain.Instant, bool) {
		t := c.At
		if len(c.Seasons)+len(overrides) > 0 {
			if !asked {
				season, asked = cal.Season(act, date), true
			}
			if v, ok := c.Seasons[season]; ok {
				t = v
			}
			if v := override(overrides[name]); season == calendar.SummerSeason && v != nil {
				t = *v
			}
		}
		if t.None {
			return domain.Instant{}, false
		}
		return domain.At(t.On(date, act.Zone)), true
	}
	var sessions []Session
	for _, name := range names {
		s := Session{Name: name, Date: date}
		s.Opens, _ = at(Opens.Of(act, name), func(o Override) *Time { return o.Opens }, name)
		s.Expected, _ = at(Expected.Of(act, name), func(o Override) *Time { return o.Expected }, name)
		s.Cutoff, s.Refuses = at(Cutoff.Of(act, name), func(o Override) *Time { return o.Cutoff }, name)
		s.Closes = CloseBy.Of(act).on(date, s, act.Zone)
		sessions = append(sessions, s)
	}
	slices.SortStableFunc(sessions, func(a, b Session) int { return a.Opens.Compare(b.Opens.Time) })
	if len(sessions) > 0 {
		sessions[len(sessions)-1].Last = true
	}
	return sessions, nil
}

// on is when the clock collects a sheet: at its cut-off, or at a time of the day.
func (c Closing) on(date domain.Date, s Session, zone *time.Location) domain.Instant {
	var t domain.TimeOfDay
	switch {
	case c.At != "cutoff" && t.UnmarshalText([]byte(c.At)) == nil:
		return domain.At(t.On(date, zone))
	case s.Refuses:
		return s.Cutoff
	}
	return domain.At(date.End(zone))
}

// departure tells whether a sign-in of the session says that the person leaves: where the day is reckoned by its first and
// last mark, the last session does.
func (s Session) departure(act domain.Act) bool { return s.Last && HalfMissing.Of(act).Rule == ByMarks }

// late tells whether an arrival counts as late.
func (s Session) late(act domain.Act, at domain.Instant) bool {
	due := s.Expected.Add(-time.Duration(EarlyArrival.Of(act)) * time.Minute)
	if at.Before(due) || at.Equal(due) && CutoffInclusive.Of(act) {
		return false
	}
	return !s.departure(act) && Late.Of(act) == "forbidden"
}

// early tells whether a departure counts as too early.
func (s Session) early(act domain.Act, at domain.Instant) bool {
	return at.Before(s.Expected.Time) && EarlyLeave.Of(act) == "forbidden"
}

// Result is what a day counts for.
type Result string

const (
	Normal      Result = "normal"
	LateDay     Result = "late"
	EarlyDay    Result = "early"
	HalfAbsent  Result = "half-day-missing"
	Absent      Result = "absent"   // 旷工
	Covered     Result = "covered"  // leave or another cover in every session
	NotSigned   Result = "unsigned" // the office draws no absence from a missing sign-in
	NoWorkThere Result = "no-work"  // by the calendar as it now stands nobody was expected
)

// State is what a person did in a session.
type State string

const (
	Signed       State = "signed"
	LateAttempt  State = "late-refused" // refused, and present all the same
	CoveredState State = "covered"
	Admitted     State = "admitted" // by the decision of an objection
	Missing      State = "missing"
)

// Outcome is one session of a determined day and its evidence.
type Outcome struct {
	Session string `json:"session"`
	State   State  `json:"state"`
	Late    bool   `json:"late"`
	Early   bool   `json:"early"`
	Event   string `json:"event"` // id of the sign-in or the refusal; "" is none
	Cover   string `json:"cover"` // what covers it
	Request string `json:"request"`
}

// Finding is what a day counts for, on which evidence, and under which policy and calendar.
type Finding struct {
	Person   string      `json:"person"`
	Date     domain.Date `json:"date"`
	Result   Result      `json:"result"`
	Days     Days        `json:"days"` // of absence
	Sessions []Outcome   `json:"sessions"`
	Policy   int64       `json:"policy"`
	Calendar int64       `json:"calendar"`
}

// same tells whether two findings say the same.
func (f Finding) same(o Finding) bool {
	return f.Result == o.Result && f.Days == o.Days && slices.Equal(f.Sessions, o.Sessions)
}

// Cover is what may take the place of a sign-in, and the request that says so.
type Cover struct {
	Kind, Request string // kind of absence as the ledger of leave calls it
	// Until is when it will be decided whether it covers, such as when the papers of a phoned leave are due; zero: it does.
	Until domain.Instant
}

// find determines the day. It depends on marks, cover, policy and calendar alone; until is when a cover
// that is undecided will be decided.
func (d Day) find(act domain.Act, cal calendar.Calendar, sessions []Session) (f Finding, until domain.Instant) {
	cover := map[string]Cover{}
	if cal.Works(act, d.Date) {
		cover = covers(act, d.Person, d.Date, sessions)
		rule := HalfMissing.Of(act)
		for i, s := range sessions {
			if _, ok := cover[s.Name]; !ok && d.attended(act, rule, s, i == 0).State == Missing {
				if c, ok := onWatch(act, d.Person, s); ok {
					cover[s.Name] = c
				}
			}
		}
	}
	return d.weigh(act, cal, sessions, cover)
}

// weigh is find with the covers given.
func (d Day) weigh(act domain.Act, cal calendar.Calendar, sessions []Session, cover map[string]Cover) (f Finding, until domain.Instant) {
	f = Finding{Person: d.Person, Date: d.Date, Result: NoWorkThere, Sessions: []Outcome{}, Policy: act.PolicyVersion(), Calendar: cal.Version}
	if !cal.Works(act, d.Date) {
		return f, until
	}
	rule := HalfMissing.Of(act)
	missing, covered, late, early := 0, 0, false, false
	for i, s := range sessions {
		o := d.attended(act, rule, s, i == 0)
		c, ok := cover[s.Name]
		switch {
		case o.State == Signed:
		case slices.Contains(d.Admitted, s.Name):
			o.State = Admitted
		case ok && !c.Until.IsZero():
			until = c.Until
		case ok && c.stands(act):
			o = Outcome{Session: s.Name, State: CoveredState, Cover: c.Kind, Request: c.Request}
			covered++
		default:
			o = d.refused(act, s)
			if o.State == Missing {
				missing++
			}
		}
		late, early = late || o.Late, early || o.Early
		f.Sessions = append(f.Sessions, o)
	}
	f.Result = Normal
	switch {
	case missing > 0 && !Unsigned.Of(act).Absent:
		f.Result = NotSigned
	case missing > 0:
		weight := HalfUnexplained
		if covered > 0 {
			weight = HalfWithLeave
		}
		f.Days.Tenths = min(10, missing*weight.Of(act).Tenths) // a day is never missed more than once
		if f.Result = HalfAbsent; f.Days.Tenths == 10 {
			f.Result = Absent
		}
	case late:
		f.Result = LateDay
	case early:
		f.Result = EarlyDay
	case covered == len(sessions):
		f.Result = Covered
	}
	return f, until
}

// attended says how a session was signed: by a mark of its own or, where the day is reckoned by its first and last mark,
// by the one for its first session and the other for its last.
func (d Day) attended(act domain.Act, rule HalfDay, s Session, first bool) Outcome {
	o := Outcome{Session: s.Name, State: Missing}
	m, ok := d.Mark(s.Name)
	if rule.Rule == ByMarks && (first || s.Last) && len(d.Marks) > 0 {
		order := func(a, b Mark) int { return a.At.Compare(b.At.Time) }
		if first {
			m = slices.MinFunc(d.Marks, order)
			ok = !m.At.After(rule.MorningIfFirstAfter.On(d.Date, act.Zone))
		} else {
			m = slices.MaxFunc(d.Marks, order)
			ok = !m.At.Before(rule.AfternoonIfLastBefore.On(d.Date, act.Zone))
		}
	}
	if !ok {
		return o
	}
	o.State, o.Event = Signed, m.Event
	if rule.Rule == ByMarks && s.Last {
		o.Early = s.early(act, m.At)
	} else {
		o.Late = s.late(act, m.At)
	}
	return o
}

// refused says what an attempt after the cut-off counts for: the first one proves presence from then on.
func (d Day) refused(act domain.Act, s Session) Outcome {
	o := Outcome{Session: s.Name, State: Missing}
	var first Mark
	for _, m := range d.Refused {
		if m.Session == s.Name && (first.Event == "" || m.At.Before(first.At.Time)) {
			first = m
		}
	}
	if first.Event == "" {
		return o
	}
	o.Event = first.Event
	if RefusedCounts.Of(act).counts(first.At.Sub(s.Cutoff.Time)) == "late" {
		o.State, o.Late = LateAttempt, true
	}
	return o
}

// Determine determines what a person's day counts for; with a cause it does so again.
type Determine struct {
	Person string      `json:"person"`
	Date   domain.Date `json:"date"`
	Cause  Cause       `json:"cause"`
}

// Cause is why a day was determined anew.
type Cause string

const (
	ByCalendar   Cause = "calendar"
	BySupplement Cause = "supplement" // a sign-in came onto the sheet after it was collected
	ByLeave      Cause = "leave"
	ByLatePaper  Cause = "late-paper" // papers of a phoned leave came late and were accepted (G5)
	ByObjection  Cause = "objection"
)

// Needs names what else the day is determined from.
func (c Determine) Needs(_ Day, act domain.Act) []string { return covering(act, c.Person) }

// Decide determines a day once its last sheet is closed, and again where a cause may have changed it; what is found again
// the same leaves nothing. A day with an undecided cover waits. On a day without work nothing is determined.
func (c Determine) Decide(s Day, act domain.Act) ([]Event, error) {
	switch {
	case act.Person():
		return nil, ErrSchedule
	case !s.of(c.Person, c.Date):
		return nil, domain.ErrNoStream
	case c.Cause == "" && s.Determined(), !s.Determined() && slices.Contains([]Cause{ByCalendar, BySupplement, ByLatePaper}, c.Cause):
		return nil, nil
	}
	s.Person, s.Date = c.Person, c.Date
	cal := calendar.Context.In(act, calendar.Stream(act.Office))
	works := cal.Works(act, c.Date)
	if !works && !s.Determined() {
		return nil, nil
	}
	var sessions []Session
	if works {
		var err error
		if sessions, err = Sessions(act, cal, c.Date); err != nil {
			return nil, err
		}
		if n := len(sessions); n > 0 && act.Occurred.Before(Unsigned.Of(act).moment(sessions[n-1], act.Zone).Time) {
			return nil, ErrTooEarly
		}
	}
	found, until := s.find(act, cal, sessions)
	switch {
	case until.IsZero():
	case c.Cause == ByLeave:
		return nil, ErrPending
	case s.Awaiting || s.Determined():
		return nil, nil
	default:
		return []Event{Awaited{Person: c.Person, Date: c.Date, Until: until}}, nil
	}
	if s.Determined() {
		if found.same(s.Found) {
			return nil, nil
		}
		return []Event{Revised{Finding: found, Cause: c.Cause, Before: s.Found.Result, BeforeDays: s.Found.Days}}, nil
	}
	events := []Event{Determined{Finding: found, At: act.Occurred}}
	for i, o := range found.Sessions {
		if o.Early {
			m, _ := last(slices.DeleteFunc(slices.Clone(s.Marks), func(m Mark) bool { return m.Event != o.Event }), sessions[i].Name)
			if !m.At.IsZero() {
				events = append(events, s.owe(act, cal, c.Date, o.Session, sessions[i].Expected.Sub(m.At.Time))...)
			}
		}
	}
	return events, nil
}

// TaskAwait is the kind of the task that a day opens which waits for a cover to be decided. Its key is the day's stream.
const TaskAwait = "attendance.await"

// Awaited means the day is determined when an undecided cover is (G2, G5).
type Awaited struct {
	Person string         `json:"person"`
	Date   domain.Date    `json:"date"`
	Until  domain.Instant `json:"until"`
}

// Evolve notes that the day waits.
func (e Awaited) Evolve(d Day) Day {
	d.Person, d.Date, d.Awaiting = e.Person, e.Date, true
	return d
}

// Opens asks that the day be determined then.
func (e Awaited) Opens(r domain.Recorded) []domain.Task {
	return []domain.Task{{TaskID: domain.TaskID{Kind: TaskAwait, Key: r.Stream}, Stream: r.Stream, Due: e.Until,
		Data: map[string]string{"person": e.Person, "date": e.Date.String()}}}
}

// Determined means the day counts for this.
type Determined struct {
	Finding
	At domain.Instant `json:"at"`
}

// Evolve keeps the finding.
func (e Determined) Evolve(d Day) Day {
	d.Person, d.Date, d.Found, d.At, d.Times = e.Person, e.Date, e.Finding, e.At, 1
	return d
}

// Settles ends the waiting.
func (e Determined) Settles(r domain.Recorded) []domain.TaskID {
	return []domain.TaskID{{Kind: TaskAwait, Key: r.Stream}}
}

// Revised means the day was determined anew; what it counted for before stays on record.
type Revised struct {
	Finding
	Cause      Cause  `json:"cause"`
	Before     Result `json:"before"`
	BeforeDays Days   `json:"before_days"`
}

// Evolve puts the finding in the place of the one before.
func (e Revised) Evolve(d Day) Day {
	d.Found, d.Times = e.Finding, d.Times+1
	return d
}

// Counting says what a refused sign-in counts for, by how long after the cut-off it came.
type Counting struct {
	WithinMinutes int    `json:"within_minutes"`
	Boundary      string `json:"boundary"` // "incl": the last instant is within
	Within        string `json:"within"`
	Beyond        string `json:"beyond"`
}

func (c Counting) counts(after time.Duration) string {
	limit := time.Duration(c.WithinMinutes) * time.Minute
	if after < limit || after == limit && c.Boundary == "incl" {
		return c.Within
	}
	return c.Beyond
}

// BySessions and ByMarks are the two rules of half a day.
const (
	BySessions = "sessions" // a session that is neither signed nor covered
	ByMarks    = "marks"    // the first mark too late, or the last too early
)

// HalfDay says when half a day is missing.
type HalfDay struct {
	Rule                  string           `json:"rule"`
	MissingIf             []string         `json:"missing_if,omitempty"`
	Mode                  string           `json:"mode,omitempty"`
	MorningIfFirstAfter   domain.TimeOfDay `json:"morning_if_first_after,omitzero"`
	AfternoonIfLastBefore domain.TimeOfDay `json:"afternoon_if_last_before,omitzero"`
	NoMark                string           `json:"no_mark,omitempty"`
}

// Check refuses a rule that the program does not know.
func (h HalfDay) Check() error {
	sessions := h.Rule == BySessions && h.Mode == "all" && slices.Equal(h.MissingIf, []string{"not-signed", "not-covered"})
	if !sessions && (h.Rule != ByMarks || h.NoMark != "both") {
		return fmt.Errorf("half a day by %q: want sessions neither signed nor covered, or marks", h.Rule)
	}
	return nil
}

// Absence says whether a missing sign-in is an absence, and when that is determined: "last-sheet-close" or "24:00".
type Absence struct {
	Absent     bool   `json:"absent"`
	Determined string `json:"determined"`
}

// Check refuses a moment that the program does not know.
func (a Absence) Check() error {
	if a.Determined != "last-sheet-close" && a.Determined != "24:00" {
		return fmt.Errorf("determined at %q: want last-sheet-close or 24:00", a.Determined)
	}
	return nil
}

func (a Absence) moment(last Session, zone *time.Location) domain.Instant {
	if a.Determined == "24:00" {
		return domain.At(last.Date.End(zone))
	}
	return last.Closes
}

// covering names the streams that say what covers a person's sessions.
func covering(act domain.Act, person string) []string {
	return append(watches(act), leave.Stream(person))
}

// watches are the streams of the office's duty posts.
func watches(act domain.Act) (streams []string) {
	for _, line := range []string{duty.DutyRoom, duty.MessengerRoom} {
		streams = append(streams, duty.StreamOf(act.Derived, act.Office, line))
	}
	return streams
}

// KindWatch is the kind of a cover that a turn of the watch is (值班).
const KindWatch = "duty-shift"

// words are what att.covers calls the kinds of absence of a ledger of leave, and of the watch.
var words = map[string][]string{
	leave.KindLeave:  {"leave"},
	leave.KindPhone:  {"phone-in-with-papers"},
	leave.KindOuting: {"phoned-business-outing", "approved-outing"},
	leave.KindTrip:   {"approved-trip"},
	KindWatch:        {"duty-shift"},
}

// onWatch finds the person's turn of the watch that runs when he is expected in a session. It is named by its post and start.
func onWatch(act domain.Act, person string, s Session) (Cover, bool) {
	for _, stream := range watches(act) {
		for _, shift := range duty.Context.In(act, stream).Shifts {
			if shift.Person == person && !shift.Start.After(s.Expected.Time) && !shift.End.Before(s.Expected.Time) {
				start, _ := shift.Start.MarshalText()
				return Cover{Kind: KindWatch, Request: stream + "/" + string(start)}, true
			}
		}
	}
	return Cover{}, false
}

// covers finds what covers the sessions of a person's day: the first is the morning of a ledger of leave, the others its
// afternoon. A phoned leave whose papers may still come is undecided; one that has lapsed covers nothing.
func covers(act domain.Act, person string, date domain.Date, sessions []Session) map[string]Cover {
	ledger := leave.Context.In(act, leave.Stream(person))
	found := map[string]Cover{}
	for i, s := range sessions {
		half := leave.PM
		if i == 0 {
			half = leave.AM
		}
		if c, ok := ledger.Covers(date, half); ok && c.State != leave.Lapsed {
			cover := Cover{Kind: c.Kind, Request: c.Request}
			if c.State == leave.Open {
				cover.Until = ledger.Requests[c.Request].PapersDue
			}
			found[s.Name] = cover
		}
	}
	return found
}

// elsewhere is the index of att.covers[] for what takes a person away from his desk on business.
const elsewhere = "duty shift, meeting, trip"

// stands tells whether the office lets a cover take the place of a sign-in. An office whose texts say duty shift, meeting
// and trip apart, and leave it blank, has that to settle first.
func (c Cover) stands(act domain.Act) bool {
	listed := func(list []string) bool {
		return slices.ContainsFunc(words[c.Kind], func(w string) bool { return slices.Contains(list, w) })
	}
	if listed(Covers.Of(act)) {
		return true
	}
	return (c.Kind == leave.KindTrip || c.Kind == KindWatch) && slices.Contains(MoreCovers.Indexes(act), elsewhere) && listed(MoreCovers.Of(act, elsewhere))
}
