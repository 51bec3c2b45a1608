package duty

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"andu/domain"
)

// The rules of the duty log (值班记录簿).
var (
	ErrEntry = domain.Rule(domain.Conflict, "duty.no-such-entry",
		"没有这项未了的值班记录。", "there is no such open entry").By("R49")
	ErrFields = domain.Rule(domain.Invalid, "duty.entry-fields",
		"值班记录须填写：{fields}。", "an entry states: {fields}").By("R49, R70, R281, duty.entry.requiredFields")
	ErrUrgency = domain.Rule(domain.Invalid, "duty.urgency",
		"缓急只能是：{urgencies}。", "the urgency is one of: {urgencies}").By("R50, duty.triage")
	ErrCarryOver = domain.Rule(domain.Invalid, "duty.carry-over",
		"该项不得移交，或接收人不是可移交的岗位人员。", "an entry of this urgency is not carried over, or not to this person").By("R50, duty.triage")
	ErrRelay = domain.Rule(domain.Conflict, "duty.no-relay",
		"没有需要您确认的转达。", "nothing was relayed to you by this entry").By("R71")
	ErrDay = domain.Rule(domain.Conflict, "duty.day-runs",
		"该日尚未结束或已经结日。", "the day has not ended, or is closed").By("R73")
	ErrEmergency = domain.Rule(domain.Conflict, "duty.no-such-emergency",
		"没有这项未结的突发事件。", "there is no such open emergency").By("R72")
	ErrGrade = domain.Rule(domain.Invalid, "duty.emergency-grade",
		"本单位制度未规定该等级的报告时限。", "the office has no reporting clock for this grade").By("R252, emer.clocks")
	ErrReported = domain.Rule(domain.Conflict, "duty.already-reported",
		"首报已经报出，请用续报。", "the first report has been made this way: follow it up").By("R72")
	ErrUnreported = domain.Rule(domain.Conflict, "duty.unreported",
		"尚未完成电话和书面首报，不得办结。", "an emergency is closed after it was reported by phone and in writing").By("R72, R252")
	ErrNotInspector = domain.Rule(domain.Forbidden, "duty.not-inspector",
		"查岗由排班岗位或审批值班表的岗位进行。", "the posts that issue and approve the roster look after the watch").By("R47, R74")
)

// Entry is an entry of the duty log as far as the rules need it.
type Entry struct {
	No      int
	On      domain.Date
	Event   string // id of the event that logged it
	By      string
	Urgency string
	Owner   string
	Decided bool // acted on, asked about or carried over
	Named   bool // carried over to a named person
	Closed  bool
	Relays  map[string]bool // by person; true: acknowledged
	Fax     Fax
}

func (e Entry) label() string { return fmt.Sprintf("No. %d (%s)", e.No, e.On) }

// openEntries lists the open entries by day and number.
func (p Post) openEntries() (ids []string) {
	for id, e := range p.Entries {
		if !e.Closed {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		x, y := p.Entries[a], p.Entries[b]
		if c := x.On.Compare(y.On); c != 0 {
			return c
		}
		if x.No != y.No {
			return x.No - y.No
		}
		return strings.Compare(a, b)
	})
	return ids
}

// Sort says what is done with an entry of one urgency (R50).
type Sort struct {
	When string   `json:"when"`
	Act  string   `json:"act"`
	To   []string `json:"to"`
}

// Check knows the three ways.
func (s Sort) Check() error { return word(s.Act, "at-once", "ask-at-once", carryOver) }

const carryOver = "carry-over"

// Content is what an entry says.
type Content struct {
	Kind    string         `json:"kind" doc:"call, fax, telegram, visit …" required:"false" maxLength:"40" example:"call"`
	Urgency string         `json:"urgency" doc:"one of duty.triage" required:"false" maxLength:"40" example:"urgent"`
	Time    domain.Instant `json:"time" doc:"when it came" required:"false"`
	Channel string         `json:"channel" required:"false" maxLength:"100"`
	Caller  string         `json:"caller" required:"false" maxLength:"100"`
	Unit    string         `json:"unit" required:"false" maxLength:"200"`
	Phone   string         `json:"phone" required:"false" maxLength:"60"`
	Subject string         `json:"subject" required:"false" maxLength:"4000"`
	Action  string         `json:"action" doc:"what was done at once" required:"false" maxLength:"4000"`
}

func (c Content) check(act domain.Act) error {
	filled := map[string]string{"kind": c.Kind, "urgency": c.Urgency, "channel": c.Channel, "caller": c.Caller, "unit": c.Unit, "phone": c.Phone,
		"subject": c.Subject, "action": c.Action}
	if !c.Time.IsZero() {
		filled["time"] = "stated"
	}
	var missing []string
	for _, field := range EntryFields.Of(act) {
		if strings.TrimSpace(filled[field]) == "" && !slices.Contains(missing, field) {
			missing = append(missing, field)
		}
	}
	if missing != nil {
		return ErrFields.With("fields", strings.Join(missing, ", "))
	}
	var urgencies []string
	for _, s := range Triage.Of(act) {
		urgencies = append(urgencies, s.When)
	}
	if !slices.Contains(urgencies, c.Urgency) {
		return ErrUrgency.With("urgencies", strings.Join(urgencies, ", "))
	}
	return nil
}

// keeping refuses everybody but the responsible person and who stands in.
func (p Post) keeping(act domain.Act) error {
	switch {
	case p.Line == "":
		return ErrNotOpened
	case !act.Person():
		return domain.ErrSystem
	case act.Actor.Person != p.Responsible && act.Actor.Person != p.StandIn.Person:
		return ErrNotResponsible
	}
	return nil
}

// handling refuses everybody but those and the owner of an open entry.
func (p Post) handling(entry string, act domain.Act) (Entry, error) {
	e, ok := p.Entries[entry]
	if !ok || e.Closed {
		return e, ErrEntry
	}
	if act.Person() && act.Actor.Person == e.Owner {
		return e, nil
	}
	return e, p.keeping(act)
}

// LogEntry writes a call, fax or telegram into the duty log.
type LogEntry struct {
	Content
}

// Decide gives the next number of the shift, without a gap (R49).
func (c LogEntry) Decide(p Post, act domain.Act) ([]Event, error) {
	if err := p.keeping(act); err != nil {
		return nil, err
	}
	if err := c.check(act); err != nil {
		return nil, err
	}
	return []Event{EntryLogged{Entry: act.NewID("entry"), Event: act.EventID(0), Shift: p.Shift, No: p.Logged + 1, On: domain.DateOf(act.Received.Time, act.Zone),
		By: act.Actor.Person, Content: c.Content}}, nil
}

// EntryLogged means that it stands in the duty log under its number.
type EntryLogged struct {
	Entry   string         `json:"entry"`
	Event   string         `json:"event"` // its own id, for corrections
	Shift   domain.Instant `json:"shift"`
	No      int            `json:"no"` // within the shift
	On      domain.Date    `json:"on"`
	By      string         `json:"by"`
	Content Content        `json:"content"`
}

// Evolve opens the entry; it is the responsible person's.
func (e EntryLogged) Evolve(p Post) Post {
	p.Logged++
	if e.Entry == "" { // erased
		return p
	}
	p.Days = put(p.Days, e.On, p.Days[e.On]+1)
	return p.entry(e.Entry, Entry{No: e.No, On: e.On, Event: e.Event, By: e.By, Urgency: e.Content.Urgency, Owner: p.Responsible,
		Fax: Fax{Is: e.Content.Kind == "fax" || e.Content.Kind == "telegram"}})
}

func (p Post) entry(id string, e Entry) Post { p.Entries = put(p.Entries, id, e); return p }

// decided changes an open entry, if it is known.
func (p Post) decided(id string, change func(*Entry)) Post {
	e, ok := p.Entries[id]
	if !ok {
		return p
	}
	e.Decided = true
	change(&e)
	return p.entry(id, e)
}

// CorrectEntry corrects an entry; the first writing stays readable.
type CorrectEntry struct {
	Entry  string `json:"entry" minLength:"1" maxLength:"60"`
	Reason string `json:"reason" minLength:"1" maxLength:"1000"`
	Content
}

// Decide lets who wrote the entry, and who keeps the watch, correct it (R281).
func (c CorrectEntry) Decide(p Post, act domain.Act) ([]Event, error) {
	e, ok := p.Entries[c.Entry]
	if !ok {
		return nil, ErrEntry
	}
	if act.Actor.Person != e.By {
		if err := p.keeping(act); err != nil {
			return nil, err
		}
	}
	if strings.TrimSpace(c.Reason) == "" {
		return nil, ErrReason
	}
	if err := c.check(act); err != nil {
		return nil, err
	}
	return []Event{EntryCorrected{Of: e.Event, Entry: c.Entry, No: e.No, On: e.On, By: e.By, Reason: strings.TrimSpace(c.Reason), Content: c.Content}}, nil
}

// EntryCorrected takes the place of the entry as it was written.
type EntryCorrected struct {
	Of      string      `json:"of"` // id of the event that logged it
	Entry   string      `json:"entry"`
	No      int         `json:"no"`
	On      domain.Date `json:"on"`
	By      string      `json:"by"` // who wrote it first
	Reason  string      `json:"reason"`
	Content Content     `json:"content"`
}

// Corrects names the event that logged the entry.
func (e EntryCorrected) Corrects() string { return e.Of }

// Evolve opens the entry as it should have been written.
func (e EntryCorrected) Evolve(p Post) Post {
	return EntryLogged{Entry: e.Entry, Event: e.Of, No: e.No, On: e.On, By: e.By, Content: e.Content}.Evolve(p)
}

// ActOnEntry says what was done about an entry (马上办).
type ActOnEntry struct {
	Entry string `json:"entry" minLength:"1" maxLength:"60"`
	Text  string `json:"text" minLength:"1" maxLength:"4000"`
}

// Decide takes it from who keeps the watch or owns the entry.
func (c ActOnEntry) Decide(p Post, act domain.Act) ([]Event, error) {
	if _, err := p.handling(c.Entry, act); err != nil {
		return nil, err
	}
	return []Event{EntryActioned{Entry: c.Entry, Text: c.Text}}, nil
}

// EntryActioned means that something was done about it.
type EntryActioned struct {
	Entry string `json:"entry"`
	Text  string `json:"text"`
}

// Evolve notes that it was decided what to do.
func (e EntryActioned) Evolve(p Post) Post { return p.decided(e.Entry, func(*Entry) {}) }

// EscalateEntry asks a leader about an entry (立即请示).
type EscalateEntry struct {
	Entry string `json:"entry" minLength:"1" maxLength:"60"`
	To    string `json:"to" doc:"person who is asked" minLength:"1" maxLength:"60"`
	Text  string `json:"text" minLength:"1" maxLength:"4000"`
}

// Decide asks a person of the office.
func (c EscalateEntry) Decide(p Post, act domain.Act) ([]Event, error) {
	if _, err := p.handling(c.Entry, act); err != nil {
		return nil, err
	}
	if !office(act).Active(c.To, act.Today()) {
		return nil, ErrOutsider
	}
	return []Event{EntryEscalated(c)}, nil
}

// EntryEscalated means that the person was asked.
type EntryEscalated struct {
	Entry string `json:"entry"`
	To    string `json:"to"`
	Text  string `json:"text"`
}

// Evolve notes that it was decided what to do.
func (e EntryEscalated) Evolve(p Post) Post { return p.decided(e.Entry, func(*Entry) {}) }

// CarryOverEntry leaves an entry to the next duty person, or to a named person of a post that duty.triage names.
type CarryOverEntry struct {
	Entry string `json:"entry" minLength:"1" maxLength:"60"`
	To    string `json:"to" doc:"empty: the next duty person" required:"false" maxLength:"60"`
}

// Decide carries over what can wait, and nothing else (R50).
func (c CarryOverEntry) Decide(p Post, act domain.Act) ([]Event, error) {
	e, err := p.handling(c.Entry, act)
	if err != nil {
		return nil, err
	}
	for _, s := range Triage.Of(act) {
		if s.When == e.Urgency && s.Act == carryOver && (c.To == "" || holds(office(act), c.To, s.To, act.Today())) {
			return []Event{EntryCarriedOver(c)}, nil
		}
	}
	return nil, ErrCarryOver
}

// EntryCarriedOver means that the entry waits for the next duty person, or is the named person's.
type EntryCarriedOver struct {
	Entry string `json:"entry"`
	To    string `json:"to"` // "": the next duty person
}

// Evolve gives the entry to the named person.
func (e EntryCarriedOver) Evolve(p Post) Post {
	return p.decided(e.Entry, func(v *Entry) {
		if e.To != "" {
			v.Owner, v.Named = e.To, true
		}
	})
}

// CloseEntry says that nothing is left to do.
type CloseEntry struct {
	Entry string `json:"entry" minLength:"1" maxLength:"60"`
	Text  string `json:"text" doc:"how it ended" minLength:"1" maxLength:"4000"`
}

// Decide takes it from who keeps the watch or owns the entry.
func (c CloseEntry) Decide(p Post, act domain.Act) ([]Event, error) {
	if _, err := p.handling(c.Entry, act); err != nil {
		return nil, err
	}
	return []Event{EntryClosed(c)}, nil
}

// EntryClosed means that the entry is done.
type EntryClosed struct {
	Entry string `json:"entry"`
	Text  string `json:"text"`
}

// Evolve closes the entry and what was reserved about it.
func (e EntryClosed) Evolve(p Post) Post {
	p.Reserved = drop(p.Reserved, e.Entry)
	return p.decided(e.Entry, func(v *Entry) { v.Closed = true })
}

// RelayMessage passes an entry's message on to a person (R71).
type RelayMessage struct {
	Entry string `json:"entry" minLength:"1" maxLength:"60"`
	To    string `json:"to" minLength:"1" maxLength:"60"`
}

// Decide passes it to a person of the office.
func (c RelayMessage) Decide(p Post, act domain.Act) ([]Event, error) {
	if _, err := p.handling(c.Entry, act); err != nil {
		return nil, err
	}
	if !office(act).Active(c.To, act.Today()) {
		return nil, ErrOutsider
	}
	return []Event{MessageRelayed(c)}, nil
}

// MessageRelayed means that the person was told and has not said so yet.
type MessageRelayed struct {
	Entry string `json:"entry"`
	To    string `json:"to"`
}

// Evolve notes the relay.
func (e MessageRelayed) Evolve(p Post) Post {
	if v, ok := p.Entries[e.Entry]; ok {
		v.Relays = put(v.Relays, e.To, false)
		p = p.entry(e.Entry, v)
	}
	return p
}

// AcknowledgeRelay says that the message arrived.
type AcknowledgeRelay struct {
	Entry string `json:"entry" minLength:"1" maxLength:"60"`
}

// Decide takes it from the person it was relayed to.
func (c AcknowledgeRelay) Decide(p Post, act domain.Act) ([]Event, error) {
	acknowledged, ok := p.Entries[c.Entry].Relays[act.Actor.Person]
	switch {
	case !ok:
		return nil, ErrRelay
	case acknowledged:
		return nil, nil
	}
	return []Event{RelayAcknowledged{Entry: c.Entry, By: act.Actor.Person}}, nil
}

// RelayAcknowledged means that the person has the message.
type RelayAcknowledged struct {
	Entry string `json:"entry"`
	By    string `json:"by"`
}

// Evolve notes it.
func (e RelayAcknowledged) Evolve(p Post) Post {
	if v, ok := p.Entries[e.Entry]; ok {
		v.Relays = put(v.Relays, e.By, true)
		p = p.entry(e.Entry, v)
	}
	return p
}

// CloseDay writes the day's sheet. The count is derived and never typed (R73).
type CloseDay struct {
	Day         domain.Date `json:"day"`
	Reflections string      `json:"reflections" required:"false" maxLength:"4000"`
}

// Decide closes a day that is over, once.
func (c CloseDay) Decide(p Post, act domain.Act) ([]Event, error) {
	if err := p.keeping(act); err != nil {
		return nil, err
	}
	n, open := p.Days[c.Day]
	if !open || !c.Day.Before(domain.DateOf(act.Received.Time, act.Zone)) {
		return nil, ErrDay
	}
	return []Event{DayClosed{Day: c.Day, Entries: n, Reflections: c.Reflections}}, nil
}

// DayClosed means that the day has its sheet.
type DayClosed struct {
	Day         domain.Date `json:"day"`
	Entries     int         `json:"entries"`
	Reflections string      `json:"reflections"`
}

// Evolve closes the day.
func (e DayClosed) Evolve(p Post) Post { p.Days = drop(p.Days, e.Day); return p }

// inspector refuses everybody but the posts that issue and approve the roster.
func (p Post) inspector(act domain.Act) error {
	posts := []string{Publisher.Of(act), RosterApprover.Of(act)}
	switch {
	case p.Line == "":
		return ErrNotOpened
	case !act.Person():
		return domain.ErrSystem
	case !slices.Contains(posts, act.Actor.Post):
		return ErrNotInspector
	}
	return nil
}

// Inspect looks whether the post is kept (查岗).
type Inspect struct {
	Present bool   `json:"present"`
	Note    string `json:"note" required:"false" maxLength:"1000"`
}

// Decide finds a post that was left, where the office's mode asks for presence and nobody stands in (R47).
func (c Inspect) Decide(p Post, act domain.Act) ([]Event, error) {
	if err := p.inspector(act); err != nil {
		return nil, err
	}
	mode := DutyMode.Of(act)
	events := []Event{Inspected{Person: p.Responsible, Mode: mode, Present: c.Present, Note: c.Note}}
	if mode == "in-room" && !c.Present && p.StandIn.ID == "" {
		events = append(events, FindingRaised{Kind: PostLeft, Person: p.Responsible, About: act.EventID(0), At: act.Occurred})
	}
	return events, nil
}

// Inspected means that somebody looked.
type Inspected struct {
	Person  string `json:"person"` // responsible
	Mode    Mode   `json:"mode"`
	Present bool   `json:"present"`
	Note    string `json:"note"`
}

// Evolve changes nothing.
func (e Inspected) Evolve(p Post) Post { return p }

// Probe calls the post (R74).
type Probe struct {
	Answered bool `json:"answered"`
	Seconds  int  `json:"seconds" doc:"until the answer, or until the call was given up" minimum:"0" maximum:"86400"`
}

// Decide finds whoever does not answer within duty.probe.seconds.
func (c Probe) Decide(p Post, act domain.Act) ([]Event, error) {
	if err := p.inspector(act); err != nil {
		return nil, err
	}
	e := ReachabilityProbed{Person: p.Responsible, Answered: c.Answered, Seconds: c.Seconds, Limit: ProbeSeconds.Of(act)}
	if c.Answered && c.Seconds <= e.Limit {
		return []Event{e}, nil
	}
	return []Event{e, FindingRaised{Kind: Unreachable, Person: p.Responsible, About: act.EventID(0), At: act.Occurred}}, nil
}

// ReachabilityProbed means that the post was called.
type ReachabilityProbed struct {
	Person   string `json:"person"`
	Answered bool   `json:"answered"`
	Seconds  int    `json:"seconds"`
	Limit    int    `json:"limit"`
}

// Evolve changes nothing.
func (e ReachabilityProbed) Evolve(p Post) Post { return p }

// Clock says within which minutes of first knowledge an emergency of a grade is reported; "*" is every other grade.
type Clock struct {
	Grade   string `json:"grade"`
	Phone   int    `json:"phone_minutes"`
	Written int    `json:"written_minutes"`
}

// Ways of a first report.
const (
	Phone   = "phone"
	Written = "written"
)

func missed(way string) string {
	if way == Phone {
		return "emergencyPhoneMissed"
	}
	return "emergencyWrittenMissed"
}

func wayOf(kind string) string {
	if kind == missed(Phone) {
		return Phone
	}
	return Written
}

// Emergency is an open emergency.
type Emergency struct {
	Due      map[string]domain.Instant // by way; the last instant that is in time
	Reported []string                  // ways
	Missed   []string                  // ways whose clock ran out, as found
	Updates  int
}

// DeclareEmergency starts the clocks of an emergency (突发事件).
type DeclareEmergency struct {
	Entry string         `json:"entry" doc:"of the duty log" required:"false" maxLength:"60"`
	Grade string         `json:"grade" minLength:"1" maxLength:"40" example:"较大"`
	Known domain.Instant `json:"known" doc:"first knowledge; empty: now" required:"false"`
	What  string         `json:"what" doc:"time, place, nature, scope, losses, trend, measures" minLength:"1" maxLength:"4000"`
}

// Decide reckons both clocks from the first knowledge (R72, R252).
func (c DeclareEmergency) Decide(p Post, act domain.Act) ([]Event, error) {
	if err := p.keeping(act); err != nil {
		return nil, err
	}
	if c.Entry != "" {
		if _, ok := p.Entries[c.Entry]; !ok {
			return nil, ErrEntry
		}
	}
	if c.Known.IsZero() || c.Known.After(act.Occurred.Time) {
		c.Known = act.Occurred
	}
	clocks := Clocks.Of(act)
	i := slices.IndexFunc(clocks, func(k Clock) bool { return k.Grade == c.Grade })
	if i < 0 {
		i = slices.IndexFunc(clocks, func(k Clock) bool { return k.Grade == "*" })
	}
	if i < 0 {
		return nil, ErrGrade
	}
	due := func(minutes int) domain.Instant {
		return domain.At(c.Known.Add(time.Duration(minutes) * time.Minute))
	}
	return []Event{EmergencyKnown{Emergency: act.NewID("emergency"), Entry: c.Entry, Grade: c.Grade, Known: c.Known, What: c.What,
		PhoneDue: due(clocks[i].Phone), WrittenDue: due(clocks[i].Written)}}, nil
}

// EmergencyKnown means that the clocks run. Both instants are still in time.
type EmergencyKnown struct {
	Emergency  string         `json:"emergency"`
	Entry      string         `json:"entry"`
	Grade      string         `json:"grade"`
	Known      domain.Instant `json:"known"`
	What       string         `json:"what"`
	PhoneDue   domain.Instant `json:"phone_due"`
	WrittenDue domain.Instant `json:"written_due"`
}

// Evolve opens the emergency.
func (e EmergencyKnown) Evolve(p Post) Post {
	p.Emergencies = put(p.Emergencies, e.Emergency, Emergency{Due: map[string]domain.Instant{Phone: e.PhoneDue, Written: e.WrittenDue}})
	return p
}

// Opens asks for a look at each clock just after it ran out.
func (e EmergencyKnown) Opens(r domain.Recorded) []domain.Task {
	clock := func(way string, due domain.Instant) domain.Task {
		return domain.Task{TaskID: domain.TaskID{Kind: TaskClock, Key: e.Emergency + "/" + way}, Stream: r.Stream, Due: just(due),
			Data: map[string]string{"emergency": e.Emergency, "way": way}}
	}
	return []domain.Task{clock(Phone, e.PhoneDue), clock(Written, e.WrittenDue)}
}

// ranOut is the finding that a clock ran out, raised once.
func (p Post) ranOut(emergency, way string, at domain.Instant) []Event {
	em := p.Emergencies[emergency]
	if !at.After(em.Due[way].Time) || slices.Contains(em.Reported, way) || slices.Contains(em.Missed, way) {
		return nil
	}
	return []Event{FindingRaised{Kind: missed(way), Person: p.Responsible, About: emergency, At: just(em.Due[way])}}
}

// CheckClock looks whether a first report is missing. The schedule does it.
type CheckClock struct {
	Emergency string `json:"emergency"`
	Way       string `json:"way"`
}

// Decide finds a clock that ran out.
func (c CheckClock) Decide(p Post, act domain.Act) ([]Event, error) {
	if err := p.system(act); err != nil {
		return nil, err
	}
	if _, ok := p.Emergencies[c.Emergency]; !ok {
		return nil, nil
	}
	return p.ranOut(c.Emergency, c.Way, act.Occurred), nil
}

// ReportEmergency is the first report by phone or in writing.
type ReportEmergency struct {
	Emergency string `json:"emergency" minLength:"1" maxLength:"60"`
	Way       string `json:"way" enum:"phone,written"`
	To        string `json:"to" doc:"who was told" minLength:"1" maxLength:"200"`
	Text      string `json:"text" minLength:"1" maxLength:"4000"`
}

// Decide says whether the report came in time, by when it was made.
func (c ReportEmergency) Decide(p Post, act domain.Act) ([]Event, error) {
	if err := p.keeping(act); err != nil {
		return nil, err
	}
	em, ok := p.Emergencies[c.Emergency]
	due, way := em.Due[c.Way]
	switch {
	case !ok || !way:
		return nil, ErrEmergency
	case slices.Contains(em.Reported, c.Way):
		return nil, ErrReported
	}
	return append(p.ranOut(c.Emergency, c.Way, act.Occurred),
		EmergencyReported{Emergency: c.Emergency, Way: c.Way, To: c.To, Text: c.Text, At: act.Occurred, Due: due, Met: !act.Occurred.After(due.Time)}), nil
}

// EmergencyReported means that the first report was made this way.
type EmergencyReported struct {
	Emergency string         `json:"emergency"`
	Way       string         `json:"way"`
	To        string         `json:"to"`
	Text      string         `json:"text"`
	At        domain.Instant `json:"at"`
	Due       domain.Instant `json:"due"`
	Met       bool           `json:"met"`
}

// Evolve notes the report.
func (e EmergencyReported) Evolve(p Post) Post {
	if em, ok := p.Emergencies[e.Emergency]; ok {
		em.Reported = append(slices.Clip(em.Reported), e.Way)
		p.Emergencies = put(p.Emergencies, e.Emergency, em)
	}
	return p
}

// Settles ends the clock.
func (e EmergencyReported) Settles(domain.Recorded) []domain.TaskID {
	return []domain.TaskID{{Kind: TaskClock, Key: e.Emergency + "/" + e.Way}}
}

// FollowUpEmergency is a numbered follow-up (续报).
type FollowUpEmergency struct {
	Emergency string `json:"emergency" minLength:"1" maxLength:"60"`
	Text      string `json:"text" minLength:"1" maxLength:"4000"`
}

// Decide numbers the follow-ups one after another.
func (c FollowUpEmergency) Decide(p Post, act domain.Act) ([]Event, error) {
	if err := p.keeping(act); err != nil {
		return nil, err
	}
	em, ok := p.Emergencies[c.Emergency]
	if !ok {
		return nil, ErrEmergency
	}
	return []Event{EmergencyFollowedUp{Emergency: c.Emergency, No: em.Updates + 1, Text: c.Text}}, nil
}

// EmergencyFollowedUp means that there is news.
type EmergencyFollowedUp struct {
	Emergency string `json:"emergency"`
	No        int    `json:"no"`
	Text      string `json:"text"`
}

// Evolve counts it.
func (e EmergencyFollowedUp) Evolve(p Post) Post {
	if em, ok := p.Emergencies[e.Emergency]; ok {
		em.Updates++
		p.Emergencies = put(p.Emergencies, e.Emergency, em)
	}
	return p
}

// CloseEmergency says that it is over.
type CloseEmergency struct {
	Emergency string `json:"emergency" minLength:"1" maxLength:"60"`
	Text      string `json:"text" doc:"final report" minLength:"1" maxLength:"4000"`
}

// Decide closes what was reported both ways.
func (c CloseEmergency) Decide(p Post, act domain.Act) ([]Event, error) {
	if err := p.keeping(act); err != nil {
		return nil, err
	}
	em, ok := p.Emergencies[c.Emergency]
	switch {
	case !ok:
		return nil, ErrEmergency
	case len(em.Reported) < len(em.Due):
		return nil, ErrUnreported
	}
	return []Event{EmergencyClosed(c)}, nil
}

// EmergencyClosed means that nothing more is reported.
type EmergencyClosed struct {
	Emergency string `json:"emergency"`
	Text      string `json:"text"`
}

// Evolve drops the emergency.
func (e EmergencyClosed) Evolve(p Post) Post {
	p.Emergencies = drop(p.Emergencies, e.Emergency)
	return p
}
