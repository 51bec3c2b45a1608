package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"andu/commands"
	"andu/domain"
	"andu/domain/approvals"
	"andu/domain/documents"
	"andu/projections/inbox"
)

// approvalPages are the pages of cases. The acts upon a case are the forms of caseActs.
func (a *API) approvalPages() {
	work := commands.Work
	a.page(http.MethodGet, "/desk/approvals", work, "What waits for one's decision, and what one decided", a.casesPage)
	a.page(http.MethodGet, "/desk/approvals/new", work, "The form to ask for an approval", func(w http.ResponseWriter, r *http.Request) { a.askPage(w, r, nil) })
	a.page(http.MethodPost, "/desk/approvals", work, "Ask for an approval by the form", a.askForm)
	recordPages(a, "/desk/approvals/{id}", "approval", work, "One case: its steps, its opinions, what can be done", openCase, (*caseView).build, slices.Concat(caseActs, []recordAct[*caseView]{correctionAct}))
}

func (a *API) casesPage(w http.ResponseWriter, r *http.Request) {
	type data struct {
		View, Next string
		Rows       []listRow
		Done       []doneRow
		Waiting    int
	}
	a.view(w, r, "approvals", func(d *desk) (*frame, error) {
		f, err := d.frame(d.t("审批", "Approvals"))
		if err != nil {
			return nil, err
		}
		out := data{View: r.URL.Query().Get("view")}
		f.Data = &out
		tray, err := d.tray(false, "", 200)
		if err != nil {
			return nil, err
		}
		cases := slices.DeleteFunc(tray.Items, func(i inbox.Item) bool { return i.Case == "" })
		out.Waiting = len(cases)
		if out.View == "done" {
			all, next, err := d.doneRows(r.URL.Query().Get("after"), 60)
			if err != nil {
				return nil, err
			}
			out.Done = slices.DeleteFunc(all, func(i doneRow) bool { return !strings.HasPrefix(i.Href, "/desk/approvals/") })
			if next != "" {
				out.Next = turned(r, "after", next)
			}
			return f, nil
		}
		out.Rows, err = d.trayRows(cases)
		return f, err
	})
}

// matters are the kinds of cases that the office's authority table names, apart from those that papers open by themselves.
func (d *desk) matters() ([]option, error) {
	p, err := d.policy()
	if err != nil {
		return nil, err
	}
	list := []option{}
	for key := range p.Provisions {
		kind, ok := strings.CutPrefix(key, "apr.authority[")
		kind, field, _ := strings.Cut(kind, "]")
		if v, in := p.At(key, domain.At(d.now)); !ok || !in || v.Blank || field != ".signer" && field != ".body" {
			continue
		}
		if kind == documents.Proposal || kind == documents.Instruction || slices.ContainsFunc(list, func(o option) bool { return o.ID == kind }) {
			continue
		}
		list = append(list, option{ID: kind, Name: kind})
	}
	slices.SortFunc(list, func(x, y option) int { return strings.Compare(x.ID, y.ID) })
	return list, nil
}

func (a *API) askPage(w http.ResponseWriter, r *http.Request, problem *Problem) {
	a.view(w, r, "ask", func(d *desk) (*frame, error) {
		f, err := d.frame(d.t("报请审批", "Ask for an approval"))
		if err != nil {
			return nil, err
		}
		kinds, err := d.matters()
		if err != nil {
			return nil, err
		}
		p, err := d.policy()
		if err != nil {
			return nil, err
		}
		back := fill{problem: problem,
			options: func(name string) []option {
				switch name {
				case "kind":
					return kinds
				case "class":
					return d.policyOptions(p, documents.Classes.Name, "")
				}
				return nil
			},
			change: func(f *field) bool {
				switch f.Name {
				case "title":
					f.Kind, f.Width = "text", ""
				case "form":
					f.Options = []option{{ID: "written"}, {ID: "oral"}}
				}
				return !slices.Contains([]string{"subject", "revision", "digest", "applicant"}, f.Name)
			}}
		if problem != nil {
			back.values, f.Refusal = r.PostForm, d.refusal(problem)
		}
		ask := formOf(d, approvals.OpenCase{}, "ask", "/desk/approvals", d.t("报请审批", "Ask"), back)
		ask.Primary, ask.After = true, d.t("由谁审批，按权限表确定。", "Who decides follows from the authority table.")
		f.Data = ask
		return f, nil
	})
}

func (a *API) askForm(w http.ResponseWriter, r *http.Request) {
	if !readForm(w, r) {
		a.refusePage(w, r, problemMalformed)
		return
	}
	out, err := carryOut(a, r, a.cfg.Handler.Zone, approvals.Context, approvals.OpenCase{}, func(req commands.Request, _ approvals.Command) string {
		return approvals.Context.Stream(commands.NewID(req.Command, approvals.Context.Name))
	})
	if err != nil {
		a.askPage(w, r, a.asProblem(r.Context(), err))
		return
	}
	a.recorded(w, r, out, "/desk/approvals/"+out.Body.ID)
}

// caseView is one case before the asker.
type caseView struct {
	*record[approvals.Case]
	opened approvals.Opened
	route  approvals.RouteResolved
	step   approvals.Step
	rules  domain.Policy
}

func openCase(a *API, r *http.Request) (*caseView, error) {
	rec, err := openRecord(a, r, approvals.Context)
	if err != nil {
		return nil, err
	}
	if !rec.sees {
		return nil, hide(rec.events)
	}
	c := &caseView{record: rec}
	for _, r := range c.events {
		switch e := r.Event.(type) {
		case approvals.Opened:
			c.opened = e
		case approvals.RouteResolved:
			c.route = e
		}
	}
	c.step, _ = c.state.Current()
	c.rules, err = c.policy()
	return c, err
}

// shown is what is on the screen when an opinion is given.
func (c *caseView) shown() approvals.Shown {
	return approvals.Shown{Case: int64(len(c.events) - 1), Subject: c.route.Revision, Digest: c.state.Digest}
}

// caseActs are the acts upon a case, those that decide it first.
var caseActs = []recordAct[*caseView]{
	upon("instruction", "批示", "Write the instruction", func(c *caseView) approvals.Command {
		return approvals.WriteInstruction{Step: c.step.No, Shown: c.shown()}
	}),
	upon("approval", "同意", "Approve", func(c *caseView) approvals.Command {
		return approvals.Approve{Step: c.step.No, Shown: c.shown()}
	}),
	upon("disapproval", "不同意", "Disapprove", func(c *caseView) approvals.Command {
		return approvals.Disapprove{Step: c.step.No, Shown: c.shown()}
	}),
	upon("returns", "退回", "Send it back", func(c *caseView) approvals.Command {
		return approvals.ReturnToStep{Step: c.step.No, Shown: c.shown()}
	}),
	upon("legality-reviews", "审核", "Record the review", func(c *caseView) approvals.Command {
		return approvals.ReviewLegality{OK: true, Shown: c.shown()}
	}),
	upon("routing", "重新报送", "Put it up again", func(c *caseView) approvals.Command {
		return approvals.Route{Revision: c.route.Revision, Digest: c.state.Digest}
	}),
	upon("proposals", "提出处理意见", "Propose an opinion on the dispute", func(c *caseView) approvals.Command {
		return approvals.ProposeOpinion{Text: "", Shown: c.shown()}
	}),
	upon("meeting-decisions", "记录会议决定", "Record what the meeting decided", func(c *caseView) approvals.Command {
		return approvals.RecordBodyDecision{Step: c.step.No, Body: c.step.Body, Outcome: approvals.OutcomeApproved}
	}),
	upon("views", "记为已阅", "Record that you have seen it", func(c *caseView) approvals.Command { return approvals.See{Step: c.step.No} }),
	upon("signers", "加签", "Ask further posts", func(c *caseView) approvals.Command {
		return approvals.AddSigner{Step: c.step.No, Where: "before"}
	}),
	upon("transfers", "转办", "Transfer the step", func(c *caseView) approvals.Command {
		to := approvals.Transfer{Step: c.step.No}
		if list := c.transferable(); len(list) > 0 {
			to.To = list[0].ID
		}
		return to
	}),
	upon("entrustments", "委托", "Entrust the step", func(c *caseView) approvals.Command {
		to := approvals.Entrust{Step: c.step.No}
		if list := c.others(); len(list) > 0 {
			to.Person = list[0].ID
		}
		return to
	}),
	upon("disputes", "提出争议", "Raise a dispute", func(c *caseView) approvals.Command { return approvals.RaiseDispute{} }),
	upon("withdrawal", "撤回", "Withdraw it", func(c *caseView) approvals.Command { return approvals.Withdraw{} }),
}

// correctionAct stands beside each opinion.
var correctionAct = upon("corrections", "更正本人意见", "Correct one's own opinion", func(c *caseView) approvals.Command { return approvals.CorrectOpinion{} })

// transferable are the posts to which the authority table, or the ladder above, lets one's part go.
func (c *caseView) transferable() (list []option) {
	add := func(id string) {
		if id != "" && id != c.who.Post && !slices.ContainsFunc(list, func(o option) bool { return o.ID == id }) {
			list = append(list, option{ID: id, Name: c.postName(id)})
		}
	}
	for _, s := range policyList[approvals.Signer](c.rules, "apr.authority["+c.step.Kind+"].signer", domain.At(c.now)) {
		for _, post := range s.Posts {
			add(post)
		}
	}
	if v, ok := c.rules.At("apr.escalateTo["+c.who.Post+"]", domain.At(c.now)); ok && !v.Blank {
		var up string
		if json.Unmarshal(v.Value, &up) == nil {
			add(up)
		}
	}
	return list
}

// others are the persons to whom a step can be entrusted.
func (c *caseView) others() (list []option) {
	for _, p := range c.names.People("rank", c.today) {
		if p.ID != c.who.Person && p.ID != c.state.Applicant {
			list = append(list, option{ID: p.ID, Name: p.Name})
		}
	}
	return list
}

func (c *caseView) choices(act, name string) []option {
	switch act + " " + name {
	case "instruction lead", "instruction co":
		var list []option
		for _, u := range c.names.Units() {
			list = append(list, option{ID: u.ID, Name: u.Name})
		}
		for _, p := range c.names.Posts() {
			list = append(list, option{ID: p.ID, Name: c.postName(p.ID)})
		}
		return list
	case "returns to":
		list := []option{{ID: "0", Name: c.t("申请人", "the applicant")}}
		for _, st := range c.state.Steps {
			if st.No == c.step.No {
				break
			}
			list = append(list, option{ID: strconv.Itoa(st.No), Name: c.stepName(st)})
		}
		return list
	case "transfers to":
		return append([]option{}, c.transferable()...)
	case "entrustments person":
		return c.others()
	case "signers posts":
		var list []option
		for _, p := range c.names.Posts() {
			list = append(list, option{ID: p.ID, Name: c.postName(p.ID)})
		}
		return list
	}
	return nil
}

func (c *caseView) stepName(st approvals.Step) string {
	if st.Body != "" {
		return c.name(st.Body)
	}
	posts := make([]string, len(st.Seats))
	for i, s := range st.Seats {
		posts[i] = c.name(s.For)
	}
	return strings.Join(posts, c.word("、"))
}

// laterReserved tells whether a later step decides what is reserved.
func (c *caseView) laterReserved() bool {
	i := slices.IndexFunc(c.state.Steps, func(st approvals.Step) bool { return st.No == c.step.No })
	return i >= 0 && slices.ContainsFunc(c.state.Steps[i+1:], func(st approvals.Step) bool { return st.When.Reserved })
}

func (c *caseView) suit(act string, f *field) bool {
	switch act + " " + f.Name {
	case "instruction reserve":
		return c.laterReserved()
	case "instruction lead", "instruction co", "instruction limit":
		return c.state.Kind == approvals.KindInstruction
	case "returns to", "transfers to", "entrustments person":
		f.Fixed, f.Width = true, "half"
	case "routing revision", "routing digest", "meeting-decisions body", "corrections of":
		f.Kind = "hidden"
	}
	if f.Name == "step" {
		f.Kind = "hidden"
	}
	return true
}

func (c *caseView) leaves(act string, why *domain.Refusal) bool {
	switch act {
	case "approval": // an incoming paper is decided by the instruction, which stands first
		return why.Code == approvals.ErrInstruction.Code
	case "meeting-decisions", "proposals":
		return why.Kind != domain.Invalid
	}
	return false
}

func (c *caseView) next() []string {
	return []string{"instruction", "approval", "disapproval", "returns", "legality-reviews", "routing", "proposals", "meeting-decisions"}
}

// opinion is one opinion as it was first written, with its corrections beside it, each with its own time.
type opinion struct {
	Who, When, Decision, Text, Tone, Lead, Co, Limit string
	Explain                                          string
	Corrections                                      []corrected
	Form                                             *form
	Fresh                                            bool
}

type corrected struct {
	When, Text, Reason, Explain string
	Fresh                       bool
}

// opinions tell what was said, in order.
func (c *caseView) opinions() []*opinion {
	var list []*opinion
	byID, author, latest, words := map[string]*opinion{}, map[string]string{}, map[string]string{}, map[string]string{}
	done := c.done(c.stream)
	say := func(r domain.Recorded, s approvals.Said, decision, tone string) *opinion {
		o := &opinion{Who: strings.TrimSpace(c.name(s.By.Post) + " " + c.name(s.By.Person)), When: c.at(s.At), Decision: c.word("decision." + decision), Text: s.Text, Tone: tone,
			Explain: "/desk/explain/" + c.stream + "/" + strconv.FormatInt(r.Revision, 10), Fresh: r.Revision == done}
		if s.By.EntrustedBy != "" {
			o.Who += c.t("（受 ", " (entrusted by ") + c.name(s.By.EntrustedBy) + c.t(" 委托）", ")")
		}
		if r.Erased {
			o.Text = c.t("内容已依法销毁", "the content was lawfully destroyed")
		}
		list, byID[s.ID], author[s.ID], latest[s.ID], words[s.ID] = append(list, o), o, s.By.Person, s.ID, s.Text
		return o
	}
	for _, r := range c.events {
		switch e := r.Event.(type) {
		case approvals.LegalityReviewed:
			if e.OK {
				say(r, e.Said, approvals.DecisionReviewed, "green")
			} else {
				say(r, e.Said, approvals.DecisionDoubted, "seal")
			}
		case approvals.Approved:
			say(r, e.Said, approvals.DecisionApproved, "green")
		case approvals.Disapproved:
			say(r, e.Said, approvals.DecisionDisapproved, "seal")
		case approvals.ReturnedToStep:
			say(r, e.Said, approvals.DecisionReturned, "ochre")
		case approvals.InstructionWritten:
			o := say(r, e.Said, approvals.DecisionInstructed, "green")
			o.Lead, o.Co, o.Limit = c.name(e.Lead), c.nameAll(e.Co), c.date(e.Limit)
		case approvals.OpinionProposed:
			say(r, e.Said, approvals.DecisionProposed, "azure")
		case approvals.OpinionCorrected:
			if o := byID[e.Opinion.ID]; o != nil {
				o.Corrections = append(o.Corrections, corrected{c.at(e.At), e.Opinion.Text, e.Reason, "/desk/explain/" + c.stream + "/" + strconv.FormatInt(r.Revision, 10), r.Revision == done})
				latest[e.Opinion.ID], words[e.Opinion.ID] = e.ID, e.Opinion.Text
			}
		}
	}
	for id, o := range byID {
		if author[id] != c.who.Person {
			continue
		}
		given := approvals.CorrectOpinion{Of: latest[id], Text: words[id]}
		if _, err := try(c.desk, c.of, c.stream, given); err != nil {
			continue
		}
		act := correctionAct
		act.given = func(*caseView) any { return given }
		wrong := c.returned.act == act.path && c.r.PostForm.Get("of") == latest[id]
		back := c.returned
		if !wrong {
			c.returned = returned{} // another opinion's form came back, or none
		}
		f := act.form(c)
		c.returned = back
		f.Open, f.ID = wrong, "corrections-"+strconv.Itoa(slices.Index(list, o)+1)
		for j := range f.Fields {
			f.Fields[j].ID = f.ID + "-" + f.Fields[j].Name
		}
		f.Note = c.t("原文不动；更正与原文并列，各注时间。", "The first stays as it is; the correction stands beside it, each with its time.")
		o.Form = &f
	}
	return list
}

// stepRow is one step of a case.
type stepRow struct {
	No, Who, Status, Tone, When string
	Due                         due
	Seen                        string
}

func (c *caseView) steps() (list []stepRow) {
	tones := map[string]string{approvals.Done: "green", approvals.Routed: "ochre"}
	for i, st := range c.state.Steps {
		s := stepRow{No: strconv.Itoa(i + 1), Who: c.stepName(st), Status: c.word(st.Status), Tone: tones[st.Status], Seen: c.nameAll(st.Seen)}
		if st.Status == approvals.Routed {
			s.Due = c.due(st.Due)
			var now []string
			for _, seat := range st.Seats {
				if seat.Post != seat.For {
					now = append(now, c.name(seat.Post))
				}
			}
			if len(now) > 0 {
				s.When = c.t("现由 ", "now with ") + strings.Join(now, c.word("、"))
			}
		}
		if st.Status == approvals.Skipped || st.Status == approvals.Waiting {
			switch {
			case st.When.Reserved:
				s.When = c.t("上一环节提请时", "when the step before reserves it")
			case st.When.ClassFrom != "":
				s.When = c.word(string(st.When.ClassFrom)) + c.t("以上", " and above")
			}
		}
		list = append(list, s)
	}
	return list
}

// build makes the page of one case: what is asked, the steps, the opinions with their corrections, and what can be done now.
func (c *caseView) build() (*frame, error) {
	type data struct {
		Opened                                 approvals.Opened
		Applicant, Status, Tone, Subject, Time string
		Paper                                  *listRow
		Class                                  domain.Class
		Steps                                  []stepRow
		Opinions                               []*opinion
		Lines                                  []line
		Acts                                   actList
		Dispute, Review                        bool
		Amount                                 string
	}
	f, err := c.frame(c.t("审批单", "Approval case"))
	if err != nil {
		return nil, err
	}
	f.Sub = c.opened.Kind
	out := data{Opened: c.opened, Applicant: c.name(c.state.Applicant), Status: c.word(c.state.Status()), Class: c.state.Class, Steps: c.steps(),
		Opinions: c.opinions(), Dispute: c.state.Dispute != "", Review: c.state.ReviewDue, Time: c.at(c.events[0].OccurredAt)}
	f.Data = &out
	switch c.state.Outcome {
	case approvals.OutcomeApproved:
		out.Tone = "green"
	case approvals.OutcomeDisapproved:
		out.Tone = "seal"
	case "":
		out.Tone = "ochre"
	}
	if c.opened.Amount.Fen != 0 {
		out.Amount = c.opened.Amount.String()
	}
	if c.state.Subject != "" {
		out.Subject = c.pageOf(c.state.Subject)
	}
	if domain.ContextOf(c.state.Subject) == documents.Context.Name {
		papers, err := c.papers([]string{c.state.Subject})
		if err != nil {
			return nil, err
		}
		if e, ok := papers[c.state.Subject]; ok {
			out.Paper = &listRow{Href: out.Subject}
			c.fillRow(out.Paper, e)
			if !e.Masked && e.Open() {
				out.Paper.Due = c.due(e.Due)
			}
		}
	}
	out.Lines = c.history(f)
	out.Acts, err = possible(c, caseActs)
	return f, err
}
