package registers

import (
	"testing"

	"andu/domain"
	"andu/domain/domaintest"
)

// then is when the old numbers of the tests were given.
var then = domaintest.Time("2026-01-09 00:00")

func transcribed(n int, item string) NumberTranscribed {
	e := NumberTranscribed{Number: n, Text: allotted(n, item).Text, Item: item, By: "p-2", At: then}
	if item == "" {
		e.At = when
	}
	return e
}

// old is a book of this year that was begun on paper: 1 and 3 stand in it.
func old(more ...event) []event {
	return append([]event{opened, transcribed(1, "document-1"), registered(1, "document-1"), transcribed(3, "document-3"), registered(3, "document-3")}, more...)
}

func TestTranscripts(t *testing.T) {
	enter := Transcribe{Book: "收文", Year: 2026, Register: "收文登记", Number: 3, Item: "document-3", At: then}
	lastYear := Transcribe{Book: "收文", Year: 2025, Register: "收文登记", Number: 88, Text: "收2025-88", Item: "document-88", At: domaintest.Time("2025-12-30")}
	number := func(c Transcribe, n int, item string) Transcribe { c.Number, c.Item = n, item; return c }
	withdrawn := NumbersWithdrawn{Numbers: []int{3}, Reason: "文件选错", By: "p-2", At: when, Last: 1}
	gone := NumbersWithdrawn{Numbers: []int{1}, Reason: "文件选错", By: "p-2", At: when, Last: 3}
	cases := []domaintest.Case[Series]{
		{Name: "the first old number opens the book", Actor: keeper, When: enter, Then: []event{opened, transcribed(3, "document-3")}},
		{Name: "an old number stays as it was written", Actor: keeper, When: lastYear, Then: []event{
			SeriesOpened{Book: "收文", Year: 2025, Register: "收文登记", Pattern: "{book}〔{year}〕{n}号", Start: 1},
			NumberTranscribed{Number: 88, Text: "收2025-88", Item: "document-88", By: "p-2", At: lastYear.At}}},
		{Name: "old numbers come in any order", Given: old(), Actor: keeper, When: number(enter, 2, "document-2"), Then: []event{transcribed(2, "document-2")}},
		{Name: "an old number of the same paper is there already", Given: old(), Actor: keeper, When: enter},
		{Name: "an old number is one paper's", Given: old(), Actor: keeper, When: number(enter, 3, "document-4"), Err: ErrUsed},
		{Name: "a paper has one old number", Given: old(), Actor: keeper, When: number(enter, 4, "document-3"), Err: ErrItemNumbered},
		{Name: "the book goes on behind the old numbers", Given: old(), Actor: keeper,
			When: Allot{Book: "收文", Year: 2026, Register: "收文登记", Item: "document-x"}, Then: []event{allotted(4, "document-x")}},
		{Name: "behind a number that the book gave there are no old ones", Given: old(allotted(4, "document-x")), Actor: keeper, When: number(enter, 5, "document-5"), Err: ErrAfterOwn},
		{Name: "before it there are", Given: old(allotted(4, "document-x")), Actor: keeper, When: number(enter, 2, "document-2"), Then: []event{transcribed(2, "document-2")}},
		{Name: "nobody but the keeper transcribes", When: enter, Err: ErrKeeper},
		{Name: "the system transcribes nothing by itself", Actor: system, When: enter, Err: domain.ErrSystem},
		{Name: "an old number is of a year that has begun", Actor: keeper, When: Transcribe{Book: "收文", Year: 2027, Register: "收文登记", Number: 1, Item: "document-1"}, Err: ErrYear},
		{Name: "an old number is for an item", Actor: keeper, When: number(enter, 3, ""), Err: ErrItem},
		{Name: "a closed book takes no old numbers", Given: old(SeriesClosed{Last: 3}), Actor: keeper, When: number(enter, 2, "document-2"), Err: ErrClosed},
		{Name: "a book begins at its first number", Policy: map[string]any{"reg.series": Scheme{"{book}〔{year}〕{n}号", 5, "book-year"}, "reg.yearBasis": "calendar", "reg.books[收文登记].keeper": "registrar"},
			Actor: keeper, When: enter, Err: ErrBeforeStart},

		{Name: "what the old book leaves out is void with the reason", Given: old(), Actor: keeper, When: ExplainGaps{"旧簿无此号"},
			Then: []event{transcribed(2, ""), NumberVoided{Number: 2, Reason: "旧簿无此号", By: "p-2", At: when}}},
		{Name: "until another part of the book has it", Given: old(transcribed(2, ""), NumberVoided{Number: 2, Reason: "旧簿无此号", By: "p-2", At: when}), Actor: keeper,
			When: number(enter, 2, "document-2"), Then: []event{transcribed(2, "document-2")}},
		{Name: "where nothing is missing there is nothing to explain", Given: first(2), Actor: keeper, When: ExplainGaps{"旧簿无此号"}},
		{Name: "a gap is explained with a reason", Given: old(), Actor: keeper, When: ExplainGaps{" "}, Err: ErrReason},
		{Name: "nobody but the keeper explains", Given: old(), When: ExplainGaps{"旧簿无此号"}, Err: ErrKeeper},
		{Name: "a book that is not open has no gaps", Actor: keeper, When: ExplainGaps{"x"}, Err: ErrNotOpen},

		{Name: "wrong old numbers are withdrawn, and the book goes back", Given: old(), Actor: keeper, When: WithdrawNumbers{[]int{3}, "文件选错"}, Then: []event{withdrawn}},
		{Name: "a withdrawn number behind the last is given anew", Given: old(withdrawn), Actor: keeper,
			When: Allot{Book: "收文", Year: 2026, Register: "收文登记", Item: "document-x"}, Then: []event{allotted(2, "document-x")}},
		{Name: "before the last it stays void", Given: old(gone), Actor: keeper, When: Void{1, "x"}, Err: ErrUsed},
		{Name: "until it is transcribed again", Given: old(gone), Actor: keeper, When: number(enter, 1, "document-9"), Then: []event{transcribed(1, "document-9")}},
		{Name: "withdrawing again changes nothing", Given: old(gone), Actor: keeper, When: WithdrawNumbers{[]int{1}, "文件选错"}},
		{Name: "a number of the book itself is not withdrawn", Given: old(allotted(4, "document-x")), Actor: keeper, When: WithdrawNumbers{[]int{4}, "文件选错"}, Err: ErrNotTranscribed},
		{Name: "numbers are withdrawn with a reason", Given: old(), Actor: keeper, When: WithdrawNumbers{[]int{3}, ""}, Err: ErrReason},
		{Name: "nobody but the keeper withdraws", Given: old(), When: WithdrawNumbers{[]int{3}, "x"}, Err: ErrKeeper},
		{Name: "a book that is not open has nothing to withdraw", Actor: keeper, When: WithdrawNumbers{[]int{3}, "x"}, Err: ErrNotOpen},
	}
	for i := range cases {
		if cases[i].Policy == nil {
			cases[i].Policy = policy
		}
	}
	domaintest.Run(t, Context, cases)
}
