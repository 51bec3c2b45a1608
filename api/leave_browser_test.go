package api_test

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// Leave is asked for by keyboard and forms, the slip prints alone, and the board fits a desk and a phone.
func TestLeaveInABrowser(t *testing.T) {
	w := newTown(t, setting{at: "2026-04-14 10:00"})
	staff, keeper := w.as("secretariat-clerk"), w.as("admin")
	keeper.post("/leave/balances", map[string]any{"person": staff.id, "type": "年休假", "year": 2026, "days": "7.5", "as_of": "2026-04-01", "source": "台账"}).ok()
	staff.post("/leave/outings", map[string]any{"place": "县水利局", "purpose": "会商防汛", "out_at": "2026-04-14T10:30:00+08:00", "back_at": "2026-04-14T11:30:00+08:00"}).ok()
	w.as("legal-clerk").post("/leave/trips", map[string]any{"place": "省城", "task": "培训", "from": halfDay("2026-04-15", "AM"), "to": halfDay("2026-04-17", "PM")}).ok()
	keeper.post("/leave/phone-ins", map[string]any{"person": w.as("logistics-clerk").id, "type": "病假", "from": halfDay("2026-04-14", "PM"), "to": halfDay("2026-04-14", "PM"), "cause": "urgent", "reason": "急病"}).ok()
	for _, width := range []int64{desktop, phone} {
		b := w.browser(width, true)
		b.do(emulation.SetDeviceMetricsOverride(map[int64]int64{desktop: 1280, phone: phone}[width], 900, 1, width == phone))
		name := map[int64]string{desktop: "desk", phone: "phone"}[width]
		look := func(page string) {
			t.Helper()
			b.shot(name + "-" + page)
			b.accessible()
			var wide bool
			if b.asks(`document.documentElement.scrollWidth > innerWidth + 1`, &wide); wide {
				t.Errorf("%s is wider than the window of %d", b.at(), width)
			}
		}
		b.signIn("secretariat-clerk")
		b.open("/desk/leave/new")
		b.choose("[name=type]", "年休假")
		b.choose(`[name="from[on]"]`, map[int64]string{desktop: "2026-04-20", phone: "2026-04-27"}[width])
		b.choose(`[name="to[on]"]`, map[int64]string{desktop: "2026-04-22", phone: "2026-04-28"}[width])
		b.fill("[name=reason]", "回乡探亲")
		b.press("button[name=ask]")
		b.sees("审批", "还没有提交", "合计")
		look("new")
		b.press("#requests .btn.do")
		b.sees("请假审批单", "待审批", "回乡探亲", "已记入")
		look("slip")
		b.open("/desk/leave")
		b.sees("年休假", "待审批", "余")
		look("list")
		w.clock.set("2026-04-14 11:00")
		b.open("/desk/whereabouts")
		b.sees("外出", "县水利局", "在岗")
		look("board")
		b.open("/desk/whereabouts?on=2026-04-15&unit=legal")
		b.sees("出差", "省城")
		look("board-day")
	}
	b := w.browser(desktop, true)
	deputy := w.as("director")
	for _, a := range deputy.absences("/leave/waiting") {
		deputy.post("/leave/"+a.Person+"/approvals", map[string]any{"request": a.Request}).ok()
	}
	b.signIn("admin")
	b.open("/desk/leave/register?month=2026-04")
	b.sees("本月合计", "年休假")
	b.shot("register")
	b.open("/desk/leave?view=entries")
	b.sees("待登记")
	b.shot("entries")
	b.open("/desk/leave/new?kind=phone-in")
	b.shot("call")
}
