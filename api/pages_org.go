package api

import (
	"net/http"
	"reflect"
	"strings"
	"time"

	"andu/api/accounts"
	"andu/commands"
	"andu/domain"
	"andu/domain/org"
	"andu/domain/persons"
	"andu/projections/directory"
)

// orgPages are the page of the office's organisation and the forms by which its officers keep it: units, posts and
// appointments are the security administrator's, persons and their accounts the system administrator's.
func (a *API) orgPages() {
	recordPages(a, "/desk/org", "org", commands.Look, "Units, posts and persons", openOrganisation, organisation.build, orgActs)
	a.page(http.MethodPost, "/desk/org/people", commands.Administer, "Enter a person with an account, by the form", a.personForm)
}

// organisation is the office's organisation before the asker.
type organisation struct{ *record[org.Office] }

func openOrganisation(a *API, r *http.Request) (organisation, error) {
	d, err := a.desk(r)
	if err != nil {
		return organisation{}, err
	}
	rec := &record[org.Office]{desk: d, of: org.Context, stream: org.Stream(d.who.Office), sees: true, state: d.office}
	rec.events, err = a.cfg.Handler.History(d.ctx, d.who.Office, rec.stream)
	return organisation{rec}, err
}

func (o organisation) href() string { return "/desk/org" }

// orgActs are the acts upon the organisation. What an officer enters is typed, so every form begins empty.
var orgActs = []recordAct[organisation]{
	upon("units", "设立内设机构", "Set up a unit", func(organisation) domain.Command[org.Office] { return org.SetUpUnit{} }).editing(),
	upon("posts", "设立岗位", "Create a post", func(o organisation) domain.Command[org.Office] {
		return org.CreatePost{Rank: 10 * (1 + len(o.names.Posts()))}
	}).editing(),
	upon("appointments", "任职", "Appoint", func(o organisation) domain.Command[org.Office] { return org.Fill{From: o.today} }).editing(),
	upon("acting-appointments", "临时主持", "Appoint to act for a post", func(o organisation) domain.Command[org.Office] { return org.AppointActing{From: o.today} }).editing(),
	upon("vacancies", "离岗", "Record that a person left a post", func(o organisation) domain.Command[org.Office] { return org.Vacate{On: o.today} }).editing(),
	upon("responsibilities", "分管", "Put a post in charge", func(o organisation) domain.Command[org.Office] { return org.AssignResponsibility{From: o.today} }).editing(),
	upon("organs", "登记往来机关", "Set up another organ", func(organisation) domain.Command[org.Office] { return org.SetUpOrgan{} }).editing(),
	upon("transfers", "人员调动", "Move a person to another unit", func(o organisation) domain.Command[org.Office] { return org.Transfer{On: o.today} }).editing(),
}

func (o organisation) next() []string {
	return []string{"people", "units", "posts", "appointments"}
}

// leaves says nothing of what is an officer's to whoever is not that officer.
func (o organisation) leaves(_ string, why *domain.Refusal) bool { return why.Kind == domain.Forbidden }

// choices are the names that the office knows.
func (o organisation) choices(act, field string) (list []option) {
	switch field {
	case "unit", "parent":
		for _, u := range o.names.Units() {
			list = append(list, option{ID: u.ID, Name: u.Name})
		}
	case "post", "superiors":
		if act == "posts" && field == "post" {
			return nil
		}
		for _, p := range o.names.Posts() {
			list = append(list, option{ID: p.ID, Name: p.Title})
		}
	case "organ":
		if act == "organs" {
			return nil
		}
		for _, p := range o.names.Organs() {
			list = append(list, option{ID: p.ID, Name: p.Name})
		}
	case "person":
		for _, p := range o.names.People(directory.ByPinyin, o.today) {
			if p.Officer == "" {
				list = append(list, option{ID: p.ID, Name: strings.TrimSpace(p.Name + " " + p.Employee)})
			}
		}
	}
	if act == "units" && field == "unit" {
		return nil
	}
	return list
}

// entered says what an act upon the organisation brought about.
var entered = map[string][2]string{
	"org.unit-set-up": {"设立内设机构", "a unit was set up"}, "org.post-created": {"设立岗位", "a post was created"}, "org.post-filled": {"任职", "an appointment"},
	"org.acting-appointed": {"临时主持", "a temporary charge"}, "org.post-vacated": {"离岗", "a post was vacated"}, "org.responsibility-assigned": {"分管", "a post is in charge"},
	"org.organ-set-up": {"登记往来机关", "another organ"}, "org.person-transferred": {"人员调动", "a person was transferred"},
}

// suit explains the ids that the office chooses.
func (o organisation) suit(act string, f *field) bool {
	switch {
	case act == "units" && f.Name == "unit", act == "posts" && f.Name == "post", act == "organs" && f.Name == "organ":
		f.Hint = o.t("小写字母、数字和连字符，如 registrar；制度以此指称，不再改动", "lower-case letters, digits and hyphens, such as registrar; the rules name it so, and it is never changed")
	case f.Name == "login":
		f.Hint = o.t("留空则不建账号", "empty: no account")
	case f.Name == "sort_key":
		f.Hint = o.t("姓名拼音，如 zhang min", "the name in pinyin, such as zhang min")
	case f.Kind == "select" && f.Name != "person" && f.Name != "post" && len(f.Options) == 0:
		return false
	}
	f.Width = "half"
	return true
}

// newPerson is a person as the system administrator enters him: by name, in a unit, with an account.
type newPerson struct {
	Name     string      `json:"name" minLength:"1" maxLength:"60"`
	SortKey  string      `json:"sort_key" minLength:"1" maxLength:"120"`
	Employee string      `json:"employee" minLength:"1" maxLength:"40"`
	Unit     string      `json:"unit" required:"false" maxLength:"60"`
	Login    string      `json:"login" required:"false" maxLength:"64"`
	Phone    string      `json:"phone" required:"false" maxLength:"40"`
	Document string      `json:"document" required:"false" maxLength:"200"`
	On       domain.Date `json:"on" required:"false"`
}

var newPersonType = reflect.TypeFor[newPerson]()

// people is the form of a person; it is sent to a route of its own, since what it brings about is told once.
var people = recordAct[organisation]{path: "people", zh: "登记人员", en: "Enter a person",
	given: func(o organisation) any { return newPerson{On: o.today} },
	try: func(o organisation) (int, error) {
		events, err := try(o.desk, org.Context, o.stream, org.Join{Person: "nobody"})
		return len(events), err
	}}

// personForm enters a person, makes the account, and tells its first password once.
func (a *API) personForm(w http.ResponseWriter, r *http.Request) {
	if !readForm(w, r) {
		a.refusePage(w, r, problemMalformed)
		return
	}
	o, err := openOrganisation(a, r)
	if err != nil {
		a.refusePage(w, r, err)
		return
	}
	asked, h, err := a.postedPerson(r, o.zone)
	login, first := "", ""
	if err == nil {
		login, first, err = a.enterPerson(o, asked, h)
	}
	if err != nil {
		p := a.asProblem(r.Context(), err)
		o.returned = returned{"people", p}
		f, err := o.build()
		if err != nil {
			a.refusePage(w, r, err)
			return
		}
		f.Refusal = o.refusal(p)
		a.show(w, r, p.Status, "org", f)
		return
	}
	o.settled()
	f, err := o.frame(o.t("已登记", "Entered"))
	if err != nil {
		a.refusePage(w, r, err)
		return
	}
	f.Data = struct{ Name, Login, First string }{asked.Name, login, first}
	a.show(w, r, http.StatusOK, "person", f)
}

// enterPerson registers a person, records that he joined, and makes his account. The id follows from the number of the
// employee, so that the same person is not entered twice.
func (a *API) enterPerson(o organisation, p newPerson, h CommandHeaders) (login, first string, err error) {
	w, id := o.who, commands.PersonID(o.who.Office, p.Employee)
	if had, err := a.accountOf(o.ctx, w.Office, func(acc accounts.Account) bool { return strings.EqualFold(acc.Login, p.Login) }); err != nil {
		return "", "", err
	} else if p.Login != "" && had.Login != "" {
		return "", "", accounts.ErrLoginTaken
	}
	if _, ok := o.office.Unit(p.Unit); p.Unit != "" && !ok {
		return "", "", org.ErrUnknown.With("what", "unit", "id", p.Unit)
	}
	register, join := persons.Register{Person: id, Name: p.Name, SortKey: p.SortKey, Employee: p.Employee, Phone: p.Phone}, org.Join{Person: id, Unit: p.Unit, Document: p.Document, On: p.On}
	req, err := a.ask(o.ctx, h, p)
	if err != nil {
		return "", "", err
	}
	req.IfMatch = nil
	if _, err := commands.Handle(o.ctx, a.cfg.Handler, persons.Context, persons.Stream(id), register, req); err != nil {
		return "", "", err
	}
	if _, err := commands.Handle(o.ctx, a.cfg.Handler, org.Context, o.stream, join, req); err != nil {
		return "", "", err
	}
	if p.Login == "" {
		return "", "", nil
	}
	first, err = a.cfg.Accounts.Create(o.ctx, w.by(), accounts.NewAccount{Login: p.Login, Person: id, Office: w.Office})
	return p.Login, first, err
}

// settled waits a moment until the names show what was just recorded.
func (d *desk) settled() {
	if events, err := d.cfg.Handler.History(d.ctx, d.who.Office, org.Stream(d.who.Office)); err == nil {
		d.caught(events)
	}
}

// postedPerson reads the form of a person.
func (a *API) postedPerson(r *http.Request, zone *time.Location) (p newPerson, h CommandHeaders, err error) {
	asked, h, err := a.posted(r, zone, newPersonType)
	p, _ = asked.(newPerson)
	return p, h, err
}

// build makes the page: who holds which post, the persons, and what the asker may enter.
func (o organisation) build() (*frame, error) {
	type holder struct {
		Name   string
		Acting bool
	}
	type postView struct {
		Title, InCharge string
		Holders         []holder
		Single          bool
	}
	type unitView struct {
		Name  string
		Posts []postView
	}
	type personView struct{ Name, Employee, Unit, Posts string }
	type data struct {
		Units    []unitView
		People   []personView
		Officers [][2]string
		Organs   [][2]string
		Orders   []option
		Acts     actList
	}
	d := o.desk
	f, err := d.frame(d.t("机构与人员", "Organisation"))
	if err != nil {
		return nil, err
	}
	f.Sub = d.names.Office.Name
	out := data{}
	f.Data = &out
	byUnit := map[string][]postView{}
	for _, p := range d.names.Posts() {
		v := postView{Title: p.Title, Single: p.Single}
		for _, h := range d.names.Holdings(p.ID) {
			if !d.today.Before(h.From) && (h.Until.IsZero() || d.today.Before(h.Until)) {
				v.Holders = append(v.Holders, holder{d.name(h.Person), h.Acting})
			}
		}
		var charges []string
		for _, c := range d.names.InCharge(p.ID, d.today) {
			matter := d.word(c.Matter)
			if matter == "" {
				matter = d.name(c.Unit)
			}
			charges = append(charges, matter)
		}
		v.InCharge = strings.Join(charges, d.word("、"))
		at := p.Unit
		if at == "" {
			at = p.Organ
		}
		byUnit[at] = append(byUnit[at], v)
	}
	for _, o := range d.names.Organs() {
		out.Organs = append(out.Organs, [2]string{o.Name, d.word(o.Relation)})
		if posts := byUnit[o.ID]; len(posts) > 0 {
			out.Units = append(out.Units, unitView{o.Name, posts})
		}
	}
	for _, u := range d.names.Units() {
		out.Units = append(out.Units, unitView{u.Name, byUnit[u.ID]})
	}
	if posts := byUnit[""]; len(posts) > 0 {
		out.Units = append(out.Units, unitView{d.names.Office.Name, posts})
	}
	order := directory.Order(d.r.URL.Query().Get("order"))
	if order != directory.ByPinyin && order != directory.ByStroke {
		order = directory.ByRank
	}
	for _, o := range []struct {
		id     directory.Order
		zh, en string
	}{{directory.ByRank, "按职务", "by rank"}, {directory.ByPinyin, "按拼音", "by pinyin"}, {directory.ByStroke, "按笔画", "by strokes"}} {
		out.Orders = append(out.Orders, option{string(o.id), d.t(o.zh, o.en), o.id == order})
	}
	for _, p := range d.names.People(order, d.today) {
		unit, _ := p.On(d.today)
		var posts []string
		for _, post := range d.names.PostsOf(p.ID, d.today) {
			posts = append(posts, post.Title)
		}
		out.People = append(out.People, personView{p.Name, p.Employee, d.name(unit), strings.Join(posts, d.word("、"))})
	}
	for _, o := range d.names.Officers() {
		out.Officers = append(out.Officers, [2]string{d.word(o.Officer), o.Name})
	}
	if done := o.done(o.stream); done >= 0 && int(done) < len(o.events) {
		f.Notice = d.t(entered[o.events[done].Type][0], entered[o.events[done].Type][1])
	}
	out.Acts, err = possible(o, append([]recordAct[organisation]{people}, orgActs...))
	return f, err
}
