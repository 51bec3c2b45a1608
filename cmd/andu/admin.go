package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"time"

	"andu/eventstore/postgres"
	"andu/projections"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// adminListener listens for the operator, on the machine itself alone: profiles tell what is in memory.
func adminListener(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for the operator: %w", err)
	}
	if ap, err := netip.ParseAddrPort(l.Addr().String()); err != nil || !ap.Addr().IsLoopback() {
		l.Close()
		return nil, fmt.Errorf("--admin-addr %s: only a loopback address", addr)
	}
	return l, nil
}

// adminHandler serves metrics and profiles.
func adminHandler(h *house) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), logMetrics{h.store}, readModelMetrics{h.read})
	mux := http.NewServeMux()
	// Without the database, what the process knows by itself is served all the same.
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// logMetrics reports what this process has appended.
type logMetrics struct{ store *postgres.Store }

var (
	logEvents   = prometheus.NewDesc("andu_log_events_total", "Events appended by this process.", nil, nil)
	logBatches  = prometheus.NewDesc("andu_log_batches_total", "Transactions in which they were appended.", nil, nil)
	logFailures = prometheus.NewDesc("andu_log_failed_batches_total", "Batches whose outcome had to be looked up.", nil, nil)
	logQueue    = prometheus.NewDesc("andu_log_queue_appends", "Appends that wait now.", nil, nil)
	logCommits  = prometheus.NewDesc("andu_log_commit_seconds", "How long a batch took from its first event to the answer, the disk included.", nil, nil)
)

// Describe names the metrics.
func (m logMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{logEvents, logBatches, logFailures, logQueue, logCommits} {
		ch <- d
	}
}

// Collect reads the counts.
func (m logMetrics) Collect(ch chan<- prometheus.Metric) {
	s := m.store.Stats()
	buckets, count := map[float64]uint64{}, uint64(0)
	for i, bound := range postgres.CommitBounds {
		count += s.Commits[i]
		buckets[bound.Seconds()] = count
	}
	count += s.Commits[len(postgres.CommitBounds)]
	ch <- prometheus.MustNewConstMetric(logEvents, prometheus.CounterValue, float64(s.Events))
	ch <- prometheus.MustNewConstMetric(logBatches, prometheus.CounterValue, float64(s.Batches))
	ch <- prometheus.MustNewConstMetric(logFailures, prometheus.CounterValue, float64(s.Failures))
	ch <- prometheus.MustNewConstMetric(logQueue, prometheus.GaugeValue, float64(s.Queued))
	ch <- prometheus.MustNewConstHistogram(logCommits, count, s.Took.Seconds(), buckets)
}

// readModelMetrics reports how far each read model is behind the log.
type readModelMetrics struct{ read *projections.DB }

var (
	lagEvents  = prometheus.NewDesc("andu_projection_lag_events", "Events not yet applied.", []string{"projection"}, nil)
	lagSeconds = prometheus.NewDesc("andu_projection_lag_seconds", "Age of the first event not yet applied.", []string{"projection"}, nil)
	isAt       = prometheus.NewDesc("andu_projection_position", "Position of the last event applied.", []string{"projection"}, nil)
	isStopped  = prometheus.NewDesc("andu_projection_stopped", "1 when the projection met an event it cannot apply.", []string{"projection"}, nil)
)

// Describe names the metrics.
func (m readModelMetrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- lagEvents
	ch <- lagSeconds
	ch <- isAt
	ch <- isStopped
}

// Collect asks the database, at most for two seconds.
func (m readModelMetrics) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	list, err := m.read.Status(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(lagEvents, err)
		return
	}
	for _, s := range list {
		stopped := 0.0
		if s.State == projections.Stopped {
			stopped = 1
		}
		ch <- prometheus.MustNewConstMetric(lagEvents, prometheus.GaugeValue, float64(s.Lag), s.Name)
		ch <- prometheus.MustNewConstMetric(lagSeconds, prometheus.GaugeValue, s.Behind.Seconds(), s.Name)
		ch <- prometheus.MustNewConstMetric(isAt, prometheus.GaugeValue, float64(s.Position), s.Name)
		ch <- prometheus.MustNewConstMetric(isStopped, prometheus.GaugeValue, stopped, s.Name)
	}
}
