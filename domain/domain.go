// Package domain is the vocabulary of the office's records: an Event is a fact that is never changed, a Command is a
// request that is decided by pure rules into events or a Refusal, and a Context is the one table of what a part of the
// office has ever recorded. There is no clock, no I/O and no generator here: whatever a decision depends on comes in by
// its Act and is stored with the events it causes, so every decision can be taken again and give the same events.
package domain

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Event is one fact of a context whose state is S. Evolve is total and pure: the zero S is the state before any event.
type Event[S any] interface{ Evolve(S) S }

// Command is one request to a stream whose state is S. Decide is pure: the same state and act give the same events.
// No events and no error means that what was asked already holds.
type Command[S any] interface {
	Decide(S, Act) ([]Event[S], error)
}

// Needer is implemented by a command whose decision depends on the state of streams beside those in Context.Facts.
type Needer[S any] interface{ Needs(S, Act) []string }

// Correction is implemented by an event that takes the place of an earlier event of its stream: it inherits the earlier
// event's occurred_at, both stay readable for ever, and a fold applies the correction where the corrected event stood.
type Correction interface{ Corrects() (eventID string) }

// Context lists what one part of the office has ever recorded. Rows are never renamed or removed.
type Context[S any] struct {
	// Name begins the name of every stream (name-id) and of every event (name.fact) of the context.
	Name   string
	Events []Schema[S]
	// Rules are the refusals that the context's commands give.
	Rules []*Refusal
	// Keys are the policy keys that the context's commands read.
	Keys []AnyKey
	// Facts names the streams of an office that every decision of this context may read; see also Needer.
	Facts func(office string) []string
}

// Schema is the row of one event type. Version counts from 1; Old[i] lifts stored version i+1 to version i+2.
type Schema[S any] struct {
	Name    string
	Version int
	Type    Event[S]
	By      []Command[S] // the commands that cause it; none: only the system's own acts do
	Old     []Upcast
	// Sealed events hold personal data or free text: their payload is encrypted with the stream's own key.
	Sealed bool
}

// Upcast lifts one retired stored version of an event to the next.
type Upcast struct {
	Type reflect.Type // of the retired version
	up   func(any) any
}

// From makes an Upcast of a pure function between two versions.
func From[Old, New any](f func(Old) New) Upcast {
	return Upcast{Type: reflect.TypeFor[Old](), up: func(v any) any { return f(v.(Old)) }}
}

// AnyContext is a Context whatever its state: what reads the log without knowing the contexts one by one.
type AnyContext interface {
	ContextName() string
	Types() []EventType
	RuleList() []*Refusal
	KeyList() []AnyKey
	FactStreams(office string) []string
	DecodeEvent(name string, version int, payload []byte) (any, error)
	FoldAny(state any, events []Recorded) (any, error)
	DecideAny(cmd, state any, act Act) ([]Encoded, error)
	// CommandTypes are the commands that cause the context's events, as the rows name them.
	CommandTypes() []reflect.Type
}

// Encoded is an event in its stored form.
type Encoded struct {
	Name    string          `json:"name"`
	Version int             `json:"version"`
	Event   json.RawMessage `json:"event"`
}

// Payload is what the stored payload of an event holds: the fact, and with the first event of a decision the command
// that was decided, so that the decision can be explained by taking it again.
type Payload struct {
	Event   json.RawMessage `json:"event"`
	Command *StoredCommand  `json:"command,omitempty"`
}

// StoredCommand is a command as it was asked. Name is its Go package and type, such as "documents.Receive".
type StoredCommand struct {
	Name string          `json:"name"`
	Body json.RawMessage `json:"body"`
}

// CommandName is the stored name of a command's type.
func CommandName(cmd any) string { return reflect.TypeOf(cmd).String() }

// EncodePayload gives the stored payload of an event; command is nil for all but the first event of a decision.
func EncodePayload(event json.RawMessage, command any) ([]byte, error) {
	p := Payload{Event: event}
	if command != nil {
		body, err := marshal(command)
		if err != nil {
			return nil, err
		}
		p.Command = &StoredCommand{Name: CommandName(command), Body: body}
	}
	return marshal(p)
}

// DecodePayload reads a stored payload.
func DecodePayload(payload []byte) (p Payload, err error) {
	if len(payload) == 0 {
		return p, nil
	}
	if p, ok := splitPayload(payload); ok {
		return p, nil
	}
	err = json.Unmarshal(payload, &p)
	return p, err
}

// EventType describes one row of a Context for generated documents.
type EventType struct {
	Name     string
	Version  int
	Type     reflect.Type
	Old      []reflect.Type // Old[i] is stored version i+1
	Commands []string       // type names of the commands that cause it
	Sealed   bool
}

// ContextName, RuleList and KeyList are the fields of the context, for readers that do not know S.
func (c Context[S]) ContextName() string  { return c.Name }
func (c Context[S]) RuleList() []*Refusal { return c.Rules }
func (c Context[S]) KeyList() []AnyKey    { return c.Keys }

// Stream is the name of a stream of the context.
func (c Context[S]) Stream(id string) string { return c.Name + "-" + id }

// FactStreams are the streams that every decision of the context may read.
func (c Context[S]) FactStreams(office string) []string {
	if c.Facts == nil {
		return nil
	}
	return c.Facts(office)
}

// Types lists the rows in their order.
func (c Context[S]) Types() []EventType {
	types := make([]EventType, len(c.Events))
	for i, row := range c.Events {
		t := EventType{Name: row.Name, Version: row.Version, Type: reflect.TypeOf(row.Type), Sealed: row.Sealed}
		for _, old := range row.Old {
			t.Old = append(t.Old, old.Type)
		}
		for _, cmd := range row.By {
			t.Commands = append(t.Commands, reflect.TypeOf(cmd).Name())
		}
		types[i] = t
	}
	return types
}

// Encode gives the row of an event and its stored payload.
func (c Context[S]) Encode(e Event[S]) (Schema[S], []byte, error) {
	for _, row := range c.Events {
		if reflect.TypeOf(row.Type) == reflect.TypeOf(e) {
			payload, err := marshal(e)
			return row, payload, err
		}
	}
	return Schema[S]{}, nil, fmt.Errorf("%T has no row in the events of %s", e, c.Name)
}

// Decode reads a stored payload of any version ever stored.
func (c Context[S]) Decode(name string, version int, payload []byte) (Event[S], error) {
	for _, row := range c.Events {
		if row.Name != name {
			continue
		}
		if version < 1 || version > row.Version {
			return nil, fmt.Errorf("%s version %d: this program knows versions 1 to %d", name, version, row.Version)
		}
		if version == row.Version {
			v, err := unmarshal(reflect.TypeOf(row.Type), payload)
			if err != nil {
				return nil, fmt.Errorf("%s version %d: %w", name, version, err)
			}
			return v.(Event[S]), nil
		}
		v, err := unmarshal(row.Old[version-1].Type, payload)
		if err != nil {
			return nil, fmt.Errorf("%s version %d: %w", name, version, err)
		}
		for _, old := range row.Old[version-1:] {
			v = old.up(v)
		}
		return v.(Event[S]), nil
	}
	return nil, fmt.Errorf("%s is no event of %s", name, c.Name)
}

// DecodeEvent is Decode for readers that do not know S.
func (c Context[S]) DecodeEvent(name string, version int, payload []byte) (any, error) {
	return c.Decode(name, version, payload)
}

// Fold evolves state over events in log order; state is the zero S or the fold of all earlier events of the stream. A
// correction among the events takes the place of what it corrects; one whose target is not among them is an error,
// since the caller then has to fold the whole stream.
func (c Context[S]) Fold(state S, events []Recorded) (S, error) {
	at := make(map[string]int, len(events))
	facts := make([]Event[S], 0, len(events))
	for _, r := range events {
		e, ok := r.Event.(Event[S])
		if !ok {
			return state, fmt.Errorf("%s@%d: %s is no event of %s", r.Stream, r.Revision, r.Type, c.Name)
		}
		if r.Corrects != "" {
			slot, ok := at[r.Corrects]
			if !ok {
				return state, fmt.Errorf("%s@%d corrects %s: %w", r.Stream, r.Revision, r.Corrects, ErrFoldAll)
			}
			facts[slot] = e
			at[r.ID] = slot
			continue
		}
		at[r.ID] = len(facts)
		facts = append(facts, e)
	}
	for _, e := range facts {
		state = e.Evolve(state)
	}
	return state, nil
}

// FoldAny is Fold for readers that do not know S; a nil state is the zero S.
func (c Context[S]) FoldAny(state any, events []Recorded) (any, error) {
	var s S
	if state != nil {
		s = state.(S)
	}
	return c.Fold(s, events)
}

// DecideAny is Decide for readers that do not know S; a nil state is the zero S.
func (c Context[S]) DecideAny(cmd, state any, act Act) ([]Encoded, error) {
	command, ok := cmd.(Command[S])
	if !ok {
		return nil, fmt.Errorf("%T is no command of %s", cmd, c.Name)
	}
	var s S
	if state != nil {
		s = state.(S)
	}
	events, err := Decide(command, s, act)
	if err != nil {
		return nil, err
	}
	out := make([]Encoded, len(events))
	for i, e := range events {
		row, payload, err := c.Encode(e)
		if err != nil {
			return nil, err
		}
		out[i] = Encoded{row.Name, row.Version, payload}
	}
	return out, nil
}

// CommandTypes are the commands that the rows name.
func (c Context[S]) CommandTypes() []reflect.Type {
	var types []reflect.Type
	for _, row := range c.Events {
		for _, cmd := range row.By {
			if t := reflect.TypeOf(cmd); !slices.Contains(types, t) {
				types = append(types, t)
			}
		}
	}
	return types
}

// In gives the state of another stream, folded at the head of the log before the decision. The stream must be declared
// by Context.Facts or Needer; its revision is stored with the decision.
func (c Context[S]) In(act Act, stream string) S {
	var zero S
	f, ok := act.inputs.Facts[stream]
	if !ok {
		act.inputs.fail(fmt.Errorf("decision reads %s without declaring it", stream))
		return zero
	}
	act.inputs.use(stream)
	if f.State == nil {
		return zero
	}
	return f.State.(S)
}

// ContextOf gives the context's name of a stream or of an event.
func ContextOf(name string) string {
	if i := strings.IndexAny(name, "-."); i > 0 {
		return name[:i]
	}
	return name
}

// Refused is the fact that a request was refused; it changes nothing. A context whose refusals go on record has a row
// named <context>.refused of it.
type Refused[S any] struct {
	Command string            `json:"command"`
	Code    string            `json:"code"`
	Params  map[string]string `json:"params"`
}

// Evolve leaves the state as it was.
func (e Refused[S]) Evolve(s S) S { return s }

// Refusal gives the code and the particulars of the refusal.
func (e Refused[S]) Refusal() (code string, params map[string]string) { return e.Code, e.Params }

func marshal(v any) ([]byte, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return []byte(strings.TrimSuffix(b.String(), "\n")), nil
}

func unmarshal(t reflect.Type, payload []byte) (any, error) {
	v := reflect.New(t)
	if len(payload) > 0 { // an erased payload decodes to the zero event
		if err := json.Unmarshal(payload, v.Interface()); err != nil {
			return nil, err
		}
	}
	return v.Elem().Interface(), nil
}
