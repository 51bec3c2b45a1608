// Package pgserver runs a PostgreSQL of Andu's own for an office that has none: it finds the programs that the machine has, makes a
// cluster, starts it as an unprivileged user, and stops it when Andu stops. Nothing is downloaded. An office with a database server of
// its own does not need it, and uses only Bootstrap.
//
// A cluster listens on the loopback interface alone and asks every connection for a password (scram-sha-256). The passwords are
// random; they are kept in the cluster's directory, in files that only the user who runs Andu can read.
package pgserver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrRunning is why a cluster is not started or removed: somebody runs it.
var ErrRunning = errors.New("the PostgreSQL cluster is already running")

// The roles of a cluster. SuperRole only makes databases and roles; OwnerRole owns the database and its schema and is used by
// migrations alone; ServerRole is what the server works as, and owns nothing but the read models that it creates.
const (
	SuperRole  = "andu_super"
	OwnerRole  = "andu_owner"
	ServerRole = "andu"
)

// Config says where a cluster lives and how it is reached.
type Config struct {
	Dir      string            // holds the cluster, its passwords and its lock; made when missing
	Port     int               // on 127.0.0.1; 0 takes a free one
	Logger   *slog.Logger      // receives PostgreSQL's own log; nil drops it
	Settings map[string]string // over Andu's; meant for tests, which need no fsync
}

// Server is a running cluster. Its methods are not safe for concurrent use, except URL and Done.
type Server struct {
	config     Config // Dir is absolute and free of symbolic links, Port is the real one
	passwords  map[string]string
	lock       *os.File    // nil when the cluster is another process's (Attach), or is no longer ours
	postmaster *postmaster // nil when the cluster is another process's
}

// Start starts the cluster in c.Dir, making it first when there is none, and returns when it accepts connections. ctx bounds the
// start, not the life of the cluster: that ends with Close, or with this process, however this process ends.
//
// What a killed predecessor left behind is cleared away. A cluster that somebody still runs is ErrRunning; Attach reaches it.
func Start(ctx context.Context, c Config) (_ *Server, err error) {
	defer wrap(&err, "start PostgreSQL in %s", c.Dir)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	who, err := runAs(c.Dir)
	if err != nil {
		return nil, err
	}
	if c.Dir, err = makeDir(c.Dir, who); err != nil {
		return nil, err
	}
	lock, err := acquire(c.Dir)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			lock.Close()
		}
	}()

	data := filepath.Join(c.Dir, "data")
	bin, err := programs(data)
	if err != nil {
		return nil, err
	}
	passwords, err := loadPasswords(c.Dir)
	if err != nil {
		return nil, err
	}
	if err := clearAway(ctx, data); err != nil {
		return nil, err
	}
	if _, err := os.Stat(data); errors.Is(err, os.ErrNotExist) {
		c.Logger.InfoContext(ctx, "making a PostgreSQL cluster", slog.String("dir", c.Dir))
		if err := initdb(ctx, bin, c.Dir, passwords[SuperRole], who); err != nil {
			return nil, err
		}
	}

	s := &Server{config: c, passwords: passwords, lock: lock}
	for attempt := 1; ; attempt++ {
		if c.Port == 0 {
			if s.config.Port, err = freePort(); err != nil {
				return nil, err
			}
		}
		if s.postmaster, err = launch(ctx, bin, s.config, who); err != nil {
			return nil, err
		}
		if err = s.ready(ctx); err == nil {
			c.Logger.InfoContext(ctx, "PostgreSQL is ready", slog.String("dir", c.Dir), slog.Int("port", s.config.Port))
			return s, nil
		}
		s.kill()
		// Between asking for a free port and PostgreSQL's taking it, another program may have taken it.
		if c.Port != 0 || attempt == 3 || !strings.Contains(err.Error(), "could not bind") {
			return nil, err
		}
	}
}

// Attach returns the cluster that another process on this machine runs in dir. Close of such a Server leaves the cluster running.
func Attach(dir string) (_ *Server, err error) {
	defer wrap(&err, "find the PostgreSQL of %s", dir)
	port, ready := status(dir)
	if !ready {
		return nil, errors.New("no cluster runs there, or it does not accept connections yet")
	}
	passwords, err := loadPasswords(dir)
	if err != nil {
		return nil, err
	}
	return &Server{config: Config{Dir: dir, Port: port}, passwords: passwords}, nil
}

// status reads what the postmaster of dir says about itself. PostgreSQL documents the lines of the file: process, data directory, start
// time, port, socket directory, address, shared memory, status.
func status(dir string) (port int, ready bool) {
	b, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	lines := strings.Split(string(b), "\n")
	if err != nil || len(lines) < 8 || strings.TrimSpace(lines[7]) != "ready" {
		return 0, false
	}
	port, err = strconv.Atoi(lines[3])
	return port, err == nil
}

// Remove deletes the cluster in dir with everything in it, unless somebody runs it.
func Remove(ctx context.Context, dir string) (err error) {
	defer wrap(&err, "remove the PostgreSQL cluster in %s", dir)
	dir, err = filepath.EvalSymlinks(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	lock, err := acquire(dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := clearAway(ctx, filepath.Join(dir, "data")); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// URL is the address of a database of the cluster for one of its roles. It contains the role's password.
func (s *Server) URL(role, database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(role, s.passwords[role]),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(s.config.Port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable", // loopback only
	}
	return u.String()
}

// Passwords are those of the owner's and the server's role.
func (s *Server) Passwords() Passwords {
	return Passwords{Owner: s.passwords[OwnerRole], Server: s.passwords[ServerRole]}
}

// Dir is where the cluster lives.
func (s *Server) Dir() string { return s.config.Dir }

// Port is where the cluster listens, on 127.0.0.1.
func (s *Server) Port() int { return s.config.Port }

// Done is closed when the cluster has ended, whoever ended it. For a cluster of another process it is nil, so it never is.
func (s *Server) Done() <-chan struct{} {
	if s.postmaster == nil {
		return nil
	}
	return s.postmaster.done
}

// Close ends all sessions, rolls back what they had open, and stops the cluster. It says so when the cluster had ended before.
func (s *Server) Close() error {
	if s.lock == nil {
		return nil
	}
	defer s.release()
	s.postmaster.stopping.Store(true)
	// SIGINT is PostgreSQL's fast shutdown; SIGQUIT leaves the rest to recovery at the next start, and is safe too.
	for _, step := range []struct {
		signal os.Signal
		wait   time.Duration
	}{{syscall.SIGINT, time.Minute}, {syscall.SIGQUIT, 10 * time.Second}} {
		_ = s.postmaster.process.Signal(step.signal) // fails only when the process has ended, which done reports
		select {
		case <-s.postmaster.done:
			return s.postmaster.err
		case <-time.After(step.wait):
		}
	}
	s.kill()
	return fmt.Errorf("PostgreSQL in %s did not stop and was killed", s.config.Dir)
}

// Kill ends every process of the cluster with SIGKILL, as a crash of the machine's software would, and returns when none is left.
// What was committed is in the files; Restart recovers it.
func (s *Server) Kill() {
	if s.lock == nil {
		return
	}
	s.kill()
	s.release()
}

// Restart starts the cluster again, on the same port, after Kill, Close or a crash.
func (s *Server) Restart(ctx context.Context) error {
	if s.postmaster == nil {
		return fmt.Errorf("restart PostgreSQL in %s: it belongs to another process", s.config.Dir)
	}
	if s.lock != nil {
		if err := s.Close(); err != nil {
			s.config.Logger.WarnContext(ctx, "PostgreSQL had ended", slog.Any("error", err))
		}
	}
	next, err := Start(ctx, s.config)
	if err != nil {
		return err
	}
	*s = *next
	return nil
}

func (s *Server) release() {
	s.lock.Close()
	s.lock = nil
}

// kill leaves no process behind. The postmaster dies first, so that it cannot replace the others.
func (s *Server) kill() {
	_ = s.postmaster.process.Kill()
	for {
		for _, pid := range processes(filepath.Join(s.config.Dir, "data")) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		select {
		case <-s.postmaster.done:
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// ready waits until the superuser can sign in.
func (s *Server) ready(ctx context.Context) error {
	for {
		if port, ready := status(s.config.Dir); ready && port == s.config.Port {
			conn, err := pgx.Connect(ctx, s.URL(SuperRole, "postgres"))
			if err != nil {
				return fmt.Errorf("sign in with the password in %s: %w", passwordFile(s.config.Dir, SuperRole), err)
			}
			return conn.Close(ctx)
		}
		select {
		case <-s.postmaster.done:
			if s.postmaster.err == nil {
				return errors.New("PostgreSQL was stopped while it started")
			}
			return s.postmaster.err
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// postmaster is PostgreSQL's first process, whose end is the end of the cluster.
type postmaster struct {
	process  *os.Process
	stopping atomic.Bool // we have asked it to end
	done     chan struct{}
	err      error // why it ended, nil after an orderly stop; owned by run until done is closed
}

func launch(ctx context.Context, bin string, c Config, who *syscall.Credential) (*postmaster, error) {
	args := []string{"-D", filepath.Join(c.Dir, "data"), "-p", strconv.Itoa(c.Port)}
	set := settings()
	maps.Copy(set, c.Settings)
	for _, name := range slices.Sorted(maps.Keys(set)) {
		args = append(args, "-c", name+"="+set[name])
	}
	cmd := exec.Command(filepath.Join(bin, "postgres"), args...)
	cmd.Dir = c.Dir
	cmd.Env = environment()
	cmd.SysProcAttr = attributes(who)
	log, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = w, w

	p := &postmaster{done: make(chan struct{})}
	started := make(chan error)
	go p.run(context.WithoutCancel(ctx), cmd, log, c.Logger, started)
	err = <-started
	return p, err
}

// run starts the postmaster and stays with it to its end. The kernel stops the postmaster when the thread that started it ends, which
// makes the cluster end with this process even when this process is killed; so the thread is kept until the postmaster has gone.
func (p *postmaster) run(ctx context.Context, cmd *exec.Cmd, log *os.File, logger *slog.Logger, started chan<- error) {
	runtime.LockOSThread()
	defer close(p.done)
	defer log.Close()
	err := cmd.Start()
	cmd.Stderr.(*os.File).Close()
	p.process = cmd.Process
	started <- err
	if err != nil {
		return
	}
	// The log ends when the last process of the cluster has closed it.
	var last []string
	for r := bufio.NewReader(log); ; {
		line, err := r.ReadString('\n')
		if line = strings.TrimSpace(line); line != "" {
			last = append(last[max(0, len(last)-4):], line)
			level := slog.LevelDebug
			// A session that has not heard yet that its client is gone is ended by our own shutdown: nothing to worry about.
			if !strings.HasPrefix(line, "LOG:") && !(p.stopping.Load() && strings.HasPrefix(line, "FATAL:  terminating connection")) {
				level = slog.LevelWarn
			}
			logger.Log(ctx, level, "postgresql", slog.String("line", line))
		}
		if err != nil {
			break
		}
	}
	if err := cmd.Wait(); err != nil {
		p.err = fmt.Errorf("PostgreSQL ended with %w: %s", err, strings.Join(last, "; "))
	}
}

// settings are given on the command line at every start, so no configuration file and no ALTER SYSTEM overrides them.
func settings() map[string]string {
	return map[string]string{
		"listen_addresses":        "127.0.0.1",
		"unix_socket_directories": "",
		"password_encryption":     "scram-sha-256",
		"max_connections":         "200",
		"timezone":                "UTC",
		"lc_messages":             "C",
		"jit":                     "off", // statements are short; compiling them costs more than it gives

		// An acknowledged event is on the disk.
		"fsync":              "on",
		"full_page_writes":   "on",
		"synchronous_commit": "on",
		"shared_buffers":     "256MB",
		"max_wal_size":       "2GB",

		// PostgreSQL's log never shows what a row contains. An error text may quote a value and a DETAIL quotes whole keys, so errors
		// (which their client gets anyway) stay out of the log, and details and statements with them.
		"log_destination":                   "stderr",
		"logging_collector":                 "off",
		"log_line_prefix":                   "",
		"log_timezone":                      "UTC",
		"log_min_messages":                  "log",
		"log_error_verbosity":               "terse",
		"log_min_error_statement":           "panic",
		"log_statement":                     "none",
		"log_duration":                      "off",
		"log_min_duration_statement":        "-1",
		"log_parameter_max_length":          "0",
		"log_parameter_max_length_on_error": "0",
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// acquire takes the lock of dir, which the kernel releases when this process ends, however it ends.
func acquire(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if holder, _ := io.ReadAll(f); errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w, by process %s", ErrRunning, holder)
		}
		return nil, err
	}
	if err := f.Truncate(0); err != nil {
		f.Close()
		return nil, err
	}
	if _, err := fmt.Fprint(f, os.Getpid()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// clearAway waits for the processes of a predecessor that was killed, which stop by themselves, and removes the postmaster.pid that it
// left. PostgreSQL would refuse that file when an unrelated process has got the same number, as happens in containers.
func clearAway(ctx context.Context, data string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		left := processes(data)
		if len(left) == 0 {
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: not by Andu, but by the processes %v, which do not stop", ErrRunning, left)
		case <-time.After(10 * time.Millisecond):
		}
	}
	if !canSeeProcesses {
		return nil
	}
	if err := os.Remove(filepath.Join(data, "postmaster.pid")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func wrap(err *error, format string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf(format+": %w", append(args, *err)...)
	}
}
