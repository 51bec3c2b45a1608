// Package leave is who is away from the office, and by whose word (请假、外出、出差): one ledger for each person, in which
// every leave, outing and trip of his stands. A leave is asked for before it begins; how long it is together with the
// leaves next to it decides which post approves it and in which form, and nobody approves his own. In an urgent case a
// call comes first and the papers follow by a day that the office's rules give; after it the leave is none. A leave ends
// when its end is reported (销假), and who does not report it has overstayed.
package leave

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

// Context lists every event of a person's ledger of leave, and of the office's monthly register.
var Context = domain.Context[Ledger]{
	Name: "leave",
	Events: []domain.Schema[Ledger]{
		{Name: "leave.requested", Version: 1, Type: Requested{}, By: []Command{Ask{}}, Sealed: true},
		{Name: "leave.step-routed", Version: 1, Type: StepRouted{}, By: []Command{Ask{}, Extend{}, ReportOuting{}, ReportTrip{}}},
		{Name: "leave.finding-raised", Version: 1, Type: FindingRaised{}, By: []Command{Ask{}, Extend{}, ReportOuting{}, ReportTrip{}, Escalate{}}},
		{Name: "leave.step-escalated", Version: 1, Type: StepEscalated{}, By: []Command{Escalate{}}},
		{Name: "leave.approved", Version: 1, Type: Approved{}, By: []Command{Approve{}}},
		{Name: "leave.disapproved", Version: 1, Type: Disapproved{}, By: []Command{Disapprove{}}, Sealed: true},
		{Name: "leave.withdrawn", Version: 1, Type: Withdrawn{}, By: []Command{Withdraw{}}},
		{Name: "leave.extension-requested", Version: 1, Type: ExtensionRequested{}, By: []Command{Extend{}}, Sealed: true},
		{Name: "leave.registered", Version: 1, Type: Registered{}, By: []Command{Register{}}},
		{Name: "leave.returned", Version: 1, Type: Returned{}, By: []Command{Return{}}},
		{Name: "leave.overstayed", Version: 1, Type: Overstayed{}, By: []Command{NoteOverstay{}}},
		{Name: "leave.days-revised", Version: 1, Type: DaysRevised{}, By: []Command{ReviseDays{}}},
		{Name: "leave.phoned-in", Version: 1, Type: PhonedIn{}, By: []Command{PhoneIn{}}, Sealed: true},
		{Name: "leave.paper-supplied", Version: 1, Type: PaperSupplied{}, By: []Command{SupplyPaper{}}, Sealed: true},
		{Name: "leave.paper-lapsed", Version: 1, Type: PaperLapsed{}, By: []Command{LapsePaper{}}},
		{Name: "leave.late-paper-reviewed", Version: 1, Type: LatePaperReviewed{}, By: []Command{ReviewLatePaper{}}, Sealed: true},
		{Name: "leave.days-reviewed", Version: 1, Type: DaysReviewed{}, By: []Command{CloseReview{}}},
		{Name: "leave.outing-reported", Version: 1, Type: OutingReported{}, By: []Command{ReportOuting{}}, Sealed: true},
		{Name: "leave.trip-reported", Version: 1, Type: TripReported{}, By: []Command{ReportTrip{}}, Sealed: true},
		{Name: "leave.balance-opened", Version: 1, Type: BalanceOpened{}, By: []Command{OpenBalance{}}, Sealed: true},
		{Name: "leave.entitlement-granted", Version: 1, Type: EntitlementGranted{}, By: []Command{GrantAnnual{}}, Sealed: true},
		{Name: "leave.time-off-credited", Version: 1, Type: TimeOffCredited{}, By: []Command{CreditTimeOff{}}, Sealed: true},
		{Name: "leave.balance-withdrawn", Version: 1, Type: BalanceWithdrawn{}, By: []Command{WithdrawBalance{}}, Sealed: true},
		{Name: "leave.balance-corrected", Version: 1, Type: BalanceCorrected{}, By: []Command{CorrectBalance{}}, Sealed: true},
		{Name: "leave.month-compiled", Version: 1, Type: MonthCompiled{}, By: []Command{CompileMonth{}}},
		{Name: "leave.refused", Version: 1, Type: domain.Refused[Ledger]{}, By: []Command{Approve{}, Disapprove{}, ReviewLatePaper{}}},
	},
	Rules: []*domain.Refusal{ErrOther, ErrType, ErrDates, ErrNothing, ErrUnit, ErrOverlap, ErrNoTier, ErrForm, ErrCertificate, ErrPrior,
		ErrRequest, ErrNotWaiting, ErrSelf, ErrAuthority, ErrStarted, ErrNotRunning, ErrWithdraw, ErrKeeper, ErrNotRegistrable, ErrReporter,
		ErrBack, ErrNotDue, ErrByItself, ErrPhone, ErrCause, ErrCall, ErrOwnCall, ErrMember, ErrNoPaper, ErrGiven, ErrNoReview, ErrOver,
		ErrDeparture, ErrMonth, ErrBalance, ErrOwnBook, ErrOpened, ErrAmount, ErrYear, ErrService, ErrEntry, ErrSource},
	Keys: []domain.AnyKey{Types, Tiers, Boundary, Unit, DayBasis, AddUp, GapDays, SameType, AddUpEffect, CertificateAfter, PriorApproval,
		PhoneAllowed, PhoneBefore, CallTo, PaperDue, CountFrom, Lapse, LatePaper, BusinessOuting, Keeper, EndReport, TierAfterChange,
		AnnualEntitlement, EscalateTo, Timeout, SelfApproval, VacantApprover},
	Facts: func(office string) []string { return []string{org.Stream(office), calendar.Stream(office)} },
}

// Event and Command are those of a ledger.
type (
	Event   = domain.Event[Ledger]
	Command = domain.Command[Ledger]
)

// Stream is the stream of a person's ledger; RegisterStream that of the office's monthly register.
func Stream(person string) string         { return Context.Stream(person) }
func RegisterStream(office string) string { return Context.Stream("register-" + office) }

// The tasks that a ledger opens. Each key is the stream and the request.
const (
	TaskTimeout  = "leave.timeout"  // the step goes to the next post up
	TaskPapers   = "leave.papers"   // papers that did not come lapse the phone-in
	TaskOverstay = "leave.overstay" // an end that was not reported is an overstay
	TaskReview   = "leave.review"   // the days that late papers turn into leave are determined anew
)

// The policy of leave. Who may do what, and up to when, is read as of when the request was received.
var (
	Types            = domain.Key[[]string]{Name: "leave.types", Moment: domain.ByReceived}
	Tiers            = domain.Key[TierList]{Name: "leave.tiers[]", Moment: domain.ByReceived}
	Boundary         = domain.Key[Reading]{Name: "leave.tiers[].boundary", Moment: domain.ByReceived}
	Unit             = domain.Key[UnitWord]{Name: "leave.unit", Moment: domain.ByReceived}
	DayBasis         = domain.Key[Basis]{Name: "leave.dayBasis", Moment: domain.ByReceived}
	AddUp            = domain.Key[bool]{Name: "leave.aggregate.on", Moment: domain.ByReceived}
	GapDays          = domain.Key[int]{Name: "leave.aggregate.gapWorkingDays", Moment: domain.ByReceived}
	SameType         = domain.Key[bool]{Name: "leave.aggregate.sameType", Moment: domain.ByReceived}
	AddUpEffect      = domain.Key[Effect]{Name: "leave.aggregate.effect", Moment: domain.ByReceived}
	CertificateAfter = domain.Key[Limit]{Name: "leave.sick.certificateAfterDays", Moment: domain.ByReceived}
	PriorApproval    = domain.Key[Prior]{Name: "leave.priorApproval", Moment: domain.ByReceived}
	PhoneAllowed     = domain.Key[Phone]{Name: "leave.phoneIn.allowed", Moment: domain.ByReceived}
	PhoneBefore      = domain.Key[Before]{Name: "leave.phoneIn.before", Moment: domain.ByReceived}
	CallTo           = domain.Key[[]string]{Name: "leave.phoneIn.callTo", Moment: domain.ByReceived}
	PaperDue         = domain.Key[Term]{Name: "leave.phoneIn.paperDueDays"}
	CountFrom        = domain.Key[CountWord]{Name: "leave.phoneIn.countFrom"}
	Lapse            = domain.Key[string]{Name: "leave.phoneIn.lapse"}
	LatePaper        = domain.Key[Late]{Name: "leave.phoneIn.latePaper", Moment: domain.ByReceived}
	BusinessOuting   = domain.Key[Business]{Name: "leave.businessOuting", Moment: domain.ByReceived}
	Keeper           = domain.Key[Book]{Name: "leave.register", Moment: domain.ByReceived}
	EndReport        = domain.Key[Report]{Name: "leave.endReport", Moment: domain.ByReceived}
	TierAfterChange  = domain.Key[ChangeWord]{Name: "leave.tierAfterCalendarChange"}

	// AnnualEntitlement is the annual leave by years of service.
	AnnualEntitlement = domain.Key[Entitlements]{Name: "leave.annual.entitlement", Moment: domain.ByReceived}

	EscalateTo     = domain.Key[string]{Name: "apr.escalateTo[]"}
	Timeout        = domain.Key[Hours]{Name: "apr.timeout"}
	SelfApproval   = domain.Key[string]{Name: "org.selfApproval"}
	VacantApprover = domain.Key[string]{Name: "org.vacantApprover"}
)

// Words that the rules know.
const (
	Matter  = "attendance and leave" // what a delegation to approve leave covers
	Sick    = "病假"                   // the type whose certificate leave.sick.certificateAfterDays asks for
	Written = "written"

	allTypes   = "*"           // index of leave.tiers in an office that has one untyped leave
	otherTypes = "other types" // index of leave.tiers for the types that no text names

	never    = "never"
	escalate = "escalate"
)

// The rules of leave.
var (
	ErrOther = domain.Rule(domain.Forbidden, "leave.not-yours", "只能为本人办理。", "only the person himself may do this").By("LEV 2.14")
	ErrType  = domain.Rule(domain.Invalid, "leave.type", "本单位没有“{type}”这一假别。", "the office knows no leave of type {type}").By("leave.types")
	ErrDates = domain.Rule(domain.Invalid, "leave.dates", "起止时间有误：止不得早于起，上午为AM，下午为PM。",
		"the last half day is not before the first; a half day is AM or PM").By("LEV 2.14")
	ErrNothing = domain.Rule(domain.Invalid, "leave.no-working-day", "所请时间内没有工作日，无须请假。", "there is no working day in it: no leave is needed").By("leave.dayBasis")
	ErrUnit    = domain.Rule(domain.Invalid, "leave.unit", "本单位请假以整日计。", "the office counts leave in whole days").By("leave.unit")
	ErrOverlap = domain.Rule(domain.Conflict, "leave.overlap", "与已有的请假或出差时间重叠。", "it overlaps a leave or a trip that stands already").By("LEV 2.14")
	ErrNoTier  = domain.Rule(domain.Conflict, "leave.no-tier", "本单位制度没有{days}日{type}的审批权限。",
		"no tier of the office's policy holds {days} days of {type}").By("R36-R38, R232, R233")
	ErrForm        = domain.Rule(domain.Invalid, "leave.form", "请假{days}日须提交书面申请。", "{days} days are asked for in writing").By("R37, R38, R232, R233, G3")
	ErrCertificate = domain.Rule(domain.Invalid, "leave.certificate", "请病假须附医生出具的病假证明。",
		"sick leave comes with a doctor's certificate").By("R232, leave.sick.certificateAfterDays")
	ErrPrior = domain.Rule(domain.Conflict, "leave.ask-before", "请假须在离岗之前提出并经批准。", "leave is asked for, and approved, before it begins").By("R87, R182, leave.priorApproval")

	ErrRequest    = domain.Rule(domain.Invalid, "leave.no-such-request", "没有这项请假、外出或出差。", "there is no such leave, outing or trip")
	ErrNotWaiting = domain.Rule(domain.Conflict, "leave.not-waiting", "此单现在不待审批。", "nothing of it waits for a decision")
	ErrSelf       = domain.Rule(domain.Forbidden, "leave.self", "任何人不得审批本人的请假，经授权、委托亦然；须由上一级岗位审批。",
		"nobody decides his own leave, also not through a delegation; the next post up does").By("LEV 2.14, org.selfApproval, G3").OnRecord()
	ErrAuthority = domain.Rule(domain.Forbidden, "leave.outside-authority", "按请假审批权限，此单由岗位{post}审批。",
		"by the tiers of leave the post {post} decides this").By("R36-R38, R232, R233").OnRecord()
	ErrStarted = domain.Rule(domain.Conflict, "leave.started", "所请时间已经开始，不得事后批准。",
		"it has begun already, and is not approved afterwards").By("R87, leave.priorApproval")
	ErrNotRunning = domain.Rule(domain.Conflict, "leave.not-running", "此单不在假期之中，不能续假或销假。",
		"it is no leave that runs: it can be neither extended nor ended").By("LEV 2.14")
	ErrWithdraw       = domain.Rule(domain.Conflict, "leave.begun", "假期已经开始，请销假。", "it has begun: report the return instead").By("LEV 2.14")
	ErrKeeper         = domain.Rule(domain.Forbidden, "leave.not-keeper", "请假登记由岗位{post}办理。", "the post {post} keeps the register of leave").By("R41, leave.register")
	ErrNotRegistrable = domain.Rule(domain.Conflict, "leave.not-registrable", "只有已批准的请假和电话请假可以登记。",
		"only a leave that was approved or phoned in is registered").By("R41")
	ErrReporter = domain.Rule(domain.Forbidden, "leave.reporter", "由本人或受理销假的岗位办理。", "the person himself reports it, or the post it is reported to").By("leave.endReport")
	ErrBack     = domain.Rule(domain.Invalid, "leave.back", "返岗时间不得早于起始时间，也不得晚于今日。", "the return is not before the beginning and not after today").By("LEV 2.14")
	ErrNotDue   = domain.Rule(domain.Conflict, "leave.not-due", "时限未到。", "the time has not run out").By("apr.timeout, leave.phoneIn.paperDueDays, leave.endReport")
	ErrByItself = domain.Rule(domain.Forbidden, "leave.by-itself", "此事由系统按时办理，无须人工办理。", "this happens by itself at its time; nobody does it by hand")
)

// Half is half a day.
type Half string

const (
	AM Half = "AM"
	PM Half = "PM"
)

// Edge is one half day, the first or the last of an absence, or the first one after it.
type Edge struct {
	On   domain.Date `json:"on" doc:"day" example:"2026-04-15"`
	Half Half        `json:"half" enum:"AM,PM"`
}

func (e Edge) valid() bool { return !e.On.IsZero() && (e.Half == AM || e.Half == PM) }

// Compare orders half days.
func (e Edge) Compare(o Edge) int {
	if c := e.On.Compare(o.On); c != 0 {
		return c
	}
	return strings.Compare(string(e.Half), string(o.Half))
}

// Before tells whether a half day comes before another.
func (e Edge) Before(o Edge) bool { return e.Compare(o) < 0 }

func (e Edge) next() Edge {
	if e.Half == AM {
		return Edge{e.On, PM}
	}
	return Edge{e.On.Add(1), AM}
}

// Previous is the half day before.
func (e Edge) Previous() Edge {
	if e.Half == PM {
		return Edge{e.On, AM}
	}
	return Edge{e.On.Add(-1), PM}
}

// Days is a length of leave to a tenth of a day. JSON is a decimal with one digit, such as "2.5".
type Days struct{ Tenths int }

// String is 2.5.
func (d Days) String() string { return fmt.Sprintf("%d.%d", d.Tenths/10, d.Tenths%10) }

// MarshalText is String.
func (d Days) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 0, 3 or 3.5.
func (d *Days) UnmarshalText(b []byte) error {
	whole, tenth, point := strings.Cut(string(b), ".")
	n, err := strconv.ParseUint(whole, 10, 16)
	t, err2 := uint64(0), error(nil)
	if point {
		t, err2 = strconv.ParseUint(tenth, 10, 16)
	}
	if err != nil || err2 != nil || point && len(tenth) != 1 {
		return fmt.Errorf("days %q: want a number with at most one decimal, such as 2.5", b)
	}
	d.Tenths = int(n*10 + t)
	return nil
}

// Limit is a number of days, or none; a text "" is none too.
type Limit struct {
	None bool
	Days Days
}

// MarshalText is 3.0 or none.
func (l Limit) MarshalText() ([]byte, error) {
	if l.None {
		return []byte("none"), nil
	}
	return l.Days.MarshalText()
}

// UnmarshalText reads 3.0, none, or nothing.
func (l *Limit) UnmarshalText(b []byte) error {
	*l = Limit{None: len(b) == 0 || string(b) == "none"}
	if l.None {
		return nil
	}
	return l.Days.UnmarshalText(b)
}

// TierList is who approves a leave, by its length.
type TierList []Tier

// Tier is a range of days. Boundary says whether UpTo itself is in it: incl or excl, or the key that reads the text.
type Tier struct {
	From     Days   `json:"from"`
	UpTo     Limit  `json:"up_to"`
	Boundary string `json:"boundary"`
	Approver string `json:"approver"`
	Form     string `json:"form"`
}

// Check refuses a tier that nobody approves.
func (v TierList) Check() error {
	for _, t := range v {
		if t.Approver == "" {
			return fmt.Errorf("the tier from %s days names no approver", t.From)
		}
		if err := oneOf(t.Form, "free", Written); err != nil {
			return err
		}
		if _, ok := t.reading(); !ok && !t.UpTo.None {
			if err := oneOf(t.Boundary, "incl", "excl"); err != nil {
				return err
			}
		}
	}
	return nil
}

// reading is the index of the key that says in which of two tiers the number of days stands that is in both.
func (t Tier) reading() (index string, ok bool) {
	index, ok = strings.CutPrefix(t.Boundary, "leave.tiers[")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(index, "].boundary")
}

// The words of policy values.
type (
	Reading    string // lower or upper: the tier of a number of days that the text puts into two (C25)
	UnitWord   string // half-day or day
	Basis      string // working or calendar
	Effect     string // what adding up does
	CountWord  string // from which day the term of the papers counts
	ChangeWord string // what a change of the calendar does to the tier
)

// Check knows the two readings.
func (v Reading) Check() error { return oneOf(v, "lower", "upper") }

// Check knows the two units.
func (v UnitWord) Check() error { return oneOf(v, "half-day", "day") }

// Check knows the two ways to count.
func (v Basis) Check() error { return oneOf(v, "working", "calendar") }

// Check knows the one effect: the later request takes the tier of the total, and the earlier approval stays.
func (v Effect) Check() error { return oneOf(v, "later-takes-tier-of-total") }

// Check knows whether the day of return counts.
func (v CountWord) Check() error { return oneOf(v, "day-after-return", "return-day") }

// Check knows the one effect of a change of the calendar: none.
func (v ChangeWord) Check() error { return oneOf(v, "stays") }

func oneOf[T ~string](v T, known ...T) error {
	if slices.Contains(known, v) {
		return nil
	}
	return fmt.Errorf("%q is none of %q", v, known)
}

// Prior says whether leave is approved before it begins, and what is excepted.
type Prior struct {
	Required bool     `json:"required"`
	Except   []string `json:"except"`
}

// Book is who keeps the register of leave, and over what it is totalled.
type Book struct {
	Keeper string `json:"keeper"`
	Total  string `json:"total"`
}

// Check knows the one period.
func (v Book) Check() error { return oneOf(v.Total, "month") }

// Report is by when the end of a leave is reported, and to which posts.
type Report struct {
	Due string   `json:"due"`
	To  []string `json:"to"`
}

// Check knows the one term: 24:00 of the day of return.
func (v Report) Check() error { return oneOf(v.Due, "return-day") }

// Hours is a term in plain hours.
type Hours struct {
	Hours int `json:"hours"`
}

func (h Hours) after(i domain.Instant) domain.Instant {
	return domain.At(i.Add(time.Duration(h.Hours) * time.Hour))
}

// Kinds of absence.
const (
	KindLeave  = "leave"    // 请假
	KindPhone  = "phone-in" // 电话请假
	KindOuting = "outing"   // 因公外出
	KindTrip   = "trip"     // 出差
)

// Where an absence stands.
const (
	StatusAsked     = "requested"
	StatusGranted   = "approved" // or reported, where the office asks for no approval
	StatusRefused   = "disapproved"
	StatusWithdrawn = "withdrawn"
	StatusOpen      = "phoned-in" // the papers are not there yet
	StatusPapers    = "paper-supplied"
	StatusLapsed    = "lapsed"
)

// Ledger is every absence of one person, and in the office's register the months that were compiled.
type Ledger struct {
	Person   string
	Requests map[string]Request
	Entries  map[string]Entry // what may be taken, by the id of the event that entered it
	Months   map[string]MonthCompiled
}

// Request is one absence.
type Request struct {
	ID, Kind, Type string
	From, To       Edge // the first and the last half day; an outing during which no half day begins has none
	Days           Days
	StartsAt       domain.Instant
	Back           Edge // the first working half day after it
	BackAt         domain.Instant
	Status         string

	Post      string // whose turn it is
	StepDue   domain.Instant
	Stuck     bool // nobody above could be found: a finding says so
	Extension Extension

	ReportDue   domain.Instant // zero: no return is reported
	Returned    Edge           // the first half day at work again
	Overstayed  bool
	Registered  bool
	By          string // who approved it
	PapersDue   domain.Instant
	PapersLate  bool
	ReviewersOf []string // posts that review papers that came late
}

// Extension is a longer time that was asked for and is not decided yet (续假).
type Extension struct {
	To     Edge
	Days   Days // of the whole leave
	Back   Edge
	BackAt domain.Instant
}

func (r Request) leave() bool { return r.Kind == KindLeave || r.Kind == KindPhone }

// live tells whether the absence stands or may yet come to stand.
func (r Request) live() bool {
	return slices.Contains([]string{StatusAsked, StatusGranted, StatusOpen, StatusPapers}, r.Status)
}

// waiting tells whether a decision is due.
func (r Request) waiting() bool { return r.Status == StatusAsked || r.Extension.To.valid() }

// until is the last half day as it came to be: an earlier return cuts it.
func (r Request) until() Edge {
	if r.Returned.valid() && !r.To.Before(r.Returned) {
		return r.Returned.Previous()
	}
	return r.To
}

// Cover is what a ledger says about a half day.
type Cover struct {
	Request string
	Kind    string
	Type    string
	State   string
}

// States of a Cover.
const (
	Covered = "covered" // by leave, outing or trip
	Open    = "open"    // phoned in: the papers decide it
	Lapsed  = "lapsed"  // phoned in without papers: what leave.phoneIn.lapse says
)

// Covers tells whether the person is away with good reason in a half day. A leave that nobody has approved covers
// nothing, and neither does the time after its end.
func (l Ledger) Covers(on domain.Date, half Half) (found Cover, ok bool) {
	at := Edge{on, half}
	for _, id := range slices.Sorted(maps.Keys(l.Requests)) {
		r := l.Requests[id]
		if !r.From.valid() || at.Before(r.From) || r.until().Before(at) {
			continue
		}
		c := Cover{Request: id, Kind: r.Kind, Type: r.Type}
		switch r.Status {
		case StatusGranted, StatusPapers:
			c.State = Covered
			return c, true
		case StatusOpen:
			c.State = Open
		case StatusLapsed:
			c.State = Lapsed
		default:
			continue
		}
		if !ok || found.State == Lapsed {
			found, ok = c, true
		}
	}
	return found, ok
}

// Handlers are the posts whose turn it is or was: they see why the person is away.
func (l Ledger) Handlers() (posts []string) {
	for _, r := range l.Requests {
		posts = append(append(posts, r.Post), r.ReviewersOf...)
	}
	slices.Sort(posts)
	return slices.DeleteFunc(slices.Compact(posts), func(p string) bool { return p == "" })
}

// with changes a copy of one request.
func (l Ledger) with(id string, change func(*Request)) Ledger {
	r := l.Requests[id]
	r.ID = id
	change(&r)
	l.Requests = maps.Clone(l.Requests)
	if l.Requests == nil {
		l.Requests = map[string]Request{}
	}
	l.Requests[id] = r
	return l
}

// own refuses what only the person himself may do.
func (l Ledger) own(act domain.Act) error {
	switch {
	case !act.Person():
		return domain.ErrSystem
	case l.Person != "" && l.Person != act.Actor.Person:
		return ErrOther
	}
	return nil
}

// find gives a request that the command names.
func (l Ledger) find(id string) (Request, error) {
	r, ok := l.Requests[id]
	if l.Person == "" {
		return r, domain.ErrNoStream
	}
	if !ok {
		return r, ErrRequest
	}
	return r, nil
}

// received is the civil day on which the request came.
func received(act domain.Act) domain.Date { return domain.DateOf(act.Received.Time, act.Zone) }

// held tells whether the actor acts with the authority of one of the posts, each named by its id or as org.inCharge[matter].
func held(act domain.Act, roles ...string) bool {
	office := org.Context.In(act, org.Stream(act.Office))
	posts := office.Effective(act.Actor, received(act), Matter)
	return slices.ContainsFunc(roles, func(role string) bool {
		post := office.Role(act, role)
		return post != "" && slices.Contains(posts, post)
	})
}

// longest bounds one absence, against a mistyped year.
const longest = 3 * 366

// span checks the half days of an absence against each other and against what stands already.
func (l Ledger) span(from, to Edge, except string) error {
	if !from.valid() || !to.valid() || to.Before(from) || from.On.Add(longest).Before(to.On) {
		return ErrDates
	}
	for id, r := range l.Requests {
		if id != except && r.live() && r.Kind != KindOuting && !r.until().Before(from) && !to.Before(r.From) {
			return ErrOverlap
		}
	}
	return nil
}

// count is the length of an absence on the office's calendar.
func count(act domain.Act, from, to Edge) Days {
	if to.Before(from) {
		return Days{}
	}
	basis := DayBasis.Of(act)
	cal := calendar.Context.In(act, calendar.Stream(act.Office))
	counts := func(on domain.Date) bool { return basis == "calendar" || cal.Works(act, on) }
	days := int(to.On.Start(time.UTC).Sub(from.On.Start(time.UTC)).Hours())/24 + 1
	if basis != "calendar" {
		days, _ = cal.WorkingDays(act, from.On, to.On)
	}
	halves := 2 * days
	if from.Half == PM && counts(from.On) {
		halves--
	}
	if to.Half == AM && counts(to.On) {
		halves--
	}
	return Days{halves * 5}
}

// back is the first working half day after another, and when it begins. A year without a working day has none.
func back(act domain.Act, after Edge) (Edge, domain.Instant) {
	cal := calendar.Context.In(act, calendar.Stream(act.Office))
	e := after.next()
	for range 2 * 366 {
		if cal.Works(act, e.On) {
			return e, starts(act, e)
		}
		e = e.next()
	}
	return Edge{}, domain.Instant{}
}

// starts is when a half day begins: with the office's hours, after the break, or at midnight of a day that is not worked.
func starts(act domain.Act, e Edge) domain.Instant {
	cal := calendar.Context.In(act, calendar.Stream(act.Office))
	h, ok := cal.Hours(act, e.On)
	begin := h.Start
	switch {
	case !ok && e.Half == AM:
		return domain.At(e.On.Start(act.Zone))
	case !ok:
		begin.Minutes = 12 * 60
	case e.Half == PM && h.BreakStart.Minutes < h.BreakEnd.Minutes:
		begin = h.BreakEnd
	case e.Half == PM:
		begin.Minutes = (h.Start.Minutes + h.End.Minutes) / 2
	}
	return domain.At(begin.On(e.On, act.Zone))
}

// adjacent finds the leaves that stand next to one, over others as far as they reach, and their length together. Nothing
// but days that are not worked, and leave.aggregate.gapWorkingDays, lies between two of them (design: no text adds leaves up).
func (l Ledger) adjacent(act domain.Act, id, typ string, from, to Edge) (ids []string, sum Days) {
	var others []Request
	for _, other := range slices.Sorted(maps.Keys(l.Requests)) {
		if r := l.Requests[other]; other != id && r.leave() && r.live() && !r.until().Before(r.From) {
			others = append(others, r)
		}
	}
	if len(others) == 0 || !AddUp.Of(act) {
		return nil, sum
	}
	AddUpEffect.Of(act) // the one effect that it may state is what follows here
	gap, same := 2*GapDays.Of(act), SameType.Of(act)
	cal := calendar.Context.In(act, calendar.Stream(act.Office))
	near := func(end, start Edge) bool {
		halves := 0
		for e := end.next(); e.Before(start) && halves <= gap; e = e.next() {
			if cal.Works(act, e.On) {
				halves++
			}
		}
		return halves <= gap
	}
	for grown := true; grown; {
		grown = false
		for _, r := range others {
			if slices.Contains(ids, r.ID) || (same && r.Type != typ) {
				continue
			}
			first, last := r.From, r.until()
			if (last.Before(from) && near(last, from)) || (to.Before(first) && near(to, first)) {
				ids, sum, grown = append(ids, r.ID), Days{sum.Tenths + count(act, first, last).Tenths}, true
				if first.Before(from) {
					from = first
				}
				if to.Before(last) {
					to = last
				}
			}
		}
	}
	return ids, sum
}

// tier finds the tier of a length, and which reading of the boundary put it there ("": none was needed).
func tier(act domain.Act, typ string, days Days) (key string, t Tier, boundary string, err error) {
	index := typ
	for _, i := range []string{typ, allTypes, otherTypes} {
		if Tiers.Has(act, i) {
			index = i
			break
		}
	}
	list := Tiers.Of(act, index)
	if len(list) > 0 && days.Tenths < list[0].From.Tenths {
		index = fmt.Sprintf("%s under %s day", index, strings.TrimSuffix(list[0].From.String(), ".0"))
		list = Tiers.Of(act, index)
	}
	key = "leave.tiers[" + index + "]"
	for _, t := range list {
		switch {
		case t.UpTo.None || days.Tenths < t.UpTo.Days.Tenths:
			return key, t, boundary, nil
		case days == t.UpTo.Days:
			boundary = t.Boundary
			if i, ok := t.reading(); ok {
				boundary = string(Boundary.Of(act, i))
			}
			if boundary == "incl" || boundary == "lower" {
				return key, t, boundary, nil
			}
		}
	}
	return key, Tier{}, boundary, ErrNoTier.With("days", days.String(), "type", typ)
}

// demand is what a length of leave asks for.
type demand struct {
	id, typ           string
	extension         bool
	from, to          Edge
	form, certificate string
}

// decide counts a leave, adds up what stands next to it and finds who decides it. The form and the certificate are
// conditions of the tier.
func (l Ledger) decide(act domain.Act, d demand) (days Days, routed []Event, err error) {
	days = count(act, d.from, d.to)
	if days.Tenths == 0 {
		return days, nil, ErrNothing
	}
	if Unit.Of(act) == "day" && days.Tenths%10 != 0 {
		return days, nil, ErrUnit
	}
	if err := l.afford(act, d.id, d.typ, d.from, d.to); err != nil {
		return days, nil, err
	}
	ids, more := l.adjacent(act, d.id, d.typ, d.from, d.to)
	total := Days{days.Tenths + more.Tenths}
	if d.typ == Sick && blank(d.certificate) {
		if after := CertificateAfter.Of(act); !after.None && total.Tenths > after.Days.Tenths {
			return days, nil, ErrCertificate
		}
	}
	key, t, boundary, err := tier(act, d.typ, total)
	if err != nil {
		return days, nil, err
	}
	if t.Form == Written && d.form != Written {
		return days, nil, ErrForm.With("days", total.String())
	}
	return days, l.route(act, StepRouted{Request: d.id, Extension: d.extension, Rule: key, Days: days, Total: total, Aggregated: list(ids),
		From: t.From, UpTo: t.UpTo, Boundary: boundary, Form: t.Form, Role: t.Approver}), nil
}

// route finds the post that decides. A post of the applicant himself is passed by (org.selfApproval); a vacant one is
// waited for until its time is over (G28).
func (l Ledger) route(act domain.Act, e StepRouted) []Event {
	office := org.Context.In(act, org.Stream(act.Office))
	person := l.Person
	if person == "" {
		person = act.Actor.Person
	}
	e.Post, e.Passed = office.Role(act, e.Role), []org.Passed{}
	found := e.Post != ""
	if office.Holds(person, e.Post, act.Today()) && SelfApproval.Of(act) == never {
		e.Passed = []org.Passed{{Post: e.Post, Cause: "self"}}
		e.Post, found = above(act, office, e.Post, person)
	}
	e.Vacant = len(office.Holders(e.Post, act.Today())) == 0
	e.Due, e.Policy = Timeout.Of(act).after(act.Occurred), act.PolicyVersion()
	events := []Event{e}
	if !found || (e.Vacant && top(act, e.Post)) {
		events = append(events, FindingRaised{Kind: NoApprover, Request: e.Request, Post: e.Post})
	}
	return events
}

// above is the next post up by apr.escalateTo that the applicant does not hold himself.
func above(act domain.Act, office org.Office, post, person string) (string, bool) {
	passed := []string{post}
	for EscalateTo.Has(act, post) {
		post = EscalateTo.Of(act, post)
		if post == "" || slices.Contains(passed, post) {
			return "", false
		}
		if !office.Holds(person, post, act.Today()) {
			return post, true
		}
		passed = append(passed, post)
	}
	return "", false
}

// top tells whether nobody stands above a post.
func top(act domain.Act, post string) bool {
	return !EscalateTo.Has(act, post) || EscalateTo.Of(act, post) == ""
}

func list(v []string) []string { return append([]string{}, v...) }

func blank(s string) bool { return strings.TrimSpace(s) == "" }

func task(r domain.Recorded, kind, request string) domain.TaskID {
	return domain.TaskID{Kind: kind, Key: r.Stream + "/" + request}
}

func opened(r domain.Recorded, kind, request string, due domain.Instant) []domain.Task {
	if due.IsZero() {
		return nil
	}
	return []domain.Task{{TaskID: task(r, kind, request), Stream: r.Stream, Due: due, Data: map[string]string{"request": request}}}
}

// Ask asks for a leave, ahead of it (请假).
type Ask struct {
	Type        string `json:"type" doc:"one of leave.types" minLength:"1" maxLength:"40" example:"事假"`
	From        Edge   `json:"from" doc:"the first half day" form:"typed"`
	To          Edge   `json:"to" doc:"the last half day" form:"typed"`
	Form        string `json:"form" doc:"free, or written: with the leave slip" enum:"free,written"`
	Reason      string `json:"reason" minLength:"1" maxLength:"1000"`
	Certificate string `json:"certificate" doc:"number of the doctor's certificate" required:"false" maxLength:"200"`
	Contact     string `json:"contact" doc:"where the person can be reached (R182)" required:"false" maxLength:"200"`
}

// Decide sends the request to the post that the tier of its length names, and refuses what comes too late.
func (c Ask) Decide(l Ledger, act domain.Act) ([]Event, error) {
	if err := l.own(act); err != nil {
		return nil, err
	}
	if types := Types.Of(act); types != nil && !slices.Contains(types, c.Type) { // where they are blank, whatever else is blank is named too
		return nil, ErrType.With("type", c.Type)
	}
	if err := l.span(c.From, c.To, ""); err != nil {
		return nil, err
	}
	id := act.NewID("request")
	days, routed, err := l.decide(act, demand{id: id, typ: c.Type, from: c.From, to: c.To, form: c.Form, certificate: c.Certificate})
	if err != nil {
		return nil, err
	}
	begin := starts(act, c.From)
	if PriorApproval.Of(act).Required && !act.Received.Before(begin.Time) {
		return nil, ErrPrior
	}
	e := Requested{Request: id, Person: act.Actor.Person, Type: c.Type, From: c.From, To: c.To, Days: days, StartsAt: begin,
		Form: c.Form, Reason: c.Reason, Certificate: c.Certificate, Contact: c.Contact}
	e.Back, e.BackAt = back(act, c.To)
	return append([]Event{e}, routed...), nil
}

// Requested means the person asks for the leave.
type Requested struct {
	Request     string         `json:"request"`
	Person      string         `json:"person"`
	Type        string         `json:"type"`
	From        Edge           `json:"from"`
	To          Edge           `json:"to"`
	Days        Days           `json:"days"`
	StartsAt    domain.Instant `json:"starts_at"`
	Back        Edge           `json:"back"` // the first working half day after it
	BackAt      domain.Instant `json:"back_at"`
	Form        string         `json:"form"`
	Reason      string         `json:"reason"`
	Certificate string         `json:"certificate"`
	Contact     string         `json:"contact"`
}

// Evolve enters the request.
func (e Requested) Evolve(l Ledger) Ledger {
	l.Person = e.Person
	return l.with(e.Request, func(r *Request) {
		r.Kind, r.Type, r.From, r.To, r.Days, r.Status = KindLeave, e.Type, e.From, e.To, e.Days, StatusAsked
		r.StartsAt, r.Back, r.BackAt = e.StartsAt, e.Back, e.BackAt
	})
}

// StepRouted means that the post decides the request. It says by which tier: of how many days, counted together with
// which other leaves, and by which reading of the boundary.
type StepRouted struct {
	Request    string         `json:"request"`
	Extension  bool           `json:"extension"`
	Rule       string         `json:"rule"` // policy key that names the approver
	Days       Days           `json:"days"`
	Total      Days           `json:"total"`
	Aggregated []string       `json:"aggregated"` // requests that were added up
	From       Days           `json:"tier_from"`
	UpTo       Limit          `json:"tier_up_to"`
	Boundary   string         `json:"boundary"` // lower, upper, incl or excl, where the days stand on it
	Form       string         `json:"form"`
	Role       string         `json:"role"`
	Post       string         `json:"post"` // "": nobody above could be found
	Vacant     bool           `json:"vacant"`
	Passed     []org.Passed   `json:"passed"`
	Due        domain.Instant `json:"due"`
	Policy     int64          `json:"policy_version"`
}

// Evolve makes it the post's turn.
func (e StepRouted) Evolve(l Ledger) Ledger {
	return l.with(e.Request, func(r *Request) { r.Post, r.StepDue, r.Stuck = e.Post, e.Due, false })
}

// Opens starts the term after which the next post up decides.
func (e StepRouted) Opens(r domain.Recorded) []domain.Task {
	return opened(r, TaskTimeout, e.Request, e.Due)
}

// NoApprover is the finding that nobody can decide a request: it waits.
const NoApprover = "noApprover"

// FindingRaised means that the request waits and somebody has to look.
type FindingRaised struct {
	Kind    string `json:"kind"`
	Request string `json:"request"`
	Post    string `json:"post"`
}

// Evolve notes that it was said.
func (e FindingRaised) Evolve(l Ledger) Ledger {
	return l.with(e.Request, func(r *Request) { r.Stuck = true })
}

// Escalate moves a request whose time is over to the next post up. It is the schedule's, and approves nothing (G28).
type Escalate struct {
	Request string `json:"request" minLength:"1" maxLength:"60"`
}

// Decide passes by the applicant; where nobody stands above, the request waits and a finding says so, once.
func (c Escalate) Decide(l Ledger, act domain.Act) ([]Event, error) {
	r, err := l.find(c.Request)
	switch {
	case act.Person():
		return nil, ErrByItself
	case err != nil:
		return nil, err
	case !r.waiting():
		return nil, nil
	case act.Occurred.Before(r.StepDue.Time):
		return nil, ErrNotDue
	}
	office := org.Context.In(act, org.Stream(act.Office))
	e := StepEscalated{Request: c.Request, From: r.Post, Cause: []string{"time-out"}, Policy: act.PolicyVersion()}
	found := true
	if len(office.Holders(r.Post, act.Today())) == 0 {
		e.Cause = []string{"vacant", "time-out"}
		found = VacantApprover.Of(act) == escalate
	}
	if found {
		e.To, found = above(act, office, r.Post, l.Person)
	}
	finding := []Event{FindingRaised{Kind: NoApprover, Request: c.Request, Post: r.Post}}
	if !found && r.Stuck {
		return nil, nil
	}
	if !found {
		return finding, nil
	}
	e.Vacant = len(office.Holders(e.To, act.Today())) == 0
	e.Due = Timeout.Of(act).after(act.Occurred)
	if e.Vacant && top(act, e.To) {
		return append([]Event{e}, FindingRaised{Kind: NoApprover, Request: c.Request, Post: e.To}), nil
	}
	return []Event{e}, nil
}

// StepEscalated means that the next post up decides in the place of the post before.
type StepEscalated struct {
	Request string         `json:"request"`
	From    string         `json:"from"`
	To      string         `json:"to"`
	Cause   []string       `json:"cause"`
	Vacant  bool           `json:"vacant"`
	Due     domain.Instant `json:"due"`
	Policy  int64          `json:"policy_version"`
}

// Evolve makes it the post's turn.
func (e StepEscalated) Evolve(l Ledger) Ledger {
	return l.with(e.Request, func(r *Request) { r.Post, r.StepDue, r.Stuck = e.To, e.Due, false })
}

// Opens starts the term anew.
func (e StepEscalated) Opens(r domain.Recorded) []domain.Task {
	return opened(r, TaskTimeout, e.Request, e.Due)
}

// decider refuses everybody but a person of the post whose turn it is, who is not the applicant.
func (l Ledger) decider(act domain.Act, id string) (Request, error) {
	r, err := l.find(id)
	office := org.Context.In(act, org.Stream(act.Office))
	switch {
	case !act.Person():
		return r, domain.ErrSystem
	case err != nil:
		return r, err
	case !r.waiting():
		return r, ErrNotWaiting
	case office.OwnRequest(act.Actor, l.Person, received(act)):
		return r, ErrSelf
	case !held(act, r.Post):
		return r, ErrAuthority.With("post", r.Post)
	}
	return r, nil
}

// Approve approves a leave, an outing, a trip, or the extension of a leave.
type Approve struct {
	Request string `json:"request" minLength:"1" maxLength:"60"`
}

// Decide asks for a person of the post whose turn it is, before the leave begins (R87).
func (c Approve) Decide(l Ledger, act domain.Act) ([]Event, error) {
	r, err := l.decider(act, c.Request)
	if err != nil {
		return nil, err
	}
	e := Approved{Request: r.ID, Extension: r.Extension.To.valid(), To: r.To, Days: r.Days, Back: r.Back, BackAt: r.BackAt,
		By: act.Actor.Person, Post: r.Post, Policy: act.PolicyVersion()}
	begins := r.StartsAt
	if e.Extension {
		x := r.Extension
		begins = r.BackAt
		e.To, e.Days, e.Back, e.BackAt = x.To, x.Days, x.Back, x.BackAt
	}
	if r.leave() {
		if PriorApproval.Of(act).Required && !act.Received.Before(begins.Time) {
			return nil, ErrStarted
		}
		EndReport.Of(act)
		e.ReportDue = domain.At(e.Back.On.End(act.Zone))
	}
	return []Event{e}, nil
}

// Approved means the person may be away. The return is reported before ReportDue.
type Approved struct {
	Request   string         `json:"request"`
	Extension bool           `json:"extension"`
	To        Edge           `json:"to"`
	Days      Days           `json:"days"`
	Back      Edge           `json:"back"`
	BackAt    domain.Instant `json:"back_at"`
	ReportDue domain.Instant `json:"report_due"`
	By        string         `json:"by"`
	Post      string         `json:"post"`
	Policy    int64          `json:"policy_version"`
}

// Evolve lets the leave stand, as long as it now is.
func (e Approved) Evolve(l Ledger) Ledger {
	return l.with(e.Request, func(r *Request) {
		r.To, r.Days, r.Back, r.BackAt, r.ReportDue = e.To, e.Days, e.Back, e.BackAt, e.ReportDue
		r.Extension, r.StepDue = Extension{}, domain.Instant{}
		r.By = e.By
		if !e.Extension {
			r.Status = StatusGranted
		}
	})
}

// Opens waits for the return.
func (e Approved) Opens(r domain.Recorded) []domain.Task {
	return opened(r, TaskOverstay, e.Request, e.ReportDue)
}

// Settles ends the wait for a decision.
func (e Approved) Settles(r domain.Recorded) []domain.TaskID {
	return []domain.TaskID{task(r, TaskTimeout, e.Request)}
}

// Disapprove refuses a leave, an outing, a trip, or the extension of a leave.
type Disapprove struct {
	Request string `json:"request" minLength:"1" maxLength:"60"`
	Reason  string `json:"reason" minLength:"1" maxLength:"1000"`
}

// Decide asks for a person of the post whose turn it is.
func (c Disapprove) Decide(l Ledger, act domain.Act) ([]Event, error) {
	r, err := l.decider(act, c.Request)
	if err != nil {
		return nil, err
	}
	return []Event{Disapproved{Request: r.ID, Extension: r.Extension.To.valid(), Reason: c.Reason, By: act.Actor.Person, Post: r.Post}}, nil
}

// Disapproved means the person may not be away, or not longer.
type Disapproved struct {
	Request   string `json:"request"`
	Extension bool   `json:"extension"`
	Reason    string `json:"reason"`
	By        string `json:"by"`
	Post      string `json:"post"`
}

// Evolve ends the request; a leave that was to be extended stays as it was.
func (e Disapproved) Evolve(l Ledger) Ledger { return l.dropped(e.Request, e.Extension, StatusRefused) }

// Settles ends the wait for a decision.
func (e Disapproved) Settles(r domain.Recorded) []domain.TaskID {
	return []domain.TaskID{task(r, TaskTimeout, e.Request)}
}

func (l Ledger) dropped(id string, extension bool, status string) Ledger {
	return l.with(id, func(r *Request) {
		r.Extension, r.StepDue = Extension{}, domain.Instant{}
		if !extension {
			r.Status = status
		}
	})
}

// Withdraw takes a request back, or an approved leave before it begins, or the wish for an extension.
type Withdraw struct {
	Request string `json:"request" minLength:"1" maxLength:"60"`
}

// Decide lets the person take back what has not begun.
func (c Withdraw) Decide(l Ledger, act domain.Act) ([]Event, error) {
	r, err := l.find(c.Request)
	if err != nil {
		return nil, err
	}
	if err := l.own(act); err != nil {
		return nil, err
	}
	extension := r.Extension.To.valid()
	switch {
	case !extension && r.Status != StatusAsked && r.Status != StatusGranted:
		return nil, ErrNotRunning
	case r.Status == StatusGranted && !extension && !act.Received.Before(r.StartsAt.Time):
		return nil, ErrWithdraw
	}
	return []Event{Withdrawn{Request: r.ID, Extension: extension}}, nil
}

// Withdrawn means the person no longer wants to be away, or not longer.
type Withdrawn struct {
	Request   string `json:"request"`
	Extension bool   `json:"extension"`
}

// Evolve ends the request; a leave that was to be extended stays as it was.
func (e Withdrawn) Evolve(l Ledger) Ledger { return l.dropped(e.Request, e.Extension, StatusWithdrawn) }

// Settles ends the wait for a decision, and for the return from a leave that will not be.
func (e Withdrawn) Settles(r domain.Recorded) []domain.TaskID {
	ids := []domain.TaskID{task(r, TaskTimeout, e.Request)}
	if !e.Extension {
		ids = append(ids, task(r, TaskOverstay, e.Request))
	}
	return ids
}

// Extend asks for a longer leave before it is over (续假).
type Extend struct {
	Request     string `json:"request" minLength:"1" maxLength:"60"`
	To          Edge   `json:"to" doc:"the last half day of the longer leave" form:"typed"`
	Form        string `json:"form" enum:"free,written"`
	Reason      string `json:"reason" minLength:"1" maxLength:"1000"`
	Certificate string `json:"certificate" doc:"number of the doctor's certificate" required:"false" maxLength:"200"`
}

// Decide sends the extension to the post that the tier of the whole length names.
func (c Extend) Decide(l Ledger, act domain.Act) ([]Event, error) {
	r, err := l.find(c.Request)
	if err != nil {
		return nil, err
	}
	if err := l.own(act); err != nil {
		return nil, err
	}
	if r.Kind != KindLeave || r.Status != StatusGranted || r.Returned.valid() || r.Extension.To.valid() {
		return nil, ErrNotRunning
	}
	if !r.To.Before(c.To) {
		return nil, ErrDates
	}
	if err := l.span(r.From, c.To, r.ID); err != nil {
		return nil, err
	}
	days, routed, err := l.decide(act, demand{id: r.ID, typ: r.Type, extension: true, from: r.From, to: c.To, form: c.Form, certificate: c.Certificate})
	if err != nil {
		return nil, err
	}
	if PriorApproval.Of(act).Required && !act.Received.Before(r.BackAt.Time) {
		return nil, ErrPrior
	}
	e := ExtensionRequested{Request: r.ID, To: c.To, Days: days, Form: c.Form, Reason: c.Reason, Certificate: c.Certificate}
	e.Back, e.BackAt = back(act, c.To)
	return append([]Event{e}, routed...), nil
}

// ExtensionRequested means the person asks to be away longer.
type ExtensionRequested struct {
	Request     string         `json:"request"`
	To          Edge           `json:"to"`
	Days        Days           `json:"days"` // of the whole leave
	Back        Edge           `json:"back"`
	BackAt      domain.Instant `json:"back_at"`
	Form        string         `json:"form"`
	Reason      string         `json:"reason"`
	Certificate string         `json:"certificate"`
}

// Evolve notes what is asked; the leave stays as long as it was.
func (e ExtensionRequested) Evolve(l Ledger) Ledger {
	return l.with(e.Request, func(r *Request) { r.Extension = Extension{e.To, e.Days, e.Back, e.BackAt} })
}
