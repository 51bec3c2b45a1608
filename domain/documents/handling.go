package documents

import (
	"slices"
	"strings"

	"andu/domain"
	"andu/domain/org"
)

// CheckLegality records the review of a paper before it goes to be signed (审核).
type CheckLegality struct {
	Result string `json:"result" doc:"ok, or doubts that the signer must see" enum:"ok,doubts"`
	Doubts string `json:"doubts" doc:"the doubts" maxLength:"4000" required:"false"`
}

// Decide lets any person of the office record a review; doubts are put into words (REG-16 三.2, R267).
func (c CheckLegality) Decide(d Document, act domain.Act) ([]Event, error) {
	if err := d.handling(); err != nil {
		return nil, err
	}
	if !act.Person() {
		return nil, domain.ErrSystem
	}
	if c.Result != "ok" {
		if err := stated(c.Doubts); err != nil {
			return nil, err
		}
	}
	return []Event{LegalityReviewed(c)}, nil
}

// LegalityReviewed means the paper was reviewed, with this result.
type LegalityReviewed struct {
	Result string `json:"result"`
	Doubts string `json:"doubts"`
}

// Evolve notes the review.
func (e LegalityReviewed) Evolve(d Document) Document { d.Reviewed = true; return d }

// Present lays a paper before a leader (呈送).
type Present struct {
	To string `json:"to" doc:"post that it is laid before" minLength:"1" maxLength:"100"`
}

// Decide lets the registrar or a proposer present a registered paper (REG-21 二.7).
func (c Present) Decide(d Document, act domain.Act) ([]Event, error) {
	if err := d.handling(); err != nil {
		return nil, err
	}
	if err := clerk(act); err != nil {
		return nil, err
	}
	if c.To == "" {
		return nil, ErrMissing.With("fields", "to")
	}
	return []Event{Presented(c)}, nil
}

// Presented means the paper lay before the holder of the post.
type Presented struct {
	To string `json:"to"`
}

// Evolve changes no rule's ground.
func (e Presented) Evolve(d Document) Document { return d }

// ProposeHandling puts forward how a paper should be handled (拟办); a leader then instructs.
type ProposeHandling struct {
	Action  Action      `json:"action" doc:"办件 (to handle) or 阅件 (to read)" enum:"办件,阅件"`
	Opinion string      `json:"opinion" doc:"the proposal in words" minLength:"1" maxLength:"4000"`
	Lead    string      `json:"lead" doc:"unit or post proposed to lead" maxLength:"100" required:"false"`
	Co      []string    `json:"co" doc:"units or posts proposed to take part" maxItems:"50" required:"false"`
	DueOn   domain.Date `json:"due_on" doc:"proposed last day" required:"false"`
}

// Decide lets a post of the proposal route propose, after the pre-check where the office has one and after a review where
// the office reviews before signing; one proposal waits for its instruction at a time.
func (c ProposeHandling) Decide(d Document, act domain.Act) ([]Event, error) {
	if err := d.handling(); err != nil {
		return nil, err
	}
	if !act.Person() {
		return nil, domain.ErrSystem
	}
	if d.Proposed && !d.Instructed {
		return nil, ErrProposed
	}
	if posts := proposers(act); !slices.Contains(posts, act.Actor.Post) {
		return nil, ErrProposer.With("posts", strings.Join(posts, "、"))
	}
	if !d.PreChecked && named(act, "pre-check") {
		return nil, ErrNotPreChecked
	}
	if !d.PreChecked && !d.Reviewed && ReviewBeforeSign.Of(act) {
		return nil, ErrNotReviewed
	}
	if c.Action != ToHandle && c.Action != ToRead {
		return nil, ErrMissing.With("fields", "action")
	}
	if err := stated(c.Opinion); err != nil {
		return nil, err
	}
	if c.Lead != "" || len(c.Co) > 0 {
		if err := oneLead(c.Lead, c.Co); err != nil {
			return nil, err
		}
	}
	return []Event{HandlingProposed(c)}, nil
}

// oneLead refuses handlers without exactly one lead.
func oneLead(lead string, co []string) error {
	all := append([]string{lead}, co...)
	slices.Sort(all)
	if lead == "" || slices.Contains(co, "") || len(slices.Compact(all)) != 1+len(co) {
		return ErrOneLead
	}
	return nil
}

// HandlingProposed means this proposal waits for an instruction.
type HandlingProposed struct {
	Action  Action      `json:"action"`
	Opinion string      `json:"opinion"`
	Lead    string      `json:"lead"`
	Co      []string    `json:"co"`
	DueOn   domain.Date `json:"due_on"`
}

// Evolve notes the proposal.
func (e HandlingProposed) Evolve(d Document) Document {
	d.Action, d.Proposed, d.Instructed, d.InstructedLead = e.Action, true, false, ""
	return d
}

// Opens asks for an approval case in which a leader instructs.
func (e HandlingProposed) Opens(r domain.Recorded) []domain.Task {
	return []domain.Task{{TaskID: instruction(r), Stream: r.Stream, Data: map[string]string{"kind": Instruction, "proposal": r.ID}}}
}

// RecordInstruction records what a leader decided in the approval case of a proposal. Only the follower of that decision
// gives it; the words of the instruction stay in the case.
type RecordInstruction struct {
	Case        string         `json:"case" doc:"stream of the approval case" minLength:"1" maxLength:"100"`
	Decision    string         `json:"decision" doc:"event of the decision" minLength:"1" maxLength:"100"`
	Approved    bool           `json:"approved" doc:"false: the proposal was refused"`
	DecidedBy   string         `json:"decided_by" doc:"person who decided" minLength:"1" maxLength:"100"`
	DecidedPost string         `json:"decided_post" doc:"post in which he decided" minLength:"1" maxLength:"100"`
	DecidedAt   domain.Instant `json:"decided_at" doc:"when he decided"`
	Lead        string         `json:"lead" doc:"unit or post that he names to lead" maxLength:"100" required:"false"`
	Co          []string       `json:"co" doc:"units or posts that he names to take part" maxItems:"50" required:"false"`
	DueOn       domain.Date    `json:"due_on" doc:"last day that he sets" required:"false"`
}

// Decide records each decision once, whatever became of the paper while the leader decided; a day that he sets is the time
// limit from then on, where the paper is still in hand (REG-21 二.7, R250).
func (c RecordInstruction) Decide(d Document, act domain.Act) ([]Event, error) {
	if act.Person() {
		return nil, ErrFollower
	}
	if slices.Contains(d.Decisions, c.Decision) {
		return nil, nil
	}
	switch {
	case !d.Received:
		return nil, domain.ErrNoStream
	case d.Text == "":
		return nil, ErrNotRegistered
	case !d.Proposed:
		return nil, ErrNotProposed
	}
	events := []Event{Instructed{Case: c.Case, Decision: c.Decision, Approved: c.Approved, DecidedBy: c.DecidedBy,
		DecidedPost: c.DecidedPost, DecidedAt: c.DecidedAt, Lead: c.Lead, Co: c.Co}}
	if c.Approved && !c.DueOn.IsZero() && d.open() == nil {
		events = append(events, d.revised(CauseInstruction, until(act, c.DueOn, ByInstruction)))
	}
	return events, nil
}

// Instructed means a leader decided about the proposal (批示).
type Instructed struct {
	Case        string         `json:"case"`
	Decision    string         `json:"decision"`
	Approved    bool           `json:"approved"`
	DecidedBy   string         `json:"decided_by"`
	DecidedPost string         `json:"decided_post"`
	DecidedAt   domain.Instant `json:"decided_at"`
	Lead        string         `json:"lead"`
	Co          []string       `json:"co"`
}

// Evolve opens the way to the assignment; a refused proposal has to be made anew.
func (e Instructed) Evolve(d Document) Document {
	d.Decisions = append(slices.Clip(d.Decisions), e.Decision)
	d.Proposed, d.Instructed, d.InstructedLead = e.Approved, e.Approved, e.Lead
	if !e.Approved {
		d.InstructedLead = ""
	}
	return d
}

// Settles ends the wait for the instruction.
func (e Instructed) Settles(r domain.Recorded) []domain.TaskID {
	return []domain.TaskID{instruction(r)}
}

// Assign gives a paper to those who handle it (承办, 分办). Assigning again takes the place of the assignment before.
type Assign struct {
	Lead  string      `json:"lead" doc:"unit or post that leads (主办)" minLength:"1" maxLength:"100"`
	Co    []string    `json:"co" doc:"units or posts that take part (会办)" maxItems:"50" required:"false"`
	DueOn domain.Date `json:"due_on" doc:"last day given to the lead" required:"false"`
}

// Decide lets the registrar or a proposer assign a registered paper to exactly one lead, after the steps that the office's
// procedure names; the lead is the one that the instruction names, and his time ends no later than the paper is due.
func (c Assign) Decide(d Document, act domain.Act) ([]Event, error) {
	if err := d.handling(); err != nil {
		return nil, err
	}
	if err := clerk(act); err != nil {
		return nil, err
	}
	if !d.PreChecked && named(act, "pre-check") {
		return nil, ErrNotPreChecked
	}
	if !d.Proposed && named(act, "propose") {
		return nil, ErrNotProposed
	}
	if !d.Instructed && (d.Proposed || named(act, "instruct")) {
		return nil, ErrNotInstructed
	}
	if err := oneLead(c.Lead, c.Co); err != nil {
		return nil, err
	}
	if d.InstructedLead != "" && c.Lead != d.InstructedLead {
		return nil, ErrNotAsInstructed.With("lead", d.InstructedLead)
	}
	events := []Event{Assigned{Lead: c.Lead, Co: c.Co, DueOn: c.DueOn}}
	switch {
	case c.DueOn.IsZero():
	case d.Term.DueAt.IsZero():
		events = append(events, d.revised(CauseAssignment, until(act, c.DueOn, ByAssignment)))
	case d.Term.DueOn.Before(c.DueOn):
		return nil, ErrDueLater.With("due", d.Term.DueOn.String())
	}
	return events, nil
}

// Assigned means these units or posts handle the paper, and the lead answers for it.
type Assigned struct {
	Lead  string      `json:"lead"`
	Co    []string    `json:"co"`
	DueOn domain.Date `json:"due_on"` // last day given to the lead; none: when the paper is due
}

// Evolve sets the handlers; what was accepted or reported under an earlier assignment counts no more.
func (e Assigned) Evolve(d Document) Document {
	d.Action, d.Lead, d.Co, d.Accepted, d.Reported = ToHandle, e.Lead, e.Co, nil, false
	return d
}

// handles tells whether a unit or post is among the handlers.
func (d Document) handles(id string) bool {
	return id != "" && (id == d.Lead || slices.Contains(d.Co, id))
}

// handler is the unit or post of the paper's handlers for which the actor stands: his post, or the unit of his post; ""
// when there is none. Who stands for the lead and for another acts for the lead.
func (d Document) handler(act domain.Act) string {
	post, unit := act.Actor.Post, ""
	if p, ok := org.Context.In(act, org.Stream(act.Office)).Post(post); ok {
		unit = p.Unit
	}
	switch {
	case d.Lead == "":
	case post == d.Lead || unit == d.Lead:
		return d.Lead
	case slices.Contains(d.Co, post):
		return post
	case slices.Contains(d.Co, unit):
		return unit
	}
	return ""
}

// assignee gives the handler for which the actor stands and refuses everybody else.
func (d Document) assignee(act domain.Act) (string, error) {
	if !act.Person() {
		return "", domain.ErrSystem
	}
	if d.Lead == "" {
		return "", ErrNotAssigned
	}
	handler := d.handler(act)
	if handler == "" {
		return "", ErrNotAssignee
	}
	return handler, nil
}

// Accept takes an assignment on.
type Accept struct{}

// Decide lets each handler accept once.
func (c Accept) Decide(d Document, act domain.Act) ([]Event, error) {
	if err := d.handling(); err != nil {
		return nil, err
	}
	handler, err := d.assignee(act)
	if err != nil || slices.Contains(d.Accepted, handler) {
		return nil, err
	}
	return []Event{AssignmentAccepted{Handler: handler}}, nil
}

// AssignmentAccepted means the unit or post works on the paper.
type AssignmentAccepted struct {
	Handler string `json:"handler"`
}

// Evolve notes who accepted.
func (e AssignmentAccepted) Evolve(d Document) Document {
	d.Accepted = append(slices.Clip(d.Accepted), e.Handler)
	return d
}

// Decline gives an assignment back.
type Decline struct {
	Reason string `json:"reason" doc:"reason" maxLength:"1000"`
}

// Decide lets a handler who has not accepted give the paper back with a reason.
func (c Decline) Decide(d Document, act domain.Act) ([]Event, error) {
	if err := d.handling(); err != nil {
		return nil, err
	}
	handler, err := d.assignee(act)
	if err != nil {
		return nil, err
	}
	if slices.Contains(d.Accepted, handler) {
		return nil, ErrAccepted
	}
	if err := stated(c.Reason); err != nil {
		return nil, err
	}
	return []Event{AssignmentDeclined{Handler: handler, Reason: c.Reason}}, nil
}

// AssignmentDeclined means the unit or post does not handle the paper. Without its lead a paper has to be assigned anew.
type AssignmentDeclined struct {
	Handler string `json:"handler"`
	Reason  string `json:"reason"`
}

// Evolve takes the handler out of the assignment; a lead named by the instruction who declined is no longer binding.
func (e AssignmentDeclined) Evolve(d Document) Document {
	if e.Handler == d.Lead {
		d.Lead, d.Co, d.Accepted, d.InstructedLead = "", nil, nil, ""
		return d
	}
	d.Co = slices.DeleteFunc(slices.Clone(d.Co), func(id string) bool { return id == e.Handler })
	return d
}

// Urge presses those who have a paper in hand (催办).
type Urge struct {
	Level int    `json:"level" doc:"how strongly, from 1" minimum:"1" maximum:"9"`
	To    string `json:"to" doc:"post that is urged" minLength:"1" maxLength:"100"`
	Note  string `json:"note" doc:"what is asked" maxLength:"1000" required:"false"`
}

// Decide lets the registrar or a proposer urge while the paper is open (REG-21 二.7).
func (c Urge) Decide(d Document, act domain.Act) ([]Event, error) {
	if err := d.entered(); err != nil {
		return nil, err
	}
	if err := clerk(act); err != nil {
		return nil, err
	}
	if c.Level < 1 || c.To == "" {
		return nil, ErrMissing.With("fields", "level、to")
	}
	return []Event{Urged(c)}, nil
}

// Urged means the post was pressed.
type Urged struct {
	Level int    `json:"level"`
	To    string `json:"to"`
	Note  string `json:"note"`
}

// Evolve changes no rule's ground.
func (e Urged) Evolve(d Document) Document { return d }

// NoteOverdue records that the due time passed with the paper open. Only the schedule gives it.
type NoteOverdue struct{}

// Decide notes each due time once.
func (c NoteOverdue) Decide(d Document, act domain.Act) ([]Event, error) {
	if act.Person() {
		return nil, ErrFollower
	}
	due := d.Term.DueAt
	if d.entered() != nil || due.IsZero() || act.Occurred.Before(due.Time) || d.OverdueNoted == due {
		return nil, nil
	}
	return []Event{FindingRaised{Kind: "overdue", DueAt: due}}, nil
}

// FindingRaised means something about the paper is not as it should be: "overdue".
type FindingRaised struct {
	Kind  string         `json:"kind"`
	DueAt domain.Instant `json:"due_at"`
}

// Evolve notes the due time that passed.
func (e FindingRaised) Evolve(d Document) Document { d.OverdueNoted = e.DueAt; return d }

// Settles ends the watch.
func (e FindingRaised) Settles(r domain.Recorded) []domain.TaskID { return []domain.TaskID{overdue(r)} }

// ReviewProcessing records that a supervising person looked at how a paper is handled (R10).
type ReviewProcessing struct {
	Remark string `json:"remark" doc:"what was found" minLength:"1" maxLength:"1000"`
}

// Decide lets any person of the office record his review of a registered paper, closed or not.
func (c ReviewProcessing) Decide(d Document, act domain.Act) ([]Event, error) {
	switch {
	case !d.Received:
		return nil, domain.ErrNoStream
	case d.Text == "":
		return nil, ErrNotRegistered
	case !act.Person():
		return nil, domain.ErrSystem
	}
	if err := stated(c.Remark); err != nil {
		return nil, err
	}
	return []Event{ProcessingReviewed(c)}, nil
}

// ProcessingReviewed means the handling was looked at.
type ProcessingReviewed struct {
	Remark string `json:"remark"`
}

// Evolve changes no rule's ground.
func (e ProcessingReviewed) Evolve(d Document) Document { return d }

// Report reports the result of handling (办理结果). The registrar may enter the report of a handler who does not work here.
type Report struct {
	Of   string `json:"of" doc:"handler that reports; empty: the actor's own" maxLength:"100" required:"false"`
	Text string `json:"text" doc:"the result" minLength:"1" maxLength:"4000"`
}

// Decide takes the report of a handler; the lead's is the report-back without which the paper is not closed (R207).
func (c Report) Decide(d Document, act domain.Act) ([]Event, error) {
	if err := d.handling(); err != nil {
		return nil, err
	}
	if !act.Person() {
		return nil, domain.ErrSystem
	}
	if d.Lead == "" {
		return nil, ErrNotAssigned
	}
	own := d.handler(act)
	of := c.Of
	if of == "" {
		of = own
	}
	if !d.handles(of) {
		return nil, ErrNotAssignee
	}
	if of != own {
		if err := registrar(act); err != nil {
			return nil, err
		}
	}
	if err := stated(c.Text); err != nil {
		return nil, err
	}
	return []Event{HandlingReported{Of: of, Text: c.Text}}, nil
}

// HandlingReported means the handler reported back.
type HandlingReported struct {
	Of   string `json:"of"`
	Text string `json:"text"`
}

// Evolve notes the lead's report.
func (e HandlingReported) Evolve(d Document) Document {
	d.Reported = d.Reported || e.Of == d.Lead
	return d
}

// lead refuses everybody but the lead, the registrar and the proposers.
func (d Document) lead(act domain.Act) error {
	if act.Person() && d.Lead != "" && d.handler(act) == d.Lead {
		return nil
	}
	return clerk(act)
}

// Reply records the answer to the sender (答复).
type Reply struct {
	To     string      `json:"to" doc:"organ that was answered" minLength:"1" maxLength:"200"`
	Way    string      `json:"way" doc:"how: letter, phone, e-mail or in person" enum:"letter,phone,email,person"`
	Number string      `json:"number" doc:"number of the reply (复文号), when it is a paper" maxLength:"100" required:"false"`
	SentOn domain.Date `json:"sent_on" doc:"day of the reply"`
}

// Decide lets the lead, the registrar or a proposer record a reply (R207).
func (c Reply) Decide(d Document, act domain.Act) ([]Event, error) {
	if err := d.handling(); err != nil {
		return nil, err
	}
	if err := d.lead(act); err != nil {
		return nil, err
	}
	if c.To == "" || c.SentOn.IsZero() {
		return nil, ErrMissing.With("fields", "to、sent_on")
	}
	return []Event{ReplySent(c)}, nil
}

// ReplySent means the sender was answered.
type ReplySent struct {
	To     string      `json:"to"`
	Way    string      `json:"way"`
	Number string      `json:"number"`
	SentOn domain.Date `json:"sent_on"`
}

// Evolve notes the reply.
func (e ReplySent) Evolve(d Document) Document { d.Replied = true; return d }

// Suspend stops handling for a time.
type Suspend struct {
	Reason string `json:"reason" doc:"reason" maxLength:"1000"`
}

// Decide lets the registrar or a proposer suspend with a reason; the time limit runs on.
func (c Suspend) Decide(d Document, act domain.Act) ([]Event, error) {
	if err := d.handling(); err != nil {
		return nil, err
	}
	if err := clerk(act); err != nil {
		return nil, err
	}
	if err := stated(c.Reason); err != nil {
		return nil, err
	}
	return []Event{Suspended(c)}, nil
}

// Suspended means nothing is done about the paper until it is resumed.
type Suspended struct {
	Reason string `json:"reason"`
}

// Evolve stops handling.
func (e Suspended) Evolve(d Document) Document { d.Suspended = true; return d }

// Resume goes on with a suspended paper.
type Resume struct{}

// Decide lets the registrar or a proposer resume.
func (c Resume) Decide(d Document, act domain.Act) ([]Event, error) {
	if err := d.entered(); err != nil {
		return nil, err
	}
	if err := clerk(act); err != nil {
		return nil, err
	}
	if !d.Suspended {
		return nil, ErrNotSuspended
	}
	return []Event{Resumed{}}, nil
}

// Resumed means handling goes on.
type Resumed struct{}

// Evolve goes on.
func (e Resumed) Evolve(d Document) Document { d.Suspended = false; return d }

// TransferOut gives a paper that is not the office's to the organ that it belongs to (转出).
type TransferOut struct {
	To     string `json:"to" doc:"organ that takes the paper" minLength:"1" maxLength:"200"`
	Reason string `json:"reason" doc:"reason" maxLength:"1000"`
}

// Decide lets the registrar transfer a registered paper with a reason when every copy is here.
func (c TransferOut) Decide(d Document, act domain.Act) ([]Event, error) {
	if err := d.handling(); err != nil {
		return nil, err
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
	return []Event{TransferredOut(c)}, nil
}

// TransferredOut means another organ has the paper and all its copies.
type TransferredOut struct {
	To     string `json:"to"`
	Reason string `json:"reason"`
}

// Evolve ends the paper here.
func (e TransferredOut) Evolve(d Document) Document { return d.leave(EndTransferred, SentOff) }

// Settles ends what was waiting.
func (e TransferredOut) Settles(r domain.Recorded) []domain.TaskID { return done(r) }

// RecordRecall records that the issuing organ takes its paper back (收回).
type RecordRecall struct {
	Notice string `json:"notice" doc:"notice of the issuing organ" minLength:"1" maxLength:"100"`
	Reason string `json:"reason" doc:"reason that it gives" maxLength:"1000" required:"false"`
}

// Decide lets the registrar record a recall; from then on copies are only collected and sent back, and the paper is closed.
func (c RecordRecall) Decide(d Document, act domain.Act) ([]Event, error) {
	if err := d.entered(); err != nil {
		return nil, err
	}
	if err := registrar(act); err != nil {
		return nil, err
	}
	if d.Recalled {
		return nil, nil
	}
	return []Event{RecalledByIssuer(c)}, nil
}

// RecalledByIssuer means the paper is no longer to be handled.
type RecalledByIssuer struct {
	Notice string `json:"notice"`
	Reason string `json:"reason"`
}

// Evolve stops handling.
func (e RecalledByIssuer) Evolve(d Document) Document { d.Recalled = true; return d }

// Settles ends what was waiting.
func (e RecalledByIssuer) Settles(r domain.Recorded) []domain.TaskID { return done(r) }

// Close closes a paper (办结).
type Close struct {
	Code string `json:"code" doc:"how it was settled, as rcv.settlementCodes lists it" minLength:"1" maxLength:"50" example:"settled"`
	Note string `json:"note" doc:"result in words" maxLength:"1000" required:"false"`
}

// Decide lets the lead, the registrar or a proposer close a paper in one of the office's ways: a paper to handle after its
// lead reported back or the sender was answered (R207), a paper to read when nothing is waiting.
func (c Close) Decide(d Document, act domain.Act) ([]Event, error) {
	if err := d.entered(); err != nil {
		return nil, err
	}
	if d.Suspended {
		return nil, ErrSuspended
	}
	if err := d.lead(act); err != nil {
		return nil, err
	}
	title := ""
	for _, s := range Settlements.Of(act) {
		if s.Code == c.Code {
			title = s.Title
		}
	}
	if title == "" {
		return nil, ErrSettlement.With("code", c.Code)
	}
	if !d.Recalled {
		switch {
		case d.Proposed && !d.Instructed:
			return nil, ErrNotInstructed
		case d.Lead == "" && d.Action == ToHandle:
			return nil, ErrNotAssigned
		case d.Lead != "" && !d.Reported && !d.Replied:
			return nil, ErrNoReport
		}
	}
	return []Event{Closed{Code: c.Code, Title: title, Note: c.Note}}, nil
}

// Closed means the office is done with the paper.
type Closed struct {
	Code  string `json:"code"`
	Title string `json:"title"` // of the settlement, as the office calls it
	Note  string `json:"note"`
}

// Evolve closes the paper.
func (e Closed) Evolve(d Document) Document { d.Closed = true; return d }

// Settles ends what was waiting.
func (e Closed) Settles(r domain.Recorded) []domain.TaskID { return done(r) }

// Reopen takes a closed paper up again.
type Reopen struct {
	Reason string `json:"reason" doc:"reason" maxLength:"1000"`
}

// Decide lets the registrar or a proposer reopen a paper that is not filed, with a reason.
func (c Reopen) Decide(d Document, act domain.Act) ([]Event, error) {
	switch {
	case !d.Received:
		return nil, domain.ErrNoStream
	case d.End != "":
		return nil, ErrEnded
	case d.Filed:
		return nil, ErrFiled
	case !d.Closed:
		return nil, ErrNotClosed
	}
	if err := clerk(act); err != nil {
		return nil, err
	}
	if err := stated(c.Reason); err != nil {
		return nil, err
	}
	return []Event{Reopened{Reason: c.Reason, DueAt: d.Term.DueAt}}, nil
}

// Reopened means the paper is handled again; its time limit is the old one until it is moved.
type Reopened struct {
	Reason string         `json:"reason"`
	DueAt  domain.Instant `json:"due_at"`
}

// Evolve opens the paper; it needs a report-back anew.
func (e Reopened) Evolve(d Document) Document {
	d.Closed, d.Reported, d.Replied = false, false, false
	return d
}

// Opens watches the time limit again.
func (e Reopened) Opens(r domain.Recorded) []domain.Task { return Term{DueAt: e.DueAt}.tasks(r) }

// File files a paper with its handling slip (归档).
type File struct {
	FileCode  string `json:"file_code" doc:"archival code (归档号)" minLength:"1" maxLength:"100"`
	Volume    string `json:"volume" doc:"volume (卷号)" maxLength:"100" required:"false"`
	Retention string `json:"retention" doc:"retention term (保管期限)" maxLength:"50" required:"false"`
}

// Decide lets the registrar file a registered paper: closed where it was in hand or the office's procedure names closing,
// and classified where the procedure names that (R1, R17).
func (c File) Decide(d Document, act domain.Act) ([]Event, error) {
	switch {
	case !d.Received:
		return nil, domain.ErrNoStream
	case d.End != "":
		return nil, ErrEnded
	case d.Filed:
		return nil, ErrFiled
	case d.Text == "":
		return nil, ErrNotRegistered
	}
	if err := registrar(act); err != nil {
		return nil, err
	}
	if !d.Closed && (d.Action != "" || d.Suspended || named(act, "close")) {
		return nil, ErrNotClosed
	}
	if d.Category == "" && named(act, "classify") {
		return nil, ErrNotClassified
	}
	if c.FileCode == "" {
		return nil, ErrMissing.With("fields", "file_code")
	}
	return []Event{Filed(c)}, nil
}

// Filed means the paper stands in the archive under its code.
type Filed struct {
	FileCode  string `json:"file_code"`
	Volume    string `json:"volume"`
	Retention string `json:"retention"`
}

// Evolve ends the paper's life in the registry.
func (e Filed) Evolve(d Document) Document { d.Filed = true; return d }

// Settles ends what was waiting.
func (e Filed) Settles(r domain.Recorded) []domain.TaskID { return done(r) }
