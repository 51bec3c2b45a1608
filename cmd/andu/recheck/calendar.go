package recheck

import (
	"fmt"
	"slices"
	"time"
)

// calendar is the office's working calendar as known at the head of its stream, with every earlier version of its days.
type calendar struct {
	version    int64
	notices    map[int]map[day]bool // year → day → off
	papers     map[int][]string
	overrides  map[day]bool
	summers    map[int][2]day
	adjusted   map[day]officeHours
	schedules  []object
	recomputed int64
	versions   []versioned
	pending    pendingAmendment
}

// officeHours are minutes of the day.
type officeHours struct{ start, end, breakStart, breakEnd int }

func newCalendar() calendar {
	return calendar{notices: map[int]map[day]bool{}, papers: map[int][]string{}, overrides: map[day]bool{}, summers: map[int][2]day{}, adjusted: map[day]officeHours{}}
}

func (c *calendar) versionAt(revision int64) int64 { return versionAt(c.versions, revision) }

// what a day is before the office's own week is asked.
const (
	ordinary = iota
	weekend
	makeup
	off
)

// kind is what notices and the office say of a day; unsure where a notice still to come may change it. The next year's
// notice speaks of December too.
func (c *calendar) kind(d day) (kind int, unsure bool) {
	if d.rest() {
		kind = weekend
	}
	free, listed := c.overrides[d]
	if !listed {
		_, this := c.notices[d.year()]
		_, next := c.notices[d.year()+1]
		unsure = !this || d.month() == time.December && !next
		if free, listed = c.notices[d.year()+1][d]; !listed {
			free, listed = c.notices[d.year()][d]
		}
	}
	switch {
	case listed && free:
		kind = off
	case listed && d.rest():
		kind = makeup
	}
	return kind, unsure
}

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// works tells whether the office works on a day, by the calendar and its policy at an event.
func (w *world) works(e Event, d day) (works, unsure bool) {
	kind, unsure := w.office(e).calendar.kind(d)
	switch kind {
	case off:
		return false, unsure
	case makeup:
		return w.yes(e, "cal.makeupDaysWork"), unsure
	}
	return slices.Contains(w.object(e, "cal.workHours").list("days"), dayNames[d.weekday()]), unsure
}

// dueDay is the last day of a term of working days that starts on a day.
func (w *world) dueDay(e Event, start day, days int64) (due day, unsure bool) {
	if days <= 0 {
		_, unsure = w.office(e).calendar.kind(start)
		return start, unsure
	}
	d := start
	if w.yes(e, "cal.countFromNextDay") {
		d++
	}
	for end := start + 20000; d < end; d++ {
		works, open := w.works(e, d)
		unsure = unsure || open
		if works {
			days--
		}
		if days == 0 {
			return d, unsure
		}
	}
	return none, true
}

// season is the season of a day: summer or "".
func (w *world) season(e Event, d day) string {
	from, to := w.text(e, "att.season.summer.from"), w.text(e, "att.season.summer.to")
	var a, b day
	if set, ok := w.office(e).calendar.summers[d.year()]; ok && from == "" && to == "" {
		a, b = set[0], set[1]
	} else {
		if from == "none" || to == "none" || from == "" || to == "" {
			return ""
		}
		a, b = parseDay(fmt.Sprintf("%d-%s", d.year(), from)), parseDay(fmt.Sprintf("%d-%s", d.year(), to))
	}
	if d < a || d > b {
		return ""
	}
	return "summer"
}

// hoursOf are the office's hours of a day; false where it does not work.
func (w *world) hoursOf(e Event, d day) (officeHours, bool) {
	if works, _ := w.works(e, d); !works {
		return officeHours{}, false
	}
	if h, ok := w.office(e).calendar.adjusted[d]; ok {
		return h, true
	}
	week := w.object(e, "cal.workHours")
	h := officeHours{start: minutes(week.str("start")), end: minutes(week.str("end"))}
	pause := week.num("break_minutes")
	if seasons := week.obj("seasons"); len(seasons) > 0 {
		s := seasons.obj(w.season(e, d))
		if s.has("start") {
			h.start = minutes(s.str("start"))
		}
		if s.has("end") {
			h.end = minutes(s.str("end"))
		}
		if s.has("break_minutes") {
			pause = s.num("break_minutes")
		}
	}
	if pause > 0 {
		h.breakStart = minutes(w.text(e, "cal.workHours.breakStart"))
		h.breakEnd = h.breakStart + int(pause)
	}
	return h, true
}

const calendarChanges = "calendar.notice-imported calendar.day-overridden calendar.season-set calendar.hours-adjusted"

// ofCalendar are the rules of the calendar.
var ofCalendar = []rule{
	{"calendar.version", calendarChanges, "CAL 2.2", func(w *world, e Event) string {
		c := &w.office(e).calendar
		return unless(e.Body.num("version") == c.version+1, "version %d, one for each change", c.version+1)
	}},
	{"calendar.own-days", "calendar.notice-imported", "CAL 2.2, G7", func(w *world, e Event) string {
		year, seen := int(e.Body.num("year")), map[day]bool{}
		for _, d := range e.Body.objs("days") {
			on := d.day("date")
			if seen[on] || on.year() != year && (on.year() != year-1 || on.month() != time.December) {
				return fmt.Sprintf("days of %d or of the December before, each once, not %s", year, on)
			}
			seen[on] = true
		}
		return unless(len(seen) > 0 && len(e.Body.list("papers")) > 0, "days, and the papers that say so")
	}},
	{"calendar.newer", "calendar.notice-imported", "CAL 2.2, G6", func(w *world, e Event) string {
		had := w.office(e).calendar.papers[int(e.Body.num("year"))]
		return unless(len(e.Body.list("papers")) >= len(had), "no older state of the notice than the one recorded")
	}},
	{"calendar.changed-days", "calendar.amended", "CAL 2.2, G6, G7", func(w *world, e Event) string {
		want := w.office(e).calendar.lastChanged(e)
		got := e.Body.list("changed_days")
		return unless(same(got, want), "the days whose kind changed: %v", want)
	}},
	{"calendar.not-backwards", "calendar.day-overridden calendar.hours-adjusted calendar.schedule-published", "R12, R85", func(w *world, e Event) string {
		days := e.Body.list("days")
		switch e.Type {
		case "calendar.day-overridden":
			days = []string{e.Body.str("date")}
		case "calendar.schedule-published":
			days = []string{e.Body.str("effective_from")}
		}
		for _, d := range days {
			if parseDay(d) < e.receipt() {
				return "a day that is not past, not " + d
			}
		}
		return ""
	}},
	{"calendar.adjusted-by", "calendar.day-overridden calendar.hours-adjusted calendar.schedule-published calendar.season-set", "R85", func(w *world, e Event) string {
		var may []string
		for _, role := range w.texts(e, "cal.hoursAdjustableBy") {
			may = append(may, w.role(e, role))
		}
		return unless(slices.Contains(may, e.Actor.Post), "somebody of %v", may)
	}},
	{"calendar.season", "calendar.season-set", "C1", func(w *world, e Event) string {
		from, to, year := e.Body.day("from"), e.Body.day("to"), int(e.Body.num("year"))
		return unless(from.year() == year && to.year() == year && from <= to && !w.stated(e, "att.season.summer.from"), "dates of %d, the first before the last, where the policy states none", year)
	}},
	{"calendar.hours", "calendar.hours-adjusted calendar.schedule-published", "R85", func(w *world, e Event) string {
		h := readHours(e.Body.obj("hours"))
		return unless(h.start < h.end && h.breakStart <= h.breakEnd && (h.breakStart == h.breakEnd || h.start <= h.breakStart && h.breakEnd <= h.end),
			"start, break and end in their order")
	}},
	{"calendar.provisional", "calendar.year-marked-provisional", "CAL 2.2", func(w *world, e Event) string {
		_, published := w.office(e).calendar.notices[int(e.Body.num("year"))]
		return unless(!published, "a year without a notice")
	}},
	{"calendar.recomputed", "calendar.recomputed", "CAL 2.2, G6", func(w *world, e Event) string {
		c := &w.office(e).calendar
		return unless(e.Body.num("version") > c.recomputed && e.Body.num("version") <= c.version, "a version behind %d and up to %d", c.recomputed, c.version)
	}},
}

// pendingAmendment is what an import changed of the days that were known, and must say next.
type pendingAmendment struct {
	command string
	days    []string
}

// changedBy lists the days known before that a notice turns from worked to free, or back.
func (c *calendar) changedBy(e Event) (changed []string) {
	year := int(e.Body.num("year"))
	after := map[day]bool{}
	all := map[day]bool{}
	for d := range c.notices[year] {
		all[d] = true
	}
	for _, d := range e.Body.objs("days") {
		after[d.day("date")], all[d.day("date")] = d.yes("off"), true
	}
	next := *c
	next.notices = map[int]map[day]bool{}
	for y, days := range c.notices {
		next.notices[y] = days
	}
	next.notices[year] = after
	for d := range all {
		_, this := c.notices[d.year()]
		_, listed := c.notices[year][d]
		_, listedNext := c.notices[d.year()+1][d]
		_, listedThis := c.notices[d.year()][d]
		was, _ := c.kind(d)
		is, _ := next.kind(d)
		if (this || listed || listedNext || listedThis) && (was == ordinary || was == makeup) != (is == ordinary || is == makeup) {
			changed = append(changed, d.String())
		}
	}
	slices.Sort(changed)
	return changed
}

func (c *calendar) lastChanged(e Event) []string {
	if c.pending.command != e.Command {
		return nil
	}
	return c.pending.days
}

func readHours(o object) officeHours {
	return officeHours{minutes(o.str("start")), minutes(o.str("end")), minutes(o.str("break_start")), minutes(o.str("break_end"))}
}

func moveCalendar(w *world, e Event) {
	c, o := &w.office(e).calendar, e.Body
	switch e.Type {
	case "calendar.amended":
		w.settle("calendar.amended", e.Office)
	case "calendar.notice-imported":
		c.pending = pendingAmendment{e.Command, c.changedBy(e)}
		if len(c.pending.days) > 0 {
			w.expect(e, "calendar.amended", e.Office, e.Recorded, "an amendment that names the days whose kind changed")
		}
		days := map[day]bool{}
		for _, d := range o.objs("days") {
			days[d.day("date")] = d.yes("off")
		}
		c.notices[int(o.num("year"))], c.papers[int(o.num("year"))] = days, o.list("papers")
	case "calendar.day-overridden":
		c.overrides[o.day("date")] = o.yes("off")
	case "calendar.season-set":
		c.summers[int(o.num("year"))] = [2]day{o.day("from"), o.day("to")}
	case "calendar.hours-adjusted":
		for _, d := range o.list("days") {
			c.adjusted[parseDay(d)] = readHours(o.obj("hours"))
		}
	case "calendar.schedule-published":
		c.schedules = append(c.schedules, o)
	case "calendar.recomputed":
		c.recomputed = o.num("version")
		if c.recomputed >= c.version {
			w.settle("calendar.recompute", e.Office)
		}
	}
	if v := o.num("version"); v > c.version && e.Type != "calendar.recomputed" {
		c.version = v
		w.expect(e, "calendar.recompute", e.Office, e.Recorded, fmt.Sprintf("what rests on an earlier calendar to be reckoned again for version %d", v))
	}
	c.versions = append(c.versions, versioned{e.Revision, c.version})
}
