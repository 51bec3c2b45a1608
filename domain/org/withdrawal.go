package org

import (
	"maps"
	"slices"

	"andu/domain"
)

// The rules of entries that an import brought in wrongly.
var (
	ErrEntry = domain.Rule(domain.Invalid, "org.unknown-entry",
		"没有可撤回的这项记载：{what}{id}。", "there is no such entry to withdraw: {what} {id}")
	ErrBuiltUpon = domain.Rule(domain.Conflict, "org.built-upon",
		"{id}已有后续记载，不能撤回：{by}。", "{id} cannot be withdrawn: {by} was built upon it")
)

// The kinds of entries that can be withdrawn.
const (
	EntryOrgan       = "organ"
	EntryUnit        = "unit"
	EntryPost        = "post"
	EntryAppointment = "appointment"
	EntryMember      = "member"
)

// WithdrawEntry takes back one entry that an import brought in wrongly, as if it had never been made: the id may be given
// again. What is not wrong but over is abolished, vacated or left instead.
type WithdrawEntry struct {
	Of     string      `json:"of" doc:"id of the event that made the entry" minLength:"1" maxLength:"60"`
	Kind   string      `json:"kind" enum:"organ,unit,post,appointment,member"`
	ID     string      `json:"id" doc:"the organ, unit or post; of an appointment the post; of a member the person" minLength:"1" maxLength:"60"`
	Person string      `json:"person" doc:"of an appointment" maxLength:"60" required:"false"`
	From   domain.Date `json:"from" doc:"first day of an appointment" required:"false"`
	Import string      `json:"import" doc:"id of the import" minLength:"1" maxLength:"60"`
}

// Keeper is the officer who keeps entries of the kind: units, posts and appointments are the security administrator's,
// persons the system administrator's (catalogue 5.1).
func (c WithdrawEntry) Keeper() string {
	if c.Kind == EntryMember {
		return SystemAdministrator
	}
	return SecurityAdministrator
}

// Decide lets the officer who keeps such entries withdraw one that nothing stands upon.
func (c WithdrawEntry) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, c.Keeper()); err != nil {
		return nil, err
	}
	missing := ErrEntry.With("what", c.Kind, "id", c.ID)
	switch c.Kind {
	case EntryOrgan:
		if _, ok := o.organs[c.ID]; !ok {
			return nil, missing
		}
	case EntryUnit:
		if _, ok := o.units[c.ID]; !ok {
			return nil, missing
		}
	case EntryPost:
		if _, ok := o.posts[c.ID]; !ok {
			return nil, missing
		}
	case EntryAppointment:
		if !slices.ContainsFunc(o.holdings[c.ID], func(h Holding) bool { return h.Person == c.Person && h.From == c.From }) {
			return nil, missing
		}
	case EntryMember:
		if len(o.members[c.ID].Stays) == 0 {
			return nil, missing
		}
	default:
		return nil, missing
	}
	if by := o.Upon(c.Kind, c.ID, c.Person); len(by) > 0 {
		return nil, ErrBuiltUpon.With("id", c.ID, "by", by[0])
	}
	return []Event{EntryWithdrawn(c)}, nil
}

// Upon lists what in the organisation stands upon an entry, by id.
func (o Office) Upon(kind, id, person string) (by []string) {
	add := func(is bool, what string) {
		if is && !slices.Contains(by, what) {
			by = append(by, what)
		}
	}
	for _, p := range o.Posts() {
		add(kind == EntryOrgan && p.Organ == id || kind == EntryUnit && p.Unit == id || kind == EntryPost && slices.Contains(p.Superiors, id), p.ID)
	}
	for _, u := range slices.Sorted(maps.Keys(o.units)) {
		add(kind == EntryUnit && o.units[u].Parent == id, u)
	}
	for _, m := range slices.Sorted(maps.Keys(o.members)) {
		for _, s := range o.members[m].Stays {
			add(kind == EntryUnit && s.Unit == id, m)
		}
	}
	for _, r := range slices.Sorted(maps.Keys(o.responsibilities)) {
		add(kind == EntryUnit && o.responsibilities[r].Unit == id || kind == EntryPost && o.responsibilities[r].Post == id, r)
	}
	for _, d := range slices.Sorted(maps.Keys(o.delegations)) {
		of := o.delegations[d]
		add(kind == EntryPost && (of.Post == id || of.Grantor == id) || kind == EntryMember && (of.Person == id || of.GrantedBy == id) ||
			kind == EntryAppointment && (of.Post == id && of.Person == person || of.Grantor == id && of.GrantedBy == person), d)
	}
	for _, post := range slices.Sorted(maps.Keys(o.holdings)) {
		for _, h := range o.holdings[post] {
			add(kind == EntryPost && post == id, h.Person)
			add(kind == EntryMember && h.Person == id, post)
		}
	}
	for _, f := range o.functions {
		add(kind == EntryMember && f.Person == id, f.Function)
	}
	if kind == EntryMember {
		add(o.officers[id] != "", o.officers[id])
		add(len(o.members[id].Stays) > 1, "transfer")
		add(o.members[id].Leaving, "leaving")
	}
	return by
}

// EntryWithdrawn takes the place of the entry that it names: the office is as if the entry had never been made.
type EntryWithdrawn struct {
	Of     string      `json:"of"`
	Kind   string      `json:"kind"`
	ID     string      `json:"id"`
	Person string      `json:"person"`
	From   domain.Date `json:"from"`
	Import string      `json:"import"`
}

// Corrects names the entry.
func (e EntryWithdrawn) Corrects() string { return e.Of }

// Evolve does nothing, in the place of the entry.
func (e EntryWithdrawn) Evolve(o Office) Office { return o }
