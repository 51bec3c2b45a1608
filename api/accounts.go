package api

import (
	"context"
	"net/http"

	"andu/api/accounts"
	"andu/commands"
	"andu/domain/org"

	"github.com/danielgtaylor/huma/v2"
)

// accounts are the system administrator's routes of logins. An account opens nothing by itself: what a person may do
// follows from posts, which another officer gives.
func (a *API) accounts() {
	type newAccount struct {
		Body struct {
			Login  string `json:"login" minLength:"1" maxLength:"64" example:"zhang.min"`
			Person string `json:"person" minLength:"1" maxLength:"60" doc:"id of the person"`
		}
	}
	type first struct {
		Body struct {
			Login    string `json:"login"`
			Password string `json:"password" doc:"told once; it has to be changed at the first sign-in"`
		}
	}
	tell := func(login, password string) *first {
		out := &first{}
		out.Body.Login, out.Body.Password = login, password
		return out
	}
	huma.Register(a.huma, created(a.operation(http.MethodPost, "/accounts", commands.Administer, "accounts", "Make an account for a person of the office", "")),
		func(ctx context.Context, in *newAccount) (*first, error) {
			w, _ := asker(ctx)
			office, _, err := commands.State(ctx, a.cfg.Handler, org.Context, w.Office, org.Stream(w.Office))
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			if _, ok := office.Member(in.Body.Person); !ok {
				return nil, a.problem(ctx, org.ErrNotMember)
			}
			password, err := a.cfg.Accounts.Create(ctx, w.by(), accounts.NewAccount{Login: in.Body.Login, Person: in.Body.Person, Office: w.Office})
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			return tell(in.Body.Login, password), nil
		})
	type login struct {
		Login string `path:"login" maxLength:"64"`
	}
	huma.Register(a.huma, a.operation(http.MethodPost, "/accounts/{login}/reset", commands.Administer, "accounts", "Give an account a new first password", ""),
		func(ctx context.Context, in *login) (*first, error) {
			w, _ := asker(ctx)
			password, err := a.cfg.Accounts.Reset(ctx, w.by(), in.Login)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			return tell(in.Login, password), nil
		})
	for path, do := range map[string]func(*accounts.Accounts, context.Context, accounts.By, string) error{
		"/accounts/{login}/disabling": (*accounts.Accounts).Disable,
		"/accounts/{login}/enabling":  (*accounts.Accounts).Enable,
	} {
		huma.Register(a.huma, a.operation(http.MethodPost, path, commands.Administer, "accounts", "Stop or allow signing in", ""),
			func(ctx context.Context, in *login) (*struct{}, error) {
				w, _ := asker(ctx)
				if err := do(a.cfg.Accounts, ctx, w.by(), in.Login); err != nil {
					return nil, a.problem(ctx, err)
				}
				return nil, nil
			})
	}
	type person struct {
		Person string `path:"person" maxLength:"60"`
	}
	huma.Register(a.huma, a.operation(http.MethodPost, "/accounts/persons/{person}/revocation", commands.Administer, "accounts", "End every session of a person at once", ""),
		func(ctx context.Context, in *person) (*struct{}, error) {
			w, _ := asker(ctx)
			if err := a.cfg.Accounts.RevokePerson(ctx, w.by(), in.Person); err != nil {
				return nil, a.problem(ctx, err)
			}
			return nil, nil
		})
	type listInput struct {
		After string `query:"after" maxLength:"64"`
		Limit int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
	}
	type list struct {
		Body struct {
			Accounts []accounts.Account `json:"accounts"`
			Next     string             `json:"next,omitempty"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/accounts", commands.Administer, "accounts", "The office's accounts", ""),
		func(ctx context.Context, in *listInput) (*list, error) {
			w, _ := asker(ctx)
			all, err := a.cfg.Accounts.List(ctx, w.Office, in.After, in.Limit)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out := &list{}
			out.Body.Accounts = append([]accounts.Account{}, all...)
			if len(all) == in.Limit {
				out.Body.Next = all[len(all)-1].Login
			}
			return out, nil
		})
	type historyInput struct {
		Before int64 `query:"before" minimum:"0" doc:"lines before this one; 0: from the newest"`
		Limit  int   `query:"limit" minimum:"1" maximum:"500" default:"100"`
	}
	type history struct {
		Body struct {
			Entries []accounts.Entry `json:"entries"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/accounts/history", commands.Audit, "accounts", "Attempts to sign in and acts upon accounts, newest first", ""),
		func(ctx context.Context, in *historyInput) (*history, error) {
			w, _ := asker(ctx)
			lines, err := a.cfg.Accounts.History(ctx, w.Office, in.Before, in.Limit)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out := &history{}
			out.Body.Entries = append([]accounts.Entry{}, lines...)
			return out, nil
		})
}

// by is who acts upon an account, for its history.
func (w who) by() accounts.By {
	return accounts.By{Person: w.Person, Office: w.Office, From: accounts.Client{IP: w.client, Terminal: w.Terminal}}
}
