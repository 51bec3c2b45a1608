package recheck

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// personDay is one person's day in the sign-in book.
type personDay struct {
	person         string
	date           day
	marks, refused []mark
	owed           []*debt
	found          finding
	at             time.Time // of the first determination
	times          int
	awaiting       bool
	objection      string
	admitted       []string
}

type mark struct {
	session, event string
	at             time.Time
}

// debt is lost time that is to be worked.
type debt struct {
	session string
	minutes int64
	due     day
	excused bool
	worked  [][2]time.Time
}

// finding is what a day counts for.
type finding struct {
	result   string
	days     int64 // tenths
	sessions []outcome
}

type outcome struct {
	session, state, event, cover, request string
	late, early                           bool
}

func (f finding) same(o finding) bool {
	return f.result == o.result && f.days == o.days && slices.Equal(f.sessions, o.sessions)
}

func readFinding(b object) finding {
	f := finding{result: b.str("result"), days: tenths(b.str("days"))}
	for _, s := range b.objs("sessions") {
		f.sessions = append(f.sessions, outcome{s.str("session"), s.str("state"), s.str("event"), s.str("cover"), s.str("request"), s.yes("late"), s.yes("early")})
	}
	return f
}

func (d *personDay) mark(session string) (m mark, ok bool) {
	for _, v := range d.marks {
		if v.session == session && (!ok || v.at.After(m.at)) {
			m, ok = v, true
		}
	}
	return m, ok
}

func (d *personDay) debt(session string) *debt {
	for _, o := range d.owed {
		if o.session == session {
			return o
		}
	}
	return nil
}

// session is one sign-in of a working day.
type session struct {
	name                            string
	opens, expected, cutoff, closes time.Time
	refuses, last                   bool
}

// sessions are those of a date as the policy states them, in the order of their opening.
func (w *world) sessions(e Event, d day) (list []session) {
	overrides := w.object(e, "att.season.summer.overrides")
	season := w.season(e, d)
	at := func(key, name, field string) (time.Time, bool) {
		clock := w.object(e, "att.sessions["+name+"]."+key)
		t := clock.str("at")
		if s := clock.obj("seasons").str(season); s != "" {
			t = s
		}
		if o := overrides.obj(name).str(field); season == "summer" && o != "" {
			t = o
		}
		if t == "none" || t == "" {
			return time.Time{}, false
		}
		return d.at(minutes(t), e.zone), true
	}
	closing := w.object(e, "att.sheet.closeBy").str("at")
	for _, name := range w.indexes(e, "att.sessions[].expected") {
		s := session{name: name}
		s.opens, _ = at("opens", name, "opens")
		s.expected, _ = at("expected", name, "expected")
		s.cutoff, s.refuses = at("cutoff", name, "cutoff")
		switch {
		case closing != "cutoff" && minutes(closing) >= 0:
			s.closes = d.at(minutes(closing), e.zone)
		case s.refuses:
			s.closes = s.cutoff
		default:
			s.closes = d.end(e.zone)
		}
		list = append(list, s)
	}
	slices.SortStableFunc(list, func(a, b session) int { return a.opens.Compare(b.opens) })
	if len(list) > 0 {
		list[len(list)-1].last = true
	}
	return list
}

func (w *world) session(e Event, d day, name string) (session, bool) {
	for _, s := range w.sessions(e, d) {
		if s.name == name {
			return s, true
		}
	}
	return session{}, false
}

// byMarks: the first and the last mark of the day tell, not each session.
func (w *world) byMarks(e Event) bool {
	return w.object(e, "att.halfDayMissing").str("rule") == "marks"
}

func (w *world) isLate(e Event, s session, at time.Time) bool {
	due := s.expected.Add(-time.Duration(w.number(e, "att.earlyArrivalMinutes")) * time.Minute)
	if at.Before(due) || at.Equal(due) && w.yes(e, "att.cutoffInclusive") {
		return false
	}
	return !(s.last && w.byMarks(e)) && w.text(e, "att.late") == "forbidden"
}

// tooLate tells whether a sign-in of a time came after the cut-off, or a batch too long behind it.
func (w *world) tooLate(e Event, s session, at time.Time, batch bool) (cutoff time.Time, late bool) {
	cutoff = s.closes
	if s.refuses {
		cutoff = s.cutoff
		late = at.After(cutoff) || !w.yes(e, "att.cutoffInclusive") && !at.Before(cutoff)
	}
	if batch && !late {
		late = e.Received.After(hours(cutoff, w.number(e, "att.offlineGraceHours")))
	}
	if w.object(e, "att.sheet.closeBy").str("by") == "keeper" {
		if sh := w.sheets[e.Body.str("sheet")]; sh != nil && !sh.closedAt.IsZero() && at.After(sh.closedAt) {
			return sh.closedAt, true
		}
		for _, sh := range w.sheets {
			if sh.office == e.Office && sh.date == e.Body.day("date") && sh.session == s.name && !sh.closedAt.IsZero() && at.After(sh.closedAt) {
				return sh.closedAt, true
			}
		}
	}
	return cutoff, late
}

// signs tells whether a person is expected to sign in on a day: of the office, in a post of its own.
func (w *world) signs(e Event, p string, d day) bool {
	o := &w.office(e).org
	if !o.active(p, d) {
		return false
	}
	for name := range o.holdings {
		if x := o.posts[name]; (x == nil || x.organ == "") && o.holds(p, name, d) {
			return true
		}
	}
	return false
}

// lost is what is owed for lost time: minutes, rounded and by the ratio, and until when.
func (w *world) lost(e Event, d day, t time.Duration) (lost, minutes int64, due day) {
	if w.object(e, "att.makeup.rounding").str("direction") == "up" {
		t += time.Minute - time.Microsecond
	}
	lost = int64(t / time.Minute)
	if ratio := w.object(e, "att.makeup.ratio"); ratio.num("owed") > 0 {
		minutes = (lost*ratio.num("worked") + ratio.num("owed") - 1) / ratio.num("owed")
	}
	due, _ = w.dueDay(e, d, w.object(e, "att.makeup.dueDays").num("working_days"))
	return lost, minutes, due
}

// words are what covers by the words of att.covers.
var coverWords = map[string][]string{"leave": {"leave"}, "phone-in": {"phone-in-with-papers"}, "outing": {"phoned-business-outing", "approved-outing"}, "trip": {"approved-trip"}, "duty-shift": {"duty-shift"}}

// determine finds what a day counts for from marks, refusals, leave, policy and calendar; until is set while a cover is open.
func (w *world) determine(e Event, d *personDay) (f finding, until time.Time) {
	if works, _ := w.works(e, d.date); !works {
		return finding{result: "no-work"}, until
	}
	sessions := w.sessions(e, d.date)
	missing, covered, late, early := int64(0), 0, false, false
	for i, s := range sessions {
		h := 2 * half(d.date)
		if i > 0 {
			h++
		}
		o := w.attended(e, d, s, i == 0)
		r, state := w.leaves["leave-"+d.person].covers(h)
		if state == "lapsed" {
			r = nil
		}
		if r == nil && o.state == "missing" {
			r = w.onWatch(e, d.person, s)
		}
		switch {
		case o.state == "signed":
		case slices.Contains(d.admitted, s.name):
			o.state = "admitted"
		case r != nil && state == "open" && !r.papersDue.IsZero():
			until = r.papersDue
		case r != nil && w.stands(e, r.kind):
			o = outcome{session: s.name, state: "covered", cover: r.kind, request: r.id}
			covered++
		default:
			if o = w.refusedOf(e, d, s); o.state == "missing" {
				missing++
			}
		}
		late, early = late || o.late, early || o.early
		f.sessions = append(f.sessions, o)
	}
	switch {
	case missing > 0 && !w.object(e, "att.missingSignatureMeansAbsent").yes("absent"):
		f.result = "unsigned"
	case missing > 0:
		weight := "att.halfDayUnexplained"
		if covered > 0 {
			weight = "att.halfDayWithLeave"
		}
		f.days = min(10, missing*tenths(w.text(e, weight)))
		if f.result = "half-day-missing"; f.days == 10 {
			f.result = "absent"
		}
	case late:
		f.result = "late"
	case early:
		f.result = "early"
	case covered == len(sessions):
		f.result = "covered"
	default:
		f.result = "normal"
	}
	return f, until
}

// elsewhere is the index of att.covers for those who are at work in another place.
const elsewhere = "duty shift, meeting, trip"

func (w *world) stands(e Event, kind string) bool {
	lists := w.texts(e, "att.covers")
	if (kind == "trip" || kind == "duty-shift") && slices.Contains(w.indexes(e, "att.covers[]"), elsewhere) {
		lists = append(lists, w.texts(e, "att.covers["+elsewhere+"]")...)
	}
	return slices.ContainsFunc(coverWords[kind], func(word string) bool { return slices.Contains(lists, word) })
}

// onWatch is the shift that a person keeps when a session is to begin.
func (w *world) onWatch(e Event, who string, s session) *request {
	for _, line := range []string{dutyRoom, messengerRoom} {
		for _, p := range w.posts {
			if p.office != e.Office || p.line != line {
				continue
			}
			for _, x := range p.shifts {
				if x.person == who && !x.start.After(s.expected) && !x.end.Before(s.expected) {
					return &request{kind: "duty-shift", id: shiftKey(p.stream, x.start)}
				}
			}
		}
	}
	return nil
}

// attended is what the marks say of a session.
func (w *world) attended(e Event, d *personDay, s session, isFirst bool) outcome {
	o := outcome{session: s.name, state: "missing"}
	m, ok := d.mark(s.name)
	rule := w.object(e, "att.halfDayMissing")
	if marks := w.byMarks(e); marks && (isFirst || s.last) && len(d.marks) > 0 {
		order := func(a, b mark) int { return a.at.Compare(b.at) }
		if isFirst {
			m = slices.MinFunc(d.marks, order)
			ok = !m.at.After(d.date.at(minutes(rule.str("morning_if_first_after")), e.zone))
		} else {
			m = slices.MaxFunc(d.marks, order)
			ok = !m.at.Before(d.date.at(minutes(rule.str("afternoon_if_last_before")), e.zone))
		}
	}
	if !ok {
		return o
	}
	o.state, o.event = "signed", m.event
	if w.byMarks(e) && s.last {
		o.early = m.at.Before(s.expected) && w.text(e, "att.earlyLeave") == "forbidden"
	} else {
		o.late = w.isLate(e, s, m.at)
	}
	return o
}

// refusedOf is what the first refused attempt of a session counts for.
func (w *world) refusedOf(e Event, d *personDay, s session) outcome {
	o := outcome{session: s.name, state: "missing"}
	var earliest mark
	for _, m := range d.refused {
		if m.session == s.name && (earliest.event == "" || m.at.Before(earliest.at)) {
			earliest = m
		}
	}
	if earliest.event == "" {
		return o
	}
	o.event = earliest.event
	rule := w.object(e, "att.lateRefusedCounts")
	behind, limit := earliest.at.Sub(s.cutoff), time.Duration(rule.num("within_minutes"))*time.Minute
	counts := rule.str("beyond")
	if behind < limit || behind == limit && rule.str("boundary") == "incl" {
		counts = rule.str("within")
	}
	if counts == "late" {
		o.state, o.late = "late-refused", true
	}
	return o
}

// ofDay makes a rule of a person's day that the book knows.
func ofDay(want func(w *world, e Event, d *personDay) string) func(*world, Event) string {
	return func(w *world, e Event) string {
		d := w.days[e.Stream]
		if d == nil || d.person == "" {
			return "a day of a person that the book knows"
		}
		return want(w, e, d)
	}
}

const signIns = "attendance.signed-in attendance.late-sign-in-refused"

// ofAttendance are the rules of the sign-in book.
var ofAttendance = []rule{
	{"attendance.in-time", "attendance.signed-in", "R30, R31, att.sessions, att.cutoffInclusive, G1", func(w *world, e Event) string {
		b := e.Body
		s, ok := w.session(e, b.day("date"), b.str("session"))
		cutoff, late := w.tooLate(e, s, b.at("at"), b.str("batch") != "")
		return first(unless(ok && !b.at("at").Before(s.opens), "a session that takes sign-ins from %s", show(s.opens)), unless(!late, "refused: it came after %s", show(cutoff)),
			unless(b.yes("late") == w.isLate(e, s, b.at("at")), "late: %v", !b.yes("late")), unless(b.at("closes").Equal(s.closes), "a sheet that closes %s", show(s.closes)))
	}},
	{"attendance.too-late", "attendance.late-sign-in-refused", "R31, att.cutoffInclusive, att.offlineGraceHours, G1", func(w *world, e Event) string {
		b := e.Body
		s, ok := w.session(e, b.day("date"), b.str("session"))
		cutoff, late := w.tooLate(e, s, b.at("at"), b.str("batch") != "")
		return unless(ok && late && b.at("cutoff").Equal(cutoff), "accepted: it came before the cut-off %s", show(cutoff))
	}},
	{"attendance.trusted-time", signIns, "R30, G1", func(w *world, e Event) string {
		b := e.Body
		if b.str("batch") == "" {
			return unless(b.at("at").Equal(e.Received) && e.Occurred.Equal(e.Received) && b.str("person") == e.Actor.Person, "the person's own, at the time of receipt %s", show(e.Received))
		}
		r := w.rolls[e.Office]
		return unless(b.at("at").Equal(e.Occurred) && r != nil && r.terminals[b.str("terminal")], "the time of a registered terminal")
	}},
	{"attendance.expected", signIns, "R29", func(w *world, e Event) string {
		b := e.Body
		works, _ := w.works(e, b.day("date"))
		r := w.rolls[e.Office]
		return first(unless(r != nil && r.since != none && b.day("date") >= r.since, "a day of the book that was begun"), unless(works, "a working day"),
			unless(b.day("date") == dayOf(b.at("at"), e.zone), "the day of the sign-in"),
			unless(w.signs(e, b.str("person"), b.day("date")), "a person who holds a post of the office on that day"), unless(slices.Contains(w.texts(e, "att.methods"), b.str("method")), "a method of %v", w.texts(e, "att.methods")))
	}},
	{"attendance.one-mark", signIns, "R29, catalogue 2.8", func(w *world, e Event) string {
		d := w.days[e.Stream]
		if d == nil {
			return ""
		}
		b := e.Body
		s, _ := w.session(e, b.day("date"), b.str("session"))
		_, signed := d.mark(b.str("session"))
		return unless((!signed || s.last && w.byMarks(e)) && (d.person == "" || d.person == b.str("person") && d.date == b.day("date")), "one effective sign-in of the person and session")
	}},
	{"attendance.owed", "attendance.time-owed", "R86, att.makeup, G1", ofDay(func(w *world, e Event, d *personDay) string {
		b := e.Body
		s, ok := w.session(e, d.date, b.str("session"))
		m, signed := d.mark(b.str("session"))
		t := m.at.Sub(s.expected)
		if s.last && w.byMarks(e) {
			t = -t
		}
		lost, minutes, due := w.lost(e, d.date, t)
		return unless(ok && signed && w.object(e, "att.makeup").str("kind") == "time" && d.debt(b.str("session")) == nil && b.num("lost") == lost && b.num("minutes") == minutes && b.day("due") == due,
			"%d minutes lost, %d to be worked by %s, once", lost, minutes, due)
	})},
	{"attendance.excused", "attendance.lateness-excused", "R86, att.makeup.approver", ofDay(func(w *world, e Event, d *personDay) string {
		o := d.debt(e.Body.str("session"))
		post := w.role(e, w.text(e, "att.makeup.approver"))
		return unless(o != nil && !o.excused && post != "" && e.Actor.Post == post && !w.himself(e, d.person) && e.Body.str("by") == e.Actor.Person, "lost time, excused by %s", post)
	})},
	{"attendance.made-up", "attendance.time-made-up", "R86, att.makeup", ofDay(func(w *world, e Event, d *personDay) string {
		b := e.Body
		o, from, to := d.debt(b.str("session")), b.at("from"), b.at("to")
		if o == nil || e.Actor.Person != d.person || !from.Before(to) || to.After(e.Received) || from.Before(d.date.start(e.zone)) {
			return "time of one's own that is past, for what is owed"
		}
		left := o.minutes - int64(to.Sub(from)/time.Minute)
		for _, p := range o.worked {
			left -= int64(p[1].Sub(p[0]) / time.Minute)
		}
		for _, x := range d.owed {
			for _, p := range x.worked {
				if from.Before(p[1]) && p[0].Before(to) {
					return "time that was not counted before"
				}
			}
		}
		return first(unless(b.num("left") == max(0, left) && b.yes("overdue") == !to.Before(o.due.end(e.zone)), "%d minutes left", max(0, left)),
			unless(!w.inHours(e, from) && !w.inHours(e, to.Add(-time.Microsecond)), "time outside the office's hours"))
	})},
	{"attendance.determined", "attendance.determined attendance.determination-revised", "R33, att.halfDayMissing, att.covers, G2", func(w *world, e Event) string {
		d := w.days[e.Stream]
		if d == nil {
			d = &personDay{}
		}
		trial := *d
		trial.person, trial.date = e.Body.str("person"), e.Body.day("date")
		if d.person != "" && (d.person != trial.person || d.date != trial.date) {
			return "the day of this stream"
		}
		want, until := w.determine(e, &trial)
		if !until.IsZero() && e.Body.str("cause") != "objection" {
			return "no determination before " + show(until) + ": a cover is open"
		}
		return unless(readFinding(e.Body).same(want), "%s, %s days of absence, %s", want.result, inDays(want.days), told(want.sessions))
	}},
	{"attendance.determined-once", "attendance.determined", "R33, att.missingSignatureMeansAbsent, G2", func(w *world, e Event) string {
		d, moment := w.days[e.Stream], w.moment(e, e.Body.day("date"))
		return first(unless(d == nil || d.times == 0, "one first determination"), unless(!e.Occurred.Before(moment) && e.Body.at("at").Equal(e.Occurred), "not before %s", show(moment)))
	}},
	{"attendance.revised", "attendance.determination-revised", "G5, G6", ofDay(func(w *world, e Event, d *personDay) string {
		return unless(d.times > 0 && e.Body.str("before") == d.found.result && tenths(e.Body.str("before_days")) == d.found.days &&
			(!readFinding(e.Body).same(d.found) || e.Body.str("cause") == "objection"), "what it counted for before: %s, %s days", d.found.result, inDays(d.found.days))
	})},
	{"attendance.versions", "attendance.determined attendance.determination-revised", "catalogue 2.8, G6", func(w *world, e Event) string {
		o := w.office(e)
		return unless((e.Policy == 0 || e.Body.num("policy") == e.Policy) && e.Body.num("calendar") == o.calendar.version, "under policy %d and calendar %d", e.Policy, o.calendar.version)
	}},
	{"attendance.awaited", "attendance.awaited", "G2, G5", func(w *world, e Event) string {
		d := w.days[e.Stream]
		if d == nil {
			d = &personDay{}
		}
		trial := *d
		trial.person, trial.date = e.Body.str("person"), e.Body.day("date")
		_, until := w.determine(e, &trial)
		return unless(!until.IsZero() && e.Body.at("until").Equal(until) && !d.awaiting && d.times == 0, "a cover that is open until %s", show(until))
	}},
	{"attendance.objection", "attendance.objection-raised", "att.objectionDays", ofDay(func(w *world, e Event, d *personDay) string {
		due, _ := w.dueDay(e, dayOf(d.at, e.zone), w.object(e, "att.objectionDays").num("working_days"))
		return unless(e.Actor.Person == d.person && d.times > 0 && d.objection == "" && e.Received.Before(due.end(e.zone)), "the person's own, once, until 24:00 of %s", due)
	})},
	{"attendance.objection-decided", "attendance.objection-decided", "att.monthlySummary, catalogue 2.8", ofDay(func(w *world, e Event, d *personDay) string {
		var posts []string
		for _, role := range w.object(e, "att.monthlySummary").list("to") {
			posts = append(posts, w.role(e, role))
		}
		return unless(d.objection != "" && e.Body.str("objection") == d.objection && slices.Contains(posts, e.Actor.Post) && !w.himself(e, d.person) &&
			(len(e.Body.list("sessions")) > 0) == e.Body.yes("accepted"), "an objection that waits, decided by one of %v, never one's own", posts)
	})},
	{"attendance.refused", "attendance.refused", "architecture 3.4", refusalHasCode},

	{"sheet.opened", "sheet.opened", "R29, R30, att.sessions", func(w *world, e Event) string {
		b := e.Body
		s, ok := w.session(e, b.day("date"), b.str("session"))
		works, _ := w.works(e, b.day("date"))
		moment := time.Time{}
		if s.last {
			moment = w.moment(e, b.day("date"))
		}
		return first(unless(w.sheets[e.Stream] == nil, "a sheet that is not open yet"), unless(works && ok, "a session of a working day"),
			unless(b.at("opens").Equal(s.opens) && b.at("expected").Equal(s.expected) && b.at("closes").Equal(s.closes) && b.at("cutoff").Equal(s.cutoff) && b.yes("last") == s.last && b.at("moment").Equal(moment),
				"open from %s, cut off %s, closed %s", show(s.opens), show(s.cutoff), show(s.closes)),
			unless(!e.Occurred.After(s.opens) || !e.person(), "by the schedule"))
	}},
	{"sheet.persons", "sheet.opened sheet.persons-added", "R29", func(w *world, e Event) string {
		sh := w.sheets[e.Stream]
		d := e.Body.day("date")
		if sh != nil {
			d = sh.date
		}
		for _, p := range e.Body.list("persons") {
			if !w.signs(e, p, d) || sh != nil && sh.expected[p] {
				return "persons who hold a post of the office on that day, each once, not " + p
			}
		}
		return ""
	}},
	{"sheet.everybody", "sheet.closed sheet.day-determined", "R29, R30", ofSheet(func(w *world, e Event, sh *sheet) string {
		for _, p := range w.office(e).org.members(sh.date) {
			if w.signs(e, p, sh.date) && !sh.expected[p] && !sh.changed(w, e) {
				return "everybody of the day on the sheet, also " + p
			}
		}
		return ""
	})},
	{"sheet.signed", "sheet.closed sheet.signed-listed sheet.supplemented", "R29, R31, G1", ofSheet(func(w *world, e Event, sh *sheet) string {
		entries := e.Body.objs("signed")
		if e.Type == "sheet.supplemented" {
			entries = []object{e.Body}
		}
		for _, x := range entries {
			if sh.signed[x.str("person")] == x.str("event") || w.marked[key(x.str("event"))] != x.str("person")+"/"+sh.date.String()+"/"+sh.session {
				return "sign-ins of this session, each once, not that of " + x.str("person")
			}
		}
		return ""
	})},
	{"sheet.collected", "sheet.closed", "R30, R31, att.sheet.closeBy, G1", ofSheet(func(w *world, e Event, sh *sheet) string {
		listed := map[string]bool{}
		for _, x := range e.Body.objs("signed") {
			listed[x.str("person")] = true
		}
		for p := range sh.waiting {
			if !listed[p] && sh.signed[p] == "" {
				return "every sign-in that came in time, also that of " + p
			}
		}
		keeper := w.object(e, "att.sheet.closeBy").str("by") == "keeper"
		return first(unless(sh.closedAt.IsZero(), "a sheet that is collected once"), unless(!e.Occurred.Before(sh.closes) || e.person() && keeper, "not before %s", show(sh.closes)),
			unless(e.Body.at("at").Equal(e.Occurred) && e.Body.str("by") == e.Actor.Person && e.Body.at("cutoff").Equal(sh.cutoff), "collected by who acts, when he does"))
	})},
	{"sheet.collected-by", "sheet.closed sheet.signed-listed", "R29, reg.books", ofSheet(func(w *world, e Event, sh *sheet) string {
		if !e.person() {
			return ""
		}
		posts := append(w.object(e, "att.monthlySummary").list("to"), w.text(e, "reg.books[签到薄].keeper"))
		return unless(slices.Contains(posts, e.Actor.Post), "the clock, or one of %v", posts)
	})},
	{"sheet.supplemented", "sheet.supplemented", "G1", ofSheet(func(w *world, e Event, sh *sheet) string {
		return unless(!sh.closedAt.IsZero(), "a sheet that is collected")
	})},
	{"sheet.day-determined", "sheet.day-determined", "R33, G2", ofSheet(func(w *world, e Event, sh *sheet) string {
		if sh.determined || e.Body.num("persons") != int64(len(sh.expected)) {
			return fmt.Sprintf("the day of %d persons, once", len(sh.expected))
		}
		works, _ := w.works(e, sh.date)
		for p := range sh.expected {
			if d := w.dayOf[p+"/"+sh.date.String()]; works && (d == nil || d.times == 0 && !d.awaiting) {
				return "the day determined for everybody, also " + p
			}
		}
		return ""
	})},

	{"roll.begun", "roll.begun", "R12, R29", func(w *world, e Event) string {
		return first(w.keeps(e, "system-administrator"), unless(w.rolls[e.Office] == nil || w.rolls[e.Office].since == none, "a book that is begun once"),
			unless(e.Body.day("from") > e.receipt() && e.Body.at("at").Equal(e.Body.day("from").start(e.zone)), "a first day that is to come"))
	}},
	{"roll.turned", "roll.day-turned", "R29, CAL 2.2", ofRoll(func(w *world, e Event, r *roll) string {
		b := e.Body
		d := b.day("date")
		works, _ := w.works(e, d)
		var names []string
		if works {
			for _, s := range w.sessions(e, d) {
				names = append(names, s.name)
			}
		}
		return first(unless(d == r.next || d == r.today && works != r.works, "day after day: %s", r.next), unless(b.yes("works") == works && same(b.list("sessions"), names), "works: %v, sessions %v", works, names),
			unless(b.at("at").Equal(d.start(e.zone)) && b.at("next").Equal(d.end(e.zone)) && b.num("calendar") == w.office(e).calendar.version, "the day from its 00:00"))
	})},
	{"roll.month-due", "roll.day-turned", "R32, att.monthlySummary.day", ofRoll(func(w *world, e Event, r *roll) string {
		d := e.Body.day("date")
		month, due := "", time.Time{}
		if rule := w.object(e, "att.monthlySummary.day"); d.utc().Day() == 1 && r.today == d-1 && rule != nil {
			last, _ := w.dueDay(e, d-1, rule.num("working_day"))
			month, due = (d - 1).String()[:7], last.end(e.zone).Add(-time.Microsecond)
		}
		return unless(e.Body.str("month") == month && e.Body.at("month_due").Equal(due), "the month %q due %s", month, show(due))
	})},
	{"roll.terminal", "roll.terminal-registered roll.terminal-withdrawn roll.terminal-drift-measured", "R30, G1", func(w *world, e Event) string {
		r := w.rolls[e.Office]
		known := r != nil && has(r.terminals, e.Body.str("terminal"))
		if e.Type == "roll.terminal-drift-measured" {
			return unless(known && r.terminals[e.Body.str("terminal")], "a registered terminal")
		}
		return first(w.keeps(e, "security-administrator"), unless(known == (e.Type == "roll.terminal-withdrawn"), "a terminal that is registered once"))
	}},
	{"roll.tally", "roll.month-counted roll.month-compiled", "R32, att.longTermOffender", ofRoll(tallied)},
	{"roll.year", "roll.year-counted roll.year-compiled", "R231, att.fullAttendance, att.awolYearDays", ofRoll(ofYear)},
	{"roll.month-over", "roll.month-compiled roll.month-counted", "R32", ofRoll(func(w *world, e Event, r *roll) string {
		month := e.Body.str("month")
		return unless(month < e.receipt().String()[:7] && !slices.Contains(r.months, month), "a month that is over, once")
	})},
	{"roll.reported", "roll.month-reported", "R32, att.monthlySummary", ofRoll(func(w *world, e Event, r *roll) string {
		to := w.object(e, "att.monthlySummary").list("to")
		var persons []string
		for _, post := range to {
			persons = append(persons, w.office(e).org.holders(post, e.today())...)
		}
		return unless(same(e.Body.list("to"), to) && same(e.Body.list("persons"), persons) && slices.Contains(r.months, e.Body.str("month")), "reported to %v", to)
	})},
}

func told(list []outcome) string {
	var s []string
	for _, o := range list {
		s = append(s, o.session+" "+o.state)
	}
	return strings.Join(s, ", ")
}

// inHours tells whether an instant lies in the office's hours, the break taken out.
func (w *world) inHours(e Event, at time.Time) bool {
	d := dayOf(at, e.zone)
	h, ok := w.hoursOf(e, d)
	within := func(from, to int) bool { return !at.Before(d.at(from, e.zone)) && at.Before(d.at(to, e.zone)) }
	return ok && within(h.start, h.end) && !within(h.breakStart, h.breakEnd)
}

// moment is when a day is determined.
func (w *world) moment(e Event, d day) time.Time {
	list := w.sessions(e, d)
	if len(list) == 0 {
		return time.Time{}
	}
	if w.object(e, "att.missingSignatureMeansAbsent").str("determined") == "24:00" {
		return d.end(e.zone)
	}
	return list[len(list)-1].closes
}

func moveAttendance(w *world, e Event) {
	b := e.Body
	d := w.days[e.Stream]
	if d == nil {
		d = &personDay{date: none}
		w.days[e.Stream] = d
	}
	if b.str("person") != "" && d.person == "" {
		d.person, d.date = b.str("person"), b.day("date")
		w.dayOf[d.person+"/"+d.date.String()] = d
	}
	switch e.Type {
	case "attendance.signed-in":
		d.marks = append(d.marks, mark{b.str("session"), b.str("event"), b.at("at")})
		w.marked[key(b.str("event"))] = d.person + "/" + d.date.String() + "/" + b.str("session")
		if sh := w.sheets[b.str("sheet")]; sh != nil && sh.closedAt.IsZero() && sh.expected[d.person] {
			sh.waiting[d.person] = true
		}
		w.expect(e, "attendance.entry", b.str("sheet")+"/"+d.person, later(b.at("closes"), e.Recorded), "the sign-in to stand on its sheet")
	case "attendance.late-sign-in-refused":
		d.refused = append(d.refused, mark{b.str("session"), b.str("event"), b.at("at")})
	case "attendance.time-owed":
		d.owed = append(d.owed, &debt{session: b.str("session"), minutes: b.num("minutes"), due: b.day("due")})
	case "attendance.lateness-excused":
		if o := d.debt(b.str("session")); o != nil {
			o.excused = true
		}
	case "attendance.time-made-up":
		if o := d.debt(b.str("session")); o != nil {
			o.worked = append(o.worked, [2]time.Time{b.at("from"), b.at("to")})
		}
	case "attendance.awaited":
		d.awaiting = true
		w.expect(e, "attendance.await", e.Stream, b.at("until"), "the day to be determined: its cover is decided")
	case "attendance.determined":
		d.found, d.at, d.times = readFinding(b), b.at("at"), 1
		w.settle("attendance.await", e.Stream)
	case "attendance.determination-revised":
		d.found, d.times = readFinding(b), d.times+1
	case "attendance.objection-raised":
		d.objection = b.str("objection")
	case "attendance.objection-decided":
		d.objection = ""
		d.admitted = append(d.admitted, b.list("sessions")...)
	}
}
