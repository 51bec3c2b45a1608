package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"andu/cmd/andu/demo"
	"andu/commands"
	"andu/domain"
	"andu/domain/duty"
	"andu/domain/org"
	"andu/projections/dutyboard"
)

// TestKilledHandover kills the server in the middle of handovers, as often as ANDU_KILLS says, while people offer, answer,
// accept and refuse them on two posts at once. Afterwards nobody was ever responsible beside another, and never nobody;
// what was acknowledged is there once; the board is what the log says.
func TestKilledHandover(t *testing.T) {
	kills := 2
	if n, err := strconv.Atoi(os.Getenv("ANDU_KILLS")); err == nil {
		kills = n
	}
	dir := dataDir(t)
	runs(t, exitClean, append([]string{"demo", "--data-dir", dir}, days...)...)
	c := &counter{office: &http.Client{Timeout: 20 * time.Second}, tokens: map[string]session{}}
	w := watchmen{counter: c, logins: map[string]string{}}
	s := serve(t, "--demo", "--data-dir", dir)
	w.begin(t, s.url)
	for done := 0; done < kills || c.again == 0 && done < 6*kills; done++ { // until one was hit in the middle of something
		ctx, stop := context.WithCancel(t.Context())
		var people sync.WaitGroup
		for _, post := range w.posts {
			for range 2 { // two who offer the same watch, two who answer
				people.Go(func() { w.work(ctx, s.url, post) })
			}
		}
		time.Sleep(300*time.Millisecond + time.Duration(rand.Int64N(int64(900*time.Millisecond)))) // the death comes at any moment
		s.kill()
		stop()
		people.Wait()
		s = serve(t, "--demo", "--data-dir", dir)
		c.askAgain(t, s.url)
	}
	shown := w.timelines(t, s.url)
	if said := s.stop(); said != "" {
		t.Errorf("the operator was told at an orderly stop:\n%s", said)
	}

	log := records(t, storeFlags{}, dir)
	for _, fault := range append(faults(log, c.acknowledged), watchFaults(log, shown)...) {
		t.Error(fault)
	}
	var rebuilt []rebuiltView
	if err := json.Unmarshal([]byte(runs(t, exitClean, "projections", "rebuild", "--json", "--data-dir", dir)), &rebuilt); err != nil || len(rebuilt) != len(readModels()) {
		t.Fatal(err, rebuilt)
	}
	for _, r := range rebuilt {
		if !r.Equal {
			t.Errorf("read model %s is not what a fresh one is: %+v", r.Name, r)
		}
	}
	counts := map[string]int{}
	for _, r := range log {
		counts[r.Type]++
	}
	if counts["duty.handover-accepted"] < kills || counts["duty.handover-refused"] == 0 || c.again == 0 {
		t.Errorf("%d accepted, %d refused, %d unknown outcomes: the kills hit nothing", counts["duty.handover-accepted"], counts["duty.handover-refused"], c.again)
	}
	t.Logf("%d kills: %d handovers offered, %d accepted, %d refused; %d commands acknowledged, %d of them by asking again after an unknown outcome, %d not allowed; %d events",
		kills, counts["duty.handover-offered"], counts["duty.handover-accepted"], counts["duty.handover-refused"], len(c.acknowledged), c.again, c.refused, len(log))

	t.Run("the check sees two at once and nobody", func(t *testing.T) {
		at := slices.IndexFunc(log, func(r domain.Recorded) bool { _, ok := r.Event.(duty.HandoverAccepted); return ok })
		if at < 0 {
			t.Fatal("nothing was handed over")
		}
		planted := func(change func(*duty.HandoverAccepted)) []domain.Recorded {
			e := log[at].Event.(duty.HandoverAccepted)
			change(&e)
			l := slices.Clone(log)
			l[at].Event = e
			return l
		}
		for want, log := range map[string][]domain.Recorded{
			"is responsible beside":         planted(func(e *duty.HandoverAccepted) { e.From = "somebody" }),
			"took over from nobody's offer": slices.Insert(slices.Clone(log), at+1, log[at]),
			"nobody is responsible":         planted(func(e *duty.HandoverAccepted) { e.To = "" }),
			"before the time":               planted(func(e *duty.HandoverAccepted) { e.At = domain.At(e.At.Add(-365 * 24 * time.Hour)) }),
			"the board":                     slices.Delete(slices.Clone(log), at, at+1),
		} {
			if found := strings.Join(watchFaults(log, shown), "\n"); !strings.Contains(found, want) {
				t.Errorf("a log with a planted fault (%s) passes: %q", want, found)
			}
		}
	})
}

// watchFaults follows the responsibility of every post through the log by rules of its own, and compares what the board
// showed.
func watchFaults(log []domain.Recorded, shown map[string][]dutyboard.Tenure) (found []string) {
	fault := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	type held struct {
		person string
		from   domain.Instant
	}
	tenures, offered := map[string][]held{}, map[string]string{}
	for _, r := range log {
		line := tenures[r.Stream]
		switch e := r.Event.(type) {
		case duty.PostOpened:
			line = append(line, held{e.Person, e.At})
		case duty.HandoverOffered:
			offered[r.Stream] = e.Handover
		case duty.HandoverRefused:
			delete(offered, r.Stream)
		case duty.HandoverAccepted:
			if offered[r.Stream] != e.Handover {
				fault("%s@%d: %s took over from nobody's offer", r.Stream, r.Revision, e.To)
			}
			delete(offered, r.Stream)
			if len(line) == 0 || line[len(line)-1].person != e.From {
				fault("%s@%d: %s is responsible beside whoever was", r.Stream, r.Revision, e.To)
			}
			if n := len(line); n > 0 && e.At.Before(line[n-1].from.Time) {
				fault("%s@%d: %s took over before the time of the former", r.Stream, r.Revision, e.To)
			}
			line = append(line, held{e.To, e.At})
		}
		if len(line) == len(tenures[r.Stream]) {
			continue
		}
		if line[len(line)-1].person == "" {
			fault("%s@%d: nobody is responsible", r.Stream, r.Revision)
		}
		tenures[r.Stream] = line
	}
	for stream, board := range shown {
		if len(board) != len(tenures[stream]) {
			fault("%s: the board shows %d tenures, the log has %d", stream, len(board), len(tenures[stream]))
			continue
		}
		for i, b := range board {
			h := tenures[stream][i]
			var until domain.Instant
			if i+1 < len(board) {
				until = tenures[stream][i+1].from
			}
			if b.Person != h.person || !b.From.Equal(h.from.Time) || !b.Until.Equal(until.Time) {
				fault("%s: the board shows %+v, the log has %+v until %v", stream, b, h, until)
			}
		}
	}
	return found
}

// watchmen are those who keep the posts of the killed server.
type watchmen struct {
	*counter
	posts  []string          // streams
	logins map[string]string // by person
}

// begin makes a duty list, opens the posts and publishes rosters of many months ahead: each handover takes the next shift.
func (w *watchmen) begin(t *testing.T, url string) {
	t.Helper()
	must := func(login, path string, body any) answer {
		t.Helper()
		a, err := w.ask(t.Context(), url, login, path, body)
		if err != nil || a.Code != "" {
			t.Fatalf("%s %s: %s %v", login, path, a.Code, err)
		}
		return a
	}
	persons := map[string][]string{}
	for _, p := range demo.County().Posts {
		for i := range p.Holders {
			login := p.Post
			if i > 0 {
				login += strconv.Itoa(i + 1)
			}
			who, err := w.session(t.Context(), url, login)
			if err != nil {
				t.Fatal(err)
			}
			w.logins[who.person] = login
			switch {
			case p.Post == "messenger":
				persons[duty.MessengerRoom] = append(persons[duty.MessengerRoom], who.person)
			case p.Post == "secretariat-clerk" && i < 3:
				persons[duty.DutyRoom] = append(persons[duty.DutyRoom], who.person)
				if a, err := w.ask(t.Context(), url, "secadmin", "/appointments", org.Fill{Post: "duty", Person: who.person, By: "县政府办公室", Document: "任免〔2026〕1号"}); err != nil || a.Code != "" && a.Code != org.ErrHeld.Code {
					t.Fatalf("%s to the duty list: %s %v", login, a.Code, err)
				}
			}
		}
	}
	for _, line := range []string{duty.DutyRoom, duty.MessengerRoom} {
		opened, err := w.ask(t.Context(), url, "admin", "/duty", duty.Open{Line: line, Person: persons[line][0]})
		if err != nil || opened.Code != "" && opened.Code != duty.ErrOpened.Code {
			t.Fatalf("open %s: %s %v", line, opened.Code, err)
		}
		post := duty.StreamOf(commands.NewID, demo.County().ID, line)
		w.posts = append(w.posts, post)
		now := time.Now()
		for n := 1; n <= 8; n++ {
			month := domain.Date{Year: now.Year(), Month: now.Month() + time.Month(n), Day: 1}.Add(0)
			draft := duty.Draft{Post: post, First: month, Assignments: w.assignments(t, url, line, month, persons[line])}
			roster, err := w.ask(t.Context(), url, "admin", "/rosters", draft)
			if err != nil || roster.Code != "" {
				t.Fatalf("roster of %s: %s %v", month, roster.Code, err)
			}
			must("deputy-admin", "/rosters/"+roster.ID+"/approval", duty.Approve{})
			must("admin", "/rosters/"+roster.ID+"/publication", duty.Publish{})
		}
	}
	w.tidy(t, url)
	for deadline := time.Now().Add(30 * time.Second); ; { // the follower plans the shifts
		var last struct{ List []dutyboard.Shift }
		far := domain.DateOf(time.Now(), time.UTC).Add(200)
		if err := w.get(t.Context(), url, "admin", "/duty/"+strings.TrimPrefix(w.posts[1], "duty-")+"/shifts?from="+far.String()+"&to="+far.Add(3).String(), &last); err != nil {
			t.Fatal(err)
		}
		if len(last.List) > 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the shifts are not planned")
		}
	}
}

// tidy ends what the demonstration left open and would stand in the way of the first handover.
func (w *watchmen) tidy(t *testing.T, url string) {
	t.Helper()
	var board struct{ List []dutyboard.Post }
	if err := w.get(t.Context(), url, "admin", "/duty", &board); err != nil {
		t.Fatal(err)
	}
	for _, p := range board.List {
		path, from := "/duty/"+strings.TrimPrefix(p.Stream, "duty-"), w.logins[p.Responsible]
		if p.StandIn != "" {
			_, _ = w.ask(t.Context(), url, from, path+"/stand-ins/end", duty.EndStandIn{})
		}
		var open struct{ List []dutyboard.Entry }
		if err := w.get(t.Context(), url, "admin", path+"/entries", &open); err != nil {
			t.Fatal(err)
		}
		for _, e := range open.List {
			_, _ = w.ask(t.Context(), url, from, path+"/entries/closings", duty.CloseEntry{Entry: e.Entry, Text: "已办"})
		}
	}
}

func (w *watchmen) assignments(t *testing.T, url, line string, month domain.Date, persons []string) (list []duty.Assignment) {
	t.Helper()
	zone := time.FixedZone("Asia/Shanghai", 8*60*60)
	var days struct{ Days []struct{ Date, Kind string } }
	last := domain.Date{Year: month.Year, Month: month.Month + 1, Day: 1}.Add(-1)
	if err := w.get(t.Context(), url, "admin", "/calendar/days?from="+month.String()+"&to="+last.String(), &days); err != nil {
		t.Fatal(err)
	}
	on := func(day, hour string) {
		at, err := time.ParseInLocation("2006-01-02 15:04", day+" "+hour, zone)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, duty.Assignment{Start: domain.At(at), Person: persons[len(list)%len(persons)]})
	}
	for _, d := range days.Days {
		works := d.Kind == "ordinary" || d.Kind == "makeup"
		if !works || line == duty.MessengerRoom {
			on(d.Date, "08:30")
		}
		if works {
			on(d.Date, "18:30")
		}
	}
	return list
}

// work hands a post over and over, until the server is gone: the responsible person logs what can wait and offers the
// watch, the next one answers, and now and then refuses.
func (w *watchmen) work(ctx context.Context, url, post string) {
	path := "/duty/" + strings.TrimPrefix(post, "duty-")
	checklist := []string{"room-clean", "things-in-order", "no-secret-papers-out", "open-items", "keys", "seals", "carriers", "equipment"}
	for n := 0; ctx.Err() == nil; n++ {
		var board struct{ List []dutyboard.Post }
		if w.get(ctx, url, "admin", "/duty", &board) != nil {
			return
		}
		i := slices.IndexFunc(board.List, func(p dutyboard.Post) bool { return p.Stream == post })
		from, ok := w.logins[board.List[i].Responsible]
		if !ok {
			from = "admin"
		}
		if n%4 == 1 {
			logged, err := w.ask(ctx, url, from, path+"/entries", duty.LogEntry{Content: duty.Content{Kind: "call", Urgency: "next-day", Time: domain.At(time.Now().Add(-time.Hour)),
				Channel: "电话", Caller: "王某", Unit: "某镇", Phone: "1", Subject: "事项", Action: "记录"}})
			if err != nil {
				return
			}
			for _, e := range logged.Events {
				var entry duty.EntryLogged
				if json.Unmarshal(e.Data, &entry) == nil {
					if _, err := w.ask(ctx, url, from, path+"/entries/carry-overs", duty.CarryOverEntry{Entry: entry.Entry}); err != nil {
						return
					}
				}
			}
		}
		offered, err := w.ask(ctx, url, from, path+"/handovers", duty.OfferHandover{Checklist: checklist, Things: []duty.Item{{Kind: "keys", Name: "钥匙", Count: 1}}})
		if err != nil {
			return
		}
		if len(offered.Events) == 0 {
			continue // somebody else was faster
		}
		var offer duty.HandoverOffered
		if err := json.Unmarshal(offered.Events[0].Data, &offer); err != nil {
			return
		}
		to, ok := w.logins[offer.To]
		if !ok {
			to = []string{"admin", "admin2", "admin3"}[n%3]
		}
		var answers duty.AnswerItems
		for i, item := range offer.Items {
			answers.Answers = append(answers.Answers, duty.ItemAnswer{Item: item.ID, Remark: map[bool]string{true: "待核"}[i%5 == 1]})
		}
		if n%3 == 2 {
			if _, err := w.ask(ctx, url, to, path+"/handovers/refusals", duty.RefuseHandover{Handover: offer.Handover, Reason: "钥匙不齐"}); err != nil {
				return
			}
			continue
		}
		if _, err := w.ask(ctx, url, to, path+"/handovers/answers", answers); err != nil {
			return
		}
		if _, err := w.ask(ctx, url, to, path+"/handovers/acceptances", duty.AcceptHandover{Handover: offer.Handover}); err != nil {
			return
		}
	}
}

// timelines is what the board shows when it has caught up with a command of now: the tenures of each post.
func (w *watchmen) timelines(t *testing.T, url string) map[string][]dutyboard.Tenure {
	t.Helper()
	shown := map[string][]dutyboard.Tenure{}
	now := domain.DateOf(time.Now(), time.UTC)
	for _, post := range w.posts {
		path := "/duty/" + strings.TrimPrefix(post, "duty-")
		probed, err := w.ask(t.Context(), url, "admin", path+"/probes", duty.Probe{Answered: true, Seconds: 1})
		if err != nil || probed.Position == "" {
			t.Fatalf("probe %s: %+v %v", post, probed, err)
		}
		var line dutyboard.Timeline
		for deadline := time.Now().Add(30 * time.Second); ; {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+path+"/timeline?from="+now.Add(-350).String()+"&to="+now.Add(2).String(), nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+w.tokens["admin"].token)
			req.Header.Set("Andu-At-Least", probed.Position)
			res, err := w.office.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			err = json.NewDecoder(res.Body).Decode(&line)
			_ = res.Body.Close()
			if err == nil && res.StatusCode == http.StatusOK {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("the board does not catch up: %s", res.Status)
			}
		}
		if line.Gaps != 0 || line.Double != 0 {
			t.Errorf("%s: the board counts %d gaps and %d doubles", post, line.Gaps, line.Double)
		}
		shown[post] = line.Tenures
	}
	return shown
}
