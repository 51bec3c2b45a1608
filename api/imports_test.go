package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	table "andu/api/sheets"
	"andu/commands"
	"andu/domain/documents"
	"andu/domain/org"
	"andu/domain/registers"
)

// broughtIn is the answer about a file.
type broughtIn struct {
	Import string
	Rows   []struct {
		Line                              int
		Outcome, Code, Reason, For, Login string
		First                             string `json:"first_password"`
	}
}

// told is what became of each row, in a word each, with the code of a rejection.
func (b broughtIn) told() string {
	var words []string
	for _, r := range b.Rows {
		word := r.Outcome
		if r.Outcome == "rejected" {
			word = r.Code
		}
		if r.Outcome == "left" {
			word += " " + r.For
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

// bring brings a table in.
func (u user) bring(kind, text string, change ...func(map[string]any)) (b broughtIn) {
	u.t.Helper()
	rows, _, err := table.Read(kind, kind+".csv", []byte(text))
	u.must(err)
	send := []map[string]any{}
	for _, r := range rows {
		send = append(send, map[string]any{"line": r.Line, "cells": r.Cells})
	}
	sum := sha256.Sum256([]byte(text))
	body := map[string]any{"file": kind + ".csv", "digest": hex.EncodeToString(sum[:]), "total": len(rows), "rows": send}
	for _, c := range change {
		c(body)
	}
	u.post("/imports/"+kind, body).ok().into(&b)
	return b
}

func (b broughtIn) want(t testing.TB, told string) {
	t.Helper()
	if got := b.told(); got != told {
		t.Errorf("rows: %s\nwant: %s\n%+v", got, told, b.Rows)
	}
}

const oldBook = `登记号,收文日期,来文单位,来文字号,标题,文种,成文日期,密级,紧急程度,份数,签收人,主办,办理时限,持有人,办结方式,办结日期,归档号
收文〔2025〕1号,2025-01-03,市政府办公室,市政办发〔2025〕1号,关于做好春运工作的通知,通知,2025-01-02,公开,平件,1,王芳,,,,办结,2025-01-10,县政办-2025-1
2,2025/1/6,市水利局,市水函〔2025〕2号,关于水库巡查的函,函,2025-01-05,公开,,2,王芳,,,,阅结,,
收文〔2025〕4号,2025年12月30日,市应急委,,关于低温天气的提示,通知,,,,1,,,,,,,
收文〔2025〕4号,2025-12-31,市卫健委,,关于春节值班的通知,通知,,,,1,,,,,,,
五号,2025-12-31,市卫健委,,无号,通知,,,,1,,,,,,,
`

const thisBook = `登记号,收文日期,来文单位,标题,文种,份数,主办,办理时限,持有人
1,2026-04-07,市水利局,关于报送水库巡查情况的通知,通知,2,秘书科科长,2026-04-20,秘书科科长
3,2026-04-08,市卫健委,关于春季防病的通知,通知,1,,,
`

// Last year's register and the papers of this year's first months come in with their old numbers; what is open goes on.
func TestImportRegister(t *testing.T) {
	w := newTown(t, setting{})
	registrar := w.as("registrar")
	w.as("director").ask(http.MethodPost, "/imports/org", map[string]any{}).refused(http.StatusUnprocessableEntity, "request-invalid")

	try := registrar.bring("register", oldBook, func(b map[string]any) { b["try"] = true })
	try.want(t, "accepted, accepted, accepted, import.row-twice, import.cell")
	if try.Import != "" || len(w.history("import-"+registrar.office)) > 0 {
		t.Error("a trial has written something")
	}
	w.as("secretary").bring("register", oldBook).want(t, "document.not-registrar, document.not-registrar, document.not-registrar, document.not-registrar, import.cell")
	first := registrar.bring("register", oldBook)
	first.want(t, "accepted, accepted, accepted, import.row-twice, import.cell")
	registrar.bring("register", oldBook).want(t, "skipped, skipped, skipped, import.row-twice, import.cell")

	series := registers.StreamOf(commands.NewID, registrar.office, "收文", 2025)
	book, _, err := commands.State(t.Context(), w.handler, registers.Context, registrar.office, series)
	w.must(err)
	if r := book.Gaps(); r.Registered != 3 || r.Last != 4 || !slices.Equal(r.Missing, []int{3}) {
		t.Errorf("while rows are refused, what is missing is not explained: %+v", r)
	}
	mended := strings.Replace(strings.Replace(oldBook, "收文〔2025〕4号,2025-12-31", "收文〔2025〕6号,2025-12-31", 1), "五号", "7", 1)
	registrar.bring("register", mended).want(t, "skipped, skipped, skipped, accepted, accepted")

	paper := func(number int) documents.Document {
		book, _, err := commands.State(t.Context(), w.handler, registers.Context, registrar.office, series)
		w.must(err)
		d, _, err := commands.State(t.Context(), w.handler, documents.Context, registrar.office, book.Numbers.At(number).Item)
		w.must(err)
		return d
	}
	if d := paper(1); d.Text != "收文〔2025〕1号" || d.Status() != documents.StatusFiled || d.Source.Line != 2 || d.Source.Import != first.Import || !d.ReceivedAt.Equal(at("2025-01-03 00:00")) {
		t.Errorf("the first paper: %+v", d)
	}
	if d := paper(2); d.Text != "收文〔2025〕2号" || d.Status() != documents.StatusClosed || len(d.Copies) != 2 {
		t.Errorf("the second paper: %+v", d)
	}
	history := w.history(book.Numbers.At(1).Item)
	if e := history[0]; e.Type != "document.transcribed" || e.Correlation != first.Import || !e.OccurredAt.Equal(at("2025-01-03 00:00")) || !e.ReceivedAt.Equal(w.Now()) || e.Clock != "stated" {
		t.Errorf("it came then and was entered now: %+v", e.Header)
	}

	// This year's book goes on behind its old numbers; the number that the old book leaves out is void.
	second := registrar.bring("register", thisBook)
	second.want(t, "accepted, accepted")
	w.settle()
	fresh := registrar.register(registrar.receive(nil))
	var given registers.NumberAllotted
	fresh.Events[0].into(t, &given)
	if given.Number != 4 {
		t.Errorf("the first number of its own is %d", given.Number)
	}
	thisYear := registers.StreamOf(commands.NewID, registrar.office, "收文", 2026)
	book, _, err = commands.State(t.Context(), w.handler, registers.Context, registrar.office, thisYear)
	w.must(err)
	if r := book.Gaps(); !r.Complete() || !slices.Equal(r.Void, []int{2}) || book.Numbers.At(2).Reason == "" {
		t.Errorf("this year's book: %+v", r)
	}
	open := strings.TrimPrefix(book.Numbers.At(1).Item, "document-")
	w.settle()
	lead := w.as("secretariat-chief")
	if tray := lead.get("/desk", "Accept", "text/html").ok(); !strings.Contains(string(tray.body), open) {
		t.Errorf("the lead's tray: %s", tray.body)
	}

	// What is built upon an import stands against its withdrawal; what is not is taken back as a whole.
	lead.post("/documents/"+open+"/acceptances", map[string]any{}).ok()
	registrar.post("/imports/"+second.Import+"/withdrawal", map[string]any{"reason": "文件选错"}).refused(http.StatusConflict, "import.built-upon", "document.assignment-accepted")
	w.as("secretary").post("/imports/"+first.Import+"/withdrawal", map[string]any{"reason": "文件选错"}).refused(http.StatusForbidden, "document.not-registrar")
	registrar.post("/imports/"+first.Import+"/withdrawal", map[string]any{"reason": " "}).refused(http.StatusUnprocessableEntity, "import.no-reason")
	var back struct {
		Undone int
		Done   bool
	}
	registrar.post("/imports/"+first.Import+"/withdrawal", map[string]any{"reason": "文件选错"}).ok().into(&back)
	if !back.Done || back.Undone != 4 { // three papers, and their numbers at once
		t.Errorf("taken back: %+v", back)
	}
	registrar.post("/imports/"+first.Import+"/withdrawal", map[string]any{"reason": ""}).ok().into(&back)
	if !back.Done {
		t.Errorf("again: %+v", back)
	}
	w.settle()
	if a := registrar.get("/documents?q=" + "春运"); strings.Contains(string(a.body), "春运工作") {
		t.Errorf("the register still shows it: %s", a.body)
	}
	book, _, err = commands.State(t.Context(), w.handler, registers.Context, registrar.office, series)
	w.must(err)
	if v := book.Numbers.At(1); v.State != registers.Voided || v.Reason != "文件选错" || book.Numbers.At(6).State != registers.Registered {
		t.Errorf("numbers 1 and 6: %+v %+v", v, book.Numbers.At(6))
	}
	registrar.bring("register", oldBook).want(t, "accepted, accepted, accepted, import.row-twice, import.cell")
	if d := paper(1); d.Text != "收文〔2025〕1号" || d.Source.Import == first.Import {
		t.Errorf("the first paper anew: %+v", d)
	}
	var list struct {
		Imports []struct{ ID, State string }
	}
	registrar.get("/imports").ok().into(&list)
	states := ""
	for _, i := range list.Imports {
		states += i.State + " "
	}
	if states != "standing standing standing withdrawn " {
		t.Errorf("the list: %s", states)
	}
}

const newSection = `类别,编号,名称,上级,单位,单人,序号,拼音,账号,人员,岗位,任命机关,起
任职,,,,,,,,,9001,archivist,办公室,2026-04-13
人员,9001,何静,,archive-section,,,he jing,he.jing,,,,2026-04-13
岗位,archivist,档案员,archive-head,archive-section,否,40,,,,,,
岗位,archive-head,档案股股长,,archive-section,是,30,,,,,,
单位,archive-section,档案股,,,,,,,,,,
人员,9002,无名,,nowhere-section,,,wu ming,,,,,
`

// Units and posts are one officer's, persons and accounts the other's: each does his part with the same file.
func TestImportOrg(t *testing.T) {
	w := newTown(t, setting{})
	secadmin, sysadmin := w.as("secadmin"), w.as("sysadmin")
	w.as("registrar").bring("org", newSection).want(t, "left security-administrator, left system-administrator, left security-administrator, left security-administrator, left security-administrator, left system-administrator")
	one := secadmin.bring("org", newSection)
	one.want(t, "left system-administrator, left system-administrator, accepted, accepted, accepted, left system-administrator")
	two := sysadmin.bring("org", newSection)
	two.want(t, "left security-administrator, accepted, skipped, skipped, skipped, left security-administrator")
	if two.Import != one.Import || two.Rows[1].Login != "he.jing" || len(two.Rows[1].First) < 10 {
		t.Errorf("the account: %+v", two.Rows[1])
	}
	three := secadmin.bring("org", newSection)
	three.want(t, "accepted, skipped, skipped, skipped, skipped, left system-administrator")
	person := commands.PersonID(secadmin.office, "9001")
	office, _, err := commands.State(t.Context(), w.handler, org.Context, secadmin.office, org.Stream(secadmin.office))
	w.must(err)
	if !office.Holds(person, "archivist", date("2026-04-13")) || office.Superior("archivist") != "archive-head" {
		t.Error("the archivist holds no post")
	}
	w.settle()

	withdraw := func(u user, reason string) (back struct {
		Undone int
		Left   map[string]int
		Done   bool
	}) {
		u.post("/imports/"+one.Import+"/withdrawal", map[string]any{"reason": reason}).ok().into(&back)
		return back
	}
	// What names an entry of the import stands upon it.
	secadmin.post("/posts/duties", map[string]any{"post": "archivist", "duties": []string{"整理档案"}}).ok()
	secadmin.post("/imports/"+one.Import+"/withdrawal", map[string]any{"reason": "编制未批"}).refused(http.StatusConflict, "import.built-upon", "org.post-duty-assigned archivist")
	other := strings.NewReplacer("9001", "9101", "archive", "reading", "archivist", "reader", "he.jing", "he.lian").Replace(newSection)
	for _, u := range []user{secadmin, sysadmin, secadmin} {
		one = u.bring("org", other)
	}
	w.settle()
	if back := withdraw(secadmin, "编制未批"); back.Done || back.Undone != 3 || back.Left[org.SystemAdministrator] == 0 {
		t.Errorf("the security administrator takes back: %+v", back)
	}
	if back := withdraw(sysadmin, ""); back.Done || back.Undone != 2 {
		t.Errorf("the system administrator takes back: %+v", back)
	}
	if back := withdraw(secadmin, ""); !back.Done || back.Undone != 1 {
		t.Errorf("the rest: %+v", back)
	}
	office, _, err = commands.State(t.Context(), w.handler, org.Context, secadmin.office, org.Stream(secadmin.office))
	w.must(err)
	if _, ok := office.Unit("reading-section"); ok {
		t.Error("the unit still stands")
	}
	w.settle()
	if a := secadmin.get("/org").ok(); strings.Contains(string(a.body), "reading-section") || strings.Contains(string(a.body), commands.PersonID(secadmin.office, "9101")) {
		t.Errorf("the directory still shows it: %s", a.body)
	}
	for i, u := range []user{secadmin, sysadmin, secadmin} { // the same file again, from the beginning
		again := u.bring("org", other)
		if i == 1 && again.Rows[1].First == "" {
			t.Errorf("the account has no new first password: %+v", again.Rows[1])
		}
		one = again
	}
	one.want(t, "accepted, skipped, skipped, skipped, skipped, left system-administrator")
}

// What each person has left of each sort of leave begins the account, and is taken back like everything else.
func TestImportLeave(t *testing.T) {
	w := newTown(t, setting{})
	keeper := w.as("admin")
	table := fmt.Sprintf("工号,假别,年度,天数,截至\n%s,年休假,2026,2.5,2026-04-01\n%s,年休假,2026,3.3,2026-04-01\n谁也不是,年休假,2026,1,2026-04-01\n", w.as("director").id, w.as("secretary").id)
	b := keeper.bring("leave", table)
	b.want(t, "accepted, leave.amount, import.cell")
	keeper.bring("leave", table).want(t, "skipped, leave.amount, import.cell")
	keeper.post("/imports/"+b.Import+"/withdrawal", map[string]any{"reason": "台账有误"}).ok()
	keeper.bring("leave", table).want(t, "accepted, leave.amount, import.cell")
}
