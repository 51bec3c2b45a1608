package catalog_test

import (
	"reflect"
	"strings"
	"testing"

	"andu/commands"
	"andu/domain"
	"andu/domain/catalog"
)

func TestNamesAreUniqueOverAllContexts(t *testing.T) {
	contexts, events, codes := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, c := range catalog.Contexts {
		if contexts[c.ContextName()] {
			t.Errorf("two contexts are named %s", c.ContextName())
		}
		contexts[c.ContextName()] = true
		for _, e := range c.Types() {
			if events[e.Name] {
				t.Errorf("two events are named %s", e.Name)
			}
			events[e.Name] = true
			if got, ok := catalog.Of(e.Name); !ok || got.ContextName() != c.ContextName() {
				t.Errorf("%s is not found by its name", e.Name)
			}
		}
	}
	for _, r := range catalog.Rules() {
		if codes[r.Code] {
			t.Errorf("two rules have the code %s", r.Code)
		}
		codes[r.Code] = true
		if r.ZH == "" || r.EN == "" {
			t.Errorf("%s does not speak both languages", r.Code)
		}
	}
	if len(events) < 100 {
		t.Errorf("only %d events: the list is cut short", len(events))
	}
}

// A stored command is found by its name, or explain could not take its decision again.
func TestEveryCommandIsFoundByItsStoredName(t *testing.T) {
	for _, c := range catalog.Contexts {
		for _, typ := range c.CommandTypes() {
			if got, ok := catalog.CommandType(typ.String()); !ok || got != typ {
				t.Errorf("%s is not found", typ)
			}
		}
	}
	if _, ok := catalog.CommandType("documents.Enter"); !ok {
		t.Error("documents.Enter is not found: it acts on another context's stream")
	}
}

// Every event that is not a refusal or the system's names the command that causes it.
func TestEveryEventHasACause(t *testing.T) {
	for _, c := range catalog.Contexts {
		for _, e := range c.Types() {
			if len(e.Commands) == 0 && !strings.HasSuffix(e.Name, ".refused") {
				t.Errorf("%s: no command causes it", e.Name)
			}
		}
	}
}

// Every task that an event opens is carried out by somebody.
func TestEveryTaskIsCarriedOut(t *testing.T) {
	kinds := map[string]bool{}
	for _, k := range commands.Kinds() {
		kinds[k] = true
	}
	opened := 0
	for _, c := range catalog.Contexts {
		for _, e := range c.Types() {
			opens, ok := reflect.New(e.Type).Elem().Interface().(domain.Opens)
			if !ok {
				continue
			}
			for _, task := range opens.Opens(domain.Recorded{Header: domain.Header{Stream: c.ContextName() + "-1", Office: "o"}}) {
				opened++
				if !kinds[task.Kind] {
					t.Errorf("%s opens %s, which nobody carries out", e.Name, task.Kind)
				}
			}
		}
	}
	if opened == 0 {
		t.Error("no zero event opens a task: the test sees nothing")
	}
}

// FuzzDecode: whatever is stored, decoding gives an event or an error and never takes the process down.
func FuzzDecode(f *testing.F) {
	f.Add("document.received", 1, []byte(`{"event":{}}`))
	f.Add("approval.opened", 1, []byte(`{"event":{"class":3}}`))
	f.Add("policy.drafted", 1, []byte(`null`))
	f.Fuzz(func(t *testing.T, name string, version int, payload []byte) {
		_, _ = catalog.Decode(domain.Header{Stream: "x-1", Type: name, TypeVersion: version}, 0, payload, false)
	})
}
