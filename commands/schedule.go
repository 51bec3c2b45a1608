package commands

import (
	"context"
	"fmt"
	"strconv"

	"andu/domain/approvals"
	"andu/domain/calendar"
	"andu/domain/documents"
)

// remindStep reminds those who have to decide a step (apr.remindAfter).
func remindStep(ctx context.Context, h *Handler, d Due) error {
	step, err := strconv.Atoi(d.Data["step"])
	if err != nil {
		return fmt.Errorf("step of %s: %w", d.Key, err)
	}
	_, err = Handle(ctx, h, approvals.Context, d.Stream, approvals.Remind{Step: step}, d.request(h, "remind"))
	return err
}

// escalateStep moves a step whose time is over to the post above. It never approves (G28).
func escalateStep(ctx context.Context, h *Handler, d Due) error {
	step, err := strconv.Atoi(d.Data["step"])
	if err != nil {
		return fmt.Errorf("step of %s: %w", d.Key, err)
	}
	_, err = Handle(ctx, h, approvals.Context, d.Stream, approvals.Escalate{Step: step}, d.request(h, "escalate"))
	return err
}

// noteOverdue puts on record that a paper's time is over.
func noteOverdue(ctx context.Context, h *Handler, d Due) error {
	_, err := Handle(ctx, h, documents.Context, d.Stream, documents.NoteOverdue{}, d.request(h, "note"))
	return err
}

// joinCopies counts the copies of a paper that came twice at its first receipt.
func joinCopies(ctx context.Context, h *Handler, d Due) error {
	first := d.Data["first"]
	_, err := Handle(ctx, h, documents.Context, first, documents.JoinCopies{Document: first, From: d.Data["duplicate"]}, d.request(h, "join"))
	return err
}

// recompute finds every running time limit of the office anew after the calendar has changed (G8), and counts
// every leave anew and amends the rosters (G6). What was reckoned before stays on record beside it.
func recompute(ctx context.Context, h *Handler, d Due) error {
	version, err := strconv.ParseInt(d.Data["version"], 10, 64)
	if err != nil {
		return fmt.Errorf("version of %s: %w", d.Key, err)
	}
	papers, err := h.Running(ctx, d.Office)
	if err != nil {
		return fmt.Errorf("papers of %s with a running time limit: %w", d.Office, err)
	}
	for _, paper := range papers {
		_, err := Handle(ctx, h, documents.Context, paper, documents.ReviseDue{Cause: documents.CauseCalendar}, d.request(h, paper))
		if _, refused := isRefusal(err); err != nil && !refused {
			return err
		}
	}
	if err := h.reviseLeave(ctx, d); err != nil {
		return err
	}
	if err := h.amendRosters(ctx, d); err != nil {
		return err
	}
	days, _, err := State(ctx, h, calendar.Context, d.Office, calendar.Stream(d.Office))
	if err != nil {
		return err
	}
	if err := h.recomputeDays(ctx, d, days.Recomputed, version); err != nil {
		return err
	}
	_, err = Handle(ctx, h, calendar.Context, calendar.Stream(d.Office), calendar.CloseRecompute{Version: version}, d.request(h, "close"))
	return err
}
