package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"andu/commands"
	"andu/domain"
	"andu/domain/attendance"
	"andu/domain/calendar"
	"andu/projections/timesheet"

	"github.com/go-chi/chi/v5"
)

// attendancePages are the pages of the sign-in book. The acts upon a person's day are the forms of dayActs.
func (a *API) attendancePages() {
	get, post, work := http.MethodGet, http.MethodPost, commands.Work
	a.page(get, "/desk/attendance", work, "Today's sheet, and one's own sign-in (签到)", func(w http.ResponseWriter, r *http.Request) { a.sheetPage(w, r, nil) })
	a.page(post, "/desk/attendance/marks", work, "Sign in by the form", a.markForm)
	a.page(get, "/desk/attendance/record", work, "A person's month, day by day", a.recordPage)
	a.page(get, "/desk/attendance/months/{month}", work, "The table of a month (月汇总)", func(w http.ResponseWriter, r *http.Request) { a.monthPage(w, r, nil) })
	a.page(post, "/desk/attendance/months/{month}", work, "Compile a month by the form", a.monthForm)
	a.page(get, "/desk/attendance/years/{year}", work, "Full attendance and absence of a year", func(w http.ResponseWriter, r *http.Request) { a.yearPage(w, r, nil) })
	a.page(post, "/desk/attendance/years/{year}", work, "Compile a year by the form", a.yearForm)
	recordPages(a, "/desk/attendance/days/{id}", "attendance-day", work, "One day of a person: its marks, what it counts for, what can be done", openDay, (*dayView).build, dayActs)
}

func (d *desk) weekday(day domain.Date) string {
	name := weekdays[day.Weekday()]
	return d.t(name[0], name[1])
}

// clockTime is a time of day.
func (d *desk) clockTime(i domain.Instant) string {
	if i.IsZero() {
		return ""
	}
	return i.In(d.zone).Format("15:04")
}

// minutes says how long a span is, in words.
func (d *desk) minutes(s time.Duration) string {
	n := int((s + time.Minute - 1) / time.Minute)
	switch {
	case n >= 60 && n%60 == 0:
		return fmt.Sprintf(d.t("%d 小时", "%d h"), n/60)
	case n >= 60:
		return fmt.Sprintf(d.t("%d 小时 %d 分钟", "%d h %d min"), n/60, n%60)
	}
	return fmt.Sprintf(d.t("%d 分钟", "%d min"), n)
}

// ownSession is a session of today before the person who signs.
type ownSession struct {
	Name, Text, Tone, When string
	Form                   *form // none: it is not open
}

// ownSessions are today's sessions as they stand for the asker. The rules say whether he can sign now; nothing is written.
func (d *desk) ownSessions(sheets []timesheet.Sheet, problem *Problem) (list []ownSession, err error) {
	own, err := timesheet.Record(d.ctx, d.cfg.Read.Pool, d.who.Office, d.who.Person, d.today, d.today)
	if err != nil {
		return nil, err
	}
	stream := attendance.StreamOf(commands.NewID, d.who.Office, d.who.Person, d.today)
	now := domain.At(d.now)
	for _, s := range sheets {
		one := ownSession{Name: d.sessionName(s.Session)}
		for _, day := range own {
			for _, m := range day.Marks {
				if m.Session == s.Session {
					one.Tone, one.Text = "green", d.t("已签到 ", "signed at ")+d.clockTime(m.At)
					if m.Late {
						one.Tone, one.Text = "ochre", one.Text+d.t("，迟到", ", late")
					}
				}
			}
		}
		over := !s.Cutoff.IsZero() && now.After(s.Cutoff.Time)
		var refusal *domain.Refusal
		_, err := try(d, attendance.Context, stream, attendance.Command(attendance.SignIn{Session: s.Session, Method: "web"}))
		if !errors.As(err, &refusal) && err != nil {
			return nil, err
		}
		switch {
		case now.Before(s.Opens.Time):
			one.When = d.clockTime(s.Opens) + d.t(" 开始", " it opens")
			one.Text = cmp.Or(one.Text, d.t("还有 ", "in ")+d.minutes(s.Opens.Sub(d.now)))
		case over:
			one.When = d.clockTime(s.Cutoff) + d.t(" 已截止", " was the cut-off")
			if one.Text == "" {
				one.Tone, one.Text = "seal", d.t("未签到", "not signed")
			}
		case s.Cutoff.IsZero():
			one.When = d.t("应于 ", "expected by ") + d.clockTime(s.Expected)
		default:
			one.When = d.clockTime(s.Cutoff) + d.t(" 截止，还有 ", " is the cut-off, in ") + d.minutes(s.Cutoff.Sub(d.now))
		}
		if refusal != nil && one.Text == "" {
			one.Tone, one.Text = "", d.say(refusal.Code, refusal.Params, refusal.Text(d.lang))
		}
		departs := one.Text != "" && s.Cutoff.IsZero() && s.Session == sheets[len(sheets)-1].Session
		if refusal == nil && !over && !now.Before(s.Opens.Time) && (one.Tone == "" || departs) {
			f := formOf(d, attendance.SignIn{Session: s.Session, Method: "web"}, "sign-"+s.Session, "/desk/attendance/marks", one.Name+d.t("签到", ": sign in"), fill{problem: problem, values: d.r.PostForm,
				change: func(f *field) bool { f.Kind = "hidden"; return true }})
			f.Primary = one.Tone == ""
			one.Form = &f
		}
		list = append(list, one)
	}
	return list, nil
}

// sheetLine is a person on the day's sheets, a cell for each session.
type sheetLine struct {
	Name, Href string
	Cells      []sheetCell
}

// sheetCell is one session of a person; Lacks tells whether something is missing in it or was late.
type sheetCell struct {
	Text, When, Tone, More string
	Lacks                  bool
}

// stateTones say how a state of a session is to be read.
var stateTones = map[attendance.State]string{attendance.Signed: "green", attendance.Admitted: "green", attendance.CoveredState: "azure", attendance.LateAttempt: "ochre", attendance.Missing: "seal"}

func (d *desk) cell(s timesheet.Sheet, l timesheet.Line) sheetCell {
	if l.State == timesheet.Waiting && l.Cover == "" && d.now.Before(s.Opens.Time) {
		return sheetCell{}
	}
	c := sheetCell{Text: d.word("att." + string(l.State)), Tone: stateTones[l.State], When: d.clockTime(l.At)}
	switch {
	case l.Late && l.State == attendance.Signed:
		c.Tone, c.Text = "ochre", d.t("迟到", "late")
	case l.Cover != "":
		c.More = d.word("kind." + l.Cover)
	case l.Supplement:
		c.More = d.t("补入", "supplement")
	}
	c.Lacks = c.Tone == "seal" || c.Tone == "ochre" || l.State == timesheet.Waiting || l.State == timesheet.Undetermined
	return c
}

const sheetPage = 60

// sheetPage is the day's sheet as it prints, and before it the asker's own sign-in. The sheet is for those who keep it.
func (a *API) sheetPage(w http.ResponseWriter, r *http.Request, problem *Problem) {
	type sum struct {
		Name, When, State                   string
		Signed, Covered, Missing, Open, All int
		Supplements                         int
	}
	type refused struct{ Name, Session, When, Cutoff string }
	type objection struct{ Href, Name, Date string }
	type data struct {
		Keeps, Today                         bool
		Own                                  []ownSession
		Date, Day, Before, After, View, More string
		Sums                                 []sum
		Lines                                []sheetLine
		Refused                              []refused
		Objections                           []objection
		Record, Month, Year, NoSheet         string
		Whole                                int
	}
	a.view(w, r, "attendance", func(d *desk) (*frame, error) {
		f, err := d.frame(d.t("考勤", "Attendance"))
		if err != nil {
			return nil, err
		}
		out := &data{Keeps: a.keepsAttendance(d.ctx, d.who) == nil, View: r.URL.Query().Get("view")}
		f.Data = out
		if problem != nil {
			f.Refusal = d.refusal(problem)
		}
		day := d.today
		if text := r.URL.Query().Get("date"); text != "" && out.Keeps {
			if day, err = domain.ParseDate(text); err != nil {
				return nil, problemInvalid
			}
		}
		out.Date, out.Day, out.Today = day.String(), d.date(day)+" "+d.weekday(day), day == d.today
		out.Before, out.After = turned(r, "date", day.Add(-1).String()), turned(r, "date", day.Add(1).String())
		out.Record, out.Month, out.Year = "/desk/attendance/record", "/desk/attendance/months/"+d.today.String()[:7], "/desk/attendance/years/"+strconv.Itoa(d.today.Year)
		sheets, err := timesheet.Sheets(d.ctx, a.cfg.Read.Pool, d.who.Office, day)
		if err != nil {
			return nil, err
		}
		if len(sheets) == 0 {
			out.NoSheet = d.noSheet(day)
		}
		if out.Today {
			if out.Own, err = d.ownSessions(sheets, problem); err != nil {
				return nil, err
			}
		}
		if !out.Keeps {
			return f, nil
		}
		lines := map[string]*sheetLine{}
		for i, s := range sheets {
			if err := a.away(d.ctx, d.who.Office, s); err != nil {
				return nil, err
			}
			one := sum{Name: d.sessionName(s.Session), Signed: s.Signed, Covered: s.Covered, Missing: s.Missing, Open: s.Open, All: len(s.Lines), Supplements: s.Supplements}
			switch {
			case !s.ClosedAt.IsZero():
				one.State = d.clockTime(s.ClosedAt) + d.t(" 收存", " collected")
			case d.now.Before(s.Opens.Time):
				one.State = d.clockTime(s.Opens) + d.t(" 开始", " it opens")
			case s.Cutoff.IsZero():
				one.State = d.t("签到中", "open")
			default:
				one.State = d.clockTime(s.Cutoff) + d.t(" 截止", " is the cut-off")
				if left := s.Cutoff.Sub(d.now); left > 0 {
					one.When = d.t("还有 ", "in ") + d.minutes(left)
				}
			}
			out.Sums = append(out.Sums, one)
			for _, l := range s.Lines {
				row, ok := lines[l.Person]
				if !ok {
					row = &sheetLine{Name: d.name(l.Person), Href: "/desk/attendance/record?person=" + l.Person + "&month=" + day.String()[:7], Cells: make([]sheetCell, len(sheets))}
					lines[l.Person] = row
				}
				row.Cells[i] = d.cell(s, l)
			}
		}
		var rows []*sheetLine
		for _, p := range d.names.People("rank", day) {
			if row, ok := lines[p.ID]; ok {
				rows = append(rows, row)
				delete(lines, p.ID)
			}
		}
		for _, row := range lines { // who has left since
			rows = append(rows, row)
		}
		out.Whole = len(rows)
		if out.View == "missing" {
			rows = slices.DeleteFunc(rows, func(l *sheetLine) bool {
				return !slices.ContainsFunc(l.Cells, func(c sheetCell) bool { return c.Lacks })
			})
		}
		if rows, out.More, err = paged(r, rows); err != nil {
			return nil, err
		}
		for _, row := range rows {
			out.Lines = append(out.Lines, *row)
		}
		attempts, err := timesheet.Attempts(d.ctx, a.cfg.Read.Pool, d.who.Office, day)
		if err != nil {
			return nil, err
		}
		for _, x := range attempts {
			out.Refused = append(out.Refused, refused{d.name(x.Person), d.sessionName(x.Session), x.At.In(d.zone).Format("15:04:05"), d.clockTime(x.Cutoff)})
		}
		objections, err := timesheet.Objections(d.ctx, a.cfg.Read.Pool, d.who.Office)
		for _, x := range objections {
			out.Objections = append(out.Objections, objection{"/desk/attendance/days/" + x.ID, d.name(x.Person), d.date(x.Date)})
		}
		return f, err
	})
}

// noSheet says why a day has no sheets.
func (d *desk) noSheet(day domain.Date) string {
	roll, revision, err := commands.State(d.ctx, d.cfg.Handler, attendance.Rolls, d.who.Office, attendance.RollStream(d.who.Office))
	cal, _, err2 := commands.State(d.ctx, d.cfg.Handler, calendar.Context, d.who.Office, calendar.Stream(d.who.Office))
	switch {
	case errors.Join(err, err2) != nil || revision < 0 || roll.Since.IsZero():
		return d.t("本单位尚未启用签到簿。", "The office's sign-in book is not begun.")
	case day.Before(roll.Since):
		return d.t("签到簿自", "The book begins on ") + d.date(roll.Since) + d.t("启用。", ".")
	case cal.Day(day).Kind == calendar.Weekend || cal.Day(day).Kind == calendar.Off:
		return d.t("这一天不是工作日，不设签到。", "It is no working day: nobody signs in.")
	}
	return d.t("这一天的签到表尚未开启。", "The day's sheets are not open yet.")
}

// markForm signs the asker in.
func (a *API) markForm(w http.ResponseWriter, r *http.Request) {
	if !readForm(w, r) {
		a.refusePage(w, r, problemMalformed)
		return
	}
	asking, _ := asker(r.Context())
	zone := a.cfg.Handler.Zone
	out, err := carryOut(a, r, zone, attendance.Context, attendance.Command(attendance.SignIn{}), func(req commands.Request, _ attendance.Command) string {
		return attendance.StreamOf(commands.NewID, asking.Office, asking.Person, domain.DateOf(req.Received, zone))
	})
	if err != nil {
		a.sheetPage(w, r, a.asProblem(r.Context(), err))
		return
	}
	a.recorded(w, r, out, "/desk/attendance")
}

// personDay is a day in a person's month.
type personDay struct {
	Date, Day, Href, Result, Tone, Days string
	Marks                               []string
	More                                []string
}

// resultTones say how a result is to be read.
var resultTones = map[attendance.Result]string{attendance.Normal: "green", attendance.Covered: "azure", attendance.LateDay: "ochre", attendance.EarlyDay: "ochre",
	attendance.HalfAbsent: "seal", attendance.Absent: "seal"}

func (d *desk) personDay(day timesheet.Day) personDay {
	one := personDay{Date: d.date(day.Date), Day: d.weekday(day.Date), Href: "/desk/attendance/days/" + day.ID}
	for _, m := range day.Marks {
		text := d.sessionName(m.Session) + " " + d.clockTime(m.At)
		if m.Late {
			text += d.t(" 迟到", " late")
		}
		one.Marks = append(one.Marks, text)
	}
	for _, x := range day.Refused {
		one.Marks = append(one.Marks, d.sessionName(x.Session)+" "+d.clockTime(x.At)+d.t(" 逾时未受理", " too late, not taken"))
	}
	if n := len(day.Determinations); n > 0 {
		last := day.Determinations[n-1]
		one.Result, one.Tone = d.word("att."+string(last.Result)), resultTones[last.Result]
		if last.Days.Tenths > 0 {
			one.Days = last.Days.String()
		}
		if n > 1 {
			one.More = append(one.More, fmt.Sprintf(d.t("重新认定 %d 次", "determined anew %d times"), n-1))
		}
	} else if !day.Awaits.IsZero() {
		one.Result, one.Tone = d.t("待定", "open"), "ochre"
		one.More = append(one.More, d.t("等补办手续至 ", "waits for papers until ")+d.limit(day.Awaits))
	}
	if day.Objection {
		one.More = append(one.More, d.t("申诉待裁决", "an objection waits"))
	}
	for _, o := range day.Owed {
		if o.Left > 0 {
			one.More = append(one.More, fmt.Sprintf(d.t("欠补 %d 分钟", "%d min to be made up"), o.Left))
		}
	}
	return one
}

// monthOf reads the month that is asked for: this one, where none is.
func (d *desk) monthOf(text string) (first domain.Date, err error) {
	if text == "" {
		text = d.today.String()[:7]
	}
	if first, err = domain.ParseDate(text + "-01"); err != nil {
		return first, problemInvalid
	}
	return first, nil
}

func nextMonth(first domain.Date) domain.Date {
	next := first.Add(31)
	next.Day = 1
	return next
}

// recordPage is a person's month: one's own, and everybody's for those who keep the book.
func (a *API) recordPage(w http.ResponseWriter, r *http.Request) {
	type data struct {
		Own                   bool
		Name, Month           string
		Before, After, Person string
		Days                  []personDay
		Tally                 attendance.Tally
		Year                  attendance.YearRow
	}
	a.view(w, r, "attendance-record", func(d *desk) (*frame, error) {
		person := cmp.Or(r.URL.Query().Get("person"), d.who.Person)
		if person != d.who.Person {
			if err := a.keepsAttendance(d.ctx, d.who); err != nil {
				return nil, err
			}
		}
		first, err := d.monthOf(r.URL.Query().Get("month"))
		if err != nil {
			return nil, err
		}
		next := nextMonth(first)
		f, err := d.frame(d.t("考勤记录", "Attendance record"))
		if err != nil {
			return nil, err
		}
		out := &data{Own: person == d.who.Person, Name: d.name(person), Month: d.monthName(first), Person: person,
			Before: turned(r, "month", first.Add(-1).String()[:7]), After: turned(r, "month", next.String()[:7])}
		f.Data, f.Sub = out, out.Name
		days, err := timesheet.Record(d.ctx, a.cfg.Read.Pool, d.who.Office, person, first, next.Add(-1))
		if err != nil {
			return nil, err
		}
		for _, day := range days {
			out.Days = append(out.Days, d.personDay(day))
			if n := len(day.Determinations); n > 0 {
				out.Tally = out.Tally.Add(attendance.Finding{Result: day.Determinations[n-1].Result, Days: day.Determinations[n-1].Days})
			}
		}
		year, err := a.yearRows(d.ctx, d.who.Office, first.Year, person)
		if len(year) > 0 {
			out.Year = year[0]
		}
		return f, err
	})
}

func (d *desk) monthName(first domain.Date) string {
	if d.lang == "en" {
		return first.Month.String() + " " + strconv.Itoa(first.Year)
	}
	return fmt.Sprintf("%d年%d月", first.Year, int(first.Month))
}

// tallyRow is a person's row of a month or a year.
type tallyRow struct {
	Name, Href string
	attendance.Tally
	Year attendance.YearRow
}

// monthPage is the table of a month, for those to whom it is reported and who keep the book.
func (a *API) monthPage(w http.ResponseWriter, r *http.Request, problem *Problem) {
	type data struct {
		Month, Before, After, Compiled, To, Next string
		Rows                                     []tallyRow
		Sum                                      attendance.Tally
		Compile                                  *form
	}
	a.view(w, r, "attendance-month", func(d *desk) (*frame, error) {
		if err := a.keepsAttendance(d.ctx, d.who); err != nil {
			return nil, err
		}
		first, err := d.monthOf(chi.URLParam(r, "month"))
		if err != nil {
			return nil, err
		}
		f, err := d.frame(d.t("月考勤汇总", "Attendance of a month"))
		if err != nil {
			return nil, err
		}
		month := first.String()[:7]
		out := &data{Month: d.monthName(first), Before: "/desk/attendance/months/" + first.Add(-1).String()[:7], After: "/desk/attendance/months/" + nextMonth(first).String()[:7]}
		f.Data, f.Sub = out, out.Month
		if problem != nil {
			f.Refusal = d.refusal(problem)
		}
		m, err := timesheet.MonthOf(d.ctx, a.cfg.Read.Pool, d.who.Office, month, "")
		if err != nil {
			return nil, err
		}
		rows := map[string]attendance.Tally{}
		for _, t := range m.Rows {
			rows[t.Person] = t
			out.Sum.Days, out.Sum.Normal, out.Sum.Late, out.Sum.Early = out.Sum.Days+t.Days, out.Sum.Normal+t.Normal, out.Sum.Late+t.Late, out.Sum.Early+t.Early
			out.Sum.Covered, out.Sum.Half, out.Sum.Absent, out.Sum.Other = out.Sum.Covered+t.Covered, out.Sum.Half+t.Half, out.Sum.Absent+t.Absent, out.Sum.Other+t.Other
			out.Sum.Absence.Tenths += t.Absence.Tenths
		}
		all := d.ranked(rows, func(person string, t attendance.Tally) tallyRow {
			return tallyRow{Name: d.name(person), Href: "/desk/attendance/record?person=" + person + "&month=" + month, Tally: t}
		})
		if out.Rows, out.Next, err = paged(r, all); err != nil {
			return nil, err
		}
		if !m.CompiledAt.IsZero() {
			out.Compiled, out.To = d.at(m.CompiledAt), d.nameAll(m.Posts)
			return f, nil
		}
		cmd := attendance.Compile{Month: month, Rows: []attendance.Tally{}}
		if _, err := try(d, attendance.Rolls, attendance.RollStream(d.who.Office), domain.Command[attendance.Roll](cmd)); err == nil || problem != nil {
			out.Compile = d.alone("compile", "/desk/attendance/months/"+month, d.t("汇总并上报", "Compile and report"))
		}
		return f, nil
	})
}

// alone is a form without fields: what it does follows from the records.
func (d *desk) alone(id, action, title string) *form {
	f := formOf(d, struct{}{}, id, action, title, fill{})
	f.Primary = true
	return &f
}

// ranked puts rows of persons into the order of the office.
func (d *desk) ranked(rows map[string]attendance.Tally, row func(string, attendance.Tally) tallyRow) (list []tallyRow) {
	for _, p := range d.names.People("rank", d.today) {
		if t, ok := rows[p.ID]; ok {
			list = append(list, row(p.ID, t))
			delete(rows, p.ID)
		}
	}
	for person, t := range rows { // who has left since
		list = append(list, row(person, t))
	}
	return list
}

// paged is one page of a list, and the address of the next.
func paged[T any](r *http.Request, list []T) (page []T, next string, err error) {
	skip, err := whole(r.URL.Query().Get("after"))
	if err != nil {
		return nil, "", problemInvalid
	}
	page = list[min(skip, len(list)):]
	if len(page) > sheetPage {
		page, next = page[:sheetPage], turned(r, "after", strconv.Itoa(skip+sheetPage))
	}
	return page, next, nil
}

func (a *API) monthForm(w http.ResponseWriter, r *http.Request) {
	month := chi.URLParam(r, "month")
	a.compileForm(w, r, a.monthPage, func(ctx context.Context, req commands.Request) (commands.Result, error) {
		return commands.CompileMonth(ctx, a.cfg.Handler, month, req)
	}, month)
}

// compileForm carries out a form without fields whose command is gathered from the records.
func (a *API) compileForm(w http.ResponseWriter, r *http.Request, back func(http.ResponseWriter, *http.Request, *Problem), compile func(context.Context, commands.Request) (commands.Result, error), what any) {
	if !readForm(w, r) {
		a.refusePage(w, r, problemMalformed)
		return
	}
	_, h, err := a.posted(r, a.cfg.Handler.Zone, reflect.TypeFor[struct{}]())
	var req commands.Request
	if err == nil {
		req, err = a.ask(r.Context(), h, what)
	}
	var res commands.Result
	if err == nil {
		if res, err = compile(r.Context(), req); err != nil {
			err = a.refused(r.Context(), req, err)
		}
	}
	if err != nil {
		back(w, r, a.asProblem(r.Context(), err))
		return
	}
	a.recorded(w, r, a.answer(res, ""), r.URL.Path)
}

// yearPage counts a year: full attendance and absence without cause.
func (a *API) yearPage(w http.ResponseWriter, r *http.Request, problem *Problem) {
	type data struct {
		Year, Before, After, Next string
		Full, Awol                bool
		Limits                    string
		Rows                      []tallyRow
		Compile                   *form
	}
	a.view(w, r, "attendance-year", func(d *desk) (*frame, error) {
		if err := a.keepsAttendance(d.ctx, d.who); err != nil {
			return nil, err
		}
		year, err := strconv.Atoi(chi.URLParam(r, "year"))
		if err != nil || year < 2000 || year > 9999 {
			return nil, problemNotFound
		}
		f, err := d.frame(d.t("年度考勤", "Attendance of a year"))
		if err != nil {
			return nil, err
		}
		limits, err := a.yearLimits(d.ctx, d.who.Office)
		if err != nil {
			return nil, err
		}
		out := &data{Year: strconv.Itoa(year), Before: "/desk/attendance/years/" + strconv.Itoa(year-1), After: "/desk/attendance/years/" + strconv.Itoa(year+1), Full: limits.Full, Awol: limits.Awol}
		f.Data, f.Sub = out, out.Year
		if limits.Awol {
			out.Limits = fmt.Sprintf(d.t("连续旷工超过 %d 日、全年累计超过 %d 日的标出。", "Marked: absent without cause over %d days in a row, or over %d in the year."), limits.InARow, limits.InAYear)
		}
		if problem != nil {
			f.Refusal = d.refusal(problem)
		}
		counted, err := a.yearRows(d.ctx, d.who.Office, year, "")
		if err != nil {
			return nil, err
		}
		rows, tallies := map[string]attendance.YearRow{}, map[string]attendance.Tally{}
		for _, row := range counted {
			rows[row.Person], tallies[row.Person] = row, attendance.Tally{}
		}
		all := d.ranked(tallies, func(person string, _ attendance.Tally) tallyRow {
			return tallyRow{Name: d.name(person), Href: "/desk/attendance/record?person=" + person, Year: rows[person]}
		})
		if out.Rows, out.Next, err = paged(r, all); err != nil {
			return nil, err
		}
		cmd := attendance.CompileYear{Year: year, Rows: []attendance.YearRow{}}
		if _, err := try(d, attendance.Rolls, attendance.RollStream(d.who.Office), domain.Command[attendance.Roll](cmd)); err == nil || problem != nil {
			out.Compile = d.alone("compile", r.URL.Path, d.t("汇总该年度", "Compile the year"))
		}
		return f, nil
	})
}

func (a *API) yearForm(w http.ResponseWriter, r *http.Request) {
	year, err := strconv.Atoi(chi.URLParam(r, "year"))
	if err != nil {
		a.refusePage(w, r, problemNotFound)
		return
	}
	a.compileForm(w, r, a.yearPage, func(ctx context.Context, req commands.Request) (commands.Result, error) {
		return commands.CompileYear(ctx, a.cfg.Handler, year, req)
	}, year)
}

// dayView is a person's day before the asker.
type dayView struct{ *record[attendance.Day] }

func openDay(a *API, r *http.Request) (*dayView, error) {
	rec, err := openRecord(a, r, attendance.Context)
	if err != nil {
		return nil, err
	}
	if !rec.sees {
		return nil, domain.ErrNoStream
	}
	return &dayView{rec}, nil
}

// dayActs are the acts upon a person's day, those that decide first.
var dayActs = []recordAct[*dayView]{
	upon("objection-decisions", "裁决申诉", "Decide the objection", func(v *dayView) attendance.Command {
		return attendance.DecideObjection{Sessions: v.missing()}
	}).editing(),
	upon("objections", "申诉", "Object", func(v *dayView) attendance.Command { return attendance.RaiseObjection{} }),
	upon("excuses", "准予补偿", "Excuse the lost time", func(v *dayView) attendance.Command { return attendance.Excuse{Session: v.owed()} }),
	upon("made-up-time", "登记补偿时间", "Record time made up", func(v *dayView) attendance.Command { return attendance.MakeUp{Session: v.owed()} }).editing(),
}

// missing are the sessions that count as not attended.
func (v *dayView) missing() (sessions []string) {
	for _, o := range v.state.Found.Sessions {
		if o.State == attendance.Missing || o.State == attendance.LateAttempt {
			sessions = append(sessions, o.Session)
		}
	}
	return sessions
}

// owed is the session for which time is still to be worked.
func (v *dayView) owed() string {
	for _, o := range v.state.Owed {
		if o.Left() > 0 {
			return o.Session
		}
	}
	return ""
}

func (v *dayView) choices(act, name string) (list []option) {
	switch name {
	case "sessions":
		for _, o := range v.state.Found.Sessions {
			list = append(list, option{ID: o.Session, Name: v.sessionName(o.Session)})
		}
	case "session":
		for _, o := range v.state.Owed {
			list = append(list, option{ID: o.Session, Name: v.sessionName(o.Session)})
		}
	}
	return list
}

func (v *dayView) suit(_ string, f *field) bool {
	if f.Name == "reason" || f.Name == "opinion" {
		f.Short = true
	}
	return true
}

func (v *dayView) next() []string {
	if v.state.Objection != "" {
		return []string{"objection-decisions"}
	}
	return []string{"objections", "excuses"}
}

// leaves leaves out what is another's to do, and what this office does not have.
func (v *dayView) leaves(act string, why *domain.Refusal) bool {
	switch why.Code {
	case attendance.ErrOthers.Code, attendance.ErrNotDecider.Code, attendance.ErrNoObjection.Code, attendance.ErrNothingOwed.Code, attendance.ErrNoMakeUp.Code:
		return true
	}
	return false
}

func (v *dayView) build() (*frame, error) {
	type session struct{ Name, Text, Tone, Why string }
	type data struct {
		Name, Date, Result, Tone, Days, Record string
		Policy, Calendar                       int64
		Determined                             bool
		Sessions                               []session
		Lines                                  []line
		Acts                                   actList
	}
	s := v.state
	f, err := v.frame(v.name(s.Person) + v.t("：", ", ") + v.date(s.Date))
	if err != nil {
		return nil, err
	}
	out := data{Name: v.name(s.Person), Date: v.date(s.Date) + " " + v.weekday(s.Date), Determined: s.Determined(),
		Result: v.word("att." + string(s.Found.Result)), Tone: resultTones[s.Found.Result], Days: s.Found.Days.String(), Policy: s.Found.Policy, Calendar: s.Found.Calendar,
		Record: "/desk/attendance/record?person=" + s.Person + "&month=" + s.Date.String()[:7]}
	switch {
	case !s.Determined() && s.Awaiting:
		out.Result, out.Tone = v.t("待定：等补办手续", "open: waits for papers"), "ochre"
	case !s.Determined():
		out.Result, out.Tone = v.t("尚未认定", "not determined yet"), ""
	}
	for _, o := range s.Found.Sessions {
		one := session{Name: v.sessionName(o.Session), Text: v.word("att." + string(o.State)), Tone: stateTones[o.State]}
		if o.Late {
			one.Text, one.Tone = one.Text+v.t("，迟到", ", late"), "ochre"
		}
		if o.Early {
			one.Text, one.Tone = one.Text+v.t("，早退", ", early"), "ochre"
		}
		if o.Cover != "" {
			one.Text += v.t("：", ": ") + v.word("kind."+o.Cover)
		}
		for _, r := range v.events {
			if r.ID == o.Event {
				one.Why = "/desk/explain/" + v.stream + "/" + strconv.FormatInt(r.Revision, 10)
			}
		}
		out.Sessions = append(out.Sessions, one)
	}
	f.Data = &out
	out.Lines = v.history(f)
	out.Acts, err = possible(v, dayActs)
	return f, err
}

// tellAttendance tells what happened to a person's day.
func (d *desk) tellAttendance(l *line, event any) {
	t, fact := d.t, l.fact
	found := func(f attendance.Finding) string {
		text := d.word("att." + string(f.Result))
		if f.Days.Tenths > 0 {
			text += t("，计 ", ", ") + f.Days.String() + t(" 日", " days")
		}
		for _, o := range f.Sessions {
			what := d.word("att." + string(o.State))
			if o.Cover != "" {
				what += t("（", " (") + d.word("kind."+o.Cover) + t("）", ")")
			}
			fact(d.sessionName(o.Session)+t("：", ": "), what)
		}
		fact(t("日历第 ", "calendar version "), strconv.FormatInt(f.Calendar, 10)+t(" 版", ""))
		return text
	}
	switch e := event.(type) {
	case attendance.SignedIn:
		l.Tone, l.Text = "green", d.sessionName(e.Session)+t("签到", ": signed in")
		if e.Late {
			l.Tone, l.Text = "ochre", l.Text+t("，迟到", ", late")
		}
		fact(t("方式：", "by "), d.word("att.by."+e.Method))
		fact(t("终端 ", "terminal "), e.Terminal)
	case attendance.TimeOwed:
		l.Tone, l.Text = "ochre", fmt.Sprintf(t("应补工作时间 %d 分钟，至%s 24:00", "%d min are to be made up by %s 24:00"), e.Minutes, d.date(e.Due))
	case attendance.LatenessExcused:
		l.Text, l.Quote = t("准予补偿", "the lost time was excused"), e.Opinion
	case attendance.TimeMadeUp:
		l.Text = t("补偿工作 ", "made up ") + d.limit(e.From) + t(" 至 ", " to ") + d.limit(e.To)
		fact(t("尚欠 ", "left "), strconv.Itoa(e.Left)+t(" 分钟", " min"))
	case attendance.Awaited:
		l.Tone, l.Text = "ochre", t("等补办手续至 ", "waits for papers until ")+d.limit(e.Until)
	case attendance.Determined:
		l.Tone, l.Text = resultTones[e.Result], t("认定：", "determined: ")+found(e.Finding)
	case attendance.Revised:
		l.Tone = resultTones[e.Result]
		l.Text = t("重新认定：", "determined anew: ") + found(e.Finding)
		fact(t("缘由：", "cause: "), d.word("att.cause."+string(e.Cause)))
		fact(t("原认定：", "before: "), d.word("att."+string(e.Before))+" "+e.BeforeDays.String())
	case attendance.ObjectionRaised:
		l.Tone, l.Text, l.Quote = "ochre", t("本人申诉", "the person objects"), e.Reason
	case attendance.ObjectionDecided:
		l.Text, l.Quote = t("申诉不予采纳", "the objection was declined"), e.Opinion
		if e.Accepted {
			l.Tone, l.Text = "green", t("申诉采纳", "the objection was accepted")
			names := make([]string, len(e.Sessions))
			for i, s := range e.Sessions {
				names[i] = d.sessionName(s)
			}
			fact(t("按到岗计：", "counts as attended: "), strings.Join(names, d.word("、")))
		}
	}
}
