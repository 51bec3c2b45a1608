package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"andu/api/accounts"
	"andu/commands"
	"andu/domain"
	"andu/domain/org"
	"andu/eventstore"
	"andu/projections/directory"
	"andu/projections/register"

	"github.com/go-chi/chi/v5"
)

// officerPages are the pages of the three officers (三员): accounts for the one, what is checked for the two others. None
// of them shows content of papers.
func (a *API) officerPages() {
	admin := commands.Administer
	a.page(http.MethodGet, "/desk/accounts", admin, "The accounts of the office (账号)", func(w http.ResponseWriter, r *http.Request) { a.accountsPage(w, r, firstPassword{}, nil) })
	a.page(http.MethodPost, "/desk/accounts", admin, "Make an account by the form", a.accountForm)
	for act, do := range accountActs {
		a.page(http.MethodPost, "/desk/accounts/{login}/"+act, admin, "Act upon an account by the form: "+act, func(w http.ResponseWriter, r *http.Request) {
			asking, _ := asker(r.Context())
			login := chi.URLParam(r, "login")
			password, err := do(a.cfg.Accounts, r, asking.by(), login)
			switch {
			case err != nil:
				a.accountsPage(w, r, firstPassword{}, a.asProblem(r.Context(), err))
			case password != "":
				a.accountsPage(w, r, firstPassword{login, password}, nil)
			default:
				http.Redirect(w, r, "/desk/accounts", http.StatusSeeOther)
			}
		})
	}
	a.page(http.MethodGet, "/desk/audit", commands.Audit, "What the auditor and the security administrator check (核查)", a.auditPage)
}

// firstPassword is told once, on the page that answers.
type firstPassword struct{ Login, Password string }

var accountActs = map[string]func(accs *accounts.Accounts, r *http.Request, by accounts.By, login string) (first string, err error){
	"reset": func(accs *accounts.Accounts, r *http.Request, by accounts.By, login string) (string, error) {
		return accs.Reset(r.Context(), by, login)
	},
	"disabling": func(accs *accounts.Accounts, r *http.Request, by accounts.By, login string) (string, error) {
		return "", accs.Disable(r.Context(), by, login)
	},
	"enabling": func(accs *accounts.Accounts, r *http.Request, by accounts.By, login string) (string, error) {
		return "", accs.Enable(r.Context(), by, login)
	},
}

// accountPage is how many accounts stand on a page.
const accountPage = 100

func (a *API) accountsPage(w http.ResponseWriter, r *http.Request, first firstPassword, problem *Problem) {
	type row struct {
		Login, Person, State, Tone, SignedIn string
		Disabled, Own                        bool
	}
	type data struct {
		First      firstPassword
		Rows       []row
		Next       string
		People     []option
		Login      string
		WithoutOne int
	}
	a.view(w, r, "accounts", func(d *desk) (*frame, error) {
		f, err := d.frame(d.t("账号", "Accounts"))
		if err != nil {
			return nil, err
		}
		out := data{First: first}
		f.Data = &out
		if problem != nil {
			f.Refusal, out.Login = d.refusal(problem), r.PostForm.Get("login")
		}
		list, err := a.cfg.Accounts.List(d.ctx, d.who.Office, r.URL.Query().Get("after"), accountPage)
		if err != nil {
			return nil, err
		}
		for _, acc := range list {
			line := row{Login: acc.Login, Person: d.name(acc.Person), Disabled: !acc.Disabled.IsZero(), Own: acc.Person == d.who.Person, SignedIn: d.at(domain.At(acc.SignedIn))}
			switch {
			case line.Disabled:
				line.State, line.Tone = d.t("已停用 ", "stopped ")+d.at(domain.At(acc.Disabled)), "seal"
			case !acc.LockedUntil.IsZero():
				line.State, line.Tone = d.t("锁定至 ", "locked until ")+d.at(domain.At(acc.LockedUntil)), "ochre"
			case acc.MustChange:
				line.State, line.Tone = d.t("须改首次口令", "first password to be changed"), "ochre"
			default:
				line.State, line.Tone = d.t("可登录", "may sign in"), "green"
			}
			if acc.SignedIn.IsZero() {
				line.SignedIn = ""
			}
			out.Rows = append(out.Rows, line)
		}
		if len(list) == accountPage {
			out.Next = turned(r, "after", list[len(list)-1].Login)
		}
		has := map[string]bool{}
		for after := ""; ; {
			all, err := a.cfg.Accounts.List(d.ctx, d.who.Office, after, 500)
			if err != nil {
				return nil, err
			}
			for _, acc := range all {
				has[acc.Person], after = true, acc.Login
			}
			if len(all) < 500 {
				break
			}
		}
		for _, p := range d.names.People(directory.ByRank, d.today) {
			if !has[p.ID] {
				out.People = append(out.People, option{p.ID, p.Name, p.ID == r.PostFormValue("person")})
			}
		}
		out.WithoutOne = len(out.People)
		return f, nil
	})
}

func (a *API) accountForm(w http.ResponseWriter, r *http.Request) {
	if !readForm(w, r) {
		a.refusePage(w, r, problemMalformed)
		return
	}
	ctx := r.Context()
	asking, _ := asker(ctx)
	login, person := strings.TrimSpace(r.PostForm.Get("login")), r.PostForm.Get("person")
	office, _, err := commands.State(ctx, a.cfg.Handler, org.Context, asking.Office, org.Stream(asking.Office))
	if _, ok := office.Member(person); err == nil && !ok {
		err = org.ErrNotMember
	}
	var password string
	if err == nil {
		password, err = a.cfg.Accounts.Create(ctx, asking.by(), accounts.NewAccount{Login: login, Person: person, Office: asking.Office})
	}
	if err != nil {
		a.accountsPage(w, r, firstPassword{}, a.asProblem(ctx, err))
		return
	}
	a.accountsPage(w, r, firstPassword{login, password}, nil)
}

// auditPage is where a check begins: a paper by its number, a person, the attempts to sign in, how far the read models are.
func (a *API) auditPage(w http.ResponseWriter, r *http.Request) {
	type paperRow struct {
		Number, Received, Href string
		Class                  domain.Class
	}
	type entry struct{ When, What, Result, Tone, Who, By, From string }
	type model struct {
		Name, State, Tone, At string
		Lag                   int64
	}
	type data struct {
		Number   string
		Searched bool
		Papers   []paperRow
		People   []option
		Entries  []entry
		Next     string
		Models   []model
		Head     string
	}
	a.view(w, r, "audit", func(d *desk) (*frame, error) {
		f, err := d.frame(d.t("核查", "Checks"))
		if err != nil {
			return nil, err
		}
		out := data{Number: strings.TrimSpace(r.URL.Query().Get("number"))}
		f.Data = &out
		if out.Searched = out.Number != ""; out.Searched {
			found, err := register.ByNumberText(d.ctx, a.cfg.Read.Pool, d.who.Office, out.Number, 50)
			if err != nil {
				return nil, err
			}
			for _, n := range found {
				out.Papers = append(out.Papers, paperRow{n.NumberText, d.at(n.Received), "/desk/documents/" + idOf(n.Stream) + "/dossier", n.Class})
			}
		}
		for _, p := range d.names.People(directory.ByRank, d.today) {
			out.People = append(out.People, option{ID: p.ID, Name: p.Name})
		}
		before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
		const lines = 50
		history, err := a.cfg.Accounts.History(d.ctx, d.who.Office, max(0, before), lines)
		if err != nil {
			return nil, err
		}
		for _, h := range history {
			e := entry{When: d.limit(domain.At(h.At)), What: d.word("account." + h.Act), Result: d.t("成功", "done"), Tone: "green", Who: d.name(h.Person), From: h.From.IP}
			if h.Result != "ok" {
				e.Tone, e.Result = "seal", d.say(h.Result, nil, h.Result)
			}
			if h.By != h.Person {
				e.By = d.name(h.By)
			}
			if h.Person == "" {
				e.Who = d.t("无此账号", "no such account")
			}
			out.Entries = append(out.Entries, e)
		}
		if len(history) == lines {
			out.Next = turned(r, "before", strconv.FormatInt(history[lines-1].ID, 10))
		}
		status, err := a.cfg.Read.Status(d.ctx)
		if err != nil {
			return nil, err
		}
		for _, s := range status {
			m := model{Name: s.Namespace, State: d.t("跟上", "live"), Tone: "green", At: d.at(domain.At(s.RecordedAt)), Lag: s.Lag}
			if s.State != "live" {
				m.State, m.Tone = string(s.State), "ochre"
			}
			out.Models = append(out.Models, m)
		}
		slices.SortFunc(out.Models, func(x, y model) int { return strings.Compare(x.Name, y.Name) })
		head, err := a.cfg.Handler.Store.Head(d.ctx)
		out.Head = eventstore.Token(a.cfg.Handler.Store.LogID(), head)
		return f, err
	})
}
