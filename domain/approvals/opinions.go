package approvals

import (
	"maps"
	"slices"
	"strings"

	"andu/domain"
	"andu/domain/org"
)

// By is who did something, and as whom: the post he acted from, the delegation he acted under, and the holder of the
// post who entrusted the step to him.
type By struct {
	Person      string `json:"person"`
	Post        string `json:"post"`
	Delegation  string `json:"delegation"`
	EntrustedBy string `json:"entrusted_by"`
}

func by(act domain.Act) By {
	return By{Person: act.Actor.Person, Post: act.Actor.Post, Delegation: act.Actor.Delegation}
}

// Shown is what was on the screen when an opinion was given: the revision of the case, and revision and digest of the
// version of the subject.
type Shown struct {
	Case    int64  `json:"case" doc:"revision of the case that was shown" required:"false"`
	Subject int64  `json:"subject" doc:"revision of the subject that was shown" required:"false"`
	Digest  string `json:"digest" doc:"digest of the version that was shown" maxLength:"200" required:"false"`
}

// What an opinion decides.
const (
	DecisionReviewed    = "reviewed"    // lawful and in order
	DecisionDoubted     = "doubted"     // not yet
	DecisionApproved    = "approved"    // 同意
	DecisionDisapproved = "disapproved" // 不同意
	DecisionReturned    = "returned"    // 退回
	DecisionInstructed  = "instructed"  // 批示
	DecisionProposed    = "proposed"    // 处理意见
)

// Said is what every opinion keeps. ID is the id of its event for good, also after a correction.
type Said struct {
	ID     string         `json:"id"`
	Step   int            `json:"step"`
	Posts  []string       `json:"posts"` // posts of the step that the opinion speaks for
	By     By             `json:"by"`
	Text   string         `json:"text"`
	Shown  Shown          `json:"shown"`
	At     domain.Instant `json:"at"`
	Policy int64          `json:"policy_version"`
}

// Opinion is one opinion with what it decides.
type Opinion struct {
	Said
	Decision  string      `json:"decision"`
	Completes bool        `json:"completes"` // the step is decided with it
	To        int         `json:"to"`        // returned: the step it goes back to
	Limit     domain.Date `json:"limit"`     // instructed: when it must be done
	Lead      string      `json:"lead"`      // instructed: unit that leads
	Co        []string    `json:"co"`        // instructed: units that take part
	Reserved  bool        `json:"reserved"`  // instructed: the step above decides
}

// hear takes an opinion into the case: what a correction of it has to do again in its place.
func (s Case) hear(o Opinion) Case {
	s.Opinions = append(slices.Clip(s.Opinions), o)
	switch o.Decision {
	case DecisionReviewed:
		s.ReviewDue = false
	case DecisionApproved, DecisionInstructed:
		if o.Reserved {
			s.Reserved = o.Step
		}
		s = s.with(o.Step, func(st *Step) {
			for _, post := range o.Posts {
				st.seat(post).Decided = true
			}
			if o.Completes {
				st.Status = Done
			}
		})
	case DecisionDisapproved:
		s = s.with(o.Step, func(st *Step) { st.Status = Done })
	case DecisionReturned:
		s = s.back(o.To)
	case DecisionProposed:
		s.Dispute = ""
	}
	return s
}

// back puts a step and all after it before their turn again; 0 is the applicant.
func (s Case) back(to int) Case {
	s.Returned = to == 0
	s.Steps = slices.Clone(s.Steps)
	for i := max(s.index(to), 0); i < len(s.Steps); i++ {
		st := &s.Steps[i]
		if st.No == s.Reserved {
			s.Reserved = 0
		}
		st.Status, st.Seen, st.Seats = Waiting, nil, slices.Clone(st.Seats)
		for j := range st.Seats {
			st.Seats[j] = Seat{For: st.Seats[j].For, Post: st.Seats[j].For}
		}
	}
	return s
}

// standing finds the seats of the step that the actor speaks for: by the post whose authority he exercises at this
// instant, or entrusted by its holder. Who asks for the case never has one.
func (s Case) standing(act domain.Act, no int) (st Step, seats []Seat, as By, err error) {
	if err := s.begun(); err != nil {
		return st, nil, as, err
	}
	if !act.Person() {
		return st, nil, as, domain.ErrSystem
	}
	st, ok := s.Current()
	if !ok || st.No != no {
		return st, nil, as, ErrNotRouted
	}
	if act.Actor.Person == s.Applicant {
		return st, nil, as, ErrSelf
	}
	if st.Body != "" {
		return st, nil, as, ErrMeeting
	}
	office := org.Context.In(act, org.Stream(act.Office))
	as = by(act)
	posts := s.posts(act)
	given := false
	for _, seat := range st.Seats {
		if !slices.Contains(posts, seat.Post) {
			continue
		}
		if seat.Decided {
			given = true
		} else if seat.Asked {
			seats = append(seats, seat)
		}
	}
	own := office.OwnRequest(act.Actor, s.Applicant, act.Today())
	switch {
	case len(seats) > 0 && own, act.Actor.Delegation != "" && own:
		return st, nil, as, ErrSelf
	case len(seats) > 0:
		return st, seats, as, nil
	}
	for _, seat := range st.Seats {
		if seat.Asked && !seat.Decided && seat.Entrusted == act.Actor.Person &&
			(as.EntrustedBy == "" || as.EntrustedBy == seat.EntrustedBy) && office.Holds(seat.EntrustedBy, seat.Post, act.Today()) {
			as.EntrustedBy = seat.EntrustedBy
			seats = append(seats, seat)
		}
	}
	switch {
	case len(seats) > 0:
		return st, seats, as, nil
	case given:
		return st, nil, as, ErrGiven
	}
	return st, nil, as, ErrAuthority
}

// posts are those whose authority the actor exercises in the case: his own, and the grantor's under a delegation for
// this kind of matter or for this one subject.
func (s Case) posts(act domain.Act) []string {
	office := org.Context.In(act, org.Stream(act.Office))
	return append(office.Effective(act.Actor, act.Today(), s.Kind), office.Effective(act.Actor, act.Today(), s.Subject)...)
}

// speak is standing for an opinion that decides: the authority table must still give the step to the post, and the
// version on the screen must be the one put up.
func (s Case) speak(act domain.Act, no int, text string, shown Shown) (Said, Step, error) {
	st, seats, as, err := s.standing(act, no)
	if err != nil {
		return Said{}, st, err
	}
	said := s.said(act, as, text, shown)
	said.Step, said.Posts = no, nil
	for _, seat := range seats {
		if st.Kind != "" && !s.listed(act, st.Kind, seat.For) {
			return said, st, ErrAuthority
		}
		said.Posts = append(said.Posts, seat.For)
	}
	if shown.Digest != s.Digest {
		return said, st, ErrShown
	}
	return said, st, nil
}

func (s Case) said(act domain.Act, as By, text string, shown Shown) Said {
	return Said{ID: act.EventID(0), Posts: []string{}, By: as, Text: text, Shown: shown, At: act.Occurred, Policy: act.PolicyVersion()}
}

// listed tells whether the authority table names the post for this case now.
func (s Case) listed(act domain.Act, kind, post string) bool {
	return slices.ContainsFunc(Authority.Of(act, kind), func(signer Signer) bool {
		return s.needs(signer.When) == "" && slices.Contains(signer.Posts, post)
	})
}

// completes tells whether a step is decided once these posts have said yes.
func (st Step) completes(posts []string) bool {
	if st.Mode == Any {
		return true
	}
	return !slices.ContainsFunc(st.Seats, func(x Seat) bool { return !x.Decided && !slices.Contains(posts, x.For) })
}

// consent is a yes to a step and what follows from it.
func (s Case) consent(act domain.Act, st Step, completes bool, e Event) []Event {
	events := []Event{e}
	if completes && len(st.Seats) > 1 {
		events = append(events, CountersignCompleted{Step: st.No, Method: st.Mode})
	}
	return s.proceed(act, events...)
}

// See records that somebody whose turn it is has opened the case.
type See struct {
	Step int `json:"step" doc:"number of the step" minimum:"1"`
}

// Decide notes each person once.
func (c See) Decide(s Case, act domain.Act) ([]Event, error) {
	st, _, as, err := s.standing(act, c.Step)
	switch err {
	case nil:
	case ErrSelf, ErrAuthority:
		return nil, ErrNotYours // looking is no attempt to decide
	default:
		return nil, err
	}
	if slices.Contains(st.Seen, act.Actor.Person) {
		return nil, nil
	}
	return []Event{StepSeen{Step: c.Step, By: as}}, nil
}

// StepSeen means that the case was on the desk of somebody who must decide it.
type StepSeen struct {
	Step int `json:"step"`
	By   By  `json:"by"`
}

// Evolve notes the person.
func (e StepSeen) Evolve(s Case) Case {
	return s.with(e.Step, func(st *Step) { st.Seen = append(slices.Clip(st.Seen), e.By.Person) })
}

// ReviewLegality is the review that comes before a paper is signed (审核).
type ReviewLegality struct {
	OK    bool   `json:"ok" doc:"lawful, true and in order"`
	Text  string `json:"text" maxLength:"4000" required:"false"`
	Shown Shown  `json:"shown"`
}

// Decide takes the review of anybody but the applicant; of the posts of apr.authority[].legalReview only, where the
// office states them.
func (c ReviewLegality) Decide(s Case, act domain.Act) ([]Event, error) {
	if err := s.begun(); err != nil {
		return nil, err
	}
	switch {
	case !act.Person():
		return nil, domain.ErrSystem
	case !s.ReviewDue || s.Returned:
		return nil, ErrReview
	case act.Actor.Person == s.Applicant:
		return nil, ErrSelf
	}
	if LegalReview.Has(act, s.Kind) {
		posts, may := s.posts(act), LegalReview.Of(act, s.Kind)
		if !slices.ContainsFunc(posts, func(p string) bool { return slices.Contains(may, p) }) {
			return nil, ErrAuthority
		}
	}
	if c.Shown.Digest != s.Digest {
		return nil, ErrShown
	}
	return s.proceed(act, LegalityReviewed{Said: s.said(act, by(act), c.Text, c.Shown), OK: c.OK}), nil
}

// LegalityReviewed means that somebody answers for the paper being lawful and in order, or says what is in doubt.
type LegalityReviewed struct {
	Said
	OK bool `json:"ok"`
}

func (e LegalityReviewed) opinion() Opinion {
	o := Opinion{Said: e.Said, Decision: DecisionDoubted}
	if e.OK {
		o.Decision = DecisionReviewed
	}
	return o
}

// Evolve lets the paper go to those who sign it, if it is in order.
func (e LegalityReviewed) Evolve(s Case) Case { return s.hear(e.opinion()) }

// Approve says yes to a step.
type Approve struct {
	Step  int    `json:"step" doc:"number of the step" minimum:"1"`
	Text  string `json:"text" doc:"opinion" maxLength:"4000" required:"false"`
	Shown Shown  `json:"shown"`
}

// Decide takes a yes only from a person who speaks for the step now. A paper that came in is decided by an instruction.
func (c Approve) Decide(s Case, act domain.Act) ([]Event, error) {
	said, st, err := s.speak(act, c.Step, c.Text, c.Shown)
	switch {
	case err != nil:
		return nil, err
	case s.Dispute != "":
		return nil, ErrDispute
	case s.Kind == KindInstruction && st.Kind == KindInstruction:
		return nil, ErrInstruction
	}
	e := Approved{Said: said, Completes: st.completes(said.Posts)}
	return s.consent(act, st, e.Completes, e), nil
}

// Approved means that the person answers for the yes of the post.
type Approved struct {
	Said
	Completes bool `json:"completes"`
}

// Evolve decides the seats.
func (e Approved) Evolve(s Case) Case {
	return s.hear(Opinion{Said: e.Said, Decision: DecisionApproved, Completes: e.Completes})
}

// Settles ends the terms of a decided step.
func (e Approved) Settles(r domain.Recorded) []domain.TaskID {
	if !e.Completes {
		return nil
	}
	return terms(r, e.Step)
}

// WriteInstruction decides a step by a written instruction (批示). On an incoming paper it may set a limit and propose
// the unit that leads.
type WriteInstruction struct {
	Step    int         `json:"step" doc:"number of the step" minimum:"1"`
	Text    string      `json:"text" doc:"the instruction" minLength:"1" maxLength:"4000"`
	Limit   domain.Date `json:"limit" doc:"day by which it must be done" required:"false"`
	Lead    string      `json:"lead" doc:"unit that leads, by id" maxLength:"100" required:"false"`
	Co      []string    `json:"co" doc:"units that take part, by id" maxItems:"50" required:"false"`
	Reserve bool        `json:"reserve" doc:"the step above decides" required:"false"`
	Shown   Shown       `json:"shown"`
}

// Decide takes an instruction only from a person who speaks for the step now.
func (c WriteInstruction) Decide(s Case, act domain.Act) ([]Event, error) {
	said, st, err := s.speak(act, c.Step, c.Text, c.Shown)
	if err != nil {
		return nil, err
	}
	e := InstructionWritten{Said: said, Completes: st.completes(said.Posts), Limit: c.Limit, Lead: c.Lead,
		Co: append([]string{}, c.Co...), Reserved: c.Reserve}
	switch later := s.Steps[s.current()+1:]; {
	case s.Dispute != "":
		return nil, ErrDispute
	case strings.TrimSpace(c.Text) == "":
		return nil, ErrInstruction
	case c.Reserve && !slices.ContainsFunc(later, func(l Step) bool { return l.When.Reserved }):
		return nil, ErrReserve
	}
	return s.consent(act, st, e.Completes, e), nil
}

// InstructionWritten means that the instruction stands, word for word, under the name of the person who wrote it.
type InstructionWritten struct {
	Said
	Completes bool        `json:"completes"`
	Limit     domain.Date `json:"limit"`
	Lead      string      `json:"lead"`
	Co        []string    `json:"co"`
	Reserved  bool        `json:"reserved"`
}

// Evolve decides the seats.
func (e InstructionWritten) Evolve(s Case) Case {
	return s.hear(Opinion{Said: e.Said, Decision: DecisionInstructed, Completes: e.Completes, Limit: e.Limit, Lead: e.Lead,
		Co: e.Co, Reserved: e.Reserved})
}

// Settles ends the terms of a decided step.
func (e InstructionWritten) Settles(r domain.Recorded) []domain.TaskID {
	return Approved{Said: e.Said, Completes: e.Completes}.Settles(r)
}

// Disapprove says no to a step, and so to the case.
type Disapprove struct {
	Step  int    `json:"step" doc:"number of the step" minimum:"1"`
	Text  string `json:"text" doc:"opinion" minLength:"1" maxLength:"4000"`
	Shown Shown  `json:"shown"`
}

// Decide takes a no from whoever could have said yes.
func (c Disapprove) Decide(s Case, act domain.Act) ([]Event, error) {
	said, _, err := s.speak(act, c.Step, c.Text, c.Shown)
	if err != nil {
		return nil, err
	}
	return []Event{Disapproved{Said: said}, Closed{Outcome: OutcomeDisapproved, Kind: s.Kind, Subject: s.Subject, Decision: said.ID}}, nil
}

// Disapproved means that the person answers for the no of the post.
type Disapproved struct{ Said }

// Evolve decides the step.
func (e Disapproved) Evolve(s Case) Case {
	return s.hear(Opinion{Said: e.Said, Decision: DecisionDisapproved, Completes: true})
}

// Settles ends the terms of the step.
func (e Disapproved) Settles(r domain.Recorded) []domain.TaskID { return terms(r, e.Step) }

// ReturnToStep sends the case back to an earlier step, or to the applicant.
type ReturnToStep struct {
	Step  int    `json:"step" doc:"number of the step" minimum:"1"`
	To    int    `json:"to" doc:"number of the earlier step; 0: the applicant" minimum:"0"`
	Text  string `json:"text" doc:"why" minLength:"1" maxLength:"4000"`
	Shown Shown  `json:"shown"`
}

// Decide sends back only, never forward.
func (c ReturnToStep) Decide(s Case, act domain.Act) ([]Event, error) {
	said, _, err := s.speak(act, c.Step, c.Text, c.Shown)
	if err != nil {
		return nil, err
	}
	if to := s.index(c.To); c.To != 0 && (to < 0 || to >= s.current()) {
		return nil, ErrReturn
	}
	return s.proceed(act, ReturnedToStep{Said: said, To: c.To}), nil
}

// ReturnedToStep means that the step and those after it are decided anew. Opinions given and circulations under way stay.
type ReturnedToStep struct {
	Said
	To int `json:"to"`
}

// Evolve puts the steps before their turn again.
func (e ReturnedToStep) Evolve(s Case) Case {
	return s.hear(Opinion{Said: e.Said, Decision: DecisionReturned, To: e.To})
}

// Settles ends the terms of the step that sent it back.
func (e ReturnedToStep) Settles(r domain.Recorded) []domain.TaskID { return terms(r, e.Step) }

// CountersignCompleted means that the posts of a step have decided it together (会签).
type CountersignCompleted struct {
	Step   int    `json:"step"`
	Method Method `json:"method"`
}

// Evolve changes nothing: the opinions have decided the step.
func (e CountersignCompleted) Evolve(s Case) Case { return s }

// CorrectOpinion puts a correction beside an opinion of one's own.
type CorrectOpinion struct {
	Of     string `json:"of" doc:"id of the opinion, or of its last correction" minLength:"1" maxLength:"100"`
	Text   string `json:"text" doc:"the opinion as it should read" minLength:"1" maxLength:"4000"`
	Reason string `json:"reason" maxLength:"1000" required:"false"`
}

// Decide lets only the same person correct the words; what the opinion decided stays, and a closed case stays closed.
func (c CorrectOpinion) Decide(s Case, act domain.Act) ([]Event, error) {
	if s.Kind == "" {
		return nil, domain.ErrNoStream
	}
	if !act.Person() {
		return nil, domain.ErrSystem
	}
	i := slices.IndexFunc(s.Opinions, func(o Opinion) bool { return c.Of != "" && (o.ID == c.Of || s.Latest[o.ID] == c.Of) })
	switch {
	case i < 0:
		return nil, ErrOpinion
	case s.Opinions[i].By.Person != act.Actor.Person:
		return nil, ErrAuthor
	case s.Closed() && CorrectAfterClose.Of(act) != allowed:
		return nil, ErrCorrection
	}
	o := s.Opinions[i]
	o.Text, o.Co = c.Text, append([]string{}, o.Co...)
	return []Event{OpinionCorrected{Of: c.Of, ID: act.EventID(0), Reason: c.Reason, At: act.Received, Opinion: o}}, nil
}

// OpinionCorrected means that the person reads his opinion so. The first stays as it was and is shown beside it with its
// own time.
type OpinionCorrected struct {
	Of      string         `json:"of"`
	ID      string         `json:"id"`
	Reason  string         `json:"reason"`
	At      domain.Instant `json:"at"` // of the correction
	Opinion Opinion        `json:"opinion"`
}

// Corrects names the event whose place the correction takes in the fold.
func (e OpinionCorrected) Corrects() string { return e.Of }

// Evolve does what the corrected opinion did, with the new words.
func (e OpinionCorrected) Evolve(s Case) Case {
	s = s.hear(e.Opinion)
	if s.Latest = maps.Clone(s.Latest); s.Latest == nil {
		s.Latest = map[string]string{}
	}
	s.Latest[e.Opinion.ID] = e.ID
	return s
}

// AddSigner asks further posts before or after the step that is being decided (加签).
type AddSigner struct {
	Step   int      `json:"step" doc:"number of the step" minimum:"1"`
	Where  string   `json:"where" enum:"before,after"`
	Posts  []string `json:"posts" minItems:"1" maxItems:"20"`
	Mode   Method   `json:"mode" doc:"how several posts decide; empty: as apr.countersign says" enum:"all,any,sequence," required:"false"`
	Reason string   `json:"reason" maxLength:"1000" required:"false"`
}

// Decide lets whoever must decide the step ask others too; nobody is left out by it.
func (c AddSigner) Decide(s Case, act domain.Act) ([]Event, error) {
	_, _, as, err := s.standing(act, c.Step)
	switch {
	case err != nil:
		return nil, err
	case Signers{{Posts: c.Posts, Mode: c.Mode}}.Check() != nil, len(slices.Compact(slices.Sorted(slices.Values(c.Posts)))) != len(c.Posts),
		c.Where != "before" && c.Where != "after":
		return nil, ErrPosts
	}
	p := s.plan(act, 0, Signer{Posts: c.Posts, Mode: c.Mode})
	return s.proceed(act, SignerAdded{Step: c.Step, Where: c.Where, Added: p, By: as, Reason: c.Reason}), nil
}

// SignerAdded means that a further step stands before or after another.
type SignerAdded struct {
	Step   int     `json:"step"`
	Where  string  `json:"where"`
	Added  Planned `json:"added"`
	Kind   string  `json:"kind"` // index of the authority table; "" when a signer asked for it
	By     By      `json:"by"`
	Reason string  `json:"reason"`
}

// Evolve puts the step in its place; a step that now has another before it waits for its turn.
func (e SignerAdded) Evolve(s Case) Case {
	i := s.index(e.Step)
	if i < 0 {
		return s
	}
	if e.Where == "before" {
		s = s.with(e.Step, func(st *Step) {
			st.Status = Waiting
			for j := range st.Seats {
				st.Seats[j].Asked = st.Seats[j].Decided
			}
		})
	} else {
		i++
	}
	s.Steps = slices.Insert(slices.Clone(s.Steps), i, e.Added.step(e.Kind))
	s.Last = max(s.Last, e.Added.Step)
	return s
}

// Settles ends the terms of a step that waits for its turn again.
func (e SignerAdded) Settles(r domain.Recorded) []domain.TaskID {
	if e.Where != "before" {
		return nil
	}
	return terms(r, e.Step)
}

// Transfer hands one's part in a step to another post (转办).
type Transfer struct {
	Step   int    `json:"step" doc:"number of the step" minimum:"1"`
	To     string `json:"to" doc:"post" minLength:"1" maxLength:"100"`
	Reason string `json:"reason" maxLength:"1000" required:"false"`
}

// Decide hands the step only to a post that the authority table names for the kind, or to the next post up.
func (c Transfer) Decide(s Case, act domain.Act) ([]Event, error) {
	st, seats, as, err := s.standing(act, c.Step)
	if err != nil {
		return nil, err
	}
	if st.Kind == "" || !s.listed(act, st.Kind, c.To) {
		if up := EscalateTo.Of(act, seats[0].Post); up == "" || up != c.To {
			return nil, ErrAuthority
		}
	}
	due, remind := Timeout.Of(act).after(act.Occurred), RemindAfter.Of(act).after(act.Occurred)
	var events []Event
	for _, seat := range seats {
		events = append(events, StepTransferred{Step: c.Step, For: seat.For, From: seat.Post, To: c.To, By: as, Reason: c.Reason, Due: due, Remind: remind})
	}
	return events, nil
}

// StepTransferred means that another post decides in the place of the post before, with a new term.
type StepTransferred struct {
	Step   int            `json:"step"`
	For    string         `json:"for"`
	From   string         `json:"from"`
	To     string         `json:"to"`
	By     By             `json:"by"`
	Reason string         `json:"reason"`
	Due    domain.Instant `json:"due"`
	Remind domain.Instant `json:"remind"`
}

// Evolve moves the seat.
func (e StepTransferred) Evolve(s Case) Case { return s.move(e.Step, e.For, e.To, e.Due, e.Remind) }

// Opens starts the terms anew.
func (e StepTransferred) Opens(r domain.Recorded) []domain.Task {
	return run(r, e.Step, e.Due, e.Remind)
}

// Entrust lets another person decide a step in one's own place (委托).
type Entrust struct {
	Step   int    `json:"step" doc:"number of the step" minimum:"1"`
	Person string `json:"person" minLength:"1" maxLength:"100"`
	Reason string `json:"reason" maxLength:"1000" required:"false"`
}

// Decide lets only the holder of the post entrust, and never to the applicant.
func (c Entrust) Decide(s Case, act domain.Act) ([]Event, error) {
	_, seats, as, err := s.standing(act, c.Step)
	switch {
	case err != nil:
		return nil, err
	case c.Person == s.Applicant:
		return nil, ErrSelf
	case as.Delegation != "", as.EntrustedBy != "", c.Person == as.Person, c.Person == "", c.Person == domain.System:
		return nil, ErrEntrust
	}
	var events []Event
	for _, seat := range seats {
		events = append(events, StepEntrusted{Step: c.Step, For: seat.For, Person: c.Person, By: as, Reason: c.Reason})
	}
	return events, nil
}

// StepEntrusted means that the person may decide the step as long as who entrusted him holds the post; both may.
type StepEntrusted struct {
	Step   int    `json:"step"`
	For    string `json:"for"`
	Person string `json:"person"`
	By     By     `json:"by"`
	Reason string `json:"reason"`
}

// Evolve names the person.
func (e StepEntrusted) Evolve(s Case) Case {
	return s.with(e.Step, func(st *Step) {
		seat := st.seat(e.For)
		seat.Entrusted, seat.EntrustedBy = e.Person, e.By.Person
	})
}

// RaiseDispute says that those concerned do not agree.
type RaiseDispute struct {
	Text string `json:"text" doc:"what is in dispute" minLength:"1" maxLength:"4000"`
}

// Decide takes it from the applicant and from whoever must decide the step.
func (c RaiseDispute) Decide(s Case, act domain.Act) ([]Event, error) {
	if err := s.begun(); err != nil {
		return nil, err
	}
	st, ok := s.Current()
	switch {
	case !ok:
		return nil, ErrNotRouted
	case s.Dispute != "":
		return nil, ErrDispute
	}
	if act.Actor.Person != s.Applicant {
		if _, _, _, err := s.standing(act, st.No); err != nil {
			return nil, err
		}
	}
	return []Event{DisputeRaised{ID: act.EventID(0), Step: st.No, By: by(act), Text: c.Text}}, nil
}

// DisputeRaised means that nobody approves before the office has proposed an opinion.
type DisputeRaised struct {
	ID   string `json:"id"`
	Step int    `json:"step"`
	By   By     `json:"by"`
	Text string `json:"text"`
}

// Evolve holds the case.
func (e DisputeRaised) Evolve(s Case) Case { s.Dispute = e.ID; return s }

// ProposeOpinion is the office's opinion on a dispute; it goes up for decision.
type ProposeOpinion struct {
	Text  string `json:"text" doc:"the opinion proposed" minLength:"1" maxLength:"4000"`
	Shown Shown  `json:"shown"`
}

// Decide puts those who decide disputes before the step that is being decided (R253).
func (c ProposeOpinion) Decide(s Case, act domain.Act) ([]Event, error) {
	if err := s.begun(); err != nil {
		return nil, err
	}
	st, ok := s.Current()
	switch {
	case !act.Person():
		return nil, domain.ErrSystem
	case s.Dispute == "":
		return nil, ErrNoDispute
	case !ok:
		return nil, ErrNotRouted
	}
	said := s.said(act, by(act), c.Text, c.Shown)
	said.Step = st.No
	events := []Event{OpinionProposed{Said: said, Dispute: s.Dispute}}
	if s.Kind != KindDispute {
		for n, signer := range Authority.Of(act, KindDispute) {
			events = append(events, SignerAdded{Step: st.No, Where: "before", Added: s.plan(act, n, signer), Kind: KindDispute, By: said.By})
		}
	}
	return s.proceed(act, events...), nil
}

// OpinionProposed means that the dispute has the office's opinion and goes up.
type OpinionProposed struct {
	Said
	Dispute string `json:"dispute"`
}

// Evolve lets the case go on to those who decide.
func (e OpinionProposed) Evolve(s Case) Case {
	return s.hear(Opinion{Said: e.Said, Decision: DecisionProposed})
}

// RecordBodyDecision records what a meeting decided.
type RecordBodyDecision struct {
	Step     int    `json:"step" doc:"number of the step" minimum:"1"`
	Body     string `json:"body" doc:"the meeting, by id" minLength:"1" maxLength:"100"`
	Decision string `json:"decision" doc:"id of the decision in the meeting's record" minLength:"1" maxLength:"100"`
	Outcome  string `json:"outcome" enum:"approved,disapproved,passed-up"`
	Text     string `json:"text" doc:"the decision, as recorded" maxLength:"4000" required:"false"`
}

// PassedUp is the outcome of a meeting that leaves the matter to the one above (C28).
const PassedUp = "passed-up"

// Decide takes the decision of the body whose turn it is, recorded by a person who does not ask for it.
func (c RecordBodyDecision) Decide(s Case, act domain.Act) ([]Event, error) {
	if err := s.begun(); err != nil {
		return nil, err
	}
	st, ok := s.Current()
	switch {
	case !act.Person():
		return nil, domain.ErrSystem
	case !ok || st.No != c.Step:
		return nil, ErrNotRouted
	case act.Actor.Person == s.Applicant:
		return nil, ErrSelf
	case st.Body == "":
		return nil, ErrAuthority
	case st.Body != c.Body, st.Kind != "" && !slices.Contains(Bodies.Of(act, st.Kind), c.Body):
		return nil, ErrBody.With("body", st.Body)
	case s.Dispute != "":
		return nil, ErrDispute
	}
	e := DecidedByMeeting{Step: c.Step, Body: c.Body, Decision: c.Decision, Outcome: c.Outcome, Text: c.Text, By: by(act), At: act.Occurred, Policy: act.PolicyVersion()}
	switch c.Outcome {
	case OutcomeApproved:
	case OutcomeDisapproved:
		return []Event{e, Closed{Outcome: OutcomeDisapproved, Kind: s.Kind, Subject: s.Subject, Decision: act.EventID(0)}}, nil
	case PassedUp:
		e.PassedTo = EscalateUp.Of(act, c.Body)
		if next := s.current() + 1; next >= len(s.Steps) || s.Steps[next].Body != e.PassedTo {
			e.Added = s.Last + 1
		}
	default:
		return nil, ErrMeeting
	}
	return s.proceed(act, e), nil
}

// DecidedByMeeting means that the meeting has decided the step, or passed it to the body above. Decision names the
// meeting's own record.
type DecidedByMeeting struct {
	Step     int            `json:"step"`
	Body     string         `json:"body"`
	Decision string         `json:"decision"`
	Outcome  string         `json:"outcome"`
	Text     string         `json:"text"`
	PassedTo string         `json:"passed_to"`
	Added    int            `json:"added"` // the new step of the body above; 0: it stands in the route already
	By       By             `json:"by"`
	At       domain.Instant `json:"at"`
	Policy   int64          `json:"policy_version"`
}

// Evolve decides the step.
func (e DecidedByMeeting) Evolve(s Case) Case {
	s = s.with(e.Step, func(st *Step) { st.Status = Done })
	if i := s.index(e.Step); i >= 0 && e.Added > 0 {
		s.Steps = slices.Insert(slices.Clone(s.Steps), i+1, Planned{Step: e.Added, Body: e.PassedTo}.step(""))
		s.Last = max(s.Last, e.Added)
	}
	return s
}

// Settles ends the terms of the step.
func (e DecidedByMeeting) Settles(r domain.Recorded) []domain.TaskID { return terms(r, e.Step) }
