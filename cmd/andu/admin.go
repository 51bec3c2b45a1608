package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"time"

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
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), readModelMetrics{h.read})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// readModelMetrics reports how far each read model is behind the log.
type readModelMetrics struct{ read *projections.DB }

var (
	lagEvents  = prometheus.NewDesc("andu_projection_lag_events", "Events not yet applied.", []string{"projection"}, nil)
	lagSeconds = prometheus.NewDesc("andu_projection_lag_seconds", "Age of the first event not yet applied.", []string{"projection"}, nil)
	isStopped  = prometheus.NewDesc("andu_projection_stopped", "1 when the projection met an event it cannot apply.", []string{"projection"}, nil)
)

// Describe names the metrics.
func (m readModelMetrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- lagEvents
	ch <- lagSeconds
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
		ch <- prometheus.MustNewConstMetric(isStopped, prometheus.GaugeValue, stopped, s.Name)
	}
}
