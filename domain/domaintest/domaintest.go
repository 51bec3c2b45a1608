// Package domaintest states the rules of a context as given/when/then. Given and Then pass through their stored form, so
// no test holds for events that cannot be read back, and every stored version of every event has a golden file that is
// never rewritten.
package domaintest

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"andu/domain"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

var write = flag.Bool("write", false, "create missing golden files; an existing one is never rewritten")

// Zone is the office's zone in tests.
var Zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// Time reads "2026-04-15 08:15:00" or with a fraction, in Zone.
func Time(s string) domain.Instant {
	for _, form := range []string{"2006-01-02 15:04:05.999999", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(form, s, Zone); err == nil {
			return domain.At(t)
		}
	}
	panic("domaintest.Time: " + s)
}

// NewID derives ids as the product does, from a command and a purpose.
func NewID(command, purpose string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(command+"/"+purpose)).String()
}

// Policy makes a policy in force since 2018 of values by concrete key; Blank{} states a blank.
func Policy(values map[string]any) domain.Policy {
	p := domain.Policy{Stream: "policy-office", Version: 1, Provisions: map[string][]domain.Provision{}}
	for key, v := range values {
		entry := domain.Provision{Key: key, Document: "TEST", Clause: "1", Version: 1, From: Time("2018-01-01")}
		if _, blank := v.(Blank); blank {
			entry.Blank = true
		} else {
			raw, err := json.Marshal(v)
			if err != nil {
				panic(err)
			}
			entry.Value = raw
		}
		p.Provisions[key] = append(p.Provisions[key], entry)
	}
	return p
}

// Blank as a policy value states that the office leaves the key open.
type Blank struct{}

// Case is one rule. Name is a sentence of the rule, such as "a number is given once".
type Case[S any] struct {
	Name   string
	Given  []domain.Event[S]
	Policy map[string]any // by concrete key
	Facts  map[string]any // state of other streams by stream
	Actor  domain.Actor   // default: person p-1, post clerk
	At     string         // default: 2026-04-14 10:00:00
	When   domain.Command[S]
	Then   []domain.Event[S]
	Err    error // expected refusal, compared by code
}

// Command is the command id of every Case; entity ids follow from it by NewID.
const Command = "00000000-0000-5000-8000-000000000001"

// Act is the act of a Case, for expectations that need derived ids.
func (c Case[S]) Act() domain.Act {
	actor := c.Actor
	if actor.Person == "" {
		actor = domain.Actor{Person: "p-1", Post: "clerk"}
	}
	at := c.At
	if at == "" {
		at = "2026-04-14 10:00:00"
	}
	facts := map[string]domain.Fact{}
	for stream, state := range c.Facts {
		facts[stream] = domain.Fact{State: state, Revision: 7}
	}
	return domain.NewAct(domain.Act{
		Office: "office", Actor: actor, Occurred: Time(at), Received: Time(at), Zone: Zone, Command: Command,
	}, &domain.Inputs{Policy: Policy(c.Policy), Facts: facts, NewID: NewID})
}

// Run checks the cases of a context.
func Run[S any](t *testing.T, c domain.Context[S], cases []Case[S]) {
	t.Helper()
	for _, tc := range cases {
		t.Run(tc.Name, func(t *testing.T) {
			state, err := c.Fold(*new(S), Record(t, c, tc.Given...))
			if err != nil {
				t.Fatal(err)
			}
			got, err := domain.Decide(tc.When, state, tc.Act())
			if !errors.Is(err, tc.Err) {
				t.Fatalf("refusal: got %v, want %v", err, tc.Err)
			}
			if diff := cmp.Diff(stored(t, c, tc.Then), stored(t, c, got)); diff != "" {
				t.Fatalf("events (-want +got):\n%s", diff)
			}
			// What was decided can be folded, and deciding again on the same state gives the same events.
			if _, err := c.Fold(*new(S), Record(t, c, append(slices.Clone(tc.Given), got...)...)); err != nil {
				t.Fatal(err)
			}
			again, _ := domain.Decide(tc.When, state, tc.Act())
			if diff := cmp.Diff(stored(t, c, got), stored(t, c, again)); diff != "" {
				t.Fatalf("deciding again gives other events (-first +second):\n%s", diff)
			}
		})
	}
}

// Record passes events through their stored form, as one stream "<context>-1" whose event ids are those of EventID for
// one command per event ("given/0" and so on): see GivenID.
func Record[S any](t testing.TB, c domain.Context[S], events ...domain.Event[S]) []domain.Recorded {
	t.Helper()
	out := make([]domain.Recorded, len(events))
	for i, e := range events {
		row, payload, err := c.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		back, err := c.Decode(row.Name, row.Version, payload)
		if err != nil {
			t.Fatal(err)
		}
		h := domain.Header{V: 1, Stream: c.Stream("1"), Revision: int64(i), ID: GivenID(i), Type: row.Name, TypeVersion: row.Version,
			Office: "office", Command: fmt.Sprintf("given/%d", i), Actor: domain.Actor{Person: "p-1"}}
		if corr, ok := back.(domain.Correction); ok {
			h.Corrects = corr.Corrects()
		}
		out[i] = domain.Recorded{Header: h, Position: int64(i), Event: back}
	}
	return out
}

// GivenID is the event id of the i-th event of Given.
func GivenID(i int) string { return NewID(fmt.Sprintf("given/%d", i), "event/0") }

func stored[S any](t *testing.T, c domain.Context[S], events []domain.Event[S]) []string {
	t.Helper()
	var out []string
	for _, e := range events {
		row, payload, err := c.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, row.Name+" "+string(payload))
	}
	return out
}

// Golden checks the table of a context: names and versions, one golden file testdata/<name>.v<N>.json for every version
// ever stored, an upcast for every retired version, a row for every type with Evolve, and a place in Rules for every
// refusal that the package declares. samples gives one event of each current type with every field set to something
// that is not its zero value.
func Golden[S any](t *testing.T, c domain.Context[S], samples ...domain.Event[S]) {
	t.Helper()
	byName := map[string]domain.Event[S]{}
	for _, e := range samples {
		row, _, err := c.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		byName[row.Name] = e
		if _, isRefused := e.(domain.Refused[S]); !isRefused {
			for _, field := range zeroFields(reflect.ValueOf(e), "") {
				t.Errorf("%s: the sample leaves %s empty, so its golden file does not show it", row.Name, field)
			}
		}
	}
	seen := map[string]bool{}
	for _, row := range c.Events {
		if seen[row.Name] {
			t.Errorf("%s has two rows", row.Name)
		}
		seen[row.Name] = true
		if !strings.HasPrefix(row.Name, c.Name+".") {
			t.Errorf("%s does not begin with %s.", row.Name, c.Name)
		}
		if len(row.Old) != row.Version-1 {
			t.Errorf("%s is at version %d with %d upcasts", row.Name, row.Version, len(row.Old))
		}
		sample, ok := byName[row.Name]
		if !ok {
			t.Errorf("%s has no sample", row.Name)
			continue
		}
		golden(t, c, row, sample)
	}
	complete(t, c)
}

func golden[S any](t *testing.T, c domain.Context[S], row domain.Schema[S], sample domain.Event[S]) {
	t.Helper()
	_, payload, err := c.Encode(sample)
	if err != nil {
		t.Fatal(err)
	}
	for v := 1; v <= row.Version; v++ {
		file := filepath.Join("testdata", fmt.Sprintf("%s.v%d.json", row.Name, v))
		want, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) && *write && v == row.Version {
			want = append(payload, '\n')
			if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(file, want, 0o644)); err != nil {
				t.Fatal(err)
			}
		} else if err != nil {
			t.Errorf("%v (run the test with -write to create it)", err)
			continue
		}
		want = []byte(strings.TrimSpace(string(want)))
		e, err := c.Decode(row.Name, v, want)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if v == row.Version {
			if diff := cmp.Diff(string(want), string(payload)); diff != "" {
				t.Errorf("%s: the stored form changed; raise the version and keep the old one (-stored +now):\n%s", file, diff)
			}
			if again := stored(t, c, []domain.Event[S]{e})[0]; again != row.Name+" "+string(want) {
				t.Errorf("%s does not survive decoding: %s", file, again)
			}
		}
	}
}

// complete reads the package's own source: every type with an Evolve method has a row, every refusal is in Rules, and
// every policy key is in Keys.
func complete[S any](t *testing.T, c domain.Context[S]) {
	t.Helper()
	rows, rules, keys := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, row := range c.Events {
		rows[reflect.TypeOf(row.Type).Name()] = true
	}
	for _, r := range c.Rules {
		rules[r.Code] = true
	}
	for _, k := range c.Keys {
		keys[k.KeyName()] = true
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Name.Name == "Evolve" && n.Recv != nil {
					if id, ok := n.Recv.List[0].Type.(*ast.Ident); ok && !rows[id.Name] && stateMatches[S](n) {
						t.Errorf("%s: %s has Evolve but no row in Context.Events", name, id.Name)
					}
				}
			case *ast.CallExpr:
				if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Rule" && len(n.Args) > 1 {
					if lit, ok := n.Args[1].(*ast.BasicLit); ok && !rules[strings.Trim(lit.Value, `"`)] && strings.HasPrefix(strings.Trim(lit.Value, `"`), c.Name+".") {
						t.Errorf("%s: refusal %s is not in Context.Rules", name, lit.Value)
					}
				}
			case *ast.CompositeLit:
				if ix, ok := n.Type.(*ast.IndexExpr); ok {
					if sel, ok := ix.X.(*ast.SelectorExpr); ok && sel.Sel.Name == "Key" && len(n.Elts) > 0 {
						for _, el := range n.Elts {
							kv, ok := el.(*ast.KeyValueExpr)
							if !ok {
								continue
							}
							lit, ok := kv.Value.(*ast.BasicLit)
							if ok && fmt.Sprint(kv.Key) == "Name" && !keys[strings.Trim(lit.Value, `"`)] {
								t.Errorf("%s: policy key %s is not in Context.Keys", name, lit.Value)
							}
						}
					}
				}
			}
			return true
		})
	}
}

// stateMatches tells whether an Evolve method belongs to the context of state S: a package may hold two.
func stateMatches[S any](f *ast.FuncDecl) bool {
	id, ok := f.Type.Params.List[0].Type.(*ast.Ident)
	return !ok || id.Name == reflect.TypeFor[S]().Name()
}

func zeroFields(v reflect.Value, path string) (zero []string) {
	if v.Kind() != reflect.Struct || v.Type() == reflect.TypeFor[domain.Instant]() || v.Type() == reflect.TypeFor[domain.Date]() {
		return nil
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		if v.Field(i).IsZero() {
			zero = append(zero, path+f.Name)
			continue
		}
		zero = append(zero, zeroFields(v.Field(i), path+f.Name+".")...)
	}
	return zero
}

// Matters checks that a published value decides: the command of the case is decided under two values of one key, and
// the two outcomes (events or refusal) differ. Every key that a context reads has one.
func Matters[S any](t *testing.T, c domain.Context[S], tc Case[S], key string, one, other any) {
	t.Helper()
	outcome := func(value any) string {
		p := map[string]any{}
		for k, v := range tc.Policy {
			p[k] = v
		}
		p[key] = value
		changed := tc
		changed.Policy = p
		state, err := c.Fold(*new(S), Record(t, c, tc.Given...))
		if err != nil {
			t.Fatal(err)
		}
		events, err := domain.Decide(tc.When, state, changed.Act())
		var out []string
		for _, e := range events {
			row, payload, encErr := c.Encode(e)
			if encErr != nil {
				t.Fatal(encErr)
			}
			out = append(out, row.Name+" "+string(payload))
		}
		return fmt.Sprintf("%s error %v", strings.Join(out, "; "), err)
	}
	if a, b := outcome(one), outcome(other); a == b {
		t.Errorf("%s: %v and %v give the same decision: %s", key, one, other, a)
	}
}
