package main

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"andu/cmd/andu/demo"
)

// readers are who asks for the pages of the desk: a clerk, those who lead, who keeps the watch and the book, and an officer.
var readers = []string{"registrar", "director", "deputy-admin", "admin", "secretary", "secretariat-clerk", "sheet-keeper", "auditor", "secadmin"}

// pageTime is how long one page of the desk took, of every kind that a reader reaches by its links.
type pageTime struct {
	Page   string  `json:"page"`
	Reader string  `json:"reader"`
	Asked  int     `json:"asked"`
	Bytes  int     `json:"bytes"`
	P50    float64 `json:"p50_ms"`
	P99    float64 `json:"p99_ms"`
}

var (
	linked = regexp.MustCompile(`href="(/[^"#]*)"`)
	named  = regexp.MustCompile(`/([0-9a-f]{8}-[0-9a-f-]{27,}|[a-z]+-[0-9a-f]{8}-[0-9a-f-]{27,})|/\d[\d-]*`)
)

// TestPageTimes asks every page of the desk many times, by the history that stands in the data directory ANDU_YEAR (andu
// demo --data-dir). ANDU_YEAR_TIMES is how often, 60 where it is not set. What a reader reaches by links from his desk is
// asked once for every kind of page; the time is that of the whole answer, from the same machine.
func TestPageTimes(t *testing.T) {
	dir := os.Getenv("ANDU_YEAR")
	if dir == "" {
		t.Log("ANDU_YEAR names no directory with a year of demonstration: no times were taken")
		return
	}
	times := 60
	if n, err := strconv.Atoi(os.Getenv("ANDU_YEAR_TIMES")); err == nil {
		times = n
	}
	server := serve(t, "--demo", "--data-dir", dir)
	met := map[string]bool{}
	var list []pageTime
	for _, login := range readers {
		list = append(list, timesOf(t, server.url, login, times, met)...)
	}
	slices.SortFunc(list, func(a, b pageTime) int { return cmp.Compare(b.P99, a.P99) })
	if text, err := json.Marshal(list); err == nil {
		t.Log(string(text))
	}
	for _, p := range list {
		t.Logf("%-52s %-18s %8d bytes  p50 %7.1f ms  p99 %7.1f ms", p.Page, p.Reader, p.Bytes, p.P50, p.P99)
	}
}

func timesOf(t *testing.T, base, login string, times int, met map[string]bool) (list []pageTime) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	answer, err := client.PostForm(base+"/desk/sign-in", url.Values{"login": {login}, "password": {demo.Password}})
	if err != nil || answer.StatusCode >= 400 {
		t.Fatalf("%s does not sign in: %v %v", login, answer, err)
	}
	answer.Body.Close()
	get := func(path string) (int, string, time.Duration) {
		began := time.Now()
		answer, err := client.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text), time.Since(began)
	}
	been, queue := map[string]bool{}, []string{"/desk"}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		place, query, _ := strings.Cut(path, "?")
		page := named.ReplaceAllString(place, "/…")
		if query != "" && strings.Contains(query, "=") {
			page += "?" + query[:strings.Index(query, "=")]
		}
		if been[page] || !strings.HasPrefix(place, "/desk") || place == "/desk/events" {
			continue
		}
		been[page] = true
		status, text, _ := get(path)
		if status >= 500 {
			t.Errorf("%s asked for %s: %d", login, path, status)
		}
		if status != http.StatusOK || !strings.HasPrefix(strings.ToLower(text), "<!doctype html>") {
			continue
		}
		for _, link := range linked.FindAllStringSubmatch(text, -1) {
			queue = append(queue, strings.ReplaceAll(link[1], "&amp;", "&"))
		}
		if met[page] { // its time was taken by another reader
			continue
		}
		met[page] = true
		took := make([]time.Duration, times)
		for i := range took {
			_, _, took[i] = get(path)
		}
		slices.Sort(took)
		ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
		list = append(list, pageTime{Page: page, Reader: login, Asked: times, Bytes: len(text), P50: ms(took[times/2]), P99: ms(took[(times*99+99)/100-1])})
	}
	return list
}
