package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"andu/api"
	"andu/api/accounts"
	"andu/cmd/andu/demo"
	"andu/cmd/andu/pgserver/pgtest"
	"andu/commands"
	"andu/domain"
	"andu/domain/logs"
	"andu/domain/policy"
	"andu/eventstore"
	"andu/eventstore/blobs"
	"andu/eventstore/keys"
	"andu/eventstore/postgres"
	"andu/presets"
	"andu/projections"
	"andu/projections/dashboards"
	"andu/projections/directory"
	"andu/projections/dossier"
	"andu/projections/due"
	"andu/projections/dutyboard"
	"andu/projections/inbox"
	"andu/projections/register"
	"andu/projections/series"
	"andu/projections/slips"
	"andu/projections/timesheet"
	"andu/projections/trail"
	"andu/projections/whereabouts"
	"andu/projections/workload"

	"github.com/jackc/pgx/v5/pgxpool"
)

// clock stands where a test sets it: what happens at an instant happens at that instant, to the microsecond.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// shanghai is where the offices of the tests are.
var shanghai = func() *time.Location {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		panic(err)
	}
	return zone
}()

// at reads a time of the office, such as 2026-04-14 09:00:00.000001.
func at(s string) time.Time {
	for _, form := range []string{"2006-01-02 15:04:05.999999", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(form, s, shanghai); err == nil {
			return t
		}
	}
	panic("no time: " + s)
}

func (c *clock) set(s string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now.After(at(s)) {
		panic("the clock never goes back: " + s)
	}
	c.now = at(s)
}

// setting says what a town is made of. The zero setting is both demonstration offices under their supplements, with
// every notice of days off, on Monday 2026-04-13 at 08:00.
type setting struct {
	offices []demo.Office
	rules   demo.Regulations
	reading map[string]string // by office: another reading of its texts than the demonstration takes, such as county/A-upper.json
	notices []string          // nil: all; empty: none
	at      string
	still   bool                            // the read models are not kept up
	front   func(http.Handler) http.Handler // stands before the door
}

// town is a server with offices: the door behind a real listener, a real log with its keys, read models, accounts.
type town struct {
	*clock
	t       testing.TB
	set     setting
	db      pgtest.Database
	keys    string       // folder
	later   atomic.Int64 // how far the clock of the accounts is ahead
	pool    *pgxpool.Pool
	ring    *keys.Ring
	store   *postgres.Store
	order   *postgres.Order
	handler *commands.Handler
	read    *projections.DB
	logins  *accounts.Accounts
	tasks   *commands.Tasks
	door    *api.API
	server  *httptest.Server
	stop    func()
	staff   map[string]demo.Staff

	mu     sync.Mutex
	tokens map[string]string // by login
}

func newTown(t testing.TB, s setting) *town {
	t.Helper()
	w := &town{clock: &clock{now: at("2017-12-20 09:00")}, t: t, set: s, db: pgtest.New(t), keys: filepath.Join(t.TempDir(), "keys"),
		staff: map[string]demo.Staff{}, tokens: map[string]string{}}
	role, err := url.Parse(w.db.ServerURL)
	w.must(err)
	w.must(postgres.Migrate(t.Context(), w.db.OwnerURL, role.User.Username()))
	w.must(accounts.Migrate(t.Context(), w.db.OwnerURL, role.User.Username()))
	ring, err := keys.Create(w.keys)
	w.must(err)
	w.must(ring.Close())
	w.open()
	t.Cleanup(func() { w.close() })

	_, err = commands.Handle(t.Context(), w.handler, logs.Context, logs.Stream, logs.Start{Log: w.store.LogID()},
		commands.Request{Actor: domain.Actor{Person: domain.System}})
	w.must(err)
	if s.offices == nil {
		s.offices = []demo.Office{demo.County(), demo.Bureau()}
	}
	for _, o := range s.offices {
		reading, other := s.reading[o.ID]
		rules := s.rules
		if other {
			rules = demo.TextsAlone
		}
		w.staff[o.ID], err = demo.SetUp(t.Context(), w.handler, o, "town", rules)
		w.must(err)
		if other {
			w.must(demo.Publish(t.Context(), w.handler, w.staff[o.ID], "town", o.ID+"/supplement.json", reading))
		}
	}
	w.clock.set("2018-01-02 09:00")
	if s.notices == nil {
		s.notices = presets.Notices()
	}
	if s.rules == demo.WithSupplement {
		for _, staff := range w.staff {
			w.must(demo.Notices(t.Context(), w.handler, staff, "town", s.notices...))
		}
	}
	if s.at == "" {
		s.at = "2026-04-13 08:00"
	}
	w.clock.set(s.at)
	return w
}

func (w *town) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// quiet is a logger that says nothing: what goes wrong is in the answers.
var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// open starts the server on what the database and the keys hold.
func (w *town) open() {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	w.pool, err = pgxpool.New(ctx, w.db.ServerURL)
	w.must(err)
	w.ring, err = keys.Open(w.keys)
	w.must(err)
	w.store, err = postgres.Open(ctx, postgres.Config{URL: w.db.ServerURL, Now: w.Now, Logger: quiet})
	w.must(err)
	w.order, err = postgres.OpenOrder(ctx, w.db.ServerURL)
	w.must(err)
	w.handler = &commands.Handler{Store: w.store, Keys: w.ring, Now: w.Now, Zone: shanghai, Clock: "server", Running: w.running,
		Files: blobs.Open(w.keys+"-content", w.ring, 1<<20), Order: w.order}
	w.read, err = projections.Open(ctx, projections.Config{Pool: w.pool, Store: w.store, Decode: commands.Decoder(w.ring), Now: w.Now, Logger: quiet,
		Projections: []projections.Projection{due.Projection, register.Projection, inbox.Projection, directory.Projection, dossier.Projection, series.Projection, dutyboard.Projection, whereabouts.Projection, slips.Projection, timesheet.Projection, trail.Projection, workload.Projection}})
	w.must(err)
	w.must(dashboards.Install(ctx, w.pool))
	w.logins = accounts.Open(w.pool, accounts.Config{Now: func() time.Time { return time.Now().Add(time.Duration(w.later.Load())) }, Memory: 64, Passes: 1})
	w.tasks = &commands.Tasks{Handler: w.handler, Logger: quiet, Moved: func() <-chan struct{} { return w.read.Moved(due.Projection.Name) }, List: w.due,
		NextDue: func(ctx context.Context, now time.Time) (time.Time, error) { return due.Next(ctx, w.pool, now) }}
	w.door = api.New(api.Config{Handler: w.handler, Tasks: w.tasks, Accounts: w.logins, Read: w.read, Now: w.Now, Logger: quiet, Version: "test",
		StaleAfter: 200 * time.Millisecond})
	var front http.Handler = w.door
	if w.set.front != nil {
		front = w.set.front(w.door)
	}
	w.server = httptest.NewServer(front)
	ended := make(chan error, 1)
	if w.set.still {
		ended <- nil
	} else {
		go func() { ended <- w.read.Run(ctx) }()
	}
	w.stop = func() {
		w.server.Close()
		cancel()
		if err := <-ended; err != nil {
			w.t.Error(err)
		}
		w.order.Close()
		w.store.Close()
		w.pool.Close()
		w.must(w.ring.Close())
	}
}

func (w *town) close() { w.stop() }

// restart is another process on the same database.
func (w *town) restart() {
	w.t.Helper()
	w.close()
	w.open()
}

func (w *town) due(ctx context.Context, now time.Time, limit int) ([]commands.Due, error) {
	open, err := due.List(ctx, w.pool, now, limit)
	list := make([]commands.Due, len(open))
	for i, t := range open {
		list[i] = commands.Due{Task: t.Task, Office: t.Office, OpenedBy: t.OpenedBy}
	}
	return list, err
}

func (w *town) running(ctx context.Context, office string) ([]string, error) {
	if err := w.read.Wait(ctx, w.head()); err != nil {
		return nil, err
	}
	return register.Running(ctx, w.pool, office)
}

// settle carries out everything that is due now, and what follows from that.
func (w *town) settle() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	for {
		w.must(w.read.Wait(ctx, w.head()))
		n, err := w.tasks.Sweep(ctx)
		w.must(err)
		if n == 0 {
			return
		}
	}
}

func (w *town) head() eventstore.Position {
	w.t.Helper()
	p, err := w.store.Head(context.WithoutCancel(w.t.Context()))
	w.must(err)
	return p
}

// history is what the log holds of a stream.
func (w *town) history(stream string) []domain.Recorded {
	w.t.Helper()
	records, err := w.store.Read(w.t.Context(), stream, 0)
	w.must(err)
	events := make([]domain.Recorded, len(records))
	for i, rec := range records {
		events[i], err = w.handler.Decode(rec)
		w.must(err)
	}
	return events
}

// types are the events of a stream by name.
func (w *town) types(stream string) []string {
	w.t.Helper()
	var names []string
	for _, r := range w.history(stream) {
		names = append(names, r.Type)
	}
	return names
}

// person finds who has a login.
func (w *town) person(login string) (demo.Person, string) {
	w.t.Helper()
	for office, staff := range w.staff {
		for _, p := range staff.Persons {
			if p.Login == login {
				return p, office
			}
		}
	}
	w.t.Fatalf("nobody signs in as %s", login)
	return demo.Person{}, ""
}

// user is somebody with a session; without a token, nobody.
type user struct {
	*town
	login, id, office, token string
}

// as signs a person of the offices in; an account is made when it is first needed.
func (w *town) as(login string) user {
	w.t.Helper()
	p, office := w.person(login)
	w.mu.Lock()
	defer w.mu.Unlock()
	u := user{w, login, p.ID, office, w.tokens[login]}
	if u.token != "" {
		return u
	}
	by := accounts.By{Person: w.staff[office].Persons[0].ID, Office: office}
	err := w.logins.CreateWithPassword(w.t.Context(), by, accounts.NewAccount{Login: login, Person: p.ID, Office: office}, demo.Password, true)
	if err != nil && !errors.Is(err, accounts.ErrHasAccount) && !errors.Is(err, accounts.ErrLoginTaken) {
		w.t.Fatal(err)
	}
	var in struct{ Token string }
	w.nobody().post("/sessions", map[string]any{"login": login, "password": demo.Password}).ok().into(&in)
	u.token, w.tokens[login] = in.Token, in.Token
	return u
}

func (w *town) nobody() user { return user{town: w} }

// answer is what came back. Code is that of the problem, if it is one.
type answer struct {
	t      testing.TB
	asked  string
	status int
	header http.Header
	body   []byte
	code   string
}

// client follows no redirect: where a page sends somebody is part of the answer.
var client = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
	Timeout:       time.Minute,
}

// try asks; body is JSON to be, or bytes as they are. Headers are names and values in turn.
func (u user) try(method, path string, body any, headers ...string) (answer, error) {
	var content io.Reader
	switch b := body.(type) {
	case nil:
	case []byte:
		content = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return answer{}, err
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, u.server.URL+path, content)
	if err != nil {
		return answer{}, err
	}
	if content != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if u.token != "" {
		req.Header.Set("Authorization", "Bearer "+u.token)
	}
	req.Header.Set("Accept", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	a := answer{t: u.t, asked: u.login + ": " + method + " " + path, status: res.StatusCode, header: res.Header}
	if a.body, err = io.ReadAll(res.Body); err != nil {
		return a, err
	}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "application/problem+json") {
		var p api.Problem
		if err := json.Unmarshal(a.body, &p); err != nil {
			return a, fmt.Errorf("%s: a problem that is none: %w", a.asked, err)
		}
		a.code = p.Code
	}
	return a, nil
}

func (u user) ask(method, path string, body any, headers ...string) answer {
	u.t.Helper()
	a, err := u.try(method, path, body, headers...)
	u.must(err)
	return a
}

func (u user) post(path string, body any, headers ...string) answer {
	u.t.Helper()
	return u.ask(http.MethodPost, path, body, headers...)
}

func (u user) get(path string, headers ...string) answer {
	u.t.Helper()
	return u.ask(http.MethodGet, path, nil, headers...)
}

// ok fails the test unless it was done.
func (a answer) ok() answer {
	a.t.Helper()
	if a.status/100 != 2 {
		a.t.Fatalf("%s: %d %s", a.asked, a.status, a.body)
	}
	return a
}

// refused fails the test unless it was refused so; texts have to be in the answer.
func (a answer) refused(status int, code string, texts ...string) answer {
	a.t.Helper()
	if a.status != status || a.code != code {
		a.t.Errorf("%s: want %d %s, got %d %s", a.asked, status, code, a.status, a.body)
	}
	for _, text := range texts {
		if !bytes.Contains(a.body, []byte(text)) {
			a.t.Errorf("%s: %q is not in %s", a.asked, text, a.body)
		}
	}
	return a
}

func (a answer) into(v any) {
	a.t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		a.t.Fatalf("%s: %v: %s", a.asked, err, a.body)
	}
}

// fact is one event as answers and histories tell it.
type fact struct {
	ID, Type       string
	Revision       int64
	OccurredAt     domain.Instant `json:"occurred_at"`
	RecordedAt     domain.Instant `json:"recorded_at"`
	PolicyVersion  int64          `json:"policy_version"`
	CalendarNumber int64          `json:"calendar_version"`
	Actor          domain.Actor
	Corrects       string
	Withheld       bool
	Data           json.RawMessage
}

func (f fact) into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(f.Data, v); err != nil {
		t.Fatalf("%s: %v", f.Type, err)
	}
}

// result is the answer to a command.
type result struct {
	ID, Stream, Position string
	Revision             int64
	Events               []fact
}

func (a answer) result() (r result) {
	a.t.Helper()
	a.ok().into(&r)
	return r
}

// timeline is the history of a record as the user is told it.
func (u user) timeline(stream string) []fact {
	u.t.Helper()
	var h struct{ Events []fact }
	u.get("/timelines/" + stream).ok().into(&h)
	return h.Events
}

// paper is an incoming paper with everything that the offices ask for.
func paper(change map[string]any) map[string]any {
	p := map[string]any{"copies": 1, "channel": "文件交换", "source_organs": []string{"市人民政府办公室"}, "doc_number": "市政办发〔2026〕31号",
		"title": "关于做好汛期值班工作的通知", "kind": "通知", "urgency": "平件", "class": "公开", "level": "city", "line": "state"}
	for k, v := range change {
		if v == nil {
			delete(p, k)
		} else {
			p[k] = v
		}
	}
	return p
}

// receive signs for a paper and gives its id; register enters it and gives its number.
func (u user) receive(change map[string]any) string {
	u.t.Helper()
	return u.post("/documents", paper(change)).result().ID
}

func (u user) register(id string) result {
	u.t.Helper()
	return u.post("/documents/"+id+"/registration", nil).result()
}

// caseOf finds the case that the follower opened for a proposal, with what its form shows.
func (w *town) caseOf(proposal result) (id string, shown map[string]any) {
	w.t.Helper()
	w.settle()
	id = commands.NewID(proposal.Events[0].ID, "approval")
	return id, w.shown(id)
}

// shown is what the form of a case shows: the revision of the case and the digest of what was put up.
func (w *town) shown(id string) map[string]any {
	w.t.Helper()
	history := w.history("approval-" + id)
	if len(history) == 0 {
		w.t.Fatalf("there is no case %s", id)
	}
	digest := ""
	for _, r := range history {
		var put struct{ Digest string }
		text, err := json.Marshal(r.Event)
		w.must(err)
		if r.Type == "approval.opened" || r.Type == "approval.route-resolved" {
			w.must(json.Unmarshal(text, &put))
			digest = put.Digest
		}
	}
	return map[string]any{"case": len(history) - 1, "digest": digest}
}

// publish puts documents of presets in force by the requests of andu policy publish: draft, review, preview, publish.
func (u user) publish(files ...string) answer {
	u.t.Helper()
	order := map[string]any{"moment": "startOfDay"}
	var ids []string
	for _, file := range files {
		text, err := presets.Read(file)
		u.must(err)
		var doc struct {
			Document struct {
				policy.Head
				InForceFrom domain.Date `json:"in_force_from"`
				InForceBy   string      `json:"in_force_by"`
			}
			Values []policy.Value
		}
		u.must(json.Unmarshal(text, &doc))
		if doc.Document.EffectiveFrom.IsZero() {
			order["effective_from"], order["in_force_by"] = doc.Document.InForceFrom, doc.Document.InForceBy
		}
		draft, more := policy.Draft{Document: doc.Document.Head, Values: doc.Values}.Parts()
		u.post("/policy/documents", draft).ok()
		for _, part := range more {
			u.post("/policy/documents/provisions", part).ok()
		}
		u.post("/policy/reviews", policy.Review{Document: doc.Document.ID, OK: true, Opinion: "无异议"}).ok()
		u.get("/policy/preview?document=" + doc.Document.ID).ok()
		ids = append(ids, doc.Document.ID)
	}
	order["documents"] = ids
	return u.post("/policy/publications", order)
}

// date reads a day such as 2026-04-14.
func date(s string) (d domain.Date) {
	if err := d.UnmarshalText([]byte(s)); err != nil {
		panic(err)
	}
	return d
}
