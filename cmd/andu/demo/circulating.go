package demo

import (
	"slices"
	"time"

	"andu/domain/access"
	"andu/domain/circulation"
	"andu/domain/documents"
	"andu/domain/leave"
)

// slip is a paper on its way from reader to reader. The clerk brings it to one after the other by rank, passes by who is
// away, and brings it back to him at the end.
type slip struct {
	paper  *paper
	stream string
	copy   string
}

// circulates starts a slip among those who may know the paper; every third goes round on paper.
func (p *paper) circulates(l *life) {
	s := &slip{paper: p, stream: circulation.Context.Stream(l.id("slip", l.n))}
	p.slip = s
	l.begin(l.clock.Stands().Add(l.minutes(5, 120)), s.isStarted)
}

func (s *slip) isStarted(l *life) next {
	by := l.pick("registrar").Actor()
	var readers []string
	for _, post := range []string{"director", "deputy-papers", "deputy-admin", "secretariat-chief", "information-chief", "supervision-chief", "legal-chief", "logistics-chief",
		"secretary", "secretariat-clerk", "information-clerk", "supervision-clerk", "legal-clerk"} {
		for _, who := range l.staff.In(post) {
			if s.paper.may(l, who) && l.r.IntN(10) < 3 {
				readers = append(readers, who.ID)
			}
		}
	}
	if len(readers) == 0 {
		s.paper.slip = nil
		return finished
	}
	l.r.Shuffle(len(readers), func(i, j int) { readers[i], readers[j] = readers[j], readers[i] })
	readers = readers[:min(len(readers), 9)]
	d := state(l, documents.Context, s.paper.stream)
	for _, name := range sorted(d.Copies) {
		if l.chance(3) && name != "1" && d.Copies[name].State == documents.Held && !d.Closed {
			s.copy = name
			break
		}
	}
	do(&l.doer, circulation.Context, s.stream, by, circulation.Start{Document: s.paper.stream, Copy: s.copy, Readers: readers, Authority: "秘书拟送"})
	return next{s.isDelivered, l.minutes(2, 20)}
}

func (s *slip) state(l *life) circulation.Slip { return state(l, circulation.Context, s.stream) }

// isDelivered brings the paper to whose turn it is.
func (s *slip) isDelivered(l *life) next {
	st, by := s.state(l), l.pick("registrar").Actor()
	if st.Completed || st.Stopped {
		return next{s.isReturned, l.minutes(5, 90)}
	}
	switch {
	case l.chance(500):
		do(&l.doer, circulation.Context, s.stream, by, circulation.Stop{Reason: "来文机关通知收回"})
		return next{s.isReturned, l.minutes(5, 90)}
	case l.chance(80):
		if who := one(l, l.everybody()); s.paper.may(l, who) && !slices.ContainsFunc(st.Readers, func(r circulation.Reader) bool { return r.Person == who.ID }) {
			do(&l.doer, circulation.Context, s.stream, by, circulation.AddReader{Person: who.ID, Authority: "副主任批示"})
			st = s.state(l)
		}
	}
	i := slices.IndexFunc(st.Readers, func(r circulation.Reader) bool { return r.State == circulation.Planned })
	skipped := i < 0
	if skipped {
		i = slices.IndexFunc(st.Readers, func(r circulation.Reader) bool { return r.State == circulation.Skipped })
	}
	who := l.person(st.Readers[i].Person)
	switch {
	case !s.paper.may(l, who): // out of the scope since: the paper is not handed over, and he is passed by
		refused(l, circulation.Context, s.stream, by, circulation.Deliver{Person: who.ID}, access.ErrNotInScope)
		if !skipped {
			do(&l.doer, circulation.Context, s.stream, by, circulation.Skip{Person: who.ID, Reason: "已不在知悉范围"})
			return next{s.isDelivered, l.minutes(2, 20)}
		}
		do(&l.doer, circulation.Context, s.stream, by, circulation.Stop{Reason: "余下阅件人已不在知悉范围"})
		return next{s.isReturned, l.minutes(5, 90)}
	case l.absent(who) && !skipped:
		do(&l.doer, circulation.Context, s.stream, by, circulation.Skip{Person: who.ID, Reason: "外出，回来后补阅"})
		return next{s.isDelivered, l.minutes(2, 20)}
	case l.absent(who):
		return next{s.isDelivered, 20 * time.Hour}
	}
	do(&l.doer, circulation.Context, s.stream, by, circulation.Deliver{Person: who.ID})
	wait := l.minutes(2, 60)
	switch {
	case s.paper.item.urgency == "特急":
		wait = l.minutes(1, 8)
	case l.chance(25): // it lies on a desk: the schedule urges when its time is over
		wait = l.minutes(1500, 5000)
	}
	return next{func(l *life) next { return s.isOpened(l, who) }, wait}
}

func (l *life) absent(who Person) bool {
	half := leave.AM
	if l.clock.Stands().In(l.h.Zone).Hour() >= 12 {
		half = leave.PM
	}
	return l.away(who, leave.Edge{On: l.today(), Half: half})
}

// isOpened lets the reader begin to read; from who went away with it, the copy is fetched back.
func (s *slip) isOpened(l *life, who Person) next {
	again := func(l *life) next { return s.isOpened(l, who) }
	if l.absent(who) {
		if l.chance(3) {
			do(&l.doer, circulation.Context, s.stream, l.pick("registrar").Actor(), circulation.Recall{Person: who.ID, Reason: "阅件人外出多日"})
			return next{s.isDelivered, l.minutes(5, 60)}
		}
		return next{again, 5 * time.Hour}
	}
	if l.chance(40) {
		do(&l.doer, circulation.Context, s.stream, l.pick("registrar").Actor(), circulation.Urge{Person: who.ID, Note: "后面还有人待阅"})
	}
	if l.chance(80) { // he would pass it on himself: the way is through the clerk, and the attempt is on record
		for _, r := range s.state(l).Readers {
			if r.State == circulation.Planned {
				refused(l, circulation.Context, s.stream, who.Actor(), circulation.Deliver{Person: r.Person}, circulation.ErrPass)
				break
			}
		}
	}
	do(&l.doer, circulation.Context, s.stream, who.Actor(), circulation.MarkOpened{})
	s.paper.isOpenedBy(l, who, "circulate")
	return next{func(l *life) next {
		cmd := circulation.Sign{}
		if l.chance(6) {
			cmd.Opinion = one(l, []string{"已阅，请有关科室对照落实。", "请信息科摘编。", "拟请下次例会传达。"})
		}
		do(&l.doer, circulation.Context, s.stream, who.Actor(), cmd)
		return next{s.isDelivered, l.minutes(1, 40)}
	}, l.minutes(1, 26)}
}

// isReturned takes slip and copy back, and counts them.
func (s *slip) isReturned(l *life) next {
	by := l.pick("registrar").Actor()
	do(&l.doer, circulation.Context, s.stream, by, circulation.Return{})
	count := circulation.Count{Whole: true}
	if l.chance(90) {
		count = circulation.Count{Note: "附件第2页缺失，正在查找"}
	}
	do(&l.doer, circulation.Context, s.stream, by, count)
	s.paper.slip = nil
	return finished
}
