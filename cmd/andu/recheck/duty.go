package recheck

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// dutyPost is one duty post: who is responsible, the shifts planned, and what is open.
type dutyPost struct {
	office, stream    string
	line, responsible string
	former            string    // responsible before the last handover
	since, shift      time.Time // of the responsibility; start of the shift kept
	shifts            []*shift  // in order of their start
	swaps             map[string]*swap
	handover          handover
	standIn           standIn
	reserved          map[string]string // item → owner
	entries           map[string]*entry
	logged            int64
	days              map[day]int64
	emergencies       map[string]*emergency
	kept              map[int64][2]string // swaps in force for shifts whose place others take, by their start: planned, on
}

type shift struct {
	start, end time.Time
	by         []string
	source     string
	person     string
	planned    string
}

type swap struct {
	from, with      string
	shift, inReturn time.Time
	accepted, noted bool
}

type handover struct {
	id      string
	shift   time.Time
	items   []string // that are no entries
	answers map[string]string
}

type standIn struct {
	id, person string
	until      time.Time
	found      bool
}

type entry struct {
	no                    int64
	on                    day
	by, urgency, owner    string
	decided, named, ended bool
	fax, faxFound         bool
	faxBy                 time.Time // the last instant at which the registry takes it over in time
	owing                 string    // who had to see to it
	relays                map[string]bool
}

type emergency struct {
	due              map[string]time.Time
	reported, missed []string
	updates          int64
}

const (
	dutyRoom      = "duty-room"
	messengerRoom = "messenger-room"
	hoursOfOffice = "working day, office hours"
	otherTimes    = "other times, rest days"
)

// just is the first instant after one.
func just(t time.Time) time.Time { return t.Add(time.Microsecond) }

func (p *dutyPost) at(start time.Time) *shift {
	for _, s := range p.shifts {
		if s.start.Equal(start) {
			return s
		}
	}
	return nil
}

// next is the shift that takes over: the first behind the one that is kept that has not passed.
func (p *dutyPost) next(at time.Time) *shift {
	for _, s := range p.shifts {
		if s.start.After(p.shift) && s.end.After(at) {
			return s
		}
	}
	return nil
}

// due are the items that the next person answers: things, and open entries that were not given to a named person.
func (p *dutyPost) due() (items []string) {
	items = append(items, p.handover.items...)
	for id, v := range p.entries {
		if !v.ended && !v.named {
			items = append(items, id)
		}
	}
	slices.Sort(items)
	return items
}

// faxes are the open entries of papers that no handover has set a time for.
func (p *dutyPost) faxes() (ids []string) {
	for id, v := range p.entries {
		if v.fax && !v.ended && v.faxBy.IsZero() {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// keeps tells whether somebody keeps the room: the responsible person or who stands in.
func (p *dutyPost) keeps(person string) bool {
	return person == p.responsible || p.standIn.id != "" && person == p.standIn.person
}

// rota are the posts whose holders keep the shifts of a line.
func (w *world) rota(e Event, line string) []string {
	if line == messengerRoom {
		return w.texts(e, "duty.standIn.roles")
	}
	return w.texts(e, "duty.cover["+otherTimes+"].by")
}

func (w *world) holdsOne(e Event, person string, posts []string, on day) bool {
	return slices.ContainsFunc(posts, func(post string) bool { return w.office(e).org.holds(person, post, on) })
}

// ofPost makes a rule of a duty post that is kept.
func ofPost(want func(w *world, e Event, p *dutyPost) string) func(*world, Event) string {
	return func(w *world, e Event) string {
		p := w.posts[e.Stream]
		if p == nil || p.responsible == "" {
			return "a duty post that is kept"
		}
		return want(w, e, p)
	}
}

const entryActs = "duty.entry-actioned duty.entry-escalated duty.entry-carried-over duty.entry-closed duty.message-relayed"

// ofDuty are the rules of the watch.
var ofDuty = []rule{
	{"duty.opened", "duty.post-opened", "R42, R44", func(w *world, e Event) string {
		b := e.Body
		posts := w.rota(e, b.str("line"))
		if b.str("line") == dutyRoom {
			posts = append(slices.Clone(posts), w.texts(e, "duty.cover["+hoursOfOffice+"].by")...)
		}
		return first(unless(w.posts[e.Stream] == nil, "a post that is not kept yet"),
			unless(e.Actor.Post == w.text(e, "duty.roster.publisher"), "opened by %s", w.text(e, "duty.roster.publisher")),
			unless(w.holdsOne(e, b.str("person"), posts, e.today()), "a person of %v", posts),
			unless(b.obj("coverage").num("hours") == 24 && b.at("at").Equal(e.Occurred), "every hour covered, from when it happened"))
	}},
	{"duty.recorded-at-once", "duty.post-opened duty.handover-offered duty.handover-accepted duty.handover-refused duty.item-accepted duty.item-reserved " +
		"duty.stand-in-started duty.stand-in-ended", "DUT 2.7", func(w *world, e Event) string {
		return unless(e.Occurred.Equal(e.Received), "recorded when it happens, never for a time before")
	}},
	{"duty.one-responsible", "duty.handover-accepted", "R42, R47, DUT 2.7, G11", ofPost(func(w *world, e Event, p *dutyPost) string {
		b := e.Body
		return first(unless(p.handover.id != "" && b.str("handover") == p.handover.id, "the handover that was offered, accepted once"),
			unless(b.str("from") == p.responsible, "from %s, who was responsible", p.responsible), unless(b.str("to") == e.Actor.Person, "to who accepts"),
			unless(b.at("at").Equal(later(e.Occurred, p.since)), "at %s: no gap and no overlap", show(later(e.Occurred, p.since))))
	})},
	{"duty.chain", "duty.handover-accepted", "DUT 2.7, G11", ofPost(func(w *world, e Event, p *dutyPost) string {
		b := e.Body
		planned := time.Time{}
		if s := p.at(p.shift); s != nil {
			planned = s.end
		}
		return unless(b.at("in").Equal(p.handover.shift) && b.at("out").Equal(p.shift) && b.at("planned").Equal(planned) && b.num("entries") == p.logged,
			"out of the shift of %s (planned until %s, %d entries) into that of %s", show(p.shift), show(planned), p.logged, show(p.handover.shift))
	})},
	{"duty.incoming", "duty.handover-accepted duty.handover-refused duty.item-accepted duty.item-reserved", "R43, R47, G11", ofPost(func(w *world, e Event, p *dutyPost) string {
		s := p.at(p.handover.shift)
		switch {
		case p.handover.id == "" || s == nil:
			return "a handover that is offered"
		case s.source == "section":
			return unless(w.holdsOne(e, e.Actor.Person, s.by, e.today()), "a named person of %v", s.by)
		}
		return unless(e.Actor.Person == s.person, "%s, whose shift it is", s.person)
	})},
	{"duty.every-item", "duty.handover-accepted", "DUT 2.7, G12", ofPost(func(w *world, e Event, p *dutyPost) string {
		var reserved []string
		for _, item := range p.due() {
			remark, answered := p.handover.answers[item]
			if !answered {
				return "every item answered first, also " + item
			}
			if remark != "" {
				reserved = append(reserved, item)
			}
		}
		owner := e.Actor.Person
		if len(reserved) > 0 && w.text(e, "duty.handover.reservedItemOwner") == "outgoing" {
			owner = p.responsible
		}
		got := slices.Sorted(slices.Values(e.Body.list("reserved")))
		return first(unless(same(got, reserved) || len(got)+len(reserved) == 0, "%v taken with a remark", reserved), unless(e.Body.str("owner") == owner, "whose owner is %s", owner))
	})},
	{"duty.stand-in-ended-first", "duty.handover-accepted", "R53", ofPost(func(w *world, e Event, p *dutyPost) string {
		return unless(p.standIn.id == "", "nobody standing in when the watch passes")
	})},
	{"duty.offered", "duty.handover-offered", "R51, R52, G12", ofPost(offered)},
	{"duty.answers", "duty.item-accepted duty.item-reserved", "DUT 2.7, G12", ofPost(func(w *world, e Event, p *dutyPost) string {
		return first(unless(e.Body.str("handover") == p.handover.id && slices.Contains(p.due(), e.Body.str("item")), "an item of the handover"),
			unless(e.Type == "duty.item-accepted" || e.Body.str("remark") != "", "a remark"))
	})},
	{"duty.refused", "duty.handover-refused", "G11", ofPost(func(w *world, e Event, p *dutyPost) string {
		return unless(e.Body.str("handover") == p.handover.id && e.Body.str("by") == e.Actor.Person && strings.TrimSpace(e.Body.str("reason")) != "", "the offer refused with a reason by who should take over")
	})},
	{"duty.planned", "duty.shifts-planned", "R42, R44, C27", ofPost(planned)},
	{"duty.reminded", "duty.reminder-sent", "duty.reminder.lead", ofPost(func(w *world, e Event, p *dutyPost) string {
		s := p.at(e.Body.at("shift"))
		due, open := w.due("duty.remind", shiftKey(e.Stream, e.Body.at("shift")))
		return unless(s != nil && s.start.After(p.shift) && e.Body.str("person") == s.person && same(e.Body.list("posts"), s.by) && open && !e.Occurred.Before(due),
			"a shift ahead, its person, once, no sooner than planned")
	})},
	{"duty.alert", "duty.alert-raised", "G11, duty.handover.alertTo", ofPost(alerted)},
	{"duty.swap", "duty.swap-requested", "R47, R48, G10", ofPost(func(w *world, e Event, p *dutyPost) string {
		b := e.Body
		cause, forbidden, on := w.object(e, "duty.swap.cause"), w.texts(e, "duty.substituteForbidden"), dayOf(b.at("shift"), e.zone)
		return first(unless(!cause.yes("required") || strings.TrimSpace(b.str("reason")) != "", "a reason"),
			unless(b.str("from") == e.Actor.Person && b.str("with") != e.Actor.Person, "asked by whose shift it is, of somebody else"),
			unless(!slices.Contains(forbidden, "other-unit-staff") || w.office(e).org.active(b.str("with"), on), "a person of the office"),
			unless(w.text(e, "duty.swap.who") != "duty-list" || w.holdsOne(e, b.str("with"), w.rota(e, p.line), on), "a person of the duty list"),
			w.swappable(e, p, &swap{from: b.str("from"), with: b.str("with"), shift: b.at("shift"), inReturn: b.at("in_return")}))
	})},
	{"duty.swap-answered", "duty.swap-accepted duty.swap-declined duty.swap-noted", "R48, G10", ofPost(func(w *world, e Event, p *dutyPost) string {
		s := p.swaps[e.Body.str("swap")]
		if s == nil {
			return "a swap that was asked for"
		}
		who := e.Actor.Person
		told := w.object(e, "duty.swap.notify").list("to")
		switch e.Type {
		case "duty.swap-accepted":
			return first(unless(who == s.with && !s.accepted, "accepted by %s, once", s.with), w.swappable(e, p, s))
		case "duty.swap-declined":
			return unless(who == s.with || who == s.from, "declined by one of the two")
		}
		return first(unless((who == s.from || who == s.with || slices.Contains(told, e.Actor.Post)) && !s.noted && same(e.Body.list("told"), told), "told to %v, once", told), w.swappable(e, p, s))
	})},
	{"duty.reassigned", "duty.shift-reassigned", "R48, duty.swap.ack, G10", ofPost(func(w *world, e Event, p *dutyPost) string {
		s, b := p.swaps[e.Body.str("swap")], e.Body
		if b.str("swap") == "" {
			return unless(w.n(e) > 0 && p.kept[b.at("shift").UnixMicro()] == [2]string{b.str("from"), b.str("to")}, "a swap in force kept for the shift that takes the place of the swapped one")
		}
		if s == nil {
			s = w.swapped[b.str("swap")]
		}
		if s == nil || !s.noted || !s.accepted && w.text(e, "duty.swap.ack") == "required" {
			return "a swap that the other side accepted and that was told"
		}
		return unless(b.at("shift").Equal(s.shift) && b.str("from") == s.from && b.str("to") == s.with || b.at("shift").Equal(s.inReturn) && b.str("from") == s.with && b.str("to") == s.from,
			"the shifts and persons of the swap")
	})},
	{"duty.stand-in", "duty.stand-in-started", "R53, duty.standIn, G13", ofPost(func(w *world, e Event, p *dutyPost) string {
		b, roles := e.Body, w.texts(e, "duty.standIn.roles")
		until := e.Occurred.Add(time.Duration(w.number(e, "duty.standIn.maxMinutes")) * time.Minute)
		return first(unless(e.Actor.Person == p.responsible && b.str("person") != p.responsible && p.standIn.id == "", "asked by the responsible person, while nobody stands in"),
			unless(slices.Contains(roles, b.str("post")) && w.office(e).org.holds(b.str("person"), b.str("post"), e.today()), "a holder of one of %v", roles),
			unless(!w.object(e, "duty.standIn.cause").yes("required") || strings.TrimSpace(b.str("reason")) != "", "a reason"),
			unless(b.at("until").Equal(until), "until %s at most", show(until)))
	})},
	{"duty.stand-in-over", "duty.stand-in-ended", "R53", ofPost(func(w *world, e Event, p *dutyPost) string {
		return unless(p.standIn.id != "" && e.Body.str("stand_in") == p.standIn.id && p.keeps(e.Actor.Person), "the stand-in that runs, ended by one of the two")
	})},
	{"duty.stand-in-limit", "duty.stand-in-ended", "duty.standIn.maxMinutes, G13", ofPost(func(w *world, e Event, p *dutyPost) string {
		return unless(!e.Occurred.After(p.standIn.until) || p.standIn.found, "a finding standInTooLong before it: it lasted beyond %s", show(p.standIn.until))
	})},
	{"duty.finding", "duty.finding-raised", "G13, R47, emer.clocks", ofPost(found)},
	{"duty.logged", "duty.entry-logged", "R49, duty.entry.requiredFields", ofPost(func(w *world, e Event, p *dutyPost) string {
		b := e.Body
		return first(unless(p.keeps(e.Actor.Person) && b.str("by") == e.Actor.Person, "written by who keeps the room"),
			unless(b.num("no") == p.logged+1 && b.at("shift").Equal(p.shift) && b.day("on") == e.receipt() && b.str("event") == e.ID, "number %d of the shift", p.logged+1),
			w.entryFields(e, b.obj("content")))
	})},
	{"duty.entry-corrected", "duty.entry-corrected", "R49", ofPost(func(w *world, e Event, p *dutyPost) string {
		v := p.entries[e.Body.str("entry")]
		return first(unless(v != nil && e.Body.str("of") == e.Corrects && strings.TrimSpace(e.Body.str("reason")) != "", "an entry of the log, corrected with a reason"),
			unless(v == nil || v.by == e.Actor.Person || p.keeps(e.Actor.Person), "corrected by who wrote it or who keeps the room"), w.entryFields(e, e.Body.obj("content")))
	})},
	{"duty.entry-open", entryActs, "R50", ofPost(func(w *world, e Event, p *dutyPost) string {
		v := p.entries[e.Body.str("entry")]
		if v == nil || v.ended {
			return "an entry that is open"
		}
		return unless(v.owner == e.Actor.Person || p.keeps(e.Actor.Person), "its owner, or who keeps the room")
	})},
	{"duty.carried-over", "duty.entry-carried-over", "R50, duty.triage", ofPost(func(w *world, e Event, p *dutyPost) string {
		v := p.entries[e.Body.str("entry")]
		for _, s := range w.objects(e, "duty.triage") {
			if v != nil && s.str("when") == v.urgency && s.str("act") == "carry-over" && (e.Body.str("to") == "" || w.holdsOne(e, e.Body.str("to"), s.list("to"), e.today())) {
				return ""
			}
		}
		return "an entry that may wait, to the next person or a named one of the posts"
	})},
	{"duty.told", "duty.entry-escalated duty.message-relayed", "R50", ofPost(func(w *world, e Event, p *dutyPost) string {
		return unless(w.office(e).org.active(e.Body.str("to"), e.today()), "a person of the office")
	})},
	{"duty.acknowledged", "duty.relay-acknowledged", "R50", ofPost(func(w *world, e Event, p *dutyPost) string {
		v := p.entries[e.Body.str("entry")]
		done, relayed := false, false
		if v != nil {
			done, relayed = v.relays[e.Actor.Person], has(v.relays, e.Actor.Person)
		}
		return unless(relayed && !done && e.Body.str("by") == e.Actor.Person, "somebody who was told and has not said so yet")
	})},
	{"duty.day-closed", "duty.day-closed", "R49", ofPost(func(w *world, e Event, p *dutyPost) string {
		n, open := p.days[e.Body.day("day")]
		return unless(open && e.Body.num("entries") == n && e.Body.day("day") < e.receipt() && p.keeps(e.Actor.Person), "a day that is over, with its %d entries", n)
	})},
	{"duty.inspected", "duty.inspected duty.reachability-probed", "R47, duty.probe.seconds", ofPost(func(w *world, e Event, p *dutyPost) string {
		posts := []string{w.text(e, "duty.roster.publisher"), w.text(e, "duty.roster.approver")}
		return first(unless(slices.Contains(posts, e.Actor.Post), "somebody of %v", posts), unless(e.Body.str("person") == p.responsible, "%s, who is responsible", p.responsible),
			unless(e.Type == "duty.inspected" || e.Body.num("limit") == w.number(e, "duty.probe.seconds"), "a limit of %d seconds", w.number(e, "duty.probe.seconds")))
	})},
	{"duty.emergency", "duty.emergency-known", "emer.clocks", ofPost(func(w *world, e Event, p *dutyPost) string {
		b := e.Body
		var clock object
		for _, c := range w.objects(e, "emer.clocks") {
			if c.str("grade") == b.str("grade") || clock == nil && c.str("grade") == "*" {
				clock = c
			}
		}
		known := b.at("known")
		return unless(p.keeps(e.Actor.Person) && clock != nil && !known.After(e.Occurred) && b.at("phone_due").Equal(known.Add(time.Duration(clock.num("phone_minutes"))*time.Minute)) &&
			b.at("written_due").Equal(known.Add(time.Duration(clock.num("written_minutes"))*time.Minute)), "clocks of %d and %d minutes from when it was known", clock.num("phone_minutes"), clock.num("written_minutes"))
	})},
	{"duty.emergency-reported", "duty.emergency-reported duty.emergency-followed-up duty.emergency-closed", "emer.clocks", ofPost(func(w *world, e Event, p *dutyPost) string {
		m, b := p.emergencies[e.Body.str("emergency")], e.Body
		if m == nil || !p.keeps(e.Actor.Person) {
			return "an emergency that is open, reported by who keeps the room"
		}
		switch e.Type {
		case "duty.emergency-followed-up":
			return unless(b.num("no") == m.updates+1, "report %d", m.updates+1)
		case "duty.emergency-closed":
			return unless(len(m.reported) >= len(m.due), "both first reports before it is closed")
		}
		due := m.due[b.str("way")]
		return unless(!due.IsZero() && b.at("due").Equal(due) && b.yes("met") == !e.Occurred.After(due) && b.at("at").Equal(e.Occurred) && !slices.Contains(m.reported, b.str("way")),
			"the first report, due %s, met: %v", show(due), !e.Occurred.After(due))
	})},
	{"duty.fax-due", "duty.fax-due", "R49, rcv.dutyFax.within, C29", ofPost(func(w *world, e Event, p *dutyPost) string {
		rule, by := w.object(e, "rcv.dutyFax.within"), p.since
		if rule.str("boundary") == "excl" {
			by = by.Add(-time.Microsecond)
		}
		s := p.at(p.shift)
		return unless(w.n(e) > 0 && w.last.Type == "duty.handover-accepted" && s != nil && slices.Contains(s.by, rule.str("to")) && e.Body.at("by").Equal(by) && e.Body.str("person") == p.former &&
			same(slices.Sorted(slices.Values(e.Body.list("entries"))), p.faxes()), "the papers %v, to %s by %s", p.faxes(), rule.str("to"), show(by))
	})},
	{"duty.fax-taken-over", "duty.fax-taken-over", "R49, C29", ofPost(func(w *world, e Event, p *dutyPost) string {
		d := w.papers[e.Body.str("document")]
		return unless(p.entries[e.Body.str("entry")] != nil && d != nil && d.dutyEntry == e.Body.str("entry"), "the entry from which the registry took the paper over")
	})},
	{"duty.reservation", "duty.reservation-settled", "G12", ofPost(func(w *world, e Event, p *dutyPost) string {
		owner, open := p.reserved[e.Body.str("item")]
		return unless(open && (e.Actor.Person == owner || e.Actor.Person == p.responsible), "an open remark, settled by its owner %s or who is responsible", owner)
	})},
}

func has[K comparable, V any](m map[K]V, k K) bool { _, ok := m[k]; return ok }

// entryFields is what an entry of the log has to say.
func (w *world) entryFields(e Event, content object) string {
	for _, field := range w.texts(e, "duty.entry.requiredFields") {
		if strings.TrimSpace(content.str(field)) == "" {
			return field + " to be filled in"
		}
	}
	for _, s := range w.objects(e, "duty.triage") {
		if s.str("when") == content.str("urgency") {
			return ""
		}
	}
	return "an urgency of duty.triage"
}

// swappable tells whether the shifts of a swap are still theirs and ahead.
func (w *world) swappable(e Event, p *dutyPost, s *swap) string {
	boundary := w.object(e, "duty.swap.notifyBefore").str("boundary")
	for i, start := range []time.Time{s.shift, s.inReturn} {
		if i == 1 && start.IsZero() {
			break
		}
		x := p.at(start)
		if x == nil || x.person != []string{s.from, s.with}[i] || !start.After(p.shift) {
			return "a planned shift of " + []string{s.from, s.with}[i] + " that has not begun"
		}
		if boundary == "excl" && !e.Received.Before(start) || boundary == "incl" && e.Received.After(start) {
			return "before the shift begins, " + show(start)
		}
	}
	return ""
}

// offered checks what is handed over.
func offered(w *world, e Event, p *dutyPost) string {
	b := e.Body
	if e.Actor.Person != p.responsible || b.str("from") != p.responsible {
		return p.responsible + ", who is responsible"
	}
	for _, item := range w.texts(e, "duty.handover.checklist") {
		if !slices.Contains(b.list("checklist"), item) {
			return item + " checked first"
		}
	}
	s := p.next(e.Occurred)
	if s == nil || !b.at("shift").Equal(s.start) || b.str("to") != s.person || !same(b.list("posts"), s.by) {
		return "an offer to the shift that comes next"
	}
	listed := map[string]bool{}
	for _, i := range b.objs("items") {
		if i.str("kind") == "entry" {
			listed[i.str("id")] = true
		}
	}
	open := 0
	for id, v := range p.entries {
		switch {
		case v.ended:
		case !v.decided:
			return "every entry acted on, asked about or carried over first, also " + id
		case !v.named:
			open++
			if !listed[id] {
				return "every open entry handed over, also " + id
			}
		}
	}
	return unless(len(listed) == open, "%d open entries", open)
}

// planned checks that the shifts are those of the roster that lie ahead.
func planned(w *world, e Event, p *dutyPost) string {
	b := e.Body
	r := w.rosters[b.str("roster")]
	if r == nil || r.post != e.Stream || b.num("revision") > w.streams[b.str("roster")].revision {
		return "a roster of this post that was published"
	}
	want := map[int64]object{}
	for _, s := range r.slots { // as the roster stands by now
		if s.at("start").After(p.shift) && s.at("end").After(e.Received) {
			want[s.at("start").UnixMicro()] = s
		}
	}
	var before time.Time
	for _, s := range b.objs("slots") {
		x, ok := want[s.at("start").UnixMicro()]
		remind := x.at("remind")
		if remind.Before(e.Received) {
			remind = e.Received
		}
		if !ok || s.str("person") != x.str("person") || !s.at("end").Equal(x.at("end")) || s.str("source") != x.str("source") || !same(s.list("by"), x.list("by")) || !s.at("remind").Equal(remind) {
			return "the shift of the roster that begins at " + s.str("start")
		}
		if s.at("start").Before(before) {
			return "shifts one behind the other, never two at one instant"
		}
		before = s.at("end")
		delete(want, s.at("start").UnixMicro())
	}
	if len(want) > 0 {
		return fmt.Sprintf("%d more shifts of the roster that lie ahead", len(want))
	}
	for _, d := range b.list("dropped") {
		if s := p.at(instant(d)); s == nil || !s.start.After(p.shift) {
			return "no shift of the past dropped"
		}
	}
	return ""
}

// alerted checks why an alert was raised.
func alerted(w *world, e Event, p *dutyPost) string {
	b, to := e.Body, w.texts(e, "duty.handover.alertTo")
	at := b.at("shift")
	s := p.at(at)
	if !slices.Contains(to, b.str("to")) || b.str("responsible") != p.responsible {
		return fmt.Sprintf("told to one of %v that %s is still responsible", to, p.responsible)
	}
	switch b.str("cause") {
	case "handover-refused":
		return unless(w.n(e) > 0 && w.decision.first.Type == "duty.handover-refused", "a handover that was refused just now")
	case "not-taken-over":
		return unless(s != nil && p.shift.Before(at) && !e.Occurred.Before(just(at)) && b.str("to") == to[0] && !e.person(), "a shift that began and was not taken over")
	case "no-next-shift":
		return unless(s != nil && p.shift.Equal(at) && p.next(e.Occurred) == nil && !e.Occurred.Before(just(s.end)) && !e.person(), "a shift that is over and none behind it")
	}
	return "a cause that is known"
}

// found checks what was found about the watch.
func found(w *world, e Event, p *dutyPost) string {
	b := e.Body
	after := func(kind string) bool { return w.n(e) > 0 && w.last.Type == kind }
	switch b.str("kind") {
	case "standInTooLong":
		return unless(p.standIn.id == b.str("about") && !p.standIn.found && e.Occurred.After(p.standIn.until) && b.at("at").Equal(just(p.standIn.until)) && b.str("person") == p.standIn.person,
			"a stand-in beyond %s, once", show(p.standIn.until))
	case "messengerRoomEmpty":
		return unless(after("duty.stand-in-started") && w.roomEmpty(e, w.last.Body), "a stand-in who leaves the messengers' room empty")
	case "postLeft":
		return unless(after("duty.inspected") && !w.last.Body.yes("present") && w.last.Body.str("mode") == "in-room" && p.standIn.id == "", "an inspection that found nobody")
	case "unreachable":
		return unless(after("duty.reachability-probed") && (!w.last.Body.yes("answered") || w.last.Body.num("seconds") > w.last.Body.num("limit")), "a call that was not answered in time")
	case "faxNotTakenOver":
		v := p.entries[b.str("about")]
		late := v != nil && !v.faxBy.IsZero() && (e.Occurred.After(v.faxBy) || w.n(e) == 0)
		return unless(late && !v.faxFound && b.str("person") == v.owing && b.at("at").Equal(just(v.faxBy)), "a paper that the registry had not taken over at its time, once")
	case "emergencyPhoneMissed", "emergencyWrittenMissed":
		way := "phone"
		if b.str("kind") == "emergencyWrittenMissed" {
			way = "written"
		}
		m := p.emergencies[b.str("about")]
		return unless(m != nil && e.Occurred.After(m.due[way]) && !slices.Contains(m.reported, way) && !slices.Contains(m.missed, way) && b.at("at").Equal(just(m.due[way])),
			"a first report that is missing at its time, once")
	}
	return "a finding of a kind that is known"
}

// roomEmpty tells whether a stand-in leaves a room empty that is kept all day.
func (w *world) roomEmpty(e Event, started object) bool {
	return w.object(e, "duty.messengerRoom").str("staffed") == "all-day" && w.object(e, "duty.messengerRoom.whileStandingIn").str("otherwise") == "finding" &&
		len(w.office(e).org.holders(started.str("post"), e.today())) < 2
}

func shiftKey(stream string, start time.Time) string { return stream + "/" + show(start) }

func moveDuty(w *world, e Event) {
	b := e.Body
	p := w.posts[e.Stream]
	if p == nil {
		p = &dutyPost{office: e.Office, stream: e.Stream, swaps: map[string]*swap{}, reserved: map[string]string{}, entries: map[string]*entry{}, days: map[day]int64{}, emergencies: map[string]*emergency{}}
		w.posts[e.Stream] = p
	}
	v := p.entries[b.str("entry")]
	switch e.Type {
	case "duty.post-opened":
		p.line, p.responsible, p.since = b.str("line"), b.str("person"), b.at("at")
	case "duty.shifts-planned":
		p.plan(w, e)
	case "duty.reminder-sent":
		w.settle("duty.remind", shiftKey(e.Stream, b.at("shift")))
	case "duty.swap-requested":
		p.swaps[b.str("swap")] = &swap{from: b.str("from"), with: b.str("with"), shift: b.at("shift"), inReturn: b.at("in_return")}
	case "duty.swap-accepted", "duty.swap-noted":
		if s := p.swaps[b.str("swap")]; s != nil {
			s.accepted = s.accepted || e.Type == "duty.swap-accepted"
			s.noted = s.noted || e.Type == "duty.swap-noted"
			if s.noted && (s.accepted || w.text(e, "duty.swap.ack") != "required") {
				w.expect(e, "duty.swap", b.str("swap"), e.Recorded, "the shift to be the other person's: accepted and told")
			}
		}
	case "duty.swap-declined":
		delete(p.swaps, b.str("swap"))
	case "duty.shift-reassigned":
		if b.str("swap") == "" {
			w.settle("duty.kept", shiftKey(e.Stream, b.at("shift")))
		}
		if s := p.at(b.at("shift")); s != nil {
			s.person = b.str("to")
		}
		if s := p.swaps[b.str("swap")]; s != nil {
			w.swapped = map[string]*swap{b.str("swap"): s} // the shift in return comes next
		}
		delete(p.swaps, b.str("swap"))
		w.settle("duty.swap", b.str("swap"))
	case "duty.stand-in-started":
		p.standIn = standIn{id: b.str("stand_in"), person: b.str("person"), until: b.at("until")}
		w.expect(e, "duty.stand-in", b.str("stand_in"), just(p.standIn.until), "a finding standInTooLong, or its end")
		if w.roomEmpty(e, b) {
			w.expect(e, "duty.room", b.str("stand_in"), e.Recorded, "a finding messengerRoomEmpty")
		}
	case "duty.stand-in-ended":
		p.standIn = standIn{}
		w.settle("duty.stand-in", b.str("stand_in"))
	case "duty.fax-due":
		for _, id := range b.list("entries") {
			if v := p.entries[id]; v != nil {
				v.faxBy, v.owing = b.at("by"), b.str("person")
				w.expect(e, "duty.fax", id, just(v.faxBy), "the paper taken over by the registry, or a finding that it was not")
			}
		}
		w.settle("duty.fax-due", e.Stream)
	case "duty.fax-taken-over":
		if v != nil {
			v.decided, v.ended = true, true
			delete(p.reserved, b.str("entry"))
		}
		w.void(e, "duty.fax", b.str("entry"))
		w.settle("document.duty-paper", b.str("document"))
	case "duty.finding-raised":
		switch b.str("kind") {
		case "standInTooLong":
			p.standIn.found = true
			w.settle("duty.stand-in", b.str("about"))
		case "messengerRoomEmpty":
			w.settle("duty.room", b.str("about"))
		case "faxNotTakenOver":
			if v := p.entries[b.str("about")]; v != nil {
				v.faxFound = true
			}
			w.settle("duty.fax", b.str("about"))
		case "postLeft", "unreachable":
			w.settle("duty.looked", e.Stream)
		case "emergencyPhoneMissed", "emergencyWrittenMissed":
			way := map[string]string{"emergencyPhoneMissed": "phone", "emergencyWrittenMissed": "written"}[b.str("kind")]
			if m := p.emergencies[b.str("about")]; m != nil {
				m.missed = append(m.missed, way)
			}
			w.settle("duty.emergency-clock", b.str("about")+"/"+way)
		}
	case "duty.inspected":
		if b.str("mode") == "in-room" && !b.yes("present") && p.standIn.id == "" {
			w.expect(e, "duty.looked", e.Stream, e.Recorded, "a finding postLeft")
		}
	case "duty.reachability-probed":
		if !b.yes("answered") || b.num("seconds") > b.num("limit") {
			w.expect(e, "duty.looked", e.Stream, e.Recorded, "a finding unreachable")
		}
	case "duty.handover-offered":
		p.handover = handover{id: b.str("handover"), shift: b.at("shift"), answers: map[string]string{}}
		for _, i := range b.objs("items") {
			if i.str("kind") != "entry" {
				p.handover.items = append(p.handover.items, i.str("id"))
			}
		}
	case "duty.item-accepted", "duty.item-reserved":
		if p.handover.answers != nil {
			p.handover.answers[b.str("item")] = b.str("remark")
		}
	case "duty.handover-refused":
		p.handover = handover{}
	case "duty.handover-accepted":
		p.take(w, e)
	case "duty.alert-raised":
		switch b.str("cause") {
		case "not-taken-over":
			w.settle("duty.shift-start", shiftKey(e.Stream, b.at("shift")))
		case "no-next-shift":
			w.settle("duty.shift-end", shiftKey(e.Stream, b.at("shift")))
		}
	case "duty.entry-logged":
		p.logged++
		p.days[b.day("on")]++
		p.entries[b.str("entry")] = &entry{no: b.num("no"), on: b.day("on"), by: b.str("by"), urgency: b.obj("content").str("urgency"), owner: p.responsible,
			fax: b.obj("content").str("kind") == "fax" || b.obj("content").str("kind") == "telegram", relays: map[string]bool{}}
	case "duty.entry-corrected":
		if v != nil {
			v.urgency = b.obj("content").str("urgency")
		}
	case "duty.entry-actioned", "duty.entry-escalated", "duty.entry-carried-over", "duty.entry-closed":
		if v != nil {
			v.decided = true
			v.ended = v.ended || e.Type == "duty.entry-closed"
			if e.Type == "duty.entry-carried-over" && b.str("to") != "" {
				v.owner, v.named = b.str("to"), true
			}
			if v.ended {
				delete(p.reserved, b.str("entry"))
			}
		}
	case "duty.message-relayed":
		if v != nil {
			v.relays[b.str("to")] = false
		}
	case "duty.relay-acknowledged":
		if v != nil {
			v.relays[b.str("by")] = true
		}
	case "duty.day-closed":
		delete(p.days, b.day("day"))
	case "duty.emergency-known":
		m := &emergency{due: map[string]time.Time{"phone": b.at("phone_due"), "written": b.at("written_due")}}
		p.emergencies[b.str("emergency")] = m
		for way, due := range m.due {
			w.expect(e, "duty.emergency-clock", b.str("emergency")+"/"+way, just(due), "the first report by "+way+", or a finding that it is missing")
		}
	case "duty.emergency-reported":
		if m := p.emergencies[b.str("emergency")]; m != nil {
			m.reported = append(m.reported, b.str("way"))
		}
		w.settle("duty.emergency-clock", b.str("emergency")+"/"+b.str("way"))
	case "duty.emergency-followed-up":
		if m := p.emergencies[b.str("emergency")]; m != nil {
			m.updates++
		}
	case "duty.emergency-closed":
		delete(p.emergencies, b.str("emergency"))
	case "duty.reservation-settled":
		delete(p.reserved, b.str("item"))
	}
}

// plan takes the shifts of a roster in the place of those that lie between its first and its last.
func (p *dutyPost) plan(w *world, e Event) {
	b := e.Body
	from, until := b.at("from"), b.at("until")
	old := p.shifts
	p.shifts, p.kept = nil, map[int64][2]string{}
	for _, s := range old {
		if s.start.Before(from) || !s.start.Before(until) || !s.start.After(p.shift) {
			if !s.end.Before(hours(p.shift, -24*100)) { // what is longer past than any period of fairness is of no more use
				p.shifts = append(p.shifts, s)
			}
		}
	}
	for _, x := range b.objs("slots") {
		s := &shift{x.at("start"), x.at("end"), x.list("by"), x.str("source"), x.str("person"), x.str("person")}
		stays := false
		var before *shift
		for _, o := range old {
			if o.start.Equal(s.start) {
				stays = true
				if o.planned == s.planned {
					s.person = o.person
				}
			}
			if o.source == "rota" && o.planned != "" && (!o.start.Before(s.start) && o.start.Before(s.end) || o.start.Before(s.start) && s.start.Before(o.end)) {
				before = o
			}
		}
		if !stays && s.source == "rota" && before != nil && before.planned == s.planned && before.person != s.planned {
			p.kept[s.start.UnixMicro()] = [2]string{s.planned, before.person}
			w.expect(e, "duty.kept", shiftKey(e.Stream, s.start), e.Recorded, "the swap in force kept for the shift that takes the place of the swapped one")
		}
		p.shifts = append(p.shifts, s)
		key := shiftKey(e.Stream, s.start)
		w.expect(e, "duty.remind", key, x.at("remind"), "whoever keeps the shift to be reminded")
		if len(w.texts(e, "duty.handover.alertTo")) > 0 {
			w.expect(e, "duty.shift-start", key, just(s.start), "the shift taken over, or an alert that it is not")
		}
	}
	for _, d := range b.list("dropped") {
		for _, kind := range []string{"duty.remind", "duty.shift-start", "duty.shift-end"} {
			w.settle(kind, shiftKey(e.Stream, instant(d)))
		}
	}
	slices.SortFunc(p.shifts, func(a, b *shift) int { return a.start.Compare(b.start) })
	for id, s := range p.swaps {
		if x := p.at(s.shift); x == nil || x.person != s.from {
			delete(p.swaps, id)
		}
	}
	w.settle("duty.plan", fmt.Sprintf("%s/%d", b.str("roster"), b.num("revision")))
}

// take passes the responsibility on.
func (p *dutyPost) take(w *world, e Event) {
	b := e.Body
	for id, v := range p.entries {
		if v.ended {
			delete(p.entries, id)
			continue
		}
		if !v.named {
			v.owner = b.str("to")
			if _, ok := p.reserved[id]; ok {
				p.reserved[id] = b.str("to")
			}
			if slices.Contains(b.list("reserved"), id) {
				v.owner = b.str("owner")
			}
		}
	}
	for _, item := range b.list("reserved") {
		p.reserved[item] = b.str("owner")
	}
	p.former = p.responsible
	p.logged, p.responsible, p.since, p.shift, p.handover = 0, b.str("to"), b.at("at"), b.at("in"), handover{}
	for _, s := range p.shifts {
		if !s.start.After(p.shift) {
			w.void(e, "duty.shift-start", shiftKey(e.Stream, s.start))
			w.void(e, "duty.remind", shiftKey(e.Stream, s.start))
		}
	}
	w.void(e, "duty.shift-end", shiftKey(e.Stream, b.at("out")))
	if s := p.at(p.shift); s != nil && len(w.texts(e, "duty.handover.alertTo")) > 0 {
		key := shiftKey(e.Stream, s.start)
		w.expectIf(e, "duty.shift-end", key, just(s.end), "an alert that no shift follows", func() bool { return p.shift.Equal(s.start) && len(p.shifts) > 0 && p.shifts[len(p.shifts)-1] == s })
	}
	if s := p.at(p.shift); s != nil && len(p.faxes()) > 0 && slices.Contains(s.by, w.object(e, "rcv.dutyFax.within").str("to")) {
		w.expect(e, "duty.fax-due", e.Stream, e.Recorded, "a time by which the registry takes the papers over")
	}
}
