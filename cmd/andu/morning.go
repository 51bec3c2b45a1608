package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"andu/api/accounts"
	"andu/cmd/andu/demo"
	"andu/cmd/andu/pgserver"
	"andu/commands"
	"andu/domain"
	"andu/domain/attendance"
	"andu/domain/org"
	"andu/domain/persons"
	"andu/eventstore"
	"andu/presets"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// benchMorningCmd lives the national morning (catalogue 6.3) against a server of its own: everybody of a model signs in
// before 08:15, most of them at the end, through the terminals of their offices; every sheet is collected at its minute;
// afterwards the log is read from the first event and compared with what the terminals were told. Everybody lives by the
// machine's clock, the server by the same one set ahead. The arrivals do not
// wait for the server: what a person waited is counted from when he came.
type benchMorningCmd struct {
	Model   string  `help:"A: county offices; B: and townships; C: the civil service." enum:"A,B,C" default:"A"`
	Minutes float64 `help:"How long the arrivals take, up to the cut-off; the model's is 15." default:"15"`
	Offices int     `help:"Live the morning of so many offices of the model; 0: of all."`
	Seed    uint64  `help:"The same seed gives the same arrivals." default:"1"`
}

// morningModels are the offices of a model and those who sign in at each.
var morningModels = map[string]struct{ offices, people int }{"A": {2844, 50}, "B": {41_800, 41}, "C": {100_000, 75}}

// The curve of arrivals (catalogue 6.3): shares of those who come in the last minute, and in the four before it, of fifteen.
const (
	inLastMinute = 0.2
	inLastFive   = 0.6
	tooLate      = 0.005 // come after the cut-off
	signTwice    = 0.01
	withoutNet   = 0.001 // of the terminals: they bring what they recorded two hours later
)

// morningReport is what the morning was. Durations are in milliseconds.
type morningReport struct {
	Model    string  `json:"model"`
	Offices  int     `json:"offices"`
	People   int     `json:"people"`
	Minutes  float64 `json:"minutes"`
	Requests int     `json:"requests"`

	Taken          int     `json:"taken"`
	Mean           float64 `json:"taken_per_second"`
	Busiest        int     `json:"taken_in_the_busiest_second"`
	P50            float64 `json:"acknowledged_p50_ms"`
	P99            float64 `json:"acknowledged_p99_ms"`
	P999           float64 `json:"acknowledged_p999_ms"`
	Longest        float64 `json:"acknowledged_longest_ms"`
	Repeated       int     `json:"repeated"`
	Late           int     `json:"refused_late"`
	Brought        int     `json:"brought_two_hours_later"`
	Lost           int     `json:"lost"`
	Doubled        int     `json:"doubled"`
	LateTaken      int     `json:"late_taken"`
	Sheets         int     `json:"sheets_closed"`
	SheetsWrong    int     `json:"sheets_wrong"` // not closed once, or without somebody who had signed
	SheetP50       float64 `json:"sheet_closed_p50_ms"`
	SheetP99       float64 `json:"sheet_closed_p99_ms"`
	SheetLongest   float64 `json:"sheet_closed_longest_ms"`
	Lag            int64   `json:"lag_at_0816_events"` // of the read model that was furthest behind
	Behind         string  `json:"lag_at_0816_read_model"`
	DashboardP50   float64 `json:"dashboard_p50_ms"`
	DashboardP99   float64 `json:"dashboard_p99_ms"`
	PeakMiB        float64 `json:"peak_memory_mib"` // of the server and of those who sign in: one process
	SetUpSeconds   float64 `json:"set_up_seconds"`
	EventsAtStart  int64   `json:"events_at_start"`
	EventsAtTheEnd int64   `json:"events_at_the_end"`
}

// right tells whether nothing that was acknowledged is lost or doubled, and nobody was taken late.
func (r morningReport) right() bool { return r.Lost+r.Doubled+r.LateTaken+r.SheetsWrong == 0 }

// Run writes the nation into an empty data directory and lives its morning; exit 1 when something was lost, doubled or
// taken late.
func (c *benchMorningCmd) Run(ctx context.Context, g *globals) error {
	model := morningModels[c.Model]
	if c.Offices > 0 {
		model.offices = min(c.Offices, model.offices)
	}
	m := newNationalMorning(&nation{globals: *g, people: model.people, cutoff: time.Date(2026, 4, 15, 8, 15, 0, 0, mustZone())}, rand.New(rand.NewPCG(c.Seed, 815)))
	began := time.Now()
	if err := m.found(ctx, model.offices); err != nil {
		return err
	}
	report := morningReport{Model: c.Model, Offices: len(m.offices), People: len(m.offices) * model.people, Minutes: c.Minutes, SetUpSeconds: time.Since(began).Seconds(), EventsAtStart: m.events}
	if err := m.live(ctx, time.Duration(c.Minutes*float64(time.Minute)), &report); err != nil {
		return err
	}
	if err := m.compare(ctx, &report); err != nil {
		return err
	}
	report.PeakMiB = peakMemory()
	err := g.print(report, func(w *tabwriter.Writer) {
		b, _ := json.Marshal(report) // numbers and words
		var fields map[string]any
		_ = json.Unmarshal(b, &fields)
		for _, name := range sortedKeys(fields) {
			fmt.Fprintf(w, "%s\t%v\n", strings.ReplaceAll(name, "_", " "), fields[name])
		}
	})
	if err == nil && !report.right() {
		return errFinding
	}
	return err
}

func mustZone() *time.Location {
	z, err := time.LoadLocation(zone)
	if err != nil {
		panic(err) // the zones are part of the program
	}
	return z
}

// nation is the offices of a model, each with its rules, its people and a terminal at its door.
type nation struct {
	globals
	people  int // who sign in, by office
	offices []*morningOffice
	key     ed25519.PrivateKey // of every terminal
	events  int64
	cutoff  time.Time
	ahead   atomic.Int64 // how far the server's clock is before the machine's
}

type morningOffice struct {
	id      string
	people  []string
	token   accounts.Token // of the keeper, who brings what the terminal recorded
	waiting []arrival      // came while the terminal was sending; nationalMorning.mu
	sending bool           // nationalMorning.mu
	batches int            // nationalMorning.mu
	down    bool           // the terminal has no server this morning
}

const pattern = "office-00000"

func officeID(i int) string { return fmt.Sprintf("office-%05d", i) }

// found sets one office up by commands, and writes the others after its pattern: the same decisions, with ids, names of
// streams and keys of their own.
func (n *nation) found(ctx context.Context, offices int) error {
	if _, err := os.Stat(n.DataDir); err == nil {
		return fmt.Errorf("%s is there already: a morning begins with an empty data directory", n.DataDir)
	}
	return n.withHouse(ctx, storeFlags{}, openOptions{migrate: true, ours: true, newLog: true}, func(h *house) error {
		h.loading = true
		clock := demo.NewClock(time.Date(2017, 12, 20, 9, 0, 0, 0, h.handler.Zone))
		if err := h.openLog(ctx, &n.globals, clock.Now, "simulated"); err != nil {
			return err
		}
		keeper, err := n.pattern(ctx, h, clock)
		if err != nil {
			return fmt.Errorf("set the first office up: %w", err)
		}
		records, err := everything(ctx, h.store)
		if err != nil {
			return err
		}
		bar := n.progress(int64(offices), "单位 offices")
		copies, running := errgroup.WithContext(ctx)
		copies.SetLimit(2 * runtime.GOMAXPROCS(0))
		for i := 1; i < offices; i++ {
			n.offices = append(n.offices, n.office(i))
			copies.Go(func() error {
				defer func() { _ = bar.Add(1) }()
				return n.copy(running, h, records, i)
			})
		}
		if err := copies.Wait(); err != nil {
			return err
		}
		_ = bar.Finish()
		head, err := h.store.Head(ctx)
		if err != nil {
			return err
		}
		n.events = int64(head) + 1
		return n.signIn(ctx, h, keeper)
	})
}

// everything reads the whole log.
func everything(ctx context.Context, store eventstore.Store) (records []eventstore.Record, err error) {
	for after := eventstore.Before; ; {
		page, err := store.ReadAll(ctx, after, 2048)
		if err != nil || len(page.Records) == 0 {
			return records, err
		}
		records, after = append(records, page.Records...), page.Last()
	}
}

// pattern sets up the office that the others are copies of, on the eve of the day on which its book begins.
func (n *nation) pattern(ctx context.Context, h *house, clock *demo.Clock) (keeper demo.Person, err error) {
	past := h.handler
	past.Running = demo.NoneRunning
	if err := h.begin(ctx, true); err != nil {
		return keeper, err
	}
	office := demo.County()
	office.ID = pattern
	staff, err := demo.SetUp(ctx, past, office, "nation", demo.WithSupplement)
	if err != nil {
		return keeper, err
	}
	clock.Set(time.Date(2018, 1, 2, 9, 0, 0, 0, past.Zone))
	if err := demo.Notices(ctx, past, staff, "nation", presets.Notices()...); err != nil {
		return keeper, err
	}
	clock.Set(time.Date(2026, 4, 14, 9, 0, 0, 0, past.Zone))
	ask := func(by int, post string) commands.Request {
		return commands.Request{Office: office.ID, Actor: domain.Actor{Person: staff.Persons[by].ID, Post: post}}
	}
	sysadmin, secadmin := ask(0, org.SystemAdministrator), ask(1, org.SecurityAdministrator)
	const post = "logistics-clerk"
	for i := len(staff.Persons); i < n.people+3; i++ {
		p := demo.Person{ID: commands.NewID("nation", strconv.Itoa(i)), Name: "科员" + strconv.Itoa(i), Login: "clerk" + strconv.Itoa(i), Post: post}
		staff.Persons = append(staff.Persons, p)
		_, err1 := commands.Handle(ctx, past, persons.Context, persons.Stream(p.ID), persons.Register{Person: p.ID, Name: p.Name, SortKey: "ke yuan", Employee: p.Login}, sysadmin)
		_, err2 := commands.Handle(ctx, past, org.Context, org.Stream(office.ID), org.Join{Person: p.ID, Unit: "logistics"}, sysadmin)
		_, err3 := commands.Handle(ctx, past, org.Context, org.Stream(office.ID), org.Fill{Post: post, Person: p.ID, By: "县政府办公室", Document: "任免〔2026〕1号"}, secadmin)
		if err := errors.Join(err1, err2, err3); err != nil {
			return keeper, err
		}
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return keeper, err
	}
	n.key = private
	roll := attendance.RollStream(office.ID)
	_, err1 := commands.Handle(ctx, past, attendance.Rolls, roll, attendance.Begin{From: domain.DateOf(n.cutoff, past.Zone)}, sysadmin)
	_, err2 := commands.Handle(ctx, past, attendance.Rolls, roll, attendance.RegisterTerminal{Terminal: "door", Key: hex.EncodeToString(public), Place: "大门"}, secadmin)
	first := &morningOffice{id: office.ID}
	for _, p := range staff.Persons[3:] {
		if len(first.people) < n.people {
			first.people = append(first.people, p.ID)
		}
		if p.Post == "sheet-keeper" {
			keeper = p
		}
	}
	n.offices = append(n.offices, first)
	return keeper, errors.Join(err1, err2)
}

// anID is every id in a record but those that are words.
var anID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// renamed is a text of the pattern as it stands in the i-th office.
func renamed(text []byte, i int) []byte {
	space := uuid.NewSHA1(uuid.NameSpaceOID, []byte(officeID(i)))
	text = bytes.ReplaceAll(text, []byte(pattern), []byte(officeID(i)))
	return anID.ReplaceAllFunc(text, func(id []byte) []byte { return []byte(uuid.NewSHA1(space, id).String()) })
}

func (n *nation) office(i int) *morningOffice {
	o := &morningOffice{id: officeID(i)}
	for _, p := range n.offices[0].people {
		o.people = append(o.people, string(renamed([]byte(p), i)))
	}
	return o
}

// copy writes the pattern's streams as the i-th office's.
func (n *nation) copy(ctx context.Context, h *house, records []eventstore.Record, i int) error {
	streams, order := map[string][]eventstore.Event{}, []string(nil)
	for _, rec := range records {
		if rec.Header.Office != pattern {
			continue
		}
		head, err := json.Marshal(rec.Header)
		if err != nil {
			return err
		}
		var header domain.Header
		if err := json.Unmarshal(renamed(head, i), &header); err != nil {
			return err
		}
		plain, _, err := h.ring.Open(rec.Header, rec.Payload)
		if err != nil {
			return err
		}
		e := eventstore.Event{Header: header, Payload: renamed(plain, i)}
		e.Header.Payload = domain.PayloadField{Length: len(e.Payload)}
		if rec.Header.Payload.Cipher != "" {
			if e.Header.Payload, e.Payload, err = h.ring.Seal(header.Stream, header.Stream, header.ID, e.Payload); err != nil {
				return err
			}
		}
		if streams[header.Stream] == nil {
			order = append(order, header.Stream)
		}
		streams[header.Stream] = append(streams[header.Stream], e)
	}
	for _, stream := range order {
		if _, err := h.store.Append(ctx, stream, eventstore.NoStream, streams[stream]...); err != nil {
			return err
		}
	}
	return nil
}

// signIn gives every keeper an account and a session. What a password costs is no matter of the morning.
func (n *nation) signIn(ctx context.Context, h *house, keeper demo.Person) error {
	h.accounts = accounts.Open(h.pool, accounts.Config{Now: time.Now, Memory: 64, Passes: 1})
	var list []accounts.NewAccount
	for i, o := range n.offices {
		person := keeper.ID
		if i > 0 {
			person = string(renamed([]byte(person), i))
		}
		list = append(list, accounts.NewAccount{Login: "keeper-" + o.id, Person: person, Office: o.id})
	}
	if err := h.accounts.CreateDemonstration(ctx, accounts.By{Person: keeper.ID, Office: accounts.AllOffices}, list, demo.Password); err != nil {
		return err
	}
	bar := n.progress(int64(len(list)), "终端 terminals")
	for i, a := range list {
		token, _, err := h.accounts.SignIn(ctx, a.Login, demo.Password, accounts.Client{IP: "127.0.0.1"})
		if err != nil {
			return err
		}
		if err := h.accounts.ActAs(ctx, token, keeper.Post, ""); err != nil {
			return err
		}
		n.offices[i].token = token
		_ = bar.Add(1)
	}
	_ = bar.Finish()
	return nil
}

// serve runs the server as it is shipped, by a clock that shows that time now.
func (n *nation) serve(ctx context.Context, now time.Time) (url string, stop func() error, err error) {
	n.ahead.Store(int64(time.Until(now)))
	g := n.globals
	g.now = func() time.Time { return time.Now().Add(time.Duration(n.ahead.Load())) }
	said, say := io.Pipe()
	g.out = say
	running, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		c := serveCmd{Addr: "127.0.0.1:0", Demo: true, Seed: 1, Roles: []string{"api", "project", "schedule"}}
		err := c.Run(running, &g)
		say.CloseWithError(io.EOF)
		ended <- err
	}()
	greeted := make([]byte, 4096)
	for url == "" {
		k, err := said.Read(greeted)
		if err != nil {
			cancel()
			return "", nil, errors.Join(errors.New("the server did not come up"), <-ended)
		}
		url = morningAddress.FindString(string(greeted[:k]))
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	return url, func() error { cancel(); return <-ended }, nil
}

var morningAddress = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// arrival is somebody who comes to the terminal of an office.
type arrival struct {
	office *morningOffice
	person string
	at     time.Time // by the server's clock
}

// nationalMorning is what the terminals saw.
type nationalMorning struct {
	*nation
	random *rand.Rand
	url    string
	client *http.Client

	mu       sync.Mutex
	taken    map[string]string // event by person; mu
	late     map[string]bool   // refused, by person; mu
	took     []time.Duration   // mu
	seconds  map[int64]int     // taken in that second; mu
	repeated int               // mu
	requests int               // mu
	failed   error             // the first; mu
	flying   sync.WaitGroup
}

func newNationalMorning(n *nation, random *rand.Rand) *nationalMorning {
	return &nationalMorning{nation: n, random: random, taken: map[string]string{}, late: map[string]bool{}, seconds: map[int64]int{}}
}

func (m *nationalMorning) now() time.Time { return time.Now().Add(time.Duration(m.ahead.Load())) }

// arrivals are those of everybody, in their order; span is how long before the cut-off the first ones come.
func (m *nationalMorning) arrivals(span time.Duration) (list []arrival) {
	r, minute := m.random, span/15
	between := func(from, to time.Duration) time.Time {
		return m.cutoff.Add(-from + time.Duration(r.Int64N(int64(from-to))))
	}
	for _, o := range m.offices {
		o.down = r.Float64() < withoutNet
		for _, p := range o.people {
			a := arrival{office: o, person: p}
			switch share := r.Float64(); {
			case share < tooLate:
				a.at = m.cutoff.Add(time.Millisecond + time.Duration(r.Int64N(int64(minute))))
			case share < tooLate+inLastMinute:
				a.at = between(minute, 0)
			case share < tooLate+inLastFive:
				a.at = between(5*minute, minute)
			default:
				a.at = between(span, 5*minute)
			}
			list = append(list, a)
			if r.Float64() < signTwice {
				a.at = a.at.Add(time.Duration(r.Int64N(int64(5 * time.Second))))
				list = append(list, a)
			}
		}
	}
	m.offices[len(m.offices)-1].down = true // one at least
	slices.SortFunc(list, func(a, b arrival) int { return a.at.Compare(b.at) })
	return list
}

// live serves, lets everybody come, looks at the dashboards, and brings what the terminals without a server recorded.
func (m *nationalMorning) live(ctx context.Context, span time.Duration, report *morningReport) (err error) {
	m.client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConns: 256, MaxIdleConnsPerHost: 256, MaxConnsPerHost: 256}}
	// The eve: the read models take in what was written.
	_, stop, err := m.serve(ctx, m.cutoff.Add(-20*time.Hour))
	if err != nil {
		return err
	}
	if err := errors.Join(m.settle(ctx, func() time.Time { return m.now() }), stop()); err != nil {
		return err
	}
	// The sheets are opened before the first one comes.
	lead := 8*time.Second + time.Duration(len(m.offices))*30*time.Millisecond
	var shut func() error
	if m.url, shut, err = m.serve(ctx, m.cutoff.Add(-span-lead)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, shut()) }()
	if err := m.settle(ctx, func() time.Time { return m.now() }); err != nil {
		return err
	}
	list := m.arrivals(span)
	if spare := list[0].at.Sub(m.now()); spare < 0 {
		return fmt.Errorf("the sheets were opened %s too late for the first arrival: give the morning more time", -spare)
	}
	bar := m.progress(int64(len(list)), "签到 sign-ins")
	var brought []arrival
	for i, a := range list {
		if a.office.down {
			brought = append(brought, a)
			continue
		}
		if wait := a.at.Sub(m.now()); wait > 0 {
			time.Sleep(wait) // people come by the clock, not when the server has time for them
		}
		m.come(ctx, a)
		if i%100 == 0 {
			_ = bar.Set(i)
		}
	}
	_ = bar.Finish()
	time.Sleep(m.cutoff.Add(span / 15).Sub(m.now())) // 08:16, where the morning has its whole length
	if report.Behind, report.Lag, err = m.lag(ctx); err != nil {
		return err
	}
	if err := m.dashboards(ctx, report); err != nil {
		return err
	}
	m.flying.Wait()
	// Two hours later, and still in time (att.offlineGraceHours).
	m.ahead.Add(int64(m.cutoff.Add(119 * time.Minute).Sub(m.now())))
	before := len(m.taken)
	counted := len(m.took)
	for _, a := range brought {
		a.office.down = false
		m.come(ctx, a)
	}
	m.flying.Wait()
	m.took = m.took[:counted]
	report.Brought = len(m.taken) - before
	if err := m.settle(ctx, func() time.Time { return m.cutoff.Add(2 * time.Hour) }); err != nil {
		return err
	}
	if m.failed != nil {
		return m.failed
	}
	slices.Sort(m.took)
	at := func(share float64) float64 { return ms(m.took[int(share*float64(len(m.took)-1))]) }
	report.Requests, report.Repeated, report.Taken, report.Late = m.requests, m.repeated, len(m.taken), len(m.late)
	report.P50, report.P99, report.P999, report.Longest = at(0.5), at(0.99), at(0.999), at(1)
	report.Mean = float64(before) / span.Seconds()
	for _, n := range m.seconds {
		report.Busiest = max(report.Busiest, n)
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// come puts somebody before a terminal, which sends what it has whenever it is not sending.
func (m *nationalMorning) come(ctx context.Context, a arrival) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := a.office
	o.waiting = append(o.waiting, a)
	if o.sending {
		return
	}
	o.sending = true
	m.flying.Go(func() {
		for {
			m.mu.Lock()
			batch := o.waiting[:min(50, len(o.waiting))]
			if o.sending = len(batch) > 0; !o.sending {
				m.mu.Unlock()
				return
			}
			o.waiting = slices.Clone(o.waiting[len(batch):])
			o.batches++
			number := o.batches
			m.mu.Unlock()
			if err := m.send(ctx, o, number, batch); err != nil {
				m.mu.Lock()
				if m.failed == nil {
					m.failed = err
				}
				m.mu.Unlock()
			}
		}
	})
}

// send asks until there is an answer.
func (m *nationalMorning) send(ctx context.Context, o *morningOffice, number int, batch []arrival) error {
	b := commands.Batch{Terminal: "door", Batch: strconv.Itoa(number)}
	for _, a := range batch {
		b.Marks = append(b.Marks, commands.BatchMark{Person: a.person, Session: "AM", At: domain.At(a.at)})
	}
	b.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(m.key, []byte(b.Text(o.id))))
	var answer struct {
		Marks []struct {
			Taken  bool
			Code   string
			Events []struct{ ID string }
		}
	}
	for try := 0; ; try++ {
		status, out, err := m.ask(ctx, http.MethodPost, "/attendance/batches", o.token, b)
		if err != nil || status >= 500 || status == http.StatusTooManyRequests {
			if try == 20 || ctx.Err() != nil {
				return fmt.Errorf("a batch of %s: %d %s: %w", o.id, status, out, err)
			}
			time.Sleep(time.Duration(200+try*100) * time.Millisecond) // a terminal tries again
			continue
		}
		if status != http.StatusOK {
			return fmt.Errorf("a batch of %s: %d %s", o.id, status, out)
		}
		if err := json.Unmarshal(out, &answer); err != nil || len(answer.Marks) != len(batch) {
			return fmt.Errorf("a batch of %s: answer %s: %w", o.id, out, err)
		}
		break
	}
	now := m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests++
	for i, mark := range answer.Marks {
		a := batch[i]
		m.took = append(m.took, now.Sub(a.at))
		switch {
		case !mark.Taken && mark.Code == attendance.ErrLate.Code:
			m.late[a.person] = true
		case !mark.Taken:
			return fmt.Errorf("%s of %s was refused: %s", a.person, o.id, mark.Code)
		case len(mark.Events) == 0:
			m.repeated++
		case m.taken[a.person] != "":
			return fmt.Errorf("%s of %s was taken twice", a.person, o.id)
		default:
			m.taken[a.person] = mark.Events[0].ID
			m.seconds[now.Unix()]++
		}
	}
	return nil
}

func (m *nationalMorning) ask(ctx context.Context, method, path string, token accounts.Token, body any) (int, []byte, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, m.url+path, bytes.NewReader(text))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+string(token))
	res, err := m.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	out, err := io.ReadAll(res.Body)
	return res.StatusCode, out, errors.Join(err, res.Body.Close())
}

// dashboards are opened by the keepers of at most 500 offices, one after the other.
func (m *nationalMorning) dashboards(ctx context.Context, report *morningReport) error {
	var took []time.Duration
	for i := range min(500, len(m.offices)) {
		o := m.offices[i*len(m.offices)/min(500, len(m.offices))]
		began := time.Now()
		status, out, err := m.ask(ctx, http.MethodGet, "/dashboards/arrivals?date="+m.cutoff.Format(time.DateOnly), o.token, nil)
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("the dashboard of %s: %d %s: %w", o.id, status, out, err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	report.DashboardP50, report.DashboardP99 = ms(took[len(took)/2]), ms(took[len(took)*99/100])
	return nil
}

// database connects to the server's PostgreSQL, as the server does.
func (m *nationalMorning) database(ctx context.Context) (*pgx.Conn, error) {
	dir, err := pgserver.DefaultDir(m.DataDir)
	if err != nil {
		return nil, err
	}
	own, err := pgserver.Attach(dir)
	if err != nil {
		return nil, err
	}
	_, server, err := own.Bootstrap(ctx, "andu")
	if err != nil {
		return nil, err
	}
	return pgx.Connect(ctx, server)
}

// lag is the read model that is furthest behind, and how many events.
func (m *nationalMorning) lag(ctx context.Context) (name string, events int64, err error) {
	db, err := m.database(ctx)
	if err != nil {
		return "", 0, err
	}
	defer db.Close(ctx)
	return behind(ctx, db)
}

func behind(ctx context.Context, db *pgx.Conn) (name string, events int64, err error) {
	var head int64
	if err := db.QueryRow(ctx, `select coalesce(max(position), -1) from log.event`).Scan(&head); err != nil {
		return "", 0, err
	}
	for _, p := range readModels() {
		var at int64
		if err := db.QueryRow(ctx, `select position from `+p.Table("checkpoint")).Scan(&at); err != nil {
			return "", 0, err
		}
		if name == "" || head-at > events {
			name, events = p.Name, head-at
		}
	}
	return name, events, nil
}

// settle waits until the read models show the whole log and nothing is due.
func (m *nationalMorning) settle(ctx context.Context, until func() time.Time) error {
	db, err := m.database(ctx)
	if err != nil {
		return err
	}
	defer db.Close(ctx)
	bar := m.progress(-1, "待办 what is due")
	for {
		_, events, err := behind(ctx, db)
		if err != nil {
			return err
		}
		var open int64
		if err := db.QueryRow(ctx, `select count(*) from due_v1.task where due_at <= $1`, until()).Scan(&open); err != nil {
			return err
		}
		if events == 0 && open == 0 {
			return bar.Finish()
		}
		bar.Describe(fmt.Sprintf("待办 %d due, %d events behind", open, events))
		_ = bar.Add(1)
		select {
		case <-time.After(200 * time.Millisecond): // another process of the machine, PostgreSQL, is asked
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// compare reads the log from the first event on, and says where it is not what the terminals were told.
func (m *nationalMorning) compare(ctx context.Context, report *morningReport) error {
	return m.withHouse(ctx, storeFlags{}, openOptions{ours: true, readOnly: true}, func(h *house) error {
		signed, late := map[string]attendance.SignedIn{}, map[string]bool{}
		listed, closings := map[string]map[string]int{}, map[string][]domain.Recorded{}
		list := func(sheet string, entries ...attendance.Entry) {
			if listed[sheet] == nil {
				listed[sheet] = map[string]int{}
			}
			for _, e := range entries {
				listed[sheet][e.Event]++
			}
		}
		for after := eventstore.Before; ; {
			page, err := h.store.ReadAll(ctx, after, 2048)
			if err != nil {
				return err
			}
			if len(page.Records) == 0 {
				report.EventsAtTheEnd = int64(page.Last()) + 1
				break
			}
			for _, rec := range page.Records {
				if rec.Header.OccurredAt.Before(m.cutoff.Add(-24*time.Hour)) || !strings.HasPrefix(rec.Header.Type, "attendance.") && !strings.HasPrefix(rec.Header.Type, "sheet.") {
					continue
				}
				r, err := h.handler.Decode(rec)
				if err != nil {
					return err
				}
				switch e := r.Event.(type) {
				case attendance.SignedIn:
					if _, again := signed[e.Person]; again {
						report.Doubled++
					}
					if e.At.After(m.cutoff) {
						report.LateTaken++
					}
					signed[e.Person] = e
				case attendance.LateRefused:
					late[e.Person] = true
				case attendance.SignedListed:
					list(r.Stream, e.Signed...)
				case attendance.Supplemented:
					list(r.Stream, attendance.Entry(e))
				case attendance.Closed:
					if e.Session == "AM" {
						closings[r.Stream] = append(closings[r.Stream], r)
						list(r.Stream, e.Signed...)
					}
				}
			}
			after = page.Last()
		}
		for person, event := range m.taken {
			if signed[person].Event != event {
				report.Lost++
			}
		}
		for person := range m.late {
			if !late[person] {
				report.Lost++
			}
		}
		var took []time.Duration
		for _, o := range m.offices {
			sheet := attendance.SheetStream(commands.NewID, o.id, domain.DateOf(m.cutoff, m.cutoff.Location()), "AM")
			wrong := len(closings[sheet]) != 1
			for _, p := range o.people {
				if e, ok := signed[p]; ok && listed[sheet][e.Event] != 1 {
					wrong = true
				}
			}
			if wrong {
				report.SheetsWrong++
			}
			for _, r := range closings[sheet] {
				report.Sheets++
				took = append(took, r.RecordedAt.Sub(m.cutoff))
			}
		}
		slices.Sort(took)
		if len(took) > 0 {
			report.SheetP50, report.SheetP99, report.SheetLongest = ms(took[len(took)/2]), ms(took[len(took)*99/100]), ms(took[len(took)-1])
		}
		return nil
	})
}
