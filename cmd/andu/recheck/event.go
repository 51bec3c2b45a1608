package recheck

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Event is one record as it was stored, read as plain JSON.
type Event struct {
	Position    int64     `json:"-"`
	Stream      string    `json:"stream"`
	Revision    int64     `json:"revision"`
	ID          string    `json:"id"`
	Type        string    `json:"type"`
	Office      string    `json:"office"`
	Command     string    `json:"command"`
	Causation   string    `json:"causation"`
	Actor       actor     `json:"actor"`
	Occurred    time.Time `json:"occurred_at"`
	Received    time.Time `json:"received_at"`
	Recorded    time.Time `json:"recorded_at"`
	Clock       string    `json:"clock"`
	ZoneName    string    `json:"zone"`
	Policy      int64     `json:"policy"`
	Calendar    int64     `json:"calendar"`
	Reads       []read    `json:"reads"`
	Corrects    string    `json:"corrects"`
	Class       string    `json:"class"`
	Payload     sealing   `json:"payload"`
	Erased      bool      `json:"-"`
	Body        object    `json:"-"` // the fact
	CommandName string    `json:"-"` // with the first event of a decision: what was asked
	Asked       object    `json:"-"`

	zone *time.Location
}

type actor struct {
	Person     string `json:"person"`
	Post       string `json:"post"`
	Delegation string `json:"delegation"`
}

type read struct {
	Stream   string `json:"stream"`
	Revision int64  `json:"revision"`
}

type sealing struct {
	Cipher string `json:"cipher"`
}

// system is the actor of followers and of the schedule.
const system = "system"

// Decode reads the stored bytes of a record, u32 length of the header ‖ header ‖ payload, and its opened payload.
func Decode(position int64, raw, plain []byte, erased bool) (Event, error) {
	e := Event{Position: position, Erased: erased}
	if len(raw) < 4 || uint64(len(raw)) < 4+uint64(binary.BigEndian.Uint32(raw)) {
		return e, fmt.Errorf("record at %d is cut short", position)
	}
	if err := json.Unmarshal(raw[4:4+binary.BigEndian.Uint32(raw)], &e); err != nil {
		return e, fmt.Errorf("record at %d: header: %w", position, err)
	}
	if e.zone = zones[e.ZoneName]; e.zone == nil {
		zone, err := time.LoadLocation(e.ZoneName)
		if err != nil {
			return e, fmt.Errorf("record at %d: zone: %w", position, err)
		}
		zones[e.ZoneName], e.zone = zone, zone
	}
	if erased {
		return e, nil
	}
	var stored struct {
		Event   object `json:"event"`
		Command *struct {
			Name string `json:"name"`
			Body object `json:"body"`
		} `json:"command"`
	}
	if err := json.Unmarshal(plain, &stored); err != nil {
		return e, fmt.Errorf("record at %d: payload: %w", position, err)
	}
	e.Body = stored.Event
	if stored.Command != nil {
		e.CommandName, e.Asked = stored.Command.Name, stored.Command.Body
	}
	return e, nil
}

var zones = map[string]*time.Location{}

// Context is the first word of the type.
func (e Event) Context() string { name, _, _ := strings.Cut(e.Type, "."); return name }

// is tells whether the event is of one of the types.
func (e Event) is(types ...string) bool {
	for _, t := range types {
		if e.Type == t {
			return true
		}
	}
	return false
}

// person tells whether somebody acted, and not the system.
func (e Event) person() bool { return e.Actor.Person != system }

// today is the civil date of what happened, receipt that of the request.
func (e Event) today() day   { return dayOf(e.Occurred, e.zone) }
func (e Event) receipt() day { return dayOf(e.Received, e.zone) }

// object is a JSON object; what is not there reads as empty. It is without types on purpose: what decides every event again
// shares no definition of an event with what decided it first, so a mistake there is not repeated here.
type object map[string]any

func (o object) str(name string) string    { s, _ := o[name].(string); return s }
func (o object) yes(name string) bool      { b, _ := o[name].(bool); return b }
func (o object) num(name string) int64     { f, _ := o[name].(float64); return int64(f) }
func (o object) has(name string) bool      { return o[name] != nil }
func (o object) at(name string) time.Time  { return instant(o.str(name)) }
func (o object) day(name string) day       { return parseDay(o.str(name)) }
func (o object) obj(name string) object    { return asObject(o[name]) }
func (o object) list(name string) []string { return asTexts(o[name]) }
func (o object) objs(name string) []object { return asObjects(o[name]) }

func asObject(v any) object {
	m, _ := v.(map[string]any)
	return m
}

func asTexts(v any) []string {
	list, _ := v.([]any)
	texts := make([]string, 0, len(list))
	for _, x := range list {
		s, _ := x.(string)
		texts = append(texts, s)
	}
	return texts
}

func asObjects(v any) []object {
	list, _ := v.([]any)
	objects := make([]object, 0, len(list))
	for _, x := range list {
		objects = append(objects, asObject(x))
	}
	return objects
}

// instant reads a stored time; "" is none.
func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

// day is a civil date as days since 1970-01-01; none is not stated.
type day int

const none day = -1 << 31

func parseDay(s string) day {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return none
	}
	return day(t.Unix() / 86400)
}

func dayOf(t time.Time, zone *time.Location) day {
	y, m, d := t.In(zone).Date()
	return civil(y, m, d)
}

func civil(y int, m time.Month, d int) day {
	u := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()
	if u < 0 {
		return day((u - 86399) / 86400)
	}
	return day(u / 86400)
}

func (d day) utc() time.Time        { return time.Unix(int64(d)*86400, 0).UTC() }
func (d day) year() int             { return d.utc().Year() }
func (d day) month() time.Month     { return d.utc().Month() }
func (d day) weekday() time.Weekday { return d.utc().Weekday() }
func (d day) rest() bool            { return d.weekday() == time.Saturday || d.weekday() == time.Sunday }

// at is a minute of the day in a zone; 24*60 is its end.
func (d day) at(minute int, zone *time.Location) time.Time {
	t := d.utc()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, minute, 0, 0, zone)
}

func (d day) start(zone *time.Location) time.Time { return d.at(0, zone) }
func (d day) end(zone *time.Location) time.Time   { return (d + 1).at(0, zone) }

func (d day) String() string {
	if d == none {
		return ""
	}
	return d.utc().Format(time.DateOnly)
}

// minutes reads a time of day such as 08:15; -1 is none.
func minutes(s string) int {
	var h, m int
	if n, err := fmt.Sscanf(s, "%d:%d", &h, &m); n != 2 || err != nil {
		return -1
	}
	return 60*h + m
}

// show is a time as a report names it.
func show(t time.Time) string {
	if t.IsZero() {
		return "none"
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000Z")
}
