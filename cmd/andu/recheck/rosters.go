package recheck

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// roster is the plan of one period of a duty post.
type roster struct {
	post                       string
	first, last                day
	slots                      []object
	approved, published, noted bool
	next                       day
	nextLate                   time.Time
	audience                   []string
	delivered                  map[string]bool
	late                       bool
}

// ofRoster makes a rule of a roster that was drafted.
func ofRoster(want func(w *world, e Event, r *roster) string) func(*world, Event) string {
	return func(w *world, e Event) string {
		r := w.rosters[e.Stream]
		if r == nil || r.post == "" {
			return "a roster that was drafted"
		}
		return want(w, e, r)
	}
}

// ofRosters are the rules of rosters.
var ofRosters = []rule{
	{"roster.drafted", "roster.drafted", "R44, R68, duty.roster.period", func(w *world, e Event) string {
		b := e.Body
		p, had := w.posts[b.str("post")], w.rosters[e.Stream]
		last := none
		switch w.text(e, "duty.roster.period") {
		case "month":
			if f := b.day("first"); f.utc().Day() == 1 {
				last = civil(f.year(), f.month()+1, 1) - 1
			}
		case "week":
			if f := b.day("first"); f.weekday() == time.Monday {
				last = f + 6
			}
		}
		return first(unless(e.Actor.Post == w.text(e, "duty.roster.publisher"), "drafted by %s", w.text(e, "duty.roster.publisher")),
			unless(p != nil && p.line != "" && b.day("last") == last && last != none, "a whole %s of a post that is kept", w.text(e, "duty.roster.period")),
			unless(had == nil || !had.published, "a roster that is not published"))
	}},
	{"roster.slots", "roster.drafted", "R42, R43, duty.handover.time, duty.cover", func(w *world, e Event) string {
		p := w.posts[e.Body.str("post")]
		if p == nil {
			return ""
		}
		return w.slots(e, p.line, e.Body.day("first"), e.Body.day("last"), e.Body.objs("slots"), nil, time.Time{})
	}},
	{"roster.amended-slots", "roster.amended", "R42, R43, G6", ofRoster(func(w *world, e Event, r *roster) string {
		p := w.posts[r.post]
		if p == nil {
			return ""
		}
		return w.slots(e, p.line, r.first, r.last, e.Body.objs("slots"), r.slots, e.Received)
	})},
	{"roster.approved", "roster.approved", "R67, duty.roster.approver, G9", ofRoster(func(w *world, e Event, r *roster) string {
		post := w.text(e, "duty.roster.approver")
		return unless(e.Actor.Post == post && e.Body.str("post") == post && e.Body.str("by") == e.Actor.Person && !r.approved, "approved by %s, once", post)
	})},
	{"roster.published", "roster.published", "R44, R67, G9", ofRoster(func(w *world, e Event, r *roster) string {
		b := e.Body
		return first(unless(e.Actor.Post == w.text(e, "duty.roster.publisher"), "published by %s", w.text(e, "duty.roster.publisher")),
			unless(r.approved && !r.published, "approved first, published once"),
			unless(b.str("post") == r.post && b.day("first") == r.first && len(b.objs("slots")) == len(r.slots), "the roster as drafted"),
			unless(b.day("next") == r.last+1, "the next period to begin on %s", r.last+1), w.audience(e, r))
	})},
	{"roster.deadline", "roster.published", "R44, duty.roster.publishDeadline, duty.roster.deadlineBasis, G9", ofRoster(func(w *world, e Event, r *roster) string {
		by, _ := w.deadline(e, r.first)
		_, late := w.deadline(e, r.last+1)
		return unless(e.Body.at("deadline").Equal(by) && e.Body.at("next_late").Equal(late), "due by %s, the next late from %s", show(by), show(late))
	})},
	{"roster.finding", "roster.finding-raised", "R44, duty.roster.lateEffect, duty.fairness.bound, G9", ofRoster(func(w *world, e Event, r *roster) string {
		b := e.Body
		switch b.str("kind") {
		case "rosterMissing":
			return unless(r.published && !r.noted && b.day("first") == r.last+1 && !e.Occurred.Before(r.nextLate) && !e.person(), "the next roster missing at %s, once", show(r.nextLate))
		case "loadSpread":
			most, least, uneven := w.load(e, r)
			return unless(uneven && b.num("most") == most && b.num("least") == least, "%d shifts at most and %d at least, beyond the bound: %v", most, least, uneven)
		case w.object(e, "duty.roster.lateEffect").str("finding"):
			return unless(w.n(e) > 0 && r.late && b.day("first") == r.first, "a roster published behind its deadline")
		}
		return "a finding of a kind that is known"
	})},
	{"roster.delivered", "roster.delivered", "R44, duty.roster.audience", ofRoster(func(w *world, e Event, r *roster) string {
		p := e.Body.str("person")
		return unless(r.published && slices.Contains(r.audience, p) && !r.delivered[p] && (p == e.Actor.Person || e.Actor.Post == w.text(e, "duty.roster.publisher")),
			"somebody of the audience, once, by himself or who publishes")
	})},
	{"roster.amended", "roster.amended", "R46, duty.rearrange", ofRoster(func(w *world, e Event, r *roster) string {
		rule := w.object(e, "duty.rearrange")
		posts := []string{rule.str("by")}
		publisher, approver := w.text(e, "duty.roster.publisher"), w.text(e, "duty.roster.approver")
		if rule.str("by") == "office" {
			posts = []string{publisher, approver}
		}
		causes := rule.list("causes")
		if e.Body.str("cause") == "calendar" {
			posts, causes = []string{publisher}, nil
			if !e.person() || e.Body.str("reason") == "" {
				return unless(r.published && (!e.person() || w.n(e) > 0), "a published roster that follows the calendar by itself")
			}
		}
		return first(unless(r.published && strings.TrimSpace(e.Body.str("reason")) != "", "a published roster, amended with a reason"), unless(slices.Contains(posts, e.Actor.Post), "somebody of %v", posts),
			unless(len(causes) == 0 || slices.Contains(causes, e.Body.str("cause")), "one of the causes %v", causes))
	})},
	{"roster.past-stands", "roster.amended", "G6, DUT 2.7", ofRoster(func(w *world, e Event, r *roster) string {
		now := map[int64]object{}
		for _, s := range e.Body.objs("slots") {
			now[s.at("start").UnixMicro()] = s
		}
		for _, s := range r.slots {
			if start := s.at("start"); !start.After(e.Received) && now[start.UnixMicro()].str("person") != s.str("person") {
				return "the shifts that have begun left as they were, also that of " + show(start)
			}
		}
		return ""
	})},
}

// deadline is by when the roster of a period is to be out, and the first instant at which it is late.
func (w *world) deadline(e Event, first day) (by, late time.Time) {
	rule, d := w.object(e, "duty.roster.publishDeadline"), first-1
	if w.text(e, "duty.roster.deadlineBasis") == "lastWorkingDay" {
		for range 60 {
			if works, _ := w.works(e, d); works {
				break
			}
			d--
		}
	}
	by = d.at(minutes(rule.str("time")), e.zone)
	if rule.str("boundary") == "incl" {
		return by, just(by)
	}
	return by, by
}

// audience is who gets the roster.
func (w *world) audience(e Event, r *roster) string {
	var want []string
	if w.text(e, "duty.roster.audience") == "duty-list" {
		want = w.dutyList(e, r)
	} else {
		want = w.office(e).org.members(e.today())
	}
	return unless(same(slices.Sorted(slices.Values(e.Body.list("audience"))), want), "issued to %d persons", len(want))
}

func (w *world) dutyList(e Event, r *roster) (persons []string) {
	line := ""
	if p := w.posts[r.post]; p != nil {
		line = p.line
	}
	for _, post := range w.rota(e, line) {
		persons = append(persons, w.office(e).org.holders(post, r.first)...)
	}
	slices.Sort(persons)
	return slices.Compact(persons)
}

// slots compares shifts with the times of handover and with who covers which: those that begin behind an instant.
func (w *world) slots(e Event, line string, first, last day, got, former []object, behind time.Time) string {
	if first == none || last < first || last > first+100 {
		return "a period of its first and its last day"
	}
	times, lead := w.objects(e, "duty.handover.time"), w.object(e, "duty.reminder.lead").num("hours")
	rotaBy := w.rota(e, line)
	var section []string
	from, to := -1, -1
	if line == dutyRoom {
		h := w.object(e, "duty.cover["+hoursOfOffice+"].hours")
		from, to = minutes(h.str("start")), minutes(h.str("end"))
		section = w.texts(e, "duty.cover["+hoursOfOffice+"].by")
	}
	type slot struct {
		start time.Time
		by    []string
		src   string
		rest  bool
	}
	var want []slot
	var ends time.Time
	for d := first; d <= last+1; d++ {
		works, _ := w.works(e, d)
		var bounds []int
		for _, t := range times {
			if t.str("days") == "every" || works {
				bounds = append(bounds, minutes(t.str("at")))
			}
		}
		if section != nil && works {
			bounds = append(bounds, from, to)
		}
		slices.Sort(bounds)
		for _, m := range slices.Compact(bounds) {
			if d == last+1 {
				if ends.IsZero() {
					ends = d.at(m, e.zone)
				}
				continue
			}
			s := slot{d.at(m, e.zone), rotaBy, "rota", !works}
			if section != nil && works && m >= from && m < to {
				s.by, s.src = section, "section"
			}
			want = append(want, s)
		}
	}
	var edge time.Time // what had begun when the roster was amended stands, also beyond new bounds
	for _, s := range got {
		if !s.at("start").After(behind) {
			edge = s.at("end")
		}
	}
	want = slices.DeleteFunc(want, func(s slot) bool { return !behind.IsZero() && (!s.start.After(behind) || s.start.Before(edge)) })
	got = slices.DeleteFunc(slices.Clone(got), func(s object) bool { return !behind.IsZero() && !s.at("start").After(behind) })
	for len(got) > 0 && len(want) > 0 && got[0].at("start").Before(want[0].start) { // the day that has begun ends as it was planned
		if !slices.ContainsFunc(former, func(o object) bool {
			return o.str("start") == got[0].str("start") && o.str("end") == got[0].str("end") && o.str("person") == got[0].str("person")
		}) {
			break
		}
		got = got[1:]
	}
	if len(got) != len(want) {
		return fmt.Sprintf("%d shifts, one from each time of handover to the next", len(want))
	}
	for i, s := range want {
		end := ends
		if i+1 < len(want) {
			end = want[i+1].start
		}
		g := got[i]
		night := dayOf(s.start, e.zone) != dayOf(end.Add(-time.Microsecond), e.zone)
		switch {
		case !g.at("start").Equal(s.start) || !g.at("end").Equal(end) || !same(g.list("by"), s.by) || g.str("source") != s.src || g.yes("rest") != s.rest || g.yes("night") != night:
			return fmt.Sprintf("a shift of %v from %s to %s, a day off: %v", s.by, show(s.start), show(end), s.rest)
		case !g.at("remind").Equal(hours(s.start, -lead)):
			return "reminded " + fmt.Sprint(lead) + " hours before"
		case s.src == "section" && g.str("person") != "":
			return "no person on a shift of a section"
		case s.src == "rota" && !w.holdsOne(e, g.str("person"), s.by, dayOf(s.start, e.zone)):
			return "a person of " + fmt.Sprint(s.by) + " on the shift of " + show(s.start)
		}
	}
	return ""
}

// load is how many shifts of the period of the bound the person with most and the one with least have.
func (w *world) load(e Event, r *roster) (most, least int64, uneven bool) {
	bound := w.object(e, "duty.fairness.bound")
	month, months := r.first.month(), time.Month(1)
	if bound.str("period") == "quarter" {
		month, months = (month-1)/3*3+1, 3
	}
	from, until := civil(r.first.year(), month, 1), civil(r.first.year(), month+months, 1)
	counts := map[string]int64{}
	for _, p := range w.dutyList(e, r) {
		counts[p] = 0
	}
	count := func(start time.Time, source, person string) {
		on := dayOf(start, e.zone)
		if _, ok := counts[person]; ok && source == "rota" && on >= from && on < until {
			counts[person]++
		}
	}
	if p := w.posts[r.post]; p != nil {
		for _, s := range p.shifts {
			if on := dayOf(s.start, e.zone); on < r.first || on > r.last {
				count(s.start, s.source, s.person)
			}
		}
	}
	for _, s := range r.slots {
		count(s.at("start"), s.str("source"), s.str("person"))
	}
	least = -1
	for _, n := range counts {
		most = max(most, n)
		if least < 0 || n < least {
			least = n
		}
	}
	spread := most - least
	return most, least, len(counts) > 0 && (spread > bound.num("shifts") || spread == bound.num("shifts") && bound.str("boundary") == "excl")
}

func moveRosters(w *world, e Event) {
	b := e.Body
	r := w.rosters[e.Stream]
	if r == nil {
		r = &roster{delivered: map[string]bool{}}
		w.rosters[e.Stream] = r
	}
	key := fmt.Sprintf("%s/%d", e.Stream, e.Revision)
	switch e.Type {
	case "roster.drafted":
		r.post, r.first, r.last, r.slots, r.approved = b.str("post"), b.day("first"), b.day("last"), b.objs("slots"), false
	case "roster.approved":
		r.approved = true
	case "roster.published":
		_, late := w.deadline(e, r.first)
		r.late = !e.Received.Before(late)
		r.published, r.slots, r.audience, r.next, r.nextLate = true, b.objs("slots"), b.list("audience"), b.day("next"), b.at("next_late")
		w.settle("roster.deadline", r.post+"/"+r.first.String())
		w.expect(e, "roster.deadline", r.post+"/"+r.next.String(), later(r.nextLate, e.Recorded), "the next roster, or a finding that it is missing")
		if r.late {
			w.expect(e, "roster.late", e.Stream, e.Recorded, "a finding that the roster is late")
		}
		if _, _, uneven := w.load(e, r); uneven {
			w.expect(e, "roster.load", e.Stream, e.Recorded, "a finding loadSpread")
		}
		w.expectPlan(e, r, key)
	case "roster.amended":
		r.slots = b.objs("slots")
		w.expectPlan(e, r, key)
	case "roster.delivered":
		r.delivered[b.str("person")] = true
	case "roster.finding-raised":
		switch b.str("kind") {
		case "rosterMissing":
			r.noted = true
			w.settle("roster.deadline", r.post+"/"+b.str("first"))
		case "loadSpread":
			w.settle("roster.load", e.Stream)
		default:
			w.settle("roster.late", e.Stream)
		}
	}
}

// expectPlan waits for the shifts of a roster to be planned, where any lies ahead.
func (w *world) expectPlan(e Event, r *roster, key string) {
	p := w.posts[r.post]
	ahead := slices.ContainsFunc(r.slots, func(s object) bool {
		return p != nil && s.at("start").After(p.shift) && s.at("end").After(e.Recorded)
	})
	if ahead {
		w.expect(e, "duty.plan", key, e.Recorded, "the shifts of the roster to be planned")
	}
}
