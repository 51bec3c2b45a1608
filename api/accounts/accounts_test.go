package accounts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"andu/cmd/andu/pgserver"
	"andu/cmd/andu/pgserver/pgtest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	good = "correct horse battery"
	bad  = "wrong horse battery"
)

var (
	admin = By{Person: "person-admin", Office: "county", From: Client{IP: "10.0.0.1", Agent: "test", Terminal: "T-01"}}
	desk  = Client{IP: "10.0.0.7", Agent: "Firefox", Terminal: "T-07"}
)

// clock is moved by hand.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// bench is one database with two servers on it, which share nothing but the database and the clock.
type bench struct {
	*Accounts // the first server
	other     *Accounts
	db        pgtest.Database
	clock     *clock
	super     *pgxpool.Pool
}

func setup(t testing.TB, c Config) bench {
	t.Helper()
	if t, ok := t.(*testing.T); ok {
		t.Parallel()
	}
	b := bench{db: pgtest.New(t), clock: &clock{t: time.Date(2026, 4, 15, 0, 0, 0, 0, time.UTC)}}
	if err := Migrate(t.Context(), b.db.OwnerURL, pgserver.ServerRole); err != nil {
		t.Fatal(err)
	}
	if c.Now == nil {
		c.Now = b.clock.now
	}
	if c.Memory == 0 { // a test is about something else
		c.Memory, c.Passes = 64, 1
	}
	b.Accounts, b.other, b.super = Open(pool(t, b.db.ServerURL, nil), c), Open(pool(t, b.db.ServerURL, nil), c), pool(t, b.db.SuperURL, nil)
	return b
}

func pool(t testing.TB, url string, tracer pgx.QueryTracer) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns, config.ConnConfig.Tracer = 16, tracer
	p, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// account makes the account of person-<login> with the password good, which need not be changed.
func (b bench) account(t testing.TB, login string) {
	t.Helper()
	if err := b.CreateWithPassword(t.Context(), admin, NewAccount{login, "person-" + login, "county"}, good, true); err != nil {
		t.Fatal(err)
	}
}

func (b bench) signIn(t testing.TB, login string) Token {
	t.Helper()
	token, _, err := b.SignIn(t.Context(), login, good, desk)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (b bench) wrong(t testing.TB, login string, from Client, want error) {
	t.Helper()
	if token, _, err := b.SignIn(t.Context(), login, bad, from); !errors.Is(err, want) || token != "" {
		t.Fatalf("sign-in of %s with a wrong password: %v, want %v", login, err, want)
	}
}

// value is asked as the superuser.
func value[T any](t testing.TB, b bench, sql string, args ...any) (v T) {
	t.Helper()
	if err := b.super.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestMigrateIsRepeatableByManyAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if err := Migrate(t.Context(), db.OwnerURL, pgserver.ServerRole); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := Migrate(t.Context(), db.OwnerURL, pgserver.OwnerRole); err != nil {
		t.Error("the owner as the server:", err)
	}
}

func TestTheServerCannotChangeTheHistory(t *testing.T) {
	b := setup(t, Config{})
	b.account(t, "zhang")
	for _, sql := range []string{
		`UPDATE accounts.history SET result = 'ok'`,
		`DELETE FROM accounts.history`,
		`TRUNCATE accounts.history`,
		`ALTER TABLE accounts.history RENAME TO past`,
		`DROP SCHEMA accounts CASCADE`,
		`DELETE FROM accounts.account`,
		`CREATE TABLE accounts.own (n int)`,
		`DELETE FROM accounts.goose_db_version`,
	} {
		_, err := b.pool.Exec(t.Context(), sql)
		if pg, ok := errors.AsType[*pgconn.PgError](err); !ok || pg.Code != "42501" {
			t.Errorf("%s: %v, want insufficient privilege", sql, err)
		}
	}
	if _, err := b.pool.Exec(t.Context(), `SELECT FROM accounts.history`); err != nil {
		t.Error(err)
	}
}

func TestALoginIsOneWhateverItsCaseAndWidth(t *testing.T) {
	b := setup(t, Config{})
	ctx := t.Context()
	first, err := b.Create(ctx, admin, NewAccount{"Zhang.Min", "person-1", "county"})
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^([a-km-np-z2-9]{4}-){3}[a-km-np-z2-9]{4}$`).MatchString(first) {
		t.Errorf("first password %q", first)
	}
	for _, c := range []struct {
		NewAccount
		want error
	}{
		{NewAccount{"zhang.min", "person-2", "county"}, ErrLoginTaken},
		{NewAccount{" ＺＨＡＮＧ．ＭＩＮ ", "person-2", "county"}, ErrLoginTaken},
		{NewAccount{"other", "person-1", "county"}, ErrHasAccount},
		{NewAccount{"other", "person-2", "bureau"}, ErrOtherOffice},
		{NewAccount{"", "person-2", "county"}, ErrLogin},
		{NewAccount{"two words", "person-2", "county"}, ErrLogin},
		{NewAccount{"nul\x00", "person-2", "county"}, ErrLogin},
		{NewAccount{strings.Repeat("长", 65), "person-2", "county"}, ErrLogin},
		{NewAccount{"张敏", "person-2", "county"}, nil},
		{NewAccount{"Ame\u0301lie", "person-3", "county"}, nil},
		{NewAccount{"am\u00e9lie", "person-4", "county"}, ErrLoginTaken},
	} {
		if _, err := b.Create(ctx, admin, c.NewAccount); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("create %q: %v, want %v", c.Login, err, c.want)
		}
	}
	if _, s, err := b.other.SignIn(ctx, "ｚhang.min", first, desk); err != nil || s.Login != "Zhang.Min" || s.Person != "person-1" {
		t.Errorf("sign in: %+v, %v", s, err)
	}
	if _, err := b.Create(ctx, By{}, NewAccount{"x", "person-x", "county"}); !errors.Is(err, ErrOtherOffice) {
		t.Error("nobody made an account:", err)
	}
	if _, err := b.Create(ctx, By{Office: AllOffices}, NewAccount{"x", "person-x", "bureau"}); err != nil {
		t.Error(err)
	}
}

func TestTheFirstPasswordMustBeChanged(t *testing.T) {
	b := setup(t, Config{})
	ctx := t.Context()
	first, err := b.Create(ctx, admin, NewAccount{"zhang.min.yi", "person-1", "county"})
	if err != nil {
		t.Fatal(err)
	}
	token, s, err := b.SignIn(ctx, "zhang.min.yi", first, desk)
	if err != nil || !s.MustChange {
		t.Fatalf("%+v, %v", s, err)
	}
	second, _, err := b.SignIn(ctx, "zhang.min.yi", first, desk)
	if err != nil {
		t.Fatal(err)
	}
	for _, weak := range []string{"", "九个字的口令太短了", "Zhang.Min.Yi", first, "with a\ttabulator", strings.Repeat("x", 257)} {
		if err := b.ChangePassword(ctx, token, first, weak); !errors.Is(err, ErrWeakPassword) {
			t.Errorf("%q: %v, want it refused", weak, err)
		}
	}
	if err := b.ChangePassword(ctx, token, bad, good); !errors.Is(err, ErrWrong) {
		t.Error("without the old password:", err)
	}
	if s, err := b.Session(ctx, token); err != nil || !s.MustChange {
		t.Errorf("before the change: %+v, %v", s, err)
	}
	if err := b.ChangePassword(ctx, token, first, "十个字的口令已够长了"); err != nil {
		t.Fatal(err)
	}
	if s, err := b.other.Session(ctx, token); err != nil || s.MustChange {
		t.Errorf("after the change: %+v, %v", s, err)
	}
	if _, err := b.other.Session(ctx, second); !errors.Is(err, ErrNoSession) {
		t.Error("the other session goes on:", err)
	}
	if _, _, err := b.SignIn(ctx, "zhang.min.yi", first, desk); !errors.Is(err, ErrWrong) {
		t.Error("the first password is still good:", err)
	}
	if _, s, err := b.SignIn(ctx, "zhang.min.yi", "十个字的口令已够长了", desk); err != nil || s.MustChange {
		t.Errorf("with the new password: %+v, %v", s, err)
	}
	if err := b.ChangePassword(ctx, second, "十个字的口令已够长了", good); !errors.Is(err, ErrNoSession) {
		t.Error("an ended session changed the password:", err)
	}
}

// What one server ends is ended for the other with its next question.
func TestSessionsEndEverywhereAtOnce(t *testing.T) {
	b := setup(t, Config{})
	for name, end := range map[string]func(ctx context.Context, login string, own Token) error{
		"sign-out": func(ctx context.Context, _ string, own Token) error { return b.SignOut(ctx, own) },
		"revoke": func(ctx context.Context, login string, _ Token) error {
			return b.RevokePerson(ctx, admin, "person-"+login)
		},
		"disable": func(ctx context.Context, login string, _ Token) error { return b.Disable(ctx, admin, login) },
		"reset": func(ctx context.Context, login string, _ Token) error {
			_, err := b.Reset(ctx, admin, login)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			b.account(t, name)
			b.account(t, name+"-control")
			token, control := b.signIn(t, name), b.signIn(t, name+"-control")
			if s, err := b.other.Session(t.Context(), token); err != nil || s.Person != "person-"+name || s.Office != "county" || s.Client != desk {
				t.Fatalf("%+v, %v", s, err)
			}
			if err := end(t.Context(), name, token); err != nil {
				t.Fatal(err)
			}
			if _, err := b.other.Session(t.Context(), token); !errors.Is(err, ErrNoSession) {
				t.Error("it goes on:", err)
			}
			if err := b.other.ActAs(t.Context(), token, "post-1", ""); !errors.Is(err, ErrNoSession) {
				t.Error("it acts:", err)
			}
			if left, err := b.other.Sessions(t.Context(), "person-"+name); err != nil || len(left) != 0 {
				t.Error(left, err)
			}
			if _, err := b.other.Session(t.Context(), control); err != nil {
				t.Error("somebody else's ended too:", err)
			}
			if err := b.SignOut(t.Context(), token); err != nil {
				t.Error("signing out again:", err)
			}
		})
	}
}

// A sign-in that has begun when the sessions are ended is ended with them.
func TestRevokingWaitsForSignInsThatHaveBegun(t *testing.T) {
	b := setup(t, Config{})
	b.account(t, "zhang")
	hold := b.hold(t, "zhang")
	var token Token
	var wg sync.WaitGroup
	wg.Go(func() { token = b.signIn(t, "zhang") })
	b.waiting(t, 1)
	wg.Go(func() {
		if err := b.other.RevokePerson(t.Context(), admin, "person-zhang"); err != nil {
			t.Error(err)
		}
	})
	b.waiting(t, 2)
	hold()
	wg.Wait()
	if _, err := b.Session(t.Context(), token); !errors.Is(err, ErrNoSession) {
		t.Error("the session outlived the revocation:", err)
	}
}

func TestAnAttemptCountsThoughTheClientDoesNotWait(t *testing.T) {
	b := setup(t, Config{})
	b.account(t, "zhang")
	hold := b.hold(t, "zhang")
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, _, err := b.SignIn(ctx, "zhang", bad, desk); !errors.Is(err, ErrWrong) {
			t.Error(err)
		}
	})
	b.waiting(t, 1)
	cancel()
	hold()
	wg.Wait()
	if n := value[int](t, b, `SELECT failures FROM accounts.throttle WHERE kind = 'login'`); n != 1 {
		t.Error(n, "failures counted")
	}
}

func TestAPasswordIsNotChangedFromASessionThatEndedMeanwhile(t *testing.T) {
	b := setup(t, Config{})
	b.account(t, "zhang")
	token := b.signIn(t, "zhang")
	hold := b.hold(t, "zhang")
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := b.ChangePassword(t.Context(), token, good, "some new password"); !errors.Is(err, ErrNoSession) {
			t.Error(err)
		}
	})
	b.waiting(t, 1)
	if err := b.other.SignOut(t.Context(), token); err != nil {
		t.Error(err)
	}
	hold()
	wg.Wait()
	b.signIn(t, "zhang") // with the password as it was
}

// hold keeps everybody from an account until it is released.
func (b bench) hold(t *testing.T, login string) (release func()) {
	t.Helper()
	tx, err := b.super.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `SELECT FROM accounts.account WHERE login_key = $1 FOR UPDATE`, login); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Commit(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// waiting returns when n sessions of this database wait for a lock.
func (b bench) waiting(t *testing.T, n int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		if value[int](t, b, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) >= n {
			return
		}
	}
	t.Errorf("nobody waits; want %d", n)
}

func TestFiveFailuresLockALogin(t *testing.T) {
	b := setup(t, Config{})
	for _, login := range []string{"zhang", "li", "wang", "zhao"} {
		b.account(t, login)
	}
	ctx := t.Context()
	for _, login := range []string{"zhang", "nobody"} { // the same for a login that nobody has
		for range 5 {
			b.wrong(t, login, desk, ErrWrong)
		}
		b.clock.move(time.Minute)
		_, _, err := b.other.SignIn(ctx, strings.ToUpper(login), good, Client{IP: "10.9.9.9"})
		locked, ok := errors.AsType[*LockedError](err)
		if !ok || !errors.Is(err, ErrLocked) || !locked.Until.Equal(b.clock.now().Add(14*time.Minute)) || locked.After != 14*time.Minute {
			t.Fatalf("%s: %v, %+v", login, err, locked)
		}
		if text := locked.Error(); !strings.Contains(text, "14 minutes") {
			t.Error(text)
		}
		b.clock.move(-time.Minute)
	}
	b.signIn(t, "li") // control: not the neighbour, from the same address

	b.clock.move(15*time.Minute - time.Microsecond)
	b.wrong(t, "zhang", desk, ErrLocked)
	b.clock.move(time.Microsecond)
	b.wrong(t, "zhang", desk, ErrWrong) // the count begins anew
	b.signIn(t, "zhang")

	for range 4 {
		b.wrong(t, "zhang", desk, ErrWrong)
	}
	b.signIn(t, "zhang") // the right password ends the run
	for range 4 {
		b.wrong(t, "zhang", desk, ErrWrong)
	}
	b.signIn(t, "zhang")

	for range 4 {
		b.wrong(t, "wang", desk, ErrWrong)
	}
	b.clock.move(15 * time.Minute) // those no longer count
	for range 4 {
		b.wrong(t, "wang", desk, ErrWrong)
	}
	b.signIn(t, "wang")

	for range 5 {
		b.wrong(t, "zhao", desk, ErrWrong)
	}
	b.wrong(t, "zhao", desk, ErrLocked)
	first, err := b.Reset(ctx, admin, "zhao")
	if err != nil {
		t.Fatal(err)
	}
	if _, s, err := b.SignIn(ctx, "zhao", first, desk); err != nil || !s.MustChange {
		t.Errorf("after a reset: %+v, %v", s, err)
	}
}

func TestGuessingTheOldPasswordOfASessionLocksToo(t *testing.T) {
	b := setup(t, Config{})
	b.account(t, "zhang")
	token := b.signIn(t, "zhang")
	for range 5 {
		if err := b.ChangePassword(t.Context(), token, bad, "some new password"); !errors.Is(err, ErrWrong) {
			t.Fatal(err)
		}
	}
	if err := b.ChangePassword(t.Context(), token, good, "some new password"); !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
}

func TestManyFailuresLockAnAddress(t *testing.T) {
	b := setup(t, Config{LockAddressAfter: 8})
	b.account(t, "zhang")
	for i := range 8 {
		b.wrong(t, fmt.Sprint("guess-", i), Client{IP: fmt.Sprintf("2001:db8:1:2::%x", i)}, ErrWrong) // one network
	}
	if _, _, err := b.other.SignIn(t.Context(), "zhang", good, Client{IP: "2001:db8:1:2:ffff::1"}); !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
	for _, ip := range []string{"2001:db8:1:3::1", "10.0.0.7", "", "not an address"} { // control
		if _, _, err := b.SignIn(t.Context(), "zhang", good, Client{IP: ip}); err != nil {
			t.Errorf("from %q: %v", ip, err)
		}
	}
	b.clock.move(15 * time.Minute)
	if _, _, err := b.SignIn(t.Context(), "zhang", good, Client{IP: "2001:db8:1:2:ffff::1"}); err != nil {
		t.Error(err)
	}
}

// However many attempts arrive at once, at however many servers, exactly LockAfter passwords are tried, and every attempt is a line.
func TestParallelAttemptsAreCountedExactly(t *testing.T) {
	b := setup(t, Config{Hashings: 8, LockAddressAfter: 1000})
	b.account(t, "zhang")
	for _, login := range []string{"zhang", "nobody"} {
		var mu sync.Mutex
		wrong, locked := 0, 0
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				server := []*Accounts{b.Accounts, b.other}[i%2]
				_, _, err := server.SignIn(t.Context(), login, bad, desk)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case errors.Is(err, ErrWrong):
					wrong++
				case errors.Is(err, ErrLocked):
					locked++
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if wrong != 5 || locked != 35 {
			t.Errorf("%s: %d wrong, %d locked", login, wrong, locked)
		}
	}
	if n := value[int](t, b, `SELECT sum(failures) FROM accounts.throttle WHERE kind = 'address'`); n != 10 {
		t.Error(n, "failures of the address")
	}
	if n := value[int](t, b, `SELECT count(*) FROM accounts.history WHERE act = 'sign-in'`); n != 80 {
		t.Error(n, "lines")
	}
	if n := value[int](t, b, `SELECT count(*) FROM accounts.history WHERE result = 'account.wrong' AND person = 'person-zhang'`); n != 5 {
		t.Error(n, "lines with a wrong password of Zhang")
	}
}

// Nothing that can be typed or sent is more than a wrong password.
func TestOddInputIsWrongLikeAnyOther(t *testing.T) {
	b := setup(t, Config{})
	b.account(t, "zhang")
	for _, odd := range []string{"", " ", "\x00", "\xff\xfe", strings.Repeat("长", 100_000), "zhang\x00", "' OR ''='", "\u202e", "two words"} {
		if _, _, err := b.SignIn(t.Context(), odd, good, desk); !errors.Is(err, ErrWrong) {
			t.Errorf("login %.20q: %v", odd, err)
		}
		if _, _, err := b.SignIn(t.Context(), "zhang", odd, desk); !errors.Is(err, ErrWrong) {
			t.Errorf("password %.20q: %v", odd, err)
		}
		b.clock.move(15 * time.Minute)
	}
	if _, _, err := b.SignIn(t.Context(), " Ｚhang ", good, Client{IP: "\x00", Agent: "\xff", Terminal: "T\x00"}); err != nil { // control
		t.Error(err)
	}
}

func TestAFloodWaitsForItsSlot(t *testing.T) {
	b := setup(t, Config{Hashings: 2, LockAfter: 1})
	b.account(t, "zhang")
	b.account(t, "li")
	b.wrong(t, "li", desk, ErrWrong)
	b.slots <- struct{}{}
	b.slots <- struct{}{}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := b.SignIn(ctx, "zhang", good, desk); !errors.Is(err, context.DeadlineExceeded) {
		t.Error("it did not wait:", err)
	}
	b.wrong(t, "li", desk, ErrLocked) // what is locked needs none
	<-b.slots
	b.signIn(t, "zhang")
}

func TestSessionsExpire(t *testing.T) {
	b := setup(t, Config{SessionLife: time.Hour, IdleLife: 15 * time.Minute})
	b.account(t, "zhang")
	ctx := t.Context()
	token := b.signIn(t, "zhang")
	begun := b.clock.now()
	seen := func() time.Duration {
		return value[time.Time](t, b, `SELECT max(seen) FROM accounts.session`).Sub(begun)
	}

	alive := func(want time.Time) {
		t.Helper()
		if s, err := b.other.Session(ctx, token); err != nil || !s.Expires.Equal(want) {
			t.Fatalf("%+v, %v, want it until %v", s, err, want)
		}
	}
	alive(begun.Add(15 * time.Minute))
	b.clock.move(59 * time.Second)
	alive(begun.Add(15 * time.Minute))
	if seen() != 0 {
		t.Error("written before a minute was over")
	}
	b.clock.move(time.Second)
	alive(begun.Add(16 * time.Minute))
	if seen() != time.Minute {
		t.Error("use was not written:", seen())
	}
	b.clock.move(15*time.Minute - time.Microsecond)
	alive(begun.Add(31*time.Minute - time.Microsecond))
	b.clock.move(15 * time.Minute)
	if _, err := b.Session(ctx, token); !errors.Is(err, ErrNoSession) {
		t.Error("idle, but alive:", err)
	}

	token = b.signIn(t, "zhang")
	begun = b.clock.now()
	for range 5 {
		b.clock.move(11 * time.Minute)
		if _, err := b.Session(ctx, token); err != nil {
			t.Fatal(err)
		}
	}
	b.clock.move(5*time.Minute - time.Microsecond)
	alive(begun.Add(time.Hour))
	if err := b.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if n := value[int](t, b, `SELECT count(*) FROM accounts.session`); n != 1 {
		t.Error("after a sweep:", n)
	}
	b.clock.move(time.Microsecond)
	if _, err := b.Session(ctx, token); !errors.Is(err, ErrNoSession) {
		t.Error("older than its life, but alive:", err)
	}
	b.wrong(t, "zhang", desk, ErrWrong)
	b.clock.move(15 * time.Minute)
	if err := b.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if n := value[int](t, b, `SELECT (SELECT count(*) FROM accounts.session) + (SELECT count(*) FROM accounts.throttle)`); n != 0 {
		t.Error("left by a sweep:", n)
	}
}

func TestAPersonActsInThePostTheyChose(t *testing.T) {
	b := setup(t, Config{})
	b.account(t, "zhang")
	token, neighbour := b.signIn(t, "zhang"), b.signIn(t, "zhang")
	if err := b.ActAs(t.Context(), token, "post-director", "delegation-1"); err != nil {
		t.Fatal(err)
	}
	if s, err := b.other.Session(t.Context(), token); err != nil || s.Post != "post-director" || s.Delegation != "delegation-1" {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err := b.other.Session(t.Context(), neighbour); err != nil || s.Post != "" {
		t.Errorf("%+v, %v", s, err)
	}
	list, err := b.Sessions(t.Context(), "person-zhang")
	if err != nil || len(list) != 2 || list[0].ID == list[1].ID {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestATokenIsGoodForItsDatabaseOnly(t *testing.T) {
	b, strange := setup(t, Config{}), bench{}
	strange.db = pgtest.New(t)
	if err := Migrate(t.Context(), strange.db.OwnerURL, pgserver.ServerRole); err != nil {
		t.Fatal(err)
	}
	strange.Accounts = Open(pool(t, strange.db.ServerURL, nil), b.config)
	b.account(t, "zhang")
	strange.account(t, "zhang")
	token := b.signIn(t, "zhang")
	for _, tok := range []Token{token, "", "x", newToken(), token + "A", token[:42], "\x00" + token[1:]} {
		if _, err := strange.Session(t.Context(), tok); !errors.Is(err, ErrNoSession) {
			t.Errorf("%d characters: %v", len(tok), err)
		}
	}
	if _, err := b.Session(t.Context(), token); err != nil { // control
		t.Error(err)
	}
}

func TestADisabledAccountIsToldToItsOwnerOnly(t *testing.T) {
	b := setup(t, Config{})
	b.account(t, "zhang")
	ctx := t.Context()
	if err := b.Disable(ctx, admin, "ZHANG"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.SignIn(ctx, "zhang", good, desk); !errors.Is(err, ErrDisabled) {
		t.Error(err)
	}
	b.wrong(t, "zhang", desk, ErrWrong)
	if err := b.Enable(ctx, admin, "zhang"); err != nil {
		t.Fatal(err)
	}
	token := b.signIn(t, "zhang")
	if _, err := b.super.Exec(ctx, `UPDATE accounts.account SET disabled = now()`); err != nil { // by the operator's hand
		t.Fatal(err)
	}
	if _, err := b.other.Session(ctx, token); !errors.Is(err, ErrNoSession) {
		t.Error("a session of a disabled account:", err)
	}
}

func TestAdministratorsReachTheirOwnOfficeOnly(t *testing.T) {
	b := setup(t, Config{})
	b.account(t, "zhang")
	token := b.signIn(t, "zhang")
	for _, by := range []By{{Person: "person-b", Office: "bureau"}, {}} {
		_, reset := b.Reset(t.Context(), by, "zhang")
		for act, err := range map[string]error{
			"reset":   reset,
			"disable": b.Disable(t.Context(), by, "zhang"),
			"enable":  b.Enable(t.Context(), by, "zhang"),
			"revoke":  b.RevokePerson(t.Context(), by, "person-zhang"),
			"none":    b.RevokePerson(t.Context(), admin, "person-none"),
		} {
			if !errors.Is(err, ErrNoAccount) {
				t.Errorf("%s by %+v: %v", act, by, err)
			}
		}
	}
	if _, err := b.Session(t.Context(), token); err != nil {
		t.Error(err)
	}
	if n := value[int](t, b, `SELECT count(*) FROM accounts.history WHERE by = 'person-b' AND office = 'county' AND result = 'account.none'`); n != 4 {
		t.Error(n, "lines about the attempts")
	}
}

func TestDefaultPasswordsAreKnownUntilChanged(t *testing.T) {
	b := setup(t, Config{})
	ctx := t.Context()
	has := func(want bool) {
		t.Helper()
		if got, err := b.other.HasDefaultPasswords(ctx); err != nil || got != want {
			t.Error(got, err)
		}
	}
	has(false)
	if err := b.CreateWithPassword(ctx, admin, NewAccount{"li", "person-li", "county"}, good, false); err != nil {
		t.Fatal(err)
	}
	if _, s, err := b.SignIn(ctx, "li", good, desk); err != nil || !s.MustChange {
		t.Errorf("a password that the administrator knows: %+v, %v", s, err)
	}
	has(false)
	b.account(t, "zhang")
	b.account(t, "wang")
	has(true)
	if err := b.ChangePassword(ctx, b.signIn(t, "zhang"), good, "some new password"); err != nil {
		t.Fatal(err)
	}
	has(true)
	if _, err := b.Reset(ctx, admin, "wang"); err != nil {
		t.Fatal(err)
	}
	has(false)
}

func TestADemonstrationGetsAllItsAccountsOrNone(t *testing.T) {
	b := setup(t, Config{})
	ctx := t.Context()
	all := By{Person: "operator", Office: AllOffices}
	list := []NewAccount{{"li", "person-li", "county"}, {"wu", "person-wu", "bureau"}, {"LI", "person-other", "bureau"}}
	if err := b.CreateDemonstration(ctx, all, list, good); !errors.Is(err, ErrLoginTaken) {
		t.Error(err)
	}
	if err := b.CreateDemonstration(ctx, admin, list[:2], good); !errors.Is(err, ErrOtherOffice) {
		t.Error(err)
	}
	if n := value[int](t, b, `SELECT count(*) FROM accounts.account`); n != 0 {
		t.Error(n, "accounts of demonstrations that failed")
	}
	if err := b.CreateDemonstration(ctx, all, list[:2], good); err != nil {
		t.Fatal(err)
	}
	b.signIn(t, "li")
	b.signIn(t, "wu")
	if has, err := b.other.HasDefaultPasswords(ctx); err != nil || !has {
		t.Error(has, err)
	}
}

func TestHashesBecomeStrongerAtSignIn(t *testing.T) {
	b := setup(t, Config{})
	b.account(t, "zhang")
	stored := func() string { return value[string](t, b, `SELECT password FROM accounts.account`) }
	weak := stored()
	if !strings.HasPrefix(weak, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Fatal(weak)
	}
	b.signIn(t, "zhang")
	if stored() != weak {
		t.Error("hashed anew without need")
	}
	strong := b
	strong.Accounts = Open(b.pool, Config{Now: b.clock.now, Memory: 128, Passes: 2})
	strong.wrong(t, "zhang", desk, ErrWrong)
	if stored() != weak {
		t.Error("hashed anew after a wrong password")
	}
	strong.signIn(t, "zhang")
	if !strings.HasPrefix(stored(), "$argon2id$v=19$m=128,t=2,p=1$") {
		t.Error(stored())
	}
	now := stored()
	b.signIn(t, "zhang") // a server with the old settings does not weaken it
	strong.signIn(t, "zhang")
	if stored() != now {
		t.Error("hashed anew without need")
	}
	if def := Open(b.pool, Config{}); !strings.HasPrefix(def.dummy, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Error("the default:", def.dummy)
	}
}

func TestStoredPasswordsThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	phc := cost{64, 1, 1}.hash(good)
	if right, c, err := verify(phc, good); !right || c != (cost{64, 1, 1}) || err != nil {
		t.Fatal(right, c, err)
	}
	if right, _, err := verify(phc, bad); right || err != nil {
		t.Fatal(right, err)
	}
	for _, broken := range []string{"", good, "$", phc + "$", strings.Replace(phc, "argon2id", "argon2i", 1), strings.Replace(phc, "v=19", "v=16", 1),
		strings.Replace(phc, "t=1", "t=0", 1), strings.Replace(phc, "p=1", "p=0", 1), strings.Replace(phc, "m=64", "m=-1", 1), phc[:len(phc)-8], phc[:len(phc)-1] + "!"} {
		if right, _, err := verify(broken, good); right || err == nil || (broken != "" && strings.Contains(err.Error(), broken) && broken != "$") {
			t.Errorf("%q: %v, %v", broken, right, err)
		}
	}
}

func TestTheHistoryAnswersForAttemptsAndActs(t *testing.T) {
	b := setup(t, Config{LockAfter: 2})
	ctx := t.Context()
	b.account(t, "zhang")
	token := b.signIn(t, "zhang")
	b.wrong(t, "zhang", Client{IP: "::ffff:10.0.0.8", Agent: "odd\x00\xff" + strings.Repeat("长", 300)}, ErrWrong)
	b.wrong(t, "my password", desk, ErrWrong)
	b.wrong(t, "zhang", desk, ErrWrong)
	b.wrong(t, "zhang", desk, ErrLocked)
	if _, err := b.Reset(ctx, admin, "zhang"); err != nil {
		t.Fatal(err)
	}
	_ = b.SignOut(ctx, token) // already ended: no line
	if err := b.CreateWithPassword(ctx, By{Person: "operator", Office: AllOffices}, NewAccount{"li", "person-li", "bureau"}, good, true); err != nil {
		t.Fatal(err)
	}
	if err := b.SignOut(ctx, b.signIn(t, "li")); err != nil {
		t.Fatal(err)
	}
	_, digest := loginKey("my password")
	at := b.clock.now()
	mine := []Entry{
		{At: at, Act: "create", Result: "ok", Office: "county", Person: "person-zhang", By: "person-admin", From: admin.From},
		{At: at, Act: "sign-in", Result: "ok", Office: "county", Person: "person-zhang", By: "person-zhang", From: desk},
		{At: at, Act: "sign-in", Result: "account.wrong", Office: "county", Person: "person-zhang",
			From: Client{IP: "10.0.0.8", Agent: "odd��" + strings.Repeat("长", 195)}},
		{At: at, Act: "sign-in", Result: "account.wrong", Login: fmt.Sprintf("%x", digest), From: desk},
		{At: at, Act: "sign-in", Result: "account.wrong", Office: "county", Person: "person-zhang", From: desk},
		{At: at, Act: "sign-in", Result: "account.locked", Office: "county", Person: "person-zhang", From: desk},
		{At: at, Act: "reset", Result: "ok", Office: "county", Person: "person-zhang", By: "person-admin", From: admin.From},
	}
	slices.Reverse(mine)
	var got []Entry
	for before := int64(0); ; { // page by page
		page, err := b.other.History(ctx, "county", before, 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		before = page[len(page)-1].ID
		for _, e := range page {
			e.ID = 0
			got = append(got, e)
		}
	}
	if !slices.Equal(got, mine) {
		t.Errorf("history of the county:\n%+v\nwant\n%+v", got, mine)
	}
	if all, err := b.History(ctx, AllOffices, 0, 100); err != nil || len(all) != 10 {
		t.Error(len(all), err)
	}
	theirs, err := b.History(ctx, "bureau", 0, 100)
	if err != nil || len(theirs) != 4 || theirs[0].Act != "sign-out" || theirs[0].From != desk {
		t.Errorf("%+v, %v", theirs, err)
	}
}

func TestListGivesAnOfficePageByPage(t *testing.T) {
	b := setup(t, Config{})
	ctx := t.Context()
	for _, login := range []string{"zhang", "Li", "王芳"} {
		b.account(t, login)
	}
	if _, err := b.Create(ctx, By{Office: "bureau"}, NewAccount{"ma", "person-ma", "bureau"}); err != nil {
		t.Fatal(err)
	}
	b.signIn(t, "zhang")
	for range 5 {
		b.wrong(t, "li", desk, ErrWrong)
	}
	if err := b.Disable(ctx, admin, "王芳"); err != nil {
		t.Fatal(err)
	}
	var got []Account
	for after := ""; ; {
		page, err := b.List(ctx, "county", after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		got, after = append(got, page...), page[len(page)-1].Login
	}
	now := b.clock.now()
	want := []Account{
		{Login: "Li", Person: "person-Li", Office: "county", DefaultPassword: true, Created: now, PasswordSet: now, LockedUntil: now.Add(15 * time.Minute)},
		{Login: "zhang", Person: "person-zhang", Office: "county", DefaultPassword: true, Created: now, PasswordSet: now, SignedIn: now},
		{Login: "王芳", Person: "person-王芳", Office: "county", DefaultPassword: true, Created: now, PasswordSet: now, Disabled: now},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v\nwant\n%+v", got, want)
	}
}

// recorder keeps every statement with its arguments, as a server or a proxy that logs statements would.
type recorder struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	r.add(d.SQL, d.Args)
	return ctx
}
func (r *recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (r *recorder) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}
func (r *recorder) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	r.add(d.SQL, d.Args)
}
func (r *recorder) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func (r *recorder) add(sql string, args []any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range args {
		if b, ok := a.([]byte); ok {
			a = string(b) + fmt.Sprintf(" %x", b)
		}
		fmt.Fprintf(&r.text, "%v ", a)
	}
	fmt.Fprintln(&r.text, sql)
}

func TestNoSecretLeavesTheServer(t *testing.T) {
	b := setup(t, Config{})
	ctx := t.Context()
	var sql recorder
	b.Accounts = Open(pool(t, b.db.ServerURL, &sql), b.config)
	b.account(t, "zhang")
	first, err := b.Create(ctx, admin, NewAccount{"li", "person-li", "county"})
	if err != nil {
		t.Fatal(err)
	}
	token := b.signIn(t, "zhang")
	b.wrong(t, "zhang", desk, ErrWrong)
	b.wrong(t, "in the wrong field", desk, ErrWrong)
	if _, err := b.Session(ctx, token); err != nil {
		t.Fatal(err)
	}
	if err := b.ChangePassword(ctx, token, good, "some new password"); err != nil {
		t.Fatal(err)
	}
	if err := b.ActAs(ctx, token, "post-1", ""); err != nil {
		t.Fatal(err)
	}
	second, err := b.Reset(ctx, admin, "li")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.SignOut(ctx, token); err != nil {
		t.Fatal(err)
	}
	sent := sql.text.String()
	if !strings.Contains(sent, "person-zhang") || !strings.Contains(sent, "$argon2id$") { // control: statements and batches are seen
		t.Fatal("nothing was recorded:", sent)
	}
	tables := value[string](t, b, `SELECT (SELECT string_agg(a::text, ' ') FROM accounts.account a)
		|| (SELECT string_agg(h::text, ' ') FROM accounts.history h) || (SELECT string_agg(s::text, ' ') FROM accounts.throttle s)`)
	printed := fmt.Sprint(token) + fmt.Sprintf("%s %q %x %#v %+v", token, token, token, token, struct{ T Token }{token})
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).InfoContext(ctx, "signed in", slog.Any("token", token))
	for name, text := range map[string]string{"statements": sent, "tables": tables, "print": printed, "log": log.String()} {
		for _, secret := range []string{string(token), good, bad, "some new password", "in the wrong field", first, second} {
			// The login that nobody has is looked up as typed; it stays in the statement's arguments and is not stored.
			if strings.Contains(text, secret) && (name != "statements" || secret != "in the wrong field") {
				t.Errorf("%s show a secret of %d characters", name, len(secret))
			}
		}
	}
}

// The answer for a login that nobody has takes as long as that for a wrong password. Without the dummy the ratio is about 20.
func TestUnknownLoginsTakeAsLong(t *testing.T) {
	b := setup(t, Config{Memory: 19 * 1024, Passes: 2, LockAfter: 1000, LockAddressAfter: 1000, Hashings: 1})
	b.account(t, "zhang")
	var known, unknown []time.Duration
	for range 15 {
		for login, list := range map[string]*[]time.Duration{"zhang": &known, "nobody": &unknown} {
			begun := time.Now()
			b.wrong(t, login, desk, ErrWrong)
			*list = append(*list, time.Since(begun))
		}
	}
	slices.Sort(known)
	slices.Sort(unknown)
	if ratio := float64(known[7]) / float64(unknown[7]); ratio < 0.5 || ratio > 2 {
		t.Errorf("a wrong password takes %v, an unknown login %v", known[7], unknown[7])
	}
}

func BenchmarkSignIn(b *testing.B) {
	s := setup(b, Config{Memory: 19 * 1024, Passes: 2})
	s.account(b, "zhang")
	for b.Loop() {
		s.signIn(b, "zhang")
	}
}

func BenchmarkSession(b *testing.B) {
	s := setup(b, Config{})
	s.account(b, "zhang")
	token := s.signIn(b, "zhang")
	for b.Loop() {
		if _, err := s.Session(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}
