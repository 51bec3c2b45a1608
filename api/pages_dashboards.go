package api

import (
	"encoding/csv"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"andu/commands"
	"andu/domain"
	"andu/domain/duty"
	"andu/projections/dashboards"
)

// board is a page of figures: it is asked about a day, months or a unit, and shows panels.
type board struct {
	name, zh, en string
	asks         []string // of what the filter asks: date, days, months, unit
	panels       []string
}

var boards = []board{
	{"overdue", "超期", "Overdue", nil, []string{"overdue"}},
	{"backlog", "在办与积压", "Backlog", []string{"days", "unit"}, []string{"backlog", "ages"}},
	{"cycle-times", "办理时效", "Cycle times", []string{"months", "unit"}, []string{"cycle-times"}},
	{"duty-loads", "值班分担", "Duty loads", []string{"months"}, []string{"duty-loads"}},
	{"arrivals", "签到曲线", "Sign-in curve", []string{"date"}, []string{"arrivals"}},
}

// panels are the figures one by one: each is a table, which is also given as CSV, and mostly a picture of it.
var panels = map[string]func(*desk) ([]panel, error){
	"overdue": (*desk).overduePanel, "backlog": (*desk).backlogPanel, "ages": (*desk).agesPanel, "cycle-times": (*desk).cyclePanel,
	"duty-loads": (*desk).loadsPanel, "arrivals": (*desk).arrivalsPanels,
}

// panel is one figure. Its rows stand beneath the picture, the same numbers.
type panel struct {
	Title, Note, CSV string
	Sums             []sum
	Chart            *chart
	Head             []cell
	Rows             [][]cell
	Empty            [2]string
	More             string // what the table leaves out
	name             string
}

// sum is a number to be read from afar.
type sum struct{ Label, Value, Small, Tone string }

// cell is one cell: a text, perhaps with bars beside it, each a share of the longest in percent.
type cell struct {
	Text, Href, Tone string
	Num              bool
	Bars             []bar
}

type bar struct {
	Width string
	Tone  string
}

// dashboardPages are the pages of figures.
func (a *API) dashboardPages() {
	a.page(http.MethodGet, "/desk/dashboards", commands.Work, "Figures of the office (统计)", a.dashboardPage)
	for _, b := range boards {
		for _, name := range b.panels {
			a.page(http.MethodGet, "/dashboards/"+name+".csv", commands.Work, b.en+", as a table", func(w http.ResponseWriter, r *http.Request) { a.panelCSV(w, r, name) })
		}
	}
}

func (a *API) dashboardPage(w http.ResponseWriter, r *http.Request) {
	type tab struct {
		Href, Text string
		On         bool
	}
	type data struct {
		Tabs               []tab
		Board              string
		Date, Days, Months bool
		On, From, To, Unit string
		Panels             []panel
		Units              []option
		ByUnit             bool
	}
	a.view(w, r, "dashboards", func(d *desk) (*frame, error) {
		f, err := d.frame(d.t("统计", "Figures"))
		if err != nil {
			return nil, err
		}
		q := r.URL.Query()
		shown := boards[0]
		out := data{}
		f.Data = &out
		for _, b := range boards {
			if b.name == "arrivals" && a.keepsAttendance(d.ctx, d.who) != nil && q.Get("board") != b.name {
				continue // who came when is for those who keep the sign-in book
			}
			if q.Get("board") == b.name {
				shown = b
			}
			out.Tabs = append(out.Tabs, tab{"/desk/dashboards?board=" + b.name, d.t(b.zh, b.en), false})
		}
		for i := range out.Tabs {
			out.Tabs[i].On = out.Tabs[i].Href == "/desk/dashboards?board="+shown.name
		}
		f.Sub = d.t(shown.zh, shown.en)
		out.Board, out.Unit = shown.name, q.Get("unit")
		out.Date, out.Days, out.Months = slices.Contains(shown.asks, "date"), slices.Contains(shown.asks, "days"), slices.Contains(shown.asks, "months")
		of := d.sought()
		switch {
		case out.Date:
			out.On = of.date.String()
		case out.Days:
			out.From, out.To = of.from.String(), of.to.String()
		case out.Months:
			first, last := of.months(shown.name)
			out.From, out.To = first.String()[:7], last.String()[:7]
		}
		if slices.Contains(shown.asks, "unit") {
			for _, u := range d.names.Units() {
				out.Units = append(out.Units, option{u.ID, d.name(u.ID), u.ID == out.Unit})
			}
			for _, p := range d.names.Posts() {
				out.Units = append(out.Units, option{p.ID, d.name(p.ID), p.ID == out.Unit})
			}
		}
		for _, name := range shown.panels {
			list, err := panels[name](d)
			if err != nil {
				return nil, err
			}
			for i := range list {
				list[i].CSV = "/dashboards/" + name + ".csv?" + q.Encode()
			}
			out.Panels = append(out.Panels, list...)
		}
		return f, nil
	})
}

// panelCSV writes the table of a figure, whole.
func (a *API) panelCSV(w http.ResponseWriter, r *http.Request, name string) {
	d, err := a.desk(r)
	var list []panel
	if err == nil {
		list, err = panels[name](d)
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	_, _ = w.Write([]byte("\ufeff"))
	out := csv.NewWriter(w)
	for i, p := range list {
		rows := p.Rows
		if i == 0 {
			rows = append([][]cell{p.Head}, rows...)
		}
		for _, row := range rows {
			texts := make([]string, 0, len(row)+1)
			if len(list) > 1 { // several tables in one: each row says of which it is
				texts = append(texts, p.Title)
			}
			for _, c := range row {
				texts = append(texts, c.Text)
			}
			_ = out.Write(cells(texts...))
		}
	}
	out.Flush()
}

// sought is what the filter asks for. What is not understood counts as not asked.
type sought struct {
	date, from, to domain.Date
	first, last    domain.Date // months; zero: as the board has it
	today          domain.Date
}

func (d *desk) sought() sought {
	q := d.r.URL.Query()
	date := func(key string) domain.Date { v, _ := domain.ParseDate(q.Get(key)); return v }
	month := func(key string) domain.Date { v, _ := domain.ParseDate(q.Get(key) + "-01"); return v }
	out := sought{date: date("date"), first: month("from"), last: month("to"), today: d.today}
	if out.date.IsZero() {
		out.date = d.today
	}
	var err error
	if out.from, out.to, err = lately(date("from"), date("to"), d.today); err != nil {
		out.from, out.to, _ = lately(domain.Date{}, domain.Date{}, d.today)
	}
	return out
}

// months is the span of months: of cycle times a year, of the watch this month, where none is asked for.
func (a sought) months(board string) (first, last domain.Date) {
	n := 1
	if board == "cycle-times" {
		n = 12
	}
	first, last, err := spanOfMonths(a.first, a.last, a.today, n)
	if err != nil {
		first, last, _ = spanOfMonths(domain.Date{}, domain.Date{}, a.today, n)
	}
	return first, last
}

func share(n, of int) string {
	if of == 0 {
		return "0"
	}
	return strconv.FormatFloat(math.Round(1000*float64(n)/float64(of))/10, 'f', -1, 64) + "%"
}

func number(n int) cell { return cell{Text: strconv.Itoa(n), Num: true} }

func (d *desk) unit(id string) string {
	if id == "" {
		return d.t("未分办或涉密", "not assigned, or classified")
	}
	return d.name(id)
}

// inRegister is the register filtered to what a figure counts.
func inRegister(pairs ...string) string {
	q := url.Values{"sort": {"due"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return "/desk/documents?" + q.Encode()
}

func (d *desk) overduePanel() ([]panel, error) {
	units, err := dashboards.OverdueByUnit(d.ctx, d.cfg.Read.Pool, d.who.Office, d.today)
	if err != nil {
		return nil, err
	}
	p := panel{Title: d.t("在办与超期，按主办", "In hand and overdue, by who leads"),
		Head: []cell{{Text: d.t("主办", "Led by")}, {Text: d.t("超期", "Overdue")}, {Text: d.t("今日到期", "Due today"), Num: true}, {Text: d.t("有时限", "With a limit"), Num: true},
			{Text: d.t("在办", "In hand"), Num: true}, {Text: d.t("最久超期（天）", "Longest, days"), Num: true}},
		Note:  d.t("横条：红为超期，蓝为未超期的在办件。涉密件计入总数，不分到主办。数字可点开到收文登记簿。", "Bars: overdue in red, the others in hand in blue. Classified papers are in the totals and under nobody who leads. A number opens the register."),
		Empty: [2]string{d.t("没有在办的件", "Nothing is in hand"), d.t("签收的文件办结之前都计在这里。", "Papers count here from the receipt until they are closed.")}}
	most, total := 0, dashboards.Overdue{}
	for _, u := range units {
		most = max(most, u.Open)
		total.Open, total.Overdue, total.Today, total.Limited = total.Open+u.Open, total.Overdue+u.Overdue, total.Today+u.Today, total.Limited+u.Limited
	}
	tone := func(n int, tone string) string {
		if n == 0 {
			return ""
		}
		return tone
	}
	p.Sums = []sum{{d.t("在办", "in hand"), strconv.Itoa(total.Open), "", ""}, {d.t("超期", "overdue"), strconv.Itoa(total.Overdue), "", tone(total.Overdue, "seal")},
		{d.t("今日到期", "due today"), strconv.Itoa(total.Today), "", tone(total.Today, "ochre")}}
	for _, u := range units {
		late := cell{Text: strconv.Itoa(u.Overdue), Tone: tone(u.Overdue, "seal"), Bars: []bar{{share(u.Overdue, most), "seal"}, {share(u.Open-u.Overdue, most), "azure"}}}
		open := number(u.Open)
		if u.Unit != "" {
			open.Href = inRegister("open", "true", "lead", u.Unit)
			if u.Overdue > 0 {
				late.Href = inRegister("overdue", "true", "lead", u.Unit)
			}
		}
		longest := cell{Num: true}
		if u.Overdue > 0 {
			longest = number(u.Longest)
		}
		p.Rows = append(p.Rows, []cell{{Text: d.unit(u.Unit)}, late, number(u.Today), number(u.Limited), open, longest})
	}
	return []panel{p}, nil
}

// longTable is how many rows of days stand beneath a curve; the CSV has all of them.
const longTable = 62

func (d *desk) backlogPanel() ([]panel, error) {
	of := d.sought()
	days, err := dashboards.Backlog(d.ctx, d.cfg.Read.Pool, d.who.Office, d.r.URL.Query().Get("unit"), of.from, of.to)
	if err != nil {
		return nil, err
	}
	p := panel{Title: d.t("每日日终的在办件", "Papers in hand at the end of each day"),
		Note: d.t("超期：时限的最后一天在该日之前。今天的数字是现在的。", "Overdue: the last day was before the day. Of today, the figures are those of now."),
		Head: []cell{{Text: d.t("日期", "Day")}, {Text: d.t("签收", "Received"), Num: true}, {Text: d.t("重新启办", "Reopened"), Num: true}, {Text: d.t("办结离办", "Done with"), Num: true},
			{Text: d.t("在办", "In hand"), Num: true}, {Text: d.t("超期", "Overdue"), Num: true}},
		Empty: [2]string{d.t("这些天没有收文", "No papers in these days"), d.t("有签收的文件以后，每日日终在办、超期的件数会画在这里。", "Once papers are signed for, how many are in hand and overdue at the end of each day is drawn here.")}}
	if len(days) == 0 {
		return []panel{p}, nil
	}
	received, closed, most := 0, 0, 0
	for _, day := range days {
		received, closed, most = received+day.Received, closed+day.Closed, max(most, day.Open)
	}
	last := days[len(days)-1]
	p.Sums = []sum{{d.t("在办", "in hand"), strconv.Itoa(last.Open), d.date(last.Date), ""}, {d.t("超期", "overdue"), strconv.Itoa(last.Overdue), d.date(last.Date), ""},
		{d.t("期间签收", "received"), strconv.Itoa(received), "", ""}, {d.t("期间办结离办", "done with"), strconv.Itoa(closed), "", ""}}
	if last.Overdue > 0 {
		p.Sums[1].Tone = "seal"
	}
	c := newChart(d.t("日终在办与超期的件数", "papers in hand and overdue at the end of each day"), most, len(days)-1)
	open, overdue := make([]int, len(days)), make([]int, len(days))
	for i, day := range days {
		open[i], overdue[i] = day.Open, day.Overdue
	}
	c.curve(d.t("在办", "in hand"), "azure", open)
	c.curve(d.t("超期", "overdue"), "seal", overdue)
	for _, i := range []int{0, (len(days) - 1) / 2, len(days) - 1} {
		c.tick(i, d.date(days[i].Date))
	}
	p.Chart = c
	for i, day := range slices.Backward(days) {
		if len(days)-i > longTable && d.csv() == "" {
			p.More = d.t("表中只列最近的日子，导出的表格列全部。", "The table lists the last days; the exported one has all.")
			break
		}
		late := number(day.Overdue)
		if day.Overdue > 0 {
			late.Tone = "seal"
		}
		text := day.Date.String()
		if d.csv() == "" {
			text = d.date(day.Date)
		}
		p.Rows = append(p.Rows, []cell{{Text: text}, number(day.Received), number(day.Reopened), number(day.Closed), number(day.Open), late})
	}
	return []panel{p}, nil
}

// csv is the table that is asked for; "" for a page.
func (d *desk) csv() string {
	name, ok := strings.CutSuffix(d.r.URL.Path, ".csv")
	if !ok {
		return ""
	}
	return name
}

// classes of age in days, each up to and including; the last has no end.
var ageClasses = []int{2, 7, 15, 30, math.MaxInt}

func (d *desk) agesPanel() ([]panel, error) {
	unit := d.r.URL.Query().Get("unit")
	ages, err := dashboards.Ages(d.ctx, d.cfg.Read.Pool, d.who.Office, unit, d.today)
	if err != nil {
		return nil, err
	}
	p := panel{Title: d.t("现在在办的件签收了多久", "How long ago the papers in hand were signed for"), Note: d.t("自然日，自签收当日起算。", "Calendar days since the receipt."),
		Head:  []cell{{Text: d.t("签收至今", "Since the receipt")}, {Text: d.t("件数", "Papers")}},
		Empty: [2]string{d.t("没有在办的件", "Nothing is in hand"), d.t("在办的件按签收至今的天数分段列在这里。", "Papers in hand are listed here by the days since their receipt.")}}
	counts, most := make([]int, len(ageClasses)), 0
	for _, a := range ages {
		i, _ := slices.BinarySearch(ageClasses, a.Days)
		counts[i] += a.Papers
		most = max(most, counts[i])
	}
	if most == 0 {
		return []panel{p}, nil
	}
	from := 0
	for i, to := range ageClasses {
		text, since := fmt.Sprintf(d.t("%d 至 %d 天", "%d to %d days"), from, to), d.today.Add(-min(to, 36500)).String()
		if to == math.MaxInt {
			text, since = fmt.Sprintf(d.t("%d 天以上", "%d days and more"), from), ""
		}
		tone := "azure"
		if i == len(ageClasses)-1 {
			tone = "ochre"
		}
		n := cell{Text: strconv.Itoa(counts[i]), Bars: []bar{{share(counts[i], most), tone}}}
		if counts[i] > 0 {
			n.Href = inRegister("open", "true", "lead", unit, "from", since, "until", d.today.Add(-from).String())
		}
		p.Rows = append(p.Rows, []cell{{Text: text}, n})
		from = to + 1
	}
	return []panel{p}, nil
}

func (d *desk) cyclePanel() ([]panel, error) {
	first, last := d.sought().months("cycle-times")
	cycles, err := dashboards.CycleTimes(d.ctx, d.cfg.Read.Pool, d.who.Office, d.r.URL.Query().Get("unit"), first, last)
	if err != nil {
		return nil, err
	}
	stages := map[string]string{"registration": d.t("签收至登记", "receipt to registration"), "instruction": d.t("登记至批示", "registration to instruction"),
		"acceptance": d.t("批示至接办", "instruction to acceptance"), "handling": d.t("接办至办结", "acceptance to closing"), "whole": d.t("签收至办结", "receipt to closing")}
	head := func(first string) []cell {
		return []cell{{Text: first}, {Text: d.t("件数", "Papers"), Num: true}, {Text: d.t("半数在（天）之内", "Half within, days")}, {Text: d.t("九成在（天）之内", "Nine of ten within, days")}, {Text: d.t("计法", "Counted in")}}
	}
	months := panel{Title: d.t("办结用了多久，按办结月份", "How long papers took, by the month of closing"), Head: head(d.t("月份", "Month")),
		Note: d.t("签收至办结，当日办结为 0。签到薄记有每一天是否上班的，按工作日计，否则按自然日计。中间环节没有经过的，并入下一环节。",
			"From the receipt to the closing; 0 is within the day. In working days where the sign-in book says of each day whether the office worked, else in calendar days. A stage that a paper did not pass is part of the next."),
		Empty: [2]string{d.t("这些月份没有办结的件", "Nothing was closed in these months"), d.t("文件办结以后，按月列出用时的中位数和九成线。", "Once papers are closed, the median and the ninth tenth of their time are listed by month.")}}
	line := func(first string, c dashboards.Cycle, most int) []cell {
		p50, p90, in := took(c)
		return []cell{{Text: first}, number(c.Papers), {Text: strconv.Itoa(p50), Bars: []bar{{share(p50, most), "azure"}}}, {Text: strconv.Itoa(p90), Bars: []bar{{share(p90, most), "ochre"}}}, {Text: d.t(in[0], in[1])}}
	}
	most := 0
	var latest domain.Date
	for _, c := range cycles {
		_, p90, _ := took(c)
		most = max(most, p90)
		latest = c.Month
	}
	month := func(m domain.Date) string {
		if d.csv() != "" {
			return m.String()[:7]
		}
		return fmt.Sprintf(d.t("%d年%d月", "%d-%02d"), m.Year, int(m.Month))
	}
	if d.csv() != "" { // every month and stage
		months.Head = append([]cell{{Text: d.t("环节", "Stage")}}, months.Head...)
		for _, c := range cycles {
			months.Rows = append(months.Rows, append([]cell{{Text: stages[c.Stage]}}, line(month(c.Month), c, most)...))
		}
		return []panel{months}, nil
	}
	one := panel{Title: month(latest) + d.t("各环节", ", stage by stage"), Head: head(d.t("环节", "Stage"))}
	for _, c := range cycles {
		if c.Stage == "whole" {
			months.Rows = append(months.Rows, line(month(c.Month), c, most))
		}
		if c.Month == latest {
			one.Rows = append(one.Rows, line(stages[c.Stage], c, most))
		}
	}
	if len(cycles) == 0 {
		return []panel{months}, nil
	}
	return []panel{months, one}, nil
}

// took is the time of a stage in working days, where they are known of all its papers, else in calendar days.
func took(c dashboards.Cycle) (p50, p90 int, in [2]string) {
	if c.Counted == c.Papers && c.P50WorkingDays != nil && c.P90WorkingDays != nil {
		return *c.P50WorkingDays, *c.P90WorkingDays, [2]string{"工作日", "working days"}
	}
	return c.P50Days, c.P90Days, [2]string{"自然日", "calendar days"}
}

func (d *desk) loadsPanel() ([]panel, error) {
	first, last := d.sought().months("duty-loads")
	loads, err := dashboards.DutyLoads(d.ctx, d.cfg.Read.Pool, d.who.Office, first, last)
	if err != nil {
		return nil, err
	}
	head := []cell{{Text: d.t("值班人", "Person")}, {Text: d.t("班次", "Shifts")}, {Text: d.t("其中夜班", "Nights")}, {Text: d.t("其中休息日", "Days off")}}
	empty := panel{Title: d.t("轮值分担", "How the rota is shared"), Head: head,
		Empty: [2]string{d.t("这些月份没有排班", "No shifts in these months"), d.t("排班表发布以后，每人的班次、夜班、休息日班列在这里，换班算实际值班的人。", "Once a roster is published, each person's shifts, nights and days off are listed here; a swapped shift is his who keeps it.")}}
	if len(loads) == 0 {
		return []panel{empty}, nil
	}
	var out []panel
	most := 0
	for _, l := range loads {
		most = max(most, l.Shifts)
	}
	for i, l := range loads {
		if i == 0 || loads[i-1].Line != l.Line {
			out = append(out, panel{Title: d.lineName(l.Line), Head: head, Note: d.t("轮值表上的班次，换班算实际值班的人；按排班计，不含白天由科室值守的时间。", "Shifts of the rota, after swaps, as planned; hours that a section keeps are not in them.")})
		}
		p := &out[len(out)-1]
		p.Rows = append(p.Rows, []cell{{Text: d.name(l.Person)}, {Text: strconv.Itoa(l.Shifts), Bars: []bar{{share(l.Shifts, most), "azure"}}},
			{Text: strconv.Itoa(l.Nights), Bars: []bar{{share(l.Nights, most), "ink"}}}, {Text: strconv.Itoa(l.Rest), Bars: []bar{{share(l.Rest, most), "ochre"}}}})
	}
	for i, first := 0, 0; i < len(out); i++ {
		of := loads[first : first+len(out[i].Rows)]
		first += len(of)
		all, least := 0, of[0].Shifts
		for _, l := range of {
			all, least = all+l.Shifts, min(least, l.Shifts)
		}
		out[i].Sums = []sum{sumOf(d.t("班次", "shifts"), all), sumOf(d.t("一人最多", "the most of one"), of[0].Shifts), sumOf(d.t("一人最少", "the fewest of one"), least)}
	}
	return out, nil
}

func (d *desk) lineName(line string) string {
	switch line {
	case duty.DutyRoom:
		return d.t("值班室", "Duty room")
	case duty.MessengerRoom:
		return d.t("通讯员室", "Messenger room")
	}
	return line
}

func sumOf(label string, n int) sum { return sum{Label: label, Value: strconv.Itoa(n)} }

func (d *desk) arrivalsPanels() ([]panel, error) {
	if err := d.keepsAttendance(d.ctx, d.who); err != nil {
		return nil, err
	}
	of := d.sought()
	sheets, err := dashboards.Arrivals(d.ctx, d.cfg.Read.Pool, d.who.Office, of.date)
	if err != nil {
		return nil, err
	}
	head := []cell{{Text: d.t("时刻", "Minute")}, {Text: d.t("签到", "Signed in"), Num: true}, {Text: d.t("累计", "Together"), Num: true}, {Text: d.t("拒收", "Refused"), Num: true}}
	var out []panel
	for _, s := range sheets {
		p := panel{Title: d.sessionName(s.Session), Head: head,
			Sums:  []sum{sumOf(d.t("应到", "expected"), s.Persons), sumOf(d.t("已到", "arrived"), s.Arrived), sumOf(d.t("迟到拒收（次）", "refused"), s.Refused)},
			Empty: [2]string{d.t("没有人签到", "Nobody signed in"), d.t("签到按分钟累计画在这里。", "Sign-ins are drawn here by the minute.")}}
		if s.Refused > 0 {
			p.Sums[2].Tone = "seal"
		}
		if len(s.Curve) > 0 {
			p.Chart = d.arrivalsChart(s)
		}
		together := 0
		for _, m := range s.Curve {
			together += m.Arrived
			p.Rows = append(p.Rows, []cell{{Text: m.Minute.In(d.zone).Format("15:04")}, number(m.Arrived), number(together), number(m.Refused)})
		}
		out = append(out, p)
	}
	if len(out) == 0 {
		out = []panel{{Title: d.date(of.date), Head: head,
			Empty: [2]string{d.t("这一天没有签到表", "There is no sheet for this day"), d.t("工作日每场签到的曲线画在这里。", "The curve of each session of a working day is drawn here.")}}}
	}
	return out, nil
}

func (d *desk) sessionName(session string) string {
	switch session {
	case "AM":
		return d.t("上午", "Morning")
	case "PM":
		return d.t("下午", "Afternoon")
	case "in":
		return d.t("上班", "Arrival")
	case "out":
		return d.t("下班", "Departure")
	}
	return session
}

// arrivalsChart draws how many had come by each minute, around the times at which they were expected and cut off.
func (d *desk) arrivalsChart(s dashboards.Sheet) *chart {
	begin, until := s.Curve[0].Minute.Time, s.Curve[len(s.Curve)-1].Minute.Time
	for _, at := range []domain.Instant{s.Expected, s.Cutoff} {
		if at.IsZero() {
			continue
		}
		if at.Before(begin) {
			begin = at.Time
		}
		if at.After(until) {
			until = at.Time
		}
	}
	begin, until = begin.Add(-time.Minute).Truncate(5*time.Minute), until.Add(6*time.Minute).Truncate(5*time.Minute)
	minutes := int(until.Sub(begin) / time.Minute)
	c := newChart(fmt.Sprintf(d.t("%s签到累计人数", "%s, persons who had signed in by each minute"), d.sessionName(s.Session)), max(s.Persons, s.Arrived, s.Refused), minutes)
	arrived, refused := make([]int, minutes+1), make([]int, minutes+1)
	for _, m := range s.Curve {
		i := int(m.Minute.Sub(begin) / time.Minute)
		arrived[i+1], refused[i+1] = arrived[i+1]+m.Arrived, refused[i+1]+m.Refused // by the end of the minute
	}
	for i := range minutes {
		arrived[i+1] += arrived[i]
		refused[i+1] += refused[i]
	}
	c.curve(d.t("已到", "arrived"), "azure", arrived)
	if s.Refused > 0 {
		c.curve(d.t("拒收", "refused"), "seal", refused)
	}
	c.level(s.Persons, d.t("应到 ", "expected ")+strconv.Itoa(s.Persons), "ink")
	mark := func(at domain.Instant, text, tone string) {
		if !at.IsZero() {
			c.mark(int(at.Sub(begin)/time.Minute), text+" "+at.In(d.zone).Format("15:04"), tone)
		}
	}
	if !s.Expected.Equal(s.Cutoff.Time) {
		mark(s.Expected, d.t("应到", "expected"), "ink")
	}
	mark(s.Cutoff, d.t("截止", "cut off"), "seal")
	for _, i := range []int{0, minutes / 10 * 5, minutes} {
		c.tick(i, begin.Add(time.Duration(i)*time.Minute).In(d.zone).Format("15:04"))
	}
	return c
}
