package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"andu/cmd/andu/pgserver/pgtest"
)

// TestAlerts: what the alert rules and the dashboard ask for is served, and what is served is explained to the operator.
func TestAlerts(t *testing.T) {
	db := pgtest.New(t)
	g := &globals{DataDir: dataDir(t), out: io.Discard, err: io.Discard, logger: slog.New(slog.DiscardHandler), now: time.Now}
	h, err := g.open(t.Context(), storeFlags{DatabaseURL: db.ServerURL, OwnerURL: db.OwnerURL}, time.Now, "server", openOptions{migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	if err := h.begin(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	adminHandler(h).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	scrape := answer.Body.String()
	served := func(metric string) bool {
		return slices.ContainsFunc(strings.Split(scrape, "\n"), func(l string) bool {
			return strings.HasPrefix(l, metric+" ") || strings.HasPrefix(l, metric+"{")
		})
	}
	if !strings.Contains(scrape, "\nandu_log_events_total 1\n") || !strings.Contains(scrape, "\nandu_log_commit_seconds_count 1\n") {
		t.Errorf("one event was appended; the metrics say\n%s", scrape)
	}
	h.pool.Close() // the database is away
	away := httptest.NewRecorder()
	adminHandler(h).ServeHTTP(away, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if away.Code != http.StatusOK || !strings.Contains(away.Body.String(), "\nandu_log_events_total 1\n") || strings.Contains(away.Body.String(), "andu_projection_position{") {
		t.Errorf("without the database the metrics answer %d:\n%s", away.Code, away.Body)
	}
	read := func(file string) string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	names := regexp.MustCompile(`\b(andu|process|go)_[a-z_]+`)
	alerts, dashboard, manual := read("../../deploy/prometheus/alerts.yml"), read("../../deploy/grafana/andu.json"), read("../../docs/operations.md")
	if !json.Valid([]byte(dashboard)) {
		t.Error("the dashboard is no JSON")
	}
	asked := names.FindAllString(alerts+dashboard, -1)
	if len(asked) < 15 {
		t.Errorf("the rules and the dashboard ask for %v", asked)
	}
	for _, metric := range asked {
		if !served(metric) {
			t.Errorf("%s is asked for, and not served", metric)
		}
	}
	if served("andu_log_everything") {
		t.Error("a metric is found that nobody serves")
	}
	for _, metric := range regexp.MustCompile(`(?m)^# HELP (andu_[a-z_]+)`).FindAllStringSubmatch(scrape, -1) {
		if !strings.Contains(manual, "`"+metric[1]) {
			t.Errorf("%s is not in docs/operations.md", metric[1])
		}
	}
}
