package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"andu/cmd/andu/pgserver"
	"andu/cmd/andu/pgserver/pgtest"
	"andu/domain"
	"andu/eventstore"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain puts andu itself into the PATH of the tests, which run it as a process of its own, by the machine's clock or by
// one that is ahead of it.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"andu": main, "andu-ahead": func() {
		ahead, err := time.ParseDuration(os.Getenv("ANDU_TEST_AHEAD"))
		if err != nil {
			panic(err)
		}
		os.Exit(runAt(func() time.Time { return time.Now().Add(ahead) }, os.Args[1:], os.Stdout, os.Stderr))
	}})
}

// dataDir is a fresh data directory. A PostgreSQL of its own goes with it, wherever it had to live.
func dataDir(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	t.Cleanup(func() {
		cluster, err := pgserver.DefaultDir(dir)
		if err == nil {
			err = pgserver.Remove(context.Background(), cluster)
		}
		if err != nil {
			t.Error(err)
		}
	})
	return dir
}

// runs carries out a verb in this process and gives what it printed; it must end with the code.
func runs(t *testing.T, code int, args ...string) string {
	t.Helper()
	var out, errOut bytes.Buffer
	if got := run(args, &out, &errOut); got != code {
		t.Fatalf("andu %s: exit %d, want %d\n%s%s", strings.Join(args, " "), got, code, &out, &errOut)
	}
	return out.String()
}

// fails carries out a verb that cannot be done, and gives what the operator was told.
func fails(t *testing.T, args ...string) string {
	t.Helper()
	var out, errOut bytes.Buffer
	if got := run(args, &out, &errOut); got != exitFailed {
		t.Fatalf("andu %s: exit %d, want %d\n%s%s", strings.Join(args, " "), got, exitFailed, &out, &errOut)
	}
	return errOut.String()
}

// on are the flags of a verb that works on a database of the test's, with keys in a directory of its own.
func on(db pgtest.Database, dir string) []string {
	return []string{"--data-dir", dir, "--database-url", db.ServerURL, "--owner-url", db.OwnerURL}
}

// days are a few days of demonstration: a Monday to a Wednesday.
var days = []string{"--from", "2026-03-02", "--until", "2026-03-05"}

// records is the whole log, decoded, as a verb that only reads finds it.
func records(t *testing.T, f storeFlags, dir string) (all []domain.Recorded) {
	t.Helper()
	g := &globals{DataDir: dir, out: io.Discard, err: io.Discard, logger: slog.New(slog.DiscardHandler), now: time.Now}
	err := g.withHouse(t.Context(), f, openOptions{ours: true, readOnly: true}, func(h *house) error {
		for after := eventstore.Before; ; {
			page, err := h.store.ReadAll(t.Context(), after, 2048)
			if err != nil || len(page.Records) == 0 {
				return err
			}
			for _, rec := range page.Records {
				r, err := h.handler.Decode(rec)
				if err != nil {
					return err
				}
				all = append(all, r)
			}
			after = page.Last()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// served is a server in a process of its own.
type served struct {
	t   *testing.T
	cmd *exec.Cmd
	url string
	err *lockedBuffer // what the operator saw
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}
func (l *lockedBuffer) String() string { l.mu.Lock(); defer l.mu.Unlock(); return l.b.String() }

var greeting = regexp.MustCompile(`https?://\S+`)

// serve starts a server and returns when it serves.
func serve(t *testing.T, args ...string) *served {
	t.Helper()
	return start(t, exec.Command("andu", slices.Concat(serving, args)...))
}

// serveAhead is serve by a clock that is ahead of the machine's.
func serveAhead(t *testing.T, ahead time.Duration, args ...string) *served {
	t.Helper()
	cmd := exec.Command("andu-ahead", slices.Concat(serving, args)...)
	cmd.Env = append(os.Environ(), "ANDU_TEST_AHEAD="+ahead.String())
	return start(t, cmd)
}

var serving = []string{"serve", "--addr", "127.0.0.1:0", "--admin-addr="}

func start(t *testing.T, cmd *exec.Cmd) *served {
	t.Helper()
	s := &served{t: t, cmd: cmd, err: &lockedBuffer{}}
	s.cmd.Stderr = s.err
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if s.url = greeting.FindString(lines.Text()); s.url != "" {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return s
		}
	}
	t.Fatalf("the server did not come up: %v\n%s", s.cmd.Wait(), s.err)
	return nil
}

// kill ends the server at once, wherever it stands.
func (s *served) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// stop ends the server in order, and gives what the operator saw.
func (s *served) stop() string {
	s.t.Helper()
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		s.t.Fatalf("the server did not stop in order: %v\n%s", err, s.err)
	}
	return s.err.String()
}

// decode reads JSON.
func decode(t *testing.T, text []byte, out any) {
	t.Helper()
	if err := json.Unmarshal(text, out); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}
