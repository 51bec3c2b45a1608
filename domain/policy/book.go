package policy

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"andu/domain"
)

// Book is the office's book of rules: every document ever drafted, what is in force as known at each version, and which
// text gives way to which. Version counts the publications and what else changed a value in force.
type Book struct {
	Version   int64
	documents map[string]Document
	order     []string        // ids as drafted
	yields    []yield         // resolved conflicts and values that replace others
	versions  []domain.Policy // versions[v-1] is what version v left in force
}

// Status is where a document stands.
type Status string

const (
	Drafting  Status = "draft"
	Checked   Status = "reviewed" // by the legal review, which found it in order
	InForce   Status = "published"
	Replaced  Status = "superseded"
	Withdrawn Status = "repealed"
)

// Document is one issued text of the office's rules, or a draft of one.
type Document struct {
	Head
	Values []Value `json:"values"`
	// Status is what was decided of it; From and To say when that takes effect.
	Status  Status         `json:"status" enum:"draft,reviewed,published,superseded,repealed"`
	Version int64          `json:"version" doc:"of the book that put it in force; 0: a draft"`
	From    domain.Instant `json:"from"`
	To      domain.Instant `json:"to" doc:"empty: no end"`
	// InForceBy is the document or order that put it in force, where it states no date itself.
	InForceBy string `json:"in_force_by"`
	// EndedBy is the document that superseded or repealed it.
	EndedBy string `json:"ended_by"`
	// Proposed: the office proposed its repeal to the issuer.
	Proposed bool `json:"repeal_proposed"`
}

// yield says that on one key one document's value gives way to another's.
type yield struct{ Key, Winner, Loser string }

// Policy is what the office has in force as known at the head of its book: what Act reads.
func (b Book) Policy(office string) domain.Policy {
	p, _ := b.At(b.Version)
	p.Stream = Stream(office)
	return p
}

// At is what one version of the book left in force; version 0 is the empty book. Policy.At then tells what holds for a
// key at an instant, as that version knew it.
func (b Book) At(version int64) (domain.Policy, bool) {
	switch {
	case version == 0:
		return domain.Policy{}, true
	case version < 0 || version > int64(len(b.versions)):
		return domain.Policy{}, false
	}
	return b.versions[version-1], true
}

// Document finds a document by its id.
func (b Book) Document(id string) (Document, bool) { d, ok := b.documents[id]; return d, ok }

// Documents lists every document in the order of drafting.
func (b Book) Documents() []Document {
	list := make([]Document, len(b.order))
	for i, id := range b.order {
		list[i] = b.documents[id]
	}
	return list
}

// Change is what two versions of the book say differently of one key.
type Change struct {
	Key    string             `json:"key"`
	Before []domain.Provision `json:"before"`
	After  []domain.Provision `json:"after"`
}

// Diff lists the keys on which two versions differ, in order.
func (b Book) Diff(from, to int64) []Change {
	before, _ := b.At(from)
	after, _ := b.At(to)
	keys := map[string]bool{}
	for k := range before.Provisions {
		keys[k] = true
	}
	for k := range after.Provisions {
		keys[k] = true
	}
	var changes []Change
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if c := (Change{k, before.Provisions[k], after.Provisions[k]}); !reflect.DeepEqual(c.Before, c.After) {
			changes = append(changes, c)
		}
	}
	return changes
}

// Blanks lists what the documents in force at an instant leave open and nothing in force fills, in the order of the keys:
// the blank provisions, and what the head of a document does not state (policy.meta[document].field). A date of effect
// that the text does not state is filled once the document that puts it in force is itself published.
func (b Book) Blanks(at domain.Instant) []domain.Provision {
	policy, _ := b.At(b.Version)
	var blanks []domain.Provision
	for _, d := range b.Documents() {
		if d.Version == 0 || at.Before(d.From.Time) || (!d.To.IsZero() && !at.Before(d.To.Time)) {
			continue
		}
		for _, field := range d.unstated() {
			if order := b.documents[d.InForceBy]; field == "effectiveFrom" && order.Version > 0 {
				continue
			}
			blanks = append(blanks, domain.Provision{Key: "policy.meta[" + d.ID + "]." + field, Blank: true, Document: d.ID, Title: d.Title,
				Version: d.Version, From: d.From, To: d.To})
		}
	}
	for key, provisions := range policy.Provisions {
		if p, ok := policy.At(key, at); !ok || !p.Blank || filled(policy, key, at) {
			continue
		}
		for _, p := range provisions {
			if inForce(p, at) {
				blanks = append(blanks, p)
			}
		}
	}
	slices.SortStableFunc(blanks, func(x, y domain.Provision) int { return strings.Compare(x.Key, y.Key) })
	return blanks
}

// filled tells whether a blank of a whole record or map is filled by a stated entry of it: rcv.clock by rcv.clock[特急].
func filled(policy domain.Policy, key string, at domain.Instant) bool {
	for k, provisions := range policy.Provisions {
		i, j := strings.IndexByte(k, '['), strings.IndexByte(k, ']')
		entry := strings.HasPrefix(k, key+"[") || strings.HasPrefix(k, key+".") || (i > 0 && j > i && k[:i]+k[j+1:] == key)
		if entry && slices.ContainsFunc(provisions, func(p domain.Provision) bool { return !p.Blank && inForce(p, at) }) {
			return true
		}
	}
	return false
}

// unstated are the fields that the head does not state, by the names that the requirements give them.
func (h Head) unstated() (fields []string) {
	for _, f := range []struct {
		name   string
		stated bool
	}{
		{"issuer", h.Issuer != nil}, {"docNumber", h.Number != nil}, {"effectiveFrom", !h.EffectiveFrom.IsZero()},
		{"interpreter", h.Interpreter != nil}, {"supersedes", len(h.Supersedes) > 0 || h.Supplement},
	} {
		if !f.stated {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// Unused lists the keys of the book that no declared key reads, in order.
func (b Book) Unused(known func(key string) bool) []string {
	policy, _ := b.At(b.Version)
	return slices.DeleteFunc(slices.Sorted(maps.Keys(policy.Provisions)), known)
}

// Conflict is two clauses in force at the same time that state different values for one key.
type Conflict struct {
	Key       string   `json:"key"`
	Documents []string `json:"documents"`
	Clauses   []string `json:"clauses" doc:"as cited: document and clause"`
	// Meets lists the days to which the one clause falls back and which are the other's own (G31).
	Meets []string `json:"meets" doc:"days to which the one falls back and which are the other's own"`
}

// Warning is something to look at before a document is published. It stops nothing.
type Warning struct {
	Key         string   `json:"key"`
	Clause      string   `json:"clause"`
	Other       string   `json:"other" doc:"the key that it touches"`
	OtherClause string   `json:"other_clause"`
	At          string   `json:"at" doc:"the time of day that both name"`
	Days        []string `json:"days" doc:"on which they meet"`
	ZH          string   `json:"zh"`
	EN          string   `json:"en"`
}

// Preview tells what the publication of a drafted document from an instant on would meet; it writes nothing.
func (b Book) Preview(document string, from domain.Instant) ([]Conflict, []Warning) {
	d := b.documents[document]
	trial := b
	if d.Version == 0 && d.Status != "" {
		p := Published{Version: b.Version + 1, Documents: []Entry{{Document: document}}, From: from}
		for _, e := range append([]Event{p}, b.supersessions(p)...) {
			trial = e.Evolve(trial)
		}
	}
	return trial.conflicts(keys(d.Values)), trial.warnings(from)
}

// fallbacks are the values with days of their own and days that they move to.
var fallbacks = []struct{ key, days, fallback string }{{"stu.schedule", "days", "fallback"}}

// touches are the pairs of keys that name the same time of day for two things. Days is the field of the first.
var touches = []struct{ key, field, days, other, otherField, when, zh, en string }{
	{key: "stu.schedule", field: "start", days: "days", other: "att.sessions[].cutoff", otherField: "at", when: "att.cutoffInclusive",
		zh: "学习开始的时刻仍可签到：两者同在{at}。", en: "study begins at {at}, when the sign-in sheet may still be signed"},
}

func (b Book) warnings(at domain.Instant) (warnings []Warning) {
	policy, _ := b.At(b.Version)
	for _, t := range touches {
		if p, ok := policy.At(t.when, at); !ok || string(p.Value) != "true" {
			continue
		}
		other := domain.Key[any]{Name: t.other}
		for _, p := range policy.Provisions[t.key] {
			start := field(p, t.field)
			if !inForce(p, at) || start == "" {
				continue
			}
			for _, k := range slices.Sorted(maps.Keys(policy.Provisions)) {
				for _, q := range policy.Provisions[k] {
					if other.Matches(k) && inForce(q, at) && field(q, t.otherField) == start {
						warnings = append(warnings, Warning{Key: t.key, Other: k, Clause: cite(p), OtherClause: cite(q), At: start, Days: fields(p, t.days),
							ZH: strings.ReplaceAll(t.zh, "{at}", start), EN: strings.ReplaceAll(t.en, "{at}", start)})
					}
				}
			}
		}
	}
	return warnings
}

// conflicts finds, on some keys, two stated values of different documents that differ and are in force together. What
// gives way was ended when it entered the book.
func (b Book) conflicts(keys []string) (found []Conflict) {
	policy, _ := b.At(b.Version)
	for _, key := range keys {
		list := policy.Provisions[key]
		for i, p := range list {
			for _, q := range list[i+1:] {
				if stated(p) && stated(q) && p.Document != q.Document && overlap(p, q) && !same(p.Value, q.Value) {
					found = append(found, Conflict{key, []string{p.Document, q.Document}, []string{cite(p), cite(q)}, meets(p, q)})
				}
			}
		}
	}
	return found
}

func meets(p, q domain.Provision) (days []string) {
	for _, f := range fallbacks {
		if f.key != p.Key {
			continue
		}
		for _, pair := range [][2]domain.Provision{{p, q}, {q, p}} {
			for _, day := range fields(pair[0], f.fallback) {
				if slices.Contains(fields(pair[1], f.days), day) && !slices.Contains(days, day) {
					days = append(days, day)
				}
			}
		}
	}
	return days
}

// refusal names every conflict's key and clauses.
func refusal(conflicts []Conflict) error {
	var keys, clauses []string
	for _, c := range conflicts {
		if !slices.Contains(keys, c.Key) {
			keys = append(keys, c.Key)
		}
		clauses = append(clauses, c.Clauses[0]+" / "+c.Clauses[1])
	}
	return ErrTwoValues.With("keys", strings.Join(keys, "; "), "clauses", strings.Join(clauses, "; "))
}

func stated(p domain.Provision) bool { return !p.Blank && !p.Also }

func cite(p domain.Provision) string { return strings.TrimSpace(p.Document + " " + p.Clause) }

func inForce(p domain.Provision, at domain.Instant) bool {
	return !at.Before(p.From.Time) && (p.To.IsZero() || at.Before(p.To.Time))
}

// overlap tells whether two provisions are ever in force together.
func overlap(p, q domain.Provision) bool {
	return inForce(p, p.From) && inForce(q, q.From) && (inForce(p, q.From) || inForce(q, p.From))
}

// same compares JSON values, not their bytes.
func same(a, b json.RawMessage) bool {
	var x, y any
	return decode(a, &x) && decode(b, &y) && reflect.DeepEqual(x, y)
}

func decode(raw json.RawMessage, v any) bool {
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	return dec.Decode(v) == nil
}

// field is a text field of a provision's value, or "".
func field(p domain.Provision, name string) string {
	var v map[string]any
	decode(p.Value, &v)
	s, _ := v[name].(string)
	return s
}

// fields is a list of texts in a provision's value.
func fields(p domain.Provision, name string) (list []string) {
	var v map[string]any
	decode(p.Value, &v)
	all, _ := v[name].([]any)
	for _, x := range all {
		if s, ok := x.(string); ok {
			list = append(list, s)
		}
	}
	return list
}

func keys(values []Value) (list []string) {
	for _, v := range values {
		if !slices.Contains(list, v.Key) {
			list = append(list, v.Key)
		}
	}
	slices.Sort(list)
	return list
}

// write opens a version of the book for change: its policy is a copy, and so is the list of versions.
func (b Book) write(version int64) (Book, domain.Policy) {
	policy, _ := b.At(b.Version)
	policy.Version = version
	policy.Provisions = maps.Clone(policy.Provisions)
	if policy.Provisions == nil {
		policy.Provisions = map[string][]domain.Provision{}
	}
	b.versions = slices.Clone(b.versions)
	if last := len(b.versions) - 1; version == b.Version && last >= 0 {
		b.versions[last] = policy
	} else {
		b.versions = append(b.versions, policy)
	}
	b.Version = int64(len(b.versions))
	return b, policy
}

func (b Book) with(d Document) Book {
	b.documents = maps.Clone(b.documents)
	if b.documents == nil {
		b.documents = map[string]Document{}
	}
	if _, ok := b.documents[d.ID]; !ok {
		b.order = append(slices.Clip(b.order), d.ID)
	}
	b.documents[d.ID] = d
	return b
}

// enter puts values of a document into a version of the book. On each key the document's own earlier entries end where the
// new ones begin, or the new ones end where a later entry is waiting; and of two documents the one that gives way ends.
// Nothing that gave way once comes back by itself.
func (b Book) enter(version int64, d Head, values []Value, from, to domain.Instant) Book {
	b, policy := b.write(version)
	for _, v := range values {
		for _, loser := range v.Replaces {
			b.yields = append(slices.Clip(b.yields), yield{v.Key, d.ID, loser})
		}
	}
	ends := map[string]domain.Instant{}
	for _, key := range keys(values) {
		list := slices.Clone(policy.Provisions[key])
		end := to
		for i, q := range list {
			switch {
			case q.Document != d.ID || !inForce(q, q.From):
			case from.Before(q.From.Time):
				end = earlier(end, q.From)
			default:
				list[i].To = earlier(q.To, from)
			}
		}
		policy.Provisions[key], ends[key] = list, end
	}
	for _, v := range values {
		p := domain.Provision{Key: v.Key, Blank: v.Blank, Also: v.Also, Document: d.ID, Title: d.Title, Clause: v.Clause, Boundary: v.Boundary,
			Version: version, From: from, To: ends[v.Key]}
		if d.Number != nil {
			p.Number = *d.Number
		}
		if !v.Blank {
			p.Value = v.Value
		}
		list := policy.Provisions[v.Key]
		for i, q := range list {
			if !stated(p) || !stated(q) || q.Document == d.ID || !overlap(p, q) {
				continue
			}
			switch {
			case slices.Contains(b.yields, yield{v.Key, d.ID, q.Document}):
				list[i].To = earlier(q.To, later(q.From, from))
			case slices.Contains(b.yields, yield{v.Key, q.Document, d.ID}):
				p.To = earlier(p.To, later(p.From, q.From))
			}
		}
		policy.Provisions[v.Key] = append(list, p)
	}
	return b
}

// end lets everything that a document has in force end at an instant.
func (b Book) end(version int64, document string, at domain.Instant) Book {
	b, policy := b.write(version)
	for key, list := range policy.Provisions {
		for i, q := range list {
			if q.Document == document && (q.To.IsZero() || at.Before(q.To.Time)) {
				list = slices.Clone(list)
				list[i].To = later(q.From, at)
			}
		}
		policy.Provisions[key] = list
	}
	return b
}

// published puts drafted documents in force together.
func (b Book) published(version int64, entries []Entry, from domain.Instant, by string) Book {
	for _, e := range entries {
		d := b.documents[e.Document]
		if d.Status == "" {
			continue
		}
		b = b.enter(version, d.Head, d.Values, from, e.Until)
		d.Status, d.Version, d.From, d.To, d.InForceBy = InForce, version, from, e.Until, by
		b = b.with(d)
	}
	return b
}

// earlier is the earlier of two ends; zero is no end.
func earlier(a, b domain.Instant) domain.Instant {
	if a.IsZero() || (!b.IsZero() && b.Before(a.Time)) {
		return b
	}
	return a
}

func later(a, b domain.Instant) domain.Instant {
	if a.Before(b.Time) {
		return b
	}
	return a
}
