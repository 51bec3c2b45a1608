package org

import (
	"testing"

	"andu/domain"
	"andu/domain/domaintest"
)

func TestWithdrawals(t *testing.T) {
	on := day("2026-04-01")
	given := county(
		OrganSetUp{"wrong-organ", "错", "beside"}, UnitSetUp{Unit: "wrong", Name: "错股"}, PostCreated{Post: "wrong-post", Title: "错岗", Unit: "wrong", Rank: 20},
		PersonJoined{Person: "p-wrong", Unit: "wrong", On: on}, PostFilled{Post: "wrong-post", Person: "p-wrong", By: "办公室", From: on},
	)
	first := len(county())
	of := func(i int) string { return domaintest.GivenID(first + i) }
	appointment := WithdrawEntry{Of: of(4), Kind: EntryAppointment, ID: "wrong-post", Person: "p-wrong", From: on, Import: "i-1"}
	member := WithdrawEntry{Of: of(3), Kind: EntryMember, ID: "p-wrong", Import: "i-1"}
	post := WithdrawEntry{Of: of(2), Kind: EntryPost, ID: "wrong-post", Import: "i-1"}
	unit := WithdrawEntry{Of: of(1), Kind: EntryUnit, ID: "wrong", Import: "i-1"}
	after := func(more ...WithdrawEntry) []Event {
		events := append([]Event{}, given...)
		for _, c := range more {
			events = append(events, EntryWithdrawn(c))
		}
		return events
	}
	sysadmin := domain.Actor{Person: "p-sys", Post: SystemAdministrator}
	known := WithdrawEntry{Of: domaintest.GivenID(7), Kind: EntryOrgan, ID: "county-government", Import: "i-1"}
	domaintest.Run(t, Context, []domaintest.Case[Office]{
		{Name: "an appointment is withdrawn first", Given: given, Actor: secadmin, When: appointment, Then: []Event{EntryWithdrawn(appointment)}},
		{Name: "then the person", Given: after(appointment), Actor: sysadmin, When: member, Then: []Event{EntryWithdrawn(member)}},
		{Name: "and the post", Given: after(appointment), Actor: secadmin, When: post, Then: []Event{EntryWithdrawn(post)}},
		{Name: "at last the unit", Given: after(appointment, member, post), Actor: secadmin, When: unit, Then: []Event{EntryWithdrawn(unit)}},
		{Name: "an organ without posts", Given: given, Actor: secadmin, When: WithdrawEntry{Of: of(0), Kind: EntryOrgan, ID: "wrong-organ", Import: "i-1"},
			Then: []Event{EntryWithdrawn{Of: of(0), Kind: EntryOrgan, ID: "wrong-organ", Import: "i-1"}}},
		{Name: "a withdrawn id may be given again", Given: after(appointment, member, post, unit), Actor: secadmin, When: SetUpUnit{Unit: "wrong", Name: "对股"},
			Then: []Event{UnitSetUp{Unit: "wrong", Name: "对股"}}},
		{Name: "an organ with posts stays", Given: given, Actor: secadmin, When: known, Err: ErrBuiltUpon},
		{Name: "a post with a holder stays", Given: given, Actor: secadmin, When: post, Err: ErrBuiltUpon},
		{Name: "a unit with persons stays", Given: after(appointment, post), Actor: secadmin, When: unit, Err: ErrBuiltUpon},
		{Name: "a unit with posts stays", Given: after(appointment, member), Actor: secadmin, When: unit, Err: ErrBuiltUpon},
		{Name: "a person with a post stays", Given: given, Actor: sysadmin, When: member, Err: ErrBuiltUpon},
		{Name: "an officer stays", Given: given, Actor: sysadmin, When: WithdrawEntry{Of: domaintest.GivenID(1), Kind: EntryMember, ID: "p-sys", Import: "i-1"}, Err: ErrBuiltUpon},
		{Name: "what is not there is not withdrawn", Given: after(appointment), Actor: secadmin, When: appointment, Err: ErrEntry},
		{Name: "nor what nobody knows", Given: given, Actor: secadmin, When: WithdrawEntry{Of: of(0), Kind: "seal", ID: "x", Import: "i-1"}, Err: ErrEntry},
		{Name: "persons are the system administrator's", Given: after(appointment), Actor: secadmin, When: member, Err: ErrOfficer},
		{Name: "posts are the security administrator's", Given: after(appointment), Actor: sysadmin, When: post, Err: ErrOfficer},
	})
}
