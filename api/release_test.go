package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"andu/cmd/andu/demo"
	"andu/commands"
	"andu/domain/access"
	"andu/eventstore/postgres"
)

// threshold stops an answer of content between the last reading of the guards and the first byte, until it is let go.
type threshold struct {
	next    http.Handler
	armed   atomic.Bool
	reached chan struct{}
	let     chan struct{}
}

func (s *threshold) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/content") && r.Method == http.MethodGet && s.armed.CompareAndSwap(true, false) {
		w = &stopped{w, s}
	}
	s.next.ServeHTTP(w, r)
}

type stopped struct {
	http.ResponseWriter
	at *threshold
}

func (s *stopped) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (s *stopped) WriteHeader(status int) {
	if status < 300 {
		s.at.reached <- struct{}{}
		<-s.at.let
	}
	s.ResponseWriter.WriteHeader(status)
}

// Whatever takes a right away is not acknowledged while a byte may still leave by that right: an answer that had its
// guards read goes first or not at all, here and from another server of the same log; the pieces behind it stay.
func TestNothingLeavesBehindAnAcknowledgement(t *testing.T) {
	gate := &threshold{reached: make(chan struct{}), let: make(chan struct{})}
	w := newTown(t, setting{rules: demo.WithSupplement, offices: []demo.Office{demo.County()}, at: "2026-04-14 09:50",
		front: func(next http.Handler) http.Handler { gate.next = next; return gate }})
	d := desks[0]
	registrar, leader, reader := w.as(d.registrar), w.as(d.leader), w.as(d.handler)
	chief, _ := w.person(d.leader)
	scan := bytes.Repeat([]byte("案牍"), 50_000) // five pieces
	for _, taken := range []struct {
		name string
		take func(path, view string) error
		mark string // the event that takes the right away
	}{
		{"scope", func(path, view string) error {
			a, err := leader.try(http.MethodPost, path+"/scope/reductions", map[string]any{"person": reader.id, "reason": "转岗"})
			return failed(a, err)
		}, "access.scope-reduced"},
		{"scope, by another server", func(path, view string) error {
			order, err := postgres.OpenOrder(t.Context(), w.db.ServerURL)
			if err != nil {
				return err
			}
			defer order.Close()
			other := &commands.Handler{Store: w.store, Keys: w.ring, Now: w.Now, Zone: shanghai, Clock: "server", Order: order}
			_, err = commands.Handle(t.Context(), other, access.Context, "access-"+strings.TrimPrefix(path, "/documents/"),
				access.ReduceScope{Person: reader.id, Reason: "转岗"}, commands.Request{Office: d.office, Actor: chief.Actor()})
			return err
		}, "access.scope-reduced"},
		{"class", func(path, view string) error {
			a, err := registrar.try(http.MethodPost, path+"/class", map[string]any{"class": "秘密", "until": "2030-01-01", "authority": "定密"})
			return failed(a, err)
		}, "access.classification-set"},
		{"viewing", func(path, view string) error {
			a, err := reader.try(http.MethodPost, path+"/views/closings", map[string]any{"view": view})
			return failed(a, err)
		}, "access.view-closed"},
	} {
		t.Run(taken.name, func(t *testing.T) {
			id := registrar.receive(nil)
			path, stream := "/documents/"+id, "access-"+id
			content := happened(registrar.post(path+"/content", scan).ok(), "access.content-attached")["content"]
			leader.post(path+"/scope", map[string]any{"persons": []string{reader.id}, "authority": "批示"}).ok()
			view := happened(reader.post(path+"/views", map[string]any{"content": content, "purpose": "handle"}).ok(), "access.view-opened")["view"].(string)
			got := make(chan answer, 1)
			gate.armed.Store(true)
			go func() {
				a, _ := reader.try(http.MethodGet, path+"/views/"+view+"/content", nil) // cut short: no error of the test
				got <- a
			}()
			<-gate.reached
			acknowledged := make(chan error, 1)
			go func() { acknowledged <- taken.take(path, view) }()
			for !slices.Contains(w.types(stream), taken.mark) {
				select {
				case err := <-acknowledged:
					t.Fatalf("acknowledged before it was recorded: %v", err)
				default:
				}
			}
			early := false
			select {
			case err := <-acknowledged:
				early = true
				acknowledged <- err
			case <-time.After(300 * time.Millisecond): // what must not happen has had its time
			}
			gate.let <- struct{}{}
			body := (<-got).body
			if err := <-acknowledged; err != nil {
				t.Error(err)
			}
			if early && len(body) > 0 {
				t.Errorf("%d bytes left behind the acknowledgement", len(body))
			}
			if len(body) > 64<<10 || !early && len(body) == 0 {
				t.Errorf("%d bytes: the piece that was on its way leaves, and none after it", len(body))
			}
			if a, err := reader.try(http.MethodGet, path+"/views/"+view+"/content", nil); err != nil || a.status != http.StatusForbidden {
				t.Errorf("%d, %v: asked again, there is nothing", a.status, err)
			}
		})
	}
}

// failed is the error of an answer that is none of success.
func failed(a answer, err error) error {
	if err == nil && a.status/100 != 2 {
		err = fmt.Errorf("%d %s", a.status, a.body)
	}
	return err
}
