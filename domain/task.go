package domain

// Task is something that must happen after an event: at once, by a follower, or at a time, by the schedule. Open tasks
// are a projection, so nothing that was due during a stop is forgotten; what is done carries a command id that follows
// from Kind, Key and Due, so doing it twice has one effect.
type Task struct {
	TaskID
	Stream string            // the stream that the task is about
	Due    Instant           // zero: at once
	Data   map[string]string // ids only, never content
}

// TaskID names a task. Opening a task again moves its due time.
type TaskID struct {
	Kind string // named after what must happen, such as "registration" or "document.clock"
	Key  string
}

// Opens is implemented by an event after which something must happen.
type Opens interface{ Opens(r Recorded) []Task }

// Settles is implemented by an event after which a task is done or void. Settling a task that is not open does nothing.
type Settles interface{ Settles(r Recorded) []TaskID }
