package demo

import (
	"fmt"
	"slices"
	"time"

	"andu/commands"
	"andu/domain"
	"andu/domain/duty"
	"andu/domain/leave"
)

// watch is a line of the watch: the duty room, or the messengers' room.
type watch struct {
	line, stream string
	list         string // post whose holders take turns
	section      string // post that keeps it in the office's hours; "": none
}

func (l *life) lines() []watch {
	return []watch{
		{duty.DutyRoom, duty.StreamOf(commands.NewID, l.office, duty.DutyRoom), "duty", "admin"},
		{duty.MessengerRoom, duty.StreamOf(commands.NewID, l.office, duty.MessengerRoom), "messenger", ""},
	}
}

func (w watch) post(l *life) duty.Post { return state(l, duty.Context, w.stream) }

func (l *life) publisher() domain.Actor { return l.staff.One("admin").Actor() }

// opensWatch opens both lines and issues the roster of the month that has begun.
func (l *life) opensWatch() {
	for _, w := range l.lines() {
		person := l.staff.One(w.list)
		if w.section != "" {
			person = l.staff.One(w.section)
		}
		do(&l.doer, duty.Context, w.stream, l.publisher(), duty.Open{Line: w.line, Person: person.ID})
		first := domain.Date{Year: l.plan.From.Year, Month: l.plan.From.Month, Day: 1}
		l.drafts(w, first)
		l.issues(w, first)
		if next := nextMonth(first); next.Before(l.plan.From.Add(6)) { // its week has begun
			l.drafts(w, next)
			l.issues(w, next)
		}
	}
}

// watches puts a day of the watch on the agenda: its handovers at the planned times, what is logged between, and looks at
// whether the post is kept. Rosters are made in the last week of a month; one in six is not issued until the month has begun.
func (l *life) watches(d domain.Date, works bool) {
	for _, w := range l.lines() {
		l.at(l.clockAt(d, 8, 30).Add(-l.minutes(1, 7)), w.isOffered)
		if works {
			l.at(l.clockAt(d, 18, 30).Add(-l.minutes(1, 7)), w.isOffered)
		}
		if w.line != duty.DutyRoom {
			continue
		}
		for range l.some(420) {
			at := d.Start(l.h.Zone).Add(time.Duration(l.r.Int64N(int64(24 * time.Hour))))
			if hour := at.In(l.h.Zone).Hour(); hour > 6 || l.chance(4) { // nights are quiet
				l.at(at, (&entry{watch: w}).isLogged)
			}
		}
		if l.chance(6) {
			l.at(l.clockAt(d, one(l, []int{10, 13, 20, 21}), l.r.IntN(60)), w.standsIn)
		}
		if l.chance(7) {
			l.at(l.clockAt(d, 9+l.r.IntN(13), l.r.IntN(60)), once(func(l *life) { l.inspects(w) }))
		}
		if l.chance(5) {
			l.at(l.clockAt(d, l.r.IntN(24), l.r.IntN(60)), once(func(l *life) { l.probes(w) }))
		}
		if l.chance(45) {
			l.at(l.clockAt(d, l.r.IntN(22), l.r.IntN(60)), (&emergency{watch: w}).isKnown)
		}
		if asked := l.chance(11); asked || d.Day == 20 { // one a month at least
			l.at(l.clockAt(d, 9+l.r.IntN(8), l.r.IntN(60)), (&swap{watch: w}).isAsked)
		}
		if l.chance(180) {
			l.begin(l.clockAt(d, 10, 0), once(func(l *life) { l.rearranges(w) }))
		}
	}
	if next := nextMonth(d); d.Add(6) == next {
		for _, w := range l.lines() {
			l.at(l.clockAt(d, 10, 0).Add(l.minutes(0, 240)), once(func(l *life) { l.drafts(w, next) }))
			issue := l.clockAt(d, 16, 0).Add(time.Duration(l.r.IntN(4)) * 24 * time.Hour)
			if w.line == duty.DutyRoom && l.chance(6) {
				issue = l.clockAt(next, 9, 20).Add(l.minutes(0, 60)) // too late, and taken all the same
			}
			l.at(issue, once(func(l *life) { l.issues(w, next) }))
		}
	}
}

func nextMonth(d domain.Date) domain.Date {
	return domain.Date{Year: d.Year, Month: d.Month + 1, Day: 1}.Add(0)
}

// drafts lays out a month: who is on the list takes turns. In a bad month half of them do.
func (l *life) drafts(w watch, first domain.Date) {
	roster := duty.RosterStream(commands.NewID, w.stream, first)
	list := l.staff.In(w.list)
	if l.chance(9) && len(list) > 12 {
		list = list[:len(list)/3]
	}
	cmd := duty.Draft{Post: w.stream, First: first, Assignments: []duty.Assignment{}}
	assign := func(at time.Time) {
		p := list[l.turn[w.line]%len(list)]
		l.turn[w.line]++
		cmd.Assignments = append(cmd.Assignments, duty.Assignment{Start: domain.At(at), Person: p.ID})
	}
	for d := first; d.Month == first.Month; d = d.Add(1) {
		works, err := l.works(d)
		l.fail(err)
		if w.section == "" || !works {
			assign(l.clockAt(d, 8, 30))
		}
		if works {
			assign(l.clockAt(d, 18, 30))
		}
	}
	if l.chance(5) { // a night is forgotten: nobody may be missing
		short := cmd
		short.Assignments = cmd.Assignments[1:]
		refused(l, duty.Rosters, roster, l.publisher(), short, duty.ErrUnassigned)
	}
	do(&l.doer, duty.Rosters, roster, l.publisher(), cmd)
}

// issues approves, publishes and delivers a roster.
func (l *life) issues(w watch, first domain.Date) {
	roster := duty.RosterStream(commands.NewID, w.stream, first)
	if l.chance(5) {
		refused(l, duty.Rosters, roster, l.publisher(), duty.Publish{}, duty.ErrNotApproved)
	}
	do(&l.doer, duty.Rosters, roster, l.staff.One("deputy-admin").Actor(), duty.Approve{})
	do(&l.doer, duty.Rosters, roster, l.publisher(), duty.Publish{})
	if w.line != duty.DutyRoom {
		return
	}
	var present []string
	for _, p := range l.everybody() {
		if !l.away(p, leave.Edge{On: l.today(), Half: leave.AM}) { // who is away has it later, or not at all
			present = append(present, p.ID)
		}
	}
	do(&l.doer, duty.Rosters, roster, l.publisher(), duty.Deliver{Persons: present, Way: "screen"})
}

// rearranges puts the next shift that has not begun into other hands, for a major event.
func (l *life) rearranges(w watch) {
	p := w.post(l)
	s, ok := p.At(p.Shift)
	i := slices.IndexFunc(p.Shifts, func(v duty.Shift) bool {
		return v.Source == duty.Rota && v.Roster == s.Roster && v.Start.After(l.clock.Stands().Add(24*time.Hour))
	})
	if !ok || i < 0 {
		return
	}
	do(&l.doer, duty.Rosters, s.Roster, l.staff.One("deputy-admin").Actor(), duty.Amend{Cause: "major-event", Reason: "承办重大活动，加强值守力量。",
		Assignments: []duty.Assignment{{Start: p.Shifts[i].Start, Person: l.pick(w.list).ID}}})
}

// keeps tells whether a person is on the watch on one of some days.
func (l *life) keeps(p Person, first, last domain.Date) bool {
	for _, w := range l.lines() {
		post := w.post(l)
		if post.Responsible == p.ID {
			return true
		}
		for _, s := range post.Shifts {
			if on := domain.DateOf(s.Start.Time, l.h.Zone); s.Person == p.ID && !on.Before(first) && !last.Before(on) {
				return true
			}
		}
	}
	return false
}

// checklist is what is checked before a handover.
var checklist = []string{"room-clean", "things-in-order", "no-secret-papers-out", "open-items", "keys", "seals", "carriers", "equipment"}

// isOffered offers the watch: what is undecided is decided first, and the keys and seals are counted.
func (w watch) isOffered(l *life) next {
	p := w.post(l)
	following, ok := p.Next(domain.At(l.clock.Stands()))
	now := l.clock.Stands()
	if !ok || following.Start.After(now.Add(20*time.Minute)) {
		return finished // no roster yet, or the shift is kept already
	}
	if following.Start.Before(now) && following.End.Before(now.Add(20*time.Minute)) { // it was never taken, and is over in a moment
		return next{w.isOffered, following.End.Sub(now) + l.minutes(0, 2)}
	}
	by := l.person(p.Responsible).Actor()
	for _, id := range sorted(p.Entries) {
		if e := p.Entries[id]; !e.Closed && !e.Decided {
			(&entry{watch: w, id: id}).decides(l, by)
		}
	}
	if l.chance(40) {
		refused(l, duty.Context, w.stream, by, duty.OfferHandover{Checklist: checklist[:3]}, duty.ErrChecklist)
	}
	things := []duty.Item{{Kind: "keys", Name: "值班室钥匙", Count: 2}}
	if w.line == duty.DutyRoom {
		things = append(things, duty.Item{Kind: "seals", Name: "值班专用章", Count: 1}, duty.Item{Kind: "equipment", Name: "值班手机、应急电筒", Count: 3})
	}
	do(&l.doer, duty.Context, w.stream, by, duty.OfferHandover{Things: things, Checklist: checklist})
	wait := 20 * time.Second
	if l.chance(25) { // the next person is late, the former stays
		wait = l.minutes(8, 40)
	}
	return next{w.isTaken, wait}
}

// isTaken takes the watch over item by item; now and then with a remark, and rarely not at all.
func (w watch) isTaken(l *life) next {
	p := w.post(l)
	s, ok := p.At(p.Handover.Shift)
	if !ok || p.Handover.ID == "" {
		return finished
	}
	in := w.incoming(l, p, s)
	by := in.Actor()
	if s.Source == duty.Section {
		by = in.as(w.section)
	}
	if l.chance(120) {
		do(&l.doer, duty.Context, w.stream, by, duty.RefuseHandover{Handover: p.Handover.ID, Reason: "值班室钥匙数目不符，请查清后再交。"})
		return next{w.isOffered, l.minutes(15, 30)}
	}
	answers := []duty.ItemAnswer{}
	for _, item := range p.Handover.Items {
		if e, isEntry := p.Entries[item.ID]; isEntry && (e.Closed || e.Named) {
			continue
		}
		a := duty.ItemAnswer{Item: item.ID}
		if l.chance(60) {
			a.Remark = "已核对，但登记数与实物不一致，请补充说明。"
		}
		answers = append(answers, a)
	}
	for _, id := range sorted(p.Entries) { // logged since the offer
		if e := p.Entries[id]; !e.Closed && !e.Named && !slices.ContainsFunc(answers, func(a duty.ItemAnswer) bool { return a.Item == id }) {
			answers = append(answers, duty.ItemAnswer{Item: id})
		}
	}
	if l.chance(40) {
		refused(l, duty.Context, w.stream, by, duty.AcceptHandover{Handover: p.Handover.ID}, duty.ErrUnanswered)
	}
	do(&l.doer, duty.Context, w.stream, by, duty.AnswerItems{Answers: answers})
	if p.StandIn.ID != "" {
		refused(l, duty.Context, w.stream, by, duty.AcceptHandover{Handover: p.Handover.ID}, duty.ErrStandInRuns)
		return next{w.isTaken, l.minutes(10, 20)}
	}
	do(&l.doer, duty.Context, w.stream, by, duty.AcceptHandover{Handover: p.Handover.ID})
	if l.err == nil && w.post(l).Responsible != in.ID {
		l.fail(fmt.Errorf("%s is not on the watch", in.Name))
	}
	return next{w.isSettled, l.minutes(5, 50)}
}

// isSettled closes the sheet of a day that is over, and clears up what was reserved.
func (w watch) isSettled(l *life) next {
	p := w.post(l)
	by := l.person(p.Responsible).Actor()
	days := []domain.Date{}
	for day := range p.Days {
		if day.Before(l.today()) {
			days = append(days, day)
		}
	}
	slices.SortFunc(days, domain.Date.Compare)
	for _, day := range days {
		do(&l.doer, duty.Context, w.stream, by, duty.CloseDay{Day: day})
	}
	for _, item := range sorted(p.Reserved) {
		if l.chance(2) {
			do(&l.doer, duty.Context, w.stream, by, duty.SettleReservation{Item: item, Text: "已会同上一班核对，数目无误。"})
		}
	}
	return finished
}

// incoming is who takes a shift: its person, or somebody of the section who is there.
func (w watch) incoming(l *life, p duty.Post, s duty.Shift) Person {
	if s.Source != duty.Section {
		return l.person(s.Person)
	}
	held := l.staff.In(w.section)
	start := l.r.IntN(len(held))
	for i := range held {
		c := held[(start+i)%len(held)]
		if c.ID != p.Responsible && !l.away(c, leave.Edge{On: l.today(), Half: leave.AM}) {
			return c
		}
	}
	return held[start]
}

// entry is an entry of the duty log.
type entry struct {
	watch
	id string
}

var calls = []struct{ kind, channel, caller, unit, subject string }{
	{"call", "电话", "王主任", "市政府总值班室", "抽查值班在岗情况"}, {"call", "电话", "李站长", "县气象站", "发布大风蓝色预警"}, {"fax", "传真", "值班员", "市应急管理局", "传送防汛通知"},
	{"call", "电话", "张书记", "河西乡人民政府", "报告道路塌方已抢通"}, {"telegram", "明电", "值班员", "省政府办公厅", "召开视频调度会议"}, {"call", "电话", "群众", "城关镇居民", "反映供水中断"},
	{"visit", "来访", "陈某等三人", "柳林镇", "咨询征地补偿"}, {"call", "电话", "刘科长", "县交通运输局", "核对会议时间地点"},
}

// isLogged writes down what came, and does about it what its urgency asks for.
func (e *entry) isLogged(l *life) next {
	p := e.post(l)
	by := l.person(p.Responsible).Actor()
	c := one(l, calls)
	content := duty.Content{Kind: c.kind, Urgency: one(l, []string{"urgent", "urgent", "needs-instruction", "next-day"}), Time: domain.At(l.clock.Stands().Add(-l.minutes(0, 4))),
		Channel: c.channel, Caller: c.caller, Unit: c.unit, Phone: fmt.Sprintf("0000-%07d", l.r.IntN(1e7)), Subject: c.subject, Action: "已登记，按程序办理"}
	if l.chance(60) {
		short := content
		short.Caller = ""
		refused(l, duty.Context, e.stream, by, duty.LogEntry{Content: short}, duty.ErrFields)
	}
	res := do(&l.doer, duty.Context, e.stream, by, duty.LogEntry{Content: content})
	if len(res.Events) == 0 {
		return finished
	}
	e.id = res.Events[0].Event.(duty.EntryLogged).Entry
	if l.chance(30) {
		content.Phone = fmt.Sprintf("0000-%07d", l.r.IntN(1e7))
		do(&l.doer, duty.Context, e.stream, by, duty.CorrectEntry{Entry: e.id, Reason: "回拨号码抄错", Content: content})
	}
	if l.chance(5) {
		to := one(l, l.everybody())
		do(&l.doer, duty.Context, e.stream, by, duty.RelayMessage{Entry: e.id, To: to.ID})
		l.at(l.clock.Stands().Add(l.minutes(2, 90)), once(func(l *life) {
			if _, open := e.post(l).Entries[e.id]; open {
				do(&l.doer, duty.Context, e.stream, to.Actor(), duty.AcknowledgeRelay{Entry: e.id})
			}
		}))
	}
	return next{e.isActedOn, l.minutes(3, 20)}
}

// open finds the entry and who keeps the watch, if it is still open.
func (e *entry) open(l *life) (duty.Entry, domain.Actor, bool) {
	p := e.post(l)
	v, ok := p.Entries[e.id]
	return v, l.person(p.Responsible).Actor(), ok && !v.Closed
}

func (e *entry) isActedOn(l *life) next {
	v, by, ok := e.open(l)
	if !ok {
		return finished
	}
	if !v.Decided {
		e.decides(l, by)
	}
	if v, _, _ = e.open(l); v.Urgency == "next-day" {
		return next{e.isClosed, l.minutes(900, 1900)}
	}
	return next{e.isClosed, l.minutes(20, 400)}
}

// decides does what the urgency of the entry asks for.
func (e *entry) decides(l *life, by domain.Actor) {
	switch v, _, _ := e.open(l); v.Urgency {
	case "needs-instruction":
		do(&l.doer, duty.Context, e.stream, by, duty.EscalateEntry{Entry: e.id, To: l.staff.One(one(l, []string{"director", "deputy-admin", "deputy-papers"})).ID, Text: "请示如何处理。"})
	case "next-day":
		cmd := duty.CarryOverEntry{Entry: e.id}
		if l.chance(3) {
			cmd.To = l.pick("admin").ID
		}
		do(&l.doer, duty.Context, e.stream, by, cmd)
	default:
		do(&l.doer, duty.Context, e.stream, by, duty.ActOnEntry{Entry: e.id, Text: "已电话通知责任单位，要求立即处置并回报。"})
	}
}

func (e *entry) isClosed(l *life) next {
	v, by, ok := e.open(l)
	if !ok {
		return finished
	}
	if v.Owner != "" {
		by = l.person(v.Owner).Actor()
	}
	if l.chance(40) {
		if other := l.pick("secretary"); other.ID != by.Person {
			refused(l, duty.Context, e.stream, other.Actor(), duty.CloseEntry{Entry: e.id, Text: "已了结"}, duty.ErrNotResponsible)
		}
	}
	do(&l.doer, duty.Context, e.stream, by, duty.CloseEntry{Entry: e.id, Text: "责任单位回报已办结。"})
	return finished
}

// standsIn lets a messenger keep the room for a short while; one in nine is away too long, and that is found at the instant.
func (w watch) standsIn(l *life) next {
	p := w.post(l)
	by := l.person(p.Responsible)
	messenger := l.pick("messenger")
	if by.ID == messenger.ID || p.StandIn.ID != "" {
		return finished
	}
	if l.chance(10) {
		refused(l, duty.Context, w.stream, by.Actor(), duty.StartStandIn{Person: l.staff.One("logistics-chief").ID, Reason: "送急件"}, duty.ErrNoStandIn)
	}
	do(&l.doer, duty.Context, w.stream, by.Actor(), duty.StartStandIn{Person: messenger.ID, Reason: one(l, []string{"到机要室取急件", "陪同领导到现场", "突感不适就医"})})
	wait := l.minutes(6, 29)
	if l.chance(9) {
		wait = l.minutes(31, 50)
	}
	return next{w.isBack, wait}
}

func (w watch) isBack(l *life) next {
	if p := w.post(l); p.StandIn.ID != "" {
		do(&l.doer, duty.Context, w.stream, l.person(p.Responsible).Actor(), duty.EndStandIn{})
	}
	return finished
}

func (l *life) inspects(w watch) {
	by := l.staff.One(one(l, []string{"admin", "deputy-admin"}))
	cmd := duty.Inspect{Present: true, Note: "在岗，记录完整"}
	if l.chance(20) {
		cmd = duty.Inspect{Note: "值班室无人"}
	}
	do(&l.doer, duty.Context, w.stream, by.Actor(), cmd)
}

func (l *life) probes(w watch) {
	cmd := duty.Probe{Answered: true, Seconds: 4 + l.r.IntN(40)}
	switch l.r.IntN(25) {
	case 0:
		cmd = duty.Probe{Seconds: 120}
	case 1:
		cmd.Seconds = 75
	}
	do(&l.doer, duty.Context, w.stream, l.publisher(), cmd)
}

// emergency is an emergency from the first knowledge to the final report.
type emergency struct {
	watch
	id string
}

func (m *emergency) by(l *life) domain.Actor { return l.person(m.post(l).Responsible).Actor() }

func (m *emergency) isKnown(l *life) next {
	res := do(&l.doer, duty.Context, m.stream, m.by(l), duty.DeclareEmergency{Grade: one(l, []string{"一般", "一般", "较大"}),
		What: one(l, []string{"国道塌方，无人员伤亡，交通中断。", "柳林镇居民楼起火，已疏散，消防到场。", "河西乡山洪预警，正组织转移。"})})
	if len(res.Events) == 0 {
		return finished
	}
	m.id = res.Events[0].Event.(duty.EmergencyKnown).Emergency
	return next{m.isTold, l.minutes(3, 26)}
}

func (m *emergency) isTold(l *life) next {
	do(&l.doer, duty.Context, m.stream, m.by(l), duty.ReportEmergency{Emergency: m.id, Way: duty.Phone, To: "市政府总值班室", Text: "已电话首报基本情况。"})
	if l.chance(4) {
		refused(l, duty.Context, m.stream, m.by(l), duty.CloseEmergency{Emergency: m.id, Text: "处置完毕。"}, duty.ErrUnreported)
	}
	if l.chance(5) { // the written report comes too late
		return next{m.isWritten, l.minutes(62, 90)}
	}
	return next{m.isWritten, l.minutes(8, 30)}
}

func (m *emergency) isWritten(l *life) next {
	do(&l.doer, duty.Context, m.stream, m.by(l), duty.ReportEmergency{Emergency: m.id, Way: duty.Written, To: "市政府总值班室", Text: "书面报送时间、地点、损失和处置措施。"})
	return next{m.isFollowedUp, l.minutes(60, 200)}
}

func (m *emergency) isFollowedUp(l *life) next {
	do(&l.doer, duty.Context, m.stream, m.by(l), duty.FollowUpEmergency{Emergency: m.id, Text: "续报：险情已控制，正在核实损失。"})
	if l.chance(2) {
		return next{m.isFollowedUp, l.minutes(60, 300)}
	}
	return next{m.isOver, l.minutes(60, 600)}
}

func (m *emergency) isOver(l *life) next {
	do(&l.doer, duty.Context, m.stream, m.by(l), duty.CloseEmergency{Emergency: m.id, Text: "终报：处置完毕，恢复正常。"})
	return finished
}

// swap is an exchange of a shift.
type swap struct {
	watch
	id       string
	from, to Person
	shift    domain.Instant
}

// isAsked asks a colleague for a shift of the coming days. Nobody approves it; the office is told before.
func (s *swap) isAsked(l *life) next {
	p := s.post(l)
	soon := l.clock.Stands().Add(36 * time.Hour)
	i := slices.IndexFunc(p.Shifts, func(v duty.Shift) bool { return v.Source == duty.Rota && v.Start.After(soon) })
	if i < 0 {
		return next{s.isAsked, 24 * time.Hour} // when the next roster is out
	}
	shift := p.Shifts[i]
	s.shift, s.from = shift.Start, l.person(shift.Person)
	on := domain.DateOf(shift.Start.Time, l.h.Zone)
	free := slices.DeleteFunc(slices.Clone(l.staff.In(s.list)), func(p Person) bool {
		return p.ID == s.from.ID || !l.leaves[p.ID].Before(on.Add(-2)) || l.keeps(p, on, on)
	})
	if len(free) == 0 {
		return next{s.isAsked, 24 * time.Hour}
	}
	s.to = one(l, free)
	cmd := duty.RequestSwap{Shift: shift.Start, With: s.to.ID, Reason: "家中有急事，当晚不能到岗"}
	if l.chance(8) {
		careless := cmd
		careless.Reason = ""
		refused(l, duty.Context, s.stream, s.from.Actor(), careless, duty.ErrReason)
	}
	if l.chance(12) {
		stranger := cmd
		stranger.With = l.staff.One("director").ID
		refused(l, duty.Context, s.stream, s.from.Actor(), stranger, duty.ErrNotOnList)
	}
	res := do(&l.doer, duty.Context, s.stream, s.from.Actor(), cmd)
	if len(res.Events) == 0 {
		return finished
	}
	s.id = res.Events[0].Event.(duty.SwapRequested).Swap
	l.leaves[s.to.ID] = on // he has something in view now
	switch l.r.IntN(8) {
	case 0:
		return next{s.isDeclined, l.minutes(20, 400)}
	case 1:
		return finished // nobody answers: it never comes into force
	}
	return next{s.isAccepted, l.minutes(10, 600)}
}

func (s *swap) stands(l *life) bool {
	_, ok := s.post(l).Swaps[s.id]
	return ok
}

func (s *swap) isDeclined(l *life) next {
	if s.stands(l) {
		do(&l.doer, duty.Context, s.stream, s.to.Actor(), duty.DeclineSwap{Swap: s.id, Reason: "当日已有安排"})
	}
	return finished
}

func (s *swap) isAccepted(l *life) next {
	if !s.stands(l) {
		return finished
	}
	do(&l.doer, duty.Context, s.stream, s.to.Actor(), duty.AcceptSwap{Swap: s.id})
	if l.chance(9) { // the office is told when the shift begins: too late by that instant
		l.at(s.shift.Time, once(func(l *life) {
			if s.stands(l) {
				refused(l, duty.Context, s.stream, l.publisher(), duty.NoteSwap{Swap: s.id}, duty.ErrSwapLate, duty.ErrStarted)
			}
		}))
		return finished
	}
	return next{s.isTold, l.minutes(5, 300)}
}

func (s *swap) isTold(l *life) next {
	if s.stands(l) {
		do(&l.doer, duty.Context, s.stream, l.publisher(), duty.NoteSwap{Swap: s.id})
	}
	return finished
}
