package documents

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"andu/domain"
	"andu/domain/registers"
)

// Receive signs for a paper at the counter (签收): the copies are counted, the seal is looked at and the time is noted.
type Receive struct {
	Arrival
	Paper
}

// Decide lets the registrar sign once, for a paper that is named or for an envelope that is still sealed (R1, catalogue 4.2).
func (c Receive) Decide(d Document, act domain.Act) ([]Event, error) {
	if d.Received {
		return nil, ErrReceived
	}
	if err := registrar(act); err != nil {
		return nil, err
	}
	return receive(act, c.Arrival, c.Paper)
}

func receive(act domain.Act, a Arrival, p Paper) ([]Event, error) {
	if (p.Title == "" || len(p.SourceOrgans) == 0) && a.Envelope == "" {
		return nil, ErrNothingStated
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	received, err := a.received(act.Office, act.Actor.Person, act.Occurred)
	if err != nil {
		return nil, err
	}
	received.ID = act.EventID(0)
	if reflect.ValueOf(p).IsZero() {
		return []Event{received}, nil
	}
	return []Event{received, Described{ID: act.EventID(1), Paper: p}}, nil
}

// Received means the office has signed for these copies and is answerable for them from now on.
type Received struct {
	ID         string         `json:"id"` // of this event: a correction names it
	Office     string         `json:"office"`
	ReceivedAt domain.Instant `json:"received_at"`
	SignedBy   string         `json:"signed_by"`
	Served     string         `json:"served_organ"`
	Channel    string         `json:"channel"`
	Envelope   string         `json:"envelope"`
	Seal       string         `json:"seal"`
	Copies     []string       `json:"copies"`
	Remarks    string         `json:"remarks"`
}

// Evolve puts the copies into the registrar's hands.
func (e Received) Evolve(d Document) Document {
	d.Received, d.ReceiptID, d.Office, d.ReceivedAt, d.SignedBy = true, e.ID, e.Office, e.ReceivedAt, e.SignedBy
	d.Served, d.Envelope, d.Signed = e.Served, e.Envelope, len(e.Copies)
	d.Copies = make(map[string]Copy, len(e.Copies))
	for _, name := range e.Copies {
		d.Copies[name] = Copy{State: Held}
	}
	return d
}

// CorrectReceipt corrects how the paper came: a wrong count, envelope or seal. The first entry stays visible.
type CorrectReceipt struct {
	Reason string `json:"reason" doc:"why the entry is wrong" maxLength:"1000"`
	Arrival
}

// Decide lets the registrar correct the receipt with a reason as long as every copy signed for is still in his hands.
func (c CorrectReceipt) Decide(d Document, act domain.Act) ([]Event, error) {
	if err := d.open(); err != nil {
		return nil, err
	}
	if err := registrar(act); err != nil {
		return nil, err
	}
	if err := stated(c.Reason); err != nil {
		return nil, err
	}
	if d.Source.Import != "" {
		return nil, ErrOldReceipt
	}
	if k := d.Custody(); k.Held != d.Signed || len(d.Copies) != d.Signed {
		return nil, ErrCopiesAway
	}
	received, err := c.received(d.Office, d.SignedBy, d.ReceivedAt)
	if err != nil {
		return nil, err
	}
	received.ID = act.EventID(0)
	return []Event{ReceiptCorrected{Of: d.ReceiptID, Reason: c.Reason, Received: received}}, nil
}

// ReceiptCorrected takes the place of the receipt that it names.
type ReceiptCorrected struct {
	Of     string `json:"of"`
	Reason string `json:"reason"`
	Received
}

// Corrects names the event in whose place it stands.
func (e ReceiptCorrected) Corrects() string { return e.Of }

// TakeOverFromDuty takes a fax or telegram over that stands in the duty log first (REG-04 二.3): it is signed for as any
// other paper.
type TakeOverFromDuty struct {
	Entry    string         `json:"entry" doc:"entry of the duty log" minLength:"1" maxLength:"100"`
	LoggedAt domain.Instant `json:"logged_at" doc:"when the duty room logged it"`
	Arrival
	Paper
}

// Decide lets the post that the office names take a duty paper over (rcv.dutyFax, C29).
func (c TakeOverFromDuty) Decide(d Document, act domain.Act) ([]Event, error) {
	if d.Received {
		return nil, ErrReceived
	}
	if !act.Person() {
		return nil, domain.ErrSystem
	}
	if post := HandOnTo.Of(act); act.Actor.Post != post {
		return nil, ErrDutyHandOn.With("post", post)
	}
	events, err := receive(act, c.Arrival, c.Paper)
	if err != nil {
		return nil, err
	}
	return append(events, DutyPaperHandedOn{Entry: c.Entry, LoggedAt: c.LoggedAt, FirstBook: FirstBook.Of(act)}), nil
}

// DutyPaperHandedOn means the paper left the duty log, its first book, for the registry.
type DutyPaperHandedOn struct {
	Entry     string         `json:"entry"`
	LoggedAt  domain.Instant `json:"logged_at"`
	FirstBook string         `json:"first_book"`
}

// Evolve changes no rule's ground: the receipt beside it did.
func (e DutyPaperHandedOn) Evolve(d Document) Document { return d }

// TaskDutyPaper tells the duty log that its paper was taken over.
const TaskDutyPaper = "document.duty-paper" // settled by duty.fax-taken-over

// Opens asks that the entry of the duty log is ended.
func (e DutyPaperHandedOn) Opens(r domain.Recorded) []domain.Task {
	at, _ := r.OccurredAt.MarshalText()
	return []domain.Task{{TaskID: domain.TaskID{Kind: TaskDutyPaper, Key: r.Stream}, Stream: r.Stream, Data: map[string]string{"entry": e.Entry, "at": string(at)}}}
}

// Describe enters the main data of a paper, all of them, before it is registered: of an envelope that was opened, or in
// the place of what was entered at the counter.
type Describe struct{ Paper }

// Decide lets the registrar describe a paper until it has its register number.
func (c Describe) Decide(d Document, act domain.Act) ([]Event, error) {
	if err := d.open(); err != nil {
		return nil, err
	}
	if d.Text != "" {
		return nil, ErrRegistered.With("number", d.Text)
	}
	if err := registrar(act); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if d.Described != "" && reflect.DeepEqual(c.Paper, d.Paper) {
		return nil, nil
	}
	return []Event{Described{ID: act.EventID(0), Paper: c.Paper}}, nil
}

// Described means these are the main data of the paper.
type Described struct {
	ID string `json:"id"` // of this event: a correction names it
	Paper
}

// Evolve sets the main data.
func (e Described) Evolve(d Document) Document {
	class := d.Paper.Class
	d.Described, d.Paper = e.ID, e.Paper
	if d.ClassAt > 0 { // what was decided of the class stands, whatever the paper shows
		d.Paper.Class = class
	}
	return d
}

// CorrectRegistration corrects the main data of a registered paper, all of them (catalogue 4.1: an entry is never changed,
// its correction stands beside it).
type CorrectRegistration struct {
	Reason string `json:"reason" doc:"why the entry is wrong" maxLength:"1000"`
	Paper
}

// Needs is the calendar: another urgency is another time limit.
func (c CorrectRegistration) Needs(_ Document, act domain.Act) []string { return counts(act) }

// Decide lets the registrar correct the entry with a reason, whatever became of the paper since. Where the corrected data
// set the time limit, the limit is found anew.
func (c CorrectRegistration) Decide(d Document, act domain.Act) ([]Event, error) {
	switch {
	case !d.Received:
		return nil, domain.ErrNoStream
	case d.Text == "":
		return nil, ErrNotRegistered
	}
	if err := registrar(act); err != nil {
		return nil, err
	}
	if err := stated(c.Reason); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := inUse(act, c.Paper); err != nil {
		return nil, err
	}
	if reflect.DeepEqual(c.Paper, d.Paper) {
		return nil, nil
	}
	events := []Event{RegistrationCorrected{Of: d.Described, Reason: c.Reason, Described: Described{ID: act.EventID(0), Paper: c.Paper}}}
	own := d.Term.Basis == "" || d.Term.Basis == ByClock || d.Term.Basis == ByPaper
	if moved := c.Urgency != d.Paper.Urgency || c.AnswerBy != d.Paper.AnswerBy; moved && own && d.open() == nil {
		events = append(events, d.revised(CauseCorrection, d.term(act, c.Paper)))
	}
	return events, nil
}

// RegistrationCorrected takes the place of the main data that it names.
type RegistrationCorrected struct {
	Of     string `json:"of"`
	Reason string `json:"reason"`
	Described
}

// Corrects names the event in whose place it stands.
func (e RegistrationCorrected) Corrects() string { return e.Of }

// inUse refuses an urgency or a class that the office does not use; an unmarked paper has neither.
func inUse(act domain.Act, p Paper) error {
	if p.Urgency != "" && !slices.Contains(Urgencies.Of(act), p.Urgency) {
		return ErrUrgency.With("urgency", p.Urgency)
	}
	if p.Class != "" && !slices.Contains(Classes.Of(act), p.Class) {
		return ErrClass.With("class", string(p.Class))
	}
	return nil
}

// book is the series in which a paper stands: the first of the office's list that fits. An unmarked paper is below every
// class.
func book(act domain.Act, p Paper, served string) string {
	rank := func(c domain.Class) int { return -1 }
	if p.Class != "" {
		order := Classes.Of(act)
		rank = func(c domain.Class) int { return slices.Index(order, c) }
	}
	for _, s := range RegisterSeries.Of(act) {
		switch {
		case s.ClassFrom != "" && (p.Class == "" || rank(p.Class) < rank(s.ClassFrom)),
			s.ClassBelow != "" && p.Class != "" && rank(p.Class) >= rank(s.ClassBelow),
			s.Level != "" && s.Level != p.Level, s.Line != "" && s.Line != p.Line, s.Served != "" && s.Served != served:
			continue
		}
		return s.Book
	}
	return ""
}

// Book is the series in which the paper belongs (rcv.registerSeries); "" when none fits.
func (d Document) Book(act domain.Act) string { return book(act, d.Paper, d.Served) }

// Enter registers a paper (登记): a command to the series of the book, which gives the number; the paper takes it by
// RecordRegistration right after.
type Enter struct {
	Document string `json:"document" doc:"stream of the paper" minLength:"1" maxLength:"100"`
	Book     string `json:"book" doc:"the series, such as 收文" minLength:"1" maxLength:"100" example:"收文"`
	Year     int    `json:"year" doc:"year of the series" minimum:"1900" maximum:"2999" example:"2026"`
}

// Needs is the paper, and the calendar that will count its time limit.
func (c Enter) Needs(_ registers.Series, act domain.Act) []string {
	return append([]string{c.Document}, counts(act)...)
}

// Decide lets the registrar enter a paper that is signed for and not yet registered, in the book where it belongs, when
// every field that the office requires is filled or marked as not stated (R184, rcv.requiredFields, rcv.registerSeries).
func (c Enter) Decide(s registers.Series, act domain.Act) ([]domain.Event[registers.Series], error) {
	d := Context.In(act, c.Document)
	if d.Office != act.Office {
		return nil, domain.ErrNoStream
	}
	if err := d.open(); err != nil {
		return nil, err
	}
	if d.Text != "" {
		return nil, ErrRegistered.With("number", d.Text)
	}
	if d.Described == "" {
		return nil, ErrDescribed
	}
	if err := registrar(act); err != nil {
		return nil, err
	}
	if missing := d.missing(Required.Of(act)); len(missing) > 0 {
		return nil, ErrMissing.With("fields", strings.Join(missing, "、"))
	}
	if err := inUse(act, d.Paper); err != nil {
		return nil, err
	}
	if b := book(act, d.Paper, d.Served); b != c.Book {
		return nil, ErrBook.With("book", b)
	}
	d.term(act, d.Paper) // what the registration will read has to be stated now
	return registers.Allot{Book: c.Book, Year: c.Year, Register: Register, Item: c.Document}.Decide(s, act)
}

// missing lists the required fields that are neither filled nor marked as not stated.
func (d Document) missing(required Fields) (missing []string) {
	for _, field := range required {
		if filled, _ := d.has(field); !filled && !slices.Contains(d.Paper.NotStated, field) {
			missing = append(missing, field)
		}
	}
	return missing
}

// RecordRegistration gives the paper the number that a person took for it. Only the follower of number-allotted gives it;
// Document is the stream it is given to.
type RecordRegistration struct {
	Document string `json:"document" doc:"stream of the paper" minLength:"1" maxLength:"100"`
	Series   string `json:"series" doc:"stream of the series" minLength:"1" maxLength:"100"`
	Number   int    `json:"number" doc:"the number" minimum:"1"`
}

// Needs is the series, and the calendar that counts the time limit.
func (c RecordRegistration) Needs(_ Document, act domain.Act) []string {
	return append([]string{c.Series}, counts(act)...)
}

// Decide registers a paper once, under a number that was allotted to it, and finds when it is due.
func (c RecordRegistration) Decide(d Document, act domain.Act) ([]Event, error) {
	if act.Person() {
		return nil, ErrFollower
	}
	if d.Series == c.Series && d.Number == c.Number && d.Text != "" {
		return nil, nil
	}
	if err := d.open(); err != nil && (d.Source.Import == "" || !d.Received) { // an old paper may be settled
		return nil, err
	}
	if d.Text != "" {
		return nil, ErrRegistered.With("number", d.Text)
	}
	n := registers.Context.In(act, c.Series).Numbers.At(c.Number)
	if n.Item == "" || n.Item != c.Document || n.State == registers.Voided {
		return nil, ErrOtherItem
	}
	if n.Transcribed {
		return []Event{NumberTranscribed{Series: c.Series, Number: c.Number, Text: n.Text}}, nil
	}
	return []Event{Registered{Series: c.Series, Number: c.Number, Text: n.Text, RegisteredAt: n.At, RegisteredBy: n.By,
		Term: d.term(act, d.Paper)}}, nil
}

// Registered means the paper stands in the book under its number, and is due when its term says.
type Registered struct {
	Series       string         `json:"series"`
	Number       int            `json:"number"`
	Text         string         `json:"text"`
	RegisteredAt domain.Instant `json:"registered_at"`
	RegisteredBy string         `json:"registered_by"`
	Term
}

// Evolve gives the paper its number and its time limit.
func (e Registered) Evolve(d Document) Document {
	d.Series, d.Number, d.Text, d.Term = e.Series, e.Number, e.Text, e.Term
	return d
}

// Opens watches the time limit.
func (e Registered) Opens(r domain.Recorded) []domain.Task { return e.tasks(r) }

// Cause says why a time limit was moved.
type Cause string

const (
	CauseCalendar    Cause = "calendar"    // a notice changed the working days
	CauseIssuer      Cause = "issuer"      // the issuing organ moved the day that it had set
	CauseInstruction Cause = "instruction" // a leader set a day
	CauseAssignment  Cause = "assignment"  // the assignment set a day where there was none
	CauseCorrection  Cause = "correction"  // the entry was corrected
)

// ReviseDue finds the time limit anew after a calendar notice, or takes a new day from the issuing organ.
type ReviseDue struct {
	Cause Cause       `json:"cause" doc:"why: calendar (the working days changed) or issuer (the issuing organ moved its day)" enum:"calendar,issuer"`
	DueOn domain.Date `json:"due_on" doc:"the new last day that the issuing organ set" required:"false"`
}

// Needs is the calendar.
func (c ReviseDue) Needs(_ Document, act domain.Act) []string { return counts(act) }

// Decide counts the working days of the first determination again by today's calendar (G8): the policy is not read anew.
// A new day of the issuing organ is entered by the registrar.
func (c ReviseDue) Decide(d Document, act domain.Act) ([]Event, error) {
	if c.Cause != CauseIssuer {
		if d.entered() != nil || d.Term.Basis != ByClock {
			return nil, nil
		}
		t := count(act, d.Term.CountedFrom, d.Term.WorkingDays)
		if t.DueOn == d.Term.DueOn && t.Provisional == d.Term.Provisional {
			return nil, nil
		}
		return []Event{d.revised(CauseCalendar, t)}, nil
	}
	if err := d.entered(); err != nil {
		return nil, err
	}
	if err := registrar(act); err != nil {
		return nil, err
	}
	if c.DueOn.IsZero() {
		return nil, ErrMissing.With("fields", "due_on")
	}
	return []Event{d.revised(CauseIssuer, until(act, c.DueOn, ByPaper))}, nil
}

// revised is the event that moves the time limit.
func (d Document) revised(cause Cause, t Term) DueRevised {
	return DueRevised{Cause: cause, WasOn: d.Term.DueOn, WasProvisional: d.Term.Provisional, WasCalendar: d.Term.Calendar, Term: t}
}

// DueRevised means the paper is due at another time than before; both stay visible, each with its calendar.
type DueRevised struct {
	Cause          Cause       `json:"cause"`
	WasOn          domain.Date `json:"was_on"`
	WasProvisional bool        `json:"was_provisional"`
	WasCalendar    int64       `json:"was_calendar"`
	Term
}

// Evolve moves the time limit.
func (e DueRevised) Evolve(d Document) Document { d.Term = e.Term; return d }

// Opens watches the new time limit.
func (e DueRevised) Opens(r domain.Recorded) []domain.Task { return e.tasks(r) }

// Settles ends the watch when there is no time limit any more.
func (e DueRevised) Settles(r domain.Recorded) []domain.TaskID {
	if !e.DueAt.IsZero() {
		return nil
	}
	return []domain.TaskID{overdue(r)}
}

// PreCheck passes a registered paper: it is for this office, came the right way and is in order (初审).
type PreCheck struct{}

// Decide lets the registrar pass a registered paper once (catalogue 4.2).
func (c PreCheck) Decide(d Document, act domain.Act) ([]Event, error) {
	if err := d.handling(); err != nil {
		return nil, err
	}
	if err := registrar(act); err != nil {
		return nil, err
	}
	if d.PreChecked {
		return nil, nil
	}
	return []Event{PreCheckPassed{}}, nil
}

// PreCheckPassed means the paper is the office's to handle.
type PreCheckPassed struct{}

// Evolve notes it.
func (e PreCheckPassed) Evolve(d Document) Document { d.PreChecked = true; return d }

// Return sends a paper back to its issuer (退回).
type Return struct {
	Cause  string `json:"cause" doc:"cause, as rcv.returnWindow lists them" minLength:"1" maxLength:"100" example:"non-conforming"`
	Reason string `json:"reason" doc:"reason given to the issuer" maxLength:"1000"`
}

// Needs is the calendar that counts the window.
func (c Return) Needs(_ Document, act domain.Act) []string { return counts(act) }

// Decide lets the registrar send a paper back with a reason within the window of the cause, counted from receipt, as long
// as it is neither instructed nor assigned and every copy is here (rcv.returnWindow, catalogue 4.2).
func (c Return) Decide(d Document, act domain.Act) ([]Event, error) {
	if err := d.handling(); err != nil {
		return nil, err
	}
	if d.Instructed || d.Lead != "" {
		return nil, ErrHandled
	}
	if err := registrar(act); err != nil {
		return nil, err
	}
	if err := stated(c.Reason); err != nil {
		return nil, err
	}
	if err := d.allHere(); err != nil {
		return nil, err
	}
	window := count(act, domain.DateOf(d.ReceivedAt.Time, act.Zone), ReturnWindow.Of(act, c.Cause).WorkingDays)
	if !act.Received.Before(window.DueAt.Time) {
		return nil, ErrTooLate.With("due", window.DueOn.String())
	}
	return []Event{Returned{Cause: c.Cause, Reason: c.Reason, Until: window.DueOn}}, nil
}

// Returned means the paper and all its copies went back to the issuer.
type Returned struct {
	Cause  string      `json:"cause"`
	Reason string      `json:"reason"`
	Until  domain.Date `json:"until"` // last day on which it could be returned
}

// Evolve ends the paper.
func (e Returned) Evolve(d Document) Document { return d.leave(EndReturned, SentBack) }

// Settles ends what was waiting.
func (e Returned) Settles(r domain.Recorded) []domain.TaskID { return done(r) }

// leave ends the paper with all its copies.
func (d Document) leave(end End, state CopyState) Document {
	d.End = end
	copies := make(map[string]Copy, len(d.Copies))
	for name, c := range d.Copies {
		if c.State == Held {
			c.State = state
		}
		copies[name] = c
	}
	d.Copies = copies
	return d
}

// done are the tasks of a paper that leaves handling.
func done(r domain.Recorded) []domain.TaskID { return []domain.TaskID{overdue(r), instruction(r)} }

// Classify puts a paper into the office's classes of papers (分类), by which it is found and filed.
type Classify struct {
	Category string `json:"category" doc:"class code or category of the file plan" minLength:"1" maxLength:"100"`
	Form     string `json:"form" doc:"what it is: 文件, 文书 or 档案" enum:"文件,文书,档案"`
}

// Decide lets the registrar classify a paper (R17, R202).
func (c Classify) Decide(d Document, act domain.Act) ([]Event, error) {
	if err := d.open(); err != nil {
		return nil, err
	}
	if err := registrar(act); err != nil {
		return nil, err
	}
	if c.Category == "" {
		return nil, ErrMissing.With("fields", "category")
	}
	return []Event{Classified(c)}, nil
}

// AdoptClass gives the paper the class that was decided of it (定密), so that everything kept of the paper is kept under it.
// Only the follower of access gives it.
type AdoptClass struct {
	Class      domain.Class `json:"class"`
	Protection string       `json:"protection" doc:"stream of the paper's protection"`
	Revision   int64        `json:"revision" doc:"of the event there"`
}

// Decide adopts it, whatever became of the paper.
func (c AdoptClass) Decide(d Document, act domain.Act) ([]Event, error) {
	switch {
	case act.Person():
		return nil, ErrFollower
	case !d.Received:
		return nil, domain.ErrNoStream
	}
	return []Event{ClassAdopted(c)}, nil
}

// ClassAdopted means the paper is of this class from now on, as the record of its protection says.
type ClassAdopted struct {
	Class      domain.Class `json:"class"`
	Protection string       `json:"protection"`
	Revision   int64        `json:"revision"`
}

// Evolve sets the class, unless a later decision of it came first.
func (e ClassAdopted) Evolve(d Document) Document {
	if e.Revision > d.ClassAt {
		d.Paper.Class, d.ClassAt = e.Class, e.Revision
	}
	return d
}

// Settles ends the wait of that decision.
func (e ClassAdopted) Settles(domain.Recorded) []domain.TaskID {
	return []domain.TaskID{ClassTask(e.Protection, e.Revision)}
}

// ClassTask waits until the paper has the class that was decided of it.
func ClassTask(protection string, revision int64) domain.TaskID {
	return domain.TaskID{Kind: "document.class", Key: protection + "@" + strconv.FormatInt(revision, 10)}
}

// Classified means the paper belongs to this class of papers.
type Classified struct {
	Category string `json:"category"`
	Form     string `json:"form"`
}

// Evolve sets the class of papers.
func (e Classified) Evolve(d Document) Document { d.Category = e.Category; return d }
