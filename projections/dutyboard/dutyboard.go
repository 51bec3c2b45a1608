// Package dutyboard is the board of the watch (值班大屏): who is responsible now and was at any time, how long after the
// planned end, what is open, how the watch was handed on, how the load is shared, and which clocks of emergencies run.
package dutyboard

import (
	_ "embed"

	"github.com/jackc/pgx/v5"

	"andu/domain"
	"andu/domain/duty"
	"andu/projections"
)

//go:embed schema.sql
var schema string

// Projection is the watch of all offices.
var Projection = projections.Projection{Name: "dutyboard", Version: 2, Schema: schema,
	Tables: []string{"post", "tenure", "shift", "swap", "entry", "handover", "stand_in", "finding", "emergency", "roster", "delivery"}, Apply: apply}

func apply(b *pgx.Batch, r domain.Recorded) error {
	switch domain.ContextOf(r.Stream) {
	case duty.Context.Name:
		watch(b, r)
	case duty.Rosters.Name:
		roster(b, r)
	}
	return nil
}

// watch follows a duty post. What an erased event said is no longer known; that it happened still counts.
func watch(b *pgx.Batch, r domain.Recorded) {
	at := r.OccurredAt.Time
	if r.Revision == 0 {
		e, _ := r.Event.(duty.PostOpened)
		b.Queue(`insert into post (stream, office, line, responsible, since, prior, revision) values ($1, $2, $3, $4, $5, -1, 0)`,
			r.Stream, r.Office, e.Line, e.Person, at)
		b.Queue(`insert into tenure (stream, revision, person, from_at, handover, entries) values ($1, 0, $2, $3, '', 0)`, r.Stream, e.Person, at)
		return
	}
	b.Queue(`update post set prior = revision, revision = $2 where stream = $1`, r.Stream, r.Revision)
	if r.Erased {
		if r.Type == "duty.handover-refused" {
			b.Queue(`update handover set state = 'refused', settled = $2 where stream = $1 and state = 'offered'`, r.Stream, at)
		}
		return
	}
	entry := func(id, set string, args ...any) {
		b.Queue(`update entry set `+set+` where stream = $1 and entry = $2`, append([]any{r.Stream, id}, args...)...)
	}
	swap := func(id, state string) {
		b.Queue(`update swap set state = $3, at = $4 where stream = $1 and swap = $2`, r.Stream, id, state, at)
	}
	switch e := r.Event.(type) {
	case duty.ShiftsPlanned:
		for _, s := range e.Dropped {
			b.Queue(`delete from shift where stream = $1 and start_at = $2`, r.Stream, s.Time)
		}
		for _, s := range e.Slots {
			b.Queue(`insert into shift (stream, start_at, day, end_at, posts, source, person, planned, rest, night) values ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9)
				on conflict (stream, start_at) do update set end_at = excluded.end_at, posts = excluded.posts, source = excluded.source, rest = excluded.rest, night = excluded.night,
					person = case when shift.planned = excluded.planned then shift.person else excluded.person end, planned = excluded.planned`,
				r.Stream, s.Start.Time, projections.Date(projections.Day(r, s.Start)), s.End.Time, projections.Array(s.By), s.Source, s.Person, s.Rest, s.Night)
		}
	case duty.ReminderSent:
		b.Queue(`update shift set reminded = $3 where stream = $1 and start_at = $2`, r.Stream, e.Shift.Time, at)
	case duty.SwapRequested:
		b.Queue(`insert into swap (stream, swap, shift, return, asker, partner, state, at) values ($1, $2, $3, $4, $5, $6, 'requested', $7)`,
			r.Stream, e.Swap, e.Shift.Time, projections.Instant(e.Return), e.From, e.With, at)
	case duty.SwapAccepted:
		swap(e.Swap, "accepted")
	case duty.SwapNoted:
		swap(e.Swap, "noted")
	case duty.SwapDeclined:
		swap(e.Swap, "declined")
	case duty.ShiftReassigned:
		swap(e.Swap, "in-force")
		b.Queue(`update shift set person = $3 where stream = $1 and start_at = $2`, r.Stream, e.Shift.Time, e.To)
	case duty.StandInStarted:
		b.Queue(`insert into stand_in (stream, stand_in, person, since, until) values ($1, $2, $3, $4, $5)`, r.Stream, e.StandIn, e.Person, at, e.Until.Time)
	case duty.StandInEnded:
		b.Queue(`update stand_in set ended = $3 where stream = $1 and stand_in = $2`, r.Stream, e.StandIn, at)
	case duty.HandoverOffered:
		b.Queue(`update handover set state = 'replaced', settled = $2 where stream = $1 and state = 'offered'`, r.Stream, at)
		b.Queue(`update entry set answer = '' where stream = $1 and answer <> ''`, r.Stream)
		b.Queue(`insert into handover (stream, handover, revision, giver, taker, shift, items, reserved, state, offered) values ($1, $2, $3, $4, $5, $6, $7, 0, 'offered', $8)`,
			r.Stream, e.Handover, r.Revision, e.From, e.To, e.Shift.Time, len(e.Items), at)
	case duty.ItemAccepted:
		entry(e.Item, `answer = ''`)
	case duty.ItemReserved:
		entry(e.Item, `answer = $3`, e.Remark)
	case duty.HandoverAccepted:
		handedOver(b, r, e)
	case duty.HandoverRefused:
		b.Queue(`update handover set state = 'refused', taker = $3, settled = $4 where stream = $1 and handover = $2`, r.Stream, e.Handover, e.By, at)
		b.Queue(`update entry set answer = '' where stream = $1 and answer <> ''`, r.Stream)
	case duty.ReservationSettled:
		entry(e.Item, `reserved = ''`)
	case duty.AlertRaised:
		found(b, r, "alert:"+e.Cause, e.Responsible, e.To, r.OccurredAt)
	case duty.FindingRaised:
		found(b, r, e.Kind, e.Person, "", e.At)
	case duty.EntryLogged:
		b.Queue(`insert into entry (stream, entry, shift, no, day, kind, urgency, subject, owner, state, named, answer, reserved, relayed, at)
			select $1, $2, $3, $4, $5, $6, $7, $8, responsible, 'open', false, '', '', '{}', $9 from post where stream = $1`,
			r.Stream, e.Entry, projections.Instant(e.Shift), e.No, projections.Date(e.On), e.Content.Kind, e.Content.Urgency, e.Content.Subject, at)
	case duty.EntryCorrected:
		entry(e.Entry, `kind = $3, urgency = $4, subject = $5`, e.Content.Kind, e.Content.Urgency, e.Content.Subject)
	case duty.EntryActioned:
		entry(e.Entry, `state = 'actioned'`)
	case duty.EntryEscalated:
		entry(e.Entry, `state = 'escalated'`)
	case duty.EntryCarriedOver:
		entry(e.Entry, `state = 'carried-over', named = named or $3 <> '', owner = case when $3 = '' then owner else $3 end`, e.To)
	case duty.EntryClosed:
		entry(e.Entry, `state = 'closed', reserved = ''`)
	case duty.FaxTakenOver:
		entry(e.Entry, `state = 'closed', reserved = ''`)
	case duty.MessageRelayed:
		entry(e.Entry, `relayed = array_append(array_remove(relayed, $3), $3)`, e.To)
	case duty.RelayAcknowledged:
		entry(e.Entry, `relayed = array_remove(relayed, $3)`, e.By)
	case duty.EmergencyKnown:
		b.Queue(`insert into emergency (stream, emergency, grade, known, phone_due, written_due, updates) values ($1, $2, $3, $4, $5, $6, 0)`,
			r.Stream, e.Emergency, e.Grade, e.Known.Time, e.PhoneDue.Time, e.WrittenDue.Time)
	case duty.EmergencyReported:
		b.Queue(`update emergency set phone_at = case when $3 = 'phone' then $4 else phone_at end, written_at = case when $3 = 'written' then $4 else written_at end
			where stream = $1 and emergency = $2`, r.Stream, e.Emergency, e.Way, e.At.Time)
	case duty.EmergencyFollowedUp:
		b.Queue(`update emergency set updates = $3 where stream = $1 and emergency = $2`, r.Stream, e.Emergency, e.No)
	case duty.EmergencyClosed:
		b.Queue(`update emergency set closed = $3 where stream = $1 and emergency = $2`, r.Stream, e.Emergency, at)
	}
}

// handedOver ends one tenure and begins the next at the same instant. What was carried over to a named person stays his.
func handedOver(b *pgx.Batch, r domain.Recorded, e duty.HandoverAccepted) {
	at := e.At.Time
	b.Queue(`update tenure set until_at = $2, entries = $3 where stream = $1 and until_at is null`, r.Stream, at, e.Entries)
	b.Queue(`insert into tenure (stream, revision, person, shift, from_at, planned_end, handover, entries)
		select $1, $2, $3, $4, $5, (select end_at from shift where stream = $1 and start_at = $4), $6, 0`, r.Stream, r.Revision, e.To, e.In.Time, at, e.Handover)
	b.Queue(`update post set responsible = $2, since = $3, shift = $4 where stream = $1`, r.Stream, e.To, at, e.In.Time)
	b.Queue(`update handover set state = 'accepted', taker = $3, settled = $4, reserved = $5 where stream = $1 and handover = $2`,
		r.Stream, e.Handover, e.To, at, len(e.Reserved))
	b.Queue(`update entry set reserved = case when entry = any ($2::text[]) then answer else reserved end, answer = '' where stream = $1 and state <> 'closed'`,
		r.Stream, projections.Array(e.Reserved))
	b.Queue(`update entry set owner = case when entry = any ($3::text[]) then $4 else $2 end where stream = $1 and state <> 'closed' and not named`,
		r.Stream, e.To, projections.Array(e.Reserved), e.Owner)
}

func found(b *pgx.Batch, r domain.Recorded, kind, person, told string, at domain.Instant) {
	b.Queue(`insert into finding (stream, revision, office, kind, person, told, at) values ($1, $2, $3, $4, $5, $6, $7)`,
		r.Stream, r.Revision, r.Office, kind, person, told, at.Time)
}

// roster follows the roster of a period.
func roster(b *pgx.Batch, r domain.Recorded) {
	at := r.OccurredAt.Time
	if e, ok := r.Event.(duty.Drafted); ok && r.Revision == 0 {
		b.Queue(`insert into roster (stream, office, post, first, last, state, amended, prior, revision) values ($1, $2, $3, $4, $5, 'drafted', 0, -1, 0)`,
			r.Stream, r.Office, e.Post, projections.Date(e.First), projections.Date(e.Last))
		return
	}
	b.Queue(`update roster set prior = revision, revision = $2 where stream = $1`, r.Stream, r.Revision)
	switch e := r.Event.(type) {
	case duty.Drafted:
		b.Queue(`update roster set state = 'drafted' where stream = $1`, r.Stream)
	case duty.Approved:
		b.Queue(`update roster set state = 'approved' where stream = $1`, r.Stream)
	case duty.Published:
		b.Queue(`update roster set state = 'published', published = $2, deadline = $3 where stream = $1`, r.Stream, at, e.Deadline.Time)
		b.Queue(`insert into delivery (stream, person, way) select $1, unnest($2::text[]), '' on conflict do nothing`, r.Stream, projections.Array(e.Audience))
	case duty.Delivered:
		b.Queue(`insert into delivery (stream, person, way, delivered) values ($1, $2, $3, $4)
			on conflict (stream, person) do update set way = excluded.way, delivered = excluded.delivered`, r.Stream, e.Person, e.Way, at)
	case duty.Amended:
		b.Queue(`update roster set amended = amended + 1 where stream = $1`, r.Stream)
	case duty.RosterFinding:
		found(b, r, e.Kind, "", "", e.At)
	}
}
