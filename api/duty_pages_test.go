package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"andu/cmd/andu/demo"
	"andu/domain/duty"
)

// evening is the county's duty room on Saturday 18 April 2026 at 20:00: X is on watch, with three entries in the log.
func evening(t *testing.T) (w watch, ids []string) {
	w = onDuty(t, "county", setting{offices: []demo.Office{withDutyList(2), demo.Bureau()}})
	w.clock.set("2026-04-18 20:00")
	return w, w.log(3)
}

// The board says who is on watch, what is open and how long the handover is overdue; the other office sees nothing of it.
func TestDutyBoard(t *testing.T) {
	empty := newTown(t, setting{offices: []demo.Office{demo.Bureau()}})
	empty.as("bureau-staff").page("/desk/duty").shows(http.StatusOK, "尚未设立值班岗位")
	empty.as("bureau-staff").page("/desk/rosters").shows(http.StatusOK, "还没有值班表")
	w, _ := evening(t)
	w.settle()
	name := func(login string) string { p, _ := w.person(login); return p.Name }
	w.as(w.closed).page("/desk/duty").shows(http.StatusOK, "值班室", name(w.x), "下一班", name(w.z), "4月19日 08:30", "3 件未结", "事项1", "今日责任连续，无空档、无重叠").hides("超时未交接")
	if got := w.as(w.closed).page("/desk/duty?wall=1").header.Get("Refresh"); got != "30" {
		t.Errorf("the wall screen renews itself after %q seconds", got)
	}
	w.as(w.x).post(w.path("/emergencies"), duty.DeclareEmergency{Grade: "较大", What: "山洪"}).ok()
	w.clock.set("2026-04-19 08:35")
	w.settle()
	w.as(w.closed).page("/desk/duty").shows(http.StatusOK, "超时未交接 0:05", "由其继续负责，直到接班人确认", "突发事件", "超 12:05", "到时未接班", "电话首报逾时")
	w.as("bureau-staff").page("/desk/duty").shows(http.StatusOK, "尚未设立值班岗位").hides("事项1", name(w.x))
	w.as("bureau-staff").page("/desk" + w.path("")).shows(http.StatusNotFound)
	w.as("bureau-staff").page("/desk" + w.path("/handover")).shows(http.StatusNotFound)
}

// A watch is logged, offered, answered item by item and taken over by forms alone; the sheet carries both signatures.
func TestDutyByForms(t *testing.T) {
	w, ids := evening(t)
	page := "/desk" + w.path("")
	name := func(login string) string { p, _ := w.person(login); return p.Name }
	x, z := w.as(w.x), w.as(w.z)

	log := x.page(page).form(page+"/entries", "kind", "call", "urgency", "urgent", "time", "2026-04-18T19:58", "channel", "值班电话", "caller", "李某", "unit", "某镇", "phone", "0734", "subject", "水位上涨", "action", "")
	x.send(page+"/entries", log).shows(http.StatusUnprocessableEntity, "值班记录须填写", "水位上涨", "须填写")
	log.Set("action", "已报县领导")
	if to := x.send(page+"/entries", log).to(); !strings.HasPrefix(to, page+"?done=") {
		t.Errorf("the form leads to %s", to)
	}
	entry := ""
	for id, e := range w.entries() {
		if e.Subject == "水位上涨" {
			entry = id
		}
	}
	w.clock.set("2026-04-19 08:30")
	x.page(page).shows(http.StatusOK, "第 4 号", "水位上涨", "尚有记录未办、未请示也未移交")
	act := x.page(page+"?act=entries/actions&entry="+entry).shows(http.StatusOK, "马上办").form(page+"/entries/actions", "entry", entry, "text", "已组织转移")
	x.send(page+"/entries/actions", act).to()
	offer := x.page(page).form(page+"/handovers", "things[0][kind]", "keys", "things[0][name]", "值班室钥匙", "things[0][count]", "2")
	offer["checklist"] = checked[1:]
	if back := x.send(page+"/handovers", offer).shows(http.StatusUnprocessableEntity, "交班前须逐项核对"); !strings.Contains(string(back.body), "值班室钥匙") {
		t.Error("what was typed is lost")
	}
	offer["checklist"] = checked
	x.send(page+"/handovers", offer).to()
	z.page(page+"/handover").shows(http.StatusOK, "值班交接表", "待接班", "（未签）", "待确认", "值班室钥匙", "×2")

	// Who is not the next person is offered no form to answer with.
	if got := w.as(w.closed).page(page); strings.Contains(string(got.body), `action="`+page+`/handovers/answers"`) {
		t.Error("somebody else may answer")
	}
	shown := z.page(page).shows(http.StatusOK, "逐件确认", "值班室钥匙", "水位上涨", "交班须逐项答复")
	answers := shown.form(page + "/handovers/answers")
	items := w.state().Handover.Items
	for i, item := range items {
		answers.Set(fmt.Sprintf("answers[%d][item]", i), item.ID)
		answers.Set(fmt.Sprintf("answers[%d][remark]", i), map[bool]string{true: "缺一把备用钥匙"}[item.Kind == "keys"])
	}
	if len(items) != len(ids)+2 {
		t.Errorf("%d items are handed over", len(items))
	}
	z.send(page+"/handovers/answers", answers).to()
	w.clock.set("2026-04-19 08:40")
	z.send(page+"/handovers/acceptances", z.page(page).form(page+"/handovers/acceptances")).to()
	w.responsible(w.z)
	sheet := z.page(page+"/handover").shows(http.StatusOK, "已接班", "有保留地接", "保留：缺一把备用钥匙", "已接", name(w.x), name(w.z), "4月19日 08:40", "超 0:10", "水位上涨")
	if strings.Count(sheet.text(), w.store.LogID()+":") != 1 {
		t.Error("the sheet has no proof line")
	}
	// A refusal, too, has its sheet.
	w.clock.set("2026-04-20 08:30")
	w.offer(w.z)
	refusal := w.as("admin").page(page).form(page+"/handovers/refusals", "reason", "设备未查")
	w.clock.set("2026-04-20 08:31")
	w.as("admin").send(page+"/handovers/refusals", refusal).to()
	z.page(page+"/handover").shows(http.StatusOK, "未接班", "不接班的原因：设备未查")
	z.page(page).shows(http.StatusOK, "超时未交接", "不接班")
}

func (w watch) state() duty.Post {
	w.t.Helper()
	p, err := duty.Context.Fold(duty.Post{}, w.history(w.post))
	w.must(err)
	return p
}

// A roster is drafted in turn, changed, approved, published, delivered and rearranged by forms; every version stays readable.
func TestRosterByForms(t *testing.T) {
	w, _ := evening(t)
	publisher, approver := w.as(w.publisher), w.as(w.approver)
	name := func(login string) string { p, _ := w.person(login); return p.Name }
	w.as(w.closed).page("/desk/rosters").shows(http.StatusOK, "值班室", "4月1日–4月30日", "迟发", "此事由排班岗位")
	draft := publisher.page("/desk/rosters").form("/desk/rosters", "post", w.post, "first", "2026-05-02")
	publisher.send("/desk/rosters", draft).shows(http.StatusUnprocessableEntity, "值班表应从月的第一天起排")
	draft.Set("first", "2026-05-01")
	to := publisher.send("/desk/rosters", draft).to()
	page, _, _ := strings.Cut(to, "?")
	shown := publisher.page(page).shows(http.StatusOK, "5月1日–5月31日", "草案", "劳动节", name(w.x), name(w.y), name(w.z))
	change := shown.form(page + "/draft")
	change.Set("assignments[0][person]", w.as(w.z).id)
	for i := 1; change.Get(fmt.Sprintf("assignments[%d][start]", i)) != ""; i++ {
		change.Set(fmt.Sprintf("assignments[%d][person]", i), w.as([]string{w.x, w.y, w.z}[i%3]).id)
	}
	publisher.send(page+"/draft", change).to()
	approver.send(page+"/approval", approver.page(page).form(page+"/approval")).to()
	publisher.send(page+"/publication", publisher.page(page).form(page+"/publication")).to()
	w.settle()
	z := w.as(w.z)
	z.send(page+"/receipt", z.page(page).form(page+"/receipt")).to()
	shown = publisher.page(page).shows(http.StatusOK, "已印发", "尚未收到", "班次分担", "最短间隔")
	amend := shown.form(page+"/amendments", "cause", "special-case", "reason", "")
	amend.Set("assignments[0][person]", w.as(w.y).id)
	publisher.send(page+"/amendments", amend).shows(http.StatusUnprocessableEntity)
	amend.Set("reason", "家中急事")
	publisher.send(page+"/amendments", amend).to()
	w.settle()
	if s, _ := w.state().At(instant("2026-05-01 08:30")); s.Person != w.as(w.y).id {
		t.Errorf("the first shift is %+v", s)
	}
	publisher.page(page).shows(http.StatusOK, "调整：特殊情况", "家中急事").hides("这是较早的版本")
	r := w.history("roster-" + strings.TrimPrefix(page, "/desk/rosters/"))
	for _, e := range r {
		if e.Type == "roster.published" {
			publisher.page(page+"?version="+fmt.Sprint(e.Revision)).shows(http.StatusOK, "这是较早的版本，仅供查阅")
		}
	}
	w.as("bureau-staff").page(page).shows(http.StatusNotFound)
	if got := w.as(w.closed).send(page+"/approval", url.Values{"idempotency_key": {"k"}}); got.status != http.StatusForbidden && got.status != http.StatusOK {
		t.Errorf("approved by somebody else: %d", got.status)
	}
}

// The pages of the watch are looked at in a browser, at a desk and on a phone.
func TestBrowserDuty(t *testing.T) {
	for name, width := range map[string]int64{"desk": desktop, "phone": phone} {
		t.Run(name, func(t *testing.T) {
			w, _ := evening(t)
			w.as(w.x).post(w.path("/emergencies"), duty.DeclareEmergency{Grade: "较大", What: "山洪"}).ok()
			w.clock.set("2026-04-18 20:10")
			w.as(w.x).post(w.path("/stand-ins"), duty.StartStandIn{Person: w.as("messenger").id, Reason: "急诊"}).ok()
			w.as(w.x).post(w.path("/stand-ins/end"), duty.EndStandIn{}).ok()
			b := w.browser(width, true)
			look := func(picture, path string, texts ...string) {
				b.open(path)
				b.sees(texts...)
				b.accessible()
				b.shot(name + "-" + picture)
				var wide bool
				if b.asks(`document.documentElement.scrollWidth > innerWidth + 1`, &wide); wide {
					t.Errorf("%s is wider than the window", path)
				}
			}
			b.signIn(w.x)
			look("board", "/desk/duty", "值班室", "下一班")
			w.clock.set("2026-04-19 08:35")
			w.settle()
			look("board-late", "/desk/duty", "超时未交接 0:05")
			w.as(w.x).post(w.path("/handovers"), map[string]any{"checklist": checked, "things": []duty.Item{{Kind: "keys", Name: "值班室钥匙", Count: 2}, {Kind: "seals", Name: "值班室印章", Count: 1}}}).ok()
			w.settle()
			look("post", "/desk"+w.path(""), "现在由谁负责", "逐件确认")
			look("sheet-open", "/desk"+w.path("/handover"), "待接班")
			items := w.state().Handover.Items
			var list []string
			for _, i := range items {
				list = append(list, i.ID)
			}
			w.answers(w.z, "缺一把备用钥匙", list...).ok()
			w.accept(w.z, w.state().Handover.ID).ok()
			w.settle()
			look("sheet", "/desk"+w.path("/handover"), "已接班", "有保留地接")
			b.printed()
			look("rosters", "/desk/rosters", "4月1日–4月30日")
			b.press(".reg a.ti")
			b.sees("班次分担")
			look("roster", strings.Split(b.at(), "?")[0], "班次分担", "印发")
		})
	}
}
