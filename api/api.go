// Package api is the door of the house: it says who is asking, whether they may, and whether the request is well-formed,
// and hands it to commands or to a read model. Resources are plural nouns; a command is a POST to the noun of what comes
// into being. Every route is decided in one table; without a session there are only health, sign-in and static files.
package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"andu/api/accounts"
	"andu/commands"
	"andu/projections"
	"andu/projections/directory"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/danielgtaylor/huma/v2/validation"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/httprate"
)

// Config is what the door needs.
type Config struct {
	Handler  *commands.Handler
	Tasks    *commands.Tasks
	Accounts *accounts.Accounts
	Read     *projections.DB
	Now      func() time.Time
	Logger   *slog.Logger
	Version  string
	// Secure says that users reach the server by TLS, its own or a proxy's: cookies are then Secure.
	Secure bool
	// Proxies are the networks whose X-Forwarded-For is believed.
	Proxies []netip.Prefix
	// Simulated marks every page and answer of a log written under a simulated clock.
	Simulated bool
	// SignInsAMinute is how many attempts to sign in one address may make a minute on this node; zero: 240, since a whole
	// office may sit behind one address. What a login allows is counted by accounts.
	SignInsAMinute int
	// StaleAfter is how long a query waits for the position it was asked to show; zero: 5 seconds.
	StaleAfter time.Duration
}

// API serves one log.
type API struct {
	cfg     Config
	router  chi.Router
	huma    huma.API
	routes  []Route
	names   directory.Kept
	leaving chan struct{} // closed when the server stops: what is open to browsers ends
}

// Route is one line of the table of routes.
type Route struct {
	Method, Path string
	May          commands.Permission // "" : no session needed
	Command      string              // type name of the command it carries out, "" for queries
	Summary      string
}

// maxBody is the largest request body: a record is at most 60 KiB, a list of policy values some of them.
const maxBody = 1 << 20

// New builds the door. The handler is complete: TLS and listeners are the caller's.
func New(cfg Config) *API {
	if cfg.StaleAfter == 0 {
		cfg.StaleAfter = 5 * time.Second
	}
	if cfg.SignInsAMinute == 0 {
		cfg.SignInsAMinute = 240
	}
	a := &API{cfg: cfg, router: chi.NewRouter(), leaving: make(chan struct{})}
	a.router.Use(a.request, a.recover, a.origin, a.wellFormed, a.flood(), a.session)
	a.router.NotFound(func(w http.ResponseWriter, r *http.Request) { a.refusePage(w, r, problemNotFound) })
	a.router.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) { a.refusePage(w, r, problemMethod) })

	speak()
	hc := huma.DefaultConfig("案牍 Andu", cfg.Version)
	hc.CreateHooks = nil // no $schema links in answers
	hc.DocsPath = ""     // the offline page is ours
	hc.SchemasPath = ""
	hc.RejectUnknownQueryParameters = true
	form := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: readJSON}
	hc.Formats = map[string]huma.Format{"application/json": form, "json": form}
	hc.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	hc.Info.Description = "The office's records: every act is one immutable event. Send Idempotency-Key with every command and ask again with the same key after any doubt."
	hc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "http", Scheme: "bearer", Description: "the token of POST /sessions"},
	}
	a.huma = humachi.New(a.router, hc)
	a.huma.UseMiddleware(a.permit, a.atLeast)

	a.health()
	a.sessions()
	a.accounts()
	a.documents()
	a.registers()
	a.approvals()
	a.duty()
	a.access()
	a.dossierRoutes()
	a.circulation()
	a.policy()
	a.calendar()
	a.attendance()
	a.org()
	a.leave()
	a.imports()

	a.dashboards()
	a.log()
	a.docs()
	a.pages()
	return a
}

// schemaName tells apart what two contexts call by the same word: documents.Close and registers.Close.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if path := t.PkgPath(); strings.HasPrefix(path, "andu/domain/") || strings.HasPrefix(path, "andu/projections/") {
		context := path[strings.LastIndexByte(path, '/')+1:]
		return strings.ToUpper(context[:1]) + context[1:] + name
	}
	return name
}

// ServeHTTP serves the API and the pages.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.router.ServeHTTP(w, r) }

// Routes is the table of routes, for tests and generated documents.
func (a *API) Routes() []Route { return a.routes }

// OpenAPI is the description that /openapi.json serves.
func (a *API) OpenAPI() *huma.OpenAPI { return a.huma.OpenAPI() }

// operation enters a route into the table and describes it.
func (a *API) operation(method, path string, may commands.Permission, tag, summary, command string) huma.Operation {
	a.routes = append(a.routes, Route{Method: method, Path: path, May: may, Command: command, Summary: summary})
	op := huma.Operation{
		Method: method, Path: path, Summary: summary, Tags: []string{tag}, MaxBodyBytes: maxBody,
		OperationID: strings.ToLower(method) + strings.NewReplacer("/", "-", "{", "", "}", "", ".", "-").Replace(path),
		Metadata:    map[string]any{"may": may},
		Errors:      []int{401, 403, 404, 422, 503},
	}
	if method != http.MethodGet {
		op.Errors = []int{400, 401, 403, 404, 409, 413, 422, 503}
	}
	if may != "" {
		op.Security = []map[string][]string{{"session": {}}}
	}
	return op
}

// page enters a plain route into the table and guards it.
func (a *API) page(method, path string, may commands.Permission, summary string, h http.HandlerFunc) {
	a.routes = append(a.routes, Route{Method: method, Path: path, May: may, Summary: summary})
	a.router.MethodFunc(method, path, func(w http.ResponseWriter, r *http.Request) {
		if err := a.allow(r.Context(), may); err != nil {
			a.refusePage(w, r, err)
			return
		}
		h(w, r)
	})
}

type ctxKey int

const (
	keyRequest ctxKey = iota
	keyWho
	keyLanguage
)

// who is the asker of a request.
type who struct {
	accounts.Session
	token    accounts.Token
	roles    []commands.Role
	posts    []string // for which the asker sees papers: the post acted in and its unit
	received time.Time
	path     string
	method   string
	media    string // type of the body
	client   string
}

func asker(ctx context.Context) (who, bool) { w, ok := ctx.Value(keyWho).(who); return w, ok }
func requestID(ctx context.Context) string  { id, _ := ctx.Value(keyRequest).(string); return id }

// language is "zh" unless English was asked for.
func language(ctx context.Context) string {
	if l, _ := ctx.Value(keyLanguage).(string); l != "" {
		return l
	}
	return "zh"
}

// request gives every request an id and a language, and every answer its headers.
func (a *API) request(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b [8]byte
		rand.Read(b[:])
		id := hex.EncodeToString(b[:])
		// Chinese first: on a page only the reader's own switch changes that; a program may ask by Accept-Language.
		lang, page := "zh", strings.HasPrefix(r.URL.Path, "/desk")
		if c, err := r.Cookie("andu_language"); err == nil && c.Value == "en" {
			lang = "en"
		} else if err != nil && !page && strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "en") {
			lang = "en"
		}
		h := w.Header()
		h.Set("Andu-Request", id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'")
		if a.cfg.Simulated {
			h.Set("Andu-Log", "simulated")
		}
		ctx := context.WithValue(context.WithValue(r.Context(), keyRequest, id), keyLanguage, lang)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// recover answers a fault of the program with a problem and tells the operator where.
func (a *API) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler {
				panic(v)
			}
			a.cfg.Logger.ErrorContext(r.Context(), "fault in a request", "request", requestID(r.Context()), "fault", v, "stack", string(debug.Stack()))
			a.fail(w, r, problemInternal)
		}()
		next.ServeHTTP(w, r)
	})
}

// origin refuses what another site makes a browser send.
func (a *API) origin(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.fail(w, r, problemCross) }))
	return guard.Handler(next)
}

// wellFormed refuses paths and queries that are no UTF-8 or try to leave their place.
func (a *API) wellFormed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !plain(r.URL.Path) || strings.Contains(r.URL.Path, "..") || len(r.URL.RawQuery) > 8<<10 {
			a.fail(w, r, problemMalformed)
			return
		}
		if q, err := urlQuery(r); err != nil || !plain(q) {
			a.fail(w, r, problemMalformed)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// flood refuses attempts to sign in that come from one address faster than people type.
func (a *API) flood() func(http.Handler) http.Handler {
	limit := httprate.LimitBy(a.cfg.SignInsAMinute, time.Minute, func(r *http.Request) (string, error) { return a.client(r), nil },
		httprate.WithLimitHandler(func(w http.ResponseWriter, r *http.Request) { a.fail(w, r, problemFlood) }))
	return func(next http.Handler) http.Handler {
		limited := limit(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost && (r.URL.Path == "/sessions" || r.URL.Path == "/desk/sign-in") {
				limited.ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// plain tells whether a text can be recorded as it is: other bytes than UTF-8 would become other text than was sent, and
// a control character is nothing that an office writes and that every store holds.
func plain(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\n\r", r) || r == 0x7f })
}

var errNotPlain = errors.New("text that cannot be recorded")

// readJSON reads the body of a request and refuses text that is not plain.
func readJSON(body []byte, v any) error {
	if !utf8.Valid(body) {
		return errNotPlain
	}
	if err := json.Unmarshal(body, v); err != nil {
		return err
	}
	if parsed, ok := v.(*any); ok && !allPlain(*parsed) {
		return errNotPlain
	}
	return nil
}

func allPlain(v any) bool {
	switch v := v.(type) {
	case string:
		return plain(v)
	case []any:
		return !slices.ContainsFunc(v, func(item any) bool { return !allPlain(item) })
	case map[string]any:
		for key, item := range v {
			if !plain(key) || !allPlain(item) {
				return false
			}
		}
	}
	return true
}

// fail answers outside of an operation.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := a.problem(r.Context(), err)
	for k, v := range p.headers {
		w.Header()[k] = v
	}
	writeJSON(w, p.Status, "application/problem+json", p)
}

// client is where a request comes from: the peer, or what a trusted proxy says.
func (a *API) client(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	addr, err := netip.ParseAddr(host)
	if err != nil || !a.trusted(addr) {
		return host
	}
	hops := strings.Split(r.Header.Get("X-Forwarded-For"), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		if !a.trusted(hop) {
			return hop.String()
		}
	}
	return host
}

func (a *API) trusted(addr netip.Addr) bool {
	for _, p := range a.cfg.Proxies {
		if p.Contains(addr.Unmap()) {
			return true
		}
	}
	return false
}

// health says whether the process lives and whether it can serve.
func (a *API) health() {
	type health struct {
		Body struct {
			Status    string `json:"status" example:"ready"`
			Version   string `json:"version"`
			Log       string `json:"log" doc:"id of the log"`
			Simulated bool   `json:"simulated,omitempty" doc:"the log was written under a simulated clock"`
		}
	}
	answer := func(status string) *health {
		h := &health{}
		h.Body.Status, h.Body.Version, h.Body.Log, h.Body.Simulated = status, a.cfg.Version, a.cfg.Handler.Store.LogID(), a.cfg.Simulated
		return h
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/livez", "", "health", "The process lives", ""),
		func(context.Context, *struct{}) (*health, error) { return answer("live"), nil })
	huma.Register(a.huma, a.operation(http.MethodGet, "/readyz", "", "health", "The log and the read models can be used", ""),
		func(ctx context.Context, _ *struct{}) (*health, error) {
			if _, err := a.cfg.Handler.Store.Head(ctx); err != nil {
				return nil, a.problem(ctx, fmt.Errorf("head of the log: %w", err))
			}
			if _, err := a.cfg.Read.Status(ctx); err != nil {
				return nil, a.problem(ctx, fmt.Errorf("read models: %w", err))
			}
			return answer("ready"), nil
		})
}

// speak makes the library's errors ours: problems with stable codes, in Chinese and English, without the values that were
// sent. Its texts and its error type are globals, so this is done once.
var speak = sync.OnceFunc(func() {
	huma.NewErrorWithContext = func(hctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
		return requestProblem(hctx.Context(), status, errs...)
	}
	huma.NewError = func(status int, _ string, errs ...error) huma.StatusError {
		return requestProblem(context.Background(), status, errs...)
	}
	validation.MsgUnexpectedProperty = "未知字段 / unexpected property"
	validation.MsgExpectedRequiredProperty = "缺少必填字段 %s / required property is missing"
	validation.MsgExpectedString = "须为文本 / expected string"
	validation.MsgExpectedBoolean = "须为是或否 / expected boolean"
	validation.MsgExpectedNumber = "须为数字 / expected number"
	validation.MsgExpectedInteger = "须为整数 / expected integer"
	validation.MsgExpectedArray = "须为列表 / expected array"
	validation.MsgExpectedObject = "须为对象 / expected object"
	validation.MsgExpectedOneOf = "须为下列之一 / expected one of: %s"
	validation.MsgExpectedMinLength = "长度不得少于 %d 字 / too short"
	validation.MsgExpectedMaxLength = "长度不得超过 %d 字 / too long"
	validation.MsgExpectedMinItems = "不得少于 %d 项 / too few items"
	validation.MsgExpectedMaxItems = "不得超过 %d 项 / too many items"
	validation.MsgExpectedMinimumNumber = "不得小于 %v / too small"
	validation.MsgExpectedMaximumNumber = "不得大于 %v / too large"
	validation.MsgExpectedMatchPattern = "格式不符 / expected to match %s"
	validation.MsgExpectedBePattern = "格式不符 / expected %s"
	validation.MsgExpectedRFC3339DateTime = "须为 RFC 3339 时间 / expected RFC 3339 date-time"
	validation.MsgExpectedRFC3339Date = "须为日期 YYYY-MM-DD / expected date"
	validation.MsgExpectedRFC4122UUID = "须为 UUID / expected UUID: %v"
})
