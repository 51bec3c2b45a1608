package register

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"andu/domain"
	"andu/domain/documents"
	"andu/projections"
)

// Filter says which entries of an office are wanted by whom; what is zero does not matter. Entries of state secrets that the
// asker does not handle are found by book, year, number and class alone, come masked, and no other filter, search or order
// tells anything about them.
type Filter struct {
	Office string
	Person string   // who asks
	Posts  []string // the posts that he acts for, and their units

	Book   string
	Year   int
	Number int
	Class  domain.Class

	State    documents.Status
	Open     bool // the office still has to do something
	Urgency  string
	Kind     string
	Level    string
	Line     string
	Action   documents.Action
	Category string
	Lead     string // unit or post that leads
	Handler  string // person, post or unit that handles the paper or did
	// OverdueAt: open and past the time limit at this time.
	OverdueAt time.Time
	// Received on or after From and before Until.
	From, Until time.Time
	// Text is words of the title, the document number, the issuing organs or the register number; all of them are wanted.
	Text string
}

// Sort is an order of the register.
type Sort struct {
	By   By
	Desc bool
}

// By is what the register is sorted by.
type By string

const (
	ByNumber   By = "number"   // year, book and number; what is not registered yet stands last
	ByReceived By = "received" // when it was signed for
	ByDue      By = "due"      // what has no time limit stands last
	ByTitle    By = "title"    // as a Chinese dictionary does
)

// ErrSort: the register is not sorted by that.
var ErrSort = errors.New("want an order by number, received, due or title")

// order is how an allowed order is written: the columns, their types, and their values in an entry.
type order struct {
	columns, types []string
	values         func(Entry) []string
}

// A masked entry stands at the end, where its place says nothing.
var orders = map[By]order{
	ByNumber: {
		[]string{`case when number = 0 then 9999 else year end`, `book`, `case when number = 0 then 2147483647 else number end`},
		[]string{"int", "text", "int"},
		func(e Entry) []string {
			if e.Number == 0 {
				return []string{"9999", e.Book, strconv.Itoa(math.MaxInt32)}
			}
			return []string{strconv.Itoa(e.Year), e.Book, strconv.Itoa(e.Number)}
		},
	},
	ByReceived: {
		[]string{`case when visible then received_at else 'infinity' end`}, []string{"timestamptz"},
		func(e Entry) []string { return []string{instant(e.Received)} },
	},
	ByDue: {
		[]string{`case when visible and due_at is not null then due_at else 'infinity' end`}, []string{"timestamptz"},
		func(e Entry) []string { return []string{instant(e.Due)} },
	},
	ByTitle: {
		[]string{`not visible`, `case when visible then title else '' end collate "zh-x-icu"`}, []string{"boolean", "text"},
		func(e Entry) []string { return []string{strconv.FormatBool(e.Masked), e.Title} },
	},
}

func instant(i domain.Instant) string {
	if i.IsZero() {
		return "infinity"
	}
	text, _ := i.MarshalText()
	return string(text)
}

// open is what the office still has to do something about.
const open = `ended = '' and not closed and not filed`

// where is a condition with its arguments. The first three are the asker's.
type where struct {
	terms []string
	args  []any
}

func (w *where) add(term string, arg any) {
	w.args = append(w.args, arg)
	w.terms = append(w.terms, fmt.Sprintf(term, fmt.Sprintf("$%d", len(w.args))))
}

func (f Filter) where() *where {
	w := &where{args: []any{f.Office, f.Person, projections.Array(f.Posts)}}
	for _, equal := range []struct{ column, value string }{{"book", f.Book}, {"class", string(f.Class)}} {
		if equal.value != "" {
			w.add(equal.column+" = %s", equal.value)
		}
	}
	if f.Year != 0 {
		w.add("year = %s", f.Year)
	}
	if f.Number != 0 {
		w.add("number = %s", f.Number)
	}
	said := len(w.terms)
	for _, equal := range []struct{ column, value string }{{"state", string(f.State)}, {"urgency", f.Urgency}, {"kind", f.Kind}, {"level", f.Level},
		{"line", f.Line}, {"action", string(f.Action)}, {"category", f.Category}, {"lead", f.Lead}} {
		if equal.value != "" {
			w.add(equal.column+" = %s", equal.value)
		}
	}
	if f.Open {
		w.terms = append(w.terms, open)
	}
	if f.Handler != "" {
		w.add("(%[1]s = any (persons) or %[1]s = any (posts))", f.Handler)
	}
	if !f.OverdueAt.IsZero() {
		w.add(open+" and due_at <= %s", f.OverdueAt)
	}
	if !f.From.IsZero() {
		w.add("received_at >= %s", f.From)
	}
	if !f.Until.IsZero() {
		w.add("received_at < %s", f.Until)
	}
	for _, word := range strings.Fields(f.Text) {
		if word = fold(word); word == "" {
			continue
		}
		parts := grams(word)
		if letters := []rune(word); len(letters) > 1 { // two letters each are enough
			parts = nil
			for i := range letters[1:] {
				parts = append(parts, string(letters[i:i+2]))
			}
		}
		w.add("grams @> %s::text[]", parts)
		w.add("strpos(search, %s) > 0", word)
	}
	if len(w.terms) > said {
		w.terms = append(w.terms, "visible")
	}
	return w
}

// from is the entries that the condition leaves, each with whether the asker sees all of it.
func (w *where) from() string {
	sql := ` from (select *, not classified or $2 = any (persons) or posts && $3::text[] as visible from ` + Projection.Table("paper") + ` where office = $1 and ended <> 'withdrawn') p`
	if len(w.terms) > 0 {
		sql += ` where ` + strings.Join(w.terms, " and ")
	}
	return sql
}

// List gives at most limit entries behind a cursor ("": from the beginning) as the asker may see them, and the cursor of the
// rest ("": there is none). A cursor that is not of this order is projections.ErrCursor.
func List(ctx context.Context, db projections.Querier, f Filter, s Sort, after string, limit int) (entries []Entry, next string, err error) {
	by, ok := orders[s.By]
	if !ok {
		return nil, "", ErrSort
	}
	columns := append(by.columns[:len(by.columns):len(by.columns)], "stream")
	var from place
	if err := projections.Seek(after, &from); err != nil {
		return nil, "", err
	}
	w, direction, beyond := f.where(), "", ">"
	if s.Desc {
		direction, beyond = " desc", "<"
	}
	if after != "" {
		if from.Sort != s || len(from.Values) != len(by.types) {
			return nil, "", projections.ErrCursor
		}
		values := make([]string, 0, len(columns))
		for i, v := range from.Values {
			w.args = append(w.args, v)
			values = append(values, fmt.Sprintf("$%d::text::%s", len(w.args), by.types[i]))
		}
		w.args = append(w.args, from.Stream)
		values = append(values, fmt.Sprintf("$%d", len(w.args)))
		w.terms = append(w.terms, `(`+strings.Join(columns, ", ")+`) `+beyond+` (`+strings.Join(values, ", ")+`)`)
	}
	entries, err = read(ctx, db, w, ` order by `+strings.Join(columns, direction+", ")+direction+` limit `+strconv.Itoa(limit+1))
	var pg *pgconn.PgError
	if after != "" && errors.As(err, &pg) && strings.HasPrefix(pg.Code, "22") { // a value that is none of its type
		err = projections.ErrCursor
	}
	if err != nil {
		return nil, "", fmt.Errorf("list the register: %w", err)
	}
	for i, e := range entries {
		entries[i] = e.For(f.Person, f.Posts)
	}
	if len(entries) > limit {
		entries = entries[:limit]
		last := entries[limit-1]
		next = projections.Cursor(place{s, by.values(last), last.Stream})
	}
	return entries, next, nil
}

// place is where a list goes on.
type place struct {
	Sort   Sort
	Values []string
	Stream string
}

// Get gives the whole entry of a paper of the office; domain.ErrNoStream when there is none. It is for whoever may see it
// whole: see Entry.For.
func Get(ctx context.Context, db projections.Querier, office, stream string) (Entry, error) {
	found, err := All(ctx, db, office, stream)
	if err != nil {
		return Entry{}, err
	}
	e, ok := found[stream]
	if !ok {
		return Entry{}, domain.ErrNoStream
	}
	return e, nil
}

// All gives the whole entries of papers of the office, by their streams: for lists of something else that name papers.
func All(ctx context.Context, db projections.Querier, office string, streams ...string) (map[string]Entry, error) {
	w := Filter{Office: office}.where()
	w.add("stream = any (%s)", projections.Array(streams))
	entries, err := read(ctx, db, w, "")
	if err != nil {
		return nil, fmt.Errorf("read entries of the register: %w", err)
	}
	all := make(map[string]Entry, len(entries))
	for _, e := range entries {
		all[e.Stream] = e
	}
	return all, nil
}

// Running lists the streams of the papers of an office that are open and have a time limit.
func Running(ctx context.Context, db projections.Querier, office string) ([]string, error) {
	rows, err := db.Query(ctx, `select stream from `+Projection.Table("paper")+` where office = $1 and due_at is not null and `+open+` order by stream collate "C"`, office)
	if err != nil {
		return nil, fmt.Errorf("list the papers whose time runs: %w", err)
	}
	streams, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list the papers whose time runs: %w", err)
	}
	return streams, nil
}

// Count counts the entries that List would give.
func Count(ctx context.Context, db projections.Querier, f Filter) (n int, err error) {
	w := f.where()
	if err := db.QueryRow(ctx, `select count(*)`+w.from(), w.args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count the register: %w", err)
	}
	return n, nil
}

// CountByState counts the entries that List would give by their state; masked ones count as "".
func CountByState(ctx context.Context, db projections.Querier, f Filter) (map[documents.Status]int, error) {
	return counts[documents.Status](ctx, db, f, `case when visible then state else '' end`)
}

// OverdueByUrgency counts the entries that are open past their time limit at a time, by urgency ("": unmarked).
func OverdueByUrgency(ctx context.Context, db projections.Querier, f Filter, now time.Time) (map[string]int, error) {
	f.OverdueAt = now
	return counts[string](ctx, db, f, "urgency")
}

func counts[K ~string](ctx context.Context, db projections.Querier, f Filter, key string) (map[K]int, error) {
	w := f.where()
	rows, err := db.Query(ctx, `select `+key+`, count(*)`+w.from()+` group by 1`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("count the register: %w", err)
	}
	all := map[K]int{}
	var k K
	var n int
	if _, err = pgx.ForEachRow(rows, []any{&k, &n}, func() error { all[k] = n; return nil }); err != nil {
		return nil, fmt.Errorf("count the register: %w", err)
	}
	return all, nil
}

func read(ctx context.Context, db projections.Querier, w *where, tail string) ([]Entry, error) {
	columns, _ := new(Entry).columns()
	rows, err := db.Query(ctx, `select `+columns+w.from()+tail, w.args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (e Entry, err error) {
		_, fields := e.columns()
		err = row.Scan(fields...)
		return e, err
	})
}

// columns are those of an entry and where they go.
func (e *Entry) columns() (names string, fields []any) {
	columns := []struct {
		name  string
		field any
	}{
		{"stream", &e.Stream}, {"revision", &e.Revision}, {"state", &e.State}, {"classified", &e.classified},
		{"series", &e.Series}, {"book", &e.Book}, {"year", &e.Year}, {"number", &e.Number}, {"number_text", &e.NumberText},
		{"registered_at", projections.Into(&e.Registered)}, {"registered_by", &e.RegisteredBy},
		{"received_at", projections.Into(&e.Received)}, {"signed_by", &e.SignedBy}, {"served", &e.Served}, {"channel", &e.Channel},
		{"envelope", &e.Envelope}, {"seal", &e.Seal}, {"signed", &e.Signed}, {"remarks", &e.Remarks}, {"duty_entry", &e.DutyEntry},
		{`(select coalesce(json_agg(json_build_object('copy', c.copy, 'state', c.state, 'holder', c.holder) order by c.copy collate "C"), '[]')
			from ` + Projection.Table("copy") + ` c where c.stream = p.stream)`, &e.Copies},
		{"organs", &e.Organs}, {"doc_number", &e.DocNumber}, {"title", &e.Title}, {"kind", &e.Kind}, {"issued_on", projections.Into(&e.IssuedOn)},
		{"urgency", &e.Urgency}, {"class", &e.Class}, {"term", &e.Term}, {"level", &e.Level}, {"line", &e.Line}, {"addressee", &e.Addressee},
		{"attachments", &e.Attachments}, {"pages", &e.Pages}, {"answer_by", projections.Into(&e.AnswerBy)}, {"contact", &e.Contact},
		{"not_stated", &e.NotStated}, {"category", &e.Category}, {"form", &e.Form},
		{"pre_checked", &e.PreChecked}, {"presented_to", &e.PresentedTo}, {"action", &e.Action}, {"proposal", &e.Proposal},
		{"proposed_by", &e.ProposedBy}, {"proposed_at", projections.Into(&e.ProposedAt)}, {"approval", &e.Case},
		{"instruction", &e.Instruction}, {"instructed_by", &e.InstructedBy}, {"instructed_post", &e.InstructedPost},
		{"instructed_at", projections.Into(&e.InstructedAt)},
		{"lead", &e.Lead}, {"co", &e.Co}, {"accepted", &e.Accepted}, {"assigned_at", projections.Into(&e.AssignedAt)},
		{"lead_due_on", projections.Into(&e.LeadDueOn)}, {"due_on", projections.Into(&e.DueOn)}, {"due_at", projections.Into(&e.Due)},
		{"due_basis", &e.DueBasis}, {"provisional", &e.Provisional}, {"urged", &e.Urged}, {"urged_level", &e.UrgedLevel},
		{"urged_to", &e.UrgedTo}, {"urged_at", projections.Into(&e.UrgedAt)}, {"result", &e.Result}, {"reported_at", projections.Into(&e.ReportedAt)},
		{"reply_to", &e.ReplyTo}, {"reply_way", &e.ReplyWay}, {"reply_number", &e.ReplyNumber}, {"reply_on", projections.Into(&e.ReplyOn)},
		{"suspended", &e.Suspended}, {"recalled", &e.Recalled}, {"settlement", &e.Settlement}, {"settled_as", &e.SettledAs},
		{"settled_note", &e.SettledNote}, {"closed_at", projections.Into(&e.Closed)}, {"file_code", &e.FileCode}, {"volume", &e.Volume},
		{"retention", &e.Retention}, {"filed_at", projections.Into(&e.Filed)}, {"end_reason", &e.EndReason}, {"end_to", &e.EndTo},
		{"ended_at", projections.Into(&e.EndedAt)}, {"first", &e.First}, {"persons", &e.Persons}, {"posts", &e.Posts},
	}
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = c.name
		fields = append(fields, c.field)
	}
	return strings.Join(list, ", "), fields
}

// Numbered is a paper as the officers know it, who see no content.
type Numbered struct {
	Stream     string
	NumberText string
	Class      domain.Class
	Received   domain.Instant
}

// ByNumberText finds the papers of an office whose number has a text in it, the latest first.
func ByNumberText(ctx context.Context, db projections.Querier, office, text string, limit int) ([]Numbered, error) {
	rows, err := db.Query(ctx, `select stream, number_text, class, received_at from `+Projection.Table("paper")+`
		where office = $1 and number_text <> '' and strpos(number_text, $2) > 0 order by received_at desc, stream limit $3`, office, text, limit)
	if err != nil {
		return nil, fmt.Errorf("find a number: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (n Numbered, err error) {
		return n, row.Scan(&n.Stream, &n.NumberText, &n.Class, projections.Into(&n.Received))
	})
	if err != nil {
		return nil, fmt.Errorf("find a number: %w", err)
	}
	return list, nil
}
