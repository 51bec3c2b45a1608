package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"andu/cmd/andu/demo"
	"andu/commands"
	"andu/domain"
	"andu/domain/access"
	"andu/domain/documents"

	"github.com/google/uuid"
)

// TestKilledWhileRead kills the server while papers are read and the right to read them is taken away and given back, as
// often as ANDU_KILLS says. Behind an acknowledged revocation no byte leaves, and every byte that a client got has its
// viewing in the log, whenever the server died.
func TestKilledWhileRead(t *testing.T) {
	kills := 3
	if n, err := strconv.Atoi(os.Getenv("ANDU_KILLS")); err == nil {
		kills = n
	}
	dir := dataDir(t)
	runs(t, exitClean, append([]string{"demo", "--data-dir", dir}, days...)...)

	c := &counter{office: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}, tokens: map[string]session{}}
	s := serve(t, "--demo", "--data-dir", dir)
	var papers []*readPaper
	for _, reader := range []string{"secretariat-chief", "secretariat-clerk", "deputy-papers", "legal-chief"} {
		papers = append(papers, c.lay(t, s.url, reader))
	}
	for n := range kills {
		if n > 0 {
			s = serve(t, "--demo", "--data-dir", dir)
			c.askAgain(t, s.url)
		}
		ctx, stop := context.WithCancel(t.Context())
		var clients sync.WaitGroup
		for _, p := range papers {
			clients.Go(func() { c.rule(ctx, s.url, p) })
			for range 3 {
				clients.Go(func() { c.read(ctx, s.url, p) })
			}
		}
		time.Sleep(300*time.Millisecond + time.Duration(rand.Int64N(int64(700*time.Millisecond)))) // the death comes at any moment
		s.kill()
		stop()
		clients.Wait()
	}
	s = serve(t, "--demo", "--data-dir", dir)
	c.askAgain(t, s.url)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for _, p := range papers {
		c.rule(ctx, s.url, p) // what was in doubt and no more
	}
	if said := s.stop(); said != "" {
		t.Errorf("the operator was told at an orderly stop:\n%s", said)
	}

	log := records(t, storeFlags{}, dir)
	for _, fault := range append(faults(log, c.acknowledged), breaches(log, papers)...) {
		t.Error(fault)
	}
	var rebuilt []rebuiltView
	if err := json.Unmarshal([]byte(runs(t, exitClean, "projections", "rebuild", "trail", "--json", "--data-dir", dir)), &rebuilt); err != nil || len(rebuilt) != 1 || !rebuilt[0].Equal {
		t.Errorf("the trail is not what a fresh one is: %+v %v", rebuilt, err)
	}
	var served, got, denied, taken, cut int
	for _, p := range papers {
		for _, r := range p.readings {
			switch {
			case r.bytes == 0:
				denied++
			case r.bytes < len(p.scan):
				cut++
				fallthrough
			default:
				served++
				got += r.bytes
			}
		}
		taken += len(p.taken)
	}
	if served < kills || denied < kills || taken < kills {
		t.Errorf("only %d readings, %d denials and %d revocations: the kills hit nothing", served, denied, taken)
	}
	t.Logf("%d kills: %d readings of %d bytes, %d of them cut short; %d readings that got nothing; %d revocations acknowledged; %d events",
		kills, served, got, cut, denied, taken, len(log))

	t.Run("the check sees a byte behind a revocation and one without its viewing", func(t *testing.T) {
		p := papers[0]
		last := p.taken[len(p.taken)-1]
		sure := readings(p.readings).served()
		behind := &readPaper{reader: p.reader, person: p.person, content: p.content, path: p.path, taken: []interval{{from: last.from}},
			readings: []reading{{view: sure.view, asked: last.from.Add(time.Millisecond), ended: last.from.Add(2 * time.Millisecond), bytes: 1}}}
		if found := strings.Join(breaches(log, []*readPaper{behind}), "\n"); !strings.Contains(found, "behind") {
			t.Errorf("a byte behind a revocation passes: %q", found)
		}
		var without []domain.Recorded
		for _, r := range log {
			if e, ok := r.Event.(access.ViewOpened); !ok || e.View != sure.view {
				without = append(without, r)
			}
		}
		if found := strings.Join(breaches(without, papers), "\n"); !strings.Contains(found, "no viewing") {
			t.Errorf("bytes without a viewing pass: %q", found)
		}
	})
}

// readPaper is a paper with a scan, one person who reads it, and what clients saw.
type readPaper struct {
	path, reader, person, content string
	scan                          []byte
	tried, begun                  atomic.Int64 // viewings asked for, readings begun

	mu       sync.Mutex
	readings []reading  // mu
	taken    []interval // while the person was outside the scope for certain; mu
	doubt    *unknown   // of the act on the scope; mu
}

// reading is one request for content by a client's clock.
type reading struct {
	view         string
	asked, ended time.Time
	bytes        int
}

type readings []reading

// served is the last reading that got something.
func (list readings) served() (last reading) {
	for _, r := range list {
		if r.bytes > 0 {
			last = r
		}
	}
	return last
}

// interval is from the acknowledgement of a revocation to the first attempt to give the right back; zero: not yet.
type interval struct{ from, to time.Time }

// lay makes a paper with a scan that one person may know.
func (c *counter) lay(t *testing.T, url, reader string) *readPaper {
	t.Helper()
	p := &readPaper{reader: reader, scan: bytes.Repeat([]byte("案牍"), 50_000)}
	received, err := c.ask(t.Context(), url, "registrar", "/documents", documents.Receive{Arrival: documents.Arrival{Channel: "mail", Copies: 1}, Paper: documents.Paper{
		SourceOrgans: []string{"市政府办公室"}, Number: "市政办〔2026〕9" + strconv.Itoa(len(reader)) + "号", Title: "关于" + reader + "的通知", Kind: "通知",
		IssuedOn: domain.Date{Year: 2026, Month: 3, Day: 2}, Urgency: "平件", Class: "公开", Level: "municipal", Line: "state", NotStated: []string{}}})
	if err != nil || received.ID == "" {
		t.Fatal(received, err)
	}
	p.path = "/documents/" + received.ID
	keeper, err := c.session(t.Context(), url, "registrar")
	if err != nil {
		t.Fatal(err)
	}
	key := uuid.NewString()
	req, err := http.NewRequest(http.MethodPost, url+p.path+"/content", bytes.NewReader(p.scan))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+keeper.token)
	req.Header.Set("Idempotency-Key", key)
	res, err := c.office.Do(req)
	if err != nil || res.StatusCode != http.StatusCreated {
		t.Fatal(res, err)
	}
	res.Body.Close()
	p.content = commands.NewID(commands.ID(demo.County().ID, keeper.person, http.MethodPost, p.path+"/content", key), "content")
	who, err := c.session(t.Context(), url, reader)
	if err != nil {
		t.Fatal(err)
	}
	p.person = who.person
	if a, err := c.ask(t.Context(), url, "director", p.path+"/scope", access.SetScope{Persons: []string{p.person}, Authority: "批示"}); err != nil || a.Stream == "" {
		t.Fatal(a, err)
	}
	return p
}

// rule takes the right away and gives it back, in turn, until the server is gone.
func (c *counter) rule(ctx context.Context, url string, p *readPaper) {
	for {
		p.mu.Lock()
		act := p.doubt
		out := len(p.taken) > 0 && p.taken[len(p.taken)-1].to.IsZero()
		p.mu.Unlock()
		if act == nil {
			if ctx.Err() != nil {
				return
			}
			act = &unknown{login: "director", path: p.path + "/scope/reductions", key: uuid.NewString(), body: access.ReduceScope{Person: p.person, Reason: "转岗"}}
			if !out {
				p.after(ctx, &p.begun, 1+rand.Int64N(4)) // the revocation meets a reading under way
			} else {
				p.after(ctx, &p.tried, 2)
				act = &unknown{login: "director", path: p.path + "/scope/extensions", key: uuid.NewString(), body: access.ExtendScope{Person: p.person, Authority: "批示"}}
				p.mu.Lock()
				p.taken[len(p.taken)-1].to = time.Now()
				p.mu.Unlock()
			}
		}
		_, err := c.call(context.WithoutCancel(ctx), url, *act)
		p.mu.Lock()
		p.doubt = nil
		if err != nil {
			p.doubt = act
		} else if _, revoked := act.body.(access.ReduceScope); revoked {
			p.taken = append(p.taken, interval{from: time.Now()})
		}
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// after waits until something was done some times more, or the server is gone.
func (p *readPaper) after(ctx context.Context, done *atomic.Int64, times int64) {
	for until := done.Load() + times; done.Load() < until && ctx.Err() == nil; {
		time.Sleep(200 * time.Microsecond) // what is counted is done by a process of its own: nothing here tells of it
	}
}

// read opens the paper and reads it some times, again and again, until the server is gone.
func (c *counter) read(ctx context.Context, url string, p *readPaper) {
	for ctx.Err() == nil {
		open := unknown{login: p.reader, path: p.path + "/views", key: uuid.NewString(), body: access.OpenView{Content: p.content, Purpose: "handle"}}
		opened, err := c.call(ctx, url, open)
		if err != nil {
			c.mu.Lock()
			c.doubts = append(c.doubts, open)
			c.mu.Unlock()
			return
		}
		p.tried.Add(1)
		view := commands.NewID(commands.ID(demo.County().ID, p.person, http.MethodPost, open.path, open.key), "view")
		for goes := opened.Stream != ""; goes && ctx.Err() == nil; {
			r := reading{view: view, asked: time.Now()}
			p.begun.Add(1)
			if r.bytes, err = c.bytes(url, p, view); err != nil && r.bytes == 0 {
				return
			}
			r.ended = time.Now()
			p.mu.Lock()
			p.readings = append(p.readings, r)
			p.mu.Unlock()
			goes = r.bytes == len(p.scan) && rand.IntN(4) > 0
		}
	}
}

// bytes counts what a client gets of the content: nothing where it is refused.
func (c *counter) bytes(url string, p *readPaper, view string) (int, error) {
	who, err := c.session(context.Background(), url, p.reader)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequest(http.MethodGet, url+p.path+"/views/"+view+"/content", nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+who.token)
	res, err := c.office.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if res.StatusCode >= 300 {
		return 0, nil
	}
	if !bytes.HasPrefix(p.scan, got) {
		return len(got), fmt.Errorf("other bytes than those of the scan")
	}
	return len(got), err
}

// late is how long a client that shares a busy machine may take to see what left before.
const late = time.Second

// breaches compares what clients got with the log, and with what they were told of the scope.
func breaches(log []domain.Recorded, papers []*readPaper) (found []string) {
	opened := map[string]access.ViewOpened{}
	for _, r := range log {
		if e, ok := r.Event.(access.ViewOpened); ok {
			opened[e.View] = e
		}
	}
	for _, p := range papers {
		for _, r := range p.readings {
			if r.bytes == 0 {
				continue
			}
			if e, ok := opened[r.view]; !ok || e.Person != p.person || e.Content != p.content {
				found = append(found, fmt.Sprintf("%s got %d bytes of %s, and the log has no viewing %s of it", p.reader, r.bytes, p.path, r.view))
			}
			for _, out := range p.taken {
				back := out.to
				if back.IsZero() {
					back = r.ended.Add(time.Nanosecond)
				}
				if r.ended.Before(back) && (r.asked.After(out.from) || r.ended.After(out.from.Add(late))) {
					found = append(found, fmt.Sprintf("%s got %d bytes of %s, asked %s behind the acknowledged revocation", p.reader, r.bytes, p.path, r.asked.Sub(out.from)))
				}
			}
		}
	}
	return found
}
