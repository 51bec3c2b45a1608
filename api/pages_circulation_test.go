package api_test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// A paper goes round by the pages: the clerk starts it and hands it over, readers sign with their opinion, who keeps it too
// long is told apart, and the slip ends counted. Of a classified paper the others see number, class and holder.
func TestCirculationPages(t *testing.T) {
	w := newTown(t, setting{at: "2026-04-14 09:00"})
	clerk, leader, deputy, outsider := w.as("registrar"), w.as("director"), w.as("deputy-papers"), w.as("legal-clerk")
	paper := clerk.receive(nil)
	clerk.register(paper)
	outsider.page("/desk/circulation").shows(200, "没有传阅中的文件").hides("发起传阅</a>")
	start := clerk.page("/desk/circulation/new?paper=document-"+paper).shows(200, "关于做好汛期值班工作的通知", "阅件人", "依据")
	clerk.send("/desk/circulation", start.form("/desk/circulation", "document", "document-"+paper, "copy", "", "authority", "主任批示")).shows(422, "不得少于 1 项").keeps("主任批示")
	outsider.send("/desk/circulation", start.form("/desk/circulation", "document", "document-"+paper, "readers", leader.id, "authority", "主任批示")).shows(403, "传阅由岗位收发岗办理")
	fields := start.form("/desk/circulation", "document", "document-"+paper, "copy", "", "authority", "主任批示")
	fields["readers"] = []string{deputy.id, leader.id}
	path, _, _ := strings.Cut(clerk.send("/desk/circulation", fields).to(), "?")
	page := clerk.page(path).shows(200, "文件传阅单", "按职务依次传阅", "主任批示", "待送", "在收文处")
	leader.page(path).shows(200, "现在不能办的").hides(`id="act-signatures"`)
	clerk.send(path+"/deliveries", page.form(path+"/deliveries", "person", deputy.id)).shows(409, "按次序应先送")
	clerk.send(path+"/deliveries", page.form(path+"/deliveries", "person", leader.id)).to()
	clerk.page("/desk/circulation").shows(200, "发起传阅", "在传", "下一位", "0/2").hides("超 ")
	leader.page("/desk/circulation?view=mine").shows(200, "关于做好汛期值班工作的通知")
	leader.send(path+"/openings", leader.page(path).form(path+"/openings")).to()
	w.clock.set("2026-04-18 09:00")
	clerk.page("/desk/circulation?view=late").shows(200, "超 ", "关于做好汛期值班工作的通知")
	clerk.page(path).shows(200, "阅看中", "超 ")
	leader.send(path+"/signatures", leader.page(path).form(path+"/signatures", "opinion", "请防汛办抓好落实")).to()
	clerk.send(path+"/skips", clerk.page(path).form(path+"/skips", "person", deputy.id, "reason", "出差")).to()
	clerk.page(path).shows(200, "请防汛办抓好落实", "暂缺，后补", "出差")
	clerk.send(path+"/deliveries", clerk.page(path).form(path+"/deliveries", "person", deputy.id)).to()
	deputy.send(path+"/signatures", deputy.page(path).form(path+"/signatures")).to()
	clerk.page(path).shows(200, "已传毕", "已阅 2/2")
	clerk.send(path+"/return", clerk.page(path).form(path+"/return")).to()
	clerk.send(path+"/counts", clerk.page(path).form(path+"/counts", "whole", "", "note", "")).shows(422)
	clerk.send(path+"/counts", clerk.page(path).form(path+"/counts", "whole", "true")).to()
	clerk.page(path).shows(200, "已清点", "清点无缺")
	outsider.page("/desk/circulation?view=all").shows(200, "已清点")
	w.as("bureau-staff").page(path).shows(404)

	secret := clerk.receive(map[string]any{"title": "关于某项涉密工作的通知", "class": "秘密", "term": "10年", "doc_number": "密〔2026〕9号"})
	clerk.register(secret)
	slip := clerk.post("/circulations", map[string]any{"document": "document-" + secret, "readers": []string{leader.id}, "authority": "批示"}).result()
	w.must(w.read.Wait(t.Context(), w.head()))
	path = "/desk/circulation/" + slip.ID
	outsider.page(path).shows(200, "涉密件的传阅单", "秘密", "在收文处").hides("关于某项涉密工作的通知", "密〔2026〕9号", leader.name(), "批示")
	outsider.page("/desk/circulation").shows(200, "内容只对经办人员显示").hides("关于某项涉密工作的通知", "密〔2026〕9号")
	leader.page(path).shows(200, "关于某项涉密工作的通知")
	clerk.page(path).shows(200, "关于某项涉密工作的通知")
}

// keeps fails the test unless a field of the form that came back holds the text.
func (a answer) keeps(text string) {
	a.t.Helper()
	if !strings.Contains(string(a.body), `value="`+text+`"`) {
		a.t.Errorf("%s: %q was typed and is lost", a.asked, text)
	}
}

func (u user) name() string { p, _ := u.person(u.login); return p.Name }

// The board and the slip fit a desk and a phone, and the slip prints alone.
func TestCirculationInABrowser(t *testing.T) {
	w := newTown(t, setting{at: "2026-04-14 09:00"})
	clerk, leader := w.as("registrar"), w.as("director")
	for _, title := range []string{"关于做好汛期值班工作的通知", "关于开展安全生产大检查的通知", "关于报送半年工作总结的通知"} {
		paper := clerk.receive(map[string]any{"title": title, "doc_number": "市政办发〔2026〕" + title[:9] + "号"})
		clerk.register(paper)
		slip := clerk.post("/circulations", map[string]any{"document": "document-" + paper, "readers": []string{leader.id, w.as("deputy-papers").id, w.as("deputy-admin").id, w.as("secretary").id}, "authority": "主任批示"}).result()
		if title == "关于报送半年工作总结的通知" {
			continue
		}
		clerk.post("/circulations/"+slip.ID+"/deliveries", map[string]any{"person": leader.id}).ok()
		if title == "关于做好汛期值班工作的通知" {
			leader.post("/circulations/"+slip.ID+"/signatures", map[string]any{"opinion": "请防汛办抓好落实，汛期值班不得脱岗。"}).ok()
			clerk.post("/circulations/"+slip.ID+"/deliveries", map[string]any{"person": w.as("deputy-papers").id}).ok()
		}
	}
	w.clock.set("2026-04-18 09:00")
	for name, width := range map[string]int64{"desk": desktop, "phone": phone} {
		b := w.browser(width, true)
		if name == "desk" {
			b.do(emulation.SetDeviceMetricsOverride(1280, 900, 1, false))
		}
		look := func(page string) {
			t.Helper()
			b.shot(name + "-" + page)
			b.accessible()
			var wide bool
			if b.asks(`document.documentElement.scrollWidth > innerWidth + 1`, &wide); wide {
				t.Errorf("%s is wider than the window of %d", b.at(), width)
			}
		}
		b.signIn("registrar")
		b.open("/desk/circulation")
		b.sees("下一位", "超")
		look("board")
		b.open("/desk/circulation/new")
		look("new")
		b.open("/desk/circulation")
		b.press(".reg .ti")
		b.sees("文件传阅单")
		look("slip")
		if name == "desk" {
			b.printed()
		}
	}
}
