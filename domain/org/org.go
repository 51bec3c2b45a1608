// Package org is who the office is: its organs and units, the posts and who holds them, who is in charge of what (分管),
// who has joined, moved and left, the three officers (三员), and who may act for whom under a delegation. Authority is
// held by a post and exercised by a person; a person without a post can do nothing. Persons stand here by an opaque id
// only; their names are in the context persons.
package org

import (
	"maps"
	"slices"
	"strings"

	"andu/domain"
)

// Context lists every event of an office's organisation: one stream per office.
var Context = domain.Context[Office]{
	Name: "org",
	Events: []domain.Schema[Office]{
		{Name: "org.office-set-up", Version: 1, Type: OfficeSetUp{}, By: by(SetUp{})},
		{Name: "org.organ-set-up", Version: 1, Type: OrganSetUp{}, By: by(SetUpOrgan{})},
		{Name: "org.organ-merged", Version: 1, Type: OrganMerged{}, By: by(MergeOrgan{})},
		{Name: "org.organ-abolished", Version: 1, Type: OrganAbolished{}, By: by(AbolishOrgan{})},
		{Name: "org.unit-set-up", Version: 1, Type: UnitSetUp{}, By: by(SetUpUnit{})},
		{Name: "org.unit-changed", Version: 1, Type: UnitChanged{}, By: by(ChangeUnit{})},
		{Name: "org.unit-abolished", Version: 1, Type: UnitAbolished{}, By: by(AbolishUnit{})},
		{Name: "org.post-created", Version: 1, Type: PostCreated{}, By: by(CreatePost{})},
		{Name: "org.post-changed", Version: 1, Type: PostChanged{}, By: by(ChangePost{})},
		{Name: "org.post-abolished", Version: 1, Type: PostAbolished{}, By: by(AbolishPost{})},
		{Name: "org.post-filled", Version: 1, Type: PostFilled{}, By: by(Fill{})},
		{Name: "org.acting-appointed", Version: 1, Type: ActingAppointed{}, By: by(AppointActing{})},
		{Name: "org.post-vacated", Version: 1, Type: PostVacated{}, By: by(Vacate{}, Leave{})},
		{Name: "org.post-duty-assigned", Version: 1, Type: PostDutyAssigned{}, By: by(AssignPostDuty{}), Sealed: true},
		{Name: "org.reporting-line-set", Version: 1, Type: ReportingLineSet{}, By: by(SetReportingLine{})},
		{Name: "org.responsibility-assigned", Version: 1, Type: ResponsibilityAssigned{}, By: by(AssignResponsibility{})},
		{Name: "org.responsibility-ended", Version: 1, Type: ResponsibilityEnded{}, By: by(EndResponsibility{})},
		{Name: "org.function-assigned", Version: 1, Type: FunctionAssigned{}, By: by(AssignFunction{})},
		{Name: "org.function-ended", Version: 1, Type: FunctionEnded{}, By: by(EndFunction{}, Leave{})},
		{Name: "org.substitute-named", Version: 1, Type: SubstituteNamed{}, By: by(NameSubstitute{})},
		{Name: "org.person-joined", Version: 1, Type: PersonJoined{}, By: by(SetUp{}, Join{})},
		{Name: "org.person-transferred", Version: 1, Type: PersonTransferred{}, By: by(Transfer{})},
		{Name: "org.leaving-started", Version: 1, Type: LeavingStarted{}, By: by(StartLeaving{})},
		{Name: "org.hand-back-item-returned", Version: 1, Type: HandBackItemReturned{}, By: by(ReturnHandBackItem{})},
		{Name: "org.person-left", Version: 1, Type: PersonLeft{}, By: by(Leave{})},
		{Name: "org.officer-appointed", Version: 1, Type: OfficerAppointed{}, By: by(SetUp{}, AppointOfficer{})},
		{Name: "org.officer-relieved", Version: 1, Type: OfficerRelieved{}, By: by(RelieveOfficer{})},
		{Name: "org.delegation-granted", Version: 1, Type: DelegationGranted{}, By: by(GrantDelegation{})},
		{Name: "org.delegation-ended", Version: 1, Type: DelegationEnded{}, By: by(EndDelegation{}, Leave{})},
		{Name: "org.entry-withdrawn", Version: 1, Type: EntryWithdrawn{}, By: by(WithdrawEntry{})},
		{Name: "org.refused", Version: 1, Type: domain.Refused[Office]{}, By: by(
			AppointOfficer{}, Fill{}, AppointActing{}, AssignFunction{}, NameSubstitute{}, ReturnHandBackItem{}, GrantDelegation{})},
	},
	Rules: []*domain.Refusal{
		ErrNotHolder, ErrInactive, ErrNotDelegate, ErrDelegationEnded, ErrOutsideMatter,
		ErrSetUp, ErrThree, ErrOfficer, ErrOwn, ErrSeparate, ErrLastOfficer, ErrRelieve,
		ErrID, ErrTaken, ErrUnknown, ErrIncomplete, ErrDates, ErrInUse, ErrCircle, ErrTitle,
		ErrHeld, ErrBody, ErrDocument, ErrInCharge, ErrFunction, ErrSubstitute,
		ErrMember, ErrNotMember, ErrNotLeaving, ErrHandBack,
		ErrKind, ErrScope, ErrGrantor, ErrTooLong, ErrBackdated, ErrRedelegated,
		ErrEntry, ErrBuiltUpon,
	},
	Keys: []domain.AnyKey{
		Keeper, Catalogue, Words, AppointingBody, PostInCharge, FunctionHolder, Register, HandBack,
		DelegationKinds, DelegationScope, DelegationGrantor, DelegationMaxDays,
	},
}

// Event is a fact of the office's organisation.
type Event = domain.Event[Office]

func by(commands ...domain.Command[Office]) []domain.Command[Office] { return commands }

// Stream is the stream of an office's organisation.
func Stream(office string) string { return Context.Stream(office) }

// The three officers (三员分立, catalogue 5.1). Each word is also the post under which the officer acts.
const (
	SystemAdministrator   = "system-administrator"   // 系统管理员: accounts and operation
	SecurityAdministrator = "security-administrator" // 安全保密管理员: posts, roles, clearances, scopes
	Auditor               = "auditor"                // 安全审计员: the log of the other two
)

// Officers lists the three.
func Officers() []string { return []string{SystemAdministrator, SecurityAdministrator, Auditor} }

// Policy keys of the organisation.
var (
	// Keeper names the posts that keep the organisation's records beside the officers. An office that does not state it
	// leaves them to the officers alone.
	Keeper = domain.Key[[]string]{Name: "org.keeper", Moment: domain.ByReceived}
	// Catalogue is the posts that the office's texts name.
	Catalogue = domain.Key[[]CataloguePost]{Name: "org.posts", Moment: domain.ByReceived}
	// Words says what the words for units (股, 科, 处 …) mean: the level of each.
	Words = domain.Key[map[string]string]{Name: "org.names", Moment: domain.ByReceived}
	// AppointingBody is the body that appoints to a post.
	AppointingBody = domain.Key[string]{Name: "org.appointment[]", Moment: domain.ByReceived}
	// PostInCharge is the post in charge of a matter, where a text says which.
	PostInCharge = domain.Key[string]{Name: "org.inCharge[]", Moment: domain.ByOccurred}
	// FunctionHolder is the post whose holder may have a function, and who names the person.
	FunctionHolder = domain.Key[Holder]{Name: "org.function[].holder", Moment: domain.ByReceived}
	// Register lists the changes of persons that the office enters in a register: joining, transfer, leaving.
	Register = domain.Key[[]string]{Name: "org.register", Moment: domain.ByReceived}
	// HandBack lists the kinds of things that a leaver hands back before leaving.
	HandBack = domain.Key[[]string]{Name: "org.handBack", Moment: domain.ByReceived}

	// DelegationKinds are the kinds of delegation that the office knows (授权, 委托).
	DelegationKinds = domain.Key[[]string]{Name: "apr.delegation.kinds", Moment: domain.ByReceived}
	// DelegationScope is what the holder of a post may be delegated to do.
	DelegationScope = domain.Key[[]string]{Name: "apr.delegation.scope[]", Moment: domain.ByReceived}
	// DelegationGrantor lists the posts that may delegate to the holder of a post.
	DelegationGrantor = domain.Key[[]string]{Name: "apr.delegation.grantor[]", Moment: domain.ByReceived}
	// DelegationMaxDays is the longest delegation in calendar days, the first and the last day counted.
	DelegationMaxDays = domain.Key[int]{Name: "apr.delegation.maxDays", Moment: domain.ByReceived}
)

// CataloguePost is one post that a text of the office names.
type CataloguePost struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Unit  string `json:"unit"`
}

// Holder is who may have a function: the post ("": anybody) and who names the person ("": not stated).
type Holder struct {
	Post    string `json:"post"`
	NamedBy string `json:"named_by"`
}

// The rules of the organisation.
var (
	ErrNotHolder = domain.Rule(domain.Forbidden, "org.not-holder",
		"您在该日不担任岗位{post}，也未受命主持其工作。", "you neither hold the post {post} on that day nor act for it").By("ORG 2.3")
	ErrInactive = domain.Rule(domain.Forbidden, "org.inactive",
		"您该日不是本单位的在册人员。", "you are not among the office's persons on that day").By("R96, ORG 2.3")
	ErrNotDelegate = domain.Rule(domain.Forbidden, "org.not-delegate",
		"该授权或委托不是给您所任岗位的。", "the delegation is not to you at the post you act from").By("R258, ORG 2.3")
	ErrDelegationEnded = domain.Rule(domain.Forbidden, "org.delegation-ended",
		"该授权或委托在该日未生效或已终止。", "the delegation is not in force on that day").By("R258, ORG 2.3")
	ErrOutsideMatter = domain.Rule(domain.Forbidden, "org.delegation-matter",
		"该授权或委托不含事项{matter}。", "the delegation does not cover the matter {matter}").By("R258, ORG 2.3")

	ErrSetUp = domain.Rule(domain.Conflict, "org.already-set-up",
		"本单位已设立。", "the office is already set up")
	ErrThree = domain.Rule(domain.Invalid, "org.three-officers",
		"三员须是三个不同的人。", "the three officers are three different persons").By("catalogue 5.1")
	ErrOfficer = domain.Rule(domain.Forbidden, "org.not-officer",
		"此事由{officer}或本单位制度指定的岗位办理。", "only the {officer}, or a post that org.keeper names, may do this").By("catalogue 5.1")
	ErrOwn = domain.Rule(domain.Forbidden, "org.own-act",
		"任何人不得为自己办理此事，请由他人办理。", "nobody does this for himself: somebody else has to").By("ORG 2.3, catalogue 5.1").OnRecord()
	ErrSeparate = domain.Rule(domain.Forbidden, "org.officers-separate",
		"系统管理员、安全保密管理员、安全审计员须由不同的人担任，且不得兼任业务岗位。",
		"the three officers are three persons, and none of them holds a post of the office").By("catalogue 5.1, architecture 3.17").OnRecord()
	ErrLastOfficer = domain.Rule(domain.Conflict, "org.last-officer",
		"这是唯一的{officer}，请先任命接任者。", "this is the only {officer}: appoint the successor first").By("catalogue 5.1")
	ErrRelieve = domain.Rule(domain.Conflict, "org.relieve-first",
		"该人员仍为三员之一，请先免去。", "the person is one of the three officers: relieve him first").By("catalogue 5.1")

	ErrID = domain.Rule(domain.Invalid, "org.bad-id",
		"标识只能用小写字母、数字和连字符，以字母开头，最长60个字符。", "an id is of lower-case letters, digits and hyphens, begins with a letter and has at most 60")
	ErrTaken = domain.Rule(domain.Conflict, "org.id-taken",
		"标识{id}已被使用，不得再用。", "the id {id} was used before; an id is given once")
	ErrUnknown = domain.Rule(domain.Invalid, "org.unknown",
		"本单位没有{what}{id}。", "the office has no {what} {id}")
	ErrIncomplete = domain.Rule(domain.Invalid, "org.incomplete",
		"请填写{field}。", "{field} is missing")
	ErrDates = domain.Rule(domain.Invalid, "org.dates",
		"止期早于起期。", "the last day is before the first")
	ErrInUse = domain.Rule(domain.Conflict, "org.in-use",
		"仍有岗位、人员或下属机构，不得撤销：{by}。", "it cannot be abolished while it is used by {by}")
	ErrCircle = domain.Rule(domain.Invalid, "org.circle",
		"隶属关系成环。", "nothing is above itself, also not by way of others").By("R279")
	ErrTitle = domain.Rule(domain.Invalid, "org.title",
		"本单位制度中该岗位名为{title}。", "the office's texts call this post {title}").By("C26")

	ErrHeld = domain.Rule(domain.Conflict, "org.post-held",
		"岗位{post}一时只有一人，请先免去现任。", "the post {post} has one holder at a time: vacate it first").By("R57")
	ErrBody = domain.Rule(domain.Invalid, "org.appointing-body",
		"岗位{post}由{body}任命。", "the post {post} is appointed to by {body}").By("R266, C33")
	ErrDocument = domain.Rule(domain.Invalid, "org.document-required",
		"须注明依据文件的文号。", "name the document that says so").By("R57, R266, ORG 2.3")
	ErrInCharge = domain.Rule(domain.Conflict, "org.in-charge",
		"该事项由岗位{post}分管。", "the post {post} is in charge of it").By("R258, ORG 2.3")
	ErrFunction = domain.Rule(domain.Invalid, "org.function-holder",
		"该职责须由岗位{post}的人员担任，由{named_by}指定。", "the function belongs to a holder of {post}, named by {named_by}").By("ORG 2.3")
	ErrSubstitute = domain.Rule(domain.Invalid, "org.substitute",
		"代为出席者当日须任其直属下级岗位。", "the substitute holds, on the day, a post directly below").By("R282")

	ErrMember = domain.Rule(domain.Conflict, "org.already-joined",
		"该人员已在册。", "the person is already among the office's persons")
	ErrNotMember = domain.Rule(domain.Conflict, "org.not-joined",
		"该人员在该日不是本单位的在册人员。", "the person is not among the office's persons on that day").By("R96")
	ErrNotLeaving = domain.Rule(domain.Conflict, "org.not-leaving",
		"请先办理离职交接。", "the leaving has not been started").By("R96, ORG 2.3")
	ErrHandBack = domain.Rule(domain.Conflict, "org.hand-back",
		"尚未交还：{items}。", "not yet handed back: {items}").By("R96, ORG 2.3")

	ErrKind = domain.Rule(domain.Invalid, "org.delegation-kind",
		"本单位只有{kinds}。", "the office knows only {kinds}").By("R258")
	ErrScope = domain.Rule(domain.Invalid, "org.delegation-scope",
		"岗位{post}只可受托：{scope}。", "the holder of {post} may only be delegated: {scope}").By("R258")
	ErrGrantor = domain.Rule(domain.Forbidden, "org.delegation-grantor",
		"授权或委托须由有权的岗位本人作出：{grantors}。", "only the holder of one of these posts grants it: {grantors}").By("R258")
	ErrTooLong = domain.Rule(domain.Invalid, "org.delegation-days",
		"授权或委托须有止期，最长{days}日。", "a delegation has a last day and lasts at most {days} days").By("ORG 2.3")
	ErrBackdated = domain.Rule(domain.Invalid, "org.delegation-backdated",
		"授权或委托不得倒签。", "a delegation begins on the day it is granted or later").By("ORG 2.3")
	ErrRedelegated = domain.Rule(domain.Forbidden, "org.redelegation",
		"未载明可转授权的，不得转授权；转授权不得超出原授权。", "a delegation is passed on only where it says so, within its matter and days, and once").By("ORG 2.3")
)

// Organ is another organ: above, beside or below the office. It exchanges papers with it, or its leaders direct it.
type Organ struct {
	ID       string
	Name     string
	Relation string // above, beside, below
}

// Unit is a part of the office (股, 科, 室). Units whose words have one level are of one rank (C26).
type Unit struct {
	ID     string
	Name   string
	Parent string // "": the office itself
	Level  string // what org.names says of its word; "": nothing
}

// Post is a post of the office, or of another organ whose holder directs the office (县长). It is found by its id, never
// by its title.
type Post struct {
	ID        string
	Title     string
	Unit      string
	Organ     string // "": the office's own
	Single    bool   // one holder at a time
	Rank      int    // order in lists: 1 stands first
	Superiors []string
}

// Holding is a person's time at a post.
type Holding struct {
	Person string
	Acting bool        // 临时主持
	From   domain.Date // first day
	Until  domain.Date // first day after; zero: no end
}

// Member is a person of the office, also one who has left.
type Member struct {
	Person      string
	Stays       []Stay
	Leaving     bool
	Outstanding []string // kinds of things not yet handed back
}

// Stay is a person's time in the office, in one unit.
type Stay struct {
	Unit        string
	From, Until domain.Date // Until: first day after; zero: no end
}

// Responsibility says which post is in charge of a matter or of a unit (分管).
type Responsibility struct {
	ID           string
	Post         string
	Matter, Unit string
	From, Until  domain.Date
}

// Assignment is a person's time at a function (签到薄专人).
type Assignment struct {
	Function    string
	Person      string
	From, Until domain.Date
}

// Delegation lets the holder of a post act with the authority of the grantor's post in one matter (授权, 委托).
type Delegation struct {
	ID          string
	Kind        string
	Scope       string
	Matter      string
	Grantor     string // post
	Organ       string // of the grantor; "": the office
	GrantedBy   string // person; "": recorded from a document of another organ
	Post        string // of the delegate
	Person      string // "": whoever holds the post
	Redelegable bool
	Under       string      // the delegation it was passed on from
	From, Until domain.Date // Until: first day after
}

// Substitution names who stands in for the holder of a post on one occasion.
type Substitution struct {
	Post, Person, Occasion string
	On                     domain.Date
}

// Office is one office's organisation as far as the rules need it.
type Office struct {
	id, name, kind, zone string

	organs           map[string]Organ
	units            map[string]Unit
	posts            map[string]Post
	used             map[string]bool // ids ever given to organs, units, posts
	holdings         map[string][]Holding
	members          map[string]Member
	officers         map[string]string
	responsibilities map[string]Responsibility
	functions        []Assignment
	substitutes      []Substitution
	delegations      map[string]Delegation
}

// Exists tells whether the office is set up.
func (o Office) Exists() bool { return o.id != "" }

// ID is the office's id.
func (o Office) ID() string { return o.id }

// Name is the office's name.
func (o Office) Name() string { return o.name }

// Kind is what sort of office it is, in its own word.
func (o Office) Kind() string { return o.kind }

// Zone is the name of the office's time zone, such as Asia/Shanghai.
func (o Office) Zone() string { return o.zone }

// Organ finds another organ.
func (o Office) Organ(id string) (Organ, bool) { v, ok := o.organs[id]; return v, ok }

// Unit finds a unit.
func (o Office) Unit(id string) (Unit, bool) { v, ok := o.units[id]; return v, ok }

// Post finds a post.
func (o Office) Post(id string) (Post, bool) { v, ok := o.posts[id]; return v, ok }

// Posts lists the posts by rank, then id.
func (o Office) Posts() []Post { return ranked(slices.Collect(maps.Values(o.posts))) }

// Member finds a person of the office, also one who has left.
func (o Office) Member(person string) (Member, bool) { v, ok := o.members[person]; return v, ok }

// Members lists the persons of the office on a day, by id.
func (o Office) Members(on domain.Date) (persons []string) {
	for _, p := range slices.Sorted(maps.Keys(o.members)) {
		if o.Active(p, on) {
			persons = append(persons, p)
		}
	}
	return persons
}

// Active tells whether the person is one of the office's on a day: from joining until leaving.
func (o Office) Active(person string, on domain.Date) bool {
	return slices.ContainsFunc(o.members[person].Stays, func(s Stay) bool { return within(on, s.From, s.Until) })
}

// UnitOf is the unit that the person belongs to on a day; "": the office itself, or none.
func (o Office) UnitOf(person string, on domain.Date) string {
	for _, s := range o.members[person].Stays {
		if within(on, s.From, s.Until) {
			return s.Unit
		}
	}
	return ""
}

// Officer is which of the three officers the person is, or "".
func (o Office) Officer(person string) string { return o.officers[person] }

// Holders lists who holds the post on a day: the appointed first, then who acts for it. None: the post is vacant.
func (o Office) Holders(post string, on domain.Date) (persons []string) {
	if slices.Contains(Officers(), post) {
		for _, p := range slices.Sorted(maps.Keys(o.officers)) {
			if o.officers[p] == post && o.Active(p, on) {
				persons = append(persons, p)
			}
		}
		return persons
	}
	listed := map[string]bool{}
	for _, acting := range []bool{false, true} {
		for _, h := range o.holdings[post] {
			if h.Acting == acting && !listed[h.Person] && within(on, h.From, h.Until) && o.Active(h.Person, on) {
				listed[h.Person] = true
				persons = append(persons, h.Person)
			}
		}
	}
	return persons
}

// Holds tells whether the person holds the post on a day, or acts for it.
func (o Office) Holds(person, post string, on domain.Date) bool {
	if person == "" || !o.Active(person, on) {
		return false
	}
	if slices.Contains(Officers(), post) {
		return o.officers[person] == post
	}
	return slices.ContainsFunc(o.holdings[post], func(h Holding) bool { return h.Person == person && within(on, h.From, h.Until) })
}

// PostsOf lists the posts that the person holds or acts for on a day, by rank. An officer has none.
func (o Office) PostsOf(person string, on domain.Date) (posts []Post) {
	for id := range o.holdings {
		if o.Holds(person, id, on) {
			p := o.posts[id]
			p.ID = id // an abolished post is known by its id
			posts = append(posts, p)
		}
	}
	return ranked(posts)
}

// Superior is the post directly above, the first where there are several, or "".
func (o Office) Superior(post string) string {
	if s := o.posts[post].Superiors; len(s) > 0 {
		return s[0]
	}
	return ""
}

// Above lists the posts above, the nearest first, each once.
func (o Office) Above(post string) (above []string) {
	next := o.posts[post].Superiors
	for len(next) > 0 {
		var higher []string
		for _, p := range next {
			if p != post && !slices.Contains(above, p) {
				above = append(above, p)
				higher = append(higher, o.posts[p].Superiors...)
			}
		}
		next = higher
	}
	return above
}

// InCharge is the post in charge of a matter on a day by the responsibilities assigned, or "".
func (o Office) InCharge(matter string, on domain.Date) string {
	return o.inCharge(on, func(r Responsibility) bool { return matter != "" && r.Matter == matter })
}

// InChargeOfUnit is the post in charge of a unit on a day, or of the nearest unit above it, or "".
func (o Office) InChargeOfUnit(unit string, on domain.Date) string {
	for _, u := range append([]string{unit}, o.unitsAbove(unit)...) {
		if post := o.inCharge(on, func(r Responsibility) bool { return u != "" && r.Unit == u }); post != "" {
			return post
		}
	}
	return ""
}

func (o Office) inCharge(on domain.Date, is func(Responsibility) bool) string {
	for _, id := range slices.Sorted(maps.Keys(o.responsibilities)) {
		if r := o.responsibilities[id]; is(r) && within(on, r.From, r.Until) {
			return r.Post
		}
	}
	return ""
}

// unitsAbove lists the units above, the nearest first.
func (o Office) unitsAbove(unit string) (above []string) {
	for u := o.units[unit].Parent; u != "" && u != unit && !slices.Contains(above, u); u = o.units[u].Parent {
		above = append(above, u)
	}
	return above
}

// Role resolves a role as policy values name it to a post: "org.inCharge[matter]" is the post that the office's texts
// say, else the one in charge of the matter on the day; any other word is a post. "" is nobody.
func (o Office) Role(act domain.Act, role string) string {
	matter, ok := strings.CutPrefix(role, "org.inCharge[")
	if !ok {
		return role
	}
	matter = strings.TrimSuffix(matter, "]")
	if post := o.InCharge(matter, act.Today()); post != "" && !PostInCharge.Has(act, matter) {
		return post
	}
	return PostInCharge.Of(act, matter)
}

// Function lists the persons who have a function on a day.
func (o Office) Function(name string, on domain.Date) (persons []string) {
	for _, f := range o.functions {
		if f.Function == name && within(on, f.From, f.Until) && o.Active(f.Person, on) {
			persons = append(persons, f.Person)
		}
	}
	return persons
}

// Substitute lists who stands in for the holder of a post on an occasion of that day.
func (o Office) Substitute(post, occasion string, on domain.Date) (persons []string) {
	for _, s := range o.substitutes {
		if s.Post == post && s.Occasion == occasion && s.On == on {
			persons = append(persons, s.Person)
		}
	}
	return persons
}

// Delegation finds a delegation, also one that is over.
func (o Office) Delegation(id string) (Delegation, bool) { v, ok := o.delegations[id]; return v, ok }

// InForce tells whether a delegation is in force on a day: it and what it was passed on from.
func (o Office) InForce(delegation string, on domain.Date) bool {
	for range len(o.delegations) {
		d, ok := o.delegations[delegation]
		if !ok || !within(on, d.From, d.Until) {
			return false
		}
		if d.Under == "" {
			return true
		}
		delegation = d.Under
	}
	return false
}

// Delegations lists the delegations in force on a day that the person may act under from a post, by id.
func (o Office) Delegations(person, post string, on domain.Date) (ids []string) {
	for _, id := range slices.Sorted(maps.Keys(o.delegations)) {
		d := o.delegations[id]
		if d.Post == post && (d.Person == "" || d.Person == person) && o.Holds(person, post, on) && o.InForce(id, on) {
			ids = append(ids, id)
		}
	}
	return ids
}

// Authorise is the gate of every act: the person is one of the office's on the day, and holds the post he acts from, or
// acts for it. Under a delegation the post is the delegate's own; the delegation is in force for him, and covers the
// matter where the caller knows one. What the post may do is for the command to decide: see Effective.
func (o Office) Authorise(actor domain.Actor, on domain.Date, matter string) error {
	switch {
	case actor.Person == domain.System:
		if actor.Post != "" || actor.Delegation != "" {
			return domain.ErrSystem
		}
		return nil
	case !o.Active(actor.Person, on):
		return ErrInactive
	case !o.Holds(actor.Person, actor.Post, on):
		return ErrNotHolder.With("post", actor.Post)
	case actor.Delegation == "":
		return nil
	}
	d, ok := o.delegations[actor.Delegation]
	switch {
	case !ok, d.Post != actor.Post, d.Person != "" && d.Person != actor.Person:
		return ErrNotDelegate
	case !o.InForce(d.ID, on):
		return ErrDelegationEnded
	case matter != "" && matter != d.Matter:
		return ErrOutsideMatter.With("matter", matter)
	}
	return nil
}

// Effective lists the posts whose authority the actor exercises in a matter: the post he acts from, and the grantor's
// under a delegation that is in force for him and covers the matter. Without a matter no delegation counts.
func (o Office) Effective(actor domain.Actor, on domain.Date, matter string) (posts []string) {
	if actor.Person == domain.System || o.Authorise(domain.Actor{Person: actor.Person, Post: actor.Post}, on, "") != nil {
		return nil
	}
	posts = []string{actor.Post}
	if actor.Delegation != "" && matter != "" && o.Authorise(actor, on, matter) == nil {
		posts = append(posts, o.delegations[actor.Delegation].Grantor)
	}
	return posts
}

// OwnRequest tells whether the actor would decide the request of the requester with the requester's own hand: he is the
// requester, or acts for a post of the requester, or under a delegation that comes from the requester.
func (o Office) OwnRequest(actor domain.Actor, requester string, on domain.Date) bool {
	if requester == "" {
		return false
	}
	if actor.Person == requester || o.Holds(requester, actor.Post, on) {
		return true
	}
	id := actor.Delegation
	for range len(o.delegations) {
		d, ok := o.delegations[id]
		if ok && (d.GrantedBy == requester || o.Holds(requester, d.Grantor, on)) {
			return true
		}
		id = d.Under
	}
	return false
}

// Passed is a post that cannot decide a request, and why: "vacant", or "self" where the requester holds it.
type Passed struct {
	Post  string `json:"post"`
	Cause string `json:"cause"`
}

// ApproverFor finds who may decide a request, from a post upward by next: a vacant post, and a post that the requester
// himself holds, are passed by. It ends with no post where next has no further one: then nobody may decide, and the
// request waits (G28).
func (o Office) ApproverFor(post, requester string, on domain.Date, next func(post string) string) (resolved string, holders []string, passed []Passed) {
	seen := map[string]bool{}
	for ; post != "" && !seen[post]; post = next(post) {
		seen[post] = true
		holders := o.Holders(post, on)
		switch {
		case len(holders) == 0:
			passed = append(passed, Passed{post, "vacant"})
		case slices.Contains(holders, requester):
			passed = append(passed, Passed{post, "self"})
		default:
			return post, holders, passed
		}
	}
	return "", nil, passed
}

// May tells whether the actor may do what is an officer's to do: he is that officer, or holds a post that org.keeper
// names. The system may not.
func (o Office) May(act domain.Act, officer string) error {
	switch {
	case !act.Person():
		return domain.ErrSystem
	case !o.Exists():
		return domain.ErrNoStream
	case act.Actor.Post == officer && o.officers[act.Actor.Person] == officer:
		return nil
	case o.officers[act.Actor.Person] == "" && Keeper.Has(act) && slices.Contains(Keeper.Of(act), act.Actor.Post):
		return nil
	}
	return ErrOfficer.With("officer", officer)
}

// within tells whether a day lies from the first day until before the day after the last.
func within(on, from, until domain.Date) bool {
	return !on.Before(from) && (until.IsZero() || on.Before(until))
}

// overlap tells whether two times share a day; a time that ended before it began has none.
func overlap(from, until, otherFrom, otherUntil domain.Date) bool {
	return (otherUntil.IsZero() || otherFrom.Before(otherUntil)) && (otherUntil.IsZero() || from.Before(otherUntil)) && (until.IsZero() || otherFrom.Before(until))
}

// after is the day after the last day; no last day has none.
func after(last domain.Date) domain.Date {
	if last.IsZero() {
		return last
	}
	return last.Add(1)
}

// span completes a time: from today where no first day is stated, and never ending before it begins.
func span(act domain.Act, from, to domain.Date) (domain.Date, error) {
	if from.IsZero() {
		from = act.Today()
	}
	if !to.IsZero() && to.Before(from) {
		return from, ErrDates
	}
	return from, nil
}

// dayOr is the day, or today where none is stated.
func dayOr(act domain.Act, on domain.Date) domain.Date {
	if on.IsZero() {
		return act.Today()
	}
	return on
}

func ranked(posts []Post) []Post {
	slices.SortFunc(posts, func(a, b Post) int {
		if a.Rank != b.Rank {
			return a.Rank - b.Rank
		}
		return strings.Compare(a.ID, b.ID)
	})
	return posts
}

// put gives a copy of the map with one entry more.
func put[V any](m map[string]V, key string, v V) map[string]V {
	c := make(map[string]V, len(m)+1)
	maps.Copy(c, m)
	c[key] = v
	return c
}

// drop gives a copy of the map without one entry.
func drop[V any](m map[string]V, key string) map[string]V {
	c := maps.Clone(m)
	delete(c, key)
	return c
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }
