package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"mime"
	"net/http"
	"strings"
	"time"

	"andu/api/accounts"
	"andu/api/sheets"
	"andu/commands"
	"andu/domain"
	"andu/domain/imports"
	"andu/projections/directory"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
)

// importMay says who may have a file of a kind looked at; what its rows enter is decided row by row, as if the asker had
// typed it.
var importMay = map[string]commands.Permission{imports.Org: commands.Organise, imports.Register: commands.Work, imports.Leave: commands.Work}

// importRow is what became of a row.
type importRow struct {
	Sheet   string           `json:"sheet,omitempty"`
	Line    int              `json:"line"`
	Outcome commands.Outcome `json:"outcome" enum:"accepted,skipped,rejected,left" doc:"left: another officer enters it, now or before"`
	Code    string           `json:"code,omitempty"`
	Reason  string           `json:"reason,omitempty"`
	For     string           `json:"for,omitempty" doc:"the officer whom it is left for"`
	Login   string           `json:"login,omitempty"`
	First   string           `json:"first_password,omitempty" doc:"told once; it has to be changed at the first sign-in"`
}

// importView is an import as it is listed.
type importView struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`
	File    string    `json:"file"`
	Digest  string    `json:"digest" doc:"SHA-256 of the file"`
	Rows    int       `json:"rows"`
	Entered int       `json:"entered" doc:"rows that were taken up"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	State   string    `json:"state" enum:"standing,withdrawing,withdrawn"`
	Reason  string    `json:"reason,omitempty" doc:"of the withdrawal"`
}

func viewOf(i imports.Import) importView {
	v := importView{ID: i.ID, Kind: i.Kind, File: i.File, Digest: i.Digest, Rows: i.Rows, Entered: i.Entered(), By: i.By, At: i.At.Time, State: "standing", Reason: i.Reason}
	switch {
	case i.Withdrawn:
		v.State = "withdrawn"
	case i.Withdraws:
		v.State = "withdrawing"
	}
	return v
}

// imports are the routes by which files are brought in and taken back.
func (a *API) imports() {
	type input struct {
		Body struct {
			File   string         `json:"file" minLength:"1" maxLength:"200" doc:"name of the file"`
			Digest string         `json:"digest" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of the file, hex"`
			Total  int            `json:"total" minimum:"1" doc:"rows of the whole file"`
			Try    bool           `json:"try,omitempty" required:"false" doc:"only say what would become of the rows"`
			Rows   []commands.Row `json:"rows" minItems:"1" maxItems:"1000" doc:"some rows of the file; an organisation comes whole"`
		}
	}
	type output struct {
		Body struct {
			Import string      `json:"import" doc:"id of the import; empty: nothing was taken up"`
			Rows   []importRow `json:"rows"`
		}
	}
	for _, kind := range imports.Kinds() {
		huma.Register(a.huma, a.operation(http.MethodPost, "/imports/"+kind, importMay[kind], "imports", "Bring rows of a file in: "+kind, ""),
			func(ctx context.Context, in *input) (*output, error) {
				id, rows, err := a.bringIn(ctx, commands.Import{Kind: kind, File: in.Body.File, Digest: in.Body.Digest, Total: in.Body.Total, Try: in.Body.Try}, in.Body.Rows)
				if err != nil {
					return nil, a.problem(ctx, err)
				}
				out := &output{}
				out.Body.Import, out.Body.Rows = id, rows
				return out, nil
			})
	}
	type list struct {
		Body struct {
			Imports []importView `json:"imports"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/imports", commands.Look, "imports", "Files that were brought in, the latest first", ""),
		func(ctx context.Context, _ *struct{}) (*list, error) {
			all, err := a.allImports(ctx)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out := &list{}
			out.Body.Imports = all
			return out, nil
		})
	type withdrawal struct {
		ID   string `path:"id" maxLength:"36" pattern:"^[0-9a-f-]{36}$"`
		Body struct {
			Reason string `json:"reason" maxLength:"1000" doc:"why the import was wrong; empty: go on with a withdrawal that was begun"`
		}
	}
	type withdrawn struct {
		Body struct {
			Stands []commands.Stand `json:"stands" doc:"what was built upon the import: nothing is withdrawn because of it"`
			Undone int              `json:"undone" doc:"entries taken back now"`
			Left   map[string]int   `json:"left" doc:"entries that another officer takes back"`
			Done   bool             `json:"done" doc:"nothing of the import stands any more"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodPost, "/imports/{id}/withdrawal", commands.Organise, "imports", "Take back everything that an import wrote", ""),
		func(ctx context.Context, in *withdrawal) (*withdrawn, error) {
			w, err := a.takeBack(ctx, in.ID, in.Body.Reason)
			if err != nil {
				p := a.asProblem(ctx, err)
				for _, s := range w.Stands {
					p.Errors = append(p.Errors, FieldProblem{Location: s.Stream, Message: s.By})
				}
				return nil, p
			}
			out := &withdrawn{}
			out.Body.Stands, out.Body.Undone, out.Body.Left, out.Body.Done = append([]commands.Stand{}, w.Stands...), w.Undone, w.Left, w.Done
			return out, nil
		})
	a.page(http.MethodGet, "/imports/templates/{name}", commands.Enter, "An empty table to fill in: org, register or leave, as .csv or .xlsx", a.importTemplate)
}

// allImports lists the imports of the office, the latest first.
func (a *API) allImports(ctx context.Context) ([]importView, error) {
	w, _ := asker(ctx)
	all, _, err := commands.State(ctx, a.cfg.Handler, imports.Context, w.Office, imports.Stream(w.Office))
	if err != nil {
		return nil, err
	}
	list := []importView{}
	for _, i := range all.All() {
		list = append([]importView{viewOf(i)}, list...)
	}
	return list, nil
}

// importRequest is the request under which an import writes.
func (a *API) importRequest(ctx context.Context) commands.Request {
	w, _ := asker(ctx)
	return commands.Request{Office: w.Office, Actor: w.actor(), Terminal: w.Terminal, Received: w.received}
}

// bringIn brings rows in as the asker. It goes on when the asker has gone: a row is not left half entered.
func (a *API) bringIn(ctx context.Context, im commands.Import, rows []commands.Row) (string, []importRow, error) {
	w, _ := asker(ctx)
	ctx = context.WithoutCancel(ctx)
	if head, err := a.cfg.Handler.Store.Head(ctx); err == nil { // names that were entered just now are known
		waiting, cancel := context.WithTimeout(ctx, a.cfg.StaleAfter)
		_ = a.cfg.Read.Wait(waiting, head)
		cancel()
	}
	names, err := directory.Names(ctx, a.cfg.Read.Pool, w.Office)
	if err != nil {
		return "", nil, err
	}
	im.Person, im.Named = names.PersonCalled, names.Called
	im.Account = func(ctx context.Context, login, person string, try bool) (string, error) {
		return a.importAccount(ctx, w, login, person, try)
	}
	id, results, err := commands.ImportRows(ctx, a.cfg.Handler, im, rows, a.importRequest(ctx))
	if err != nil {
		return id, nil, err
	}
	out := make([]importRow, len(results))
	for i, res := range results {
		out[i] = importRow{Sheet: res.Sheet, Line: res.Line, Outcome: res.Outcome, For: res.For, Login: res.Login, First: res.First}
		if res.Err != nil {
			p := a.problem(ctx, columnNamed(ctx, im.Kind, res.Err))
			out[i].Code, out[i].Reason = p.Code, p.Detail
		}
	}
	return id, out, nil
}

// columnNamed calls a column in a refusal what the table calls it.
func columnNamed(ctx context.Context, kind string, err error) error {
	var refusal *domain.Refusal
	if !errors.As(err, &refusal) || refusal.Code != imports.ErrCell.Code || language(ctx) != "zh" {
		return err
	}
	table, _ := sheets.Of(kind)
	for _, c := range table.Columns {
		if c.Name == refusal.Params["field"] {
			return refusal.With("field", c.Called[0])
		}
	}
	return err
}

// importAccount makes the account of a person whom a file names; one that was stopped with a withdrawn import is opened
// again with a new first password.
func (a *API) importAccount(ctx context.Context, w who, login, person string, try bool) (string, error) {
	had, err := a.accountOf(ctx, w.Office, func(acc accounts.Account) bool { return acc.Person == person || strings.EqualFold(acc.Login, login) })
	switch {
	case err != nil:
		return "", err
	case had.Login != "" && had.Person != person:
		return "", accounts.ErrLoginTaken
	case try || had.Login != "" && had.Disabled.IsZero():
		return "", nil
	case had.Login != "":
		if err := a.cfg.Accounts.Enable(ctx, w.by(), had.Login); err != nil {
			return "", err
		}
		return a.cfg.Accounts.Reset(ctx, w.by(), had.Login)
	}
	return a.cfg.Accounts.Create(ctx, w.by(), accounts.NewAccount{Login: login, Person: person, Office: w.Office})
}

// accountOf finds an account of the office.
func (a *API) accountOf(ctx context.Context, office string, is func(accounts.Account) bool) (accounts.Account, error) {
	for after := ""; ; {
		page, err := a.cfg.Accounts.List(ctx, office, after, 500)
		if err != nil {
			return accounts.Account{}, err
		}
		for _, acc := range page {
			if is(acc) {
				return acc, nil
			}
		}
		if len(page) < 500 {
			return accounts.Account{}, nil
		}
		after = page[len(page)-1].Login
	}
}

// takeBack withdraws an import as the asker.
func (a *API) takeBack(ctx context.Context, id, reason string) (commands.Withdrawal, error) {
	w, _ := asker(ctx)
	ctx = context.WithoutCancel(ctx)
	of := func(person string) func(accounts.Account) bool {
		return func(acc accounts.Account) bool { return acc.Person == person }
	}
	signedIn := func(ctx context.Context, person string) (bool, error) {
		acc, err := a.accountOf(ctx, w.Office, of(person))
		return !acc.SignedIn.IsZero(), err
	}
	disable := func(ctx context.Context, person string) error {
		acc, err := a.accountOf(ctx, w.Office, of(person))
		if err != nil || acc.Login == "" {
			return err
		}
		return a.cfg.Accounts.Disable(ctx, w.by(), acc.Login)
	}
	return commands.WithdrawImport(ctx, a.cfg.Handler, id, reason, signedIn, disable, a.importRequest(ctx))
}

// importTemplate sends an empty table.
func (a *API) importTemplate(w http.ResponseWriter, r *http.Request) {
	name := chi.URLParam(r, "name")
	kind, _, _ := strings.Cut(name, ".")
	table, err := sheets.Template(kind, name)
	if err != nil || !strings.HasSuffix(name, ".csv") && !strings.HasSuffix(name, ".xlsx") {
		a.refusePage(w, r, problemNotFound)
		return
	}
	form := "text/csv; charset=utf-8"
	if strings.HasSuffix(name, ".xlsx") {
		form = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	w.Header().Set("Content-Type", form)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	_, _ = w.Write(table) // the asker has gone; there is nobody to tell
}

// tableOf reads an uploaded table.
func tableOf(kind, name string, data []byte) (digest string, rows []commands.Row, ignored []string, err error) {
	read, ignored, err := sheets.Read(kind, name, data)
	if err != nil {
		return "", nil, nil, err
	}
	rows = make([]commands.Row, len(read))
	for i, row := range read {
		rows[i] = commands.Row(row)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), rows, ignored, nil
}

// problemTable is a file that cannot be read.
func problemTable(err error) *Problem {
	zh, en, _ := strings.Cut(err.Error(), " / ")
	if en == "" {
		en = zh
	}
	p := with(problemUnread)
	p.Texts = map[string]string{"zh": zh, "en": en}
	return p
}

var errNoFile = errors.New("请选择文件 / choose a file")
