// Package whereabouts is the board that says who is where (去向牌), and what the others who have to do with leave ask: a
// person what became of his requests, a post what waits for it, the keeper what is not entered yet. The board shows that
// somebody is on leave and until when, never of which sort or why.
package whereabouts

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"andu/domain"
	"andu/domain/leave"
	"andu/projections"
)

//go:embed schema.sql
var schema string

// Projection is every absence of all offices.
var Projection = projections.Projection{Name: "whereabouts", Version: 2, Schema: schema, Tables: []string{"ledger", "absence"}, Apply: apply}

// Away is a line of the board.
type Away struct {
	Person  string         `json:"person"`
	Kind    string         `json:"kind"`
	Place   string         `json:"place"`
	Since   domain.Instant `json:"since"`
	BackAt  domain.Instant `json:"back_at"` // as planned
	Overdue bool           `json:"overdue"` // it is past BackAt, and no return was reported
}

// Absence is a leave, an outing or a trip.
type Absence struct {
	Request    string         `json:"request"`
	Person     string         `json:"person"`
	Revision   int64          `json:"revision"` // of the person's ledger, for If-Match
	Kind       string         `json:"kind"`
	Type       string         `json:"type"`
	Place      string         `json:"place"`
	Status     string         `json:"status"`
	StartsAt   domain.Instant `json:"starts_at"`
	BackAt     domain.Instant `json:"back_at"`
	Days       leave.Days     `json:"days"`
	Waiting    bool           `json:"waiting"`
	Extension  bool           `json:"extension"`
	Post       string         `json:"post"`
	AskedAt    domain.Instant `json:"asked_at"`
	ReportDue  domain.Instant `json:"report_due"`
	PapersDue  domain.Instant `json:"papers_due"`
	ReturnedAt domain.Instant `json:"returned_at"`
	Overstayed bool           `json:"overstayed"`
	Registered bool           `json:"registered"`
	Review     bool           `json:"review"` // late papers wait for a review
	From       leave.Edge     `json:"from"`   // the first half day; an outing has none
	To         leave.Edge     `json:"to"`     // the last, as it was granted or cut short
}

var table = Projection.Table("absence")

// Board gives who of an office is away at an instant, the longest away first.
func Board(ctx context.Context, db projections.Querier, office string, now time.Time) ([]Away, error) {
	rows, err := db.Query(ctx, `select person, kind, place, starts_at, back_at, back_at <= $2 from `+table+`
		where office = $1 and status in ('approved', 'phoned-in', 'paper-supplied') and starts_at <= $2
			and (returned_at is null or returned_at > $2) and (kind <> 'phone-in' or back_at > $2)
		order by starts_at, person, request`, office, now)
	if err != nil {
		return nil, fmt.Errorf("read the board: %w", err)
	}
	away, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a Away, err error) {
		err = row.Scan(&a.Person, &a.Kind, &a.Place, projections.Into(&a.Since), projections.Into(&a.BackAt), &a.Overdue)
		return a, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the board: %w", err)
	}
	return away, nil
}

// OnDay gives who of an office is away during a civil day, or was, the longest away first. A return cuts a leave to the half
// days before it.
func OnDay(ctx context.Context, db projections.Querier, office string, day domain.Date, start, end time.Time) ([]Absence, error) {
	all, err := list(ctx, db, `a.office = $1 and a.status in ('approved', 'phoned-in', 'paper-supplied') and (
			a.kind = 'outing' and a.starts_at < $4 and coalesce(a.returned_at, a.back_at) > $3
			or a.from_on <= $2 and least(a.to_on, a.back_on) >= $2)
		order by a.starts_at, a.person, a.request`, office, projections.Date(day), start, end)
	return slices.DeleteFunc(all, func(a Absence) bool {
		return a.Kind != leave.KindOuting && (a.To.On.Before(day) || a.To.Before(a.From))
	}), err
}

// Of gives at most limit absences of a person, the latest first, behind the first so many.
func Of(ctx context.Context, db projections.Querier, office, person string, skip, limit int) ([]Absence, error) {
	return list(ctx, db, `a.office = $1 and a.person = $2 order by a.starts_at desc, a.request offset $3 limit $4`, office, person, skip, limit)
}

// Find gives the ledger in which a request stands; domain.ErrNoStream where the office has none of that id.
func Find(ctx context.Context, db projections.Querier, office, request string) (stream string, err error) {
	err = db.QueryRow(ctx, `select stream from `+table+` where office = $1 and request = $2`, office, request).Scan(&stream)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", domain.ErrNoStream
	}
	return stream, err
}

// Waiting gives what waits for a decision of one of the posts, the longest waiting first. One's own does not.
func Waiting(ctx context.Context, db projections.Querier, office, person string, posts []string) ([]Absence, error) {
	return list(ctx, db, `a.office = $1 and a.person <> $2 and ((a.waiting and a.post = any ($3)) or a.reviewers && $3)
		order by a.asked_at, a.person, a.request`, office, person, posts)
}

// Unregistered gives the leaves of an office that the keeper has not entered yet.
func Unregistered(ctx context.Context, db projections.Querier, office string) ([]Absence, error) {
	return list(ctx, db, `a.office = $1 and a.kind in ('leave', 'phone-in') and not a.registered
		and a.status in ('approved', 'phoned-in', 'paper-supplied', 'lapsed') order by a.starts_at, a.person, a.request`, office)
}

func list(ctx context.Context, db projections.Querier, where string, args ...any) ([]Absence, error) {
	rows, err := db.Query(ctx, `select a.request, a.person, l.revision, a.kind, a.type, a.place, a.status, a.starts_at, a.back_at, a.days, a.waiting,
			a.extension, a.post, a.asked_at, a.report_due, a.papers_due, a.returned_at, a.overstayed, a.registered, a.reviewers <> '{}',
			a.from_on, a.from_half, a.to_on, a.to_half, a.back_on, a.back_half
		from `+table+` a join `+Projection.Table("ledger")+` l using (stream) where `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("list absences: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a Absence, err error) {
		var back leave.Edge
		err = row.Scan(&a.Request, &a.Person, &a.Revision, &a.Kind, &a.Type, &a.Place, &a.Status, projections.Into(&a.StartsAt), projections.Into(&a.BackAt),
			&a.Days.Tenths, &a.Waiting, &a.Extension, &a.Post, projections.Into(&a.AskedAt), projections.Into(&a.ReportDue), projections.Into(&a.PapersDue),
			projections.Into(&a.ReturnedAt), &a.Overstayed, &a.Registered, &a.Review,
			projections.Into(&a.From.On), &a.From.Half, projections.Into(&a.To.On), &a.To.Half, projections.Into(&back.On), &back.Half)
		if !back.On.IsZero() && !a.To.Before(back) {
			a.To = back.Previous()
		}
		return a, err
	})
	if err != nil {
		return nil, fmt.Errorf("list absences: %w", err)
	}
	return all, nil
}

// apply follows the ledgers. What was erased leaves no line, and what happens to it later changes none.
func apply(b *pgx.Batch, r domain.Recorded) error {
	if domain.ContextOf(r.Stream) != leave.Context.Name {
		return nil
	}
	if r.Revision == 0 {
		b.Queue(`insert into ledger (stream, office, prior, revision) values ($1, $2, -1, 0)`, r.Stream, r.Office)
	} else {
		b.Queue(`update ledger set prior = revision, revision = $2 where stream = $1`, r.Stream, r.Revision)
	}
	if r.Erased {
		return nil
	}
	set := func(request, assignments string, args ...any) {
		b.Queue(`update absence set `+assignments+` where stream = $1 and request = $2`, append([]any{r.Stream, request}, args...)...)
	}
	// A decision on an extension leaves the leave itself as it was.
	ended := func(request string, extension bool, status string) {
		if extension {
			set(request, `waiting = false, extension = false`)
		} else {
			set(request, `waiting = false, status = $3, overstayed = false`, status)
		}
	}
	switch e := r.Event.(type) {
	case leave.Requested:
		enter(b, r, absence{e.Request, e.Person, leave.KindLeave, e.Type, "", leave.StatusAsked, e.StartsAt, e.BackAt, e.From, e.To, e.Days, domain.Instant{}})
	case leave.PhonedIn:
		enter(b, r, absence{e.Request, e.Person, leave.KindPhone, e.Type, "", leave.StatusOpen, e.StartsAt, e.BackAt, e.From, e.To, e.Days, e.PapersDue})
	case leave.OutingReported:
		enter(b, r, absence{e.Request, e.Person, leave.KindOuting, "", e.Place, reported(e.Approval), e.OutAt, e.BackAt, leave.Edge{}, leave.Edge{}, leave.Days{}, domain.Instant{}})
	case leave.TripReported:
		enter(b, r, absence{e.Request, e.Person, leave.KindTrip, "", e.Place, reported(e.Approval), e.StartsAt, e.BackAt, e.From, e.To, leave.Days{}, domain.Instant{}})
	case leave.StepRouted:
		set(e.Request, `waiting = true, extension = $3, post = $4`, e.Extension, e.Post)
	case leave.StepEscalated:
		set(e.Request, `post = $3`, e.To)
	case leave.Approved:
		set(e.Request, `waiting = false, extension = false, status = 'approved', back_at = $3, days = $4, report_due = $5,
			to_on = case when kind = 'outing' then null else $6::date end, to_half = case when kind = 'outing' then '' else $7 end`,
			e.BackAt.Time, e.Days.Tenths, projections.Instant(e.ReportDue), projections.Date(e.To.On), string(e.To.Half))
	case leave.Disapproved:
		ended(e.Request, e.Extension, leave.StatusRefused)
	case leave.Withdrawn:
		ended(e.Request, e.Extension, leave.StatusWithdrawn)
	case leave.Registered:
		set(e.Request, `registered = true`)
	case leave.Returned:
		set(e.Request, `waiting = false, extension = false, returned_at = $3, papers_due = coalesce($4, papers_due), days = case when kind in ('leave', 'phone-in') then $5 else days end,
			back_on = case when kind = 'outing' then null else $6::date end, back_half = case when kind = 'outing' then '' else $7 end`,
			e.At.Time, projections.Instant(e.PapersDue), e.Days.Tenths, projections.Date(e.Back.On), string(e.Back.Half))
	case leave.Overstayed:
		set(e.Request, `overstayed = true`)
	case leave.DaysRevised:
		set(e.Request, `days = $3, back_at = $4, report_due = coalesce($5, report_due), papers_due = coalesce($6, papers_due)`,
			e.Days.Tenths, e.BackAt.Time, projections.Instant(e.ReportDue), projections.Instant(e.PapersDue))
	case leave.PaperSupplied:
		if e.Late {
			set(e.Request, `reviewers = $3`, projections.Array(e.Reviewers))
		} else {
			set(e.Request, `status = 'paper-supplied'`)
		}
	case leave.PaperLapsed:
		set(e.Request, `status = 'lapsed'`)
	case leave.LatePaperReviewed:
		set(e.Request, `reviewers = '{}', status = case when $3 then 'paper-supplied' else status end`, e.Accepted)
	}
	return nil
}

func reported(approval bool) string {
	if approval {
		return leave.StatusAsked
	}
	return leave.StatusGranted
}

type absence struct {
	request, person, kind, typ, place, status string
	starts, back                              domain.Instant
	from, to                                  leave.Edge
	days                                      leave.Days
	papers                                    domain.Instant
}

func enter(b *pgx.Batch, r domain.Recorded, a absence) {
	b.Queue(`insert into absence (stream, request, office, person, kind, type, place, status, starts_at, back_at, days, waiting, extension, post, asked_at,
			papers_due, overstayed, registered, reviewers, from_on, from_half, to_on, to_half, back_half)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, false, false, '', $12, $13, false, false, '{}', $14, $15, $16, $17, '')
		on conflict (stream, request) do nothing`,
		r.Stream, a.request, r.Office, a.person, a.kind, a.typ, a.place, a.status, a.starts.Time, a.back.Time, a.days.Tenths, r.OccurredAt.Time,
		projections.Instant(a.papers), projections.Date(a.from.On), string(a.from.Half), projections.Date(a.to.On), string(a.to.Half))
}
