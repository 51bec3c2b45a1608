// Package catalog is the one list of the office's contexts. It decodes every event ever stored and folds any stream, and
// the event catalogue, the schemas and the list of errors in docs are generated from it.
package catalog

import (
	"fmt"
	"reflect"

	"andu/domain"
	"andu/domain/access"
	"andu/domain/approvals"
	"andu/domain/attendance"
	"andu/domain/calendar"
	"andu/domain/circulation"
	"andu/domain/documents"
	"andu/domain/duty"
	"andu/domain/imports"
	"andu/domain/leave"
	"andu/domain/logs"
	"andu/domain/org"
	"andu/domain/persons"
	"andu/domain/policy"
	"andu/domain/registers"
)

// Contexts lists every context. A new one is one line here.
var Contexts = []domain.AnyContext{
	logs.Context,
	policy.Context,
	calendar.Context,
	org.Context,
	persons.Context,
	registers.Context,
	documents.Context,
	approvals.Context,
	duty.Context,
	duty.Rosters,
	attendance.Context,
	attendance.Sheets,
	attendance.Rolls,
	leave.Context,
	access.Context,
	circulation.Context,
	imports.Context,
}

// Of finds the context of a stream or of an event by its name.
func Of(name string) (domain.AnyContext, bool) {
	prefix := domain.ContextOf(name)
	for _, c := range Contexts {
		if c.ContextName() == prefix {
			return c, true
		}
	}
	return nil, false
}

// Decode reads one stored event. payload is the opened payload; erased says that its key was destroyed.
func Decode(h domain.Header, position int64, payload []byte, erased bool) (domain.Recorded, error) {
	r := domain.Recorded{Header: h, Position: position, Erased: erased}
	c, ok := Of(h.Type)
	if !ok {
		return r, fmt.Errorf("%s@%d: no context knows %s", h.Stream, h.Revision, h.Type)
	}
	var stored domain.Payload
	var err error
	if !erased { // an erased event decodes to the zero value of its type
		stored, err = domain.DecodePayload(payload)
	}
	if err == nil {
		r.Asked = stored.Command
		r.Event, err = c.DecodeEvent(h.Type, h.TypeVersion, stored.Event)
	}
	if err != nil {
		err = fmt.Errorf("%s@%d: %w", h.Stream, h.Revision, err)
	}
	return r, err
}

// Fold evolves the state of any stream; a nil state is the state before the first event.
func Fold(stream string, state any, events []domain.Recorded) (any, error) {
	c, ok := Of(stream)
	if !ok {
		return nil, fmt.Errorf("no context knows stream %s", stream)
	}
	return c.FoldAny(state, events)
}

// Rule finds a refusal by its code.
func Rule(code string) (*domain.Refusal, bool) {
	for _, r := range Rules() {
		if r.Code == code {
			return r, true
		}
	}
	return nil, false
}

// Rules lists every refusal that a command may give, in the order of the contexts.
func Rules() []*domain.Refusal {
	rules := append([]*domain.Refusal(nil), domain.Rules...)
	for _, c := range Contexts {
		rules = append(rules, c.RuleList()...)
	}
	return rules
}

// commands that cause events of a context whose package cannot name them: they read another context's state first.
var commands = []reflect.Type{reflect.TypeFor[documents.Enter](), reflect.TypeFor[documents.EnterTranscript]()}

// CommandType finds a command's type by its stored name, such as "documents.Receive".
func CommandType(name string) (reflect.Type, bool) {
	for _, t := range commands {
		if t.String() == name {
			return t, true
		}
	}
	for _, c := range Contexts {
		for _, t := range c.CommandTypes() {
			if t.String() == name {
				return t, true
			}
		}
	}
	return nil, false
}

// Keys finds every declaration that reads a concrete policy key: contexts may read one key each in their own way.
func Keys(concrete string) (keys []domain.AnyKey) {
	for _, c := range Contexts {
		for _, k := range c.KeyList() {
			if k.Matches(concrete) {
				keys = append(keys, k)
			}
		}
	}
	return keys
}

// Key finds a declaration that reads a concrete policy key, such as rcv.clock[特急].
func Key(concrete string) (domain.AnyKey, bool) {
	for _, c := range Contexts {
		for _, k := range c.KeyList() {
			if k.Matches(concrete) {
				return k, true
			}
		}
	}
	return nil, false
}
