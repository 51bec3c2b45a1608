package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"andu/api"
	"andu/domain/catalog"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func generate(t *testing.T) (root string, files map[string][]byte) {
	t.Helper()
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	files, err = pages(root)
	if err != nil {
		t.Fatal(err)
	}
	return root, files
}

// What is committed is what the program says; `make generate` brings it up to date.
func TestPagesAreUpToDate(t *testing.T) {
	root, files := generate(t)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || !bytes.Equal(got, files[name]) {
			t.Errorf("%s is out of date: make generate", name)
		}
	}
	there, err := filepath.Glob(filepath.Join(root, schemaDir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range there {
		if _, ok := files[schemaDir+"/"+filepath.Base(file)]; !ok {
			t.Errorf("%s/%s is of no event: make generate", schemaDir, filepath.Base(file))
		}
	}
}

func TestPagesAreTheSameEveryTime(t *testing.T) {
	_, first := generate(t)
	_, second := generate(t)
	if !maps.EqualFunc(first, second, bytes.Equal) {
		t.Error("two runs on one source differ")
	}
}

// Every version of every event that was ever stored fits its schema, and the schema is strict.
func TestStoredEventsFitTheirSchemas(t *testing.T) {
	root, files := generate(t)
	for _, c := range catalog.Contexts {
		for _, e := range c.Types() {
			for v := 1; v <= e.Version; v++ {
				name := schemaFile(e.Name, v)
				text, err := os.ReadFile(filepath.Join(root, golden(c, e.Name, v)))
				if err != nil {
					t.Fatal(err)
				}
				schema := compile(t, name, files[schemaDir+"/"+name])
				event, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
				if err != nil {
					t.Fatal(err)
				}
				if err := schema.Validate(event); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				fields := event.(map[string]any)
				fields["not_a_field"] = true
				if schema.Validate(fields) == nil {
					t.Errorf("%s takes a field that the event does not have", name)
				}
				delete(fields, "not_a_field")
				for field := range fields {
					value := fields[field]
					delete(fields, field)
					if schema.Validate(fields) == nil {
						t.Errorf("%s does without %s", name, field)
					}
					fields[field] = value
				}
			}
		}
	}
}

func compile(t *testing.T, name string, text []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The list of errors is complete: every code in the source of the door, of the accounts, of the commands and of the
// rules stands in it.
func TestEveryCodeIsListed(t *testing.T) {
	root, files := generate(t)
	listed := map[string]bool{}
	for _, p := range api.RequestProblems() {
		listed[p.Code] = true
	}
	for _, r := range api.Rules() {
		listed[r.Code] = true
	}
	found := 0
	patterns := []string{"api/*.go", "api/accounts/*.go", "commands/*.go", "domain/*.go"}
	for _, c := range catalog.Contexts {
		patterns = append(patterns, folder(c)+"/*.go")
	}
	for _, pattern := range patterns {
		names, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) != 4 {
					return true
				}
				fun := fmt.Sprint(call.Fun)
				if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
					fun = sel.Sel.Name
				}
				if code := literal(call.Args[1]); (fun == "rule" || fun == "Rule") && code != "" {
					found++
					if !listed[code] {
						t.Errorf("%s: %s has no place in the lists of errors (api.RequestProblems, api.Rules)", filepath.Base(name), code)
					}
					if !bytes.Contains(files["docs/errors.md"], []byte("`"+code+"`")) {
						t.Errorf("docs/errors.md lacks %s", code)
					}
				}
				return true
			})
		}
	}
	if found < 100 {
		t.Errorf("only %d codes were found: the test looks in the wrong place", found)
	}
}

// The pages name what is there: each event with its route, each key with its reader.
func TestPagesNameWhatIsThere(t *testing.T) {
	_, files := generate(t)
	for _, c := range catalog.Contexts {
		for _, e := range c.Types() {
			if !bytes.Contains(files["docs/events.md"], []byte("\n### "+e.Name+"\n")) {
				t.Errorf("docs/events.md lacks %s", e.Name)
			}
		}
		for _, k := range c.KeyList() {
			row := []byte("\n| `" + k.KeyName() + "` | ")
			at := bytes.Index(files["docs/policy-keys.md"], row)
			if at < 0 {
				t.Errorf("docs/policy-keys.md lacks %s", k.KeyName())
				continue
			}
			line, _, _ := bytes.Cut(files["docs/policy-keys.md"][at+1:], []byte("\n"))
			if cells := strings.Split(string(line), " | "); len(cells) < 7 || !strings.Contains(cells[5], ".") {
				t.Errorf("no command is known to read %s", k.KeyName())
			}
		}
	}
	for _, want := range []string{
		"- by `Receive`: `POST /documents`\n",                // a route
		"- by `Enter`: `POST /documents/{id}/registration`",  // a command of another context
		"- opens the task `registration`\n",                  // what must happen next
		"- settles the task `instruction.record`\n",          // what ends it
		"no route of its own: the program gives it",          // a follower's command
		"| `copies` | list of text |",                        // a field
		"takes the place of the event that it corrects, and", // a correction
	} {
		if !bytes.Contains(files["docs/events.md"], []byte(want)) {
			t.Errorf("docs/events.md lacks %q", want)
		}
	}
}
