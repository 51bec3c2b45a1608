package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"andu/domain"
	"andu/domain/domaintest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// document reads one document of a demonstration office.
func document(t testing.TB, name string) (d Draft) {
	t.Helper()
	raw, err := os.ReadFile("../../presets/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

var (
	county = []string{"county/REG-04", "county/REG-11", "county/REG-16", "county/REG-19b", "county/REG-19c", "county/REG-21"}
	bureau = []string{"bureau/REG-20", "bureau/REG-08"}
)

// desk keeps a book as the product does: every decision is taken on the fold and on the policy in force.
type desk struct {
	t    testing.TB
	book Book
	at   domain.Instant
}

func (d *desk) try(cmd domain.Command[Book]) ([]Event, error) {
	d.t.Helper()
	act := domain.NewAct(domain.Act{Office: "office", Actor: domain.Actor{Person: "p-1", Post: "clerk"}, Occurred: d.at, Received: d.at, Zone: domaintest.Zone,
		Command: domaintest.Command}, &domain.Inputs{Policy: d.book.Policy("office"), NewID: domaintest.NewID})
	return domain.Decide(cmd, d.book, act)
}

func (d *desk) do(cmd domain.Command[Book]) []Event {
	d.t.Helper()
	events, err := d.try(cmd)
	if err != nil {
		d.t.Fatalf("%T: %v", cmd, err)
	}
	for _, r := range domaintest.Record(d.t, Context, events...) {
		d.book = r.Event.(Event).Evolve(d.book)
	}
	return events
}

// draft drafts and reviews documents, and gives their ids.
func (d *desk) draft(names ...string) (ids []string) {
	d.t.Helper()
	for _, name := range names {
		doc := document(d.t, name)
		d.do(doc)
		d.do(Review{doc.Document.ID, true, ""})
		ids = append(ids, doc.Document.ID)
	}
	return ids
}

// publish drafts, reviews and publishes documents from 2018 on.
func (d *desk) publish(names ...string) {
	d.t.Helper()
	d.do(d.order(d.draft(names...)...))
}

func (d *desk) order(ids ...string) Publish {
	return Publish{Documents: ids, EffectiveFrom: date("2018-01-01"), InForceBy: "SUP-A", Moment: StartOfDay, Reason: "demonstration", Approver: "director"}
}

func open(t testing.TB) *desk { return &desk{t: t, at: domaintest.Time("2018-01-01 09:00")} }

func date(s string) domain.Date {
	d, err := domain.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// blankRows are the blank rows of the requirements, as the office's documents hold them.
func blankRows(t testing.TB, names []string) (rows []string) {
	for _, name := range names {
		d := document(t, name)
		for _, v := range d.Values {
			if v.Blank {
				rows = append(rows, v.Key+" "+d.Document.ID)
			}
		}
		for _, field := range d.Document.unstated() {
			rows = append(rows, "policy.meta["+d.Document.ID+"]."+field+" "+d.Document.ID)
		}
	}
	slices.Sort(rows)
	return rows
}

func listed(blanks []domain.Provision) (rows []string) {
	for _, b := range blanks {
		rows = append(rows, b.Key+" "+b.Document)
	}
	slices.Sort(rows)
	return rows
}

// G30: the blanks of an office alone are exactly its blank rows; a supplement fills them and is cited as itself.
func TestBlanks(t *testing.T) {
	a := open(t)
	a.draft(county...)
	a.do(ResolveConflict{"stu.schedule", "REG-04", "REG-19c", "until the office decides", "director"})
	a.do(ResolveConflict{"apr.authority[人事].body", "REG-11", "REG-21", "until the office decides", "director"})
	a.do(a.order("REG-04", "REG-11", "REG-16", "REG-19b", "REG-19c", "REG-21"))
	b := open(t)
	b.publish(bureau...)
	for _, tc := range []struct {
		office *desk
		rows   []string
		count  int
	}{{a, blankRows(t, county), 115 + 29}, {b, blankRows(t, bureau), 148 + 9}} {
		if got := listed(tc.office.book.Blanks(tc.office.at)); len(got) != tc.count || !slices.Equal(got, tc.rows) {
			t.Errorf("%d blanks, want the %d rows of the office", len(got), tc.count)
		}
	}

	read := func(d *desk, key string) string {
		in := &domain.Inputs{Policy: d.book.Policy("office"), NewID: domaintest.NewID}
		act := domain.NewAct(domain.Act{Occurred: d.at, Received: d.at, Zone: domaintest.Zone}, in)
		domain.Key[any]{Name: key}.Of(act)
		if err := in.Verdict(); err != nil {
			return err.Error()
		}
		return in.Readings()[0].Provision.Document
	}
	for key, clause := range map[string]string{"apr.authority[其他文件].signer": "(REG-16 四.1(1))", "rcv.requiredFields": "(no clause)", "att.season.summer.from": "(REG-04 一.2)"} {
		if got := read(a, key); !strings.Contains(got, key) || !strings.Contains(got, clause) {
			t.Errorf("a blank was read as %q", got)
		}
	}
	a.publish("county/supplement")
	for _, key := range []string{"apr.authority[其他文件].signer", "rcv.requiredFields", "att.season.summer.from", "leave.phoneIn.paperDueDays"} {
		if got := read(a, key); got != "SUP-A" {
			t.Errorf("%s is cited as %s", key, got)
		}
	}
	if got := read(a, "apr.authority[县政府下发文件].signer"); got != "REG-16" {
		t.Errorf("what a regulation states is cited as %s", got)
	}
	for _, left := range listed(a.book.Blanks(a.at)) {
		if !strings.HasPrefix(left, "policy.meta[") && left != "leave.tiers[*].boundary REG-04" {
			t.Errorf("the supplement leaves %s", left)
		}
		if strings.Contains(left, "effectiveFrom") {
			t.Errorf("the supplement puts the regulations in force, and %s is still blank", left)
		}
	}
}

// G31: a second study day is shown in the preview and not published until somebody chooses.
func TestTwoClauses(t *testing.T) {
	setUp := func() *desk {
		d := open(t)
		d.publish("county/REG-04")
		d.publish("county/supplement")
		d.draft("county/REG-19c")
		return d
	}
	d := setUp()
	want := Conflict{"stu.schedule", []string{"REG-04", "REG-19c"}, []string{"REG-04 三.1", "REG-19c 四"}, []string{"thu"}}
	before := d.book
	conflicts, warnings := d.book.Preview("REG-19c", d.at)
	if diff := cmp.Diff([]Conflict{want}, conflicts); diff != "" {
		t.Error(diff)
	}
	if len(warnings) != 1 || warnings[0].At != "08:15" || !slices.Equal(warnings[0].Days, []string{"tue", "thu"}) ||
		warnings[0].Clause != "REG-04 三.1" || warnings[0].OtherClause != "REG-04 一.2" {
		t.Errorf("warnings %+v", warnings)
	}
	if !reflect.DeepEqual(before, d.book) {
		t.Error("a preview changed the book")
	}
	_, err := d.try(d.order("REG-19c"))
	var refused *domain.Refusal
	if !errors.As(err, &refused) || refused.Code != ErrTwoValues.Code || !refused.Recorded ||
		refused.Params["keys"] != "stu.schedule" || refused.Params["clauses"] != "REG-04 三.1 / REG-19c 四" {
		t.Fatalf("refusal %v", err)
	}

	holds := func(d *desk) string {
		p, ok := d.book.Policy("office").At("stu.schedule", d.at)
		if !ok {
			return "nothing"
		}
		return cite(p)
	}
	d.do(ResolveConflict{"stu.schedule", "REG-04", "REG-19c", "one study day", "主任办公会议"})
	d.do(d.order("REG-19c"))
	if got := holds(d); got != "REG-04 三.1" {
		t.Errorf("REG-04 chosen: %s holds", got)
	}
	d = setUp()
	d.do(ResolveConflict{"stu.schedule", "REG-19c", "REG-04", "one study day", "主任办公会议"})
	d.do(d.order("REG-19c"))
	if got := holds(d); got != "REG-19c 四" {
		t.Errorf("REG-19c chosen: %s holds", got)
	}
	d = setUp()
	d.do(Supersede{"REG-04", "REG-19c", date("2018-01-01")})
	d.do(d.order("REG-19c"))
	if got := holds(d); got != "REG-19c 四" {
		t.Errorf("REG-04 superseded: %s holds", got)
	}
	d = setUp()
	d.publish("county/A-excl")
	if _, warnings := d.book.Preview("REG-19c", d.at); len(warnings) != 0 {
		t.Errorf("where the cut-off is exclusive there is a warning: %+v", warnings)
	}
	if p, _ := d.book.Policy("office").At("att.cutoffInclusive", d.at); p.Document != "SUP-A-excl" || string(p.Value) != "false" {
		t.Errorf("a value that replaces another: %+v", p)
	}
}

// The whole office goes into force by one order, its two conflicts settled by the supplement and a reading (demonstration).
func TestOneOrder(t *testing.T) {
	d := open(t)
	d.publish(append(slices.Clone(county), "county/supplement", "county/A-lower", "county/A-study04")...)
	policy := d.book.Policy("office")
	if policy.Version != 1 || policy.Stream != "policy-office" {
		t.Errorf("version %d of %s", policy.Version, policy.Stream)
	}
	for key, document := range map[string]string{"stu.schedule": "SUP-A-study04", "apr.authority[人事].body": "SUP-A", "leave.tiers[*].boundary": "SUP-A-lower"} {
		if p, _ := policy.At(key, d.at); p.Document != document {
			t.Errorf("%s is cited as %s", key, p.Document)
		}
	}
	if p, _ := policy.At("rcv.steps", d.at); !strings.Contains(string(p.Value), "distribute") || !strings.Contains(string(p.Value), "urge") {
		t.Errorf("lists of several documents: %s", p.Value)
	}
	for _, b := range d.book.Blanks(d.at) {
		if !strings.HasPrefix(b.Key, "policy.meta[") {
			t.Errorf("%s is left blank", b.Key)
		}
	}
	if _, err := d.try(d.order("REG-04")); !errors.Is(err, ErrPublished) {
		t.Errorf("published twice: %v", err)
	}
}

func text(s string) *string { return &s }

func raw(s string) json.RawMessage { return json.RawMessage(s) }

// rules is a small document.
func rules(id string, values ...Value) Drafted {
	for i := range values {
		values[i].Replaces = append([]string{}, values[i].Replaces...)
	}
	return Drafted{Head{ID: id, Title: "值班制度", Issuer: text("办公室"), Supersedes: []string{}}, values}
}

func one(key, value string) Value { return Value{Key: key, Value: raw(value), Clause: "一"} }

func instant(s string) domain.Instant { return domaintest.Time(s) }

func ok(id string) Reviewed { return Reviewed{id, true, ""} }

// standing are the events of a document in force since 1 April 2026.
func standing(version int64, d Drafted) []Event {
	return []Event{d, ok(d.Document.ID), Published{version, []Entry{{Document: d.Document.ID}}, date("2026-04-01"), instant("2026-04-01"), "办字1号"}}
}

func given(groups ...[]Event) []Event { return slices.Concat(groups...) }

func TestRules(t *testing.T) {
	var (
		keeperOnly = map[string]any{"policy.keeper": []string{"registrar"}}
		startOfDay = map[string]any{"policy.effectiveMoment": "startOfDay"}
		r1         = rules("R1", one("a", "1"), Value{Key: "b", Blank: true, Clause: "二"})
		r2         = rules("R2", one("a", "2"))
		order      = rules("办字2号")
		publish    = Publish{Documents: []string{"R1"}, EffectiveFrom: date("2026-05-01"), InForceBy: "办字1号", Moment: StartOfDay}
		published  = Published{1, []Entry{{Document: "R1"}}, date("2026-05-01"), instant("2026-05-01"), "办字1号"}
		system     = domain.Actor{Person: domain.System}
		may        = date("2026-05-01")
		a3         = Value{Key: "a", Value: raw("3"), Clause: "一", Replaces: []string{}}
		signer     = Value{Key: "apr.authority[其他文件].signer", Value: raw(`["deputy"]`), Clause: "一", Replaces: []string{}}
	)
	dated := rules("R1", one("a", "1"))
	dated.Document.EffectiveFrom, dated.Document.EffectiveTo = may, date("2026-12-31")
	replacing := rules("R2", one("a", "2"))
	replacing.Document.Supersedes = []string{"R1", "unknown"}
	moment := rules("R1", one("policy.effectiveMoment", `"instant"`))
	read := rules("R1", one("a", "1"))
	read.Document.Interpreter = text("县政府办办公室")
	silent := rules("R1", one("a", "1"))
	silent.Document.Issuer = nil
	by := func(e Published, order string) Published { e.InForceBy = order; return e }

	domaintest.Run(t, Context, []domaintest.Case[Book]{
		{Name: "a document is drafted", When: Draft(r1), Then: []Event{r1}},
		{Name: "a document is drafted once", Given: []Event{r1}, When: Draft(r1), Err: ErrExists},
		{Name: "a document has an id", When: Draft{}, Err: ErrNoDocument},
		{Name: "a document says one thing of a key", When: Draft(rules("R1", one("a", "1"), one("a", "1"))), Err: ErrTwice},
		{Name: "a document does not state what it leaves blank", When: Draft(rules("R1", one("a", "1"), Value{Key: "a", Blank: true})), Err: ErrTwice},
		{Name: "a key has a value or is blank", When: Draft(rules("R1", Value{Key: "a"})), Err: ErrNoValue},
		{Name: "null is no value", When: Draft(rules("R1", one("a", "null"))), Err: ErrNoValue},
		{Name: "a blank has no value", When: Draft(rules("R1", Value{Key: "a", Value: raw("1"), Blank: true})), Err: ErrNoValue},
		{Name: "a list is extended by a list", When: Draft(rules("R1", Value{Key: "a", Value: raw("1"), Also: true})), Err: ErrNotList},
		{Name: "a document may add to a list at several places", When: Draft(rules("R1", Value{Key: "a", Value: raw("[1]"), Also: true}, Value{Key: "a", Value: raw("[2]"), Also: true})),
			Then: []Event{rules("R1", Value{Key: "a", Value: raw("[1]"), Also: true}, Value{Key: "a", Value: raw("[2]"), Also: true})}},
		{Name: "a conflict with what is in force is found when it is drafted", Given: standing(1, r1), When: Draft(r2),
			Then: []Event{r2, ConflictFound{"a", []string{"R1", "R2"}, []string{"R1 一", "R2 一"}}}},
		{Name: "a draft that supersedes the other is in no conflict", Given: standing(1, r1), When: Draft(replacing), Then: []Event{replacing}},
		{Name: "the same value in two documents is no conflict", Given: standing(1, rules("R1", one("a", `{"x":1,"y":2}`))),
			When: Draft(rules("R2", one("a", `{"y":2,"x":1}`))), Then: []Event{rules("R2", one("a", `{"y":2,"x":1}`))}},
		{Name: "the system drafts nothing", Actor: system, When: Draft(r1), Err: domain.ErrSystem},
		{Name: "before a keeper is named whoever holds a post keeps the book, and nobody else", Actor: domain.Actor{Person: "p-1"}, When: Draft(r1), Err: ErrNotKeeper},

		{Name: "a draft is extended", Given: []Event{r1}, When: AddProvisions{"R1", []Value{{Key: "c", Value: raw("1"), Replaces: []string{}}}},
			Then: []Event{ProvisionsAdded{"R1", []Value{{Key: "c", Value: raw("1"), Replaces: []string{}}}}}},
		{Name: "an extension says nothing twice", Given: []Event{r1}, When: AddProvisions{"R1", []Value{one("b", "1")}}, Err: ErrTwice},
		{Name: "a published document is not extended", Given: standing(1, r1), When: AddProvisions{"R1", []Value{one("c", "1")}}, Err: ErrPublished},
		{Name: "only a draft is extended", When: AddProvisions{"R1", []Value{one("c", "1")}}, Err: ErrNoDocument},

		{Name: "a draft is reviewed", Given: []Event{r1}, When: Review{"R1", false, "无依据"}, Then: []Event{Reviewed{"R1", false, "无依据"}}},
		{Name: "a published document is not reviewed", Given: standing(1, r1), When: Review{"R1", true, ""}, Err: ErrPublished},
		{Name: "only a draft is reviewed", When: Review{"R1", true, ""}, Err: ErrNoDocument},

		{Name: "what passed the review is published", Given: []Event{r1, ok("R1")}, When: publish, Then: []Event{published}},
		{Name: "nothing is published without review", Given: []Event{r1}, When: publish, Err: ErrNotReviewed},
		{Name: "what the review refused is not published", Given: []Event{r1, ok("R1"), Reviewed{"R1", false, "x"}}, When: publish, Err: ErrNotReviewed},
		{Name: "what was extended after the review is reviewed again", Given: []Event{r1, ok("R1"), ProvisionsAdded{"R1", []Value{one("c", "1")}}}, When: publish, Err: ErrNotReviewed},
		{Name: "only a draft is published", When: publish, Err: ErrNoDocument},
		{Name: "something is published", When: Publish{}, Err: ErrNoDocument},
		{Name: "a document is published once", Given: standing(1, r1), When: publish, Err: ErrPublished},
		{Name: "a document is named once", Given: []Event{r1, ok("R1")}, When: Publish{Documents: []string{"R1", "R1"}, EffectiveFrom: may, InForceBy: "x", Moment: StartOfDay}, Err: ErrPublished},
		{Name: "a publication has a date", Given: []Event{r1, ok("R1")}, When: Publish{Documents: []string{"R1"}, InForceBy: "x", Moment: StartOfDay}, Err: ErrNoDate},
		{Name: "where the text states no date the issuing document is named", Given: []Event{r1, ok("R1")},
			When: Publish{Documents: []string{"R1"}, EffectiveFrom: may, InForceBy: " ", Moment: StartOfDay}, Err: ErrNoOrder},
		{Name: "the date that a text states holds", Given: []Event{dated, ok("R1")}, When: Publish{Documents: []string{"R1"}, Moment: StartOfDay},
			Then: []Event{Published{1, []Entry{{"R1", instant("2027-01-01")}}, may, instant("2026-05-01"), ""}}},
		{Name: "an order does not change the date that a text states", Given: []Event{dated, ok("R1")},
			When: Publish{Documents: []string{"R1"}, EffectiveFrom: date("2026-06-01"), InForceBy: "x", Moment: StartOfDay}, Err: ErrOtherDate},
		{Name: "a text that has ended is not put in force", Given: []Event{func() Drafted { d := dated; d.Document.EffectiveTo = date("2026-04-30"); return d }(), ok("R1")},
			When: Publish{Documents: []string{"R1"}, Moment: StartOfDay}, Err: ErrEnd},
		{Name: "the moment of effect is stated by somebody", Given: []Event{r1, ok("R1")}, When: Publish{Documents: []string{"R1"}, EffectiveFrom: may, InForceBy: "x"}, Err: ErrNoMoment},
		{Name: "a text may itself state the moment of effect", Given: []Event{moment, ok("R1")},
			When: Publish{Documents: []string{"R1"}, EffectiveFrom: date("2026-04-14"), InForceBy: "办字1号", Moment: StartOfDay},
			Then: []Event{Published{1, []Entry{{Document: "R1"}}, date("2026-04-14"), instant("2026-04-14 10:00"), "办字1号"}}},
		{Name: "the moment that is in force goes first", Given: []Event{r1, ok("R1")}, Policy: map[string]any{"policy.effectiveMoment": "instant"},
			When: Publish{Documents: []string{"R1"}, EffectiveFrom: date("2026-04-14"), InForceBy: "办字1号", Moment: StartOfDay},
			Then: []Event{Published{1, []Entry{{Document: "R1"}}, date("2026-04-14"), instant("2026-04-14 10:00"), "办字1号"}}},
		{Name: "a date that is past needs a reason and an approver", Given: []Event{r1, ok("R1")},
			When: Publish{Documents: []string{"R1"}, EffectiveFrom: date("2026-04-13"), InForceBy: "x", Moment: StartOfDay, Reason: "x"}, Err: ErrRetroactive},
		{Name: "with them it is published retroactively", Given: []Event{r1, ok("R1")},
			When: Publish{Documents: []string{"R1"}, EffectiveFrom: date("2026-04-13"), InForceBy: "办字1号", Moment: StartOfDay, Reason: "late", Approver: "director"},
			Then: []Event{PublishedRetroactively{Published{1, []Entry{{Document: "R1"}}, date("2026-04-13"), instant("2026-04-13"), "办字1号"}, "late", "director"}}},
		{Name: "two values for one key are not published", Given: given(standing(1, r1), []Event{r2, ok("R2")}),
			When: Publish{Documents: []string{"R2"}, EffectiveFrom: may, InForceBy: "x", Moment: StartOfDay}, Err: ErrTwoValues},
		{Name: "nor are they published together", Given: []Event{r1, ok("R1"), r2, ok("R2")},
			When: Publish{Documents: []string{"R1", "R2"}, EffectiveFrom: may, InForceBy: "x", Moment: StartOfDay}, Err: ErrTwoValues},
		{Name: "what supersedes the other ends it", Given: given(standing(1, r1), []Event{replacing, ok("R2")}),
			When: Publish{Documents: []string{"R2"}, EffectiveFrom: may, InForceBy: "办字1号", Moment: StartOfDay},
			Then: []Event{Published{2, []Entry{{Document: "R2"}}, may, instant("2026-05-01"), "办字1号"}, Superseded{2, "R1", "R2", may, instant("2026-05-01")}}},
		{Name: "only the keeper that policy names publishes", Given: []Event{r1, ok("R1")}, Policy: keeperOnly, When: publish, Err: ErrNotKeeper},
		{Name: "the keeper that policy names does", Given: []Event{r1, ok("R1")}, Policy: keeperOnly, Actor: domain.Actor{Person: "p-1", Post: "registrar"},
			When: publish, Then: []Event{published}},
		{Name: "the system publishes nothing", Given: []Event{r1, ok("R1")}, Actor: system, When: publish, Err: domain.ErrSystem},

		{Name: "a conflict is resolved before publication", Given: given(standing(1, r1), []Event{r2}), When: ResolveConflict{"a", "R2", "R1", "newer", "主任"},
			Then: []Event{ConflictResolved{"a", "R2", "R1", "newer", "主任"}}},
		{Name: "a conflict is resolved once", Given: given(standing(1, r1), []Event{r2, ConflictResolved{"a", "R2", "R1", "newer", "主任"}}),
			When: ResolveConflict{"a", "R2", "R1", "again", "主任"}},
		{Name: "a decision may be taken back before publication", Given: given(standing(1, r1), []Event{r2, ConflictResolved{"a", "R2", "R1", "newer", "主任"}}),
			When: ResolveConflict{"a", "R1", "R2", "older", "主任"}, Then: []Event{ConflictResolved{"a", "R1", "R2", "older", "主任"}}},
		{Name: "a key that one document does not state is in no conflict", Given: []Event{r1, r2}, When: ResolveConflict{"b", "R1", "R2", "x", "x"}, Err: ErrNoConflict},
		{Name: "equal values are in no conflict", Given: []Event{r1, rules("R2", one("a", "1"))}, When: ResolveConflict{"a", "R1", "R2", "x", "x"}, Err: ErrNoConflict},
		{Name: "a document is in no conflict with itself", Given: []Event{r1}, When: ResolveConflict{"a", "R1", "R1", "x", "x"}, Err: ErrNoConflict},
		{Name: "what is in force is in no conflict", Given: given(standing(1, r1), []Event{r2, ok("R2"), ConflictResolved{"a", "R2", "R1", "x", "x"},
			Published{2, []Entry{{Document: "R2"}}, may, instant("2026-05-01"), "x"}}), When: ResolveConflict{"a", "R1", "R2", "x", "x"}, Err: ErrNoConflict},
		{Name: "a conflict is between documents of the book", Given: []Event{r1}, When: ResolveConflict{"a", "R1", "R2", "x", "x"}, Err: ErrNoDocument},

		{Name: "a document in force is superseded", Given: given(standing(1, r1), []Event{r2, ok("R2")}), Policy: startOfDay, When: Supersede{"R1", "R2", may},
			Then: []Event{Superseded{2, "R1", "R2", may, instant("2026-05-01")}}},
		{Name: "it is superseded by what passed the review", Given: given(standing(1, r1), []Event{r2}), Policy: startOfDay, When: Supersede{"R1", "R2", may}, Err: ErrNotReviewed},
		{Name: "both are documents of the book", Given: standing(1, r1), Policy: startOfDay, When: Supersede{"R1", "R9", may}, Err: ErrNoDocument},
		{Name: "what is superseded is one, too", Given: []Event{r2, ok("R2")}, Policy: startOfDay, When: Supersede{"R9", "R2", may}, Err: ErrNoDocument},
		{Name: "it does not supersede itself", Given: standing(1, r1), Policy: startOfDay, When: Supersede{"R1", "R1", may}, Err: ErrPublished},
		{Name: "a draft is not superseded", Given: []Event{r1, r2, ok("R2")}, Policy: startOfDay, When: Supersede{"R1", "R2", may}, Err: ErrNotInForce},
		{Name: "it is not superseded backwards", Given: given(standing(1, r1), []Event{r2, ok("R2")}), Policy: startOfDay, When: Supersede{"R1", "R2", date("2026-04-13")}, Err: ErrPast},
		{Name: "it is superseded from a date on", Given: given(standing(1, r1), []Event{r2, ok("R2")}), Policy: startOfDay, When: Supersede{Document: "R1", By: "R2"}, Err: ErrNoDate},
		{Name: "where the moment of effect is blank nothing is superseded", Given: given(standing(1, r1), []Event{r2, ok("R2")}), When: Supersede{"R1", "R2", may}, Err: domain.ErrBlank},

		{Name: "the issuer amends its document", Given: given(standing(1, r1), []Event{order, ok("办字2号")}), Policy: startOfDay, When: Amend{"R1", "办字2号", may, []Value{a3}},
			Then: []Event{Amended{2, "R1", "办字2号", may, instant("2026-05-01"), []Value{a3}}}},
		{Name: "another organ does not amend it", Given: given(standing(1, r1), []Event{func() Drafted { d := order; d.Document.Issuer = text("股室"); return d }(), ok("办字2号")}),
			Policy: startOfDay, When: Amend{"R1", "办字2号", may, []Value{a3}}, Err: ErrNotIssuer},
		{Name: "a document does not amend itself", Given: standing(1, r1), Policy: startOfDay, When: Amend{"R1", "R1", may, []Value{a3}}, Err: ErrNotIssuer},
		{Name: "an amendment conflicts with nothing in force", Given: given(standing(1, r1), standing(2, rules("R3", one("c", "1"))), []Event{order, ok("办字2号")}), Policy: startOfDay,
			When: Amend{"R1", "办字2号", may, []Value{one("c", "2")}}, Err: ErrTwoValues},
		{Name: "an amendment passed the review", Given: given(standing(1, r1), []Event{order}), Policy: startOfDay, When: Amend{"R1", "办字2号", may, []Value{a3}}, Err: ErrNotReviewed},
		{Name: "a draft is not amended", Given: []Event{r1, order, ok("办字2号")}, Policy: startOfDay, When: Amend{"R1", "办字2号", may, []Value{a3}}, Err: ErrNotInForce},
		{Name: "an amendment says one thing of a key", Given: given(standing(1, r1), []Event{order, ok("办字2号")}), Policy: startOfDay,
			When: Amend{"R1", "办字2号", may, []Value{a3, a3}}, Err: ErrTwice},

		{Name: "the issuer repeals its document", Given: given(standing(1, r1), []Event{order, ok("办字2号")}), Policy: startOfDay, When: Repeal{"R1", "办字2号", may},
			Then: []Event{Repealed{2, "R1", "办字2号", may, instant("2026-05-01")}}},
		{Name: "where the text names no issuer, whoever put it in force repeals it",
			Given:  []Event{order, ok("办字2号"), silent, ok("R1"), by(Published{1, []Entry{{Document: "R1"}}, may, instant("2026-05-01"), ""}, "办字2号"), rules("办字3号"), ok("办字3号")},
			Policy: startOfDay, When: Repeal{"R1", "办字3号", may}, Then: []Event{Repealed{2, "R1", "办字3号", may, instant("2026-05-01")}}},
		{Name: "where nobody is known to have issued it, it is only proposed", Given: given(standing(1, silent), []Event{order, ok("办字2号")}), Policy: startOfDay,
			When: Repeal{"R1", "办字2号", may}, Err: ErrNotIssuer},
		{Name: "a draft is not repealed", Given: []Event{r1, order, ok("办字2号")}, Policy: startOfDay, When: Repeal{"R1", "办字2号", may}, Err: ErrNotInForce},
		{Name: "what was repealed is not repealed again", Given: given(standing(1, r1), []Event{order, ok("办字2号"), Repealed{2, "R1", "办字2号", may, instant("2026-05-01")}}), Policy: startOfDay,
			When: Repeal{"R1", "办字2号", may}, Err: ErrNotInForce},

		{Name: "the office proposes the repeal", Given: standing(1, r1), When: ProposeRepeal{"R1", "outdated"}, Then: []Event{RepealProposed{"R1", "outdated"}}},
		{Name: "it proposes it once", Given: given(standing(1, r1), []Event{RepealProposed{"R1", "x"}}), When: ProposeRepeal{"R1", "outdated"}},
		{Name: "it proposes nothing for a draft", Given: []Event{r1}, When: ProposeRepeal{"R1", "outdated"}, Err: ErrNotInForce},

		{Name: "the interpreter settles a reading", Given: standing(1, read), Policy: startOfDay, When: Interpret{"R1", "一", "以内含本数", "县政府办办公室", may, []Value{{Key: "a.boundary", Value: raw(`"lower"`)}}},
			Then: []Event{Interpreted{2, "R1", "一", "以内含本数", "县政府办办公室", may, instant("2026-05-01"), []Value{{Key: "a.boundary", Value: raw(`"lower"`), Clause: "一", Replaces: []string{}}}}}},
		{Name: "a reading that fixes no value leaves the version", Given: standing(1, read), Policy: startOfDay, When: Interpret{"R1", "一", "以内含本数", "县政府办办公室", may, nil},
			Then: []Event{Interpreted{1, "R1", "一", "以内含本数", "县政府办办公室", may, instant("2026-05-01"), []Value{}}}},
		{Name: "nobody else interprets", Given: standing(1, read), Policy: startOfDay, When: Interpret{"R1", "一", "x", "股室", may, nil}, Err: ErrNotInterpreter},
		{Name: "where the text names no interpreter its issuer interprets", Given: standing(1, r1), Policy: startOfDay, When: Interpret{"R1", "一", "x", "股室", may, nil}, Err: ErrNotInterpreter},
		{Name: "a draft is not interpreted", Given: []Event{r1}, Policy: startOfDay, When: Interpret{"R1", "一", "x", "办公室", may, nil}, Err: ErrNotInForce},

		{Name: "an order sets rows of the authority table", Given: []Event{order, ok("办字2号")}, Policy: startOfDay, When: SetAuthority{"办字2号", may, []Value{signer}},
			Then: []Event{AuthorityChanged{1, "办字2号", may, instant("2026-05-01"), []Value{signer}}}},
		{Name: "only rows of the table are set so", Given: []Event{order, ok("办字2号")}, Policy: startOfDay, When: SetAuthority{"办字2号", may, []Value{a3}}, Err: ErrNotAuthority},
		{Name: "a row that another text states is not set beside it", Given: given(standing(1, rules("R1", one(signer.Key, `["director"]`))), []Event{order, ok("办字2号")}), Policy: startOfDay,
			When: SetAuthority{"办字2号", may, []Value{signer}}, Err: ErrTwoValues},
		{Name: "the order passed the review", Given: []Event{order}, Policy: startOfDay, When: SetAuthority{"办字2号", may, []Value{signer}}, Err: ErrNotReviewed},

		{Name: "a source is flagged", Given: []Event{r1}, When: FlagSource{"R1", "十六条未印"}, Then: []Event{SourceTruncated{"R1", "十六条未印"}}},
		{Name: "it is flagged once", Given: []Event{r1, SourceTruncated{"R1", "十六条未印"}}, When: FlagSource{"R1", "十六条未印"}},
		{Name: "a source is a document of the book", When: FlagSource{"R1", "x"}, Err: ErrNoDocument},

		{Name: "a blank of a document in force is a version", Given: standing(1, r1), When: DeclareBlank{"R1", "c", "三", "短时间"},
			Then: []Event{ValueLeftBlank{2, "R1", "c", "三", "短时间", instant("2026-04-14 10:00")}}},
		{Name: "a blank of a draft is none", Given: []Event{r1}, When: DeclareBlank{"R1", "c", "三", "短时间"}, Then: []Event{ValueLeftBlank{0, "R1", "c", "三", "短时间", instant("2026-04-14 10:00")}}},
		{Name: "a blank is declared once", Given: []Event{r1}, When: DeclareBlank{"R1", "b", "二", "x"}},
		{Name: "what a document states is not declared blank", Given: []Event{r1}, When: DeclareBlank{"R1", "a", "一", "x"}, Err: ErrStated},
		{Name: "a blank is of a document of the book", When: DeclareBlank{"R1", "a", "一", "x"}, Err: ErrNoDocument},

		{Name: "what the office does not organise it does not draft", Policy: map[string]any{"policy.normativeReview": NormativeTasks{Organises: []string{"review"}}}, When: Draft(r1), Err: ErrNotAssigned},
	})
}

func TestMatters(t *testing.T) {
	r1 := rules("R1", one("a", "1"))
	publish := domaintest.Case[Book]{Given: []Event{r1, ok("R1")}, When: Publish{Documents: []string{"R1"}, EffectiveFrom: date("2026-04-14"), InForceBy: "x"}}
	domaintest.Matters(t, Context, publish, "policy.effectiveMoment", "startOfDay", "instant")
	domaintest.Matters(t, Context, domaintest.Case[Book]{When: Draft(r1)}, "policy.keeper", []string{"clerk"}, []string{"registrar"})
	domaintest.Matters(t, Context, domaintest.Case[Book]{Given: standing(1, r1), When: ProposeRepeal{"R1", "x"}}, "policy.normativeReview",
		NormativeTasks{Proposes: []string{"repeal"}}, NormativeTasks{Organises: []string{"draft"}})
	if EffectiveMoment.Check(raw(`"noon"`)) == nil || EffectiveMoment.Check(raw(`"instant"`)) != nil {
		t.Error("a moment that the program does not know is refused")
	}
}

// value is what holds for a key on a day, as one version knew it.
func value(b Book, version int64, key, day string) string {
	policy, _ := b.At(version)
	p, ok := policy.At(key, domain.At(date(day).Start(domaintest.Zone)))
	switch {
	case !ok:
		return "none"
	case p.Blank:
		return "blank"
	}
	return string(p.Value)
}

// Every version is kept, and what comes later never changes what an earlier one knew.
func TestVersions(t *testing.T) {
	d := &desk{t: t, at: instant("2026-04-01 09:00")}
	publish := func(draft Drafted, from string) {
		d.do(Draft(draft))
		d.do(Review{draft.Document.ID, true, ""})
		d.do(Publish{Documents: []string{draft.Document.ID}, EffectiveFrom: date(from), InForceBy: "办字1号", Moment: StartOfDay, Reason: "late", Approver: "director"})
	}
	publish(rules("R1", one("a", "1"), one("policy.effectiveMoment", `"startOfDay"`), Value{Key: "b", Blank: true}), "2026-04-01")
	d.do(Draft(rules("办字2号")))
	d.do(Review{"办字2号", true, ""})
	d.do(Amend{"R1", "办字2号", date("2026-07-01"), []Value{one("a", "2")}})
	d.do(Amend{"R1", "办字2号", date("2026-06-01"), []Value{one("a", "3")}})
	publish(rules("S", one("b", "9")), "2026-01-01")
	d.do(Repeal{"R1", "办字2号", date("2026-12-01")})
	for _, tc := range []struct {
		version  int64
		key, day string
		want     string
	}{
		{0, "a", "2026-05-01", "none"},
		{1, "a", "2026-03-31", "none"}, {1, "a", "2026-04-01", "1"}, {1, "a", "2026-08-01", "1"}, {1, "b", "2026-05-01", "blank"},
		{2, "a", "2026-06-30", "1"}, {2, "a", "2026-07-01", "2"},
		{3, "a", "2026-05-31", "1"}, {3, "a", "2026-06-01", "3"}, {3, "a", "2026-07-01", "2"}, {3, "b", "2026-05-01", "blank"},
		{4, "b", "2026-01-01", "9"}, {4, "b", "2026-05-01", "9"}, {4, "a", "2027-01-01", "2"},
		{5, "a", "2026-11-30", "2"}, {5, "a", "2026-12-01", "none"}, {5, "b", "2026-12-01", "9"},
	} {
		if got := value(d.book, tc.version, tc.key, tc.day); got != tc.want {
			t.Errorf("version %d, %s on %s: %s, want %s", tc.version, tc.key, tc.day, got, tc.want)
		}
	}
	if changes := d.book.Diff(3, 4); len(changes) != 1 || changes[0].Key != "b" || len(changes[0].Before) != 1 || len(changes[0].After) != 2 {
		t.Errorf("versions 3 and 4 differ in %+v", changes)
	}
	if _, ok := d.book.At(6); ok {
		t.Error("a version that does not exist")
	}
	var states []string
	for _, doc := range d.book.Documents() {
		states = append(states, doc.ID+" "+string(doc.Status))
	}
	if want := []string{"R1 repealed", "办字2号 reviewed", "S published"}; !slices.Equal(states, want) {
		t.Errorf("documents %v", states)
	}
	if got := d.book.Unused(func(key string) bool { return key == "a" || key == EffectiveMoment.Name }); !slices.Equal(got, []string{"b"}) {
		t.Errorf("unused %v", got)
	}
}

// Whatever is drafted, resolved and published in whatever order, at no instant do two documents state different values
// for one key, and no event changes a version that was before it.
func TestProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var b Book
		policy := map[string]any{"policy.effectiveMoment": "startOfDay"}
		ids := []string{"R1", "R2", "R3"}
		id := rapid.SampledFrom(ids)
		day := rapid.Custom(func(rt *rapid.T) domain.Date { return date("2026-04-14").Add(rapid.IntRange(0, 4).Draw(rt, "day")) })
		val := rapid.Custom(func(rt *rapid.T) Value {
			v := one(rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "key"), rapid.SampledFrom([]string{"1", "2"}).Draw(rt, "value"))
			if rapid.IntRange(0, 4).Draw(rt, "replaces") == 0 {
				v.Replaces = []string{id.Draw(rt, "replaced")}
			}
			return v
		})
		for range rapid.IntRange(0, 25).Draw(rt, "acts") {
			var cmd domain.Command[Book]
			switch rapid.IntRange(0, 7).Draw(rt, "command") {
			case 0, 1:
				cmd = Draft(rules(id.Draw(rt, "id"), val.Draw(rt, "value")))
			case 2:
				cmd = Review{id.Draw(rt, "id"), true, ""}
			case 3, 4:
				cmd = Publish{Documents: []string{id.Draw(rt, "id")}, EffectiveFrom: day.Draw(rt, "from"), InForceBy: "x"}
			case 5:
				cmd = ResolveConflict{"a", id.Draw(rt, "chosen"), id.Draw(rt, "rejected"), "x", "x"}
			case 6:
				cmd = Amend{id.Draw(rt, "id"), id.Draw(rt, "by"), day.Draw(rt, "from"), []Value{val.Draw(rt, "value")}}
			case 7:
				cmd = Supersede{id.Draw(rt, "id"), id.Draw(rt, "by"), day.Draw(rt, "from")}
			}
			events, err := domain.Decide(cmd, b, domaintest.Case[Book]{Policy: policy}.Act())
			if err != nil {
				continue
			}
			before := make([]string, b.Version+1)
			for v := range before {
				p, _ := b.At(int64(v))
				before[v] = fmt.Sprint(p)
			}
			next := b
			for _, e := range events {
				next = e.Evolve(next)
			}
			for v := range before {
				if p, _ := next.At(int64(v)); fmt.Sprint(p) != before[v] {
					rt.Fatalf("%T changed version %d", cmd, v)
				}
			}
			if p, _ := b.At(b.Version); fmt.Sprint(p) != before[b.Version] {
				rt.Fatalf("%T wrote into the state before it", cmd)
			}
			b = next
			if c := b.conflicts([]string{"a", "b"}); len(c) > 0 {
				rt.Fatalf("%T left two values in force: %+v", cmd, c)
			}
		}
	})
}

// Every document of the demonstration goes in by parts that each fit into one record, which holds the event and the
// command that was asked.
func TestParts(t *testing.T) {
	for _, name := range append(slices.Concat(county, bureau), "county/supplement", "bureau/supplement", "weekly/office") {
		d := &desk{t: t, at: instant("2026-04-01")}
		whole := document(t, name)
		first, more := whole.Parts()
		commands := []domain.Command[Book]{first}
		for _, c := range more {
			commands = append(commands, c)
		}
		for _, c := range commands {
			_, event, err := Context.Encode(d.do(c)[0])
			if err != nil {
				t.Fatal(err)
			}
			if payload, err := domain.EncodePayload(event, c); err != nil || len(payload) > 58<<10 {
				t.Errorf("a part of %s takes %d bytes (%v)", name, len(payload), err)
			}
		}
		if doc, _ := d.book.Document(whole.Document.ID); len(doc.Values) != len(whole.Values) {
			t.Errorf("%s has %d values in the book, %d in the text", name, len(doc.Values), len(whole.Values))
		}
	}
}

// An event whose key was destroyed is the zero event; folding it is harmless.
func TestErased(t *testing.T) {
	b := Book{}
	for _, row := range Context.Events {
		b = row.Type.Evolve(b)
		b = row.Type.Evolve(standing(1, rules("R1", one("a", "1")))[0].Evolve(b))
	}
	b.Blanks(instant("2026-04-14"))
}

func TestGolden(t *testing.T) {
	v := Value{Key: "rcv.steps", Value: raw(`["receive","register"]`), Also: true, Clause: "四.1(2)", Boundary: "n/a", Note: "签收", Replaces: []string{"R0"}}
	published := Published{3, []Entry{{"R1", instant("2027-01-01")}}, date("2026-05-01"), instant("2026-05-01"), "办字1号"}
	domaintest.Golden(t, Context,
		Drafted{Head{"R1", "收文制度", text("办公室"), text("办字〔2026〕1号"), date("2026-05-01"), date("2026-12-31"), text("办公室"), []string{"R0"}, "十六条未印", true},
			[]Value{v, {Key: "rcv.clock", Blank: true, Clause: "二.7", Replaces: []string{}}}},
		ProvisionsAdded{"R1", []Value{v}},
		ConflictFound{"stu.schedule", []string{"REG-04", "REG-19c"}, []string{"REG-04 三.1", "REG-19c 四"}},
		Reviewed{"R1", true, "合法"},
		published,
		PublishedRetroactively{published, "迟到", "director"},
		ConflictResolved{"stu.schedule", "REG-04", "REG-19c", "一周两次", "主任办公会议"},
		Superseded{4, "R0", "R1", date("2026-05-01"), instant("2026-05-01")},
		Amended{5, "R1", "办字2号", date("2026-06-01"), instant("2026-06-01"), []Value{v}},
		Repealed{6, "R1", "办字3号", date("2026-07-01"), instant("2026-07-01")},
		RepealProposed{"R1", "过时"},
		Interpreted{7, "R1", "一.5", "以内含本数", "办公室", date("2026-06-01"), instant("2026-06-01"), []Value{v}},
		AuthorityChanged{8, "办字4号", date("2026-06-01"), instant("2026-06-01"), []Value{v}},
		SourceTruncated{"R1", "十六条未印"},
		ValueLeftBlank{9, "R1", "duty.standIn.maxMinutes", "二.6", "短时间", instant("2026-06-01 10:00")},
		domain.Refused[Book]{Command: "policy.Publish", Code: ErrTwoValues.Code, Params: map[string]string{"keys": "stu.schedule"}},
	)
}
