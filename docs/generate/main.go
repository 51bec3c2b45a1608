// Command generate writes the pages that follow from the program itself: docs/events.md, docs/errors.md,
// docs/policy-keys.md, and docs/schemas with one JSON Schema for every version of every event ever stored. What it writes
// depends on the source alone, so the same commit gives the same bytes anywhere.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"andu/api"
)

//go:generate go run .

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// run writes every page, and removes the schemas of events that no context has.
func run() error {
	root, err := findRoot()
	if err != nil {
		return err
	}
	files, err := pages(root)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(root, schemaDir), 0o755); err != nil {
		return err
	}
	there, err := filepath.Glob(filepath.Join(root, schemaDir, "*.json"))
	if err != nil {
		return err
	}
	for _, file := range there {
		if _, ok := files[schemaDir+"/"+filepath.Base(file)]; !ok {
			if err := os.Remove(file); err != nil {
				return err
			}
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(root, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// findRoot goes up from the working directory to the module.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod above the working directory")
		}
	}
}

// pages gives every generated file by its name from the root.
func pages(root string) (map[string][]byte, error) {
	src, err := readSource(root)
	if err != nil {
		return nil, err
	}
	h := &house{root: root, source: src, routes: map[string][]api.Route{}}
	for _, r := range api.New(api.Config{}).Routes() {
		if r.Command != "" {
			h.routes[r.Command] = append(h.routes[r.Command], r)
		}
	}
	for _, list := range h.routes {
		slices.SortFunc(list, func(a, b api.Route) int { return strings.Compare(a.Path, b.Path) })
	}
	files := map[string][]byte{}
	if files["docs/events.md"], err = h.events(); err != nil {
		return nil, err
	}
	files["docs/errors.md"] = h.errors()
	if files["docs/policy-keys.md"], err = h.keys(); err != nil {
		return nil, err
	}
	return files, h.schemas(files)
}

// house is what the pages are made of.
type house struct {
	root   string
	source *source
	routes map[string][]api.Route // by the name of the command that they carry out
}

// page is a Markdown page being written.
type page struct{ bytes.Buffer }

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// row writes a line of a table.
func (p *page) row(cells ...string) {
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(strings.Join(strings.Fields(c), " "), "|", `\|`)
	}
	p.line("| %s |", strings.Join(cells, " | "))
}

// header writes the head of a table.
func (p *page) header(names ...string) {
	p.row(names...)
	p.line("|%s", strings.Repeat("---|", len(names)))
}

func code(s string) string { return "`" + s + "`" }

func codes(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = code(s)
	}
	return strings.Join(out, ", ")
}
