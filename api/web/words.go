package web

import "strings"

// Word is what the office calls a word of the records: a state, a step, a field. A word that is not known is shown as it
// stands, so nothing is ever hidden.
func Word(lang, key string) string {
	w, ok := words[key]
	switch {
	case !ok:
		return key
	case lang == "en":
		return w[1]
	}
	return w[0]
}

// Label is the name of a field of a form: of this command's field, or of the field wherever it stands.
func Label(lang, command, field string) string {
	if w, ok := words["#"+command+"."+field]; ok {
		field = "#" + command + "." + field
		return strings.TrimSpace(w[index(lang)])
	}
	if w, ok := words["#"+field]; ok {
		return w[index(lang)]
	}
	return field
}

func index(lang string) int {
	if lang == "en" {
		return 1
	}
	return 0
}

// words are grouped by what they name; a field's name begins with #.
var words = map[string][2]string{
	"、": {"、", ", "},

	// forms of the organisation
	"#org.SetUpUnit.unit": {"编号", "id"}, "#org.SetUpUnit.name": {"名称", "name"}, "#org.SetUpUnit.parent": {"上级单位", "unit above"},
	"#org.CreatePost.post": {"编号", "id"}, "#org.CreatePost.title": {"岗位名称", "title"}, "#org.CreatePost.unit": {"所属单位", "unit"}, "#org.CreatePost.organ": {"所属机关", "organ"}, "#org.CreatePost.single": {"一时只有一人", "one holder at a time"}, "#org.CreatePost.rank": {"排列次序", "order in lists"}, "#org.CreatePost.superiors": {"直接上级岗位", "posts directly above"},
	"#org.Fill.post": {"岗位", "post"}, "#org.Fill.person": {"人员", "person"}, "#org.Fill.by": {"任命机关", "appointed by"}, "#org.Fill.document": {"文号", "document"}, "#org.Fill.from": {"起", "first day"}, "#org.Fill.to": {"止", "last day"},
	"#org.AppointActing.post": {"岗位", "post"}, "#org.AppointActing.person": {"人员", "person"}, "#org.AppointActing.by": {"任命机关", "appointed by"}, "#org.AppointActing.document": {"文号", "document"}, "#org.AppointActing.from": {"起", "first day"}, "#org.AppointActing.to": {"止", "last day"},
	"#org.Vacate.post": {"岗位", "post"}, "#org.Vacate.person": {"人员", "person"}, "#org.Vacate.document": {"文号", "document"}, "#org.Vacate.on": {"离岗日期", "first day without it"},
	"#org.AssignResponsibility.post": {"岗位", "post"}, "#org.AssignResponsibility.matter": {"分管事项", "matter"}, "#org.AssignResponsibility.unit": {"分管单位", "unit"}, "#org.AssignResponsibility.from": {"起", "first day"}, "#org.AssignResponsibility.to": {"止", "last day"},
	"#org.SetUpOrgan.organ": {"编号", "id"}, "#org.SetUpOrgan.name": {"名称", "name"}, "#org.SetUpOrgan.relation": {"关系", "relation"},
	"#org.Transfer.person": {"人员", "person"}, "#org.Transfer.unit": {"调入单位", "new unit"}, "#org.Transfer.document": {"文号", "document"}, "#org.Transfer.on": {"日期", "day"},
	"#api.newPerson.name": {"姓名", "name"}, "#api.newPerson.sort_key": {"拼音", "pinyin"}, "#api.newPerson.employee": {"工号", "employee number"}, "#api.newPerson.unit": {"单位", "unit"}, "#api.newPerson.login": {"账号", "login"}, "#api.newPerson.phone": {"电话", "phone"}, "#api.newPerson.document": {"文号", "document"}, "#api.newPerson.on": {"到岗日期", "first day"},

	// acts upon accounts
	"account.sign-in": {"登录", "sign in"}, "account.sign-out": {"退出", "sign out"}, "account.change-password": {"改口令", "change the password"}, "account.create": {"开设", "make"},
	"account.reset": {"重发口令", "new first password"}, "account.disable": {"停用", "stop"}, "account.enable": {"启用", "allow"}, "account.revoke": {"结束会话", "end the sessions"},

	// what a record is called
	"access.record": {"查阅记录", "the trail"}, "approval.record": {"审批单", "the case"}, "circulation.record": {"传阅单", "the slip"},
	"duty.record": {"值班记录", "the duty log"}, "register.record": {"登记簿", "the number book"},

	// attendance: what somebody did in a session, what a day counts for, how he signed, and why it was determined anew
	"att.signed": {"已签到", "signed"}, "att.late-refused": {"逾时未受理", "too late, not taken"}, "att.covered": {"有据不签", "covered"}, "att.admitted": {"申诉采纳", "by an objection"},
	"att.missing": {"未签到", "not signed"}, "att.waiting": {"待签", "not signed yet"}, "att.undetermined": {"未签，待认定", "not signed, open"},
	"att.normal": {"正常", "normal"}, "att.late": {"迟到", "late"}, "att.early": {"早退", "left early"}, "att.half-day-missing": {"缺勤半日", "half a day missing"}, "att.absent": {"旷工", "absent without cause"},
	"att.unsigned": {"未签到", "not signed"}, "att.no-work": {"非工作日", "no working day"}, "att.by.web": {"网页", "the desk"}, "att.by.terminal": {"签到终端", "a terminal"}, "att.by.offline-batch": {"终端脱机记录", "a terminal's own record"},
	"att.cause.calendar": {"日历变更", "the calendar changed"}, "att.cause.supplement": {"按时签到补入", "a sign-in in time was entered"}, "att.cause.leave": {"补办手续已定", "the papers were settled"},
	"att.cause.objection": {"申诉采纳", "an objection was accepted"}, "att.cause.late-paper": {"逾期材料经复核采纳", "late papers were accepted"}, "kind.duty-shift": {"值班", "on watch"},
	"attendance.record": {"考勤", "the day"}, "stream.attendance": {"考勤", "day of attendance"}, "stream.sheet": {"签到表", "sign-in sheet"}, "stream.roll": {"签到簿", "sign-in book"},
	"#attendance.DecideObjection.opinion": {"裁决意见", "decision"}, "#attendance.RaiseObjection.reason": {"申诉理由", "reason"}, "#attendance.DecideObjection.accept": {"采纳", "accept it"}, "#attendance.DecideObjection.sessions": {"按到岗计的场次", "sessions that count as attended"},
	"#attendance.MakeUp.from": {"起", "from"}, "#attendance.MakeUp.to": {"止", "to"}, "#attendance.MakeUp.session": {"场次", "session"}, "#attendance.Excuse.session": {"场次", "session"},

	// where a paper stands
	"arrived": {"到件", "arrived"}, "signed": {"已签收", "signed for"}, "registered": {"已登记", "registered"}, "pre-checked": {"已初审", "pre-checked"},
	"proposed": {"已拟办", "proposed"}, "instructed": {"已批示", "instructed"}, "assigned": {"已交办", "assigned"}, "handling": {"承办中", "in handling"},
	"replied": {"已答复", "answered"}, "closed": {"已办结", "closed"}, "filed": {"已归档", "filed"}, "suspended": {"中止", "suspended"},
	"recalled": {"被收回", "recalled"}, "returned": {"已退回", "returned"}, "transferred-out": {"已转出", "transferred"}, "duplicate": {"重件", "duplicate"}, "transcript": {"依旧登记簿", "by the old register"},

	// where a copy is
	"held": {"在收文处", "in the registry"}, "out": {"分发在外", "handed out"}, "sent-off": {"随件转出", "sent off"}, "sent-back": {"已清退", "sent back"},
	"destroyed": {"已销毁", "destroyed"}, "joined": {"并入首件", "counted at the first"},

	// what is to be done
	"register": {"登记", "register"}, "propose": {"拟办", "propose"}, "assign": {"交办", "assign"}, "lead": {"主办", "lead"}, "co": {"会办", "take part"},
	"close": {"办结", "close"}, "file": {"归档", "file"}, "collect": {"清退", "collect"}, "decide": {"批办", "decide"}, "review": {"审核", "review"},
	"meeting": {"提请会议", "to a meeting"}, "dispute": {"提出处理意见", "propose on the dispute"}, "presented": {"呈阅", "to read"}, "copy": {"传阅件", "a copy to read"},

	"circulate": {"传阅件", "going round: read and sign"}, "retrieve": {"收回传阅件", "take the slip back"}, "count": {"清点", "count what is back"},

	// where a classified paper is read
	"room": {"阅文室", "the reading room"}, "named-terminal": {"指定终端", "a named terminal"},

	// a case and its steps
	"opened": {"已发起", "opened"}, "routed": {"办理中", "being decided"}, "waiting": {"未到", "waiting"}, "decided": {"已决定", "decided"}, "skipped": {"略过", "skipped"},
	"approved": {"同意", "approved"}, "disapproved": {"不同意", "disapproved"}, "withdrawn": {"已撤回", "withdrawn"}, "reviewed": {"审核通过", "reviewed"},
	"doubted": {"审核有疑", "doubted"}, "all": {"全部同意", "all of them"}, "any": {"任一决定", "any of them"}, "sequence": {"依次", "one after another"},
	"passed-up": {"提交上一级", "passed up"}, "vacant": {"空缺", "vacant"}, "self": {"本人事项", "one's own request"}, "time-out": {"逾时", "time ran out"},

	// fields of a paper
	"intact": {"完好", "intact"}, "broken": {"破损", "broken"}, "none": {"无封", "none"}, "ok": {"无异议", "in order"}, "doubts": {"有疑点", "doubts"},
	"letter": {"复文", "letter"}, "phone": {"电话", "phone"}, "email": {"电子邮件", "e-mail"}, "person": {"当面", "in person"}, "issuer": {"来文机关改期", "the issuer moved its day"},
	"calendar": {"工作日历变动", "the calendar changed"}, "instruction": {"领导批示", "a leader's instruction"}, "assignment": {"交办", "the assignment"},
	"correction": {"登记更正", "a correction"}, "clock": {"按紧急程度计", "by the clock of its urgency"}, "paper": {"来文自定", "set by the paper"},
	"non-conforming": {"不合行文规范", "not in order"}, "wrong addressee": {"非本单位承办", "not for this office"}, "overdue": {"超期", "overdue"},
	"central": {"中央", "central"}, "province": {"省", "province"}, "city": {"市", "city"}, "county": {"县", "county"}, "township": {"乡镇", "township"},
	"party": {"党委", "party"}, "state": {"政府", "state"}, "party+state": {"党委政府联合", "party and state"},
	"settled": {"办结", "settled"}, "read": {"阅结", "read"}, "phoned": {"电话答复", "answered by phone"}, "transferred": {"转办", "transferred"},

	// numbers of a book
	"allotted": {"已给号", "allotted"}, "void": {"作废", "void"}, "unfinished": {"未落实", "unfinished"}, "missing": {"缺号", "missing"},

	// documents of rules
	"draft": {"草案", "draft"}, "published": {"已发布", "published"}, "superseded": {"被取代", "superseded"}, "repealed": {"已废止", "repealed"},

	// records by the context of their stream
	"stream.document": {"来文", "paper"}, "stream.approval": {"审批单", "approval case"}, "stream.policy": {"制度库", "policy"}, "stream.org": {"机构", "organisation"},
	"stream.person": {"人员", "person"}, "stream.calendar": {"工作日历", "calendar"}, "stream.register": {"登记簿", "register"}, "stream.log": {"日志", "log"},

	// days
	"off": {"休", "off"}, "makeup": {"班", "worked"}, "weekend": {"周末", "weekend"}, "ordinary": {"工作日", "ordinary"},

	// the three officers
	"system-administrator": {"系统管理员", "system administrator"}, "security-administrator": {"安全保密管理员", "security administrator"},
	"system-admin": {"系统管理员", "system administrator"}, "security-admin": {"安全保密管理员", "security administrator"},
	"auditor": {"安全审计员", "security auditor"}, "staff": {"工作人员", "staff"},
	"above": {"上级", "above"}, "below": {"下级", "below"}, "peer": {"同级", "peer"},

	// how far the read models are
	"live": {"同步", "live"}, "catching up": {"追赶中", "catching up"}, "stopped": {"已停", "stopped"},

	// read models by name
	"model.register": {"收文登记簿", "incoming register"}, "model.inbox": {"办件箱", "trays"}, "model.series": {"登记簿编号", "numbers"},
	"model.directory": {"通讯录", "names"}, "model.due": {"时限", "time limits"},

	// fields of forms
	"#source_organs": {"来文机关", "issuing organs"}, "#doc_number": {"来文字号", "document number"}, "#title": {"标题", "title"}, "#kind": {"文种", "kind"},
	"#issued_on": {"成文日期", "date of the paper"}, "#urgency": {"紧急程度", "urgency"}, "#class": {"密级", "class"}, "#term": {"保密期限", "term of the class"},
	"#level": {"来文级别", "level of the source"}, "#line": {"系统", "line"}, "#addressee": {"主送", "addressee"}, "#attachments": {"附件数", "attachments"},
	"#pages": {"页数", "pages"}, "#answer_by": {"来文要求办毕日期", "last day the paper sets"}, "#contact": {"联系人", "contact"}, "#not_stated": {"来文未标明", "not stated on the paper"},
	"#served_organ": {"代收机关", "organ served"}, "#channel": {"来文渠道", "channel"}, "#envelope": {"封套号", "envelope number"}, "#seal": {"封口", "seal"},
	"#copies": {"份数", "copies"}, "#copy_numbers": {"份号", "copy numbers"}, "#remarks": {"备注", "remarks"}, "#reason": {"理由", "reason"},
	"#entry": {"值班记录条目", "entry of the duty log"}, "#logged_at": {"值班室记录时间", "logged at"}, "#first": {"首件", "first receipt"},
	"#cause": {"原因", "cause"}, "#due_on": {"期限", "last day"}, "#category": {"类别", "category"}, "#form": {"材料形态", "form"}, "#result": {"结论", "result"},
	"#doubts": {"疑点", "doubts"}, "#to": {"交给", "to"}, "#action": {"件别", "to handle or to read"}, "#opinion": {"拟办意见", "proposal"}, "#lead": {"主办", "lead"},
	"#co": {"会办", "taking part"}, "#note": {"说明", "note"}, "#text": {"意见", "opinion"}, "#of": {"所指", "of"}, "#way": {"方式", "way"}, "#number": {"号", "number"},
	"#sent_on": {"答复日期", "day of the reply"}, "#notice": {"收回通知", "notice"}, "#code": {"办结方式", "settlement"}, "#file_code": {"归档号", "archival code"},
	"#volume": {"卷号", "volume"}, "#retention": {"保管期限", "retention"}, "#copy": {"份号", "copy"}, "#approval": {"批准依据", "approval"}, "#remark": {"检查情况", "what was found"},
	"#limit": {"办理期限", "done by"}, "#reserve": {"提请上一级决定", "the step above decides"}, "#posts": {"岗位", "posts"}, "#where": {"位置", "where"}, "#mode": {"会签方式", "how they decide"},
	"#person": {"受托人", "person"}, "#ok": {"合法、属实、规范", "lawful, true and in order"}, "#body": {"会议", "meeting"}, "#decision": {"会议决定编号", "id of the decision"},
	"#outcome": {"结果", "outcome"}, "#amount": {"金额（元）", "amount (yuan)"}, "#outgoing": {"外发文件", "a paper that leaves the office"}, "#subject": {"所涉材料", "subject"},
	"#book": {"登记簿", "book"}, "#year": {"年度", "year"}, "#register": {"簿册", "register"}, "#step": {"环节", "step"}, "#received_at": {"签收时间", "received at"},
	"#signed_by": {"签收人", "signed by"}, "#source_organ": {"来文机关", "issuing organ"}, "#occurred": {"实际发生时间", "when it happened"},
	"#documents.Present.to": {"呈送", "laid before"}, "#documents.Urge.to": {"催办对象", "who is urged"}, "#documents.Urge.level": {"催办级别", "how strongly, from 1"},
	"#documents.Reply.to": {"答复机关", "organ answered"}, "#documents.Reply.number": {"复文号", "number of the reply"}, "#documents.TransferOut.to": {"转往机关", "organ that takes it"},
	"#documents.HandOut.to": {"领取方", "who holds it from now on"}, "#documents.SendBack.to": {"清退机关", "organ that took it"}, "#documents.SplitCopy.of": {"原份号", "copied from"},
	"#documents.SplitCopy.copy": {"新份号", "number of the new copy"}, "#documents.Report.of": {"代为填报", "reports for"}, "#documents.Report.text": {"办理结果", "result"},
	"#documents.Close.note": {"办理结果", "result in words"}, "#documents.ReviseDue.due_on": {"新的期限", "the new last day"}, "#documents.ProposeHandling.due_on": {"建议期限", "proposed last day"},
	"#documents.Assign.due_on": {"承办期限", "last day for the lead"}, "#documents.Return.cause": {"退回原因", "cause"}, "#documents.Return.reason": {"退回说明", "reason given to the issuer"},
	"#approvals.WriteInstruction.text": {"批示", "instruction"}, "#approvals.CorrectOpinion.text": {"更正后的意见", "the opinion as it should read"},
	"#approvals.CorrectOpinion.reason": {"更正原因", "why it is corrected"}, "#approvals.ReturnToStep.to": {"退到", "back to"}, "#approvals.ReturnToStep.text": {"退回理由", "why"},
	"#approvals.Transfer.to": {"转给岗位", "to the post"}, "#approvals.RaiseDispute.text": {"争议所在", "what is in dispute"}, "#approvals.ProposeOpinion.text": {"处理意见", "the opinion proposed"},
	"#approvals.OpenCase.kind": {"事项", "matter"}, "#approvals.OpenCase.title": {"事由", "what is asked for"}, "#approvals.OpenCase.text": {"请示内容", "what is asked"},
	"#approvals.OpenCase.form": {"申请形式", "form of the request"}, "#registers.Void.reason": {"作废理由", "reason"}, "#registers.Void.number": {"编号", "number"},

	// the choices of a form
	"before": {"本环节之前", "before this step"}, "after": {"本环节之后", "after this step"},
	"doc_number": {"来文字号", "document number"}, "issued_on": {"成文日期", "date"}, "urgency": {"紧急程度", "urgency"}, "class": {"密级", "class"}, "kind": {"文种", "kind"}, "term": {"保密期限", "term of the class"},
	"办件": {"办件", "to handle"}, "阅件": {"阅件", "to read"}, "文件": {"文件", "document"}, "文书": {"文书", "papers"}, "档案": {"档案", "archive"},
	"特急": {"特急", "most urgent"}, "加急": {"加急", "urgent"}, "平件": {"平件", "ordinary"},
	"公开": {"公开", "public"}, "内部": {"内部", "internal"}, "工作秘密": {"工作秘密", "work secret"}, "秘密": {"秘密", "confidential"}, "机密": {"机密", "secret"}, "绝密": {"绝密", "top secret"},

	// what somebody did, by the event that says so
	"act.document.received": {"签收", "signed for"}, "act.document.described": {"填写主要内容", "described"}, "act.document.registered": {"登记", "registered"}, "act.document.pre-check-passed": {"初审", "checked"},
	"act.document.presented": {"呈送", "presented"}, "act.document.handling-proposed": {"拟办", "proposed"}, "act.document.assigned": {"交办", "assigned"}, "act.document.assignment-accepted": {"接办", "accepted"},
	"act.document.assignment-declined": {"退办", "declined"}, "act.document.urged": {"催办", "urged"}, "act.document.handling-reported": {"报告结果", "reported"}, "act.document.reply-sent": {"答复", "answered"},
	"act.document.suspended": {"中止", "suspended"}, "act.document.resumed": {"恢复", "resumed"}, "act.document.recalled-by-issuer": {"记录收回", "recorded a recall"}, "act.document.closed": {"办结", "closed"},
	"act.document.reopened": {"重新启办", "reopened"}, "act.document.filed": {"归档", "filed"}, "act.document.returned": {"退回", "sent back"}, "act.document.transferred-out": {"转出", "transferred"},
	"act.document.duplicate-found": {"并入首件", "joined to the first"}, "act.document.copy-distributed": {"分发", "handed out"}, "act.document.copy-returned": {"收回", "took back"},
	"act.circulation.started": {"发起传阅", "started a circulation"}, "act.circulation.reader-signed": {"签阅", "read and signed"}, "act.circulation.returned": {"收回传阅件", "took the slip back"}, "act.circulation.copy-counted": {"清点", "counted it"},
	"act.approval.opened": {"报请审批", "asked"}, "act.approval.signer-added": {"加签", "asked others"}, "act.approval.step-transferred": {"转办", "transferred"}, "act.approval.step-entrusted": {"委托", "entrusted"},
	"act.approval.dispute-raised": {"提出争议", "raised a dispute"}, "act.approval.decided-by-meeting": {"记录会议决定", "recorded a decision"}, "act.approval.withdrawn": {"撤回", "withdrew"},

	// leave, outings and trips
	"kind.leave": {"请假", "leave"}, "kind.phone-in": {"电话请假", "phoned in"}, "kind.outing": {"因公外出", "outing"}, "kind.trip": {"出差", "trip"},
	"AM": {"上午", "morning"}, "PM": {"下午", "afternoon"}, "free": {"口头", "in any form"}, "stream.leave": {"请假", "leave"},
	"#type": {"假别", "type"}, "#from.on": {"起日", "from"}, "#from.half": {"起于", "begins in the"}, "#to.on": {"止日", "to"}, "#to.half": {"止于", "ends in the"},
	"#back.on": {"返岗日期", "back on"}, "#back.half": {"返岗", "back in the"}, "#certificate": {"医生证明编号", "number of the doctor's certificate"}, "#place": {"地点", "place"},
	"#part": {"摘录、抽阅的部分", "part"}, "#extract": {"摘录、抽阅件", "extract"},
	"#purpose": {"事由", "purpose"}, "#task": {"任务", "task"}, "#out_at": {"离开", "out at"}, "#back_at": {"预计返回", "back at"}, "#accepted": {"采纳", "accepted"},
	"#leave.Ask.contact": {"联系方式", "where to reach you"}, "#leave.Ask.reason": {"事由", "reason"}, "#leave.PhoneIn.person": {"请假人", "who called"},
	"#leave.PhoneIn.reason": {"事由", "reason"}, "#leave.SupplyPaper.text": {"书面材料内容", "what the papers say"}, "#leave.Disapprove.reason": {"不同意的理由", "why not"},
	"#leave.Extend.reason": {"续假事由", "why longer"}, "#leave.Ask.form": {"申请形式", "form of the request"}, "#leave.Extend.form": {"申请形式", "form of the request"},

	// circulation
	"stream.circulation": {"传阅单", "slip"}, "#document": {"文件", "paper"}, "#readers": {"阅件人", "readers"}, "#authority": {"依据（谁定的范围）", "on whose authority"}, "#whole": {"无缺", "everything is there"},
	"#circulation.Sign.opinion": {"阅件意见", "opinion"}, "#circulation.Count.note": {"缺什么", "what is missing"}, "#circulation.Urge.note": {"催阅附言", "note"},
	"#circulation.Skip.reason": {"略过的原因", "why"}, "#circulation.Recall.reason": {"收回的原因", "why"}, "#circulation.Stop.reason": {"停止的原因", "why"},

	// parts of the rules, by the first word of a key
	"rules.policy": {"制度", "the rules themselves"}, "rules.org": {"机构与岗位", "organisation"}, "rules.cal": {"工作日历", "calendar"}, "rules.rcv": {"收文", "incoming papers"}, "rules.reg": {"登记簿与编号", "books and numbers"},
	"rules.apr": {"审批", "approvals"}, "rules.cir": {"传阅", "circulation"}, "rules.duty": {"值班", "duty"}, "rules.att": {"考勤", "attendance"}, "rules.leave": {"请假", "leave"}, "rules.outing": {"外出", "outings"},
	"rules.sec": {"保密", "secrecy"}, "rules.arc": {"档案", "archives"}, "rules.dsp": {"发文", "dispatch"}, "rules.sea": {"印章", "seals"}, "rules.mtg": {"会议", "meetings"}, "rules.pty": {"党组党务", "party"}, "rules.stu": {"学习", "study"},
	"rules.veh": {"车辆", "vehicles"}, "rules.fac": {"后勤", "logistics"}, "rules.fin": {"经费", "spending"}, "rules.sup": {"办公用品", "supplies"}, "rules.prn": {"文印", "printing"}, "rules.pro": {"建议提案", "proposals"},
	"rules.emer": {"突发事件", "emergencies"}, "rules.vis": {"接待", "reception"}, "rules.prf": {"绩效", "performance"}, "rules.key": {"钥匙", "keys"}, "rules.exchange": {"机要交换", "exchange"}, "rules.plan": {"计划", "plans"}, "rules.report": {"报告", "reports"},

	// fields of values of the rules
	"value.working_days": {"工作日", "working days"}, "value.hours": {"小时", "hours"}, "value.posts": {"岗位", "posts"}, "value.mode": {"会签方式", "how"}, "value.form": {"形式", "form"}, "value.when": {"条件", "when"},
	"value.book": {"登记簿", "book"}, "value.class_from": {"密级自", "class from"}, "value.class_below": {"密级低于", "class below"}, "value.code": {"代码", "code"}, "value.title": {"名称", "title"}, "value.reserved": {"经提请", "when reserved"},
	"value.pattern": {"式样", "pattern"}, "value.start": {"起", "from"}, "value.end": {"止", "to"}, "value.scope": {"范围", "scope"}, "value.post": {"岗位", "post"}, "value.named_by": {"指定", "named by"}, "value.unit": {"单位", "unit"}, "value.id": {"编号", "id"},
	"value.days": {"日", "days"}, "value.level": {"级别", "level"}, "value.line": {"系统", "line"}, "value.served": {"代收", "served"}, "value.every": {"每", "every"}, "value.by": {"截止", "by"}, "value.persons": {"人数", "persons"},

	// groups of fields
	"#group.Content": {"来电、来文", "What came"}, "#group.Arrival": {"来件情况", "How it came"}, "#group.Paper": {"文件内容", "What it is"},
	"written": {"书面", "written"}, "oral": {"口头", "by word of mouth"}, "startOfDay": {"当日零时", "at 00:00"}, "instant": {"发布之时", "at once"}, "never": {"不许", "never"}, "allowed": {"许可", "allowed"}, "escalate": {"上移一级", "to the next post up"},
	"mandatory": {"必须", "mandatory"}, "keeper": {"保管人", "the keeper"}, "book-year": {"每簿每年", "each book and year"}, "receive": {"签收", "receive"}, "distribute": {"分发", "distribute"}, "present": {"呈送", "present"}, "urge": {"催办", "urge"},
	"classify": {"分类", "classify"}, "number": {"编号", "number"}, "keep": {"保管", "keep"}, "pre-check": {"初审", "pre-check"}, "instruct": {"批示", "instruct"}, "reply": {"答复", "reply"},
	"received_at": {"签收时间", "when it was received"}, "source_organ": {"来文机关", "issuing organ"}, "title": {"标题", "title"}, "copies": {"份数", "copies"}, "signed_by": {"签收人", "who signed"},

	// what an opinion decides
	"decision.reviewed": {"审核通过", "in order"}, "decision.doubted": {"审核有疑", "in doubt"}, "decision.approved": {"同意", "approved"}, "decision.disapproved": {"不同意", "disapproved"},
	"decision.returned": {"退回", "sent back"}, "decision.instructed": {"批示", "instruction"}, "decision.proposed": {"处理意见", "proposed"},
	"papers": {"公文", "papers"}, "attendance and leave": {"考勤、请假", "attendance and leave"}, "主管领导": {"主管领导", "leader in charge"},
	"mon": {"周一", "Mon"}, "tue": {"周二", "Tue"}, "wed": {"周三", "Wed"}, "thu": {"周四", "Thu"}, "fri": {"周五", "Fri"}, "sat": {"周六", "Sat"}, "sun": {"周日", "Sun"}, "summer": {"夏令", "summer"},
	"value.break_minutes": {"午休分钟", "break, minutes"}, "value.seasons": {"季节", "seasons"},

	// the watch
	"month": {"月", "month"}, "week": {"周", "week"},
	"duty.call": {"来电", "call"}, "duty.fax": {"传真", "fax"}, "duty.telegram": {"电报", "telegram"}, "duty.visit": {"来访", "visit"},
	"duty.urgent": {"急办", "at once"}, "duty.needs-instruction": {"须请示", "ask at once"}, "duty.next-day": {"可次日办", "next day"}, "duty.next-working-day": {"可次工作日办", "next working day"},
	"entry.open": {"待处理", "open"}, "entry.actioned": {"已办", "acted on"}, "entry.escalated": {"已请示", "asked"}, "entry.carried-over": {"已移交", "carried over"}, "entry.closed": {"办结", "closed"},
	"handover.offered": {"待接班", "offered"}, "handover.accepted": {"已接班", "accepted"}, "handover.refused": {"未接班", "refused"}, "handover.replaced": {"已重新交班", "replaced"},
	"swap.requested": {"待答复", "asked"}, "swap.accepted": {"对方同意，待告知", "accepted, not told yet"}, "swap.noted": {"已告知，待同意", "told, not accepted yet"},
	"swap.in-force": {"已换班", "in force"}, "swap.declined": {"未换", "declined"},
	"roster.drafted": {"草案", "draft"}, "roster.approved": {"已批准，待印发", "approved"}, "roster.published": {"已印发", "published"},
	"thing.entry": {"未结事项", "open entry"}, "thing.keys": {"钥匙", "keys"}, "thing.seals": {"印章", "seals"}, "thing.carriers": {"涉密载体", "carriers"}, "thing.papers": {"文件", "papers"}, "thing.equipment": {"设备", "equipment"},
	"check.room-clean": {"值班室整洁", "room clean"}, "check.things-in-order": {"物件有序", "things in order"}, "check.no-secret-papers-out": {"无涉密材料外放", "no secret papers left out"},
	"check.open-items": {"未结事项", "open items"}, "check.keys": {"钥匙", "keys"}, "check.seals": {"印章", "seals"}, "check.carriers": {"涉密载体", "carriers"}, "check.equipment": {"设备", "equipment"},
	"finding.rosterLate": {"值班表迟发", "roster late"}, "finding.rosterMissing": {"下期值班表逾期未印发", "next roster missing"}, "finding.loadSpread": {"班次分担不均", "load not shared evenly"},
	"finding.standInTooLong": {"替班超时", "stand-in too long"}, "finding.messengerRoomEmpty": {"通讯员值班室无人", "messenger room empty"}, "finding.postLeft": {"脱岗", "post left"},
	"finding.unreachable": {"电话抽查未应答", "not reached"}, "finding.faxNotTakenOver": {"传真电报未按时移交", "fax not handed on in time"},
	"finding.emergencyPhoneMissed": {"电话首报逾时", "first report by phone missed"}, "finding.emergencyWrittenMissed": {"书面首报逾时", "first report in writing missed"},
	"finding.alert:handover-refused": {"不接班", "handover refused"}, "finding.alert:not-taken-over": {"到时未接班", "not taken over in time"}, "finding.alert:no-next-shift": {"没有下一班", "no next shift"},
	"cause.calendar": {"工作日历变动", "the calendar changed"}, "cause.special-case": {"特殊情况", "special case"}, "cause.major-event": {"重大活动", "major event"},
	"way.paper": {"纸质", "on paper"}, "way.screen": {"本人在线查看", "on the screen"},
	"model.dutyboard": {"值班", "the watch"}, "stream.duty": {"值班岗位", "duty post"}, "stream.roster": {"值班表", "roster"},
	"#checklist": {"已核对", "checked"}, "#emergency": {"突发事件", "emergency"}, "#swap": {"换班", "swap"}, "#shift": {"班次", "shift"}, "#with": {"与谁换", "with"}, "#in_return": {"换回班次", "in return"},
	"#relative": {"对方是亲属", "the other is a relative"}, "#time": {"来电来文时间", "when it came"}, "#caller": {"来电人", "caller"}, "#unit": {"单位", "unit"}, "#phone": {"电话", "phone"},
	"#grade": {"等级", "grade"}, "#known": {"知悉时间", "first knowledge"}, "#what": {"时间、地点、性质、范围、损失、趋势、措施", "time, place, nature, scope, losses, trend, measures"}, "#day": {"日期", "day"},
	"#reflections": {"小结", "reflections"}, "#present": {"在岗", "present"}, "#answered": {"已接听", "answered"}, "#seconds": {"秒数", "seconds"}, "#item": {"事项", "item"}, "#post": {"值班岗位", "duty post"}, "#persons": {"人员", "persons"},
	"#duty.LogEntry.kind": {"方式", "kind"}, "#duty.LogEntry.urgency": {"缓急", "urgency"}, "#duty.LogEntry.channel": {"渠道、号码", "channel"}, "#duty.LogEntry.subject": {"内容", "what it says"}, "#duty.LogEntry.action": {"当即处置", "what was done at once"},
	"#duty.CorrectEntry.kind": {"方式", "kind"}, "#duty.CorrectEntry.urgency": {"缓急", "urgency"}, "#duty.CorrectEntry.channel": {"渠道、号码", "channel"}, "#duty.CorrectEntry.subject": {"内容", "what it says"}, "#duty.CorrectEntry.action": {"当即处置", "what was done at once"},
	"#duty.ActOnEntry.text": {"怎么办的", "what was done"}, "#duty.EscalateEntry.to": {"请示谁", "who is asked"}, "#duty.EscalateEntry.text": {"请示内容", "what is asked"}, "#duty.CarryOverEntry.to": {"移交给（不填为下一班）", "to (empty: the next person)"},
	"#duty.CloseEntry.text": {"结果", "how it ended"}, "#duty.RelayMessage.to": {"转达给", "to"}, "#duty.StartStandIn.person": {"替班人", "who stands in"}, "#duty.SettleReservation.text": {"怎么了结的", "how it was settled"},
	"#duty.ReportEmergency.to": {"报给", "told to"}, "#duty.ReportEmergency.text": {"首报内容", "the report"}, "#duty.FollowUpEmergency.text": {"续报内容", "the follow-up"}, "#duty.CloseEmergency.text": {"终报内容", "final report"},
	"#duty.Draft.first": {"起始日", "first day"}, "#duty.Inspect.note": {"情况", "note"},
}
