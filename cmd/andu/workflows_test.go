package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"testing"
	"time"

	"andu/cmd/andu/demo"
	"andu/cmd/andu/pgserver/pgtest"
	"andu/commands"
	"andu/domain"
	"andu/domain/approvals"
	"andu/domain/calendar"
	"andu/domain/documents"
	"andu/domain/org"
	"andu/domain/registers"
	"andu/eventstore"
	"andu/eventstore/postgres"
	"andu/presets"
	"andu/projections/due"
)

// dying is a log whose process dies after so many appends.
type dying struct {
	eventstore.Store
	left int
}

var errDied = errors.New("the process died")

func (d *dying) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	if d.left == 0 {
		return eventstore.Appended{}, errDied
	}
	d.left--
	return d.Store.Append(ctx, stream, expected, events...)
}

// workday is an office on a real log, on Monday 20 January 2020, when the notice of the longer Spring Festival had not
// come yet.
type workday struct {
	*testing.T
	house *house
	clock *demo.Clock
	staff demo.Staff
}

func newWorkday(t *testing.T) *workday {
	t.Helper()
	db := pgtest.New(t)
	clock := demo.NewClock(time.Date(2017, 12, 20, 9, 0, 0, 0, time.FixedZone("", 8*3600)))
	g := &globals{DataDir: dataDir(t), out: io.Discard, err: io.Discard, logger: slog.New(slog.DiscardHandler), now: clock.Now}
	h, err := g.open(t.Context(), storeFlags{DatabaseURL: db.ServerURL, OwnerURL: db.OwnerURL}, clock.Now, "simulated", openOptions{migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.close(); err != nil {
			t.Error(err)
		}
	})
	b := &workday{T: t, house: h, clock: clock}
	if err := h.begin(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if b.staff, err = demo.SetUp(t.Context(), h.handler, demo.County(), "1", demo.WithSupplement); err != nil {
		t.Fatal(err)
	}
	clock.Set(time.Date(2018, 1, 2, 9, 0, 0, 0, h.handler.Zone))
	if err := demo.Notices(t.Context(), h.handler, b.staff, "1", "holidays/2018.json", "holidays/2019.json", "holidays/2020-first.json"); err != nil {
		t.Fatal(err)
	}
	clock.Set(time.Date(2020, 1, 20, 9, 0, 0, 0, h.handler.Zone))
	return b
}

// mortal is the machinery of a process that dies after so many appends.
func (b *workday) mortal(appends int) *commands.Handler {
	h := b.house.handler
	return &commands.Handler{Store: &dying{h.Store, appends}, Keys: h.Keys, Now: h.Now, Zone: h.Zone, Clock: h.Clock, Running: h.Running}
}

// as is a request of the first holder of a post.
func (b *workday) as(post string) commands.Request {
	return commands.Request{Office: b.staff.Office.ID, Actor: b.staff.One(post).Actor()}
}

// give carries out one command of the holder of a post.
func give[S any](b *workday, c domain.Context[S], stream, post string, cmd domain.Command[S]) commands.Result {
	b.Helper()
	res, err := commands.Handle(b.Context(), b.house.handler, c, stream, cmd, b.as(post))
	if err != nil {
		b.Fatalf("%s: %v", domain.CommandName(cmd), err)
	}
	return res
}

func state[S any](b *workday, c domain.Context[S], stream string) S {
	b.Helper()
	s, _, err := commands.State(b.Context(), b.house.handler, c, b.staff.Office.ID, stream)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// received is a paper that was signed for.
func (b *workday) received(name string) string {
	b.Helper()
	stream := documents.Context.Stream(commands.NewID("workflows", name))
	give(b, documents.Context, stream, "registrar", documents.Receive{Arrival: documents.Arrival{Channel: "mail", Copies: 2}, Paper: documents.Paper{
		SourceOrgans: []string{"市政府办公室"}, Number: "市政办〔2020〕1号", Title: "关于做好春节期间有关工作的通知", Kind: "通知",
		IssuedOn: domain.Date{Year: 2020, Month: 1, Day: 16}, Urgency: "平件", Class: "公开", Level: "municipal", Line: "state", NotStated: []string{}}})
	return stream
}

// registered is a paper with a number.
func (b *workday) registered(name string) string {
	b.Helper()
	stream := b.received(name)
	if _, err := commands.Register(b.Context(), b.house.handler, stream, b.as("registrar")); err != nil {
		b.Fatal(err)
	}
	return stream
}

// proposed is a paper that waits for its instruction, and the stream that its case has or will have.
func (b *workday) proposed(name string) (paper, instruction string) {
	b.Helper()
	paper = b.registered(name)
	give(b, documents.Context, paper, "legal-chief", documents.CheckLegality{Result: "ok"})
	res := give(b, documents.Context, paper, "secretary", documents.ProposeHandling{Action: documents.ToHandle, Opinion: "拟请秘书科主办。", Lead: "secretariat-chief", Co: []string{}})
	return paper, approvals.Context.Stream(commands.NewID(res.Events[0].ID, approvals.Context.Name))
}

// instructed is a paper whose instruction is written and has not reached it.
func (b *workday) instructed(name string) (paper, instruction string) {
	b.Helper()
	paper, instruction = b.proposed(name)
	b.rest()
	give(b, approvals.Context, instruction, "director", approvals.See{Step: 1})
	c, revision, err := commands.State(b.Context(), b.house.handler, approvals.Context, b.staff.Office.ID, instruction)
	if err != nil {
		b.Fatal(err)
	}
	give(b, approvals.Context, instruction, "director", approvals.WriteInstruction{Step: 1, Text: "同意。", Lead: "secretariat-chief",
		Shown: approvals.Shown{Case: revision, Digest: c.Digest}})
	return paper, instruction
}

// machinery runs what runs without clients on a handler, until nothing more happens or the process has died.
func (b *workday) machinery(h *commands.Handler) {
	b.Helper()
	ctx, stop := context.WithTimeout(b.Context(), 20*time.Second)
	defer stop()
	ended := make(chan error, 1)
	running, end := context.WithCancel(ctx)
	go func() { ended <- b.house.read.Run(running) }()
	defer func() {
		end()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	}()
	tasks := &commands.Tasks{Handler: h, Logger: slog.New(slog.DiscardHandler), List: b.house.tasks.List, NextDue: b.house.tasks.NextDue, Moved: b.house.tasks.Moved}
	for {
		head, err := b.house.store.Head(ctx)
		if err == nil {
			err = b.house.read.Wait(ctx, head)
		}
		if err != nil {
			b.Fatal(err)
		}
		n, err := tasks.Sweep(ctx)
		if err != nil {
			b.Fatal(err)
		}
		after, err := b.house.store.Head(ctx)
		if err != nil {
			b.Fatal(err)
		}
		if n == 0 && after == head {
			return
		}
		if d, ok := h.Store.(*dying); ok && d.left == 0 {
			return
		}
	}
}

// rest runs the machinery of a process that lives. A task that is then still due waits for a person.
func (b *workday) rest() {
	b.Helper()
	b.machinery(b.house.handler)
	open, err := due.List(b.Context(), b.house.pool, b.clock.Now(), 100)
	if err != nil {
		b.Fatal(err)
	}
	for _, t := range open {
		if t.Kind != "instruction" || !state(b, documents.Context, t.Stream).Proposed {
			b.Errorf("task %s of %s is still open", t.Kind, t.Key)
		}
	}
}

// TestDeathBetweenAppends lets the process die after each append of every workflow that spans streams. A new process
// finishes it from the log alone: no client comes back.
func TestDeathBetweenAppends(t *testing.T) {
	b := newWorkday(t)
	whole := -1 // a process that does not die
	deaths := func(t *testing.T, appends int, begin func(b *workday, name string) (check func(*workday))) {
		for _, n := range append([]int{whole}, upTo(appends)...) {
			name := fmt.Sprintf("after %d of %d appends", n, appends)
			if n == whole {
				name = "never"
			}
			t.Run(name, func(t *testing.T) {
				b := &workday{t, b.house, b.clock, b.staff}
				check := begin(b, t.Name())
				if n != whole {
					b.machinery(b.mortal(n))
				}
				b.rest()
				check(b)
			})
		}
	}

	t.Run("registration", func(t *testing.T) {
		for n := range 4 {
			t.Run(fmt.Sprintf("the server dies after %d of 3 appends", n), func(t *testing.T) {
				b := &workday{t, b.house, b.clock, b.staff}
				paper := b.received(t.Name())
				_, err := commands.Register(t.Context(), b.mortal(n), paper, b.as("registrar"))
				if died := errors.Is(err, errDied); died != (n < 3) {
					t.Fatalf("the registration answered %v", err)
				}
				b.rest()
				d := state(b, documents.Context, paper)
				if n == 0 {
					if d.Text != "" {
						t.Errorf("nothing was written, and the paper has number %s", d.Text)
					}
					return
				}
				b.wantRegistered(paper)
			})
		}
		t.Run("the follower dies", func(t *testing.T) {
			deaths(t, 2, func(b *workday, name string) func(*workday) {
				paper := b.received(name)
				res, err := commands.Register(b.Context(), b.mortal(1), paper, b.as("registrar"))
				if !errors.Is(err, errDied) {
					b.Fatal(err)
				}
				if s := state(b, registers.Context, res.Stream); s.Gaps().Complete() {
					b.Error("no number is left hanging")
				}
				return func(b *workday) { b.wantRegistered(paper) }
			})
		})
	})

	t.Run("a paper that can no longer take its number leaves it void", func(t *testing.T) {
		deaths(t, 1, func(b *workday, name string) func(*workday) {
			first, paper := b.registered(name+"/first"), b.received(name)
			res, err := commands.Register(b.Context(), b.mortal(1), paper, b.as("registrar"))
			if !errors.Is(err, errDied) {
				b.Fatal(err)
			}
			give(b, documents.Context, paper, "registrar", documents.LinkDuplicate{First: first})
			return func(b *workday) {
				series := state(b, registers.Context, res.Stream)
				number := series.Numbers.At(series.Last)
				if number.Item != paper || number.State != registers.Voided || number.Reason != documents.ErrEnded.Code {
					b.Errorf("the number is %+v, want it void by rule %s", number, documents.ErrEnded.Code)
				}
				if d := state(b, documents.Context, paper); d.Text != "" {
					b.Errorf("the paper has number %s", d.Text)
				}
				if again, err := commands.Register(b.Context(), b.house.handler, first, b.as("registrar")); !errors.Is(err, documents.ErrRegistered) {
					b.Errorf("registered again: %+v, %v", again, err)
				}
			}
		})
	})

	t.Run("instruction", func(t *testing.T) {
		deaths(t, 1, func(b *workday, name string) func(*workday) {
			paper, instruction := b.proposed(name)
			return func(b *workday) {
				c := state(b, approvals.Context, instruction)
				if c.Subject != paper || c.Kind != documents.Instruction || c.Applicant != b.staff.One("secretary").ID {
					b.Errorf("the case is about %q of kind %q for %q", c.Subject, c.Kind, c.Applicant)
				}
			}
		})
	})

	t.Run("instruction reaches the paper", func(t *testing.T) {
		deaths(t, 2, func(b *workday, name string) func(*workday) {
			paper, instruction := b.instructed(name)
			if state(b, documents.Context, paper).Instructed {
				b.Fatal("the paper knows already")
			}
			return func(b *workday) {
				if d := state(b, documents.Context, paper); !d.Instructed || len(d.Decisions) != 1 || d.InstructedLead != "secretariat-chief" {
					b.Errorf("the instruction did not reach the paper once: %v, lead %q", d.Decisions, d.InstructedLead)
				}
				if !state(b, approvals.Context, instruction).Delivered {
					b.Error("the case does not know that it arrived")
				}
			}
		})
	})

	t.Run("copies of a duplicate", func(t *testing.T) {
		deaths(t, 1, func(b *workday, name string) func(*workday) {
			first, second := b.registered(name+"/first"), b.received(name)
			give(b, documents.Context, second, "registrar", documents.LinkDuplicate{First: first})
			return func(b *workday) {
				if d := state(b, documents.Context, first); len(d.Copies) != 4 || !slices.Equal(d.JoinedFrom, []string{second}) {
					b.Errorf("the first receipt holds %d copies, joined from %v", len(d.Copies), d.JoinedFrom)
				}
			}
		})
	})

	t.Run("calendar", func(t *testing.T) {
		b := &workday{t, b.house, b.clock, b.staff}
		b.clock.Set(time.Date(2020, 1, 22, 9, 0, 0, 0, b.house.handler.Zone)) // three working days, and the festival begins on the 24th
		first, second := b.registered("calendar/1"), b.registered("calendar/2")
		b.rest()
		was := state(b, documents.Context, first).Term.DueOn
		text, err := presets.Read("holidays/2020.json")
		if err != nil {
			t.Fatal(err)
		}
		var notice calendar.ImportNotice
		decode(t, text, &notice)
		give(b, calendar.Context, calendar.Stream(b.staff.Office.ID), "director", notice)
		for _, n := range []int{0, 1, 1} { // one paper after the other is revised by a process that dies behind it
			b.machinery(b.mortal(n))
		}
		if c := state(b, calendar.Context, calendar.Stream(b.staff.Office.ID)); c.Recomputed == c.Version {
			t.Error("nothing was left to do")
		}
		b.rest()
		for _, paper := range []string{first, second} {
			d := state(b, documents.Context, paper)
			if !was.Before(d.Term.DueOn) {
				t.Errorf("due on %s, was %s", d.Term.DueOn, was)
			}
			history, err := b.house.handler.History(t.Context(), b.staff.Office.ID, paper)
			if err != nil {
				t.Fatal(err)
			}
			revised := 0
			for _, r := range history {
				if _, ok := r.Event.(documents.DueRevised); ok {
					revised++
				}
			}
			if revised != 1 {
				t.Errorf("the time limit was revised %d times", revised)
			}
		}
		if c := state(b, calendar.Context, calendar.Stream(b.staff.Office.ID)); c.Recomputed != c.Version {
			t.Errorf("reckoned anew up to version %d of %d", c.Recomputed, c.Version)
		}
	})
}

// wantRegistered checks that a paper has one number, and that the number is at rest.
func (b *workday) wantRegistered(paper string) {
	b.Helper()
	d := state(b, documents.Context, paper)
	number := state(b, registers.Context, d.Series).Numbers.At(d.Number)
	if d.Text == "" || number.Item != paper || number.State != registers.Registered || number.Text != d.Text {
		b.Errorf("the paper has number %q, the book %+v", d.Text, number)
	}
}

// upTo are the numbers of appends after which a process may die before it has made n.
func upTo(n int) []int {
	var list []int
	for i := range n {
		list = append(list, i)
	}
	return list
}

// TestAnotherLeaderIsSeen lets a second process take the lead while the first keeps what it knows: the first one decides
// nothing on what it only believes, and what it tells is what is recorded.
func TestAnotherLeaderIsSeen(t *testing.T) {
	b := newWorkday(t)
	first := b.house.handler
	paper, other := b.received("paper"), b.received("other")
	office := b.staff.Office.ID
	for _, stream := range []string{paper, other} { // the first process keeps what it reads here
		if d := state(b, documents.Context, stream); d.Text != "" {
			t.Fatal("registered already")
		}
	}

	log, err := postgres.Open(t.Context(), postgres.Config{URL: b.house.url, Now: b.clock.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	second := &commands.Handler{Store: log, Keys: first.Keys, Now: first.Now, Zone: first.Zone, Clock: first.Clock, Running: first.Running}
	if _, err := commands.Register(t.Context(), second, paper, b.as("registrar")); err != nil {
		t.Fatal(err)
	}
	if _, err := commands.Handle(t.Context(), second, org.Context, org.Stream(office), org.Vacate{Post: "secretary", Person: b.staff.One("secretary").ID, Document: "演示任免〔2020〕1号"},
		commands.Request{Office: office, Actor: domain.Actor{Person: b.staff.Persons[1].ID, Post: org.SecurityAdministrator}}); err != nil {
		t.Fatal(err)
	}
	head, err := log.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	// What the first one believes would let it describe the paper anew; the log says that it is registered.
	_, err = commands.Handle(t.Context(), first, documents.Context, paper, documents.Describe{Paper: documents.Paper{SourceOrgans: []string{"别的机关"}, Title: "别的文件", NotStated: []string{}}}, b.as("registrar"))
	if !errors.Is(err, commands.ErrUnknown) && !errors.Is(err, documents.ErrRegistered) {
		t.Errorf("the first process answered %v", err)
	}
	// What it believes would refuse the review; the log allows it, and the append fails.
	if _, err := commands.Handle(t.Context(), first, documents.Context, paper, documents.CheckLegality{Result: "ok"}, b.as("legal-chief")); !errors.Is(err, commands.ErrUnknown) {
		t.Errorf("the first process answered %v", err)
	}
	// A post that ended is ended for it as well.
	secretary := commands.Request{Office: office, Actor: b.staff.One("secretary").Actor()}
	if _, err := commands.Handle(t.Context(), first, documents.Context, other, documents.LinkDuplicate{First: paper}, secretary); !errors.Is(err, org.ErrNotHolder) {
		t.Errorf("the first process answered %v", err)
	}
	if d := state(b, documents.Context, paper); d.Text == "" {
		t.Error("the first process does not show the registration")
	}
	if now, err := log.Head(t.Context()); err != nil || now != head {
		t.Errorf("the log went from %d to %d (%v)", head, now, err)
	}
}
