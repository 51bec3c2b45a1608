package recheck

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// statement is what one document says of one key, in force from a time until another (zero: no end).
type statement struct {
	document, clause string
	value            any
	blank, also      bool
	from, until      time.Time
}

func (s statement) holds(at time.Time) bool {
	return !at.Before(s.from) && (s.until.IsZero() || at.Before(s.until))
}

// firm is a stated value of one document that no other adds to.
func (s statement) firm() bool { return !s.blank && !s.also }

// meets tells whether two are ever in force together.
func (s statement) meets(o statement) bool {
	return s.holds(s.from) && o.holds(o.from) && (s.holds(o.from) || o.holds(s.from))
}

// edition is what one version of the book says of one key.
type edition struct {
	version    int64
	statements []statement
}

// text is a document of rules.
type text struct {
	values     []object
	title      string
	reviewed   bool
	version    int64 // that put it in force; 0: a draft
	until      time.Time
	ended      bool
	from       day
	supersedes []string
}

// policyBook is the office's book as published in the log: every version of every key.
type policyBook struct {
	version  int64
	texts    map[string]*text
	yields   map[[3]string]bool // key, winner, loser
	keys     map[string][]edition
	versions []versioned
}

// versioned says which version stood after a revision of a stream.
type versioned struct{ revision, version int64 }

func newPolicyBook() policyBook {
	return policyBook{texts: map[string]*text{}, yields: map[[3]string]bool{}, keys: map[string][]edition{}}
}

func (b *policyBook) versionAt(revision int64) int64 { return versionAt(b.versions, revision) }

func versionAt(list []versioned, revision int64) int64 {
	v := int64(0)
	for _, x := range list {
		if x.revision > revision {
			break
		}
		v = x.version
	}
	return v
}

func (b *policyBook) edition(key string, version int64) []statement {
	for _, e := range slices.Backward(b.keys[key]) {
		if e.version <= version {
			return e.statements
		}
	}
	return nil
}

func (b *policyBook) write(key string, version int64, statements []statement) {
	list := b.keys[key]
	if n := len(list); n > 0 && list[n-1].version == version {
		list[n-1].statements = statements
		return
	}
	b.keys[key] = append(list, edition{version, statements})
}

// enter puts a document's values in force. Where the document spoke of a key before, the earlier value ends; of two
// documents the one that gives way ends.
func (b *policyBook) enter(version int64, document string, values []object, from, until time.Time) {
	for _, v := range values {
		for _, loser := range v.list("replaces") {
			b.yields[[3]string{v.str("key"), document, loser}] = true
		}
	}
	ends := map[string]time.Time{}
	for _, v := range values {
		key := v.str("key")
		if _, done := ends[key]; done {
			continue
		}
		list, end := slices.Clone(b.edition(key, version)), until
		for i, s := range list {
			switch {
			case s.document != document || !s.holds(s.from):
			case from.Before(s.from):
				end = sooner(end, s.from)
			default:
				list[i].until = sooner(s.until, from)
			}
		}
		ends[key] = end
		b.write(key, version, list)
	}
	for _, v := range values {
		key := v.str("key")
		s := statement{document, v.str("clause"), v["value"], v.yes("blank"), v.yes("also"), from, ends[key]}
		list := slices.Clone(b.edition(key, version))
		for i, o := range list {
			if o.document == document || !s.firm() || !o.firm() || !s.meets(o) {
				continue
			}
			if b.yields[[3]string{key, document, o.document}] {
				list[i].until = sooner(o.until, later(o.from, from))
			} else if b.yields[[3]string{key, o.document, document}] {
				s.until = sooner(s.until, later(s.from, o.from))
			}
		}
		b.write(key, version, append(list, s))
	}
	b.version = version
}

// end lets everything that a document says end at a time.
func (b *policyBook) end(version int64, document string, at time.Time) {
	for key := range b.keys {
		list, changed := slices.Clone(b.edition(key, version)), false
		for i, s := range list {
			if s.document == document && (s.until.IsZero() || at.Before(s.until)) {
				list[i].until, changed = later(s.from, at), true
			}
		}
		if changed {
			b.write(key, version, list)
		}
	}
	b.version = version
}

func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// inForce is what a version of the book has in force for a key at a time. A stated value goes before a blank; values
// marked also are joined to one list.
func (b *policyBook) inForce(key string, version int64, at time.Time) (value any, stated, mentioned bool) {
	var joined []any
	also := false
	for _, s := range b.edition(key, version) {
		if !s.holds(at) {
			continue
		}
		mentioned = true
		if s.blank {
			continue
		}
		list, _ := s.value.([]any)
		switch {
		case s.also:
			also = true
			joined = append(joined, list...)
			if !stated {
				value = s.value
			}
		default:
			value = s.value
			joined = append(slices.Clone(list), joined...)
		}
		stated = true
	}
	if also {
		value = joined
	}
	return value, stated, mentioned
}

// look is inForce for a key with an index, which falls back to the key without it.
func (b *policyBook) look(key string, version int64, at time.Time) (any, bool) {
	value, stated, mentioned := b.inForce(key, version, at)
	if i, j := strings.IndexByte(key, '['), strings.IndexByte(key, ']'); !mentioned && i > 0 && j > i {
		if value, stated, mentioned = b.inForce(key[:i]+key[j+1:], version, at); !mentioned {
			value, stated, _ = b.inForce(key[:i], version, at)
		}
	}
	return value, stated
}

// byReceipt are the keys, and the beginnings of keys, that give permission to act: their value is that of the receipt of
// the request. All others are those of when it happened (docs/policy-keys.md).
var byReceipt = []string{"apr.authority", "apr.correctAfterClose", "apr.countersign", "apr.delegation", "apr.escalateUp", "att.makeup.approver",
	"att.methods", "att.objectionDays", "att.offlineGraceHours", "cal.hoursAdjustableBy", "cir.", "duty.entry.requiredFields",
	"duty.handover.checklist", "duty.rearrange", "duty.roster.approver", "duty.roster.publisher", "duty.standIn", "duty.substituteForbidden",
	"duty.swap", "duty.triage", "leave.", "org.appointment", "org.function", "org.handBack", "org.keeper", "org.names", "org.posts",
	"org.register", "rcv.registrar", "rcv.distribution", "rcv.steps", "rcv.returnWindow", "rcv.dutyFax.handOnTo", "rcv.reviewBeforeSign",
	"policy.", "reg.books", "reg.void", "sec."}

// byOccurrence are those among them that go by when it happened nevertheless.
var byOccurrence = []string{"leave.phoneIn.countFrom", "leave.phoneIn.lapse", "leave.phoneIn.paperDueDays", "leave.tierAfterCalendarChange",
	"cir.maxDwell", "sec.classes", "sec.returnSameDay"}

func begins(key string, list []string) bool {
	return slices.ContainsFunc(list, func(p string) bool { return strings.HasPrefix(key, p) })
}

// policy reads a key as the decision of an event did: of the version that it read, at the time that the key goes by.
func (w *world) policy(e Event, key string) (any, bool) {
	at := e.Occurred
	if e.Corrects != "" || begins(key, byReceipt) && !begins(key, byOccurrence) { // a correction inherits when it happened
		at = e.Received
	}
	return w.policyAt(e, key, at)
}

// policyAt is policy at a time of its own.
func (w *world) policyAt(e Event, key string, at time.Time) (any, bool) {
	b := &w.office(e).policy
	version := e.Policy
	if version == 0 {
		version = b.version
	}
	return b.look(key, version, at)
}

// The same, by the form of the value; what is blank reads as empty.
func (w *world) text(e Event, key string) string {
	v, _ := w.policy(e, key)
	s, _ := v.(string)
	return s
}
func (w *world) texts(e Event, key string) []string   { v, _ := w.policy(e, key); return asTexts(v) }
func (w *world) object(e Event, key string) object    { v, _ := w.policy(e, key); return asObject(v) }
func (w *world) objects(e Event, key string) []object { v, _ := w.policy(e, key); return asObjects(v) }
func (w *world) number(e Event, key string) int64 {
	v, _ := w.policy(e, key)
	f, _ := v.(float64)
	return int64(f)
}
func (w *world) yes(e Event, key string) bool    { v, _ := w.policy(e, key); b, _ := v.(bool); return b }
func (w *world) stated(e Event, key string) bool { _, ok := w.policy(e, key); return ok }

// indexes are the indexes that the documents in force name for a key such as att.sessions[].cutoff.
func (w *world) indexes(e Event, key string) (found []string) {
	b := &w.office(e).policy
	version := e.Policy
	if version == 0 {
		version = b.version
	}
	before, after, _ := strings.Cut(key, "[]")
	for k := range b.keys {
		index, ok := strings.CutPrefix(k, before+"[")
		index, rest, closed := strings.Cut(index, "]")
		if !ok || !closed || rest != after {
			continue
		}
		if _, _, mentioned := b.inForce(k, version, e.Occurred); mentioned {
			found = append(found, index)
		}
	}
	slices.Sort(found)
	return found
}

const published = "policy.published policy.published-retroactively"

// ofPolicy are the rules of the book of rules.
var ofPolicy = []rule{
	{"policy.version", published + " policy.amended policy.interpreted policy.authority-changed policy.repealed", "POL 2.1", func(w *world, e Event) string {
		b := &w.office(e).policy
		version := e.Body.num("version")
		if e.Type == "policy.interpreted" && len(e.Body.objs("values")) == 0 {
			return ""
		}
		return unless(version == b.version+1, "version %d of the book, one for each publication", b.version+1)
	}},
	{"policy.superseded-with", "policy.superseded policy.value-left-blank", "POL 2.1", func(w *world, e Event) string {
		b := &w.office(e).policy
		version := e.Body.num("version")
		return unless(version == 0 || version == b.version || version == b.version+1, "version %d, or the next of the book", b.version)
	}},
	{"policy.drafted-once", "policy.drafted", "POL 2.1", func(w *world, e Event) string {
		t := w.office(e).policy.texts[e.Body.obj("document").str("id")]
		return unless(t == nil, "a document that is not in the book yet")
	}},
	{"policy.draft-open", "policy.provisions-added policy.reviewed", "POL 2.1", func(w *world, e Event) string {
		t := w.office(e).policy.texts[e.Body.str("document")]
		return unless(t != nil && t.version == 0, "a draft of the book")
	}},
	{"policy.reviewed-first", published, "POL 2.1, R257", func(w *world, e Event) string {
		for _, d := range e.Body.objs("documents") {
			t := w.office(e).policy.texts[d.str("document")]
			if t == nil || !t.reviewed || t.version > 0 {
				return d.str("document") + " to be a draft that the legal review found in order"
			}
		}
		return ""
	}},
	{"policy.backdated", published, "POL 2.1", func(w *world, e Event) string {
		past := e.Body.day("effective_from") < e.receipt()
		if past != (e.Type == "policy.published-retroactively") {
			return fmt.Sprintf("published retroactively exactly where the day of effect is past (%s against %s)", e.Body.day("effective_from"), e.receipt())
		}
		return unless(!past || strings.TrimSpace(e.Body.str("reason")) != "" && e.Body.str("approver") != "", "a reason and an approver of a date that is past")
	}},
	{"policy.effective-moment", published, "policy.effectiveMoment", func(w *world, e Event) string {
		from := e.Body.at("from")
		on := e.Body.day("effective_from")
		return unless(dayOf(from, e.zone) == on, "in force from within %s", on)
	}},
	{"policy.one-value", published + " policy.amended policy.interpreted policy.authority-changed", "POL 2.1, G31", oneValue},
	{"policy.conflict", "policy.conflict-found policy.conflict-resolved", "POL 2.1, G31", func(w *world, e Event) string {
		documents := e.Body.list("documents")
		if e.Type == "policy.conflict-resolved" {
			documents = []string{e.Body.str("chosen"), e.Body.str("rejected")}
		}
		var values []any
		for _, d := range documents {
			if t := w.office(e).policy.texts[d]; t != nil {
				for _, v := range t.values {
					if v.str("key") == e.Body.str("key") && !v.yes("blank") {
						values = append(values, v["value"])
						break
					}
				}
			}
		}
		return unless(len(values) == 2 && !reflect.DeepEqual(values[0], values[1]), "two documents that state different values for %s", e.Body.str("key"))
	}},
	{"policy.in-force", "policy.amended policy.repealed policy.repeal-proposed policy.superseded policy.interpreted", "POL 2.1", func(w *world, e Event) string {
		t := w.office(e).policy.texts[e.Body.str("document")]
		return unless(t != nil && t.version > 0 && !t.ended, "a document that is in force")
	}},
	{"policy.in-the-book", "policy.source-truncated policy.value-left-blank policy.authority-changed", "POL 2.1, G30", func(w *world, e Event) string {
		return unless(w.office(e).policy.texts[e.Body.str("document")] != nil, "a document of the book")
	}},
	{"policy.refused", "policy.refused", "architecture 3.4", refusalHasCode},
}

// refusalHasCode is what can be said of any refusal on record.
func refusalHasCode(w *world, e Event) string {
	return unless(e.Body.str("code") != "" && e.Body.str("command") != "" && e.person(), "a person's command and the rule that refused it")
}

// oneValue looks whether, with the event, two documents would state different values for one key at the same time.
func oneValue(w *world, e Event) string {
	trial := w.office(e).policy.clone()
	trial.move(e)
	for _, ended := range w.office(e).policy.supersededBy(e) {
		trial.end(trial.version, ended, e.Body.at("from"))
	}
	for _, key := range touched(w, e) {
		list := trial.edition(key, trial.version)
		for i, s := range list {
			for _, o := range list[i+1:] {
				if s.firm() && o.firm() && s.document != o.document && s.meets(o) && !equalJSON(s.value, o.value) {
					return fmt.Sprintf("one value for %s, not those of %s and %s together", key, s.document, o.document)
				}
			}
		}
	}
	return ""
}

func equalJSON(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && string(x) == string(y)
}

// touched are the keys that the event speaks of.
func touched(w *world, e Event) (keys []string) {
	values := e.Body.objs("values")
	for _, d := range e.Body.objs("documents") {
		if t := w.office(e).policy.texts[d.str("document")]; t != nil {
			values = append(values, t.values...)
		}
	}
	for _, v := range values {
		keys = append(keys, v.str("key"))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// supersededBy are the documents that end with a publication.
func (b *policyBook) supersededBy(e Event) (ended []string) {
	for _, d := range e.Body.objs("documents") {
		if t := b.texts[d.str("document")]; t != nil {
			ended = append(ended, t.supersedes...)
		}
	}
	return ended
}

// clone is a copy on which an event can be tried.
func (b *policyBook) clone() *policyBook {
	c := newPolicyBook()
	c.version = b.version
	for k, v := range b.keys {
		c.keys[k] = slices.Clone(v)
	}
	for k, v := range b.yields {
		c.yields[k] = v
	}
	for k, v := range b.texts {
		t := *v
		c.texts[k] = &t
	}
	return &c
}

// move takes an event into the book.
func (b *policyBook) move(e Event) {
	o := e.Body
	t := b.texts[o.str("document")]
	switch e.Type {
	case "policy.drafted":
		head := o.obj("document")
		b.texts[head.str("id")] = &text{values: o.objs("values"), title: head.str("title"), from: head.day("effective_from"), supersedes: head.list("supersedes")}
	case "policy.provisions-added":
		if t != nil {
			t.values, t.reviewed = append(t.values, o.objs("values")...), false
		}
	case "policy.reviewed":
		if t != nil {
			t.reviewed = o.yes("ok")
		}
	case "policy.published", "policy.published-retroactively":
		for _, d := range o.objs("documents") {
			if t := b.texts[d.str("document")]; t != nil {
				b.enter(o.num("version"), d.str("document"), t.values, o.at("from"), d.at("until"))
				t.version, t.until = o.num("version"), d.at("until")
			}
		}
		b.version = o.num("version")
	case "policy.superseded", "policy.repealed":
		if t != nil && t.version > 0 {
			b.end(o.num("version"), o.str("document"), o.at("from"))
			t.ended, t.until = true, sooner(t.until, o.at("from"))
		}
	case "policy.amended", "policy.interpreted":
		if t != nil && len(o.objs("values")) > 0 {
			b.enter(o.num("version"), o.str("document"), o.objs("values"), o.at("from"), t.until)
			t.values = append(slices.Clip(t.values), o.objs("values")...)
		}
	case "policy.authority-changed":
		if t != nil {
			if t.version == 0 && len(t.values) == 0 {
				t.version = o.num("version")
			}
			b.enter(o.num("version"), o.str("document"), o.objs("values"), o.at("from"), t.until)
		}
	case "policy.value-left-blank":
		if t == nil {
			return
		}
		blank := object{"key": o.str("key"), "blank": true, "clause": o.str("clause")}
		t.values, t.reviewed = append(slices.Clip(t.values), blank), t.reviewed && t.version > 0
		if t.version > 0 {
			list := append(slices.Clone(b.edition(o.str("key"), o.num("version"))), statement{document: o.str("document"), clause: o.str("clause"), blank: true,
				from: o.at("from"), until: t.until})
			b.write(o.str("key"), o.num("version"), list)
			b.version = o.num("version")
		}
	case "policy.conflict-resolved":
		delete(b.yields, [3]string{o.str("key"), o.str("rejected"), o.str("chosen")})
		b.yields[[3]string{o.str("key"), o.str("chosen"), o.str("rejected")}] = true
	}
}

func movePolicy(w *world, e Event) {
	b := &w.office(e).policy
	b.move(e)
	b.versions = append(b.versions, versioned{e.Revision, b.version})
}
