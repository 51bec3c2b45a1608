package domain

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Moment says which instant of an act selects the version of a policy value.
type Moment int

const (
	// ByOccurred selects by when it happened: for determinations of what was.
	ByOccurred Moment = iota
	// ByReceived selects by when the request came: for permission to act.
	ByReceived
)

// Key is one policy key and the type of its values. Name may end in, or contain, "[]" for an index, as in
// "rcv.clock[]" or "apr.authority[].signer".
type Key[T any] struct {
	Name   string
	Moment Moment
}

// AnyKey is a Key whatever its type.
type AnyKey interface {
	KeyName() string
	// Check tells whether a value can be read by this key.
	Check(value json.RawMessage) error
	// Matches tells whether a concrete key, such as rcv.clock[特急], is read through this one.
	Matches(key string) bool
}

// KeyName is the name with "[]" in the place of an index.
func (k Key[T]) KeyName() string { return k.Name }

// Check decodes strictly: a field that the key's type does not know is an error.
func (k Key[T]) Check(value json.RawMessage) error {
	var v T
	dec := json.NewDecoder(strings.NewReader(string(value)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		return fmt.Errorf("%s: %w", k.Name, err)
	}
	if c, ok := any(v).(interface{ Check() error }); ok {
		if err := c.Check(); err != nil {
			return fmt.Errorf("%s: %w", k.Name, err)
		}
	}
	return nil
}

// Matches tells whether a concrete key is read through this one, also as the value for every index.
func (k Key[T]) Matches(key string) bool {
	return k.Name == key || k.Name == generic(key) || generic(k.Name) == key || strings.Replace(k.Name, "[]", "", 1) == key
}

// Of reads the value in force at the act's moment. A blank is remembered and refuses the act whatever is decided, so
// the zero value returned for it never has an effect.
func (k Key[T]) Of(act Act, index ...string) T {
	var v T
	name := k.Name
	for _, i := range index {
		name = strings.Replace(name, "[]", "["+i+"]", 1)
	}
	at := act.Occurred
	if k.Moment == ByReceived {
		at = act.Received
	}
	p, ok := act.inputs.Policy.At(name, at)
	reading := Reading{Key: name, At: at, Provision: p}
	if !ok || p.Blank {
		act.inputs.blanks = append(act.inputs.blanks, reading)
		return v
	}
	act.inputs.readings = append(act.inputs.readings, reading)
	act.inputs.use(act.inputs.Policy.Stream)
	if err := json.Unmarshal(p.Value, &v); err != nil {
		act.inputs.fail(fmt.Errorf("policy %s of %s: %w", name, p.Document, err))
	}
	return v
}

// Has tells whether the office states the key (not blank) at the act's moment. It is a reading like any other.
func (k Key[T]) Has(act Act, index ...string) bool {
	name := k.Name
	for _, i := range index {
		name = strings.Replace(name, "[]", "["+i+"]", 1)
	}
	at := act.Occurred
	if k.Moment == ByReceived {
		at = act.Received
	}
	p, ok := act.inputs.Policy.At(name, at)
	act.inputs.readings = append(act.inputs.readings, Reading{Key: name, At: at, Provision: p})
	act.inputs.use(act.inputs.Policy.Stream)
	return ok && !p.Blank
}

// Indexes lists the indexes that the office's documents in force name for the key, also where they leave the value blank,
// such as AM and PM for att.sessions[].expected. It is a reading like any other.
func (k Key[T]) Indexes(act Act) []string {
	at := act.Occurred
	if k.Moment == ByReceived {
		at = act.Received
	}
	act.inputs.use(act.inputs.Policy.Stream)
	var found []string
	for key := range act.inputs.Policy.Provisions {
		i, j := strings.IndexByte(key, '['), strings.IndexByte(key, ']')
		if generic(key) != k.Name || i+1 >= j {
			continue
		}
		if _, ok := act.inputs.Policy.inForce(key, at); ok {
			found = append(found, key[i+1:j])
		}
	}
	slices.Sort(found)
	return found
}

// generic puts "[]" in the place of the index of a concrete key.
func generic(key string) string {
	i, j := strings.IndexByte(key, '['), strings.IndexByte(key, ']')
	if i < 0 || j < i {
		return key
	}
	return key[:i] + "[]" + key[j+1:]
}

// Provision is what one document of the office says about one key.
type Provision struct {
	Key      string          `json:"key"`
	Value    json.RawMessage `json:"value,omitempty"`
	Blank    bool            `json:"blank,omitempty"` // the document raises the matter and leaves it open
	Also     bool            `json:"also,omitempty"`  // adds to a list that other documents state too
	Document string          `json:"document,omitempty"`
	Title    string          `json:"title,omitempty"`
	Number   string          `json:"number,omitempty"`
	Clause   string          `json:"clause,omitempty"`
	Boundary string          `json:"boundary,omitempty"`
	Version  int64           `json:"version,omitempty"` // the publication that put it in force
	From     Instant         `json:"from"`
	To       Instant         `json:"to"` // zero: no end
}

// Policy is everything an office has in force, as known at one revision of its policy stream.
type Policy struct {
	Stream     string
	Version    int64
	Provisions map[string][]Provision // by concrete key, in order of publication
}

// At gives what is in force for a key at an instant. A stated value goes before a blank; entries marked Also are joined
// to one list, cited by the first of them. An indexed key that is not mentioned falls back to the key without index.
func (p Policy) At(key string, at Instant) (Provision, bool) {
	if v, ok := p.inForce(key, at); ok {
		return v, true
	}
	if i, j := strings.IndexByte(key, '['), strings.IndexByte(key, ']'); i > 0 && j > i {
		if v, ok := p.inForce(key[:i]+key[j+1:], at); ok {
			return v, true
		}
		return p.inForce(key[:i], at)
	}
	return Provision{}, false
}

func (p Policy) inForce(key string, at Instant) (found Provision, ok bool) {
	var list []json.RawMessage
	for _, v := range p.Provisions[key] {
		if at.Before(v.From.Time) || (!v.To.IsZero() && !at.Before(v.To.Time)) {
			continue
		}
		switch {
		case v.Blank && ok:
		case v.Also && !v.Blank:
			var more []json.RawMessage
			if json.Unmarshal(v.Value, &more) == nil {
				list = append(list, more...)
				if !ok || found.Blank {
					found = v
				}
			}
		default:
			if !v.Blank {
				var base []json.RawMessage
				if json.Unmarshal(v.Value, &base) == nil {
					list = append(base, list...)
				}
			}
			found = v
		}
		ok = true
	}
	if found.Also || (len(list) > 0 && slices.ContainsFunc(p.Provisions[key], func(v Provision) bool { return v.Also })) {
		found.Value, _ = json.Marshal(list)
	}
	return found, ok
}
