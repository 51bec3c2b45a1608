package org

import (
	"maps"
	"slices"
	"strings"
	"time"

	"andu/domain"
)

// slug tells whether an id chosen by the office is well-formed.
func slug(id string) bool {
	if id == "" || len(id) > 60 || id[0] < 'a' || id[0] > 'z' {
		return false
	}
	return strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// fresh tells whether an id may be given: it is well-formed and never was given before.
func (o Office) fresh(id string) error {
	switch {
	case !slug(id):
		return ErrID
	case o.used[id], slices.Contains(Officers(), id):
		return ErrTaken.With("id", id)
	}
	return nil
}

// SetUp sets the office up with its three officers, who make everything else. Only the system does it, once.
type SetUp struct {
	Name                  string `json:"name" doc:"name of the office" minLength:"1" maxLength:"200"`
	Kind                  string `json:"kind" doc:"what sort of office it is" minLength:"1" maxLength:"60" example:"县政府办公室"`
	Zone                  string `json:"zone" doc:"time zone" minLength:"1" maxLength:"60" example:"Asia/Shanghai"`
	SystemAdministrator   string `json:"system_administrator" doc:"person who becomes 系统管理员" minLength:"1" maxLength:"60"`
	SecurityAdministrator string `json:"security_administrator" doc:"person who becomes 安全保密管理员" minLength:"1" maxLength:"60"`
	Auditor               string `json:"auditor" doc:"person who becomes 安全审计员" minLength:"1" maxLength:"60"`
}

// Decide asks for three different persons (catalogue 5.1).
func (c SetUp) Decide(o Office, act domain.Act) ([]Event, error) {
	switch {
	case o.Exists():
		return nil, ErrSetUp
	case act.Person():
		return nil, ErrOfficer.With("officer", domain.System)
	case blank(c.Name):
		return nil, ErrIncomplete.With("field", "name")
	case blank(c.Kind):
		return nil, ErrIncomplete.With("field", "kind")
	}
	if _, err := time.LoadLocation(c.Zone); err != nil || c.Zone == "" {
		return nil, ErrUnknown.With("what", "time zone", "id", c.Zone)
	}
	persons := []string{c.SystemAdministrator, c.SecurityAdministrator, c.Auditor}
	events := []Event{OfficeSetUp{Office: act.Office, Name: c.Name, Kind: c.Kind, Zone: c.Zone}}
	for i, officer := range Officers() {
		if blank(persons[i]) || persons[i] == domain.System {
			return nil, ErrIncomplete.With("field", officer)
		}
		if slices.Contains(persons[:i], persons[i]) {
			return nil, ErrThree
		}
		events = append(events,
			PersonJoined{Person: persons[i], On: act.Today()},
			OfficerAppointed{Person: persons[i], Officer: officer})
	}
	return events, nil
}

// OfficeSetUp means the office keeps its records here.
type OfficeSetUp struct {
	Office string `json:"office"`
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Zone   string `json:"zone"`
}

// Evolve begins the office.
func (e OfficeSetUp) Evolve(o Office) Office {
	o.id, o.name, o.kind, o.zone = e.Office, e.Name, e.Kind, e.Zone
	return o
}

// SetUpOrgan records another organ: one above that directs the office, or one beside or below that it deals with.
type SetUpOrgan struct {
	Organ    string `json:"organ" doc:"id, chosen by the office" minLength:"1" maxLength:"60" example:"county-government"`
	Name     string `json:"name" minLength:"1" maxLength:"200" example:"县政府"`
	Relation string `json:"relation" enum:"above,beside,below"`
}

// Decide gives an id once.
func (c SetUpOrgan) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, SecurityAdministrator); err != nil {
		return nil, err
	}
	if err := o.fresh(c.Organ); err != nil {
		return nil, err
	}
	if blank(c.Name) {
		return nil, ErrIncomplete.With("field", "name")
	}
	if !slices.Contains([]string{"above", "beside", "below"}, c.Relation) {
		return nil, ErrIncomplete.With("field", "relation")
	}
	return []Event{OrganSetUp(c)}, nil
}

// OrganSetUp means the office knows the organ.
type OrganSetUp struct {
	Organ    string `json:"organ"`
	Name     string `json:"name"`
	Relation string `json:"relation"`
}

// Evolve adds the organ.
func (e OrganSetUp) Evolve(o Office) Office {
	o.organs = put(o.organs, e.Organ, Organ{ID: e.Organ, Name: e.Name, Relation: e.Relation})
	o.used = put(o.used, e.Organ, true)
	return o
}

// MergeOrgan records that another organ became part of a third.
type MergeOrgan struct {
	Organ string `json:"organ" minLength:"1" maxLength:"60"`
	Into  string `json:"into" minLength:"1" maxLength:"60"`
}

// Decide asks for two organs that the office knows.
func (c MergeOrgan) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, SecurityAdministrator); err != nil {
		return nil, err
	}
	for _, id := range []string{c.Organ, c.Into} {
		if _, ok := o.organs[id]; !ok {
			return nil, ErrUnknown.With("what", "organ", "id", id)
		}
	}
	if c.Organ == c.Into {
		return nil, ErrCircle
	}
	return []Event{OrganMerged(c)}, nil
}

// OrganMerged means the organ is part of the other from now on, with its posts.
type OrganMerged struct {
	Organ string `json:"organ"`
	Into  string `json:"into"`
}

// Evolve moves the organ's posts and takes the organ away.
func (e OrganMerged) Evolve(o Office) Office {
	posts := make(map[string]Post, len(o.posts))
	for id, p := range o.posts {
		if e.Organ != "" && p.Organ == e.Organ {
			p.Organ = e.Into
		}
		posts[id] = p
	}
	o.posts = posts
	o.organs = drop(o.organs, e.Organ)
	return o
}

// AbolishOrgan records that another organ is no more.
type AbolishOrgan struct {
	Organ string `json:"organ" minLength:"1" maxLength:"60"`
}

// Decide refuses while posts of the organ stand.
func (c AbolishOrgan) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, SecurityAdministrator); err != nil {
		return nil, err
	}
	if _, ok := o.organs[c.Organ]; !ok {
		return nil, ErrUnknown.With("what", "organ", "id", c.Organ)
	}
	for _, p := range o.Posts() {
		if p.Organ == c.Organ {
			return nil, ErrInUse.With("by", p.ID)
		}
	}
	return []Event{OrganAbolished(c)}, nil
}

// OrganAbolished means the organ is no more.
type OrganAbolished struct {
	Organ string `json:"organ"`
}

// Evolve takes the organ away.
func (e OrganAbolished) Evolve(o Office) Office { o.organs = drop(o.organs, e.Organ); return o }

// level is what the office's words say of a unit's name: the level of the longest word that ends it, or "".
func level(act domain.Act, name string) (level string) {
	if !Words.Has(act) {
		return ""
	}
	words := Words.Of(act)
	longest := ""
	for word, l := range words {
		if strings.HasSuffix(name, word) && len(word) > len(longest) {
			longest, level = word, l
		}
	}
	return level
}

// SetUpUnit sets up a unit of the office (R153). Its rank follows from the word its name ends in, by org.names.
type SetUpUnit struct {
	Unit   string `json:"unit" doc:"id, chosen by the office" minLength:"1" maxLength:"60" example:"admin-section"`
	Name   string `json:"name" minLength:"1" maxLength:"200" example:"行政股"`
	Parent string `json:"parent" doc:"unit above; empty: the office itself" required:"false" maxLength:"60"`
}

// Decide gives an id once.
func (c SetUpUnit) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, SecurityAdministrator); err != nil {
		return nil, err
	}
	if err := o.fresh(c.Unit); err != nil {
		return nil, err
	}
	if blank(c.Name) {
		return nil, ErrIncomplete.With("field", "name")
	}
	if _, ok := o.units[c.Parent]; c.Parent != "" && !ok {
		return nil, ErrUnknown.With("what", "unit", "id", c.Parent)
	}
	return []Event{UnitSetUp{Unit: c.Unit, Name: c.Name, Parent: c.Parent, Level: level(act, c.Name)}}, nil
}

// UnitSetUp means the office has the unit.
type UnitSetUp struct {
	Unit   string `json:"unit"`
	Name   string `json:"name"`
	Parent string `json:"parent"`
	Level  string `json:"level"`
}

// Evolve adds the unit.
func (e UnitSetUp) Evolve(o Office) Office {
	o.units = put(o.units, e.Unit, Unit{ID: e.Unit, Name: e.Name, Parent: e.Parent, Level: e.Level})
	o.used = put(o.used, e.Unit, true)
	return o
}

// ChangeUnit gives a unit another name or another place.
type ChangeUnit struct {
	Unit   string `json:"unit" minLength:"1" maxLength:"60"`
	Name   string `json:"name" minLength:"1" maxLength:"200"`
	Parent string `json:"parent" doc:"unit above; empty: the office itself" required:"false" maxLength:"60"`
}

// Decide refuses a unit above itself.
func (c ChangeUnit) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, SecurityAdministrator); err != nil {
		return nil, err
	}
	if _, ok := o.units[c.Unit]; !ok {
		return nil, ErrUnknown.With("what", "unit", "id", c.Unit)
	}
	if blank(c.Name) {
		return nil, ErrIncomplete.With("field", "name")
	}
	if _, ok := o.units[c.Parent]; c.Parent != "" && !ok {
		return nil, ErrUnknown.With("what", "unit", "id", c.Parent)
	}
	if c.Parent == c.Unit || slices.Contains(o.unitsAbove(c.Parent), c.Unit) {
		return nil, ErrCircle
	}
	return []Event{UnitChanged{Unit: c.Unit, Name: c.Name, Parent: c.Parent, Level: level(act, c.Name)}}, nil
}

// UnitChanged means the unit has this name and place from now on.
type UnitChanged struct {
	Unit   string `json:"unit"`
	Name   string `json:"name"`
	Parent string `json:"parent"`
	Level  string `json:"level"`
}

// Evolve replaces the unit.
func (e UnitChanged) Evolve(o Office) Office {
	o.units = put(o.units, e.Unit, Unit{ID: e.Unit, Name: e.Name, Parent: e.Parent, Level: e.Level})
	return o
}

// AbolishUnit ends a unit.
type AbolishUnit struct {
	Unit string `json:"unit" minLength:"1" maxLength:"60"`
}

// Decide refuses while the unit has posts, persons or units below.
func (c AbolishUnit) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, SecurityAdministrator); err != nil {
		return nil, err
	}
	if _, ok := o.units[c.Unit]; !ok {
		return nil, ErrUnknown.With("what", "unit", "id", c.Unit)
	}
	for _, id := range slices.Sorted(maps.Keys(o.units)) {
		if o.units[id].Parent == c.Unit {
			return nil, ErrInUse.With("by", id)
		}
	}
	for _, p := range o.Posts() {
		if p.Unit == c.Unit {
			return nil, ErrInUse.With("by", p.ID)
		}
	}
	for _, person := range slices.Sorted(maps.Keys(o.members)) {
		for _, s := range o.members[person].Stays {
			if s.Unit == c.Unit && (s.Until.IsZero() || act.Today().Before(s.Until)) {
				return nil, ErrInUse.With("by", person)
			}
		}
	}
	return []Event{UnitAbolished(c)}, nil
}

// UnitAbolished means the unit is no more.
type UnitAbolished struct {
	Unit string `json:"unit"`
}

// Evolve takes the unit away.
func (e UnitAbolished) Evolve(o Office) Office { o.units = drop(o.units, e.Unit); return o }

// CreatePost creates a post. Its title may be left out where the office's texts name the post (org.posts).
type CreatePost struct {
	Post      string   `json:"post" doc:"id, chosen by the office; policy values name posts by it" minLength:"1" maxLength:"60" example:"deputy-admin"`
	Title     string   `json:"title" doc:"as the office's texts call it" required:"false" maxLength:"200" example:"分管副主任"`
	Unit      string   `json:"unit" doc:"unit of the office; empty: the office itself" required:"false" maxLength:"60"`
	Organ     string   `json:"organ" doc:"other organ that the post belongs to; empty: this office" required:"false" maxLength:"60"`
	Single    bool     `json:"single" doc:"one holder at a time" required:"false"`
	Rank      int      `json:"rank" doc:"order in lists, 1 stands first" minimum:"1" maximum:"100000"`
	Superiors []string `json:"superiors" doc:"posts directly above" required:"false" maxItems:"20"`
}

// Decide gives an id once, and keeps the title that the office's texts give (C26).
func (c CreatePost) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, SecurityAdministrator); err != nil {
		return nil, err
	}
	if err := o.fresh(c.Post); err != nil {
		return nil, err
	}
	title, err := title(act, c.Post, c.Title)
	if err != nil {
		return nil, err
	}
	if err := o.placed(c.Unit, c.Organ); err != nil {
		return nil, err
	}
	if err := o.below(c.Post, c.Superiors); err != nil {
		return nil, err
	}
	return []Event{PostCreated{
		Post: c.Post, Title: title, Unit: c.Unit, Organ: c.Organ, Single: c.Single, Rank: c.Rank, Superiors: list(c.Superiors),
	}}, nil
}

// title is what the office's texts call the post, or the title given where they do not name it.
func title(act domain.Act, post, given string) (string, error) {
	if Catalogue.Has(act) {
		var titles []string
		for _, p := range Catalogue.Of(act) {
			if p.ID == post {
				titles = append(titles, p.Title)
			}
		}
		switch {
		case len(titles) > 0 && blank(given):
			return titles[0], nil
		case len(titles) > 0 && !slices.Contains(titles, given):
			return "", ErrTitle.With("title", strings.Join(titles, "、"))
		}
	}
	if blank(given) {
		return "", ErrIncomplete.With("field", "title")
	}
	return given, nil
}

// placed tells whether a post can stand in a unit of the office, or in another organ.
func (o Office) placed(unit, organ string) error {
	if _, ok := o.units[unit]; unit != "" && !ok {
		return ErrUnknown.With("what", "unit", "id", unit)
	}
	if _, ok := o.organs[organ]; organ != "" && !ok {
		return ErrUnknown.With("what", "organ", "id", organ)
	}
	return nil
}

// below tells whether a post can stand directly below others: they exist, and none of them is below it.
func (o Office) below(post string, superiors []string) error {
	for _, s := range superiors {
		if _, ok := o.posts[s]; !ok {
			return ErrUnknown.With("what", "post", "id", s)
		}
		if s == post || slices.Contains(o.Above(s), post) {
			return ErrCircle
		}
	}
	return nil
}

// list is never null in a stored event.
func list(v []string) []string { return append([]string{}, v...) }

// PostCreated means the post exists and is vacant.
type PostCreated struct {
	Post      string   `json:"post"`
	Title     string   `json:"title"`
	Unit      string   `json:"unit"`
	Organ     string   `json:"organ"`
	Single    bool     `json:"single"`
	Rank      int      `json:"rank"`
	Superiors []string `json:"superiors"`
}

// Evolve adds the post.
func (e PostCreated) Evolve(o Office) Office {
	o.posts = put(o.posts, e.Post, Post{
		ID: e.Post, Title: e.Title, Unit: e.Unit, Organ: e.Organ, Single: e.Single, Rank: e.Rank, Superiors: e.Superiors,
	})
	o.used = put(o.used, e.Post, true)
	return o
}

// ChangePost gives a post another title, place or rank.
type ChangePost struct {
	Post   string `json:"post" minLength:"1" maxLength:"60"`
	Title  string `json:"title" required:"false" maxLength:"200"`
	Unit   string `json:"unit" required:"false" maxLength:"60"`
	Organ  string `json:"organ" required:"false" maxLength:"60"`
	Single bool   `json:"single" required:"false"`
	Rank   int    `json:"rank" minimum:"1" maximum:"100000"`
}

// Decide keeps the title that the office's texts give, and does not make a post of several holders a single one.
func (c ChangePost) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, SecurityAdministrator); err != nil {
		return nil, err
	}
	if _, ok := o.posts[c.Post]; !ok {
		return nil, ErrUnknown.With("what", "post", "id", c.Post)
	}
	title, err := title(act, c.Post, c.Title)
	if err != nil {
		return nil, err
	}
	if err := o.placed(c.Unit, c.Organ); err != nil {
		return nil, err
	}
	if c.Single && o.shared(c.Post, act.Today()) {
		return nil, ErrHeld.With("post", c.Post)
	}
	return []Event{PostChanged{Post: c.Post, Title: title, Unit: c.Unit, Organ: c.Organ, Single: c.Single, Rank: c.Rank}}, nil
}

// shared tells whether two persons hold the post on one day, from a day on.
func (o Office) shared(post string, from domain.Date) bool {
	for i, h := range o.holdings[post] {
		for _, other := range o.holdings[post][:i] {
			if h.Acting == other.Acting && (h.Until.IsZero() || from.Before(h.Until)) && (other.Until.IsZero() || from.Before(other.Until)) &&
				overlap(h.From, h.Until, other.From, other.Until) {
				return true
			}
		}
	}
	return false
}

// PostChanged means the post has this title, place and rank from now on.
type PostChanged struct {
	Post   string `json:"post"`
	Title  string `json:"title"`
	Unit   string `json:"unit"`
	Organ  string `json:"organ"`
	Single bool   `json:"single"`
	Rank   int    `json:"rank"`
}

// Evolve changes the post.
func (e PostChanged) Evolve(o Office) Office {
	p := o.posts[e.Post]
	p.ID, p.Title, p.Unit, p.Organ, p.Single, p.Rank = e.Post, e.Title, e.Unit, e.Organ, e.Single, e.Rank
	o.posts = put(o.posts, e.Post, p)
	return o
}

// AbolishPost ends a post.
type AbolishPost struct {
	Post string `json:"post" minLength:"1" maxLength:"60"`
}

// Decide refuses while the post is held, is above another, or is in charge of something.
func (c AbolishPost) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, SecurityAdministrator); err != nil {
		return nil, err
	}
	if _, ok := o.posts[c.Post]; !ok {
		return nil, ErrUnknown.With("what", "post", "id", c.Post)
	}
	for _, h := range o.holdings[c.Post] {
		if h.Until.IsZero() || act.Today().Before(h.Until) {
			return nil, ErrInUse.With("by", h.Person)
		}
	}
	for _, p := range o.Posts() {
		if slices.Contains(p.Superiors, c.Post) {
			return nil, ErrInUse.With("by", p.ID)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(o.responsibilities)) {
		if r := o.responsibilities[id]; r.Post == c.Post && (r.Until.IsZero() || act.Today().Before(r.Until)) {
			return nil, ErrInUse.With("by", r.Matter+r.Unit)
		}
	}
	return []Event{PostAbolished(c)}, nil
}

// PostAbolished means the post is no more.
type PostAbolished struct {
	Post string `json:"post"`
}

// Evolve takes the post away; who held it when stays known.
func (e PostAbolished) Evolve(o Office) Office { o.posts = drop(o.posts, e.Post); return o }

// appointment checks what an appointment to a post and a temporary charge of it have in common.
func (o Office) appointment(act domain.Act, post, person, body, document string, from, to domain.Date, acting bool) (domain.Date, error) {
	if err := o.May(act, SecurityAdministrator); err != nil {
		return from, err
	}
	p, ok := o.posts[post]
	if !ok {
		return from, ErrUnknown.With("what", "post", "id", post)
	}
	from, err := span(act, from, to)
	if err != nil {
		return from, err
	}
	switch {
	case person == act.Actor.Person:
		return from, ErrOwn
	case o.officers[person] != "":
		return from, ErrSeparate
	case !o.Active(person, from):
		return from, ErrNotMember
	case blank(body):
		return from, ErrIncomplete.With("field", "by")
	}
	if AppointingBody.Has(act, post) {
		if appointing := AppointingBody.Of(act, post); body != appointing {
			return from, ErrBody.With("post", post, "body", appointing)
		}
		if blank(document) {
			return from, ErrDocument
		}
	}
	for _, h := range o.holdings[post] {
		if h.Acting == acting && (p.Single || acting || h.Person == person) && overlap(from, after(to), h.From, h.Until) {
			return from, ErrHeld.With("post", post)
		}
	}
	return from, nil
}

// Fill appoints a person to a post. Where the office's texts say which body appoints, only that body's document does.
type Fill struct {
	Post     string      `json:"post" minLength:"1" maxLength:"60"`
	Person   string      `json:"person" minLength:"1" maxLength:"60"`
	By       string      `json:"by" doc:"body that appoints" minLength:"1" maxLength:"200" example:"县政府"`
	Document string      `json:"document" doc:"number of the document" required:"false" maxLength:"200"`
	From     domain.Date `json:"from" doc:"first day; empty: today" required:"false"`
	To       domain.Date `json:"to" doc:"last day; empty: no end" required:"false"`
}

// Decide keeps one holder of a single post at a time (R57), the appointing body (R266), and officers out of posts.
func (c Fill) Decide(o Office, act domain.Act) ([]Event, error) {
	from, err := o.appointment(act, c.Post, c.Person, c.By, c.Document, c.From, c.To, false)
	if err != nil {
		return nil, err
	}
	return []Event{PostFilled{Post: c.Post, Person: c.Person, By: c.By, Document: c.Document, From: from, To: c.To}}, nil
}

// PostFilled means the person holds the post from the first day to the last.
type PostFilled struct {
	Post     string      `json:"post"`
	Person   string      `json:"person"`
	By       string      `json:"by"`
	Document string      `json:"document"`
	From     domain.Date `json:"from"`
	To       domain.Date `json:"to"`
}

// Evolve adds the holding.
func (e PostFilled) Evolve(o Office) Office {
	return o.held(e.Post, Holding{Person: e.Person, From: e.From, Until: after(e.To)})
}

func (o Office) held(post string, h Holding) Office {
	o.holdings = put(o.holdings, post, append(slices.Clone(o.holdings[post]), h))
	return o
}

// AppointActing puts a person in temporary charge of a post (临时主持) that is vacant or whose holder is away.
type AppointActing struct {
	Post     string      `json:"post" minLength:"1" maxLength:"60"`
	Person   string      `json:"person" minLength:"1" maxLength:"60"`
	By       string      `json:"by" doc:"body that appoints" minLength:"1" maxLength:"200"`
	Document string      `json:"document" doc:"number of the document" required:"false" maxLength:"200"`
	From     domain.Date `json:"from" doc:"first day; empty: today" required:"false"`
	To       domain.Date `json:"to" doc:"last day; empty: no end" required:"false"`
}

// Decide keeps one person in temporary charge at a time, appointed as the holder would be.
func (c AppointActing) Decide(o Office, act domain.Act) ([]Event, error) {
	from, err := o.appointment(act, c.Post, c.Person, c.By, c.Document, c.From, c.To, true)
	if err != nil {
		return nil, err
	}
	return []Event{ActingAppointed{Post: c.Post, Person: c.Person, By: c.By, Document: c.Document, From: from, To: c.To}}, nil
}

// ActingAppointed means the person acts for the post from the first day to the last.
type ActingAppointed struct {
	Post     string      `json:"post"`
	Person   string      `json:"person"`
	By       string      `json:"by"`
	Document string      `json:"document"`
	From     domain.Date `json:"from"`
	To       domain.Date `json:"to"`
}

// Evolve adds the holding.
func (e ActingAppointed) Evolve(o Office) Office {
	return o.held(e.Post, Holding{Person: e.Person, Acting: true, From: e.From, Until: after(e.To)})
}

// Vacate ends a person's time at a post, also a temporary charge.
type Vacate struct {
	Post     string      `json:"post" minLength:"1" maxLength:"60"`
	Person   string      `json:"person" minLength:"1" maxLength:"60"`
	Document string      `json:"document" doc:"number of the document" required:"false" maxLength:"200"`
	On       domain.Date `json:"on" doc:"first day on which the person no longer holds it; empty: today" required:"false"`
}

// Decide refuses where the person does not hold the post on that day or later.
func (c Vacate) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, SecurityAdministrator); err != nil {
		return nil, err
	}
	on := dayOr(act, c.On)
	for _, h := range o.holdings[c.Post] {
		if h.Person == c.Person && (h.Until.IsZero() || on.Before(h.Until)) {
			return []Event{PostVacated{Post: c.Post, Person: c.Person, Document: c.Document, On: on}}, nil
		}
	}
	return nil, ErrUnknown.With("what", "holder of the post", "id", c.Post)
}

// PostVacated means the person no longer holds the post from that day on.
type PostVacated struct {
	Post     string      `json:"post"`
	Person   string      `json:"person"`
	Document string      `json:"document"`
	On       domain.Date `json:"on"`
}

// Evolve ends the person's holdings.
func (e PostVacated) Evolve(o Office) Office {
	holdings := slices.Clone(o.holdings[e.Post])
	for i, h := range holdings {
		if h.Person == e.Person && (h.Until.IsZero() || e.On.Before(h.Until)) {
			holdings[i].Until = e.On
		}
	}
	o.holdings = put(o.holdings, e.Post, holdings)
	return o
}

// AssignPostDuty says what the post is for (R153, R279): its duties, clause by clause.
type AssignPostDuty struct {
	Post   string   `json:"post" minLength:"1" maxLength:"60"`
	Duties []string `json:"duties" doc:"one duty a line" minItems:"1" maxItems:"50"`
}

// Decide asks for a post and its duties.
func (c AssignPostDuty) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, SecurityAdministrator); err != nil {
		return nil, err
	}
	if _, ok := o.posts[c.Post]; !ok {
		return nil, ErrUnknown.With("what", "post", "id", c.Post)
	}
	if len(c.Duties) == 0 || slices.ContainsFunc(c.Duties, blank) {
		return nil, ErrIncomplete.With("field", "duties")
	}
	return []Event{PostDutyAssigned(c)}, nil
}

// PostDutyAssigned means these are the post's duties from now on. No rule reads them; the organisation chart shows them.
type PostDutyAssigned struct {
	Post   string   `json:"post"`
	Duties []string `json:"duties"`
}

// Evolve changes nothing that a rule reads.
func (e PostDutyAssigned) Evolve(o Office) Office { return o }

// SetReportingLine says which posts are directly above a post; the first is the one it answers to first (R279).
type SetReportingLine struct {
	Post      string   `json:"post" minLength:"1" maxLength:"60"`
	Superiors []string `json:"superiors" doc:"posts directly above; none: it stands at the top" maxItems:"20"`
}

// Decide refuses a circle.
func (c SetReportingLine) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, SecurityAdministrator); err != nil {
		return nil, err
	}
	if _, ok := o.posts[c.Post]; !ok {
		return nil, ErrUnknown.With("what", "post", "id", c.Post)
	}
	if err := o.below(c.Post, c.Superiors); err != nil {
		return nil, err
	}
	return []Event{ReportingLineSet{Post: c.Post, Superiors: list(c.Superiors)}}, nil
}

// ReportingLineSet means the post stands below these from now on.
type ReportingLineSet struct {
	Post      string   `json:"post"`
	Superiors []string `json:"superiors"`
}

// Evolve replaces the post's superiors.
func (e ReportingLineSet) Evolve(o Office) Office {
	p := o.posts[e.Post]
	p.ID, p.Superiors = e.Post, e.Superiors
	o.posts = put(o.posts, e.Post, p)
	return o
}

// AssignResponsibility puts a post in charge of a matter or of a unit (分管).
type AssignResponsibility struct {
	Post   string      `json:"post" minLength:"1" maxLength:"60"`
	Matter string      `json:"matter" doc:"matter in charge of; or unit" required:"false" maxLength:"100" example:"papers"`
	Unit   string      `json:"unit" doc:"unit in charge of; or matter" required:"false" maxLength:"60"`
	From   domain.Date `json:"from" doc:"first day; empty: today" required:"false"`
	To     domain.Date `json:"to" doc:"last day; empty: no end" required:"false"`
}

// Decide keeps one post in charge of a thing on one day, and the post that the office's texts say (org.inCharge).
func (c AssignResponsibility) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, SecurityAdministrator); err != nil {
		return nil, err
	}
	if _, ok := o.posts[c.Post]; !ok {
		return nil, ErrUnknown.With("what", "post", "id", c.Post)
	}
	if blank(c.Matter) == blank(c.Unit) {
		return nil, ErrIncomplete.With("field", "matter")
	}
	if _, ok := o.units[c.Unit]; !ok && c.Unit != "" {
		return nil, ErrUnknown.With("what", "unit", "id", c.Unit)
	}
	from, err := span(act, c.From, c.To)
	if err != nil {
		return nil, err
	}
	if c.Matter != "" && PostInCharge.Has(act, c.Matter) {
		if post := PostInCharge.Of(act, c.Matter); post != c.Post {
			return nil, ErrInCharge.With("post", post)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(o.responsibilities)) {
		r := o.responsibilities[id]
		if r.Matter == c.Matter && r.Unit == c.Unit && overlap(from, after(c.To), r.From, r.Until) {
			return nil, ErrInCharge.With("post", r.Post)
		}
	}
	return []Event{ResponsibilityAssigned{
		Responsibility: act.NewID("responsibility"), Post: c.Post, Matter: c.Matter, Unit: c.Unit, From: from, To: c.To,
	}}, nil
}

// ResponsibilityAssigned means the post is in charge from the first day to the last.
type ResponsibilityAssigned struct {
	Responsibility string      `json:"responsibility"`
	Post           string      `json:"post"`
	Matter         string      `json:"matter"`
	Unit           string      `json:"unit"`
	From           domain.Date `json:"from"`
	To             domain.Date `json:"to"`
}

// Evolve adds the responsibility.
func (e ResponsibilityAssigned) Evolve(o Office) Office {
	o.responsibilities = put(o.responsibilities, e.Responsibility, Responsibility{
		ID: e.Responsibility, Post: e.Post, Matter: e.Matter, Unit: e.Unit, From: e.From, Until: after(e.To),
	})
	return o
}

// EndResponsibility ends a post's charge of a matter or of a unit.
type EndResponsibility struct {
	Responsibility string      `json:"responsibility" minLength:"1" maxLength:"60"`
	On             domain.Date `json:"on" doc:"first day on which the post is no longer in charge; empty: today" required:"false"`
}

// Decide asks for a responsibility; one that is over stays as it is.
func (c EndResponsibility) Decide(o Office, act domain.Act) ([]Event, error) {
	if err := o.May(act, SecurityAdministrator); err != nil {
		return nil, err
	}
	r, ok := o.responsibilities[c.Responsibility]
	if !ok {
		return nil, ErrUnknown.With("what", "responsibility", "id", c.Responsibility)
	}
	on := dayOr(act, c.On)
	if !r.Until.IsZero() && !on.Before(r.Until) {
		return nil, nil
	}
	return []Event{ResponsibilityEnded{Responsibility: c.Responsibility, On: on}}, nil
}

// ResponsibilityEnded means the post is no longer in charge from that day on.
type ResponsibilityEnded struct {
	Responsibility string      `json:"responsibility"`
	On             domain.Date `json:"on"`
}

// Evolve ends the responsibility.
func (e ResponsibilityEnded) Evolve(o Office) Office {
	r := o.responsibilities[e.Responsibility]
	r.ID, r.Until = e.Responsibility, e.On
	o.responsibilities = put(o.responsibilities, e.Responsibility, r)
	return o
}
