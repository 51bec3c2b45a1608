// Package directory is the office's book of names: what to call a person, a post, a unit or another organ that stands by
// its id elsewhere, who holds which post on a day, and the lists of persons as offices sort them.
package directory

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"andu/domain"
	"andu/domain/org"
	"andu/domain/persons"
	"andu/projections"
)

//go:embed schema.sql
var schema string

// Projection is the names of every office.
var Projection = projections.Projection{Name: "directory", Version: 1, Schema: schema, Apply: apply,
	Tables: []string{"office", "organ", "unit", "post", "holding", "charge", "stay", "officer", "person"}}

// Directory is the names of one office, with what has ended, at the time of the query.
type Directory struct {
	Office  Office
	posts   map[string]Post
	units   map[string]Unit
	organs  map[string]Organ
	persons map[string]Person
	holding []Holding
	charges []Charge
}

// Office is the office itself.
type Office struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Kind string `json:"kind"`
	Zone string `json:"zone"`
}

// Organ is another organ.
type Organ struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Relation string `json:"relation"`
	Into     string `json:"into"` // the organ that it was merged into
	Ended    bool   `json:"ended"`
}

// Unit is a part of the office.
type Unit struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Parent string `json:"parent"`
	Level  string `json:"level"`
	Ended  bool   `json:"ended"`
}

// Post is a post of the office, or of another organ whose holder directs the office.
type Post struct {
	ID        string   `json:"id"`
	Title     string   `json:"title"`
	Unit      string   `json:"unit"`
	Organ     string   `json:"organ"`
	Single    bool     `json:"single"`
	Rank      int      `json:"rank"` // 1 stands first
	Superiors []string `json:"superiors"`
	Ended     bool     `json:"ended"`
}

// Person is a person of the office. Name is the id where the name is not known or erased.
type Person struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	SortKey  string `json:"sort_key"` // pinyin
	Employee string `json:"employee"`
	Phone    string `json:"phone"`
	Officer  string `json:"officer"` // one of the three officers; "": none
	Stays    []Stay `json:"stays"`
	stroke   int    // place in the list by strokes
	pinyin   int    // place in the list by pinyin
}

// Stay is a person's time in the office, in one unit.
type Stay struct {
	Unit  string      `json:"unit"` // "": the office itself
	From  domain.Date `json:"from"`
	Until domain.Date `json:"until"` // first day after; zero: no end
}

// On tells whether the person belongs to the office on a day, and to which unit.
func (p Person) On(day domain.Date) (unit string, ok bool) {
	for _, s := range p.Stays {
		if within(day, s.From, s.Until) {
			return s.Unit, true
		}
	}
	return "", false
}

// Holding is a person's time at a post.
type Holding struct {
	Post   string      `json:"post"`
	Person string      `json:"person"`
	Acting bool        `json:"acting"` // 临时主持
	From   domain.Date `json:"from"`
	Until  domain.Date `json:"until"` // first day after; zero: no end
}

// Charge says which post is in charge of a matter or a unit (分管).
type Charge struct {
	Post   string      `json:"post"`
	Matter string      `json:"matter"`
	Unit   string      `json:"unit"`
	From   domain.Date `json:"from"`
	Until  domain.Date `json:"until"`
}

func within(day, from, until domain.Date) bool {
	return !day.Before(from) && (until.IsZero() || day.Before(until))
}

// Person finds a person; one that is not known has the id for a name.
func (d Directory) Person(id string) Person {
	p, ok := d.persons[id]
	if !ok {
		return Person{ID: id, Name: id}
	}
	return p
}

// Post finds a post; one that is not known has the id for a title.
func (d Directory) Post(id string) Post {
	p, ok := d.posts[id]
	if !ok {
		return Post{ID: id, Title: id}
	}
	return p
}

// Unit finds a unit; one that is not known has the id for a name.
func (d Directory) Unit(id string) Unit {
	u, ok := d.units[id]
	if !ok {
		return Unit{ID: id, Name: id}
	}
	return u
}

// Organ finds another organ; one that is not known has the id for a name.
func (d Directory) Organ(id string) Organ {
	o, ok := d.organs[id]
	if !ok {
		return Organ{ID: id, Name: id}
	}
	return o
}

// Name is what to call whatever stands by an id in a record: a post, a unit, an organ or a person.
func (d Directory) Name(id string) string {
	if p, ok := d.posts[id]; ok {
		return p.Title
	}
	if u, ok := d.units[id]; ok {
		return u.Name
	}
	if o, ok := d.organs[id]; ok {
		return o.Name
	}
	return d.Person(id).Name
}

// PersonCalled finds the one person who has an employee number or a name, or is named by the id; "" where there is none, or
// more than one.
func (d Directory) PersonCalled(word string) string {
	if _, ok := d.persons[word]; ok || word == "" {
		return word
	}
	var by, named []string
	for id, p := range d.persons {
		switch word {
		case p.Employee:
			by = append(by, id)
		case p.Name:
			named = append(named, id)
		}
	}
	switch {
	case len(by) == 1:
		return by[0]
	case len(by) == 0 && len(named) == 1:
		return named[0]
	}
	return ""
}

// Called finds the one unit, post or person that has an id, a name or an employee number; "" where there is none, or more
// than one.
func (d Directory) Called(word string) string {
	if _, ok := d.units[word]; ok {
		return word
	}
	if _, ok := d.posts[word]; ok {
		return word
	}
	var found []string
	for _, u := range d.Units() {
		if u.Name == word {
			found = append(found, u.ID)
		}
	}
	for _, p := range d.Posts() {
		if p.Title == word {
			found = append(found, p.ID)
		}
	}
	switch len(found) {
	case 0:
		return d.PersonCalled(word)
	case 1:
		return found[0]
	}
	return ""
}

// Holders lists who holds a post on a day: the appointed first, then who acts for it. None: the post is vacant.
func (d Directory) Holders(post string, day domain.Date) (ids []string) {
	if slices.Contains(org.Officers(), post) {
		for _, p := range d.Officers() {
			if _, ok := p.On(day); ok && p.Officer == post {
				ids = append(ids, p.ID)
			}
		}
	}
	for _, acting := range []bool{false, true} {
		for _, h := range d.holding {
			_, here := d.persons[h.Person].On(day)
			if h.Post == post && h.Acting == acting && within(day, h.From, h.Until) && here && !slices.Contains(ids, h.Person) {
				ids = append(ids, h.Person)
			}
		}
	}
	return ids
}

// Holdings lists who held a post when.
func (d Directory) Holdings(post string) (list []Holding) {
	for _, h := range d.holding {
		if h.Post == post {
			list = append(list, h)
		}
	}
	return list
}

// PostsOf lists the posts that a person holds or acts for on a day, by rank.
func (d Directory) PostsOf(person string, day domain.Date) (posts []Post) {
	for _, p := range d.Posts() {
		if slices.Contains(d.Holders(p.ID, day), person) {
			posts = append(posts, p)
		}
	}
	return posts
}

// StandsFor lists what a person acts for on a day: the posts, and the units that they belong to.
func (d Directory) StandsFor(person string, day domain.Date) (ids []string) {
	for _, p := range d.PostsOf(person, day) {
		ids = append(ids, p.ID)
		if p.Unit != "" && !slices.Contains(ids, p.Unit) {
			ids = append(ids, p.Unit)
		}
	}
	return ids
}

// InCharge lists what a post is in charge of on a day.
func (d Directory) InCharge(post string, day domain.Date) (list []Charge) {
	for _, c := range d.charges {
		if c.Post == post && within(day, c.From, c.Until) {
			list = append(list, c)
		}
	}
	return list
}

// Posts lists the posts that are, by rank.
func (d Directory) Posts() []Post {
	return sorted(d.posts, func(p Post) bool { return p.Ended }, func(a, b Post) int { return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.ID, b.ID)) })
}

// Units lists the units that are, by id.
func (d Directory) Units() []Unit {
	return sorted(d.units, func(u Unit) bool { return u.Ended }, func(a, b Unit) int { return cmp.Compare(a.ID, b.ID) })
}

// Organs lists the other organs that are, by id.
func (d Directory) Organs() []Organ {
	return sorted(d.organs, func(o Organ) bool { return o.Ended }, func(a, b Organ) int { return cmp.Compare(a.ID, b.ID) })
}

// Officers lists the persons who are one of the three officers (三员).
func (d Directory) Officers() []Person {
	return sorted(d.persons, func(p Person) bool { return p.Officer == "" }, func(a, b Person) int {
		return cmp.Or(cmp.Compare(slices.Index(org.Officers(), a.Officer), slices.Index(org.Officers(), b.Officer)), cmp.Compare(a.ID, b.ID))
	})
}

// Order is how a list of persons is sorted.
type Order string

const (
	ByRank   Order = "rank"   // 职务: by the highest post on the day, then by pinyin
	ByPinyin Order = "pinyin" // 拼音
	ByStroke Order = "stroke" // 笔画
)

// People lists the persons of the office on a day.
func (d Directory) People(order Order, day domain.Date) []Person {
	rank := map[string]int{}
	if order != ByPinyin && order != ByStroke {
		posts := d.Posts()
		for i, p := range slices.Backward(posts) {
			for _, person := range d.Holders(p.ID, day) {
				rank[person] = i - len(posts) // below zero: whoever has no post stands last
			}
		}
	}
	return sorted(d.persons, func(p Person) bool { _, here := p.On(day); return !here }, func(a, b Person) int {
		if order == ByStroke {
			return cmp.Or(cmp.Compare(a.stroke, b.stroke), cmp.Compare(a.ID, b.ID))
		}
		return cmp.Or(cmp.Compare(rank[a.ID], rank[b.ID]), cmp.Compare(a.pinyin, b.pinyin), cmp.Compare(a.ID, b.ID))
	})
}

func sorted[T any](all map[string]T, without func(T) bool, compare func(a, b T) int) []T {
	list := make([]T, 0, len(all))
	for _, v := range all {
		if !without(v) {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, compare)
	return list
}

// Kept keeps the directories that were read last. What it keeps is no truth: every use asks whether the office's rows are
// still those. The zero Kept is empty; it is safe for concurrent use.
type Kept struct {
	mu      sync.Mutex
	offices map[string]kept
}

type kept struct {
	stamp [3]int64
	names Directory
}

// keptOffices bounds the memory: the directory of an office of 50 persons is some 30 kilobytes.
const keptOffices = 256

// Names gives the directory of an office as it is now. It is not to be changed.
func (k *Kept) Names(ctx context.Context, db projections.Querier, office string) (Directory, error) {
	var now [3]int64 // every event of the organisation or of a person moves one of them
	err := db.QueryRow(ctx, `select coalesce((select revision from `+Projection.Table("office")+` where office = $1), -1), count(*), coalesce(sum(revision), 0)::bigint
		from `+Projection.Table("person")+` where office = $1`, office).Scan(&now[0], &now[1], &now[2])
	if err != nil {
		return Directory{}, fmt.Errorf("read the directory: %w", err)
	}
	k.mu.Lock()
	known, ok := k.offices[office]
	k.mu.Unlock()
	if ok && known.stamp == now {
		return known.names, nil
	}
	names, err := Names(ctx, db, office)
	if err != nil {
		return names, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.offices == nil || len(k.offices) >= keptOffices {
		k.offices = map[string]kept{}
	}
	k.offices[office] = kept{now, names}
	return names, nil
}

// Names reads the directory of an office.
func Names(ctx context.Context, db projections.Querier, office string) (Directory, error) {
	d := Directory{Office: Office{ID: office, Name: office}, posts: map[string]Post{}, units: map[string]Unit{},
		organs: map[string]Organ{}, persons: map[string]Person{}}
	// One statement, so that all of it is of one position.
	rows, err := db.Query(ctx, `
		select 'office' as what, array[name, kind, zone] as words, 0, 0, '{}'::text[], null::date, null::date, false, false
			from `+Projection.Table("office")+` where office = $1
		union all select 'organ', array[id, name, relation, into_id], 0, 0, '{}', null, null, ended, false
			from `+Projection.Table("organ")+` where office = $1
		union all select 'unit', array[id, name, parent, level], 0, 0, '{}', null, null, ended, false
			from `+Projection.Table("unit")+` where office = $1
		union all select 'post', array[id, title, unit, organ], rank, 0, superiors, null, null, ended, single
			from `+Projection.Table("post")+` where office = $1
		union all select 'holding', array[post, person], revision, 0, '{}', from_on, until_on, false, acting
			from `+Projection.Table("holding")+` where office = $1
		union all select 'charge', array[post, matter, unit, id], 0, 0, '{}', from_on, until_on, false, false
			from `+Projection.Table("charge")+` where office = $1
		union all select 'person', array[id, name, sort_key, employee, phone],
				row_number() over (order by sort_key collate "C", name collate "zh-x-icu", id),
				row_number() over (order by name collate `+Projection.Table("stroke")+`, id), '{}', null, null, false, false
			from `+Projection.Table("person")+` where office = $1
		union all select 'person.stay', array[person, unit], revision, 0, '{}', from_on, until_on, false, false
			from `+Projection.Table("stay")+` where office = $1
		union all select 'person.officer', array[person, officer], 0, 0, '{}', null, null, false, false
			from `+Projection.Table("officer")+` where office = $1
		order by 1, 3, 2`, office)
	if err != nil {
		return d, fmt.Errorf("read the directory: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var what string
		var w, list []string
		var n, m int
		var from, until domain.Date
		var ended, flag bool
		if err := rows.Scan(&what, &w, &n, &m, &list, projections.Into(&from), projections.Into(&until), &ended, &flag); err != nil {
			return d, fmt.Errorf("read the directory: %w", err)
		}
		switch what {
		case "office":
			d.Office = Office{ID: office, Name: w[0], Kind: w[1], Zone: w[2]}
		case "organ":
			d.organs[w[0]] = Organ{ID: w[0], Name: w[1], Relation: w[2], Into: w[3], Ended: ended}
		case "unit":
			d.units[w[0]] = Unit{ID: w[0], Name: w[1], Parent: w[2], Level: w[3], Ended: ended}
		case "post":
			d.posts[w[0]] = Post{ID: w[0], Title: w[1], Unit: w[2], Organ: w[3], Single: flag, Rank: n, Superiors: list, Ended: ended}
		case "holding":
			d.holding = append(d.holding, Holding{Post: w[0], Person: w[1], Acting: flag, From: from, Until: until})
		case "charge":
			d.charges = append(d.charges, Charge{Post: w[0], Matter: w[1], Unit: w[2], From: from, Until: until})
		case "person":
			d.persons[w[0]] = Person{ID: w[0], Name: cmp.Or(w[1], w[0]), SortKey: w[2], Employee: w[3], Phone: w[4], pinyin: n, stroke: m}
		case "person.stay", "person.officer":
			p, ok := d.persons[w[0]]
			if !ok { // the organisation knows the person, the names do not
				p = Person{ID: w[0], Name: w[0], pinyin: math.MaxInt, stroke: math.MaxInt}
			}
			if what == "person.stay" {
				p.Stays = append(p.Stays, Stay{Unit: w[1], From: from, Until: until})
			} else {
				p.Officer = w[1]
			}
			d.persons[w[0]] = p
		}
	}
	if err := rows.Err(); err != nil {
		return d, fmt.Errorf("read the directory: %w", err)
	}
	return d, nil
}

// apply follows the organisation and the persons of every office.
func apply(b *pgx.Batch, r domain.Recorded) error {
	switch {
	case r.Stream == org.Stream(r.Office):
		organisation(b, r)
	case strings.HasPrefix(r.Stream, persons.Context.Name+"-"):
		person(b, r)
	}
	return nil
}

func organisation(b *pgx.Batch, r domain.Recorded) {
	if r.Revision == 0 {
		e, _ := r.Event.(org.OfficeSetUp)
		b.Queue(`insert into office (office, name, kind, zone, prior, revision) values ($1, $2, $3, $4, -1, 0)`, r.Office, e.Name, e.Kind, e.Zone)
		return
	}
	b.Queue(`update office set prior = revision, revision = $2 where office = $1`, r.Office, r.Revision)
	hold := func(post, person string, acting bool, from, to domain.Date) {
		b.Queue(`insert into holding (office, revision, post, person, acting, from_on, until_on) values ($1, $2, $3, $4, $5, $6, $7)`,
			r.Office, r.Revision, post, person, acting, projections.Date(from), projections.Date(after(to)))
	}
	stay := func(person, unit string, from domain.Date) {
		b.Queue(`insert into stay (office, revision, person, unit, from_on) values ($1, $2, $3, $4, $5)`,
			r.Office, r.Revision, person, unit, projections.Date(from))
	}
	leave := func(person string, on domain.Date) {
		b.Queue(`update stay set until_on = $3::date where office = $1 and person = $2 and (until_on is null or until_on > $3::date)`,
			r.Office, person, projections.Date(on))
	}
	switch e := r.Event.(type) {
	case org.OrganSetUp:
		b.Queue(`insert into organ (office, id, name, relation, into_id, ended) values ($1, $2, $3, $4, '', false)`, r.Office, e.Organ, e.Name, e.Relation)
	case org.OrganMerged:
		b.Queue(`update organ set into_id = $3, ended = true where office = $1 and id = $2`, r.Office, e.Organ, e.Into)
		b.Queue(`update post set organ = $3 where office = $1 and organ = $2`, r.Office, e.Organ, e.Into)
	case org.OrganAbolished:
		b.Queue(`update organ set ended = true where office = $1 and id = $2`, r.Office, e.Organ)
	case org.UnitSetUp:
		b.Queue(`insert into unit (office, id, name, parent, level, ended) values ($1, $2, $3, $4, $5, false)`, r.Office, e.Unit, e.Name, e.Parent, e.Level)
	case org.UnitChanged:
		b.Queue(`update unit set name = $3, parent = $4, level = $5 where office = $1 and id = $2`, r.Office, e.Unit, e.Name, e.Parent, e.Level)
	case org.UnitAbolished:
		b.Queue(`update unit set ended = true where office = $1 and id = $2`, r.Office, e.Unit)
	case org.PostCreated:
		b.Queue(`insert into post (office, id, title, unit, organ, single, rank, superiors, ended) values ($1, $2, $3, $4, $5, $6, $7, $8, false)`,
			r.Office, e.Post, e.Title, e.Unit, e.Organ, e.Single, e.Rank, projections.Array(e.Superiors))
	case org.PostChanged:
		b.Queue(`update post set title = $3, unit = $4, organ = $5, single = $6, rank = $7 where office = $1 and id = $2`,
			r.Office, e.Post, e.Title, e.Unit, e.Organ, e.Single, e.Rank)
	case org.PostAbolished:
		b.Queue(`update post set ended = true where office = $1 and id = $2`, r.Office, e.Post)
	case org.ReportingLineSet:
		b.Queue(`update post set superiors = $3 where office = $1 and id = $2`, r.Office, e.Post, projections.Array(e.Superiors))
	case org.PostFilled:
		hold(e.Post, e.Person, false, e.From, e.To)
	case org.ActingAppointed:
		hold(e.Post, e.Person, true, e.From, e.To)
	case org.PostVacated:
		b.Queue(`update holding set until_on = $4::date where office = $1 and post = $2 and person = $3 and (until_on is null or until_on > $4::date)`,
			r.Office, e.Post, e.Person, projections.Date(e.On))
	case org.ResponsibilityAssigned:
		b.Queue(`insert into charge (office, id, post, matter, unit, from_on, until_on) values ($1, $2, $3, $4, $5, $6, $7)`,
			r.Office, e.Responsibility, e.Post, e.Matter, e.Unit, projections.Date(e.From), projections.Date(after(e.To)))
	case org.ResponsibilityEnded:
		b.Queue(`update charge set until_on = $3 where office = $1 and id = $2`, r.Office, e.Responsibility, projections.Date(e.On))
	case org.PersonJoined:
		stay(e.Person, e.Unit, e.On)
	case org.PersonTransferred:
		leave(e.Person, e.On)
		stay(e.Person, e.Unit, e.On)
	case org.PersonLeft:
		leave(e.Person, e.On)
	case org.EntryWithdrawn:
		switch e.Kind {
		case org.EntryOrgan, org.EntryUnit, org.EntryPost:
			b.Queue(`delete from `+e.Kind+` where office = $1 and id = $2`, r.Office, e.ID)
		case org.EntryAppointment:
			b.Queue(`delete from holding where office = $1 and post = $2 and person = $3 and from_on = $4`, r.Office, e.ID, e.Person, projections.Date(e.From))
		case org.EntryMember:
			b.Queue(`delete from stay where office = $1 and person = $2`, r.Office, e.ID)
		}
	case org.OfficerAppointed:
		b.Queue(`insert into officer (office, person, officer) values ($1, $2, $3)
			on conflict (office, person) do update set officer = excluded.officer`, r.Office, e.Person, e.Officer)
	case org.OfficerRelieved:
		b.Queue(`delete from officer where office = $1 and person = $2`, r.Office, e.Person)
	}
}

// after is the first day after the last one; no last day is no end.
func after(to domain.Date) domain.Date {
	if to.IsZero() {
		return to
	}
	return to.Add(1)
}

// person follows one person. The id is that of the stream, which an erased registration no longer tells.
func person(b *pgx.Batch, r domain.Recorded) {
	if r.Revision == 0 {
		e, _ := r.Event.(persons.Registered)
		b.Queue(`insert into person (stream, office, id, name, sort_key, employee, phone, renamed, moved, prior, revision)
			values ($1, $2, $3, $4, $5, $6, $7, false, false, -1, 0)`,
			r.Stream, r.Office, strings.TrimPrefix(r.Stream, persons.Stream("")), e.Name, e.SortKey, e.Employee, e.Phone)
		return
	}
	b.Queue(`update person set prior = revision, revision = $2 where stream = $1`, r.Stream, r.Revision)
	if r.Erased {
		return
	}
	switch e := r.Event.(type) {
	case persons.Registered: // again, after a wrong one was withdrawn
		b.Queue(`update person set name = $2, sort_key = $3, employee = $4, phone = $5, renamed = false, moved = false where stream = $1`, r.Stream, e.Name, e.SortKey, e.Employee, e.Phone)
	case persons.RegistrationWithdrawn:
		b.Queue(`update person set name = '', sort_key = '', employee = '', phone = '' where stream = $1`, r.Stream)
	case persons.RegistrationCorrected:
		b.Queue(`update person set employee = $2, name = case when renamed then name else $3 end, sort_key = case when renamed then sort_key else $4 end,
			phone = case when moved then phone else $5 end where stream = $1`, r.Stream, e.Employee, e.Name, e.SortKey, e.Phone)
	case persons.Renamed:
		b.Queue(`update person set name = $2, sort_key = $3, renamed = true where stream = $1`, r.Stream, e.Name, e.SortKey)
	case persons.ContactChanged:
		b.Queue(`update person set phone = $2, moved = true where stream = $1`, r.Stream, e.Phone)
	}
}
