package api_test

import (
	"net/http"
	"testing"

	"andu/cmd/andu/demo"
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
