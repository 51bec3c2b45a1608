package recheck

import "time"

// person is what a person's own stream says that others depend on.
type person struct {
	registered string // event in force that says who
	cleared    []clearance
}

// clearance is one entry of the record of clearances: from a time on up to a class, until another time or a later entry.
type clearance struct {
	class       string
	from, until time.Time
	lowered     bool
}

// ranks are the degrees of confidentiality in the order of the law.
var ranks = map[string]int{"": 0, "公开": 0, "内部": 1, "工作秘密": 2, "秘密": 3, "机密": 4, "绝密": 5}

func rank(class string) int {
	if r, ok := ranks[class]; ok {
		return r
	}
	return -1
}

// stateSecret is the lowest rank of a state secret.
const stateSecret = 3

func (w *world) person(id string) *person {
	p := w.persons[id]
	if p == nil {
		p = &person{}
		w.persons[id] = p
	}
	return p
}

// clearedTo is the class up to which a person is cleared at a time, as known now: "" is none.
func (p *person) clearedTo(at time.Time) string {
	class := ""
	for _, c := range p.cleared {
		switch {
		case at.Before(c.from):
		case c.lowered:
			if rank(c.class) < rank(class) || c.class == "" {
				class = c.class
			}
		case c.until.IsZero() || at.Before(c.until):
			class = c.class
		}
	}
	return class
}

// ofPersons are the rules of a person's record.
var ofPersons = []rule{
	{"person.registered-once", "person.registered", "ORG 2.3", func(w *world, e Event) string {
		p := w.persons[e.Body.str("person")]
		return unless((p == nil || p.registered == "") && e.Stream == "person-"+e.Body.str("person"), "a person who has no record yet, in the stream of the person")
	}},
	{"person.registered-first", "person.renamed person.registration-corrected person.contact-changed person.pledge-signed person.clearance-granted " +
		"person.clearance-lowered person.clearance-revoked person.decoupling-started person.registration-withdrawn", "ORG 2.3", func(w *world, e Event) string {
		p := w.persons[owner(e)]
		return unless(p != nil && p.registered != "", "a person who has a record")
	}},
	{"person.kept-by", "person.registered person.renamed person.registration-corrected person.contact-changed person.registration-withdrawn", "catalogue 5.1", func(w *world, e Event) string {
		return w.keeps(e, "system-administrator")
	}},
	{"person.cleared-by", "person.clearance-granted person.clearance-lowered person.clearance-revoked person.pledge-signed person.decoupling-started", "catalogue 5.1, 4.6",
		func(w *world, e Event) string { return w.keeps(e, "security-administrator") }},
	{"person.not-oneself", "person.clearance-granted", "catalogue 5.1", func(w *world, e Event) string {
		return unless(owner(e) != e.Actor.Person, "somebody else than who is cleared")
	}},
	{"person.clearance", "person.clearance-granted person.clearance-lowered", "catalogue 4.6, G19", func(w *world, e Event) string {
		class := e.Body.str("class") + e.Body.str("to")
		if rank(class) < 0 {
			return "a class that the law knows"
		}
		if e.Type == "person.clearance-lowered" {
			p := w.persons[owner(e)]
			return unless(p != nil && rank(class) < rank(p.clearedTo(e.Body.at("effective"))), "a lower class than before")
		}
		until := e.Body.at("until")
		return unless(until.IsZero() || e.Body.at("from").Before(until), "an end behind the beginning")
	}},
	{"person.refused", "person.refused", "architecture 3.4", refusalHasCode},
}

// owner is the person whose stream an event stands in.
func owner(e Event) string { return e.Stream[len("person-"):] }

func movePersons(w *world, e Event) {
	p, b := w.person(owner(e)), e.Body
	switch e.Type {
	case "person.registered":
		p.registered = b.str("registration")
	case "person.registration-withdrawn":
		p.registered = ""
	case "person.clearance-granted":
		p.cleared = append(p.cleared, clearance{b.str("class"), b.at("from"), b.at("until"), false})
	case "person.clearance-lowered":
		p.cleared = append(p.cleared, clearance{b.str("to"), b.at("effective"), time.Time{}, true})
	case "person.clearance-revoked":
		p.cleared = append(p.cleared, clearance{"", b.at("effective"), time.Time{}, true})
	}
}
