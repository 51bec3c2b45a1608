// Package calendar is the office's working calendar (工作日历): which days are off by a State Council notice, which
// weekends are worked (调休班), and at which hours the office works. A notice that comes later changes only the days whose
// type it really changes; what was decided on an earlier state stays readable, since every version of the calendar is
// a prefix of its stream. A day that a notice still to come may change is provisional, never silently wrong.
package calendar

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"andu/domain"
	"andu/domain/org"
)

// Context lists what an office's calendar has ever recorded.
var Context = domain.Context[Calendar]{
	Name: "calendar",
	Events: []domain.Schema[Calendar]{
		{Name: "calendar.notice-imported", Version: 1, Type: NoticeImported{}, By: []domain.Command[Calendar]{ImportNotice{}}},
		{Name: "calendar.amended", Version: 1, Type: Amended{}, By: []domain.Command[Calendar]{ImportNotice{}}},
		{Name: "calendar.day-overridden", Version: 1, Type: DayOverridden{}, By: []domain.Command[Calendar]{OverrideDay{}}, Sealed: true},
		{Name: "calendar.season-set", Version: 1, Type: SeasonSet{}, By: []domain.Command[Calendar]{SetSeason{}}},
		{Name: "calendar.schedule-published", Version: 1, Type: SchedulePublished{}, By: []domain.Command[Calendar]{PublishSchedule{}}},
		{Name: "calendar.hours-adjusted", Version: 1, Type: HoursAdjusted{}, By: []domain.Command[Calendar]{AdjustHours{}}, Sealed: true},
		{Name: "calendar.year-marked-provisional", Version: 1, Type: YearMarkedProvisional{}, By: []domain.Command[Calendar]{MarkProvisional{}}},
		{Name: "calendar.recomputed", Version: 1, Type: Recomputed{}, By: []domain.Command[Calendar]{CloseRecompute{}}},
	},
	Rules: []*domain.Refusal{ErrNoPaper, ErrForeignDay, ErrOlderNotice, ErrNoNotices, ErrNotAdjustable, ErrPast, ErrHours, ErrNoWork,
		ErrSeasonStated, ErrSeasonDates, ErrPublished, ErrUnknownVersion},
	Keys: []domain.AnyKey{Source, UnpublishedYear, CountFromNextDay, MakeupDaysWork, WorkHours, BreakStart, HoursAdjustableBy, org.PostInCharge,
		SummerFrom, SummerTo},
	Facts: func(office string) []string { return []string{org.Stream(office)} },
}

// Stream is the stream of an office's calendar: calendar-<office>.
func Stream(office string) string { return Context.Stream(office) }

// RecomputeTask is the kind of the task that every change of the calendar opens: what was computed on an earlier version
// (due dates, rosters, determinations) is looked at again. Its key is office/version.
const RecomputeTask = "calendar.recompute"

// The policy keys that the calendar reads.
var (
	// Source says which notices the office follows.
	Source = domain.Key[SourceName]{Name: "cal.source"}
	// UnpublishedYear says how a year without a notice is computed.
	UnpublishedYear = domain.Key[UnpublishedRule]{Name: "cal.unpublishedYear"}
	// CountFromNextDay says whether a term begins on the day after the day that starts it.
	CountFromNextDay = domain.Key[bool]{Name: "cal.countFromNextDay"}
	// MakeupDaysWork says whether the office works on the weekends that a notice has worked (C27).
	MakeupDaysWork = domain.Key[bool]{Name: "cal.makeupDaysWork"}
	// WorkHours are the office's weekdays and hours (C1).
	WorkHours = domain.Key[Week]{Name: "cal.workHours"}
	// BreakStart is when the noon break begins.
	BreakStart = domain.Key[domain.TimeOfDay]{Name: "cal.workHours.breakStart"}
	// HoursAdjustableBy lists the posts that may move the office's hours, each by its id or as org.inCharge[matter].
	HoursAdjustableBy = domain.Key[[]string]{Name: "cal.hoursAdjustableBy", Moment: domain.ByReceived}
	// SummerFrom and SummerTo bound the summer, both days included; "none" is an office without summer time.
	SummerFrom = domain.Key[SeasonDay]{Name: "att.season.summer.from"}
	SummerTo   = domain.Key[SeasonDay]{Name: "att.season.summer.to"}
)

// The rules of the calendar.
var (
	ErrNoPaper = domain.Rule(domain.Invalid, "calendar.no-paper", "该年放假通知尚未印发或未注明文号、日期；未公布的年份请标为暂定。",
		"a notice names its paper and its days; mark a year that has none as provisional").By("CAL 2.2")
	ErrForeignDay = domain.Rule(domain.Invalid, "calendar.foreign-day", "{date}不在该年或上一年十二月之内，或重复列出。",
		"{date} is not a day of the notice's year or of the December before, or is listed twice").By("CAL 2.2")
	ErrOlderNotice = domain.Rule(domain.Conflict, "calendar.older-notice", "{year}年已录入更新的通知，不得以旧通知覆盖。",
		"a later state of the notice of {year} is recorded already").By("CAL 2.2, G6")
	ErrNoNotices = domain.Rule(domain.Conflict, "calendar.no-notices", "本单位制度规定只按周末计，不采用放假通知。",
		"the office's policy follows no notices (cal.source)").By("C27")
	ErrNotAdjustable = domain.Rule(domain.Forbidden, "calendar.not-adjustable", "只有制度指定的岗位可以调整办公时间。",
		"only the posts of cal.hoursAdjustableBy may move the office's days and hours").By("R85")
	ErrPast = domain.Rule(domain.Conflict, "calendar.past", "{date}已过，办公时间不得追溯调整。",
		"{date} is past; the office's days and hours are never moved backwards").By("R12")
	ErrHours = domain.Rule(domain.Invalid, "calendar.hours", "时间次序有误：上班、午休起止、下班应依次排列。",
		"the hours do not follow each other: start, break, end").By("R85")
	ErrNoWork       = domain.Rule(domain.Conflict, "calendar.no-work", "{date}不是工作日。", "{date} is no working day").By("R85")
	ErrSeasonStated = domain.Rule(domain.Conflict, "calendar.season-stated", "制度已规定夏令时间的起止日期，如需变更请修订制度。",
		"the policy states the season's dates; amend the policy to change them").By("C1")
	ErrSeasonDates = domain.Rule(domain.Invalid, "calendar.season-dates", "起止日期须在该年之内且先起后止。",
		"the season's dates lie in its year, the first before the last").By("C1")
	ErrPublished = domain.Rule(domain.Conflict, "calendar.published", "{year}年放假通知已公布，不是暂定。",
		"the notice of {year} is recorded; the year is not provisional").By("CAL 2.2")
	ErrUnknownVersion = domain.Rule(domain.Invalid, "calendar.unknown-version", "日历没有第{version}版。",
		"the calendar has no version {version}").By("CAL 2.2")
)

// SourceName is where the days off come from.
type SourceName string

const (
	// StateCouncil: the yearly notices of the State Council, and weekends.
	StateCouncil SourceName = "state-council"
	// WeekendsOnly: the office takes no notice.
	WeekendsOnly SourceName = "weekends"
)

// Check refuses a source that the program does not know.
func (s SourceName) Check() error { return oneOf(s, StateCouncil, WeekendsOnly) }

// UnpublishedRule is how a year without a notice is computed.
type UnpublishedRule string

// WeekendsProvisional: by weekends, and what was computed is looked at again when the notice comes.
const WeekendsProvisional UnpublishedRule = "weekends-provisional"

// Check refuses a rule that the program does not know.
func (u UnpublishedRule) Check() error { return oneOf(u, WeekendsProvisional) }

func oneOf[T ~string](v T, known ...T) error {
	if slices.Contains(known, v) {
		return nil
	}
	return fmt.Errorf("%q is none of %q", v, known)
}

// Weekday is mon, tue, wed, thu, fri, sat or sun.
type Weekday string

var weekdays = []Weekday{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// WeekdayOf is the weekday of a date as policy values write it.
func WeekdayOf(d domain.Date) Weekday { return weekdays[d.Weekday()] }

// Week is the office's weekdays and hours. The break is break_minutes long and begins at cal.workHours.breakStart.
type Week struct {
	Days         []Weekday         `json:"days"`
	Start        domain.TimeOfDay  `json:"start"`
	End          domain.TimeOfDay  `json:"end"`
	BreakMinutes int               `json:"break_minutes"`
	Seasons      map[string]Season `json:"seasons"`
}

// Season is what a season changes; what it leaves out stays.
type Season struct {
	Start        *domain.TimeOfDay `json:"start,omitempty"`
	End          *domain.TimeOfDay `json:"end,omitempty"`
	BreakMinutes *int              `json:"break_minutes,omitempty"`
}

// Check refuses an empty week, an unknown weekday or season, and an end before the start.
func (w Week) Check() error {
	for _, d := range w.Days {
		if err := oneOf(d, weekdays...); err != nil {
			return err
		}
	}
	for s := range w.Seasons {
		if err := oneOf(s, SummerSeason); err != nil {
			return err
		}
	}
	if len(w.Days) == 0 || w.Start.Minutes >= w.End.Minutes || w.BreakMinutes < 0 {
		return fmt.Errorf("want at least one day, the start before the end and no negative break")
	}
	return nil
}

// SeasonDay is a day of any year, or none: the season does not exist.
type SeasonDay struct {
	None bool
	Day  domain.MonthDay
}

// MarshalText is 06-10 or none.
func (s SeasonDay) MarshalText() ([]byte, error) {
	if s.None {
		return []byte("none"), nil
	}
	return s.Day.MarshalText()
}

// UnmarshalText reads 06-10 or none.
func (s *SeasonDay) UnmarshalText(b []byte) error {
	*s = SeasonDay{None: string(b) == "none"}
	if s.None {
		return nil
	}
	return s.Day.UnmarshalText(b)
}

// Calendar is the office's calendar. Version counts the events that changed a day or its hours.
type Calendar struct {
	Version     int64
	Notices     map[int]Notice            // by year
	Overrides   map[domain.Date]NoticeDay // by the office's own decision
	Summers     map[int]Summer            // by year, where the policy gives no dates
	Adjusted    map[domain.Date]Hours
	Schedules   []SchedulePublished // in order of publication
	Provisional []int               // years marked as such
	Recomputed  int64               // what was computed on earlier versions than this one has been looked at again
}

// Notice is the notice of a year as it now stands.
type Notice struct {
	Papers []string
	Days   map[domain.Date]NoticeDay
}

// NoticeDay is what a notice, or the office, says of one day, and the paper that says so.
type NoticeDay struct {
	Name  string
	Off   bool
	Paper string
}

// Summer is the season of one year, both days included.
type Summer struct{ From, To domain.Date }

// Kind is what a day is, before the office's own week is asked. A notice gives off and on only, so a statutory holiday and
// an adjusted day of rest cannot be told apart.
type Kind string

const (
	Off      Kind = "off"      // a day off by notice or by the office's own decision
	Makeup   Kind = "makeup"   // a Saturday or Sunday that a notice has worked (调休班)
	Weekend  Kind = "weekend"  // any other Saturday or Sunday
	Ordinary Kind = "ordinary" // any other day, also one that a notice lists as worked
)

// Day is what the calendar says of one date.
type Day struct {
	Kind Kind   `json:"kind" enum:"off,makeup,weekend,ordinary"`
	Name string `json:"name"` // of the holiday, where a notice lists the day
	// Notice is the paper that lists the day; "" when none does, and when the office itself decided it.
	Notice string `json:"notice"`
	// Override: the office itself decided the day.
	Override bool `json:"override"`
	// Provisional: a notice still to come may change it.
	Provisional bool `json:"provisional"`
}

// Day gives the type of a date. A day of December may be listed by the next year's notice, so both are consulted and
// December is provisional until that notice is recorded.
func (c Calendar) Day(date domain.Date) Day {
	d := Day{Kind: Ordinary}
	rest := date.Weekday() == time.Saturday || date.Weekday() == time.Sunday
	if rest {
		d.Kind = Weekend
	}
	listed, ok := c.Overrides[date]
	d.Override = ok
	if !ok {
		_, next := c.Notices[date.Year+1]
		d.Provisional = !c.published(date.Year) || (date.Month == time.December && !next)
		listed, ok = c.listed(date)
	}
	if ok {
		d.Name, d.Notice = listed.Name, listed.Paper
		switch {
		case listed.Off:
			d.Kind = Off
		case rest:
			d.Kind = Makeup
		}
	}
	return d
}

func (c Calendar) published(year int) bool { _, ok := c.Notices[year]; return ok }

// listed is what the notices say of a date, the next year's first.
func (c Calendar) listed(date domain.Date) (NoticeDay, bool) {
	if d, ok := c.Notices[date.Year+1].Days[date]; ok {
		return d, true
	}
	d, ok := c.Notices[date.Year].Days[date]
	return d, ok
}

// Works tells whether the office works on a date: off days never, make-up days by cal.makeupDaysWork, all others by the
// weekdays of cal.workHours.
func (c Calendar) Works(act domain.Act, date domain.Date) bool {
	works, _ := (&reader{c: c, act: act}).works(date)
	return works
}

// Due is the last day of a term of working days that starts on a date, and whether a notice still to come may move it:
// the term ends at 24:00 of that day. A term of no days ends on the day that starts it. The zero Date means that no such
// day was found: the office's week is blank, which refuses the act.
func (c Calendar) Due(act domain.Act, start domain.Date, workingDays int) (due domain.Date, provisional bool) {
	if workingDays <= 0 {
		return start, c.Day(start).Provisional
	}
	r := &reader{c: c, act: act}
	date := start
	if CountFromNextDay.Of(act) {
		date = date.Add(1)
	}
	for last := start.Add(7*workingDays + 10*366); date.Before(last); date = date.Add(1) {
		works, unsure := r.works(date)
		if r.blank {
			break
		}
		provisional = provisional || unsure
		if works {
			workingDays--
		}
		if workingDays == 0 {
			return date, provisional
		}
	}
	return domain.Date{}, true
}

// WorkingDays counts the working days from one date to another, both included.
func (c Calendar) WorkingDays(act domain.Act, from, to domain.Date) (days int, provisional bool) {
	r := &reader{c: c, act: act}
	for date := from; !to.Before(date) && !r.blank; date = date.Add(1) {
		works, unsure := r.works(date)
		provisional = provisional || unsure
		if works {
			days++
		}
	}
	return days, provisional
}

// reader reads each policy key once, and only when a day depends on it.
type reader struct {
	c      Calendar
	act    domain.Act
	week   *Week
	makeup *bool
	asked  bool // cal.unpublishedYear
	blank  bool // the week is blank
}

func (r *reader) works(date domain.Date) (works, provisional bool) {
	day := r.c.Day(date)
	if day.Provisional && !r.c.published(date.Year) && !r.asked {
		UnpublishedYear.Of(r.act)
		r.asked = true
	}
	switch day.Kind {
	case Off:
		return false, day.Provisional
	case Makeup:
		if r.makeup == nil {
			v := MakeupDaysWork.Of(r.act)
			r.makeup = &v
		}
		return *r.makeup, day.Provisional
	}
	if r.week == nil {
		v := WorkHours.Of(r.act)
		r.week, r.blank = &v, len(v.Days) == 0
	}
	return slices.Contains(r.week.Days, WeekdayOf(date)), day.Provisional
}

// Hours are the working hours of one day, from the start up to but not including the end; the break lies inside them.
type Hours struct {
	Start      domain.TimeOfDay `json:"start"`
	End        domain.TimeOfDay `json:"end"`
	BreakStart domain.TimeOfDay `json:"break_start" doc:"equal to break_end: no break"`
	BreakEnd   domain.TimeOfDay `json:"break_end"`
}

func (h Hours) ordered() bool {
	return h.Start.Minutes < h.End.Minutes && h.BreakStart.Minutes <= h.BreakEnd.Minutes &&
		(h.BreakStart == h.BreakEnd || (h.Start.Minutes <= h.BreakStart.Minutes && h.BreakEnd.Minutes <= h.End.Minutes))
}

// Hours are the office's hours of a date: as adjusted for that day, else as the policy states them for the season; false
// means that it does not work.
func (c Calendar) Hours(act domain.Act, date domain.Date) (Hours, bool) {
	if !c.Works(act, date) {
		return Hours{}, false
	}
	if h, ok := c.Adjusted[date]; ok {
		return h, true
	}
	week := WorkHours.Of(act)
	season := ""
	if len(week.Seasons) > 0 {
		season = c.Season(act, date)
	}
	return week.hours(act, season), true
}

func (w Week) hours(act domain.Act, season string) Hours {
	h := Hours{Start: w.Start, End: w.End}
	minutes := w.BreakMinutes
	s := w.Seasons[season]
	if s.Start != nil {
		h.Start = *s.Start
	}
	if s.End != nil {
		h.End = *s.End
	}
	if s.BreakMinutes != nil {
		minutes = *s.BreakMinutes
	}
	if minutes > 0 {
		h.BreakStart = BreakStart.Of(act)
		h.BreakEnd = domain.TimeOfDay{Minutes: h.BreakStart.Minutes + minutes}
	}
	return h
}

// InHours tells whether an instant lies in the office's hours, the start of the day and the end of the break included, the
// end of the day and the start of the break not.
func (c Calendar) InHours(act domain.Act, at domain.Instant) bool {
	date := domain.DateOf(at.Time, act.Zone)
	h, ok := c.Hours(act, date)
	within := func(from, to domain.TimeOfDay) bool {
		return !at.Before(from.On(date, act.Zone)) && at.Before(to.On(date, act.Zone))
	}
	return ok && within(h.Start, h.End) && !within(h.BreakStart, h.BreakEnd)
}

// SummerSeason is the name of the one season that the regulations know (暑期).
const SummerSeason = "summer"

// Season is the season of a date: SummerSeason or "". The policy's dates go first; where it leaves them blank, those that
// the office set for the year count, and without them the act is refused as blank.
func (c Calendar) Season(act domain.Act, date domain.Date) string {
	from, to := domain.Date{}, domain.Date{}
	set, ok := c.Summers[date.Year]
	if ok && !SummerFrom.Has(act) && !SummerTo.Has(act) {
		from, to = set.From, set.To
	} else {
		f, t := SummerFrom.Of(act), SummerTo.Of(act)
		if f.None || t.None {
			return ""
		}
		from, to = f.Day.In(date.Year), t.Day.In(date.Year)
	}
	if date.Before(from) || to.Before(date) {
		return ""
	}
	return SummerSeason
}

// ImportNotice records the notice of a year as it stands: its papers in the order of issue, and every day it lists. A
// notice that was changed is imported again whole.
type ImportNotice struct {
	Year   int      `json:"year" minimum:"1949" maximum:"9999" example:"2026"`
	Papers []string `json:"papers" maxItems:"10" doc:"the papers of the notice in the order of issue"`
	Days   []Listed `json:"days" maxItems:"200"`
}

// Listed is one day of a notice.
type Listed struct {
	Date domain.Date `json:"date"`
	Name string      `json:"name" maxLength:"40" doc:"the holiday"`
	Off  bool        `json:"off" doc:"false: a day that is worked"`
}

// Decide takes a notice for the office: the first of a year is published, a later one amends what it really changes.
// December days may change a year that is published already (G7); an import that changes nothing leaves nothing.
func (c ImportNotice) Decide(s Calendar, act domain.Act) ([]domain.Event[Calendar], error) {
	if Source.Of(act) == WeekendsOnly {
		return nil, ErrNoNotices
	}
	if len(c.Papers) == 0 || len(c.Days) == 0 {
		return nil, ErrNoPaper
	}
	seen := map[domain.Date]bool{}
	for _, d := range c.Days {
		if seen[d.Date] || (d.Date.Year != c.Year && (d.Date.Year != c.Year-1 || d.Date.Month != time.December)) {
			return nil, ErrForeignDay.With("date", d.Date.String())
		}
		seen[d.Date] = true
	}
	old, published := s.Notices[c.Year]
	if published && len(c.Papers) < len(old.Papers) {
		return nil, ErrOlderNotice.With("year", strconv.Itoa(c.Year))
	}
	days := slices.Clone(c.Days)
	slices.SortFunc(days, func(a, b Listed) int { return a.Date.Compare(b.Date) })
	if published && slices.Equal(old.Papers, c.Papers) && slices.Equal(old.list(), days) {
		return nil, nil
	}
	imported := NoticeImported{Version: s.Version + 1, Year: c.Year, Papers: c.Papers, Days: days}
	events := []domain.Event[Calendar]{imported}
	if changed := s.changed(imported); len(changed) > 0 {
		events = append(events, Amended{Version: s.Version + 1, Year: c.Year, Papers: fresh(old.Papers, c.Papers), ChangedDays: changed})
	}
	return events, nil
}

func (n Notice) list() []Listed {
	list := make([]Listed, 0, len(n.Days))
	for date, d := range n.Days {
		list = append(list, Listed{date, d.Name, d.Off})
	}
	slices.SortFunc(list, func(a, b Listed) int { return a.Date.Compare(b.Date) })
	return list
}

// changed lists the days known before whose type another notice really changes: a Sunday off by notice is still no
// working day, and a Monday listed as worked is still an ordinary day.
func (c Calendar) changed(e NoticeImported) []domain.Date {
	after := e.Evolve(c)
	dates := map[domain.Date]bool{}
	for date := range c.Notices[e.Year].Days {
		dates[date] = true
	}
	for _, d := range e.Days {
		dates[d.Date] = true
	}
	worked := func(k Kind) bool { return k == Ordinary || k == Makeup }
	var changed []domain.Date
	for _, date := range slices.SortedFunc(maps.Keys(dates), domain.Date.Compare) {
		_, known := c.listed(date)
		if (known || c.published(date.Year)) && worked(c.Day(date).Kind) != worked(after.Day(date).Kind) {
			changed = append(changed, date)
		}
	}
	return changed
}

// fresh are the papers that were not named before, or all where none is new.
func fresh(old, papers []string) []string {
	var news []string
	for _, p := range papers {
		if !slices.Contains(old, p) {
			news = append(news, p)
		}
	}
	if len(news) == 0 {
		return papers
	}
	return news
}

// NoticeImported means the office's calendar follows this state of the year's notice from now on.
type NoticeImported struct {
	Version int64    `json:"version"` // of the calendar
	Year    int      `json:"year"`
	Papers  []string `json:"papers"`
	Days    []Listed `json:"days"`
}

// Evolve replaces the year's notice; a day that it leaves as it was keeps its paper.
func (e NoticeImported) Evolve(c Calendar) Calendar {
	old := c.Notices[e.Year]
	paper := strings.Join(fresh(old.Papers, e.Papers), " ")
	days := make(map[domain.Date]NoticeDay, len(e.Days))
	for _, d := range e.Days {
		day := NoticeDay{d.Name, d.Off, paper}
		if was, ok := old.Days[d.Date]; ok && was.Off == d.Off {
			day.Paper = was.Paper
		}
		days[d.Date] = day
	}
	c.Notices = with(c.Notices, e.Year, Notice{e.Papers, days})
	c.Provisional = slices.DeleteFunc(slices.Clone(c.Provisional), func(y int) bool { return y == e.Year })
	c.Version = e.Version
	return c
}

// Opens asks that what was computed on an earlier version is looked at again.
func (e NoticeImported) Opens(r domain.Recorded) []domain.Task { return recompute(r, e.Version) }

// Amended means that days which were known before have another type now.
type Amended struct {
	Version     int64         `json:"version"` // of the calendar
	Year        int           `json:"year"`    // of the notice
	Papers      []string      `json:"papers"`  // that changed them
	ChangedDays []domain.Date `json:"changed_days"`
}

// Evolve changes nothing beside the notice that was imported with it.
func (e Amended) Evolve(c Calendar) Calendar { return c }

// Opens asks that what was computed on an earlier version is looked at again.
func (e Amended) Opens(r domain.Recorded) []domain.Task { return recompute(r, e.Version) }

func recompute(r domain.Recorded, version int64) []domain.Task {
	return []domain.Task{{
		TaskID: domain.TaskID{Kind: RecomputeTask, Key: taskKey(r.Office, version)}, Stream: r.Stream,
		Data: map[string]string{"version": strconv.FormatInt(version, 10)},
	}}
}

func taskKey(office string, version int64) string {
	return office + "/" + strconv.FormatInt(version, 10)
}

func with[K comparable, V any](m map[K]V, key K, v V) map[K]V {
	m = maps.Clone(m)
	if m == nil {
		m = map[K]V{}
	}
	m[key] = v
	return m
}

// adjuster tells whether the actor's post may move the office's days and hours.
func adjuster(act domain.Act) error {
	if !act.Person() {
		return domain.ErrSystem
	}
	office := org.Context.In(act, org.Stream(act.Office))
	for _, role := range HoursAdjustableBy.Of(act) {
		if post := office.Role(act, role); post != "" && post == act.Actor.Post {
			return nil
		}
	}
	return ErrNotAdjustable
}

// past tells whether a day is over for a request that comes now: R12, a schedule is never retroactive.
func past(act domain.Act, date domain.Date) error {
	if date.Before(domain.DateOf(act.Received.Time, act.Zone)) {
		return ErrPast.With("date", date.String())
	}
	return nil
}

// OverrideDay decides one day for the office alone, whatever the notices say.
type OverrideDay struct {
	Date   domain.Date `json:"date"`
	Off    bool        `json:"off" doc:"false: the office works"`
	Name   string      `json:"name" maxLength:"40" doc:"what the day is called in the calendar"`
	Reason string      `json:"reason" minLength:"1" maxLength:"1000"`
}

// Decide lets the posts that may move the office's hours decide a day that is not past.
func (c OverrideDay) Decide(s Calendar, act domain.Act) ([]domain.Event[Calendar], error) {
	if err := adjuster(act); err != nil {
		return nil, err
	}
	if err := past(act, c.Date); err != nil {
		return nil, err
	}
	if d, ok := s.Overrides[c.Date]; ok && d.Off == c.Off && d.Name == c.Name {
		return nil, nil
	}
	return []domain.Event[Calendar]{DayOverridden{s.Version + 1, c.Date, c.Off, c.Name, c.Reason}}, nil
}

// DayOverridden means the office decided one day by itself.
type DayOverridden struct {
	Version int64       `json:"version"` // of the calendar
	Date    domain.Date `json:"date"`
	Off     bool        `json:"off"`
	Name    string      `json:"name"`
	Reason  string      `json:"reason"`
}

// Evolve puts the office's decision before the notices.
func (e DayOverridden) Evolve(c Calendar) Calendar {
	c.Overrides = with(c.Overrides, e.Date, NoticeDay{Name: e.Name, Off: e.Off})
	c.Version = e.Version
	return c
}

// Opens asks that what was computed on an earlier version is looked at again.
func (e DayOverridden) Opens(r domain.Recorded) []domain.Task { return recompute(r, e.Version) }

// SetSeason gives the dates of one year's summer where the regulations say summer and no dates (暑期, REG-04 一.2).
type SetSeason struct {
	Year int         `json:"year" minimum:"1949" maximum:"9999"`
	From domain.Date `json:"from"`
	To   domain.Date `json:"to" doc:"the last day, included"`
	By   string      `json:"by" minLength:"1" maxLength:"200" doc:"the paper that sets the dates"`
}

// Decide fills only what the policy leaves blank.
func (c SetSeason) Decide(s Calendar, act domain.Act) ([]domain.Event[Calendar], error) {
	if err := adjuster(act); err != nil {
		return nil, err
	}
	if SummerFrom.Has(act) || SummerTo.Has(act) {
		return nil, ErrSeasonStated
	}
	if c.From.Year != c.Year || c.To.Year != c.Year || c.To.Before(c.From) {
		return nil, ErrSeasonDates
	}
	if s.Summers[c.Year] == (Summer{c.From, c.To}) {
		return nil, nil
	}
	if err := past(act, c.From); err != nil {
		return nil, err
	}
	return []domain.Event[Calendar]{SeasonSet{s.Version + 1, c.Year, c.From, c.To, c.By}}, nil
}

// SeasonSet means the summer of one year has its dates.
type SeasonSet struct {
	Version int64       `json:"version"` // of the calendar
	Year    int         `json:"year"`
	From    domain.Date `json:"from"`
	To      domain.Date `json:"to"`
	By      string      `json:"by"`
}

// Evolve keeps the dates of the year.
func (e SeasonSet) Evolve(c Calendar) Calendar {
	c.Summers = with(c.Summers, e.Year, Summer{e.From, e.To})
	c.Version = e.Version
	return c
}

// Opens asks that what was computed on an earlier version is looked at again.
func (e SeasonSet) Opens(r domain.Recorded) []domain.Task { return recompute(r, e.Version) }

// PublishSchedule announces the office's hours, as the policy states them, from a day on.
type PublishSchedule struct {
	EffectiveFrom domain.Date `json:"effective_from"`
}

// Decide announces what the policy states; the policy, not the announcement, is what later decides.
func (c PublishSchedule) Decide(s Calendar, act domain.Act) ([]domain.Event[Calendar], error) {
	if err := adjuster(act); err != nil {
		return nil, err
	}
	if err := past(act, c.EffectiveFrom); err != nil {
		return nil, err
	}
	week := WorkHours.Of(act)
	e := SchedulePublished{EffectiveFrom: c.EffectiveFrom, Days: week.Days, Hours: week.hours(act, ""), Seasons: []SeasonHours{}}
	for _, season := range slices.Sorted(maps.Keys(week.Seasons)) {
		e.Seasons = append(e.Seasons, SeasonHours{season, week.hours(act, season)})
	}
	return []domain.Event[Calendar]{e}, nil
}

// SchedulePublished means the hours were announced to everybody; it supersedes earlier announcements from its day on.
type SchedulePublished struct {
	EffectiveFrom domain.Date   `json:"effective_from"`
	Days          []Weekday     `json:"days"`
	Hours         Hours         `json:"hours"`
	Seasons       []SeasonHours `json:"seasons"`
}

// SeasonHours are the hours of a season.
type SeasonHours struct {
	Season string `json:"season"`
	Hours  Hours  `json:"hours"`
}

// Evolve keeps the announcement.
func (e SchedulePublished) Evolve(c Calendar) Calendar {
	c.Schedules = append(slices.Clip(c.Schedules), e)
	return c
}

// AdjustHours moves the hours of single days in a special case (REG-08 一.1).
type AdjustHours struct {
	Days   []domain.Date `json:"days" minItems:"1" maxItems:"60"`
	Hours  Hours         `json:"hours"`
	Reason string        `json:"reason" minLength:"1" maxLength:"1000"`
}

// Decide lets only the posts of cal.hoursAdjustableBy move the hours, of working days that are not past.
func (c AdjustHours) Decide(s Calendar, act domain.Act) ([]domain.Event[Calendar], error) {
	if err := adjuster(act); err != nil {
		return nil, err
	}
	if !c.Hours.ordered() {
		return nil, ErrHours
	}
	same := true
	for _, date := range c.Days {
		if err := past(act, date); err != nil {
			return nil, err
		}
		if !s.Works(act, date) {
			return nil, ErrNoWork.With("date", date.String())
		}
		h, ok := s.Adjusted[date]
		same = same && ok && h == c.Hours
	}
	if same {
		return nil, nil
	}
	return []domain.Event[Calendar]{HoursAdjusted{s.Version + 1, c.Days, c.Hours, c.Reason}}, nil
}

// HoursAdjusted means single days have hours of their own.
type HoursAdjusted struct {
	Version int64         `json:"version"` // of the calendar
	Days    []domain.Date `json:"days"`
	Hours   Hours         `json:"hours"`
	Reason  string        `json:"reason"`
}

// Evolve keeps the hours of the days.
func (e HoursAdjusted) Evolve(c Calendar) Calendar {
	c.Adjusted = maps.Clone(c.Adjusted)
	if c.Adjusted == nil {
		c.Adjusted = map[domain.Date]Hours{}
	}
	for _, d := range e.Days {
		c.Adjusted[d] = e.Hours
	}
	c.Version = e.Version
	return c
}

// Opens asks that what was computed on an earlier version is looked at again.
func (e HoursAdjusted) Opens(r domain.Recorded) []domain.Task { return recompute(r, e.Version) }

// MarkProvisional says openly that a year is computed without its notice.
type MarkProvisional struct {
	Year int `json:"year" minimum:"1949" maximum:"9999"`
}

// Decide marks a year that has no notice, where the policy says how such a year is computed.
func (c MarkProvisional) Decide(s Calendar, act domain.Act) ([]domain.Event[Calendar], error) {
	UnpublishedYear.Of(act)
	if s.published(c.Year) {
		return nil, ErrPublished.With("year", strconv.Itoa(c.Year))
	}
	if slices.Contains(s.Provisional, c.Year) {
		return nil, nil
	}
	return []domain.Event[Calendar]{YearMarkedProvisional{c.Year}}, nil
}

// YearMarkedProvisional means the office knows that the year's notice is missing; the notice ends it.
type YearMarkedProvisional struct {
	Year int `json:"year"`
}

// Evolve keeps the mark.
func (e YearMarkedProvisional) Evolve(c Calendar) Calendar {
	c.Provisional = append(slices.Clip(c.Provisional), e.Year)
	return c
}

// CloseRecompute ends the task of one version, after what was computed on earlier ones has been looked at again.
type CloseRecompute struct {
	Version int64 `json:"version"`
}

// Decide closes what is open once.
func (c CloseRecompute) Decide(s Calendar, _ domain.Act) ([]domain.Event[Calendar], error) {
	switch {
	case c.Version < 1 || c.Version > s.Version:
		return nil, ErrUnknownVersion.With("version", strconv.FormatInt(c.Version, 10))
	case c.Version <= s.Recomputed:
		return nil, nil
	}
	return []domain.Event[Calendar]{Recomputed{s.Recomputed, c.Version}}, nil
}

// Recomputed means that nothing rests any more on a version of the calendar between the two, the later one excepted.
type Recomputed struct {
	After   int64 `json:"after"` // the version that was reached before
	Version int64 `json:"version"`
}

// Evolve notes how far the office's records follow the calendar.
func (e Recomputed) Evolve(c Calendar) Calendar { c.Recomputed = e.Version; return c }

// Settles ends the tasks of the version and of those before it.
func (e Recomputed) Settles(r domain.Recorded) []domain.TaskID {
	var ids []domain.TaskID
	for v := e.After + 1; v <= e.Version; v++ {
		ids = append(ids, domain.TaskID{Kind: RecomputeTask, Key: taskKey(r.Office, v)})
	}
	return ids
}
