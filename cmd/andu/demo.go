package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"text/tabwriter"
	"time"

	"andu/api/accounts"
	"andu/cmd/andu/demo"
	"andu/domain"
	"andu/domain/access"
	"andu/domain/logs"
	"andu/eventstore"
	"andu/presets"
)

// demoCmd writes a year, or another span, of a demonstration office.
type demoCmd struct {
	storeFlags
	Seed  int64       `help:"The same seed gives the same history." default:"1"`
	From  domain.Date `help:"First day; default a year before --until."`
	Until domain.Date `help:"First day that is not lived; default: up to this minute."`
}

// demoPlan is what to write.
type demoPlan struct {
	seed        int64
	from, until domain.Date
	now         time.Time // of the day until, which is lived up to it; zero: it is not lived
}

// demoResult is what demo prints.
type demoResult struct {
	Events  int64   `json:"events"`
	Seconds float64 `json:"seconds"`
	Rate    float64 `json:"events_per_second"`
	PeakMiB float64 `json:"peak_memory_mib"` // of this process; 0 where the system does not tell
	From    string  `json:"from"`
	Until   string  `json:"until"`
	Seed    int64   `json:"seed"`
	// Digest is over what happened, without what is random in a log: its name, keys and salts, and the names of the files
	// of scans. The same seed and days give the same one.
	Digest string         `json:"digest"`
	Types  map[string]int `json:"events_by_type"`
}

// Run refuses while a server runs on the store, and where something is recorded already.
func (c *demoCmd) Run(ctx context.Context, g *globals) error {
	return g.withHouse(ctx, c.storeFlags, openOptions{migrate: true, ours: true, newLog: true}, func(h *house) error {
		plan := demoPlan{seed: c.Seed, from: c.From, until: c.Until}
		if plan.until.IsZero() {
			plan.now = g.now()
			plan.until = domain.DateOf(plan.now, h.handler.Zone)
		}
		if plan.from.IsZero() {
			plan.from = domain.Date{Year: plan.until.Year - 1, Month: plan.until.Month, Day: plan.until.Day}.Add(0)
		}
		started := time.Now()
		if err := fillDemo(ctx, g, h, plan); err != nil {
			return err
		}
		took := time.Since(started).Seconds()
		head, err := h.store.Head(ctx)
		if err != nil {
			return err
		}
		res := demoResult{Events: int64(head) + 1, Seconds: took, Rate: float64(int64(head)+1) / took, PeakMiB: peakMemory(), From: plan.from.String(), Until: plan.until.String(), Seed: c.Seed}
		if res.Types, res.Digest, err = h.told(ctx); err != nil {
			return err
		}
		return g.print(res, func(w *tabwriter.Writer) {
			fmt.Fprintf(w, "events\t%d\nseconds\t%.1f\nevents/s\t%.0f\npeak MiB\t%.0f\nfrom\t%s\nuntil\t%s\nseed\t%d\ndigest\t%s\n", res.Events, res.Seconds, res.Rate, res.PeakMiB, res.From, res.Until, res.Seed, res.Digest)
			for _, name := range sortedKeys(res.Types) {
				fmt.Fprintf(w, "%s\t%d\n", name, res.Types[name])
			}
		})
	})
}

// told counts the events of the log by type, and gives the digest over what they say.
func (h *house) told(ctx context.Context) (types map[string]int, digest string, err error) {
	types = map[string]int{}
	sum := sha256.New()
	for after := eventstore.Before; ; {
		page, err := h.store.ReadAll(ctx, after, 2048)
		if err != nil || len(page.Records) == 0 {
			return types, hex.EncodeToString(sum.Sum(nil)), err
		}
		for _, rec := range page.Records {
			r, err := h.handler.Decode(rec)
			if err != nil {
				return nil, "", err
			}
			types[r.Type]++
			event, head := r.Event, r.Header
			head.Payload = domain.PayloadField{}
			switch e := event.(type) {
			case access.ContentAttached:
				e.File = ""
				event = e
			case access.ViewOpened:
				e.File = ""
				event = e
			case access.WindowOpened:
				e.File = ""
				event = e
			case logs.Started:
				e.Log = ""
				event = e
			}
			if err := json.NewEncoder(sum).Encode([]any{head, event}); err != nil {
				return nil, "", err
			}
		}
		after = page.Last()
	}
}

// peakMemory is the most memory that this process has held, where the system tells it.
func peakMemory() float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	var kib float64
	if _, after, ok := strings.Cut(string(text), "VmHWM:"); ok {
		fmt.Sscan(after, &kib)
	}
	return kib / 1024
}

// fillDemo writes the history through a handler with a simulated clock, which marks the log for ever, and makes the
// accounts of its people.
func fillDemo(ctx context.Context, g *globals, h *house, plan demoPlan) (err error) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // what is held is small, and what is thrown away much
	began := time.Date(2017, 12, 20, 9, 0, 0, 0, h.handler.Zone)
	clock := demo.NewClock(began)
	h.loading = true
	if err := h.openLog(ctx, g, clock.Now, "simulated"); err != nil {
		return err
	}
	past := h.handler
	past.Running = demo.NoneRunning
	if err := h.begin(ctx, true); err != nil {
		return err
	}
	seed := fmt.Sprint(plan.seed)
	county, err := demo.SetUp(ctx, past, demo.County(), seed, demo.WithSupplement)
	if err != nil {
		return fmt.Errorf("set up the county office: %w", err)
	}
	bureau, err := demo.SetUp(ctx, past, demo.Bureau(), seed, demo.WithSupplement)
	if err != nil {
		return fmt.Errorf("set up the bureau: %w", err)
	}
	clock.Set(time.Date(2018, 1, 2, 9, 0, 0, 0, past.Zone)) // the regulations are in force
	for _, staff := range []demo.Staff{county, bureau} {
		if err := demo.Notices(ctx, past, staff, seed, presets.Notices()...); err != nil {
			return err
		}
	}
	bar := g.progress(1, "演示 demonstration")
	err = demo.History(ctx, past, clock, county, demo.Plan{Seed: plan.seed, From: plan.from, Until: plan.until, Now: plan.now, Progress: func(done, total int, events int64) {
		bar.ChangeMax(total)
		bar.Describe(fmt.Sprintf("演示 demonstration, %d events", events))
		_ = bar.Set(done) // a bar that cannot be drawn stops nothing
	}})
	_ = bar.Finish()
	if err != nil {
		return err
	}
	// The last step, whose commit brings everything before it to the disk: a server takes a demonstration that has accounts for a whole one.
	if err := h.demoAccounts(ctx, county, bureau); err != nil {
		return err
	}
	// From here on the server's own clock goes on, and every commit waits for the disk; the log stays marked.
	h.loading = false
	return h.openLog(ctx, g, g.now, "simulated")
}

// demoAccounts lets every person of the demonstration sign in.
func (h *house) demoAccounts(ctx context.Context, offices ...demo.Staff) error {
	var list []accounts.NewAccount
	for _, staff := range offices {
		for _, p := range staff.Persons {
			list = append(list, accounts.NewAccount{Login: p.Login, Person: p.ID, Office: staff.Office.ID})
		}
	}
	by := accounts.By{Person: offices[0].Persons[0].ID, Office: accounts.AllOffices}
	if err := h.accounts.CreateDemonstration(ctx, by, list, demo.Password); err != nil {
		return fmt.Errorf("accounts of the demonstration: %w", err)
	}
	return nil
}

// demoClient makes the demonstration's registrar the client of this data directory, unless somebody has signed in there.
func (g *globals) demoClient(server string) error {
	s := clientSettings{Login: "registrar", Password: demo.Password}
	if had, err := g.readSettings(); err != nil {
		return err
	} else if had.Server != "" {
		s = had
	}
	if s.Password != demo.Password || s.Server == server {
		return nil
	}
	s.Server = server
	return g.writeSettings(s)
}

// printDemoAccounts tells a newcomer who to be.
func printDemoAccounts(w io.Writer) {
	fmt.Fprintf(w, "演示账号 accounts to try (口令 password %s):\n", demo.Password)
	for _, line := range [][2]string{
		{"registrar", "收发岗: 签收、登记、分发 / signs for, registers and hands out papers"},
		{"secretary", "秘书: 拟办 / proposes how to handle them"},
		{"director", "主任: 批示、签发 / instructs and signs"},
		{"secretariat-chief", "秘书科科长: 承办、报告 / handles papers and reports"},
		{"secadmin, sysadmin, auditor", "三员 / the three officers"},
		{"bureau-chief, bureau-office-clerk", "区商务局: 另一单位、另一套制度 / another office under other rules"},
	} {
		fmt.Fprintf(w, "  %-34s %s\n", line[0], line[1])
	}
}
