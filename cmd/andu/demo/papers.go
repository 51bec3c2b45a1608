package demo

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"andu/commands"
	"andu/domain"
	"andu/domain/approvals"
	"andu/domain/documents"
	"andu/domain/registers"
)

// paper is a paper in hand.
type paper struct {
	stream string
	lead   Person
	item   item

	scope   []string // persons who may know it; nil: everybody whose clearance is enough
	content string   // id of its scan; "": there is none
	size    int64    // of the scan
	slip    *slip    // on which it goes round
}

// papers lets papers come, and the office write its own: 1,896 and 837 a year are 7.6 and 3.4 a working day (catalogue 6.1).
func (l *life) papers(d domain.Date) {
	at := func(hours int) time.Time {
		return l.clockAt(d, 8, 30).Add(time.Duration(l.r.Int64N(int64(hours) * int64(time.Hour))))
	}
	for range l.some(760) {
		l.begin(at(9), (&paper{}).arrives)
	}
	for range l.some(340) {
		l.begin(at(3), (&paper{}).isDrafted)
	}
}

// arrives signs for a paper at the counter.
func (p *paper) arrives(l *life) next {
	p.item = l.item()
	p.stream = documents.Context.Stream(l.id("paper", l.n))
	seal := ""
	if p.item.class.Classified() {
		seal = "intact"
	}
	do(&l.doer, documents.Context, p.stream, l.pick("registrar").Actor(), documents.Receive{
		Arrival: documents.Arrival{Channel: p.item.channel, Copies: p.item.copies, Seal: seal},
		Paper: documents.Paper{SourceOrgans: p.item.organs, Number: p.item.number, Title: p.item.title, Kind: p.item.kind, IssuedOn: p.item.issued,
			Urgency: p.item.urgency, Class: p.item.class, Level: p.item.level, Line: "state", NotStated: p.item.notStated},
	})
	return next{p.isRegistered, l.minutes(2, 40)}
}

// isRegistered enters the paper in its book.
func (p *paper) isRegistered(l *life) next {
	_, err := commands.Register(l.ctx, l.h, p.stream, l.request(l.pick("registrar").Actor()))
	l.fail(err)
	if l.chance(60) {
		p.spoilsALine(l)
	}
	if !p.item.wrong {
		p.isProtected(l)
		p.isOpenedBy(l, l.pick("registrar"), "handle")
		if reading := p.item.kind == "通报"; reading || l.chance(2) {
			p.circulates(l)
		}
	}
	switch {
	case p.item.wrong: // not for this office: checked and sent back
		return next{p.isReturned, l.minutes(10, 120)}
	case p.item.kind == "通报" || p.item.kind == "公告":
		return next{p.isRead, l.minutes(20, 200)}
	case p.item.urgency == "特急":
		return next{p.isChecked, l.minutes(1, 10)}
	}
	return next{p.isChecked, l.minutes(10, 180)}
}

// isReturned sends the paper back with the reason.
func (p *paper) isReturned(l *life) next {
	do(&l.doer, documents.Context, p.stream, l.pick("registrar").Actor(), documents.Return{Cause: "wrong addressee", Reason: "主送机关不是本单位"})
	return finished
}

// spoilsALine voids the next number of a book, as when a clerk writes on a wrong line.
func (p *paper) spoilsALine(l *life) {
	d, _, err := commands.State(l.ctx, l.h, documents.Context, l.office, p.stream)
	l.fail(err)
	s, _, err := commands.State(l.ctx, l.h, registers.Context, l.office, d.Series)
	l.fail(err)
	if l.err == nil {
		do(&l.doer, registers.Context, d.Series, l.staff.One("registrar").Actor(), registers.Void{Number: s.Last + 1, Reason: "登记时误占一行"})
	}
}

// isRead is a paper to be read only: classified, settled and filed.
func (p *paper) isRead(l *life) next {
	by := l.pick("registrar").Actor()
	do(&l.doer, documents.Context, p.stream, by, documents.Classify{Category: "阅件", Form: "文件"})
	do(&l.doer, documents.Context, p.stream, by, documents.Close{Code: "read"})
	return next{p.isFiled, l.minutes(60, 3000)}
}

// isChecked looks at the paper before it goes to be instructed.
func (p *paper) isChecked(l *life) next {
	result, doubts := "ok", ""
	if l.chance(25) {
		result, doubts = "doubts", "所引依据已修订，请承办时核对"
	}
	p.isOpenedBy(l, l.pick("legal-chief"), "handle")
	do(&l.doer, documents.Context, p.stream, l.pick("legal-chief").Actor(), documents.CheckLegality{Result: result, Doubts: doubts})
	return next{p.isProposed, l.minutes(5, 120)}
}

// sections are the posts that papers are given to.
var sections = []string{"secretariat", "information", "supervision", "legal", "logistics"}

// isProposed proposes how to handle it; a follower opens the case for the instruction.
func (p *paper) isProposed(l *life) next {
	unit := sections[l.r.IntN(len(sections))]
	p.lead = l.staff.One(unit + "-chief")
	co := []string{}
	if l.chance(4) {
		if other := sections[l.r.IntN(len(sections))]; other != unit {
			co = append(co, other+"-chief")
		}
	}
	secretary := l.pick("secretary")
	p.isOpenedBy(l, secretary, "handle")
	do(&l.doer, documents.Context, p.stream, secretary.Actor(), documents.ProposeHandling{Action: documents.ToHandle,
		Opinion: "拟请" + p.lead.Name + "主办，按要求落实并按时报告。", Lead: p.lead.Post, Co: co})
	if p.item.urgency == "特急" {
		return next{p.isInstructed, l.minutes(3, 30)}
	}
	if l.chance(30) {
		return next{p.isInstructed, 26 * time.Hour} // the director was away: the schedule reminds and escalates
	}
	return next{p.isInstructed, l.minutes(20, 400)}
}

// caseOf finds the approval case of the paper's last proposal.
func (p *paper) caseOf(l *life) (string, approvals.Case, int64) {
	history, err := l.h.History(l.ctx, l.office, p.stream)
	l.fail(err)
	for _, r := range slices.Backward(history) {
		if _, ok := r.Event.(documents.HandlingProposed); ok {
			stream := approvals.Context.Stream(commands.NewID(r.ID, approvals.Context.Name))
			c, revision, err := commands.State(l.ctx, l.h, approvals.Context, l.office, stream)
			l.fail(err)
			return stream, c, revision
		}
	}
	l.fail(fmt.Errorf("%s has no proposal", p.stream))
	return "", approvals.Case{}, -1
}

// isInstructed lets the post whose turn it is write the instruction, on what the form shows.
func (p *paper) isInstructed(l *life) next {
	stream, c, revision := p.caseOf(l)
	step, ok := c.Current()
	if l.err != nil || !ok {
		return finished
	}
	var writer Person
	for _, post := range c.MustAct() {
		if held := l.staff.In(post); len(held) > 0 {
			writer = held[0]
			break
		}
	}
	if writer.ID == "" {
		return next{p.isInstructed, 24 * time.Hour} // it waits for a person (G28)
	}
	if l.chance(40) { // somebody without authority tries, and the attempt is on record
		outsider := l.pick("logistics-clerk")
		_, _ = try(&l.doer, approvals.Context, stream, outsider.Actor(), approvals.WriteInstruction{Step: step.No, Text: "同意", Shown: shown(c, revision)})
		_, _, revision = p.caseOf(l)
	}
	p.isOpenedBy(l, writer, "handle")
	do(&l.doer, approvals.Context, stream, writer.Actor(), approvals.See{Step: step.No})
	_, c, revision = p.caseOf(l)
	text := []string{"同意拟办意见。", "请抓紧落实，结果报我。", "原则同意，注意与相关科室衔接。", "按程序办理。"}[l.r.IntN(4)]
	res := do(&l.doer, approvals.Context, stream, writer.Actor(), approvals.WriteInstruction{Step: step.No, Text: text, Lead: p.lead.Post, Shown: shown(c, revision)})
	if l.chance(20) && len(res.Events) > 0 {
		do(&l.doer, approvals.Context, stream, writer.Actor(), approvals.CorrectOpinion{Of: res.Events[0].ID, Text: text + "（时限请从严）", Reason: "补充时限要求"})
	}
	return next{p.isAssigned, l.minutes(5, 90)}
}

func shown(c approvals.Case, revision int64) approvals.Shown {
	return approvals.Shown{Case: revision, Digest: c.Digest}
}

// isAssigned gives the paper to its lead and hands a copy out.
func (p *paper) isAssigned(l *life) next {
	d, _, err := commands.State(l.ctx, l.h, documents.Context, l.office, p.stream)
	l.fail(err)
	by := l.pick("registrar").Actor()
	do(&l.doer, documents.Context, p.stream, by, documents.Assign{Lead: cmp.Or(d.InstructedLead, p.lead.Post), Co: []string{}})
	do(&l.doer, documents.Context, p.stream, by, documents.HandOut{Copy: "1", To: p.lead.Post})
	return next{p.isAccepted, l.minutes(10, 240)}
}

// isAccepted takes the work up.
func (p *paper) isAccepted(l *life) next {
	p.isOpenedBy(l, p.lead, "handle")
	do(&l.doer, documents.Context, p.stream, p.lead.Actor(), documents.Accept{})
	for range l.r.IntN(4) {
		l.begin(l.clock.Stands().Add(l.minutes(5, 1500)), once(func(l *life) { p.isOpenedBy(l, one(l, l.everybody()), one(l, []string{"handle", "supervise"})) }))
	}
	if l.chance(12) {
		do(&l.doer, documents.Context, p.stream, l.pick("registrar").Actor(), documents.Urge{Level: 1, To: p.lead.Post, Note: "临近时限，请报进展"})
	}
	if p.item.urgency == "特急" {
		return next{p.isReported, l.minutes(30, 240)}
	}
	return next{p.isReported, l.minutes(200, 4200)}
}

// isReported brings the result.
func (p *paper) isReported(l *life) next {
	do(&l.doer, documents.Context, p.stream, p.lead.Actor(), documents.Report{Text: "已按要求办理，相关情况已汇总。"})
	if p.item.kind == "请示" || p.item.kind == "函" {
		do(&l.doer, documents.Context, p.stream, p.lead.Actor(), documents.Reply{To: p.item.organs[0], Way: "letter", Number: l.number("县政办函"), SentOn: l.today()})
	}
	return next{p.isClosed, l.minutes(20, 300)}
}

// isClosed settles the paper and takes its copy back.
func (p *paper) isClosed(l *life) next {
	by := l.pick("registrar").Actor()
	do(&l.doer, documents.Context, p.stream, by, documents.ReturnCopy{Copy: "1"})
	do(&l.doer, documents.Context, p.stream, by, documents.Classify{Category: "行政", Form: "文件"})
	do(&l.doer, documents.Context, p.stream, by, documents.Close{Code: "settled", Note: "已办结"})
	return next{p.isFiled, l.minutes(600, 6000)}
}

// isFiled files it.
func (p *paper) isFiled(l *life) next {
	if p.slip != nil { // it is filed when its slip is back
		return next{p.isFiled, 8 * time.Hour}
	}
	by := l.pick("registrar").Actor()
	p.isOpenedBy(l, l.person(by.Person), "file")
	d, _, err := commands.State(l.ctx, l.h, documents.Context, l.office, p.stream)
	l.fail(err)
	do(&l.doer, documents.Context, p.stream, by, documents.File{FileCode: fmt.Sprintf("WS·%d·%04d", l.today().Year, d.Number), Volume: "行政卷", Retention: "30年"})
	return finished
}

// isDrafted asks for a signature on a paper of the office's own.
func (p *paper) isDrafted(l *life) next {
	kind := "其他文件"
	if l.chance(2) {
		kind = "县政府下发文件"
	}
	p.lead = l.pick("secretariat-clerk")
	p.stream = approvals.Context.Stream(l.id("case", l.n))
	do(&l.doer, approvals.Context, p.stream, p.lead.Actor(), approvals.OpenCase{Kind: kind, Title: "关于" + topics[l.r.IntN(len(topics))] + "的通知（送审稿）",
		Form: "written", Outgoing: true, Text: "请审签。"})
	return next{p.isReviewed, l.minutes(20, 200)}
}

// isReviewed is the legal review before signing.
func (p *paper) isReviewed(l *life) next {
	c, revision, err := commands.State(l.ctx, l.h, approvals.Context, l.office, p.stream)
	l.fail(err)
	if l.err == nil && c.ReviewDue {
		do(&l.doer, approvals.Context, p.stream, l.pick("legal-chief").Actor(), approvals.ReviewLegality{OK: true, Text: "合法合规，格式规范。", Shown: shown(c, revision)})
	}
	return next{p.isSigned, l.minutes(30, 500)}
}

// isSigned is the signature, or now and then a return.
func (p *paper) isSigned(l *life) next {
	c, revision, err := commands.State(l.ctx, l.h, approvals.Context, l.office, p.stream)
	l.fail(err)
	step, ok := c.Current()
	if l.err != nil || !ok {
		return finished
	}
	for _, post := range c.MustAct() {
		if held := l.staff.In(post); len(held) > 0 {
			if l.chance(15) { // the applicant signs his own paper: refused, and on record
				_, _ = try(&l.doer, approvals.Context, p.stream, p.lead.Actor(), approvals.Approve{Step: step.No, Text: "同意", Shown: shown(c, revision)})
				c, revision, err = commands.State(l.ctx, l.h, approvals.Context, l.office, p.stream)
				l.fail(err)
			}
			if l.chance(12) {
				do(&l.doer, approvals.Context, p.stream, held[0].Actor(), approvals.Disapprove{Step: step.No, Text: "内容与上月通知重复，不予签发。", Shown: shown(c, revision)})
			} else {
				do(&l.doer, approvals.Context, p.stream, held[0].Actor(), approvals.Approve{Step: step.No, Text: "同意签发。", Shown: shown(c, revision)})
			}
			return next{p.isSigned, l.minutes(30, 300)} // the next step, if there is one
		}
	}
	return next{p.isSigned, 24 * time.Hour}
}
