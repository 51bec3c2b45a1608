package commands_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"andu/cmd/andu/demo"
	"andu/commands"
	"andu/domain"
	"andu/domain/approvals"
	"andu/domain/documents"
	"andu/domain/org"
	"andu/domain/policy"
	"andu/eventstore"
	"andu/eventstore/blobs"
	"andu/eventstore/keys"
	"andu/eventstore/memstore"
)

// world is an office that works, on a log in memory.
type world struct {
	*commands.Handler
	store *memstore.Store
	clock *demo.Clock
	staff demo.Staff
}

func newWorld(t *testing.T, rules demo.Regulations) *world {
	t.Helper()
	ring, err := keys.Create(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ring.Close() })
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{clock: demo.NewClock(time.Date(2017, 12, 20, 9, 0, 0, 0, zone))}
	w.store = memstore.New("log-test", w.clock.Now)
	w.Handler = &commands.Handler{Store: w.store, Keys: ring, Now: w.clock.Now, Zone: zone, Clock: "simulated", Running: demo.NoneRunning,
		Files: blobs.Open(filepath.Join(t.TempDir(), "content"), ring, 1<<20)}
	if w.staff, err = demo.SetUp(t.Context(), w.Handler, demo.County(), "test", rules); err != nil {
		t.Fatal(err)
	}
	w.clock.Set(time.Date(2026, 4, 14, 9, 0, 0, 0, zone))
	if rules == demo.WithSupplement {
		if err := demo.Notices(t.Context(), w.Handler, w.staff, "test", "holidays/2025.json", "holidays/2026.json"); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *world) request(p demo.Person, command string) commands.Request {
	return commands.Request{Office: w.staff.Office.ID, Actor: p.Actor(), Command: commands.NewID("test", command), Fingerprint: command}
}

func paper(title string) documents.Receive {
	return documents.Receive{Arrival: documents.Arrival{Copies: 1}, Paper: documents.Paper{SourceOrgans: []string{"市人民政府办公室"}, Number: "市政办发〔2026〕1号",
		Title: title, Kind: "通知", Urgency: "平件", Class: "公开", NotStated: []string{"issued_on"}}}
}

func (w *world) receive(t *testing.T, name string) string {
	t.Helper()
	stream := documents.Context.Stream(commands.NewID("paper", name))
	if _, err := commands.Handle(t.Context(), w.Handler, documents.Context, stream, paper(name), w.request(w.staff.One("registrar"), "receive "+name)); err != nil {
		t.Fatal(err)
	}
	return stream
}

func (w *world) events(t *testing.T) int {
	t.Helper()
	head, err := w.Store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return int(head) + 1
}

func TestRepeatedCommandIsAnsweredFromTheStream(t *testing.T) {
	w := newWorld(t, demo.WithSupplement)
	registrar := w.staff.One("registrar")
	stream := documents.Context.Stream(commands.NewID("paper", "a"))
	req := w.request(registrar, "receive")
	first, err := commands.Handle(t.Context(), w.Handler, documents.Context, stream, paper("甲"), req)
	if err != nil {
		t.Fatal(err)
	}
	before := w.events(t)
	// Another process, which has nothing in memory, gives the same answer.
	other := &commands.Handler{Store: w.Store, Keys: w.Keys, Now: w.Now, Zone: w.Zone, Clock: w.Clock}
	for _, h := range []*commands.Handler{w.Handler, other} {
		again, err := commands.Handle(t.Context(), h, documents.Context, stream, paper("甲"), req)
		if err != nil || !again.Repeated || again.Revision != first.Revision || again.Position != first.Position || len(again.Events) != len(first.Events) {
			t.Errorf("asked again: %+v, %v; want %+v", again, err, first)
		}
	}
	changed := req
	changed.Fingerprint = "another body"
	if _, err := commands.Handle(t.Context(), w.Handler, documents.Context, stream, paper("乙"), changed); !errors.Is(err, commands.ErrKeyReused) {
		t.Errorf("another body under the same key: %v", err)
	}
	if w.events(t) != before {
		t.Errorf("%d events were written by asking again", w.events(t)-before)
	}
}

func TestParallelRepeatsHaveOneEffect(t *testing.T) {
	w := newWorld(t, demo.WithSupplement)
	stream := documents.Context.Stream(commands.NewID("paper", "a"))
	before := w.events(t)
	var wg sync.WaitGroup
	answers := make([]string, 50)
	for i := range answers {
		wg.Go(func() {
			// Each has a handler of its own: nothing but the log keeps them apart.
			h := &commands.Handler{Store: w.Store, Keys: w.Keys, Now: w.Now, Zone: w.Zone, Clock: w.Clock}
			res, err := commands.Handle(t.Context(), h, documents.Context, stream, paper("甲"), w.request(w.staff.One("registrar"), "receive"))
			answers[i] = fmt.Sprint(res.Revision, res.Position, len(res.Events), err)
		})
	}
	wg.Wait()
	for _, a := range answers {
		if a != answers[0] {
			t.Fatalf("answers differ: %s and %s", a, answers[0])
		}
	}
	if n := w.events(t) - before; n != 2 {
		t.Errorf("%d events, want the two of one receipt", n)
	}
}

// A store that says "failed" and has stored all the same costs nothing and doubles nothing (architecture 3.11).
func TestUnknownOutcomeIsSettledByAskingAgain(t *testing.T) {
	for name, kept := range map[string]bool{"failed and stored": true, "failed and not stored": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, demo.WithSupplement)
			before, fails := w.events(t), 0
			w.store.Fail(func(string, []eventstore.Event) (bool, error) {
				if fails++; fails == 1 {
					return kept, errors.New("connection lost")
				}
				return true, nil
			})
			w.receive(t, "甲")
			if n := w.events(t) - before; n != 2 {
				t.Errorf("%d events, want 2", n)
			}
		})
	}
	t.Run("control: a store that never answers leaves the outcome unknown", func(t *testing.T) {
		w := newWorld(t, demo.WithSupplement)
		w.store.Fail(func(string, []eventstore.Event) (bool, error) { return false, errors.New("connection lost") })
		_, err := commands.Handle(t.Context(), w.Handler, documents.Context, documents.Context.Stream(commands.NewID("paper", "a")), paper("甲"), w.request(w.staff.One("registrar"), "receive"))
		if !errors.Is(err, commands.ErrUnknown) {
			t.Errorf("got %v, want ErrUnknown", err)
		}
	})
}

func TestFormIsDecidedOnlyOnWhatItShowed(t *testing.T) {
	w := newWorld(t, demo.WithSupplement)
	stream := w.receive(t, "甲")
	seen := int64(0)
	req := w.request(w.staff.One("registrar"), "return")
	req.IfMatch = &seen
	var changed *commands.ErrChanged
	_, err := commands.Handle(t.Context(), w.Handler, documents.Context, stream, documents.Classify{Category: "行政", Form: "文件"}, req)
	if !errors.As(err, &changed) || changed.Seen != 0 || changed.Actual != 1 {
		t.Fatalf("got %v, want ErrChanged from 0 to 1", err)
	}
	seen = 1
	if _, err := commands.Handle(t.Context(), w.Handler, documents.Context, stream, documents.Classify{Category: "行政", Form: "文件"}, req); err != nil {
		t.Errorf("the revision that is there is refused: %v", err)
	}
}

func TestStreamsOfAnotherOfficeAreNotThere(t *testing.T) {
	w := newWorld(t, demo.WithSupplement)
	stream := w.receive(t, "甲")
	bureau, err := demo.SetUp(t.Context(), w.Handler, demo.Bureau(), "other", demo.None)
	if err != nil {
		t.Fatal(err)
	}
	clerk := bureau.One("office-clerk")
	req := commands.Request{Office: "bureau", Actor: clerk.Actor(), Command: commands.NewID("test", "theft")}
	if _, err := commands.Handle(t.Context(), w.Handler, documents.Context, stream, documents.PreCheck{}, req); !errors.Is(err, domain.ErrNoStream) {
		t.Errorf("acting on it: %v", err)
	}
	if _, err := w.History(t.Context(), "bureau", stream); !errors.Is(err, domain.ErrNoStream) {
		t.Errorf("reading it: %v", err)
	}
	if _, revision, err := commands.State(t.Context(), w.Handler, documents.Context, "bureau", stream); err != nil || revision != -1 {
		t.Errorf("its state: revision %d, %v", revision, err)
	}
}

func TestNobodyActsInAPostHeDoesNotHold(t *testing.T) {
	w := newWorld(t, demo.WithSupplement)
	thief := demo.Person{ID: w.staff.One("messenger").ID, Post: "registrar"}
	before := w.events(t)
	_, err := commands.Handle(t.Context(), w.Handler, documents.Context, documents.Context.Stream(commands.NewID("paper", "a")), paper("甲"), w.request(thief, "receive"))
	if !errors.Is(err, org.ErrNotHolder) {
		t.Errorf("got %v", err)
	}
	if w.events(t) != before {
		t.Error("something was written")
	}
}

func TestRefusalsOnRecordDoNotFillTheStream(t *testing.T) {
	w := newWorld(t, demo.WithSupplement)
	applicant := w.staff.One("secretariat-clerk")
	stream := approvals.Context.Stream(commands.NewID("case", "a"))
	if _, err := commands.Handle(t.Context(), w.Handler, approvals.Context, stream, approvals.OpenCase{Kind: "其他文件", Title: "送审稿"}, w.request(applicant, "open")); err != nil {
		t.Fatal(err)
	}
	before := w.events(t)
	for i := range 40 {
		_, err := commands.Handle(t.Context(), w.Handler, approvals.Context, stream, approvals.Approve{Step: 1}, w.request(applicant, fmt.Sprint("approve ", i)))
		if !errors.Is(err, approvals.ErrSelf) {
			t.Fatalf("his own request: %v", err)
		}
	}
	if n := w.events(t) - before; n == 0 || n > 12 {
		t.Errorf("%d of 40 refusals are on record; want some, and no flood", n)
	}
	// Asked again, the refusal that is on record is the answer.
	if _, err := commands.Handle(t.Context(), w.Handler, approvals.Context, stream, approvals.Approve{Step: 1}, w.request(applicant, "approve 0")); !errors.Is(err, approvals.ErrSelf) {
		t.Errorf("asked again: %v", err)
	}
}

func TestBlankPolicyWritesNothing(t *testing.T) {
	w := newWorld(t, demo.TextsAlone)
	stream := w.receiveBlank(t)
	before := w.events(t)
	_, err := commands.Register(t.Context(), w.Handler, stream, w.request(w.staff.One("registrar"), "register"))
	var refusal *domain.Refusal
	if !errors.As(err, &refusal) || refusal.Code != "policy-blank" {
		t.Fatalf("got %v, want policy-blank", err)
	}
	if w.events(t) != before {
		t.Error("something was written")
	}
	if err := demo.Publish(t.Context(), w.Handler, w.staff, "test", "county/supplement.json"); err != nil {
		t.Fatal(err)
	}
	if _, err := commands.Register(t.Context(), w.Handler, stream, w.request(w.staff.One("registrar"), "register")); err != nil {
		t.Errorf("with the supplement: %v", err)
	}
}

// receiveBlank receives a paper that shows no class and no urgency, whose words the texts alone do not know.
func (w *world) receiveBlank(t *testing.T) string {
	t.Helper()
	cmd := paper("甲")
	cmd.Urgency, cmd.Class, cmd.NotStated = "", "", []string{"issued_on", "urgency", "class"}
	stream := documents.Context.Stream(commands.NewID("paper", "blank"))
	if _, err := commands.Handle(t.Context(), w.Handler, documents.Context, stream, cmd, w.request(w.staff.One("registrar"), "receive")); err != nil {
		t.Fatal(err)
	}
	return stream
}

func TestExplainTakesEveryDecisionAgain(t *testing.T) {
	w := newWorld(t, demo.WithSupplement)
	if err := demo.History(t.Context(), w.Handler, w.clock, w.staff, demo.Plan{Seed: 7, From: domain.Date{Year: 2026, Month: 4, Day: 15}, Until: domain.Date{Year: 2026, Month: 4, Day: 22}}); err != nil {
		t.Fatal(err)
	}
	page, err := w.Store.ReadAll(t.Context(), eventstore.Before, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	done, explained := map[string]bool{}, 0
	for _, rec := range page.Records {
		h := rec.Header
		if h.Office == "" || done[h.Stream+h.Command] {
			continue
		}
		done[h.Stream+h.Command] = true
		ex, err := w.Explain(t.Context(), h.Office, h.Stream, h.Revision)
		if err != nil {
			t.Fatalf("%s@%d %s: %v", h.Stream, h.Revision, h.Type, err)
		}
		if !ex.Same {
			t.Errorf("%s@%d %s: taken again it is another decision: stored %s, again %s", h.Stream, h.Revision, h.Type, names(ex.Stored), names(ex.Again))
		}
		explained++
	}
	t.Logf("%d decisions of %d events were taken again", explained, len(page.Records))
}

func names(events []domain.Encoded) (out []string) {
	for _, e := range events {
		out = append(out, e.Name+" "+string(e.Event))
	}
	return out
}

// A decision explained under a changed policy is not the same: the control of the test above.
func TestExplainSeesAnotherPolicy(t *testing.T) {
	w := newWorld(t, demo.WithSupplement)
	stream := w.receive(t, "甲")
	if _, err := commands.Register(t.Context(), w.Handler, stream, w.request(w.staff.One("registrar"), "register")); err != nil {
		t.Fatal(err)
	}
	ex, err := w.Explain(t.Context(), "county", stream, 2)
	if err != nil || !ex.Same || len(ex.Readings) == 0 {
		t.Fatalf("%+v, %v", ex, err)
	}
	for i, r := range ex.Reads {
		if r.Stream == policy.Stream("county") {
			ex.Reads[i].Revision = 0
		}
	}
	if ex.Policy == 0 || ex.Calendar == 0 {
		t.Errorf("the decision names policy version %d and calendar version %d", ex.Policy, ex.Calendar)
	}
}

func TestCommandIDsKeepAskersApart(t *testing.T) {
	base := commands.ID("county", "p", "POST", "/documents", "k")
	for name, other := range map[string]string{
		"office": commands.ID("bureau", "p", "POST", "/documents", "k"), "person": commands.ID("county", "q", "POST", "/documents", "k"),
		"path": commands.ID("county", "p", "POST", "/approvals", "k"), "key": commands.ID("county", "p", "POST", "/documents", "l"),
	} {
		if other == base {
			t.Errorf("another %s has the same command id", name)
		}
	}
	if commands.ID("county", "p", "POST", "/documents", "k") != base {
		t.Error("the same request has two command ids")
	}
}
