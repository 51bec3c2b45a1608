package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"andu/api"
	"andu/domain"
	"andu/domain/catalog"
	"andu/presets"
)

// generated is the first line of every page.
const generated = "<!-- Written by `make generate` from the program itself. Do not edit. -->"

// folder is the package of a context.
func folder(c domain.AnyContext) string {
	for _, e := range c.Types() {
		if p := strings.TrimPrefix(e.Type.PkgPath(), "andu/"); p != "domain" {
			return p
		}
	}
	return ""
}

// packageName is the last word of folder, with which the names of commands begin.
func packageName(c domain.AnyContext) string { return filepath.Base(folder(c)) }

// golden is the file of the stored form of an event, with every field set.
func golden(c domain.AnyContext, event string, version int) string {
	return folder(c) + "/testdata/" + schemaFile(event, version)
}

// causes lists the commands that cause an event. One that reads another context's state first cannot be named by the
// event's own context, and is found by the event that its decision names.
func (h *house) causes(c domain.AnyContext, e domain.EventType) []string {
	var list []string
	for _, name := range e.Commands {
		list = append(list, packageName(c)+"."+name)
	}
	for _, name := range h.foreign(c) {
		if _, _, named := h.source.reach(name); slices.Contains(named, typeName(e.Type)) {
			list = append(list, name)
		}
	}
	return list
}

// foreign are the commands with a route that no row of any context names, and that name events of this context.
func (h *house) foreign(c domain.AnyContext) []string {
	var list []string
	for name := range h.routes {
		if slices.ContainsFunc(catalog.Contexts, func(c domain.AnyContext) bool {
			return slices.ContainsFunc(c.CommandTypes(), func(t reflect.Type) bool { return t.String() == name })
		}) {
			continue
		}
		_, _, named := h.source.reach(name)
		if slices.ContainsFunc(c.Types(), func(e domain.EventType) bool { return slices.Contains(named, typeName(e.Type)) }) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// routesOf says how a command is given.
func (h *house) routesOf(command string) string {
	var list []string
	for _, r := range h.routes[command] {
		list = append(list, code(r.Method+" "+r.Path))
	}
	if len(list) == 0 {
		return "no route of its own: the program gives it"
	}
	return strings.Join(list, ", ")
}

// events writes docs/events.md.
func (h *house) events() ([]byte, error) {
	p := &page{}
	p.line("%s\n", generated)
	p.line("# Events\n")
	p.line("Everything that Andu ever records is one of these. An event is never changed; when its form changes, the version is raised and")
	p.line("the older one stays readable for ever. *Sealed* events hold personal data or free text: their payload is encrypted under the key of")
	p.line("their stream, and after the key is destroyed they read as empty. What surrounds each event (who, when, under which policy, what was")
	p.line("read) is in its header: see [design.md](design.md). The payload in the log is `{\"event\": …, \"command\": …}`; the tables and schemas")
	p.line("here describe `event`. Times are UTC with six digits of a second; a date, an instant or a text that is not stated is `\"\"`.\n")
	p.header("context", "events", "of which sealed", "versions stored", "commands")
	for _, c := range catalog.Contexts {
		sealed, versions := 0, 0
		for _, e := range c.Types() {
			versions += e.Version
			if e.Sealed {
				sealed++
			}
		}
		p.row(fmt.Sprintf("[%s](#%s)", c.ContextName(), c.ContextName()), strconv.Itoa(len(c.Types())), strconv.Itoa(sealed), strconv.Itoa(versions),
			strconv.Itoa(len(c.CommandTypes())+len(h.foreign(c))))
	}
	introduced := map[string]bool{} // a package may hold several contexts
	for _, c := range catalog.Contexts {
		p.line("\n## %s\n", c.ContextName())
		link := fmt.Sprintf("[`%s`](../%s)", folder(c), folder(c))
		if introduced[link] {
			p.line("Of %s as well.\n", link)
		} else {
			p.line("%s\n", strings.TrimSpace(strings.Replace(h.source.packages["andu/"+folder(c)], "Package "+packageName(c), link, 1)))
		}
		introduced[link] = true
		p.line("Streams: `%s-<id>`.", c.ContextName())
		if facts := c.FactStreams("<office>"); len(facts) > 0 {
			p.line("Every decision may read %s.", codes(facts))
		}
		for _, e := range c.Types() {
			if err := h.event(p, c, e); err != nil {
				return nil, err
			}
		}
		h.commands(p, c)
	}
	return p.Bytes(), nil
}

func (h *house) event(p *page, c domain.AnyContext, e domain.EventType) error {
	p.line("\n### %s\n", e.Name)
	p.line("%s\n", h.source.comment(e.Type))
	sealed := ""
	if e.Sealed {
		sealed = ", sealed"
	}
	example := golden(c, e.Name, e.Version)
	p.line("- version %d%s; Go type `%s`; [schema](schemas/%s), [example](../%s)", e.Version, sealed, typeName(e.Type), schemaFile(e.Name, e.Version), example)
	for v := range e.Old {
		p.line("- older: [version %d](schemas/%s)", v+1, schemaFile(e.Name, v+1))
	}
	for _, command := range h.causes(c, e) {
		_, name, _ := strings.Cut(command, ".")
		p.line("- by `%s`: %s", name, h.routesOf(command))
	}
	opens, settles, err := tasks(filepath.Join(h.root, example), c, e)
	if err != nil {
		return err
	}
	if len(opens) > 0 {
		p.line("- opens the task %s", codes(opens))
	}
	if len(settles) > 0 {
		p.line("- settles the task %s", codes(settles))
	}
	if _, ok := reflect.Zero(e.Type).Interface().(domain.Correction); ok {
		p.line("- takes the place of the event that it corrects, and inherits its `occurred_at`")
	}
	if len(h.fields(e.Type)) == 0 {
		return nil
	}
	p.line("")
	p.header("field", "type", "meaning")
	h.table(p, e.Type, "", nil)
	return nil
}

// table writes the fields of a type, and below each those that it consists of.
func (h *house) table(p *page, t reflect.Type, prefix string, within []reflect.Type) {
	for _, f := range h.fields(t) {
		optional := ""
		if f.optional {
			optional = "; left out when empty"
		}
		p.row(code(prefix+f.name), h.kind(f.Type)+optional, f.comment)
		inner, path := f.Type, prefix+f.name
		for inner.Kind() == reflect.Slice || inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Map {
			path += map[reflect.Kind]string{reflect.Slice: "[]", reflect.Map: "{}"}[inner.Kind()]
			inner = inner.Elem()
		}
		if _, known := forms[inner]; !known && inner.Kind() == reflect.Struct && !inner.Implements(asText) && !slices.Contains(within, inner) {
			h.table(p, inner, path+".", append(within, inner))
		}
	}
}

// tasks gives the kinds of tasks that the event of a golden file opens and settles: every field of it is set.
func tasks(example string, c domain.AnyContext, e domain.EventType) (opens, settles []string, err error) {
	payload, err := os.ReadFile(example)
	if err != nil {
		return nil, nil, err
	}
	event, err := c.DecodeEvent(e.Name, e.Version, payload)
	if err != nil {
		return nil, nil, err
	}
	r := domain.Recorded{Header: domain.Header{Stream: c.ContextName() + "-1", ID: "e-1", Type: e.Name, TypeVersion: e.Version}, Event: event}
	if o, ok := event.(domain.Opens); ok {
		for _, t := range o.Opens(r) {
			opens = append(opens, t.Kind)
		}
	}
	if s, ok := event.(domain.Settles); ok {
		for _, id := range s.Settles(r) {
			settles = append(settles, id.Kind)
		}
	}
	slices.Sort(opens)
	slices.Sort(settles)
	return slices.Compact(opens), slices.Compact(settles), nil
}

// commands writes what may be asked of a context.
func (h *house) commands(p *page, c domain.AnyContext) {
	p.line("\n### Commands of %s\n", c.ContextName())
	p.line("What a command may read and may be refused with, as far as its source can come to it; `policy-blank` goes with every key.\n")
	p.header("command", "route", "who may", "reads", "may be refused with")
	var names []string
	for _, t := range c.CommandTypes() {
		names = append(names, t.String())
	}
	for _, name := range append(names, h.foreign(c)...) {
		refusals, keys, _ := h.source.reach(name)
		may := []string{}
		for _, r := range h.routes[name] {
			may = append(may, string(r.May))
		}
		_, short, _ := strings.Cut(name, ".")
		p.row(code(short), h.routesOf(name), strings.Join(slices.Compact(may), ", "), codes(keys), codes(refusals))
	}
}

// errors writes docs/errors.md.
func (h *house) errors() []byte {
	p := &page{}
	p.line("%s\n", generated)
	p.line("# Errors\n")
	p.line("Every refusal has a code that is stable for ever. An answer carries it as `code` in a problem document (RFC 9457), with the text in")
	p.line("Chinese and English; `GET /problems/<code>` explains it. `{names}` are filled in from the particulars of the case. A refusal that is")
	p.line("*on record* is itself an event of the stream; of the others nothing is stored, and what was asked may be decided again.\n")
	p.line("## Of the request itself\n")
	p.header("code", "status", "中文", "English")
	for _, e := range api.RequestProblems() {
		p.row(code(e.Code), strconv.Itoa(e.Status), e.Texts["zh"], e.Texts["en"])
	}
	sections := map[string][]*domain.Refusal{}
	order := []string{""}
	for _, r := range api.Rules() {
		prefix, _, found := strings.Cut(r.Code, ".")
		if !found {
			prefix = ""
		}
		if !slices.Contains(order, prefix) {
			order = append(order, prefix)
		}
		sections[prefix] = append(sections[prefix], r)
	}
	for _, prefix := range order {
		p.line("\n## %s\n", cmp.Or(prefix, "Of any command"))
		p.header("code", "status", "中文", "English", "source", "on record")
		for _, r := range sections[prefix] {
			p.row(code(r.Code), strconv.Itoa(api.RefusalStatus(r)), r.ZH, r.EN, r.Source, map[bool]string{true: "yes"}[r.Recorded])
		}
	}
	return p.Bytes()
}

// keys writes docs/policy-keys.md.
func (h *house) keys() ([]byte, error) {
	examples, err := examples()
	if err != nil {
		return nil, err
	}
	meaning := map[string]string{} // by package and key
	for v, key := range h.source.keys {
		if v != nil && v.Pkg() != nil {
			meaning[v.Pkg().Name()+" "+key] = h.source.comments[v.Pkg().Name()+"."+v.Name()]
		}
	}
	readers := map[string][]string{} // by key
	for _, c := range catalog.Contexts {
		names := h.foreign(c)
		for _, t := range c.CommandTypes() {
			names = append(names, t.String())
		}
		for _, name := range names {
			_, keys, _ := h.source.reach(name)
			for _, k := range keys {
				readers[k] = append(readers[k], name)
			}
		}
	}
	type row struct{ shapes, moments, contexts, meanings []string }
	rows := map[string]*row{}
	add := func(list *[]string, s string) {
		if s != "" && !slices.Contains(*list, s) {
			*list = append(*list, s)
		}
	}
	for _, c := range catalog.Contexts {
		for _, k := range c.KeyList() {
			r := rows[k.KeyName()]
			if r == nil {
				r = &row{}
				rows[k.KeyName()] = r
			}
			v := reflect.ValueOf(k)
			of, _ := v.Type().MethodByName("Of")
			add(&r.shapes, code(h.shape(of.Type.Out(0))))
			moment := "occurred"
			if v.FieldByName("Moment").Interface() == domain.ByReceived {
				moment = "received"
			}
			add(&r.moments, moment)
			add(&r.contexts, c.ContextName())
			add(&r.meanings, meaning[packageName(c)+" "+k.KeyName()])
		}
	}
	p := &page{}
	p.line("%s\n", generated)
	p.line("# Policy keys\n")
	p.line("A number, a role, a deadline or a boundary of an office is never in the program: it is the value of one of these keys, published by the")
	p.line("office with its source and its date. A key that the office leaves blank refuses every act that reads it (`policy-blank`). `[]` stands for")
	p.line("an index, as in `rcv.clock[特急]`. *Moment* says which instant selects the version: `occurred` is when it happened, `received` when the")
	p.line("server got the request. *Example* is from the documents of the demonstration offices in [presets](../presets). `andu policy unused` lists")
	p.line("the keys that an office states and nothing reads.\n")
	p.header("key", "form", "moment", "context", "meaning", "read by", "example")
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		r := rows[name]
		slices.Sort(readers[name])
		p.row(code(name), strings.Join(r.shapes, " or "), strings.Join(r.moments, ", "), strings.Join(r.contexts, ", "), strings.Join(r.meanings, "; "),
			codes(slices.Compact(readers[name])), exampleOf(name, examples))
	}
	return p.Bytes(), nil
}

// example is a value that a demonstration office states.
type example struct{ key, value, from string }

// exampleOf is the first value that a document states for a key.
func exampleOf(name string, list []example) string {
	key := keyNamed(name)
	for _, x := range list {
		if key.Matches(x.key) {
			return code(x.key+" = "+x.value) + " (" + x.from + ")"
		}
	}
	return ""
}

func keyNamed(name string) domain.AnyKey {
	for _, c := range catalog.Contexts {
		for _, k := range c.KeyList() {
			if k.KeyName() == name {
				return k
			}
		}
	}
	return nil
}

// examples reads the documents of the offices in the order of publication; long values are cut.
func examples() ([]example, error) {
	var list []example
	for _, office := range []string{"county", "bureau", "weekly"} {
		for _, file := range presets.Office(office) {
			text, err := presets.Read(file)
			if err != nil {
				return nil, err
			}
			var doc struct {
				Document struct{ ID string }
				Values   []struct {
					Key, Clause string
					Value       json.RawMessage
					Blank       bool
				}
			}
			if err := json.Unmarshal(text, &doc); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			for _, v := range doc.Values {
				value := []rune(oneLine(string(v.Value)))
				if v.Blank || len(value) == 0 {
					continue
				}
				if len(value) > 90 {
					value = append(value[:90], '…')
				}
				list = append(list, example{v.Key, string(value), strings.TrimSpace(doc.Document.ID + " " + v.Clause)})
			}
		}
	}
	return list, nil
}
