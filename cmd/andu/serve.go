package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"andu/api"
	"andu/commands"
	"andu/domain"
	"andu/domain/logs"
	"andu/projections/dashboards"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// serveCmd runs the server. Zero values are for one machine that serves its own users.
type serveCmd struct {
	storeFlags
	Addr           string   `help:"Address for users." default:"127.0.0.1:8080"`
	AdminAddr      string   `help:"Address for the operator: metrics and profiles. Loopback only; empty: none." default:"127.0.0.1:8081"`
	Demo           bool     `help:"Serve a demonstration office; its history of a month is written on the first start."`
	Seed           int64    `help:"Seed of the demonstration." default:"1"`
	Roles          []string `help:"What this process does." default:"api,project,schedule" enum:"api,project,schedule"`
	TLSCert        string   `help:"Certificate file, for TLS without a proxy." type:"existingfile" name:"tls-cert"`
	TLSKey         string   `help:"Key file of the certificate." type:"existingfile" name:"tls-key"`
	PublicURL      string   `help:"Address that users type, when a proxy is in front."`
	TrustedProxies []string `help:"Networks of proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8."`
}

// Run serves until it is told to stop. Both stops and starts are on record.
func (c *serveCmd) Run(ctx context.Context, g *globals) (err error) {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("--tls-cert and --tls-key go together")
	}
	secure := c.TLSCert != ""
	if c.PublicURL != "" {
		u, err := url.Parse(c.PublicURL)
		if err != nil || u.Host == "" {
			return fmt.Errorf("--public-url %q: want such as https://andu.example.gov.cn", c.PublicURL)
		}
		secure = secure || u.Scheme == "https"
	}
	var proxies []netip.Prefix
	for _, p := range c.TrustedProxies {
		prefix, err := netip.ParsePrefix(p)
		if err != nil {
			return fmt.Errorf("--trusted-proxies: %w", err)
		}
		proxies = append(proxies, prefix)
	}
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("listen for users: %w", err)
	}
	defer listener.Close()
	var admin net.Listener
	if c.AdminAddr != "" {
		if admin, err = adminListener(c.AdminAddr); err != nil {
			return err
		}
		defer admin.Close()
	}
	started := time.Now()
	h, err := g.open(ctx, c.storeFlags, g.now, "server", openOptions{migrate: c.Demo, ours: c.Demo})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	address := "http://" + listener.Addr().String()
	if c.TLSCert != "" {
		address = "https://" + listener.Addr().String()
	}
	if err := c.prepare(ctx, g, h); err != nil {
		return err
	}
	simulated, err := h.simulated(ctx)
	if err != nil {
		return err
	}
	if simulated && !c.Demo {
		return errors.New("this log was written under a simulated clock: serve it with --demo, or begin a log of your own in another data directory")
	}
	if c.Demo && !simulated {
		return errors.New("this log is an office's own and no demonstration: serve it without --demo")
	}
	if simulated {
		h.handler.Clock = "simulated"
	}
	weak, err := h.accounts.HasDefaultPasswords(ctx)
	switch {
	case err != nil:
		return err
	case weak && !c.Demo:
		return errors.New("accounts with default passwords exist: give them others before serving without --demo")
	case simulated && !weak: // its accounts are the last thing that a demonstration gets
		return fmt.Errorf("the demonstration in %s was interrupted while it was written: remove the directory and start again", g.DataDir)
	case simulated:
		if err := g.demoClient(address); err != nil {
			return err
		}
	}
	node := uuid.NewString()
	system := commands.Request{Actor: domain.Actor{Person: domain.System}}
	if _, err := commands.Handle(ctx, h.handler, logs.Context, logs.Stream, logs.StartServer{Program: version, Node: node}, system); err != nil {
		return fmt.Errorf("record the start: %w", err)
	}
	door := api.New(api.Config{Handler: h.handler, Accounts: h.accounts, Read: h.read, Now: g.now, Logger: g.logger, Version: version,
		Secure: secure, Proxies: proxies, Simulated: simulated})
	server := &http.Server{Handler: door, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	server.RegisterOnShutdown(door.EndStreams)

	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	work, workCtx := errgroup.WithContext(running)
	if slices.Contains(c.Roles, "project") {
		work.Go(func() error { return h.read.Run(workCtx) })
		if err := h.caughtUp(ctx); err != nil { // a read model that needs longer says so itself, in every answer that waits for it
			g.logger.WarnContext(ctx, "serving before the read models are complete", "error", err)
		}
		if err := dashboards.Install(ctx, h.pool); err != nil {
			g.logger.ErrorContext(ctx, "the views of the dashboards were not installed", "error", err) // the office works without them
		}
	}
	if slices.Contains(c.Roles, "schedule") {
		work.Go(func() error { return h.tasks.Run(workCtx) })
		work.Go(func() error { h.sweep(workCtx, g.logger); return nil })
	}
	if admin != nil {
		a := &http.Server{Handler: adminHandler(h), ReadHeaderTimeout: 10 * time.Second}
		work.Go(func() error { return ended(a.Serve(admin)) })
		defer a.Close()
	}
	if slices.Contains(c.Roles, "api") {
		work.Go(func() error {
			if c.TLSCert == "" {
				return ended(server.Serve(listener))
			}
			server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
			return ended(server.ServeTLS(listener, c.TLSCert, c.TLSKey))
		})
	}
	c.greet(g, address, time.Since(started))

	select {
	case <-ctx.Done():
	case <-workCtx.Done():
	}
	// Users first: what was asked is answered; then the machinery; the stop is the last thing on record.
	leave, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	shutErr := server.Shutdown(leave)
	_, recErr := commands.Handle(leave, h.handler, logs.Context, logs.Stream, logs.StopServer{Node: node}, system)
	stop()
	if admin != nil {
		admin.Close()
	}
	return errors.Join(shutErr, recErr, work.Wait())
}

// prepare names an empty log; a demonstration gets its office first.
func (c *serveCmd) prepare(ctx context.Context, g *globals, h *house) error {
	empty, err := h.empty(ctx)
	if err != nil {
		return err
	}
	if empty && c.Demo {
		now := g.now()
		until := domain.DateOf(now, h.handler.Zone)
		return fillDemo(ctx, g, h, demoPlan{seed: c.Seed, from: until.Add(-30), until: until, now: now})
	}
	if empty {
		return h.begin(ctx, false)
	}
	return nil
}

func ended(err error) error {
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// caughtUp waits until the read models show what is recorded, though not for ever: making one anew takes its time.
func (h *house) caughtUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	head, err := h.store.Head(ctx)
	if err != nil {
		return err
	}
	return h.read.Wait(ctx, head)
}

// greet tells a newcomer where to go.
func (c *serveCmd) greet(g *globals, address string, took time.Duration) {
	if c.PublicURL != "" {
		address = strings.TrimSuffix(c.PublicURL, "/")
	}
	fmt.Fprintf(g.out, "案牍 Andu %s: %s  (ready in %.1f s, process %d)\n", version, address, took.Seconds(), os.Getpid())
	if c.Demo {
		printDemoAccounts(g.out)
	}
}

// sweep clears away sessions that have ended, every hour.
func (h *house) sweep(ctx context.Context, logger *slog.Logger) {
	hourly := time.NewTicker(time.Hour)
	defer hourly.Stop()
	for {
		if err := h.accounts.Sweep(ctx); err != nil && ctx.Err() == nil {
			logger.WarnContext(ctx, "sessions that have ended were not cleared away; trying again in an hour", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-hourly.C:
		}
	}
}
