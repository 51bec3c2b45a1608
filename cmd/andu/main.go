// Command andu (案牍) keeps the records of a government office. One binary is the server, the clerk's and the auditor's
// command line and the operator's tools: see andu --help.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // civil dates do not depend on what the machine has installed

	"github.com/alecthomas/kong"
)

// version is set by the Makefile.
var version = "development"

// Exit codes, the same for every verb.
const (
	exitClean   = 0
	exitFinding = 1 // something was found: a gap, a difference, a rejected row
	exitFailed  = 2 // it could not be done
)

// errFinding ends a verb that did its work and found something.
var errFinding = errors.New("finding")

// globals are the flags that every verb knows.
type globals struct {
	DataDir string `help:"Directory of keys, client settings and, if Andu runs its own, of PostgreSQL." default:".andu" env:"ANDU_DATA_DIR" type:"path"`
	JSON    bool   `help:"Print data as JSON." name:"json"`
	Verbose bool   `help:"Tell the operator more." short:"v"`

	out    io.Writer
	err    io.Writer
	logger *slog.Logger
	now    func() time.Time
}

// cli is the manual: verbs that act are clients of a server, verbs that look after the store open it themselves.
type cli struct {
	globals

	Serve   serveCmd         `cmd:"" help:"Run the server: log, read models, API and pages."`
	Init    initCmd          `cmd:"" help:"Set up an office with its three officers and their first passwords."`
	Migrate migrateCmd       `cmd:"" help:"Bring the database to this version, as its owner."`
	Demo    demoCmd          `cmd:"" help:"Write the deterministic history of a demonstration office into an empty log."`
	Version kong.VersionFlag `help:"Print the version."`

	Login    loginCmd    `cmd:"" group:"Clients of a server" help:"Sign in to a server and keep the session in the data directory."`
	Import   importCmd   `cmd:"" group:"Clients of a server" help:"Bring in a register of incoming papers or calendar notices."`
	Policy   policyCmd   `cmd:"" group:"Clients of a server" help:"List, compare and publish the office's rules."`
	Timeline timelineCmd `cmd:"" group:"Clients of a server" help:"Tell the history of one record."`
	Trace    traceCmd    `cmd:"" group:"Clients of a server" help:"Tell all that the records say about one paper."`
	Asof     asofCmd     `cmd:"" group:"Clients of a server" help:"Show a record as it was at a time, as known at a time."`
	Explain  explainCmd  `cmd:"" group:"Clients of a server" help:"Take a decision again and name every rule it read."`
	Leave    leaveCmd    `cmd:"" group:"Clients of a server" help:"List one's leave, outings and trips, and who is away now."`
	Duty     dutyCmd     `cmd:"" group:"Clients of a server" help:"Tell who is responsible for the watch: now, at an instant, or through a span of days."`
	Gaps     gapsCmd     `cmd:"" group:"Clients of a server" help:"Check that a series of numbers is complete."`

	Projections projectionsCmd `cmd:"" group:"The store" help:"Look after the read models."`
	Log         logCmd         `cmd:"" group:"The store" help:"Look at the log."`
	Recheck     recheckCmd     `cmd:"" group:"The store" help:"Decide every event again, by rules of its own, and list what does not follow."`
	Bench       benchCmd       `cmd:"" group:"The store" help:"Measure: the log against the raw limits, and the national morning."`
	Keys        keysCmd        `cmd:"" group:"The store" help:"Create and back up the record keys."`
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is main without the process, so that tests can call it.
func run(args []string, out, errOut io.Writer) int { return runAt(time.Now, args, out, errOut) }

// runAt is run by a clock.
func runAt(now func() time.Time, args []string, out, errOut io.Writer) int {
	c := cli{globals: globals{out: out, err: errOut, now: now}}
	code := -1
	parser, err := kong.New(&c, kong.Name("andu"), kong.Description("案牍 Andu, the record-keeper of a government office."),
		kong.Vars{"version": version}, kong.UsageOnError(), kong.Writers(out, errOut), kong.Exit(func(n int) { code = n; panic(exited{}) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(errOut, "andu:", err)
		return exitFailed
	}
	kctx, done := parse(parser, args)
	if done {
		if code > 0 {
			return exitFailed
		}
		return exitClean
	}
	level := slog.LevelWarn
	if c.Verbose {
		level = slog.LevelInfo
	}
	c.logger = slog.New(slog.NewTextHandler(errOut, &slog.HandlerOptions{Level: level}))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	kctx.BindTo(ctx, (*context.Context)(nil))
	switch err := kctx.Run(&c.globals); {
	case err == nil:
		return exitClean
	case errors.Is(err, errFinding):
		return exitFinding
	default:
		fmt.Fprintln(errOut, "andu:", err)
		return exitFailed
	}
}

type exited struct{}

// parse reads the command line; done says that the parser has answered (help, version, a mistake) and nothing is to run.
func parse(parser *kong.Kong, args []string) (kctx *kong.Context, done bool) {
	defer func() {
		if v := recover(); v != nil {
			if _, ok := v.(exited); !ok {
				panic(v)
			}
			done = true
		}
	}()
	kctx, err := parser.Parse(args)
	parser.FatalIfErrorf(err)
	return kctx, false
}
