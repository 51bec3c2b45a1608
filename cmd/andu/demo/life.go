package demo

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"andu/commands"
	"andu/domain"
	"andu/domain/calendar"
	"andu/domain/org"
	"andu/eventstore"
)

// Plan says what history to write.
type Plan struct {
	Seed        int64
	From, Until domain.Date // Until is the first day that is not lived
	// Now, unless it is zero, is a time of the day Until: up to it that day is lived too.
	Now time.Time
	// Progress is told after each day how many days of how many are done, and how many events there are.
	Progress func(done, total int, events int64)
}

// History lets an office live from day to day. Its people sign in and are away, keep the watch and hand it over; papers
// come, are registered, read, instructed, handled, answered and filed, some late, some wrongly. Everything is done by
// somebody who may, and what the rules refuse is tried on purpose. It is deterministic: the seed decides.
func History(ctx context.Context, past *commands.Handler, clock *Clock, staff Staff, plan Plan) error {
	own := &log{Store: past.Store, ends: map[string]int64{}, seen: eventstore.Before}
	h := &commands.Handler{Store: own, Keys: past.Keys, Now: past.Now, Zone: past.Zone, Clock: past.Clock, Files: past.Files, InOrder: true}
	l := &life{
		doer:  doer{ctx: ctx, h: h, office: staff.Office.ID, seed: commands.NewID(fmt.Sprint(plan.Seed), "history")},
		staff: staff, clock: clock, log: own, r: rand.New(rand.NewPCG(uint64(plan.Seed), 1)), plan: plan,
		open: map[domain.TaskID]commands.Due{}, ripe: map[domain.TaskID]commands.Due{},
		serial: map[string]int{}, leaves: map[string]domain.Date{}, turn: map[string]int{},
	}
	h.Running = l.running
	l.tasks = &commands.Tasks{Handler: h, Logger: discard, List: l.list, Moved: func() <-chan struct{} { return nil }}
	if err := l.catchUp(); err != nil {
		return err
	}
	if l.opens(); l.err != nil {
		return fmt.Errorf("before the first day: %w", l.err)
	}
	for d := plan.From; d.Before(plan.Until) || d == plan.Until && !plan.Now.IsZero(); d = d.Add(1) {
		if err := l.day(d); err != nil {
			return fmt.Errorf("%s: %w", d, err)
		}
		l.lived++
		if plan.Progress != nil {
			plan.Progress(l.lived, l.days(), int64(own.seen)+1)
		}
	}
	return nil
}

// life is one office being lived. Its open tasks are kept as the read model keeps them, from the events alone.
type life struct {
	doer
	staff Staff
	clock *Clock
	log   *log
	r     *rand.Rand
	plan  Plan
	lived int // days

	stormed bool // a day was freed

	tasks  *commands.Tasks
	open   map[domain.TaskID]commands.Due
	due    dues                           // of open, by time, and some that are settled since
	ripe   map[domain.TaskID]commands.Due // of open, those whose time has come
	agenda agenda
	begun  int // errands

	serial map[string]int         // last numbers of other organs' papers
	leaves map[string]domain.Date // last day of the absence that a person has in view
	turn   map[string]int         // whose turn it was on the duty lists
	scoped []*paper               // the latest papers that only named persons may know
	shut   bool                   // the terminal at the door is cut off today
	marks  []commands.BatchMark   // what it recorded meanwhile
}

// errand is something in hand: what is to be done next about it, and when.
type errand struct {
	at    time.Time
	no    int // in the order of their beginning
	do    func(*life) next
	hours bool // only while the office works
}

// next is what comes after it, and how long from now; the zero next is nothing more.
type next struct {
	do   func(*life) next
	wait time.Duration
}

var finished = next{}

// begin puts an errand on the agenda that waits for the hours of the office, at one that does not.
func (l *life) begin(at time.Time, do func(*life) next) { l.put(errand{at: at, do: do, hours: true}) }
func (l *life) at(at time.Time, do func(*life) next)    { l.put(errand{at: at, do: do}) }

func (l *life) put(e errand) {
	l.begun++
	e.no = l.begun
	heap.Push(&l.agenda, e)
}

// once is an errand without a sequel.
func once(do func(*life)) func(*life) next {
	return func(l *life) next { do(l); return finished }
}

// day lives one day. What is to be done within the office's hours and was not reached today is taken up when it works again.
func (l *life) day(d domain.Date) error {
	zone := l.h.Zone
	if err := l.until(d.Start(zone)); err != nil {
		return err
	}
	works, err := l.works(d)
	if err != nil {
		return err
	}
	l.everyDay(d, works)
	if works {
		l.workingDay(d)
	}
	end := d.End(zone)
	if d == l.plan.Until {
		end = l.plan.Now
	}
	for l.err == nil && len(l.agenda) > 0 && l.agenda[0].at.Before(end) {
		e := heap.Pop(&l.agenda).(errand)
		if at := l.within(d, works, e.at); e.hours && at.After(e.at) {
			e.at = at
			heap.Push(&l.agenda, e)
			continue
		}
		if err := l.until(e.at); err != nil {
			return err
		}
		after := e.do(l)
		if l.err != nil {
			break
		}
		if err := l.settle(); err != nil {
			return err
		}
		if after.do != nil {
			e.do, e.at = after.do, l.clock.Stands().Add(after.wait)
			heap.Push(&l.agenda, e)
		}
	}
	if l.err != nil {
		return fmt.Errorf("at %s: %w", l.clock.Stands().In(zone).Format("15:04"), l.err)
	}
	return l.until(end)
}

// days is how many are lived.
func (l *life) days() int {
	return int(l.plan.Until.Start(time.UTC).Sub(l.plan.From.Start(time.UTC)) / (24 * time.Hour))
}

// opens is the eve of the first day: the book and the watch are begun.
func (l *life) opens() {
	l.clock.Set(l.clockAt(l.plan.From.Add(-1), 10, 0))
	l.clears()
	l.keepsBook()
	l.opensWatch()
	if l.err == nil {
		l.err = l.settle()
	}
}

// everyDay and workingDay put on the agenda what a day brings by itself.
func (l *life) everyDay(d domain.Date, works bool) {
	l.watches(d, works)
}

func (l *life) workingDay(d domain.Date) {
	l.mornings(d)
	l.absences(d)
	l.papers(d)
	l.curious(d)
	l.storm(d)
}

// within is the first time, from one on, at which somebody in the office takes up what is in hand.
func (l *life) within(d domain.Date, works bool, at time.Time) time.Time {
	start := d.Start(l.h.Zone)
	clock := at.Sub(start)
	switch {
	case !works || clock >= 18*time.Hour+15*time.Minute:
		return d.End(l.h.Zone).Add(8*time.Hour + 31*time.Minute + time.Duration(l.r.Int64N(int64(3*time.Hour))))
	case clock < 8*time.Hour+30*time.Minute:
		return start.Add(8*time.Hour + 31*time.Minute + time.Duration(l.r.Int64N(int64(90*time.Minute))))
	case clock >= 12*time.Hour && clock < 15*time.Hour+30*time.Minute:
		return start.Add(15*time.Hour + 31*time.Minute + time.Duration(l.r.Int64N(int64(time.Hour))))
	}
	return at
}

// works tells whether the office works on a day, by its calendar as it now is.
func (l *life) works(d domain.Date) (bool, error) {
	cal, _, err := commands.State(l.ctx, l.h, calendar.Context, l.office, calendar.Stream(l.office))
	kind := cal.Day(d).Kind
	return kind == calendar.Ordinary || kind == calendar.Makeup, err
}

// workdays gives the n-th day of work after a day.
func (l *life) workday(after domain.Date, n int) domain.Date {
	for n > 0 {
		after = after.Add(1)
		works, err := l.works(after)
		if l.fail(err); err != nil {
			return after
		}
		if works {
			n--
		}
	}
	return after
}

func (l *life) today() domain.Date { return domain.DateOf(l.clock.Stands(), l.h.Zone) }

// clockAt is a time of a day.
func (l *life) clockAt(d domain.Date, hour, minute int) time.Time {
	return d.Start(l.h.Zone).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}

// chance is true once in n times.
func (l *life) chance(n int) bool { return l.r.IntN(n) == 0 }

func (l *life) minutes(from, to int) time.Duration {
	return time.Duration(from+l.r.IntN(to-from+1))*time.Minute + time.Duration(l.r.IntN(60))*time.Second
}

// some is a number whose mean is a hundredth of what is given.
func (l *life) some(hundredths int) int {
	n := hundredths / 100
	if l.r.IntN(100) < hundredths%100 {
		n++
	}
	return n
}

func one[T any](l *life, list []T) T { return list[l.r.IntN(len(list))] }

func (l *life) pick(post string) Person { return one(l, l.staff.In(post)) }

// person finds a person of the office.
func (l *life) person(id string) Person {
	i := slices.IndexFunc(l.staff.Persons, func(p Person) bool { return p.ID == id })
	if i < 0 {
		l.fail(fmt.Errorf("nobody is %s", id))
		return Person{}
	}
	return l.staff.Persons[i]
}

// clerks are everybody but the officers.
func (l *life) everybody() []Person { return l.staff.Persons[3:] }

func (l *life) fail(err error) {
	if l.err == nil {
		l.err = err
	}
}

// refused gives a command that the rules stand against; that they let it pass would be a fault.
func refused[S any](l *life, c domain.Context[S], stream string, by domain.Actor, cmd domain.Command[S], rules ...*domain.Refusal) {
	if l.err != nil {
		return
	}
	_, err := try(&l.doer, c, stream, by, cmd)
	l.expect(domain.CommandName(cmd), err, rules...)
}

func (l *life) expect(what string, err error, rules ...*domain.Refusal) {
	var refusal *domain.Refusal
	switch {
	case err == nil:
		l.fail(fmt.Errorf("%s was to be refused and was not", what))
	case !errors.As(err, &refusal) || !slices.ContainsFunc(rules, func(r *domain.Refusal) bool { return r.Code == refusal.Code }):
		l.fail(fmt.Errorf("%s was to be refused by another rule: %w", what, err))
	}
}

func state[S any](l *life, c domain.Context[S], stream string) S {
	s, _, err := commands.State(l.ctx, l.h, c, l.office, stream)
	l.fail(err)
	return s
}

// as is a person acting in another of his posts.
func (p Person) as(post string) domain.Actor { return domain.Actor{Person: p.ID, Post: post} }

// officer is one of the three officers.
func (l *life) officer(kind string) domain.Actor {
	i := slices.Index([]string{org.SystemAdministrator, org.SecurityAdministrator, org.Auditor}, kind)
	return domain.Actor{Person: l.staff.Persons[i].ID, Post: kind}
}

// catchUp keeps the list of open tasks by what was recorded since.
func (l *life) catchUp() error {
	for {
		records, err := l.log.news(l.ctx)
		if err != nil || len(records) == 0 {
			return err
		}
		for _, rec := range records {
			r, err := l.h.Decode(rec)
			if err != nil {
				return err
			}
			if s, ok := r.Event.(domain.Settles); ok {
				for _, id := range s.Settles(r) {
					delete(l.open, id)
				}
			}
			if o, ok := r.Event.(domain.Opens); ok {
				for _, t := range o.Opens(r) {
					d := commands.Due{Task: t, Office: r.Office, OpenedBy: r.ID}
					l.open[t.TaskID] = d
					heap.Push(&l.due, d)
				}
			}
			if r.Office == l.office {
				l.hears(r)
			}
		}
	}
}

// hears lets the people of the office take note of what was recorded.
func (l *life) hears(r domain.Recorded) {
	l.hearsOfDay(r)
}

// list gives the open tasks that are due, the longest due first.
func (l *life) list(_ context.Context, now time.Time, limit int) ([]commands.Due, error) {
	l.ripen(now)
	var list []commands.Due
	for id, d := range l.ripe {
		if l.stands(d) {
			list = append(list, d)
		} else {
			delete(l.ripe, id)
		}
	}
	slices.SortFunc(list, dueFirst)
	return list[:min(len(list), limit)], nil
}

// ripen moves what is due from the tasks that wait for their time.
func (l *life) ripen(now time.Time) {
	for len(l.due) > 0 && (!l.due[0].Due.After(now) || !l.stands(l.due[0])) {
		if d := heap.Pop(&l.due).(commands.Due); l.stands(d) {
			l.ripe[d.TaskID] = d
		}
	}
}

// stands tells whether a task is open as it was asked for.
func (l *life) stands(d commands.Due) bool {
	now, ok := l.open[d.TaskID]
	return ok && now.OpenedBy == d.OpenedBy && now.Due == d.Due
}

func dueFirst(a, b commands.Due) int {
	return cmp.Or(a.Due.Compare(b.Due.Time), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key))
}

// running lists the papers whose time is running, as the register does.
func (l *life) running(context.Context, string) ([]string, error) {
	var streams []string
	for id, d := range l.open {
		if id.Kind == "document.overdue" {
			streams = append(streams, d.Stream)
		}
	}
	slices.Sort(streams)
	return slices.Compact(streams), nil
}

// settle carries out everything that is due now, and what that opens.
func (l *life) settle() error {
	for {
		if err := l.catchUp(); err != nil {
			return err
		}
		n, err := l.tasks.Sweep(l.ctx)
		if err != nil || n == 0 {
			return err
		}
	}
}

// until lets time pass, with everything that falls due meanwhile.
func (l *life) until(at time.Time) error {
	for {
		first := at
		if l.ripen(l.clock.Stands()); len(l.due) > 0 && l.due[0].Due.Before(at) {
			first = l.due[0].Due.Time
		}
		l.clock.Set(first)
		if err := l.settle(); err != nil {
			return err
		}
		if !first.Before(at) {
			return nil
		}
	}
}

// agenda and dues are heaps, the earliest first.
type (
	agenda []errand
	dues   []commands.Due
)

func (a agenda) Len() int           { return len(a) }
func (a agenda) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a agenda) Less(i, j int) bool { return cmp.Or(a[i].at.Compare(a[j].at), a[i].no-a[j].no) < 0 }
func (a *agenda) Push(v any)        { *a = append(*a, v.(errand)) }
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	(*a)[len(*a)-1] = errand{}
	*a = (*a)[:len(*a)-1]
	return last
}

func (d dues) Len() int           { return len(d) }
func (d dues) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d dues) Less(i, j int) bool { return dueFirst(d[i], d[j]) < 0 }
func (d *dues) Push(v any)        { *d = append(*d, v.(commands.Due)) }
func (d *dues) Pop() any {
	last := (*d)[len(*d)-1]
	*d = (*d)[:len(*d)-1]
	return last
}
