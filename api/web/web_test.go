package web

import (
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Text can be read by everybody: every pair of colours that the styles put on each other has the contrast of WCAG AA.
func TestContrast(t *testing.T) {
	css, err := files.ReadFile("static/andu.css")
	if err != nil {
		t.Fatal(err)
	}
	colour := map[string]string{"white": "#ffffff"}
	for _, m := range regexp.MustCompile(`--([a-z0-9-]+):\s*(#[0-9a-f]{6})`).FindAllStringSubmatch(string(css), -1) {
		colour[m[1]] = m[2]
	}
	const text, edge = 4.5, 3.0
	for _, c := range []struct {
		on, below string
		least     float64
	}{
		{"ink", "paper", text}, {"ink", "wash", text}, {"ink", "sheet", text}, {"ink", "azure-wash", text}, {"ink-2", "wash", text}, {"ink-2", "sheet", text},
		{"ink-3", "paper", text}, {"ink-3", "wash", text}, {"ink-3", "sheet", text}, {"ink-3", "azure-wash", text}, {"ink-3", "seal-wash", text}, {"azure", "paper", text}, {"azure", "sheet", text}, {"azure", "azure-wash", text},
		{"azure", "seal-wash", text}, {"seal", "seal-wash", text}, {"seal", "sheet", text}, {"seal", "wash", text}, {"green", "green-wash", text}, {"green", "sheet", text}, {"ochre", "ochre-wash", text}, {"ochre", "paper", text},
		{"white", "seal", text}, {"edge", "sheet", edge}, {"azure", "wash", edge},
	} {
		t.Run(c.on+" on "+c.below, func(t *testing.T) {
			if got := contrast(t, colour[c.on], colour[c.below]); got < c.least {
				t.Errorf("contrast %.2f, want %.1f", got, c.least)
			}
		})
	}
	if contrast(t, "#777777", "#ffffff") >= text {
		t.Error("the computation lets a grey pass that is known to fail")
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, hex string) (sum float64) {
	t.Helper()
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatalf("%q is no colour", hex)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

// The policy of content allows nothing inline, so nothing inline would work.
func TestNothingInline(t *testing.T) {
	inline := regexp.MustCompile(`\sstyle=|\son[a-z]+=|<style|<script>|javascript:|https?://`)
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil || len(names) < 15 {
		t.Fatalf("%d templates, %v", len(names), err)
	}
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(text), "\n") {
			if m := inline.FindString(line); m != "" {
				t.Errorf("%s:%d has %q", name, n+1, m)
			}
		}
	}
}

func TestStatic(t *testing.T) {
	ask := func(path string, headers ...string) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil)
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		if !ServeStatic(w, r) {
			w.WriteHeader(http.StatusNotFound)
		}
		return w
	}
	digested := ask(Asset("andu.css"))
	if c := digested.Header().Get("Cache-Control"); digested.Code != http.StatusOK || !strings.Contains(c, "immutable") {
		t.Errorf("by its digest: %d %q", digested.Code, c)
	}
	plain := ask("/static/andu.css")
	if c := plain.Header().Get("Cache-Control"); plain.Code != http.StatusOK || c != "no-cache" || !strings.HasPrefix(plain.Header().Get("Content-Type"), "text/css") {
		t.Errorf("by its name: %d %q", plain.Code, c)
	}
	if again := ask("/static/andu.css", "If-None-Match", plain.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("asked again: %d", again.Code)
	}
	for _, path := range []string{"/static/nothing.css", "/static/", "/static/../web.go"} {
		if got := ask(path); got.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.Code)
		}
	}
	licence, err := files.ReadFile("static/htmx/LICENSE")
	if err != nil || len(licence) == 0 {
		t.Errorf("htmx stands without its licence: %v", err)
	}
}

// Every page can be made in both languages, and every word is said in both.
func TestBothLanguages(t *testing.T) {
	for key, w := range words {
		if strings.TrimSpace(w[0]) == "" || strings.TrimSpace(w[1]) == "" {
			t.Errorf("%q lacks a language", key)
		}
	}
	if len(pages()) < 2*15 || len(pages())%2 != 0 {
		t.Errorf("%d pages", len(pages()))
	}
	if got := Word("zh", "a word of tomorrow"); got != "a word of tomorrow" {
		t.Errorf("a word that is not known is hidden: %q", got)
	}
	if got := fmt.Sprint(Label("zh", "documents.Return", "reason"), Label("en", "other", "reason")); got != "退回说明 reason" && got != "退回说明reason" {
		t.Errorf("labels: %s", got)
	}
}

// The script is syntactically sound where a machine has what can tell.
func TestScript(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		// The script is only an enhancement, and browser_test runs it in a real browser: here it is parsed alone, where node is.
		t.Skip("no node here; the browser tests run the script")
	}
	if out, err := exec.Command(node, "--check", "static/desk.js").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
