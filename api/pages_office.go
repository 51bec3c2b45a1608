package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"andu/commands"
	"andu/domain"
	"andu/domain/calendar"
	"andu/domain/catalog"
	"andu/domain/documents"
	"andu/domain/policy"
	"andu/domain/registers"
	"andu/projections/series"

	"github.com/go-chi/chi/v5"
)

// officePages are the pages of what the office works by: its number books, rules, calendar and posts, and why a decision
// was what it was.
func (a *API) officePages() {
	a.page(http.MethodGet, "/desk/registers", commands.Work, "The office's number books", func(w http.ResponseWriter, r *http.Request) { a.booksPage(w, r, nil) })
	a.page(http.MethodPost, "/desk/registers", commands.Work, "Open a book for a year, by the form", a.bookForm)
	recordPages(a, "/desk/registers/{id}", "register", commands.Work, "One number book, its numbers and gaps", openBook, book.build, bookActs)
	a.page(http.MethodGet, "/desk/policy", commands.Look, "The office's rules (制度库)", a.policyPage)
	a.page(http.MethodGet, "/desk/calendar", commands.Look, "A year of the office's calendar", a.calendarPage)
	a.page(http.MethodGet, "/desk/explain/{stream}/{revision}", commands.Enter, "Why a decision was what it was", a.explainPage)
}

// booksPage lists the books of all years.
func (a *API) booksPage(w http.ResponseWriter, r *http.Request, problem *Problem) {
	type bookRow struct {
		series.Series
		Href, First, Status string
		Given               int
	}
	type data struct {
		Books []bookRow
		Open  *form
	}
	a.view(w, r, "registers", func(d *desk) (*frame, error) {
		f, err := d.frame(d.t("登记簿", "Number books"))
		if err != nil {
			return nil, err
		}
		all, err := series.List(d.ctx, a.cfg.Read.Pool, d.who.Office)
		if err != nil {
			return nil, err
		}
		out := data{}
		f.Data = &out
		for _, s := range all {
			b := bookRow{Series: s, Href: d.pageOf(s.Stream), Given: s.Last - s.Start + 1, Status: d.t("给号中", "gives numbers")}
			if !s.Closed.IsZero() {
				b.Status = d.t("已封簿 ", "closed ") + d.date(d.on(s.Closed))
			}
			out.Books = append(out.Books, b)
		}
		p, err := d.policy()
		if err != nil {
			return nil, err
		}
		books := policyList[documents.Series](p, documents.RegisterSeries.Name, domain.At(d.now))
		given := registers.Open{Year: d.today.Year, Register: documents.Register}
		if len(books) > 0 {
			given.Book = books[0].Book
		}
		_, err = try(d, registers.Context, "", given)
		var refusal *domain.Refusal
		if problem == nil && errors.As(err, &refusal) && refusal.Kind == domain.Forbidden {
			return f, nil
		}
		back := fill{problem: problem, change: func(f *field) bool {
			if f.Name == "book" {
				for _, b := range books {
					f.Options = append(f.Options, option{ID: b.Book})
				}
			}
			f.Width = "third"
			return true
		}}
		if problem != nil {
			back.values, f.Refusal = r.PostForm, d.refusal(problem)
		}
		open := formOf(d, given, "open", "/desk/registers", d.t("启用登记簿", "Open a book"), back)
		open.Open = problem != nil
		out.Open = &open
		return f, nil
	})
}

func (a *API) bookForm(w http.ResponseWriter, r *http.Request) {
	if !readForm(w, r) {
		a.refusePage(w, r, problemMalformed)
		return
	}
	out, err := carryOut(a, r, a.cfg.Handler.Zone, registers.Context, registers.Open{}, func(req commands.Request, c domain.Command[registers.Series]) string {
		open := c.(registers.Open)
		return registers.StreamOf(commands.NewID, req.Office, open.Book, open.Year)
	})
	if err != nil {
		a.booksPage(w, r, a.asProblem(r.Context(), err))
		return
	}
	a.recorded(w, r, out, "/desk/registers/"+out.Body.ID)
}

// book is one number book before the asker.
type book struct{ *record[registers.Series] }

func openBook(a *API, r *http.Request) (book, error) {
	rec, err := openRecord(a, r, registers.Context)
	return book{rec}, err
}

// bookActs are the acts of the keeper of a book.
var bookActs = []recordAct[book]{
	upon("voids", "作废编号", "Void a number", func(book) domain.Command[registers.Series] { return registers.Void{} }).editing(),
	upon("certificates", "出具编号连续性证明", "Certify the numbers", func(book) domain.Command[registers.Series] { return registers.Certify{} }),
	upon("closing", "封簿", "Close the book", func(book) domain.Command[registers.Series] { return registers.Close{} }),
}

func (b book) next() []string { return []string{"voids", "certificates", "closing"} }

// build makes the page of one number book: its numbers, its gaps, its certificates.
func (b book) build() (*frame, error) {
	type numberRow struct {
		N                                  int
		Text, State, Tone, Href, Who, When string
		Reason                             string
	}
	type certificate struct {
		When, Who, Text string
		Complete        bool
	}
	type data struct {
		Series       series.Series
		Report       registers.Report
		Complete     bool
		Numbers      []numberRow
		Next         string
		Certificates []certificate
		Acts         actList
	}
	s, err := series.Get(b.ctx, b.cfg.Read.Pool, b.who.Office, b.stream)
	if err != nil {
		return nil, err
	}
	f, err := b.frame(fmt.Sprintf(b.t("%s %d 年登记簿", "%s, book of %d"), s.Book, s.Year))
	if err != nil {
		return nil, err
	}
	out := data{Series: s, Report: b.state.Gaps()}
	out.Complete = out.Report.Complete()
	f.Data = &out
	after, _ := strconv.Atoi(b.r.URL.Query().Get("after"))
	page, err := series.Numbers(b.ctx, b.cfg.Read.Pool, b.who.Office, b.stream, max(0, after), 100)
	if err != nil {
		return nil, err
	}
	tones := map[registers.State]string{registers.Registered: "green", registers.Voided: "seal", registers.Allotted: "ochre"}
	for _, n := range page {
		out.Numbers = append(out.Numbers, numberRow{N: n.N, Text: n.Text, State: b.word(string(n.State)), Tone: tones[n.State], Href: b.pageOf(n.Item), Who: b.name(n.By), When: b.at(n.At), Reason: n.Reason})
	}
	if len(page) == 100 {
		out.Next = turned(b.r, "after", strconv.Itoa(page[99].N))
	}
	certs, err := series.Certificates(b.ctx, b.cfg.Read.Pool, b.who.Office, b.stream)
	if err != nil {
		return nil, err
	}
	for _, c := range certs {
		out.Certificates = append(out.Certificates, certificate{b.at(c.At), b.name(c.By), fmt.Sprintf(b.t("第 %d 至 %d 号：登记 %d，作废 %d，未落实 %d，缺号 %d", "numbers %d to %d: registered %d, void %d, unfinished %d, missing %d"),
			c.First, c.Last, c.Registered, len(c.Void), len(c.Unfinished), len(c.Missing)), c.Report.Complete()})
	}
	if done := b.done(b.stream); done >= 0 && int(done) < len(b.events) {
		if told := b.lines(b.events[done:done+1], true, done); len(told) > 0 {
			f.Notice = told[0].Text
		}
	}
	out.Acts, err = possible(b, bookActs)
	return f, err
}

// ruleRow is one value of the office's rules.
type ruleRow struct {
	Key, Value, Clause, Boundary, From string
	Version                            int64
	Blank, Read                        bool
}

type ruleGroup struct {
	Part, Name string
	Rows       []ruleRow
}

// policyPage is the office's rules: the documents, what is in force, what is left blank, how limits are read.
func (a *API) policyPage(w http.ResponseWriter, r *http.Request) {
	type docRow struct {
		ID, Title, Number, Issuer, Status, Tone, Period, Truncated, InForceBy string
		Values, Blanks                                                        int
		Supplement                                                            bool
	}
	type conflict struct {
		When, Key, Clauses, Resolved, Reason, Who string
	}
	type reading struct{ When, Document, Clause, Text, By string }
	type data struct {
		View      string
		Publish   bool
		Version   int64
		Views     []option
		Documents []docRow
		Groups    []ruleGroup
		Conflicts []conflict
		Readings  []reading
		Parts     []option
	}
	a.view(w, r, "policy", func(d *desk) (*frame, error) {
		f, err := d.frame(d.t("制度库", "Rules"))
		if err != nil {
			return nil, err
		}
		b, err := d.book()
		if err != nil {
			return nil, err
		}
		p, err := d.policy()
		if err != nil {
			return nil, err
		}
		out := data{View: r.URL.Query().Get("view"), Publish: d.may(commands.Work), Version: b.Version}
		f.Sub = fmt.Sprintf(d.t("第 %d 版", "version %d"), b.Version)
		f.Data = &out
		now := domain.At(d.now)
		blanks := b.Blanks(now)
		views := []option{{"", d.t("文件", "Documents"), false}, {"values", d.t("现行规定", "In force"), false}, {"blanks", fmt.Sprintf(d.t("空白项 %d", "Left blank %d"), len(blanks)), false},
			{"boundaries", d.t("边界", "Limits"), false}, {"conflicts", d.t("冲突与解释", "Conflicts and readings"), false}}
		if !slices.ContainsFunc(views, func(o option) bool { return o.ID == out.View }) {
			out.View = ""
		}
		for i := range views {
			views[i].On = views[i].ID == out.View
		}
		out.Views = views
		show := func(v domain.Provision) ruleRow {
			_, read := catalog.Key(v.Key)
			row := ruleRow{Key: v.Key, Blank: v.Blank, Clause: d.clause(v), Boundary: v.Boundary, Version: v.Version, From: d.date(d.on(v.From)), Read: read}
			if !v.Blank {
				row.Value = d.value(v.Value)
			}
			if v.From.IsZero() {
				row.From = ""
			}
			return row
		}
		group := func(rows []ruleRow) {
			for _, row := range rows {
				part, _, _ := strings.Cut(row.Key, ".")
				if n := len(out.Groups); n == 0 || out.Groups[n-1].Part != part {
					out.Groups = append(out.Groups, ruleGroup{Part: part, Name: d.word("rules." + part)})
				}
				last := &out.Groups[len(out.Groups)-1]
				last.Rows = append(last.Rows, row)
			}
		}
		var rows []ruleRow
		switch out.View {
		case "values", "boundaries":
			for _, key := range slices.Sorted(maps.Keys(p.Provisions)) {
				if v, ok := p.At(key, now); ok && !v.Blank && (out.View == "values" || v.Boundary != "") {
					rows = append(rows, show(v))
				}
			}
		case "blanks":
			for _, v := range blanks {
				rows = append(rows, show(v))
			}
		case "conflicts":
			events, err := a.cfg.Handler.History(d.ctx, d.who.Office, policy.Stream(d.who.Office))
			if err != nil && !errors.Is(err, domain.ErrNoStream) {
				return nil, err
			}
			for _, r := range events {
				switch e := r.Event.(type) {
				case policy.ConflictFound:
					out.Conflicts = append(out.Conflicts, conflict{When: d.at(r.RecordedAt), Key: e.Key, Clauses: strings.Join(e.Clauses, d.t("；", "; "))})
				case policy.ConflictResolved:
					out.Conflicts = append(out.Conflicts, conflict{When: d.at(r.RecordedAt), Key: e.Key, Clauses: e.Chosen + d.t(" 与 ", " and ") + e.Rejected, Resolved: e.Chosen, Reason: e.Reason, Who: e.By})
				case policy.Interpreted:
					out.Readings = append(out.Readings, reading{d.date(e.EffectiveFrom), e.Document, e.Clause, e.Reading, e.By})
				}
			}
		default:
			for _, doc := range b.Documents() {
				row := docRow{ID: doc.ID, Title: doc.Title, Status: d.word(string(doc.Status)), Truncated: doc.Truncated, Supplement: doc.Supplement}
				if doc.InForceBy != doc.ID {
					row.InForceBy = doc.InForceBy
				}
				row.Tone = map[policy.Status]string{policy.InForce: "green", policy.Drafting: "ochre", policy.Checked: "ochre"}[doc.Status]
				if doc.Number != nil {
					row.Number = *doc.Number
				}
				if doc.Issuer != nil {
					row.Issuer = *doc.Issuer
				}
				if !doc.From.IsZero() {
					row.Period = d.date(d.on(doc.From)) + d.t(" 起", " on")
				}
				if !doc.To.IsZero() {
					row.Period += d.t("，至 ", ", until ") + d.date(d.on(doc.To))
				}
				for _, v := range doc.Values {
					if v.Blank {
						row.Blanks++
					} else {
						row.Values++
					}
				}
				out.Documents = append(out.Documents, row)
			}
		}
		group(rows)
		if out.View == "values" || out.View == "boundaries" { // part by part: the whole is long
			wanted := r.URL.Query().Get("part")
			chosen := 0
			for i, g := range out.Groups {
				if g.Part == wanted || wanted == "" && g.Part == "rcv" {
					chosen = i
				}
			}
			for i, g := range out.Groups {
				out.Parts = append(out.Parts, option{turned(r, "part", g.Part), g.Name, i == chosen})
			}
			if len(out.Groups) > 0 {
				out.Groups = out.Groups[chosen : chosen+1]
			}
		}
		return f, nil
	})
}

// value is a value of a rule in words: posts and units by their names, fields by theirs.
func (d *desk) value(raw json.RawMessage) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return string(raw)
	}
	return d.inWords(v)
}

func (d *desk) inWords(v any) string {
	switch v := v.(type) {
	case nil:
		return d.t("未写明", "not stated")
	case bool:
		return d.t(map[bool]string{true: "是", false: "否"}[v], map[bool]string{true: "yes", false: "no"}[v])
	case string:
		if v == "" {
			return d.t("不限", "any")
		}
		if name := d.name(v); name != v {
			return name
		}
		return d.word(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		parts := make([]string, len(v))
		nested := false
		for i, x := range v {
			_, isMap := x.(map[string]any)
			nested = nested || isMap
			parts[i] = d.inWords(x)
		}
		if nested {
			return strings.Join(parts, d.t("；", "; "))
		}
		return strings.Join(parts, d.word("、"))
	case map[string]any:
		var parts []string
		if v["code"] != nil && v["title"] != nil && len(v) == 2 {
			return d.inWords(v["title"])
		}
		keys := slices.Sorted(maps.Keys(v))
		slices.SortStableFunc(keys, func(x, y string) int { return slices.Index(lead, y) - slices.Index(lead, x) })
		for _, k := range keys {
			if m, ok := v[k].(map[string]any); ok && len(m) == 0 || v[k] == "" {
				continue
			}
			name := d.word("value." + k)
			if name == "value."+k {
				name = d.inWords(k)
			}
			parts = append(parts, name+" "+d.inWords(v[k]))
		}
		return strings.Join(parts, d.t("，", ", "))
	}
	return fmt.Sprint(v)
}

// lead are the fields of a value that are read first, the last of them before all.
var lead = []string{"mode", "class_below", "class_from", "title", "end", "start", "days", "posts", "book", "code", "id"}

// calendarPage is a year, month by month, with the kind of each day.
func (a *API) calendarPage(w http.ResponseWriter, r *http.Request) {
	type dayCell struct {
		Day         int
		Class, Name string
		Title       string
	}
	type month struct {
		Name  string
		Weeks [][7]dayCell
		Work  int
	}
	type data struct {
		Year        int
		Version     int64
		Prev, Next  string
		Months      []month
		Heads       []string
		Papers      []link
		Provisional bool
		Enter       bool
		Off, Worked int
		Overrides   [][2]string
	}
	a.view(w, r, "calendar", func(d *desk) (*frame, error) {
		f, err := d.frame(d.t("工作日历", "Working calendar"))
		if err != nil {
			return nil, err
		}
		year, err := strconv.Atoi(r.URL.Query().Get("year"))
		if err != nil || year < 1949 || year > 2999 {
			year = d.today.Year
		}
		c, _, err := commands.State(d.ctx, a.cfg.Handler, calendar.Context, d.who.Office, calendar.Stream(d.who.Office))
		if err != nil {
			return nil, err
		}
		out := data{Year: year, Version: c.Version, Enter: d.may(commands.Work), Prev: turned(r, "year", strconv.Itoa(year-1)), Next: turned(r, "year", strconv.Itoa(year+1)),
			Heads: strings.Split(d.t("一 二 三 四 五 六 日", "Mo Tu We Th Fr Sa Su"), " ")}
		f.Sub, f.Data = fmt.Sprintf(d.t("%d 年 · 日历第 %d 版", "%d · calendar version %d"), year, c.Version), &out
		for i, paper := range c.Notices[year].Papers {
			named := link{Text: paper}
			if strings.HasPrefix(paper, "https://") {
				named = link{paper, d.t("放假通知", "notice")}
				if len(c.Notices[year].Papers) > 1 {
					named.Text += fmt.Sprintf(" %d", i+1)
				}
			}
			out.Papers = append(out.Papers, named)
		}
		for m := time.January; m <= time.December; m++ {
			one := month{Name: fmt.Sprintf("%d月", int(m))}
			if d.lang == "en" {
				one.Name = m.String()
			}
			var week [7]dayCell
			for date := (domain.Date{Year: year, Month: m, Day: 1}); date.Month == m; date = date.Add(1) {
				day := c.Day(date)
				cell := dayCell{Day: date.Day, Class: string(day.Kind), Title: d.word(string(day.Kind))}
				switch day.Kind {
				case calendar.Off:
					cell.Name = d.t("休", "off")
					out.Off++
				case calendar.Makeup:
					cell.Name = d.t("班", "work")
					out.Worked++
				}
				if day.Name != "" {
					cell.Title += " · " + day.Name
				}
				if day.Notice != "" {
					cell.Title += " · " + day.Notice
				}
				if day.Override {
					cell.Title += d.t(" · 本单位决定", " · by the office's own decision")
					out.Overrides = append(out.Overrides, [2]string{d.date(date), day.Name})
				}
				if day.Provisional {
					cell.Class += " provisional"
					cell.Title += d.t(" · 暂定", " · provisional")
					out.Provisional = true
				}
				if day.Kind == calendar.Ordinary || day.Kind == calendar.Makeup {
					one.Work++
				}
				if date == d.today {
					cell.Class += " today"
				}
				at := (int(date.Weekday()) + 6) % 7
				week[at] = cell
				if at == 6 {
					one.Weeks = append(one.Weeks, week)
					week = [7]dayCell{}
				}
			}
			if week != [7]dayCell{} {
				one.Weeks = append(one.Weeks, week)
			}
			out.Months = append(out.Months, one)
		}
		return f, nil
	})
}

var streamForm = regexp.MustCompile(`^[a-z]+-[0-9A-Za-z-]+$`)

// explainPage takes a decision again on what was known then, and names every rule it read (为什么是这个数).
func (a *API) explainPage(w http.ResponseWriter, r *http.Request) {
	type readRow struct {
		Key, Value, Clause, Number, Boundary, Period string
		Version                                      int64
	}
	type streamRow struct{ What, Href, At string }
	type data struct {
		What, Record, Href, Who, When, Recorded, Command string
		Facts, Quotes                                    []string
		Policy, Calendar                                 int64
		Rules                                            []readRow
		Reads                                            []streamRow
		Same                                             bool
		Stored, Again                                    int
		Refused                                          string
		Erased                                           bool
	}
	a.view(w, r, "explain", func(d *desk) (*frame, error) {
		stream := chi.URLParam(r, "stream")
		revision, err := strconv.ParseInt(chi.URLParam(r, "revision"), 10, 64)
		if err != nil || !streamForm.MatchString(stream) || len(stream) > 120 {
			return nil, problemNotFound
		}
		events, sees, err := d.story(stream)
		if err != nil {
			return nil, err
		}
		if !sees {
			return nil, hide(events)
		}
		if revision < 0 || revision >= int64(len(events)) {
			return nil, problemNotFound
		}
		f, err := d.frame(d.t("为什么", "Why"))
		if err != nil {
			return nil, err
		}
		told := d.lines(events[:revision+1], true, -1)[revision]
		at := events[revision]
		out := data{What: told.Text, Facts: told.Facts, Record: d.word("stream." + domain.ContextOf(stream)), Href: d.pageOf(stream), Who: told.Who,
			When: d.date(d.on(at.OccurredAt)) + " " + at.OccurredAt.In(d.zone).Format("15:04:05"), Policy: at.Policy, Calendar: at.Calendar}
		if told.Quote != "" {
			out.Quotes = []string{told.Quote}
		}
		if gap := at.RecordedAt.Sub(at.OccurredAt.Time); gap >= 2*time.Second {
			out.Recorded = d.date(d.on(at.RecordedAt)) + " " + at.RecordedAt.In(d.zone).Format("15:04:05")
		}
		f.Data = &out
		if at.Erased {
			out.Erased = true
			return f, nil
		}
		ex, err := a.cfg.Handler.Explain(d.ctx, d.who.Office, stream, revision)
		if err != nil {
			return nil, err
		}
		out.Command, out.Same, out.Stored, out.Again, out.Refused = ex.Command.Name, ex.Same, len(ex.Stored), len(ex.Again), ex.Refusal
		seen := map[string]bool{}
		for _, x := range ex.Readings {
			v := x.Provision
			if seen[x.Key] {
				continue
			}
			seen[x.Key] = true
			row := readRow{Key: x.Key, Clause: d.clause(v), Number: v.Number, Boundary: v.Boundary, Version: v.Version, Value: d.t("未规定", "not stated")}
			if len(v.Value) > 0 {
				row.Value = d.value(v.Value)
			}
			if !v.From.IsZero() {
				row.Period = d.date(d.on(v.From)) + d.t(" 起", " on")
			}
			out.Rules = append(out.Rules, row)
		}
		for _, x := range ex.Reads {
			row := streamRow{What: d.word("stream." + domain.ContextOf(x.Stream)), Href: d.pageOf(x.Stream), At: fmt.Sprintf(d.t("第 %d 条止", "up to entry %d"), x.Revision+1)}
			if x.Revision < 0 {
				row.At = d.t("当时尚无记载", "nothing was recorded then")
			}
			out.Reads = append(out.Reads, row)
		}
		return f, nil
	})
}
