// Package keys holds the record keys: one 256-bit key for each stream or person whose events are encrypted. They live in
// a directory outside the database, so that destroying a key makes every copy of its events unreadable, in tables,
// backups and other engines alike, while hashes and proofs stay valid.
//
// The directory has two files. master.key is one line: the epoch and the master key of that epoch. keys-<epoch> is
// appended to: one line for each record key, wrapped by the master key, or for its destruction. To destroy a key is to
// write all others anew under a new master key and to destroy the old one, so old copies of the wrapped key are noise.
// That holds only if no copy of an old master.key is kept anywhere: Backup leaves it out, and its own copy (on paper,
// in a safe) is replaced after every Destroy.
package keys

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"andu/domain"
)

// Cipher is the name under which sealed payloads are recorded.
const Cipher = "A256GCM"

// MasterFile is the file of the directory that Backup leaves out.
const MasterFile = "master.key"

const saltSize = 32

// Errors that a caller branches on.
var (
	// ErrLocked: another process writes to the key directory.
	ErrLocked = errors.New("key directory is in use by another process")
	// ErrReadOnly: a new key is wanted of a ring that only reads.
	ErrReadOnly = errors.New("key ring is read-only")
	// ErrDestroyed: the key was destroyed on purpose. Nothing is ever sealed under its name again.
	ErrDestroyed = errors.New("key was destroyed")
	// ErrMissing: the key is in neither list, of those that exist and of those destroyed: the key file is not the log's.
	ErrMissing = errors.New("key is missing")
	// ErrMaster: the key file was written under another master key.
	ErrMaster = errors.New("master key does not fit the key file")
)

// Ring is an open key directory. It is safe for concurrent use.
type Ring struct {
	dir      string
	readOnly bool
	lock     *os.File // the directory, locked against other writers; nil if readOnly

	// writing is held by who changes files: those who wait find their key written by the one before.
	writing sync.Mutex
	broken  error // a write failed, so what the file holds is unknown; writing

	mu      sync.RWMutex
	master  master            // mu
	info    os.FileInfo       // of master.key as read; mu
	file    *os.File          // keys-<epoch>; mu
	size    int64             // of the part of file that was read or written whole; mu
	keys    map[string][]byte // known to be in file; nil: destroyed; mu
	pending map[string][]byte // made but not yet in file; mu
}

// master wraps the record keys of one epoch.
type master struct {
	epoch  int64
	secret []byte
}

// Create makes a key directory with a new master key. The directory must be empty or missing.
func Create(dir string) (*Ring, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create key directory: %w", err)
	}
	if err := holds(dir, 0); err != nil {
		return nil, fmt.Errorf("create key directory: %w", err)
	}
	m := master{epoch: 1, secret: random(32)}
	if err := m.writeKeys(dir, nil); err != nil {
		return nil, err
	}
	if err := m.write(dir); err != nil {
		return nil, err
	}
	return Open(dir)
}

// Open opens a key directory for reading and writing. One ring may do so at a time.
func Open(dir string) (*Ring, error) {
	lock, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("open key directory: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return nil, fmt.Errorf("lock %s: %w (%v)", dir, ErrLocked, err)
	}
	r := &Ring{dir: dir, lock: lock, pending: map[string][]byte{}}
	if err := errors.Join(r.load(), r.repair()); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// OpenReadOnly opens a key directory while another process may write to it. Keys that are made or destroyed there
// later are seen.
func OpenReadOnly(dir string) (*Ring, error) {
	r := &Ring{dir: dir, readOnly: true}
	if err := r.load(); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// Close ends the ring and lets another one write.
func (r *Ring) Close() error {
	r.writing.Lock()
	defer r.writing.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken = errors.New("key ring is closed")
	var err error
	for _, f := range []*os.File{r.file, r.lock} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	return err
}

// Seal encrypts the payload of one event under a key. A key that is not there yet is made, and is on disk before Seal
// returns.
func (r *Ring) Seal(keyID, stream, eventID string, plain []byte) (domain.PayloadField, []byte, error) {
	key, err := r.obtain(keyID)
	if err != nil {
		return domain.PayloadField{}, nil, fmt.Errorf("seal event %s under key %s: %w", eventID, keyID, err)
	}
	salted := append(random(saltSize), plain...)
	commitment := sha256.Sum256(salted)
	sealed := seal(key, salted, []byte(stream+"\x00"+eventID))
	return domain.PayloadField{Cipher: Cipher, Key: keyID, Commitment: hex.EncodeToString(commitment[:]), Length: len(sealed)}, sealed, nil
}

// Open gives the plain payload of an event; a payload that was never sealed is passed through. Erased says that the key
// was destroyed: there is no plain payload any more, and that is no error.
func (r *Ring) Open(h domain.Header, payload []byte) (plain []byte, erased bool, err error) {
	field := h.Payload
	switch field.Cipher {
	case "":
		return payload, false, nil
	case Cipher:
	default:
		return nil, false, fmt.Errorf("open event %s: cipher %q is unknown", h.ID, field.Cipher)
	}
	key, err := r.find(field.Key)
	if errors.Is(err, ErrDestroyed) {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("open event %s with key %s: %w", h.ID, field.Key, err)
	}
	salted, err := open(key, payload, []byte(h.Stream+"\x00"+h.ID))
	if err != nil {
		return nil, false, fmt.Errorf("open event %s with key %s: %w", h.ID, field.Key, err)
	}
	if sum := sha256.Sum256(salted); hex.EncodeToString(sum[:]) != field.Commitment || len(salted) < saltSize {
		return nil, false, fmt.Errorf("open event %s: the payload is not what its header commits to", h.ID)
	}
	return salted[saltSize:], false, nil
}

// NewFileKey gives a key for one file, and the salt by which FileKey finds it again: content is never encrypted under the
// record key itself. A record key that is not there yet is made.
func (r *Ring) NewFileKey(keyID string) (key, salt []byte, err error) {
	if _, err := r.obtain(keyID); err != nil {
		return nil, nil, fmt.Errorf("new file under key %s: %w", keyID, err)
	}
	salt = random(16)
	key, err = r.FileKey(keyID, salt)
	return key, salt, err
}

// FileKey gives the key of one file under a record key, which has to be there.
func (r *Ring) FileKey(keyID string, salt []byte) ([]byte, error) {
	key, err := r.find(keyID)
	if err != nil {
		return nil, fmt.Errorf("file under key %s: %w", keyID, err)
	}
	return hkdf.Key(sha256.New, key, salt, "andu file "+keyID, 32)
}

// Destroy makes everything sealed under a key unreadable for ever, wherever copies are. All other keys are written anew
// under a new master key; the old files are overwritten and removed. A key that is not known is barred all the same.
func (r *Ring) Destroy(keyID string) error {
	if err := r.valid(keyID); err != nil {
		return fmt.Errorf("destroy key %s: %w", keyID, err)
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	if err := r.flush(); err != nil {
		return fmt.Errorf("destroy key %s: %w", keyID, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	survivors := map[string][]byte{keyID: nil}
	for id, key := range r.keys {
		if id != keyID {
			survivors[id] = key
		}
	}
	next := master{epoch: r.master.epoch + 1, secret: random(32)}
	if err := next.writeKeys(r.dir, survivors); err != nil {
		return fmt.Errorf("destroy key %s: %w", keyID, err)
	}
	if err := next.write(r.dir); err != nil {
		r.broken = err // which master key holds is unknown until the directory is opened again
		return fmt.Errorf("destroy key %s: %w", keyID, err)
	}
	if err := r.load(); err != nil {
		r.broken = err
		return fmt.Errorf("destroy key %s: %w", keyID, err)
	}
	return nil
}

// Backup writes the wrapped keys. They are of use only with the master key of the same epoch, which is kept apart.
func (r *Ring) Backup(w io.Writer) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if _, err := io.Copy(w, io.NewSectionReader(r.file, 0, r.size)); err != nil {
		return fmt.Errorf("back up keys: %w", err)
	}
	return nil
}

// Restore makes a key directory of a backup. The directory must hold nothing but the master key of the backup's epoch.
func Restore(dir string, backup io.Reader) (*Ring, error) {
	m, _, err := readMaster(dir)
	if err != nil {
		return nil, fmt.Errorf("restore keys: %w", err)
	}
	if err := holds(dir, 1); err != nil {
		return nil, fmt.Errorf("restore keys: %w", err)
	}
	lines, err := io.ReadAll(backup)
	if err != nil {
		return nil, fmt.Errorf("restore keys: %w", err)
	}
	switch whole, err := m.parse(lines, 0, map[string][]byte{}); {
	case err != nil:
		return nil, fmt.Errorf("restore keys: %w", err)
	case whole != len(lines):
		return nil, fmt.Errorf("restore keys: the backup is cut short after byte %d", whole)
	}
	if err := writeFile(dir, m.keyFile(), lines); err != nil {
		return nil, fmt.Errorf("restore keys: %w", err)
	}
	return Open(dir)
}

// obtain gives a key, making it if there is none.
func (r *Ring) obtain(id string) ([]byte, error) {
	key, err := r.find(id)
	if !errors.Is(err, ErrMissing) {
		return key, err
	}
	if err := r.valid(id); err != nil {
		return nil, err
	}
	r.mu.Lock()
	if r.pending[id] == nil {
		r.pending[id] = random(32)
	}
	r.mu.Unlock()

	r.writing.Lock()
	err = r.flush()
	r.writing.Unlock()
	if err != nil {
		return nil, err
	}
	return r.find(id)
}

// find gives a key that is on disk. A ring that only reads looks there before it answers.
func (r *Ring) find(id string) ([]byte, error) {
	if r.readOnly {
		if err := r.follow(id); err != nil {
			return nil, err
		}
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	key, known := r.keys[id]
	switch {
	case !known:
		return nil, ErrMissing
	case key == nil:
		return nil, ErrDestroyed
	}
	return key, nil
}

// valid says whether a key of this name can be made here.
func (r *Ring) valid(id string) error {
	switch {
	case r.readOnly:
		return ErrReadOnly
	case id == "" || strings.ContainsAny(id, "\t\n"):
		return fmt.Errorf("%q is no name of a key", id)
	}
	return nil
}

// flush writes all pending keys with one fsync. r.writing is held.
func (r *Ring) flush() error {
	if r.broken != nil {
		return fmt.Errorf("write keys: an earlier write failed: %w", r.broken)
	}
	r.mu.Lock()
	var lines []byte
	written := map[string][]byte{}
	for id, key := range r.pending {
		if _, known := r.keys[id]; known { // by another append, or as destroyed: that one holds
			delete(r.pending, id)
			continue
		}
		written[id] = key
		lines = r.master.appendLine(lines, id, key)
	}
	r.mu.Unlock()
	if len(written) == 0 {
		return nil
	}
	_, err := r.file.WriteAt(lines, r.size) // file and size change only under writing
	if err == nil {
		err = r.file.Sync()
	}
	if err != nil {
		r.broken = err
		return fmt.Errorf("write %d keys: %w", len(written), err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.size += int64(len(lines))
	for id, key := range written {
		r.keys[id] = key
		delete(r.pending, id)
	}
	return nil
}

// follow reads what another process wrote since, if the key is not known or the master key was replaced.
func (r *Ring) follow(id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var read error
	if _, known := r.keys[id]; !known {
		read = r.read()
	}
	info, err := os.Stat(filepath.Join(r.dir, MasterFile))
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	if !os.SameFile(info, r.info) || !info.ModTime().Equal(r.info.ModTime()) {
		return r.load()
	}
	return read
}

// load reads the directory from the beginning. r.mu is held. A reader that came upon a Destroy tries again.
func (r *Ring) load() (err error) {
	for range 3 {
		if err = r.loadOnce(); err == nil || !r.readOnly {
			break
		}
	}
	return err
}

func (r *Ring) loadOnce() error {
	m, info, err := readMaster(r.dir)
	if err != nil {
		return err
	}
	flag := os.O_RDWR
	if r.readOnly {
		flag = os.O_RDONLY
	}
	file, err := os.OpenFile(filepath.Join(r.dir, m.keyFile()), flag, 0)
	if err != nil {
		return fmt.Errorf("open keys of epoch %d: %w", m.epoch, err)
	}
	if r.file != nil {
		r.file.Close()
	}
	r.master, r.info, r.file, r.size, r.keys = m, info, file, 0, map[string][]byte{}
	return r.read()
}

// read takes in the lines behind what was read before. r.mu is held.
func (r *Ring) read() error {
	lines, err := io.ReadAll(io.NewSectionReader(r.file, r.size, 1<<62))
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	whole, err := r.master.parse(lines, r.size, r.keys)
	r.size += int64(whole)
	return err
}

// repair removes what a crash left behind: a line cut short, and files of another epoch.
func (r *Ring) repair() error {
	if r.file == nil {
		return nil
	}
	if err := errors.Join(r.file.Truncate(r.size), r.file.Sync()); err != nil {
		return fmt.Errorf("repair keys: %w", err)
	}
	return r.master.destroyOthers(r.dir)
}

func (m master) keyFile() string { return "keys-" + strconv.FormatInt(m.epoch, 10) }

// appendLine adds the line of a key; nil is the line of a destroyed one.
func (m master) appendLine(lines []byte, id string, key []byte) []byte {
	wrapped := "-"
	if key != nil {
		wrapped = base64.StdEncoding.EncodeToString(seal(m.secret, key, m.bound(id)))
	}
	return fmt.Appendf(lines, "%s\t%s\n", id, wrapped)
}

// bound ties a wrapped key to its name and epoch.
func (m master) bound(id string) []byte { return fmt.Appendf(nil, "andu key %d %s", m.epoch, id) }

// parse reads the whole lines and says how many bytes they are. The first line of a file has the empty name: it shows
// that the master key fits even before there is a key.
func (m master) parse(lines []byte, offset int64, keys map[string][]byte) (whole int, err error) {
	for {
		line, _, ok := bytes.Cut(lines[whole:], []byte{'\n'})
		if !ok {
			if offset == 0 && whole == 0 {
				return 0, fmt.Errorf("keys of epoch %d: the file has no line", m.epoch)
			}
			return whole, nil
		}
		id, wrapped, _ := strings.Cut(string(line), "\t")
		if wrapped == "-" {
			keys[id] = nil
		} else {
			sealed, err := base64.StdEncoding.DecodeString(wrapped)
			if err != nil {
				return whole, fmt.Errorf("keys of epoch %d: line at byte %d is damaged: %w", m.epoch, offset+int64(whole), err)
			}
			key, err := open(m.secret, sealed, m.bound(id))
			if err != nil {
				return whole, fmt.Errorf("keys of epoch %d: line at byte %d: %w", m.epoch, offset+int64(whole), ErrMaster)
			}
			if id != "" {
				keys[id] = key
			}
		}
		whole += len(line) + 1
	}
}

// writeKeys writes a new key file.
func (m master) writeKeys(dir string, keys map[string][]byte) error {
	lines := m.appendLine(nil, "", random(32))
	for id, key := range keys {
		lines = m.appendLine(lines, id, key)
	}
	return writeFile(dir, m.keyFile(), lines)
}

// write puts the master key in place of the one before, and destroys that one and its key file. The rename is the
// moment from which the new epoch holds.
func (m master) write(dir string) error {
	old, err := os.OpenFile(filepath.Join(dir, MasterFile), os.O_RDWR, 0)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("replace the master key: %w", err)
	}
	if err := writeFile(dir, MasterFile, fmt.Appendf(nil, "%d %x\n", m.epoch, m.secret)); err != nil {
		return fmt.Errorf("replace the master key: %w", err)
	}
	if old != nil {
		if err := overwrite(old); err != nil {
			return fmt.Errorf("destroy the old master key: %w", err)
		}
	}
	return m.destroyOthers(dir)
}

// destroyOthers removes the key files of other epochs and what was never put in place.
func (m master) destroyOthers(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("destroy old keys: %w", err)
	}
	for _, e := range entries {
		if e.Name() == MasterFile || e.Name() == m.keyFile() {
			continue
		}
		path := filepath.Join(dir, e.Name())
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err == nil {
			err = errors.Join(overwrite(f), os.Remove(path))
		}
		if err != nil {
			return fmt.Errorf("destroy old keys: %w", err)
		}
	}
	return nil
}

// holds checks that a directory has n files.
func holds(dir string, n int) error {
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) != n {
		err = fmt.Errorf("%s holds %d files, not %d", dir, len(entries), n)
	}
	return err
}

func readMaster(dir string) (master, os.FileInfo, error) {
	f, err := os.Open(filepath.Join(dir, MasterFile))
	if err != nil {
		return master{}, nil, fmt.Errorf("read the master key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return master{}, nil, fmt.Errorf("read the master key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return master{}, nil, fmt.Errorf("%s may be read by others (%v): chmod 600", f.Name(), info.Mode().Perm())
	}
	var m master
	if _, err := fmt.Fscanf(f, "%d %x\n", &m.epoch, &m.secret); err != nil {
		return master{}, nil, fmt.Errorf("%s is damaged: %w", f.Name(), err)
	}
	if len(m.secret) != 32 {
		return master{}, nil, fmt.Errorf("%s is damaged: the key has %d bytes", f.Name(), len(m.secret))
	}
	return m, info, nil
}

// writeFile puts a file in place at once and for good: a crash leaves the old one or the new one.
func writeFile(dir, name string, content []byte) error {
	path := filepath.Join(dir, name)
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// overwrite fills a file with zeros and closes it. On disks that write elsewhere each time this is no more than a try.
func overwrite(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	_, err = f.WriteAt(make([]byte, info.Size()), 0)
	return errors.Join(err, f.Sync(), f.Close())
}

// seal gives nonce ‖ AES-256-GCM(plain).
func seal(key, plain, bound []byte) []byte {
	gcm := gcm(key)
	nonce := random(gcm.NonceSize())
	return gcm.Seal(nonce, nonce, plain, bound)
}

func open(key, sealed, bound []byte) ([]byte, error) {
	gcm := gcm(key)
	if len(sealed) < gcm.NonceSize() {
		return nil, errors.New("shorter than its nonce")
	}
	return gcm.Open(nil, sealed[:gcm.NonceSize()], sealed[gcm.NonceSize():], bound)
}

// gcm cannot fail: every key is 32 bytes.
func gcm(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails
	return b
}
