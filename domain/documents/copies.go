package documents

import (
	"maps"
	"slices"
	"strconv"

	"andu/domain"
)

// The rules of the copies of a paper.
var (
	ErrNoCopy = domain.Rule(domain.NotFound, "document.no-copy",
		"没有第{copy}号这一份。", "there is no copy {copy}").By("catalogue 2.4")
	ErrCopyAway = domain.Rule(domain.Conflict, "document.copy-away",
		"第{copy}号不在收文处。", "copy {copy} is not in the registry").By("catalogue 2.4")
	ErrCopyHere = domain.Rule(domain.Conflict, "document.copy-here",
		"第{copy}号没有分发在外。", "copy {copy} is not handed out").By("catalogue 2.4")
	ErrCopiesAway = domain.Rule(domain.Conflict, "document.copies-away",
		"须先收齐各份。", "every copy has to be here first").By("catalogue 2.4")
	ErrCopyExists = domain.Rule(domain.Conflict, "document.copy-exists",
		"已经有第{copy}号。", "there is already a copy {copy}").By("catalogue 2.4")
	ErrCopyApproval = domain.Rule(domain.Forbidden, "document.copy-without-approval",
		"涉密件复制须先经批准。", "a copy of a classified paper needs an approval first").By("catalogue 4.6")
	ErrCopyCirculates = domain.Rule(domain.Conflict, "document.copy-circulates",
		"第{copy}号正在传阅，随传阅单退回。", "copy {copy} goes round: it comes back with its slip").By("catalogue 2.6")
)

// Copy is one copy of the paper. Whoever is its holder, there is one.
type Copy struct {
	State  CopyState
	Holder string // of a copy handed out
	Slip   string // of a copy that went round last: the stream of its slip
	SlipAt int64  // and the revision there of the last move
}

// CopyState says where a copy is.
type CopyState string

const (
	Held      CopyState = "held"      // in the registry
	Out       CopyState = "out"       // handed out or circulating
	SentOff   CopyState = "sent-off"  // transferred with the paper
	SentBack  CopyState = "sent-back" // back at the issuer (清退)
	Destroyed CopyState = "destroyed"
	Joined    CopyState = "joined" // counted at the first receipt of the same paper
)

// Custody accounts for every copy: the sum is the copies signed for, joined and made.
type Custody struct{ Held, Out, SentOff, SentBack, Destroyed, Joined int }

// Custody counts the copies.
func (d Document) Custody() (k Custody) {
	for _, c := range d.Copies {
		switch c.State {
		case Held:
			k.Held++
		case Out:
			k.Out++
		case SentOff:
			k.SentOff++
		case SentBack:
			k.SentBack++
		case Destroyed:
			k.Destroyed++
		case Joined:
			k.Joined++
		}
	}
	return k
}

// here refuses unless a copy is in the registry.
func (d Document) here(name string) error {
	switch c, ok := d.Copies[name]; {
	case !ok:
		return ErrNoCopy.With("copy", name)
	case c.State != Held:
		return ErrCopyAway.With("copy", name)
	}
	return nil
}

// allHere refuses while a copy is handed out.
func (d Document) allHere() error {
	if d.Custody().Out > 0 {
		return ErrCopiesAway
	}
	return nil
}

// with sets a copy without touching a cached state.
func (d Document) with(name string, c Copy) Document {
	copies := maps.Clone(d.Copies)
	if copies == nil {
		copies = map[string]Copy{}
	}
	copies[name] = c
	d.Copies = copies
	return d
}

// distributor refuses everybody but the post that hands copies out and takes them back.
func distributor(act domain.Act) error {
	if !act.Person() {
		return domain.ErrSystem
	}
	if post := Distribution.Of(act); act.Actor.Post != post {
		return ErrDistributor.With("post", post)
	}
	return nil
}

// HandOut hands one copy to a unit, a person or a circulation slip (分发).
type HandOut struct {
	Copy string `json:"copy" doc:"copy number" minLength:"1" maxLength:"50"`
	To   string `json:"to" doc:"id of the unit, post, person or slip that holds it from now on" minLength:"1" maxLength:"100"`
}

// Decide hands out a copy that is in the registry, once the paper is registered (R184, rcv.distribution).
func (c HandOut) Decide(d Document, act domain.Act) ([]Event, error) {
	if err := d.handling(); err != nil {
		return nil, err
	}
	if err := distributor(act); err != nil {
		return nil, err
	}
	if err := d.here(c.Copy); err != nil {
		return nil, err
	}
	if c.To == "" {
		return nil, ErrMissing.With("fields", "to")
	}
	return []Event{CopyDistributed(c)}, nil
}

// CopyDistributed means the copy is with its holder and nowhere else.
type CopyDistributed struct {
	Copy string `json:"copy"`
	To   string `json:"to"`
}

// Evolve moves the copy to its holder.
func (e CopyDistributed) Evolve(d Document) Document {
	return d.with(e.Copy, Copy{State: Out, Holder: e.To})
}

// ReturnCopy takes a copy back from its holder.
type ReturnCopy struct {
	Copy string `json:"copy" doc:"copy number" minLength:"1" maxLength:"50"`
}

// Decide takes back a copy that is handed out, whatever became of the paper.
func (c ReturnCopy) Decide(d Document, act domain.Act) ([]Event, error) {
	if !d.Received {
		return nil, domain.ErrNoStream
	}
	if err := distributor(act); err != nil {
		return nil, err
	}
	switch held, ok := d.Copies[c.Copy]; {
	case !ok:
		return nil, ErrNoCopy.With("copy", c.Copy)
	case held.State != Out:
		return nil, ErrCopyHere.With("copy", c.Copy)
	case held.Slip != "":
		return nil, ErrCopyCirculates.With("copy", c.Copy)
	default:
		return []Event{CopyReturned{Copy: c.Copy, From: held.Holder}}, nil
	}
}

// CopyReturned means the copy is back in the registry.
type CopyReturned struct {
	Copy string `json:"copy"`
	From string `json:"from"`
}

// Evolve moves the copy to the registry.
func (e CopyReturned) Evolve(d Document) Document { return d.with(e.Copy, Copy{State: Held}) }

// CirculateCopy moves a copy that goes round on its slip: to a reader, back to the clerk, or home to the registry. Only the
// follower of circulation gives it.
type CirculateCopy struct {
	Copy     string `json:"copy"`
	To       string `json:"to" doc:"id of the reader; empty: the clerk has it for the slip"`
	Home     bool   `json:"home" doc:"the circulation is over"`
	Slip     string `json:"slip" doc:"stream of the slip"`
	Revision int64  `json:"revision" doc:"of the move there"`
}

// Decide enters where the copy is. A move that comes behind a later one of its slip changes nothing, and so does one of a
// slip that is not the copy's: the office has handed it out otherwise.
func (c CirculateCopy) Decide(d Document, act domain.Act) ([]Event, error) {
	if act.Person() {
		return nil, ErrFollower
	}
	held, ok := d.Copies[c.Copy]
	if !ok {
		return nil, ErrNoCopy.With("copy", c.Copy)
	}
	e := CopyCirculated{Copy: c.Copy, State: Out, Holder: c.To, Slip: c.Slip, Revision: c.Revision}
	switch {
	case held.Slip == c.Slip && c.Revision < held.SlipAt, held.Slip != c.Slip && held.State != Held:
		e.State, e.Holder = held.State, held.Holder
	case c.Home:
		e.State, e.Holder = Held, ""
	case c.To == "":
		e.Holder = c.Slip
	}
	return []Event{e}, nil
}

// CopyCirculated means the copy is there and with that holder, as its slip says.
type CopyCirculated struct {
	Copy     string    `json:"copy"`
	State    CopyState `json:"state"`
	Holder   string    `json:"holder"`
	Slip     string    `json:"slip"`
	Revision int64     `json:"revision"`
}

// Evolve moves the copy.
func (e CopyCirculated) Evolve(d Document) Document {
	c := d.Copies[e.Copy]
	switch {
	case e.State == Held && (c.Slip == e.Slip || c.State == Held):
		c = Copy{State: Held, Slip: e.Slip, SlipAt: max(c.SlipAt, e.Revision)}
	case e.State == Out && (c.Slip == e.Slip || c.State == Held):
		c = Copy{State: Out, Holder: e.Holder, Slip: e.Slip, SlipAt: max(c.SlipAt, e.Revision)}
	}
	return d.with(e.Copy, c)
}

// Settles ends the wait of that move.
func (e CopyCirculated) Settles(domain.Recorded) []domain.TaskID {
	return []domain.TaskID{CopyTask(e.Slip, e.Revision)}
}

// CopyTask waits until the paper knows where its copy went.
func CopyTask(slip string, revision int64) domain.TaskID {
	return domain.TaskID{Kind: "document.copy", Key: slip + "@" + strconv.FormatInt(revision, 10)}
}

// SplitCopy registers a copy that was made of another one: it is marked, numbered and treated as the original.
type SplitCopy struct {
	Of       string `json:"of" doc:"number of the copy that was copied" minLength:"1" maxLength:"50"`
	Copy     string `json:"copy" doc:"number of the new copy" minLength:"1" maxLength:"50"`
	Approval string `json:"approval" doc:"approval of the copying; needed for a classified paper" maxLength:"100" required:"false"`
}

// Decide registers a new copy; of a classified paper only with the approval it was made under (catalogue 4.6).
func (c SplitCopy) Decide(d Document, act domain.Act) ([]Event, error) {
	if err := d.handling(); err != nil {
		return nil, err
	}
	if err := registrar(act); err != nil {
		return nil, err
	}
	if err := d.here(c.Of); err != nil {
		return nil, err
	}
	if _, taken := d.Copies[c.Copy]; taken || c.Copy == "" {
		return nil, ErrCopyExists.With("copy", c.Copy)
	}
	if d.Paper.Class.Classified() && c.Approval == "" {
		return nil, ErrCopyApproval
	}
	return []Event{CopyRegistered(c)}, nil
}

// CopyRegistered means there is one more copy to account for.
type CopyRegistered struct {
	Of       string `json:"of"`
	Copy     string `json:"copy"`
	Approval string `json:"approval"`
}

// Evolve adds the copy.
func (e CopyRegistered) Evolve(d Document) Document { return d.with(e.Copy, Copy{State: Held}) }

// LinkDuplicate says that this receipt is the paper of an earlier one: it is not registered again, and its copies are
// counted there.
type LinkDuplicate struct {
	First string `json:"first" doc:"stream of the first receipt" minLength:"1" maxLength:"100"`
}

// Needs is the first receipt.
func (c LinkDuplicate) Needs(Document, domain.Act) []string { return []string{c.First} }

// Decide lets the registrar link a receipt without a number to the first one, when organs, number, title and date agree.
func (c LinkDuplicate) Decide(d Document, act domain.Act) ([]Event, error) {
	if err := d.open(); err != nil {
		return nil, err
	}
	if d.Text != "" {
		return nil, ErrRegistered.With("number", d.Text)
	}
	if err := registrar(act); err != nil {
		return nil, err
	}
	first := Context.In(act, c.First)
	if !first.Received || first.Office != act.Office {
		return nil, domain.ErrNoStream
	}
	if first.ReceiptID == d.ReceiptID || first.End == EndDuplicate || !SamePaper(first.Paper, d.Paper) {
		return nil, ErrNotSamePaper
	}
	return []Event{DuplicateFound(c)}, nil
}

// DuplicateFound means the paper had come before; what is done about it is done there.
type DuplicateFound struct {
	First string `json:"first"`
}

// Evolve ends this receipt; its copies are counted at the first one.
func (e DuplicateFound) Evolve(d Document) Document {
	d.FirstReceipt = e.First
	return d.leave(EndDuplicate, Joined)
}

// Opens asks that the copies be counted at the first receipt.
func (e DuplicateFound) Opens(r domain.Recorded) []domain.Task {
	return []domain.Task{{TaskID: duplicate(r.Stream), Stream: e.First, Data: map[string]string{"first": e.First, "duplicate": r.Stream}}}
}

func duplicate(stream string) domain.TaskID {
	return domain.TaskID{Kind: "document.duplicate", Key: stream}
}

// JoinCopies counts the copies of a later receipt of the same paper. Only the follower of duplicate-found gives it;
// Document is the stream it is given to.
type JoinCopies struct {
	Document string `json:"document" doc:"stream of the first receipt" minLength:"1" maxLength:"100"`
	From     string `json:"from" doc:"stream of the later receipt" minLength:"1" maxLength:"100"`
}

// Needs is the later receipt.
func (c JoinCopies) Needs(Document, domain.Act) []string { return []string{c.From} }

// Decide adds the copies of a receipt that was linked to this one, once.
func (c JoinCopies) Decide(d Document, act domain.Act) ([]Event, error) {
	if act.Person() {
		return nil, ErrFollower
	}
	if !d.Received {
		return nil, domain.ErrNoStream
	}
	if slices.Contains(d.JoinedFrom, c.From) {
		return nil, nil
	}
	from := Context.In(act, c.From)
	if from.End != EndDuplicate || from.FirstReceipt != c.Document {
		return nil, ErrNotSamePaper
	}
	taken := maps.Clone(d.Copies)
	e := CopiesJoined{From: c.From, Copies: []JoinedCopy{}}
	for _, name := range slices.Sorted(maps.Keys(from.Copies)) {
		free := name
		for n := 1; taken[free].State != ""; n++ {
			free = strconv.Itoa(n)
		}
		taken[free] = Copy{State: Held}
		e.Copies = append(e.Copies, JoinedCopy{Copy: free, Was: name})
	}
	return []Event{e}, nil
}

// CopiesJoined means these copies came later and count here.
type CopiesJoined struct {
	From   string       `json:"from"`
	Copies []JoinedCopy `json:"copies"`
}

// JoinedCopy is a copy under its number here and at the later receipt.
type JoinedCopy struct {
	Copy string `json:"copy"`
	Was  string `json:"was"`
}

// Evolve adds the copies.
func (e CopiesJoined) Evolve(d Document) Document {
	d.JoinedFrom = append(slices.Clip(d.JoinedFrom), e.From)
	for _, c := range e.Copies {
		d = d.with(c.Copy, Copy{State: Held})
	}
	return d
}

// Settles ends the task of the later receipt.
func (e CopiesJoined) Settles(domain.Recorded) []domain.TaskID {
	return []domain.TaskID{duplicate(e.From)}
}

// SendBack sends a copy back to the issuer or to the organ that collects it (清退).
type SendBack struct {
	Copy string `json:"copy" doc:"copy number" minLength:"1" maxLength:"50"`
	To   string `json:"to" doc:"organ that took it" minLength:"1" maxLength:"200"`
}

// Decide lets the registrar send back a copy that is here, whatever became of the paper.
func (c SendBack) Decide(d Document, act domain.Act) ([]Event, error) {
	if !d.Received {
		return nil, domain.ErrNoStream
	}
	if err := registrar(act); err != nil {
		return nil, err
	}
	if err := d.here(c.Copy); err != nil {
		return nil, err
	}
	return []Event{CopySentBack(c)}, nil
}

// CopySentBack means the copy is with the organ that collects it.
type CopySentBack struct {
	Copy string `json:"copy"`
	To   string `json:"to"`
}

// Evolve takes the copy out of the registry.
func (e CopySentBack) Evolve(d Document) Document {
	return d.with(e.Copy, Copy{State: SentBack, Holder: e.To})
}

// RecordDestruction records that a copy was destroyed. Only the follower of an approved and supervised destruction gives it
// (catalogue 4.7); a person destroys nothing by an entry here.
type RecordDestruction struct {
	Copy        string `json:"copy" doc:"copy number" minLength:"1" maxLength:"50"`
	Destruction string `json:"destruction" doc:"event of the destruction" minLength:"1" maxLength:"100"`
}

// Decide takes a copy that is here out of custody for good.
func (c RecordDestruction) Decide(d Document, act domain.Act) ([]Event, error) {
	if act.Person() {
		return nil, ErrFollower
	}
	if !d.Received {
		return nil, domain.ErrNoStream
	}
	if d.Copies[c.Copy].State == Destroyed {
		return nil, nil
	}
	if err := d.here(c.Copy); err != nil {
		return nil, err
	}
	return []Event{CopyDestroyed(c)}, nil
}

// CopyDestroyed means the copy is no more; that it was is kept for ever.
type CopyDestroyed struct {
	Copy        string `json:"copy"`
	Destruction string `json:"destruction"`
}

// Evolve takes the copy out of custody.
func (e CopyDestroyed) Evolve(d Document) Document {
	return d.with(e.Copy, Copy{State: Destroyed})
}
