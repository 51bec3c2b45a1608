package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"andu/cmd/andu/demo"
	"andu/domain"
	"andu/domain/leave"
)

// away is what the lists of leave tell.
type away struct {
	Request, Person, Kind, Type, Place, Status, Post string
	Days                                             leave.Days
	Overdue, Overstayed                              bool
}

func (u user) absences(path string) (list []away) {
	u.t.Helper()
	var body struct{ Absences, Away []away }
	u.must(u.read.Wait(u.t.Context(), u.head()))
	u.get(path).ok().into(&body)
	return append(body.Absences, body.Away...)
}

func halfDay(on, half string) map[string]any { return map[string]any{"on": on, "half": half} }

func askLeave(typ, from, fromHalf, to, toHalf string, more ...any) map[string]any {
	body := map[string]any{"type": typ, "from": halfDay(from, fromHalf), "to": halfDay(to, toHalf), "form": "written", "reason": "家中有事"}
	for i := 0; i+1 < len(more); i += 2 {
		body[more[i].(string)] = more[i+1]
	}
	return body
}

// request is the id that the first event of an answer names.
func (r result) request(t testing.TB) string {
	t.Helper()
	var e struct{ Request string }
	r.Events[0].into(t, &e)
	return e.Request
}

// One length of leave, one post that decides it: every row of G3 under both readings of the boundary words, and what the
// texts alone leave blank. Each step says by which tier it was routed, of how many days, and by which reading.
func TestG3(t *testing.T) {
	type row struct {
		by, typ, from, to, form, post, tier, days, upTo, boundary, refused string
	}
	ask := func(u user, r row, more ...any) answer {
		return u.post("/leave/requests", askLeave(r.typ, r.from[:10], r.from[11:], r.to[:10], r.to[11:], append([]any{"form", r.form}, more...)...))
	}
	for reading, rows := range map[string][]row{
		"lower": {
			{"secretariat-clerk", "事假", "2026-04-15 AM", "2026-04-15 AM", "free", "deputy-admin", "leave.tiers[*]", "0.5", "0.5", "lower", ""},
			{"secretariat-clerk2", "事假", "2026-04-15 AM", "2026-04-15 PM", "written", "deputy-admin", "leave.tiers[*]", "1.0", "2.0", "", ""},
			{"secretariat-clerk3", "事假", "2026-04-15 AM", "2026-04-16 PM", "written", "deputy-admin", "leave.tiers[*]", "2.0", "2.0", "lower", ""},
			{"secretariat-clerk4", "事假", "2026-04-15 AM", "2026-04-17 AM", "written", "director", "leave.tiers[*]", "2.5", "none", "", ""},
			{"secretariat-clerk5", "事假", "2026-04-17 AM", "2026-04-20 PM", "written", "deputy-admin", "leave.tiers[*]", "2.0", "2.0", "lower", ""},
			{"legal-clerk", "事假", "2026-04-15 AM", "2026-04-15 PM", "free", "", "", "", "", "", "leave.form"},
			{"deputy-admin", "事假", "2026-04-15 AM", "2026-04-15 PM", "written", "director", "leave.tiers[*]", "1.0", "2.0", "", ""},
			{"director", "事假", "2026-04-15 AM", "2026-04-17 AM", "written", "county-head", "leave.tiers[*]", "2.5", "none", "", ""},
			{"bureau-staff", "病假", "2026-04-15 AM", "2026-04-17 PM", "written", "office-leader", "leave.tiers[病假]", "3.0", "3.0", "incl", ""},
			{"bureau-staff2", "病假", "2026-04-15 AM", "2026-04-20 AM", "written", "chief", "leave.tiers[病假]", "3.5", "none", "", ""},
			{"bureau-staff3", "事假", "2026-04-15 AM", "2026-04-15 PM", "written", "office-leader", "leave.tiers[事假]", "1.0", "1.0", "lower", ""},
			{"bureau-staff4", "事假", "2026-04-15 AM", "2026-04-16 PM", "written", "chief", "leave.tiers[事假]", "2.0", "none", "", ""},
			{"bureau-driver", "事假", "2026-04-15 AM", "2026-04-15 AM", "written", "office-leader", "leave.tiers[事假 under 1 day]", "0.5", "1.0", "", ""},
		},
		"upper": {
			{"secretariat-clerk", "事假", "2026-04-15 AM", "2026-04-15 AM", "written", "deputy-admin", "leave.tiers[*]", "0.5", "2.0", "upper", ""},
			{"secretariat-clerk2", "事假", "2026-04-15 AM", "2026-04-15 PM", "written", "deputy-admin", "leave.tiers[*]", "1.0", "2.0", "", ""},
			{"secretariat-clerk3", "事假", "2026-04-15 AM", "2026-04-16 PM", "written", "director", "leave.tiers[*]", "2.0", "none", "upper", ""},
			{"secretariat-clerk4", "事假", "2026-04-15 AM", "2026-04-17 AM", "written", "director", "leave.tiers[*]", "2.5", "none", "", ""},
			{"secretariat-clerk5", "事假", "2026-04-17 AM", "2026-04-20 PM", "written", "director", "leave.tiers[*]", "2.0", "none", "upper", ""},
			{"legal-clerk", "事假", "2026-04-15 AM", "2026-04-15 AM", "free", "", "", "", "", "", "leave.form"},
			{"bureau-staff", "病假", "2026-04-15 AM", "2026-04-17 PM", "written", "office-leader", "leave.tiers[病假]", "3.0", "3.0", "incl", ""},
			{"bureau-staff2", "病假", "2026-04-15 AM", "2026-04-20 AM", "written", "chief", "leave.tiers[病假]", "3.5", "none", "", ""},
			{"bureau-staff3", "事假", "2026-04-15 AM", "2026-04-15 PM", "written", "chief", "leave.tiers[事假]", "1.0", "none", "upper", ""},
			{"bureau-staff4", "事假", "2026-04-15 AM", "2026-04-16 PM", "written", "chief", "leave.tiers[事假]", "2.0", "none", "", ""},
		},
	} {
		t.Run(reading, func(t *testing.T) {
			s := setting{at: "2026-04-14 10:00"}
			if reading == "upper" {
				s.reading = map[string]string{"county": "county/A-upper.json", "bureau": "bureau/B-upper.json"}
			}
			w := newTown(t, s)
			for _, r := range rows {
				a := ask(w.as(r.by), r, "certificate", "NO-1")
				if r.refused != "" {
					a.refused(422, r.refused)
					continue
				}
				var e leave.StepRouted
				a.result().Events[1].into(t, &e)
				upTo, err := e.UpTo.MarshalText()
				w.must(err)
				if e.Post != r.post || e.Rule != r.tier || e.Days.String() != r.days || e.Total != e.Days || string(upTo) != r.upTo || e.Boundary != r.boundary {
					t.Errorf("%s, %s to %s: got %+v", r.by, r.from, r.to, e)
				}
			}
			w.as("bureau-section-head").post("/leave/requests", askLeave("病假", "2026-04-15", "AM", "2026-04-15", "PM")).refused(422, "leave.certificate")
		})
	}
	t.Run("texts alone", func(t *testing.T) {
		w := newTown(t, setting{rules: demo.TextsAlone, at: "2026-04-14 10:00"})
		w.as("bureau-staff").post("/leave/requests", askLeave("事假", "2026-04-15", "AM", "2026-04-15", "AM")).refused(409, "policy-blank", "leave.tiers[事假 under 1 day]")
		w.as("secretariat-clerk").post("/leave/requests", askLeave("事假", "2026-04-15", "AM", "2026-04-15", "AM")).refused(409, "policy-blank", "leave.types")
	})
}

// Leaves next to each other take the tier of their total, and what was approved stays approved (G4).
func TestG4(t *testing.T) {
	w := newTown(t, setting{at: "2026-04-13 10:00"})
	first := map[string]string{}
	grant := func(by, decider, typ, from, to string) {
		t.Helper()
		u := w.as(by)
		first[by] = u.post("/leave/requests", askLeave(typ, from, "AM", to, "PM", "certificate", "NO-1")).result().request(t)
		w.as(decider).post("/leave/"+u.id+"/approvals", map[string]any{"request": first[by]}).ok()
	}
	grant("secretariat-clerk", "deputy-admin", "事假", "2026-04-14", "2026-04-15")
	grant("information-clerk", "deputy-admin", "事假", "2026-04-16", "2026-04-17")
	grant("legal-clerk", "deputy-admin", "事假", "2026-04-14", "2026-04-15")
	grant("bureau-staff", "bureau-office-leader", "事假", "2026-04-14", "2026-04-14")
	grant("bureau-staff2", "bureau-office-leader", "病假", "2026-04-14", "2026-04-15")
	grant("bureau-staff3", "bureau-office-leader", "事假", "2026-04-14", "2026-04-14")
	then := func(by, typ, from, to, post, total string, added bool) {
		t.Helper()
		u := w.as(by)
		var e leave.StepRouted
		u.post("/leave/requests", askLeave(typ, from, "AM", to, "PM", "certificate", "NO-2")).result().Events[1].into(t, &e)
		if e.Post != post || e.Total.String() != total || added != slices.Equal(e.Aggregated, []string{first[by]}) || !added && len(e.Aggregated) != 0 {
			t.Errorf("%s, %s to %s: got %+v", by, from, to, e)
		}
		for _, a := range u.absences("/leave/requests") {
			if a.Request == first[by] && a.Status != leave.StatusGranted {
				t.Errorf("%s: the earlier leave is %s", by, a.Status)
			}
		}
	}
	then("bureau-staff", "事假", "2026-04-15", "2026-04-15", "chief", "2.0", true)
	then("bureau-staff2", "病假", "2026-04-16", "2026-04-17", "chief", "4.0", true)
	then("bureau-staff3", "病假", "2026-04-15", "2026-04-16", "office-leader", "2.0", false)
	w.clock.set("2026-04-15 10:00")
	then("secretariat-clerk", "事假", "2026-04-16", "2026-04-17", "director", "4.0", true)
	then("information-clerk", "事假", "2026-04-20", "2026-04-21", "director", "4.0", true)
	then("legal-clerk", "事假", "2026-04-17", "2026-04-17", "deputy-admin", "1.0", false)
}

// Leave is approved by a person of the post of its tier before it begins, shows on the board without its reason, and ends
// by a report (both offices).
func TestLeave(t *testing.T) {
	w := newTown(t, setting{at: "2026-04-14 10:00"})
	staff, deputy, director, keeper := w.as("secretariat-clerk"), w.as("deputy-admin"), w.as("director"), w.as("admin")
	post := func(r result) string {
		t.Helper()
		var e leave.StepRouted
		r.Events[1].into(t, &e)
		return e.Post + " " + e.Total.String()
	}

	staff.post("/leave/requests", askLeave("事假", "2026-04-15", "AM", "2026-04-15", "PM", "form", "free")).refused(422, "leave.form")
	asked := staff.post("/leave/requests", askLeave("事假", "2026-04-15", "AM", "2026-04-16", "PM")).result()
	if got := post(asked); got != "deputy-admin 2.0" {
		t.Errorf("2.0 days go to %s", got)
	}
	id, ledger := asked.request(t), "/leave/"+staff.id
	director.post(ledger+"/approvals", map[string]any{"request": id}).refused(403, "leave.outside-authority")
	staff.post(ledger+"/approvals", map[string]any{"request": id}).refused(403, "leave.self")
	if list := deputy.absences("/leave/waiting"); len(list) != 1 || list[0].Request != id || list[0].Days.String() != "2.0" {
		t.Errorf("the deputy director's list: %+v", list)
	}
	deputy.post(ledger+"/approvals", map[string]any{"request": id}).ok()
	second := staff.post("/leave/requests", askLeave("事假", "2026-04-17", "AM", "2026-04-17", "PM")).result()
	if got := post(second); got != "director 3.0" {
		t.Errorf("the day next to it goes to %s", got)
	}
	keeper.post(ledger+"/entries", map[string]any{"request": id}).ok()
	deputy.get("/leave/entries").refused(403, "leave.not-keeper")
	if list := keeper.absences("/leave/entries"); len(list) != 0 {
		t.Errorf("not entered: %+v", list)
	}

	// Why somebody is away is for himself and for who decides.
	w.as("registrar").get("/timelines/"+asked.Stream).refused(403, "not-permitted")
	if told := deputy.timeline(asked.Stream); len(told) < 5 || told[0].Withheld {
		t.Errorf("the deputy director is told %+v", told)
	}

	w.clock.set("2026-04-15 09:00")
	w.must(w.read.Wait(t.Context(), w.head()))
	board := w.as("registrar").get("/leave/whereabouts").ok()
	if strings.Contains(string(board.body), "事假") || !strings.Contains(string(board.body), staff.id) {
		t.Errorf("the board: %s", board.body)
	}
	w.clock.set("2026-04-17 23:59:59.999999")
	w.settle()
	if slices.Contains(w.types(asked.Stream), "leave.overstayed") {
		t.Error("overstayed before the term is over")
	}
	w.clock.set("2026-04-18 09:00")
	w.settle()
	r, _ := w.last(asked.Stream, "leave.overstayed")
	if !r.OccurredAt.Equal(at("2026-04-18 00:00:00")) || r.Actor.Person != domain.System {
		t.Errorf("overstayed at %v by %v", r.OccurredAt, r.Actor)
	}
	staff.post(ledger+"/returns", map[string]any{"request": id, "back": halfDay("2026-04-17", "AM")}).ok()
	if list := staff.absences("/leave/requests"); len(list) != 2 || !list[1].Overstayed {
		t.Errorf("one's own: %+v", list)
	}
	var book struct{ Lines []leave.Line }
	deputy.get("/leave/register?month=2026-04").ok().into(&book)
	if len(book.Lines) != 1 || book.Lines[0].Person != staff.id || book.Lines[0].Days.String() != "2.0" || book.Lines[0].By != deputy.id || !book.Lines[0].Registered || !book.Lines[0].Returned {
		t.Errorf("the register of April: %+v", book.Lines)
	}
	staff.get("/leave/register?month=2026-04").refused(403, "leave.not-keeper")
	w.clock.set("2026-05-01 00:00")
	keeper.post("/leave/months", map[string]any{"month": "2026-04"}).ok()
	var month leave.MonthCompiled
	staff.get("/leave/months/2026-04").ok().into(&month)
	if len(month.Rows) != 1 || month.Rows[0] != (leave.MonthRow{Type: "事假", Days: leave.Days{Tenths: 20}, Leaves: 1, Persons: 1}) {
		t.Errorf("the month: %+v", month)
	}

	clerk, leader := w.as("bureau-staff"), w.as("bureau-office-leader")
	clerk.post("/leave/requests", askLeave("病假", "2026-05-06", "AM", "2026-05-06", "PM")).refused(422, "leave.certificate")
	sick := clerk.post("/leave/requests", askLeave("病假", "2026-05-06", "AM", "2026-05-08", "PM", "certificate", "NO-1")).result()
	if got := post(sick); got != "office-leader 3.0" {
		t.Errorf("3.0 days of sick leave go to %s", got)
	}
	deputy.post("/leave/"+clerk.id+"/approvals", map[string]any{"request": sick.request(t)}).refused(404, "not-found")
	leader.post("/leave/"+clerk.id+"/approvals", map[string]any{"request": sick.request(t)}).ok()
}

// A call comes before the absence and is entered by who takes it; papers that do not come lapse it at 24:00 of their day,
// with the actor and the time of the schedule (G5, both offices).
func TestG5(t *testing.T) {
	w := newTown(t, setting{at: "2026-04-15 07:50"})
	staff, other, keeper := w.as("secretariat-clerk"), w.as("information-clerk"), w.as("admin")
	call := func(person string) map[string]any {
		return map[string]any{"person": person, "type": "事假", "from": halfDay("2026-04-15", "AM"), "to": halfDay("2026-04-15", "PM"), "cause": "urgent", "reason": "急事"}
	}
	staff.post("/leave/phone-ins", call(staff.id)).refused(403, "leave.own-call")
	mine, his := keeper.post("/leave/phone-ins", call(staff.id)).result(), keeper.post("/leave/phone-ins", call(other.id)).result()
	out := keeper.post("/leave/outings", map[string]any{"person": w.as("legal-clerk").id, "place": "县水利局", "purpose": "会商",
		"out_at": "2026-04-15T08:00:00+08:00", "back_at": "2026-04-15T11:30:00+08:00"}).result()
	if got := w.types(out.Stream); !slices.Equal(got, []string{"leave.outing-reported"}) {
		t.Errorf("an outing by phone: %v", got)
	}
	w.clock.set("2026-04-15 08:40")
	keeper.post("/leave/phone-ins", call(w.as("logistics-clerk").id)).refused(409, "leave.ask-before")
	keeper.post("/leave/phone-ins", call(w.as("logistics-clerk").id), "Andu-Occurred-At", "2026-04-15T07:50:00+08:00").refused(409, "leave.ask-before")
	w.clock.set("2026-04-17 23:59:59.999999")
	staff.post("/leave/"+staff.id+"/papers", map[string]any{"request": mine.request(t), "text": "补假条"}).ok()
	w.settle()
	if slices.Contains(w.types(his.Stream), "leave.paper-lapsed") {
		t.Error("lapsed before its time")
	}
	w.clock.set("2026-04-20 09:00")
	w.settle()
	if slices.Contains(w.types(mine.Stream), "leave.paper-lapsed") {
		t.Error("a phone-in with papers in time has lapsed")
	}
	r, ok := w.last(his.Stream, "leave.paper-lapsed")
	if !ok || !r.OccurredAt.Equal(at("2026-04-18 00:00:00")) || r.Actor.Person != domain.System {
		t.Errorf("lapsed %t at %v by %v", ok, r.OccurredAt, r.Actor)
	}
	var late leave.PaperSupplied
	other.post("/leave/"+other.id+"/papers", map[string]any{"request": his.request(t), "text": "补假条"}).result().Events[0].into(t, &late)
	if !late.Late {
		t.Error("papers after the term are not late")
	}
	clerk := w.as("bureau-office-clerk")
	clerk.post("/leave/phone-ins", call(w.as("bureau-staff").id)).refused(403, "leave.no-phone-in")
}

// What may be taken is entered by the keeper of the register, never for himself, and corrected beside what was entered; the
// person and the keeper are told it, and nobody takes more.
func TestBalances(t *testing.T) {
	w := newTown(t, setting{at: "2026-04-13 10:00"})
	staff, keeper := w.as("secretariat-clerk"), w.as("admin")
	told := func(u user, path string) string {
		t.Helper()
		var body struct{ Balances []leave.Balance }
		u.get(path).ok().into(&body)
		var list []string
		for _, b := range body.Balances {
			list = append(list, fmt.Sprintf("%s %d: %s of %s", b.Type, b.Year, b.Left, b.Given))
		}
		return strings.Join(list, "; ")
	}
	open := map[string]any{"person": staff.id, "type": "年休假", "year": 2026, "days": "2.0", "as_of": "2026-04-01", "source": "2025年休假台账第3页"}
	staff.post("/leave/balances", open).refused(403, "leave.not-keeper")
	entered := keeper.post("/leave/balances", open).result()
	keeper.post("/leave/balances", open).refused(409, "leave.balance-there")
	keeper.post("/leave/entitlements", map[string]any{"person": keeper.id, "year": 2026, "since": "2009-07-01", "source": "履历表"}).refused(403, "leave.own-balance")
	var given leave.EntitlementGranted
	keeper.post("/leave/entitlements", map[string]any{"person": w.as("legal-clerk").id, "year": 2026, "since": "2009-07-01", "source": "履历表"}).result().Events[0].into(t, &given)
	if given.Days.String() != "10.0" || given.Years != 16 {
		t.Errorf("16 years of service give %s days: %+v", given.Days, given)
	}
	keeper.post("/leave/time-off", map[string]any{"person": staff.id, "type": "补休", "days": "0.5", "worked": "2026-04-11", "source": "防汛值守"}).ok()
	staff.post("/leave/requests", askLeave("年休假", "2026-04-15", "AM", "2026-04-17", "PM")).refused(409, "leave.balance", "2.0")
	staff.post("/leave/requests", askLeave("补休", "2026-04-14", "AM", "2026-04-14", "PM")).refused(409, "leave.balance", "0.5")
	staff.post("/leave/requests", askLeave("年休假", "2026-04-15", "AM", "2026-04-16", "AM")).ok()
	if got := told(staff, "/leave/balances"); got != "年休假 2026: 0.5 of 2.0; 补休 0: 0.5 of 0.5" {
		t.Errorf("told %s", got)
	}
	w.clock.set("2026-04-13 11:00")
	corrected := keeper.post("/leave/"+staff.id+"/balance-corrections", map[string]any{"of": entered.Events[0].ID, "days": "5.0", "source": "2025年休假台账第4页", "reason": "录入有误"}).result()
	if r, _ := w.last(corrected.Stream, "leave.balance-corrected"); r.Corrects != entered.Events[0].ID || !r.OccurredAt.Equal(at("2026-04-13 10:00")) {
		t.Errorf("corrects %s at %v", r.Corrects, r.OccurredAt)
	}
	if got := told(keeper, "/leave/balances?person="+staff.id); got != "年休假 2026: 3.5 of 5.0; 补休 0: 0.5 of 0.5" {
		t.Errorf("told %s", got)
	}
	w.as("registrar").get("/leave/balances?person="+staff.id).refused(403, "leave.not-keeper")
}
