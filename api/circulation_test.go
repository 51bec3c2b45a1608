package api_test

import (
	"net/http"
	"slices"
	"testing"

	"andu/cmd/andu/demo"
	"andu/projections/inbox"
)

// A circulation goes on to its end whatever becomes of the case (G17): in the county one after another, in the bureau
// all at once.
func TestG17(t *testing.T) {
	w := newTown(t, setting{rules: demo.WithSupplement})
	for _, d := range desks {
		w.clock.set(d.at(9))
		clerk, leader, other := w.as(d.registrar), w.as(d.leader), w.as(d.other)
		paper, id, shown := w.proposed(d, nil)
		slip := clerk.post("/circulations", map[string]any{"document": "document-" + paper, "readers": []string{other.id, leader.id}, "authority": "批示"}).result()
		path := "/circulations/" + slip.ID
		leader.post(path+"/counts", map[string]any{"whole": true}).refused(http.StatusConflict, "circulation.not-returned")
		if d.office == "county" {
			other.post(path+"/signatures", map[string]any{}).refused(http.StatusConflict, "circulation.not-delivered")
			clerk.post(path+"/deliveries", map[string]any{"person": other.id}).refused(http.StatusConflict, "circulation.not-his-turn")
			clerk.post(path+"/deliveries", map[string]any{"person": leader.id}).ok()
		}
		leader.post(path+"/signatures", map[string]any{"opinion": "已阅"}).ok()
		before := len(w.history(slip.Stream))
		leader.post("/approvals/"+id+"/returns", map[string]any{"step": 1, "text": "请补充", "to": 0, "shown": shown}).ok()
		w.settle()
		if len(w.history(slip.Stream)) != before {
			t.Errorf("%s: what became of the case has touched the slip", d.office)
		}
		if d.office == "county" {
			clerk.post(path+"/deliveries", map[string]any{"person": other.id}).ok()
		}
		other.post(path+"/signatures", map[string]any{}).ok()
		var s struct{ Completed bool }
		clerk.get(path).ok().into(&s)
		if !s.Completed {
			t.Errorf("%s: it is not complete", d.office)
		}
	}
}

// What goes round is in the reader's tray until he has signed and then in the clerk's until it is counted; the paper knows
// at every moment who has its copy; an extract comes back before the slip.
func TestCirculationInTheTray(t *testing.T) {
	w := newTown(t, setting{rules: demo.WithSupplement, offices: []demo.Office{demo.County()}, at: "2026-04-14 09:00"})
	d := desks[0]
	clerk, leader, other := w.as(d.registrar), w.as(d.leader), w.as(d.other)
	paper := clerk.receive(map[string]any{"title": "关于汛期传阅工作的通知"})
	clerk.register(paper)
	slip := clerk.post("/circulations", map[string]any{"document": "document-" + paper, "copy": "1", "readers": []string{other.id, leader.id}, "authority": "批示"}).result()
	path := "/circulations/" + slip.ID
	kinds := func(u user, reading bool) (list []string) {
		t.Helper()
		w.must(w.read.Wait(t.Context(), w.head()))
		p, _ := w.person(u.login)
		tray, err := inbox.For(t.Context(), w.pool, inbox.Asker{Office: d.office, Person: u.id, Posts: []string{p.Post}, Roles: []string{"rcv.distribution"}}, reading, w.Now(), "", 50)
		w.must(err)
		for _, i := range tray.Items {
			if i.Slip == slip.Stream {
				list = append(list, string(i.Kind)+" "+i.Title+" "+i.Subject)
			}
		}
		return list
	}
	is := func(who string, got []string, want ...string) {
		t.Helper()
		for i := range want {
			want[i] += " 关于汛期传阅工作的通知 document-" + paper
		}
		if !slices.Equal(got, want) {
			t.Errorf("the tray of %s holds %v, want %v", who, got, want)
		}
	}
	holder := func(want string) {
		t.Helper()
		w.settle()
		var e struct {
			Copies []struct{ Copy, State, Holder string }
		}
		clerk.get("/documents/" + paper).ok().into(&e)
		if got := e.Copies[0].State + " " + e.Copies[0].Holder; got != want {
			t.Errorf("the paper has its copy %q, want %q", got, want)
		}
	}
	holder("out " + slip.Stream)
	clerk.post("/documents/"+paper+"/copies/returns", map[string]any{"copy": "1"}).refused(http.StatusConflict, "document.copy-circulates")
	clerk.post(path+"/deliveries", map[string]any{"person": leader.id}).ok()
	holder("out " + leader.id)
	is(d.leader, kinds(leader, true), "circulate")
	extract := happened(leader.post(path+"/extracts", map[string]any{"part": "第三部分", "purpose": "起草实施意见"}).ok(), "circulation.extract-taken")["extract"]
	leader.post(path+"/signatures", map[string]any{}).ok()
	holder("out " + slip.Stream)
	is(d.leader, kinds(leader, true))
	clerk.post(path+"/skips", map[string]any{"person": other.id, "reason": "出差"}).ok()
	clerk.post(path+"/deliveries", map[string]any{"person": other.id}).ok()
	other.post(path+"/signatures", map[string]any{}).ok()
	is(d.registrar, kinds(clerk, false), "retrieve")
	clerk.post(path+"/return", map[string]any{}).refused(http.StatusConflict, "circulation.extracts-out")
	clerk.post(path+"/extracts/returns", map[string]any{"extract": extract}).ok()
	clerk.post(path+"/return", map[string]any{}).ok()
	holder("held ")
	is(d.registrar, kinds(clerk, false), "count")
	clerk.post(path+"/counts", map[string]any{"whole": true}).ok()
	is(d.registrar, kinds(clerk, false))
}
