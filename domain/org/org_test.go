package org

import (
	"errors"
	"slices"
	"strconv"
	"testing"

	"andu/domain"
	"andu/domain/domaintest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func day(s string) domain.Date { return domain.DateOf(domaintest.Time(s).Time, domaintest.Zone) }

var (
	sysadmin = domain.Actor{Person: "p-sys", Post: SystemAdministrator}
	secadmin = domain.Actor{Person: "p-sec", Post: SecurityAdministrator}
	director = domain.Actor{Person: "p-dir", Post: "director"}
)

// county is a small county office: the director below the county head, who is not in the system, two deputies, a clerk.
func county(more ...Event) []Event {
	from := day("2026-01-05")
	given := []Event{
		OfficeSetUp{Office: "office", Name: "县政府办公室", Kind: "县政府办公室", Zone: "Asia/Shanghai"},
		PersonJoined{Person: "p-sys", On: from}, OfficerAppointed{Person: "p-sys", Officer: SystemAdministrator},
		PersonJoined{Person: "p-sec", On: from}, OfficerAppointed{Person: "p-sec", Officer: SecurityAdministrator},
		PersonJoined{Person: "p-aud", On: from}, OfficerAppointed{Person: "p-aud", Officer: Auditor},
		OrganSetUp{Organ: "county-government", Name: "县政府", Relation: "above"},
		UnitSetUp{Unit: "admin-section", Name: "行政股", Level: "unit"},
		PostCreated{Post: "county-head", Title: "县长", Organ: "county-government", Single: true, Rank: 1},
		PostCreated{Post: "director", Title: "主任", Single: true, Rank: 2, Superiors: []string{"county-head"}},
		PostCreated{Post: "deputy-papers", Title: "副主任", Single: true, Rank: 3, Superiors: []string{"director"}},
		PostCreated{Post: "deputy-admin", Title: "分管副主任", Single: true, Rank: 3, Superiors: []string{"director"}},
		PostCreated{Post: "clerk", Title: "文书", Unit: "admin-section", Rank: 9, Superiors: []string{"deputy-admin", "director"}},
	}
	for _, p := range []string{"p-dir", "p-dep", "p-adm", "p-cl1", "p-cl2", "p-new"} {
		given = append(given, PersonJoined{Person: p, On: from})
	}
	given = append(given,
		PostFilled{Post: "director", Person: "p-dir", By: "县政府", Document: "1", From: from},
		PostFilled{Post: "deputy-papers", Person: "p-dep", By: "县政府", Document: "2", From: from},
		PostFilled{Post: "clerk", Person: "p-cl1", By: "办公室", From: from},
		PostFilled{Post: "clerk", Person: "p-cl2", By: "办公室", From: from},
	)
	return append(given, more...)
}

func fold(t testing.TB, events ...Event) Office {
	t.Helper()
	o, err := Context.Fold(Office{}, domaintest.Record(t, Context, events...))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func id(purpose string) string { return domaintest.NewID(domaintest.Command, purpose) }

func TestSetUp(t *testing.T) {
	system := domain.Actor{Person: domain.System}
	cmd := SetUp{Name: "县政府办公室", Kind: "县", Zone: "Asia/Shanghai", SystemAdministrator: "p-sys", SecurityAdministrator: "p-sec", Auditor: "p-aud"}
	two := cmd
	two.Auditor = "p-sec"
	on := day("2026-04-14")
	domaintest.Run(t, Context, []domaintest.Case[Office]{
		{Name: "an office begins with its three officers", Actor: system, When: cmd, Then: []Event{
			OfficeSetUp{Office: "office", Name: "县政府办公室", Kind: "县", Zone: "Asia/Shanghai"},
			PersonJoined{Person: "p-sys", On: on}, OfficerAppointed{Person: "p-sys", Officer: SystemAdministrator},
			PersonJoined{Person: "p-sec", On: on}, OfficerAppointed{Person: "p-sec", Officer: SecurityAdministrator},
			PersonJoined{Person: "p-aud", On: on}, OfficerAppointed{Person: "p-aud", Officer: Auditor},
		}},
		{Name: "two of the officers are never one person", Actor: system, When: two, Err: ErrThree},
		{Name: "an officer is named", Actor: system, When: SetUp{Name: "x", Kind: "x", Zone: "UTC"}, Err: ErrIncomplete},
		{Name: "an office has a name", Actor: system, When: SetUp{Kind: "x", Zone: "UTC", SystemAdministrator: "p-sys", SecurityAdministrator: "p-sec", Auditor: "p-aud"}, Err: ErrIncomplete},
		{Name: "no organisation is kept before the office is set up", Actor: secadmin, When: SetUpOrgan{"x", "x", "above"}, Err: domain.ErrNoStream},
		{Name: "an office has a kind", Actor: system, When: SetUp{Name: "x", Zone: "UTC", SystemAdministrator: "p-sys", SecurityAdministrator: "p-sec", Auditor: "p-aud"}, Err: ErrIncomplete},
		{Name: "an office lies in a time zone that there is", Actor: system, When: SetUp{Name: "x", Kind: "x", Zone: "Asia/Nowhere"}, Err: ErrUnknown},
		{Name: "an office is set up once", Given: county(), Actor: system, When: cmd, Err: ErrSetUp},
		{Name: "no person sets an office up", Actor: secadmin, When: cmd, Err: ErrOfficer},
	})
}

func TestStructure(t *testing.T) {
	names := map[string]any{"org.names": map[string]string{"股": "unit", "分股": "part"}}
	on := day("2026-04-14")
	catalogue := map[string]any{"org.posts": []CataloguePost{{ID: "driver", Title: "驾驶员", Unit: "办公室"}}}
	domaintest.Run(t, Context, []domaintest.Case[Office]{
		{Name: "the security administrator sets up an organ above", Given: county(), Actor: secadmin, When: SetUpOrgan{"county-committee", "县委", "above"},
			Then: []Event{OrganSetUp{"county-committee", "县委", "above"}}},
		{Name: "an id is given once, also when what had it is gone", Given: county(OrganSetUp{"old", "旧", "beside"}, OrganAbolished{"old"}), Actor: secadmin,
			When: SetUpUnit{Unit: "old", Name: "新股"}, Err: ErrTaken},
		{Name: "an officer's word is no id of a post", Given: county(), Actor: secadmin, When: CreatePost{Post: Auditor, Title: "审计", Rank: 1}, Err: ErrTaken},
		{Name: "an id is of plain letters", Given: county(), Actor: secadmin, When: SetUpUnit{Unit: "Admin", Name: "新股"}, Err: ErrID},
		{Name: "an organ has a name", Given: county(), Actor: secadmin, When: SetUpOrgan{"x", "", "above"}, Err: ErrIncomplete},
		{Name: "an organ has a relation", Given: county(), Actor: secadmin, When: SetUpOrgan{"x", "x", "friend"}, Err: ErrIncomplete},
		{Name: "a merged organ takes its posts along", Given: county(OrganSetUp{"other", "另", "above"}), Actor: secadmin, When: MergeOrgan{"county-government", "other"},
			Then: []Event{OrganMerged{"county-government", "other"}}},
		{Name: "an organ does not merge into itself", Given: county(), Actor: secadmin, When: MergeOrgan{"county-government", "county-government"}, Err: ErrCircle},
		{Name: "an organ merges into one that is known", Given: county(), Actor: secadmin, When: MergeOrgan{"county-government", "x"}, Err: ErrUnknown},
		{Name: "an organ with posts is not abolished", Given: county(), Actor: secadmin, When: AbolishOrgan{"county-government"}, Err: ErrInUse},
		{Name: "an organ without posts is abolished", Given: county(OrganSetUp{"old", "旧", "beside"}), Actor: secadmin, When: AbolishOrgan{"old"},
			Then: []Event{OrganAbolished{"old"}}},
		{Name: "an unknown organ is not abolished", Given: county(), Actor: secadmin, When: AbolishOrgan{"old"}, Err: ErrUnknown},

		{Name: "a unit's rank follows from the longest word that ends its name", Given: county(), Policy: names, Actor: secadmin,
			When: SetUpUnit{Unit: "part", Name: "第一分股", Parent: "admin-section"}, Then: []Event{UnitSetUp{"part", "第一分股", "admin-section", "part"}}},
		{Name: "a unit of an office without words for units has no rank", Given: county(), Actor: secadmin,
			When: SetUpUnit{Unit: "part", Name: "一分股"}, Then: []Event{UnitSetUp{"part", "一分股", "", ""}}},
		{Name: "a unit stands in a unit that exists", Given: county(), Actor: secadmin, When: SetUpUnit{Unit: "part", Name: "x", Parent: "nowhere"}, Err: ErrUnknown},
		{Name: "a unit has a name", Given: county(), Actor: secadmin, When: SetUpUnit{Unit: "part", Name: " "}, Err: ErrIncomplete},
		{Name: "a unit is renamed", Given: county(), Policy: names, Actor: secadmin, When: ChangeUnit{Unit: "admin-section", Name: "综合股"},
			Then: []Event{UnitChanged{"admin-section", "综合股", "", "unit"}}},
		{Name: "a renamed unit has a name", Given: county(), Actor: secadmin, When: ChangeUnit{Unit: "admin-section"}, Err: ErrIncomplete},
		{Name: "a unit moves below one that exists", Given: county(), Actor: secadmin, When: ChangeUnit{Unit: "admin-section", Name: "x", Parent: "nowhere"}, Err: ErrUnknown},
		{Name: "a unit is never above itself", Given: county(UnitSetUp{"part", "一分股", "admin-section", ""}), Actor: secadmin,
			When: ChangeUnit{Unit: "admin-section", Name: "行政股", Parent: "part"}, Err: ErrCircle},
		{Name: "a unit with a post is not abolished", Given: county(), Actor: secadmin, When: AbolishUnit{"admin-section"}, Err: ErrInUse},
		{Name: "a unit with a unit below is not abolished", Given: county(UnitSetUp{"a", "甲", "", ""}, UnitSetUp{"b", "乙", "a", ""}), Actor: secadmin, When: AbolishUnit{"a"}, Err: ErrInUse},
		{Name: "a unit with a person is not abolished", Given: county(UnitSetUp{"a", "甲", "", ""}, PersonTransferred{Person: "p-new", Unit: "a", On: on}), Actor: secadmin, When: AbolishUnit{"a"}, Err: ErrInUse},
		{Name: "an empty unit is abolished", Given: county(UnitSetUp{"a", "甲", "", ""}), Actor: secadmin, When: AbolishUnit{"a"}, Then: []Event{UnitAbolished{"a"}}},

		{Name: "a post has the title that the office's texts give", Given: county(), Policy: catalogue, Actor: secadmin, When: CreatePost{Post: "driver", Rank: 8},
			Then: []Event{PostCreated{Post: "driver", Title: "驾驶员", Rank: 8, Superiors: []string{}}}},
		{Name: "a post the texts name has no other title", Given: county(), Policy: catalogue, Actor: secadmin, When: CreatePost{Post: "driver", Title: "司机", Rank: 8}, Err: ErrTitle},
		{Name: "a post that no text names has a title of its own", Given: county(), Policy: catalogue, Actor: secadmin, When: CreatePost{Post: "cook", Title: "炊事员", Rank: 8},
			Then: []Event{PostCreated{Post: "cook", Title: "炊事员", Rank: 8, Superiors: []string{}}}},
		{Name: "a post has a title", Given: county(), Actor: secadmin, When: CreatePost{Post: "cook", Rank: 8}, Err: ErrIncomplete},
		{Name: "a post stands in a unit that exists", Given: county(), Actor: secadmin, When: CreatePost{Post: "cook", Title: "x", Unit: "kitchen", Rank: 8}, Err: ErrUnknown},
		{Name: "a post stands in an organ that is known", Given: county(), Actor: secadmin, When: CreatePost{Post: "cook", Title: "x", Organ: "kitchen", Rank: 8}, Err: ErrUnknown},
		{Name: "a renamed post has the title that the texts give", Given: county(), Policy: map[string]any{"org.posts": []CataloguePost{{ID: "clerk", Title: "文书"}}}, Actor: secadmin,
			When: ChangePost{Post: "clerk", Title: "收发员", Rank: 7}, Err: ErrTitle},
		{Name: "a post moves to an organ that is known", Given: county(), Actor: secadmin, When: ChangePost{Post: "clerk", Title: "文书", Organ: "x", Rank: 7}, Err: ErrUnknown},
		{Name: "a post becomes a single one where one holds it", Given: county(PostVacated{Post: "clerk", Person: "p-cl2", On: on}), Actor: secadmin,
			When: ChangePost{Post: "clerk", Title: "文书", Single: true, Rank: 7}, Then: []Event{PostChanged{Post: "clerk", Title: "文书", Single: true, Rank: 7}}},
		{Name: "a post stands below posts that exist", Given: county(), Actor: secadmin, When: CreatePost{Post: "cook", Title: "x", Superiors: []string{"nobody"}, Rank: 8}, Err: ErrUnknown},
		{Name: "a post is renamed", Given: county(), Actor: secadmin, When: ChangePost{Post: "clerk", Title: "收发员", Rank: 7},
			Then: []Event{PostChanged{Post: "clerk", Title: "收发员", Rank: 7}}},
		{Name: "a post that two hold does not become a single one", Given: county(), Actor: secadmin, When: ChangePost{Post: "clerk", Title: "收发员", Single: true, Rank: 7}, Err: ErrHeld},
		{Name: "a post that is held is not abolished", Given: county(), Actor: secadmin, When: AbolishPost{"clerk"}, Err: ErrInUse},
		{Name: "a post above another is not abolished", Given: county(), Actor: secadmin, When: AbolishPost{"deputy-admin"}, Err: ErrInUse},
		{Name: "a post in charge of a matter is not abolished", Given: county(PostCreated{Post: "x", Title: "x"}, ResponsibilityAssigned{Responsibility: "r", Post: "x", Matter: "papers", From: day("2026-01-05")}),
			Actor: secadmin, When: AbolishPost{"x"}, Err: ErrInUse},
		{Name: "an empty post is abolished", Given: county(PostCreated{Post: "x", Title: "x"}), Actor: secadmin, When: AbolishPost{"x"}, Then: []Event{PostAbolished{"x"}}},
		{Name: "a post gets its duties", Given: county(), Actor: secadmin, When: AssignPostDuty{"clerk", []string{"收发"}}, Then: []Event{PostDutyAssigned{"clerk", []string{"收发"}}}},
		{Name: "duties are written out", Given: county(), Actor: secadmin, When: AssignPostDuty{"clerk", []string{""}}, Err: ErrIncomplete},
		{Name: "a post gets its superiors", Given: county(), Actor: secadmin, When: SetReportingLine{"clerk", []string{"deputy-papers"}},
			Then: []Event{ReportingLineSet{"clerk", []string{"deputy-papers"}}}},
		{Name: "nobody is above himself by way of others", Given: county(), Actor: secadmin, When: SetReportingLine{"director", []string{"clerk"}}, Err: ErrCircle},

		{Name: "an unknown unit is not renamed", Given: county(), Actor: secadmin, When: ChangeUnit{Unit: "x", Name: "x"}, Err: ErrUnknown},
		{Name: "an unknown unit is not abolished", Given: county(), Actor: secadmin, When: AbolishUnit{"x"}, Err: ErrUnknown},
		{Name: "an unknown post is not renamed", Given: county(), Actor: secadmin, When: ChangePost{Post: "x", Title: "x", Rank: 1}, Err: ErrUnknown},
		{Name: "an unknown post is not abolished", Given: county(), Actor: secadmin, When: AbolishPost{"x"}, Err: ErrUnknown},
		{Name: "an unknown post gets no duties", Given: county(), Actor: secadmin, When: AssignPostDuty{"x", []string{"x"}}, Err: ErrUnknown},
		{Name: "an unknown post gets no superiors", Given: county(), Actor: secadmin, When: SetReportingLine{"x", nil}, Err: ErrUnknown},
		{Name: "the system administrator makes no post", Given: county(), Actor: sysadmin, When: CreatePost{Post: "cook", Title: "x", Rank: 8}, Err: ErrOfficer},
		{Name: "a post that org.keeper names keeps the organisation", Given: county(), Policy: map[string]any{"org.keeper": []string{"director"}}, Actor: director,
			When: AbolishPost{"county-head"}, Err: ErrInUse},
		{Name: "the system makes no post", Given: county(), Actor: domain.Actor{Person: domain.System}, When: CreatePost{Post: "cook", Title: "x", Rank: 8}, Err: domain.ErrSystem},
		{Name: "an officer's word without the office is nothing", Given: county(), Actor: domain.Actor{Person: "p-cl1", Post: SecurityAdministrator},
			When: CreatePost{Post: "cook", Title: "x", Rank: 8}, Err: ErrOfficer},
	})
	base := domaintest.Case[Office]{Given: county(), Actor: director, When: SetUpOrgan{"x", "x", "above"}}
	domaintest.Matters(t, Context, base, "org.keeper", []string{"director"}, []string{"clerk"})
	base.Actor = secadmin
	base.When = SetUpUnit{Unit: "x", Name: "乙股"}
	domaintest.Matters(t, Context, base, "org.names", map[string]string{"股": "unit"}, map[string]string{"股": "section"})
	base.When = CreatePost{Post: "driver", Title: "司机", Rank: 8}
	domaintest.Matters(t, Context, base, "org.posts", []CataloguePost{{ID: "driver", Title: "驾驶员"}}, []CataloguePost{{ID: "driver", Title: "司机"}})
}

func TestAppointments(t *testing.T) {
	body := map[string]any{"org.appointment[director]": "县政府"}
	on := day("2026-04-14")
	vacant := county(PostVacated{Post: "director", Person: "p-dir", On: on})
	domaintest.Run(t, Context, []domaintest.Case[Office]{
		{Name: "a vacant post is filled from today on", Given: county(), Actor: secadmin, When: Fill{Post: "deputy-admin", Person: "p-adm", By: "县政府"},
			Then: []Event{PostFilled{Post: "deputy-admin", Person: "p-adm", By: "县政府", From: on}}},
		{Name: "a single post has one holder at a time", Given: county(), Actor: secadmin, When: Fill{Post: "director", Person: "p-new", By: "县政府"}, Err: ErrHeld},
		{Name: "the successor begins on the day from which the post is vacant", Given: vacant, Actor: secadmin, When: Fill{Post: "director", Person: "p-new", By: "县政府"},
			Then: []Event{PostFilled{Post: "director", Person: "p-new", By: "县政府", From: on}}},
		{Name: "the successor does not begin a day earlier", Given: vacant, Actor: secadmin, When: Fill{Post: "director", Person: "p-new", By: "县政府", From: day("2026-04-13")}, Err: ErrHeld},
		{Name: "an appointment withdrawn before it began holds nothing", Given: append(vacant, PostFilled{Post: "director", Person: "p-adm", From: day("2026-06-01")}, PostVacated{Post: "director", Person: "p-adm", On: day("2026-05-01")}),
			Actor: secadmin, When: Fill{Post: "director", Person: "p-new", By: "县政府"}, Then: []Event{PostFilled{Post: "director", Person: "p-new", By: "县政府", From: on}}},
		{Name: "a post for several has several", Given: county(), Actor: secadmin, When: Fill{Post: "clerk", Person: "p-new", By: "办公室", To: day("2026-12-31")},
			Then: []Event{PostFilled{Post: "clerk", Person: "p-new", By: "办公室", From: on, To: day("2026-12-31")}}},
		{Name: "nobody is appointed to a post twice at a time", Given: county(), Actor: secadmin, When: Fill{Post: "clerk", Person: "p-cl1", By: "办公室"}, Err: ErrHeld},
		{Name: "the director is appointed by the county government alone", Given: vacant, Policy: body, Actor: secadmin, When: Fill{Post: "director", Person: "p-new", By: "办公室", Document: "3"}, Err: ErrBody},
		{Name: "a stated appointing body appoints by a document", Given: vacant, Policy: body, Actor: secadmin, When: Fill{Post: "director", Person: "p-new", By: "县政府"}, Err: ErrDocument},
		{Name: "the county government's document appoints the director", Given: vacant, Policy: body, Actor: secadmin, When: Fill{Post: "director", Person: "p-new", By: "县政府", Document: "3"},
			Then: []Event{PostFilled{Post: "director", Person: "p-new", By: "县政府", Document: "3", From: on}}},
		{Name: "an officer holds no post of the office", Given: county(), Actor: secadmin, When: Fill{Post: "clerk", Person: "p-aud", By: "办公室"}, Err: ErrSeparate},
		{Name: "nobody appoints himself", Given: county(), Policy: map[string]any{"org.keeper": []string{"clerk"}}, Actor: domain.Actor{Person: "p-cl1", Post: "clerk"},
			When: Fill{Post: "deputy-admin", Person: "p-cl1", By: "办公室"}, Err: ErrOwn},
		{Name: "who has not joined is not appointed", Given: county(), Actor: secadmin, When: Fill{Post: "clerk", Person: "p-xxx", By: "办公室"}, Err: ErrNotMember},
		{Name: "an appointment names who appoints", Given: county(), Actor: secadmin, When: Fill{Post: "clerk", Person: "p-new"}, Err: ErrIncomplete},
		{Name: "an appointment does not end before it begins", Given: county(), Actor: secadmin, When: Fill{Post: "clerk", Person: "p-new", By: "办公室", To: day("2026-04-13")}, Err: ErrDates},
		{Name: "there is an appointment to posts that exist only", Given: county(), Actor: secadmin, When: Fill{Post: "cook", Person: "p-new", By: "办公室"}, Err: ErrUnknown},
		{Name: "one acts for a post beside its holder", Given: county(), Actor: secadmin, When: AppointActing{Post: "director", Person: "p-dep", By: "县政府", To: day("2026-05-01")},
			Then: []Event{ActingAppointed{Post: "director", Person: "p-dep", By: "县政府", From: on, To: day("2026-05-01")}}},
		{Name: "one person acts for a post at a time", Given: county(ActingAppointed{Post: "director", Person: "p-dep", From: on}), Actor: secadmin,
			When: AppointActing{Post: "director", Person: "p-new", By: "县政府"}, Err: ErrHeld},
		{Name: "who acts for the director is appointed as the director is", Given: vacant, Policy: body, Actor: secadmin, When: AppointActing{Post: "director", Person: "p-dep", By: "办公室", Document: "3"}, Err: ErrBody},
		{Name: "a holder leaves the post", Given: county(), Actor: secadmin, When: Vacate{Post: "director", Person: "p-dir", Document: "4"},
			Then: []Event{PostVacated{Post: "director", Person: "p-dir", Document: "4", On: on}}},
		{Name: "nobody leaves a post he does not hold", Given: county(), Actor: secadmin, When: Vacate{Post: "director", Person: "p-new"}, Err: ErrUnknown},

		{Name: "one post is in charge of a matter", Given: county(), Actor: secadmin, When: AssignResponsibility{Post: "deputy-admin", Matter: "papers"},
			Then: []Event{ResponsibilityAssigned{Responsibility: id("responsibility"), Post: "deputy-admin", Matter: "papers", From: on}}},
		{Name: "no second post is in charge of it on one day", Given: county(ResponsibilityAssigned{Responsibility: "r", Post: "deputy-papers", Matter: "papers", From: on}), Actor: secadmin,
			When: AssignResponsibility{Post: "deputy-admin", Matter: "papers", From: day("2026-05-01")}, Err: ErrInCharge},
		{Name: "the post is in charge that the office's texts say", Given: county(), Policy: map[string]any{"org.inCharge[papers]": "deputy-papers"}, Actor: secadmin,
			When: AssignResponsibility{Post: "deputy-admin", Matter: "papers"}, Err: ErrInCharge},
		{Name: "one is in charge of a matter or of a unit", Given: county(), Actor: secadmin, When: AssignResponsibility{Post: "deputy-admin"}, Err: ErrIncomplete},
		{Name: "an unknown post is in charge of nothing", Given: county(), Actor: secadmin, When: AssignResponsibility{Post: "x", Matter: "papers"}, Err: ErrUnknown},
		{Name: "an unknown charge does not end", Given: county(), Actor: secadmin, When: EndResponsibility{Responsibility: "x"}, Err: ErrUnknown},
		{Name: "one is in charge of a unit that exists", Given: county(), Actor: secadmin, When: AssignResponsibility{Post: "deputy-admin", Unit: "x"}, Err: ErrUnknown},
		{Name: "being in charge does not end before it begins", Given: county(), Actor: secadmin, When: AssignResponsibility{Post: "deputy-admin", Matter: "x", To: day("2026-04-13")}, Err: ErrDates},
		{Name: "being in charge ends", Given: county(ResponsibilityAssigned{Responsibility: "r", Post: "deputy-papers", Matter: "papers", From: on}), Actor: secadmin,
			When: EndResponsibility{Responsibility: "r"}, Then: []Event{ResponsibilityEnded{"r", on}}},
		{Name: "what is over does not end again", Given: county(ResponsibilityAssigned{Responsibility: "r", Post: "deputy-papers", Matter: "papers", From: on}, ResponsibilityEnded{"r", on}), Actor: secadmin,
			When: EndResponsibility{Responsibility: "r"}},
	})
	domaintest.Matters(t, Context, domaintest.Case[Office]{Given: vacant, Actor: secadmin, When: Fill{Post: "director", Person: "p-new", By: "县政府", Document: "3"}},
		"org.appointment[director]", "县政府", "县委")
	domaintest.Matters(t, Context, domaintest.Case[Office]{Given: county(), Actor: secadmin, When: AssignResponsibility{Post: "deputy-admin", Matter: "papers"}},
		"org.inCharge[papers]", "deputy-papers", "deputy-admin")
}

func TestPersons(t *testing.T) {
	on := day("2026-04-14")
	list := map[string]any{"org.handBack": []string{"seals", "keys"}}
	leaving := LeavingStarted{Person: "p-cl1", HandBack: []string{"seals", "keys"}}
	domaintest.Run(t, Context, []domaintest.Case[Office]{
		{Name: "the system administrator enters a person, who so far can do nothing", Given: county(), Actor: sysadmin, When: Join{Person: "p-x", Unit: "admin-section"},
			Then: []Event{PersonJoined{Person: "p-x", Unit: "admin-section", On: on}}},
		{Name: "an office that registers joining has the entry", Given: county(), Policy: map[string]any{"org.register": []string{"joining"}}, Actor: sysadmin, When: Join{Person: "p-x"},
			Then: []Event{PersonJoined{Person: "p-x", On: on, Registered: true}}},
		{Name: "the security administrator enters no account", Given: county(), Actor: secadmin, When: Join{Person: "p-x"}, Err: ErrOfficer},
		{Name: "nobody joins twice", Given: county(), Actor: sysadmin, When: Join{Person: "p-dir"}, Err: ErrMember},
		{Name: "who has left joins again", Given: county(PersonLeft{Person: "p-new", On: on}), Actor: sysadmin, When: Join{Person: "p-new"}, Then: []Event{PersonJoined{Person: "p-new", On: on}}},
		{Name: "the system is no person", Given: county(), Actor: sysadmin, When: Join{Person: domain.System}, Err: ErrIncomplete},
		{Name: "a person joins a unit that exists", Given: county(), Actor: sysadmin, When: Join{Person: "p-x", Unit: "x"}, Err: ErrUnknown},
		{Name: "who is in the unit does not move", Given: county(), Actor: sysadmin, When: Transfer{Person: "p-new"}},
		{Name: "a person moves to another unit", Given: county(), Actor: sysadmin, When: Transfer{Person: "p-new", Unit: "admin-section"},
			Then: []Event{PersonTransferred{Person: "p-new", Unit: "admin-section", On: on}}},
		{Name: "a person moves to a unit that exists", Given: county(), Actor: sysadmin, When: Transfer{Person: "p-new", Unit: "x"}, Err: ErrUnknown},
		{Name: "who has not joined does not move", Given: county(), Actor: sysadmin, When: Transfer{Person: "p-x", Unit: "admin-section"}, Err: ErrNotMember},

		{Name: "leaving begins with the office's checklist", Given: county(), Policy: list, Actor: sysadmin, When: StartLeaving{"p-cl1"}, Then: []Event{leaving}},
		{Name: "who is not of the office does not leave it", Given: county(), Policy: list, Actor: sysadmin, When: StartLeaving{"p-x"}, Err: ErrNotMember},
		{Name: "leaving begins once", Given: county(leaving), Policy: list, Actor: sysadmin, When: StartLeaving{"p-cl1"}},
		{Name: "an officer does not leave before being relieved", Given: county(LeavingStarted{Person: "p-new"}, OfficerAppointed{"p-new", Auditor}), Actor: sysadmin, When: Leave{Person: "p-new"}, Err: ErrRelieve},
		{Name: "without a checklist nobody can leave", Given: county(), Actor: sysadmin, When: StartLeaving{"p-cl1"}, Err: domain.ErrBlank},
		{Name: "an officer is relieved before leaving", Given: county(), Policy: list, Actor: sysadmin, When: StartLeaving{"p-aud"}, Err: ErrRelieve},
		{Name: "who receives confirms the hand-back", Given: county(leaving), Actor: director, When: ReturnHandBackItem{"p-cl1", "keys"},
			Then: []Event{HandBackItemReturned{"p-cl1", "keys", "p-dir"}}},
		{Name: "the leaver's own word is no hand-back", Given: county(leaving), Actor: domain.Actor{Person: "p-cl1", Post: "clerk"}, When: ReturnHandBackItem{"p-cl1", "keys"}, Err: ErrOwn},
		{Name: "what is not on the list is not handed back", Given: county(leaving), Actor: director, When: ReturnHandBackItem{"p-cl1", "cars"}, Err: ErrUnknown},
		{Name: "the system confirms no hand-back", Given: county(leaving), Actor: domain.Actor{Person: domain.System}, When: ReturnHandBackItem{"p-cl1", "keys"}, Err: domain.ErrSystem},
		{Name: "nobody hands back before leaving begins", Given: county(), Actor: director, When: ReturnHandBackItem{"p-cl1", "keys"}, Err: ErrNotLeaving},
		{Name: "leaving is blocked until everything is handed back", Given: county(leaving, HandBackItemReturned{"p-cl1", "keys", "p-dir"}), Actor: sysadmin, When: Leave{Person: "p-cl1"}, Err: ErrHandBack},
		{Name: "nobody leaves without hand-back", Given: county(), Actor: sysadmin, When: Leave{Person: "p-cl1"}, Err: ErrNotLeaving},
		{Name: "who leaves gives up every post, function and delegation", Actor: sysadmin, Policy: map[string]any{"org.register": []string{"leaving"}},
			Given: county(leaving, FunctionAssigned{Function: "签到薄", Person: "p-cl1", By: "行政股", From: on}, DelegationGranted{Delegation: "d", Person: "p-cl1", Post: "clerk", Grantor: "director", From: on, To: day("2026-05-01")},
				HandBackItemReturned{"p-cl1", "keys", "p-dir"}, HandBackItemReturned{"p-cl1", "seals", "p-dir"}),
			When: Leave{Person: "p-cl1", Document: "5", On: day("2026-04-15")}, Then: []Event{
				PersonLeft{Person: "p-cl1", Document: "5", On: day("2026-04-15"), Registered: true},
				PostVacated{Post: "clerk", Person: "p-cl1", Document: "5", On: day("2026-04-15")},
				FunctionEnded{Function: "签到薄", Person: "p-cl1", On: day("2026-04-15")},
				DelegationEnded{Delegation: "d", On: day("2026-04-15")},
			}},

		{Name: "an auditor is appointed", Given: county(), Actor: secadmin, When: AppointOfficer{"p-new", Auditor}, Then: []Event{OfficerAppointed{"p-new", Auditor}}},
		{Name: "the system administrator is never the auditor too", Given: county(), Actor: secadmin, When: AppointOfficer{"p-sys", Auditor}, Err: ErrSeparate},
		{Name: "who holds a post is no officer", Given: county(), Actor: secadmin, When: AppointOfficer{"p-cl1", Auditor}, Err: ErrSeparate},
		{Name: "who will hold a post is no officer", Given: county(PostFilled{Post: "clerk", Person: "p-new", From: day("2026-06-01")}), Actor: secadmin, When: AppointOfficer{"p-new", Auditor}, Err: ErrSeparate},
		{Name: "nobody appoints himself an officer", Given: county(), Actor: secadmin, When: AppointOfficer{"p-sec", Auditor}, Err: ErrOwn},
		{Name: "the system administrator appoints no officer", Given: county(), Actor: sysadmin, When: AppointOfficer{"p-new", Auditor}, Err: ErrOfficer},
		{Name: "there are three kinds of officer", Given: county(), Actor: secadmin, When: AppointOfficer{"p-new", "root"}, Err: ErrUnknown},
		{Name: "an officer is one of the office's persons", Given: county(), Actor: secadmin, When: AppointOfficer{"p-x", Auditor}, Err: ErrNotMember},
		{Name: "the last auditor is not relieved", Given: county(), Actor: secadmin, When: RelieveOfficer{"p-aud"}, Err: ErrLastOfficer},
		{Name: "an auditor with a successor is relieved", Given: county(OfficerAppointed{"p-new", Auditor}), Actor: secadmin, When: RelieveOfficer{"p-aud"},
			Then: []Event{OfficerRelieved{"p-aud", Auditor}}},
		{Name: "who is no officer is not relieved", Given: county(), Actor: secadmin, When: RelieveOfficer{"p-new"}, Err: ErrUnknown},

		{Name: "a function is given to a named person", Given: county(), Actor: secadmin, When: AssignFunction{Function: "签到薄", Person: "p-new", By: "行政股"},
			Then: []Event{FunctionAssigned{Function: "签到薄", Person: "p-new", By: "行政股", From: on}}},
		{Name: "a function stays at the post that the texts say", Given: county(), Policy: map[string]any{"org.function[签到薄].holder": Holder{Post: "clerk"}}, Actor: secadmin,
			When: AssignFunction{Function: "签到薄", Person: "p-new", By: "行政股"}, Err: ErrFunction},
		{Name: "a function is given by whom the texts say", Given: county(), Policy: map[string]any{"org.function[学习].holder": Holder{NamedBy: "党支部"}}, Actor: secadmin,
			When: AssignFunction{Function: "学习", Person: "p-cl1", By: "行政股"}, Err: ErrFunction},
		{Name: "a function does not end before it begins", Given: county(), Actor: secadmin, When: AssignFunction{Function: "签到薄", Person: "p-new", By: "行政股", To: day("2026-04-13")}, Err: ErrDates},
		{Name: "a function has a name", Given: county(), Actor: secadmin, When: AssignFunction{Person: "p-new", By: "行政股"}, Err: ErrIncomplete},
		{Name: "a function is given by somebody", Given: county(), Actor: secadmin, When: AssignFunction{Function: "签到薄", Person: "p-new"}, Err: ErrIncomplete},
		{Name: "a function is given to one of the office", Given: county(), Actor: secadmin, When: AssignFunction{Function: "签到薄", Person: "p-x", By: "行政股"}, Err: ErrNotMember},
		{Name: "an officer has no function", Given: county(), Actor: secadmin, When: AssignFunction{Function: "签到薄", Person: "p-aud", By: "行政股"}, Err: ErrSeparate},
		{Name: "a function ends", Given: county(FunctionAssigned{Function: "签到薄", Person: "p-cl1", By: "行政股", From: on}), Actor: secadmin,
			When: EndFunction{Function: "签到薄", Person: "p-cl1"}, Then: []Event{FunctionEnded{Function: "签到薄", Person: "p-cl1", On: on}}},
		{Name: "a function that nobody has does not end", Given: county(), Actor: secadmin, When: EndFunction{Function: "签到薄", Person: "p-cl1"}, Err: ErrUnknown},

		{Name: "the director names the deputy who attends for him", Given: county(), Actor: director, When: NameSubstitute{Post: "director", Person: "p-dep", Occasion: "meeting-1", On: day("2026-04-20")},
			Then: []Event{SubstituteNamed{Post: "director", Person: "p-dep", SubstitutePost: "deputy-papers", Occasion: "meeting-1", On: day("2026-04-20")}}},
		{Name: "who holds no post directly below is no substitute", Given: county(), Actor: director, When: NameSubstitute{Post: "director", Person: "p-new", Occasion: "meeting-1", On: day("2026-04-20")}, Err: ErrSubstitute},
		{Name: "the substitute holds the post below on the day", Given: county(PostVacated{Post: "deputy-papers", Person: "p-dep", On: day("2026-04-20")}), Actor: director,
			When: NameSubstitute{Post: "director", Person: "p-dep", Occasion: "meeting-1", On: day("2026-04-20")}, Err: ErrSubstitute},
		{Name: "the system names no substitute", Given: county(), Actor: domain.Actor{Person: domain.System}, When: NameSubstitute{Post: "director", Person: "p-dep", Occasion: "m", On: on}, Err: domain.ErrSystem},
		{Name: "nobody stands in for himself", Given: county(), Actor: director, When: NameSubstitute{Post: "director", Person: "p-dir", Occasion: "m", On: on}, Err: ErrOwn},
		{Name: "a substitute is for an occasion", Given: county(), Actor: director, When: NameSubstitute{Post: "director", Person: "p-dep", On: on}, Err: ErrIncomplete},
		{Name: "an occasion has a day", Given: county(), Actor: director, When: NameSubstitute{Post: "director", Person: "p-dep", Occasion: "m"}, Err: ErrIncomplete},
		{Name: "nobody names a substitute for another's post", Given: county(), Actor: director, When: NameSubstitute{Post: "county-head", Person: "p-dep", Occasion: "m", On: on}, Err: ErrNotHolder},
	})
	base := domaintest.Case[Office]{Given: county(), Actor: sysadmin, When: StartLeaving{"p-cl1"}}
	domaintest.Matters(t, Context, base, "org.handBack", []string{"keys"}, []string{"keys", "seals"})
	base.When = Join{Person: "p-x"}
	domaintest.Matters(t, Context, base, "org.register", []string{"joining"}, []string{"leaving"})
	base.Actor, base.When = secadmin, AssignFunction{Function: "签到薄", Person: "p-new", By: "行政股"}
	domaintest.Matters(t, Context, base, "org.function[签到薄].holder", Holder{Post: "clerk"}, Holder{NamedBy: "行政股"})
}

func delegationPolicy() map[string]any {
	return map[string]any{
		"apr.delegation.kinds": []string{"授权", "委托"}, "apr.delegation.maxDays": 90,
		"apr.delegation.scope[director]": []string{"county-government"}, "apr.delegation.grantor[director]": []string{"county-head", "vice-county-head"},
		"apr.delegation.scope[deputy-papers]": []string{"county-government"}, "apr.delegation.grantor[deputy-papers]": []string{"director", "county-head"},
	}
}

func TestDelegation(t *testing.T) {
	on := day("2026-04-14")
	own := GrantDelegation{Kind: "授权", Grantor: "director", Post: "deputy-papers", Scope: "county-government", Matter: "papers", To: day("2026-07-12")}
	granted := DelegationGranted{Delegation: id("delegation"), Kind: "授权", Grantor: "director", GrantedBy: "p-dir", Post: "deputy-papers",
		Scope: "county-government", Matter: "papers", From: on, To: day("2026-07-12")}
	with := func(change func(*GrantDelegation)) GrantDelegation { c := own; change(&c); return c }
	outside := GrantDelegation{Kind: "委托", Grantor: "county-head", Post: "director", Person: "p-dir", Scope: "county-government", Matter: "papers", To: day("2026-05-01"), Document: "县政发1号"}
	noDocument := outside
	noDocument.Document = ""
	recorded := DelegationGranted{Delegation: id("delegation"), Kind: "委托", Grantor: "county-head", Organ: "county-government", Post: "director", Person: "p-dir",
		Scope: "county-government", Matter: "papers", From: on, To: day("2026-05-01"), Document: "县政发1号"}
	head := county(PersonJoined{Person: "p-head", On: on}, PostFilled{Post: "county-head", Person: "p-head", From: on})
	passable := DelegationGranted{Delegation: "d", Kind: "委托", Grantor: "county-head", Post: "director", Person: "p-dir", Matter: "papers", From: on, To: day("2026-05-01"), Redelegable: true}
	once := passable
	once.Redelegable = false
	under := domain.Actor{Person: "p-dir", Post: "director", Delegation: "d"}
	pass := GrantDelegation{Kind: "委托", Grantor: "county-head", Post: "deputy-papers", Scope: "county-government", Matter: "papers", To: day("2026-05-01")}
	passed := DelegationGranted{Delegation: id("delegation"), Kind: "委托", Grantor: "county-head", Organ: "county-government", GrantedBy: "p-dir", Post: "deputy-papers",
		Scope: "county-government", Matter: "papers", From: on, To: day("2026-05-01"), Under: "d"}
	longer := pass
	longer.To = day("2026-05-02")
	other := pass
	other.Matter = "money"
	p := delegationPolicy()
	domaintest.Run(t, Context, []domaintest.Case[Office]{
		{Name: "the holder of the grantor's post grants it, to the last day that the policy allows", Given: county(), Policy: p, Actor: director, When: own, Then: []Event{granted}},
		{Name: "a day more is too long", Given: county(), Policy: p, Actor: director, When: with(func(c *GrantDelegation) { c.To = day("2026-07-13") }), Err: ErrTooLong},
		{Name: "a delegation has a last day", Given: county(), Policy: p, Actor: director, When: with(func(c *GrantDelegation) { c.To = domain.Date{} }), Err: ErrTooLong},
		{Name: "a delegation has a matter", Given: county(), Policy: p, Actor: director, When: with(func(c *GrantDelegation) { c.Matter = "" }), Err: ErrIncomplete},
		{Name: "a delegation is of a kind that the office knows", Given: county(), Policy: p, Actor: director, When: with(func(c *GrantDelegation) { c.Kind = "口头" }), Err: ErrKind},
		{Name: "a delegation is for what the office allows", Given: county(), Policy: p, Actor: director, When: with(func(c *GrantDelegation) { c.Scope = "everything" }), Err: ErrScope},
		{Name: "a delegation ends after it begins", Given: county(), Policy: p, Actor: director, When: with(func(c *GrantDelegation) { c.To = day("2026-04-13") }), Err: ErrDates},
		{Name: "a delegation is not backdated", Given: county(), Policy: p, Actor: director, When: with(func(c *GrantDelegation) { c.From = day("2026-04-13") }), Err: ErrBackdated},
		{Name: "nobody delegates to himself", Given: county(), Policy: p, Actor: director, When: with(func(c *GrantDelegation) { c.Person = "p-dir" }), Err: ErrOwn},
		{Name: "no post delegates to itself", Given: county(), Policy: p, Actor: director, When: with(func(c *GrantDelegation) { c.Post = "director" }), Err: ErrCircle},
		{Name: "the named delegate holds the post", Given: county(), Policy: p, Actor: director, When: with(func(c *GrantDelegation) { c.Person = "p-new" }), Err: ErrNotHolder},
		{Name: "a delegation is to a post of the office", Given: county(), Policy: p, Actor: director, When: with(func(c *GrantDelegation) { c.Post = "x" }), Err: ErrUnknown},
		{Name: "a delegation is from a post that the office knows", Given: county(), Policy: p, Actor: director, When: with(func(c *GrantDelegation) { c.Grantor = "x" }), Err: ErrUnknown},
		{Name: "nobody grants another's authority", Given: county(), Policy: p, Actor: domain.Actor{Person: "p-cl1", Post: "clerk"}, When: own, Err: ErrGrantor},
		{Name: "the security administrator does not grant in the place of a grantor of the office", Given: county(), Policy: p, Actor: secadmin, When: own, Err: ErrGrantor},
		{Name: "a post that may not delegate to the delegate does not", Given: county(), Policy: map[string]any{
			"apr.delegation.kinds": []string{"授权"}, "apr.delegation.maxDays": 90, "apr.delegation.scope[deputy-papers]": []string{"county-government"},
			"apr.delegation.grantor[deputy-papers]": []string{"county-head"}}, Actor: director, When: own, Err: ErrGrantor},
		{Name: "the system grants nothing", Given: county(), Policy: p, Actor: domain.Actor{Person: domain.System}, When: own, Err: domain.ErrSystem},
		{Name: "nothing is granted before the office is set up", Policy: p, Actor: director, When: own, Err: domain.ErrNoStream},
		{Name: "a blank length is no length", Given: county(), Policy: map[string]any{
			"apr.delegation.kinds": []string{"授权"}, "apr.delegation.maxDays": domaintest.Blank{}, "apr.delegation.scope[deputy-papers]": []string{"county-government"},
			"apr.delegation.grantor[deputy-papers]": []string{"director"}}, Actor: director, When: own, Err: domain.ErrBlank},

		{Name: "a delegation by the county head, who is not in the system, is recorded from the document", Given: county(), Policy: p, Actor: secadmin, When: outside, Then: []Event{recorded}},
		{Name: "without a document it is not", Given: county(), Policy: p, Actor: secadmin, When: noDocument, Err: ErrDocument},
		{Name: "the delegate does not record it himself", Given: county(), Policy: p, Actor: director, When: with(func(c *GrantDelegation) { *c = outside; c.Person = "" }), Err: ErrOfficer},
		{Name: "a county head in the system grants it himself", Given: head, Policy: p, Actor: secadmin, When: outside, Err: ErrGrantor},

		{Name: "a delegation that says so is passed on, within its matter and days", Given: county(passable), Policy: p, Actor: under, When: pass, Then: []Event{passed}},
		{Name: "a delegation that does not say so is not passed on", Given: county(once), Policy: p, Actor: under, When: pass, Err: ErrRedelegated},
		{Name: "what is passed on does not last longer", Given: county(passable), Policy: p, Actor: under, When: longer, Err: ErrRedelegated},
		{Name: "what is passed on is the same matter", Given: county(passable), Policy: p, Actor: under, When: other, Err: ErrRedelegated},
		{Name: "what was passed on is not passed on again", Given: county(passable, func() Event { e := passed; e.Delegation, e.Redelegable = "d2", true; return e }()), Policy: p,
			Actor: domain.Actor{Person: "p-dep", Post: "deputy-papers", Delegation: "d2"}, When: GrantDelegation{Kind: "委托", Grantor: "county-head", Post: "clerk", Scope: "county-government", Matter: "papers", To: day("2026-05-01")}, Err: ErrRedelegated},
		{Name: "an ended delegation is not passed on", Given: county(passable, DelegationEnded{"d", on}), Policy: p, Actor: under, When: pass, Err: ErrRedelegated},

		{Name: "the grantor ends it", Given: county(granted), Actor: director, When: EndDelegation{Delegation: id("delegation")}, Then: []Event{DelegationEnded{id("delegation"), on}}},
		{Name: "the security administrator ends it", Given: county(granted), Actor: secadmin, When: EndDelegation{Delegation: id("delegation")}, Then: []Event{DelegationEnded{id("delegation"), on}}},
		{Name: "the delegate does not end it", Given: county(granted), Actor: domain.Actor{Person: "p-dep", Post: "deputy-papers"}, When: EndDelegation{Delegation: id("delegation")}, Err: ErrOfficer},
		{Name: "what is over does not end again", Given: county(granted, DelegationEnded{id("delegation"), on}), Actor: director, When: EndDelegation{Delegation: id("delegation")}},
		{Name: "there is a delegation to end", Given: county(), Actor: director, When: EndDelegation{Delegation: "x"}, Err: ErrUnknown},
	})
	base := domaintest.Case[Office]{Given: county(), Policy: p, Actor: director, When: own}
	domaintest.Matters(t, Context, base, "apr.delegation.kinds", []string{"授权"}, []string{"委托"})
	domaintest.Matters(t, Context, base, "apr.delegation.scope[deputy-papers]", []string{"county-government"}, []string{"one-matter"})
	domaintest.Matters(t, Context, base, "apr.delegation.grantor[deputy-papers]", []string{"director"}, []string{"county-head"})
	domaintest.Matters(t, Context, base, "apr.delegation.maxDays", 90, 30)
}

func TestAuthorise(t *testing.T) {
	on := day("2026-04-14")
	o := fold(t, county(
		ActingAppointed{Post: "deputy-admin", Person: "p-dep", From: on, To: day("2026-04-30")},
		DelegationGranted{Delegation: "d", Grantor: "director", GrantedBy: "p-dir", Post: "deputy-papers", Matter: "papers", From: on, To: day("2026-04-20")},
		DelegationGranted{Delegation: "d2", Grantor: "director", GrantedBy: "p-dep", Post: "clerk", Person: "p-cl1", Matter: "papers", From: on, To: day("2026-04-20"), Under: "d"},
	)...)
	left := fold(t, county(PersonLeft{Person: "p-cl1", On: on})...)
	parentEnded := DelegationEnded{"d", day("2026-04-16")}.Evolve(o)
	for _, c := range []struct {
		name   string
		office Office
		actor  domain.Actor
		on     string
		matter string
		want   error
	}{
		{"a person holds the post he acts from", o, director, "2026-04-14", "", nil},
		{"a person does not act from another's post", o, domain.Actor{Person: "p-cl1", Post: "director"}, "2026-04-14", "", ErrNotHolder},
		{"a person does not act from no post", o, domain.Actor{Person: "p-new"}, "2026-04-14", "", ErrNotHolder},
		{"nobody acts before joining", o, director, "2026-01-04", "", ErrInactive},
		{"who has left does not act", left, domain.Actor{Person: "p-cl1", Post: "clerk"}, "2026-04-14", "", ErrInactive},
		{"who is leaving acted the day before", left, domain.Actor{Person: "p-cl1", Post: "clerk"}, "2026-04-13", "", nil},
		{"who acts for a post acts from it until the last day", o, domain.Actor{Person: "p-dep", Post: "deputy-admin"}, "2026-04-30", "", nil},
		{"and not the day after", o, domain.Actor{Person: "p-dep", Post: "deputy-admin"}, "2026-05-01", "", ErrNotHolder},
		{"an officer acts as that officer", o, secadmin, "2026-04-14", "", nil},
		{"an officer does not act as another", o, domain.Actor{Person: "p-sec", Post: Auditor}, "2026-04-14", "", ErrNotHolder},
		{"the system acts from no post", o, domain.Actor{Person: domain.System}, "2026-04-14", "", nil},
		{"the system takes no post", o, domain.Actor{Person: domain.System, Post: "director"}, "2026-04-14", "", domain.ErrSystem},
		{"no office has no persons", Office{}, director, "2026-04-14", "", ErrInactive},
		{"a delegate acts in the matter", o, domain.Actor{Person: "p-dep", Post: "deputy-papers", Delegation: "d"}, "2026-04-20", "papers", nil},
		{"a delegate does not act in another matter", o, domain.Actor{Person: "p-dep", Post: "deputy-papers", Delegation: "d"}, "2026-04-20", "money", ErrOutsideMatter},
		{"a delegate does not act after the last day", o, domain.Actor{Person: "p-dep", Post: "deputy-papers", Delegation: "d"}, "2026-04-21", "papers", ErrDelegationEnded},
		{"a delegate does not act before the first day", o, domain.Actor{Person: "p-dep", Post: "deputy-papers", Delegation: "d"}, "2026-04-13", "papers", ErrDelegationEnded},
		{"a delegation is to the post it names", o, domain.Actor{Person: "p-dep", Post: "deputy-admin", Delegation: "d"}, "2026-04-14", "papers", ErrNotDelegate},
		{"a delegation to a person is to nobody else at the post", o, domain.Actor{Person: "p-cl2", Post: "clerk", Delegation: "d2"}, "2026-04-14", "papers", ErrNotDelegate},
		{"an unknown delegation is none", o, domain.Actor{Person: "p-dep", Post: "deputy-papers", Delegation: "x"}, "2026-04-14", "papers", ErrNotDelegate},
		{"what was passed on is in force with its source", o, domain.Actor{Person: "p-cl1", Post: "clerk", Delegation: "d2"}, "2026-04-16", "papers", nil},
		{"what was passed on ends with its source", parentEnded, domain.Actor{Person: "p-cl1", Post: "clerk", Delegation: "d2"}, "2026-04-16", "papers", ErrDelegationEnded},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.office.Authorise(c.actor, day(c.on), c.matter); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
		})
	}

	delegate := domain.Actor{Person: "p-dep", Post: "deputy-papers", Delegation: "d"}
	for _, c := range []struct {
		name  string
		got   any
		want  any
		actor domain.Actor
	}{
		{name: "a delegate exercises both posts in the matter", got: o.Effective(delegate, on, "papers"), want: []string{"deputy-papers", "director"}},
		{name: "and his own only in another", got: o.Effective(delegate, on, "money"), want: []string{"deputy-papers"}},
		{name: "and his own only when no matter is known", got: o.Effective(delegate, on, ""), want: []string{"deputy-papers"}},
		{name: "and his own only when it is over", got: o.Effective(delegate, day("2026-04-21"), "papers"), want: []string{"deputy-papers"}},
		{name: "without a post there is no authority", got: o.Effective(domain.Actor{Person: "p-new", Post: "director", Delegation: "d"}, on, "papers"), want: []string(nil)},
		{name: "the system has none", got: o.Effective(domain.Actor{Person: domain.System}, on, "papers"), want: []string(nil)},
		{name: "the delegations of a person at a post", got: o.Delegations("p-cl1", "clerk", on), want: []string{"d2"}},
		{name: "the requester decides no own request", got: o.OwnRequest(director, "p-dir", on), want: true},
		{name: "nor by his delegate", got: o.OwnRequest(delegate, "p-dir", on), want: true},
		{name: "nor by whom the delegate passed it on to", got: o.OwnRequest(domain.Actor{Person: "p-cl1", Post: "clerk", Delegation: "d2"}, "p-dir", on), want: true},
		{name: "the delegate's own request neither", got: o.OwnRequest(delegate, "p-dep", on), want: true},
		{name: "nobody's request is nobody's", got: o.OwnRequest(delegate, "", on), want: false},
		{name: "another's request is another's", got: o.OwnRequest(delegate, "p-cl1", on), want: false},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// The vacancies of G28: a vacant post and the requester's own are passed by, upward, and where nobody is left nobody decides.
func TestApproverFor(t *testing.T) {
	on := day("2026-04-14")
	o := fold(t, county()...)
	none := PostVacated{Post: "director", Person: "p-dir", On: on}.Evolve(o)
	acting := ActingAppointed{Post: "director", Person: "p-dep", From: on}.Evolve(o)
	for _, c := range []struct {
		name      string
		office    Office
		requester string
		post      string
		holders   []string
		passed    []Passed
	}{
		{"a vacant post is passed by", o, "p-cl1", "director", []string{"p-dir"}, []Passed{{"deputy-admin", "vacant"}}},
		{"the requester's own post is passed by, and nobody is left", o, "p-dir", "", nil, []Passed{{"deputy-admin", "vacant"}, {"director", "self"}, {"county-head", "vacant"}}},
		{"two vacant posts are passed by, and nobody is left", none, "p-cl1", "", nil, []Passed{{"deputy-admin", "vacant"}, {"director", "vacant"}, {"county-head", "vacant"}}},
		{"who acts for the requester's post does not decide for him", acting, "p-dir", "", nil, []Passed{{"deputy-admin", "vacant"}, {"director", "self"}, {"county-head", "vacant"}}},
		{"who acts for a post decides as its holder does", acting, "p-cl1", "director", []string{"p-dir", "p-dep"}, []Passed{{"deputy-admin", "vacant"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			post, holders, passed := c.office.ApproverFor("deputy-admin", c.requester, on, c.office.Superior)
			if diff := cmp.Diff([]any{c.post, c.holders, c.passed}, []any{post, holders, passed}); diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
		})
	}
	if post, _, _ := o.ApproverFor("deputy-admin", "p-cl1", on, func(string) string { return "deputy-admin" }); post != "" {
		t.Errorf("an escalation in a circle ends at %q", post)
	}
}

func TestQuestions(t *testing.T) {
	on := day("2026-04-14")
	o := fold(t, county(
		UnitSetUp{"part", "一分股", "admin-section", ""},
		ResponsibilityAssigned{Responsibility: "r1", Post: "deputy-papers", Matter: "papers", From: on, To: day("2026-04-20")},
		ResponsibilityAssigned{Responsibility: "r2", Post: "deputy-admin", Unit: "admin-section", From: on},
		FunctionAssigned{Function: "签到薄", Person: "p-cl1", By: "行政股", From: on},
		SubstituteNamed{Post: "director", Person: "p-dep", SubstitutePost: "deputy-papers", Occasion: "m", On: on},
		PersonTransferred{Person: "p-new", Unit: "admin-section", On: on}, PersonLeft{Person: "p-new", On: day("2026-04-20")},
		PersonJoined{Person: "p-new", Unit: "part", On: day("2026-05-01")},
		OrganSetUp{"merged", "新县政府", "above"}, OrganMerged{"county-government", "merged"},
	)...)
	posts := o.PostsOf("p-cl1", on)
	head, _ := o.Post("county-head")
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"two hold the post", o.Holders("clerk", on), []string{"p-cl1", "p-cl2"}},
		{"the auditor is who audits", o.Holders(Auditor, on), []string{"p-aud"}},
		{"a person's posts", posts[0].ID, "clerk"},
		{"the first superior", o.Superior("clerk"), "deputy-admin"},
		{"who is above, the nearest first", o.Above("clerk"), []string{"deputy-admin", "director", "county-head"}},
		{"in charge of a matter", o.InCharge("papers", on), "deputy-papers"},
		{"in charge until the last day", o.InCharge("papers", day("2026-04-21")), ""},
		{"in charge of a unit below", o.InChargeOfUnit("part", on), "deputy-admin"},
		{"who has a function", o.Function("签到薄", on), []string{"p-cl1"}},
		{"who stands in", o.Substitute("director", "m", on), []string{"p-dep"}},
		{"a merged organ's posts", head.Organ, "merged"},
		{"nobody is in charge", o.InChargeOfUnit("x", on), ""},
		{"nobody is above the top", o.Superior("county-head"), ""},
		{"the persons of a day", len(o.Members(on)), 9},
		{"the unit before a transfer", o.UnitOf("p-new", day("2026-04-13")), ""},
		{"the unit after it", o.UnitOf("p-new", on), "admin-section"},
		{"of the office before leaving", o.Active("p-new", day("2026-04-19")), true},
		{"not of the office between leaving and joining again", o.Active("p-new", day("2026-04-20")), false},
		{"the unit after joining again", o.UnitOf("p-new", day("2026-05-01")), "part"},
		{"the zone", o.Zone(), "Asia/Shanghai"},
		{"the first post of a list", o.Posts()[0].ID, "county-head"},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestRole(t *testing.T) {
	o := fold(t, county(ResponsibilityAssigned{Responsibility: "r", Post: "deputy-papers", Matter: "papers", From: day("2026-01-05")})...)
	for role, want := range map[string]string{"director": "director", "org.inCharge[papers]": "deputy-papers", "org.inCharge[主管领导]": "deputy-admin"} {
		act := domaintest.Case[Office]{Policy: map[string]any{"org.inCharge[主管领导]": "deputy-admin"}}.Act()
		if got := o.Role(act, role); got != want {
			t.Errorf("%s is %q, want %q", role, got, want)
		}
	}
}

// Over any order of appointments and ends, a single post has at most one holder and one who acts, no officer holds a
// post, and no person is two officers.
func TestOneHolderAndSeparateOfficers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		o := fold(t, county()...)
		persons := []string{"p-sys", "p-sec", "p-aud", "p-dir", "p-dep", "p-cl1", "p-new"}
		first := day("2026-04-14")
		for i := range rapid.IntRange(1, 25).Draw(rt, "acts") {
			person := rapid.SampledFrom(persons).Draw(rt, "person")
			post := rapid.SampledFrom([]string{"director", "deputy-admin", "clerk"}).Draw(rt, "post")
			from := first.Add(rapid.IntRange(0, 9).Draw(rt, "from"))
			to := from.Add(rapid.IntRange(0, 9).Draw(rt, "days"))
			cmd := rapid.SampledFrom([]domain.Command[Office]{
				Fill{Post: post, Person: person, By: "x", From: from, To: to}, Fill{Post: post, Person: person, By: "x", From: from},
				AppointActing{Post: post, Person: person, By: "x", From: from, To: to}, Vacate{Post: post, Person: person, On: from},
				AppointOfficer{Person: person, Officer: rapid.SampledFrom(Officers()).Draw(rt, "officer")}, RelieveOfficer{Person: person},
			}).Draw(rt, "command")
			act := domaintest.Case[Office]{Actor: secadmin}.Act()
			act.Command = strconv.Itoa(i)
			events, _ := domain.Decide(cmd, o, act)
			before := o.Posts()
			for _, e := range events {
				o = e.Evolve(o)
			}
			if !slices.EqualFunc(before, o.Posts(), func(a, b Post) bool { return a.ID == b.ID }) {
				rt.Fatal("an appointment changed the posts")
			}
			for d := range 20 {
				on := first.Add(d)
				for _, post := range []string{"director", "deputy-admin"} {
					held := map[bool]int{}
					for _, h := range o.holdings[post] {
						if within(on, h.From, h.Until) {
							held[h.Acting]++
						}
					}
					if held[false] > 1 || held[true] > 1 {
						rt.Fatalf("%s has %d holders and %d acting on %s", post, held[false], held[true], on)
					}
				}
				for _, p := range persons {
					if o.Officer(p) != "" && len(o.PostsOf(p, on)) > 0 {
						rt.Fatalf("%s is %s and holds a post on %s", p, o.Officer(p), on)
					}
				}
			}
			for _, officer := range Officers() {
				if len(o.Holders(officer, first)) == 0 {
					rt.Fatalf("there is no %s", officer)
				}
			}
		}
	})
}

// A kept state does not change when the office goes on.
func TestEvolveLeavesTheOldState(t *testing.T) {
	before, again := fold(t, county()...), fold(t, county()...)
	o := before
	for _, e := range samples() {
		o = e.Evolve(o)
		e.Evolve(Office{})
	}
	if diff := cmp.Diff(again, before, cmp.AllowUnexported(Office{})); diff != "" {
		t.Fatalf("the earlier state changed (-was +is):\n%s", diff)
	}
}

// No command panics on an empty office and no input.
func TestEmptyCommands(t *testing.T) {
	for _, typ := range Context.Events {
		for _, cmd := range typ.By {
			for _, actor := range []domain.Actor{secadmin, sysadmin, director, {Person: domain.System}} {
				act := domaintest.Case[Office]{Actor: actor}.Act()
				if events, err := domain.Decide(cmd, Office{}, act); err == nil {
					t.Errorf("%T of nothing gives %v", cmd, events)
				}
				domain.Decide(cmd, fold(t, county()...), act)
			}
		}
	}
}

func samples() []Event {
	from, to := day("2026-04-14"), day("2026-12-31")
	return []Event{
		OfficeSetUp{"county", "县政府办公室", "县政府办公室", "Asia/Shanghai"},
		OrganSetUp{"county-government", "县政府", "above"}, OrganMerged{"research-office", "county-government"}, OrganAbolished{"gazetteer-office"},
		UnitSetUp{"admin-section", "行政股", "general-office", "unit"}, UnitChanged{"admin-section", "综合股", "general-office", "unit"}, UnitAbolished{"admin-section"},
		PostCreated{"deputy-admin", "分管副主任", "general-office", "county-government", true, 3, []string{"director"}},
		PostChanged{"deputy-admin", "副主任", "general-office", "county-government", true, 4}, PostAbolished{"deputy-admin"},
		PostFilled{"director", "p-1", "县政府", "县政干〔2026〕3号", from, to}, ActingAppointed{"director", "p-2", "县政府", "县政干〔2026〕4号", from, to},
		PostVacated{"director", "p-1", "县政干〔2026〕5号", from}, PostDutyAssigned{"clerk", []string{"收发文件"}}, ReportingLineSet{"clerk", []string{"deputy-admin", "director"}},
		ResponsibilityAssigned{"r-1", "deputy-admin", "attendance and leave", "admin-section", from, to}, ResponsibilityEnded{"r-1", to},
		FunctionAssigned{"签到薄", "p-3", "行政股", from, to}, FunctionEnded{"签到薄", "p-3", to},
		SubstituteNamed{"director", "p-2", "deputy-papers", "meeting-1", from},
		PersonJoined{"p-3", "admin-section", "县人字〔2026〕1号", from, true}, PersonTransferred{"p-3", "admin-section", "general-office", "县人字〔2026〕2号", from, true},
		LeavingStarted{"p-3", []string{"carriers", "seals"}}, HandBackItemReturned{"p-3", "seals", "p-4"}, PersonLeft{"p-3", "县人字〔2026〕3号", to, true},
		OfficerAppointed{"p-5", Auditor}, OfficerRelieved{"p-5", Auditor},
		DelegationGranted{"d-2", "授权", "county-head", "county-government", "p-6", "director", "p-1", "county-government", "papers", from, to, true, "d-1", "县政发〔2026〕1号"}, DelegationEnded{"d-2", to},
		EntryWithdrawn{"e-9", EntryAppointment, "clerk", "p-1", day("2026-01-05"), "i-1"}, domain.Refused[Office]{Command: "AppointOfficer", Code: "org.officers-separate", Params: map[string]string{}},
	}
}

func TestGolden(t *testing.T) { domaintest.Golden(t, Context, samples()...) }
