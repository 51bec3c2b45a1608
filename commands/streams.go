package commands

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"andu/domain"
	"andu/domain/catalog"
	"andu/eventstore"
)

// head is what is known of a stream at one revision. It is never changed once it is handed out.
type head struct {
	office   string
	revision int64
	position eventstore.Position
	state    any
	refusals []refused // the latest, newest last
	kept     *kept
}

// nothing is what is known of a stream that has no events.
func (h head) nothing() head {
	return head{revision: eventstore.NoStream, position: eventstore.Before, kept: h.kept}
}

// command finds a command that the stream holds.
func (h head) command(id string) (span, bool) {
	h.kept.mu.Lock()
	defer h.kept.mu.Unlock()
	s, ok := h.kept.commands[id]
	return s, ok
}

// span is where the events of one command stand.
type span struct {
	first, last int64
	position    eventstore.Position // of the last
	fingerprint string
}

type refused struct {
	person string
	at     time.Time
}

// refusalsAMinute bounds how many refusals of one person a stream takes on record in a minute; the act is refused all
// the same. It keeps a stuck key from filling the log and is no rule of an office.
const refusalsAMinute = 10

// flooded tells whether a person's refusals fill the stream.
func (h head) flooded(person string, now time.Time) bool {
	n := 0
	for _, r := range h.refusals {
		if r.person == person && now.Sub(r.at) < time.Minute {
			n++
		}
	}
	return n >= refusalsAMinute
}

// streams keeps the folded heads of the streams in use and lets the commands on one stream wait for each other. What it
// keeps is no truth: every use reads what the log has behind the kept revision, so another process's events are seen.
type streams struct {
	mu    sync.Mutex
	byKey map[string]*list.Element // of *kept
	used  *list.List               // most recently used first
	turns map[string]chan struct{} // a token per stream with commands waiting or running
	waits map[string]int
}

type kept struct {
	name     string
	mu       sync.Mutex      // serialises reading on; guards the rest
	commands map[string]span // of every event read so far
	head     head
}

// keptStreams bounds the memory: the folded state of a paper or a case is a few kilobytes.
const keptStreams = 20_000

// queue waits for the stream's turn. The caller must call the returned function when done.
func (s *streams) queue(ctx context.Context, stream string) (func(), error) {
	s.mu.Lock()
	if s.turns == nil {
		s.turns, s.waits = map[string]chan struct{}{}, map[string]int{}
	}
	turn, ok := s.turns[stream]
	if !ok {
		turn = make(chan struct{}, 1)
		s.turns[stream] = turn
	}
	s.waits[stream]++
	s.mu.Unlock()
	leave := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.waits[stream]--; s.waits[stream] == 0 {
			delete(s.turns, stream)
			delete(s.waits, stream)
		}
	}
	select {
	case turn <- struct{}{}:
		return func() { <-turn; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}

func (s *streams) kept(stream string) *kept {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byKey == nil {
		s.byKey, s.used = map[string]*list.Element{}, list.New()
	}
	if el, ok := s.byKey[stream]; ok {
		s.used.MoveToFront(el)
		return el.Value.(*kept)
	}
	k := &kept{name: stream}
	k.forget()
	s.byKey[stream] = s.used.PushFront(k)
	for s.used.Len() > keptStreams {
		last := s.used.Back()
		delete(s.byKey, last.Value.(*kept).name)
		s.used.Remove(last)
	}
	return k
}

// forget makes k know nothing of its stream.
func (k *kept) forget() {
	k.commands = map[string]span{}
	k.head = head{kept: k}.nothing()
}

// tipper is a store that leads its log and knows where streams end. Another process may have taken the lead a moment ago.
type tipper interface {
	Tip(stream string) (revision int64, ok bool)
}

// head reads what the log has of a stream behind what is kept of it, and folds it. A near head is what is kept, if the
// store that leads the log knows of nothing behind it: good for a decision that is then appended, since an append by
// whoever does not lead any more fails.
func (h *Handler) head(ctx context.Context, stream string, near bool) (head, error) {
	k := h.streams.kept(stream)
	k.mu.Lock()
	defer k.mu.Unlock()
	if leader, ok := h.Store.(tipper); near && ok {
		if tip, ok := leader.Tip(stream); ok && tip == k.head.revision {
			return k.head, nil
		}
	}
	err := h.readOn(ctx, k)
	if errors.Is(err, domain.ErrFoldAll) {
		k.forget()
		err = h.readOn(ctx, k)
	}
	if err != nil {
		k.forget() // half of what was read may be noted
		return head{}, err
	}
	return k.head, nil
}

func (h *Handler) readOn(ctx context.Context, k *kept) error {
	records, err := h.Store.Read(ctx, k.name, k.head.revision+1)
	if err != nil {
		return fmt.Errorf("read %s: %w", k.name, err)
	}
	if len(records) == 0 {
		return nil
	}
	events := make([]domain.Recorded, len(records))
	for i, rec := range records {
		if events[i], err = h.Decode(rec); err != nil {
			return err
		}
	}
	return k.fold(events)
}

// fold moves k on by the events that stand right behind it.
func (k *kept) fold(events []domain.Recorded) (err error) {
	next := k.head
	next.refusals = slices.Clip(next.refusals)
	for _, r := range events {
		next.office, next.revision, next.position = r.Office, r.Revision, eventstore.Position(r.Position)
		s, ok := k.commands[r.Header.Command]
		if !ok {
			s = span{first: r.Revision, fingerprint: r.Fingerprint}
		}
		s.last, s.position = r.Revision, next.position
		k.commands[r.Header.Command] = s
		if _, ok := r.Event.(refusedEvent); ok {
			next.refusals = append(next.refusals, refused{r.Actor.Person, r.RecordedAt.Time})
			next.refusals = next.refusals[max(0, len(next.refusals)-8*refusalsAMinute):]
		}
	}
	if next.state, err = catalog.Fold(k.name, k.head.state, events); err != nil {
		return err
	}
	k.head = next
	return nil
}

// appended folds what was just written behind expected, so that it is not read again. What cannot be folded on is read
// anew when it is next asked for.
func (k *kept) appended(expected int64, events []domain.Recorded) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.head.revision == expected && len(events) > 0 && events[0].Revision == expected+1 && k.fold(events) != nil {
		k.forget()
	}
}

// refusedEvent is a domain.Refused whatever its state.
type refusedEvent interface {
	Refusal() (code string, params map[string]string)
}
