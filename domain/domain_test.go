package domain_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"andu/domain"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A small context: a note that is written, corrected and withdrawn.
type note struct {
	Text  string
	Count int
}

type wrote struct {
	Text string `json:"text"`
}

func (e wrote) Evolve(n note) note { n.Text, n.Count = n.Text+e.Text, n.Count+1; return n }

type corrected struct {
	Of   string `json:"of"`
	Text string `json:"text"`
}

func (e corrected) Evolve(n note) note { return wrote{e.Text}.Evolve(n) }
func (e corrected) Corrects() string   { return e.Of }

type wroteV1 struct {
	Words []string `json:"words"`
}

func (v wroteV1) upcast() wroteV2 { return wroteV2{joined: v.Words} }

type wroteV2 struct {
	joined []string
	Words  string `json:"words"`
}

func (v wroteV2) upcast() wrote {
	if v.Words != "" {
		return wrote{v.Words}
	}
	text := ""
	for _, w := range v.joined {
		text += w
	}
	return wrote{text}
}

type write struct{ Text string }

func (c write) Decide(n note, act domain.Act) ([]domain.Event[note], error) {
	limit.Of(act)
	if c.Text == "" {
		return nil, errEmpty
	}
	return []domain.Event[note]{wrote{c.Text}}, nil
}

var (
	errEmpty = domain.Rule(domain.Invalid, "note.empty", "空", "empty {what}")
	limit    = domain.Key[int]{Name: "note.limit[]"}
	notes    = domain.Context[note]{Name: "note", Events: []domain.Schema[note]{
		{Name: "note.wrote", Version: 3, Type: wrote{}, By: []domain.Command[note]{write{}}, Old: []domain.Upcast{domain.From(wroteV1.upcast), domain.From(wroteV2.upcast)}},
		{Name: "note.corrected", Version: 1, Type: corrected{}},
	}, Rules: []*domain.Refusal{errEmpty}, Keys: []domain.AnyKey{limit}}
)

func record(id string, e domain.Event[note]) domain.Recorded {
	h := domain.Header{Stream: "note-1", ID: id, Type: "note.x"}
	if c, ok := e.(domain.Correction); ok {
		h.Corrects = c.Corrects()
	}
	return domain.Recorded{Header: h, Event: e}
}

func TestCorrectionTakesThePlaceOfWhatItCorrects(t *testing.T) {
	history := []domain.Recorded{record("1", wrote{"a"}), record("2", wrote{"b"}), record("3", corrected{"1", "A"}), record("4", corrected{"3", "Ä"})}
	for n, want := range map[int]note{2: {"ab", 2}, 3: {"Ab", 2}, 4: {"Äb", 2}} {
		got, err := notes.Fold(note{}, history[:n])
		if err != nil || got != want {
			t.Errorf("the first %d events fold to %v, %v; want %v", n, got, err, want)
		}
	}
}

func TestCorrectionBehindTheFoldedPartAsksForTheWhole(t *testing.T) {
	state, _ := notes.Fold(note{}, []domain.Recorded{record("1", wrote{"a"})})
	if _, err := notes.Fold(state, []domain.Recorded{record("3", corrected{"1", "A"})}); !errors.Is(err, domain.ErrFoldAll) {
		t.Errorf("got %v, want ErrFoldAll", err)
	}
}

func TestEveryStoredVersionDecodes(t *testing.T) {
	for version, payload := range map[int]string{1: `{"words":["a","b"]}`, 2: `{"words":"ab"}`, 3: `{"text":"ab"}`} {
		e, err := notes.Decode("note.wrote", version, []byte(payload))
		if err != nil || e != (wrote{"ab"}) {
			t.Errorf("version %d decodes to %v, %v", version, e, err)
		}
	}
	for _, version := range []int{0, 4} {
		if _, err := notes.Decode("note.wrote", version, []byte(`{}`)); err == nil {
			t.Errorf("version %d was never stored and decodes", version)
		}
	}
	if e, err := notes.Decode("note.wrote", 3, nil); err != nil || e != (wrote{}) {
		t.Errorf("an erased event decodes to %v, %v; want the zero value", e, err)
	}
}

func act(p domain.Policy) (domain.Act, *domain.Inputs) {
	in := &domain.Inputs{Policy: p, NewID: func(command, purpose string) string { return command + "/" + purpose }}
	return domain.NewAct(domain.Act{Command: "c", Occurred: at("2026-04-14T00:00:00Z"), Received: at("2026-04-15T00:00:00Z")}, in), in
}

func at(s string) domain.Instant {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return domain.At(t)
}

func TestBlankRefusesWhateverWasDecided(t *testing.T) {
	for name, p := range map[string]domain.Policy{
		"nobody says anything": {},
		"a document leaves it open": {Provisions: map[string][]domain.Provision{"note.limit[]": {
			{Key: "note.limit[]", Blank: true, Document: "REG-1", Clause: "二"}}}},
	} {
		for _, cmd := range []write{{"x"}, {""}} {
			a, in := act(p)
			events, err := domain.Decide(cmd, note{}, a)
			if !errors.Is(err, domain.ErrBlank) || events != nil {
				t.Errorf("%s, %v: decided %v, %v", name, cmd, events, err)
			}
			if len(in.Readings()) != 0 {
				t.Errorf("%s: a blank counts as read", name)
			}
		}
	}
	a, in := act(domain.Policy{Stream: "policy-o", Provisions: map[string][]domain.Provision{"note.limit[]": {{Key: "note.limit[]", Value: json.RawMessage(`3`)}}}})
	if events, err := domain.Decide(write{"x"}, note{}, a); err != nil || len(events) != 1 {
		t.Errorf("stated: decided %v, %v", events, err)
	}
	if reads := in.Reads(); len(reads) != 1 || reads[0].Stream != "policy-o" {
		t.Errorf("the reading is not among the reads: %v", reads)
	}
}

func TestPolicyAt(t *testing.T) {
	value := func(key, v string, more ...func(*domain.Provision)) domain.Provision {
		p := domain.Provision{Key: key, Value: json.RawMessage(v), Document: v}
		for _, m := range more {
			m(&p)
		}
		return p
	}
	blank := domain.Provision{Blank: true, Document: "text"}
	also := func(p *domain.Provision) { p.Also = true }
	from := func(s string) func(*domain.Provision) { return func(p *domain.Provision) { p.From = at(s) } }
	until := func(s string) func(*domain.Provision) { return func(p *domain.Provision) { p.To = at(s) } }
	now := at("2026-04-15T00:00:00Z")
	for _, tc := range []struct {
		name, key, want string
		provisions      map[string][]domain.Provision
	}{
		{"a stated value goes before a blank", "k", "2", map[string][]domain.Provision{"k": {value("k", "2"), blank}}},
		{"in whichever order they came", "k", "2", map[string][]domain.Provision{"k": {blank, value("k", "2")}}},
		{"a date of effect includes its instant", "k", "2", map[string][]domain.Provision{"k": {value("k", "1", until("2026-04-15T00:00:00Z")), value("k", "2", from("2026-04-15T00:00:00Z"))}}},
		{"before it the old value holds", "k", "1", map[string][]domain.Provision{"k": {value("k", "1", until("2026-04-15T00:00:01Z")), value("k", "2", from("2026-04-15T00:00:01Z"))}}},
		{"nothing is in force", "k", "", map[string][]domain.Provision{"k": {value("k", "1", from("2027-01-01T00:00:00Z"))}}},
		{"lists add up", "k", `["a","b","c"]`, map[string][]domain.Provision{"k": {value("k", `["a","b"]`, also), value("k", `["c"]`, also)}}},
		{"a list and its additions", "k", `["a","c"]`, map[string][]domain.Provision{"k": {value("k", `["a"]`), value("k", `["c"]`, also)}}},
		{"an index has its own value", "k[x].s", "1", map[string][]domain.Provision{"k[x].s": {value("", "1")}, "k.s": {value("", "2")}}},
		{"an index that is not mentioned falls back", "k[x].s", "2", map[string][]domain.Provision{"k.s": {value("", "2")}}},
	} {
		got, ok := domain.Policy{Provisions: tc.provisions}.At(tc.key, now)
		if !ok && tc.want == "" {
			continue
		}
		if diff := cmp.Diff(tc.want, string(got.Value)); diff != "" || got.Blank {
			t.Errorf("%s: (-want +got) %s", tc.name, diff)
		}
	}
	if p, ok := (domain.Policy{Provisions: map[string][]domain.Provision{"k": {blank}}}).At("k[x].s", now); !ok || !p.Blank {
		t.Errorf("a record that is blank as a whole is blank for its index: %v %v", p, ok)
	}
}

func TestKeyMatches(t *testing.T) {
	k := domain.Key[int]{Name: "rcv.clock[]"}
	for key, want := range map[string]bool{"rcv.clock[特急]": true, "rcv.clock[]": true, "rcv.clock[特急].x": false, "rcv.clocks[特急]": false} {
		if k.Matches(key) != want {
			t.Errorf("%s matches: %v", key, !want)
		}
	}
	if err := k.Check(json.RawMessage(`"three"`)); err == nil {
		t.Error("a word passes for a number")
	}
}

func TestRefusalFillsItsTextsAndKeepsItsCode(t *testing.T) {
	r := errEmpty.With("what", "note")
	if !errors.Is(r, errEmpty) || r.Text("en") != "empty note" || errEmpty.Params != nil {
		t.Errorf("got %v %q; the rule itself has %v", r, r.Text("en"), errEmpty.Params)
	}
}

func TestInstantHasMicrosecondsAlways(t *testing.T) {
	for in, want := range map[string]string{"2026-04-15T08:15:00+08:00": `"2026-04-15T00:15:00.000000Z"`, "2026-04-15T08:15:00.0000019+08:00": `"2026-04-15T00:15:00.000001Z"`} {
		var i domain.Instant
		if err := i.UnmarshalText([]byte(in)); err != nil {
			t.Fatal(err)
		}
		got, _ := json.Marshal(i)
		if string(got) != want {
			t.Errorf("%s is stored as %s, want %s", in, got, want)
		}
	}
	var zero domain.Instant
	if err := json.Unmarshal([]byte(`""`), &zero); err != nil || !zero.IsZero() {
		t.Errorf("no instant reads as %v, %v", zero, err)
	}
}

func TestValuesSurviveTheirText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := domain.Date{Year: 2000}.Add(rapid.IntRange(-36000, 36000).Draw(t, "days"))
		if back, err := domain.ParseDate(d.String()); err != nil || back != d {
			t.Fatalf("%v reads as %v, %v", d, back, err)
		}
		if n := rapid.IntRange(0, 400).Draw(t, "n"); d.Add(n).Add(-n) != d || n > 0 && !d.Before(d.Add(n)) {
			t.Fatalf("%v and %d days", d, n)
		}
		m := domain.Money{Fen: rapid.Int64Range(-1e15, 1e15).Draw(t, "fen")}
		text, _ := m.MarshalText()
		var back domain.Money
		if err := back.UnmarshalText(text); err != nil || back != m {
			t.Fatalf("%v reads as %v, %v", m, back, err)
		}
		tod := domain.TimeOfDay{Minutes: rapid.IntRange(0, 24*60).Draw(t, "minutes")}
		text, _ = tod.MarshalText()
		var again domain.TimeOfDay
		if err := again.UnmarshalText(text); err != nil || again != tod {
			t.Fatalf("%v reads as %v, %v", tod, again, err)
		}
	})
	for _, bad := range []string{"1", "1.2", "1.234", "a.00", "1.0a", "", ".50", "+1.00", "1.-5"} {
		if err := new(domain.Money).UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q passes for an amount", bad)
		}
	}
	for _, bad := range []string{"1899-12-31", "3000-01-01", "0000-00-00", "9999-12-31", "2026-02-30", "26-04-15"} {
		if d, err := domain.ParseDate(bad); err == nil || !d.IsZero() {
			t.Errorf("%q passes for a day", bad)
		}
	}
	for _, bad := range []string{"0000-01-01T00:00:00+14:00", "1899-12-31T23:59:59Z", "3000-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "2026-04-15"} {
		if err := new(domain.Instant).UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q passes for an instant", bad)
		}
	}
	for _, bad := range []string{"8:15", "24:01", "08:60", "0815", "ab:cd", "-1:00"} {
		if err := new(domain.TimeOfDay).UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q passes for a time of day", bad)
		}
	}
}

func TestClassesStandInTheirOrder(t *testing.T) {
	order := []domain.Class{domain.Public, domain.Internal, domain.WorkSecret, domain.Confidential, domain.Secret, domain.TopSecret}
	for i, c := range order {
		if c.Rank() != i || c.Classified() != (i >= 3) || c.Hidden() != (i >= 4) {
			t.Errorf("%s: rank %d, classified %v, hidden %v", c, c.Rank(), c.Classified(), c.Hidden())
		}
	}
	if domain.Class("最高").Rank() >= 0 {
		t.Error("a word of nobody's law has a rank")
	}
}

func TestPayloadKeepsTheCommand(t *testing.T) {
	text, err := domain.EncodePayload(json.RawMessage(`{"text":"<甲>"}`), write{"<甲>"})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"event":{"text":"<甲>"},"command":{"name":"domain_test.write","body":{"Text":"<甲>"}}}`; string(text) != want {
		t.Errorf("stored %s, want %s", text, want)
	}
	p, err := domain.DecodePayload(text)
	if err != nil || string(p.Event) != `{"text":"<甲>"}` || p.Command.Name != "domain_test.write" {
		t.Errorf("read back %+v, %v", p, err)
	}
}
