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
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"andu/api/accounts"
	"andu/cmd/andu/demo"
	"andu/commands"
	"andu/domain"
	"andu/domain/attendance"
	"andu/domain/org"
	"andu/domain/persons"
	"andu/presets"
	"andu/projections/timesheet"

	"golang.org/x/sync/errgroup"
)

// TestMorning is the morning of an office in small: everybody signs in through the door of a real server, most of them
// in the last moments before the cut-off, some twice, a few too late, and some at terminals that were cut off and bring
// their records after the sheet was collected. Nothing that was acknowledged is lost or doubled, nobody is taken late, and
// the sheet, its supplements and the read models are what the log says. ANDU_MORNING is the number of persons; from 1000 on
// the last two minutes are lived at their own pace.
func TestMorning(t *testing.T) {
	size, window, rush := 250, 3*time.Second, time.Second
	if n, err := strconv.Atoi(os.Getenv("ANDU_MORNING")); err == nil {
		size = max(n, 100)
	}
	if size >= 1000 {
		window, rush = 2*time.Minute, 20*time.Second
	}
	o := newBigOffice(t, size)
	cutoff := o.at("08:15:00")
	s, ahead := o.serve(cutoff.Add(-window - o.startUp()))
	m := newMorning(o, cutoff)
	m.url.Store(s.url)

	// Who is at a terminal without a server, who comes too late, who presses twice.
	r := rand.New(rand.NewPCG(8, 15))
	staff := slices.Clone(o.clerks)
	r.Shuffle(len(staff), func(i, j int) { staff[i], staff[j] = staff[j], staff[i] })
	const batches = 20
	inBatch := min(50, size/100)
	late, offline, online := staff[:max(2, size/200)], staff[max(2, size/200):][:batches*inBatch], staff[max(2, size/200)+batches*inBatch:]

	var people errgroup.Group
	for _, p := range online {
		before := time.Duration(r.Int64N(int64(window)))
		if r.IntN(10) < 6 {
			before = time.Duration(r.Int64N(int64(rush)))
		}
		before += 50 * time.Millisecond
		twice, anew := r.IntN(100) == 0, r.IntN(100) == 0
		people.Go(func() error {
			time.Sleep(time.Until(cutoff.Add(-before - ahead))) // a person comes when he comes
			key := "morning"
			if err := m.signIn(p, key); err != nil {
				return err
			}
			if anew {
				key = "once more"
			}
			if twice || anew {
				return m.signIn(p, key)
			}
			return nil
		})
	}
	for _, p := range late {
		people.Go(func() error {
			time.Sleep(time.Until(cutoff.Add(300*time.Millisecond - ahead))) // who is late comes after the cut-off
			return m.signIn(p, "late")
		})
	}
	if err := people.Wait(); err != nil {
		t.Fatal(err)
	}
	closed := m.sheet(t, func(s timesheet.Sheet) bool { return !s.ClosedAt.IsZero() })
	closing := time.Now().Add(ahead).Sub(cutoff)

	// The terminals are back. Each batch brings somebody too who has signed at the door already, and some are brought twice.
	for i := range batches {
		b := commands.Batch{Terminal: o.terminal, Batch: strconv.Itoa(i)}
		for _, p := range append(slices.Clone(offline[i*inBatch:(i+1)*inBatch-1]), online[i]) {
			b.Marks = append(b.Marks, commands.BatchMark{Person: p.ID, Session: "AM", At: domain.At(cutoff.Add(-time.Duration(1+r.IntN(600)) * time.Second))})
		}
		b.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(o.key, []byte(b.Text(o.ID))))
		for range 1 + i%2 {
			if err := m.bring(b); err != nil {
				t.Fatal(err)
			}
		}
	}
	brought := batches * (inBatch - 1)
	full := m.complete(t)
	supplemented := time.Now().Add(ahead).Sub(cutoff)
	if said := s.stop(); said != "" {
		t.Errorf("the operator was told:\n%s", said)
	}

	// The afternoon: the last sheet is collected, and every day is determined.
	s, ahead = o.serve(o.at("14:45:01"))
	m.url.Store(s.url)
	began := time.Now()
	var determined []timesheet.Sheet
	for len(determined) < 2 || determined[0].Open > 0 {
		determined = m.sheets(t)
		if time.Since(began) > 3*time.Minute {
			t.Fatalf("%d of the morning are not determined", determined[0].Open)
		}
	}
	took := time.Since(began)
	s.stop()

	log := records(t, storeFlags{}, o.dir)
	for _, fault := range faults(log, m.acknowledged) {
		t.Error(fault)
	}
	book := m.readBook(log)
	for _, fault := range book.compare(m, full) {
		t.Error(fault)
	}
	if want := len(online) - len(m.refusedEarly); len(m.taken) != want || len(m.lateOnes) != len(late)+len(m.refusedEarly) || len(book.supplemented) < brought {
		t.Errorf("%d taken of %d, %d refused of %d, %d supplements of %d", len(m.taken), want, len(m.lateOnes), len(late), len(book.supplemented), brought)
	}
	if n := len(book.determined); n != len(closed.Lines) {
		t.Errorf("%d days were determined, want %d", n, len(closed.Lines))
	}
	for person, n := range book.determined {
		if n != 1 {
			t.Errorf("the day of %s was determined %d times", person, n)
		}
	}
	var rebuilt []rebuiltView
	if err := json.Unmarshal([]byte(runs(t, exitClean, "projections", "rebuild", "--json", "--data-dir", o.dir)), &rebuilt); err != nil {
		t.Fatal(err)
	}
	for _, v := range rebuilt {
		if !v.Equal {
			t.Errorf("read model %s is not what a fresh one is: %+v", v.Name, v)
		}
	}
	slices.Sort(m.took)
	t.Logf("%d persons: %d taken, %d refused too late, 0 lost, 0 doubled; %d repeated, %d asked again without an answer; p50 %s, p99 %s, longest %s; at most %d in a second; "+
		"sheet closed %s after the cut-off with %d, supplements %d complete after %s; %d days determined %s after the server's start; %d events",
		len(closed.Lines), len(m.taken), len(m.lateOnes), m.again, m.unanswered.Load(), m.took[len(m.took)/2].Round(10*time.Microsecond), m.took[len(m.took)*99/100].Round(10*time.Microsecond),
		m.took[len(m.took)-1].Round(10*time.Microsecond), m.busiest(), closing.Round(time.Millisecond), len(book.closed), len(book.supplemented), supplemented.Round(time.Millisecond),
		len(book.determined), took.Round(time.Millisecond), len(log))

	t.Run("the check sees what is lost, doubled, taken late and closed twice", func(t *testing.T) {
		var signed, shut, added int
		for i, r := range log {
			switch r.Event.(type) {
			case attendance.SignedIn:
				signed = i
			case attendance.Closed:
				if r.Stream == o.stream(m.date, "AM") {
					shut = i
				}
			case attendance.Supplemented:
				added = i
			}
		}
		event := log[signed].Event.(attendance.SignedIn)
		event.At = domain.At(event.Closes.Add(time.Microsecond))
		tooLate := slices.Clone(log)
		tooLate[signed].Event = event
		for want, planted := range map[string][]domain.Recorded{
			"is on no sheet":      slices.Delete(slices.Clone(log), added, added+1),
			"is not in the log":   slices.Delete(slices.Clone(log), signed, signed+1),
			"signed 2 times":      slices.Insert(slices.Clone(log), signed, log[signed]),
			"was closed 2 times":  slices.Insert(slices.Clone(log), shut, log[shut]),
			"after the cut-off":   tooLate,
			"the read model says": slices.Insert(slices.Clone(log), added+1, domain.Recorded{Header: log[added].Header, Event: attendance.Supplemented{Person: "p", Event: "e"}}),
		} {
			if found := strings.Join(m.readBook(planted).compare(m, full), "\n"); !strings.Contains(found, want) {
				t.Errorf("a log with a planted fault (%s) passes: %q", want, found)
			}
		}
	})
}

// bigOffice is the county office with as many clerks as a test wants, on the eve of a working day with its sign-in book begun.
type bigOffice struct {
	demo.Office
	t        *testing.T
	dir      string
	clerks   []clerk
	keeper   clerk
	terminal string
	key      ed25519.PrivateKey
}

type clerk struct {
	demo.Person
	token accounts.Token
}

// newBigOffice sets the office up by commands, and signs everybody in to the system.
func newBigOffice(t *testing.T, size int) *bigOffice {
	t.Helper()
	o := &bigOffice{Office: demo.County(), t: t, dir: dataDir(t), terminal: "door"}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	g := &globals{DataDir: o.dir, out: io.Discard, err: io.Discard, logger: slog.New(slog.DiscardHandler), now: time.Now}
	must(g.withHouse(t.Context(), storeFlags{}, openOptions{migrate: true, ours: true, newLog: true}, func(h *house) error {
		clock := demo.NewClock(time.Date(2017, 12, 20, 9, 0, 0, 0, h.handler.Zone))
		must(h.openLog(t.Context(), g, clock.Now, "simulated"))
		past := h.handler
		past.Running = demo.NoneRunning
		must(h.begin(t.Context(), true))
		staff, err := demo.SetUp(t.Context(), past, o.Office, "morning", demo.WithSupplement)
		must(err)
		clock.Set(time.Date(2018, 1, 2, 9, 0, 0, 0, past.Zone))
		must(demo.Notices(t.Context(), past, staff, "morning", presets.Notices()...))
		clock.Set(time.Date(2026, 4, 14, 9, 0, 0, 0, past.Zone))

		ask := func(by int, post string) commands.Request {
			return commands.Request{Office: o.ID, Actor: domain.Actor{Person: staff.Persons[by].ID, Post: post}}
		}
		sysadmin, secadmin := ask(0, org.SystemAdministrator), ask(1, org.SecurityAdministrator)
		const post = "logistics-clerk"
		for i := len(staff.Persons) - 3; i < size; i++ {
			p := demo.Person{ID: commands.NewID("morning", strconv.Itoa(i)), Name: "科员" + strconv.Itoa(i), Login: "clerk" + strconv.Itoa(i), Post: post}
			staff.Persons = append(staff.Persons, p)
			_, err := commands.Handle(t.Context(), past, persons.Context, persons.Stream(p.ID), persons.Register{Person: p.ID, Name: p.Name, SortKey: "ke yuan", Employee: p.Login}, sysadmin)
			must(err)
			_, err = commands.Handle(t.Context(), past, org.Context, org.Stream(o.ID), org.Join{Person: p.ID, Unit: "logistics"}, sysadmin)
			must(err)
			_, err = commands.Handle(t.Context(), past, org.Context, org.Stream(o.ID), org.Fill{Post: post, Person: p.ID, By: "县政府办公室", Document: "任免〔2026〕1号"}, secadmin)
			must(err)
		}
		public, private, err := ed25519.GenerateKey(nil)
		must(err)
		o.key = private
		roll := attendance.RollStream(o.ID)
		_, err = commands.Handle(t.Context(), past, attendance.Rolls, roll, attendance.Begin{From: domain.Date{Year: 2026, Month: 4, Day: 15}}, sysadmin)
		must(err)
		_, err = commands.Handle(t.Context(), past, attendance.Rolls, roll, attendance.RegisterTerminal{Terminal: o.terminal, Key: hex.EncodeToString(public), Place: "大门"}, secadmin)
		must(err)

		// What a password costs is no matter of the morning.
		h.accounts = accounts.Open(h.pool, accounts.Config{Now: time.Now, Memory: 64, Passes: 1})
		must(h.demoAccounts(t.Context(), staff))
		for _, p := range staff.Persons[3:] {
			token, _, err := h.accounts.SignIn(t.Context(), p.Login, demo.Password, accounts.Client{IP: "127.0.0.1"})
			must(err)
			must(h.accounts.ActAs(t.Context(), token, p.Post, ""))
			c := clerk{p, token}
			if p.Post == "sheet-keeper" {
				o.keeper = c
			}
			o.clerks = append(o.clerks, c)
		}
		return nil
	}))
	return o
}

// at is a time of the day on which the book begins.
func (o *bigOffice) at(clock string) time.Time { return o.on(0, clock) }

// on is a time of a working day, counted from the day on which the book begins; before it, of any day.
func (o *bigOffice) on(workingDay int, clock string) time.Time {
	o.t.Helper()
	zone, err := time.LoadLocation(zone)
	if err != nil {
		o.t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04:05", "2026-04-15 "+clock, zone)
	if err != nil {
		o.t.Fatal(err)
	}
	if workingDay < 0 {
		return at.AddDate(0, 0, workingDay)
	}
	for rest := []string{"2026-05-01", "2026-05-04", "2026-05-05"}; workingDay > 0; { // Labour Day
		at = at.AddDate(0, 0, 1)
		if day := at.Weekday(); day != time.Saturday && day != time.Sunday && !slices.Contains(rest, at.Format(time.DateOnly)) {
			workingDay--
		}
	}
	return at
}

// serve starts a server whose clock shows that time now.
func (o *bigOffice) serve(now time.Time) (*served, time.Duration) {
	o.t.Helper()
	ahead := time.Until(now)
	return serveAhead(o.t, ahead, "--demo", "--data-dir", o.dir), ahead
}

// startUp is how long before a time a server is to be started, so that it is there in time on a machine as busy as this.
func (o *bigOffice) startUp() time.Duration {
	o.t.Helper()
	began := time.Now()
	s, _ := o.serve(o.on(-1, "12:00:00"))
	took := time.Since(began)
	s.stop()
	return 2*took + time.Second
}

func (o *bigOffice) stream(date domain.Date, session string) string {
	return attendance.SheetStream(commands.NewID, o.ID, date, session)
}

// morning is what the clients saw of one day.
type morning struct {
	office *bigOffice
	date   domain.Date
	url    atomic.Value // of the server that runs
	client *http.Client

	mu           sync.Mutex
	acknowledged []acknowledged    // mu
	taken        map[string]string // event by person; mu
	lateOnes     map[string]bool   // refused as too late, by person; mu
	refusedEarly map[string]bool   // of these, whom the server received too late though he had come in time; mu
	admitted     map[string]string // event by person, of batches; mu
	took         []time.Duration   // mu
	seconds      map[int64]int     // taken in that second; mu
	again        int               // mu
	unanswered   atomic.Int64      // requests that were asked again
}

func newMorning(o *bigOffice, at time.Time) *morning {
	return &morning{office: o, date: domain.DateOf(at, at.Location()), taken: map[string]string{}, lateOnes: map[string]bool{}, refusedEarly: map[string]bool{},
		admitted: map[string]string{}, seconds: map[int64]int{},
		client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConns: 512, MaxIdleConnsPerHost: 512}}}
}

// signIn asks until there is an answer, as a client does whose connection fails.
func (m *morning) signIn(p clerk, key string) error {
	asked := time.Now()
	for try := 0; ; try++ {
		status, out, err := m.do(http.MethodPost, "/attendance/marks", p.token, "Idempotency-Key", key, attendance.SignIn{Session: "AM", Method: "web"})
		if err != nil || status >= 500 {
			if try == 50 {
				return fmt.Errorf("%s: %d %s: %w", p.Login, status, out, err)
			}
			m.unanswered.Add(1)
			time.Sleep(time.Duration(100+rand.IntN(400)) * time.Millisecond) // a person tries again
			continue
		}
		return m.told(p, key, status, out, time.Since(asked))
	}
}

func (m *morning) told(p clerk, key string, status int, out []byte, took time.Duration) error {
	var a answer
	if err := json.Unmarshal(out, &a); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.took = append(m.took, took)
	switch {
	case status == http.StatusConflict && a.Code == attendance.ErrLate.Code:
		m.lateOnes[p.ID] = true
		if key != "late" {
			m.refusedEarly[p.ID] = true
		}
		return nil
	case status/100 != 2:
		return fmt.Errorf("%s: %d %s", p.Login, status, out)
	}
	told := acknowledged{path: "/attendance/marks", command: commands.ID(m.office.ID, p.ID, http.MethodPost, "/attendance/marks", key)}
	for _, e := range a.Events {
		told.events = append(told.events, e.ID)
	}
	m.acknowledged = append(m.acknowledged, told)
	switch {
	case len(a.Events) == 1 && m.taken[p.ID] == "":
		m.taken[p.ID] = a.Events[0].ID
		m.seconds[time.Now().Unix()]++
	case len(a.Events) == 1 && m.taken[p.ID] != a.Events[0].ID:
		return fmt.Errorf("%s was taken twice: %s and %s", p.Login, m.taken[p.ID], a.Events[0].ID)
	default:
		m.again++
	}
	return nil
}

func (m *morning) busiest() (most int) {
	for _, n := range m.seconds {
		most = max(most, n)
	}
	return most
}

// bring brings a batch in, as the keeper does.
func (m *morning) bring(b commands.Batch) error {
	status, out, err := m.do(http.MethodPost, "/attendance/batches", m.office.keeper.token, "", "", b)
	if err != nil || status != http.StatusOK {
		return fmt.Errorf("batch %s: %d %s: %w", b.Batch, status, out, err)
	}
	var answer struct {
		Marks []struct {
			Taken  bool
			Code   string
			Events []struct{ ID, Type string }
		}
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return err
	}
	for i, mark := range answer.Marks {
		person := b.Marks[i].Person
		switch {
		case !mark.Taken:
			return fmt.Errorf("batch %s: %s was refused: %s", b.Batch, person, mark.Code)
		case len(mark.Events) > 0 && m.taken[person] != "":
			return fmt.Errorf("batch %s: %s had signed, and was taken again", b.Batch, person)
		case len(mark.Events) > 0 && m.admitted[person] != "" && m.admitted[person] != mark.Events[0].ID:
			return fmt.Errorf("batch %s: %s was admitted twice", b.Batch, person)
		case len(mark.Events) > 0:
			m.admitted[person] = mark.Events[0].ID
		}
	}
	return nil
}

// sheet waits until the morning's sheet is so.
func (m *morning) sheet(t *testing.T, so func(timesheet.Sheet) bool) timesheet.Sheet {
	t.Helper()
	for began := time.Now(); ; {
		sheets := m.sheets(t)
		if len(sheets) > 0 && so(sheets[0]) {
			return sheets[0]
		}
		if time.Since(began) > time.Minute {
			t.Fatalf("the sheet stays as it is: %+v", sheets)
		}
	}
}

// complete waits until everybody who was told that he is in stands on the sheet, and the read model shows it.
func (m *morning) complete(t *testing.T) timesheet.Sheet {
	t.Helper()
	var events struct {
		Events []struct {
			Type string
			Data struct{ Signed []attendance.Entry }
		}
	}
	stands, supplements := 0, 0
	for began := time.Now(); stands < len(m.taken)+len(m.admitted); {
		if time.Since(began) > time.Minute {
			t.Fatalf("%d stand on the sheet, %d and %d were told so", stands, len(m.taken), len(m.admitted))
		}
		status, out, err := m.do(http.MethodGet, "/timelines/"+m.office.stream(m.date, "AM"), m.office.keeper.token, "", "", nil)
		if err == nil {
			err = json.Unmarshal(out, &events)
		}
		if err != nil || status != http.StatusOK {
			t.Fatalf("%d %s: %v", status, out, err)
		}
		stands, supplements = 0, 0
		for _, e := range events.Events {
			stands += len(e.Data.Signed)
			if e.Type == "sheet.supplemented" {
				supplements++
			}
		}
		stands += supplements
	}
	return m.sheet(t, func(s timesheet.Sheet) bool { return s.Supplements == supplements })
}

func (m *morning) sheets(t *testing.T) []timesheet.Sheet {
	t.Helper()
	var list struct{ Sheets []timesheet.Sheet }
	status, out, err := m.do(http.MethodGet, "/attendance/sheets?date="+m.date.String(), m.office.keeper.token, "", "", nil)
	if err == nil && status == http.StatusOK {
		err = json.Unmarshal(out, &list)
	}
	if err != nil || status != http.StatusOK {
		t.Fatalf("%d %s: %v", status, out, err)
	}
	return list.Sheets
}

func (m *morning) do(method, path string, token accounts.Token, header, value string, body any) (int, []byte, error) {
	var text io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		text = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, m.url.Load().(string)+path, text)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+string(token))
	if header != "" {
		req.Header.Set(header, value)
	}
	res, err := m.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	out, err := io.ReadAll(res.Body)
	return res.StatusCode, out, errors.Join(err, res.Body.Close())
}

// book is the morning of a day as the log tells it.
type book struct {
	signed       map[string][]attendance.SignedIn // by person
	late         map[string]bool
	closings     []domain.Recorded
	closed       map[attendance.Entry]bool // on the sheet when it was collected
	supplemented map[attendance.Entry]bool
	determined   map[string]int
}

func (m *morning) readBook(log []domain.Recorded) *book {
	sheet := m.office.stream(m.date, "AM")
	b := &book{signed: map[string][]attendance.SignedIn{}, late: map[string]bool{}, closed: map[attendance.Entry]bool{}, supplemented: map[attendance.Entry]bool{}, determined: map[string]int{}}
	list := func(entries []attendance.Entry) {
		for _, e := range entries {
			b.closed[e] = true
		}
	}
	for _, r := range log {
		switch e := r.Event.(type) {
		case attendance.SignedIn:
			if e.Sheet == sheet {
				b.signed[e.Person] = append(b.signed[e.Person], e)
			}
		case attendance.LateRefused:
			b.late[e.Person] = b.late[e.Person] || e.Date == m.date
		case attendance.Determined:
			b.determined[e.Person]++
		}
		if r.Stream != sheet {
			continue
		}
		switch e := r.Event.(type) {
		case attendance.SignedListed:
			list(e.Signed)
		case attendance.Closed:
			b.closings = append(b.closings, r)
			list(e.Signed)
		case attendance.Supplemented:
			b.supplemented[attendance.Entry(e)] = true
		}
	}
	return b
}

// compare says where the log is not what the clients were told, and where the sheet is not what the log says.
func (b *book) compare(m *morning, shown timesheet.Sheet) (found []string) {
	fault := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	if len(b.closings) != 1 {
		fault("the sheet was closed %d times", len(b.closings))
	}
	for _, r := range b.closings {
		if e := r.Event.(attendance.Closed); e.At != e.Cutoff || r.OccurredAt != e.Cutoff {
			fault("the sheet was closed at %s and says %s; the cut-off was at %s", r.OccurredAt, e.At, e.Cutoff)
		}
	}
	for _, told := range []map[string]string{m.taken, m.admitted} {
		for person, event := range told {
			if !slices.ContainsFunc(b.signed[person], func(e attendance.SignedIn) bool { return e.Event == event }) {
				fault("the sign-in of %s was acknowledged and is not in the log", person)
			}
		}
	}
	for person := range m.lateOnes {
		if !b.late[person] || len(b.signed[person]) > 0 && m.taken[person] == "" && m.admitted[person] == "" {
			fault("%s was refused; the log says otherwise", person)
		}
	}
	for person, marks := range b.signed {
		if len(marks) != 1 {
			fault("%s signed %d times", person, len(marks))
		}
		e := marks[0]
		if e.At.After(e.Closes.Time) {
			fault("%s was taken after the cut-off: %s", person, e.At)
		}
		entry := attendance.Entry{Person: person, Event: e.Event}
		if b.closed[entry] == b.supplemented[entry] {
			fault("the sign-in of %s is on no sheet, or twice on it", person)
		}
	}
	if len(b.closed)+len(b.supplemented) != len(b.signed) || shown.Signed != len(b.signed) || shown.Supplements != len(b.supplemented) {
		fault("%d on the sheet and %d supplements of %d sign-ins; the read model says %d, %d of them supplements",
			len(b.closed), len(b.supplemented), len(b.signed), shown.Signed, shown.Supplements)
	}
	return found
}
