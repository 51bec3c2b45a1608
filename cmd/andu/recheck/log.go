package recheck

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// ofLog are the rules of every record, whatever it says.
var ofLog = []rule{
	{"log.gapless", "*", "architecture 3.10", func(w *world, e Event) string {
		next := int64(0)
		if w.last.ID != "" {
			next = w.last.Position + 1
		}
		return unless(e.Position == next, "position %d", next)
	}},
	{"log.time-goes-on", "*", "architecture 3.6", func(w *world, e Event) string {
		return unless(!e.Recorded.Before(w.last.Recorded), "recorded not before %s, when the event before it was", show(w.last.Recorded))
	}},
	{"log.not-of-the-future", "*", "architecture 3.6", func(w *world, e Event) string {
		return unless(!e.Received.After(e.Recorded) && !e.Occurred.After(e.Recorded), "received and occurred no later than recorded, %s", show(e.Recorded))
	}},
	{"log.revision", "*", "architecture 3.11", func(w *world, e Event) string {
		next := int64(0)
		if s, ok := w.streams[e.Stream]; ok {
			next = s.revision + 1
		}
		return unless(e.Revision == next, "revision %d of its stream", next)
	}},
	{"log.one-office", "*", "architecture 3.5", func(w *world, e Event) string {
		s, ok := w.streams[e.Stream]
		return unless(!ok || s.office == e.Office, "office %s, whose stream it is", s.office)
	}},
	{"log.id", "*", "architecture 3.11", func(w *world, e Event) string {
		id := derived(e.Command, fmt.Sprintf("event/%d", w.n(e)))
		return unless(id == "" || e.ID == id, "id %s, which follows from the command", id)
	}},
	{"log.once", "*", "architecture 3.11", func(w *world, e Event) string {
		_, before := w.ids[key(e.ID)]
		return unless(!before, "no second event of this id")
	}},
	{"log.known", "*", "docs/events.md", func(w *world, e Event) string {
		_, known := kinds[e.Type]
		return unless(known, "a type that the manual of events lists")
	}},
	{"log.command", "*", "docs/events.md", func(w *world, e Event) string {
		name, _ := w.asked(e)
		_, name, _ = strings.Cut(name, ".")
		k := kinds[e.Type]
		if e.Erased || len(k.commands) == 0 || name == "" {
			return ""
		}
		return unless(slices.Contains(k.commands, name), "an event of %s, one of: %s", name, strings.Join(k.commands, ", "))
	}},
	{"log.sealed", "*", "architecture 3.9", func(w *world, e Event) string {
		return unless(!kinds[e.Type].sealed || e.Payload.Cipher != "", "a sealed payload: events of this type hold personal data or free text")
	}},
	{"log.clock", "*", "architecture 3.7", func(w *world, e Event) string {
		if e.Type == "log.started" {
			return ""
		}
		return unless((e.Clock == "simulated") == w.simulated, "the clock that the log was begun under")
	}},
	{"log.reads", "*", "architecture 3.3", func(w *world, e Event) string {
		for _, r := range e.Reads {
			s, ok := w.streams[r.Stream]
			if !ok {
				s.revision = -1
			}
			if r.Stream != e.Stream && r.Revision > s.revision || r.Stream == e.Stream && r.Revision > e.Revision {
				return fmt.Sprintf("%s read up to revision %d, where it stood", r.Stream, s.revision)
			}
		}
		return ""
	}},
	{"log.policy-in-force", "*", "architecture 3.2", func(w *world, e Event) string {
		revision, ok := e.read("policy-" + e.Office)
		version := int64(0)
		if ok {
			version = w.office(e).policy.versionAt(revision)
		}
		return unless(e.Policy == version, "policy version %d, in force at what was read", version)
	}},
	{"log.calendar-in-force", "*", "architecture 3.3, G8", func(w *world, e Event) string {
		revision, ok := e.read("calendar-" + e.Office)
		version := int64(0)
		if ok {
			version = w.office(e).calendar.versionAt(revision)
		}
		return unless(e.Calendar == version, "calendar version %d, in force at what was read", version)
	}},
	{"log.corrects", "*", "architecture 3.6, G16", func(w *world, e Event) string {
		if !kinds[e.Type].corrects {
			return unless(e.Corrects == "", "no correction: events of this type take no other's place")
		}
		was, ok := w.ids[key(e.Corrects)]
		switch {
		case !ok:
			return "the id of the event that it corrects"
		case was != e.Occurred.UnixMicro():
			return "occurred " + show(time.UnixMicro(was)) + ", as what it corrects"
		}
		return ""
	}},
	{"log.actor", "*", "catalogue 2.3, APR 2.5", acts},
	{"log.begun-once", "log.started", "architecture 3.7", func(w *world, e Event) string {
		return unless(e.Position == 0, "the first event of the log, and none after it")
	}},
	{"log.server", "log.server-started log.server-stopped log.stream-quarantined log.quarantine-lifted", "architecture 3.14", func(w *world, e Event) string {
		return unless(w.last.ID != "", "a log that was begun before")
	}},
}

// acts tells whether who acted might: one of the office's on the day of the request, in a post that he holds that day, and
// under a delegation only while it is in force for him. The system acts in no post.
func acts(w *world, e Event) string {
	o := w.office(e)
	if e.Actor.Person == "" {
		return "an actor"
	}
	if !e.person() {
		return unless(e.Actor.Post == "" && e.Actor.Delegation == "", "no post and no delegation of the system")
	}
	if e.Office == "" || !o.org.exists {
		return unless(e.Office == "", "an office that was set up")
	}
	on := e.receipt()
	if w.n(e) > 0 && w.decision.first.Actor == e.Actor {
		return "" // one decision, one actor: an act that ends a holding was begun while it was held
	}
	switch {
	case !o.org.active(e.Actor.Person, on):
		return fmt.Sprintf("%s to be of the office on %s", e.Actor.Person, on)
	case !o.org.holds(e.Actor.Person, e.Actor.Post, on):
		return fmt.Sprintf("somebody who holds %s on %s", e.Actor.Post, on)
	case e.Actor.Delegation != "":
		return unless(o.org.delegated(e.Actor, on), "a delegation to this person in this post, in force on %s", on)
	}
	return ""
}

// read is the revision at which a decision read a stream.
func (e Event) read(stream string) (int64, bool) {
	for _, r := range e.Reads {
		if r.Stream == stream {
			return r.Revision, true
		}
	}
	return 0, false
}

// unless says what should have been, where it was not.
func unless(right bool, want string, args ...any) string {
	if right {
		return ""
	}
	return fmt.Sprintf(want, args...)
}

// first is the first thing that is wanting.
func first(wants ...string) string {
	for _, want := range wants {
		if want != "" {
			return want
		}
	}
	return ""
}

// same compares lists of texts.
func same(a, b []string) bool { return slices.Equal(a, b) }
