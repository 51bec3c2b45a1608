// Package series shows the keeper the office's books and what became of each of their numbers (编号): given, registered or
// void, by whom, when and why; which are missing; and what was certified.
package series

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"andu/domain"
	"andu/domain/registers"
	"andu/projections"
)

//go:embed schema.sql
var schema string

// Projection is the books and their numbers.
var Projection = projections.Projection{Name: "series", Version: 1, Schema: schema, Tables: []string{"series", "number", "certificate"}, Apply: apply}

// Series is one book of one year.
type Series struct {
	Stream   string         `json:"stream"`
	Revision int64          `json:"revision"` // for If-Match
	Book     string         `json:"book"`
	Year     int            `json:"year"`
	Register string         `json:"register"`
	Pattern  string         `json:"pattern"`
	Start    int            `json:"start"`
	Last     int            `json:"last"` // Start-1: no number was given
	Opened   domain.Instant `json:"opened"`
	Closed   domain.Instant `json:"closed"` // zero: it gives numbers

	Registered int `json:"registered"`
	Void       int `json:"void"`
	Unfinished int `json:"unfinished"` // allotted, neither registered nor void
}

// Missing is how many of the series' numbers no event gave.
func (s Series) Missing() int { return s.Last - s.Start + 1 - s.Registered - s.Void - s.Unfinished }

// Number is one number of a series and what became of it.
type Number struct {
	N      int             `json:"n"`
	Text   string          `json:"text"`
	State  registers.State `json:"state"`
	Item   string          `json:"item"` // stream of the item; "" was spoiled without one
	By     string          `json:"by"`
	At     domain.Instant  `json:"at"`
	Reason string          `json:"reason"`
}

// Certificate is what a keeper certified; Revision is the event that says so.
type Certificate struct {
	registers.Report
	Revision  int64          `json:"revision"`
	SpeaksFor int64          `json:"speaks_for"` // last event of the series that it accounts for
	By        string         `json:"by"`
	At        domain.Instant `json:"at"`
}

var (
	seriesTable      = Projection.Table("series")
	numberTable      = Projection.Table("number")
	certificateTable = Projection.Table("certificate")
)

// List gives the office's series, the latest year first.
func List(ctx context.Context, db projections.Querier, office string) ([]Series, error) {
	return list(ctx, db, `s.office = $1`, office)
}

// Get gives one series of the office; domain.ErrNoStream when there is none.
func Get(ctx context.Context, db projections.Querier, office, stream string) (Series, error) {
	return one(list(ctx, db, `s.office = $1 and s.stream = $2`, office, stream))
}

// Find gives the series of a book and year; domain.ErrNoStream when there is none.
func Find(ctx context.Context, db projections.Querier, office, book string, year int) (Series, error) {
	return one(list(ctx, db, `s.office = $1 and s.book = $2 and s.year = $3`, office, book, year))
}

func one(found []Series, err error) (Series, error) {
	if err != nil {
		return Series{}, err
	}
	if len(found) == 0 {
		return Series{}, domain.ErrNoStream
	}
	return found[0], nil
}

func list(ctx context.Context, db projections.Querier, where string, args ...any) ([]Series, error) {
	rows, err := db.Query(ctx, `
		select s.stream, s.revision, s.book, s.year, s.register, s.pattern, s.start, s.last, s.opened_at, s.closed_at,
			count(*) filter (where n.state = 'registered'), count(*) filter (where n.state = 'void'), count(*) filter (where n.state = 'allotted')
		from `+seriesTable+` s left join `+numberTable+` n using (stream)
		where `+where+` group by s.stream order by s.year desc, s.book collate "zh-x-icu", s.stream`, args...)
	if err != nil {
		return nil, fmt.Errorf("list series: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s Series, err error) {
		err = row.Scan(&s.Stream, &s.Revision, &s.Book, &s.Year, &s.Register, &s.Pattern, &s.Start, &s.Last,
			projections.Into(&s.Opened), projections.Into(&s.Closed), &s.Registered, &s.Void, &s.Unfinished)
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("list series: %w", err)
	}
	return all, nil
}

// Numbers gives at most limit numbers of a series behind a number, in their order.
func Numbers(ctx context.Context, db projections.Querier, office, stream string, after, limit int) ([]Number, error) {
	rows, err := db.Query(ctx, `select n.n, n.text, n.state, n.item, n.by, n.at, n.reason
		from `+numberTable+` n join `+seriesTable+` s using (stream)
		where s.office = $1 and n.stream = $2 and n.n > $3 order by n.n limit $4`, office, stream, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list the numbers of %s: %w", stream, err)
	}
	numbers, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (n Number, err error) {
		err = row.Scan(&n.N, &n.Text, &n.State, &n.Item, &n.By, projections.Into(&n.At), &n.Reason)
		return n, err
	})
	if err != nil {
		return nil, fmt.Errorf("list the numbers of %s: %w", stream, err)
	}
	return numbers, nil
}

// Gaps accounts for every number of a series, as registers.Series.Gaps does from its events.
func Gaps(ctx context.Context, db projections.Querier, office, stream string) (registers.Report, error) {
	r := registers.Report{Void: []int{}, Unfinished: []int{}, Missing: []int{}}
	err := db.QueryRow(ctx, `
		select s.book, s.year, s.start, s.last, count(*) filter (where n.state = 'registered'),
			coalesce(array_agg(i order by i) filter (where n.state = 'void'), '{}'),
			coalesce(array_agg(i order by i) filter (where n.state = 'allotted'), '{}'),
			coalesce(array_agg(i order by i) filter (where n.n is null and i is not null), '{}')
		from `+seriesTable+` s left join generate_series(s.start, s.last) i on true left join `+numberTable+` n on n.stream = s.stream and n.n = i
		where s.office = $1 and s.stream = $2 group by s.stream`, office, stream).
		Scan(&r.Book, &r.Year, &r.First, &r.Last, &r.Registered, &r.Void, &r.Unfinished, &r.Missing)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, domain.ErrNoStream
	}
	if err != nil {
		return r, fmt.Errorf("account for the numbers of %s: %w", stream, err)
	}
	return r, nil
}

// Certificates gives the certificates of a series, the latest first.
func Certificates(ctx context.Context, db projections.Querier, office, stream string) ([]Certificate, error) {
	rows, err := db.Query(ctx, `select s.book, s.year, c.first, c.last, c.registered, c.void, c.unfinished, c.missing, c.revision, c.speaks_for, c.by, c.at
		from `+certificateTable+` c join `+seriesTable+` s using (stream)
		where s.office = $1 and c.stream = $2 order by c.revision desc`, office, stream)
	if err != nil {
		return nil, fmt.Errorf("list the certificates of %s: %w", stream, err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c Certificate, err error) {
		err = row.Scan(&c.Book, &c.Year, &c.First, &c.Last, &c.Registered, &c.Void, &c.Unfinished, &c.Missing,
			&c.Revision, &c.SpeaksFor, &c.By, projections.Into(&c.At))
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("list the certificates of %s: %w", stream, err)
	}
	return all, nil
}

// apply follows the streams of series. An erased reason leaves a number as it was given: which one is void is no longer known.
func apply(b *pgx.Batch, r domain.Recorded) error {
	if !strings.HasPrefix(r.Stream, registers.Context.Name+"-") {
		return nil
	}
	if r.Revision == 0 {
		e, _ := r.Event.(registers.SeriesOpened)
		b.Queue(`insert into series (stream, office, book, year, register, pattern, start, last, opened_at, prior, revision)
			values ($1, $2, $3, $4, $5, $6, $7, $7 - 1, $8, -1, 0)`,
			r.Stream, r.Office, e.Book, e.Year, e.Register, e.Pattern, e.Start, r.OccurredAt.Time)
	} else {
		b.Queue(`update series set prior = revision, revision = $2 where stream = $1`, r.Stream, r.Revision)
	}
	switch e := r.Event.(type) {
	case registers.NumberAllotted:
		b.Queue(`insert into number (stream, n, text, state, item, by, at, reason) values ($1, $2, $3, $4, $5, $6, $7, '')`,
			r.Stream, e.Number, e.Text, registers.Allotted, e.Item, e.By, e.At.Time)
		b.Queue(`update series set last = greatest(last, $2) where stream = $1`, r.Stream, e.Number)
	case registers.NumberTranscribed:
		b.Queue(`insert into number (stream, n, text, state, item, by, at, reason) values ($1, $2, $3, $4, $5, $6, $7, '')
			on conflict (stream, n) do update set text = excluded.text, state = excluded.state, item = excluded.item, by = excluded.by, at = excluded.at, reason = ''`,
			r.Stream, e.Number, e.Text, registers.Allotted, e.Item, e.By, e.At.Time)
		b.Queue(`update series set last = greatest(last, $2) where stream = $1`, r.Stream, e.Number)
	case registers.NumbersWithdrawn:
		if len(e.Numbers) == 0 { // erased
			break
		}
		b.Queue(`update number set state = $3, reason = $4, by = $5, at = $6 where stream = $1 and n = any ($2)`,
			r.Stream, e.Numbers, registers.Voided, e.Reason, e.By, e.At.Time)
		b.Queue(`delete from number where stream = $1 and n > $2`, r.Stream, e.Last)
		b.Queue(`update series set last = $2 where stream = $1`, r.Stream, e.Last)
	case registers.NumberRegistered:
		b.Queue(`update number set state = $3 where stream = $1 and n = $2`, r.Stream, e.Number, registers.Registered)
	case registers.NumberVoided:
		b.Queue(`update number set state = $3, reason = $4, by = $5, at = $6 where stream = $1 and n = $2`,
			r.Stream, e.Number, registers.Voided, e.Reason, e.By, e.At.Time)
	case registers.SeriesClosed:
		b.Queue(`update series set closed_at = $2 where stream = $1`, r.Stream, r.OccurredAt.Time)
	case registers.GapCertificateIssued:
		b.Queue(`insert into certificate (stream, revision, first, last, registered, void, unfinished, missing, speaks_for, by, at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, r.Stream, r.Revision, e.First, e.Last, e.Registered,
			projections.Array(e.Void), projections.Array(e.Unfinished), projections.Array(e.Missing), e.Revision, r.Actor.Person, r.OccurredAt.Time)
	}
	return nil
}
