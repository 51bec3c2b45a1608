// Package logs is what the log records about itself: its first event names it and says whether its clock is real, every
// start and stop of the server is on record, and an operator who sets a stream aside does so by a recorded command.
package logs

import "andu/domain"

// Context lists every event of the log about itself.
var Context = domain.Context[Log]{
	Name: "log",
	Events: []domain.Schema[Log]{
		{Name: "log.started", Version: 1, Type: Started{}, By: []domain.Command[Log]{Start{}}},
		{Name: "log.server-started", Version: 1, Type: ServerStarted{}, By: []domain.Command[Log]{StartServer{}}},
		{Name: "log.server-stopped", Version: 1, Type: ServerStopped{}, By: []domain.Command[Log]{StopServer{}}},
		{Name: "log.stream-quarantined", Version: 1, Type: Quarantined{}, By: []domain.Command[Log]{Quarantine{}}},
		{Name: "log.quarantine-lifted", Version: 1, Type: QuarantineLifted{}, By: []domain.Command[Log]{LiftQuarantine{}}},
	},
	Rules: []*domain.Refusal{ErrOtherClock, ErrNotStarted, ErrQuarantined, ErrNotQuarantined},
}

// Stream is the one stream of the log about itself.
const Stream = "log-self"

// The rules of the log.
var (
	ErrOtherClock = domain.Rule(domain.Conflict, "log.other-clock",
		"本日志的时钟为{clock}，不得以另一种时钟写入。", "the log was begun under the {clock} clock; no other clock may write to it").By("architecture 3.7")
	ErrNotStarted     = domain.Rule(domain.Conflict, "log.not-started", "日志尚未启用。", "the log has not been started")
	ErrQuarantined    = domain.Rule(domain.Conflict, "log.already-quarantined", "该记录流已被隔离。", "the stream is already set aside")
	ErrNotQuarantined = domain.Rule(domain.Conflict, "log.not-quarantined", "该记录流未被隔离。", "the stream is not set aside")
)

// Log is what the log knows about itself.
type Log struct {
	ID          string
	Simulated   bool
	Quarantined map[string]map[string]bool // stream by projection
}

// Start names the log and fixes its clock for ever. It is the first event of the log.
type Start struct {
	Log       string `json:"log"`
	Simulated bool   `json:"simulated"`
}

// Decide refuses a second clock: a log begun under a simulated clock is marked for ever, and no simulated clock may
// write to another log.
func (c Start) Decide(l Log, _ domain.Act) ([]domain.Event[Log], error) {
	if l.ID == "" {
		return []domain.Event[Log]{Started(c)}, nil
	}
	if l.Simulated != c.Simulated {
		clock := "server"
		if l.Simulated {
			clock = "simulated"
		}
		return nil, ErrOtherClock.With("clock", clock)
	}
	return nil, nil
}

// Started means the log has its name and its clock.
type Started struct {
	Log       string `json:"log"`
	Simulated bool   `json:"simulated"`
}

func (e Started) Evolve(l Log) Log { l.ID, l.Simulated = e.Log, e.Simulated; return l }

// StartServer records that a server runs from now on.
type StartServer struct {
	Program string `json:"program"` // version of the program
	Node    string `json:"node"`    // id of this run
}

// Decide records every start.
func (c StartServer) Decide(l Log, _ domain.Act) ([]domain.Event[Log], error) {
	if l.ID == "" {
		return nil, ErrNotStarted
	}
	return []domain.Event[Log]{ServerStarted(c)}, nil
}

// ServerStarted means a server runs; one without a stop before the next start was ended by force.
type ServerStarted struct {
	Program string `json:"program"`
	Node    string `json:"node"`
}

func (e ServerStarted) Evolve(l Log) Log { return l }

// StopServer records an orderly stop.
type StopServer struct {
	Node string `json:"node"`
}

// Decide records every orderly stop.
func (c StopServer) Decide(l Log, _ domain.Act) ([]domain.Event[Log], error) {
	if l.ID == "" {
		return nil, ErrNotStarted
	}
	return []domain.Event[Log]{ServerStopped(c)}, nil
}

// ServerStopped means a server ended in order.
type ServerStopped struct {
	Node string `json:"node"`
}

func (e ServerStopped) Evolve(l Log) Log { return l }

// Quarantine sets one stream aside for one projection that cannot apply it.
type Quarantine struct {
	Projection string `json:"projection" maxLength:"100"`
	Target     string `json:"target" maxLength:"200" doc:"the stream to set aside"`
	Reason     string `json:"reason" minLength:"1" maxLength:"1000"`
}

// Decide refuses to set a stream aside twice. Only a person may.
func (c Quarantine) Decide(l Log, act domain.Act) ([]domain.Event[Log], error) {
	switch {
	case !act.Person():
		return nil, domain.ErrSystem
	case l.Quarantined[c.Projection][c.Target]:
		return nil, ErrQuarantined
	}
	return []domain.Event[Log]{Quarantined(c)}, nil
}

// Quarantined records that a stream is to be set aside for a read model that cannot apply it. No read model acts on it yet.
type Quarantined struct {
	Projection string `json:"projection"`
	Target     string `json:"target"`
	Reason     string `json:"reason"`
}

func (e Quarantined) Evolve(l Log) Log { return l.with(e.Projection, e.Target, true) }

// LiftQuarantine lets a projection take a stream up again.
type LiftQuarantine struct {
	Projection string `json:"projection" maxLength:"100"`
	Target     string `json:"target" maxLength:"200"`
}

// Decide refuses where nothing is set aside.
func (c LiftQuarantine) Decide(l Log, act domain.Act) ([]domain.Event[Log], error) {
	switch {
	case !act.Person():
		return nil, domain.ErrSystem
	case !l.Quarantined[c.Projection][c.Target]:
		return nil, ErrNotQuarantined
	}
	return []domain.Event[Log]{QuarantineLifted(c)}, nil
}

// QuarantineLifted records that a stream is no longer to be set aside. No read model acts on it yet.
type QuarantineLifted struct {
	Projection string `json:"projection"`
	Target     string `json:"target"`
}

func (e QuarantineLifted) Evolve(l Log) Log { return l.with(e.Projection, e.Target, false) }

func (l Log) with(projection, stream string, aside bool) Log {
	all := make(map[string]map[string]bool, len(l.Quarantined)+1)
	for p, streams := range l.Quarantined {
		all[p] = streams
	}
	streams := make(map[string]bool, len(all[projection])+1)
	for s := range all[projection] {
		streams[s] = true
	}
	delete(streams, stream)
	if aside {
		streams[stream] = true
	}
	all[projection] = streams
	l.Quarantined = all
	return l
}
