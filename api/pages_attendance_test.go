package api_test

import (
	"net/url"
	"strings"
	"testing"

	"andu/domain/attendance"

	"github.com/chromedp/chromedp"
)

// A morning at the desks and on a phone: who signs has one button, the keeper sees who is missing before the cut-off and who
// came too late, an objection is raised and decided by forms, and the deputy director compiles the month.
func TestPagesOfAttendance(t *testing.T) {
	w := keepsBook(t)
	clerk, late, absent, keeper, deputy := w.as("secretariat-clerk"), w.as("legal-chief"), w.as("logistics-chief"), w.as("sheet-keeper"), w.as("deputy-admin")
	w.lives("2026-04-15 06:50")
	clerk.page("/desk/attendance").shows(200, "上午", "07:00 开始", "还有 10 分钟").hides("签到簿", "未签和迟到")
	w.lives("2026-04-15 08:05:30")
	own := clerk.page("/desk/attendance").shows(200, "08:15 截止，还有 10 分钟", "上午签到").hides("月汇总")
	signed := clerk.send("/desk/attendance/marks", own.form("/desk/attendance/marks", "session", "AM", "method", "web"))
	clerk.page(signed.to()).shows(200, "已签到 08:05").hides("上午签到")
	keeper.page("/desk/attendance").shows(200, "签到簿", "08:15 截止", "还有 10 分钟", "签到 1/47", "待定 46", "待签", "已签到")
	keeper.page("/desk/attendance?view=missing&after=-1").shows(422)

	w.lives("2026-04-15 08:15:00.000001")
	late.page("/desk/attendance").shows(200, "08:15 已截止", "未签到").hides("上午签到")
	form := own.form("/desk/attendance/marks", "session", "AM", "method", "web")
	form.Set("idempotency_key", "late")
	late.send("/desk/attendance/marks", form).shows(409, "没有受理", "上午签到已于08:15截止")
	w.settle()
	keeper.page("/desk/attendance").shows(200, "08:15 收存", "截止后的签到，未予受理", "08:15:00")
	keeper.page("/desk/attendance?view=missing").shows(200, "逾时未受理").hides("已签到")
	w.lives("2026-04-15 14:30")
	for _, u := range []user{clerk, late} {
		u.signIn("PM").ok()
	}
	w.lives("2026-04-15 14:45:01")

	// What a day counts for is its person's and the keepers' to see.
	id := strings.TrimPrefix(day(absent, "2026-04-15"), "attendance-")
	page := "/desk/attendance/days/" + id
	clerk.page(page).shows(404)
	clerk.get("/timelines/attendance-"+id).hides("旷工", "Absent", string(attendance.Absent))
	clerk.page("/desk/attendance/record?person=" + absent.id).shows(403)
	clerk.page("/desk/attendance/months/2026-04").shows(403)
	clerk.page("/desk/attendance/years/2026").shows(403)
	clerk.page("/desk/attendance/record?month=2026-04").shows(200, "2026年4月", "上午 08:05", "正常")
	clerk.page("/desk/attendance/record?month=2026-03").shows(200, "这个月没有考勤记录")
	clerk.page("/desk/attendance/record?month=x").shows(422)
	absent.page("/desk/attendance/record").shows(200, "旷工", "1.0 日")

	object := absent.page(page).shows(200, "旷工", "上午", "未签到", "申诉", "制度第 ").form(page+"/objections", "reason", "当日停电，签到页打不开")
	empty := url.Values{}
	for k, v := range object {
		empty[k] = v
	}
	empty.Set("reason", "")
	absent.send(page+"/objections", empty).shows(422, "没有受理")
	absent.page(absent.send(page+"/objections", object).to()).shows(200, "已记入", "本人申诉", "当日停电，签到页打不开")
	w.settle()
	deputy.page("/desk/attendance").shows(200, "待裁决的申诉", "胡少峰 4月15日")
	decide := deputy.page(page).shows(200, "裁决申诉").form(page+"/objection-decisions", "accept", "true", "opinion", "停电属实")
	decide["sessions"] = []string{"AM", "PM"}
	deputy.page(deputy.send(page+"/objection-decisions", decide).to()).shows(200, "申诉采纳", "重新认定：正常", "原认定：旷工 1.0")
	absent.page("/desk/attendance/record").shows(200, "重新认定 1 次", "正常")

	deputy.page("/desk/attendance/months/2026-04").shows(200, "按现状统计", "合计").hides("汇总并上报")
	w.lives("2026-05-04 09:00")
	compile := deputy.page("/desk/attendance/months/2026-04").shows(200, "汇总并上报").form("/desk/attendance/months/2026-04")
	deputy.page(deputy.send("/desk/attendance/months/2026-04", compile).to()).shows(200, "已汇总", "分管副主任").hides("汇总并上报")
	deputy.page("/desk/attendance/years/2026").shows(200, "连续旷工超过 15 日", "旷工累计").hides("满勤")
	keeper.page("/desk/attendance?date=2026-04-18").shows(200, "没有签到表", "这一天不是工作日")
	keeper.page("/desk/attendance?date=x").shows(422)
}

// The pages as they are looked at, on a desk and on a phone; nothing is wider than the screen.
func TestBrowserAttendance(t *testing.T) {
	for name, width := range map[string]int64{"at a desk": 1280, "on a phone": phone} {
		t.Run(name, func(t *testing.T) {
			w := keepsBook(t)
			w.lives("2026-04-15 08:02")
			for _, login := range []string{"director", "secretary", "registrar", "legal-chief"} {
				w.as(login).signIn("AM").ok()
			}
			b := w.browser(width, true)
			b.signIn("secretariat-clerk")
			b.open("/desk/attendance")
			b.sees("上午", "08:15 截止，还有 13 分钟")
			b.fits("own")
			if width == phone {
				var height float64
				b.asks(`document.querySelector(".sign .btn.do").getBoundingClientRect().height`, &height)
				if height < 56 {
					t.Errorf("the button is %.0f pixels high: no target for a thumb", height)
				}
			}
			b.press(`#sign-AM button`)
			b.sees("已签到 08:02")
			b.signOut()
			w.clock.set("2026-04-15 08:16")
			w.as("logistics-chief").signIn("AM").refused(409, attendance.ErrLate.Code)
			w.lives("2026-04-15 08:17")
			b.signIn("sheet-keeper")
			b.open("/desk/attendance")
			b.sees("签到簿", "截止后的签到，未予受理", "签到 5/47")
			b.fits("sheet")
			w.lives("2026-04-15 14:46")
			w.as("logistics-chief").post("/attendance/days/"+strings.TrimPrefix(day(w.as("logistics-chief"), "2026-04-15"), "attendance-")+"/objections", map[string]any{"reason": "当日停电"}).ok()
			w.settle()
			b.open("/desk/attendance/months/2026-04")
			b.sees("2026年4月", "合计")
			b.fits("month")
			b.open("/desk/attendance/years/2026")
			b.fits("year")
			b.signOut()
			b.signIn("logistics-chief")
			b.open("/desk/attendance/record")
			b.sees("旷工", "申诉待裁决")
			b.fits("record")
			b.open("/desk/attendance/days/" + strings.TrimPrefix(day(w.as("logistics-chief"), "2026-04-15"), "attendance-"))
			b.sees("本人申诉", "当日停电")
			b.fits("day")
		})
	}
}

// fits keeps a picture, and fails where the page is wider than the screen.
func (b browser) fits(name string) {
	b.t.Helper()
	b.shot(name)
	var over float64
	b.do(chromedp.Evaluate(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &over))
	if over > 0 {
		b.t.Errorf("%s is %.0f pixels wider than the screen", name, over)
	}
}
