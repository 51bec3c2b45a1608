package org

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"andu/domain"
)

// Join enters a person among the office's persons. A person without a post can do nothing: authority comes from the
// security administrator, never from the account (catalogue 5.1).
type Join struct {
	Person   string      `json:"person" doc:"id of the person" minLength:"1" maxLength:"60"`
	Unit     string      `json:"unit" doc:"unit; empty: the office itself, or another organ" required:"false" maxLength:"60"`
	Document string      `json:"document" doc:"number of the document" required:"false" maxLength:"200"`
	On       domain.Date `json:"on" doc:"first day; empty: today" required:"false"`
}

// Decide refuses who is already there. Who has left may join again.
func (c Join) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, SystemAdministrator); err != nil {
		return nil, err
	}
	on := dayOr(act, c.On)
	switch {
	case blank(c.Person) || c.Person == domain.System:
		return nil, ErrIncomplete.With("field", "person")
	case slices.ContainsFunc(o.members[c.Person].Stays, func(s Stay) bool { return s.Until.IsZero() || on.Before(s.Until) }):
		return nil, ErrMember
	}
	if _, ok := o.units[c.Unit]; c.Unit != "" && !ok {
		return nil, ErrUnknown.With("what", "unit", "id", c.Unit)
	}
	return []Event{PersonJoined{Person: c.Person, Unit: c.Unit, Document: c.Document, On: on, Registered: registers(act, "joining")}}, nil
}

// registers tells whether the office enters such a change in a register (R96).
func registers(act domain.Act, change string) bool {
	return Register.Has(act) && slices.Contains(Register.Of(act), change)
}

// PersonJoined means the person is one of the office's from that day on. Registered says that the office's rules make it
// an entry of the register of joining, transfer and leaving.
type PersonJoined struct {
	Person     string      `json:"person"`
	Unit       string      `json:"unit"`
	Document   string      `json:"document"`
	On         domain.Date `json:"on"`
	Registered bool        `json:"registered"`
}

// Evolve adds the person.
func (e PersonJoined) Evolve(o Office) Office {
	return o.stays(e.Person, append(slices.Clone(o.members[e.Person].Stays), Stay{Unit: e.Unit, From: e.On}))
}

func (o Office) stays(person string, stays []Stay) Office {
	m := o.members[person]
	m.Person, m.Stays = person, stays
	o.members = put(o.members, person, m)
	return o
}

// until ends every stay that reaches a day.
func until(stays []Stay, on domain.Date) []Stay {
	stays = slices.Clone(stays)
	for i, s := range stays {
		if s.Until.IsZero() || on.Before(s.Until) {
			stays[i].Until = on
		}
	}
	return stays
}

// Transfer moves a person to another unit of the office. Posts do not move with the person.
type Transfer struct {
	Person   string      `json:"person" minLength:"1" maxLength:"60"`
	Unit     string      `json:"unit" doc:"unit; empty: the office itself" required:"false" maxLength:"60"`
	Document string      `json:"document" doc:"number of the document" required:"false" maxLength:"200"`
	On       domain.Date `json:"on" doc:"first day in the new unit; empty: today" required:"false"`
}

// Decide asks for a person of the office and a unit of it.
func (c Transfer) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, SystemAdministrator); err != nil {
		return nil, err
	}
	on := dayOr(act, c.On)
	if !o.Active(c.Person, on) {
		return nil, ErrNotMember
	}
	if _, ok := o.units[c.Unit]; c.Unit != "" && !ok {
		return nil, ErrUnknown.With("what", "unit", "id", c.Unit)
	}
	unit := o.UnitOf(c.Person, on)
	if unit == c.Unit {
		return nil, nil
	}
	return []Event{PersonTransferred{
		Person: c.Person, FromUnit: unit, Unit: c.Unit, Document: c.Document, On: on, Registered: registers(act, "transfer"),
	}}, nil
}

// PersonTransferred means the person belongs to the other unit from that day on.
type PersonTransferred struct {
	Person     string      `json:"person"`
	FromUnit   string      `json:"from_unit"`
	Unit       string      `json:"unit"`
	Document   string      `json:"document"`
	On         domain.Date `json:"on"`
	Registered bool        `json:"registered"`
}

// Evolve moves the person.
func (e PersonTransferred) Evolve(o Office) Office {
	return o.stays(e.Person, append(until(o.members[e.Person].Stays, e.On), Stay{Unit: e.Unit, From: e.On}))
}

// StartLeaving begins a person's hand-back: everything that org.handBack lists has to come back before the person leaves.
type StartLeaving struct {
	Person string `json:"person" minLength:"1" maxLength:"60"`
}

// Decide takes the checklist from the policy; the person stays active meanwhile.
func (c StartLeaving) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, SystemAdministrator); err != nil {
		return nil, err
	}
	switch m := o.members[c.Person]; {
	case !o.Active(c.Person, act.Today()):
		return nil, ErrNotMember
	case o.officers[c.Person] != "":
		return nil, ErrRelieve
	case m.Leaving:
		return nil, nil
	}
	return []Event{LeavingStarted{Person: c.Person, HandBack: list(HandBack.Of(act))}}, nil
}

// LeavingStarted means the person is leaving and has these kinds of things to hand back.
type LeavingStarted struct {
	Person   string   `json:"person"`
	HandBack []string `json:"hand_back"`
}

// Evolve starts the checklist.
func (e LeavingStarted) Evolve(o Office) Office {
	m := o.members[e.Person]
	m.Person, m.Leaving, m.Outstanding = e.Person, true, e.HandBack
	o.members = put(o.members, e.Person, m)
	return o
}

// ReturnHandBackItem confirms that a leaver has handed back everything of one kind. Who receives it confirms it.
type ReturnHandBackItem struct {
	Person string `json:"person" doc:"the leaver" minLength:"1" maxLength:"60"`
	Item   string `json:"item" doc:"kind of thing, as org.handBack lists it" minLength:"1" maxLength:"60"`
}

// Decide refuses the leaver's own word.
func (c ReturnHandBackItem) Decide(o Office, act domain.Act) ([]Event, error) {
	m := o.members[c.Person]
	switch {
	case !act.Person():
		return nil, domain.ErrSystem
	case !m.Leaving:
		return nil, ErrNotLeaving
	case act.Actor.Person == c.Person:
		return nil, ErrOwn
	case !slices.Contains(m.Outstanding, c.Item):
		return nil, ErrUnknown.With("what", "item outstanding", "id", c.Item)
	}
	return []Event{HandBackItemReturned{Person: c.Person, Item: c.Item, To: act.Actor.Person}}, nil
}

// HandBackItemReturned means the leaver has nothing of the kind any more, by the word of the receiver.
type HandBackItemReturned struct {
	Person string `json:"person"`
	Item   string `json:"item"`
	To     string `json:"to"`
}

// Evolve takes the item off the checklist.
func (e HandBackItemReturned) Evolve(o Office) Office {
	m := o.members[e.Person]
	m.Person = e.Person
	m.Outstanding = slices.DeleteFunc(slices.Clone(m.Outstanding), func(item string) bool { return item == e.Item })
	o.members = put(o.members, e.Person, m)
	return o
}

// Leave ends a person's time in the office, with every post, function and delegation.
type Leave struct {
	Person   string      `json:"person" minLength:"1" maxLength:"60"`
	Document string      `json:"document" doc:"number of the document" required:"false" maxLength:"200"`
	On       domain.Date `json:"on" doc:"first day on which the person is no longer of the office; empty: today" required:"false"`
}

// Decide refuses until everything is handed back (R96, ORG 2.3).
func (c Leave) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, SystemAdministrator); err != nil {
		return nil, err
	}
	on := dayOr(act, c.On)
	switch m := o.members[c.Person]; {
	case !m.Leaving:
		return nil, ErrNotLeaving
	case o.officers[c.Person] != "":
		return nil, ErrRelieve
	case len(m.Outstanding) > 0:
		return nil, ErrHandBack.With("items", strings.Join(m.Outstanding, "、"))
	}
	events := []Event{PersonLeft{Person: c.Person, Document: c.Document, On: on, Registered: registers(act, "leaving")}}
	for _, post := range slices.Sorted(maps.Keys(o.holdings)) {
		if slices.ContainsFunc(o.holdings[post], func(h Holding) bool {
			return h.Person == c.Person && (h.Until.IsZero() || on.Before(h.Until))
		}) {
			events = append(events, PostVacated{Post: post, Person: c.Person, Document: c.Document, On: on})
		}
	}
	var functions []string
	for _, f := range o.functions {
		if f.Person == c.Person && (f.Until.IsZero() || on.Before(f.Until)) && !slices.Contains(functions, f.Function) {
			functions = append(functions, f.Function)
			events = append(events, FunctionEnded{Function: f.Function, Person: c.Person, On: on})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(o.delegations)) {
		if d := o.delegations[id]; d.Person == c.Person && on.Before(d.Until) {
			events = append(events, DelegationEnded{Delegation: id, On: on})
		}
	}
	return events, nil
}

// PersonLeft means the person is no longer of the office from that day on.
type PersonLeft struct {
	Person     string      `json:"person"`
	Document   string      `json:"document"`
	On         domain.Date `json:"on"`
	Registered bool        `json:"registered"`
}

// Evolve ends the person's time.
func (e PersonLeft) Evolve(o Office) Office {
	m := o.members[e.Person]
	m.Leaving, m.Outstanding = false, nil
	o.members = put(o.members, e.Person, m)
	return o.stays(e.Person, until(m.Stays, e.On))
}

// AppointOfficer makes a person one of the three officers. There may be more than one of a kind, so that a successor is
// there before the predecessor goes.
type AppointOfficer struct {
	Person  string `json:"person" minLength:"1" maxLength:"60"`
	Officer string `json:"officer" enum:"system-administrator,security-administrator,auditor"`
}

// Decide keeps the three apart from each other and from every post of the office; nobody appoints himself.
func (c AppointOfficer) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, SecurityAdministrator); err != nil {
		return nil, err
	}
	switch {
	case !slices.Contains(Officers(), c.Officer):
		return nil, ErrUnknown.With("what", "officer", "id", c.Officer)
	case c.Person == act.Actor.Person:
		return nil, ErrOwn
	case !o.Active(c.Person, act.Today()):
		return nil, ErrNotMember
	case o.officers[c.Person] == c.Officer:
		return nil, nil
	case o.officers[c.Person] != "" || o.postedFrom(c.Person, act.Today()):
		return nil, ErrSeparate
	}
	return []Event{OfficerAppointed(c)}, nil
}

// postedFrom tells whether the person holds a post on a day or later.
func (o Office) postedFrom(person string, on domain.Date) bool {
	for _, holdings := range o.holdings {
		if slices.ContainsFunc(holdings, func(h Holding) bool {
			return h.Person == person && (h.Until.IsZero() || on.Before(h.Until) && h.From.Before(h.Until))
		}) {
			return true
		}
	}
	return false
}

// OfficerAppointed means the person is that officer from now on.
type OfficerAppointed struct {
	Person  string `json:"person"`
	Officer string `json:"officer"`
}

// Evolve adds the officer.
func (e OfficerAppointed) Evolve(o Office) Office {
	o.officers = put(o.officers, e.Person, e.Officer)
	return o
}

// RelieveOfficer takes the office of one of the three from a person.
type RelieveOfficer struct {
	Person string `json:"person" minLength:"1" maxLength:"60"`
}

// Decide never leaves the office without one of each kind.
func (c RelieveOfficer) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, SecurityAdministrator); err != nil {
		return nil, err
	}
	officer := o.officers[c.Person]
	if officer == "" {
		return nil, ErrUnknown.With("what", "officer", "id", c.Person)
	}
	if holders := o.Holders(officer, act.Today()); !slices.ContainsFunc(holders, func(p string) bool { return p != c.Person }) {
		return nil, ErrLastOfficer.With("officer", officer)
	}
	return []Event{OfficerRelieved{Person: c.Person, Officer: officer}}, nil
}

// OfficerRelieved means the person is no officer any more.
type OfficerRelieved struct {
	Person  string `json:"person"`
	Officer string `json:"officer"`
}

// Evolve takes the officer away.
func (e OfficerRelieved) Evolve(o Office) Office { o.officers = drop(o.officers, e.Person); return o }

// AssignFunction names the person who has a function, such as keeping the sign-in book (签到薄专人).
type AssignFunction struct {
	Function string      `json:"function" minLength:"1" maxLength:"60" example:"签到薄"`
	Person   string      `json:"person" minLength:"1" maxLength:"60"`
	By       string      `json:"by" doc:"who named the person" minLength:"1" maxLength:"200" example:"行政股"`
	From     domain.Date `json:"from" doc:"first day; empty: today" required:"false"`
	To       domain.Date `json:"to" doc:"last day; empty: no end" required:"false"`
}

// Decide keeps the function at the post, and with the namer, that the office's texts say (org.function).
func (c AssignFunction) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, SecurityAdministrator); err != nil {
		return nil, err
	}
	from, err := span(act, c.From, c.To)
	switch {
	case err != nil:
		return nil, err
	case blank(c.Function):
		return nil, ErrIncomplete.With("field", "function")
	case blank(c.By):
		return nil, ErrIncomplete.With("field", "by")
	case o.officers[c.Person] != "":
		return nil, ErrSeparate
	case !o.Active(c.Person, from):
		return nil, ErrNotMember
	}
	if FunctionHolder.Has(act, c.Function) {
		h := FunctionHolder.Of(act, c.Function)
		if (h.Post != "" && !o.Holds(c.Person, h.Post, from)) || (h.NamedBy != "" && h.NamedBy != c.By) {
			return nil, ErrFunction.With("post", h.Post, "named_by", h.NamedBy)
		}
	}
	return []Event{FunctionAssigned{Function: c.Function, Person: c.Person, By: c.By, From: from, To: c.To}}, nil
}

// FunctionAssigned means the person has the function from the first day to the last.
type FunctionAssigned struct {
	Function string      `json:"function"`
	Person   string      `json:"person"`
	By       string      `json:"by"`
	From     domain.Date `json:"from"`
	To       domain.Date `json:"to"`
}

// Evolve adds the assignment.
func (e FunctionAssigned) Evolve(o Office) Office {
	o.functions = append(slices.Clone(o.functions), Assignment{Function: e.Function, Person: e.Person, From: e.From, Until: after(e.To)})
	return o
}

// EndFunction takes a function from a person.
type EndFunction struct {
	Function string      `json:"function" minLength:"1" maxLength:"60"`
	Person   string      `json:"person" minLength:"1" maxLength:"60"`
	On       domain.Date `json:"on" doc:"first day on which the person no longer has it; empty: today" required:"false"`
}

// Decide asks for a person who has the function on that day or later.
func (c EndFunction) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, SecurityAdministrator); err != nil {
		return nil, err
	}
	on := dayOr(act, c.On)
	for _, f := range o.functions {
		if f.Function == c.Function && f.Person == c.Person && (f.Until.IsZero() || on.Before(f.Until)) {
			return []Event{FunctionEnded{Function: c.Function, Person: c.Person, On: on}}, nil
		}
	}
	return nil, ErrUnknown.With("what", "function of the person", "id", c.Function)
}

// FunctionEnded means the person no longer has the function from that day on.
type FunctionEnded struct {
	Function string      `json:"function"`
	Person   string      `json:"person"`
	On       domain.Date `json:"on"`
}

// Evolve ends the assignment.
func (e FunctionEnded) Evolve(o Office) Office {
	o.functions = slices.Clone(o.functions)
	for i, f := range o.functions {
		if f.Function == e.Function && f.Person == e.Person && (f.Until.IsZero() || e.On.Before(f.Until)) {
			o.functions[i].Until = e.On
		}
	}
	return o
}

// NameSubstitute names who attends for the holder of a post on one occasion (REG-05 二.8). The holder names him.
type NameSubstitute struct {
	Post     string      `json:"post" doc:"post of the holder who cannot come" minLength:"1" maxLength:"60"`
	Person   string      `json:"person" doc:"substitute" minLength:"1" maxLength:"60"`
	Occasion string      `json:"occasion" doc:"reference of the meeting or other occasion" minLength:"1" maxLength:"100"`
	On       domain.Date `json:"on" doc:"day of the occasion"`
}

// Decide asks that the substitute holds a post directly below on the day (R282).
func (c NameSubstitute) Decide(o Office, act domain.Act) ([]Event, error) {
	switch {
	case !act.Person():
		return nil, domain.ErrSystem
	case !o.Holds(act.Actor.Person, c.Post, act.Today()) || act.Actor.Post != c.Post:
		return nil, ErrNotHolder.With("post", c.Post)
	case blank(c.Occasion):
		return nil, ErrIncomplete.With("field", "occasion")
	case c.On.IsZero():
		return nil, ErrIncomplete.With("field", "on")
	case c.Person == act.Actor.Person:
		return nil, ErrOwn
	}
	for _, p := range o.PostsOf(c.Person, c.On) {
		if slices.Contains(p.Superiors, c.Post) {
			return []Event{SubstituteNamed{Post: c.Post, Person: c.Person, SubstitutePost: p.ID, Occasion: c.Occasion, On: c.On}}, nil
		}
	}
	return nil, ErrSubstitute
}

// SubstituteNamed means the person attends for the holder of the post on that occasion.
type SubstituteNamed struct {
	Post           string      `json:"post"`
	Person         string      `json:"person"`
	SubstitutePost string      `json:"substitute_post"`
	Occasion       string      `json:"occasion"`
	On             domain.Date `json:"on"`
}

// Evolve adds the substitution.
func (e SubstituteNamed) Evolve(o Office) Office {
	o.substitutes = append(slices.Clone(o.substitutes), Substitution{Post: e.Post, Person: e.Person, Occasion: e.Occasion, On: e.On})
	return o
}

// GrantDelegation lets the holder of a post act with the authority of the grantor's post in one matter, for a time. The
// holder of the grantor's post grants it himself; where the grantor sits in another organ and is not in the system, the
// security administrator records it from the organ's document. Who acts under a delegation that may be passed on passes
// it on by this command too.
type GrantDelegation struct {
	Kind        string      `json:"kind" doc:"授权 or 委托" minLength:"1" maxLength:"20"`
	Grantor     string      `json:"grantor" doc:"post whose authority is lent" minLength:"1" maxLength:"60" example:"county-head"`
	Post        string      `json:"post" doc:"post of the delegate" minLength:"1" maxLength:"60" example:"director"`
	Person      string      `json:"person" doc:"delegate; empty: whoever holds the post" required:"false" maxLength:"60"`
	Scope       string      `json:"scope" doc:"what for, as apr.delegation.scope lists it" minLength:"1" maxLength:"60"`
	Matter      string      `json:"matter" doc:"the one matter" minLength:"1" maxLength:"100"`
	From        domain.Date `json:"from" doc:"first day; empty: today" required:"false"`
	To          domain.Date `json:"to" doc:"last day"`
	Redelegable bool        `json:"redelegable" doc:"may be passed on once" required:"false"`
	Document    string      `json:"document" doc:"number of the document" required:"false" maxLength:"200"`
}

// Decide keeps kinds, scope, grantors and length to the office's policy, and the grant to the grantor's own hand (R258).
func (c GrantDelegation) Decide(o Office, act domain.Act) ([]Event, error) {
	switch {
	case !act.Person():
		return nil, domain.ErrSystem
	case !o.Exists():
		return nil, domain.ErrNoStream
	case blank(c.Matter):
		return nil, ErrIncomplete.With("field", "matter")
	case c.Person == act.Actor.Person:
		return nil, ErrOwn
	case c.Post == c.Grantor:
		return nil, ErrCircle
	}
	if _, ok := o.posts[c.Post]; !ok {
		return nil, ErrUnknown.With("what", "post", "id", c.Post)
	}
	grantor, known := o.posts[c.Grantor]
	if !known {
		return nil, ErrUnknown.With("what", "post", "id", c.Grantor)
	}
	from, err := span(act, c.From, c.To)
	if err != nil {
		return nil, err
	}
	if from.Before(act.Today()) {
		return nil, ErrBackdated
	}
	if c.Person != "" && !o.Holds(c.Person, c.Post, from) {
		return nil, ErrNotHolder.With("post", c.Post)
	}
	granted := DelegationGranted{
		Delegation: act.NewID("delegation"), Kind: c.Kind, Grantor: c.Grantor, Organ: grantor.Organ, GrantedBy: act.Actor.Person, Post: c.Post, Person: c.Person,
		Scope: c.Scope, Matter: c.Matter, From: from, To: c.To, Redelegable: c.Redelegable, Document: c.Document,
	}
	switch {
	case act.Actor.Delegation != "":
		d := o.delegations[act.Actor.Delegation]
		if !d.Redelegable || d.Under != "" || c.Redelegable || d.Grantor != c.Grantor || d.Matter != c.Matter || c.To.IsZero() ||
			from.Before(d.From) || !c.To.Before(d.Until) || !o.InForce(d.ID, act.Today()) {
			return nil, ErrRedelegated
		}
		granted.Under = d.ID
	case act.Actor.Post == c.Grantor && o.Holds(act.Actor.Person, c.Grantor, act.Today()):
	case grantor.Organ != "" && len(o.Holders(c.Grantor, act.Today())) == 0:
		if err := o.May(act, SecurityAdministrator); err != nil {
			return nil, err
		}
		if blank(c.Document) {
			return nil, ErrDocument
		}
		granted.GrantedBy = ""
	default:
		return nil, ErrGrantor.With("grantors", c.Grantor)
	}
	if kinds := DelegationKinds.Of(act); !slices.Contains(kinds, c.Kind) {
		return nil, ErrKind.With("kinds", strings.Join(kinds, "、"))
	}
	if scope := DelegationScope.Of(act, c.Post); !slices.Contains(scope, c.Scope) {
		return nil, ErrScope.With("post", c.Post, "scope", strings.Join(scope, "、"))
	}
	if grantors := DelegationGrantor.Of(act, c.Post); !slices.Contains(grantors, c.Grantor) {
		return nil, ErrGrantor.With("grantors", strings.Join(grantors, "、"))
	}
	if days := DelegationMaxDays.Of(act); c.To.IsZero() || !c.To.Before(from.Add(days)) {
		return nil, ErrTooLong.With("days", strconv.Itoa(days))
	}
	return []Event{granted}, nil
}

// DelegationGranted means the delegate may act with the grantor's authority in the matter, from the first day to the
// last. Every act under it bears its id in the header of its events: that is its use.
type DelegationGranted struct {
	Delegation  string      `json:"delegation"`
	Kind        string      `json:"kind"`
	Grantor     string      `json:"grantor"`
	Organ       string      `json:"organ"`      // of the grantor; "": the office
	GrantedBy   string      `json:"granted_by"` // person; "": recorded from a document of another organ
	Post        string      `json:"post"`
	Person      string      `json:"person"`
	Scope       string      `json:"scope"`
	Matter      string      `json:"matter"`
	From        domain.Date `json:"from"`
	To          domain.Date `json:"to"`
	Redelegable bool        `json:"redelegable"`
	Under       string      `json:"under"` // the delegation it was passed on from
	Document    string      `json:"document"`
}

// Evolve adds the delegation.
func (e DelegationGranted) Evolve(o Office) Office {
	o.delegations = put(o.delegations, e.Delegation, Delegation{
		ID: e.Delegation, Kind: e.Kind, Scope: e.Scope, Matter: e.Matter, Grantor: e.Grantor, Organ: e.Organ, GrantedBy: e.GrantedBy,
		Post: e.Post, Person: e.Person, Redelegable: e.Redelegable, Under: e.Under, From: e.From, Until: after(e.To),
	})
	return o
}

// EndDelegation ends a delegation before its last day. The holder of the grantor's post does, or who passed it on, or the
// security administrator.
type EndDelegation struct {
	Delegation string      `json:"delegation" minLength:"1" maxLength:"60"`
	On         domain.Date `json:"on" doc:"first day on which it is no longer in force; empty: today" required:"false"`
}

// Decide asks for a delegation; one that is over stays as it is.
func (c EndDelegation) Decide(o Office, act domain.Act) ([]Event, error) {
	d, ok := o.delegations[c.Delegation]
	if !ok {
		return nil, ErrUnknown.With("what", "delegation", "id", c.Delegation)
	}
	own := act.Actor.Post == d.Grantor && o.Holds(act.Actor.Person, d.Grantor, act.Today())
	passedOn := d.Under != "" && act.Actor.Person == d.GrantedBy
	if !own && !passedOn {
		if err := o.May(act, SecurityAdministrator); err != nil {
			return nil, err
		}
	}
	on := dayOr(act, c.On)
	if !on.Before(d.Until) {
		return nil, nil
	}
	return []Event{DelegationEnded{Delegation: c.Delegation, On: on}}, nil
}

// DelegationEnded means the delegation is no longer in force from that day on, nor what was passed on from it.
type DelegationEnded struct {
	Delegation string      `json:"delegation"`
	On         domain.Date `json:"on"`
}

// Evolve ends the delegation.
func (e DelegationEnded) Evolve(o Office) Office {
	d := o.delegations[e.Delegation]
	d.ID, d.Until = e.Delegation, e.On
	o.delegations = put(o.delegations, e.Delegation, d)
	return o
}
