package access

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"andu/domain"
	"andu/domain/org"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Content is one file of the paper.
type Content struct {
	File      string // SHA-256 of the ciphertext
	MediaType string
	Size      int64
}

// View is one viewing that is not closed.
type View struct {
	Person       string
	Content      string // "": the carrier, on paper
	Opened       domain.Instant
	Until        domain.Instant
	Windows      []Window
	AfterRemoval bool // it was read on after its reader had left the scope
}

// Window is a part that was granted: bytes of content from the first to before the last, or pages of a carrier.
type Window struct{ From, To int64 }

// covers tells whether one of the granted windows holds all of a part.
func (v View) covers(from, to int64) bool {
	return slices.ContainsFunc(v.Windows, func(w Window) bool { return w.From <= from && to <= w.To })
}

// AttachContent enters that a scan of the paper is kept (扫描件). The file is there, encrypted, before it is entered.
type AttachContent struct {
	File      string `json:"file" doc:"SHA-256 of the file as kept" minLength:"64" maxLength:"64"`
	MediaType string `json:"media_type" maxLength:"100"`
	Size      int64  `json:"size" minimum:"1"`
	Digest    string `json:"digest" doc:"SHA-256 of the content" minLength:"64" maxLength:"64"`
	Name      string `json:"name" maxLength:"200" required:"false"`
}

// Needs is the paper.
func (c AttachContent) Needs(s Access, _ domain.Act) []string { return []string{s.Document} }

// Decide lets the registrar attach a scan to a paper that is no state secret.
func (c AttachContent) Decide(s Access, act domain.Act) ([]Event, error) {
	if err := s.kept(act); err != nil {
		return nil, err
	}
	switch {
	case s.ClassOn(s.paper(act)).Classified():
		return nil, ErrCustodyOnly
	case c.Size < 1:
		return nil, ErrMissing.With("field", "content")
	}
	return []Event{ContentAttached{Content: act.NewID("content"), File: c.File, MediaType: c.MediaType, Size: c.Size, Digest: c.Digest, Name: c.Name}}, nil
}

// ContentAttached means the paper can be read as this file.
type ContentAttached struct {
	Content   string `json:"content"`
	File      string `json:"file"`
	MediaType string `json:"media_type"`
	Size      int64  `json:"size"`
	Digest    string `json:"digest"`
	Name      string `json:"name"`
}

// Evolve adds the content.
func (e ContentAttached) Evolve(s Access) Access {
	s.Contents = with(s.Contents, e.Content, Content{File: e.File, MediaType: e.MediaType, Size: e.Size})
	return s
}

// OpenView opens a paper: the carrier in its place, or content that was attached (查阅). It is granted for a part, and
// once for the whole viewing.
type OpenView struct {
	Content string   `json:"content" doc:"id of the content; empty: the paper itself" maxLength:"60" required:"false"`
	Purpose string   `json:"purpose" enum:"handle,circulate,supervise,file,review" doc:"what for: 承办, 传阅, 督办, 归档, 保密审查"`
	Task    string   `json:"task" doc:"the record that it is for" maxLength:"100" required:"false"`
	Place   string   `json:"place" doc:"where it is read, such as room or named-terminal" maxLength:"60" required:"false"`
	With    []string `json:"with" doc:"persons present beside the reader" maxItems:"10" required:"false"`
	From    int64    `json:"from" doc:"first byte, or first page" minimum:"0" required:"false"`
	To      int64    `json:"to" doc:"behind the last; 0: to the end" minimum:"0" required:"false"`
}

// Needs is the paper, the reader, and who is present.
func (c OpenView) Needs(s Access, act domain.Act) []string {
	return Needs(s.Document, append([]string{act.Actor.Person}, c.With...)...)
}

// Decide opens it for an active person who is cleared and in scope; a state secret on paper only, in a place and with as
// many present as the office lays down (sec.read.profile). Whatever stops it goes on record.
func (c OpenView) Decide(s Access, act domain.Act) ([]Event, error) {
	if err := s.begun(act); err != nil {
		return nil, err
	}
	st, refusal := s.Reader(act, s.paper(act), act.Actor.Person)
	if refusal != nil {
		return nil, refusal
	}
	e := ViewOpened{View: act.NewID("view"), Person: act.Actor.Person, Content: c.Content, Class: st.Class, Clearance: st.Clearance, By: st.By,
		Purpose: c.Purpose, Task: c.Task, Place: c.Place, With: append([]string{}, c.With...), From: c.From, To: c.To, At: act.Occurred}
	if st.Class.Classified() {
		if c.Content != "" {
			return nil, ErrCustodyOnly
		}
		profile := Profile.Of(act, string(st.Class))
		if !slices.Contains(profile.Places, c.Place) {
			return nil, ErrPlace.With("places", strings.Join(profile.Places, "、"))
		}
		if err := s.present(act, c.With, profile.Persons); err != nil {
			return nil, err
		}
	}
	if c.Content != "" {
		content, ok := s.Contents[c.Content]
		if !ok {
			return nil, ErrNoContent
		}
		e.File = content.File
		if e.To == 0 {
			e.To = content.Size
		}
		if e.From >= e.To || e.To > content.Size {
			return nil, ErrOutsideWindow
		}
	}
	e.Until = domain.At(act.Received.Add(time.Duration(SessionMinutes.Of(act)) * time.Minute))
	return []Event{e}, nil
}

// present checks who is there beside the reader: other persons, each of whom may see the paper too.
func (s Access) present(act domain.Act, people []string, persons int) error {
	others := slices.Compact(slices.Sorted(slices.Values(people)))
	others = slices.DeleteFunc(others, func(p string) bool {
		_, refusal := s.Reader(act, s.paper(act), p)
		return p == act.Actor.Person || refusal != nil
	})
	if len(others)+1 < persons {
		return ErrTwoPersons.With("persons", itoa(persons))
	}
	return nil
}

// ViewOpened means the person sees the part of the paper until then, and why he might at that instant.
type ViewOpened struct {
	View      string         `json:"view"`
	Person    string         `json:"person"`
	Content   string         `json:"content"`
	File      string         `json:"file"`
	Class     domain.Class   `json:"class"`
	Clearance domain.Class   `json:"clearance"`
	By        string         `json:"by"`
	Purpose   string         `json:"purpose"`
	Task      string         `json:"task"`
	Place     string         `json:"place"`
	With      []string       `json:"with"`
	From      int64          `json:"from"`
	To        int64          `json:"to"`
	At        domain.Instant `json:"at"`
	Until     domain.Instant `json:"until"`
}

// Evolve adds the viewing.
func (e ViewOpened) Evolve(s Access) Access {
	s.Views = with(s.Views, e.View, View{Person: e.Person, Content: e.Content, Opened: e.At, Until: e.Until, Windows: []Window{{e.From, e.To}}})
	if !s.Own {
		s.Class = e.Class
	}
	return s
}

// Opens waits for the end of the viewing's time.
func (e ViewOpened) Opens(r domain.Recorded) []domain.Task {
	return []domain.Task{{TaskID: session(e.View), Stream: r.Stream, Due: e.Until, Data: map[string]string{"view": e.View}}}
}

func session(view string) domain.TaskID { return domain.TaskID{Kind: TaskSession, Key: view} }

// OpenWindow asks for a further part within a viewing.
type OpenWindow struct {
	View string `json:"view" minLength:"1" maxLength:"60"`
	From int64  `json:"from" doc:"first byte, or first page" minimum:"0"`
	To   int64  `json:"to" doc:"behind the last" minimum:"1"`
}

// Needs is the paper and the reader.
func (c OpenWindow) Needs(s Access, act domain.Act) []string {
	return Needs(s.Document, act.Actor.Person)
}

// Decide grants it to the reader of the viewing, by the same guards as at its beginning.
func (c OpenWindow) Decide(s Access, act domain.Act) ([]Event, error) {
	v, events, err := s.reading(act, c.View)
	if err != nil {
		return nil, err
	}
	if v.covers(c.From, c.To) {
		return events, nil
	}
	if c.From < 0 || c.From >= c.To || v.Content != "" && c.To > s.Contents[v.Content].Size {
		return nil, ErrOutsideWindow
	}
	return append(events, WindowOpened{View: c.View, File: s.Contents[v.Content].File, From: c.From, To: c.To}), nil
}

// WindowOpened means the viewing is for this part too.
type WindowOpened struct {
	View string `json:"view"`
	File string `json:"file"`
	From int64  `json:"from"`
	To   int64  `json:"to"`
}

// Evolve adds the part.
func (e WindowOpened) Evolve(s Access) Access {
	v, open := s.Views[e.View]
	if !open {
		return s
	}
	v.Windows = append(slices.Clip(v.Windows), Window{e.From, e.To})
	s.Views = with(s.Views, e.View, v)
	return s
}

// Read asks for bytes of a part that was granted. Where nothing is new it leaves nothing; it is asked before every first
// byte, so that what was taken away meanwhile stops it.
type Read struct {
	View string `json:"view"`
	From int64  `json:"from"`
	To   int64  `json:"to"`
}

// Needs is the paper and the reader.
func (c Read) Needs(s Access, act domain.Act) []string { return Needs(s.Document, act.Actor.Person) }

// Decide lets the reader of an open viewing read what it was opened for.
func (c Read) Decide(s Access, act domain.Act) ([]Event, error) {
	v, events, err := s.reading(act, c.View)
	if err != nil {
		return nil, err
	}
	if v.Content == "" || c.From >= c.To || !v.covers(c.From, c.To) {
		return nil, ErrOutsideWindow
	}
	return events, nil
}

// reading finds a viewing that its reader may go on with. One who left the scope meanwhile may where the office lets a
// viewing go on until it is closed, and that is noted (G18).
func (s Access) reading(act domain.Act, id string) (View, []Event, error) {
	if err := s.begun(act); err != nil {
		return View{}, nil, err
	}
	v, open := s.Views[id]
	open = open && v.Person == act.Actor.Person && act.Received.Before(v.Until.Time)
	st, refusal := s.Reader(act, s.paper(act), act.Actor.Person)
	var events []Event
	switch {
	case refusal == ErrNotInScope && open && OnScopeLoss.Of(act) == UntilClosed:
		if !v.AfterRemoval {
			events = []Event{SeenAfterRemoval{View: id, Person: v.Person, At: act.Occurred}}
		}
	case refusal != nil:
		return v, nil, refusal
	case !open:
		return v, nil, ErrViewOver
	}
	if st.Class.Classified() && v.Content != "" {
		return v, nil, ErrCustodyOnly
	}
	return v, events, nil
}

// SeenAfterRemoval means the person read on, as the office allows, after he had left the scope.
type SeenAfterRemoval struct {
	View   string         `json:"view"`
	Person string         `json:"person"`
	At     domain.Instant `json:"at"`
}

// Evolve notes it with the viewing.
func (e SeenAfterRemoval) Evolve(s Access) Access {
	v, open := s.Views[e.View]
	if !open {
		return s
	}
	v.AfterRemoval = true
	s.Views = with(s.Views, e.View, v)
	return s
}

// Cause says what ended a viewing.
type Cause string

const (
	ByReader Cause = "reader"
	ByTime   Cause = "time"
	ByScope  Cause = "scope"
)

// CloseView ends one's own viewing and says how much was seen.
type CloseView struct {
	View  string `json:"view" minLength:"1" maxLength:"60"`
	Pages int    `json:"pages" doc:"pages seen" minimum:"0" required:"false"`
}

// Decide lets the reader close it; one that is over is over.
func (c CloseView) Decide(s Access, act domain.Act) ([]Event, error) {
	if err := s.begun(act); err != nil {
		return nil, err
	}
	v, open := s.Views[c.View]
	if !open || v.Person != act.Actor.Person {
		return nil, ErrViewOver
	}
	return []Event{ViewClosed{View: c.View, Person: v.Person, Cause: ByReader, Pages: c.Pages, OpenedAt: v.Opened, At: act.Occurred}}, nil
}

// EndView ends a viewing whose time is over. Only the schedule gives it.
type EndView struct {
	View string `json:"view"`
}

// Decide ends it once, at its time or later (sec.session.maxMinutes).
func (c EndView) Decide(s Access, act domain.Act) ([]Event, error) {
	v, open := s.Views[c.View]
	switch {
	case act.Person():
		return nil, ErrFollower
	case !open || act.Occurred.Before(v.Until.Time):
		return nil, nil
	}
	return []Event{ViewClosed{View: c.View, Person: v.Person, Cause: ByTime, OpenedAt: v.Opened, At: v.Until}}, nil
}

// ViewClosed means nothing more is read by this viewing.
type ViewClosed struct {
	View     string         `json:"view"`
	Person   string         `json:"person"`
	Cause    Cause          `json:"cause"`
	Pages    int            `json:"pages"`
	OpenedAt domain.Instant `json:"opened_at"`
	At       domain.Instant `json:"at"`
}

// Evolve takes the viewing away.
func (e ViewClosed) Evolve(s Access) Access { s.Views = without(s.Views, e.View); return s }

// Settles ends the wait for its time.
func (e ViewClosed) Settles(domain.Recorded) []domain.TaskID {
	return []domain.TaskID{session(e.View)}
}

// QueryTrail asks who saw a paper, or what a person saw: it is given to the stream of the paper's protection, or to that
// of the person's id. To read the trail is an act too.
type QueryTrail struct {
	Question string `json:"question" enum:"paper,person"`
	Reason   string `json:"reason" doc:"what the answer is needed for" minLength:"1" maxLength:"1000"`
}

// Decide lets the security administrator and the auditor ask, saying why.
func (c QueryTrail) Decide(s Access, act domain.Act) ([]Event, error) {
	if !act.Person() {
		return nil, domain.ErrSystem
	}
	officer := org.Context.In(act, org.Stream(act.Office)).Officer(act.Actor.Person)
	if officer != org.SecurityAdministrator && officer != org.Auditor || strings.TrimSpace(c.Reason) == "" {
		return nil, ErrTrail
	}
	return []Event{TrailQueried(c)}, nil
}

// TrailQueried means the trail was read by whoever asked.
type TrailQueried struct {
	Question string `json:"question"`
	Reason   string `json:"reason"`
}

// Evolve changes nothing that a rule reads.
func (e TrailQueried) Evolve(s Access) Access { return s }
