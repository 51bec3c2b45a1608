package domain

import (
	"maps"
	"strings"
)

// Kind says what sort of refusal a rule gives; the API maps it to a status.
type Kind int

const (
	Invalid   Kind = iota // what was asked cannot be (422)
	Conflict              // it cannot be now (409)
	Forbidden             // not by this actor (403)
	NotFound              // there is no such thing for this actor (404)
)

// Refusal is one rule that stops an act. Package-level refusals of a context are listed in its Rules; compare with
// errors.Is, which looks at the code. ZH and EN may hold {names} of Params.
type Refusal struct {
	Kind     Kind
	Code     string
	ZH, EN   string
	Source   string // rule numbers and clauses of standards, such as "R183, architecture 3.4"
	Recorded bool   // the refusal itself is an event of the stream
	Params   map[string]string
}

// Rule makes the refusal of one rule. The code is stable for ever: clients and stored refusals use it.
func Rule(kind Kind, code, zh, en string) *Refusal {
	return &Refusal{Kind: kind, Code: code, ZH: zh, EN: en}
}

// By names the source of the rule.
func (r *Refusal) By(source string) *Refusal { r.Source = source; return r }

// OnRecord makes the refusal itself an event of the stream it was given in.
func (r *Refusal) OnRecord() *Refusal { r.Recorded = true; return r }

// With gives the refusal with particulars, as name and value pairs. Never put content of a paper here.
func (r *Refusal) With(pairs ...string) *Refusal {
	c := *r
	c.Params = maps.Clone(r.Params)
	if c.Params == nil {
		c.Params = map[string]string{}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		c.Params[pairs[i]] = pairs[i+1]
	}
	return &c
}

// Error is the code and the English sentence: for the log of the server, never for a person.
func (r *Refusal) Error() string { return r.Code + ": " + r.Text("en") }

// Is makes errors.Is compare refusals by their code.
func (r *Refusal) Is(target error) bool {
	t, ok := target.(*Refusal)
	return ok && t.Code == r.Code
}

// Text is the sentence for a person, in "zh" or "en", with the particulars filled in.
func (r *Refusal) Text(lang string) string {
	s := r.ZH
	if lang == "en" {
		s = r.EN
	}
	for k, v := range r.Params {
		s = strings.ReplaceAll(s, "{"+k+"}", v)
	}
	return s
}

// Refusals that any context may give.
var (
	// ErrBlank stops every act that reads a policy key which the office has left blank (G30). Nothing is written.
	ErrBlank = Rule(Conflict, "policy-blank", "本单位制度未规定：{keys}。不得以空白推定，请先发布补充规定。",
		"the office's policy leaves blank: {keys}; a blank is never taken for a value: publish a supplement first").By("POL 2.1, G30")
	// ErrNoStream means that there is nothing to act on in the actor's office.
	ErrNoStream = Rule(NotFound, "not-found", "没有这项记录。", "there is no such record")
	// ErrSystem stops followers and the schedule from doing what only a person may do (G28).
	ErrSystem = Rule(Forbidden, "person-required", "此事须由人作出，系统不得代行。", "only a person may do this; the system never does").By("G28, APR 2.5")
)

// Rules of the vocabulary itself, for generated documents.
var Rules = []*Refusal{ErrBlank, ErrNoStream, ErrSystem}
