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
)

// Rules are the refusals of this package.
var Rules = []*domain.Refusal{ErrWrong, ErrLocked, ErrMustChange, ErrDisabled, ErrNoSession, ErrNoAccount, ErrOtherOffice, ErrLogin,
	ErrLoginTaken, ErrHasAccount, ErrPassword, ErrShort, ErrLoginAsPassword, ErrUnchanged}

var (
	// ErrWrong is the same for a wrong password and for a login that nobody has.
	ErrWrong = domain.Rule(domain.Forbidden, "account.wrong", "账号或口令不正确。", "the login or the password is wrong").By("AUD-11")
	// ErrLocked comes as a *LockedError, which says until when.
	ErrLocked = domain.Rule(domain.Forbidden, "account.locked", "登录失败次数过多，请在 {minutes} 分钟后再试，或请系统管理员重置口令。",
		"too many failed sign-ins: try again in {minutes} minutes, or ask the system administrator for a new password").By("AUD-11")
	// ErrMustChange comes with a session that is good for ChangePassword and SignOut only.
	ErrMustChange = domain.Rule(domain.Forbidden, "account.must-change", "首次登录须先修改口令。", "change the password first")
	// ErrDisabled is told only to whoever knows the password.
	ErrDisabled = domain.Rule(domain.Forbidden, "account.disabled", "账号已停用，请联系系统管理员。",
		"the account is disabled: ask the system administrator")
	// ErrNoSession means that the token is of no session, or of one that has ended.
	ErrNoSession = domain.Rule(domain.Forbidden, "account.no-session", "未登录或会话已结束，请重新登录。",
		"not signed in, or the session has ended: sign in again")
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
	// ErrPassword refuses a password that is longer than 256 characters or contains signs that cannot be typed.
	ErrPassword = domain.Rule(domain.Invalid, "account.password", "口令不得超过 256 个字符，不得含控制字符。",
		"a password has at most 256 characters and no control characters")
	// ErrShort says how many characters a password needs.
	ErrShort = domain.Rule(domain.Invalid, "account.password-short", "口令至少 {min} 个字符。", "a password has at least {min} characters")
	// ErrLoginAsPassword refuses the login as password.
	ErrLoginAsPassword = domain.Rule(domain.Invalid, "account.password-is-login", "口令不得与账号名相同。", "the password must not be the login")
	// ErrUnchanged refuses the old password as the new one.
	ErrUnchanged = domain.Rule(domain.Invalid, "account.password-unchanged", "新口令不得与原口令相同。", "the new password must not be the old one")
)

// LockedError is the ErrLocked of a login or of an address.
type LockedError struct {
	Until time.Time
	After time.Duration // from now, by the clock of Config
}

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
	IP       netip.Addr // zero when unknown; then only the login's failures count
	Agent    string     // the browser or program
	Terminal string     // the office's name for the machine; empty when it has none
}

func (c Client) clean() Client {
	cut := func(s string) string {
		s = strings.ReplaceAll(strings.ToValidUTF8(s, "�"), "\x00", "�")
		if utf8.RuneCountInString(s) > 200 {
			s = string([]rune(s)[:200])
		}
		return s
	}
	return Client{IP: c.IP.Unmap().WithZone(""), Agent: cut(c.Agent), Terminal: cut(c.Terminal)}
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

// Create makes an account with a random first password, which is returned here and nowhere else. The person must change it at the
// first sign-in.
func (a *Accounts) Create(ctx context.Context, by By, n NewAccount) (firstPassword_ string, err error) {
	first := firstPassword()
	return first, a.create(ctx, by, n, first, true, false)
}

// CreateWithPassword makes an account with a known password. With demo the password is one that everybody knows and need not be
// changed, and HasDefaultPasswords tells of it until it is; otherwise the person must change it at the first sign-in.
func (a *Accounts) CreateWithPassword(ctx context.Context, by By, n NewAccount, password string, demo bool) error {
	password, err := a.acceptable(password, n.Login)
	if err != nil {
		return err
	}
	return a.create(ctx, by, n, password, !demo, demo)
}
