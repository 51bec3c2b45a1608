package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"andu/eventstore"
	"andu/projections"

	"github.com/schollz/progressbar/v3"
)

// print writes a value as JSON, or lets the verb write it for people.
func (g *globals) print(v any, people func(w *tabwriter.Writer)) error {
	if g.JSON {
		enc := json.NewEncoder(g.out)
		enc.SetEscapeHTML(false)
		return enc.Encode(v)
	}
	w := tabwriter.NewWriter(g.out, 0, 4, 2, ' ', 0)
	people(w)
	return w.Flush()
}

// progress is a bar on a terminal's error output, and silent elsewhere.
func (g *globals) progress(total int64, what string) *progressbar.ProgressBar {
	visible := false
	if f, ok := g.err.(*os.File); ok {
		info, err := f.Stat()
		visible = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return progressbar.NewOptions64(total, progressbar.OptionSetWriter(g.err), progressbar.OptionSetVisibility(visible),
		progressbar.OptionSetDescription(what), progressbar.OptionShowIts(), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(),
		progressbar.OptionUseANSICodes(true))
}

type migrateCmd struct {
	storeFlags
}

// Run migrates as the owner; running it again changes nothing.
func (c *migrateCmd) Run(ctx context.Context, g *globals) (err error) {
	own, owner, server, err := g.database(ctx, c.storeFlags)
	if err != nil {
		return err
	}
	if own != nil {
		defer func() { err = errors.Join(err, own.Close()) }()
	}
	if owner == "" {
		return errors.New("migrate needs the owner's address: --owner-url or ANDU_OWNER_URL")
	}
	if err := migrate(ctx, owner, server); err != nil {
		return err
	}
	return g.print(map[string]string{"migrated": version}, func(w *tabwriter.Writer) { fmt.Fprintln(w, "the database is at this version") })
}

type projectionsCmd struct {
	Status  projectionsStatusCmd  `cmd:"" help:"How far each read model is behind the log."`
	Rebuild projectionsRebuildCmd `cmd:"" help:"Make read models anew beside the serving ones, compare, and switch."`
	Digest  projectionsDigestCmd  `cmd:"" help:"Fingerprint of every read model at its position."`
}

type projectionsStatusCmd struct {
	storeFlags
}

// Run lists the read models; exit 1 when one is stopped.
func (c *projectionsStatusCmd) Run(ctx context.Context, g *globals) error {
	return g.withHouse(ctx, c.storeFlags, openOptions{ours: true, readOnly: true}, func(h *house) error {
		list, err := h.read.Status(ctx)
		if err != nil {
			return err
		}
		type view struct {
			Name       string    `json:"name"`
			State      string    `json:"state"`
			Fault      string    `json:"fault,omitempty"`
			Position   int64     `json:"position"`
			Head       int64     `json:"head"`
			Lag        int64     `json:"lag"`
			Behind     float64   `json:"behind_seconds"`
			CompleteTo time.Time `json:"complete_to"`
		}
		stopped := false
		views := make([]view, len(list))
		for i, s := range list {
			views[i] = view{s.Namespace, string(s.State), s.Fault, int64(s.Position), int64(s.Head), s.Lag, s.Behind.Seconds(), s.RecordedAt}
		}
		err = g.print(views, func(w *tabwriter.Writer) {
			fmt.Fprintln(w, "projection\tstate\tposition\thead\tlag\tbehind\tcomplete up to")
			for _, s := range list {
				fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%s\t%s\n", s.Namespace, s.State, s.Position, s.Head, s.Lag, s.Behind, s.RecordedAt.Format("2006-01-02 15:04:05.000000Z07:00"))
			}
		})
		for _, s := range list {
			stopped = stopped || s.State == projections.Stopped
		}
		if err == nil && stopped {
			return errFinding
		}
		return err
	})
}

type projectionsRebuildCmd struct {
	storeFlags
	Names    []string `arg:"" optional:"" help:"Read models; none: all."`
	PageSize int      `help:"Events in one transaction, 1 to 2048." default:"2048"`
	Force    bool     `help:"Switch although the new rows differ."`
}

// rebuiltView is one line of the answer.
type rebuiltView struct {
	Name     string `json:"name"`
	Position int64  `json:"position"`
	Rows     int64  `json:"rows"`
	Old      string `json:"old"`
	New      string `json:"new"`
	Equal    bool   `json:"equal"`
	Switched bool   `json:"switched"`
}

// Run rebuilds; exit 1 when a read model was not what the log says.
func (c *projectionsRebuildCmd) Run(ctx context.Context, g *globals) error {
	return g.withHouse(ctx, c.storeFlags, openOptions{ours: true, readOnly: true, pageSize: c.PageSize}, func(h *house) error {
		names := c.Names
		if len(names) == 0 {
			for _, p := range readModels() {
				names = append(names, p.Name)
			}
		}
		keep, stop := context.WithCancel(ctx)
		defer stop()
		kept := make(chan error, 1)
		go func() { kept <- h.read.Run(keep) }() // the serving rows are kept up while the new ones are made
		var done []rebuiltView
		differs := false
		for _, name := range names {
			if err := h.shows(ctx, name); err != nil {
				return fmt.Errorf("wait for the serving rows of %s: %w", name, err)
			}
		}
		bar := g.progress(-1, "重建 rebuild")
		err := h.read.RebuildAll(ctx, names, projections.RebuildOptions{Force: c.Force, Progress: func(at, target eventstore.Position) {
			bar.ChangeMax64(int64(target) + 1)
			_ = bar.Set64(int64(at) + 1) // a bar that cannot be drawn stops nothing
		}}, func(name string, r projections.Rebuilt, err error) error {
			if err != nil && !errors.Is(err, projections.ErrDiffers) {
				return err
			}
			differs = differs || !r.Equal()
			done = append(done, rebuiltView{name, int64(r.New.Position), r.New.Rows, r.Old.SHA256, r.New.SHA256, r.Equal(), r.Switched})
			return nil
		})
		if err != nil {
			return err
		}
		_ = bar.Finish()
		stop()
		if err := <-kept; err != nil {
			return err
		}
		err = g.print(done, func(w *tabwriter.Writer) {
			fmt.Fprintln(w, "projection\tposition\trows\tbefore\tafter\t")
			for _, r := range done {
				verdict := "equal"
				if !r.Equal {
					verdict = "DIFFERS"
				}
				fmt.Fprintf(w, "%s\t%d\t%d\t%.12s\t%.12s\t%s\n", r.Name, r.Position, r.Rows, r.Old, r.New, verdict)
			}
		})
		if err == nil && differs {
			return errFinding
		}
		return err
	})
}

// shows waits until a read model shows what is recorded now, or is stopped.
func (h *house) shows(ctx context.Context, name string) error {
	head, err := h.store.Head(ctx)
	if err != nil {
		return err
	}
	err = h.read.Wait(ctx, head, name)
	if stale, ok := errors.AsType[*projections.StaleError](err); ok && stale.Fault != "" {
		return nil
	}
	return err
}

type projectionsDigestCmd struct {
	storeFlags
}

// Run prints the digests.
func (c *projectionsDigestCmd) Run(ctx context.Context, g *globals) error {
	return g.withHouse(ctx, c.storeFlags, openOptions{ours: true, readOnly: true}, func(h *house) error {
		type view struct {
			Name     string `json:"name"`
			Position int64  `json:"position"`
			Rows     int64  `json:"rows"`
			SHA256   string `json:"sha256"`
		}
		var list []view
		for _, p := range readModels() {
			d, err := h.read.Digest(ctx, p.Name)
			if err != nil {
				return err
			}
			list = append(list, view{p.Name, int64(d.Position), d.Rows, d.SHA256})
		}
		return g.print(list, func(w *tabwriter.Writer) {
			fmt.Fprintln(w, "projection\tposition\trows\tSHA-256")
			for _, d := range list {
				fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", d.Name, d.Position, d.Rows, d.SHA256)
			}
		})
	})
}

type logCmd struct {
	Stats logStatsCmd `cmd:"" help:"Events by type, streams, size, first and last."`
}

type logStatsCmd struct {
	storeFlags
}

// logStats is what log stats prints.
type logStats struct {
	Log       string           `json:"log"`
	Simulated bool             `json:"simulated"`
	Events    int64            `json:"events"`
	Bytes     int64            `json:"bytes"`
	Streams   int              `json:"streams"`
	Gapless   bool             `json:"gapless"`
	First     string           `json:"first_recorded_at"`
	Last      string           `json:"last_recorded_at"`
	Types     map[string]int64 `json:"types"`
}

// Run reads the whole log; exit 1 when its positions have a gap.
func (c *logStatsCmd) Run(ctx context.Context, g *globals) error {
	return g.withHouse(ctx, c.storeFlags, openOptions{ours: true, readOnly: true}, func(h *house) error {
		s := logStats{Log: h.store.LogID(), Types: map[string]int64{}, Gapless: true}
		streams := map[string]bool{}
		after := eventstore.Before
		for {
			page, err := h.store.ReadAll(ctx, after, 2048)
			if err != nil {
				return err
			}
			if len(page.Records) == 0 {
				break
			}
			for _, r := range page.Records {
				s.Gapless = s.Gapless && int64(r.Position) == s.Events
				if s.Events == 0 {
					s.First = r.Header.RecordedAt.Format("2006-01-02T15:04:05.000000Z07:00")
				}
				s.Last = r.Header.RecordedAt.Format("2006-01-02T15:04:05.000000Z07:00")
				s.Events++
				s.Bytes += int64(len(r.Raw))
				s.Types[r.Header.Type]++
				streams[r.Header.Stream] = true
			}
			after = page.Last()
		}
		s.Streams = len(streams)
		var err error
		if s.Simulated, err = h.simulated(ctx); err != nil {
			return err
		}
		err = g.print(s, func(w *tabwriter.Writer) {
			fmt.Fprintf(w, "log\t%s\nsimulated\t%v\nevents\t%d\nbytes\t%d\nstreams\t%d\ngapless\t%v\nfirst\t%s\nlast\t%s\n", s.Log, s.Simulated, s.Events, s.Bytes, s.Streams, s.Gapless, s.First, s.Last)
			for _, t := range sortedKeys(s.Types) {
				fmt.Fprintf(w, "%s\t%d\n", t, s.Types[t])
			}
		})
		if err == nil && !s.Gapless {
			return errFinding
		}
		return err
	})
}

type keysCmd struct {
	Create keysCreateCmd `cmd:"" help:"Make the record keys of a new log."`
	Backup keysBackupCmd `cmd:"" help:"Write a copy of the wrapped record keys; keep the master key apart."`
}

type keysCreateCmd struct{}

// Run makes the keys, and refuses where there are some.
func (c *keysCreateCmd) Run(g *globals) error {
	dir := filepath.Join(g.DataDir, "keys")
	ring, err := openNewKeys(dir)
	if err != nil {
		return err
	}
	defer ring.Close()
	return g.print(map[string]string{"keys": dir}, func(w *tabwriter.Writer) {
		fmt.Fprintf(w, "record keys in %s: keep a copy of the master key apart from every copy of the database\n", dir)
	})
}

type keysBackupCmd struct {
	File string `arg:"" help:"File to write; it must not exist."`
}

// Run writes the backup, readable by its owner alone.
func (c *keysBackupCmd) Run(g *globals) error {
	ring, err := openKeys(filepath.Join(g.DataDir, "keys"), true)
	if err != nil {
		return err
	}
	defer ring.Close()
	f, err := os.OpenFile(c.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(ring.Backup(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	return g.print(map[string]string{"backup": c.File}, func(w *tabwriter.Writer) { fmt.Fprintln(w, "record keys written to", c.File) })
}

// withHouse opens the store for one verb.
func (g *globals) withHouse(ctx context.Context, f storeFlags, o openOptions, do func(*house) error) (err error) {
	if _, err := os.Stat(g.DataDir); o.readOnly && f.DatabaseURL == "" && err != nil {
		return fmt.Errorf("there is no store in %s: %w", g.DataDir, err)
	}
	h, err := g.open(ctx, f, g.now, "server", o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	return do(h)
}
