package registers

import (
	"encoding/json"
	"maps"
	"slices"
)

// Numbers are the numbers that a series has given. They are never changed once they are handed out: With gives others that
// share all but one page with them, so that a book of ten thousand numbers costs an event no more than one of ten.
type Numbers struct {
	pages map[int]*numbersPage // by number / perPage
	count int
}

const perPage = 32

type numbersPage struct {
	given   [perPage]bool
	numbers [perPage]Number
}

// Get finds a number.
func (t Numbers) Get(n int) (Number, bool) {
	p := t.pages[n/perPage]
	if n < 0 || p == nil || !p.given[n%perPage] {
		return Number{}, false
	}
	return p.numbers[n%perPage], true
}

// At is the number, or the zero Number where it is not given.
func (t Numbers) At(n int) Number {
	v, _ := t.Get(n)
	return v
}

// Len is how many are given.
func (t Numbers) Len() int { return t.count }

// All gives them in their order.
func (t Numbers) All() func(yield func(int, Number) bool) {
	return func(yield func(int, Number) bool) {
		for _, key := range slices.Sorted(maps.Keys(t.pages)) {
			p := t.pages[key]
			for i, given := range p.given {
				if given && !yield(key*perPage+i, p.numbers[i]) {
					return
				}
			}
		}
	}
}

// With is the same with one number put in; n is not negative.
func (t Numbers) With(n int, v Number) Numbers {
	pages := maps.Clone(t.pages)
	if pages == nil {
		pages = map[int]*numbersPage{}
	}
	var page numbersPage
	if old := pages[n/perPage]; old != nil {
		page = *old
	}
	if !page.given[n%perPage] {
		t.count++
	}
	page.given[n%perPage], page.numbers[n%perPage] = true, v
	pages[n/perPage] = &page
	return Numbers{pages, t.count}
}

// MarshalJSON tells them by number.
func (t Numbers) MarshalJSON() ([]byte, error) {
	return json.Marshal(maps.Collect(t.All()))
}
