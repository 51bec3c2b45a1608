package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"andu/api"
	"andu/commands"
	"andu/domain/catalog"
	"andu/domain/documents"
	"andu/eventstore"
)

// nowhere is the id of nothing.
const nowhere = "00000000-0000-4000-8000-000000000000"

// at fills the path of a route with names of nothing.
func filled(path string) string {
	path = strings.NewReplacer("{revision}", "0", "{stream}", "document-"+nowhere, "{code}", "not-found", "{login}", "nobody", "*", "andu.css").Replace(path)
	return regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(path, nowhere)
}

// open are the routes that need no session: health, sign-in, documentation, what the pages are made of.
var open = []string{"GET /livez", "GET /readyz", "POST /sessions", "GET /docs", "GET /problems/{code}", "GET /", "GET /static/*",
	"GET /desk/sign-in", "POST /desk/sign-in", "POST /desk/sign-out", "POST /desk/language"}

// Every route is decided for everybody: who has no session is asked to sign in, whose role may not is told so, and the
// three officers do no business. Nothing of it leaves a trace in the log.
func TestEveryRouteIsDecided(t *testing.T) {
	w := newTown(t, setting{})
	roles := map[string][]commands.Role{"director": {commands.Staff}, "sysadmin": {commands.SystemAdmin}, "secadmin": {commands.SecurityAdmin}, "auditor": {commands.Auditor}}
	for login := range roles {
		w.as(login)
	}
	head := w.head()
	for _, r := range w.door.Routes() {
		var body any
		if r.Method == http.MethodPost {
			body = map[string]any{}
		}
		if got, want := r.May == "", slices.Contains(open, r.Method+" "+r.Path); got != want {
			t.Errorf("%s %s: without a session %t", r.Method, r.Path, got)
		}
		a := w.nobody().ask(r.Method, filled(r.Path), body)
		switch {
		case r.May != "":
			a.refused(http.StatusUnauthorized, "session-required")
		case a.code == "session-required" || a.status >= 500:
			t.Errorf("%s %s: %d %s", r.Method, r.Path, a.status, a.body)
		}
		for login, has := range roles {
			may := r.May == "" || r.May == commands.Enter || commands.May(has, r.May)
			if may && r.Path == "/desk/events" {
				continue // an answer without an end
			}
			a := w.as(login).ask(r.Method, filled(r.Path), body)
			switch {
			case !may:
				a.refused(http.StatusForbidden, "not-permitted")
			case a.code == "not-permitted" || a.code == "session-required" || a.status >= 500:
				t.Errorf("%s, %v: %d %s", a.asked, has, a.status, a.body)
			}
			if strings.Contains(r.Path, "/sessions/own") || strings.Contains(r.Path, "sign-out") {
				delete(w.tokens, login)
			}
		}
	}
	if w.head() != head {
		t.Errorf("%d events were written", w.head()-head)
	}
	if len(w.door.Routes()) < 150 {
		t.Errorf("only %d routes were asked", len(w.door.Routes()))
	}
}

// notAsked are the commands that no person gives over the network, with the reason.
var notAsked = map[string]string{
	"org.SetUp":                    "an office is set up by whoever installs it",
	"logs.Start":                   "the program names a log when it begins it",
	"logs.StartServer":             "the program records its own start",
	"logs.StopServer":              "the program records its own stop",
	"registers.Allot":              "what is entered takes the number: documents.Enter",
	"registers.Confirm":            "the follower of a number allotted",
	"registers.Release":            "the follower of a number allotted",
	"documents.RecordRegistration": "the follower of a number allotted",
	"documents.RecordInstruction":  "the follower of a decided case",
	"documents.JoinCopies":         "the follower of a duplicate found",
	"documents.AdoptClass":         "the follower of a class",
	"documents.CirculateCopy":      "the follower of a slip",
	"documents.NoteOverdue":        "the schedule",
	"approvals.Remind":             "the schedule",
	"approvals.Deliver":            "the follower of a decided case",
	"calendar.CloseRecompute":      "the follower of a changed calendar",
	"attendance.Open":              "the schedule",
	"attendance.CloseDay":          "the schedule",
	"attendance.TurnDay":           "the schedule",
	"attendance.ListSigned":        "a page of POST /attendance/sheets/{id}/closing, or of the schedule's",
	"attendance.CountMonth":        "a page of POST /attendance/months",
	"attendance.CountYear":         "a page of POST /attendance/years",
	"attendance.Determine":         "the follower of a closed sheet",
	"attendance.Supplement":        "the follower of an entry after the close",
	"duty.Plan":                    "the follower of a published or amended roster",
	"duty.Remind":                  "the schedule",
	"duty.Watch":                   "the schedule",
	"duty.CheckStandIn":            "the schedule",
	"duty.CheckClock":              "the schedule",
	"duty.NoteMissing":             "the schedule",
	"duty.CheckFax":                "the schedule",
	"duty.NoteFax":                 "the follower of a paper taken over",
	"duty.FollowCalendar":          "the follower of the calendar",
	"access.Begin":                 "comes before the first act on the protection of a paper",
	"access.Lapse":                 "the schedule",
	"access.EndView":               "the schedule",
	"access.AttachContent":         "POST /documents/{id}/content: its body is the file",
	"circulation.NoteDwell":        "the schedule",
	"access.Read":                  "GET /documents/{id}/views/{view}/content: its answer is the file",
	"leave.Escalate":               "the schedule",
	"leave.CloseReview":            "the follower of late papers",
	"leave.LapsePaper":             "the schedule",
	"leave.NoteOverstay":           "the schedule",
	"imports.Begin":                "POST /imports/{kind}: before the first row is written",
	"imports.Announce":             "POST /imports/{kind}: before each row is written",
	"imports.BeginWithdrawal":      "POST /imports/{id}/withdrawal",
	"imports.EndWithdrawal":        "POST /imports/{id}/withdrawal",
	"documents.Transcribe":         "POST /imports/register",
	"documents.WithdrawTranscript": "POST /imports/{id}/withdrawal",
	"registers.Transcribe":         "POST /imports/register",
	"registers.ExplainGaps":        "POST /imports/register, when every row is in",
	"registers.WithdrawNumbers":    "POST /imports/{id}/withdrawal",
	"org.WithdrawEntry":            "POST /imports/{id}/withdrawal",
	"persons.WithdrawRegistration": "POST /imports/{id}/withdrawal",
	"leave.WithdrawBalance":        "POST /imports/{id}/withdrawal",
	"leave.ReviseDays":             "the follower of a changed calendar",
}

// Whatever a person may do can be done over the network: every command has a route, or a reason why it has none.
func TestEveryCommandHasARoute(t *testing.T) {
	routes := map[string]bool{}
	for _, r := range api.New(api.Config{}).Routes() {
		if r.Command != "" {
			routes[r.Command] = true
			if _, known := catalog.CommandType(r.Command); !known {
				t.Errorf("%s %s carries out %s, which no event names", r.Method, r.Path, r.Command)
			}
		}
	}
	for _, c := range catalog.Contexts {
		for _, typ := range c.CommandTypes() {
			_, excused := notAsked[typ.String()]
			if routes[typ.String()] == excused {
				t.Errorf("%s: has a route: %t; is excused: %t", typ, routes[typ.String()], excused)
			}
		}
	}
	if !routes[commandName(documents.Enter{})] {
		t.Error("nothing registers a paper")
	}
}

func commandName(c any) string { return fmt.Sprintf("%T", c) }

// What is badly asked is answered with what is wrong and leaves nothing: no event, no fault of the program.
func TestBadRequests(t *testing.T) {
	w := newTown(t, setting{})
	u := w.as("registrar")
	doc := "/documents/" + u.receive(nil)
	whole := func(change map[string]any) []byte {
		text, err := json.Marshal(paper(change))
		w.must(err)
		return text
	}
	deep := func(n int) []byte {
		return []byte(`{"title":` + strings.Repeat(`[`, n) + strings.Repeat(`]`, n) + `,"copies":1}`)
	}
	const secret = "机密内容不得回显"
	big := map[string]any{"document": map[string]any{"id": "BIG", "title": "长", "issuer": nil, "number": nil, "effective_from": nil, "effective_to": nil, "interpreter": nil,
		"supersedes": []string{}, "truncated": "", "supplement": false}, "values": []map[string]any{{"key": "x", "value": strings.Repeat("长", 30_000), "clause": ""}}}
	for _, tc := range []struct {
		name, method, path string
		body               any
		headers            []string
		status             int
		code               string
	}{
		{"an unknown field", "POST", "/documents", whole(map[string]any{"titel": secret}), nil, 422, "request-invalid"},
		{"an unknown field inside", "POST", "/approvals/" + nowhere + "/approval", map[string]any{"step": 1, "shown": map[string]any{"who": secret}}, nil, 422, "request-invalid"},
		{"a text for a number", "POST", "/documents", whole(map[string]any{"copies": secret}), nil, 422, "request-invalid"},
		{"a number for a text", "POST", "/documents", whole(map[string]any{"title": 7}), nil, 422, "request-invalid"},
		{"a fraction of a copy", "POST", "/documents", whole(map[string]any{"copies": 1.5}), nil, 422, "request-invalid"},
		{"more copies than a number holds", "POST", "/documents", []byte(`{"copies":1e400}`), nil, 400, "request-malformed"},
		{"no copies", "POST", "/documents", whole(map[string]any{"copies": nil}), nil, 422, "request-invalid"},
		{"a day that no month has", "POST", "/documents", whole(map[string]any{"issued_on": "2026-02-30"}), nil, 422, "request-invalid"},
		{"a list for an object", "POST", "/documents", []byte(`[]`), nil, 422, "request-invalid"},
		{"null", "POST", "/documents", []byte(`null`), nil, 422, "request-invalid"},
		{"nothing", "POST", "/documents", []byte(``), nil, 400, "request-malformed"},
		{"half of something", "POST", "/documents", []byte(`{"title":"` + secret), nil, 400, "request-malformed"},
		{"something behind the end", "POST", "/documents", append(whole(nil), []byte(`{"title":1}`)...), nil, 400, "request-malformed"},
		{"a title that is too long", "POST", "/documents", whole(map[string]any{"title": strings.Repeat("长", 501)}), nil, 422, "request-invalid"},
		{"bytes that are no text", "POST", "/documents", bytes.Replace(whole(nil), []byte("汛期"), []byte{0xff, 0xfe}, 1), nil, 400, "request-malformed"},
		{"a control character", "POST", "/documents", whole(map[string]any{"title": "a\x00b"}), nil, 400, "request-malformed"},
		{"ten megabytes", "POST", "/documents", append([]byte(`{"title":"`), bytes.Repeat([]byte("a"), 10<<20)...), nil, 413, "request-too-large"},
		{"ten thousand levels", "POST", "/documents", deep(10_000), nil, 400, "request-malformed"},
		{"nine thousand levels", "POST", "/documents", deep(9_000), nil, 422, "request-invalid"},
		{"a record that is too large", "POST", "/policy/documents", big, nil, 413, "record-too-large"},
		{"another content type", "POST", "/documents", []byte(`<title/>`), []string{"Content-Type", "text/xml"}, 415, "media-type-unsupported"},

		{"an unknown query parameter", "GET", "/documents?sortby=" + nowhere, nil, nil, 422, "request-invalid"},
		{"a limit that is no number", "GET", "/documents?limit=" + nowhere, nil, nil, 422, "request-invalid"},
		{"a limit that is too large", "GET", "/documents?limit=100000", nil, nil, 422, "request-invalid"},
		{"an order that is none", "GET", "/documents?sort=title;drop", nil, nil, 422, "request-invalid"},
		{"a cursor of no list", "GET", "/documents?after=" + nowhere, nil, nil, 422, "cursor-invalid"},
		{"a query that is no text", "GET", "/documents?q=%ff%fe", nil, nil, 400, "request-malformed"},
		{"a query with a control character", "GET", "/documents?q=a%00b", nil, nil, 400, "request-malformed"},
		{"an escape that is none", "GET", "/documents?q=%zz", nil, nil, 400, "request-malformed"},
		{"a span that goes back", "GET", "/calendar/days?from=2026-12-31&to=2026-01-01", nil, nil, 422, "span-invalid"},

		{"a path that is no text", "GET", "/documents/%ff%fe", nil, nil, 400, "request-malformed"},
		{"a path with a control character", "GET", "/documents/%00", nil, nil, 400, "request-malformed"},
		{"a path upward", "GET", "/documents/%2e%2e/policy", nil, nil, 400, "request-malformed"},
		{"a path upward by an escaped slash", "GET", "/documents/..%2fpolicy", nil, nil, 400, "request-malformed"},
		{"a path with an empty part", "GET", "//documents", nil, nil, 404, "not-found"},
		{"a path of a file", "GET", "/static/../../../etc/passwd", nil, nil, 400, "request-malformed"},
		{"an id that is none", "GET", "/documents/1%27%20or%201=1", nil, nil, 422, "request-invalid"},
		{"a stream that is none", "GET", "/timelines/DOCUMENT", nil, nil, 422, "request-invalid"},
		{"a stream of no context", "GET", "/timelines/leave-" + nowhere, nil, nil, 404, "not-found"},
		{"a decision before the first", "GET", "/timelines/document-" + nowhere + "/decisions/-1", nil, nil, 422, "request-invalid"},
		{"a path that nothing has", "GET", "/nothing", nil, nil, 404, "not-found"},
		{"a change of what is recorded", "PUT", doc, whole(nil), nil, 405, "method-not-allowed"},
		{"a deletion of what is recorded", "DELETE", doc, nil, nil, 405, "method-not-allowed"},

		{"a revision that is none", "POST", doc + "/pre-check", map[string]any{}, []string{"If-Match", "x"}, 422, "if-match-invalid"},
		{"a revision that is past", "POST", doc + "/pre-check", map[string]any{}, []string{"If-Match", `"0"`}, 409, "record-changed"},
		{"a time that is none", "POST", "/documents", whole(nil), []string{"Andu-Occurred-At", "yesterday"}, 422, "occurred-at-invalid"},
		{"a time to come", "POST", "/documents", whole(nil), []string{"Andu-Occurred-At", "2099-01-01T00:00:00Z"}, 422, commands.ErrFuture.Code},
		{"a receipt that was not given", "POST", "/documents", whole(nil), []string{"Andu-Receipt", "1.AAAA"}, 422, "receipt-invalid"},
		{"a key that is too long", "POST", "/documents", whole(nil), []string{"Idempotency-Key", strings.Repeat("k", 201)}, 422, "request-invalid"},
		{"a position that is none", "GET", "/documents", nil, []string{"Andu-At-Least", "7"}, 422, "position-invalid"},
		{"a position of another log", "GET", "/documents", nil, []string{"Andu-At-Least", nowhere + ":7"}, 422, "position-invalid"},
		{"another site's form", "POST", "/documents", whole(nil), []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://example.org"}, 403, "cross-origin"},
		{"a token that is none", "GET", "/documents", nil, []string{"Authorization", "Bearer " + nowhere}, 401, "session-required"},
		{"a token that was never given", "GET", "/documents", nil, []string{"Authorization", "Bearer " + strings.Repeat("A", 43)}, 401, "session-required"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			head := w.head()
			u := u
			u.town.t = t
			a := u.ask(tc.method, tc.path, tc.body, tc.headers...).refused(tc.status, tc.code)
			if w.head() != head {
				t.Error("something was written")
			}
			if bytes.Contains(a.body, []byte(secret)) {
				t.Error("the answer repeats what was sent")
			}
		})
	}
	w.t = t
	w.settle()
	if e := u.get(doc); e.status != http.StatusOK {
		t.Errorf("after all that: %d", e.status)
	}
}

// Whatever the door lets in, however strange, the read models take; else one clerk's slip would stop everybody's lists.
func TestNothingThatIsTakenStopsTheReadModels(t *testing.T) {
	w := newTown(t, setting{})
	registrar, secadmin, director := w.as("registrar"), w.as("secadmin"), w.as("director")
	const huge = int64(1) << 53
	taken := 0
	try := func(u user, path string, body any, headers ...string) {
		t.Helper()
		a := u.post(path, body, headers...)
		switch {
		case a.status >= 500:
			t.Errorf("%s: %d %s", a.asked, a.status, a.body)
		case a.status/100 == 2:
			taken++
		}
	}
	for _, change := range []map[string]any{
		{"pages": huge}, {"attachments": huge}, {"pages": 1_000_000, "attachments": 10_000}, {"copies": 500},
		{"answer_by": "9999-12-31"}, {"answer_by": "2999-12-31"}, {"issued_on": "0001-01-01"}, {"issued_on": "1900-01-01"},
		{"title": "\u202e\ufeff\uffff\U0001F4DC\U0010FFFF"}, {"title": "tab\tand\nline"}, {"source_organs": []string{"", "\u200b"}},
		{"remarks": strings.Repeat("\U0001F4DC", 1000)}, {"copy_numbers": []string{"\uffff"}},
	} {
		a := registrar.post("/documents", paper(change))
		if a.status >= 500 {
			t.Errorf("%v: %d %s", change, a.status, a.body)
		}
		if a.status/100 == 2 {
			taken++
			try(registrar, "/documents/"+a.result().ID+"/registration", nil)
		}
	}
	for _, when := range []string{"0000-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "1900-01-01T00:00:00Z", "2026-04-12T16:00:00.0000001Z"} {
		try(registrar, "/documents", paper(nil), "Andu-Occurred-At", when)
	}
	try(secadmin, "/posts", map[string]any{"post": "huge", "title": "大", "unit": "registry", "rank": huge})
	try(secadmin, "/posts", map[string]any{"post": "large", "title": "大", "unit": "registry", "rank": 100_000})
	p, _ := w.person("registrar")
	try(secadmin, "/appointments", map[string]any{"post": "large", "person": p.ID, "by": "县政府办公室", "document": "x", "from": "2026-04-13", "to": "2999-12-31"})
	try(secadmin, "/appointments", map[string]any{"post": "large", "person": p.ID, "by": "县政府办公室", "document": "x", "from": "9999-12-31", "to": "9999-12-31"})
	try(director, "/approvals", map[string]any{"kind": "其他文件", "title": "\U0010FFFF", "revision": huge, "amount": "92233720368547758.07"})
	try(director, "/approvals", map[string]any{"kind": "其他文件", "title": "大", "amount": "-0.01"})
	try(registrar, "/registers", map[string]any{"book": "\uffff", "year": 2999, "register": "收文登记"})
	try(director, "/calendar/overrides", map[string]any{"date": "2999-12-31", "off": true, "reason": "x"})
	try(director, "/policy/documents", map[string]any{"document": map[string]any{"id": "\uffff", "title": "\uffff", "issuer": nil, "number": nil, "effective_from": nil,
		"effective_to": nil, "interpreter": nil, "supersedes": []string{}, "truncated": "", "supplement": false}, "values": []any{}})
	if taken < 12 {
		t.Errorf("only %d requests were taken: the others show nothing", taken)
	}
	w.settle()
	for _, path := range []string{"/documents?limit=500", "/documents.csv", "/registers", "/org", "/policy/documents", "/projections"} {
		registrar.get(path).ok()
	}
}

// A session that is over opens nothing, whoever ended it.
func TestSessionsThatAreOver(t *testing.T) {
	w := newTown(t, setting{})
	over := func(u user) { t.Helper(); u.get("/documents").refused(http.StatusUnauthorized, "session-required") }

	u := w.as("registrar")
	u.get("/documents").ok()
	u.ask(http.MethodDelete, "/sessions/own", nil).ok()
	over(u)

	u = w.as("secretary")
	w.as("sysadmin").post("/accounts/secretary/disabling", nil).ok()
	over(u)

	u = w.as("director")
	w.later.Store(int64(16 * time.Minute))
	over(u)
}

// What is another office's looks exactly like what is nowhere.
func TestAnotherOffice(t *testing.T) {
	w := newTown(t, setting{})
	bureau := w.as("bureau-office-clerk")
	theirs := bureau.receive(nil)
	series := bureau.register(theirs).ID
	opened := w.as("bureau-staff").post("/approvals", map[string]any{"kind": "其他文件", "title": "关于印章使用的通知"}).result().ID
	w.settle()
	person, _ := w.person("bureau-chief")
	head := w.head()
	for _, login := range []string{"registrar", "director", "sysadmin", "secadmin", "auditor"} {
		u := w.as(login)
		for _, r := range w.door.Routes() {
			if !strings.Contains(r.Path, "{") || strings.Contains(r.Path, "{login}") || strings.HasPrefix(r.Path, "/desk") || strings.HasPrefix(r.Path, "/problems") {
				continue
			}
			for _, it := range []string{"document-" + theirs, "register-" + series, "approval-" + opened, "person-" + person.ID} {
				context, id, _ := strings.Cut(it, "-")
				if !strings.HasPrefix(r.Path, "/"+context) && !strings.Contains(r.Path, "{stream}") {
					continue
				}
				ask := func(id, stream string) (int, string) {
					path := strings.NewReplacer("{id}", id, "{stream}", stream, "{revision}", "0").Replace(r.Path)
					var body any
					if r.Method == http.MethodPost {
						body = sample(r.Command)
					}
					a := u.ask(r.Method, path, body)
					return a.status, instance.ReplaceAllString(string(a.body), "")
				}
				status, body := ask(id, it)
				absent, nothing := ask(nowhere, context+"-"+nowhere)
				if status != absent || body != nothing {
					t.Errorf("%s: %s %s of another office: %d %s; of nobody: %d %s", login, r.Method, r.Path, status, body, absent, nothing)
				}
				if status/100 == 2 {
					t.Errorf("%s: %s %s is done in another office", login, r.Method, r.Path)
				}
			}
		}
	}
	if w.head() != head {
		t.Errorf("%d events were written", w.head()-head)
	}
}

var instance = regexp.MustCompile(`"instance":"[^"]*",`)

// sample is a body of a command that the door lets in, so that the command itself has to answer.
func sample(command string) any {
	switch command {
	case "documents.LinkDuplicate":
		return map[string]any{"first": "document-" + nowhere}
	case "documents.Return":
		return map[string]any{"cause": "non-conforming", "reason": "x"}
	case "documents.ProposeHandling":
		return map[string]any{"action": "办件", "opinion": "x"}
	case "documents.Close":
		return map[string]any{"code": "settled"}
	case "documents.CorrectReceipt":
		return map[string]any{"reason": "x", "copies": 1}
	case "documents.HandOut":
		return map[string]any{"copy": "1", "to": "registrar"}
	case "registers.Void":
		return map[string]any{"number": 2, "reason": "x"}
	case "approvals.Approve":
		return map[string]any{"step": 1, "shown": map[string]any{}}
	case "approvals.WriteInstruction":
		return map[string]any{"step": 1, "text": "x", "shown": map[string]any{}}
	}
	return map[string]any{}
}

// Of a state secret, whoever does not handle it sees number, class and holder. Of 秘密 he is told so; of 机密 and above
// whatever he asks is answered as if there were nothing, and what he tried is on record.
func TestStateSecrets(t *testing.T) {
	w := newTown(t, setting{})
	registrar, outsider, auditor := w.as("registrar"), w.as("logistics-clerk"), w.as("auditor")
	const title = "关于某项涉密工作的通知"
	for _, class := range []string{"秘密", "机密", "绝密"} {
		change := map[string]any{"class": class, "title": title, "channel": "机要", "seal": "intact"}
		paper, id, shown := w.proposed(desks[0], change)
		stream, opened := "document-"+paper, "approval-"+id

		var e struct {
			Masked             bool
			Title, Class, Kind string
			Number             int
			Text               string `json:"number_text"`
			Copies             []struct{ Copy, State string }
			DocNumber          string   `json:"doc_number"`
			Organs             []string `json:"source_organs"`
		}
		a := outsider.get("/documents/" + paper).ok()
		a.into(&e)
		if !e.Masked || e.Title+e.Kind+e.DocNumber != "" || e.Organs != nil || e.Number == 0 || e.Text == "" || e.Class != class || len(e.Copies) != 1 || bytes.Contains(a.body, []byte(title)) {
			t.Errorf("%s: whoever does not handle it sees %s", class, a.body)
		}
		if list := outsider.get("/documents").ok(); bytes.Contains(list.body, []byte(title)) {
			t.Errorf("%s: the title is in the list", class)
		}
		if list := outsider.get("/documents.csv").ok(); bytes.Contains(list.body, []byte(title)) {
			t.Errorf("%s: the title is in the table", class)
		}
		if found := outsider.get("/documents?q=" + title); bytes.Contains(found.body, []byte(paper)) {
			t.Errorf("%s: the title finds it", class)
		}

		hidden := class != "秘密"
		told := func(a answer, code string) {
			t.Helper()
			if hidden {
				a.refused(http.StatusNotFound, "not-found")
				return
			}
			a.refused(http.StatusForbidden, code)
		}
		for _, s := range []string{stream, opened} {
			told(outsider.get("/timelines/"+s), "not-handler")
			told(outsider.get("/timelines/"+s+"/as-of"), "not-handler")
			told(outsider.get("/timelines/"+s+"/decisions/0"), "not-handler")
		}
		head := w.head()
		told(outsider.post("/documents/"+paper+"/assignment", map[string]any{"lead": "logistics-chief"}), "document.not-clerk")
		if form := outsider.post("/documents/"+paper+"/assignment", map[string]any{"lead": "logistics-chief"}, "If-Match", `"1"`); hidden {
			form.refused(http.StatusNotFound, "not-found")
		} else {
			form.refused(http.StatusConflict, "record-changed")
		}
		told(outsider.post("/documents/"+paper+"/return", map[string]any{"cause": "non-conforming", "reason": "x"}), "document.not-registrar")
		if w.head() != head {
			t.Errorf("%s: a refusal that is not on record left something", class)
		}
		key := []string{"Idempotency-Key", "try-" + class}
		told(outsider.post("/approvals/"+id+"/instruction", map[string]any{"step": 1, "text": "同意", "shown": shown}, key...), "approval.outside-authority")
		if got := w.types(opened); w.head() != head+1 || got[len(got)-1] != "approval.refused" {
			t.Errorf("%s: the attempt is not on record: %v", class, got)
		}
		told(outsider.post("/approvals/"+id+"/instruction", map[string]any{"step": 1, "text": "同意", "shown": shown}, key...), "approval.outside-authority")
		if w.head() != head+1 {
			t.Errorf("%s: the repeated attempt is on record twice", class)
		}
		// Neither an attempt that is on record nor a look that anybody may record makes him a handler.
		outsider.post("/documents/"+paper+"/processing-reviews", map[string]any{"remark": "看过"})
		outsider.post("/documents/"+paper+"/legality-reviews", map[string]any{"result": "ok"})
		for _, s := range []string{stream, opened} {
			told(outsider.get("/timelines/"+s), "not-handler")
		}
		// An auditor sees that it happened and by whom, and no content.
		for _, f := range auditor.timeline(stream) {
			if !f.Withheld || len(f.Data) > 0 && string(f.Data) != "null" || f.Actor.Person == "" {
				t.Errorf("%s: the auditor sees %s %s", class, f.Type, f.Data)
			}
		}
		if len(registrar.timeline(stream)) < 4 || len(w.as("director").timeline(opened)) < 3 {
			t.Errorf("%s: who handles it does not see it", class)
		}
	}
	if !slices.ContainsFunc(w.door.Routes(), func(r api.Route) bool { return r.Path == "/documents.csv" }) {
		t.Error("the table is gone")
	}
}

// Who handles a paper by the unit of his post sees it as those do who hold the post.
func TestHandledByAUnit(t *testing.T) {
	w := newTown(t, setting{})
	registrar := w.as("registrar")
	paper := registrar.receive(map[string]any{"class": "机密", "channel": "机要", "seal": "intact"})
	registrar.register(paper)
	clerk := w.as("legal-clerk")
	clerk.get("/timelines/document-"+paper).refused(http.StatusNotFound, "not-found")
	registrar.post("/documents/"+paper+"/copies/distributions", map[string]any{"copy": "1", "to": "legal"}).ok()
	if got := clerk.timeline("document-" + paper); len(got) == 0 || got[0].Withheld {
		t.Errorf("the unit that holds the copy sees %v", got)
	}
	w.as("logistics-clerk").get("/timelines/document-"+paper).refused(http.StatusNotFound, "not-found")
}

// A paper of an instruction that was refused goes back: the no reaches it, and its handling is proposed anew.
func TestANoReachesThePaper(t *testing.T) {
	w := newTown(t, setting{})
	for _, d := range desks {
		paper, id, shown := w.proposed(d, nil)
		w.as(d.leader).post("/approvals/"+id+"/disapproval", map[string]any{"step": 1, "text": "不属本单位职责", "shown": shown}).ok()
		w.settle()
		r, ok := w.last("document-"+paper, "document.instructed")
		e, _ := r.Event.(documents.Instructed)
		if person, _ := w.person(d.leader); !ok || e.Approved || e.DecidedBy != person.ID {
			t.Errorf("%s: the paper holds %+v", d.office, e)
		}
		again := w.as(d.proposer).post("/documents/"+paper+"/proposal", map[string]any{"action": "阅件", "opinion": "拟阅存。"}).result()
		next, form := w.caseOf(again)
		if next == id {
			t.Errorf("%s: the new proposal is in the old case", d.office)
		}
		// The paper goes back to its issuer while the leader still has it: what he decides stands in it all the same.
		w.as(d.registrar).post("/documents/"+paper+"/return", map[string]any{"cause": "wrong addressee", "reason": "主送机关不是本单位"}).ok()
		w.as(d.leader).post("/approvals/"+next+"/instruction", map[string]any{"step": 1, "text": "阅", "limit": "2026-04-30", "co": []string{d.lead}, "shown": form}).ok()
		w.settle()
		r, _ = w.last("document-"+paper, "document.instructed")
		if e, _ := r.Event.(documents.Instructed); !e.Approved || e.Case != "approval-"+next || !slices.Equal(e.Co, []string{d.lead}) || w.types("approval-" + next)[len(w.types("approval-"+next))-1] != "approval.delivered" {
			t.Errorf("%s: the paper that went back holds %+v", d.office, e)
		}
	}
}

// A query that cannot show what was asked for says so, with both positions and when to ask again.
func TestStaleReads(t *testing.T) {
	w := newTown(t, setting{still: true})
	u := w.as("registrar")
	r := u.post("/documents", paper(nil)).result()
	a := u.get("/documents", "Andu-At-Least", r.Position).refused(http.StatusServiceUnavailable, "stale")
	var p api.Problem
	a.into(&p)
	if p.Wanted != r.Position || p.Reached != eventstore.Token(w.store.LogID(), eventstore.Before) || a.header.Get("Retry-After") == "" {
		t.Errorf("wanted %s, reached %s, Retry-After %q", p.Wanted, p.Reached, a.header.Get("Retry-After"))
	}
	w.set.still = false
	w.restart()
	registered := u.register(r.ID)
	if last := eventstore.Token(w.store.LogID(), w.head()); registered.Position != last {
		t.Errorf("the registration answers with %s, and its paper is registered by %s", registered.Position, last)
	}
	var list struct{ Documents []struct{ Number int } }
	u.get("/documents", "Andu-At-Least", registered.Position).ok().into(&list)
	if len(list.Documents) != 1 || list.Documents[0].Number != 1 {
		t.Errorf("one's own registration is not shown: %+v", list)
	}
}

// The values of an amendment, a reading or an order have the form that the program reads, as those of a draft do.
func TestPolicyValuesAreChecked(t *testing.T) {
	w := newTown(t, setting{})
	u := w.as("director")
	bad := []map[string]any{{"key": "apr.authority[其他文件].signer", "value": []map[string]any{{"posts": []string{}}}, "clause": "1"}}
	common := map[string]any{"document": "SUP-A", "effective_from": "2026-05-01", "values": bad}
	with := func(more map[string]any) map[string]any {
		body := map[string]any{}
		for k, v := range common {
			body[k] = v
		}
		for k, v := range more {
			body[k] = v
		}
		return body
	}
	head := w.head()
	u.post("/policy/authority", common).refused(http.StatusUnprocessableEntity, "policy-value-misformed")
	u.post("/policy/amendments", with(map[string]any{"by": "SUP-A"})).refused(http.StatusUnprocessableEntity, "policy-value-misformed")
	u.post("/policy/interpretations", with(map[string]any{"clause": "1", "reading": "x", "by": "x"})).refused(http.StatusUnprocessableEntity, "policy-value-misformed")
	if w.head() != head {
		t.Error("something was written")
	}
}

// A person is registered under the id by which everything else names him.
func TestAPersonHasOneID(t *testing.T) {
	w := newTown(t, setting{})
	u := w.as("sysadmin")
	id := "0198c1c2-7d1e-7a50-9d52-1a2b3c4d5e6f"
	body := map[string]any{"person": nowhere, "name": "赵一", "sort_key": "zhao yi"}
	u.post("/persons/"+id+"/registration", body).refused(http.StatusUnprocessableEntity, "person-mismatch")
	body["person"] = id
	if r := u.post("/persons/"+id+"/registration", body).result(); r.Stream != "person-"+id {
		t.Errorf("registered in %s", r.Stream)
	}
}
