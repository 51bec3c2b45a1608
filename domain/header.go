package domain

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// UnmarshalHeader reads the stored bytes of a header, as json.Unmarshal would. What MarshalHeader writes is read without
// it, several times as fast, because every replay and every rebuild reads every header; whatever looks otherwise is left to it.
func UnmarshalHeader(b []byte) (Header, error) {
	var h Header
	if utf8.Valid(b) {
		c := headerCursor{text: string(b)}
		if c.header(&h); !c.odd && c.at == len(c.text) {
			return h, nil
		}
		h = Header{}
	}
	err := json.Unmarshal(b, &h)
	return h, err
}

// headerCursor reads compact JSON of known fields. odd is set by whatever it does not know for sure.
type headerCursor struct {
	text string
	at   int
	odd  bool
}

func (c *headerCursor) header(h *Header) {
	c.object(func(name string) {
		switch name {
		case "v":
			h.V = int(c.number())
		case "stream":
			h.Stream = c.string()
		case "revision":
			h.Revision = c.number()
		case "id":
			h.ID = c.string()
		case "type":
			h.Type = c.string()
		case "type_version":
			h.TypeVersion = int(c.number())
		case "office":
			h.Office = c.string()
		case "command":
			h.Command = c.string()
		case "fingerprint":
			h.Fingerprint = c.string()
		case "causation":
			h.Causation = c.string()
		case "correlation":
			h.Correlation = c.string()
		case "actor":
			c.object(func(name string) {
				switch name {
				case "person":
					h.Actor.Person = c.string()
				case "post":
					h.Actor.Post = c.string()
				case "delegation":
					h.Actor.Delegation = c.string()
				default:
					c.odd = true
				}
			})
		case "terminal":
			h.Terminal = c.string()
		case "occurred_at":
			h.OccurredAt = c.instant()
		case "received_at":
			h.ReceivedAt = c.instant()
		case "recorded_at":
			h.RecordedAt = c.instant()
		case "clock":
			h.Clock = c.string()
		case "zone":
			h.Zone = c.string()
		case "policy":
			h.Policy = c.number()
		case "calendar":
			h.Calendar = c.number()
		case "reads":
			h.Reads = c.reads()
		case "corrects":
			h.Corrects = c.string()
		case "class":
			h.Class = Class(c.string())
		case "payload":
			c.object(func(name string) {
				switch name {
				case "cipher":
					h.Payload.Cipher = c.string()
				case "key":
					h.Payload.Key = c.string()
				case "commitment":
					h.Payload.Commitment = c.string()
				case "length":
					h.Payload.Length = int(c.number())
				default:
					c.odd = true
				}
			})
		default:
			c.odd = true
		}
	})
}

// next steps over what must stand here.
func (c *headerCursor) next(want byte) {
	if c.odd || c.at >= len(c.text) || c.text[c.at] != want {
		c.odd = true
		return
	}
	c.at++
}

func (c *headerCursor) sees(b byte) bool { return !c.odd && c.at < len(c.text) && c.text[c.at] == b }

func (c *headerCursor) object(field func(name string)) {
	c.next('{')
	if c.sees('}') {
		c.at++
		return
	}
	for !c.odd {
		name := c.string()
		c.next(':')
		if c.odd {
			return
		}
		field(name)
		if c.sees(',') {
			c.at++
			continue
		}
		c.next('}')
		return
	}
}

func (c *headerCursor) reads() []Read {
	reads := make([]Read, 0, 8)
	c.next('[')
	if c.sees(']') {
		c.at++
		return reads
	}
	for !c.odd {
		var r Read
		c.object(func(name string) {
			switch name {
			case "stream":
				r.Stream = c.string()
			case "revision":
				r.Revision = c.number()
			default:
				c.odd = true
			}
		})
		reads = append(reads, r)
		if c.sees(',') {
			c.at++
			continue
		}
		c.next(']')
		break
	}
	return reads
}

// string reads a text without escapes.
func (c *headerCursor) string() string {
	c.next('"')
	if c.odd {
		return ""
	}
	n := strings.IndexByte(c.text[c.at:], '"')
	if n < 0 {
		c.odd = true
		return ""
	}
	s := c.text[c.at : c.at+n]
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == '\\' {
			c.odd = true
			return ""
		}
	}
	c.at += n + 1
	return s
}

// number reads an integer as MarshalHeader writes it.
func (c *headerCursor) number() int64 {
	from := c.at
	for c.at < len(c.text) && (c.text[c.at] >= '0' && c.text[c.at] <= '9' || c.text[c.at] == '-' && c.at == from) {
		c.at++
	}
	n, err := strconv.ParseInt(c.text[from:c.at], 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != c.text[from:c.at] {
		c.odd = true
	}
	return n
}

// instant reads what Instant writes: UTC with six digits of a second.
func (c *headerCursor) instant() (i Instant) {
	s := c.string()
	if c.odd || s == "" {
		return i
	}
	if len(s) != len(instantForm) || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19] != '.' || s[26] != 'Z' {
		c.odd = true
		return i
	}
	part := func(from, to int) (n int) {
		for _, d := range []byte(s[from:to]) {
			if d < '0' || d > '9' {
				c.odd = true
			}
			n = 10*n + int(d-'0')
		}
		return n
	}
	year, month, day, hour, minute, second, micro := part(0, 4), part(5, 7), part(8, 10), part(11, 13), part(14, 16), part(17, 19), part(20, 26)
	if c.odd || year < firstYear || year > lastYear || month < 1 || month > 12 || day < 1 || day > 28 && day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59 {
		c.odd = true
		return i
	}
	return Instant{time.Date(year, time.Month(month), day, hour, minute, second, 1000*micro, time.UTC)}
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// splitPayload finds the parts of a payload as EncodePayload writes it. Whatever looks otherwise is left to json.
func splitPayload(b []byte) (p Payload, ok bool) {
	const event, command, body = `{"event":`, `,"command":{"name":"`, `","body":`
	rest, ok := bytes.CutPrefix(b, []byte(event))
	n := valueEnd(rest)
	if !ok || n == 0 || !json.Valid(rest[:n]) {
		return Payload{}, false
	}
	p.Event, rest = rest[:n:n], rest[n:]
	if string(rest) == "}" {
		return p, true
	}
	rest, ok = bytes.CutPrefix(rest, []byte(command))
	name, rest, found := bytes.Cut(rest, []byte(body))
	n = valueEnd(rest)
	if !ok || !found || n == 0 || string(rest[n:]) != "}}" || !json.Valid(rest[:n]) || bytes.ContainsFunc(name, odd) {
		return Payload{}, false
	}
	p.Command = &StoredCommand{Name: string(name), Body: rest[:n:n]}
	return p, true
}

// odd is what the name of a Go type has not.
func odd(r rune) bool { return r <= ' ' || r >= 0x7f || r == '"' || r == '\\' }

// valueEnd is where the object at the beginning of b ends; 0: there is none.
func valueEnd(b []byte) int {
	if len(b) == 0 || b[0] != '{' {
		return 0
	}
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"':
			for i++; i < len(b) && b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
		}
	}
	return 0
}
