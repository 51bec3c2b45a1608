package api_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"andu/commands"
	"andu/domain/documents"
	"andu/domain/registers"
	"andu/eventstore"

	"golang.org/x/sync/errgroup"
)

const clients = 16

// together lets every client work at the same time, and fails the test with the first thing that goes wrong.
func together(t *testing.T, n int, work func(client int) error) {
	t.Helper()
	var g errgroup.Group
	start := make(chan struct{})
	for i := range n {
		g.Go(func() error { <-start; return work(i) })
	}
	close(start)
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

func done(a answer, err error) error {
	if err == nil && a.status/100 != 2 {
		err = fmt.Errorf("%s: %d %s", a.asked, a.status, a.body)
	}
	return err
}

// whole checks that the log has every position and every revision of each stream once, in order.
func (w *town) whole() {
	w.t.Helper()
	next := map[string]int64{}
	position := eventstore.Before
	for {
		page, err := w.store.ReadAll(w.t.Context(), position, 500)
		w.must(err)
		if len(page.Records) == 0 {
			break
		}
		for _, r := range page.Records {
			if r.Position != position+1 || r.Header.Revision != next[r.Header.Stream] {
				w.t.Fatalf("%s@%d stands at %d, behind %d", r.Header.Stream, r.Header.Revision, r.Position, position)
			}
			position = r.Position
			next[r.Header.Stream]++
		}
	}
	if position != w.head() {
		w.t.Errorf("the log ends at %d, its head is %d", position, w.head())
	}
}

// Sixteen clients on one record: what each was told is done stands there once, and in the order in which he did it.
func TestManyClientsOnOneRecord(t *testing.T) {
	w := newTown(t, setting{})
	registrar := w.as("registrar")
	paper := registrar.receive(nil)
	registrar.register(paper)
	before := len(w.history("document-" + paper))
	logins := []string{"registrar", "registrar2", "secretary", "secretary2", "director", "deputy-papers", "deputy-admin", "legal-chief"}
	var users []user
	for i := range clients {
		users = append(users, w.as(logins[i%len(logins)]))
	}
	const each = 20
	revisions := make([][]int64, clients)
	together(t, clients, func(c int) error {
		for i := range each {
			a, err := users[c].try(http.MethodPost, "/documents/"+paper+"/processing-reviews", map[string]any{"remark": fmt.Sprintf("%d/%d", c, i)},
				"Idempotency-Key", fmt.Sprintf("review-%d-%d", c, i))
			if err := done(a, err); err != nil {
				return err
			}
			revisions[c] = append(revisions[c], a.result().Revision)
		}
		return nil
	})
	w.whole()
	next := make([]int, clients)
	for _, r := range w.history("document-" + paper)[before:] {
		e, ok := r.Event.(documents.ProcessingReviewed)
		client, n, _ := strings.Cut(e.Remark, "/")
		c, err := strconv.Atoi(client)
		if !ok || err != nil || strconv.Itoa(next[c]) != n || revisions[c][next[c]] != r.Revision {
			t.Fatalf("%s@%d: %q, where client %d is at %d", r.Stream, r.Revision, e.Remark, c, next[c])
		}
		next[c]++
	}
	for c, n := range next {
		if n != each {
			t.Errorf("client %d was told of %d, and %d stand there", c, each, n)
		}
	}
}

// Sixteen clients on records of their own, with one book for all of them: every paper has one number and every number
// one paper, and the read models show what the log holds.
func TestManyClientsOnManyRecords(t *testing.T) {
	w := newTown(t, setting{})
	users := []user{w.as("registrar"), w.as("registrar2")}
	const each = 10
	numbers := make([]int, clients*each)
	together(t, clients, func(c int) error {
		u := users[c%len(users)]
		for i := range each {
			a, err := u.try(http.MethodPost, "/documents", paper(map[string]any{"title": fmt.Sprintf("第%d位第%d件", c, i)}))
			if err := done(a, err); err != nil {
				return err
			}
			a, err = u.try(http.MethodPost, "/documents/"+a.result().ID+"/registration", nil)
			if err := done(a, err); err != nil {
				return err
			}
			for _, f := range a.result().Events {
				if f.Type == "register.number-allotted" {
					var e registers.NumberAllotted
					f.into(t, &e)
					numbers[c*each+i] = e.Number
				}
			}
		}
		return nil
	})
	w.whole()
	slices.Sort(numbers)
	for i, n := range numbers {
		if n != i+1 {
			t.Fatalf("the numbers given are %v", numbers)
		}
	}
	w.settle()
	series := registers.StreamOf(commands.NewID, "county", "收文", 2026)
	state, err := registers.Context.Fold(registers.Series{}, w.history(series))
	w.must(err)
	if r := state.Gaps(); !r.Complete() || r.Registered != clients*each {
		t.Errorf("%+v", r)
	}
	var counts struct{ States map[string]int }
	users[0].get("/documents/counts").ok().into(&counts)
	if counts.States["registered"] != clients*each {
		t.Errorf("the register shows %v", counts.States)
	}
}

// One request that is sent fifty times at once has one effect and fifty equal answers, today and after a restart. The
// same key with another body is another request and is refused; with another person it is his own.
func TestOneRequestManyTimes(t *testing.T) {
	w := newTown(t, setting{})
	registrar, second := w.as("registrar"), w.as("registrar2")
	const times = 50
	repeat := func(path string, body any, key string, events int) answer {
		t.Helper()
		before := w.head()
		answers := make([]answer, times)
		together(t, times, func(c int) (err error) {
			answers[c], err = registrar.try(http.MethodPost, path, body, "Idempotency-Key", key)
			return err
		})
		for _, a := range answers {
			if a.status != answers[0].status || !bytes.Equal(a.body, answers[0].body) || a.header.Get("Location") != answers[0].header.Get("Location") {
				t.Fatalf("%s: %d %s\nand %d %s", a.asked, a.status, a.body, answers[0].status, answers[0].body)
			}
		}
		if got := int(w.head() - before); got != events {
			t.Errorf("%s: %d events, want %d", path, got, events)
		}
		return answers[0].ok()
	}
	received := repeat("/documents", paper(nil), "receive", 2)
	doc := "/documents/" + received.result().ID
	registered := repeat(doc+"/registration", nil, "register", 4) // the book is opened, the number allotted, taken and at rest

	w.restart()
	for _, again := range []struct {
		path string
		body any
		key  string
		was  answer
	}{{"/documents", paper(nil), "receive", received}, {doc + "/registration", nil, "register", registered}} {
		if a := registrar.post(again.path, again.body, "Idempotency-Key", again.key); a.status != again.was.status || !bytes.Equal(a.body, again.was.body) {
			t.Errorf("after a restart %s answers %d %s\nand before %s", again.path, a.status, a.body, again.was.body)
		}
	}
	registrar.post("/documents", paper(map[string]any{"title": "另一件"}), "Idempotency-Key", "receive").refused(http.StatusUnprocessableEntity, commands.ErrKeyReused.Code)
	if other := second.post("/documents", paper(nil), "Idempotency-Key", "receive").result(); other.ID == received.result().ID {
		t.Error("another person's request with the same key has the first one's answer")
	}
	w.whole()
}

// Of fifty who decide on one form, one is heard: the others are told that the record has changed and what it is at now.
func TestOneFormManyHands(t *testing.T) {
	w := newTown(t, setting{})
	registrar := w.as("registrar")
	id := registrar.receive(nil)
	stream := "document-" + id
	seen := int64(len(w.history(stream)) - 1)
	won := make([]bool, clients)
	together(t, clients, func(c int) error {
		a, err := registrar.try(http.MethodPost, "/documents/"+id+"/description", paperOnly(fmt.Sprintf("第%d稿", c)), "If-Match", strconv.Quote(strconv.FormatInt(seen, 10)))
		switch {
		case err != nil:
			return err
		case a.status == http.StatusOK:
			won[c] = true
		case a.status != http.StatusConflict || a.code != "record-changed" || !bytes.Contains(a.body, []byte(`"actual_revision":`+strconv.FormatInt(seen+1, 10))):
			return errors.New(string(a.body))
		}
		return nil
	})
	if n := len(slices.DeleteFunc(slices.Clone(won), func(w bool) bool { return !w })); n != 1 || int64(len(w.history(stream))-1) != seen+1 {
		t.Errorf("%d were heard, and the record is at %d", n, len(w.history(stream))-1)
	}
}

// paperOnly is what a paper says, without how it came.
func paperOnly(title string) map[string]any {
	return paper(map[string]any{"title": title, "copies": nil, "channel": nil})
}
