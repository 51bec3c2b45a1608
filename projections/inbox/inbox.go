// Package inbox is the tray of a person (待办、待阅、已办): what has to be done or read and by when, for the person, for the
// posts that he acts for and for the roles that the office gives these posts; and what the person has done.
package inbox

import (
	_ "embed"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"andu/domain"
	"andu/domain/approvals"
	"andu/domain/circulation"
	"andu/domain/documents"
	"andu/projections"
)

//go:embed schema.sql
var schema string

// Projection is the trays of all offices.
var Projection = projections.Projection{Name: "inbox", Version: 1, Schema: schema, Tables: []string{"matter", "item", "done"}, Apply: apply}

// Kind is what has to be done.
type Kind string

const (
	Register Kind = "register" // 登记: a paper is signed for and has no number
	Propose  Kind = "propose"  // 拟办: a paper is registered, nothing is proposed
	Assign   Kind = "assign"   // 交办: a paper is instructed, or its lead declined
	Lead     Kind = "lead"     // 主办
	Co       Kind = "co"       // 会办
	Close    Kind = "close"    // 办结: the lead has reported or the sender was answered
	File     Kind = "file"     // 归档
	Collect  Kind = "collect"  // 清退: the issuer takes the paper back

	Decide   Kind = "decide"   // 审批、批示: a step of a case
	Review   Kind = "review"   // 审核 before a paper is signed
	Meeting  Kind = "meeting"  // 提请会议: a meeting decides the step
	Dispute  Kind = "dispute"  // 提出处理意见
	Returned Kind = "returned" // 退回: the case is back with the applicant

	Retrieve Kind = "retrieve" // 收回: a circulation is over, slip and copy are not back
	Count    Kind = "count"    // 清点: they are back

	Circulate Kind = "circulate" // to read: a paper goes round and is with the person
	Presented Kind = "presented" // to read: a paper was laid before the post
	Copy      Kind = "copy"      // to read: a copy is with the unit, post or person
)

// Roles of the office's policy for which an item may wait. Whoever has the role when the tray is opened sees it.
var (
	registrar = documents.Registrar.Name
	proposer  = "apr.authority[" + documents.Proposal + "].signer"
	clerk     = documents.Distribution.Name
)

func reviewer(kind string) string { return "apr.authority[" + kind + "].legalReview" }

func apply(b *pgx.Batch, r domain.Recorded) error {
	switch domain.ContextOf(r.Stream) {
	case documents.Context.Name:
		return paper(b, r)
	case approvals.Context.Name:
		decision(b, r)
	case circulation.Context.Name:
		slip(b, r)
	}
	return nil
}

// follow moves the matter on to the event. What has become a state secret loses its title, here and in its cases.
func follow(b *pgx.Batch, r domain.Recorded) {
	if r.Revision == 0 {
		b.Queue(`insert into matter (stream, office, class, prior, revision) values ($1, $2, $3, -1, 0)`, r.Stream, r.Office, r.Class)
		return
	}
	b.Queue(`update matter set prior = revision, revision = $2, class = $3 where stream = $1`, r.Stream, r.Revision, r.Class)
	if r.Class.Classified() {
		b.Queue(`update matter set title = '', class = $2 where (stream = $1 or subject = $1) and title <> ''`, r.Stream, r.Class)
	}
}

// open puts an item into the trays; one that is there already is renewed.
func open(b *pgx.Batch, r domain.Recorded, key string, kind Kind, of item) {
	b.Queue(`insert into item (stream, key, office, kind, reading, post, person, role, step, since, due) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		on conflict (stream, key) do update set kind = excluded.kind, reading = excluded.reading, post = excluded.post, person = excluded.person,
			entrusted = '', role = excluded.role, step = excluded.step, since = excluded.since, due = excluded.due, urged = 0, accepted = false`,
		r.Stream, key, r.Office, kind, of.reading, of.post, of.person, of.role, of.step, r.OccurredAt.Time, projections.Instant(of.due))
}

// item says for whom an item waits.
type item struct {
	reading            bool
	post, person, role string
	step               int
	due                domain.Instant
}

// end takes items out of the trays: keys are LIKE patterns.
func end(b *pgx.Batch, r domain.Recorded, keys ...string) {
	b.Queue(`delete from item where stream = $1 and key like any ($2::text[])`, r.Stream, keys)
}

func did(b *pgx.Batch, r domain.Recorded, person, post, decision string, step int) {
	if person == "" {
		person = r.Actor.Person // erased
	}
	if person == domain.System {
		return
	}
	b.Queue(`insert into done (stream, revision, event, office, person, post, act, decision, step, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		r.Stream, r.Revision, r.ID, r.Office, person, post, r.Type, decision, step, r.OccurredAt.Time)
}

// Keys of a paper's items.
const (
	keyEntry    = "entry"      // register, then propose or assign, then close, then file
	keyHandle   = "handle/"    // a handler's
	keyRead     = "presented/" // a post's
	keyCopy     = "copy/"      // a copy's
	keyDispute  = "dispute"
	keyReview   = "review"
	keyReturned = "returned"
)

// paper follows an incoming paper.
func paper(b *pgx.Batch, r domain.Recorded) error {
	follow(b, r)
	done := func() { did(b, r, r.Actor.Person, r.Actor.Post, "", 0) }
	entitle := func(title string) {
		if !r.Class.Classified() {
			b.Queue(`update matter set title = $2 where stream = $1`, r.Stream, title)
		}
	}
	due := func(t documents.Term) {
		b.Queue(`update matter set due = $2 where stream = $1`, r.Stream, projections.Instant(t.DueAt))
	}
	switch e := r.Event.(type) {
	case documents.Received:
		open(b, r, keyEntry, Register, item{role: registrar})
		done()
	case documents.Described:
		entitle(e.Title)
	case documents.RegistrationCorrected:
		if !r.Erased {
			entitle(e.Title)
		}
	case documents.Registered:
		due(e.Term)
		open(b, r, keyEntry, Propose, item{role: proposer})
		did(b, r, e.RegisteredBy, "", "", 0)
	case documents.Transcribed:
		due(e.Term)
		switch {
		case e.Filed():
		case e.Closed:
			open(b, r, keyEntry, File, item{role: registrar})
		case e.Lead != "":
			b.Queue(`update matter set lead = $2 where stream = $1`, r.Stream, e.Lead)
			open(b, r, keyHandle+e.Lead, Lead, item{post: e.Lead})
			for _, co := range e.Co {
				open(b, r, keyHandle+co, Co, item{post: co})
			}
		default:
			open(b, r, keyEntry, Propose, item{role: proposer})
		}
		for _, p := range e.Copies {
			if p.Holder != "" {
				open(b, r, keyCopy+p.Copy, Copy, item{post: p.Holder, person: p.Holder, reading: true}) // an id of either
			}
		}
	case documents.TranscriptWithdrawn:
		end(b, r, "%")
	case documents.DueRevised:
		due(e.Term)
	case documents.PreCheckPassed, documents.Suspended, documents.Resumed:
		b.Queue(`update matter set suspended = $2 where stream = $1`, r.Stream, r.Type == "document.suspended")
		done()
	case documents.Presented:
		open(b, r, keyRead+e.To, Presented, item{post: e.To, reading: true})
		done()
	case documents.HandlingProposed:
		end(b, r, keyEntry)
		done()
	case documents.Instructed:
		kind := Propose
		if e.Approved {
			kind = Assign
		}
		open(b, r, keyEntry, kind, item{role: proposer})
	case documents.Assigned:
		end(b, r, keyEntry, keyHandle+"%")
		b.Queue(`update matter set lead = $2 where stream = $1`, r.Stream, e.Lead)
		lead := item{post: e.Lead}
		if !e.DueOn.IsZero() {
			zone, err := time.LoadLocation(r.Zone)
			if err != nil {
				return fmt.Errorf("zone of the office: %w", err)
			}
			lead.due = domain.At(e.DueOn.End(zone))
		}
		open(b, r, keyHandle+e.Lead, Lead, lead)
		for _, co := range e.Co {
			open(b, r, keyHandle+co, Co, item{post: co})
		}
		done()
	case documents.AssignmentAccepted:
		b.Queue(`update item set accepted = true where stream = $1 and key = $2`, r.Stream, keyHandle+e.Handler)
		done()
	case documents.AssignmentDeclined:
		b.Queue(`insert into item (stream, key, office, kind, role, since)
			select stream, $3, office, $4, $5, $6 from matter where stream = $1 and lead = $2 and lead <> ''`,
			r.Stream, e.Handler, keyEntry, Assign, proposer, r.OccurredAt.Time)
		b.Queue(`delete from item i using matter m where i.stream = $1 and m.stream = $1 and
			(i.key = $3 or m.lead = $2 and m.lead <> '' and i.key like 'handle/%')`, r.Stream, e.Handler, keyHandle+e.Handler)
		b.Queue(`update matter set lead = '' where stream = $1 and lead = $2`, r.Stream, e.Handler)
		done()
	case documents.Urged:
		b.Queue(`update item set urged = greatest(urged, $3) where stream = $1 and post = $2 and not reading`, r.Stream, e.To, e.Level)
		done()
	case documents.HandlingReported:
		b.Queue(`delete from item where stream = $1 and key = $2`, r.Stream, keyHandle+e.Of)
		b.Queue(`insert into item (stream, key, office, kind, post, since)
			select stream, $3, office, $4, lead, $5 from matter where stream = $1 and lead = $2 and lead <> '' on conflict (stream, key) do nothing`,
			r.Stream, e.Of, keyEntry, Close, r.OccurredAt.Time)
		done()
	case documents.ReplySent:
		b.Queue(`delete from item i using matter m where i.stream = $1 and m.stream = $1 and m.lead <> '' and i.key = $2 || m.lead`, r.Stream, keyHandle)
		b.Queue(`insert into item (stream, key, office, kind, post, since)
			select stream, $2, office, $3, lead, $4 from matter where stream = $1 and lead <> '' on conflict (stream, key) do nothing`,
			r.Stream, keyEntry, Close, r.OccurredAt.Time)
		done()
	case documents.RecalledByIssuer:
		end(b, r, keyHandle+"%", keyRead+"%")
		open(b, r, keyEntry, Collect, item{role: registrar})
		done()
	case documents.Closed:
		end(b, r, keyHandle+"%", keyRead+"%")
		open(b, r, keyEntry, File, item{role: registrar})
		done()
	case documents.Reopened:
		end(b, r, keyEntry)
		b.Queue(`insert into item (stream, key, office, kind, post, since) select stream, $2 || lead, office, $3, lead, $4 from matter where stream = $1 and lead <> ''`,
			r.Stream, keyHandle, Lead, r.OccurredAt.Time)
		b.Queue(`insert into item (stream, key, office, kind, role, since) select stream, $2, office, $3, $4, $5 from matter where stream = $1 and lead = ''`,
			r.Stream, keyEntry, Assign, proposer, r.OccurredAt.Time)
		done()
	case documents.Filed:
		end(b, r, keyEntry, keyHandle+"%", keyRead+"%")
		done()
	case documents.Returned, documents.TransferredOut, documents.DuplicateFound:
		end(b, r, "%")
		done()
	case documents.CopyDistributed:
		open(b, r, keyCopy+e.Copy, Copy, item{post: e.To, person: e.To, reading: true}) // an id of either
		done()
	case documents.CopyReturned:
		b.Queue(`delete from item where stream = $1 and key = $2`, r.Stream, keyCopy+e.Copy)
		done()
	}
	return nil
}

// Keys of the items of a slip.
const (
	keyReader = "reader/" // a reader's
	keyBack   = "back"    // the clerk's, when it is over
)

// slip follows a paper on its way round. What an erased event named can no longer be known.
func slip(b *pgx.Batch, r domain.Recorded) {
	follow(b, r)
	done := func(person, decision string) { did(b, r, person, r.Actor.Post, decision, 0) }
	back := func(kind Kind) { open(b, r, keyBack, kind, item{role: clerk}) }
	switch e := r.Event.(type) {
	case circulation.Started:
		b.Queue(`update matter set subject = $2 where stream = $1`, r.Stream, e.Document)
		// The title and the time limit are the paper's; of a state secret there is no title to take.
		b.Queue(`update matter s set title = p.title from matter p where s.stream = $1 and p.stream = $2 and not $3`, r.Stream, e.Document, r.Class.Classified())
		done(r.Actor.Person, "")
	case circulation.CopyHandedTo:
		open(b, r, keyReader+e.Reader, Circulate, item{person: e.Reader, reading: true, due: e.Due})
	case circulation.ReaderSigned:
		end(b, r, keyReader+e.Reader)
		done(e.Reader, "")
	case circulation.ReaderSkipped:
		end(b, r, keyReader+e.Reader)
	case circulation.CopyRecalled:
		end(b, r, keyReader+e.Reader)
	case circulation.Urged:
		b.Queue(`update item set urged = greatest(urged, 1) where stream = $1 and key = $2`, r.Stream, keyReader+e.Reader)
	case circulation.Completed, circulation.Stopped:
		end(b, r, keyReader+"%")
		back(Retrieve)
	case circulation.Returned:
		back(Count)
		done(r.Actor.Person, "")
	case circulation.CopyCounted:
		end(b, r, keyBack)
		done(r.Actor.Person, "")
	}
}

// Keys of the items of a step: one for each seat.
func keyStep(step int) string            { return fmt.Sprintf("step/%d/", step) }
func keySeat(step int, of string) string { return keyStep(step) + of }
func anyStep() string                    { return "step/%" }

// decision follows an approval case. What an erased event named can no longer be known; the steps that follow it are.
func decision(b *pgx.Batch, r domain.Recorded) {
	follow(b, r)
	applicant := func(key string, kind Kind, step int) {
		b.Queue(`insert into item (stream, key, office, kind, person, step, since) select stream, $2, office, $3, applicant, $4, $5 from matter where stream = $1
			on conflict (stream, key) do update set kind = excluded.kind, step = excluded.step, since = excluded.since`,
			r.Stream, key, kind, step, r.OccurredAt.Time)
	}
	said := func(s approvals.Said, decision string) { did(b, r, s.By.Person, s.By.Post, decision, s.Step) }
	consent := func(s approvals.Said, completes bool, decision string) {
		if completes {
			end(b, r, keyStep(s.Step)+"%")
		} else {
			keys := make([]string, len(s.Posts))
			for i, post := range s.Posts {
				keys[i] = keySeat(s.Step, post)
			}
			b.Queue(`delete from item where stream = $1 and key = any ($2)`, r.Stream, keys)
		}
		said(s, decision)
	}
	seat := func(step int, of, to string, due domain.Instant) {
		b.Queue(`update item set post = $3, entrusted = '', since = $4 where stream = $1 and key = $2`, r.Stream, keySeat(step, of), to, r.OccurredAt.Time)
		b.Queue(`update item set due = $3 where stream = $1 and key like $2`, r.Stream, keyStep(step)+"%", projections.Instant(due))
	}
	switch e := r.Event.(type) {
	case approvals.Opened:
		title := e.Title
		if e.Class.Classified() || r.Class.Classified() {
			title = ""
		}
		b.Queue(`update matter set kind = $2, subject = $3, applicant = $4, title = $5 where stream = $1`, r.Stream, e.Kind, e.Subject, e.Applicant.Person, title)
		if e.Kind == approvals.KindDispute {
			applicant(keyDispute, Dispute, 0)
		}
		did(b, r, r.Actor.Person, r.Actor.Post, "", 0)
	case approvals.RouteResolved:
		end(b, r, anyStep(), keyReturned, keyReview)
		if e.ReviewDue {
			open(b, r, keyReview, Review, item{role: reviewer(e.Kind)})
		}
	case approvals.StepRouted:
		if e.Body != "" {
			applicant(keyStep(e.Step), Meeting, e.Step)
		}
		for _, s := range e.Seats {
			open(b, r, keySeat(e.Step, s.For), Decide, item{post: s.Post, step: e.Step, due: e.Due})
		}
	case approvals.LegalityReviewed:
		if e.OK {
			end(b, r, keyReview)
			said(e.Said, approvals.DecisionReviewed)
		} else {
			said(e.Said, approvals.DecisionDoubted)
		}
	case approvals.Approved:
		consent(e.Said, e.Completes, approvals.DecisionApproved)
	case approvals.InstructionWritten:
		consent(e.Said, e.Completes, approvals.DecisionInstructed)
	case approvals.Disapproved:
		consent(e.Said, true, approvals.DecisionDisapproved)
	case approvals.ReturnedToStep:
		end(b, r, anyStep())
		if e.To == 0 && !r.Erased {
			applicant(keyReturned, Returned, 0)
		}
		said(e.Said, approvals.DecisionReturned)
	case approvals.OpinionCorrected:
		b.Queue(`update done set corrected = $3 where stream = $1 and event = $2`, r.Stream, e.Opinion.ID, r.Revision)
	case approvals.SignerAdded:
		if e.Where == "before" {
			end(b, r, keyStep(e.Step)+"%")
		}
		did(b, r, e.By.Person, e.By.Post, "", e.Step)
	case approvals.StepTransferred:
		seat(e.Step, e.For, e.To, e.Due)
		did(b, r, e.By.Person, e.By.Post, "", e.Step)
	case approvals.StepEscalated:
		seat(e.Step, e.For, e.To, e.Due)
	case approvals.StepEntrusted:
		b.Queue(`update item set entrusted = $3 where stream = $1 and key = $2`, r.Stream, keySeat(e.Step, e.For), e.Person)
		did(b, r, e.By.Person, e.By.Post, "", e.Step)
	case approvals.StepReminded:
		b.Queue(`update item set urged = greatest(urged, 1) where stream = $1 and key like $2`, r.Stream, keyStep(e.Step)+"%")
	case approvals.DisputeRaised:
		applicant(keyDispute, Dispute, e.Step)
		did(b, r, e.By.Person, e.By.Post, "", e.Step)
	case approvals.OpinionProposed:
		end(b, r, keyDispute)
		said(e.Said, approvals.DecisionProposed)
	case approvals.DecidedByMeeting:
		end(b, r, keyStep(e.Step)+"%")
		did(b, r, e.By.Person, e.By.Post, e.Outcome, e.Step)
	case approvals.Withdrawn:
		end(b, r, "%")
		did(b, r, e.By.Person, e.By.Post, "", e.Step)
	case approvals.Closed:
		end(b, r, "%")
	}
}
