package domain

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// ErrFoldAll says that a stream has to be folded from its first event, because a correction reaches behind the cached state.
var ErrFoldAll = errors.New("fold the whole stream")

// Header is what is recorded about an event beside its payload. The order of the fields is the order of the stored
// bytes; empty fields are left out. It names neither position nor log: the tree binds the order and the checkpoint's
// origin the log, so both engines hold the same bytes. docs/design.md lists the fields.
type Header struct {
	V           int          `json:"v"`
	Stream      string       `json:"stream"`
	Revision    int64        `json:"revision"` // 0 is the first event of the stream
	ID          string       `json:"id"`
	Type        string       `json:"type"`
	TypeVersion int          `json:"type_version"`
	Office      string       `json:"office,omitempty"`
	Command     string       `json:"command"`
	Fingerprint string       `json:"fingerprint,omitempty"` // SHA-256 of the request, hex: the same key with another body is refused
	Causation   string       `json:"causation,omitempty"`   // id of the event that a follower or the schedule acted on
	Correlation string       `json:"correlation,omitempty"` // command id of the first act of a workflow
	Actor       Actor        `json:"actor"`
	Terminal    string       `json:"terminal,omitempty"`
	OccurredAt  Instant      `json:"occurred_at"`
	ReceivedAt  Instant      `json:"received_at"`
	RecordedAt  Instant      `json:"recorded_at"`
	Clock       string       `json:"clock,omitempty"` // "server", "terminal", "simulated", "stated"
	Zone        string       `json:"zone,omitempty"`
	Policy      int64        `json:"policy,omitempty"`   // policy version of the office
	Calendar    int64        `json:"calendar,omitempty"` // calendar version of the office
	Reads       []Read       `json:"reads,omitempty"`
	Corrects    string       `json:"corrects,omitempty"` // event id
	Class       Class        `json:"class,omitempty"`
	Payload     PayloadField `json:"payload"`
}

// Actor is who acted: a person, as the holder of a post, perhaps under a delegation to that person.
type Actor struct {
	Person     string `json:"person"`
	Post       string `json:"post,omitempty"`
	Delegation string `json:"delegation,omitempty"`
}

// System is the actor of followers and of the schedule. It may never approve, instruct or sign.
const System = "system"

// Read names a stream that a decision read, and the last revision it saw (-1: the stream was empty).
type Read struct {
	Stream   string `json:"stream"`
	Revision int64  `json:"revision"`
}

// PayloadField says how the payload is stored. Cipher "" is plain JSON; "A256GCM" is nonce ‖ AES-256-GCM(salt ‖ JSON)
// under the record key Key, and Commitment is SHA-256(salt ‖ JSON) in hex.
type PayloadField struct {
	Cipher     string `json:"cipher,omitempty"`
	Key        string `json:"key,omitempty"`
	Commitment string `json:"commitment,omitempty"`
	Length     int    `json:"length"`
}

// Instant is a point in time in UTC to the microsecond, the precision of every store.
type Instant struct{ time.Time }

// At truncates to the stored precision.
func At(t time.Time) Instant { return Instant{t.UTC().Truncate(time.Microsecond)} }

const instantForm = "2006-01-02T15:04:05.000000Z"

// MarshalText writes six digits of a second always, so that equal instants have equal bytes.
func (i Instant) MarshalText() ([]byte, error) {
	if i.IsZero() {
		return []byte{}, nil
	}
	return []byte(i.UTC().Format(instantForm)), nil
}

// MarshalJSON is MarshalText in quotes.
func (i Instant) MarshalJSON() ([]byte, error) {
	b, err := i.MarshalText()
	return []byte(`"` + string(b) + `"`), err
}

// UnmarshalJSON reads RFC 3339; "" and null are the zero instant.
func (i *Instant) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	return i.UnmarshalText([]byte(s))
}

// UnmarshalText reads RFC 3339, of the years 1900 to 2999; "" is the zero instant.
func (i *Instant) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*i = Instant{}
		return nil
	}
	t, err := time.Parse(time.RFC3339Nano, string(b))
	if err != nil {
		return err
	}
	if y := t.UTC().Year(); y < firstYear || y > lastYear {
		return fmt.Errorf("time %q: want one of the years %d to %d", b, firstYear, lastYear)
	}
	*i = At(t)
	return nil
}

// Recorded is a decoded event of the log.
type Recorded struct {
	Header
	Position int64
	Event    any
	Asked    *StoredCommand // with the first event of a decision: the command as it was asked
	Erased   bool           // its key was destroyed: Event is the zero value of its type
}

// MarshalHeader gives the stored bytes of a header.
func MarshalHeader(h Header) ([]byte, error) { return marshal(h) }
