package projections_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"andu/commands"
	"andu/domain"
	"andu/domain/approvals"
	"andu/domain/documents"
	"andu/domain/policy"
	"andu/domain/registers"
	"andu/projections"
	"andu/projections/directory"
	"andu/projections/inbox"
	"andu/projections/register"
	"andu/projections/series"
)

// asks is a filter of the register as a person of the office asks.
func asks(person string) register.Filter {
	return register.Filter{Office: office, Person: person, Posts: posts(person)}
}

// posts are the post of a person and its unit.
func posts(person string) []string {
	for _, s := range staff {
		if s.person == person && s.unit != "" {
			return []string{s.post, s.unit}
		} else if s.person == person {
			return []string{s.post}
		}
	}
	return nil
}

// streams are the last parts of the papers' names.
func streams(entries []register.Entry) (names []string) {
	for _, e := range entries {
		names = append(names, strings.TrimPrefix(e.Stream, "document-"))
	}
	return names
}

func TestRegister(t *testing.T) {
	t.Parallel()
	h := live(t)
	db := project(t, h, 2048).Pool
	list := func(f register.Filter) []string {
		t.Helper()
		entries, next, err := register.List(t.Context(), db, f, register.Sort{By: register.ByNumber}, "", 100)
		if err != nil || next != "" {
			t.Fatalf("%q, %v", next, err)
		}
		return streams(entries)
	}
	is := func(what string, got []string, want ...string) {
		t.Helper()
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", what, d)
		}
	}
	with := func(f register.Filter, change func(*register.Filter)) register.Filter { change(&f); return f }

	is("in the order of year, book and number, what has no number last", list(asks("p-li")),
		"flood", "budget", "visit", "ask", "secret", "repeat", "sealed")
	is("another office's register", list(register.Filter{Office: "bureau"}))

	t.Run("the entry says of each paper what its events say", func(t *testing.T) {
		for _, stream := range []string{flood, budget, secret, sealed, visit, repeat, ask} {
			d, revision, err := commands.State(t.Context(), h.Handler, documents.Context, office, stream)
			if err != nil {
				t.Fatal(err)
			}
			e, err := register.Get(t.Context(), db, office, stream)
			if err != nil {
				t.Fatal(err)
			}
			if e.State != d.Status() || e.Revision != revision || e.Title != d.Paper.Title || e.Class != d.Paper.Class || e.Due != d.Term.DueAt ||
				e.Provisional != d.Term.Provisional || e.Lead != d.Lead || !slices.Equal(e.Co, d.Co) || e.NumberText != d.Text || e.Signed != d.Signed {
				t.Errorf("%s: %+v\n%+v", stream, e, d)
			}
			copies := map[string]documents.Copy{}
			for _, c := range e.Copies {
				copies[c.Copy] = documents.Copy{State: c.State, Holder: c.Holder}
			}
			if diff := cmp.Diff(d.Copies, copies); diff != "" {
				t.Errorf("%s: %s", stream, diff)
			}
		}
		if _, err := register.Get(t.Context(), db, "bureau", flood); !errors.Is(err, domain.ErrNoStream) {
			t.Errorf("another office's paper: %v", err)
		}
	})

	t.Run("the columns of the register", func(t *testing.T) {
		e, err := register.Get(t.Context(), db, office, flood)
		if err != nil {
			t.Fatal(err)
		}
		if e.Book != "收文" || e.Year != 2026 || e.Number != 1 || e.NumberText != "收文〔2026〕1号" || e.RegisteredBy != "p-sun" || e.SignedBy != "p-sun" ||
			e.Instruction != "同意，抓紧落实。" || e.InstructedBy != "p-zhao" || e.Case != h.caseOf(flood) || e.Result != "已部署" || e.ReplyNumber != "县政办函〔2026〕3号" ||
			e.SettledAs != "办结" || e.FileCode != "2026-永久-1" || e.Closed.IsZero() || e.Filed.IsZero() || e.Action != documents.ToHandle {
			t.Errorf("%+v", e)
		}
		if want := []string{"p-li", "p-qian", "p-sun", "p-zhao", "p-zhou", "works"}; !slices.Equal(e.Persons, want) {
			t.Errorf("persons %v, want %v", e.Persons, want)
		}
		if e, err = register.Get(t.Context(), db, office, ask); err != nil || e.Urged != 1 || e.UrgedTo != "works" || e.PresentedTo != "director" || e.LeadDueOn.String() != "2026-04-13" {
			t.Errorf("%v %+v", err, e)
		}
		if e, err = register.Get(t.Context(), db, office, visit); err != nil || e.EndReason != "格式不符" || e.Open() {
			t.Errorf("%v %+v", err, e)
		}
		if e, err = register.Get(t.Context(), db, office, sealed); err != nil || e.Envelope != "机要-89" || len(e.Copies) != 3 {
			t.Errorf("%v %+v", err, e)
		}
	})

	t.Run("of a state secret who does not handle it sees number, class and holder", func(t *testing.T) {
		whole, err := register.Get(t.Context(), db, office, secret)
		if err != nil {
			t.Fatal(err)
		}
		want := register.Entry{Masked: true, Stream: secret, Series: whole.Series, Book: "机要", Year: 2026, Number: 1, NumberText: "机要〔2026〕1号", Class: domain.Secret,
			Copies: []register.Copy{{Copy: "1", State: documents.Held}, {Copy: "2", State: documents.Out, Holder: "secretary"}}}
		for _, person := range []string{"p-li", "p-zhou", ""} {
			entries, _, err := register.List(t.Context(), db, with(asks(person), func(f *register.Filter) { f.Class = domain.Secret }), register.Sort{By: register.ByNumber}, "", 9)
			if err != nil || len(entries) != 1 {
				t.Fatalf("%v %v", entries, err)
			}
			if d := cmp.Diff(want, entries[0], cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".classified" }, cmp.Ignore())); d != "" {
				t.Errorf("%s sees more or less:\n%s", person, d)
			}
			if d := cmp.Diff(whole.For(person, posts(person)), entries[0], cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".classified" }, cmp.Ignore())); d != "" {
				t.Errorf("%s sees something else in Get and For:\n%s", person, d)
			}
		}
		for _, person := range []string{"p-sun", "p-qian", "p-zhao"} { // registered it, proposed, is asked to instruct
			if whole.For(person, posts(person)).Masked {
				t.Errorf("%s handles the paper and sees only its mask", person)
			}
			if e := whole.For("somebody else at the post", posts(person)); e.Masked {
				t.Errorf("the successor of %s sees only the mask", person)
			}
		}
	})

	t.Run("no search, filter or order tells anything about a masked entry", func(t *testing.T) {
		hidden := map[string]func(*register.Filter){
			"text":    func(f *register.Filter) { f.Text = "涉密" },
			"number":  func(f *register.Filter) { f.Text = "机密〔2026〕1号" },
			"kind":    func(f *register.Filter) { f.Kind, f.Class = "通知", domain.Secret },
			"urgency": func(f *register.Filter) { f.Urgency, f.Class = "加急", domain.Secret },
			"state":   func(f *register.Filter) { f.State = documents.StatusProposed },
			"handler": func(f *register.Filter) { f.Handler = "p-qian"; f.Class = domain.Secret },
			"open":    func(f *register.Filter) { f.Open, f.Class = true, domain.Secret },
			"overdue": func(f *register.Filter) { f.OverdueAt, f.Class = h.now.AddDate(1, 0, 0), domain.Secret },
		}
		for name, change := range hidden {
			is(name+" for p-li", list(with(asks("p-li"), change)))
			is(name+" for p-zhao", list(with(asks("p-zhao"), change)), "secret")
			for person, want := range map[string]int{"p-li": 0, "p-zhao": 1} {
				if n, err := register.Count(t.Context(), db, with(asks(person), change)); err != nil || n != want {
					t.Errorf("%s: %s counts %d, %v", name, person, n, err)
				}
			}
		}
		for _, by := range []register.By{register.ByReceived, register.ByDue, register.ByTitle} {
			entries, _, err := register.List(t.Context(), db, asks("p-li"), register.Sort{By: by}, "", 9)
			if err != nil || !entries[len(entries)-1].Masked {
				t.Errorf("by %s a masked entry does not stand last: %v %v", by, streams(entries), err)
			}
		}
	})

	t.Run("search", func(t *testing.T) {
		for text, want := range map[string][]string{
			"防汛": {"flood", "repeat"}, "汛": {"flood", "repeat"}, "水防[2026]7号": {"flood", "repeat"}, "水利 请示": {"ask"}, "防汛 预算": nil,
			"下达预算": nil, "二〇二六年预算": {"budget"}, "收文〔2026〕2号": {"budget"}, "省水利厅 通知": {"flood", "budget", "repeat"}, "没有": nil,
			"ＴＯＮＧ": nil, "統計": nil, "〔〕": {"flood", "budget", "visit", "ask", "secret", "repeat", "sealed"},
		} {
			is(text, list(with(asks("p-li"), func(f *register.Filter) { f.Text = text })), want...)
		}
	})

	t.Run("filters", func(t *testing.T) {
		is("state", list(with(asks("p-li"), func(f *register.Filter) { f.State = documents.StatusAssigned })), "ask")
		is("open", list(with(asks("p-li"), func(f *register.Filter) { f.Open = true })), "budget", "ask", "sealed")
		is("lead", list(with(asks("p-li"), func(f *register.Filter) { f.Lead = "works" })), "flood", "ask")
		is("handler", list(with(asks("p-li"), func(f *register.Filter) { f.Handler = "p-zhou" })), "flood")
		is("book and number", list(with(asks("p-li"), func(f *register.Filter) { f.Book, f.Year, f.Number = "收文", 2026, 2 })), "budget")
		due, err := register.Get(t.Context(), db, office, ask)
		if err != nil {
			t.Fatal(err)
		}
		is("overdue at the instant", list(with(asks("p-li"), func(f *register.Filter) { f.OverdueAt = due.Due.Time })), "budget", "ask")
		is("not overdue before", list(with(asks("p-li"), func(f *register.Filter) { f.OverdueAt = due.Due.Add(-time.Microsecond) })))
		if !due.Overdue(due.Due.Time) || due.Overdue(due.Due.Add(-time.Microsecond)) {
			t.Error("the entry says something else than the query")
		}
	})

	running, err := register.Running(t.Context(), db, office)
	if err != nil {
		t.Fatal(err)
	}
	is("papers whose time runs", running, ask, budget, secret)

	t.Run("counts", func(t *testing.T) {
		states, err := register.CountByState(t.Context(), db, asks("p-li"))
		want := map[documents.Status]int{"": 1, documents.StatusFiled: 1, documents.StatusRegistered: 1, documents.StatusReturned: 1,
			documents.StatusAssigned: 1, documents.StatusDuplicate: 1, documents.StatusSigned: 1}
		if d := cmp.Diff(want, states); d != "" || err != nil {
			t.Errorf("%v %s", err, d)
		}
		overdue, err := register.OverdueByUrgency(t.Context(), db, asks("p-zhao"), h.now.AddDate(0, 1, 0))
		if d := cmp.Diff(map[string]int{"加急": 3}, overdue); d != "" || err != nil {
			t.Errorf("%v %s", err, d)
		}
	})

	t.Run("pages of a list join to the whole", func(t *testing.T) {
		for _, person := range []string{"p-li", "p-zhao"} {
			for _, by := range []register.By{register.ByNumber, register.ByReceived, register.ByDue, register.ByTitle} {
				for _, desc := range []bool{false, true} {
					s := register.Sort{By: by, Desc: desc}
					whole, _, err := register.List(t.Context(), db, asks(person), s, "", 100)
					if err != nil {
						t.Fatal(err)
					}
					var joined []string
					for after := ""; len(joined) < 100; {
						page, next, err := register.List(t.Context(), db, asks(person), s, after, 2)
						if err != nil {
							t.Fatal(err)
						}
						joined = append(joined, streams(page)...)
						if after = next; next == "" {
							break
						}
					}
					is(person+" by "+string(by), joined, streams(whole)...)
				}
			}
		}
		titles, _, _ := register.List(t.Context(), db, asks("p-li"), register.Sort{By: register.ByTitle}, "", 100)
		is("as a Chinese dictionary: bao, lai, xia, zuo", streams(titles), "sealed", "ask", "visit", "budget", "flood", "repeat", "secret")
	})

	t.Run("a cursor is of its own list", func(t *testing.T) {
		_, next, err := register.List(t.Context(), db, asks("p-li"), register.Sort{By: register.ByTitle}, "", 1)
		if err != nil || next == "" {
			t.Fatal(next, err)
		}
		forged := projections.Cursor(map[string]any{"Sort": register.Sort{By: register.ByDue}, "Values": []string{"soon"}, "Stream": "x"})
		for name, cursor := range map[string]string{"another order": next, "no cursor": "§", "no place": "e30", "no time": forged} {
			if _, _, err := register.List(t.Context(), db, asks("p-li"), register.Sort{By: register.ByDue}, cursor, 1); !errors.Is(err, projections.ErrCursor) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, _, err := register.List(t.Context(), db, asks("p-li"), register.Sort{By: "remarks; drop"}, "", 1); !errors.Is(err, register.ErrSort) {
			t.Error(err)
		}
	})
}

func TestInbox(t *testing.T) {
	t.Parallel()
	h := live(t)
	db := project(t, h, 2048).Pool
	book, _, err := commands.State(t.Context(), h.Handler, policy.Context, office, policy.Stream(office))
	if err != nil {
		t.Fatal(err)
	}
	asker := func(person string) inbox.Asker {
		return inbox.Asker{Office: office, Person: person, Posts: posts(person), Roles: inbox.Roles(book.Policy(office), domain.At(h.now), posts(person))}
	}
	tray := func(person string, reading bool, after string, limit int) inbox.Tray {
		t.Helper()
		tray, err := inbox.For(t.Context(), db, asker(person), reading, h.now, after, limit)
		if err != nil {
			t.Fatal(err)
		}
		return tray
	}
	row := func(i inbox.Item) string {
		return string(i.Kind) + " " + strings.TrimPrefix(i.Subject, "document-") + "|" + i.Title
	}
	is := func(person string, reading bool, want ...string) {
		t.Helper()
		var got []string
		for _, i := range tray(person, reading, "", 100).Items {
			got = append(got, row(i))
		}
		slices.Sort(got)
		slices.Sort(want)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s, reading %t (-want +got):\n%s", person, reading, d)
		}
	}
	is("p-sun", false, "register sealed|")
	is("p-qian", false, "propose budget|关于下达二〇二六年预算的通知", "decide |关于印发办法的请示")
	is("p-zhao", false, "decide |关于印发办法的请示", "decide secret|")
	is("p-zhou", false, "lead ask|关于报送统计资料的请示")
	is("p-li", false, "co ask|关于报送统计资料的请示")
	is("p-zhao", true, "presented ask|关于报送统计资料的请示", "circulate flood|关于做好防汛工作的通知")
	is("p-qian", true, "copy secret|")
	is("p-aud", false)

	lead := tray("p-zhou", false, "", 9).Items[0]
	if lead.Urged != 2 || lead.Due.Format(time.RFC3339) != "2026-04-13T16:00:00Z" || lead.Post != "works" || lead.Case != "" || lead.Revision != 8 {
		t.Errorf("%+v", lead)
	}
	overdue, err := inbox.For(t.Context(), db, asker("p-zhou"), false, lead.Due.Time, "", 9)
	if err != nil || overdue.Counts != (inbox.Counts{ToDo: 1, Overdue: 1}) || !lead.Overdue(lead.Due.Time) {
		t.Errorf("%+v %v", overdue.Counts, err)
	}
	if c := tray("p-zhao", false, "", 1).Counts; c != (inbox.Counts{ToDo: 2, ToRead: 2}) {
		t.Errorf("%+v", c)
	}
	first := tray("p-zhao", false, "", 1)
	rest := tray("p-zhao", false, first.Next, 1)
	if len(first.Items) != 1 || len(rest.Items) != 1 || row(first.Items[0]) == row(rest.Items[0]) || rest.Next != "" {
		t.Errorf("%+v\n%+v", first, rest)
	}
	if _, err := inbox.For(t.Context(), db, asker("p-zhao"), false, h.now, "§", 1); !errors.Is(err, projections.ErrCursor) {
		t.Error(err)
	}

	var acts []string
	for after := ""; len(acts) < 100; {
		done, next, err := inbox.DoneBy(t.Context(), db, office, "p-zhao", after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range done {
			acts = append(acts, strings.Join([]string{d.Act, d.Decision, strings.TrimPrefix(d.Subject, "document-"), d.Title}, " "))
		}
		if after = next; next == "" {
			break
		}
	}
	if d := cmp.Diff([]string{"approval.step-entrusted   关于印发办法的请示", "approval.returned-to-step returned  关于印发办法的请示",
		"approval.instruction-written instructed flood 关于做好防汛工作的通知"}, acts); d != "" {
		t.Error(d)
	}

	// What is decided or done leaves every tray.
	c, revision, err := commands.State(t.Context(), h.Handler, approvals.Context, office, request)
	if err != nil {
		t.Fatal(err)
	}
	st, _ := c.Current()
	do(h, "p-qian", approvals.Context, request, approvals.Approve{Step: st.No, Text: "同意", Shown: approvals.Shown{Case: revision, Digest: c.Digest}})
	h.paper("p-qian", ask, documents.Suspend{Reason: "等待补充材料"})
	db = project(t, h, 2048).Pool
	is("p-qian", false, "propose budget|关于下达二〇二六年预算的通知")
	is("p-zhao", false, "decide secret|")
	is("p-zhou", false) // suspended
	h.paper("p-qian", ask, documents.Resume{})
	h.paper("p-zhou", ask, documents.Report{Text: "已报送"})
	db = project(t, h, 2048).Pool
	is("p-zhou", false, "close ask|关于报送统计资料的请示")
	is("p-li", false, "co ask|关于报送统计资料的请示")
	h.paper("p-zhou", ask, documents.Close{Code: "settled"})
	db = project(t, h, 2048).Pool
	is("p-zhou", false)
	is("p-li", false)
	is("p-sun", false, "register sealed|", "file ask|关于报送统计资料的请示")
	is("p-zhao", true, "circulate flood|关于做好防汛工作的通知")
	h.paper("p-qian", ask, documents.Reopen{Reason: "补充"})
	db = project(t, h, 2048).Pool
	is("p-zhou", false, "lead ask|关于报送统计资料的请示")
	is("p-sun", false, "register sealed|")

	// The title of a state secret is not kept from the first event on.
	h.paper("p-sun", documents.Context.Stream("fresh"), documents.Receive{Arrival: documents.Arrival{Copies: 1},
		Paper: documents.Paper{SourceOrgans: []string{"省水利厅"}, Title: "涉密", Class: domain.Confidential}})
	db = project(t, h, 2048).Pool
	is("p-sun", false, "register sealed|", "register fresh|")
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	h := live(t)
	db := project(t, h, 2048).Pool
	d, err := directory.Names(t.Context(), db, office)
	if err != nil {
		t.Fatal(err)
	}
	today := domain.DateOf(h.now, zone)
	names := func(people []directory.Person) (list []string) {
		for _, p := range people {
			list = append(list, p.Name)
		}
		return list
	}
	for what, got := range map[string][2]string{
		"office":                {d.Office.Name, "县政府办公室"},
		"a renamed person":      {d.Name("p-qian"), "钱朵"},
		"a person with no name": {d.Name("p-sec"), "p-sec"},
		"a changed post":        {d.Name("finance-head"), "财务股长"},
		"a unit":                {d.Name("finance"), "finance股"},
		"an organ":              {d.Name("water"), "省水利厅"},
		"a merged organ":        {d.Name("old-water"), "省水电厅"},
		"where it went":         {d.Organ("old-water").Into, "water"},
		"who is not known":      {d.Name("p-nobody"), "p-nobody"},
		"the vacated post":      {strings.Join(d.Holders("finance-head", today), ","), "p-zhou"},
		"a post":                {strings.Join(d.Holders("director", today), ","), "p-zhao"},
		"before anybody came":   {strings.Join(d.Holders("director", today.Add(-1)), ","), ""},
		"an officer":            {strings.Join(d.Holders("auditor", today), ","), "p-aud"},
		"what he acts for":      {strings.Join(d.StandsFor("p-zhou", today), ","), "finance-head,finance,works-head,works"},
		"in charge":             {d.InCharge("director", today)[0].Matter, "papers"},
		"pinyin":                {strings.Join(names(d.People(directory.ByPinyin, today)), ""), "李四光钱朵孙立赵一鸣周正p-audp-secp-sys"},
		"stroke":                {strings.Join(names(d.People(directory.ByStroke, today)), ""), "孙立李四光周正赵一鸣钱朵p-audp-secp-sys"},
		"rank":                  {strings.Join(names(d.People(directory.ByRank, today))[:6], ""), "周正赵一鸣孙立钱朵李四光p-aud"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: got %q, want %q", what, got[0], got[1])
		}
	}
	if n := len(d.Posts()); n != 5 {
		t.Errorf("%d posts", n)
	}
	if n := len(d.Officers()); n != 3 {
		t.Errorf("%d officers", n)
	}
}

func TestSeries(t *testing.T) {
	t.Parallel()
	h := live(t)
	db := project(t, h, 2048).Pool
	list, err := series.List(t.Context(), db, office)
	if err != nil || len(list) != 2 || list[0].Book != "机要" || list[1].Book != "收文" {
		t.Fatalf("%+v %v", list, err)
	}
	s, err := series.Find(t.Context(), db, office, "收文", 2026)
	if err != nil || s != list[1] || s.Registered != 4 || s.Void != 1 || s.Unfinished != 0 || s.Missing() != 0 || s.Last != 5 {
		t.Errorf("%+v %v", s, err)
	}
	state, _, err := commands.State(t.Context(), h.Handler, registers.Context, office, s.Stream)
	if err != nil {
		t.Fatal(err)
	}
	gaps, err := series.Gaps(t.Context(), db, office, s.Stream)
	if d := cmp.Diff(state.Gaps(), gaps); d != "" || err != nil {
		t.Errorf("%v %s", err, d)
	}
	numbers, err := series.Numbers(t.Context(), db, office, s.Stream, 3, 10)
	if err != nil || len(numbers) != 2 || numbers[0].Item != ask || numbers[1].State != registers.Voided || numbers[1].Reason != "误盖编号" || numbers[1].By != "p-sun" {
		t.Errorf("%+v %v", numbers, err)
	}
	certificates, err := series.Certificates(t.Context(), db, office, s.Stream)
	if err != nil || len(certificates) != 1 || certificates[0].Registered != 4 || !slices.Equal(certificates[0].Void, []int{5}) || certificates[0].By != "p-sun" {
		t.Errorf("%+v %v", certificates, err)
	}
	if _, err := series.Get(t.Context(), db, "bureau", s.Stream); !errors.Is(err, domain.ErrNoStream) {
		t.Error(err)
	}
	if numbers, err := series.Numbers(t.Context(), db, "bureau", s.Stream, 0, 10); err != nil || len(numbers) != 0 {
		t.Errorf("another office's numbers: %v %v", numbers, err)
	}
	// A row that is taken out of the database is a gap.
	if _, err := db.Exec(t.Context(), `delete from `+series.Projection.Table("number")+` where n = 3`); err != nil {
		t.Fatal(err)
	}
	if gaps, err := series.Gaps(t.Context(), db, office, s.Stream); err != nil || !slices.Equal(gaps.Missing, []int{3}) {
		t.Errorf("%+v %v", gaps, err)
	}
}
