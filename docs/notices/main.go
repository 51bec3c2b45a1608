// Command notices writes THIRD_PARTY_NOTICES.md: the licence of everything that is compiled into the program andu, read from the
// module cache, and of every asset that the repository carries with a LICENSE file beside it.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

//go:generate go run .

var licence = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice)([.-].*)?$`)

func main() {
	if err := write(); err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

func write() error {
	root, err := goCommand("", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return err
	}
	goroot, err := goCommand(root, "env", "GOROOT")
	if err != nil {
		return err
	}
	modules, err := goCommand(root, "list", "-deps", "-f",
		"{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}", "./cmd/andu")
	if err != nil {
		return err
	}

	var page bytes.Buffer
	page.WriteString("# Third-party notices\n\n" +
		"The program `andu` contains the following work of others, under their licences. `make generate` writes this page.\n")
	// The version of Go is the builder's own, and so is left out.
	if err := section(&page, "Go standard library", goroot); err != nil {
		return err
	}
	lines := slices.Compact(slices.Sorted(strings.Lines(modules + "\n")))
	for _, line := range lines {
		name, dir, found := strings.Cut(strings.TrimSpace(line), "\t")
		if !found {
			continue
		}
		if err := section(&page, name, dir); err != nil {
			return err
		}
	}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || path == root:
			return err
		case d.IsDir() && (strings.HasPrefix(d.Name(), ".") || d.Name() == "bin"):
			return fs.SkipDir
		case d.IsDir() || filepath.Dir(path) == root || !licence.MatchString(d.Name()):
			return nil
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		return section(&page, filepath.ToSlash(dir), filepath.Dir(path))
	})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, "THIRD_PARTY_NOTICES.md"), page.Bytes(), 0o644)
}

// section writes the licence files of dir. A module without one may not be shipped, so that is an error.
func section(page *bytes.Buffer, name, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(page, "\n## %s\n", name)
	found := false
	for _, entry := range entries {
		if entry.IsDir() || !licence.MatchString(entry.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return err
		}
		found = true
		page.WriteString("\n```text\n")
		for line := range strings.Lines(strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n"))) {
			page.WriteString(strings.TrimRight(line, " \t\n") + "\n")
		}
		page.WriteString("```\n")
	}
	if !found {
		return fmt.Errorf("%s has no licence file in %s", name, dir)
	}
	return nil
}

// goCommand lists for one platform, so that the page is the same wherever it is made.
func goCommand(dir string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, exit.Stderr)
	}
	return strings.TrimSpace(string(out)), err
}
