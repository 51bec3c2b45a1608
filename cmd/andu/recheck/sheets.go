package recheck

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// sheet is one session's sheet.
type sheet struct {
	office, session          string
	date                     day
	cutoff, closes, closedAt time.Time
	last, determined         bool
	expected                 map[string]bool
	waiting                  map[string]bool   // who signed in before it was collected
	signed                   map[string]string // person → sign-in
	opened                   time.Time
}

// changed tells whether posts were filled or vacated since the sheet was opened, so that others may hold one by now.
func (s *sheet) changed(w *world, e Event) bool { return w.office(e).org.moved.After(s.opened) }

// roll is an office's sign-in book.
type roll struct {
	since, next, today day
	works              bool
	terminals          map[string]bool // registered and not withdrawn
	months             []string
	counted            map[string]map[string]string // month → person → row
	turned             map[day]string               // the last sheet of each working day
	years              []int64
	yearRows           map[int64]map[string]object
}

func ofSheet(want func(w *world, e Event, s *sheet) string) func(*world, Event) string {
	return func(w *world, e Event) string {
		s := w.sheets[e.Stream]
		if s == nil {
			return "a sheet that was opened"
		}
		return want(w, e, s)
	}
}

func ofRoll(want func(w *world, e Event, r *roll) string) func(*world, Event) string {
	return func(w *world, e Event) string {
		r := w.rolls[e.Office]
		if r == nil || r.since == none {
			return "a book that was begun"
		}
		return want(w, e, r)
	}
}

// tallied counts the rows of a month again.
func tallied(w *world, e Event, r *roll) string {
	month := e.Body.str("month")
	persons := map[string]bool{}
	for d, stream := range r.turned {
		if sh := w.sheets[stream]; sh != nil && strings.HasPrefix(d.String(), month) {
			for p := range sh.expected {
				persons[p] = true
			}
		}
	}
	rule := w.object(e, "att.longTermOffender")
	for _, row := range e.Body.objs("rows") {
		p := row.str("person")
		if !persons[p] {
			return "persons who were expected in the month, not " + p
		}
		if want := w.row(r, month, p, rule); want != rowOf(row) {
			return "of " + p + ": " + want
		}
	}
	if e.Type == "roll.month-compiled" {
		given := map[string]bool{}
		for _, row := range e.Body.objs("rows") {
			given[row.str("person")] = true
		}
		for p := range persons {
			if !given[p] && r.counted[month][p] != w.row(r, month, p, rule) {
				return "a row of everybody, also of " + p
			}
		}
	}
	return ""
}

// row is what a person's days of a month came to.
func (w *world) row(r *roll, month, person string, rule object) string {
	n := map[string]int64{}
	days, absence := int64(0), int64(0)
	for d := range r.turned {
		x := w.dayOf[person+"/"+d.String()]
		sh := w.sheets[r.turned[d]]
		if !strings.HasPrefix(d.String(), month) || x == nil || x.times == 0 || x.found.result == "no-work" || sh == nil || !sh.expected[person] {
			continue
		}
		days, absence = days+1, absence+x.found.days
		n[x.found.result]++
	}
	times := int64(0)
	for _, counts := range rule.list("counts") {
		times += n[counts]
	}
	other := days - n["normal"] - n["late"] - n["early"] - n["covered"] - n["half-day-missing"] - n["absent"]
	return fmt.Sprintf("%d days, %d normal, %d late, %d early, %d covered, %d half, %d absent, %d other, %s, long term %v", days, n["normal"], n["late"], n["early"], n["covered"],
		n["half-day-missing"], n["absent"], other, inDays(absence), rule != nil && times > rule.num("over"))
}

func rowOf(o object) string {
	return fmt.Sprintf("%d days, %d normal, %d late, %d early, %d covered, %d half, %d absent, %d other, %s, long term %v", o.num("days"), o.num("normal"), o.num("late"), o.num("early"),
		o.num("covered"), o.num("half"), o.num("absent"), o.num("other"), inDays(tenths(o.str("absence"))), o.yes("long_term"))
}

// ofYear counts the rows of a year again.
func ofYear(w *world, e Event, r *roll) string {
	year := e.Body.num("year")
	if year >= int64(e.receipt().year()) || slices.Contains(r.years, year) {
		return "a year that is over, once"
	}
	posts := append(w.object(e, "att.monthlySummary").list("to"), w.text(e, "reg.books[签到薄].keeper"))
	if !slices.Contains(posts, e.Actor.Post) {
		return fmt.Sprintf("compiled by one of %v", posts)
	}
	var days []day
	for d := range r.turned {
		if int64(d.year()) == year {
			days = append(days, d)
		}
	}
	slices.Sort(days)
	for _, row := range e.Body.objs("rows") {
		if want := w.yearRow(e, r, row.str("person"), days); want != yearRowOf(row) {
			return "of " + row.str("person") + ": " + want
		}
	}
	if e.Type != "roll.year-compiled" {
		return ""
	}
	for _, d := range days {
		for p := range w.sheets[r.turned[d]].persons() {
			counted := r.yearRows[year][p] != nil || slices.ContainsFunc(e.Body.objs("rows"), func(o object) bool { return o.str("person") == p })
			if !counted {
				return "a row of everybody, also of " + p
			}
		}
	}
	return unless(e.Body.str("use") == w.object(e, "att.fullAttendance").str("use"), "used for %q", w.object(e, "att.fullAttendance").str("use"))
}

func (s *sheet) persons() map[string]bool {
	if s == nil {
		return nil
	}
	return s.expected
}

// yearRow is what a person's days of a year came to (R231).
func (w *world) yearRow(e Event, r *roll, person string, days []day) string {
	determined, waiting, exceptions, leave, absence, run, span, most := 0, 0, 0, 0, int64(0), 0, 0, 0
	var from day
	for _, d := range days {
		if !w.sheets[r.turned[d]].persons()[person] {
			continue
		}
		x := w.dayOf[person+"/"+d.String()]
		if x == nil || x.times == 0 {
			waiting, run = waiting+1, 0
			continue
		}
		f := x.found
		if f.result == "no-work" {
			continue
		}
		determined, absence = determined+1, absence+f.days
		if f.result != "normal" && f.result != "covered" {
			exceptions++
		}
		if slices.ContainsFunc(f.sessions, func(o outcome) bool { return o.cover == "leave" || o.cover == "phone-in" }) {
			leave++
		}
		if f.days < 10 {
			run = 0
			continue
		}
		if run++; run == 1 {
			from = d
		}
		most, span = max(most, run), max(span, int(d-from)+1)
	}
	inARow := int64(most)
	if w.text(e, "att.awolDayBasis") == "calendar" {
		inARow = int64(span)
	}
	awol := w.stated(e, "att.awolConsecutiveDays") && w.stated(e, "att.awolYearDays")
	full := w.stated(e, "att.fullAttendance") && determined > 0 && waiting == 0 && exceptions == 0 && (leave == 0 || !w.yes(e, "att.fullAttendance.leaveBreaks"))
	return fmt.Sprintf("%d days, %d waiting, %d exceptions, %d of leave, %s absent, %d in a row, %d by the calendar, full %v, over %v and %v", determined, waiting, exceptions, leave, inDays(absence), most, span,
		full, awol && inARow > w.number(e, "att.awolConsecutiveDays"), awol && absence > 10*w.number(e, "att.awolYearDays"))
}

func yearRowOf(o object) string {
	return fmt.Sprintf("%d days, %d waiting, %d exceptions, %d of leave, %s absent, %d in a row, %d by the calendar, full %v, over %v and %v", o.num("days"), o.num("waiting"), o.num("exceptions"), o.num("leave"),
		inDays(tenths(o.str("absence"))), o.num("run"), o.num("span"), o.yes("full"), o.yes("over_run"), o.yes("over_year"))
}

func moveSheets(w *world, e Event) {
	b := e.Body
	s := w.sheets[e.Stream]
	if s == nil {
		s = &sheet{office: e.Office, session: b.str("session"), date: b.day("date"), expected: map[string]bool{}, waiting: map[string]bool{}, signed: map[string]string{}, opened: e.Recorded}
		w.sheets[e.Stream] = s
	}
	enter := func(entries []object) {
		for _, x := range entries {
			s.signed[x.str("person")] = x.str("event")
			delete(s.waiting, x.str("person"))
			w.settle("attendance.entry", e.Stream+"/"+x.str("person"))
		}
	}
	switch e.Type {
	case "sheet.opened", "sheet.persons-added":
		for _, p := range b.list("persons") {
			s.expected[p] = true
		}
		if e.Type == "sheet.persons-added" {
			return
		}
		s.cutoff, s.closes, s.last = b.at("cutoff"), b.at("closes"), b.yes("last")
		w.settle("sheet.open", e.Stream)
		w.expect(e, "sheet.close", e.Stream, later(s.closes, e.Recorded), "the sheet to be collected")
		if s.last {
			w.expect(e, "sheet.determine", e.Stream, later(b.at("moment"), e.Recorded), "the day to be determined")
		}
	case "sheet.signed-listed":
		enter(b.objs("signed"))
	case "sheet.closed":
		enter(b.objs("signed"))
		s.closedAt = b.at("at")
		w.settle("sheet.close", e.Stream)
	case "sheet.supplemented":
		enter([]object{b})
	case "sheet.day-determined":
		s.determined = true
		w.settle("sheet.determine", e.Stream)
	}
}

func moveRolls(w *world, e Event) {
	b := e.Body
	r := w.rolls[e.Office]
	if r == nil {
		r = &roll{since: none, next: none, today: none, terminals: map[string]bool{}, counted: map[string]map[string]string{}, turned: map[day]string{}, yearRows: map[int64]map[string]object{}}
		w.rolls[e.Office] = r
	}
	switch e.Type {
	case "roll.begun":
		r.since, r.next = b.day("from"), b.day("from")
		w.expect(e, "roll.day", e.Office, b.at("at"), "the book to be turned to its day")
	case "roll.day-turned":
		d := b.day("date")
		r.today, r.works, r.next = d, b.yes("works"), max(r.next, d+1)
		w.expect(e, "roll.day", e.Office, later(b.at("next"), e.Recorded), "the book to be turned to the next day")
		for _, stream := range b.list("sheets") {
			r.turned[d] = stream
			if w.sheets[stream] == nil {
				w.expect(e, "sheet.open", stream, later(b.at("at"), e.Recorded), "the sheet to be opened")
			}
		}
		if b.str("month") != "" {
			w.expect(e, "roll.month", e.Office+"/"+b.str("month"), b.at("month_due"), "the month to be reported")
		}
	case "roll.terminal-registered":
		r.terminals[b.str("terminal")] = true
	case "roll.terminal-withdrawn":
		r.terminals[b.str("terminal")] = false
	case "roll.month-counted":
		if r.counted[b.str("month")] == nil {
			r.counted[b.str("month")] = map[string]string{}
		}
		for _, row := range b.objs("rows") {
			r.counted[b.str("month")][row.str("person")] = rowOf(row)
		}
	case "roll.month-compiled":
		r.months = append(r.months, b.str("month"))
		delete(r.counted, b.str("month"))
	case "roll.year-counted", "roll.year-compiled":
		year := b.num("year")
		if r.yearRows[year] == nil {
			r.yearRows[year] = map[string]object{}
		}
		for _, row := range b.objs("rows") {
			r.yearRows[year][row.str("person")] = row
		}
		if e.Type == "roll.year-compiled" {
			r.years = append(r.years, year)
			delete(r.yearRows, year)
		}
	case "roll.month-reported":
		w.settle("roll.month", e.Office+"/"+b.str("month"))
	}
	if len(r.turned) > 800 { // what is older is of no open month
		days := make([]day, 0, len(r.turned))
		for d := range r.turned {
			days = append(days, d)
		}
		slices.Sort(days)
		for _, d := range days[:400] {
			delete(r.turned, d)
		}
	}
}
