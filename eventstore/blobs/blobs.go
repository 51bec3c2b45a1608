// Package blobs keeps the content of papers as files beside the log, each under the SHA-256 of its ciphertext. A file is
// encrypted under a key of its own that follows from the paper's content key, in pieces, so that a part can be read
// without the rest. Nothing is read without a Receipt, and a Receipt is made of one thing only: the durable event of the
// log that grants a person this part of this file.
package blobs

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"andu/domain"
	"andu/eventstore"
	"andu/eventstore/keys"

	"github.com/gabriel-vasile/mimetype"
)

// Errors that a caller branches on.
var (
	// ErrTooLarge: the content is over the limit. Nothing was kept.
	ErrTooLarge = errors.New("content is over the limit")
	// ErrEmpty: there is no content.
	ErrEmpty = errors.New("content is empty")
	// ErrNotGranted: no event of the log grants this.
	ErrNotGranted = errors.New("no event grants this part of the file")
	// ErrDamaged: the file is not what its name says.
	ErrDamaged = errors.New("file is damaged")
)

// A file is one byte of version, a salt, and pieces of at most pieceSize bytes, each with its tag.
const (
	version   = 1
	saltSize  = 16
	headSize  = 1 + saltSize
	pieceSize = 64 << 10
	tagSize   = 16
)

// Files is a directory of encrypted files. It is safe for concurrent use.
type Files struct {
	dir   string
	ring  *keys.Ring
	limit int64
}

// Open gives the files of a directory, which the first of them makes. Limit is the largest content in bytes.
func Open(dir string, ring *keys.Ring, limit int64) *Files {
	return &Files{dir: dir, ring: ring, limit: limit}
}

// Limit is the largest content in bytes.
func (f *Files) Limit() int64 { return f.limit }

// keyOf names the content key of a paper, by the stream that protects it.
func keyOf(stream string) string {
	_, id, _ := strings.Cut(stream, "-")
	return "content-" + id
}

// Kept is a file as it was kept.
type Kept struct {
	File      string // SHA-256 of the ciphertext, hex
	Digest    string // SHA-256 of the content, hex
	MediaType string // by its first bytes, whatever it was called
	Size      int64
}

// Keep encrypts content of the paper that a stream protects. It is on disk before Keep returns. The same content kept
// twice is two files.
func (f *Files) Keep(stream string, content io.Reader) (_ Kept, err error) {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return Kept{}, fmt.Errorf("keep content: %w", err)
	}
	key, salt, err := f.ring.NewFileKey(keyOf(stream))
	if err != nil {
		return Kept{}, fmt.Errorf("keep content: %w", err)
	}
	tmp, err := os.CreateTemp(f.dir, "new-")
	if err != nil {
		return Kept{}, fmt.Errorf("keep content: %w", err)
	}
	defer func() {
		tmp.Close()
		if err != nil {
			os.Remove(tmp.Name())
		}
	}()
	cipherSum, plainSum := sha256.New(), sha256.New()
	out := io.MultiWriter(tmp, cipherSum)
	if _, err := out.Write(append([]byte{version}, salt...)); err != nil {
		return Kept{}, fmt.Errorf("keep content: %w", err)
	}
	var kept Kept
	in := io.TeeReader(io.LimitReader(content, f.limit+1), plainSum)
	piece, next := make([]byte, pieceSize), make([]byte, pieceSize)
	n, err := readPiece(in, piece)
	for i := uint32(0); err == nil; i++ {
		if i == 0 {
			if n == 0 {
				return Kept{}, ErrEmpty
			}
			kept.MediaType = mimetype.Detect(piece[:n]).String()
		}
		var more int
		if more, err = readPiece(in, next); err != nil {
			break
		}
		if kept.Size += int64(n); kept.Size > f.limit {
			return Kept{}, ErrTooLarge
		}
		if _, err = out.Write(aead(key).Seal(nil, nonce(i, more == 0), piece[:n], nil)); err != nil || more == 0 {
			break
		}
		piece, next, n = next, piece, more
	}
	if err != nil {
		return Kept{}, fmt.Errorf("keep content: %w", err)
	}
	kept.File, kept.Digest = hex.EncodeToString(cipherSum.Sum(nil)), hex.EncodeToString(plainSum.Sum(nil))
	if err = errors.Join(tmp.Sync(), tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), f.path(kept.File))
	}
	if err == nil {
		err = syncDir(f.dir)
	}
	if err != nil {
		return Kept{}, fmt.Errorf("keep content: %w", err)
	}
	return kept, nil
}

// Remove takes away a file that no event names: its content was refused after all.
func (f *Files) Remove(file string) error { return os.Remove(f.path(file)) }

func (f *Files) path(file string) string { return filepath.Join(f.dir, filepath.Base(file)) }

// Receipt lets one part of one file be read. Only Redeem makes one.
type Receipt struct {
	key, file string
	from, to  int64
}

// granting are the events that grant a part of a file, by the names under which they are recorded.
var granting = map[string]bool{"access.view-opened": true, "access.window-opened": true}

// Redeem reads the log itself for an event that grants a part of a file, and gives the receipt for it.
func (f *Files) Redeem(ctx context.Context, log eventstore.Store, stream string, revision int64) (Receipt, error) {
	records, err := log.Read(ctx, stream, revision)
	if err != nil {
		return Receipt{}, fmt.Errorf("read %s@%d: %w", stream, revision, err)
	}
	if len(records) == 0 || !granting[records[0].Header.Type] {
		return Receipt{}, ErrNotGranted
	}
	payload, erased, err := f.ring.Open(records[0].Header, records[0].Payload)
	if err != nil || erased {
		return Receipt{}, errors.Join(ErrNotGranted, err)
	}
	stored, err := domain.DecodePayload(payload)
	if err != nil {
		return Receipt{}, errors.Join(ErrNotGranted, err)
	}
	var grant struct {
		File     string
		From, To int64
	}
	if err := json.Unmarshal(stored.Event, &grant); err != nil || grant.File == "" {
		return Receipt{}, errors.Join(ErrNotGranted, err)
	}
	return Receipt{key: keyOf(stream), file: grant.File, from: grant.From, to: grant.To}, nil
}

// Part is an opened part of a file, from which no byte has been given yet.
type Part struct {
	file     *os.File
	key      []byte
	pieces   int64
	from, to int64
}

// Open opens a part that the receipt is for. The whole file is checked against its name first.
func (f *Files) Open(r Receipt, from, to int64) (*Part, error) {
	if r.file == "" || from < r.from || to > r.to || from >= to {
		return nil, ErrNotGranted
	}
	file, err := os.Open(f.path(r.file))
	if err != nil {
		return nil, fmt.Errorf("open content: %w", err)
	}
	p := &Part{file: file, from: from, to: to}
	if err := p.check(f.ring, r); err != nil {
		file.Close()
		return nil, fmt.Errorf("open content: %w", err)
	}
	return p, nil
}

func (p *Part) check(ring *keys.Ring, r Receipt) error {
	sum := sha256.New()
	size, err := io.Copy(sum, p.file)
	if err != nil {
		return err
	}
	head := make([]byte, headSize)
	if _, err := p.file.ReadAt(head, 0); err != nil || head[0] != version || hex.EncodeToString(sum.Sum(nil)) != r.file {
		return ErrDamaged
	}
	p.pieces = (size - headSize + pieceSize + tagSize - 1) / (pieceSize + tagSize)
	p.key, err = ring.FileKey(r.key, head[1:])
	return err
}

// WriteTo decrypts the part and writes it piece by piece, each by one Write.
func (p *Part) WriteTo(w io.Writer) (written int64, err error) {
	sealed := make([]byte, pieceSize+tagSize)
	for i := p.from / pieceSize; i < p.pieces && i*pieceSize < p.to; i++ {
		n, err := p.file.ReadAt(sealed, headSize+i*(pieceSize+tagSize))
		if err != nil && err != io.EOF {
			return written, fmt.Errorf("read content: %w", err)
		}
		plain, err := aead(p.key).Open(nil, nonce(uint32(i), i == p.pieces-1), sealed[:n], nil)
		if err != nil {
			return written, ErrDamaged
		}
		first, last := max(0, p.from-i*pieceSize), min(int64(len(plain)), p.to-i*pieceSize)
		if first >= last {
			return written, ErrDamaged
		}
		m, err := w.Write(plain[first:last])
		written += int64(m)
		if err != nil {
			return written, err
		}
	}
	if written != p.to-p.from {
		return written, ErrDamaged
	}
	return written, nil
}

// Close lets the file go.
func (p *Part) Close() error { return p.file.Close() }

// readPiece fills a piece; a short one is the last, and after the last there is none.
func readPiece(r io.Reader, piece []byte) (int, error) {
	n, err := io.ReadFull(r, piece)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return n, err
}

// nonce numbers a piece and says whether it is the last: the key is used for one file only.
func nonce(piece uint32, last bool) []byte {
	n := make([]byte, 12)
	binary.BigEndian.PutUint32(n[7:], piece)
	if last {
		n[11] = 1
	}
	return n
}

// aead cannot fail: every key is 32 bytes.
func aead(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return gcm
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
