package demo

import (
	"slices"
	"time"

	"andu/domain"
	"andu/domain/leave"
)

// away tells whether a person's ledger says that he is away in a half day, or may be.
func (l *life) away(p Person, at leave.Edge) bool {
	c, ok := state(l, leave.Context, leave.Stream(p.ID)).Covers(at.On, at.Half)
	return ok && c.State != leave.Lapsed
}

// absences lets people ask for leave, call in, go out and travel: some forty events a person and year (catalogue 6.2).
func (l *life) absences(d domain.Date) {
	at := func() time.Time {
		return l.clockAt(d, 8, 40).Add(time.Duration(l.r.Int64N(int64(8 * time.Hour))))
	}
	for range l.some(125) {
		if a, ok := l.absence(d, 1); ok {
			l.begin(at(), a.isAsked)
		}
	}
	for range l.some(25) {
		if a, ok := l.absence(d, 0); ok {
			l.at(l.clockAt(d, 7, 2).Add(l.minutes(0, 30)), a.isPhoned) // before anybody signs in
		}
	}
	for range l.some(130) {
		if a, ok := l.absence(d, 0); ok {
			l.at(l.clockAt(d, 7, 30).Add(l.minutes(0, 420)), a.goesOut)
		}
	}
	for range l.some(35) {
		if a, ok := l.absence(d, 1); ok {
			l.begin(at(), a.travels)
		}
	}
}

// absence is one absence of a person, from the asking to the return.
type absence struct {
	person   Person
	kind     string
	from, to leave.Edge
	tenths   int // of days
	request  string
	tried    bool
}

// absence finds somebody who has nothing else in view and nothing to keep, and plans his absence from so many working days
// on. Of a post that has to be kept, one stays.
func (l *life) absence(d domain.Date, ahead int) (*absence, bool) {
	a := &absence{person: one(l, l.everybody())}
	length := one(l, []int{5, 5, 10, 10, 10, 15, 20, 20, 25, 30, 50})
	from := d
	if ahead > 0 {
		from = l.workday(d, ahead+l.r.IntN(3))
	}
	a.from, a.to = leave.Edge{On: from, Half: leave.AM}, leave.Edge{On: from, Half: leave.AM}
	if ahead > 0 && l.chance(4) {
		a.from.Half, a.to.Half = leave.PM, leave.PM
	}
	for n := 10; n <= length && ahead > 0; n += 5 {
		if a.to.Half == leave.AM {
			a.to.Half = leave.PM
		} else {
			a.to = leave.Edge{On: l.workday(a.to.On, 1), Half: leave.AM}
		}
	}
	if ahead == 0 && l.chance(2) {
		a.to.Half = leave.PM
	}
	a.tenths = length
	first, last := from.Add(-2), a.to.On.Add(2)
	if until, has := l.leaves[a.person.ID]; has && !until.Before(first) || l.keeps(a.person, first, last) {
		return nil, false
	}
	if post := a.person.Post; contains([]string{"admin", "messenger", "registrar", "secretary", "deputy-admin", "deputy-papers", "director", "legal-chief", "sheet-keeper"}, post) {
		if length > 20 || slices.ContainsFunc(l.staff.In(post), func(o Person) bool {
			until, has := l.leaves[o.ID]
			return has && !until.Before(first)
		}) {
			return nil, false
		}
	}
	l.leaves[a.person.ID] = last
	return a, true
}

func (a *absence) ledger() string { return leave.Stream(a.person.ID) }

func (a *absence) state(l *life) leave.Request {
	return state(l, leave.Context, a.ledger()).Requests[a.request]
}

// reasons are why people stay away, by type of leave.
var reasons = map[string][]string{
	"事假": {"家中有事。", "接送孩子入学。", "办理房产手续。"}, "病假": {"感冒发热。", "复诊。", "牙科治疗。"},
	"年休假": {"休年假。", "陪父母出行。"}, "调休": {"补休值班。"}, "公假": {"参加职称考试。"}, "丧假": {"亲属去世。"},
}

func (a *absence) chooses(l *life) (kind, reason string) {
	kind = one(l, []string{"事假", "事假", "事假", "病假", "病假", "年休假", "年休假", "调休", "公假", "丧假"})
	return kind, one(l, reasons[kind])
}

// isAsked asks in time; whoever forgets the slip is sent back for it.
func (a *absence) isAsked(l *life) next {
	kind, reason := a.chooses(l)
	cmd := leave.Ask{Type: kind, From: a.from, To: a.to, Form: "free", Reason: reason, Contact: "手机"}
	if a.tenths > 5 {
		if l.chance(25) {
			refused(l, leave.Context, a.ledger(), a.person.Actor(), cmd, leave.ErrForm)
		}
		cmd.Form = leave.Written
	}
	res, err := try(&l.doer, leave.Context, a.ledger(), a.person.Actor(), cmd)
	if err != nil && cmd.Form == "free" { // together with the leave beside it half a day is longer
		cmd.Form = leave.Written
		res, err = try(&l.doer, leave.Context, a.ledger(), a.person.Actor(), cmd)
	}
	if err != nil { // asked at the end of the day before, by a calendar that changed meanwhile
		l.expect("a leave", err, leave.ErrPrior, leave.ErrNothing)
		return finished
	}
	a.request = res.Events[0].Event.(leave.Requested).Request
	if l.chance(20) { // his chief would sign it, which is not his to do: on record
		if other := one(l, l.staff.In("logistics-chief")); other.ID != a.person.ID {
			refused(l, leave.Context, a.ledger(), other.Actor(), leave.Approve{Request: a.request}, leave.ErrAuthority)
		}
	}
	if contains([]string{"deputy-admin", "director"}, a.person.Post) {
		refused(l, leave.Context, a.ledger(), a.person.Actor(), leave.Approve{Request: a.request}, leave.ErrSelf)
	}
	return next{a.isDecided, l.minutes(10, 200)}
}

// isDecided lets the post decide whose turn it is. A post that is vacant decides nothing: the time runs out, and the leave
// is given up.
func (a *absence) isDecided(l *life) next {
	r := a.state(l)
	begins := r.StartsAt.Time
	extension := r.Extension.To != leave.Edge{}
	if extension {
		begins = r.BackAt.Time
	}
	held := l.staff.In(r.Post)
	switch {
	case !l.clock.Stands().Add(time.Second).Before(begins):
		if len(held) > 0 && held[0].ID != a.person.ID {
			refused(l, leave.Context, a.ledger(), held[0].Actor(), leave.Approve{Request: a.request}, leave.ErrStarted)
		}
		do(&l.doer, leave.Context, a.ledger(), a.person.Actor(), leave.Withdraw{Request: a.request})
		if extension {
			l.at(l.comesBack(a), a.returns)
		}
		return finished
	case len(held) == 0:
		return next{a.isDecided, 3 * time.Hour}
	}
	by := held[0].Actor()
	if l.chance(20) {
		do(&l.doer, leave.Context, a.ledger(), by, leave.Disapprove{Request: a.request, Reason: "近期工作紧，请另择时间。"})
		if extension {
			l.at(l.comesBack(a), a.returns)
		}
		return finished
	}
	do(&l.doer, leave.Context, a.ledger(), by, leave.Approve{Request: a.request})
	if extension {
		l.at(l.comesBack(a), a.returns)
		return finished
	}
	if l.chance(30) {
		return next{a.isGivenUp, l.minutes(5, 60)}
	}
	r = a.state(l)
	if a.tenths >= 20 && l.chance(8) {
		l.at(r.BackAt.Add(-20*time.Hour), a.isExtended)
	} else {
		l.at(l.comesBack(a), a.returns)
	}
	return next{a.isEntered, l.minutes(5, 300)}
}

// isGivenUp takes a leave back before it begins.
func (a *absence) isGivenUp(l *life) next {
	if l.clock.Stands().Add(time.Second).Before(a.state(l).StartsAt.Time) {
		do(&l.doer, leave.Context, a.ledger(), a.person.Actor(), leave.Withdraw{Request: a.request})
	} else {
		l.at(l.comesBack(a), a.returns)
	}
	return finished
}

// isEntered stands in the register of leave.
func (a *absence) isEntered(l *life) next {
	do(&l.doer, leave.Context, a.ledger(), l.pick("admin").Actor(), leave.Register{Request: a.request})
	return finished
}

// isExtended asks for a day more, before the leave is over.
func (a *absence) isExtended(l *life) next {
	r := a.state(l)
	cmd := leave.Extend{Request: a.request, To: leave.Edge{On: r.Back.On, Half: leave.PM}, Form: leave.Written, Reason: "事情尚未办完，请准予续假一天。"}
	if _, err := try(&l.doer, leave.Context, a.ledger(), a.person.Actor(), cmd); err != nil {
		l.expect("an extension", err, leave.ErrPrior, leave.ErrNotRunning, leave.ErrOverlap)
		l.at(l.comesBack(a), a.returns)
		return finished
	}
	l.leaves[a.person.ID] = r.Back.On.Add(2)
	l.at(l.clock.Stands().Add(l.minutes(20, 120)), a.isDecided)
	return finished
}

// comesBack is when the person reports his return: mostly in the morning, now and then half a day early, and sometimes a
// day too late, when he has overstayed by the records.
func (l *life) comesBack(a *absence) time.Time {
	r := a.state(l)
	back := r.BackAt.Time
	if r.Kind == leave.KindLeave {
		switch l.r.IntN(24) {
		case 0:
			return l.clockAt(l.workday(r.Back.On, 1), 9, l.r.IntN(60))
		case 1:
			if r.From.On.Before(r.To.On) {
				return back.Add(-16 * time.Hour)
			}
		}
	}
	return back.Add(l.minutes(3, 100))
}

// returns reports the end of an absence.
func (a *absence) returns(l *life) next {
	r := a.state(l)
	now := leave.Edge{On: l.today(), Half: leave.AM}
	if l.clock.Stands().In(l.h.Zone).Hour() >= 12 {
		now.Half = leave.PM
	}
	back := r.Back
	if now.Compare(back) < 0 {
		back = now
	}
	if back.Compare(r.From) < 0 {
		back = r.From
	}
	if r.Returned != (leave.Edge{}) || r.Status == leave.StatusWithdrawn {
		return finished
	}
	do(&l.doer, leave.Context, a.ledger(), a.person.Actor(), leave.Return{Request: a.request, Back: back})
	return finished
}

// isPhoned is a call in the morning of the day. One that comes when the day has begun is not taken any more.
func (a *absence) isPhoned(l *life) next {
	kind, reason := "事假", "家人突发急病送医。"
	if l.chance(2) {
		kind, reason = "病假", "突发高烧，正在就诊。"
	}
	cmd := leave.PhoneIn{Person: a.person.ID, Type: kind, From: a.from, To: a.to, Cause: "urgent", Reason: reason}
	if l.chance(14) {
		l.at(l.clockAt(l.today(), 8, 40), once(func(l *life) {
			refused(l, leave.Context, a.ledger(), a.takesCall(l).Actor(), cmd, leave.ErrPrior)
		}))
		return finished
	}
	res := do(&l.doer, leave.Context, a.ledger(), a.takesCall(l).Actor(), cmd)
	if len(res.Events) == 0 {
		return finished
	}
	a.request = res.Events[0].Event.(leave.PhonedIn).Request
	l.begin(l.clock.Stands().Add(l.minutes(60, 300)), a.isEntered)
	l.at(l.comesBack(a), a.returns)
	due := a.state(l).PapersDue.Time
	switch l.r.IntN(10) {
	case 0: // never: the schedule lapses it
	case 1:
		l.begin(due.Add(l.minutes(500, 2000)), a.bringsPapers)
	default:
		l.at(due.Add(-l.minutes(320, 900)), a.bringsPapers)
	}
	return finished
}

// takesCall is who answers the telephone.
func (a *absence) takesCall(l *life) Person {
	for _, p := range slices.Concat(l.staff.In("admin"), l.staff.In("sheet-keeper")) {
		if p.ID != a.person.ID && !l.away(p, leave.Edge{On: l.today(), Half: leave.AM}) {
			return p
		}
	}
	return l.staff.One("admin")
}

func (a *absence) bringsPapers(l *life) next {
	do(&l.doer, leave.Context, a.ledger(), a.person.Actor(), leave.SupplyPaper{Request: a.request, Text: "补交书面请假材料。"})
	return finished
}

// goesOut reports an outing on business: it covers the sessions that begin during it.
func (a *absence) goesOut(l *life) next {
	out := l.clock.Stands().Add(l.minutes(5, 30))
	back := out.Add(l.minutes(60, 300))
	if last := l.clockAt(l.today(), 18, 20); back.After(last) {
		back = last
	}
	if !out.Before(back) {
		return finished
	}
	place := one(l, [][2]string{{"市政府", "报送材料"}, {"城关镇", "督查重点项目"}, {"县财政局", "对接经费安排"}, {"河西乡", "核实道路隐患"}, {"县档案馆", "查阅档案"}, {"开发区", "陪同调研"}})
	res := do(&l.doer, leave.Context, a.ledger(), a.person.Actor(), leave.ReportOuting{Place: place[0], Purpose: place[1], OutAt: domain.At(out), BackAt: domain.At(back)})
	if len(res.Events) == 0 {
		return finished
	}
	a.request = res.Events[0].Event.(leave.OutingReported).Request
	l.at(back.Add(l.minutes(0, 40)), once(func(l *life) {
		do(&l.doer, leave.Context, a.ledger(), a.person.Actor(), leave.Return{Request: a.request})
	}))
	return finished
}

// travels reports a trip before it begins.
func (a *absence) travels(l *life) next {
	place := one(l, [][2]string{{"省城", "参加全省政务值班工作会议"}, {"邻县", "考察学习"}, {"市政务中心", "跟班学习"}, {"省档案局", "参加业务培训"}})
	res, err := try(&l.doer, leave.Context, a.ledger(), a.person.Actor(), leave.ReportTrip{Place: place[0], Task: place[1], From: a.from, To: a.to})
	if err != nil {
		l.expect("a trip", err, leave.ErrDeparture)
		return finished
	}
	a.request = res.Events[0].Event.(leave.TripReported).Request
	l.at(l.comesBack(a), a.returns)
	return finished
}
