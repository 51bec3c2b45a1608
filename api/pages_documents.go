package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"andu/commands"
	"andu/domain"
	"andu/domain/approvals"
	"andu/domain/attendance"
	"andu/domain/circulation"
	"andu/domain/documents"
	"andu/domain/duty"
	"andu/domain/leave"
	"andu/domain/registers"
	"andu/projections/inbox"
	"andu/projections/register"
)

// documentPages are the pages of incoming papers. The acts upon a paper are the forms of paperActs.
func (a *API) documentPages() {
	work := commands.Work
	a.page(http.MethodGet, "/desk/documents", work, "The incoming register (收文登记簿)", a.registerPage)
	a.page(http.MethodGet, "/desk/documents/new", work, "The form to sign for a paper", func(w http.ResponseWriter, r *http.Request) { a.receivePage(w, r, nil) })
	a.page(http.MethodPost, "/desk/documents", work, "Sign for a paper by the form", a.receiveForm)
	recordPages(a, "/desk/documents/{id}", "document", work, "One paper: its slip, its history, what can be done", openPaper, (*paper).build, paperActs)
}

// hand is the record in hand beside a list: the last of its history and what can be done next.
type hand struct {
	Title, Href, Act string
	Lines            []line
	Withheld         bool
}

// handLines is how much of a history stands beside a list.
const handLines = 7

func (d *desk) hand(stream, title, act string) (*hand, error) {
	events, sees, err := d.story(stream)
	if errors.Is(err, domain.ErrNoStream) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	h := &hand{Title: title, Href: d.pageOf(stream), Act: act, Withheld: !sees}
	if sees {
		all := d.lines(events, true, -1)
		h.Lines = all[max(0, len(all)-handLines):]
		for i := len(all) - len(h.Lines); i >= 0 && i < len(all) && h.Lines[0].Day == ""; i-- {
			h.Lines[0].Day = all[i].Day
		}
	}
	return h, nil
}

// pageOf is the page of a record.
func (d *desk) pageOf(stream string) string {
	id := idOf(stream)
	switch domain.ContextOf(stream) {
	case documents.Context.Name:
		return "/desk/documents/" + id
	case approvals.Context.Name:
		return "/desk/approvals/" + id
	case registers.Context.Name:
		return "/desk/registers/" + id
	case attendance.Context.Name:
		return "/desk/attendance/days/" + id
	case attendance.Sheets.Name, attendance.Rolls.Name:
		return "/desk/attendance"
	case leave.Context.Name:
		return "/desk/leave"
	case duty.Context.Name:
		return "/desk/duty/" + id
	case duty.Rosters.Name:
		return "/desk/rosters/" + id
	case circulation.Context.Name:
		return "/desk/circulation/" + id
	case "policy", "calendar", "org":
		return "/desk/" + domain.ContextOf(stream)
	}
	return ""
}

// listRow is a paper, or what there is to do about one, in a list.
type listRow struct {
	Stream, Href, Pick, Number, Title, Organ, What, WhatMore, Urgency string
	Class                                                             domain.Class
	Due                                                               due
	Cur, Masked                                                       bool
}

// acts name what is to be done in the tray, and the form that does it.
var acts = map[inbox.Kind]struct{ form, zh, en string }{
	inbox.Register: {"registration", "登记", "Register it"}, inbox.Propose: {"proposal", "提出拟办意见", "Propose handling"}, inbox.Assign: {"assignment", "交办", "Assign it"},
	inbox.Lead: {"reports", "报告办理结果", "Report"}, inbox.Co: {"reports", "报告办理结果", "Report"}, inbox.Close: {"closing", "办结", "Close it"},
	inbox.File: {"filing", "归档", "File it"}, inbox.Collect: {"copies/returns", "收回各份", "Collect the copies"}, inbox.Decide: {"", "批办", "Decide"},
	inbox.Review: {"legality-reviews", "审核", "Review"}, inbox.Meeting: {"meeting-decisions", "记录会议决定", "Record the decision"}, inbox.Dispute: {"proposals", "提出处理意见", "Propose an opinion"},
	inbox.Returned: {"routing", "重新报送", "Put it up again"}, inbox.Presented: {"", "查看", "Read"}, inbox.Copy: {"", "查看", "Read"},
	inbox.Circulate: {"signatures", "签阅", "Sign"}, inbox.Retrieve: {"return", "收回", "Take back"}, inbox.Count: {"counts", "清点", "Count"},
}

// deskPage is the desk: what there is to do, to read, and what was done.
func (a *API) deskPage(w http.ResponseWriter, r *http.Request) {
	type data struct {
		View, Next, Act, ActHref, Earliest string
		Counts                             inbox.Counts
		Rows                               []listRow
		Done                               []doneRow
		Hand                               *hand
		Open, Late                         int
		Urgent                             []string
		Head                               int64
		Role                               string
		Staff, Receives                    bool
		Duties                             []link // of an officer
	}
	a.view(w, r, "desk", func(d *desk) (*frame, error) {
		f, err := d.frame(d.t("工作台", "Desk"))
		if err != nil {
			return nil, err
		}
		f.Sub = d.longToday()
		out := data{View: r.URL.Query().Get("view"), Staff: d.may(commands.Work)}
		f.Data = &out
		if len(d.who.roles) > 0 {
			out.Role = d.word(string(d.who.roles[0]))
		}
		if !out.Staff {
			for may, to := range map[commands.Permission]link{commands.Audit: {"/desk/audit", d.t("核查", "Checks")}, commands.Administer: {"/desk/accounts", d.t("账号", "Accounts")}} {
				if d.may(may) {
					out.Duties = append(out.Duties, to)
				}
			}
			return f, nil
		}
		whose, err := d.trayOf()
		if err != nil {
			return nil, err
		}
		out.Receives = slices.Contains(whose.Roles, documents.Registrar.Name)
		reading := out.View == "toread"
		tray, err := inbox.For(d.ctx, a.cfg.Read.Pool, whose, reading, d.now, r.URL.Query().Get("after"), 30)
		if err != nil {
			return nil, err
		}
		out.Counts, out.Next = tray.Counts, tray.Next
		if out.View == "done" {
			if out.Done, out.Next, err = d.doneRows(r.URL.Query().Get("after"), 30); err != nil {
				return nil, err
			}
		} else if out.Rows, err = d.trayRows(tray.Items); err != nil {
			return nil, err
		}
		for _, i := range tray.Items {
			if !i.Due.IsZero() && d.now.Before(i.Due.Time) && !reading {
				due := d.due(i.Due)
				out.Earliest = due.Text
				break
			}
		}
		cur := pick(out.Rows, r.URL.Query().Get("row"))
		if cur >= 0 {
			c := &out.Rows[cur]
			c.Cur = true
			title := c.Number
			if title == "" {
				title = c.Title
			}
			if out.Hand, err = d.hand(c.Stream, title, ""); err != nil {
				return nil, err
			}
			act := acts[tray.Items[cur].Kind]
			out.Act, out.ActHref = d.t(act.zh, act.en), c.Href
		}
		if err := d.officeFigures(&out.Open, &out.Late, &out.Urgent); err != nil {
			return nil, err
		}
		head, err := a.cfg.Handler.Store.Head(d.ctx)
		out.Head = int64(head) + 1
		return f, err
	})
}

// officeFigures count the papers of the office that are open and those that are late.
func (d *desk) officeFigures(open, late *int, urgent *[]string) error {
	f, _, err := d.filter(d.ctx, registerQuery{Open: true, Sort: "-received"})
	if err != nil {
		return err
	}
	if *open, err = register.Count(d.ctx, d.cfg.Read.Pool, f); err != nil {
		return err
	}
	over, err := register.OverdueByUrgency(d.ctx, d.cfg.Read.Pool, f, d.now)
	if err != nil {
		return err
	}
	for u, n := range over {
		*late += n
		if u != "" {
			*urgent = append(*urgent, fmt.Sprintf("%s %d", d.word(u), n))
		}
	}
	sort.Strings(*urgent)
	return nil
}

// pick finds the row in hand: the one that was chosen, or the first.
func pick(rows []listRow, stream string) int {
	for i, r := range rows {
		if r.Stream == stream {
			return i
		}
	}
	return min(0, len(rows)-1)
}

// turned is the address of this page with one parameter changed.
func turned(r *http.Request, key, value string) string {
	q := r.URL.Query()
	q.Del("done")
	q.Set(key, value)
	if value == "" {
		q.Del(key)
	}
	return (&url.URL{Path: r.URL.Path, RawQuery: q.Encode()}).String()
}

func (d *desk) trayRows(items []inbox.Item) ([]listRow, error) {
	var streams []string
	for _, i := range items {
		if domain.ContextOf(i.Subject) == documents.Context.Name {
			streams = append(streams, i.Subject)
		}
	}
	papers, err := d.papers(streams)
	if err != nil {
		return nil, err
	}
	rows := make([]listRow, len(items))
	for n, i := range items {
		act := acts[i.Kind]
		out := listRow{Stream: cmp.Or(i.Case, i.Slip, i.Subject), Title: i.Title, Class: i.Class, What: d.word(string(i.Kind)), Due: d.due(i.Due)}
		if p, ok := papers[i.Subject]; ok {
			d.fillRow(&out, p)
		}
		out.Href, out.Pick = d.pageOf(out.Stream), turned(d.r, "row", out.Stream)
		if act.form != "" {
			out.Href += "?act=" + url.QueryEscape(act.form) + "#act"
		}
		switch {
		case i.Kind == inbox.Lead && !i.Accepted, i.Kind == inbox.Co && !i.Accepted:
			out.WhatMore = d.t("待接办", "to be accepted")
		case i.Kind == inbox.Decide:
			out.WhatMore = fmt.Sprintf(d.t("第 %d 环节", "step %d"), i.Step)
		}
		if i.Urged > 0 {
			out.WhatMore = strings.TrimSpace(out.WhatMore + " " + d.t("已催办", "urged"))
		}
		rows[n] = out
	}
	return rows, nil
}

// papers are the entries of papers, each as the asker may see it.
func (d *desk) papers(streams []string) (map[string]register.Entry, error) {
	all, err := register.All(d.ctx, d.cfg.Read.Pool, d.who.Office, streams...)
	if err != nil {
		return nil, err
	}
	posts, err := d.posts(d.ctx, d.who)
	for s, e := range all {
		all[s] = e.For(d.who.Person, posts)
	}
	return all, err
}

// fillRow shows a paper in a row, and of one that is not the asker's nothing but number, class and holder.
func (d *desk) fillRow(r *listRow, e register.Entry) {
	r.Number, r.Class, r.Masked = e.NumberText, e.Class, e.Masked
	if e.Masked {
		r.Title, r.Organ = d.t("（内容只对经办人员显示）", "(for those who handle it)"), ""
		return
	}
	r.Title, r.Urgency = e.Title, e.Urgency
	if r.Title == "" {
		r.Title = d.t("未启封：", "sealed: ") + e.Envelope
	}
	r.Organ = strings.Join(e.Organs, d.word("、"))
	if e.DocNumber != "" {
		r.Organ = strings.TrimPrefix(r.Organ+" · "+e.DocNumber, " · ")
	}
}

// doneRow is one thing that the asker did.
type doneRow struct {
	When, Href, Title, What, Explain, Corrected string
	Class                                       domain.Class
}

func (d *desk) doneRows(after string, limit int) ([]doneRow, string, error) {
	list, next, err := inbox.DoneBy(d.ctx, d.cfg.Read.Pool, d.who.Office, d.who.Person, after, limit)
	if err != nil {
		return nil, "", err
	}
	var streams []string
	for _, i := range list {
		if domain.ContextOf(i.Subject) == documents.Context.Name {
			streams = append(streams, i.Subject)
		}
	}
	papers, err := d.papers(streams)
	if err != nil {
		return nil, "", err
	}
	rows := make([]doneRow, len(list))
	for n, i := range list {
		stream := cmp.Or(i.Case, i.Slip, i.Subject)
		out := doneRow{When: d.at(i.At), Href: d.pageOf(stream), Title: i.Title, Class: i.Class, What: d.word("act." + i.Act),
			Explain: "/desk/explain/" + stream + "/" + strconv.FormatInt(i.Revision, 10)}
		if i.Decision != "" {
			out.What = d.word("decision." + i.Decision)
		}
		if p, ok := papers[i.Subject]; ok {
			r := listRow{}
			d.fillRow(&r, p)
			out.Title = strings.TrimSpace(r.Number + " " + r.Title)
		}
		if i.Corrected > 0 {
			out.Corrected = d.t("后有更正", "corrected since")
		}
		rows[n] = out
	}
	return rows, next, nil
}

// registerOf reads the questions to the register from an address.
func registerOf(q url.Values) registerQuery {
	number := func(key string) int { n, _ := whole(q.Get(key)); return n }
	date := func(key string) domain.Date { d, _ := domain.ParseDate(q.Get(key)); return d }
	out := registerQuery{State: q.Get("state"), Open: q.Get("open") == "true", Overdue: q.Get("overdue") == "true", Urgency: q.Get("urgency"), Kind: q.Get("kind"),
		Class: q.Get("class"), Book: q.Get("book"), Year: number("year"), Number: number("number"), Lead: q.Get("lead"), Handler: q.Get("handler"),
		From: date("from"), Until: date("until"), Text: strings.TrimSpace(q.Get("q")), Sort: q.Get("sort"), After: q.Get("after"), Limit: 40}
	if !slices.Contains(registerSorts, out.Sort) {
		out.Sort = "-received"
	}
	if !out.Until.IsZero() {
		out.Until = out.Until.Add(1) // the page asks for a last day
	}
	return out
}

var registerSorts = []string{"-received", "received", "number", "-number", "due", "-due", "title", "-title"}

// registerPage is the incoming register with the paper in hand beside it.
func (a *API) registerPage(w http.ResponseWriter, r *http.Request) {
	type data struct {
		Query                             url.Values
		Rows                              []listRow
		Hand                              *hand
		Total                             int
		Next, First, CSV                  string
		Chips                             []link
		State                             string
		States, Urgencies, Classes, Sorts []option
		Receives                          bool
	}
	a.view(w, r, "documents", func(d *desk) (*frame, error) {
		f, err := d.frame(d.t("收文登记簿", "Incoming register"))
		if err != nil {
			return nil, err
		}
		q := r.URL.Query()
		query := registerOf(q)
		filter, by, err := a.filter(d.ctx, query)
		if err != nil {
			return nil, err
		}
		entries, next, err := register.List(d.ctx, a.cfg.Read.Pool, filter, by, query.After, query.Limit)
		if err != nil {
			return nil, err
		}
		out := data{Query: q}
		f.Query, f.Data = query.Text, &out
		if out.Total, err = register.Count(d.ctx, a.cfg.Read.Pool, filter); err != nil {
			return nil, err
		}
		for _, e := range entries {
			one := listRow{Stream: e.Stream, Href: d.pageOf(e.Stream), Pick: turned(r, "row", e.Stream), What: d.word(string(e.State))}
			d.fillRow(&one, e)
			switch {
			case e.Masked:
				one.What, one.WhatMore = "", d.holder(e)
			case e.Open():
				one.Due, one.WhatMore = d.due(e.Due), d.name(e.Lead)
			case !e.DueOn.IsZero():
				one.Due, one.WhatMore = due{Text: d.date(e.DueOn)}, e.SettledAs
			default:
				one.WhatMore = e.SettledAs
			}
			out.Rows = append(out.Rows, one)
		}
		if cur := pick(out.Rows, q.Get("row")); cur >= 0 {
			c := &out.Rows[cur]
			c.Cur = true
			title := c.Number
			if title == "" {
				title = c.Title
			}
			if out.Hand, err = d.hand(c.Stream, title, ""); err != nil {
				return nil, err
			}
		}
		if next != "" {
			out.Next = turned(r, "after", next)
		}
		if query.After != "" {
			out.First = turned(r, "after", "")
		}
		csv := url.Values{}
		for _, k := range []string{"state", "urgency", "kind", "class", "book", "lead", "q", "from", "until", "open", "overdue"} {
			if q.Get(k) != "" {
				csv.Set(k, q.Get(k))
			}
		}
		out.CSV = "/documents.csv?" + csv.Encode()
		for _, s := range []documents.Status{documents.StatusSigned, documents.StatusRegistered, documents.StatusPreChecked, documents.StatusProposed, documents.StatusInstructed, documents.StatusAssigned,
			documents.StatusHandling, documents.StatusReplied, documents.StatusSuspended, documents.StatusRecalled, documents.StatusClosed, documents.StatusFiled, documents.StatusReturned, documents.StatusTransferredOut, documents.StatusDuplicate} {
			out.States = append(out.States, option{string(s), d.word(string(s)), q.Get("state") == string(s)})
		}
		p, err := d.policy()
		if err != nil {
			return nil, err
		}
		out.Urgencies = d.policyOptions(p, documents.Urgencies.Name, q.Get("urgency"))
		out.Classes = d.policyOptions(p, documents.Classes.Name, q.Get("class"))
		for _, s := range registerSorts {
			key := map[string][2]string{"-received": {"最近签收在前", "latest first"}, "received": {"最早签收在前", "earliest first"}, "number": {"按收文号", "by number"}, "-number": {"按收文号倒序", "by number, last first"},
				"due": {"按期限", "by time limit"}, "-due": {"按期限倒序", "by time limit, last first"}, "title": {"按标题", "by title"}, "-title": {"按标题倒序", "by title, last first"}}[s]
			out.Sorts = append(out.Sorts, option{s, d.t(key[0], key[1]), query.Sort == s})
		}
		whose, err := d.trayOf()
		out.Receives = slices.Contains(whose.Roles, documents.Registrar.Name)
		return f, err
	})
}

// holder is who has a paper in hand, which is all that others see of a state secret beside its number and class.
func (d *desk) holder(e register.Entry) string {
	var holders []string
	for _, id := range append([]string{e.Lead}, e.Co...) {
		if id != "" {
			holders = append(holders, d.name(id))
		}
	}
	for _, c := range e.Copies {
		if c.Holder != "" {
			holders = append(holders, d.name(c.Holder))
		}
	}
	slices.Sort(holders)
	if holders = slices.Compact(holders); len(holders) > 0 {
		return d.t("在 ", "with ") + strings.Join(holders, d.word("、"))
	}
	return d.t("在收文处", "in the registry")
}

// policyOptions are the words of a policy list, to choose from.
func (d *desk) policyOptions(p domain.Policy, key, chosen string) (list []option) {
	for _, word := range policyList[string](p, key, domain.At(d.now)) {
		list = append(list, option{word, d.word(word), word == chosen})
	}
	return list
}

// receivePage is the form at the counter (签收台).
func (a *API) receivePage(w http.ResponseWriter, r *http.Request, problem *Problem) {
	a.view(w, r, "receive", func(d *desk) (*frame, error) {
		f, err := d.frame(d.t("签收", "Sign for a paper"))
		if err != nil {
			return nil, err
		}
		p, err := d.policy()
		if err != nil {
			return nil, err
		}
		back := fill{problem: problem, options: d.paperOptions(p), change: d.paperField}
		if problem != nil {
			back.values, f.Refusal = r.PostForm, d.refusal(problem)
		}
		sign := formOf(d, documents.Receive{Arrival: documents.Arrival{Copies: 1, Seal: "intact"}}, "receive", "/desk/documents", d.t("签收", "Sign for it"), back)
		sign.Primary, sign.After = true, d.t("签收即由本办负责，时间以此刻为准。", "The office answers for it from this moment on.")
		// What the paper is comes first, as it is what the clerk reads; how it came follows.
		at := slices.IndexFunc(sign.Fields, func(x field) bool { return x.Name == "source_organs" })
		sign.Fields = append(slices.Clone(sign.Fields[at:]), sign.Fields[:at]...)
		f.Data = sign
		return f, nil
	})
}

func (a *API) receiveForm(w http.ResponseWriter, r *http.Request) {
	if !readForm(w, r) {
		a.refusePage(w, r, problemMalformed)
		return
	}
	d, err := a.desk(r)
	var out *answered
	if err == nil {
		out, err = carryOut(a, r, d.zone, documents.Context, documents.Receive{}, func(req commands.Request, _ documents.Command) string {
			return documents.Context.Stream(commands.NewID(req.Command, documents.Context.Name))
		})
	}
	if err != nil {
		a.receivePage(w, r, a.asProblem(r.Context(), err))
		return
	}
	a.recorded(w, r, out, "/desk/documents/"+out.Body.ID)
}

// kinds of documents by the rule on their forms (公文处理工作条例), offered and not prescribed.
var paperKinds = []string{"通知", "意见", "通报", "请示", "批复", "报告", "函", "纪要", "决定", "公告", "通告", "议案", "命令", "电报"}

var channels = []string{"机要交通", "机要交换", "文件交换", "公文系统", "明电", "传真", "邮寄", "直送"}

// paperOptions are the choices of the fields of a paper: the office's own words where its policy states them.
func (d *desk) paperOptions(p domain.Policy) func(string) []option {
	words := func(list ...string) (out []option) {
		for _, w := range list {
			out = append(out, option{ID: w, Name: d.word(w)})
		}
		return out
	}
	return func(name string) []option {
		switch name {
		case "urgency":
			return d.policyOptions(p, documents.Urgencies.Name, "")
		case "class":
			return d.policyOptions(p, documents.Classes.Name, "")
		case "level":
			return words("central", "province", "city", "county", "township")
		case "line":
			return words("party", "state", "party+state")
		case "seal":
			return words("intact", "broken", "none")
		case "not_stated":
			return words("doc_number", "issued_on", "urgency", "class", "kind", "term")
		}
		return nil
	}
}

// paperField suits the fields of a paper to the counter.
func (d *desk) paperField(f *field) bool {
	suggest := func(list []string) {
		for _, w := range list {
			f.Options = append(f.Options, option{ID: w})
		}
	}
	switch f.Name {
	case "title":
		f.Kind, f.Width, f.Short = "area", "", true
	case "remarks":
		f.Short = true
	case "source_organs":
		f.Hint = d.t("联合行文的，以顿号分开", "joint issuers are separated by 、")
	case "kind":
		suggest(paperKinds)
		f.Width = "third"
	case "channel":
		suggest(channels)
		f.Width = "third"
	case "addressee":
		f.Kind, f.Width = "text", "third"
	case "doc_number":
		f.Hint = d.t("照来文书写", "as the paper writes it")
	case "copy_numbers":
		f.Width = "third"
		f.Hint = d.t("来文印有份号时填写", "where the paper carries them")
	case "urgency", "class", "level", "line", "seal", "envelope", "term", "contact", "served_organ":
		f.Width = "third"
	case "not_stated":
		f.Hint = d.t("查过而来文没有标明的项目，须注明，不得推定", "what was looked for and is not there; never guessed")
	case "answer_by":
		f.Label = d.t("来文要求办毕", "last day it sets")
	}
	return true
}

// paper is one paper before the asker.
type paper struct {
	*record[documents.Document]
	entry register.Entry
	rules domain.Policy
	posts []option // units and posts to choose from
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func openPaper(a *API, r *http.Request) (*paper, error) {
	rec, err := openRecord(a, r, documents.Context)
	if err != nil {
		return nil, err
	}
	p := &paper{record: rec}
	posts, err := p.API.posts(p.ctx, p.who)
	if err != nil {
		return nil, err
	}
	whole, err := register.Get(p.ctx, p.cfg.Read.Pool, p.who.Office, p.stream)
	if err != nil {
		return nil, err
	}
	p.entry = whole.For(p.who.Person, posts)
	p.rules, err = p.policy()
	p.posts = p.seats()
	return p, err
}

// seats are the units and posts to choose from.
func (d *desk) seats() (list []option) {
	for _, u := range d.names.Units() {
		list = append(list, option{ID: u.ID, Name: u.Name})
	}
	for _, post := range d.names.Posts() {
		list = append(list, option{ID: post.ID, Name: d.postName(post.ID)})
	}
	return list
}

// postName is a post's title, with its unit where the title alone does not tell.
func (d *desk) postName(id string) string {
	post := d.names.Post(id)
	if unit := d.name(post.Unit); unit != "" && !strings.Contains(post.Title, unit) {
		return post.Title + "（" + unit + "）"
	}
	return post.Title
}

// copyIn names a copy that is in a state.
func (p *paper) copyIn(state documents.CopyState) string {
	if list := p.copiesIn(state); len(list) > 0 {
		return list[0].ID
	}
	return ""
}

func (p *paper) copiesIn(state documents.CopyState) (list []option) {
	for name, c := range p.state.Copies {
		if c.State == state {
			text := fmt.Sprintf(p.t("第 %s 号", "copy %s"), name)
			if c.Holder != "" {
				text += " · " + p.name(c.Holder)
			}
			list = append(list, option{ID: name, Name: text})
		}
	}
	slices.SortFunc(list, func(x, y option) int {
		if len(x.ID) != len(y.ID) {
			return len(x.ID) - len(y.ID)
		}
		return strings.Compare(x.ID, y.ID)
	})
	return list
}

func (p *paper) arrival() documents.Arrival {
	e := p.entry
	return documents.Arrival{Served: e.Served, Channel: e.Channel, Envelope: e.Envelope, Seal: e.Seal, Copies: max(1, e.Signed), Remarks: e.Remarks}
}

func (p *paper) settlements() []documents.Settlement {
	return policyList[documents.Settlement](p.rules, documents.Settlements.Name, domain.At(p.now))
}

// proposal is the last proposal on the paper.
func (p *paper) proposal() (last documents.HandlingProposed) {
	for _, r := range p.events {
		if e, ok := r.Event.(documents.HandlingProposed); ok {
			last = e
		}
	}
	return last
}

func (p *paper) organ() string { return strings.Join(p.state.Paper.SourceOrgans, "、") }

// paperActs are the acts upon a paper in the order of its life; the first that is possible is the one that the page puts
// before the asker.
var paperActs = []recordAct[*paper]{
	upon("description", "填写主要内容", "Enter the main data", func(p *paper) documents.Command { return documents.Describe{Paper: p.state.Paper} }).editing(),
	registrationAct,
	upon("pre-check", "初审通过", "Pass the check", func(p *paper) documents.Command { return documents.PreCheck{} }),
	upon("proposal", "提出拟办意见", "Propose handling", func(p *paper) documents.Command {
		return documents.ProposeHandling{Action: documents.ToHandle}
	}),
	upon("assignment", "交办", "Assign it", func(p *paper) documents.Command {
		last := p.proposal()
		to := documents.Assign{Lead: last.Lead, Co: last.Co}
		if p.state.InstructedLead != "" {
			to.Lead = p.state.InstructedLead
		}
		return to
	}),
	upon("acceptances", "接办", "Accept it", func(p *paper) documents.Command { return documents.Accept{} }),
	upon("reports", "报告办理结果", "Report the result", func(p *paper) documents.Command { return documents.Report{} }),
	upon("closing", "办结", "Close it", func(p *paper) documents.Command {
		for _, s := range p.settlements() {
			return documents.Close{Code: s.Code}
		}
		return documents.Close{}
	}),
	upon("filing", "归档", "File it", func(p *paper) documents.Command { return documents.File{} }),
	upon("reply", "记录答复", "Record the reply", func(p *paper) documents.Command {
		return documents.Reply{To: p.organ(), Way: "letter", SentOn: p.today}
	}),
	upon("copies/distributions", "分发", "Hand out a copy", func(p *paper) documents.Command { return documents.HandOut{Copy: p.copyIn(documents.Held)} }),
	upon("copies/returns", "收回", "Take a copy back", func(p *paper) documents.Command { return documents.ReturnCopy{Copy: p.copyIn(documents.Out)} }),
	upon("classification", "分类", "Put it in its category", func(p *paper) documents.Command {
		return documents.Classify{Category: p.state.Category, Form: "文件"}
	}),
	upon("presentations", "呈送", "Lay it before a leader", func(p *paper) documents.Command { return documents.Present{} }),
	upon("legality-reviews", "审核", "Record the review", func(p *paper) documents.Command { return documents.CheckLegality{Result: "ok"} }),
	upon("declinations", "退办", "Decline it", func(p *paper) documents.Command { return documents.Decline{} }),
	upon("urgings", "催办", "Urge", func(p *paper) documents.Command { return documents.Urge{Level: 1, To: p.state.Lead} }),
	upon("processing-reviews", "检查办理情况", "Record a look at the handling", func(p *paper) documents.Command { return documents.ReviewProcessing{} }),
	upon("suspension", "中止办理", "Suspend the handling", func(p *paper) documents.Command { return documents.Suspend{} }),
	upon("resumption", "恢复办理", "Resume the handling", func(p *paper) documents.Command { return documents.Resume{} }),
	upon("reopening", "重新启办", "Reopen it", func(p *paper) documents.Command { return documents.Reopen{} }),
	upon("return", "退回来文机关", "Send it back", func(p *paper) documents.Command {
		for _, c := range p.causes() {
			return documents.Return{Cause: c.ID}
		}
		return documents.Return{}
	}),
	upon("transfer", "转出", "Transfer it", func(p *paper) documents.Command { return documents.TransferOut{} }),
	upon("recall", "记录来文机关收回", "Record a recall", func(p *paper) documents.Command { return documents.RecordRecall{} }),
	upon("due-revisions", "来文机关改期", "Take over a new day", func(p *paper) documents.Command {
		return documents.ReviseDue{Cause: documents.CauseIssuer, DueOn: p.state.Term.DueOn}
	}),
	upon("duplicates", "并入首件", "It came before", func(p *paper) documents.Command { return documents.LinkDuplicate{First: p.stream} }),
	upon("copies", "登记复制件", "Register a copy made", func(p *paper) documents.Command {
		return documents.SplitCopy{Of: p.copyIn(documents.Held)}
	}),
	upon("copies/sendings-back", "清退", "Send a copy back", func(p *paper) documents.Command {
		return documents.SendBack{Copy: p.copyIn(documents.Held), To: p.organ()}
	}),
	upon("receipt-corrections", "更正签收", "Correct the receipt", func(p *paper) documents.Command {
		return documents.CorrectReceipt{Arrival: p.arrival()}
	}),
	upon("registration-corrections", "更正登记", "Correct the registered data", func(p *paper) documents.Command {
		return documents.CorrectRegistration{Paper: p.state.Paper}
	}).editing(),
}

// registrationAct is the one act that begins in another stream: the number comes from the series of the book.
var registrationAct = recordAct[*paper]{path: "registration", zh: "登记", en: "Register it",
	given: func(*paper) any { return struct{}{} },
	try: func(p *paper) (int, error) {
		in := &domain.Inputs{Policy: p.rules, NewID: commands.NewID, Facts: map[string]domain.Fact{}}
		act := domain.NewAct(domain.Act{Office: p.who.Office, Occurred: domain.At(p.now), Received: domain.At(p.now), Zone: p.zone}, in)
		enter := documents.Enter{Document: p.stream, Book: p.state.Book(act), Year: registers.YearOf(act)}
		events, err := try(p.desk, registers.Context, registers.StreamOf(commands.NewID, p.who.Office, enter.Book, enter.Year), enter)
		return len(events), err
	},
	carry: func(p *paper) (*answered, error) {
		a, ctx := p.API, p.ctx
		_, h, err := a.posted(p.r, p.zone, reflect.TypeFor[struct{}]())
		if err != nil {
			return nil, err
		}
		req, err := a.ask(ctx, h, struct{}{})
		if err != nil {
			return nil, err
		}
		res, err := commands.Register(ctx, a.cfg.Handler, p.stream, req)
		if err != nil && len(res.Events) == 0 {
			return nil, a.refused(ctx, req, err)
		}
		if err != nil { // the number is allotted and the follower will enter it: the answer stands
			a.cfg.Logger.WarnContext(ctx, "registration left to the follower", "request", requestID(ctx), "error", err)
		}
		return a.answer(res, ""), nil
	}}

// causes are those for which the office may send a paper back.
func (p *paper) causes() (list []option) {
	for key := range p.rules.Provisions {
		if cause, ok := strings.CutPrefix(key, "rcv.returnWindow["); ok {
			if v, in := p.rules.At(key, domain.At(p.now)); in && !v.Blank {
				cause = strings.TrimSuffix(cause, "]")
				list = append(list, option{ID: cause, Name: p.word(cause)})
			}
		}
	}
	slices.SortFunc(list, func(x, y option) int { return strings.Compare(x.ID, y.ID) })
	return list
}

// choices are what the fields of an act choose from.
func (p *paper) choices(act, name string) []option {
	switch act + " " + name {
	case "proposal lead", "proposal co", "assignment lead", "assignment co":
		return p.posts
	case "presentations to", "urgings to":
		return p.posts
	case "copies/distributions to":
		people := slices.Clone(p.posts)
		for _, who := range p.names.People("rank", p.today) {
			people = append(people, option{ID: who.ID, Name: who.Name})
		}
		return people
	case "copies/distributions copy", "copies/sendings-back copy", "copies of":
		return p.copiesIn(documents.Held)
	case "copies/returns copy":
		return p.copiesIn(documents.Out)
	case "closing code":
		var list []option
		for _, s := range p.settlements() {
			list = append(list, option{ID: s.Code, Name: s.Title})
		}
		return list
	case "return cause":
		return p.causes()
	case "reports of":
		var list []option
		for _, id := range append([]string{p.state.Lead}, p.state.Co...) {
			if id != "" {
				list = append(list, option{ID: id, Name: p.name(id)})
			}
		}
		return list
	case "duplicates first":
		return p.sameTitle()
	}
	switch act {
	case "description", "receipt-corrections", "registration-corrections":
		return p.paperOptions(p.rules)(name)
	}
	return nil
}

// sameTitle lists the papers that this one may be a repetition of.
func (p *paper) sameTitle() (list []option) {
	list = []option{}
	if p.state.Paper.Title == "" {
		return list
	}
	f, by, err := p.filter(p.ctx, registerQuery{Text: p.state.Paper.Title, Sort: "received"})
	if err != nil {
		return list
	}
	entries, _, err := register.List(p.ctx, p.cfg.Read.Pool, f, by, "", 20)
	if err != nil {
		return list
	}
	for _, e := range entries {
		if e.Stream != p.stream && !e.Masked {
			list = append(list, option{ID: e.Stream, Name: strings.TrimSpace(e.NumberText + " " + e.Title)})
		}
	}
	return list
}

// suit suits the fields of the acts to the page.
func (p *paper) suit(act string, f *field) bool {
	switch act {
	case "description", "receipt-corrections", "registration-corrections":
		return p.paperField(f)
	case "due-revisions":
		if f.Name == "cause" {
			f.Kind, f.Value = "hidden", string(documents.CauseIssuer)
		}
	case "filing":
		if f.Name == "retention" {
			f.Options = []option{{ID: "永久"}, {ID: "30年"}, {ID: "10年"}}
		}
	case "copies/distributions", "copies/returns", "closing":
		f.Fixed = f.Name == "copy" || f.Name == "code"
	}
	return true
}

// policyList reads a list that the office has in force; nothing where it states none.
func policyList[T any](p domain.Policy, key string, at domain.Instant) (list []T) {
	if v, ok := p.At(key, at); ok && !v.Blank && json.Unmarshal(v.Value, &list) != nil {
		return nil
	}
	return list
}

// leaves leaves the counting at the first receipt out where there is no paper of the same title.
func (p *paper) leaves(act string, _ *domain.Refusal) bool {
	return act == "duplicates" && len(p.sameTitle()) == 0
}

// next are the steps that the paper's life comes to now; whatever else is possible stands behind them.
func (p *paper) next() (steps []string) {
	d := p.state
	step := func(now bool, names ...string) {
		if now {
			steps = append(steps, names...)
		}
	}
	handed := d.Lead != ""
	step(d.Described == "", "description")
	step(d.Text == "", "registration")
	step(!d.PreChecked && !d.Proposed && !handed, "pre-check")
	step(!d.Proposed && !handed, "proposal")
	step(!handed, "assignment")
	step(handed, "acceptances", "reports")
	step(d.Reported || d.Replied || d.Recalled || d.Action == documents.ToRead, "closing")
	step(d.Closed || d.Action == "", "filing")
	return steps
}

// slip is the handling slip (文件办理单) as it is printed.
type slip struct {
	Number, Title, Organs, DocNumber, Kind, IssuedOn, Urgency, Term, Received, SignedBy, Copies, Addressee, Channel, Due, DueWhy string
	Class                                                                                                                        domain.Class
	NotStated                                                                                                                    []string
	Proposal, ProposedBy, Instruction, InstructedBy, Lead, Co, Accepted, Result, Reply, Settled, Filed                           string
	CopyList                                                                                                                     []string
	Corrected                                                                                                                    []corrected
	First                                                                                                                        string
}

func (p *paper) slip() (slip, error) {
	e, d := p.entry, p.desk
	signed := func(who, post string, at domain.Instant) string {
		text := strings.TrimSpace(d.name(post) + " " + d.name(who))
		if text != "" && !at.IsZero() {
			text += "　" + d.date(d.on(at)) + " " + at.In(d.zone).Format("15:04")
		}
		return text
	}
	out := slip{Number: e.NumberText, Title: e.Title, Organs: strings.Join(e.Organs, d.word("、")), DocNumber: e.DocNumber, Kind: e.Kind, IssuedOn: d.date(e.IssuedOn), Urgency: e.Urgency, Class: e.Class, Term: e.Term,
		Received: d.date(d.on(e.Received)) + " " + e.Received.In(d.zone).Format("15:04"), SignedBy: d.name(e.SignedBy), Copies: strconv.Itoa(e.Signed), Addressee: e.Addressee, Channel: e.Channel,
		Proposal: e.Proposal, ProposedBy: signed(e.ProposedBy, "", e.ProposedAt), Instruction: e.Instruction, InstructedBy: signed(e.InstructedBy, e.InstructedPost, e.InstructedAt),
		Lead: d.name(e.Lead), Co: d.nameAll(e.Co), Accepted: d.nameAll(e.Accepted), Result: e.Result}
	for _, f := range e.NotStated {
		out.NotStated = append(out.NotStated, d.word(f))
	}
	if !e.DueOn.IsZero() {
		out.Due = d.date(e.DueOn) + " 24:00"
		out.DueWhy = d.word(e.DueBasis)
		if e.Provisional {
			out.DueWhy += d.t("，暂定", ", provisional")
		}
	}
	if e.ReplyTo != "" {
		out.Reply = strings.Join(slices.DeleteFunc([]string{e.ReplyTo, d.word(e.ReplyWay), e.ReplyNumber, d.date(e.ReplyOn)}, func(s string) bool { return s == "" }), " · ")
	}
	if e.SettledAs != "" {
		out.Settled = strings.Join(slices.DeleteFunc([]string{e.SettledAs, e.SettledNote, d.at(e.Closed)}, func(s string) bool { return s == "" }), "　")
	}
	if e.FileCode != "" {
		out.Filed = strings.TrimSpace(e.FileCode + " " + e.Volume + " " + e.Retention)
	}
	for _, c := range e.Copies {
		text := fmt.Sprintf(d.t("第 %s 号 ", "copy %s "), c.Copy) + d.word(string(c.State))
		if c.Holder != "" {
			text += " · " + d.name(c.Holder)
		}
		out.CopyList = append(out.CopyList, text)
	}
	if e.First != "" {
		out.First = d.pageOf(e.First)
	}
	var err error
	if e.Case != "" {
		out.Instruction, out.Corrected, err = p.instruction(e.Case, e.Instruction)
	}
	return out, err
}

// instruction is the last instruction of a case as it was first written, and its corrections, each with its own time.
func (p *paper) instruction(stream, now string) (text string, later []corrected, err error) {
	events, sees, err := p.story(stream)
	if errors.Is(err, domain.ErrNoStream) || err == nil && !sees {
		return now, nil, nil
	}
	text = now
	for _, r := range events {
		switch e := r.Event.(type) {
		case approvals.InstructionWritten:
			text, later = e.Text, nil
		case approvals.OpinionCorrected:
			if e.Opinion.Decision == approvals.DecisionInstructed {
				later = append(later, corrected{When: p.limit(e.At), Text: e.Opinion.Text, Reason: e.Reason})
			}
		}
	}
	return text, later, err
}

// build makes the page of one paper: its slip, its history, and what can be done now.
func (p *paper) build() (*frame, error) {
	type data struct {
		Slip                      slip
		State, Holder             string
		Masked, Withheld, Waiting bool
		Class                     domain.Class
		Urgency                   string
		Due                       due
		Lines                     []line
		Acts                      actList
		Case, Dossier, Content    string
		Circulate                 string // where its circulation is started, for who runs circulation
	}
	title := p.entry.NumberText
	if title == "" {
		title = p.t("未登记来文", "Paper without a number")
	}
	f, err := p.frame(title)
	if err != nil {
		return nil, err
	}
	out := data{Masked: p.entry.Masked, Withheld: !p.sees, Class: p.entry.Class, Holder: p.holder(p.entry)}
	f.Data = &out
	if out.Masked {
		return f, nil
	}
	if out.Slip, err = p.slip(); err != nil {
		return nil, err
	}
	out.State, out.Urgency = p.word(string(p.state.Status())), p.entry.Urgency
	if p.entry.Open() {
		out.Due = p.due(p.entry.Due)
	}
	out.Waiting = p.state.Proposed && !p.state.Instructed
	if p.entry.Case != "" {
		out.Case = p.pageOf(p.entry.Case)
	}
	if !p.sees {
		return f, nil
	}
	out.Dossier, out.Content = p.href()+"/dossier", p.href()+"/content"
	if clerk, err := p.circulates(); err != nil {
		return nil, err
	} else if clerk {
		out.Circulate = "/desk/circulation/new?paper=" + p.stream
	}
	out.Lines = p.history(f)
	if of, _, ok := strings.Cut(p.r.URL.Query().Get("done"), "@"); ok && domain.ContextOf(of) == registers.Context.Name && p.state.Text != "" {
		f.Notice = p.t("登记 ", "registered as ") + p.state.Text
		for i := range out.Lines {
			out.Lines[i].Fresh = p.events[i].Type == "document.registered"
		}
	}
	out.Acts, err = possible(p, paperActs)
	return f, err
}

// attempted tells whether the refusal of this very request stands on record.
func attempted(events []domain.Recorded, w who) bool {
	return slices.ContainsFunc(events, func(r domain.Recorded) bool {
		return strings.HasSuffix(r.Type, ".refused") && r.Actor.Person == w.Person && r.ReceivedAt.Equal(domain.At(w.received).Time)
	})
}
