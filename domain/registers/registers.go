// Package registers is the office's books and their numbers (登记簿与编号). Each book of a year is one series: the next number
// is the last one plus one, it is given once and to one item, it ends registered or void, and a void number stays on the
// page with its reason. A closed series gives no more numbers, and a certificate says for a whole series that nothing is
// missing.
package registers

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"andu/domain"
)

// Context lists every event of the office's series.
var Context = domain.Context[Series]{
	Name: "register",
	Events: []domain.Schema[Series]{
		{Name: "register.series-opened", Version: 1, Type: SeriesOpened{}, By: []domain.Command[Series]{Open{}, Allot{}, Transcribe{}}},
		{Name: "register.number-allotted", Version: 1, Type: NumberAllotted{}, By: []domain.Command[Series]{Allot{}, Void{}}},
		{Name: "register.number-registered", Version: 1, Type: NumberRegistered{}, By: []domain.Command[Series]{Confirm{}}},
		{Name: "register.number-voided", Version: 1, Type: NumberVoided{}, By: []domain.Command[Series]{Void{}, Release{}, ExplainGaps{}}, Sealed: true},
		{Name: "register.number-transcribed", Version: 1, Type: NumberTranscribed{}, By: []domain.Command[Series]{Transcribe{}, ExplainGaps{}}},
		{Name: "register.numbers-withdrawn", Version: 1, Type: NumbersWithdrawn{}, By: []domain.Command[Series]{WithdrawNumbers{}}, Sealed: true},
		{Name: "register.series-closed", Version: 1, Type: SeriesClosed{}, By: []domain.Command[Series]{Close{}}},
		{Name: "register.gap-certificate-issued", Version: 1, Type: GapCertificateIssued{}, By: []domain.Command[Series]{Certify{}}},
	},
	Rules: []*domain.Refusal{
		ErrNotOpen, ErrOpen, ErrClosed, ErrOtherSeries, ErrYear, ErrItem, ErrItemNumbered, ErrUsed, ErrNext, ErrNotAllotted,
		ErrOtherItem, ErrFollower, ErrKeeper, ErrReason, ErrYearRuns, ErrUnfinished, ErrAfterOwn, ErrBeforeStart, ErrNotTranscribed,
	},
	Keys: []domain.AnyKey{Numbering, Gapless, VoidBy, VoidReason, YearBasis, Keeper},
}

// StreamOf is the stream of one series. newID derives an id from a name space and a name, as domain.Inputs.NewID does.
func StreamOf(newID func(space, name string) string, office, book string, year int) string {
	return Context.Stream(newID(office, fmt.Sprintf("register/%s/%d", book, year)))
}

// What the office lays down for its books (reg.*). No regulation asks for gapless numbers: that is the office's supplement.
var (
	Numbering  = domain.Key[Scheme]{Name: "reg.series[]"}                                  // how the numbers of a book are written, and where they begin
	Gapless    = domain.Key[bool]{Name: "reg.gapless"}                                     // whether a book is closed only when every number is registered or void
	YearBasis  = domain.Key[Basis]{Name: "reg.yearBasis"}                                  // which year a number belongs to
	Keeper     = domain.Key[string]{Name: "reg.books[].keeper", Moment: domain.ByReceived} // the post that keeps a book
	VoidBy     = domain.Key[string]{Name: "reg.void.by", Moment: domain.ByReceived}        // the post that may void a number; "keeper" is the keeper of the book
	VoidReason = domain.Key[string]{Name: "reg.void.reason", Moment: domain.ByReceived}    // "mandatory": a number is voided with a reason
)

// Scheme is how a book is numbered: the text of a number from {book}, {year} and {n}, the first number, and that there is
// one series for each book and year.
type Scheme struct {
	Pattern string `json:"pattern"`
	Start   int    `json:"start"`
	Scope   string `json:"scope"`
}

// Check refuses a pattern without the number, a start below 1 or above a million and a scope that this program does not know.
func (r Scheme) Check() error {
	if !strings.Contains(r.Pattern, "{n}") || r.Start < 1 || r.Start > 1_000_000 || r.Scope != "book-year" {
		return fmt.Errorf("numbering %+v: want a pattern with {n}, a start of 1 to 1,000,000 and the scope book-year", r)
	}
	return nil
}

// Basis says which year a number belongs to: "calendar" is the civil year of the registration in the office's zone.
type Basis string

// Check refuses a basis that this program does not know.
func (b Basis) Check() error {
	if b != "calendar" {
		return fmt.Errorf("year basis %q: want calendar", string(b))
	}
	return nil
}

// YearOf is the year of the series that a number taken by this act belongs to.
func YearOf(act domain.Act) int {
	if YearBasis.Of(act) != "calendar" {
		return 0
	}
	return act.Today().Year
}

// The rules of the series.
var (
	ErrNotOpen = domain.Rule(domain.NotFound, "register.not-open",
		"该登记簿本年度尚未启用。", "this book has no series for the year yet")
	ErrOpen = domain.Rule(domain.Conflict, "register.already-open",
		"该登记簿本年度已经启用。", "this book's series of the year is already open")
	ErrClosed = domain.Rule(domain.Conflict, "register.closed",
		"{book}{year}年度登记簿已经封簿，不再给号。", "the series {book} {year} is closed and gives no more numbers").By("catalogue 2.4a")
	ErrOtherSeries = domain.Rule(domain.Invalid, "register.other-series",
		"这是{book}{year}年度的登记簿。", "this is the series {book} {year}").By("catalogue 2.4a")
	ErrYear = domain.Rule(domain.Invalid, "register.other-year",
		"按编号年度规定，现在应编入{year}年度。", "by the office's year basis a number taken now belongs to {year}").By("reg.yearBasis")
	ErrItem = domain.Rule(domain.Invalid, "register.no-item",
		"须写明为何件编号。", "say which item the number is for")
	ErrItemNumbered = domain.Rule(domain.Conflict, "register.item-numbered",
		"该件已编为{number}号，一件只编一号。", "the item already has number {number}; an item is numbered once").By("catalogue 2.4a")
	ErrUsed = domain.Rule(domain.Conflict, "register.number-used",
		"{number}号已经使用或者作废，不得再用。", "number {number} is used or void and is never used again").By("catalogue 2.4a, G23")
	ErrNext = domain.Rule(domain.Conflict, "register.not-next",
		"{number}号尚未给出，下一号为{next}号。", "number {number} has not been given; the next number is {next}").By("catalogue 2.4a")
	ErrNotAllotted = domain.Rule(domain.Conflict, "register.not-allotted",
		"{number}号未给出，不能登记。", "number {number} is not allotted").By("catalogue 2.4a")
	ErrOtherItem = domain.Rule(domain.Conflict, "register.other-item",
		"{number}号是给另一件的。", "number {number} was allotted to another item").By("catalogue 2.4a")
	ErrFollower = domain.Rule(domain.Forbidden, "register.follower-only",
		"登记完成由系统随登记记载，不由人填写。", "that a number is registered is recorded by the system after the item took it, never by hand").By("architecture 3.5")
	ErrKeeper = domain.Rule(domain.Forbidden, "register.not-keeper",
		"此事由登记簿保管岗位{post}办理。", "only the keeper of the book, post {post}, may do this").By("reg.books, reg.void.by")
	ErrReason = domain.Rule(domain.Invalid, "register.void-without-reason",
		"作废编号须写明理由。", "a number is voided with a reason").By("reg.void.reason, G23")
	ErrYearRuns = domain.Rule(domain.Conflict, "register.year-runs",
		"本年度尚未结束，不能封簿。", "the year has not ended: the series cannot be closed yet").By("catalogue 2.4a, reg.yearBasis")
	ErrUnfinished = domain.Rule(domain.Conflict, "register.unfinished",
		"尚有编号未登记也未作废：{numbers}。", "these numbers are neither registered nor void: {numbers}").By("catalogue 2.4a, reg.gapless")
)

// Series is one book of one year, and what became of each of its numbers.
type Series struct {
	Book     string
	Year     int
	Register string // the book of reg.books whose keeper keeps the series
	Pattern  string
	Start    int
	Last     int // the highest number given; Start-1 before the first
	Numbers  Numbers
	Closed   bool
	Events   int64 // of the stream so far
}

// Number is one number of a series.
type Number struct {
	Text   string // such as 收文〔2026〕12号
	Item   string // stream of the item; "" was spoiled without one
	State  State
	Reason string // of a void number
	By     string // person who took or voided it
	At     domain.Instant

	Transcribed bool // given before the book was kept here
	Withdrawn   bool // transcribed wrongly: void until it is transcribed again
}

// State of a number.
type State string

const (
	Allotted   State = "allotted"
	Registered State = "registered"
	Voided     State = "void"
)

// Opened tells whether the series exists.
func (s Series) Opened() bool { return s.Book != "" }

// NumberOf is the live number of an item.
func (s Series) NumberOf(item string) (int, bool) {
	for n, v := range s.Numbers.All() {
		if v.Item == item && item != "" && v.State != Voided {
			return n, true
		}
	}
	return 0, false
}

// Report accounts for every number of a series from First to Last; a number that was not given yet is no gap.
type Report struct {
	Book       string `json:"book"`
	Year       int    `json:"year"`
	First      int    `json:"first"`
	Last       int    `json:"last"` // First-1: no number was given
	Registered int    `json:"registered"`
	Void       []int  `json:"void"`
	Unfinished []int  `json:"unfinished"` // allotted, neither registered nor void
	Missing    []int  `json:"missing"`    // no event gave them: something was taken out of the log
}

// Complete tells whether every number is registered or void.
func (r Report) Complete() bool { return len(r.Unfinished)+len(r.Missing) == 0 }

// Gaps accounts for the numbers of the series.
func (s Series) Gaps() Report {
	r := Report{Book: s.Book, Year: s.Year, First: s.Start, Last: s.Last, Void: []int{}, Unfinished: []int{}, Missing: []int{}}
	if !s.Opened() && s.Numbers.Len() == 0 {
		r.Last = r.First - 1
		return r
	}
	for n := s.Start; n <= s.Last; n++ {
		v, ok := s.Numbers.Get(n)
		switch {
		case !ok:
			r.Missing = append(r.Missing, n)
		case v.State == Registered:
			r.Registered++
		case v.State == Voided:
			r.Void = append(r.Void, n)
		default:
			r.Unfinished = append(r.Unfinished, n)
		}
	}
	return r
}

// text is the number as it is written on the paper: no leading zeros (GB/T 9704).
func text(pattern, book string, year, n int) string {
	return strings.NewReplacer("{book}", book, "{year}", strconv.Itoa(year), "{n}", strconv.Itoa(n)).Replace(pattern)
}

// with puts a number into the series without touching a cached state.
func (s Series) with(n int, v Number) Series {
	s.Numbers, s.Last = s.Numbers.With(n, v), max(s.Last, n)
	return s
}

// keeper refuses everybody but the keeper of the series' book.
func (s Series) keeper(act domain.Act) error {
	post := Keeper.Of(act, s.Register)
	if !act.Person() {
		return domain.ErrSystem
	}
	if act.Actor.Post != post {
		return ErrKeeper.With("post", post)
	}
	return nil
}

// opening gives the event that opens the series, and the series as it will be, when it is not open yet.
func (s Series) opening(act domain.Act, book string, year int, register, pattern string) ([]domain.Event[Series], Series, error) {
	if s.Opened() {
		if book != s.Book || year != s.Year {
			return nil, s, ErrOtherSeries.With("book", s.Book, "year", strconv.Itoa(s.Year))
		}
		return nil, s, nil
	}
	rule := Numbering.Of(act, book)
	if pattern == "" {
		pattern = rule.Pattern
	}
	e := SeriesOpened{Book: book, Year: year, Register: register, Pattern: pattern, Start: rule.Start}
	return []domain.Event[Series]{e}, e.Evolve(s), nil
}

// Open opens a book for a year before its first number is taken.
type Open struct {
	Book     string `json:"book" doc:"the series, such as 收文" minLength:"1" maxLength:"100" example:"收文"`
	Year     int    `json:"year" doc:"year of the series" minimum:"1900" maximum:"2999" example:"2026"`
	Register string `json:"register" doc:"the book of reg.books whose keeper keeps the series" minLength:"1" maxLength:"100" example:"收文登记"`
}

// Decide opens a series once, by the keeper of its book (reg.books).
func (c Open) Decide(s Series, act domain.Act) ([]domain.Event[Series], error) {
	if s.Opened() {
		return nil, ErrOpen
	}
	events, opened, err := s.opening(act, c.Book, c.Year, c.Register, "")
	if err != nil {
		return nil, err
	}
	if err := opened.keeper(act); err != nil {
		return nil, err
	}
	return events, nil
}

// SeriesOpened means the book of the year gives numbers from Start on.
type SeriesOpened struct {
	Book     string `json:"book"`
	Year     int    `json:"year"`
	Register string `json:"register"`
	Pattern  string `json:"pattern"`
	Start    int    `json:"start"`
}

// Evolve begins the series.
func (e SeriesOpened) Evolve(s Series) Series {
	s.Book, s.Year, s.Register, s.Pattern, s.Start, s.Last = e.Book, e.Year, e.Register, e.Pattern, e.Start, max(s.Last, e.Start-1)
	s.Events++
	return s
}

// Allot takes the next number for one item, and opens the series when it is the first of the year. It checks the numbers
// only: who may enter an item, and whether the item may be entered, is decided by the context of the item, whose own
// command delegates here.
type Allot struct {
	Book     string `json:"book" doc:"the series, such as 收文" minLength:"1" maxLength:"100" example:"收文"`
	Year     int    `json:"year" doc:"year of the series" minimum:"1900" maximum:"2999" example:"2026"`
	Register string `json:"register" doc:"the book of reg.books whose keeper keeps the series" minLength:"1" maxLength:"100" example:"收文登记"`
	Item     string `json:"item" doc:"stream of the item" minLength:"1" maxLength:"100"`
	Pattern  string `json:"pattern" doc:"text of the numbers where another rule than reg.series gives it" maxLength:"100" required:"false"`
}

// Decide gives last + 1, in the year that the office's basis names, to an item that has no number in this series.
func (c Allot) Decide(s Series, act domain.Act) ([]domain.Event[Series], error) {
	events, s, err := s.next(act, c.Book, c.Year, c.Register, c.Pattern)
	if err != nil {
		return nil, err
	}
	if c.Item == "" {
		return nil, ErrItem
	}
	if n, ok := s.NumberOf(c.Item); ok {
		return nil, ErrItemNumbered.With("number", strconv.Itoa(n))
	}
	return append(events, s.allotted(act, c.Item)), nil
}

// next checks that the series can give a number now.
func (s Series) next(act domain.Act, book string, year int, register, pattern string) ([]domain.Event[Series], Series, error) {
	if s.Closed {
		return nil, s, ErrClosed.With("book", s.Book, "year", strconv.Itoa(s.Year))
	}
	if now := YearOf(act); now != year {
		return nil, s, ErrYear.With("year", strconv.Itoa(now))
	}
	return s.opening(act, book, year, register, pattern)
}

func (s Series) allotted(act domain.Act, item string) NumberAllotted {
	n := s.Last + 1
	return NumberAllotted{Number: n, Text: text(s.Pattern, s.Book, s.Year, n), Item: item, By: act.Actor.Person, At: act.Occurred}
}

// NumberAllotted means the number belongs to the item and to nothing else, whatever becomes of it.
type NumberAllotted struct {
	Number int            `json:"number"`
	Text   string         `json:"text"`
	Item   string         `json:"item"`
	By     string         `json:"by"`
	At     domain.Instant `json:"at"`
}

// Evolve gives the number.
func (e NumberAllotted) Evolve(s Series) Series {
	s = s.with(e.Number, Number{Text: e.Text, Item: e.Item, State: Allotted, By: e.By, At: e.At})
	s.Events++
	return s
}

// Opens asks that the item be told its number.
func (e NumberAllotted) Opens(r domain.Recorded) []domain.Task {
	if e.Item == "" {
		return nil
	}
	return []domain.Task{{TaskID: task(r, e.Number), Stream: e.Item,
		Data: map[string]string{"series": r.Stream, "number": strconv.Itoa(e.Number), "item": e.Item}}}
}

func task(r domain.Recorded, n int) domain.TaskID {
	return domain.TaskID{Kind: "registration", Key: fmt.Sprintf("%s/%d", r.Stream, n)}
}

// Confirm records that the item has taken its number. Only the follower of number-allotted gives it.
type Confirm struct {
	Number int    `json:"number" doc:"the number" minimum:"1"`
	Item   string `json:"item" doc:"stream of the item" minLength:"1" maxLength:"100"`
}

// Decide puts an allotted number at rest as registered.
func (c Confirm) Decide(s Series, act domain.Act) ([]domain.Event[Series], error) {
	n := strconv.Itoa(c.Number)
	v, ok := s.Numbers.Get(c.Number)
	switch {
	case act.Person():
		return nil, ErrFollower
	case !ok:
		return nil, ErrNotAllotted.With("number", n)
	case v.Item != c.Item:
		return nil, ErrOtherItem.With("number", n)
	case v.State == Registered:
		return nil, nil
	case v.State == Voided:
		return nil, ErrUsed.With("number", n)
	}
	return []domain.Event[Series]{NumberRegistered{Number: c.Number, Item: c.Item}}, nil
}

// NumberRegistered means the item stands in the book under its number.
type NumberRegistered struct {
	Number int    `json:"number"`
	Item   string `json:"item"`
}

// Evolve puts the number at rest. A number that no event gave stays missing.
func (e NumberRegistered) Evolve(s Series) Series {
	if v, ok := s.Numbers.Get(e.Number); ok {
		v.State = Registered
		s = s.with(e.Number, v)
	}
	s.Events++
	return s
}

// Settles ends the task of the number.
func (e NumberRegistered) Settles(r domain.Recorded) []domain.TaskID {
	return []domain.TaskID{task(r, e.Number)}
}

// Void ends a number that no item will carry: one that was allotted and not registered, or the next one, which a spoiled
// line of the book used up.
type Void struct {
	Number int    `json:"number" doc:"the number" minimum:"1"`
	Reason string `json:"reason" doc:"why the number is void" maxLength:"1000"`
}

// Decide lets the keeper void a number, with the reason that the office asks for (reg.void). What is used or void stays so.
func (c Void) Decide(s Series, act domain.Act) ([]domain.Event[Series], error) {
	if !s.Opened() {
		return nil, ErrNotOpen
	}
	n := strconv.Itoa(c.Number)
	var events []domain.Event[Series]
	v, given := s.Numbers.Get(c.Number)
	switch {
	case given && v.State != Allotted, !given && c.Number <= s.Last:
		return nil, ErrUsed.With("number", n)
	case !given && c.Number != s.Last+1:
		return nil, ErrNext.With("number", n, "next", strconv.Itoa(s.Last+1))
	case !given:
		if _, _, err := s.next(act, s.Book, s.Year, s.Register, ""); err != nil {
			return nil, err
		}
		events = append(events, s.allotted(act, ""))
	}
	if !act.Person() {
		return nil, domain.ErrSystem
	}
	if post := VoidBy.Of(act); post == "keeper" {
		if err := s.keeper(act); err != nil {
			return nil, err
		}
	} else if act.Actor.Post != post {
		return nil, ErrKeeper.With("post", post)
	}
	if VoidReason.Of(act) == "mandatory" && strings.TrimSpace(c.Reason) == "" {
		return nil, ErrReason
	}
	return append(events, NumberVoided{Number: c.Number, Reason: c.Reason, By: act.Actor.Person, At: act.Occurred}), nil
}

// Release voids a number that its item cannot take any more. Only the follower of number-allotted gives it, when the item
// refused the number; the reason on record is the rule that stood against it.
type Release struct {
	Number int    `json:"number" doc:"the number" minimum:"1"`
	Item   string `json:"item" doc:"stream of the item" minLength:"1" maxLength:"100"`
	Rule   string `json:"rule" doc:"code of the rule by which the item refused it" minLength:"1" maxLength:"100"`
}

// Decide puts an allotted number at rest as void, so that at rest allotted = registered + void.
func (c Release) Decide(s Series, act domain.Act) ([]domain.Event[Series], error) {
	n := strconv.Itoa(c.Number)
	v, ok := s.Numbers.Get(c.Number)
	switch {
	case act.Person():
		return nil, ErrFollower
	case !ok:
		return nil, ErrNotAllotted.With("number", n)
	case v.Item != c.Item:
		return nil, ErrOtherItem.With("number", n)
	case v.State == Voided:
		return nil, nil
	case v.State == Registered:
		return nil, ErrUsed.With("number", n)
	}
	return []domain.Event[Series]{NumberVoided{Number: c.Number, Reason: c.Rule, By: act.Actor.Person, At: act.Occurred}}, nil
}

// NumberVoided means the number is used up and no item carries it.
type NumberVoided struct {
	Number int            `json:"number"`
	Reason string         `json:"reason"`
	By     string         `json:"by"`
	At     domain.Instant `json:"at"`
}

// Evolve puts the number at rest. A number that no event gave stays missing.
func (e NumberVoided) Evolve(s Series) Series {
	if v, ok := s.Numbers.Get(e.Number); ok {
		v.State, v.Reason, v.By, v.At = Voided, e.Reason, e.By, e.At
		s = s.with(e.Number, v)
	}
	s.Events++
	return s
}

// Settles ends the task of the number.
func (e NumberVoided) Settles(r domain.Recorded) []domain.TaskID {
	return []domain.TaskID{task(r, e.Number)}
}

// Close closes the book at the end of its year (封簿).
type Close struct{}

// Decide closes a series when its year is over, by the keeper; where the office wants gapless books, with every number at
// rest.
func (c Close) Decide(s Series, act domain.Act) ([]domain.Event[Series], error) {
	if !s.Opened() {
		return nil, ErrNotOpen
	}
	if s.Closed {
		return nil, nil
	}
	if err := s.keeper(act); err != nil {
		return nil, err
	}
	if YearOf(act) <= s.Year {
		return nil, ErrYearRuns
	}
	if r := s.Gaps(); Gapless.Of(act) && !r.Complete() {
		return nil, ErrUnfinished.With("numbers", join(append(slices.Clone(r.Missing), r.Unfinished...)))
	}
	return []domain.Event[Series]{SeriesClosed{Last: s.Last}}, nil
}

func join(numbers []int) string {
	slices.Sort(numbers)
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, "、")
}

// SeriesClosed means the series gives no more numbers; Last is its last one.
type SeriesClosed struct {
	Last int `json:"last"`
}

// Evolve closes the series.
func (e SeriesClosed) Evolve(s Series) Series { s.Closed = true; s.Events++; return s }

// Certify issues the certificate of a series' numbers (编号连续性证明).
type Certify struct{}

// Decide lets the keeper certify what the series holds, gaps included; a certificate is never refused because of a gap.
func (c Certify) Decide(s Series, act domain.Act) ([]domain.Event[Series], error) {
	if !s.Opened() {
		return nil, ErrNotOpen
	}
	if err := s.keeper(act); err != nil {
		return nil, err
	}
	r := s.Gaps()
	return []domain.Event[Series]{GapCertificateIssued{
		First: r.First, Last: r.Last, Registered: r.Registered, Void: r.Void, Unfinished: r.Unfinished, Missing: r.Missing, Revision: s.Events - 1,
	}}, nil
}

// GapCertificateIssued says what became of the numbers First to Last; it speaks for the events of its stream up to Revision.
type GapCertificateIssued struct {
	First      int   `json:"first"`
	Last       int   `json:"last"`
	Registered int   `json:"registered"`
	Void       []int `json:"void"`
	Unfinished []int `json:"unfinished"`
	Missing    []int `json:"missing"`
	Revision   int64 `json:"revision"`
}

// Evolve changes nothing but the count of events.
func (e GapCertificateIssued) Evolve(s Series) Series { s.Events++; return s }
