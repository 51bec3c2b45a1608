package api

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"andu/commands"
	"andu/domain"
	"andu/domain/access"
	"andu/domain/documents"
	"andu/domain/persons"
	"andu/eventstore"
	"andu/projections/trail"

	"github.com/danielgtaylor/huma/v2"
)

// access are the routes of who may see a paper and who has seen it.
func (a *API) access() {
	work, read := commands.Work, commands.Read
	onProtected[access.Classify](a, "/documents/{id}/class", work, "Enter class, term and marks (定密、标密)")
	onProtected[access.ChangeClass](a, "/documents/{id}/class/changes", work, "Enter a change of class (密级变更、解密)")
	onProtected[access.SetScope](a, "/documents/{id}/scope", work, "Name the persons who may know the paper (知悉范围)")
	onProtected[access.ExtendScope](a, "/documents/{id}/scope/extensions", work, "Add a person to the scope, with the authority")
	onProtected[access.ReduceScope](a, "/documents/{id}/scope/reductions", work, "Take a person out of the scope, at once")
	onProtected[access.RequestAccess](a, "/documents/{id}/access-requests", work, "Ask to see a paper (借阅申请)")
	onProtected[access.GrantAccess](a, "/documents/{id}/access-grants", work, "Grant a request, for a time")
	onProtected[access.DenyRequest](a, "/documents/{id}/access-denials", work, "Deny a request, with the reason")
	onProtected[access.RevokeAccess](a, "/documents/{id}/access-revocations", work, "Take a grant back, at once")
	onProtected[access.OpenView](a, "/documents/{id}/views", read, "Open a paper or its content (查阅); a denial is on record")
	onProtected[access.OpenWindow](a, "/documents/{id}/views/windows", read, "Ask for a further part within a viewing")
	onProtected[access.CloseView](a, "/documents/{id}/views/closings", read, "Close one's viewing")
	a.page(http.MethodPost, "/documents/{id}/content", work, "Attach a scan: the body is the file, ?name= its name", a.attach)
	a.page(http.MethodGet, "/documents/{id}/views/{view}/content", read, "The bytes of a viewing, whole or one range", a.content)
	a.accessQueries()
}

// onProtected is a route whose command acts on the protection of one paper. What a denial tells, the class decides.
func onProtected[C access.Command](a *API, path string, may commands.Permission, summary string) {
	postOne(a, a.operation(http.MethodPost, path, may, access.Context.Name, summary, commandType[C]()),
		func(ctx context.Context, in *onOne[C]) (*answered, error) {
			req, err := a.ask(ctx, in.CommandHeaders, in.Body)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			document := documents.Context.Stream(in.ID)
			if err := commands.Protect(ctx, a.cfg.Handler, req.Office, document); err != nil {
				return nil, a.refused(ctx, req, err)
			}
			res, err := commands.Handle(ctx, a.cfg.Handler, access.Context, access.Stream(document), access.Command(in.Body), req)
			if err != nil {
				return nil, a.refused(ctx, req, a.denied(ctx, req.Office, document, err))
			}
			// A class is everywhere before it is acknowledged; should this process die, the follower sees to it.
			if err := a.cfg.Handler.FollowNow(ctx, req.Office, res); err != nil {
				return nil, a.refused(ctx, req, err)
			}
			out := a.answer(res, "")
			if head, err := a.cfg.Handler.Store.Head(ctx); err == nil { // who waits for this position finds what followed too
				out.Position = eventstore.Token(a.cfg.Handler.Store.LogID(), head)
			}
			return out, nil
		})
}

// denied makes a denial look like absence where the paper is of 机密 or above (architecture 3.18).
func (a *API) denied(ctx context.Context, office, document string, err error) error {
	for _, r := range []*domain.Refusal{access.ErrOfficer, access.ErrInactive, access.ErrNotCleared, access.ErrNotInScope} {
		if !errors.Is(err, r) {
			continue
		}
		class, classErr := commands.ClassOf(ctx, a.cfg.Handler, office, document)
		if classErr != nil {
			return classErr
		}
		if class.Hidden() {
			return domain.ErrNoStream
		}
	}
	return err
}

// attach takes a scan in. The body is the file itself, so that no form decides what it is.
func (a *API) attach(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	document, ok := paperOf(r)
	name := r.URL.Query().Get("name")
	if !ok || len(name) > 200 {
		a.fail(w, r, problemNotFound)
		return
	}
	req, err := a.ask(ctx, CommandHeaders{Key: r.Header.Get("Idempotency-Key"), Receipt: r.Header.Get("Andu-Receipt")}, nil)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	res, err := commands.Attach(ctx, a.cfg.Handler, document, name, http.MaxBytesReader(w, r.Body, a.cfg.Handler.Files.Limit()+1), req)
	if err != nil {
		a.fail(w, r, a.refused(ctx, req, a.denied(ctx, req.Office, document, err)))
		return
	}
	out := a.answer(res, "")
	w.Header().Set("Andu-Position", out.Position)
	w.Header().Set("ETag", out.ETag)
	writeJSON(w, http.StatusCreated, "application/json", out.Body)
}

func paperOf(r *http.Request) (string, bool) {
	id := r.PathValue("id")
	return documents.Context.Stream(id), len(id) == 36 && strings.Trim(id, "0123456789abcdef-") == ""
}

// content gives the bytes of a viewing, each piece under guards that are held until it has left.
func (a *API) content(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	document, ok := paperOf(r)
	from, to, partial, okRange := byteRange(r.Header.Get("Range"))
	if !ok {
		a.fail(w, r, problemNotFound)
		return
	}
	if !okRange {
		a.fail(w, r, problemRange)
		return
	}
	req, err := a.ask(ctx, CommandHeaders{}, nil) // every request is one of its own: asked again, it is decided again
	if err != nil {
		a.fail(w, r, err)
		return
	}
	part, err := commands.ReadContent(ctx, a.cfg.Handler, document, r.PathValue("view"), from, to, req)
	if err != nil {
		a.fail(w, r, a.denied(ctx, req.Office, document, err))
		return
	}
	defer part.Close()
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", part.MediaType)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Disposition", mime.FormatMediaType(disposition(part.MediaType), map[string]string{"filename": "content"}))
	h.Set("Accept-Ranges", "bytes")
	h.Set("Content-Length", strconv.FormatInt(part.To-part.From, 10))
	status := http.StatusOK
	if partial {
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", part.From, part.To-1, part.Size))
		status = http.StatusPartialContent
	}
	w.WriteHeader(status)
	if _, err := part.WriteTo(leaving{w, http.NewResponseController(w)}); err != nil {
		a.cfg.Logger.WarnContext(ctx, "content was not given whole", "request", requestID(ctx), "error", err)
		panic(http.ErrAbortHandler) // a part that is cut short must not look whole
	}
}

// leaving is a response from which a piece has left when Write returns. What takes a right away waits for that, so a reader
// who does not take his piece in time is cut off.
type leaving struct {
	http.ResponseWriter
	connection *http.ResponseController
}

const pieceTime = 5 * time.Second

// Write sends a piece off at once.
func (l leaving) Write(piece []byte) (int, error) {
	// The kernel measures the deadline of a socket by its own clock, not by the office's.
	if err := l.connection.SetWriteDeadline(time.Now().Add(pieceTime)); err != nil {
		return 0, err
	}
	n, err := l.ResponseWriter.Write(piece)
	if err == nil {
		err = l.connection.Flush()
	}
	return n, errors.Join(err, l.connection.SetWriteDeadline(time.Time{}))
}

// disposition shows in the reader's window only what cannot act there.
func disposition(mediaType string) string {
	if mediaType == "application/pdf" || mediaType == "image/png" || mediaType == "image/jpeg" {
		return "inline"
	}
	return "attachment"
}

// byteRange reads a Range header of one range with a first byte; to is behind the last, 0: to the end.
func byteRange(header string) (from, to int64, partial, ok bool) {
	if header == "" {
		return 0, 0, false, true
	}
	spec, isBytes := strings.CutPrefix(header, "bytes=")
	first, last, isRange := strings.Cut(spec, "-")
	from, err := strconv.ParseInt(first, 10, 63)
	if !isBytes || !isRange || err != nil || from < 0 {
		return 0, 0, false, false
	}
	if last == "" {
		return from, 0, true, true
	}
	to, err = strconv.ParseInt(last, 10, 62)
	return from, to + 1, true, err == nil && from <= to
}

func (a *API) accessQueries() {
	type paperInput struct {
		ID     string `path:"id" maxLength:"36" pattern:"^[0-9a-f-]{36}$" doc:"id of the paper"`
		Reason string `query:"reason" required:"true" minLength:"1" maxLength:"1000" doc:"what the answer is needed for: it goes on record"`
	}
	type personInput struct {
		ID     string `path:"id" maxLength:"60" pattern:"^[0-9A-Za-z-]+$" doc:"id of the person"`
		Reason string `query:"reason" required:"true" minLength:"1" maxLength:"1000" doc:"what the answer is needed for: it goes on record"`
	}
	type output struct {
		Position string `header:"Andu-Position"`
		Body     trail.Trail
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/documents/{id}/trail", commands.Audit, access.Context.Name, "Who saw a paper, was denied it, could have seen it; to ask is on record", "access.QueryTrail"),
		func(ctx context.Context, in *paperInput) (*output, error) {
			w, _ := asker(ctx)
			document := documents.Context.Stream(in.ID)
			if err := commands.Protect(ctx, a.cfg.Handler, w.Office, document); err != nil {
				return nil, a.problem(ctx, err)
			}
			stream := access.Stream(document)
			at, err := a.asked(ctx, stream, access.QueryTrail{Question: "paper", Reason: in.Reason})
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			t, err := trail.OfPaper(ctx, a.cfg.Read.Pool, w.Office, stream, domain.At(w.received))
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			return &output{Position: at, Body: t}, nil
		})
	huma.Register(a.huma, a.operation(http.MethodGet, "/persons/{id}/trail", commands.Audit, access.Context.Name, "What a person saw and was denied; to ask is on record", "access.QueryTrail"),
		func(ctx context.Context, in *personInput) (*output, error) {
			w, _ := asker(ctx)
			if _, revision, err := commands.State(ctx, a.cfg.Handler, persons.Context, w.Office, persons.Stream(in.ID)); err != nil || revision < 0 {
				return nil, a.problem(ctx, errors.Join(err, domain.ErrNoStream))
			}
			at, err := a.asked(ctx, access.Context.Stream(in.ID), access.QueryTrail{Question: "person", Reason: in.Reason})
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			t, err := trail.OfPerson(ctx, a.cfg.Read.Pool, w.Office, in.ID)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			return &output{Position: at, Body: t}, nil
		})
	type one struct {
		ETag string `header:"ETag"`
		Body struct {
			Class    domain.Class              `json:"class"`
			Until    domain.Date               `json:"until" doc:"last day of the class"`
			Scoped   bool                      `json:"scoped"`
			Scope    []string                  `json:"scope" doc:"persons who may know"`
			Contents map[string]access.Content `json:"contents"`
		}
	}
	type oneInput struct {
		ID string `path:"id" maxLength:"36" pattern:"^[0-9a-f-]{36}$" doc:"id of the paper"`
	}
	huma.Register(a.huma, a.operation(http.MethodGet, "/documents/{id}/protection", commands.Work, access.Context.Name, "Class, scope and content of a paper, for those who handle or may know it", ""),
		func(ctx context.Context, in *oneInput) (*one, error) {
			w, _ := asker(ctx)
			document := documents.Context.Stream(in.ID)
			events, err := a.cfg.Handler.History(ctx, w.Office, document)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			s, revision, err := commands.State(ctx, a.cfg.Handler, access.Context, w.Office, access.Stream(document))
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			paper, _, err := commands.State(ctx, a.cfg.Handler, documents.Context, w.Office, document)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			if !a.sees(ctx, w, events) && !slices.Contains(s.Scope, w.Person) {
				return nil, a.problem(ctx, hide(events))
			}
			out := &one{ETag: etag(revision)}
			out.Body.Class, out.Body.Until, out.Body.Scoped = s.ClassOn(paper), s.Until, s.Scoped
			out.Body.Scope, out.Body.Contents = append([]string{}, s.Scope...), s.Contents
			return out, nil
		})
}

// asked records that the trail is read, and waits until the read model shows everything up to then.
func (a *API) asked(ctx context.Context, stream string, question access.QueryTrail) (string, error) {
	req, err := a.ask(ctx, CommandHeaders{}, question)
	if err != nil {
		return "", err
	}
	res, err := commands.Handle(ctx, a.cfg.Handler, access.Context, stream, access.Command(question), req)
	if err != nil {
		return "", err
	}
	at := a.answer(res, "").Position
	return at, a.wait(ctx, at)
}
