package accounts

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/secure/precis"
)

const (
	maxLogin    = 64  // characters
	maxPassword = 256 // characters; who needs more uses a key
	saltLength  = 16  // bytes
	hashLength  = 32  // bytes
)

// loginKey is the login as it is compared (RFC 8265 UsernameCaseMapped: NFC, full width made narrow, lower case), and its digest, by
// which failures are counted. No account can have a login without a key; it is counted by what was typed.
func loginKey(login string) (key string, digest []byte) {
	login = strings.TrimSpace(login)
	key, err := precis.UsernameCaseMapped.String(login)
	if err != nil || utf8.RuneCountInString(key) > maxLogin {
		key = ""
	}
	sum := sha256.Sum256([]byte(cmp.Or(key, login)))
	return key, sum[:]
}

// opaque is the password as it is hashed (RFC 8265 OpaqueString: NFC, every space the same). ok is false when no account can have it.
func opaque(password string) (_ string, ok bool) {
	if len(password) > utf8.UTFMax*maxPassword {
		return "", false
	}
	password, err := precis.OpaqueString.String(password)
	return password, err == nil && utf8.RuneCountInString(password) <= maxPassword
}

// acceptable gives a new password as it is hashed, unless it is too short or one of those that it must not be.
func (a *Accounts) acceptable(password, login, old string) (string, error) {
	password, possible := opaque(password)
	old, _ = opaque(old)
	own, _ := loginKey(login)
	folded, _ := loginKey(password)
	if !possible || utf8.RuneCountInString(password) < a.config.MinLength || folded == own || password == old {
		return "", ErrWeakPassword.With("min", fmt.Sprint(a.config.MinLength), "max", fmt.Sprint(maxPassword))
	}
	return password, nil
}

// firstPassword has 80 random bits, in signs that are not taken for each other on paper.
func firstPassword() string {
	const signs = "abcdefghijkmnpqrstuvwxyz23456789"
	var random [16]byte
	rand.Read(random[:])
	var b strings.Builder
	for i, r := range random {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(signs[r%32])
	}
	return b.String()
}

// cost is what one hashing takes.
type cost struct {
	memory uint32 // KiB
	passes uint32
	lanes  uint8
}

// less says that a password hashed at this cost is to be hashed anew.
func (c cost) less(than cost) bool { return c.memory < than.memory || c.passes < than.passes }

// hash is the PHC string of the password. The caller holds a slot.
func (c cost) hash(password string) string {
	salt := make([]byte, saltLength)
	rand.Read(salt)
	return c.phc(salt, argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.lanes, hashLength))
}

// dummy looks like a hash and costs as much to verify, but there is no password to it.
func (c cost) dummy() string {
	salt, hash := make([]byte, saltLength), make([]byte, hashLength)
	rand.Read(salt)
	rand.Read(hash)
	return c.phc(salt, hash)
}

func (c cost) phc(salt, hash []byte) string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.passes, c.lanes, b64(salt), b64(hash))
}

// verify compares a password with its PHC string, and says what that one cost. The caller holds a slot.
func verify(phc, password string) (right bool, c cost, err error) {
	fail := errors.New("a stored password is not an argon2id hash in PHC string format") // never quoted
	part := strings.Split(phc, "$")
	if len(part) != 6 || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false, c, fail
	}
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.lanes); err != nil || c.passes < 1 || c.lanes < 1 {
		return false, c, fail
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(part[4])
	want, err2 := base64.RawStdEncoding.DecodeString(part[5])
	if err1 != nil || err2 != nil || len(want) != hashLength {
		return false, c, fail
	}
	got := argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.lanes, hashLength)
	return subtle.ConstantTimeCompare(got, want) == 1, c, nil
}

// slot waits for the permission to hash one password after another, in order of arrival.
func (a *Accounts) slot(ctx context.Context) (release func(), err error) {
	select {
	case a.slots <- struct{}{}:
		return func() { <-a.slots }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to hash a password: %w", ctx.Err())
	}
}

// hash is for passwords that are set, not tried.
func (a *Accounts) hash(ctx context.Context, password string) (string, error) {
	release, err := a.slot(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	return a.cost.hash(password), nil
}
