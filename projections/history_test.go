package projections_test

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"testing"
	"time"

	"andu/commands"
	"andu/domain"
	"andu/domain/access"
	"andu/domain/approvals"
	"andu/domain/attendance"
	"andu/domain/circulation"
	"andu/domain/documents"
	"andu/domain/duty"
	"andu/domain/leave"
	"andu/domain/org"
	"andu/domain/persons"
	"andu/domain/policy"
	"andu/domain/registers"
	"andu/eventstore"
	"andu/eventstore/keys"
	"andu/eventstore/memstore"
	"andu/presets"
)

const office = "county"

// house is an office in memory with a few days of history, made by commands as the product makes it.
type house struct {
	*commands.Handler
	t   testing.TB
	log *memstore.Store
	now time.Time
}

// Persons and their posts. The three officers have none.
var staff = []struct{ person, name, pinyin, post, unit string }{
	{"p-zhao", "赵一鸣", "zhao yiming", "director", ""},
	{"p-qian", "钱多", "qian duo", "secretary", "secretariat"},
	{"p-sun", "孙立", "sun li", "registrar", "registry"},
	{"p-li", "李四光", "li siguang", "finance-head", "finance"},
	{"p-zhou", "周正", "zhou zheng", "works-head", "works"},
}

// Streams of the papers of the history.
var (
	flood   = documents.Context.Stream("flood")   // 特急, instructed, assigned, reported, closed, filed
	budget  = documents.Context.Stream("budget")  // 平件, registered with a mistake that was corrected
	secret  = documents.Context.Stream("secret")  // 机密, waits for an instruction
	sealed  = documents.Context.Stream("sealed")  // still in its envelope
	visit   = documents.Context.Stream("visit")   // returned to the issuer
	repeat  = documents.Context.Stream("repeat")  // the flood paper a second time
	ask     = documents.Context.Stream("ask")     // assigned, declined, assigned anew, urged, due
	request = approvals.Context.Stream("request") // an approval that somebody asked for himself
)

// watchers keep the watch; they join after everything else.
var watchers = map[string]string{"p-hr": "admin", "p-dep": "deputy-admin", "p-he": "duty", "p-ma": "duty", "p-tong": "messenger"}

var zone = time.FixedZone("Asia/Shanghai", 8*60*60)

func (h *house) Time() time.Time {
	h.now = h.now.Add(time.Minute)
	return h.now
}

func actor(person string) domain.Actor {
	for _, s := range staff {
		if s.person == person {
			return domain.Actor{Person: person, Post: s.post}
		}
	}
	if post, ok := watchers[person]; ok {
		return domain.Actor{Person: person, Post: post}
	}
	switch person {
	case "p-sys":
		return domain.Actor{Person: person, Post: org.SystemAdministrator}
	case "p-sec":
		return domain.Actor{Person: person, Post: org.SecurityAdministrator}
	}
	return domain.Actor{Person: person}
}

// do carries out a command, and at once what follows from it.
func do[S any](h *house, person string, c domain.Context[S], stream string, cmd domain.Command[S]) commands.Result {
	h.t.Helper()
	res, err := commands.Handle(h.t.Context(), h.Handler, c, stream, cmd, commands.Request{Office: office, Actor: actor(person), Command: commands.NewID(stream, h.now.String())})
	if err != nil {
		h.t.Fatalf("%T by %s: %v", cmd, person, err)
	}
	if err := h.FollowNow(h.t.Context(), office, res); err != nil {
		h.t.Fatalf("after %T by %s: %v", cmd, person, err)
	}
	return res
}

func (h *house) paper(person, stream string, cmd documents.Command) {
	h.t.Helper()
	do(h, person, documents.Context, stream, cmd)
}

func (h *house) register(stream string) {
	h.t.Helper()
	if _, err := commands.Register(h.t.Context(), h.Handler, stream, commands.Request{Office: office, Actor: actor("p-sun"), Command: commands.NewID(stream, "register")}); err != nil {
		h.t.Fatalf("register %s: %v", stream, err)
	}
}

func (h *house) organise(cmds ...domain.Command[org.Office]) {
	h.t.Helper()
	for _, cmd := range cmds {
		person := "p-sec"
		switch cmd.(type) {
		case org.SetUp:
			person = domain.System
		case org.Join, org.Transfer, org.StartLeaving, org.Leave:
			person = "p-sys"
		}
		do(h, person, org.Context, org.Stream(office), cmd)
	}
}

// caseOf is the case in which a paper is instructed.
func (h *house) caseOf(paper string) string {
	h.t.Helper()
	page, err := h.log.ReadAll(h.t.Context(), eventstore.Before, 10_000)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, rec := range slices.Backward(page.Records) {
		r, err := h.Decode(rec)
		if err != nil {
			h.t.Fatal(err)
		}
		if e, ok := r.Event.(approvals.Opened); ok && e.Subject == paper {
			return r.Stream
		}
	}
	h.t.Fatalf("%s has no case", paper)
	return ""
}

func (h *house) instruct(paper string, cmd approvals.WriteInstruction) {
	h.t.Helper()
	stream := h.caseOf(paper)
	c, revision, err := commands.State(h.t.Context(), h.Handler, approvals.Context, office, stream)
	if err != nil {
		h.t.Fatal(err)
	}
	st, _ := c.Current()
	cmd.Step, cmd.Shown = st.No, approvals.Shown{Case: revision, Digest: c.Digest}
	do(h, "p-zhao", approvals.Context, stream, cmd)
}

// open makes an office with its log in memory, its keys in a folder of the test, and its rules in force.
func newHouse(t testing.TB) *house {
	t.Helper()
	ring, err := keys.Create(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ring.Close() })
	h := &house{t: t, now: time.Date(2026, 4, 13, 8, 0, 0, 0, zone)}
	h.log = memstore.New("readmodels", func() time.Time { return h.now })
	h.Handler = &commands.Handler{Store: h.log, Keys: ring, Now: h.Time, Zone: zone, Clock: "simulated"}

	h.organise(org.SetUp{Name: "县政府办公室", Kind: "县政府办公室", Zone: "Asia/Shanghai",
		SystemAdministrator: "p-sys", SecurityAdministrator: "p-sec", Auditor: "p-aud"})
	for _, s := range staff {
		if s.unit != "" {
			h.organise(org.SetUpUnit{Unit: s.unit, Name: s.unit + "股"})
		}
		h.organise(org.CreatePost{Post: s.post, Title: s.post, Unit: s.unit, Rank: len(s.post), Single: true}, org.Join{Person: s.person, Unit: s.unit},
			org.Fill{Post: s.post, Person: s.person, By: "县政府", Document: "县政任〔2026〕1号"})
		do(h, "p-sys", persons.Context, persons.Stream(s.person), persons.Register{Person: s.person, Name: s.name, SortKey: s.pinyin})
	}
	book := policy.Stream(office)
	draft := policy.Draft{Document: policy.Head{ID: "RULES", Title: "演示制度", EffectiveFrom: domain.Date{Year: 2026, Month: 4, Day: 13}}, Values: values(t)}
	do(h, "p-zhao", policy.Context, book, draft)
	do(h, "p-zhao", policy.Context, book, policy.Review{Document: "RULES", OK: true})
	do(h, "p-zhao", policy.Context, book, policy.Publish{Documents: []string{"RULES"}, Moment: policy.AtOnce})
	return h
}

// values are what the county office lays down for papers, numbers and approvals, of its regulations and its supplement.
func values(t testing.TB) []policy.Value {
	t.Helper()
	var all []policy.Value
	for _, name := range slices.Backward(presets.Office("county")) {
		text, err := presets.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		var document struct{ Values []policy.Value }
		if err := json.Unmarshal(text, &document); err != nil {
			t.Fatal(err)
		}
		for _, v := range document.Values {
			known := slices.ContainsFunc(all, func(o policy.Value) bool { return o.Key == v.Key })
			wanted := slices.ContainsFunc([]string{"rcv.", "reg.", "duty.", "emer.", "cal.", "apr.", "sec.", "cir.", "leave.", "att.", "org.selfApproval", "org.vacantApprover", "policy.effectiveMoment"},
				func(prefix string) bool { return strings.HasPrefix(v.Key, prefix) })
			if wanted && !known && !v.Blank {
				v.Also, v.Replaces = false, nil
				all = append(all, v)
			}
		}
	}
	return all
}

func live(t testing.TB) *house {
	h := newHouse(t)
	paper := func(title, number, urgency string, class domain.Class) documents.Paper {
		return documents.Paper{SourceOrgans: []string{"省水利厅"}, Number: number, Title: title, Kind: "通知", Urgency: urgency, Class: class,
			Level: "province", Line: "state", IssuedOn: domain.Date{Year: 2026, Month: 4, Day: 10}, NotStated: notStated(urgency, class)}
	}
	arrive := documents.Arrival{Channel: "文件交换", Copies: 2}
	receive := func(stream string, p documents.Paper) {
		h.paper("p-sun", stream, documents.Receive{Arrival: arrive, Paper: p})
	}

	receive(flood, paper("关于做好防汛工作的通知", "水防〔2026〕7号", "特急", ""))
	h.register(flood)
	h.paper("p-sun", flood, documents.PreCheck{})
	h.paper("p-qian", flood, documents.ProposeHandling{Action: documents.ToHandle, Opinion: "拟请工程股主办", Lead: "works", Co: []string{"finance"}})
	h.instruct(flood, approvals.WriteInstruction{Text: "同意，抓紧落实。", Lead: "works"})
	h.paper("p-qian", flood, documents.Assign{Lead: "works", Co: []string{"finance"}})
	h.paper("p-zhou", flood, documents.Accept{})
	h.paper("p-sun", flood, documents.HandOut{Copy: "1", To: "works"})
	h.paper("p-li", flood, documents.Report{Text: "经费已落实"})
	h.paper("p-zhou", flood, documents.Report{Text: "已部署"})
	h.paper("p-zhou", flood, documents.Reply{To: "省水利厅", Way: "letter", Number: "县政办函〔2026〕3号", SentOn: domain.Date{Year: 2026, Month: 4, Day: 13}})
	h.paper("p-sun", flood, documents.ReturnCopy{Copy: "1"})
	h.paper("p-zhou", flood, documents.Close{Code: "settled"})
	h.paper("p-sun", flood, documents.File{FileCode: "2026-永久-1", Volume: "1", Retention: "永久"})

	receive(budget, paper("关于下达预算的通知", "财预〔2026〕12号", "平件", ""))
	h.register(budget)
	corrected := paper("关于下达二〇二六年预算的通知", "财预〔2026〕12号", "加急", "")
	h.paper("p-sun", budget, documents.CorrectRegistration{Reason: "标题录错", Paper: corrected})

	receive(secret, paper("关于涉密工作的请示", "机密〔2026〕1号", "加急", domain.Secret))
	h.register(secret)
	h.paper("p-sun", secret, documents.PreCheck{})
	h.paper("p-qian", secret, documents.ProposeHandling{Action: documents.ToHandle, Opinion: "拟请主任阅示"})
	h.paper("p-sun", secret, documents.HandOut{Copy: "2", To: "secretary"})

	h.paper("p-sun", sealed, documents.Receive{Arrival: documents.Arrival{Envelope: "机要-88", Seal: "intact", Copies: 1}})
	h.paper("p-sun", sealed, documents.CorrectReceipt{Reason: "封套号录错", Arrival: documents.Arrival{Envelope: "机要-89", Seal: "intact", Copies: 3}})

	receive(visit, paper("关于来访安排的函", "", "平件", ""))
	h.register(visit)
	h.paper("p-sun", visit, documents.Return{Cause: "non-conforming", Reason: "格式不符"})

	receive(repeat, paper("关于做好防汛工作的通知", "水防〔2026〕7号", "特急", ""))
	h.paper("p-sun", repeat, documents.LinkDuplicate{First: flood})

	receive(ask, paper("关于报送统计资料的请示", "统字〔2026〕3号", "加急", ""))
	h.register(ask)
	h.paper("p-sun", ask, documents.PreCheck{})
	h.paper("p-sun", ask, documents.Present{To: "director"})
	h.paper("p-qian", ask, documents.Assign{Lead: "finance"})
	h.paper("p-li", ask, documents.Decline{Reason: "非本股职责"})
	h.paper("p-qian", ask, documents.Assign{Lead: "works", Co: []string{"finance"}, DueOn: domain.Date{Year: 2026, Month: 4, Day: 13}})
	h.paper("p-qian", ask, documents.Urge{Level: 2, To: "works", Note: "请抓紧"})

	do(h, "p-li", approvals.Context, request, approvals.OpenCase{Kind: "县政府下发文件", Title: "关于印发办法的请示", Text: "请审签"})
	do(h, "p-zhao", approvals.Context, request, approvals.ReturnToStep{Step: 1, Text: "请补充附件"})
	do(h, "p-li", approvals.Context, request, approvals.Route{})
	do(h, "p-zhao", approvals.Context, request, approvals.Entrust{Step: 2, Person: "p-qian", Reason: "外出"})

	protect := func(person, paper string, cmd access.Command) {
		do(h, person, access.Context, access.Stream(paper), cmd)
	}
	cleared := func(person string, class domain.Class) {
		do(h, "p-sec", persons.Context, persons.Stream(person), persons.GrantClearance{Class: class, From: domain.Date{Year: 2026, Month: 4, Day: 1}, Document: "密审〔2026〕1号"})
	}
	for _, p := range []string{flood, secret} {
		protect(domain.System, p, access.Begin{Document: p})
	}
	cleared("p-zhou", domain.Secret)
	cleared("p-li", domain.Secret)
	protect("p-zhao", secret, access.SetScope{Persons: []string{"p-zhou"}, Authority: "主任批示"})
	protect("p-li", secret, access.RequestAccess{Reason: "核对经费"})
	request1 := accessRequest(h, secret)
	protect("p-zhao", secret, access.GrantAccess{Request: request1, Until: domain.Date{Year: 2026, Month: 5, Day: 1}})
	protect("p-zhou", secret, access.OpenView{Purpose: "handle", Place: "room"})
	denied(h, "p-qian", access.Stream(secret), access.OpenView{Purpose: "handle", Place: "room"})
	do(h, "p-sec", persons.Context, persons.Stream("p-zhou"), persons.LowerClearance{To: domain.Confidential, Effective: domain.Date{Year: 2026, Month: 4, Day: 13}})
	protect("p-sun", flood, access.AttachContent{File: strings.Repeat("a", 64), MediaType: "application/pdf", Size: 1000, Digest: strings.Repeat("b", 64), Name: "防汛.pdf"})

	half := func(day int, half leave.Half) leave.Edge {
		return leave.Edge{On: domain.Date{Year: 2026, Month: 4, Day: day}, Half: half}
	}
	ledger := func(person string, cmd leave.Command) commands.Result {
		return do(h, person, leave.Context, leave.Stream(person), cmd)
	}
	asked := ledger("p-li", leave.Ask{Type: "事假", From: half(15, leave.AM), To: half(17, leave.PM), Form: leave.Written, Reason: "家事"})
	id := asked.Events[0].Event.(leave.Requested).Request
	do(h, "p-zhao", leave.Context, asked.Stream, leave.Approve{Request: id})
	ledger("p-li", leave.Extend{Request: id, To: half(20, leave.PM), Form: leave.Written, Reason: "家事未毕"})
	out := ledger("p-qian", leave.ReportOuting{Place: "县水利局", Purpose: "会商", OutAt: domain.At(h.now), BackAt: domain.At(h.now.Add(time.Hour))})
	ledger("p-qian", leave.Return{Request: out.Events[0].Event.(leave.OutingReported).Request})
	ledger("p-sun", leave.ReportTrip{Place: "省城", Task: "培训", From: half(16, leave.AM), To: half(17, leave.PM)})
	ledger("p-zhou", leave.Ask{Type: "事假", From: half(15, leave.AM), To: half(15, leave.PM), Form: leave.Written, Reason: "家事"})

	year := registers.StreamOf(commands.NewID, office, "收文", 2026)
	do(h, "p-sun", registers.Context, year, registers.Void{Number: 5, Reason: "误盖编号"})
	do(h, "p-sun", registers.Context, year, registers.Certify{})

	do(h, "p-sys", persons.Context, persons.Stream("p-qian"), persons.Rename{Name: "钱朵", SortKey: "qian duo"})
	h.organise(
		org.SetUpOrgan{Organ: "water", Name: "省水利厅", Relation: "above"},
		org.SetUpOrgan{Organ: "old-water", Name: "省水电厅", Relation: "above"},
		org.MergeOrgan{Organ: "old-water", Into: "water"},
		org.ChangePost{Post: "finance-head", Title: "财务股长", Unit: "finance", Rank: 3, Single: true},
		org.AppointActing{Post: "finance-head", Person: "p-zhou", By: "县政府", Document: "县政任〔2026〕2号"},
		org.Vacate{Post: "finance-head", Person: "p-li", Document: "县政任〔2026〕3号"},
		org.AssignResponsibility{Post: "director", Matter: "papers"},
	)

	slip := circulation.Context.Stream("flood")
	goes := func(person string, cmd circulation.Command) { do(h, person, circulation.Context, slip, cmd) }
	goes("p-sun", circulation.Start{Document: flood, Readers: []string{"p-zhou", "p-zhao", "p-qian"}, Authority: "主任批示"})
	goes("p-sun", circulation.AddReader{Person: "p-li", Authority: "主任批示"})
	goes("p-sun", circulation.Deliver{Person: "p-zhou"})
	goes("p-zhou", circulation.MarkOpened{})
	goes("p-zhou", circulation.Sign{Opinion: "已阅"})
	goes("p-sun", circulation.Skip{Person: "p-qian", Reason: "出差"})
	goes("p-sun", circulation.Deliver{Person: "p-zhao"})
	return h
}

// accessRequest is the request to see a paper that waits for a decision.
func accessRequest(h *house, paper string) string {
	h.t.Helper()
	s, _, err := commands.State(h.t.Context(), h.Handler, access.Context, office, access.Stream(paper))
	if err != nil {
		h.t.Fatal(err)
	}
	for id := range s.Requests {
		return id
	}
	h.t.Fatalf("nobody asks to see %s", paper)
	return ""
}

// denied carries out a command that is refused, and the refusal is on record.
func denied(h *house, person, stream string, cmd access.Command) {
	h.t.Helper()
	if _, err := commands.Handle(h.t.Context(), h.Handler, access.Context, stream, cmd, commands.Request{Office: office, Actor: actor(person), Command: commands.NewID(stream, h.now.String())}); err == nil {
		h.t.Fatalf("%T by %s was not refused", cmd, person)
	}
}

// watched is the same office when it has kept a watch too.
func watched(t testing.TB) *house {
	h := live(t)
	h.watch()
	return h
}

// watch opens the duty room on the day of the history, with a roster of the next month and one handover.
func (h *house) watch() {
	h.t.Helper()
	for _, post := range []string{"admin", "deputy-admin", "duty", "messenger"} {
		h.organise(org.CreatePost{Post: post, Title: post, Rank: 9})
	}
	for _, person := range slices.Sorted(maps.Keys(watchers)) {
		h.organise(org.Join{Person: person}, org.Fill{Post: watchers[person], Person: person, By: "县政府", Document: "县政任〔2026〕4号"})
	}
	room := duty.StreamOf(commands.NewID, office, duty.DutyRoom)
	first := domain.Date{Year: 2026, Month: 5, Day: 1}
	roster := duty.RosterStream(commands.NewID, room, first)
	on := func(person string, cmd duty.Command) commands.Result {
		h.t.Helper()
		return do(h, person, duty.Context, room, cmd)
	}
	plan := func(person string, cmd domain.Command[duty.Roster]) commands.Result {
		h.t.Helper()
		return do(h, person, duty.Rosters, roster, cmd)
	}
	on("p-hr", duty.Open{Line: duty.DutyRoom, Person: "p-he"})
	draft := duty.Draft{Post: room, First: first}
	for d := first; d.Month == first.Month; d = d.Add(1) {
		start := domain.TimeOfDay{Minutes: 18*60 + 30}
		if d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
			start.Minutes = 8*60 + 30
		}
		draft.Assignments = append(draft.Assignments, duty.Assignment{Start: domain.At(start.On(d, zone)), Person: []string{"p-he", "p-ma"}[d.Day%2]})
	}
	plan("p-hr", draft)
	plan("p-dep", duty.Approve{})
	plan("p-hr", duty.Publish{})
	plan("p-hr", duty.Deliver{Persons: []string{"p-he"}, Way: "paper"})
	plan("p-hr", duty.Amend{Cause: "special-case", Reason: "出差", Assignments: []duty.Assignment{{Start: draft.Assignments[2].Start, Person: "p-he"}}})

	swap := on("p-ma", duty.RequestSwap{Shift: draft.Assignments[4].Start, With: "p-he", Reason: "急事"}).Events[0].Event.(duty.SwapRequested).Swap
	on("p-he", duty.AcceptSwap{Swap: swap})
	on("p-hr", duty.NoteSwap{Swap: swap})
	log := func(subject, urgency string) string {
		h.t.Helper()
		return on("p-he", duty.LogEntry{Content: duty.Content{Kind: "call", Urgency: urgency, Time: domain.At(h.now), Channel: "0734-1", Caller: "王某", Unit: "镇政府",
			Phone: "1", Subject: subject, Action: "记录"}}).Events[0].Event.(duty.EntryLogged).Entry
	}
	urgent, later := log("水情", "urgent"), log("会议通知", "next-day")
	on("p-he", duty.ActOnEntry{Entry: urgent, Text: "已通知"})
	on("p-he", duty.RelayMessage{Entry: urgent, To: "p-zhao"})
	on("p-he", duty.CarryOverEntry{Entry: later})
	known := on("p-he", duty.DeclareEmergency{Grade: "较大", Entry: urgent, What: "山洪"}).Events[0].Event.(duty.EmergencyKnown).Emergency
	on("p-he", duty.ReportEmergency{Emergency: known, Way: duty.Phone, To: "市政府", Text: "首报"})
	on("p-he", duty.StartStandIn{Person: "p-tong", Reason: "急诊"})
	on("p-he", duty.EndStandIn{})
	h.now = draft.Assignments[0].Start.Time
	offer := func(things ...duty.Item) string {
		h.t.Helper()
		return on("p-he", duty.OfferHandover{Things: things, Checklist: []string{"room-clean", "things-in-order", "no-secret-papers-out", "open-items", "keys",
			"seals", "carriers", "equipment"}}).Events[0].Event.(duty.HandoverOffered).Handover
	}
	on("p-ma", duty.RefuseHandover{Handover: offer(duty.Item{Kind: "keys", Name: "钥匙", Count: 2}), Reason: "钥匙不齐"})
	accepted := offer()
	on("p-ma", duty.AnswerItems{Answers: []duty.ItemAnswer{{Item: urgent}, {Item: later, Remark: "附件未见"}}})
	on("p-ma", duty.AcceptHandover{Handover: accepted})
}

// signed is the watched office when it has kept its sign-in book for a day too.
func signed(t testing.TB) *house {
	h := watched(t)
	h.signIn()
	return h
}

// bookDay is the day of the sign-in book.
var bookDay = domain.Date{Year: 2026, Month: 5, Day: 6}

// signIn lets one person be in time for both sessions of a day, another come too late in the morning, and the others stay
// away; a leader accepts an objection, and the month is compiled.
func (h *house) signIn() {
	h.t.Helper()
	book, am, pm := attendance.RollStream(office), attendance.SheetStream(commands.NewID, office, bookDay, "AM"), attendance.SheetStream(commands.NewID, office, bookDay, "PM")
	of := func(person string) string { return attendance.StreamOf(commands.NewID, office, person, bookDay) }
	clock := func(d domain.Date, minutes int) { h.now = domain.TimeOfDay{Minutes: minutes}.On(d, zone) }
	do(h, "p-sys", attendance.Rolls, book, attendance.Begin{From: bookDay})
	clock(bookDay, 7*60)
	do(h, domain.System, attendance.Rolls, book, attendance.TurnDay{Date: bookDay})
	for stream, session := range map[string]string{am: "AM", pm: "PM"} {
		do(h, domain.System, attendance.Sheets, stream, attendance.Open{Date: bookDay, Session: session})
	}
	sign := func(person, session string) {
		h.t.Helper()
		if _, err := commands.Handle(h.t.Context(), h.Handler, attendance.Context, of(person), attendance.SignIn{Session: session, Method: "web"},
			commands.Request{Office: office, Actor: actor(person), Command: commands.NewID(person, session)}); err != nil && !strings.Contains(err.Error(), attendance.ErrLate.Code) {
			h.t.Fatalf("%s signs in: %v", person, err)
		}
	}
	collect := func(stream string) {
		h.t.Helper()
		if _, err := commands.CloseSheet(h.t.Context(), h.Handler, stream, commands.Request{Office: office, Actor: actor(domain.System), Command: commands.NewID(stream, "close")}); err != nil {
			h.t.Fatalf("close %s: %v", stream, err)
		}
	}
	clock(bookDay, 8*60)
	sign("p-sun", "AM")
	clock(bookDay, 8*60+20)
	collect(am)
	sign("p-qian", "AM")
	clock(bookDay, 14*60+30)
	sign("p-sun", "PM")
	clock(bookDay, 15*60)
	collect(pm)
	for _, person := range []string{"p-sun", "p-qian", "p-zhou"} {
		do(h, domain.System, attendance.Context, of(person), attendance.Determine{Person: person, Date: bookDay})
	}
	clock(bookDay.Add(1), 9*60)
	do(h, "p-zhou", attendance.Context, of("p-zhou"), attendance.RaiseObjection{Reason: "当日停电"})
	do(h, "p-dep", attendance.Context, of("p-zhou"), attendance.DecideObjection{Accept: true, Sessions: []string{"AM"}, Opinion: "属实"})
	do(h, "p-qian", attendance.Context, of("p-qian"), attendance.RaiseObjection{Reason: "已到岗"})
	clock(domain.Date{Year: 2026, Month: 6, Day: 2}, 9*60)
	do(h, "p-dep", attendance.Rolls, book, attendance.Compile{Month: "2026-05", Rows: []attendance.Tally{{Person: "p-sun", Days: 1, Normal: 1}}})
}

func notStated(urgency string, class domain.Class) (fields []string) {
	if urgency == "" {
		fields = append(fields, "urgency")
	}
	if class == "" {
		fields = append(fields, "class")
	}
	return fields
}

// records is the whole log.
func (h *house) records() []eventstore.Record {
	h.t.Helper()
	page, err := h.log.ReadAll(context.Background(), eventstore.Before, 100_000)
	if err != nil {
		h.t.Fatal(err)
	}
	return page.Records
}
