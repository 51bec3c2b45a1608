package api

import (
	"context"
	"encoding/csv"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"andu/commands"
	"andu/domain"
	"andu/domain/documents"
	"andu/projections/register"

	"github.com/danielgtaylor/huma/v2"
)

// documents are the routes of incoming papers, in the order of their life (收文).
func (a *API) documents() {
	c, work := documents.Context, commands.Work
	create[documents.Receive](a, "/documents", work, c, "Sign for a paper (签收)")
	create[documents.TakeOverFromDuty](a, "/documents/from-duty", work, c, "Take a paper over from the duty log")
	on[documents.CorrectReceipt](a, "/documents/{id}/receipt-corrections", work, c, "Correct how the paper came; both stay readable")
	on[documents.Describe](a, "/documents/{id}/description", work, c, "Enter the main data")
	a.registration()
	on[documents.CorrectRegistration](a, "/documents/{id}/registration-corrections", work, c, "Correct the registered data; both stay readable")
	on[documents.LinkDuplicate](a, "/documents/{id}/duplicates", work, c, "Say that the paper came before: its copies are counted there")
	on[documents.ReviseDue](a, "/documents/{id}/due-revisions", work, c, "Take over a new time limit of the issuer")
	on[documents.PreCheck](a, "/documents/{id}/pre-check", work, c, "Pass the check of form and addressee (初审)")
	on[documents.Return](a, "/documents/{id}/return", work, c, "Send the paper back, with the cause (退回)")
	on[documents.Classify](a, "/documents/{id}/classification", work, c, "Put the paper in its category (分类)")
	on[documents.CheckLegality](a, "/documents/{id}/legality-reviews", work, c, "Record the legal review")
	on[documents.Present](a, "/documents/{id}/presentations", work, c, "Present the paper to a leader (呈送)")
	on[documents.ProposeHandling](a, "/documents/{id}/proposal", work, c, "Propose how to handle it (拟办); an approval case for the instruction is opened")
	on[documents.Assign](a, "/documents/{id}/assignment", work, c, "Assign it to a lead and co-units (分办)")
	on[documents.Accept](a, "/documents/{id}/acceptances", work, c, "Accept the assignment (承办)")
	on[documents.Decline](a, "/documents/{id}/declinations", work, c, "Decline the assignment, with the reason")
	on[documents.Urge](a, "/documents/{id}/urgings", work, c, "Urge whoever handles it (催办)")
	on[documents.ReviewProcessing](a, "/documents/{id}/processing-reviews", work, c, "Record a look at how it is handled")
	on[documents.Report](a, "/documents/{id}/reports", work, c, "Report on the handling")
	on[documents.Reply](a, "/documents/{id}/reply", work, c, "Record the reply (答复)")
	on[documents.Suspend](a, "/documents/{id}/suspension", work, c, "Suspend the handling")
	on[documents.Resume](a, "/documents/{id}/resumption", work, c, "Resume the handling")
	on[documents.TransferOut](a, "/documents/{id}/transfer", work, c, "Transfer the paper to another organ")
	on[documents.RecordRecall](a, "/documents/{id}/recall", work, c, "Record that the issuer recalled it")
	on[documents.Close](a, "/documents/{id}/closing", work, c, "Close it with the settlement code (办结)")
	on[documents.Reopen](a, "/documents/{id}/reopening", work, c, "Reopen it")
	on[documents.File](a, "/documents/{id}/filing", work, c, "File it (归档)")
	on[documents.HandOut](a, "/documents/{id}/copies/distributions", work, c, "Hand out a copy (分发)")
	on[documents.ReturnCopy](a, "/documents/{id}/copies/returns", work, c, "Take a copy back")
	on[documents.SplitCopy](a, "/documents/{id}/copies", work, c, "Register a copy by its number")
	on[documents.SendBack](a, "/documents/{id}/copies/sendings-back", work, c, "Send a copy back to its issuer")
	on[documents.RecordDestruction](a, "/documents/{id}/copies/destructions", work, c, "Record that a copy was destroyed by approval")
	a.documentQueries()

}

// registration is the one act on a paper that begins in another stream, the series of its book.
func (a *API) registration() {
	type input struct {
		CommandHeaders
		ID string `path:"id" maxLength:"36" pattern:"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$" doc:"id of the paper"`
	}
	huma.Register(a.huma, created(a.operation(http.MethodPost, "/documents/{id}/registration", commands.Work, "document",
		"Register it (登记): the number is allotted and entered by one append", "documents.Enter")),
		func(ctx context.Context, in *input) (*answered, error) {
			req, err := a.ask(ctx, in.CommandHeaders, struct{}{})
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			res, err := commands.Register(ctx, a.cfg.Handler, documents.Context.Stream(in.ID), req)
			if err != nil && len(res.Events) == 0 {
				return nil, a.refused(ctx, req, err)
			}
			if err != nil { // the number is allotted and the follower will enter it: the answer stands
				a.cfg.Logger.WarnContext(ctx, "registration left to the follower", "request", requestID(ctx), "error", err)
			}
			out := a.answer(res, "")
			if _, revision, err := commands.State(ctx, a.cfg.Handler, documents.Context, req.Office, documents.Context.Stream(in.ID)); err == nil {
				out.ETag = etag(revision)
			}
			return out, nil
		})
}

// posts are the posts and units that the asker sees papers for: the post acted in and its unit.
func (a *API) posts(_ context.Context, w who) ([]string, error) { return w.posts, nil }

// registerQuery is how the incoming register is asked.
type registerQuery struct {
	State   string      `query:"state" maxLength:"30" doc:"where the paper stands, such as registered"`
	Open    bool        `query:"open" doc:"the office still has to do something"`
	Overdue bool        `query:"overdue" doc:"open and past its time limit now"`
	Urgency string      `query:"urgency" maxLength:"20"`
	Kind    string      `query:"kind" maxLength:"20" doc:"文种"`
	Class   string      `query:"class" maxLength:"20"`
	Level   string      `query:"level" maxLength:"20" doc:"source level"`
	Line    string      `query:"line" maxLength:"20" doc:"party or state"`
	Book    string      `query:"book" maxLength:"100"`
	Year    int         `query:"year" minimum:"0" maximum:"9999"`
	Number  int         `query:"number" minimum:"0" maximum:"2147483647"`
	Lead    string      `query:"lead" maxLength:"100" doc:"unit or post that leads"`
	Handler string      `query:"handler" maxLength:"100" doc:"person, post or unit that handles the paper or did"`
	From    domain.Date `query:"from" doc:"received on or after"`
	Until   domain.Date `query:"until" doc:"received before"`
	Text    string      `query:"q" maxLength:"200" doc:"words of title, number or organ"`
	Sort    string      `query:"sort" enum:"number,-number,received,-received,due,-due,title,-title" default:"-received"`
	After   string      `query:"after" maxLength:"400" doc:"cursor of the next page"`
	Limit   int         `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

func (a *API) filter(ctx context.Context, q registerQuery) (register.Filter, register.Sort, error) {
	w, _ := asker(ctx)
	posts, err := a.posts(ctx, w)
	f := register.Filter{Office: w.Office, Person: w.Person, Posts: posts, Book: q.Book, Year: q.Year, Number: q.Number, Class: domain.Class(q.Class),
		State: documents.Status(q.State), Open: q.Open, Urgency: q.Urgency, Kind: q.Kind, Level: q.Level, Line: q.Line, Lead: q.Lead, Handler: q.Handler, Text: q.Text}
	if q.Overdue {
		f.OverdueAt = w.received
	}
	if !q.From.IsZero() {
		f.From = q.From.Start(a.cfg.Handler.Zone)
	}
	if !q.Until.IsZero() {
		f.Until = q.Until.Start(a.cfg.Handler.Zone)
	}
	by, desc := strings.CutPrefix(q.Sort, "-")
	return f, register.Sort{By: register.By(by), Desc: desc}, err
}

func (a *API) documentQueries() {
	type list struct {
		Body struct {
			Documents []register.Entry `json:"documents"`
			Next      string           `json:"next,omitempty" doc:"ask again with after=next"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/documents", commands.Work, "document", "The incoming register (收文登记簿)", ""),
		func(ctx context.Context, in *registerQuery) (*list, error) {
			f, sort, err := a.filter(ctx, *in)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			entries, next, err := register.List(ctx, a.cfg.Read.Pool, f, sort, in.After, in.Limit)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			out := &list{}
			out.Body.Documents, out.Body.Next = append([]register.Entry{}, entries...), next
			return out, nil
		})
	type counts struct {
		Body struct {
			Total   int                      `json:"total"`
			States  map[documents.Status]int `json:"states"`
			Overdue map[string]int           `json:"overdue" doc:"by urgency"`
		}
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/documents/counts", commands.Work, "document", "How many papers stand where, and how many are overdue", ""),
		func(ctx context.Context, in *registerQuery) (*counts, error) {
			f, _, err := a.filter(ctx, *in)
			out := &counts{}
			if err == nil {
				out.Body.Total, err = register.Count(ctx, a.cfg.Read.Pool, f)
			}
			if err == nil {
				out.Body.States, err = register.CountByState(ctx, a.cfg.Read.Pool, f)
			}
			if err == nil {
				w, _ := asker(ctx)
				out.Body.Overdue, err = register.OverdueByUrgency(ctx, a.cfg.Read.Pool, f, w.received)
			}
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			return out, nil
		})
	type oneInput struct {
		ID string `path:"id" maxLength:"36" pattern:"^[0-9a-f-]{36}$" doc:"id of the paper"`
	}
	type one struct {
		ETag string `header:"ETag"`
		Body register.Entry
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/documents/{id}", commands.Work, "document", "One paper, as the asker may see it", ""),
		func(ctx context.Context, in *oneInput) (*one, error) {
			w, _ := asker(ctx)
			posts, err := a.posts(ctx, w)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			e, err := register.Get(ctx, a.cfg.Read.Pool, w.Office, documents.Context.Stream(in.ID))
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			e = e.For(w.Person, posts)
			return &one{ETag: etag(e.Revision), Body: e}, nil
		})
	a.page(http.MethodGet, "/documents.csv", commands.Work, "The incoming register as a table", a.registerCSV)
}

// registerCSV writes what the filters of the register find, as a table that spreadsheets open with its Chinese right.
func (a *API) registerCSV(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	q := r.URL.Query()
	query := registerQuery{State: q.Get("state"), Urgency: q.Get("urgency"), Kind: q.Get("kind"), Class: q.Get("class"), Level: q.Get("level"), Line: q.Get("line"),
		Book: q.Get("book"), Lead: q.Get("lead"), Handler: q.Get("handler"), Text: q.Get("q"), Open: q.Get("open") == "true", Overdue: q.Get("overdue") == "true", Sort: "number"}
	var errs [4]error
	query.Year, errs[0] = whole(q.Get("year"))
	query.Number, errs[1] = whole(q.Get("number"))
	query.From, errs[2] = domain.ParseDate(q.Get("from"))
	query.Until, errs[3] = domain.ParseDate(q.Get("until"))
	if errors.Join(errs[:]...) != nil {
		a.fail(w, r, problemInvalid)
		return
	}
	f, sort, err := a.filter(ctx, query)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="register.csv"`)
	_, _ = w.Write([]byte("\ufeff"))
	names, err := a.names.Names(ctx, a.cfg.Read.Pool, f.Office)
	if err != nil {
		a.cfg.Logger.ErrorContext(ctx, "write the register", "request", requestID(ctx), "error", err)
		panic(http.ErrAbortHandler) // the header has gone: only a connection that breaks off says that the file is not whole
	}
	called := func(id string) string {
		if id == "" {
			return ""
		}
		return names.Name(id)
	}
	out := csv.NewWriter(w)
	_ = out.Write([]string{"收文号", "收文时间", "来文机关", "来文字号", "标题", "文种", "成文日期", "密级", "紧急程度", "份数", "主办", "期限", "状态", "办结方式", "份本所在"})
	for after := ""; ; {
		entries, next, err := register.List(ctx, a.cfg.Read.Pool, f, sort, after, 500)
		if err != nil {
			a.cfg.Logger.ErrorContext(ctx, "write the register", "request", requestID(ctx), "error", err)
			panic(http.ErrAbortHandler) // a table that is cut short must not look whole
		}
		for _, e := range entries {
			copies, holders := strconv.Itoa(e.Signed), []string{}
			if e.Masked {
				copies = ""
			}
			for _, c := range e.Copies {
				if name := called(c.Holder); name != "" && !slices.Contains(holders, name) {
					holders = append(holders, name)
				}
			}
			_ = out.Write(cells(e.NumberText, civil(e.Received, a.cfg.Handler.Zone), strings.Join(e.Organs, "、"), e.DocNumber, e.Title, e.Kind, e.IssuedOn.String(),
				string(e.Class), e.Urgency, copies, called(e.Lead), e.DueOn.String(), stateWords[e.State], e.SettledAs, strings.Join(holders, "、")))
		}
		if next == "" {
			break
		}
		after = next
	}
	out.Flush()
}

// stateWords are the states as the printed register has them.
var stateWords = map[documents.Status]string{
	documents.StatusSigned: "签收", documents.StatusRegistered: "登记", documents.StatusPreChecked: "初审", documents.StatusProposed: "拟办", documents.StatusInstructed: "批示",
	documents.StatusAssigned: "分办", documents.StatusHandling: "承办", documents.StatusReplied: "答复", documents.StatusClosed: "办结", documents.StatusFiled: "归档",
	documents.StatusSuspended: "中止", documents.StatusRecalled: "撤回", documents.StatusReturned: "退回", documents.StatusTransferredOut: "转出", documents.StatusDuplicate: "重份",
}

// whole reads a number that may be left out.
func whole(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	return int(n), err
}

// cells keeps a spreadsheet from taking a cell for a formula.
func cells(row ...string) []string {
	for i, c := range row {
		if c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) {
			row[i] = "'" + c
		}
	}
	return row
}

func civil(i domain.Instant, zone *time.Location) string {
	if i.IsZero() {
		return ""
	}
	return i.In(zone).Format("2006-01-02 15:04")
}
