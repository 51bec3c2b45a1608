package dutyboard

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"andu/domain"
	"andu/projections"
)

// Post is a duty post as it stands.
type Post struct {
	Stream      string         `json:"stream"`
	Revision    int64          `json:"revision"` // for If-Match
	Line        string         `json:"line"`
	Responsible string         `json:"responsible"`
	Since       domain.Instant `json:"since"`
	PlannedEnd  domain.Instant `json:"planned_end"`     // zero: the person is in no planned shift
	Overrun     int64          `json:"overrun_seconds"` // after the planned end, at the instant that was asked about
	StandIn     string         `json:"stand_in"`        // who keeps the room meanwhile
	Open        int            `json:"open_entries"`
	Handover    string         `json:"handover"` // that waits for an answer
}

// table names the tables for queries.
func table(name string) string { return Projection.Table(name) }

func collect[T any](ctx context.Context, db projections.Querier, what, sql string, args []any, scan func(pgx.CollectableRow) (T, error)) ([]T, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", what, err)
	}
	list, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", what, err)
	}
	return projections.Array(list), nil
}

// Posts gives the office's duty posts as they stand at an instant that is now.
func Posts(ctx context.Context, db projections.Querier, office string, now time.Time) ([]Post, error) {
	return collect(ctx, db, "duty posts", `select p.stream, p.revision, p.line, p.responsible, p.since, s.end_at,
			coalesce((select person from `+table("stand_in")+` i where i.stream = p.stream and i.ended is null order by i.since desc limit 1), ''),
			(select count(*) from `+table("entry")+` e where e.stream = p.stream and e.state <> 'closed'),
			coalesce((select handover from `+table("handover")+` h where h.stream = p.stream and h.state = 'offered' limit 1), '')
		from `+table("post")+` p left join `+table("shift")+` s on s.stream = p.stream and s.start_at = p.shift where p.office = $1 order by p.line`,
		[]any{office}, func(row pgx.CollectableRow) (p Post, err error) {
			err = row.Scan(&p.Stream, &p.Revision, &p.Line, &p.Responsible, projections.Into(&p.Since), projections.Into(&p.PlannedEnd), &p.StandIn, &p.Open, &p.Handover)
			p.Overrun = overrun(p.PlannedEnd, domain.At(now))
			return p, err
		})
}

func overrun(planned, until domain.Instant) int64 {
	if planned.IsZero() {
		return 0
	}
	return int64(max(0, until.Sub(planned.Time)) / time.Second)
}

// Tenure is a span in which one person was responsible.
type Tenure struct {
	Person     string         `json:"person"`
	From       domain.Instant `json:"from"`
	Until      domain.Instant `json:"until"`       // zero: still
	PlannedEnd domain.Instant `json:"planned_end"` // zero: the person was in no planned shift
	Overrun    int64          `json:"overrun_seconds"`
	Handover   string         `json:"handover"` // by which it began; "": the opening
	Entries    int            `json:"entries"`
	Revision   int64          `json:"revision"`
}

// Timeline is the coverage of a post in a span, and what is wrong with it.
type Timeline struct {
	Tenures []Tenure `json:"tenures"`
	Gaps    int      `json:"gaps"`            // instants at which nobody was responsible: always 0 from the opening on
	Double  int      `json:"double"`          // instants at which two were: always 0
	Overrun int64    `json:"overrun_seconds"` // of all together
}

// Cover gives who was responsible for a post between two instants; now ends what still runs.
func Cover(ctx context.Context, db projections.Querier, office, stream string, from, until, now time.Time) (t Timeline, err error) {
	t.Tenures, err = collect(ctx, db, "tenures", `select t.person, t.from_at, t.until_at, t.planned_end, t.handover, t.entries, t.revision
		from `+table("tenure")+` t join `+table("post")+` p using (stream)
		where p.office = $1 and t.stream = $2 and t.from_at < $4 and (t.until_at is null or t.until_at > $3 or t.from_at = t.until_at and t.from_at >= $3) order by t.revision`,
		[]any{office, stream, from, until}, func(row pgx.CollectableRow) (v Tenure, err error) {
			err = row.Scan(&v.Person, projections.Into(&v.From), projections.Into(&v.Until), projections.Into(&v.PlannedEnd), &v.Handover, &v.Entries, &v.Revision)
			end := v.Until
			if end.IsZero() {
				end = domain.At(now)
			}
			v.Overrun = overrun(v.PlannedEnd, end)
			return v, err
		})
	for i, v := range t.Tenures {
		t.Overrun += v.Overrun
		if i > 0 {
			switch v.From.Compare(t.Tenures[i-1].Until.Time) {
			case 1:
				t.Gaps++
			case -1:
				t.Double++
			}
		}
	}
	return t, err
}

// ResponsibleAt gives who was responsible at an instant; domain.ErrNoStream before the opening.
func ResponsibleAt(ctx context.Context, db projections.Querier, office, stream string, at time.Time) (Tenure, error) {
	t, err := Cover(ctx, db, office, stream, at, at.Add(time.Microsecond), at)
	if err == nil && len(t.Tenures) == 0 {
		err = domain.ErrNoStream
	}
	if err != nil {
		return Tenure{}, err
	}
	return t.Tenures[len(t.Tenures)-1], nil
}

// Shift is a planned turn.
type Shift struct {
	Start    domain.Instant `json:"start"`
	End      domain.Instant `json:"end"`
	Posts    []string       `json:"posts"`
	Source   string         `json:"source"`
	Person   string         `json:"person"`  // "": a named person of the posts
	Planned  string         `json:"planned"` // whom the roster names; another person: swapped
	Rest     bool           `json:"rest"`
	Night    bool           `json:"night"`
	Reminded domain.Instant `json:"reminded"`
}

// Shifts gives the shifts of a post that begin in a span.
func Shifts(ctx context.Context, db projections.Querier, office, stream string, from, until time.Time) ([]Shift, error) {
	return collect(ctx, db, "shifts", `select s.start_at, s.end_at, s.posts, s.source, s.person, s.planned, s.rest, s.night, s.reminded
		from `+table("shift")+` s join `+table("post")+` p using (stream) where p.office = $1 and s.stream = $2 and s.start_at >= $3 and s.start_at < $4 order by s.start_at`,
		[]any{office, stream, from, until}, func(row pgx.CollectableRow) (s Shift, err error) {
			err = row.Scan(projections.Into(&s.Start), projections.Into(&s.End), &s.Posts, &s.Source, &s.Person, &s.Planned, &s.Rest, &s.Night, projections.Into(&s.Reminded))
			return s, err
		})
}

// Load is what one person carries of the rota.
type Load struct {
	Person string `json:"person"`
	Shifts int    `json:"shifts"`
	Nights int    `json:"nights"`
	Rest   int    `json:"rest_days"`              // shifts that begin on a day off
	Pause  int64  `json:"shortest_pause_seconds"` // between two shifts (R280); 0 with fewer than two
}

// Fairness gives the load of each person on the rota of a post in a span, the most burdened first.
func Fairness(ctx context.Context, db projections.Querier, office, stream string, from, until time.Time) ([]Load, error) {
	return collect(ctx, db, "loads", `select person, count(*), count(*) filter (where night), count(*) filter (where rest), coalesce(extract(epoch from min(pause))::bigint, 0) from (
			select s.person, s.night, s.rest, s.start_at - lag(s.end_at) over (partition by s.person order by s.start_at) as pause
			from `+table("shift")+` s join `+table("post")+` p using (stream)
			where p.office = $1 and s.stream = $2 and s.source = 'rota' and s.start_at >= $3 and s.start_at < $4) turns
		group by person order by 2 desc, person collate "C"`,
		[]any{office, stream, from, until}, func(row pgx.CollectableRow) (l Load, err error) {
			err = row.Scan(&l.Person, &l.Shifts, &l.Nights, &l.Rest, &l.Pause)
			return l, err
		})
}

// Entry is an open entry of the duty log.
type Entry struct {
	Entry    string         `json:"entry"`
	No       int            `json:"no"`
	Day      domain.Date    `json:"day"`
	Kind     string         `json:"kind"`
	Urgency  string         `json:"urgency"`
	Subject  string         `json:"subject"`
	Owner    string         `json:"owner"`
	State    string         `json:"state"`
	Reserved string         `json:"reserved"` // remark that is not settled
	Relayed  []string       `json:"relayed"`  // persons who have not acknowledged
	At       domain.Instant `json:"at"`
}

// Open gives the open entries of a post in the order of the log.
func Open(ctx context.Context, db projections.Querier, office, stream string) ([]Entry, error) {
	return collect(ctx, db, "open entries", `select e.entry, e.no, e.day, e.kind, e.urgency, e.subject, e.owner, e.state, e.reserved, e.relayed, e.at
		from `+table("entry")+` e join `+table("post")+` p using (stream) where p.office = $1 and e.stream = $2 and e.state <> 'closed' order by e.day, e.at, e.no, e.entry`,
		[]any{office, stream}, func(row pgx.CollectableRow) (e Entry, err error) {
			err = row.Scan(&e.Entry, &e.No, projections.Into(&e.Day), &e.Kind, &e.Urgency, &e.Subject, &e.Owner, &e.State, &e.Reserved, &e.Relayed, projections.Into(&e.At))
			return e, err
		})
}

// Handover is one link of the chain.
type Handover struct {
	Handover string         `json:"handover"`
	Revision int64          `json:"revision"` // of the offer
	From     string         `json:"from"`
	To       string         `json:"to"`
	Shift    domain.Instant `json:"shift"`
	Items    int            `json:"items"`
	Reserved int            `json:"reserved"`
	State    string         `json:"state"`
	Offered  domain.Instant `json:"offered"`
	Settled  domain.Instant `json:"settled"`
}

// Handovers gives at most limit handovers of a post, the latest first.
func Handovers(ctx context.Context, db projections.Querier, office, stream string, limit int) ([]Handover, error) {
	return collect(ctx, db, "handovers", `select h.handover, h.revision, h.giver, h.taker, h.shift, h.items, h.reserved, h.state, h.offered, h.settled
		from `+table("handover")+` h join `+table("post")+` p using (stream) where p.office = $1 and h.stream = $2 order by h.revision desc limit $3`,
		[]any{office, stream, limit}, func(row pgx.CollectableRow) (h Handover, err error) {
			err = row.Scan(&h.Handover, &h.Revision, &h.From, &h.To, projections.Into(&h.Shift), &h.Items, &h.Reserved, &h.State, projections.Into(&h.Offered), projections.Into(&h.Settled))
			return h, err
		})
}

// Swap is an exchange of shifts.
type Swap struct {
	Swap   string         `json:"swap"`
	Shift  domain.Instant `json:"shift"`
	Return domain.Instant `json:"in_return"`
	From   string         `json:"from"`
	With   string         `json:"with"`
	State  string         `json:"state"`
	At     domain.Instant `json:"at"` // of the state
}

// Swaps gives at most limit swaps of a post, the latest first.
func Swaps(ctx context.Context, db projections.Querier, office, stream string, limit int) ([]Swap, error) {
	return collect(ctx, db, "swaps", `select s.swap, s.shift, s.return, s.asker, s.partner, s.state, s.at
		from `+table("swap")+` s join `+table("post")+` p using (stream) where p.office = $1 and s.stream = $2 order by s.at desc, s.swap limit $3`,
		[]any{office, stream, limit}, func(row pgx.CollectableRow) (s Swap, err error) {
			err = row.Scan(&s.Swap, projections.Into(&s.Shift), projections.Into(&s.Return), &s.From, &s.With, &s.State, projections.Into(&s.At))
			return s, err
		})
}

// Finding is what was found, or an alert; Told is the post that was alerted.
type Finding struct {
	Stream   string         `json:"stream"`
	Revision int64          `json:"revision"`
	Kind     string         `json:"kind"`
	Person   string         `json:"person"`
	Told     string         `json:"told"`
	At       domain.Instant `json:"at"`
}

// Findings gives at most limit findings and alerts of the office's watch, the latest first.
func Findings(ctx context.Context, db projections.Querier, office string, limit int) ([]Finding, error) {
	return collect(ctx, db, "findings", `select stream, revision, kind, person, told, at from `+table("finding")+`
		where office = $1 order by at desc, stream, revision desc limit $2`,
		[]any{office, limit}, func(row pgx.CollectableRow) (f Finding, err error) {
			err = row.Scan(&f.Stream, &f.Revision, &f.Kind, &f.Person, &f.Told, projections.Into(&f.At))
			return f, err
		})
}

// Clock is one first report of an emergency: met, missed or still running.
type Clock struct {
	Due   domain.Instant `json:"due"`
	At    domain.Instant `json:"at"`
	State string         `json:"state" enum:"running,met,missed"`
}

func clock(due, at domain.Instant, now time.Time) Clock {
	c := Clock{Due: due, At: at, State: "running"}
	switch {
	case at.IsZero() && now.After(due.Time), !at.IsZero() && at.After(due.Time):
		c.State = "missed"
	case !at.IsZero():
		c.State = "met"
	}
	return c
}

// Emergency is an emergency with its clocks.
type Emergency struct {
	Emergency string         `json:"emergency"`
	Grade     string         `json:"grade"`
	Known     domain.Instant `json:"known"`
	Phone     Clock          `json:"phone"`
	Written   Clock          `json:"written"`
	Updates   int            `json:"updates"`
	Closed    domain.Instant `json:"closed"`
}

// Emergencies gives at most limit emergencies of a post, the latest first.
func Emergencies(ctx context.Context, db projections.Querier, office, stream string, now time.Time, limit int) ([]Emergency, error) {
	return collect(ctx, db, "emergencies", `select e.emergency, e.grade, e.known, e.phone_due, e.phone_at, e.written_due, e.written_at, e.updates, e.closed
		from `+table("emergency")+` e join `+table("post")+` p using (stream) where p.office = $1 and e.stream = $2 order by e.known desc, e.emergency limit $3`,
		[]any{office, stream, limit}, func(row pgx.CollectableRow) (e Emergency, err error) {
			var phone, written, phoneAt, writtenAt domain.Instant
			err = row.Scan(&e.Emergency, &e.Grade, projections.Into(&e.Known), projections.Into(&phone), projections.Into(&phoneAt), projections.Into(&written),
				projections.Into(&writtenAt), &e.Updates, projections.Into(&e.Closed))
			e.Phone, e.Written = clock(phone, phoneAt, now), clock(written, writtenAt, now)
			return e, err
		})
}

// Roster is the roster of a period.
type Roster struct {
	Stream      string         `json:"stream"`
	Revision    int64          `json:"revision"` // for If-Match
	Post        string         `json:"post"`
	First       domain.Date    `json:"first"`
	Last        domain.Date    `json:"last"`
	State       string         `json:"state"`
	Published   domain.Instant `json:"published"`
	Deadline    domain.Instant `json:"deadline"`
	Amended     int            `json:"amended"`
	Undelivered []string       `json:"undelivered"` // persons
}

// Rosters gives at most limit rosters of the office, the latest period first.
func Rosters(ctx context.Context, db projections.Querier, office string, limit int) ([]Roster, error) {
	return collect(ctx, db, "rosters", `select r.stream, r.revision, r.post, r.first, r.last, r.state, r.published, r.deadline, r.amended,
			coalesce((select array_agg(d.person order by d.person collate "C") from `+table("delivery")+` d where d.stream = r.stream and d.delivered is null), '{}')
		from `+table("roster")+` r where r.office = $1 order by r.first desc, r.stream limit $2`,
		[]any{office, limit}, func(row pgx.CollectableRow) (r Roster, err error) {
			err = row.Scan(&r.Stream, &r.Revision, &r.Post, projections.Into(&r.First), projections.Into(&r.Last), &r.State, projections.Into(&r.Published),
				projections.Into(&r.Deadline), &r.Amended, &r.Undelivered)
			return r, err
		})
}
