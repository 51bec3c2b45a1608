package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"andu/cmd/andu/pgserver/pgtest"
	"andu/domain"
	"andu/domain/access"
)

// plainly tells one event of the log in words that do not depend on the log: sealed payloads are opened, and files are
// named by their content.
func plainly(t *testing.T, r domain.Recorded, files map[string]string) string {
	t.Helper()
	event, err := json.Marshal(r.Event)
	if err != nil {
		t.Fatal(err)
	}
	if a, ok := r.Event.(access.ContentAttached); ok { // the key of a file is random, and so what is kept under it
		files[a.File] = a.Digest
	}
	for file, content := range files {
		event = bytes.ReplaceAll(event, []byte(file), []byte(content))
	}
	h := r.Header
	h.Payload = domain.PayloadField{} // keys and salts are random
	head, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	asked := ""
	if r.Asked != nil {
		asked = r.Asked.Name + " " + string(r.Asked.Body)
	}
	for file, content := range files {
		asked = strings.ReplaceAll(asked, file, content)
	}
	return fmt.Sprintf("%d %s %s %s", r.Position, head, event, asked)
}

// TestDemonstrationIsDeterministic writes the same demonstration into two databases: the same events, to the last header
// field, and read models with the same digests, whatever the size of the pages they are made from.
func TestDemonstrationIsDeterministic(t *testing.T) {
	type written struct {
		flags   []string
		log     []string
		digests map[string]string
	}
	write := func(t *testing.T, seed string) written {
		db, dir := pgtest.New(t), dataDir(t)
		w := written{flags: on(db, dir), digests: map[string]string{}}
		runs(t, exitClean, append(append([]string{"demo", "--seed", seed}, w.flags...), days...)...)
		log, files := "", map[string]string{}
		for _, r := range records(t, storeFlags{DatabaseURL: db.ServerURL}, dir) {
			text := plainly(t, r, files)
			if r.Position == 0 { // the log has a name of its own
				var started struct{ Log string }
				decode(t, r.Asked.Body, &started)
				log = started.Log
			}
			w.log = append(w.log, strings.ReplaceAll(text, log, "this log"))
		}
		return w
	}
	rebuild := func(t *testing.T, w written, page string) map[string]string {
		var list []rebuiltView
		decode(t, []byte(runs(t, exitClean, append([]string{"projections", "rebuild", "--json", "--page-size", page}, w.flags...)...)), &list)
		digests := map[string]string{}
		for _, r := range list {
			if !r.Equal || r.Position != int64(len(w.log))-1 {
				t.Errorf("%s in pages of %s: %+v", r.Name, page, r)
			}
			digests[r.Name] = r.New
		}
		return digests
	}
	first, second := write(t, "1"), write(t, "1")
	if len(first.log) != len(second.log) {
		t.Errorf("%d events, and %d the second time", len(first.log), len(second.log))
	}
	for i := range min(len(first.log), len(second.log)) {
		if first.log[i] != second.log[i] {
			t.Fatalf("the first difference:\n%s\n%s", first.log[i], second.log[i])
		}
	}
	digests := rebuild(t, first, "2048")
	if len(digests) != len(readModels()) {
		t.Fatalf("%d read models of %d were rebuilt", len(digests), len(readModels()))
	}
	for _, again := range []map[string]string{rebuild(t, second, "2048"), rebuild(t, first, "7"), rebuild(t, first, "1")} {
		for name, digest := range digests {
			if again[name] != digest {
				t.Errorf("%s has digest %s, and %s in another database or in other pages", name, digest, again[name])
			}
		}
	}
	if other := write(t, "2"); strings.Join(other.log, "") == strings.Join(first.log, "") {
		t.Error("another seed gives the same history")
	}
	t.Logf("%d events twice; %d read models in pages of 1, 7 and 2,048", len(first.log), len(digests))
}

// TestDemonstrationHasEverything writes the month that a newcomer is shown: every part of the office's life is in it, and
// what the rules stand against is on record.
func TestDemonstrationHasEverything(t *testing.T) {
	db, dir := pgtest.New(t), dataDir(t)
	var res demoResult
	decode(t, []byte(runs(t, exitClean, append([]string{"demo", "--json", "--from", "2026-04-14", "--until", "2026-05-14"}, on(db, dir)...)...)), &res)
	for _, name := range []string{"sheet.opened", "sheet.closed", "sheet.day-determined", "attendance.signed-in", "attendance.late-sign-in-refused", "attendance.determined",
		"roll.month-reported", "roster.published", "roster.delivered", "duty.handover-accepted", "duty.handover-offered", "duty.item-accepted", "duty.entry-logged", "duty.entry-closed",
		"duty.entry-carried-over", "duty.stand-in-started", "duty.swap-requested", "duty.alert-raised", "duty.day-closed", "duty.inspected",
		"leave.requested", "leave.approved", "leave.registered", "leave.returned", "leave.phoned-in", "leave.paper-supplied", "leave.outing-reported", "leave.trip-reported",
		"document.received", "document.registered", "document.instructed", "document.closed", "document.filed", "approval.approved", "approval.disapproved",
		"circulation.started", "circulation.reader-signed", "circulation.reader-skipped", "circulation.completed", "circulation.copy-counted",
		"access.classification-set", "access.scope-set", "access.content-attached", "access.view-opened", "access.view-closed", "access.granted", "access.refused", "access.trail-queried"} {
		if res.Types[name] == 0 {
			t.Errorf("a month without %s", name)
		}
	}
	if days := 20; res.Types["attendance.signed-in"] < days*80 || res.Types["attendance.determined"] < days*40 {
		t.Errorf("%d sign-ins and %d determined days of 47 persons in a month", res.Types["attendance.signed-in"], res.Types["attendance.determined"])
	}
	if res.Events < 12_000 || res.PeakMiB > 512 {
		t.Errorf("%d events, %.0f MiB", res.Events, res.PeakMiB)
	}
	t.Logf("%d events, %.0f a second, %.0f MiB", res.Events, res.Rate, res.PeakMiB)
}

// TestRealRegister imports the real papers that the maintainers have beside the repository.
func TestRealRegister(t *testing.T) {
	file, err := filepath.Abs("../../../shared/data/incoming.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		t.Log("../shared/data/incoming.csv is not beside the repository: the real register was not imported")
		return
	}
	db, dir := pgtest.New(t), dataDir(t)
	flags := on(db, dir)
	runs(t, exitClean, append(append([]string{"demo"}, flags...), "--from", "2026-03-02", "--until", "2026-03-03")...)
	server := serve(t, append(flags, "--demo")...)
	for _, want := range []importResult{{Rows: 206, Received: 198, Registered: 198, Skipped: 4}, {Rows: 206, Skipped: 202}} {
		var got importResult
		decode(t, []byte(runs(t, exitFinding, "import", "incoming", file, "--json", "--data-dir", dir)), &got)
		var lines []int
		for _, r := range got.Rejected {
			if r.Code != "document.nothing-stated" {
				t.Errorf("line %d was rejected by %s: %s", r.Line, r.Code, r.Reason)
			}
			lines = append(lines, r.Line)
		}
		if fmt.Sprint(lines) != "[166 167 168 169]" {
			t.Errorf("lines %v were rejected, want those without an issuing organ", lines)
		}
		if got.Rejected = nil; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("imported %+v, want %+v", got, want)
		}
	}
	server.stop()
	for _, fault := range faults(records(t, storeFlags{DatabaseURL: db.ServerURL}, dir), nil) {
		t.Error(fault)
	}
}
