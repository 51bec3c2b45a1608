package duty

import (
	"encoding/json"
	"slices"
	"testing"

	"andu/domain"
	"andu/domain/calendar"
	"andu/domain/domaintest"
	"andu/domain/org"
)

var (
	begins  = domaintest.Time("2026-04-18 08:30")
	ends    = domaintest.Time("2026-04-19 08:30")
	slot    = Slot{Start: begins, End: ends, By: []string{"duty"}, Source: Rota, Person: "p-x", Rest: true, Night: true, Remind: domaintest.Time("2026-04-17 08:30")}
	day     = domain.Date{Year: 2026, Month: 4, Day: 18}
	content = Content{Kind: "call", Urgency: "urgent", Time: domaintest.Time("2026-04-18 20:00"), Channel: "0734-1", Caller: "王某", Unit: "镇政府", Phone: "1", Subject: "水情", Action: "已通知"}
)

func TestGolden(t *testing.T) {
	domaintest.Golden(t, Context,
		PostOpened{Line: DutyRoom, Coverage: Coverage{24, "every"}, Person: "p-y", At: begins},
		ShiftsPlanned{Roster: "roster-1", Revision: 2, From: begins, Until: ends, Slots: []Slot{slot}, Dropped: []domain.Instant{ends}},
		ReminderSent{Shift: begins, Person: "p-x", Posts: []string{"duty"}},
		SwapRequested{Swap: "w-1", Shift: begins, Return: ends, From: "p-x", With: "p-y", Kind: "special", Reason: "家中急事"},
		SwapAccepted{Swap: "w-1"}, SwapDeclined{Swap: "w-1", Reason: "不便"}, SwapNoted{Swap: "w-1", Told: []string{"admin"}},
		ShiftReassigned{Swap: "w-1", Shift: begins, From: "p-x", To: "p-y"},
		StandInStarted{StandIn: "s-1", Person: "p-m", Post: "messenger", Kind: "special", Reason: "急诊", Until: ends}, StandInEnded{StandIn: "s-1"},
		HandoverOffered{Handover: "h-1", From: "p-x", Shift: begins, To: "p-z", Posts: []string{"duty"}, Items: []Item{{"e-1", ItemEntry, "No. 1", 1}}, Checklist: []string{"keys"}},
		ItemAccepted{Handover: "h-1", Item: "e-1"}, ItemReserved{Handover: "h-1", Item: "e-1", Remark: "附件未见"},
		HandoverAccepted{Handover: "h-1", From: "p-x", To: "p-z", Out: begins, In: ends, Planned: ends, At: domaintest.Time("2026-04-19 08:40"), Reserved: []string{"e-1"}, Owner: "p-z", Entries: 5},
		HandoverRefused{Handover: "h-1", By: "p-z", Reason: "钥匙不齐"}, ReservationSettled{Item: "e-1", Text: "附件已补"},
		AlertRaised{Cause: "handover-refused", Shift: begins, Responsible: "p-x", To: "admin"},
		FindingRaised{Kind: StandInTooLong, Person: "p-m", About: "s-1", At: ends},
		EntryLogged{Entry: "e-1", Event: "event-1", Shift: begins, No: 1, On: day, By: "p-x", Content: content},
		EntryCorrected{Of: "event-1", Entry: "e-1", No: 1, On: day, By: "p-x", Reason: "记错", Content: content},
		EntryActioned{Entry: "e-1", Text: "已通知"}, EntryEscalated{Entry: "e-1", To: "p-deputy", Text: "请示"}, EntryCarriedOver{Entry: "e-1", To: "p-admin"},
		EntryClosed{Entry: "e-1", Text: "已办"}, MessageRelayed{Entry: "e-1", To: "p-deputy"}, RelayAcknowledged{Entry: "e-1", By: "p-deputy"},
		FaxDue{Entries: []string{"e-1"}, By: ends, Person: "p-x"}, FaxTakenOver{Entry: "e-1", Document: "document-1", At: ends},
		DayClosed{Day: day, Entries: 2, Reflections: "平稳"}, Inspected{Person: "p-x", Mode: "in-room", Present: true, Note: "在岗"},
		ReachabilityProbed{Person: "p-x", Answered: true, Seconds: 61, Limit: 60},
		EmergencyKnown{Emergency: "m-1", Entry: "e-1", Grade: "较大", Known: begins, What: "山洪", PhoneDue: domaintest.Time("2026-04-18 09:00"), WrittenDue: domaintest.Time("2026-04-18 09:30")},
		EmergencyReported{Emergency: "m-1", Way: Phone, To: "市政府值班室", Text: "首报", At: begins, Due: ends, Met: true},
		EmergencyFollowedUp{Emergency: "m-1", No: 1, Text: "续报"}, EmergencyClosed{Emergency: "m-1", Text: "平息"})
	domaintest.Golden(t, Rosters,
		Drafted{Post: "duty-1", First: day, Last: day, Slots: []Slot{slot}}, Approved{By: "p-deputy", Post: "deputy-admin"},
		Published{Post: "duty-1", First: day, Last: day, Slots: []Slot{slot}, Deadline: begins, Next: day, NextLate: ends, Audience: []string{"p-x"}},
		Delivered{Person: "p-x", Way: "paper"}, Amended{Post: "duty-1", Cause: "special-case", Reason: "出差", Slots: []Slot{slot}},
		RosterFinding{Kind: "rosterLate", First: day, At: begins, Most: 9, Least: 6})
}

// values are what an office of the presets states, by key.
func values(t *testing.T, office string) map[string]any {
	d, all := open(t, office), map[string]any{}
	for key := range d.policy.Provisions {
		if p, ok := d.policy.At(key, begins); ok && !p.Blank {
			all[key] = json.RawMessage(p.Value)
		}
	}
	return all
}

// TestEveryKeyMatters: a change of the published value alone changes the decision.
func TestEveryKeyMatters(t *testing.T) {
	d := onDuty(t, "county")
	facts := map[string]any{org.Stream("office"): d.office, calendar.Stream("office"): calendar.Calendar{}, room: Post{Line: DutyRoom}}
	policy := values(t, "county")
	var given []Event
	for _, r := range d.post {
		given = append(given, r.Event.(Event))
	}
	x, admin, deputy := as("p-x/duty"), as("p-admin/admin"), as("p-deputy/deputy-admin")
	system := domain.Actor{Person: domain.System}
	at := "2026-04-18 20:00"
	type post = domaintest.Case[Post]
	m := func(c post, key string, one, other any) {
		t.Helper()
		c.Policy, c.Facts = policy, facts
		domaintest.Matters(t, Context, c, key, one, other)
	}
	on := func(actor domain.Actor, cmd Command, more ...Event) post {
		return post{Given: append(slices.Clone(given), more...), Actor: actor, At: at, When: cmd}
	}
	opening := post{Actor: admin, At: at, When: Open{DutyRoom, "p-y"}}
	m(opening, "duty.coverage", Coverage{24, "every"}, domaintest.Blank{})
	m(opening, "duty.roster.publisher", "admin", "secretary")
	m(opening, "duty.roles", []string{"admin", "duty"}, []string{"admin"})
	m(opening, "duty.cover[other times, rest days].by", []string{"duty"}, []string{"driver"})
	m(post{Actor: admin, At: at, When: Open{MessengerRoom, "p-m"}}, "duty.messengerRoom", RoomRule{"all-day", true}, RoomRule{"none", false})
	m(on(system, Watch{Shift: ends}), "duty.handover.alertTo", []string{"admin"}, []string{"deputy-admin"})

	sunday := ends
	ask := RequestSwap{Shift: sunday, With: "p-y", Reason: "急事"}
	z := as("p-z/duty")
	m(on(z, ask), "duty.swap.cause", Cause{true, "special"}, Cause{true, "any"})
	relative := ask
	relative.Relative = true
	m(on(z, relative), "duty.substituteForbidden", []string{"relatives"}, []string{})
	m(on(z, ask), "duty.swap.who", "duty-list", domaintest.Blank{})
	atStart := on(z, ask)
	atStart.At = "2026-04-19 08:30"
	m(atStart, "duty.swap.notifyBefore", Before{"shift-start", "excl"}, Before{"shift-start", "incl"})
	asked := SwapRequested{Swap: "w-1", Shift: sunday, From: "p-z", With: "p-y"}
	m(on(admin, NoteSwap{"w-1"}, asked), "duty.swap.notify", Notice{To: []string{"admin"}}, Notice{To: []string{"secretary"}})
	m(on(admin, NoteSwap{"w-1"}, asked), "duty.swap.ack", "required", "not-required")

	stand := StartStandIn{"p-m", "急诊"}
	m(on(x, stand), "duty.standIn.roles", []string{"messenger"}, []string{"driver"})
	m(on(x, stand), "duty.standIn.cause", Cause{true, "special"}, Cause{true, "any"})
	m(on(x, stand), "duty.standIn.maxMinutes", 30, 20)
	m(on(x, stand), "duty.messengerRoom.whileStandingIn", Meanwhile{"second-messenger", "finding"}, domaintest.Blank{})

	m(on(x, OfferHandover{Checklist: []string{"keys"}}), "duty.handover.checklist", []string{"keys"}, []string{"keys", "seals"})
	logged := EntryLogged{Entry: "e-1", Event: "x", Shift: begins, No: 1, On: day, By: "p-x", Content: content}
	offered := HandoverOffered{Handover: "h-1", From: "p-x", Shift: sunday, To: "p-z"}
	m(on(z, AcceptHandover{"h-1"}, logged, offered, ItemReserved{"h-1", "e-1", "附件"}), "duty.handover.reservedItemOwner", "incoming", "outgoing")
	section := HandoverOffered{Handover: "h-1", From: "p-x", Shift: domaintest.Time("2026-04-20 08:30")}
	m(on(admin, AcceptHandover{"h-1"}, section), "duty.cover.personOfSection", "accepting-person", domaintest.Blank{})
	fax := logged
	fax.Content.Kind = "fax"
	m(on(admin, AcceptHandover{"h-1"}, fax, section, ItemAccepted{"h-1", "e-1"}), "rcv.dutyFax.within", FaxRule{"next-handover", "admin", "incl"}, FaxRule{"next-handover", "admin", "excl"})

	m(on(x, LogEntry{Content{Kind: "call", Urgency: "urgent"}}), "duty.entry.requiredFields", []string{"kind"}, []string{"kind", "caller"})
	m(on(x, entry("x", "urgent")), "duty.triage", []Sort{{When: "urgent", Act: "at-once"}}, []Sort{{When: "calm", Act: "at-once"}})
	m(on(deputy, Inspect{}), "duty.mode", "in-room", "on-call")
	m(on(admin, Probe{true, 40}), "duty.probe.seconds", 60, 30)
	m(on(x, DeclareEmergency{Grade: "大", What: "x"}), "emer.clocks", []Clock{{"*", 30, 60}}, []Clock{{"大", 20, 40}})

	type plan = domaintest.Case[Roster]
	r := func(c plan, key string, one, other any) {
		t.Helper()
		c.Policy, c.Facts = policy, facts
		domaintest.Matters(t, Rosters, c, key, one, other)
	}
	june := domain.Date{Year: 2026, Month: 6, Day: 1}
	draft := plan{Actor: admin, At: "2026-05-20 10:00", When: Draft{room, june, d.assignments("2026-05-20", june, june.Add(29), "p-x", "p-y", "p-z")}}
	r(draft, "duty.roster.period", "month", "week")
	r(draft, "duty.cover[working day, office hours].by", []string{"admin"}, []string{"secretary"})
	r(draft, "duty.cover[working day, office hours].hours", json.RawMessage(`{"start":"08:30","end":"18:30","noon_included":true}`), json.RawMessage(`{"start":"08:30","end":"17:00","noon_included":true}`))
	r(draft, "duty.handover.time", json.RawMessage(`[{"at":"08:30","days":"every"}]`), json.RawMessage(`[{"at":"09:00","days":"every"}]`))
	r(draft, "duty.reminder.lead", Lead{24}, Lead{12})
	drafted := Drafted{Post: room, First: june, Last: june.Add(29), Slots: []Slot{slot}}
	r(plan{Given: []RosterEvent{drafted}, Actor: deputy, When: Approve{}}, "duty.roster.approver", "deputy-admin", "director")
	publish := plan{Given: []RosterEvent{drafted, Approved{"p-deputy", "deputy-admin"}}, Actor: admin, At: "2026-05-30 00:00", When: Publish{}}
	r(publish, "duty.roster.publishDeadline", json.RawMessage(`{"day":"last-of-previous-period","time":"24:00","boundary":"excl"}`), json.RawMessage(`{"day":"last-of-previous-period","time":"17:00","boundary":"incl"}`))
	r(publish, "duty.roster.deadlineBasis", "calendar", "lastWorkingDay")
	r(publish, "duty.roster.audience", "all-staff", "duty-list")
	r(publish, "duty.fairness.bound", Bound{2, "month", "incl"}, Bound{0, "month", "excl"})
	late := publish
	late.At = "2026-06-01"
	r(late, "duty.roster.lateEffect", Late{true, "rosterLate"}, Late{true, "late"})
	r(plan{Given: append(publish.Given, Published{Post: room, Slots: []Slot{slot}}), Actor: admin, At: "2026-04-15", When: Amend{Cause: "x", Reason: "y"}},
		"duty.rearrange", Rearrangement{"office", []string{"x"}}, Rearrangement{"office", []string{"z"}})
}
