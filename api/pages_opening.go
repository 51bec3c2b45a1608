package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"andu/api/sheets"
	"andu/commands"
	"andu/domain"
	"andu/domain/calendar"
	"andu/domain/imports"
	"andu/domain/policy"
	"andu/presets"

	"github.com/go-chi/chi/v5"
)

// openingPages are the pages by which an office is opened: tables are brought in and taken back, rules are put in force
// from files, and the yearly notice of days off is entered.
func (a *API) openingPages() {
	get, post := http.MethodGet, http.MethodPost
	a.page(get, "/desk/imports", commands.Organise, "Tables that were brought in, and a form to bring one in", func(w http.ResponseWriter, r *http.Request) { a.importsPage(w, r, importsView{}, nil) })
	a.page(post, "/desk/imports", commands.Organise, "Bring a table in, by the form", a.importForm)
	a.page(post, "/desk/imports/{id}/withdrawal", commands.Organise, "Take an import back, by the form", a.withdrawalForm)
	a.page(get, "/desk/policy/publication", commands.Work, "A form to put rules in force from files", func(w http.ResponseWriter, r *http.Request) { a.publicationPage(w, r, nil) })
	a.page(post, "/desk/policy/publication", commands.Work, "Put rules in force, by the form", a.publicationForm)
	a.page(get, "/desk/calendar/notice", commands.Work, "A form to enter the yearly notice of days off", func(w http.ResponseWriter, r *http.Request) { a.noticePage(w, r, nil) })
	a.page(post, "/desk/calendar/notice", commands.Work, "Enter the yearly notice of days off, by the form", a.noticeForm)
}

// readUpload reads a posted form that may hold files.
func readUpload(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, sheets.MaxSize+maxBody)
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		return r.ParseMultipartForm(maxBody) == nil
	}
	return r.ParseForm() == nil
}

// upload is one file of a form.
type upload struct {
	name string
	text []byte
}

// uploads reads the files of a field.
func uploads(r *http.Request, field string) (files []upload, err error) {
	if r.MultipartForm == nil {
		return nil, nil
	}
	for _, h := range r.MultipartForm.File[field] {
		f, err := h.Open()
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(io.LimitReader(f, sheets.MaxSize+1))
		f.Close()
		if err != nil {
			return nil, err
		}
		if h.Filename != "" && len(text) > 0 {
			files = append(files, upload{h.Filename, text})
		}
	}
	return files, nil
}

// importsView is what the page of the imports shows.
type importsView struct {
	Kinds   []option
	Imports []importLine
	Report  *importReport
}

type importLine struct {
	importView
	KindName, StateName, Tone, When, Who string
	Withdraw                             bool
}

// importReport is what became of a table, told once.
type importReport struct {
	File                              string
	Try                               bool
	Accepted, Skipped, Rejected, Left int
	Ignored                           string
	Rows                              []importRow // that were not entered, or tell a password
	Passwords                         []importRow
}

var importNames = map[string][2]string{imports.Org: {"机构、岗位、人员、任职", "units, posts, persons, appointments"}, imports.Register: {"旧收文登记簿", "an old register of incoming papers"}, imports.Leave: {"假期余额", "what is left of leave"}}

func (a *API) importsPage(w http.ResponseWriter, r *http.Request, out importsView, problem *Problem) {
	a.view(w, r, "imports", func(d *desk) (*frame, error) {
		f, err := d.frame(d.t("导入", "Tables brought in"))
		if err != nil {
			return nil, err
		}
		for _, kind := range imports.Kinds() {
			if d.may(importMay[kind]) {
				out.Kinds = append(out.Kinds, option{kind, d.t(importNames[kind][0], importNames[kind][1]), r.PostFormValue("kind") == kind})
			}
		}
		all, err := a.allImports(d.ctx)
		if err != nil {
			return nil, err
		}
		for _, i := range all {
			line := importLine{importView: i, KindName: d.t(importNames[i.Kind][0], importNames[i.Kind][1]), When: d.at(domain.At(i.At)), Who: d.name(i.By)}
			switch i.State {
			case "standing":
				line.StateName, line.Tone = d.t("有效", "stands"), "green"
			case "withdrawing":
				line.StateName, line.Tone = d.t("撤回中", "being withdrawn"), "ochre"
			default:
				line.StateName, line.Tone = d.t("已撤回", "withdrawn"), "seal"
			}
			line.Withdraw = i.State != "withdrawn" && d.may(importMay[i.Kind])
			out.Imports = append(out.Imports, line)
		}
		f.Data = &out
		if problem != nil {
			f.Refusal = d.refusal(problem)
		}
		return f, nil
	})
}

// importForm brings an uploaded table in. Running the same file again goes on where it stopped.
func (a *API) importForm(w http.ResponseWriter, r *http.Request) {
	if !readUpload(w, r) {
		a.refusePage(w, r, problemMalformed)
		return
	}
	kind := r.PostFormValue("kind")
	if may, ok := importMay[kind]; !ok {
		a.importsPage(w, r, importsView{}, a.asProblem(r.Context(), imports.ErrKind))
		return
	} else if err := a.allow(r.Context(), may); err != nil {
		a.refusePage(w, r, err)
		return
	}
	files, err := uploads(r, "file")
	if err == nil && len(files) != 1 {
		err = errNoFile
	}
	var digest string
	var rows []commands.Row
	var ignored []string
	if err == nil {
		digest, rows, ignored, err = tableOf(kind, files[0].name, files[0].text)
	}
	if err != nil {
		a.importsPage(w, r, importsView{}, problemTable(err))
		return
	}
	im := commands.Import{Kind: kind, File: files[0].name, Digest: digest, Total: len(rows), Try: r.PostFormValue("try") != ""}
	lang := language(r.Context())
	report := &importReport{File: files[0].name, Try: im.Try, Ignored: strings.Join(ignored, map[bool]string{true: ", ", false: "、"}[lang == "en"])}
	_, outcome, err := a.bringIn(r.Context(), im, rows)
	if err != nil {
		a.importsPage(w, r, importsView{}, a.asProblem(r.Context(), err))
		return
	}
	for _, row := range outcome {
		switch row.Outcome {
		case commands.Accepted:
			report.Accepted++
		case commands.Skipped:
			report.Skipped++
		case commands.Left:
			report.Left++
		default:
			report.Rejected++
		}
		if row.Outcome == commands.Rejected || row.Outcome == commands.Left {
			report.Rows = append(report.Rows, row)
		}
		if row.First != "" {
			report.Passwords = append(report.Passwords, row)
		}
	}
	a.upToDate(r.Context())
	a.importsPage(w, r, importsView{Report: report}, nil)
}

// upToDate waits a moment for the read models, so that the next page shows what was entered.
func (a *API) upToDate(ctx context.Context) {
	if head, err := a.cfg.Handler.Store.Head(ctx); err == nil {
		ctx, cancel := context.WithTimeout(ctx, a.cfg.StaleAfter)
		defer cancel()
		_ = a.cfg.Read.Wait(ctx, head) // the page says itself how far it goes
	}
}

func (a *API) withdrawalForm(w http.ResponseWriter, r *http.Request) {
	if !readForm(w, r) {
		a.refusePage(w, r, problemMalformed)
		return
	}
	done, err := a.takeBack(r.Context(), chi.URLParam(r, "id"), r.PostFormValue("reason"))
	if err != nil {
		p := a.asProblem(r.Context(), err)
		for _, s := range done.Stands {
			p.Errors = append(p.Errors, FieldProblem{Message: s.By})
		}
		a.importsPage(w, r, importsView{}, p)
		return
	}
	a.upToDate(r.Context())
	http.Redirect(w, r, "/desk/imports", http.StatusSeeOther)
}

// ruleFile is a document of rules as a file.
type ruleFile struct {
	Document struct {
		policy.Head
		InForceFrom domain.Date `json:"in_force_from"`
		InForceBy   string      `json:"in_force_by"`
	} `json:"document"`
	Values []policy.Value `json:"values"`
}

// rulePresets are the sets of rules that come with the program, in words.
var rulePresets = [][3]string{{"weekly", "演示镇党政办：一份工作规则", "an invented township office: one document"},
	{"county", "演示县政府办：六份制度与补充规定", "the demonstration county office: six texts and a supplement"}, {"bureau", "演示局：两份制度与补充规定", "the demonstration bureau: two texts and a supplement"}}

func (a *API) publicationPage(w http.ResponseWriter, r *http.Request, problem *Problem) {
	a.view(w, r, "publication", func(d *desk) (*frame, error) {
		f, err := d.frame(d.t("施行制度", "Put rules in force"))
		if err != nil {
			return nil, err
		}
		sets := []option{}
		for _, p := range rulePresets {
			sets = append(sets, option{p[0], d.t(p[1], p[2]), r.PostFormValue("preset") == p[0]})
		}
		value := func(name, otherwise string) string {
			if r.Method == http.MethodPost {
				return r.PostFormValue(name)
			}
			return otherwise
		}
		f.Data = struct {
			Presets                                    []option
			From, InForceBy, Opinion, Reason, Approver string
		}{sets, value("effective_from", ""), value("in_force_by", ""), value("opinion", d.t("无异议", "no objection")), value("reason", ""), value("approver", "")}
		if problem != nil {
			f.Refusal = d.refusal(problem)
		}
		return f, nil
	})
}

// publicationForm drafts the documents, records their legal review, and puts them in force as one version. Documents that
// were drafted before are not drafted again.
func (a *API) publicationForm(w http.ResponseWriter, r *http.Request) {
	if !readUpload(w, r) {
		a.refusePage(w, r, problemMalformed)
		return
	}
	if err := a.putInForce(r); err != nil {
		a.publicationPage(w, r, a.asProblem(r.Context(), err))
		return
	}
	a.upToDate(r.Context())
	http.Redirect(w, r, "/desk/policy", http.StatusSeeOther)
}

func (a *API) putInForce(r *http.Request) error {
	ctx := r.Context()
	files, err := uploads(r, "files")
	if err != nil {
		return err
	}
	if len(files) == 0 {
		for _, name := range presets.Office(r.PostFormValue("preset")) {
			text, err := presets.Read(name)
			if err != nil {
				return err
			}
			files = append(files, upload{name, text})
		}
	}
	if len(files) == 0 {
		return problemTable(errNoFile)
	}
	w, _ := asker(ctx)
	publish := policy.Publish{InForceBy: r.PostFormValue("in_force_by"), Moment: "startOfDay", Reason: r.PostFormValue("reason"), Approver: r.PostFormValue("approver")}
	if publish.EffectiveFrom, err = domain.ParseDate(r.PostFormValue("effective_from")); err != nil {
		return problemInvalid
	}
	act := func(cmd domain.Command[policy.Book]) error {
		req := a.importRequest(ctx)
		text, err := json.Marshal(cmd)
		if err != nil {
			return err
		}
		req.Command = commands.ID(w.Office, w.Person, r.Method, r.URL.Path, string(text))
		_, err = commands.Handle(ctx, a.cfg.Handler, policy.Context, policy.Stream(w.Office), cmd, req)
		return err
	}
	for _, file := range files {
		var f ruleFile
		if err := json.Unmarshal(file.text, &f); err != nil || f.Document.ID == "" {
			return problemTable(fmt.Errorf("《%[1]s》不是制度文件 / %[1]s is no document of rules", file.name))
		}
		if p := misformed(f.Values); p != nil {
			return p
		}
		if publish.EffectiveFrom.IsZero() && f.Document.EffectiveFrom.IsZero() {
			publish.EffectiveFrom = f.Document.InForceFrom
		}
		if publish.InForceBy == "" {
			publish.InForceBy = f.Document.InForceBy
		}
		if f.Document.Supersedes == nil {
			f.Document.Supersedes = []string{}
		}
		draft, more := policy.Draft{Document: f.Document.Head, Values: f.Values}.Parts()
		if err := act(draft); err != nil {
			return err
		}
		for _, part := range more {
			if err := act(part); err != nil {
				return err
			}
		}
		if err := act(policy.Review{Document: f.Document.ID, OK: true, Opinion: r.PostFormValue("opinion")}); err != nil {
			return err
		}
		publish.Documents = append(publish.Documents, f.Document.ID)
	}
	return act(publish)
}

// noticeFile is a yearly notice of days off in the two forms that are met: ours and the public one.
type noticeFile struct {
	Year   int      `json:"year"`
	Papers []string `json:"papers"`
	Days   []struct {
		Name     string      `json:"name"`
		Date     domain.Date `json:"date"`
		Off      *bool       `json:"off"`
		IsOffDay *bool       `json:"isOffDay"`
	} `json:"days"`
}

func (a *API) noticePage(w http.ResponseWriter, r *http.Request, problem *Problem) {
	a.view(w, r, "notice", func(d *desk) (*frame, error) {
		f, err := d.frame(d.t("录入放假通知", "Enter a notice of days off"))
		if err != nil {
			return nil, err
		}
		years := []option{}
		for _, name := range slices.Backward(presets.Notices()) {
			year := strings.TrimSuffix(strings.TrimPrefix(name, "holidays/"), ".json")
			if len(year) == 4 {
				years = append(years, option{name, year, year == fmt.Sprint(d.today.Year)})
			}
		}
		f.Data = struct{ Years []option }{years}
		if problem != nil {
			f.Refusal = d.refusal(problem)
		}
		return f, nil
	})
}

func (a *API) noticeForm(w http.ResponseWriter, r *http.Request) {
	if !readUpload(w, r) {
		a.refusePage(w, r, problemMalformed)
		return
	}
	year, err := a.enterNotice(r)
	if err != nil {
		a.noticePage(w, r, a.asProblem(r.Context(), err))
		return
	}
	http.Redirect(w, r, fmt.Sprintf("/desk/calendar?year=%d", year), http.StatusSeeOther)
}

func (a *API) enterNotice(r *http.Request) (int, error) {
	ctx := r.Context()
	files, err := uploads(r, "file")
	if err != nil {
		return 0, err
	}
	if chosen := r.PostFormValue("notice"); len(files) == 0 && slices.Contains(presets.Notices(), chosen) {
		text, err := presets.Read(chosen)
		if err != nil {
			return 0, err
		}
		files = []upload{{chosen, text}}
	}
	if len(files) != 1 {
		return 0, problemTable(errNoFile)
	}
	var f noticeFile
	cmd := calendar.ImportNotice{}
	if err = json.Unmarshal(files[0].text, &f); err == nil && (f.Year < 1949 || len(f.Days) == 0) {
		err = errors.New("no notice")
	}
	cmd.Year, cmd.Papers = f.Year, append([]string{}, f.Papers...)
	for _, day := range f.Days {
		off := day.Off
		if off == nil {
			off = day.IsOffDay
		}
		if off == nil || day.Date.IsZero() {
			err = errors.New("no notice")
			break
		}
		cmd.Days = append(cmd.Days, calendar.Listed{Date: day.Date, Name: day.Name, Off: *off})
	}
	if err != nil {
		return 0, problemTable(fmt.Errorf("《%[1]s》不是放假通知 / %[1]s is no notice of days off", files[0].name))
	}
	w, _ := asker(ctx)
	res, err := commands.Handle(ctx, a.cfg.Handler, calendar.Context, calendar.Stream(w.Office), cmd, a.importRequest(ctx))
	if err == nil {
		err = a.cfg.Handler.FollowNow(ctx, w.Office, res)
	}
	return f.Year, err
}
