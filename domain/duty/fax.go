package duty

import (
	"fmt"
	"slices"
	"time"

	"andu/domain"
)

// FaxRule says until when a fax or telegram of the duty room is taken over by the registry (rcv.dutyFax.within).
type FaxRule struct {
	Instant  string `json:"instant"`
	To       string `json:"to"` // post
	Boundary string `json:"boundary"`
}

// Check knows the next handover to a post.
func (r FaxRule) Check() error {
	if r.Instant != "next-handover" || r.To == "" {
		return fmt.Errorf("%+v: want the next-handover to a post", r)
	}
	return word(r.Boundary, "incl", "excl")
}

// Fax is what an entry is as a paper that waits in the duty room; zero for every other entry.
type Fax struct {
	Is    bool
	By    domain.Instant // the last instant in time; zero: the handover has not been yet
	Owing string         // who had to see to it
	Found bool           // that it is late was put on record
}

// faxDue sets the last instant of the faxes that wait, when the watch passes to the post that the office names.
func (p Post) faxDue(s Shift, at domain.Instant, act domain.Act) []Event {
	var waiting []string
	for _, id := range p.openEntries() {
		if f := p.Entries[id].Fax; f.Is && f.By.IsZero() {
			waiting = append(waiting, id)
		}
	}
	if waiting == nil {
		return nil
	}
	rule := FaxWithin.Of(act)
	if !slices.Contains(s.By, rule.To) {
		return nil
	}
	if rule.Boundary == "excl" {
		at = domain.At(at.Add(-time.Microsecond))
	}
	return []Event{FaxDue{Entries: waiting, By: at, Person: p.Responsible}}
}

// FaxDue means that these papers had to be with the registry by then (REG-04 二.3).
type FaxDue struct {
	Entries []string       `json:"entries"`
	By      domain.Instant `json:"by"` // still in time
	Person  string         `json:"person"`
}

// Evolve notes it with each entry.
func (e FaxDue) Evolve(p Post) Post {
	for _, id := range e.Entries {
		if v, ok := p.Entries[id]; ok {
			v.Fax.By, v.Fax.Owing = e.By, e.Person
			p = p.entry(id, v)
		}
	}
	return p
}

// Opens asks for a look at each paper just after.
func (e FaxDue) Opens(r domain.Recorded) (tasks []domain.Task) {
	for _, id := range e.Entries {
		tasks = append(tasks, domain.Task{TaskID: domain.TaskID{Kind: TaskFax, Key: id}, Stream: r.Stream, Due: just(e.By), Data: map[string]string{"entry": id}})
	}
	return tasks
}

// waits is the finding that a paper was still in the duty room after its last instant, raised once.
func (e Entry) waits(id string, at domain.Instant) []Event {
	if e.Fax.By.IsZero() || e.Fax.Found || !at.After(e.Fax.By.Time) {
		return nil
	}
	return []Event{FindingRaised{Kind: FaxWaits, Person: e.Fax.Owing, About: id, At: just(e.Fax.By)}}
}

// CheckFax looks whether a paper still waits. The schedule does it.
type CheckFax struct {
	Entry string `json:"entry"`
}

// Decide finds a paper that the registry has not taken over.
func (c CheckFax) Decide(p Post, act domain.Act) ([]Event, error) {
	if err := p.system(act); err != nil {
		return nil, err
	}
	e, ok := p.Entries[c.Entry]
	if !ok || e.Closed {
		return nil, nil
	}
	return e.waits(c.Entry, act.Occurred), nil
}

// NoteFax ends an entry whose paper the registry has taken over. The follower of the paper does it.
type NoteFax struct {
	Entry    string         `json:"entry"`
	Document string         `json:"document"`
	At       domain.Instant `json:"at"` // when it was taken over
}

// Decide finds a paper that was taken over too late, if the schedule has not.
func (c NoteFax) Decide(p Post, act domain.Act) ([]Event, error) {
	if err := p.system(act); err != nil {
		return nil, err
	}
	e, ok := p.Entries[c.Entry]
	if !ok {
		return nil, nil
	}
	return append(e.waits(c.Entry, c.At), FaxTakenOver(c)), nil
}

// FaxTakenOver means that the paper is the registry's, and the entry is done.
type FaxTakenOver struct {
	Entry    string         `json:"entry"`
	Document string         `json:"document"` // stream
	At       domain.Instant `json:"at"`
}

// Evolve closes the entry and what was reserved about it.
func (e FaxTakenOver) Evolve(p Post) Post { return EntryClosed{Entry: e.Entry}.Evolve(p) }

// Settles ends the look.
func (e FaxTakenOver) Settles(domain.Recorded) []domain.TaskID {
	return []domain.TaskID{{Kind: TaskFax, Key: e.Entry}, {Kind: "document.duty-paper", Key: e.Document}}
}
