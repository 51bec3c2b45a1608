package logs

import (
	"testing"

	"andu/domain"
	"andu/domain/domaintest"
)

func TestRules(t *testing.T) {
	type events = []domain.Event[Log]
	begun := events{Started{Log: "l-1", Simulated: true}}
	aside := Quarantined{Projection: "register", Target: "document-1", Reason: "cannot be applied"}
	domaintest.Run(t, Context, []domaintest.Case[Log]{
		{Name: "the first event names the log", When: Start{Log: "l-1"}, Then: events{Started{Log: "l-1"}}},
		{Name: "a log keeps its clock", Given: begun, When: Start{Log: "l-1"}, Err: ErrOtherClock},
		{Name: "the same clock may go on", Given: begun, When: Start{Log: "l-1", Simulated: true}},
		{Name: "no server runs before the log has a name", When: StartServer{Node: "n"}, Err: ErrNotStarted},
		{Name: "every start is on record", Given: begun, When: StartServer{Program: "1", Node: "n"}, Then: events{ServerStarted{Program: "1", Node: "n"}}},
		{Name: "every stop is on record", Given: begun, When: StopServer{Node: "n"}, Then: events{ServerStopped{Node: "n"}}},
		{Name: "no stop before a start", When: StopServer{Node: "n"}, Err: ErrNotStarted},
		{Name: "a stream is set aside by a person", Given: begun, When: Quarantine(aside), Then: events{aside}},
		{Name: "the system sets nothing aside", Actor: domain.Actor{Person: domain.System}, When: Quarantine(aside), Err: domain.ErrSystem},
		{Name: "a stream is set aside once", Given: append(begun, aside), When: Quarantine(aside), Err: ErrQuarantined},
		{Name: "what is set aside can be taken up again", Given: append(begun, aside), When: LiftQuarantine{Projection: "register", Target: "document-1"},
			Then: events{QuarantineLifted{Projection: "register", Target: "document-1"}}},
		{Name: "what is not set aside cannot be taken up", Given: begun, When: LiftQuarantine{Projection: "register", Target: "document-1"}, Err: ErrNotQuarantined},
		{Name: "the system lifts nothing", Given: append(begun, aside), Actor: domain.Actor{Person: domain.System},
			When: LiftQuarantine{Projection: "register", Target: "document-1"}, Err: domain.ErrSystem},
	})
}

func TestGolden(t *testing.T) {
	domaintest.Golden(t, Context, Started{Log: "5b0f", Simulated: true}, ServerStarted{Program: "0.1.0", Node: "n-1"}, ServerStopped{Node: "n-1"},
		Quarantined{Projection: "register", Target: "document-1", Reason: "cannot be applied"}, QuarantineLifted{Projection: "register", Target: "document-1"})
}
