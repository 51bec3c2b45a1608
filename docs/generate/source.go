package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// source is what the rules' own source says: the comment of each type, field and variable, and what a command can reach.
// Names are of the form "documents.Receive", "documents.Receive.title" (a Go field) and "documents.Clock".
type source struct {
	packages map[string]string // comment of a package, by its path in the module
	comments map[string]string
	values   map[string][]string // the words that a type of text has, in their order

	calls map[*types.Func][]*types.Func // what a function calls, statically
	uses  map[*types.Func][]types.Object
	funcs map[string]*types.Func // method by "documents.Receive.Decide"
	codes map[types.Object]string
	keys  map[types.Object]string
}

// readSource reads and checks the packages below domain.
func readSource(root string) (*source, error) {
	s := &source{packages: map[string]string{}, comments: map[string]string{}, values: map[string][]string{}, calls: map[*types.Func][]*types.Func{},
		uses: map[*types.Func][]types.Object{}, funcs: map[string]*types.Func{}, codes: map[types.Object]string{}, keys: map[types.Object]string{}}
	l := &loader{source: s, root: root, fset: token.NewFileSet(), std: importer.Default(), done: map[string]*types.Package{}}
	dirs, err := filepath.Glob(filepath.Join(root, "domain", "*"))
	if err != nil {
		return nil, err
	}
	for _, dir := range dirs {
		name := filepath.Base(dir)
		if info, err := os.Stat(dir); err != nil || !info.IsDir() || name == "domaintest" || name == "catalog" {
			continue
		}
		if _, err := l.Import("andu/domain/" + name); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// loader checks the packages of the module from their source; those of the standard library are taken as compiled.
type loader struct {
	source *source
	root   string
	fset   *token.FileSet
	std    types.Importer
	done   map[string]*types.Package
}

// Import makes a loader an importer for the packages that import others.
func (l *loader) Import(path string) (*types.Package, error) {
	if p, ok := l.done[path]; ok {
		return p, nil
	}
	folder, ours := strings.CutPrefix(path, "andu/")
	if !ours {
		return l.std.Import(path)
	}
	names, err := filepath.Glob(filepath.Join(l.root, folder, "*.go"))
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(l.fset, name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	p, err := (&types.Config{Importer: l}).Check(path, l.fset, files, info)
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", path, err)
	}
	l.done[path] = p
	for _, f := range files {
		if f.Doc != nil {
			l.source.packages[path] = f.Doc.Text()
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.GenDecl:
				l.source.declared(p.Name(), d, info)
			case *ast.FuncDecl:
				l.source.function(p.Name(), d, info)
			}
		}
	}
	return p, nil
}

// declared notes the comments of types, fields and variables, and the codes and keys that variables stand for.
func (s *source) declared(pkg string, d *ast.GenDecl, info *types.Info) {
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			name := pkg + "." + spec.Name.Name
			s.comments[name] = text(spec.Doc, d.Doc)
			if st, ok := spec.Type.(*ast.StructType); ok {
				for _, f := range st.Fields.List {
					for _, id := range f.Names {
						s.comments[name+"."+id.Name] = text(f.Doc, f.Comment)
					}
				}
			}
		case *ast.ValueSpec:
			for i, id := range spec.Names {
				comment := text(spec.Doc, spec.Comment)
				if comment == "" && len(d.Specs) == 1 {
					comment = text(d.Doc)
				}
				s.comments[pkg+"."+id.Name] = comment
				if c, ok := info.Defs[id].(*types.Const); ok && c.Val().Kind() == constant.String {
					if named, ok := types.Unalias(c.Type()).(*types.Named); ok && constant.StringVal(c.Val()) != "" {
						name := pkg + "." + named.Obj().Name()
						s.values[name] = append(s.values[name], constant.StringVal(c.Val()))
					}
				}
				if i < len(spec.Values) {
					s.value(info.Defs[id], spec.Values[i])
				}
			}
		}
	}
}

// value notes whether a variable is a refusal or a policy key.
func (s *source) value(v types.Object, x ast.Expr) {
	ast.Inspect(x, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			name := ""
			switch fun := n.Fun.(type) {
			case *ast.SelectorExpr:
				name = fun.Sel.Name
			case *ast.Ident:
				name = fun.Name
			}
			if name == "Rule" && len(n.Args) == 4 {
				s.codes[v] = literal(n.Args[1])
			}
		case *ast.CompositeLit:
			if strings.HasPrefix(types.ExprString(n.Type), "domain.Key[") {
				for _, e := range n.Elts {
					if kv, ok := e.(*ast.KeyValueExpr); ok && types.ExprString(kv.Key) == "Name" {
						s.keys[v] = literal(kv.Value)
					}
				}
			}
			return false
		}
		return true
	})
}

// function notes what a function calls and which package-level variables and types it names.
func (s *source) function(pkg string, d *ast.FuncDecl, info *types.Info) {
	f := info.Defs[d.Name].(*types.Func)
	if d.Recv != nil && len(d.Recv.List) == 1 {
		x := d.Recv.List[0].Type
		if star, ok := x.(*ast.StarExpr); ok {
			x = star.X
		}
		if id, ok := x.(*ast.Ident); ok {
			s.funcs[pkg+"."+id.Name+"."+d.Name.Name] = f
		}
	}
	if d.Body == nil {
		return
	}
	ast.Inspect(d.Body, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		switch o := info.Uses[id].(type) {
		case *types.Func:
			s.calls[f] = append(s.calls[f], o.Origin())
		case *types.Var, *types.TypeName:
			s.uses[f] = append(s.uses[f], o)
		}
		return true
	})
}

// reach gives what the decision of a command can come to: the codes of refusals, the policy keys, and the types that it
// names. It may name one that a run never meets, and leaves none out.
func (s *source) reach(command string) (refusals, keys, named []string) {
	seen := map[*types.Func]bool{}
	found := [3]map[string]bool{{}, {}, {}}
	var visit func(f *types.Func)
	visit = func(f *types.Func) {
		if f == nil || seen[f] {
			return
		}
		seen[f] = true
		for _, o := range s.uses[f] {
			if c, ok := s.codes[o]; ok {
				found[0][c] = true
			}
			if k, ok := s.keys[o]; ok {
				found[1][k] = true
			}
			if t, ok := o.(*types.TypeName); ok && t.Pkg() != nil {
				found[2][t.Pkg().Name()+"."+t.Name()] = true
			}
		}
		for _, g := range s.calls[f] {
			visit(g)
		}
	}
	for _, method := range []string{"Decide", "Needs"} {
		visit(s.funcs[command+"."+method])
	}
	return slices.Sorted(maps.Keys(found[0])), slices.Sorted(maps.Keys(found[1])), slices.Sorted(maps.Keys(found[2]))
}

// comment is the comment of a type in one line.
func (s *source) comment(t reflect.Type) string { return oneLine(s.comments[typeName(t)]) }

// typeName is the name of a type as the source is indexed; that of a generic type has no arguments.
func typeName(t reflect.Type) string {
	name, _, _ := strings.Cut(t.Name(), "[")
	return t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+1:] + "." + name
}

func text(groups ...*ast.CommentGroup) string {
	for _, g := range groups {
		if t := strings.TrimSpace(g.Text()); t != "" {
			return t
		}
	}
	return ""
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func literal(x ast.Expr) string {
	if lit, ok := x.(*ast.BasicLit); ok {
		if s, err := strconv.Unquote(lit.Value); err == nil {
			return s
		}
	}
	return ""
}
