package attendance

import (
	"maps"
	"slices"
	"strings"
	"time"

	"andu/domain"
	"andu/domain/calendar"
	"andu/domain/org"
)

// Sheets lists every event of a sheet: one office, one date, one session.
var Sheets = domain.Context[Sheet]{
	Name: "sheet",
	Events: []domain.Schema[Sheet]{
		{Name: "sheet.opened", Version: 1, Type: Opened{}, By: []domain.Command[Sheet]{Open{}}},
		{Name: "sheet.persons-added", Version: 1, Type: PersonsAdded{}, By: []domain.Command[Sheet]{Open{}}},
		{Name: "sheet.signed-listed", Version: 1, Type: SignedListed{}, By: []domain.Command[Sheet]{ListSigned{}}},
		{Name: "sheet.closed", Version: 1, Type: Closed{}, By: []domain.Command[Sheet]{Close{}}},
		{Name: "sheet.supplemented", Version: 1, Type: Supplemented{}, By: []domain.Command[Sheet]{Supplement{}}},
		{Name: "sheet.day-determined", Version: 1, Type: DayDetermined{}, By: []domain.Command[Sheet]{CloseDay{}}},
	},
	Rules: []*domain.Refusal{ErrNoSheet, ErrByClock, ErrNotKeeper, ErrOpenStill},
	Keys:  keys,
	Facts: facts,
}

// SheetStream is the stream of a sheet. newID derives an id from a name space and a name.
func SheetStream(newID func(space, name string) string, office string, date domain.Date, session string) string {
	return Sheets.Stream(newID(office, "sheet/"+date.String()+"/"+session))
}

func sheetsOf(act domain.Act, date domain.Date) (streams []string) {
	for _, name := range Expected.Indexes(act) {
		streams = append(streams, SheetStream(act.Derived, act.Office, date, name))
	}
	return streams
}

// The rules of a sheet.
var (
	ErrNoSheet = domain.Rule(domain.NotFound, "sheet.not-open",
		"该场签到表没有开启。", "this sheet was never opened").By("R30")
	ErrByClock = domain.Rule(domain.Forbidden, "sheet.clock-closes",
		"签到表由系统在截止时刻收存，管理人不得提前收存。", "the clock collects the sheet at the cut-off; the keeper cannot close it sooner").By("R30, att.sheet.closeBy")
	ErrNotKeeper = domain.Rule(domain.Forbidden, "sheet.not-keeper",
		"签到簿由岗位{post}管理。", "the book is kept by the post {post}").By("R30")
	ErrOpenStill = domain.Rule(domain.Conflict, "sheet.open",
		"签到表尚未收存。", "the sheet is not closed yet").By("R30")
)

// Sheet is the sheet of one session.
type Sheet struct {
	Date     domain.Date
	Session  string
	Cutoff   domain.Instant
	Closes   domain.Instant
	Last     bool
	Moment   domain.Instant // when the day is determined
	Expected []string       // persons
	ClosedAt domain.Instant // zero: it is open
	Signed   []Entry        // in the order of the sheet
	Days     bool           // the day was determined
}

// Entry is a person on a sheet, and the id of the sign-in that brought him there.
type Entry struct {
	Person string `json:"person"`
	Event  string `json:"event"`
}

// Exists tells whether the sheet was opened.
func (s Sheet) Exists() bool { return s.Session != "" }

// Open opens the sheet of a session.
type Open struct {
	Date    domain.Date `json:"date"`
	Session string      `json:"session"`
}

// Decide opens a working day's sheet once, for everybody who holds a post of the office on the day.
func (c Open) Decide(s Sheet, act domain.Act) ([]domain.Event[Sheet], error) {
	cal := calendar.Context.In(act, calendar.Stream(act.Office))
	switch {
	case act.Person():
		return nil, ErrSchedule
	case s.Exists():
		return nil, nil
	case !cal.Works(act, c.Date):
		return nil, ErrNoWork.With("date", c.Date.String())
	}
	sessions, err := Sessions(act, cal, c.Date)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(sessions, func(v Session) bool { return v.Name == c.Session })
	if i < 0 {
		return nil, ErrNoSession
	}
	v := sessions[i]
	e := Opened{Date: c.Date, Session: c.Session, OpensAt: v.Opens, Expected: v.Expected, Cutoff: v.Cutoff, Closes: v.Closes, Last: v.Last, Persons: []string{}}
	if v.Last {
		e.Moment = Unsigned.Of(act).moment(v, act.Zone)
	}
	office := org.Context.In(act, org.Stream(act.Office))
	for _, p := range office.Members(c.Date) {
		if expected(office, p, c.Date) {
			e.Persons = append(e.Persons, p)
		}
	}
	pages := slices.Collect(slices.Chunk(e.Persons, personsAPage))
	if len(pages) == 0 {
		return []domain.Event[Sheet]{e}, nil
	}
	e.Persons = pages[0]
	events := []domain.Event[Sheet]{e}
	for _, page := range pages[1:] {
		events = append(events, PersonsAdded{page})
	}
	return events, nil
}

// How much stands on one page, so that a record holds it beside the command that asked for it, whatever the office's size.
const (
	personsAPage = 900
	// SignedAPage is how many sign-ins one command lists.
	SignedAPage = 200
	// RowsAPage is how many rows of a month one command counts.
	RowsAPage = 100
)

// Kinds of the tasks of a sheet.
const (
	TaskOpen      = "sheet.open"
	TaskClose     = "sheet.close"
	TaskDetermine = "sheet.determine"
)

// Opened means the sheet takes sign-ins, and these persons are expected.
type Opened struct {
	Date     domain.Date    `json:"date"`
	Session  string         `json:"session"`
	OpensAt  domain.Instant `json:"opens"`
	Expected domain.Instant `json:"expected"`
	Cutoff   domain.Instant `json:"cutoff"` // zero: nothing is refused
	Closes   domain.Instant `json:"closes"`
	Last     bool           `json:"last"`   // of the day
	Moment   domain.Instant `json:"moment"` // with the last: when the day is determined
	Persons  []string       `json:"persons"`
}

// Evolve begins the sheet.
func (e Opened) Evolve(s Sheet) Sheet {
	s.Date, s.Session, s.Cutoff, s.Closes, s.Last, s.Moment, s.Expected = e.Date, e.Session, e.Cutoff, e.Closes, e.Last, e.Moment, e.Persons
	return s
}

// Opens asks that the sheet be closed by the clock and, with the last of the day, that everybody's day be determined.
func (e Opened) Opens(r domain.Recorded) []domain.Task {
	tasks := []domain.Task{{TaskID: domain.TaskID{Kind: TaskClose, Key: r.Stream}, Stream: r.Stream, Due: e.Closes}}
	if e.Last {
		tasks = append(tasks, domain.Task{TaskID: domain.TaskID{Kind: TaskDetermine, Key: r.Stream}, Stream: r.Stream, Due: e.Moment})
	}
	return tasks
}

// Settles ends the asking for the sheet.
func (e Opened) Settles(r domain.Recorded) []domain.TaskID {
	return []domain.TaskID{{Kind: TaskOpen, Key: r.Stream}}
}

// PersonsAdded means these are expected too: a large office's sheet is opened with several pages at once.
type PersonsAdded struct {
	Persons []string `json:"persons"`
}

// Evolve adds the persons.
func (e PersonsAdded) Evolve(s Sheet) Sheet {
	s.Expected = append(slices.Clip(s.Expected), e.Persons...)
	return s
}

// ListSigned fills a page of a sheet that is about to be collected, where one record does not hold everybody. The list is
// gathered from the persons' days, never typed.
type ListSigned struct {
	Signed []Entry `json:"signed"`
}

// Decide lists those who are not listed yet; only whoever may close the sheet does, and a closed one has no more pages.
func (c ListSigned) Decide(s Sheet, act domain.Act) ([]domain.Event[Sheet], error) {
	if err := s.mayClose(act); err != nil {
		return nil, err
	}
	page := s.unlisted(c.Signed)
	if !s.ClosedAt.IsZero() || len(page) == 0 {
		return nil, nil
	}
	return []domain.Event[Sheet]{SignedListed{page}}, nil
}

func (s Sheet) unlisted(entries []Entry) []Entry {
	listed := make(map[Entry]bool, len(s.Signed))
	for _, e := range s.Signed {
		listed[e] = true
	}
	return slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool { return listed[e] })
}

// SignedListed means these stand on the sheet, whoever else does when it is closed.
type SignedListed struct {
	Signed []Entry `json:"signed"`
}

// Evolve adds the page.
func (e SignedListed) Evolve(s Sheet) Sheet {
	s.Signed = append(slices.Clip(s.Signed), e.Signed...)
	return s
}

// Settles ends the entry of everybody on the page.
func (e SignedListed) Settles(r domain.Recorded) []domain.TaskID { return entries(r.Stream, e.Signed) }

func entries(sheet string, signed []Entry) []domain.TaskID {
	ids := make([]domain.TaskID, len(signed))
	for i, v := range signed {
		ids[i] = entry(sheet, v.Person)
	}
	return ids
}

// Close collects the sheet with everybody who has signed in when the last request that was received in time was done.
// The list is gathered from the persons' days, never typed.
type Close struct {
	Signed []Entry `json:"signed"`
}

// Decide closes once, with everybody who does not stand on a page already.
func (c Close) Decide(s Sheet, act domain.Act) ([]domain.Event[Sheet], error) {
	if err := s.mayClose(act); err != nil {
		return nil, err
	}
	if !s.ClosedAt.IsZero() {
		return nil, nil
	}
	return []domain.Event[Sheet]{Closed{Date: s.Date, Session: s.Session, At: act.Occurred, Cutoff: s.Cutoff, By: act.Actor.Person,
		Signed: append([]Entry{}, s.unlisted(c.Signed)...)}}, nil
}

// mayClose lets the schedule close at its time, the keeper sooner only where att.sheet.closeBy says so.
func (s Sheet) mayClose(act domain.Act) error {
	switch {
	case !s.Exists():
		return ErrNoSheet
	case act.Person():
		if err := keeps(act); err != nil {
			return err
		}
		if CloseBy.Of(act).By != ByKeeper && act.Received.Before(s.Closes.Time) {
			return ErrByClock
		}
	case act.Occurred.Before(s.Closes.Time):
		return ErrByClock
	}
	return nil
}

// keeps tells whether the actor keeps the book: the post of reg.books where a text names one, else those to whom the month
// is reported.
func keeps(act domain.Act) error {
	posts := Summary.Of(act).To
	if Keeper.Has(act, Book) {
		posts = append(slices.Clone(posts), Keeper.Of(act, Book))
	}
	if !slices.Contains(posts, act.Actor.Post) {
		return ErrNotKeeper.With("post", strings.Join(posts, ", "))
	}
	return nil
}

// Closed means the sheet was collected: nobody signs in on it any more.
type Closed struct {
	Date    domain.Date    `json:"date"`
	Session string         `json:"session"`
	At      domain.Instant `json:"at"`
	Cutoff  domain.Instant `json:"cutoff"`
	By      string         `json:"by"`     // person; system is the clock
	Signed  []Entry        `json:"signed"` // beside those on the pages before
}

// Evolve closes the sheet.
func (e Closed) Evolve(s Sheet) Sheet {
	s.ClosedAt, s.Signed = e.At, append(slices.Clip(s.Signed), e.Signed...)
	return s
}

// Settles ends the closing, and the entry of everybody who stands on the sheet.
func (e Closed) Settles(r domain.Recorded) []domain.TaskID {
	return append(entries(r.Stream, e.Signed), domain.TaskID{Kind: TaskClose, Key: r.Stream})
}

// Supplement enters a sign-in that was in time and came onto no sheet: a straggler that was still under way when the sheet
// was collected, or one of a terminal's batch.
type Supplement struct {
	Person string `json:"person"`
	Event  string `json:"event"` // id of the sign-in
}

// Decide enters a sign-in once, after the sheet was closed.
func (c Supplement) Decide(s Sheet, act domain.Act) ([]domain.Event[Sheet], error) {
	switch {
	case act.Person():
		return nil, ErrSchedule
	case s.ClosedAt.IsZero():
		return nil, ErrOpenStill
	case slices.Contains(s.Signed, Entry(c)):
		return nil, nil
	}
	return []domain.Event[Sheet]{Supplemented{Person: c.Person, Event: c.Event}}, nil
}

// Supplemented means the sheet has one more who was in time.
type Supplemented struct {
	Person string `json:"person"`
	Event  string `json:"event"`
}

// Evolve adds the person.
func (e Supplemented) Evolve(s Sheet) Sheet {
	s.Signed = append(slices.Clip(s.Signed), Entry(e))
	return s
}

// Settles ends the entry.
func (e Supplemented) Settles(r domain.Recorded) []domain.TaskID {
	return []domain.TaskID{entry(r.Stream, e.Person)}
}

// CloseDay ends the task of determining everybody's day.
type CloseDay struct {
	Persons int `json:"persons"`
}

// Decide ends it once.
func (c CloseDay) Decide(s Sheet, act domain.Act) ([]domain.Event[Sheet], error) {
	switch {
	case act.Person():
		return nil, ErrSchedule
	case !s.Exists():
		return nil, ErrNoSheet
	case s.Days:
		return nil, nil
	}
	return []domain.Event[Sheet]{DayDetermined{c.Persons}}, nil
}

// DayDetermined means that it was determined for everybody what the day counts for, except those whose cover is undecided.
type DayDetermined struct {
	Persons int `json:"persons"`
}

// Evolve notes it.
func (e DayDetermined) Evolve(s Sheet) Sheet { s.Days = true; return s }

// Settles ends the determining.
func (e DayDetermined) Settles(r domain.Recorded) []domain.TaskID {
	return []domain.TaskID{{Kind: TaskDetermine, Key: r.Stream}}
}

// Rolls lists every event of an office's sign-in book: one stream per office.
var Rolls = domain.Context[Roll]{
	Name: "roll",
	Events: []domain.Schema[Roll]{
		{Name: "roll.begun", Version: 1, Type: Begun{}, By: []domain.Command[Roll]{Begin{}}},
		{Name: "roll.day-turned", Version: 1, Type: DayTurned{}, By: []domain.Command[Roll]{TurnDay{}}},
		{Name: "roll.terminal-registered", Version: 1, Type: TerminalRegistered{}, By: []domain.Command[Roll]{RegisterTerminal{}}},
		{Name: "roll.terminal-drift-measured", Version: 1, Type: DriftMeasured{}, By: []domain.Command[Roll]{MeasureDrift{}}},
		{Name: "roll.terminal-withdrawn", Version: 1, Type: TerminalWithdrawn{}, By: []domain.Command[Roll]{WithdrawTerminal{}}},
		{Name: "roll.month-counted", Version: 1, Type: MonthCounted{}, By: []domain.Command[Roll]{CountMonth{}}},
		{Name: "roll.month-compiled", Version: 1, Type: MonthCompiled{}, By: []domain.Command[Roll]{Compile{}}},
		{Name: "roll.month-reported", Version: 1, Type: MonthReported{}, By: []domain.Command[Roll]{Compile{}}},
		{Name: "roll.year-counted", Version: 1, Type: YearCounted{}, By: []domain.Command[Roll]{CountYear{}}},
		{Name: "roll.year-compiled", Version: 1, Type: YearCompiled{}, By: []domain.Command[Roll]{CompileYear{}}},
	},
	Rules: []*domain.Refusal{ErrBegun, ErrNotBegun, ErrPastDay, ErrKnownTerminal, ErrKey, ErrMonth, ErrYear},
	Keys:  keys,
	Facts: facts,
}

// RollStream is the stream of an office's sign-in book.
func RollStream(office string) string { return Rolls.Stream(office) }

// The rules of the sign-in book.
var (
	ErrBegun         = domain.Rule(domain.Conflict, "roll.begun", "本单位已启用签到簿。", "the office's book is begun already").By("R29")
	ErrNotBegun      = domain.Rule(domain.Conflict, "roll.not-begun", "本单位尚未启用签到簿。", "the office's book is not begun").By("R29")
	ErrPastDay       = domain.Rule(domain.Invalid, "roll.past", "签到簿自明日或以后的日期启用。", "the book begins tomorrow or later").By("R12")
	ErrKnownTerminal = domain.Rule(domain.Conflict, "roll.terminal-known", "该终端已登记过。", "the terminal was registered before").By("R30")
	ErrKey           = domain.Rule(domain.Invalid, "roll.terminal-key", "公钥须为64位十六进制（Ed25519）。", "the key is the 64 hexadecimal digits of an Ed25519 public key").By("R30")
	ErrMonth         = domain.Rule(domain.Conflict, "roll.month", "该月尚未结束，或已经汇总。", "the month is not over, or was compiled already").By("R32")
)

// Roll is an office's sign-in book.
type Roll struct {
	Since     domain.Date
	Next      domain.Date // the day to be turned next; zero: not begun
	Today     domain.Date // turned last
	Works     bool        // on that day
	Terminals map[string]Terminal
	Months    []string                    // compiled, such as 2026-04
	Counted   map[string]map[string]Tally // rows of a month that is not compiled yet, by month and person
	Years     []int                       // compiled
	YearRows  map[int]map[string]YearRow  // rows of a year that is not compiled yet
}

// kept tells whether the book is kept on a day.
func (s Roll) kept(date domain.Date) bool { return !s.Since.IsZero() && !date.Before(s.Since) }

// Terminal is a sign-in terminal and the key that its batches are signed with.
type Terminal struct {
	Key       string // Ed25519, hexadecimal
	Drift     time.Duration
	Withdrawn bool
}

// Begin begins the office's sign-in book: from the day on, sheets are opened and closed by the schedule.
type Begin struct {
	From domain.Date `json:"from"`
}

// Decide begins it once, from tomorrow on or later, by those who keep the organisation.
func (c Begin) Decide(s Roll, act domain.Act) ([]domain.Event[Roll], error) {
	office := org.Context.In(act, org.Stream(act.Office))
	if err := office.May(act, org.SystemAdministrator); err != nil {
		return nil, err
	}
	if !s.Next.IsZero() {
		return nil, ErrBegun
	}
	if !domain.DateOf(act.Received.Time, act.Zone).Before(c.From) {
		return nil, ErrPastDay
	}
	return []domain.Event[Roll]{Begun{c.From, domain.At(c.From.Start(act.Zone))}}, nil
}

// Kinds of the tasks of the book.
const (
	TaskDay   = "roll.day"
	TaskMonth = "roll.month"
)

// Begun means the office keeps a sign-in book from that day on.
type Begun struct {
	From domain.Date    `json:"from"`
	At   domain.Instant `json:"at"` // the day begins
}

// Evolve begins the book.
func (e Begun) Evolve(s Roll) Roll { s.Since, s.Next = e.From, e.From; return s }

// Opens asks that the first day be turned.
func (e Begun) Opens(r domain.Recorded) []domain.Task { return []domain.Task{turn(r, e.From, e.At)} }

func turn(r domain.Recorded, date domain.Date, at domain.Instant) domain.Task {
	return domain.Task{TaskID: domain.TaskID{Kind: TaskDay, Key: r.Office}, Stream: r.Stream, Due: at, Data: map[string]string{"date": date.String()}}
}

// TurnDay turns the book to a day: the next one, or the same again after the calendar has changed what it is.
type TurnDay struct {
	Date domain.Date `json:"date"`
}

// Decide turns every day once, working or not, so that each turning asks for the next and none is left out by a stop.
func (c TurnDay) Decide(s Roll, act domain.Act) ([]domain.Event[Roll], error) {
	cal := calendar.Context.In(act, calendar.Stream(act.Office))
	switch {
	case act.Person():
		return nil, ErrSchedule
	case s.Next.IsZero():
		return nil, ErrNotBegun
	case c.Date != s.Next && c.Date != s.Today:
		return nil, nil
	}
	works := cal.Works(act, c.Date)
	if c.Date == s.Today && works == s.Works {
		return nil, nil
	}
	e := DayTurned{Date: c.Date, Works: works, Sessions: []string{}, Sheets: []string{}, Calendar: cal.Version, At: domain.At(c.Date.Start(act.Zone)), Next: domain.At(c.Date.End(act.Zone))}
	if works {
		sessions, err := Sessions(act, cal, c.Date)
		if err != nil {
			return nil, err
		}
		for _, v := range sessions {
			e.Sessions = append(e.Sessions, v.Name)
			e.Sheets = append(e.Sheets, SheetStream(act.Derived, act.Office, c.Date, v.Name))
		}
	}
	if before := c.Date.Add(-1); c.Date.Day == 1 && s.Today == before && SummaryDay.Has(act) {
		e.Month = month(before)
		due, _ := cal.Due(act, before, SummaryDay.Of(act).WorkingDay)
		e.MonthDue = domain.At(due.End(act.Zone).Add(-time.Microsecond))
	}
	return []domain.Event[Roll]{e}, nil
}

func month(d domain.Date) string { return d.String()[:7] }

// DayTurned means the book is open at this day; on a working day its sheets are to be opened.
type DayTurned struct {
	Date     domain.Date    `json:"date"`
	Works    bool           `json:"works"`
	Sessions []string       `json:"sessions"`
	Sheets   []string       `json:"sheets"` // streams, one for each session
	Calendar int64          `json:"calendar"`
	At       domain.Instant `json:"at"`    // the day begins
	Next     domain.Instant `json:"next"`  // and the next one
	Month    string         `json:"month"` // that ended the day before; "" is none
	MonthDue domain.Instant `json:"month_due"`
}

// Evolve turns the page.
func (e DayTurned) Evolve(s Roll) Roll {
	s.Today, s.Works = e.Date, e.Works
	if next := e.Date.Add(1); s.Next.Before(next) {
		s.Next = next
	}
	return s
}

// Opens asks for the day's sheets, for the next day, and for the report of the month that ended.
func (e DayTurned) Opens(r domain.Recorded) []domain.Task {
	tasks := []domain.Task{turn(r, e.Date.Add(1), e.Next)}
	for i, stream := range e.Sheets {
		tasks = append(tasks, domain.Task{TaskID: domain.TaskID{Kind: TaskOpen, Key: stream}, Stream: stream, Due: e.At,
			Data: map[string]string{"date": e.Date.String(), "session": e.Sessions[i]}})
	}
	if e.Month != "" {
		tasks = append(tasks, domain.Task{TaskID: domain.TaskID{Kind: TaskMonth, Key: r.Office + "/" + e.Month}, Stream: r.Stream, Due: e.MonthDue,
			Data: map[string]string{"month": e.Month}})
	}
	return tasks
}

// RegisterTerminal registers a sign-in terminal with the key that its batches are signed with.
type RegisterTerminal struct {
	Terminal string `json:"terminal" minLength:"1" maxLength:"60"`
	Key      string `json:"key" minLength:"64" maxLength:"64" doc:"Ed25519 public key, hexadecimal"`
	Place    string `json:"place" minLength:"1" maxLength:"200"`
}

// Decide leaves it to the security administrator; an id is given once.
func (c RegisterTerminal) Decide(s Roll, act domain.Act) ([]domain.Event[Roll], error) {
	if err := org.Context.In(act, org.Stream(act.Office)).May(act, org.SecurityAdministrator); err != nil {
		return nil, err
	}
	if t, ok := s.Terminals[c.Terminal]; ok {
		if t.Key == c.Key && !t.Withdrawn {
			return nil, nil
		}
		return nil, ErrKnownTerminal
	}
	if len(c.Key) != 64 || strings.Trim(c.Key, "0123456789abcdef") != "" {
		return nil, ErrKey
	}
	return []domain.Event[Roll]{TerminalRegistered(c)}, nil
}

// TerminalRegistered means batches that are signed with this key are evidence.
type TerminalRegistered struct {
	Terminal string `json:"terminal"`
	Key      string `json:"key"`
	Place    string `json:"place"`
}

// Evolve adds the terminal.
func (e TerminalRegistered) Evolve(s Roll) Roll { return s.terminal(e.Terminal, Terminal{Key: e.Key}) }

func (s Roll) terminal(id string, t Terminal) Roll {
	m := make(map[string]Terminal, len(s.Terminals)+1)
	for k, v := range s.Terminals {
		m[k] = v
	}
	m[id] = t
	s.Terminals = m
	return s
}

// MeasureDrift records how far a terminal's clock is from the server's.
type MeasureDrift struct {
	Terminal string         `json:"terminal" minLength:"1" maxLength:"60"`
	Clock    domain.Instant `json:"clock" doc:"what the terminal's clock shows now"`
}

// Decide takes the difference to the time of receipt.
func (c MeasureDrift) Decide(s Roll, act domain.Act) ([]domain.Event[Roll], error) {
	t, ok := s.Terminals[c.Terminal]
	if !ok || t.Withdrawn {
		return nil, ErrTerminal
	}
	return []domain.Event[Roll]{DriftMeasured{c.Terminal, c.Clock.Sub(act.Received.Time).Microseconds()}}, nil
}

// DriftMeasured means the terminal's clock is ahead of the server's by so much; it is taken off its records.
type DriftMeasured struct {
	Terminal string `json:"terminal"`
	Ahead    int64  `json:"ahead"` // microseconds
}

// Evolve keeps the drift.
func (e DriftMeasured) Evolve(s Roll) Roll {
	t := s.Terminals[e.Terminal]
	t.Drift = time.Duration(e.Ahead) * time.Microsecond
	return s.terminal(e.Terminal, t)
}

// WithdrawTerminal takes a terminal out of use.
type WithdrawTerminal struct {
	Terminal string `json:"terminal" minLength:"1" maxLength:"60"`
}

// Decide leaves it to the security administrator.
func (c WithdrawTerminal) Decide(s Roll, act domain.Act) ([]domain.Event[Roll], error) {
	if err := org.Context.In(act, org.Stream(act.Office)).May(act, org.SecurityAdministrator); err != nil {
		return nil, err
	}
	t, ok := s.Terminals[c.Terminal]
	if !ok {
		return nil, ErrTerminal
	}
	if t.Withdrawn {
		return nil, nil
	}
	return []domain.Event[Roll]{TerminalWithdrawn(c)}, nil
}

// TerminalWithdrawn means nothing that the terminal signs is taken any more.
type TerminalWithdrawn struct {
	Terminal string `json:"terminal"`
}

// Evolve marks the terminal.
func (e TerminalWithdrawn) Evolve(s Roll) Roll {
	t := s.Terminals[e.Terminal]
	t.Withdrawn = true
	return s.terminal(e.Terminal, t)
}

// Tally is one person's month, counted from the days as they stand.
type Tally struct {
	Person   string `json:"person"`
	Days     int    `json:"days"` // that were determined
	Normal   int    `json:"normal"`
	Late     int    `json:"late"`
	Early    int    `json:"early"`
	Covered  int    `json:"covered"`
	Half     int    `json:"half"`
	Absent   int    `json:"absent"`
	Other    int    `json:"other"`
	Absence  Days   `json:"absence"` // days of absence together
	LongTerm bool   `json:"long_term"`
}

// Add counts one more day.
func (t Tally) Add(f Finding) Tally {
	if f.Result == NoWorkThere {
		return t
	}
	t.Days++
	t.Absence.Tenths += f.Days.Tenths
	switch f.Result {
	case Normal:
		t.Normal++
	case LateDay:
		t.Late++
	case EarlyDay:
		t.Early++
	case Covered:
		t.Covered++
	case HalfAbsent:
		t.Half++
	case Absent:
		t.Absent++
	default:
		t.Other++
	}
	return t
}

// Compile compiles a month and reports it to those whom the office's policy names. The rows are gathered from the persons'
// days, never typed.
type Compile struct {
	Month string  `json:"month"`
	Rows  []Tally `json:"rows"`
}

// Decide compiles a month once, when it is over: the keeper, or the schedule when the office's day for it ends (R32).
func (c Compile) Decide(s Roll, act domain.Act) ([]domain.Event[Roll], error) {
	if err := s.mayCompile(act, c.Month); err != nil {
		return nil, err
	}
	office := org.Context.In(act, org.Stream(act.Office))
	reported := MonthReported{Month: c.Month, To: Summary.Of(act).To, Persons: []string{}}
	for _, post := range reported.To {
		reported.Persons = append(reported.Persons, office.Holders(post, act.Today())...)
	}
	return []domain.Event[Roll]{MonthCompiled{c.Month, s.uncounted(act, c.Month, c.Rows)}, reported}, nil
}

func (s Roll) mayCompile(act domain.Act, wanted string) error {
	if act.Person() {
		if err := keeps(act); err != nil {
			return err
		}
	}
	if s.Next.IsZero() {
		return ErrNotBegun
	}
	if wanted >= month(domain.DateOf(act.Received.Time, act.Zone)) || slices.Contains(s.Months, wanted) {
		return ErrMonth
	}
	return nil
}

// uncounted are the rows that no page holds as they are, with whoever is a long-term offender marked.
func (s Roll) uncounted(act domain.Act, wanted string, gathered []Tally) []Tally {
	rows := []Tally{}
	for _, r := range gathered {
		if LongTerm.Has(act) {
			rule := LongTerm.Of(act)
			r.LongTerm = rule.count(r) > rule.Over
		}
		if counted, ok := s.Counted[wanted][r.Person]; !ok || counted != r {
			rows = append(rows, r)
		}
	}
	return rows
}

// CountMonth fills a page of a month that is about to be compiled, where one record does not hold everybody. The rows are
// gathered from the persons' days, never typed.
type CountMonth struct {
	Month string  `json:"month"`
	Rows  []Tally `json:"rows"`
}

// Decide notes the rows that changed since they were counted last; only whoever may compile the month does.
func (c CountMonth) Decide(s Roll, act domain.Act) ([]domain.Event[Roll], error) {
	if err := s.mayCompile(act, c.Month); err != nil {
		return nil, err
	}
	if rows := s.uncounted(act, c.Month, c.Rows); len(rows) > 0 {
		return []domain.Event[Roll]{MonthCounted{c.Month, rows}}, nil
	}
	return nil, nil
}

// MonthCounted means these rows belong to the month, if it is compiled without others for the same persons.
type MonthCounted struct {
	Month string  `json:"month"`
	Rows  []Tally `json:"rows"`
}

// Evolve keeps the rows; a later one of the same person takes the place of the one before.
func (e MonthCounted) Evolve(s Roll) Roll {
	counted := maps.Clone(s.Counted[e.Month])
	if counted == nil {
		counted = map[string]Tally{}
	}
	for _, r := range e.Rows {
		counted[r.Person] = r
	}
	s.Counted = maps.Clone(s.Counted)
	if s.Counted == nil {
		s.Counted = map[string]map[string]Tally{}
	}
	s.Counted[e.Month] = counted
	return s
}

// MonthCompiled means this is what the persons' days of the month came to.
type MonthCompiled struct {
	Month string  `json:"month"`
	Rows  []Tally `json:"rows"` // beside those on the pages before
}

// Evolve notes the month.
func (e MonthCompiled) Evolve(s Roll) Roll {
	s.Months = append(slices.Clip(s.Months), e.Month)
	s.Counted = maps.Clone(s.Counted)
	delete(s.Counted, e.Month)
	return s
}

// MonthReported means the month lies before those to whom it is reported.
type MonthReported struct {
	Month   string   `json:"month"`
	To      []string `json:"to"` // posts
	Persons []string `json:"persons"`
}

// Evolve changes nothing beside the month that was compiled with it.
func (e MonthReported) Evolve(s Roll) Roll { return s }

// Settles ends the asking for the month.
func (e MonthReported) Settles(r domain.Recorded) []domain.TaskID {
	return []domain.TaskID{{Kind: TaskMonth, Key: r.Office + "/" + e.Month}}
}

// SummaryRule says how often attendance is reported, and to which posts.
type SummaryRule struct {
	Period string   `json:"period"`
	To     []string `json:"to"`
}

// SummaryTerm is a working day of the next month.
type SummaryTerm struct {
	WorkingDay int    `json:"working_day"`
	Of         string `json:"of"`
}

// Threshold is how many times are too many in a period.
type Threshold struct {
	Over   int      `json:"over"`
	Counts []string `json:"counts"`
	Period string   `json:"period"`
}

func (t Threshold) count(r Tally) (n int) {
	if slices.Contains(t.Counts, string(LateDay)) {
		n += r.Late
	}
	if slices.Contains(t.Counts, string(EarlyDay)) {
		n += r.Early
	}
	return n
}
