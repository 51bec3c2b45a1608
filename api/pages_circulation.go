package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"andu/commands"
	"andu/domain"
	"andu/domain/circulation"
	"andu/domain/documents"
	"andu/projections/register"
	"andu/projections/slips"
)

// circulationPages are the pages of papers that go round. The acts upon a slip are the forms of slipActs.
func (a *API) circulationPages() {
	work := commands.Work
	a.page(http.MethodGet, "/desk/circulation", work, "Where every paper that goes round is (传阅看板)", a.circulationPage)
	a.page(http.MethodGet, "/desk/circulation/new", work, "The form to start a circulation", func(w http.ResponseWriter, r *http.Request) { a.circulateNew(w, r, nil) })
	a.page(http.MethodPost, "/desk/circulation", work, "Start a circulation by the form", a.circulateForm)
	recordPages(a, "/desk/circulation/{id}", "circulation", work, "One slip (传阅单): its readers, what can be done", openSlip, (*slipView).build, slipActs)
}

// readerState is where a reader stands, in words.
func (d *desk) readerState(s circulation.State) (text, tone string) {
	switch s {
	case circulation.Planned:
		return d.t("待送", "to come"), ""
	case circulation.Delivered:
		return d.t("已送达", "handed over"), "ochre"
	case circulation.Opened:
		return d.t("阅看中", "reading"), "azure"
	case circulation.Signed:
		return d.t("已阅", "has read"), "green"
	case circulation.Skipped:
		return d.t("暂缺，后补", "away, reads later"), "ochre"
	case circulation.PassedBy:
		return d.t("略过", "passed by"), ""
	case circulation.Recalled:
		return d.t("已收回", "taken back"), "seal"
	}
	return d.word(string(s)), ""
}

// slipState is where a slip stands, in words.
func (d *desk) slipState(state string) (text, tone string) {
	switch state {
	case slips.Completed:
		return d.t("已传毕", "all have read"), "green"
	case slips.Stopped:
		return d.t("已停止", "stopped"), "seal"
	case slips.Returned:
		return d.t("已收回", "back"), "green"
	case slips.Counted:
		return d.t("已清点", "counted"), "green"
	}
	return d.t("传阅中", "going round"), "azure"
}

const slipsPage = 40

// circulationPage is the board: with whom each paper is and since when, who reads next. What a reader has kept too long
// stands on top, in vermilion.
func (a *API) circulationPage(w http.ResponseWriter, r *http.Request) {
	type row struct {
		listRow
		State, Tone, Holder, Since, Waiting, Copy string
		Read, All                                 int
	}
	type data struct {
		View, Next string
		Rows       []row
		Clerk      bool
	}
	a.view(w, r, "circulations", func(d *desk) (*frame, error) {
		f, err := d.frame(d.t("传阅", "Circulation"))
		if err != nil {
			return nil, err
		}
		out := data{View: r.URL.Query().Get("view")}
		f.Data = &out
		skip, err := whole(r.URL.Query().Get("after"))
		if err != nil {
			return nil, problemInvalid
		}
		want := slips.Filter{Office: d.who.Office, Going: out.View != "all", Late: out.View == "late", Now: domain.At(d.now)}
		if out.View == "mine" {
			want.With = d.who.Person
		}
		list, err := slips.List(d.ctx, a.cfg.Read.Pool, want, skip, slipsPage+1)
		if err != nil {
			return nil, err
		}
		if len(list) > slipsPage {
			list, out.Next = list[:slipsPage], turned(r, "after", strconv.Itoa(skip+slipsPage))
		}
		var streams []string
		for _, s := range list {
			streams = append(streams, s.Document)
		}
		papers, err := d.papersRead(streams, func(document string) bool {
			return slices.ContainsFunc(list, func(s slips.Slip) bool {
				return s.Document == document && slices.ContainsFunc(s.Readers, func(r slips.Reader) bool { return r.Person == d.who.Person })
			})
		})
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			one := row{listRow: listRow{Href: "/desk/circulation/" + idOf(s.Stream), Class: s.Class, Masked: s.Class.Classified()}, Copy: s.Copy, All: len(s.Readers)}
			if e, ok := papers[s.Document]; ok {
				d.fillRow(&one.listRow, e)
			}
			one.Masked = one.Masked && !slices.ContainsFunc(s.Readers, func(r slips.Reader) bool { return r.Person == d.who.Person })
			if one.Masked || one.Title == "" {
				one.Title = d.t("（内容只对经办人员显示）", "(for those who handle it)")
			}
			if s.Class.Classified() {
				one.Class = s.Class
			}
			one.State, one.Tone = d.slipState(s.State)
			var holders, waiting []string
			var since domain.Instant
			for _, r := range s.Readers {
				switch {
				case r.Has():
					holders = append(holders, d.name(r.Person))
					if one.Due.Text == "" && s.State == slips.Open {
						one.Due, since = d.due(r.Due), r.Since
					}
				case r.State == circulation.Signed:
					one.Read++
				case (r.State == circulation.Planned || r.State == circulation.Skipped) && !one.Masked:
					waiting = append(waiting, d.name(r.Person))
				}
			}
			one.Holder, one.Waiting = d.list(holders), d.list(waiting)
			if !since.IsZero() && len(holders) == 1 {
				one.Since = d.at(since)
			}
			if len(holders) == 0 {
				one.Holder = d.t("在收文处", "in the registry")
			}
			out.Rows = append(out.Rows, one)
		}
		out.Clerk, err = d.circulates()
		return f, err
	})
}

// papersRead are papers as the asker may see them: whoever reads one is shown it as who handles it.
func (d *desk) papersRead(streams []string, reads func(document string) bool) (map[string]register.Entry, error) {
	all, err := register.All(d.ctx, d.cfg.Read.Pool, d.who.Office, streams...)
	if err != nil {
		return nil, err
	}
	posts, err := d.posts(d.ctx, d.who)
	for s, e := range all {
		if !reads(s) {
			all[s] = e.For(d.who.Person, posts)
		}
	}
	return all, err
}

// list names at most four, and how many more there are.
func (d *desk) list(names []string) (text string) {
	for i, n := range names {
		if i == 4 {
			return text + fmt.Sprintf(d.t(" 等 %d 人", " and %d altogether"), len(names))
		}
		if i > 0 {
			text += d.word("、")
		}
		text += n
	}
	return text
}

// circulates tells whether the asker acts from the post that runs circulation (rcv.distribution).
func (d *desk) circulates() (bool, error) {
	p, err := d.policy()
	v, ok := p.At(documents.Distribution.Name, domain.At(d.now))
	var post string
	return ok && !v.Blank && json.Unmarshal(v.Value, &post) == nil && post != "" && post == d.who.Post, err
}

// circulateNew is the form to start a circulation, of a paper that is named or chosen.
func (a *API) circulateNew(w http.ResponseWriter, r *http.Request, problem *Problem) {
	a.view(w, r, "ask", func(d *desk) (*frame, error) {
		f, err := d.frame(d.t("发起传阅", "Start a circulation"))
		if err != nil {
			return nil, err
		}
		given := circulation.Start{Document: r.URL.Query().Get("paper")}
		filter, _, err := a.filter(d.ctx, registerQuery{Open: true, Sort: "-received"})
		if err != nil {
			return nil, err
		}
		open, _, err := register.List(d.ctx, a.cfg.Read.Pool, filter, register.Sort{By: register.By("received"), Desc: true}, "", 100)
		if err != nil {
			return nil, err
		}
		papers := []option{}
		copies := []option{}
		for _, e := range open {
			if e.Masked && e.Stream != given.Document {
				continue
			}
			papers = append(papers, option{ID: e.Stream, Name: e.NumberText + " " + e.Title})
			if e.Stream == given.Document {
				for _, c := range e.Copies {
					copies = append(copies, option{ID: c.Copy, Name: c.Copy})
				}
			}
		}
		with := fill{problem: problem,
			options: func(name string) []option {
				switch name {
				case "document":
					return papers
				case "copy":
					if given.Document != "" {
						return copies
					}
				case "readers":
					return d.readers()
				}
				return nil
			},
			change: func(f *field) bool {
				switch f.Name {
				case "document":
					f.Width = ""
				case "copy":
					f.Hint = d.t("不填即电子阅看", "left out: it is read electronically")
				}
				return true
			}}
		if problem != nil {
			with.values, f.Refusal = r.PostForm, d.refusal(problem)
		}
		start := formOf(d, given, "start", "/desk/circulation", d.t("发起传阅", "Start it"), with)
		start.Primary, start.After = true, d.t("次序和每人的时限按制度确定；送到之时核对范围和涉密等级。", "The order and each reader's time follow from the rules; scope and clearance are checked at the moment of handing over.")
		f.Data = start
		return f, nil
	})
}

// readers are the persons to whom a paper can go.
func (d *desk) readers() (list []option) {
	for _, p := range d.names.People("rank", d.today) {
		if p.Officer == "" {
			list = append(list, option{ID: p.ID, Name: p.Name})
		}
	}
	return list
}

func (a *API) circulateForm(w http.ResponseWriter, r *http.Request) {
	if !readForm(w, r) {
		a.refusePage(w, r, problemMalformed)
		return
	}
	out, err := carryOut(a, r, a.cfg.Handler.Zone, circulation.Context, circulation.Command(circulation.Start{}), func(req commands.Request, _ circulation.Command) string {
		return circulation.Context.Stream(commands.NewID(req.Command, circulation.Context.Name))
	})
	if err != nil {
		a.circulateNew(w, r, a.asProblem(r.Context(), err))
		return
	}
	a.recorded(w, r, out, "/desk/circulation/"+out.Body.ID)
}

// slipView is one slip before the asker.
type slipView struct {
	*record[circulation.Slip]
	entry  register.Entry
	clerks bool // the asker runs circulation
	reads  bool // the asker is on the slip
}

func openSlip(a *API, r *http.Request) (*slipView, error) {
	rec, err := openRecord(a, r, circulation.Context)
	if err != nil {
		return nil, err
	}
	v := &slipView{record: rec, reads: slices.ContainsFunc(rec.state.Readers, func(r circulation.Reader) bool { return r.Person == rec.who.Person })}
	papers, err := v.papersRead([]string{v.state.Document}, func(string) bool { return v.sees || v.reads })
	if err != nil {
		return nil, err
	}
	v.entry = papers[v.state.Document]
	v.sees = v.entry.Stream != "" && !v.entry.Masked
	v.clerks, err = v.circulates()
	return v, err
}

func (v *slipView) href() string { return "/desk/circulation/" + idOf(v.stream) }

// holder is the first reader who has the paper; waiting the first who waits for it.
func (v *slipView) holder() string {
	for _, r := range v.state.Readers {
		if r.State == circulation.Delivered || r.State == circulation.Opened {
			return r.Person
		}
	}
	return ""
}

func (v *slipView) waiting() string {
	for _, state := range []circulation.State{circulation.Planned, circulation.Skipped} {
		for _, r := range v.state.Readers {
			if r.State == state {
				return r.Person
			}
		}
	}
	return ""
}

// current is who has the paper, or else whose turn it is.
func (v *slipView) current() string {
	if person := v.holder(); person != "" {
		return person
	}
	return v.waiting()
}

// slipActs are the acts upon a slip, in the order of its life.
var slipActs = []recordAct[*slipView]{
	upon("openings", "开始阅看", "Begin to read", func(*slipView) circulation.Command { return circulation.MarkOpened{} }),
	upon("signatures", "已阅", "Sign that it is read", func(*slipView) circulation.Command { return circulation.Sign{} }),
	upon("deliveries", "送阅", "Hand it over", func(v *slipView) circulation.Command { return circulation.Deliver{Person: v.waiting()} }),
	upon("extracts", "摘录、抽阅", "Take an extract", func(*slipView) circulation.Command { return circulation.TakeExtract{} }),
	upon("extracts/returns", "收回摘录、抽阅件", "Take an extract back", func(v *slipView) circulation.Command {
		for _, o := range v.extracts() {
			return circulation.ReturnExtract{Extract: o.ID}
		}
		return circulation.ReturnExtract{}
	}),
	upon("return", "收回传阅单", "Take slip and copy back", func(*slipView) circulation.Command { return circulation.Return{} }),
	upon("counts", "清点", "Count what came back", func(*slipView) circulation.Command { return circulation.Count{Whole: true} }),
	upon("urgings", "催阅", "Urge", func(v *slipView) circulation.Command { return circulation.Urge{Person: v.holder()} }),
	upon("skips", "略过", "Pass a reader by", func(v *slipView) circulation.Command { return circulation.Skip{Person: v.current()} }),
	upon("recalls", "从阅件人收回", "Take it back from a reader", func(v *slipView) circulation.Command { return circulation.Recall{Person: v.holder()} }),
	upon("readers", "增加阅件人", "Add a reader", func(*slipView) circulation.Command { return circulation.AddReader{} }),
	upon("stop", "停止传阅", "Stop the circulation", func(*slipView) circulation.Command { return circulation.Stop{} }),
}

// readersIn are the readers in one of the states.
func (v *slipView) readersIn(states ...circulation.State) []option {
	list := []option{}
	for _, r := range v.state.Readers {
		if slices.Contains(states, r.State) {
			list = append(list, option{ID: r.Person, Name: v.name(r.Person)})
		}
	}
	return list
}

// extracts are those that are out, the first taken first.
func (v *slipView) extracts() (list []option) {
	for _, e := range v.events {
		if x, ok := e.Event.(circulation.ExtractTaken); ok && v.state.Extracts[x.Extract] != "" {
			list = append(list, option{ID: x.Extract, Name: v.name(x.Reader) + v.t("：", ": ") + x.Part})
		}
	}
	return list
}

func (v *slipView) choices(act, name string) []option {
	switch act + " " + name {
	case "extracts/returns extract":
		return v.extracts()
	case "deliveries person":
		return v.readersIn(circulation.Planned, circulation.Skipped)
	case "urgings person", "recalls person":
		return v.readersIn(circulation.Delivered, circulation.Opened)
	case "skips person":
		return v.readersIn(circulation.Planned, circulation.Delivered, circulation.Opened)
	case "readers person":
		return slices.DeleteFunc(v.readers(), func(o option) bool {
			return slices.ContainsFunc(v.state.Readers, func(r circulation.Reader) bool { return r.Person == o.ID })
		})
	}
	return nil
}

func (v *slipView) suit(act string, f *field) bool {
	if f.Name == "person" {
		f.Fixed = act != "readers"
		f.Label = v.t("阅件人", "reader")
	}
	return true
}

func (v *slipView) leaves(act string, why *domain.Refusal) bool {
	switch act {
	case "openings", "signatures":
		return !v.reads
	case "extracts":
		return !v.reads || why.Kind == domain.Conflict
	case "deliveries":
		return !v.clerks && !v.reads || why.Code == circulation.ErrOver.Code
	}
	return !v.clerks || why.Code == circulation.ErrOver.Code || why.Code == circulation.ErrOpen.Code || why.Code == circulation.ErrNotReturned.Code
}

func (v *slipView) next() []string {
	return []string{"openings", "signatures", "deliveries", "return", "counts"}
}

// slipLine is one reader as the paper form has it.
type slipLine struct {
	No                                                       int
	Name, Post, State, Tone, Handed, Opened, Signed, Opinion string
	Due                                                      due
}

// readerLines read the slip off its events.
func (v *slipView) readerLines() (lines []slipLine) {
	at := map[string]int{}
	for i, r := range v.state.Readers {
		l := slipLine{No: i + 1, Name: v.name(r.Person)}
		l.State, l.Tone = v.readerState(r.State)
		if (r.State == circulation.Delivered || r.State == circulation.Opened) && !v.state.Stopped {
			l.Due = v.due(r.Due)
		}
		for _, p := range v.names.PostsOf(r.Person, v.today) {
			l.Post = p.Title
			break
		}
		at[r.Person] = i
		lines = append(lines, l)
	}
	of := func(person string) *slipLine {
		if i, ok := at[person]; ok {
			return &lines[i]
		}
		return &slipLine{}
	}
	for _, e := range v.events {
		switch x := e.Event.(type) {
		case circulation.CopyHandedTo:
			of(x.Reader).Handed = v.at(e.OccurredAt)
		case circulation.CopyOpened:
			of(x.Reader).Opened = v.at(e.OccurredAt)
		case circulation.ReaderSigned:
			of(x.Reader).Signed, of(x.Reader).Opinion = v.at(e.OccurredAt), x.Opinion
		case circulation.ReaderSkipped:
			of(x.Reader).Opinion = x.Reason
		case circulation.CopyRecalled:
			of(x.Reader).Opinion = x.Reason
		}
	}
	return lines
}

// build makes the page of one slip, as it prints. Who neither reads nor handles a classified paper is shown its number, its
// class and who has it.
func (v *slipView) build() (*frame, error) {
	type data struct {
		Masked                                                                   bool
		Row                                                                      listRow
		Class                                                                    domain.Class
		Holder, State, Tone, Order, Copy, Authority, Started, Back, Counted, Why string
		Readers                                                                  []slipLine
		Read                                                                     int
		Lines                                                                    []line
		Acts                                                                     actList
	}
	f, err := v.frame(v.t("传阅单", "Circulation slip"))
	if err != nil {
		return nil, err
	}
	out := data{Masked: !v.sees, Class: v.state.Class, Holder: v.name(v.holder()), Copy: v.state.Copy}
	out.Row.Number = v.entry.NumberText
	if out.Holder == "" {
		out.Holder = v.t("在收文处", "in the registry")
	}
	f.Data = &out
	if out.Masked {
		f.Sub = out.Row.Number
		return f, nil
	}
	v.fillRow(&out.Row, v.entry)
	out.Row.Href = v.pageOf(v.state.Document)
	f.Sub = out.Row.Number
	state := slips.Open
	for _, e := range v.events {
		switch x := e.Event.(type) {
		case circulation.Started:
			out.Authority, out.Started = x.Authority, v.date(v.on(e.OccurredAt))
		case circulation.Completed:
			state = slips.Completed
		case circulation.Stopped:
			state, out.Why = slips.Stopped, x.Reason
		case circulation.Returned:
			state, out.Back = slips.Returned, v.at(e.OccurredAt)
		case circulation.CopyCounted:
			state, out.Counted = slips.Counted, v.name(e.Actor.Person)+" "+v.at(e.OccurredAt)
			if !x.Whole {
				out.Counted += v.t("，缺：", ", missing: ") + x.Note
			}
		}
	}
	out.State, out.Tone = v.slipState(state)
	out.Order = v.t("按职务依次传阅", "one after another, by rank")
	if v.state.Order == circulation.AtOnce {
		out.Order = v.t("同时分送", "to all at once")
	}
	out.Readers = v.readerLines()
	for _, r := range v.state.Readers {
		if r.State == circulation.Signed {
			out.Read++
		}
	}
	out.Lines = v.history(f)
	out.Acts, err = possible(v, slipActs)
	return f, err
}

// tellCirculation tells how a paper goes round.
func (d *desk) tellCirculation(l *line, event any) {
	t, fact := d.t, l.fact
	switch e := event.(type) {
	case circulation.Started:
		l.Text = t("发起传阅，阅件人：", "goes round among ") + d.nameAll(e.Readers)
		fact(t("依据 ", "by authority of "), e.Authority)
		fact(t("份号 ", "copy "), e.Copy)
	case circulation.ReaderAdded:
		l.Text = t("增加阅件人 ", "reader added: ") + d.name(e.Person)
		fact(t("依据 ", "by authority of "), e.Authority)
	case circulation.CopyHandedTo:
		l.Text = t("送 ", "handed to ") + d.name(e.Reader) + t(" 阅", "")
		fact(t("最迟 ", "by "), d.limit(e.Due))
	case circulation.CopyMoved:
		l.Text = fmt.Sprintf(t("第 %s 号回到传阅经办人手中", "copy %s is back with the clerk"), e.Copy)
		switch {
		case e.Home:
			l.Text = fmt.Sprintf(t("第 %s 号回到收文处", "copy %s is back in the registry"), e.Copy)
		case e.To != "":
			l.Text = fmt.Sprintf(t("第 %s 号在 %s 手中", "copy %s is with %s"), e.Copy, d.name(e.To))
		}
	case circulation.ExtractTaken:
		l.Text = d.name(e.Reader) + t(" 摘录、抽阅：", " took an extract: ") + e.Part
		fact(t("事由 ", "purpose: "), e.Purpose)
		fact(t("批准依据 ", "by approval "), e.Approval)
	case circulation.ExtractReturned:
		l.Tone, l.Text = "green", d.name(e.Reader)+t(" 的摘录、抽阅件交回", " gave an extract back")
	case circulation.CopyOpened:
		l.Text = d.name(e.Reader) + t(" 开始阅看", " began to read")
	case circulation.ReaderSigned:
		l.Tone, l.Text, l.Quote = "green", d.name(e.Reader)+t(" 已阅", " has read it"), e.Opinion
	case circulation.ReaderSkipped:
		l.Tone, l.Text, l.Quote = "ochre", d.name(e.Reader)+t(" 暂缺，略过", " is away and passed by"), e.Reason
		if e.ReturnLater {
			fact("", t("传毕之前补阅", "reads before the end"))
		}
	case circulation.CopyRecalled:
		l.Tone, l.Text, l.Quote = "seal", t("从 ", "taken back from ")+d.name(e.Reader)+t(" 收回", ""), e.Reason
	case circulation.Urged:
		l.Tone, l.Text, l.Quote = "ochre", t("催 ", "urged: ")+d.name(e.Reader), e.Note
		fact(t("已过时限 ", "the time was over at "), d.limit(e.Overdue))
	case circulation.Completed:
		l.Tone, l.Text = "green", fmt.Sprintf(t("传阅完毕，共 %d 人", "everybody has read it, %d in all"), e.Readers)
	case circulation.Stopped:
		l.Tone, l.Text, l.Quote = "seal", t("停止传阅", "stopped"), e.Reason
	case circulation.Returned:
		l.Tone, l.Text = "green", t("传阅单和文件收回", "slip and copy are back")
	case circulation.CopyCounted:
		l.Tone, l.Text = "green", t("清点无缺", "counted: everything is there")
		if !e.Whole {
			l.Tone, l.Text = "seal", t("清点有缺：", "counted, missing: ")+e.Note
		}
	}
}
