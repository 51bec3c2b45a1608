package domain

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// anHeader is any header, with the texts that a header may hold and some that it should not.
func anHeader(t *rapid.T) Header {
	text := rapid.OneOf(rapid.StringMatching(`[a-z0-9-]{0,20}`), rapid.SampledFrom([]string{"", "post-机要秘书", `"`, `a\b`, "\n", "<&>", "\u2028", "\x00"}))
	number := rapid.Int64()
	instant := func(label string) Instant {
		if rapid.Bool().Draw(t, label+" none") {
			return Instant{}
		}
		return At(time.UnixMicro(rapid.Int64Range(-2_208_988_800_000_000, 32_503_679_999_999_999).Draw(t, label)))
	}
	h := Header{V: 1, Stream: text.Draw(t, "stream"), Revision: number.Draw(t, "revision"), ID: text.Draw(t, "id"), Type: text.Draw(t, "type"),
		TypeVersion: rapid.IntRange(0, 9).Draw(t, "version"), Office: text.Draw(t, "office"), Command: text.Draw(t, "command"), Fingerprint: text.Draw(t, "fingerprint"),
		Causation: text.Draw(t, "causation"), Correlation: text.Draw(t, "correlation"), Actor: Actor{text.Draw(t, "person"), text.Draw(t, "post"), text.Draw(t, "delegation")},
		Terminal: text.Draw(t, "terminal"), OccurredAt: instant("occurred"), ReceivedAt: instant("received"), RecordedAt: instant("recorded"), Clock: text.Draw(t, "clock"),
		Zone: text.Draw(t, "zone"), Policy: number.Draw(t, "policy"), Calendar: number.Draw(t, "calendar"), Corrects: text.Draw(t, "corrects"), Class: Class(text.Draw(t, "class")),
		Payload: PayloadField{text.Draw(t, "cipher"), text.Draw(t, "key"), text.Draw(t, "commitment"), rapid.IntRange(0, 60_000).Draw(t, "length")}}
	for range rapid.IntRange(0, 3).Draw(t, "reads") {
		h.Reads = append(h.Reads, Read{text.Draw(t, "read"), number.Draw(t, "read revision")})
	}
	return h
}

// same fails where UnmarshalHeader is not json.Unmarshal.
func same(t interface {
	Helper()
	Fatalf(string, ...any)
}, b []byte) {
	t.Helper()
	var want Header
	wanted := json.Unmarshal(b, &want)
	got, err := UnmarshalHeader(b)
	if (err == nil) != (wanted == nil) {
		t.Fatalf("%s: %v, json says %v", b, err, wanted)
	}
	if err == nil && !cmp.Equal(got, want) {
		t.Fatalf("%s:\n%s", b, cmp.Diff(want, got))
	}
}

func TestUnmarshalHeaderIsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, err := MarshalHeader(anHeader(t))
		if err != nil {
			t.Fatalf("%v", err)
		}
		same(t, b)
		at, to := rapid.IntRange(0, len(b)-1).Draw(t, "at"), rapid.Byte().Draw(t, "to")
		b[at] = to // whatever is damaged is read, or refused, as json does
		same(t, b)
		same(t, b[:at])
	})
}

// TestUnmarshalHeaderIsFast: what MarshalHeader writes does not go through reflection.
func TestUnmarshalHeaderIsFast(t *testing.T) {
	at := At(time.Date(2026, 2, 28, 23, 59, 59, 999_999_000, time.UTC))
	b, err := MarshalHeader(Header{V: 1, Stream: "paper-1", ID: "i", Type: "paper.noted", TypeVersion: 1, Command: "c", Actor: Actor{Person: "p"},
		OccurredAt: at, ReceivedAt: at, RecordedAt: at, Reads: []Read{{"org-1", 3}}, Payload: PayloadField{Length: 2}})
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = UnmarshalHeader(b) }); n > 8 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzUnmarshalHeader(f *testing.F) {
	b, err := MarshalHeader(Header{V: 1, Stream: "paper-1", Reads: []Read{{"org-1", -1}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"v":1,"actor":{},"reads":[],"payload":{"length":-0}}`))
	f.Fuzz(func(t *testing.T, b []byte) { same(t, b) })
}

func BenchmarkUnmarshalHeader(b *testing.B) {
	at := At(time.Date(2026, 2, 28, 23, 59, 59, 0, time.UTC))
	raw, err := MarshalHeader(Header{V: 1, Stream: "document-0198c1de-7a60-7f3c", Revision: 3, ID: "0198c1de-7a60-7f3c-a1b2", Type: "document.registered", TypeVersion: 1, Office: "county",
		Command: "0198c1de-7a60-7f3c-a1b2-c3d4", Fingerprint: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Actor: Actor{"person-7", "registrar", ""},
		OccurredAt: at, ReceivedAt: at, RecordedAt: at, Clock: "server", Zone: "Asia/Shanghai", Policy: 4, Reads: []Read{{"policy-county", 12}, {"org-county", 200}}, Payload: PayloadField{"A256GCM", "k", "c", 500}})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := UnmarshalHeader(raw); err != nil {
			b.Fatal(err)
		}
	}
}

// TestDecodePayloadIsJSON: a payload is split as json would, whatever is in it.
func TestDecodePayloadIsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		event := map[string]any{}
		for range rapid.IntRange(0, 4).Draw(t, "fields") {
			event[rapid.String().Draw(t, "name")] = rapid.SampledFrom([]any{1, "}\"{", []any{map[string]any{"a": nil}}, "案牍", map[string]any{}, "\\"}).Draw(t, "value")
		}
		text, err := json.Marshal(event)
		if err != nil {
			t.Fatalf("%v", err)
		}
		var command any
		if rapid.Bool().Draw(t, "command") {
			command = struct{ Title string }{rapid.String().Draw(t, "title")}
		}
		b, err := EncodePayload(text, command)
		if err != nil {
			t.Fatalf("%v", err)
		}
		samePayload(t, b)
		b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "to")
		samePayload(t, b)
	})
}

// TestDecodePayloadOdd: what looks like a payload at first sight.
func TestDecodePayloadOdd(t *testing.T) {
	for _, b := range []string{`{"event":{"a":}}`, `{"event":{]}}`, `{"event":{"a":1}`, `{"event":{}}}`, `{"event":null}`, `{"event":{},"command":{"name":"x.Y","body":{"b":}}}`,
		`{"event":{},"command":{"name":"x\u0041","body":{}}}`, `{"event":{},"command":{"name":"x","body":{}},"event":{"a":2}}`, `{"event":{},"command":null}`, `{"event":{"a":"\\"}}`} {
		samePayload(t, []byte(b))
	}
}

func samePayload(t interface {
	Helper()
	Fatalf(string, ...any)
}, b []byte) {
	t.Helper()
	var want Payload
	wanted := json.Unmarshal(b, &want)
	got, err := DecodePayload(b)
	if (err == nil) != (wanted == nil) {
		t.Fatalf("%q: %v, json says %v", b, err, wanted)
	}
	if err == nil && !cmp.Equal(got, want) {
		t.Fatalf("%q:\n%s", b, cmp.Diff(want, got))
	}
}

func FuzzDecodePayload(f *testing.F) {
	f.Add([]byte(`{"event":{"a":1}}`))
	f.Add([]byte(`{"event":{"a":"}"},"command":{"name":"x.Y","body":{"b":[]}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 0 { // an erased payload is no JSON
			samePayload(t, b)
		}
	})
}
