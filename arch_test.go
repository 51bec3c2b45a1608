package andu_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// The law of the house: who may import whom. It reads the import clauses themselves, since the test cache does not see
// what a child process reads.

// standard is what the rules of the office need of the standard library: no clock, no files, no net. (The zones of the
// world are part of the program, so a rule may ask whether there is one of a name.)
var standard = []string{"bytes", "cmp", "encoding/json", "errors", "fmt", "maps", "math", "reflect", "slices", "strconv", "strings", "time", "unicode", "unicode/utf8"}

// edges are the contexts whose state a context reads. They form no circle.
var edges = map[string][]string{
	"policy":      {"org"},
	"calendar":    {"org"},
	"org":         {},
	"persons":     {"org"},
	"registers":   {"org"},
	"documents":   {"calendar", "org", "registers"},
	"duty":        {"calendar", "org"},
	"approvals":   {"org"},
	"leave":       {"calendar", "org"},
	"attendance":  {"calendar", "duty", "leave", "org"},
	"logs":        {},
	"imports":     {},
	"circulation": {"access", "documents", "org", "persons"},
	"access":      {"documents", "org", "persons"},
}

// rooms say what a folder may import of this module and of others; a trailing slash allows everything below. The first
// prefix that matches decides.
var rooms = []struct {
	prefix string
	may    []string
	never  []string
}{
	{prefix: "domain/domaintest", may: []string{"domain", "testing", "go/", "github.com/google/"}},
	{prefix: "domain/catalog", may: []string{"domain/"}},
	{prefix: "domain", may: []string{"domain"}},
	{prefix: "eventstore", may: []string{"domain", "eventstore/", "github.com/jackc/pgx/", "github.com/pressly/goose/", "github.com/gabriel-vasile/mimetype", "github.com/transparency-dev/merkle/", "golang.org/x/", "github.com/google/"}},
	{prefix: "commands", may: []string{"domain/", "eventstore/", "github.com/google/uuid", "golang.org/x/"}},
	{prefix: "projections", may: []string{"domain/", "eventstore/", "projections/", "github.com/jackc/pgx/", "github.com/ThreeDotsLabs/watermill", "golang.org/x/", "github.com/google/"}},
	{prefix: "api/accounts", may: []string{"domain", "github.com/jackc/pgx/", "github.com/pressly/goose/", "golang.org/x/"}},
	{prefix: "api/sheets", may: []string{"github.com/xuri/excelize/", "golang.org/x/"}},
	{prefix: "api", may: []string{"domain/", "commands", "eventstore", "projections/", "api/", "presets", "github.com/go-chi/", "github.com/danielgtaylor/huma/", "github.com/google/", "golang.org/x/"}, never: []string{"github.com/jackc/pgx/"}},
	{prefix: "presets", may: []string{}},
	{prefix: "cmd/andu/recheck", may: []string{"eventstore", "eventstore/keys"}}, // decides again, with no rule of those who decided
	{prefix: "cmd", may: []string{"", "andu/"}},
	{prefix: "docs", may: []string{"", "andu/"}},
}

func TestWhoMayImportWhom(t *testing.T) {
	found, files := violations(t, os.DirFS("."))
	for _, v := range found {
		t.Error(v)
	}
	if files < 20 {
		t.Errorf("only %d files were read: the test looks in the wrong place", files)
	}
}

// TestTheLawSeesABreach plants one breach of every sort and expects each to be named.
func TestTheLawSeesABreach(t *testing.T) {
	plant := func(body string) *fstest.MapFile { return &fstest.MapFile{Data: []byte("package p\n" + body)} }
	found, _ := violations(t, fstest.MapFS{
		"domain/documents/a.go":  plant(`import "os"`),
		"domain/org/a.go":        plant(`import _ "andu/domain/documents"`),
		"domain/policy/a.go":     plant("import \"time\"\nvar _ = time.Now()"),
		"eventstore/a.go":        plant(`import _ "andu/commands"`),
		"projections/x/a.go":     plant(`import _ "andu/api"`),
		"api/leave.go":           plant(`import _ "github.com/jackc/pgx/v5"`),
		"eventstore/other/a.go":  plant(`import _ "github.com/EventStore/EventStore-Client-Go/v4/esdb"`),
		"cmd/andu/recheck/a.go":  plant(`import _ "andu/domain/documents"`),
		"commands/allowed.go":    plant(`import _ "andu/domain/org"`),
		"domain/registers/ok.go": plant(`import _ "andu/domain/org"`),
	})
	want := []string{"api/leave.go", "cmd/andu/recheck/a.go", "domain/documents/a.go", "domain/org/a.go", "domain/policy/a.go", "eventstore/a.go", "eventstore/other/a.go", "projections/x/a.go"}
	var got []string
	for _, v := range found {
		file, _, _ := strings.Cut(v, ":")
		got = append(got, file)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("breaches found in %v, planted in %v:\n%s", got, want, strings.Join(found, "\n"))
	}
}

func TestContextsFormNoCircle(t *testing.T) {
	var visit func(name string, path []string)
	visit = func(name string, path []string) {
		if slices.Contains(path, name) {
			t.Fatalf("circle: %s", strings.Join(append(path, name), " → "))
		}
		for _, next := range edges[name] {
			visit(next, append(path, name))
		}
	}
	for name := range edges {
		visit(name, nil)
	}
}

func violations(t *testing.T, root fs.FS) (found []string, files int) {
	t.Helper()
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "bin") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || !strings.Contains(path, "/") {
			return nil
		}
		text, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
		if err != nil {
			return err
		}
		files++
		found = append(found, breaches(path, file)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found, files
}

func breaches(path string, file *ast.File) (found []string) {
	folder := path[:strings.LastIndex(path, "/")]
	for _, spec := range file.Imports {
		name := strings.Trim(spec.Path.Value, `"`)
		if why := breach(folder, name); why != "" {
			found = append(found, fmt.Sprintf("%s: imports %s: %s", path, name, why))
		}
	}
	if context, ok := strings.CutPrefix(folder, "domain/"); ok || folder == "domain" {
		if context == "domaintest" {
			return found
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After", "Tick", "NewTimer"}, sel.Sel.Name) {
					found = append(found, fmt.Sprintf("%s: reads the clock by time.%s", path, sel.Sel.Name))
				}
			}
			return true
		})
	}
	return found
}

func breach(folder, name string) string {
	own, ours := strings.CutPrefix(name, "andu/")
	if strings.Contains(name, "EventStore-Client-Go") && folder != "eventstore/esdb" {
		return "the EventStoreDB client is used in eventstore/esdb alone"
	}
	for _, room := range rooms {
		if folder != room.prefix && !strings.HasPrefix(folder, room.prefix+"/") {
			continue
		}
		third := !ours && strings.Contains(strings.SplitN(name, "/", 2)[0], ".")
		if context, ok := strings.CutPrefix(folder, "domain/"); room.prefix == "domain" {
			switch {
			case !ours && !slices.Contains(standard, name):
				return "the rules use the standard library alone, and of it no clock and no I/O"
			case ours && own != "domain":
				if to, isContext := strings.CutPrefix(own, "domain/"); !ok || !isContext || !slices.Contains(edges[context], to) {
					return "no edge allows it"
				}
			}
			return ""
		}
		if !ours && !third {
			return ""
		}
		target := name
		if ours {
			target = own
		}
		for _, no := range room.never {
			if strings.HasPrefix(target, no) {
				return "never from " + room.prefix
			}
		}
		for _, may := range room.may {
			if may == "" || may == target || (ours && may == "andu/") || (strings.HasSuffix(may, "/") && (strings.HasPrefix(target, may) || target+"/" == may)) || strings.HasPrefix(target, may+"/") && !ours {
				return ""
			}
		}
		return "not allowed in " + room.prefix
	}
	return "no room is named for this folder"
}
