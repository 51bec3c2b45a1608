package commands

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"andu/domain"
	"andu/domain/documents"
	"andu/domain/imports"
	"andu/domain/leave"
	"andu/domain/org"
	"andu/domain/persons"
	"andu/domain/registers"
)

// An import brings the rows of one file in, each by the commands that a person would give one after the other, and under
// the same rules. What a row writes is announced in the record of the import before it is written, so that nothing is
// forgotten if the process dies between the two; the ids follow from the import and the row, so that the same file again
// goes on where it stopped.

// Row is one row of a file: its cells by the names of their columns.
type Row struct {
	Sheet string            `json:"sheet,omitempty" maxLength:"100" required:"false"`
	Line  int               `json:"line" minimum:"1"`
	Cells map[string]string `json:"cells"`
}

// Outcome is what became of a row.
type Outcome string

// What can become of a row.
const (
	Accepted Outcome = "accepted"
	Skipped  Outcome = "skipped"  // it is so already
	Rejected Outcome = "rejected" // a rule stands against it
	Left     Outcome = "left"     // it is for another officer to enter, now or first
)

// RowResult is what became of one row, and why. For is the officer whom the row is left for.
type RowResult struct {
	Row
	Outcome Outcome
	Err     error
	For     string
	Login   string
	First   string // first password, told once
}

// Import is one run of a file.
type Import struct {
	Kind, File, Digest string
	Total              int // rows of the whole file
	Try                bool
	// Person finds a person by number, login or name; "" where nobody or more than one is meant.
	Person func(key string) string
	// Named finds a unit, post or person by what it is called; "" where there is none, or more than one.
	Named func(word string) string
	// Account makes an account of a person and tells its first password; "" where there is one already. With try it only
	// says whether that can be done.
	Account func(ctx context.Context, login, person string, try bool) (first string, err error)
}

// ImportRows brings rows in, and gives the id of the import ("": nothing was taken up).
func ImportRows(ctx context.Context, h *Handler, im Import, rows []Row, req Request) (id string, results []RowResult, err error) {
	if req.Received.IsZero() {
		req.Received = h.Now()
	}
	run := &run{h: h, Import: im, req: req}
	if id, err = run.standing(ctx); err != nil {
		return "", nil, err
	}
	switch im.Kind {
	case imports.Org:
		results, err = run.organisation(ctx, rows)
	case imports.Register:
		results, err = run.register(ctx, rows)
	case imports.Leave:
		results, err = run.leave(ctx, rows)
	default:
		err = imports.ErrKind
	}
	return run.id, results, err
}

// run is one pass over rows.
type run struct {
	h *Handler
	Import
	req     Request
	id      string // of the import, once it has begun
	earlier int    // imports of the same file that were withdrawn
}

// standing finds the import that the file belongs to, and if there is none yet, the id that it will have.
func (r *run) standing(ctx context.Context) (string, error) {
	all, _, err := State(ctx, r.h, imports.Context, r.req.Office, imports.Stream(r.req.Office))
	if err != nil {
		return "", err
	}
	r.earlier = 0
	for _, i := range all.All() {
		if i.Kind == r.Kind && i.Digest == r.Digest && i.Withdraws {
			r.earlier++
		}
	}
	if i, ok := all.Standing(r.Kind, r.Digest); ok {
		r.id = i.ID
	}
	return r.id, nil
}

// begin opens the import, when its first row is about to be written.
func (r *run) begin(ctx context.Context, items []imports.Item) error {
	stream := imports.Stream(r.req.Office)
	if r.id == "" {
		req := r.req
		req.Command = NewID(imports.Stream(r.req.Office), fmt.Sprint(r.Kind, "/", r.Digest, "/", r.earlier, "/")+r.req.Received.UTC().Format(time.RFC3339Nano))
		if _, err := Handle(ctx, r.h, imports.Context, stream, imports.Begin{Kind: r.Kind, File: r.File, Digest: r.Digest, Rows: r.Total}, req); err != nil {
			return err
		}
		if _, err := r.standing(ctx); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(items, 200) {
		req := r.req
		req.Command = ""
		if _, err := Handle(ctx, r.h, imports.Context, stream, imports.Announce{Import: r.id, Items: part}, req); err != nil {
			return err
		}
	}
	return nil
}

// step is one command of a row. It tells whether it wrote anything now.
type step func(ctx context.Context, r *run, try bool) (wrote bool, err error)

// does makes a step of a command; name tells it apart from the others of the import.
func does[S any](c domain.Context[S], stream, name string, cmd domain.Command[S], occurred time.Time) step {
	return func(ctx context.Context, r *run, try bool) (bool, error) {
		req := r.req
		req.Occurred = occurred
		if try {
			req.Command = NewID(stream, name)
			_, err := Try(ctx, r.h, c, stream, cmd, req)
			return false, err
		}
		req.Correlation = r.id
		req.Command = ID(req.Office, req.Actor.Person, "IMPORT", r.id, name)
		res, err := Handle(ctx, r.h, c, stream, cmd, req)
		if err != nil {
			return false, err
		}
		return len(res.Events) > 0 && !res.Repeated, r.h.FollowNow(ctx, req.Office, res)
	}
}

// settle notes what a rule, or the lack of one, made of a row. Faults of the house end the run.
func settle(res *RowResult, wrote bool, err error) error {
	refusal, ok := isRefusal(err)
	switch {
	case ok && refusal.Code == org.ErrOfficer.Code:
		res.Outcome, res.Err, res.For = Left, err, refusal.Params["officer"]
	case ok:
		res.Outcome, res.Err = Rejected, err
	case err != nil:
		return fmt.Errorf("line %d: %w", res.Line, err)
	case wrote:
		res.Outcome = Accepted
	default:
		res.Outcome = Skipped
	}
	return nil
}

// cell is a cell of a row; the first column that is filled counts.
func (row Row) cell(names ...string) string {
	for _, name := range names {
		if text := strings.TrimSpace(row.Cells[name]); text != "" {
			return text
		}
	}
	return ""
}

func badCell(field, value string) error { return imports.ErrCell.With("field", field, "value", value) }

// list reads several names in one cell.
func (row Row) list(name string) []string {
	list := []string{}
	for _, item := range strings.FieldsFunc(row.cell(name), func(r rune) bool { return strings.ContainsRune("、，,;；\n", r) }) {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}

var dayForm = regexp.MustCompile(`^(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*日?(?:[ T].*)?$`)

// day reads a day in one of the forms that books have: 2025-01-09, 2025/1/9, 2025年1月9日.
func (row Row) day(name string) (domain.Date, error) {
	text := row.cell(name)
	if text == "" {
		return domain.Date{}, nil
	}
	m := dayForm.FindStringSubmatch(text)
	if m == nil {
		return domain.Date{}, badCell(name, text)
	}
	if len(m[2]) == 1 {
		m[2] = "0" + m[2]
	}
	if len(m[3]) == 1 {
		m[3] = "0" + m[3]
	}
	d, err := domain.ParseDate(m[1] + "-" + m[2] + "-" + m[3])
	if err != nil {
		return d, badCell(name, text)
	}
	return d, nil
}

// number reads a whole number; an empty cell is otherwise.
func (row Row) number(name string, otherwise int) (int, error) {
	text := row.cell(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(strings.TrimSuffix(text, ".0"))
	if err != nil || n < 0 {
		return 0, badCell(name, text)
	}
	return n, nil
}

// yes reads a mark.
func (row Row) yes(name string) bool {
	return slices.Contains([]string{"是", "✓", "√", "y", "yes", "true", "1"}, strings.ToLower(row.cell(name)))
}

// PersonID is the id of the person whom the office's files name by a number.
func PersonID(office, number string) string { return NewID(org.Stream(office), "person/"+number) }

// Kinds of rows of an organisation, in the order in which they are entered, and the words that files have for them.
var rowKinds = []struct {
	kind  string
	words []string
}{
	{org.EntryOrgan, []string{"organ", "organs", "机关"}},
	{org.EntryUnit, []string{"unit", "units", "单位", "内设机构", "股室", "科室"}},
	{org.EntryPost, []string{"post", "posts", "岗位"}},
	{org.EntryMember, []string{"person", "persons", "人员"}},
	{org.EntryAppointment, []string{"appointment", "appointments", "任职"}},
}

// kind says what a row of an organisation enters: by its cell, or by the name of its sheet.
func (row Row) kind() int {
	word := strings.ToLower(row.cell("kind"))
	if word == "" {
		word = strings.ToLower(strings.TrimSpace(row.Sheet))
	}
	return slices.IndexFunc(rowKinds, func(k struct {
		kind  string
		words []string
	}) bool {
		return slices.Contains(k.words, word)
	})
}

// organisation enters units before posts, posts before persons, persons before appointments, and what is above before
// what is below, in whatever order the file has them.
func (r *run) organisation(ctx context.Context, rows []Row) ([]RowResult, error) {
	results := make([]RowResult, len(rows))
	var order []int
	for i, row := range rows {
		results[i].Row = row
		if row.kind() < 0 {
			results[i].Outcome, results[i].Err = Rejected, badCell("kind", row.cell("kind"))
			continue
		}
		order = append(order, i)
	}
	slices.SortStableFunc(order, func(a, b int) int { return rows[a].kind() - rows[b].kind() })
	for pending := order; len(pending) > 0; {
		var later []int
		for _, i := range pending {
			if err := r.orgRow(ctx, &results[i]); err != nil {
				return results, err
			}
			if refusal, ok := isRefusal(results[i].Err); ok && refusal.Code == org.ErrUnknown.Code {
				later = append(later, i)
			}
		}
		if len(later) == len(pending) {
			break
		}
		pending = later
	}
	if r.Try {
		trust(results)
	}
	for i := range results { // what is refused because another officer has not done his part is left for him
		refusal, ok := isRefusal(results[i].Err)
		if !ok || results[i].Outcome != Rejected {
			continue
		}
		kind := rowKinds[max(0, results[i].kind())].kind
		switch {
		case kind == org.EntryMember && refusal.Code == org.ErrUnknown.Code:
			results[i].Outcome, results[i].For = Left, org.SecurityAdministrator
		case kind == org.EntryAppointment && refusal.Code == org.ErrNotMember.Code:
			results[i].Outcome, results[i].For = Left, org.SystemAdministrator
		}
	}
	return results, nil
}

// trust takes for entered, in a trial, what other rows of the file would enter.
func trust(results []RowResult) {
	for again := true; again; {
		again = false
		entered := map[string]bool{}
		for _, res := range results {
			if res.Outcome == Accepted {
				entered[res.cell("id")] = true
			}
		}
		for i, res := range results {
			refusal, ok := isRefusal(res.Err)
			if !ok || res.Outcome != Rejected || refusal.Code != org.ErrUnknown.Code || !entered[refusal.Params["id"]] {
				continue
			}
			again = true
			results[i].Outcome, results[i].Err = Accepted, nil
			if rowKinds[res.kind()].kind == org.EntryAppointment { // persons are entered between posts and appointments
				results[i].Outcome, results[i].For = Left, org.SystemAdministrator
			}
		}
	}
}

// orgRow enters one row of an organisation.
func (r *run) orgRow(ctx context.Context, res *RowResult) error {
	res.Outcome, res.Err, res.For = "", nil, ""
	item, steps, login, err := r.orgSteps(ctx, *res)
	if err != nil {
		return settle(res, false, err)
	}
	for _, s := range steps[:min(1, len(steps))] { // what comes behind rests on it
		if _, err := s(ctx, r, true); err != nil {
			return settle(res, false, err)
		}
	}
	person := strings.TrimPrefix(item.Stream, persons.Stream(""))
	if login != "" {
		if _, err := r.Account(ctx, login, person, true); err != nil {
			return settle(res, false, err)
		}
	}
	if r.Try {
		return settle(res, len(steps) > 0, nil)
	}
	wrote := false
	if len(steps) > 0 {
		if err := r.begin(ctx, []imports.Item{item}); err != nil {
			return err
		}
	}
	for _, s := range steps {
		now, err := s(ctx, r, false)
		if err != nil {
			return settle(res, false, err)
		}
		wrote = wrote || now
	}
	if login != "" {
		first, err := r.Account(ctx, login, person, false)
		if err != nil {
			return settle(res, false, err)
		}
		res.Login, res.First = login, first
		wrote = wrote || first != ""
	}
	return settle(res, wrote, nil)
}

// orgSteps are the commands of a row of an organisation: none where it is so already.
func (r *run) orgSteps(ctx context.Context, row RowResult) (item imports.Item, steps []step, login string, err error) {
	office, _, err := State(ctx, r.h, org.Context, r.req.Office, org.Stream(r.req.Office))
	if err != nil {
		return item, nil, "", err
	}
	stream, id := org.Stream(r.req.Office), row.cell("id")
	item = imports.Item{Line: row.Line, Stream: stream}
	enter := func(name string, cmd domain.Command[org.Office]) {
		steps = append(steps, does(org.Context, stream, name, cmd, time.Time{}))
	}
	from, err := row.day("from")
	if err != nil {
		return item, nil, "", err
	}
	kind := rowKinds[row.kind()].kind
	if id == "" && kind != org.EntryAppointment {
		return item, nil, "", badCell("id", "")
	}
	switch kind {
	case org.EntryOrgan:
		relation := map[string]string{"上级": "above", "平级": "beside", "下级": "below"}[row.cell("relation")]
		if relation == "" {
			relation = row.cell("relation")
		}
		if had, ok := office.Organ(id); ok && had.Name == row.cell("name") && had.Relation == relation {
			break
		}
		enter("organ/"+id, org.SetUpOrgan{Organ: id, Name: row.cell("name"), Relation: relation})
	case org.EntryUnit:
		if had, ok := office.Unit(id); ok && had.Name == row.cell("name") && had.Parent == row.cell("parent") {
			break
		}
		enter("unit/"+id, org.SetUpUnit{Unit: id, Name: row.cell("name"), Parent: row.cell("parent")})
	case org.EntryPost:
		rank, err := row.number("rank", row.Line)
		if err != nil || rank < 1 {
			return item, nil, "", badCell("rank", row.cell("rank"))
		}
		post := org.CreatePost{Post: id, Title: row.cell("name"), Unit: row.cell("unit"), Organ: row.cell("organ"), Single: row.yes("single"), Rank: rank, Superiors: row.list("parent")}
		if had, ok := office.Post(id); ok && (had.Title == post.Title || post.Title == "") && had.Unit == post.Unit && had.Organ == post.Organ && had.Single == post.Single && slices.Equal(had.Superiors, post.Superiors) {
			break
		}
		enter("post/"+id, post)
	case org.EntryMember:
		person := r.Person(id)
		if person == "" {
			person = PersonID(r.req.Office, id)
		}
		item.Stream, login = persons.Stream(person), row.cell("login")
		known, _, err := State(ctx, r.h, persons.Context, r.req.Office, item.Stream)
		if err != nil {
			return item, nil, "", err
		}
		join := does(org.Context, stream, "member/"+id, org.Join{Person: person, Unit: row.cell("unit"), Document: row.cell("document"), On: from}, time.Time{})
		_, member := office.Member(person)
		if !known.Exists() {
			if _, unit := office.Unit(row.cell("unit")); !unit && row.cell("unit") != "" { // a name that belongs to no unit is not entered half
				return item, []step{join}, "", nil
			}
			steps = append(steps, does(persons.Context, item.Stream, "person/"+id,
				persons.Register{Person: person, Name: row.cell("name"), SortKey: row.cell("pinyin"), Employee: id, Phone: row.cell("phone")}, time.Time{}))
		}
		if m, _ := office.Member(person); !member || len(m.Stays) == 0 {
			steps = append(steps, join)
		}
		if len(steps) == 0 && office.May(mayAct(r.req), org.SystemAdministrator) != nil {
			login = "" // an account is the system administrator's to make
		}
	case org.EntryAppointment:
		to, err := row.day("to")
		if err != nil {
			return item, nil, "", err
		}
		person, post := r.Person(row.cell("person")), row.cell("post")
		if person == "" {
			person = PersonID(r.req.Office, row.cell("person"))
		}
		if row.cell("person") == "" || post == "" {
			return item, nil, "", badCell("person", row.cell("person"))
		}
		on := from
		if on.IsZero() {
			on = domain.DateOf(r.req.Received, r.h.Zone)
		}
		if office.Holds(person, post, on) {
			break
		}
		name := "appointment/" + post + "/" + person + "/" + from.String()
		if row.yes("acting") {
			enter(name, org.AppointActing{Post: post, Person: person, By: row.cell("by"), Document: row.cell("document"), From: from, To: to})
		} else {
			enter(name, org.Fill{Post: post, Person: person, By: row.cell("by"), Document: row.cell("document"), From: from, To: to})
		}
	}
	return item, steps, login, nil
}

// mayAct is the act of a request as far as it says who acts.
func mayAct(req Request) domain.Act {
	return domain.NewAct(domain.Act{Office: req.Office, Actor: req.Actor}, &domain.Inputs{NewID: NewID})
}

var oldNumber = regexp.MustCompile(`^(?:(.*?)[〔\[(（【]?((?:19|20)\d\d)[〕\])）】]?[年\-—]?\s*(?:第)?)?(\d{1,7})\s*号?$`)

// register transcribes the rows of an old register, and when all of the file are in, explains the numbers that it leaves
// out.
func (r *run) register(ctx context.Context, rows []Row) ([]RowResult, error) {
	results := make([]RowResult, len(rows))
	type entry struct {
		item  imports.Item
		steps []step
	}
	ready := map[int]entry{}
	seen := map[string]int{}
	var items []imports.Item
	for i, row := range rows {
		results[i].Row = row
		item, steps, there, err := r.paper(ctx, row)
		if err == nil && item.Number != 0 {
			key := fmt.Sprint(item.Series, "/", item.Number)
			if line, twice := seen[key]; twice {
				err = imports.ErrTwice.With("line", strconv.Itoa(line))
			}
			seen[key] = row.Line
		}
		if err != nil || there {
			if err := settle(&results[i], false, err); err != nil {
				return results, err
			}
			continue
		}
		ready[i] = entry{item, steps}
		items = append(items, item)
	}
	if r.Try {
		for i := range ready {
			results[i].Outcome = Accepted
		}
		return results, nil
	}
	if len(items) > 0 {
		if err := r.begin(ctx, items); err != nil {
			return results, err
		}
	}
	for i := range rows {
		e, ok := ready[i]
		if !ok {
			continue
		}
		wrote := false
		var err error
		for _, s := range e.steps {
			var now bool
			if now, err = s(ctx, r, false); err != nil {
				break
			}
			wrote = wrote || now
		}
		if err := settle(&results[i], wrote, err); err != nil {
			return results, err
		}
	}
	return results, r.explain(ctx)
}

// paper reads a row of an old register. there says that the register holds it already.
func (r *run) paper(ctx context.Context, row Row) (item imports.Item, steps []step, there bool, err error) {
	fail := func(err error) (imports.Item, []step, bool, error) { return item, nil, false, err }
	p := documents.Paper{SourceOrgans: row.list("issuing_organ"), Number: row.cell("doc_number"), Title: row.cell("title"), Kind: row.cell("doc_kind"), Urgency: row.cell("urgency"),
		Class: domain.Class(row.cell("classification")), Term: row.cell("term"), Level: row.cell("source_level"), Line: row.cell("party_or_state"), Addressee: row.cell("addressee"),
		Contact: row.cell("contact"), NotStated: []string{}}
	if p.IssuedOn, err = row.day("issued_on"); err != nil {
		return fail(err)
	}
	if p.Attachments, err = row.number("attachments", 0); err != nil {
		return fail(err)
	}
	if p.Pages, err = row.number("pages", 0); err != nil {
		return fail(err)
	}
	for name, blank := range map[string]bool{"doc_number": p.Number == "", "issued_on": p.IssuedOn.IsZero(), "urgency": p.Urgency == "", "class": p.Class == "", "kind": p.Kind == ""} {
		if blank {
			p.NotStated = append(p.NotStated, name)
		}
	}
	slices.Sort(p.NotStated)
	received, err := row.day("received_at")
	if err == nil && received.IsZero() {
		err = badCell("received_at", "")
	}
	if err != nil {
		return fail(err)
	}
	m := oldNumber.FindStringSubmatch(row.cell("register_no"))
	if m == nil {
		return fail(badCell("register_no", row.cell("register_no")))
	}
	number, err := strconv.Atoi(m[3])
	if err != nil || number < 1 {
		return fail(badCell("register_no", row.cell("register_no")))
	}
	year := received.Year
	if m[2] != "" {
		year, _ = strconv.Atoi(m[2])
	}
	if year, err = row.number("year", year); err != nil {
		return fail(err)
	}
	text := row.cell("register_no")
	if _, err := strconv.Atoi(text); err == nil {
		text = "" // a bare number is written as the office writes numbers
	}
	copies, err := row.number("copies", 1)
	if err != nil || copies < 1 || copies > 500 {
		return fail(badCell("copies", row.cell("copies")))
	}
	c := documents.Transcribe{Source: documents.Source{File: r.File, Line: row.Line}, SignedBy: r.named(row.cell("signed_by")), Channel: row.cell("channel"),
		Copies: documents.Copies(copies, row.list("copy_numbers")), Remarks: row.cell("remarks", "note"),
		Lead: r.named(row.cell("lead")), Co: row.list("co"), Settlement: row.cell("settlement"), FileCode: row.cell("file_code"), Paper: p}
	for i, holder := range row.list("holders") {
		if i >= len(c.Copies) {
			return fail(badCell("holders", holder))
		}
		c.Copies[i].Holder = r.named(holder)
	}
	for i, co := range c.Co {
		c.Co[i] = r.named(co)
	}
	if c.DueOn, err = row.day("due"); err != nil {
		return fail(err)
	}
	if c.ClosedOn, err = row.day("closed_at"); err != nil {
		return fail(err)
	}
	c.Closed = c.Settlement != "" || !c.ClosedOn.IsZero()

	req := r.req
	req.Occurred = received.Start(r.h.Zone)
	now := r.req
	now.Occurred = now.Received
	act, in, err := r.h.act(ctx, now, true, func(domain.Act) []string { return nil })
	if err != nil {
		return fail(err)
	}
	book := row.cell("book")
	if book == "" {
		if book = (documents.Document{Paper: p}).Book(act); in.Verdict() != nil {
			return fail(in.Verdict())
		}
	}
	series := registers.StreamOf(NewID, r.req.Office, book, year)
	state, _, err := State(ctx, r.h, registers.Context, r.req.Office, series)
	if err != nil {
		return fail(err)
	}
	// The stream follows from the file and the place in the book; another import of the same file is another paper.
	stream := documents.Context.Stream(NewID(NewID(series, strconv.Itoa(number)), fmt.Sprint(r.Digest, "/", r.earlier)))
	if given := state.Numbers.At(number); given.Transcribed && !given.Withdrawn && given.Item != stream && given.Item != "" {
		other, _, err := State(ctx, r.h, documents.Context, r.req.Office, given.Item)
		if err != nil {
			return fail(err)
		}
		if documents.SamePaper(other.Paper, p) {
			return item, nil, true, nil
		}
	}
	item = imports.Item{Line: row.Line, Stream: stream, Series: series, Number: number}
	had, _, err := State(ctx, r.h, documents.Context, r.req.Office, stream)
	if err != nil {
		return fail(err)
	}
	if !had.Received {
		if _, err := Try(ctx, r.h, documents.Context, stream, c, req); err != nil {
			return fail(err)
		}
		steps = append(steps, func(ctx context.Context, r *run, try bool) (bool, error) {
			c.Source.Import = r.id
			return does(documents.Context, stream, "paper/"+stream, c, req.Occurred)(ctx, r, try)
		})
	}
	if had.Text == "" {
		if _, err := Try(ctx, r.h, registers.Context, series, registers.Transcribe{Book: book, Year: year, Register: documents.Register, Number: number, Text: text, Item: stream, At: domain.At(req.Occurred)}, r.req); err != nil {
			return fail(err)
		}
		steps = append(steps, does(registers.Context, series, "number/"+stream, documents.EnterTranscript{Document: stream, Book: book, Year: year, Number: number, Text: text}, time.Time{}))
	}
	return item, steps, len(steps) == 0, nil
}

// named is the id of whoever is meant, or the word itself.
func (r *run) named(word string) string {
	if word == "" {
		return word
	}
	if id := r.Named(word); id != "" {
		return id
	}
	return word
}

// missingBefore is the reason of the numbers that an old book leaves out.
const missingBefore = "启用本系统前的旧簿无此号（no entry in the old book）"

// explain enters the numbers that the old books leave out, once every row of the file is in.
func (r *run) explain(ctx context.Context) error {
	all, _, err := State(ctx, r.h, imports.Context, r.req.Office, imports.Stream(r.req.Office))
	if err != nil {
		return err
	}
	im, ok := all.Find(r.id)
	if !ok || im.Entered() < im.Rows {
		return nil
	}
	var books []string
	for _, item := range im.Items {
		if item.Series != "" && !slices.Contains(books, item.Series) {
			books = append(books, item.Series)
		}
	}
	for _, series := range books {
		for n := 0; ; n++ {
			wrote, err := does(registers.Context, series, fmt.Sprintf("gaps/%s/%d", series, n), registers.ExplainGaps{Reason: missingBefore}, time.Time{})(ctx, r, false)
			if err != nil {
				return err
			}
			if !wrote {
				break
			}
		}
	}
	return nil
}

// leave opens what each person has left.
func (r *run) leave(ctx context.Context, rows []Row) ([]RowResult, error) {
	results := make([]RowResult, len(rows))
	for i, row := range rows {
		results[i].Row = row
		item, open, there, err := r.balance(ctx, row)
		if err == nil && !there {
			_, err = open(ctx, r, true)
		}
		if err == nil && !there && !r.Try {
			if err := r.begin(ctx, []imports.Item{item}); err != nil {
				return results, err
			}
			_, err = open(ctx, r, false)
		}
		if err := settle(&results[i], !there, err); err != nil {
			return results, err
		}
	}
	return results, nil
}

// balance reads a row of what is left of somebody's leave.
func (r *run) balance(ctx context.Context, row Row) (item imports.Item, open step, there bool, err error) {
	fail := func(err error) (imports.Item, step, bool, error) { return item, nil, false, err }
	person := r.Person(row.cell("person"))
	if person == "" {
		return fail(badCell("person", row.cell("person")))
	}
	c := leave.OpenBalance{Person: person, Type: row.cell("type"), Source: row.cell("source")}
	if c.Year, err = row.number("year", 0); err != nil {
		return fail(err)
	}
	if err := c.Days.UnmarshalText([]byte(row.cell("days"))); err != nil {
		return fail(badCell("days", row.cell("days")))
	}
	if c.AsOf, err = row.day("as_of"); err != nil {
		return fail(err)
	}
	if c.Source == "" {
		c.Source = r.File + " " + strconv.Itoa(row.Line)
	}
	item = imports.Item{Line: row.Line, Stream: leave.Stream(person)}
	had, _, err := State(ctx, r.h, leave.Context, r.req.Office, item.Stream)
	if err != nil {
		return fail(err)
	}
	for _, e := range had.Entries {
		if e.Open && e.Type == c.Type && e.Year == c.Year && e.Days == c.Days && e.From == c.AsOf {
			return item, nil, true, nil
		}
	}
	return item, does(leave.Context, item.Stream, fmt.Sprintf("balance/%s/%s/%d", person, c.Type, c.Year), c, time.Time{}), false, nil
}
