package recheck

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// series is one book of one year.
type series struct {
	book, register, pattern string
	year                    int
	start, last             int64
	allotted                map[int64]number // neither registered nor void
	void                    []int64
	registered              int64
	closed                  bool
	given                   map[int64]bool // every number that an event gave
	transcribed             map[int64]bool // given before the book was kept here
	withdrawn               map[int64]bool // transcribed wrongly: void until transcribed again
}

type number struct {
	item, text, by string
	at             time.Time
}

func (w *world) book(stream string) *series {
	s := w.series[stream]
	if s == nil {
		s = &series{allotted: map[int64]number{}, given: map[int64]bool{}, transcribed: map[int64]bool{}, withdrawn: map[int64]bool{}}
		w.series[stream] = s
	}
	return s
}

// voider is the post that may void a number of a series.
func (w *world) voider(e Event, s *series) string {
	if by := w.text(e, "reg.void.by"); by != "keeper" {
		return by
	}
	return w.text(e, "reg.books["+s.register+"].keeper")
}

// ofRegisters are the rules of the books and their numbers.
var ofRegisters = []rule{
	{"register.opened-once", "register.series-opened", "catalogue 2.4a, reg.series", func(w *world, e Event) string {
		s, b := w.book(e.Stream), e.Body
		scheme := w.object(e, "reg.series["+b.str("book")+"]")
		return first(unless(s.book == "", "a series that is not open yet"),
			unless(b.num("start") == scheme.num("start") && (b.str("pattern") == scheme.str("pattern")), "beginning at %d, written %s", scheme.num("start"), scheme.str("pattern")))
	}},
	{"register.next-number", "register.number-allotted", "catalogue 2.4a, G23", func(w *world, e Event) string {
		s := w.book(e.Stream)
		return unless(s.book != "" && e.Body.num("number") == s.last+1, "number %d: the last one plus one", s.last+1)
	}},
	{"register.number-text", "register.number-allotted", "reg.series", func(w *world, e Event) string {
		s := w.book(e.Stream)
		text := strings.NewReplacer("{book}", s.book, "{year}", strconv.Itoa(s.year), "{n}", strconv.FormatInt(e.Body.num("number"), 10)).Replace(s.pattern)
		return unless(e.Body.str("text") == text && e.Body.str("by") == e.Actor.Person && e.Body.at("at").Equal(e.Occurred), "%s, by who acted and when", text)
	}},
	{"register.year", "register.number-allotted", "reg.yearBasis", func(w *world, e Event) string {
		s := w.book(e.Stream)
		return unless(s.year == e.today().year(), "the series of %d", e.today().year())
	}},
	{"register.not-closed", "register.number-allotted", "catalogue 2.4a", func(w *world, e Event) string {
		return unless(!w.book(e.Stream).closed, "a series that is not closed")
	}},
	{"register.one-number", "register.number-allotted", "catalogue 2.4a", func(w *world, e Event) string {
		item := e.Body.str("item")
		if item == "" {
			return ""
		}
		for n, v := range w.book(e.Stream).allotted {
			if v.item == item {
				return fmt.Sprintf("no second number: the item has %d", n)
			}
		}
		p := w.papers[item]
		return unless(p == nil || p.text == "", "no second number: the paper is registered")
	}},
	{"register.received-first", "register.number-allotted", "R1, catalogue 2.4", func(w *world, e Event) string {
		p := w.papers[e.Body.str("item")]
		if !strings.HasPrefix(e.Body.str("item"), "document-") {
			return ""
		}
		return unless(p != nil && p.open() == "" && !p.receivedAt.After(e.Occurred), "a paper that was signed for before, and is not at its end")
	}},
	{"register.ends", "register.number-registered", "catalogue 2.4a, G23", func(w *world, e Event) string {
		v, ok := w.book(e.Stream).allotted[e.Body.num("number")]
		p := w.papers[e.Body.str("item")]
		return first(unless(ok && v.item == e.Body.str("item"), "a number allotted to this item, and neither registered nor void"),
			unless(p == nil || p.series == e.Stream && p.number == e.Body.num("number"), "the number that stands in the paper's record"))
	}},
	{"register.void", "register.number-voided", "catalogue 2.4a, reg.void, G23", func(w *world, e Event) string {
		s := w.book(e.Stream)
		_, ok := s.allotted[e.Body.num("number")]
		switch {
		case !ok:
			return "a number allotted, and neither registered nor void"
		case w.text(e, "reg.void.reason") == "mandatory" && strings.TrimSpace(e.Body.str("reason")) == "":
			return "a reason"
		case e.Body.str("by") != e.Actor.Person:
			return "voided by who acted"
		case e.person() && e.Actor.Post != w.voider(e, s):
			return "voided by " + w.voider(e, s)
		}
		return ""
	}},
	{"register.closed", "register.series-closed", "catalogue 2.4a, reg.gapless, reg.yearBasis", func(w *world, e Event) string {
		s := w.book(e.Stream)
		return first(unless(e.Body.num("last") == s.last && !s.closed, "closed once, at %d", s.last),
			unless(e.today().year() > s.year, "a year that is over"),
			unless(len(s.allotted) == 0 || !w.yes(e, "reg.gapless"), "every number registered or void"))
	}},
	{"register.keeper", "register.series-closed register.gap-certificate-issued", "reg.books", func(w *world, e Event) string {
		keeper := w.text(e, "reg.books["+w.book(e.Stream).register+"].keeper")
		return unless(e.Actor.Post == keeper, "the keeper of the book, %s", keeper)
	}},
	{"register.certificate", "register.gap-certificate-issued", "catalogue 2.4a, G23", func(w *world, e Event) string {
		s, b := w.book(e.Stream), e.Body
		var void []int64
		for _, v := range asNumbers(b["void"]) {
			void = append(void, v)
		}
		sound := b.num("first") == s.start && b.num("last") == s.last && b.num("registered") == s.registered && slices.Equal(void, s.void) &&
			len(asNumbers(b["unfinished"])) == len(s.allotted) && slices.Equal(asNumbers(b["missing"]), s.missing()) && b.num("revision") == e.Revision-1
		return unless(sound, "%d to %d: %d registered, %d void, %d unfinished, %d missing", s.start, s.last, s.registered, len(s.void), len(s.allotted), len(s.missing()))
	}},
	{"register.old-number", "register.number-transcribed", "catalogue 2.4a", func(w *world, e Event) string {
		s, n := w.book(e.Stream), e.Body.num("number")
		own := int64(0)
		for x := range s.given {
			if !s.transcribed[x] && (own == 0 || x < own) {
				own = x
			}
		}
		keeper := w.text(e, "reg.books["+s.register+"].keeper")
		return first(unless(s.book != "" && !s.closed && n >= s.start, "a number of an open book, from %d on", s.start), unless(!s.given[n] || s.withdrawn[n], "a number that was not given before"),
			unless(own == 0 || own > n, "a number before the first that the book gave itself, %d", own), unless(e.Actor.Post == keeper && e.Body.str("by") == e.Actor.Person, "transcribed by the keeper, %s", keeper))
	}},
	{"register.withdrawn", "register.numbers-withdrawn", "catalogue 2.4a", func(w *world, e Event) string {
		s, last := w.book(e.Stream), int64(0)
		for _, n := range asNumbers(e.Body["numbers"]) {
			if !s.transcribed[n] || s.withdrawn[n] {
				return fmt.Sprintf("numbers that were transcribed, not %d", n)
			}
		}
		last = s.start - 1
		for n := range s.given {
			if !s.withdrawn[n] && !slices.Contains(asNumbers(e.Body["numbers"]), n) {
				last = max(last, n)
			}
		}
		keeper := w.text(e, "reg.books["+s.register+"].keeper")
		return first(unless(e.Body.num("last") == last, "the highest number that stands, %d", last), unless(e.Actor.Post == keeper && strings.TrimSpace(e.Body.str("reason")) != "", "withdrawn by the keeper, %s, with a reason", keeper))
	}},
}

// missing are the numbers up to the last that no event gave.
func (s *series) missing() (list []int64) {
	for n := s.start; n <= s.last; n++ {
		if !s.given[n] {
			list = append(list, n)
		}
	}
	return list
}

func asNumbers(v any) (list []int64) {
	all, _ := v.([]any)
	for _, x := range all {
		f, _ := x.(float64)
		list = append(list, int64(f))
	}
	return list
}

// withdraw makes a number void that was transcribed wrongly.
func (s *series) withdraw(n int64) {
	if _, open := s.allotted[n]; open {
		delete(s.allotted, n)
	} else if !slices.Contains(s.void, n) {
		s.registered--
	}
	s.withdrawn[n] = true
	if !slices.Contains(s.void, n) {
		s.void = append(s.void, n)
		slices.Sort(s.void)
	}
}

func moveRegisters(w *world, e Event) {
	s, b := w.book(e.Stream), e.Body
	n := b.num("number")
	task := fmt.Sprintf("%s/%d", e.Stream, n)
	switch e.Type {
	case "register.series-opened":
		s.book, s.year, s.register, s.pattern = b.str("book"), int(b.num("year")), b.str("register"), b.str("pattern")
		s.start, s.last = b.num("start"), b.num("start")-1
	case "register.numbers-withdrawn":
		for _, n := range asNumbers(b["numbers"]) {
			s.withdraw(n)
			w.settle("registration", fmt.Sprintf("%s/%d", e.Stream, n))
		}
		s.last = b.num("last")
		for n := range s.given {
			if n > s.last {
				delete(s.given, n)
				delete(s.transcribed, n)
				delete(s.withdrawn, n)
				s.void = slices.DeleteFunc(s.void, func(v int64) bool { return v == n })
			}
		}
	case "register.number-allotted", "register.number-transcribed":
		s.last, s.given[n] = max(s.last, n), true
		if e.Type == "register.number-transcribed" {
			s.transcribed[n] = true
			delete(s.withdrawn, n)
			s.void = slices.DeleteFunc(s.void, func(v int64) bool { return v == n })
		}
		s.allotted[n] = number{b.str("item"), b.str("text"), b.str("by"), b.at("at")}
		w.expect(e, "registration", task, e.Recorded, fmt.Sprintf("number %d to end registered or void", n))
	case "register.number-registered":
		if _, ok := s.allotted[n]; ok {
			delete(s.allotted, n)
			s.registered++
		}
		w.settle("registration", task)
	case "register.number-voided":
		if _, ok := s.allotted[n]; ok {
			delete(s.allotted, n)
			s.void = append(s.void, n)
			slices.Sort(s.void)
		}
		w.settle("registration", task)
	case "register.series-closed":
		s.closed = true
	}
}
