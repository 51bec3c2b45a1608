package api

import (
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
	"andu/domain/duty"
	"andu/eventstore"
	"andu/projections/dutyboard"

	"github.com/go-chi/chi/v5"
)

// dutyPages are the pages of the watch: the board, one post, its handover sheet, and the rosters.
func (a *API) dutyPages() {
	work := commands.Work
	a.page(http.MethodGet, "/desk/duty", work, "The duty board (值班大屏)", a.boardPage)
	recordPages(a, "/desk/duty/{id}", "watch", work, "One duty post: who is on, the log, the handover", openWatch, (*watchView).build, slices.Concat(watchActs, []recordAct[*watchView]{offerAct, answerAct}))
	a.page(http.MethodGet, "/desk/duty/{id}/handover", work, "The handover sheet, as it is printed (交接班表)", a.handoverPage)
	a.rosterPages()
}

// onDuty is who keeps a shift: a person, or whoever of the section takes over.
func (d *desk) onDuty(person string, posts []string) string {
	if person != "" {
		return d.name(person)
	}
	return d.nameAll(posts)
}

// lasting is a span of time in hours and minutes.
func (d *desk) lasting(seconds int64) string {
	return fmt.Sprintf("%d:%02d", seconds/3600, seconds/60%60)
}

// nowCard is who keeps a post now.
type nowCard struct {
	Href, Line, Person, Post, Since, Until, Over, StandIn, StandInUntil string
	Next, NextAt                                                        string
	Open                                                                int
	Offered                                                             bool
	Entries                                                             []entryRow
	Clocks                                                              []clockRow
	Day                                                                 []turnRow
	Covered                                                             string
}

// turnRow is a part of the day line of the board: who, from minute to minute, and whether it is past, planned or overrun.
type turnRow struct {
	X, W       int
	Who, When  string
	Tone, Said string
}

type entryRow struct {
	ID, No, When, Kind, Urgency, Tone, Subject, Owner, State, Reserved, Relayed string
	Links                                                                       []link
}

type clockRow struct {
	ID, What, Known    string
	Phone, Written     due
	PhoneAt, WrittenAt string
	Closed             string
	Updates            int
}

func (d *desk) clock(c dutyboard.Clock) (due, string) {
	switch {
	case c.State == "met":
		return due{d.t("按时报出 ", "in time ") + d.at(c.At), "green", ""}, d.at(c.At)
	case !c.At.IsZero():
		return due{d.t("迟报 ", "late ") + d.at(c.At), "seal", d.t("应于 ", "by ") + d.at(c.Due)}, d.at(c.At)
	}
	return d.due(c.Due), ""
}

func (d *desk) clocks(stream string, running bool) (rows []clockRow, err error) {
	list, err := dutyboard.Emergencies(d.ctx, d.cfg.Read.Pool, d.who.Office, stream, d.now, 20)
	for _, e := range list {
		if running && !e.Closed.IsZero() {
			continue
		}
		c := clockRow{ID: e.Emergency, What: e.Grade, Known: d.at(e.Known), Closed: d.at(e.Closed), Updates: e.Updates}
		c.Phone, c.PhoneAt = d.clock(e.Phone)
		c.Written, c.WrittenAt = d.clock(e.Written)
		rows = append(rows, c)
	}
	return rows, err
}

var urgencyTones = map[string]string{"urgent": "seal", "needs-instruction": "ochre"}

func (d *desk) entryRows(stream string) (rows []entryRow, err error) {
	list, err := dutyboard.Open(d.ctx, d.cfg.Read.Pool, d.who.Office, stream)
	for _, e := range list {
		row := entryRow{ID: e.Entry, No: strconv.Itoa(e.No), When: d.at(e.At), Kind: d.word("duty." + e.Kind), Urgency: d.word("duty." + e.Urgency), Tone: urgencyTones[e.Urgency],
			Subject: e.Subject, Owner: d.name(e.Owner), State: d.word("entry." + e.State), Reserved: e.Reserved, Relayed: d.nameAll(e.Relayed)}
		rows = append(rows, row)
	}
	return rows, err
}

// card makes the card of a post, with the line of the day that an instant lies in.
func (d *desk) card(p dutyboard.Post) (c nowCard, err error) {
	db, office := d.cfg.Read.Pool, d.who.Office
	c = nowCard{Href: "/desk/duty/" + idOf(p.Stream), Line: d.lineName(p.Line), Person: d.name(p.Responsible), Since: d.limit(p.Since), Until: d.limit(p.PlannedEnd),
		StandIn: d.name(p.StandIn), Open: p.Open, Offered: p.Handover != ""}
	var posts []string
	for _, post := range d.names.PostsOf(p.Responsible, d.today) {
		posts = append(posts, d.name(post.ID))
	}
	c.Post = strings.Join(posts, d.word("、"))
	if p.Overrun > 0 {
		c.Over = d.lasting(p.Overrun)
	}
	state, _, err := commands.State(d.ctx, d.cfg.Handler, duty.Context, office, p.Stream)
	if err != nil {
		return c, err
	}
	if next, ok := state.Next(domain.At(d.now)); ok {
		c.Next, c.NextAt = d.onDuty(next.Person, next.By), d.limit(next.Start)
	}
	c.StandInUntil = d.at(state.StandIn.Until)
	if c.Entries, err = d.entryRows(p.Stream); err != nil {
		return c, err
	}
	if c.Clocks, err = d.clocks(p.Stream, true); err != nil {
		return c, err
	}
	from, until := d.today.Start(d.zone), d.today.End(d.zone)
	line, err := dutyboard.Cover(d.ctx, db, office, p.Stream, from, until, d.now)
	if err != nil {
		return c, err
	}
	minute := func(at time.Time) int {
		return int(min(max(at.Sub(from), 0), until.Sub(from)) / time.Minute)
	}
	add := func(from, until time.Time, who, tone, said string) {
		if x, end := minute(from), minute(until); end > x {
			c.Day = append(c.Day, turnRow{x, end - x, who, from.In(d.zone).Format("15:04"), tone, said})
		}
	}
	for _, t := range line.Tenures {
		end := t.Until.Time
		if t.Until.IsZero() {
			end = d.now
		}
		start := t.From.Time
		if start.Before(from) {
			start = from
		}
		if !t.PlannedEnd.IsZero() && end.After(t.PlannedEnd.Time) && t.PlannedEnd.After(start) {
			add(start, t.PlannedEnd.Time, d.name(t.Person), "was", "")
			start = t.PlannedEnd.Time
		}
		if !t.PlannedEnd.IsZero() && end.After(t.PlannedEnd.Time) {
			add(start, end, d.name(t.Person), "over", d.t("到时未交接，继续负责", "not taken over: still responsible"))
			continue
		}
		add(start, end, d.name(t.Person), "was", "")
	}
	for _, s := range state.Shifts {
		if s.End.After(d.now) && s.Start.Before(until) {
			tone := "will"
			start := s.Start.Time
			if start.Before(d.now) {
				start = d.now
			}
			who := d.onDuty(s.Person, s.By)
			said := d.t("已排", "planned")
			if s.Start.Equal(state.Shift.Time) {
				who, tone, said = d.name(state.Responsible), "is", d.t("在班", "on watch")
			} else if !s.Start.After(d.now) {
				said = d.t("尚未接班", "not taken over yet")
			}
			add(start, s.End.Time, who, tone, said)
		}
	}
	c.Covered = fmt.Sprintf(d.t("今日无空档 %d 处，双岗 %d 处", "today: %d gaps, %d doubles"), line.Gaps, line.Double)
	if line.Gaps == 0 && line.Double == 0 {
		c.Covered = d.t("今日责任连续，无空档、无重叠", "today without a gap and without two at once")
	}
	return c, nil
}

// boardPage is read from five metres: who is on now. With ?wall the page renews itself every half minute.
func (a *API) boardPage(w http.ResponseWriter, r *http.Request) {
	type data struct {
		Posts    []nowCard
		Findings []findingRow
		Wall     bool
		Toggle   string
	}
	a.view(w, r, "duty", func(d *desk) (*frame, error) {
		f, err := d.frame(d.t("值班", "The watch"))
		if err != nil {
			return nil, err
		}
		out := data{Wall: r.URL.Query().Has("wall"), Toggle: "/desk/duty?wall=1"}
		if f.Sub, f.Data = d.longToday(), &out; out.Wall {
			out.Toggle = "/desk/duty"
			w.Header().Set("Refresh", "30")
		}
		posts, err := dutyboard.Posts(d.ctx, a.cfg.Read.Pool, d.who.Office, d.now)
		if err != nil {
			return nil, err
		}
		for _, p := range posts {
			c, err := d.card(p)
			if err != nil {
				return nil, err
			}
			out.Posts = append(out.Posts, c)
		}
		out.Findings, err = d.findingRows("", 12)
		return f, err
	})
}

type findingRow struct{ Href, When, Text, Tone string }

func (d *desk) findingRows(stream string, limit int) (rows []findingRow, err error) {
	list, err := dutyboard.Findings(d.ctx, d.cfg.Read.Pool, d.who.Office, 60)
	for _, f := range list {
		if len(rows) == limit || stream != "" && f.Stream != stream {
			continue
		}
		row := findingRow{Href: d.pageOf(f.Stream), When: d.limit(f.At), Text: d.word("finding." + f.Kind), Tone: "seal"}
		if f.Told != "" {
			row.Text, row.Tone = row.Text+d.t("，已告 ", "; told to ")+d.name(f.Told), "ochre"
		}
		if f.Person != "" {
			row.Text += d.t("（", " (") + d.name(f.Person) + d.t("）", ")")
		}
		rows = append(rows, row)
	}
	return rows, err
}

// watchView is one duty post before the asker, with the latest part of its history.
type watchView struct {
	*record[duty.Post]
	at      int64 // revision of the post
	board   dutyboard.Post
	entries []entryRow
	rules   domain.Policy
}

// told is how many events of a post the page tells at once.
const told = 60

func openWatch(a *API, r *http.Request) (*watchView, error) {
	d, err := a.desk(r)
	if err != nil {
		return nil, err
	}
	id := chi.URLParam(r, "id")
	if !uuidForm.MatchString(id) {
		return nil, problemNotFound
	}
	v := &watchView{record: &record[duty.Post]{desk: d, of: duty.Context, stream: duty.Context.Stream(id), sees: true}}
	if v.state, v.at, err = commands.State(d.ctx, a.cfg.Handler, duty.Context, d.who.Office, v.stream); err != nil {
		return nil, err
	}
	if v.at < 0 {
		return nil, problemNotFound
	}
	until := v.at
	if n, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64); err == nil && n > 0 && n <= v.at {
		until = n - 1
	}
	if v.events, err = d.part(v.stream, max(0, until-told+1), until); err != nil {
		return nil, err
	}
	d.caught(v.events)
	posts, err := dutyboard.Posts(d.ctx, a.cfg.Read.Pool, d.who.Office, d.now)
	if err != nil {
		return nil, err
	}
	for _, p := range posts {
		if p.Stream == v.stream {
			v.board = p
		}
	}
	if v.entries, err = d.entryRows(v.stream); err != nil {
		return nil, err
	}
	d.items = map[string]string{}
	for _, r := range v.events {
		switch e := r.Event.(type) {
		case duty.EntryLogged:
			d.items[e.Entry] = d.entryName(e.No, e.Content.Subject)
		case duty.HandoverOffered:
			for _, i := range e.Items {
				if i.Kind != duty.ItemEntry {
					d.items[i.ID] = i.Name
				}
			}
		}
	}
	for _, e := range v.entries {
		no, _ := strconv.Atoi(e.No)
		d.items[e.ID] = d.entryName(no, e.Subject)
	}
	v.rules, err = d.policy()
	return v, err
}

// entryName is what an entry of the duty log is called: its number and the beginning of what it says.
func (d *desk) entryName(no int, subject string) string {
	short := []rune(subject)
	if len(short) > 24 {
		short = append(short[:24:24], '…')
	}
	return fmt.Sprintf(d.t("第 %d 号 %s", "No. %d %s"), no, string(short))
}

// onSheet is an entry as a handover sheet states it.
func (d *desk) onSheet(no int, on domain.Date, subject string) string {
	return fmt.Sprintf(d.t("第 %d 号（%s）%s", "No. %d (%s) %s"), no, d.date(on), subject)
}

// part reads some events of a stream, the first and the last by their revision.
func (d *desk) part(stream string, first, last int64) (events []domain.Recorded, err error) {
	records, err := d.cfg.Handler.Store.Read(d.ctx, stream, first)
	if err != nil {
		return nil, err
	}
	for _, rec := range records {
		r, err := d.cfg.Handler.Decode(rec)
		if err != nil {
			return nil, err
		}
		if r.Office != d.who.Office {
			return nil, problemNotFound
		}
		if r.Revision <= last {
			events = append(events, r)
		}
	}
	return events, nil
}

func (v *watchView) revision() int64 { return v.at }

// asked is what the address or the form that came back names, else the first of what there is.
func (v *watchView) asked(field, first string) string {
	for _, given := range []string{v.r.PostForm.Get(field), v.r.URL.Query().Get(field)} {
		if given != "" {
			return given
		}
	}
	return first
}

func (v *watchView) entry() string {
	first := ""
	if len(v.entries) > 0 {
		first = v.entries[0].ID
	}
	return v.asked("entry", first)
}

func (v *watchView) swap() string {
	for id, w := range v.state.Swaps {
		if w.With == v.who.Person || w.From == v.who.Person {
			return v.asked("swap", id)
		}
	}
	for id := range v.state.Swaps {
		return v.asked("swap", id)
	}
	return v.asked("swap", "")
}

func (v *watchView) emergency() string {
	for id := range v.state.Emergencies {
		return v.asked("emergency", id)
	}
	return v.asked("emergency", "")
}

// written is what an entry says, as it is written now.
func (v *watchView) written(entry string) (c duty.Content) {
	for _, r := range v.events {
		switch e := r.Event.(type) {
		case duty.EntryLogged:
			if e.Entry == entry {
				c = e.Content
			}
		case duty.EntryCorrected:
			if e.Entry == entry {
				c = e.Content
			}
		}
	}
	return c
}

// mine are the shifts to come of the asker, or of the others.
func (v *watchView) shifts(mine bool) (list []option) {
	for _, s := range v.state.Shifts {
		if s.Source == duty.Rota && s.Start.After(v.now) && (s.Person == v.who.Person) == mine && len(list) < 60 {
			b, _ := s.Start.MarshalText()
			name := v.limit(s.Start) + "–" + v.limit(s.End)
			if !mine {
				name += " " + v.name(s.Person)
			}
			list = append(list, option{ID: string(b), Name: name})
		}
	}
	return list
}

func (v *watchView) myNext() domain.Instant {
	for _, s := range v.state.Shifts {
		if s.Person == v.who.Person && s.Start.After(v.now) {
			return s.Start
		}
	}
	return domain.Instant{}
}

// watchActs are the acts upon a duty post.
var watchActs = []recordAct[*watchView]{
	upon("entries", "记一笔", "Write into the log", func(v *watchView) duty.Command {
		return duty.LogEntry{Content: duty.Content{Time: domain.At(v.now)}}
	}).editing(),
	upon("handovers/acceptances", "接班", "Take the watch over", func(v *watchView) duty.Command { return duty.AcceptHandover{Handover: v.state.Handover.ID} }),
	upon("handovers/refusals", "不接", "Refuse the handover", func(v *watchView) duty.Command {
		return duty.RefuseHandover{Handover: v.state.Handover.ID}
	}),
	upon("entries/actions", "马上办", "Act on an entry", func(v *watchView) duty.Command { return duty.ActOnEntry{Entry: v.entry()} }),
	upon("entries/escalations", "请示", "Ask a leader about an entry", func(v *watchView) duty.Command { return duty.EscalateEntry{Entry: v.entry(), To: v.who.Person} }),
	upon("entries/carry-overs", "移交次日", "Carry an entry over", func(v *watchView) duty.Command { return duty.CarryOverEntry{Entry: v.entry()} }),
	upon("entries/closings", "办结", "Close an entry", func(v *watchView) duty.Command { return duty.CloseEntry{Entry: v.entry()} }),
	upon("entries/relays", "转达", "Pass a message on", func(v *watchView) duty.Command { return duty.RelayMessage{Entry: v.entry(), To: v.who.Person} }),
	upon("entries/acknowledgements", "确认收到转达", "Say that a message arrived", func(v *watchView) duty.Command { return duty.AcknowledgeRelay{Entry: v.entry()} }),
	upon("entries/corrections", "更正记录", "Correct an entry", func(v *watchView) duty.Command {
		return duty.CorrectEntry{Entry: v.entry(), Content: v.written(v.entry())}
	}),
	upon("stand-ins", "临时替班", "Let somebody stand in", func(v *watchView) duty.Command { return duty.StartStandIn{} }),
	upon("stand-ins/end", "替班结束", "Be back in the room", func(v *watchView) duty.Command { return duty.EndStandIn{} }),
	upon("reservations/settlements", "了结保留事项", "Settle what was reserved", func(v *watchView) duty.Command {
		first := ""
		for id := range v.state.Reserved {
			first = id
		}
		return duty.SettleReservation{Item: v.asked("item", first)}
	}),
	upon("swaps", "请人换班", "Ask for a swap", func(v *watchView) duty.Command { return duty.RequestSwap{Shift: v.myNext()} }),
	upon("swaps/acceptances", "同意换班", "Take the other's shift", func(v *watchView) duty.Command { return duty.AcceptSwap{Swap: v.swap()} }),
	upon("swaps/notices", "登记换班告知", "Record that the office was told of a swap", func(v *watchView) duty.Command { return duty.NoteSwap{Swap: v.swap()} }),
	upon("swaps/declinations", "不换班", "Decline a swap", func(v *watchView) duty.Command { return duty.DeclineSwap{Swap: v.swap()} }),
	upon("emergencies", "突发事件起报", "Start the clocks of an emergency", func(v *watchView) duty.Command { return duty.DeclareEmergency{Known: domain.At(v.now)} }),
	upon("emergencies/reports", "首报", "Record a first report", func(v *watchView) duty.Command {
		return duty.ReportEmergency{Emergency: v.emergency(), Way: v.asked("way", duty.Phone)}
	}),
	upon("emergencies/follow-ups", "续报", "Record a follow-up", func(v *watchView) duty.Command { return duty.FollowUpEmergency{Emergency: v.emergency()} }),
	upon("emergencies/closings", "终报", "Close an emergency", func(v *watchView) duty.Command { return duty.CloseEmergency{Emergency: v.emergency()} }),
	upon("days", "结日", "Write the sheet of a day", func(v *watchView) duty.Command {
		c := duty.CloseDay{}
		for day := range v.state.Days {
			if c.Day.IsZero() || day.Before(c.Day) {
				c.Day = day
			}
		}
		return c
	}),
	upon("inspections", "查岗", "Look whether the post is kept", func(v *watchView) duty.Command { return duty.Inspect{Present: true} }),
	upon("probes", "电话抽查", "Record a test call", func(v *watchView) duty.Command { return duty.Probe{Answered: true} }),
}

// offerAct and answerAct have forms of their own: things and answers are rows.
var (
	offerAct  = upon("handovers", "交班", "Offer the watch", func(v *watchView) duty.Command { return duty.OfferHandover{Checklist: v.checklist()} })
	answerAct = upon("handovers/answers", "逐件确认", "Answer item by item", func(v *watchView) duty.Command { return duty.AnswerItems{} })
)

func (v *watchView) checklist() (items []string) {
	for _, p := range v.rules.Provisions["duty.handover.checklist"] {
		if !p.Blank {
			items = append(items, policyList[string](domain.Policy{Provisions: map[string][]domain.Provision{p.Key: {p}}}, p.Key, domain.At(v.now))...)
		}
	}
	return slices.Compact(items)
}

func (v *watchView) choices(act, field string) (list []option) {
	people := func(persons []string) {
		for _, p := range persons {
			if p != v.who.Person && !slices.ContainsFunc(list, func(o option) bool { return o.ID == p }) {
				list = append(list, option{ID: p, Name: v.name(p)})
			}
		}
	}
	everybody := func() {
		for _, p := range v.names.People("rank", v.today) {
			people([]string{p.ID})
		}
	}
	holders := func(key string) {
		for _, post := range policyList[string](v.rules, key, domain.At(v.now)) {
			people(v.names.Holders(post, v.today))
		}
	}
	words := func(space string, words ...string) {
		for _, w := range words {
			list = append(list, option{ID: w, Name: v.word(space + w)})
		}
	}
	switch act + " " + field {
	case "handovers checklist":
		words("check.", v.checklist()...)
	case "entries kind", "entries/corrections kind":
		words("duty.", "call", "fax", "telegram", "visit")
	case "entries urgency", "entries/corrections urgency":
		for _, s := range policyList[duty.Sort](v.rules, duty.Triage.Name, domain.At(v.now)) {
			words("duty.", s.When)
		}
	case "entries/escalations to", "entries/relays to", "entries/carry-overs to":
		everybody()
	case "stand-ins person":
		holders(duty.StandInRoles.Name)
	case "swaps with":
		holders("duty.cover[other times, rest days].by")
	case "swaps shift":
		return v.shifts(true)
	case "swaps in_return":
		return v.shifts(false)
	case "emergencies entry":
		return v.openEntries()
	}
	switch field {
	case "entry":
		return v.openEntries()
	case "swap":
		for id, w := range v.state.Swaps {
			list = append(list, option{ID: id, Name: v.name(w.From) + " → " + v.name(w.With) + " " + v.limit(w.Shift)})
		}
	case "item":
		for id, r := range v.state.Reserved {
			list = append(list, option{ID: id, Name: r.Remark})
		}
	case "emergency":
		for id, e := range v.state.Emergencies {
			list = append(list, option{ID: id, Name: v.t("应于 ", "by ") + v.limit(e.Due[duty.Phone])})
		}
	}
	return list
}

func (v *watchView) openEntries() (list []option) {
	for _, e := range v.entries {
		list = append(list, option{ID: e.ID, Name: v.items[e.ID] + " " + e.When})
	}
	return list
}

func (v *watchView) suit(act string, f *field) bool {
	switch act + " " + f.Name {
	case "handovers things", "handovers/answers answers":
		return false
	case "handovers/acceptances handover", "handovers/refusals handover":
		f.Kind = "hidden"
	case "entries time", "entries/corrections time":
		f.Width = "half"
	case "entries subject", "entries/corrections subject", "entries action", "entries/corrections action":
		f.Short = true
	}
	return true
}

func (v *watchView) leaves(act string, why *domain.Refusal) bool {
	switch why.Code {
	case duty.ErrEntry.Code, duty.ErrRelay.Code, duty.ErrSwapUnknown.Code, duty.ErrNoStandInRuns.Code, duty.ErrNotReserved.Code, duty.ErrEmergency.Code,
		duty.ErrNothingOffered.Code, duty.ErrDay.Code, duty.ErrNoShift.Code, duty.ErrNotYours.Code:
		return true
	case duty.ErrNotResponsible.Code: // said once, of the log
		return act != "entries"
	case duty.ErrNotIncoming.Code:
		return act != "handovers/acceptances"
	}
	return false
}

func (v *watchView) next() (acts []string) {
	if v.state.Handover.ID != "" {
		acts = append(acts, "handovers-acceptances", "handovers-refusals")
	}
	if v.state.StandIn.ID != "" {
		acts = append(acts, "stand-ins-end")
	}
	return append(acts, "entries", "emergencies-reports", "swaps-acceptances", "swaps-notices", "entries-acknowledgements")
}

// answerRow is one item of the handover that waits, and what was said about it.
type answerRow struct {
	No                         int
	ID, Kind, Name, Remark, On string
	Count                      int
	Answered                   bool
}

// answering are the items that the next person answers for.
func (v *watchView) answering() (rows []answerRow) {
	back := v.returned.act == answerAct.path
	row := func(id, kind, name string, count int) {
		a := answerRow{No: len(rows), ID: id, Kind: v.word("thing." + kind), Name: name, Count: count}
		a.Remark, a.Answered = v.state.Handover.Answers[id]
		if back {
			a.Remark = v.r.PostForm.Get(fmt.Sprintf("answers[%d][remark]", a.No))
		}
		rows = append(rows, a)
	}
	for _, i := range v.state.Handover.Items {
		if i.Kind != duty.ItemEntry {
			row(i.ID, i.Kind, i.Name, i.Count)
		}
	}
	for _, e := range v.entries {
		if s := v.state.Entries[e.ID]; !s.Named {
			row(e.ID, duty.ItemEntry, v.t("第", "No. ")+e.No+v.t("号 ", " ")+e.Subject, 1)
		}
	}
	return rows
}

// special makes the form of an act whose rows the page lays out itself; why says why it cannot be taken now.
func special[V shown](v V, act recordAct[V]) (f *form, why string, err error) {
	_, err = act.try(v)
	var refusal *domain.Refusal
	if errors.As(err, &refusal) && refusal.Kind != domain.Invalid && v.page().returned.act != act.path {
		return nil, v.page().say(refusal.Code, refusal.Params, refusal.Text(v.page().lang)), nil
	}
	if err != nil && refusal == nil {
		return nil, "", err
	}
	made := act.form(v)
	return &made, "", nil
}

// shiftRow is a shift to come.
type shiftRow struct {
	When, Who, Note string
	Mine            bool
}

type chainRow struct{ Href, When, From, To, State, Tone, Note string }

// build makes the page of one post.
func (v *watchView) build() (*frame, error) {
	type thing struct {
		No                int
		Kind, Name, Count string
	}
	type data struct {
		Card           nowCard
		Acts           actList
		Offer, Answer  *form
		Answers        []answerRow
		Things         []thing
		Kinds          []option
		NoOffer        string
		Lines          []line
		Older          string
		Shifts         []shiftRow
		Chain          []chainRow
		Swaps          []chainRow
		Clocks         []clockRow
		Findings       []findingRow
		Rosters, Sheet string
	}
	f, err := v.frame(v.lineName(v.state.Line))
	if err != nil {
		return nil, err
	}
	var out data
	f.Sub, f.Data = v.t("值班", "the watch"), &out
	out.Sheet = v.href() + "/handover"
	if out.Card, err = v.card(v.board); err != nil {
		return nil, err
	}
	for i, e := range v.entries {
		for _, act := range watchActs {
			switch act.path {
			case "entries/actions", "entries/escalations", "entries/carry-overs", "entries/closings", "entries/relays", "entries/corrections":
				out.Card.Entries[i].Links = append(out.Card.Entries[i].Links, link{v.href() + "?act=" + url.QueryEscape(act.path) + "&entry=" + e.ID + "#act-" + strings.ReplaceAll(act.path, "/", "-"), v.t(act.zh, act.en)})
			}
		}
	}
	if out.Acts, err = possible(v, watchActs); err != nil {
		return nil, err
	}
	if v.state.Handover.ID != "" {
		if out.Answer, _, err = special(v, answerAct); err != nil {
			return nil, err
		}
		out.Answers = v.answering()
	}
	if out.Offer, out.NoOffer, err = special(v, offerAct); err != nil {
		return nil, err
	}
	for i, kind := range []string{"keys", "seals", "carriers", "papers", "equipment"} {
		out.Kinds = append(out.Kinds, option{ID: kind, Name: v.word("thing." + kind)})
		t := thing{No: i}
		if v.returned.act == offerAct.path {
			in := func(field string) string { return v.r.PostForm.Get(fmt.Sprintf("things[%d][%s]", i, field)) }
			t.Kind, t.Name, t.Count = in("kind"), in("name"), in("count")
		}
		out.Things = append(out.Things, t)
	}
	done := v.done(v.stream)
	out.Lines = v.lines(v.events, true, done)
	for _, l := range out.Lines {
		if l.Fresh {
			f.Notice = l.Text
		}
	}
	slices.Reverse(out.Lines)
	for i := range out.Lines {
		out.Lines[i].Day = ""
		if i == 0 || out.Lines[i].ISO[:10] != out.Lines[i-1].ISO[:10] {
			var at domain.Instant
			if at.UnmarshalText([]byte(out.Lines[i].ISO)) == nil {
				out.Lines[i].Day = v.date(v.on(at))
			}
		}
	}
	if len(v.events) > 0 && v.events[0].Revision > 0 {
		out.Older = turned(v.r, "before", strconv.FormatInt(v.events[0].Revision, 10))
	}
	for _, s := range v.state.Shifts {
		if s.Start.After(v.now) && len(out.Shifts) < 8 {
			row := shiftRow{When: v.limit(s.Start) + "–" + v.limit(s.End), Who: v.onDuty(s.Person, s.By), Mine: s.Person == v.who.Person}
			if s.Person != s.Planned {
				row.Note = v.t("换班，原 ", "swapped, was ") + v.name(s.Planned)
			}
			out.Shifts = append(out.Shifts, row)
		}
	}
	db, office := v.cfg.Read.Pool, v.who.Office
	chain, err := dutyboard.Handovers(v.ctx, db, office, v.stream, 12)
	if err != nil {
		return nil, err
	}
	for _, h := range chain {
		row := chainRow{Href: out.Sheet + "?of=" + h.Handover, When: v.limit(h.Offered), From: v.name(h.From), To: v.name(h.To), State: v.word("handover." + h.State),
			Tone: map[string]string{"accepted": "green", "refused": "seal", "offered": "ochre"}[h.State], Note: fmt.Sprintf(v.t("%d 件", "%d items"), h.Items)}
		if h.Reserved > 0 {
			row.Note += fmt.Sprintf(v.t("，保留 %d 件", ", %d reserved"), h.Reserved)
		}
		out.Chain = append(out.Chain, row)
	}
	swaps, err := dutyboard.Swaps(v.ctx, db, office, v.stream, 8)
	if err != nil {
		return nil, err
	}
	for _, s := range swaps {
		out.Swaps = append(out.Swaps, chainRow{When: v.limit(s.Shift), From: v.name(s.From), To: v.name(s.With), State: v.word("swap." + s.State),
			Tone: map[string]string{"in-force": "green", "declined": "", "requested": "ochre", "accepted": "ochre", "noted": "ochre"}[s.State]})
	}
	if out.Clocks, err = v.clocks(v.stream, false); err != nil {
		return nil, err
	}
	out.Findings, err = v.findingRows(v.stream, 8)
	return f, err
}

// sheetRow is one item of a handover sheet with its answer.
type sheetRow struct {
	Kind, Name, Answer, Tone, Remark string
	Count                            int
}

// handoverPage is the sheet of one handover, the latest unless ?of names another: it looks as it prints.
func (a *API) handoverPage(w http.ResponseWriter, r *http.Request) {
	type data struct {
		Line, Back, From, FromPost, To, ToPost, Out, In, Planned, Overrun string
		Offered, Settled, State, Tone, Reason, Proof, Event, Checked      string
		Entries, Things                                                   []sheetRow
		None, Waits                                                       bool
		Others                                                            []chainRow
	}
	a.view(w, r, "handover", func(d *desk) (*frame, error) {
		id := chi.URLParam(r, "id")
		if !uuidForm.MatchString(id) {
			return nil, problemNotFound
		}
		stream := duty.Context.Stream(id)
		post, revision, err := commands.State(d.ctx, a.cfg.Handler, duty.Context, d.who.Office, stream)
		if err == nil && revision < 0 {
			err = problemNotFound
		}
		if err != nil {
			return nil, err
		}
		f, err := d.frame(d.t("交接班", "Handover"))
		if err != nil {
			return nil, err
		}
		out := data{Line: d.lineName(post.Line), Back: "/desk/duty/" + id}
		f.Sub, f.Data = out.Line, &out
		chain, err := dutyboard.Handovers(d.ctx, a.cfg.Read.Pool, d.who.Office, stream, latest)
		if err != nil {
			return nil, err
		}
		of := r.URL.Query().Get("of")
		i := slices.IndexFunc(chain, func(h dutyboard.Handover) bool { return of == "" || h.Handover == of })
		if i < 0 {
			if of != "" {
				return nil, problemNotFound
			}
			out.None = true
			return f, nil
		}
		h := chain[i]
		until := revision
		if i > 0 {
			until = chain[i-1].Revision
		}
		events, err := d.part(stream, max(0, h.Revision-400), until) // what was logged in the shift stands before the offer
		if err != nil {
			return nil, err
		}
		subjects, remarks := map[string]string{}, map[string]string{}
		var offered duty.HandoverOffered
		answer := func(item, remark string) { remarks[item] = remark }
		for _, e := range events {
			switch ev := e.Event.(type) {
			case duty.EntryLogged:
				subjects[ev.Entry] = d.onSheet(ev.No, ev.On, ev.Content.Subject)
			case duty.EntryCorrected:
				subjects[ev.Entry] = d.onSheet(ev.No, ev.On, ev.Content.Subject)
			case duty.HandoverOffered:
				if ev.Handover == h.Handover {
					offered = ev
					out.Offered, out.FromPost = d.limit(e.OccurredAt), d.name(e.Actor.Post)
				}
			case duty.ItemAccepted:
				if ev.Handover == h.Handover {
					answer(ev.Item, "")
				}
			case duty.ItemReserved:
				if ev.Handover == h.Handover {
					answer(ev.Item, ev.Remark)
				}
			case duty.HandoverAccepted:
				if ev.Handover == h.Handover {
					out.To, out.ToPost, out.Settled = d.name(ev.To), d.name(e.Actor.Post), d.limit(ev.At)
					out.Proof, out.Event = eventstore.Token(a.cfg.Handler.Store.LogID(), eventstore.Position(e.Position)), e.ID
					out.Planned = d.limit(ev.Planned)
					if over := ev.At.Sub(ev.Planned.Time); !ev.Planned.IsZero() && over > 0 {
						out.Overrun = d.lasting(int64(over / time.Second))
					}
				}
			case duty.HandoverRefused:
				if ev.Handover == h.Handover {
					out.To, out.ToPost, out.Settled, out.Reason = d.name(ev.By), d.name(e.Actor.Post), d.limit(e.OccurredAt), ev.Reason
					out.Proof, out.Event = eventstore.Token(a.cfg.Handler.Store.LogID(), eventstore.Position(e.Position)), e.ID
				}
			}
		}
		out.From, out.In, out.State, out.Waits = d.name(h.From), d.limit(h.Shift), d.word("handover."+h.State), h.State == "offered"
		out.Tone = map[string]string{"accepted": "green", "refused": "seal", "offered": "ochre"}[h.State]
		if out.To == "" {
			out.To = d.onDuty(offered.To, offered.Posts)
		}
		var checked []string
		for _, c := range offered.Checklist {
			checked = append(checked, d.word("check."+c))
		}
		out.Checked = strings.Join(checked, d.word("、"))
		for _, item := range offered.Items {
			row := sheetRow{Kind: d.word("thing." + item.Kind), Name: item.Name, Count: item.Count}
			remark, answered := remarks[item.ID]
			switch {
			case h.State == "refused":
				row.Answer, row.Tone = d.t("未接", "refused"), "seal"
			case !answered:
				row.Answer, row.Tone = d.t("待确认", "unanswered"), "ochre"
			case remark != "":
				row.Answer, row.Tone, row.Remark = d.t("有保留地接", "with reservation"), "ochre", remark
			default:
				row.Answer, row.Tone = d.t("已接", "accepted"), "green"
			}
			if item.Kind == duty.ItemEntry {
				if s := subjects[item.ID]; s != "" {
					row.Name = s
				}
				out.Entries = append(out.Entries, row)
			} else {
				out.Things = append(out.Things, row)
			}
		}
		for j, other := range chain {
			if j < 10 {
				out.Others = append(out.Others, chainRow{Href: out.Back + "/handover?of=" + other.Handover, When: d.limit(other.Offered), From: d.name(other.From), To: d.name(other.To),
					State: d.word("handover." + other.State), Note: map[bool]string{true: "page"}[j == i]})
			}
		}
		return f, nil
	})
}
