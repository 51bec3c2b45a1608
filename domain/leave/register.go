package leave

import (
	"maps"
	"slices"

	"andu/domain"
	"andu/domain/org"
)

// keeper refuses everybody but the keeper of the register (R41).
func keeper(act domain.Act) error {
	book := Keeper.Of(act)
	if !act.Person() {
		return domain.ErrSystem
	}
	if !held(act, book.Keeper) {
		return ErrKeeper.With("post", book.Keeper)
	}
	return nil
}

// Register enters a leave in the office's register (请假登记).
type Register struct {
	Request string `json:"request" minLength:"1" maxLength:"60"`
}

// Decide lets the keeper of the register enter, once, what was approved or phoned in.
func (c Register) Decide(l Ledger, act domain.Act) ([]Event, error) {
	r, err := l.find(c.Request)
	if err != nil {
		return nil, err
	}
	if err := keeper(act); err != nil {
		return nil, err
	}
	switch {
	case !r.leave() || slices.Contains([]string{StatusAsked, StatusRefused, StatusWithdrawn}, r.Status):
		return nil, ErrNotRegistrable
	case r.Registered:
		return nil, nil
	}
	return []Event{Registered{Request: r.ID, By: act.Actor.Person}}, nil
}

// Registered means the leave stands in the register.
type Registered struct {
	Request string `json:"request"`
	By      string `json:"by"`
}

// Evolve notes the entry.
func (e Registered) Evolve(l Ledger) Ledger {
	return l.with(e.Request, func(r *Request) { r.Registered = true })
}

// CompileMonth totals a month of the office's register of leave (R41).
type CompileMonth struct {
	Month string `json:"month" doc:"a month that is over" pattern:"^[0-9]{4}-[0-9]{2}$" example:"2026-04"`
}

func (c CompileMonth) span() (first, last domain.Date, ok bool) {
	first, err := domain.ParseDate(c.Month + "-01")
	next := domain.Date{Year: first.Year, Month: first.Month + 1, Day: 1}
	if first.Month == 12 {
		next = domain.Date{Year: first.Year + 1, Month: 1, Day: 1}
	}
	return first, next.Add(-1), err == nil
}

// persons are who was of the office when the month began or when it ended.
func (c CompileMonth) persons(act domain.Act) []string {
	first, last, ok := c.span()
	if !ok {
		return nil
	}
	office := org.Context.In(act, org.Stream(act.Office))
	persons := append(office.Members(first), office.Members(last)...)
	slices.Sort(persons)
	return slices.Compact(persons)
}

// Needs reads the ledgers of all persons of the office.
func (c CompileMonth) Needs(_ Ledger, act domain.Act) (streams []string) {
	for _, p := range c.persons(act) {
		streams = append(streams, Stream(p))
	}
	return streams
}

// Line is one leave in the register of a month, cut to its half days of that month.
type Line struct {
	Person     string `json:"person"`
	Request    string `json:"request"`
	Kind       string `json:"kind"`
	Type       string `json:"type"`
	From       Edge   `json:"from"`
	To         Edge   `json:"to"`
	Days       Days   `json:"days" doc:"in this month"`
	Whole      Days   `json:"whole" doc:"of the whole leave"`
	Post       string `json:"post" doc:"that approved it; of a phone-in: none"`
	By         string `json:"by"`
	Returned   bool   `json:"returned"`
	Registered bool   `json:"registered" doc:"the keeper has entered it"`
}

// Lines are the leaves of a month that stand: approved, or phoned in with their papers.
func (c CompileMonth) Lines(act domain.Act) (lines []Line) {
	first, last, ok := c.span()
	if !ok {
		return nil
	}
	for _, person := range c.persons(act) {
		ledger := Context.In(act, Stream(person))
		for _, id := range slices.Sorted(maps.Keys(ledger.Requests)) {
			r := ledger.Requests[id]
			if !r.leave() || (r.Status != StatusGranted && r.Status != StatusPapers) {
				continue
			}
			from, to := r.From, r.until()
			if from.On.Before(first) {
				from = Edge{first, AM}
			}
			if last.Before(to.On) {
				to = Edge{last, PM}
			}
			if days := count(act, from, to); days.Tenths > 0 {
				lines = append(lines, Line{Person: person, Request: id, Kind: r.Kind, Type: r.Type, From: from, To: to, Days: days, Whole: r.Days,
					Post: r.Post, By: r.By, Returned: r.Returned.valid(), Registered: r.Registered})
			}
		}
	}
	slices.SortStableFunc(lines, func(x, y Line) int { return x.From.Compare(y.From) })
	return lines
}

// Decide lets the keeper total the leaves of a month that is over, each with its half days of that month. Compiled
// again, a month that has changed is another total beside the first.
func (c CompileMonth) Decide(l Ledger, act domain.Act) ([]Event, error) {
	if err := keeper(act); err != nil {
		return nil, err
	}
	_, last, ok := c.span()
	if !ok || act.Received.Before(last.End(act.Zone)) {
		return nil, ErrMonth
	}
	e := MonthCompiled{Month: c.Month, Rows: []MonthRow{}, By: act.Actor.Person}
	rows, seen := map[string]MonthRow{}, map[string]bool{}
	for _, line := range c.Lines(act) {
		row := rows[line.Type]
		row.Type, row.Leaves, row.Days.Tenths = line.Type, row.Leaves+1, row.Days.Tenths+line.Days.Tenths
		if who := line.Type + " " + line.Person; !seen[who] {
			seen[who] = true
			row.Persons++
		}
		rows[line.Type] = row
		if !line.Registered {
			e.Unregistered++
		}
	}
	for _, typ := range slices.Sorted(maps.Keys(rows)) {
		e.Rows = append(e.Rows, rows[typ])
	}
	if was, ok := l.Months[c.Month]; ok && was.Unregistered == e.Unregistered && slices.Equal(was.Rows, e.Rows) {
		return nil, nil
	}
	return []Event{e}, nil
}

// MonthRow is one type of leave in a month, over all persons of the office.
type MonthRow struct {
	Type    string `json:"type"`
	Days    Days   `json:"days"`
	Leaves  int    `json:"leaves"`
	Persons int    `json:"persons"`
}

// MonthCompiled means these are the totals of the month. It names no person.
type MonthCompiled struct {
	Month        string     `json:"month"`
	Rows         []MonthRow `json:"rows"`
	Unregistered int        `json:"unregistered"` // leaves that the keeper has not entered
	By           string     `json:"by"`
}

// Evolve keeps the totals.
func (e MonthCompiled) Evolve(l Ledger) Ledger {
	l.Months = maps.Clone(l.Months)
	if l.Months == nil {
		l.Months = map[string]MonthCompiled{}
	}
	l.Months[e.Month] = e
	return l
}
