// Package pgtest gives tests a real PostgreSQL. Nothing has to be set up: the first call in a test binary starts a cluster, which ends
// with the binary, however that ends.
package pgtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"andu/cmd/andu/pgserver"

	"github.com/jackc/pgx/v5"
)

// Database is an empty database, and how to reach it: as its owner, who migrates; as the server; and as a superuser, who plays the
// attacker with access to the database.
type Database struct {
	Name      string
	OwnerURL  string
	ServerURL string
	SuperURL  string
}

// New returns a database for this test alone, which is dropped when the test ends. It is made on the server of
// ANDU_TEST_DATABASE_URL, a superuser's address of a server kept for tests, or on a cluster of pgtest's own. That one answers without
// waiting for a disk, so it survives any crash but the machine's. Where PostgreSQL is not installed the test fails.
func New(t testing.TB) Database {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return s.create(t)
}

func (s server) create(t testing.TB) Database {
	t.Helper()
	var err error
	db := Database{Name: "test_" + strings.ToLower(rand.Text()[:16])}
	db.SuperURL = s.url(db.Name)
	if db.OwnerURL, db.ServerURL, err = pgserver.Bootstrap(t.Context(), s.url("postgres"), db.Name, s.passwords); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(context.Background(), s.url("postgres"), db.Name); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Cluster starts a cluster for this test alone, with the settings of an office's: for tests that kill it. It ends with the test.
func Cluster(t testing.TB) *pgserver.Server {
	t.Helper()
	base, err := folder(os.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	// What binaries left that were killed. A cluster in use refuses to go; one that is only just being made is let alone.
	left, _ := filepath.Glob(filepath.Join(base, "own-*"))
	for _, dir := range left {
		if info, err := os.Stat(dir); err != nil || time.Since(info.ModTime()) < time.Hour {
			continue
		}
		if err := pgserver.Remove(t.Context(), dir); err != nil && !errors.Is(err, pgserver.ErrRunning) {
			t.Fatal(err)
		}
	}
	dir := filepath.Join(base, "own-"+strings.ToLower(rand.Text()[:8]))
	s, err := pgserver.Start(t.Context(), pgserver.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Kill()
		if err := pgserver.Remove(context.Background(), dir); err != nil {
			t.Error(err)
		}
	})
	return s
}

// server is where the databases of this test binary are made.
type server struct {
	url       func(database string) string // for a superuser
	passwords pgserver.Passwords
}

var shared = sync.OnceValues(func() (server, error) {
	if superURL := os.Getenv("ANDU_TEST_DATABASE_URL"); superURL != "" {
		return existing(superURL)
	}
	return slot(context.Background())
})

// existing takes passwords that every test binary of a run derives alike, as all of them use the same two roles.
func existing(superURL string) (server, error) {
	at, err := url.Parse(superURL)
	if err != nil {
		return server{}, fmt.Errorf("ANDU_TEST_DATABASE_URL: %w", err)
	}
	derive := func(role string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(role+superURL)))[:32] }
	return server{
		url: func(database string) string {
			to := *at
			to.Path = "/" + database
			return to.String()
		},
		passwords: pgserver.Passwords{Owner: derive("owner"), Server: derive("server")},
	}, nil
}

// slot starts the first cluster of the machine's pool that no other test binary is using. There are as many as binaries ever ran at
// once, and each is made once, so a run of many packages pays for initdb only the first time.
func slot(ctx context.Context) (server, error) {
	base, err := folder(memory())
	if err != nil {
		return server{}, err
	}
	settings := map[string]string{
		"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off",
		"shared_buffers": "128MB", "max_connections": "300", "min_wal_size": "32MB", "max_wal_size": "128MB",
	}
	for n := 1; ; n++ {
		config := pgserver.Config{Dir: filepath.Join(base, fmt.Sprintf("slot-%d", n)), Settings: settings}
		s, err := pgserver.Start(ctx, config)
		if errors.Is(err, pgserver.ErrRunning) {
			continue
		}
		if err != nil && !errors.Is(err, pgserver.ErrNotInstalled) {
			// Without fsync a power cut can spoil a cluster. Nothing in it is worth keeping.
			if err := pgserver.Remove(ctx, config.Dir); err != nil {
				return server{}, err
			}
			s, err = pgserver.Start(ctx, config)
		}
		if err != nil {
			return server{}, err
		}
		return sweep(ctx, s)
	}
}

// sweep drops the databases that a killed binary left in a slot.
func sweep(ctx context.Context, s *pgserver.Server) (server, error) {
	address := func(database string) string { return s.URL(pgserver.SuperRole, database) }
	conn, err := pgx.Connect(ctx, address("postgres"))
	if err != nil {
		return server{}, err
	}
	defer conn.Close(ctx)
	rows, _ := conn.Query(ctx, `SELECT datname FROM pg_database WHERE datname LIKE 'test\_%'`)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return server{}, err
	}
	for _, name := range names {
		if err := drop(ctx, address("postgres"), name); err != nil {
			return server{}, err
		}
	}
	return server{url: address, passwords: s.Passwords()}, nil
}

func drop(ctx context.Context, superURL, database string) error {
	conn, err := pgx.Connect(ctx, superURL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `DROP DATABASE IF EXISTS `+pgx.Identifier{database}.Sanitize()+` WITH (FORCE)`)
	return err
}

// memory is a folder in memory where there is room for the clusters of a run, which makes a database ten times as fast to make as on
// a disk, or else the folder for temporary files.
func memory() string {
	const shm, room = "/dev/shm", 2 << 30
	var fs syscall.Statfs_t
	if err := syscall.Statfs(shm, &fs); err == nil && int64(fs.Bavail)*int64(fs.Bsize) >= room {
		return shm
	}
	return os.TempDir()
}

// folder is where the clusters of this user's tests live below parent.
func folder(parent string) (string, error) {
	parent = filepath.Join(parent, fmt.Sprintf("andu-pgtest-%d", os.Geteuid()))
	dir, err := pgserver.DefaultDir(parent)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return "", err
	}
	info, err := os.Stat(filepath.Dir(dir))
	if err != nil {
		return "", err
	}
	if owner := info.Sys().(*syscall.Stat_t).Uid; int(owner) != os.Geteuid() {
		return "", fmt.Errorf("%s belongs to user %d: remove it", filepath.Dir(dir), owner)
	}
	return dir, nil
}
