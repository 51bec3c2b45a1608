package api

import (
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// docs serves the description of the API as a page that needs nothing from elsewhere: no script, no font, no network.
func (a *API) docs() {
	a.page(http.MethodGet, "/docs", "", "The description of the API, to read", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if err := docsPage.Execute(w, describe(a.huma.OpenAPI())); err != nil {
			a.cfg.Logger.ErrorContext(r.Context(), "write the description", "error", err)
		}
	})
	a.page(http.MethodGet, "/problems/{code}", "", "What a problem code means", func(w http.ResponseWriter, r *http.Request) {
		code := strings.TrimPrefix(r.URL.Path, "/problems/")
		p, ok := explainCode(code)
		if !ok {
			a.fail(w, r, problemNotFound)
			return
		}
		writeJSON(w, http.StatusOK, "application/json", p)
	})
}

type docsTag struct {
	Name string
	Ops  []docsOp
}

type docsOp struct {
	Method, Path, Summary, May, Example string
	Params, Fields                      []docsField
}

type docsField struct {
	Name, Kind, Doc string
	Required        bool
}

// describe turns the OpenAPI document into what the page shows, by tag and path.
func describe(o *huma.OpenAPI) []docsTag {
	byTag := map[string][]docsOp{}
	for path, item := range o.Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "DELETE": item.Delete} {
			if op == nil {
				continue
			}
			d := docsOp{Method: method, Path: path, Summary: op.Summary}
			if may := op.Metadata["may"]; may != nil {
				d.May, _ = strings.CutPrefix(strings.TrimSpace(jsonText(may)), `"`)
				d.May = strings.TrimSuffix(d.May, `"`)
			}
			for _, p := range op.Parameters {
				d.Params = append(d.Params, docsField{Name: p.Name, Kind: p.In, Doc: p.Description, Required: p.Required})
			}
			if op.RequestBody != nil {
				if media := op.RequestBody.Content["application/json"]; media != nil {
					s := resolve(o, media.Schema)
					for name, f := range s.Properties {
						f = resolve(o, f)
						d.Fields = append(d.Fields, docsField{Name: name, Kind: f.Type, Doc: f.Description, Required: slices.Contains(s.Required, name)})
					}
					slices.SortFunc(d.Fields, func(x, y docsField) int { return strings.Compare(x.Name, y.Name) })
					d.Example = jsonText(example(o, s, 0))
				}
			}
			tag := "other"
			if len(op.Tags) > 0 {
				tag = op.Tags[0]
			}
			byTag[tag] = append(byTag[tag], d)
		}
	}
	var tags []docsTag
	for name, ops := range byTag {
		slices.SortFunc(ops, func(x, y docsOp) int { return strings.Compare(x.Path+x.Method, y.Path+y.Method) })
		tags = append(tags, docsTag{name, ops})
	}
	slices.SortFunc(tags, func(x, y docsTag) int { return strings.Compare(x.Name, y.Name) })
	return tags
}

func resolve(o *huma.OpenAPI, s *huma.Schema) *huma.Schema {
	if s != nil && s.Ref != "" {
		return o.Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

// example makes a body of the examples and enums that the fields state.
func example(o *huma.OpenAPI, s *huma.Schema, depth int) any {
	s = resolve(o, s)
	switch {
	case s == nil || depth > 4:
		return nil
	case len(s.Examples) > 0:
		return s.Examples[0]
	case len(s.Enum) > 0:
		return s.Enum[0]
	}
	switch s.Type {
	case huma.TypeObject:
		out := map[string]any{}
		for _, name := range s.Required {
			out[name] = example(o, s.Properties[name], depth+1)
		}
		return out
	case huma.TypeArray:
		return []any{example(o, s.Items, depth+1)}
	case huma.TypeBoolean:
		return false
	case huma.TypeInteger, huma.TypeNumber:
		return 1
	}
	switch s.Format {
	case "date-time":
		return "2026-04-15T08:15:00+08:00"
	case "date":
		return "2026-04-15"
	}
	return "…"
}

func jsonText(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if enc.Encode(v) != nil {
		return ""
	}
	return strings.TrimSpace(b.String())
}

var docsPage = template.Must(template.New("docs").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>案牍 Andu: API</title>
<link rel="stylesheet" href="/static/andu.css"><link rel="stylesheet" href="/static/docs.css">
<main class="docs"><h1>案牍 Andu: API</h1>
<p>Send <code>Idempotency-Key</code> with every command and ask again with the same key after any doubt: nothing is done twice.
A command answers with <code>Andu-Position</code>; a query with <code>Andu-At-Least</code> waits until it can show that position.
Forms send <code>If-Match</code>. The machine's description is <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).</p>
<nav class="toc">{{range .}}<a href="#{{.Name}}">{{.Name}}</a> {{end}}</nav>
{{range .}}<h2 id="{{.Name}}">{{.Name}}</h2>
{{range .Ops}}<details><summary><b>{{.Method}}</b> <code>{{.Path}}</code> <span>{{.Summary}}</span>{{if .May}} <em>{{.May}}</em>{{end}}</summary>
{{if .Params}}<table><tr><th>parameter<th>in<th></tr>{{range .Params}}<tr><td><code>{{.Name}}</code>{{if .Required}} *{{end}}<td>{{.Kind}}<td>{{.Doc}}</tr>{{end}}</table>{{end}}
{{if .Fields}}<table><tr><th>field<th>kind<th></tr>{{range .Fields}}<tr><td><code>{{.Name}}</code>{{if .Required}} *{{end}}<td>{{.Kind}}<td>{{.Doc}}</tr>{{end}}</table><pre>{{.Example}}</pre>{{end}}
</details>{{end}}{{end}}</main></html>
`))
