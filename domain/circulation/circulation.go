// Package circulation is the slip on which a paper goes from reader to reader (传阅). Whoever may know the paper and is
// cleared for it at the moment of handing over reads it, signs, and gives it back to the clerk; who is away is passed by
// and reads before the end. The slip ends when all have signed, the copy is back and was counted, whatever becomes of the
// case the paper belongs to.
package circulation

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"andu/domain"
	"andu/domain/access"
	"andu/domain/documents"
	"andu/domain/org"
)

// Context lists every event of a circulation.
var Context = domain.Context[Slip]{
	Name: "circulation",
	Events: []domain.Schema[Slip]{
		{Name: "circulation.started", Version: 1, Type: Started{}, By: []Command{Start{}}, Sealed: true},
		{Name: "circulation.reader-added", Version: 1, Type: ReaderAdded{}, By: []Command{AddReader{}}, Sealed: true},
		{Name: "circulation.copy-handed-to", Version: 1, Type: CopyHandedTo{}, By: []Command{Start{}, Deliver{}}},
		{Name: "circulation.copy-opened", Version: 1, Type: CopyOpened{}, By: []Command{MarkOpened{}}},
		{Name: "circulation.reader-signed", Version: 1, Type: ReaderSigned{}, By: []Command{Sign{}}, Sealed: true},
		{Name: "circulation.reader-skipped", Version: 1, Type: ReaderSkipped{}, By: []Command{Skip{}}, Sealed: true},
		{Name: "circulation.copy-recalled", Version: 1, Type: CopyRecalled{}, By: []Command{Recall{}}, Sealed: true},
		{Name: "circulation.urged", Version: 1, Type: Urged{}, By: []Command{Urge{}, NoteDwell{}}, Sealed: true},
		{Name: "circulation.completed", Version: 1, Type: Completed{}, By: []Command{Sign{}, Skip{}, Recall{}}},
		{Name: "circulation.stopped", Version: 1, Type: Stopped{}, By: []Command{Stop{}}, Sealed: true},
		{Name: "circulation.returned", Version: 1, Type: Returned{}, By: []Command{Return{}}},
		{Name: "circulation.copy-counted", Version: 1, Type: CopyCounted{}, By: []Command{Count{}}, Sealed: true},
		{Name: "circulation.copy-moved", Version: 1, Type: CopyMoved{}, By: []Command{Start{}, Deliver{}, Sign{}, Skip{}, Recall{}, Return{}}},
		{Name: "circulation.extract-taken", Version: 1, Type: ExtractTaken{}, By: []Command{TakeExtract{}}, Sealed: true},
		{Name: "circulation.extract-returned", Version: 1, Type: ExtractReturned{}, By: []Command{ReturnExtract{}}},
		{Name: "circulation.refused", Version: 1, Type: domain.Refused[Slip]{}, By: []Command{Deliver{}, TakeExtract{}}},
	},
	Rules: []*domain.Refusal{
		ErrStarted, ErrClerk, ErrPass, ErrOver, ErrOpen, ErrReader, ErrReaders, ErrNotReader, ErrNotWaiting, ErrNotDelivered,
		ErrTurn, ErrHolder, ErrMissing, ErrNotReturned, ErrFollower, ErrOneCopy, ErrCopying, ErrApproval, ErrNoExtract, ErrExtractsOut,
	},
	Keys:  []domain.AnyKey{Scope, Order, MaxDwell, HorizontalPass, SkipReturn, ReturnSameDay, access.Profile, documents.Distribution},
	Facts: func(office string) []string { return []string{org.Stream(office)} },
}

// Event and Command are of a circulation.
type (
	Event   = domain.Event[Slip]
	Command = domain.Command[Slip]
)

// What the office lays down about circulation (cir.*), and of classified copies (sec.returnSameDay).
var (
	Scope          = domain.Key[Bounds]{Name: "cir.scope", Moment: domain.ByReceived}          // inside what scope a paper goes round
	Order          = domain.Key[string]{Name: "cir.order", Moment: domain.ByReceived}          // one after another by rank, or all at once
	MaxDwell       = domain.Key[Dwell]{Name: "cir.maxDwell[]"}                                 // how long a paper of an urgency stays with one reader
	HorizontalPass = domain.Key[string]{Name: "cir.horizontalPass", Moment: domain.ByReceived} // whether a reader hands on to the next: forbidden, or allowed
	SkipReturn     = domain.Key[bool]{Name: "cir.skipReturn", Moment: domain.ByReceived}       // whether who was passed by reads before the end
	ReturnSameDay  = domain.Key[SameDay]{Name: "sec.returnSameDay"}                            // from what class a copy is back the same day
)

// AtOnce in cir.order hands the paper to all readers at once; anything else goes one after another by rank.
const AtOnce = "at-once"

// Bounds says who a paper goes round among.
type Bounds struct {
	Inside  string `json:"inside"`
	Outside string `json:"outside"` // never: nobody outside the scope is handed the paper
}

// Dwell is a time in calendar days; it ends at 24:00 of its last day.
type Dwell struct {
	CalendarDays int `json:"calendar_days"`
}

// SameDay says from what class on a copy is back at 24:00.
type SameDay struct {
	ClassFrom domain.Class `json:"class_from"`
	SameDay   bool         `json:"same_day"`
}

// TaskDwell waits for the end of a reader's time.
const TaskDwell = "circulation.dwell"

// The rules of circulation.
var (
	ErrStarted = domain.Rule(domain.Conflict, "circulation.already-started",
		"传阅单已经发起。", "the slip is started")
	ErrClerk = domain.Rule(domain.Forbidden, "circulation.not-clerk",
		"传阅由岗位{post}办理。", "circulation is run by post {post}").By("rcv.distribution, R202")
	ErrPass = domain.Rule(domain.Forbidden, "circulation.no-horizontal-pass",
		"阅件人之间不得横传，须经传阅人员。", "readers do not pass a paper on among themselves").By("cir.horizontalPass").OnRecord()
	ErrOver = domain.Rule(domain.Conflict, "circulation.over",
		"传阅已经结束。", "the circulation is over")
	ErrOpen = domain.Rule(domain.Conflict, "circulation.not-over",
		"传阅尚未结束。", "the circulation is not over")
	ErrReader = domain.Rule(domain.Conflict, "circulation.already-reader",
		"{person}已在传阅单上。", "{person} is on the slip already")
	ErrReaders = domain.Rule(domain.Invalid, "circulation.no-readers",
		"传阅单至少有一位阅件人，不得重复。", "a slip has at least one reader, each once")
	ErrNotReader = domain.Rule(domain.NotFound, "circulation.not-reader",
		"{person}不在传阅单上。", "{person} is not on the slip")
	ErrNotWaiting = domain.Rule(domain.Conflict, "circulation.not-waiting",
		"该件已送过此人，或者不再送此人。", "the reader has the paper, has signed, or is not to have it")
	ErrNotDelivered = domain.Rule(domain.Conflict, "circulation.not-delivered",
		"该件没有送在此人处。", "the paper is not with this reader")
	ErrTurn = domain.Rule(domain.Conflict, "circulation.not-his-turn",
		"按次序应先送{person}；不在的先跳过。", "it is {person}'s turn first; pass by who is away").By("cir.order")
	ErrHolder = domain.Rule(domain.Conflict, "circulation.one-holder",
		"该件在{person}处，一份同时只在一人手中。", "the copy is with {person}: it has one holder at a time").By("catalogue 2.6")
	ErrMissing = domain.Rule(domain.Invalid, "circulation.missing",
		"请填写{field}。", "{field} is missing")
	ErrNotReturned = domain.Rule(domain.Conflict, "circulation.not-returned",
		"该件尚未退回，不能清点。", "the copy is not back: it cannot be counted").By("catalogue 2.6")
	ErrOneCopy = domain.Rule(domain.Invalid, "circulation.one-copy",
		"同时传阅的，一份纸质件不能同在几人手中，请不填份号。", "one copy is not with several readers at once: leave the copy out").By("catalogue 2.6")
	ErrCopying = domain.Rule(domain.Forbidden, "circulation.no-extract",
		"{class}文件不得摘录。", "of a paper of {class} no extract is taken").By("sec.read.profile, catalogue 4.6").OnRecord()
	ErrApproval = domain.Rule(domain.Forbidden, "circulation.extract-without-approval",
		"{class}文件摘录须先经批准，请填批准依据。", "an extract of a paper of {class} needs an approval first").By("sec.read.profile, catalogue 4.6")
	ErrNoExtract = domain.Rule(domain.NotFound, "circulation.no-extract-out",
		"没有这一在外的摘录。", "no such extract is out")
	ErrExtractsOut = domain.Rule(domain.Conflict, "circulation.extracts-out",
		"还有{extracts}份摘录未交回。", "{extracts} extracts are not back").By("catalogue 4.5")
	ErrFollower = domain.Rule(domain.Forbidden, "circulation.follower-only",
		"此项由系统按时记载，不由人填写。", "the system records this; nobody enters it by hand").By("architecture 3.5")
)

// State says where a reader stands.
type State string

const (
	Planned   State = "planned"
	Delivered State = "delivered"
	Opened    State = "opened"
	Signed    State = "signed"
	Skipped   State = "skipped"  // away; reads before the end
	PassedBy  State = "passed"   // away; does not read
	Recalled  State = "recalled" // the copy was taken back
)

// Reader is one line of the slip.
type Reader struct {
	Person string
	State  State
	Due    domain.Instant
}

// has tells whether the paper is with the reader.
func (r Reader) has() bool { return r.State == Delivered || r.State == Opened }

// waits tells whether the paper is still to come to the reader.
func (r Reader) waits() bool { return r.State == Planned || r.State == Skipped }

// Slip is what the rules need to know of a circulation.
type Slip struct {
	Document, Copy, Urgency      string
	Class                        domain.Class
	Order                        string
	Readers                      []Reader
	Completed, Stopped, Returned bool
	Extracts                     map[string]string // those out, and who has them
}

// About is the paper that goes round.
func (s Slip) About() string { return s.Document }

// ClassOf is the class that heads the records of the slip.
func (s Slip) ClassOf() domain.Class { return s.Class }

func (s Slip) find(person string) int {
	return slices.IndexFunc(s.Readers, func(r Reader) bool { return r.Person == person })
}

// open refuses before the start and after the end.
func (s Slip) open() error {
	switch {
	case s.Document == "":
		return domain.ErrNoStream
	case s.Completed || s.Stopped:
		return ErrOver
	}
	return nil
}

// clerk refuses everybody but the post that hands papers out.
func clerk(act domain.Act) error {
	if !act.Person() {
		return domain.ErrSystem
	}
	if post := documents.Distribution.Of(act); act.Actor.Post != post {
		return ErrClerk.With("post", post)
	}
	return nil
}

// runs is open, and refuses everybody but the clerk.
func (s Slip) runs(act domain.Act) error {
	if err := s.open(); err != nil {
		return err
	}
	return clerk(act)
}

func stated(field, text string) error {
	if strings.TrimSpace(text) == "" {
		return ErrMissing.With("field", field)
	}
	return nil
}

func needs(document string, people ...string) []string {
	return append(access.Needs(document, people...), access.Stream(document))
}

// handOver decides at the instant of handing over: the reader may know the paper and is cleared for it (R189).
func (s Slip) handOver(act domain.Act, person string) (CopyHandedTo, error) {
	paper := documents.Context.In(act, s.Document)
	st, refusal := access.Context.In(act, access.Stream(s.Document)).Reader(act, paper, person)
	if refusal != nil && !(refusal == access.ErrNotInScope && Scope.Of(act).Outside != "never") {
		return CopyHandedTo{}, refusal
	}
	return CopyHandedTo{Reader: person, Class: st.Class, Clearance: st.Clearance, Due: s.due(act, st.Class)}, nil
}

// due is when the reader's time ends: by urgency (cir.maxDwell), and of classified papers the same day
// (sec.returnSameDay). An unmarked paper has no time limit, which is never guessed.
func (s Slip) due(act domain.Act, class domain.Class) (due domain.Instant) {
	if s.Urgency != "" {
		due = domain.At(act.Today().Add(MaxDwell.Of(act, s.Urgency).CalendarDays).End(act.Zone))
	}
	if class.Classified() {
		day := ReturnSameDay.Of(act)
		today := domain.At(act.Today().End(act.Zone))
		if day.SameDay && class.Rank() >= day.ClassFrom.Rank() && (due.IsZero() || today.Before(due.Time)) {
			due = today
		}
	}
	return due
}

// Start begins a circulation of a copy of a paper.
type Start struct {
	Document  string   `json:"document" doc:"stream of the paper" minLength:"1" maxLength:"100"`
	Copy      string   `json:"copy" doc:"copy number; empty: it is read electronically" maxLength:"50" required:"false"`
	Readers   []string `json:"readers" doc:"ids of the persons" minItems:"1" maxItems:"200"`
	Authority string   `json:"authority" doc:"who decided who reads" minLength:"1" maxLength:"200"`
}

// Needs is the paper, its protection and the readers.
func (c Start) Needs(Slip, domain.Act) []string { return needs(c.Document, c.Readers...) }

// Decide lets the clerk start it; all at once, everybody is handed the paper now (cir.order).
func (c Start) Decide(s Slip, act domain.Act) ([]Event, error) {
	if s.Document != "" {
		return nil, ErrStarted
	}
	paper := documents.Context.In(act, c.Document)
	if !paper.Received {
		return nil, domain.ErrNoStream
	}
	if err := clerk(act); err != nil {
		return nil, err
	}
	switch held, there := paper.Copies[c.Copy]; {
	case c.Copy == "":
	case !there:
		return nil, documents.ErrNoCopy.With("copy", c.Copy)
	case held.State != documents.Held:
		return nil, documents.ErrCopyAway.With("copy", c.Copy)
	}
	if err := stated("authority", c.Authority); err != nil {
		return nil, err
	}
	if sorted := slices.Sorted(slices.Values(c.Readers)); len(sorted) == 0 || len(slices.Compact(sorted)) < len(c.Readers) {
		return nil, ErrReaders
	}
	order := Order.Of(act)
	if order == AtOnce && c.Copy != "" && len(c.Readers) > 1 {
		return nil, ErrOneCopy
	}
	readers := slices.Clone(c.Readers)
	if order != AtOnce {
		office := org.Context.In(act, org.Stream(act.Office))
		rank := func(person string) int {
			if posts := office.PostsOf(person, act.Today()); len(posts) > 0 {
				return posts[0].Rank
			}
			return math.MaxInt // without a post: last
		}
		slices.SortStableFunc(readers, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
	}
	class := access.Context.In(act, access.Stream(c.Document)).ClassOn(paper)
	e := Started{Document: c.Document, Copy: c.Copy, Urgency: paper.Paper.Urgency, Class: class, Order: order, Readers: readers, Authority: c.Authority}
	events := []Event{e}
	if order == AtOnce {
		for _, r := range readers {
			handed, err := e.Evolve(s).handOver(act, r)
			if err != nil {
				return nil, err
			}
			events = append(events, handed)
		}
	}
	return s.carry(events), nil
}

// Started means the paper goes round among these readers in this order.
type Started struct {
	Document  string       `json:"document"`
	Copy      string       `json:"copy"`
	Urgency   string       `json:"urgency"`
	Class     domain.Class `json:"class"`
	Order     string       `json:"order"`
	Readers   []string     `json:"readers"`
	Authority string       `json:"authority"`
}

// Evolve begins the slip.
func (e Started) Evolve(s Slip) Slip {
	s.Document, s.Copy, s.Urgency, s.Class, s.Order, s.Readers = e.Document, e.Copy, e.Urgency, e.Class, e.Order, nil
	for _, p := range e.Readers {
		s.Readers = append(s.Readers, Reader{Person: p, State: Planned})
	}
	return s
}

// AddReader adds a reader behind the others, naming who authorised it.
type AddReader struct {
	Person    string `json:"person" minLength:"1" maxLength:"60"`
	Authority string `json:"authority" doc:"who authorised it" minLength:"1" maxLength:"200"`
}

// Decide adds a person who is not on the slip.
func (c AddReader) Decide(s Slip, act domain.Act) ([]Event, error) {
	if err := s.runs(act); err != nil {
		return nil, err
	}
	if s.find(c.Person) >= 0 {
		return nil, ErrReader.With("person", c.Person)
	}
	if err := stated("authority", c.Authority); err != nil {
		return nil, err
	}
	return []Event{ReaderAdded(c)}, nil
}

// ReaderAdded means this person reads too.
type ReaderAdded struct {
	Person    string `json:"person"`
	Authority string `json:"authority"`
}

// Evolve adds the reader.
func (e ReaderAdded) Evolve(s Slip) Slip {
	s.Readers = append(slices.Clip(s.Readers), Reader{Person: e.Person, State: Planned})
	return s
}

// Deliver hands the paper to a reader.
type Deliver struct {
	Person string `json:"person" minLength:"1" maxLength:"60"`
}

// Needs is the paper, its protection and the reader.
func (c Deliver) Needs(s Slip, _ domain.Act) []string { return needs(s.Document, c.Person) }

// Decide hands it over through the clerk, to whose turn it is; a copy has one holder at a time.
func (c Deliver) Decide(s Slip, act domain.Act) ([]Event, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	if err := clerk(act); err != nil {
		i := s.find(act.Actor.Person)
		if i < 0 || s.Readers[i].State == Planned {
			return nil, err
		}
		if HorizontalPass.Of(act) != "allowed" {
			return nil, ErrPass
		}
	}
	i := s.find(c.Person)
	if i < 0 {
		return nil, ErrNotReader.With("person", c.Person)
	}
	if !s.Readers[i].waits() {
		return nil, ErrNotWaiting
	}
	if s.Order != AtOnce {
		for j, r := range s.Readers {
			if r.has() {
				return nil, ErrHolder.With("person", r.Person)
			}
			if r.State == Planned && j < i && s.Readers[i].State == Planned {
				return nil, ErrTurn.With("person", r.Person)
			}
		}
	}
	handed, err := s.handOver(act, c.Person)
	if err != nil {
		return nil, err
	}
	return s.carry([]Event{handed}), nil
}

// CopyHandedTo means the paper is with the reader, who was entitled to it at that instant.
type CopyHandedTo struct {
	Reader    string         `json:"reader"`
	Class     domain.Class   `json:"class"`
	Clearance domain.Class   `json:"clearance"`
	Due       domain.Instant `json:"due"`
}

// Evolve moves the paper to the reader.
func (e CopyHandedTo) Evolve(s Slip) Slip {
	s.Class = e.Class
	return s.moved(e.Reader, Delivered, e.Due)
}

// Opens waits for the end of the reader's time.
func (e CopyHandedTo) Opens(r domain.Recorded) []domain.Task {
	if e.Due.IsZero() {
		return nil
	}
	return []domain.Task{{TaskID: dwell(r.Stream, e.Reader), Stream: r.Stream, Due: e.Due, Data: map[string]string{"person": e.Reader}}}
}

func dwell(stream, person string) domain.TaskID {
	return domain.TaskID{Kind: TaskDwell, Key: stream + "/" + person}
}

func (s Slip) moved(person string, to State, due domain.Instant) Slip {
	if i := s.find(person); i >= 0 {
		s.Readers = slices.Clone(s.Readers)
		s.Readers[i].State, s.Readers[i].Due = to, due
	}
	return s
}

// with finds a reader who has the paper.
func (s Slip) with(person string) error {
	i := s.find(person)
	switch {
	case i < 0:
		return ErrNotReader.With("person", person)
	case !s.Readers[i].has():
		return ErrNotDelivered
	}
	return nil
}

// mine is open, and refuses whoever has not the paper.
func (s Slip) mine(act domain.Act) error {
	if err := s.open(); err != nil {
		return err
	}
	if !act.Person() {
		return domain.ErrSystem
	}
	return s.with(act.Actor.Person)
}

// complete adds the end, when nobody has the paper and nobody waits for it.
func (s Slip) complete(events ...Event) []Event {
	for _, e := range events {
		s = e.Evolve(s)
	}
	if slices.ContainsFunc(s.Readers, func(r Reader) bool { return r.has() || r.waits() }) {
		return events
	}
	return append(events, Completed{Readers: len(s.Readers)})
}

// holder is who has the copy, "" where the clerk has it for the slip, and whether it is on its way at all.
func (s Slip) holder() (person string, out bool) {
	if i := slices.IndexFunc(s.Readers, Reader.has); i >= 0 && !s.Returned {
		return s.Readers[i].Person, true
	}
	return "", s.Document != "" && !s.Returned
}

// carry adds to a decision where the copy goes by it.
func (s Slip) carry(events []Event) []Event {
	from, was := s.holder()
	for _, e := range events {
		s = e.Evolve(s)
	}
	if to, out := s.holder(); s.Copy != "" && (to != from || out != was) {
		return append(events, CopyMoved{Copy: s.Copy, To: to, Home: !out})
	}
	return events
}

// CopyMoved means the copy is with the reader, with the clerk ("") or, after the end, home in the registry.
type CopyMoved struct {
	Copy string `json:"copy"`
	To   string `json:"to"`
	Home bool   `json:"home"`
}

// Evolve changes nothing that a rule reads: the readers say who has it.
func (e CopyMoved) Evolve(s Slip) Slip { return s }

// Opens has the paper know where its copy is.
func (e CopyMoved) Opens(r domain.Recorded) []domain.Task {
	return []domain.Task{{TaskID: documents.CopyTask(r.Stream, r.Revision), Stream: r.Stream}}
}

// MarkOpened says that the reader has begun to read.
type MarkOpened struct{}

// Decide notes it once.
func (c MarkOpened) Decide(s Slip, act domain.Act) ([]Event, error) {
	if err := s.mine(act); err != nil {
		return nil, err
	}
	if s.Readers[s.find(act.Actor.Person)].State == Opened {
		return nil, nil
	}
	return []Event{CopyOpened{Reader: act.Actor.Person}}, nil
}

// CopyOpened means the reader has begun to read.
type CopyOpened struct {
	Reader string `json:"reader"`
}

// Evolve notes it.
func (e CopyOpened) Evolve(s Slip) Slip {
	if i := s.find(e.Reader); i >= 0 {
		return s.moved(e.Reader, Opened, s.Readers[i].Due)
	}
	return s
}

// Sign signs that the paper was read (已阅), perhaps with an opinion.
type Sign struct {
	Opinion string `json:"opinion" maxLength:"4000" required:"false"`
}

// Decide lets the reader who has the paper sign; with the last signature the circulation is complete.
func (c Sign) Decide(s Slip, act domain.Act) ([]Event, error) {
	if err := s.mine(act); err != nil {
		return nil, err
	}
	return s.carry(s.complete(ReaderSigned{Reader: act.Actor.Person, Opinion: c.Opinion})), nil
}

// ReaderSigned means the person has read the paper and given it back to the clerk.
type ReaderSigned struct {
	Reader  string `json:"reader"`
	Opinion string `json:"opinion"`
}

// Evolve takes the paper back.
func (e ReaderSigned) Evolve(s Slip) Slip { return s.moved(e.Reader, Signed, domain.Instant{}) }

// Settles ends the reader's time.
func (e ReaderSigned) Settles(r domain.Recorded) []domain.TaskID {
	return []domain.TaskID{dwell(r.Stream, e.Reader)}
}

// Skip passes by a reader who is away.
type Skip struct {
	Person string `json:"person" minLength:"1" maxLength:"60"`
	Reason string `json:"reason" minLength:"1" maxLength:"1000"`
}

// Decide passes by whoever has not signed; by cir.skipReturn the paper comes back to him before the end.
func (c Skip) Decide(s Slip, act domain.Act) ([]Event, error) {
	if err := s.runs(act); err != nil {
		return nil, err
	}
	i := s.find(c.Person)
	if i < 0 {
		return nil, ErrNotReader.With("person", c.Person)
	}
	if s.Readers[i].State != Planned && !s.Readers[i].has() {
		return nil, ErrNotWaiting
	}
	if err := stated("reason", c.Reason); err != nil {
		return nil, err
	}
	return s.carry(s.complete(ReaderSkipped{Reader: c.Person, Reason: c.Reason, ReturnLater: SkipReturn.Of(act)})), nil
}

// ReaderSkipped means the paper goes on without him, and comes back to him later or not.
type ReaderSkipped struct {
	Reader      string `json:"reader"`
	Reason      string `json:"reason"`
	ReturnLater bool   `json:"return_later"`
}

// Evolve passes him by.
func (e ReaderSkipped) Evolve(s Slip) Slip {
	if e.ReturnLater {
		return s.moved(e.Reader, Skipped, domain.Instant{})
	}
	return s.moved(e.Reader, PassedBy, domain.Instant{})
}

// Settles ends the reader's time.
func (e ReaderSkipped) Settles(r domain.Recorded) []domain.TaskID {
	return []domain.TaskID{dwell(r.Stream, e.Reader)}
}

// Recall takes the paper back from a reader for good.
type Recall struct {
	Person string `json:"person" minLength:"1" maxLength:"60"`
	Reason string `json:"reason" minLength:"1" maxLength:"1000"`
}

// Decide takes it back from whoever has it.
func (c Recall) Decide(s Slip, act domain.Act) ([]Event, error) {
	if err := s.runs(act); err != nil {
		return nil, err
	}
	if err := s.with(c.Person); err != nil {
		return nil, err
	}
	if err := stated("reason", c.Reason); err != nil {
		return nil, err
	}
	return s.carry(s.complete(CopyRecalled{Reader: c.Person, Reason: c.Reason})), nil
}

// CopyRecalled means the paper was taken back from the reader.
type CopyRecalled struct {
	Reader string `json:"reader"`
	Reason string `json:"reason"`
}

// Evolve takes the paper back.
func (e CopyRecalled) Evolve(s Slip) Slip { return s.moved(e.Reader, Recalled, domain.Instant{}) }

// Settles ends the reader's time.
func (e CopyRecalled) Settles(r domain.Recorded) []domain.TaskID {
	return []domain.TaskID{dwell(r.Stream, e.Reader)}
}

// Urge urges a reader (催阅).
type Urge struct {
	Person string `json:"person" minLength:"1" maxLength:"60"`
	Note   string `json:"note" maxLength:"1000" required:"false"`
}

// Decide urges whoever has the paper.
func (c Urge) Decide(s Slip, act domain.Act) ([]Event, error) {
	if err := s.runs(act); err != nil {
		return nil, err
	}
	if err := s.with(c.Person); err != nil {
		return nil, err
	}
	return []Event{Urged{Reader: c.Person, Note: c.Note}}, nil
}

// NoteDwell urges a reader whose time is over. Only the schedule gives it.
type NoteDwell struct {
	Person string `json:"person"`
}

// Decide urges once, at the due time or later (cir.maxDwell).
func (c NoteDwell) Decide(s Slip, act domain.Act) ([]Event, error) {
	if act.Person() {
		return nil, ErrFollower
	}
	i := s.find(c.Person)
	if i < 0 || s.open() != nil || !s.Readers[i].has() || s.Readers[i].Due.IsZero() || act.Occurred.Before(s.Readers[i].Due.Time) {
		return nil, nil
	}
	return []Event{Urged{Reader: c.Person, Overdue: s.Readers[i].Due}}, nil
}

// Urged means the reader was told to hurry; Overdue is the due time that passed, zero where a person urged.
type Urged struct {
	Reader  string         `json:"reader"`
	Note    string         `json:"note"`
	Overdue domain.Instant `json:"overdue"`
}

// Evolve changes nothing that a rule reads.
func (e Urged) Evolve(s Slip) Slip { return s }

// Settles ends the wait for the due time that passed.
func (e Urged) Settles(r domain.Recorded) []domain.TaskID {
	if e.Overdue.IsZero() {
		return nil
	}
	return []domain.TaskID{dwell(r.Stream, e.Reader)}
}

// Completed means everybody who was to read has read.
type Completed struct {
	Readers int `json:"readers"`
}

// Evolve ends the reading.
func (e Completed) Evolve(s Slip) Slip { s.Completed = true; return s }

// Stop ends a circulation before everybody has read.
type Stop struct {
	Reason string `json:"reason" minLength:"1" maxLength:"1000"`
}

// Decide stops it with a reason.
func (c Stop) Decide(s Slip, act domain.Act) ([]Event, error) {
	if err := s.runs(act); err != nil {
		return nil, err
	}
	if err := stated("reason", c.Reason); err != nil {
		return nil, err
	}
	return []Event{Stopped{Reason: c.Reason}}, nil
}

// Stopped means the paper goes round no more.
type Stopped struct {
	Reason string `json:"reason"`
}

// Evolve ends the reading.
func (e Stopped) Evolve(s Slip) Slip { s.Stopped = true; return s }

// Return takes slip and copy back to the registry.
type Return struct{}

// Decide takes them back once the circulation is over.
func (c Return) Decide(s Slip, act domain.Act) ([]Event, error) {
	switch {
	case s.Document == "":
		return nil, domain.ErrNoStream
	case !s.Completed && !s.Stopped:
		return nil, ErrOpen
	case s.Returned:
		return nil, nil
	}
	if err := clerk(act); err != nil {
		return nil, err
	}
	if n := len(s.Extracts); n > 0 {
		return nil, ErrExtractsOut.With("extracts", strconv.Itoa(n))
	}
	return s.carry([]Event{Returned{Copy: s.Copy}}), nil
}

// Returned means slip and copy are back.
type Returned struct {
	Copy string `json:"copy"`
}

// Evolve takes them back.
func (e Returned) Evolve(s Slip) Slip { s.Returned = true; return s }

// TakeExtract registers what a reader writes out of the paper, or borrows of it apart (摘录、抽阅).
type TakeExtract struct {
	Part     string `json:"part" doc:"what is taken: pages, sections" minLength:"1" maxLength:"500"`
	Purpose  string `json:"purpose" minLength:"1" maxLength:"1000"`
	Approval string `json:"approval" doc:"what it rests on, where the class asks for an approval" maxLength:"200" required:"false"`
}

// Decide lets the reader who has the paper take an extract; of a state secret by the rule of its class (sec.read.profile).
func (c TakeExtract) Decide(s Slip, act domain.Act) ([]Event, error) {
	if err := s.mine(act); err != nil {
		return nil, err
	}
	if s.Class.Classified() {
		switch rule := access.Profile.Of(act, string(s.Class)).Copy; {
		case rule == "never":
			return nil, ErrCopying.With("class", string(s.Class))
		case strings.TrimSpace(c.Approval) == "":
			return nil, ErrApproval.With("class", string(s.Class))
		}
	}
	if err := stated("part", c.Part); err != nil {
		return nil, err
	}
	if err := stated("purpose", c.Purpose); err != nil {
		return nil, err
	}
	return []Event{ExtractTaken{Extract: act.NewID("extract"), Reader: act.Actor.Person, Part: c.Part, Purpose: c.Purpose, Approval: c.Approval}}, nil
}

// ExtractTaken means the reader has this part apart, and gives it back before slip and copy are back.
type ExtractTaken struct {
	Extract  string `json:"extract"`
	Reader   string `json:"reader"`
	Part     string `json:"part"`
	Purpose  string `json:"purpose"`
	Approval string `json:"approval"`
}

// Evolve notes who has it.
func (e ExtractTaken) Evolve(s Slip) Slip {
	s.Extracts = maps.Clone(s.Extracts)
	if s.Extracts == nil {
		s.Extracts = map[string]string{}
	}
	s.Extracts[e.Extract] = e.Reader
	return s
}

// ReturnExtract takes an extract back.
type ReturnExtract struct {
	Extract string `json:"extract" minLength:"1" maxLength:"60"`
}

// Decide lets the clerk take it back, after the end too.
func (c ReturnExtract) Decide(s Slip, act domain.Act) ([]Event, error) {
	if s.Document == "" {
		return nil, domain.ErrNoStream
	}
	if err := clerk(act); err != nil {
		return nil, err
	}
	reader, out := s.Extracts[c.Extract]
	if !out {
		return nil, ErrNoExtract
	}
	return []Event{ExtractReturned{Extract: c.Extract, Reader: reader}}, nil
}

// ExtractReturned means the extract is back with the clerk.
type ExtractReturned struct {
	Extract string `json:"extract"`
	Reader  string `json:"reader"`
}

// Evolve notes it.
func (e ExtractReturned) Evolve(s Slip) Slip {
	s.Extracts = maps.Clone(s.Extracts)
	delete(s.Extracts, e.Extract)
	return s
}

// Count checks what came back (清点).
type Count struct {
	Whole bool   `json:"whole" doc:"everything is there"`
	Note  string `json:"note" doc:"what is missing" maxLength:"1000" required:"false"`
}

// Decide counts what is back; what is missing is named.
func (c Count) Decide(s Slip, act domain.Act) ([]Event, error) {
	switch {
	case s.Document == "":
		return nil, domain.ErrNoStream
	case !s.Returned:
		return nil, ErrNotReturned
	}
	if err := clerk(act); err != nil {
		return nil, err
	}
	if !c.Whole {
		if err := stated("note", c.Note); err != nil {
			return nil, err
		}
	}
	return []Event{CopyCounted(c)}, nil
}

// CopyCounted means it was looked whether everything is there.
type CopyCounted struct {
	Whole bool   `json:"whole"`
	Note  string `json:"note"`
}

// Evolve changes nothing that a rule reads.
func (e CopyCounted) Evolve(s Slip) Slip { return s }
