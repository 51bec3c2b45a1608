package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"andu/commands"
	"andu/domain"
	"andu/domain/access"
	"andu/domain/attendance"
	"andu/domain/calendar"
	"andu/domain/catalog"
	"andu/domain/documents"
	"andu/domain/leave"
	"andu/domain/logs"
	"andu/domain/org"
	"andu/domain/policy"
	"andu/eventstore"

	"github.com/danielgtaylor/huma/v2"
)

// Told is one entry of a history.
type Told struct {
	Happen
	Actor    domain.Actor  `json:"actor"`
	Clock    string        `json:"clock"`
	Calendar int64         `json:"calendar_version,omitempty"`
	Reads    []domain.Read `json:"reads,omitempty" doc:"what else the decision read"`
	Corrects string        `json:"corrects,omitempty" doc:"the event that this one takes the place of"`
	Because  string        `json:"causation,omitempty" doc:"the event that a follower or the schedule acted on"`
	Class    domain.Class  `json:"class,omitempty"`
	Position string        `json:"position"`
	Erased   bool          `json:"erased,omitempty" doc:"its key was destroyed"`
	Withheld bool          `json:"withheld,omitempty" doc:"the content is not for the asker"`
}

// StreamInput names one record in a path, such as document-0198c1c2-….
type StreamInput struct {
	Stream string `path:"stream" maxLength:"120" pattern:"^[a-z]+-[0-9A-Za-z-]+$" doc:"such as document-0198c1c2-…"`
}

// log are the routes that look at the log itself.
func (a *API) log() {
	type history struct {
		Body struct {
			Stream string `json:"stream"`
			Events []Told `json:"events"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/timelines/{stream}", commands.Enter, "log", "The history of one record", ""),
		func(ctx context.Context, in *StreamInput) (*history, error) {
			events, err := a.history(ctx, in.Stream)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out := &history{}
			out.Body.Stream, out.Body.Events = in.Stream, events
			return out, nil
		})
	type asOfInput struct {
		StreamInput
		At    string `query:"at" maxLength:"40" doc:"RFC 3339: only what had occurred by then"`
		Known string `query:"known" maxLength:"80" doc:"RFC 3339 or a position: only what was recorded by then"`
	}
	type asOf struct {
		Body struct {
			Stream string `json:"stream"`
			Events []Told `json:"events"`
			State  any    `json:"state" doc:"the record as it was"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/timelines/{stream}/as-of", commands.Enter, "log", "A record as it was at a time, as known at a time", ""),
		func(ctx context.Context, in *asOfInput) (*asOf, error) {
			state, seen, err := a.asOf(ctx, in.Stream, in.At, in.Known)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out := &asOf{}
			out.Body.Stream, out.Body.Events, out.Body.State = in.Stream, a.tell(seen, true), state
			return out, nil
		})
	type decisionInput struct {
		StreamInput
		Revision int64 `path:"revision" minimum:"0"`
	}
	type explanation struct{ Body commands.Explanation }
	huma.Register(a.huma, a.operation(http.MethodGet, "/timelines/{stream}/decisions/{revision}", commands.Enter, "log",
		"Take a decision again on what was known then, and name every rule it read", ""),
		func(ctx context.Context, in *decisionInput) (*explanation, error) {
			w, _ := asker(ctx)
			events, err := a.cfg.Handler.History(ctx, w.Office, in.Stream)
			if err == nil && !a.sees(ctx, w, events) {
				err = hide(events)
			}
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			ex, err := a.cfg.Handler.Explain(ctx, w.Office, in.Stream, in.Revision)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			return &explanation{Body: ex}, nil
		})
	type progress struct {
		Body struct {
			Log         string         `json:"log"`
			Head        string         `json:"head"`
			Projections []readModelRow `json:"projections"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/projections", commands.Look, "log", "How far each read model is behind the log", ""),
		func(ctx context.Context, _ *struct{}) (*progress, error) {
			list, err := a.cfg.Read.Status(ctx)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			head, err := a.cfg.Handler.Store.Head(ctx)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out := &progress{}
			log := a.cfg.Handler.Store.LogID()
			out.Body.Log, out.Body.Head = log, eventstore.Token(log, head)
			for _, s := range list {
				out.Body.Projections = append(out.Body.Projections, readModelRow{Name: s.Namespace, State: string(s.State), Position: eventstore.Token(log, s.Position),
					Lag: s.Lag, BehindSeconds: s.Behind.Seconds(), CompleteTo: s.RecordedAt})
			}
			return out, nil
		})
	type onLog[C any] struct {
		CommandHeaders
		Body C
	}
	huma.Register(a.huma, a.operation(http.MethodPost, "/quarantines", commands.Administer, "log", "Set one stream aside for one read model", "logs.Quarantine"),
		func(ctx context.Context, in *onLog[logs.Quarantine]) (*answered, error) {
			return a.onLog(ctx, in.CommandHeaders, in.Body, in.Body)
		})
	huma.Register(a.huma, a.operation(http.MethodPost, "/quarantines/liftings", commands.Administer, "log", "Lift a quarantine", "logs.LiftQuarantine"),
		func(ctx context.Context, in *onLog[logs.LiftQuarantine]) (*answered, error) {
			return a.onLog(ctx, in.CommandHeaders, in.Body, in.Body)
		})
}

type readModelRow struct {
	Name          string    `json:"name"`
	State         string    `json:"state"`
	Position      string    `json:"position"`
	Lag           int64     `json:"lag" doc:"events not yet applied"`
	BehindSeconds float64   `json:"behind_seconds"`
	CompleteTo    time.Time `json:"complete_to"`
}

// onLog acts on the log's own stream, which belongs to no office.
func (a *API) onLog(ctx context.Context, h CommandHeaders, body any, cmd domain.Command[logs.Log]) (*answered, error) {
	req, err := a.ask(ctx, h, body)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	req.Office = ""
	return act(ctx, a, logs.Context, logs.Stream, "", cmd, req)
}

// history is what the asker may read of a record: of a classified paper, whoever does not handle it sees that something
// happened and by whom, and an officer never sees content.
func (a *API) history(ctx context.Context, stream string) ([]Told, error) {
	w, _ := asker(ctx)
	if domain.ContextOf(stream) == access.Context.Name {
		return nil, access.ErrTrail
	}
	events, err := a.cfg.Handler.History(ctx, w.Office, stream)
	if err != nil {
		return nil, err
	}
	sees := a.sees(ctx, w, events)
	if !sees && !commands.May(w.roles, commands.Audit) {
		return nil, hide(events)
	}
	return a.tell(events, sees), nil
}

func (a *API) tell(events []domain.Recorded, content bool) []Told {
	told := make([]Told, len(events))
	for i, r := range events {
		told[i] = Told{Happen: happen(r), Actor: r.Actor, Clock: r.Clock, Calendar: r.Calendar, Reads: r.Reads, Corrects: r.Corrects,
			Because: r.Causation, Class: r.Class, Position: eventstore.Token(a.cfg.Handler.Store.LogID(), eventstore.Position(r.Position)), Erased: r.Erased}
		if !content {
			told[i].Data, told[i].Withheld = nil, true
		}
	}
	return told
}

// hide is how a record is kept from the asker: 机密 and above look like absence, elsewhere the rule is named.
func hide(events []domain.Recorded) error {
	switch class := events[len(events)-1].Class; {
	case class.Hidden():
		return domain.ErrNoStream
	case class.Classified():
		return errNotHandler
	}
	return problemForbidden
}

var errNotHandler = domain.Rule(domain.Forbidden, "not-handler", "涉密文件只对经办人员显示内容。", "the content of a classified paper is for those who handle it alone").By("architecture 3.18")

// sees decides whether the content of a record is for the asker. It reads the records themselves, not a read model, so
// a change takes effect at once.
func (a *API) sees(ctx context.Context, w who, events []domain.Recorded) bool {
	switch context := domain.ContextOf(events[0].Stream); context {
	case org.Context.Name, policy.Context.Name, calendar.Context.Name, "register":
		return commands.May(w.roles, commands.Look)
	case "person":
		return slices.Contains(w.roles, commands.SystemAdmin) || slices.Contains(w.roles, commands.SecurityAdmin) || events[0].Stream == "person-"+w.Person
	case access.Context.Name:
		return false // to read the trail is an act: GET /documents/{id}/trail
	case logs.Context.Name:
		return commands.May(w.roles, commands.Audit) || commands.May(w.roles, commands.Administer)
	}
	if !commands.May(w.roles, commands.Work) {
		return false
	}
	if own := leave.Stream(w.Person); events[0].Stream == own || events[0].Stream == leave.RegisterStream(w.Office) {
		return true
	}
	// What somebody's day counts for is for him, and for those who keep the sign-in book.
	switch domain.ContextOf(events[0].Stream) {
	case attendance.Context.Name, attendance.Sheets.Name, attendance.Rolls.Name:
		state, err := catalog.Fold(events[0].Stream, nil, events)
		day, ok := state.(attendance.Day)
		return err == nil && (ok && day.Person == w.Person || a.keepsAttendance(ctx, w) == nil)
	}
	// Why somebody is away is for those who decide about it.
	if domain.ContextOf(events[0].Stream) != leave.Context.Name && !events[len(events)-1].Class.Classified() {
		return true
	}
	if slices.ContainsFunc(events, func(r domain.Recorded) bool { return r.Actor.Person == w.Person && handles(r.Event) }) {
		return true
	}
	state, err := catalog.Fold(events[0].Stream, nil, events)
	if err != nil {
		return false
	}
	handled, ok := state.(interface{ Handlers() []string })
	return ok && slices.ContainsFunc(handled.Handlers(), func(h string) bool { return h == w.Person || slices.Contains(w.posts, h) })
}

// handles tells whether who caused an event handled the paper by it: a refused attempt and a look that anybody may record
// make nobody a handler.
func handles(event any) bool {
	switch event.(type) {
	case documents.LegalityReviewed, documents.ProcessingReviewed, interface {
		Refusal() (code string, params map[string]string)
	}:
		return false
	}
	return true
}

// asOf folds a record as it was. A known time means the last position recorded by then.
func (a *API) asOf(ctx context.Context, stream, at, known string) (any, []domain.Recorded, error) {
	w, _ := asker(ctx)
	events, err := a.cfg.Handler.History(ctx, w.Office, stream)
	if err != nil {
		return nil, nil, err
	}
	if !a.sees(ctx, w, events) {
		return nil, nil, hide(events)
	}
	var when domain.Instant
	if at != "" {
		if err := when.UnmarshalText([]byte(at)); err != nil {
			return nil, nil, problemAt
		}
	}
	position := eventstore.Position(events[len(events)-1].Position)
	if known != "" {
		if p, err := eventstore.ParseToken(a.cfg.Handler.Store.LogID(), known); err == nil {
			position = p
		} else {
			var by domain.Instant
			if err := by.UnmarshalText([]byte(known)); err != nil {
				return nil, nil, problemKnown
			}
			position = eventstore.Before
			for _, r := range events {
				if !r.RecordedAt.After(by.Time) { // recorded_at never decreases along the log
					position = eventstore.Position(r.Position)
				}
			}
		}
	}
	return commands.AsOf(events, when, position)
}
