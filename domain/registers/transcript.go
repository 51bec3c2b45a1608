package registers

import (
	"slices"
	"strconv"
	"strings"

	"andu/domain"
)

// The rules of numbers from before (过录).
var (
	ErrAfterOwn = domain.Rule(domain.Conflict, "register.after-own-number",
		"本簿已自行给出{own}号，其后的旧号不能再过录。", "this book has given number {own} itself; no old number behind it can be transcribed").By("catalogue 2.4a")
	ErrBeforeStart = domain.Rule(domain.Invalid, "register.before-start",
		"{number}号小于本簿起始号{start}。", "number {number} is before the first number {start} of this book").By("reg.series")
	ErrNotTranscribed = domain.Rule(domain.Conflict, "register.not-transcribed",
		"{number}号不是过录的旧号，不能撤回。", "number {number} was not transcribed, so it cannot be withdrawn").By("catalogue 2.4a")
)

// Transcribe enters a number that the office gave before it kept the book here, as it was. Like Allot it checks the
// numbers only: what the number stands for is decided by the context of the item.
type Transcribe struct {
	Book     string         `json:"book" doc:"the series, such as 收文" minLength:"1" maxLength:"100" example:"收文"`
	Year     int            `json:"year" doc:"year of the series" minimum:"1900" maximum:"2999" example:"2025"`
	Register string         `json:"register" doc:"the book of reg.books whose keeper keeps the series" minLength:"1" maxLength:"100" example:"收文登记"`
	Number   int            `json:"number" doc:"the number" minimum:"1"`
	Text     string         `json:"text" doc:"the number as it was written; empty: as the office writes numbers" maxLength:"100" required:"false"`
	Item     string         `json:"item" doc:"stream of the item" minLength:"1" maxLength:"100"`
	At       domain.Instant `json:"at" doc:"when the number was given"`
}

// Decide lets the keeper enter a number of this year or an earlier one, which nothing else has. What the book gave itself
// comes after all old numbers. A number that was transcribed wrongly and withdrawn may be transcribed again.
func (c Transcribe) Decide(s Series, act domain.Act) ([]domain.Event[Series], error) {
	n := strconv.Itoa(c.Number)
	if s.Closed {
		return nil, ErrClosed.With("book", s.Book, "year", strconv.Itoa(s.Year))
	}
	if now := YearOf(act); c.Year > now {
		return nil, ErrYear.With("year", strconv.Itoa(now))
	}
	events, s, err := s.opening(act, c.Book, c.Year, c.Register, "")
	if err != nil {
		return nil, err
	}
	if err := s.keeper(act); err != nil {
		return nil, err
	}
	if c.Item == "" {
		return nil, ErrItem
	}
	if other, ok := s.NumberOf(c.Item); ok && other != c.Number {
		return nil, ErrItemNumbered.With("number", strconv.Itoa(other))
	}
	given, ok := s.Numbers.Get(c.Number)
	switch {
	case ok && given.Item == c.Item && given.State != Voided:
		return nil, nil
	case ok && !given.Withdrawn && !(given.Transcribed && given.Item == ""): // what another part of the book leaves out
		return nil, ErrUsed.With("number", n)
	case c.Number < s.Start:
		return nil, ErrBeforeStart.With("number", n, "start", strconv.Itoa(s.Start))
	}
	if own := s.firstOwn(); own != 0 && own < c.Number {
		return nil, ErrAfterOwn.With("own", strconv.Itoa(own))
	}
	written := c.Text
	if strings.TrimSpace(written) == "" {
		written = text(s.Pattern, s.Book, s.Year, c.Number)
	}
	return append(events, NumberTranscribed{Number: c.Number, Text: written, Item: c.Item, By: act.Actor.Person, At: c.At}), nil
}

// firstOwn is the first number that the book gave itself; 0: none.
func (s Series) firstOwn() (first int) {
	for n, v := range s.Numbers.All() {
		if !v.Transcribed && (first == 0 || n < first) {
			first = n
		}
	}
	return first
}

// NumberTranscribed means the number was given before the book was kept here: to the item, or to nothing that is known.
type NumberTranscribed struct {
	Number int            `json:"number"`
	Text   string         `json:"text"`
	Item   string         `json:"item"`
	By     string         `json:"by"` // who transcribed it
	At     domain.Instant `json:"at"` // when it was given
}

// Evolve gives the number.
func (e NumberTranscribed) Evolve(s Series) Series {
	s = s.with(e.Number, Number{Text: e.Text, Item: e.Item, State: Allotted, By: e.By, At: e.At, Transcribed: true})
	s.Events++
	return s
}

// Opens asks that the item be told its number.
func (e NumberTranscribed) Opens(r domain.Recorded) []domain.Task {
	return NumberAllotted{Number: e.Number, Item: e.Item}.Opens(r)
}

// explainedAtOnce bounds how many missing numbers one command explains: each is two events of one record.
const explainedAtOnce = 200

// ExplainGaps enters the numbers that an old book leaves out as void, with the reason.
type ExplainGaps struct {
	Reason string `json:"reason" doc:"why nothing stands under these numbers" minLength:"1" maxLength:"1000"`
}

// Decide lets the keeper explain what is missing between the first and the last number of the series, the lowest first.
func (c ExplainGaps) Decide(s Series, act domain.Act) ([]domain.Event[Series], error) {
	switch {
	case !s.Opened():
		return nil, ErrNotOpen
	case s.Closed:
		return nil, ErrClosed.With("book", s.Book, "year", strconv.Itoa(s.Year))
	}
	if err := s.keeper(act); err != nil {
		return nil, err
	}
	if strings.TrimSpace(c.Reason) == "" {
		return nil, ErrReason
	}
	var events []domain.Event[Series]
	for _, n := range s.Gaps().Missing[:min(explainedAtOnce, len(s.Gaps().Missing))] {
		events = append(events,
			NumberTranscribed{Number: n, Text: text(s.Pattern, s.Book, s.Year, n), By: act.Actor.Person, At: act.Occurred},
			NumberVoided{Number: n, Reason: c.Reason, By: act.Actor.Person, At: act.Occurred})
	}
	return events, nil
}

// WithdrawNumbers takes back numbers that were transcribed wrongly.
type WithdrawNumbers struct {
	Numbers []int  `json:"numbers" doc:"the numbers" minItems:"1" maxItems:"500"`
	Reason  string `json:"reason" doc:"why they were entered wrongly" minLength:"1" maxLength:"1000"`
}

// Decide lets the keeper withdraw transcribed numbers; the book goes on behind the last number that stands.
func (c WithdrawNumbers) Decide(s Series, act domain.Act) ([]domain.Event[Series], error) {
	switch {
	case !s.Opened():
		return nil, ErrNotOpen
	case s.Closed:
		return nil, ErrClosed.With("book", s.Book, "year", strconv.Itoa(s.Year))
	}
	if err := s.keeper(act); err != nil {
		return nil, err
	}
	if strings.TrimSpace(c.Reason) == "" {
		return nil, ErrReason
	}
	var numbers []int
	for _, n := range c.Numbers {
		v, ok := s.Numbers.Get(n)
		switch {
		case !ok || !v.Transcribed:
			return nil, ErrNotTranscribed.With("number", strconv.Itoa(n))
		case !v.Withdrawn:
			numbers = append(numbers, n)
		}
	}
	if len(numbers) == 0 {
		return nil, nil
	}
	last := s.Start - 1
	for n, v := range s.Numbers.All() {
		if !v.Withdrawn && !slices.Contains(numbers, n) {
			last = max(last, n)
		}
	}
	return []domain.Event[Series]{NumbersWithdrawn{Numbers: numbers, Reason: c.Reason, By: act.Actor.Person, At: act.Occurred, Last: last}}, nil
}

// NumbersWithdrawn means these numbers were transcribed wrongly: up to Last, the highest number that stands, they are void
// until they are transcribed again; behind it the book gives them anew.
type NumbersWithdrawn struct {
	Numbers []int          `json:"numbers"`
	Reason  string         `json:"reason"`
	By      string         `json:"by"`
	At      domain.Instant `json:"at"`
	Last    int            `json:"last"`
}

// Evolve voids the numbers and goes back to the last that stands.
func (e NumbersWithdrawn) Evolve(s Series) Series {
	var numbers Numbers
	for n, v := range s.Numbers.All() {
		if slices.Contains(e.Numbers, n) {
			v.State, v.Reason, v.By, v.At, v.Withdrawn = Voided, e.Reason, e.By, e.At, true
		}
		if n <= e.Last || len(e.Numbers) == 0 { // an erased event takes nothing away
			numbers = numbers.With(n, v)
		}
	}
	s.Numbers = numbers
	if len(e.Numbers) > 0 {
		s.Last = e.Last
	}
	s.Events++
	return s
}

// Settles ends what still waits for the numbers.
func (e NumbersWithdrawn) Settles(r domain.Recorded) (done []domain.TaskID) {
	for _, n := range e.Numbers {
		done = append(done, task(r, n))
	}
	return done
}
