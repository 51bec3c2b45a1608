package recheck

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// paper is an incoming paper as far as it is open; of one at its end only the end and the number are kept.
type paper struct {
	receivedAt           time.Time
	receipt, described   string // events in force
	served, envelope     string
	signedBy             string
	signed               int
	copies               map[string]copyAt
	main                 object // main data
	class                string
	classAt              int64 // revision of its protection that entered the class; 0: as the paper shows it
	series, text         string
	number               int64
	due                  object // the term in force
	preChecked, reviewed bool
	proposed, instructed bool
	action               string
	instructedLead       string
	decisions            []string
	lead                 string
	co, accepted         []string
	reported, replied    bool
	overdueNoted         time.Time
	suspended, recalled  bool
	category             string
	closed, filed        bool
	end                  string
	first                string
	joined               []string
	dutyEntry            string // of the duty log, its first book
	source               string // import that transcribed it
}

// copyAt is where one copy is.
type copyAt struct {
	state, holder string
	slip          string // on which it last went round
	slipAt        int64  // revision of its last move there
}

// where a copy may be; what was signed for is always in one of them.
const (
	held      = "held"
	out       = "out"
	sentOff   = "sent off"
	sentBack  = "sent back"
	destroyed = "destroyed"
	joined    = "joined"
)

// open says what is wanting of a paper that something is to be done with.
func (p *paper) open() string {
	switch {
	case p == nil || p.receivedAt.IsZero():
		return "a paper that was signed for"
	case p.end != "":
		return "a paper that is not " + p.end
	case p.filed || p.closed:
		return "a paper that is neither closed nor filed"
	}
	return ""
}

func (p *paper) entered() string {
	if want := p.open(); want != "" {
		return want
	}
	return unless(p.text != "", "a paper that is registered")
}

func (p *paper) handling() string {
	if want := p.entered(); want != "" {
		return want
	}
	return unless(!p.recalled && !p.suspended, "a paper that is neither recalled nor suspended")
}

func (p *paper) out() int {
	n := 0
	for _, c := range p.copies {
		if c.state == out {
			n++
		}
	}
	return n
}

// handles is the unit or post, of those that handle the paper, for which a post speaks.
func (w *world) handles(e Event, p *paper) string {
	post, unit := e.Actor.Post, ""
	if x := w.office(e).org.posts[post]; x != nil {
		unit = x.unit
	}
	switch {
	case p.lead == "":
		return ""
	case p.lead == post || p.lead == unit:
		return p.lead
	case slices.Contains(p.co, post):
		return post
	case unit != "" && slices.Contains(p.co, unit):
		return unit
	}
	return ""
}

func (w *world) proposers(e Event) (posts []string) {
	for _, step := range w.objects(e, "apr.authority[收文拟办].signer") {
		posts = append(posts, step.list("posts")...)
	}
	return posts
}

func (w *world) clerk(e Event) bool {
	return e.Actor.Post == w.text(e, "rcv.registrar") || slices.Contains(w.proposers(e), e.Actor.Post)
}

func (w *world) named(e Event, step string) bool {
	return slices.Contains(w.texts(e, "rcv.steps"), step)
}

// ofPaper makes a rule of a paper that was received.
func ofPaper(want func(w *world, e Event, p *paper) string) func(*world, Event) string {
	return func(w *world, e Event) string {
		p := w.papers[e.Stream]
		if p == nil {
			return "a paper that was signed for"
		}
		return want(w, e, p)
	}
}

// ofDocuments are the rules of an incoming paper.
var ofDocuments = []rule{
	{"document.signed-once", "document.received", "R1, catalogue 4.2", func(w *world, e Event) string {
		b := e.Body
		copies := b.list("copies")
		sorted := slices.Compact(slices.Sorted(slices.Values(copies)))
		return first(unless(w.papers[e.Stream] == nil, "a paper that was not signed for before"),
			unless(b.str("signed_by") == e.Actor.Person && b.at("received_at").Equal(e.Occurred) && b.str("office") == e.Office, "signed for by who acted, when he did"),
			unless(len(copies) > 0 && len(sorted) == len(copies), "at least one copy, each with a number of its own"))
	}},
	{"document.by-registrar", "document.received document.described document.receipt-corrected document.registration-corrected document.pre-check-passed document.returned " +
		"document.classified document.duplicate-found document.transferred-out document.recalled-by-issuer document.filed document.copy-registered " +
		"document.copy-sent-back document.duty-paper-handed-on", "R184, rcv.registrar, C29", func(w *world, e Event) string {
		post := w.text(e, "rcv.registrar")
		if name, _ := w.asked(e); strings.HasSuffix(name, ".TakeOverFromDuty") {
			post = w.text(e, "rcv.dutyFax.handOnTo")
		}
		return unless(e.Actor.Post == post, "done by the post %s", post)
	}},
	{"document.by-clerk", "document.presented document.assigned document.urged document.suspended document.resumed document.reopened", "rcv.registrar, apr.authority[收文拟办].signer",
		func(w *world, e Event) string {
			return unless(w.clerk(e), "done by the registrar or who proposes handling")
		}},
	{"document.by-distributor", "document.copy-distributed document.copy-returned", "R184, rcv.distribution", func(w *world, e Event) string {
		return unless(e.Actor.Post == w.text(e, "rcv.distribution"), "done by the post %s", w.text(e, "rcv.distribution"))
	}},
	{"document.proposer", "document.handling-proposed", "apr.authority[收文拟办].signer", func(w *world, e Event) string {
		return unless(slices.Contains(w.proposers(e), e.Actor.Post), "proposed by one of %v", w.proposers(e))
	}},
	{"document.by-handler", "document.assignment-accepted document.assignment-declined", "catalogue 2.4", ofPaper(func(w *world, e Event, p *paper) string {
		h := w.handles(e, p)
		return first(unless(h != "" && e.Body.str("handler") == h, "a unit or post that handles the paper, here %q", h),
			unless(!slices.Contains(p.accepted, h), "an assignment that was not accepted yet"))
	})},
	{"document.reporter", "document.handling-reported", "catalogue 2.4", ofPaper(func(w *world, e Event, p *paper) string {
		of := e.Body.str("of")
		return first(unless(of != "" && (of == p.lead || slices.Contains(p.co, of)), "a handler of the paper"),
			unless(of == w.handles(e, p) || e.Actor.Post == w.text(e, "rcv.registrar"), "the handler's own report, or the registrar's entry of it"))
	})},
	{"document.by-lead", "document.reply-sent document.closed", "catalogue 2.4", ofPaper(func(w *world, e Event, p *paper) string {
		return unless(p.lead != "" && w.handles(e, p) == p.lead || w.clerk(e), "done by the lead or a clerk")
	})},
	{"document.open", "document.receipt-corrected document.described document.classified document.duplicate-found", "catalogue 2.4", ofPaper(func(w *world, e Event, p *paper) string {
		if w.n(e) > 0 && w.decision.first.Type == "document.transcribed" {
			return "" // an old paper may be settled
		}
		return first(p.open(), unless(p.text == "" || !e.is("document.described", "document.duplicate-found"), "a paper that is not registered yet"))
	})},
	{"document.entered", "document.urged document.resumed document.recalled-by-issuer document.closed document.finding-raised", "catalogue 2.4",
		ofPaper(func(w *world, e Event, p *paper) string { return p.entered() })},
	{"document.in-handling", "document.pre-check-passed document.returned document.legality-reviewed document.presented document.handling-proposed document.assigned " +
		"document.assignment-accepted document.assignment-declined document.handling-reported document.reply-sent document.suspended document.transferred-out " +
		"document.copy-distributed document.copy-registered", "catalogue 2.4", ofPaper(func(w *world, e Event, p *paper) string { return p.handling() })},
	{"document.has-number", "document.registration-corrected document.instructed document.processing-reviewed document.filed document.due-revised", "catalogue 2.4",
		ofPaper(func(w *world, e Event, p *paper) string { return unless(p.text != "", "a paper that is registered") })},
	{"document.number", "document.registered", "catalogue 2.4, 2.4a", ofPaper(func(w *world, e Event, p *paper) string {
		b := e.Body
		s := w.series[b.str("series")]
		if s == nil {
			return "the number of a series that is open"
		}
		v, ok := s.allotted[b.num("number")]
		return first(p.open(), unless(p.text == "", "a paper that is not registered yet"),
			unless(ok && v.item == e.Stream && v.text == b.str("text"), "the number that was allotted to this paper"),
			unless(v.by == b.str("registered_by") && v.at.Equal(b.at("registered_at")), "registered by who took the number, when he did"),
			unless(!p.receivedAt.After(b.at("registered_at")), "signed for before it was registered"))
	})},
	{"document.required", "document.registered", "rcv.requiredFields", ofPaper(func(w *world, e Event, p *paper) string {
		for _, field := range w.texts(e, "rcv.requiredFields") {
			if !p.fills(field) && !slices.Contains(p.main.list("not_stated"), field) {
				return field + " to be stated, or marked as not on the paper"
			}
		}
		return ""
	})},
	{"document.words", "document.registered document.registration-corrected", "rcv.urgencies, sec.classes", ofPaper(func(w *world, e Event, p *paper) string {
		m := p.main
		if e.Type == "document.registration-corrected" {
			m = e.Body
		}
		return first(unless(m.str("urgency") == "" || slices.Contains(w.texts(e, "rcv.urgencies"), m.str("urgency")), "an urgency of the office"),
			unless(m.str("class") == "" || slices.Contains(w.texts(e, "sec.classes"), m.str("class")), "a class of the office"))
	})},
	{"document.book", "document.registered", "rcv.registerSeries, C35", ofPaper(func(w *world, e Event, p *paper) string {
		want := w.bookOf(e, p)
		s := w.series[e.Body.str("series")]
		return unless(s != nil && s.book == want, "the book %s", want)
	})},
	{"document.due", "document.registered", "rcv.clock, G8", ofPaper(func(w *world, e Event, p *paper) string { return w.sameTerm(e, w.term(e, p, p.main)) })},
	{"document.due-revised", "document.due-revised", "G8, catalogue 4.2", ofPaper(revised)},
	{"document.returned", "document.returned", "rcv.returnWindow", ofPaper(func(w *world, e Event, p *paper) string {
		window := w.object(e, "rcv.returnWindow["+e.Body.str("cause")+"]")
		until, _ := w.dueDay(e, dayOf(p.receivedAt, e.zone), window.num("working_days"))
		return first(unless(window != nil && e.Body.day("until") == until && e.Received.Before(until.end(e.zone)), "returned until 24:00 of %s", until),
			unless(!p.instructed && p.lead == "", "a paper that is neither instructed nor assigned"))
	})},
	{"document.copies-here", "document.returned document.transferred-out", "catalogue 2.4", ofPaper(func(w *world, e Event, p *paper) string {
		return unless(p.out() == 0, "every copy back first")
	})},
	{"document.copy", "document.copy-distributed document.copy-returned document.copy-registered document.copy-sent-back document.copy-destroyed", "catalogue 2.4", ofPaper(movedCopy)},
	{"document.copy-circulated", "document.copy-circulated", "catalogue 2.4, 2.6", ofPaper(func(w *world, e Event, p *paper) string {
		b, s := e.Body, w.slips[e.Body.str("slip")]
		c, known := p.copies[b.str("copy")]
		if s == nil || !known || s.document != e.Stream || s.moves[b.num("revision")] == nil {
			return "a copy of this paper that moved on a slip"
		}
		m := s.moves[b.num("revision")]
		state, holder := out, m.str("to")
		switch {
		case c.slip == b.str("slip") && b.num("revision") < c.slipAt, c.slip != b.str("slip") && c.state != held:
			state, holder = c.state, c.holder
		case m.yes("home"):
			state, holder = held, ""
		case holder == "":
			holder = b.str("slip")
		}
		return unless(m.str("copy") == b.str("copy") && b.str("state") == state && b.str("holder") == holder, "the copy %s, with %q", state, holder)
	})},
	{"document.copies-conserved", "document.*", "catalogue 2.4", func(w *world, e Event) string {
		p := w.papers[e.Stream]
		if p == nil || p.filed {
			return ""
		}
		return unless(len(p.copies) >= p.signed, "%d copies signed for, and as many accounted for", p.signed)
	}},
	{"document.copies-joined", "document.copies-joined", "catalogue 2.4", ofPaper(func(w *world, e Event, p *paper) string {
		from := w.papers[e.Body.str("from")]
		if from == nil || from.first != e.Stream || slices.Contains(p.joined, e.Body.str("from")) {
			return "the copies of a later receipt of this paper, once"
		}
		for _, c := range e.Body.objs("copies") {
			if _, taken := p.copies[c.str("copy")]; taken {
				return "copies under numbers that are free, not " + c.str("copy")
			}
		}
		return unless(len(e.Body.objs("copies")) == len(from.copies), "%d copies", len(from.copies))
	})},
	{"document.duplicate", "document.duplicate-found", "catalogue 2.4", ofPaper(func(w *world, e Event, p *paper) string {
		f := w.papers[e.Body.str("first")]
		return unless(f != nil && f != p && f.end != "joined to the first receipt" && f.main.str("title") == p.main.str("title"), "the first receipt of the same paper")
	})},
	{"document.reviewed-first", "document.handling-proposed", "R267, rcv.reviewBeforeSign, rcv.steps", ofPaper(func(w *world, e Event, p *paper) string {
		return first(unless(!p.proposed || p.instructed, "no proposal that waits for an instruction already"),
			unless(p.preChecked || !w.named(e, "pre-check"), "pre-checked first"),
			unless(p.preChecked || p.reviewed || !w.yes(e, "rcv.reviewBeforeSign"), "reviewed before it goes to be signed"))
	})},
	{"document.one-lead", "document.assigned document.handling-proposed", "catalogue 2.4, 4.2", func(w *world, e Event) string {
		lead, co := e.Body.str("lead"), e.Body.list("co")
		if lead == "" && len(co) == 0 && e.Type == "document.handling-proposed" {
			return ""
		}
		all := append([]string{lead}, co...)
		slices.Sort(all)
		return unless(lead != "" && !slices.Contains(co, "") && len(slices.Compact(all)) == 1+len(co), "exactly one lead, and co-handlers that differ")
	}},
	{"document.as-instructed", "document.assigned", "R250, rcv.steps", ofPaper(func(w *world, e Event, p *paper) string {
		return first(unless(p.instructedLead == "" || e.Body.str("lead") == p.instructedLead, "led by %s, as instructed", p.instructedLead),
			unless(p.proposed || !w.named(e, "propose"), "proposed first"),
			unless(p.instructed || !p.proposed && !w.named(e, "instruct"), "instructed first"),
			unless(e.Body.day("due_on") == none || p.due.at("due_at").IsZero() || e.Body.day("due_on") <= p.due.day("due_on"), "a day not behind the paper's own"))
	})},
	{"document.instruction", "document.instructed", "R250, APR 2.5", ofPaper(func(w *world, e Event, p *paper) string {
		c, b := w.cases[b(e, "case")], e.Body
		if c == nil || c.subject != e.Stream || c.outcome == "" || c.decision != b.str("decision") {
			return "the decision of a closed case about this paper"
		}
		d, ok := c.deciding()
		return first(unless(b.yes("approved") == (c.outcome == "approved"), "%s, as the case ended", c.outcome),
			unless(!ok || b.str("decided_by") == d.person && b.str("decided_post") == d.post && b.at("decided_at").Equal(d.at) && b.str("lead") == d.lead,
				"decided by %s as %s, with the lead that he named", d.person, d.post),
			unless(!slices.Contains(p.decisions, b.str("decision")), "a decision that is not recorded yet"))
	})},
	{"document.reported", "document.closed", "R207 件件有回音", ofPaper(func(w *world, e Event, p *paper) string {
		if p.recalled {
			return ""
		}
		return first(unless(!p.proposed || p.instructed, "instructed first"), unless(p.lead != "" || p.action != "办件", "assigned first"),
			unless(p.lead == "" || p.reported || p.replied, "a report of the lead, or a reply, before it is closed"), unless(!p.suspended, "resumed first"))
	})},
	{"document.settlement", "document.closed", "rcv.settlementCodes", func(w *world, e Event) string {
		for _, s := range w.objects(e, "rcv.settlementCodes") {
			if s.str("code") == e.Body.str("code") && s.str("title") == e.Body.str("title") {
				return ""
			}
		}
		return "a settlement of the office, under its title"
	}},
	{"document.filed", "document.filed", "rcv.steps, R17", ofPaper(func(w *world, e Event, p *paper) string {
		return first(unless(p.end == "" && !p.filed, "a paper that is not at its end"),
			unless(p.closed || p.action == "" && !p.suspended && !w.named(e, "close"), "closed first"),
			unless(p.category != "" || !w.named(e, "classify"), "classified first"), unless(e.Body.str("file_code") != "", "a file code"))
	})},
	{"document.reopened", "document.reopened", "catalogue 2.4", ofPaper(func(w *world, e Event, p *paper) string {
		return unless(p.closed && !p.filed && p.end == "" && e.Body.at("due_at").Equal(p.due.at("due_at")), "a closed paper, due when it was: %s", show(p.due.at("due_at")))
	})},
	{"document.resumed", "document.resumed", "catalogue 2.4", ofPaper(func(w *world, e Event, p *paper) string { return unless(p.suspended, "a paper that is suspended") })},
	{"document.overdue", "document.finding-raised", "rcv.clock, catalogue 2.4", ofPaper(func(w *world, e Event, p *paper) string {
		due := p.due.at("due_at")
		return unless(!due.IsZero() && e.Body.at("due_at").Equal(due) && !e.Occurred.Before(due) && !p.overdueNoted.Equal(due) && !e.person(),
			"a finding at or behind %s, once, by the schedule", show(due))
	})},
	{"document.reason", "document.returned document.assignment-declined document.suspended document.transferred-out document.reopened document.receipt-corrected " +
		"document.registration-corrected", "catalogue 2.4", func(w *world, e Event) string {
		return unless(strings.TrimSpace(e.Body.str("reason")) != "", "a reason")
	}},
	{"document.corrected", "document.receipt-corrected document.registration-corrected", "catalogue 2.4, G16", ofPaper(func(w *world, e Event, p *paper) string {
		of := p.described
		if e.Type == "document.receipt-corrected" {
			of = p.receipt
		}
		return unless(e.Body.str("of") == of && e.Corrects == of, "the entry in force corrected, %s", of)
	})},
	{"document.transcribed", "document.transcribed", "catalogue 4.1", func(w *world, e Event) string {
		b := e.Body
		names := map[string]bool{}
		for _, c := range b.objs("copies") {
			if c.str("copy") == "" || names[c.str("copy")] {
				return "copies, each with a number of its own"
			}
			names[c.str("copy")] = true
		}
		due := time.Time{}
		if d := b.obj("term").day("due_on"); d != none {
			due = d.end(e.zone)
		}
		return first(unless(w.papers[e.Stream] == nil && len(names) > 0, "a row that was not transcribed before"), unless(e.Actor.Post == w.text(e, "rcv.registrar") && b.str("by") == e.Actor.Person, "transcribed by %s", w.text(e, "rcv.registrar")),
			unless(b.at("received_at").Equal(e.Occurred) && (b.day("closed_on") == none || b.day("closed_on") >= e.today()), "received when the old book says, and not closed before"),
			unless(b.obj("term").at("due_at").Equal(due) && (due.IsZero() || !b.yes("closed")), "due %s, where it is open", show(due)))
	}},
	{"document.old-number", "document.number-transcribed", "catalogue 2.4a", ofPaper(func(w *world, e Event, p *paper) string {
		s := w.series[e.Body.str("series")]
		if s == nil {
			return "the number of a series that is open"
		}
		v := s.allotted[e.Body.num("number")]
		return unless(p.source != "" && v.item == e.Stream && v.text == e.Body.str("text") && p.text == "", "the old number that was transcribed for this paper")
	})},
	{"document.transcript-withdrawn", "document.transcript-withdrawn", "catalogue 4.1", ofPaper(func(w *world, e Event, p *paper) string {
		return unless(p.source != "" && p.source == e.Body.str("import") && e.Body.str("number") == p.text && e.Actor.Post == w.text(e, "rcv.registrar"), "a paper of this import, withdrawn by the registrar")
	})},
	{"document.class-adopted", "document.class-adopted", "architecture 3.18, catalogue 2.9", ofPaper(func(w *world, e Event, p *paper) string {
		a := w.access[e.Body.str("protection")]
		return unless(a != nil && a.document == e.Stream && has(a.classes, e.Body.num("revision")) && a.classes[e.Body.num("revision")] == e.Body.str("class"), "the class that was decided of this paper")
	})},
	{"document.class", "document.*", "architecture 3.18", func(w *world, e Event) string {
		class := ""
		if p := w.papers[e.Stream]; p != nil {
			class = p.class
		}
		switch e.Type {
		case "document.described", "document.registration-corrected":
			if p := w.papers[e.Stream]; p == nil || p.classAt == 0 {
				class = e.Body.str("class")
			}
		case "document.class-adopted":
			if p := w.papers[e.Stream]; p != nil && e.Body.num("revision") > p.classAt {
				class = e.Body.str("class")
			}
		case "document.received", "document.transcribed":
			_, asked := w.asked(e)
			class = asked.str("class")
		}
		return unless(e.Class == class, "recorded under the paper's class, %q", class)
	}},
}

func classKey(protection string, revision int64) string {
	return fmt.Sprintf("%s@%d", protection, revision)
}

// dutyEntry tells whether a duty log of the office has an entry.
func (w *world) dutyEntry(office, entry string) bool {
	for _, p := range w.posts {
		if p.office == office && p.entries[entry] != nil {
			return true
		}
	}
	return false
}

func b(e Event, field string) string { return e.Body.str(field) }

// fills tells whether a field of the paper is filled.
func (p *paper) fills(field string) bool {
	switch field {
	case "received_at":
		return !p.receivedAt.IsZero()
	case "signed_by":
		return p.signedBy != ""
	case "copies":
		return len(p.copies) > 0
	case "envelope":
		return p.envelope != ""
	case "source_organ":
		return len(p.main.list("source_organs")) > 0
	case "pages":
		return p.main.num("pages") > 0
	}
	return p.main.str(field) != ""
}

// bookOf is the first book of rcv.registerSeries that the paper fits.
func (w *world) bookOf(e Event, p *paper) string {
	classes, m := w.texts(e, "sec.classes"), p.main
	place := func(class string) int { return slices.Index(classes, class) }
	for _, s := range w.objects(e, "rcv.registerSeries") {
		class := m.str("class")
		switch from, below := s.str("class_from"), s.str("class_below"); {
		case from != "" && (class == "" || place(class) < place(from)):
		case below != "" && class != "" && place(class) >= place(below):
		case s.str("level") != "" && s.str("level") != m.str("level"):
		case s.str("line") != "" && s.str("line") != m.str("line"):
		case s.str("served") != "" && s.str("served") != p.served:
		default:
			return s.str("book")
		}
	}
	return ""
}

// term is when a paper is due: the day that it sets itself, or the clock of its urgency in working days from its receipt.
func (w *world) term(e Event, p *paper, main object) object {
	switch {
	case main.str("answer_by") != "":
		return w.until(e, main.day("answer_by"), "paper")
	case main.str("urgency") != "":
		days := w.object(e, "rcv.clock["+main.str("urgency")+"]").num("working_days")
		return w.counted(e, dayOf(p.receivedAt, e.zone), days)
	}
	return object{}
}

func (w *world) until(e Event, d day, basis string) object {
	return object{"due_on": d.String(), "due_at": show(d.end(e.zone)), "basis": basis}
}

func (w *world) counted(e Event, from day, days int64) object {
	due, unsure := w.dueDay(e, from, days)
	t := w.until(e, due, "clock")
	t["working_days"], t["counted_from"], t["provisional"], t["calendar"] = float64(days), from.String(), unsure, float64(w.office(e).calendar.version)
	return t
}

// sameTerm compares the term of an event with what it should be.
func (w *world) sameTerm(e Event, want object) string {
	b := e.Body
	for _, field := range []string{"due_on", "basis", "counted_from"} {
		if b.str(field) != want.str(field) {
			return fmt.Sprintf("%s %q", field, want.str(field))
		}
	}
	return unless(b.at("due_at").Equal(want.at("due_at")) && b.num("working_days") == want.num("working_days") && b.yes("provisional") == want.yes("provisional") &&
		b.num("calendar") == want.num("calendar"), "due %s by %d working days of calendar %d, provisional: %v", want.str("due_at"), want.num("working_days"), want.num("calendar"),
		want.yes("provisional"))
}

// revised checks a new due time by its cause.
func revised(w *world, e Event, p *paper) string {
	b := e.Body
	if b.day("was_on") != p.due.day("due_on") || b.yes("was_provisional") != p.due.yes("provisional") || b.num("was_calendar") != p.due.num("calendar") {
		return "the term in force as what it was: " + p.due.str("due_on")
	}
	switch b.str("cause") {
	case "calendar":
		return first(unless(p.due.str("basis") == "clock", "a term that was counted"), w.sameTerm(e, w.counted(e, p.due.day("counted_from"), p.due.num("working_days"))))
	case "correction":
		return w.sameTerm(e, w.term(e, p, p.main))
	case "issuer":
		return first(unless(e.Actor.Post == w.text(e, "rcv.registrar"), "entered by the registrar"), w.sameTerm(e, w.until(e, b.day("due_on"), "paper")))
	case "instruction":
		return w.sameTerm(e, w.until(e, b.day("due_on"), "instruction"))
	case "assignment":
		return first(unless(p.due.at("due_at").IsZero(), "a paper that had no term"), w.sameTerm(e, w.until(e, b.day("due_on"), "assignment")))
	}
	return "a cause that is known"
}

// movedCopy checks where a copy was before it moved.
func movedCopy(w *world, e Event, p *paper) string {
	name := e.Body.str("copy")
	c, known := p.copies[name]
	switch e.Type {
	case "document.copy-registered":
		of := p.copies[e.Body.str("of")]
		return first(unless(!known && name != "", "a number that no copy has"), unless(of.state == held, "the copied one in the registry"),
			unless(rank(p.class) < stateSecret || e.Body.str("approval") != "", "an approval: the paper is classified"))
	case "document.copy-returned":
		return unless(known && c.state == out && e.Body.str("from") == c.holder, "a copy that is out with %q", c.holder)
	}
	return unless(known && c.state == held, "a copy that is in the registry")
}

func moveDocuments(w *world, e Event) {
	b := e.Body
	p := w.papers[e.Stream]
	if p == nil {
		p = &paper{}
		w.papers[e.Stream] = p
	}
	switch e.Type {
	case "document.received", "document.receipt-corrected":
		p.receivedAt, p.receipt, p.served, p.envelope, p.signedBy = b.at("received_at"), b.str("id"), b.str("served_organ"), b.str("envelope"), b.str("signed_by")
		p.copies = map[string]copyAt{}
		for _, name := range b.list("copies") {
			p.copies[name] = copyAt{state: held}
		}
		p.signed = len(b.list("copies"))
	case "document.duty-paper-handed-on":
		p.dutyEntry = b.str("entry")
		if w.dutyEntry(e.Office, p.dutyEntry) {
			w.expect(e, "document.duty-paper", e.Stream, e.Recorded, "the entry of the duty log to end: its paper was taken over")
		}
	case "document.transcribed":
		p.receivedAt, p.receipt, p.served, p.signedBy, p.source = b.at("received_at"), b.str("id"), b.str("served_organ"), b.str("signed_by"), b.obj("source").str("import")
		p.copies, p.signed = map[string]copyAt{}, len(b.objs("copies"))
		for _, c := range b.objs("copies") {
			p.copies[c.str("copy")] = copyAt{state: held}
			if c.str("holder") != "" {
				p.copies[c.str("copy")] = copyAt{state: out, holder: c.str("holder")}
			}
		}
		p.lead, p.co, p.closed, p.filed, p.due = b.str("lead"), b.list("co"), b.yes("closed"), b.str("file_code") != "", b.obj("term")
		if p.lead != "" {
			p.action = "办件"
		}
		if due := p.due.at("due_at"); !due.IsZero() {
			w.expect(e, "document.overdue", e.Stream, later(due, e.Recorded), "a finding that the paper is overdue")
		}
	case "document.number-transcribed":
		p.series, p.number, p.text = b.str("series"), b.num("number"), b.str("text")
	case "document.transcript-withdrawn":
		w.papers[e.Stream] = &paper{end: "withdrawn", class: p.class, receivedAt: p.receivedAt}
		w.void(e, "document.overdue", e.Stream)
		return
	case "document.described", "document.registration-corrected":
		p.described, p.main = b.str("id"), b
		if p.classAt == 0 { // what was decided of the class stands, whatever the paper shows
			p.class = b.str("class")
		}
	case "document.class-adopted":
		if b.num("revision") > p.classAt {
			p.class, p.classAt = b.str("class"), b.num("revision")
		}
		w.settle("document.class", classKey(b.str("protection"), b.num("revision")))
	case "document.registered":
		p.series, p.number, p.text, p.due = b.str("series"), b.num("number"), b.str("text"), b
	case "document.due-revised":
		p.due = b
	case "document.pre-check-passed":
		p.preChecked = true
	case "document.returned":
		p.leave("returned", sentBack)
	case "document.transferred-out":
		p.leave("transferred out", sentOff)
	case "document.duplicate-found":
		p.first = b.str("first")
		p.leave("joined to the first receipt", joined)
		w.expect(e, "document.duplicate", e.Stream, e.Recorded, "the copies to be counted with the first receipt")
	case "document.copies-joined":
		p.joined = append(p.joined, b.str("from"))
		for _, c := range b.objs("copies") {
			p.copies[c.str("copy")] = copyAt{state: held}
		}
		w.settle("document.duplicate", b.str("from"))
	case "document.classified":
		p.category = b.str("category")
	case "document.legality-reviewed":
		p.reviewed = true
	case "document.handling-proposed":
		p.action, p.proposed, p.instructed, p.instructedLead = b.str("action"), true, false, ""
		w.expect(e, "instruction", e.Stream, e.Recorded, "a case for the instruction on the paper")
	case "document.instructed":
		p.decisions = append(p.decisions, b.str("decision"))
		p.proposed, p.instructed, p.instructedLead = b.yes("approved"), b.yes("approved"), b.str("lead")
		if !b.yes("approved") {
			p.instructedLead = ""
		}
		w.settle("instruction.record", b.str("case"))
	case "document.assigned":
		p.action, p.lead, p.co, p.accepted, p.reported = "办件", b.str("lead"), b.list("co"), nil, false
	case "document.assignment-accepted":
		p.accepted = append(p.accepted, b.str("handler"))
	case "document.assignment-declined":
		if b.str("handler") == p.lead {
			p.lead, p.co, p.accepted, p.instructedLead = "", nil, nil, ""
		} else {
			p.co = slices.DeleteFunc(slices.Clone(p.co), func(id string) bool { return id == b.str("handler") })
		}
	case "document.finding-raised":
		p.overdueNoted = b.at("due_at")
		w.settle("document.overdue", e.Stream)
	case "document.handling-reported":
		p.reported = p.reported || b.str("of") == p.lead
	case "document.reply-sent":
		p.replied = true
	case "document.suspended":
		p.suspended = true
	case "document.resumed":
		p.suspended = false
	case "document.recalled-by-issuer":
		p.recalled = true
	case "document.closed":
		p.closed = true
	case "document.reopened":
		p.closed, p.reported, p.replied = false, false, false
	case "document.filed":
		p.filed = true
	case "document.copy-distributed":
		p.copies[b.str("copy")] = copyAt{state: out, holder: b.str("to")}
	case "document.copy-circulated":
		c := p.copies[b.str("copy")]
		if c.slip == b.str("slip") || c.state == held {
			switch b.str("state") {
			case "held":
				p.copies[b.str("copy")] = copyAt{state: held, slip: b.str("slip"), slipAt: max(c.slipAt, b.num("revision"))}
			case "out":
				p.copies[b.str("copy")] = copyAt{out, b.str("holder"), b.str("slip"), max(c.slipAt, b.num("revision"))}
			}
		}
		w.settle("document.copy", classKey(b.str("slip"), b.num("revision")))
	case "document.copy-returned", "document.copy-registered":
		p.copies[b.str("copy")] = copyAt{state: held}
	case "document.copy-sent-back":
		p.copies[b.str("copy")] = copyAt{state: sentBack, holder: b.str("to")}
	case "document.copy-destroyed":
		p.copies[b.str("copy")] = copyAt{state: destroyed}
	}
	if e.is("document.registered", "document.due-revised", "document.reopened") {
		w.settle("document.overdue", e.Stream)
		if due := p.due.at("due_at"); !due.IsZero() && !p.overdueNoted.Equal(due) {
			w.expect(e, "document.overdue", e.Stream, later(due, e.Recorded), "a finding that the paper is overdue")
		}
	}
	if e.is("document.returned", "document.transferred-out", "document.recalled-by-issuer", "document.closed", "document.filed") {
		w.void(e, "document.overdue", e.Stream)
		w.settle("instruction", e.Stream)
	}
	if p.filed { // what may still be asked of it: number, class, copies
		p.main, p.due, p.co, p.accepted, p.joined = object{"title": p.main.str("title")}, nil, nil, nil, nil
	}
}

// leave ends a paper: what is here goes along.
func (p *paper) leave(end, state string) {
	p.end = end
	for name, c := range p.copies {
		if c.state == held {
			p.copies[name] = copyAt{state: state}
		}
	}
}
