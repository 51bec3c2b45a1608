// Package eventstore is the log: events are appended to the end of one stream at an exact expected revision, and every
// reader sees all events of all streams in one order that never changes. What is promised here is what both engines,
// PostgreSQL and EventStoreDB, can keep; storetest is the suite that says it in tests.
package eventstore

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"andu/domain"
)

// Position is the place of an event in the log: ordered, never reused, and opaque (EventStoreDB's have gaps). On
// PostgreSQL it is the leaf index, 0 for the first event.
type Position int64

// Before is the position before the first event.
const Before Position = -1

// NoStream is the expected revision of a stream that has no events yet.
const NoStream int64 = -1

// MaxRecord is the largest record in bytes; larger content belongs into a blob.
const MaxRecord = 60 << 10

// Store is one log.
//
// Append, after a nil error, has made the events durable in the given order at the end of the stream. After ErrConflict
// and ErrTooLarge nothing was written. After any other error the outcome is unknown: ask again with the same events and
// the same expected revision; either the events are found (Append answers with their place as if just written) or
// ErrConflict proves that they were not written.
//
// Read, ReadAll and Subscribe see every acknowledged event, and no event before all events with lower positions.
type Store interface {
	// LogID names the log for ever; positions of different logs cannot be compared.
	LogID() string
	// Append adds events to a stream whose last revision is exactly expected (NoStream: none yet). Header fields
	// Stream, Revision and RecordedAt are set by the store. Events whose ids already stand in the stream right behind
	// expected are answered with their place and not written again.
	Append(ctx context.Context, stream string, expected int64, events ...Event) (Appended, error)
	// Read gives the events of a stream from a revision on, in order; none is no error.
	Read(ctx context.Context, stream string, from int64) ([]Record, error)
	// ReadAll gives the page of at most limit events behind a position. Page.Prev is after; an empty page is the end.
	ReadAll(ctx context.Context, after Position, limit int) (Page, error)
	// Subscribe yields pages of 1 to limit events from behind a position on, for ever: each page names the position
	// before it. It ends with ctx (no error is yielded then) or after yielding an error, and may then be called again.
	Subscribe(ctx context.Context, after Position, limit int) iter.Seq2[Page, error]
	// Head is the position of the last event, Before for an empty log.
	Head(ctx context.Context) (Position, error)
}

// Event is one event to append: its header without stream, revision and recorded_at, and its stored payload.
type Event struct {
	Header  domain.Header
	Payload []byte
}

// Appended says where the events of one append stand.
type Appended struct {
	Position Position // of the last event
	Revision int64    // of the last event
	Records  []Record // the events as stored
}

// Record is one stored event. Raw are the exact bytes: u32 header length ‖ header ‖ payload.
type Record struct {
	Position Position
	Raw      []byte
	Header   domain.Header
	Payload  []byte // part of Raw
}

// Page is a run of contiguous events of the log.
type Page struct {
	Prev    Position // of the event before the first; continuity is Prev == checkpoint
	Records []Record
}

// Last is the position of the last event of the page, Prev for an empty page.
func (p Page) Last() Position {
	if len(p.Records) == 0 {
		return p.Prev
	}
	return p.Records[len(p.Records)-1].Position
}

// UpTo is the part of the page that does not go beyond a position.
func (p Page) UpTo(position Position) Page {
	n := len(p.Records)
	for n > 0 && p.Records[n-1].Position > position {
		n--
	}
	p.Records = p.Records[:n]
	return p
}

// Errors that a caller branches on; find them with errors.Is and errors.As.
var (
	// ErrTooLarge: a record is over MaxRecord. Nothing was written.
	ErrTooLarge = errors.New("record larger than 60 KiB")
	// ErrUnavailable: the log takes no more now (queue full, no leader, stopping). The outcome of an append is unknown.
	ErrUnavailable = errors.New("log unavailable")
)

// ErrConflict says that the stream is not where the caller expected it. Nothing was written.
type ErrConflict struct {
	Stream           string
	Expected, Actual int64
}

// Error names the stream and both revisions.
func (e *ErrConflict) Error() string {
	return fmt.Sprintf("stream %s is at revision %d, not %d", e.Stream, e.Actual, e.Expected)
}

// Encode gives the exact bytes of a record.
func Encode(h domain.Header, payload []byte) ([]byte, error) {
	head, err := domain.MarshalHeader(h)
	if err != nil {
		return nil, err
	}
	if 4+len(head)+len(payload) > MaxRecord {
		return nil, fmt.Errorf("%s: %w", h.Type, ErrTooLarge)
	}
	raw := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(head)+len(payload)), uint32(len(head)))
	return append(append(raw, head...), payload...), nil
}

// Decode reads the exact bytes of a record.
func Decode(position Position, raw []byte) (Record, error) {
	r := Record{Position: position, Raw: raw}
	if len(raw) < 4 || uint64(len(raw)) < 4+uint64(binary.BigEndian.Uint32(raw)) {
		return r, fmt.Errorf("record at %d is cut short", position)
	}
	n := 4 + int(binary.BigEndian.Uint32(raw))
	r.Payload = raw[n:]
	var err error
	if r.Header, err = domain.UnmarshalHeader(raw[4:n]); err != nil {
		return r, fmt.Errorf("record at %d: header: %w", position, err)
	}
	return r, nil
}

// Leaf is the record's hash in the tree over the log (RFC 6962): SHA-256(0x00 ‖ record).
func Leaf(raw []byte) [32]byte {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(raw)
	return [32]byte(h.Sum(nil))
}

// Token is a position as others see it: <log id>:<n>.
func Token(log string, p Position) string { return log + ":" + strconv.FormatInt(int64(p), 10) }

// ParseToken reads a Token of this log.
func ParseToken(log, token string) (Position, error) {
	id, n, ok := strings.Cut(token, ":")
	p, err := strconv.ParseInt(n, 10, 64)
	if !ok || err != nil || p < int64(Before) {
		return 0, fmt.Errorf("position %q: want <log>:<number>", token)
	}
	if id != log {
		return 0, fmt.Errorf("position %q is of another log", token)
	}
	return Position(p), nil
}
