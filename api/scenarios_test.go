package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"andu/cmd/andu/demo"
	"andu/domain"
	"andu/domain/approvals"
	"andu/domain/calendar"
	"andu/domain/org"
	"andu/domain/policy"
	"andu/domain/registers"
	"andu/presets"
)

// desk names who does what in an office, by login; lead is the post that papers are given to.
type desk struct {
	office                                                               string
	registrar, proposer, leader, other, handler, lead, applicant, signer string
	precheck                                                             bool // the office's procedure names 初审
}

var desks = []desk{
	{office: "county", registrar: "registrar", proposer: "secretary", leader: "director", other: "deputy-papers", handler: "secretariat-chief",
		lead: "secretariat-chief", applicant: "secretariat-clerk", signer: "deputy-papers"},
	{office: "bureau", registrar: "bureau-office-clerk", proposer: "bureau-section-head", leader: "bureau-chief", other: "bureau-office-leader",
		handler: "bureau-staff", lead: "staff", applicant: "bureau-staff", signer: "bureau-office-leader", precheck: true},
}

// at is an hour of the day on which the office gives its instruction.
func (d desk) at(hour int) string {
	day := map[string]int{"county": 14, "bureau": 15}[d.office]
	return fmt.Sprintf("2026-04-%d %02d:00", day, hour)
}

// proposed brings a paper to the leader's desk and gives the paper, the case and what its form shows.
func (w *town) proposed(d desk, change map[string]any) (paper, id string, shown map[string]any) {
	w.t.Helper()
	registrar := w.as(d.registrar)
	paper = registrar.receive(change)
	registrar.register(paper)
	if d.precheck {
		registrar.post("/documents/"+paper+"/pre-check", map[string]any{}).ok()
	}
	w.as(d.other).post("/documents/"+paper+"/legality-reviews", map[string]any{"result": "ok"}).ok()
	proposal := w.as(d.proposer).post("/documents/"+paper+"/proposal", map[string]any{"action": "办件", "opinion": "拟请主办单位阅处。", "lead": d.lead}).result()
	id, shown = w.caseOf(proposal)
	return paper, id, shown
}

// An opinion that was given stays as it was, byte for byte; its correction stands beside it with a time of its own.
func TestG16(t *testing.T) {
	w := newTown(t, setting{})
	for _, d := range desks {
		t.Run(d.office, func(t *testing.T) {
			w.t = t
			paper, id, shown := w.proposed(d, nil)
			path, stream := "/approvals/"+id, "approval-"+id
			leader := w.as(d.leader)
			w.clock.set(d.at(9))
			first := leader.post(path+"/instruction", map[string]any{"step": 1, "text": "同意", "lead": d.lead, "shown": shown}).result()
			written := first.Events[0]
			raw := func() []byte {
				records, err := w.store.Read(t.Context(), stream, written.Revision)
				w.must(err)
				return records[0].Raw
			}
			before := raw()
			w.clock.set(d.at(10))
			correction := map[string]any{"of": written.ID, "text": "原则同意", "reason": "用语更正"}

			head := w.head()
			w.as(d.other).post(path+"/corrections", correction).refused(http.StatusForbidden, approvals.ErrAuthor.Code)
			if got := w.types(stream); got[len(got)-1] != "approval.refused" || w.head() != head+1 {
				t.Errorf("the attempt of somebody else is not on record: %v", got)
			}
			for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete} {
				for _, on := range []string{path + "/instruction", "/timelines/" + stream, "/documents/" + paper} {
					leader.ask(method, on, map[string]any{"text": "不同意"}).refused(http.StatusMethodNotAllowed, "method-not-allowed")
				}
			}
			corrected := leader.post(path+"/corrections", correction).result().Events[0]
			both := slices.DeleteFunc(leader.timeline(stream), func(f fact) bool { return f.ID != written.ID && f.ID != corrected.ID })
			if len(both) != 2 || !bytes.Contains(both[0].Data, []byte(`"同意"`)) || !bytes.Contains(both[1].Data, []byte(`"原则同意"`)) || both[1].Corrects != written.ID {
				t.Errorf("the timeline does not show both: %+v", both)
			}
			var own struct{ At domain.Instant }
			corrected.into(t, &own)
			if !both[0].RecordedAt.Equal(at(d.at(9))) || !both[1].RecordedAt.Equal(at(d.at(10))) || !own.At.Equal(at(d.at(10))) {
				t.Errorf("each has its own time: %v and %v", both[0].RecordedAt, both[1].RecordedAt)
			}
			if !bytes.Equal(before, raw()) {
				t.Error("the first event is no longer what it was")
			}

			w.settle()
			registrar := w.as(d.registrar)
			registrar.post("/documents/"+paper+"/assignment", map[string]any{"lead": d.lead}).ok()
			w.as(d.handler).post("/documents/"+paper+"/acceptances", map[string]any{}).ok()
			w.as(d.handler).post("/documents/"+paper+"/reports", map[string]any{"text": "已办理。"}).ok()
			registrar.post("/documents/"+paper+"/closing", map[string]any{"code": "settled"}).ok()
			correction["of"], correction["text"] = corrected.ID, "同意，请按期办结"
			leader.post(path+"/corrections", correction).ok()
			c := w.approval(id)
			if said, _ := c.Opinion(written.ID); !c.Closed() || c.Outcome != approvals.OutcomeApproved || said.Text != "同意，请按期办结" {
				t.Errorf("after the paper was closed: outcome %q, opinion %q", c.Outcome, said.Text)
			}
			w.settle()
			if states := w.types("document-" + paper); states[len(states)-1] != "document.closed" {
				t.Errorf("a correction moved the closed paper: %v", states)
			}
			if !bytes.Equal(before, raw()) {
				t.Error("the first event is no longer what it was")
			}
		})
	}
}

// A book has no gap that nobody answers for: what was voided says by whom, when and why, and a number taken out of the
// log is named.
func TestG23(t *testing.T) {
	w := newTown(t, setting{})
	for _, d := range desks {
		t.Run(d.office, func(t *testing.T) {
			w.t = t
			keeper := w.as(d.registrar)
			keeper.post("/registers", map[string]any{"book": "收文", "year": 2026, "register": "收文登记"}).ok()
			var series string
			enter := func(n int) {
				r := keeper.register(keeper.receive(map[string]any{"title": fmt.Sprintf("第%d件", n)}))
				var allotted struct{ Number int }
				r.Events[len(r.Events)-1].into(t, &allotted)
				if series = r.ID; allotted.Number != n {
					t.Fatalf("number %d was given for %d", allotted.Number, n)
				}
			}
			for n := 1; n <= 3; n++ {
				enter(n)
			}
			void := func(u user, n int, reason string) answer {
				return u.post("/registers/"+series+"/voids", map[string]any{"number": n, "reason": reason})
			}
			void(keeper, 4, "").refused(http.StatusUnprocessableEntity, registers.ErrReason.Code)
			void(w.as(d.leader), 4, "登记时误占一行").refused(http.StatusForbidden, registers.ErrKeeper.Code)
			void(keeper, 5, "越号").refused(http.StatusConflict, registers.ErrNext.Code)
			void(keeper, 4, "登记时误占一行").ok()
			void(keeper, 4, "再次作废").refused(http.StatusConflict, registers.ErrUsed.Code)
			void(keeper, 3, "已登记的号").refused(http.StatusConflict, registers.ErrUsed.Code)
			enter(5)

			var report struct {
				registers.Report
				Complete bool
				Voided   []struct {
					N          int
					By, Reason string
					At         string
				}
			}
			keeper.get("/registers/" + series + "/gaps").ok().into(&report)
			if r := report.Report; !report.Complete || r.First != 1 || r.Last != 5 || r.Registered != 4 || len(report.Voided) != 1 {
				t.Fatalf("the series is not accounted for: %+v", report)
			}
			if v := report.Voided[0]; v.N != 4 || v.By != keeper.id || v.Reason != "登记时误占一行" || v.At == "" {
				t.Errorf("the void number does not say by whom, when and why: %+v", v)
			}

			history := slices.DeleteFunc(w.history("register-"+series), func(r domain.Recorded) bool {
				a, ok := r.Event.(registers.NumberAllotted)
				return ok && a.Number == 4
			})
			left, err := registers.Context.Fold(registers.Series{}, history)
			w.must(err)
			if gaps := left.Gaps(); gaps.Complete() || !slices.Equal(gaps.Missing, []int{4}) {
				t.Errorf("a store without the event of number 4 does not name it: %+v", gaps)
			}
		})
	}
}

// approval is the state of a case.
func (w *town) approval(id string) approvals.Case {
	w.t.Helper()
	c, err := approvals.Context.Fold(approvals.Case{}, w.history("approval-"+id))
	w.must(err)
	return c
}

// last is the newest event of a stream of one type.
func (w *town) last(stream, typ string) (found domain.Recorded, ok bool) {
	w.t.Helper()
	for _, r := range w.history(stream) {
		if r.Type == typ {
			found, ok = r, true
		}
	}
	return found, ok
}

// A step whose time is over moves on to the post above, to the microsecond; whatever the time, nothing is approved but
// by a person.
func TestG28(t *testing.T) {
	w := newTown(t, setting{at: "2026-04-10 08:00"})
	vacate := func(office, login, post string) {
		officer := w.as(map[string]string{"county": "secadmin", "bureau": "bureau-secadmin"}[office])
		p, _ := w.person(login)
		officer.post("/appointments/endings", map[string]any{"post": post, "person": p.ID, "document": "演示任免〔2026〕4号"}).ok()
	}
	opened := func(login string) string {
		return w.as(login).post("/approvals", map[string]any{"kind": "其他文件", "title": "关于印章使用的通知（送审稿）", "form": "written"}).result().ID
	}
	never := func(id string) {
		t.Helper()
		for _, typ := range w.types("approval-" + id) {
			if slices.Contains([]string{"approval.approved", "approval.instruction-written", "approval.closed", "approval.decided-by-meeting"}, typ) {
				t.Errorf("%s happened without a person", typ)
			}
		}
	}
	moved := func(id string) (escalated []approvals.StepEscalated) {
		t.Helper()
		for _, r := range w.history("approval-" + id) {
			if e, ok := r.Event.(approvals.StepEscalated); ok {
				escalated = append(escalated, e)
			}
		}
		return escalated
	}
	vacate("county", "deputy-papers", "deputy-papers")
	vacate("bureau", "bureau-office-leader", "office-leader")
	w.clock.set("2026-04-13 09:00")
	county, own, bureau := opened("secretariat-clerk"), opened("director"), opened("bureau-staff")
	for _, id := range []string{county, own, bureau} {
		if r, ok := w.last("approval-"+id, "approval.step-routed"); !ok || !r.Event.(approvals.StepRouted).Seats[0].Vacant {
			t.Fatalf("the step of a vacant post: %+v", r.Event)
		}
	}
	w.clock.set("2026-04-14 08:59:59.999999")
	w.settle()
	if len(moved(county))+len(moved(bureau)) > 0 {
		t.Error("escalated before its time")
	}
	w.clock.set("2026-04-14 09:00:00")
	w.settle()
	for id, to := range map[string]string{county: "director", bureau: "chief"} {
		e := moved(id)
		if len(e) != 1 || e[0].To != to || e[0].Vacant || !slices.Equal(e[0].Cause, []string{approvals.Vacant, approvals.TimeOut}) {
			t.Errorf("escalated to %+v, want %s", e, to)
		}
		r, _ := w.last("approval-"+id, "approval.step-escalated")
		if !r.OccurredAt.Equal(at("2026-04-14 09:00")) || r.Actor.Person != "system" {
			t.Errorf("escalated at %v by %v", r.OccurredAt, r.Actor)
		}
		never(id)
	}
	// The applicant holds the post above: it passes him by to the county head, who is not in the system.
	if e := moved(own); len(e) != 0 {
		t.Errorf("the applicant's own case came to %+v", e)
	}
	finding := func(id, post string) {
		t.Helper()
		if r, ok := w.last("approval-"+id, "approval.finding-raised"); !ok || r.Event.(approvals.FindingRaised).Kind != approvals.NoApprover {
			t.Errorf("nobody can decide, and no finding says so: %v", w.types("approval-"+id))
		}
	}
	finding(own, "deputy-papers")
	// The post above becomes vacant too.
	vacate("county", "director", "director")
	w.clock.set("2026-04-15 08:59:59.999999")
	w.settle()
	if _, ok := w.last("approval-"+county, "approval.finding-raised"); ok {
		t.Error("a finding before its time")
	}
	w.clock.set("2026-04-15 09:00:00")
	w.settle()
	finding(county, "director")
	for _, day := range []string{"2026-04-20 09:00", "2026-05-20 09:00", "2027-04-20 09:00"} {
		w.clock.set(day)
		w.settle()
	}
	for _, id := range []string{county, own, bureau} {
		never(id)
		if c := w.approval(id); c.Closed() || c.Status() != "routed" {
			t.Errorf("the case does not wait: %s", c.Status())
		}
	}
	// The county head comes into the system: asked again by a person, the case goes on to him, and he decides.
	p, _ := w.person("secretary3")
	secadmin := w.as("secadmin")
	secadmin.post("/appointments/endings", map[string]any{"post": "secretary", "person": p.ID, "document": "演示任免〔2027〕1号"}).ok()
	secadmin.post("/appointments", map[string]any{"post": "county-head", "person": p.ID, "by": "县人大", "document": "演示任免〔2027〕2号"}).ok()
	w.as("secretariat-clerk").post("/approvals/"+county+"/escalations", map[string]any{"step": 1}).ok()
	if e := moved(county); e[len(e)-1].To != "county-head" {
		t.Errorf("asked again, the case went to %+v", e)
	}
	never(county)
	head := w.as("secretary3")
	head.post("/approvals/"+county+"/approval", map[string]any{"step": 1, "text": "同意", "shown": w.shown(county)}).ok()
	if r, ok := w.last("approval-"+county, "approval.approved"); !ok || r.Actor.Person != p.ID {
		t.Error("the county head could not decide")
	}
}

// blanksOf finds what documents leave blank from the files alone: in their heads and in their values.
func blanksOf(t *testing.T, files ...string) (rows []string) {
	t.Helper()
	for _, file := range files {
		text, err := presets.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		var d struct {
			Document policy.Head
			Values   []policy.Value
		}
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatal(err)
		}
		h := d.Document
		for field, missing := range map[string]bool{"issuer": h.Issuer == nil, "docNumber": h.Number == nil, "effectiveFrom": h.EffectiveFrom.IsZero(),
			"interpreter": h.Interpreter == nil, "supersedes": len(h.Supersedes) == 0} {
			if missing {
				rows = append(rows, h.ID+" policy.meta["+h.ID+"]."+field)
			}
		}
		for _, v := range d.Values {
			if v.Blank {
				rows = append(rows, h.ID+" "+v.Key)
			}
		}
	}
	slices.Sort(rows)
	return rows
}

func (u user) blanks() (rows []string) {
	u.t.Helper()
	var list struct {
		Blanks []struct{ Key, Document string }
	}
	u.get("/policy/blanks").ok().into(&list)
	for _, b := range list.Blanks {
		rows = append(rows, b.Document+" "+b.Key)
	}
	slices.Sort(rows)
	return rows
}

// explained takes the decision of an event again and gives the documents that it cites, by key.
func (u user) explained(stream string, revision int64) map[string]string {
	u.t.Helper()
	var ex struct {
		Same     bool
		Policy   int64 `json:"policy_version"`
		Stored   []struct{ Name string }
		Readings []struct {
			Key       string
			Provision struct {
				Document, Clause, Number string
				Version                  int64
				Blank                    bool
			}
		}
	}
	u.get(fmt.Sprintf("/timelines/%s/decisions/%d", stream, revision)).ok().into(&ex)
	if !ex.Same {
		u.t.Errorf("%s@%d: taken again the decision is another one", stream, revision)
	}
	cited := map[string]string{}
	for _, r := range ex.Readings {
		if p := r.Provision; !p.Blank && p.Document != "" {
			cited[r.Key] = strings.TrimSpace(p.Document + " " + p.Clause)
			if p.Version == 0 || ex.Policy == 0 {
				u.t.Errorf("%s@%d: %s is cited without its version", stream, revision, r.Key)
			}
		}
	}
	return cited
}

// What the texts of an office leave blank stops the act that needs it; a blank is never a value. Once the supplement
// fills it the act passes and cites the supplement.
func TestG30(t *testing.T) {
	w := newTown(t, setting{rules: demo.TextsAlone, at: "2026-04-14 09:00"})
	// blank is how such an act is refused: every blank is named with its clause, and nothing is written.
	blank := func(ask func() answer, keys ...string) {
		t.Helper()
		before := w.head()
		a := ask().refused(http.StatusConflict, domain.ErrBlank.Code, keys...)
		if w.head() != before {
			t.Errorf("%s: something was written", a.asked)
		}
	}
	draft := map[string]any{"kind": "其他文件", "title": "关于印章使用的通知（送审稿）"}

	// A: the regulations alone.
	clerk, registrar := w.as("secretariat-clerk"), w.as("registrar")
	blank(func() answer { return clerk.post("/approvals", draft) }, "apr.authority[其他文件].signer (REG-16 四.1(1))")
	letter := registrar.receive(nil)
	blank(func() answer { return registrar.post("/documents/"+letter+"/registration", nil) }, "rcv.requiredFields (no clause)", "rcv.registerSeries (no clause)", "reg.yearBasis (no clause)")
	if got, want := clerk.blanks(), blanksOf(t, presets.Office("county")[:6]...); !slices.Equal(got, want) {
		t.Errorf("A leaves blank:\n%v\nlisted:\n%v", want, got)
	}

	// B: the regulations alone.
	staff, office := w.as("bureau-staff"), w.as("bureau-office-clerk")
	draft["kind"] = "本局下发文件"
	blank(func() answer { return staff.post("/approvals", draft) }, "apr.authority[本局下发文件].signer (no clause)")
	blank(func() answer { return office.post("/documents", paper(nil)) }, "rcv.registrar (no clause)")
	if got, want := staff.blanks(), blanksOf(t, presets.Office("bureau")[:2]...); !slices.Equal(got, want) {
		t.Errorf("B leaves blank:\n%v\nlisted:\n%v", want, got)
	}

	// The supplement is published, from today on, with the reason for its date being past.
	late := func(head user, file, id string) {
		t.Helper()
		if a := head.publish(file); a.status != http.StatusConflict || a.code != policy.ErrRetroactive.Code {
			t.Fatalf("%d %s", a.status, a.body)
		}
		head.post("/policy/publications", map[string]any{"documents": []string{id}, "moment": "startOfDay", "reason": "补齐未规定事项", "approver": "主任办公会议"}).ok()
	}
	late(w.as("director"), "county/supplement.json", "SUP-A")
	late(w.as("bureau-chief"), "bureau/supplement.json", "SUP-B")
	cites := func(u user, r result, key, document string) {
		t.Helper()
		if got := u.explained(r.Stream, r.Revision)[key]; got != document {
			t.Errorf("%s: %s is cited as %q", u.office, key, got)
		}
	}
	w.as("director").post("/calendar/notices", notice(t, "holidays/2026.json")).ok()
	w.as("bureau-chief").post("/calendar/notices", notice(t, "holidays/2026.json")).ok()
	cites(staff, staff.post("/approvals", draft).result(), "apr.authority[本局下发文件].signer", "SUP-B")
	draft["kind"] = "其他文件"
	cites(clerk, clerk.post("/approvals", draft).result(), "apr.authority[其他文件].signer", "SUP-A")
	entered := registrar.register(letter)
	cites(registrar, entered, "rcv.requiredFields", "SUP-A")
	cites(registrar, entered, "rcv.registrar", "REG-16 四.1(2)")
	second := office.receive(nil)
	cites(office, office.register(second), "rcv.requiredFields", "SUP-B")
}

// notice is a yearly notice of presets, as it is imported.
func notice(t testing.TB, file string) calendar.ImportNotice {
	t.Helper()
	text, err := presets.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	var n calendar.ImportNotice
	if err := json.Unmarshal(text, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Two texts of an office that say two things of one key are never in force together: the preview says so and writes
// nothing, and the office decides before the second one is published.
func TestG31(t *testing.T) {
	w := newTown(t, setting{offices: []demo.Office{demo.County()}, rules: demo.None, at: "2018-01-02 10:00"})
	w.clock.set("2018-01-02 10:00")
	director := w.as("director")
	var texts []string
	for _, f := range presets.Office("county") {
		if f != "county/REG-19c.json" {
			texts = append(texts, f)
		}
	}
	a := director.publish(texts...)
	if a.code == policy.ErrRetroactive.Code {
		order := map[string]any{"moment": "startOfDay", "reason": "开办", "approver": "县政府", "effective_from": "2018-01-01", "in_force_by": "SUP-A",
			"documents": []string{"REG-04", "REG-11", "REG-16", "REG-19b", "REG-21", "SUP-A"}}
		a = director.post("/policy/publications", order)
	}
	a.ok()

	retro := map[string]any{"moment": "startOfDay", "reason": "补发", "approver": "县政府", "effective_from": "2018-01-01", "in_force_by": "SUP-A", "documents": []string{"REG-19c"}}
	director.publish("county/REG-19c.json").refused(http.StatusConflict, policy.ErrRetroactive.Code)
	var preview struct {
		Conflicts []policy.Conflict
		Warnings  []policy.Warning
	}
	head := w.head()
	director.get("/policy/preview?document=REG-19c&from=2018-01-03").ok().into(&preview)
	if len(preview.Conflicts) != 1 || preview.Conflicts[0].Key != "stu.schedule" || !slices.Equal(preview.Conflicts[0].Clauses, []string{"REG-04 三.1", "REG-19c 四"}) ||
		!slices.Equal(preview.Conflicts[0].Meets, []string{"thu"}) {
		t.Errorf("the preview names %+v", preview.Conflicts)
	}
	study := slices.DeleteFunc(preview.Warnings, func(p policy.Warning) bool { return !strings.HasPrefix(p.Clause, "REG-04 ") })
	if len(study) != 1 || study[0].At != "08:15" || !slices.Equal(study[0].Days, []string{"tue", "thu"}) || study[0].OtherClause != "REG-04 一.2" {
		t.Errorf("the preview warns of %+v", preview.Warnings)
	}
	if w.head() != head {
		t.Error("the preview wrote something")
	}
	director.post("/policy/publications", retro).refused(http.StatusConflict, policy.ErrTwoValues.Code, "stu.schedule", "REG-04 三.1", "REG-19c 四")
	if got := w.types("policy-county"); got[len(got)-1] != "policy.refused" {
		t.Error("the refused publication is not on record")
	}
	director.post("/policy/conflicts/resolutions", map[string]any{"key": "stu.schedule", "chosen": "REG-04", "rejected": "REG-19c", "reason": "以工作制度为准", "by": "主任办公会议"}).ok()
	director.post("/policy/publications", retro).ok()
	var now struct{ Values []struct{ Document string } }
	director.get("/policy?key=stu.schedule").ok().into(&now)
	if len(now.Values) != 1 || now.Values[0].Document != "REG-04" {
		t.Errorf("after the resolution %+v is in force", now.Values)
	}

	// Where the cut-off itself is too late (A-excl) nothing meets and nothing is warned of.
	excl := director.publish("county/A-excl.json")
	if excl.code == policy.ErrRetroactive.Code {
		var f struct{ Document policy.Head }
		text, err := presets.Read("county/A-excl.json")
		w.must(err)
		w.must(json.Unmarshal(text, &f))
		excl = director.post("/policy/publications", map[string]any{"moment": "startOfDay", "reason": "补发", "approver": "县政府", "effective_from": "2018-01-01", "in_force_by": "SUP-A", "documents": []string{f.Document.ID}})
	}
	excl.ok()
	director.get("/policy/preview?document=REG-19c").ok().into(&preview)
	if len(preview.Warnings) != 0 {
		t.Errorf("A-excl: the preview warns of %+v", preview.Warnings)
	}
}

// days are the office's days by the calendar now.
func (u user) days(from, to string) map[string]calendar.Day {
	u.t.Helper()
	var list struct {
		Days []struct {
			Date string
			calendar.Day
		}
	}
	u.get("/calendar/days?from=" + from + "&to=" + to).ok().into(&list)
	days := map[string]calendar.Day{}
	for _, d := range list.Days {
		days[d.Date] = d.Day
	}
	return days
}

// known is the office's calendar as it was known at a time.
func (u user) known(at string) calendar.Calendar {
	u.t.Helper()
	var as struct{ State calendar.Calendar }
	u.get("/timelines/calendar-" + u.office + "/as-of?known=" + at).ok().into(&as)
	return as.State
}

func (r result) changed(t testing.TB) []string {
	t.Helper()
	for _, f := range r.Events {
		if f.Type == "calendar.amended" {
			var e struct {
				ChangedDays []string `json:"changed_days"`
			}
			f.into(t, &e)
			return e.ChangedDays
		}
	}
	return nil
}

// A notice that comes late changes the days that it really changes, and what was known before stays readable.
func TestG6(t *testing.T) {
	w := newTown(t, setting{offices: []demo.Office{demo.County()}, notices: []string{}, at: "2019-11-21 10:00"})
	director := w.as("director")
	director.post("/calendar/notices", notice(t, "holidays/2020-first.json")).ok()
	if d := director.days("2020-01-31", "2020-02-03"); d["2020-01-31"].Kind != calendar.Ordinary || d["2020-02-01"].Kind != calendar.Makeup {
		t.Errorf("by the first notice: %+v", d)
	}
	w.clock.set("2020-02-03 09:00")
	r := director.post("/calendar/notices", notice(t, "holidays/2020.json")).result()
	if got := r.changed(t); !slices.Equal(got, []string{"2020-01-31", "2020-02-01"}) {
		t.Errorf("changed: %v", got)
	}
	d := director.days("2020-01-31", "2020-02-03")
	if d["2020-01-31"].Kind != calendar.Off || d["2020-02-01"].Kind != calendar.Off || d["2020-02-02"].Kind != calendar.Off || d["2020-02-03"].Kind != calendar.Ordinary {
		t.Errorf("by the second notice: %+v", d)
	}
	day := date("2020-02-01")
	if k := director.known("2020-02-02T23:59:59.999999%2B08:00").Day(day).Kind; k != calendar.Makeup {
		t.Errorf("as known on 2 February at 24:00 the day is %s", k)
	}
	if k := director.known("2020-02-03T09:00:00%2B08:00").Day(day).Kind; k != calendar.Off {
		t.Errorf("as known on 3 February the day is %s", k)
	}
}

// The notice of a year speaks of the December before, too.
func TestG7(t *testing.T) {
	w := newTown(t, setting{offices: []demo.Office{demo.County()}, notices: []string{"holidays/2018.json"}, at: "2018-12-06 10:00"})
	director := w.as("director")
	before := director.days("2018-12-28", "2018-12-31")
	if d := before["2018-12-31"]; d.Kind != calendar.Ordinary || !d.Provisional {
		t.Errorf("Monday 31 December: %+v", d)
	}
	if d := before["2018-12-29"]; d.Kind != calendar.Weekend {
		t.Errorf("Saturday 29 December: %+v", d)
	}
	r := director.post("/calendar/notices", notice(t, "holidays/2019.json")).result()
	if got := r.changed(t); !slices.Equal(got, []string{"2018-12-29", "2018-12-31"}) {
		t.Errorf("changed: %v", got)
	}
	after := director.days("2018-12-28", "2018-12-31")
	if after["2018-12-31"].Kind != calendar.Off || after["2018-12-31"].Provisional || after["2018-12-29"].Kind != calendar.Makeup || after["2018-12-30"].Kind == calendar.Makeup {
		t.Errorf("by the notice of 2019: %+v", after)
	}
}

// A time limit that was reckoned without the notice is found anew, and both stay visible with their calendars.
func TestG8(t *testing.T) {
	w := newTown(t, setting{notices: []string{"holidays/2018.json"}, at: "2018-12-27 10:00"})
	want := map[string][2]string{"county": {"2019-01-01", "2019-01-02"}, "bureau": {"2019-01-03", "2019-01-04"}}
	papers := map[string]string{}
	due := func(d desk) (on string, provisional bool) {
		var e struct {
			DueOn       string `json:"due_on"`
			Provisional bool
		}
		u := w.as(d.registrar)
		u.get("/documents/" + papers[d.office]).ok().into(&e)
		return e.DueOn, e.Provisional
	}
	for _, d := range desks {
		papers[d.office] = w.as(d.registrar).receive(nil)
		w.as(d.registrar).register(papers[d.office])
		w.settle()
		if on, provisional := due(d); on != want[d.office][0] || !provisional {
			t.Errorf("%s: due %s, provisional %t", d.office, on, provisional)
		}
	}
	w.clock.set("2018-12-28 09:00")
	for _, d := range desks {
		w.as(d.leader).post("/calendar/notices", notice(t, "holidays/2019.json")).ok()
		w.settle()
		if on, provisional := due(d); on != want[d.office][1] || provisional {
			t.Errorf("%s: due %s, provisional %t", d.office, on, provisional)
		}
		var limits []string
		calendars := map[int64]bool{}
		for _, f := range w.as(d.registrar).timeline("document-" + papers[d.office]) {
			if f.Type == "document.registered" || f.Type == "document.due-revised" {
				var e struct {
					DueOn    string `json:"due_on"`
					WasOn    string `json:"was_on"`
					Calendar int64
				}
				f.into(t, &e)
				limits = append(limits, e.WasOn+">"+e.DueOn)
				calendars[e.Calendar] = true
			}
		}
		if a, b := want[d.office][0], want[d.office][1]; !slices.Equal(limits, []string{">" + a, a + ">" + b}) || len(calendars) != 2 {
			t.Errorf("%s: the timeline shows %v by calendars %v", d.office, limits, calendars)
		}
	}
}

// One paper goes through two offices, each by its own texts. Every decision of theirs names the version of the policy,
// the document and the clause, and taken again it is the same.
func TestOnePaperInTwoOffices(t *testing.T) {
	w := newTown(t, setting{})
	cited := map[string]map[string]string{}
	for _, d := range desks {
		paper, id, shown := w.proposed(d, nil)
		leader := w.as(d.leader)
		leader.post("/approvals/"+id+"/instruction", map[string]any{"step": 1, "text": "同意", "shown": shown}).ok()
		sign := w.as(d.applicant).post("/approvals", map[string]any{"kind": "其他文件", "title": "关于印章使用的通知（送审稿）"}).result()
		w.as(d.signer).post("/approvals/"+sign.ID+"/approval", map[string]any{"step": 1, "text": "同意", "shown": w.shown(sign.ID)}).ok()
		w.settle()
		series, _ := w.last("document-"+paper, "document.registered")
		var entered struct{ Series string }
		text, err := json.Marshal(series.Event)
		w.must(err)
		w.must(json.Unmarshal(text, &entered))

		cited[d.office] = map[string]string{}
		for _, stream := range []string{"document-" + paper, "approval-" + id, sign.Stream, entered.Series} {
			for _, r := range w.history(stream) {
				for key, document := range leader.explained(stream, r.Revision) {
					cited[d.office][key] = document
				}
			}
		}
	}
	for key, want := range map[string][2]string{
		"rcv.registrar":              {"REG-16 四.1(2)", "SUP-B"},
		"apr.authority[收文批示].signer": {"SUP-A", "SUP-B"},
		"apr.authority[其他文件].signer": {"SUP-A", "SUP-B"},
		"rcv.clock[平件]":              {"SUP-A", "SUP-B"},
		"cal.workHours":              {"SUP-A", "REG-08 一.1"},
		"apr.timeout":                {"SUP-A", "SUP-B"},
	} {
		if got := [2]string{cited["county"][key], cited["bureau"][key]}; got != want {
			t.Errorf("%s is cited as %q, want %q", key, got, want)
		}
	}
}

// Every decision in the log of both offices, from their first day on, is the same when it is taken again.
func TestEveryDecisionIsExplained(t *testing.T) {
	w := newTown(t, setting{})
	for _, d := range desks {
		w.proposed(d, nil)
	}
	page, err := w.store.ReadAll(t.Context(), -1, 2048)
	w.must(err)
	askers := map[string]user{"county": w.as("director"), "bureau": w.as("bureau-chief")}
	officers := map[string]user{"county": w.as("secadmin"), "bureau": w.as("bureau-secadmin")} // what is recorded of a person is for them
	n := 0
	for _, r := range page.Records {
		asker, ok := askers[r.Header.Office]
		if domain.ContextOf(r.Header.Stream) == "person" {
			asker = officers[r.Header.Office]
		}
		if ok {
			asker.explained(r.Header.Stream, r.Header.Revision)
			n++
		}
	}
	if n < 200 {
		t.Errorf("only %d decisions were looked at", n)
	}
}

// town is an office that no demonstration knows: it is set up from nothing and works by a document of rules alone.
func township() demo.Office {
	o := demo.Office{ID: "town", Preset: "weekly", Name: "演示镇人民政府", Kind: "镇政府",
		Units:   []org.SetUpUnit{{Unit: "leadership", Name: "镇领导"}, {Unit: "party-office", Name: "党政办"}, {Unit: "station", Name: "农业站"}},
		Matters: map[string]string{"papers": "deputy"}}
	post := func(id, title, unit string, rank int, superiors ...string) {
		o.Posts = append(o.Posts, demo.Post{CreatePost: org.CreatePost{Post: id, Title: title, Unit: unit, Rank: rank, Superiors: superiors}, Holders: 1, By: "镇党委"})
	}
	post("party-secretary", "镇党委书记", "leadership", 1)
	post("town-head", "镇长", "leadership", 2, "party-secretary")
	post("head", "党政办主任", "party-office", 3, "town-head")
	post("deputy", "党政办副主任", "party-office", 4, "head")
	post("clerk", "文书", "party-office", 10, "deputy")
	post("registrar", "收发员", "party-office", 11, "deputy")
	post("station-head", "站所负责人", "station", 12, "town-head")
	return o
}

func TestThirdOffice(t *testing.T) {
	w := newTown(t, setting{offices: []demo.Office{township()}, rules: demo.None, at: "2018-01-02 09:00"})
	head := w.as("town-head")
	a := head.publish("weekly/office.json")
	if a.code == policy.ErrRetroactive.Code {
		a = head.post("/policy/publications", map[string]any{"documents": []string{"TOWN-01"}, "moment": "startOfDay", "reason": "开办", "approver": "镇党委"})
	}
	a.ok()
	w.clock.set("2026-04-13 09:00")
	head.post("/calendar/notices", notice(t, "holidays/2026.json")).ok()
	for class, steps := range map[string][]string{"公开": {"head"}, "内部": {"head", "town-head"}} {
		id := w.as("town-clerk").post("/approvals", map[string]any{"kind": "其他文件", "title": "关于农田水利的通知", "class": class}).result().ID
		for i, post := range steps {
			if c := w.approval(id); c.Closed() || !slices.Equal(c.MustAct(), []string{post}) {
				t.Fatalf("%s: step %d lies with %v", class, i+1, c.MustAct())
			}
			r := w.as("town-"+post).post("/approvals/"+id+"/approval", map[string]any{"step": i + 1, "text": "同意", "shown": w.shown(id)}).result()
			if got := w.as("town-"+post).explained("approval-"+id, r.Revision)["apr.authority[其他文件].signer"]; got != "TOWN-01 三.1" {
				t.Errorf("the step is cited as %q", got)
			}
		}
		if c := w.approval(id); !c.Approved() {
			t.Errorf("%s: after %d steps the case is %s", class, len(steps), c.Status())
		}
	}
	registrar := w.as("town-registrar")
	letter := registrar.receive(nil)
	entered := registrar.register(letter)
	if got := registrar.explained("document-"+letter, 2)["rcv.clock[平件]"]; got != "TOWN-01 四.4" || len(entered.Events) != 2 {
		t.Errorf("the time limit is cited as %q", got)
	}
}

// A refusal names a post as the office calls it; its parameter keeps the id.
func TestRefusalsNamePosts(t *testing.T) {
	w := newTown(t, setting{rules: demo.WithSupplement})
	a := w.as("messenger").post("/circulations", map[string]any{"document": "document-" + w.as("registrar").receive(nil), "readers": []string{w.as("director").id}, "authority": "批示"})
	if a.status != http.StatusForbidden || !strings.Contains(string(a.body), `"post":"registrar"`) || !strings.Contains(string(a.body), "岗位收发岗") {
		t.Errorf("%d %s", a.status, a.body)
	}
}
