// Package timesheet is the sign-in book as it is looked up (考勤簿): the sheet of each session of a day, who signed when, who
// is covered and who is missing, what came after the cut-off, a person's record day by day with every determination that
// was made of it, and the table of a month.
package timesheet

import (
	_ "embed"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"andu/domain"
	"andu/domain/attendance"
	"andu/projections"
)

//go:embed schema.sql
var schema string

// Projection is the attendance of all offices.
var Projection = projections.Projection{Name: "timesheet", Version: 1, Schema: schema,
	Tables: []string{"stream", "sheet", "entry", "mark", "day", "finding", "owed", "month", "tally"}, Apply: apply}

func apply(b *pgx.Batch, r domain.Recorded) error {
	follow := map[string]func(*pgx.Batch, domain.Recorded) error{
		attendance.Context.Name: day, attendance.Sheets.Name: sheet, attendance.Rolls.Name: roll,
	}[domain.ContextOf(r.Stream)]
	if follow == nil {
		return nil
	}
	if r.Revision == 0 {
		b.Queue(`insert into stream (stream, office, prior, revision) values ($1, $2, -1, 0)`, r.Stream, r.Office)
	} else {
		b.Queue(`update stream set prior = revision, revision = $2 where stream = $1`, r.Stream, r.Revision)
	}
	return follow(b, r)
}

// day follows a person's day. What an erased event said is no longer known; that an objection waits or was decided is.
func day(b *pgx.Batch, r domain.Recorded) error {
	switch r.Type {
	case "attendance.objection-raised":
		b.Queue(`update day set objection = true where stream = $1`, r.Stream)
	case "attendance.objection-decided":
		b.Queue(`update day set objection = false where stream = $1`, r.Stream)
	}
	if r.Erased {
		return nil
	}
	switch e := r.Event.(type) {
	case attendance.SignedIn:
		begin(b, r, e.Person, e.Date)
		b.Queue(`insert into mark (stream, revision, office, person, date, session, method, at, late, refused, terminal, event)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, false, $10, $11)`,
			r.Stream, r.Revision, r.Office, e.Person, projections.Date(e.Date), e.Session, e.Method, e.At.Time, e.Late, e.Terminal, e.Event)
	case attendance.LateRefused:
		begin(b, r, e.Person, e.Date)
		b.Queue(`insert into mark (stream, revision, office, person, date, session, method, at, late, refused, cutoff, terminal, event)
			values ($1, $2, $3, $4, $5, $6, $7, $8, true, true, $9, $10, $11)`,
			r.Stream, r.Revision, r.Office, e.Person, projections.Date(e.Date), e.Session, e.Method, e.At.Time, projections.Instant(e.Cutoff), e.Terminal, e.Event)
	case attendance.TimeOwed:
		b.Queue(`insert into owed (stream, session, lost, minutes, remains, due, excused) values ($1, $2, $3, $4, $4, $5, false)`,
			r.Stream, e.Session, e.Lost, e.Minutes, projections.Date(e.Due))
	case attendance.LatenessExcused:
		b.Queue(`update owed set excused = true where stream = $1 and session = $2`, r.Stream, e.Session)
	case attendance.TimeMadeUp:
		b.Queue(`update owed set remains = $3 where stream = $1 and session = $2`, r.Stream, e.Session, e.Left)
	case attendance.Awaited:
		begin(b, r, e.Person, e.Date)
		b.Queue(`update day set awaits = $2 where stream = $1`, r.Stream, e.Until.Time)
	case attendance.Determined:
		return found(b, r, e.Finding, attendance.Revised{}, e.At)
	case attendance.Revised:
		return found(b, r, e.Finding, e, r.OccurredAt)
	}
	return nil
}

func begin(b *pgx.Batch, r domain.Recorded, person string, date domain.Date) {
	b.Queue(`insert into day (stream, office, person, date, objection) values ($1, $2, $3, $4, false) on conflict do nothing`,
		r.Stream, r.Office, person, projections.Date(date))
}

// found adds a determination. Those before it stay.
func found(b *pgx.Batch, r domain.Recorded, f attendance.Finding, before attendance.Revised, at domain.Instant) error {
	sessions, err := json.Marshal(projections.Array(f.Sessions))
	if err != nil {
		return err
	}
	begin(b, r, f.Person, f.Date)
	b.Queue(`update day set awaits = null where stream = $1`, r.Stream)
	b.Queue(`insert into finding (stream, revision, result, days, sessions, policy, calendar, cause, before, before_days, at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		r.Stream, r.Revision, string(f.Result), f.Days.Tenths, string(sessions), f.Policy, f.Calendar, string(before.Cause), string(before.Before),
		before.BeforeDays.Tenths, at.Time)
	return nil
}

// sheet follows the sheet of a session.
func sheet(b *pgx.Batch, r domain.Recorded) error {
	switch e := r.Event.(type) {
	case attendance.Opened:
		b.Queue(`insert into sheet (stream, office, date, session, opens, expected, cutoff, closes, closed_by, persons) values ($1, $2, $3, $4, $5, $6, $7, $8, '', $9)`,
			r.Stream, r.Office, projections.Date(e.Date), e.Session, e.OpensAt.Time, e.Expected.Time, projections.Instant(e.Cutoff), e.Closes.Time, projections.Array(e.Persons))
	case attendance.PersonsAdded:
		b.Queue(`update sheet set persons = persons || $2 where stream = $1`, r.Stream, e.Persons)
	case attendance.SignedListed:
		for _, v := range e.Signed {
			enter(b, r.Stream, v, false)
		}
	case attendance.Closed:
		b.Queue(`update sheet set closed_at = $2, closed_by = $3 where stream = $1`, r.Stream, e.At.Time, e.By)
		for _, v := range e.Signed {
			enter(b, r.Stream, v, false)
		}
	case attendance.Supplemented:
		enter(b, r.Stream, attendance.Entry(e), true)
	}
	return nil
}

func enter(b *pgx.Batch, sheet string, e attendance.Entry, supplement bool) {
	b.Queue(`insert into entry (sheet, person, event, supplement) values ($1, $2, $3, $4)`, sheet, e.Person, e.Event, supplement)
}

// roll follows an office's sign-in book: the months that were compiled.
func roll(b *pgx.Batch, r domain.Recorded) error {
	switch e := r.Event.(type) {
	case attendance.MonthCompiled:
		b.Queue(`insert into month (stream, month, office, compiled_at, posts, persons) values ($1, $2, $3, $4, '{}', '{}')`, r.Stream, e.Month, r.Office, r.OccurredAt.Time)
		tally(b, r.Stream, e.Month, e.Rows)
	case attendance.MonthCounted:
		tally(b, r.Stream, e.Month, e.Rows)
	case attendance.MonthReported:
		b.Queue(`update month set posts = $3, persons = $4 where stream = $1 and month = $2`, r.Stream, e.Month, projections.Array(e.To), projections.Array(e.Persons))
	}
	return nil
}

// tally keeps the last row that was counted of a person.
func tally(b *pgx.Batch, roll, month string, rows []attendance.Tally) {
	for _, t := range rows {
		b.Queue(`insert into tally (stream, month, person, days, normal, late, early, covered, half, absent, other, absence, long_term)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
			on conflict (stream, month, person) do update set (days, normal, late, early, covered, half, absent, other, absence, long_term) =
				(excluded.days, excluded.normal, excluded.late, excluded.early, excluded.covered, excluded.half, excluded.absent, excluded.other, excluded.absence, excluded.long_term)`,
			roll, month, t.Person, t.Days, t.Normal, t.Late, t.Early, t.Covered, t.Half, t.Absent, t.Other, t.Absence.Tenths, t.LongTerm)
	}
}
