// Package accounts knows who may sign in (账号) and who has signed in (会话). An account belongs to one person of one office and has a
// login and a password; a session is what a sign-in gives, until it ends. Every attempt to sign in and every act upon an account is
// kept in a history that the server can only add to, so that failed attempts are answerable too (AUD-11). Nothing of an office's
// papers is here, and no password is kept anywhere, only what is needed to recognise it.
//
// Any number of servers share one database: what one of them ends or locks is ended and locked for all of them at once.
package accounts

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"andu/domain"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/text/secure/precis"
)

// Rules are the refusals of this package.
var Rules = []*domain.Refusal{ErrWrong, ErrLocked, ErrDisabled, ErrNoSession, ErrWeakPassword, ErrNoAccount, ErrOtherOffice, ErrLogin,
	ErrLoginTaken, ErrHasAccount}

var (
	// ErrWrong is the same for a wrong password and for a login that nobody has.
	ErrWrong = domain.Rule(domain.Forbidden, "account.wrong", "账号或口令不正确。", "the login or the password is wrong").By("AUD-11")
	// ErrLocked comes as a *LockedError, which says until when.
	ErrLocked = domain.Rule(domain.Forbidden, "account.locked", "登录失败次数过多，请在 {minutes} 分钟后再试，或请系统管理员重置口令。",
		"too many failed sign-ins: try again in {minutes} minutes, or ask the system administrator for a new password").By("AUD-11")
	// ErrDisabled is told only to whoever knows the password.
	ErrDisabled = domain.Rule(domain.Forbidden, "account.disabled", "账号已停用，请联系系统管理员。",
		"the account is disabled: ask the system administrator")
	// ErrNoSession means that the token is of no session, or of one that has ended.
	ErrNoSession = domain.Rule(domain.Forbidden, "account.no-session", "未登录或会话已结束，请重新登录。",
		"not signed in, or the session has ended: sign in again")
	// ErrWeakPassword refuses a new password.
	ErrWeakPassword = domain.Rule(domain.Invalid, "account.password-weak", "新口令须为 {min} 至 {max} 个字符，不含控制字符，且不得与账号名或原口令相同。",
		"a new password has {min} to {max} characters, no control characters, and is neither the login nor the old password")
	// ErrNoAccount means that the office has no such account.
	ErrNoAccount = domain.Rule(domain.NotFound, "account.none", "本单位没有这个账号。", "the office has no such account")
	// ErrOtherOffice stops an administrator from making accounts of another office.
	ErrOtherOffice = domain.Rule(domain.Forbidden, "account.other-office", "不得为其他单位建立账号。", "accounts are made by their own office")
	// ErrLogin refuses a login that is empty, longer than 64 characters, or contains spaces or signs that cannot be read.
	ErrLogin = domain.Rule(domain.Invalid, "account.login", "账号名须为 1 至 64 个字符，不含空格和不可见字符。",
		"a login has 1 to 64 characters, and no spaces or invisible signs")
	// ErrLoginTaken ignores case and width: ZHANG and ｚｈａｎｇ are one login.
	ErrLoginTaken = domain.Rule(domain.Conflict, "account.login-taken", "账号名已被使用。", "the login is taken")
	// ErrHasAccount keeps one account for one person.
	ErrHasAccount = domain.Rule(domain.Conflict, "account.person-has-one", "此人已有账号。", "the person has an account")
)

// LockedError is the ErrLocked of a login or of an address.
type LockedError struct {
	Until time.Time
	After time.Duration // from now, by the clock of Config
}

// Error is that of the refusal.
func (e *LockedError) Error() string { return e.Unwrap().Error() }

// Unwrap is ErrLocked with its particulars.
func (e *LockedError) Unwrap() error {
	return ErrLocked.With("minutes", fmt.Sprint(int((e.After+time.Minute-1)/time.Minute)))
}

// Config has a good value in place of every zero.
type Config struct {
	Now func() time.Time // time.Now

	SessionLife time.Duration // a session ends so long after the sign-in, however much it is used; 12 hours
	IdleLife    time.Duration // and so long after it was last used; 15 minutes

	LockAfter        int           // failures until a login is locked; 5
	LockAddressAfter int           // failures until an address is locked, behind which a whole office may sit; 100
	LockFor          time.Duration // both how long a lock lasts and how long a failure counts; 15 minutes

	MinLength int // of a password, in characters; 10

	Memory   int // of one hashing (argon2id), in KiB; 19456, which is 19 MiB
	Passes   int // over that memory; 2
	Lanes    int // of one hashing, each a core of its own; 1
	Hashings int // at once on this server, the others wait; half of the cores, at least 1
}

// Accounts is safe for concurrent use.
type Accounts struct {
	pool   *pgxpool.Pool
	config Config // without zeros
	cost   cost
	dummy  string        // verified in place of the password of a login that nobody has
	slots  chan struct{} // one element for every hashing that goes on
}

// Open uses the pool of the server's role. The schema is there already (Migrate).
func Open(pool *pgxpool.Pool, c Config) *Accounts {
	if c.Now == nil {
		c.Now = time.Now
	}
	set(&c.SessionLife, 12*time.Hour)
	set(&c.IdleLife, 15*time.Minute)
	set(&c.LockAfter, 5)
	set(&c.LockAddressAfter, 100)
	set(&c.LockFor, 15*time.Minute)
	set(&c.MinLength, 10)
	set(&c.Memory, 19*1024)
	set(&c.Passes, 2)
	set(&c.Lanes, 1)
	set(&c.Hashings, max(1, runtime.GOMAXPROCS(0)/2))
	a := &Accounts{
		pool:   pool,
		config: c,
		cost:   cost{uint32(c.Memory), uint32(c.Passes), uint8(c.Lanes)},
		slots:  make(chan struct{}, c.Hashings),
	}
	a.dummy = a.cost.dummy()
	return a
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// now has the precision of the database.
func (a *Accounts) now() time.Time { return a.config.Now().UTC().Truncate(time.Microsecond) }

// Client is where a request comes from. What the client says of itself is kept as it says it, cut to 200 characters.
type Client struct {
	IP       string `json:"ip"`       // without port; when it is no address, only the login's failures are counted
	Agent    string `json:"agent"`    // the browser or program
	Terminal string `json:"terminal"` // the office's name for the machine; empty when it has none
}

func (c Client) clean() Client {
	cut := func(s string) string {
		s = strings.ReplaceAll(strings.ToValidUTF8(s, "�"), "\x00", "�")
		if utf8.RuneCountInString(s) > 200 {
			s = string([]rune(s)[:200])
		}
		return s
	}
	ip, err := netip.ParseAddr(c.IP)
	if c.IP = ""; err == nil {
		c.IP = ip.Unmap().WithZone("").String()
	}
	return Client{IP: c.IP, Agent: cut(c.Agent), Terminal: cut(c.Terminal)}
}

// By is who does something to an account, and from where. Nobody reaches accounts of another office.
type By struct {
	Person string
	Office string // AllOffices for the operator at the machine itself
	From   Client
}

// AllOffices in By.Office reaches the accounts of every office.
const AllOffices = "*"

func (b By) reaches(office string) bool { return b.Office == office || b.Office == AllOffices }

// NewAccount is the account of a person. The login may be Chinese, and is the same in any case and width.
type NewAccount struct {
	Login, Person, Office string
}

// Create makes an account with a random first password, which is told here and never again. The person must change it at the first
// sign-in.
func (a *Accounts) Create(ctx context.Context, by By, n NewAccount) (first string, err error) {
	first = firstPassword()
	if err := a.create(ctx, by, first, false, n); err != nil {
		return "", err
	}
	return first, nil
}

// CreateWithPassword makes an account with a known password. With demo it is one that everybody knows and that need not be changed,
// and HasDefaultPasswords tells of it until it is changed; otherwise the person must change it at the first sign-in.
func (a *Accounts) CreateWithPassword(ctx context.Context, by By, n NewAccount, password string, demo bool) error {
	password, err := a.acceptable(password, n.Login, "")
	if err != nil {
		return err
	}
	return a.create(ctx, by, password, demo, n)
}

// CreateDemonstration makes all accounts of a demonstration or none, with one password that everybody knows. HasDefaultPasswords tells
// of them. As the password is no secret it is hashed once for all of them.
func (a *Accounts) CreateDemonstration(ctx context.Context, by By, list []NewAccount, password string) (err error) {
	for _, n := range list {
		if password, err = a.acceptable(password, n.Login, ""); err != nil {
			return err
		}
	}
	return a.create(ctx, by, password, true, list...)
}

func (a *Accounts) create(ctx context.Context, by By, password string, demo bool, list ...NewAccount) error {
	for _, n := range list {
		if n.Person == "" || n.Office == "" || n.Office == AllOffices {
			return errors.New("create an account: it needs a person and an office")
		}
		if !by.reaches(n.Office) {
			return ErrOtherOffice
		}
	}
	phc, err := a.hash(ctx, password)
	if err != nil {
		return err
	}
	now := a.now()
	err = pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		for _, n := range list {
			key, _ := loginKey(n.Login)
			shown, err := precis.UsernameCasePreserved.String(strings.TrimSpace(n.Login))
			if key == "" || err != nil {
				return ErrLogin
			}
			if _, err := tx.Exec(ctx, `
				INSERT INTO accounts.account (person, office, login, login_key, password, must_change, default_password, created, password_set)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)`, n.Person, n.Office, shown, key, phc, !demo, demo, now); err != nil {
				return err
			}
			if err := noted(ctx, tx, &Entry{At: now, Act: "create", Office: n.Office, Person: n.Person, By: by.Person, From: by.From.clean()}, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pg.ConstraintName {
		case "login_once":
			return ErrLoginTaken
		case "account_pkey":
			return ErrHasAccount
		}
	}
	if errors.Is(err, ErrLogin) {
		return ErrLogin
	}
	return wrap(err, "create an account")
}

// Reset gives an account a new random password, which is told here and never again, lifts its lock and ends its sessions. The person
// must change the password at the next sign-in.
func (a *Accounts) Reset(ctx context.Context, by By, login string) (first string, err error) {
	_, digest := loginKey(login)
	first = firstPassword()
	phc, err := a.hash(ctx, first)
	if err != nil {
		return "", err
	}
	err = a.administer(ctx, by, "reset", byLogin, login, func(tx pgx.Tx, acc account, now time.Time) error {
		b := &pgx.Batch{}
		b.Queue(`UPDATE accounts.account SET password = $2, password_set = $3, must_change = true, default_password = false
			WHERE person = $1`, acc.Person, phc, now)
		b.Queue(`DELETE FROM accounts.session WHERE person = $1`, acc.Person)
		b.Queue(`DELETE FROM accounts.throttle WHERE kind = 'login' AND key = $1`, digest)
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return "", err
	}
	return first, nil
}

// Disable ends the sessions of an account and lets nobody sign in to it.
func (a *Accounts) Disable(ctx context.Context, by By, login string) error {
	return a.administer(ctx, by, "disable", byLogin, login, func(tx pgx.Tx, acc account, now time.Time) error {
		b := &pgx.Batch{}
		b.Queue(`UPDATE accounts.account SET disabled = coalesce(disabled, $2) WHERE person = $1`, acc.Person, now)
		b.Queue(`DELETE FROM accounts.session WHERE person = $1`, acc.Person)
		return tx.SendBatch(ctx, b).Close()
	})
}

// Enable undoes Disable. The password is the one before.
func (a *Accounts) Enable(ctx context.Context, by By, login string) error {
	return a.administer(ctx, by, "enable", byLogin, login, func(tx pgx.Tx, acc account, _ time.Time) error {
		_, err := tx.Exec(ctx, `UPDATE accounts.account SET disabled = NULL WHERE person = $1`, acc.Person)
		return err
	})
}

// RevokePerson ends all sessions of a person, on every server at once, also one that is just being made. The person can sign in again.
func (a *Accounts) RevokePerson(ctx context.Context, by By, person string) error {
	return a.administer(ctx, by, "revoke", byPerson, person, func(tx pgx.Tx, acc account, _ time.Time) error {
		_, err := tx.Exec(ctx, `DELETE FROM accounts.session WHERE person = $1`, acc.Person)
		return err
	})
}

// administer does one act upon one account, alone, and notes it. That there is no such account within reach is noted too.
func (a *Accounts) administer(ctx context.Context, by By, act, which, value string, do func(pgx.Tx, account, time.Time) error) error {
	if which == byLogin {
		value, _ = loginKey(value)
	}
	entry := Entry{At: a.now(), Act: act, By: by.Person, From: by.From.clean()}
	return wrap(a.kept(ctx, func(tx pgx.Tx) error {
		acc, found, err := find(ctx, tx, which, value, hold)
		if err != nil {
			return err
		}
		if entry.Office, entry.Person = acc.Office, acc.Person; !found || !by.reaches(acc.Office) {
			return noted(ctx, tx, &entry, ErrNoAccount)
		}
		return noted(ctx, tx, &entry, do(tx, acc, entry.At))
	}), act)
}

// account is what an attempt or an act needs of the row.
type account struct {
	Person, Office, Login, Password string
	MustChange                      bool
	Disabled                        *time.Time
}

const (
	byLogin  = "login_key"
	byPerson = "person"
)

// hold keeps others from the account until the end of the transaction.
const hold = ` FOR NO KEY UPDATE`

func find(ctx context.Context, on querier, which, value, held string) (acc account, found bool, err error) {
	rows, _ := on.Query(ctx, `SELECT person, office, login, password, must_change, disabled FROM accounts.account
		WHERE `+which+` = $1`+held, value)
	acc, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[account])
	if errors.Is(err, pgx.ErrNoRows) {
		return account{}, false, nil
	}
	return acc, err == nil, err
}

// Account is what may be told of an account.
type Account struct {
	Login           string    `json:"login"`
	Person          string    `json:"person"`
	Office          string    `json:"office"`
	MustChange      bool      `json:"must_change" doc:"the password must be changed at the next sign-in"`
	DefaultPassword bool      `json:"default_password" doc:"of the demonstration, known to everybody"`
	Created         time.Time `json:"created"`
	PasswordSet     time.Time `json:"password_set"`
	SignedIn        time.Time `json:"signed_in,omitzero" doc:"the last time; absent when never"`
	Disabled        time.Time `json:"disabled,omitzero" doc:"since when; absent when it is not"`
	LockedUntil     time.Time `json:"locked_until,omitzero" doc:"absent when it is not locked"`
}

// List gives the accounts of an office in the order of their logins, at most limit, beginning after a login; "" begins with the first.
func (a *Accounts) List(ctx context.Context, office, after string, limit int) ([]Account, error) {
	key, _ := loginKey(after)
	rows, _ := a.pool.Query(ctx, `
		SELECT a.login, a.person, a.office, a.must_change, a.default_password, a.created, a.password_set, a.signed_in, a.disabled,
			t.locked_until
		FROM accounts.account a
		LEFT JOIN accounts.throttle t
			ON t.kind = 'login' AND t.key = sha256(convert_to(a.login_key, 'UTF8')) AND t.locked_until > $4
		WHERE a.office = $1 AND a.login_key > $2
		ORDER BY a.login_key LIMIT $3`, office, key, limit, a.now())
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (acc Account, err error) {
		var signedIn, disabled, locked *time.Time
		err = row.Scan(&acc.Login, &acc.Person, &acc.Office, &acc.MustChange, &acc.DefaultPassword, &acc.Created, &acc.PasswordSet,
			&signedIn, &disabled, &locked)
		acc.Created, acc.PasswordSet = acc.Created.UTC(), acc.PasswordSet.UTC()
		acc.SignedIn, acc.Disabled, acc.LockedUntil = utc(signedIn), utc(disabled), utc(locked)
		return acc, err
	})
	return list, wrap(err, "list accounts")
}

// HasDefaultPasswords says whether an account, even a disabled one, still has a password of the demonstration. A server that is not a
// demonstration does not start then.
func (a *Accounts) HasDefaultPasswords(ctx context.Context) (bool, error) {
	var has bool
	err := a.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM accounts.account WHERE default_password)`).Scan(&has)
	return has, wrap(err, "look for default passwords")
}

// Entry is one line of the history: an attempt to sign in, or an act upon an account or a session.
type Entry struct {
	ID     int64     `json:"id" doc:"grows with time"`
	At     time.Time `json:"at"`
	Act    string    `json:"act" doc:"sign-in, sign-out, change-password, create, reset, disable, enable or revoke"`
	Result string    `json:"result" doc:"ok, or the code of the refusal"`
	Office string    `json:"office" doc:"of the account; empty when there is none"`
	Person string    `json:"person" doc:"whose account it is; empty when there is none"`
	By     string    `json:"by" doc:"who acted; empty when nobody had signed in"`
	Login  string    `json:"login" doc:"SHA-256 of a login that nobody has; it is not kept as typed, it may be a password in the wrong field"`
	From   Client    `json:"from"`
}

// History gives the lines of an office with an ID before the given one (0: from the newest), newest first, at most limit. Attempts on
// logins that nobody has belong to no office and are in every office's history. Nothing is ever taken out of it by the server.
func (a *Accounts) History(ctx context.Context, office string, before int64, limit int) ([]Entry, error) {
	rows, _ := a.pool.Query(ctx, `
		SELECT id, at, act, result, office, person, by, coalesce(encode(login, 'hex'), ''), coalesce(host(address), ''), agent, terminal
		FROM accounts.history
		WHERE ($1 = '`+AllOffices+`' OR office IN ($1, '')) AND ($2::bigint = 0 OR id < $2::bigint)
		ORDER BY id DESC LIMIT $3`, office, before, limit)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e Entry, err error) {
		err = row.Scan(&e.ID, &e.At, &e.Act, &e.Result, &e.Office, &e.Person, &e.By, &e.Login, &e.From.IP, &e.From.Agent, &e.From.Terminal)
		e.At = e.At.UTC()
		return e, err
	})
	return list, wrap(err, "read the history of accounts")
}

// noted adds a line to the history, with what came of the act, and returns that. What failed for no rule is not a line.
func noted(ctx context.Context, on querier, e *Entry, outcome error) error {
	e.Result = "ok"
	if outcome != nil {
		refusal, ok := errors.AsType[*domain.Refusal](outcome)
		if !ok {
			return outcome
		}
		e.Result = refusal.Code
	}
	if _, err := on.Exec(ctx, `
		INSERT INTO accounts.history (at, act, result, office, person, by, login, address, agent, terminal)
		VALUES ($1, $2, $3, $4, $5, $6, decode(nullif($7, ''), 'hex'), nullif($8, '')::inet, $9, $10)`,
		e.At, e.Act, e.Result, e.Office, e.Person, e.By, e.Login, e.From.IP, e.From.Agent, e.From.Terminal); err != nil {
		return err
	}
	return outcome
}

// querier is the pool or a transaction of it.
type querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func utc(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func wrap(err error, doing string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
