package main

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"andu/domain"
	"andu/domain/catalog"
)

// schemaDir holds one schema for each version of each event.
const schemaDir = "docs/schemas"

func schemaFile(event string, version int) string { return fmt.Sprintf("%s.v%d.json", event, version) }

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for i, m := range o {
		b.WriteByte("{,"[min(i, 1)])
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(m.name); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := enc.Encode(m.value); err != nil {
			return nil, err
		}
	}
	if len(o) == 0 {
		b.WriteByte('{')
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// schemas adds the schema of every version ever stored.
func (h *house) schemas(files map[string][]byte) error {
	for _, c := range catalog.Contexts {
		for _, e := range c.Types() {
			for v, t := range append(e.Old, e.Type) {
				s := object{
					{"$schema", "https://json-schema.org/draft/2020-12/schema"},
					{"$id", schemaFile(e.Name, v+1)},
					{"title", fmt.Sprintf("%s, version %d", e.Name, v+1)},
				}
				if doc := h.source.comment(t); doc != "" {
					s = append(s, member{"description", doc})
				}
				var b bytes.Buffer
				enc := json.NewEncoder(&b)
				enc.SetEscapeHTML(false)
				enc.SetIndent("", "  ")
				if err := enc.Encode(append(s, h.schema(t, nil)...)); err != nil {
					return err
				}
				files[schemaDir+"/"+schemaFile(e.Name, v+1)] = b.Bytes()
			}
		}
	}
	return nil
}

// forms are the stored forms of the vocabulary's own values. "" is "not stated".
var forms = map[reflect.Type]struct{ name, pattern string }{
	reflect.TypeFor[domain.Instant]():   {"instant", `^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z)?$`},
	reflect.TypeFor[domain.Date]():      {"date", `^([0-9]{4}-[0-9]{2}-[0-9]{2})?$`},
	reflect.TypeFor[domain.TimeOfDay](): {"time of day", `^[0-2][0-9]:[0-5][0-9]$`},
	reflect.TypeFor[domain.MonthDay]():  {"day of the year", `^[0-1][0-9]-[0-3][0-9]$`},
	reflect.TypeFor[domain.Money]():     {"yuan", `^-?[0-9]+\.[0-9]{2}$`},
}

var (
	rawJSON  = reflect.TypeFor[json.RawMessage]()
	asText   = reflect.TypeFor[encoding.TextMarshaler]()
	asJSON   = reflect.TypeFor[json.Unmarshaler]()
	anything = reflect.TypeFor[any]()
)

// schema describes the stored form of a type. A list or a map that is not there is null.
func (h *house) schema(t reflect.Type, within []reflect.Type) object {
	if f, ok := forms[t]; ok {
		return object{{"type", "string"}, {"pattern", f.pattern}}
	}
	switch {
	case t == rawJSON || t == anything:
		return object{}
	case t.Implements(asText):
		return object{{"type", "string"}}
	}
	switch t.Kind() {
	case reflect.String:
		return object{{"type", "string"}}
	case reflect.Bool:
		return object{{"type", "boolean"}}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return object{{"type", "integer"}}
	case reflect.Pointer:
		return object{{"anyOf", []object{{{"type", "null"}}, h.schema(t.Elem(), within)}}}
	case reflect.Slice:
		return object{{"type", []string{"array", "null"}}, {"items", h.schema(t.Elem(), within)}}
	case reflect.Map:
		return object{{"type", []string{"object", "null"}}, {"additionalProperties", h.schema(t.Elem(), within)}}
	case reflect.Struct:
		var properties object
		required := []string{}
		for _, f := range h.fields(t) {
			s := h.schema(f.Type, append(within, t))
			if f.comment != "" {
				s = append(s, member{"description", f.comment})
			}
			properties = append(properties, member{f.name, s})
			if !f.optional {
				required = append(required, f.name)
			}
		}
		return object{{"type", "object"}, {"properties", properties}, {"required", required}, {"additionalProperties", false}}
	}
	panic("no schema for " + t.String())
}

// field is one field as JSON names it; those of embedded structs stand among their parent's.
type field struct {
	reflect.StructField
	name, comment string
	optional      bool // left out when empty
}

func (h *house) fields(t reflect.Type) (list []field) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			list = append(list, h.fields(f.Type)...)
		case f.IsExported() && name != "-":
			if name == "" {
				name = f.Name
			}
			comment := oneLine(h.source.comments[typeName(t)+"."+f.Name])
			if comment == "" {
				comment = f.Tag.Get("doc")
			}
			list = append(list, field{f, name, comment, strings.Contains(rest, "omitempty")})
		}
	}
	return list
}

// kind is the stored form of a type in words.
func (h *house) kind(t reflect.Type) string {
	if f, ok := forms[t]; ok {
		return f.name
	}
	named := func(word string) string {
		if t.PkgPath() == "" {
			return word
		}
		if values := h.source.values[typeName(t)]; len(values) > 0 {
			return word + " (" + t.Name() + ": " + strings.Join(values, ", ") + ")"
		}
		return word + " (" + t.Name() + ")"
	}
	switch {
	case t == rawJSON || t == anything:
		return "any JSON"
	case t.Implements(asText):
		return named("text")
	}
	switch t.Kind() {
	case reflect.String:
		return named("text")
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "integer"
	case reflect.Pointer:
		return h.kind(t.Elem()) + " or null"
	case reflect.Slice:
		return "list of " + h.kind(t.Elem())
	case reflect.Map:
		return "map to " + h.kind(t.Elem())
	case reflect.Struct:
		return "object (" + t.Name() + ")"
	}
	return t.String()
}

// shape is kind with the fields of a struct spelt out, for values that people write.
func (h *house) shape(t reflect.Type) string {
	if values := h.source.values[typeName(t)]; len(values) > 0 {
		return strings.Join(values, "/")
	}
	if _, ok := forms[t]; ok || t.Implements(asText) || reflect.PointerTo(t).Implements(asJSON) {
		return h.kind(t)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return h.shape(t.Elem()) + " or nothing"
	case reflect.Slice:
		if t != rawJSON {
			return "[" + h.shape(t.Elem()) + ", …]"
		}
	case reflect.Map:
		return "{… : " + h.shape(t.Elem()) + "}"
	case reflect.Struct:
		var parts []string
		for _, f := range h.fields(t) {
			parts = append(parts, strconv.Quote(f.name)+": "+h.shape(f.Type))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return h.kind(t)
}
