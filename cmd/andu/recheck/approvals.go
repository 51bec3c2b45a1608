package recheck

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// approval is one case; of a closed one the outcome and the opinions' authors are kept.
type approval struct {
	kind, subject, digest, applicant string
	class, form                      string
	outgoing, reviewDue, returned    bool
	reserved                         int64
	dispute                          string
	steps                            []*step
	last                             int64
	opinions                         map[string]opinion // by id, and by the id of its last correction
	outcome, decision                string
	delivered                        bool
}

type step struct {
	no                 int64
	kind, body, method string
	classFrom          string
	whenReserved       bool
	seats              []*seat
	status             string // waiting, routed, decided, skipped
	due, remind        time.Time
	seen               []string
	reminded, stuck    bool
}

type seat struct {
	of, post               string
	asked, decided         bool
	entrusted, entrustedBy string
}

// opinion is who said what.
type opinion struct {
	id, person, post, lead string
	at                     time.Time
	step                   int64
}

func (c *approval) deciding() (opinion, bool) { o, ok := c.opinions[c.decision]; return o, ok }

func (c *approval) current() *step {
	for _, s := range c.steps {
		if s.status == "routed" {
			return s
		}
	}
	return nil
}

func (c *approval) step(no int64) *step {
	for _, s := range c.steps {
		if s.no == no {
			return s
		}
	}
	return nil
}

func (s *step) seat(of string) *seat {
	for _, x := range s.seats {
		if x.of == of {
			return x
		}
	}
	return &seat{}
}

// skips is the condition of a step that the case does not meet.
func (c *approval) skips(classFrom string, reserved bool) string {
	switch {
	case classFrom != "" && rank(c.class) < rank(classFrom):
		return "class_from " + classFrom
	case reserved && c.reserved == 0:
		return "reserved"
	}
	return ""
}

// said are the types in which a person decides or advises.
const said = "approval.approved approval.disapproved approval.instruction-written approval.returned-to-step"

// ofCase makes a rule of a case that is open.
func ofCase(want func(w *world, e Event, c *approval) string) func(*world, Event) string {
	return func(w *world, e Event) string {
		c := w.cases[e.Stream]
		if c == nil || c.kind == "" {
			return "a case that was opened"
		}
		return want(w, e, c)
	}
}

// ofApprovals are the rules of cases, steps, opinions and instructions.
var ofApprovals = []rule{
	{"approval.opened", "approval.opened", "APR 2.5, architecture 3.18", func(w *world, e Event) string {
		b := e.Body
		p := w.papers[b.str("subject")]
		applicant := b.obj("applicant").str("person")
		return first(unless(w.cases[e.Stream] == nil, "a case that was not opened before"), unless(rank(b.str("class")) >= 0, "a class that the law knows"),
			unless(p == nil || rank(p.class) <= rank(b.str("class")), "no lower class than that of the paper"),
			unless(applicant != "" && applicant != system && (!e.person() || applicant == e.Actor.Person), "the applicant's own request"))
	}},
	{"approval.route", "approval.route-resolved", "APR 2.5, apr.authority, R183, R258", ofCase(route)},
	{"approval.routed-by", "approval.route-resolved approval.withdrawn", "APR 2.5", ofCase(func(w *world, e Event, c *approval) string {
		return unless(!e.person() || e.Actor.Person == c.applicant, "the applicant")
	})},
	{"approval.step-routed", "approval.step-routed", "APR 2.5, org.selfApproval, G28", ofCase(routed)},
	{"approval.term", "approval.step-routed approval.step-escalated approval.step-transferred", "apr.timeout, apr.remindAfter, G28", func(w *world, e Event) string {
		if e.Body.str("body") != "" {
			return unless(e.Body.at("due").IsZero(), "no term: a meeting decides")
		}
		due, remind := hours(e.Occurred, w.object(e, "apr.timeout").num("hours")), hours(e.Occurred, w.object(e, "apr.remindAfter").num("hours"))
		return unless(e.Body.at("due").Equal(due) && e.Body.at("remind").Equal(remind), "due %s, reminded %s", show(due), show(remind))
	}},
	{"approval.step-skipped", "approval.step-skipped", "APR 2.5", ofCase(func(w *world, e Event, c *approval) string {
		s := c.step(e.Body.num("step"))
		return unless(s != nil && s.status == "waiting" && c.skips(s.classFrom, s.whenReserved) == e.Body.str("reason") && e.Body.str("reason") != "", "a waiting step whose condition the case does not meet")
	})},
	{"approval.in-order", "approval.step-routed approval.step-skipped", "APR 2.5", ofCase(func(w *world, e Event, c *approval) string {
		for _, s := range c.steps {
			if s.no == e.Body.num("step") {
				break
			}
			if s.status == "waiting" || s.status == "routed" {
				return fmt.Sprintf("step %d before it to be decided first", s.no)
			}
		}
		return ""
	})},
	{"approval.never-oneself", said + " approval.legality-reviewed approval.step-seen approval.step-transferred approval.step-entrusted approval.decided-by-meeting",
		"G28, APR 2.5, ORG 2.3", ofCase(func(w *world, e Event, c *approval) string {
			return unless(!w.own(e, c), "somebody else than the applicant, whose request it is")
		})},
	{"approval.who-decides", said + " approval.step-seen", "APR 2.5, R183, R208, R258", ofCase(func(w *world, e Event, c *approval) string {
		s := c.current()
		if s == nil || s.no != e.Body.num("step") || c.outcome != "" {
			return "the step that is being decided"
		}
		if s.body != "" {
			return "the meeting " + s.body
		}
		seats := w.standing(e, c, s)
		if len(seats) == 0 {
			return fmt.Sprintf("somebody of %v, on that day", s.mustAct())
		}
		return unless(e.is("approval.step-seen") || same(e.Body.list("posts"), seats), "speaking for %v", seats)
	})},
	{"approval.authority", said, "APR 2.5, apr.authority", ofCase(func(w *world, e Event, c *approval) string {
		s := c.current()
		if s == nil || s.kind == "" {
			return ""
		}
		for _, of := range e.Body.list("posts") {
			if !w.listed(e, c, s.kind, of) {
				return of + " to stand in the authority table when it decides"
			}
		}
		return ""
	})},
	{"approval.said", said + " approval.legality-reviewed approval.opinion-proposed", "APR 2.5", ofCase(func(w *world, e Event, c *approval) string {
		b := e.Body
		by := b.obj("by")
		return first(unless(b.str("id") == e.ID && by.str("person") == e.Actor.Person && by.str("post") == e.Actor.Post && by.str("delegation") == e.Actor.Delegation, "signed by who acted"),
			unless(b.at("at").Equal(e.Occurred), "given when it happened"),
			unless(b.obj("shown").str("digest") == c.digest || e.is("approval.opinion-proposed"), "the version put up for decision on the screen"))
	})},
	{"approval.policy-version", said + " approval.route-resolved approval.step-routed approval.step-escalated approval.legality-reviewed", "APR 2.5", func(w *world, e Event) string {
		v := e.Policy
		if v == 0 {
			v = w.office(e).policy.version
		}
		return unless(e.Body.num("policy_version") == v, "policy version %d", v)
	}},
	{"approval.completes", "approval.approved approval.instruction-written", "apr.countersign", ofCase(func(w *world, e Event, c *approval) string {
		s := c.current()
		if s == nil {
			return ""
		}
		want := s.method == "any" || !slices.ContainsFunc(s.seats, func(x *seat) bool { return !x.decided && !slices.Contains(e.Body.list("posts"), x.of) })
		return unless(e.Body.yes("completes") == want, "the step decided with it: %v", want)
	})},
	{"approval.written-instruction", "approval.approved approval.instruction-written", "R250", ofCase(func(w *world, e Event, c *approval) string {
		s := c.current()
		return first(unless(c.dispute == "", "no decision before the dispute has an opinion"),
			unless(e.is("approval.instruction-written") || c.kind != "收文批示" || s == nil || s.kind != "收文批示", "an instruction in writing"),
			unless(e.is("approval.approved") || strings.TrimSpace(e.Body.str("text")) != "", "the words of the instruction"))
	})},
	{"approval.review", "approval.legality-reviewed", "R267, rcv.reviewBeforeSign, apr.authority[].legalReview", ofCase(func(w *world, e Event, c *approval) string {
		may := w.texts(e, "apr.authority["+c.kind+"].legalReview")
		posts := w.office(e).org.authority(e.Actor, e.today(), c.kind, c.subject)
		return first(unless(c.outcome == "" && c.reviewDue && !c.returned, "a case that waits for the review"),
			unless(len(may) == 0 || slices.ContainsFunc(posts, func(p string) bool { return slices.Contains(may, p) }), "reviewed by one of %v", may))
	})},
	{"approval.countersigned", "approval.countersign-completed", "apr.countersign", ofCase(func(w *world, e Event, c *approval) string {
		s := c.step(e.Body.num("step"))
		return unless(s != nil && s.status == "decided" && len(s.seats) > 1 && s.method == e.Body.str("method"), "a step of several posts that was decided just now")
	})},
	{"approval.returned", "approval.returned-to-step", "APR 2.5", ofCase(func(w *world, e Event, c *approval) string {
		to, at := e.Body.num("to"), e.Body.num("step")
		for _, s := range c.steps {
			if to == 0 || s.no == to {
				return ""
			}
			if s.no == at {
				break
			}
		}
		return "the applicant, or an earlier step"
	})},
	{"approval.closed", "approval.closed", "APR 2.5", ofCase(closed)},
	{"approval.reminded", "approval.step-reminded", "apr.remindAfter", ofCase(func(w *world, e Event, c *approval) string {
		s := c.current()
		return unless(s != nil && s.no == e.Body.num("step") && !s.reminded && !s.due.IsZero() && !e.Occurred.Before(s.remind) && same(e.Body.list("posts"), s.mustAct()),
			"a step that waits, once, when its time has come")
	})},
	{"approval.escalated", "approval.step-escalated", "apr.timeout, apr.escalateTo, org.vacantApprover, G28", ofCase(escalated)},
	{"approval.finding", "approval.finding-raised", "G28, apr.autoApprove", ofCase(func(w *world, e Event, c *approval) string {
		switch e.Body.str("kind") {
		case "noApprover":
			_, _, ok := w.above(e, c, e.Body.str("post"))
			vacant := len(w.office(e).org.holders(e.Body.str("post"), e.today())) == 0
			return unless(!ok || vacant && w.text(e, "org.vacantApprover") != "escalate", "nobody above who could decide")
		case "autoApproval":
			return unless(w.text(e, "apr.autoApprove") != "never", "a policy that asks for approval without a person")
		}
		return "noApprover or autoApproval"
	})},
	{"approval.corrected", "approval.opinion-corrected", "G16, apr.correctAfterClose", ofCase(func(w *world, e Event, c *approval) string {
		b := e.Body
		o, ok := c.opinions[b.str("of")]
		return first(unless(ok && e.Corrects == b.str("of"), "an opinion of this case"), unless(o.person == e.Actor.Person, "corrected by who gave it"),
			unless(b.obj("opinion").str("id") == o.id && b.obj("opinion").at("at").Equal(o.at) && b.obj("opinion").obj("by").str("person") == o.person, "the first opinion kept beside it"),
			unless(c.outcome == "" || w.text(e, "apr.correctAfterClose") == "allowed", "a case that is not closed"))
	})},
	{"approval.delivered", "approval.delivered", "R250, architecture 3.5", ofCase(func(w *world, e Event, c *approval) string {
		p := w.papers[c.subject]
		return first(unless(e.Body.str("subject") == c.subject && c.kind == "收文批示" && (c.outcome == "approved" || c.outcome == "disapproved") && !c.delivered, "the outcome of a closed instruction, once"),
			unless(p == nil || slices.Contains(p.decisions, c.decision) || p.filed, "an outcome that stands in the paper's record"),
			unless(e.Body.num("revision") <= w.streams[c.subject].revision, "a revision that the paper has reached"))
	})},
	{"approval.signer-added", "approval.signer-added", "APR 2.5", ofCase(func(w *world, e Event, c *approval) string {
		s, a := c.current(), e.Body.obj("added")
		if n := w.n(e); n > 0 && w.last.Type == "approval.signer-added" || e.Body.str("kind") == "有争议的问题" {
			return unless(a.num("step") > 0 && c.outcome == "", "a new step of an open case")
		}
		return first(unless(s != nil && s.no == e.Body.num("step") && c.outcome == "", "the step that is being decided"), unless(a.num("step") == c.last+1, "step %d", c.last+1),
			unless(s == nil || len(w.standing(e, c, s)) > 0 && !w.own(e, c), "somebody who may decide the step"))
	})},
	{"approval.passed-on", "approval.step-transferred approval.step-entrusted", "APR 2.5, ORG 2.3", ofCase(func(w *world, e Event, c *approval) string {
		s := c.current()
		if s == nil || s.no != e.Body.num("step") || c.outcome != "" {
			return "the step that is being decided"
		}
		x := s.seat(e.Body.str("for"))
		if e.is("approval.step-entrusted") {
			return unless(slices.Contains(w.standing(e, c, s), x.of) && e.Actor.Delegation == "" && e.Body.str("person") != c.applicant && e.Body.str("person") != e.Actor.Person,
				"entrusted by who holds the post himself, to somebody else than the applicant")
		}
		up := w.text(e, "apr.escalateTo["+x.post+"]")
		return unless(s.kind != "" && w.listed(e, c, s.kind, e.Body.str("to")) || up != "" && up == e.Body.str("to"), "a post of the authority table, or the next one up")
	})},
	{"approval.dispute", "approval.dispute-raised approval.opinion-proposed", "R253", ofCase(func(w *world, e Event, c *approval) string {
		if e.is("approval.dispute-raised") {
			return unless(c.dispute == "" && c.outcome == "" && c.current() != nil, "an open case without a dispute")
		}
		return unless(c.dispute != "" && c.outcome == "" && e.Body.str("dispute") == c.dispute, "the dispute that waits for an opinion")
	})},
	{"approval.by-meeting", "approval.decided-by-meeting", "C28, apr.authority[].body", ofCase(func(w *world, e Event, c *approval) string {
		s := c.current()
		return unless(s != nil && s.no == e.Body.num("step") && s.body == e.Body.str("body") && s.body != "" && e.Body.str("decision") != "", "the meeting whose turn it is, by its record")
	})},
	{"approval.refused", "approval.refused", "G28, architecture 3.4", ofCase(refusedCase)},
	{"approval.class", "approval.*", "architecture 3.18", func(w *world, e Event) string {
		class := e.Body.str("class")
		if c := w.cases[e.Stream]; c != nil {
			class = c.class
		}
		if w.n(e) == 0 && e.Type != "approval.opened" && w.cases[e.Stream] == nil {
			return ""
		}
		return unless(e.Class == class, "recorded under the class of the case, %q", class)
	}},
}

// mustAct are the posts that have not decided the step yet.
func (s *step) mustAct() (posts []string) {
	for _, x := range s.seats {
		if x.asked && !x.decided && !slices.Contains(posts, x.post) {
			posts = append(posts, x.post)
		}
	}
	return posts
}

// own tells whether who acts would decide his own request: he is the applicant, acts in a post that the applicant holds, or
// under a delegation that comes from the applicant.
func (w *world) own(e Event, c *approval) bool {
	o, on := &w.office(e).org, e.today()
	if e.Actor.Person == c.applicant {
		return true
	}
	if e.is("approval.legality-reviewed", "approval.step-seen", "approval.decided-by-meeting") {
		return false
	}
	s := c.current()
	direct := s != nil && slices.ContainsFunc(s.seats, func(x *seat) bool {
		return x.asked && !x.decided && slices.Contains(o.authority(e.Actor, on, c.kind, c.subject), x.post)
	})
	if !direct && e.Actor.Delegation == "" {
		return false
	}
	if o.holds(c.applicant, e.Actor.Post, on) {
		return true
	}
	for id := e.Actor.Delegation; id != ""; {
		d := o.delegations[id]
		if d == nil {
			return false
		}
		if d.grantedBy == c.applicant || o.holds(c.applicant, d.grantor, on) {
			return true
		}
		id = d.under
	}
	return false
}

// standing are the seats of a step for which who acts may speak on that day: by a post held or delegated, else as the
// person whom the holder entrusted.
func (w *world) standing(e Event, c *approval, s *step) (seats []string) {
	o, on := &w.office(e).org, e.today()
	posts := o.authority(e.Actor, on, c.kind, c.subject)
	for _, x := range s.seats {
		if x.asked && !x.decided && slices.Contains(posts, x.post) && o.holds(e.Actor.Person, e.Actor.Post, on) {
			seats = append(seats, x.of)
		}
	}
	if len(seats) > 0 {
		return seats
	}
	for _, x := range s.seats {
		if x.asked && !x.decided && x.entrusted == e.Actor.Person && x.entrusted != "" && o.holds(x.entrustedBy, x.post, on) {
			seats = append(seats, x.of)
		}
	}
	return seats
}

// listed tells whether the authority table gives a kind of case to a post.
func (w *world) listed(e Event, c *approval, kind, post string) bool {
	for _, s := range w.objects(e, "apr.authority["+kind+"].signer") {
		if c.skips(s.obj("when").str("class_from"), s.obj("when").yes("reserved")) == "" && slices.Contains(s.list("posts"), post) {
			return true
		}
	}
	return false
}

// absent tells whether nobody holds a post, or the applicant does.
func (w *world) absent(e Event, c *approval, post string) (vacant, self bool) {
	holders := w.office(e).org.holders(post, e.today())
	return len(holders) == 0, slices.Contains(holders, c.applicant)
}

// above is the next post up that the applicant does not hold; the last of the line counts only while somebody holds it.
func (w *world) above(e Event, c *approval, post string) (to string, vacant, ok bool) {
	passed := []string{post}
	for {
		post = w.text(e, "apr.escalateTo["+post+"]")
		if post == "" || slices.Contains(passed, post) {
			return "", false, false
		}
		passed = append(passed, post)
		vacant, self := w.absent(e, c, post)
		if self {
			continue
		}
		if vacant && w.text(e, "apr.escalateTo["+post+"]") == "" {
			return "", false, false
		}
		return post, vacant, true
	}
}

// route compares the steps of a case with the authority table.
func route(w *world, e Event, c *approval) string {
	type planned struct {
		posts             []string
		body, mode, class string
		reserved          bool
	}
	var want []planned
	bodies := w.texts(e, "apr.authority["+c.kind+"].body")
	if key := "apr.authority[" + c.kind + "].signer"; len(bodies) == 0 || w.stated(e, key) {
		if len(bodies) == 0 && !w.stated(e, key) {
			return "a kind of case that the authority table states: blank blocks"
		}
		for _, s := range w.objects(e, key) {
			when := s.obj("when")
			if form := s.str("form"); form != "" && form != c.form && c.skips(when.str("class_from"), false) == "" {
				return "the form " + form
			}
			p := planned{mode: s.str("mode"), class: when.str("class_from"), reserved: when.yes("reserved")}
			for _, post := range s.list("posts") {
				if !slices.Contains(p.posts, post) {
					p.posts = append(p.posts, post)
				}
			}
			if p.mode == "" && len(p.posts) > 1 {
				p.mode = w.text(e, "apr.countersign")
			}
			want = append(want, p)
		}
	}
	for _, body := range bodies {
		want = append(want, planned{body: body})
	}
	got := e.Body.objs("steps")
	if len(got) != len(want) {
		return fmt.Sprintf("%d steps, as the authority table has them", len(want))
	}
	for i, p := range want {
		g := got[i]
		if !same(g.list("posts"), p.posts) || g.str("body") != p.body || g.str("mode") != p.mode || g.obj("when").str("class_from") != p.class ||
			g.obj("when").yes("reserved") != p.reserved || g.num("step") != c.last+int64(i)+1 {
			return fmt.Sprintf("step %d with %v%s, as the authority table has it", c.last+int64(i)+1, p.posts, p.body)
		}
	}
	return unless(e.Body.yes("review_due") == (c.outgoing && w.yes(e, "rcv.reviewBeforeSign")), "a review before the first step where the policy asks for it")
}

// routed checks to whom a step goes.
func routed(w *world, e Event, c *approval) string {
	s := c.step(e.Body.num("step"))
	if s == nil || c.outcome != "" || c.reviewDue || c.returned {
		return "a step of an open case that waits for no review"
	}
	if want := c.skips(s.classFrom, s.whenReserved); want != "" {
		return "a step whose condition the case meets, not " + want
	}
	if s.body != "" {
		return unless(e.Body.str("body") == s.body && len(e.Body.objs("seats")) == 0, "the meeting %s", s.body)
	}
	var want []object
	for _, x := range s.seats {
		if x.decided {
			continue
		}
		vacant, self := w.absent(e, c, x.post)
		to := x.post
		if self && w.text(e, "org.selfApproval") == "never" {
			if up, empty, ok := w.above(e, c, x.post); ok {
				to, vacant = up, empty
			}
		}
		want = append(want, object{"for": x.of, "post": to, "vacant": vacant, "self": self})
		if s.method == "sequence" {
			break
		}
	}
	got := e.Body.objs("seats")
	if len(got) != len(want) {
		return fmt.Sprintf("%d posts asked", len(want))
	}
	for i, x := range want {
		if got[i].str("for") != x.str("for") || got[i].str("post") != x.str("post") || got[i].yes("vacant") != x.yes("vacant") || got[i].yes("self") != x.yes("self") {
			return fmt.Sprintf("%s asked for %s (vacant %v, the applicant's own %v)", x.str("post"), x.str("for"), x.yes("vacant"), x.yes("self"))
		}
	}
	return ""
}

// escalated checks that only time and vacancy move a step, and only up.
func escalated(w *world, e Event, c *approval) string {
	s := c.current()
	if s == nil || s.no != e.Body.num("step") || c.outcome != "" {
		return "the step that is being decided"
	}
	x := s.seat(e.Body.str("for"))
	vacant, self := w.absent(e, c, x.post)
	to, empty, ok := w.above(e, c, x.post)
	cause := []string{"time-out"}
	if self {
		cause = []string{"self", "time-out"}
	}
	if vacant {
		cause = []string{"vacant", "time-out"}
	}
	due := s.due
	if w.n(e) > 0 && w.last.Type == "approval.step-escalated" {
		due = e.Occurred // the seats of one step move together
	}
	return first(unless(!e.Occurred.Before(due), "no escalation before %s", show(due)),
		unless(x.asked && !x.decided && x.post == e.Body.str("from"), "a post that was asked and has not decided"),
		unless(ok && (!vacant || w.text(e, "org.vacantApprover") == "escalate") && e.Body.str("to") == to && e.Body.yes("vacant") == empty, "to %s, the next post up", to),
		unless(same(e.Body.list("cause"), cause), "because of %v", cause))
}

// closed checks that the outcome follows.
func closed(w *world, e Event, c *approval) string {
	b := e.Body
	if c.outcome != "" || b.str("kind") != c.kind || b.str("subject") != c.subject {
		return "an open case, closed once"
	}
	by := w.decision.first
	if b.str("decision") != by.ID {
		return "the decision that closes it, " + by.ID
	}
	switch b.str("outcome") {
	case "withdrawn":
		return unless(by.Type == "approval.withdrawn", "withdrawn by the applicant")
	case "disapproved":
		return unless(by.is("approval.disapproved", "approval.decided-by-meeting"), "a person's no, or a meeting's")
	case "approved":
		decided := false
		for _, s := range c.steps {
			if s.status == "waiting" || s.status == "routed" {
				return fmt.Sprintf("step %d decided first", s.no)
			}
			decided = decided || s.status == "decided"
		}
		return unless(decided && by.is("approval.approved", "approval.instruction-written", "approval.decided-by-meeting"), "a person's yes, or a meeting's")
	}
	return "approved, disapproved or withdrawn"
}

// refusedCase checks that what was refused would be refused.
func refusedCase(w *world, e Event, c *approval) string {
	s := c.current()
	switch e.Body.str("code") {
	case "approval.self":
		return unless(w.own(e, c), "an applicant, or who acts for him: the rule does not refuse anybody else")
	case "approval.outside-authority":
		if s == nil || s.body != "" {
			return ""
		}
		free := len(w.standing(e, c, s)) == 0
		if !free && s.kind != "" {
			free = slices.ContainsFunc(w.standing(e, c, s), func(of string) bool { return !w.listed(e, c, s.kind, of) })
		}
		name, asked := w.asked(e)
		if strings.HasSuffix(name, ".Transfer") {
			free = free || !w.listed(e, c, s.kind, asked.str("to"))
		}
		return unless(free || c.reviewDue, "somebody outside authority: this person might decide the step")
	case "approval.not-author":
		_, asked := w.asked(e)
		return unless(c.opinions[asked.str("of")].person != e.Actor.Person, "somebody else than the author")
	case "approval.correct-after-close":
		return unless(c.outcome != "" && w.text(e, "apr.correctAfterClose") != "allowed", "a closed case of an office that allows no correction")
	}
	return unless(e.Body.str("code") != "", "the rule that refused it")
}

func moveApprovals(w *world, e Event) {
	c, b := w.cases[e.Stream], e.Body
	if c == nil {
		c = &approval{opinions: map[string]opinion{}}
		w.cases[e.Stream] = c
	}
	s := c.step(b.num("step"))
	task := fmt.Sprintf("%s/%d", e.Stream, b.num("step"))
	hear := func() {
		by := b.obj("by")
		c.opinions[b.str("id")] = opinion{b.str("id"), by.str("person"), by.str("post"), b.str("lead"), b.at("at"), b.num("step")}
	}
	stop := func() {
		for _, kind := range []string{"approval.remind", "approval.timeout"} {
			w.void(e, kind, task)
		}
	}
	run := func(due, remind time.Time) {
		if due.IsZero() {
			return
		}
		w.expect(e, "approval.remind", task, remind, "the posts of the step to be reminded")
		w.expect(e, "approval.timeout", task, due, "the step to go to the next post up, or a finding that there is none")
	}
	switch e.Type {
	case "approval.opened":
		c.kind, c.subject, c.digest, c.applicant = b.str("kind"), b.str("subject"), b.str("digest"), b.obj("applicant").str("person")
		c.class, c.form, c.outgoing = b.str("class"), b.str("form"), b.yes("outgoing")
		if c.kind == "有争议的问题" {
			c.dispute = c.kind
		}
		if c.kind == "收文批示" {
			w.settle("instruction", c.subject)
		}
	case "approval.route-resolved":
		if n := b.num("replaces"); n > 0 {
			task = fmt.Sprintf("%s/%d", e.Stream, n)
			stop()
		}
		c.steps, c.digest, c.returned, c.reviewDue, c.reserved = nil, b.str("digest"), false, b.yes("review_due"), 0
		for _, p := range b.objs("steps") {
			c.steps = append(c.steps, plannedStep(p, b.str("kind")))
			c.last = max(c.last, p.num("step"))
		}
	case "approval.step-routed":
		if s != nil {
			s.status, s.due, s.remind, s.reminded, s.stuck = "routed", b.at("due"), b.at("remind"), false, false
			for _, a := range b.objs("seats") {
				x := s.seat(a.str("for"))
				x.post, x.asked = a.str("post"), true
			}
			run(s.due, s.remind)
		}
	case "approval.step-skipped":
		if s != nil {
			s.status = "skipped"
		}
	case "approval.step-seen":
		if s != nil {
			s.seen = append(s.seen, b.obj("by").str("person"))
		}
	case "approval.legality-reviewed":
		hear()
		c.reviewDue = c.reviewDue && !b.yes("ok")
	case "approval.approved", "approval.instruction-written":
		hear()
		if b.yes("reserved") {
			c.reserved = b.num("step")
		}
		if s != nil {
			for _, of := range b.list("posts") {
				s.seat(of).decided = true
			}
			if b.yes("completes") {
				s.status = "decided"
				stop()
			}
		}
	case "approval.disapproved":
		hear()
		if s != nil {
			s.status = "decided"
		}
		stop()
	case "approval.returned-to-step":
		hear()
		stop()
		c.back(b.num("to"))
	case "approval.opinion-proposed":
		hear()
		c.dispute = ""
	case "approval.dispute-raised":
		c.dispute = b.str("id")
	case "approval.opinion-corrected":
		o := c.opinions[b.str("of")]
		c.opinions[b.str("id")] = o
	case "approval.signer-added":
		c.insert(b)
		if b.str("where") == "before" {
			stop()
		}
	case "approval.step-escalated", "approval.step-transferred":
		if s != nil {
			x := s.seat(b.str("for"))
			x.post, x.entrusted, x.entrustedBy = b.str("to"), "", ""
			s.due, s.remind, s.reminded, s.stuck = b.at("due"), b.at("remind"), false, false
			run(s.due, s.remind)
		}
	case "approval.step-entrusted":
		if s != nil {
			x := s.seat(b.str("for"))
			x.entrusted, x.entrustedBy = b.str("person"), b.obj("by").str("person")
		}
	case "approval.step-reminded":
		if s != nil {
			s.reminded = true
		}
		w.settle("approval.remind", task)
	case "approval.finding-raised":
		if s != nil && b.str("kind") == "noApprover" {
			s.stuck = true
			w.settle("approval.timeout", task)
		}
	case "approval.decided-by-meeting":
		if s != nil {
			s.status = "decided"
		}
		stop()
	case "approval.withdrawn":
		if s != nil {
			s.status = "waiting"
		}
		stop()
	case "approval.closed":
		c.outcome, c.decision = b.str("outcome"), b.str("decision")
		if c.kind == "收文批示" && c.outcome != "withdrawn" && c.subject != "" {
			w.expect(e, "instruction.record", e.Stream, e.Recorded, "the instruction to be recorded with the paper")
		}
		c.steps = nil
	case "approval.delivered":
		c.delivered = true
	}
	if c.outcome == "" && c.current() == nil && !c.reviewDue && !c.returned {
		w.expect(e, "approval.moves-on", e.Stream, e.Recorded, "the next step of the case, or its end")
	} else {
		w.settle("approval.moves-on", e.Stream)
	}
}

func plannedStep(p object, kind string) *step {
	s := &step{no: p.num("step"), kind: kind, body: p.str("body"), method: p.str("mode"), classFrom: p.obj("when").str("class_from"),
		whenReserved: p.obj("when").yes("reserved"), status: "waiting"}
	for _, post := range p.list("posts") {
		s.seats = append(s.seats, &seat{of: post, post: post})
	}
	return s
}

// back lets a step and those behind it be decided anew; 0 is the applicant.
func (c *approval) back(to int64) {
	c.returned = to == 0
	reached := to == 0
	for _, s := range c.steps {
		if reached = reached || s.no == to; !reached {
			continue
		}
		if s.no == c.reserved {
			c.reserved = 0
		}
		s.status, s.seen = "waiting", nil
		for i, x := range s.seats {
			s.seats[i] = &seat{of: x.of, post: x.of}
		}
	}
}

// insert puts an added step before or behind another.
func (c *approval) insert(b object) {
	for i, s := range c.steps {
		if s.no != b.num("step") {
			continue
		}
		if b.str("where") == "before" {
			s.status = "waiting"
			for _, x := range s.seats {
				x.asked = x.decided
			}
		} else {
			i++
		}
		c.steps = slices.Insert(c.steps, i, plannedStep(b.obj("added"), b.str("kind")))
		c.last = max(c.last, b.obj("added").num("step"))
		return
	}
}
