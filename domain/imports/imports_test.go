package imports

import (
	"strings"
	"testing"

	"andu/domain"
	"andu/domain/domaintest"
)

func TestImports(t *testing.T) {
	at := domaintest.Time("2026-04-14 10:00")
	digest := strings.Repeat("a", 64)
	begin := Begin{Kind: Register, File: "2025.csv", Digest: digest, Rows: 206}
	id := domaintest.NewID(domaintest.Command, "import")
	begun := Begun{Import: id, Kind: Register, File: "2025.csv", Digest: digest, Rows: 206, By: "p-1", At: at}
	first, second := Item{Line: 2, Stream: "document-1", Series: "register-1", Number: 1}, Item{Line: 3, Stream: "document-2", Series: "register-1", Number: 2}
	announced := RowsAnnounced{id, []Item{first}}
	stopped := WithdrawalBegun{Import: id, Reason: "文件选错", By: "p-1"}
	system := domain.Actor{Person: domain.System}
	other := begin
	other.Kind = "seals"
	domaintest.Run(t, Context, []domaintest.Case[Imports]{
		{Name: "a file is brought in by one import", When: begin, Then: []Event{begun}},
		{Name: "the same file goes on with it", Given: []Event{begun}, When: begin},
		{Name: "after it was withdrawn the file begins another", Given: []Event{begun, stopped}, When: begin, Then: []Event{begun}},
		{Name: "a kind that is not known is not brought in", When: other, Err: ErrKind},
		{Name: "the system brings nothing in", Actor: system, When: begin, Err: domain.ErrSystem},
		{Name: "rows are announced before they are written", Given: []Event{begun}, When: Announce{id, []Item{first}}, Then: []Event{announced}},
		{Name: "each once", Given: []Event{begun, announced}, When: Announce{id, []Item{first, second}}, Then: []Event{RowsAnnounced{id, []Item{second}}}},
		{Name: "the same rows again change nothing", Given: []Event{begun, announced}, When: Announce{id, []Item{first}}},
		{Name: "an import that is being withdrawn writes nothing", Given: []Event{begun, stopped}, When: Announce{id, []Item{first}}, Err: ErrWithdrawn},
		{Name: "no import writes nothing", When: Announce{id, []Item{first}}, Err: ErrNone},
		{Name: "a wrong import is withdrawn", Given: []Event{begun}, When: BeginWithdrawal{id, "文件选错"}, Then: []Event{stopped}},
		{Name: "with a reason", Given: []Event{begun}, When: BeginWithdrawal{id, " "}, Err: ErrReason},
		{Name: "a withdrawal goes on", Given: []Event{begun, stopped}, When: BeginWithdrawal{id, "再来"}},
		{Name: "no import is not withdrawn", When: BeginWithdrawal{id, "文件选错"}, Err: ErrNone},
		{Name: "the system withdraws nothing", Given: []Event{begun}, Actor: system, When: BeginWithdrawal{id, "文件选错"}, Err: domain.ErrSystem},
		{Name: "at the end nothing stands", Given: []Event{begun, stopped}, When: EndWithdrawal{id}, Then: []Event{Withdrawn{id, "p-1"}}},
		{Name: "once", Given: []Event{begun, stopped, Withdrawn{id, "p-1"}}, When: EndWithdrawal{id}},
		{Name: "a withdrawal ends after it began", Given: []Event{begun}, When: EndWithdrawal{id}, Err: ErrNotBegun},
		{Name: "no import has no withdrawal", When: EndWithdrawal{id}, Err: ErrNone},
	})
}

func TestGolden(t *testing.T) {
	domaintest.Golden(t, Context, Begun{"i-1", Org, "机构.xlsx", strings.Repeat("a", 64), 31, "p-1", domaintest.Time("2026-04-14 10:00")},
		RowsAnnounced{"i-1", []Item{{2, "document-1", "register-1", 7}}}, WithdrawalBegun{"i-1", "文件选错", "p-1"}, Withdrawn{"i-1", "p-1"})
}
