package postgres_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"andu/eventstore"
	"andu/eventstore/postgres"
	"andu/eventstore/storetest"
)

// BenchmarkAppend appends single events of 500 bytes of payload from callers that each wait for their answer, every one
// to a stream of its own. A run whose log is not what was acknowledged has no result.
func BenchmarkAppend(b *testing.B) {
	for _, callers := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			d := migrated(b)
			s := d.open(b)
			e := storetest.Event()
			e.Payload = bytes.Repeat([]byte("案牍"), 83)
			e.Header.Payload.Length = len(e.Payload)
			took := make([]time.Duration, b.N)
			var next atomic.Int64
			var group sync.WaitGroup
			b.ResetTimer()
			for range callers {
				group.Go(func() {
					stream, at := "paper-"+uuid.NewString(), eventstore.NoStream
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						event := e
						event.Header.ID = uuid.NewString()
						began := time.Now()
						done, err := s.Append(context.Background(), stream, at, event)
						if err != nil {
							b.Error(err)
							return
						}
						took[i-1], at = time.Since(began), done.Revision
					}
				})
			}
			group.Wait()
			b.StopTimer()
			slices.Sort(took)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(took[b.N/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[b.N*99/100].Microseconds())/1000, "p99-ms")
			stats := s.Stats()
			b.ReportMetric(float64(stats.Events)/float64(stats.Batches), "events/batch")
			whole(b, d, s, b.N)
		})
	}
}

// BenchmarkRead reads a log in pages, decoded.
func BenchmarkRead(b *testing.B) {
	d := migrated(b)
	s := d.open(b)
	const events = 20_000
	for range events / 1000 {
		if _, err := s.Append(b.Context(), "paper-"+uuid.NewString(), eventstore.NoStream, storetest.Events(1000)...); err != nil {
			b.Fatal(err)
		}
	}
	reader := d.open(b, func(c *postgres.Config) { c.ReadOnly = true })
	for b.Loop() {
		read := 0
		for after := eventstore.Before; ; {
			page, err := reader.ReadAll(b.Context(), after, 2048)
			if err != nil {
				b.Fatal(err)
			}
			if len(page.Records) == 0 {
				break
			}
			read, after = read+len(page.Records), page.Last()
		}
		if read != events {
			b.Fatalf("read %d events, want %d", read, events)
		}
	}
	b.ReportMetric(float64(events*b.N)/b.Elapsed().Seconds(), "events/s")
}
