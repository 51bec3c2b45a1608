package recheck

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// accessTo is who may know one paper, and who looks at it now.
type accessTo struct {
	document string
	class    string
	own      bool // the class is entered here, and not the one on the paper
	until    day
	scoped   bool
	scope    []string
	requests map[string]string // request → person
	grants   map[string]grant
	contents map[string]int64 // size
	views    map[string]*view
	classes  map[int64]string // decided here, by the revision
}

type grant struct {
	person string
	until  time.Time
}

type view struct {
	person, content string
	opened, until   time.Time
	windows         [][2]int64
	afterRemoval    bool
}

// classOf is the class of the paper: as decided here, else as the paper shows it.
func (w *world) classOf(a *accessTo, document string) string {
	if a != nil && a.own {
		return a.class
	}
	if p := w.papers[document]; p != nil {
		return p.class
	}
	return ""
}

// standing of a person towards a paper.
type standing struct{ class, clearance, by, wants string }

// mayKnow tells by what a person may know a paper when the request came: cleared for its class, and in its scope or by a
// grant in force; a paper without a scope that is no state secret is the office's.
func (w *world) mayKnow(e Event, a *accessTo, document, who string) standing {
	s := standing{class: w.classOf(a, document)}
	if p := w.persons[who]; p != nil {
		s.clearance = p.clearedTo(e.Received)
	}
	o := &w.office(e).org
	switch {
	case o.officers[who] != "":
		s.wants = "access.officer"
	case !o.active(who, e.receipt()):
		s.wants = "access.inactive"
	case rank(s.clearance) < rank(s.class):
		s.wants = "access.not-cleared"
	case (a == nil || !a.scoped) && rank(s.class) < stateSecret:
		s.by = "office"
	case a != nil && slices.Contains(a.scope, who):
		s.by = "scope"
	case a != nil && a.granted(who, e.Received):
		s.by = "grant"
	default:
		s.wants = "access.not-in-scope"
	}
	return s
}

func (a *accessTo) granted(who string, at time.Time) bool {
	for _, g := range a.grants {
		if g.person == who && (g.until.IsZero() || at.Before(g.until)) {
			return true
		}
	}
	return false
}

// setters are who names the persons that may know a paper.
func (w *world) setters(e Event) (posts []string) {
	by := w.text(e, "sec.scope.setBy")
	if by != "instructing-leader" {
		return []string{by}
	}
	for _, s := range w.objects(e, "apr.authority[收文批示].signer") {
		posts = append(posts, s.list("posts")...)
	}
	return posts
}

func ofAccessTo(want func(w *world, e Event, a *accessTo) string) func(*world, Event) string {
	return func(w *world, e Event) string {
		a := w.access[e.Stream]
		if a == nil || a.document == "" {
			return "a paper whose access is kept"
		}
		return want(w, e, a)
	}
}

// ofAccess are the rules of who may see a paper and who has.
var ofAccess = []rule{
	{"access.begun", "access.begun", "catalogue 2.9", func(w *world, e Event) string {
		p := w.papers[e.Body.str("document")]
		return unless(w.access[e.Stream] == nil && p != nil && e.Body.str("class") == p.class, "a paper that was received, with its class, once")
	}},
	{"access.kept-by", "access.classification-set access.classification-changed access.content-attached", "R186, rcv.registrar", func(w *world, e Event) string {
		return unless(e.Actor.Post == w.text(e, "rcv.registrar"), "entered by %s", w.text(e, "rcv.registrar"))
	}},
	{"access.scope-by", "access.scope-set access.scope-extended access.scope-reduced access.granted access.request-denied access.revoked", "R189, sec.scope.setBy", func(w *world, e Event) string {
		return unless(slices.Contains(w.setters(e), e.Actor.Post), "by one of %v", w.setters(e))
	}},
	{"access.term", "access.classification-set access.classification-changed", "sec.maxPeriod, catalogue 4.6", ofAccessTo(func(w *world, e Event, a *accessTo) string {
		b := e.Body
		class, until := b.str("class"), b.day("until")
		lapses := time.Time{}
		if until != none {
			lapses = until.end(e.zone)
		}
		if b.str("was") != a.class && e.Type == "access.classification-changed" || !b.at("lapses_at").Equal(lapses) || (e.Type == "access.classification-set") == a.own {
			return "the class before, and a lapse at 24:00 of its last day"
		}
		years, bounded := w.object(e, "sec.maxPeriod")[class].(float64)
		if rank(class) < stateSecret && until == none || !bounded {
			return ""
		}
		from := e.today()
		if p := w.papers[a.document]; p != nil && p.main.day("issued_on") != none {
			from = p.main.day("issued_on")
		}
		last := civil(from.year()+int(years), from.month(), from.utc().Day())
		return unless((until != none || strings.TrimSpace(b.str("condition")) != "") && (until == none || until <= last && until >= from), "a term until %s at most, or a condition", last)
	})},
	{"access.class-known", "access.classification-set access.classification-changed", "sec.classes", func(w *world, e Event) string {
		return unless(slices.Contains(w.texts(e, "sec.classes"), e.Body.str("class")), "a class of the office")
	}},
	{"access.lapsed", "access.classification-lapsed", "R159, catalogue 4.6", ofAccessTo(func(w *world, e Event, a *accessTo) string {
		return unless(a.until != none && !e.Occurred.Before(a.until.end(e.zone)) && e.Body.str("was") == a.class && e.Body.str("class") == "内部", "a class whose term is over, %s; the paper stays inside", a.until)
	})},
	{"access.scope", "access.scope-set access.scope-extended access.scope-reduced", "R61, R189", ofAccessTo(func(w *world, e Event, a *accessTo) string {
		o, b := &w.office(e).org, e.Body
		persons := b.list("persons")
		if p := b.str("person"); p != "" {
			persons = []string{p}
		}
		switch {
		case (e.Type == "access.scope-set") == a.scoped:
			return "a scope that is set once, and extended or reduced then"
		case e.Type == "access.scope-reduced":
			return unless(slices.Contains(a.scope, b.str("person")) || a.granted(b.str("person"), e.Received), "a person of the scope")
		}
		for _, p := range persons {
			if o.officers[p] != "" || !o.active(p, e.receipt()) || slices.Contains(a.scope, p) {
				return "persons of the office, no officers, each once, not " + p
			}
		}
		return unless(strings.TrimSpace(b.str("authority")) != "", "what it rests on")
	})},
	{"access.requested", "access.requested", "R189", ofAccessTo(func(w *world, e Event, a *accessTo) string {
		o := &w.office(e).org
		return unless(e.Body.str("person") == e.Actor.Person && o.officers[e.Actor.Person] == "" && strings.TrimSpace(e.Body.str("reason")) != "", "one's own request with a reason, of no officer")
	})},
	{"access.decided", "access.granted access.request-denied", "catalogue 2.9", ofAccessTo(func(w *world, e Event, a *accessTo) string {
		p, waits := a.requests[e.Body.str("request")]
		return first(unless(waits && p == e.Body.str("person"), "a request that waits"), unless(e.Type == "access.request-denied" || !w.himself(e, p), "granted by somebody else"))
	})},
	{"access.revoked", "access.revoked", "catalogue 2.9", ofAccessTo(func(w *world, e Event, a *accessTo) string {
		g, ok := a.grants[e.Body.str("grant")]
		return unless(ok && g.person == e.Body.str("person") && strings.TrimSpace(e.Body.str("reason")) != "", "a grant in force, taken away with a reason")
	})},
	{"access.no-secret-content", "access.content-attached", "architecture 3.18", ofAccessTo(func(w *world, e Event, a *accessTo) string {
		return unless(rank(w.classOf(a, a.document)) < stateSecret && e.Body.num("size") > 0, "no content of a state secret")
	})},
	{"access.viewed", "access.view-opened", "R61, R189, catalogue 2.9, G18, G19", ofAccessTo(func(w *world, e Event, a *accessTo) string {
		b := e.Body
		s := w.mayKnow(e, a, a.document, e.Actor.Person)
		return first(unless(s.wants == "", "refused, by %s", s.wants), unless(b.str("person") == e.Actor.Person && b.str("by") == s.by && b.str("class") == s.class && b.str("clearance") == s.clearance,
			"by %s, a paper of class %q, cleared to %q", s.by, s.class, s.clearance))
	})},
	{"access.viewed-where", "access.view-opened", "sec.read.profile, architecture 3.18", ofAccessTo(func(w *world, e Event, a *accessTo) string {
		b := e.Body
		class := w.classOf(a, a.document)
		if rank(class) < stateSecret {
			return ""
		}
		profile := w.object(e, "sec.read.profile["+class+"]")
		present := map[string]bool{e.Actor.Person: true}
		for _, p := range b.list("with") {
			if w.mayKnow(e, a, a.document, p).wants == "" {
				present[p] = true
			}
		}
		return unless(b.str("content") == "" && slices.Contains(profile.list("places"), b.str("place")) && int64(len(present)) >= profile.num("persons"), "on paper, at one of %v, with %d persons of the scope",
			profile.list("places"), profile.num("persons"))
	})},
	{"access.session", "access.view-opened", "sec.session.maxMinutes", ofAccessTo(func(w *world, e Event, a *accessTo) string {
		until := e.Received.Add(time.Duration(w.number(e, "sec.session.maxMinutes")) * time.Minute)
		size, known := a.contents[e.Body.str("content")]
		return first(unless(e.Body.at("until").Equal(until), "until %s", show(until)), unless(e.Body.str("content") == "" || known && e.Body.num("from") < e.Body.num("to") && e.Body.num("to") <= size, "a part of the content"))
	})},
	{"access.window", "access.window-opened access.seen-after-removal", "G18, sec.session.onScopeLoss", ofAccessTo(func(w *world, e Event, a *accessTo) string {
		v := a.views[e.Body.str("view")]
		if v == nil || v.person != e.Actor.Person || !e.Received.Before(v.until) {
			return "the reader's own viewing that runs"
		}
		s := w.mayKnow(e, a, a.document, e.Actor.Person)
		kept := s.wants == "access.not-in-scope" && w.text(e, "sec.session.onScopeLoss") == "untilClosed"
		if e.Type == "access.seen-after-removal" {
			return unless(kept && !v.afterRemoval, "a reader who left the scope, where the office lets him read on, once")
		}
		return first(unless(s.wants == "" || kept, "refused, by %s", s.wants), unless(e.Body.num("from") < e.Body.num("to") && (v.content == "" || e.Body.num("to") <= a.contents[v.content]), "a part of the content"))
	})},
	{"access.closed", "access.view-closed", "G18, sec.session.maxMinutes", ofAccessTo(func(w *world, e Event, a *accessTo) string {
		b := e.Body
		v := a.views[b.str("view")]
		if v == nil || v.person != b.str("person") || !b.at("opened_at").Equal(v.opened) {
			return "a viewing that is open, closed once"
		}
		switch b.str("cause") {
		case "reader":
			return unless(e.Actor.Person == v.person, "closed by the reader")
		case "time":
			return unless(!e.person() && !e.Occurred.Before(v.until) && b.at("at").Equal(v.until), "ended at %s", show(v.until))
		case "scope":
			lost := !slices.Contains(a.scope, v.person) && !a.granted(v.person, e.Received)
			return unless(lost && w.n(e) > 0 && w.text(e, "sec.session.onScopeLoss") != "untilClosed", "a reader who just left the scope")
		}
		return "closed by the reader, its time or its scope"
	})},
	{"access.trail", "access.trail-queried", "catalogue 2.9, 5.1, G29", func(w *world, e Event) string {
		officer := w.office(e).org.officers[e.Actor.Person]
		return unless((officer == "security-administrator" || officer == "auditor") && strings.TrimSpace(e.Body.str("reason")) != "", "an officer who says why")
	}},
	{"access.denied", "access.refused", "R61, R189, G18", func(w *world, e Event) string {
		a := w.access[e.Stream]
		if a == nil {
			return refusalHasCode(w, e)
		}
		name, _ := w.asked(e)
		s := w.mayKnow(e, a, a.document, e.Actor.Person)
		switch code := e.Body.str("code"); code {
		case "access.officer", "access.inactive", "access.not-cleared", "access.not-in-scope":
			return unless(s.wants == code, "let in: by the rules this is %q", s.wants)
		case "access.own-request":
			return unless(strings.HasSuffix(name, ".GrantAccess"), "a grant of one's own request")
		case "access.custody-only":
			return unless(rank(w.classOf(a, a.document)) >= stateSecret, "a state secret")
		}
		return refusalHasCode(w, e)
	}},
}

func moveAccess(w *world, e Event) {
	b := e.Body
	a := w.access[e.Stream]
	if a == nil {
		a = &accessTo{until: none, requests: map[string]string{}, grants: map[string]grant{}, contents: map[string]int64{}, views: map[string]*view{}, classes: map[int64]string{}}
		w.access[e.Stream] = a
	}
	if e.is("access.classification-set", "access.classification-changed", "access.classification-lapsed") {
		a.classes[e.Revision] = b.str("class")
		w.expect(e, "document.class", classKey(e.Stream, e.Revision), e.Recorded, "the class to be that of the paper's own record")
	}
	switch e.Type {
	case "access.begun":
		a.document, a.class = b.str("document"), b.str("class")
	case "access.classification-set", "access.classification-changed":
		a.class, a.own, a.until = b.str("class"), true, b.day("until")
		w.settle("access.lapse", e.Stream)
		if at := b.at("lapses_at"); !at.IsZero() {
			w.expect(e, "access.lapse", e.Stream, later(at, e.Recorded), "the class to lapse")
		}
	case "access.classification-lapsed":
		a.class, a.own, a.until = b.str("class"), true, none
		w.settle("access.lapse", e.Stream)
	case "access.scope-set":
		a.scope, a.scoped = b.list("persons"), true
	case "access.scope-extended":
		a.scope, a.scoped = append(a.scope, b.str("person")), true
	case "access.scope-reduced":
		a.scope = slices.DeleteFunc(a.scope, func(p string) bool { return p == b.str("person") })
		for id, g := range a.grants {
			if g.person == b.str("person") {
				delete(a.grants, id)
			}
		}
		a.lost(w, e, b.str("person"))
	case "access.requested":
		a.requests[b.str("request")] = b.str("person")
	case "access.granted":
		delete(a.requests, b.str("request"))
		a.grants[b.str("request")] = grant{b.str("person"), b.at("until")}
	case "access.request-denied":
		delete(a.requests, b.str("request"))
	case "access.revoked":
		delete(a.grants, b.str("grant"))
		a.lost(w, e, b.str("person"))
	case "access.content-attached":
		a.contents[b.str("content")] = b.num("size")
	case "access.view-opened":
		a.views[b.str("view")] = &view{person: b.str("person"), content: b.str("content"), opened: b.at("at"), until: b.at("until"), windows: [][2]int64{{b.num("from"), b.num("to")}}}
		if !a.own {
			a.class = b.str("class")
		}
		w.expect(e, "access.session", b.str("view"), b.at("until"), "the viewing to end")
	case "access.window-opened":
		if v := a.views[b.str("view")]; v != nil {
			v.windows = append(v.windows, [2]int64{b.num("from"), b.num("to")})
		}
	case "access.seen-after-removal":
		if v := a.views[b.str("view")]; v != nil {
			v.afterRemoval = true
		}
	case "access.view-closed":
		delete(a.views, b.str("view"))
		w.settle("access.session", b.str("view"))
		w.settle("access.scope-lost", b.str("view"))
	}
}

// lost waits for the viewings of somebody who may no longer know the paper to be closed at once.
func (a *accessTo) lost(w *world, e Event, who string) {
	if slices.Contains(a.scope, who) || a.granted(who, e.Received) || w.text(e, "sec.session.onScopeLoss") == "untilClosed" {
		return
	}
	for id, v := range a.views {
		if v.person == who {
			w.expect(e, "access.scope-lost", id, e.Recorded, fmt.Sprintf("the viewing of %s closed: nothing is seen after a right is taken away", who))
		}
	}
}
