package demo

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"andu/commands"
	"andu/domain"
	"andu/domain/approvals"
	"andu/domain/calendar"
	"andu/domain/documents"
	"andu/domain/registers"
	"andu/eventstore"
)

// Plan says what history to write.
type Plan struct {
	Seed        int64
	From, Until domain.Date // Until is the first day that is not lived
	// Progress is told after each day how many days of how many are done, and how many events there are.
	Progress func(done, total int, events int64)
}

// History lets an office live from day to day: papers come, are registered, instructed, handled, answered and filed, some
// late, some wrongly, and everything is done by somebody who may. It is deterministic: the seed decides.
func History(ctx context.Context, h *commands.Handler, clock *Clock, staff Staff, plan Plan) error {
	l := &life{
		doer:  doer{ctx: ctx, h: h, office: staff.Office.ID, seed: commands.NewID(fmt.Sprint(plan.Seed), "history")},
		staff: staff, clock: clock, r: rand.New(rand.NewPCG(uint64(plan.Seed), 1)), open: map[domain.TaskID]commands.Due{}, seen: eventstore.Before,
	}
	l.tasks = &commands.Tasks{Handler: h, Logger: discard, List: l.list, Moved: func() <-chan struct{} { return nil }}
	if err := l.catchUp(); err != nil {
		return err
	}
	total := 0
	for d := plan.From; d.Before(plan.Until); d = d.Add(1) {
		total++
	}
	done := 0
	for d := plan.From; d.Before(plan.Until); d = d.Add(1) {
		if err := l.day(d); err != nil {
			return fmt.Errorf("%s: %w", d, err)
		}
		done++
		if plan.Progress != nil {
			plan.Progress(done, total, int64(l.seen)+1)
		}
	}
	return nil
}

// life is one office being lived. Its open tasks are kept as the read model keeps them, from the events alone.
type life struct {
	doer
	staff  Staff
	clock  *Clock
	r      *rand.Rand
	tasks  *commands.Tasks
	open   map[domain.TaskID]commands.Due
	seen   eventstore.Position
	papers []*paper
	serial map[string]int
}

// paper is a paper in hand and what is to be done next about it, when.
type paper struct {
	stream string
	next   time.Time
	action func(*life, *paper) next
	lead   Person
	item   item
}

type next struct {
	do   func(*life, *paper) next
	wait time.Duration // from now
}

var finished = next{}

// catchUp reads what was recorded since and keeps the list of open tasks.
func (l *life) catchUp() error {
	for {
		page, err := l.h.Store.ReadAll(l.ctx, l.seen, eventstorePage)
		if err != nil {
			return err
		}
		if len(page.Records) == 0 {
			return nil
		}
		for _, rec := range page.Records {
			r, err := l.h.Decode(rec)
			if err != nil {
				return err
			}
			if s, ok := r.Event.(domain.Settles); ok {
				for _, id := range s.Settles(r) {
					delete(l.open, id)
				}
			}
			if o, ok := r.Event.(domain.Opens); ok {
				for _, t := range o.Opens(r) {
					l.open[t.TaskID] = commands.Due{Task: t, Office: r.Office, OpenedBy: r.ID}
				}
			}
		}
		if l.seen = page.Last(); len(page.Records) < eventstorePage {
			return nil
		}
	}
}

const eventstorePage = 2048

func (l *life) list(_ context.Context, now time.Time, limit int) ([]commands.Due, error) {
	var due []commands.Due
	for _, d := range l.open {
		if !d.Due.After(now) {
			due = append(due, d)
		}
	}
	slices.SortFunc(due, func(a, b commands.Due) int {
		return cmp.Or(a.Due.Compare(b.Due.Time), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key))
	})
	return due[:min(len(due), limit)], nil
}

// settle carries out everything that is due now, and what that opens.
func (l *life) settle() error {
	for {
		if err := l.catchUp(); err != nil {
			return err
		}
		n, err := l.tasks.Sweep(l.ctx)
		if err != nil || n == 0 {
			return err
		}
	}
}

// until lets time pass, with everything that falls due meanwhile.
func (l *life) until(at time.Time) error {
	for {
		first := at
		for _, d := range l.open {
			if d.Due.Before(first) && d.Due.After(l.clock.Stands()) {
				first = d.Due.Time
			}
		}
		l.clock.Set(first)
		if err := l.settle(); err != nil {
			return err
		}
		if !first.Before(at) {
			return nil
		}
	}
}

// day lives one day: work on working days within hours, only the schedule on the others.
func (l *life) day(d domain.Date) error {
	cal, _, err := commands.State(l.ctx, l.h, calendar.Context, l.office, calendar.Stream(l.office))
	if err != nil {
		return err
	}
	kind := cal.Day(d).Kind
	zone := l.h.Zone
	if kind == calendar.Ordinary || kind == calendar.Makeup {
		opens, closes := d.Start(zone).Add(8*time.Hour+30*time.Minute), d.Start(zone).Add(18*time.Hour)
		for range 5 + l.r.IntN(6) { // 1,896 papers a year are about 7.6 a working day
			at := opens.Add(time.Duration(l.r.Int64N(int64(closes.Sub(opens)))))
			l.papers = append(l.papers, &paper{next: at, action: (*life).arrives})
		}
		if l.r.IntN(3) == 0 {
			at := opens.Add(time.Duration(l.r.Int64N(int64(3 * time.Hour))))
			l.papers = append(l.papers, &paper{next: at, action: (*life).drafts})
		}
		for {
			p := l.nextBefore(closes)
			if p == nil {
				break
			}
			if err := l.until(p.next); err != nil {
				return err
			}
			after := p.action(l, p)
			if l.err != nil {
				return l.err
			}
			if err := l.settle(); err != nil {
				return err
			}
			if after.do == nil {
				l.papers = slices.DeleteFunc(l.papers, func(q *paper) bool { return q == p })
				continue
			}
			p.action, p.next = after.do, l.clock.Stands().Add(after.wait)
		}
	}
	// What was not reached today is taken up tomorrow.
	tomorrow := d.End(zone).Add(8*time.Hour + 40*time.Minute)
	for _, p := range l.papers {
		if p.next.Before(tomorrow) {
			p.next = tomorrow.Add(time.Duration(l.r.Int64N(int64(4 * time.Hour))))
		}
	}
	return l.until(d.End(zone))
}

// nextBefore is the paper whose turn comes first before a time.
func (l *life) nextBefore(at time.Time) *paper {
	var first *paper
	for _, p := range l.papers {
		if p.next.Before(at) && (first == nil || p.next.Before(first.next)) {
			first = p
		}
	}
	return first
}

// chance is true once in n times.
func (l *life) chance(n int) bool { return l.r.IntN(n) == 0 }

func (l *life) minutes(from, to int) time.Duration {
	return time.Duration(from+l.r.IntN(to-from+1)) * time.Minute
}

func (l *life) pick(post string) Person {
	held := l.staff.In(post)
	return held[l.r.IntN(len(held))]
}

// arrives signs for a paper at the counter.
func (l *life) arrives(p *paper) next {
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
	return next{(*life).isRegistered, l.minutes(2, 40)}
}

// isRegistered enters the paper in its book.
func (l *life) isRegistered(p *paper) next {
	_, err := commands.Register(l.ctx, l.h, p.stream, l.request(l.pick("registrar").Actor()))
	l.fail(err)
	if l.chance(60) {
		l.spoilsALine(p)
	}
	switch {
	case p.item.wrong: // not for this office: checked and sent back
		return next{(*life).isReturned, l.minutes(10, 120)}
	case p.item.kind == "通报" || p.item.kind == "公告":
		return next{(*life).isRead, l.minutes(20, 200)}
	case p.item.urgency == "特急":
		return next{(*life).isChecked, l.minutes(1, 10)}
	}
	return next{(*life).isChecked, l.minutes(10, 180)}
}

// isReturned sends the paper back with the reason.
func (l *life) isReturned(p *paper) next {
	do(&l.doer, documents.Context, p.stream, l.pick("registrar").Actor(), documents.Return{Cause: "wrong addressee", Reason: "主送机关不是本单位"})
	return finished
}

// spoilsALine voids the next number of a book, as when a clerk writes on a wrong line.
func (l *life) spoilsALine(p *paper) {
	d, _, err := commands.State(l.ctx, l.h, documents.Context, l.office, p.stream)
	l.fail(err)
	s, _, err := commands.State(l.ctx, l.h, registers.Context, l.office, d.Series)
	l.fail(err)
	if l.err == nil {
		do(&l.doer, registers.Context, d.Series, l.staff.One("registrar").Actor(), registers.Void{Number: s.Last + 1, Reason: "登记时误占一行"})
	}
}

// isRead is a paper to be read only: classified, settled and filed.
func (l *life) isRead(p *paper) next {
	by := l.pick("registrar").Actor()
	do(&l.doer, documents.Context, p.stream, by, documents.Classify{Category: "阅件", Form: "文件"})
	do(&l.doer, documents.Context, p.stream, by, documents.Close{Code: "read"})
	return next{(*life).isFiled, l.minutes(60, 3000)}
}

// isChecked looks at the paper before it goes to be instructed.
func (l *life) isChecked(p *paper) next {
	result, doubts := "ok", ""
	if l.chance(25) {
		result, doubts = "doubts", "所引依据已修订，请承办时核对"
	}
	do(&l.doer, documents.Context, p.stream, l.pick("legal-chief").Actor(), documents.CheckLegality{Result: result, Doubts: doubts})
	return next{(*life).isProposed, l.minutes(5, 120)}
}

// sections are the posts that papers are given to.
var sections = []string{"secretariat", "information", "supervision", "legal", "logistics"}

// isProposed proposes how to handle it; a follower opens the case for the instruction.
func (l *life) isProposed(p *paper) next {
	unit := sections[l.r.IntN(len(sections))]
	p.lead = l.staff.One(unit + "-chief")
	co := []string{}
	if l.chance(4) {
		if other := sections[l.r.IntN(len(sections))]; other != unit {
			co = append(co, other+"-chief")
		}
	}
	do(&l.doer, documents.Context, p.stream, l.pick("secretary").Actor(), documents.ProposeHandling{Action: documents.ToHandle,
		Opinion: "拟请" + p.lead.Name + "主办，按要求落实并按时报告。", Lead: p.lead.Post, Co: co})
	if p.item.urgency == "特急" {
		return next{(*life).isInstructed, l.minutes(3, 30)}
	}
	if l.chance(30) {
		return next{(*life).isInstructed, 26 * time.Hour} // the director was away: the schedule reminds and escalates
	}
	return next{(*life).isInstructed, l.minutes(20, 400)}
}

// caseOf finds the approval case of the paper's last proposal.
func (l *life) caseOf(p *paper) (string, approvals.Case, int64) {
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

func (l *life) fail(err error) {
	if l.err == nil {
		l.err = err
	}
}

// isInstructed lets the post whose turn it is write the instruction, on what the form shows.
func (l *life) isInstructed(p *paper) next {
	stream, c, revision := l.caseOf(p)
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
		return next{(*life).isInstructed, 24 * time.Hour} // it waits for a person (G28)
	}
	if l.chance(40) { // somebody without authority tries, and the attempt is on record
		outsider := l.pick("logistics-clerk")
		_, _ = try(&l.doer, approvals.Context, stream, outsider.Actor(), approvals.WriteInstruction{Step: step.No, Text: "同意", Shown: shown(c, revision)})
		_, _, revision = l.caseOf(p)
	}
	do(&l.doer, approvals.Context, stream, writer.Actor(), approvals.See{Step: step.No})
	_, c, revision = l.caseOf(p)
	text := []string{"同意拟办意见。", "请抓紧落实，结果报我。", "原则同意，注意与相关科室衔接。", "按程序办理。"}[l.r.IntN(4)]
	res := do(&l.doer, approvals.Context, stream, writer.Actor(), approvals.WriteInstruction{Step: step.No, Text: text, Lead: p.lead.Post, Shown: shown(c, revision)})
	if l.chance(20) && len(res.Events) > 0 {
		do(&l.doer, approvals.Context, stream, writer.Actor(), approvals.CorrectOpinion{Of: res.Events[0].ID, Text: text + "（时限请从严）", Reason: "补充时限要求"})
	}
	return next{(*life).isAssigned, l.minutes(5, 90)}
}

func shown(c approvals.Case, revision int64) approvals.Shown {
	return approvals.Shown{Case: revision, Digest: c.Digest}
}

// isAssigned gives the paper to its lead and hands a copy out.
func (l *life) isAssigned(p *paper) next {
	d, _, err := commands.State(l.ctx, l.h, documents.Context, l.office, p.stream)
	l.fail(err)
	by := l.pick("registrar").Actor()
	do(&l.doer, documents.Context, p.stream, by, documents.Assign{Lead: cmp.Or(d.InstructedLead, p.lead.Post), Co: []string{}})
	do(&l.doer, documents.Context, p.stream, by, documents.HandOut{Copy: "1", To: p.lead.Post})
	return next{(*life).isAccepted, l.minutes(10, 240)}
}

// isAccepted takes the work up.
func (l *life) isAccepted(p *paper) next {
	do(&l.doer, documents.Context, p.stream, p.lead.Actor(), documents.Accept{})
	if l.chance(12) {
		do(&l.doer, documents.Context, p.stream, l.pick("registrar").Actor(), documents.Urge{Level: 1, To: p.lead.Post, Note: "临近时限，请报进展"})
	}
	if p.item.urgency == "特急" {
		return next{(*life).isReported, l.minutes(30, 240)}
	}
	return next{(*life).isReported, l.minutes(200, 4200)}
}

// isReported brings the result.
func (l *life) isReported(p *paper) next {
	do(&l.doer, documents.Context, p.stream, p.lead.Actor(), documents.Report{Text: "已按要求办理，相关情况已汇总。"})
	if p.item.kind == "请示" || p.item.kind == "函" {
		do(&l.doer, documents.Context, p.stream, p.lead.Actor(), documents.Reply{To: p.item.organs[0], Way: "letter", Number: l.number("县政办函"), SentOn: l.today()})
	}
	return next{(*life).isClosed, l.minutes(20, 300)}
}

func (l *life) today() domain.Date { return domain.DateOf(l.clock.Stands(), l.h.Zone) }

// isClosed settles the paper and takes its copy back.
func (l *life) isClosed(p *paper) next {
	by := l.pick("registrar").Actor()
	do(&l.doer, documents.Context, p.stream, by, documents.ReturnCopy{Copy: "1"})
	do(&l.doer, documents.Context, p.stream, by, documents.Classify{Category: "行政", Form: "文件"})
	do(&l.doer, documents.Context, p.stream, by, documents.Close{Code: "settled", Note: "已办结"})
	return next{(*life).isFiled, l.minutes(600, 6000)}
}

// isFiled files it.
func (l *life) isFiled(p *paper) next {
	by := l.pick("registrar").Actor()
	d, _, err := commands.State(l.ctx, l.h, documents.Context, l.office, p.stream)
	l.fail(err)
	do(&l.doer, documents.Context, p.stream, by, documents.File{FileCode: fmt.Sprintf("WS·%d·%04d", l.today().Year, d.Number), Volume: "行政卷", Retention: "30年"})
	return finished
}

// drafts asks for a signature on a paper of the office's own.
func (l *life) drafts(p *paper) next {
	kind := "其他文件"
	if l.chance(2) {
		kind = "县政府下发文件"
	}
	p.lead = l.pick("secretariat-clerk")
	p.stream = approvals.Context.Stream(l.id("case", l.n))
	do(&l.doer, approvals.Context, p.stream, p.lead.Actor(), approvals.OpenCase{Kind: kind, Title: "关于" + topics[l.r.IntN(len(topics))] + "的通知（送审稿）",
		Form: "written", Outgoing: true, Text: "请审签。"})
	return next{(*life).isReviewed, l.minutes(20, 200)}
}

// isReviewed is the legal review before signing.
func (l *life) isReviewed(p *paper) next {
	c, revision, err := commands.State(l.ctx, l.h, approvals.Context, l.office, p.stream)
	l.fail(err)
	if l.err == nil && c.ReviewDue {
		do(&l.doer, approvals.Context, p.stream, l.pick("legal-chief").Actor(), approvals.ReviewLegality{OK: true, Text: "合法合规，格式规范。", Shown: shown(c, revision)})
	}
	return next{(*life).isSigned, l.minutes(30, 500)}
}

// isSigned is the signature, or now and then a return.
func (l *life) isSigned(p *paper) next {
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
			return next{(*life).isSigned, l.minutes(30, 300)} // the next step, if there is one
		}
	}
	return next{(*life).isSigned, 24 * time.Hour}
}
