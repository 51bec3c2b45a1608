package pgserver

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Passwords are what the two roles sign in with.
type Passwords struct{ Owner, Server string }

// Bootstrap makes the database and its two roles in the server's own cluster; see the function Bootstrap.
func (s *Server) Bootstrap(ctx context.Context, database string) (ownerURL, serverURL string, err error) {
	return Bootstrap(ctx, s.URL(SuperRole, "postgres"), database, s.Passwords())
}

// Bootstrap makes a database, and the two roles that share its work, on the server that superURL reaches as a superuser. It returns
// the addresses for both. It may be run again at any time, also by several processes at once: it sets everything to what it
// should be, the passwords included, and touches no table.
//
// OwnerRole owns the database and the schema public. ServerRole owns neither: it can do to the owner's tables what migrations grant
// it, and no more. It may create schemas, because each version of a read model has its own. No other role can connect.
func Bootstrap(ctx context.Context, superURL, database string, p Passwords) (ownerURL, serverURL string, err error) {
	defer wrap(&err, "prepare the database %s", database)
	at, err := url.Parse(superURL)
	if err != nil || at.Host == "" {
		return "", "", errors.New("the superuser's address is not of the form postgres://user:password@host:port/database")
	}
	conn, err := pgx.Connect(ctx, superURL)
	if err != nil {
		return "", "", err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	// Held until this session ends: roles belong to the whole cluster, and two writers of one role disturb each other.
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(hashtext('andu bootstrap'))`); err != nil {
		return "", "", err
	}
	if err := makeRole(ctx, conn, OwnerRole, p.Owner); err != nil {
		return "", "", err
	}
	if err := makeRole(ctx, conn, ServerRole, p.Server); err != nil {
		return "", "", err
	}

	name := pgx.Identifier{database}.Sanitize()
	_, err = conn.Exec(ctx, `CREATE DATABASE `+name+` OWNER `+OwnerRole+` TEMPLATE template0 ENCODING 'UTF8'`)
	if pg, ok := errors.AsType[*pgconn.PgError](err); err != nil && !(ok && pg.Code == "42P04") { // 42P04: it exists
		return "", "", err
	}
	// The search path is fixed because the default begins with a schema named like the role: the server, which may create schemas,
	// could otherwise make one that the owner's migrations would look into first.
	if _, err := conn.Exec(ctx, `
		ALTER DATABASE `+name+` OWNER TO `+OwnerRole+`;
		ALTER DATABASE `+name+` SET search_path = public;
		ALTER DATABASE `+name+` SET timezone = 'UTC';
		REVOKE ALL ON DATABASE `+name+` FROM PUBLIC;
		GRANT CONNECT, TEMPORARY, CREATE ON DATABASE `+name+` TO `+ServerRole); err != nil {
		return "", "", err
	}

	inside := *at
	inside.Path = "/" + database
	within, err := pgx.Connect(ctx, inside.String())
	if err != nil {
		return "", "", err
	}
	defer within.Close(context.WithoutCancel(ctx))
	if _, err := within.Exec(ctx, `
		ALTER SCHEMA public OWNER TO `+OwnerRole+`;
		REVOKE ALL ON SCHEMA public FROM PUBLIC, `+ServerRole+`;
		GRANT USAGE ON SCHEMA public TO `+ServerRole); err != nil {
		return "", "", err
	}

	owner, server := inside, inside
	owner.User, server.User = url.UserPassword(OwnerRole, p.Owner), url.UserPassword(ServerRole, p.Server)
	return owner.String(), server.String(), nil
}

// makeRole makes a role that can sign in and has no privilege over the cluster, or takes such privileges from one that exists.
func makeRole(ctx context.Context, conn *pgx.Conn, role, password string) error {
	if password == "" {
		return fmt.Errorf("the role %s needs a password", role)
	}
	var exists bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`, role).Scan(&exists); err != nil {
		return err
	}
	verb := `CREATE`
	if exists {
		verb = `ALTER`
	}
	secret, err := verifier(password)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, verb+` ROLE `+role+` LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD '`+secret+`'`)
	return err
}

// verifier is what PostgreSQL stores of a password (RFC 5803). Sent in place of the password, it keeps the password itself out of
// the statement, and so out of the log and the statistics of a server that records statements.
func verifier(password string) (string, error) {
	const iterations = 4096
	salt := make([]byte, 16)
	rand.Read(salt)
	salted, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return "", err
	}
	mac := func(text string) []byte {
		h := hmac.New(sha256.New, salted)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	stored := sha256.Sum256(mac("Client Key"))
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", iterations, b64(salt), b64(stored[:]), b64(mac("Server Key"))), nil
}
