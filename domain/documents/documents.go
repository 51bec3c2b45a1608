// Package documents is the life of an incoming paper (收文). The office signs for it and is answerable for it from then
// on; it is entered in the register under one number; it is checked, and sent back with a reason or handled; handling is
// proposed, a leader instructs, one unit leads and reports back; it is answered, closed and filed. Every copy signed for
// is accounted for at all times, what was written is corrected beside what stands, and of a classified paper the office
// keeps marks and custody here, never content.
package documents

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"andu/domain"
	"andu/domain/calendar"
	"andu/domain/org"
)

// Context lists every event of an incoming paper.
var Context = domain.Context[Document]{
	Name: "document",
	Events: []domain.Schema[Document]{
		{Name: "document.received", Version: 1, Type: Received{}, By: []Command{Receive{}, TakeOverFromDuty{}}, Sealed: true},
		{Name: "document.receipt-corrected", Version: 1, Type: ReceiptCorrected{}, By: []Command{CorrectReceipt{}}, Sealed: true},
		{Name: "document.described", Version: 1, Type: Described{}, By: []Command{Receive{}, TakeOverFromDuty{}, Describe{}, Transcribe{}}, Sealed: true},
		{Name: "document.registration-corrected", Version: 1, Type: RegistrationCorrected{}, By: []Command{CorrectRegistration{}}, Sealed: true},
		{Name: "document.duty-paper-handed-on", Version: 1, Type: DutyPaperHandedOn{}, By: []Command{TakeOverFromDuty{}}},
		{Name: "document.registered", Version: 1, Type: Registered{}, By: []Command{RecordRegistration{}}},
		{Name: "document.due-revised", Version: 1, Type: DueRevised{}, By: []Command{ReviseDue{}, CorrectRegistration{}, RecordInstruction{}}},
		{Name: "document.duplicate-found", Version: 1, Type: DuplicateFound{}, By: []Command{LinkDuplicate{}}},
		{Name: "document.pre-check-passed", Version: 1, Type: PreCheckPassed{}, By: []Command{PreCheck{}}},
		{Name: "document.returned", Version: 1, Type: Returned{}, By: []Command{Return{}}, Sealed: true},
		{Name: "document.classified", Version: 1, Type: Classified{}, By: []Command{Classify{}}},
		{Name: "document.class-adopted", Version: 1, Type: ClassAdopted{}, By: []Command{AdoptClass{}}},
		{Name: "document.legality-reviewed", Version: 1, Type: LegalityReviewed{}, By: []Command{CheckLegality{}}, Sealed: true},
		{Name: "document.presented", Version: 1, Type: Presented{}, By: []Command{Present{}}},
		{Name: "document.handling-proposed", Version: 1, Type: HandlingProposed{}, By: []Command{ProposeHandling{}}, Sealed: true},
		{Name: "document.instructed", Version: 1, Type: Instructed{}, By: []Command{RecordInstruction{}}},
		{Name: "document.assigned", Version: 1, Type: Assigned{}, By: []Command{Assign{}}},
		{Name: "document.assignment-accepted", Version: 1, Type: AssignmentAccepted{}, By: []Command{Accept{}}},
		{Name: "document.assignment-declined", Version: 1, Type: AssignmentDeclined{}, By: []Command{Decline{}}, Sealed: true},
		{Name: "document.urged", Version: 1, Type: Urged{}, By: []Command{Urge{}}, Sealed: true},
		{Name: "document.finding-raised", Version: 1, Type: FindingRaised{}, By: []Command{NoteOverdue{}}},
		{Name: "document.processing-reviewed", Version: 1, Type: ProcessingReviewed{}, By: []Command{ReviewProcessing{}}, Sealed: true},
		{Name: "document.handling-reported", Version: 1, Type: HandlingReported{}, By: []Command{Report{}}, Sealed: true},
		{Name: "document.reply-sent", Version: 1, Type: ReplySent{}, By: []Command{Reply{}}, Sealed: true},
		{Name: "document.suspended", Version: 1, Type: Suspended{}, By: []Command{Suspend{}}, Sealed: true},
		{Name: "document.resumed", Version: 1, Type: Resumed{}, By: []Command{Resume{}}},
		{Name: "document.transferred-out", Version: 1, Type: TransferredOut{}, By: []Command{TransferOut{}}, Sealed: true},
		{Name: "document.recalled-by-issuer", Version: 1, Type: RecalledByIssuer{}, By: []Command{RecordRecall{}}, Sealed: true},
		{Name: "document.closed", Version: 1, Type: Closed{}, By: []Command{Close{}}, Sealed: true},
		{Name: "document.reopened", Version: 1, Type: Reopened{}, By: []Command{Reopen{}}, Sealed: true},
		{Name: "document.filed", Version: 1, Type: Filed{}, By: []Command{File{}}},
		{Name: "document.copy-distributed", Version: 1, Type: CopyDistributed{}, By: []Command{HandOut{}}},
		{Name: "document.copy-returned", Version: 1, Type: CopyReturned{}, By: []Command{ReturnCopy{}}},
		{Name: "document.copy-circulated", Version: 1, Type: CopyCirculated{}, By: []Command{CirculateCopy{}}},
		{Name: "document.copy-registered", Version: 1, Type: CopyRegistered{}, By: []Command{SplitCopy{}}},
		{Name: "document.copies-joined", Version: 1, Type: CopiesJoined{}, By: []Command{JoinCopies{}}},
		{Name: "document.copy-sent-back", Version: 1, Type: CopySentBack{}, By: []Command{SendBack{}}},
		{Name: "document.copy-destroyed", Version: 1, Type: CopyDestroyed{}, By: []Command{RecordDestruction{}}},
		{Name: "document.transcribed", Version: 1, Type: Transcribed{}, By: []Command{Transcribe{}}, Sealed: true},
		{Name: "document.number-transcribed", Version: 1, Type: NumberTranscribed{}, By: []Command{RecordRegistration{}}},
		{Name: "document.transcript-withdrawn", Version: 1, Type: TranscriptWithdrawn{}, By: []Command{WithdrawTranscript{}}, Sealed: true},
	},
	Rules: []*domain.Refusal{
		ErrReceived, ErrNothingStated, ErrCopyNumbers, ErrNotStatable, ErrClass, ErrUrgency, ErrMissing, ErrBook, ErrRegistered,
		ErrNotRegistered, ErrOtherItem, ErrNoReason, ErrEnded, ErrClosed, ErrNotClosed, ErrFiled, ErrSuspended, ErrNotSuspended,
		ErrRecalled, ErrRegistrar, ErrClerk, ErrDutyHandOn, ErrDistributor, ErrFollower, ErrDescribed, ErrNotSamePaper,
		ErrTooLate, ErrHandled, ErrNotPreChecked, ErrNotReviewed, ErrNotProposed, ErrProposed, ErrNotInstructed, ErrNotAsInstructed,
		ErrProposer, ErrOneLead, ErrDueLater, ErrNotAssigned, ErrNotAssignee, ErrAccepted, ErrNoReport, ErrSettlement, ErrNotClassified,
		ErrNoCopy, ErrCopyAway, ErrCopyHere, ErrCopiesAway, ErrCopyExists, ErrCopyApproval, ErrCopyCirculates,
		ErrTranscribed, ErrNotTranscribed, ErrOldReceipt, ErrNobody, ErrClosedBefore,
	},
	Keys: []domain.AnyKey{
		Registrar, Distribution, OfficeSteps, RegisterSeries, Required, Urgencies, Clock, ReturnWindow, Settlements, FirstBook, HandOnTo,
		ReviewBeforeSign, Authority, Classes,
	},
	Facts: func(office string) []string { return []string{org.Stream(office)} },
}

// Event and Command are of an incoming paper.
type (
	Event   = domain.Event[Document]
	Command = domain.Command[Document]
)

// Register is the book of reg.books in which the series of incoming papers are kept (收文登记).
const Register = "收文登记"

// The approval kinds of an incoming paper: who proposes its handling (拟办), and who instructs (批示).
const (
	Proposal    = "收文拟办"
	Instruction = "收文批示"
)

// What the office lays down for incoming papers (rcv.*). Permission to act goes by when the request came, a term by when it
// was determined.
var (
	Registrar        = domain.Key[string]{Name: "rcv.registrar", Moment: domain.ByReceived}            // the post that signs for, describes, registers and closes papers
	Distribution     = domain.Key[string]{Name: "rcv.distribution", Moment: domain.ByReceived}         // the post that hands copies out and takes them back
	OfficeSteps      = domain.Key[Steps]{Name: "rcv.steps", Moment: domain.ByReceived}                 // the steps that the procedure of the office names; a step that it does not name is not waited for
	RegisterSeries   = domain.Key[[]Series]{Name: "rcv.registerSeries"}                                // which book a paper belongs to, by class, level, line and addressee: the first entry that fits
	Required         = domain.Key[Fields]{Name: "rcv.requiredFields"}                                  // what must be stated before a paper is registered
	Urgencies        = domain.Key[[]string]{Name: "rcv.urgencies"}                                     // the words for urgency that the office uses
	Clock            = domain.Key[Days]{Name: "rcv.clock[]"}                                           // time to handle a paper of an urgency, in working days from its receipt, where the paper itself states none
	ReturnWindow     = domain.Key[Days]{Name: "rcv.returnWindow[]", Moment: domain.ByReceived}         // time to send a paper back for a cause, in working days from its receipt
	Settlements      = domain.Key[[]Settlement]{Name: "rcv.settlementCodes"}                           // the ways in which a paper may be settled (办结, 阅结, …)
	FirstBook        = domain.Key[string]{Name: "rcv.dutyFax.firstBook"}                               // the book in which a paper that comes to the duty room stands first
	HandOnTo         = domain.Key[string]{Name: "rcv.dutyFax.handOnTo", Moment: domain.ByReceived}     // the post that takes papers over from the duty room
	ReviewBeforeSign = domain.Key[bool]{Name: "rcv.reviewBeforeSign", Moment: domain.ByReceived}       // whether a paper is checked or reviewed before its handling is proposed
	Authority        = domain.Key[[]Signer]{Name: "apr.authority[].signer", Moment: domain.ByReceived} // here: the posts that may propose how to handle a paper (拟办)
	Classes          = domain.Key[[]domain.Class]{Name: "sec.classes"}                                 // the degrees of confidentiality that the office uses, in their order
)

// Days is a term of working days; it ends at 24:00 of its last day.
type Days struct {
	WorkingDays int `json:"working_days"`
}

// Check refuses a term that ends before it begins, and one of more than ten years.
func (d Days) Check() error {
	if d.WorkingDays < 0 || d.WorkingDays > 3660 {
		return fmt.Errorf("%d working days is no term", d.WorkingDays)
	}
	return nil
}

// Settlement is one way in which the office settles a paper (办结, 阅结, …).
type Settlement struct {
	Code  string `json:"code"`
	Title string `json:"title"`
}

// Signer is one step of an approval route; the posts of 收文拟办 are those that may propose.
type Signer struct {
	Posts []string       `json:"posts"`
	Mode  string         `json:"mode"`
	Form  string         `json:"form"`
	When  map[string]any `json:"when"`
}

// Series says which papers stand in which book: by class from and below a degree, by source level, by line and by the
// organ that the registry serves; what is not said does not matter. The first that fits is the book.
type Series struct {
	Book       string       `json:"book"`
	ClassFrom  domain.Class `json:"class_from"`
	ClassBelow domain.Class `json:"class_below"`
	Level      string       `json:"level"`
	Line       string       `json:"line"`
	Served     string       `json:"served"`
}

// Steps are the steps of the office's procedure. A step that the office names comes before the later ones; one that it does
// not name is not asked for.
type Steps []string

// Check refuses a step that this program does not know.
func (s Steps) Check() error {
	known := []string{"receive", "register", "distribute", "present", "assign", "urge", "classify", "number", "keep", "file",
		"pre-check", "propose", "instruct", "reply", "close"}
	for _, step := range s {
		if !slices.Contains(known, step) {
			return fmt.Errorf("step %q: want one of %s", step, strings.Join(known, ", "))
		}
	}
	return nil
}

// Fields are what a paper must show before it is registered.
type Fields []string

// Check refuses a field that this program does not know.
func (f Fields) Check() error {
	for _, name := range f {
		if _, known := (Document{}).has(name); !known {
			return fmt.Errorf("required field %q is no field of an incoming paper", name)
		}
	}
	return nil
}

// notStatable are the fields that a paper may lack, so that a clerk who looked for one says so instead of guessing it.
var notStatable = []string{"doc_number", "issued_on", "urgency", "class", "kind", "term"}

// has tells whether a field of the register is filled, and whether there is such a field (catalogue 4.1).
func (d Document) has(field string) (filled, known bool) {
	p := d.Paper
	switch field {
	case "received_at":
		return !d.ReceivedAt.IsZero(), true
	case "signed_by":
		return d.SignedBy != "", true
	case "copies":
		return len(d.Copies) > 0, true
	case "envelope":
		return d.Envelope != "", true
	case "source_organ":
		return len(p.SourceOrgans) > 0, true
	case "title":
		return p.Title != "", true
	case "doc_number":
		return p.Number != "", true
	case "kind":
		return p.Kind != "", true
	case "issued_on":
		return !p.IssuedOn.IsZero(), true
	case "urgency":
		return p.Urgency != "", true
	case "class":
		return p.Class != "", true
	case "term":
		return p.Term != "", true
	case "level":
		return p.Level != "", true
	case "line":
		return p.Line != "", true
	case "addressee":
		return p.Addressee != "", true
	case "pages":
		return p.Pages > 0, true
	}
	return false, false
}

// The rules of an incoming paper.
var (
	ErrReceived = domain.Rule(domain.Conflict, "document.already-received",
		"该件已经签收。", "the paper has already been signed for")
	ErrNothingStated = domain.Rule(domain.Invalid, "document.nothing-stated",
		"签收须写明来文机关和标题；未启封的写明封套号。", "state the issuing organ and the title, or the number of the envelope when it is still sealed").By("catalogue 4.2")
	ErrCopyNumbers = domain.Rule(domain.Invalid, "document.copy-numbers",
		"份数至少一份，份号不得重复、不得多于份数。", "at least one copy; copy numbers differ and are no more than the copies").By("catalogue 2.4, 4.2")
	ErrNotStatable = domain.Rule(domain.Invalid, "document.not-statable",
		"{field}不能同时填写又注明未标明，或者不属可以未标明的项目。", "{field} is both filled and marked as not stated, or no paper may lack it").By("catalogue 4.1")
	ErrClass = domain.Rule(domain.Invalid, "document.unknown-class",
		"本单位没有这一密级：{class}。", "the office knows no class {class}").By("sec.classes")
	ErrUrgency = domain.Rule(domain.Invalid, "document.unknown-urgency",
		"本单位没有这一紧急程度：{urgency}。", "the office knows no urgency {urgency}").By("rcv.urgencies")
	ErrMissing = domain.Rule(domain.Conflict, "document.fields-missing",
		"登记前须填写或者注明未标明：{fields}。", "before registration fill in, or mark as not stated on the paper: {fields}").By("rcv.requiredFields")
	ErrBook = domain.Rule(domain.Conflict, "document.other-book",
		"该件应登入《{book}》登记簿。", "the paper belongs in the book {book}").By("rcv.registerSeries, C35")
	ErrRegistered = domain.Rule(domain.Conflict, "document.already-registered",
		"该件已经登记，号为{number}；一件只登记一次，改动用更正。", "the paper is registered as {number}; it is registered once, and changed by a correction").By("catalogue 2.4, 4.1")
	ErrNotRegistered = domain.Rule(domain.Conflict, "document.not-registered",
		"该件尚未登记。", "the paper is not registered yet").By("R1, catalogue 4.2")
	ErrOtherItem = domain.Rule(domain.Conflict, "document.number-of-another",
		"该号不是给本件的，或者已经作废。", "the number was not allotted to this paper, or is void").By("catalogue 2.4a")
	ErrNoReason = domain.Rule(domain.Invalid, "document.no-reason",
		"须写明理由。", "give the reason").By("catalogue 2.4")
	ErrEnded = domain.Rule(domain.Conflict, "document.ended",
		"该件已经退回、转出或者并入首件，不再办理。", "the paper was returned, transferred or joined to the first receipt: nothing more is done with it here").By("catalogue 2.4")
	ErrClosed = domain.Rule(domain.Conflict, "document.closed",
		"该件已经办结；续办先重新启办。", "the paper is closed: reopen it first").By("catalogue 2.4")
	ErrNotClosed = domain.Rule(domain.Conflict, "document.not-closed",
		"该件尚未办结。", "the paper is not closed").By("catalogue 2.4")
	ErrFiled = domain.Rule(domain.Conflict, "document.filed",
		"该件已经归档。", "the paper is filed").By("catalogue 2.4")
	ErrSuspended = domain.Rule(domain.Conflict, "document.suspended",
		"该件已经中止办理；续办先恢复。", "handling is suspended: resume it first").By("catalogue 2.4")
	ErrNotSuspended = domain.Rule(domain.Conflict, "document.not-suspended",
		"该件没有中止办理。", "handling is not suspended").By("catalogue 2.4")
	ErrRecalled = domain.Rule(domain.Conflict, "document.recalled",
		"来文机关已经收回该件，只能收齐、送回和办结。", "the issuer recalled the paper: copies are collected and sent back, and it is closed").By("catalogue 2.4")
	ErrRegistrar = domain.Rule(domain.Forbidden, "document.not-registrar",
		"此事由收文岗位{post}办理。", "this is done by the registrar, post {post}").By("rcv.registrar, R184")
	ErrClerk = domain.Rule(domain.Forbidden, "document.not-clerk",
		"此事由收文岗位或者拟办岗位办理。", "this is done by the registrar or by a post that proposes handling").By("rcv.registrar, apr.authority[收文拟办].signer")
	ErrDutyHandOn = domain.Rule(domain.Forbidden, "document.not-duty-receiver",
		"值班接收的传真电报由岗位{post}接办。", "papers from the duty log are taken over by post {post}").By("rcv.dutyFax.handOnTo, C29")
	ErrDistributor = domain.Rule(domain.Forbidden, "document.not-distributor",
		"分发和收回由岗位{post}办理。", "copies are handed out and taken back by post {post}").By("rcv.distribution, R184")
	ErrFollower = domain.Rule(domain.Forbidden, "document.follower-only",
		"此项由系统随他处所作决定记载，不由人填写。", "the system records this after what persons did elsewhere; nobody enters it by hand").By("architecture 3.5")
	ErrDescribed = domain.Rule(domain.Conflict, "document.not-described",
		"该件主要内容尚未填写。", "the main data of the paper have not been entered yet").By("catalogue 4.1")
	ErrNotSamePaper = domain.Rule(domain.Conflict, "document.not-same-paper",
		"两件的来文机关、字号、标题、日期不一致，不是同一文件。", "issuing organs, number, title or date differ: it is not the same paper").By("catalogue 2.4")
	ErrTooLate = domain.Rule(domain.Conflict, "document.return-too-late",
		"退回期限{due}二十四时已过。", "the paper could be returned until 24:00 on {due}").By("rcv.returnWindow")
	ErrHandled = domain.Rule(domain.Conflict, "document.in-handling",
		"该件已有批示或者已经交办，不能退回。", "the paper is instructed or assigned: it is not sent back").By("catalogue 2.4")
	ErrNotPreChecked = domain.Rule(domain.Conflict, "document.not-pre-checked",
		"按本单位程序，须先初审。", "by the office's procedure the paper is pre-checked first").By("rcv.steps, catalogue 4.2")
	ErrNotReviewed = domain.Rule(domain.Conflict, "document.not-reviewed",
		"送签批之前须先审核。", "the paper is reviewed before it goes to be signed").By("rcv.reviewBeforeSign, R267")
	ErrNotProposed = domain.Rule(domain.Conflict, "document.not-proposed",
		"按本单位程序，须先拟办。", "by the office's procedure handling is proposed first").By("rcv.steps, catalogue 4.2")
	ErrProposed = domain.Rule(domain.Conflict, "document.already-proposed",
		"拟办意见正在等待批示，更改在审批中进行。", "the proposal is waiting for the instruction: change it in the approval").By("catalogue 2.4, 2.5")
	ErrNotInstructed = domain.Rule(domain.Conflict, "document.not-instructed",
		"尚无批示。", "there is no instruction yet").By("rcv.steps, R250")
	ErrNotAsInstructed = domain.Rule(domain.Conflict, "document.not-as-instructed",
		"批示指定由{lead}主办。", "the instruction names {lead} to lead").By("R250")
	ErrProposer = domain.Rule(domain.Forbidden, "document.not-proposer",
		"拟办由{posts}提出。", "handling is proposed by {posts}").By("apr.authority[收文拟办].signer")
	ErrOneLead = domain.Rule(domain.Invalid, "document.one-lead",
		"须指定一个主办，会办各不相同且不含主办。", "name one lead; the co-handlers differ from it and from each other").By("catalogue 2.4, 4.2")
	ErrDueLater = domain.Rule(domain.Invalid, "document.due-later",
		"承办期限不得晚于该件时限{due}。", "the time given to the lead may not be later than {due}, when the paper is due").By("catalogue 4.2")
	ErrNotAssigned = domain.Rule(domain.Conflict, "document.not-assigned",
		"该件尚未交办。", "the paper is not assigned").By("catalogue 2.4")
	ErrNotAssignee = domain.Rule(domain.Forbidden, "document.not-assignee",
		"此事由承办方办理。", "this is for the units that handle the paper").By("catalogue 2.4")
	ErrAccepted = domain.Rule(domain.Conflict, "document.already-accepted",
		"已经接办，不能再退；改派由交办方办理。", "the assignment was accepted; who assigned it may assign it anew").By("catalogue 2.4")
	ErrNoReport = domain.Rule(domain.Conflict, "document.no-report-back",
		"主办尚无办理结果，件件须有回音。", "the lead has not reported back and no reply was sent").By("R207")
	ErrSettlement = domain.Rule(domain.Invalid, "document.unknown-settlement",
		"本单位没有这一办结方式：{code}。", "the office knows no settlement {code}").By("rcv.settlementCodes")
	ErrNotClassified = domain.Rule(domain.Conflict, "document.not-classified",
		"归档前须先分类。", "the paper is classified before it is filed").By("rcv.steps, R17")
)

// Paper is the main data of a paper as it shows them (catalogue 4.1).
type Paper struct {
	SourceOrgans []string     `json:"source_organs" doc:"issuing organs as written, joint issuers in their order" maxItems:"50" required:"false"`
	Number       string       `json:"doc_number" doc:"document number as written (来文字号)" maxLength:"100" required:"false" example:"国办发明电〔2025〕7号"`
	Title        string       `json:"title" doc:"title (标题)" maxLength:"500" required:"false"`
	Kind         string       `json:"kind" doc:"kind (文种), such as 通知" maxLength:"50" required:"false"`
	IssuedOn     domain.Date  `json:"issued_on" doc:"date of the paper" required:"false"`
	Urgency      string       `json:"urgency" doc:"urgency as marked (紧急程度); empty when unmarked" maxLength:"20" required:"false"`
	Class        domain.Class `json:"class" doc:"class as marked (密级); empty when unmarked" maxLength:"20" required:"false"`
	Term         string       `json:"term" doc:"term of the class (保密期限)" maxLength:"50" required:"false"`
	Level        string       `json:"level" doc:"level of the source: central, province, city, county or township" maxLength:"20" required:"false"`
	Line         string       `json:"line" doc:"line of the source: party, state or party+state" maxLength:"20" required:"false"`
	Addressee    string       `json:"addressee" doc:"main addressee (主送)" maxLength:"500" required:"false"`
	Attachments  int          `json:"attachments" doc:"number of attachments" minimum:"0" maximum:"10000" required:"false"`
	Pages        int          `json:"pages" doc:"number of pages" minimum:"0" maximum:"1000000" required:"false"`
	AnswerBy     domain.Date  `json:"answer_by" doc:"last day that the paper itself sets" required:"false"`
	Contact      string       `json:"contact" doc:"contact of the sender" maxLength:"200" required:"false"`
	NotStated    []string     `json:"not_stated" doc:"fields looked for that the paper does not carry: doc_number, issued_on, urgency, class, kind, term" maxItems:"10" required:"false"`
}

// check refuses what no paper can show: a class the law does not know, and a gap that is none.
func (p Paper) check() error {
	if p.Class.Rank() < 0 {
		return ErrClass.With("class", string(p.Class))
	}
	for _, field := range p.NotStated {
		if filled, _ := (Document{Paper: p}).has(field); filled || !slices.Contains(notStatable, field) {
			return ErrNotStatable.With("field", field)
		}
	}
	return nil
}

// Arrival is how a paper came to the counter.
type Arrival struct {
	Served      string   `json:"served_organ" doc:"organ that the registry serves, when the paper is not for the office itself" maxLength:"100" required:"false"`
	Channel     string   `json:"channel" doc:"how it came, such as 机要, 文件交换, 传真, 明电" maxLength:"50" required:"false"`
	Envelope    string   `json:"envelope" doc:"number of the envelope or bag" maxLength:"100" required:"false"`
	Seal        string   `json:"seal" doc:"state of its seal: intact, broken or none" maxLength:"20" required:"false"`
	Copies      int      `json:"copies" doc:"copies signed for (份数)" minimum:"1" maximum:"500"`
	CopyNumbers []string `json:"copy_numbers" doc:"copy numbers as printed (份号)" maxItems:"500" required:"false"`
	Remarks     string   `json:"remarks" doc:"remarks" maxLength:"1000" required:"false"`
}

// received is the receipt of an arrival: copies without a printed number are numbered from 1.
func (a Arrival) received(office, by string, at domain.Instant) (Received, error) {
	copies := slices.Clone(a.CopyNumbers)
	slices.Sort(copies)
	if a.Copies < 1 || len(copies) > a.Copies || len(slices.Compact(copies)) < len(a.CopyNumbers) || slices.Contains(a.CopyNumbers, "") {
		return Received{}, ErrCopyNumbers
	}
	copies = slices.Clone(a.CopyNumbers)
	for n := 1; len(copies) < a.Copies; n++ {
		if name := strconv.Itoa(n); !slices.Contains(copies, name) {
			copies = append(copies, name)
		}
	}
	return Received{Office: office, ReceivedAt: at, SignedBy: by, Served: a.Served, Channel: a.Channel, Envelope: a.Envelope, Seal: a.Seal,
		Copies: copies, Remarks: a.Remarks}, nil
}

// Term is when a paper is due and how that was found. The zero Term is "no time limit".
type Term struct {
	DueOn       domain.Date    `json:"due_on"`       // the last day
	DueAt       domain.Instant `json:"due_at"`       // its 24:00
	Basis       Basis          `json:"basis"`        // what set it
	WorkingDays int            `json:"working_days"` // of the clock
	CountedFrom domain.Date    `json:"counted_from"` // of the clock
	Provisional bool           `json:"provisional"`  // a calendar notice still to come may move it
	Calendar    int64          `json:"calendar"`     // version of the office's calendar that counted
}

// Basis says what set a time limit.
type Basis string

const (
	ByClock       Basis = "clock"       // the office's clock of the urgency (rcv.clock)
	ByPaper       Basis = "paper"       // the paper itself
	ByInstruction Basis = "instruction" // a leader's instruction
	ByAssignment  Basis = "assignment"  // the assignment to the lead
)

// until is a term that ends at 24:00 of a named day.
func until(act domain.Act, day domain.Date, basis Basis) Term {
	return Term{DueOn: day, DueAt: domain.At(day.End(act.Zone)), Basis: basis}
}

// count is the term of a number of working days by the office's calendar.
func count(act domain.Act, from domain.Date, days int) Term {
	cal := calendar.Context.In(act, calendar.Stream(act.Office))
	due, provisional := cal.Due(act, from, days)
	t := until(act, due, ByClock)
	t.WorkingDays, t.CountedFrom, t.Provisional, t.Calendar = days, from, provisional, cal.Version
	return t
}

// term is when a paper is due: on the day that it sets itself, else by the clock of its urgency, counted from the day of
// receipt; an unmarked paper has no time limit, which is never guessed (REG-21 二.7, rcv.clock, catalogue 4.2).
func (d Document) term(act domain.Act, p Paper) Term {
	switch {
	case !p.AnswerBy.IsZero():
		return until(act, p.AnswerBy, ByPaper)
	case p.Urgency != "":
		return count(act, domain.DateOf(d.ReceivedAt.Time, act.Zone), Clock.Of(act, p.Urgency).WorkingDays)
	}
	return Term{}
}

// counts declares the office's calendar for a decision that counts working days.
func counts(act domain.Act) []string { return []string{calendar.Stream(act.Office)} }

// Document is what the rules need to know of a paper.
type Document struct {
	Office     string
	Received   bool
	ReceivedAt domain.Instant
	SignedBy   string
	Served     string
	Envelope   string
	ReceiptID  string // event in force that says how it came
	Signed     int    // copies signed for at receipt
	Copies     map[string]Copy

	Paper     Paper
	Described string // event in force that says what it is; "" when the envelope is still sealed
	ClassAt   int64  // revision of the record of its protection that entered the class; 0: the class is as the paper shows it

	Series string // stream of its series
	Number int
	Text   string // register number, such as 收文〔2026〕12号
	Term   Term

	Category             string
	PreChecked, Reviewed bool
	Action               Action
	Proposed, Instructed bool
	InstructedLead       string
	Decisions            []string // decisions already recorded
	Lead                 string
	Co                   []string
	Accepted             []string
	Reported, Replied    bool
	UrgeLevel            int
	OverdueNoted         domain.Instant // the due time that was noted as passed
	Suspended, Recalled  bool
	Closed, Filed        bool
	End                  End
	FirstReceipt         string // the paper that this one is a copy of
	JoinedFrom           []string
	Source               Source // of a paper that was transcribed from an old register
}

// End is how a paper left the office's handling without being closed.
type End string

const (
	EndReturned    End = "returned"
	EndTransferred End = "transferred-out"
	EndDuplicate   End = "duplicate"
	EndWithdrawn   End = "withdrawn" // brought in wrongly by an import
)

// Action says whether a paper is to be acted on or only read.
type Action string

const (
	ToHandle Action = "办件"
	ToRead   Action = "阅件"
)

// ClassOf is the class that heads the records of the paper.
func (d Document) ClassOf() domain.Class { return d.Paper.Class }

// Handlers are the units, posts and holders of copies that have the paper in hand now: of a classified paper they alone see
// more than number, class and holder (architecture 3.18). Who acted on it before sees what he acted on; that is the
// reader's side to add.
func (d Document) Handlers() []string {
	handlers := slices.Concat([]string{d.Lead}, d.Co)
	for _, c := range d.Copies {
		if c.State == Out {
			handlers = append(handlers, c.Holder)
		}
	}
	handlers = slices.DeleteFunc(handlers, func(id string) bool { return id == "" })
	slices.Sort(handlers)
	return slices.Compact(handlers)
}

// Status is the last state of the paper in the chain of catalogue 2.4.
type Status string

const (
	StatusArrived        Status = "arrived"
	StatusSigned         Status = "signed"
	StatusRegistered     Status = "registered"
	StatusPreChecked     Status = "pre-checked"
	StatusProposed       Status = "proposed"
	StatusInstructed     Status = "instructed"
	StatusAssigned       Status = "assigned"
	StatusHandling       Status = "handling"
	StatusReplied        Status = "replied"
	StatusClosed         Status = "closed"
	StatusFiled          Status = "filed"
	StatusSuspended      Status = "suspended"
	StatusRecalled       Status = "recalled"
	StatusReturned       Status = Status(EndReturned)
	StatusTransferredOut Status = Status(EndTransferred)
	StatusDuplicate      Status = Status(EndDuplicate)
	StatusWithdrawn      Status = Status(EndWithdrawn)
)

// Status names the state of the paper.
func (d Document) Status() Status {
	switch {
	case d.End != "":
		return Status(d.End)
	case d.Filed:
		return StatusFiled
	case d.Closed:
		return StatusClosed
	case d.Recalled:
		return StatusRecalled
	case d.Suspended:
		return StatusSuspended
	case d.Replied:
		return StatusReplied
	case len(d.Accepted) > 0 || d.Reported:
		return StatusHandling
	case d.Lead != "":
		return StatusAssigned
	case d.Instructed:
		return StatusInstructed
	case d.Proposed:
		return StatusProposed
	case d.PreChecked:
		return StatusPreChecked
	case d.Text != "":
		return StatusRegistered
	case d.Received:
		return StatusSigned
	}
	return StatusArrived
}

// open refuses when the paper is not here, has left or is closed.
func (d Document) open() error {
	switch {
	case !d.Received:
		return domain.ErrNoStream
	case d.End != "":
		return ErrEnded
	case d.Filed:
		return ErrFiled
	case d.Closed:
		return ErrClosed
	}
	return nil
}

// entered refuses when the paper is not open or has no register number.
func (d Document) entered() error {
	if err := d.open(); err != nil {
		return err
	}
	if d.Text == "" {
		return ErrNotRegistered
	}
	return nil
}

// handling refuses when the paper is not registered and in handling now.
func (d Document) handling() error {
	switch err := d.entered(); {
	case err != nil:
		return err
	case d.Recalled:
		return ErrRecalled
	case d.Suspended:
		return ErrSuspended
	}
	return nil
}

// named tells whether the office's procedure names a step.
func named(act domain.Act, step string) bool { return slices.Contains(OfficeSteps.Of(act), step) }

// registrar refuses everybody but the registrar.
func registrar(act domain.Act) error {
	if !act.Person() {
		return domain.ErrSystem
	}
	if post := Registrar.Of(act); act.Actor.Post != post {
		return ErrRegistrar.With("post", post)
	}
	return nil
}

// proposers are the posts that may propose handling.
func proposers(act domain.Act) (posts []string) {
	for _, step := range Authority.Of(act, Proposal) {
		posts = append(posts, step.Posts...)
	}
	return posts
}

// clerk refuses everybody but the registrar and those who propose handling.
func clerk(act domain.Act) error {
	if !act.Person() {
		return domain.ErrSystem
	}
	if act.Actor.Post != Registrar.Of(act) && !slices.Contains(proposers(act), act.Actor.Post) {
		return ErrClerk
	}
	return nil
}

// stated refuses a text that says nothing.
func stated(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return ErrNoReason
	}
	return nil
}

// overdue and instruction are the tasks of a paper.
func overdue(r domain.Recorded) domain.TaskID {
	return domain.TaskID{Kind: "document.overdue", Key: r.Stream}
}

func instruction(r domain.Recorded) domain.TaskID {
	return domain.TaskID{Kind: "instruction", Key: r.Stream}
}

// tasks of a time limit: when it passes, the schedule notes it.
func (t Term) tasks(r domain.Recorded) []domain.Task {
	if t.DueAt.IsZero() {
		return nil
	}
	return []domain.Task{{TaskID: overdue(r), Stream: r.Stream, Due: t.DueAt}}
}
