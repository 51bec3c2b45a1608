package documents

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"andu/domain"
	"andu/domain/calendar"
	"andu/domain/domaintest"

	"pgregory.net/rapid"
)

func TestCopies(t *testing.T) {
	secret := notice
	secret.Class, secret.NotStated = domain.Secret, []string{"urgency"}
	out := CopyDistributed{"1", "finance"}
	run(t, []domaintest.Case[Document]{
		{Name: "R184: after registration a copy is handed out", Given: registered(), Actor: registry, When: HandOut{"1", "finance"}, Then: given{out}},
		{Name: "R184: not before", Given: signed(notice), Actor: registry, When: HandOut{"1", "finance"}, Err: ErrNotRegistered},
		{Name: "by the post that hands out", Given: registered(), Actor: secretary, When: HandOut{"1", "finance"}, Err: ErrDistributor},
		{Name: "the system hands out nothing", Given: registered(), Actor: system, When: HandOut{"1", "finance"}, Err: domain.ErrSystem},
		{Name: "a copy is with one holder", Given: registered(out), Actor: registry, When: HandOut{"1", "planning"}, Err: ErrCopyAway},
		{Name: "another copy is another", Given: registered(out), Actor: registry, When: HandOut{"2", "planning"}, Then: given{CopyDistributed{"2", "planning"}}},
		{Name: "there is no third of two", Given: registered(), Actor: registry, When: HandOut{"3", "planning"}, Err: ErrNoCopy},
		{Name: "to somebody", Given: registered(), Actor: registry, When: HandOut{Copy: "1"}, Err: ErrMissing},

		{Name: "a copy comes back", Given: registered(out), Actor: registry, When: ReturnCopy{"1"}, Then: given{CopyReturned{"1", "finance"}}},
		{Name: "after the paper was closed too", Given: registered(out, Closed{"read", "阅结", ""}), Actor: registry, When: ReturnCopy{"1"}, Then: given{CopyReturned{"1", "finance"}}},
		{Name: "what is here does not come back", Given: registered(), Actor: registry, When: ReturnCopy{"1"}, Err: ErrCopyHere},
		{Name: "nor what never was", Given: registered(), Actor: registry, When: ReturnCopy{"9"}, Err: ErrNoCopy},
		{Name: "to the post that hands out", Given: registered(out), Actor: finance, When: ReturnCopy{"1"}, Err: ErrDistributor},
		{Name: "nothing comes back that never came", Actor: registry, When: ReturnCopy{"1"}, Err: domain.ErrNoStream},

		{Name: "a copy that is made is registered as the original", Given: registered(), Actor: registry, When: SplitCopy{"1", "3", ""}, Then: given{CopyRegistered{"1", "3", ""}}},
		{Name: "of a classified paper with an approval", Given: signed(secret, number(Term{})), Actor: registry, When: SplitCopy{"1", "3", "approval-4"}, Then: given{CopyRegistered{"1", "3", "approval-4"}}},
		{Name: "and not without", Given: signed(secret, number(Term{})), Actor: registry, When: SplitCopy{"1", "3", ""}, Err: ErrCopyApproval},
		{Name: "under a number of its own", Given: registered(), Actor: registry, When: SplitCopy{"1", "2", ""}, Err: ErrCopyExists},
		{Name: "of a copy that is here", Given: registered(out), Actor: registry, When: SplitCopy{"1", "3", ""}, Err: ErrCopyAway},
		{Name: "by the registrar", Given: registered(), When: SplitCopy{"1", "3", ""}, Err: ErrRegistrar},
		{Name: "after registration", Given: signed(notice), Actor: registry, When: SplitCopy{"1", "3", ""}, Err: ErrNotRegistered},

		{Name: "a copy is sent back to its issuer", Given: registered(), Actor: registry, When: SendBack{"1", "国务院办公厅"}, Then: given{CopySentBack{"1", "国务院办公厅"}}},
		{Name: "when it is here", Given: registered(out), Actor: registry, When: SendBack{"1", "国务院办公厅"}, Err: ErrCopyAway},
		{Name: "by the registrar alone", Given: registered(), When: SendBack{"1", "国务院办公厅"}, Err: ErrRegistrar},
		{Name: "nothing is sent back that never came", Actor: registry, When: SendBack{"1", "x"}, Err: domain.ErrNoStream},

		{Name: "a destroyed copy is recorded after its destruction", Given: registered(), Actor: system, When: RecordDestruction{"1", "e-9"}, Then: given{CopyDestroyed{"1", "e-9"}}},
		{Name: "once", Given: registered(CopyDestroyed{"1", "e-9"}), Actor: system, When: RecordDestruction{"1", "e-9"}},
		{Name: "nobody destroys by an entry", Given: registered(), Actor: registry, When: RecordDestruction{"1", "e-9"}, Err: ErrFollower},
		{Name: "a copy that is away is not destroyed", Given: registered(out), Actor: system, When: RecordDestruction{"1", "e-9"}, Err: ErrCopyAway},
		{Name: "nor one that never came", Actor: system, When: RecordDestruction{"1", "e-9"}, Err: domain.ErrNoStream},
	})
}

func TestDuplicates(t *testing.T) {
	again := notice
	again.Number = "国办发明电[２０２５]０７ 号"
	first := receivedAt(morning, "1", "000012")
	first.ID = "first"
	firstPaper := fold(Context, Event(first), described(notice))
	other := firstPaper
	other.Paper.Title = "另一件"
	linked := fold(Context, signed(again, DuplicateFound{"document-1"})...)
	facts := func(d Document) map[string]any { return map[string]any{"document-1": d} }
	run(t, []domaintest.Case[Document]{
		{Name: "the same paper that comes again is not registered again", Given: signed(again), Facts: facts(firstPaper), Actor: registry, When: LinkDuplicate{"document-1"}, Then: given{DuplicateFound{"document-1"}}},
		{Name: "another paper is another", Given: signed(again), Facts: facts(other), Actor: registry, When: LinkDuplicate{"document-1"}, Err: ErrNotSamePaper},
		{Name: "a paper is no copy of itself", Given: signed(again), Facts: facts(fold(Context, signed(again)...)), Actor: registry, When: LinkDuplicate{"document-1"}, Err: ErrNotSamePaper},
		{Name: "nor of a copy", Given: signed(again), Facts: facts(DuplicateFound{"document-0"}.Evolve(firstPaper)), Actor: registry, When: LinkDuplicate{"document-1"}, Err: ErrNotSamePaper},
		{Name: "nor of a paper that is not there", Given: signed(again), Facts: facts(Document{}), Actor: registry, When: LinkDuplicate{"document-1"}, Err: domain.ErrNoStream},
		{Name: "a registered paper stays registered", Given: signed(again, number(Term{})), Facts: facts(firstPaper), Actor: registry, When: LinkDuplicate{"document-1"}, Err: ErrRegistered},
		{Name: "by the registrar", Given: signed(again), Facts: facts(firstPaper), When: LinkDuplicate{"document-1"}, Err: ErrRegistrar},
		{Name: "once", Given: signed(again, DuplicateFound{"document-1"}), Facts: facts(firstPaper), Actor: registry, When: LinkDuplicate{"document-1"}, Err: ErrEnded},

		{Name: "its copies count at the first receipt, under free numbers", Given: given{first, described(notice)}, Facts: map[string]any{"document-2": linked}, Actor: system, When: JoinCopies{"document-1", "document-2"},
			Then: given{CopiesJoined{"document-2", []JoinedCopy{{"2", "1"}, {"3", "2"}}}}},
		{Name: "they count once", Given: given{first, CopiesJoined{"document-2", nil}}, Facts: map[string]any{"document-2": linked}, Actor: system, When: JoinCopies{"document-1", "document-2"}},
		{Name: "only where the link leads", Given: given{first}, Facts: map[string]any{"document-2": linked}, Actor: system, When: JoinCopies{"document-3", "document-2"}, Err: ErrNotSamePaper},
		{Name: "nobody counts them by hand", Given: given{first}, Facts: map[string]any{"document-2": linked}, Actor: registry, When: JoinCopies{"document-1", "document-2"}, Err: ErrFollower},
		{Name: "nothing is counted at a paper that never came", Facts: map[string]any{"document-2": linked}, Actor: system, When: JoinCopies{"document-1", "document-2"}, Err: domain.ErrNoStream},
	})
}

func TestHandlersHaveThePaperInHand(t *testing.T) {
	d := fold(Context, registered(assigned, CopyDistributed{"1", "slip-1"}, CopySentBack{"2", "国务院办公厅"}, AssignmentDeclined{"planning-head", "x"})...)
	if got := d.Handlers(); !slices.Equal(got, []string{"finance", "slip-1"}) {
		t.Errorf("handlers: %v", got)
	}
}

// Whatever is asked in whatever order: every copy is in one place, none is lost, a number once given stays, and no paper
// leaves or is closed against the rules.
func TestCopiesAreAccountedFor(t *testing.T) {
	commands := func(rt *rapid.T) (domain.Command[Document], domain.Actor) {
		name := rapid.StringMatching(`[1-5]`).Draw(rt, "copy")
		switch rapid.IntRange(0, 13).Draw(rt, "command") {
		case 0:
			return HandOut{name, "finance"}, registry
		case 1:
			return ReturnCopy{name}, registry
		case 2:
			return SplitCopy{"1", name, ""}, registry
		case 3:
			return SendBack{name, "x"}, registry
		case 4:
			return RecordDestruction{name, "e-1"}, system
		case 5:
			return Return{"non-conforming", "x"}, registry
		case 6:
			return TransferOut{"x", "x"}, registry
		case 7:
			return Assign{Lead: "finance"}, registry
		case 8:
			return Report{Text: "x"}, finance
		case 9:
			return Close{"settled", ""}, registry
		case 10:
			return Reopen{"x"}, registry
		case 11:
			return RecordRecall{"n", ""}, registry
		case 12:
			return CorrectReceipt{"x", Arrival{Copies: rapid.IntRange(1, 3).Draw(rt, "copies")}}, registry
		default:
			return LinkDuplicate{"document-9"}, registry
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		events := registered()
		for range rapid.IntRange(1, 30).Draw(rt, "requests") {
			log := domaintest.Record(t, Context, events...)
			d, err := Context.Fold(Document{}, log)
			if err != nil {
				rt.Fatal(err)
			}
			k := d.Custody()
			if k.Held+k.Out+k.SentOff+k.SentBack+k.Destroyed+k.Joined != len(d.Copies) || len(d.Copies) < d.Signed {
				rt.Fatalf("%d copies signed for, %d on record: %+v", d.Signed, len(d.Copies), k)
			}
			if (d.End == EndReturned || d.End == EndTransferred) && k.Held+k.Out > 0 && !slices.ContainsFunc(events, func(e Event) bool { _, back := e.(CopyReturned); return back }) {
				rt.Fatalf("the paper left without its copies: %+v", k)
			}
			if d.Text != "收文〔2026〕7号" {
				rt.Fatalf("the register number became %q", d.Text)
			}
			if d.Closed && d.Lead != "" && !d.Reported && !d.Replied && !d.Recalled {
				rt.Fatal("closed without a report-back")
			}
			cmd, actor := commands(rt)
			tc := grounded(domaintest.Case[Document]{Actor: actor, Facts: map[string]any{"document-9": Document{}, "calendar-office": calendar.Calendar{}}})
			more, err := domain.Decide(cmd, d, tc.Act())
			if err != nil {
				continue
			}
			before := maps.Clone(d.Copies)
			for _, e := range more {
				e.Evolve(d)
			}
			if !maps.Equal(before, d.Copies) {
				rt.Fatalf("%s changed the state that it was given", fmt.Sprintf("%T", cmd))
			}
			for i, e := range more { // as recorded, ids follow from the place
				if c, ok := e.(ReceiptCorrected); ok {
					c.ID = domaintest.GivenID(len(events) + i)
					more[i] = c
				}
			}
			events = append(events, more...)
		}
	})
}
