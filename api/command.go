package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"andu/commands"
	"andu/domain"
	"andu/eventstore"

	"github.com/danielgtaylor/huma/v2"
)

// CommandHeaders surround every command.
type CommandHeaders struct {
	Key      string `header:"Idempotency-Key" maxLength:"200" doc:"names this request for ever: asking again with the same key has no second effect"`
	IfMatch  string `header:"If-Match" maxLength:"40" doc:"the ETag of the form that was shown; if the record has changed since, nothing is decided"`
	Occurred string `header:"Andu-Occurred-At" maxLength:"40" doc:"RFC 3339: when it happened, if that was before now"`
	Matter   string `header:"Andu-Matter" maxLength:"200" doc:"the matter, where a delegation covers only some"`
	Receipt  string `header:"Andu-Receipt" maxLength:"200" doc:"the receipt that came with a 503: its time decides cut-offs"`
}

// Answer is what a command brought about, built from the stored events: asked again, it is the same.
type Answer struct {
	ID       string   `json:"id" doc:"id of the record, without the name of its context"`
	Stream   string   `json:"stream" example:"document-0198c1c2-7d1e-7a50-9d52-1a2b3c4d5e6f"`
	Revision int64    `json:"revision" doc:"revision of the last event of this command"`
	Position string   `json:"position" doc:"place in the log, for Andu-At-Least"`
	Events   []Happen `json:"events" doc:"what is now true; empty when it already was"`
}

// Happen is one event of an answer.
type Happen struct {
	ID       string `json:"id"`
	Type     string `json:"type" example:"document.received"`
	Version  int    `json:"version"`
	Revision int64  `json:"revision"`
	At       string `json:"occurred_at"`
	Recorded string `json:"recorded_at"`
	Policy   int64  `json:"policy_version,omitempty" doc:"the policy version the decision was taken under"`
	Data     any    `json:"data" doc:"the fact itself, as docs/events.md describes it"`
}

type answered struct {
	Position string `header:"Andu-Position"`
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     Answer
}

// onNew is a command that begins a record or acts on one that follows from the asker.
type onNew[C any] struct {
	CommandHeaders
	Body C
}

// onOne is a command that acts on the record that the path names.
type onOne[C any] struct {
	CommandHeaders
	ID   string
	Body C
}

// rawNew and rawOne are all commands as the library sees them. Made for each command's type, its generic route would be
// most of the program and of the time that building it takes; so the body is read here, by the same schema.
type rawNew struct {
	CommandHeaders
	RawBody []byte `contentType:"application/json"`
}

type rawOne struct {
	CommandHeaders
	ID      string `path:"id" maxLength:"36" pattern:"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$" doc:"id of the record"`
	RawBody []byte `contentType:"application/json"`
}

func postNew[C any](a *API, op huma.Operation, handle func(context.Context, *onNew[C]) (*answered, error)) {
	read := a.body(&op, reflect.TypeFor[C]())
	a.postNew(op, func(ctx context.Context, in *rawNew) (*answered, error) {
		cmd := &onNew[C]{CommandHeaders: in.CommandHeaders}
		if err := read(ctx, in.RawBody, &cmd.Body); err != nil {
			return nil, err
		}
		return handle(ctx, cmd)
	})
}

func postOne[C any](a *API, op huma.Operation, handle func(context.Context, *onOne[C]) (*answered, error)) {
	read := a.body(&op, reflect.TypeFor[C]())
	a.postOne(op, func(ctx context.Context, in *rawOne) (*answered, error) {
		cmd := &onOne[C]{CommandHeaders: in.CommandHeaders, ID: in.ID}
		if err := read(ctx, in.RawBody, &cmd.Body); err != nil {
			return nil, err
		}
		return handle(ctx, cmd)
	})
}

func (a *API) postNew(op huma.Operation, handle func(context.Context, *rawNew) (*answered, error)) {
	described := op.RequestBody.Content["application/json"]
	huma.Register(a.huma, op, handle)
	a.huma.OpenAPI().Paths[op.Path].Post.RequestBody.Content["application/json"] = described
}

func (a *API) postOne(op huma.Operation, handle func(context.Context, *rawOne) (*answered, error)) {
	described := op.RequestBody.Content["application/json"]
	huma.Register(a.huma, op, handle)
	a.huma.OpenAPI().Paths[op.Path].Post.RequestBody.Content["application/json"] = described
}

// body describes the body of a command and gives what reads it: JSON, by the schema of the command's type, strictly.
func (a *API) body(op *huma.Operation, command reflect.Type) func(ctx context.Context, raw []byte, cmd any) error {
	registry := a.huma.OpenAPI().Components.Schemas
	schema := registry.Schema(command, true, command.Name()+"Body")
	op.SkipValidateBody = true // by the library, which takes the raw form for a text
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
	return func(ctx context.Context, raw []byte, cmd any) error {
		if w, _ := asker(ctx); w.media != "" && w.media != "application/json" {
			return a.problem(ctx, problemMedia)
		}
		var parsed any
		if err := readJSON(raw, &parsed); err != nil {
			return a.problem(ctx, problemMalformed)
		}
		at := huma.NewPathBuffer(nil, 0)
		at.Push("body")
		found := huma.ValidateResult{}
		huma.Validate(registry, schema, at, huma.ModeWriteToServer, parsed, &found)
		if len(found.Errors) > 0 {
			return requestProblem(ctx, http.StatusUnprocessableEntity, found.Errors...)
		}
		if err := json.Unmarshal(raw, cmd); err != nil {
			return requestProblem(ctx, http.StatusUnprocessableEntity, &huma.ErrorDetail{Location: "body", Message: "取值不符合格式 / a value is not of the form that its field has"})
		}
		return nil
	}
}

func created(op huma.Operation) huma.Operation { op.DefaultStatus = http.StatusCreated; return op }

// create is a route whose command begins a new record: its id follows from the command id.
func create[C domain.Command[S], S any](a *API, path string, may commands.Permission, c domain.Context[S], summary string) {
	postNew(a, created(a.operation(http.MethodPost, path, may, c.Name, summary, commandType[C]())),
		func(ctx context.Context, in *onNew[C]) (*answered, error) {
			req, err := a.ask(ctx, in.CommandHeaders, in.Body)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			id := commands.NewID(req.Command, c.Name)
			return act(ctx, a, c, c.Stream(id), path+"/"+id, in.Body, req)
		})
}

// on is a route whose command acts on one record.
func on[C domain.Command[S], S any](a *API, path string, may commands.Permission, c domain.Context[S], summary string) {
	postOne(a, a.operation(http.MethodPost, path, may, c.Name, summary, commandType[C]()),
		func(ctx context.Context, in *onOne[C]) (*answered, error) {
			req, err := a.ask(ctx, in.CommandHeaders, in.Body)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			return act(ctx, a, c, c.Stream(in.ID), "", in.Body, req)
		})
}

// onOffice is a route whose command acts on the one record of the asker's office: its policy, its calendar, its posts.
func onOffice[C domain.Command[S], S any](a *API, path string, may commands.Permission, c domain.Context[S], summary string) {
	postNew(a, a.operation(http.MethodPost, path, may, c.Name, summary, commandType[C]()),
		func(ctx context.Context, in *onNew[C]) (*answered, error) {
			req, err := a.ask(ctx, in.CommandHeaders, in.Body)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			return act(ctx, a, c, c.Stream(req.Office), "", in.Body, req)
		})
}

func act[S any](ctx context.Context, a *API, c domain.Context[S], stream, location string, cmd domain.Command[S], req commands.Request) (*answered, error) {
	res, err := commands.Handle(ctx, a.cfg.Handler, c, stream, cmd, req)
	if err != nil {
		return nil, a.refused(ctx, req, err)
	}
	return a.answer(res, location), nil
}

// refused adds to an unknown or busy outcome the receipt that keeps the time of the first attempt.
func (a *API) refused(ctx context.Context, req commands.Request, err error) error {
	p := a.problem(ctx, err)
	if p.Status == http.StatusServiceUnavailable {
		if p.headers == nil {
			p.headers = http.Header{}
		}
		p.headers.Set("Andu-Receipt", a.receipt(req.Command, req.Received))
	}
	return p
}

func (a *API) answer(res commands.Result, location string) *answered {
	out := &answered{Location: location, ETag: etag(res.Revision), Position: eventstore.Token(a.cfg.Handler.Store.LogID(), res.Position)}
	out.Body = Answer{ID: idOf(res.Stream), Stream: res.Stream, Revision: res.Revision, Position: out.Position, Events: make([]Happen, len(res.Events))}
	for i, r := range res.Events {
		out.Body.Events[i] = happen(r)
	}
	return out
}

func happen(r domain.Recorded) Happen {
	return Happen{ID: r.ID, Type: r.Type, Version: r.TypeVersion, Revision: r.Revision, At: instant(r.OccurredAt), Recorded: instant(r.RecordedAt), Policy: r.Policy, Data: r.Event}
}

// idOf is the id of a stream's record, without the name of its context.
func idOf(stream string) string { _, id, _ := strings.Cut(stream, "-"); return id }

func instant(i domain.Instant) string { b, _ := i.MarshalText(); return string(b) }

func etag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }

func commandType[C any]() string { return reflect.TypeFor[C]().String() }

// ask makes the request of one command of the asker.
func (a *API) ask(ctx context.Context, h CommandHeaders, body any) (commands.Request, error) {
	w, _ := asker(ctx)
	key := h.Key
	if key == "" {
		key = requestID(ctx)
	}
	text, err := json.Marshal(body)
	if err != nil {
		return commands.Request{}, fmt.Errorf("body of %s %s: %w", w.method, w.path, err)
	}
	sum := sha256.Sum256([]byte(w.method + "\x00" + w.path + "\x00" + h.Occurred + "\x00" + string(text)))
	req := commands.Request{
		Office: w.Office, Actor: w.actor(), Terminal: w.Terminal, Matter: h.Matter, Received: w.received,
		Command: commands.ID(w.Office, w.Person, w.method, w.path, key), Fingerprint: hex.EncodeToString(sum[:]),
	}
	if h.IfMatch != "" {
		revision, err := strconv.ParseInt(strings.Trim(h.IfMatch, `"`), 10, 64)
		if err != nil {
			return req, problemIfMatch
		}
		req.IfMatch = &revision
	}
	if h.Occurred != "" {
		var at domain.Instant
		if err := at.UnmarshalText([]byte(h.Occurred)); err != nil {
			return req, problemOccurred
		}
		req.Occurred = at.Time
	}
	if h.Receipt != "" {
		received, err := a.receiptTime(req.Command, h.Receipt)
		if err != nil || received.After(w.received) {
			return req, problemReceipt
		}
		req.Received = received
	}
	return req, nil
}
