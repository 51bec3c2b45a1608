package api_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"andu/api/accounts"
	"andu/cmd/andu/demo"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// An office of three officers is opened by the browser alone: persons with accounts, posts, appointments, rules, the
// notice of days off, the old register, and the first paper.
func TestBrowserOpensAnOffice(t *testing.T) {
	w := newTown(t, setting{offices: []demo.Office{{ID: "town", Preset: "weekly", Name: "演示镇党政办", Kind: "镇党政办"}}, rules: demo.None})
	began := time.Now()
	b := w.browser(desktop, true)
	first := map[string]string{}
	for i, login := range []string{"zhang.min", "li.qiang"} { // as andu init makes them
		p := w.staff["town"].Persons[i]
		password, err := w.logins.Create(t.Context(), accounts.By{Person: p.ID, Office: "town"}, accounts.NewAccount{Login: login, Person: p.ID, Office: "town"})
		w.must(err)
		first[login] = password
	}
	signIn := func(login string) {
		t.Helper()
		b.open("/desk/sign-in")
		b.keys(login + kb.Tab + first[login])
		b.enter()
		b.sees("修改口令")
		b.fill(`[name=old]`, first[login])
		b.fill(`[name=new]`, "opening-"+login+"-2026")
		b.fill(`[name=again]`, "opening-"+login+"-2026")
		b.press(`main form button, form[action="/desk/password"] button`)
		if b.at() != "/desk" {
			t.Fatalf("%s has changed the password and is at %s:\n%s", login, b.at(), b.text())
		}
	}
	act := func(name string, fields ...string) {
		t.Helper()
		b.open("/desk/org?act=" + name)
		for i := 0; i < len(fields); i += 2 {
			selector := "#" + name + " [name=" + fields[i] + "]"
			var tag string
			if b.asks(`document.querySelector("`+selector+`").tagName`, &tag); tag == "SELECT" {
				b.choose(selector, fields[i+1])
			} else {
				b.fill(selector, fields[i+1])
			}
		}
		b.press("#" + name + " button")
	}

	signIn("li.qiang")
	b.open("/desk/org")
	b.sees("没有岗位", "设立内设机构", "设立岗位")
	b.accessible()
	b.shot("org-empty")
	act("units", "unit", "office", "name", "党政办")
	b.sees("已记入")
	act("posts", "post", "head", "title", "党政办主任", "unit", "office")
	act("posts", "post", "registrar", "title", "收发员", "unit", "office", "superiors", "head")
	act("posts", "post", "head", "title", "再设一个")
	b.sees("没有受理", "标识head已被使用")
	b.shot("org-refused")
	b.signOut()

	signIn("zhang.min")
	for _, p := range [][3]string{{"何华", "he hua", "he.hua"}, {"王芳", "wang fang", "wang.fang"}} {
		act("people", "name", p[0], "sort_key", p[1], "employee", p[2][:2]+"1", "unit", "office", "login", p[2])
		b.sees("首次口令只显示这一次")
		var told string
		b.asks(`document.querySelector("#first").textContent`, &told)
		first[p[2]] = told
	}
	b.shot("person")
	b.open("/desk/org")
	b.sees("何华", "王芳")
	b.signOut()

	b.open("/desk/sign-in")
	b.keys("li.qiang" + kb.Tab + "opening-li.qiang-2026")
	b.enter()
	b.open("/desk/org?act=appointments")
	for _, a := range [][3]string{{"head", "何华", "镇党委"}, {"registrar", "王芳", "党政办"}} {
		b.open("/desk/org?act=appointments")
		b.choose(`#appointments [name=post]`, a[0])
		var id string
		b.asks(`[...document.querySelectorAll("#appointments [name=person] option")].find((o) => o.textContent.startsWith("`+a[1]+`")).value`, &id)
		b.choose(`#appointments [name=person]`, id)
		b.fill(`#appointments [name=by]`, a[2])
		b.press(`#appointments button`)
		b.sees("已记入")
	}
	b.shot("org")
	b.signOut()

	signIn("he.hua")
	b.open("/desk/policy/publication")
	b.accessible()
	b.shot("publication")
	b.do(chromedp.Click(`[name=preset][value=weekly]`, chromedp.ByQuery))
	b.press(`#publication button`)
	b.sees("没有受理")
	b.do(chromedp.Click(`[name=preset][value=weekly]`, chromedp.ByQuery))
	b.fill(`[name=reason]`, "启用案牍")
	b.fill(`[name=approver]`, "镇党委")
	b.press(`#publication button`)
	b.sees("TOWN-01", "演示镇党政办工作规则")
	b.shot("rules")
	b.open("/desk/calendar/notice")
	b.accessible()
	b.shot("notice")
	b.press(`#notice button`)
	b.sees("2026", "放假")
	b.signOut()

	signIn("wang.fang")
	table := filepath.Join(t.TempDir(), "2025年收文登记.csv")
	w.must(os.WriteFile(table, []byte(oldBook), 0o600))
	b.open("/desk/imports")
	b.sees("还没有导入过")
	b.do(chromedp.Click(`[name=kind][value=register]`, chromedp.ByQuery), chromedp.SetUploadFiles(`#import-file`, []string{table}, chromedp.ByQuery))
	b.press(`#import button`)
	b.sees("录入 3", "未录入 2", "2025年收文登记.csv", "有效")
	b.accessible()
	b.shot("imports")
	b.do(chromedp.Click(`.reg details summary`, chromedp.ByQuery))
	b.fill(`.reg details [name=reason]`, "文件选错")
	b.press(`.reg details button`)
	b.sees("已撤回", "文件选错")
	b.open("/desk")
	b.press("a[data-key=n]")
	b.fill(`[name=source_organs]`, "县政府办公室")
	b.fill(`[name=doc_number]`, "县政办发〔2026〕31号")
	b.fill(`[name=title]`, "关于做好汛期值班工作的通知")
	b.fill(`[name=kind]`, "通知")
	b.choose(`[name=urgency]`, "平件")
	b.choose(`[name=class]`, "公开")
	b.press(`#receive button`)
	b.press(`#registration button`)
	b.sees("已记入", "收文〔2026〕1号")
	b.shot("first-paper")
	t.Logf("an office was opened by the browser in %v", time.Since(began).Round(time.Second))

	small := w.browser(phone, true)
	small.open("/desk/sign-in")
	small.keys("wang.fang" + kb.Tab + "opening-wang.fang-2026")
	small.enter()
	for _, path := range []string{"/desk/imports", "/desk/org", "/desk/policy/publication", "/desk/calendar/notice"} {
		small.open(path)
		small.shot("phone" + filepath.Base(path))
		var wide bool
		if small.asks(`document.documentElement.scrollWidth > innerWidth + 1`, &wide); wide {
			t.Errorf("%s is wider than the window", path)
		}
	}
}
