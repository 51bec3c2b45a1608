// Package register is the register of incoming papers (收文登记簿): one entry a paper with what the paper shows, how it came,
// where it and its copies are, who handles it, when it is due and how it was settled. Of a state secret only those who
// handle it, or did, see more than its number, class and holder.
package register

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"

	"andu/domain"
	"andu/domain/approvals"
	"andu/domain/documents"
	"andu/domain/registers"
	"andu/projections"
)

//go:embed schema.sql
var schema string

// Projection is the incoming register.
var Projection = projections.Projection{Name: "register", Version: 1, Schema: schema, Apply: apply,
	Tables: []string{"paper", "copy", "series", "instruction"}}

// Entry is one line of the register (catalogue 4.1). Persons, posts and units stand by their ids.
type Entry struct {
	Stream   string           `json:"stream"`
	Revision int64            `json:"revision"` // for If-Match
	State    documents.Status `json:"state"`
	Masked   bool             `json:"masked"` // a state secret that the asker does not handle

	Series       string         `json:"series"`
	Book         string         `json:"book"`
	Year         int            `json:"year"`
	Number       int            `json:"number"` // 0: not registered
	NumberText   string         `json:"number_text"`
	Registered   domain.Instant `json:"registered_at"`
	RegisteredBy string         `json:"registered_by"`

	Received  domain.Instant `json:"received_at"`
	SignedBy  string         `json:"signed_by"`
	Served    string         `json:"served_organ"`
	Channel   string         `json:"channel"`
	Envelope  string         `json:"envelope"`
	Seal      string         `json:"seal"`
	Signed    int            `json:"signed"` // copies signed for
	Copies    []Copy         `json:"copies"`
	Remarks   string         `json:"remarks"`
	DutyEntry string         `json:"duty_entry"` // of the duty log, where the paper stood first

	Organs      []string     `json:"source_organs"`
	DocNumber   string       `json:"doc_number"`
	Title       string       `json:"title"`
	Kind        string       `json:"kind"`
	IssuedOn    domain.Date  `json:"issued_on"`
	Urgency     string       `json:"urgency"`
	Class       domain.Class `json:"class"`
	Term        string       `json:"term"` // of the class
	Level       string       `json:"level"`
	Line        string       `json:"line"`
	Addressee   string       `json:"addressee"`
	Attachments int          `json:"attachments"`
	Pages       int          `json:"pages"`
	AnswerBy    domain.Date  `json:"answer_by"`
	Contact     string       `json:"contact"`
	NotStated   []string     `json:"not_stated"`
	Category    string       `json:"category"`
	Form        string       `json:"form"`

	PreChecked     bool             `json:"pre_checked"`
	PresentedTo    string           `json:"presented_to"`
	Action         documents.Action `json:"action"`
	Proposal       string           `json:"proposal"`
	ProposedBy     string           `json:"proposed_by"`
	ProposedAt     domain.Instant   `json:"proposed_at"`
	Case           string           `json:"case"` // stream of the approval case
	Instruction    string           `json:"instruction"`
	InstructedBy   string           `json:"instructed_by"`
	InstructedPost string           `json:"instructed_post"`
	InstructedAt   domain.Instant   `json:"instructed_at"`

	Lead        string         `json:"lead"` // unit or post
	Co          []string       `json:"co"`
	Accepted    []string       `json:"accepted"` // units and posts that work on it
	AssignedAt  domain.Instant `json:"assigned_at"`
	LeadDueOn   domain.Date    `json:"lead_due_on"`
	DueOn       domain.Date    `json:"due_on"` // last day; none: no time limit
	Due         domain.Instant `json:"due_at"` // its 24:00
	DueBasis    string         `json:"due_basis"`
	Provisional bool           `json:"provisional"`
	Urged       int            `json:"urged"` // times
	UrgedLevel  int            `json:"urged_level"`
	UrgedTo     string         `json:"urged_to"`
	UrgedAt     domain.Instant `json:"urged_at"`
	Result      string         `json:"result"` // as the lead reported it
	ReportedAt  domain.Instant `json:"reported_at"`

	ReplyTo     string         `json:"reply_to"`
	ReplyWay    string         `json:"reply_way"`
	ReplyNumber string         `json:"reply_number"`
	ReplyOn     domain.Date    `json:"reply_on"`
	Suspended   bool           `json:"suspended"`
	Recalled    bool           `json:"recalled"`
	Settlement  string         `json:"settlement"` // code
	SettledAs   string         `json:"settled_as"` // what the office calls it
	SettledNote string         `json:"settled_note"`
	Closed      domain.Instant `json:"closed_at"`
	FileCode    string         `json:"file_code"`
	Volume      string         `json:"volume"`
	Retention   string         `json:"retention"`
	Filed       domain.Instant `json:"filed_at"`
	EndReason   string         `json:"end_reason"` // why it was returned or transferred
	EndTo       string         `json:"end_to"`
	EndedAt     domain.Instant `json:"ended_at"`
	First       string         `json:"first"` // first receipt of the same paper

	Persons []string `json:"persons"` // who handles it or did
	Posts   []string `json:"posts"`   // and units

	classified bool
}

// Copy is one copy of a paper and where it is.
type Copy struct {
	Copy   string              `json:"copy"`
	State  documents.CopyState `json:"state"`
	Holder string              `json:"holder"` // "": the registry
}

// Open tells whether the office still has to do something about the paper.
func (e Entry) Open() bool {
	switch e.State {
	case "", documents.StatusClosed, documents.StatusFiled, documents.StatusReturned, documents.StatusTransferredOut, documents.StatusDuplicate, documents.StatusWithdrawn:
		return false
	}
	return true
}

// Overdue tells whether the paper is open past its time limit.
func (e Entry) Overdue(now time.Time) bool {
	return e.Open() && !e.Due.IsZero() && !now.Before(e.Due.Time)
}

// For is the entry as a person with these posts, and the units of the posts, may see it: who does not handle a state secret
// sees its number, its class and who holds it.
func (e Entry) For(person string, posts []string) Entry {
	mine := func(post string) bool { return slices.Contains(posts, post) }
	if !e.classified || slices.Contains(e.Persons, person) || slices.ContainsFunc(e.Posts, mine) {
		return e
	}
	return Entry{Masked: true, Stream: e.Stream, Series: e.Series, Book: e.Book, Year: e.Year, Number: e.Number, NumberText: e.NumberText,
		Class: e.Class, Copies: e.Copies, classified: true}
}

// fold keeps the letters and digits of a text, half-width and lower-case: what a search compares.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			r += '!' - '！'
		}
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// grams are every one and every two letters of the texts that follow each other.
func grams(folded ...string) []string {
	list := []string{}
	for _, text := range folded {
		letters := []rune(text)
		for i := range letters {
			list = append(list, string(letters[i]))
			if i > 0 {
				list = append(list, string(letters[i-1:i+1]))
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// change is what an event changes in the row of its paper: one statement, whatever it sets.
type change struct {
	sets []string
	args []any
}

// set gives a column a value.
func (c *change) set(column string, value any) { c.as(column, "%s", value) }

// as gives a column the value of an expression, in which %s is the argument.
func (c *change) as(column, expression string, value any) {
	c.args = append(c.args, value)
	c.sets = append(c.sets, column+" = "+fmt.Sprintf(expression, fmt.Sprintf("$%d", len(c.args))))
}

// handle adds to those who handle the paper.
func (c *change) handle(column string, ids ...string) {
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == "" || id == domain.System })
	if len(ids) > 0 {
		c.as(column, fmt.Sprintf(`array(select distinct id collate "C" from unnest(%s || %%s::text[]) id order by 1)`, column), ids)
	}
}

func (c *change) queue(b *pgx.Batch, where string, arg string) {
	if len(c.sets) > 0 {
		c.args = append(c.args, arg)
		b.Queue(fmt.Sprintf(`update paper set %s where stream = `+where, strings.Join(c.sets, ", "), fmt.Sprintf("$%d", len(c.args))), c.args...)
	}
}

func apply(b *pgx.Batch, r domain.Recorded) error {
	switch domain.ContextOf(r.Stream) {
	case documents.Context.Name:
		paper(b, r)
	case approvals.Context.Name:
		instruction(b, r)
	case registers.Context.Name:
		if e, ok := r.Event.(registers.SeriesOpened); ok {
			b.Queue(`insert into series (stream, book, year) values ($1, $2, $3)`, r.Stream, e.Book, e.Year)
		}
	}
	return nil
}

// paper follows a paper. The class is that of the record itself, which outlives the content.
func paper(b *pgx.Batch, r domain.Recorded) {
	if r.Revision == 0 {
		b.Queue(`insert into paper (stream, office, prior, revision, received_at) values ($1, $2, -2, -1, $3)`, r.Stream, r.Office, r.OccurredAt.Time)
	}
	var c change
	c.sets = append(c.sets, "prior = revision")
	c.set("revision", r.Revision)
	c.set("class", r.Class)
	c.set("classified", r.Class.Classified())
	persons, posts := []string{r.Actor.Person}, []string{r.Actor.Post}
	switch e := r.Event.(type) {
	case documents.Received:
		received(b, &c, r, e)
	case documents.ReceiptCorrected:
		if !r.Erased {
			b.Queue(`delete from copy where stream = $1`, r.Stream)
			received(b, &c, r, e.Received)
		}
	case documents.Described:
		described(&c, e.Paper)
	case documents.RegistrationCorrected:
		if !r.Erased {
			described(&c, e.Paper)
		}
	case documents.DutyPaperHandedOn:
		c.set("duty_entry", e.Entry)
	case documents.Registered:
		number(&c, e.Series, e.Number, e.Text)
		c.set("registered_at", projections.Instant(e.RegisteredAt))
		c.set("registered_by", e.RegisteredBy)
		term(&c, e.Term)
		persons = append(persons, e.RegisteredBy)
	case documents.Transcribed:
		transcribed(b, &c, r, e)
		posts = append(append(posts, e.Lead), e.Co...)
		for _, p := range e.Copies {
			persons, posts = append(persons, p.Holder), append(posts, p.Holder) // an id of either
		}
	case documents.NumberTranscribed:
		number(&c, e.Series, e.Number, e.Text)
		persons, posts = nil, nil
	case documents.TranscriptWithdrawn:
		c.set("ended", documents.EndWithdrawn)
		b.Queue(`delete from copy where stream = $1`, r.Stream)
	case documents.DueRevised:
		term(&c, e.Term)
	case documents.PreCheckPassed:
		c.set("pre_checked", true)
	case documents.Returned:
		left(b, &c, r, documents.EndReturned, documents.SentBack, e.Reason, "")
	case documents.TransferredOut:
		left(b, &c, r, documents.EndTransferred, documents.SentOff, e.Reason, e.To)
	case documents.DuplicateFound:
		left(b, &c, r, documents.EndDuplicate, documents.Joined, "", "")
		c.set("first", e.First)
	case documents.Classified:
		c.set("category", e.Category)
		c.set("form", e.Form)
	case documents.LegalityReviewed, documents.ProcessingReviewed, documents.ClassAdopted, domain.Refused[documents.Document]:
		persons, posts = nil, nil // open to anybody: it makes nobody a handler
	case documents.Presented:
		c.set("presented_to", e.To)
		posts = append(posts, e.To)
	case documents.HandlingProposed:
		c.set("action", e.Action)
		c.set("proposed", true)
		c.set("instructed", false)
		c.set("proposal", e.Opinion)
		c.set("proposed_by", r.Actor.Person)
		c.set("proposed_at", r.OccurredAt.Time)
	case documents.Instructed:
		c.set("proposed", e.Approved)
		c.set("instructed", e.Approved)
		c.set("approval", e.Case)
		c.set("instructed_by", e.DecidedBy)
		c.set("instructed_post", e.DecidedPost)
		c.set("instructed_at", projections.Instant(e.DecidedAt))
		persons, posts = append(persons, e.DecidedBy), append(posts, e.DecidedPost)
	case documents.Assigned:
		c.set("action", documents.ToHandle)
		c.set("lead", e.Lead)
		c.set("co", projections.Array(e.Co))
		c.set("accepted", []string{})
		c.set("reported", false)
		c.set("assigned_at", r.OccurredAt.Time)
		c.set("lead_due_on", projections.Date(e.DueOn))
		posts = append(append(posts, e.Lead), e.Co...)
	case documents.AssignmentAccepted:
		c.as("accepted", `array_append(accepted, %s)`, e.Handler)
	case documents.AssignmentDeclined:
		c.as("accepted", `case when lead = %s then '{}' else accepted end`, e.Handler)
		c.as("co", `case when lead = %[1]s then '{}' else array_remove(co, %[1]s) end`, e.Handler)
		c.as("lead", `case when lead = %s then '' else lead end`, e.Handler)
	case documents.Urged:
		c.sets = append(c.sets, "urged = urged + 1")
		c.set("urged_level", e.Level)
		c.set("urged_to", e.To)
		c.set("urged_at", r.OccurredAt.Time)
	case documents.HandlingReported:
		c.as("result", `case when lead = %s then `+c.arg(e.Text)+` else result end`, e.Of)
		c.as("reported_at", `case when lead = %s then `+c.arg(r.OccurredAt.Time)+` else reported_at end`, e.Of)
		c.as("reported", `reported or lead = %s`, e.Of)
	case documents.ReplySent:
		c.set("replied", true)
		c.set("reply_to", e.To)
		c.set("reply_way", e.Way)
		c.set("reply_number", e.Number)
		c.set("reply_on", projections.Date(e.SentOn))
	case documents.Suspended:
		c.set("suspended", true)
	case documents.Resumed:
		c.set("suspended", false)
	case documents.RecalledByIssuer:
		c.set("recalled", true)
	case documents.Closed:
		c.set("closed", true)
		c.set("settlement", e.Code)
		c.set("settled_as", e.Title)
		c.set("settled_note", e.Note)
		c.set("closed_at", r.OccurredAt.Time)
	case documents.Reopened:
		c.set("closed", false)
		c.set("reported", false)
		c.set("replied", false)
		c.set("closed_at", nil)
	case documents.Filed:
		c.set("filed", true)
		c.set("file_code", e.FileCode)
		c.set("volume", e.Volume)
		c.set("retention", e.Retention)
		c.set("filed_at", r.OccurredAt.Time)
	case documents.CopyDistributed:
		moved(b, r, e.Copy, documents.Out, e.To)
		persons, posts = append(persons, e.To), append(posts, e.To) // an id of either
	case documents.CopyReturned:
		moved(b, r, e.Copy, documents.Held, "")
	case documents.CopyCirculated:
		moved(b, r, e.Copy, e.State, e.Holder)
		persons, posts = []string{e.Holder}, nil
	case documents.CopySentBack:
		moved(b, r, e.Copy, documents.SentBack, e.To)
	case documents.CopyDestroyed:
		moved(b, r, e.Copy, documents.Destroyed, "")
	case documents.CopyRegistered:
		here(b, r, e.Copy)
	case documents.CopiesJoined:
		for _, copy := range e.Copies {
			here(b, r, copy.Copy)
		}
	}
	c.handle("persons", persons...)
	c.handle("posts", posts...)
	c.queue(b, "%s", r.Stream)
}

// arg adds an argument that an expression names.
func (c *change) arg(value any) string {
	c.args = append(c.args, value)
	return fmt.Sprintf("$%d", len(c.args))
}

// number enters the register number of a paper.
func number(c *change, series string, n int, text string) {
	c.set("series", series)
	c.as("book", `coalesce((select s.book from series s where s.stream = %s), '')`, series)
	c.as("year", `coalesce((select s.year from series s where s.stream = %s), 0)`, series)
	c.set("number", n)
	c.set("number_text", text)
	words := fold(text)
	c.set("number_search", words)
	c.set("number_grams", grams(words))
	c.as("search", `search || E'\n' || %s::text`, words)
	c.as("grams", `grams || %s::text[]`, grams(words))
}

// transcribed enters a paper as an old register has it.
func transcribed(b *pgx.Batch, c *change, r domain.Recorded, e documents.Transcribed) {
	names := make([]string, len(e.Copies))
	for i, p := range e.Copies {
		names[i] = p.Copy
	}
	received(b, c, r, documents.Received{ReceivedAt: e.ReceivedAt, SignedBy: e.SignedBy, Served: e.Served, Channel: e.Channel, Copies: names, Remarks: e.Remarks})
	for _, p := range e.Copies {
		if p.Holder != "" {
			moved(b, r, p.Copy, documents.Out, p.Holder)
		}
	}
	if e.Lead != "" {
		c.set("action", documents.ToHandle)
		c.set("lead", e.Lead)
		c.set("co", projections.Array(e.Co))
	}
	term(c, e.Term)
	c.set("closed", e.Closed)
	c.set("settled_as", e.Settlement)
	if !e.ClosedOn.IsZero() {
		c.as("closed_at", `%s::date::timestamptz`, e.ClosedOn.String())
	}
	c.set("filed", e.Filed())
	c.set("file_code", e.FileCode)
}

func received(b *pgx.Batch, c *change, r domain.Recorded, e documents.Received) {
	c.set("received_at", cmp.Or(e.ReceivedAt, r.OccurredAt).Time)
	c.set("signed_by", e.SignedBy)
	c.set("served", e.Served)
	c.set("channel", e.Channel)
	c.set("envelope", e.Envelope)
	c.set("seal", e.Seal)
	c.set("signed", len(e.Copies))
	c.set("remarks", e.Remarks)
	for _, copy := range e.Copies {
		here(b, r, copy)
	}
}

func described(c *change, p documents.Paper) {
	c.set("organs", projections.Array(p.SourceOrgans))
	c.set("doc_number", p.Number)
	c.set("title", p.Title)
	c.set("kind", p.Kind)
	c.set("issued_on", projections.Date(p.IssuedOn))
	c.set("urgency", p.Urgency)
	c.set("term", p.Term)
	c.set("level", p.Level)
	c.set("line", p.Line)
	c.set("addressee", p.Addressee)
	c.set("attachments", p.Attachments)
	c.set("pages", p.Pages)
	c.set("answer_by", projections.Date(p.AnswerBy))
	c.set("contact", p.Contact)
	c.set("not_stated", projections.Array(p.NotStated))
	text := []string{fold(p.Title), fold(p.Number), fold(documents.Normal(p.Number))}
	for _, organ := range p.SourceOrgans {
		text = append(text, fold(organ))
	}
	c.as("search", `%s::text || E'\n' || number_search`, strings.Join(text, "\n"))
	c.as("grams", `%s::text[] || number_grams`, grams(text...))
}

func term(c *change, t documents.Term) {
	c.set("due_on", projections.Date(t.DueOn))
	c.set("due_at", projections.Instant(t.DueAt))
	c.set("due_basis", t.Basis)
	c.set("provisional", t.Provisional)
}

func left(b *pgx.Batch, c *change, r domain.Recorded, end documents.End, copies documents.CopyState, reason, to string) {
	c.set("ended", end)
	c.set("end_reason", reason)
	c.set("end_to", to)
	c.set("ended_at", r.OccurredAt.Time)
	b.Queue(`update copy set state = $2 where stream = $1 and state = $3`, r.Stream, copies, documents.Held)
}

func here(b *pgx.Batch, r domain.Recorded, copy string) {
	b.Queue(`insert into copy (stream, copy, state, holder) values ($1, $2, $3, '')`, r.Stream, copy, documents.Held)
}

func moved(b *pgx.Batch, r domain.Recorded, copy string, state documents.CopyState, holder string) {
	b.Queue(`update copy set state = $3, holder = $4 where stream = $1 and copy = $2`, r.Stream, copy, state, holder)
}

// instruction follows the cases that the office's procedure opened for the instruction on a paper: who is asked there
// handles the paper too, and what is written there is the instruction. A case that somebody opened by hand gives nobody
// sight of a paper.
func instruction(b *pgx.Batch, r domain.Recorded) {
	if r.Revision == 0 {
		e, ok := r.Event.(approvals.Opened)
		if ok && r.Actor.Person == domain.System && domain.ContextOf(e.Subject) == documents.Context.Name {
			b.Queue(`insert into instruction (stream, paper, prior, revision) values ($1, $2, -1, 0)`, r.Stream, e.Subject)
			b.Queue(`update paper set approval = $2 where stream = $1`, e.Subject, r.Stream)
		}
		return
	}
	b.Queue(`update instruction set prior = revision, revision = $2 where stream = $1`, r.Stream, r.Revision)
	var c change
	const paper = `(select i.paper from instruction i where i.stream = %s)`
	switch e := r.Event.(type) {
	case approvals.StepRouted:
		var posts []string
		for _, seat := range e.Seats {
			posts = append(posts, seat.Post)
		}
		c.handle("posts", posts...)
	case approvals.StepTransferred:
		c.handle("posts", e.To)
	case approvals.StepEscalated:
		c.handle("posts", e.To)
	case approvals.StepEntrusted:
		c.handle("persons", e.Person)
	case approvals.InstructionWritten:
		c.set("instruction", e.Text)
		c.set("opinion", e.ID)
		c.set("instructed_by", e.By.Person)
		c.set("instructed_post", e.By.Post)
		c.set("instructed_at", r.OccurredAt.Time)
		c.handle("persons", e.By.Person)
	case approvals.OpinionCorrected:
		if e.Opinion.ID != "" {
			c.as("instruction", `case when opinion = `+c.arg(e.Opinion.ID)+` then %s else instruction end`, e.Opinion.Text)
		}
	}
	c.queue(b, paper, r.Stream)
}
