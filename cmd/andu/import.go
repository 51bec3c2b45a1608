package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"andu/api"
	"andu/domain"
	"andu/domain/documents"
	"andu/projections/register"
)

type importCmd struct {
	Incoming importIncomingCmd `cmd:"" help:"Receive and register the papers of a register file (CSV)."`
	Holidays importHolidaysCmd `cmd:"" help:"Import yearly notices of days off and make-up days (JSON)."`
	Org      importOrgCmd      `cmd:"" help:"Enter units, posts, persons and appointments of a table (CSV, XLSX)."`
	Register importRegisterCmd `cmd:"" help:"Transcribe a register that was kept before, with its old numbers (CSV, XLSX)."`
	Leave    importLeaveCmd    `cmd:"" help:"Enter what each person has left of each sort of leave (CSV, XLSX)."`
	List     importListCmd     `cmd:"" help:"The tables that were brought in."`
	Withdraw importWithdrawCmd `cmd:"" help:"Take back everything that a wrong import wrote."`
}

// importIncomingCmd takes a register of incoming papers. A row is the same paper as another when organs, number, title
// and date agree after normalising; a repetition becomes one more copy of the paper. What is blank stays blank.
type importIncomingCmd struct {
	clientFlags
	File string `arg:"" help:"CSV with the columns issuing_organ, doc_number, title, doc_kind, issued_on, urgency, classification, source_level, party_or_state; others are annotations and are not kept." type:"existingfile"`
}

// rejectedRow says why a row was not taken.
type rejectedRow struct {
	Line   int    `json:"line"`
	Code   string `json:"code"`
	Reason string `json:"reason"`
}

type importResult struct {
	Rows       int           `json:"rows"`
	Received   int           `json:"received"`
	Registered int           `json:"registered"`
	Skipped    int           `json:"skipped"`
	Rejected   []rejectedRow `json:"rejected"`
}

var incomingColumns = []string{"issuing_organ", "doc_number", "title", "doc_kind", "issued_on", "urgency", "classification", "source_level", "party_or_state"}

// Run imports row by row through the API; exit 1 when a row was rejected. Running it again imports nothing.
func (c *importIncomingCmd) Run(ctx context.Context, g *globals) error {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) {
		return fmt.Errorf("%s is not UTF-8: save it as CSV UTF-8", c.File)
	}
	rows := csv.NewReader(bytes.NewReader(text))
	rows.FieldsPerRecord = -1
	head, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s is empty", c.File)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	column := map[string]int{}
	for i, name := range head {
		column[strings.TrimSpace(name)] = i
	}
	for _, name := range incomingColumns {
		if _, ok := column[name]; !ok {
			return fmt.Errorf("%s has no column %s", c.File, name)
		}
	}
	cl, err := g.connect(c.clientFlags)
	if err != nil {
		return err
	}
	res := importResult{Rejected: []rejectedRow{}}
	bar := g.progress(int64(bytes.Count(text, []byte("\n"))), "收文 incoming")
	var progress struct {
		Head string `json:"head"`
	}
	if _, err := cl.do(ctx, request{method: http.MethodGet, path: "/projections"}, &progress); err != nil {
		return err
	}
	papers := importer{cl: cl, seen: map[string]*imported{}, since: progress.Head}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := rows.FieldPos(0)
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			res.Rows++
			res.Rejected = append(res.Rejected, rejectedRow{bad.StartLine, "row-malformed", "该行不是完整的 CSV / the row is no well-formed CSV: " + bad.Err.Error()})
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
		res.Rows++
		_ = bar.Add(1) // a bar that cannot be drawn stops nothing
		outcome, err := papers.take(ctx, func(name string) string {
			if i := column[name]; i < len(row) {
				return strings.TrimSpace(row[i])
			}
			return ""
		})
		var refused *problemError
		switch {
		case errors.As(err, &refused):
			res.Rejected = append(res.Rejected, rejectedRow{line, refused.Code, refused.Detail + fieldTexts(refused)})
		case err != nil:
			return fmt.Errorf("line %d: %w", line, err)
		case outcome == rowSkipped:
			res.Skipped++
		default:
			res.Received++
			res.Registered++
		}
	}
	_ = bar.Finish()
	err = g.print(res, func(w *tabwriter.Writer) {
		fmt.Fprintf(w, "rows\t%d\nreceived\t%d\nregistered\t%d\nskipped\t%d\nrejected\t%d\n", res.Rows, res.Received, res.Registered, res.Skipped, len(res.Rejected))
		for _, r := range res.Rejected {
			fmt.Fprintf(w, "line %d\t%s\t%s\n", r.Line, r.Code, r.Reason)
		}
	})
	if err == nil && len(res.Rejected) > 0 {
		return errFinding
	}
	return err
}

func fieldTexts(p *problemError) string {
	var b strings.Builder
	for _, f := range p.Errors {
		fmt.Fprintf(&b, "; %s %s", f.Location, f.Message)
	}
	return b.String()
}

type rowOutcome int

const (
	rowTaken rowOutcome = iota
	rowSkipped
)

// imported is a paper that this run has met.
type imported struct {
	paper  documents.Paper
	stream string
	copies int // receipts of it in this run, the first included
	before bool
}

type importer struct {
	cl    *client
	seen  map[string]*imported
	since string // position that the register has to show: what earlier runs brought in
}

// take receives and registers one row, or counts it as one more copy of a paper that the file has named before, or
// leaves a paper alone that the register holds already.
func (im *importer) take(ctx context.Context, field func(string) string) (rowOutcome, error) {
	paper, err := paperOf(field)
	if err != nil {
		return rowTaken, err
	}
	key := paperKey(paper)
	if had, ok := im.seen[key]; ok {
		had.copies++
		return rowSkipped, im.another(ctx, had, key)
	}
	stream, err := im.find(ctx, paper)
	if err != nil {
		return rowSkipped, err
	}
	if stream != "" {
		im.seen[key] = &imported{paper: paper, stream: stream, copies: 1, before: true}
		return rowSkipped, nil
	}
	stream, err = im.receive(ctx, paper, key)
	if err != nil {
		return rowTaken, err
	}
	_, err = im.cl.do(ctx, request{method: http.MethodPost, path: "/documents/" + strings.TrimPrefix(stream, "document-") + "/registration", key: "import/" + key}, nil)
	if err != nil {
		return rowTaken, err
	}
	im.seen[key] = &imported{paper: paper, stream: stream, copies: 1}
	return rowTaken, nil
}

func (im *importer) receive(ctx context.Context, paper documents.Paper, key string) (string, error) {
	var out struct {
		Stream string `json:"stream"`
	}
	_, err := im.cl.do(ctx, request{method: http.MethodPost, path: "/documents", key: "import/" + key,
		body: documents.Receive{Arrival: documents.Arrival{Copies: 1}, Paper: paper}}, &out)
	return out.Stream, err
}

// another counts one more copy. When the paper stood in the register before this run, its copies tell whether an
// earlier run counted this one.
func (im *importer) another(ctx context.Context, had *imported, key string) error {
	if had.before {
		var entry register.Entry
		if _, err := im.cl.do(ctx, request{method: http.MethodGet, path: "/documents/" + strings.TrimPrefix(had.stream, "document-")}, &entry); err != nil {
			return err
		}
		if len(entry.Copies) >= had.copies {
			return nil
		}
	}
	nth := key + "/" + strconv.Itoa(had.copies)
	stream, err := im.receive(ctx, had.paper, nth)
	if err != nil {
		return err
	}
	_, err = im.cl.do(ctx, request{method: http.MethodPost, path: "/documents/" + strings.TrimPrefix(stream, "document-") + "/duplicates", key: "import/" + nth,
		body: documents.LinkDuplicate{First: had.stream}}, nil)
	return err
}

// find looks for the paper among those that the register holds.
func (im *importer) find(ctx context.Context, paper documents.Paper) (string, error) {
	words := []rune(paper.Title)
	if len(words) > 40 {
		words = words[:40]
	}
	for after := ""; ; {
		var page struct {
			Documents []register.Entry `json:"documents"`
			Next      string           `json:"next"`
		}
		q := url.Values{"q": {string(words)}, "limit": {"100"}, "sort": {"received"}}
		if after != "" {
			q.Set("after", after)
		}
		if _, err := im.cl.do(ctx, request{method: http.MethodGet, path: "/documents", query: q, atLeast: im.since}, &page); err != nil {
			return "", err
		}
		for _, e := range page.Documents {
			if e.First == "" && documents.SamePaper(paper, documents.Paper{SourceOrgans: e.Organs, Number: e.DocNumber, Title: e.Title, IssuedOn: e.IssuedOn}) {
				return e.Stream, nil
			}
		}
		if page.Next == "" {
			return "", nil
		}
		after = page.Next
	}
}

// paperOf reads a row. What the file leaves blank is marked as looked for and not stated; a date that cannot be read is
// no blank, so the row is rejected.
func paperOf(field func(string) string) (documents.Paper, error) {
	p := documents.Paper{Number: field("doc_number"), Title: field("title"), Kind: field("doc_kind"), Urgency: field("urgency"),
		Class: domain.Class(field("classification")), Level: field("source_level"), Line: field("party_or_state"), NotStated: []string{}}
	if organ := field("issuing_organ"); organ != "（未标明）" {
		for name := range strings.SplitSeq(organ, "、") {
			if name = strings.TrimSpace(name); name != "" {
				p.SourceOrgans = append(p.SourceOrgans, name)
			}
		}
	}
	var err error
	if p.IssuedOn, err = domain.ParseDate(field("issued_on")); err != nil {
		return p, &problemError{api.Problem{Code: "issued-on-invalid", Detail: "成文日期须为 YYYY-MM-DD / the date of the paper has to be YYYY-MM-DD"}}
	}
	for name, blank := range map[string]bool{"doc_number": p.Number == "", "issued_on": p.IssuedOn.IsZero(), "urgency": p.Urgency == "", "class": p.Class == "", "kind": p.Kind == ""} {
		if blank {
			p.NotStated = append(p.NotStated, name)
		}
	}
	slices.Sort(p.NotStated)
	return p, nil
}

// paperKey names a paper by what makes it the same: organs, number, title and date, normalised.
func paperKey(p documents.Paper) string {
	sum := sha256.Sum256([]byte(documents.Identity(p)))
	return hex.EncodeToString(sum[:16])
}

type importHolidaysCmd struct {
	clientFlags
	Files []string `arg:"" help:"Notices as JSON: year, papers, days with date, name and isOffDay (or off)." type:"existingfile"`
}

// Run imports the notices in their order; the same notice again changes nothing.
func (c *importHolidaysCmd) Run(ctx context.Context, g *globals) error {
	cl, err := g.connect(c.clientFlags)
	if err != nil {
		return err
	}
	type line struct {
		File   string   `json:"file"`
		Year   int      `json:"year"`
		Days   int      `json:"days"`
		Events []string `json:"events"`
	}
	var done []line
	for _, file := range c.Files {
		notice, err := readNotice(file)
		if err != nil {
			return err
		}
		var out struct {
			Events []struct {
				Type string `json:"type"`
			} `json:"events"`
		}
		if _, err := cl.do(ctx, request{method: http.MethodPost, path: "/calendar/notices", body: notice}, &out); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		l := line{File: file, Year: notice.Year, Days: len(notice.Days), Events: []string{}}
		for _, e := range out.Events {
			l.Events = append(l.Events, e.Type)
		}
		done = append(done, l)
	}
	return g.print(done, func(w *tabwriter.Writer) {
		for _, l := range done {
			what := "already known"
			if len(l.Events) > 0 {
				what = strings.Join(l.Events, ", ")
			}
			fmt.Fprintf(w, "%s\t%d\t%d days\t%s\n", l.File, l.Year, l.Days, what)
		}
	})
}

// noticeFile is a yearly notice in the two forms that are met: ours and the public one.
type noticeFile struct {
	Year   int      `json:"year"`
	Papers []string `json:"papers"`
	Days   []struct {
		Name     string `json:"name"`
		Date     string `json:"date"`
		Off      *bool  `json:"off"`
		IsOffDay *bool  `json:"isOffDay"`
	} `json:"days"`
}

// notice is the body of POST /calendar/notices.
type notice struct {
	Year   int         `json:"year"`
	Papers []string    `json:"papers"`
	Days   []noticeDay `json:"days"`
}

type noticeDay struct {
	Date string `json:"date"`
	Name string `json:"name"`
	Off  bool   `json:"off"`
}

func readNotice(file string) (notice, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return notice{}, err
	}
	var f noticeFile
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &f); err != nil {
		return notice{}, fmt.Errorf("%s: %w", file, err)
	}
	n := notice{Year: f.Year, Papers: append([]string{}, f.Papers...), Days: []noticeDay{}}
	for _, d := range f.Days {
		off := d.Off
		if off == nil {
			off = d.IsOffDay
		}
		if off == nil {
			return notice{}, fmt.Errorf("%s: %s says neither off nor isOffDay", file, d.Date)
		}
		n.Days = append(n.Days, noticeDay{Date: d.Date, Name: d.Name, Off: *off})
	}
	return n, nil
}
