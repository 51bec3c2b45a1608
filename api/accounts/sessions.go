package accounts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"andu/domain"

	"github.com/jackc/pgx/v5"
)

// Token is the secret by which a client shows its session: 32 random bytes as base64url, of which only the SHA-256 is stored. It is
// sent to the client as string(token); however it is printed, it does not show.
type Token string

// Format keeps tokens out of logs and error texts.
func (Token) Format(f fmt.State, _ rune) { fmt.Fprint(f, "(token)") }

// digest is what is stored of a token. ok is false for what cannot be a token, and needs no look at the database.
func (t Token) digest() (digest []byte, ok bool) {
	random, err := base64.RawURLEncoding.DecodeString(string(t))
	sum := sha256.Sum256([]byte(t))
	return sum[:], err == nil && len(random) == 32
}

func newToken() Token {
	var random [32]byte
	rand.Read(random[:])
	return Token(base64.RawURLEncoding.EncodeToString(random[:]))
}

func id(digest []byte) string { return hex.EncodeToString(digest[:16]) }

// Session is a person who has signed in.
type Session struct {
	ID         string // names the session; it is no secret and opens nothing
	Person     string
	Office     string
	Login      string
	Post       string // in which the person acts; empty until chosen (ActAs)
	Delegation string // by which, when the post is another's
	Client            // from where the person signed in
	Created    time.Time
	Expires    time.Time // when it ends if it is used no more
	MustChange bool      // it is good only for ChangePassword and SignOut; the API refuses everything else
}

// SignIn begins a session for whoever knows the password. It refuses with ErrWrong, ErrLocked (as *LockedError) or ErrDisabled, and
// notes the attempt whatever comes of it. An attempt that has begun is counted even when the client does not wait for the answer.
//
// Attempts on one login are decided one after another, wherever they arrive, so that no more passwords are tried than LockAfter
// allows; a login that nobody has behaves in all this like any other. A flood of attempts occupies no more than Config.Hashings cores,
// but each leaves a line in the history: the API limits their rate.
func (a *Accounts) SignIn(ctx context.Context, login, password string, from Client) (Token, Session, error) {
	key, digest := loginKey(login)
	try := &attempt{digest: digest, Entry: Entry{Act: "sign-in", From: from.clean()}}
	token := newToken()
	var session Session
	err := a.decide(ctx, try, byLogin, key, password, func(ctx context.Context, tx pgx.Tx, acc account) error {
		if acc.Disabled != nil {
			return ErrDisabled
		}
		digest, _ := token.digest()
		session = Session{ID: id(digest), Person: acc.Person, Office: acc.Office, Login: acc.Login, Client: try.From, Created: try.At,
			Expires: try.At.Add(min(a.config.SessionLife, a.config.IdleLife)), MustChange: acc.MustChange}
		b := &pgx.Batch{}
		b.Queue(`INSERT INTO accounts.session (digest, person, address, agent, terminal, created, seen, expires)
			VALUES ($1, $2, nullif($3, '')::inet, $4, $5, $6, $6, $7)`,
			digest, acc.Person, try.From.IP, try.From.Agent, try.From.Terminal, try.At, try.At.Add(a.config.SessionLife))
		b.Queue(`UPDATE accounts.account SET signed_in = $2, password = $3 WHERE person = $1`, acc.Person, try.At, acc.Password)
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return "", Session{}, err
	}
	return token, session, nil
}

// ChangePassword changes the password of the session's person, who knows the old one, and ends the person's other sessions. It
// refuses with ErrNoSession, with ErrWeakPassword, or as SignIn does.
func (a *Accounts) ChangePassword(ctx context.Context, token Token, old, new string) error {
	s, err := a.Session(ctx, token)
	if err != nil {
		return err
	}
	own, _ := token.digest()
	_, digest := loginKey(s.Login)
	try := &attempt{digest: digest, Entry: Entry{Act: "change-password", By: s.Person, From: s.Client}}
	return a.decide(ctx, try, byPerson, s.Person, old, func(ctx context.Context, tx pgx.Tx, acc account) error {
		var there bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM accounts.session WHERE digest = $1)`, own).Scan(&there); err != nil {
			return err
		}
		if !there || acc.Disabled != nil {
			return ErrNoSession // ended meanwhile
		}
		next, err := a.acceptable(new, acc.Login, old)
		if err != nil {
			return err
		}
		b := &pgx.Batch{}
		b.Queue(`UPDATE accounts.account SET password = $2, password_set = $3, must_change = false, default_password = false
			WHERE person = $1`, acc.Person, a.cost.hash(next), try.At)
		b.Queue(`DELETE FROM accounts.session WHERE person = $1 AND digest <> $2`, acc.Person, own)
		return tx.SendBatch(ctx, b).Close()
	})
}

// attempt is one use of a password.
type attempt struct {
	Entry
	digest []byte // of the login as it is compared
}

// about enters in the line whose account it is, or else which login nobody has.
func (try *attempt) about(acc account, found bool) {
	try.Office, try.Person, try.Login = acc.Office, acc.Person, ""
	if !found {
		try.Login = hex.EncodeToString(try.digest)
	}
}

// decide tries a password and, if it is the right one, does what it was for.
func (a *Accounts) decide(ctx context.Context, try *attempt, which, value, password string,
	then func(context.Context, pgx.Tx, account) error) error {
	// What is locked costs no hashing and waits for nothing.
	try.At = a.now()
	acc, found, err := find(ctx, a.pool, which, value, "")
	if err != nil {
		return wrap(err, try.Act)
	}
	try.about(acc, found)
	if err := a.locked(ctx, a.pool, try); err != nil {
		return wrap(noted(ctx, a.pool, &try.Entry, err), try.Act)
	}
	release, err := a.slot(ctx)
	if err != nil {
		return wrap(err, try.Act)
	}
	defer release()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return wrap(a.kept(ctx, func(tx pgx.Tx) error {
		// Also the login that nobody has must be held: how parallel attempts are answered would tell it from the others.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(binary.BigEndian.Uint64(try.digest))); err != nil {
			return err
		}
		try.At = a.now()
		return noted(ctx, tx, &try.Entry, a.try(ctx, tx, try, which, value, password, then))
	}), try.Act)
}

func (a *Accounts) try(ctx context.Context, tx pgx.Tx, try *attempt, which, value, password string,
	then func(context.Context, pgx.Tx, account) error) error {
	acc, found, err := find(ctx, tx, which, value, hold)
	if err != nil {
		return err
	}
	try.about(acc, found)
	if err := a.locked(ctx, tx, try); err != nil {
		return err
	}
	stored := a.dummy
	if found {
		stored = acc.Password
	}
	password, possible := opaque(password)
	right, spent, err := verify(stored, password)
	if err != nil {
		return err
	}
	if !right || !possible || !found {
		if err := a.count(ctx, tx, try); err != nil {
			return err
		}
		return ErrWrong
	}
	if spent.less(a.cost) {
		acc.Password = a.cost.hash(password)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM accounts.throttle WHERE kind = 'login' AND key = $1`, try.digest); err != nil {
		return err
	}
	try.By = acc.Person
	return then(ctx, tx, acc)
}

// kept is a transaction that is committed also when do refuses.
func (a *Accounts) kept(ctx context.Context, do func(pgx.Tx) error) error {
	var refused error
	err := pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		err := do(tx)
		if _, ok := errors.AsType[*domain.Refusal](err); ok {
			refused = err
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	return refused
}

// locked is a *LockedError while the login or the address is locked.
func (a *Accounts) locked(ctx context.Context, on querier, try *attempt) error {
	var until *time.Time
	err := on.QueryRow(ctx, `
		SELECT max(locked_until) FROM accounts.throttle
		WHERE locked_until > $1 AND (kind = 'login' AND key = $2 OR kind = 'address' AND key = $3)`,
		try.At, try.digest, network(try.From.IP)).Scan(&until)
	if err != nil || until == nil {
		return err
	}
	return &LockedError{Until: until.UTC(), After: until.Sub(try.At)}
}

// count adds one failure to the login and to the address. A run of failures is over when LockFor has gone by since its first one.
func (a *Accounts) count(ctx context.Context, tx pgx.Tx, try *attempt) error {
	b := &pgx.Batch{}
	add := func(kind string, key []byte, limit int) {
		b.Queue(`
			INSERT INTO accounts.throttle AS t (kind, key, failures, since, locked_until)
			VALUES ($1, $2, 1, $3, CASE WHEN $5 <= 1 THEN $6::timestamptz END)
			ON CONFLICT (kind, key) DO UPDATE SET
				failures = CASE WHEN t.since > $4 THEN t.failures + 1 ELSE 1 END,
				since = CASE WHEN t.since > $4 THEN t.since ELSE $3 END,
				locked_until = CASE WHEN CASE WHEN t.since > $4 THEN t.failures + 1 ELSE 1 END >= $5 THEN $6::timestamptz END`,
			kind, key, try.At, try.At.Add(-a.config.LockFor), limit, try.At.Add(a.config.LockFor))
	}
	add("login", try.digest, a.config.LockAfter)
	if try.From.IP != "" {
		add("address", network(try.From.IP), a.config.LockAddressAfter)
	}
	return tx.SendBatch(ctx, b).Close()
}

// network is what the failures of an address are counted by: an IPv6 client has a whole /64 to itself.
func network(address string) []byte {
	if ip, err := netip.ParseAddr(address); err == nil && ip.Is6() {
		prefix, _ := ip.Prefix(64) // fails only for lengths that no address has
		address = prefix.String()
	}
	sum := sha256.Sum256([]byte(address))
	return sum[:]
}

// live selects the sessions that have not ended, in the order that scan reads.
const live = `
	SELECT s.digest, s.person, a.office, a.login, s.post, s.delegation, coalesce(host(s.address), ''), s.agent, s.terminal, s.created,
		a.must_change, s.seen, s.expires
	FROM accounts.session s JOIN accounts.account a USING (person)
	WHERE s.expires > $1 AND s.seen > $2 AND a.disabled IS NULL`

func (a *Accounts) scan(row pgx.CollectableRow) (session, error) {
	var s session
	var digest []byte
	err := row.Scan(&digest, &s.Person, &s.Office, &s.Login, &s.Post, &s.Delegation, &s.IP, &s.Agent, &s.Terminal, &s.Created,
		&s.MustChange, &s.seen, &s.ends)
	s.ID, s.Created = id(digest), s.Created.UTC()
	s.Expires = a.expires(s.seen, s.ends)
	return s, err
}

// session is a Session with what decides its end.
type session struct {
	Session
	seen, ends time.Time
}

func (a *Accounts) expires(seen, ends time.Time) time.Time {
	if idle := seen.Add(a.config.IdleLife); idle.Before(ends) {
		ends = idle
	}
	return ends.UTC()
}

// Session finds the session of a token, or refuses with ErrNoSession, and counts as a use of it. It asks the database every time, by
// primary key: a session that any server has ended is ended here.
func (a *Accounts) Session(ctx context.Context, token Token) (Session, error) {
	digest, ok := token.digest()
	if !ok {
		return Session{}, ErrNoSession
	}
	now := a.now()
	rows, _ := a.pool.Query(ctx, live+` AND s.digest = $3`, now, now.Add(-a.config.IdleLife), digest)
	s, err := pgx.CollectExactlyOneRow(rows, a.scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return Session{}, ErrNoSession
	}
	if err == nil && now.Sub(s.seen) >= min(time.Minute, a.config.IdleLife/4) {
		_, err = a.pool.Exec(ctx, `UPDATE accounts.session SET seen = $2 WHERE digest = $1 AND seen < $2`, digest, now)
		s.Expires = a.expires(now, s.ends)
	}
	if err != nil {
		return Session{}, wrap(err, "find a session")
	}
	return s.Session, nil
}

// Sessions gives the sessions of a person, the newest first. Whether the asker may know them is the caller's to say.
func (a *Accounts) Sessions(ctx context.Context, person string) ([]Session, error) {
	now := a.now()
	rows, _ := a.pool.Query(ctx, live+` AND s.person = $3 ORDER BY s.created DESC, s.digest`, now, now.Add(-a.config.IdleLife), person)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Session, error) {
		s, err := a.scan(row)
		return s.Session, err
	})
	return list, wrap(err, "list sessions")
}

// ActAs stores in which post the person of a session acts, and by which delegation when the post is another's. Whether the person may
// is not known here: the office's own records say so, at every act.
func (a *Accounts) ActAs(ctx context.Context, token Token, post, delegation string) error {
	if _, err := a.Session(ctx, token); err != nil {
		return err
	}
	digest, _ := token.digest()
	tag, err := a.pool.Exec(ctx, `UPDATE accounts.session SET post = $2, delegation = $3 WHERE digest = $1`, digest, post, delegation)
	if err == nil && tag.RowsAffected() == 0 {
		return ErrNoSession // ended meanwhile
	}
	return wrap(err, "act in a post")
}

// SignOut ends a session. That there is none is no error.
func (a *Accounts) SignOut(ctx context.Context, token Token) error {
	digest, ok := token.digest()
	if !ok {
		return nil
	}
	_, err := a.pool.Exec(ctx, `
		WITH ended AS (DELETE FROM accounts.session WHERE digest = $1 RETURNING person, address, agent, terminal)
		INSERT INTO accounts.history (at, act, result, office, person, by, address, agent, terminal)
		SELECT $2, 'sign-out', 'ok', office, person, person, address, agent, terminal
		FROM ended JOIN accounts.account USING (person)`, digest, a.now())
	return wrap(err, "sign out")
}

// Sweep deletes sessions that have ended and failures that no longer count. Nothing depends on it but the size of the tables; an hour
// between two sweeps is often enough.
func (a *Accounts) Sweep(ctx context.Context) error {
	now := a.now()
	b := &pgx.Batch{}
	// What somebody else is deleting or counting just now is left for the next time.
	b.Queue(`DELETE FROM accounts.session WHERE digest IN (
		SELECT digest FROM accounts.session WHERE expires <= $1 OR seen <= $2 FOR UPDATE SKIP LOCKED)`, now, now.Add(-a.config.IdleLife))
	b.Queue(`DELETE FROM accounts.throttle WHERE (kind, key) IN (
		SELECT kind, key FROM accounts.throttle WHERE since <= $2 AND (locked_until IS NULL OR locked_until <= $1)
		FOR UPDATE SKIP LOCKED)`, now, now.Add(-a.config.LockFor))
	return wrap(a.pool.SendBatch(ctx, b).Close(), "sweep sessions")
}
