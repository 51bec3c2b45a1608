package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"andu/domain"
	"andu/domain/circulation"
	"andu/domain/documents"
	"andu/projections"
)

// Asker is whose tray is opened.
type Asker struct {
	Office string
	Person string
	Posts  []string // that he acts for, and the units of these posts
	Roles  []string // see Roles
}

// Roles lists the roles that the office's policy gives to posts at a time: registrar, proposer of handling, reviewer.
func Roles(p domain.Policy, at domain.Instant, posts []string) (roles []string) {
	for _, key := range slices.Sorted(maps.Keys(p.Provisions)) {
		v, ok := p.At(key, at)
		if !ok || v.Blank {
			continue
		}
		var holders []string
		switch {
		case key == registrar, key == clerk:
			var post string
			if json.Unmarshal(v.Value, &post) == nil {
				holders = []string{post}
			}
		case key == proposer:
			var steps []documents.Signer
			if json.Unmarshal(v.Value, &steps) == nil {
				for _, s := range steps {
					holders = append(holders, s.Posts...)
				}
			}
		case strings.HasSuffix(key, "].legalReview"):
			if json.Unmarshal(v.Value, &holders) != nil {
				continue
			}
		}
		if slices.ContainsFunc(holders, func(post string) bool { return slices.Contains(posts, post) }) {
			roles = append(roles, key)
		}
	}
	return roles
}

// Item is one thing to do or to read. A paper's own items have no Case. The title of a state secret is not among the rows of
// the tray: whoever shows it takes it from the register, as the asker may see it.
type Item struct {
	Kind     Kind           `json:"kind"`
	Reading  bool           `json:"reading"`
	Subject  string         `json:"subject"`  // stream of the paper; "": the case is about nothing that has a stream
	Case     string         `json:"case"`     // stream of the approval case
	Slip     string         `json:"slip"`     // stream of the circulation
	Revision int64          `json:"revision"` // of the case or slip, or else of the paper: for If-Match
	Class    domain.Class   `json:"class"`
	Title    string         `json:"title"`
	Due      domain.Instant `json:"due"`
	Since    domain.Instant `json:"since"`
	Post     string         `json:"post"`   // or unit: whose it is
	Person   string         `json:"person"` // whose it is
	Role     string         `json:"role"`   // policy key by which it is the asker's
	Step     int            `json:"step"`   // of the case
	Urged    int            `json:"urged"`  // the highest level
	Accepted bool           `json:"accepted"`

	stream, key string
}

// Overdue tells whether the item's time is over.
func (i Item) Overdue(now time.Time) bool { return !i.Due.IsZero() && !now.Before(i.Due.Time) }

// Counts is how much is in a tray.
type Counts struct {
	ToDo    int `json:"todo"`
	ToRead  int `json:"toread"`
	Overdue int `json:"overdue"` // to do and past its time
}

// Tray is a page of a tray, and how much there is in all of it.
type Tray struct {
	Items  []Item `json:"items"`
	Next   string `json:"next"` // cursor of the rest; "": there is none
	Counts Counts `json:"counts"`
}

const (
	// The items of an asker ($1 to $4) that are not suspended. A paper's time limit ends with its handling: filing and
	// collecting have none.
	mine  = ` from (select i.*, coalesce(i.due, case when i.kind not in ('` + string(File) + `', '` + string(Collect) + `') then m.due end) as until, m.class, m.title, m.revision, m.subject from `
	tray  = ` i join `
	whose = ` m using (stream) where i.office = $1 and not m.suspended and
		(i.person = $2 or i.entrusted = $2 or i.post = any ($3) or i.role = any ($4))) i`
)

func from() string {
	return mine + Projection.Table("item") + tray + Projection.Table("matter") + whose
}

// For gives at most limit items to do, or to read, behind a cursor ("": from the beginning): what is due first stands first.
func For(ctx context.Context, db projections.Querier, a Asker, reading bool, now time.Time, after string, limit int) (t Tray, err error) {
	var at struct {
		Until, Since time.Time
		Stream, Key  string
	}
	if err := projections.Seek(after, &at); err != nil {
		return t, err
	}
	args := []any{a.Office, a.Person, projections.Array(a.Posts), projections.Array(a.Roles)}
	err = db.QueryRow(ctx, `select count(*) filter (where not reading), count(*) filter (where reading),
		count(*) filter (where not reading and until <= $5)`+from(), append(args, now)...).Scan(&t.Counts.ToDo, &t.Counts.ToRead, &t.Counts.Overdue)
	if err != nil {
		return t, fmt.Errorf("count the tray: %w", err)
	}
	where := ` where reading = $5`
	args = append(args, reading)
	if after != "" {
		where += ` and (coalesce(until, '9999-12-31Z'), since, stream, key) > ($6, $7, $8, $9)`
		args = append(args, at.Until, at.Since, at.Stream, at.Key)
	}
	rows, err := db.Query(ctx, `select stream, key, kind, reading, subject, revision, class, title, until, since, post, person, role, step, urged, accepted`+
		from()+where+fmt.Sprintf(` order by coalesce(until, '9999-12-31Z'), since, stream, key limit %d`, limit+1), args...)
	if err != nil {
		return t, fmt.Errorf("read the tray: %w", err)
	}
	t.Items, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (i Item, err error) {
		err = row.Scan(&i.stream, &i.key, &i.Kind, &i.Reading, &i.Subject, &i.Revision, &i.Class, &i.Title, projections.Into(&i.Due),
			projections.Into(&i.Since), &i.Post, &i.Person, &i.Role, &i.Step, &i.Urged, &i.Accepted)
		i.Subject, i.Case, i.Slip = about(i.stream, i.Subject)
		return i, err
	})
	if err != nil {
		return t, fmt.Errorf("read the tray: %w", err)
	}
	if len(t.Items) > limit {
		t.Items = t.Items[:limit]
		last := t.Items[limit-1]
		at.Until, at.Since, at.Stream, at.Key = last.Due.Time, last.Since.Time, last.stream, last.key
		if last.Due.IsZero() {
			at.Until = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
		}
		t.Next = projections.Cursor(at)
	}
	return t, nil
}

// about says which paper, which case and which slip a row is of.
func about(stream, subject string) (paper, approval, slip string) {
	switch domain.ContextOf(stream) {
	case documents.Context.Name:
		return stream, "", ""
	case circulation.Context.Name:
		return subject, "", stream
	}
	return subject, stream, ""
}

// Done is one thing that a person has done, and the event that says so.
type Done struct {
	Subject   string         `json:"subject"`
	Case      string         `json:"case"`
	Slip      string         `json:"slip"`
	Revision  int64          `json:"revision"` // of the event
	Act       string         `json:"act"`      // type of the event, such as document.closed
	Decision  string         `json:"decision"` // of an opinion, such as approved
	Step      int            `json:"step"`
	Post      string         `json:"post"`
	At        domain.Instant `json:"at"`
	Corrected int64          `json:"corrected"` // revision of the last correction of the opinion; 0: none
	Class     domain.Class   `json:"class"`
	Title     string         `json:"title"` // never of a state secret

	stream string
}

// DoneBy gives at most limit things that a person has done, the latest first, behind a cursor.
func DoneBy(ctx context.Context, db projections.Querier, office, person, after string, limit int) (list []Done, next string, err error) {
	var at struct {
		At       time.Time
		Stream   string
		Revision int64
	}
	if err := projections.Seek(after, &at); err != nil {
		return nil, "", err
	}
	where, args := ``, []any{office, person}
	if after != "" {
		where = ` and (d.at, d.stream, d.revision) < ($3, $4, $5)`
		args = append(args, at.At, at.Stream, at.Revision)
	}
	rows, err := db.Query(ctx, `select d.stream, m.subject, d.revision, d.act, d.decision, d.step, d.post, d.at, coalesce(d.corrected, 0), m.class, m.title
		from `+Projection.Table("done")+` d join `+Projection.Table("matter")+` m using (stream)
		where d.office = $1 and d.person = $2`+where+fmt.Sprintf(` order by d.at desc, d.stream desc, d.revision desc limit %d`, limit+1), args...)
	if err != nil {
		return nil, "", fmt.Errorf("read what was done: %w", err)
	}
	list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (d Done, err error) {
		err = row.Scan(&d.stream, &d.Subject, &d.Revision, &d.Act, &d.Decision, &d.Step, &d.Post, projections.Into(&d.At), &d.Corrected, &d.Class, &d.Title)
		d.Subject, d.Case, d.Slip = about(d.stream, d.Subject)
		return d, err
	})
	if err != nil {
		return nil, "", fmt.Errorf("read what was done: %w", err)
	}
	if len(list) > limit {
		list = list[:limit]
		last := list[limit-1]
		at.At, at.Stream, at.Revision = last.At.Time, last.stream, last.Revision
		next = projections.Cursor(at)
	}
	return list, next, nil
}
