package recheck

import (
	"container/heap"
	"time"
)

// task is something that has to be in the log by a time: what follows from an event at once, or what the schedule does.
type task struct {
	kind, key string
	due       time.Time
	want      string
	still     func() bool // whether it still has to come; nil: yes
	open      bool
}

type taskID struct{ kind, key string }

// tasks are the open ones, the next due first.
type tasks struct {
	open  map[taskID]*task
	queue queue
	since time.Time // last start of a server: what was due during a stop comes after it
}

// grace is how long after its time the schedule may be before a task counts as missed.
const grace = 10 * time.Minute

func newTasks() tasks { return tasks{open: map[taskID]*task{}} }

// expect opens a task, or moves it to another time.
func (w *world) expect(kind, key string, due time.Time, want string) {
	w.expectIf(kind, key, due, want, nil)
}

// expectIf is expect for what has to come only as long as something holds.
func (w *world) expectIf(kind, key string, due time.Time, want string, still func() bool) {
	w.settle(kind, key)
	t := &task{kind, key, due, want, still, true}
	w.tasks.open[taskID{kind, key}] = t
	heap.Push(&w.tasks.queue, t)
}

// settle ends a task; one that is not open stays so.
func (w *world) settle(kind, key string) {
	if t := w.tasks.open[taskID{kind, key}]; t != nil {
		t.open = false
		delete(w.tasks.open, taskID{kind, key})
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

// overdue are the tasks that should have been carried out before a time, each said once.
func (w *world) overdue(now time.Time) (wants []string) {
	for len(w.tasks.queue) > 0 {
		t := w.tasks.queue[0]
		if t.open && (now.Before(t.due.Add(grace)) || now.Before(w.tasks.since.Add(grace))) {
			break
		}
		heap.Pop(&w.tasks.queue)
		if !t.open {
			continue
		}
		delete(w.tasks.open, taskID{t.kind, t.key})
		if t.still == nil || t.still() {
			wants = append(wants, t.want+" ("+t.kind+" of "+t.key+", due "+show(t.due)+")")
		}
	}
	return wants
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
	"sheet.day-determined roll.day-turned leave.overstayed leave.days-revised leave.paper-lapsed access.begun access.classification-lapsed"

// byPersons are acts that the system never does: nothing is approved, instructed, signed or accepted without a person.
const byPersons = "approval.approved approval.disapproved approval.instruction-written approval.legality-reviewed approval.returned-to-step " +
	"approval.decided-by-meeting approval.opinion-corrected approval.opinion-proposed approval.withdrawn document.received document.assigned " +
	"document.assignment-accepted document.handling-proposed document.handling-reported document.closed document.filed document.returned " +
	"duty.handover-offered duty.handover-accepted duty.handover-refused duty.item-accepted duty.item-reserved duty.swap-accepted duty.swap-noted " +
	"duty.stand-in-started duty.stand-in-ended duty.entry-logged roster.approved roster.published leave.requested leave.approved leave.disapproved " +
	"leave.paper-supplied leave.late-paper-reviewed attendance.objection-decided attendance.lateness-excused access.scope-set access.scope-extended " +
	"access.granted access.view-opened circulation.started circulation.reader-signed circulation.copy-handed-to circulation.reader-added " +
	"policy.reviewed policy.published policy.published-retroactively org.post-filled org.delegation-granted person.clearance-granted"

// ofTasks say who does what comes by itself, and when.
var ofTasks = []rule{
	{"task.by-itself", byItself, "architecture 3.5", func(w *world, e Event) string {
		return unless(!e.person(), "the system: this follows from what was recorded before, and nobody writes it")
	}},
	{"task.by-a-person", byPersons, "APR 2.5, architecture 3.5", func(w *world, e Event) string {
		return unless(e.person(), "a person: the system never approves, signs or accepts")
	}},
	{"task.follows", byItself, "architecture 3.5", func(w *world, e Event) string {
		_, ok := w.ids[key(e.Causation)]
		return unless(ok, "an event before it that it follows from")
	}},
}
