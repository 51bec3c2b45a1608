package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"andu/api/sheets"
	"andu/commands"
	"andu/domain/imports"
)

// importFile is a table that is brought in: what its rows enter is decided by the server, row by row, as if whoever is
// signed in had typed it.
type importFile struct {
	clientFlags
	File     string `arg:"" optional:"" help:"CSV (UTF-8 or GB 18030) or XLSX; the headings may be Chinese or English." type:"path"`
	Template string `help:"Write an empty table with its headings and an example instead, as .csv or .xlsx." type:"path" placeholder:"FILE"`
	DryRun   bool   `help:"Only say what would become of each row."`
}

type (
	importOrgCmd      struct{ importFile }
	importRegisterCmd struct{ importFile }
	importLeaveCmd    struct{ importFile }
)

// Run brings an organisation in. Units, posts and appointments are the security administrator's to enter, persons and
// accounts the system administrator's: what is left for the other is named, and the file is brought in by him then.
func (c *importOrgCmd) Run(ctx context.Context, g *globals) error {
	return c.bringIn(ctx, g, imports.Org, 1000)
}

// Run transcribes an old register: its papers keep their numbers, and open ones their lead, time limit and holders.
func (c *importRegisterCmd) Run(ctx context.Context, g *globals) error {
	return c.bringIn(ctx, g, imports.Register, 50)
}

// Run opens what each person has left of each sort of leave.
func (c *importLeaveCmd) Run(ctx context.Context, g *globals) error {
	return c.bringIn(ctx, g, imports.Leave, 50)
}

// sentRows is a part of a file as the server takes it.
type sentRows struct {
	File   string         `json:"file"`
	Digest string         `json:"digest"` // SHA-256 of the whole file, hex
	Total  int            `json:"total"`  // rows of the whole file
	Try    bool           `json:"try"`
	Rows   []commands.Row `json:"rows"`
}

// importedRow is what became of a row.
type importedRow struct {
	Sheet   string           `json:"sheet,omitempty"`
	Line    int              `json:"line"`
	Outcome commands.Outcome `json:"outcome"`
	Code    string           `json:"code,omitempty"`
	Reason  string           `json:"reason,omitempty"`
	For     string           `json:"for,omitempty"`
	Login   string           `json:"login,omitempty"`
	First   string           `json:"first_password,omitempty"`
}

// broughtIn is what became of a file.
type broughtIn struct {
	Import   string        `json:"import,omitempty"`
	File     string        `json:"file"`
	Rows     int           `json:"rows"`
	Accepted int           `json:"accepted"`
	Skipped  int           `json:"skipped"`
	Rejected int           `json:"rejected"`
	Left     int           `json:"left"`
	Ignored  []string      `json:"ignored_columns"`
	Details  []importedRow `json:"details"`
}

func (c *importFile) bringIn(ctx context.Context, g *globals, kind string, atOnce int) error {
	if c.Template != "" {
		table, err := sheets.Template(kind, c.Template)
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.Template, table, 0o644); err != nil {
			return err
		}
		return g.print(map[string]string{"template": c.Template}, func(w *tabwriter.Writer) { fmt.Fprintln(w, c.Template) })
	}
	if c.File == "" {
		return errors.New("name a file, or --template for an empty one")
	}
	data, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	rows, ignored, err := sheets.Read(kind, c.File, data)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if kind == imports.Org && len(rows) > atOnce {
		return fmt.Errorf("%s: %d rows; an organisation of more than %d is brought in by several files", c.File, len(rows), atOnce)
	}
	cl, err := g.connect(c.clientFlags)
	if err != nil {
		return err
	}
	cl.http.Timeout = 5 * time.Minute // a file of accounts is as many passwords to be made
	sum := sha256.Sum256(data)
	out := broughtIn{File: filepath.Base(c.File), Rows: len(rows), Ignored: append([]string{}, ignored...), Details: []importedRow{}}
	bar := g.progress(int64(len(rows)), "导入 import")
	for part := range slices.Chunk(rows, atOnce) {
		send := make([]commands.Row, len(part))
		for i, row := range part {
			send[i] = commands.Row(row)
		}
		var answer struct {
			Import string        `json:"import"`
			Rows   []importedRow `json:"rows"`
		}
		if _, err := cl.do(ctx, request{method: http.MethodPost, path: "/imports/" + kind,
			body: sentRows{File: out.File, Digest: hex.EncodeToString(sum[:]), Total: len(rows), Try: c.DryRun, Rows: send}}, &answer); err != nil {
			return fmt.Errorf("%s, from line %d: %w", c.File, part[0].Line, err)
		}
		if answer.Import != "" {
			out.Import = answer.Import
		}
		out.Details = append(out.Details, answer.Rows...)
		_ = bar.Add(len(part)) // a bar that cannot be drawn stops nothing
	}
	_ = bar.Finish()
	for _, row := range out.Details {
		switch row.Outcome {
		case commands.Accepted:
			out.Accepted++
		case commands.Skipped:
			out.Skipped++
		case commands.Left:
			out.Left++
		default:
			out.Rejected++
		}
	}
	err = g.print(out, func(w *tabwriter.Writer) { out.tell(w, c.DryRun) })
	if err == nil && out.Rejected > 0 {
		return errFinding
	}
	return err
}

// tell says what became of the file, and row by row what was not entered and why.
func (b broughtIn) tell(w *tabwriter.Writer, try bool) {
	if try {
		fmt.Fprintln(w, "dry run: nothing was entered")
	}
	fmt.Fprintf(w, "rows\t%d\naccepted\t%d\nskipped\t%d\nrejected\t%d\nleft\t%d\n", b.Rows, b.Accepted, b.Skipped, b.Rejected, b.Left)
	if len(b.Ignored) > 0 {
		fmt.Fprintf(w, "columns not read\t%s\n", strings.Join(b.Ignored, ", "))
	}
	if b.Import != "" {
		fmt.Fprintf(w, "import\t%s\n", b.Import)
	}
	left := map[string]int{}
	told := false
	for _, row := range b.Details {
		where := fmt.Sprintf("line %d", row.Line)
		if row.Sheet != "" {
			where = row.Sheet + " " + where
		}
		switch {
		case row.Outcome == commands.Rejected:
			fmt.Fprintf(w, "%s\t%s\t%s\n", where, row.Code, row.Reason)
		case row.Outcome == commands.Left:
			left[row.For]++
		case row.First != "":
			if !told {
				told = true
				fmt.Fprintln(w, "First passwords, told once and to be changed at the first sign-in:")
			}
			fmt.Fprintf(w, "%s\t%s\t%s\n", where, row.Login, row.First)
		}
	}
	for _, officer := range sortedKeys(left) {
		fmt.Fprintf(w, "left for the %s\t%d rows: he brings the same file in\n", officer, left[officer])
	}
}

type importListCmd struct{ clientFlags }

// Run lists the imports, the latest first.
func (c *importListCmd) Run(ctx context.Context, g *globals) error {
	var out struct {
		Imports []struct {
			ID      string    `json:"id"`
			Kind    string    `json:"kind"`
			File    string    `json:"file"`
			Digest  string    `json:"digest"`
			Rows    int       `json:"rows"`
			Entered int       `json:"entered"`
			At      time.Time `json:"at"`
			State   string    `json:"state"`
			Reason  string    `json:"reason,omitempty"`
		} `json:"imports"`
	}
	here, err := time.LoadLocation(zone)
	if err != nil {
		return err
	}
	return g.ask(ctx, c.clientFlags, request{path: "/imports"}, &out, func(w *tabwriter.Writer) {
		fmt.Fprintln(w, "import\tkind\tfile\tsha256\tentered\tat\tstate")
		for _, i := range out.Imports {
			fmt.Fprintf(w, "%s\t%s\t%s\t%.12s\t%d of %d\t%s\t%s\n", i.ID, i.Kind, i.File, i.Digest, i.Entered, i.Rows, i.At.In(here).Format("2006-01-02 15:04"), i.State)
		}
	})
}

type importWithdrawCmd struct {
	clientFlags
	ID     string `arg:"" help:"Id of the import, as andu import list names it."`
	Reason string `help:"Why the import was wrong; needed to begin."`
}

// Run takes everything back that the import wrote; exit 1 when something was built upon it, or another officer has to go
// on.
func (c *importWithdrawCmd) Run(ctx context.Context, g *globals) error {
	cl, err := g.connect(c.clientFlags)
	if err != nil {
		return err
	}
	cl.http.Timeout = 5 * time.Minute
	var out struct {
		Undone int            `json:"undone"`
		Left   map[string]int `json:"left"`
		Done   bool           `json:"done"`
	}
	if _, err := cl.do(ctx, request{method: http.MethodPost, path: "/imports/" + c.ID + "/withdrawal", body: map[string]string{"reason": c.Reason}}, &out); err != nil {
		var p *problemError
		if errors.As(err, &p) && p.Code == imports.ErrStands.Code {
			fmt.Fprintln(g.err, "andu:", err)
			return errFinding
		}
		return err
	}
	err = g.print(out, func(w *tabwriter.Writer) {
		fmt.Fprintf(w, "taken back\t%d\n", out.Undone)
		for _, officer := range sortedKeys(out.Left) {
			fmt.Fprintf(w, "left for the %s\t%d: he withdraws the same import\n", officer, out.Left[officer])
		}
		if out.Done {
			fmt.Fprintln(w, "nothing of the import stands any more")
		}
	})
	if err == nil && !out.Done {
		return errFinding
	}
	return err
}
