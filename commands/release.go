package commands

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"andu/domain"
	"andu/domain/access"
	"andu/domain/documents"
	"andu/domain/org"
	"andu/domain/persons"
	"andu/domain/policy"
)

// Order keeps what leaves a server and what takes a right away in one order over all servers of a log. Its holds end with
// the server that took them.
type Order interface {
	// Hold keeps whatever takes a right away on these streams from being acknowledged until let is called.
	Hold(ctx context.Context, streams ...string) (let func(), err error)
	// Pass waits until every hold on the stream that stood when it was called is let go.
	Pass(ctx context.Context, stream string) error
}

// holds are the holds of this process. The zero value has none.
type holds struct {
	mu       sync.Mutex
	byStream map[string]map[*hold]struct{}
}

type hold struct{ gone chan struct{} }

func (h *holds) hold(streams []string) (let func()) {
	it := &hold{gone: make(chan struct{})}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.byStream == nil {
		h.byStream = map[string]map[*hold]struct{}{}
	}
	for _, s := range streams {
		if h.byStream[s] == nil {
			h.byStream[s] = map[*hold]struct{}{}
		}
		h.byStream[s][it] = struct{}{}
	}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, s := range streams {
			if delete(h.byStream[s], it); len(h.byStream[s]) == 0 {
				delete(h.byStream, s)
			}
		}
		close(it.gone)
	}
}

func (h *holds) pass(ctx context.Context, stream string) error {
	h.mu.Lock()
	before := make([]*hold, 0, len(h.byStream[stream]))
	for it := range h.byStream[stream] {
		before = append(before, it)
	}
	h.mu.Unlock()
	for _, it := range before {
		select {
		case <-it.gone:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// hold keeps acts on the streams from being acknowledged, here and on every other server.
func (h *Handler) hold(ctx context.Context, streams ...string) (let func(), err error) {
	here := h.holds.hold(streams)
	if h.Order == nil {
		return here, nil
	}
	there, err := h.Order.Hold(ctx, streams...)
	if err != nil {
		here()
		return nil, fmt.Errorf("hold the order of what leaves: %w", err)
	}
	return sync.OnceFunc(func() { there(); here() }), nil
}

// pass comes between the append of what may take a right away and its acknowledgement: whoever read the guards before the
// append has given his piece or given it up, and whoever reads them from now on finds the event. So nothing leaves behind
// an acknowledgement (architecture 3.16). A failure leaves the outcome unknown; asked again, the act passes again.
func (h *Handler) pass(ctx context.Context, stream string, events []domain.Recorded) error {
	if !takesAway(stream, events) {
		return nil
	}
	err := h.holds.pass(ctx, stream)
	if err == nil && h.Order != nil {
		err = h.Order.Pass(ctx, stream)
	}
	if err != nil {
		return fmt.Errorf("wait for what leaves by %s: %w", stream, errors.Join(ErrUnknown, err))
	}
	return nil
}

// takesAway tells whether an act may have ended what somebody might read: all on the streams that the guards read, but
// what is known to give or to note. An act that found everything done before (no events) is acknowledged like the first.
func takesAway(stream string, events []domain.Recorded) bool {
	switch domain.ContextOf(stream) {
	case access.Context.Name, persons.Context.Name, org.Context.Name, policy.Context.Name:
	case documents.Context.Name: // of the paper the guards read the class
		for _, r := range events {
			switch r.Event.(type) {
			case documents.RegistrationCorrected, documents.ClassAdopted:
				return true
			}
		}
		return false
	default:
		return false
	}
	for _, r := range events {
		switch r.Event.(type) {
		case access.Begun, access.ViewOpened, access.WindowOpened, access.SeenAfterRemoval, access.ContentAttached, access.Requested,
			access.RequestDenied, access.Granted, access.ScopeExtended, access.TrailQueried, domain.Refused[access.Access]:
		default:
			return true
		}
	}
	return len(events) == 0
}
