package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"andu/commands"
	"andu/domain"
	"andu/domain/calendar"
	"andu/domain/org"
	"andu/domain/persons"
	"andu/domain/policy"
	"andu/presets"
)

// Password is that of every demonstration account. Everybody knows it, so a server that is no demonstration does not
// start while such an account exists.
const Password = "andu-demo-2026"

// Office is what a demonstration office is made of.
type Office struct {
	ID, Preset, Name, Kind string
	Organs                 []org.SetUpOrgan
	Units                  []org.SetUpUnit
	Posts                  []Post
	Matters                map[string]string // matter by post in charge
}

// Post is a post and how many persons hold it; 0 leaves it vacant.
type Post struct {
	org.CreatePost
	Holders int
	By      string   // who appoints
	Of      []string // posts whose holders hold this one too
}

// Person is somebody of the office.
type Person struct {
	ID, Name, Pinyin, Login, Post string
}

// Actor is the person acting in the post.
func (p Person) Actor() domain.Actor { return domain.Actor{Person: p.ID, Post: p.Post} }

// Staff is who works in an office, in the order of joining; the first three are its officers.
type Staff struct {
	Office  Office
	Persons []Person
}

// In gives the holders of a post.
func (s Staff) In(post string) []Person {
	posts := []string{post}
	for _, p := range s.Office.Posts {
		if p.Post == post {
			posts = append(posts, p.Of...)
		}
	}
	var held []Person
	for _, p := range s.Persons {
		if contains(posts, p.Post) {
			held = append(held, p)
		}
	}
	return held
}

// One is the first holder of a post. A post that nobody holds is a fault of the demonstration.
func (s Staff) One(post string) Person {
	held := s.In(post)
	if len(held) == 0 {
		panic("demo: nobody holds " + post)
	}
	return held[0]
}

// County is the county government office (REG-04, 11, 16, 19b, 19c, 21 and its supplement), of 50 persons.
func County() Office {
	section := func(id, name string, clerks int) (org.SetUpUnit, []Post) {
		return org.SetUpUnit{Unit: id, Name: name}, []Post{
			{CreatePost: org.CreatePost{Post: id + "-chief", Title: name + "科长", Unit: id, Single: true, Rank: 20, Superiors: []string{"deputy-admin"}}, Holders: 1, By: "县政府办公室"},
			{CreatePost: org.CreatePost{Post: id + "-clerk", Title: name + "科员", Unit: id, Rank: 40, Superiors: []string{id + "-chief"}}, Holders: clerks, By: "县政府办公室"},
		}
	}
	o := Office{ID: "county", Preset: "county", Name: "县人民政府办公室", Kind: "县政府办公室",
		Organs: []org.SetUpOrgan{{Organ: "county-government", Name: "县人民政府", Relation: "above"}},
		Units: []org.SetUpUnit{{Unit: "leadership", Name: "办公室"}, {Unit: "admin-section", Name: "行政股"}, {Unit: "registry", Name: "收文科"},
			{Unit: "secrets", Name: "机要室"}, {Unit: "messengers", Name: "通讯员值班室"}},
		Matters: map[string]string{"attendance and leave": "deputy-admin", "papers": "deputy-papers"},
	}
	post := func(id, title, unit, organ string, rank, holders int, single bool, by string, superiors ...string) {
		o.Posts = append(o.Posts, Post{CreatePost: org.CreatePost{Post: id, Title: title, Unit: unit, Organ: organ, Single: single, Rank: rank, Superiors: superiors}, Holders: holders, By: by})
	}
	post("county-head", "县长", "", "county-government", 1, 0, true, "县人大")
	post("vice-county-head", "副县长", "", "county-government", 2, 0, false, "县人大", "county-head")
	post("director", "主任", "leadership", "", 3, 1, true, "县政府", "county-head")
	post("deputy-papers", "副主任", "leadership", "", 4, 1, true, "县政府", "director")
	post("deputy-admin", "分管副主任", "leadership", "", 5, 1, true, "县政府", "director")
	post("secretary", "秘书", "leadership", "", 10, 3, false, "县政府办公室", "deputy-papers")
	post("registrar", "收发岗", "registry", "", 30, 2, false, "县政府办公室", "deputy-papers")
	post("admin", "行政股", "admin-section", "", 30, 3, false, "县政府办公室", "deputy-admin")
	post("sheet-keeper", "签到薄管理人", "admin-section", "", 31, 1, true, "行政股", "deputy-admin")
	post("secrets-room", "机要室", "secrets", "", 30, 2, false, "县政府办公室", "deputy-papers")
	post("messenger", "通讯员", "messengers", "", 50, 2, false, "县政府办公室", "deputy-admin")
	for _, s := range []struct {
		id, name string
		clerks   int
	}{{"secretariat", "秘书科", 5}, {"information", "信息科", 4}, {"supervision", "督查科", 4}, {"legal", "法规科", 4}, {"logistics", "后勤科", 9}} {
		unit, posts := section(s.id, s.name, s.clerks)
		o.Units = append(o.Units, unit)
		o.Posts = append(o.Posts, posts...)
	}
	// Those who keep the watch at night and on days off, beside their own work.
	o.Posts = append(o.Posts, Post{CreatePost: org.CreatePost{Post: "duty", Title: "值班人员", Unit: "admin-section", Rank: 60, Superiors: []string{"deputy-admin"}},
		By: "县政府办公室", Of: []string{"secretariat-clerk", "information-clerk", "supervision-clerk", "legal-clerk", "logistics-clerk"}})
	return o
}

// Bureau is the district commerce bureau (REG-20, 08 and its supplement).
func Bureau() Office {
	o := Office{ID: "bureau", Preset: "bureau", Name: "区商务局", Kind: "区商务局",
		Organs:  []org.SetUpOrgan{{Organ: "district-government", Name: "区人民政府", Relation: "above"}},
		Units:   []org.SetUpUnit{{Unit: "bureau", Name: "局领导"}, {Unit: "office", Name: "办公室"}, {Unit: "trade", Name: "商贸股"}, {Unit: "investment", Name: "招商股"}},
		Matters: map[string]string{"主管领导": "office-leader"},
	}
	post := func(id, title, unit, organ string, rank, holders int, single bool, by string, superiors ...string) {
		o.Posts = append(o.Posts, Post{CreatePost: org.CreatePost{Post: id, Title: title, Unit: unit, Organ: organ, Single: single, Rank: rank, Superiors: superiors}, Holders: holders, By: by})
	}
	post("organ-above", "上级机关", "", "district-government", 1, 0, true, "上级机关")
	post("chief", "局长", "bureau", "", 2, 1, true, "the organ above", "organ-above")
	post("office-leader", "办公室分管领导", "bureau", "", 3, 1, true, "区商务局", "chief")
	post("section-head", "股室负责人", "trade", "", 10, 2, false, "区商务局", "office-leader")
	post("office-clerk", "办公室", "office", "", 20, 2, false, "区商务局", "office-leader")
	post("driver", "驾驶员", "office", "", 30, 1, false, "区商务局", "office-leader")
	post("staff", "局工作人员", "investment", "", 40, 4, false, "区商务局", "section-head")
	return o
}

// Clock is the simulated clock of a demonstration: it goes forward when it is told to, and by a millisecond with every
// reading, so that no two acts have the same time.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock begins at a time.
func NewClock(at time.Time) *Clock { return &Clock{now: at} }

// Now reads the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Millisecond)
	return c.now
}

// Stands is the time without moving it.
func (c *Clock) Stands() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set goes forward to a time; a time that is past leaves the clock as it is.
func (c *Clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.After(c.now) {
		c.now = at
	}
}

// doer carries out commands one after another, each under a command id of its own, and stops at the first failure.
type doer struct {
	ctx    context.Context
	h      *commands.Handler
	office string
	n      int
	seed   string
	err    error
}

func do[S any](d *doer, c domain.Context[S], stream string, by domain.Actor, cmd domain.Command[S]) commands.Result {
	if d.err != nil {
		return commands.Result{}
	}
	res, err := try(d, c, stream, by, cmd)
	if err != nil {
		d.err = fmt.Errorf("%s on %s by %s as %s: %w", domain.CommandName(cmd), stream, by.Person, by.Post, err)
	}
	return res
}

// try is do for acts that may be refused.
func try[S any](d *doer, c domain.Context[S], stream string, by domain.Actor, cmd domain.Command[S]) (commands.Result, error) {
	return commands.Handle(d.ctx, d.h, c, stream, cmd, d.request(by))
}

func (d *doer) request(by domain.Actor) commands.Request {
	d.n++
	return commands.Request{Office: d.office, Actor: by, Command: d.id("command", d.n), Terminal: "demo"}
}

// id derives an id from the seed: the same seed gives the same history.
func (d *doer) id(kind string, n int) string {
	return commands.NewID(d.seed, kind+"/"+d.office+"/"+strconv.Itoa(n))
}

// Regulations says which of an office's documents SetUp publishes.
type Regulations int

const (
	WithSupplement Regulations = iota // the texts and the supplement: what an office needs to work
	TextsAlone                        // the texts alone: what they leave blank stays blank
	None
)

// SetUp sets an office up as its officers and its head would. The clock should stand before 2018, when the regulations
// take effect.
func SetUp(ctx context.Context, h *commands.Handler, o Office, seed string, rules Regulations) (Staff, error) {
	d := &doer{ctx: ctx, h: h, office: o.ID, seed: seed}
	staff := Staff{Office: o, Persons: people(d, o)}
	system := domain.Actor{Person: domain.System}
	officer := func(i int, kind string) domain.Actor { return domain.Actor{Person: staff.Persons[i].ID, Post: kind} }
	sysadmin, secadmin := officer(0, org.SystemAdministrator), officer(1, org.SecurityAdministrator)
	stream := org.Stream(o.ID)

	do(d, org.Context, stream, system, org.SetUp{Name: o.Name, Kind: o.Kind, Zone: "Asia/Shanghai", SystemAdministrator: staff.Persons[0].ID,
		SecurityAdministrator: staff.Persons[1].ID, Auditor: staff.Persons[2].ID})
	for _, organ := range o.Organs {
		do(d, org.Context, stream, secadmin, organ)
	}
	for _, unit := range o.Units {
		do(d, org.Context, stream, secadmin, unit)
	}
	units := map[string]string{}
	for _, p := range o.Posts {
		do(d, org.Context, stream, secadmin, p.CreatePost)
		units[p.Post] = p.Unit
	}
	for i, p := range staff.Persons {
		do(d, persons.Context, persons.Stream(p.ID), sysadmin, persons.Register{Person: p.ID, Name: p.Name, SortKey: p.Pinyin, Employee: fmt.Sprintf("%s-%03d", o.ID, i+1)})
		if i > 2 {
			do(d, org.Context, stream, sysadmin, org.Join{Person: p.ID, Unit: units[p.Post]})
		}
	}
	by := map[string]string{}
	for _, p := range o.Posts {
		by[p.Post] = p.By
	}
	for _, p := range staff.Persons[3:] {
		do(d, org.Context, stream, secadmin, org.Fill{Post: p.Post, Person: p.ID, By: by[p.Post], Document: "演示任免〔2017〕1号"})
	}
	for _, p := range o.Posts {
		for _, of := range p.Of {
			for _, holder := range staff.In(of) {
				do(d, org.Context, stream, secadmin, org.Fill{Post: p.Post, Person: holder.ID, By: p.By, Document: "演示任免〔2017〕2号"})
			}
		}
	}
	for _, matter := range sorted(o.Matters) {
		do(d, org.Context, stream, secadmin, org.AssignResponsibility{Post: o.Matters[matter], Matter: matter})
	}
	if d.err == nil && rules != None {
		d.err = publish(d, staff, rules)
	}
	return staff, d.err
}

// head is the person who answers for the office.
func (s Staff) head() Person {
	for _, post := range []string{"director", "chief"} {
		if held := s.In(post); len(held) > 0 {
			return held[0]
		}
	}
	panic("demo: the office has no head")
}

// document is a document of rules in the form of presets.
type document struct {
	Document struct {
		policy.Head
		InForceFrom domain.Date `json:"in_force_from"`
		InForceBy   string      `json:"in_force_by"`
	} `json:"document"`
	Values []policy.Value `json:"values"`
}

// Publish drafts, reviews and publishes documents of presets as one policy version, in the name of the office's head.
func Publish(ctx context.Context, h *commands.Handler, staff Staff, seed string, files ...string) error {
	d := &doer{ctx: ctx, h: h, office: staff.Office.ID, seed: seed + "/publish"}
	return publishFiles(d, staff, files)
}

func publish(d *doer, staff Staff, rules Regulations) error {
	files := presets.Office(staff.Office.Preset)
	if rules == TextsAlone {
		return publishFiles(d, staff, files[:len(files)-1])
	}
	if err := publishFiles(d, staff, files); err != nil {
		return err
	}
	return publishFiles(d, staff, readings[staff.Office.Preset])
}

func publishFiles(d *doer, staff Staff, files []string) error {
	stream, head := policy.Stream(staff.Office.ID), staff.head().Actor()
	order := policy.Publish{Moment: "startOfDay", Reason: "演示：补记施行日期", Approver: staff.head().Post} // both count for a date that is past alone
	for _, file := range files {
		text, err := presets.Read(file)
		if err != nil {
			return err
		}
		var doc document
		if err := json.Unmarshal(text, &doc); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if doc.Document.Supersedes == nil {
			doc.Document.Supersedes = []string{}
		}
		if doc.Document.EffectiveFrom.IsZero() {
			order.EffectiveFrom, order.InForceBy = doc.Document.InForceFrom, doc.Document.InForceBy
		}
		draft, more := policy.Draft{Document: doc.Document.Head, Values: doc.Values}.Parts()
		do(d, policy.Context, stream, head, draft)
		for _, part := range more {
			do(d, policy.Context, stream, head, part)
		}
		do(d, policy.Context, stream, head, policy.Review{Document: doc.Document.ID, OK: true, Opinion: "无异议"})
		order.Documents = append(order.Documents, doc.Document.ID)
	}
	decisions := resolutions[staff.Office.Preset]
	if !contains(files, staff.Office.Preset+"/supplement.json") {
		decisions = slices.Concat(decisions, untilSettled[staff.Office.Preset])
	}
	for _, c := range decisions {
		if contains(order.Documents, c.Chosen) && contains(order.Documents, c.Rejected) {
			do(d, policy.Context, stream, head, c)
		}
	}
	do(d, policy.Context, stream, head, order)
	return d.err
}

// readings are how the demonstration offices read the boundary words of their texts (C25).
var readings = map[string][]string{"county": {"county/A-lower.json"}, "bureau": {"bureau/B-lower.json"}}

// resolutions are the decisions of an office where two of its texts state one key (C9, C28).
var resolutions = map[string][]policy.ResolveConflict{
	"county": {{Key: "stu.schedule", Chosen: "REG-04", Rejected: "REG-19c", Reason: "学习日以办公室工作制度为准", By: "主任办公会议"}},
}

// untilSettled are decisions that an office needs as long as its supplement does not settle the matter.
var untilSettled = map[string][]policy.ResolveConflict{
	"county": {{Key: "apr.authority[人事].body", Chosen: "REG-21", Rejected: "REG-11", Reason: "先由主任办公会议研究", By: "主任办公会议"}},
}

// Notices imports every yearly notice of presets whose name is not left out, in the name of the office's head. A notice
// of a year is imported when the clock has reached the time that at gives, or at once where at is nil.
func Notices(ctx context.Context, h *commands.Handler, staff Staff, seed string, names ...string) error {
	d := &doer{ctx: ctx, h: h, office: staff.Office.ID, seed: seed + "/notices"}
	for _, name := range names {
		text, err := presets.Read(name)
		if err != nil {
			return err
		}
		var n calendar.ImportNotice
		if err := json.Unmarshal(text, &n); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if len(n.Papers) == 0 {
			continue // not issued yet
		}
		d.n++
		req := d.request(staff.head().Actor())
		req.Command = commands.NewID(d.seed, d.office+"/"+name) // each office imports it for itself
		if _, err := commands.Handle(ctx, h, calendar.Context, calendar.Stream(staff.Office.ID), n, req); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// NoneRunning is for handlers whose calendar does not change while they work.
func NoneRunning(context.Context, string) ([]string, error) { return nil, nil }
