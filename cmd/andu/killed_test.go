package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"andu/cmd/andu/demo"
	"andu/cmd/andu/pgserver/pgtest"
	"andu/commands"
	"andu/domain"
	"andu/domain/approvals"
	"andu/domain/catalog"
	"andu/domain/documents"
	"andu/domain/logs"
	"andu/domain/registers"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
)

// TestKilledServer kills the server in the middle of its work, as often as ANDU_KILLS says, with its PostgreSQL beside
// it. What was acknowledged is in the log once; what was not is found out by asking again; no number is left hanging,
// though no client comes back for it; and the read models are what the log says.
func TestKilledServer(t *testing.T) {
	kills := 4
	if n, err := strconv.Atoi(os.Getenv("ANDU_KILLS")); err == nil {
		kills = n
	}
	dir := dataDir(t)
	runs(t, exitClean, append([]string{"demo", "--data-dir", dir}, days...)...)

	c := &counter{office: &http.Client{Timeout: 20 * time.Second}, tokens: map[string]session{}}
	var nodes int
	// A slow machine is killed until it was hit in the middle of something.
	for done := 0; done < kills || (len(c.acknowledged) < 5*kills || c.again == 0) && done < 6*kills; done++ {
		s := serve(t, "--demo", "--data-dir", dir)
		nodes++
		c.settled(t, s.url)
		c.askAgain(t, s.url)
		ctx, stop := context.WithCancel(t.Context())
		var clerks sync.WaitGroup
		for _, registrar := range []string{"registrar", "registrar2", "registrar", "registrar2"} {
			clerks.Go(func() { c.work(ctx, s.url, registrar) })
		}
		time.Sleep(300*time.Millisecond + time.Duration(rand.Int64N(int64(700*time.Millisecond)))) // the death comes at any moment
		s.kill()
		stop()
		clerks.Wait()
	}
	s := serve(t, "--demo", "--data-dir", dir)
	nodes++
	c.settled(t, s.url)
	c.askAgain(t, s.url)
	if said := s.stop(); said != "" {
		t.Errorf("the operator was told at an orderly stop:\n%s", said)
	}

	log := records(t, storeFlags{}, dir)
	for _, fault := range faults(log, c.acknowledged) {
		t.Error(fault)
	}
	var starts, stops []string
	for _, r := range log {
		switch e := r.Event.(type) {
		case logs.ServerStarted:
			starts = append(starts, e.Node)
		case logs.ServerStopped:
			stops = append(stops, e.Node)
		}
	}
	if len(starts) != nodes || len(stops) != 1 || stops[0] != starts[len(starts)-1] {
		t.Errorf("%d starts and stops of %v on record, want %d starts and the stop of the last", len(starts), stops, nodes)
	}
	var rebuilt []rebuiltView
	if err := json.Unmarshal([]byte(runs(t, exitClean, "projections", "rebuild", "--json", "--data-dir", dir)), &rebuilt); err != nil || len(rebuilt) != len(readModels()) {
		t.Fatal(err, rebuilt)
	}
	for _, r := range rebuilt {
		if !r.Equal || r.Position != int64(len(log))-1 {
			t.Errorf("read model %s is not what a fresh one is: %+v", r.Name, r)
		}
	}
	if len(c.acknowledged) < 5*kills || c.again == 0 {
		t.Errorf("only %d commands were acknowledged and %d had an unknown outcome: the kills hit nothing", len(c.acknowledged), c.again)
	}
	t.Logf("%d kills: %d commands acknowledged, %d of them by asking again after an unknown outcome; %d refused; %d events",
		kills, len(c.acknowledged), c.again, c.refused, len(log))

	t.Run("the check sees what is missing, doubled and left hanging", func(t *testing.T) {
		last := c.acknowledged[len(c.acknowledged)-1]
		at := slices.IndexFunc(log, func(r domain.Recorded) bool { return r.ID == last.events[0] })
		hanging := slices.IndexFunc(log, func(r domain.Recorded) bool { _, ok := r.Event.(registers.NumberRegistered); return ok })
		for _, plant := range []struct {
			want string
			log  []domain.Recorded
		}{
			{"acknowledged", slices.Delete(slices.Clone(log), at, at+1)},
			{"twice", slices.Insert(slices.Clone(log), at, log[at])},
			{"position", slices.Delete(slices.Clone(log), at, at+1)},
			{"neither registered nor void", slices.Delete(slices.Clone(log), hanging, hanging+1)},
		} {
			if found := strings.Join(faults(plant.log, c.acknowledged), "\n"); !strings.Contains(found, plant.want) {
				t.Errorf("a log with a planted fault (%s) passes: %q", plant.want, found)
			}
		}
	})
}

// TestKilledDemonstration kills a demonstration while it is written: half of one is not served.
func TestKilledDemonstration(t *testing.T) {
	db, dir := pgtest.New(t), dataDir(t)
	flags := on(db, dir)
	cmd := exec.Command("andu", append(append([]string{"demo"}, flags...), days...)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	look, err := pgxpool.New(t.Context(), db.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer look.Close()
	for deadline, events := time.Now().Add(time.Minute), 0; events < 400 && time.Now().Before(deadline); {
		_ = look.QueryRow(t.Context(), `select count(*) from log.event`).Scan(&events) // there is no table at first
	}
	_ = cmd.Process.Kill()
	if err := cmd.Wait(); err == nil {
		t.Fatal("the demonstration was complete before it was killed")
	}
	for _, refused := range []struct {
		text string
		args []string
	}{
		{"was interrupted while it was written: remove the directory and start again", []string{"serve", "--demo", "--addr", "127.0.0.1:0", "--admin-addr="}},
		{"the log is not empty", []string{"demo"}},
		{"this log was written under a simulated clock", []string{"serve", "--addr", "127.0.0.1:0", "--admin-addr="}},
	} {
		if said := fails(t, append(refused.args, flags...)...); !strings.Contains(said, refused.text) {
			t.Errorf("andu %s said %q, want %q", refused.args, said, refused.text)
		}
	}
}

// TestAnOfficesOwnLogIsNoDemonstration begins a log under the server's clock: no simulated clock writes to it, and its
// accounts are not taken for those of a demonstration.
func TestAnOfficesOwnLogIsNoDemonstration(t *testing.T) {
	db, dir := pgtest.New(t), dataDir(t)
	flags := on(db, dir)
	runs(t, exitClean, append([]string{"migrate"}, flags...)...)
	if said := serve(t, flags...).stop(); said != "" {
		t.Errorf("the operator was told:\n%s", said)
	}
	for want, args := range map[string][]string{
		"this log is an office's own and no demonstration": {"serve", "--demo", "--addr", "127.0.0.1:0", "--admin-addr="},
		"the log is not empty":                             {"demo"},
	} {
		if said := fails(t, append(args, flags...)...); !strings.Contains(said, want) {
			t.Errorf("andu %s said %q, want %q", args, said, want)
		}
	}
	log := records(t, storeFlags{DatabaseURL: db.ServerURL}, dir)
	var types []string
	for _, r := range log {
		types = append(types, r.Type+" "+r.Clock)
	}
	if want := []string{"log.started server", "log.server-started server", "log.server-stopped server"}; !slices.Equal(types, want) {
		t.Errorf("the log holds %v, want %v", types, want)
	}
}

// faults compares what clients were told with the log.
func faults(log []domain.Recorded, told []acknowledged) (found []string) {
	fault := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	ids := map[string]int{}
	commands := map[string][]string{} // ids of events by command
	streams := map[string][]domain.Recorded{}
	for i, r := range log {
		if r.Position != int64(i) {
			fault("position %d holds the event of position %d", i, r.Position)
		}
		if n := int64(len(streams[r.Stream])); r.Revision != n {
			fault("%s has revision %d where %d is due", r.Stream, r.Revision, n)
		}
		if ids[r.ID]++; ids[r.ID] > 1 {
			fault("event %s is there twice", r.ID)
		}
		if n := len(commands[r.Command]); n > 0 && streams[r.Stream] != nil && !slices.ContainsFunc(streams[r.Stream], func(o domain.Recorded) bool { return o.Command == r.Command }) {
			fault("command %s is in two streams", r.Command)
		}
		commands[r.Command] = append(commands[r.Command], r.ID)
		streams[r.Stream] = append(streams[r.Stream], r)
	}
	for _, a := range told {
		if !slices.Equal(commands[a.command], a.events) {
			fault("%s was acknowledged with the events %v; the log has %v", a.path, a.events, commands[a.command])
		}
	}
	for stream, events := range streams {
		if domain.ContextOf(stream) != registers.Context.Name {
			continue
		}
		state, err := catalog.Fold(stream, nil, events)
		if err != nil {
			fault("%s: %v", stream, err)
			continue
		}
		series := state.(registers.Series)
		for n, number := range series.Numbers.All() {
			switch number.State {
			case registers.Registered:
				paper, err := catalog.Fold(number.Item, nil, streams[number.Item])
				if d, ok := paper.(documents.Document); err != nil || !ok || d.Series != stream || d.Number != n {
					fault("number %d of %s is registered for %s, which does not have it (%v)", n, stream, number.Item, err)
				}
			case registers.Voided:
			default:
				fault("number %d of %s is neither registered nor void", n, stream)
			}
		}
		if series.Numbers.Len() != series.Last-series.Start+1 {
			fault("%s gave %d numbers up to %d", stream, series.Numbers.Len(), series.Last)
		}
	}
	return found
}

// acknowledged is a command that the server has answered.
type acknowledged struct {
	path, command string
	events        []string
}

// unknown is a command whose outcome the client does not know.
type unknown struct {
	login, path, key string
	body             any
}

type session struct{ token, person string }

// counter is the clients of the office and what they were told.
type counter struct {
	office *http.Client

	mu           sync.Mutex
	tokens       map[string]session // by login; mu
	acknowledged []acknowledged     // mu
	doubts       []unknown          // mu
	again        int                // acknowledged after a doubt; mu
	refused      int                // mu
}

// errDoubt ends the work of a clerk: the server is gone.
var errDoubt = errors.New("outcome unknown")

// work is a clerk's: a paper after the other is signed for, registered, checked, proposed and instructed, and now and
// then a number is spoiled, until the server is gone.
func (c *counter) work(ctx context.Context, url, registrar string) {
	for n := 0; ctx.Err() == nil; n++ {
		if err := c.paper(ctx, url, registrar, n); err != nil {
			return
		}
	}
}

func (c *counter) paper(ctx context.Context, url, registrar string, n int) error {
	urgency := "平件"
	if n%5 == 0 {
		urgency = "特急"
	}
	received, err := c.ask(ctx, url, registrar, "/documents", documents.Receive{Arrival: documents.Arrival{Channel: "mail", Copies: 2}, Paper: documents.Paper{
		SourceOrgans: []string{"市政府办公室"}, Number: "市政办〔2026〕" + strconv.Itoa(n+1) + "号", Title: "关于第" + strconv.Itoa(n+1) + "项工作的通知", Kind: "通知",
		IssuedOn: domain.Date{Year: 2026, Month: 3, Day: 2}, Urgency: urgency, Class: "公开", Level: "municipal", Line: "state", NotStated: []string{}}})
	if err != nil || received.ID == "" {
		return err
	}
	paper := "/documents/" + received.ID
	registration, err := c.ask(ctx, url, registrar, paper+"/registration", nil)
	if err != nil {
		return err
	}
	if n%2 == 1 && registration.Stream != "" {
		var report struct{ Last int }
		if err := c.get(ctx, url, registrar, "/registers/"+strings.TrimPrefix(registration.Stream, "register-")+"/gaps", &report); err != nil {
			return err
		}
		if _, err := c.ask(ctx, url, registrar, "/registers/"+registration.ID+"/voids", registers.Void{Number: report.Last + 1, Reason: "登记时误占一行"}); err != nil {
			return err
		}
	}
	if _, err := c.ask(ctx, url, "legal-chief", paper+"/legality-reviews", documents.CheckLegality{Result: "ok"}); err != nil {
		return err
	}
	proposed, err := c.ask(ctx, url, "secretary", paper+"/proposal", documents.ProposeHandling{Action: documents.ToHandle, Opinion: "拟请秘书科主办。", Lead: "secretariat-chief", Co: []string{}})
	if err != nil || len(proposed.Events) == 0 {
		return err
	}
	id := commands.NewID(proposed.Events[0].ID, approvals.Context.Name)
	var opened struct {
		Events []struct {
			Type string
			Data struct{ Digest string }
		}
	}
	for len(opened.Events) == 0 { // the follower opens the case
		if err := c.get(ctx, url, "director", "/timelines/approval-"+id, &opened); err != nil {
			return err
		}
	}
	seen, err := c.ask(ctx, url, "director", "/approvals/"+id+"/views", approvals.See{Step: 1})
	if err != nil {
		return err
	}
	_, err = c.ask(ctx, url, "director", "/approvals/"+id+"/instruction", approvals.WriteInstruction{Step: 1, Text: "同意拟办意见。", Lead: "secretariat-chief",
		Shown: approvals.Shown{Case: seen.Revision, Digest: opened.Events[0].Data.Digest}})
	return err
}

// answer is what a command brought back.
type answer struct {
	ID, Stream, Position string
	Revision             int64
	Events               []struct {
		ID   string
		Data json.RawMessage
	}
	Code string // of a problem
}

// ask gives a command a name of its own and makes the call.
func (c *counter) ask(ctx context.Context, url, login, path string, body any) (answer, error) {
	a := unknown{login: login, path: path, key: uuid.NewString(), body: body}
	out, err := c.call(ctx, url, a)
	if err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.doubts = append(c.doubts, a)
	}
	return out, err
}

// call makes one call and notes what the server says. An error means that the outcome is unknown.
func (c *counter) call(ctx context.Context, url string, a unknown) (out answer, err error) {
	who, err := c.session(ctx, url, a.login)
	if err != nil {
		return out, err
	}
	status, err := c.do(ctx, http.MethodPost, url+a.path, who.token, a.key, a.body, &out)
	if err != nil {
		return out, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if status >= 400 {
		c.refused++
		return out, nil
	}
	told := acknowledged{path: a.path, command: commands.ID(demo.County().ID, who.person, http.MethodPost, a.path, a.key)}
	for _, e := range out.Events {
		told.events = append(told.events, e.ID)
	}
	c.acknowledged = append(c.acknowledged, told)
	return out, nil
}

func (c *counter) get(ctx context.Context, url, login, path string, out any) error {
	who, err := c.session(ctx, url, login)
	if err == nil {
		_, err = c.do(ctx, http.MethodGet, url+path, who.token, "", nil, out)
	}
	return err
}

// session signs in once: sessions outlive the server.
func (c *counter) session(ctx context.Context, url, login string) (session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.tokens[login]; ok {
		return s, nil
	}
	var in struct {
		Token   string
		Session struct{ Person string }
	}
	status, err := c.do(ctx, http.MethodPost, url+"/sessions", "", "", map[string]string{"login": login, "password": demo.Password}, &in)
	if err != nil || status != http.StatusCreated {
		return session{}, fmt.Errorf("sign in as %s: %d: %w", login, status, errors.Join(err, errDoubt))
	}
	c.tokens[login] = session{in.Token, in.Session.Person}
	return c.tokens[login], nil
}

// do makes a request. Whatever is no definite answer is errDoubt.
func (c *counter) do(ctx context.Context, method, url, token, key string, body, out any) (int, error) {
	var text io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return 0, err
		}
		text = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(context.WithoutCancel(ctx), method, url, text)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := c.office.Do(req)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errDoubt, err)
	}
	defer res.Body.Close()
	answered, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 500 {
		return res.StatusCode, fmt.Errorf("%w: %s: %s: %v", errDoubt, url, res.Status, err)
	}
	if res.StatusCode == http.StatusNotFound {
		return res.StatusCode, nil
	}
	return res.StatusCode, json.Unmarshal(answered, out)
}

// settled waits until every number is registered or void. It only looks: nobody asks again before.
func (c *counter) settled(t *testing.T, url string) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		var list struct{ Series []struct{ Stream string } }
		if err := c.get(t.Context(), url, "registrar", "/registers", &list); err != nil {
			t.Fatal(err)
		}
		var open []string
		for _, s := range list.Series {
			var report struct {
				Complete   bool
				Unfinished []int
			}
			if err := c.get(t.Context(), url, "registrar", "/registers/"+strings.TrimPrefix(s.Stream, "register-")+"/gaps", &report); err != nil {
				t.Fatal(err)
			}
			if !report.Complete {
				open = append(open, fmt.Sprint(s.Stream, report.Unfinished))
			}
		}
		if len(open) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("numbers are left hanging after the restart: %v", open)
		}
	}
}

// askAgain finds out what became of the commands in doubt, by the same name.
func (c *counter) askAgain(t *testing.T, url string) {
	t.Helper()
	doubts := c.doubts
	c.doubts = nil
	for _, a := range doubts {
		before := c.refused
		if _, err := c.call(t.Context(), url, a); err != nil {
			t.Fatalf("asked again for %s: %v", a.path, err)
		}
		c.again += 1 - (c.refused - before)
	}
}
