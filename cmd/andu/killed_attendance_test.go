package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"andu/commands"
	"andu/domain"
	"andu/domain/attendance"
	"andu/projections/timesheet"

	"golang.org/x/sync/errgroup"
)

// TestKilledAtTheCutOff kills the server while it collects the sheet, on as many mornings as ANDU_KILLS says, with its
// PostgreSQL beside it. Every sheet is closed once and at its cut-off, whoever was told that he is in stands on it, and a
// terminal's batch supplements it, whatever had been written when the server died.
func TestKilledAtTheCutOff(t *testing.T) {
	kills := 2
	if n, err := strconv.Atoi(os.Getenv("ANDU_KILLS")); err == nil {
		kills = n
	}
	o := newBigOffice(t, attendance.SignedAPage+60)
	var mornings []*morning
	var shown []timesheet.Sheet
	var died []time.Time
	var acknowledged []acknowledged
	doubts, lead := 0, o.startUp()
	for i := 0; i < kills || doubts == 0 && i < 6*kills; i++ { // until one was hit in the middle of something
		cutoff := o.on(i, "08:15:00")
		s, ahead := o.serve(cutoff.Add(-time.Second - lead))
		m := newMorning(o, cutoff)
		m.url.Store(s.url)
		var people errgroup.Group
		for _, p := range o.clerks[:len(o.clerks)-10] {
			before := time.Duration(rand.Int64N(int64(900 * time.Millisecond)))
			people.Go(func() error {
				time.Sleep(time.Until(cutoff.Add(-before - ahead))) // the server is a process that lives by the machine's clock
				return m.signIn(p, m.date.String())
			})
		}
		// The death comes at any moment: while people sign in, or while the sheet is collected.
		death := time.Duration(rand.Int64N(int64(450 * time.Millisecond)))
		if i%2 == 0 {
			death -= 500 * time.Millisecond
		}
		time.Sleep(time.Until(cutoff.Add(death - ahead)))
		s.kill()
		died = append(died, time.Now().Add(ahead))
		s = serveAhead(t, ahead, "--demo", "--data-dir", o.dir)
		m.url.Store(s.url)
		if err := people.Wait(); err != nil {
			t.Fatal(err)
		}
		m.sheet(t, func(s timesheet.Sheet) bool { return !s.ClosedAt.IsZero() })
		b := commands.Batch{Terminal: o.terminal, Batch: strconv.Itoa(i)}
		for _, p := range o.clerks[len(o.clerks)-12:] { // two of them have signed at the door, if the server took them
			b.Marks = append(b.Marks, commands.BatchMark{Person: p.ID, Session: "AM", At: domain.At(cutoff.Add(-time.Minute))})
		}
		b.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(o.key, []byte(b.Text(o.ID))))
		for range 2 {
			if err := m.bring(b); err != nil {
				t.Fatal(err)
			}
		}
		shown = append(shown, m.complete(t))
		s.stop()
		mornings, acknowledged, doubts = append(mornings, m), append(acknowledged, m.acknowledged...), doubts+int(m.unanswered.Load())
	}

	log := records(t, storeFlags{}, o.dir)
	for _, fault := range faults(log, acknowledged) {
		t.Error(fault)
	}
	taken, supplements, amid := 0, 0, 0
	for i, m := range mornings {
		book := m.readBook(log)
		for _, fault := range book.compare(m, shown[i]) {
			t.Errorf("%s: %s", m.date, fault)
		}
		taken, supplements = taken+len(m.taken), supplements+len(book.supplemented)
		if closing := book.closings[0]; died[i].After(closing.OccurredAt.Time) && died[i].Before(closing.RecordedAt.Time) {
			amid++
		}
	}
	var rebuilt []rebuiltView
	if err := json.Unmarshal([]byte(runs(t, exitClean, "projections", "rebuild", "--json", "--data-dir", o.dir)), &rebuilt); err != nil {
		t.Fatal(err)
	}
	for _, v := range rebuilt {
		if !v.Equal {
			t.Errorf("read model %s is not what a fresh one is: %+v", v.Name, v)
		}
	}
	if doubts == 0 {
		t.Error("nobody was left without an answer: the kills hit nothing")
	}
	t.Logf("%d kills: every sheet closed once, %d of them by the next server, after the death of the one that was to; %d sign-ins taken, %d supplements, none lost; %d requests without an answer; %d events",
		kills, amid, taken, supplements, doubts, len(log))
}
