package recheck

import (
	"slices"
	"strings"
	"time"
)

// slip is the way of one paper from reader to reader.
type slip struct {
	document, copy, urgency, class, order string
	readers                               []*reader
	completed, stopped, returned          bool
	moves                                 map[int64]object // of the copy, by their revision
	extracts                              map[string]string
}

type reader struct {
	person, state string // planned, delivered, opened, signed, skipped, passed, recalled
	due           time.Time
}

func (r *reader) has() bool   { return r.state == "delivered" || r.state == "opened" }
func (r *reader) waits() bool { return r.state == "planned" || r.state == "skipped" }

func (s *slip) find(person string) *reader {
	for _, r := range s.readers {
		if r.person == person {
			return r
		}
	}
	return nil
}

// holder is the reader who has the copy; "" is the clerk or the registry.
func (s *slip) holder() string {
	for _, r := range s.readers {
		if r.has() && !s.returned {
			return r.person
		}
	}
	return ""
}

func (s *slip) over() bool { return s.completed || s.stopped }

func ofSlip(want func(w *world, e Event, s *slip) string) func(*world, Event) string {
	return func(w *world, e Event) string {
		s := w.slips[e.Stream]
		if s == nil || s.document == "" {
			return "a slip that was started"
		}
		return want(w, e, s)
	}
}

// accessOf is the stream of a paper's access.
func (w *world) accessOf(document string) *accessTo {
	_, id, _ := strings.Cut(document, "-")
	return w.access["access-"+id]
}

const slipRuns = "circulation.reader-added circulation.copy-handed-to circulation.copy-opened circulation.reader-signed circulation.reader-skipped circulation.copy-recalled " +
	"circulation.urged circulation.stopped circulation.completed"

// ofCirculation are the rules of a slip.
var ofCirculation = []rule{
	{"circulation.started", "circulation.started", "R202, catalogue 2.6", func(w *world, e Event) string {
		b := e.Body
		p := w.papers[b.str("document")]
		readers := b.list("readers")
		sorted := slices.Compact(slices.Sorted(slices.Values(readers)))
		switch {
		case w.slips[e.Stream] != nil || p == nil || p.receivedAt.IsZero():
			return "a new slip of a paper that was received"
		case b.str("copy") != "" && p.copies[b.str("copy")].state != held:
			return "a copy that is in the registry"
		case b.str("copy") != "" && w.text(e, "cir.order") == "at-once" && len(readers) > 1:
			return "no copy: it is not with several readers at once"
		case len(readers) == 0 || len(sorted) != len(readers) || strings.TrimSpace(b.str("authority")) == "":
			return "readers, each once, and who decided it"
		}
		return unless(b.str("class") == w.classOf(w.accessOf(b.str("document")), b.str("document")) && b.str("order") == w.text(e, "cir.order"), "in the order %s, under the class of the paper", w.text(e, "cir.order"))
	}},
	{"circulation.by-clerk", "circulation.started circulation.reader-added circulation.reader-skipped circulation.copy-recalled circulation.stopped circulation.returned circulation.copy-counted",
		"R202, rcv.distribution", func(w *world, e Event) string {
			return unless(e.Actor.Post == w.text(e, "rcv.distribution"), "done by %s", w.text(e, "rcv.distribution"))
		}},
	{"circulation.runs", slipRuns, "catalogue 2.6", ofSlip(func(w *world, e Event, s *slip) string { return unless(!s.over(), "a circulation that is not over") })},
	{"circulation.handed-by", "circulation.copy-handed-to", "cir.horizontalPass, R202", ofSlip(func(w *world, e Event, s *slip) string {
		r := s.find(e.Actor.Person)
		return unless(e.Actor.Post == w.text(e, "rcv.distribution") || r != nil && r.state != "planned" && w.text(e, "cir.horizontalPass") == "allowed", "the clerk: readers do not pass a paper on among themselves")
	})},
	{"circulation.one-holder", "circulation.copy-handed-to", "cir.order, catalogue 2.6, G17", ofSlip(func(w *world, e Event, s *slip) string {
		to := s.find(e.Body.str("reader"))
		if to == nil || !to.waits() {
			return "a reader who waits for the paper"
		}
		if s.order == "at-once" {
			return ""
		}
		for _, r := range s.readers {
			switch {
			case r.has():
				return "one reader at a time: it is with " + r.person
			case r == to:
				return ""
			case r.state == "planned" && to.state == "planned":
				return r.person + " first, whose turn it is"
			}
		}
		return ""
	})},
	{"circulation.entitled", "circulation.copy-handed-to", "R61, R189, cir.scope", ofSlip(func(w *world, e Event, s *slip) string {
		b := e.Body
		k := w.mayKnow(e, w.accessOf(s.document), s.document, b.str("reader"))
		if k.wants == "access.not-in-scope" && w.object(e, "cir.scope").str("outside") != "never" {
			k.wants = ""
		}
		return first(unless(k.wants == "", "a reader who may know the paper when it is handed over, by %s", k.wants),
			unless(b.str("class") == k.class && b.str("clearance") == k.clearance, "class %q, cleared to %q", k.class, k.clearance))
	})},
	{"circulation.dwell", "circulation.copy-handed-to", "cir.maxDwell, sec.returnSameDay", ofSlip(func(w *world, e Event, s *slip) string {
		due := time.Time{}
		if s.urgency != "" {
			due = (e.today() + day(w.object(e, "cir.maxDwell["+s.urgency+"]").num("calendar_days"))).end(e.zone)
		}
		if class := e.Body.str("class"); rank(class) >= stateSecret {
			rule, today := w.object(e, "sec.returnSameDay"), e.today().end(e.zone)
			if rule.yes("same_day") && rank(class) >= rank(rule.str("class_from")) && (due.IsZero() || today.Before(due)) {
				due = today
			}
		}
		return unless(e.Body.at("due").Equal(due), "back by %s", show(due))
	})},
	{"circulation.reader", "circulation.copy-opened circulation.reader-signed", "catalogue 2.6, G17", ofSlip(func(w *world, e Event, s *slip) string {
		r := s.find(e.Body.str("reader"))
		return unless(r != nil && r.has() && r.person == e.Actor.Person && (e.Type != "circulation.copy-opened" || r.state == "delivered"), "the reader who has the paper, himself")
	})},
	{"circulation.added", "circulation.reader-added", "catalogue 2.6", ofSlip(func(w *world, e Event, s *slip) string {
		return unless(s.find(e.Body.str("person")) == nil && strings.TrimSpace(e.Body.str("authority")) != "", "a new reader, and who authorised it")
	})},
	{"circulation.skipped", "circulation.reader-skipped", "cir.skipReturn", ofSlip(func(w *world, e Event, s *slip) string {
		r := s.find(e.Body.str("reader"))
		return unless(r != nil && (r.state == "planned" || r.has()) && strings.TrimSpace(e.Body.str("reason")) != "" && e.Body.yes("return_later") == w.yes(e, "cir.skipReturn"),
			"a reader who waits or has it, with a reason; he reads later: %v", w.yes(e, "cir.skipReturn"))
	})},
	{"circulation.recalled", "circulation.copy-recalled", "catalogue 2.6", ofSlip(func(w *world, e Event, s *slip) string {
		r := s.find(e.Body.str("reader"))
		return unless(r != nil && r.has() && strings.TrimSpace(e.Body.str("reason")) != "", "a reader who has it, with a reason")
	})},
	{"circulation.urged", "circulation.urged", "cir.maxDwell", ofSlip(func(w *world, e Event, s *slip) string {
		r, overdue := s.find(e.Body.str("reader")), e.Body.at("overdue")
		if r == nil || !r.has() {
			return "a reader who has it"
		}
		if e.person() {
			return unless(overdue.IsZero() && e.Actor.Post == w.text(e, "rcv.distribution"), "urged by the clerk")
		}
		return unless(!r.due.IsZero() && overdue.Equal(r.due) && !e.Occurred.Before(r.due), "no finding before %s", show(r.due))
	})},
	{"circulation.completed", "circulation.completed", "catalogue 2.6, G17", ofSlip(func(w *world, e Event, s *slip) string {
		for _, r := range s.readers {
			if r.has() || r.waits() {
				return r.person + " to read first"
			}
		}
		return unless(e.Body.num("readers") == int64(len(s.readers)), "%d readers", len(s.readers))
	})},
	{"circulation.stopped", "circulation.stopped", "catalogue 2.6", ofSlip(func(w *world, e Event, s *slip) string {
		return unless(strings.TrimSpace(e.Body.str("reason")) != "", "a reason")
	})},
	{"circulation.returned", "circulation.returned", "catalogue 2.6", ofSlip(func(w *world, e Event, s *slip) string {
		return unless(s.over() && !s.returned && e.Body.str("copy") == s.copy, "a circulation that is over, its copy back once")
	})},
	{"circulation.copy-moved", "circulation.copy-moved", "catalogue 2.6", ofSlip(func(w *world, e Event, s *slip) string {
		to := s.holder()
		return unless(w.n(e) > 0 && s.copy != "" && e.Body.str("copy") == s.copy && e.Body.str("to") == to && e.Body.yes("home") == s.returned, "the copy with %q, home: %v", to, s.returned)
	})},
	{"circulation.extract", "circulation.extract-taken", "sec.read.profile, catalogue 4.6", ofSlip(func(w *world, e Event, s *slip) string {
		b, r := e.Body, s.find(e.Actor.Person)
		if rank(s.class) >= stateSecret {
			rule := w.object(e, "sec.read.profile["+s.class+"]").str("copy")
			if rule == "never" || strings.TrimSpace(b.str("approval")) == "" {
				return "no extract of such a paper without an approval, or at all"
			}
		}
		return unless(!s.over() && r != nil && r.has() && b.str("reader") == e.Actor.Person && strings.TrimSpace(b.str("part")) != "" && strings.TrimSpace(b.str("purpose")) != "", "the reader who has the paper, saying what and what for")
	})},
	{"circulation.extract-returned", "circulation.extract-returned circulation.returned", "catalogue 4.5", ofSlip(func(w *world, e Event, s *slip) string {
		if e.Type == "circulation.returned" {
			return unless(len(s.extracts) == 0, "every extract back first")
		}
		reader, out := s.extracts[e.Body.str("extract")]
		return unless(out && e.Body.str("reader") == reader && e.Actor.Post == w.text(e, "rcv.distribution"), "an extract that is out with %q, taken back by the clerk", reader)
	})},
	{"circulation.counted", "circulation.copy-counted", "catalogue 2.6", ofSlip(func(w *world, e Event, s *slip) string {
		return unless(s.returned && (e.Body.yes("whole") || strings.TrimSpace(e.Body.str("note")) != ""), "a copy that is back, and what is missing")
	})},
	{"circulation.refused", "circulation.refused", "cir.horizontalPass, R61", ofSlip(func(w *world, e Event, s *slip) string {
		_, asked := w.asked(e)
		switch code := e.Body.str("code"); {
		case code == "circulation.no-horizontal-pass":
			return unless(e.Actor.Post != w.text(e, "rcv.distribution") && w.text(e, "cir.horizontalPass") != "allowed", "a reader who passes the paper on")
		case strings.HasPrefix(code, "access."):
			k := w.mayKnow(e, w.accessOf(s.document), s.document, asked.str("person"))
			return unless(k.wants == code, "handed over: by the rules this is %q", k.wants)
		}
		return refusalHasCode(w, e)
	})},
}

func moveCirculation(w *world, e Event) {
	b := e.Body
	s := w.slips[e.Stream]
	if s == nil {
		s = &slip{moves: map[int64]object{}, extracts: map[string]string{}}
		w.slips[e.Stream] = s
	}
	r := s.find(b.str("reader"))
	move := func(to string) {
		if r != nil {
			w.void(e, "circulation.dwell", e.Stream+"/"+r.person)
			r.state, r.due = to, time.Time{}
		}
	}
	switch e.Type {
	case "circulation.started":
		s.document, s.copy, s.urgency, s.class, s.order = b.str("document"), b.str("copy"), b.str("urgency"), b.str("class"), b.str("order")
		for _, p := range b.list("readers") {
			s.readers = append(s.readers, &reader{person: p, state: "planned"})
		}
	case "circulation.reader-added":
		s.readers = append(s.readers, &reader{person: b.str("person"), state: "planned"})
	case "circulation.copy-handed-to":
		s.class = b.str("class")
		if r != nil {
			r.state, r.due = "delivered", b.at("due")
			if !r.due.IsZero() {
				w.expectIf(e, "circulation.dwell", e.Stream+"/"+r.person, r.due, "the reader to be urged: his time is over", func() bool { return !s.over() })
			}
		}
	case "circulation.copy-opened":
		if r != nil {
			r.state = "opened"
		}
	case "circulation.reader-signed":
		move("signed")
	case "circulation.copy-recalled":
		move("recalled")
	case "circulation.reader-skipped":
		if b.yes("return_later") {
			move("skipped")
		} else {
			move("passed")
		}
	case "circulation.urged":
		if !b.at("overdue").IsZero() {
			w.settle("circulation.dwell", e.Stream+"/"+b.str("reader"))
		}
	case "circulation.copy-moved":
		s.moves[e.Revision] = b
		w.expect(e, "document.copy", classKey(e.Stream, e.Revision), e.Recorded, "the paper to know where its copy is")
	case "circulation.extract-taken":
		s.extracts[b.str("extract")] = b.str("reader")
	case "circulation.extract-returned":
		delete(s.extracts, b.str("extract"))
	case "circulation.completed":
		s.completed = true
		w.settle("circulation.complete", e.Stream)
	case "circulation.stopped":
		s.stopped = true
	case "circulation.returned":
		s.returned = true
	}
	if !s.over() && len(s.readers) > 0 && !slices.ContainsFunc(s.readers, func(r *reader) bool { return r.has() || r.waits() }) {
		w.expect(e, "circulation.complete", e.Stream, e.Recorded, "the circulation to be completed: everybody has read")
	}
}
