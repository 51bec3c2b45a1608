package commands

import (
	"context"

	"andu/domain"
	"andu/domain/leave"
	"andu/domain/org"
)

// escalateLeave moves a request for leave whose time is over to the post above. It never approves (G28).
func escalateLeave(ctx context.Context, h *Handler, d Due) error {
	_, err := Handle(ctx, h, leave.Context, d.Stream, leave.Escalate{Request: d.Data["request"]}, d.request(h, "escalate"))
	return err
}

// lapsePaper ends a phone-in whose papers did not come in time (G5).
func lapsePaper(ctx context.Context, h *Handler, d Due) error {
	_, err := Handle(ctx, h, leave.Context, d.Stream, leave.LapsePaper{Request: d.Data["request"]}, d.request(h, "lapse"))
	return err
}

// noteOverstay puts on record that no return from a leave was reported.
func noteOverstay(ctx context.Context, h *Handler, d Due) error {
	_, err := Handle(ctx, h, leave.Context, d.Stream, leave.NoteOverstay{Request: d.Data["request"]}, d.request(h, "note"))
	return err
}

// reviseLeave counts the leaves of everybody in the office anew after the calendar has changed (G6).
func (h *Handler) reviseLeave(ctx context.Context, d Due) error {
	office, _, err := State(ctx, h, org.Context, d.Office, org.Stream(d.Office))
	if err != nil {
		return err
	}
	for _, person := range office.Members(domain.DateOf(h.Now(), h.Zone)) {
		stream := leave.Stream(person)
		_, revision, err := State(ctx, h, leave.Context, d.Office, stream)
		if err == nil && revision >= 0 {
			_, err = Handle(ctx, h, leave.Context, stream, leave.ReviseDays{}, d.request(h, stream))
		}
		if _, refused := isRefusal(err); err != nil && !refused {
			return err
		}
	}
	return nil
}

// LeaveBalances counts what a person may still take, on the office's calendar of now.
func LeaveBalances(ctx context.Context, h *Handler, office, person string) (list []leave.Balance, err error) {
	ledger, _, err := State(ctx, h, leave.Context, office, leave.Stream(person))
	if err != nil {
		return nil, err
	}
	err = reckon(ctx, h, office, nil, func(act domain.Act) { list = ledger.Balances(act) })
	return list, err
}

// LeaveRegister gives the leaves of a month that stand (请假登记), with what each has of the month.
func LeaveRegister(ctx context.Context, h *Handler, office, month string) (lines []leave.Line, err error) {
	c := leave.CompileMonth{Month: month}
	err = reckon(ctx, h, office, func(act domain.Act) []string { return c.Needs(leave.Ledger{}, act) }, func(act domain.Act) { lines = c.Lines(act) })
	return lines, err
}

// reckon counts leave by the rules and the calendar of now, and decides nothing.
func reckon(ctx context.Context, h *Handler, office string, needs func(domain.Act) []string, with func(domain.Act)) error {
	now := h.Now()
	req := Request{Office: office, Actor: domain.Actor{Person: domain.System}, Occurred: now, Received: now}
	act, in, err := h.act(ctx, req, false, func(act domain.Act) []string {
		streams := leave.Context.FactStreams(office)
		if needs != nil {
			streams = append(streams, needs(act)...)
		}
		return streams
	})
	if err != nil {
		return err
	}
	with(act)
	return in.Verdict()
}
