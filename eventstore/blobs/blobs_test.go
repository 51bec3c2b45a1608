package blobs

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"andu/domain"
	"andu/eventstore"
	"andu/eventstore/keys"
	"andu/eventstore/memstore"
)

type shelf struct {
	*Files
	dir string
	log *memstore.Store
}

func newShelf(t *testing.T, limit int64) shelf {
	t.Helper()
	ring, err := keys.Create(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ring.Close() })
	dir := filepath.Join(t.TempDir(), "content")
	return shelf{Open(dir, ring, limit), dir, memstore.New("log", time.Now)}
}

// record appends an event as the access path would.
func (s shelf) record(t *testing.T, stream, typ string, event any) int64 {
	t.Helper()
	text, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := domain.EncodePayload(text, nil)
	if err != nil {
		t.Fatal(err)
	}
	seen, err := s.log.Read(t.Context(), stream, 0)
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.log.Append(t.Context(), stream, int64(len(seen))-1, eventstore.Event{Header: domain.Header{V: 1, ID: typ + string(text), Type: typ, Command: typ, Payload: domain.PayloadField{Length: len(payload)}}, Payload: payload})
	if err != nil {
		t.Fatal(err)
	}
	return a.Revision
}

type grant struct {
	File string `json:"file"`
	From int64  `json:"from"`
	To   int64  `json:"to"`
}

func (s shelf) read(t *testing.T, stream string, g grant, from, to int64) ([]byte, error) {
	t.Helper()
	r, err := s.Redeem(t.Context(), s.log, stream, s.record(t, stream, "access.view-opened", g))
	if err != nil {
		return nil, err
	}
	p, err := s.Open(r, from, to)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	var b bytes.Buffer
	_, err = p.WriteTo(&b)
	return b.Bytes(), err
}

// Whatever its size, a part is exactly what was kept, also across pieces.
func TestPartsAreWhatWasKept(t *testing.T) {
	for _, size := range []int{1, pieceSize - 1, pieceSize, pieceSize + 1, 3*pieceSize + 7} {
		s := newShelf(t, 1<<20)
		content := bytes.Repeat([]byte("%PDF-1.7 案牍 "), size/10+1)[:size]
		kept, err := s.Keep("access-1", bytes.NewReader(content))
		if err != nil || kept.Size != int64(size) {
			t.Fatalf("%d bytes: %+v, %v", size, kept, err)
		}
		if size > 100 && kept.MediaType != "application/pdf" {
			t.Errorf("it is taken for %s", kept.MediaType)
		}
		raw, err := os.ReadFile(filepath.Join(s.dir, kept.File))
		if err != nil || size > 8 && bytes.Contains(raw, []byte("%PDF")) {
			t.Errorf("the file shows its content: %v", err)
		}
		n := int64(size)
		for _, w := range [][2]int64{{0, n}, {0, 1}, {n - 1, n}, {n / 3, n/3 + 1}, {n / 2, n}} {
			got, err := s.read(t, "access-1", grant{kept.File, 0, n}, w[0], w[1])
			if err != nil || !bytes.Equal(got, content[w[0]:w[1]]) {
				t.Errorf("bytes %d to %d of %d: %d bytes, %v", w[0], w[1], size, len(got), err)
			}
		}
	}
}

func TestNothingIsReadWithoutItsEvent(t *testing.T) {
	s := newShelf(t, 1<<20)
	kept, err := s.Keep("access-1", strings.NewReader("内容不得外传"))
	if err != nil {
		t.Fatal(err)
	}
	g := grant{kept.File, 3, 9}
	if got, err := s.read(t, "access-1", g, 3, 9); err != nil || string(got) != "容不" {
		t.Fatalf("%q, %v", got, err)
	}
	for name, w := range map[string][2]int64{"before": {2, 9}, "behind": {3, 10}, "nothing": {5, 5}} {
		if _, err := s.read(t, "access-1", g, w[0], w[1]); !errors.Is(err, ErrNotGranted) {
			t.Errorf("a part %s the granted one: %v", name, err)
		}
	}
	if _, err := s.Open(Receipt{}, 0, 1); !errors.Is(err, ErrNotGranted) {
		t.Errorf("a receipt of nothing: %v", err)
	}
	other := s.record(t, "access-2", "access.scope-set", g)
	if _, err := s.Redeem(t.Context(), s.log, "access-2", other); !errors.Is(err, ErrNotGranted) {
		t.Errorf("an event that grants nothing: %v", err)
	}
	if _, err := s.Redeem(t.Context(), s.log, "access-2", 99); !errors.Is(err, ErrNotGranted) {
		t.Errorf("an event that was never recorded: %v", err)
	}
	// The event of another paper does not open the file either: its key is another one.
	if _, err := s.Keep("access-3", strings.NewReader("another")); err != nil {
		t.Fatal(err)
	}
	if got, err := s.read(t, "access-3", g, 3, 9); !errors.Is(err, ErrDamaged) || len(got) > 0 {
		t.Errorf("by the grant of another paper: %q, %v", got, err)
	}
}

func TestADamagedFileGivesNoByte(t *testing.T) {
	s := newShelf(t, 1<<20)
	a, err := s.Keep("access-1", strings.NewReader("first"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Keep("access-1", strings.NewReader("other"))
	if err != nil {
		t.Fatal(err)
	}
	if a.File == b.File || a.Digest == b.Digest {
		t.Error("two files have one name")
	}
	// Another file of the same paper in its place.
	if err := os.Rename(filepath.Join(s.dir, b.File), filepath.Join(s.dir, a.File)); err != nil {
		t.Fatal(err)
	}
	if got, err := s.read(t, "access-1", grant{a.File, 0, 5}, 0, 5); !errors.Is(err, ErrDamaged) || len(got) > 0 {
		t.Errorf("%q, %v", got, err)
	}
}

func TestLimits(t *testing.T) {
	s := newShelf(t, 10)
	if _, err := s.Keep("access-1", strings.NewReader("0123456789")); err != nil {
		t.Error(err)
	}
	if _, err := s.Keep("access-1", strings.NewReader("0123456789a")); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if _, err := s.Keep("access-1", strings.NewReader("")); !errors.Is(err, ErrEmpty) {
		t.Errorf("empty: %v", err)
	}
	if files, _ := filepath.Glob(filepath.Join(s.dir, "*")); len(files) != 1 {
		t.Errorf("what was refused has left something: %v", files)
	}
}

// When the paper's content key is destroyed, no copy of its files can be read.
func TestADestroyedKeyEndsTheContent(t *testing.T) {
	s := newShelf(t, 100)
	kept, err := s.Keep("access-1", strings.NewReader("content"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ring.Destroy("content-1"); err != nil {
		t.Fatal(err)
	}
	if got, err := s.read(t, "access-1", grant{kept.File, 0, 7}, 0, 7); !errors.Is(err, keys.ErrDestroyed) || len(got) > 0 {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := s.Keep("access-1", strings.NewReader("again")); !errors.Is(err, keys.ErrDestroyed) {
		t.Errorf("kept again: %v", err)
	}
}
