// Package duty is the office's watch (值班): who is responsible for a duty post at every instant, by which shift, what was
// logged, who stood in, and how it was handed over. One post's responsibility lives in one stream, so there are never two
// responsible persons and never none: it passes when the next person accepts and not before; a handover that nobody accepts
// leaves the outgoing person responsible, and the clock shows it. The rosters that plan the shifts are streams of their own.
package duty

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"andu/domain"
	"andu/domain/calendar"
	"andu/domain/org"
)

// Context lists every event of a duty post.
var Context = domain.Context[Post]{
	Name: "duty",
	Events: []domain.Schema[Post]{
		{Name: "duty.post-opened", Version: 1, Type: PostOpened{}, By: by(Open{})},
		{Name: "duty.shifts-planned", Version: 1, Type: ShiftsPlanned{}, By: by(Plan{})},
		{Name: "duty.reminder-sent", Version: 1, Type: ReminderSent{}, By: by(Remind{})},
		{Name: "duty.swap-requested", Version: 1, Type: SwapRequested{}, By: by(RequestSwap{}), Sealed: true},
		{Name: "duty.swap-accepted", Version: 1, Type: SwapAccepted{}, By: by(AcceptSwap{})},
		{Name: "duty.swap-declined", Version: 1, Type: SwapDeclined{}, By: by(DeclineSwap{}), Sealed: true},
		{Name: "duty.swap-noted", Version: 1, Type: SwapNoted{}, By: by(NoteSwap{})},
		{Name: "duty.shift-reassigned", Version: 1, Type: ShiftReassigned{}, By: by(AcceptSwap{}, NoteSwap{}, Plan{})},
		{Name: "duty.stand-in-started", Version: 1, Type: StandInStarted{}, By: by(StartStandIn{}), Sealed: true},
		{Name: "duty.stand-in-ended", Version: 1, Type: StandInEnded{}, By: by(EndStandIn{})},
		{Name: "duty.handover-offered", Version: 1, Type: HandoverOffered{}, By: by(OfferHandover{}), Sealed: true},
		{Name: "duty.item-accepted", Version: 1, Type: ItemAccepted{}, By: by(AnswerItems{})},
		{Name: "duty.item-reserved", Version: 1, Type: ItemReserved{}, By: by(AnswerItems{}), Sealed: true},
		{Name: "duty.handover-accepted", Version: 1, Type: HandoverAccepted{}, By: by(AcceptHandover{})},
		{Name: "duty.handover-refused", Version: 1, Type: HandoverRefused{}, By: by(RefuseHandover{}), Sealed: true},
		{Name: "duty.reservation-settled", Version: 1, Type: ReservationSettled{}, By: by(SettleReservation{}), Sealed: true},
		{Name: "duty.alert-raised", Version: 1, Type: AlertRaised{}, By: by(RefuseHandover{}, Watch{})},
		{Name: "duty.finding-raised", Version: 1, Type: FindingRaised{}, By: by(StartStandIn{}, EndStandIn{}, CheckStandIn{}, CheckClock{}, ReportEmergency{}, Inspect{}, Probe{}, CheckFax{}, NoteFax{})},
		{Name: "duty.entry-logged", Version: 1, Type: EntryLogged{}, By: by(LogEntry{}), Sealed: true},
		{Name: "duty.entry-corrected", Version: 1, Type: EntryCorrected{}, By: by(CorrectEntry{}), Sealed: true},
		{Name: "duty.entry-actioned", Version: 1, Type: EntryActioned{}, By: by(ActOnEntry{}), Sealed: true},
		{Name: "duty.entry-escalated", Version: 1, Type: EntryEscalated{}, By: by(EscalateEntry{}), Sealed: true},
		{Name: "duty.entry-carried-over", Version: 1, Type: EntryCarriedOver{}, By: by(CarryOverEntry{})},
		{Name: "duty.entry-closed", Version: 1, Type: EntryClosed{}, By: by(CloseEntry{}), Sealed: true},
		{Name: "duty.message-relayed", Version: 1, Type: MessageRelayed{}, By: by(RelayMessage{})},
		{Name: "duty.relay-acknowledged", Version: 1, Type: RelayAcknowledged{}, By: by(AcknowledgeRelay{})},
		{Name: "duty.fax-due", Version: 1, Type: FaxDue{}, By: by(AcceptHandover{})},
		{Name: "duty.fax-taken-over", Version: 1, Type: FaxTakenOver{}, By: by(NoteFax{})},
		{Name: "duty.day-closed", Version: 1, Type: DayClosed{}, By: by(CloseDay{}), Sealed: true},
		{Name: "duty.inspected", Version: 1, Type: Inspected{}, By: by(Inspect{}), Sealed: true},
		{Name: "duty.reachability-probed", Version: 1, Type: ReachabilityProbed{}, By: by(Probe{})},
		{Name: "duty.emergency-known", Version: 1, Type: EmergencyKnown{}, By: by(DeclareEmergency{}), Sealed: true},
		{Name: "duty.emergency-reported", Version: 1, Type: EmergencyReported{}, By: by(ReportEmergency{}), Sealed: true},
		{Name: "duty.emergency-followed-up", Version: 1, Type: EmergencyFollowedUp{}, By: by(FollowUpEmergency{}), Sealed: true},
		{Name: "duty.emergency-closed", Version: 1, Type: EmergencyClosed{}, By: by(CloseEmergency{}), Sealed: true},
	},
	Rules: []*domain.Refusal{
		ErrOpened, ErrNotOpened, ErrNoLine, ErrNotPublisher, ErrNotNow, ErrSystemOnly, ErrNotOnList, ErrOutsider, ErrRelative, ErrReason,
		ErrNoShift, ErrStarted, ErrNotYours, ErrSwapUnknown, ErrSwapLate, ErrNotParty,
		ErrNotResponsible, ErrNoStandIn, ErrStandInRuns, ErrNoStandInRuns,
		ErrNothingOffered, ErrNotIncoming, ErrChecklist, ErrUnclassified, ErrItem, ErrUnanswered, ErrNotReserved,
		ErrEntry, ErrFields, ErrUrgency, ErrCarryOver, ErrRelay, ErrDay, ErrEmergency, ErrGrade, ErrReported, ErrUnreported, ErrNotInspector,
	},
	Keys:  keys,
	Facts: facts,
}

type (
	// Event is a fact of a duty post.
	Event = domain.Event[Post]
	// Command is a request to a duty post.
	Command = domain.Command[Post]
)

func by(c ...Command) []Command { return c }

func facts(office string) []string {
	return []string{org.Stream(office), calendar.Stream(office)}
}

// Lines of coverage (catalogue 2.7). The duty room is every office's; the messenger room is a second one where the office
// keeps it staffed (REG-04 二.6).
const (
	DutyRoom      = "duty-room"
	MessengerRoom = "messenger-room"
)

// StreamOf is the stream of an office's duty post. newID derives an id from a name space and a name.
func StreamOf(newID func(space, name string) string, office, line string) string {
	return Context.Stream(newID(office, "duty/"+line))
}

// Streams are those of all lines, kept by the office or not.
func Streams(newID func(space, name string) string, office string) []string {
	return []string{StreamOf(newID, office, DutyRoom), StreamOf(newID, office, MessengerRoom)}
}

// Planned lists the rosters whose shifts have not all begun.
func (p Post) Planned(at domain.Instant) (rosters []string) {
	for _, s := range p.Shifts {
		if s.Start.After(at.Time) && !slices.Contains(rosters, s.Roster) {
			rosters = append(rosters, s.Roster)
		}
	}
	return rosters
}

// What the office lays down for its watch.
var (
	CoverageOf     = domain.Key[Coverage]{Name: "duty.coverage"}
	CoverBy        = domain.Key[[]string]{Name: "duty.cover[].by"}
	CoverHours     = domain.Key[Hours]{Name: "duty.cover[].hours"}
	SectionPerson  = domain.Key[SectionRule]{Name: "duty.cover.personOfSection"}
	RosterPeriod   = domain.Key[Period]{Name: "duty.roster.period"}
	RosterDeadline = domain.Key[Deadline]{Name: "duty.roster.publishDeadline"}
	DeadlineBasis  = domain.Key[Basis]{Name: "duty.roster.deadlineBasis"}
	Publisher      = domain.Key[string]{Name: "duty.roster.publisher", Moment: domain.ByReceived}
	Audience       = domain.Key[AudienceRule]{Name: "duty.roster.audience"}
	RosterApprover = domain.Key[string]{Name: "duty.roster.approver", Moment: domain.ByReceived}
	LateEffect     = domain.Key[Late]{Name: "duty.roster.lateEffect"}
	FairnessBound  = domain.Key[Bound]{Name: "duty.fairness.bound"}
	ProbeSeconds   = domain.Key[int]{Name: "duty.probe.seconds"}
	ReminderLead   = domain.Key[Lead]{Name: "duty.reminder.lead"}
	Rearrange      = domain.Key[Rearrangement]{Name: "duty.rearrange", Moment: domain.ByReceived}
	DutyMode       = domain.Key[Mode]{Name: "duty.mode"}
	Forbidden      = domain.Key[[]string]{Name: "duty.substituteForbidden", Moment: domain.ByReceived}
	SwapWho        = domain.Key[WhoRule]{Name: "duty.swap.who", Moment: domain.ByReceived}
	SwapCause      = domain.Key[Cause]{Name: "duty.swap.cause", Moment: domain.ByReceived}
	SwapNotify     = domain.Key[Notice]{Name: "duty.swap.notify", Moment: domain.ByReceived}
	SwapBefore     = domain.Key[Before]{Name: "duty.swap.notifyBefore", Moment: domain.ByReceived}
	SwapAck        = domain.Key[AckRule]{Name: "duty.swap.ack", Moment: domain.ByReceived}
	StandInRoles   = domain.Key[[]string]{Name: "duty.standIn.roles", Moment: domain.ByReceived}
	StandInCause   = domain.Key[Cause]{Name: "duty.standIn.cause", Moment: domain.ByReceived}
	StandInMinutes = domain.Key[int]{Name: "duty.standIn.maxMinutes", Moment: domain.ByReceived}
	Room           = domain.Key[RoomRule]{Name: "duty.messengerRoom"}
	RoomMeanwhile  = domain.Key[Meanwhile]{Name: "duty.messengerRoom.whileStandingIn"}
	EntryFields    = domain.Key[[]string]{Name: "duty.entry.requiredFields", Moment: domain.ByReceived}
	Triage         = domain.Key[[]Sort]{Name: "duty.triage", Moment: domain.ByReceived}
	HandoverTimes  = domain.Key[[]Boundary]{Name: "duty.handover.time"}
	Checklist      = domain.Key[[]string]{Name: "duty.handover.checklist", Moment: domain.ByReceived}
	ReservedOwner  = domain.Key[OwnerRule]{Name: "duty.handover.reservedItemOwner"}
	AlertTo        = domain.Key[[]string]{Name: "duty.handover.alertTo"}
	Clocks         = domain.Key[[]Clock]{Name: "emer.clocks"}
	Roles          = domain.Key[[]string]{Name: "duty.roles"}
	FaxWithin      = domain.Key[FaxRule]{Name: "rcv.dutyFax.within"}
)

// keys are those of the posts and of the rosters.
var keys = []domain.AnyKey{CoverageOf, CoverBy, CoverHours, SectionPerson, RosterPeriod, RosterDeadline, DeadlineBasis, Publisher, Audience,
	RosterApprover, LateEffect, FairnessBound, ProbeSeconds, ReminderLead, Rearrange, DutyMode, Forbidden, SwapWho, SwapCause, SwapNotify,
	SwapBefore, SwapAck, StandInRoles, StandInCause, StandInMinutes, Room, RoomMeanwhile, EntryFields, Triage, HandoverTimes, Checklist,
	ReservedOwner, AlertTo, Clocks, Roles, FaxWithin}

// roles name in duty.roles who keeps a line: each has one responsible person at every instant.
var roles = map[string]string{DutyRoom: "duty", MessengerRoom: "messenger"}

// Indexes of duty.cover: who covers office hours of working days, and who all other times.
const (
	officeHours = "working day, office hours"
	otherTimes  = "other times, rest days"
)

// Coverage says when a post is covered.
type Coverage struct {
	Hours int    `json:"hours"`
	Days  string `json:"days"`
}

// Check knows the round-the-clock watch alone: with any other there would be an instant without a responsible person.
func (c Coverage) Check() error {
	if c.Hours != 24 || c.Days != "every" {
		return fmt.Errorf("coverage %+v: want 24 hours of every day", c)
	}
	return nil
}

// Hours are the hours of a working day that a section covers.
type Hours struct {
	Start domain.TimeOfDay `json:"start"`
	End   domain.TimeOfDay `json:"end"`
	Noon  bool             `json:"noon_included"`
}

// Check refuses hours that are none, and a noon that nobody covers.
func (h Hours) Check() error {
	if h.End.Minutes <= h.Start.Minutes || !h.Noon {
		return fmt.Errorf("hours %s to %s: want a span with noon included", h.Start, h.End)
	}
	return nil
}

// Words of which the program knows one or two.
type (
	SectionRule  string // who of a section is responsible
	Period       string // of a roster
	Basis        string // of the deadline
	AudienceRule string // of a roster
	Mode         string // of the watch
	WhoRule      string // who may take a shift over
	AckRule      string // whether the other person has to accept a swap
	OwnerRule    string // whose a reserved item is
)

func word[T ~string](v T, known ...T) error {
	if !slices.Contains(known, v) {
		return fmt.Errorf("%q: want one of %q", v, known)
	}
	return nil
}

// Check of each word refuses one that the program does not know.
func (v SectionRule) Check() error  { return word(v, "accepting-person") }
func (v Period) Check() error       { return word(v, "month", "week") }
func (v Basis) Check() error        { return word(v, "calendar", "lastWorkingDay") }
func (v AudienceRule) Check() error { return word(v, "all-staff", "duty-list") }
func (v Mode) Check() error         { return word(v, "in-room", "on-call") }
func (v WhoRule) Check() error      { return word(v, "duty-list") }
func (v AckRule) Check() error      { return word(v, "required", "not-required") }
func (v OwnerRule) Check() error    { return word(v, "incoming", "outgoing") }

// Cause says whether a reason is needed, and of what kind.
type Cause struct {
	Required bool   `json:"required"`
	Kind     string `json:"kind"`
}

// Notice says whom a swap is told, and that telling is no asking.
type Notice struct {
	To       []string `json:"to"`
	Approval bool     `json:"approval"`
}

// Check refuses an approval: a swap is told (R48), so a value that asks for one could not be followed.
func (n Notice) Check() error {
	if n.Approval || len(n.To) == 0 {
		return fmt.Errorf("notice %+v: want those who are told, without approval", n)
	}
	return nil
}

// Before is the instant by which a swap is told and accepted.
type Before struct {
	Instant  string `json:"instant"`
	Boundary string `json:"boundary"`
}

// Check knows the start of the shift.
func (b Before) Check() error {
	if b.Instant != "shift-start" {
		return fmt.Errorf("instant %q: want shift-start", b.Instant)
	}
	return word(b.Boundary, "incl", "excl")
}

// Lead is how long before its shift a person is reminded.
type Lead struct {
	Hours int `json:"hours"`
}

// RoomRule says whether the messenger room is kept staffed.
type RoomRule struct {
	Staffed string `json:"staffed"`
	OnCall  bool   `json:"on_call"`
}

// Meanwhile says who keeps the messenger room while a messenger stands in.
type Meanwhile struct {
	Require   string `json:"require"`
	Otherwise string `json:"otherwise"`
}

// Check knows a second messenger, else a finding.
func (m Meanwhile) Check() error {
	if m.Require != "second-messenger" || m.Otherwise != "finding" {
		return fmt.Errorf("%+v: want second-messenger, otherwise finding", m)
	}
	return nil
}

// Boundary is a planned time of handover.
type Boundary struct {
	At   domain.TimeOfDay `json:"at"`
	Days string           `json:"days"`
}

// Check knows every day and working days.
func (b Boundary) Check() error { return word(b.Days, "every", "working") }

// The rules of a duty post.
var (
	ErrOpened = domain.Rule(domain.Conflict, "duty.already-opened",
		"该值班岗位已经设立。", "the duty post is already kept")
	ErrNotOpened = domain.Rule(domain.NotFound, "duty.not-opened",
		"该值班岗位尚未设立。", "there is no such duty post")
	ErrNoLine = domain.Rule(domain.Invalid, "duty.no-such-line",
		"本单位不设{line}。", "the office keeps no {line}").By("R42, R53, duty.roles, duty.messengerRoom")
	ErrNotPublisher = domain.Rule(domain.Forbidden, "duty.not-publisher",
		"此事由排班岗位{post}办理。", "only the post {post}, which issues the roster, may do this").By("R44, duty.roster.publisher")
	ErrNotNow = domain.Rule(domain.Invalid, "duty.not-now",
		"值班责任只能在发生当时记录，不得补报时间。", "what moves responsibility is recorded when it happens, never for a time before").By("DUT 2.7")
	ErrSystemOnly = domain.Rule(domain.Forbidden, "duty.system-only",
		"此事由系统按时办理，不由人填写。", "the schedule does this by itself").By("architecture 3.5")
	ErrNotOnList = domain.Rule(domain.Invalid, "duty.not-on-list",
		"{person}在该日不是本单位值班人员。", "{person} is not on the office's duty list on that day").By("R47, R48")
	ErrOutsider = domain.Rule(domain.Invalid, "duty.outsider",
		"外单位人员不得代值。", "nobody of another unit keeps the watch").By("R47, duty.substituteForbidden")
	ErrRelative = domain.Rule(domain.Invalid, "duty.relative",
		"亲属不得代值。", "no relative keeps the watch").By("R47, duty.substituteForbidden")
	ErrReason = domain.Rule(domain.Invalid, "duty.reason-required",
		"须写明原因。", "say why").By("R48, R53")

	ErrNoShift = domain.Rule(domain.Conflict, "duty.no-shift",
		"没有已排定的班次，请先发布值班表。", "no such shift is planned: publish or amend the roster first").By("R42, R44")
	ErrStarted = domain.Rule(domain.Conflict, "duty.shift-started",
		"班次已经开始或已过。", "the shift has begun").By("R48")
	ErrNotYours = domain.Rule(domain.Forbidden, "duty.not-your-shift",
		"该班次不是您的。", "the shift is not yours").By("R48")
	ErrSwapUnknown = domain.Rule(domain.Conflict, "duty.no-swap",
		"没有待办的换班申请。", "there is no such swap to be settled").By("R48")
	ErrSwapLate = domain.Rule(domain.Conflict, "duty.swap-late",
		"须在班次开始前办妥，原值班人员仍负责。", "a swap is accepted and told before the shift begins; the shift stays as it was").By("R48, duty.swap.notifyBefore, G10")
	ErrNotParty = domain.Rule(domain.Forbidden, "duty.not-party",
		"您不是换班的一方，也不是应告知的岗位。", "you are neither party of the swap nor told of it").By("R48")

	ErrNotResponsible = domain.Rule(domain.Forbidden, "duty.not-responsible",
		"您不是当前值班责任人。", "you are not the person on duty").By("R42, R47")
	ErrNoStandIn = domain.Rule(domain.Forbidden, "duty.may-not-stand-in",
		"只有下列岗位可以临时替班：{posts}。", "only a holder of one of these posts stands in: {posts}").By("R53, duty.standIn.roles, G13")
	ErrStandInRuns = domain.Rule(domain.Conflict, "duty.stand-in-runs",
		"临时替班尚未结束。", "somebody stands in already").By("R53")
	ErrNoStandInRuns = domain.Rule(domain.Conflict, "duty.no-stand-in",
		"没有进行中的临时替班。", "nobody stands in").By("R53")

	ErrNothingOffered = domain.Rule(domain.Conflict, "duty.nothing-offered",
		"没有待接收的交班。", "no handover is offered").By("DUT 2.7")
	ErrNotIncoming = domain.Rule(domain.Forbidden, "duty.not-incoming",
		"接班人应为该班次的值班人员，或承担该班次的岗位的具名人员。", "only the person of the shift, or a named person of the section that holds it, takes over").By("R43, R47, G11")
	ErrChecklist = domain.Rule(domain.Invalid, "duty.checklist",
		"交班前须逐项核对，尚缺：{items}。", "the checklist comes before the handover; missing: {items}").By("R51, R52")
	ErrUnclassified = domain.Rule(domain.Conflict, "duty.unclassified",
		"尚有记录未办、未请示也未移交：{entries}。", "these entries are neither acted on, asked about nor carried over: {entries}").By("R50")
	ErrItem = domain.Rule(domain.Invalid, "duty.no-such-item",
		"交班内容中没有此项。", "the handover has no such item")
	ErrUnanswered = domain.Rule(domain.Conflict, "duty.unanswered",
		"交班须逐项答复，尚未答复：{items}。", "every item is accepted or reserved first; unanswered: {items}").By("DUT 2.7, G12")
	ErrNotReserved = domain.Rule(domain.Conflict, "duty.not-reserved",
		"该项没有未了的保留意见。", "nothing is reserved about this item").By("G12")
)

// Post is a duty post: who is responsible now, and what the next person will take over.
type Post struct {
	Line        string
	Responsible string         // never empty from the opening on
	Since       domain.Instant // of the responsibility
	Shift       domain.Instant // start of the shift that the person keeps; zero: none was planned at the opening
	Shifts      []Shift        // in order of their start, never two at one instant
	Swaps       map[string]Swap
	Handover    Handover
	StandIn     StandIn
	Reserved    map[string]Reservation // by item

	Entries     map[string]Entry    // the open ones and those of the shift
	Logged      int                 // entries of the shift
	Days        map[domain.Date]int // entries of each day that is not closed
	Emergencies map[string]Emergency
}

// Slot is one turn of the watch as a roster plans it.
type Slot struct {
	Start  domain.Instant `json:"start"`
	End    domain.Instant `json:"end"`
	By     []string       `json:"by" doc:"posts whose holders may keep it"`
	Source string         `json:"source" enum:"section,rota"`
	Person string         `json:"person" doc:"empty for a section: whoever of it accepts is named"`
	Rest   bool           `json:"rest" doc:"begins on a day off"`
	Night  bool           `json:"night" doc:"reaches past midnight"`
	Remind domain.Instant `json:"remind" doc:"when the person is reminded"`
}

// same tells whether two slots are the same turn of the same person; when he is reminded is no part of it.
func (s Slot) same(o Slot) bool {
	return s.Start.Equal(o.Start.Time) && s.End.Equal(o.End.Time) && slices.Equal(s.By, o.By) && s.Source == o.Source && s.Person == o.Person &&
		s.Rest == o.Rest && s.Night == o.Night
}

// Sources of a shift (R43).
const (
	Section = "section"
	Rota    = "rota"
)

// Shift is a slot of a published roster, and who keeps it after swaps.
type Shift struct {
	Slot
	Roster  string // stream
	Planned string // the person whom the roster names
}

// Swap is an exchange of a shift that is not settled yet.
type Swap struct {
	From, With    string
	Shift, Return domain.Instant // Return zero: nothing in return
	Accepted      bool
	Noted         bool
}

// Handover is the offer that waits for the next person; the zero Handover is none.
type Handover struct {
	ID      string
	Shift   domain.Instant // that takes over
	Items   []Item
	Answers map[string]string // by item: the remark; empty: taken as it is
}

// Item is one thing that is handed over: an open entry, or keys, seals, papers and the like.
type Item struct {
	ID    string `json:"id" doc:"of an entry: the entry's own" required:"false" maxLength:"60"`
	Kind  string `json:"kind" doc:"entry, keys, seals, carriers, papers, equipment" minLength:"1" maxLength:"40" example:"keys"`
	Name  string `json:"name" minLength:"1" maxLength:"200" example:"值班室钥匙"`
	Count int    `json:"count" minimum:"1" maximum:"100000"`
}

// StandIn is who keeps the room while the responsible person is briefly away; the zero StandIn is nobody.
type StandIn struct {
	ID, Person string
	Until      domain.Instant // the last allowed instant
	Found      bool           // that it is over was put on record
}

// Reservation is what the next person said about an item and is not settled.
type Reservation struct{ Owner, Remark string }

// At finds the shift that begins at an instant.
func (p Post) At(start domain.Instant) (Shift, bool) {
	i, ok := p.find(start)
	if !ok {
		return Shift{}, false
	}
	return p.Shifts[i], true
}

func (p Post) find(start domain.Instant) (int, bool) {
	return slices.BinarySearchFunc(p.Shifts, start, func(s Shift, at domain.Instant) int { return s.Start.Compare(at.Time) })
}

// Next is the shift that takes over at an instant: the one that runs, else the next; false when none is planned.
func (p Post) Next(at domain.Instant) (next Shift, ok bool) {
	for _, s := range p.Shifts {
		if !s.Start.After(p.Shift.Time) || !s.End.After(at.Time) {
			continue
		}
		return s, true
	}
	return Shift{}, false
}

// PlannedEnd is when the person's shift ends by the roster; zero: it is in none.
func (p Post) PlannedEnd() domain.Instant {
	s, _ := p.At(p.Shift)
	return s.End
}

// Overrun is how long after the end of his shift the person is still responsible.
func (p Post) Overrun(at domain.Instant) time.Duration {
	end := p.PlannedEnd()
	if end.IsZero() {
		return 0
	}
	return max(0, at.Sub(end.Time))
}

// now is the instant of an act that moves responsibility: nobody states another.
func now(act domain.Act) (domain.Instant, error) {
	if act.Person() && !act.Occurred.Equal(act.Received.Time) {
		return act.Occurred, ErrNotNow
	}
	return act.Occurred, nil
}

// mine refuses everybody but the responsible person.
func (p Post) mine(act domain.Act) error {
	switch {
	case p.Line == "":
		return ErrNotOpened
	case !act.Person():
		return domain.ErrSystem
	case act.Actor.Person != p.Responsible:
		return ErrNotResponsible
	}
	_, err := now(act)
	return err
}

// system refuses every person.
func (p Post) system(act domain.Act) error {
	if act.Person() {
		return ErrSystemOnly
	}
	if p.Line == "" {
		return ErrNotOpened
	}
	return nil
}

func office(act domain.Act) org.Office { return org.Context.In(act, org.Stream(act.Office)) }

// publisher refuses everybody but the post that issues the roster.
func publisher(act domain.Act) error {
	post := Publisher.Of(act)
	if !act.Person() {
		return domain.ErrSystem
	}
	if act.Actor.Post != post {
		return ErrNotPublisher.With("post", post)
	}
	return nil
}

func holds(o org.Office, person string, posts []string, on domain.Date) bool {
	return slices.ContainsFunc(posts, func(post string) bool { return o.Holds(person, post, on) })
}

// rota lists the posts whose holders are the duty list of a line: those of duty.cover, and for the messenger room the
// posts that stand in (REG-04 二.6).
func rota(act domain.Act, line string) []string {
	if line == MessengerRoom {
		return StandInRoles.Of(act)
	}
	return CoverBy.Of(act, otherTimes)
}

// Open begins to keep a duty post: from now on there is always one responsible person.
type Open struct {
	Line   string `json:"line" enum:"duty-room,messenger-room"`
	Person string `json:"person" doc:"who is responsible until the first handover" minLength:"1" maxLength:"60"`
}

// Decide lets the post that issues the roster open a line that the office keeps (R42, R53).
func (c Open) Decide(p Post, act domain.Act) ([]Event, error) {
	if p.Line != "" {
		return nil, ErrOpened
	}
	if err := publisher(act); err != nil {
		return nil, err
	}
	at, err := now(act)
	if err != nil {
		return nil, err
	}
	coverage := CoverageOf.Of(act)
	if !slices.Contains(Roles.Of(act), roles[c.Line]) || c.Line == MessengerRoom && Room.Of(act).Staffed == "none" {
		return nil, ErrNoLine.With("line", c.Line)
	}
	posts := rota(act, c.Line)
	if c.Line == DutyRoom {
		posts = append(slices.Clone(posts), CoverBy.Of(act, officeHours)...)
	}
	if !holds(office(act), c.Person, posts, act.Today()) {
		return nil, ErrNotOnList.With("person", c.Person)
	}
	return []Event{PostOpened{Line: c.Line, Coverage: coverage, Person: c.Person, At: at}}, nil
}

// PostOpened means that the person is responsible, and that somebody always will be.
type PostOpened struct {
	Line     string         `json:"line"`
	Coverage Coverage       `json:"coverage"`
	Person   string         `json:"person"`
	At       domain.Instant `json:"at"`
}

// Evolve begins the responsibility.
func (e PostOpened) Evolve(p Post) Post {
	p.Line, p.Responsible, p.Since = e.Line, e.Person, e.At
	return p
}

// Tasks of a duty post.
const (
	TaskRemind  = "duty.remind"
	TaskStart   = "duty.shift-start"
	TaskEnd     = "duty.shift-end"
	TaskStandIn = "duty.stand-in"
	TaskClock   = "duty.emergency-clock"
	TaskPlan    = "duty.plan"
	TaskFax     = "duty.fax"
)

// just is the first instant after one: to the microsecond, what is still allowed ends before it.
func just(after domain.Instant) domain.Instant { return domain.At(after.Add(time.Microsecond)) }

func key(stream string, at domain.Instant) string {
	b, _ := at.MarshalText()
	return stream + "/" + string(b)
}

func task(kind, stream string, shift, due domain.Instant) domain.Task {
	b, _ := shift.MarshalText()
	return domain.Task{TaskID: domain.TaskID{Kind: kind, Key: key(stream, shift)}, Stream: stream, Due: due, Data: map[string]string{"shift": string(b)}}
}

// Plan takes the shifts of a published or amended roster over into the post. The follower of the roster does it.
type Plan struct {
	Roster   string         `json:"roster"`
	Revision int64          `json:"revision"` // of the event that published or amended it
	From     domain.Instant `json:"from"`
	Until    domain.Instant `json:"until"`
	Slots    []Slot         `json:"slots"`
}

// Decide leaves what has begun as it was: the past is never re-rostered (DUT 2.7).
func (c Plan) Decide(p Post, act domain.Act) ([]Event, error) {
	if err := p.system(act); err != nil {
		return nil, err
	}
	e := ShiftsPlanned{Roster: c.Roster, Revision: c.Revision, From: c.From, Until: c.Until, Slots: []Slot{}, Dropped: []domain.Instant{}}
	for _, s := range c.Slots {
		if s.Start.After(p.Shift.Time) && s.End.After(act.Received.Time) {
			if s.Remind.Before(act.Received.Time) {
				s.Remind = act.Received
			}
			e.Slots = append(e.Slots, s)
		}
	}
	if len(e.Slots) > 0 {
		e.From = e.Slots[0].Start
	}
	for _, s := range p.Shifts {
		if !s.Start.Before(e.From.Time) && s.Start.Before(e.Until.Time) && s.Start.After(p.Shift.Time) {
			if !slices.ContainsFunc(e.Slots, func(n Slot) bool { return n.Start.Equal(s.Start.Time) }) {
				e.Dropped = append(e.Dropped, s.Start)
			}
		}
	}
	if len(e.Slots)+len(e.Dropped) == 0 {
		return nil, nil
	}
	return append([]Event{e}, p.keptSwaps(e)...), nil
}

// keptSwaps lets a swap that is in force stand for the shift that takes the place of the one that was swapped.
func (p Post) keptSwaps(e ShiftsPlanned) (events []Event) {
	planned := make([]Slot, len(p.Shifts))
	for i, s := range p.Shifts {
		planned[i] = s.Slot
		planned[i].Person = s.Planned
	}
	for _, s := range e.Slots {
		if _, stays := p.At(s.Start); stays || s.Source != Rota {
			continue
		}
		if old, ok := replaced(planned, s); ok && old.Person == s.Person {
			if was, _ := p.At(old.Start); was.Person != s.Person {
				events = append(events, ShiftReassigned{Shift: s.Start, From: s.Person, To: was.Person})
			}
		}
	}
	return events
}

// ShiftsPlanned means that between From and Until the slots, and no others, are the post's shifts.
type ShiftsPlanned struct {
	Roster   string           `json:"roster"`
	Revision int64            `json:"revision"`
	From     domain.Instant   `json:"from"`
	Until    domain.Instant   `json:"until"`
	Slots    []Slot           `json:"slots"`
	Dropped  []domain.Instant `json:"dropped"` // shifts that are no more, by their start
}

// Evolve replaces the shifts of the span; a swap stands while the roster still names the same person.
func (e ShiftsPlanned) Evolve(p Post) Post {
	var shifts []Shift
	for _, s := range p.Shifts {
		if s.Start.Before(e.From.Time) || !s.Start.Before(e.Until.Time) || !s.Start.After(p.Shift.Time) {
			shifts = append(shifts, s)
		}
	}
	for _, s := range e.Slots {
		n := Shift{Slot: s, Roster: e.Roster, Planned: s.Person}
		if old, ok := p.At(s.Start); ok && old.Planned == s.Person {
			n.Person = old.Person
		}
		shifts = append(shifts, n)
	}
	slices.SortFunc(shifts, func(a, b Shift) int { return a.Start.Compare(b.Start.Time) })
	p.Shifts = shifts
	gone := func(_ string, w Swap) bool {
		s, ok := p.At(w.Shift)
		return !ok || s.Person != w.From
	}
	p.Swaps = maps.Clone(p.Swaps)
	maps.DeleteFunc(p.Swaps, gone)
	return p
}

// Opens asks that each shift is reminded of, and looked at when it begins and when it ends.
func (e ShiftsPlanned) Opens(r domain.Recorded) (tasks []domain.Task) {
	for _, s := range e.Slots {
		tasks = append(tasks, task(TaskRemind, r.Stream, s.Start, s.Remind), task(TaskStart, r.Stream, s.Start, just(s.Start)), task(TaskEnd, r.Stream, s.Start, just(s.End)))
	}
	return tasks
}

// Settles drops what was to happen for shifts that are no more, and the plan itself.
func (e ShiftsPlanned) Settles(r domain.Recorded) []domain.TaskID {
	ids := []domain.TaskID{{Kind: TaskPlan, Key: planKey(e.Roster, e.Revision)}}
	for _, s := range e.Dropped {
		for _, kind := range []string{TaskRemind, TaskStart, TaskEnd} {
			ids = append(ids, domain.TaskID{Kind: kind, Key: key(r.Stream, s)})
		}
	}
	return ids
}

func planKey(roster string, revision int64) string {
	return roster + "/" + strconv.FormatInt(revision, 10)
}

// Remind reminds whoever keeps a shift. The schedule does it.
type Remind struct {
	Shift domain.Instant `json:"shift"`
}

// Decide reminds of a shift that is still planned and not taken (R45).
func (c Remind) Decide(p Post, act domain.Act) ([]Event, error) {
	if err := p.system(act); err != nil {
		return nil, err
	}
	s, ok := p.At(c.Shift)
	if !ok || !s.Start.After(p.Shift.Time) {
		return nil, nil
	}
	return []Event{ReminderSent{Shift: c.Shift, Person: s.Person, Posts: s.By}}, nil
}

// ReminderSent means that the person, or the section, was reminded.
type ReminderSent struct {
	Shift  domain.Instant `json:"shift"`
	Person string         `json:"person"`
	Posts  []string       `json:"posts"`
}

// Evolve changes nothing.
func (e ReminderSent) Evolve(p Post) Post { return p }

// Settles ends the task.
func (e ReminderSent) Settles(r domain.Recorded) []domain.TaskID {
	return []domain.TaskID{{Kind: TaskRemind, Key: key(r.Stream, e.Shift)}}
}

// Watch looks at a shift just after it should have begun, or ended. The schedule does it.
type Watch struct {
	Shift domain.Instant `json:"shift"`
	End   bool           `json:"end"`
}

// Decide alerts the first post of duty.handover.alertTo when the outgoing person still waits for the next one, or when no
// shift follows.
func (c Watch) Decide(p Post, act domain.Act) ([]Event, error) {
	if err := p.system(act); err != nil {
		return nil, err
	}
	s, ok := p.At(c.Shift)
	if !ok {
		return nil, nil
	}
	cause := "not-taken-over"
	if c.End {
		if _, follows := p.Next(act.Occurred); follows || !p.Shift.Equal(s.Start.Time) {
			return nil, nil
		}
		cause = "no-next-shift"
	} else if !p.Shift.Before(s.Start.Time) {
		return nil, nil
	}
	to := AlertTo.Of(act)
	if len(to) == 0 {
		return nil, nil
	}
	return []Event{AlertRaised{Cause: cause, Shift: c.Shift, Responsible: p.Responsible, To: to[0]}}, nil
}

// AlertRaised means that a post was told that the watch does not pass on as planned.
type AlertRaised struct {
	Cause       string         `json:"cause"` // handover-refused, not-taken-over, no-next-shift
	Shift       domain.Instant `json:"shift"` // that should have taken over, or that is over
	Responsible string         `json:"responsible"`
	To          string         `json:"to"`
}

// Evolve changes nothing: the person stays responsible.
func (e AlertRaised) Evolve(p Post) Post { return p }

// Settles ends the look that raised it.
func (e AlertRaised) Settles(r domain.Recorded) []domain.TaskID {
	switch e.Cause {
	case "not-taken-over":
		return []domain.TaskID{{Kind: TaskStart, Key: key(r.Stream, e.Shift)}}
	case "no-next-shift":
		return []domain.TaskID{{Kind: TaskEnd, Key: key(r.Stream, e.Shift)}}
	}
	return nil
}

// FindingRaised means that something was found that somebody has to answer for; nothing is undone by it.
type FindingRaised struct {
	Kind   string         `json:"kind"` // standInTooLong, messengerRoomEmpty, postLeft, unreachable, emergencyPhoneMissed, emergencyWrittenMissed, faxNotTakenOver
	Person string         `json:"person"`
	About  string         `json:"about"` // the stand-in, the emergency or the entry
	At     domain.Instant `json:"at"`
}

// Kinds of findings.
const (
	StandInTooLong = "standInTooLong"
	RoomEmpty      = "messengerRoomEmpty"
	PostLeft       = "postLeft"
	Unreachable    = "unreachable"
	FaxWaits       = "faxNotTakenOver"
)

// Evolve notes what is found once.
func (e FindingRaised) Evolve(p Post) Post {
	if e.Kind == StandInTooLong && e.About == p.StandIn.ID {
		p.StandIn.Found = true
	}
	if v, ok := p.Entries[e.About]; ok && e.Kind == FaxWaits {
		v.Fax.Found = true
		p = p.entry(e.About, v)
	}
	if em, ok := p.Emergencies[e.About]; ok {
		for _, way := range []string{Phone, Written} {
			if e.Kind == missed(way) {
				em.Missed = append(slices.Clip(em.Missed), way)
			}
		}
		p.Emergencies = maps.Clone(p.Emergencies)
		p.Emergencies[e.About] = em
	}
	return p
}

// Settles ends the clock that found it.
func (e FindingRaised) Settles(domain.Recorded) []domain.TaskID {
	switch e.Kind {
	case StandInTooLong:
		return []domain.TaskID{{Kind: TaskStandIn, Key: e.About}}
	case FaxWaits:
		return []domain.TaskID{{Kind: TaskFax, Key: e.About}}
	case missed(Phone), missed(Written):
		return []domain.TaskID{{Kind: TaskClock, Key: e.About + "/" + wayOf(e.Kind)}}
	}
	return nil
}

// RequestSwap asks another person of the duty list to take a shift over.
type RequestSwap struct {
	Shift    domain.Instant `json:"shift" doc:"start of the shift"`
	With     string         `json:"with" doc:"the other person" minLength:"1" maxLength:"60"`
	Return   domain.Instant `json:"in_return" doc:"start of a shift of the other person that is taken in return" required:"false"`
	Reason   string         `json:"reason" required:"false" maxLength:"1000"`
	Relative bool           `json:"relative" doc:"the other person is a relative" required:"false"`
}

// Decide asks for a reason and for a colleague of the duty list, before the shift (R48, G10).
func (c RequestSwap) Decide(p Post, act domain.Act) ([]Event, error) {
	if p.Line == "" {
		return nil, ErrNotOpened
	}
	if !act.Person() {
		return nil, domain.ErrSystem
	}
	cause := SwapCause.Of(act)
	if cause.Required && strings.TrimSpace(c.Reason) == "" {
		return nil, ErrReason
	}
	forbidden, o := Forbidden.Of(act), office(act)
	on := domain.DateOf(c.Shift.Time, act.Zone)
	switch {
	case slices.Contains(forbidden, "other-unit-staff") && !o.Active(c.With, on):
		return nil, ErrOutsider
	case slices.Contains(forbidden, "relatives") && c.Relative:
		return nil, ErrRelative
	case SwapWho.Of(act) == "duty-list" && !holds(o, c.With, rota(act, p.Line), on), c.With == act.Actor.Person:
		return nil, ErrNotOnList.With("person", c.With)
	}
	w := Swap{From: act.Actor.Person, With: c.With, Shift: c.Shift, Return: c.Return}
	if err := p.swappable(w, act); err != nil {
		return nil, err
	}
	return []Event{SwapRequested{Swap: act.NewID("swap"), Shift: c.Shift, Return: c.Return, From: w.From, With: c.With, Kind: cause.Kind, Reason: strings.TrimSpace(c.Reason)}}, nil
}

// swappable tells whether both shifts are still the parties' own, are taken by neither, and the office's last instant has
// not passed.
func (p Post) swappable(w Swap, act domain.Act) error {
	before := SwapBefore.Of(act)
	for i, start := range []domain.Instant{w.Shift, w.Return} {
		if i == 1 && start.IsZero() {
			break
		}
		s, ok := p.At(start)
		switch {
		case !ok:
			return ErrNoShift
		case s.Person != []string{w.From, w.With}[i]:
			return ErrNotYours
		case !start.After(p.Shift.Time):
			return ErrStarted
		case before.Boundary == "excl" && !act.Received.Before(start.Time), before.Boundary == "incl" && act.Received.After(start.Time):
			return ErrSwapLate
		}
	}
	return nil
}

// SwapRequested means that the other person was asked; the shift is still the asker's.
type SwapRequested struct {
	Swap   string         `json:"swap"`
	Shift  domain.Instant `json:"shift"`
	Return domain.Instant `json:"in_return"`
	From   string         `json:"from"`
	With   string         `json:"with"`
	Kind   string         `json:"kind"` // of the reason, as duty.swap.cause names it
	Reason string         `json:"reason"`
}

// Evolve keeps the request.
func (e SwapRequested) Evolve(p Post) Post {
	return p.swap(e.Swap, Swap{From: e.From, With: e.With, Shift: e.Shift, Return: e.Return})
}

func (p Post) swap(id string, w Swap) Post {
	p.Swaps = put(p.Swaps, id, w)
	return p
}

func put[K comparable, V any](m map[K]V, k K, v V) map[K]V {
	m = maps.Clone(m)
	if m == nil {
		m = map[K]V{}
	}
	m[k] = v
	return m
}

func drop[K comparable, V any](m map[K]V, k K) map[K]V {
	m = maps.Clone(m)
	delete(m, k)
	return m
}

// settle gives the reassignment when everything that the office asks for is there.
func (p Post) settle(id string, w Swap, act domain.Act) []Event {
	if !w.Noted || !w.Accepted && SwapAck.Of(act) == "required" {
		return nil
	}
	events := []Event{ShiftReassigned{Swap: id, Shift: w.Shift, From: w.From, To: w.With}}
	if !w.Return.IsZero() {
		events = append(events, ShiftReassigned{Swap: id, Shift: w.Return, From: w.With, To: w.From})
	}
	return events
}

// AcceptSwap is the other person's yes.
type AcceptSwap struct {
	Swap string `json:"swap" minLength:"1" maxLength:"60"`
}

// Decide takes the yes of the person who was asked, before the shift.
func (c AcceptSwap) Decide(p Post, act domain.Act) ([]Event, error) {
	w, ok := p.Swaps[c.Swap]
	switch {
	case !ok:
		return nil, ErrSwapUnknown
	case act.Actor.Person != w.With:
		return nil, ErrNotParty
	case w.Accepted:
		return nil, nil
	}
	if err := p.swappable(w, act); err != nil {
		return nil, err
	}
	w.Accepted = true
	return append([]Event{SwapAccepted{Swap: c.Swap}}, p.settle(c.Swap, w, act)...), nil
}

// SwapAccepted means that the other person agrees.
type SwapAccepted struct {
	Swap string `json:"swap"`
}

// Evolve notes the yes.
func (e SwapAccepted) Evolve(p Post) Post {
	if w, ok := p.Swaps[e.Swap]; ok {
		w.Accepted = true
		p = p.swap(e.Swap, w)
	}
	return p
}

// DeclineSwap is the other person's no, or the asker's second thought.
type DeclineSwap struct {
	Swap   string `json:"swap" minLength:"1" maxLength:"60"`
	Reason string `json:"reason" required:"false" maxLength:"1000"`
}

// Decide takes the no of either party.
func (c DeclineSwap) Decide(p Post, act domain.Act) ([]Event, error) {
	w, ok := p.Swaps[c.Swap]
	switch {
	case !ok:
		return nil, ErrSwapUnknown
	case act.Actor.Person != w.With && act.Actor.Person != w.From:
		return nil, ErrNotParty
	}
	return []Event{SwapDeclined{Swap: c.Swap, Reason: c.Reason}}, nil
}

// SwapDeclined means that the shift stays as it was.
type SwapDeclined struct {
	Swap   string `json:"swap"`
	Reason string `json:"reason"`
}

// Evolve drops the request.
func (e SwapDeclined) Evolve(p Post) Post { p.Swaps = drop(p.Swaps, e.Swap); return p }

// NoteSwap puts on record that the office was told: by either party who tells, or by a post that was told. It is a notice
// and no approval (R48).
type NoteSwap struct {
	Swap string `json:"swap" minLength:"1" maxLength:"60"`
}

// Decide takes the notice before the shift, to the microsecond (G10).
func (c NoteSwap) Decide(p Post, act domain.Act) ([]Event, error) {
	w, ok := p.Swaps[c.Swap]
	if !ok {
		return nil, ErrSwapUnknown
	}
	if !act.Person() {
		return nil, domain.ErrSystem
	}
	told := SwapNotify.Of(act).To
	if act.Actor.Person != w.From && act.Actor.Person != w.With && !slices.Contains(told, act.Actor.Post) {
		return nil, ErrNotParty
	}
	if w.Noted {
		return nil, nil
	}
	if err := p.swappable(w, act); err != nil {
		return nil, err
	}
	w.Noted = true
	return append([]Event{SwapNoted{Swap: c.Swap, Told: told}}, p.settle(c.Swap, w, act)...), nil
}

// SwapNoted means that the posts were told.
type SwapNoted struct {
	Swap string   `json:"swap"`
	Told []string `json:"told"`
}

// Evolve notes the notice.
func (e SwapNoted) Evolve(p Post) Post {
	if w, ok := p.Swaps[e.Swap]; ok {
		w.Noted = true
		p = p.swap(e.Swap, w)
	}
	return p
}

// ShiftReassigned means that the shift is the other person's.
type ShiftReassigned struct {
	Swap  string         `json:"swap"` // empty: one that was in force for the shift whose place this one takes
	Shift domain.Instant `json:"shift"`
	From  string         `json:"from"`
	To    string         `json:"to"`
}

// Evolve puts the other person on the shift and ends the swap.
func (e ShiftReassigned) Evolve(p Post) Post {
	if i, ok := p.find(e.Shift); ok {
		p.Shifts = slices.Clone(p.Shifts)
		p.Shifts[i].Person = e.To
	}
	p.Swaps = drop(p.Swaps, e.Swap)
	return p
}

// StartStandIn lets a messenger keep the room while the responsible person is briefly away. Responsibility does not move.
type StartStandIn struct {
	Person string `json:"person" minLength:"1" maxLength:"60"`
	Reason string `json:"reason" required:"false" maxLength:"1000"`
}

// Decide asks for a post that may stand in and a reason; a messenger room that it leaves empty is a finding (R53, G13).
func (c StartStandIn) Decide(p Post, act domain.Act) ([]Event, error) {
	if err := p.mine(act); err != nil {
		return nil, err
	}
	roles, cause, minutes, o := StandInRoles.Of(act), StandInCause.Of(act), StandInMinutes.Of(act), office(act)
	i := slices.IndexFunc(roles, func(post string) bool { return o.Holds(c.Person, post, act.Today()) })
	switch {
	case i < 0 || c.Person == p.Responsible:
		return nil, ErrNoStandIn.With("posts", strings.Join(roles, ", "))
	case cause.Required && strings.TrimSpace(c.Reason) == "":
		return nil, ErrReason
	case p.StandIn.ID != "":
		return nil, ErrStandInRuns
	}
	id := act.NewID("stand-in")
	events := []Event{StandInStarted{StandIn: id, Person: c.Person, Post: roles[i], Kind: cause.Kind, Reason: strings.TrimSpace(c.Reason),
		Until: domain.At(act.Occurred.Add(time.Duration(minutes) * time.Minute))}}
	if Room.Of(act).Staffed == "all-day" && RoomMeanwhile.Of(act).Otherwise == "finding" && len(o.Holders(roles[i], act.Today())) < 2 {
		events = append(events, FindingRaised{Kind: RoomEmpty, Person: c.Person, About: id, At: act.Occurred})
	}
	return events, nil
}

// StandInStarted means that the person keeps the room, at most until then.
type StandInStarted struct {
	StandIn string         `json:"stand_in"`
	Person  string         `json:"person"`
	Post    string         `json:"post"`
	Kind    string         `json:"kind"` // of the reason, as duty.standIn.cause names it
	Reason  string         `json:"reason"`
	Until   domain.Instant `json:"until"`
}

// Evolve notes who stands in.
func (e StandInStarted) Evolve(p Post) Post {
	p.StandIn = StandIn{ID: e.StandIn, Person: e.Person, Until: e.Until}
	return p
}

// Opens asks for a look at the first instant that is no longer allowed.
func (e StandInStarted) Opens(r domain.Recorded) []domain.Task {
	return []domain.Task{{TaskID: domain.TaskID{Kind: TaskStandIn, Key: e.StandIn}, Stream: r.Stream, Due: just(e.Until), Data: map[string]string{"stand_in": e.StandIn}}}
}

// tooLong is the finding at the first instant past the limit, raised once.
func (p Post) tooLong(at domain.Instant) []Event {
	if p.StandIn.Found || !at.After(p.StandIn.Until.Time) {
		return nil
	}
	return []Event{FindingRaised{Kind: StandInTooLong, Person: p.StandIn.Person, About: p.StandIn.ID, At: just(p.StandIn.Until)}}
}

// EndStandIn says that the responsible person is back.
type EndStandIn struct{}

// Decide takes it from the responsible person or from who stands in; what the schedule has not found yet is found now.
func (c EndStandIn) Decide(p Post, act domain.Act) ([]Event, error) {
	at, err := now(act)
	switch {
	case p.StandIn.ID == "":
		return nil, ErrNoStandInRuns
	case !act.Person():
		return nil, domain.ErrSystem
	case act.Actor.Person != p.Responsible && act.Actor.Person != p.StandIn.Person:
		return nil, ErrNotResponsible
	case err != nil:
		return nil, err
	}
	return append(p.tooLong(at), StandInEnded{StandIn: p.StandIn.ID}), nil
}

// StandInEnded means that the responsible person keeps the room again.
type StandInEnded struct {
	StandIn string `json:"stand_in"`
}

// Evolve ends it.
func (e StandInEnded) Evolve(p Post) Post { p.StandIn = StandIn{}; return p }

// Settles ends the look at the limit.
func (e StandInEnded) Settles(domain.Recorded) []domain.TaskID {
	return []domain.TaskID{{Kind: TaskStandIn, Key: e.StandIn}}
}

// CheckStandIn looks whether somebody still stands in after the limit. The schedule does it.
type CheckStandIn struct {
	StandIn string `json:"stand_in"`
}

// Decide raises the finding at the instant at which it became true, not when the stand-in ends (G13).
func (c CheckStandIn) Decide(p Post, act domain.Act) ([]Event, error) {
	if err := p.system(act); err != nil {
		return nil, err
	}
	if p.StandIn.ID != c.StandIn {
		return nil, nil
	}
	return p.tooLong(act.Occurred), nil
}
