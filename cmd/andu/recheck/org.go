package recheck

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// org is who the office is.
type org struct {
	exists      bool
	kind        string
	posts       map[string]*post
	units       map[string]string // unit → the one above
	organs      map[string]bool
	stays       map[string][]stay
	holdings    map[string][]holding
	officers    map[string]string // person → officer
	charges     []charge
	functions   []holding // post is the function
	delegations map[string]*delegation
	moved       time.Time           // last change of who holds what
	outstanding map[string][]string // leaver → kinds of things not handed back
}

type post struct {
	unit, organ string
	single      bool
	superiors   []string
	abolished   bool
}

// stay is a time in the office, holding one in a post: from the first day until before the day until (none: no end).
type stay struct {
	unit        string
	from, until day
}

type holding struct {
	post, person string
	acting       bool
	from, until  day
}

type charge struct {
	id, post, matter, unit string
	from, until            day
}

type delegation struct {
	grantor, grantedBy, post, person, matter, under string
	from, until                                     day
}

var officers = []string{"system-administrator", "security-administrator", "auditor"}

func newOrg() org {
	return org{posts: map[string]*post{}, units: map[string]string{}, organs: map[string]bool{}, stays: map[string][]stay{}, holdings: map[string][]holding{},
		officers: map[string]string{}, delegations: map[string]*delegation{}, outstanding: map[string][]string{}}
}

func during(on, from, until day) bool { return on >= from && (until == none || on < until) }

func overlaps(from, until, from2, until2 day) bool {
	return (until2 == none || from2 < until2 && from < until2) && (until == none || from2 < until)
}

// next is the day after the last; no last day has none.
func next(last day) day {
	if last == none {
		return none
	}
	return last + 1
}

func (o *org) active(person string, on day) bool {
	return slices.ContainsFunc(o.stays[person], func(s stay) bool { return during(on, s.from, s.until) })
}

func (o *org) holders(post string, on day) (persons []string) {
	if slices.Contains(officers, post) {
		for p, officer := range o.officers {
			if officer == post && o.active(p, on) {
				persons = append(persons, p)
			}
		}
		slices.Sort(persons)
		return persons
	}
	for _, acting := range []bool{false, true} {
		for _, h := range o.holdings[post] {
			if h.acting == acting && during(on, h.from, h.until) && o.active(h.person, on) && !slices.Contains(persons, h.person) {
				persons = append(persons, h.person)
			}
		}
	}
	return persons
}

func (o *org) holds(person, post string, on day) bool {
	return person != "" && slices.Contains(o.holders(post, on), person)
}

func (o *org) members(on day) (persons []string) {
	for p := range o.stays {
		if o.active(p, on) {
			persons = append(persons, p)
		}
	}
	slices.Sort(persons)
	return persons
}

// chain tells whether a delegation, and what it was passed on from, is in force.
func (o *org) chain(id string, on day) bool {
	for range len(o.delegations) {
		d := o.delegations[id]
		if d == nil || !during(on, d.from, d.until) {
			return false
		}
		if d.under == "" {
			return true
		}
		id = d.under
	}
	return false
}

func (o *org) delegated(a actor, on day) bool {
	d := o.delegations[a.Delegation]
	return d != nil && d.post == a.Post && (d.person == "" || d.person == a.Person) && o.chain(a.Delegation, on)
}

// posts are the posts whose authority an actor has in one of some matters.
func (o *org) authority(a actor, on day, matters ...string) []string {
	posts := []string{a.Post}
	if d := o.delegations[a.Delegation]; d != nil && o.delegated(a, on) && d.matter != "" && slices.Contains(matters, d.matter) {
		posts = append(posts, d.grantor)
	}
	return posts
}

func (o *org) inCharge(matter string, on day) string {
	found, id := "", ""
	for _, c := range o.charges {
		if c.matter == matter && matter != "" && during(on, c.from, c.until) && (id == "" || c.id < id) {
			found, id = c.post, c.id
		}
	}
	return found
}

// role is the post that a policy value names: itself, or who is in charge of a matter.
func (w *world) role(e Event, role string) string {
	matter, ok := strings.CutPrefix(role, "org.inCharge[")
	if !ok {
		return role
	}
	matter = strings.TrimSuffix(matter, "]")
	if post := w.office(e).org.inCharge(matter, e.today()); post != "" && !w.stated(e, role) {
		return post
	}
	return w.text(e, role)
}

// keeps tells whether who acted keeps the organisation's records: the officer, or a post of org.keeper that is none.
func (w *world) keeps(e Event, officer string) string {
	o := &w.office(e).org
	if w.n(e) > 0 && w.decision.first.Actor == e.Actor {
		return ""
	}
	own := e.Actor.Post == officer && o.officers[e.Actor.Person] == officer
	keeper := o.officers[e.Actor.Person] == "" && slices.Contains(w.texts(e, "org.keeper"), e.Actor.Post)
	return unless(own || keeper, "the %s, or a post of org.keeper", officer)
}

const byOfficer = "org.organ-set-up org.organ-merged org.organ-abolished org.unit-set-up org.unit-changed org.unit-abolished org.post-created org.post-changed " +
	"org.post-abolished org.post-duty-assigned org.reporting-line-set org.responsibility-assigned org.responsibility-ended " +
	"org.post-filled org.acting-appointed org.function-assigned"

// ofOrg are the rules of the organisation.
var ofOrg = []rule{
	{"org.by-officer", byOfficer, "catalogue 5.1", func(w *world, e Event) string { return w.keeps(e, "security-administrator") }},
	{"org.members-by", "org.person-joined org.person-transferred org.leaving-started org.person-left", "catalogue 5.1", func(w *world, e Event) string {
		if !e.person() && w.n(e) > 0 && w.decision.first.Type == "org.office-set-up" {
			return ""
		}
		return w.keeps(e, "system-administrator")
	}},
	{"org.set-up-once", "org.office-set-up", "ORG 2.3", func(w *world, e Event) string {
		return unless(!w.office(e).org.exists && e.Body.str("office") == e.Office, "an office that was not set up before")
	}},
	{"org.officers-separate", "org.officer-appointed org.post-filled org.acting-appointed org.function-assigned", "catalogue 5.1, architecture 3.17", func(w *world, e Event) string {
		o, p := &w.office(e).org, e.Body.str("person")
		if e.Type != "org.officer-appointed" {
			return unless(o.officers[p] == "", "nobody who is the %s", o.officers[p])
		}
		if o.officers[p] != "" && o.officers[p] != e.Body.str("officer") {
			return "a person who is not the " + o.officers[p]
		}
		for name, list := range o.holdings {
			for _, h := range list {
				if h.person == p && (h.until == none || e.today() < h.until) {
					return "a person who holds no post, not " + name
				}
			}
		}
		return ""
	}},
	{"org.not-oneself", "org.officer-appointed org.post-filled org.acting-appointed", "ORG 2.3", func(w *world, e Event) string {
		return unless(e.Body.str("person") != e.Actor.Person, "somebody else than who appoints")
	}},
	{"org.member-first", "org.post-filled org.acting-appointed org.function-assigned", "ORG 2.3", func(w *world, e Event) string {
		return unless(w.office(e).org.active(e.Body.str("person"), e.Body.day("from")), "a person of the office on %s", e.Body.day("from"))
	}},
	{"org.one-holder", "org.post-filled org.acting-appointed", "ORG 2.3", func(w *world, e Event) string {
		o, b := &w.office(e).org, e.Body
		p := o.posts[b.str("post")]
		if p == nil || p.abolished {
			return "a post that the office has"
		}
		for _, h := range o.holdings[b.str("post")] {
			acting := e.Type == "org.acting-appointed"
			if h.acting == acting && (p.single || acting || h.person == b.str("person")) && overlaps(b.day("from"), next(b.day("to")), h.from, h.until) {
				return "a single post that nobody holds at the time, not " + h.person
			}
		}
		return ""
	}},
	{"org.appointing-body", "org.post-filled org.acting-appointed", "REG-16 二, org.appointment", func(w *world, e Event) string {
		key := "org.appointment[" + e.Body.str("post") + "]"
		if !w.stated(e, key) {
			return ""
		}
		return unless(e.Body.str("by") == w.text(e, key) && e.Body.str("document") != "", "appointed by %s with a document", w.text(e, key))
	}},
	{"org.vacated", "org.post-vacated", "ORG 2.3", func(w *world, e Event) string {
		for _, h := range w.office(e).org.holdings[e.Body.str("post")] {
			if h.person == e.Body.str("person") && (h.until == none || e.Body.day("on") < h.until) {
				return ""
			}
		}
		return "a person who holds the post"
	}},
	{"org.relieved", "org.officer-relieved", "catalogue 5.1", func(w *world, e Event) string {
		o := &w.office(e).org
		others := slices.DeleteFunc(o.holders(e.Body.str("officer"), e.today()), func(p string) bool { return p == e.Body.str("person") })
		return unless(o.officers[e.Body.str("person")] == e.Body.str("officer") && len(others) > 0, "an officer, with another of his kind staying")
	}},
	{"org.place", "org.post-created org.post-changed org.unit-set-up org.unit-changed org.responsibility-assigned org.reporting-line-set org.post-duty-assigned",
		"ORG 2.3", func(w *world, e Event) string {
			o, b := &w.office(e).org, e.Body
			unit, known := b.str("unit"), true
			if strings.HasPrefix(e.Type, "org.unit") {
				unit = b.str("parent")
			}
			if unit != "" {
				_, known = o.units[unit]
			}
			if organ := b.str("organ"); organ != "" && !o.organs[organ] {
				known = false
			}
			created := e.is("org.post-created", "org.unit-set-up", "org.unit-changed")
			if p := b.str("post"); !created && p != "" && (o.posts[p] == nil || o.posts[p].abolished) {
				known = false
			}
			return unless(known, "units, organs and posts that the office has")
		}},
	{"org.unused", "org.organ-set-up org.organ-merged org.organ-abolished org.unit-abolished org.post-abolished", "ORG 2.3", func(w *world, e Event) string {
		o, b := &w.office(e).org, e.Body
		switch e.Type {
		case "org.organ-set-up":
			return unless(!o.organs[b.str("organ")], "an organ that is new")
		case "org.post-abolished":
			for _, h := range o.holdings[b.str("post")] {
				if h.until == none || e.today() < h.until {
					return "a post that nobody holds"
				}
			}
		case "org.unit-abolished":
			for _, p := range o.posts {
				if p.unit == b.str("unit") && !p.abolished {
					return "a unit without posts"
				}
			}
		default:
			return unless(o.organs[b.str("organ")], "an organ that the office knows")
		}
		return ""
	}},
	{"org.joined-once", "org.person-joined", "ORG 2.3", func(w *world, e Event) string {
		for _, s := range w.office(e).org.stays[e.Body.str("person")] {
			if s.until == none || e.Body.day("on") < s.until {
				return "a person who is not of the office yet"
			}
		}
		return ""
	}},
	{"org.of-the-office", "org.person-transferred org.leaving-started", "ORG 2.3", func(w *world, e Event) string {
		on := e.Body.day("on")
		if e.Type == "org.leaving-started" {
			on = e.today()
		}
		return unless(w.office(e).org.active(e.Body.str("person"), on), "a person of the office")
	}},
	{"org.handed-back", "org.person-left org.hand-back-item-returned", "ORG 2.3, org.handBack", func(w *world, e Event) string {
		left, leaving := w.office(e).org.outstanding[e.Body.str("person")]
		if e.Type == "org.person-left" {
			return unless(leaving && len(left) == 0, "a leaver who has handed everything back, not owing %v", left)
		}
		return unless(slices.Contains(left, e.Body.str("item")) && e.Body.str("to") == e.Actor.Person && e.Actor.Person != e.Body.str("person"),
			"one of %v, received by somebody else", left)
	}},
	{"org.delegation", "org.delegation-granted", "REG-21 二.15, apr.delegation", func(w *world, e Event) string {
		b, o := e.Body, &w.office(e).org
		limit := w.number(e, "apr.delegation.maxDays")
		from, to := b.day("from"), b.day("to")
		switch {
		case to == none || to < from:
			return "a delegation with an end"
		case int64(to-from)+1 > limit:
			return fmt.Sprintf("at most %d days", limit)
		case from < e.today():
			return "a first day that is not past"
		case !slices.Contains(w.texts(e, "apr.delegation.kinds"), b.str("kind")):
			return fmt.Sprintf("a kind of %v", w.texts(e, "apr.delegation.kinds"))
		case b.str("grantor") == b.str("post") || b.str("granted_by") != "" && b.str("granted_by") == b.str("person"):
			return "another post and person than the grantor's"
		case b.str("under") != "" && !o.chain(b.str("under"), e.today()):
			return "passed on from a delegation in force"
		case b.str("under") == "" && !slices.Contains(w.texts(e, "apr.delegation.grantor["+b.str("post")+"]"), b.str("grantor")):
			return fmt.Sprintf("a grantor of %v", w.texts(e, "apr.delegation.grantor["+b.str("post")+"]"))
		case !slices.Contains(w.texts(e, "apr.delegation.scope["+b.str("post")+"]"), b.str("scope")):
			return fmt.Sprintf("a scope of %v", w.texts(e, "apr.delegation.scope["+b.str("post")+"]"))
		}
		return ""
	}},
	{"org.delegation-ended", "org.delegation-ended", "ORG 2.3", func(w *world, e Event) string {
		d := w.office(e).org.delegations[e.Body.str("delegation")]
		return unless(d != nil && e.Body.day("on") < d.until, "a delegation that had not ended")
	}},
	{"org.function-ended", "org.function-ended", "ORG 2.3", func(w *world, e Event) string {
		return unless(slices.ContainsFunc(w.office(e).org.functions, func(h holding) bool {
			return h.post == e.Body.str("function") && h.person == e.Body.str("person") && (h.until == none || e.Body.day("on") < h.until)
		}), "a person who has the function")
	}},
	{"org.function-holder", "org.function-assigned", "org.function", func(w *world, e Event) string {
		h := w.object(e, "org.function["+e.Body.str("function")+"].holder")
		o := &w.office(e).org
		return unless((h.str("post") == "" || o.holds(e.Body.str("person"), h.str("post"), e.Body.day("from"))) && (h.str("named_by") == "" || h.str("named_by") == e.Body.str("by")),
			"a holder of %s, named by %s", h.str("post"), h.str("named_by"))
	}},
	{"org.substitute", "org.substitute-named", "ORG 2.3", func(w *world, e Event) string {
		o, b := &w.office(e).org, e.Body
		p := o.posts[b.str("substitute_post")]
		return unless(p != nil && slices.Contains(p.superiors, b.str("post")) && o.holds(b.str("person"), b.str("substitute_post"), b.day("on")) &&
			e.Actor.Post == b.str("post") && b.str("person") != e.Actor.Person, "named by the holder, of a post directly below")
	}},
	{"org.responsibility-ended", "org.responsibility-ended", "ORG 2.3", func(w *world, e Event) string {
		return unless(slices.ContainsFunc(w.office(e).org.charges, func(c charge) bool {
			return c.id == e.Body.str("responsibility") && (c.until == none || e.Body.day("on") < c.until)
		}), "a responsibility that had not ended")
	}},
	{"org.entry-withdrawn", "org.entry-withdrawn", "ORG 2.3, catalogue 5.1", func(w *world, e Event) string {
		o, b, officer := &w.office(e).org, e.Body, "security-administrator"
		there := false
		switch id := b.str("id"); b.str("kind") {
		case "organ":
			there = o.organs[id]
		case "unit":
			there = has(o.units, id)
		case "post":
			there = o.posts[id] != nil && !slices.ContainsFunc(o.holdings[id], func(h holding) bool { return h.from != h.until })
		case "appointment":
			there = slices.ContainsFunc(o.holdings[id], func(h holding) bool { return h.person == b.str("person") && h.from == b.day("from") })
		case "member":
			there, officer = len(o.stays[id]) == 1 && o.officers[id] == "", "system-administrator"
		}
		return first(unless(there && e.Corrects == b.str("of"), "an entry of the organisation on which nothing rests"), w.keeps(e, officer))
	}},
	{"org.refused", "org.refused", "ORG 2.3, architecture 3.4", refusalHasCode},
}

func moveOrg(w *world, e Event) {
	o, b := &w.office(e).org, e.Body
	person, on := b.str("person"), b.day("on")
	o.moved = e.Recorded
	switch e.Type {
	case "org.office-set-up":
		o.exists, o.kind = true, b.str("kind")
	case "org.organ-set-up":
		o.organs[b.str("organ")] = true
	case "org.organ-merged", "org.organ-abolished":
		if e.Type == "org.organ-abolished" {
			delete(o.organs, b.str("organ"))
		}
		for _, p := range o.posts {
			if p.organ == b.str("organ") && b.str("into") != "" {
				p.organ = b.str("into")
			}
		}
	case "org.unit-set-up", "org.unit-changed":
		o.units[b.str("unit")] = b.str("parent")
	case "org.unit-abolished":
		delete(o.units, b.str("unit"))
	case "org.post-created":
		o.posts[b.str("post")] = &post{b.str("unit"), b.str("organ"), b.yes("single"), b.list("superiors"), false}
	case "org.post-changed":
		if p := o.posts[b.str("post")]; p != nil {
			p.unit, p.organ, p.single = b.str("unit"), b.str("organ"), b.yes("single")
		}
	case "org.post-abolished":
		if p := o.posts[b.str("post")]; p != nil {
			p.abolished = true
		}
	case "org.reporting-line-set":
		if p := o.posts[b.str("post")]; p != nil {
			p.superiors = b.list("superiors")
		}
	case "org.post-filled", "org.acting-appointed":
		o.holdings[b.str("post")] = append(o.holdings[b.str("post")],
			holding{b.str("post"), person, e.Type == "org.acting-appointed", b.day("from"), next(b.day("to"))})
	case "org.post-vacated":
		for i, h := range o.holdings[b.str("post")] {
			if h.person == person && (h.until == none || on < h.until) {
				o.holdings[b.str("post")][i].until = on
			}
		}
	case "org.responsibility-assigned":
		o.charges = append(o.charges, charge{b.str("responsibility"), b.str("post"), b.str("matter"), b.str("unit"), b.day("from"), next(b.day("to"))})
	case "org.responsibility-ended":
		for i, c := range o.charges {
			if c.id == b.str("responsibility") {
				o.charges[i].until = on
			}
		}
	case "org.function-assigned":
		o.functions = append(o.functions, holding{b.str("function"), person, false, b.day("from"), next(b.day("to"))})
	case "org.function-ended":
		for i, h := range o.functions {
			if h.post == b.str("function") && h.person == person && (h.until == none || on < h.until) {
				o.functions[i].until = on
			}
		}
	case "org.entry-withdrawn":
		switch id := b.str("id"); b.str("kind") {
		case "organ":
			delete(o.organs, id)
		case "unit":
			delete(o.units, id)
		case "post":
			delete(o.posts, id)
		case "appointment":
			o.holdings[id] = slices.DeleteFunc(o.holdings[id], func(h holding) bool { return h.person == person && h.from == b.day("from") })
		case "member":
			delete(o.stays, id)
		}
	case "org.person-joined":
		o.stays[person] = append(o.stays[person], stay{b.str("unit"), on, none})
	case "org.person-transferred":
		o.leave(person, on)
		o.stays[person] = append(o.stays[person], stay{b.str("unit"), on, none})
	case "org.leaving-started":
		o.outstanding[person] = b.list("hand_back")
	case "org.hand-back-item-returned":
		o.outstanding[person] = slices.DeleteFunc(o.outstanding[person], func(item string) bool { return item == b.str("item") })
	case "org.person-left":
		delete(o.outstanding, person)
		o.leave(person, on)
	case "org.officer-appointed":
		o.officers[person] = b.str("officer")
	case "org.officer-relieved":
		delete(o.officers, person)
	case "org.delegation-granted":
		o.delegations[b.str("delegation")] = &delegation{b.str("grantor"), b.str("granted_by"), b.str("post"), person, b.str("matter"), b.str("under"),
			b.day("from"), next(b.day("to"))}
	case "org.delegation-ended":
		if d := o.delegations[b.str("delegation")]; d != nil {
			d.until = on
		}
	}
}

func (o *org) leave(person string, on day) {
	for i, s := range o.stays[person] {
		if s.until == none || on < s.until {
			o.stays[person][i].until = on
		}
	}
}
