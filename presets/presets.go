// Package presets holds what the demonstration offices publish before they open: the regulations of the county office
// and of the bureau clause by clause, the supplement of each office that fills what they leave blank, the rule book of an
// invented township office, and the yearly holiday notices.
//
// A document file states facts, never sentences. A null in its head is what the text does not state, and a blank entry
// is a value it does not state. In a value, "" is nobody or no upper end, "none" is a stated absence, posts are named by
// id, and a string of the form "key[index]" is decided by that key. Entries marked "also" are members of one list;
// "replaces" names the documents whose value gives way.
package presets

import (
	"embed"
	"slices"
)

//go:embed county bureau weekly holidays
var Files embed.FS

var documents = map[string][]string{
	"county": {
		"county/REG-04.json", "county/REG-11.json", "county/REG-16.json", "county/REG-19b.json", "county/REG-19c.json",
		"county/REG-21.json", "county/supplement.json",
	},
	"bureau": {"bureau/REG-20.json", "bureau/REG-08.json", "bureau/supplement.json"},
	"weekly": {"weekly/office.json"},
}

var variants = map[string][]string{
	"county": {
		"county/A-excl.json", "county/A-lower.json", "county/A-open.json", "county/A-reviewed.json",
		"county/A-study04.json", "county/A-study19c.json", "county/A-upper.json", "county/A-working.json",
	},
	"bureau": {"bureau/B-lower.json", "bureau/B-upper.json"},
}

var notices = []string{
	"holidays/2018.json", "holidays/2019.json", "holidays/2020-first.json", "holidays/2020.json", "holidays/2021.json",
	"holidays/2022.json", "holidays/2023.json", "holidays/2024.json", "holidays/2025.json", "holidays/2026.json",
	"holidays/2027.json",
}

// Read returns one file, named as the listings name it.
func Read(name string) ([]byte, error) { return Files.ReadFile(name) }

// Office lists the documents of an office (county, bureau, weekly) in the order of publication; the supplement comes last.
// Nothing is listed for another name.
func Office(name string) []string { return slices.Clone(documents[name]) }

// Variants lists the documents of an office that may be published after its supplement, each for another reading of a
// clause. A-lower and A-upper exclude each other, as do A-study04 and A-study19c, B-lower and B-upper.
func Variants(name string) []string { return slices.Clone(variants[name]) }

// Notices lists the calendar notices in the order in which they were issued: 2020-first is the first state of 2020, and
// 2027 was not yet issued.
func Notices() []string { return slices.Clone(notices) }
