package recheck

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// change is one fault planted in an event.
type change struct {
	what string
	make func(*Event)
}

// changes are the faults that an event can bear: another person or post, another time, and each field of the fact other
// than it was.
func changes(e Event) (list []change) {
	add := func(what string, f func(*Event)) { list = append(list, change{what, f}) }
	add("by another person", func(e *Event) { e.Actor.Person = "somebody-else" })
	add("in another post", func(e *Event) { e.Actor.Post = "another-post" })
	add("by the system", func(e *Event) { e.Actor = actor{Person: system} })
	add("by a person", func(e *Event) { e.Actor = actor{Person: "somebody-else", Post: "another-post"} })
	for _, d := range []time.Duration{-time.Microsecond, time.Microsecond, -40 * 24 * time.Hour, 40 * 24 * time.Hour} {
		add("received "+d.String(), func(e *Event) { e.Received = e.Received.Add(d) })
		add("occurred "+d.String(), func(e *Event) { e.Occurred = e.Occurred.Add(d) })
		add("received and occurred "+d.String(), func(e *Event) { e.Received, e.Occurred = e.Received.Add(d), e.Occurred.Add(d) })
	}
	add("under another class", func(e *Event) { e.Class = "绝密" })
	add("a position skipped", func(e *Event) { e.Position++ })
	add("recorded before", func(e *Event) { e.Recorded = e.Recorded.Add(-time.Hour) })
	add("a revision skipped", func(e *Event) { e.Revision++ })
	add("of another office", func(e *Event) { e.Office = "elsewhere" })
	add("under another id", func(e *Event) { e.ID = "5f1d4a52-0000-4000-8000-00000000abcd" })
	add("by another command", func(e *Event) { e.CommandName = "documents.Nothing" })
	add("open to read", func(e *Event) { e.Payload.Cipher = "" })
	add("by another clock", func(e *Event) { e.Clock = "server" })
	add("read ahead", func(e *Event) { e.Reads = append(slices.Clone(e.Reads), read{"document-none", 7}) })
	add("under another policy", func(e *Event) { e.Policy++ })
	add("under another calendar", func(e *Event) { e.Calendar++ })
	add("as a correction", func(e *Event) { e.Corrects += "x" })
	for _, name := range slices.Sorted(maps.Keys(e.Body)) {
		for _, v := range others(e.Body[name]) {
			add(name+" changed", func(e *Event) {
				e.Body = maps.Clone(e.Body)
				e.Body[name] = v
			})
		}
	}
	return list
}

// others are values that a field might wrongly have.
func others(v any) (list []any) {
	switch v := v.(type) {
	case string:
		list = []any{"", "something else"}
		if at := instant(v); !at.IsZero() {
			list = append(list, show(at.Add(time.Microsecond)), show(at.Add(-time.Microsecond)), show(at.Add(90*24*time.Hour)))
		}
		if d := parseDay(v); d != none {
			list = append(list, (d + 1).String(), (d - 1).String(), (d - 400).String())
		}
		if tenths(v) >= 0 {
			list = append(list, inDays(tenths(v)+5))
		}
	case float64:
		list = []any{v + 1, v - 1, float64(-1)}
	case bool:
		list = []any{!v}
	case []any:
		list = []any{[]any{}, append(slices.Clone(v), "something else")}
		if len(v) > 0 {
			list = append(list, v[1:], append(slices.Clone(v), v[0]))
			for _, w := range others(v[len(v)-1])[:min(40, len(others(v[len(v)-1])))] {
				c := slices.Clone(v)
				c[len(v)-1] = w
				list = append(list, c)
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			for _, w := range others(v[name]) {
				c := maps.Clone(v)
				c[name] = w
				list = append(list, c)
			}
		}
	}
	return list
}

// TestEveryRuleCanFail lives the log again and plants faults in its events until each rule has reported one on an event
// that it had nothing to say about. What the demonstration does not do stands in outOfNowhere.
func TestEveryRuleCanFail(t *testing.T) {
	c := New()
	seen := map[string]string{}
	tried := map[string]int{}
	for _, e := range theLived(t) {
		for _, r := range append(slices.Clone(c.every), c.rules[e.Type]...) {
			if seen[r.name] != "" || tried[r.name] > 60 || r.want(c.world, e) != "" {
				continue
			}
			tried[r.name]++
			for _, ch := range changes(e) {
				wrong := e
				ch.make(&wrong)
				if want := r.want(c.world, wrong); want != "" {
					seen[r.name] = e.Type + ", " + ch.what + ": want " + want
					break
				}
			}
		}
		c.Event(e)
		for _, r := range append(slices.Clone(c.every), c.rules[e.Type]...) {
			if want := r.want(c.world, e); seen[r.name] == "" && want != "" {
				seen[r.name] = e.Type + ", twice: want " + want
			}
		}
	}
	for _, r := range book() {
		f := handmade[r.name]
		for _, w := range []*world{newWorld(), c.world} {
			if f.prepare != nil {
				f.prepare(w)
			}
			for _, on := range strings.Fields(r.on) {
				context, _, _ := strings.Cut(on, ".")
				at := later(w.last.Recorded, time.Date(2026, 4, 13, 1, 0, 0, 0, time.UTC))
				e := Event{Type: on, Stream: context + "-somebody", Office: "county", Actor: actor{Person: "somebody", Post: "nobody"}, Occurred: at, Received: at, Recorded: at,
					zone: time.UTC, Body: object{}}
				if f.body != "" {
					if err := json.Unmarshal([]byte(f.body), &e.Body); err != nil {
						t.Fatal(r.name, err)
					}
				}
				if want := r.want(w, e); seen[r.name] == "" && want != "" {
					seen[r.name] = on + " out of nowhere: want " + want
				}
			}
		}
		if seen[r.name] == "" {
			t.Errorf("%s (%s) never failed, in %d events that it looked at", r.name, r.on, tried[r.name])
		}
		t.Logf("%s: %s", r.name, seen[r.name])
	}
}

// fault is a fact of which the demonstration has none, and what was before it.
type fault struct {
	body    string
	prepare func(w *world)
}

// handmade are the faults that no change of the demonstration's own events makes.
var handmade = map[string]fault{
	"policy.superseded-with": {body: `{"version": 99}`},
	"calendar.provisional":   {body: `{"year": 2026}`},
	"org.officers-separate": {body: `{"person": "somebody"}`, prepare: func(w *world) {
		w.office(Event{Office: "county"}).org.officers["somebody"] = "auditor"
	}},
	"org.not-oneself":     {body: `{"person": "somebody"}`},
	"org.appointing-body": {body: `{"post": "director", "by": "县政府办公室", "document": "1号"}`},
	"org.function-holder": {body: `{"function": "签到薄", "person": "somebody"}`},
	"person.not-oneself":  {body: `{"class": "机密"}`},
	"register.not-closed": {body: `{"number": 1}`, prepare: func(w *world) { w.book("register-somebody").closed = true }},
	"register.closed":     {body: `{"last": 7}`},
	"register.one-number": {body: `{"item": "document-1"}`, prepare: func(w *world) { w.book("register-somebody").allotted[1] = number{item: "document-1"} }},
	"document.copies-conserved": {prepare: func(w *world) {
		w.papers["document-somebody"] = &paper{signed: 2, copies: map[string]copyAt{"1": {state: held}}}
	}},
	"leave.balance": {body: `{"request": "r", "type": "年休假", "from": {"on": "2026-04-14", "half": "AM"}, "to": {"on": "2026-04-17", "half": "PM"}}`, prepare: func(w *world) {
		w.leaves["leave-somebody"] = &ledger{requests: map[string]*request{}, entries: map[string]credit{"c": {typ: "年休假", year: 2026, days: 30}}}
	}},
}

// TestMissing takes one event of a type out of the log that comes by itself, or that another asks for: the log says where
// it was cut, and what was to come and did not.
func TestMissing(t *testing.T) {
	events := theLived(t)
	for _, gone := range []string{"document.finding-raised", "approval.step-reminded", "approval.step-escalated", "duty.reminder-sent", "duty.shifts-planned", "sheet.closed", "attendance.determined",
		"leave.overstayed", "document.instructed", "register.number-registered"} {
		i := slices.IndexFunc(events, func(e Event) bool { return e.Type == gone })
		if i < 0 {
			t.Errorf("the demonstration has no %s", gone)
			continue
		}
		r := decided(slices.Delete(slices.Clone(events), i, i+1))
		if r.ByRule["log.gapless"] != 1 || r.ByRule["log.revision"] == 0 && r.ByRule["task.missing"]+r.Found < 2 {
			t.Errorf("without one %s:\n%s", gone, listOf(r))
		}
		if told := r.ByRule["task.missing"] + r.ByRule["task.at-its-time"] + r.ByRule["sheet.day-determined"]; told == 0 {
			t.Errorf("without one %s nothing is missed:\n%s", gone, listOf(r))
		}
	}
}

// TestNamedFaults are the faults that an auditor would look for first, each in its own log of one altered event.
func TestNamedFaults(t *testing.T) {
	events := theLived(t)
	with := func(name string, v any) func(*Event) {
		return func(e *Event) { e.Body = maps.Clone(e.Body); e.Body[name] = v }
	}
	for _, f := range []struct {
		what, on, rule string
		is             func(Event) bool
		alter          func(*Event)
	}{
		{what: "a sign-in a microsecond behind its cut-off", on: "attendance.signed-in", rule: "attendance.in-time", is: func(e Event) bool { return e.Body.str("batch") == "" }, alter: func(e *Event) {
			at := just(e.Body.at("closes"))
			with("at", show(at))(e)
			e.Received, e.Occurred = at, at
		}},
		{what: "a number skipped", on: "register.number-allotted", rule: "register.next-number", alter: func(e *Event) { with("number", float64(e.Body.num("number")+1))(e) }},
		{what: "an approval by somebody of another post", on: "approval.approved", rule: "approval.who-decides", alter: func(e *Event) { e.Actor.Post = "logistics-clerk" }},
		{what: "an approval without a person", on: "approval.approved", rule: "task.by-a-person", alter: func(e *Event) { e.Actor = actor{Person: system} }},
		{what: "a handover from somebody who was not responsible", on: "duty.handover-accepted", rule: "duty.one-responsible", alter: with("from", "somebody-else")},
		{what: "a minute in which nobody is responsible", on: "duty.handover-accepted", rule: "duty.one-responsible", alter: func(e *Event) { with("at", show(e.Body.at("at").Add(time.Minute)))(e) }},
		{what: "a leave by the wrong tier", on: "leave.step-routed", rule: "leave.tier", is: func(e Event) bool { return e.Body.str("rule") == "leave.tiers[*]" }, alter: with("role", "secretary")},
		{what: "an absence that was none", on: "attendance.determined", rule: "attendance.determined", is: func(e Event) bool { return e.Body.str("result") == "normal" }, alter: with("result", "absent")},
		{what: "a due day moved by one", on: "document.registered", rule: "document.due", is: func(e Event) bool { return e.Body.str("basis") == "clock" }, alter: func(e *Event) { with("due_on", (e.Body.day("due_on") + 1).String())(e) }},
		{what: "a viewing by a right that the reader does not have", on: "access.view-opened", rule: "access.viewed", alter: with("by", "grant-of-nobody")},
		{what: "a denial of somebody who may", on: "access.refused", rule: "access.denied", is: func(e Event) bool { return e.Body.str("code") == "access.not-in-scope" }, alter: with("code", "access.not-cleared")},
		{what: "a copy handed to two readers at once", on: "circulation.copy-handed-to", rule: "circulation.one-holder", alter: with("reader", "somebody-else")},
		{what: "an event under a policy that is not in force", on: "document.assigned", rule: "log.policy-in-force", alter: func(e *Event) { e.Policy-- }},
	} {
		i := slices.IndexFunc(events, func(e Event) bool { return e.Type == f.on && (f.is == nil || f.is(e)) })
		if i < 0 {
			t.Errorf("%s: the demonstration has no such %s", f.what, f.on)
			continue
		}
		altered := slices.Clone(events)
		f.alter(&altered[i])
		r := decided(altered)
		if !slices.ContainsFunc(r.Violations, func(v Violation) bool { return v.Position == altered[i].Position && v.Rule == f.rule }) {
			t.Errorf("%s at %d:\n%s", f.what, altered[i].Position, listOf(r))
		}
	}
}
