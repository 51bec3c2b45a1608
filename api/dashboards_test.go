package api_test

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"andu/domain/attendance"
	"andu/projections/dashboards"
)

// figured is an office with something to count on Wednesday 2026-04-29: a paper closed on the day it came, one with a unit
// and overdue, two that nobody leads, one of them a state secret; a watch; and the sign-in book of the 15th.
func figured(t *testing.T) (w watch, late string) {
	t.Helper()
	w = keepsWatch(t, "county", setting{at: "2026-03-20 09:00"})
	w.april()
	w.clock.set("2026-04-14 08:30")
	w.as(w.staff["county"].Persons[0].Login).post("/attendance/book", map[string]any{"from": "2026-04-15"}).ok()
	county := desks[0]
	for _, title := range []string{"关于做好汛期值班工作的通知", "关于报送防汛物资储备情况的通知"} {
		paper, id, shown := w.proposed(county, map[string]any{"title": title, "doc_number": title, "urgency": "加急"})
		w.as(county.leader).post("/approvals/"+id+"/instruction", map[string]any{"step": 1, "text": "同意", "lead": county.lead, "shown": shown}).ok()
		w.settle()
		w.as(county.registrar).post("/documents/"+paper+"/assignment", map[string]any{"lead": county.lead}).ok()
		w.as(county.handler).post("/documents/"+paper+"/acceptances", map[string]any{}).ok()
		if late = paper; title == "关于做好汛期值班工作的通知" {
			w.as(county.handler).post("/documents/"+paper+"/reports", map[string]any{"text": "已办理。"}).ok()
			w.as(county.registrar).post("/documents/"+paper+"/closing", map[string]any{"code": "settled"}).ok()
		}
	}
	registrar := w.as(county.registrar)
	registrar.register(registrar.receive(map[string]any{"title": "关于秘密事项的请示", "doc_number": "密1号", "class": "机密", "channel": "机要"}))
	registrar.register(registrar.receive(map[string]any{"title": "关于来访接待的函", "doc_number": "函1号"}))

	w.clock.set("2026-04-15 00:00:01")
	w.settle()
	w.clock.set("2026-04-15 07:57:10")
	for _, login := range []string{"secretariat-clerk", "secretariat-chief", "legal-chief"} {
		w.as(login).signIn("AM").ok()
	}
	w.clock.set("2026-04-15 08:16")
	w.as("logistics-chief").signIn("AM").refused(http.StatusConflict, attendance.ErrLate.Code)
	w.settle()
	w.clock.set("2026-04-29 10:00")
	w.settle()
	return w, late
}

// The routes tell the figures, to whoever works in the office; who came when, to those who keep the book.
func TestDashboards(t *testing.T) {
	w, _ := figured(t)
	u, keeper := w.as("secretariat-clerk"), w.as("sheet-keeper")
	var arrivals struct{ Sheets []dashboards.Sheet }
	u.get("/dashboards/arrivals?date=2026-04-15").refused(http.StatusForbidden, attendance.ErrNotKeeper.Code)
	u.get("/dashboards/arrivals.csv?date=2026-04-15").refused(http.StatusForbidden, attendance.ErrNotKeeper.Code)
	keeper.get("/dashboards/arrivals?date=2026-04-15").ok().into(&arrivals)
	if s := arrivals.Sheets; len(s) != 2 || s[0].Arrived != 3 || s[0].Refused != 1 || s[0].Persons < 4 || len(s[0].Curve) != 2 || s[0].Curve[0].Arrived != 3 || s[1].Arrived != 0 {
		t.Errorf("arrivals: %+v", s)
	}
	var backlog struct {
		Days []dashboards.Day
		Ages []dashboards.Age
	}
	u.get("/dashboards/backlog?from=2026-04-14&to=2026-04-20").ok().into(&backlog)
	if d := backlog.Days; len(d) != 7 || d[0].Received != 4 || d[0].Closed != 1 || d[6].Open != 3 || d[6].Overdue == 0 || len(backlog.Ages) != 1 || backlog.Ages[0] != (dashboards.Age{Days: 15, Papers: 3}) {
		t.Errorf("backlog: %+v", backlog)
	}
	u.get("/dashboards/backlog?from=2026-04-14&to=2026-04-13").refused(http.StatusUnprocessableEntity, "span-invalid")
	var cycles struct {
		CycleTimes []dashboards.Cycle `json:"cycle_times"`
	}
	u.get("/dashboards/cycle-times?unit=secretariat-chief").ok().into(&cycles)
	if c := cycles.CycleTimes; len(c) != 5 || c[4].Papers != 1 || c[4].Stage != "whole" || c[4].P90Days != 0 {
		t.Errorf("cycle times: %+v", c)
	}
	u.get("/dashboards/cycle-times?from=2026-13").refused(http.StatusUnprocessableEntity, "span-invalid")
	var loads struct{ Loads []dashboards.Load }
	u.get("/dashboards/duty-loads?from=2026-04&to=2026-04").ok().into(&loads)
	shifts := 0
	for _, l := range loads.Loads {
		shifts += l.Shifts
	}
	if len(loads.Loads) != 3 || shifts != 30 {
		t.Errorf("loads: %+v", loads)
	}
	var overdue struct{ Units []dashboards.Overdue }
	u.get("/dashboards/overdue").ok().into(&overdue)
	if o := overdue.Units; len(o) != 2 || o[0].Open+o[1].Open != 3 || o[0].Unit+o[1].Unit != "secretariat-chief" {
		t.Errorf("overdue: %+v", o)
	}
	for _, path := range []string{"/dashboards/overdue", "/dashboards/backlog", "/dashboards/cycle-times", "/dashboards/duty-loads"} {
		if other := w.as("bureau-chief").get(path).ok(); strings.Contains(string(other.body), "secretariat") || strings.Contains(string(other.body), `"papers":1`) {
			t.Errorf("another office reads %s", other.body)
		}
	}
}

// The pages show the same, lead to the register, and give the tables; a state secret is counted and not told apart.
func TestDashboardPages(t *testing.T) {
	w, late := figured(t)
	u, keeper := w.as("secretariat-clerk"), w.as("sheet-keeper")
	p := u.page("/desk/dashboards").shows(200, "在办与超期，按主办", "未分办或涉密", "秘书科科长")
	p.hides("签到曲线", "秘密事项", "密1号")
	if href := "/desk/documents?lead=secretariat-chief&overdue=true&sort=due"; !strings.Contains(string(p.body), strings.ReplaceAll(href, "&", "&amp;")) {
		t.Errorf("no way to %s", href)
	} else if found := u.page(href).shows(200, "关于报送防汛物资储备情况的通知"); !strings.Contains(string(found.body), late) || strings.Contains(string(found.body), "关于来访接待的函") {
		t.Error("the register does not show what was counted")
	}
	u.page("/desk/dashboards?board=backlog&from=2026-04-14&to=2026-04-20").shows(200, "每日日终的在办件", "期间签收", "4月20日", "8 至 15 天")
	u.page("/desk/dashboards?board=backlog&from=nonsense&unit=nobody").shows(200, "这些天没有收文")
	u.page("/desk/dashboards?board=cycle-times").shows(200, "2026年4月", "签收至办结", "接办至办结")
	u.page("/desk/dashboards?board=duty-loads&from=2026-04&to=2026-04").shows(200, "值班室", "一人最多", "休息日")
	u.page("/desk/dashboards?board=duty-loads&from=2026-09&to=2026-09").shows(200, "这些月份没有排班")
	u.page("/desk/dashboards?board=arrivals").shows(403, "签到")
	keeper.page("/desk/dashboards?board=arrivals&date=2026-04-15").shows(200, "上午", "截止 08:15", "07:57", "08:16", "没有人签到")
	keeper.page("/desk/dashboards?board=arrivals&date=2026-04-12").shows(200, "这一天没有签到表")

	table := u.get("/dashboards/backlog.csv?" + url.Values{"from": {"2026-04-14"}, "to": {"2026-04-20"}}.Encode()).ok()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(table.body), "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 8 || rows[0][0] != "日期" || strings.Join(rows[7], " ") != "2026-04-14 4 0 1 3 0" {
		t.Errorf("table: %v, %v", rows, err)
	}
}

// The figures on a desk and on a phone: nothing overflows, everything has a name, and no rule of content is broken.
func TestBrowserDashboards(t *testing.T) {
	w, _ := figured(t)
	for name, width := range map[string]int64{"desk": 1280, "phone": phone} {
		b := w.browser(width, true)
		var console []string
		b.listen(&console)
		b.signIn("sheet-keeper")
		for _, board := range []string{"overdue", "backlog&from=2026-04-10", "cycle-times", "duty-loads", "arrivals&date=2026-04-15"} {
			b.open("/desk/dashboards?board=" + board)
			b.accessible()
			var over float64
			if b.asks(`document.documentElement.scrollWidth - innerWidth`, &over); over > 0 {
				t.Errorf("%s at %d: the page is %v wider than the window", board, width, over)
			}
			shown, _, _ := strings.Cut(board, "&")
			b.shot(name + "-" + shown)
		}
		if len(console) > 0 {
			t.Errorf("the browser complains: %q", console)
		}
	}
}
