package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"time"

	"andu/cmd/andu/bench"
	"andu/cmd/andu/pgserver"

	"github.com/jackc/pgx/v5"
)

// benchCmd measures.
type benchCmd struct {
	Table   benchTableCmd   `cmd:"" default:"withargs" help:"Measure the log against the raw limits of PostgreSQL, in one run."`
	Morning benchMorningCmd `cmd:"" help:"Live the national morning, and say what was lost, doubled or taken late."`
}

// benchTableCmd measures against a PostgreSQL of its own, with the settings that Andu ships, in a directory that it makes
// and removes again.
type benchTableCmd struct {
	File     string   `arg:"" optional:"" help:"With --json: the file to write the figures to, instead of standard output."`
	Only     []string `help:"Measure these figures alone." placeholder:"NAME"`
	Quick    bool     `help:"Short and once each: under a minute, and rough."`
	Evidence string   `help:"Directory to write bench.json, bench.svg and bench.md to." type:"path" placeholder:"DIR"`
	Profile  string   `help:"File to write a CPU profile of the whole run to." type:"path" placeholder:"FILE"`
}

// Run prints the table; exit 1 when a run was not what it acknowledged.
func (c *benchTableCmd) Run(ctx context.Context, g *globals) (err error) {
	if err := (&bench.Run{Only: c.Only}).Check(); err != nil {
		return err
	}
	dir := filepath.Join(g.DataDir, "bench")
	if err := os.MkdirAll(g.DataDir, 0o700); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("a benchmark makes its own directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	machine, err := bench.Look(dir)
	if err != nil {
		return err
	}
	cluster, err := pgserver.DefaultDir(dir)
	if err != nil {
		return err
	}
	own, err := pgserver.Start(ctx, pgserver.Config{Dir: cluster, Logger: slog.New(slog.DiscardHandler)}) // its databases are dropped under its sessions
	if err != nil {
		return err
	}
	defer func() {
		own.Close()
		if gone := pgserver.Remove(context.WithoutCancel(ctx), cluster); err == nil {
			err = gone
		}
	}()
	super, err := pgx.Connect(ctx, own.URL(pgserver.SuperRole, "postgres"))
	if err != nil {
		return err
	}
	defer super.Close(context.WithoutCancel(ctx))
	if err := super.QueryRow(ctx, `select version(), (select string_agg(name || '=' || setting || coalesce(unit, ''), ' ' order by name) from pg_settings
		where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'max_wal_size', 'wal_sync_method', 'wal_compression', 'checkpoint_timeout'))`).
		Scan(&machine.PostgreSQL, &machine.Settings); err != nil {
		return err
	}
	if c.Profile != "" {
		f, err := os.Create(c.Profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	made := 0
	run := &bench.Run{Only: c.Only, Span: 5 * time.Second, Times: 3, Say: func(what string) { fmt.Fprintln(g.err, what) },
		New: func(ctx context.Context) (bench.Database, func(), error) {
			made++
			name := fmt.Sprintf("bench%d", made)
			owner, server, err := own.Bootstrap(ctx, name)
			if err != nil {
				return bench.Database{}, nil, err
			}
			return bench.Database{OwnerURL: owner, ServerURL: server}, func() {
				_, _ = super.Exec(ctx, `drop database `+name+` with (force)`) // the whole cluster goes at the end
			}, migrate(ctx, owner, server)
		}}
	if c.Quick {
		run.Span, run.Times = time.Second, 1
	}
	if err := run.Log(ctx); err != nil {
		return err
	}
	if c.Evidence != "" {
		if err := c.write(machine, run, g.now()); err != nil {
			return err
		}
	}
	if !g.JSON {
		fmt.Fprintf(g.out, "%s, %d cores, %.0f GiB, %s, %s; 8 KiB to the disk in %s; load before: %s\n%s\n\n%s", machine.Processor, machine.Cores, machine.MemoryGiB, machine.FileSystem,
			machine.PostgreSQL, machine.Flush, machine.LoadAverage, machine.Settings, bench.Table(run.Figures))
		return nil
	}
	text, err := json.MarshalIndent(run.Figures, "", "  ")
	if err != nil {
		return err
	}
	if c.File == "" {
		_, err = g.out.Write(append(text, '\n'))
		return err
	}
	return os.WriteFile(c.File, append(text, '\n'), 0o644)
}

// write keeps the figures with the machine they are of.
func (c *benchTableCmd) write(m bench.Machine, run *bench.Run, on time.Time) error {
	figures := run.Figures
	text, err := json.MarshalIndent(figures, "", "  ")
	if err != nil {
		return err
	}
	page := fmt.Sprintf(`# Figures

Written by andu bench (make bench) on %s.

%s, %d cores, %.0f GiB, kernel %s, %s, %s, %s.
PostgreSQL: %s.
8 KiB reach the disk in %s (median). Load average before: %s.

    %s
Each figure is the median of %d measurements of %s. A target is of the ratio to the base where there is one, else of the value. R1: one INSERT in
each transaction, the best of 1, 8, 32 and 64 clients. R0: binary COPY of 1,000 rows in each transaction on one connection. S0: paged read of 5,000
rows. All by the same driver, into the shipped tables with their indexes; slim is a table of position and record alone. Load generator, server and
PostgreSQL share the machine. What went through the log was read back with its hashes, what the raw limits wrote was counted. tree-cost is an estimate:
what the same hashing takes on one core, by the rate that was reached.

![chart](bench.svg)
`, on.Format(time.DateOnly), m.Processor, m.Cores, m.MemoryGiB, m.Kernel, m.FileSystem, m.PostgreSQL, m.Go, m.Settings, m.Flush, m.LoadAverage,
		strings.ReplaceAll(bench.Table(figures), "\n", "\n    "), run.Times, run.Span)
	if err := os.MkdirAll(c.Evidence, 0o755); err != nil {
		return err
	}
	for name, content := range map[string]string{"bench.json": string(text) + "\n", "bench.svg": bench.Chart(figures), "bench.md": page} {
		if err := os.WriteFile(filepath.Join(c.Evidence, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}
