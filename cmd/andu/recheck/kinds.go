package recheck

import "strings"

// kind is what the manual of events (docs/events.md) says of one type: whether its payload is sealed, whether it takes the
// place of an earlier event, and the commands whose decisions it is part of.
type kind struct {
	sealed   bool
	corrects bool
	commands []string
}

// kinds is the manual, one type a line: name, flags (s sealed, c corrects, - neither), commands. A type that does not stand
// here is decided by nobody, and says so.
var kinds = manual(`
log.started - Start
log.server-started - StartServer
log.server-stopped - StopServer
log.stream-quarantined - Quarantine
log.quarantine-lifted - LiftQuarantine
policy.drafted - Draft
policy.provisions-added - AddProvisions
policy.conflict-found - Draft AddProvisions
policy.reviewed s Review
policy.published - Publish
policy.published-retroactively s Publish
policy.conflict-resolved s ResolveConflict
policy.superseded - Supersede Publish
policy.amended - Amend
policy.repealed - Repeal
policy.repeal-proposed s ProposeRepeal
policy.interpreted - Interpret
policy.authority-changed - SetAuthority
policy.source-truncated - FlagSource
policy.value-left-blank - DeclareBlank
policy.refused -
calendar.notice-imported - ImportNotice
calendar.amended - ImportNotice
calendar.day-overridden s OverrideDay
calendar.season-set - SetSeason
calendar.schedule-published - PublishSchedule
calendar.hours-adjusted s AdjustHours
calendar.year-marked-provisional - MarkProvisional
calendar.recomputed - CloseRecompute
org.office-set-up - SetUp
org.organ-set-up - SetUpOrgan
org.organ-merged - MergeOrgan
org.organ-abolished - AbolishOrgan
org.unit-set-up - SetUpUnit
org.unit-changed - ChangeUnit
org.unit-abolished - AbolishUnit
org.post-created - CreatePost
org.post-changed - ChangePost
org.post-abolished - AbolishPost
org.post-filled - Fill
org.acting-appointed - AppointActing
org.post-vacated - Vacate Leave
org.post-duty-assigned s AssignPostDuty
org.reporting-line-set - SetReportingLine
org.responsibility-assigned - AssignResponsibility
org.responsibility-ended - EndResponsibility
org.function-assigned - AssignFunction
org.function-ended - EndFunction Leave
org.substitute-named - NameSubstitute
org.person-joined - SetUp Join
org.person-transferred - Transfer
org.leaving-started - StartLeaving
org.hand-back-item-returned - ReturnHandBackItem
org.person-left - Leave
org.officer-appointed - SetUp AppointOfficer
org.officer-relieved - RelieveOfficer
org.delegation-granted - GrantDelegation
org.delegation-ended - EndDelegation Leave
org.entry-withdrawn c WithdrawEntry
org.refused - AppointOfficer Fill AppointActing AssignFunction NameSubstitute ReturnHandBackItem GrantDelegation
person.registered s Register
person.renamed s Rename
person.registration-corrected sc CorrectRegistration
person.contact-changed s ChangeContact
person.pledge-signed s SignPledge
person.clearance-granted s GrantClearance
person.clearance-lowered s LowerClearance
person.clearance-revoked s RevokeClearance
person.decoupling-started s StartDecoupling
person.registration-withdrawn sc WithdrawRegistration
person.refused s GrantClearance
register.series-opened - Open Allot Transcribe Enter EnterTranscript
register.number-allotted - Allot Void Enter
register.number-registered - Confirm
register.number-voided s Void Release ExplainGaps
register.number-transcribed - Transcribe ExplainGaps EnterTranscript
register.numbers-withdrawn s WithdrawNumbers
register.series-closed - Close
register.gap-certificate-issued - Certify
document.received s Receive TakeOverFromDuty
document.receipt-corrected sc CorrectReceipt
document.described s Receive TakeOverFromDuty Describe Transcribe
document.registration-corrected sc CorrectRegistration
document.duty-paper-handed-on - TakeOverFromDuty
document.registered - RecordRegistration
document.due-revised - ReviseDue CorrectRegistration RecordInstruction
document.duplicate-found - LinkDuplicate
document.pre-check-passed - PreCheck
document.returned s Return
document.classified - Classify
document.legality-reviewed s CheckLegality
document.class-adopted - AdoptClass
document.presented - Present
document.handling-proposed s ProposeHandling
document.instructed - RecordInstruction
document.assigned - Assign
document.assignment-accepted - Accept
document.assignment-declined s Decline
document.urged s Urge
document.finding-raised - NoteOverdue
document.processing-reviewed s ReviewProcessing
document.handling-reported s Report
document.reply-sent s Reply
document.suspended s Suspend
document.resumed - Resume
document.transferred-out s TransferOut
document.recalled-by-issuer s RecordRecall
document.closed s Close
document.reopened s Reopen
document.filed - File
document.copy-distributed - HandOut
document.copy-circulated - CirculateCopy
document.copy-returned - ReturnCopy
document.copy-registered - SplitCopy
document.copies-joined - JoinCopies
document.copy-sent-back - SendBack
document.copy-destroyed - RecordDestruction
document.transcribed s Transcribe
document.number-transcribed - RecordRegistration
document.transcript-withdrawn s WithdrawTranscript
approval.opened s OpenCase
approval.route-resolved - OpenCase Route
approval.step-routed - OpenCase Route ReviewLegality Approve WriteInstruction ReturnToStep AddSigner ProposeOpinion RecordBodyDecision
approval.step-skipped - OpenCase Route ReviewLegality Approve WriteInstruction ReturnToStep RecordBodyDecision
approval.step-seen - See
approval.legality-reviewed s ReviewLegality
approval.approved s Approve
approval.disapproved s Disapprove
approval.returned-to-step s ReturnToStep
approval.instruction-written s WriteInstruction
approval.opinion-corrected sc CorrectOpinion
approval.countersign-completed - Approve WriteInstruction
approval.signer-added s AddSigner ProposeOpinion
approval.step-transferred s Transfer
approval.step-entrusted s Entrust
approval.step-reminded - Remind
approval.step-escalated - Escalate
approval.finding-raised - Escalate OpenCase Route ReviewLegality Approve WriteInstruction ReturnToStep AddSigner ProposeOpinion RecordBodyDecision
approval.dispute-raised s RaiseDispute
approval.opinion-proposed s ProposeOpinion
approval.decided-by-meeting s RecordBodyDecision
approval.withdrawn s Withdraw
approval.closed - Approve WriteInstruction Disapprove RecordBodyDecision Withdraw
approval.delivered - Deliver
approval.refused s ReviewLegality Approve WriteInstruction Disapprove ReturnToStep AddSigner Transfer Entrust RaiseDispute RecordBodyDecision CorrectOpinion
duty.post-opened - Open
duty.shifts-planned - Plan
duty.reminder-sent - Remind
duty.swap-requested s RequestSwap
duty.swap-accepted - AcceptSwap
duty.swap-declined s DeclineSwap
duty.swap-noted - NoteSwap
duty.shift-reassigned - AcceptSwap NoteSwap Plan
duty.stand-in-started s StartStandIn
duty.stand-in-ended - EndStandIn
duty.handover-offered s OfferHandover
duty.item-accepted - AnswerItems
duty.item-reserved s AnswerItems
duty.handover-accepted - AcceptHandover
duty.handover-refused s RefuseHandover
duty.reservation-settled s SettleReservation
duty.alert-raised - RefuseHandover Watch
duty.finding-raised - StartStandIn EndStandIn CheckStandIn CheckClock ReportEmergency Inspect Probe CheckFax NoteFax
duty.entry-logged s LogEntry
duty.entry-corrected sc CorrectEntry
duty.entry-actioned s ActOnEntry
duty.entry-escalated s EscalateEntry
duty.entry-carried-over - CarryOverEntry
duty.entry-closed s CloseEntry
duty.message-relayed - RelayMessage
duty.relay-acknowledged - AcknowledgeRelay
duty.fax-due - AcceptHandover
duty.fax-taken-over - NoteFax
duty.day-closed s CloseDay
duty.inspected s Inspect
duty.reachability-probed - Probe
duty.emergency-known s DeclareEmergency
duty.emergency-reported s ReportEmergency
duty.emergency-followed-up s FollowUpEmergency
duty.emergency-closed s CloseEmergency
roster.drafted - Draft
roster.approved - Approve
roster.published - Publish
roster.delivered - Deliver
roster.amended s Amend FollowCalendar Publish
roster.finding-raised - Publish NoteMissing
attendance.signed-in - SignIn Admit
attendance.late-sign-in-refused - SignIn Admit
attendance.time-owed - SignIn Admit Determine
attendance.lateness-excused s Excuse
attendance.time-made-up - MakeUp
attendance.awaited - Determine
attendance.determined - Determine
attendance.determination-revised - Determine DecideObjection
attendance.objection-raised s RaiseObjection
attendance.objection-decided s DecideObjection
attendance.refused -
sheet.opened - Open
sheet.persons-added - Open
sheet.signed-listed - ListSigned
sheet.closed - Close
sheet.supplemented - Supplement
sheet.day-determined - CloseDay
roll.begun - Begin
roll.day-turned - TurnDay
roll.terminal-registered - RegisterTerminal
roll.terminal-drift-measured - MeasureDrift
roll.terminal-withdrawn - WithdrawTerminal
roll.month-counted - CountMonth
roll.month-compiled - Compile
roll.year-counted - CountYear
roll.year-compiled - CompileYear
roll.month-reported - Compile
leave.requested s Ask
leave.step-routed - Ask Extend ReportOuting ReportTrip
leave.finding-raised - Ask Extend ReportOuting ReportTrip Escalate
leave.step-escalated - Escalate
leave.approved - Approve
leave.disapproved s Disapprove
leave.withdrawn - Withdraw
leave.extension-requested s Extend
leave.registered - Register
leave.returned - Return
leave.overstayed - NoteOverstay
leave.days-revised - ReviseDays
leave.phoned-in s PhoneIn
leave.paper-supplied s SupplyPaper
leave.paper-lapsed - LapsePaper
leave.late-paper-reviewed s ReviewLatePaper
leave.days-reviewed - CloseReview
leave.outing-reported s ReportOuting
leave.trip-reported s ReportTrip
leave.balance-opened s OpenBalance
leave.entitlement-granted s GrantAnnual
leave.time-off-credited s CreditTimeOff
leave.balance-withdrawn sc WithdrawBalance
leave.balance-corrected sc CorrectBalance
leave.month-compiled - CompileMonth
leave.refused - Approve Disapprove ReviewLatePaper
access.begun - Begin
access.classification-set s Classify
access.classification-changed s ChangeClass
access.classification-lapsed - Lapse
access.scope-set s SetScope
access.scope-extended s ExtendScope
access.scope-reduced s ReduceScope
access.requested s RequestAccess
access.granted - GrantAccess
access.request-denied s DenyRequest
access.revoked s RevokeAccess
access.content-attached s AttachContent
access.view-opened - OpenView
access.window-opened - OpenWindow
access.seen-after-removal - Read OpenWindow
access.view-closed - CloseView EndView ReduceScope RevokeAccess
access.trail-queried s QueryTrail
access.refused - OpenView OpenWindow Read GrantAccess AttachContent
circulation.started s Start
circulation.reader-added s AddReader
circulation.copy-handed-to - Start Deliver
circulation.copy-opened - MarkOpened
circulation.reader-signed s Sign
circulation.reader-skipped s Skip
circulation.copy-recalled s Recall
circulation.urged s Urge NoteDwell
circulation.completed - Sign Skip Recall
circulation.stopped s Stop
circulation.returned - Return
circulation.copy-counted s Count
circulation.copy-moved - Start Deliver Sign Skip Recall Return
circulation.extract-taken s TakeExtract
circulation.extract-returned - ReturnExtract
circulation.refused - Deliver TakeExtract
import.begun s Begin
import.rows-announced - Announce
import.withdrawal-begun s BeginWithdrawal
import.withdrawn - EndWithdrawal
`)

func manual(text string) map[string]kind {
	types := map[string]kind{}
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		types[f[0]] = kind{strings.Contains(f[1], "s"), strings.Contains(f[1], "c"), f[2:]}
	}
	return types
}
