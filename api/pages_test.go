package api_test

import (
	"bufio"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"andu/api"
	"andu/api/accounts"
	"andu/cmd/andu/demo"
	"andu/commands"
	"andu/domain/duty"
)

// page asks as a browser does.
func (u user) page(path string, headers ...string) answer {
	u.t.Helper()
	return u.ask(http.MethodGet, path, nil, append([]string{"Accept", "text/html", "Cookie", "andu_session=" + u.token, "Authorization", ""}, headers...)...)
}

// send posts a form as a browser does, from the page on which it stands.
func (u user) send(path string, fields url.Values, headers ...string) answer {
	u.t.Helper()
	return u.ask(http.MethodPost, path, []byte(fields.Encode()), append([]string{"Accept", "text/html", "Content-Type", "application/x-www-form-urlencoded",
		"Cookie", "andu_session=" + u.token, "Authorization", "", "Referer", u.server.URL + path, "Sec-Fetch-Site", "same-origin"}, headers...)...)
}

// shows fails the test unless the page has the status and all the texts, as they are read.
func (a answer) shows(status int, texts ...string) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("%s: want %d, got %d\n%s", a.asked, status, a.status, a.text())
	}
	for _, text := range texts {
		if !strings.Contains(a.text(), text) {
			a.t.Errorf("%s: %q is not on the page:\n%s", a.asked, text, a.text())
		}
	}
	return a
}

// hides fails the test if a text is on the page.
func (a answer) hides(texts ...string) answer {
	a.t.Helper()
	for _, text := range texts {
		if strings.Contains(html.UnescapeString(string(a.body)), text) {
			a.t.Errorf("%s: %q is on the page", a.asked, text)
		}
	}
	return a
}

var (
	tags    = regexp.MustCompile(`<[^>]*>`)
	blanks  = regexp.MustCompile(`\s+`)
	formTag = regexp.MustCompile(`(?s)<form[^>]* method="post" action="([^"]+)"[^>]*>(.*?)</form>`)
	hidden  = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)
)

// text is what a reader reads: without the tags.
func (a answer) text() string {
	return blanks.ReplaceAllString(html.UnescapeString(tags.ReplaceAllString(string(a.body), " ")), " ")
}

// form gives what a page sends hidden with one of its forms, to be filled in.
func (a answer) form(action string, fields ...string) url.Values {
	a.t.Helper()
	for _, f := range formTag.FindAllStringSubmatch(string(a.body), -1) {
		if html.UnescapeString(f[1]) != action {
			continue
		}
		filled := url.Values{}
		for _, h := range hidden.FindAllStringSubmatch(f[2], -1) {
			filled.Set(html.UnescapeString(h[1]), html.UnescapeString(h[2]))
		}
		for i := 0; i+1 < len(fields); i += 2 {
			filled.Set(fields[i], fields[i+1])
		}
		return filled
	}
	a.t.Fatalf("%s has no form to %s:\n%s", a.asked, action, a.text())
	return nil
}

// to is where a page sends the browser.
func (a answer) to() string {
	a.t.Helper()
	if a.status != http.StatusSeeOther {
		a.t.Fatalf("%s: want 303, got %d\n%s", a.asked, a.status, a.text())
	}
	return a.header.Get("Location")
}

// isPage tells a page of the desk from the rest of the table of routes.
func isPage(r api.Route) bool { return strings.HasPrefix(r.Path, "/desk") && r.Path != "/desk/events" }

// concrete puts something that is none of the office's in the place of what a path leaves open.
func concrete(path string) string {
	return strings.NewReplacer("{id}", "00000000-0000-0000-0000-000000000000", "{stream}", "document-00000000-0000-0000-0000-000000000000", "{revision}", "0",
		"{month}", "2026-04", "{year}", "2026").Replace(path)
}

// Whoever has no session gets to the sign-in page, with the way back; what was typed into a form is not lost.
func TestPagesWithoutSession(t *testing.T) {
	w := newTown(t, setting{})
	nobody := w.nobody()
	pages := 0
	for _, r := range w.door.Routes() {
		if !isPage(r) || r.May == "" {
			continue
		}
		pages++
		path := concrete(r.Path)
		if r.Method == http.MethodGet {
			if got, want := nobody.page(path+"?x=1").to(), "/desk/sign-in?back="+url.QueryEscape(path+"?x=1"); got != want {
				t.Errorf("%s sends nobody to %s, want %s", path, got, want)
			}
			nobody.get(path).refused(http.StatusUnauthorized, "session-required")
			continue
		}
		nobody.send(path, url.Values{"text": {"写了很久的意见"}, "password": {"secret-word"}, "idempotency_key": {"key-of-the-form"}}).
			shows(http.StatusUnauthorized, "请先登录", "您填写的内容没有丢失", "写了很久的意见").hides("secret-word", "key-of-the-form")
	}
	if pages < 60 {
		t.Errorf("only %d routes of pages were asked: the test looks in the wrong place", pages)
	}
	if got := nobody.page("/desk/documents", "HX-Request", "true"); got.status != http.StatusUnauthorized || got.header.Get("HX-Redirect") == "" {
		t.Errorf("a part of a page: %d %q", got.status, got.header.Get("HX-Redirect"))
	}
	nobody.get("/desk/events").refused(http.StatusUnauthorized, "session-required")
	if got := nobody.page("/").to(); got != "/desk" {
		t.Errorf("the root leads to %s", got)
	}
	// A way back that leads to another site leads to the desk.
	w.as("registrar")
	for back, want := range map[string]string{"/desk/policy?view=blanks": "/desk/policy?view=blanks", "//evil.example/": "/desk", "https://evil.example/": "/desk", `/\evil.example`: "/desk", "": "/desk"} {
		if got := nobody.send("/desk/sign-in", url.Values{"login": {"registrar"}, "password": {"andu-demo-2026"}, "back": {back}}); got.to() != want {
			t.Errorf("back to %q leads to %q, want %q", back, got.to(), want)
		} else if c := got.header.Get("Set-Cookie"); !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax") {
			t.Errorf("the cookie is %q", c)
		}
	}
	nobody.send("/desk/sign-in", url.Values{"login": {"registrar"}, "password": {"wrong"}}).shows(http.StatusUnauthorized, "账号或口令不正确")
}

// Every page answers: to staff with itself, to the three officers with what they may see, in both languages, with nothing
// that the policy of content forbids.
func TestPagesAnswer(t *testing.T) {
	w := newTown(t, setting{offices: []demo.Office{withDutyList(2), demo.Bureau()}})
	d := desks[0]
	paper, id, _ := w.proposed(d, nil)
	keeps := watch{town: w, keeper: keepers["county"]}
	keeps.post = keeps.open(duty.DutyRoom, keeps.y)
	roster := keeps.draft(keeps.post, duty.DutyRoom, "2026-05-01", "2026-05-31", nil, keeps.x, keeps.y, keeps.z)
	registrar, director, auditor := w.as(d.registrar), w.as(d.leader), w.as("auditor")
	series := bookOf(t, w, paper)
	round := registrar.post("/circulations", map[string]any{"document": "document-" + paper, "readers": []string{director.id}, "authority": "批示"}).result().ID
	asked := registrar.post("/leave/requests", askLeave("事假", "2026-06-15", "AM", "2026-06-15", "PM")).result().request(t)
	w.beginBook("2026-04-14")
	w.lives("2026-04-14 08:00")
	registrar.signIn("AM").ok()
	inline := regexp.MustCompile(`\sstyle=|\son[a-z]+="|<script>|<style`)
	for _, r := range w.door.Routes() {
		if !isPage(r) || r.Method != http.MethodGet || r.May == "" {
			continue
		}
		path := r.Path
		switch {
		case strings.HasPrefix(path, "/desk/documents/{"):
			path = strings.Replace(path, "{id}", paper, 1)
		case strings.HasPrefix(path, "/desk/approvals/{"):
			path = strings.Replace(path, "{id}", id, 1)
		case strings.HasPrefix(path, "/desk/registers/{"):
			path = strings.Replace(path, "{id}", series, 1)
		case strings.HasPrefix(path, "/desk/circulation/{"):
			path = strings.Replace(path, "{id}", round, 1)
		case strings.HasPrefix(path, "/desk/leave/{"):
			path = strings.Replace(path, "{id}", asked, 1)
		case strings.HasPrefix(path, "/desk/duty/{"):
			path = strings.Replace(path, "{id}", strings.TrimPrefix(keeps.post, "duty-"), 1)
		case strings.HasPrefix(path, "/desk/rosters/{"):
			path = "/desk" + roster
		case strings.HasPrefix(path, "/desk/people/{"):
			path = strings.Replace(path, "{id}", director.id, 1)
		case strings.HasPrefix(path, "/desk/attendance/days/{"):
			path = strings.Replace(path, "{id}", strings.TrimPrefix(day(registrar, "2026-04-14"), "attendance-"), 1)
		case strings.HasPrefix(path, "/desk/attendance/"):
			path = concrete(path)
		case strings.HasPrefix(path, "/desk/explain/"):
			path = "/desk/explain/document-" + paper + "/0"
		case strings.Contains(path, "{"):
			t.Errorf("no example of %s", path)
			continue
		}
		asks := []user{registrar, director}
		switch {
		case r.Path == "/desk/leave/register": // for the keeper, and to whom the month is reported
			asks = []user{w.as("admin"), w.as("deputy-admin")}
		case strings.HasPrefix(r.Path, "/desk/attendance/months/"), strings.HasPrefix(r.Path, "/desk/attendance/years/"):
			asks = []user{w.as("sheet-keeper"), w.as("deputy-admin")}
		case strings.HasPrefix(r.Path, "/desk/leave/{"), strings.HasPrefix(r.Path, "/desk/attendance/days/{"):
			asks = []user{registrar}
		}
		if !commands.May([]commands.Role{commands.Staff}, r.May) { // a page of the officers
			registrar.page(path).shows(http.StatusForbidden)
			asks = nil
			if commands.May([]commands.Role{commands.Auditor}, r.May) {
				asks = append(asks, auditor)
			}
			if commands.May([]commands.Role{commands.SystemAdmin}, r.May) {
				asks = append(asks, w.as("sysadmin"))
			}
		}
		for _, u := range asks {
			zh := u.page(path).shows(http.StatusOK)
			if m := inline.Find(zh.body); m != nil {
				t.Errorf("%s has %s inline", path, m)
			}
			if en := u.page(path, "Cookie", "andu_session="+u.token+"; andu_language=en"); !strings.Contains(string(en.body), `<html lang="en">`) || !strings.Contains(string(zh.body), `<html lang="zh-CN">`) {
				t.Errorf("%s is not in the language asked for", path)
			}
			for _, landmark := range []string{"<main", "<h1", "<nav", "<header", "数据至"} {
				if !strings.Contains(string(zh.body), landmark) && path != "/desk/password" {
					t.Errorf("%s has no %s", path, landmark)
				}
			}
		}
		want := http.StatusOK
		if !commands.May([]commands.Role{commands.Auditor}, r.May) {
			want = http.StatusForbidden
		} else if strings.HasPrefix(path, "/desk/explain/") {
			want = http.StatusForbidden
		}
		auditor.page(path).shows(want)
	}
	registrar.page("/desk/nowhere").shows(http.StatusNotFound, "没有这项记录")
	registrar.page(concrete("/desk/documents/{id}")).shows(http.StatusNotFound, "没有受理", "没有这项记录")
	registrar.page("/desk/documents/not-an-id").shows(http.StatusNotFound)
	registrar.page("/desk/explain/document-" + paper + "/99").shows(http.StatusNotFound)
	w.as("bureau-chief").page("/desk/documents/" + paper).shows(http.StatusNotFound).hides("汛期")
}

// bookOf is the id of the book in which a paper stands.
func bookOf(t *testing.T, w *town, paper string) string {
	t.Helper()
	for _, r := range w.history("document-" + paper) {
		if r.Type != "document.registered" {
			continue
		}
		var e struct{ Series string }
		w.as("registrar").timeline("document-" + paper)[r.Revision].into(t, &e)
		return strings.TrimPrefix(e.Series, "register-")
	}
	t.Fatal("the paper is in no book")
	return ""
}

// Of a state secret, whoever does not handle it sees number, class and holder on every page, and of 机密 not even that
// there is a history.
func TestPagesMask(t *testing.T) {
	w := newTown(t, setting{})
	registrar, other := w.as("registrar"), w.as("legal-clerk")
	for _, class := range []string{"秘密", "机密"} {
		title := "关于" + class + "事项的通知"
		id := registrar.receive(map[string]any{"title": title, "class": class, "doc_number": "密发〔2026〕9号", "source_organs": []string{"市国家保密局"}})
		registrar.register(id)
		registrar.page("/desk/documents/"+id).shows(http.StatusOK, title, "市国家保密局")
		registrar.page("/desk/documents").shows(http.StatusOK, title)
		other.page("/desk/documents").shows(http.StatusOK, class, "在收文处").hides(title, "密发", "市国家保密局")
		other.page("/desk/documents?q="+url.QueryEscape(title)).shows(http.StatusOK, "没有找到")
		other.page("/desk/documents/"+id).shows(http.StatusOK, class, "在收文处").hides(title, "密发", "市国家保密局", "经过</h2>")
		want := map[string]int{"秘密": http.StatusForbidden, "机密": http.StatusNotFound}[class]
		other.page("/desk/explain/document-" + id + "/0").shows(want).hides(title)
		other.page("/desk?row=document-" + id).shows(http.StatusOK).hides(title)
	}
}

// What a form sends goes the way of the JSON command: once for its key, on what was shown or not at all, held against the
// same schema; what was refused says why and keeps what was typed.
func TestPageForms(t *testing.T) {
	w := newTown(t, setting{})
	registrar := w.as("registrar")
	filled := registrar.page("/desk/documents/new").form("/desk/documents", "source_organs", "市发展改革委、市财政局", "title", "关于申报专项资金的通知", "kind", "通知", "urgency", "平件", "class", "公开", "copies", "2", "seal", "intact")
	first := registrar.send("/desk/documents", filled).to()
	if again := registrar.send("/desk/documents", filled).to(); again != first {
		t.Errorf("sent twice, the form leads to %s and %s", first, again)
	}
	head := w.head()
	filled.Set("title", "另一标题")
	registrar.send("/desk/documents", filled).shows(http.StatusUnprocessableEntity, "没有受理", "同一请求标识", "另一标题")
	wrong := registrar.page("/desk/documents/new").form("/desk/documents", "title", "缺份数的件", "copies", "many", "urgency", "平件")
	registrar.send("/desk/documents", wrong).shows(http.StatusUnprocessableEntity, "缺份数的件", "份数：须为整数")
	delete(wrong, "idempotency_key")
	registrar.send("/desk/documents", wrong).shows(http.StatusBadRequest, "缺少请求标识")
	if w.head() != head {
		t.Error("a refused form left something in the log")
	}

	path, _, _ := strings.Cut(first, "?")
	shown := registrar.page(first).shows(http.StatusOK, "已记入： 签收 2 份，封口完好", "市发展改革委、市财政局", "《县政府办规章制度》四.1(2)", "制度第", "第 1 号 在收文处")
	registration := shown.form(path + "/registration")
	registrar.page(registrar.send(path+"/registration", registration).to()).shows(http.StatusOK, "已记入： 登记 收文〔2026〕1号", "4月16日 24:00", "自4月13日起 3 个工作日")
	// The form that was shown before is of a paper that has changed since: the typed reason is kept, the act is not done.
	stale := shown.form(path+"/receipt-corrections", "reason", "份数点错", "copies", "3")
	registrar.send(path+"/receipt-corrections", stale).shows(http.StatusConflict, "您看到的内容已有变化", "下面已是最新内容").shows(http.StatusConflict, "份数点错")
	registrar.send(path+"/receipt-corrections", registrar.page(path).form(path+"/receipt-corrections", "reason", "份数点错", "copies", "3", "seal", "intact")).to()
	registrar.page(path).shows(http.StatusOK, "签收 2 份，封口完好 已于", "更正签收：签收 3 份", "理由：份数点错")

	// Whose it is not is told whose it is.
	clerk := w.as("legal-clerk")
	clerk.page(path).shows(http.StatusOK, "现在不能办的，及其原因", "此事由收文岗位收发岗办理")
	notHis := url.Values{"idempotency_key": {"k1"}, "if_match": {strconv.Itoa(len(w.history("document-"+strings.TrimPrefix(path, "/desk/documents/"))) - 1)}}
	clerk.send(path+"/pre-check", notHis).shows(http.StatusForbidden, "没有受理", "此事由收文岗位收发岗办理", "《县政府办规章制度》四.1(2)", "可以请", "document.not-registrar").hides("这次尝试已如实记入")

	// Another site cannot send a form.
	registrar.send(path+"/pre-check", registrar.page(path).form(path+"/pre-check"), "Sec-Fetch-Site", "cross-site").refused(http.StatusForbidden, "cross-origin")
}

// An instruction is written, an opinion corrected and both are shown, each with its time; an attempt on another's step is
// refused and the page says that it is on record.
func TestPagesOfACase(t *testing.T) {
	w := newTown(t, setting{})
	d := desks[0]
	paper, id, _ := w.proposed(d, nil)
	path := "/desk/approvals/" + id
	director, other := w.as(d.leader), w.as(d.other)
	w.clock.set(d.at(9))
	director.page("/desk").shows(http.StatusOK, "关于做好汛期值班工作的通知", "批办")
	director.page("/desk/approvals").shows(http.StatusOK, "待我审批 1", "关于做好汛期值班工作的通知")
	shown := director.page(path).shows(http.StatusOK, "拟请主办单位阅处。", "尚无意见")

	trespass := shown.form(path+"/instruction", "text", "代批")
	other.send(path+"/instruction", trespass).shows(http.StatusForbidden, "没有受理", "权限表", "这次尝试已如实记入", "代批")
	if got := w.types("approval-" + id); got[len(got)-1] != "approval.refused" {
		t.Errorf("the attempt is not on record: %v", got)
	}
	other.page(path).hides(`action="` + path + `/instruction"`)

	director.send(path+"/instruction", shown.form(path+"/instruction", "text", "同意")).shows(http.StatusConflict, "您看到的内容已有变化", "同意")
	said := director.page(path).form(path+"/instruction", "text", "同意，请抓紧", "lead", d.lead, "limit", "2026-04-20")
	director.page(director.send(path+"/instruction", said).to()).shows(http.StatusOK, "已记入： 批示", "同意，请抓紧", "办结：同意")
	w.settle()
	w.clock.set(d.at(10))
	fix := director.page(path).form(path+"/corrections", "text", "原则同意，请抓紧", "reason", "用语更正")
	both := director.page(director.send(path+"/corrections", fix).to()).shows(http.StatusOK, "原文 · 09:00 同意，请抓紧", "更正 · 10:00 · 用语更正 · 为什么 原则同意，请抓紧")
	if at := strings.Index(both.text(), "原文 · 09:00"); at < 0 || at > strings.Index(both.text(), "更正 · 10:00") {
		t.Error("the first does not stand before its correction")
	}
	other.page(path).hides(`action="` + path + `/corrections"`)
	director.page("/desk?view=done").shows(http.StatusOK, "批示", "后有更正")
	registrar := w.as(d.registrar)
	registrar.page("/desk/documents/"+paper).shows(http.StatusOK, "同意，请抓紧", "4月20日 24:00 领导批示")
	director.page("/desk/explain/approval-"+id+"/"+revisionOf(w, "approval-"+id, "approval.instruction-written")).shows(http.StatusOK, "一致", "apr.authority[收文批示].signer", "《县政府办公室演示补充规定》")
}

func revisionOf(w *town, stream, event string) string {
	for i, name := range w.types(stream) {
		if name == event {
			return strconv.Itoa(i)
		}
	}
	w.t.Fatalf("%s has no %s", stream, event)
	return ""
}

// A log written under a simulated clock says so on every page.
func TestSimulatedSaysSo(t *testing.T) {
	w := newTown(t, setting{})
	registrar := w.as("registrar")
	registrar.page("/desk").shows(http.StatusOK).hides("演示日志")
	door := api.New(api.Config{Handler: w.handler, Tasks: w.tasks, Accounts: w.logins, Read: w.read, Now: w.Now, Logger: quiet, Version: "test", Simulated: true})
	for _, path := range []string{"/desk/sign-in", "/desk", "/desk/documents", "/desk/policy", "/desk/password", "/desk/nowhere"} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept", "text/html")
		r.Header.Set("Cookie", "andu_session="+registrar.token)
		out := httptest.NewRecorder()
		door.ServeHTTP(out, r)
		if body, _ := io.ReadAll(out.Body); !strings.Contains(string(body), "演示日志") || out.Header().Get("Andu-Log") != "simulated" {
			t.Errorf("%s does not say that the log is simulated", path)
		}
	}
}

// A first password is changed before anything else, and the language stays as it was chosen.
func TestFirstPasswordAndLanguage(t *testing.T) {
	w := newTown(t, setting{})
	p, office := w.person("legal-clerk2")
	first, err := w.logins.Create(t.Context(), accounts.By{Person: p.ID, Office: office}, accounts.NewAccount{Login: "legal-clerk2", Person: p.ID, Office: office})
	w.must(err)
	in := w.nobody().send("/desk/sign-in", url.Values{"login": {"legal-clerk2"}, "password": {first}})
	if in.to() != "/desk/password" {
		t.Fatalf("signed in with a first password, one comes to %s", in.to())
	}
	u := user{w, "legal-clerk2", p.ID, office, cookieOf(in)}
	if got := u.page("/desk/documents").to(); got != "/desk/password" {
		t.Errorf("the register leads to %s", got)
	}
	u.page("/desk/password").shows(http.StatusOK, "首次登录须先修改口令")
	change := func(old, new, again string) answer {
		return u.send("/desk/password", url.Values{"old": {old}, "new": {new}, "again": {again}})
	}
	change(first, "a long sentence to keep", "another one").shows(http.StatusUnprocessableEntity, "两次输入的新口令不一致")
	change(first, "short", "short").shows(http.StatusUnprocessableEntity, "新口令须为")
	change("not the old one", "a long sentence to keep", "a long sentence to keep").shows(http.StatusUnauthorized, "账号或口令不正确")
	change(first, "a long sentence to keep", "a long sentence to keep").to()
	u.page("/desk").shows(http.StatusOK, "工作台")

	if got := u.send("/desk/language", url.Values{"to": {"en"}, "back": {"/desk/policy"}}); got.to() != "/desk/policy" || !strings.Contains(got.header.Get("Set-Cookie"), "andu_language=en") {
		t.Errorf("%s %s", got.to(), got.header.Get("Set-Cookie"))
	}
	u.send("/desk/sign-out", nil).to()
	if got := u.page("/desk").to(); !strings.HasPrefix(got, "/desk/sign-in") {
		t.Errorf("signed out, the desk leads to %s", got)
	}
}

func cookieOf(a answer) string {
	a.t.Helper()
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.Name == "andu_session" {
			return c.Value
		}
	}
	a.t.Fatalf("%s: no session was given", a.asked)
	return ""
}

// An open page is told numbers as they change, and nothing more after the session ended, wherever it was ended.
func TestTrayEvents(t *testing.T) {
	w := newTown(t, setting{})
	registrar, other := w.as("registrar"), w.as("registrar2")
	listen := func(u user) *bufio.Scanner {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL+"/desk/events", nil)
		w.must(err)
		r.Header.Set("Authorization", "Bearer "+u.token)
		res, err := client.Do(r)
		w.must(err)
		t.Cleanup(func() { res.Body.Close() })
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("%d %s", res.StatusCode, res.Header.Get("Content-Type"))
		}
		return bufio.NewScanner(res.Body)
	}
	// next is what is told next; "" when the stream ended.
	next := func(lines *bufio.Scanner) string {
		for lines.Scan() {
			if text := lines.Text(); strings.HasPrefix(text, "event: ") {
				lines.Scan()
				return strings.TrimPrefix(text, "event: ") + " " + strings.TrimPrefix(lines.Text(), "data: ")
			}
		}
		return ""
	}
	mine := listen(registrar)
	if got := next(mine); got != `counts {"todo":0,"toread":0,"overdue":0}` {
		t.Errorf("first: %s", got)
	}
	other.receive(nil)
	if got := next(mine); got != `counts {"todo":1,"toread":0,"overdue":0}` {
		t.Errorf("after a paper came: %s", got)
	}
	w.must(w.logins.RevokePerson(t.Context(), accounts.By{Person: registrar.id, Office: registrar.office}, registrar.id))
	other.receive(map[string]any{"title": "另一件"})
	if got := next(mine); got != "bye {}" {
		t.Errorf("after the session was ended: %s", got)
	}
	theirs := listen(other)
	if got := next(theirs); got != `counts {"todo":2,"toread":0,"overdue":0}` {
		t.Errorf("the other: %s", got)
	}
	w.door.EndStreams()
	if got := next(theirs); got != "" {
		t.Errorf("the server stops, and says %s", got)
	}
}

// What lags behind the log says so, in words, and can be read all the same.
func TestFreshness(t *testing.T) {
	w := newTown(t, setting{still: true})
	w.as("registrar").page("/desk/policy").shows(http.StatusOK, "数据至", "，落后", "秒").shows(http.StatusOK, "县政府办公室演示补充规定")
}

// The system administrator makes accounts and gives first passwords by the pages; each is told once and has to be changed.
func TestAccountsByForm(t *testing.T) {
	w := newTown(t, setting{})
	admin := w.as("sysadmin")
	w.as("messenger")
	admin.page("/desk/accounts").shows(http.StatusOK, "messenger", "可登录")
	reset := admin.send("/desk/accounts/messenger/reset", url.Values{}).shows(http.StatusOK, "首次口令，只显示这一次")
	first := regexp.MustCompile(`<td class="mono">([^<]+)</td></tr></table>`).FindSubmatch(reset.body)
	if first == nil {
		t.Fatalf("no password in %s", reset.text())
	}
	admin.page("/desk/accounts").shows(http.StatusOK).hides(string(first[1]))
	nobody := user{town: w}
	nobody.send("/desk/sign-in", url.Values{"login": {"messenger"}, "password": {string(first[1])}}).shows(http.StatusSeeOther)
	admin.send("/desk/accounts/messenger/disabling", url.Values{}).shows(http.StatusSeeOther)
	admin.page("/desk/accounts").shows(http.StatusOK, "已停用")
	nobody.send("/desk/sign-in", url.Values{"login": {"messenger"}, "password": {string(first[1])}}).shows(http.StatusForbidden, "账号已停用")
	admin.send("/desk/accounts/messenger/enabling", url.Values{}).shows(http.StatusSeeOther)
	admin.send("/desk/accounts", url.Values{"login": {"nobody"}, "person": {"nobody"}}).shows(http.StatusConflict, "没有受理", "不是本单位的在册人员")
	w.as("registrar").send("/desk/accounts/messenger/reset", url.Values{}).shows(http.StatusForbidden)
	auditor := w.as("auditor")
	auditor.page("/desk/audit").shows(http.StatusOK, "重发口令", "停用", "核查")
	paper := w.as("registrar").receive(nil)
	w.as("registrar").register(paper)
	w.settle()
	if found := auditor.page("/desk/audit?number=收文").shows(http.StatusOK, "收文〔2026〕1号").hides("汛期"); !strings.Contains(string(found.body), "/desk/documents/"+paper+"/dossier") {
		t.Error("no way to the paper's dossier")
	}
	auditor.page("/desk/documents/"+paper+"/dossier").shows(http.StatusOK, "为何查看")
	auditor.page("/desk/documents/"+paper+"/dossier?reason=检查").shows(http.StatusOK, "document.registered").hides("汛期")
}
