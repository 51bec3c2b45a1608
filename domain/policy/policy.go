// Package policy is the office's book of rules (制度库). A regulation is drafted into it clause by clause, goes through the
// legal review and is published from a date on; what its text does not state is left blank and stays blank until a
// document of the office fills it, which is then cited as itself. Two texts that state different values for one key are
// never in force together: the office resolves the conflict, or one text supersedes the other, before the second is
// published. One publication is one version of the book, and no version ever changes a decision already taken.
package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"andu/domain"
)

// Context lists what an office's book of rules has ever recorded.
var Context = domain.Context[Book]{
	Name: "policy",
	Events: []domain.Schema[Book]{
		{Name: "policy.drafted", Version: 1, Type: Drafted{}, By: []domain.Command[Book]{Draft{}}},
		{Name: "policy.provisions-added", Version: 1, Type: ProvisionsAdded{}, By: []domain.Command[Book]{AddProvisions{}}},
		{Name: "policy.conflict-found", Version: 1, Type: ConflictFound{}, By: []domain.Command[Book]{Draft{}, AddProvisions{}}},
		{Name: "policy.reviewed", Version: 1, Type: Reviewed{}, By: []domain.Command[Book]{Review{}}, Sealed: true},
		{Name: "policy.published", Version: 1, Type: Published{}, By: []domain.Command[Book]{Publish{}}},
		{Name: "policy.published-retroactively", Version: 1, Type: PublishedRetroactively{}, By: []domain.Command[Book]{Publish{}}, Sealed: true},
		{Name: "policy.conflict-resolved", Version: 1, Type: ConflictResolved{}, By: []domain.Command[Book]{ResolveConflict{}}, Sealed: true},
		{Name: "policy.superseded", Version: 1, Type: Superseded{}, By: []domain.Command[Book]{Supersede{}, Publish{}}},
		{Name: "policy.amended", Version: 1, Type: Amended{}, By: []domain.Command[Book]{Amend{}}},
		{Name: "policy.repealed", Version: 1, Type: Repealed{}, By: []domain.Command[Book]{Repeal{}}},
		{Name: "policy.repeal-proposed", Version: 1, Type: RepealProposed{}, By: []domain.Command[Book]{ProposeRepeal{}}, Sealed: true},
		{Name: "policy.interpreted", Version: 1, Type: Interpreted{}, By: []domain.Command[Book]{Interpret{}}},
		{Name: "policy.authority-changed", Version: 1, Type: AuthorityChanged{}, By: []domain.Command[Book]{SetAuthority{}}},
		{Name: "policy.source-truncated", Version: 1, Type: SourceTruncated{}, By: []domain.Command[Book]{FlagSource{}}},
		{Name: "policy.value-left-blank", Version: 1, Type: ValueLeftBlank{}, By: []domain.Command[Book]{DeclareBlank{}}},
		{Name: "policy.refused", Version: 1, Type: domain.Refused[Book]{}},
	},
	Rules: []*domain.Refusal{ErrNotKeeper, ErrNotAssigned, ErrExists, ErrNoDocument, ErrTwice, ErrNoValue, ErrNotList, ErrPublished,
		ErrNotReviewed, ErrNotInForce, ErrNoDate, ErrOtherDate, ErrEnd, ErrNoOrder, ErrNoMoment, ErrRetroactive, ErrPast, ErrTwoValues,
		ErrNoConflict, ErrNotIssuer, ErrNotInterpreter, ErrNotAuthority, ErrStated},
	Keys: []domain.AnyKey{Keeper, EffectiveMoment, Tasks},
}

// Stream is the stream of an office's book: policy-<office>.
func Stream(office string) string { return Context.Stream(office) }

// Event is a fact of the book.
type Event = domain.Event[Book]

// The policy keys that the book itself reads.
var (
	// Keeper lists the posts that keep the book. An office that does not state it, and so every office before its first
	// publication, leaves the book to whoever holds a post.
	Keeper = domain.Key[[]string]{Name: "policy.keeper", Moment: domain.ByReceived}
	// EffectiveMoment says at which moment of its date of effect a text is in force (C23: 自发布之日 names no clock time).
	EffectiveMoment = domain.Key[Moment]{Name: "policy.effectiveMoment", Moment: domain.ByReceived}
	// Tasks says what the office itself does about normative documents; without it nothing is held against the keeper.
	Tasks = domain.Key[NormativeTasks]{Name: "policy.normativeReview", Moment: domain.ByReceived}
)

// The rules of the book.
var (
	ErrNotKeeper = domain.Rule(domain.Forbidden, "policy.not-keeper", "只有制度指定的岗位可以管理制度库；未指定时须任有岗位。",
		"only the posts of policy.keeper keep the book; where none is stated, whoever holds a post").By("R208, POL 2.1")
	ErrNotAssigned = domain.Rule(domain.Forbidden, "policy.not-assigned", "按本单位制度，此项（{task}）不属于本办公室职责。",
		"the office's policy does not assign this task to it: {task} (policy.normativeReview)").By("R257")
	ErrExists = domain.Rule(domain.Conflict, "policy.document-exists", "制度{document}已登记，请用其他编号，或补充该草案。",
		"document {document} is in the book already; choose another id or extend its draft").By("POL 2.1")
	ErrNoDocument = domain.Rule(domain.Invalid, "policy.no-document", "制度库中没有{document}，请先登记。",
		"document {document} is not in the book; draft it first").By("POL 2.1")
	ErrTwice = domain.Rule(domain.Invalid, "policy.key-twice", "同一文件对{key}规定了两次。",
		"one document says two things of {key}").By("POL 2.1")
	ErrNoValue = domain.Rule(domain.Invalid, "policy.no-value", "{key}须有取值或注明未规定，二者居一；取值须为合法 JSON。",
		"{key} has either a value, in well-formed JSON, or is blank").By("POL 2.1")
	ErrNotList = domain.Rule(domain.Invalid, "policy.not-a-list", "{key}为补充列举，取值须为列表。",
		"{key} adds to a list, so its value is a list").By("POL 2.1")
	ErrPublished = domain.Rule(domain.Conflict, "policy.already-published", "{document}已发布，请修订或另行发文。",
		"{document} is published; amend it, or issue another document").By("POL 2.1")
	ErrNotReviewed = domain.Rule(domain.Conflict, "policy.not-reviewed", "{document}尚未通过合法性审查。",
		"{document} has not passed the legal review").By("R257, REG-16 三.2")
	ErrNotInForce = domain.Rule(domain.Conflict, "policy.not-in-force", "{document}未在施行。", "{document} is not in force").By("POL 2.1")
	ErrNoDate     = domain.Rule(domain.Invalid, "policy.no-effective-date", "须写明施行日期：{document}未载明。",
		"a date of effect is wanted: {document} states none").By("C23")
	ErrOtherDate = domain.Rule(domain.Conflict, "policy.other-effective-date", "{document}载明的施行日期为{date}。",
		"{document} states another date of effect: {date}").By("C23")
	ErrEnd = domain.Rule(domain.Conflict, "policy.ended-before", "{document}的失效日期早于施行日期。",
		"{document} ends before it takes effect").By("C23")
	ErrNoOrder = domain.Rule(domain.Invalid, "policy.no-issuing-document", "{document}未载明施行日期，须写明使其施行的文件。",
		"{document} states no date, so the document that puts it in force is named").By("POL 2.1, C23")
	ErrNoMoment = domain.Rule(domain.Conflict, "policy.no-effective-moment", "制度未规定施行时刻，请在发布时写明。",
		"no text states the moment of effect (policy.effectiveMoment); the publication has to").By("C23")
	ErrRetroactive = domain.Rule(domain.Conflict, "policy.retroactive", "施行日期{date}已过，追溯发布须写明理由和批准人；已作出的决定不变。",
		"{date} is past: a retroactive publication names its reason and who approved it; decisions already taken stay").By("POL 2.1")
	ErrPast = domain.Rule(domain.Conflict, "policy.past", "{date}已过；除追溯发布外，不得从过去的日期起变更制度。",
		"{date} is past; only a publication can be retroactive").By("POL 2.1")
	ErrTwoValues = domain.Rule(domain.Conflict, "policy.two-values", "同一事项有两种规定：{keys}（{clauses}）。请先裁定或废旧立新。",
		"two values for one key: {keys} ({clauses}); resolve the conflict or supersede one text first").By("POL 2.1, G31").OnRecord()
	ErrNoConflict = domain.Rule(domain.Conflict, "policy.no-conflict", "两份文件对{key}没有待裁定的冲突。",
		"the two documents have no open conflict on {key}").By("POL 2.1")
	ErrNotIssuer = domain.Rule(domain.Forbidden, "policy.not-issuer", "{document}只能由其制定机关以文件修订或废止；本单位只能提出建议。",
		"only the issuer of {document} amends or repeals it, by a document of its own; the office proposes").By("R257, REG-21 二.13")
	ErrNotInterpreter = domain.Rule(domain.Forbidden, "policy.not-interpreter", "{document}由{interpreter}负责解释。",
		"{document} is interpreted by {interpreter}").By("R192, REG-16 七")
	ErrNotAuthority = domain.Rule(domain.Invalid, "policy.not-authority", "{key}不是权限表的一行。",
		"{key} is no row of the authority table (apr.authority[…])").By("C13")
	ErrStated = domain.Rule(domain.Conflict, "policy.value-stated", "{document}对{key}已有规定。",
		"{document} says something of {key}").By("POL 2.1")
)

// Moment is when on its date a text takes effect.
type Moment string

const (
	StartOfDay Moment = "startOfDay" // at 00:00 of the date
	AtOnce     Moment = "instant"    // when it is published, if that is on the date itself; else at 00:00 of it
)

// Check refuses a moment that the program does not know.
func (m Moment) Check() error {
	if m != StartOfDay && m != AtOnce {
		return fmt.Errorf("%q is neither %q nor %q", m, StartOfDay, AtOnce)
	}
	return nil
}

// NormativeTasks is what an office does itself about normative documents, and what it only proposes.
type NormativeTasks struct {
	Organises []string `json:"organises"` // draft, deliberate, review, amend, interpret
	Proposes  []string `json:"proposes"`  // repeal
}

// keeper tells whether the actor may keep the book: a person, whose post is one of policy.keeper where the office states
// it. The system never does (G28).
func keeper(act domain.Act) error {
	if !act.Person() {
		return domain.ErrSystem
	}
	if act.Actor.Post == "" || (Keeper.Has(act) && !slices.Contains(Keeper.Of(act), act.Actor.Post)) {
		return ErrNotKeeper
	}
	return nil
}

// assigned is keeper for a task that the office may leave to others.
func assigned(act domain.Act, task string) error {
	if err := keeper(act); err != nil {
		return err
	}
	if !Tasks.Has(act) {
		return nil
	}
	tasks := Tasks.Of(act)
	if slices.Contains(tasks.Organises, task) || (task == "repeal" && slices.Contains(tasks.Proposes, task)) {
		return nil
	}
	return ErrNotAssigned.With("task", task)
}

// on gives the instant at which a date takes effect.
func (m Moment) on(date domain.Date, act domain.Act) domain.Instant {
	if m == AtOnce && date == domain.DateOf(act.Received.Time, act.Zone) {
		return act.Received
	}
	return domain.At(date.Start(act.Zone))
}

func past(act domain.Act, date domain.Date) bool {
	return date.Before(domain.DateOf(act.Received.Time, act.Zone))
}

// forward gives the instant of a change that is never retroactive.
func forward(act domain.Act, document string, date domain.Date) (domain.Instant, error) {
	switch {
	case date.IsZero():
		return domain.Instant{}, ErrNoDate.With("document", document)
	case past(act, date):
		return domain.Instant{}, ErrPast.With("date", date.String())
	}
	return EffectiveMoment.Of(act).on(date, act), nil
}

// Head is what a document says of itself. A null is what the text does not state.
type Head struct {
	ID            string      `json:"id" minLength:"1" maxLength:"60" example:"REG-04" doc:"how the office cites the document"`
	Title         string      `json:"title" minLength:"1" maxLength:"500"`
	Issuer        *string     `json:"issuer" maxLength:"200" nullable:"true"`
	Number        *string     `json:"number" maxLength:"100" nullable:"true" doc:"document number (文号)"`
	EffectiveFrom domain.Date `json:"effective_from" nullable:"true"`
	EffectiveTo   domain.Date `json:"effective_to" nullable:"true" doc:"the last day, included"`
	Interpreter   *string     `json:"interpreter" maxLength:"200" nullable:"true"`
	Supersedes    []string    `json:"supersedes" maxItems:"50" doc:"documents that end where this one takes effect"`
	Truncated     string      `json:"truncated" maxLength:"500" doc:"what the source does not print, or empty"`
	Supplement    bool        `json:"supplement" doc:"a document of the office that fills what others leave blank (补充规定)"`
}

// Value is what a document says of one key: a value, or that it leaves the matter open.
type Value struct {
	Key      string          `json:"key" minLength:"1" maxLength:"200"`
	Value    json.RawMessage `json:"value" required:"false"`
	Blank    bool            `json:"blank" required:"false" doc:"the document raises the matter and leaves it open"`
	Also     bool            `json:"also" required:"false" doc:"adds to a list that other documents state too"`
	Clause   string          `json:"clause" maxLength:"200"`
	Boundary string          `json:"boundary" required:"false" maxLength:"300" doc:"how the limits of the value are read"`
	Note     string          `json:"note" required:"false" maxLength:"500"`
	Replaces []string        `json:"replaces" required:"false" maxItems:"20" doc:"documents whose value for the key gives way"`
}

// checked gives values in their stored form: a value or a blank, well-formed, no key twice beside those already there.
func checked(there, values []Value) ([]Value, error) {
	out := make([]Value, len(values))
	for i, v := range values {
		if string(v.Value) == "null" {
			v.Value = nil
		}
		if v.Key == "" || v.Blank == (len(v.Value) > 0) || (len(v.Value) > 0 && !json.Valid(v.Value)) {
			return nil, ErrNoValue.With("key", v.Key)
		}
		var list []json.RawMessage
		if v.Also && (v.Blank || json.Unmarshal(v.Value, &list) != nil) {
			return nil, ErrNotList.With("key", v.Key)
		}
		if slices.ContainsFunc(append(slices.Clip(there), out[:i]...), func(o Value) bool { return o.Key == v.Key && !(o.Also && v.Also) }) {
			return nil, ErrTwice.With("key", v.Key)
		}
		v.Replaces = append([]string{}, v.Replaces...)
		out[i] = v
	}
	return out, nil
}

// Draft enters a document into the book, whole or in part: a long one is extended by AddProvisions.
type Draft struct {
	Document Head    `json:"document"`
	Values   []Value `json:"values" maxItems:"500"`
}

// part is how many bytes of values one record takes: it holds the event and the command, each with all of them.
const part = 24 << 10

// Parts splits a long draft into one that fits a record and the extensions that follow it.
func (c Draft) Parts() (Draft, []AddProvisions) {
	parts, size := [][]Value{{}}, 0
	for _, v := range c.Values {
		b, _ := json.Marshal(v)
		last := len(parts) - 1
		if size += len(b); size > part && len(parts[last]) > 0 {
			parts, size, last = append(parts, nil), len(b), last+1
		}
		parts[last] = append(parts[last], v)
	}
	c.Values = parts[0]
	var more []AddProvisions
	for _, values := range parts[1:] {
		more = append(more, AddProvisions{c.Document.ID, values})
	}
	return c, more
}

// Decide records the draft, and each conflict that it would meet with what is in force.
func (c Draft) Decide(b Book, act domain.Act) ([]Event, error) {
	if err := assigned(act, "draft"); err != nil {
		return nil, err
	}
	if c.Document.ID == "" {
		return nil, ErrNoDocument.With("document", "")
	}
	if _, ok := b.documents[c.Document.ID]; ok {
		return nil, ErrExists.With("document", c.Document.ID)
	}
	values, err := checked(nil, c.Values)
	if err != nil {
		return nil, err
	}
	c.Document.Supersedes = append([]string{}, c.Document.Supersedes...)
	drafted := Drafted{c.Document, values}
	return append([]Event{drafted}, drafted.Evolve(b).found(c.Document.ID, keys(values), act)...), nil
}

// found records the conflicts of a draft on some keys with what is in force.
func (b Book) found(document string, keys []string, act domain.Act) (events []Event) {
	from := act.Received
	if date := b.documents[document].EffectiveFrom; !date.IsZero() {
		from = domain.At(date.Start(act.Zone))
	}
	conflicts, _ := b.Preview(document, from)
	for _, x := range conflicts {
		if slices.Contains(keys, x.Key) {
			events = append(events, ConflictFound{x.Key, x.Documents, x.Clauses})
		}
	}
	return events
}

// Drafted means the book holds the text of a document that is not in force.
type Drafted struct {
	Document Head    `json:"document"`
	Values   []Value `json:"values"`
}

// Evolve adds the draft.
func (e Drafted) Evolve(b Book) Book {
	return b.with(Document{Head: e.Document, Values: e.Values, Status: Drafting})
}

// AddProvisions extends a draft.
type AddProvisions struct {
	Document string  `json:"document" maxLength:"60"`
	Values   []Value `json:"values" minItems:"1" maxItems:"500"`
}

// Decide extends only what is not published; the legal review has to see the whole.
func (c AddProvisions) Decide(b Book, act domain.Act) ([]Event, error) {
	if err := assigned(act, "draft"); err != nil {
		return nil, err
	}
	d, err := b.draft(c.Document)
	if err != nil {
		return nil, err
	}
	values, err := checked(d.Values, c.Values)
	if err != nil {
		return nil, err
	}
	added := ProvisionsAdded{c.Document, values}
	return append([]Event{added}, added.Evolve(b).found(c.Document, keys(values), act)...), nil
}

// draft finds a document that is not published yet.
func (b Book) draft(id string) (Document, error) {
	d, ok := b.documents[id]
	switch {
	case !ok:
		return d, ErrNoDocument.With("document", id)
	case d.Version > 0:
		return d, ErrPublished.With("document", id)
	}
	return d, nil
}

// standing finds a document that is published and that nothing ends.
func (b Book) standing(id string) (Document, error) {
	d, ok := b.documents[id]
	switch {
	case !ok:
		return d, ErrNoDocument.With("document", id)
	case d.Status != InForce:
		return d, ErrNotInForce.With("document", id)
	}
	return d, nil
}

// reviewed finds a document that passed the legal review: a draft, or one that is in force.
func (b Book) reviewed(id string) (Document, error) {
	d, ok := b.documents[id]
	switch {
	case !ok:
		return d, ErrNoDocument.With("document", id)
	case d.Status != Checked && d.Status != InForce:
		return d, ErrNotReviewed.With("document", id)
	}
	return d, nil
}

// ProvisionsAdded means the draft says more.
type ProvisionsAdded struct {
	Document string  `json:"document"`
	Values   []Value `json:"values"`
}

// Evolve extends the draft, which is to be reviewed again.
func (e ProvisionsAdded) Evolve(b Book) Book {
	d, err := b.draft(e.Document)
	if err != nil {
		return b
	}
	d.Values, d.Status = append(slices.Clip(d.Values), e.Values...), Drafting
	return b.with(d)
}

// ConflictFound means a draft states a value that differs from one in force; its publication will be refused until the
// conflict is resolved.
type ConflictFound struct {
	Key       string   `json:"key"`
	Documents []string `json:"documents"`
	Clauses   []string `json:"clauses"`
}

// Evolve changes nothing: the values themselves show the conflict for as long as it is there.
func (e ConflictFound) Evolve(b Book) Book { return b }

// Review is the legal review (合法性审查) of a draft.
type Review struct {
	Document string `json:"document" maxLength:"60"`
	OK       bool   `json:"ok"`
	Opinion  string `json:"opinion" maxLength:"4000"`
}

// Decide reviews what is not published.
func (c Review) Decide(b Book, act domain.Act) ([]Event, error) {
	if err := assigned(act, "review"); err != nil {
		return nil, err
	}
	if _, err := b.draft(c.Document); err != nil {
		return nil, err
	}
	return []Event{Reviewed(c)}, nil
}

// Reviewed means the legal review gave its opinion; only a draft that it found in order can be published.
type Reviewed struct {
	Document string `json:"document"`
	OK       bool   `json:"ok"`
	Opinion  string `json:"opinion"`
}

// Evolve keeps the outcome.
func (e Reviewed) Evolve(b Book) Book {
	d, err := b.draft(e.Document)
	if err != nil {
		return b
	}
	d.Status = Drafting
	if e.OK {
		d.Status = Checked
	}
	return b.with(d)
}

// Publish puts drafted documents in force together, as one version of the book.
type Publish struct {
	Documents     []string    `json:"documents" minItems:"1" maxItems:"40"`
	EffectiveFrom domain.Date `json:"effective_from" required:"false" doc:"where the documents state no date of effect"`
	InForceBy     string      `json:"in_force_by" required:"false" maxLength:"200" doc:"the document or order that puts them in force, where they state no date"`
	Moment        Moment      `json:"moment" required:"false" enum:"startOfDay,instant" doc:"where no text states it"`
	Reason        string      `json:"reason" required:"false" maxLength:"1000" doc:"for a date that is past"`
	Approver      string      `json:"approver" required:"false" maxLength:"200" doc:"the post or body that approved a date that is past"`
}

// Decide publishes what passed the legal review and conflicts with nothing. A date that is past needs a reason and an
// approver, and changes no decision already taken: those were taken on the book as it was known.
func (c Publish) Decide(b Book, act domain.Act) ([]Event, error) {
	if err := keeper(act); err != nil {
		return nil, err
	}
	if len(c.Documents) == 0 {
		return nil, ErrNoDocument.With("document", "")
	}
	var documents []Document
	for i, id := range c.Documents {
		d, err := b.draft(id)
		if err != nil {
			return nil, err
		}
		switch {
		case slices.Contains(c.Documents[:i], id):
			return nil, ErrPublished.With("document", id)
		case d.Status != Checked:
			return nil, ErrNotReviewed.With("document", id)
		}
		documents = append(documents, d)
	}
	date, err := c.date(documents)
	if err != nil {
		return nil, err
	}
	moment, err := c.moment(documents, act)
	if err != nil {
		return nil, err
	}
	published := Published{Version: b.Version + 1, EffectiveFrom: date, From: moment.on(date, act), InForceBy: c.InForceBy}
	var conflicting []string
	for _, d := range documents {
		e := Entry{Document: d.ID}
		if !d.EffectiveTo.IsZero() {
			e.Until = domain.At(d.EffectiveTo.End(act.Zone))
			if !published.From.Before(e.Until.Time) {
				return nil, ErrEnd.With("document", d.ID)
			}
		}
		published.Documents = append(published.Documents, e)
		conflicting = append(conflicting, keys(d.Values)...)
	}
	events := []Event{published}
	if past(act, date) {
		if strings.TrimSpace(c.Reason) == "" || strings.TrimSpace(c.Approver) == "" {
			return nil, ErrRetroactive.With("date", date.String())
		}
		events[0] = PublishedRetroactively{published, c.Reason, c.Approver}
	}
	events = append(events, b.supersessions(published)...)
	slices.Sort(conflicting)
	return b.unless(events, slices.Compact(conflicting))
}

// unless gives the events, or the refusal where they would leave two values in force for one of the keys.
func (b Book) unless(events []Event, keys []string) ([]Event, error) {
	for _, e := range events {
		b = e.Evolve(b)
	}
	if conflicts := b.conflicts(keys); len(conflicts) > 0 {
		return nil, refusal(conflicts)
	}
	return events, nil
}

// supersessions are the ends of what the published documents say they supersede.
func (b Book) supersessions(p Published) (events []Event) {
	for _, entry := range p.Documents {
		for _, old := range b.documents[entry.Document].Supersedes {
			if d := b.documents[old]; d.Status == InForce && old != entry.Document {
				events = append(events, Superseded{p.Version, old, entry.Document, p.EffectiveFrom, p.From})
			}
		}
	}
	return events
}

// date is the one date of effect of the publication: the order's, or what the documents state.
func (c Publish) date(documents []Document) (domain.Date, error) {
	date := c.EffectiveFrom
	for _, d := range documents {
		switch {
		case d.EffectiveFrom.IsZero() && c.EffectiveFrom.IsZero():
			return date, ErrNoDate.With("document", d.ID)
		case d.EffectiveFrom.IsZero() && strings.TrimSpace(c.InForceBy) == "":
			return date, ErrNoOrder.With("document", d.ID)
		case d.EffectiveFrom.IsZero():
		case !date.IsZero() && date != d.EffectiveFrom:
			return date, ErrOtherDate.With("document", d.ID, "date", d.EffectiveFrom.String())
		default:
			date = d.EffectiveFrom
		}
	}
	return date, nil
}

// moment is the moment of effect that is in force, else the one that the documents themselves state, else the order's.
func (c Publish) moment(documents []Document, act domain.Act) (Moment, error) {
	if EffectiveMoment.Has(act) {
		return EffectiveMoment.Of(act), nil
	}
	for _, d := range documents {
		for _, v := range d.Values {
			var m Moment
			if v.Key == EffectiveMoment.Name && !v.Blank && json.Unmarshal(v.Value, &m) == nil {
				return m, nil
			}
		}
	}
	if c.Moment.Check() != nil {
		return "", ErrNoMoment
	}
	return c.Moment, nil
}

// Published means the documents are in force from an instant on.
type Published struct {
	Version       int64          `json:"version"` // of the book
	Documents     []Entry        `json:"documents"`
	EffectiveFrom domain.Date    `json:"effective_from"`
	From          domain.Instant `json:"from"`
	InForceBy     string         `json:"in_force_by"`
}

// Entry is one document of a publication. Until is the first instant after its end; zero: it states none.
type Entry struct {
	Document string         `json:"document"`
	Until    domain.Instant `json:"until"`
}

// Evolve puts the documents in force.
func (e Published) Evolve(b Book) Book {
	return b.published(e.Version, e.Documents, e.From, e.InForceBy)
}

// PublishedRetroactively means the documents are in force from a date that was past when they were published. Decisions
// already taken stay as they are; they may be taken again by an act of their own.
type PublishedRetroactively struct {
	Published
	Reason   string `json:"reason"`
	Approver string `json:"approver"`
}

// Evolve puts the documents in force.
func (e PublishedRetroactively) Evolve(b Book) Book { return e.Published.Evolve(b) }

// ResolveConflict decides which of two documents holds for a key.
type ResolveConflict struct {
	Key      string `json:"key" maxLength:"200"`
	Chosen   string `json:"chosen" maxLength:"60" doc:"document"`
	Rejected string `json:"rejected" maxLength:"60" doc:"document whose value for the key gives way"`
	Reason   string `json:"reason" minLength:"1" maxLength:"1000"`
	By       string `json:"by" minLength:"1" maxLength:"200" doc:"the body or post that decided"`
}

// Decide takes the decision where both documents state the key and not both are published yet: what is in force never
// conflicts.
func (c ResolveConflict) Decide(b Book, act domain.Act) ([]Event, error) {
	if err := keeper(act); err != nil {
		return nil, err
	}
	var both []Value
	published := 0
	for _, id := range []string{c.Chosen, c.Rejected} {
		d, ok := b.documents[id]
		if !ok {
			return nil, ErrNoDocument.With("document", id)
		}
		if i := slices.IndexFunc(d.Values, func(v Value) bool { return v.Key == c.Key && !v.Blank && !v.Also }); i >= 0 {
			both = append(both, d.Values[i])
		}
		if d.Version > 0 {
			published++
		}
	}
	if c.Chosen == c.Rejected || len(both) < 2 || published == 2 || same(both[0].Value, both[1].Value) {
		return nil, ErrNoConflict.With("key", c.Key)
	}
	if slices.Contains(b.yields, yield{c.Key, c.Chosen, c.Rejected}) {
		return nil, nil
	}
	return []Event{ConflictResolved(c)}, nil
}

// ConflictResolved means that on the key the one document's value gives way to the other's once both are published.
type ConflictResolved struct {
	Key      string `json:"key"`
	Chosen   string `json:"chosen"`
	Rejected string `json:"rejected"`
	Reason   string `json:"reason"`
	By       string `json:"by"`
}

// Evolve keeps the decision; a later one of the same pair takes its place.
func (e ConflictResolved) Evolve(b Book) Book {
	b.yields = slices.DeleteFunc(slices.Clone(b.yields), func(y yield) bool { return y == yield{e.Key, e.Rejected, e.Chosen} })
	b.yields = append(b.yields, yield{e.Key, e.Chosen, e.Rejected})
	return b
}

// Supersede ends a document because another takes its place.
type Supersede struct {
	Document      string      `json:"document" maxLength:"60"`
	By            string      `json:"by" maxLength:"60" doc:"the document that takes its place"`
	EffectiveFrom domain.Date `json:"effective_from"`
}

// Decide ends what is in force for a document that passed the legal review. From then on until the other is published its
// keys are not stated, and acts that need them are refused.
func (c Supersede) Decide(b Book, act domain.Act) ([]Event, error) {
	if err := keeper(act); err != nil {
		return nil, err
	}
	if _, err := b.standing(c.Document); err != nil {
		return nil, err
	}
	if _, err := b.reviewed(c.By); err != nil {
		return nil, err
	}
	if c.By == c.Document {
		return nil, ErrPublished.With("document", c.By)
	}
	from, err := forward(act, c.Document, c.EffectiveFrom)
	if err != nil {
		return nil, err
	}
	return []Event{Superseded{b.Version + 1, c.Document, c.By, c.EffectiveFrom, from}}, nil
}

// Superseded means the document ends because another takes its place.
type Superseded struct {
	Version       int64          `json:"version"` // of the book
	Document      string         `json:"document"`
	By            string         `json:"by"`
	EffectiveFrom domain.Date    `json:"effective_from"` // of what takes its place
	From          domain.Instant `json:"from"`
}

// Evolve ends the document's values.
func (e Superseded) Evolve(b Book) Book {
	return b.ended(e.Version, e.Document, e.By, e.From, Replaced)
}

// ended ends a published document for good.
func (b Book) ended(version int64, document, by string, from domain.Instant, as Status) Book {
	d, err := b.standing(document)
	if err != nil {
		return b
	}
	d.Status, d.To, d.EndedBy = as, earlier(d.To, from), by
	return b.end(version, document, from).with(d)
}

// issuer is who issued a document: as it states, else whoever issued the document that put it in force.
func (b Book) issuer(id string) string {
	for range len(b.order) {
		d, ok := b.documents[id]
		if !ok {
			return ""
		}
		if d.Issuer != nil {
			return *d.Issuer
		}
		id = d.InForceBy
	}
	return ""
}

// fromIssuer finds the document by which the issuer of another acts on it. Who issued neither text cannot be shown to be
// the issuer.
func (b Book) fromIssuer(order, target string) error {
	if _, err := b.reviewed(order); err != nil {
		return err
	}
	if issuer := b.issuer(order); issuer == "" || issuer != b.issuer(target) || order == target {
		return ErrNotIssuer.With("document", target)
	}
	return nil
}

// Amend changes values of a published document from a date on, by a document of its issuer.
type Amend struct {
	Document      string      `json:"document" maxLength:"60"`
	By            string      `json:"by" maxLength:"60" doc:"the issuer's document that amends it"`
	EffectiveFrom domain.Date `json:"effective_from"`
	Values        []Value     `json:"values" minItems:"1" maxItems:"500"`
}

// Decide takes an amendment of the issuer that conflicts with nothing in force.
func (c Amend) Decide(b Book, act domain.Act) ([]Event, error) {
	if err := assigned(act, "amend"); err != nil {
		return nil, err
	}
	if _, err := b.standing(c.Document); err != nil {
		return nil, err
	}
	if err := b.fromIssuer(c.By, c.Document); err != nil {
		return nil, err
	}
	values, err := checked(nil, c.Values)
	if err != nil {
		return nil, err
	}
	from, err := forward(act, c.Document, c.EffectiveFrom)
	if err != nil {
		return nil, err
	}
	return b.unless([]Event{Amended{b.Version + 1, c.Document, c.By, c.EffectiveFrom, from, values}}, keys(values))
}

// Amended means the document says something else of some keys from an instant on.
type Amended struct {
	Version       int64          `json:"version"` // of the book
	Document      string         `json:"document"`
	By            string         `json:"by"`
	EffectiveFrom domain.Date    `json:"effective_from"`
	From          domain.Instant `json:"from"`
	Values        []Value        `json:"values"`
}

// Evolve puts the new values in the place of the document's own.
func (e Amended) Evolve(b Book) Book { return b.changed(e.Version, e.Document, e.Values, e.From) }

// changed enters values of a document that is in force.
func (b Book) changed(version int64, document string, values []Value, from domain.Instant) Book {
	d, err := b.standing(document)
	if err != nil {
		return b
	}
	return b.enter(version, d.Head, values, from, d.To)
}

// Repeal ends a document by a document of its issuer.
type Repeal struct {
	Document      string      `json:"document" maxLength:"60"`
	By            string      `json:"by" maxLength:"60" doc:"the issuer's document that repeals it"`
	EffectiveFrom domain.Date `json:"effective_from"`
}

// Decide lets only the issuer repeal; the office proposes (REG-21 二.13).
func (c Repeal) Decide(b Book, act domain.Act) ([]Event, error) {
	if err := keeper(act); err != nil {
		return nil, err
	}
	if _, err := b.standing(c.Document); err != nil {
		return nil, err
	}
	if err := b.fromIssuer(c.By, c.Document); err != nil {
		return nil, err
	}
	from, err := forward(act, c.Document, c.EffectiveFrom)
	if err != nil {
		return nil, err
	}
	return []Event{Repealed{b.Version + 1, c.Document, c.By, c.EffectiveFrom, from}}, nil
}

// Repealed means the document ends and nothing takes its place.
type Repealed struct {
	Version       int64          `json:"version"` // of the book
	Document      string         `json:"document"`
	By            string         `json:"by"`
	EffectiveFrom domain.Date    `json:"effective_from"` // of the repeal
	From          domain.Instant `json:"from"`
}

// Evolve ends the document's values.
func (e Repealed) Evolve(b Book) Book { return b.ended(e.Version, e.Document, e.By, e.From, Withdrawn) }

// ProposeRepeal asks the issuer of a document to repeal it.
type ProposeRepeal struct {
	Document string `json:"document" maxLength:"60"`
	Reason   string `json:"reason" minLength:"1" maxLength:"1000"`
}

// Decide records one proposal for a document in force.
func (c ProposeRepeal) Decide(b Book, act domain.Act) ([]Event, error) {
	if err := assigned(act, "repeal"); err != nil {
		return nil, err
	}
	d, err := b.standing(c.Document)
	if err != nil || d.Proposed {
		return nil, err
	}
	return []Event{RepealProposed(c)}, nil
}

// RepealProposed means the office proposed the repeal; the document stays in force.
type RepealProposed struct {
	Document string `json:"document"`
	Reason   string `json:"reason"`
}

// Evolve notes the proposal.
func (e RepealProposed) Evolve(b Book) Book {
	d, err := b.standing(e.Document)
	if err != nil {
		return b
	}
	d.Proposed = true
	return b.with(d)
}

// Interpret settles how a clause is read, and may fix values or boundaries by it (以上, 以内).
type Interpret struct {
	Document      string      `json:"document" maxLength:"60"`
	Clause        string      `json:"clause" minLength:"1" maxLength:"200"`
	Reading       string      `json:"reading" minLength:"1" maxLength:"4000"`
	By            string      `json:"by" minLength:"1" maxLength:"200" doc:"the interpreting body"`
	EffectiveFrom domain.Date `json:"effective_from"`
	Values        []Value     `json:"values" required:"false" maxItems:"100" doc:"what the reading fixes"`
}

// Decide takes a reading of whoever the document names as its interpreter, else of its issuer where one is known.
func (c Interpret) Decide(b Book, act domain.Act) ([]Event, error) {
	if err := assigned(act, "interpret"); err != nil {
		return nil, err
	}
	d, err := b.standing(c.Document)
	if err != nil {
		return nil, err
	}
	interpreter := b.issuer(c.Document)
	if d.Interpreter != nil {
		interpreter = *d.Interpreter
	}
	if interpreter != "" && interpreter != c.By {
		return nil, ErrNotInterpreter.With("document", c.Document, "interpreter", interpreter)
	}
	values, err := checked(nil, c.Values)
	if err != nil {
		return nil, err
	}
	from, err := forward(act, c.Document, c.EffectiveFrom)
	if err != nil {
		return nil, err
	}
	version := b.Version
	if len(values) > 0 {
		version++
	}
	for i := range values {
		if values[i].Clause == "" {
			values[i].Clause = c.Clause
		}
	}
	return b.unless([]Event{Interpreted{version, c.Document, c.Clause, c.Reading, c.By, c.EffectiveFrom, from, values}}, keys(values))
}

// Interpreted means the clause is read so from an instant on; what it fixes is cited as the document's own.
type Interpreted struct {
	Version       int64          `json:"version"` // of the book; a reading that fixes no value leaves it
	Document      string         `json:"document"`
	Clause        string         `json:"clause"`
	Reading       string         `json:"reading"`
	By            string         `json:"by"`
	EffectiveFrom domain.Date    `json:"effective_from"`
	From          domain.Instant `json:"from"`
	Values        []Value        `json:"values"`
}

// Evolve enters what the reading fixes.
func (e Interpreted) Evolve(b Book) Book {
	if len(e.Values) == 0 {
		return b
	}
	return b.changed(e.Version, e.Document, e.Values, e.From)
}

// SetAuthority sets rows of the authority table (权限表): who signs, who countersigns, which body decides.
type SetAuthority struct {
	Document      string      `json:"document" maxLength:"60" doc:"the order that sets them; it passed the legal review"`
	EffectiveFrom domain.Date `json:"effective_from"`
	Values        []Value     `json:"values" minItems:"1" maxItems:"200" doc:"each of a key apr.authority[…]"`
}

// Decide takes rows of the table only, which conflict with nothing in force.
func (c SetAuthority) Decide(b Book, act domain.Act) ([]Event, error) {
	if err := keeper(act); err != nil {
		return nil, err
	}
	if _, err := b.reviewed(c.Document); err != nil {
		return nil, err
	}
	for _, v := range c.Values {
		if !strings.HasPrefix(v.Key, "apr.authority[") {
			return nil, ErrNotAuthority.With("key", v.Key)
		}
	}
	values, err := checked(nil, c.Values)
	if err != nil {
		return nil, err
	}
	from, err := forward(act, c.Document, c.EffectiveFrom)
	if err != nil {
		return nil, err
	}
	return b.unless([]Event{AuthorityChanged{b.Version + 1, c.Document, c.EffectiveFrom, from, values}}, keys(values))
}

// AuthorityChanged means rows of the authority table are what the order says, and the order is cited for them.
type AuthorityChanged struct {
	Version       int64          `json:"version"` // of the book
	Document      string         `json:"document"`
	EffectiveFrom domain.Date    `json:"effective_from"`
	From          domain.Instant `json:"from"`
	Values        []Value        `json:"values"`
}

// Evolve enters the rows as values of the order. An order that says nothing else is in force by that.
func (e AuthorityChanged) Evolve(b Book) Book {
	d, err := b.reviewed(e.Document)
	if err != nil {
		return b
	}
	if d.Version == 0 && len(d.Values) == 0 {
		d.Status, d.Version, d.From = InForce, e.Version, e.From
	}
	return b.enter(e.Version, d.Head, e.Values, e.From, d.To).with(d)
}

// FlagSource notes that the source of a document does not print all of it.
type FlagSource struct {
	Document string `json:"document" maxLength:"60"`
	Note     string `json:"note" minLength:"1" maxLength:"500"`
}

// Decide notes what is new.
func (c FlagSource) Decide(b Book, act domain.Act) ([]Event, error) {
	if err := keeper(act); err != nil {
		return nil, err
	}
	d, ok := b.documents[c.Document]
	if !ok {
		return nil, ErrNoDocument.With("document", c.Document)
	}
	if d.Truncated == c.Note {
		return nil, nil
	}
	return []Event{SourceTruncated(c)}, nil
}

// SourceTruncated means the source is known to be incomplete.
type SourceTruncated struct {
	Document string `json:"document"`
	Note     string `json:"note"`
}

// Evolve keeps the note.
func (e SourceTruncated) Evolve(b Book) Book {
	d, ok := b.documents[e.Document]
	if !ok {
		return b
	}
	d.Truncated = e.Note
	return b.with(d)
}

// DeclareBlank notes that a document leaves a key open that it was not known to raise.
type DeclareBlank struct {
	Document string `json:"document" maxLength:"60"`
	Key      string `json:"key" minLength:"1" maxLength:"200"`
	Clause   string `json:"clause" maxLength:"200"`
	Note     string `json:"note" maxLength:"500"`
}

// Decide notes a blank once; what the document says of the key is not taken back.
func (c DeclareBlank) Decide(b Book, act domain.Act) ([]Event, error) {
	if err := keeper(act); err != nil {
		return nil, err
	}
	d, ok := b.documents[c.Document]
	if !ok {
		return nil, ErrNoDocument.With("document", c.Document)
	}
	for _, v := range d.Values {
		if v.Key == c.Key && v.Blank {
			return nil, nil
		}
		if v.Key == c.Key {
			return nil, ErrStated.With("document", c.Document, "key", c.Key)
		}
	}
	version := b.Version
	if d.Version > 0 {
		version++
	}
	return []Event{ValueLeftBlank{version, c.Document, c.Key, c.Clause, c.Note, act.Received}}, nil
}

// ValueLeftBlank means the document is known to leave the key open: an act that needs it is refused until another
// document fills it.
type ValueLeftBlank struct {
	Version  int64          `json:"version"` // of the book; a blank in a draft leaves it
	Document string         `json:"document"`
	Key      string         `json:"key"`
	Clause   string         `json:"clause"`
	Note     string         `json:"note"`
	From     domain.Instant `json:"from"`
}

// Evolve adds the blank to the document, and to what is in force.
func (e ValueLeftBlank) Evolve(b Book) Book {
	d, ok := b.documents[e.Document]
	if !ok {
		return b
	}
	blank := Value{Key: e.Key, Blank: true, Clause: e.Clause, Note: e.Note}
	d.Values = append(slices.Clip(d.Values), blank)
	if d.Version == 0 {
		d.Status = Drafting
	}
	b = b.with(d)
	if d.Version > 0 {
		b = b.enter(e.Version, d.Head, []Value{blank}, e.From, d.To)
	}
	return b
}
