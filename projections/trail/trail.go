// Package trail answers who saw a paper, and what a person saw (查阅轨迹): every viewing with what was known of the reader
// then and what is known now, every denial, and who could have seen it.
package trail

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"andu/domain"
	"andu/domain/access"
	"andu/domain/persons"
	"andu/projections"
)

//go:embed schema.sql
var schema string

// Projection is the trails of all offices.
var Projection = projections.Projection{Name: "trail", Version: 1, Schema: schema, Tables: []string{"paper", "view", "denial", "entitled", "clearance"}, Apply: apply}

// View is one viewing.
type View struct {
	Stream       string         `json:"stream"`
	Document     string         `json:"document"`
	View         string         `json:"view"`
	Person       string         `json:"person"`
	Content      string         `json:"content"` // "": on paper
	Class        domain.Class   `json:"class"`
	Clearance    domain.Class   `json:"clearance"` // as known then
	ClearanceNow domain.Class   `json:"clearance_now" doc:"of that instant, as known now"`
	Review       bool           `json:"review" doc:"entitled as known then, not as known now"`
	Why          string         `json:"why"`
	Purpose      string         `json:"purpose"`
	Place        string         `json:"place"`
	Opened       domain.Instant `json:"opened"`
	Until        domain.Instant `json:"until"`
	Closed       domain.Instant `json:"closed"` // zero: it goes on, or nobody was there to close it yet
	Cause        access.Cause   `json:"cause"`
	Pages        int            `json:"pages"`
	Windows      int            `json:"windows"`
	AfterRemoval bool           `json:"seen_after_removal"`
}

// Denial is one request that was denied.
type Denial struct {
	Stream   string         `json:"stream"`
	Document string         `json:"document"`
	Revision int64          `json:"revision"`
	Person   string         `json:"person"`
	Asked    string         `json:"asked"`
	Reason   string         `json:"reason"`
	Terminal string         `json:"terminal"`
	At       domain.Instant `json:"at"`
}

// Entitled is a person who could have seen the paper, by the scope or by a grant.
type Entitled struct {
	Person    string         `json:"person"`
	Grant     string         `json:"grant"`
	Until     domain.Instant `json:"until"`
	Clearance domain.Class   `json:"clearance" doc:"now"`
}

// Trail is the answer to a question.
type Trail struct {
	Views    []View     `json:"views"`
	Denials  []Denial   `json:"denials"`
	CouldSee []Entitled `json:"could_see"`
	Scoped   bool       `json:"scoped" doc:"whether persons are named; else every cleared person of the office could see a paper that is no state secret"`
}

// OfPaper gives who saw a paper, was denied it, and could have seen it.
func OfPaper(ctx context.Context, db projections.Querier, office, stream string, now domain.Instant) (t Trail, err error) {
	if t, err = read(ctx, db, `v.office = $1 and v.stream = $2`, office, stream); err != nil {
		return t, err
	}
	if err := db.QueryRow(ctx, `select coalesce(bool_or(scoped), false) from `+Projection.Table("paper")+` where office = $1 and stream = $2`, office, stream).Scan(&t.Scoped); err != nil {
		return t, fmt.Errorf("read the scope: %w", err)
	}
	rows, err := db.Query(ctx, `select e.person, e.grant_, e.until from `+Projection.Table("entitled")+` e join `+Projection.Table("paper")+` p using (stream)
		where p.office = $1 and e.stream = $2 order by e.person, e.grant_`, office, stream)
	if err != nil {
		return t, fmt.Errorf("read who could see it: %w", err)
	}
	t.CouldSee, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (e Entitled, err error) {
		return e, row.Scan(&e.Person, &e.Grant, projections.Into(&e.Until))
	})
	if err != nil {
		return t, fmt.Errorf("read who could see it: %w", err)
	}
	for i, e := range t.CouldSee {
		if t.CouldSee[i].Clearance, err = clearance(ctx, db, e.Person, now); err != nil {
			return t, err
		}
	}
	return t, nil
}

// OfPerson gives what a person saw and was denied.
func OfPerson(ctx context.Context, db projections.Querier, office, person string) (Trail, error) {
	return read(ctx, db, `v.office = $1 and v.person = $2`, office, person)
}

func read(ctx context.Context, db projections.Querier, where string, args ...any) (t Trail, err error) {
	t.CouldSee = []Entitled{}
	rows, err := db.Query(ctx, `select v.stream, p.document, v.view, v.person, v.content, v.class, v.clearance, v.why, v.purpose, v.place, v.opened, v.until, v.closed,
		v.cause, v.pages, v.windows, v.after_removal from `+Projection.Table("view")+` v join `+Projection.Table("paper")+` p using (stream)
		where `+where+` order by v.opened, v.stream, v.view`, args...)
	if err != nil {
		return t, fmt.Errorf("read the viewings: %w", err)
	}
	t.Views, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (v View, err error) {
		return v, row.Scan(&v.Stream, &v.Document, &v.View, &v.Person, &v.Content, &v.Class, &v.Clearance, &v.Why, &v.Purpose, &v.Place, projections.Into(&v.Opened),
			projections.Into(&v.Until), projections.Into(&v.Closed), &v.Cause, &v.Pages, &v.Windows, &v.AfterRemoval)
	})
	if err != nil {
		return t, fmt.Errorf("read the viewings: %w", err)
	}
	for i, v := range t.Views {
		if t.Views[i].ClearanceNow, err = clearance(ctx, db, v.Person, v.Opened); err != nil {
			return t, err
		}
		t.Views[i].Review = v.Clearance.Rank() >= v.Class.Rank() && t.Views[i].ClearanceNow.Rank() < v.Class.Rank()
	}
	rows, err = db.Query(ctx, `select v.stream, p.document, v.revision, v.person, v.asked, v.reason, v.terminal, v.at from `+Projection.Table("denial")+` v
		join `+Projection.Table("paper")+` p using (stream) where `+where+` order by v.at, v.stream, v.revision`, args...)
	if err != nil {
		return t, fmt.Errorf("read the denials: %w", err)
	}
	t.Denials, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (d Denial, err error) {
		return d, row.Scan(&d.Stream, &d.Document, &d.Revision, &d.Person, &d.Asked, &d.Reason, &d.Terminal, projections.Into(&d.At))
	})
	if err != nil {
		return t, fmt.Errorf("read the denials: %w", err)
	}
	return t, nil
}

// clearance is the clearance of a person at an instant by everything known now: the decisions are folded by the rule of
// the person's own context.
func clearance(ctx context.Context, db projections.Querier, person string, at domain.Instant) (domain.Class, error) {
	rows, err := db.Query(ctx, `select act, class, since, until from `+Projection.Table("clearance")+` where stream = $1 order by revision`, persons.Stream(person))
	if err != nil {
		return "", fmt.Errorf("read the clearance: %w", err)
	}
	var p persons.Person
	var act string
	var class domain.Class
	var since, until domain.Instant
	_, err = pgx.ForEachRow(rows, []any{&act, &class, projections.Into(&since), projections.Into(&until)}, func() error {
		switch act {
		case "person.clearance-granted":
			p = persons.ClearanceGranted{Class: class, From: since, Until: until}.Evolve(p)
		case "person.clearance-lowered":
			p = persons.ClearanceLowered{To: class, Effective: since}.Evolve(p)
		case "person.clearance-revoked":
			p = persons.ClearanceRevoked{Effective: since}.Evolve(p)
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("read the clearance: %w", err)
	}
	return p.Clearance(at), nil
}

func apply(b *pgx.Batch, r domain.Recorded) error {
	switch domain.ContextOf(r.Stream) {
	case access.Context.Name:
		protection(b, r)
	case persons.Context.Name:
		decided := func(class domain.Class, since, until domain.Instant) {
			b.Queue(`insert into clearance (stream, revision, act, class, since, until) values ($1, $2, $3, $4, $5, $6)`,
				r.Stream, r.Revision, r.Type, class, projections.Instant(since), projections.Instant(until))
		}
		switch e := r.Event.(type) {
		case persons.ClearanceGranted:
			decided(e.Class, e.From, e.Until)
		case persons.ClearanceLowered:
			decided(e.To, e.Effective, domain.Instant{})
		case persons.ClearanceRevoked:
			decided("", e.Effective, domain.Instant{})
		}
	}
	return nil
}

// protection follows the record of a paper. What an erased event named can no longer be known.
func protection(b *pgx.Batch, r domain.Recorded) {
	if r.Revision == 0 {
		b.Queue(`insert into paper (stream, office, prior, revision) values ($1, $2, -1, 0)`, r.Stream, r.Office)
	} else {
		b.Queue(`update paper set prior = revision, revision = $2 where stream = $1`, r.Stream, r.Revision)
	}
	entitle := func(person, grant string, until domain.Instant) {
		b.Queue(`insert into entitled (stream, person, grant_, until) values ($1, $2, $3, $4) on conflict (stream, person, grant_) do update set until = excluded.until`,
			r.Stream, person, grant, projections.Instant(until))
	}
	scoped := func() { b.Queue(`update paper set scoped = true where stream = $1`, r.Stream) }
	switch e := r.Event.(type) {
	case access.Begun:
		b.Queue(`update paper set document = $2 where stream = $1`, r.Stream, e.Document)
	case access.ScopeSet:
		scoped()
		for _, p := range e.Persons {
			entitle(p, "", domain.Instant{})
		}
	case access.ScopeExtended:
		scoped()
		entitle(e.Person, "", domain.Instant{})
	case access.ScopeReduced:
		b.Queue(`delete from entitled where stream = $1 and person = $2`, r.Stream, e.Person)
	case access.Granted:
		entitle(e.Person, e.Request, e.Until)
	case access.Revoked:
		b.Queue(`delete from entitled where stream = $1 and grant_ = $2 and grant_ <> ''`, r.Stream, e.Grant)
	case access.ViewOpened:
		b.Queue(`insert into view (stream, view, office, person, content, class, clearance, why, purpose, place, opened, until)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, r.Stream, e.View, r.Office, e.Person, e.Content, e.Class, e.Clearance, e.By, e.Purpose, e.Place,
			instant(e.At, r), instant(e.Until, r))
	case access.WindowOpened:
		b.Queue(`update view set windows = windows + 1 where stream = $1 and view = $2`, r.Stream, e.View)
	case access.SeenAfterRemoval:
		b.Queue(`update view set after_removal = true where stream = $1 and view = $2`, r.Stream, e.View)
	case access.ViewClosed:
		b.Queue(`update view set closed = $3, cause = $4, pages = $5 where stream = $1 and view = $2`, r.Stream, e.View, instant(e.At, r), e.Cause, e.Pages)
	case domain.Refused[access.Access]:
		b.Queue(`insert into denial (stream, revision, office, person, asked, reason, terminal, at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
			r.Stream, r.Revision, r.Office, r.Actor.Person, e.Command, e.Code, r.Terminal, r.OccurredAt.Time)
	}
}

// instant is what an event says, else when it happened.
func instant(i domain.Instant, r domain.Recorded) time.Time {
	if i.IsZero() {
		return r.OccurredAt.Time
	}
	return i.Time
}
