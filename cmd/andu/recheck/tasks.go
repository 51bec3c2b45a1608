package recheck

import (
	"cmp"
	"container/heap"
	"slices"
	"strings"
	"time"
)

// task is something that has to be in the log by a time: what follows from an event at once, or what the schedule does.
type task struct {
	opened Event
	due    time.Time
	want   string
	still  func() bool // whether it has to come when its time has come; nil: yes
	closed bool
}

type taskID struct{ kind, key string }

// tasks are the open ones, the next due first. What comes behind its time, after a stop, has come; what never comes is
// missing.
type tasks struct {
	open  map[taskID]*task
	queue queue
	since time.Time // last start of a server: what was due during a stop comes after it
}

// grace is how long after its time the schedule may be before what it should have done counts as missed.
const grace = 10 * time.Minute

func newTasks() tasks { return tasks{open: map[taskID]*task{}} }

// expect opens a task, or moves it to another time.
func (w *world) expect(e Event, kind, key string, due time.Time, want string) {
	w.expectIf(e, kind, key, due, want, nil)
}

// expectIf is expect for what has to come only where something holds at its time.
func (w *world) expectIf(e Event, kind, key string, due time.Time, want string, still func() bool) {
	w.settle(kind, key)
	e.Body, e.Asked = nil, nil
	t := &task{opened: e, due: due, want: want, still: still}
	w.tasks.open[taskID{kind, key}] = t
	if still != nil {
		heap.Push(&w.tasks.queue, t)
	}
}

// settle ends a task: it was carried out. One that is not open stays so.
func (w *world) settle(kind, key string) {
	if t := w.tasks.open[taskID{kind, key}]; t != nil {
		t.closed = true
		delete(w.tasks.open, taskID{kind, key})
	}
}

// void ends a task that has become needless, unless it should have been carried out long before.
func (w *world) void(e Event, kind, key string) {
	if t := w.tasks.open[taskID{kind, key}]; t != nil && (e.Occurred.Before(t.due.Add(grace)) || e.Recorded.Before(w.tasks.since.Add(grace))) {
		w.settle(kind, key)
	}
}

// due is when an open task is due.
func (w *world) due(kind, key string) (time.Time, bool) {
	t := w.tasks.open[taskID{kind, key}]
	if t == nil {
		return time.Time{}, false
	}
	return t.due, true
}

// lookAt forgets the tasks that have come to their time and have not to come any more.
func (w *world) lookAt(now time.Time) {
	for len(w.tasks.queue) > 0 && !now.Before(w.tasks.queue[0].due.Add(grace)) {
		t := heap.Pop(&w.tasks.queue).(*task)
		if !t.closed && !t.still() {
			t.closed = true
		}
		t.still = nil // it has to come now, whatever happens later
	}
}

// undone are the tasks that should have been carried out before a time.
func (w *world) undone(now time.Time) (list []*task) {
	for _, t := range w.tasks.open {
		if !t.closed && !now.Before(t.due.Add(grace)) && !now.Before(w.tasks.since.Add(grace)) && (t.still == nil || t.still()) {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b *task) int { return cmp.Compare(a.opened.Position, b.opened.Position) })
	return list
}

// settleBy notes a start of the server.
func (w *world) settleBy(e Event) {
	if e.Type == "log.server-started" {
		w.tasks.since = e.Recorded
	}
	if e.Type == "log.started" {
		w.simulated = e.Body.yes("simulated")
	}
}

type queue []*task

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].due.Before(q[j].due) }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(*task)) }
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}

// missing is the rule of what did not come.
var missing = rule{name: "task.missing", cites: "architecture 3.5"}

// byItself are the types that the schedule or a follower writes, never a person.
const byItself = "register.number-registered document.registered document.instructed document.copies-joined approval.step-reminded approval.delivered " +
	"calendar.recomputed duty.shifts-planned duty.reminder-sent attendance.awaited attendance.determined sheet.opened sheet.supplemented " +
	"sheet.day-determined roll.day-turned leave.overstayed leave.days-revised leave.days-reviewed leave.paper-lapsed access.classification-lapsed " +
	"document.number-transcribed document.class-adopted document.copy-circulated duty.fax-taken-over"

// byPersons are acts that the system never does: nothing is approved, instructed, signed or accepted without a person.
const byPersons = "approval.approved approval.disapproved approval.instruction-written approval.legality-reviewed approval.returned-to-step " +
	"approval.decided-by-meeting approval.opinion-corrected approval.opinion-proposed approval.withdrawn document.received document.assigned " +
	"document.assignment-accepted document.handling-proposed document.handling-reported document.closed document.filed document.returned " +
	"duty.handover-offered duty.handover-accepted duty.handover-refused duty.item-accepted duty.item-reserved duty.swap-accepted duty.swap-noted " +
	"duty.stand-in-started duty.stand-in-ended duty.entry-logged roster.approved roster.published leave.requested leave.approved leave.disapproved " +
	"leave.paper-supplied leave.late-paper-reviewed attendance.objection-decided attendance.lateness-excused access.scope-set access.scope-extended " +
	"access.granted access.view-opened circulation.started circulation.reader-signed circulation.copy-handed-to circulation.reader-added " +
	"policy.reviewed policy.published policy.published-retroactively org.post-filled org.delegation-granted person.clearance-granted"

// atItsTime tells whether what the schedule did happened when it was due: what was late, after a stop, keeps its due time.
func atItsTime(w *world, e Event) string {
	due, key := time.Time{}, e.Stream+"/"+e.Body.str("request")
	name, _ := w.asked(e)
	if e.person() || w.n(e) > 0 {
		return ""
	}
	switch e.Type {
	case "document.finding-raised":
		due = e.Body.at("due_at")
	case "approval.step-escalated", "approval.finding-raised":
		if c := w.cases[e.Stream]; c != nil && strings.HasSuffix(name, ".Escalate") {
			if s := c.step(e.Body.num("step")); s != nil {
				due = s.due
			}
		}
	case "leave.step-escalated":
		if r := w.leaves.request(e); r != nil {
			due = r.stepDue
		}
	case "leave.overstayed":
		due, _ = w.due("leave.overstay", key)
	case "leave.paper-lapsed":
		due, _ = w.due("leave.papers", key)
	case "circulation.urged":
		due = e.Body.at("overdue")
	}
	return unless(due.IsZero() || e.Occurred.Equal(due), "at its time, %s", show(due))
}

// ofTasks say who does what comes by itself, and when.
var ofTasks = []rule{
	{"task.by-itself", byItself, "architecture 3.5", func(w *world, e Event) string {
		return unless(!e.person(), "the system: this follows from what was recorded before, and nobody writes it")
	}},
	{"task.by-a-person", byPersons, "APR 2.5, architecture 3.5", func(w *world, e Event) string {
		return unless(e.person(), "a person: the system never approves, signs or accepts")
	}},
	{"task.at-its-time", "document.finding-raised approval.step-escalated approval.finding-raised leave.step-escalated leave.overstayed leave.paper-lapsed " +
		"circulation.urged", "architecture 3.5", atItsTime},
	{"task.follows", byItself, "architecture 3.5", func(w *world, e Event) string {
		_, ok := w.ids[key(e.Causation)]
		return unless(ok, "an event before it that it follows from")
	}},
}
