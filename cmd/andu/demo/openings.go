package demo

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"andu/commands"
	"andu/domain"
	"andu/domain/access"
	"andu/domain/leave"
	"andu/domain/org"
	"andu/domain/persons"
)

// clearances are what the posts of the office are cleared for; everybody else works with internal papers.
var clearances = map[domain.Class][]string{
	domain.Secret: {"director", "deputy-papers", "deputy-admin", "secrets-room"},
	domain.Confidential: {"secretary", "registrar", "secretariat-chief", "information-chief", "supervision-chief", "legal-chief",
		"logistics-chief"},
}

// clears gives everybody the clearance of his post.
func (l *life) clears() {
	for _, p := range l.everybody() {
		class := domain.Internal
		for c, posts := range clearances {
			if contains(posts, p.Post) {
				class = c
			}
		}
		do(&l.doer, persons.Context, persons.Stream(p.ID), l.officer(org.SecurityAdministrator), persons.GrantClearance{Class: class, Document: "演示保密审查〔2018〕1号"})
	}
}

// cleared tells whether a person is cleared for the class of the paper.
func (p *paper) cleared(l *life, who Person) bool {
	return state(l, persons.Context, persons.Stream(who.ID)).Clearance(domain.At(l.clock.Stands())).Rank() >= p.item.class.Rank()
}

// may tells whether a person may know the paper.
func (p *paper) may(l *life, who Person) bool {
	return p.cleared(l, who) && (p.scope == nil && !p.item.class.Classified() || contains(p.scope, who.ID))
}

func (p *paper) access() string { return access.Stream(p.stream) }

// isProtected enters the class of a state secret, names who may know it, and attaches a scan to what may be kept here.
func (p *paper) isProtected(l *life) {
	class := p.item.class
	if l.err == nil {
		l.fail(commands.Protect(l.ctx, l.h, l.office, p.stream))
	}
	by := l.pick("registrar").Actor()
	if class.Classified() {
		do(&l.doer, access.Context, p.access(), by, access.Classify{Class: class, Until: domain.Date{Year: p.item.issued.Year + 9, Month: p.item.issued.Month, Day: 1}.Add(0),
			Authority: "来文标注"})
		if l.chance(3) {
			_, err := commands.Attach(l.ctx, l.h, p.stream, "扫描件.txt", strings.NewReader(p.item.title), l.request(by))
			l.expect("a scan of a state secret", err, access.ErrCustodyOnly)
		}
	}
	if class.Classified() || class == domain.Internal && l.chance(2) {
		for _, who := range l.everybody() {
			if p.cleared(l, who) && (class.Classified() || who.Post != "messenger" && !contains([]string{"secretariat-clerk", "logistics-clerk", "information-clerk", "supervision-clerk", "legal-clerk"}, who.Post) || l.chance(5)) {
				p.scope = append(p.scope, who.ID)
			}
		}
		do(&l.doer, access.Context, p.access(), l.staff.One("director").Actor(), access.SetScope{Persons: p.scope, Authority: "主任批示"})
		l.scoped = append(l.scoped, p)
		if len(l.scoped) > 40 {
			l.scoped = l.scoped[1:]
		}
	}
	if class.Classified() || l.chance(2) {
		return
	}
	text := p.item.title + "\n\n" + strings.Repeat("（演示正文，不含真实内容。）\n", 20+l.r.IntN(120))
	res, err := commands.Attach(l.ctx, l.h, p.stream, "扫描件.txt", strings.NewReader(text), l.request(by))
	if l.fail(err); err == nil {
		p.content, p.size = res.Events[0].Event.(access.ContentAttached).Content, int64(len(text))
	}
}

// isOpenedBy lets a person who may know the paper read it: content where there is a scan, the paper itself else. What he
// does not close ends at its time.
func (p *paper) isOpenedBy(l *life, who Person, purpose string) {
	if !p.may(l, who) {
		return
	}
	cmd := access.OpenView{Content: p.content, Purpose: purpose, Task: p.stream}
	part := p.content != "" && l.chance(6)
	if part {
		cmd.To = p.size / 2
	}
	if p.item.class.Classified() {
		cmd.Place = "room"
		if l.chance(8) {
			hasty := cmd
			hasty.Place = "desk"
			refused(l, access.Context, p.access(), who.Actor(), hasty, access.ErrPlace)
		}
	}
	res := do(&l.doer, access.Context, p.access(), who.Actor(), cmd)
	if len(res.Events) == 0 {
		return
	}
	view := res.Events[0].Event.(access.ViewOpened)
	if part {
		refusedRead(l, p, who, view.View)
		do(&l.doer, access.Context, p.access(), who.Actor(), access.OpenWindow{View: view.View, From: view.To, To: p.size})
	}
	if p.content != "" && l.chance(20) {
		p.isSent(l, who, view)
	}
	if l.chance(8) {
		return // he goes away and leaves it open
	}
	pages := 1 + l.r.IntN(12)
	l.at(l.clock.Stands().Add(l.minutes(1, 25)), once(func(l *life) {
		if _, open := state(l, access.Context, p.access()).Views[view.View]; open {
			do(&l.doer, access.Context, p.access(), who.Actor(), access.CloseView{View: view.View, Pages: pages})
		}
	}))
}

// refusedRead asks for bytes behind what the viewing was opened for: none leaves, and the attempt is on record.
func refusedRead(l *life, p *paper, who Person, view string) {
	if !l.chance(6) {
		return
	}
	_, err := commands.ReadContent(l.ctx, l.h, p.stream, view, p.size/2, 0, l.request(who.Actor()))
	l.expect("bytes outside the window", err, access.ErrOutsideWindow)
}

// isSent takes the bytes of the part that was opened.
func (p *paper) isSent(l *life, who Person, view access.ViewOpened) {
	part, err := commands.ReadContent(l.ctx, l.h, p.stream, view.View, view.From, view.To, l.request(who.Actor()))
	if l.fail(err); err == nil {
		_, err := part.WriteTo(io.Discard)
		l.fail(errors.Join(err, part.Close()))
	}
}

// curious lets people try what they may not, ask for what they need, and lose what they no longer need; the officers ask
// who saw what.
func (l *life) curious(d domain.Date) {
	at := func() time.Time {
		return l.clockAt(d, 8, 40).Add(time.Duration(l.r.Int64N(int64(8 * time.Hour))))
	}
	for range l.some(250) {
		l.begin(at(), once((*life).isDenied))
	}
	for range l.some(40) {
		l.begin(at(), (&wish{}).isMade)
	}
	if l.chance(8) {
		l.begin(at(), once((*life).losesScope))
	}
	if l.chance(8) {
		l.begin(at(), once((*life).looksAtTrail))
	}
}

// isDenied is an attempt to open a paper that one may not know: denied by what stands against it, and on record.
func (l *life) isDenied() {
	if len(l.scoped) == 0 {
		return
	}
	p := one(l, l.scoped)
	who, rule := one(l, l.everybody()), access.ErrNotInScope
	if l.chance(12) {
		refused(l, access.Context, p.access(), l.officer(one(l, []string{org.SystemAdministrator, org.SecurityAdministrator, org.Auditor})),
			access.OpenView{Purpose: "review"}, access.ErrOfficer)
		return
	}
	if p.may(l, who) {
		return
	}
	if !p.cleared(l, who) {
		rule = access.ErrNotCleared
	}
	if l.granted(p, who) {
		return
	}
	refused(l, access.Context, p.access(), who.Actor(), access.OpenView{Purpose: "handle"}, rule)
}

func (l *life) granted(p *paper, who Person) bool {
	for _, g := range state(l, access.Context, p.access()).Grants {
		if g.Person == who.ID {
			return true
		}
	}
	return false
}

// wish is a request to see a paper for a time.
type wish struct {
	paper *paper
	who   Person
	id    string
}

func (w *wish) isMade(l *life) next {
	if len(l.scoped) == 0 {
		return finished
	}
	w.paper, w.who = one(l, l.scoped), one(l, l.everybody())
	if w.paper.may(l, w.who) || !w.paper.cleared(l, w.who) || l.granted(w.paper, w.who) || w.who.Post == "director" {
		return finished
	}
	res := do(&l.doer, access.Context, w.paper.access(), w.who.Actor(), access.RequestAccess{Reason: "起草汇报材料需要参阅"})
	if len(res.Events) == 0 {
		return finished
	}
	w.id = res.Events[0].Event.(access.Requested).Request
	return next{w.isDecided, l.minutes(30, 400)}
}

func (w *wish) isDecided(l *life) next {
	by, p := l.staff.One("director").Actor(), w.paper
	if l.chance(4) {
		do(&l.doer, access.Context, p.access(), by, access.DenyRequest{Request: w.id, Reason: "与所承办工作无关"})
		return finished
	}
	if l.chance(8) {
		refused(l, access.Context, p.access(), w.who.Actor(), access.GrantAccess{Request: w.id}, access.ErrSetter)
	}
	do(&l.doer, access.Context, p.access(), by, access.GrantAccess{Request: w.id, Until: l.today().Add(5)})
	return next{w.isUsed, l.minutes(20, 300)}
}

// isUsed reads by the grant.
func (w *wish) isUsed(l *life) next {
	if !l.granted(w.paper, w.who) || l.away(w.who, leave.Edge{On: l.today(), Half: leave.AM}) {
		return finished
	}
	res, err := try(&l.doer, access.Context, w.paper.access(), w.who.Actor(), access.OpenView{Purpose: "handle", Task: w.paper.stream})
	if err != nil {
		l.expect("a viewing by a grant", err, access.ErrNotInScope, access.ErrPlace)
		return finished
	}
	if l.chance(3) { // taken back while it is read: the viewing ends at that instant, and the next byte does not leave
		view := res.Events[0].Event.(access.ViewOpened).View
		l.at(l.clock.Stands().Add(l.minutes(2, 20)), once(func(l *life) {
			do(&l.doer, access.Context, w.paper.access(), l.staff.One("director").Actor(), access.RevokeAccess{Grant: w.id, Reason: "汇报已经结束"})
			refused(l, access.Context, w.paper.access(), w.who.Actor(), access.OpenWindow{View: view, From: 5, To: 9}, access.ErrNotInScope, access.ErrViewOver)
		}))
	}
	return finished
}

// losesScope takes somebody out of a scope while he reads (G18), and lets somebody else in.
func (l *life) losesScope() {
	if len(l.scoped) == 0 {
		return
	}
	p, by := one(l, l.scoped), l.staff.One("director").Actor()
	i := slices.IndexFunc(p.scope, func(id string) bool {
		return contains([]string{"secretary", "information-chief", "supervision-chief"}, l.person(id).Post)
	})
	if i < 0 || p.item.class.Classified() {
		return
	}
	who := l.person(p.scope[i])
	res := do(&l.doer, access.Context, p.access(), who.Actor(), access.OpenView{Purpose: "handle"})
	do(&l.doer, access.Context, p.access(), by, access.ReduceScope{Person: who.ID, Reason: "工作调整"})
	p.scope = slices.Delete(slices.Clone(p.scope), i, i+1)
	if len(res.Events) > 0 {
		refused(l, access.Context, p.access(), who.Actor(), access.OpenView{Purpose: "handle"}, access.ErrNotInScope)
	}
	for _, other := range l.everybody() {
		if !contains(p.scope, other.ID) && other.ID != who.ID && p.cleared(l, other) {
			do(&l.doer, access.Context, p.access(), by, access.ExtendScope{Person: other.ID, Authority: "主任批示"})
			p.scope = append(p.scope, other.ID)
			return
		}
	}
}

// looksAtTrail lets the auditor and the security administrator ask who saw a paper, or what a person saw.
func (l *life) looksAtTrail() {
	by := l.officer(one(l, []string{org.SecurityAdministrator, org.Auditor}))
	if len(l.scoped) > 0 && l.chance(2) {
		do(&l.doer, access.Context, one(l, l.scoped).access(), by, access.QueryTrail{Question: "paper", Reason: "月度保密检查"})
		return
	}
	do(&l.doer, access.Context, access.Context.Stream(one(l, l.everybody()).ID), by, access.QueryTrail{Question: "person", Reason: fmt.Sprintf("%d月保密自查", l.today().Month)})
}
