package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"andu/api/accounts"
	"andu/commands"
	"andu/domain"
	"andu/domain/org"
	"andu/domain/persons"

	"github.com/google/uuid"
)

// initCmd sets up an office with its three officers, who make everything else: the system administrator registers people
// and accounts, the security administrator posts and appointments, the auditor looks at both.
type initCmd struct {
	storeFlags
	Office   string  `arg:"" help:"Id of the office: lower-case letters, digits and hyphens."`
	Name     string  `required:"" help:"Name of the office, such as 县人民政府办公室."`
	Kind     string  `help:"What sort of office it is." default:"办公室"`
	Zone     string  `help:"Time zone." default:"Asia/Shanghai"`
	Sysadmin officer `required:"" help:"系统管理员, as name,pinyin,login."`
	Secadmin officer `required:"" help:"安全保密管理员, as name,pinyin,login."`
	Auditor  officer `required:"" help:"安全审计员, as name,pinyin,login."`
}

// officer is one of the three as the command line names him.
type officer struct{ name, pinyin, login string }

// UnmarshalText reads name,pinyin,login.
func (o *officer) UnmarshalText(text []byte) error {
	parts := strings.Split(string(text), ",")
	if len(parts) != 3 || strings.TrimSpace(parts[0]) == "" || strings.TrimSpace(parts[1]) == "" || strings.TrimSpace(parts[2]) == "" {
		return fmt.Errorf("%q: want name,pinyin,login, such as 张敏,zhang min,zhang.min", text)
	}
	o.name, o.pinyin, o.login = strings.TrimSpace(parts[0]), strings.TrimSpace(parts[1]), strings.TrimSpace(parts[2])
	return nil
}

// firstPassword is told once.
type firstPassword struct {
	Officer  string `json:"officer"`
	Person   string `json:"person"`
	Login    string `json:"login"`
	Password string `json:"first_password"`
}

// Run sets the office up and prints the first passwords. It refuses an office that is there already.
func (c *initCmd) Run(ctx context.Context, g *globals) error {
	if c.Office == "" || strings.Trim(c.Office, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || len(c.Office) > 40 {
		return fmt.Errorf("office id %q: want 1 to 40 lower-case letters, digits and hyphens", c.Office)
	}
	return g.withHouse(ctx, c.storeFlags, openOptions{}, func(h *house) error {
		if err := h.begin(ctx, false); err != nil {
			return err
		}
		state, _, err := commands.State(ctx, h.handler, org.Context, c.Office, org.Stream(c.Office))
		if err != nil {
			return err
		}
		if state.Exists() {
			return fmt.Errorf("office %s is set up already", c.Office)
		}
		three := []officer{c.Sysadmin, c.Secadmin, c.Auditor}
		kinds := []string{org.SystemAdministrator, org.SecurityAdministrator, org.Auditor}
		ids := []string{uuid.NewString(), uuid.NewString(), uuid.NewString()}
		setUp := org.SetUp{Name: c.Name, Kind: c.Kind, Zone: c.Zone, SystemAdministrator: ids[0], SecurityAdministrator: ids[1], Auditor: ids[2]}
		if _, err := commands.Handle(ctx, h.handler, org.Context, org.Stream(c.Office), setUp, commands.Request{Office: c.Office, Actor: domain.Actor{Person: domain.System}}); err != nil {
			return fmt.Errorf("set up the office: %w", err)
		}
		asAdmin := commands.Request{Office: c.Office, Actor: domain.Actor{Person: ids[0], Post: org.SystemAdministrator}}
		var told []firstPassword
		for i, o := range three {
			if _, err := commands.Handle(ctx, h.handler, persons.Context, persons.Stream(ids[i]), persons.Register{Person: ids[i], Name: o.name, SortKey: o.pinyin}, asAdmin); err != nil {
				return fmt.Errorf("register %s: %w", o.login, err)
			}
			password, err := h.accounts.Create(ctx, accounts.By{Person: ids[0], Office: c.Office}, accounts.NewAccount{Login: o.login, Person: ids[i], Office: c.Office})
			if err != nil {
				return errors.Join(fmt.Errorf("account of %s: %w", o.login, err), errors.New("the office is set up; make the accounts that are missing with another login"))
			}
			told = append(told, firstPassword{Officer: kinds[i], Person: ids[i], Login: o.login, Password: password})
		}
		return g.print(told, func(w *tabwriter.Writer) {
			fmt.Fprintf(w, "%s (%s) is set up. First passwords, told once and to be changed at the first sign-in:\n", c.Name, c.Office)
			for _, t := range told {
				fmt.Fprintf(w, "%s\t%s\t%s\n", t.Officer, t.Login, t.Password)
			}
		})
	})
}
