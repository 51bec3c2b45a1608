package registers

import (
	"fmt"
	"slices"
	"testing"

	"andu/domain"
	"andu/domain/domaintest"

	"pgregory.net/rapid"
)

type event = domain.Event[Series]

var policy = map[string]any{
	"reg.series":             Scheme{Pattern: "{book}〔{year}〕{n}号", Start: 1, Scope: "book-year"},
	"reg.gapless":            true,
	"reg.yearBasis":          "calendar",
	"reg.void.by":            "keeper",
	"reg.void.reason":        "mandatory",
	"reg.books[收文登记].keeper": "registrar",
}

var (
	keeper = domain.Actor{Person: "p-2", Post: "registrar"}
	system = domain.Actor{Person: domain.System}
	when   = domaintest.Time("2026-04-14 10:00")
	opened = SeriesOpened{Book: "收文", Year: 2026, Register: "收文登记", Pattern: "{book}〔{year}〕{n}号", Start: 1}
)

func allotted(n int, item string) NumberAllotted {
	return NumberAllotted{Number: n, Text: fmt.Sprintf("收文〔2026〕%d号", n), Item: item, By: "p-2", At: when}
}

func registered(n int, item string) NumberRegistered { return NumberRegistered{Number: n, Item: item} }

func voided(n int) NumberVoided {
	return NumberVoided{Number: n, Reason: "误编", By: "p-2", At: when}
}

// first gives a series of n registered numbers.
func first(n int, more ...event) []event {
	events := []event{opened}
	for i := 1; i <= n; i++ {
		item := fmt.Sprintf("document-%d", i)
		events = append(events, allotted(i, item), registered(i, item))
	}
	return append(events, more...)
}

func TestSeries(t *testing.T) {
	allot := Allot{Book: "收文", Year: 2026, Register: "收文登记", Item: "document-x"}
	cases := []domaintest.Case[Series]{
		{Name: "the first number of a year opens the book", When: allot, Actor: keeper,
			Then: []event{opened, allotted(1, "document-x")}},
		{Name: "the next number is the last plus one", Given: first(3), When: allot, Actor: keeper,
			Then: []event{allotted(4, "document-x")}},
		{Name: "an item is numbered once", Given: first(3, allotted(4, "document-x")), When: allot, Actor: keeper, Err: ErrItemNumbered},
		{Name: "an item whose number was voided is numbered anew", Given: first(3, allotted(4, "document-x"), voided(4)), When: allot, Actor: keeper,
			Then: []event{allotted(5, "document-x")}},
		{Name: "a number is for an item", When: Allot{Book: "收文", Year: 2026, Register: "收文登记"}, Actor: keeper, Err: ErrItem},
		{Name: "a series gives numbers of its own book", Given: first(1), When: Allot{Book: "机要", Year: 2026, Item: "document-x"}, Actor: keeper, Err: ErrOtherSeries},
		{Name: "at 24:00 of the last day the next year begins", Given: first(1), At: "2027-01-01 00:00", When: allot, Actor: keeper, Err: ErrYear},
		{Name: "before 24:00 of the last day it is still the old year", Given: first(1), At: "2026-12-31 23:59:59.999999", When: allot, Actor: keeper,
			Then: []event{NumberAllotted{Number: 2, Text: "收文〔2026〕2号", Item: "document-x", By: "p-2", At: domaintest.Time("2026-12-31 23:59:59.999999")}}},
		{Name: "a closed series gives no numbers", Given: first(1, SeriesClosed{Last: 1}), When: allot, Actor: keeper, Err: ErrClosed},
		{Name: "a series whose text another rule gives is numbered from the office's start", When: Allot{Book: "县政办发", Year: 2026, Register: "发文登记", Item: "dispatch-1", Pattern: "县政办发〔{year}〕{n}号"}, Actor: keeper,
			Then: []event{SeriesOpened{Book: "县政办发", Year: 2026, Register: "发文登记", Pattern: "县政办发〔{year}〕{n}号", Start: 1},
				NumberAllotted{Number: 1, Text: "县政办发〔2026〕1号", Item: "dispatch-1", By: "p-2", At: when}}},
		{Name: "an office without a numbering of its own gives none", Policy: map[string]any{"reg.series": domaintest.Blank{}}, When: allot, Actor: keeper, Err: domain.ErrBlank},

		{Name: "the keeper opens the book", When: Open{Book: "收文", Year: 2026, Register: "收文登记"}, Actor: keeper, Then: []event{opened}},
		{Name: "nobody else opens the book", When: Open{Book: "收文", Year: 2026, Register: "收文登记"}, Err: ErrKeeper},
		{Name: "the system does not open the book by itself", When: Open{Book: "收文", Year: 2026, Register: "收文登记"}, Actor: system, Err: domain.ErrSystem},
		{Name: "a book is opened once a year", Given: first(0), When: Open{Book: "收文", Year: 2026, Register: "收文登记"}, Actor: keeper, Err: ErrOpen},

		{Name: "a number is registered for the item it was given to", Given: first(1, allotted(2, "document-x")), When: Confirm{2, "document-x"}, Actor: system,
			Then: []event{registered(2, "document-x")}},
		{Name: "confirming again changes nothing", Given: first(2), When: Confirm{2, "document-2"}, Actor: system},
		{Name: "a number is not registered for another item", Given: first(1, allotted(2, "document-x")), When: Confirm{2, "document-y"}, Actor: system, Err: ErrOtherItem},
		{Name: "a number that was not given is not registered", Given: first(1), When: Confirm{2, "document-x"}, Actor: system, Err: ErrNotAllotted},
		{Name: "a void number is not registered", Given: first(1, allotted(2, "document-x"), voided(2)), When: Confirm{2, "document-x"}, Actor: system, Err: ErrUsed},
		{Name: "nobody confirms a number by hand", Given: first(1, allotted(2, "document-x")), When: Confirm{2, "document-x"}, Actor: keeper, Err: ErrFollower},

		{Name: "G23: the keeper voids a number with a reason", Given: first(103, allotted(104, "document-x")), When: Void{104, "误编"}, Actor: keeper,
			Then: []event{voided(104)}},
		{Name: "a spoiled line uses up the next number", Given: first(103), When: Void{104, "误编"}, Actor: keeper,
			Then: []event{allotted(104, ""), voided(104)}},
		{Name: "G23: without a reason no number is void", Given: first(103, allotted(104, "document-x")), When: Void{104, " "}, Actor: keeper, Err: ErrReason},
		{Name: "G23: nobody but the keeper voids a number", Given: first(103, allotted(104, "document-x")), When: Void{104, "误编"}, Err: ErrKeeper},
		{Name: "the system voids no number", Given: first(103, allotted(104, "document-x")), When: Void{104, "误编"}, Actor: system, Err: domain.ErrSystem},
		{Name: "nor where another post than the keeper voids", Policy: map[string]any{"reg.void.by": "director", "reg.void.reason": "mandatory"}, Given: first(103, allotted(104, "document-x")), When: Void{104, "误编"},
			Actor: domain.Actor{Person: domain.System, Post: "director"}, Err: domain.ErrSystem},
		{Name: "a used number is not voided", Given: first(3), When: Void{2, "误编"}, Actor: keeper, Err: ErrUsed},
		{Name: "G23: a void number is not used again", Given: first(3, allotted(4, ""), voided(4)), When: Void{4, "误编"}, Actor: keeper, Err: ErrUsed},
		{Name: "no number is skipped", Given: first(3), When: Void{5, "误编"}, Actor: keeper, Err: ErrNext},
		{Name: "a closed series has no next number to spoil", Given: first(3, SeriesClosed{Last: 3}), When: Void{4, "误编"}, Actor: keeper, Err: ErrClosed},
		{Name: "a book that is not open has no number to void", When: Void{1, "误编"}, Actor: keeper, Err: ErrNotOpen},

		{Name: "a number that its item refused is void, with the rule that stood against it", Given: first(1, allotted(2, "document-x")), When: Release{2, "document-x", "document.ended"}, Actor: system,
			Then: []event{NumberVoided{Number: 2, Reason: "document.ended", By: domain.System, At: when}}},
		{Name: "it is void once", Given: first(1, allotted(2, "document-x"), voided(2)), When: Release{2, "document-x", "document.ended"}, Actor: system},
		{Name: "a registered number is not taken from its item", Given: first(2), When: Release{2, "document-2", "document.ended"}, Actor: system, Err: ErrUsed},
		{Name: "nor the number of another item", Given: first(1, allotted(2, "document-x")), When: Release{2, "document-y", "document.ended"}, Actor: system, Err: ErrOtherItem},
		{Name: "nor one that was not given", Given: first(1), When: Release{2, "document-x", "document.ended"}, Actor: system, Err: ErrNotAllotted},
		{Name: "nobody releases a number by hand", Given: first(1, allotted(2, "document-x")), When: Release{2, "document-x", "document.ended"}, Actor: keeper, Err: ErrFollower},

		{Name: "the book is closed when its year is over", Given: first(3), At: "2027-01-01 00:00", When: Close{}, Actor: keeper, Then: []event{SeriesClosed{Last: 3}}},
		{Name: "the book is not closed before", Given: first(3), At: "2026-12-31 23:59:59.999999", When: Close{}, Actor: keeper, Err: ErrYearRuns},
		{Name: "a gapless book is closed with every number at rest", Given: first(3, allotted(4, "document-x")), At: "2027-01-02", When: Close{}, Actor: keeper, Err: ErrUnfinished},
		{Name: "nobody but the keeper closes the book", Given: first(3), At: "2027-01-02", When: Close{}, Err: ErrKeeper},
		{Name: "closing again changes nothing", Given: first(3, SeriesClosed{Last: 3}), At: "2027-01-02", When: Close{}, Actor: keeper},
		{Name: "a book that is not open is not closed", When: Close{}, Actor: keeper, Err: ErrNotOpen},

		{Name: "a certificate accounts for every number and names the revision it speaks for", Given: first(3, allotted(4, ""), voided(4), allotted(5, "document-x")), When: Certify{}, Actor: keeper,
			Then: []event{GapCertificateIssued{First: 1, Last: 5, Registered: 3, Void: []int{4}, Unfinished: []int{5}, Missing: []int{}, Revision: 9}}},
		{Name: "nobody but the keeper certifies", Given: first(3), When: Certify{}, Err: ErrKeeper},
		{Name: "a book that is not open is not certified", When: Certify{}, Actor: keeper, Err: ErrNotOpen},
	}
	for i := range cases {
		if cases[i].Policy == nil {
			cases[i].Policy = policy
		}
	}
	domaintest.Run(t, Context, cases)
}

func TestGapsNameWhatWasTakenOut(t *testing.T) {
	whole := first(103, allotted(104, "document-x"), voided(104), allotted(105, "document-105"), registered(105, "document-105"))
	fold := func(events []event) Series {
		s, err := Context.Fold(Series{}, domaintest.Record(t, Context, events...))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := fold(whole); !s.Gaps().Complete() || !slices.Equal(s.Gaps().Void, []int{104}) || s.Gaps().Last != 105 || s.Numbers.At(104).Reason != "误编" {
		t.Errorf("1-105 with 104 void: %+v", s.Gaps())
	}
	at := slices.IndexFunc(whole, func(e event) bool { a, ok := e.(NumberAllotted); return ok && a.Number == 104 })
	for name, cut := range map[string][]event{
		"both events of 104":        slices.Delete(slices.Clone(whole), at, at+2),
		"the event that gave 104":   slices.Delete(slices.Clone(whole), at, at+1),
		"the event that voided 104": slices.Delete(slices.Clone(whole), at+1, at+2),
	} {
		r := fold(cut).Gaps()
		if r.Complete() || !slices.Equal(append(r.Missing, r.Unfinished...), []int{104}) {
			t.Errorf("without %s: %+v", name, r)
		}
	}
}

func TestPolicyDecides(t *testing.T) {
	allot := domaintest.Case[Series]{Policy: policy, Actor: keeper, When: Allot{Book: "收文", Year: 2026, Register: "收文登记", Item: "document-x"}}
	domaintest.Matters(t, Context, allot, "reg.series", policy["reg.series"], Scheme{Pattern: "{book}-{n}", Start: 1, Scope: "book-year"})
	domaintest.Matters(t, Context, allot, "reg.series", policy["reg.series"], Scheme{Pattern: "{book}〔{year}〕{n}号", Start: 101, Scope: "book-year"})
	domaintest.Matters(t, Context, allot, "reg.yearBasis", "calendar", "")
	void := domaintest.Case[Series]{Policy: policy, Actor: keeper, Given: first(1, allotted(2, "document-x")), When: Void{2, ""}}
	domaintest.Matters(t, Context, void, "reg.void.reason", "mandatory", "optional")
	void.When = Void{2, "误编"}
	domaintest.Matters(t, Context, void, "reg.void.by", "keeper", "director")
	domaintest.Matters(t, Context, void, "reg.books[收文登记].keeper", "registrar", "director")
	closing := domaintest.Case[Series]{Policy: policy, Actor: keeper, Given: first(1, allotted(2, "document-x")), At: "2027-01-02", When: Close{}}
	domaintest.Matters(t, Context, closing, "reg.gapless", true, false)
}

func TestNumberingIsChecked(t *testing.T) {
	for _, bad := range []string{`{"pattern":"{book}","start":1,"scope":"book-year"}`, `{"pattern":"{n}","start":0,"scope":"book-year"}`, `{"pattern":"{n}","start":1,"scope":"ever"}`} {
		if Numbering.Check([]byte(bad)) == nil {
			t.Errorf("%s is no numbering", bad)
		}
	}
	if YearBasis.Check([]byte(`"lunar"`)) == nil {
		t.Error("lunar is no year basis")
	}
}

func TestStreamFollowsFromOfficeBookAndYear(t *testing.T) {
	a := StreamOf(domaintest.NewID, "county", "收文", 2026)
	for _, other := range []string{StreamOf(domaintest.NewID, "bureau", "收文", 2026), StreamOf(domaintest.NewID, "county", "机要", 2026), StreamOf(domaintest.NewID, "county", "收文", 2027)} {
		if a == other {
			t.Errorf("two series share %s", a)
		}
	}
	if a != StreamOf(domaintest.NewID, "county", "收文", 2026) {
		t.Error("the stream of a series is not fixed")
	}
}

func TestTasks(t *testing.T) {
	r := domain.Recorded{Header: domain.Header{Stream: "register-1"}}
	open := allotted(2, "document-x").Opens(r)
	if len(open) != 1 || open[0].Stream != "document-x" || open[0].Data["series"] != "register-1" || open[0].Data["number"] != "2" {
		t.Fatalf("tasks of an allotted number: %+v", open)
	}
	for _, e := range []domain.Settles{registered(2, "document-x"), voided(2)} {
		if got := e.Settles(r); len(got) != 1 || got[0] != open[0].TaskID {
			t.Errorf("%T settles %v, want %v", e, got, open[0].TaskID)
		}
	}
	if tasks := allotted(3, "").Opens(r); tasks != nil {
		t.Errorf("a spoiled number has nobody to tell: %v", tasks)
	}
}

// Whatever is asked in whatever order, numbers run without a gap, no item has two, and what is at rest stays there.
func TestNumbersAreGivenOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, given := Series{}, map[int]string{}
		for range rapid.IntRange(1, 40).Draw(rt, "requests") {
			item := "document-" + rapid.StringMatching(`[a-e]`).Draw(rt, "item")
			n := rapid.IntRange(1, 12).Draw(rt, "number")
			var cmd domain.Command[Series]
			actor := keeper
			switch rapid.IntRange(0, 2).Draw(rt, "command") {
			case 0:
				cmd = Allot{Book: "收文", Year: 2026, Register: "收文登记", Item: item}
			case 1:
				cmd, actor = Confirm{n, item}, system
			default:
				cmd = Void{n, "误编"}
			}
			before := s.Numbers.At(n)
			events, err := domain.Decide(cmd, s, domaintest.Case[Series]{Policy: policy, Actor: actor}.Act())
			if err != nil {
				continue
			}
			for _, e := range events {
				if a, ok := e.(NumberAllotted); ok {
					if given[a.Number] != "" {
						rt.Fatalf("number %d given twice", a.Number)
					}
					given[a.Number] = a.Text
				}
				s = e.Evolve(s)
			}
			if before.State == Registered || before.State == Voided {
				if s.Numbers.At(n) != before {
					rt.Fatalf("number %d left its rest: %+v, then %+v", n, before, s.Numbers.At(n))
				}
			}
		}
		if r := s.Gaps(); len(r.Missing) > 0 || r.Last != s.Start-1+len(given) {
			rt.Fatalf("numbers %v leave a gap: %+v", given, r)
		}
		seen := map[string]bool{}
		for n, v := range s.Numbers.All() {
			if v.Item != "" && v.State != Voided {
				if seen[v.Item] {
					rt.Fatalf("%s has two numbers, one of them %d", v.Item, n)
				}
				seen[v.Item] = true
			}
		}
	})
}

func TestGolden(t *testing.T) {
	domaintest.Golden(t, Context, opened, allotted(12, "document-x"), registered(12, "document-x"), voided(13), SeriesClosed{Last: 1896},
		GapCertificateIssued{First: 1, Last: 105, Registered: 102, Void: []int{104}, Unfinished: []int{103}, Missing: []int{102}, Revision: 210},
		transcribed(7, "document-7"), NumbersWithdrawn{Numbers: []int{7, 8}, Reason: "文件选错", By: "p-2", At: when, Last: 6})
}
