package commands

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"andu/domain"
	"andu/domain/approvals"
	"andu/domain/documents"
)

// openInstruction puts a proposal (拟办) up for a leader's instruction (批示): a case of that kind in the name of the
// person who proposed. What was put up is named by revision and digest.
func openInstruction(ctx context.Context, h *Handler, d Due) error {
	history, err := h.History(ctx, d.Office, d.Stream)
	if err != nil {
		return err
	}
	for i, r := range history {
		proposal, ok := r.Event.(documents.HandlingProposed)
		if !ok || r.ID != d.Data["proposal"] {
			continue
		}
		paper, err := documents.Context.Fold(documents.Document{}, history[:i+1])
		if err != nil {
			return err
		}
		digest, err := digestOf(paper.Paper)
		if err != nil {
			return err
		}
		stream := approvals.Context.Stream(NewID(r.ID, approvals.Context.Name))
		_, err = Handle(ctx, h, approvals.Context, stream, approvals.OpenCase{Kind: d.Data["kind"], Subject: d.Stream, Revision: r.Revision,
			Digest: digest, Title: paper.Paper.Title, Class: paper.Paper.Class, Text: proposal.Opinion, Applicant: r.Actor.Person}, d.request(h, "open"))
		return err
	}
	return fmt.Errorf("%s has no proposal %s", d.Stream, d.Data["proposal"])
}

// recordInstruction takes what was decided in a case back to the paper, then notes in the case that it arrived.
func recordInstruction(ctx context.Context, h *Handler, d Due) error {
	subject := d.Data["subject"]
	c, revision, err := State(ctx, h, approvals.Context, d.Office, d.Stream)
	if err != nil {
		return err
	}
	if revision < 0 {
		return domain.ErrNoStream
	}
	record := documents.RecordInstruction{Case: d.Stream, Decision: d.Data["decision"], Approved: c.Approved()}
	if o, ok := c.Deciding(d.Data["decision"]); ok {
		record.DecidedBy, record.DecidedPost, record.DecidedAt = o.By.Person, o.By.Post, o.At
		record.Lead, record.Co, record.DueOn = o.Lead, o.Co, o.Limit
	}
	res, err := Handle(ctx, h, documents.Context, subject, record, d.request(h, "record"))
	if err != nil {
		return err
	}
	_, err = Handle(ctx, h, approvals.Context, d.Stream, approvals.Deliver{Revision: res.Revision}, d.request(h, "deliver"))
	return err
}

func digestOf(v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
