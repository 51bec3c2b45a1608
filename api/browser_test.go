package api_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browser is a real one, with a profile of its own. Its window has the width of a desk or of a phone.
type browser struct {
	*town
	ctx context.Context
}

const (
	desktop = 1440
	phone   = 390
)

func (w *town) browser(width int64, script bool) browser {
	w.t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		w.t.Fatal("no Chromium on this machine: install chromium")
	}
	profile, err := os.MkdirTemp("", "andu-browser-")
	w.must(err)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.NoFirstRun)
	ctx, end := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ = chromedp.NewContext(ctx)
	limited, cancel := context.WithTimeout(ctx, 3*time.Minute)
	w.t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits for the browser
		cancel()
		end()
		_ = os.RemoveAll(profile) // the last of its processes may still be writing
	})
	b := browser{w, limited}
	height := int64(900)
	if width == phone {
		height = 844
	}
	b.do(emulation.SetDeviceMetricsOverride(width, height, 1, width == phone), emulation.SetScriptExecutionDisabled(!script),
		network.Enable(), network.SetExtraHTTPHeaders(network.Headers{"Accept-Language": "zh-CN"}))
	return b
}

func (b browser) do(actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.shot("failed")
		b.t.Fatalf("%v at %s:\n%s", err, b.at(), b.text())
	}
}

func (b browser) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.server.URL+path), chromedp.WaitReady("body"))
}

// keys types as on a keyboard, into whatever has the focus.
func (b browser) keys(text string) { b.t.Helper(); b.do(chromedp.KeyEvent(text)) }

// enter presses Enter and waits for the page that follows.
func (b browser) enter() {
	b.t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		b.t.Fatalf("%v at %s:\n%s", err, b.at(), b.text())
	}
	b.do(chromedp.WaitReady("body"))
}

// fill puts the focus into a field and types.
func (b browser) fill(selector, text string) {
	b.t.Helper()
	b.do(chromedp.Focus(selector, chromedp.ByQuery), chromedp.KeyEvent(text))
}

func (b browser) choose(selector, value string) {
	b.t.Helper()
	b.do(chromedp.SetValue(selector, value, chromedp.ByQuery))
}

// press puts the focus on a link or button and presses Enter.
func (b browser) press(selector string) {
	b.t.Helper()
	b.do(chromedp.Focus(selector, chromedp.ByQuery))
	b.enter()
}

func (b browser) at() (path string) {
	_ = chromedp.Run(b.ctx, chromedp.Location(&path))
	return strings.TrimPrefix(path, b.server.URL)
}

func (b browser) text() (text string) {
	_ = chromedp.Run(b.ctx, chromedp.Text("body", &text, chromedp.ByQuery))
	return blanks.ReplaceAllString(text, " ")
}

// sees fails the test unless all texts are on the page, as it is shown.
func (b browser) sees(texts ...string) {
	b.t.Helper()
	shown := b.text()
	for _, text := range texts {
		if !strings.Contains(shown, text) {
			b.shot("failed")
			b.t.Fatalf("%q is not shown at %s:\n%s", text, b.at(), shown)
		}
	}
}

// asks evaluates a question about the page.
func (b browser) asks(question string, answer any) {
	b.t.Helper()
	b.do(chromedp.Evaluate(question, answer))
}

// shot keeps a picture of the whole page, where ANDU_SHOTS names a folder for pictures.
func (b browser) shot(name string) {
	dir := os.Getenv("ANDU_SHOTS")
	if dir == "" {
		return
	}
	var picture []byte
	if err := chromedp.Run(b.ctx, chromedp.FullScreenshot(&picture, 100)); err == nil {
		_ = os.WriteFile(filepath.Join(dir, strings.ReplaceAll(b.t.Name(), "/", "-")+"-"+name+".png"), picture, 0o644)
	}
}

// signIn types login and password, as the sign-in page has the focus in its first field.
func (b browser) signIn(login string) {
	b.t.Helper()
	b.as(login) // makes the account
	b.open("/desk/sign-in")
	b.keys(login + kb.Tab + "andu-demo-2026")
	b.enter()
	if b.at() != "/desk" {
		b.t.Fatalf("signed in as %s, the browser is at %s:\n%s", login, b.at(), b.text())
	}
}

func (b browser) signOut() {
	b.t.Helper()
	b.do(chromedp.Focus(".me summary", chromedp.ByQuery), chromedp.KeyEvent(" "))
	b.press(`.me form[action="/desk/sign-out"] button`)
}

// A paper lives from the counter to the corrected instruction by keyboard and forms alone: with the script and without it,
// at a desk and on a phone.
func TestBrowser(t *testing.T) {
	for _, c := range []struct {
		name   string
		width  int64
		script bool
	}{{"with the script", desktop, true}, {"without the script", desktop, false}, {"on a phone", phone, true}} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t, setting{})
			b := w.browser(c.width, c.script)
			b.open("/desk/documents?state=signed")
			if !strings.HasPrefix(b.at(), "/desk/sign-in?back=") {
				t.Fatalf("without a session the register leads to %s", b.at())
			}
			b.shot("sign-in")
			b.signIn("registrar")
			b.sees("没有待办的事", "该您登记、拟办、交办、承办和批办的件会按时限先后出现在这里")
			b.shot("desk-empty")

			if c.script && c.width == desktop {
				if _, err := chromedp.RunResponse(b.ctx, chromedp.KeyEvent("n")); err != nil {
					t.Fatal(err)
				}
			} else {
				b.press("a[data-key=n]")
			}
			b.fill(`[name=source_organs]`, "市应急委办公室")
			b.fill(`[name=doc_number]`, "明电〔2026〕41号")
			b.fill(`[name=title]`, "关于做好低温雨雪冰冻灾害防范应对工作的紧急通知")
			b.fill(`[name=kind]`, "通知")
			b.choose(`[name=urgency]`, "特急")
			b.choose(`[name=class]`, "公开")
			b.shot("receive")
			b.press(`#receive button`)
			b.sees("已记入", "签收 1 份，封口完好", "关于做好低温雨雪冰冻灾害防范应对工作的紧急通知")
			paper := strings.TrimPrefix(strings.Split(b.at(), "?")[0], "/desk/documents/")
			b.press(`#registration button`)
			b.sees("已记入", "登记 收文〔2026〕1号", "今日 24:00", "签收当日")
			b.shot("registered")

			b.open("/desk/documents")
			b.fill(`.filters [name=q]`, "冰冻")
			if c.script {
				b.do(chromedp.KeyEvent(kb.Enter), chromedp.Poll(`location.search.includes("q=")`, nil))
			} else {
				b.enter()
			}
			b.sees("共 1 件", "收文〔2026〕1号", "市应急委办公室 · 明电〔2026〕41号", "的经过")
			b.shot("register")
			b.signOut()

			w.as("legal-chief").post("/documents/"+paper+"/legality-reviews", map[string]any{"result": "ok"}).ok()
			b.signIn("secretary")
			b.sees("关于做好低温雨雪冰冻灾害防范应对工作的紧急通知", "拟办", "今日 24:00")
			b.press(`tr[data-row] a.ti`)
			b.fill(`#proposal [name=opinion]`, "拟请秘书科主办，即刻部署，今日报结果。")
			b.choose(`#proposal [name=lead]`, "secretariat-chief")
			b.shot("proposal")
			b.press(`#proposal button`)
			b.sees("提出拟办意见（办件）", "等待批示")
			b.signOut()

			b.signIn("director")
			b.sees("批办")
			b.press(`tr[data-row] a.ti`)
			b.sees("拟请秘书科主办，即刻部署，今日报结果。")
			b.fill(`#instruction [name=text]`, "同意。请秘书科立即落实。")
			b.choose(`#instruction [name=lead]`, "secretariat-chief")
			b.shot("instruction")
			b.press(`#instruction button`)
			b.sees("已记入", "同意。请秘书科立即落实。", "结果已记入来文")
			w.clock.set("2026-04-13 10:30")
			b.do(chromedp.Focus(`.opinion summary`, chromedp.ByQuery), chromedp.KeyEvent(" "), chromedp.WaitVisible(`#corrections-1`, chromedp.ByQuery))
			b.fill(`#corrections-1 [name=reason]`, "补全时限")
			b.do(chromedp.Focus(`#corrections-1 [name=text]`, chromedp.ByQuery), chromedp.KeyEvent(kb.End, chromedp.KeyModifiers(2)), chromedp.KeyEvent("今晚八时前报我。"))
			b.press(`#corrections-1 button`)
			b.sees("原文 · 08:00 同意。请秘书科立即落实。", "更正 · 10:30 · 补全时限 · 为什么 同意。请秘书科立即落实。今晚八时前报我。")
			b.shot("corrected")
			b.press(`.opinion a`)
			b.sees("重新裁定", "一致", "apr.authority[收文批示].signer")
			b.shot("why")

			b.open("/desk/documents/" + paper)
			b.sees("指定主办 秘书科科长", "更正 · 4月13日 10:30 · 补全时限", "同意。请秘书科立即落实。今晚八时前报我。")
			b.shot("document")
			b.printed()
			for name, path := range map[string]string{"desk": "/desk", "done": "/desk?view=done", "approvals": "/desk/approvals?view=done", "registers": "/desk/registers", "policy": "/desk/policy",
				"values": "/desk/policy?view=values", "blanks": "/desk/policy?view=blanks", "conflicts": "/desk/policy?view=conflicts", "calendar": "/desk/calendar", "org": "/desk/org", "password": "/desk/password", "ask": "/desk/approvals/new", "refused": "/desk/nowhere", "docs": "/docs"} {
				b.open(path)
				b.accessible()
				b.shot(name)
				var wide bool
				if b.asks(`document.documentElement.scrollWidth > innerWidth + 1`, &wide); wide {
					t.Errorf("%s is wider than the window", path)
				}
			}
		})
	}
}

// printed looks at the page as paper: the slip alone, on one sheet of A4.
func (b browser) printed() {
	b.t.Helper()
	var shown []string
	b.do(emulation.SetEmulatedMedia().WithMedia("print"))
	b.asks(`[".rail", ".top", "#act", ".sheet", ".actbar"].filter((s) => { const e = document.querySelector(s); return e && getComputedStyle(e).display !== "none" })`, &shown)
	if len(shown) != 1 || shown[0] != ".sheet" {
		b.t.Errorf("printed are %q", shown)
	}
	b.shot("printed")
	b.do(emulation.SetEmulatedMedia())
	b.do(chromedp.ActionFunc(func(ctx context.Context) error {
		paper, _, err := page.PrintToPDF().WithPreferCSSPageSize(true).Do(ctx)
		if err != nil {
			return err
		}
		if n := len(sheets.FindAll(paper, -1)); n != 1 {
			b.t.Errorf("the slip is printed on %d sheets", n)
		}
		return nil
	}))
}

var sheets = regexp.MustCompile(`/Type\s*/Page\b`)

// accessible looks at what a reader of the screen needs: names of fields, unique ids, landmarks, one heading, a focus that is
// seen.
func (b browser) accessible() {
	b.t.Helper()
	var faults []string
	b.asks(`(() => {
		const faults = [], named = (e) => e.getAttribute("aria-label") || e.labels?.length || e.getAttribute("aria-labelledby") || (e.textContent || "").trim();
		for (const e of document.querySelectorAll("input:not([type=hidden]):not([hidden]), select, textarea"))
			if (!e.getAttribute("aria-label") && !e.labels?.length) faults.push("no label: " + e.outerHTML.slice(0, 80));
		for (const e of document.querySelectorAll("a, button, summary")) if (!named(e)) faults.push("no name: " + e.outerHTML.slice(0, 80));
		const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
		for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push("two of #" + id);
		for (const e of document.querySelectorAll("[aria-describedby]")) for (const id of e.getAttribute("aria-describedby").split(" ")) if (!document.getElementById(id)) faults.push("nothing is #" + id);
		for (const e of document.querySelectorAll("label[for]")) if (!document.getElementById(e.htmlFor)) faults.push("a label for nothing: " + e.htmlFor);
		if (document.querySelectorAll("main").length !== 1) faults.push("not one main");
		if (!document.documentElement.lang) faults.push("no language");
		if (document.body.classList.contains("desk")) {
			if (document.querySelectorAll("h1").length !== 1) faults.push("not one h1");
			if (!document.querySelector("nav[aria-label]") || !document.querySelector("header")) faults.push("no landmarks");
			for (const e of document.querySelectorAll("table:not(.facts):not(.month)")) if (!e.querySelector("th[scope]")) faults.push("a table without headings");
		}
		return faults;
	})()`, &faults)
	for _, f := range faults {
		b.t.Errorf("%s: %s", b.at(), f)
	}
	if b.at() == "/docs" {
		return
	}
	for range 3 {
		var outline string
		b.keys(kb.Tab)
		b.asks(`(() => { const e = document.activeElement, s = getComputedStyle(e); return e === document.body ? "none" : s.outlineStyle + " " + s.outlineWidth })()`, &outline)
		if !strings.HasPrefix(outline, "solid") {
			b.t.Errorf("%s: the focus is not seen: %q", b.at(), outline)
		}
	}
}

// An open page is told when the tray changes, and a line in hand shows its history beside the list.
func TestBrowserKeepsUp(t *testing.T) {
	w := newTown(t, setting{})
	registrar := w.as("registrar")
	registrar.receive(map[string]any{"title": "第一件"})
	b := w.browser(desktop, true)
	var console []string
	b.listen(&console)
	b.signIn("registrar")
	b.do(chromedp.Poll(`document.querySelector("[data-count=todo]").textContent === "1"`, nil))
	w.clock.set("2026-04-13 08:05")
	registrar.receive(map[string]any{"title": "第二件"})
	b.do(chromedp.Poll(`document.querySelector(".fig [data-count=todo]").textContent === "2"`, nil, chromedp.WithPollingTimeout(20*time.Second)))
	b.open("/desk")
	b.keys("j")
	b.do(chromedp.Poll(`document.querySelector("#hand h2").textContent.includes("第二件")`, nil, chromedp.WithPollingTimeout(10*time.Second)))
	b.keys("k")
	b.do(chromedp.Poll(`document.querySelector("#hand h2").textContent.includes("第一件") && document.querySelectorAll("tr.cur").length === 1`, nil, chromedp.WithPollingTimeout(10*time.Second)))
	b.shot("in-hand")
	b.keys("/")
	var focus string
	if b.asks(`document.activeElement.name`, &focus); focus != "q" {
		t.Errorf("/ puts the focus on %q", focus)
	}
	if len(console) > 0 {
		t.Errorf("the browser complains: %q", console)
	}
}

// listen collects what the browser complains about: errors of scripts, and what the policy of content forbids.
func (b browser) listen(complaints *[]string) {
	chromedp.ListenTarget(b.ctx, func(ev any) {
		switch e := ev.(type) {
		case *runtime.EventExceptionThrown:
			*complaints = append(*complaints, e.ExceptionDetails.Error())
		case *log.EventEntryAdded:
			if e.Entry.Level == log.LevelError {
				*complaints = append(*complaints, e.Entry.Text)
			}
		}
	})
	b.do(log.Enable(), runtime.Enable())
}
