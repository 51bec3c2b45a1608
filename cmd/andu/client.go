package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"andu/api"

	"golang.org/x/term"
)

// clientFlags say which server a client verb speaks to.
type clientFlags struct {
	Server string `help:"Address of the server; default: the one of andu login." env:"ANDU_SERVER"`
}

// clientSettings is client.json in the data directory, readable by its owner alone. Password is there only for a
// demonstration, whose passwords everybody knows.
type clientSettings struct {
	Server   string `json:"server"`
	Token    string `json:"token,omitempty"`
	Login    string `json:"login,omitempty"`
	Password string `json:"password,omitempty"`
}

func (g *globals) settingsFile() string { return filepath.Join(g.DataDir, "client.json") }

func (g *globals) writeSettings(s clientSettings) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(g.DataDir, 0o700); err != nil {
		return err
	}
	fresh := g.settingsFile() + ".new"
	if err := os.WriteFile(fresh, append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, g.settingsFile())
}

// readSettings reads client.json; none is no error.
func (g *globals) readSettings() (s clientSettings, err error) {
	text, err := os.ReadFile(g.settingsFile())
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		return s, fmt.Errorf("%s: %w", g.settingsFile(), err)
	}
	return s, nil
}

// client is a session with a server.
type client struct {
	g        *globals
	settings clientSettings
	http     *http.Client
}

// connect finds the server and the session.
func (g *globals) connect(f clientFlags) (*client, error) {
	s, err := g.readSettings()
	if err != nil {
		return nil, err
	}
	if f.Server != "" && f.Server != s.Server {
		s = clientSettings{Server: f.Server}
	}
	if s.Server == "" {
		return nil, errors.New("no server is known: andu login --server http://…")
	}
	if s.Token == "" && s.Login == "" {
		return nil, fmt.Errorf("not signed in to %s: andu login", s.Server)
	}
	return &client{g: g, settings: s, http: &http.Client{Timeout: time.Minute}}, nil
}

// problemError is what a server refused.
type problemError struct{ api.Problem }

func (e *problemError) Error() string {
	text := e.Code + ": " + e.Detail
	for _, f := range e.Errors {
		text += "; " + strings.TrimPrefix(f.Location+" ", " ") + f.Message
	}
	if e.Rule != "" {
		text += " (" + e.Rule + ")"
	}
	return text
}

// request is one call. A command names itself by Key, so that asking again has no second effect.
type request struct {
	method, path string
	query        url.Values
	body         any
	key          string
	ifMatch      string
	atLeast      string
}

// answered is what a call brought back.
type answered struct {
	status   int
	position string
	etag     string
}

// busyRetries bounds how often a call that met a busy server is made again.
const busyRetries = 20

// do makes a call, again after a 503 and after the session is over (where the settings can sign in again).
func (c *client) do(ctx context.Context, r request, out any) (answered, error) {
	signedIn := false
	for try := 0; ; try++ {
		ans, header, err := c.once(ctx, r, out)
		var p *problemError
		switch {
		case errors.As(err, &p) && p.Status == http.StatusUnauthorized && c.settings.Password != "" && !signedIn:
			signedIn = true
			if err := c.signIn(ctx, c.settings.Login, c.settings.Password); err != nil {
				return ans, err
			}
			continue
		case errors.As(err, &p) && p.Status == http.StatusServiceUnavailable && try < busyRetries:
			wait, _ := time.ParseDuration(header.Get("Retry-After") + "s")
			if err := pause(ctx, max(wait, 200*time.Millisecond)); err != nil {
				return ans, err
			}
			continue
		}
		return ans, err
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func (c *client) once(ctx context.Context, r request, out any) (answered, http.Header, error) {
	var body io.Reader
	if r.body != nil {
		text, err := json.Marshal(r.body)
		if err != nil {
			return answered{}, nil, err
		}
		body = bytes.NewReader(text)
	}
	address := strings.TrimSuffix(c.settings.Server, "/") + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, body)
	if err != nil {
		return answered{}, nil, err
	}
	set := func(name, value string) {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if r.body != nil {
		set("Content-Type", "application/json")
	}
	set("Idempotency-Key", r.key)
	set("If-Match", r.ifMatch)
	set("Andu-At-Least", r.atLeast)
	if c.settings.Token != "" {
		set("Authorization", "Bearer "+c.settings.Token)
	}
	if strings.HasPrefix(os.Getenv("LANG"), "en") {
		set("Accept-Language", "en")
	}
	res, err := c.http.Do(req)
	if err != nil {
		var why *url.Error
		if errors.As(err, &why) {
			err = why.Err
		}
		return answered{}, nil, fmt.Errorf("the server at %s does not answer, is it running? %w", c.settings.Server, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	if err != nil {
		return answered{}, res.Header, fmt.Errorf("%s %s: %w", r.method, address, err)
	}
	ans := answered{status: res.StatusCode, position: res.Header.Get("Andu-Position"), etag: res.Header.Get("ETag")}
	if res.StatusCode >= 400 {
		p := &problemError{}
		if err := json.Unmarshal(text, &p.Problem); err != nil || p.Code == "" {
			return ans, res.Header, fmt.Errorf("%s %s: %s", r.method, address, res.Status)
		}
		return ans, res.Header, p
	}
	if out != nil && len(text) > 0 {
		if err := json.Unmarshal(text, out); err != nil {
			return ans, res.Header, fmt.Errorf("%s %s: %w", r.method, address, err)
		}
	}
	return ans, res.Header, nil
}

// signIn begins a session and keeps it in client.json.
func (c *client) signIn(ctx context.Context, login, password string) error {
	var out struct {
		Token   string `json:"token"`
		Session struct {
			Office     string `json:"office"`
			MustChange bool   `json:"must_change"`
		} `json:"session"`
	}
	c.settings.Token = ""
	if _, _, err := c.once(ctx, request{method: http.MethodPost, path: "/sessions",
		body: map[string]string{"login": login, "password": password}}, &out); err != nil {
		return err
	}
	c.settings.Token, c.settings.Login = out.Token, login
	return c.g.writeSettings(c.settings)
}

type loginCmd struct {
	clientFlags
	Login    string `arg:"" help:"Login."`
	Password string `help:"Password; asked for when left out (the safer way)." env:"ANDU_PASSWORD"`
	New      string `help:"New password, when the first one has to be changed." env:"ANDU_NEW_PASSWORD"`
	Post     string `help:"Post to act in, where a person holds several."`
}

// Run signs in, changes a first password, and chooses the post.
func (c *loginCmd) Run(ctx context.Context, g *globals) error {
	if c.Server == "" {
		c.Server = "http://127.0.0.1:8080"
	}
	if c.Password == "" {
		var err error
		if c.Password, err = askSecret(g.err, "口令 password: "); err != nil {
			return err
		}
	}
	cl := &client{g: g, settings: clientSettings{Server: c.Server}, http: &http.Client{Timeout: time.Minute}}
	if err := cl.signIn(ctx, c.Login, c.Password); err != nil {
		return err
	}
	if c.New != "" {
		if _, err := cl.do(ctx, request{method: http.MethodPost, path: "/sessions/own/password", body: map[string]string{"old": c.Password, "new": c.New}}, nil); err != nil {
			return err
		}
	}
	if c.Post != "" {
		if _, err := cl.do(ctx, request{method: http.MethodPost, path: "/sessions/own/post", body: map[string]string{"post": c.Post}}, nil); err != nil {
			return err
		}
	}
	var own struct {
		Session map[string]any `json:"session"`
	}
	if _, err := cl.do(ctx, request{method: http.MethodGet, path: "/sessions/own"}, &own); err != nil {
		return err
	}
	return g.print(own.Session, func(w *tabwriter.Writer) {
		for _, k := range sortedKeys(own.Session) {
			fmt.Fprintf(w, "%s\t%v\n", k, own.Session[k])
		}
	})
}

// askSecret reads a line that is not shown.
func askSecret(w io.Writer, prompt string) (string, error) {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		line, err := bufio.NewReader(os.Stdin).ReadString('\n')
		if err != nil && line == "" {
			return "", errors.New("no password: give it on the terminal, on standard input or by ANDU_PASSWORD")
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	fmt.Fprint(w, prompt)
	secret, err := term.ReadPassword(int(os.Stdin.Fd()))
	fmt.Fprintln(w)
	return string(secret), err
}
