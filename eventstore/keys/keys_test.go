package keys_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"andu/domain"
	"andu/eventstore/keys"
)

// sealed is one event as it would stand in the log.
type sealed struct {
	header  domain.Header
	payload []byte
	plain   string
}

func create(t *testing.T) (*keys.Ring, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "keys")
	r, err := keys.Create(dir)
	return opened(t, r, err), dir
}

func opened(t *testing.T, r *keys.Ring, err error) *keys.Ring {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func seal(t *testing.T, r *keys.Ring, key, id, plain string) sealed {
	t.Helper()
	field, payload, err := r.Seal(key, "person-1", id, []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return sealed{domain.Header{Stream: "person-1", ID: id, Payload: field}, payload, plain}
}

// check opens an event and expects its plain text, or that it is erased.
func check(t *testing.T, r *keys.Ring, e sealed, wantErased bool) {
	t.Helper()
	plain, erased, err := r.Open(e.header, e.payload)
	switch {
	case err != nil:
		t.Errorf("open event %s: %v", e.header.ID, err)
	case erased != wantErased:
		t.Errorf("open event %s: erased %v, want %v", e.header.ID, erased, wantErased)
	case erased && plain != nil, !erased && string(plain) != e.plain:
		t.Errorf("open event %s: %q, want %q", e.header.ID, plain, e.plain)
	}
}

func TestWhatIsSealedIsOpened(t *testing.T) {
	r, _ := create(t)
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		field, payload, err := r.Seal("person-1", "person-1", "e-1", plain)
		if err != nil {
			t.Fatal(err)
		}
		if field.Length != len(payload) || bytes.Contains(payload, plain) && len(plain) > 3 {
			t.Fatalf("%d bytes recorded as %d, plain text inside: %v", len(payload), field.Length, bytes.Contains(payload, plain))
		}
		got, erased, err := r.Open(domain.Header{Stream: "person-1", ID: "e-1", Payload: field}, payload)
		if err != nil || erased || !bytes.Equal(got, plain) {
			t.Fatalf("opened %x, %v, %v; want %x", got, erased, err, plain)
		}
	})
}

func TestAPlainPayloadIsPassedThrough(t *testing.T) {
	r, _ := create(t)
	got, erased, err := r.Open(domain.Header{Payload: domain.PayloadField{Length: 2}}, []byte("{}"))
	if string(got) != "{}" || erased || err != nil {
		t.Errorf("%q, %v, %v", got, erased, err)
	}
}

func TestWhatWasChangedIsNotOpened(t *testing.T) {
	r, _ := create(t)
	good, other := seal(t, r, "person-1", "e-1", "张三"), seal(t, r, "person-2", "e-2", "李四")
	for name, change := range map[string]func(*sealed){
		"moved to another event":  func(e *sealed) { e.header.ID = "e-2" },
		"moved to another stream": func(e *sealed) { e.header.Stream = "person-2" },
		"another key":             func(e *sealed) { e.header.Payload.Key = "person-2" },
		"another payload":         func(e *sealed) { e.payload = other.payload },
		"a bit of the payload":    func(e *sealed) { e.payload = bytes.Clone(e.payload); e.payload[20] ^= 1 },
		"a shorter payload":       func(e *sealed) { e.payload = e.payload[:5] },
		"another commitment":      func(e *sealed) { e.header.Payload.Commitment = other.header.Payload.Commitment },
		"another cipher":          func(e *sealed) { e.header.Payload.Cipher = "ROT13" },
		"a key nobody made":       func(e *sealed) { e.header.Payload.Key = "person-9" },
	} {
		e := good
		change(&e)
		if plain, erased, err := r.Open(e.header, e.payload); err == nil || erased || plain != nil {
			t.Errorf("%s: %q, erased %v, %v; want an error", name, plain, erased, err)
		}
	}
}

func TestKeysSurviveARestart(t *testing.T) {
	r, dir := create(t)
	one, two := seal(t, r, "person-1", "e-1", "张三"), seal(t, r, "person-2", "e-2", "李四")
	r.Close()
	again, err := keys.Open(dir)
	r = opened(t, again, err)
	check(t, r, one, false)
	check(t, r, two, false)
	check(t, r, seal(t, r, "person-1", "e-3", "王五"), false)
	for name, want := range map[string]os.FileMode{".": 0o700, keys.MasterFile: 0o600, "keys-1": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: mode %v, %v; want %v", name, info.Mode().Perm(), err, want)
		}
	}
}

func TestADestroyedKeyStaysDestroyed(t *testing.T) {
	r, dir := create(t)
	gone, kept := seal(t, r, "person-1", "e-1", "张三"), seal(t, r, "person-2", "e-2", "李四")
	old := read(t, dir, "keys-1")
	if err := r.Destroy("person-1"); err != nil {
		t.Fatal(err)
	}
	state := func() {
		t.Helper()
		check(t, r, gone, true)
		check(t, r, kept, false)
		if _, _, err := r.Seal("person-1", "person-1", "e-4", nil); !errors.Is(err, keys.ErrDestroyed) {
			t.Errorf("sealed under a destroyed key: %v", err)
		}
	}
	state()
	later := seal(t, r, "person-3", "e-3", "王五")
	r.Close()
	again, err := keys.Open(dir)
	r = opened(t, again, err)
	state()
	check(t, r, later, false)
	if err := r.Destroy("person-3"); err != nil {
		t.Fatal(err)
	}
	state()
	check(t, r, later, true)

	if _, err := os.Stat(filepath.Join(dir, "keys-1")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the key file of the first epoch is still there: %v", err)
	}
	// A copy of the old key file is of no use with the master key of today.
	copied := filepath.Join(t.TempDir(), "copied")
	write(t, copied, keys.MasterFile, read(t, dir, keys.MasterFile))
	if _, err := keys.Restore(copied, bytes.NewReader(old)); !errors.Is(err, keys.ErrMaster) {
		t.Errorf("an old copy of the keys: %v, want ErrMaster", err)
	}
}

func TestABackupNeedsItsMasterKey(t *testing.T) {
	r, dir := create(t)
	one := seal(t, r, "person-1", "e-1", "张三")
	var backup bytes.Buffer
	if err := r.Backup(&backup); err != nil {
		t.Fatal(err)
	}
	master := read(t, dir, keys.MasterFile)

	place := filepath.Join(t.TempDir(), "restored")
	write(t, place, keys.MasterFile, master)
	restored, err := keys.Restore(place, bytes.NewReader(backup.Bytes()))
	check(t, opened(t, restored, err), one, false)

	_, other := create(t)
	wrong := filepath.Join(t.TempDir(), "wrong")
	write(t, wrong, keys.MasterFile, read(t, other, keys.MasterFile))
	if _, err := keys.Restore(wrong, bytes.NewReader(backup.Bytes())); !errors.Is(err, keys.ErrMaster) {
		t.Errorf("restored under another master key: %v, want ErrMaster", err)
	}
	if _, err := keys.Restore(wrong, bytes.NewReader(backup.Bytes()[:backup.Len()-3])); err == nil {
		t.Error("a backup cut short was restored")
	}

	r.Close()
	write(t, dir, keys.MasterFile, read(t, other, keys.MasterFile))
	if _, err := keys.Open(dir); !errors.Is(err, keys.ErrMaster) {
		t.Errorf("opened under another master key: %v, want ErrMaster", err)
	}
}

// TestACrashInTheMiddleOfAnAppend cuts the key file at every byte of its last line.
func TestACrashInTheMiddleOfAnAppend(t *testing.T) {
	r, dir := create(t)
	one := seal(t, r, "person-1", "e-1", "张三")
	before := len(read(t, dir, "keys-1"))
	two := seal(t, r, "person-2", "e-2", "李四")
	whole := read(t, dir, "keys-1")
	r.Close()
	for cut := before; cut < len(whole); cut++ {
		write(t, dir, "keys-1", whole[:cut])
		reader, err := keys.OpenReadOnly(dir)
		check(t, opened(t, reader, err), one, false)
		again, err := keys.Open(dir)
		r := opened(t, again, err)
		check(t, r, one, false)
		if _, _, err := r.Open(two.header, two.payload); !errors.Is(err, keys.ErrMissing) {
			t.Fatalf("cut at %d: a key that was not written whole: %v, want ErrMissing", cut, err)
		}
		if got := read(t, dir, "keys-1"); len(got) != before {
			t.Fatalf("cut at %d: repaired to %d bytes, want %d", cut, len(got), before)
		}
		check(t, r, seal(t, r, "person-2", "e-3", "李四"), false)
		check(t, reader, seal(t, r, "person-3", "e-4", "王五"), false)
		r.Close()
	}
	damaged := bytes.Clone(whole)
	damaged[before-10] ^= 1
	write(t, dir, "keys-1", damaged)
	if _, err := keys.Open(dir); err == nil {
		t.Error("a damaged line was passed over")
	}
}

// TestACrashInTheMiddleOfADestruction leaves what writing the next epoch would.
func TestACrashInTheMiddleOfADestruction(t *testing.T) {
	r, dir := create(t)
	one := seal(t, r, "person-1", "e-1", "张三")
	r.Close()
	for _, name := range []string{"keys-2", "keys-2.new", keys.MasterFile + ".new"} {
		write(t, dir, name, []byte("half"))
	}
	again, err := keys.Open(dir)
	r = opened(t, again, err)
	check(t, r, one, false)
	if entries, _ := os.ReadDir(dir); len(entries) != 2 {
		t.Errorf("%d files are left, want 2", len(entries))
	}
	if err := r.Destroy("person-1"); err != nil {
		t.Fatal(err)
	}
	check(t, r, one, true)
}

func TestOneRingWritesAndOthersFollow(t *testing.T) {
	r, dir := create(t)
	if _, err := keys.Open(dir); !errors.Is(err, keys.ErrLocked) {
		t.Errorf("opened twice: %v, want ErrLocked", err)
	}
	one, err := keys.OpenReadOnly(dir)
	reader := opened(t, one, err)
	first := seal(t, r, "person-1", "e-1", "张三")
	check(t, reader, first, false)
	check(t, reader, seal(t, reader, "person-1", "e-2", "李四"), false)
	if _, _, err := reader.Seal("person-2", "person-2", "e-3", nil); !errors.Is(err, keys.ErrReadOnly) {
		t.Errorf("a reader made a key: %v", err)
	}
	if err := reader.Destroy("person-1"); !errors.Is(err, keys.ErrReadOnly) {
		t.Errorf("a reader destroyed a key: %v", err)
	}
	for i := range 3 { // the file of an epoch may get the number of an earlier one on disk
		if err := r.Destroy(fmt.Sprint("person-1", i)); err != nil {
			t.Fatal(err)
		}
		check(t, reader, first, false)
		check(t, reader, seal(t, r, fmt.Sprint("person-2", i), "e-4", "王五"), false)
	}
	if err := r.Destroy("person-1"); err != nil {
		t.Fatal(err)
	}
	check(t, reader, first, true)
}

func TestManySealAtOnce(t *testing.T) {
	r, dir := create(t)
	reader, err := keys.OpenReadOnly(dir)
	reader = opened(t, reader, err)
	var group sync.WaitGroup
	events := make([][]sealed, 16)
	for g := range events {
		group.Go(func() {
			for i := range 40 {
				e := seal(t, r, fmt.Sprint("person-", (g*7+i)%50), fmt.Sprintf("e-%d-%d", g, i), "张三")
				events[g] = append(events[g], e)
				check(t, reader, e, false)
			}
		})
	}
	group.Go(func() {
		for i := range 5 {
			if err := r.Destroy(fmt.Sprint("nobody-", i)); err != nil {
				t.Error(err)
			}
		}
	})
	group.Wait()
	r.Close()
	again, err := keys.Open(dir)
	r = opened(t, again, err)
	for _, of := range events {
		for _, e := range of {
			check(t, r, e, false)
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	r, err := keys.Create(filepath.Join(b.TempDir(), "keys"))
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	plain := make([]byte, 500)
	b.Run("known key", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := r.Seal("person-1", "person-1", "e-1", plain); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("new key", func(b *testing.B) {
		b.SetParallelism(32)
		var mu sync.Mutex
		n := 0
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				mu.Lock()
				n++
				id := fmt.Sprintf("person-%d-%d", b.N, n)
				mu.Unlock()
				if _, _, err := r.Seal(id, id, "e-1", plain); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func write(t *testing.T, dir, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}
