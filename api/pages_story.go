package api

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"andu/domain"
	"andu/domain/approvals"
	"andu/domain/attendance"
	"andu/domain/circulation"
	"andu/domain/documents"
	"andu/domain/duty"
	"andu/domain/leave"
	"andu/domain/policy"
	"andu/domain/registers"
)

// line is one event as a history tells it: when it happened, when it was recorded if that differs, what, by whom, and
// under which rule.
type line struct {
	Day, Tone, ISO, When, Recorded, Text, Quote, Was, Who, Why, Corrected string
	Facts, Rules                                                          []string
	Links                                                                 []link
	Policy, Revision                                                      int64
	Erased, Fresh                                                         bool
}

// lines tell a history in the order in which it was recorded. A correction stands at its own time and names what it
// corrects; what it corrects stays as it was, marked.
func (d *desk) lines(events []domain.Recorded, sees bool, done int64) []line {
	return d.linesOf(events, func(domain.Recorded) bool { return sees }, done)
}

// linesOf is lines of several records in one.
func (d *desk) linesOf(events []domain.Recorded, sees func(domain.Recorded) bool, done int64) []line {
	var list []line
	var day domain.Date
	urgency := "" // of the paper, as described before
	at := map[string]int{}
	for _, r := range events {
		when := r.OccurredAt
		l := line{Revision: r.Revision, Policy: r.Policy, Erased: r.Erased, Fresh: r.Revision == done}
		if r.Corrects != "" {
			when = r.RecordedAt
			l.Recorded = d.t("更正 ", "corrects ") + d.clockOn(r.OccurredAt, d.on(when))
			if i, ok := at[r.Corrects]; ok {
				list[i].Corrected = d.t("已于 ", "corrected ") + d.clockOn(r.RecordedAt, d.on(r.OccurredAt)) + d.t(" 更正", "")
			}
		} else if gap := r.RecordedAt.Sub(r.OccurredAt.Time); gap >= 2*time.Second {
			l.Recorded = d.t("记于 ", "recorded ") + d.clockOn(r.RecordedAt, d.on(when))
		}
		l.When, l.ISO = when.In(d.zone).Format("15:04:05"), instant(when)
		if on := d.on(when); on != day {
			day, l.Day = on, d.date(on)
			if on == d.today {
				l.Day = d.t("今日", "today")
			}
		}
		l.Who = d.by(r)
		if !sees(r) {
			l.Text = d.t("一项记载，内容只对经办人员显示", "an entry whose content is for those who handle it")
		} else {
			d.tellEvent(&l, r)
			switch e := r.Event.(type) {
			case documents.Described:
				urgency = e.Urgency
			case documents.RegistrationCorrected:
				urgency = e.Urgency
			}
			l.Rules = d.grounds(r, urgency)
			if r.Asked != nil && r.Actor.Person != domain.System || r.Policy > 0 {
				l.Why = "/desk/explain/" + r.Stream + "/" + strconv.FormatInt(r.Revision, 10)
			}
		}
		at[r.ID] = len(list)
		list = append(list, l)
	}
	return list
}

// clockOn is a time of day, with the day where it is another one.
func (d *desk) clockOn(i domain.Instant, day domain.Date) string {
	clock := i.In(d.zone).Format("15:04:05")
	if on := d.on(i); on != day {
		return d.date(on) + " " + clock
	}
	return clock
}

// by is who acted, in which post.
func (d *desk) by(r domain.Recorded) string {
	if r.Actor.Person == domain.System {
		return d.t("系统按规则", "the system, by rule")
	}
	who := d.name(r.Actor.Person)
	if r.Actor.Post != "" {
		who = d.name(r.Actor.Post) + " " + who
	}
	if r.Actor.Delegation != "" {
		who += d.t("（受权）", " (by delegation)")
	}
	return who
}

// grounds name the clauses that the act rests on, as the policy version had them that it was decided under.
func (d *desk) grounds(r domain.Recorded, urgency string) (cited []string) {
	if r.Policy == 0 {
		return nil
	}
	b, err := d.book()
	if err != nil {
		return nil
	}
	p, ok := b.At(r.Policy)
	if !ok {
		return nil
	}
	for _, key := range groundsOf(r, urgency) {
		if v, ok := p.At(key, r.OccurredAt); ok && !v.Blank {
			if c := d.clause(v); c != "" && !slices.Contains(cited, c) {
				cited = append(cited, c)
			}
		}
	}
	return cited
}

// groundsOf are the policy keys that decide an event before all others. Every key that was read stands in its explanation.
func groundsOf(r domain.Recorded, urgency string) []string {
	switch e := r.Event.(type) {
	case documents.Received, documents.Described, documents.PreCheckPassed, documents.ReceiptCorrected, documents.RegistrationCorrected:
		return []string{documents.Registrar.Name}
	case documents.Registered:
		if e.Basis == documents.ByClock {
			return []string{documents.RegisterSeries.Name, "rcv.clock[" + urgency + "]"}
		}
		return []string{documents.RegisterSeries.Name}
	case documents.Returned:
		return []string{"rcv.returnWindow[" + e.Cause + "]"}
	case documents.HandlingProposed:
		return []string{"apr.authority[" + documents.Proposal + "].signer"}
	case documents.Assigned:
		return []string{documents.OfficeSteps.Name}
	case documents.Closed:
		return []string{documents.Settlements.Name}
	case documents.CopyDistributed, documents.CopyReturned:
		return []string{documents.Distribution.Name}
	case approvals.StepRouted:
		return []string{e.Rule}
	case approvals.StepReminded:
		return []string{approvals.RemindAfter.Name}
	case approvals.StepEscalated:
		return []string{"apr.escalateTo[" + e.From + "]"}
	case approvals.OpinionCorrected:
		return []string{approvals.CorrectAfterClose.Name}
	case circulation.CopyHandedTo:
		return []string{circulation.Scope.Name}
	case circulation.Started:
		return []string{circulation.Order.Name}
	case circulation.ReaderSkipped:
		return []string{circulation.SkipReturn.Name}
	case leave.StepRouted:
		return []string{e.Rule}
	case leave.StepEscalated:
		return []string{"apr.escalateTo[" + e.From + "]"}
	case leave.Approved:
		return []string{leave.EndReport.Name}
	case leave.PhonedIn:
		return []string{leave.PhoneAllowed.Name}
	case leave.PaperLapsed:
		return []string{leave.Lapse.Name}
	case leave.Registered, leave.MonthCompiled:
		return []string{leave.Keeper.Name}
	case leave.EntitlementGranted:
		return []string{leave.AnnualEntitlement.Name}
	}
	return nil
}

// tellers put the events of a context into sentences, one row a context.
var tellers = map[string]func(d *desk, l *line, event any){
	approvals.Context.Name:   (*desk).tellApproval,
	documents.Context.Name:   (*desk).tellDocument,
	leave.Context.Name:       (*desk).tellLeave,
	duty.Context.Name:        (*desk).tellDuty,
	duty.Rosters.Name:        (*desk).tellRoster,
	policy.Context.Name:      (*desk).tellPolicy,
	registers.Context.Name:   (*desk).tellRegister,
	circulation.Context.Name: (*desk).tellCirculation,
	attendance.Context.Name:  (*desk).tellAttendance,
}

// fact adds a fact beneath the sentence, where there is one.
func (l *line) fact(what, value string) {
	if value != "" {
		l.Facts = append(l.Facts, what+value)
	}
}

// tellEvent puts an event into a sentence.
func (d *desk) tellEvent(l *line, r domain.Recorded) {
	if r.Erased {
		l.Text = d.t("内容已依法销毁", "the content was lawfully destroyed")
		return
	}
	if e, ok := r.Event.(interface {
		Refusal() (code string, params map[string]string)
	}); ok {
		code, params := e.Refusal()
		l.Tone, l.Text = "seal", d.t("没有受理：", "not done: ")+d.say(code, params, code)
		return
	}
	if tell := tellers[domain.ContextOf(r.Stream)]; tell != nil {
		tell(d, l, r.Event)
	}
	if l.Text == "" {
		l.Text = r.Type
	}
}

// tellDocument tells what happened to a paper.
func (d *desk) tellDocument(l *line, event any) {
	t, fact := d.t, l.fact
	term := func(e documents.Term) {
		if e.DueOn.IsZero() {
			fact("", t("无时限", "no time limit"))
			return
		}
		how := d.word(string(e.Basis))
		if e.Basis == documents.ByClock {
			how = fmt.Sprintf(t("自%s起 %d 个工作日，日历第 %d 版", "%[2]d working days from %[1]s, calendar version %[3]d"), d.date(e.CountedFrom), e.WorkingDays, e.Calendar)
			if e.WorkingDays == 0 {
				how = fmt.Sprintf(t("签收当日，日历第 %d 版", "the day of receipt, calendar version %d"), e.Calendar)
			}
		}
		if e.Provisional {
			how += t("，暂定", ", provisional")
		}
		fact(t("期限 ", "due "), d.date(e.DueOn)+" 24:00"+t("（", " (")+how+t("）", ")"))
	}
	switch e := event.(type) {
	case documents.Received:
		l.Tone, l.Text = "green", d.receipt(e)
		fact(t("备注：", "remarks: "), e.Remarks)
	case documents.ReceiptCorrected:
		l.Tone, l.Text = "ochre", t("更正签收：", "receipt corrected: ")+d.receipt(e.Received)
		fact(t("理由：", "why: "), e.Reason)
	case documents.Described:
		l.Text, l.Quote = t("填写主要内容", "main data entered"), d.describe(e.Paper)
	case documents.RegistrationCorrected:
		l.Tone, l.Text, l.Quote = "ochre", t("更正登记", "registered data corrected"), d.describe(e.Paper)
		fact(t("理由：", "why: "), e.Reason)
	case documents.DutyPaperHandedOn:
		l.Text = t("自值班记录接办，首登", "taken over from the duty log, first in ") + "《" + e.FirstBook + "》"
	case documents.Registered:
		l.Tone, l.Text = "green", t("登记 ", "registered as ")+e.Text
		term(e.Term)
	case documents.Transcribed:
		l.Tone, l.Text = "ochre", fmt.Sprintf(t("自旧登记簿过录（《%s》第 %d 行）", "transcribed from an old register (%s, line %d)"), e.Source.File, e.Source.Line)
		fact(t("原签收人 ", "signed for by "), d.name(e.SignedBy))
		fact(t("主办 ", "lead "), d.name(e.Lead))
		switch {
		case e.Filed():
			fact(t("已归档 ", "filed as "), e.FileCode)
		case e.Closed:
			fact(t("已办结 ", "settled "), strings.TrimSpace(d.date(e.ClosedOn)+" "+e.Settlement))
		default:
			term(e.Term)
		}
		fact(t("备注：", "remarks: "), e.Remarks)
	case documents.NumberTranscribed:
		l.Tone, l.Text = "green", t("沿用旧号 ", "keeps its old number ")+e.Text
	case documents.TranscriptWithdrawn:
		l.Tone, l.Text = "seal", t("撤回过录：该件作未曾登记", "the transcript was withdrawn: the paper counts as never entered")
		fact(t("理由：", "why: "), e.Reason)
	case documents.DueRevised:
		l.Tone, l.Text = "ochre", t("期限改为 ", "the time limit is now ")+d.date(e.DueOn)
		fact(t("原为 ", "it was "), d.date(e.WasOn))
		fact(t("因：", "because of "), d.word(string(e.Cause)))
		term(e.Term)
	case documents.DuplicateFound:
		l.Text = t("系重件，并入首件", "the paper came before: counted at the first receipt")
		l.Links = append(l.Links, link{"/desk/documents/" + idOf(e.First), t("首件", "the first")})
	case documents.PreCheckPassed:
		l.Tone, l.Text = "green", t("初审通过", "checked: in order and for this office")
	case documents.Returned:
		l.Tone, l.Text = "seal", t("退回来文机关：", "sent back: ")+d.word(e.Cause)
		fact(t("说明：", "reason: "), e.Reason)
		fact(t("最迟可退 ", "last day to return: "), d.date(e.Until))
	case documents.Classified:
		l.Text = t("分类：", "category: ") + e.Category + t("（", " (") + d.word(e.Form) + t("）", ")")
	case documents.LegalityReviewed:
		l.Text, l.Quote = t("审核：", "reviewed: ")+d.word(e.Result), e.Doubts
	case documents.Presented:
		l.Text = t("呈送 ", "laid before ") + d.name(e.To)
	case documents.HandlingProposed:
		l.Text, l.Quote = t("提出拟办意见（", "handling proposed (")+d.word(string(e.Action))+t("）", ")"), e.Opinion
		fact(t("建议主办 ", "proposed lead: "), d.name(e.Lead))
		fact(t("建议会办 ", "with "), d.nameAll(e.Co))
		fact(t("建议期限 ", "proposed last day: "), d.date(e.DueOn))
	case documents.Instructed:
		l.Tone, l.Text = "green", d.name(e.DecidedPost)+" "+d.name(e.DecidedBy)+t(" 批示", " instructed")
		if !e.Approved {
			l.Tone, l.Text = "seal", d.name(e.DecidedPost)+" "+d.name(e.DecidedBy)+t(" 未同意拟办意见", " did not agree to the proposal")
		}
		fact(t("指定主办 ", "names to lead: "), d.name(e.Lead))
		fact(t("指定会办 ", "names to take part: "), d.nameAll(e.Co))
		fact(t("批示时间 ", "decided at "), d.limit(e.DecidedAt))
		l.Links = append(l.Links, link{"/desk/approvals/" + idOf(e.Case), t("批示单", "the case")})
	case documents.Assigned:
		l.Text = t("交办：主办 ", "assigned: led by ") + d.name(e.Lead)
		fact(t("会办 ", "with "), d.nameAll(e.Co))
		fact(t("承办期限 ", "last day for the lead: "), d.date(e.DueOn))
	case documents.AssignmentAccepted:
		l.Tone, l.Text = "green", d.name(e.Handler)+t(" 接办", " accepted")
	case documents.AssignmentDeclined:
		l.Tone, l.Text = "seal", d.name(e.Handler)+t(" 退办", " declined")
		fact(t("理由：", "why: "), e.Reason)
	case documents.Urged:
		l.Tone, l.Text = "ochre", fmt.Sprintf(t("催办 %s（第 %d 级）", "%s was urged (level %d)"), d.name(e.To), e.Level)
		fact("", e.Note)
	case documents.FindingRaised:
		l.Tone, l.Text = "seal", t("期限到，尚未办结", "the time limit passed with the paper open")
		fact(t("应于 ", "due at "), d.limit(e.DueAt))
	case documents.ProcessingReviewed:
		l.Text, l.Quote = t("检查办理情况", "the handling was looked at"), e.Remark
	case documents.HandlingReported:
		l.Tone, l.Text, l.Quote = "green", d.name(e.Of)+t(" 报告办理结果", " reported"), e.Text
	case documents.ReplySent:
		l.Tone, l.Text = "green", t("答复 ", "answered ")+e.To+t("（", " (")+d.word(e.Way)+t("）", ")")
		fact(t("复文号 ", "number "), e.Number)
		fact(t("日期 ", "on "), d.date(e.SentOn))
	case documents.Suspended:
		l.Tone, l.Text = "ochre", t("中止办理", "handling suspended")
		fact(t("理由：", "why: "), e.Reason)
	case documents.Resumed:
		l.Text = t("恢复办理", "handling resumed")
	case documents.TransferredOut:
		l.Text = t("转出至 ", "transferred to ") + e.To
		fact(t("理由：", "why: "), e.Reason)
	case documents.RecalledByIssuer:
		l.Tone, l.Text = "seal", t("来文机关收回，通知 ", "recalled by the issuer, notice ")+e.Notice
		fact(t("理由：", "why: "), e.Reason)
	case documents.Closed:
		l.Tone, l.Text = "green", t("办结：", "closed: ")+e.Title
		fact("", e.Note)
	case documents.Reopened:
		l.Tone, l.Text = "ochre", t("重新启办", "reopened")
		fact(t("理由：", "why: "), e.Reason)
	case documents.Filed:
		l.Tone, l.Text = "green", t("归档 ", "filed as ")+e.FileCode
		fact(t("卷号 ", "volume "), e.Volume)
		fact(t("保管期限 ", "kept for "), e.Retention)
	case documents.CopyDistributed:
		l.Text = fmt.Sprintf(t("第 %s 号发 %s", "copy %s handed to %s"), e.Copy, d.name(e.To))
	case documents.CopyReturned:
		l.Text = fmt.Sprintf(t("第 %s 号由 %s 交回", "copy %s came back from %s"), e.Copy, d.name(e.From))
	case documents.CopyRegistered:
		l.Text = fmt.Sprintf(t("复制第 %s 号，编为第 %s 号", "copy %s was copied as %s"), e.Of, e.Copy)
		fact(t("批准依据 ", "by approval "), e.Approval)
	case documents.CopiesJoined:
		l.Text = fmt.Sprintf(t("后到的 %d 份并入", "%d copies that came later count here"), len(e.Copies))
		l.Links = append(l.Links, link{"/desk/documents/" + idOf(e.From), t("后到之件", "the later receipt")})
	case documents.CopySentBack:
		l.Text = fmt.Sprintf(t("第 %s 号清退 %s", "copy %s went back to %s"), e.Copy, e.To)
	case documents.CopyDestroyed:
		l.Tone, l.Text = "seal", fmt.Sprintf(t("第 %s 号经批准销毁", "copy %s was destroyed by approval"), e.Copy)
	}
}

// tellApproval tells what happened in a case.
func (d *desk) tellApproval(l *line, event any) {
	t, fact := d.t, l.fact
	switch e := event.(type) {
	case approvals.Opened:
		l.Text, l.Quote = t("发起：", "opened: ")+e.Kind, e.Text
		fact(t("申请人 ", "asked by "), d.name(e.Applicant.Person))
	case approvals.RouteResolved:
		l.Text = fmt.Sprintf(t("按权限表定 %d 个环节", "%d steps by the authority table"), len(e.Steps))
	case approvals.StepRouted:
		var posts []string
		for _, s := range e.Seats {
			who := d.name(s.Post)
			if s.Self {
				who += t("（本人回避，由上一级办）", " (in the place of one's own post)")
			} else if s.Vacant {
				who += t("（空缺）", " (vacant)")
			}
			posts = append(posts, who)
		}
		if e.Body != "" {
			posts = []string{d.name(e.Body)}
		}
		l.Text = t("送 ", "put to ") + strings.Join(posts, d.word("、"))
		fact(t("时限 ", "by "), d.limit(e.Due))
	case approvals.StepSkipped:
		l.Text = fmt.Sprintf(t("第 %d 环节略过：不合条件", "step %d skipped: its condition is not met"), e.Step)
		switch class, of := strings.CutPrefix(e.Reason, "class_from "); {
		case e.Reason == "reserved":
			fact("", t("上一环节没有提请", "the step before reserved nothing"))
		case of:
			fact("", t("密级低于", "below the class ")+d.word(class))
		default:
			fact("", e.Reason)
		}
	case approvals.StepSeen:
		l.Text = t("已阅", "seen")
	case approvals.LegalityReviewed:
		l.Tone, l.Text, l.Quote = "green", t("审核通过", "reviewed: in order"), e.Text
		if !e.OK {
			l.Tone, l.Text = "seal", t("审核有疑", "reviewed: in doubt")
		}
	case approvals.Approved:
		l.Tone, l.Text, l.Quote = "green", t("同意", "approved"), e.Text
	case approvals.Disapproved:
		l.Tone, l.Text, l.Quote = "seal", t("不同意", "disapproved"), e.Text
	case approvals.ReturnedToStep:
		to := t("申请人", "the applicant")
		if e.To > 0 {
			to = fmt.Sprintf(t("第 %d 环节", "step %d"), e.To)
		}
		l.Tone, l.Text, l.Quote = "ochre", t("退回", "sent back to ")+to, e.Text
	case approvals.InstructionWritten:
		l.Tone, l.Text, l.Quote = "green", t("批示", "instruction"), e.Text
		fact(t("主办 ", "led by "), d.name(e.Lead))
		fact(t("会办 ", "with "), d.nameAll(e.Co))
		fact(t("限于 ", "by "), d.date(e.Limit))
		if e.Reserved {
			fact("", t("提请上一级决定", "the step above decides"))
		}
	case approvals.OpinionCorrected:
		l.Tone, l.Text, l.Quote = "ochre", t("更正意见", "opinion corrected"), e.Opinion.Text
		fact(t("原因：", "why: "), e.Reason)
	case approvals.CountersignCompleted:
		l.Text = t("会签完毕", "countersigned")
	case approvals.SignerAdded:
		l.Text = t("加签 ", "signers added: ") + d.nameAll(e.Added.Posts)
		fact(t("原因：", "why: "), e.Reason)
	case approvals.StepTransferred:
		l.Text = t("转办 ", "transferred to ") + d.name(e.To)
		fact(t("原因：", "why: "), e.Reason)
	case approvals.StepEntrusted:
		l.Text = t("委托 ", "entrusted to ") + d.name(e.Person)
		fact(t("原因：", "why: "), e.Reason)
	case approvals.StepReminded:
		l.Tone, l.Text = "ochre", t("提醒 ", "reminded ")+d.nameAll(e.Posts)
	case approvals.StepEscalated:
		l.Tone, l.Text = "seal", t("时限到，由 ", "time ran out: from ")+d.name(e.From)+t(" 升至 ", " to ")+d.name(e.To)
		fact(t("时限 ", "by "), d.limit(e.Due))
	case approvals.FindingRaised:
		l.Tone, l.Text = "seal", t("时限到，其上无人可批", "time ran out and nobody above can decide")
	case approvals.DisputeRaised:
		l.Tone, l.Text, l.Quote = "seal", t("提出争议", "dispute raised"), e.Text
	case approvals.OpinionProposed:
		l.Text, l.Quote = t("提出处理意见", "an opinion on the dispute"), e.Text
	case approvals.DecidedByMeeting:
		l.Tone, l.Text, l.Quote = "green", d.name(e.Body)+t(" 决定：", " decided: ")+d.word(e.Outcome), e.Text
	case approvals.Withdrawn:
		l.Text = t("申请人撤回", "withdrawn by the applicant")
		fact(t("原因：", "why: "), e.Reason)
	case approvals.Closed:
		l.Tone, l.Text = "green", t("办结：", "closed: ")+d.word(e.Outcome)
		if e.Outcome == approvals.OutcomeDisapproved {
			l.Tone = "seal"
		}
	case approvals.Delivered:
		l.Text = t("结果已记入来文", "the outcome stands in the paper's record")
	}
}

// tellRegister tells what happened in a number book.
func (d *desk) tellRegister(l *line, event any) {
	t, fact := d.t, l.fact
	switch e := event.(type) {
	case registers.SeriesOpened:
		l.Text = t("启用登记簿", "the book was opened")
	case registers.NumberAllotted:
		l.Text = t("给号 ", "allotted ") + e.Text
	case registers.NumberRegistered:
		l.Tone, l.Text = "green", fmt.Sprintf(t("%d 号登记", "number %d registered"), e.Number)
	case registers.NumberVoided:
		l.Tone, l.Text = "seal", fmt.Sprintf(t("%d 号作废", "number %d void"), e.Number)
		fact(t("理由：", "why: "), e.Reason)
	case registers.SeriesClosed:
		l.Text = t("封簿", "the book was closed")
	case registers.GapCertificateIssued:
		l.Tone, l.Text = "green", fmt.Sprintf(t("出具编号连续性证明，%d 至 %d 号", "certified, numbers %d to %d"), e.First, e.Last)
	}
}

func (d *desk) tellPolicy(l *line, event any) {
	if e, ok := event.(policy.Published); ok {
		l.Tone, l.Text = "green", fmt.Sprintf(d.t("发布制度第 %d 版", "policy version %d published"), e.Version)
	}
}

func (d *desk) receipt(e documents.Received) string {
	text := fmt.Sprintf(d.t("签收 %d 份", "signed for, %d copies"), len(e.Copies))
	if e.Seal != "" {
		text += d.t("，封口", ", seal ") + d.word(e.Seal)
	}
	if e.Envelope != "" {
		text += d.t("，封套 ", ", envelope ") + e.Envelope
	}
	if e.Channel != "" {
		text += d.t("，经", ", by ") + e.Channel
	}
	return text
}

// describe is what a paper shows, in one paragraph.
func (d *desk) describe(p documents.Paper) string {
	parts := []string{p.Title, strings.Join(p.SourceOrgans, d.word("、")), p.Number, p.Kind, d.date(p.IssuedOn), d.word(p.Urgency), d.word(string(p.Class))}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), d.t("　", " · "))
}
