package pgserver

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

// ErrNotInstalled means that the machine has no PostgreSQL that Andu can use.
var ErrNotInstalled = errors.New("PostgreSQL 15 or later is not installed (Debian: apt-get install postgresql; macOS: brew install postgresql)")

// oldest is the first major version that Andu is tested with.
const oldest = 15

// places are the folders where distributions put PostgreSQL's programs, besides PATH.
var places = []string{
	"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
	"/usr/pgsql-*/bin",          // Red Hat, openEuler, Kylin
	"/usr/lib/postgresql*/bin",  // SUSE
	"/usr/libexec/postgresql*",  // Alpine
	"/usr/local/pgsql/bin",      // built from source
	"/opt/homebrew/opt/postgresql*/bin",
	"/usr/local/opt/postgresql*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// programs returns the folder of the newest PostgreSQL of the machine, or, when data holds a cluster already, of the newest one that
// can read it: PostgreSQL reads only clusters of its own major version.
func programs(data string) (string, error) {
	made := 0
	if b, err := os.ReadFile(filepath.Join(data, "PG_VERSION")); err == nil {
		if made, err = strconv.Atoi(strings.TrimSpace(string(b))); err != nil {
			return "", fmt.Errorf("%s/PG_VERSION: %w", data, err)
		}
	}
	var dirs []string
	if path, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	for _, place := range places {
		found, _ := filepath.Glob(place)
		dirs = append(dirs, found...)
	}
	best, bestMajor, bestMinor := "", 0, 0
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
			continue
		}
		major, minor := version(filepath.Join(dir, "postgres"))
		if major < oldest || made != 0 && major != made {
			continue
		}
		if major > bestMajor || major == bestMajor && minor > bestMinor {
			best, bestMajor, bestMinor = dir, major, minor
		}
	}
	switch {
	case best != "":
		return best, nil
	case made != 0:
		return "", fmt.Errorf("the cluster was made by PostgreSQL %d, which is no longer installed: install it again", made)
	}
	return "", ErrNotInstalled
}

var versionText = regexp.MustCompile(`\(PostgreSQL\) (\d+)(?:\.(\d+))?`)

// version is 0, 0 for what is no PostgreSQL.
func version(postgres string) (major, minor int) {
	out, err := exec.Command(postgres, "--version").Output()
	if err != nil {
		return 0, 0
	}
	if m := versionText.FindSubmatch(out); m != nil {
		major, _ = strconv.Atoi(string(m[1]))
		minor, _ = strconv.Atoi(string(m[2]))
	}
	return major, minor
}

// DefaultDir is where the cluster of a data directory belongs: in its folder postgres, or, when Andu runs as root and the user who
// runs PostgreSQL cannot get there (a clone in /root is closed to all but root), in /var/lib/andu-<hash of the data directory>.
// A cluster that exists in one of the two places stays there.
func DefaultDir(dataDir string) (string, error) {
	dataDir, err := filepath.Abs(dataDir)
	if err != nil {
		return "", err
	}
	inside := filepath.Join(dataDir, "postgres")
	outside := fmt.Sprintf("/var/lib/andu-%x", sha256.Sum256([]byte(dataDir)))[:len("/var/lib/andu-")+12]
	for _, dir := range []string{inside, outside} {
		if _, err := os.Stat(filepath.Join(dir, "data")); err == nil {
			return dir, nil
		}
	}
	who, err := runAs(inside)
	if err != nil {
		return "", err
	}
	if barrier, err := closedTo(who, inside); err != nil {
		return "", err
	} else if barrier != "" {
		return outside, nil
	}
	return inside, nil
}

// runAs is the user for PostgreSQL, which refuses to run as root: nil means ourselves. Root takes the user whom an existing cluster
// belongs to, else postgres, else nobody.
func runAs(dir string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	data := filepath.Join(dir, "data")
	if info, err := os.Stat(data); err == nil {
		owner := info.Sys().(*syscall.Stat_t)
		if owner.Uid == 0 {
			return nil, fmt.Errorf("%s belongs to root, as whom PostgreSQL refuses to run: give it back with `chown -R postgres: %s`", data, data)
		}
		return &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is neither a user postgres nor a user nobody: make one with `useradd --system postgres`")
}

// makeDir makes dir, and returns it absolute and free of symbolic links. Our own files in it are 0600; when PostgreSQL runs as another
// user it may pass through to its data, and see nothing on the way.
func makeDir(dir string, who *syscall.Credential) (string, error) {
	mode := os.FileMode(0o700)
	if who != nil {
		mode = 0o711
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, mode); err != nil {
		return "", err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return "", err
	}
	// The passwords live here: a directory that somebody else prepared is not ours to trust.
	if owner := info.Sys().(*syscall.Stat_t).Uid; int(owner) != os.Geteuid() {
		return "", fmt.Errorf("the directory belongs to user %d, and must belong to user %d", owner, os.Geteuid())
	}
	if err := os.Chmod(dir, mode); err != nil {
		return "", err
	}
	barrier, err := closedTo(who, dir)
	if err != nil {
		return "", err
	}
	if barrier != "" {
		return "", fmt.Errorf("%s is closed to user %d, as whom PostgreSQL runs because it refuses to run as root: "+
			"open it with `chmod o+x %s`, or choose a directory elsewhere, such as /var/lib/andu", barrier, who.Uid, barrier)
	}
	return filepath.EvalSymlinks(dir)
}

// closedTo returns the first folder on the way to dir that who may not pass through, or "". What does not exist yet is no barrier.
func closedTo(who *syscall.Credential, dir string) (string, error) {
	if who == nil {
		return "", nil
	}
	real, err := filepath.EvalSymlinks(dir)
	for errors.Is(err, os.ErrNotExist) && dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
		real, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return "", err
	}
	barrier := ""
	for ; ; real = filepath.Dir(real) {
		info, err := os.Stat(real)
		if err != nil {
			return "", err
		}
		bit := os.FileMode(0o001)
		switch owner := info.Sys().(*syscall.Stat_t); {
		case owner.Uid == who.Uid:
			bit = 0o100
		case owner.Gid == who.Gid:
			bit = 0o010
		}
		if info.Mode()&bit == 0 {
			barrier = real
		}
		if real == filepath.Dir(real) {
			return barrier, nil
		}
	}
}

// initdb makes the cluster beside its place and moves it there when it is whole, so that an interrupted start leaves no half of one.
func initdb(ctx context.Context, bin, dir, password string, who *syscall.Credential) error {
	fresh, secret := filepath.Join(dir, "data.new"), filepath.Join(dir, "initdb.password")
	if err := errors.Join(os.RemoveAll(fresh), os.RemoveAll(secret)); err != nil {
		return err
	}
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(secret, []byte(password), 0o600); err != nil {
		return err
	}
	defer os.Remove(secret)
	if who != nil {
		if err := errors.Join(os.Chown(fresh, int(who.Uid), int(who.Gid)), os.Chown(secret, int(who.Uid), int(who.Gid))); err != nil {
			return err
		}
	}
	// C.UTF-8 sorts by code point, the same on every machine, and lets pg_trgm see Chinese characters, which the locale C does not.
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "--pgdata", fresh, "--username", SuperRole, "--pwfile", secret,
		"--auth=scram-sha-256", "--locale=C.UTF-8", "--encoding=UTF8", "--data-checksums", "--no-instructions")
	cmd.Dir = dir
	cmd.Env = environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, strings.TrimSpace(string(out)))
	}
	if err := os.Rename(fresh, filepath.Join(dir, "data")); err != nil {
		return err
	}
	// The move must survive a power cut: otherwise the next start would take the cluster for a half-made one.
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// environment keeps the variables of the caller, such as PGDATA or PGPORT, away from PostgreSQL's programs.
func environment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TZ=UTC"}
}

func passwordFile(dir, role string) string { return filepath.Join(dir, role+".password") }

// loadPasswords reads the passwords of the roles, making them for a cluster that does not exist yet.
func loadPasswords(dir string) (map[string]string, error) {
	_, err := os.Stat(filepath.Join(dir, "data"))
	exists := err == nil
	passwords := make(map[string]string)
	for _, role := range []string{SuperRole, OwnerRole, ServerRole} {
		file := passwordFile(dir, role)
		b, err := os.ReadFile(file)
		switch {
		case err == nil && len(b) > 0:
			passwords[role] = string(b)
		case err != nil && !errors.Is(err, os.ErrNotExist):
			return nil, err
		case exists:
			return nil, fmt.Errorf("the cluster exists but its password file %s is missing or empty: restore it from the backup", file)
		default:
			passwords[role] = rand.Text()
			if err := writeSynced(file, passwords[role]); err != nil {
				return nil, err
			}
		}
	}
	return passwords, nil
}

func writeSynced(file, content string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteString(content); err != nil {
		return err
	}
	return f.Sync()
}
