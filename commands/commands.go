// Package commands carries out what is asked: it reads the stream, folds it, lets the command decide, and appends what
// was decided at the exact revision it was decided on. A repeated command is recognised in the stream that it writes and
// answered from the stored events; a lost race is decided anew, unless the asker saw a form of a certain revision.
package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"andu/domain"
	"andu/domain/calendar"
	"andu/domain/catalog"
	"andu/domain/org"
	"andu/domain/policy"
	"andu/eventstore"
	"andu/eventstore/blobs"
	"andu/eventstore/keys"

	"github.com/google/uuid"
)

// Handler carries out commands on one log. All fields are set before the first use and not changed after it.
type Handler struct {
	Store eventstore.Store
	Keys  *keys.Ring
	Now   func() time.Time
	// Zone is the zone of offices that have not stated theirs.
	Zone *time.Location
	// Clock is recorded with every event: "server", or "simulated" on a log begun so.
	Clock string
	// InOrder does one thing after the other, so that the same acts give the same log, event by event.
	InOrder bool
	// Running lists the papers of an office whose time limit is running, complete up to now.
	Running func(ctx context.Context, office string) ([]string, error)
	// Files keeps the content of papers.
	Files *blobs.Files
	// Order reaches the other servers of the log; nil: there is none beside this one.
	Order Order

	streams streams
	holds   holds
}

// Request is what surrounds a command as it arrives.
type Request struct {
	Office   string
	Actor    domain.Actor
	Terminal string
	Matter   string // what a delegation has to cover
	Command  string // command id, see ID; "" makes a new one
	// Fingerprint is the digest of what was asked; the same command id with another one is refused.
	Fingerprint string
	Occurred    time.Time // zero: now. When it happened, as the asker states it
	Clock       string    // whose clock stated Occurred, where it was not the asker; "": the asker's
	Received    time.Time // zero: now. When the first attempt reached the server
	// IfMatch is the revision of the form that the asker saw; a conflict with it is never decided again.
	IfMatch     *int64
	Causation   string
	Correlation string

	reading bool // content is read: what it notes takes nothing away, and waits for no other reading
}

// Result is the answer to a command, built from the stored events.
type Result struct {
	Stream   string
	Revision int64 // of the last event of this command; the stream's last revision when nothing was to be done
	Position eventstore.Position
	Events   []domain.Recorded
	Repeated bool // the command had been carried out before
}

// Refusals that any command may meet before it decides.
var (
	// ErrKeyReused means that the same idempotency key came with another request.
	ErrKeyReused = domain.Rule(domain.Invalid, "idempotency-key-reused",
		"同一请求标识曾用于另一内容的请求，请换用新的标识。", "this idempotency key was used for another request; use a new one").By("architecture 3.11")
	// ErrFuture means that something was said to have happened later than now.
	ErrFuture = domain.Rule(domain.Invalid, "occurred-in-the-future", "发生时间不得晚于现在。", "it cannot have happened later than now")
)

// Rules of this package, for generated documents.
var Rules = []*domain.Refusal{ErrKeyReused, ErrFuture, ErrContentSize, ErrSignature}

// ErrChanged says that the stream is no longer at the revision that the asker saw. Nothing was written.
type ErrChanged struct {
	Stream       string
	Seen, Actual int64
}

func (e *ErrChanged) Error() string {
	return fmt.Sprintf("%s was shown at revision %d and is at %d", e.Stream, e.Seen, e.Actual)
}

// ErrUnknown says that it is not known whether the command was carried out. Asking again with the same idempotency key
// is safe and finds out.
var ErrUnknown = errors.New("outcome unknown")

var commandSpace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("andu:command"))

// ID derives a command id from who asks what: the same key of another office, person, method or path is another command.
func ID(office, person, method, path, key string) string {
	return uuid.NewSHA1(commandSpace, fmt.Appendf(nil, "%s\x00%s\x00%s\x00%s\x00%s", office, person, method, path, key)).String()
}

// NewID derives an id from a command and a purpose.
func NewID(command, purpose string) string {
	space, err := uuid.Parse(command)
	if err != nil {
		space = uuid.NewSHA1(commandSpace, []byte(command))
	}
	return uuid.NewSHA1(space, []byte(purpose)).String()
}

// attempts bounds how often a decision is taken again after a lost race; commands of this process queue per stream, so
// more than a few losses mean another process writes the same stream without pause.
const attempts = 64

// Handle carries out one command on a stream. What may take a right away is not acknowledged before
// the last byte has left that the right let leave.
func Handle[S any](ctx context.Context, h *Handler, c domain.Context[S], stream string, cmd domain.Command[S], req Request) (Result, error) {
	res, err := inTurn(ctx, h, c, stream, cmd, req)
	if err != nil || req.reading {
		return res, err
	}
	return res, h.pass(ctx, stream, res.Events)
}

// inTurn carries it out when the commands before it on the stream are done.
func inTurn[S any](ctx context.Context, h *Handler, c domain.Context[S], stream string, cmd domain.Command[S], req Request) (Result, error) {
	now := h.Now()
	if req.Command == "" {
		req.Command = uuid.NewString()
	}
	if req.Received.IsZero() {
		req.Received = now
	}
	clock := h.Clock
	if req.Occurred.IsZero() {
		req.Occurred = req.Received
	} else if clock == "server" && req.Actor.Person != domain.System {
		clock = "stated"
	}
	if req.Clock != "" && clock != "simulated" {
		clock = req.Clock
	}
	if req.Occurred.After(now) {
		return Result{}, ErrFuture
	}
	unlock, err := h.streams.queue(ctx, stream)
	if err != nil {
		return Result{}, fmt.Errorf("wait for %s: %w", stream, errors.Join(err, eventstore.ErrUnavailable))
	}
	defer unlock()
	for range attempts {
		res, err := attempt(ctx, h, c, stream, cmd, req, clock, true)
		if len(res.Events) == 0 && !errors.Is(err, ErrUnknown) && !isConflict(err) {
			res, err = attempt(ctx, h, c, stream, cmd, req, clock, false) // no append proves that what was kept is the head
		}
		var conflict *eventstore.ErrConflict
		if !errors.As(err, &conflict) {
			return res, err
		}
		if req.IfMatch != nil {
			return Result{}, &ErrChanged{Stream: stream, Seen: *req.IfMatch, Actual: conflict.Actual}
		}
	}
	return Result{}, fmt.Errorf("%s is written without pause: %w", stream, eventstore.ErrUnavailable)
}

func isConflict(err error) bool {
	var conflict *eventstore.ErrConflict
	return errors.As(err, &conflict)
}

// attempt decides once and appends. near lets it decide on heads that are only near: see Handler.head.
func attempt[S any](ctx context.Context, h *Handler, c domain.Context[S], stream string, cmd domain.Command[S], req Request, clock string, near bool) (Result, error) {
	head, err := h.head(ctx, stream, near)
	if err != nil {
		return Result{}, err
	}
	if done, ok := head.command(req.Command); ok {
		return h.repeated(ctx, stream, head, done, req)
	}
	foreign := head.office != "" && head.office != req.Office
	if foreign { // another office's stream is not there: what is asked of it is refused as if it were not
		head = head.nothing()
	}
	var changed error
	if req.IfMatch != nil && *req.IfMatch != head.revision {
		changed = &ErrChanged{Stream: stream, Seen: *req.IfMatch, Actual: head.revision}
	}
	switch {
	case changed != nil && head.revision < 0:
		return Result{}, domain.ErrNoStream
	case changed != nil && !head.hidden(): // of what is hidden the decision says first whether the asker may know
		return Result{}, changed
	}
	var state S
	if head.state != nil {
		state = head.state.(S)
	}
	act, in, err := h.act(ctx, req, near, needs(c, cmd, state, req.Office))
	if err != nil {
		return Result{}, err
	}
	if err := h.authorise(req, act, in); err != nil {
		return Result{}, err
	}
	events, err := domain.Decide(cmd, state, act)
	if foreign && len(events) > 0 {
		return Result{}, domain.ErrNoStream
	}
	var refusal *domain.Refusal
	if errors.As(err, &refusal); changed != nil && (refusal == nil || refusal.Kind != domain.Forbidden) {
		return Result{}, changed
	}
	if refusal != nil && refusal.Recorded && head.revision >= 0 && !head.flooded(req.Actor.Person, h.Now()) {
		events = []domain.Event[S]{domain.Refused[S]{Command: domain.CommandName(cmd), Code: refusal.Code, Params: refusal.Params}}
	} else if refusal != nil {
		return Result{}, head.shown(refusal, req.Actor)
	} else if err != nil {
		return Result{}, err
	} else if refusal, err = refusalOf(events); err != nil {
		return Result{}, err
	} else if refusal != nil && head.flooded(req.Actor.Person, h.Now()) {
		return Result{}, head.shown(refusal, req.Actor)
	}
	if len(events) == 0 {
		return Result{Stream: stream, Revision: head.revision, Position: head.position}, nil
	}
	batch, err := encode(ctx, h, c, stream, cmd, events, state, in, req, clock)
	if err != nil {
		return Result{}, err
	}
	appended, err := h.append(ctx, stream, head.revision, batch)
	if err != nil {
		return Result{}, err
	}
	res := Result{Stream: stream, Revision: appended.Revision, Position: appended.Position}
	for _, rec := range appended.Records {
		r, err := h.Decode(rec)
		if err != nil {
			return res, err
		}
		res.Events = append(res.Events, r)
	}
	head.kept.appended(head.revision, res.Events)
	if refusal != nil {
		return res, head.shown(refusal, req.Actor)
	}
	return res, nil
}

// Try decides a command on a stream as Handle would now, and writes nothing: what a page offers is asked of the rules
// themselves. No events and no error means that what is asked already holds.
func Try[S any](ctx context.Context, h *Handler, c domain.Context[S], stream string, cmd domain.Command[S], req Request) ([]domain.Event[S], error) {
	if req.Received.IsZero() {
		req.Received = h.Now()
	}
	if req.Occurred.IsZero() {
		req.Occurred = req.Received
	}
	var state S
	if stream != "" { // a record that is yet to begin has no stream
		head, err := h.head(ctx, stream, true)
		if err != nil {
			return nil, err
		}
		if head.office != "" && head.office != req.Office {
			return nil, domain.ErrNoStream
		}
		if head.state != nil {
			state = head.state.(S)
		}
	}
	act, in, err := h.act(ctx, req, true, needs(c, cmd, state, req.Office))
	if err != nil {
		return nil, err
	}
	if err := h.authorise(req, act, in); err != nil {
		return nil, err
	}
	events, err := domain.Decide(cmd, state, act)
	if refusal, unknown := refusalOf(events); unknown != nil {
		return nil, unknown
	} else if refusal != nil {
		return nil, refusal
	}
	return events, err
}

// needs names the streams that a command reads beside its own.
func needs[S any](c domain.Context[S], cmd domain.Command[S], state S, office string) func(domain.Act) []string {
	return func(act domain.Act) []string {
		streams := c.FactStreams(office)
		if n, ok := cmd.(domain.Needer[S]); ok {
			streams = append(streams, n.Needs(state, act)...)
		}
		return streams
	}
}

// hidden tells whether the stream is of 机密 and above.
func (h head) hidden() bool {
	of, ok := h.state.(interface{ ClassOf() domain.Class })
	return ok && of.ClassOf().Hidden()
}

// shown is a refusal as the asker is told it: of a hidden stream, who may not act is told nothing but that there is no
// such record (architecture 3.18). What goes on record names the rule.
func (h head) shown(refusal *domain.Refusal, actor domain.Actor) error {
	if refusal.Kind == domain.Forbidden && actor.Person != domain.System && h.hidden() {
		return domain.ErrNoStream
	}
	return refusal
}

// append asks again after an unknown outcome, with the same events and revision, until the log says what happened or
// the caller's time is over.
func (h *Handler) append(ctx context.Context, stream string, expected int64, batch []eventstore.Event) (eventstore.Appended, error) {
	var last error
	for range 3 {
		appended, err := h.Store.Append(ctx, stream, expected, batch...)
		var conflict *eventstore.ErrConflict
		if err == nil || errors.As(err, &conflict) || errors.Is(err, eventstore.ErrTooLarge) {
			return appended, err
		}
		last = err
		if ctx.Err() != nil {
			break
		}
	}
	return eventstore.Appended{}, fmt.Errorf("append to %s: %w", stream, errors.Join(ErrUnknown, last))
}

// repeated answers a command that the stream already holds, from its stored events.
func (h *Handler) repeated(ctx context.Context, stream string, head head, done span, req Request) (Result, error) {
	if done.fingerprint != req.Fingerprint {
		return Result{}, ErrKeyReused
	}
	records, err := h.Store.Read(ctx, stream, done.first)
	if err != nil {
		return Result{}, fmt.Errorf("read %s: %w", stream, err)
	}
	res := Result{Stream: stream, Repeated: true}
	for _, rec := range records[:min(len(records), int(done.last-done.first)+1)] {
		r, err := h.Decode(rec)
		if err != nil {
			return Result{}, err
		}
		res.Events = append(res.Events, r)
		res.Revision, res.Position = r.Revision, rec.Position
		if refusal, err := refusalOf([]any{r.Event}); err != nil {
			return res, err
		} else if refusal != nil {
			return res, head.shown(refusal, req.Actor)
		}
	}
	return res, nil
}

// refusalOf is the refusal that the last event of a decision says of itself: a late sign-in is a fact and is refused.
func refusalOf[E any](events []E) (*domain.Refusal, error) {
	if len(events) == 0 {
		return nil, nil
	}
	refused, ok := any(events[len(events)-1]).(refusedEvent)
	if !ok {
		return nil, nil
	}
	code, params := refused.Refusal()
	rule, known := catalog.Rule(code)
	if !known {
		return nil, fmt.Errorf("an event was refused by an unknown rule %s", code)
	}
	again := *rule
	again.Params = params
	return &again, nil
}

// act gathers what a decision may read: the office's policy, its organisation, and the streams that are declared.
func (h *Handler) act(ctx context.Context, req Request, near bool, declared func(domain.Act) []string) (domain.Act, *domain.Inputs, error) {
	in := &domain.Inputs{Facts: map[string]domain.Fact{}, NewID: NewID}
	load := func(stream string) error {
		if _, ok := in.Facts[stream]; ok {
			return nil
		}
		head, err := h.head(ctx, stream, near)
		if err != nil {
			return err
		}
		fact := domain.Fact{State: head.state, Revision: head.revision}
		if head.office != "" && head.office != req.Office {
			fact = domain.Fact{Revision: eventstore.NoStream} // another office's stream is not there
		}
		in.Facts[stream] = fact
		return nil
	}
	zone := h.Zone
	if req.Office != "" {
		for _, stream := range []string{policy.Stream(req.Office), org.Stream(req.Office)} {
			if err := load(stream); err != nil {
				return domain.Act{}, nil, err
			}
		}
		if book, ok := in.Facts[policy.Stream(req.Office)].State.(policy.Book); ok {
			in.Policy = book.Policy(req.Office)
		}
		in.Policy.Stream = policy.Stream(req.Office)
		if office, ok := in.Facts[org.Stream(req.Office)].State.(org.Office); ok && office.Exists() {
			z, err := time.LoadLocation(office.Zone())
			if err != nil {
				return domain.Act{}, nil, fmt.Errorf("zone of office %s: %w", req.Office, err)
			}
			zone = z
		}
	}
	act := domain.NewAct(domain.Act{
		Office: req.Office, Actor: req.Actor, Terminal: req.Terminal, Zone: zone, Command: req.Command,
		Occurred: domain.At(req.Occurred), Received: domain.At(req.Received),
	}, in)
	for _, stream := range declared(act) {
		if err := load(stream); err != nil {
			return domain.Act{}, nil, err
		}
	}
	return act, in, nil
}

// authorise checks that the person may act as whom they say: a post is held, a delegation is in force. What the post
// may do is decided by the command. An office that is not set up yet is acted on by the system alone.
func (h *Handler) authorise(req Request, act domain.Act, in *domain.Inputs) error {
	if req.Actor.Person == domain.System || req.Office == "" {
		return nil
	}
	stream := org.Stream(req.Office)
	in.Use(stream)
	office, _ := in.Facts[stream].State.(org.Office)
	// By the day of the request: nobody who has left a post acts for a day before.
	return office.Authorise(req.Actor, domain.DateOf(act.Received.Time, act.Zone), req.Matter)
}

// encode gives the events of a decision their headers and seals what has to be sealed.
func encode[S any](ctx context.Context, h *Handler, c domain.Context[S], stream string, cmd domain.Command[S], events []domain.Event[S], state S, in *domain.Inputs, req Request, clock string) ([]eventstore.Event, error) {
	for _, e := range events {
		state = e.Evolve(state)
	}
	var class domain.Class
	if of, ok := any(state).(interface{ ClassOf() domain.Class }); ok {
		class = of.ClassOf()
	}
	zone := h.Zone.String()
	if office, ok := in.Facts[org.Stream(req.Office)].State.(org.Office); ok && office.Exists() {
		zone = office.Zone()
	}
	reads := in.Reads()
	batch := make([]eventstore.Event, len(events))
	for i, e := range events {
		row, event, err := c.Encode(e)
		if err != nil {
			return nil, err
		}
		hd := domain.Header{
			V: 1, Stream: stream, ID: domain.EventID(NewID, req.Command, i), Type: row.Name, TypeVersion: row.Version,
			Office: req.Office, Command: req.Command, Fingerprint: req.Fingerprint,
			Causation: req.Causation, Correlation: req.Correlation, Actor: req.Actor, Terminal: req.Terminal,
			OccurredAt: domain.At(req.Occurred), ReceivedAt: domain.At(req.Received),
			Clock: clock, Zone: zone, Reads: reads, Class: class,
		}
		for _, r := range reads {
			switch r.Stream {
			case in.Policy.Stream:
				hd.Policy = in.Policy.Version
			case calendar.Stream(req.Office):
				if cal, ok := in.Facts[r.Stream].State.(calendar.Calendar); ok {
					hd.Calendar = cal.Version
				}
			}
		}
		if corr, ok := any(e).(domain.Correction); ok {
			hd.Corrects = corr.Corrects()
			if hd.OccurredAt, err = h.occurredAt(ctx, stream, hd.Corrects); err != nil {
				return nil, fmt.Errorf("%s: %w", row.Name, err)
			}
		}
		var asked any
		if i == 0 {
			asked = cmd
		}
		payload, err := domain.EncodePayload(event, asked)
		if err != nil {
			return nil, err
		}
		hd.Payload = domain.PayloadField{Length: len(payload)}
		if row.Sealed {
			hd.Payload, payload, err = h.Keys.Seal(stream, stream, hd.ID, payload)
			if err != nil {
				return nil, fmt.Errorf("seal %s: %w", row.Name, err)
			}
		}
		batch[i] = eventstore.Event{Header: hd, Payload: payload}
	}
	return batch, nil
}

// occurredAt finds when an event happened that a correction takes the place of.
func (h *Handler) occurredAt(ctx context.Context, stream, event string) (domain.Instant, error) {
	records, err := h.Store.Read(ctx, stream, 0)
	if err != nil {
		return domain.Instant{}, fmt.Errorf("read %s: %w", stream, err)
	}
	for _, rec := range records {
		if rec.Header.ID == event {
			return rec.Header.OccurredAt, nil
		}
	}
	return domain.Instant{}, fmt.Errorf("%s has no event %s to correct", stream, event)
}

// Decode opens and decodes one stored event.
func (h *Handler) Decode(rec eventstore.Record) (domain.Recorded, error) { return Decoder(h.Keys)(rec) }

// Decoder opens and decodes stored events with the record keys.
func Decoder(ring *keys.Ring) func(eventstore.Record) (domain.Recorded, error) {
	return func(rec eventstore.Record) (domain.Recorded, error) {
		payload, erased, err := ring.Open(rec.Header, rec.Payload)
		if err != nil {
			return domain.Recorded{}, fmt.Errorf("open %s@%d: %w", rec.Header.Stream, rec.Header.Revision, err)
		}
		return catalog.Decode(rec.Header, int64(rec.Position), payload, erased)
	}
}

// History gives the events of a stream as the office may see them, none under a lower class than that of the paper which it is
// about, and domain.ErrNoStream for another office's.
func (h *Handler) History(ctx context.Context, office, stream string) ([]domain.Recorded, error) {
	records, err := h.Store.Read(ctx, stream, 0)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", stream, err)
	}
	if len(records) == 0 || records[0].Header.Office != office {
		return nil, domain.ErrNoStream
	}
	events := make([]domain.Recorded, len(records))
	for i, rec := range records {
		if events[i], err = h.Decode(rec); err != nil {
			return nil, err
		}
	}
	class, err := h.classOfSubject(ctx, office, stream)
	if err != nil {
		return nil, err
	}
	for i, r := range events {
		if r.Class.Rank() < class.Rank() {
			events[i].Class = class
		}
	}
	return events, nil
}

// classOfSubject is the class now of the paper that a record is about, "" of a record that is about none: what was written
// of a paper is kept as the paper is, whatever its class was then.
func (h *Handler) classOfSubject(ctx context.Context, office, stream string) (domain.Class, error) {
	own, err := h.head(ctx, stream, false)
	if err != nil {
		return "", err
	}
	about, ok := own.state.(interface{ About() string })
	if !ok || about.About() == "" {
		return "", nil
	}
	subject, err := h.head(ctx, about.About(), false)
	if err != nil || subject.office != office {
		return "", err
	}
	of, ok := subject.state.(interface{ ClassOf() domain.Class })
	if !ok {
		return "", nil
	}
	return of.ClassOf(), nil
}

// State gives the state of a stream at the head of the log, and its revision (-1: no such stream in this office).
func State[S any](ctx context.Context, h *Handler, c domain.Context[S], office, stream string) (S, int64, error) {
	var state S
	head, err := h.head(ctx, stream, false)
	if err != nil {
		return state, eventstore.NoStream, err
	}
	if head.state == nil || head.office != office {
		return state, eventstore.NoStream, nil
	}
	return head.state.(S), head.revision, nil
}

// AsOf folds the events of a stream that were known at a position and had occurred at an instant; a zero at is no limit.
func AsOf(events []domain.Recorded, at domain.Instant, known eventstore.Position) (any, []domain.Recorded, error) {
	var seen []domain.Recorded
	for _, r := range events {
		if r.Position <= int64(known) && (at.IsZero() || !r.OccurredAt.After(at.Time)) {
			seen = append(seen, r)
		}
	}
	if len(seen) == 0 {
		return nil, nil, nil
	}
	state, err := catalog.Fold(seen[0].Stream, nil, seen)
	return state, seen, err
}

// Explanation is one decision taken again.
type Explanation struct {
	Stream   string               `json:"stream"`
	Revision int64                `json:"revision"`
	Command  domain.StoredCommand `json:"command"`
	Actor    domain.Actor         `json:"actor"`
	At       domain.Instant       `json:"at"`
	Policy   int64                `json:"policy_version"`
	Calendar int64                `json:"calendar_version"`
	Reads    []domain.Read        `json:"reads"`
	Readings []domain.Reading     `json:"readings"`
	Stored   []domain.Encoded     `json:"stored"`
	Again    []domain.Encoded     `json:"again"`
	Same     bool                 `json:"same"`
	Refusal  string               `json:"refusal,omitempty"`
}

// Explain takes the decision that caused an event again, on what was known then, and names every policy value it read.
func (h *Handler) Explain(ctx context.Context, office, stream string, revision int64) (Explanation, error) {
	return h.Explainer(office).Explain(ctx, stream, revision)
}

// Explainer explains several decisions of an office and reads every record once, as it is when it is first read. It is
// not safe for concurrent use.
type Explainer struct {
	h         *Handler
	office    string
	histories map[string][]domain.Recorded
	states    map[domain.Read]any
}

// Explainer is for one question.
func (h *Handler) Explainer(office string) *Explainer {
	return &Explainer{h: h, office: office, histories: map[string][]domain.Recorded{}, states: map[domain.Read]any{}}
}

// History is Handler.History.
func (x *Explainer) History(ctx context.Context, stream string) ([]domain.Recorded, error) {
	if known, ok := x.histories[stream]; ok {
		return known, nil
	}
	events, err := x.h.History(ctx, x.office, stream)
	if err == nil {
		x.histories[stream] = events
	}
	return events, err
}

// state is what a decision read.
func (x *Explainer) state(ctx context.Context, read domain.Read) (any, error) {
	if known, ok := x.states[read]; ok {
		return known, nil
	}
	events, err := x.History(ctx, read.Stream)
	if err != nil {
		return nil, err
	}
	state, err := catalog.Fold(read.Stream, nil, events[:read.Revision+1])
	if err == nil {
		x.states[read] = state
	}
	return state, err
}

// Explain is Handler.Explain.
func (x *Explainer) Explain(ctx context.Context, stream string, revision int64) (Explanation, error) {
	office := x.office
	history, err := x.History(ctx, stream)
	if err != nil {
		return Explanation{}, err
	}
	if revision < 0 || revision >= int64(len(history)) {
		return Explanation{}, domain.ErrNoStream
	}
	first := revision
	for first > 0 && history[first-1].Command == history[revision].Command {
		first--
	}
	cause := history[first]
	ex := Explanation{Stream: stream, Revision: first, Actor: cause.Actor, At: cause.OccurredAt, Policy: cause.Policy, Calendar: cause.Calendar, Reads: cause.Reads}
	if cause.Erased || cause.Asked == nil {
		return ex, fmt.Errorf("%s@%d holds no command: its key was destroyed", stream, first)
	}
	ex.Command = *cause.Asked
	typ, ok := catalog.CommandType(cause.Asked.Name)
	if !ok {
		return ex, fmt.Errorf("%s@%d: no command is named %s", stream, first, cause.Asked.Name)
	}
	cmd := reflect.New(typ)
	if err := json.Unmarshal(cause.Asked.Body, cmd.Interface()); err != nil {
		return ex, fmt.Errorf("%s@%d: %w", stream, first, err)
	}
	context, ok := catalog.Of(stream)
	if !ok {
		return ex, fmt.Errorf("no context knows stream %s", stream)
	}
	state, err := context.FoldAny(nil, history[:first])
	if err != nil {
		return ex, err
	}
	in := &domain.Inputs{Facts: map[string]domain.Fact{}, NewID: NewID}
	in.Policy.Stream = policy.Stream(office)
	for _, read := range cause.Reads {
		fact := domain.Fact{Revision: read.Revision}
		if read.Revision >= 0 {
			if fact.State, err = x.state(ctx, read); err != nil {
				return ex, err
			}
		}
		in.Facts[read.Stream] = fact
		if book, ok := fact.State.(policy.Book); ok {
			in.Policy = book.Policy(office)
			in.Policy.Stream = policy.Stream(office)
		}
	}
	zone, err := time.LoadLocation(cause.Zone)
	if err != nil {
		return ex, fmt.Errorf("%s@%d: %w", stream, first, err)
	}
	act := domain.NewAct(domain.Act{Office: office, Actor: cause.Actor, Terminal: cause.Terminal, Occurred: cause.OccurredAt,
		Received: cause.ReceivedAt, Zone: zone, Command: cause.Header.Command}, in)
	for _, r := range history[first:] {
		if r.Header.Command != cause.Header.Command {
			break
		}
		event, err := json.Marshal(r.Event)
		if err != nil {
			return ex, err
		}
		ex.Stored = append(ex.Stored, domain.Encoded{Name: r.Type, Version: r.TypeVersion, Event: event})
	}
	again, err := context.DecideAny(cmd.Elem().Interface(), state, act)
	var refusal *domain.Refusal
	if errors.As(err, &refusal) {
		ex.Refusal = refusal.Code
		again, err = []domain.Encoded{{Name: context.ContextName() + ".refused", Version: 1}}, nil
	}
	if err != nil {
		return ex, err
	}
	ex.Again, ex.Readings = again, in.Readings()
	ex.Same = sameEvents(ex.Stored, again)
	return ex, nil
}

func sameEvents(a, b []domain.Encoded) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		var x, y any
		if a[i].Name != b[i].Name || a[i].Version != b[i].Version {
			return false
		}
		if b[i].Event == nil { // a refusal on record: the name says it all
			continue
		}
		if json.Unmarshal(a[i].Event, &x) != nil || json.Unmarshal(b[i].Event, &y) != nil || !reflect.DeepEqual(x, y) {
			return false
		}
	}
	return true
}
