package commands

import (
	"context"

	"andu/domain/circulation"
)

// noteDwell urges a reader with whom a paper has stayed too long.
func noteDwell(ctx context.Context, h *Handler, d Due) error {
	_, err := Handle(ctx, h, circulation.Context, d.Stream, circulation.NoteDwell{Person: d.Data["person"]}, d.request(h, "urge"))
	return err
}
