package api

import (
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"andu/api/accounts"
	"andu/commands"
	"andu/domain"
	"andu/domain/org"
	"andu/eventstore"

	"github.com/danielgtaylor/huma/v2"
)

const cookie = "andu_session"

func urlQuery(r *http.Request) (string, error) { return url.QueryUnescape(r.URL.RawQuery) }

func writeJSON(w http.ResponseWriter, status int, contentType string, v any) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the asker has gone; there is nobody to tell
}

// session finds out who asks: a bearer token, or the cookie of a page.
func (a *API) session(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			if c, err := r.Cookie(cookie); err == nil {
				token = c.Value
			}
		}
		ctx := r.Context()
		asking := who{token: accounts.Token(token), received: a.cfg.Now(), path: r.URL.Path, method: r.Method, client: a.client(r)}
		asking.media, _, _ = mime.ParseMediaType(r.Header.Get("Content-Type"))
		if token != "" {
			s, err := a.cfg.Accounts.Session(ctx, accounts.Token(token))
			switch {
			case err == nil:
				asking.Session = s
				if asking.roles, asking.posts, err = a.standing(ctx, s); err != nil {
					a.fail(w, r, err)
					return
				}
			case !errors.Is(err, accounts.ErrNoSession):
				a.fail(w, r, err)
				return
			}
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(ctx, keyWho, asking)))
	})
}

// standing comes from the office's own records, read at the head of the log: a post that ended this morning opens nothing.
func (a *API) standing(ctx context.Context, s accounts.Session) (roles []commands.Role, posts []string, err error) {
	office, revision, err := commands.State(ctx, a.cfg.Handler, org.Context, s.Office, org.Stream(s.Office))
	if err != nil || revision < 0 {
		return nil, nil, err
	}
	today := domain.DateOf(a.cfg.Now(), a.cfg.Handler.Zone)
	if s.Post != "" && office.Holds(s.Person, s.Post, today) {
		posts = append(posts, s.Post)
		if p, ok := office.Post(s.Post); ok && p.Unit != "" {
			posts = append(posts, p.Unit)
		}
	}
	return commands.Roles(office, s.Person, today), posts, nil
}

// allow decides one route for one asker.
func (a *API) allow(ctx context.Context, may commands.Permission) error {
	if may == "" {
		return nil
	}
	w, _ := asker(ctx)
	switch {
	case w.Session.ID == "":
		return problemSession
	case w.MustChange && may != commands.Enter:
		return problemMustChange
	case !commands.May(w.roles, may) && may != commands.Enter:
		return problemForbidden
	}
	return nil
}

// permit is allow for described operations.
func (a *API) permit(hctx huma.Context, next func(huma.Context)) {
	may, _ := hctx.Operation().Metadata["may"].(commands.Permission)
	if err := a.allow(hctx.Context(), may); err != nil {
		a.write(hctx, a.problem(hctx.Context(), err))
		return
	}
	next(hctx)
}

func (a *API) write(hctx huma.Context, p *Problem) {
	hctx.SetHeader("Content-Type", "application/problem+json")
	for k := range p.headers {
		hctx.SetHeader(k, p.headers.Get(k))
	}
	hctx.SetStatus(p.Status)
	enc := json.NewEncoder(hctx.BodyWriter())
	enc.SetEscapeHTML(false)
	_ = enc.Encode(p)
}

// atLeast lets a query wait until the read models have reached a position (read your own writes).
func (a *API) atLeast(hctx huma.Context, next func(huma.Context)) {
	if token := hctx.Header("Andu-At-Least"); token != "" && hctx.Method() == http.MethodGet {
		if err := a.wait(hctx.Context(), token); err != nil {
			a.write(hctx, a.problem(hctx.Context(), err))
			return
		}
	}
	next(hctx)
}

func (a *API) wait(ctx context.Context, token string) error {
	p, err := eventstore.ParseToken(a.cfg.Handler.Store.LogID(), token)
	if err != nil {
		return problemPosition
	}
	ctx, cancel := context.WithTimeout(ctx, a.cfg.StaleAfter)
	defer cancel()
	return a.cfg.Read.Wait(ctx, p)
}

// actor is as whom the asker acts: in a post they chose, or in their only one.
func (w who) actor() domain.Actor {
	return domain.Actor{Person: w.Person, Post: w.Post, Delegation: w.Delegation}
}

type sessionView struct {
	Person     string          `json:"person"`
	Office     string          `json:"office"`
	Login      string          `json:"login"`
	Post       string          `json:"post" doc:"the post acted in"`
	Delegation string          `json:"delegation"`
	Roles      []commands.Role `json:"roles"`
	Posts      []string        `json:"posts" doc:"posts the person holds or acts for today"`
	Expires    time.Time       `json:"expires"`
	MustChange bool            `json:"must_change" doc:"the first password has to be changed before anything else"`
}

// sessions are the routes of one's own session.
func (a *API) sessions() {
	type signIn struct {
		Body struct {
			Login    string `json:"login" minLength:"1" maxLength:"100" example:"zhang.min"`
			Password string `json:"password" minLength:"1" maxLength:"200"`
			Terminal string `json:"terminal" required:"false" maxLength:"100"`
		}
	}
	type answer struct {
		Body struct {
			Token   string      `json:"token,omitempty" doc:"shown once; send it as Authorization: Bearer"`
			Session sessionView `json:"session"`
		}
	}
	huma.Register(a.huma, created(a.operation(http.MethodPost, "/sessions", "", "sessions", "Sign in", "")),
		func(ctx context.Context, in *signIn) (*answer, error) {
			w, _ := asker(ctx)
			token, s, err := a.cfg.Accounts.SignIn(ctx, in.Body.Login, in.Body.Password, accounts.Client{IP: w.client, Terminal: in.Body.Terminal})
			if err != nil {
				return nil, a.problem(ctx, signInProblem(err))
			}
			if s, err = a.onlyPost(ctx, token, s); err != nil {
				return nil, a.problem(ctx, err)
			}
			out := &answer{}
			out.Body.Token = string(token)
			out.Body.Session, err = a.sessionOf(ctx, s)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			return out, nil
		})
	huma.Register(a.huma, a.operation(http.MethodGet, "/sessions/own", commands.Enter, "sessions", "One's own session", ""),
		func(ctx context.Context, _ *struct{}) (*answer, error) {
			w, _ := asker(ctx)
			out := &answer{}
			var err error
			if out.Body.Session, err = a.sessionOf(ctx, w.Session); err != nil {
				return nil, a.problem(ctx, err)
			}
			return out, nil
		})
	type actAs struct {
		Body struct {
			Post       string `json:"post" maxLength:"100"`
			Delegation string `json:"delegation" required:"false" maxLength:"100"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodPost, "/sessions/own/post", commands.Enter, "sessions", "Choose the post to act in", ""),
		func(ctx context.Context, in *actAs) (*struct{}, error) {
			w, _ := asker(ctx)
			if err := a.actAs(ctx, w.token, w.Session, in.Body.Post, in.Body.Delegation); err != nil {
				return nil, a.problem(ctx, err)
			}
			return nil, nil
		})
	huma.Register(a.huma, a.operation(http.MethodDelete, "/sessions/own", commands.Enter, "sessions", "Sign out", ""),
		func(ctx context.Context, _ *struct{}) (*struct{}, error) {
			w, _ := asker(ctx)
			if err := a.cfg.Accounts.SignOut(ctx, w.token); err != nil {
				return nil, a.problem(ctx, err)
			}
			return nil, nil
		})
	type change struct {
		Body struct {
			Old string `json:"old" minLength:"1" maxLength:"200"`
			New string `json:"new" minLength:"1" maxLength:"200"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodPost, "/sessions/own/password", commands.Enter, "sessions", "Change one's password", ""),
		func(ctx context.Context, in *change) (*struct{}, error) {
			w, _ := asker(ctx)
			err := a.cfg.Accounts.ChangePassword(ctx, w.token, in.Body.Old, in.Body.New)
			if err != nil {
				return nil, a.problem(ctx, signInProblem(err))
			}
			return nil, nil
		})
}

// onlyPost lets a person with one post act in it without choosing.
func (a *API) onlyPost(ctx context.Context, token accounts.Token, s accounts.Session) (accounts.Session, error) {
	posts, err := a.postsOf(ctx, s)
	if err != nil || s.Post != "" || len(posts) == 0 {
		return s, err
	}
	s.Post = posts[0]
	return s, a.cfg.Accounts.ActAs(ctx, token, s.Post, "")
}

func (a *API) actAs(ctx context.Context, token accounts.Token, s accounts.Session, post, delegation string) error {
	office, _, err := commands.State(ctx, a.cfg.Handler, org.Context, s.Office, org.Stream(s.Office))
	if err != nil {
		return err
	}
	if err := office.Authorise(domain.Actor{Person: s.Person, Post: post, Delegation: delegation}, domain.DateOf(a.cfg.Now(), a.cfg.Handler.Zone), ""); err != nil {
		return err
	}
	return a.cfg.Accounts.ActAs(ctx, token, post, delegation)
}

func (a *API) postsOf(ctx context.Context, s accounts.Session) ([]string, error) {
	office, _, err := commands.State(ctx, a.cfg.Handler, org.Context, s.Office, org.Stream(s.Office))
	if err != nil {
		return nil, err
	}
	if officer := office.Officer(s.Person); officer != "" {
		return []string{officer}, nil
	}
	var ids []string
	for _, p := range office.PostsOf(s.Person, domain.DateOf(a.cfg.Now(), a.cfg.Handler.Zone)) {
		ids = append(ids, p.ID)
	}
	return ids, nil
}

func (a *API) sessionOf(ctx context.Context, s accounts.Session) (sessionView, error) {
	roles, _, err := a.standing(ctx, s)
	if err != nil {
		return sessionView{}, err
	}
	posts, err := a.postsOf(ctx, s)
	return sessionView{Person: s.Person, Office: s.Office, Login: s.Login, Post: s.Post, Delegation: s.Delegation,
		Roles: roles, Posts: posts, Expires: s.Expires, MustChange: s.MustChange}, err
}

// signInStatus is what a sign-in answers where the kind of the refusal alone would say 403.
var signInStatus = map[string]int{accounts.ErrLocked.Code: http.StatusTooManyRequests, accounts.ErrWrong.Code: http.StatusUnauthorized, accounts.ErrNoSession.Code: http.StatusUnauthorized}

func signInProblem(err error) error {
	var refusal *domain.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	p := rule(RefusalStatus(refusal), refusal.Code, refusal.Text("zh"), refusal.Text("en"))
	p.Rule, p.Params = refusal.Source, refusal.Params
	var locked *accounts.LockedError
	if errors.As(err, &locked) {
		p.headers = http.Header{"Retry-After": {strconv.Itoa(max(1, int(locked.After.Seconds())))}}
	}
	return p
}
