// Package workload is what lies in the office's hands and for how long (在办与时效): each paper with the days of its stages,
// the spans in which it was open with a unit, and the days that the office worked. It is what figures are counted from; it
// holds no content.
package workload

import (
	"cmp"
	_ "embed"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"andu/domain"
	"andu/domain/attendance"
	"andu/domain/documents"
	"andu/projections"
)

//go:embed schema.sql
var schema string

// Projection is the workload of all offices.
var Projection = projections.Projection{Name: "workload", Version: 1, Schema: schema, Tables: []string{"paper", "span", "day"}, Apply: apply}

// How a span begins, and how it ends where the paper goes on.
const (
	received = "received"
	moved    = "moved"
	reopened = "reopened"
)

// How the office is done with a paper, beside the ends of documents.End.
const (
	closed = "closed"
	filed  = "filed"
)

func apply(b *pgx.Batch, r domain.Recorded) error {
	switch domain.ContextOf(r.Stream) {
	case documents.Context.Name:
		paper(b, r)
	case attendance.Rolls.Name:
		if e, ok := r.Event.(attendance.DayTurned); ok {
			b.Queue(`insert into day (office, date, works) values ($1, $2, $3) on conflict (office, date) do update set works = excluded.works`,
				r.Office, projections.Date(e.Date), e.Works)
		}
	}
	return nil
}

// paper follows a paper. The class is that of the record itself, which outlives the content.
func paper(b *pgx.Batch, r domain.Recorded) {
	on := projections.Day(r, r.OccurredAt)
	if r.Revision == 0 {
		b.Queue(`insert into paper (stream, office, prior, revision, last_on, open, received_on) values ($1, $2, -2, -1, $3, true, $3)`,
			r.Stream, r.Office, projections.Date(on))
	}
	sets, args := []string{}, []any{r.Stream, r.Revision, r.Class.Classified(), projections.Date(on)}
	set := func(expression string, value any) {
		args = append(args, value)
		sets = append(sets, strings.ReplaceAll(expression, "?", fmt.Sprintf("$%d", len(args))))
	}
	done := func(how string) { set("open = false, ended = case when open then ? else ended end", how) }
	began := moved
	switch e := r.Event.(type) {
	case documents.Received:
		on = projections.Day(r, cmp.Or(e.ReceivedAt, r.OccurredAt))
		set("received_on = ?", projections.Date(on))
		began = received
	case documents.Transcribed:
		transcribed(b, r, e)
	case documents.TranscriptWithdrawn:
		set("open = false, closed_on = null, ended = ?", string(documents.EndWithdrawn))
		b.Queue(`delete from span where stream = $1`, r.Stream)
	case documents.Registered:
		set("registered_on = ?", projections.Date(projections.Day(r, cmp.Or(e.RegisteredAt, r.OccurredAt))))
		set("due_on = ?", projections.Date(e.DueOn))
	case documents.DueRevised:
		set("due_on = ?", projections.Date(e.DueOn))
	case documents.HandlingProposed:
		set("instructed_on = ?", nil)
	case documents.Instructed:
		if e.Approved {
			set("instructed_on = ?", projections.Date(projections.Day(r, cmp.Or(e.DecidedAt, r.OccurredAt))))
		}
	case documents.Assigned:
		set("unit = ?, accepted_on = null", e.Lead)
	case documents.AssignmentAccepted:
		set("accepted_on = case when unit = ? then $4::date else accepted_on end", e.Handler)
	case documents.AssignmentDeclined:
		set("accepted_on = case when unit = ?::text then null else accepted_on end, unit = case when unit = ?::text then '' else unit end", e.Handler)
	case documents.Closed:
		set("closed_on = ?", projections.Date(on))
		done(closed)
	case documents.Reopened:
		set("closed_on = ?, open = true, ended = ''", nil)
		began = reopened
	case documents.Filed:
		done(filed)
	case documents.Returned:
		done(string(documents.EndReturned))
	case documents.TransferredOut:
		done(string(documents.EndTransferred))
	case documents.DuplicateFound:
		done(string(documents.EndDuplicate))
	}
	b.Queue(`update paper set prior = revision, revision = $2, classified = $3, last_on = greatest(last_on, $4)`+leading(sets)+` where stream = $1`, args...)
	if len(sets) == 0 {
		return
	}
	end(b, r, on)
	begin(b, r, began, on)
}

// transcribed enters a paper as an old register has it: received then, and closed when it says, or at once where it names no
// day.
func transcribed(b *pgx.Batch, r domain.Recorded, e documents.Transcribed) {
	came := projections.Day(r, cmp.Or(e.ReceivedAt, r.OccurredAt))
	b.Queue(`update paper set received_on = $2, unit = $3, due_on = $4, open = true, ended = '' where stream = $1`,
		r.Stream, projections.Date(came), e.Lead, projections.Date(e.Term.DueOn))
	begin(b, r, received, came)
	if !e.Closed {
		return
	}
	b.Queue(`update paper set open = false, ended = $2, closed_on = $3 where stream = $1`, r.Stream, closed, projections.Date(e.ClosedOn))
	end(b, r, cmp.Or(e.ClosedOn, came))
}

func leading(sets []string) string {
	if len(sets) == 0 {
		return ""
	}
	return ", " + strings.Join(sets, ", ")
}

// end ends the span of a paper where what it says of it is no longer so.
func end(b *pgx.Batch, r domain.Recorded, on domain.Date) {
	b.Queue(`update span s set until_on = greatest(s.from_on, $2::date), ended = case when p.open then '`+moved+`' else p.ended end from paper p
		where p.stream = s.stream and s.stream = $1 and s.until_on is null and (not p.open or p.unit <> s.unit or p.due_on is distinct from s.due_on)`,
		r.Stream, projections.Date(on))
}

// begin lets the next span of an open paper begin where the last one ended.
func begin(b *pgx.Batch, r domain.Recorded, how string, on domain.Date) {
	b.Queue(`insert into span (stream, revision, unit, due_on, began, from_on)
		select stream, $2, unit, due_on, $3, greatest($4::date, (select max(until_on) from span where stream = $1)) from paper
		where stream = $1 and open and not exists (select from span where stream = $1 and until_on is null)`, r.Stream, r.Revision, how, projections.Date(on))
}
