package api

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"andu/commands"
	"andu/domain"
	"andu/domain/leave"
	"andu/projections/whereabouts"

	"github.com/go-chi/chi/v5"
)

// leavePages are the pages of leave, outings and trips. The acts upon a request are the forms of leaveActs.
func (a *API) leavePages() {
	work := commands.Work
	a.page(http.MethodGet, "/desk/leave", work, "One's own leave, and what waits for one's decision (请假)", a.leaveListPage)
	a.page(http.MethodGet, "/desk/leave/new", work, "The forms for leave, an outing, a trip, a call", func(w http.ResponseWriter, r *http.Request) { a.leaveNewPage(w, r, r.URL.Query().Get("kind"), nil) })
	for _, k := range leaveKinds {
		a.page(http.MethodPost, "/desk/leave/"+k.path, work, k.en+", by the form", func(w http.ResponseWriter, r *http.Request) { a.leaveForm(w, r, k) })
	}
	a.page(http.MethodGet, "/desk/leave/register", work, "The register of leave of a month (请假登记)", a.leaveRegisterPage)
	a.page(http.MethodPost, "/desk/leave/register", work, "Total a month of the register, by the form", a.leaveMonthForm)
	a.page(http.MethodGet, "/leave/register.csv", work, "The register of leave of a month as a table", a.leaveRegisterCSV)
	recordPages(a, "/desk/leave/{id}", "leave", work, "One leave, outing or trip: its slip, its history, what can be done", openLeave, (*leaveView).build, leaveActs)
	a.page(http.MethodGet, "/desk/whereabouts", work, "Who is where (去向牌)", a.whereaboutsPage)
}

// leaveKind is what a person can ask for or report, each with a form of its own.
type leaveKind struct {
	id, path, zh, en string
	begin            func(*desk) leave.Command // as the form begins
}

var leaveKinds = []leaveKind{
	{leave.KindLeave, "requests", "请假", "Ask for leave", func(d *desk) leave.Command {
		next := d.today.Add(1)
		return leave.Ask{From: leave.Edge{On: next, Half: leave.AM}, To: leave.Edge{On: next, Half: leave.PM}, Form: leave.Written}
	}},
	{leave.KindOuting, "outings", "因公外出", "Report an outing", func(*desk) leave.Command { return leave.ReportOuting{} }},
	{leave.KindTrip, "trips", "出差", "Report a trip", func(d *desk) leave.Command {
		next := d.today.Add(1)
		return leave.ReportTrip{From: leave.Edge{On: next, Half: leave.AM}, To: leave.Edge{On: next, Half: leave.PM}}
	}},
	{leave.KindPhone, "phone-ins", "登记电话请假", "Enter a call", func(d *desk) leave.Command {
		return leave.PhoneIn{From: leave.Edge{On: d.today, Half: leave.AM}, To: leave.Edge{On: d.today, Half: leave.PM}, Cause: "urgent"}
	}},
}

// ledgerOf is the ledger that a command is about: of the person it names, or the asker's.
func (d *desk) ledgerOf(cmd leave.Command) string {
	person := d.who.Person
	switch c := cmd.(type) {
	case leave.PhoneIn:
		person = c.Person
	case leave.ReportOuting:
		if c.Person != "" {
			person = c.Person
		}
	}
	return leave.Stream(person)
}

// colleagues are the persons of the office but the asker.
func (d *desk) colleagues() (list []option) {
	for _, p := range d.names.People("rank", d.today) {
		if p.ID != d.who.Person && p.Officer == "" {
			list = append(list, option{ID: p.ID, Name: p.Name})
		}
	}
	return list
}

// takesCalls tells whether the office takes leave by telephone, and the asker's post takes the calls.
func (d *desk) takesCalls() bool {
	others := d.colleagues()
	if len(others) == 0 {
		return false
	}
	call := leave.PhoneIn{Person: others[0].ID, Cause: "urgent"}
	_, err := try(d, leave.Context, leave.Stream(call.Person), leave.Command(call))
	return err == nil || !errors.Is(err, leave.ErrPhone) && !errors.Is(err, leave.ErrCall) && !errors.Is(err, domain.ErrBlank)
}

// half is a half day as an office writes it.
func (d *desk) half(e leave.Edge) string { return d.date(e.On) + d.t("", " ") + d.word(string(e.Half)) }

// halves is a span of half days; one day is named once.
func (d *desk) halves(from, to leave.Edge) string {
	switch {
	case from == to:
		return d.half(from)
	case from.On == to.On:
		return d.date(from.On)
	case from.Half == leave.AM && to.Half == leave.PM:
		return d.date(from.On) + d.t(" 至 ", " to ") + d.date(to.On)
	}
	return d.half(from) + d.t(" 至 ", " to ") + d.half(to)
}

// hours is a span of one day.
func (d *desk) hours(from, to domain.Instant) string {
	return d.date(d.on(from)) + " " + from.In(d.zone).Format("15:04") + d.t(" 至 ", " to ") + to.In(d.zone).Format("15:04")
}

// leaveRow is one absence in a list.
type leaveRow struct {
	Href, Who, Kind, Type, Place, Span, Days, Status, Tone, More string
	Due                                                          due
}

func (d *desk) leaveRow(a whereabouts.Absence) leaveRow {
	row := leaveRow{Href: "/desk/leave/" + a.Request, Who: d.name(a.Person), Kind: d.word("kind." + a.Kind), Type: a.Type, Place: a.Place}
	if a.Kind == leave.KindOuting {
		row.Span = d.hours(a.StartsAt, a.BackAt)
	} else {
		row.Span = d.halves(a.From, a.To)
	}
	if a.Kind == leave.KindLeave || a.Kind == leave.KindPhone {
		row.Days = a.Days.String()
	}
	row.Status, row.Tone = d.leaveStatus(a)
	switch {
	case a.Review:
		row.More = d.t("补交的材料逾期，待复核", "papers came late and wait for a review")
	case a.Waiting:
		row.More = d.t("由 ", "by ") + d.name(a.Post) + d.t(" 审批", "")
	}
	switch {
	case a.Status == leave.StatusOpen:
		row.Due = d.due(a.PapersDue)
	case a.Status == leave.StatusGranted && a.ReturnedAt.IsZero() && !d.now.Before(a.StartsAt.Time):
		row.Due = d.due(a.ReportDue)
	}
	return row
}

// leaveStatus says where an absence stands.
func (d *desk) leaveStatus(a whereabouts.Absence) (text, tone string) {
	t := d.t
	business := a.Kind == leave.KindOuting || a.Kind == leave.KindTrip
	switch {
	case a.Waiting && a.Extension:
		return t("续假待审批", "extension asked for"), "ochre"
	case a.Status == leave.StatusAsked:
		return t("待审批", "waits for approval"), "ochre"
	case a.Status == leave.StatusOpen:
		return t("待补材料", "papers to follow"), "ochre"
	case a.Status == leave.StatusLapsed:
		return t("逾期未补材料", "no papers in time"), "seal"
	case a.Status == leave.StatusRefused:
		return t("未批准", "not approved"), "seal"
	case a.Status == leave.StatusWithdrawn:
		return t("已撤回", "taken back"), ""
	case !a.ReturnedAt.IsZero() && business:
		return t("已返回", "back"), "green"
	case !a.ReturnedAt.IsZero():
		return t("已销假", "back at work"), "green"
	case a.Overstayed:
		return t("逾期未归", "overstayed"), "seal"
	case d.now.Before(a.StartsAt.Time) && business:
		return t("已报", "reported"), "green"
	case d.now.Before(a.StartsAt.Time):
		return t("已批准", "approved"), "green"
	case d.now.Before(a.BackAt.Time) && business:
		return t("在外", "away"), "azure"
	case d.now.Before(a.BackAt.Time):
		return t("休假中", "on leave"), "azure"
	}
	return t("待销假", "return not reported"), "ochre"
}

const leavePage = 40

// leaveListPage shows one's own, what waits for one's decision, and what the keeper has to enter.
func (a *API) leaveListPage(w http.ResponseWriter, r *http.Request) {
	type data struct {
		View, Next              string
		Rows                    []leaveRow
		Waiting, Unentered      int
		Keeps, Reads, TakesCall bool
		Balances                []leave.Balance
	}
	a.view(w, r, "leaves", func(d *desk) (*frame, error) {
		f, err := d.frame(d.t("请假与外出", "Leave and outings"))
		if err != nil {
			return nil, err
		}
		out := data{View: r.URL.Query().Get("view"), Keeps: a.keepsLeave(d.ctx, d.who) == nil, Reads: a.readsRegister(d.ctx, d.who) == nil, TakesCall: d.takesCalls()}
		f.Data = &out
		posts, err := d.posts(d.ctx, d.who)
		if err != nil {
			return nil, err
		}
		waiting, err := whereabouts.Waiting(d.ctx, a.cfg.Read.Pool, d.who.Office, d.who.Person, posts)
		if err != nil {
			return nil, err
		}
		out.Waiting = len(waiting)
		var entries []whereabouts.Absence
		if out.Keeps {
			if entries, err = whereabouts.Unregistered(d.ctx, a.cfg.Read.Pool, d.who.Office); err != nil {
				return nil, err
			}
			out.Unentered = len(entries)
		}
		skip, err := whole(r.URL.Query().Get("after"))
		if err != nil {
			return nil, problemInvalid
		}
		var list []whereabouts.Absence
		switch out.View {
		case "waiting":
			list = waiting[min(skip, len(waiting)):]
		case "entries":
			list = entries[min(skip, len(entries)):]
		default:
			if list, err = whereabouts.Of(d.ctx, a.cfg.Read.Pool, d.who.Office, d.who.Person, skip, leavePage+1); err != nil {
				return nil, err
			}
			if out.Balances, err = commands.LeaveBalances(d.ctx, a.cfg.Handler, d.who.Office, d.who.Person); err != nil && !errors.Is(err, domain.ErrBlank) {
				return nil, err
			}
		}
		if len(list) > leavePage {
			list, out.Next = list[:leavePage], turned(r, "after", strconv.Itoa(skip+leavePage))
		}
		for _, absence := range list {
			out.Rows = append(out.Rows, d.leaveRow(absence))
		}
		return f, nil
	})
}

// leaveFill fills in a form of leave: what there is to choose from, and only the fields of its kind.
func (d *desk) leaveFill(kind string) (fill, error) {
	p, err := d.policy()
	return fill{
		options: func(name string) []option {
			switch name {
			case "type":
				return d.policyOptions(p, leave.Types.Name, "")
			case "person":
				return d.colleagues()
			}
			return nil
		},
		change: func(f *field) bool {
			switch f.Name {
			case "person":
				return kind == leave.KindPhone
			case "cause":
				f.Kind = "hidden"
			case "type":
				f.Width = ""
			case "certificate":
				f.Hint = d.t("病假按制度须附医生证明", "sick leave comes with a doctor's certificate, as the rules say")
			case "form":
				f.Hint = d.t("达到制度规定的天数须书面", "in writing from the length on that the rules set")
			case "reason", "purpose", "task":
				f.Short = true
			}
			if strings.Contains(f.Name, "[") { // the day and its half stand beside each other
				f.Width = "half"
			}
			return true
		}}, err
}

// leaveNewPage shows the form of a kind. Who would decide is asked of the rules, and nothing is written by it.
func (a *API) leaveNewPage(w http.ResponseWriter, r *http.Request, kind string, back func(*desk, *fill) (foretold, error)) {
	type data struct {
		Kinds []option
		Form  form
		Asked foretold
		Ask   bool
	}
	i := max(0, slices.IndexFunc(leaveKinds, func(k leaveKind) bool { return k.id == kind }))
	k := leaveKinds[i]
	a.view(w, r, "leave-new", func(d *desk) (*frame, error) {
		f, err := d.frame(d.t(k.zh, k.en))
		if err != nil {
			return nil, err
		}
		out := data{Ask: k.id != leave.KindPhone}
		f.Data = &out
		for _, one := range leaveKinds {
			if one.id != leave.KindPhone || d.takesCalls() {
				out.Kinds = append(out.Kinds, option{one.id, d.t(one.zh, one.en), one.id == k.id})
			}
		}
		with, err := d.leaveFill(k.id)
		if err != nil {
			return nil, err
		}
		if back != nil {
			if out.Asked, err = back(d, &with); err != nil {
				return nil, err
			}
			if with.problem != nil {
				f.Refusal = d.refusal(with.problem)
			}
		}
		out.Form = formOf(d, k.begin(d), k.path, "/desk/leave/"+k.path, d.t(k.zh, k.en), with)
		out.Form.Primary = true
		return f, nil
	})
}

// foretold is what the rules would do with a request now.
type foretold struct {
	Text, Clause string
	Facts        []string
}

// leaveForm carries a form out, or asks the rules alone who would decide it.
func (a *API) leaveForm(w http.ResponseWriter, r *http.Request, k leaveKind) {
	if !readForm(w, r) {
		a.refusePage(w, r, problemMalformed)
		return
	}
	come := func(problem *Problem, told foretold) {
		a.leaveNewPage(w, r, k.id, func(d *desk, with *fill) (foretold, error) {
			with.values, with.problem = r.PostForm, problem
			return told, nil
		})
	}
	d, err := a.desk(r)
	if err != nil {
		a.refusePage(w, r, err)
		return
	}
	begin := k.begin(d)
	if r.PostForm.Get("ask") != "" {
		cmd, _, err := a.posted(r, d.zone, reflect.TypeOf(begin))
		var told foretold
		if err == nil {
			told, err = d.askLeave(cmd.(leave.Command))
		}
		if err != nil {
			come(a.asProblem(d.ctx, err), foretold{})
			return
		}
		come(nil, told)
		return
	}
	out, err := carryOut(a, r, d.zone, leave.Context, begin, func(_ commands.Request, cmd leave.Command) string { return d.ledgerOf(cmd) })
	if err != nil {
		come(a.asProblem(d.ctx, err), foretold{})
		return
	}
	to := "/desk/leave"
	if len(out.Body.Events) > 0 {
		to += "/" + requestOf(out.Body.Events[0].Data, nil)
	}
	a.recorded(w, r, out, to)
}

// askLeave tells who would decide a request, by which tier.
func (d *desk) askLeave(cmd leave.Command) (told foretold, err error) {
	events, err := try(d, leave.Context, d.ledgerOf(cmd), cmd)
	if err != nil {
		return told, err
	}
	told.Text = d.t("报告即可，无须审批。", "It is reported; nobody has to approve it.")
	for _, e := range events {
		s, ok := e.(leave.StepRouted)
		if !ok {
			continue
		}
		told.Text = d.t("由 ", "It is decided by ") + d.name(s.Post) + d.t(" 审批。", ".")
		if s.Post == "" {
			told.Text = d.t("上面没有可以审批的岗位，提交后须等待安排。", "No post above can decide it: it would wait.")
		} else if who := d.names.Holders(s.Post, d.today); len(who) > 0 {
			told.Text = d.t("由 ", "It is decided by ") + d.name(s.Post) + " " + d.nameAll(who) + d.t(" 审批。", ".")
		}
		told.Facts = d.tier(s)
		told.Clause = d.cite(s.Rule)
	}
	return told, nil
}

// tier says by how many days a step was routed, and what was added up.
func (d *desk) tier(s leave.StepRouted) (facts []string) {
	if s.Total.Tenths > 0 {
		facts = append(facts, fmt.Sprintf(d.t("本次 %s 日，合计 %s 日", "%s days, %s altogether"), s.Days, s.Total))
	}
	if len(s.Aggregated) > 0 {
		facts = append(facts, fmt.Sprintf(d.t("与相邻的 %d 次假合并计算", "added up with %d leaves next to it"), len(s.Aggregated)))
	}
	switch s.Boundary {
	case "lower", "incl":
		facts = append(facts, d.t("正好在档位的上限，按本单位的读法归下一档", "just at the end of the tier, which is in it as the office reads its text"))
	case "upper":
		facts = append(facts, d.t("正好在档位的上限，按本单位的读法归上一档", "just at the end of a tier, and in the next one as the office reads its text"))
	}
	if s.Form == leave.Written {
		facts = append(facts, d.t("须书面申请", "asked for in writing"))
	}
	for _, p := range s.Passed {
		facts = append(facts, d.t("越过 ", "past ")+d.name(p.Post)+d.t("：", ": ")+d.word(p.Cause))
	}
	if s.Vacant {
		facts = append(facts, d.t("该岗位空缺", "the post is vacant"))
	}
	return facts
}

// requestOf is the request that an event or the command behind it names.
func requestOf(event any, command *domain.StoredCommand) string {
	if v := reflect.Indirect(reflect.ValueOf(event)); v.Kind() == reflect.Struct {
		if f := v.FieldByName("Request"); f.IsValid() && f.Kind() == reflect.String {
			return f.String()
		}
	}
	var named struct{ Request string }
	if command != nil && json.Unmarshal(command.Body, &named) == nil {
		return named.Request
	}
	return ""
}

// leaveView is one request before the asker. Its record is the person's ledger, of which the page tells this request.
type leaveView struct {
	*record[leave.Ledger]
	request leave.Request
	told    []domain.Recorded
}

func openLeave(a *API, r *http.Request) (*leaveView, error) {
	d, err := a.desk(r)
	if err != nil {
		return nil, err
	}
	id := chi.URLParam(r, "id")
	if !uuidForm.MatchString(id) {
		return nil, problemNotFound
	}
	stream, err := whereabouts.Find(d.ctx, a.cfg.Read.Pool, d.who.Office, id)
	if err != nil {
		return nil, err
	}
	v := &leaveView{record: &record[leave.Ledger]{desk: d, of: leave.Context, stream: stream}}
	if v.events, v.sees, err = d.story(stream); err != nil {
		return nil, err
	}
	if !v.sees {
		return nil, hide(v.events)
	}
	d.caught(v.events)
	if v.state, err = v.of.Fold(leave.Ledger{}, v.events); err != nil {
		return nil, err
	}
	v.request = v.state.Requests[id]
	v.request.ID = id
	for _, e := range v.events {
		if requestOf(e.Event, e.Asked) == id {
			v.told = append(v.told, e)
		}
	}
	return v, nil
}

func (v *leaveView) href() string { return "/desk/leave/" + v.request.ID }

func (v *leaveView) recorded() []domain.Recorded { return v.told }

// leaveActs are the acts upon a request, those that decide it first.
var leaveActs = []recordAct[*leaveView]{
	upon("approvals", "同意", "Approve", func(v *leaveView) leave.Command { return leave.Approve{Request: v.request.ID} }),
	upon("disapprovals", "不同意", "Refuse", func(v *leaveView) leave.Command { return leave.Disapprove{Request: v.request.ID} }),
	upon("papers", "补交书面材料", "Hand in the papers", func(v *leaveView) leave.Command { return leave.SupplyPaper{Request: v.request.ID} }),
	upon("paper-reviews", "复核逾期材料", "Review the late papers", func(v *leaveView) leave.Command { return leave.ReviewLatePaper{Request: v.request.ID} }),
	upon("returns", "销假", "Report the return", func(v *leaveView) leave.Command { return leave.Return{Request: v.request.ID, Back: v.backNow()} }),
	upon("extensions", "续假", "Ask for a longer leave", func(v *leaveView) leave.Command {
		return leave.Extend{Request: v.request.ID, To: leave.Edge{On: v.request.Back.On, Half: leave.PM}, Form: leave.Written}
	}),
	upon("entries", "登记", "Enter it in the register", func(v *leaveView) leave.Command { return leave.Register{Request: v.request.ID} }),
	upon("withdrawals", "撤回", "Take it back", func(v *leaveView) leave.Command { return leave.Withdraw{Request: v.request.ID} }),
}

// backNow is the half day of the report, from which a return is reported if nothing else is typed.
func (v *leaveView) backNow() leave.Edge {
	if v.request.Kind == leave.KindOuting {
		return leave.Edge{}
	}
	half := leave.AM
	if domain.At(v.now).In(v.zone).Hour() >= 12 {
		half = leave.PM
	}
	if e := (leave.Edge{On: v.today, Half: half}); !e.Before(v.request.From) {
		return e
	}
	return v.request.From
}

func (v *leaveView) suit(act string, f *field) bool {
	switch act + " " + f.Name {
	case "returns back[on]", "returns back[half]":
		return v.request.Kind != leave.KindOuting
	case "extensions certificate", "papers certificate":
		return v.request.Type == leave.Sick
	}
	if f.Name == "request" {
		f.Kind = "hidden"
	}
	if strings.Contains(f.Name, "[") {
		f.Width = "third"
	}
	return true
}

func (v *leaveView) leaves(act string, why *domain.Refusal) bool {
	mine := v.state.Person == v.who.Person
	switch act {
	case "papers", "paper-reviews":
		return why.Kind != domain.Invalid
	case "returns", "extensions":
		return !mine || v.request.Kind != leave.KindLeave && act == "extensions"
	case "entries", "withdrawals":
		return why.Kind == domain.Forbidden || why.Code == leave.ErrNotRegistrable.Code
	case "approvals", "disapprovals":
		return why.Code == leave.ErrNotWaiting.Code
	}
	return false
}

func (v *leaveView) next() []string {
	return []string{"approvals", "disapprovals", "papers", "paper-reviews", "returns", "entries"}
}

// slip is a request as the paper form has it (请假审批单).
type leaveSlip struct {
	Title, Who, Post, Unit, Kind, Type, Span, Days, Place, Reason, Certificate, Contact, Form, Asked string
	Decisions                                                                                        []leaveDecision
	Entered, Back, Papers                                                                            string
}

type leaveDecision struct{ What, Text, Who, When, Tone string }

// slip reads the form off the events.
func (v *leaveView) slip() (s leaveSlip) {
	t, r := v.t, v.request
	s.Title = map[string]string{leave.KindOuting: t("外出登记单", "Outing"), leave.KindTrip: t("出差报告单", "Trip")}[r.Kind]
	if s.Title == "" {
		s.Title = t("请假审批单", "Leave slip")
	}
	s.Who, s.Kind, s.Type = v.name(v.state.Person), v.word("kind."+r.Kind), r.Type
	s.Days = r.Days.String()
	if r.Kind == leave.KindOuting {
		s.Span, s.Days = v.hours(r.StartsAt, r.BackAt), ""
	} else {
		s.Span = v.halves(r.From, r.To)
	}
	if r.Kind == leave.KindTrip {
		s.Days = ""
	}
	for _, e := range v.told {
		by := func(post, person string) string { return strings.TrimSpace(v.name(post) + " " + v.name(person)) }
		if e.Erased {
			continue
		}
		switch x := e.Event.(type) {
		case leave.Requested:
			s.Reason, s.Certificate, s.Contact, s.Form = x.Reason, x.Certificate, x.Contact, v.word(x.Form)
		case leave.PhonedIn:
			s.Reason, s.Form = x.Reason, t("电话，由 ", "by telephone, taken by ")+v.name(x.By)+t(" 接听", "")
		case leave.OutingReported:
			s.Place, s.Reason = x.Place, x.Purpose
		case leave.TripReported:
			s.Place, s.Reason = x.Place, x.Task
		case leave.Approved:
			what := t("同意", "approved")
			if x.Extension {
				what = t("同意续假至 ", "extended to ") + v.half(x.To)
			}
			s.Decisions = append(s.Decisions, leaveDecision{what, "", by(x.Post, x.By), v.at(e.OccurredAt), "green"})
		case leave.Disapproved:
			what := t("不同意", "not approved")
			if x.Extension {
				what = t("不同意续假", "not extended")
			}
			s.Decisions = append(s.Decisions, leaveDecision{what, x.Reason, by(x.Post, x.By), v.at(e.OccurredAt), "seal"})
		case leave.LatePaperReviewed:
			what, tone := t("逾期材料不予采纳", "late papers not accepted"), "seal"
			if x.Accepted {
				what, tone = t("采纳逾期材料", "late papers accepted"), "green"
			}
			s.Decisions = append(s.Decisions, leaveDecision{what, x.Reason, by(x.Post, x.By), v.at(e.OccurredAt), tone})
		case leave.PaperSupplied:
			s.Papers = x.Text
			if x.Late {
				s.Papers += t("（逾期）", " (late)")
			}
		case leave.Registered:
			s.Entered = v.name(x.By) + " " + v.at(e.OccurredAt)
		case leave.Returned:
			s.Back = v.half(x.Back)
			if r.Kind == leave.KindOuting {
				s.Back = v.limit(x.At)
			}
			if x.By != v.state.Person {
				s.Back += t("，由 ", ", reported by ") + v.name(x.By) + t(" 报告", "")
			}
		}
	}
	if len(v.told) > 0 {
		s.Asked = v.date(v.on(v.told[0].OccurredAt))
	}
	if unit, ok := v.names.Person(v.state.Person).On(v.today); ok {
		s.Unit = v.name(unit)
	}
	for _, p := range v.names.PostsOf(v.state.Person, v.today) {
		s.Post = p.Title
		break
	}
	return s
}

// build makes the page of one request: the slip as it prints, its history, and what can be done now.
func (v *leaveView) build() (*frame, error) {
	type data struct {
		Slip         leaveSlip
		Status, Tone string
		More         string
		Due          due
		Lines        []line
		Acts         actList
	}
	f, err := v.frame(v.word("kind." + v.request.Kind))
	if err != nil {
		return nil, err
	}
	r := v.request
	a := whereabouts.Absence{Request: r.ID, Person: v.state.Person, Kind: r.Kind, Type: r.Type, Status: r.Status, StartsAt: r.StartsAt, BackAt: r.BackAt, Days: r.Days,
		Waiting: r.Status == leave.StatusAsked || !r.Extension.To.On.IsZero(), Extension: !r.Extension.To.On.IsZero(), Post: r.Post, ReportDue: r.ReportDue,
		PapersDue: r.PapersDue, Overstayed: r.Overstayed, Registered: r.Registered, From: r.From, To: r.To, Review: len(r.ReviewersOf) > 0}
	if !r.Returned.On.IsZero() {
		a.ReturnedAt = domain.At(v.now)
	}
	row := v.leaveRow(a)
	out := data{Slip: v.slip(), Status: row.Status, Tone: row.Tone, More: row.More, Due: row.Due}
	if a.Waiting && out.Due.Text == "" {
		out.Due = v.due(r.StepDue)
	}
	f.Data, f.Sub = &out, out.Slip.Who
	done := v.done(v.stream)
	out.Lines = v.lines(v.told, v.sees, done)
	for _, l := range out.Lines {
		if l.Fresh {
			f.Notice = l.Text
		}
	}
	out.Acts, err = possible(v, leaveActs)
	return f, err
}

// tellLeave tells what happened to a leave, an outing or a trip.
func (d *desk) tellLeave(l *line, event any) {
	t, fact := d.t, l.fact
	longer := func(extension bool, zh, en, longZh, longEn string) string {
		if extension {
			return t(longZh, longEn)
		}
		return t(zh, en)
	}
	switch e := event.(type) {
	case leave.Requested:
		l.Text, l.Quote = t("请", "asked for ")+e.Type+t(" ", ", ")+e.Days.String()+t(" 日", " days"), e.Reason
		fact("", d.halves(e.From, e.To))
		fact(t("证明 ", "certificate "), e.Certificate)
	case leave.StepRouted:
		l.Text = longer(e.Extension, "送 ", "put to ", "续假送 ", "the extension was put to ") + d.name(e.Post) + t(" 审批", "")
		if e.Post == "" {
			l.Tone, l.Text = "seal", t("上面没有可以审批的岗位", "no post above can decide it")
		}
		l.Facts = append(l.Facts, d.tier(e)...)
		fact(t("最迟 ", "by "), d.limit(e.Due))
	case leave.FindingRaised:
		l.Tone, l.Text = "seal", t("无人可以审批，等待安排", "nobody can decide it: it waits")
		fact("", d.name(e.Post))
	case leave.StepEscalated:
		l.Tone, l.Text = "ochre", t("逾时未决，改由 ", "not decided in time, now with ")+d.name(e.To)+t(" 审批", "")
		fact(t("原为 ", "it was with "), d.name(e.From))
		fact(t("最迟 ", "by "), d.limit(e.Due))
	case leave.Approved:
		l.Tone, l.Text = "green", d.name(e.By)+longer(e.Extension, " 同意", " approved", " 同意续假至 ", " extended it to ")
		if e.Extension {
			l.Text += d.half(e.To)
		}
		fact(t("返岗 ", "back on "), d.half(e.Back))
		fact(t("最迟销假 ", "return reported by "), d.limit(e.ReportDue))
	case leave.Disapproved:
		l.Tone, l.Text, l.Quote = "seal", d.name(e.By)+longer(e.Extension, " 不同意", " did not approve", " 不同意续假", " did not extend it"), e.Reason
	case leave.Withdrawn:
		l.Text = longer(e.Extension, "撤回", "taken back", "撤回续假", "the extension was taken back")
	case leave.ExtensionRequested:
		l.Text, l.Quote = t("申请续假至 ", "asked to extend it to ")+d.half(e.To)+t("，共 ", ", ")+e.Days.String()+t(" 日", " days altogether"), e.Reason
	case leave.Registered:
		l.Tone, l.Text = "green", t("记入请假登记簿", "entered in the register of leave")
	case leave.Returned:
		l.Tone, l.Text = "green", t("销假：", "back from ")+d.half(e.Back)+t(" 起返岗", " on")
		if e.Late {
			l.Tone = "ochre"
			fact("", t("逾期报告", "reported late"))
		}
		if e.Days.Tenths > 0 {
			fact(t("实际 ", "it came to "), e.Days.String()+t(" 日", " days"))
		}
	case leave.Overstayed:
		l.Tone, l.Text = "seal", t("逾期未销假", "the return was not reported in time")
		fact(t("应于 ", "due by "), d.limit(e.ReportDue))
	case leave.DaysRevised:
		l.Tone, l.Text = "ochre", t("日历变动，天数由 ", "the calendar changed: ")+e.Was.String()+t(" 改为 ", " days are now ")+e.Days.String()
	case leave.PhonedIn:
		l.Text, l.Quote = t("电话请假：", "phoned in: ")+e.Type+" "+e.Days.String()+t(" 日", " days"), e.Reason
		fact("", d.halves(e.From, e.To))
		fact(t("书面材料最迟 ", "papers by "), d.limit(e.PapersDue))
	case leave.PaperSupplied:
		l.Tone, l.Text, l.Quote = "green", t("补交书面材料", "the papers were handed in"), e.Text
		if e.Late {
			l.Tone, l.Text = "ochre", t("补交书面材料，已逾期", "the papers were handed in, late")
			fact(t("由 ", "reviewed by "), d.nameAll(e.Reviewers))
		}
	case leave.PaperLapsed:
		l.Tone, l.Text = "seal", t("材料逾期未补，请假不成立", "no papers came in time: it is no leave")
		fact(t("应于 ", "due by "), d.limit(e.PapersDue))
	case leave.LatePaperReviewed:
		l.Tone, l.Text, l.Quote = "seal", t("逾期材料不予采纳", "the late papers were not accepted"), e.Reason
		if e.Accepted {
			l.Tone, l.Text = "green", t("采纳逾期材料，请假成立", "the late papers were accepted: it is a leave")
		}
	case leave.OutingReported:
		l.Text, l.Quote = t("外出 ", "out to ")+e.Place, e.Purpose
		fact("", d.hours(e.OutAt, e.BackAt))
	case leave.TripReported:
		l.Text, l.Quote = t("出差 ", "trip to ")+e.Place, e.Task
		fact("", d.halves(e.From, e.To))
	case leave.MonthCompiled:
		l.Tone, l.Text = "green", t("汇总 ", "totalled ")+e.Month
	case leave.BalanceOpened:
		l.Text = fmt.Sprintf(t("期初余额：%s %s 日", "opening balance: %s %s days"), e.Type, e.Days)
		fact(t("依据 ", "by "), e.Source)
	case leave.EntitlementGranted:
		l.Text = fmt.Sprintf(t("%d 年度%s %s 日（工作满 %d 年）", "%d: %s %s days (%d full years of service)"), e.Year, e.Type, e.Days, e.Years)
	case leave.TimeOffCredited:
		l.Text = fmt.Sprintf(t("记入%s %s 日", "%s: %s days for time worked"), e.Type, e.Days)
		fact(t("加班 ", "worked on "), d.date(e.Worked))
	case leave.BalanceCorrected:
		l.Tone, l.Text = "ochre", fmt.Sprintf(t("更正%s：%s 日改为 %s 日", "%s corrected: %s days are %s"), e.Type, e.Was, e.Days)
		fact(t("理由：", "why: "), e.Reason)
	}
}

// month is the month that the page is about: that of the query, or this one.
func (d *desk) month() string {
	if m := d.r.URL.Query().Get("month"); monthForm(m) {
		return m
	}
	return d.today.String()[:7]
}

func monthForm(m string) bool {
	_, err := domain.ParseDate(m + "-01")
	return err == nil && len(m) == 7
}

// leaveRegisterPage is the register of a month with its totals, as it prints.
func (a *API) leaveRegisterPage(w http.ResponseWriter, r *http.Request) {
	a.showLeaveRegister(w, r, nil)
}

func (a *API) showLeaveRegister(w http.ResponseWriter, r *http.Request, problem *Problem) {
	type row struct{ Href, Who, Unit, Type, Span, Days, Whole, Decided, Entered, Back string }
	type total struct {
		Type, Days      string
		Leaves, Persons int
	}
	type data struct {
		Month, Prev, Next, CSV, Compiled string
		Rows                             []row
		Totals                           []total
		Days                             string
		Unentered                        int
		Compile                          *form
	}
	a.view(w, r, "leave-register", func(d *desk) (*frame, error) {
		if err := a.readsRegister(d.ctx, d.who); err != nil {
			return nil, err
		}
		month := d.month()
		if problem != nil && monthForm(r.PostForm.Get("month")) {
			month = r.PostForm.Get("month")
		}
		f, err := d.frame(d.t("请假登记", "Register of leave"))
		if err != nil {
			return nil, err
		}
		lines, err := commands.LeaveRegister(d.ctx, a.cfg.Handler, d.who.Office, month)
		if err != nil {
			return nil, err
		}
		first, _ := domain.ParseDate(month + "-01")
		out := data{Month: month, Prev: first.Add(-1).String()[:7], Next: first.Add(31).String()[:7], CSV: "/leave/register.csv?month=" + month}
		f.Data, f.Sub = &out, fmt.Sprintf(d.t("%d年%d月", "%[1]d-%02[2]d"), first.Year, int(first.Month))
		all, totals, seen := leave.Days{}, map[string]*total{}, map[string]bool{}
		tenths := map[string]int{}
		for _, l := range lines {
			unit, _ := d.names.Person(l.Person).On(l.From.On)
			one := row{Href: "/desk/leave/" + l.Request, Who: d.name(l.Person), Unit: d.name(unit), Type: l.Type, Span: d.halves(l.From, l.To), Days: l.Days.String(),
				Whole: l.Whole.String(), Decided: strings.TrimSpace(d.name(l.Post) + " " + d.name(l.By))}
			if l.Kind == leave.KindPhone {
				one.Decided = d.t("电话请假，已补材料", "phoned in, with papers")
			}
			if l.Registered {
				one.Entered = d.t("已登记", "entered")
			} else {
				out.Unentered++
			}
			if l.Returned {
				one.Back = d.t("已销假", "back")
			}
			out.Rows = append(out.Rows, one)
			sum := totals[l.Type]
			if sum == nil {
				sum = &total{Type: l.Type}
				totals[l.Type] = sum
			}
			sum.Leaves++
			tenths[l.Type] += l.Days.Tenths
			all.Tenths += l.Days.Tenths
			if who := l.Type + " " + l.Person; !seen[who] {
				seen[who] = true
				sum.Persons++
			}
		}
		for _, typ := range slices.Sorted(maps.Keys(totals)) {
			totals[typ].Days = leave.Days{Tenths: tenths[typ]}.String()
			out.Totals = append(out.Totals, *totals[typ])
		}
		out.Days = all.String()
		book, revision, err := commands.State(d.ctx, a.cfg.Handler, leave.Context, d.who.Office, leave.RegisterStream(d.who.Office))
		if err != nil {
			return nil, err
		}
		if m, ok := book.Months[month]; ok {
			out.Compiled = d.name(m.By)
		}
		compile := leave.CompileMonth{Month: month}
		events, err := try(d, leave.Context, leave.RegisterStream(d.who.Office), leave.Command(compile))
		if err == nil && len(events) > 0 || problem != nil {
			with := fill{problem: problem, change: func(f *field) bool { f.Kind = "hidden"; return true }}
			if problem != nil {
				with.values, f.Refusal = r.PostForm, d.refusal(problem)
			}
			form := formOf(d, compile, "compile", "/desk/leave/register", d.t("汇总本月", "Total the month"), with)
			if revision >= 0 {
				form.IfMatch = strconv.FormatInt(revision, 10)
			}
			out.Compile = &form
		}
		return f, nil
	})
}

func (a *API) leaveMonthForm(w http.ResponseWriter, r *http.Request) {
	if !readForm(w, r) {
		a.refusePage(w, r, problemMalformed)
		return
	}
	asking, _ := asker(r.Context())
	out, err := carryOut(a, r, a.cfg.Handler.Zone, leave.Context, leave.Command(leave.CompileMonth{}), func(commands.Request, leave.Command) string {
		return leave.RegisterStream(asking.Office)
	})
	if err != nil {
		a.showLeaveRegister(w, r, a.asProblem(r.Context(), err))
		return
	}
	a.recorded(w, r, out, "/desk/leave/register?month="+r.PostForm.Get("month"))
}

// leaveRegisterCSV writes the register of a month as a table that spreadsheets open with its Chinese right.
func (a *API) leaveRegisterCSV(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	asking, _ := asker(ctx)
	month := r.URL.Query().Get("month")
	if err := a.readsRegister(ctx, asking); err != nil {
		a.fail(w, r, err)
		return
	}
	if !monthForm(month) {
		a.fail(w, r, problemInvalid)
		return
	}
	lines, err := commands.LeaveRegister(ctx, a.cfg.Handler, asking.Office, month)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	names, err := a.names.Names(ctx, a.cfg.Read.Pool, asking.Office)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	called := func(id string) string {
		if id == "" {
			return ""
		}
		return names.Name(id)
	}
	half := func(e leave.Edge) string {
		return e.On.String() + map[leave.Half]string{leave.AM: " 上午", leave.PM: " 下午"}[e.Half]
	}
	mark := func(yes bool) string {
		if yes {
			return "是"
		}
		return ""
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="leave-`+month+`.csv"`)
	_, _ = w.Write([]byte("\ufeff"))
	out := csv.NewWriter(w)
	_ = out.Write([]string{"姓名", "单位", "假别", "起", "止", "本月天数", "全部天数", "审批岗位", "审批人", "已登记", "已销假"})
	for _, l := range lines {
		unit, _ := names.Person(l.Person).On(l.From.On)
		_ = out.Write(cells(called(l.Person), called(unit), l.Type, half(l.From), half(l.To), l.Days.String(), l.Whole.String(), called(l.Post), called(l.By), mark(l.Registered), mark(l.Returned)))
	}
	out.Flush()
}
