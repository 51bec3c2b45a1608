package api_test

import (
	"strings"
	"testing"
)

// A leave is asked for, approved, entered and ended by the pages: who would decide is told before it is sent, what is
// refused comes back with what was typed, and nobody else sees why somebody is away.
func TestLeavePages(t *testing.T) {
	w := newTown(t, setting{at: "2026-04-14 10:00"})
	staff, deputy, keeper, other := w.as("secretariat-clerk"), w.as("deputy-admin"), w.as("admin"), w.as("registrar")
	fields := func(more ...string) []string {
		return append([]string{"type", "事假", "from[on]", "2026-04-15", "from[half]", "AM", "to[on]", "2026-04-16", "to[half]", "PM", "form", "written", "reason", "家中老人就医"}, more...)
	}
	staff.page("/desk/leave").shows(200, "还没有请假或外出").hides("待登记", "登记电话请假")
	form := staff.page("/desk/leave/new").shows(200, "假别", "起于", "上午").hides("登记电话请假")
	head := w.head()
	staff.send("/desk/leave/requests", form.form("/desk/leave/requests", fields("ask", "tier")...)).
		shows(200, "由 分管副主任", "合计 2.0 日", "须书面申请", "办公室工作制度", "还没有提交", "家中老人就医")
	staff.send("/desk/leave/requests", form.form("/desk/leave/requests", fields("form", "free", "ask", "tier")...)).shows(422, "须提交书面申请", "家中老人就医")
	staff.send("/desk/leave/requests", form.form("/desk/leave/requests", fields("to[on]", "2026-04-13")...)).shows(422, "止不得早于起", "家中老人就医")
	staff.send("/desk/leave/requests", form.form("/desk/leave/requests", fields("type", "")...)).shows(422, "家中老人就医")
	if w.head() != head {
		t.Fatal("asking who would decide, or a refusal, has written something")
	}
	to := staff.send("/desk/leave/requests", form.form("/desk/leave/requests", fields()...)).to()
	path, _, _ := strings.Cut(to, "?")
	staff.page(to).shows(200, "请假审批单", "已记入", "待审批", "家中老人就医", "不得审批本人的请假").hides(`id="act-approvals"`)
	other.page(path).shows(403).hides("家中老人就医", "事假")
	w.as("bureau-staff").page(path).shows(404)

	deputy.page("/desk/leave?view=waiting").shows(200, "待审批", "4月15日 至 4月16日")
	back := deputy.page(path)
	deputy.send(path+"/disapprovals", back.form(path+"/disapprovals")).shows(422)
	deputy.send(path+"/approvals", back.form(path+"/approvals")).to()
	w.as("director").page(path).shows(403).hides("家中老人就医")
	keeper.page("/desk/leave?view=entries").shows(200, "事假", "待登记 1")
	keeper.post("/leave/"+staff.id+"/entries", map[string]any{"request": strings.TrimPrefix(path, "/desk/leave/")}).ok()
	keeper.page(path).shows(200, "登记")

	// An outing needs only its own fields, and a call is entered by who takes it.
	outing := staff.page("/desk/leave/new?kind=outing").shows(200, "地点", "预计返回").hides("假别")
	on := staff.send("/desk/leave/outings", outing.form("/desk/leave/outings", "place", "县水利局", "purpose", "会商防汛", "out_at", "2026-04-14T14:30", "back_at", "2026-04-14T17:00")).to()
	staff.page(on).shows(200, "外出登记单", "县水利局", "会商防汛")
	call := keeper.page("/desk/leave/new?kind=phone-in").shows(200, "请假人")
	keeper.send("/desk/leave/phone-ins", call.form("/desk/leave/phone-ins", "person", w.as("legal-clerk").id, "type", "病假", "from[on]", "2026-04-15", "from[half]", "AM", "to[on]", "2026-04-15", "to[half]", "PM", "reason", "急病")).to()
	staff.page("/desk/leave/new?kind=phone-in").shows(200)

	w.clock.set("2026-04-14 15:00")
	other.page("/desk/whereabouts").shows(200, "外出", "县水利局", "17:00").hides("会商防汛", "事假")
	other.page("/desk/whereabouts?on=2026-04-15").shows(200, "请假", "4月15日").hides("事假", "病假", "家中老人就医", "急病")
	other.page("/desk/whereabouts?unit=legal").shows(200, "法规科").hides("县水利局")
	other.page("/desk/whereabouts?on=nonsense").shows(422)

	w.clock.set("2026-04-16 14:00")
	back = staff.page(path).shows(200, "休假中")
	staff.send(path+"/extensions", back.form(path+"/extensions", "to[on]", "2026-04-17", "to[half]", "PM", "reason", "尚未出院", "form", "written")).to()
	w.as("director").page(path).shows(200, "续假待审批", "合计 3.0 日")
	w.as("director").send(path+"/approvals", w.as("director").page(path).form(path+"/approvals")).to()
	w.clock.set("2026-04-20 09:00")
	staff.send(path+"/returns", staff.page(path).form(path+"/returns", "back[on]", "2026-04-20", "back[half]", "AM")).to()
	staff.page(path).shows(200, "已销假", "同意续假至")

	keeper.page("/desk/leave/register?month=2026-04").shows(200, "本月合计", "3.0", "已登记", "尚未汇总")
	other.page("/desk/leave/register?month=2026-04").shows(403).hides("事假")
	table := string(keeper.get("/leave/register.csv?month=2026-04").ok().body)
	if !strings.Contains(table, "事假,2026-04-15 上午,2026-04-17 下午,3.0,3.0,主任,") {
		t.Errorf("the table: %s", table)
	}
	other.get("/leave/register.csv?month=2026-04").refused(403, "leave.not-keeper")
	w.clock.set("2026-05-01 09:00")
	keeper.send("/desk/leave/register", keeper.page("/desk/leave/register?month=2026-04").form("/desk/leave/register")).to()
	keeper.page("/desk/leave/register?month=2026-04").shows(200, "汇总")
}
