// Package policy is the office's book of rules (制度库).
package policy

import "andu/domain"

// Context lists what a book of rules has ever recorded.
var Context = domain.Context[Book]{Name: "policy"}

// Stream is the stream of an office's book: policy-<office>.
func Stream(office string) string { return Context.Stream(office) }

// Book is the office's rules. Version counts publications.
type Book struct {
	Version int64
	inForce domain.Policy
}

// Policy is what the office has in force as known at the head of its book: what Act reads.
func (b Book) Policy(office string) domain.Policy {
	p := b.inForce
	p.Stream = Stream(office)
	return p
}
