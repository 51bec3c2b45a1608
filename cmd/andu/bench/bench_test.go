package bench_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"

	"andu/cmd/andu/bench"
	"andu/cmd/andu/pgserver/pgtest"
	"andu/eventstore"
	"andu/eventstore/memstore"
	"andu/eventstore/postgres"
	"andu/eventstore/storetest"

	"github.com/jackc/pgx/v5"
)

// TestLog runs every figure of the log once and short: a run that is not what it acknowledged would be an error.
func TestLog(t *testing.T) {
	run := &bench.Run{Span: 50 * time.Millisecond, Times: 1, Say: func(string) {}, New: func(ctx context.Context) (bench.Database, func(), error) {
		d := pgtest.New(t)
		server, err := pgx.ParseConfig(d.ServerURL)
		if err != nil {
			return bench.Database{}, nil, err
		}
		return bench.Database{OwnerURL: d.OwnerURL, ServerURL: d.ServerURL}, func() {}, postgres.Migrate(ctx, d.OwnerURL, server.User)
	}}
	if err := run.Log(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"R1 log.event", "R0 log.event", "S0 paged read", "appends-256", "append-p99-64", "open-loop-5000-p99", "bulk-1000", "tree-cost", "replay-verify"} {
		if i := slices.IndexFunc(run.Figures, func(f bench.Figure) bool { return f.Name == name }); i < 0 || run.Figures[i].Value <= 0 {
			t.Errorf("no figure %s in\n%s", name, bench.Table(run.Figures))
		}
	}
	if chart := bench.Chart(run.Figures); !strings.Contains(chart, "appends-256") {
		t.Error("the chart leaves a figure out")
	}
}

// altered is a log that is read otherwise than it was written.
type altered struct {
	eventstore.Store
	change func([]eventstore.Record) []eventstore.Record
}

func (a altered) ReadAll(ctx context.Context, after eventstore.Position, limit int) (eventstore.Page, error) {
	page, err := a.Store.ReadAll(ctx, after, limit)
	if len(page.Records) > 0 {
		page.Records = a.change(slices.Clone(page.Records))
	}
	return page, err
}

func TestVerifySeesWhatIsLostDoubledOrChanged(t *testing.T) {
	log := memstore.New("bench", time.Now)
	for _, stream := range []string{"paper-1", "paper-2"} {
		if _, err := log.Append(t.Context(), stream, eventstore.NoStream, storetest.Events(10)...); err != nil {
			t.Fatal(err)
		}
	}
	page, err := log.ReadAll(t.Context(), eventstore.Before, 100)
	if err != nil {
		t.Fatal(err)
	}
	tree := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	for _, r := range page.Records {
		leaf := eventstore.Leaf(r.Raw)
		if err := tree.Append(leaf[:], nil); err != nil {
			t.Fatal(err)
		}
	}
	root, err := tree.GetRootHash(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bench.Verify(t.Context(), log, root, 20); err != nil {
		t.Errorf("what was written is refused: %v", err)
	}
	if _, err := bench.Verify(t.Context(), log, root, 21); !errors.Is(err, bench.ErrWrong) {
		t.Errorf("the last event is lost, and the log passes: %v", err)
	}
	for name, change := range map[string]func([]eventstore.Record) []eventstore.Record{
		"lost":    func(r []eventstore.Record) []eventstore.Record { return slices.Delete(r, 3, 4) },
		"doubled": func(r []eventstore.Record) []eventstore.Record { return slices.Insert(r, 3, r[3]) },
		"changed": func(r []eventstore.Record) []eventstore.Record {
			r[3].Raw = slices.Clone(r[3].Raw)
			r[3].Raw[50] ^= 1
			return r
		},
		"turned round": func(r []eventstore.Record) []eventstore.Record { r[3], r[13] = r[13], r[3]; return r },
	} {
		once := false
		_, err := bench.Verify(t.Context(), altered{log, func(r []eventstore.Record) []eventstore.Record {
			if once {
				return r
			}
			once = true
			return change(r)
		}}, root, 20)
		if !errors.Is(err, bench.ErrWrong) {
			t.Errorf("an event is %s, and the log passes: %v", name, err)
		}
	}
}

func TestJudge(t *testing.T) {
	most, least := bench.Target{Must: 6, Aim: 3, AtMost: true, OfValue: true}, bench.Target{Must: 2, Aim: 4}
	for _, c := range []struct {
		target      bench.Target
		value, base float64
		want        string
	}{{most, 7, 0, "no"}, {most, 6, 0, "must"}, {most, 3, 0, "aim"}, {least, 19, 10, "no"}, {least, 20, 10, "must"}, {least, 40, 10, "aim"}, {least, 40_000, 0, ""}} {
		if got := c.target.Judge("x", "y", c.value, c.base).Met; got != c.want {
			t.Errorf("%v of %v by %v: %q, want %q", c.target, c.value, c.base, got, c.want)
		}
	}
}

func TestOnlyKnownFigures(t *testing.T) {
	for name, known := range map[string]bool{"appends-256": true, "tree-cost": true, "apends-256": false, "": false} {
		if err := (&bench.Run{Only: []string{name}}).Check(); (err == nil) != known {
			t.Errorf("%q: %v", name, err)
		}
	}
}
