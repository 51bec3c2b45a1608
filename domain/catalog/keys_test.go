package catalog_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"andu/domain/catalog"
)

// unproved are the keys of a context that no test changes by itself, with the reason.
var unproved = map[string]string{
	"calendar cal.countFromNextDay": "the calendar counts terms for others: the tests of documents show that it matters there",
}

// Every policy key that a context reads decides something: its tests call domaintest.Matters for it, which changes the
// published value alone and looks for another decision. What a test says of a key is read from its source.
func TestEveryKeyMatters(t *testing.T) {
	seen := 0
	for _, c := range catalog.Contexts {
		if len(c.KeyList()) == 0 {
			continue
		}
		folder := filepath.Join("..", "..", strings.TrimPrefix(c.CommandTypes()[0].PkgPath(), "andu/"))
		changed := proved(t, folder)
		for _, k := range c.KeyList() {
			seen++
			name := c.ContextName() + " " + k.KeyName()
			matters := false
			for _, key := range changed {
				matters = matters || k.Matches(key)
			}
			if _, excused := unproved[name]; matters == excused {
				t.Errorf("%s: shown to matter: %t; excused: %t", name, matters, excused)
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d keys were looked at", seen)
	}
}

// proved finds the keys that the tests of a folder change by domaintest.Matters: written in the call itself, in the call
// of a function of the test that makes it, or in a table over which it is made.
func proved(t *testing.T, folder string) (keys []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			f, ok := n.(*ast.FuncDecl)
			if ok && f.Body != nil && changes(f.Body) {
				keys = append(keys, inCalls(f.Body)...)
			}
			return !ok
		})
	}
	return keys
}

func inCalls(body ast.Node) (keys []string) {
	made := map[string]bool{}       // functions of the test that call Matters
	tables := map[string]ast.Node{} // what the names of the test stand for
	ast.Inspect(body, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok {
			for i, left := range a.Lhs {
				if id, ok := left.(*ast.Ident); ok && i < len(a.Rhs) {
					_, isFunc := a.Rhs[i].(*ast.FuncLit)
					made[id.Name] = made[id.Name] || isFunc && changes(a.Rhs[i])
					tables[id.Name] = a.Rhs[i]
				}
			}
		}
		return true
	})
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); isMatters(n) || ok && made[id.Name] {
				for _, arg := range n.Args {
					keys = append(keys, literals(arg)...)
				}
			}
		case *ast.RangeStmt:
			if !changes(n.Body) && !callsAny(n.Body, made) {
				break
			}
			over := ast.Node(n.X)
			if id, ok := n.X.(*ast.Ident); ok && tables[id.Name] != nil {
				over = tables[id.Name]
			}
			keys = append(keys, literals(over)...)
		}
		return true
	})
	return keys
}

func isMatters(call *ast.CallExpr) bool {
	fun := call.Fun
	if ix, ok := fun.(*ast.IndexExpr); ok {
		fun = ix.X
	}
	sel, ok := fun.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "Matters"
}

func changes(n ast.Node) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		found = found || ok && isMatters(call)
		return !found
	})
	return found
}

func callsAny(n ast.Node, names map[string]bool) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			id, ok := call.Fun.(*ast.Ident)
			found = found || ok && names[id.Name]
		}
		return !found
	})
	return found
}

func literals(n ast.Node) (list []string) {
	ast.Inspect(n, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, err := strconv.Unquote(lit.Value); err == nil {
				list = append(list, s)
			}
		}
		return true
	})
	return list
}
