// Package access is who may see a paper and who has seen it (保密、知悉范围、查阅). One stream per paper holds its class and
// term, the named persons who may know it, what others asked for and were granted, every viewing and every denial, so that
// a right taken away ends at that instant and nobody has to look elsewhere. A paper of 秘密 or above is read on paper, in
// its place; of other papers a scan may be attached, and no byte of it leaves without an event that stood here before.
package access

import (
	"maps"
	"slices"
	"strings"

	"andu/domain"
	"andu/domain/documents"
	"andu/domain/org"
	"andu/domain/persons"
)

// Context lists every event about the protection of a paper and about its trail.
var Context = domain.Context[Access]{
	Name: "access",
	Events: []domain.Schema[Access]{
		{Name: "access.begun", Version: 1, Type: Begun{}, By: []Command{Begin{}}},
		{Name: "access.classification-set", Version: 1, Type: ClassificationSet{}, By: []Command{Classify{}}, Sealed: true},
		{Name: "access.classification-changed", Version: 1, Type: ClassificationChanged{}, By: []Command{ChangeClass{}}, Sealed: true},
		{Name: "access.classification-lapsed", Version: 1, Type: ClassificationLapsed{}, By: []Command{Lapse{}}},
		{Name: "access.scope-set", Version: 1, Type: ScopeSet{}, By: []Command{SetScope{}}, Sealed: true},
		{Name: "access.scope-extended", Version: 1, Type: ScopeExtended{}, By: []Command{ExtendScope{}}, Sealed: true},
		{Name: "access.scope-reduced", Version: 1, Type: ScopeReduced{}, By: []Command{ReduceScope{}}, Sealed: true},
		{Name: "access.requested", Version: 1, Type: Requested{}, By: []Command{RequestAccess{}}, Sealed: true},
		{Name: "access.granted", Version: 1, Type: Granted{}, By: []Command{GrantAccess{}}},
		{Name: "access.request-denied", Version: 1, Type: RequestDenied{}, By: []Command{DenyRequest{}}, Sealed: true},
		{Name: "access.revoked", Version: 1, Type: Revoked{}, By: []Command{RevokeAccess{}}, Sealed: true},
		{Name: "access.content-attached", Version: 1, Type: ContentAttached{}, By: []Command{AttachContent{}}, Sealed: true},
		{Name: "access.view-opened", Version: 1, Type: ViewOpened{}, By: []Command{OpenView{}}},
		{Name: "access.window-opened", Version: 1, Type: WindowOpened{}, By: []Command{OpenWindow{}}},
		{Name: "access.seen-after-removal", Version: 1, Type: SeenAfterRemoval{}, By: []Command{Read{}, OpenWindow{}}},
		{Name: "access.view-closed", Version: 1, Type: ViewClosed{}, By: []Command{CloseView{}, EndView{}, ReduceScope{}, RevokeAccess{}}},
		{Name: "access.trail-queried", Version: 1, Type: TrailQueried{}, By: []Command{QueryTrail{}}, Sealed: true},
		{Name: "access.refused", Version: 1, Type: domain.Refused[Access]{}, By: []Command{OpenView{}, OpenWindow{}, Read{}, GrantAccess{}, AttachContent{}}},
	},
	Rules: []*domain.Refusal{
		ErrOfficer, ErrInactive, ErrNotCleared, ErrNotInScope, ErrPlace, ErrTwoPersons, ErrCustodyOnly, ErrViewOver, ErrOutsideWindow,
		ErrKeeper, ErrSetter, ErrOwnRequest, ErrSet, ErrNotSet, ErrClass, ErrMark, ErrTerm, ErrMissing, ErrScopeSet, ErrScopeNotSet,
		ErrPerson, ErrKnown, ErrNoRequest, ErrNoGrant, ErrFollower, ErrNoContent, ErrTrail,
	},
	Keys: []domain.AnyKey{
		MaxPeriod, Marks, ScopeSetBy, Profile, OnScopeLoss, SessionMinutes, documents.Classes, documents.Registrar, documents.Authority,
	},
	Facts: func(office string) []string { return []string{org.Stream(office)} },
}

// Event and Command are of the protection of one paper.
type (
	Event   = domain.Event[Access]
	Command = domain.Command[Access]
)

// Stream is the stream of a paper's protection, by the paper's stream.
func Stream(document string) string {
	_, id, _ := strings.Cut(document, "-")
	return Context.Stream(id)
}

// What the office lays down about secrecy (sec.*).
var (
	MaxPeriod      = domain.Key[map[domain.Class]int]{Name: "sec.maxPeriod", Moment: domain.ByReceived} // the longest term of a class in years
	Marks          = domain.Key[[]string]{Name: "sec.marks", Moment: domain.ByReceived}                 // marks beside the class, such as 客户隐私
	ScopeSetBy     = domain.Key[string]{Name: "sec.scope.setBy", Moment: domain.ByReceived}             // who names the persons that may know a paper
	Profile        = domain.Key[ReadProfile]{Name: "sec.read.profile[]", Moment: domain.ByReceived}     // where, and with how many present, a paper of a class is read
	OnScopeLoss    = domain.Key[string]{Name: "sec.session.onScopeLoss", Moment: domain.ByReceived}     // what becomes of a viewing whose reader leaves the scope: close or untilClosed
	SessionMinutes = domain.Key[int]{Name: "sec.session.maxMinutes", Moment: domain.ByReceived}         // how long one viewing lasts at most
)

// InstructingLeader in sec.scope.setBy is whoever instructs incoming papers (apr.authority[收文批示]).
const InstructingLeader = "instructing-leader"

// UntilClosed in sec.session.onScopeLoss lets a viewing go on until it ends by itself; anything else ends it at once.
const UntilClosed = "untilClosed"

// ReadProfile is how papers of a class are read.
type ReadProfile struct {
	Places  []string `json:"places"`
	Persons int      `json:"persons"` // present at least, the reader counted
	Copy    string   `json:"copy"`    // never, or approval
}

// The rules of access. Those of reading go on record wherever they stop somebody (catalogue 2.9: denials too).
var (
	ErrOfficer = domain.Rule(domain.Forbidden, "access.officer",
		"三员不接触文件内容。", "none of the three officers sees a paper").By("catalogue 5.1, architecture 3.17").OnRecord()
	ErrInactive = domain.Rule(domain.Forbidden, "access.inactive",
		"您不是本单位在册人员。", "the person is not one of the office's").By("R96").OnRecord()
	ErrNotCleared = domain.Rule(domain.Forbidden, "access.not-cleared",
		"涉密等级低于文件密级。", "the clearance is below the class of the paper").By("R189, catalogue 2.9").OnRecord()
	ErrNotInScope = domain.Rule(domain.Forbidden, "access.not-in-scope",
		"不在该件知悉范围之内。", "the person is outside the scope of the paper").By("R189, R61").OnRecord()
	ErrPlace = domain.Rule(domain.Forbidden, "access.place",
		"该密级文件只能在规定场所阅读：{places}。", "papers of this class are read only at: {places}").By("sec.read.profile").OnRecord()
	ErrTwoPersons = domain.Rule(domain.Forbidden, "access.persons-present",
		"该密级文件须有{persons}人在场，且都在知悉范围之内。", "papers of this class are read with {persons} persons of the scope present").By("sec.read.profile").OnRecord()
	ErrCustodyOnly = domain.Rule(domain.Forbidden, "access.custody-only",
		"秘密以上文件系统只记保管，不存不示内容。", "of papers of 秘密 and above custody is kept here, never content").By("architecture 3.18, catalogue 4.6").OnRecord()
	ErrViewOver = domain.Rule(domain.Forbidden, "access.view-over",
		"本次查阅已经结束，请重新查阅。", "this viewing is over: open the paper again").By("sec.session.maxMinutes").OnRecord()
	ErrOutsideWindow = domain.Rule(domain.Forbidden, "access.outside-window",
		"超出本次查阅获准的部分。", "this is outside the part that the viewing was opened for").By("catalogue 2.9").OnRecord()
	ErrKeeper = domain.Rule(domain.Forbidden, "access.not-keeper",
		"密级和内容由收文岗位{post}登记。", "class and content are entered by the registrar, post {post}").By("rcv.registrar, R186")
	ErrSetter = domain.Rule(domain.Forbidden, "access.not-scope-setter",
		"知悉范围由{posts}确定。", "the scope of a paper is set by {posts}").By("sec.scope.setBy, R189")
	ErrOwnRequest = domain.Rule(domain.Forbidden, "access.own-request",
		"不得批准本人的查阅申请。", "nobody grants what he asked for himself").By("catalogue 2.9").OnRecord()
	ErrSet = domain.Rule(domain.Conflict, "access.already-classified",
		"密级已经登记，变更请用变更密级。", "the class is entered; change it instead").By("catalogue 2.9")
	ErrNotSet = domain.Rule(domain.Conflict, "access.not-classified",
		"密级尚未登记，或者已经解密。", "no class is entered, or it has lapsed").By("catalogue 2.9")
	ErrClass = domain.Rule(domain.Invalid, "access.unknown-class",
		"本单位没有这一密级：{class}。", "the office knows no class {class}").By("sec.classes")
	ErrMark = domain.Rule(domain.Invalid, "access.unknown-mark",
		"本单位没有这一标识：{mark}。", "the office knows no mark {mark}").By("sec.marks")
	ErrTerm = domain.Rule(domain.Invalid, "access.term",
		"{class}的保密期限须写明，最长{years}年；不能定期限的写明解密条件。", "state the term of {class}, at most {years} years, or the condition on which it lapses").By("sec.maxPeriod, catalogue 4.6")
	ErrMissing = domain.Rule(domain.Invalid, "access.missing",
		"请填写{field}。", "{field} is missing")
	ErrScopeSet = domain.Rule(domain.Conflict, "access.scope-is-set",
		"知悉范围已经确定，请扩大或者缩小。", "the scope is set: extend or reduce it").By("catalogue 2.9")
	ErrScopeNotSet = domain.Rule(domain.Conflict, "access.scope-not-set",
		"知悉范围尚未确定。", "the scope is not set").By("catalogue 2.9")
	ErrPerson = domain.Rule(domain.Invalid, "access.unknown-person",
		"{person}不是本单位在册人员，或者是三员之一。", "{person} is not one of the office's persons, or is an officer").By("catalogue 2.9")
	ErrKnown = domain.Rule(domain.Conflict, "access.already-in-scope",
		"{person}已在知悉范围之内。", "{person} is in the scope already").By("catalogue 2.9")
	ErrNoRequest = domain.Rule(domain.NotFound, "access.no-request",
		"没有这一待批的查阅申请。", "no such request waits for a decision")
	ErrNoGrant = domain.Rule(domain.NotFound, "access.no-grant",
		"没有这一有效的查阅许可。", "there is no such grant")
	ErrFollower = domain.Rule(domain.Forbidden, "access.follower-only",
		"此项由系统按时记载，不由人填写。", "the system records this; nobody enters it by hand").By("architecture 3.5")
	ErrNoContent = domain.Rule(domain.NotFound, "access.no-content",
		"该件没有这份电子内容。", "the paper has no such content")
	ErrTrail = domain.Rule(domain.Forbidden, "access.trail",
		"查阅轨迹只供安全保密管理员和安全审计员查询，查询须写明事由。", "the trail is for the security administrator and the auditor, who say why they ask").By("catalogue 2.9, 5.1")
)

// Access is what the rules need to know of a paper's protection.
type Access struct {
	Document string       // stream of the paper; "" before the first event
	Class    domain.Class // own decision on record, else as the paper shows it
	Own      bool         // the class is entered here
	Until    domain.Date  // last day of the class
	Scoped   bool
	Scope    []string // persons who may know
	Requests map[string]Request
	Grants   map[string]Grant
	Contents map[string]Content
	Views    map[string]View // those not closed
}

// Request is what somebody asked for and is not decided yet.
type Request struct{ Person string }

// Grant lets one person read for a time.
type Grant struct {
	Person string
	Until  domain.Instant // zero: no end
}

// ClassOf is the class that heads the records of the trail.
func (s Access) ClassOf() domain.Class { return s.Class }

// ClassOn is the class of the paper: what was entered here, else what the paper shows.
func (s Access) ClassOn(paper documents.Document) domain.Class {
	if s.Own {
		return s.Class
	}
	return paper.Paper.Class
}

// Standing is how a person stands to a paper at an instant.
type Standing struct {
	Class, Clearance domain.Class
	By               string // why he may know: "scope", "grant"; "office": no scope is set and the paper is no state secret
}

// Needs lists the streams that Reader reads.
func Needs(document string, people ...string) []string {
	streams := []string{document}
	for _, p := range people {
		streams = append(streams, persons.Stream(p))
	}
	return streams
}

// Reader decides whether a person may see the paper at the instant of the request: one of the office's and no officer,
// cleared for its class, and inside its scope. A state secret without a scope is for nobody.
func (s Access) Reader(act domain.Act, paper documents.Document, person string) (Standing, *domain.Refusal) {
	st := Standing{Class: s.ClassOn(paper), Clearance: persons.Context.In(act, persons.Stream(person)).Clearance(act.Received)}
	switch office := org.Context.In(act, org.Stream(act.Office)); {
	case office.Officer(person) != "":
		return st, ErrOfficer
	case !office.Active(person, domain.DateOf(act.Received.Time, act.Zone)):
		return st, ErrInactive
	case st.Clearance.Rank() < st.Class.Rank():
		return st, ErrNotCleared
	}
	switch {
	case !s.Scoped && !st.Class.Classified():
		st.By = "office"
	case slices.Contains(s.Scope, person):
		st.By = "scope"
	case s.granted(person, act.Received):
		st.By = "grant"
	default:
		return st, ErrNotInScope
	}
	return st, nil
}

func (s Access) granted(person string, at domain.Instant) bool {
	for _, g := range s.Grants {
		if g.Person == person && (g.Until.IsZero() || at.Before(g.Until.Time)) {
			return true
		}
	}
	return false
}

// paper is the paper itself, at the head of the log.
func (s Access) paper(act domain.Act) documents.Document {
	return documents.Context.In(act, s.Document)
}

// begun refuses before the first event, and refuses the system where a person decides.
func (s Access) begun(act domain.Act) error {
	if s.Document == "" {
		return domain.ErrNoStream
	}
	if !act.Person() {
		return domain.ErrSystem
	}
	return nil
}

// kept is begun, and refuses everybody but the registrar.
func (s Access) kept(act domain.Act) error {
	if err := s.begun(act); err != nil {
		return err
	}
	if post := documents.Registrar.Of(act); act.Actor.Post != post {
		return ErrKeeper.With("post", post)
	}
	return nil
}

// set is begun, and refuses everybody but who sets the scope.
func (s Access) set(act domain.Act) error {
	if err := s.begun(act); err != nil {
		return err
	}
	posts := []string{ScopeSetBy.Of(act)}
	if posts[0] == InstructingLeader {
		posts = nil
		for _, step := range documents.Authority.Of(act, documents.Instruction) {
			posts = append(posts, step.Posts...)
		}
	}
	if !slices.Contains(posts, act.Actor.Post) {
		return ErrSetter.With("posts", strings.Join(posts, "、"))
	}
	return nil
}

// known refuses who cannot be in any scope.
func known(act domain.Act, people ...string) error {
	office := org.Context.In(act, org.Stream(act.Office))
	for _, p := range people {
		if office.Officer(p) != "" || !office.Active(p, domain.DateOf(act.Received.Time, act.Zone)) {
			return ErrPerson.With("person", p)
		}
	}
	return nil
}

func stated(field, text string) error {
	if strings.TrimSpace(text) == "" {
		return ErrMissing.With("field", field)
	}
	return nil
}

func with[V any](m map[string]V, key string, v V) map[string]V {
	m = maps.Clone(m)
	if m == nil {
		m = map[string]V{}
	}
	m[key] = v
	return m
}

func without[V any](m map[string]V, key string) map[string]V {
	m = maps.Clone(m)
	delete(m, key)
	return m
}

// Begin opens the record of a paper's protection. The system does so before the first act of anybody.
type Begin struct {
	Document string `json:"document" doc:"stream of the paper" minLength:"1" maxLength:"100"`
}

// Needs is the paper.
func (c Begin) Needs(Access, domain.Act) []string { return []string{c.Document} }

// Decide begins once, for a paper that the office has signed for.
func (c Begin) Decide(s Access, act domain.Act) ([]Event, error) {
	paper := documents.Context.In(act, c.Document)
	switch {
	case act.Person():
		return nil, ErrFollower
	case !paper.Received:
		return nil, domain.ErrNoStream
	case s.Document != "":
		return nil, nil
	}
	return []Event{Begun{Document: c.Document, Class: paper.Paper.Class}}, nil
}

// Begun means that from here on it is kept who may see the paper and who does.
type Begun struct {
	Document string       `json:"document"`
	Class    domain.Class `json:"class"` // as the paper shows it
}

// Evolve begins the record.
func (e Begun) Evolve(s Access) Access { s.Document, s.Class = e.Document, e.Class; return s }

// Classify enters class, term and marks of a paper (定密, 标密).
type Classify struct {
	Class     domain.Class `json:"class" enum:"公开,内部,工作秘密,秘密,机密,绝密"`
	Until     domain.Date  `json:"until" doc:"last day of the class" required:"false"`
	Condition string       `json:"condition" doc:"on what the class lapses, where no day can be set" maxLength:"500" required:"false"`
	Marks     []string     `json:"marks" doc:"marks beside the class" maxItems:"10" required:"false"`
	Authority string       `json:"authority" doc:"who decided, and by what document" minLength:"1" maxLength:"200"`
}

// Needs is the paper.
func (c Classify) Needs(s Access, _ domain.Act) []string { return []string{s.Document} }

// Decide enters a class that the office knows, within the longest term of it (sec.classes, sec.maxPeriod, sec.marks).
func (c Classify) Decide(s Access, act domain.Act) ([]Event, error) {
	if err := s.kept(act); err != nil {
		return nil, err
	}
	if s.Own {
		return nil, ErrSet
	}
	if err := s.term(act, c.Class, c.Until, c.Condition); err != nil {
		return nil, err
	}
	if len(c.Marks) > 0 {
		allowed := Marks.Of(act)
		for _, m := range c.Marks {
			if !slices.Contains(allowed, m) {
				return nil, ErrMark.With("mark", m)
			}
		}
	}
	if err := stated("authority", c.Authority); err != nil {
		return nil, err
	}
	return []Event{ClassificationSet{Class: c.Class, Until: c.Until, LapsesAt: lapses(act, c.Until), Condition: c.Condition, Marks: append([]string{}, c.Marks...), Authority: c.Authority}}, nil
}

// term checks a class and how long it stands; the years count from the day of the paper, the last one included.
func (s Access) term(act domain.Act, class domain.Class, until domain.Date, condition string) error {
	if !slices.Contains(documents.Classes.Of(act), class) || class.Rank() < 0 {
		return ErrClass.With("class", string(class))
	}
	if !class.Classified() && until.IsZero() {
		return nil
	}
	years, bounded := MaxPeriod.Of(act)[class]
	if !bounded {
		return nil
	}
	from := s.paper(act).Paper.IssuedOn
	if from.IsZero() {
		from = act.Today()
	}
	last := domain.Date{Year: from.Year + years, Month: from.Month, Day: from.Day}
	if until.IsZero() && strings.TrimSpace(condition) == "" || last.Before(until) || !until.IsZero() && until.Before(from) {
		return ErrTerm.With("class", string(class), "years", itoa(years))
	}
	return nil
}

func lapses(act domain.Act, until domain.Date) domain.Instant {
	if until.IsZero() {
		return domain.Instant{}
	}
	return domain.At(until.End(act.Zone))
}

// ClassificationSet means the paper has this class until the end of that day.
type ClassificationSet struct {
	Class     domain.Class   `json:"class"`
	Until     domain.Date    `json:"until"`
	LapsesAt  domain.Instant `json:"lapses_at"` // its 24:00
	Condition string         `json:"condition"`
	Marks     []string       `json:"marks"`
	Authority string         `json:"authority"`
}

// Evolve sets the class.
func (e ClassificationSet) Evolve(s Access) Access {
	s.Class, s.Own, s.Until = e.Class, true, e.Until
	return s
}

// Opens has the paper take the class, and waits for the end of the term.
func (e ClassificationSet) Opens(r domain.Recorded) []domain.Task {
	return append(lapseTask(r, e.LapsesAt), adopt(r, e.Class))
}

// adopt has the paper take a class that was decided.
func adopt(r domain.Recorded, class domain.Class) domain.Task {
	return domain.Task{TaskID: documents.ClassTask(r.Stream, r.Revision), Stream: r.Stream, Data: map[string]string{"class": string(class)}}
}

func lapse(stream string) domain.TaskID { return domain.TaskID{Kind: TaskLapse, Key: stream} }

func lapseTask(r domain.Recorded, at domain.Instant) []domain.Task {
	if at.IsZero() {
		return nil
	}
	return []domain.Task{{TaskID: lapse(r.Stream), Stream: r.Stream, Due: at}}
}

// The tasks of access.
const (
	TaskLapse   = "access.lapse"   // a class lapses at the end of its term
	TaskSession = "access.session" // a viewing ends at its time
)

// ChangeClass enters what the body that set the class decided later (密级变更、提前解密).
type ChangeClass struct {
	Class     domain.Class `json:"class" enum:"公开,内部,工作秘密,秘密,机密,绝密"`
	Until     domain.Date  `json:"until" doc:"last day of the class" required:"false"`
	Condition string       `json:"condition" doc:"on what the class lapses, where no day can be set" maxLength:"500" required:"false"`
	Authority string       `json:"authority" doc:"document of the body that decided it" minLength:"1" maxLength:"200"`
}

// Needs is the paper.
func (c ChangeClass) Needs(s Access, _ domain.Act) []string { return []string{s.Document} }

// Decide lets the registrar enter the change.
func (c ChangeClass) Decide(s Access, act domain.Act) ([]Event, error) {
	if err := s.kept(act); err != nil {
		return nil, err
	}
	if !s.Own {
		return nil, ErrNotSet
	}
	if err := s.term(act, c.Class, c.Until, c.Condition); err != nil {
		return nil, err
	}
	if err := stated("authority", c.Authority); err != nil {
		return nil, err
	}
	return []Event{ClassificationChanged{Was: s.Class, Class: c.Class, Until: c.Until, LapsesAt: lapses(act, c.Until), Condition: c.Condition, Authority: c.Authority}}, nil
}

// ClassificationChanged means the paper has this class from now on.
type ClassificationChanged struct {
	Was       domain.Class   `json:"was"`
	Class     domain.Class   `json:"class"`
	Until     domain.Date    `json:"until"`
	LapsesAt  domain.Instant `json:"lapses_at"`
	Condition string         `json:"condition"`
	Authority string         `json:"authority"`
}

// Evolve sets the class.
func (e ClassificationChanged) Evolve(s Access) Access {
	s.Class, s.Own, s.Until = e.Class, true, e.Until
	return s
}

// Opens has the paper take the class, and waits for the end of the new term.
func (e ClassificationChanged) Opens(r domain.Recorded) []domain.Task {
	return append(lapseTask(r, e.LapsesAt), adopt(r, e.Class))
}

// Settles ends the wait for an old term that was given up.
func (e ClassificationChanged) Settles(r domain.Recorded) []domain.TaskID {
	if e.LapsesAt.IsZero() {
		return []domain.TaskID{lapse(r.Stream)}
	}
	return nil
}

// Lapse notes that the term of the class is over (自行解密). Only the schedule gives it.
type Lapse struct{}

// Decide notes it once, at 24:00 of the last day or later.
func (c Lapse) Decide(s Access, act domain.Act) ([]Event, error) {
	switch {
	case act.Person():
		return nil, ErrFollower
	case s.Until.IsZero() || act.Occurred.Before(s.Until.End(act.Zone)):
		return nil, nil
	}
	return []Event{ClassificationLapsed{Was: s.Class, Class: domain.Internal}}, nil
}

// ClassificationLapsed means the paper is no longer of the class. It stays inside the office and its scope stands: to
// disclose it is another decision (R159).
type ClassificationLapsed struct {
	Was   domain.Class `json:"was"`
	Class domain.Class `json:"class"`
}

// Evolve takes the class away.
func (e ClassificationLapsed) Evolve(s Access) Access {
	s.Class, s.Own, s.Until = e.Class, true, domain.Date{}
	return s
}

// Opens has the paper take the class.
func (e ClassificationLapsed) Opens(r domain.Recorded) []domain.Task {
	return []domain.Task{adopt(r, e.Class)}
}

// Settles ends the wait.
func (e ClassificationLapsed) Settles(r domain.Recorded) []domain.TaskID {
	return []domain.TaskID{lapse(r.Stream)}
}

// SetScope names the persons who may know the paper (知悉范围).
type SetScope struct {
	Persons   []string `json:"persons" doc:"ids of the persons" minItems:"1" maxItems:"500"`
	Authority string   `json:"authority" doc:"what it rests on" minLength:"1" maxLength:"200"`
}

// Decide lets who sets scopes name active persons, once (sec.scope.setBy).
func (c SetScope) Decide(s Access, act domain.Act) ([]Event, error) {
	if err := s.set(act); err != nil {
		return nil, err
	}
	if s.Scoped {
		return nil, ErrScopeSet
	}
	people := slices.Compact(slices.Sorted(slices.Values(c.Persons)))
	if len(people) == 0 {
		return nil, ErrMissing.With("field", "persons")
	}
	if err := known(act, people...); err != nil {
		return nil, err
	}
	if err := stated("authority", c.Authority); err != nil {
		return nil, err
	}
	return []Event{ScopeSet{Persons: people, Authority: c.Authority}}, nil
}

// ScopeSet means these persons may know the paper, and nobody else.
type ScopeSet struct {
	Persons   []string `json:"persons"`
	Authority string   `json:"authority"`
}

// Evolve sets the scope.
func (e ScopeSet) Evolve(s Access) Access {
	s.Scope, s.Scoped = slices.Clone(e.Persons), true
	return s
}

// ExtendScope adds a person to the scope, naming who authorised it.
type ExtendScope struct {
	Person    string `json:"person" minLength:"1" maxLength:"60"`
	Authority string `json:"authority" doc:"what it rests on" minLength:"1" maxLength:"200"`
}

// Decide adds an active person.
func (c ExtendScope) Decide(s Access, act domain.Act) ([]Event, error) {
	if err := s.set(act); err != nil {
		return nil, err
	}
	switch {
	case !s.Scoped:
		return nil, ErrScopeNotSet
	case slices.Contains(s.Scope, c.Person):
		return nil, ErrKnown.With("person", c.Person)
	}
	if err := known(act, c.Person); err != nil {
		return nil, err
	}
	if err := stated("authority", c.Authority); err != nil {
		return nil, err
	}
	return []Event{ScopeExtended(c)}, nil
}

// ScopeExtended means this person may know the paper too.
type ScopeExtended struct {
	Person    string `json:"person"`
	Authority string `json:"authority"`
}

// Evolve adds the person.
func (e ScopeExtended) Evolve(s Access) Access {
	s.Scope, s.Scoped = append(slices.Clip(s.Scope), e.Person), true
	return s
}

// ReduceScope takes a person out of the scope, with whatever he was granted beside it.
type ReduceScope struct {
	Person string `json:"person" minLength:"1" maxLength:"60"`
	Reason string `json:"reason" minLength:"1" maxLength:"1000"`
}

// Decide takes the person out at once; what becomes of a viewing that is open, the office lays down
// (sec.session.onScopeLoss, G18).
func (c ReduceScope) Decide(s Access, act domain.Act) ([]Event, error) {
	if err := s.set(act); err != nil {
		return nil, err
	}
	if !s.Scoped {
		return nil, ErrScopeNotSet
	}
	if !slices.Contains(s.Scope, c.Person) && !s.granted(c.Person, act.Received) {
		return nil, nil
	}
	if err := stated("reason", c.Reason); err != nil {
		return nil, err
	}
	e := ScopeReduced(c)
	return append([]Event{e}, e.Evolve(s).lost(act, c.Person)...), nil
}

// ScopeReduced means this person may no longer know the paper.
type ScopeReduced struct {
	Person string `json:"person"`
	Reason string `json:"reason"`
}

// Evolve takes the person and his grants away.
func (e ScopeReduced) Evolve(s Access) Access {
	s.Scope = slices.DeleteFunc(slices.Clone(s.Scope), func(p string) bool { return p == e.Person })
	s.Grants = maps.Clone(s.Grants)
	maps.DeleteFunc(s.Grants, func(_ string, g Grant) bool { return g.Person == e.Person })
	return s
}

// lost closes the open viewings of a person who is outside the scope from now on, where the office lets none go on.
func (s Access) lost(act domain.Act, person string) (closed []Event) {
	if slices.Contains(s.Scope, person) || s.granted(person, act.Received) {
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(s.Views)) {
		if v := s.Views[id]; v.Person == person && OnScopeLoss.Of(act) != UntilClosed {
			closed = append(closed, ViewClosed{View: id, Person: person, Cause: ByScope, OpenedAt: v.Opened, At: act.Occurred})
		}
	}
	return closed
}

// RequestAccess asks to see a paper that one may not know (借阅申请).
type RequestAccess struct {
	Reason string `json:"reason" doc:"what the paper is needed for" minLength:"1" maxLength:"1000"`
}

// Decide takes a request of an active person who is no officer.
func (c RequestAccess) Decide(s Access, act domain.Act) ([]Event, error) {
	if err := s.begun(act); err != nil {
		return nil, err
	}
	if err := known(act, act.Actor.Person); err != nil {
		return nil, err
	}
	if err := stated("reason", c.Reason); err != nil {
		return nil, err
	}
	return []Event{Requested{Request: act.NewID("request"), Person: act.Actor.Person, Reason: c.Reason}}, nil
}

// Requested means the person waits for a decision.
type Requested struct {
	Request string `json:"request"`
	Person  string `json:"person"`
	Reason  string `json:"reason"`
}

// Evolve adds the request.
func (e Requested) Evolve(s Access) Access {
	s.Requests = with(s.Requests, e.Request, Request{Person: e.Person})
	return s
}

// GrantAccess grants a request, for a time.
type GrantAccess struct {
	Request string      `json:"request" minLength:"1" maxLength:"60"`
	Until   domain.Date `json:"until" doc:"last day; empty: no end" required:"false"`
}

// Decide lets who sets the scope grant what another asked for. It extends need to know, never clearance.
func (c GrantAccess) Decide(s Access, act domain.Act) ([]Event, error) {
	if err := s.set(act); err != nil {
		return nil, err
	}
	r, ok := s.Requests[c.Request]
	if !ok {
		return nil, ErrNoRequest
	}
	if org.Context.In(act, org.Stream(act.Office)).OwnRequest(act.Actor, r.Person, domain.DateOf(act.Received.Time, act.Zone)) {
		return nil, ErrOwnRequest
	}
	return []Event{Granted{Request: c.Request, Person: r.Person, Until: lapses(act, c.Until)}}, nil
}

// Granted means the person may know the paper until then. The request names the grant.
type Granted struct {
	Request string         `json:"request"`
	Person  string         `json:"person"`
	Until   domain.Instant `json:"until"`
}

// Evolve adds the grant.
func (e Granted) Evolve(s Access) Access {
	s.Requests = without(s.Requests, e.Request)
	s.Grants = with(s.Grants, e.Request, Grant{Person: e.Person, Until: e.Until})
	return s
}

// DenyRequest denies a request, with the reason.
type DenyRequest struct {
	Request string `json:"request" minLength:"1" maxLength:"60"`
	Reason  string `json:"reason" minLength:"1" maxLength:"1000"`
}

// Decide lets who sets the scope deny it.
func (c DenyRequest) Decide(s Access, act domain.Act) ([]Event, error) {
	if err := s.set(act); err != nil {
		return nil, err
	}
	r, ok := s.Requests[c.Request]
	if !ok {
		return nil, ErrNoRequest
	}
	if err := stated("reason", c.Reason); err != nil {
		return nil, err
	}
	return []Event{RequestDenied{Request: c.Request, Person: r.Person, Reason: c.Reason}}, nil
}

// RequestDenied means the person was told no.
type RequestDenied struct {
	Request string `json:"request"`
	Person  string `json:"person"`
	Reason  string `json:"reason"`
}

// Evolve takes the request away.
func (e RequestDenied) Evolve(s Access) Access { s.Requests = without(s.Requests, e.Request); return s }

// RevokeAccess takes a grant back.
type RevokeAccess struct {
	Grant  string `json:"grant" doc:"the request that was granted" minLength:"1" maxLength:"60"`
	Reason string `json:"reason" minLength:"1" maxLength:"1000"`
}

// Decide takes it back at once, as ReduceScope does.
func (c RevokeAccess) Decide(s Access, act domain.Act) ([]Event, error) {
	if err := s.set(act); err != nil {
		return nil, err
	}
	g, ok := s.Grants[c.Grant]
	if !ok {
		return nil, ErrNoGrant
	}
	if err := stated("reason", c.Reason); err != nil {
		return nil, err
	}
	e := Revoked{Grant: c.Grant, Person: g.Person, Reason: c.Reason}
	return append([]Event{e}, e.Evolve(s).lost(act, g.Person)...), nil
}

// Revoked means the grant is no more.
type Revoked struct {
	Grant  string `json:"grant"`
	Person string `json:"person"`
	Reason string `json:"reason"`
}

// Evolve takes the grant away.
func (e Revoked) Evolve(s Access) Access { s.Grants = without(s.Grants, e.Grant); return s }
