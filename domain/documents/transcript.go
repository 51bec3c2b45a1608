package documents

import (
	"slices"
	"strconv"

	"andu/domain"
	"andu/domain/org"
	"andu/domain/registers"
)

// The rules of papers from an old register (过录).
var (
	ErrTranscribed = domain.Rule(domain.Conflict, "document.already-transcribed",
		"该行已经过录。", "the row has already been transcribed")
	ErrNotTranscribed = domain.Rule(domain.Conflict, "document.not-transcribed",
		"该件不是该次导入过录的。", "the paper was not transcribed by this import")
	ErrOldReceipt = domain.Rule(domain.Conflict, "document.transcribed-receipt",
		"过录件的签收以旧簿为准；过录有误的，撤回该次导入后重新导入。", "how a transcribed paper came is the old book's word; a wrong import is withdrawn and made again")
	ErrNobody = domain.Rule(domain.Invalid, "document.unknown-holder",
		"本单位没有这一单位、岗位或者人员：{holder}。", "the office has no unit, post or person {holder}")
	ErrClosedBefore = domain.Rule(domain.Invalid, "document.closed-before-receipt",
		"办结日期早于收文日期。", "the paper cannot have been closed before it was received")
)

// Source says from which row of which file a paper was transcribed.
type Source struct {
	Import string `json:"import" doc:"id of the import" maxLength:"60"`
	File   string `json:"file" doc:"name of the file" maxLength:"200"`
	Line   int    `json:"line" doc:"line of the row in the file" minimum:"0"`
}

// Transcribe enters a paper as a register that the office kept before has it (过录): how it came, where its copies are,
// and, where it is open, who has it in hand and until when. It says what the old book says and decides nothing; it
// occurred when the old book says that the paper came.
type Transcribe struct {
	Source   Source   `json:"source"`
	SignedBy string   `json:"signed_by" doc:"who signed for it, as the old book says" maxLength:"100" required:"false"`
	Served   string   `json:"served_organ" doc:"organ that the registry serves, when the paper is not for the office itself" maxLength:"100" required:"false"`
	Channel  string   `json:"channel" doc:"how it came" maxLength:"50" required:"false"`
	Copies   []Placed `json:"copies" doc:"copies signed for, and who holds each" minItems:"1" maxItems:"500"`
	Remarks  string   `json:"remarks" doc:"remarks of the old book" maxLength:"1000" required:"false"`

	Lead       string      `json:"lead" doc:"unit or post that leads" maxLength:"100" required:"false"`
	Co         []string    `json:"co" doc:"units or posts that take part" maxItems:"50" required:"false"`
	DueOn      domain.Date `json:"due_on" doc:"last day, of an open paper" required:"false"`
	Closed     bool        `json:"closed" doc:"the paper is settled" required:"false"`
	ClosedOn   domain.Date `json:"closed_on" doc:"when it was settled" required:"false"`
	Settlement string      `json:"settlement" doc:"how it was settled, as the old book says" maxLength:"100" required:"false"`
	FileCode   string      `json:"file_code" doc:"file code of a filed paper (归档号)" maxLength:"100" required:"false"`
	Paper
}

// Placed is one copy and who holds it; nobody: it is in the registry.
type Placed struct {
	Copy   string `json:"copy" maxLength:"50"`
	Holder string `json:"holder" maxLength:"100" required:"false"`
}

// Decide lets the registrar enter a paper that the old book names; whoever has it in hand is known to the office.
func (c Transcribe) Decide(d Document, act domain.Act) ([]Event, error) {
	if d.Received {
		return nil, ErrTranscribed
	}
	if err := registrar(act); err != nil {
		return nil, err
	}
	if c.Title == "" || len(c.SourceOrgans) == 0 {
		return nil, ErrNothingStated
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.Lead != "" || len(c.Co) > 0 {
		if err := oneLead(c.Lead, c.Co); err != nil {
			return nil, err
		}
	}
	office := org.Context.In(act, org.Stream(act.Office))
	hands := append([]string{c.Lead}, c.Co...)
	names := map[string]bool{}
	for _, p := range c.Copies {
		if p.Copy == "" || names[p.Copy] {
			return nil, ErrCopyNumbers
		}
		names[p.Copy] = true
		hands = append(hands, p.Holder)
	}
	if len(c.Copies) == 0 {
		return nil, ErrCopyNumbers
	}
	for _, id := range hands {
		_, post := office.Post(id)
		_, unit := office.Unit(id)
		_, person := office.Member(id)
		if id != "" && !post && !unit && !person {
			return nil, ErrNobody.With("holder", id)
		}
	}
	if !c.ClosedOn.IsZero() && c.ClosedOn.Before(act.Today()) {
		return nil, ErrClosedBefore
	}
	e := Transcribed{ID: act.EventID(0), Office: act.Office, ReceivedAt: act.Occurred, By: act.Actor.Person, Source: c.Source, SignedBy: c.SignedBy,
		Served: c.Served, Channel: c.Channel, Copies: slices.Clone(c.Copies), Remarks: c.Remarks, Lead: c.Lead, Co: append([]string{}, c.Co...),
		Closed: c.Closed || !c.ClosedOn.IsZero() || c.FileCode != "", ClosedOn: c.ClosedOn, Settlement: c.Settlement, FileCode: c.FileCode}
	if !e.Closed && !c.DueOn.IsZero() {
		e.Term = until(act, c.DueOn, ByTranscript)
	}
	return []Event{e, Described{ID: act.EventID(1), Paper: c.Paper}}, nil
}

// ByTranscript is the basis of a time limit that an old register states.
const ByTranscript Basis = "transcript"

// Transcribed means an old register has this paper; what it says is its word, and By vouches for the copying only.
type Transcribed struct {
	ID         string         `json:"id"`
	Office     string         `json:"office"`
	ReceivedAt domain.Instant `json:"received_at"`
	By         string         `json:"by"`
	Source     Source         `json:"source"`
	SignedBy   string         `json:"signed_by"`
	Served     string         `json:"served_organ"`
	Channel    string         `json:"channel"`
	Copies     []Placed       `json:"copies"`
	Remarks    string         `json:"remarks"`
	Lead       string         `json:"lead"`
	Co         []string       `json:"co"`
	Closed     bool           `json:"closed"`
	ClosedOn   domain.Date    `json:"closed_on"`
	Settlement string         `json:"settlement"`
	FileCode   string         `json:"file_code"`
	Term       Term           `json:"term"`
}

// Filed tells whether the old book says where the paper is filed.
func (e Transcribed) Filed() bool { return e.FileCode != "" }

// Evolve puts the paper where the old book left it.
func (e Transcribed) Evolve(d Document) Document {
	d.Received, d.ReceiptID, d.Office, d.ReceivedAt, d.SignedBy, d.Served = true, e.ID, e.Office, e.ReceivedAt, e.SignedBy, e.Served
	d.Source, d.Signed, d.Copies = e.Source, len(e.Copies), make(map[string]Copy, len(e.Copies))
	for _, p := range e.Copies {
		d.Copies[p.Copy] = Copy{State: Held}
		if p.Holder != "" {
			d.Copies[p.Copy] = Copy{State: Out, Holder: p.Holder}
		}
	}
	d.Lead, d.Co, d.Closed, d.Filed, d.Term = e.Lead, e.Co, e.Closed, e.Filed(), e.Term
	if d.Lead != "" {
		d.Action = ToHandle
	}
	return d
}

// Opens watches the time limit of an open paper.
func (e Transcribed) Opens(r domain.Recorded) []domain.Task { return e.Term.tasks(r) }

// EnterTranscript enters a transcribed paper in its old book under its old number: a command to the series of the book;
// the paper takes the number by RecordRegistration right after.
type EnterTranscript struct {
	Document string `json:"document" doc:"stream of the paper" minLength:"1" maxLength:"100"`
	Book     string `json:"book" doc:"the series, such as 收文; empty: where the paper belongs by rcv.registerSeries" maxLength:"100" example:"收文"`
	Year     int    `json:"year" doc:"year of the series" minimum:"1900" maximum:"2999" example:"2025"`
	Number   int    `json:"number" doc:"the old number" minimum:"1"`
	Text     string `json:"text" doc:"the number as it was written" maxLength:"100" required:"false"`
}

// Needs is the paper.
func (c EnterTranscript) Needs(registers.Series, domain.Act) []string { return []string{c.Document} }

// Decide lets the registrar give a transcribed paper its old number, where he keeps the book.
func (c EnterTranscript) Decide(s registers.Series, act domain.Act) ([]domain.Event[registers.Series], error) {
	d := Context.In(act, c.Document)
	switch {
	case d.Office != act.Office || !d.Received:
		return nil, domain.ErrNoStream
	case d.Source.Import == "":
		return nil, ErrNotTranscribed
	case d.Text != "" && d.Number != c.Number:
		return nil, ErrRegistered.With("number", d.Text)
	}
	if err := registrar(act); err != nil {
		return nil, err
	}
	return registers.Transcribe{Book: c.Book, Year: c.Year, Register: Register, Number: c.Number, Text: c.Text, Item: c.Document, At: d.ReceivedAt}.Decide(s, act)
}

// NumberTranscribed means the paper stands in an old book under this number.
type NumberTranscribed struct {
	Series string `json:"series"`
	Number int    `json:"number"`
	Text   string `json:"text"`
}

// Evolve gives the paper its number.
func (e NumberTranscribed) Evolve(d Document) Document {
	d.Series, d.Number, d.Text = e.Series, e.Number, e.Text
	return d
}

// WithdrawTranscript takes a paper back that an import brought in wrongly.
type WithdrawTranscript struct {
	Import string `json:"import" doc:"id of the import" minLength:"1" maxLength:"60"`
	Reason string `json:"reason" doc:"why the import was wrong" minLength:"1" maxLength:"1000"`
}

// Decide lets the registrar withdraw a paper of the import. That nothing was done with it since is for the caller to
// hold: the command comes with the revision up to which that is so.
func (c WithdrawTranscript) Decide(d Document, act domain.Act) ([]Event, error) {
	if d.End == EndWithdrawn {
		return nil, nil
	}
	if !d.Received {
		return nil, domain.ErrNoStream
	}
	if err := registrar(act); err != nil {
		return nil, err
	}
	if d.Source.Import == "" || d.Source.Import != c.Import {
		return nil, ErrNotTranscribed
	}
	if err := stated(c.Reason); err != nil {
		return nil, err
	}
	return []Event{TranscriptWithdrawn{Import: c.Import, Reason: c.Reason, Number: d.Text}}, nil
}

// TranscriptWithdrawn means the paper was brought in wrongly and counts as never entered; what was entered stays readable
// in its history.
type TranscriptWithdrawn struct {
	Import string `json:"import"`
	Reason string `json:"reason"`
	Number string `json:"number"` // that it stood under
}

// Evolve leaves nothing of the paper but its class, which its records keep.
func (e TranscriptWithdrawn) Evolve(d Document) Document {
	return Document{Office: d.Office, End: EndWithdrawn, Paper: Paper{Class: d.Paper.Class}}
}

// Settles ends what was waiting.
func (e TranscriptWithdrawn) Settles(r domain.Recorded) []domain.TaskID { return done(r) }

// Copies numbers n copies: with the printed numbers first, then from 1, the way a receipt does.
func Copies(n int, printed []string) []Placed {
	var list []Placed
	for _, name := range printed {
		list = append(list, Placed{Copy: name})
	}
	for i := 1; len(list) < n; i++ {
		if name := strconv.Itoa(i); !slices.Contains(printed, name) {
			list = append(list, Placed{Copy: name})
		}
	}
	return list
}
