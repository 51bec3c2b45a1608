package commands

import (
	"context"
	"fmt"
	"strconv"

	"andu/domain"
	"andu/domain/documents"
	"andu/domain/registers"
)

// Register registers a paper (登记). The number is allotted by one append to the series of the book where the paper
// belongs; the paper takes it by a second append, which is made at once and, should this process die between the two,
// by the follower of number-allotted. At rest every allotted number is registered or void.
func Register(ctx context.Context, h *Handler, document string, req Request) (Result, error) {
	book, year, err := h.book(ctx, document, req)
	if err != nil {
		return Result{}, err
	}
	series := registers.StreamOf(NewID, req.Office, book, year)
	seen := req.IfMatch
	req.IfMatch = nil // the form showed the paper, not the series
	if seen != nil {
		_, revision, err := State(ctx, h, documents.Context, req.Office, document)
		if err != nil {
			return Result{}, err
		}
		if head, err := h.head(ctx, series, false); err != nil {
			return Result{}, err
		} else if _, repeated := head.command(req.Command); !repeated && revision != *seen {
			return Result{}, &ErrChanged{Stream: document, Seen: *seen, Actual: revision}
		}
	}
	allotted, err := Handle(ctx, h, registers.Context, series, documents.Enter{Document: document, Book: book, Year: year}, req)
	if refusal, ok := isRefusal(err); ok { // the series is open to all; whether the paper is, the paper says
		paper, headErr := h.head(ctx, document, false)
		if headErr != nil {
			return allotted, headErr
		}
		return allotted, paper.shown(refusal, req.Actor)
	}
	if err != nil {
		return allotted, err
	}
	if err := h.FollowNow(ctx, req.Office, allotted); err != nil {
		return allotted, fmt.Errorf("number allotted, and being entered: %w", err)
	}
	return h.entered(ctx, req.Office, allotted)
}

// entered gives an allotment the position at which its number is at rest: who waits for it sees the paper registered.
func (h *Handler) entered(ctx context.Context, office string, allotted Result) (Result, error) {
	series, err := h.head(ctx, allotted.Stream, false)
	if err != nil {
		return allotted, err
	}
	for _, r := range allotted.Events {
		opens, ok := r.Event.(domain.Opens)
		if !ok {
			continue
		}
		for _, task := range opens.Opens(r) {
			due := Due{Task: task, Office: office, OpenedBy: r.ID}
			for _, step := range []string{"confirm", "release"} {
				if done, ok := series.command(due.request(h, step).Command); ok {
					allotted.Position = done.position
				}
			}
		}
	}
	return allotted, nil
}

// book finds the series for a paper. The registration decides it again, so a wrong one is refused there.
func (h *Handler) book(ctx context.Context, document string, req Request) (book string, year int, err error) {
	paper, revision, err := State(ctx, h, documents.Context, req.Office, document)
	if err != nil {
		return "", 0, err
	}
	if revision < 0 {
		return "", 0, domain.ErrNoStream
	}
	if req.Received.IsZero() {
		req.Received = h.Now()
	}
	if req.Occurred.IsZero() {
		req.Occurred = req.Received
	}
	act, in, err := h.act(ctx, req, false, func(act domain.Act) []string {
		return documents.Enter{Document: document}.Needs(registers.Series{}, act)
	})
	if err != nil {
		return "", 0, err
	}
	book, year = paper.Book(act), registers.YearOf(act)
	if in.Verdict() != nil { // let the registration name every other blank that it reads, too
		_, _ = documents.Enter{Document: document, Book: book, Year: year}.Decide(registers.Series{}, act)
	}
	return book, year, in.Verdict()
}

// recordRegistration gives the paper the number that was allotted to it, then puts the number at rest; a paper that
// cannot take it any more leaves the number void, with the rule that stood against it.
func recordRegistration(ctx context.Context, h *Handler, d Due) error {
	series, item := d.Data["series"], d.Data["item"]
	number, err := strconv.Atoi(d.Data["number"])
	if err != nil {
		return fmt.Errorf("number of %s: %w", d.Key, err)
	}
	_, err = Handle(ctx, h, documents.Context, item, documents.RecordRegistration{Document: item, Series: series, Number: number}, d.request(h, "record"))
	if refusal, ok := isRefusal(err); ok && refusal.Code != domain.ErrBlank.Code {
		_, err = Handle(ctx, h, registers.Context, series, registers.Release{Number: number, Item: item, Rule: refusal.Code}, d.request(h, "release"))
		return err
	}
	if err != nil {
		return err
	}
	_, err = Handle(ctx, h, registers.Context, series, registers.Confirm{Number: number, Item: item}, d.request(h, "confirm"))
	return err
}
