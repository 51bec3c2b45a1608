package documents

import (
	"testing"

	"andu/domain"
	"andu/domain/domaintest"
	"andu/domain/org"
	"andu/domain/registers"
)

// staffed is an office with a unit, a post and a person who may hold papers.
var staffed = map[string]any{"org-office": org.PersonJoined{Person: "p-4", On: day("2020-01-01")}.Evolve(
	org.PostCreated{Post: "finance-head", Unit: "finance"}.Evolve(org.UnitSetUp{Unit: "finance", Name: "财务股"}.Evolve(org.Office{})))}

var source = Source{"import-1", "2025.csv", 12}

// old is a paper of an old register.
func old(change func(*Transcribe)) Transcribe {
	c := Transcribe{Source: source, SignedBy: "王芳", Channel: "文件交换", Copies: []Placed{{"1", ""}}, Paper: notice}
	if change != nil {
		change(&c)
	}
	return c
}

func transcribed(change func(*Transcribed)) Transcribed {
	e := Transcribed{ID: eventID(0), Office: "office", ReceivedAt: now, By: "p-2", Source: source, SignedBy: "王芳", Channel: "文件交换",
		Copies: []Placed{{"1", ""}}, Co: []string{}}
	if change != nil {
		change(&e)
	}
	return e
}

func TestTranscripts(t *testing.T) {
	main := Described{ID: eventID(1), Paper: notice}
	open := func(c *Transcribe) {
		c.Lead, c.Co, c.DueOn, c.Copies = "finance", []string{"finance-head"}, day("2026-04-20"), []Placed{{"000012", "p-4"}}
	}
	held := transcribed(func(e *Transcribed) {
		e.Lead, e.Co, e.Copies, e.Term = "finance", []string{"finance-head"}, []Placed{{"000012", "p-4"}}, Term{DueOn: day("2026-04-20"), DueAt: midnight("2026-04-20"), Basis: ByTranscript}
	})
	closed := transcribed(func(e *Transcribed) { e.Closed, e.ClosedOn, e.Settlement = true, day("2026-04-15"), "办结" })
	numbered := NumberTranscribed{"register-1", 7, "收2025-7"}
	given := registers.NumberTranscribed{Number: 7, Text: "收2025-7", Item: "document-1", At: now}.Evolve(registers.Series{Book: "收文", Year: 2025})
	withdrawn := TranscriptWithdrawn{Import: "import-1", Reason: "文件选错", Number: "收2025-7"}
	domaintest.Run(t, Context, []domaintest.Case[Document]{
		{Name: "an old book's paper is entered as it stands there", Policy: office, Facts: staffed, Actor: registry, When: old(nil), Then: []Event{transcribed(nil), main}},
		{Name: "an open one is with whom the old book left it", Policy: office, Facts: staffed, Actor: registry, When: old(open), Then: []Event{held, main}},
		{Name: "a settled one is settled, without a time limit", Policy: office, Facts: staffed, Actor: registry,
			When: old(func(c *Transcribe) {
				c.ClosedOn, c.Settlement, c.DueOn = day("2026-04-15"), "办结", day("2026-04-20")
			}), Then: []Event{closed, main}},
		{Name: "what is filed is settled", Policy: office, Facts: staffed, Actor: registry, When: old(func(c *Transcribe) { c.FileCode = "2025-1" }),
			Then: []Event{transcribed(func(e *Transcribed) { e.Closed, e.FileCode = true, "2025-1" }), main}},
		{Name: "a row is transcribed once", Policy: office, Facts: staffed, Given: []Event{transcribed(nil), main}, Actor: registry, When: old(nil), Err: ErrTranscribed},
		{Name: "nobody but the registrar transcribes", Policy: office, Facts: staffed, Actor: finance, When: old(nil), Err: ErrRegistrar},
		{Name: "an old paper has a title", Policy: office, Facts: staffed, Actor: registry, When: old(func(c *Transcribe) { c.Title = "" }), Err: ErrNothingStated},
		{Name: "an old paper has a lawful class", Policy: office, Facts: staffed, Actor: registry, When: old(func(c *Transcribe) { c.Class = "密" }), Err: ErrClass},
		{Name: "an old paper has a copy", Policy: office, Facts: staffed, Actor: registry, When: old(func(c *Transcribe) { c.Copies = nil }), Err: ErrCopyNumbers},
		{Name: "each copy is one", Policy: office, Facts: staffed, Actor: registry, When: old(func(c *Transcribe) { c.Copies = []Placed{{"1", ""}, {"1", ""}} }), Err: ErrCopyNumbers},
		{Name: "co-handlers have a lead", Policy: office, Facts: staffed, Actor: registry, When: old(func(c *Transcribe) { c.Co = []string{"finance"} }), Err: ErrOneLead},
		{Name: "a copy is with somebody who is known", Policy: office, Facts: staffed, Actor: registry, When: old(func(c *Transcribe) { c.Copies[0].Holder = "nobody" }), Err: ErrNobody},
		{Name: "a paper is settled after it came", Policy: office, Facts: staffed, Actor: registry, When: old(func(c *Transcribe) { c.ClosedOn = day("2026-04-13") }), Err: ErrClosedBefore},

		{Name: "a settled paper takes its old number", Policy: office, Facts: map[string]any{"register-1": given, "calendar-office": nil}, Given: []Event{closed, main}, Actor: system,
			When: RecordRegistration{"document-1", "register-1", 7}, Then: []Event{numbered}},
		{Name: "the old number again changes nothing", Policy: office, Facts: map[string]any{"register-1": given}, Given: []Event{closed, main, numbered}, Actor: system, When: RecordRegistration{"document-1", "register-1", 7}},
		{Name: "an open paper goes on from there", Policy: office, Facts: staffed, Given: []Event{held, main, numbered}, Actor: finance, When: Accept{}, Then: []Event{AssignmentAccepted{"finance"}}},
		{Name: "a settled paper does not", Policy: office, Facts: staffed, Given: []Event{closed, main, numbered}, Actor: finance, When: Accept{}, Err: ErrClosed},
		{Name: "how it came is the old book's word", Policy: office, Facts: staffed, Given: []Event{transcribed(nil), main, numbered}, Actor: registry, When: CorrectReceipt{"误", arrival}, Err: ErrOldReceipt},

		{Name: "a wrong transcript is withdrawn", Policy: office, Given: []Event{transcribed(nil), main, numbered}, Actor: registry, When: WithdrawTranscript{"import-1", "文件选错"}, Then: []Event{withdrawn}},
		{Name: "once", Policy: office, Given: []Event{transcribed(nil), main, numbered, withdrawn}, Actor: registry, When: WithdrawTranscript{"import-1", "文件选错"}},
		{Name: "nothing is done with it any more", Policy: office, Given: []Event{transcribed(nil), main, numbered, withdrawn}, Actor: registry, When: PreCheck{}, Err: domain.ErrNoStream},
		{Name: "a paper that came over the counter is not", Policy: office, Given: registered(), Actor: registry, When: WithdrawTranscript{"import-1", "文件选错"}, Err: ErrNotTranscribed},
		{Name: "nor one of another import", Policy: office, Given: []Event{transcribed(nil), main}, Actor: registry, When: WithdrawTranscript{"import-2", "文件选错"}, Err: ErrNotTranscribed},
		{Name: "nobody but the registrar withdraws", Policy: office, Given: []Event{transcribed(nil), main}, Actor: finance, When: WithdrawTranscript{"import-1", "文件选错"}, Err: ErrRegistrar},
		{Name: "a transcript is withdrawn with a reason", Policy: office, Given: []Event{transcribed(nil), main}, Actor: registry, When: WithdrawTranscript{"import-1", " "}, Err: ErrNoReason},
		{Name: "what was never there is not withdrawn", Policy: office, Actor: registry, When: WithdrawTranscript{"import-1", "文件选错"}, Err: domain.ErrNoStream},
	})

	paper := Document{Office: "office", Received: true, ReceivedAt: now, Source: source}
	entered := func(d Document) map[string]any { return map[string]any{"document-1": d} }
	enter := EnterTranscript{Document: "document-1", Book: "收文", Year: 2025, Number: 7, Text: "收2025-7"}
	keeper := but("reg.books[收文登记].keeper", "registrar")
	domaintest.Run(t, registers.Context, []domaintest.Case[registers.Series]{
		{Name: "the registrar enters the old number", Policy: keeper, Facts: entered(paper), Actor: registry, When: enter, Then: []domain.Event[registers.Series]{
			registers.SeriesOpened{Book: "收文", Year: 2025, Register: Register, Pattern: "{book}〔{year}〕{n}号", Start: 1},
			registers.NumberTranscribed{Number: 7, Text: "收2025-7", Item: "document-1", By: "p-2", At: now}}},
		{Name: "nobody else", Policy: keeper, Facts: entered(paper), Actor: finance, When: enter, Err: ErrRegistrar},
		{Name: "a paper of the counter has no old number", Policy: keeper, Facts: entered(Document{Office: "office", Received: true}), Actor: registry, When: enter, Err: ErrNotTranscribed},
		{Name: "no paper has none", Policy: keeper, Facts: entered(Document{}), Actor: registry, When: enter, Err: domain.ErrNoStream},
	})
}
