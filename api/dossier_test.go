package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"andu/cmd/andu/demo"
)

// One paper through every record that says anything of it, in one order: with both times, the policy version and the
// clauses of each decision, and, for the officers who may ask, everyone who opened it.
func TestDossier(t *testing.T) {
	w := newTown(t, setting{rules: demo.WithSupplement, at: "2026-04-14 09:00"})
	for _, d := range desks {
		w.clock.set(d.at(9))
		registrar, leader, reader := w.as(d.registrar), w.as(d.leader), w.as(d.handler)
		id, cas, shown := w.proposed(d, nil)
		path := "/documents/" + id
		leader.post("/approvals/"+cas+"/instruction", map[string]any{"step": 1, "text": "同意，抓紧办理。", "shown": shown}).ok()
		w.settle()
		slip := registrar.post("/circulations", map[string]any{"document": "document-" + id, "readers": []string{leader.id}, "authority": "批示"}).result()
		if d.office == "county" {
			registrar.post("/circulations/"+slip.ID+"/deliveries", map[string]any{"person": leader.id}).ok()
		}
		leader.post("/circulations/"+slip.ID+"/signatures", map[string]any{"opinion": "已阅"}).ok()
		content := happened(registrar.post(path+"/content?name=scan.pdf", []byte("%PDF-1.7\n案牍")).ok(), "access.content-attached")["content"]
		leader.post(path+"/scope", map[string]any{"persons": []string{reader.id}, "authority": "批示"}).ok()
		open := map[string]any{"content": content, "purpose": "handle", "to": 10}
		reader.post(path+"/views", open).ok()
		leader.post(path+"/views", open).refused(http.StatusForbidden, "access.not-in-scope")
		other := registrar.receive(map[string]any{"title": "另一件"}) // what is said of another paper is not told
		registrar.register(other)
		w.settle()

		type entry struct {
			Stream, Type, Occurred, Recorded, Position string
			Revision, Policy                           int64
			Withheld                                   bool
			Data                                       map[string]any
			Rules                                      []struct{ Key, Document, Clause string }
		}
		read := func(u user, query string) (list []entry) {
			var out struct {
				Entries []struct {
					entry
					At string `json:"occurred_at"`
					On string `json:"recorded_at"`
					V  int64  `json:"policy_version"`
				}
			}
			u.get(path + "/dossier" + query).ok().into(&out)
			for _, e := range out.Entries {
				e.entry.Occurred, e.entry.Recorded, e.entry.Policy = e.At, e.On, e.V
				list = append(list, e.entry)
			}
			return list
		}
		check := func(list []entry, contexts ...string) {
			t.Helper()
			found := map[string]bool{}
			last := int64(-1)
			for _, e := range list {
				context, _, _ := strings.Cut(e.Type, ".")
				found[context] = true
				var at int64
				for _, c := range e.Position[strings.LastIndexByte(e.Position, ':')+1:] {
					at = at*10 + int64(c-'0')
				}
				if at <= last || e.Occurred == "" || e.Recorded == "" || e.Policy > 0 && len(e.Rules) == 0 {
					t.Errorf("%s: %+v after %d", d.office, e, last)
				}
				last = at
			}
			for _, c := range contexts {
				if !found[c] {
					t.Errorf("%s: nothing of %s in %d entries", d.office, c, len(list))
				}
				delete(found, c)
			}
			if len(found) > 0 {
				t.Errorf("%s: also %v", d.office, found)
			}
		}
		staff := read(registrar, "")
		check(staff, "document", "register", "approval", "circulation")
		if i := slices.IndexFunc(staff, func(e entry) bool { return e.Type == "document.registered" }); i < 0 || staff[i].Withheld || len(staff[i].Rules) == 0 || staff[i].Rules[0].Document == "" {
			t.Errorf("%s: %+v", d.office, staff)
		}
		for _, e := range staff {
			if e.Type == "register.number-allotted" && e.Data["item"] != "document-"+id {
				t.Errorf("%s: a number of another paper: %+v", d.office, e)
			}
		}

		auditor := w.as(w.staff[d.office].Persons[2].Login)
		auditor.get(path+"/dossier").refused(http.StatusForbidden, "access.trail")
		audit := read(auditor, "?reason=check")
		check(audit, "document", "register", "approval", "circulation", "access")
		var opened, denied []any
		for _, e := range audit {
			switch e.Type {
			case "access.view-opened":
				opened = append(opened, e.Data["person"])
			case "access.refused":
				denied = append(denied, e.Data["code"])
			case "document.described", "access.scope-set", "access.content-attached": // what was typed
				if !e.Withheld || e.Data != nil {
					t.Errorf("%s: an officer sees content: %+v", d.office, e)
				}
			}
		}
		if !slices.Equal(opened, []any{any(reader.id)}) || !slices.Equal(denied, []any{any("access.not-in-scope")}) {
			t.Errorf("%s: opened by %v, denied %v", d.office, opened, denied)
		}
		auditor.get("/accounts/history?before=9223372036854775807").ok()
		auditor.page("/desk/audit?before=9223372036854775807").ok()
		registrar.page("/desk/documents?number=9223372036854775807").ok()
		registrar.get("/documents?number=2147483648").refused(http.StatusUnprocessableEntity, "request-invalid")
		stranger := w.as(map[string]string{"county": "bureau-chief", "bureau": "director"}[d.office])
		stranger.get(path+"/dossier").refused(http.StatusNotFound, "not-found")

		page := string(registrar.page("/desk" + path + "/dossier").ok().body)
		for _, words := range []string{"全程", "审批单", "传阅单", "批示"} {
			if !strings.Contains(page, words) {
				t.Errorf("%s: the page does not say %s", d.office, words)
			}
		}
	}
}
