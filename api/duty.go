package api

import (
	"context"
	"net/http"
	"time"

	"andu/commands"
	"andu/domain"
	"andu/domain/duty"
	"andu/projections/dutyboard"

	"github.com/danielgtaylor/huma/v2"
)

// duty are the routes of the watch (值班与交接): the post with its shifts, log and handovers, and the rosters.
func (a *API) duty() {
	c, work := duty.Context, commands.Work
	a.openPost()
	on[duty.RequestSwap](a, "/duty/{id}/swaps", work, c, "Ask another person of the duty list to take a shift (换班)")
	on[duty.AcceptSwap](a, "/duty/{id}/swaps/acceptances", work, c, "Take the other person's shift")
	on[duty.DeclineSwap](a, "/duty/{id}/swaps/declinations", work, c, "Decline a swap, or take one's request back")
	on[duty.NoteSwap](a, "/duty/{id}/swaps/notices", work, c, "Record that the office was told of a swap; nobody approves it")
	on[duty.StartStandIn](a, "/duty/{id}/stand-ins", work, c, "Let a messenger keep the room for a short while (临时替班)")
	on[duty.EndStandIn](a, "/duty/{id}/stand-ins/end", work, c, "Be back in the room")
	on[duty.OfferHandover](a, "/duty/{id}/handovers", work, c, "Offer the watch to the next shift (交班)")
	on[duty.AnswerItems](a, "/duty/{id}/handovers/answers", work, c, "Take items of the handover one by one, as they are or with a reservation")
	on[duty.AcceptHandover](a, "/duty/{id}/handovers/acceptances", work, c, "Take the watch over (接班)")
	on[duty.RefuseHandover](a, "/duty/{id}/handovers/refusals", work, c, "Refuse the handover, with the reason; the outgoing person stays responsible")
	on[duty.SettleReservation](a, "/duty/{id}/reservations/settlements", work, c, "Say how a reservation was cleared up")
	on[duty.LogEntry](a, "/duty/{id}/entries", work, c, "Write into the duty log (值班记录)")
	on[duty.CorrectEntry](a, "/duty/{id}/entries/corrections", work, c, "Correct an entry; both stay readable")
	on[duty.ActOnEntry](a, "/duty/{id}/entries/actions", work, c, "Say what was done about an entry (马上办)")
	on[duty.EscalateEntry](a, "/duty/{id}/entries/escalations", work, c, "Ask a leader about an entry (请示)")
	on[duty.CarryOverEntry](a, "/duty/{id}/entries/carry-overs", work, c, "Leave an entry to the next person, or to a named one (移交)")
	on[duty.CloseEntry](a, "/duty/{id}/entries/closings", work, c, "Close an entry")
	on[duty.RelayMessage](a, "/duty/{id}/entries/relays", work, c, "Pass a message on (转达)")
	on[duty.AcknowledgeRelay](a, "/duty/{id}/entries/acknowledgements", work, c, "Say that a message arrived")
	on[duty.CloseDay](a, "/duty/{id}/days", work, c, "Write the sheet of a day; the count is derived")
	on[duty.Inspect](a, "/duty/{id}/inspections", work, c, "Look whether the post is kept (查岗)")
	on[duty.Probe](a, "/duty/{id}/probes", work, c, "Record a test call")
	on[duty.DeclareEmergency](a, "/duty/{id}/emergencies", work, c, "Start the clocks of an emergency (突发事件)")
	on[duty.ReportEmergency](a, "/duty/{id}/emergencies/reports", work, c, "Record the first report by phone or in writing (首报)")
	on[duty.FollowUpEmergency](a, "/duty/{id}/emergencies/follow-ups", work, c, "Record a follow-up (续报)")
	on[duty.CloseEmergency](a, "/duty/{id}/emergencies/closings", work, c, "Close an emergency")

	r := duty.Rosters
	a.draftRoster()
	on[duty.Approve](a, "/rosters/{id}/approval", work, r, "Approve the roster")
	on[duty.Publish](a, "/rosters/{id}/publication", work, r, "Publish the roster; a late one is taken with a finding")
	on[duty.Deliver](a, "/rosters/{id}/deliveries", work, r, "Hand the roster to persons, or say that one has got it")
	on[duty.Amend](a, "/rosters/{id}/amendments", work, r, "Rearrange what has not begun")
	a.dutyQueries()
}

// openPost opens a line of the office: which stream that is follows from its name.
func (a *API) openPost() {
	postNew(a, created(a.operation(http.MethodPost, "/duty", commands.Work, duty.Context.Name, "Keep a duty post from now on", commandType[duty.Open]())),
		func(ctx context.Context, in *onNew[duty.Open]) (*answered, error) {
			req, err := a.ask(ctx, in.CommandHeaders, in.Body)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			stream := duty.StreamOf(commands.NewID, req.Office, in.Body.Line)
			return act(ctx, a, duty.Context, stream, "/duty/"+idOf(stream), in.Body, req)
		})
}

// draftRoster drafts the roster of a post and period: one stream for both.
func (a *API) draftRoster() {
	postNew(a, created(a.operation(http.MethodPost, "/rosters", commands.Work, duty.Rosters.Name, "Draft the roster of a month or week; again to replace the draft", commandType[duty.Draft]())),
		func(ctx context.Context, in *onNew[duty.Draft]) (*answered, error) {
			req, err := a.ask(ctx, in.CommandHeaders, in.Body)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			stream := duty.RosterStream(commands.NewID, in.Body.Post, in.Body.First)
			return act(ctx, a, duty.Rosters, stream, "/rosters/"+idOf(stream), in.Body, req)
		})
}

// DutyInput names a duty post.
type DutyInput struct {
	ID string `path:"id" maxLength:"36" pattern:"^[0-9a-f-]{36}$" doc:"id of the duty post"`
}

func (i DutyInput) stream() string { return duty.Context.Stream(i.ID) }

// DutySpan names a post and a span of days.
type DutySpan struct {
	DutyInput
	From domain.Date `query:"from" required:"true" example:"2026-04-01"`
	To   domain.Date `query:"to" required:"true" example:"2026-04-30"`
}

// span gives the instants of the days in the house's zone.
func (a *API) span(s DutySpan) (from, until time.Time, err error) {
	if s.To.Before(s.From) || s.From.Add(longestSpan).Before(s.To) {
		return from, until, problemSpan
	}
	zone := a.cfg.Handler.Zone
	return s.From.Start(zone), s.To.End(zone), nil
}

type dutyList[T any] struct {
	Body struct {
		List []T `json:"list"`
	}
}

// dutyQuery is a route that lists something of the watch.
func dutyQuery[I, T any](a *API, path, tag, summary string, list func(ctx context.Context, office string, in *I) ([]T, error)) {
	huma.Register(a.huma, a.operation(http.MethodGet, path, commands.Work, tag, summary, ""),
		func(ctx context.Context, in *I) (*dutyList[T], error) {
			w, _ := asker(ctx)
			found, err := list(ctx, w.Office, in)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out := &dutyList[T]{}
			out.Body.List = append([]T{}, found...)
			return out, nil
		})
}

// latest bounds the lists of what happened last.
const latest = 200

func (a *API) dutyQueries() {
	db, tag := a.cfg.Read, duty.Context.Name
	dutyQuery(a, "/duty", tag, "Who is responsible for each post now", func(ctx context.Context, office string, _ *struct{}) ([]dutyboard.Post, error) {
		return dutyboard.Posts(ctx, db.Pool, office, a.cfg.Now())
	})
	dutyQuery(a, "/duty/findings", tag, "Findings and alerts of the watch, the latest first", func(ctx context.Context, office string, _ *struct{}) ([]dutyboard.Finding, error) {
		return dutyboard.Findings(ctx, db.Pool, office, latest)
	})
	type at struct {
		DutyInput
		At time.Time `query:"at" required:"true" doc:"RFC 3339" example:"2026-04-19T08:35:00+08:00"`
	}
	type tenure struct{ Body dutyboard.Tenure }
	huma.Register(a.huma, a.operation(http.MethodGet, "/duty/{id}/responsible", commands.Work, tag, "Who was responsible at an instant", ""),
		func(ctx context.Context, in *at) (*tenure, error) {
			w, _ := asker(ctx)
			t, err := dutyboard.ResponsibleAt(ctx, db.Pool, w.Office, in.stream(), in.At)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			return &tenure{t}, nil
		})
	type timeline struct{ Body dutyboard.Timeline }
	huma.Register(a.huma, a.operation(http.MethodGet, "/duty/{id}/timeline", commands.Work, tag, "The coverage of a span: who was responsible, overrun, gaps", ""),
		func(ctx context.Context, in *DutySpan) (*timeline, error) {
			w, _ := asker(ctx)
			from, until, err := a.span(*in)
			if err == nil {
				var t dutyboard.Timeline
				if t, err = dutyboard.Cover(ctx, db.Pool, w.Office, in.stream(), from, until, a.cfg.Now()); err == nil {
					return &timeline{t}, nil
				}
			}
			return nil, a.problem(ctx, err)
		})
	dutyQuery(a, "/duty/{id}/shifts", tag, "The shifts of a span", func(ctx context.Context, office string, in *DutySpan) ([]dutyboard.Shift, error) {
		from, until, err := a.span(*in)
		if err != nil {
			return nil, err
		}
		return dutyboard.Shifts(ctx, db.Pool, office, in.stream(), from, until)
	})
	dutyQuery(a, "/duty/{id}/loads", tag, "Shifts, nights, days of rest and shortest pause of each person in a span", func(ctx context.Context, office string, in *DutySpan) ([]dutyboard.Load, error) {
		from, until, err := a.span(*in)
		if err != nil {
			return nil, err
		}
		return dutyboard.Fairness(ctx, db.Pool, office, in.stream(), from, until)
	})
	dutyQuery(a, "/duty/{id}/entries", tag, "The open entries of the duty log", func(ctx context.Context, office string, in *DutyInput) ([]dutyboard.Entry, error) {
		return dutyboard.Open(ctx, db.Pool, office, in.stream())
	})
	dutyQuery(a, "/duty/{id}/handovers", tag, "The chain of handovers, the latest first", func(ctx context.Context, office string, in *DutyInput) ([]dutyboard.Handover, error) {
		return dutyboard.Handovers(ctx, db.Pool, office, in.stream(), latest)
	})
	dutyQuery(a, "/duty/{id}/swaps", tag, "The swaps, the latest first", func(ctx context.Context, office string, in *DutyInput) ([]dutyboard.Swap, error) {
		return dutyboard.Swaps(ctx, db.Pool, office, in.stream(), latest)
	})
	dutyQuery(a, "/duty/{id}/emergencies", tag, "The emergencies with their clocks, the latest first", func(ctx context.Context, office string, in *DutyInput) ([]dutyboard.Emergency, error) {
		return dutyboard.Emergencies(ctx, db.Pool, office, in.stream(), a.cfg.Now(), latest)
	})
	dutyQuery(a, "/rosters", duty.Rosters.Name, "The rosters and who has not got them, the latest period first", func(ctx context.Context, office string, _ *struct{}) ([]dutyboard.Roster, error) {
		return dutyboard.Rosters(ctx, db.Pool, office, latest)
	})
}
