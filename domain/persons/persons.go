// Package persons is what the office keeps about each person: the name and how it sorts, how to reach the person, and
// the record of a person in secret work (涉密人员台账): clearance, pledge and the time after leaving such work (脱密期). One
// stream per person, every event encrypted with that person's own key, so the person can be erased and the log stays
// whole. Elsewhere a person stands by the id only.
package persons

import (
	"slices"
	"strings"

	"andu/domain"
	"andu/domain/org"
)

// Context lists every event about a person.
var Context = domain.Context[Person]{
	Name: "person",
	Events: []domain.Schema[Person]{
		{Name: "person.registered", Version: 1, Type: Registered{}, By: by(Register{}), Sealed: true},
		{Name: "person.renamed", Version: 1, Type: Renamed{}, By: by(Rename{}), Sealed: true},
		{Name: "person.registration-corrected", Version: 1, Type: RegistrationCorrected{}, By: by(CorrectRegistration{}), Sealed: true},
		{Name: "person.contact-changed", Version: 1, Type: ContactChanged{}, By: by(ChangeContact{}), Sealed: true},
		{Name: "person.pledge-signed", Version: 1, Type: PledgeSigned{}, By: by(SignPledge{}), Sealed: true},
		{Name: "person.clearance-granted", Version: 1, Type: ClearanceGranted{}, By: by(GrantClearance{}), Sealed: true},
		{Name: "person.clearance-lowered", Version: 1, Type: ClearanceLowered{}, By: by(LowerClearance{}), Sealed: true},
		{Name: "person.clearance-revoked", Version: 1, Type: ClearanceRevoked{}, By: by(RevokeClearance{}), Sealed: true},
		{Name: "person.decoupling-started", Version: 1, Type: DecouplingStarted{}, By: by(StartDecoupling{}), Sealed: true},
		{Name: "person.registration-withdrawn", Version: 1, Type: RegistrationWithdrawn{}, By: by(WithdrawRegistration{}), Sealed: true},
		{Name: "person.refused", Version: 1, Type: domain.Refused[Person]{}, By: by(GrantClearance{}), Sealed: true},
	},
	Rules: []*domain.Refusal{ErrRegistered, ErrNotRegistered, ErrIncomplete, ErrClass, ErrDates, ErrNotLower, ErrLower, ErrOwn, ErrInUse},
	Facts: func(office string) []string { return []string{org.Stream(office)} },
}

// Event is a fact about a person.
type Event = domain.Event[Person]

func by(commands ...domain.Command[Person]) []domain.Command[Person] { return commands }

// Stream is the stream of a person.
func Stream(id string) string { return Context.Stream(id) }

// The rules about persons.
var (
	ErrRegistered = domain.Rule(domain.Conflict, "person.already-registered",
		"该人员已登记。", "the person is already registered")
	ErrNotRegistered = domain.Rule(domain.Conflict, "person.not-registered",
		"该人员尚未登记。", "the person is not registered")
	ErrIncomplete = domain.Rule(domain.Invalid, "person.incomplete",
		"请填写{field}。", "{field} is missing")
	ErrClass = domain.Rule(domain.Invalid, "person.class",
		"密级须为法定用语。", "the class is not one that the law knows").By("C19")
	ErrDates = domain.Rule(domain.Invalid, "person.dates",
		"止期早于起期。", "the last day is before the first")
	ErrNotLower = domain.Rule(domain.Conflict, "person.not-lower",
		"降低后的密级须低于当时的密级。", "lowering gives a lower class than the person has at that time")
	ErrLower = domain.Rule(domain.Conflict, "person.lower",
		"授予的密级低于当时的密级，请用降低。", "the person has a higher class at that time: lower it instead")
	ErrInUse = domain.Rule(domain.Conflict, "person.in-use",
		"该人员仍在册或已有涉密记载，不能撤回登记。", "the person is of the office or has a record of secret work: the registration is not withdrawn")
	ErrOwn = domain.Rule(domain.Forbidden, "person.own-clearance",
		"任何人不得为自己授予密级。", "nobody grants a clearance to himself").By("ORG 2.3, catalogue 5.1").OnRecord()
)

// Person is what the rules need to know about a person; the name is not among it.
type Person struct {
	registration string // event id
	registered   bool
	id           string
	pledged      domain.Date
	decoupling   []period
	clearances   []clearance
}

// clearance is one decision about what the person may read: a grant for a time, or a limit from a day on.
type clearance struct {
	class       domain.Class
	from, until domain.Instant // until: zero: no end
	limit       bool
}

// period is a time of whole days.
type period struct{ from, to domain.Date }

// Exists tells whether the person is registered.
func (p Person) Exists() bool { return p.registered }

// Pledged is the day of the last pledge of secrecy, or the zero Date.
func (p Person) Pledged() domain.Date { return p.pledged }

// Decoupling tells whether the person is in a decoupling period (脱密期) on a day, the first and the last day included.
func (p Person) Decoupling(on domain.Date) bool {
	return slices.ContainsFunc(p.decoupling, func(d period) bool { return !on.Before(d.from) && !d.to.Before(on) })
}

// Clearance is the highest class that the person is cleared for at an instant, "" for none. What was decided later goes
// before, from the day of its effect: a person lowered with effect in the past was lower then, as is known now, while
// a fold up to an earlier position still gives what was known before (G19).
func (p Person) Clearance(at domain.Instant) (class domain.Class) {
	for _, c := range p.clearances {
		switch {
		case at.Before(c.from.Time):
		case c.limit:
			if class.Rank() > c.class.Rank() {
				class = c.class
			}
		case c.until.IsZero() || at.Before(c.until.Time):
			class = c.class
		}
	}
	return class
}

func office(act domain.Act) org.Office { return org.Context.In(act, org.Stream(act.Office)) }

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// keeps tells whether the actor may enter something about a registered person that is an officer's to enter.
func (p Person) keeps(act domain.Act, officer string) error {
	if err := office(act).May(act, officer); err != nil {
		return err
	}
	if !p.registered {
		return ErrNotRegistered
	}
	return nil
}

// Register enters a person (R96). The registrar gives the pinyin that the name sorts by.
type Register struct {
	Person   string `json:"person" doc:"id of the person" minLength:"1" maxLength:"60"`
	Name     string `json:"name" minLength:"1" maxLength:"60"`
	SortKey  string `json:"sort_key" doc:"the name in pinyin, by which lists sort" minLength:"1" maxLength:"120" example:"zhang san"`
	Employee string `json:"employee" doc:"number of the employee" required:"false" maxLength:"40"`
	Phone    string `json:"phone" required:"false" maxLength:"40"`
}

// Decide enters a person once.
func (c Register) Decide(p Person, act domain.Act) ([]Event, error) {
	if err := office(act).May(act, org.SystemAdministrator); err != nil {
		return nil, err
	}
	switch {
	case p.registered:
		return nil, ErrRegistered
	case blank(c.Person):
		return nil, ErrIncomplete.With("field", "person")
	case blank(c.Name):
		return nil, ErrIncomplete.With("field", "name")
	case blank(c.SortKey):
		return nil, ErrIncomplete.With("field", "sort_key")
	}
	return []Event{Registered{
		Registration: act.EventID(0), Person: c.Person, Name: c.Name, SortKey: c.SortKey, Employee: c.Employee, Phone: c.Phone,
	}}, nil
}

// Registered means the office keeps a record of the person. Registration is the id of this event, which corrections name.
type Registered struct {
	Registration string `json:"registration"`
	Person       string `json:"person"`
	Name         string `json:"name"`
	SortKey      string `json:"sort_key"`
	Employee     string `json:"employee"`
	Phone        string `json:"phone"`
}

// Evolve begins the record.
func (e Registered) Evolve(p Person) Person {
	p.registered, p.registration, p.id = true, e.Registration, e.Person
	return p
}

// CorrectRegistration replaces what was entered wrongly at registration. Both entries stay readable.
type CorrectRegistration struct {
	Name     string `json:"name" minLength:"1" maxLength:"60"`
	SortKey  string `json:"sort_key" doc:"the name in pinyin, by which lists sort" minLength:"1" maxLength:"120"`
	Employee string `json:"employee" doc:"number of the employee" required:"false" maxLength:"40"`
	Phone    string `json:"phone" required:"false" maxLength:"40"`
	Reason   string `json:"reason" minLength:"1" maxLength:"1000"`
}

// Decide asks for the reason.
func (c CorrectRegistration) Decide(p Person, act domain.Act) ([]Event, error) {
	if err := p.keeps(act, org.SystemAdministrator); err != nil {
		return nil, err
	}
	switch {
	case p.registration == "":
		return nil, ErrNotRegistered // erased: there is nothing to correct
	case blank(c.Name):
		return nil, ErrIncomplete.With("field", "name")
	case blank(c.SortKey):
		return nil, ErrIncomplete.With("field", "sort_key")
	case blank(c.Reason):
		return nil, ErrIncomplete.With("field", "reason")
	}
	return []Event{RegistrationCorrected{
		Of: p.registration, Person: p.id, Name: c.Name, SortKey: c.SortKey, Employee: c.Employee, Phone: c.Phone, Reason: c.Reason,
	}}, nil
}

// RegistrationCorrected means that this is what should have been entered at registration.
type RegistrationCorrected struct {
	Of       string `json:"of"`
	Person   string `json:"person"`
	Name     string `json:"name"`
	SortKey  string `json:"sort_key"`
	Employee string `json:"employee"`
	Phone    string `json:"phone"`
	Reason   string `json:"reason"`
}

// Corrects names the registration.
func (e RegistrationCorrected) Corrects() string { return e.Of }

// Evolve begins the record, in the place of the registration.
func (e RegistrationCorrected) Evolve(p Person) Person {
	p.registered, p.registration, p.id = true, e.Of, e.Person
	return p
}

// WithdrawRegistration takes back a registration that an import brought in wrongly, as if it had never been made.
type WithdrawRegistration struct {
	Import string `json:"import" doc:"id of the import" minLength:"1" maxLength:"60"`
	Reason string `json:"reason" doc:"why the import was wrong" minLength:"1" maxLength:"1000"`
}

// Decide asks for a person who is no member of the office any more, whose membership the import's withdrawal has taken
// back, and about whom nothing was decided.
func (c WithdrawRegistration) Decide(p Person, act domain.Act) ([]Event, error) {
	if !p.registered {
		return nil, nil
	}
	if err := p.keeps(act, org.SystemAdministrator); err != nil {
		return nil, err
	}
	switch m, _ := office(act).Member(p.id); {
	case p.registration == "":
		return nil, ErrNotRegistered // erased
	case blank(c.Reason):
		return nil, ErrIncomplete.With("field", "reason")
	case len(m.Stays) > 0, !p.pledged.IsZero(), len(p.clearances) > 0, len(p.decoupling) > 0:
		return nil, ErrInUse
	}
	return []Event{RegistrationWithdrawn{Of: p.registration, Import: c.Import, Reason: c.Reason}}, nil
}

// RegistrationWithdrawn takes the place of the registration that it names: the person counts as never registered.
type RegistrationWithdrawn struct {
	Of     string `json:"of"`
	Import string `json:"import"`
	Reason string `json:"reason"`
}

// Corrects names the registration.
func (e RegistrationWithdrawn) Corrects() string { return e.Of }

// Evolve does nothing, in the place of the registration.
func (e RegistrationWithdrawn) Evolve(p Person) Person { return p }

// Rename records that the person has another name from now on.
type Rename struct {
	Name     string `json:"name" minLength:"1" maxLength:"60"`
	SortKey  string `json:"sort_key" doc:"the name in pinyin, by which lists sort" minLength:"1" maxLength:"120"`
	Document string `json:"document" doc:"what the change rests on" required:"false" maxLength:"200"`
}

// Decide asks for the new name and how it sorts.
func (c Rename) Decide(p Person, act domain.Act) ([]Event, error) {
	if err := p.keeps(act, org.SystemAdministrator); err != nil {
		return nil, err
	}
	switch {
	case blank(c.Name):
		return nil, ErrIncomplete.With("field", "name")
	case blank(c.SortKey):
		return nil, ErrIncomplete.With("field", "sort_key")
	}
	return []Event{Renamed(c)}, nil
}

// Renamed means the person has this name from now on; earlier records keep the earlier one.
type Renamed struct {
	Name     string `json:"name"`
	SortKey  string `json:"sort_key"`
	Document string `json:"document"`
}

// Evolve changes nothing that a rule reads.
func (e Renamed) Evolve(p Person) Person { return p }

// ChangeContact records how the person is reached. The person may do it himself.
type ChangeContact struct {
	Phone string `json:"phone" maxLength:"40"`
}

// Decide lets the person himself, or who keeps the accounts.
func (c ChangeContact) Decide(p Person, act domain.Act) ([]Event, error) {
	if p.registered && act.Person() && act.Actor.Person == p.id {
		return []Event{ContactChanged(c)}, nil
	}
	if err := p.keeps(act, org.SystemAdministrator); err != nil {
		return nil, err
	}
	return []Event{ContactChanged(c)}, nil
}

// ContactChanged means the person is reached there from now on.
type ContactChanged struct {
	Phone string `json:"phone"`
}

// Evolve changes nothing that a rule reads.
func (e ContactChanged) Evolve(p Person) Person { return p }

// SignPledge records that the person signed the pledge of secrecy (保密承诺书).
type SignPledge struct {
	On       domain.Date `json:"on" doc:"day of the signature; empty: today" required:"false"`
	Document string      `json:"document" doc:"where the signed pledge is kept" required:"false" maxLength:"200"`
}

// Decide asks for a registered person.
func (c SignPledge) Decide(p Person, act domain.Act) ([]Event, error) {
	if err := p.keeps(act, org.SecurityAdministrator); err != nil {
		return nil, err
	}
	on := c.On
	if on.IsZero() {
		on = act.Today()
	}
	return []Event{PledgeSigned{On: on, Document: c.Document}}, nil
}

// PledgeSigned means the person is pledged to secrecy since that day.
type PledgeSigned struct {
	On       domain.Date `json:"on"`
	Document string      `json:"document"`
}

// Evolve keeps the day.
func (e PledgeSigned) Evolve(p Person) Person { p.pledged = e.On; return p }

// from is the first instant of a day, or the instant of the act where no day is stated.
func from(act domain.Act, day domain.Date) domain.Instant {
	if day.IsZero() {
		return act.Occurred
	}
	return domain.At(day.Start(act.Zone))
}

// GrantClearance clears the person up to a class, for a time.
type GrantClearance struct {
	Class    domain.Class `json:"class" enum:"内部,工作秘密,秘密,机密,绝密"`
	From     domain.Date  `json:"from" doc:"first day; empty: at once" required:"false"`
	To       domain.Date  `json:"to" doc:"last day; empty: no end" required:"false"`
	Document string       `json:"document" doc:"number of the document" required:"false" maxLength:"200"`
}

// Decide refuses to raise oneself, and to lower under the name of a grant.
func (c GrantClearance) Decide(p Person, act domain.Act) ([]Event, error) {
	if err := p.keeps(act, org.SecurityAdministrator); err != nil {
		return nil, err
	}
	granted := ClearanceGranted{Class: c.Class, From: from(act, c.From), Document: c.Document}
	if !c.To.IsZero() {
		granted.Until = domain.At(c.To.End(act.Zone))
	}
	switch {
	case act.Actor.Person == p.id:
		return nil, ErrOwn
	case c.Class.Rank() <= 0:
		return nil, ErrClass
	case !granted.Until.IsZero() && !granted.From.Before(granted.Until.Time):
		return nil, ErrDates
	case c.Class.Rank() < p.Clearance(granted.From).Rank():
		return nil, ErrLower
	}
	return []Event{granted}, nil
}

// ClearanceGranted means the person is cleared up to the class from one instant until another (zero: no end).
type ClearanceGranted struct {
	Class    domain.Class   `json:"class"`
	From     domain.Instant `json:"from"`
	Until    domain.Instant `json:"until"`
	Document string         `json:"document"`
}

// Evolve adds the grant.
func (e ClearanceGranted) Evolve(p Person) Person {
	p.clearances = append(slices.Clone(p.clearances), clearance{class: e.Class, from: e.From, until: e.Until})
	return p
}

// LowerClearance limits the person to a lower class, also with effect in the past (G19).
type LowerClearance struct {
	To        domain.Class `json:"to" enum:"内部,工作秘密,秘密,机密"`
	Effective domain.Date  `json:"effective" doc:"first day; empty: at once" required:"false"`
	Document  string       `json:"document" doc:"number of the document" required:"false" maxLength:"200"`
}

// Decide asks for a lower class than the person has at that time.
func (c LowerClearance) Decide(p Person, act domain.Act) ([]Event, error) {
	if err := p.keeps(act, org.SecurityAdministrator); err != nil {
		return nil, err
	}
	at := from(act, c.Effective)
	switch {
	case c.To.Rank() <= 0:
		return nil, ErrClass
	case c.To.Rank() >= p.Clearance(at).Rank():
		return nil, ErrNotLower
	}
	return []Event{ClearanceLowered{To: c.To, Effective: at, Document: c.Document}}, nil
}

// ClearanceLowered means the person is cleared up to the lower class at most, from that instant until a later grant.
type ClearanceLowered struct {
	To        domain.Class   `json:"to"`
	Effective domain.Instant `json:"effective"`
	Document  string         `json:"document"`
}

// Evolve adds the limit.
func (e ClearanceLowered) Evolve(p Person) Person {
	p.clearances = append(slices.Clone(p.clearances), clearance{class: e.To, from: e.Effective, limit: true})
	return p
}

// RevokeClearance takes every clearance from the person, what was granted for later too.
type RevokeClearance struct {
	Effective domain.Date `json:"effective" doc:"first day; empty: at once" required:"false"`
	Reason    string      `json:"reason" minLength:"1" maxLength:"1000"`
}

// Decide asks for the reason.
func (c RevokeClearance) Decide(p Person, act domain.Act) ([]Event, error) {
	if err := p.keeps(act, org.SecurityAdministrator); err != nil {
		return nil, err
	}
	if blank(c.Reason) {
		return nil, ErrIncomplete.With("field", "reason")
	}
	if len(p.clearances) == 0 {
		return nil, nil
	}
	return []Event{ClearanceRevoked{Effective: from(act, c.Effective), Reason: c.Reason}}, nil
}

// ClearanceRevoked means the person is cleared for nothing from that instant until a later grant.
type ClearanceRevoked struct {
	Effective domain.Instant `json:"effective"`
	Reason    string         `json:"reason"`
}

// Evolve adds the limit.
func (e ClearanceRevoked) Evolve(p Person) Person {
	p.clearances = append(slices.Clone(p.clearances), clearance{from: e.Effective, limit: true})
	return p
}

// StartDecoupling begins the time after secret work in which the person stays under its duties (脱密期).
type StartDecoupling struct {
	From     domain.Date `json:"from" doc:"first day; empty: today" required:"false"`
	To       domain.Date `json:"to" doc:"last day"`
	Document string      `json:"document" doc:"number of the document" required:"false" maxLength:"200"`
}

// Decide asks for the last day.
func (c StartDecoupling) Decide(p Person, act domain.Act) ([]Event, error) {
	if err := p.keeps(act, org.SecurityAdministrator); err != nil {
		return nil, err
	}
	first := c.From
	if first.IsZero() {
		first = act.Today()
	}
	switch {
	case c.To.IsZero():
		return nil, ErrIncomplete.With("field", "to")
	case c.To.Before(first):
		return nil, ErrDates
	}
	return []Event{DecouplingStarted{From: first, To: c.To, Document: c.Document}}, nil
}

// DecouplingStarted means the person is in the decoupling period from the first day to the last.
type DecouplingStarted struct {
	From     domain.Date `json:"from"`
	To       domain.Date `json:"to"`
	Document string      `json:"document"`
}

// Evolve keeps the period.
func (e DecouplingStarted) Evolve(p Person) Person {
	p.decoupling = append(slices.Clone(p.decoupling), period{e.From, e.To})
	return p
}
