package main

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestOpening opens an office from nothing by the command line, as docs/opening.md says. OFFICE is an empty data directory,
// REPO the repository; serves starts the server and sets SERVER, first takes a first password from what was printed.
func TestOpening(t *testing.T) {
	office := dataDir(t)
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	t.Run("script", func(t *testing.T) { // returns when the script has
		testscript.Run(t, testscript.Params{
			Dir: "testdata/opening",
			Setup: func(e *testscript.Env) error {
				e.Vars = append(e.Vars, "OFFICE="+office, "REPO="+repo, "LANG=en_US.UTF-8", "ANDU_DATABASE_URL=", "ANDU_OWNER_URL=")
				return nil
			},
			Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits,
				"serves": func(ts *testscript.TestScript, _ bool, args []string) {
					ts.Setenv("SERVER", start(t, exec.Command("andu", slices.Concat(serving, args)...)).url)
				},
				"first": func(ts *testscript.TestScript, _ bool, args []string) {
					if len(args) != 2 {
						ts.Fatalf("usage: first login variable")
					}
					found := regexp.MustCompile(`(?m)\s` + regexp.QuoteMeta(args[0]) + `\s+(\S+)\s*$`).FindStringSubmatch(ts.ReadFile("stdout"))
					if found == nil {
						ts.Fatalf("no first password of %s was told", args[0])
					}
					ts.Setenv(args[1], found[1])
				}},
		})
	})
	t.Logf("an office was opened by the command line in %v", time.Since(began).Round(time.Second))
}
