// Package recheck decides every event of a log again (复核). It shares no rule with the program that wrote the log: it
// reads the stored bytes as plain JSON, takes the office's rules from the policy events of the log itself, and knows of
// each context only what docs/events.md and the requirements say. Whatever does not follow is a violation: the position,
// the rule with its clause, and what should have been. What is not in the log (a paper's content, a person's password) is
// not judged.
package recheck

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"andu/eventstore"
	"andu/eventstore/keys"
)

// Violation is one event, or the lack of one, that the rules do not allow.
type Violation struct {
	Position int64  `json:"position"`
	Type     string `json:"type"`
	Stream   string `json:"stream"`
	Rule     string `json:"rule"`
	Cites    string `json:"cites"`
	Want     string `json:"want"`
}

// Report is what was found.
type Report struct {
	Events     int64             `json:"events"`
	Decided    int64             `json:"decided"`
	Erased     int64             `json:"erased"`
	Rules      int               `json:"rules"`
	Types      map[string]*Tally `json:"types"`
	Found      int64             `json:"violations_found"`
	Violations []Violation       `json:"violations"`
	ByRule     map[string]int64  `json:"violations_by_rule"`
}

// Tally is how many events of a type there were, and how many of them a rule of their context looked at.
type Tally struct {
	Events  int64 `json:"events"`
	Decided int64 `json:"decided"`
}

// listed bounds the violations that a report names; all are counted.
const listed = 1000

// rule is one sentence of the office or of the house, decided about one event on the state before it.
type rule struct {
	name  string // context and what it guards
	on    string // types, separated by spaces; "*" is every event, "duty.*" those of a context
	cites string // rule, clause or design by its number
	want  func(w *world, e Event) string
}

// fold moves the state of a context on by an event that was decided.
type fold struct {
	context string
	move    func(w *world, e Event)
}

// Checker takes the events of one log in their order.
type Checker struct {
	world  *world
	report Report
	rules  map[string][]*rule // by type
	every  []*rule
	folds  map[string]func(w *world, e Event)
	office string // whose violations are named; "" is everybody's
}

// New checks a log from its first event on.
func New() *Checker {
	c := &Checker{world: newWorld(), rules: map[string][]*rule{}, folds: map[string]func(*world, Event){},
		report: Report{Types: map[string]*Tally{}, ByRule: map[string]int64{}, Violations: []Violation{}}}
	for _, r := range book() {
		c.report.Rules++
		for _, on := range strings.Fields(r.on) {
			switch context, all := strings.CutSuffix(on, ".*"); {
			case on == "*":
				c.every = append(c.every, r)
			case all:
				for name := range kinds {
					if strings.HasPrefix(name, context+".") {
						c.rules[name] = append(c.rules[name], r)
					}
				}
			default:
				c.rules[on] = append(c.rules[on], r)
			}
		}
	}
	for _, f := range folds {
		c.folds[f.context] = f.move
	}
	return c
}

// book is every rule, in the order of the contexts.
func book() []*rule {
	var all []*rule
	for _, rules := range [][]rule{ofLog, ofTasks, ofImports, ofPolicy, ofCalendar, ofOrg, ofPersons, ofRegisters, ofDocuments, ofApprovals, ofDuty, ofRosters,
		ofAttendance, ofLeave, ofAccess, ofCirculation} {
		for i := range rules {
			all = append(all, &rules[i])
		}
	}
	return all
}

// Rules lists every rule by name with what it cites.
func Rules() [][2]string {
	var list [][2]string
	for _, r := range book() {
		list = append(list, [2]string{r.name, r.cites})
	}
	return list
}

// Event decides one event again and moves on.
func (c *Checker) Event(e Event) {
	c.report.Events++
	tally := c.report.Types[e.Type]
	if tally == nil {
		tally = &Tally{}
		c.report.Types[e.Type] = tally
	}
	tally.Events++
	if !c.world.last.Recorded.IsZero() && e.Recorded.Sub(c.world.last.Recorded) > asleep {
		c.world.tasks.since = e.Recorded
	}
	c.world.lookAt(e.Recorded)
	for _, r := range c.every {
		c.decide(r, e)
	}
	if e.Erased {
		c.report.Erased++
	}
	if rules := c.rules[e.Type]; len(rules) > 0 && !e.Erased {
		tally.Decided++
		c.report.Decided++
		for _, r := range rules {
			c.decide(r, e)
		}
	} else if !e.Erased {
		c.add(e, "log.nobody-decides", "recheck", "a rule that decides events of this type")
	}
	c.world.follow(e)
	if move := c.folds[e.Context()]; move != nil && !e.Erased {
		move(c.world, e)
	}
	c.world.settleBy(e)
	c.world.last = e
}

func (c *Checker) decide(r *rule, e Event) {
	if want := r.want(c.world, e); want != "" {
		c.add(e, r.name, r.cites, want)
	}
}

func (c *Checker) add(e Event, name, cites, want string) {
	if c.office != "" && e.Office != c.office {
		return
	}
	c.report.Found++
	c.report.ByRule[name]++
	if len(c.report.Violations) < listed {
		c.report.Violations = append(c.report.Violations, Violation{e.Position, e.Type, e.Stream, name, cites, want})
	}
}

// End closes the books: what was due by the last event has to have come.
func (c *Checker) End() Report {
	w := c.world
	for _, t := range w.undone(w.last.Recorded) {
		c.add(t.opened, missing.name, missing.cites, t.want+", due "+show(t.due))
	}
	slices.SortStableFunc(c.report.Violations, func(a, b Violation) int { return cmp.Compare(a.Position, b.Position) })
	return c.report
}

// asleep is a silence of the log in which no schedule ran: what was due in it comes behind it.
const asleep = 24 * time.Hour

// page is how many events are read at once.
const page = 2048

// Run decides a whole log again and names the violations of one office, or of all where it is "". Progress is told the events done and the position of the last one.
func Run(ctx context.Context, store eventstore.Store, ring *keys.Ring, office string, progress func(done, head int64)) (Report, error) {
	c := New()
	c.office = office
	head, err := store.Head(ctx)
	if err != nil {
		return c.report, err
	}
	for at := eventstore.Before; at < head; {
		p, err := store.ReadAll(ctx, at, page)
		if err != nil {
			return c.report, fmt.Errorf("read the log behind %d: %w", at, err)
		}
		if len(p.Records) == 0 {
			break
		}
		for _, r := range p.Records {
			if r.Position > head {
				break
			}
			plain, erased, err := ring.Open(r.Header, r.Payload)
			if err != nil {
				return c.report, err
			}
			e, err := Decode(int64(r.Position), r.Raw, plain, erased)
			if err != nil {
				return c.report, err
			}
			c.Event(e)
		}
		at = p.Last()
		if progress != nil {
			progress(c.report.Events, int64(head))
		}
	}
	return c.End(), nil
}
