package documents

import (
	"testing"

	"andu/domain"
	"andu/domain/domaintest"
)

func TestPreCheckAndReturn(t *testing.T) {
	back := Return{"non-conforming", "缺签发人"}
	returned := Returned{"non-conforming", "缺签发人", day("2026-04-15")}
	run(t, []domaintest.Case[Document]{
		{Name: "a registered paper passes the pre-check", Given: registered(), Actor: registry, When: PreCheck{}, Then: given{PreCheckPassed{}}},
		{Name: "it passes once", Given: registered(PreCheckPassed{}), Actor: registry, When: PreCheck{}},
		{Name: "registration comes before the pre-check", Given: signed(notice), Actor: registry, When: PreCheck{}, Err: ErrNotRegistered},
		{Name: "nobody but the registrar pre-checks", Given: registered(), When: PreCheck{}, Err: ErrRegistrar},

		{Name: "a paper that is not in order goes back with a reason", Given: registered(), Actor: registry, When: back, Then: given{returned}},
		{Name: "it goes back until 24:00 of the last day", Given: registered(), At: "2026-04-15 23:59:59.999999", Actor: registry, When: back, Then: given{returned}},
		{Name: "and not after it", Given: registered(), At: "2026-04-16 00:00", Actor: registry, When: back, Err: ErrTooLate},
		{Name: "another cause has its own window", Given: registered(), At: "2026-04-17 23:59", Actor: registry, When: Return{"wrong addressee", "非本单位办理"},
			Then: given{Returned{"wrong addressee", "非本单位办理", day("2026-04-17")}}},
		{Name: "a cause without a window is not the system's to guess", Given: registered(), Actor: registry, When: Return{"other", "x"}, Err: domain.ErrBlank},
		{Name: "without a reason no paper goes back", Given: registered(), Actor: registry, When: Return{"non-conforming", " "}, Err: ErrNoReason},
		{Name: "with a copy away no paper goes back", Given: registered(CopyDistributed{"1", "finance"}), Actor: registry, When: back, Err: ErrCopiesAway},
		{Name: "an instructed paper does not go back", Given: registered(proposed, instructed), Actor: registry, When: back, Err: ErrHandled},
		{Name: "an assigned paper does not go back", Given: registered(assigned), Actor: registry, When: back, Err: ErrHandled},
		{Name: "nobody but the registrar sends back", Given: registered(), When: back, Err: ErrRegistrar},
		{Name: "a paper goes back once", Given: registered(returned), Actor: registry, When: back, Err: ErrEnded},
	})
}

func TestProposalAndInstruction(t *testing.T) {
	propose := ProposeHandling(proposed)
	record := RecordInstruction{Case: "approval-1", Decision: "e-1", Approved: true, DecidedBy: "p-9", DecidedPost: "director", DecidedAt: morning, Lead: "finance"}
	limited, refused := record, record
	limited.DueOn = day("2026-04-20")
	refused.Approved = false
	no := instructed
	no.Approved = false
	strict := but("rcv.steps", []string{"register", "pre-check", "propose", "instruct", "assign", "classify", "close"})
	run(t, []domaintest.Case[Document]{
		{Name: "a post of the proposal route proposes", Given: registered(), Actor: secretary, When: propose, Then: given{proposed}},
		{Name: "nobody else proposes", Given: registered(), Actor: registry, When: propose, Err: ErrProposer},
		{Name: "the system proposes nothing", Given: registered(), Actor: system, When: propose, Err: domain.ErrSystem},
		{Name: "registration comes before the proposal", Given: signed(notice), Actor: secretary, When: propose, Err: ErrNotRegistered},
		{Name: "where the office pre-checks, that comes first", Given: registered(), Policy: strict, Actor: secretary, When: propose, Err: ErrNotPreChecked},
		{Name: "after the pre-check the proposal is made", Given: registered(PreCheckPassed{}), Policy: strict, Actor: secretary, When: propose, Then: given{proposed}},
		{Name: "where the office reviews before signing, a review comes first", Given: registered(), Policy: but("rcv.reviewBeforeSign", true), Actor: secretary, When: propose, Err: ErrNotReviewed},
		{Name: "a review of legality is one", Given: registered(LegalityReviewed{Result: "ok"}), Policy: but("rcv.reviewBeforeSign", true), Actor: secretary, When: propose, Then: given{proposed}},
		{Name: "the pre-check is one", Given: registered(PreCheckPassed{}), Policy: but("rcv.reviewBeforeSign", true), Actor: secretary, When: propose, Then: given{proposed}},
		{Name: "one proposal waits at a time", Given: registered(proposed), Actor: secretary, When: propose, Err: ErrProposed},
		{Name: "after a refusal it is proposed anew", Given: registered(proposed, no), Actor: secretary, When: propose, Then: given{proposed}},
		{Name: "a proposal says something", Given: registered(), Actor: secretary, When: ProposeHandling{Action: ToRead}, Err: ErrNoReason},
		{Name: "a proposal says whether to handle or to read", Given: registered(), Actor: secretary, When: ProposeHandling{Opinion: "x"}, Err: ErrMissing},
		{Name: "a proposal names one lead", Given: registered(), Actor: secretary, When: ProposeHandling{Action: ToHandle, Opinion: "x", Co: []string{"planning"}}, Err: ErrOneLead},

		{Name: "what a leader decided is recorded under his name", Given: registered(proposed), Actor: system, When: record, Then: given{instructed}},
		{Name: "a decision is recorded once", Given: registered(proposed, instructed), Actor: system, When: record},
		{Name: "a day that the leader sets is the time limit", Given: signed(urgent("平件"), number(clocked), proposed), Actor: system, When: limited,
			Then: given{instructed, DueRevised{Cause: CauseInstruction, WasOn: day("2026-04-17"), WasProvisional: true,
				Term: Term{DueOn: day("2026-04-20"), DueAt: midnight("2026-04-20"), Basis: ByInstruction}}}},
		{Name: "a refusal is recorded too", Given: registered(proposed), Actor: system, When: refused, Then: given{no}},
		{Name: "nobody enters an instruction by hand", Given: registered(proposed), Actor: registry, When: record, Err: ErrFollower},
		{Name: "an instruction answers a proposal", Given: registered(), Actor: system, When: record, Err: ErrNotProposed},
		{Name: "what was decided stands in a paper that has left meanwhile, and moves no time limit", Given: registered(proposed, TransferredOut{"other", "x"}), Actor: system, When: limited, Then: given{instructed}},
		{Name: "in a closed one too", Given: registered(proposed, Closed{"read", "阅结", ""}), Actor: system, When: limited, Then: given{instructed}},
		{Name: "a paper that is not registered takes no instruction", Given: signed(notice), Actor: system, When: record, Err: ErrNotRegistered},

		{Name: "doubts are put into words", Given: registered(), When: CheckLegality{Result: "doubts"}, Err: ErrNoReason},
		{Name: "a review is recorded", Given: registered(), When: CheckLegality{"doubts", "与上位规定不一致"}, Then: given{LegalityReviewed{"doubts", "与上位规定不一致"}}},
		{Name: "the system reviews nothing", Given: registered(), Actor: system, When: CheckLegality{Result: "ok"}, Err: domain.ErrSystem},
		{Name: "a paper is reviewed after registration", Given: signed(notice), When: CheckLegality{Result: "ok"}, Err: ErrNotRegistered},

		{Name: "a paper is laid before a leader", Given: registered(), Actor: secretary, When: Present{"director"}, Then: given{Presented{"director"}}},
		{Name: "by the registrar or a proposer", Given: registered(), Actor: finance, When: Present{"director"}, Err: ErrClerk},
		{Name: "before somebody", Given: registered(), Actor: registry, When: Present{}, Err: ErrMissing},
		{Name: "the system presents nothing", Given: registered(), Actor: system, When: Present{"director"}, Err: domain.ErrSystem},
		{Name: "after registration", Given: signed(notice), Actor: registry, When: Present{"director"}, Err: ErrNotRegistered},
	})
}

func TestAssignment(t *testing.T) {
	assign := Assign(assigned)
	steps := func(names ...string) map[string]any { return but("rcv.steps", names) }
	by := func(s string) Assign { a := assign; a.DueOn = day(s); return a }
	run(t, []domaintest.Case[Document]{
		{Name: "the registrar assigns to one lead and others", Given: registered(), Actor: registry, When: assign, Then: given{assigned}},
		{Name: "a proposer assigns too", Given: registered(), Actor: secretary, When: assign, Then: given{assigned}},
		{Name: "nobody else assigns", Given: registered(), Actor: finance, When: assign, Err: ErrClerk},
		{Name: "two units need a lead", Given: registered(), Actor: registry, When: Assign{Co: []string{"finance", "planning"}}, Err: ErrOneLead},
		{Name: "the lead is not a co-handler", Given: registered(), Actor: registry, When: Assign{Lead: "finance", Co: []string{"finance"}}, Err: ErrOneLead},
		{Name: "co-handlers are named once", Given: registered(), Actor: registry, When: Assign{Lead: "finance", Co: []string{"planning", "planning"}}, Err: ErrOneLead},
		{Name: "a co-handler has a name", Given: registered(), Actor: registry, When: Assign{Lead: "finance", Co: []string{""}}, Err: ErrOneLead},
		{Name: "registration comes before the assignment", Given: signed(notice), Actor: registry, When: assign, Err: ErrNotRegistered},
		{Name: "a named pre-check comes first", Policy: steps("pre-check"), Given: registered(), Actor: registry, When: assign, Err: ErrNotPreChecked},
		{Name: "a named proposal comes first", Policy: steps("propose"), Given: registered(), Actor: registry, When: assign, Err: ErrNotProposed},
		{Name: "a named instruction comes first", Policy: steps("instruct"), Given: registered(), Actor: registry, When: assign, Err: ErrNotInstructed},
		{Name: "what was proposed waits for its instruction, named or not", Given: registered(proposed), Actor: registry, When: assign, Err: ErrNotInstructed},
		{Name: "the lead is whom the instruction names", Given: registered(proposed, instructed), Actor: registry, When: Assign{Lead: "planning"}, Err: ErrNotAsInstructed},
		{Name: "as instructed it is assigned", Given: registered(proposed, instructed), Actor: registry, When: assign, Then: given{assigned}},
		{Name: "the lead has no more time than the paper", Given: signed(urgent("平件"), number(clocked)), Actor: registry, When: by("2026-04-18"), Err: ErrDueLater},
		{Name: "the lead may have less", Given: signed(urgent("平件"), number(clocked)), Actor: registry, When: by("2026-04-17"), Then: given{Assigned(by("2026-04-17"))}},
		{Name: "a paper without a time limit gets the lead's", Given: registered(), Actor: registry, When: by("2026-04-18"),
			Then: given{Assigned(by("2026-04-18")), DueRevised{Cause: CauseAssignment, Term: Term{DueOn: day("2026-04-18"), DueAt: midnight("2026-04-18"), Basis: ByAssignment}}}},
		{Name: "a suspended paper is not assigned", Given: registered(Suspended{"等材料"}), Actor: registry, When: assign, Err: ErrSuspended},
		{Name: "a recalled paper is not assigned", Given: registered(RecalledByIssuer{"n-1", ""}), Actor: registry, When: assign, Err: ErrRecalled},

		{Name: "a post of the lead's unit accepts for it", Given: registered(assigned), Actor: finance, When: Accept{}, Then: given{AssignmentAccepted{"finance"}}},
		{Name: "a post that takes part accepts for itself", Given: registered(assigned), Actor: planning, When: Accept{}, Then: given{AssignmentAccepted{"planning-head"}}},
		{Name: "a unit that takes part accepts through a post of it", Given: registered(Assigned{Lead: "planning-head", Co: []string{"finance"}}), Actor: finance, When: Accept{}, Then: given{AssignmentAccepted{"finance"}}},
		{Name: "accepting again changes nothing", Given: registered(assigned, AssignmentAccepted{"finance"}), Actor: finance, When: Accept{}},
		{Name: "nobody else accepts", Given: registered(assigned), Actor: secretary, When: Accept{}, Err: ErrNotAssignee},
		{Name: "the system accepts nothing", Given: registered(assigned), Actor: system, When: Accept{}, Err: domain.ErrSystem},
		{Name: "what was not assigned is not accepted", Given: registered(), Actor: finance, When: Accept{}, Err: ErrNotAssigned},
		{Name: "what is not registered is not accepted", Given: signed(notice), Actor: finance, When: Accept{}, Err: ErrNotRegistered},

		{Name: "a handler gives the paper back with a reason", Given: registered(assigned), Actor: planning, When: Decline{"非本股职责"}, Then: given{AssignmentDeclined{"planning-head", "非本股职责"}}},
		{Name: "not without a reason", Given: registered(assigned), Actor: planning, When: Decline{}, Err: ErrNoReason},
		{Name: "not after accepting", Given: registered(assigned, AssignmentAccepted{"finance"}), Actor: finance, When: Decline{"x"}, Err: ErrAccepted},
		{Name: "not when it is not his", Given: registered(assigned), Actor: secretary, When: Decline{"x"}, Err: ErrNotAssignee},
		{Name: "not before registration", Given: signed(notice), Actor: finance, When: Decline{"x"}, Err: ErrNotRegistered},
		{Name: "a co-handler who declined handles no more", Given: registered(assigned, AssignmentDeclined{"planning-head", "x"}), Actor: planning, When: Accept{}, Err: ErrNotAssignee},
		{Name: "without its lead the paper is assigned anew, to whom it may be", Given: registered(proposed, instructed, assigned, AssignmentDeclined{"finance", "x"}), Actor: registry, When: Assign{Lead: "planning-head"},
			Then: given{Assigned{Lead: "planning-head"}}},
	})
}

func TestChasing(t *testing.T) {
	running := signed(urgent("平件"), number(clocked))
	passed := FindingRaised{"overdue", midnight("2026-04-17")}
	run(t, []domaintest.Case[Document]{
		{Name: "those who have a paper are urged", Given: registered(assigned), Actor: registry, When: Urge{1, "finance-head", "请抓紧"}, Then: given{Urged{1, "finance-head", "请抓紧"}}},
		{Name: "by the registrar or a proposer", Given: registered(assigned), Actor: finance, When: Urge{1, "finance-head", ""}, Err: ErrClerk},
		{Name: "with a level, and somebody", Given: registered(assigned), Actor: registry, When: Urge{}, Err: ErrMissing},
		{Name: "as long as the paper is open", Given: registered(Closed{"read", "阅结", ""}), Actor: registry, When: Urge{1, "finance-head", ""}, Err: ErrClosed},

		{Name: "before 24:00 of the last day nothing is late", Given: running, At: "2026-04-17 23:59:59.999999", Actor: system, When: NoteOverdue{}},
		{Name: "at 24:00 the paper is late", Given: running, At: "2026-04-18 00:00", Actor: system, When: NoteOverdue{}, Then: given{passed}},
		{Name: "it is noted once", Given: append(running, passed), At: "2026-04-19 00:00", Actor: system, When: NoteOverdue{}},
		{Name: "a paper without a time limit is not late", Given: registered(), At: "2026-12-31 00:00", Actor: system, When: NoteOverdue{}},
		{Name: "a closed paper is not late", Given: append(running, Closed{"read", "阅结", ""}), At: "2026-12-31 00:00", Actor: system, When: NoteOverdue{}},
		{Name: "nobody notes it by hand", Given: running, At: "2026-04-18 00:00", Actor: registry, When: NoteOverdue{}, Err: ErrFollower},

		{Name: "a supervising person looks at the handling", Given: registered(), When: ReviewProcessing{"已阅，按时"}, Then: given{ProcessingReviewed{"已阅，按时"}}},
		{Name: "and says what was found", Given: registered(), When: ReviewProcessing{}, Err: ErrNoReason},
		{Name: "the system supervises nothing", Given: registered(), Actor: system, When: ReviewProcessing{"x"}, Err: domain.ErrSystem},
		{Name: "of a registered paper", Given: signed(notice), When: ReviewProcessing{"x"}, Err: ErrNotRegistered},
		{Name: "that is here", When: ReviewProcessing{"x"}, Err: domain.ErrNoStream},
	})
}

func TestReportAndClose(t *testing.T) {
	reported := HandlingReported{"finance", "已办理"}
	replied := ReplySent{"国务院办公厅", "letter", "县政办函〔2026〕3号", day("2026-04-14")}
	closed := Closed{"settled", "办结", "已按要求落实"}
	close := Close{"settled", "已按要求落实"}
	run(t, []domaintest.Case[Document]{
		{Name: "the lead reports back", Given: registered(assigned), Actor: finance, When: Report{Text: "已办理"}, Then: given{reported}},
		{Name: "the registrar enters the report of a handler elsewhere", Given: registered(assigned), Actor: registry, When: Report{"finance", "已办理"}, Then: given{reported}},
		{Name: "one handler does not report for another", Given: registered(assigned), Actor: planning, When: Report{"finance", "已办理"}, Err: ErrRegistrar},
		{Name: "nobody else reports", Given: registered(assigned), Actor: secretary, When: Report{Text: "已办理"}, Err: ErrNotAssignee},
		{Name: "the system reports nothing", Given: registered(assigned), Actor: system, When: Report{Text: "已办理"}, Err: domain.ErrSystem},
		{Name: "a report says something", Given: registered(assigned), Actor: finance, When: Report{}, Err: ErrNoReason},
		{Name: "what was not assigned is not reported", Given: registered(), Actor: finance, When: Report{Text: "x"}, Err: ErrNotAssigned},
		{Name: "what is not registered is not reported", Given: signed(notice), Actor: finance, When: Report{Text: "x"}, Err: ErrNotRegistered},

		{Name: "the sender is answered", Given: registered(assigned), Actor: finance, When: Reply(replied), Then: given{replied}},
		{Name: "by the lead, the registrar or a proposer", Given: registered(assigned), Actor: planning, When: Reply(replied), Err: ErrClerk},
		{Name: "the system answers nobody", Given: registered(assigned), Actor: system, When: Reply(replied), Err: domain.ErrSystem},
		{Name: "to somebody, on a day", Given: registered(assigned), Actor: finance, When: Reply{}, Err: ErrMissing},
		{Name: "of a registered paper", Given: signed(notice), Actor: registry, When: Reply(replied), Err: ErrNotRegistered},

		{Name: "R207: without a report-back nothing is closed", Given: registered(assigned), Actor: registry, When: close, Err: ErrNoReport},
		{Name: "R207: the report of a co-handler is none", Given: registered(assigned, HandlingReported{"planning-head", "已会办"}), Actor: registry, When: close, Err: ErrNoReport},
		{Name: "R207: after the lead's report the paper is closed", Given: registered(assigned, reported), Actor: registry, When: close, Then: given{closed}},
		{Name: "R207: a reply is a report-back", Given: registered(assigned, replied), Actor: finance, When: close, Then: given{closed}},
		{Name: "a new assignment needs a report of its own", Given: registered(assigned, reported, assigned), Actor: registry, When: close, Err: ErrNoReport},
		{Name: "a paper to read is closed without a lead", Given: registered(), Actor: registry, When: Close{"read", ""}, Then: given{Closed{"read", "阅结", ""}}},
		{Name: "a paper to handle is not", Given: registered(proposed, instructed), Actor: registry, When: close, Err: ErrNotAssigned},
		{Name: "nor one that waits for an instruction", Given: registered(proposed), Actor: registry, When: close, Err: ErrNotInstructed},
		{Name: "nor a suspended one", Given: registered(assigned, reported, Suspended{"x"}), Actor: registry, When: close, Err: ErrSuspended},
		{Name: "a recalled one is, whatever is missing", Given: registered(proposed, RecalledByIssuer{"n-1", ""}), Actor: registry, When: close, Then: given{closed}},
		{Name: "a paper is closed in a way of the office", Given: registered(), Actor: registry, When: Close{"lost", ""}, Err: ErrSettlement},
		{Name: "nobody else closes", Given: registered(assigned, reported), Actor: planning, When: close, Err: ErrClerk},
		{Name: "the system closes nothing", Given: registered(assigned, reported), Actor: system, When: close, Err: domain.ErrSystem},
		{Name: "what is closed is not closed again", Given: registered(closed), Actor: registry, When: close, Err: ErrClosed},

		{Name: "a closed paper is taken up again with a reason", Given: signed(urgent("平件"), number(clocked), closed), Actor: registry, When: Reopen{"来文机关要求补充"},
			Then: given{Reopened{"来文机关要求补充", midnight("2026-04-17")}}},
		{Name: "not without one", Given: registered(closed), Actor: registry, When: Reopen{}, Err: ErrNoReason},
		{Name: "by the registrar or a proposer", Given: registered(closed), Actor: finance, When: Reopen{"x"}, Err: ErrClerk},
		{Name: "an open paper is not reopened", Given: registered(), Actor: registry, When: Reopen{"x"}, Err: ErrNotClosed},
		{Name: "a filed one neither", Given: registered(closed, Filed{"G-1", "", ""}), Actor: registry, When: Reopen{"x"}, Err: ErrFiled},
		{Name: "nor one that left", Given: registered(TransferredOut{"县民政局", "x"}), Actor: registry, When: Reopen{"x"}, Err: ErrEnded},
		{Name: "nor one that never came", Actor: registry, When: Reopen{"x"}, Err: domain.ErrNoStream},
		{Name: "reopened, it needs a report-back anew", Given: registered(assigned, reported, closed, Reopened{Reason: "x"}), Actor: registry, When: close, Err: ErrNoReport},
	})
}

func TestFilingAndSideStates(t *testing.T) {
	closed := Closed{"settled", "办结", ""}
	file, filed := File{"县政办-2026-010-0012", "3", "30年"}, Filed{"县政办-2026-010-0012", "3", "30年"}
	run(t, []domaintest.Case[Document]{
		{Name: "a closed paper is filed under its code", Given: registered(closed), Actor: registry, When: file, Then: given{filed}},
		{Name: "one that was in hand is closed first", Given: registered(assigned), Actor: registry, When: file, Err: ErrNotClosed},
		{Name: "where closing is a step, every paper is closed first", Policy: but("rcv.steps", []string{"close"}), Given: registered(), Actor: registry, When: file, Err: ErrNotClosed},
		{Name: "where it is none, a paper nobody handled is filed as it is", Given: registered(), Actor: registry, When: file, Then: given{filed}},
		{Name: "where classifying is a step, that comes first", Policy: but("rcv.steps", []string{"classify"}), Given: registered(closed), Actor: registry, When: file, Err: ErrNotClassified},
		{Name: "after it the paper is filed", Policy: but("rcv.steps", []string{"classify"}), Given: registered(Classified{"综合", "文件"}, closed), Actor: registry, When: file, Then: given{filed}},
		{Name: "a code is needed", Given: registered(closed), Actor: registry, When: File{}, Err: ErrMissing},
		{Name: "nobody but the registrar files", Given: registered(closed), When: file, Err: ErrRegistrar},
		{Name: "R1: without a register number nothing is filed", Given: signed(notice), Actor: registry, When: file, Err: ErrNotRegistered},
		{Name: "a paper is filed once", Given: registered(closed, filed), Actor: registry, When: file, Err: ErrFiled},
		{Name: "what left is not filed", Given: registered(TransferredOut{"县民政局", "x"}), Actor: registry, When: file, Err: ErrEnded},
		{Name: "what never came is not filed", Actor: registry, When: file, Err: domain.ErrNoStream},
		{Name: "a filed paper is not handled", Given: registered(closed, filed), Actor: registry, When: Assign{Lead: "finance"}, Err: ErrFiled},

		{Name: "handling stops for a time, with a reason", Given: registered(), Actor: registry, When: Suspend{"等上级答复"}, Then: given{Suspended{"等上级答复"}}},
		{Name: "not without one", Given: registered(), Actor: registry, When: Suspend{}, Err: ErrNoReason},
		{Name: "it stops once", Given: registered(Suspended{"x"}), Actor: registry, When: Suspend{"x"}, Err: ErrSuspended},
		{Name: "by the registrar or a proposer", Given: registered(), Actor: finance, When: Suspend{"x"}, Err: ErrClerk},
		{Name: "it goes on", Given: registered(Suspended{"x"}), Actor: secretary, When: Resume{}, Then: given{Resumed{}}},
		{Name: "what did not stop does not go on", Given: registered(), Actor: registry, When: Resume{}, Err: ErrNotSuspended},
		{Name: "by the same", Given: registered(Suspended{"x"}), Actor: finance, When: Resume{}, Err: ErrClerk},
		{Name: "a closed paper does not go on", Given: registered(Suspended{"x"}, closed), Actor: registry, When: Resume{}, Err: ErrClosed},
		{Name: "resumed, it is handled", Given: registered(Suspended{"x"}, Resumed{}), Actor: registry, When: Assign{Lead: "finance"}, Then: given{Assigned{Lead: "finance"}}},

		{Name: "a paper of another organ is given to it", Given: registered(), Actor: registry, When: TransferOut{"县民政局", "属其职责"}, Then: given{TransferredOut{"县民政局", "属其职责"}}},
		{Name: "with a reason", Given: registered(), Actor: registry, When: TransferOut{To: "县民政局"}, Err: ErrNoReason},
		{Name: "with every copy", Given: registered(CopyDistributed{"1", "finance"}), Actor: registry, When: TransferOut{"县民政局", "x"}, Err: ErrCopiesAway},
		{Name: "by the registrar", Given: registered(), When: TransferOut{"县民政局", "x"}, Err: ErrRegistrar},
		{Name: "after registration", Given: signed(notice), Actor: registry, When: TransferOut{"县民政局", "x"}, Err: ErrNotRegistered},

		{Name: "the issuer takes its paper back", Given: registered(), Actor: registry, When: RecordRecall{"国办函〔2026〕1号", ""}, Then: given{RecalledByIssuer{"国办函〔2026〕1号", ""}}},
		{Name: "once", Given: registered(RecalledByIssuer{"n-1", ""}), Actor: registry, When: RecordRecall{"n-1", ""}},
		{Name: "the registrar records it", Given: registered(), When: RecordRecall{"n-1", ""}, Err: ErrRegistrar},
		{Name: "of a registered paper", Given: signed(notice), Actor: registry, When: RecordRecall{"n-1", ""}, Err: ErrNotRegistered},
	})
}

func TestStatus(t *testing.T) {
	steps := []struct {
		event Event
		want  Status
	}{
		{receivedAt(morning, "1"), StatusSigned}, {number(Term{}), StatusRegistered}, {PreCheckPassed{}, StatusPreChecked}, {proposed, StatusProposed},
		{instructed, StatusInstructed}, {assigned, StatusAssigned}, {AssignmentAccepted{"finance"}, StatusHandling}, {Suspended{}, StatusSuspended},
		{Resumed{}, StatusHandling}, {ReplySent{}, StatusReplied}, {RecalledByIssuer{}, StatusRecalled}, {Closed{}, StatusClosed}, {Filed{}, StatusFiled},
		{Returned{}, StatusReturned},
	}
	var d Document
	if d.Status() != StatusArrived {
		t.Errorf("before any event: %s", d.Status())
	}
	for _, s := range steps {
		d = s.event.Evolve(d)
		if d.Status() != s.want {
			t.Errorf("after %T: %s, want %s", s.event, d.Status(), s.want)
		}
	}
	for want, e := range map[Status]Event{StatusTransferredOut: TransferredOut{}, StatusDuplicate: DuplicateFound{}} {
		if got := e.Evolve(Document{}).Status(); got != want {
			t.Errorf("after %T: %s, want %s", e, got, want)
		}
	}
}
