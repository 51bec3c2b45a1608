package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"andu/api/accounts"
	"andu/api/web"
	"andu/commands"
	"andu/domain"
	"andu/domain/catalog"
	"andu/domain/duty"
	"andu/domain/org"
	"andu/domain/policy"
	"andu/eventstore"
	"andu/projections"
	"andu/projections/directory"
	"andu/projections/inbox"
)

// pages are the routes that people look at. Their words are those of the API, below /desk.
func (a *API) pages() {
	get, post := http.MethodGet, http.MethodPost
	a.page(get, "/", "", "To the desk", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/desk", http.StatusSeeOther) })
	a.page(get, "/static/*", "", "Styles and scripts of the pages", func(w http.ResponseWriter, r *http.Request) {
		if !web.ServeStatic(w, r) {
			a.fail(w, r, problemNotFound)
		}
	})
	a.page(get, "/desk/sign-in", "", "The sign-in page", a.signInPage)
	a.page(post, "/desk/sign-in", "", "Sign in by the form", a.signInForm)
	a.page(post, "/desk/sign-out", "", "Sign out by the form", a.signOutForm)
	a.page(post, "/desk/language", "", "Choose the language of the pages", a.languageForm)
	a.page(get, "/desk/password", commands.Enter, "The page to change one's password", func(w http.ResponseWriter, r *http.Request) { a.passwordPage(w, r, nil) })
	a.page(post, "/desk/password", commands.Enter, "Change one's password by the form", a.passwordForm)
	a.page(post, "/desk/post", commands.Enter, "Choose the post to act in by the form", a.postForm)
	a.page(get, "/desk", commands.Enter, "The desk (工作台)", a.deskPage)
	a.page(get, "/desk/events", commands.Work, "Counts of the tray, as they change", a.trayEvents)
	a.documentPages()
	a.approvalPages()
	a.leavePages()
	a.accessPages()
	a.circulationPages()
	a.attendancePages()
	a.officePages()
	a.orgPages()
	a.openingPages()
	a.dashboardPages()
	a.officerPages()
	a.dutyPages()
}

// desk is who looks at a page, and what every page needs to show it to them.
type desk struct {
	*API
	ctx    context.Context
	r      *http.Request
	who    who
	lang   string
	zone   *time.Location
	office org.Office
	names  directory.Directory
	now    time.Time
	today  domain.Date
	rules  *policy.Book // read when first asked for

	returned returned          // the form that came back, on the page of a record
	items    map[string]string // what the items of a duty log are called, on the page of a post
}

func (a *API) desk(r *http.Request) (*desk, error) {
	ctx := r.Context()
	w, _ := asker(ctx)
	d := &desk{API: a, ctx: ctx, r: r, who: w, lang: language(ctx), zone: a.cfg.Handler.Zone, now: w.received}
	var err error
	if d.office, _, err = commands.State(ctx, a.cfg.Handler, org.Context, w.Office, org.Stream(w.Office)); err != nil {
		return nil, err
	}
	if d.names, err = a.names.Names(ctx, a.cfg.Read.Pool, w.Office); err != nil {
		return nil, err
	}
	if zone, err := time.LoadLocation(d.office.Zone()); err == nil && d.office.Exists() {
		d.zone = zone
	}
	d.today = domain.DateOf(d.now, d.zone)
	return d, nil
}

func (d *desk) t(zh, en string) string {
	if d.lang == "en" {
		return en
	}
	return zh
}

func (d *desk) word(key string) string         { return web.Word(d.lang, key) }
func (d *desk) may(p commands.Permission) bool { return commands.May(d.who.roles, p) }
func (d *desk) book() (policy.Book, error) {
	if d.rules == nil {
		b, err := d.API.book(d.ctx)
		if err != nil {
			return b, err
		}
		d.rules = &b
	}
	return *d.rules, nil
}

// policy is what the office has in force, as known now.
func (d *desk) policy() (domain.Policy, error) {
	b, err := d.book()
	p := b.Policy(d.who.Office)
	p.Stream = policy.Stream(d.who.Office)
	return p, err
}

// name is what to call whatever stands by its id.
func (d *desk) name(id string) string {
	switch id {
	case "":
		return ""
	case domain.System:
		return d.t("系统", "the system")
	case org.SystemAdministrator, org.SecurityAdministrator, org.Auditor:
		return d.word(id)
	}
	return d.names.Name(id)
}

func (d *desk) nameAll(ids []string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = d.name(id)
	}
	return strings.Join(names, d.word("、"))
}

// date is a day as an office writes it; of another year, with the year.
func (d *desk) date(day domain.Date) string {
	switch {
	case day.IsZero():
		return ""
	case d.lang == "en" && day.Year == d.today.Year:
		return fmt.Sprintf("%d %s", day.Day, day.Month.String()[:3])
	case d.lang == "en":
		return fmt.Sprintf("%d %s %d", day.Day, day.Month.String()[:3], day.Year)
	case day.Year == d.today.Year:
		return fmt.Sprintf("%d月%d日", int(day.Month), day.Day)
	}
	return fmt.Sprintf("%d年%d月%d日", day.Year, int(day.Month), day.Day)
}

func (d *desk) on(i domain.Instant) domain.Date { return domain.DateOf(i.Time, d.zone) }

// at is an instant as an office writes it: the day where it is not today, and the time to the minute.
func (d *desk) at(i domain.Instant) string {
	switch {
	case i.IsZero():
		return ""
	case d.on(i) == d.today:
		return i.In(d.zone).Format("15:04")
	}
	return d.date(d.on(i)) + " " + i.In(d.zone).Format("15:04")
}

// limit is an instant with its day always; midnight is the end of the day before.
func (d *desk) limit(i domain.Instant) string {
	if i.IsZero() {
		return ""
	}
	day, clock := d.on(i), i.In(d.zone).Format("15:04")
	if clock == "00:00" {
		day, clock = day.Add(-1), "24:00"
	}
	return d.date(day) + " " + clock
}

var weekdays = [][2]string{{"星期日", "Sunday"}, {"星期一", "Monday"}, {"星期二", "Tuesday"}, {"星期三", "Wednesday"}, {"星期四", "Thursday"}, {"星期五", "Friday"}, {"星期六", "Saturday"}}

func (d *desk) longToday() string {
	_, week := time.Date(d.today.Year, d.today.Month, d.today.Day, 0, 0, 0, 0, time.UTC).ISOWeek()
	day := weekdays[d.today.Weekday()]
	if d.lang == "en" {
		return fmt.Sprintf("%s %d %s %d · week %d", day[1], d.today.Day, d.today.Month, d.today.Year, week)
	}
	return fmt.Sprintf("%d年%d月%d日 %s · 第%d周", d.today.Year, int(d.today.Month), d.today.Day, day[0], week)
}

// due says how a time limit stands: what is over in red, what ends today in ochre, each in words.
type due struct{ Text, Tone, More string }

func (d *desk) due(at domain.Instant) due {
	if at.IsZero() {
		return due{}
	}
	// A limit at 24:00 belongs to the day that it ends.
	last := domain.DateOf(at.Add(-time.Microsecond), d.zone)
	day, clock := d.date(last), at.In(d.zone).Format("15:04")
	if clock == "00:00" {
		clock = "24:00"
	}
	if !d.now.Before(at.Time) {
		by := day + " " + clock
		if last == d.today {
			by = clock
		}
		return due{d.t("超 ", "over ") + d.span(d.now.Sub(at.Time)), "seal", d.t("应于 ", "by ") + by}
	}
	if last == d.today {
		return due{d.t("今日 ", "today ") + clock, "ochre", d.t("还有 ", "in ") + d.span(at.Sub(d.now))}
	}
	days := int(time.Date(last.Year, last.Month, last.Day, 0, 0, 0, 0, time.UTC).Sub(time.Date(d.today.Year, d.today.Month, d.today.Day, 0, 0, 0, 0, time.UTC)).Hours() / 24)
	return due{day, "", fmt.Sprintf(d.t("还有 %d 日", "in %d days"), days)}
}

func (d *desk) span(s time.Duration) string {
	if s >= 48*time.Hour {
		return fmt.Sprintf(d.t("%d 日", "%d days"), int(s.Hours()/24))
	}
	return fmt.Sprintf("%d:%02d", int(s.Hours()), int(s.Minutes())%60)
}

// frame is what stands around the content of a page.
type frame struct {
	Title, Sub, Query, Back, Version, Request string
	Alone, Simulated, Search                  bool
	OfficeName, PersonName, PostName          string
	Posts                                     []option
	Nav                                       []navGroup
	Fresh                                     *fresh
	Events                                    string
	Notice                                    string
	Refusal                                   *refusal
	Data                                      any
}

type navGroup struct {
	Title string
	Items []navItem
}

type navItem struct {
	Href, Label, Key string
	On               bool
	Count            int
}

type fresh struct {
	Text string
	Late bool
}

type link struct{ Href, Text string }

func (a *API) bare(r *http.Request, title string) *frame {
	return &frame{Title: title, Alone: true, Simulated: a.cfg.Simulated, Version: a.cfg.Version, Back: backOf(r)}
}

// frame makes the frame of a page for somebody who has signed in.
func (d *desk) frame(title string) (*frame, error) {
	f := d.bare(d.r, title)
	f.Alone, f.Search = false, d.may(commands.Work)
	f.OfficeName, f.PersonName, f.PostName = d.office.Name(), d.name(d.who.Person), d.name(d.who.Post)
	if f.PostName == "" && len(d.who.roles) > 0 {
		f.PostName = d.word(string(d.who.roles[0]))
	}
	for _, p := range d.office.PostsOf(d.who.Person, d.today) {
		f.Posts = append(f.Posts, option{p.ID, d.name(p.ID), p.ID == d.who.Post})
	}
	counts := inbox.Counts{}
	if d.may(commands.Work) {
		f.Events = "/desk/events"
		tray, err := d.tray(false, "", 1)
		if err != nil {
			return nil, err
		}
		counts = tray.Counts
	}
	var err error
	if f.Fresh, err = d.fresh(); err != nil {
		return nil, err
	}
	item := func(href, zh, en string, may commands.Permission) navItem {
		on := d.r.URL.Path == href || href != "/desk" && strings.HasPrefix(d.r.URL.Path, href+"/")
		if !d.may(may) {
			return navItem{}
		}
		return navItem{Href: href, Label: d.t(zh, en), On: on}
	}
	group := func(title string, items ...navItem) {
		items = slices.DeleteFunc(items, func(i navItem) bool { return i.Href == "" })
		if len(items) > 0 {
			f.Nav = append(f.Nav, navGroup{title, items})
		}
	}
	home := item("/desk", "工作台", "Desk", commands.Enter)
	if home.Href != "" && d.may(commands.Work) {
		home.Key, home.Count = "todo", counts.ToDo
	}
	group("", home,
		item("/desk/documents", "收文", "Incoming papers", commands.Work),
		item("/desk/approvals", "审批", "Approvals", commands.Work),
		item("/desk/circulation", "传阅", "Circulation", commands.Work),
		item("/desk/registers", "登记簿", "Number books", commands.Work),
	)
	group(d.t("值守与人员", "The watch and people"),
		item("/desk/attendance", "考勤", "Attendance", commands.Work),
		item("/desk/leave", "请假与外出", "Leave and outings", commands.Work),
		item("/desk/whereabouts", "去向牌", "Who is where", commands.Work),
		item("/desk/duty", "值班", "The watch", commands.Work),
		item("/desk/rosters", "值班表", "Rosters", commands.Work),
	)
	group(d.t("保管与核查", "Kept and checked"),
		item("/desk/dashboards", "统计", "Figures", commands.Work), item("/desk/policy", "制度库", "Rules", commands.Look),
		item("/desk/calendar", "日历", "Calendar", commands.Look),
		item("/desk/org", "机构", "Organisation", commands.Look),
		item("/desk/imports", "导入", "Tables brought in", commands.Organise),
		item("/desk/audit", "核查", "Checks", commands.Audit),
		item("/desk/accounts", "账号", "Accounts", commands.Administer),
	)
	return f, nil
}

// fresh says how far the read models go. At rest they are complete up to now.
func (d *desk) fresh() (*fresh, error) {
	list, err := d.cfg.Read.Status(d.ctx)
	if err != nil {
		return nil, err
	}
	worst := projections.Status{State: projections.Live}
	for _, s := range list {
		if s.Behind > worst.Behind || s.State == projections.Stopped && worst.State != projections.Stopped {
			worst = s
		}
	}
	clock := func(t time.Time) string {
		if domain.DateOf(t, d.zone) != d.today {
			return d.at(domain.At(t))
		}
		return t.In(d.zone).Format("15:04:05")
	}
	switch {
	case worst.Name == "" || worst.Lag == 0:
		return &fresh{Text: d.t("数据至 ", "complete to ") + clock(d.now)}, nil
	case worst.State == projections.Live:
		return &fresh{Text: d.t("数据至 ", "complete to ") + clock(worst.RecordedAt)}, nil
	}
	return &fresh{Text: d.t("数据至 ", "complete to ") + clock(worst.RecordedAt) + fmt.Sprintf(d.t("，落后 %d 秒", ", %d s behind"), int(worst.Behind.Seconds())), Late: true}, nil
}

// show sends a page.
func (a *API) show(w http.ResponseWriter, r *http.Request, status int, page string, f *frame) {
	body, err := web.Render(language(r.Context()), page, f)
	if err != nil {
		a.cfg.Logger.ErrorContext(r.Context(), "make a page", "request", requestID(r.Context()), "error", err)
		a.fail(w, r, problemInternal)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Vary", "Cookie, Accept-Language, HX-Request")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the asker has gone; there is nobody to tell
}

// view makes a page of what a handler finds, in the frame, or shows why not.
func (a *API) view(w http.ResponseWriter, r *http.Request, page string, build func(d *desk) (*frame, error)) {
	d, err := a.desk(r)
	var f *frame
	if err == nil {
		f, err = build(d)
	}
	if err != nil {
		a.refusePage(w, r, err)
		return
	}
	status := http.StatusOK
	if f.Refusal != nil {
		status = f.Refusal.Status
	}
	a.show(w, r, status, page, f)
}

// refusal is why something was not done, and what can be done instead.
type refusal struct {
	Status             int
	Text, Rule, Advice string
	Code               string
	Fields             []string
	OnRecord           bool
	Links              []link
}

// say is a rule in the words of the page: whatever stands by its id is called by its name.
func (d *desk) say(code string, params map[string]string, otherwise string) string {
	r, ok := catalog.Rule(code)
	if !ok {
		return otherwise
	}
	var pairs []string
	for _, k := range slices.Sorted(maps.Keys(params)) {
		list := strings.Split(strings.ReplaceAll(params[k], ", ", "、"), "、")
		for i, v := range list {
			switch {
			case namesPosts(k):
				list[i] = d.name(v)
			case k == "fields", k == "field":
				list[i] = web.Label(d.lang, "", v)
			case code == duty.ErrChecklist.Code:
				list[i] = d.word("check." + v)
			case k == "class", k == "urgency", k == "period":
				list[i] = d.word(v)
			case k == "session":
				list[i] = d.sessionName(v)
			}
		}
		pairs = append(pairs, k, strings.Join(list, d.word("、")))
	}
	text := r.With(pairs...).Text(d.lang)
	if d.lang == "en" {
		text = sentence(text)
	}
	return text
}

// sentence makes an English text of a rule a sentence.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// refusal is a problem as a page shows it. The rule is named by the clause of the office's own texts where it rests on one.
func (d *desk) refusal(p *Problem) *refusal {
	out := &refusal{Status: p.Status, Text: d.say(p.Code, p.Params, d.t(p.Texts["zh"], sentence(p.Texts["en"])))}
	if out.Text == "" {
		out.Text = p.Detail
	}
	var cited []string
	for source := range strings.SplitSeq(p.Rule, ", ") {
		if c := d.cite(source); c != "" {
			cited = append(cited, c)
		}
	}
	out.Rule, out.Code = strings.Join(cited, d.word("、")), p.Code
	for _, e := range p.Errors {
		field, _, _ := strings.Cut(strings.TrimPrefix(e.Location, "body."), "[")
		text := oneLanguage(d.lang, e.Message)
		if field != "" {
			text = web.Label(d.lang, "", field) + d.t("：", ": ") + text
		}
		out.Fields = append(out.Fields, text)
	}
	switch {
	case p.Code == domain.ErrBlank.Code:
		out.Links = append(out.Links, link{"/desk/policy?view=blanks", d.t("查看制度空白项", "see what the rules leave blank")})
	case p.Code == problemConflict.Code:
		out.Advice = d.t("下面已是最新内容，您填写的仍在表中。", "What follows is how it stands now; what you typed is still in the form.")
	case p.Status == http.StatusServiceUnavailable:
		out.Advice = d.t("再按一次按钮即可，不会重复记入；时限按第一次提交计算。", "Press the button again: nothing is done twice, and the time of the first attempt counts.")
	case p.Params["post"] != "":
		if holders := d.names.Holders(p.Params["post"], d.today); len(holders) > 0 {
			out.Advice = d.t("可以请 ", "It can be done by ") + d.nameAll(holders) + d.t(" 办理。", ".")
		}
	}
	return out
}

var policyKey = regexp.MustCompile(`^[a-z]+\.[A-Za-z]+`)

// cite names the clause in force for a policy key, such as 《县政府办规章制度》四.1(2), 制度第1版.
func (d *desk) cite(key string) string {
	if !policyKey.MatchString(key) {
		return ""
	}
	p, err := d.policy()
	if err != nil {
		return ""
	}
	v, ok := p.At(key, domain.At(d.now))
	if !ok {
		return ""
	}
	return d.clause(v)
}

func (d *desk) clause(v domain.Provision) string {
	if v.Title == "" {
		return ""
	}
	text := "《" + v.Title + "》"
	if v.Clause != "" {
		text += v.Clause
	}
	return text
}

// wantsPage tells a person's browser from a program.
func wantsPage(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

// refusePage sends whoever has no session to the sign-in page, and shows everybody else why not. What somebody typed into
// a form is never lost by it. Programs get the problem itself.
func (a *API) refusePage(w http.ResponseWriter, r *http.Request, err error) {
	if !wantsPage(r) {
		a.fail(w, r, err)
		return
	}
	type data struct {
		Typed        [][2]string
		SignIn, Back string
	}
	ctx := r.Context()
	p := a.asProblem(ctx, err)
	signIn := "/desk/sign-in?back=" + url.QueryEscape(backOf(r))
	lang := language(ctx)
	t := func(zh, en string) string {
		if lang == "en" {
			return en
		}
		return zh
	}
	for k, v := range p.headers {
		w.Header()[k] = v
	}
	content := data{Back: localPath(r.Header.Get("Referer"))}
	if p.Status == http.StatusUnauthorized {
		if r.Header.Get("HX-Request") != "" {
			w.Header().Set("HX-Redirect", signIn)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.Method == http.MethodGet {
			http.Redirect(w, r, signIn, http.StatusSeeOther)
			return
		}
		content.SignIn = signIn
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if r.ParseForm() == nil {
			for _, k := range slices.Sorted(maps.Keys(r.PostForm)) {
				text := strings.Join(r.PostForm[k], "、")
				if text == "" || strings.Contains(k, "password") || slices.Contains([]string{formKey, formIfMatch, formReceipt, "old", "new", "again"}, k) || strings.Contains(k, "[") {
					continue
				}
				content.Typed = append(content.Typed, [2]string{web.Label(lang, "", k), text})
			}
		}
	}
	if p.Code == "password-must-change" && r.Method == http.MethodGet {
		http.Redirect(w, r, "/desk/password", http.StatusSeeOther)
		return
	}
	f := a.bare(r, t("没有受理", "Not done"))
	f.Refusal, f.Request = &refusal{Status: p.Status, Text: t(p.Texts["zh"], sentence(p.Texts["en"])), Code: p.Code}, p.Instance
	if asking, ok := asker(ctx); ok && asking.Session.ID != "" && !asking.MustChange && p.Status < http.StatusInternalServerError {
		if d, err := a.desk(r); err == nil {
			if framed, err := d.frame(f.Title); err == nil {
				framed.Refusal, framed.Request = d.refusal(p), f.Request
				f = framed
			}
		}
	}
	f.Data = content
	a.show(w, r, p.Status, "refused", f)
}

// localPath keeps the path of an address of this server.
func localPath(address string) string {
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.Contains(u.Path, `\`) {
		return ""
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).String()
}

// backOf is where to go on after signing in or changing the language: the page itself, or the one whose form was sent.
func backOf(r *http.Request) string {
	back := r.URL.RequestURI()
	if r.Method != http.MethodGet {
		back = localPath(r.Header.Get("Referer"))
	}
	if back = localPath(back); back == "" || strings.HasPrefix(back, "/desk/sign-in") {
		return "/desk"
	}
	return back
}

// backField is where a form says to go on.
func backField(r *http.Request) string {
	back := r.PostFormValue("back")
	if u, err := url.Parse(back); err != nil || u.Host != "" || u.Scheme != "" {
		return "/desk"
	}
	if back = localPath(back); back != "" {
		return back
	}
	return "/desk"
}

// signInPage asks who it is.
func (a *API) signInPage(w http.ResponseWriter, r *http.Request) {
	back := r.URL.Query().Get("back")
	if u, err := url.Parse(back); err != nil || u.Host != "" || localPath(back) == "" {
		back = "/desk"
	}
	a.showSignIn(w, r, http.StatusOK, back, "", "")
}

func (a *API) showSignIn(w http.ResponseWriter, r *http.Request, status int, back, login, reason string) {
	title := "登录"
	if language(r.Context()) == "en" {
		title = "Sign in"
	}
	f := a.bare(r, title)
	f.Back = "/desk/sign-in?back=" + url.QueryEscape(back)
	f.Data = struct{ Back, Login, Error string }{back, login, reason}
	a.show(w, r, status, "sign-in", f)
}

func (a *API) signInForm(w http.ResponseWriter, r *http.Request) {
	if !readForm(w, r) {
		a.refusePage(w, r, problemMalformed)
		return
	}
	ctx, login, back := r.Context(), strings.TrimSpace(r.PostForm.Get("login")), backField(r)
	asking, _ := asker(ctx)
	token, s, err := a.cfg.Accounts.SignIn(ctx, login, r.PostForm.Get("password"), accounts.Client{IP: asking.client, Agent: r.UserAgent()})
	if err == nil {
		s, err = a.onlyPost(ctx, token, s)
	}
	if err != nil {
		p := a.asProblem(ctx, signInProblem(err))
		for k, v := range p.headers {
			w.Header()[k] = v
		}
		reason := p.Texts[language(ctx)]
		if language(ctx) == "en" {
			reason = sentence(reason)
		}
		a.showSignIn(w, r, p.Status, back, login, reason)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: string(token), Path: "/", HttpOnly: true, Secure: a.cfg.Secure, SameSite: http.SameSiteLaxMode})
	if s.MustChange {
		back = "/desk/password"
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}

// readForm reads a posted form of at most maxBody.
func readForm(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	return r.ParseForm() == nil
}

func (a *API) signOutForm(w http.ResponseWriter, r *http.Request) {
	if asking, ok := asker(r.Context()); ok && asking.token != "" {
		if err := a.cfg.Accounts.SignOut(r.Context(), asking.token); err != nil {
			a.refusePage(w, r, err)
			return
		}
	}
	http.SetCookie(w, &http.Cookie{Name: cookie, Path: "/", MaxAge: -1, HttpOnly: true, Secure: a.cfg.Secure, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/desk/sign-in", http.StatusSeeOther)
}

func (a *API) languageForm(w http.ResponseWriter, r *http.Request) {
	if !readForm(w, r) {
		a.refusePage(w, r, problemMalformed)
		return
	}
	lang := "zh"
	if r.PostForm.Get("to") == "en" {
		lang = "en"
	}
	http.SetCookie(w, &http.Cookie{Name: "andu_language", Value: lang, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: a.cfg.Secure, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, backField(r), http.StatusSeeOther)
}

func (a *API) passwordPage(w http.ResponseWriter, r *http.Request, p *Problem) {
	asking, _ := asker(r.Context())
	title, status, reason := "修改口令", http.StatusOK, ""
	if language(r.Context()) == "en" {
		title = "Change password"
	}
	if p != nil {
		status, reason = p.Status, p.Texts[language(r.Context())]
		if language(r.Context()) == "en" {
			reason = sentence(reason)
		}
	}
	f := a.bare(r, title)
	f.Back = "/desk/password"
	f.Data = struct {
		First        bool
		Login, Error string
	}{asking.MustChange, asking.Login, reason}
	a.show(w, r, status, "password", f)
}

var problemTwice = rule(http.StatusUnprocessableEntity, "password-differs", "两次输入的新口令不一致。", "the new password was not typed the same twice")

func (a *API) passwordForm(w http.ResponseWriter, r *http.Request) {
	if !readForm(w, r) {
		a.refusePage(w, r, problemMalformed)
		return
	}
	asking, _ := asker(r.Context())
	err := error(problemTwice)
	if r.PostForm.Get("new") == r.PostForm.Get("again") {
		err = a.cfg.Accounts.ChangePassword(r.Context(), asking.token, r.PostForm.Get("old"), r.PostForm.Get("new"))
	}
	if err != nil {
		a.passwordPage(w, r, a.asProblem(r.Context(), signInProblem(err)))
		return
	}
	http.Redirect(w, r, "/desk", http.StatusSeeOther)
}

func (a *API) postForm(w http.ResponseWriter, r *http.Request) {
	if !readForm(w, r) {
		a.refusePage(w, r, problemMalformed)
		return
	}
	asking, _ := asker(r.Context())
	if err := a.actAs(r.Context(), asking.token, asking.Session, r.PostForm.Get("post"), ""); err != nil {
		a.refusePage(w, r, err)
		return
	}
	http.Redirect(w, r, backOf(r), http.StatusSeeOther)
}

// trayOf is whose tray is opened: the person, in the post acted in.
func (d *desk) trayOf() (inbox.Asker, error) {
	posts, err := d.posts(d.ctx, d.who)
	if err != nil {
		return inbox.Asker{}, err
	}
	p, err := d.policy()
	return inbox.Asker{Office: d.who.Office, Person: d.who.Person, Posts: posts, Roles: inbox.Roles(p, domain.At(d.now), posts)}, err
}

func (d *desk) tray(reading bool, after string, limit int) (inbox.Tray, error) {
	whose, err := d.trayOf()
	if err != nil {
		return inbox.Tray{}, err
	}
	return inbox.For(d.ctx, d.cfg.Read.Pool, whose, reading, d.now, after, limit)
}

// trayEvents tells an open page how much is in the tray, whenever that changes. It tells numbers only, ends with the
// session, and is no use of it: a page that is merely open keeps nobody signed in.
func (a *API) trayEvents(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	asking, _ := asker(ctx)
	out := http.NewResponseController(w)
	if err := out.SetReadDeadline(time.Time{}); err != nil { // the server's deadline is for requests that send something
		a.refusePage(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	_, _ = fmt.Fprint(w, "retry: 10000\n\n")
	until := time.NewTimer(time.Until(asking.Expires))
	defer until.Stop()
	pulse := time.NewTicker(20 * time.Second)
	defer pulse.Stop()
	last := ""
	for {
		moved := a.cfg.Read.Moved(inbox.Projection.Name)
		d, err := a.desk(r)
		if err != nil {
			return
		}
		d.now = a.cfg.Now()
		if ended, err := a.ended(ctx, asking.Session); err != nil || ended {
			_, _ = fmt.Fprint(w, "event: bye\ndata: {}\n\n")
			return
		}
		tray, err := d.tray(false, "", 1)
		if err != nil {
			return
		}
		text, err := json.Marshal(tray.Counts)
		if err != nil {
			return
		}
		if string(text) != last {
			last = string(text)
			if _, err := fmt.Fprintf(w, "event: counts\ndata: %s\n\n", text); err != nil {
				return
			}
		} else if _, err := fmt.Fprint(w, ": \n\n"); err != nil {
			return
		}
		if out.Flush() != nil {
			return
		}
		select {
		case <-moved:
		case <-pulse.C:
		case <-until.C:
			_, _ = fmt.Fprint(w, "event: bye\ndata: {}\n\n")
			return
		case <-a.leaving:
			return
		case <-ctx.Done():
			return
		}
	}
}

// ended tells whether a session is over, without using it.
func (a *API) ended(ctx context.Context, s accounts.Session) (bool, error) {
	open, err := a.cfg.Accounts.Sessions(ctx, s.Person)
	return !slices.ContainsFunc(open, func(o accounts.Session) bool { return o.ID == s.ID }), err
}

// EndStreams ends what is open to browsers, so that the server can stop. It is called once.
func (a *API) EndStreams() { close(a.leaving) }

// history reads the events of a record and whether the asker may see their content.
func (d *desk) story(stream string) (events []domain.Recorded, sees bool, err error) {
	events, err = d.cfg.Handler.History(d.ctx, d.who.Office, stream)
	if err != nil {
		return nil, false, err
	}
	return events, d.sees(d.ctx, d.who, events), nil
}

// done is the event that the page has just recorded: ?done=<stream>@<revision>.
func (d *desk) done(stream string) int64 {
	of, revision, ok := strings.Cut(d.r.URL.Query().Get("done"), "@")
	n, err := strconv.ParseInt(revision, 10, 64)
	if !ok || err != nil || of != stream {
		return eventstore.NoStream
	}
	return n
}

// caught waits a moment for the read models where a record is ahead of them; the page says how far it goes.
func (d *desk) caught(events []domain.Recorded) {
	if len(events) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(d.ctx, min(time.Second, d.cfg.StaleAfter))
	defer cancel()
	err := d.cfg.Read.Wait(ctx, eventstore.Position(events[len(events)-1].Position))
	var stale *projections.StaleError
	if err != nil && !errors.As(err, &stale) {
		d.cfg.Logger.WarnContext(d.ctx, "wait for the read models", "request", requestID(d.ctx), "error", err)
	}
}
