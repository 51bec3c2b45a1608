package pgserver_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"andu/cmd/andu/pgserver"
	"andu/cmd/andu/pgserver/pgtest"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func TestCluster(t *testing.T) {
	s := pgtest.Cluster(t)
	super := connect(t, s.URL(pgserver.SuperRole, "postgres"))

	t.Run("keeps every acknowledged transaction and no row value in its log", func(t *testing.T) {
		got := make(map[string]string)
		for _, name := range []string{
			"fsync", "full_page_writes", "synchronous_commit", "data_checksums", "server_encoding", "password_encryption", "TimeZone",
			"log_statement", "log_min_messages", "log_min_error_statement", "log_error_verbosity", "log_parameter_max_length",
			"log_parameter_max_length_on_error",
		} {
			got[name] = value[string](t, super, `SELECT current_setting($1)`, name)
		}
		got["collation"] = value[string](t, super, `SELECT datcollate FROM pg_database WHERE datname = 'postgres'`)
		want := map[string]string{
			"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "data_checksums": "on",
			"server_encoding": "UTF8", "collation": "C.UTF-8", "password_encryption": "scram-sha-256", "TimeZone": "UTC",
			"log_statement": "none", "log_min_messages": "log", "log_min_error_statement": "panic", "log_error_verbosity": "terse",
			"log_parameter_max_length": "0", "log_parameter_max_length_on_error": "0",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("settings (-want +got):\n%s", diff)
		}
	})

	t.Run("asks for a password", func(t *testing.T) {
		at, err := url.Parse(s.URL(pgserver.SuperRole, "postgres"))
		if err != nil {
			t.Fatal(err)
		}
		at.User = url.UserPassword(pgserver.SuperRole, "guess")
		if _, err := pgx.Connect(t.Context(), at.String()); code(err) != "28P01" {
			t.Errorf("sign-in with a wrong password: %v, want an authentication failure", err)
		}
	})

	t.Run("shows its passwords to nobody else", func(t *testing.T) {
		files, err := filepath.Glob(filepath.Join(s.Dir(), "*.password"))
		if err != nil || len(files) != 3 {
			t.Fatalf("password files: %v, %v; want three", files, err)
		}
		for _, file := range files {
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 || int(info.Sys().(*syscall.Stat_t).Uid) != os.Geteuid() {
				t.Errorf("%s has mode %v and owner %d", file, info.Mode(), info.Sys().(*syscall.Stat_t).Uid)
			}
		}
	})

	t.Run("never runs as root", func(t *testing.T) {
		info, err := os.Stat(filepath.Join(s.Dir(), "data", "postmaster.pid")) // written by the postmaster
		if err != nil {
			t.Fatal(err)
		}
		if info.Sys().(*syscall.Stat_t).Uid == 0 {
			t.Error("PostgreSQL runs as root")
		}
	})

	t.Run("is started once", func(t *testing.T) {
		_, err := pgserver.Start(t.Context(), pgserver.Config{Dir: s.Dir()})
		if !errors.Is(err, pgserver.ErrRunning) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
			t.Errorf("second start: %v, want ErrRunning that names process %d", err, os.Getpid())
		}
		if err := pgserver.Remove(t.Context(), s.Dir()); !errors.Is(err, pgserver.ErrRunning) {
			t.Errorf("removing a running cluster: %v, want ErrRunning", err)
		}
	})

	exec(t, super, `CREATE TABLE paper (number int)`)
	kills := []struct {
		name string
		kill func()
	}{
		{"recovers from kill -9 of the postmaster", func() {
			if err := syscall.Kill(postmaster(t, s), syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			<-s.Done()
			if err := s.Close(); err == nil {
				t.Error("Close of a cluster that was killed says nothing")
			}
		}},
		{"recovers from kill -9 of every process", s.Kill},
		{"recovers from a number that an unrelated process has got", func() {
			s.Kill()
			stale(t, s.Dir(), os.Getpid())
		}},
		{"stops and starts in order", func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}},
	}
	for n, k := range kills {
		t.Run(k.name, func(t *testing.T) {
			conn := connect(t, s.URL(pgserver.SuperRole, "postgres"))
			exec(t, conn, `INSERT INTO paper VALUES (1)`)
			port := s.Port()
			k.kill()
			if err := s.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			if s.Port() != port {
				t.Errorf("port %d, was %d", s.Port(), port)
			}
			conn = connect(t, s.URL(pgserver.SuperRole, "postgres"))
			if got := value[int](t, conn, `SELECT count(*) FROM paper`); got != n+1 {
				t.Errorf("%d rows, want %d", got, n+1)
			}
		})
	}
}

func TestLogShowsNoValues(t *testing.T) {
	t.Parallel()
	dir := pgtest.Cluster(t)
	if err := dir.Close(); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer // read only after Close, when nothing writes to it any more
	s, err := pgserver.Start(t.Context(), pgserver.Config{
		Dir:    dir.Dir(),
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	const secret = "张三的病假条"
	conn := connect(t, s.URL(pgserver.SuperRole, "postgres"))
	exec(t, conn, `CREATE TABLE leave (reason text PRIMARY KEY CHECK (reason <> ''))`)
	for _, sql := range []string{
		`INSERT INTO leave VALUES ($1)`,
		`INSERT INTO leave VALUES ($1)`, // the DETAIL of a duplicate key quotes it
		`SELECT $1::text::int`,          // the text of a bad number quotes it
		`DO $$ BEGIN RAISE WARNING '` + secret + `'; END $$`,
		`DO $$ BEGIN RAISE EXCEPTION '` + secret + `'; END $$`,
	} {
		var args []any
		if strings.Contains(sql, "$1") {
			args = append(args, secret)
		}
		_, _ = conn.Exec(t.Context(), sql, args...) // most are meant to fail
	}
	// A backend that crashes makes the postmaster name what it was doing.
	pid := value[int](t, conn, `SELECT pg_backend_pid()`)
	go conn.Exec(t.Context(), `SELECT pg_sleep(600), '`+secret+`'`)
	watch := connect(t, s.URL(pgserver.SuperRole, "postgres"))
	for !value[bool](t, watch, `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep')`, pid) {
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for err := error(nil); err == nil; err = watch.Ping(t.Context()) { // the crash ends all sessions
	}
	_ = s.Close() // in the middle of a crash it stops, though not in order
	if got := log.String(); !strings.Contains(got, "terminated by signal 9") || strings.Contains(got, secret) {
		t.Errorf("the log should tell of the crash and show no value:\n%s", got)
	}
}

// TestSupervisorKilled runs the cluster in another process, which is this test in its second role.
func TestSupervisorKilled(t *testing.T) {
	if dir := os.Getenv("ANDU_TEST_SUPERVISE"); dir != "" {
		if _, err := pgserver.Start(t.Context(), pgserver.Config{Dir: dir}); err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString("ready\n")
		select {}
	}
	t.Parallel()
	s := pgtest.Cluster(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	supervisor := osexec.Command(os.Args[0], "-test.run=^TestSupervisorKilled$")
	supervisor.Env = append(os.Environ(), "ANDU_TEST_SUPERVISE="+s.Dir())
	supervisor.Stderr = os.Stderr
	out, err := supervisor.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := supervisor.Start(); err != nil {
		t.Fatal(err)
	}
	defer supervisor.Process.Kill()
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the supervisor says %q, %v", line, err)
	}

	if err := s.Restart(t.Context()); !errors.Is(err, pgserver.ErrRunning) {
		t.Errorf("start of another process's cluster: %v, want ErrRunning", err)
	}
	other, err := pgserver.Attach(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, other.URL(pgserver.SuperRole, "postgres"))
	if err := other.Close(); err != nil {
		t.Error(err)
	}
	exec(t, conn, `CREATE TABLE paper ()`) // Close left it running

	if err := supervisor.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = supervisor.Wait() // says that it was killed
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if conn.Ping(t.Context()) == nil {
		t.Error("the cluster survived its supervisor")
	}
	exec(t, connect(t, s.URL(pgserver.SuperRole, "postgres")), `DROP TABLE paper`)
}

func TestRoles(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	owner, server := connect(t, db.OwnerURL), connect(t, db.ServerURL)
	exec(t, owner, `CREATE TABLE event (position bigint PRIMARY KEY, record bytea)`)
	exec(t, owner, `GRANT SELECT, INSERT ON event TO `+pgserver.ServerRole)
	exec(t, owner, `CREATE FUNCTION public.digest() RETURNS int LANGUAGE sql RETURN 1`)

	for _, role := range []*pgx.Conn{owner, server} {
		if value[bool](t, role, `SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls FROM pg_roles WHERE rolname = current_user`) {
			t.Errorf("%s has privileges over the cluster", value[string](t, role, `SELECT current_user`))
		}
	}
	if got := value[string](t, server, `SELECT current_setting('TimeZone')`); got != "UTC" {
		t.Errorf("sessions run in %s, want UTC", got)
	}

	exec(t, server, `INSERT INTO event VALUES (0, 'a')`)
	for _, forbidden := range []string{
		`UPDATE event SET record = 'b'`,
		`DELETE FROM event`,
		`TRUNCATE event`,
		`DROP TABLE event`,
		`ALTER TABLE event ADD COLUMN note text`,
		`CREATE TABLE public.other ()`,
		`CREATE OR REPLACE FUNCTION public.digest() RETURNS int LANGUAGE sql RETURN 2`,
		`DROP SCHEMA public CASCADE`,
		`ALTER DATABASE ` + db.Name + ` SET search_path = evil, public`,
		`DROP DATABASE ` + db.Name,
		`CREATE DATABASE other`,
		`CREATE ROLE other`,
		`SET ROLE ` + pgserver.OwnerRole,
		`SET log_statement = 'all'`,
		`COPY event TO PROGRAM 'cat'`,
	} {
		_, err := server.Exec(t.Context(), forbidden)
		if c := code(err); c != "42501" {
			t.Errorf("%s: %v, want that it is forbidden", forbidden, err)
		}
	}

	// Read models live in schemas of the server's own, and none of these is in the owner's way.
	exec(t, server, `CREATE SCHEMA register_v1 CREATE TABLE entry (number text)`)
	exec(t, server, `CREATE SCHEMA `+pgserver.OwnerRole+` CREATE TABLE event ()`)
	if got := value[string](t, owner, `SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = 'event'::regclass`); got != "public" {
		t.Errorf("the owner finds the table event in the schema %s", got)
	}
}

func TestBootstrapAgain(t *testing.T) {
	t.Parallel()
	s := pgtest.Cluster(t)
	type addresses struct{ Owner, Server string }
	var first addresses
	for n := range 3 {
		var got addresses
		var err error
		if got.Owner, got.Server, err = s.Bootstrap(t.Context(), "office"); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			first = got
			exec(t, connect(t, got.Owner), `CREATE TABLE event ()`)
			// What somebody added by hand is taken back.
			super := connect(t, s.URL(pgserver.SuperRole, "office"))
			exec(t, super, `GRANT CREATE ON SCHEMA public TO PUBLIC; ALTER ROLE `+pgserver.ServerRole+` SUPERUSER`)
			continue
		}
		if diff := cmp.Diff(first, got); diff != "" {
			t.Errorf("run %d (-first +this):\n%s", n, diff)
		}
		if _, err := connect(t, got.Server).Exec(t.Context(), `CREATE TABLE public.other ()`); code(err) != "42501" {
			t.Errorf("run %d: the server may create tables in public: %v", n, err)
		}
		if value[string](t, connect(t, got.Owner), `SELECT 'event'::regclass::text`) != "event" {
			t.Errorf("run %d: the owner's table is gone", n)
		}
	}
}

func TestClosedDirectory(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("only root runs PostgreSQL as another user")
		return
	}
	closed := t.TempDir() // below a folder that is 0700
	_, err := pgserver.Start(t.Context(), pgserver.Config{Dir: filepath.Join(closed, "postgres")})
	if err == nil || !strings.Contains(err.Error(), "chmod o+x "+filepath.Dir(closed)) {
		t.Errorf("start below %s: %v, want the chmod that opens it", closed, err)
	}
	dir, err := pgserver.DefaultDir(closed)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := pgserver.DefaultDir(closed); err != nil || !strings.HasPrefix(dir, "/var/lib/andu-") || again != dir {
		t.Errorf("default directory %s, then %s, %v; want one in /var/lib", dir, again, err)
	}
	open, err := os.MkdirTemp("", "andu")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(open) })
	if err := os.Chmod(open, 0o711); err != nil {
		t.Fatal(err)
	}
	if dir, err := pgserver.DefaultDir(open); err != nil || dir != filepath.Join(open, "postgres") {
		t.Errorf("default directory %s, %v; want it inside %s", dir, err, open)
	}
}

func TestNotInstalled(t *testing.T) {
	// An old cluster needs its own version, whatever else the machine has.
	dir, err := os.MkdirTemp("", "andu")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	data := filepath.Join(dir, "data")
	if err := errors.Join(os.Chmod(dir, 0o711), os.Mkdir(data, 0o700)); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(data, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte("9\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := pgserver.Start(t.Context(), pgserver.Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "made by PostgreSQL 9") {
		t.Errorf("start of an old cluster: %v, want the version it needs", err)
	}
}

func connect(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func exec(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func value[T any](t *testing.T, conn *pgx.Conn, sql string, args ...any) T {
	t.Helper()
	var v T
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func code(err error) string {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code
	}
	return ""
}

func postmaster(t *testing.T, s *pgserver.Server) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(s.Dir(), "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.SplitN(string(b), "\n", 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// stale makes the postmaster.pid in dir name the process pid.
func stale(t *testing.T, dir string, pid int) {
	t.Helper()
	file := filepath.Join(dir, "data", "postmaster.pid")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "\n")
	if err := os.WriteFile(file, []byte(strconv.Itoa(pid)+"\n"+rest), 0o600); err != nil {
		t.Fatal(err)
	}
}
