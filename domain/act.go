package domain

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Act is what surrounds a command: who asks, for which office, when, and everything of the world outside the stream
// that the decision may read. It remembers what was read, so that the events can say so and explain can name it.
type Act struct {
	Office   string
	Actor    Actor
	Terminal string
	// Occurred is when it happened as far as the office is concerned; Received is when the server got the first attempt
	// and decides cut-offs. Both are to the microsecond.
	Occurred, Received Instant
	Zone               *time.Location
	Command            string // command id; ids of events and new entities derive from it

	inputs *Inputs
}

// Inputs is what a decision may read beside its own stream, and the record of what it did read.
type Inputs struct {
	Policy Policy
	Facts  map[string]Fact
	// NewID derives the n-th id from the command id.
	NewID func(command, purpose string) string

	used     []string
	readings []Reading
	blanks   []Reading
	err      error
}

// Fact is the state of another stream at the head of the log.
type Fact struct {
	State    any
	Revision int64 // -1: the stream is empty
}

// Reading is one policy value that a decision read.
type Reading struct {
	Key       string    `json:"key"`
	At        Instant   `json:"at"`
	Provision Provision `json:"provision"`
}

// NewAct binds an act to its inputs.
func NewAct(a Act, in *Inputs) Act {
	if in.Facts == nil {
		in.Facts = map[string]Fact{}
	}
	a.inputs = in
	return a
}

// Today is the civil date of Occurred in the office's zone.
func (a Act) Today() Date { return DateOf(a.Occurred.Time, a.Zone) }

// NewID gives an id that follows from the command and a purpose: a repeated command makes the same entity.
func (a Act) NewID(purpose string) string { return a.inputs.NewID(a.Command, purpose) }

// Derived gives an id that follows from a name space and a name alone, such as that of a stream of a person and a day.
func (a Act) Derived(space, name string) string { return a.inputs.NewID(space, name) }

// ClassOf is the class of the record of a declared stream: what is decided about a paper is not known further than the
// paper is.
func (a Act) ClassOf(stream string) Class {
	f, ok := a.inputs.Facts[stream]
	if !ok {
		return ""
	}
	a.inputs.use(stream)
	if of, ok := f.State.(interface{ ClassOf() Class }); ok {
		return of.ClassOf()
	}
	return ""
}

// EventID is the id that the i-th event of this decision will have.
func (a Act) EventID(i int) string { return EventID(a.inputs.NewID, a.Command, i) }

// EventID derives the id of the i-th event of a command.
func EventID(newID func(command, purpose string) string, command string, i int) string {
	return newID(command, fmt.Sprintf("event/%d", i))
}

// Person tells whether a person acts, and not the system.
func (a Act) Person() bool { return a.Actor.Person != System }

// PolicyVersion is the office's policy version that the decision is taken under; a decision that names it depends on it.
func (a Act) PolicyVersion() int64 {
	a.inputs.use(a.inputs.Policy.Stream)
	return a.inputs.Policy.Version
}

// Use notes that the decision depends on a stream of Facts; Context.In and Key.Of do so by themselves.
func (in *Inputs) Use(stream string) { in.use(stream) }

func (in *Inputs) use(stream string) {
	if !slices.Contains(in.used, stream) {
		in.used = append(in.used, stream)
	}
}

func (in *Inputs) fail(err error) {
	if in.err == nil {
		in.err = err
	}
}

// Reads lists the streams that were read, in the order of first reading.
func (in *Inputs) Reads() []Read {
	reads := make([]Read, len(in.used))
	for i, s := range in.used {
		reads[i] = Read{Stream: s, Revision: -1}
		if f, ok := in.Facts[s]; ok {
			reads[i].Revision = f.Revision
		}
	}
	return reads
}

// Readings lists the policy values that were read.
func (in *Inputs) Readings() []Reading { return in.readings }

// Verdict is what the reading itself says about a decision: a blank value that was read refuses the act whatever was
// decided, and a reading that was not declared is a fault of the program.
func (in *Inputs) Verdict() error {
	if in.err != nil {
		return in.err
	}
	if len(in.blanks) == 0 {
		return nil
	}
	var names []string
	for _, b := range in.blanks {
		clause := "no clause"
		if b.Provision.Clause != "" {
			clause = b.Provision.Document + " " + b.Provision.Clause
		}
		if name := b.Key + " (" + clause + ")"; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return ErrBlank.With("keys", strings.Join(names, "; "))
}

// Decide takes one decision: the command's own rules, then the verdict of what it read.
func Decide[S any](cmd Command[S], state S, act Act) ([]Event[S], error) {
	events, err := cmd.Decide(state, act)
	if v := act.inputs.Verdict(); v != nil {
		return nil, v
	}
	return events, err
}
