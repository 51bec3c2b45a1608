package commands

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"andu/domain"
	"andu/domain/attendance"
	"andu/domain/calendar"
	"andu/domain/leave"
	"andu/domain/org"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// SignIn is the asker's own sign-in. Which day it belongs to follows from when it was received.
func SignIn(ctx context.Context, h *Handler, cmd attendance.SignIn, req Request) (Result, error) {
	zone, err := h.zoneOf(ctx, req.Office)
	if err != nil {
		return Result{}, err
	}
	stream := attendance.StreamOf(NewID, req.Office, req.Actor.Person, domain.DateOf(req.Received, zone))
	return Handle(ctx, h, attendance.Context, stream, cmd, req)
}

func (h *Handler) zoneOf(ctx context.Context, office string) (*time.Location, error) {
	o, _, err := State(ctx, h, org.Context, office, org.Stream(office))
	if err != nil || !o.Exists() {
		return h.Zone, err
	}
	return time.LoadLocation(o.Zone())
}

// Batch is what a terminal recorded without the server, signed with the terminal's key.
type Batch struct {
	Terminal  string      `json:"terminal" minLength:"1" maxLength:"60"`
	Batch     string      `json:"batch" minLength:"1" maxLength:"60" doc:"the terminal's own id of the batch"`
	Marks     []BatchMark `json:"marks" minItems:"1" maxItems:"50"`
	Signature string      `json:"signature" maxLength:"100" doc:"Ed25519, base64, over the lines andu-batch, office, terminal, batch, and for each mark person, session and time, apart by tabs"`
}

// BatchMark is one sign-in of a batch.
type BatchMark struct {
	Person  string         `json:"person" minLength:"1" maxLength:"60"`
	Session string         `json:"session" required:"false" maxLength:"40"`
	At      domain.Instant `json:"at" doc:"by the terminal's clock"`
}

// Text is what the terminal signs.
func (b Batch) Text(office string) string {
	var t strings.Builder
	fmt.Fprintf(&t, "andu-batch\n%s\n%s\n%s\n", office, b.Terminal, b.Batch)
	for _, m := range b.Marks {
		at, _ := m.At.MarshalText()
		fmt.Fprintf(&t, "%s\t%s\t%s\n", m.Person, m.Session, at)
	}
	return t.String()
}

// ErrSignature means that a batch is not what the terminal signed.
var ErrSignature = domain.Rule(domain.Forbidden, "attendance-batch-signature",
	"批次的签名不符，未予接受。", "the batch is not what the terminal signed; nothing of it was taken").By("R30, att.offlineGraceHours")

// Taken is what became of one mark of a batch: the result, or why not.
type Taken struct {
	Result
	Err error
}

// Upload takes in a terminal's batch: each mark by itself, at the terminal's time with its measured drift taken off. The
// same batch again has no second effect, whoever brings it.
func Upload(ctx context.Context, h *Handler, b Batch, req Request) ([]Taken, error) {
	roll, _, err := State(ctx, h, attendance.Rolls, req.Office, attendance.RollStream(req.Office))
	if err != nil {
		return nil, err
	}
	terminal, ok := roll.Terminals[b.Terminal]
	if !ok || terminal.Withdrawn {
		return nil, attendance.ErrTerminal
	}
	key, err := hex.DecodeString(terminal.Key)
	signature, err2 := base64.StdEncoding.DecodeString(b.Signature)
	if err != nil || err2 != nil || len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, []byte(b.Text(req.Office)), signature) {
		return nil, ErrSignature
	}
	zone, err := h.zoneOf(ctx, req.Office)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(b.Text(req.Office)))
	taken := make([]Taken, len(b.Marks))
	for i, m := range b.Marks {
		at := domain.At(m.At.Add(-terminal.Drift))
		one := req
		one.Command = ID(req.Office, b.Terminal, "BATCH", b.Batch, fmt.Sprint(i))
		one.Fingerprint, one.Occurred, one.Clock, one.IfMatch = hex.EncodeToString(sum[:]), at.Time, "terminal", nil
		stream := attendance.StreamOf(NewID, req.Office, m.Person, domain.DateOf(at.Time, zone))
		cmd := attendance.Admit{Person: m.Person, Session: m.Session, At: at, Terminal: b.Terminal, Batch: b.Batch}
		taken[i].Result, taken[i].Err = Handle(ctx, h, attendance.Context, stream, cmd, one)
		if _, refused := isRefusal(taken[i].Err); taken[i].Err != nil && !refused {
			return taken, taken[i].Err
		}
	}
	return taken, nil
}

// CloseSheet collects a sheet. It lets every sign-in that is being decided come to its end, and puts down who has signed,
// page by page where one record does not hold them; one that was received in time and is not that far yet goes into a
// supplement, by the task that every sign-in opens. What dies between two pages has closed nothing and is gone on with.
func CloseSheet(ctx context.Context, h *Handler, stream string, req Request) (Result, error) {
	req = req.named()
	sheet, _, err := State(ctx, h, attendance.Sheets, req.Office, stream)
	if err != nil {
		return Result{}, err
	}
	var signed []attendance.Entry
	if sheet.ClosedAt.IsZero() {
		if signed, err = h.signed(ctx, req.Office, sheet); err != nil {
			return Result{}, err
		}
	}
	pages := slices.Collect(slices.Chunk(signed, attendance.SignedAPage))
	for len(pages) > 1 {
		page := attendance.ListSigned{Signed: pages[0]}
		if _, err := Handle(ctx, h, attendance.Sheets, stream, page, req.page(page.Signed[0].Event)); err != nil {
			return Result{}, err
		}
		pages = pages[1:]
	}
	cmd := attendance.Close{Signed: []attendance.Entry{}}
	if len(pages) > 0 {
		cmd.Signed = pages[0]
	}
	return Handle(ctx, h, attendance.Sheets, stream, cmd, req)
}

// named gives the request its command id, so that what comes before its command can be named after it.
func (r Request) named() Request {
	if r.Command == "" {
		r.Command = uuid.NewString()
	}
	return r
}

// page is the request for a page before the command, named after what the page begins with. The form that the asker saw is
// that of the command.
func (r Request) page(first string) Request {
	r.Command, r.IfMatch = NewID(r.Command, "page/"+first), nil
	return r
}

// signed lists who of those expected on a sheet has signed, and does not stand on one of its pages yet.
func (h *Handler) signed(ctx context.Context, office string, sheet attendance.Sheet) ([]attendance.Entry, error) {
	marks := make([]attendance.Mark, len(sheet.Expected))
	err := h.each(ctx, sheet.Expected, func(ctx context.Context, i int, person string) error {
		day, err := h.drained(ctx, office, attendance.StreamOf(NewID, office, person, sheet.Date))
		marks[i], _ = day.Mark(sheet.Session)
		return err
	})
	if err != nil {
		return nil, err
	}
	listed := map[attendance.Entry]bool{}
	for _, e := range sheet.Signed {
		listed[e] = true
	}
	var signed []attendance.Entry
	for i, person := range sheet.Expected {
		if e := (attendance.Entry{Person: person, Event: marks[i].Event}); e.Event != "" && !listed[e] {
			signed = append(signed, e)
		}
	}
	return signed, nil
}

// each does the same for every person, several at a time: what they wait for is mostly the log.
func (h *Handler) each(ctx context.Context, persons []string, do func(ctx context.Context, i int, person string) error) error {
	atOnce := 8
	if h.InOrder {
		atOnce = 1
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, person := range persons {
		group.Go(func() error { return do(ctx, i, person) })
	}
	return group.Wait()
}

// drained is a person's day after every command that stood in its queue.
func (h *Handler) drained(ctx context.Context, office, stream string) (attendance.Day, error) {
	leave, err := h.streams.queue(ctx, stream)
	if err != nil {
		return attendance.Day{}, err
	}
	leave()
	// What is found goes into an append of the sheet, which fails where another process has taken the lead meanwhile.
	head, err := h.head(ctx, stream, true)
	if err != nil || head.state == nil || head.office != office {
		return attendance.Day{}, err
	}
	return head.state.(attendance.Day), nil
}

// CompileMonth compiles and reports a month from the persons' days, page by page where one record does not hold the rows.
func CompileMonth(ctx context.Context, h *Handler, month string, req Request) (Result, error) {
	req = req.named()
	rows, err := h.tallies(ctx, req.Office, month)
	if err != nil {
		return Result{}, err
	}
	stream := attendance.RollStream(req.Office)
	cmd := attendance.Compile{Month: month, Rows: []attendance.Tally{}}
	pages := slices.Collect(slices.Chunk(rows, attendance.RowsAPage))
	for len(pages) > 1 {
		page := attendance.CountMonth{Month: month, Rows: pages[0]}
		digest, err := json.Marshal(page.Rows)
		if err != nil {
			return Result{}, err
		}
		if _, err := Handle(ctx, h, attendance.Rolls, stream, page, req.page(string(digest))); err != nil {
			return Result{}, err
		}
		pages = pages[1:]
	}
	if len(pages) > 0 {
		cmd.Rows = pages[0]
	}
	return Handle(ctx, h, attendance.Rolls, stream, cmd, req)
}

// CompileYear compiles a year from the persons' days, page by page where one record does not hold the rows.
func CompileYear(ctx context.Context, h *Handler, year int, req Request) (Result, error) {
	req = req.named()
	days, err := h.days(ctx, req.Office, fmt.Sprintf("%04d-", year))
	if err != nil {
		return Result{}, err
	}
	cmd := attendance.CompileYear{Year: year, Rows: []attendance.YearRow{}}
	for _, p := range slices.Sorted(maps.Keys(days)) {
		cmd.Rows = append(cmd.Rows, attendance.YearOf(p, days[p]))
	}
	stream := attendance.RollStream(req.Office)
	for len(cmd.Rows) > attendance.RowsAPage {
		page := attendance.CountYear{Year: year, Rows: cmd.Rows[:attendance.RowsAPage]}
		digest, err := json.Marshal(page.Rows)
		if err != nil {
			return Result{}, err
		}
		if _, err := Handle(ctx, h, attendance.Rolls, stream, page, req.page(string(digest))); err != nil {
			return Result{}, err
		}
		cmd.Rows = cmd.Rows[attendance.RowsAPage:]
	}
	return Handle(ctx, h, attendance.Rolls, stream, cmd, req)
}

// tallies counts every determined day of a month, by person.
func (h *Handler) tallies(ctx context.Context, office, month string) ([]attendance.Tally, error) {
	days, err := h.days(ctx, office, month+"-")
	if err != nil {
		return nil, err
	}
	rows := []attendance.Tally{}
	for _, p := range slices.Sorted(maps.Keys(days)) {
		t := attendance.Tally{Person: p}
		for _, d := range days[p] {
			if d.Determined() {
				t = t.Add(d.Found)
			}
		}
		rows = append(rows, t)
	}
	return rows, nil
}

// days are the days of everybody who was expected on one that begins with a text such as 2026-04-, by person, the first day first.
func (h *Handler) days(ctx context.Context, office, begins string) (map[string][]attendance.Day, error) {
	pages, err := h.pages(ctx, office)
	if err != nil {
		return nil, err
	}
	days := map[string][]attendance.Day{}
	for _, date := range slices.SortedFunc(maps.Keys(pages), domain.Date.Compare) {
		if !strings.HasPrefix(date.String(), begins) {
			continue
		}
		persons, err := h.expected(ctx, office, pages[date])
		if err != nil {
			return nil, err
		}
		of := make([]attendance.Day, len(persons))
		err = h.each(ctx, persons, func(ctx context.Context, i int, p string) (err error) {
			of[i], _, err = State(ctx, h, attendance.Context, office, attendance.StreamOf(NewID, office, p, date))
			return err
		})
		if err != nil {
			return nil, err
		}
		for i, p := range persons {
			of[i].Date = date // of one that nobody has touched yet, too
			days[p] = append(days[p], of[i])
		}
	}
	return days, nil
}

// pages are the days of the office's book that had sheets.
func (h *Handler) pages(ctx context.Context, office string) (map[domain.Date]attendance.DayTurned, error) {
	pages := map[domain.Date]attendance.DayTurned{}
	if _, revision, err := State(ctx, h, attendance.Rolls, office, attendance.RollStream(office)); err != nil || revision < 0 {
		return nil, err
	}
	history, err := h.History(ctx, office, attendance.RollStream(office))
	for _, r := range history {
		if e, ok := r.Event.(attendance.DayTurned); ok && len(e.Sheets) > 0 {
			pages[e.Date] = e
		}
	}
	return pages, err
}

// expected is who stands on the last sheet of a day.
func (h *Handler) expected(ctx context.Context, office string, page attendance.DayTurned) ([]string, error) {
	sheet, _, err := State(ctx, h, attendance.Sheets, office, page.Sheets[len(page.Sheets)-1])
	return sheet.Expected, err
}

// turnDay turns the book to the next day.
func turnDay(ctx context.Context, h *Handler, d Due) error {
	date, err := domain.ParseDate(d.Data["date"])
	if err != nil {
		return err
	}
	_, err = Handle(ctx, h, attendance.Rolls, d.Stream, attendance.TurnDay{Date: date}, d.request(h, "turn"))
	return err
}

// openSheet opens a sheet of the day.
func openSheet(ctx context.Context, h *Handler, d Due) error {
	date, err := domain.ParseDate(d.Data["date"])
	if err != nil {
		return err
	}
	_, err = Handle(ctx, h, attendance.Sheets, d.Stream, attendance.Open{Date: date, Session: d.Data["session"]}, d.request(h, "open"))
	if r, refused := isRefusal(err); refused && r.Code == attendance.ErrNoWork.Code { // the calendar has freed the day meanwhile
		return nil
	}
	return err
}

// closeSheet closes a sheet at its time.
func closeSheet(ctx context.Context, h *Handler, d Due) error {
	_, err := CloseSheet(ctx, h, d.Stream, d.request(h, "close"))
	return err
}

// enterMark brings a sign-in onto its sheet. It falls due when the sheet closes: whom the closing does not count goes into
// a supplement, and a day that was determined without him is determined anew.
func enterMark(ctx context.Context, h *Handler, d Due) error {
	person := d.Data["person"]
	date, err := domain.ParseDate(d.Data["date"])
	if err != nil {
		return err
	}
	entry := attendance.Supplement{Person: person, Event: d.Data["event"]}
	sheet, _, err := State(ctx, h, attendance.Sheets, d.Office, d.Stream)
	if err != nil {
		return err
	}
	if sheet.ClosedAt.IsZero() {
		if _, err := CloseSheet(ctx, h, d.Stream, d.request(h, "close")); err != nil {
			return err
		}
	}
	if !slices.Contains(sheet.Signed, attendance.Entry(entry)) {
		if _, err := Handle(ctx, h, attendance.Sheets, d.Stream, entry, d.request(h, "supplement")); err != nil {
			return err
		}
	}
	return h.determine(ctx, d, person, date, attendance.BySupplement)
}

// determine determines a person's day. What a rule of the day stands against is not asked again; a blank is, until the
// office fills it.
func (h *Handler) determine(ctx context.Context, d Due, person string, date domain.Date, cause attendance.Cause) error {
	stream := attendance.StreamOf(NewID, d.Office, person, date)
	_, err := Handle(ctx, h, attendance.Context, stream, attendance.Determine{Person: person, Date: date, Cause: cause}, d.request(h, "determine/"+stream))
	if err != nil {
		return fmt.Errorf("determine %s: %w", stream, err)
	}
	return nil
}

// determineDay determines everybody's day after its last sheet.
func determineDay(ctx context.Context, h *Handler, d Due) error {
	if _, err := CloseSheet(ctx, h, d.Stream, d.request(h, "close")); err != nil {
		return err
	}
	sheet, _, err := State(ctx, h, attendance.Sheets, d.Office, d.Stream)
	if err != nil {
		return err
	}
	err = h.each(ctx, sheet.Expected, func(ctx context.Context, _ int, p string) error { return h.determine(ctx, d, p, sheet.Date, "") })
	if err != nil {
		return err
	}
	_, err = Handle(ctx, h, attendance.Sheets, d.Stream, attendance.CloseDay{Persons: len(sheet.Expected)}, d.request(h, "end"))
	return err
}

// determineAwaited determines a day that waited for a cover to be decided (G5).
func determineAwaited(ctx context.Context, h *Handler, d Due) error {
	date, err := domain.ParseDate(d.Data["date"])
	if err != nil {
		return err
	}
	err = h.determine(ctx, d, d.Data["person"], date, attendance.ByLeave)
	if errors.Is(err, attendance.ErrPending) { // the phone-in lapses at the same time as this is due
		return fmt.Errorf("%w: %w", errNotYet, err)
	}
	return err
}

// reviewDays determines the days of a phoned leave anew whose papers came late and were accepted (G5).
func reviewDays(ctx context.Context, h *Handler, d Due) error {
	ledger, _, err := State(ctx, h, leave.Context, d.Office, d.Stream)
	if err != nil {
		return err
	}
	request := d.Data["request"]
	for _, date := range ledger.Span(request) {
		if err := h.determine(ctx, d, ledger.Person, date, attendance.ByLatePaper); err != nil {
			return err
		}
	}
	_, err = Handle(ctx, h, leave.Context, d.Stream, leave.CloseReview{Request: request}, d.request(h, "close"))
	return err
}

// compileMonth compiles a month that nobody has compiled by the office's day for it.
func compileMonth(ctx context.Context, h *Handler, d Due) error {
	_, err := CompileMonth(ctx, h, d.Data["month"], d.request(h, "compile"))
	return err
}

// recomputeDays determines anew the days that a change of the calendar between two versions has made other days (G6), and
// turns the book again where today is one of them.
func (h *Handler) recomputeDays(ctx context.Context, d Due, after, version int64) error {
	pages, err := h.pages(ctx, d.Office)
	if err != nil {
		return err
	}
	history, err := h.History(ctx, d.Office, calendar.Stream(d.Office))
	if err != nil {
		return err
	}
	var changed []domain.Date
	for _, r := range history {
		switch e := r.Event.(type) {
		case calendar.Amended:
			if after < e.Version && e.Version <= version {
				changed = append(changed, e.ChangedDays...)
			}
		case calendar.DayOverridden:
			if after < e.Version && e.Version <= version {
				changed = append(changed, e.Date)
			}
		}
	}
	roll, _, err := State(ctx, h, attendance.Rolls, d.Office, attendance.RollStream(d.Office))
	if err != nil {
		return err
	}
	for _, date := range changed {
		if date == roll.Today {
			if _, err := Handle(ctx, h, attendance.Rolls, attendance.RollStream(d.Office), attendance.TurnDay{Date: date}, d.request(h, "turn/"+date.String())); err != nil {
				return err
			}
		}
		page, ok := pages[date]
		if !ok {
			continue
		}
		persons, err := h.expected(ctx, d.Office, page)
		if err != nil {
			return err
		}
		err = h.each(ctx, persons, func(ctx context.Context, _ int, p string) error {
			return h.determine(ctx, d, p, date, attendance.ByCalendar)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
