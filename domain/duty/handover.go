package duty

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"andu/domain"
)

// incoming refuses everybody who may not take the offered shift over: the person of the shift does, or a named person of
// the section that holds it (R43, G11).
func (p Post) incoming(act domain.Act) (Shift, error) {
	switch {
	case p.Handover.ID == "":
		return Shift{}, ErrNothingOffered
	case !act.Person():
		return Shift{}, domain.ErrSystem
	}
	if _, err := now(act); err != nil {
		return Shift{}, err
	}
	s, ok := p.At(p.Handover.Shift)
	if !ok {
		return s, ErrNoShift
	}
	if s.Source == Section {
		if SectionPerson.Of(act) == "accepting-person" && !holds(office(act), act.Actor.Person, s.By, act.Today()) {
			return s, ErrNotIncoming
		}
		return s, nil
	}
	if act.Actor.Person != s.Person {
		return s, ErrNotIncoming
	}
	return s, nil
}

// due lists what the next person answers for: the things that were offered, and every open entry that was not carried over
// to a named person, whenever it was logged.
func (p Post) due() (items []string) {
	for _, i := range p.Handover.Items {
		if i.Kind != ItemEntry {
			items = append(items, i.ID)
		}
	}
	for _, id := range p.openEntries() {
		if !p.Entries[id].Named {
			items = append(items, id)
		}
	}
	return items
}

// name is what an item is called in a refusal: no content.
func (p Post) name(item string) string {
	if e, ok := p.Entries[item]; ok {
		return e.label()
	}
	for _, i := range p.Handover.Items {
		if i.ID == item {
			return i.Kind
		}
	}
	return item
}

func (p Post) names(items []string) string {
	var names []string
	for _, i := range items {
		names = append(names, p.name(i))
	}
	return strings.Join(names, ", ")
}

// ItemEntry is the kind of an item that is an entry of the duty log.
const ItemEntry = "entry"

// OfferHandover offers the watch to the next shift: the open entries by themselves, the keys, seals and papers as listed.
// An offer that stands is replaced.
type OfferHandover struct {
	Things    []Item   `json:"things" doc:"keys, seals, carriers, papers, equipment" required:"false" maxItems:"100"`
	Checklist []string `json:"checklist" doc:"what was checked" maxItems:"30" example:"[\"room-clean\"]"`
}

// Decide asks for a complete checklist and for no entry that was left undecided (R50–R52).
func (c OfferHandover) Decide(p Post, act domain.Act) ([]Event, error) {
	if err := p.mine(act); err != nil {
		return nil, err
	}
	var missing []string
	for _, item := range Checklist.Of(act) {
		if !slices.Contains(c.Checklist, item) && !slices.Contains(missing, item) {
			missing = append(missing, item)
		}
	}
	if missing != nil {
		return nil, ErrChecklist.With("items", strings.Join(missing, ", "))
	}
	next, ok := p.Next(act.Occurred)
	if !ok {
		return nil, ErrNoShift
	}
	var undecided []string
	items := []Item{}
	for _, id := range p.openEntries() {
		e := p.Entries[id]
		if !e.Decided {
			undecided = append(undecided, id)
		}
		if !e.Named {
			items = append(items, Item{ID: id, Kind: ItemEntry, Name: e.label(), Count: 1})
		}
	}
	if undecided != nil {
		return nil, ErrUnclassified.With("entries", p.names(undecided))
	}
	for i, thing := range c.Things {
		if strings.TrimSpace(thing.Name) == "" || strings.TrimSpace(thing.Kind) == "" || thing.Kind == ItemEntry || thing.Count < 1 {
			return nil, ErrItem
		}
		thing.ID = act.NewID(fmt.Sprintf("thing/%d", i))
		items = append(items, thing)
	}
	return []Event{HandoverOffered{Handover: act.NewID("handover"), From: p.Responsible, Shift: next.Start, To: next.Person, Posts: next.By, Items: items, Checklist: c.Checklist}}, nil
}

// HandoverOffered means that the next shift may take over; the outgoing person is still responsible.
type HandoverOffered struct {
	Handover  string         `json:"handover"`
	From      string         `json:"from"`
	Shift     domain.Instant `json:"shift"` // that takes over
	To        string         `json:"to"`    // "" : a named person of the posts
	Posts     []string       `json:"posts"`
	Items     []Item         `json:"items"`
	Checklist []string       `json:"checklist"`
}

// Evolve keeps the offer.
func (e HandoverOffered) Evolve(p Post) Post {
	p.Handover = Handover{ID: e.Handover, Shift: e.Shift, Items: e.Items}
	return p
}

// ItemAnswer answers for one item; with a remark it is taken with a reservation.
type ItemAnswer struct {
	Item   string `json:"item" minLength:"1" maxLength:"60"`
	Remark string `json:"remark" doc:"empty: taken as it is" required:"false" maxLength:"1000"`
}

// AnswerItems takes items of the offered handover one by one, each as it is or with a reservation.
type AnswerItems struct {
	Answers []ItemAnswer `json:"answers" minItems:"1" maxItems:"200"`
}

// Decide takes answers of the next person alone.
func (c AnswerItems) Decide(p Post, act domain.Act) ([]Event, error) {
	if _, err := p.incoming(act); err != nil {
		return nil, err
	}
	due := p.due()
	var events []Event
	for _, a := range c.Answers {
		if !slices.Contains(due, a.Item) {
			return nil, ErrItem
		}
		remark := strings.TrimSpace(a.Remark)
		before, answered := p.Handover.Answers[a.Item]
		switch {
		case answered && before == remark:
		case remark != "":
			events = append(events, ItemReserved{Handover: p.Handover.ID, Item: a.Item, Remark: remark})
		default:
			events = append(events, ItemAccepted{Handover: p.Handover.ID, Item: a.Item})
		}
	}
	return events, nil
}

// ItemAccepted means that the next person takes the item as it is.
type ItemAccepted struct {
	Handover string `json:"handover"`
	Item     string `json:"item"`
}

// Evolve notes the answer.
func (e ItemAccepted) Evolve(p Post) Post {
	if e.Handover == p.Handover.ID {
		p.Handover.Answers = put(p.Handover.Answers, e.Item, "")
	}
	return p
}

// ItemReserved means that the next person takes the item with a remark that stays open.
type ItemReserved struct {
	Handover string `json:"handover"`
	Item     string `json:"item"`
	Remark   string `json:"remark"`
}

// Evolve notes the answer and the remark; whose it is, is decided with the handover.
func (e ItemReserved) Evolve(p Post) Post {
	if e.Handover == p.Handover.ID {
		p.Handover.Answers = put(p.Handover.Answers, e.Item, e.Remark)
	}
	return p
}

// AcceptHandover takes the watch over.
type AcceptHandover struct {
	Handover string `json:"handover" doc:"the offer that was shown" minLength:"1" maxLength:"60"`
}

// Decide passes the responsibility when every item is answered, now and to this person (G11, G12).
func (c AcceptHandover) Decide(p Post, act domain.Act) ([]Event, error) {
	s, err := p.incoming(act)
	if err != nil {
		return nil, err
	}
	if c.Handover != p.Handover.ID {
		return nil, ErrNothingOffered
	}
	if p.StandIn.ID != "" {
		return nil, ErrStandInRuns
	}
	var open, reserved []string
	for _, item := range p.due() {
		remark, answered := p.Handover.Answers[item]
		if !answered {
			open = append(open, item)
		} else if remark != "" {
			reserved = append(reserved, item)
		}
	}
	if open != nil {
		return nil, ErrUnanswered.With("items", p.names(open))
	}
	at := act.Occurred
	if at.Before(p.Since.Time) { // a request whose receipt is older than the last handover
		at = p.Since
	}
	e := HandoverAccepted{Handover: c.Handover, From: p.Responsible, To: act.Actor.Person, Out: p.Shift, In: s.Start, Planned: p.PlannedEnd(), At: at,
		Reserved: append([]string{}, reserved...), Owner: act.Actor.Person, Entries: p.Logged}
	if reserved != nil && ReservedOwner.Of(act) == "outgoing" {
		e.Owner = p.Responsible
	}
	return append([]Event{e}, p.faxDue(s, at, act)...), nil
}

// HandoverAccepted means that from that instant the next person is responsible and the former is not.
type HandoverAccepted struct {
	Handover string         `json:"handover"`
	From     string         `json:"from"`
	To       string         `json:"to"`
	Out      domain.Instant `json:"out"`      // start of the shift that is over
	In       domain.Instant `json:"in"`       // start of the shift that begins
	Planned  domain.Instant `json:"planned"`  // end of the former by the roster; later is overrun
	At       domain.Instant `json:"at"`       // when the responsibility passed
	Reserved []string       `json:"reserved"` // items taken with a remark
	Owner    string         `json:"owner"`    // whose the reserved items are
	Entries  int            `json:"entries"`  // logged in the shift that is over
}

// Evolve passes the responsibility, the open entries with it; what was carried over to a named person is that person's.
func (e HandoverAccepted) Evolve(p Post) Post {
	entries, reserved := map[string]Entry{}, maps.Clone(p.Reserved)
	for id, v := range p.Entries {
		if v.Closed {
			continue
		}
		if !v.Named {
			v.Owner = e.To
			if r, ok := reserved[id]; ok { // an earlier remark goes with the entry
				reserved[id] = Reservation{Owner: e.To, Remark: r.Remark}
			}
			if slices.Contains(e.Reserved, id) {
				v.Owner = e.Owner
			}
		}
		entries[id] = v
	}
	for _, item := range e.Reserved {
		reserved = put(reserved, item, Reservation{Owner: e.Owner, Remark: p.Handover.Answers[item]})
	}
	p.Reserved = reserved
	p.Entries, p.Logged = entries, 0
	p.Responsible, p.Since, p.Shift, p.Handover = e.To, e.At, e.In, Handover{}
	return p
}

// Settles ends the looks at the shift that was taken and the one that is over.
func (e HandoverAccepted) Settles(r domain.Recorded) []domain.TaskID {
	return []domain.TaskID{{Kind: TaskStart, Key: key(r.Stream, e.In)}, {Kind: TaskEnd, Key: key(r.Stream, e.Out)}, {Kind: TaskRemind, Key: key(r.Stream, e.In)}}
}

// RefuseHandover leaves the watch with the outgoing person.
type RefuseHandover struct {
	Handover string `json:"handover" doc:"the offer that was shown" minLength:"1" maxLength:"60"`
	Reason   string `json:"reason" minLength:"1" maxLength:"1000"`
}

// Decide takes the no of the next person, with the reason, and alerts the posts of duty.handover.alertTo in their order.
func (c RefuseHandover) Decide(p Post, act domain.Act) ([]Event, error) {
	s, err := p.incoming(act)
	if err != nil {
		return nil, err
	}
	if c.Handover != p.Handover.ID {
		return nil, ErrNothingOffered
	}
	if strings.TrimSpace(c.Reason) == "" {
		return nil, ErrReason
	}
	events := []Event{HandoverRefused{Handover: c.Handover, By: act.Actor.Person, Reason: strings.TrimSpace(c.Reason)}}
	for _, to := range AlertTo.Of(act) {
		events = append(events, AlertRaised{Cause: "handover-refused", Shift: s.Start, Responsible: p.Responsible, To: to})
	}
	return events, nil
}

// HandoverRefused means that the outgoing person stays responsible; the next offer begins anew.
type HandoverRefused struct {
	Handover string `json:"handover"`
	By       string `json:"by"`
	Reason   string `json:"reason"`
}

// Evolve drops the offer with what was said about its items.
func (e HandoverRefused) Evolve(p Post) Post {
	if e.Handover == p.Handover.ID || e.Handover == "" { // erased
		p.Handover = Handover{}
	}
	return p
}

// SettleReservation says how a remark about an item was cleared up.
type SettleReservation struct {
	Item string `json:"item" minLength:"1" maxLength:"60"`
	Text string `json:"text" minLength:"1" maxLength:"1000"`
}

// Decide takes it from the owner of the item or the responsible person.
func (c SettleReservation) Decide(p Post, act domain.Act) ([]Event, error) {
	r, ok := p.Reserved[c.Item]
	switch {
	case !ok:
		return nil, ErrNotReserved
	case act.Actor.Person != r.Owner && act.Actor.Person != p.Responsible:
		return nil, ErrNotResponsible
	case strings.TrimSpace(c.Text) == "":
		return nil, ErrReason
	}
	return []Event{ReservationSettled{Item: c.Item, Text: strings.TrimSpace(c.Text)}}, nil
}

// ReservationSettled means that nothing is open about the item.
type ReservationSettled struct {
	Item string `json:"item"`
	Text string `json:"text"`
}

// Evolve drops the remark.
func (e ReservationSettled) Evolve(p Post) Post { p.Reserved = drop(p.Reserved, e.Item); return p }
