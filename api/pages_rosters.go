package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"andu/commands"
	"andu/domain"
	"andu/domain/calendar"
	"andu/domain/duty"
	"andu/projections/dutyboard"
)

// rosterPages are the list of the rosters and the month grid of one.
func (a *API) rosterPages() {
	work := commands.Work
	a.page(http.MethodGet, "/desk/rosters", work, "The rosters, and who has not got them", func(w http.ResponseWriter, r *http.Request) { a.rostersPage(w, r, nil) })
	a.page(http.MethodPost, "/desk/rosters", work, "Draft a roster with the duty list in turn, by the form", a.draftForm)
	recordPages(a, "/desk/rosters/{id}", "roster", work, "One roster: its days, who is on, what can be done", openRoster, (*rosterView).build, slices.Concat(rosterActs, []recordAct[*rosterView]{redraftAct, amendAct}))
}

type rosterRow struct {
	Href, Period, Line, State, Tone, Published, Late string
	Undelivered, Amended                             int
}

// rostersPage lists the rosters, the latest period first, and asks for the next.
func (a *API) rostersPage(w http.ResponseWriter, r *http.Request, problem *Problem) {
	type data struct {
		Rows  []rosterRow
		Draft *form
		Why   string
		Next  string
		Prev  string
	}
	a.view(w, r, "rosters", func(d *desk) (*frame, error) {
		f, err := d.frame(d.t("值班表", "Rosters"))
		if err != nil {
			return nil, err
		}
		var out data
		f.Data = &out
		posts, err := dutyboard.Posts(d.ctx, a.cfg.Read.Pool, d.who.Office, d.now)
		if err != nil {
			return nil, err
		}
		lines := map[string]string{}
		for _, p := range posts {
			lines[p.Stream] = d.lineName(p.Line)
		}
		list, err := dutyboard.Rosters(d.ctx, a.cfg.Read.Pool, d.who.Office, latest)
		if err != nil {
			return nil, err
		}
		const rows = 24
		from, _ := strconv.Atoi(r.URL.Query().Get("after"))
		from = min(max(from, 0), len(list))
		if from > 0 {
			out.Prev = turned(r, "after", strings.TrimPrefix(strconv.Itoa(max(from-rows, 0)), "0"))
		}
		if len(list) > from+rows {
			out.Next = turned(r, "after", strconv.Itoa(from+rows))
		}
		first := domain.Date{Year: d.today.Year, Month: d.today.Month + 1, Day: 1}.Add(0)
		for _, e := range list {
			if next := e.Last.Add(1); !next.Before(first) && !next.Before(d.today) {
				first = next
			}
		}
		for _, e := range list[from:min(from+rows, len(list))] {
			row := rosterRow{Href: d.pageOf(e.Stream), Period: d.date(e.First) + "–" + d.date(e.Last), Line: lines[e.Post], State: d.word("roster." + e.State), Published: d.limit(e.Published),
				Undelivered: len(e.Undelivered), Amended: e.Amended, Tone: map[string]string{"published": "green"}[e.State]}
			if row.Tone == "" {
				row.Tone = "ochre"
			}
			if !e.Published.IsZero() && e.Published.After(e.Deadline.Time) {
				row.Late = d.t("迟发，应于 ", "late, by ") + d.limit(e.Deadline)
			}
			out.Rows = append(out.Rows, row)
		}
		if len(posts) == 0 {
			out.Why = d.t("尚未设立值班岗位。", "No duty post is kept yet.")
			return f, nil
		}
		given := duty.Draft{Post: posts[0].Stream, First: first, Assignments: []duty.Assignment{}}
		_, err = try(d, duty.Rosters, duty.RosterStream(commands.NewID, given.Post, given.First), given)
		var refusal *domain.Refusal
		if errors.As(err, &refusal) && refusal.Kind != domain.Invalid && problem == nil {
			out.Why = d.say(refusal.Code, refusal.Params, refusal.Text(d.lang))
			return f, nil
		}
		if err != nil && refusal == nil {
			return nil, err
		}
		back := fill{problem: problem, options: func(field string) (list []option) {
			if field == "post" {
				for _, p := range posts {
					list = append(list, option{ID: p.Stream, Name: lines[p.Stream]})
				}
			}
			return list
		}, change: func(f *field) bool {
			f.Fixed = f.Name == "post"
			return f.Name != "assignments"
		}}
		if problem != nil {
			back.values, f.Refusal = r.PostForm, d.refusal(problem)
		}
		made := formOf(d, given, "draft", "/desk/rosters", d.t("编排下期", "Draft the next"), back)
		made.Primary, made.After = true, d.t("先按值班人员轮流排出草案，再逐格调整。", "The duty list is put on in turn first; then change cell by cell.")
		out.Draft = &made
		return f, nil
	})
}

// draftForm drafts a roster: the rules say which shifts want a person, and the duty list takes them in turn.
func (a *API) draftForm(w http.ResponseWriter, r *http.Request) {
	if !readForm(w, r) {
		a.refusePage(w, r, problemMalformed)
		return
	}
	d, err := a.desk(r)
	if err == nil {
		err = d.inTurn()
	}
	if err != nil {
		a.refusePage(w, r, err)
		return
	}
	out, err := carryOut(a, r, d.zone, duty.Rosters, duty.Draft{}, func(_ commands.Request, c domain.Command[duty.Roster]) string {
		draft := c.(duty.Draft)
		return duty.RosterStream(commands.NewID, draft.Post, draft.First)
	})
	if err != nil {
		a.rostersPage(w, r, a.asProblem(r.Context(), err))
		return
	}
	a.recorded(w, r, out, "/desk/rosters/"+out.Body.ID)
}

// inTurn puts the persons of the duty list on the shifts that want one into the posted form.
func (d *desk) inTurn() error {
	first, err := domain.ParseDate(d.r.PostForm.Get("first"))
	post := d.r.PostForm.Get("post")
	if err != nil || domain.ContextOf(post) != duty.Context.Name {
		return nil // the validation says so
	}
	_, err = try(d, duty.Rosters, duty.RosterStream(commands.NewID, post, first), duty.Draft{Post: post, First: first, Assignments: []duty.Assignment{}})
	var refusal *domain.Refusal
	if !errors.As(err, &refusal) || refusal.Code != duty.ErrUnassigned.Code {
		return nil // nobody is wanted, or the command says why not
	}
	state, _, err := commands.State(d.ctx, d.cfg.Handler, duty.Context, d.who.Office, post)
	if err != nil {
		return err
	}
	persons := d.dutyList(state.Line, first)
	if len(persons) == 0 {
		return nil
	}
	turn := 0
	for _, s := range state.Shifts { // go on behind whoever was on last
		if i := slices.Index(persons, s.Planned); i >= 0 && s.Source == duty.Rota {
			turn = i + 1
		}
	}
	for i, start := range strings.Split(refusal.Params["starts"], ", ") {
		at, err := time.ParseInLocation("2006-01-02 15:04", start, d.zone)
		if err != nil {
			return fmt.Errorf("start of a shift: %w", err)
		}
		d.r.PostForm.Set(fmt.Sprintf("assignments[%d][start]", i), at.Format(time.RFC3339))
		d.r.PostForm.Set(fmt.Sprintf("assignments[%d][person]", i), persons[(turn+i)%len(persons)])
	}
	return nil
}

// dutyList are the persons who may be on the rota of a line on a day.
func (d *desk) dutyList(line string, on domain.Date) (persons []string) {
	p, err := d.policy()
	if err != nil {
		return nil
	}
	key := "duty.cover[other times, rest days].by"
	if line == duty.MessengerRoom {
		key = duty.StandInRoles.Name
	}
	for _, post := range policyList[string](p, key, domain.At(d.now)) {
		for _, person := range d.names.Holders(post, on) {
			if !slices.Contains(persons, person) {
				persons = append(persons, person)
			}
		}
	}
	return persons
}

// rosterView is one roster before the asker.
type rosterView struct {
	*record[duty.Roster]
	post  duty.Post
	rules domain.Policy
}

func openRoster(a *API, r *http.Request) (*rosterView, error) {
	rec, err := openRecord(a, r, duty.Rosters)
	if err != nil {
		return nil, err
	}
	v := &rosterView{record: rec}
	if v.post, _, err = commands.State(v.ctx, a.cfg.Handler, duty.Context, v.who.Office, v.state.Post); err == nil {
		v.rules, err = v.policy()
	}
	return v, err
}

// rosterActs are the acts upon a roster without rows.
var rosterActs = []recordAct[*rosterView]{
	upon("approval", "批准", "Approve", func(v *rosterView) domain.Command[duty.Roster] { return duty.Approve{} }),
	upon("publication", "印发", "Publish", func(v *rosterView) domain.Command[duty.Roster] { return duty.Publish{} }),
	upon("receipt", "本人已收到", "I have got it", func(v *rosterView) domain.Command[duty.Roster] {
		return duty.Deliver{Persons: []string{v.who.Person}, Way: "screen"}
	}),
	upon("deliveries", "登记送达", "Record deliveries", func(v *rosterView) domain.Command[duty.Roster] {
		return duty.Deliver{Persons: v.state.Undelivered(), Way: "paper"}
	}),
}

// redraftAct and amendAct have a row for each shift of the rota.
var (
	redraftAct = withRows(upon("draft", "改草案", "Change the draft", func(v *rosterView) domain.Command[duty.Roster] {
		return duty.Draft{Post: v.state.Post, First: v.state.First, Assignments: v.assigned(true)}
	}))
	amendAct = withRows(upon("amendments", "调整", "Rearrange", func(v *rosterView) domain.Command[duty.Roster] {
		return duty.Amend{Cause: v.causes()[0], Reason: v.t("调整", "rearranged"), Assignments: []duty.Assignment{}}
	}))
)

// withRows leaves the rows out in which nobody was chosen.
func withRows(act recordAct[*rosterView]) recordAct[*rosterView] {
	carry := act.carry
	act.carry = func(v *rosterView) (*answered, error) {
		for key := range v.r.PostForm {
			if row, ok := strings.CutSuffix(key, "[start]"); ok && v.r.PostForm.Get(row+"[person]") == "" {
				delete(v.r.PostForm, key)
				delete(v.r.PostForm, row+"[person]")
			}
		}
		return carry(v)
	}
	return act
}

// causes are those for which the office rearranges; to follow the calendar needs none of them.
func (v *rosterView) causes() []string {
	var rule duty.Rearrangement
	if p, ok := v.rules.At(duty.Rearrange.Name, domain.At(v.now)); !ok || p.Blank || json.Unmarshal(p.Value, &rule) != nil || len(rule.Causes) == 0 {
		return []string{"special-case", "major-event"} // the office asks for none in particular
	}
	return rule.Causes
}

// assigned are the shifts of the rota as they are, all of them or those to come.
func (v *rosterView) assigned(all bool) (list []duty.Assignment) {
	for _, s := range v.state.Slots {
		if s.Source == duty.Rota && (all || s.Start.After(v.now)) {
			list = append(list, duty.Assignment{Start: s.Start, Person: s.Person})
		}
	}
	return list
}

func (v *rosterView) choices(act, field string) (list []option) {
	switch act + " " + field {
	case "deliveries persons":
		for _, p := range v.state.Undelivered() {
			list = append(list, option{ID: p, Name: v.name(p)})
		}
	case "deliveries way":
		return []option{{ID: "paper", Name: v.word("way.paper")}, {ID: "screen", Name: v.word("way.screen")}}
	case "amendments cause":
		for _, c := range v.causes() {
			list = append(list, option{ID: c, Name: v.word("cause." + c)})
		}
	}
	return list
}

func (v *rosterView) suit(act string, f *field) bool {
	switch {
	case f.Name == "assignments":
		return false
	case act == "receipt", act == "draft":
		f.Kind = "hidden"
	case act == "amendments" && f.Name == "reason" && v.returned.act != act:
		f.Value = ""
	}
	f.Fixed = f.Name == "way" || f.Name == "cause"
	return true
}

func (v *rosterView) next() []string {
	return []string{"approval", "publication", "receipt", "deliveries"}
}

func (v *rosterView) leaves(act string, why *domain.Refusal) bool {
	switch act {
	case "receipt", "deliveries":
		return why.Code == duty.ErrNotPublished.Code || why.Code == duty.ErrNotAddressee.Code
	case "publication":
		return v.state.Published
	}
	return false
}

// dayCell is one day of the grid.
type dayCell struct {
	Day, Name, Class, Kind string
	Turns                  []turnCell
	Out                    bool // of another period
}

type turnCell struct {
	When, Who, Note string
	Mine, Section   bool
	Over            bool // it is past
}

// pickRow is a shift of the rota with who may be on it.
type pickRow struct {
	No                   int
	When, Start, ID, Now string
	Persons              []option
}

// picks are the rows of the forms that put persons on shifts.
func (v *rosterView) picks(form string, all bool) (rows []pickRow) {
	persons := v.dutyList(v.post.Line, v.state.First)
	for i, a := range v.assigned(all) {
		b, _ := a.Start.MarshalText()
		row := pickRow{No: i, When: v.limit(a.Start), Start: string(b), ID: fmt.Sprintf("%s-%d", form, i), Now: v.name(a.Person)}
		chosen := ""
		if all {
			chosen = a.Person
		}
		if v.returned.act == form {
			chosen = v.r.PostForm.Get(fmt.Sprintf("assignments[%d][person]", i))
		}
		for _, p := range persons {
			row.Persons = append(row.Persons, option{ID: p, Name: v.name(p), On: p == chosen})
		}
		rows = append(rows, row)
	}
	return rows
}

// grid lays the slots of a version out by weeks.
func (v *rosterView) grid(slots []duty.Slot, kept map[string]dutyboard.Shift, c calendar.Calendar) (weeks [][]dayCell) {
	by := map[domain.Date][]duty.Slot{}
	for _, s := range slots {
		by[v.on(s.Start)] = append(by[v.on(s.Start)], s)
	}
	first := v.state.First.Add(-(int(v.state.First.Weekday()) + 6) % 7)
	for day := first; !v.state.Last.Before(day); {
		var week []dayCell
		for range 7 {
			cell := dayCell{Day: strconv.Itoa(day.Day), Out: day.Before(v.state.First) || v.state.Last.Before(day)}
			if day.Day == 1 || day == v.state.First {
				cell.Day = v.date(day)
			}
			kind := c.Day(day)
			cell.Class, cell.Name = string(kind.Kind), kind.Name
			if day == v.today {
				cell.Class += " today"
			}
			switch kind.Kind {
			case calendar.Off:
				cell.Kind = v.t("休", "off")
			case calendar.Makeup:
				cell.Kind = v.t("班", "work")
			}
			for _, s := range by[day] {
				t := turnCell{When: s.Start.In(v.zone).Format("15:04") + "–" + s.End.In(v.zone).Format("15:04"), Who: v.onDuty(s.Person, s.By), Mine: s.Person != "" && s.Person == v.who.Person,
					Section: s.Source == duty.Section, Over: !s.End.After(v.now)}
				if k, ok := kept[s.Start.String()]; ok && k.Person != s.Person && k.Planned == s.Person {
					t.Who, t.Mine, t.Note = v.name(k.Person), k.Person == v.who.Person, v.t("换班，原 ", "swapped, was ")+v.name(s.Person)
				}
				cell.Turns = append(cell.Turns, t)
			}
			week, day = append(week, cell), day.Add(1)
		}
		weeks = append(weeks, week)
	}
	return weeks
}

type loadRow struct {
	Who, Pause           string
	Shifts, Nights, Rest int
	Mine                 bool
}

// build makes the page of one roster.
func (v *rosterView) build() (*frame, error) {
	type version struct {
		Href, Text string
		On         bool
	}
	type data struct {
		Line, State, Tone, Deadline, Published string
		Weeks                                  [][]dayCell
		Heads                                  []string
		Findings                               []string
		Undelivered                            []string
		Loads                                  []loadRow
		Swaps                                  []chainRow
		Versions                               []version
		Old                                    bool
		Acts                                   actList
		Draft, Amend                           *form
		Picks                                  []pickRow
		Why, Board                             string
		Lines                                  []line
	}
	f, err := v.frame(v.t("值班表", "Roster"))
	if err != nil {
		return nil, err
	}
	out := data{Line: v.lineName(v.post.Line), Board: v.pageOf(v.state.Post)}
	f.Sub, f.Data = v.date(v.state.First)+"–"+v.date(v.state.Last), &out
	switch {
	case v.state.Published:
		out.State, out.Tone = v.word("roster.published"), "green"
	case v.state.Approved:
		out.State, out.Tone = v.word("roster.approved"), "ochre"
	default:
		out.State, out.Tone = v.word("roster.drafted"), "ochre"
	}
	slots, asked := v.state.Slots, v.r.URL.Query().Get("version")
	for _, r := range v.events {
		var of []duty.Slot
		text := ""
		switch e := r.Event.(type) {
		case duty.Drafted:
			of, text = e.Slots, v.t("草案", "draft")
		case duty.Published:
			of, text, out.Deadline, out.Published = e.Slots, v.t("印发", "published"), v.limit(e.Deadline), v.limit(r.OccurredAt)
		case duty.Amended:
			of, text = e.Slots, v.t("调整：", "rearranged: ")+v.word("cause."+e.Cause)
		case duty.RosterFinding:
			text := v.word("finding." + e.Kind)
			if e.Kind == duty.LoadSpread {
				text += fmt.Sprintf(v.t("：最多 %d 班，最少 %d 班", ": most %d shifts, least %d"), e.Most, e.Least)
			} else {
				text += v.t("（", " (") + v.limit(e.At) + v.t("）", ")")
			}
			out.Findings = append(out.Findings, text)
		}
		if of != nil {
			rev := strconv.FormatInt(r.Revision, 10)
			out.Versions = append(out.Versions, version{turned(v.r, "version", rev), text + " " + v.limit(r.OccurredAt), rev == asked})
			if rev == asked {
				slots, out.Old = of, true
			}
		}
	}
	if n := len(out.Versions); n > 0 && (!out.Old || out.Versions[n-1].On) {
		out.Versions[n-1].On, out.Versions[n-1].Href, out.Old = true, v.href(), false
	}
	cal, _, err := commands.State(v.ctx, v.cfg.Handler, calendar.Context, v.who.Office, calendar.Stream(v.who.Office))
	if err != nil {
		return nil, err
	}
	db, office := v.cfg.Read.Pool, v.who.Office
	from, until := v.state.First.Start(v.zone), v.state.Last.End(v.zone)
	kept := map[string]dutyboard.Shift{}
	if v.state.Published && !out.Old {
		shifts, err := dutyboard.Shifts(v.ctx, db, office, v.state.Post, from, until)
		if err != nil {
			return nil, err
		}
		for _, s := range shifts {
			kept[s.Start.String()] = s
		}
		loads, err := dutyboard.Fairness(v.ctx, db, office, v.state.Post, from, until)
		if err != nil {
			return nil, err
		}
		for _, l := range loads {
			row := loadRow{Who: v.name(l.Person), Shifts: l.Shifts, Nights: l.Nights, Rest: l.Rest, Mine: l.Person == v.who.Person}
			if l.Pause > 0 {
				row.Pause = v.lasting(l.Pause)
			}
			out.Loads = append(out.Loads, row)
		}
		swaps, err := dutyboard.Swaps(v.ctx, db, office, v.state.Post, latest)
		if err != nil {
			return nil, err
		}
		for _, s := range swaps {
			if !s.Shift.Before(from) && s.Shift.Before(until) {
				out.Swaps = append(out.Swaps, chainRow{When: v.limit(s.Shift), From: v.name(s.From), To: v.name(s.With), State: v.word("swap." + s.State),
					Tone: map[string]string{"in-force": "green", "declined": ""}[s.State]})
			}
		}
	}
	out.Weeks = v.grid(slots, kept, cal)
	for i := range 7 {
		out.Heads = append(out.Heads, v.word([]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}[i]))
	}
	if v.state.Published {
		for _, p := range v.state.Undelivered() {
			out.Undelivered = append(out.Undelivered, v.name(p))
		}
		if out.Amend, out.Why, err = special(v, amendAct); err != nil {
			return nil, err
		}
		out.Picks = v.picks("amendments", false)
	} else {
		if out.Draft, out.Why, err = special(v, redraftAct); err != nil {
			return nil, err
		}
		out.Picks = v.picks("draft", true)
	}
	if out.Acts, err = possible(v, rosterActs); err != nil {
		return nil, err
	}
	out.Lines = v.history(f)
	return f, nil
}

// rosterOf is where the grid of a roster stands, at one version.
func rosterOf(stream string, revision int64) string {
	return "/desk/rosters/" + idOf(stream) + "?version=" + url.QueryEscape(strconv.FormatInt(revision, 10))
}
