package commands

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"andu/domain/circulation"
	"andu/domain/documents"
)

// noteDwell urges a reader with whom a paper has stayed too long.
func noteDwell(ctx context.Context, h *Handler, d Due) error {
	_, err := Handle(ctx, h, circulation.Context, d.Stream, circulation.NoteDwell{Person: d.Data["person"]}, d.request(h, "urge"))
	return err
}

// moveCopy has a paper know where its copy is on its way round: as the slip says at this moment.
func moveCopy(ctx context.Context, h *Handler, d Due) error {
	history, err := h.History(ctx, d.Office, d.Stream)
	if err != nil {
		return err
	}
	_, revision, _ := strings.Cut(d.Key, "@")
	at, err := strconv.ParseInt(revision, 10, 64)
	if err != nil || at >= int64(len(history)) {
		return fmt.Errorf("task %s names no move", d.Key)
	}
	move, ok := history[at].Event.(circulation.CopyMoved)
	if !ok {
		return fmt.Errorf("task %s names no move", d.Key)
	}
	s, _, err := State(ctx, h, circulation.Context, d.Office, d.Stream)
	if err != nil {
		return err
	}
	_, err = Handle(ctx, h, documents.Context, s.Document, documents.CirculateCopy{Copy: move.Copy, To: move.To, Home: move.Home, Slip: d.Stream, Revision: at}, d.request(h, "move"))
	return err
}
