package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"andu/commands"
	"andu/domain"
	"andu/domain/access"
	"andu/domain/documents"
	"andu/domain/persons"
	"andu/projections/trail"

	"github.com/go-chi/chi/v5"
)

// accessPages are the page of a paper's content and scope (内容与知悉范围), and the trails of a paper and of a person (查阅轨迹).
func (a *API) accessPages() {
	recordPages(a, "/desk/documents/{id}/content", "content", commands.Work, "The scans of a paper, who may know it, and what can be done about either", openProtection, (*protection).build, protectionActs)
	a.page(http.MethodPost, "/desk/documents/{id}/content", commands.Work, "Attach a scan, by the form", a.uploadForm)
	a.page(http.MethodGet, "/desk/documents/{id}/trail", commands.Audit, "Who saw a paper and was denied it, as known at an instant; to ask is on record", a.paperTrailPage)
	a.page(http.MethodGet, "/desk/people/{id}/trail", commands.Audit, "What a person saw and was denied, as known at an instant; to ask is on record", a.personTrailPage)
}

// protection is the record of a paper's protection before the asker.
type protection struct {
	*record[access.Access]
	id    string
	paper documents.Document
	rules domain.Policy
}

// openProtection reads it for whoever handles the paper or may know it.
func openProtection(a *API, r *http.Request) (*protection, error) {
	w, _ := asker(r.Context())
	id := chi.URLParam(r, "id")
	if !uuidForm.MatchString(id) {
		return nil, problemNotFound
	}
	document := documents.Context.Stream(id)
	events, err := a.cfg.Handler.History(r.Context(), w.Office, document)
	if err != nil {
		return nil, err
	}
	if err := commands.Protect(r.Context(), a.cfg.Handler, w.Office, document); err != nil {
		return nil, err
	}
	rec, err := openRecord(a, r, access.Context)
	if err != nil {
		return nil, err
	}
	if !a.sees(r.Context(), w, events) && !slices.Contains(rec.state.Scope, w.Person) {
		return nil, hide(events)
	}
	p := &protection{record: rec, id: id}
	if p.paper, _, err = commands.State(p.ctx, a.cfg.Handler, documents.Context, w.Office, document); err != nil {
		return nil, err
	}
	p.rules, err = p.policy()
	return p, err
}

func (p *protection) href() string { return "/desk/documents/" + p.id + "/content" }

var protectionActs = []recordAct[*protection]{
	upon("views", "查阅", "Open it", func(p *protection) domain.Command[access.Access] {
		return access.OpenView{Content: p.r.URL.Query().Get("content")}
	}).editing(),
	upon("views/windows", "续阅另一部分", "Open a further part", func(*protection) domain.Command[access.Access] { return access.OpenWindow{} }).editing(),
	upon("views/closings", "结束查阅", "Close a viewing", func(*protection) domain.Command[access.Access] { return access.CloseView{} }).editing(),
	upon("class", "定密、标密", "Enter the class", func(*protection) domain.Command[access.Access] { return access.Classify{} }).editing(),
	upon("class/changes", "变更密级、解密", "Enter a change of class", func(*protection) domain.Command[access.Access] { return access.ChangeClass{} }).editing(),
	upon("scope", "确定知悉范围", "Name who may know", func(*protection) domain.Command[access.Access] { return access.SetScope{} }).editing(),
	upon("scope/extensions", "扩大知悉范围", "Add a person", func(*protection) domain.Command[access.Access] { return access.ExtendScope{} }).editing(),
	upon("scope/reductions", "缩小知悉范围", "Take a person out", func(p *protection) domain.Command[access.Access] {
		c := access.ReduceScope{}
		if len(p.state.Scope) > 0 {
			c.Person = p.state.Scope[0]
		}
		return c
	}).editing(),
	upon("access-requests", "申请借阅", "Ask to see it", func(*protection) domain.Command[access.Access] { return access.RequestAccess{} }).editing(),
	upon("access-grants", "批准借阅", "Grant a request", func(p *protection) domain.Command[access.Access] {
		return access.GrantAccess{Request: first(p.requests())}
	}).editing(),
	upon("access-denials", "不予借阅", "Deny a request", func(p *protection) domain.Command[access.Access] {
		return access.DenyRequest{Request: first(p.requests())}
	}).editing(),
	upon("access-revocations", "收回借阅", "Take a grant back", func(p *protection) domain.Command[access.Access] {
		return access.RevokeAccess{Grant: first(p.grants())}
	}).editing(),
}

func first(list []option) string {
	if len(list) == 0 {
		return ""
	}
	return list[0].ID
}

// next is what most come for: to read, and to close what they opened.
func (p *protection) next() []string {
	if len(p.mine()) > 0 {
		return []string{"views-closings", "views-windows", "views"}
	}
	return []string{"views", "access-requests", "access-grants", "access-denials"}
}

// leaves keeps the acts of a record that has come to another point off the page.
func (p *protection) leaves(act string, why *domain.Refusal) bool {
	switch act {
	case "views/windows", "views/closings":
		return len(p.mine()) == 0
	case "access-grants", "access-denials":
		return len(p.state.Requests) == 0
	case "access-revocations":
		return len(p.state.Grants) == 0
	}
	return errors.Is(why, access.ErrKeeper) || errors.Is(why, access.ErrSetter) || errors.Is(why, access.ErrSet) || errors.Is(why, access.ErrNotSet) ||
		errors.Is(why, access.ErrScopeSet) || errors.Is(why, access.ErrScopeNotSet)
}

// attached are the scans in their order, each as it was attached.
func (p *protection) attached() (list []access.ContentAttached) {
	for _, r := range p.events {
		if e, ok := r.Event.(access.ContentAttached); ok && !r.Erased {
			list = append(list, e)
		}
	}
	return list
}

// mine are the viewings of the asker that go on.
func (p *protection) mine() (list []string) {
	for _, r := range p.events {
		e, ok := r.Event.(access.ViewOpened)
		if v, open := p.state.Views[e.View]; ok && open && v.Person == p.who.Person && p.now.Before(v.Until.Time) {
			list = append(list, e.View)
		}
	}
	return list
}

func (p *protection) requests() (list []option) {
	for _, r := range p.events {
		if e, ok := r.Event.(access.Requested); ok && p.state.Requests[e.Request].Person != "" {
			list = append(list, option{ID: e.Request, Name: p.name(e.Person) + p.t("：", ": ") + e.Reason})
		}
	}
	return list
}

func (p *protection) grants() (list []option) {
	for _, r := range p.events {
		if e, ok := r.Event.(access.Granted); ok && p.state.Grants[e.Request].Person != "" {
			until := p.t("，长期", ", without end")
			if !e.Until.IsZero() {
				until = p.t("，至 ", ", until ") + p.limit(e.Until)
			}
			list = append(list, option{ID: e.Request, Name: p.name(e.Person) + until})
		}
	}
	return list
}

// choices are the persons, scans, places and open matters that the fields name by id.
func (p *protection) choices(act, field string) []option {
	people := func(in bool) (list []option) {
		for _, one := range p.names.People("rank", p.today) {
			if one.Officer == "" && slices.Contains(p.state.Scope, one.ID) == in {
				list = append(list, option{ID: one.ID, Name: one.Name})
			}
		}
		return list
	}
	switch act + " " + field {
	case "views content":
		list := []option{}
		for _, c := range p.attached() {
			list = append(list, option{ID: c.Content, Name: p.fileName(c)})
		}
		return list
	case "views purpose":
		return []option{{ID: "handle", Name: p.t("承办", "to handle it")}, {ID: "circulate", Name: p.t("传阅", "to read in circulation")}, {ID: "supervise", Name: p.t("督办", "to supervise")},
			{ID: "file", Name: p.t("归档", "to file it")}, {ID: "review", Name: p.t("保密审查", "to review its secrecy")}}
	case "views place":
		var profile access.ReadProfile
		if v, ok := p.rules.At("sec.read.profile["+string(p.state.ClassOn(p.paper))+"]", domain.At(p.now)); ok && !v.Blank && json.Unmarshal(v.Value, &profile) != nil {
			return nil
		}
		list := []option{}
		for _, place := range profile.Places {
			list = append(list, option{ID: place, Name: p.word(place)})
		}
		return list
	case "views with":
		return slices.DeleteFunc(people(true), func(o option) bool { return o.ID == p.who.Person })
	case "views/windows view", "views/closings view":
		list := []option{}
		for _, id := range p.mine() {
			list = append(list, option{ID: id, Name: p.viewing(id)})
		}
		return list
	case "class class", "class/changes class":
		return p.policyOptions(p.rules, documents.Classes.Name, "")
	case "class marks":
		return p.policyOptions(p.rules, access.Marks.Name, "")
	case "scope persons", "scope/extensions person":
		return people(false)
	case "scope/reductions person":
		return people(true)
	case "access-grants request", "access-denials request":
		return p.requests()
	case "access-revocations grant":
		return p.grants()
	}
	return nil
}

// suit words the fields, and leaves out those that have nothing to choose from.
func (p *protection) suit(act string, f *field) bool {
	label := func(zh, en string) { f.Label = p.t(zh, en) }
	switch f.Name {
	case "content":
		label("看什么", "what")
		f.Hint = p.t("不选，即在场看纸质件。", "None: the paper itself, in its place.")
		return len(f.Options) > 0
	case "purpose":
		label("用途", "what for")
	case "task":
		return false
	case "place":
		label("阅读场所", "place")
		return len(f.Options) > 0
	case "with":
		label("在场的人", "who is present")
		return len(f.Options) > 0 && p.state.ClassOn(p.paper).Classified()
	case "from", "to":
		label(map[string]string{"from": "从（字节或页）", "to": "到（不含）"}[f.Name], map[string]string{"from": "from (byte or page)", "to": "to (not included)"}[f.Name])
		return act != "views" || p.state.ClassOn(p.paper).Classified()
	case "view":
		label("哪次查阅", "viewing")
	case "pages":
		label("看了几页", "pages seen")
	case "class":
		label("密级", "class")
	case "until":
		label(map[bool]string{true: "许可到", false: "保密期限到"}[act == "access-grants"], "until")
	case "condition":
		label("解密条件", "lapses when")
		f.Hint = p.t("不能定期限的才填。", "Where no day can be set.")
	case "marks":
		label("标识", "marks")
		return len(f.Options) > 0
	case "authority":
		label("依据", "authority")
	case "persons":
		label("可以知悉的人", "who may know")
	case "person":
		label("人员", "person")
	case "request":
		label("申请", "request")
	case "grant":
		label("许可", "grant")
	case "reason":
		label("事由", "reason")
	}
	return true
}

func (p *protection) fileName(c access.ContentAttached) string {
	if c.Name != "" {
		return c.Name
	}
	return p.t("扫描件", "scan")
}

// viewing names an open viewing by what is seen and since when.
func (p *protection) viewing(id string) string {
	v := p.state.Views[id]
	what := p.t("纸质件", "the paper itself")
	for _, c := range p.attached() {
		if c.Content == v.Content {
			what = p.fileName(c)
		}
	}
	return what + p.t("，", ", ") + p.at(v.Opened)
}

// build makes the page.
func (p *protection) build() (*frame, error) {
	type scan struct{ Name, Size, Type, Who, When, Open string }
	type view struct{ What, Until, Href string }
	type data struct {
		Back, Number, Trail string
		Title               string
		Class               domain.Class
		Until, Scope        string
		Scans               []scan
		Views               []view
		Grants, Requests    []option
		Upload              bool
		Action, Key, Limit  string
		Acts                actList
	}
	f, err := p.frame(p.t("内容与知悉范围", "Content and scope"))
	if err != nil {
		return nil, err
	}
	s := p.state
	out := data{Back: "/desk/documents/" + p.id, Number: p.paper.Text, Title: p.paper.Paper.Title, Class: s.ClassOn(p.paper), Until: p.date(s.Until), Grants: p.grants(), Requests: p.requests(),
		Action: p.href(), Key: requestID(p.ctx), Limit: size(p.cfg.Handler.Files.Limit())}
	f.Data = &out
	switch {
	case s.Scoped:
		out.Scope = p.nameAll(s.Scope)
	case out.Class.Classified():
		out.Scope = p.t("尚未确定，任何人不得查阅", "not set: nobody may see it")
	default:
		out.Scope = p.t("未限定，本单位在册人员", "not limited: every person of the office")
	}
	for _, r := range p.events {
		if e, ok := r.Event.(access.ContentAttached); ok && !r.Erased {
			out.Scans = append(out.Scans, scan{p.fileName(e), size(e.Size), e.MediaType, p.by(r), p.at(r.OccurredAt), p.href() + "?act=views&content=" + url.QueryEscape(e.Content) + "#act"})
		}
	}
	for _, id := range p.mine() {
		v := s.Views[id]
		one := view{What: p.viewing(id), Until: p.at(v.Until)}
		if v.Content != "" {
			one.Href = "/documents/" + p.id + "/views/" + id + "/content"
		}
		out.Views = append(out.Views, one)
	}
	// The form to attach stands there for whom the rules let, asked with a file that is none yet.
	_, err = try(p.desk, access.Context, p.stream, domain.Command[access.Access](access.AttachContent{}))
	out.Upload = errors.Is(err, access.ErrMissing)
	if out.Acts, err = possible(p, protectionActs); err != nil {
		return nil, err
	}
	p.history(f)
	if p.who.Person != "" && p.done(p.stream) >= 0 {
		f.Notice = p.t("已记录。", "It is recorded.")
	}
	return f, nil
}

// size is a number of bytes as people say it.
func size(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.0f KB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}

// uploadForm attaches a scan that a form sends: the key first, then the file, which is taken in as it comes.
func (a *API) uploadForm(w http.ResponseWriter, r *http.Request) {
	p, err := openProtection(a, r)
	if err != nil {
		a.refusePage(w, r, err)
		return
	}
	out, err := p.attach(w, r)
	if err == nil {
		a.recorded(w, r, out, p.href())
		return
	}
	problem := a.asProblem(p.ctx, err)
	f, err := p.build()
	if err != nil {
		a.refusePage(w, r, err)
		return
	}
	f.Refusal = p.refusal(problem)
	a.show(w, r, problem.Status, "content", f)
}

func (p *protection) attach(w http.ResponseWriter, r *http.Request) (*answered, error) {
	const around = 64 << 10 // what a form sends around the file
	r.Body = http.MaxBytesReader(w, r.Body, p.cfg.Handler.Files.Limit()+around)
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, problemMalformed
	}
	key := make([]byte, 200)
	part, err := parts.NextPart()
	if err != nil || part.FormName() != formKey {
		return nil, problemMalformed
	}
	n, _ := part.Read(key)
	if part, err = parts.NextPart(); err != nil || part.FormName() != "file" || n == 0 {
		return nil, problemMalformed
	}
	name := []rune(part.FileName())
	req, err := p.ask(p.ctx, CommandHeaders{Key: string(key[:n])}, nil)
	if err != nil {
		return nil, err
	}
	res, err := commands.Attach(p.ctx, p.cfg.Handler, documents.Context.Stream(p.id), string(name[:min(len(name), 200)]), part, req)
	if err != nil {
		return nil, p.refused(p.ctx, req, err)
	}
	return p.answer(res, ""), nil
}

// trailRow is one entry of a trail.
type trailRow struct {
	When, Person, PersonHref, Paper, PaperHref, What, Tone string
	Facts                                                  []string
	kind                                                   string
	at                                                     domain.Instant
}

// trailData is the page of a trail.
type trailData struct {
	Asks                         bool
	Subject, Reason, Known, Show string
	Wrong                        string
	Rows                         []trailRow
	CouldSee                     []string
	Open                         bool // every cleared person of the office could see it
	Total                        int
	Next                         string
	Paper                        bool
}

const trailPage = 50

// asksTrail reads what is asked: nothing is shown, and nothing recorded, before a reason is given.
func (d *desk) asksTrail() (out trailData, known domain.Instant) {
	q := d.r.URL.Query()
	out = trailData{Reason: strings.TrimSpace(q.Get("reason")), Known: q.Get("known"), Show: q.Get("show")}
	if out.Known != "" {
		text, ok := localTime(out.Known, d.zone)
		if !ok || known.UnmarshalText([]byte(text)) != nil {
			out.Wrong = d.t("时点须写日期和时间。", "The instant has a date and a time.")
		}
	}
	out.Asks = out.Reason == "" || len(out.Reason) > 1000 || out.Wrong != ""
	return out, known
}

func (a *API) paperTrailPage(w http.ResponseWriter, r *http.Request) {
	a.view(w, r, "trail", func(d *desk) (*frame, error) {
		id := chi.URLParam(r, "id")
		if !uuidForm.MatchString(id) {
			return nil, problemNotFound
		}
		document := documents.Context.Stream(id)
		f, err := d.frame(d.t("查阅轨迹", "Trail of a paper"))
		if err != nil {
			return nil, err
		}
		if err := commands.Protect(d.ctx, a.cfg.Handler, d.who.Office, document); err != nil {
			return nil, err
		}
		out, known := d.asksTrail()
		out.Paper = true
		f.Data = &out
		if out.Subject, err = d.paperName(document); err != nil || out.Asks {
			return f, err
		}
		stream := access.Stream(document)
		if _, err := a.asked(d.ctx, stream, access.QueryTrail{Question: "paper", Reason: out.Reason}); err != nil {
			return nil, err
		}
		events, err := a.cfg.Handler.History(d.ctx, d.who.Office, stream)
		if err != nil {
			return nil, err
		}
		t, err := trail.OfPaper(d.ctx, a.cfg.Read.Pool, d.who.Office, stream, domain.At(d.now))
		if err != nil {
			return nil, err
		}
		for _, e := range t.CouldSee {
			out.CouldSee = append(out.CouldSee, d.name(e.Person))
		}
		out.Open = !t.Scoped
		out.fill(d, d.trailRows(events, known, t.Views))
		return f, nil
	})
}

func (a *API) personTrailPage(w http.ResponseWriter, r *http.Request) {
	a.view(w, r, "trail", func(d *desk) (*frame, error) {
		person := chi.URLParam(r, "id")
		f, err := d.frame(d.t("查阅轨迹", "Trail of a person"))
		if err != nil {
			return nil, err
		}
		if _, revision, err := commands.State(d.ctx, a.cfg.Handler, persons.Context, d.who.Office, persons.Stream(person)); err != nil || revision < 0 {
			return nil, errors.Join(err, domain.ErrNoStream)
		}
		out, known := d.asksTrail()
		f.Data = &out
		if out.Subject = d.name(person); out.Asks {
			return f, nil
		}
		if _, err := a.asked(d.ctx, access.Context.Stream(person), access.QueryTrail{Question: "person", Reason: out.Reason}); err != nil {
			return nil, err
		}
		t, err := trail.OfPerson(d.ctx, a.cfg.Read.Pool, d.who.Office, person)
		if err != nil {
			return nil, err
		}
		var streams []string
		for _, v := range t.Views {
			streams = append(streams, v.Stream)
		}
		for _, v := range t.Denials {
			streams = append(streams, v.Stream)
		}
		var rows []trailRow
		for _, stream := range slices.Compact(slices.Sorted(slices.Values(streams))) {
			events, err := a.cfg.Handler.History(d.ctx, d.who.Office, stream)
			if err != nil {
				return nil, err
			}
			document := documents.Context.Stream(idOf(stream))
			name, err := d.paperName(document)
			if err != nil {
				return nil, err
			}
			for _, row := range d.trailRows(events, known, t.Views) {
				if row.PersonHref == trailOf(person) && (row.kind == "views" || row.kind == "denials") {
					row.Paper, row.PaperHref = name, "/desk/documents/"+idOf(stream)+"/trail"
					rows = append(rows, row)
				}
			}
		}
		out.fill(d, rows)
		return f, nil
	})
}

func trailOf(person string) string { return "/desk/people/" + person + "/trail" }

// paperName names a paper to an officer, who sees no content: its number and class.
func (d *desk) paperName(document string) (string, error) {
	paper, revision, err := commands.State(d.ctx, d.cfg.Handler, documents.Context, d.who.Office, document)
	if err != nil || revision < 0 {
		return "", errors.Join(err, domain.ErrNoStream)
	}
	name := paper.Text
	if name == "" {
		name = d.t("未登记的文件", "a paper without a number")
	}
	if class := paper.ClassOf(); class != "" {
		name += d.t("（", " (") + d.word(string(class)) + d.t("）", ")")
	}
	return name, nil
}

// fill shows one page of the rows, the latest first.
func (t *trailData) fill(d *desk, rows []trailRow) {
	rows = slices.DeleteFunc(rows, func(r trailRow) bool { return t.Show != "" && r.kind != t.Show })
	slices.SortStableFunc(rows, func(x, y trailRow) int { return y.at.Compare(x.at.Time) })
	t.Total = len(rows)
	from, _ := strconv.Atoi(d.r.URL.Query().Get("from"))
	from = min(max(from, 0), len(rows))
	if t.Rows = rows[from:min(from+trailPage, len(rows))]; from+trailPage < len(rows) {
		t.Next = turned(d.r, "from", strconv.Itoa(from+trailPage))
	}
}

// trailRows tell the record of a paper's protection up to what was known at an instant (zero: everything).
func (d *desk) trailRows(events []domain.Recorded, known domain.Instant, views []trail.View) (rows []trailRow) {
	at := map[string]int{} // rows of viewings
	paged := map[string]bool{}
	part := func(view string, from, to int64) string {
		switch {
		case from == 0 && to == 0:
			return d.t("全部", "all of it")
		case paged[view]:
			return fmt.Sprintf(d.t("第 %d–%d 页", "pages %d–%d"), from, to)
		}
		return fmt.Sprintf(d.t("第 %d–%d 字节", "bytes %d–%d"), from, to)
	}
	for _, r := range events {
		if !known.IsZero() && r.RecordedAt.After(known.Time) {
			break // recorded_at never decreases
		}
		row := trailRow{When: d.at(r.OccurredAt), Person: d.name(r.Actor.Person), PersonHref: trailOf(r.Actor.Person), at: r.OccurredAt}
		if r.Actor.Person == domain.System {
			row.PersonHref = ""
		}
		about := func(format, person string) string { return fmt.Sprintf(format, d.name(person)) }
		switch e := r.Event.(type) {
		case access.ViewOpened:
			paged[e.View] = e.Content == ""
			row.kind, row.What, row.Tone = "views", d.t("查阅扫描件", "opened a scan"), "green"
			if e.Content == "" {
				row.What = d.t("查阅纸质件", "read the paper itself")
			}
			why := map[string]string{"scope": d.t("在知悉范围内", "in the scope"), "grant": d.t("凭借阅许可", "by a grant"), "office": d.t("未限定范围", "no scope is set")}[e.By]
			purpose := map[string]string{"handle": d.t("承办", "to handle it"), "circulate": d.t("传阅", "in circulation"), "supervise": d.t("督办", "to supervise"),
				"file": d.t("归档", "to file it"), "review": d.t("保密审查", "to review its secrecy")}[e.Purpose]
			row.Facts = []string{why, d.t("用途：", "for: ") + purpose, part(e.View, e.From, e.To)}
			if e.Clearance != "" {
				row.Facts = append(row.Facts, d.t("当时涉密等级：", "clearance then: ")+d.word(string(e.Clearance)))
			}
			if len(e.With) > 0 {
				row.Facts = append(row.Facts, d.t("在场：", "with: ")+d.nameAll(e.With))
			}
			for _, v := range views {
				if v.View == e.View && v.Review {
					row.Facts, row.Tone = append(row.Facts, d.t("按现在所知，当时无此等级，须复核", "as known now he was not cleared then: to be reviewed")), "seal"
				}
			}
			at[e.View] = len(rows)
		case access.WindowOpened:
			if i, ok := at[e.View]; ok {
				rows[i].Facts = append(rows[i].Facts, part(e.View, e.From, e.To))
			}
			continue
		case access.SeenAfterRemoval:
			if i, ok := at[e.View]; ok {
				rows[i].Facts, rows[i].Tone = append(rows[i].Facts, d.t("移出范围后续阅", "read on after he left the scope")), "ochre"
			}
			continue
		case access.ViewClosed:
			if i, ok := at[e.View]; ok {
				how := map[access.Cause]string{access.ByReader: d.t("本人结束", "closed by the reader"), access.ByTime: d.t("到时结束", "its time was over"), access.ByScope: d.t("因移出范围结束", "ended by the scope")}[e.Cause]
				took := d.t("历时 ", "took ") + d.span(e.At.Sub(e.OpenedAt.Time))
				rows[i].Facts = append(rows[i].Facts, how+d.t("，", ", ")+took)
				if e.Pages > 0 {
					rows[i].Facts = append(rows[i].Facts, fmt.Sprintf(d.t("看了 %d 页", "%d pages seen"), e.Pages))
				}
			}
			continue
		case domain.Refused[access.Access]:
			row.kind, row.Tone, row.What = "denials", "seal", d.t("被拒绝", "was denied")
			row.Facts = []string{d.say(e.Code, e.Params, e.Code)}
		case access.ScopeSet:
			row.kind, row.What = "rights", d.t("确定知悉范围：", "set the scope: ")+d.nameAll(e.Persons)
		case access.ScopeExtended:
			row.kind, row.What = "rights", about(d.t("把%s加入知悉范围", "added %s to the scope"), e.Person)
		case access.ScopeReduced:
			row.kind, row.What = "rights", about(d.t("把%s移出知悉范围", "took %s out of the scope"), e.Person)
		case access.Requested:
			row.kind, row.What = "rights", d.t("申请借阅", "asked to see it")
		case access.Granted:
			row.kind, row.What = "rights", about(d.t("批准%s借阅", "granted it to %s"), e.Person)
		case access.RequestDenied:
			row.kind, row.What = "rights", about(d.t("不予%s借阅", "denied it to %s"), e.Person)
		case access.Revoked:
			row.kind, row.What = "rights", about(d.t("收回%s的借阅许可", "took the grant of %s back"), e.Person)
		case access.ClassificationSet:
			row.kind, row.What = "rights", d.t("定密：", "classified it: ")+d.word(string(e.Class))
		case access.ClassificationChanged:
			row.kind, row.What = "rights", d.t("变更密级：", "changed the class: ")+d.word(string(e.Was))+" → "+d.word(string(e.Class))
		case access.ClassificationLapsed:
			row.kind, row.What = "rights", d.t("保密期满，自行解密", "the class lapsed")
		case access.TrailQueried:
			row.kind, row.What, row.Facts = "queries", d.t("查看轨迹", "looked at the trail"), []string{e.Reason}
		default:
			continue
		}
		rows = append(rows, row)
	}
	return rows
}
