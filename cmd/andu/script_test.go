package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"andu/cmd/andu/pgserver/pgtest"
	"andu/domain/documents"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs the command line as people do, against one server that has a few days of demonstration. What a script
// finds is in its environment: SERVER, the server's address; HOUSE, its data directory; PAPER and CASE, a paper that was
// instructed and the case of its instruction; the database as ANDU_DATABASE_URL and ANDU_OWNER_URL.
func TestScripts(t *testing.T) {
	db, house := pgtest.New(t), dataDir(t)
	runs(t, exitClean, append(append([]string{"demo"}, on(db, house)...), days...)...)
	paper, instruction := "", ""
	for _, r := range records(t, storeFlags{DatabaseURL: db.ServerURL}, house) {
		if e, ok := r.Event.(documents.Instructed); ok {
			paper, instruction = r.Stream, e.Case
			break
		}
	}
	server := serve(t, "--demo", "--data-dir", house, "--database-url", db.ServerURL, "--owner-url", db.OwnerURL)
	t.Run("script", func(t *testing.T) { // returns when all scripts have
		testscript.Run(t, testscript.Params{
			Dir: "testdata/script",
			Setup: func(e *testscript.Env) error {
				e.Vars = append(e.Vars, "SERVER="+server.url, "HOUSE="+house, "PAPER="+paper, "CASE="+instruction, "LANG=en_US.UTF-8",
					"ANDU_DATA_DIR="+e.WorkDir+"/data", "ANDU_DATABASE_URL="+db.ServerURL, "ANDU_OWNER_URL="+db.OwnerURL)
				return nil
			},
			Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "windows": windows},
		})
	})
	if said := server.stop(); said != "" {
		t.Errorf("the operator was told:\n%s", said)
	}
}

// exits runs a command that must end with an exit code: exits 1 andu policy blanks.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code command [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	var ended *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &ended) {
		if ended.ExitCode() != want {
			ts.Fatalf("exit code %d, want %d", ended.ExitCode(), want)
		}
	} else if ts.Check(err); want != 0 {
		ts.Fatalf("exit code 0, want %d", want)
	}
}

// windows writes a file as a spreadsheet of Windows does, with a byte order mark and CRLF: windows from to.
func windows(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: windows from to")
	}
	text := bytes.ReplaceAll([]byte("\ufeff"+ts.ReadFile(args[0])), []byte("\n"), []byte("\r\n"))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), text, 0o600))
}
