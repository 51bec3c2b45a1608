// Package imports is what the office brought into its records from files (导入): which file, when, by whom, and what it
// wrote, announced before it is written, so that a wrong import can be withdrawn as a whole. The events that a row causes
// stand in the streams that they are about and name the import as their correlation.
package imports

import (
	"slices"
	"strings"

	"andu/domain"
)

// Context lists every event of an office's imports: one stream per office.
var Context = domain.Context[Imports]{
	Name: "import",
	Events: []domain.Schema[Imports]{
		{Name: "import.begun", Version: 1, Type: Begun{}, By: by(Begin{}), Sealed: true},
		{Name: "import.rows-announced", Version: 1, Type: RowsAnnounced{}, By: by(Announce{})},
		{Name: "import.withdrawal-begun", Version: 1, Type: WithdrawalBegun{}, By: by(BeginWithdrawal{}), Sealed: true},
		{Name: "import.withdrawn", Version: 1, Type: Withdrawn{}, By: by(EndWithdrawal{})},
	},
	Rules: []*domain.Refusal{ErrNone, ErrKind, ErrWithdrawn, ErrReason, ErrNotBegun, ErrCell, ErrTwice, ErrStands, ErrSignedIn},
}

// Event is a fact about the office's imports.
type Event = domain.Event[Imports]

func by(commands ...domain.Command[Imports]) []domain.Command[Imports] { return commands }

// Stream is the stream of an office's imports.
func Stream(office string) string { return Context.Stream(office) }

// The kinds of files.
const (
	Org      = "org"      // units, posts, persons and appointments
	Register = "register" // an old register of incoming papers
	Leave    = "leave"    // what is left of each person's leave
)

// Kinds lists the kinds of files.
func Kinds() []string { return []string{Org, Register, Leave} }

// The rules of imports.
var (
	ErrNone = domain.Rule(domain.NotFound, "import.none",
		"没有这次导入。", "there is no such import")
	ErrKind = domain.Rule(domain.Invalid, "import.kind",
		"不能导入这类文件。", "files of this kind are not imported")
	ErrWithdrawn = domain.Rule(domain.Conflict, "import.withdrawn",
		"该次导入正在撤回或者已经撤回。", "the import is being withdrawn or was withdrawn")
	ErrReason = domain.Rule(domain.Invalid, "import.no-reason",
		"撤回导入须写明理由。", "give the reason why the import is withdrawn")
	ErrCell = domain.Rule(domain.Invalid, "import.cell",
		"「{field}」没有填写或填写有误：{value}", "{field} is missing or cannot be read: {value}")
	ErrTwice = domain.Rule(domain.Conflict, "import.row-twice",
		"与第{line}行是同一项。", "the row says the same thing as line {line}")
	ErrStands = domain.Rule(domain.Conflict, "import.built-upon",
		"导入后已有后续记载，不能整体撤回：{by}。", "the import cannot be withdrawn as a whole; this was built upon it: {by}")
	ErrSignedIn = domain.Rule(domain.Conflict, "import.signed-in",
		"该人员已经用导入的账号登录。", "the person has signed in by the account that the import made")
	ErrNotBegun = domain.Rule(domain.Conflict, "import.withdrawal-not-begun",
		"该次导入没有在撤回。", "the import is not being withdrawn")
)

// Imports is every import of an office, in the order of their beginning.
type Imports struct{ list []Import }

// Import is one file that was brought in. The same file again goes on with its import, until that is withdrawn.
type Import struct {
	ID        string
	Kind      string
	File      string
	Digest    string // SHA-256 of the file, hex
	Rows      int
	By        string
	At        domain.Instant
	Items     []Item
	Reason    string // of the withdrawal
	Withdraws bool   // the withdrawal has begun
	Withdrawn bool
}

// Item is what a row writes: the stream, and of a register the number.
type Item struct {
	Line   int    `json:"line"`
	Stream string `json:"stream"`
	Series string `json:"series"`
	Number int    `json:"number"`
}

// All lists the imports, the first first.
func (s Imports) All() []Import { return slices.Clone(s.list) }

// Find finds an import by its id.
func (s Imports) Find(id string) (Import, bool) {
	for _, i := range s.list {
		if i.ID == id && id != "" {
			return i, true
		}
	}
	return Import{}, false
}

// Standing finds the import of a file that was not withdrawn.
func (s Imports) Standing(kind, digest string) (Import, bool) {
	for _, i := range s.list {
		if i.Kind == kind && i.Digest == digest && !i.Withdraws {
			return i, true
		}
	}
	return Import{}, false
}

// Entered counts the rows of the file that were taken up.
func (i Import) Entered() int {
	lines := map[int]bool{}
	for _, item := range i.Items {
		lines[item.Line] = true
	}
	return len(lines)
}

// Has tells whether the import has announced an item.
func (i Import) Has(item Item) bool { return slices.Contains(i.Items, item) }

// with changes one import without touching a cached state.
func (s Imports) with(id string, change func(*Import)) Imports {
	s.list = slices.Clone(s.list)
	for n := range s.list {
		if s.list[n].ID == id {
			change(&s.list[n])
		}
	}
	return s
}

// Begin opens an import, before anything of its file is written.
type Begin struct {
	Kind   string `json:"kind" enum:"org,register,leave"`
	File   string `json:"file" doc:"name of the file" minLength:"1" maxLength:"200"`
	Digest string `json:"digest" doc:"SHA-256 of the file, hex" minLength:"64" maxLength:"64"`
	Rows   int    `json:"rows" minimum:"1"`
}

// Decide opens one import for a file. Who may write what its rows say is decided row by row.
func (c Begin) Decide(s Imports, act domain.Act) ([]Event, error) {
	switch {
	case !act.Person():
		return nil, domain.ErrSystem
	case !slices.Contains(Kinds(), c.Kind):
		return nil, ErrKind
	}
	if _, ok := s.Standing(c.Kind, c.Digest); ok {
		return nil, nil
	}
	return []Event{Begun{Import: act.NewID("import"), Kind: c.Kind, File: c.File, Digest: c.Digest, Rows: c.Rows, By: act.Actor.Person, At: act.Received}}, nil
}

// Begun means the file is being brought in.
type Begun struct {
	Import string         `json:"import"`
	Kind   string         `json:"kind"`
	File   string         `json:"file"`
	Digest string         `json:"digest"`
	Rows   int            `json:"rows"`
	By     string         `json:"by"`
	At     domain.Instant `json:"at"`
}

// Evolve adds the import.
func (e Begun) Evolve(s Imports) Imports {
	s.list = append(slices.Clip(s.list), Import{ID: e.Import, Kind: e.Kind, File: e.File, Digest: e.Digest, Rows: e.Rows, By: e.By, At: e.At})
	return s
}

// Announce says what rows are about to write.
type Announce struct {
	Import string `json:"import" minLength:"1" maxLength:"60"`
	Items  []Item `json:"items" minItems:"1" maxItems:"200"`
}

// Decide takes up what was not announced before.
func (c Announce) Decide(s Imports, act domain.Act) ([]Event, error) {
	i, ok := s.Find(c.Import)
	switch {
	case !act.Person():
		return nil, domain.ErrSystem
	case !ok:
		return nil, ErrNone
	case i.Withdraws:
		return nil, ErrWithdrawn
	}
	fresh := slices.DeleteFunc(slices.Clone(c.Items), i.Has)
	if len(fresh) == 0 {
		return nil, nil
	}
	return []Event{RowsAnnounced{Import: c.Import, Items: fresh}}, nil
}

// RowsAnnounced means the rows write these streams, or have done so.
type RowsAnnounced struct {
	Import string `json:"import"`
	Items  []Item `json:"items"`
}

// Evolve adds the items.
func (e RowsAnnounced) Evolve(s Imports) Imports {
	return s.with(e.Import, func(i *Import) { i.Items = append(slices.Clip(i.Items), e.Items...) })
}

// BeginWithdrawal stops an import for good, before what it wrote is taken back.
type BeginWithdrawal struct {
	Import string `json:"import" minLength:"1" maxLength:"60"`
	Reason string `json:"reason" doc:"why the import was wrong" minLength:"1" maxLength:"1000"`
}

// Decide asks for the reason. Who may take back what the rows wrote is decided entry by entry.
func (c BeginWithdrawal) Decide(s Imports, act domain.Act) ([]Event, error) {
	i, ok := s.Find(c.Import)
	switch {
	case !act.Person():
		return nil, domain.ErrSystem
	case !ok:
		return nil, ErrNone
	case i.Withdraws:
		return nil, nil
	case strings.TrimSpace(c.Reason) == "":
		return nil, ErrReason
	}
	return []Event{WithdrawalBegun{Import: c.Import, Reason: c.Reason, By: act.Actor.Person}}, nil
}

// WithdrawalBegun means nothing more is written by the import, and what it wrote is being taken back.
type WithdrawalBegun struct {
	Import string `json:"import"`
	Reason string `json:"reason"`
	By     string `json:"by"`
}

// Evolve stops the import.
func (e WithdrawalBegun) Evolve(s Imports) Imports {
	return s.with(e.Import, func(i *Import) { i.Withdraws, i.Reason = true, e.Reason })
}

// EndWithdrawal says that nothing of the import stands any more.
type EndWithdrawal struct {
	Import string `json:"import" minLength:"1" maxLength:"60"`
}

// Decide asks that the withdrawal has begun.
func (c EndWithdrawal) Decide(s Imports, act domain.Act) ([]Event, error) {
	i, ok := s.Find(c.Import)
	switch {
	case !act.Person():
		return nil, domain.ErrSystem
	case !ok:
		return nil, ErrNone
	case i.Withdrawn:
		return nil, nil
	case !i.Withdraws:
		return nil, ErrNotBegun
	}
	return []Event{Withdrawn{Import: c.Import, By: act.Actor.Person}}, nil
}

// Withdrawn means everything that the import wrote counts as never written; the entries stay readable in the log.
type Withdrawn struct {
	Import string `json:"import"`
	By     string `json:"by"`
}

// Evolve notes it.
func (e Withdrawn) Evolve(s Imports) Imports {
	return s.with(e.Import, func(i *Import) { i.Withdrawn = true })
}
