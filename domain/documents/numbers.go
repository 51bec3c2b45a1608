package documents

import (
	"slices"
	"strings"
	"unicode"
)

// Normal is a document number (来文字号) in the one form by which numbers are compared and found: no spaces, half-width
// letters and digits, one sort of brackets, no 第 before a number and no leading zeros (GB/T 9704). The number as the
// paper carries it is always kept beside it.
func Normal(number string) string {
	var b strings.Builder
	runes := []rune(plain(number))
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		switch {
		case strings.ContainsRune("[(【﹝〔\u201e", r):
			r = '〔'
		case strings.ContainsRune("])】﹞〕\u201f", r):
			r = '〕'
		case r == '第': // one between two numbers keeps them apart; before a number it says nothing, however often
			from := i
			for i+1 < len(runes) && runes[i+1] == '第' {
				i++
			}
			if digit(runes, i+1) {
				if digit(runes, from-1) {
					b.WriteRune('第')
				}
				continue
			}
			b.WriteString(strings.Repeat("第", i-from))
		case r == '0' && !digit(runes, i-1):
			for runes[i] == '0' && digit(runes, i+1) {
				i++
			}
			r = runes[i]
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}

func digit(r []rune, i int) bool { return i >= 0 && i < len(r) && r[i] >= '0' && r[i] <= '9' }

// plain takes out spaces and makes full-width letters, digits and signs half-width.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return -1
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		}
		return r
	}, s)
}

// marks makes one sort of quotation and title marks of the many that copies of a title carry.
var marks = strings.NewReplacer("《", "<", "〈", "<", "「", "<", "『", "<", "》", ">", "〉", ">", "」", ">", "』", ">",
	"“", `"`, "”", `"`, "‘", `"`, "’", `"`, "'", `"`)

// organs lists the issuing organs of a paper in one order, however the copy joins them.
func organs(written []string) []string {
	var list []string
	for _, w := range written {
		for _, name := range strings.FieldsFunc(w, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("、，,；;", r) }) {
			list = append(list, plain(name))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Identity is what makes a paper the same one: issuing organs, number, title and date, apart from the way a copy writes
// them.
func Identity(p Paper) string {
	return strings.Join([]string{strings.Join(organs(p.SourceOrgans), "、"), Normal(p.Number), marks.Replace(plain(p.Title)), p.IssuedOn.String()}, "\n")
}

// SamePaper tells whether two receipts are of one paper: their Identity agrees. A paper without a number or a date agrees
// with one that has none either; one without a title agrees with none.
func SamePaper(a, b Paper) bool { return a.Title != "" && Identity(a) == Identity(b) }
