package recheck

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// half is half a day: twice the day, and one more for the afternoon.
type half int

const noHalf half = -1 << 40

func readHalf(o object) half {
	d := o.day("on")
	if d == none || o.str("half") == "" {
		return noHalf
	}
	h := 2 * half(d)
	if o.str("half") == "PM" {
		h++
	}
	return h
}

func (h half) day() day {
	if h < 0 {
		return day((h - 1) / 2)
	}
	return day(h / 2)
}

func (h half) afternoon() bool { return h&1 == 1 }

func (h half) String() string {
	if h == noHalf {
		return "none"
	}
	if h.afternoon() {
		return h.day().String() + " PM"
	}
	return h.day().String() + " AM"
}

// tenths reads days with one decimal, such as 2.5, as tenths; -1 is none.
func tenths(s string) int64 {
	whole, tenth, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 32)
	if err != nil {
		return -1
	}
	t := int64(0)
	if tenth != "" {
		if t, err = strconv.ParseInt(tenth, 10, 8); err != nil {
			return -1
		}
	}
	return n*10 + t
}

func inDays(t int64) string { return fmt.Sprintf("%d.%d", t/10, t%10) }

// ledger is what stands of one person's leave, outings and trips.
type ledger struct {
	person   string
	requests map[string]*request
	entries  map[string]credit
	months   map[string]string
}

// credit is what may be taken.
type credit struct {
	typ  string
	year int64
	days int64
	from day
	open bool
}

type request struct {
	id, kind, typ, status string
	from, to, back        half
	days                  int64
	startsAt, backAt      time.Time
	post                  string
	stepDue               time.Time
	stuck                 bool
	extension             *extension
	reportDue, papersDue  time.Time
	returned              half
	overstayed            bool
	registered            bool
	papersLate            bool
	reviewers             []string
}

type extension struct {
	to, back half
	days     int64
	backAt   time.Time
}

func (r *request) leave() bool { return r.kind == "leave" || r.kind == "phone-in" }
func (r *request) live() bool {
	return slices.Contains([]string{"asked", "granted", "open", "papers"}, r.status)
}
func (r *request) waiting() bool { return r.status == "asked" || r.extension != nil }

// until is the last half day that it covers.
func (r *request) until() half {
	if r.returned != noHalf && r.returned <= r.to {
		return r.returned - 1
	}
	return r.to
}

// covers is what covers a person in half a day: approved, or phoned in and open, or lapsed.
func (l *ledger) covers(h half) (found *request, state string) {
	if l == nil {
		return nil, ""
	}
	for _, id := range slices.Sorted(maps.Keys(l.requests)) {
		r := l.requests[id]
		if r.from == noHalf || h < r.from || h > r.until() {
			continue
		}
		s := map[string]string{"granted": "covered", "papers": "covered", "open": "open", "lapsed": "lapsed"}[r.status]
		switch {
		case s == "covered":
			return r, s
		case s != "" && (found == nil || state == "lapsed"):
			found, state = r, s
		}
	}
	return found, state
}

// longest bounds an absence in half days, so that no wrong date keeps the checker busy.
const longest = 2 * 4 * 366

// inCharge is the matter that a delegation to approve leave covers.
const leaveMatter = "attendance and leave"

// speaks tells whether who acts holds one of some roles, himself or under a delegation for leave, on the day of the request.
func (w *world) speaks(e Event, roles ...string) bool {
	posts := w.office(e).org.authority(e.Actor, e.receipt(), leaveMatter)
	return slices.ContainsFunc(roles, func(r string) bool {
		post := w.role(e, r)
		return post != "" && slices.Contains(posts, post)
	})
}

// himself tells whether who acts would decide about himself: he is the person, acts in a post of the person, or under a
// delegation that comes from the person.
func (w *world) himself(e Event, person string) bool {
	o, on := &w.office(e).org, e.receipt()
	if e.Actor.Person == person || o.holds(person, e.Actor.Post, on) {
		return true
	}
	for id := e.Actor.Delegation; id != ""; {
		d := o.delegations[id]
		if d == nil {
			break
		}
		if d.grantedBy == person || o.holds(person, d.grantor, on) {
			return true
		}
		id = d.under
	}
	return false
}

// counts is the length of an absence in tenths of a day, by working days or all.
func (w *world) counts(e Event, from, to half) (days int64) {
	if from == noHalf || to == noHalf || to-from > longest {
		return -1
	}
	all := w.text(e, "leave.dayBasis") == "calendar"
	for h := from; h <= to; h++ {
		works := all
		if !works {
			works, _ = w.works(e, h.day())
		}
		if works {
			days += 5
		}
	}
	return days
}

// begins is when a half day begins at the office.
func (w *world) begins(e Event, h half) time.Time {
	hours, works := w.hoursOf(e, h.day())
	minute := hours.start
	switch {
	case !works && !h.afternoon():
		minute = 0
	case !works:
		minute = 12 * 60
	case h.afternoon() && hours.breakStart < hours.breakEnd:
		minute = hours.breakEnd
	case h.afternoon():
		minute = (hours.start + hours.end) / 2
	}
	return h.day().at(minute, e.zone)
}

// backAfter is the first working half day behind an absence.
func (w *world) backAfter(e Event, last half) (half, time.Time) {
	for h, n := last+1, 0; n < 2*366; h, n = h+1, n+1 {
		if works, _ := w.works(e, h.day()); works {
			return h, w.begins(e, h)
		}
	}
	return noHalf, time.Time{}
}

// papersBy is until when the papers of a call are in time.
func (w *world) papersBy(e Event, back day) time.Time {
	left, d := w.object(e, "leave.phoneIn.paperDueDays").num("working_days"), back
	if w.text(e, "leave.phoneIn.countFrom") == "return-day" {
		d--
	}
	for n := 0; left > 0 && n < 1100; n++ {
		d++
		if works, _ := w.works(e, d); works {
			left--
		}
	}
	return d.end(e.zone)
}

// added are the leaves next to one, and the days of them together.
func (w *world) added(e Event, l *ledger, id, typ string, from, to half) (ids []string, sum int64) {
	if l == nil || !w.yes(e, "leave.aggregate.on") {
		return nil, 0
	}
	gap, sameType := 2*w.number(e, "leave.aggregate.gapWorkingDays"), w.yes(e, "leave.aggregate.sameType")
	near := func(end, start half) bool {
		n := int64(0)
		for h := end + 1; h < start && n <= gap && h-end < longest; h++ {
			if works, _ := w.works(e, h.day()); works {
				n++
			}
		}
		return n <= gap
	}
	for grown := true; grown; {
		grown = false
		for _, other := range slices.Sorted(maps.Keys(l.requests)) {
			r := l.requests[other]
			if other == id || !r.leave() || !r.live() || r.until() < r.from || slices.Contains(ids, other) || sameType && r.typ != typ {
				continue
			}
			if last := r.until(); last < from && near(last, from) || to < r.from && near(to, r.from) {
				ids, sum, grown = append(ids, other), sum+w.counts(e, r.from, last), true
				from, to = min(from, r.from), max(to, last)
			}
		}
	}
	return ids, sum
}

// tier is the row of leave.tiers that a number of days falls into, by the reading of its boundary.
func (w *world) tier(e Event, typ string, days int64) (key string, row object, boundary string) {
	index := typ
	for _, i := range []string{typ, "*", "other types"} {
		if w.stated(e, "leave.tiers["+i+"]") {
			index = i
			break
		}
	}
	rows := w.objects(e, "leave.tiers["+index+"]")
	if len(rows) > 0 && days < tenths(rows[0].str("from")) {
		index = index + " under " + strings.TrimSuffix(inDays(tenths(rows[0].str("from"))), ".0") + " day"
		rows = w.objects(e, "leave.tiers["+index+"]")
	}
	key = "leave.tiers[" + index + "]"
	for _, r := range rows {
		limit := tenths(r.str("up_to"))
		if limit < 0 || days < limit {
			return key, r, boundary
		}
		if days == limit {
			if boundary = r.str("boundary"); strings.HasPrefix(boundary, "leave.tiers[") {
				boundary = w.text(e, boundary)
			}
			if boundary == "incl" || boundary == "lower" {
				return key, r, boundary
			}
		}
	}
	return key, nil, boundary
}

// nextUp is the next post up that the person does not hold.
func (w *world) nextUp(e Event, post, person string) (string, bool) {
	passed := []string{post}
	for {
		post = w.text(e, "apr.escalateTo["+post+"]")
		if post == "" || slices.Contains(passed, post) {
			return "", false
		}
		if !w.office(e).org.holds(person, post, e.today()) {
			return post, true
		}
		passed = append(passed, post)
	}
}

// within is what a leave takes of an account of a year (0: of any) since a day.
func (w *world) within(e Event, from, to half, year int64, since day) int64 {
	if from.day() < since {
		from = 2 * half(since)
	}
	if year != 0 {
		from = max(from, 2*half(civil(int(year), 1, 1)))
		to = min(to, 2*half(civil(int(year), 12, 31))+1)
	}
	if to < from {
		return 0
	}
	return w.counts(e, from, to)
}

// affords tells whether what may be taken of a type is enough.
func (w *world) affords(e Event, l *ledger, id, typ string, from, to half) string {
	if l == nil {
		return ""
	}
	for _, c := range l.entries {
		if c.typ != typ {
			continue
		}
		given, since := int64(0), c.from
		for _, x := range l.entries {
			if x.typ == typ && x.year == c.year {
				given, since = given+x.days, min(since, x.from)
			}
		}
		for _, r := range l.requests {
			if r.id == id || !r.leave() || !r.live() || r.typ != typ {
				continue
			}
			until := r.until()
			if r.extension != nil {
				until = r.extension.to
			}
			given -= w.within(e, r.from, until, c.year, since)
		}
		if wanted := w.within(e, from, to, c.year, since); wanted > max(0, given) {
			return fmt.Sprintf("no more than the %s days of %s that are left", inDays(max(0, given)), typ)
		}
	}
	return ""
}

// free tells whether nothing else that runs covers one of the half days.
func (l *ledger) free(id string, from, to half) string {
	if l == nil {
		return ""
	}
	for other, r := range l.requests {
		if other != id && r.live() && r.kind != "outing" && r.until() >= from && r.from <= to {
			return "days that no other absence covers"
		}
	}
	return ""
}

// ofRequest makes a rule of a request that stands in the ledger.
func ofRequest(want func(w *world, e Event, l *ledger, r *request) string) func(*world, Event) string {
	return func(w *world, e Event) string {
		l := w.leaves[e.Stream]
		if l == nil || l.requests[e.Body.str("request")] == nil {
			return "a request of the person's ledger"
		}
		return want(w, e, l, l.requests[e.Body.str("request")])
	}
}

// ofLeave are the rules of leave, outings and trips.
var ofLeave = []rule{
	{"leave.own", "leave.requested leave.trip-reported leave.extension-requested leave.withdrawn", "R36, R87", func(w *world, e Event) string {
		person := e.Body.str("person")
		if l := w.leaves[e.Stream]; l != nil {
			person = l.person
		}
		return unless(e.Actor.Person == person && e.Stream == "leave-"+person, "the person's own act, in his own ledger")
	}},
	{"leave.type", "leave.requested leave.phoned-in", "leave.types", func(w *world, e Event) string {
		return unless(slices.Contains(w.texts(e, "leave.types"), e.Body.str("type")), "a type of the office")
	}},
	{"leave.days", "leave.requested leave.phoned-in leave.extension-requested", "leave.dayBasis, leave.unit, G3", func(w *world, e Event) string {
		from, to := readHalf(e.Body.obj("from")), readHalf(e.Body.obj("to"))
		if e.Type == "leave.extension-requested" {
			r := w.leaves.request(e)
			if r == nil {
				return "a leave that runs"
			}
			from = r.from
		}
		days := w.counts(e, from, to)
		return unless(days > 0 && tenths(e.Body.str("days")) == days && (w.text(e, "leave.unit") != "day" || days%10 == 0), "%s days", inDays(days))
	}},
	{"leave.back", "leave.requested leave.phoned-in leave.extension-requested leave.trip-reported", "leave.endReport, G5", func(w *world, e Event) string {
		back, at := w.backAfter(e, readHalf(e.Body.obj("to")))
		return unless(readHalf(e.Body.obj("back")) == back && e.Body.at("back_at").Equal(at), "back at work %s, at %s", back, show(at))
	}},
	{"leave.before-it-begins", "leave.requested leave.phoned-in leave.trip-reported", "R36, R39, R181, leave.priorApproval, leave.phoneIn.before, G5", func(w *world, e Event) string {
		begins := w.begins(e, readHalf(e.Body.obj("from")))
		late := !e.Received.Before(begins)
		switch e.Type {
		case "leave.requested":
			late = late && w.object(e, "leave.priorApproval").yes("required")
		case "leave.phoned-in":
			late = e.Received.After(begins) || late && w.object(e, "leave.phoneIn.before").str("boundary") == "excl"
		}
		return unless(!late && e.Body.at("starts_at").Equal(begins), "asked before it begins, %s", show(begins))
	}},
	{"leave.free", "leave.requested leave.phoned-in leave.trip-reported", "LEV 2.14", func(w *world, e Event) string {
		from, to := readHalf(e.Body.obj("from")), readHalf(e.Body.obj("to"))
		return first(unless(from != noHalf && to >= from, "a last half day that is not before the first"), w.leaves[e.Stream].free("", from, to))
	}},
	{"leave.balance", "leave.requested leave.phoned-in", "LEV 2.14, leave.annual.entitlement", func(w *world, e Event) string {
		return w.affords(e, w.leaves[e.Stream], e.Body.str("request"), e.Body.str("type"), readHalf(e.Body.obj("from")), readHalf(e.Body.obj("to")))
	}},
	{"leave.tier", "leave.step-routed", "R37, C25, leave.tiers, leave.aggregate, G3, G4", ofRequest(tiered)},
	{"leave.approver", "leave.step-routed", "org.selfApproval, apr.escalateTo, G3, G28", ofRequest(func(w *world, e Event, l *ledger, r *request) string {
		b := e.Body
		post := w.role(e, b.str("role"))
		passed := 0
		if w.office(e).org.holds(l.person, post, e.today()) && w.text(e, "org.selfApproval") == "never" {
			post, _ = w.nextUp(e, post, l.person)
			passed = 1
		}
		vacant := len(w.office(e).org.holders(post, e.today())) == 0
		return unless(b.str("post") == post && b.yes("vacant") == vacant && len(b.objs("passed")) == passed, "%s (vacant: %v)", post, vacant)
	})},
	{"leave.term", "leave.step-routed leave.step-escalated", "apr.timeout, G28", func(w *world, e Event) string {
		due := hours(e.Occurred, w.object(e, "apr.timeout").num("hours"))
		return unless(e.Body.at("due").Equal(due) && (e.Policy == 0 || e.Body.num("policy_version") == e.Policy), "due %s", show(due))
	}},
	{"leave.escalated", "leave.step-escalated", "apr.escalateTo, org.vacantApprover, G28", ofRequest(func(w *world, e Event, l *ledger, r *request) string {
		b := e.Body
		vacant := len(w.office(e).org.holders(r.post, e.today())) == 0
		to, ok := w.nextUp(e, r.post, l.person)
		cause := []string{"time-out"}
		if vacant {
			cause = []string{"vacant", "time-out"}
		}
		return first(unless(r.waiting() && !e.Occurred.Before(r.stepDue) && !e.person(), "no escalation before %s", show(r.stepDue)),
			unless(ok && b.str("from") == r.post && b.str("to") == to && same(b.list("cause"), cause) && (!vacant || w.text(e, "org.vacantApprover") == "escalate"), "from %s to %s, the next post up", r.post, to))
	})},
	{"leave.finding", "leave.finding-raised", "G28", ofRequest(func(w *world, e Event, l *ledger, r *request) string {
		post := e.Body.str("post")
		_, ok := w.nextUp(e, post, l.person)
		empty := post == "" || len(w.office(e).org.holders(post, e.today())) == 0
		return unless(e.Body.str("kind") == "noApprover" && (!ok || post == "" || empty && w.text(e, "apr.escalateTo["+post+"]") == "" || empty && w.text(e, "org.vacantApprover") != "escalate"),
			"a step that nobody above could decide")
	})},
	{"leave.decided-by", "leave.approved leave.disapproved", "R37, R87, G3, APR 2.5", ofRequest(func(w *world, e Event, l *ledger, r *request) string {
		b := e.Body
		return first(unless(r.waiting(), "a request that waits"), unless(!w.himself(e, l.person), "somebody else than the person himself"),
			unless(w.speaks(e, r.post), "a holder of %s on that day", r.post),
			unless(b.str("by") == e.Actor.Person && b.str("post") == r.post && b.yes("extension") == (r.extension != nil), "by who decides, for %s", r.post))
	})},
	{"leave.approved", "leave.approved", "leave.priorApproval, leave.endReport", ofRequest(func(w *world, e Event, l *ledger, r *request) string {
		to, days, back, begins := r.to, r.days, r.back, r.startsAt
		if r.extension != nil {
			to, days, back, begins = r.extension.to, r.extension.days, r.extension.back, r.backAt
		}
		b, due := e.Body, time.Time{}
		if r.leave() {
			due = back.day().end(e.zone)
			if w.object(e, "leave.priorApproval").yes("required") && !e.Received.Before(begins) {
				return "approved before it begins, " + show(begins)
			}
		}
		return unless(readHalf(b.obj("to")) == to && (tenths(b.str("days")) == days || !r.leave()) && b.at("report_due").Equal(due), "as asked for: until %s, %s days, reported by %s", to, inDays(days), show(due))
	})},
	{"leave.withdrawn", "leave.withdrawn", "LEV 2.14", ofRequest(func(w *world, e Event, l *ledger, r *request) string {
		return unless(e.Body.yes("extension") == (r.extension != nil) && (r.extension != nil || r.status == "asked" || r.status == "granted" && e.Received.Before(r.startsAt)), "what waits, or has not begun")
	})},
	{"leave.extended", "leave.extension-requested", "LEV 2.14, leave.priorApproval", ofRequest(func(w *world, e Event, l *ledger, r *request) string {
		to := readHalf(e.Body.obj("to"))
		return first(unless(r.kind == "leave" && r.status == "granted" && r.returned == noHalf && r.extension == nil, "a leave that runs"), unless(to > r.to, "a later end"),
			unless(!w.object(e, "leave.priorApproval").yes("required") || e.Received.Before(r.backAt), "asked before the leave is over"), l.free(r.id, r.from, to), w.affords(e, l, r.id, r.typ, r.from, to))
	})},
	{"leave.keeper", "leave.registered leave.month-compiled leave.balance-opened leave.entitlement-granted leave.time-off-credited leave.balance-corrected", "R41, leave.register", func(w *world, e Event) string {
		keeper := w.object(e, "leave.register").str("keeper")
		return unless(w.speaks(e, keeper) && e.Body.str("by") == e.Actor.Person, "the keeper of the register, %s", keeper)
	}},
	{"leave.registered", "leave.registered", "R41", ofRequest(func(w *world, e Event, l *ledger, r *request) string {
		return unless(r.leave() && slices.Contains([]string{"granted", "open", "papers", "lapsed"}, r.status) && !r.registered, "a leave that was approved or phoned in, once")
	})},
	{"leave.returned", "leave.returned", "leave.endReport, LEV 2.14", ofRequest(returned)},
	{"leave.overstayed", "leave.overstayed", "leave.endReport", ofRequest(func(w *world, e Event, l *ledger, r *request) string {
		return unless(r.status == "granted" && r.returned == noHalf && !r.overstayed && !r.reportDue.IsZero() && !e.Occurred.Before(r.reportDue) && e.Body.at("report_due").Equal(r.reportDue) &&
			readHalf(e.Body.obj("since")) == r.back, "a leave whose end nobody reported by %s, once", show(r.reportDue))
	})},
	{"leave.days-revised", "leave.days-revised", "G6, leave.tierAfterCalendarChange", ofRequest(func(w *world, e Event, l *ledger, r *request) string {
		b := e.Body
		days, back := w.counts(e, r.from, r.until()), r.back
		if r.returned == noHalf {
			back, _ = w.backAfter(e, r.to)
		}
		return unless(tenths(b.str("was")) == r.days && tenths(b.str("days")) == days && readHalf(b.obj("back")) == back && (days != r.days || back != r.back),
			"%s days instead of %s, back %s", inDays(days), inDays(r.days), back)
	})},
	{"leave.phoned-in", "leave.phoned-in", "R39, R87, leave.phoneIn, G5", func(w *world, e Event) string {
		b, rule := e.Body, w.object(e, "leave.phoneIn.allowed")
		_, asked := w.asked(e)
		due := w.papersBy(e, readHalf(b.obj("back")).day())
		return first(unless(rule.yes("allowed") && (rule.str("cause") == "" || asked.str("cause") == rule.str("cause")), "an office that takes calls, in an urgent case"),
			unless(e.Actor.Person != b.str("person") && b.str("by") == e.Actor.Person && w.speaks(e, w.texts(e, "leave.phoneIn.callTo")...), "taken by somebody else, of %v", w.texts(e, "leave.phoneIn.callTo")),
			unless(b.at("papers_due").Equal(due), "papers due %s", show(due)))
	}},
	{"leave.papers", "leave.paper-supplied", "R39, leave.phoneIn.paperDueDays, G5", ofRequest(func(w *world, e Event, l *ledger, r *request) string {
		late := !e.Received.Before(r.papersDue)
		var reviewers []string
		if rule := w.object(e, "leave.phoneIn.latePaper"); late && rule.str("effect") == "reviewed" {
			reviewers = rule.list("by")
		}
		return first(unless(r.kind == "phone-in" && r.status != "papers" && !r.papersLate, "a call whose papers are due"),
			unless(e.Actor.Person == l.person || w.speaks(e, w.texts(e, "leave.phoneIn.callTo")...), "the person, or who takes calls"),
			unless(e.Body.yes("late") == late && len(e.Body.list("reviewers")) == len(reviewers), "late: %v, by %s", late, show(r.papersDue)))
	})},
	{"leave.certificate", "leave.paper-supplied", "leave.sick.certificateAfterDays", ofRequest(func(w *world, e Event, l *ledger, r *request) string {
		after := tenths(w.text(e, "leave.sick.certificateAfterDays"))
		return unless(r.typ != "病假" || after < 0 || r.days <= after || strings.TrimSpace(e.Body.str("certificate")) != "", "a certificate")
	})},
	{"leave.lapsed", "leave.paper-lapsed", "R39, leave.phoneIn.lapse, G5", ofRequest(func(w *world, e Event, l *ledger, r *request) string {
		return unless(r.status == "open" && !e.Occurred.Before(r.papersDue) && e.Body.at("papers_due").Equal(r.papersDue) && e.Body.str("effect") == w.text(e, "leave.phoneIn.lapse"),
			"papers that did not come by %s", show(r.papersDue))
	})},
	{"leave.reviewed", "leave.late-paper-reviewed", "leave.phoneIn.latePaper, G5", ofRequest(func(w *world, e Event, l *ledger, r *request) string {
		return unless(r.status == "lapsed" && r.papersLate && len(r.reviewers) > 0 && !w.himself(e, l.person) && w.speaks(e, r.reviewers...) && e.Body.str("by") == e.Actor.Person,
			"late papers, reviewed by one of %v", r.reviewers)
	})},
	{"leave.days-reviewed", "leave.days-reviewed", "G5", ofRequest(func(w *world, e Event, l *ledger, r *request) string {
		var days []string
		for d := r.from.day(); r.from != noHalf && d <= r.until().day() && len(days) < longest; d++ {
			days = append(days, d.String())
		}
		_, open := w.due("leave.review", e.Stream+"/"+r.id)
		return unless(open && same(e.Body.list("days"), days), "the %d days of an absence whose late papers were accepted", len(days))
	})},
	{"leave.business", "leave.outing-reported leave.trip-reported", "R40, R77, leave.businessOuting", func(w *world, e Event) string {
		rule, b := w.object(e, "leave.businessOuting"), e.Body
		if b.yes("approval") != (rule.str("notice") == "approval") {
			return fmt.Sprintf("approval: %v", rule.str("notice") == "approval")
		}
		if e.Type == "leave.trip-reported" {
			return ""
		}
		other := b.str("person") != e.Actor.Person
		out, back := b.at("out_at"), b.at("back_at")
		d := dayOf(out, e.zone)
		from, to := noHalf, noHalf
		for h := 2 * half(d); h <= 2*half(d)+1; h++ {
			if at := w.begins(e, h); !at.Before(out) && at.Before(back) {
				to = h
				if from == noHalf {
					from = h
				}
			}
		}
		return first(unless(!other || rule.str("notice") == "phone" && w.speaks(e, w.texts(e, "leave.phoneIn.callTo")...), "one's own report, or a call to %v", w.texts(e, "leave.phoneIn.callTo")),
			unless(out.Before(back) && !d.end(e.zone).Before(back) && e.Received.Before(back), "an outing within one day that is not over"),
			unless(readHalf(b.obj("from")) == from && readHalf(b.obj("to")) == to, "the half days that begin during it: %s to %s", from, to))
	}},
	{"leave.month", "leave.month-compiled", "R41", compiled},
	{"leave.account", "leave.balance-opened leave.entitlement-granted leave.time-off-credited leave.balance-corrected", "LEV 2.14, leave.annual.entitlement", credited},
	{"leave.balance-withdrawn", "leave.balance-withdrawn", "LEV 2.14", func(w *world, e Event) string {
		l, keeper := w.leaves[e.Stream], w.object(e, "leave.register").str("keeper")
		open := l != nil && l.entries[e.Body.str("of")].open
		return unless(open && w.speaks(e, keeper) && !w.himself(e, e.Body.str("person")) && strings.TrimSpace(e.Body.str("reason")) != "", "an opening balance, taken back by the keeper %s with a reason", keeper)
	}},
	{"leave.refused", "leave.refused", "G3, architecture 3.4", func(w *world, e Event) string {
		l := w.leaves[e.Stream]
		_, asked := w.asked(e)
		if l == nil || l.requests[asked.str("request")] == nil {
			return refusalHasCode(w, e)
		}
		r := l.requests[asked.str("request")]
		switch e.Body.str("code") {
		case "leave.self":
			return unless(w.himself(e, l.person), "the person himself: the rule refuses nobody else")
		case "leave.outside-authority":
			return unless(!w.speaks(e, r.post) || len(r.reviewers) > 0 && !w.speaks(e, r.reviewers...), "somebody who does not hold %s", r.post)
		}
		return refusalHasCode(w, e)
	}},
}

// ledgers are those of all persons, by stream.
type ledgers map[string]*ledger

func (m ledgers) request(e Event) *request {
	l := m[e.Stream]
	if l == nil {
		return nil
	}
	return l.requests[e.Body.str("request")]
}

// tiered checks by which tier a request is decided.
func tiered(w *world, e Event, l *ledger, r *request) string {
	b := e.Body
	if b.str("rule") == "leave.businessOuting" {
		return unless(b.str("role") == w.object(e, "leave.businessOuting").str("approver"), "the approver of outings")
	}
	_, asked := w.asked(e)
	to, days := r.to, r.days
	if r.extension != nil {
		to, days = r.extension.to, r.extension.days
	}
	ids, more := w.added(e, l, r.id, r.typ, r.from, to)
	total := days + more
	if !same(slices.Sorted(slices.Values(b.list("aggregated"))), slices.Sorted(slices.Values(ids))) && len(ids)+len(b.list("aggregated")) > 0 {
		return fmt.Sprintf("added up with %d leaves next to it", len(ids))
	}
	if tenths(b.str("days")) != days || tenths(b.str("total")) != total {
		return fmt.Sprintf("%s days, %s in all", inDays(days), inDays(total))
	}
	if after := tenths(w.text(e, "leave.sick.certificateAfterDays")); r.typ == "病假" && after >= 0 && total > after && strings.TrimSpace(asked.str("certificate")) == "" {
		return "a certificate"
	}
	key, row, boundary := w.tier(e, r.typ, total)
	switch {
	case row == nil:
		return "a tier that the office's rules give"
	case row.str("form") == "written" && asked.str("form") != "written":
		return "the written form"
	}
	return unless(b.str("rule") == key && b.str("role") == row.str("approver") && tenths(b.str("tier_from")) == tenths(row.str("from")) &&
		tenths(b.str("tier_up_to")) == tenths(row.str("up_to")) && b.str("boundary") == boundary && b.str("form") == row.str("form"),
		"%s by %s (boundary %q)", key, row.str("approver"), boundary)
}

// returned checks a return to work.
func returned(w *world, e Event, l *ledger, r *request) string {
	b := e.Body
	if e.Actor.Person != l.person && !w.speaks(e, w.object(e, "leave.endReport").list("to")...) {
		return "the person, or who ends of leave are reported to"
	}
	if r.returned != noHalf || !slices.Contains([]string{"granted", "open", "papers", "lapsed"}, r.status) {
		return "an absence that runs"
	}
	if r.kind == "outing" {
		return unless(!e.Occurred.Before(r.startsAt), "a return behind the start")
	}
	back := readHalf(b.obj("back"))
	if back == noHalf || back < r.from || e.receipt() < back.day() {
		return "a return not before the beginning and not after today"
	}
	late := !r.reportDue.IsZero() && !e.Received.Before(r.reportDue)
	days := int64(0)
	if r.leave() {
		last := r.to
		if back <= r.to {
			last = back - 1
		}
		days = w.counts(e, r.from, last)
	}
	due := time.Time{}
	if r.status == "open" && !r.papersLate && back != r.back {
		due = w.papersBy(e, back.day())
	}
	return unless(b.yes("late") == late && max(0, tenths(b.str("days"))) == days && b.at("papers_due").Equal(due), "late: %v, %s days, papers due %s", late, inDays(days), show(due))
}

// compiled takes the totals of a month again.
func compiled(w *world, e Event) string {
	begin := parseDay(e.Body.str("month") + "-01")
	if begin == none {
		return "a month"
	}
	end := civil(begin.year(), begin.month()+1, 1) - 1
	if e.Received.Before(end.end(e.zone)) {
		return "a month that is over"
	}
	persons := append(w.office(e).org.members(begin), w.office(e).org.members(end)...)
	slices.Sort(persons)
	type row struct{ days, leaves, persons int64 }
	rows, unregistered := map[string]*row{}, int64(0)
	for _, p := range slices.Compact(persons) {
		l, seen := w.leaves["leave-"+p], map[string]bool{}
		if l == nil {
			continue
		}
		for _, r := range l.requests {
			if !r.leave() || r.status != "granted" && r.status != "papers" {
				continue
			}
			from, to := max(r.from, 2*half(begin)), min(r.until(), 2*half(end)+1)
			days := int64(0)
			if from <= to {
				days = w.counts(e, from, to)
			}
			if days == 0 {
				continue
			}
			x := rows[r.typ]
			if x == nil {
				x = &row{}
				rows[r.typ] = x
			}
			x.days, x.leaves = x.days+days, x.leaves+1
			if !seen[r.typ] {
				seen[r.typ] = true
				x.persons++
			}
			if !r.registered {
				unregistered++
			}
		}
	}
	got := e.Body.objs("rows")
	if len(got) != len(rows) || e.Body.num("unregistered") != unregistered {
		return fmt.Sprintf("%d types, %d leaves not registered", len(rows), unregistered)
	}
	for _, g := range got {
		x := rows[g.str("type")]
		if x == nil || x.days != tenths(g.str("days")) || x.leaves != g.num("leaves") || x.persons != g.num("persons") {
			return "the totals of " + g.str("type") + " as the ledgers give them"
		}
	}
	return ""
}

// credited checks an entry of what may be taken.
func credited(w *world, e Event) string {
	b, l := e.Body, w.leaves[e.Stream]
	has := func(typ string, year int64) bool {
		if l == nil {
			return false
		}
		for _, c := range l.entries {
			if c.typ == typ && c.year == year {
				return true
			}
		}
		return false
	}
	if w.himself(e, b.str("person")) {
		return "somebody else than whose it is"
	}
	switch e.Type {
	case "leave.balance-opened":
		return unless(tenths(b.str("days"))%5 == 0 && b.day("as_of") <= e.receipt() && !has(b.str("type"), b.num("year")) && b.str("source") != "", "opened once, in half days, by a source")
	case "leave.time-off-credited":
		return unless(tenths(b.str("days")) > 0 && tenths(b.str("days"))%5 == 0 && b.day("worked") <= e.receipt() && b.str("source") != "", "half days for a day that was worked")
	case "leave.entitlement-granted":
		today, since := e.receipt().utc(), b.day("since").utc()
		years := int64(today.Year() - since.Year())
		if today.Month() < since.Month() || today.Month() == since.Month() && today.Day() < since.Day() {
			years--
		}
		days := int64(0)
		for _, row := range w.objects(e, "leave.annual.entitlement") {
			if years >= row.num("from_years") && (!row.has("below_years") || years < row.num("below_years")) {
				days = row.num("days")
				break
			}
		}
		return unless(b.num("years") == years && tenths(b.str("days")) == 10*days && days > 0 && !has(b.str("type"), b.num("year")), "%d days for %d years of service, once", days, years)
	}
	var c credit
	known := false
	if l != nil {
		c, known = l.entries[b.str("of")]
	}
	return unless(known && tenths(b.str("was")) == c.days && tenths(b.str("days"))%5 == 0 && b.str("reason") != "", "an entry of %s days, corrected with a reason", inDays(c.days))
}

func moveLeave(w *world, e Event) {
	b := e.Body
	l := w.leaves[e.Stream]
	if l == nil {
		l = &ledger{requests: map[string]*request{}, entries: map[string]credit{}}
		w.leaves[e.Stream] = l
	}
	if p := b.str("person"); p != "" {
		l.person = p
	}
	r := l.requests[b.str("request")]
	key := e.Stream + "/" + b.str("request")
	absence := func(kind, status string) {
		l.requests[b.str("request")] = &request{id: b.str("request"), kind: kind, typ: b.str("type"), status: status, from: readHalf(b.obj("from")), to: readHalf(b.obj("to")),
			days: tenths(b.str("days")), startsAt: b.at("starts_at"), back: readHalf(b.obj("back")), backAt: b.at("back_at"), papersDue: b.at("papers_due"), returned: noHalf}
	}
	reported := func() string {
		if b.yes("approval") {
			return "asked"
		}
		return "granted"
	}
	switch e.Type {
	case "leave.requested":
		absence("leave", "asked")
	case "leave.phoned-in":
		absence("phone-in", "open")
		w.expect(e, "leave.papers", key, b.at("papers_due"), "the papers, or a lapse")
	case "leave.outing-reported":
		absence("outing", reported())
		l.requests[b.str("request")].startsAt = b.at("out_at")
	case "leave.trip-reported":
		absence("trip", reported())
	case "leave.balance-opened":
		l.entries[b.str("entry")] = credit{b.str("type"), b.num("year"), tenths(b.str("days")), b.day("as_of"), true}
	case "leave.entitlement-granted":
		l.entries[b.str("entry")] = credit{b.str("type"), b.num("year"), tenths(b.str("days")), civil(int(b.num("year")), 1, 1), false}
	case "leave.time-off-credited":
		l.entries[b.str("entry")] = credit{b.str("type"), 0, tenths(b.str("days")), b.day("worked"), false}
	case "leave.balance-withdrawn":
		delete(l.entries, b.str("of"))
	case "leave.balance-corrected":
		c := l.entries[b.str("of")]
		c.days = tenths(b.str("days"))
		l.entries[b.str("of")] = c
	}
	if r == nil {
		return
	}
	switch e.Type {
	case "leave.step-routed":
		r.post, r.stepDue, r.stuck = b.str("post"), b.at("due"), false
		w.expectIf(e, "leave.timeout", key, r.stepDue, "the step to go to the next post up, or a finding that there is none", func() bool { return r.waiting() && !r.stuck })
	case "leave.step-escalated":
		r.post, r.stepDue, r.stuck = b.str("to"), b.at("due"), false
		w.expectIf(e, "leave.timeout", key, r.stepDue, "the step to go to the next post up, or a finding that there is none", func() bool { return r.waiting() && !r.stuck })
	case "leave.finding-raised":
		r.stuck = true
	case "leave.approved":
		r.to, r.days, r.back, r.backAt, r.reportDue = readHalf(b.obj("to")), tenths(b.str("days")), readHalf(b.obj("back")), b.at("back_at"), b.at("report_due")
		if r.extension == nil {
			r.status = "granted"
		}
		r.extension = nil
		w.settle("leave.timeout", key)
		if !r.reportDue.IsZero() {
			w.expectIf(e, "leave.overstay", key, r.reportDue, "the return, or an overstay", func() bool { return r.status == "granted" && r.returned == noHalf && !r.overstayed })
		}
	case "leave.disapproved", "leave.withdrawn":
		if r.extension == nil {
			r.status = map[string]string{"leave.disapproved": "refused", "leave.withdrawn": "withdrawn"}[e.Type]
		}
		r.extension = nil
		w.settle("leave.timeout", key)
	case "leave.extension-requested":
		r.extension = &extension{readHalf(b.obj("to")), readHalf(b.obj("back")), tenths(b.str("days")), b.at("back_at")}
	case "leave.registered":
		r.registered = true
	case "leave.returned":
		w.void(e, "leave.overstay", key)
		w.settle("leave.timeout", key)
		r.returned, r.extension = readHalf(b.obj("back")), nil
		if r.leave() {
			r.days = tenths(b.str("days"))
		}
		if due := b.at("papers_due"); !due.IsZero() {
			r.papersDue = due
			w.expect(e, "leave.papers", key, due, "the papers, or a lapse")
		}
	case "leave.overstayed":
		r.overstayed = true
		w.settle("leave.overstay", key)
	case "leave.days-revised":
		r.days, r.back, r.backAt = tenths(b.str("days")), readHalf(b.obj("back")), b.at("back_at")
		if due := b.at("report_due"); !due.IsZero() {
			r.reportDue = due
			w.expectIf(e, "leave.overstay", key, due, "the return, or an overstay", func() bool { return r.status == "granted" && r.returned == noHalf && !r.overstayed })
		}
		if due := b.at("papers_due"); !due.IsZero() {
			r.papersDue = due
			w.expect(e, "leave.papers", key, due, "the papers, or a lapse")
		}
	case "leave.paper-supplied":
		r.papersLate, r.reviewers = b.yes("late"), b.list("reviewers")
		if !r.papersLate {
			r.status = "papers"
			w.settle("leave.papers", key)
		}
	case "leave.paper-lapsed":
		r.status = "lapsed"
		w.settle("leave.papers", key)
	case "leave.late-paper-reviewed":
		r.reviewers = nil
		if b.yes("accepted") {
			r.status = "papers"
			w.expect(e, "leave.review", key, e.Recorded, "the days to be determined anew with the papers that came late")
		}
	case "leave.days-reviewed":
		w.settle("leave.review", key)
	}
}
