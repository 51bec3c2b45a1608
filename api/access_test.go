package api_test

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"

	"andu/cmd/andu/demo"
	"andu/commands"
)

// A scan leaves by a viewing alone, in the part that was granted; what the scope takes away ends at once or, where the
// office says so, with the viewing (G18); every denial and every look at the trail is on record.
func TestG18(t *testing.T) {
	w := newTown(t, setting{rules: demo.WithSupplement, at: "2026-04-14 09:50"})
	scan := append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("案牍"), 40_000)...)
	for i, d := range desks {
		registrar, leader, reader := w.as(d.registrar), w.as(d.leader), w.as(d.handler)
		id := registrar.receive(nil)
		path := "/documents/" + id
		reader.post(path+"/content", scan).refused(http.StatusForbidden, "access.not-keeper")
		registrar.post(path+"/content", []byte{}).refused(http.StatusUnprocessableEntity, "content-size")
		registrar.post(path+"/content", bytes.Repeat([]byte("x"), 1<<20+1)).refused(http.StatusUnprocessableEntity, "content-size")
		attached := registrar.post(path+"/content?name=scan.pdf", scan, "Idempotency-Key", "scan").ok()
		again := registrar.post(path+"/content?name=scan.pdf", scan, "Idempotency-Key", "scan").ok()
		if !bytes.Equal(attached.body, again.body) {
			t.Errorf("attached twice: %s and %s", attached.body, again.body)
		}
		content := happened(attached, "access.content-attached")["content"]
		leader.post(path+"/scope", map[string]any{"persons": []string{reader.id}, "authority": "批示"}).ok()

		day := []string{"2026-04-14", "2026-04-15"}[i]
		w.clock.set(day + " 09:59:00")
		open := map[string]any{"content": content, "purpose": "handle", "to": 1000}
		leader.post(path+"/views", open).refused(http.StatusForbidden, "access.not-in-scope")
		view := happened(reader.post(path+"/views", open).ok(), "access.view-opened")["view"].(string)
		bytesOf := path + "/views/" + view + "/content"
		part := reader.get(bytesOf, "Range", "bytes=9-14").ok()
		if string(part.body) != "案牍" || part.status != http.StatusPartialContent || part.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%d %q %v", part.status, part.body, part.header)
		}
		reader.get(bytesOf).refused(http.StatusForbidden, "access.outside-window")
		reader.get(bytesOf, "Range", "bytes=0-1,3-4").refused(http.StatusRequestedRangeNotSatisfiable, "range-invalid")
		leader.get(bytesOf, "Range", "bytes=0-9").refused(http.StatusForbidden, "access.not-in-scope")
		reader.post(path+"/views/windows", map[string]any{"view": view, "from": 0, "to": len(scan)}).ok()
		if whole := reader.get(bytesOf).ok(); !bytes.Equal(whole.body, scan) || whole.header.Get("Content-Type") != "application/pdf" {
			t.Errorf("%d bytes of %s", len(whole.body), whole.header.Get("Content-Type"))
		}

		w.clock.set(day + " 10:00:00")
		leader.post(path+"/scope/reductions", map[string]any{"person": reader.id, "reason": "转岗"}).ok()
		w.clock.set(day + " 10:00:01")
		if next := reader.get(bytesOf, "Range", "bytes=0-9"); d.office == "county" {
			next.refused(http.StatusForbidden, "access.not-in-scope")
		} else if len(next.ok().body) != 10 {
			t.Errorf("%d bytes", len(next.body))
		}
		reader.post(path+"/views", open).refused(http.StatusForbidden, "access.not-in-scope")
		w.clock.set(day + " 10:29:00")
		w.settle()
		reader.get(bytesOf, "Range", "bytes=0-9").refused(http.StatusForbidden, "access.not-in-scope")

		stream := "access-" + id
		var closed []string
		for _, r := range w.history(stream) {
			if r.Type == "access.view-closed" {
				closed = append(closed, r.OccurredAt.In(shanghai).Format("15:04:05"))
			}
		}
		want := []string{map[string]string{"county": "10:00:00", "bureau": "10:29:00"}[d.office]}
		if !slices.Equal(closed, want) || slices.Contains(w.types(stream), "access.seen-after-removal") == (d.office == "county") {
			t.Errorf("%s: closed at %v, events %v", d.office, closed, w.types(stream))
		}

		auditor := w.as(w.staff[d.office].Persons[2].Login)
		auditor.post(path+"/views", open).refused(http.StatusForbidden, "access.officer")
		auditor.get(path+"/trail").refused(http.StatusUnprocessableEntity, "request-invalid")
		auditor.get("/timelines/"+stream).refused(http.StatusForbidden, "access.trail")
		reader.get(path+"/trail?reason=x").refused(http.StatusForbidden, "not-permitted")
		var seen struct {
			Views   []struct{ Person, Cause string }
			Denials []struct{ Person, Reason string }
		}
		auditor.get(path + "/trail?reason=check").ok().into(&seen)
		if len(seen.Views) != 1 || seen.Views[0].Person != reader.id || len(seen.Denials) < 5 || !strings.HasSuffix(w.types(stream)[len(w.types(stream))-1], "trail-queried") {
			t.Errorf("%s: %+v", d.office, seen)
		}
		auditor.get("/persons/" + reader.id + "/trail?reason=check").ok().into(&seen)
		if len(seen.Views) != 1 {
			t.Errorf("%s: %+v", d.office, seen)
		}

		// Of a state secret no content is taken in; of 机密 a denial looks like absence.
		class := map[string]any{"class": "秘密", "until": "2030-01-01", "authority": "定密"}
		registrar.post(path+"/class", class).ok()
		registrar.post(path+"/content", scan).refused(http.StatusForbidden, "access.custody-only")
		class["class"] = "机密"
		registrar.post(path+"/class/changes", class).ok()
		reader.post(path+"/views", open).refused(http.StatusNotFound, "not-found")
	}
}

// A class that is decided when the paper is long among the others masks it everywhere at once: its entry, its history, the
// case about it and the tray; and after it has lapsed, the paper is the office's again (定密、解密).
func TestClassDecidedLater(t *testing.T) {
	w := newTown(t, setting{rules: demo.WithSupplement, offices: []demo.Office{demo.County()}, at: "2026-04-14 09:00"})
	d := desks[0]
	registrar, outsider := w.as(d.registrar), w.as("logistics-clerk")
	const title = "关于某项后定密工作的通知"
	for class, told := range map[string]struct {
		status int
		code   string
	}{"秘密": {http.StatusForbidden, "not-handler"}, "机密": {http.StatusNotFound, "not-found"}} {
		paper, id, _ := w.proposed(d, map[string]any{"title": title})
		slip := registrar.post("/circulations", map[string]any{"document": "document-" + paper, "readers": []string{w.as(d.leader).id}, "authority": "批示"}).result()
		about := []string{"document-" + paper, "approval-" + id, slip.Stream}
		for _, s := range about {
			outsider.get("/timelines/" + s).ok()
		}
		decided := registrar.post("/documents/"+paper+"/class", map[string]any{"class": class, "until": "2026-05-01", "authority": "定密"}).ok()
		at := []string{"Andu-At-Least", decided.header.Get("Andu-Position")}
		if list := outsider.get("/documents", at...).ok(); bytes.Contains(list.body, []byte(title)) {
			t.Errorf("%s: the title is in the list", class)
		}
		if found := outsider.get("/documents?q="+title, at...).ok(); bytes.Contains(found.body, []byte(paper)) {
			t.Errorf("%s: the title finds it", class)
		}
		var e struct {
			Masked       bool
			Title, Class string
			Number       int
		}
		outsider.get("/documents/"+paper, at...).ok().into(&e)
		if !e.Masked || e.Title != "" || e.Class != class || e.Number == 0 {
			t.Errorf("%s: whoever does not handle it sees %+v", class, e)
		}
		for _, s := range about {
			outsider.get("/timelines/"+s).refused(told.status, told.code)
			outsider.get("/timelines/"+s+"/as-of").refused(told.status, told.code)
		}
		outsider.get("/circulations/"+slip.ID).refused(told.status, told.code)
		if desk := outsider.get("/desk", "Accept", "text/html"); bytes.Contains(desk.body, []byte(title)) {
			t.Errorf("%s: the title is on the desk", class)
		}
		registrar.get("/timelines/document-" + paper).ok()
		// What the paper shows is corrected, and what was decided stands.
		corrected := paperOnly(title + "（更正）")
		corrected["reason"] = "标题有误"
		registrar.post("/documents/"+paper+"/registration-corrections", corrected).ok()
		outsider.get("/timelines/document-"+paper).refused(told.status, told.code)
	}
	w.clock.set("2026-05-02 00:00")
	w.settle()
	if list := outsider.get("/documents").ok(); bytes.Count(list.body, []byte(title)) != 2 {
		t.Errorf("lapsed, they are the office's again: %s", list.body)
	}
	waiting, err := w.due(t.Context(), w.Now(), 1000)
	w.must(err)
	if i := slices.IndexFunc(waiting, func(d commands.Due) bool { return d.Kind == "document.class" }); i >= 0 {
		t.Errorf("%s still waits for its paper", waiting[i].Key)
	}
}

// happened is the fact of an answer's event of a type.
func happened(a answer, name string) map[string]any {
	a.t.Helper()
	var body struct {
		Events []struct {
			Type string
			Data map[string]any
		}
	}
	a.into(&body)
	for _, e := range body.Events {
		if e.Type == name {
			return e.Data
		}
	}
	a.t.Fatalf("%s: no %s in %s", a.asked, name, a.body)
	return nil
}
