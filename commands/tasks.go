package commands

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"andu/domain"
	"andu/domain/access"
	"andu/domain/approvals"
	"andu/domain/attendance"
	"andu/domain/calendar"
	"andu/domain/circulation"
	"andu/domain/documents"
	"andu/domain/duty"
	"andu/domain/leave"

	"golang.org/x/sync/errgroup"
)

// Due is an open task, as the read model of open tasks lists it.
type Due struct {
	domain.Task
	Office   string
	OpenedBy string // id of the event that opened it
}

// reactions carry out the tasks, one for each kind that any event opens. Each acts as domain.System by commands whose
// ids follow from the task, so carrying one out twice has one effect.
var reactions = map[string]func(context.Context, *Handler, Due) error{
	"registration":           recordRegistration,
	"instruction":            openInstruction,
	approvals.TaskDeliver:    recordInstruction,
	approvals.TaskRemind:     remindStep,
	approvals.TaskTimeout:    escalateStep,
	"document.overdue":       noteOverdue,
	"document.duplicate":     joinCopies,
	calendar.RecomputeTask:   recompute,
	duty.TaskPlan:            planDuty,
	duty.TaskRemind:          remindDuty,
	duty.TaskStart:           watchDuty,
	duty.TaskEnd:             watchDuty,
	duty.TaskStandIn:         endStandIn,
	duty.TaskClock:           checkClock,
	duty.TaskDeadline:        noteRoster,
	duty.TaskFax:             checkFax,
	documents.TaskDutyPaper:  noteFax,
	attendance.TaskDay:       turnDay,
	attendance.TaskOpen:      openSheet,
	attendance.TaskClose:     closeSheet,
	attendance.TaskEntry:     enterMark,
	attendance.TaskDetermine: determineDay,
	attendance.TaskAwait:     determineAwaited,
	attendance.TaskMonth:     compileMonth,
	leave.TaskTimeout:        escalateLeave,
	leave.TaskPapers:         lapsePaper,
	leave.TaskOverstay:       noteOverstay,
	leave.TaskReview:         reviewDays,
	"document.class":         adoptClass,
	"document.copy":          moveCopy,
	access.TaskLapse:         lapseClass,
	circulation.TaskDwell:    noteDwell,
	access.TaskSession:       endView,
}

// Kinds names the tasks that can be carried out, for the test that no event opens another.
func Kinds() []string {
	kinds := make([]string, 0, len(reactions))
	for k := range reactions {
		kinds = append(kinds, k)
	}
	return kinds
}

// Tasks carries out what is due: at once what follows from an event, at its time what the schedule waits for. Nothing
// is lost by a stop, since the open tasks are a read model of the log.
type Tasks struct {
	Handler *Handler
	// List gives tasks due at a time, the longest due first, and NextDue the time of the next one behind it (zero: none).
	List    func(ctx context.Context, now time.Time, limit int) ([]Due, error)
	NextDue func(ctx context.Context, now time.Time) (time.Time, error)
	// Moved is closed when the read model of open tasks has moved on since the call.
	Moved  func() <-chan struct{}
	Logger *slog.Logger

	mu    sync.Mutex
	tried map[string]*trial // by Due.id
}

type trial struct {
	done  bool
	fails int
	next  time.Time
}

const (
	tasksAtOnce = 500
	// officesAtOnce bounds the offices whose tasks are carried out side by side: each waits for the log, which takes their
	// events in one batch.
	officesAtOnce = 64
	firstRetry    = time.Second
	longestRetry  = 10 * time.Minute
	// longestWait bounds how long the schedule sleeps, so that a clock that was set forward is noticed.
	longestWait = 30 * time.Second
)

// Run carries out tasks until ctx ends.
func (t *Tasks) Run(ctx context.Context) error {
	for {
		moved := t.Moved()
		if _, err := t.Sweep(ctx); err != nil && ctx.Err() == nil {
			t.Logger.ErrorContext(ctx, "open tasks could not be listed", "error", err)
		}
		wait := longestWait
		if next, err := t.next(ctx); err == nil && !next.IsZero() {
			wait = min(wait, max(0, next.Sub(t.Handler.Now()))+time.Millisecond)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-moved:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// next is when something has to be done: the next due time or the next retry.
func (t *Tasks) next(ctx context.Context) (time.Time, error) {
	next, err := t.NextDue(ctx, t.Handler.Now())
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, tr := range t.tried {
		if !tr.done && (next.IsZero() || tr.next.Before(next)) {
			next = tr.next
		}
	}
	return next, err
}

// errNotYet says that a task of the same time comes first; it is tried again, and nobody has to know.
var errNotYet = errors.New("another task comes first")

// Sweep carries out every task that is due now and was not carried out before, and says how many. A task that fails is
// tried again later, with growing pauses.
func (t *Tasks) Sweep(ctx context.Context) (int, error) {
	now := t.Handler.Now()
	due, whole, err := t.open(ctx, now)
	if err != nil {
		return 0, err
	}
	listed := make(map[string]bool, len(due))
	var offices [][]Due // what is due, the longest due first
	place := map[string]int{}
	for _, d := range due {
		id := d.id()
		listed[id] = true
		if !t.ready(id, now) {
			continue
		}
		i, known := place[d.Office]
		if !known {
			i = len(offices)
			place[d.Office], offices = i, append(offices, nil)
		}
		offices[i] = append(offices[i], d)
	}
	// What is due in one office is done in its order; offices do not wait for each other, so that all their sheets can be
	// collected at the same minute.
	var done atomic.Int64
	var work errgroup.Group
	work.SetLimit(officesAtOnce)
	if t.Handler.InOrder {
		work.SetLimit(1)
	}
	for _, list := range offices {
		work.Go(func() error {
			for _, d := range list {
				if ctx.Err() != nil {
					return nil
				}
				done.Add(t.carry(ctx, d, now))
			}
			return nil
		})
	}
	_ = work.Wait() // what failed is noted at its task
	if whole {
		t.forget(listed)
	}
	return int(done.Load()), nil
}

// carry carries one task out, and gives 1 if that was done. What failed is noted, to be tried again.
func (t *Tasks) carry(ctx context.Context, d Due, now time.Time) int64 {
	err := t.carryOut(ctx, d)
	t.note(d.id(), now, err)
	switch {
	case err == nil:
		return 1
	case ctx.Err() == nil && !errors.Is(err, errNotYet):
		t.Logger.WarnContext(ctx, "task could not be carried out", "kind", d.Kind, "key", d.Key, "office", d.Office, "error", err)
	}
	return 0
}

// open lists what is due, and says whether that is all. Tasks that were carried out and wait for a person stay in the list
// until they are settled: when nothing else is in its front, what is behind is looked at too.
func (t *Tasks) open(ctx context.Context, now time.Time) (due []Due, whole bool, err error) {
	for limit := tasksAtOnce; ; limit *= 2 {
		if due, err = t.List(ctx, now, limit); err != nil || len(due) < limit {
			return due, true, err
		}
		if slices.ContainsFunc(due, func(d Due) bool { return t.ready(d.id(), now) }) {
			return due, false, nil
		}
	}
}

// Stragglers are the kinds of tasks that see to what another task of the same time left over: they come after it, or every
// sign-in of a morning would ask for its sheet before the sheets are collected.
var Stragglers = []string{attendance.TaskEntry}

// id tells a task apart from the same one at another time, and from one that another event has opened again.
func (d Due) id() string {
	return d.Kind + "\x00" + d.Key + "\x00" + d.OpenedBy + "\x00" + d.Task.Due.String()
}

func (t *Tasks) carryOut(ctx context.Context, d Due) error {
	react, ok := reactions[d.Kind]
	if !ok {
		return fmt.Errorf("nobody carries out %s", d.Kind)
	}
	return react(ctx, t.Handler, d)
}

func (t *Tasks) ready(id string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	tr, ok := t.tried[id]
	return !ok || (!tr.done && !now.Before(tr.next))
}

func (t *Tasks) note(id string, now time.Time, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tried == nil {
		t.tried = map[string]*trial{}
	}
	tr := t.tried[id]
	if tr == nil {
		tr = &trial{}
		t.tried[id] = tr
	}
	if err == nil {
		tr.done = true
		return
	}
	tr.next = now.Add(min(longestRetry, firstRetry<<min(tr.fails, 10)))
	tr.fails++
}

// forget drops what is no longer open.
func (t *Tasks) forget(listed map[string]bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id := range t.tried {
		if !listed[id] {
			delete(t.tried, id)
		}
	}
}

// FollowNow carries out at once what the events of a result open, without waiting for the read model. What fails is
// left to the schedule.
func (h *Handler) FollowNow(ctx context.Context, office string, res Result) error {
	for _, r := range res.Events {
		opens, ok := r.Event.(domain.Opens)
		if !ok {
			continue
		}
		for _, task := range opens.Opens(r) {
			if react, ok := reactions[task.Kind]; ok && task.Due.IsZero() {
				if err := react(ctx, h, Due{Task: task, Office: office, OpenedBy: r.ID}); err != nil {
					return fmt.Errorf("%s of %s: %w", task.Kind, task.Key, err)
				}
			}
		}
	}
	return nil
}

// request is the request of the system that carries out one step of a task. What was due during a stop is recorded as
// having happened at its due time.
func (d Due) request(h *Handler, step string) Request {
	now := h.Now()
	req := Request{
		Office: d.Office, Actor: domain.Actor{Person: domain.System}, Causation: d.OpenedBy,
		Command:  NewID(NewID(d.OpenedBy, d.Kind+"/"+d.Key+"/"+d.Task.Due.String()), step),
		Received: now,
	}
	if !d.Task.Due.IsZero() && d.Task.Due.Before(now) {
		req.Occurred = d.Task.Due.Time
	}
	return req
}

// isRefusal tells a refusal, which trying again cannot change by itself, from a fault of the house.
func isRefusal(err error) (*domain.Refusal, bool) {
	var r *domain.Refusal
	ok := errors.As(err, &r)
	return r, ok
}
