package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"andu/eventstore"
	"andu/eventstore/postgres"
	"andu/eventstore/storetest"
)

// connect opens a session of its own, which ends with the test.
func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func exec(t testing.TB, conn *pgx.Conn, query string, args ...any) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func must(t testing.TB, s eventstore.Store, stream string, expected int64, events ...eventstore.Event) eventstore.Appended {
	t.Helper()
	done, err := s.Append(t.Context(), stream, expected, events...)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// load appends from many callers, each to its own stream, until every one has appended n events. A caller that is told
// nothing certain asks again, as commands do. It returns how many answers were no success.
func load(t *testing.T, s eventstore.Store, callers, n int) int64 {
	var group sync.WaitGroup
	var failures atomic.Int64
	for range callers {
		group.Go(func() {
			stream := "paper-" + uuid.NewString()
			for i := int64(0); i < int64(n); {
				e := storetest.Event()
				for {
					done, err := s.Append(t.Context(), stream, i-1, e)
					var conflict *eventstore.ErrConflict
					if err == nil && done.Revision != i || errors.As(err, &conflict) || t.Context().Err() != nil {
						t.Errorf("append to %s behind %d: %+v, %v", stream, i-1, done, err)
						return
					}
					if err == nil {
						break
					}
					failures.Add(1)
				}
				i++
			}
		})
	}
	group.Wait()
	return failures.Load()
}

func TestALeaderWhoseSessionIsEndedLosesAndDoublesNothing(t *testing.T) {
	d := migrated(t)
	s := d.open(t)
	super := connect(t, d.SuperURL)
	stop, stopped := make(chan struct{}), make(chan int64)
	go func() { // ends sessions in the middle of a batch, each once
		killed, pid := int64(0), 0
		for killed < 12 {
			select {
			case <-stop:
				stopped <- killed
				return
			default:
			}
			err := super.QueryRow(context.Background(), `
				select pid from pg_stat_activity where datname = current_database() and application_name = 'andu sequencer' and pid <> $1
				and query like '%copy log.event%' and xact_start is not null`, pid).Scan(&pid)
			if err == nil {
				_, err = super.Exec(context.Background(), `select pg_terminate_backend($1)`, pid)
				killed++
			}
			if err != nil && !errors.Is(err, pgx.ErrNoRows) {
				t.Errorf("end a session: %v", err)
			}
		}
		<-stop
		stopped <- killed
	}()
	failures := load(t, s, 8, 100)
	close(stop)
	killed := <-stopped
	t.Logf("%d sessions ended, %d batches looked up, %d appends asked again", killed, s.Stats().Failures, failures)
	if killed == 0 || s.Stats().Failures == 0 {
		t.Error("no session was ended in the middle of a batch: the test shows nothing")
	}
	whole(t, d, s, 8*100)
}

func TestOnlyTheLastLeaderWrites(t *testing.T) {
	d := migrated(t)
	older := d.open(t)
	one := must(t, older, "paper-1", eventstore.NoStream, storetest.Event())
	newer := d.open(t)
	if _, err := older.Append(t.Context(), "paper-2", eventstore.NoStream, storetest.Event()); !errors.Is(err, eventstore.ErrUnavailable) {
		t.Errorf("the older leader: %v, want ErrUnavailable", err)
	}
	two := must(t, newer, "paper-1", 0, storetest.Event())
	if two.Position != one.Position+1 {
		t.Errorf("position %d after %d", two.Position, one.Position)
	}
	// What the older one still does is read, also what the newer one writes.
	if got, err := older.Read(t.Context(), "paper-1", 0); err != nil || len(got) != 2 {
		t.Errorf("the older one reads %d events, %v", len(got), err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	last := eventstore.Before
	for page, err := range older.Subscribe(ctx, eventstore.Before, 1) {
		if err != nil || page.Prev != last {
			t.Fatalf("page behind %d, %v; want behind %d", page.Prev, err, last)
		}
		if last = page.Last(); last == two.Position {
			break
		}
	}
	for range 3 {
		if _, err := older.Append(t.Context(), "paper-3", eventstore.NoStream, storetest.Event()); !errors.Is(err, eventstore.ErrUnavailable) {
			t.Errorf("the older leader again: %v, want ErrUnavailable", err)
		}
	}
	whole(t, d, newer, 2)
}

func TestTheLeadChangesUnderLoad(t *testing.T) {
	d := migrated(t)
	leading := &atomic.Pointer[postgres.Store]{}
	leading.Store(d.open(t))
	done := make(chan struct{})
	go func() {
		defer close(done)
		load(t, latest{leading.Load(), leading}, 8, 50)
	}()
	for changes := 0; ; changes++ {
		select {
		case <-done:
			t.Logf("%d leaders", changes+1)
			whole(t, d, leading.Load(), 8*50)
			return
		default:
			before := leading.Load().Stats().Events
			leading.Store(d.open(t))
			for leading.Load().Stats().Events == 0 && before > 0 {
				select {
				case <-done:
				default:
					continue
				}
				break
			}
		}
	}
}

// latest appends by whichever store leads now.
type latest struct {
	*postgres.Store
	now *atomic.Pointer[postgres.Store]
}

func (l latest) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	return l.now.Load().Append(ctx, stream, expected, events...)
}

// TestALeaderThatStandsStillIsEnded plays a leader that was stopped inside its transaction, with the head row locked.
func TestALeaderThatStandsStillIsEnded(t *testing.T) {
	d := migrated(t)
	c, err := pgx.ParseConfig(d.ServerURL)
	if err != nil {
		t.Fatal(err)
	}
	c.RuntimeParams["application_name"] = "andu sequencer"
	stopped, err := pgx.ConnectConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer stopped.Close(context.Background())
	exec(t, stopped, `update log.head set epoch = epoch + 1, backend = pg_backend_pid()`)
	exec(t, stopped, `begin`)
	exec(t, stopped, `update log.head set position = 7`)
	s := d.open(t)
	if done := must(t, s, "paper-1", eventstore.NoStream, storetest.Event()); done.Position != 0 {
		t.Errorf("position %d, want 0", done.Position)
	}
	if _, err := stopped.Exec(t.Context(), `commit`); err == nil {
		t.Error("the leader that stood still could commit")
	}
	whole(t, d, s, 1)
}

func TestABatchThatIsRolledBackLeavesNoHole(t *testing.T) {
	d := migrated(t)
	s := d.open(t)
	owner := connect(t, d.OwnerURL)
	must(t, s, "paper-1", eventstore.NoStream, storetest.Event())
	exec(t, owner, `alter table log.head add constraint full_disk check (position < 1)`)
	e := storetest.Event()
	if _, err := s.Append(t.Context(), "paper-1", 0, e); !errors.Is(err, eventstore.ErrUnavailable) {
		t.Fatalf("append: %v, want ErrUnavailable", err)
	}
	whole(t, d, s, 1)
	exec(t, owner, `alter table log.head drop constraint full_disk`)
	if done := must(t, s, "paper-1", 0, e); done.Position != 1 || done.Revision != 1 {
		t.Errorf("asked again: position %d, revision %d; want 1, 1", done.Position, done.Revision)
	}
	whole(t, d, s, 2)
}

// TestASessionIdleInItsTransactionDelaysNothing holds what such sessions hold: a transaction id, a snapshot, and the
// locks of a reader. A new partition is made meanwhile.
func TestASessionIdleInItsTransactionDelaysNothing(t *testing.T) {
	d := migrated(t)
	idle := connect(t, d.SuperURL)
	exec(t, idle, `begin isolation level repeatable read`)
	exec(t, idle, `create table other (n int)`)
	exec(t, idle, `select count(*) from log.event, log.stream, log.head`)
	s := d.open(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	done, err := s.Append(ctx, "paper-1", eventstore.NoStream, storetest.Event())
	if err != nil {
		t.Fatal(err)
	}
	reader := d.open(t, func(c *postgres.Config) { c.ReadOnly = true })
	for page, err := range reader.Subscribe(ctx, eventstore.Before, 10) {
		if err != nil || page.Last() != done.Position {
			t.Errorf("page up to %d, %v; want %d", page.Last(), err, done.Position)
		}
		break
	}
	var covered int64
	server := connect(t, d.ServerURL)
	if err := server.QueryRow(ctx, `select log.extend(10000000)`).Scan(&covered); err != nil || covered != 20_000_000 {
		t.Errorf("a partition is made: the log is covered up to %d, %v; want 20,000,000", covered, err)
	}
	if err := server.QueryRow(ctx, `select log.extend(10000001)`).Scan(&covered); err == nil {
		t.Error("partitions far ahead of the log may be made")
	}
	whole(t, d, s, 1)
}

// TestTheLogGrowsIntoTheNextPartition puts the end of an empty log just before the end of the first one.
func TestTheLogGrowsIntoTheNextPartition(t *testing.T) {
	d := migrated(t)
	const size = 9_999_997
	hashes := make([][]byte, 0, 24)
	for range strings.Count(fmt.Sprintf("%b", size), "1") {
		hashes = append(hashes, make([]byte, 32))
	}
	root := rootOf(t, size, hashes)
	exec(t, connect(t, d.OwnerURL), `update log.head set position = $1, range = $2, root = $3`, size-1, make([]byte, 32*len(hashes)), root)
	exec(t, connect(t, d.OwnerURL), `insert into log.event values ($1, '', $2, 'paper-0', 0)`, size-1, make([]byte, 32))

	idle := connect(t, d.ServerURL)
	exec(t, idle, `begin`)
	exec(t, idle, `select count(*) from log.event`)
	s := d.open(t)
	for i := range int64(3) {
		done := must(t, s, "paper-1", 2*i-1, storetest.Events(2)...)
		if want := eventstore.Position(size + 2*i + 1); done.Position != want {
			t.Errorf("position %d, want %d", done.Position, want)
		}
	}
	reader := d.open(t, func(c *postgres.Config) { c.ReadOnly = true })
	page, err := reader.ReadAll(t.Context(), size-1, 10)
	if err != nil || len(page.Records) != 6 {
		t.Errorf("%d events over the border, %v; want 6", len(page.Records), err)
	}
	if got, err := reader.Read(t.Context(), "paper-1", 1); err != nil || len(got) != 5 {
		t.Errorf("%d events of the stream over the border, %v; want 5", len(got), err)
	}
}

func TestADamagedLogIsNotOpened(t *testing.T) {
	for name, damage := range map[string]string{
		"the root":       `update log.head set root = sha256('x')`,
		"the range":      `update log.head set range = root`,
		"the position":   `update log.head set position = position - 1`,
		"the last event": `alter table log.event_0 disable trigger only_appended; delete from log.event_0 where position = 2`,
	} {
		d := migrated(t)
		s := d.open(t)
		must(t, s, "paper-1", eventstore.NoStream, storetest.Events(3)...)
		s.Close()
		exec(t, connect(t, d.SuperURL), damage)
		if s, err := postgres.Open(t.Context(), d.config(t)); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s was changed: %v, %v", name, s, err)
		}
	}
}

func TestWhatWaitsIsBounded(t *testing.T) {
	d := migrated(t)
	s := d.open(t, func(c *postgres.Config) { c.Queue = 4 })
	super := connect(t, d.SuperURL)
	exec(t, super, `begin`)
	exec(t, super, `lock table log.stream in access exclusive mode`)
	refused := make(chan error, 100)
	var group sync.WaitGroup
	var written atomic.Int64
	for i := range 100 {
		group.Go(func() {
			_, err := s.Append(t.Context(), fmt.Sprint("paper-", i), eventstore.NoStream, storetest.Event())
			if err == nil {
				written.Add(1)
				return
			}
			refused <- err
		})
	}
	if err := <-refused; !errors.Is(err, eventstore.ErrUnavailable) {
		t.Errorf("append to a full queue: %v, want ErrUnavailable", err)
	}
	exec(t, super, `rollback`)
	group.Wait()
	whole(t, d, s, int(written.Load()))
}

func TestAClosedLogAnswers(t *testing.T) {
	d := migrated(t)
	s := d.open(t)
	must(t, s, "paper-1", eventstore.NoStream, storetest.Event())
	ended := make(chan error)
	go func() {
		for _, err := range s.Subscribe(context.Background(), 0, 10) {
			ended <- err
		}
	}()
	s.Close()
	s.Close()
	if err := <-ended; err == nil {
		t.Error("the subscription went on")
	}
	if _, err := s.Append(t.Context(), "paper-1", 0, storetest.Event()); !errors.Is(err, eventstore.ErrUnavailable) {
		t.Errorf("append: %v, want ErrUnavailable", err)
	}
}

func TestCommitsOfOthersAreSeenThoughTheListeningSessionEnds(t *testing.T) {
	d := migrated(t)
	reader := d.open(t, func(c *postgres.Config) { c.ReadOnly, c.Poll = true, 20*time.Millisecond })
	writer := d.open(t)
	var killed int
	if err := connect(t, d.SuperURL).QueryRow(t.Context(), `
		select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and application_name = 'andu watcher'`).Scan(&killed); err != nil || killed == 0 {
		t.Fatalf("%d sessions ended, %v", killed, err)
	}
	want := must(t, writer, "paper-1", eventstore.NoStream, storetest.Event()).Position
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for page, err := range reader.Subscribe(ctx, eventstore.Before, 10) {
		if err != nil || page.Last() != want {
			t.Errorf("page up to %d, %v; want %d", page.Last(), err, want)
		}
		return
	}
	t.Error("the event was not seen")
}

// TestALostAnswerToACommit cuts the connection after the server has committed and before anybody hears of it. First what
// it does to who believes pgx: the control that shows that the fault is real. Then to the log.
func TestALostAnswerToACommit(t *testing.T) {
	d := migrated(t)
	p := proxied(t, d.ServerURL)
	super := connect(t, d.SuperURL)
	exec(t, super, `create schema control; create table control.note (text text); grant usage on schema control to public; grant all on control.note to public`)
	insert := func(fault int32) error {
		conn, err := pgx.Connect(t.Context(), p.url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		tx, err := conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), `insert into control.note values ('once')`); err != nil {
			t.Fatal(err)
		}
		p.fault.Store(fault)
		return tx.Commit(t.Context())
	}
	err := insert(loseAnswer)
	if err == nil {
		t.Fatal("the commit was answered: the proxy does nothing")
	}
	if pgconn.SafeToRetry(err) {
		if err := insert(none); err != nil {
			t.Fatal(err)
		}
	}
	var rows int
	if err := super.QueryRow(t.Context(), `select count(*) from control.note`).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	t.Logf("commit: %v; safe to retry by pgx: %v; the row is there %d times", err, pgconn.SafeToRetry(err), rows)
	if rows < 1 {
		t.Error("the transaction was not committed: the proxy cut too early")
	}
	if pgconn.SafeToRetry(err) && rows != 2 {
		t.Errorf("%d rows after doing as pgx says", rows)
	}

	s := d.open(t, func(c *postgres.Config) { c.URL = p.url })
	must(t, s, "paper-1", eventstore.NoStream, storetest.Event())
	for i, fault := range []int32{loseAnswer, loseRequest, loseAnswer, loseRequest} {
		p.fault.Store(fault)
		done := must(t, s, "paper-1", int64(i), storetest.Event())
		if done.Position != eventstore.Position(i+1) || done.Revision != int64(i+1) {
			t.Errorf("fault %d: position %d, revision %d; want %d", fault, done.Position, done.Revision, i+1)
		}
		if got := s.Stats().Failures; got != uint64(i+1) {
			t.Errorf("fault %d: %d batches failed, want %d", fault, got, i+1)
		}
		whole(t, d, s, i+2)
	}
}

// Faults of a proxy; each happens once.
const (
	none        int32 = iota
	loseAnswer        // to the next request that ends outside a transaction, and with it the connection
	loseRequest       // the next, and with it the connection
)

// proxy stands between a client and the server.
type proxy struct {
	url    string // of the server through it
	target string
	fault  atomic.Int32
}

func proxied(t *testing.T, serverURL string) *proxy {
	t.Helper()
	u, err := url.Parse(serverURL)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	p := &proxy{target: u.Host}
	u.Host = listener.Addr().String()
	u.RawQuery = "sslmode=disable"
	p.url = u.String()
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go p.serve(client)
		}
	}()
	return p
}

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer server.Close()
	var losing atomic.Bool // the answers of this connection are lost from now on
	go func() {
		defer server.Close()
		defer client.Close()
		buf := make([]byte, 64<<10)
		for {
			n, err := client.Read(buf)
			if err != nil {
				return
			}
			// Only a whole batch, or a commit, is worth a fault: reading goes on undisturbed.
			if worth := strings.Contains(strings.ToLower(string(buf[:n])), "commit"); worth {
				if p.fault.CompareAndSwap(loseRequest, none) {
					return
				}
				if p.fault.CompareAndSwap(loseAnswer, none) {
					losing.Store(true)
				}
			}
			if _, err := server.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := server.Read(buf)
		if err != nil {
			return
		}
		if !losing.Load() {
			if _, err := client.Write(buf[:n]); err != nil {
				return
			}
			continue
		}
		if strings.HasSuffix(string(buf[:n]), "Z\x00\x00\x00\x05I") { // ready for a query, in no transaction: it is committed
			return
		}
	}
}
