package recheck

import (
	"crypto/sha1"
	"encoding/hex"
	"time"
)

// world is what the log has said so far, as the rules need it. What is finished is dropped: it holds what is open and one
// line for each stream.
type world struct {
	last      Event
	simulated bool
	streams   map[string]stream
	ids       map[[8]byte]int64 // occurred_at by event id, for corrections
	offices   map[string]*office
	persons   map[string]*person
	series    map[string]*series
	papers    map[string]*paper
	cases     map[string]*approval
	posts     map[string]*dutyPost
	rosters   map[string]*roster
	sheets    map[string]*sheet
	days      map[string]*personDay
	dayOf     map[string]*personDay // by person/date
	marked    map[[8]byte]string    // sign-in → person/date/session
	rolls     map[string]*roll
	leaves    ledgers
	access    map[string]*accessTo
	slips     map[string]*slip
	swapped   map[string]*swap // that was settled just now
	imports   map[string]*imported
	tasks     tasks
	decision  decision
}

// stream is where a stream stands and whose it is.
type stream struct {
	revision int64
	office   string
}

// decision is the command whose events are being read.
type decision struct {
	command, stream string
	n               int
	name            string
	asked           object
	first           Event
}

// office is what an office is made of.
type office struct {
	id       string
	org      org
	policy   policyBook
	calendar calendar
}

func newWorld() *world {
	return &world{streams: map[string]stream{}, ids: map[[8]byte]int64{}, offices: map[string]*office{}, persons: map[string]*person{},
		series: map[string]*series{}, papers: map[string]*paper{}, cases: map[string]*approval{}, posts: map[string]*dutyPost{},
		rosters: map[string]*roster{}, sheets: map[string]*sheet{}, days: map[string]*personDay{}, dayOf: map[string]*personDay{}, marked: map[[8]byte]string{}, rolls: map[string]*roll{},
		leaves: ledgers{}, access: map[string]*accessTo{}, slips: map[string]*slip{}, imports: map[string]*imported{}, tasks: newTasks()}
}

// office gives the office of an event.
func (w *world) office(e Event) *office {
	o := w.offices[e.Office]
	if o == nil {
		o = &office{id: e.Office, org: newOrg(), policy: newPolicyBook(), calendar: newCalendar()}
		w.offices[e.Office] = o
	}
	return o
}

// follow keeps what every event says beside its fact.
func (w *world) follow(e Event) {
	w.streams[e.Stream] = stream{e.Revision, e.Office}
	w.ids[key(e.ID)] = e.Occurred.UnixMicro()
	if w.decision.command != e.Command || w.decision.stream != e.Stream {
		w.decision = decision{command: e.Command, stream: e.Stream, first: e}
	}
	if e.CommandName != "" {
		w.decision.name, w.decision.asked = e.CommandName, e.Asked
	}
	w.decision.n++
}

// n is the place of an event in its decision.
func (w *world) n(e Event) int {
	if w.decision.command == e.Command && w.decision.stream == e.Stream {
		return w.decision.n
	}
	return 0
}

// asked is the command that the event's decision answered.
func (w *world) asked(e Event) (name string, body object) {
	if e.CommandName != "" || w.n(e) == 0 {
		return e.CommandName, e.Asked
	}
	return w.decision.name, w.decision.asked
}

func key(id string) (k [8]byte) {
	sum := sha1.Sum([]byte(id))
	copy(k[:], sum[:])
	return k
}

// derived is a name-based UUID (version 5) in the space of another.
func derived(space, name string) string {
	raw, err := hex.DecodeString(trimHyphens(space))
	if err != nil || len(raw) != 16 {
		return ""
	}
	sum := sha1.Sum(append(raw, name...))
	u := sum[:16]
	u[6], u[8] = u[6]&0x0f|0x50, u[8]&0x3f|0x80
	h := hex.EncodeToString(u)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func trimHyphens(s string) string {
	b := make([]byte, 0, 32)
	for i := range len(s) {
		if s[i] != '-' {
			b = append(b, s[i])
		}
	}
	return string(b)
}

// hours adds whole hours of the clock.
func hours(t time.Time, n int64) time.Time { return t.Add(time.Duration(n) * time.Hour) }
