// Package approvals is how the office decides (拟办、批办、签批、会签): a case goes step by step to the posts that the
// authority table names, and whoever holds such a post approves, disapproves, sends it back or writes an instruction.
// Each opinion keeps who gave it, as whom and what was on the screen; a correction stands beside it and changes nothing
// of it. Time only moves a case to the next post up: nothing is ever approved but by a person or by the recorded
// decision of a meeting, and never by the one who asks.
package approvals

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"andu/domain"
	"andu/domain/org"
)

// Context lists every event of an approval case.
var Context = domain.Context[Case]{
	Name: "approval",
	Events: []domain.Schema[Case]{
		{Name: "approval.opened", Version: 1, Type: Opened{}, By: []Command{OpenCase{}}, Sealed: true},
		{Name: "approval.route-resolved", Version: 1, Type: RouteResolved{}, By: []Command{OpenCase{}, Route{}}},
		{Name: "approval.step-routed", Version: 1, Type: StepRouted{}, By: []Command{OpenCase{}, Route{}, ReviewLegality{}, Approve{},
			WriteInstruction{}, ReturnToStep{}, AddSigner{}, ProposeOpinion{}, RecordBodyDecision{}}},
		{Name: "approval.step-skipped", Version: 1, Type: StepSkipped{}, By: []Command{OpenCase{}, Route{}, ReviewLegality{}, Approve{},
			WriteInstruction{}, ReturnToStep{}, RecordBodyDecision{}}},
		{Name: "approval.step-seen", Version: 1, Type: StepSeen{}, By: []Command{See{}}},
		{Name: "approval.legality-reviewed", Version: 1, Type: LegalityReviewed{}, By: []Command{ReviewLegality{}}, Sealed: true},
		{Name: "approval.approved", Version: 1, Type: Approved{}, By: []Command{Approve{}}, Sealed: true},
		{Name: "approval.disapproved", Version: 1, Type: Disapproved{}, By: []Command{Disapprove{}}, Sealed: true},
		{Name: "approval.returned-to-step", Version: 1, Type: ReturnedToStep{}, By: []Command{ReturnToStep{}}, Sealed: true},
		{Name: "approval.instruction-written", Version: 1, Type: InstructionWritten{}, By: []Command{WriteInstruction{}}, Sealed: true},
		{Name: "approval.opinion-corrected", Version: 1, Type: OpinionCorrected{}, By: []Command{CorrectOpinion{}}, Sealed: true},
		{Name: "approval.countersign-completed", Version: 1, Type: CountersignCompleted{}, By: []Command{Approve{}, WriteInstruction{}}},
		{Name: "approval.signer-added", Version: 1, Type: SignerAdded{}, By: []Command{AddSigner{}, ProposeOpinion{}}, Sealed: true},
		{Name: "approval.step-transferred", Version: 1, Type: StepTransferred{}, By: []Command{Transfer{}}, Sealed: true},
		{Name: "approval.step-entrusted", Version: 1, Type: StepEntrusted{}, By: []Command{Entrust{}}, Sealed: true},
		{Name: "approval.step-reminded", Version: 1, Type: StepReminded{}, By: []Command{Remind{}}},
		{Name: "approval.step-escalated", Version: 1, Type: StepEscalated{}, By: []Command{Escalate{}}},
		{Name: "approval.finding-raised", Version: 1, Type: FindingRaised{}, By: []Command{Escalate{}, OpenCase{}, Route{}, ReviewLegality{},
			Approve{}, WriteInstruction{}, ReturnToStep{}, AddSigner{}, ProposeOpinion{}, RecordBodyDecision{}}},
		{Name: "approval.dispute-raised", Version: 1, Type: DisputeRaised{}, By: []Command{RaiseDispute{}}, Sealed: true},
		{Name: "approval.opinion-proposed", Version: 1, Type: OpinionProposed{}, By: []Command{ProposeOpinion{}}, Sealed: true},
		{Name: "approval.decided-by-meeting", Version: 1, Type: DecidedByMeeting{}, By: []Command{RecordBodyDecision{}}, Sealed: true},
		{Name: "approval.withdrawn", Version: 1, Type: Withdrawn{}, By: []Command{Withdraw{}}, Sealed: true},
		{Name: "approval.closed", Version: 1, Type: Closed{}, By: []Command{Approve{}, WriteInstruction{}, Disapprove{}, RecordBodyDecision{}, Withdraw{}}},
		{Name: "approval.delivered", Version: 1, Type: Delivered{}, By: []Command{Deliver{}}},
		{Name: "approval.refused", Version: 1, Type: domain.Refused[Case]{}, By: []Command{ReviewLegality{}, Approve{}, WriteInstruction{},
			Disapprove{}, ReturnToStep{}, AddSigner{}, Transfer{}, Entrust{}, RaiseDispute{}, RecordBodyDecision{}, CorrectOpinion{}}, Sealed: true},
	},
	Rules: []*domain.Refusal{ErrOpened, ErrClass, ErrClassBelow, ErrForm, ErrNoStep, ErrClosed, ErrNotRouted, ErrApplicant, ErrSelf, ErrAuthority,
		ErrNotYours, ErrGiven, ErrShown, ErrReview, ErrDispute, ErrNoDispute, ErrMeeting, ErrBody, ErrInstruction, ErrReserve, ErrReturn,
		ErrPosts, ErrEntrust, ErrOpinion, ErrAuthor, ErrCorrection, ErrNotDue, ErrDelivery, ErrFollower},
	Keys: []domain.AnyKey{Authority, Bodies, LegalReview, ReviewFirst, Countersigning, Timeout, RemindAfter, EscalateTo, EscalateUp,
		CorrectAfterClose, AutoApprove, SelfApproval, VacantApprover},
	Facts: func(office string) []string { return []string{org.Stream(office)} },
}

// Event and Command are those of an approval case.
type (
	Event   = domain.Event[Case]
	Command = domain.Command[Case]
)

// The policy that an approval reads. Who may decide is read when the request is received; a term runs from when its step
// was routed.
var (
	Authority         = domain.Key[Signers]{Name: "apr.authority[].signer", Moment: domain.ByReceived}       // the steps of a kind of case and the posts that decide each
	Bodies            = domain.Key[[]string]{Name: "apr.authority[].body", Moment: domain.ByReceived}        // the meetings that decide a kind of case, in their order
	LegalReview       = domain.Key[[]string]{Name: "apr.authority[].legalReview", Moment: domain.ByReceived} // the posts that give the legal review of a kind of case; not stated: any holder of a post
	ReviewFirst       = domain.Key[bool]{Name: "rcv.reviewBeforeSign", Moment: domain.ByReceived}            // whether a case of an outgoing paper is reviewed for legality before its first step
	Countersigning    = domain.Key[Method]{Name: "apr.countersign", Moment: domain.ByReceived}               // how several posts of one step decide, where the step itself does not say
	Timeout           = domain.Key[Hours]{Name: "apr.timeout"}                                               // the term of a step, in hours of the clock from when it was routed
	RemindAfter       = domain.Key[Hours]{Name: "apr.remindAfter"}                                           // when those who have not decided are reminded, in hours of the clock from when the step was routed
	EscalateTo        = domain.Key[string]{Name: "apr.escalateTo[]"}                                         // the next post up from a post
	EscalateUp        = domain.Key[string]{Name: "apr.escalateUp[]", Moment: domain.ByReceived}              // the body that a body may pass a matter up to
	CorrectAfterClose = domain.Key[string]{Name: "apr.correctAfterClose", Moment: domain.ByReceived}         // "allowed": an opinion may be corrected after the case is closed
	AutoApprove       = domain.Key[string]{Name: "apr.autoApprove"}                                          // "never"; whatever else is stated is put on record as a finding, and nothing is approved without a person
	SelfApproval      = domain.Key[string]{Name: "org.selfApproval"}                                         // "never": a step that would be decided by its applicant goes to the next post up
	VacantApprover    = domain.Key[string]{Name: "org.vacantApprover"}                                       // "escalate": the step of a vacant post goes to the next post up when its term ends
)

// Words of policy values and of the authority table that the rules know.
const (
	KindInstruction = "收文批示"   // its outcome is the instruction on an incoming paper
	KindDispute     = "有争议的问题" // the office proposes, the leaders decide (R253)

	never    = "never"
	escalate = "escalate"
	allowed  = "allowed"
)

// Signers is who decides cases of one kind, step by step.
type Signers []Signer

// Signer is one step of the authority table: the posts, how several of them decide, the form that the case must have,
// and when the step is needed at all.
type Signer struct {
	Posts []string `json:"posts"`
	Mode  Method   `json:"mode"`
	Form  string   `json:"form"`
	When  When     `json:"when"`
}

// When says which cases need a step: all, those from a class upward, or those that the step before reserved.
type When struct {
	ClassFrom domain.Class `json:"class_from"`
	Reserved  bool         `json:"reserved"`
}

// Check refuses a step without a post, which would be a step that nobody decides.
func (v Signers) Check() error {
	for _, s := range v {
		if len(s.Posts) == 0 || slices.Contains(s.Posts, "") {
			return fmt.Errorf("a step names no post")
		}
		if s.Mode != "" {
			if err := s.Mode.Check(); err != nil {
				return err
			}
		}
		if s.When.ClassFrom.Rank() < 0 {
			return fmt.Errorf("%q is no class", s.When.ClassFrom)
		}
	}
	return nil
}

// Method is how several posts decide one step (会签): all of them in any order, any one of them, or one after another.
type Method string

const (
	All      Method = "all"
	Any      Method = "any"
	Sequence Method = "sequence"
)

// Check knows the three methods.
func (m Method) Check() error {
	if m != All && m != Any && m != Sequence {
		return fmt.Errorf("%q is no method: want all, any or sequence", string(m))
	}
	return nil
}

// Hours is a term in plain hours, nights and holidays included.
type Hours struct {
	Hours int `json:"hours"`
}

// Check refuses a term of nothing, and one of more than ten years.
func (h Hours) Check() error {
	if h.Hours <= 0 || h.Hours > 87_840 {
		return fmt.Errorf("%d hours is no term", h.Hours)
	}
	return nil
}

func (h Hours) after(i domain.Instant) domain.Instant {
	return domain.At(i.Add(time.Duration(h.Hours) * time.Hour))
}

// The rules of this context.
var (
	ErrOpened     = domain.Rule(domain.Conflict, "approval.already-opened", "该审批单已经发起。", "the case is already open")
	ErrClass      = domain.Rule(domain.Invalid, "approval.no-such-class", "密级“{class}”不在法定密级之列。", "{class} is no class that the law knows")
	ErrClassBelow = domain.Rule(domain.Invalid, "approval.class-below-subject", "审批单的密级不得低于所报文件的密级，请按该文件的密级填写。",
		"the case may not have a lower class than the paper it is about: give it the paper's class").By("architecture 3.18")
	ErrForm = domain.Rule(domain.Invalid, "approval.form", "此类事项须采用“{form}”形式，请补齐后再发起。",
		"this kind is asked for in the form {form}: supply it and open the case again").By("APR 2.5")
	ErrNoStep = domain.Rule(domain.Conflict, "approval.no-step", "按权限表，此事没有可走的审批环节，无人可批。",
		"by the authority table no step applies to this case, so nobody could decide it").By("APR 2.5")
	ErrClosed    = domain.Rule(domain.Conflict, "approval.closed", "该审批单已经办结。", "the case is closed")
	ErrNotRouted = domain.Rule(domain.Conflict, "approval.not-routed", "该环节当前不在办理中，请刷新后查看现在的环节。",
		"this is not the step that is being decided: look again which one is")
	ErrApplicant = domain.Rule(domain.Forbidden, "approval.not-applicant", "只有申请人本人可以这样做。", "only the applicant may do this")
	ErrSelf      = domain.Rule(domain.Forbidden, "approval.self", "任何人不得审批本人的事项，经授权、委托亦然；须由上一级岗位办理。",
		"nobody decides his own request, also not through a delegation or an entrusted person; the next post up does").By("G28, APR 2.5, ORG 2.3").OnRecord()
	ErrAuthority = domain.Rule(domain.Forbidden, "approval.outside-authority", "按权限表，此环节不由您的岗位办理。",
		"the authority table does not give this step to your post").By("R183, R208, R258, APR 2.5").OnRecord()
	ErrNotYours = domain.Rule(domain.Forbidden, "approval.not-yours", "此环节不由您办理。", "this step is not yours")
	ErrGiven    = domain.Rule(domain.Conflict, "approval.already-given", "您已对此环节签署意见；如需更正，请另写更正意见。",
		"you have given your opinion on this step; write a correction of it instead")
	ErrShown = domain.Rule(domain.Conflict, "approval.other-version", "您所见的并非送审的版本，请重新打开后再签。",
		"what was on your screen is not the version put up for decision: open it again").By("APR 2.5")
	ErrReview  = domain.Rule(domain.Conflict, "approval.no-review-due", "此单现在不需要审核。", "no review is due in this case").By("rcv.reviewBeforeSign")
	ErrDispute = domain.Rule(domain.Conflict, "approval.in-dispute", "此事有争议，须先由办公室提出处理意见，再报领导决策。",
		"the case is in dispute: the office proposes an opinion first, then the leaders decide").By("R253")
	ErrNoDispute = domain.Rule(domain.Conflict, "approval.no-dispute", "此单没有待提处理意见的争议。", "no dispute of this case waits for an opinion").By("R253")
	ErrMeeting   = domain.Rule(domain.Conflict, "approval.by-meeting", "此环节由会议决定，请记录会议决定。",
		"a meeting decides this step: record its decision").By("APR 2.5, C28")
	ErrBody = domain.Rule(domain.Forbidden, "approval.other-body", "此环节由{body}决定，须按先后次序记录。",
		"{body} decides this step; bodies decide in their order").By("C28").OnRecord()
	ErrInstruction = domain.Rule(domain.Invalid, "approval.instruction-due", "收文批示须写明批示意见。",
		"an incoming paper is decided by a written instruction").By("R250")
	ErrReserve = domain.Rule(domain.Invalid, "approval.nothing-to-reserve", "此单之后没有可提请的环节。",
		"no later step decides what is reserved")
	ErrReturn  = domain.Rule(domain.Invalid, "approval.return", "只能退回申请人（0）或前面的环节。", "a case goes back to the applicant (0) or to an earlier step")
	ErrPosts   = domain.Rule(domain.Invalid, "approval.posts", "请写明加签岗位，且不得重复。", "name the posts to be added, each once")
	ErrEntrust = domain.Rule(domain.Forbidden, "approval.entrust", "只有本岗位任职人可以委托他人，受托人不得再委托。",
		"only the holder of the post entrusts the step, to somebody else; who is entrusted or delegated does not pass it on").By("ORG 2.3")
	ErrOpinion = domain.Rule(domain.Invalid, "approval.no-such-opinion", "此单没有这条意见，请按意见现在的编号更正。",
		"there is no such opinion; name it by its own id or by that of its last correction").By("G16")
	ErrAuthor     = domain.Rule(domain.Forbidden, "approval.not-author", "意见只能由本人更正。", "an opinion is corrected only by the person who gave it").By("G16").OnRecord()
	ErrCorrection = domain.Rule(domain.Conflict, "approval.correct-after-close", "按本单位制度，办结后不得更正意见。",
		"by the office's policy an opinion is not corrected after the case is closed").By("apr.correctAfterClose, G16").OnRecord()
	ErrNotDue   = domain.Rule(domain.Conflict, "approval.not-due", "时限未到。", "the term has not run out").By("apr.timeout, apr.remindAfter")
	ErrFollower = domain.Rule(domain.Forbidden, "approval.by-itself", "送达由系统自动记录，无须人工办理。", "the delivery is recorded by itself; nobody does it by hand")
	ErrDelivery = domain.Rule(domain.Conflict, "approval.no-delivery", "此单没有待送达的批示结果。", "no outcome of this case waits to be delivered")
)

// Where a step stands.
const (
	Waiting = "waiting"
	Routed  = "routed"
	Done    = "decided"
	Skipped = "skipped"
)

// Outcomes of a case.
const (
	OutcomeApproved    = "approved"
	OutcomeDisapproved = "disapproved"
	OutcomeWithdrawn   = "withdrawn"
)

// Case is what the rules know of one approval.
type Case struct {
	Kind      string // index of the authority table; "" before the case is opened
	Subject   string // stream of what is decided about; "" for a request that is its own text
	Digest    string // of the version put up for decision
	Applicant string // person
	Class     domain.Class
	Form      string
	Outgoing  bool   // 审核 comes before 签发
	ReviewDue bool   // not routed until somebody has reviewed it
	Returned  bool   // back with the applicant
	Reserved  int    // the step that reserved it for the one above; 0: none
	Dispute   string // id of a dispute that waits for an opinion
	Steps     []Step // in the order in which they are decided
	Last      int    // the last step number given
	Opinions  []Opinion
	Latest    map[string]string // opinion id → event id of its last correction
	Outcome   string
	Delivered bool
}

// Step is one step of a case. Its number is given once and never reused; its place is its index in Case.Steps.
type Step struct {
	No          int
	Kind        string // index of the authority table that names it; "" when a signer added it
	Body        string // the meeting that decides it; "" when posts do
	Mode        Method
	When        When
	Seats       []Seat
	Status      string
	Due, Remind domain.Instant // zero: no term runs
	Seen        []string       // persons
	Reminded    bool
	Stuck       bool // nobody above could be found: a finding says so
}

// Seat is one post's part in a step. For is the post that the table or the signer named; Post is whose turn it is now,
// after a transfer or an escalation.
type Seat struct {
	For, Post              string
	Asked, Decided         bool
	Entrusted, EntrustedBy string // persons
}

// Closed tells whether the case has its outcome.
func (s Case) Closed() bool { return s.Outcome != "" }

// About is the record that the case decides about, "" for a request that is its own text.
func (s Case) About() string { return s.Subject }

// ClassOf is the degree of confidentiality of the case.
func (s Case) ClassOf() domain.Class { return s.Class }

// Approved tells whether the case was approved.
func (s Case) Approved() bool { return s.Outcome == OutcomeApproved }

// Current is the step that is being decided.
func (s Case) Current() (Step, bool) {
	if i := s.current(); i >= 0 {
		return s.Steps[i], true
	}
	return Step{}, false
}

// MustAct lists the posts whose turn it is.
func (s Case) MustAct() (posts []string) {
	st, _ := s.Current()
	for _, seat := range st.Seats {
		if seat.Asked && !seat.Decided && !slices.Contains(posts, seat.Post) {
			posts = append(posts, seat.Post)
		}
	}
	return posts
}

// Instruction is the last instruction written in the case, as corrected: what a follower records in the paper.
func (s Case) Instruction() (Opinion, bool) {
	for _, o := range slices.Backward(s.Opinions) {
		if o.Decision == DecisionInstructed {
			return o, true
		}
	}
	return Opinion{}, false
}

// Deciding finds the opinion by the event that gave the outcome.
func (s Case) Deciding(event string) (Opinion, bool) {
	for _, o := range s.Opinions {
		if o.ID == event {
			return o, true
		}
	}
	return Opinion{}, false
}

// Handlers are the posts whose turn it is or was: of a classified case they alone see the content.
func (s Case) Handlers() (posts []string) {
	for _, st := range s.Steps {
		for _, seat := range st.Seats {
			posts = append(posts, seat.For, seat.Post)
		}
	}
	slices.Sort(posts)
	return slices.DeleteFunc(slices.Compact(posts), func(p string) bool { return p == "" })
}

// Opinion finds an opinion by its id, as corrected.
func (s Case) Opinion(id string) (Opinion, bool) {
	i := slices.IndexFunc(s.Opinions, func(o Opinion) bool { return o.ID == id })
	if i < 0 {
		return Opinion{}, false
	}
	return s.Opinions[i], true
}

// Status is the catalogue's word for where the case stands.
func (s Case) Status() string {
	switch {
	case s.Kind == "":
		return ""
	case s.Outcome != "":
		return s.Outcome
	case s.Returned:
		return "returned"
	case s.current() >= 0:
		return "routed"
	}
	return "opened"
}

func (s Case) current() int {
	return slices.IndexFunc(s.Steps, func(st Step) bool { return st.Status == Routed })
}

func (s Case) index(no int) int {
	return slices.IndexFunc(s.Steps, func(st Step) bool { return st.No == no })
}

// needs tells whether the case needs a step; cause is why not.
func (s Case) needs(w When) (cause string) {
	if w.ClassFrom != "" && s.Class.Rank() < w.ClassFrom.Rank() {
		return "class_from " + string(w.ClassFrom)
	}
	if w.Reserved && s.Reserved == 0 {
		return "reserved"
	}
	return ""
}

// with changes a copy of one step.
func (s Case) with(no int, change func(*Step)) Case {
	i := s.index(no)
	if i < 0 {
		return s
	}
	s.Steps = slices.Clone(s.Steps)
	st := &s.Steps[i]
	st.Seats = slices.Clone(st.Seats)
	change(st)
	return s
}

func (st *Step) seat(post string) *Seat {
	for i := range st.Seats {
		if st.Seats[i].For == post {
			return &st.Seats[i]
		}
	}
	return &Seat{} // a seat that is not there takes no effect
}

// begun refuses what no longer or not yet concerns the case.
func (s Case) begun() error {
	if s.Kind == "" {
		return domain.ErrNoStream
	}
	if s.Closed() {
		return ErrClosed
	}
	return nil
}

// OpenCase puts something up for decision. The actor is the applicant; a follower names the person whose proposal it
// hands on.
type OpenCase struct {
	Kind     string       `json:"kind" doc:"index of the office's authority table, such as 其他文件" minLength:"1" maxLength:"100"`
	Subject  string       `json:"subject" doc:"stream of what is decided about" maxLength:"100" required:"false"`
	Revision int64        `json:"revision" doc:"its revision put up for decision" required:"false"`
	Digest   string       `json:"digest" doc:"digest of the version put up for decision" maxLength:"200" required:"false"`
	Title    string       `json:"title" minLength:"1" maxLength:"500"`
	Class    domain.Class `json:"class" doc:"degree of confidentiality" maxLength:"20" required:"false"`
	Form     string       `json:"form" doc:"form of the request, such as written" maxLength:"40" required:"false"`
	Outgoing bool         `json:"outgoing" doc:"a paper that leaves the office: reviewed before it is signed, where policy says so" required:"false"`
	Amount   domain.Money `json:"amount" doc:"yuan with two decimals" required:"false"`
	Text     string       `json:"text" doc:"what is asked" maxLength:"4000" required:"false"`

	Applicant string `json:"applicant" doc:"for the system alone: the person whose proposal it hands on" maxLength:"100" required:"false"`
}

// Needs is the subject, whose class the case may not fall below.
func (c OpenCase) Needs(Case, domain.Act) []string {
	if c.Subject == "" {
		return nil
	}
	return []string{c.Subject}
}

// Decide opens a case only where the authority table says who decides it (G30: a blank row refuses the act).
func (c OpenCase) Decide(s Case, act domain.Act) ([]Event, error) {
	applicant := by(act)
	if !act.Person() {
		applicant = By{Person: c.Applicant}
	}
	switch {
	case applicant.Person == "" || applicant.Person == domain.System:
		return nil, domain.ErrSystem
	case c.Applicant != "" && c.Applicant != applicant.Person:
		return nil, ErrApplicant
	case s.Kind != "":
		return nil, ErrOpened
	case c.Class.Rank() < 0:
		return nil, ErrClass.With("class", string(c.Class))
	case c.Subject != "" && act.ClassOf(c.Subject).Rank() > c.Class.Rank():
		return nil, ErrClassBelow
	}
	opened := Opened{Kind: c.Kind, Subject: c.Subject, Revision: c.Revision, Digest: c.Digest, Title: c.Title, Class: c.Class,
		Form: c.Form, Outgoing: c.Outgoing, Amount: c.Amount, Text: c.Text, Applicant: applicant}
	route, err := opened.Evolve(s).resolve(act, c.Revision, c.Digest)
	if err != nil {
		return nil, err
	}
	return s.proceed(act, opened, route), nil
}

// Opened means that the office owes the applicant a decision.
type Opened struct {
	Kind      string       `json:"kind"`
	Subject   string       `json:"subject"`
	Revision  int64        `json:"revision"`
	Digest    string       `json:"digest"`
	Title     string       `json:"title"`
	Class     domain.Class `json:"class"`
	Form      string       `json:"form"`
	Outgoing  bool         `json:"outgoing"`
	Amount    domain.Money `json:"amount"`
	Text      string       `json:"text"`
	Applicant By           `json:"applicant"`
}

// Evolve opens the case; a case about a dispute waits for the office's proposal.
func (e Opened) Evolve(s Case) Case {
	s.Kind, s.Subject, s.Digest, s.Applicant = e.Kind, e.Subject, e.Digest, e.Applicant.Person
	s.Class, s.Form, s.Outgoing = e.Class, e.Form, e.Outgoing
	if e.Kind == KindDispute {
		s.Dispute = KindDispute
	}
	return s
}

// Route puts the case up anew: after it came back, or when the authority table has changed. Opinions given stay.
type Route struct {
	Revision int64  `json:"revision" doc:"revision of the subject put up now" required:"false"`
	Digest   string `json:"digest" doc:"digest of the version put up now" maxLength:"200" required:"false"`
}

// Decide lets only the applicant put his case up anew.
func (c Route) Decide(s Case, act domain.Act) ([]Event, error) {
	if err := s.begun(); err != nil {
		return nil, err
	}
	if !act.Person() {
		return nil, domain.ErrSystem
	}
	if act.Actor.Person != s.Applicant {
		return nil, ErrApplicant
	}
	route, err := s.resolve(act, c.Revision, c.Digest)
	if err != nil {
		return nil, err
	}
	return s.proceed(act, route), nil
}

// resolve reads the route of the case from the authority table: the posts that sign, then the bodies that decide.
func (s Case) resolve(act domain.Act, revision int64, digest string) (RouteResolved, error) {
	e := RouteResolved{Kind: s.Kind, Revision: revision, Digest: digest, Steps: []Planned{}, Policy: act.PolicyVersion()}
	if st, ok := s.Current(); ok {
		e.Replaces = st.No
	}
	var bodies []string
	if Bodies.Has(act, s.Kind) {
		bodies = Bodies.Of(act, s.Kind)
	}
	if len(bodies) == 0 || Authority.Has(act, s.Kind) {
		for _, signer := range Authority.Of(act, s.Kind) {
			if cause := s.needs(When{ClassFrom: signer.When.ClassFrom}); cause == "" && signer.Form != "" && signer.Form != s.Form {
				return e, ErrForm.With("form", signer.Form)
			}
			e.Steps = append(e.Steps, s.plan(act, len(e.Steps), signer))
		}
	}
	for _, body := range bodies {
		e.Steps = append(e.Steps, Planned{Step: s.Last + len(e.Steps) + 1, Posts: []string{}, Body: body})
	}
	if !slices.ContainsFunc(e.Steps, func(p Planned) bool { return s.needs(p.When) == "" }) {
		return e, ErrNoStep
	}
	e.ReviewDue = s.Outgoing && ReviewFirst.Of(act)
	return e, nil
}

func (s Case) plan(act domain.Act, n int, signer Signer) Planned {
	p := Planned{Step: s.Last + n + 1, Posts: []string{}, Mode: signer.Mode, When: signer.When}
	for _, post := range signer.Posts {
		if !slices.Contains(p.Posts, post) {
			p.Posts = append(p.Posts, post)
		}
	}
	if p.Mode == "" && len(p.Posts) > 1 {
		p.Mode = Countersigning.Of(act)
	}
	return p
}

// RouteResolved means that the steps of the case are fixed as the authority table had them at this instant.
type RouteResolved struct {
	Kind      string    `json:"kind"`
	Revision  int64     `json:"revision"`
	Digest    string    `json:"digest"`
	Steps     []Planned `json:"steps"`
	ReviewDue bool      `json:"review_due"`
	Replaces  int       `json:"replaces"` // the step that was being decided; 0: none
	Policy    int64     `json:"policy_version"`
}

// Planned is one step of a route before its turn.
type Planned struct {
	Step  int      `json:"step"`
	Posts []string `json:"posts"`
	Body  string   `json:"body"`
	Mode  Method   `json:"mode"`
	When  When     `json:"when"`
}

// Evolve replaces the steps; the opinions stay.
func (e RouteResolved) Evolve(s Case) Case {
	s.Steps, s.Digest, s.Returned, s.ReviewDue, s.Reserved = nil, e.Digest, false, e.ReviewDue, 0
	for _, p := range e.Steps {
		s.Steps = append(s.Steps, p.step(e.Kind))
		s.Last = max(s.Last, p.Step)
	}
	return s
}

func (p Planned) step(kind string) Step {
	st := Step{No: p.Step, Kind: kind, Body: p.Body, Mode: p.Mode, When: p.When, Status: Waiting}
	for _, post := range p.Posts {
		st.Seats = append(st.Seats, Seat{For: post, Post: post})
	}
	return st
}

// Settles ends the terms of the step that the new route replaces.
func (e RouteResolved) Settles(r domain.Recorded) []domain.TaskID { return terms(r, e.Replaces) }

// proceed adds to the events what follows from them by rule: the next step is skipped or routed, or the case is closed.
// It never decides anything: a case is only closed as approved after a person or a meeting decided a step of it.
func (s Case) proceed(act domain.Act, events ...Event) []Event {
	for _, e := range events {
		s = e.Evolve(s)
	}
	add := func(more ...Event) {
		for _, e := range more {
			events, s = append(events, e), e.Evolve(s)
		}
	}
	for !s.Closed() && !s.ReviewDue && !s.Returned {
		if i := s.current(); i >= 0 {
			st := s.Steps[i]
			if st.Body == "" && !slices.ContainsFunc(st.Seats, func(x Seat) bool { return x.Asked && !x.Decided }) {
				add(s.route(act, st)...) // the next of a sequence
			}
			return events
		}
		i := slices.IndexFunc(s.Steps, func(st Step) bool { return st.Status == Waiting })
		switch {
		case i >= 0 && s.needs(s.Steps[i].When) != "":
			add(StepSkipped{Step: s.Steps[i].No, Rule: s.Steps[i].rule(), Reason: s.needs(s.Steps[i].When)})
		case i >= 0:
			add(s.route(act, s.Steps[i])...)
		case slices.ContainsFunc(s.Steps, func(st Step) bool { return st.Status == Done }):
			add(Closed{Outcome: OutcomeApproved, Kind: s.Kind, Subject: s.Subject, Decision: act.EventID(0)})
		default:
			return events
		}
	}
	return events
}

func (st Step) rule() string {
	switch {
	case st.Kind == "":
		return ""
	case st.Body != "":
		return "apr.authority[" + st.Kind + "].body"
	}
	return "apr.authority[" + st.Kind + "].signer"
}

// route asks the posts whose turn it is. A vacant post is asked all the same and its term runs (G28); where the applicant
// holds the post himself, the next post up is asked in its place.
func (s Case) route(act domain.Act, st Step) []Event {
	e := StepRouted{Step: st.No, Body: st.Body, Mode: st.Mode, Rule: st.rule(), Seats: []Asked{}, Policy: act.PolicyVersion()}
	if st.Body != "" {
		return []Event{e}
	}
	var findings []Event
	for _, seat := range st.Seats {
		if seat.Decided {
			continue
		}
		asked := Asked{For: seat.For, Post: seat.Post}
		asked.Vacant, asked.Self = s.absent(act, seat.Post)
		if asked.Self && SelfApproval.Of(act) == never {
			if to, vacant, ok := s.above(act, seat.Post); ok {
				asked.Post, asked.Vacant = to, vacant
			} else {
				findings = append(findings, FindingRaised{Kind: NoApprover, Step: st.No, Post: seat.Post})
			}
		}
		e.Seats = append(e.Seats, asked)
		if st.Mode == Sequence {
			break
		}
	}
	e.Due, e.Remind = Timeout.Of(act).after(act.Occurred), RemindAfter.Of(act).after(act.Occurred)
	return append([]Event{e}, findings...)
}

// absent tells whether nobody could decide for a post: it is vacant, or the applicant holds it.
func (s Case) absent(act domain.Act, post string) (vacant, self bool) {
	holders := org.Context.In(act, org.Stream(act.Office)).Holders(post, act.Today())
	return len(holders) == 0, slices.Contains(holders, s.Applicant)
}

// above finds the next post up by apr.escalateTo. It passes by the applicant, and stops at a vacant post as long as the
// ladder leads on from there; at the top, or where the office names nobody, there is no one.
func (s Case) above(act domain.Act, post string) (to string, vacant, ok bool) {
	passed := []string{post}
	for EscalateTo.Has(act, post) {
		post = EscalateTo.Of(act, post)
		if post == "" || slices.Contains(passed, post) {
			break
		}
		passed = append(passed, post)
		vacant, self := s.absent(act, post)
		switch {
		case self:
			continue
		case vacant && (!EscalateTo.Has(act, post) || EscalateTo.Of(act, post) == ""):
			return "", false, false
		}
		return post, vacant, true
	}
	return "", false, false
}

// StepRouted means that the step lies with these posts, or with this meeting.
type StepRouted struct {
	Step   int            `json:"step"`
	Rule   string         `json:"rule"` // policy key that names the step; "" when a signer added it
	Body   string         `json:"body"`
	Mode   Method         `json:"mode"`
	Seats  []Asked        `json:"seats"`
	Due    domain.Instant `json:"due"`
	Remind domain.Instant `json:"remind"`
	Policy int64          `json:"policy_version"`
}

// Asked is a post whose turn it is: For is the post that the table names, Post the one that is asked.
type Asked struct {
	For    string `json:"for"`
	Post   string `json:"post"`
	Vacant bool   `json:"vacant"`
	Self   bool   `json:"self"` // the applicant holds the post
}

// Evolve makes the step the one that is being decided.
func (e StepRouted) Evolve(s Case) Case {
	return s.with(e.Step, func(st *Step) {
		st.Status, st.Due, st.Remind, st.Reminded, st.Stuck = Routed, e.Due, e.Remind, false, false
		for _, a := range e.Seats {
			seat := st.seat(a.For)
			seat.Post, seat.Asked = a.Post, true
		}
	})
}

// Opens starts the terms of the step.
func (e StepRouted) Opens(r domain.Recorded) []domain.Task { return run(r, e.Step, e.Due, e.Remind) }

// Kinds of tasks.
const (
	TaskRemind  = "approval.remind"
	TaskTimeout = "approval.timeout"
	TaskDeliver = "instruction.record"
)

func run(r domain.Recorded, step int, due, remind domain.Instant) []domain.Task {
	if due.IsZero() {
		return nil
	}
	ids, data := terms(r, step), map[string]string{"step": strconv.Itoa(step)}
	return []domain.Task{
		{TaskID: ids[0], Stream: r.Stream, Due: remind, Data: data},
		{TaskID: ids[1], Stream: r.Stream, Due: due, Data: data},
	}
}

func terms(r domain.Recorded, step int) []domain.TaskID {
	if step == 0 {
		return nil
	}
	key := r.Stream + "/" + strconv.Itoa(step)
	return []domain.TaskID{{Kind: TaskRemind, Key: key}, {Kind: TaskTimeout, Key: key}}
}

// StepSkipped means that the case does not need the step: Reason is the condition of the table that it does not meet.
type StepSkipped struct {
	Step   int    `json:"step"`
	Rule   string `json:"rule"`
	Reason string `json:"reason"`
}

// Evolve passes the step by.
func (e StepSkipped) Evolve(s Case) Case {
	return s.with(e.Step, func(st *Step) { st.Status = Skipped })
}

// Remind asks for the reminder that is due.
type Remind struct {
	Step int `json:"step" doc:"number of the step" minimum:"1"`
}

// Decide reminds once, not before the term of apr.remindAfter.
func (c Remind) Decide(s Case, act domain.Act) ([]Event, error) {
	if s.Kind == "" {
		return nil, domain.ErrNoStream
	}
	st, ok := s.Current()
	switch {
	case !ok || st.No != c.Step || st.Due.IsZero() || st.Reminded:
		return nil, nil
	case act.Occurred.Before(st.Remind.Time):
		return nil, ErrNotDue
	}
	return []Event{StepReminded{Step: st.No, Posts: s.MustAct()}}, nil
}

// StepReminded means that the posts were told that the step still waits.
type StepReminded struct {
	Step  int      `json:"step"`
	Posts []string `json:"posts"`
}

// Evolve notes the reminder.
func (e StepReminded) Evolve(s Case) Case {
	return s.with(e.Step, func(st *Step) { st.Reminded = true })
}

// Settles ends the term of the reminder.
func (e StepReminded) Settles(r domain.Recorded) []domain.TaskID { return terms(r, e.Step)[:1] }

// Escalate moves a step on whose term has run out. The schedule asks for it; a person may ask again where nobody above
// could be found before.
type Escalate struct {
	Step int `json:"step" doc:"number of the step" minimum:"1"`
}

// Decide moves each undecided seat to the next post up, at the instant the term ends and never before. Whatever the
// policy says, it approves nothing (G28).
func (c Escalate) Decide(s Case, act domain.Act) ([]Event, error) {
	if s.Kind == "" {
		return nil, domain.ErrNoStream
	}
	st, ok := s.Current()
	switch {
	case !ok || st.No != c.Step || st.Due.IsZero():
		return nil, nil
	case act.Occurred.Before(st.Due.Time):
		return nil, ErrNotDue
	}
	var findings, moves []Event
	due, remind := Timeout.Of(act).after(act.Occurred), RemindAfter.Of(act).after(act.Occurred)
	for _, seat := range st.Seats {
		if !seat.Asked || seat.Decided {
			continue
		}
		e := StepEscalated{Step: st.No, For: seat.For, From: seat.Post, Cause: []string{TimeOut}, Due: due, Remind: remind, Policy: act.PolicyVersion()}
		vacant, self := s.absent(act, seat.Post)
		if self {
			e.Cause = []string{Self, TimeOut}
		}
		var found bool
		if vacant {
			e.Cause = []string{Vacant, TimeOut}
		}
		if !vacant || VacantApprover.Of(act) == escalate {
			e.To, e.Vacant, found = s.above(act, seat.Post)
		}
		if found {
			moves = append(moves, e)
		} else if !st.Stuck {
			findings = append(findings, FindingRaised{Kind: NoApprover, Step: st.No, Post: seat.Post})
		}
	}
	if AutoApprove.Of(act) != never && len(findings)+len(moves) > 0 {
		findings = append(findings, FindingRaised{Kind: AutoApproval, Step: st.No, Post: ""})
	}
	return append(findings, moves...), nil
}

// Causes of an escalation.
const (
	Vacant  = "vacant"
	Self    = "self"
	TimeOut = "time-out"
)

// StepEscalated means that the next post up decides in the place of the post before, with a new term.
type StepEscalated struct {
	Step   int            `json:"step"`
	For    string         `json:"for"`
	From   string         `json:"from"`
	To     string         `json:"to"`
	Cause  []string       `json:"cause"`
	Vacant bool           `json:"vacant"` // the post above is vacant too
	Due    domain.Instant `json:"due"`
	Remind domain.Instant `json:"remind"`
	Policy int64          `json:"policy_version"`
}

// Evolve moves the seat; what was entrusted by the post before ends.
func (e StepEscalated) Evolve(s Case) Case { return s.move(e.Step, e.For, e.To, e.Due, e.Remind) }

func (s Case) move(step int, of, to string, due, remind domain.Instant) Case {
	return s.with(step, func(st *Step) {
		seat := st.seat(of)
		seat.Post, seat.Entrusted, seat.EntrustedBy = to, "", ""
		st.Due, st.Remind, st.Reminded, st.Stuck = due, remind, false, false
	})
}

// Opens starts the terms anew.
func (e StepEscalated) Opens(r domain.Recorded) []domain.Task { return run(r, e.Step, e.Due, e.Remind) }

// Kinds of findings.
const (
	NoApprover   = "noApprover"
	AutoApproval = "autoApproval" // the office's policy asks for what no policy can have
)

// FindingRaised means that the case waits and somebody has to look: nobody above Post can decide the step, or the policy
// states an approval without a person, which is never given.
type FindingRaised struct {
	Kind string `json:"kind"`
	Step int    `json:"step"`
	Post string `json:"post"`
}

// Evolve notes that the step has nobody above.
func (e FindingRaised) Evolve(s Case) Case {
	return s.with(e.Step, func(st *Step) { st.Stuck = st.Stuck || e.Kind == NoApprover })
}

// Settles ends the term: the step waits for a person.
func (e FindingRaised) Settles(r domain.Recorded) []domain.TaskID {
	if e.Kind != NoApprover || e.Step == 0 {
		return nil
	}
	return terms(r, e.Step)[1:]
}

// Withdraw takes the case back.
type Withdraw struct {
	Reason string `json:"reason" maxLength:"1000" required:"false"`
}

// Decide lets only the applicant withdraw.
func (c Withdraw) Decide(s Case, act domain.Act) ([]Event, error) {
	if err := s.begun(); err != nil {
		return nil, err
	}
	if act.Actor.Person != s.Applicant {
		return nil, ErrApplicant
	}
	st, _ := s.Current()
	return []Event{
		Withdrawn{By: by(act), Reason: c.Reason, Step: st.No},
		Closed{Outcome: OutcomeWithdrawn, Kind: s.Kind, Subject: s.Subject, Decision: act.EventID(0)},
	}, nil
}

// Withdrawn means that the applicant no longer asks. What was said stays.
type Withdrawn struct {
	By     By     `json:"by"`
	Reason string `json:"reason"`
	Step   int    `json:"step"` // the step that was being decided; 0: none
}

// Evolve takes the step from the desks.
func (e Withdrawn) Evolve(s Case) Case {
	return s.with(e.Step, func(st *Step) { st.Status = Waiting })
}

// Settles ends the terms of the step.
func (e Withdrawn) Settles(r domain.Recorded) []domain.TaskID { return terms(r, e.Step) }

// Closed means that the case has its outcome for good. Decision is the event that gave it.
type Closed struct {
	Outcome  string `json:"outcome"`
	Kind     string `json:"kind"`
	Subject  string `json:"subject"`
	Decision string `json:"decision"`
}

// Evolve closes the case.
func (e Closed) Evolve(s Case) Case { s.Outcome = e.Outcome; return s }

// Opens has the instruction, or the no, recorded in the paper that it was written on.
func (e Closed) Opens(r domain.Recorded) []domain.Task {
	if e.Kind != KindInstruction || (e.Outcome != OutcomeApproved && e.Outcome != OutcomeDisapproved) || e.Subject == "" {
		return nil
	}
	return []domain.Task{{TaskID: domain.TaskID{Kind: TaskDeliver, Key: r.Stream}, Stream: r.Stream,
		Data: map[string]string{"subject": e.Subject, "decision": e.Decision}}}
}

// Deliver records that the outcome stands in the subject's own stream.
type Deliver struct {
	Revision int64 `json:"revision" doc:"revision of the subject's stream that holds it"`
}

// Decide takes it from the follower only, once.
func (c Deliver) Decide(s Case, act domain.Act) ([]Event, error) {
	switch {
	case s.Kind == "":
		return nil, domain.ErrNoStream
	case s.Delivered:
		return nil, nil
	case act.Person():
		return nil, ErrFollower
	case (s.Outcome != OutcomeApproved && s.Outcome != OutcomeDisapproved) || s.Kind != KindInstruction || s.Subject == "":
		return nil, ErrDelivery
	}
	return []Event{Delivered{Subject: s.Subject, Revision: c.Revision}}, nil
}

// Delivered means that the outcome stands in the paper's record.
type Delivered struct {
	Subject  string `json:"subject"`
	Revision int64  `json:"revision"`
}

// Evolve notes the delivery.
func (e Delivered) Evolve(s Case) Case { s.Delivered = true; return s }

// Settles ends the follower's task.
func (e Delivered) Settles(r domain.Recorded) []domain.TaskID {
	return []domain.TaskID{{Kind: TaskDeliver, Key: r.Stream}}
}
