// Package slips is where every paper that goes round is (传阅看板): with whom and since when, who reads next, who has signed.
// What a reader wrote is on the slip alone.
package slips

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"

	"andu/domain"
	"andu/domain/circulation"
	"andu/projections"
)

//go:embed schema.sql
var schema string

// Projection is every slip of all offices.
var Projection = projections.Projection{Name: "slips", Version: 1, Schema: schema, Tables: []string{"slip", "reader"}, Apply: apply}

// Slip is one circulation with its readers in their order.
type Slip struct {
	Stream   string         `json:"stream"`
	Document string         `json:"document"`
	Copy     string         `json:"copy"`
	Class    domain.Class   `json:"class"`
	State    string         `json:"state"`
	Started  domain.Instant `json:"started"`
	Readers  []Reader       `json:"readers"`
}

// States of a Slip.
const (
	Open      = "open"
	Completed = "completed"
	Stopped   = "stopped"
	Returned  = "returned"
	Counted   = "counted"
)

// Reader is one line of a slip.
type Reader struct {
	Person string            `json:"person"`
	State  circulation.State `json:"state"`
	Since  domain.Instant    `json:"since"` // zero: the paper has not come yet
	Due    domain.Instant    `json:"due"`
}

// Has tells whether the paper is with the reader.
func (r Reader) Has() bool { return r.State == circulation.Delivered || r.State == circulation.Opened }

// Filter says which slips are wanted.
type Filter struct {
	Office string
	With   string // a person with whom the paper is; "": everybody
	Going  bool   // only what is not back yet
	Late   bool   // only what a reader has kept too long at Now
	Now    domain.Instant
}

// List gives at most limit slips behind the first so many: whose time ends first on top, then the latest begun.
func List(ctx context.Context, db projections.Querier, f Filter, skip, limit int) ([]Slip, error) {
	slip, reader := Projection.Table("slip"), Projection.Table("reader")
	const has = `r.state in ('delivered', 'opened')`
	rows, err := db.Query(ctx, `select s.stream, s.document, s.copy, s.class, s.state, s.started,
			(select min(r.due) from `+reader+` r where r.stream = s.stream and `+has+`) as first
		from `+slip+` s where s.office = $1 and (not $2 or s.state in ('open', 'completed', 'stopped'))
			and ($3 = '' or exists (select 1 from `+reader+` r where r.stream = s.stream and r.person = $3 and `+has+`))
			and (not $4 or exists (select 1 from `+reader+` r where r.stream = s.stream and `+has+` and r.due <= $5 and s.state = 'open'))
		order by s.state <> 'open', first nulls last, s.started desc, s.stream offset $6 limit $7`,
		f.Office, f.Going, f.With, f.Late, f.Now.Time, skip, limit)
	if err != nil {
		return nil, fmt.Errorf("list slips: %w", err)
	}
	at, streams := map[string]int{}, []string{}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s Slip, err error) {
		var first domain.Instant
		err = row.Scan(&s.Stream, &s.Document, &s.Copy, &s.Class, &s.State, projections.Into(&s.Started), projections.Into(&first))
		at[s.Stream] = len(streams)
		streams = append(streams, s.Stream)
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("list slips: %w", err)
	}
	rows, err = db.Query(ctx, `select stream, person, state, since, due from `+reader+` where stream = any ($1) order by stream, n`, streams)
	if err != nil {
		return nil, fmt.Errorf("list readers: %w", err)
	}
	var stream string
	var r Reader
	_, err = pgx.ForEachRow(rows, []any{&stream, &r.Person, &r.State, projections.Into(&r.Since), projections.Into(&r.Due)}, func() error {
		list[at[stream]].Readers = append(list[at[stream]].Readers, r)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list readers: %w", err)
	}
	return projections.Array(list), nil
}

// apply follows the slips. What was erased moves the row on and tells nothing.
func apply(b *pgx.Batch, r domain.Recorded) error {
	if domain.ContextOf(r.Stream) != circulation.Context.Name {
		return nil
	}
	if r.Revision == 0 {
		e, _ := r.Event.(circulation.Started)
		b.Queue(`insert into slip (stream, office, document, copy, class, state, started, prior, revision) values ($1, $2, $3, $4, $5, 'open', $6, -1, 0)`,
			r.Stream, r.Office, e.Document, e.Copy, string(e.Class), r.OccurredAt.Time)
		for _, p := range e.Readers {
			add(b, r.Stream, p)
		}
		return nil
	}
	b.Queue(`update slip set prior = revision, revision = $2 where stream = $1`, r.Stream, r.Revision)
	if r.Erased {
		return nil
	}
	moved := func(person string, to circulation.State, due domain.Instant) {
		b.Queue(`update reader set state = $3, since = $4, due = $5 where stream = $1 and person = $2`, r.Stream, person, string(to), r.OccurredAt.Time, projections.Instant(due))
	}
	state := func(to string) { b.Queue(`update slip set state = $2 where stream = $1`, r.Stream, to) }
	switch e := r.Event.(type) {
	case circulation.ReaderAdded:
		add(b, r.Stream, e.Person)
	case circulation.CopyHandedTo:
		b.Queue(`update slip set class = $2 where stream = $1`, r.Stream, string(e.Class))
		moved(e.Reader, circulation.Delivered, e.Due)
	case circulation.CopyOpened:
		b.Queue(`update reader set state = $3 where stream = $1 and person = $2`, r.Stream, e.Reader, string(circulation.Opened))
	case circulation.ReaderSigned:
		moved(e.Reader, circulation.Signed, domain.Instant{})
	case circulation.ReaderSkipped:
		if e.ReturnLater {
			moved(e.Reader, circulation.Skipped, domain.Instant{})
		} else {
			moved(e.Reader, circulation.PassedBy, domain.Instant{})
		}
	case circulation.CopyRecalled:
		moved(e.Reader, circulation.Recalled, domain.Instant{})
	case circulation.Completed:
		state(Completed)
	case circulation.Stopped:
		state(Stopped)
	case circulation.Returned:
		state(Returned)
	case circulation.CopyCounted:
		state(Counted)
	}
	return nil
}

// add puts a reader behind the others.
func add(b *pgx.Batch, stream, person string) {
	b.Queue(`insert into reader (stream, n, person, state) select $1, (select count(*) from reader where stream = $1), $2, 'planned'
		on conflict (stream, person) do nothing`, stream, person)
}
