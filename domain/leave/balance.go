package leave

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"andu/domain"
	"andu/domain/org"
)

// The rules of what a person may still take (假期账).
var (
	ErrBalance = domain.Rule(domain.Conflict, "leave.balance", "{type}只剩{left}日，不足{days}日。", "{left} days of {type} are left, not {days}").By("LEV 2.14")
	ErrOwnBook = domain.Rule(domain.Forbidden, "leave.own-balance", "本人的假期账由他人记录。", "nobody enters what he himself may take").By("LEV 2.14")
	ErrOpened  = domain.Rule(domain.Conflict, "leave.balance-there", "这一假别在该年度已经记过，有误请更正。", "it is entered already for that year: correct it instead").By("LEV 2.14")
	ErrAmount  = domain.Rule(domain.Invalid, "leave.amount", "天数须为半日的倍数，且大于零。", "the days are more than none, and halves at the finest").By("leave.unit")
	ErrYear    = domain.Rule(domain.Invalid, "leave.year", "年度有误，或日期不在该年度之内、尚未到来。", "the year is none, or the day is not in it or has not come").By("LEV 2.14")
	ErrService = domain.Rule(domain.Conflict, "leave.no-entitlement", "工作年限{years}年，本单位制度未给年休假。", "the office's policy gives no annual leave for {years} years of service").
			By("leave.annual.entitlement")
	ErrEntry  = domain.Rule(domain.Invalid, "leave.no-such-entry", "假期账上没有这一笔。", "there is no such entry of what may be taken").By("LEV 2.14")
	ErrSource = domain.Rule(domain.Invalid, "leave.source", "须写明依据。", "say what it rests on").By("LEV 2.14")
)

// Annual is the type of leave that leave.annual.entitlement gives each year (年休假).
const Annual = "年休假"

// Entitlements is the annual leave by full years of service.
type Entitlements []Entitlement

// Entitlement is one row: from so many years on, below so many.
type Entitlement struct {
	FromYears  int  `json:"from_years"`
	BelowYears *int `json:"below_years"` // null: no upper end
	Days       int  `json:"days"`
}

// Check refuses rows that leave a gap, overlap, or give nothing.
func (v Entitlements) Check() error {
	for i, e := range v {
		if e.Days < 1 || e.FromYears < 0 || (e.BelowYears != nil && *e.BelowYears <= e.FromYears) {
			return fmt.Errorf("row %d gives nothing", i+1)
		}
		if i > 0 && (v[i-1].BelowYears == nil || *v[i-1].BelowYears != e.FromYears) {
			return fmt.Errorf("row %d does not begin where the row before ends", i+1)
		}
	}
	return nil
}

// days is what the table gives for full years of service.
func (v Entitlements) days(years int) int {
	for _, e := range v {
		if years >= e.FromYears && (e.BelowYears == nil || years < *e.BelowYears) {
			return e.Days
		}
	}
	return 0
}

// Entry is one addition to what the person may take. The half days before From are not taken from it.
type Entry struct {
	Type string
	Year int // the year in which it is taken; 0: in any
	Days Days
	From domain.Date
	Open bool // what was left when the office began to keep it
}

// Balance is what was given of a type, what of it is taken or asked for, and what is left. A type of which nothing was ever
// entered has no balance: it is not known, which is not the same as none.
type Balance struct {
	Type      string `json:"type"`
	Year      int    `json:"year" doc:"the year in which it is taken; 0: in any"`
	Given     Days   `json:"given"`
	Taken     Days   `json:"taken" doc:"what is asked for and not decided included"`
	Left      Days   `json:"left"`
	Overdrawn Days   `json:"overdrawn" doc:"more was taken than a correction leaves"`
}

// Balances counts every account of the person on the office's calendar, by type and year.
func (l Ledger) Balances(act domain.Act) (list []Balance) {
	for _, e := range l.Entries {
		if !slices.ContainsFunc(list, func(b Balance) bool { return b.Type == e.Type && b.Year == e.Year }) {
			list = append(list, l.balance(act, e.Type, e.Year))
		}
	}
	slices.SortFunc(list, func(x, y Balance) int {
		if c := strings.Compare(x.Type, y.Type); c != 0 {
			return c
		}
		return x.Year - y.Year
	})
	return list
}

func (l Ledger) balance(act domain.Act, typ string, year int) Balance {
	b, since := Balance{Type: typ, Year: year}, l.since(typ, year)
	for _, e := range l.Entries {
		if e.Type == typ && e.Year == year {
			b.Given.Tenths += e.Days.Tenths
		}
	}
	for _, r := range l.Requests {
		if !r.leave() || !r.live() || r.Type != typ {
			continue
		}
		until := r.until()
		if r.Extension.To.valid() {
			until = r.Extension.To
		}
		b.Taken.Tenths += within(act, r.From, until, year, since).Tenths
	}
	b.Left.Tenths = max(0, b.Given.Tenths-b.Taken.Tenths)
	b.Overdrawn.Tenths = max(0, b.Taken.Tenths-b.Given.Tenths)
	return b
}

// since is the first day whose leaves are taken from an account: zero where there is none.
func (l Ledger) since(typ string, year int) (day domain.Date) {
	for _, e := range l.Entries {
		if e.Type == typ && e.Year == year && (day.IsZero() || e.From.Before(day)) {
			day = e.From
		}
	}
	return day
}

// within is how much of an absence lies in a year (0: any) and not before a day.
func within(act domain.Act, from, to Edge, year int, since domain.Date) Days {
	if from.On.Before(since) {
		from = Edge{since, AM}
	}
	if year != 0 {
		if first := (domain.Date{Year: year, Month: 1, Day: 1}); from.On.Before(first) {
			from = Edge{first, AM}
		}
		if last := (domain.Date{Year: year, Month: 12, Day: 31}); last.Before(to.On) {
			to = Edge{last, PM}
		}
	}
	if to.Before(from) {
		return Days{}
	}
	return count(act, from, to)
}

// afford refuses a leave that takes more of a type than is left, in the place of the request of that id.
func (l Ledger) afford(act domain.Act, id, typ string, from, to Edge) error {
	others := l
	others.Requests = maps.Clone(l.Requests)
	delete(others.Requests, id)
	for _, e := range l.Entries {
		if e.Type != typ {
			continue
		}
		b := others.balance(act, typ, e.Year)
		if wanted := within(act, from, to, e.Year, l.since(typ, e.Year)); wanted.Tenths > b.Left.Tenths {
			return ErrBalance.With("type", typ, "left", b.Left.String(), "days", wanted.String())
		}
	}
	return nil
}

// books refuses everybody but the keeper of the register, and the keeper for himself.
func (l Ledger) books(act domain.Act, person string) error {
	if err := keeper(act); err != nil {
		return err
	}
	office := org.Context.In(act, org.Stream(act.Office))
	switch {
	case l.Person != "" && l.Person != person:
		return domain.ErrNoStream
	case office.OwnRequest(act.Actor, person, received(act)):
		return ErrOwnBook
	case !office.Active(person, received(act)):
		return ErrMember
	}
	return nil
}

// has tells whether something stands entered for a type and a year.
func (l Ledger) has(typ string, year int) bool {
	for _, e := range l.Entries {
		if e.Type == typ && e.Year == year {
			return true
		}
	}
	return false
}

// opened tells whether the account of a type that is taken in any year began with a balance.
func (l Ledger) opened(typ string) bool {
	for _, e := range l.Entries {
		if e.Type == typ && e.Year == 0 && e.Open {
			return true
		}
	}
	return false
}

func (l Ledger) entered(id string, e Entry) Ledger {
	l.Entries = maps.Clone(l.Entries)
	if l.Entries == nil {
		l.Entries = map[string]Entry{}
	}
	l.Entries[id] = e
	return l
}

// OpenBalance enters what a person had left of a type when the office began to keep it here (期初余额).
type OpenBalance struct {
	Person string      `json:"person" doc:"whose it is" minLength:"1" maxLength:"60"`
	Type   string      `json:"type" doc:"one of leave.types" minLength:"1" maxLength:"40" example:"年休假"`
	Year   int         `json:"year" doc:"the year in which it is taken; 0: in any" minimum:"0" maximum:"2199"`
	Days   Days        `json:"days" doc:"what was left on the morning of the day" example:"3.5"`
	AsOf   domain.Date `json:"as_of" doc:"what was taken before this day is no longer in it" example:"2026-04-01"`
	Source string      `json:"source" doc:"what it was taken from" minLength:"1" maxLength:"300" example:"2025年度休假台账第12页"`
}

// Decide lets the keeper of the register enter it, once for a type and year.
func (c OpenBalance) Decide(l Ledger, act domain.Act) ([]Event, error) {
	if err := l.books(act, c.Person); err != nil {
		return nil, err
	}
	switch {
	case !slices.Contains(Types.Of(act), c.Type):
		return nil, ErrType.With("type", c.Type)
	case c.AsOf.IsZero() || received(act).Before(c.AsOf) || (c.Year != 0 && c.Year != c.AsOf.Year):
		return nil, ErrYear
	case blank(c.Source):
		return nil, ErrSource
	case c.Days.Tenths%5 != 0:
		return nil, ErrAmount
	case l.has(c.Type, c.Year):
		return nil, ErrOpened
	}
	return []Event{BalanceOpened{Entry: act.EventID(0), Person: c.Person, Type: c.Type, Year: c.Year, Days: c.Days, AsOf: c.AsOf, Source: c.Source,
		By: act.Actor.Person}}, nil
}

// BalanceOpened means that so much was left on the morning of AsOf. Entry is the id of this event, which corrections name.
type BalanceOpened struct {
	Entry  string      `json:"entry"`
	Person string      `json:"person"`
	Type   string      `json:"type"`
	Year   int         `json:"year"`
	Days   Days        `json:"days"`
	AsOf   domain.Date `json:"as_of"`
	Source string      `json:"source"`
	By     string      `json:"by"`
}

// Evolve opens the account.
func (e BalanceOpened) Evolve(l Ledger) Ledger {
	l.Person = e.Person
	return l.entered(e.Entry, Entry{e.Type, e.Year, e.Days, e.AsOf, true})
}

// GrantAnnual gives a person the annual leave of a year, by full years of service on the day (年休假).
type GrantAnnual struct {
	Person string      `json:"person" doc:"whose it is" minLength:"1" maxLength:"60"`
	Year   int         `json:"year" minimum:"2000" maximum:"2199" example:"2026"`
	Since  domain.Date `json:"since" doc:"first day of work, in whatever office" example:"2009-07-01"`
	Source string      `json:"source" doc:"what the first day of work was taken from" minLength:"1" maxLength:"300" example:"干部履历表"`
}

// Decide gives what the table gives, once a year (leave.annual.entitlement).
func (c GrantAnnual) Decide(l Ledger, act domain.Act) ([]Event, error) {
	if err := l.books(act, c.Person); err != nil {
		return nil, err
	}
	today := received(act)
	switch {
	case c.Since.IsZero() || today.Before(c.Since) || c.Year < today.Year-1 || c.Year > today.Year+1:
		return nil, ErrYear
	case blank(c.Source):
		return nil, ErrSource
	case l.has(Annual, c.Year):
		return nil, ErrOpened
	}
	years := today.Year - c.Since.Year
	if (domain.Date{Year: c.Since.Year, Month: today.Month, Day: today.Day}).Before(c.Since) {
		years--
	}
	days := AnnualEntitlement.Of(act).days(years)
	if days == 0 {
		return nil, ErrService.With("years", fmt.Sprint(years))
	}
	return []Event{EntitlementGranted{Entry: act.EventID(0), Person: c.Person, Type: Annual, Year: c.Year, Since: c.Since, Years: years, Days: Days{10 * days},
		Source: c.Source, By: act.Actor.Person}}, nil
}

// EntitlementGranted means the person may take so much annual leave in the year.
type EntitlementGranted struct {
	Entry  string      `json:"entry"`
	Person string      `json:"person"`
	Type   string      `json:"type"`
	Year   int         `json:"year"`
	Since  domain.Date `json:"since"`
	Years  int         `json:"years"` // full years of service
	Days   Days        `json:"days"`
	Source string      `json:"source"`
	By     string      `json:"by"`
}

// Evolve opens the account of the year.
func (e EntitlementGranted) Evolve(l Ledger) Ledger {
	l.Person = e.Person
	return l.entered(e.Entry, Entry{e.Type, e.Year, e.Days, domain.Date{Year: e.Year, Month: 1, Day: 1}, false})
}

// CreditTimeOff enters time that was worked and is taken off later (补休、调休).
type CreditTimeOff struct {
	Person string      `json:"person" doc:"who worked" minLength:"1" maxLength:"60"`
	Type   string      `json:"type" doc:"one of leave.types, as which it is taken" minLength:"1" maxLength:"40" example:"补休"`
	Days   Days        `json:"days" example:"1.0"`
	Worked domain.Date `json:"worked" doc:"the day that was worked" example:"2026-04-18"`
	Source string      `json:"source" doc:"what was done and who ordered it" minLength:"1" maxLength:"300" example:"防汛值守，值班安排表"`
}

// Decide lets the keeper enter a day that was worked.
func (c CreditTimeOff) Decide(l Ledger, act domain.Act) ([]Event, error) {
	if err := l.books(act, c.Person); err != nil {
		return nil, err
	}
	switch {
	case !slices.Contains(Types.Of(act), c.Type):
		return nil, ErrType.With("type", c.Type)
	case c.Worked.IsZero() || received(act).Before(c.Worked):
		return nil, ErrYear
	case blank(c.Source):
		return nil, ErrSource
	case c.Days.Tenths == 0 || c.Days.Tenths%5 != 0:
		return nil, ErrAmount
	case c.Worked.Before(l.since(c.Type, 0)) && l.opened(c.Type):
		return nil, ErrOpened // it is in the opening balance
	}
	return []Event{TimeOffCredited{Entry: act.EventID(0), Person: c.Person, Type: c.Type, Days: c.Days, Worked: c.Worked, Source: c.Source, By: act.Actor.Person}}, nil
}

// TimeOffCredited means the person may take so much time off for a day that was worked.
type TimeOffCredited struct {
	Entry  string      `json:"entry"`
	Person string      `json:"person"`
	Type   string      `json:"type"`
	Days   Days        `json:"days"`
	Worked domain.Date `json:"worked"`
	Source string      `json:"source"`
	By     string      `json:"by"`
}

// Evolve adds the time to what may be taken from that day on.
func (e TimeOffCredited) Evolve(l Ledger) Ledger {
	l.Person = e.Person
	return l.entered(e.Entry, Entry{e.Type, 0, e.Days, e.Worked, false})
}

// CorrectBalance replaces what an entry gives. Both stay readable.
type CorrectBalance struct {
	Of     string `json:"of" doc:"id of the event that entered it" minLength:"1" maxLength:"60"`
	Days   Days   `json:"days" doc:"what should have been entered; 0: nothing" example:"4.0"`
	Source string `json:"source" doc:"what it was taken from" minLength:"1" maxLength:"300"`
	Reason string `json:"reason" minLength:"1" maxLength:"1000"`
}

// Decide lets the keeper correct an entry. What was taken stays taken: more of it than there was shows as overdrawn, and
// nothing more can be taken.
func (c CorrectBalance) Decide(l Ledger, act domain.Act) ([]Event, error) {
	if l.Person == "" {
		return nil, domain.ErrNoStream
	}
	if err := l.books(act, l.Person); err != nil {
		return nil, err
	}
	e, ok := l.Entries[c.Of]
	switch {
	case !ok:
		return nil, ErrEntry
	case blank(c.Source):
		return nil, ErrSource
	case c.Days.Tenths%5 != 0:
		return nil, ErrAmount
	case e.Days == c.Days:
		return nil, nil
	}
	return []Event{BalanceCorrected{Of: c.Of, Person: l.Person, Type: e.Type, Year: e.Year, From: e.From, Open: e.Open, Was: e.Days, Days: c.Days,
		Source: c.Source, Reason: c.Reason, By: act.Actor.Person}}, nil
}

// BalanceCorrected means that this is what the entry should have given.
type BalanceCorrected struct {
	Of     string      `json:"of"`
	Person string      `json:"person"`
	Type   string      `json:"type"`
	Year   int         `json:"year"`
	From   domain.Date `json:"from"`
	Open   bool        `json:"open"`
	Was    Days        `json:"was"`
	Days   Days        `json:"days"`
	Source string      `json:"source"`
	Reason string      `json:"reason"`
	By     string      `json:"by"`
}

// Corrects names the entry.
func (e BalanceCorrected) Corrects() string { return e.Of }

// Evolve stands in the place of the entry.
func (e BalanceCorrected) Evolve(l Ledger) Ledger {
	l.Person = e.Person
	return l.entered(e.Of, Entry{e.Type, e.Year, e.Days, e.From, e.Open})
}
