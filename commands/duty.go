package commands

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"andu/domain"
	"andu/domain/duty"
)

// planDuty takes a roster that was published or amended over into its duty post, as it stands by now: of two amendments
// the later holds, whichever is carried out first. What has begun stays as it was.
func planDuty(ctx context.Context, h *Handler, d Due) error {
	revision, err := strconv.ParseInt(d.Data["revision"], 10, 64)
	if err != nil {
		return fmt.Errorf("revision of %s: %w", d.Key, err)
	}
	history, err := h.History(ctx, d.Office, d.Stream)
	if err != nil {
		return err
	}
	for _, r := range slices.Backward(history) {
		if plan, ok := duty.PlanOf(r); ok && r.Revision >= revision {
			plan.Revision = revision
			_, err := Handle(ctx, h, duty.Context, d.Data["post"], plan, d.request(h, "plan"))
			return err
		}
	}
	return fmt.Errorf("%s has no roster at %d", d.Stream, revision)
}

// amendRosters lets every roster of the office that is not over follow a changed calendar (G6).
func (h *Handler) amendRosters(ctx context.Context, d Due) error {
	for _, stream := range duty.Streams(NewID, d.Office) {
		post, revision, err := State(ctx, h, duty.Context, d.Office, stream)
		if err != nil {
			return err
		}
		if revision < 0 {
			continue
		}
		for _, roster := range post.Planned(domain.At(h.Now())) {
			_, err := Handle(ctx, h, duty.Rosters, roster, duty.FollowCalendar{}, d.request(h, roster))
			if _, refused := isRefusal(err); err != nil && !refused {
				return err
			}
		}
	}
	return nil
}

// shift is the start of the shift that a task is about.
func (d Due) shift() (at domain.Instant, err error) {
	if err = at.UnmarshalText([]byte(d.Data["shift"])); err != nil {
		err = fmt.Errorf("shift of %s: %w", d.Key, err)
	}
	return at, err
}

// remindDuty reminds whoever keeps a shift (duty.reminder.lead).
func remindDuty(ctx context.Context, h *Handler, d Due) error {
	at, err := d.shift()
	if err != nil {
		return err
	}
	_, err = Handle(ctx, h, duty.Context, d.Stream, duty.Remind{Shift: at}, d.request(h, "remind"))
	return err
}

// watchDuty looks at a shift just after it should have begun, or ended.
func watchDuty(ctx context.Context, h *Handler, d Due) error {
	at, err := d.shift()
	if err != nil {
		return err
	}
	_, err = Handle(ctx, h, duty.Context, d.Stream, duty.Watch{Shift: at, End: d.Kind == duty.TaskEnd}, d.request(h, "watch"))
	return err
}

// endStandIn finds a stand-in that lasts too long at the first instant at which it does (G13).
func endStandIn(ctx context.Context, h *Handler, d Due) error {
	_, err := Handle(ctx, h, duty.Context, d.Stream, duty.CheckStandIn{StandIn: d.Data["stand_in"]}, d.request(h, "check"))
	return err
}

// checkClock finds a first report of an emergency that is missing (emer.clocks).
func checkClock(ctx context.Context, h *Handler, d Due) error {
	_, err := Handle(ctx, h, duty.Context, d.Stream, duty.CheckClock{Emergency: d.Data["emergency"], Way: d.Data["way"]}, d.request(h, "check"))
	return err
}

// noteRoster finds that at the deadline the next roster is not published.
func noteRoster(ctx context.Context, h *Handler, d Due) error {
	_, err := Handle(ctx, h, duty.Rosters, d.Stream, duty.NoteMissing{}, d.request(h, "note"))
	return err
}

// checkFax finds a fax that the registry has not taken over by its last instant.
func checkFax(ctx context.Context, h *Handler, d Due) error {
	_, err := Handle(ctx, h, duty.Context, d.Stream, duty.CheckFax{Entry: d.Data["entry"]}, d.request(h, "check"))
	return err
}

// noteFax ends the entry of the duty log whose paper the registry has taken over. An entry that no post of the office has
// was another's word: there is nothing to end.
func noteFax(ctx context.Context, h *Handler, d Due) error {
	note := duty.NoteFax{Entry: d.Data["entry"], Document: d.Stream}
	if err := note.At.UnmarshalText([]byte(d.Data["at"])); err != nil {
		return fmt.Errorf("time of %s: %w", d.Key, err)
	}
	for _, stream := range duty.Streams(NewID, d.Office) {
		post, _, err := State(ctx, h, duty.Context, d.Office, stream)
		if err != nil {
			return err
		}
		if _, ok := post.Entries[note.Entry]; ok {
			_, err := Handle(ctx, h, duty.Context, stream, note, d.request(h, "note"))
			return err
		}
	}
	return nil
}
