// Package web is what people see of the office's records: the pages, in Chinese and in English, with their styles and
// their little script. It knows no record and decides nothing; a page shows what it is given, and works without the
// script, which only saves a round.
package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed templates static
var files embed.FS

// asset is a file of the pages and the digest of its content, which its address carries.
type asset struct {
	content []byte
	digest  string
}

var assets = sync.OnceValue(func() map[string]asset {
	found := map[string]asset{}
	err := fs.WalkDir(files, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := files.ReadFile(name)
		sum := sha256.Sum256(content)
		found["/"+name] = asset{content, hex.EncodeToString(sum[:6])}
		return err
	})
	if err != nil {
		panic(err) // the files are in the program: a program without them cannot be built
	}
	return found
})

// Asset is the address of a file below /static/, which changes when its content does.
func Asset(name string) string {
	name = "/static/" + name
	a, ok := assets()[name]
	if !ok {
		panic("web: no asset " + name)
	}
	return name + "?v=" + a.digest
}

var kinds = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

// ServeStatic serves the files below /static/. What is asked for by its digest may be kept for ever.
func ServeStatic(w http.ResponseWriter, r *http.Request) bool {
	a, ok := assets()[path.Clean(r.URL.Path)]
	if !ok {
		return false
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	if kind, ok := kinds[path.Ext(r.URL.Path)]; ok {
		h.Set("Content-Type", kind)
	}
	h.Set("ETag", `"`+a.digest+`"`)
	h.Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == a.digest {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if r.Header.Get("If-None-Match") == `"`+a.digest+`"` {
		w.WriteHeader(http.StatusNotModified)
		return true
	}
	_, _ = w.Write(a.content) // the asker has gone; there is nobody to tell
	return true
}

// pages are the templates by language and name, each with the frame around it.
var pages = sync.OnceValue(func() map[string]*template.Template {
	all := map[string]*template.Template{}
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		panic(err)
	}
	for _, lang := range []string{"zh", "en"} {
		frame := template.Must(template.New("frame").Funcs(funcs(lang)).ParseFS(files, "templates/frame.html", "templates/parts.html"))
		for _, name := range names {
			page := strings.TrimSuffix(path.Base(name), ".html")
			if page != "frame" && page != "parts" {
				all[lang+"/"+page] = template.Must(template.Must(frame.Clone()).ParseFS(files, name))
			}
		}
	}
	return all
})

func funcs(lang string) template.FuncMap {
	return template.FuncMap{
		// t says the same in the language of the page.
		"t": func(zh, en string) string {
			if lang == "en" {
				return en
			}
			return zh
		},
		"word":  func(key any) string { return Word(lang, fmt.Sprint(key)) },
		"lang":  func() string { return lang },
		"asset": Asset,
		"join":  func(list []string) string { return strings.Join(list, Word(lang, "、")) },
		"add":   func(a, b int) int { return a + b },
		"pair":  func(a, b any) []any { return []any{a, b} },
	}
}

// Render makes a page. Nothing of it is sent when it cannot be made whole.
func Render(lang, page string, data any) ([]byte, error) {
	t, ok := pages()[lang+"/"+page]
	if !ok {
		return nil, fmt.Errorf("no page %s in %s", page, lang)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "frame", data); err != nil {
		return nil, fmt.Errorf("page %s: %w", page, err)
	}
	return b.Bytes(), nil
}
