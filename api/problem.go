package api

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"

	"andu/api/accounts"
	"andu/commands"
	"andu/domain"
	"andu/domain/catalog"
	"andu/eventstore"
	"andu/projections"

	"github.com/danielgtaylor/huma/v2"
)

// Problem is an error as others see it (RFC 9457). Code is stable for ever; Detail is in the language that was asked
// for and Texts in both. Nothing from inside and nothing of a paper's content is ever in it.
type Problem struct {
	Type     string            `json:"type" doc:"the page of the rule" example:"/problems/document.not-received"`
	Title    string            `json:"title"`
	Status   int               `json:"status"`
	Detail   string            `json:"detail"`
	Instance string            `json:"instance,omitempty" doc:"id of the request, for the operator"`
	Code     string            `json:"code" doc:"stable code of the rule"`
	Rule     string            `json:"rule,omitempty" doc:"where the rule comes from"`
	Texts    map[string]string `json:"texts,omitempty" doc:"the detail in zh and en"`
	Params   map[string]string `json:"params,omitempty" doc:"particulars of the rule"`
	Errors   []FieldProblem    `json:"errors,omitempty" doc:"what is wrong with which field"`
	Actual   *int64            `json:"actual_revision,omitempty" doc:"the revision the record is at now"`
	Seen     *int64            `json:"seen_revision,omitempty" doc:"the revision the form was shown at"`
	Wanted   string            `json:"wanted_position,omitempty"`
	Reached  string            `json:"reached_position,omitempty"`

	headers http.Header
}

// FieldProblem says what is wrong with one field. The value that was sent is never repeated.
type FieldProblem struct {
	Location string `json:"location,omitempty" example:"body.title"`
	Message  string `json:"message"`
}

func (p *Problem) Error() string             { return p.Code + ": " + p.Detail }
func (p *Problem) GetStatus() int            { return p.Status }
func (p *Problem) GetHeaders() http.Header   { return p.headers }
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// rule makes a problem that no context gives: of the request itself.
func rule(status int, code, zh, en string) *Problem {
	return &Problem{Status: status, Code: code, Texts: map[string]string{"zh": zh, "en": en}}
}

// Problems of the request itself.
var (
	problemSession   = rule(http.StatusUnauthorized, "session-required", "请先登录，或登录已失效。", "sign in first; the session is over or was never begun")
	problemForbidden = rule(http.StatusForbidden, "not-permitted", "您的岗位或角色不能办理此事。", "your post or role may not do this")
	problemNotFound  = rule(http.StatusNotFound, "not-found", "没有这项记录。", "there is no such record")
	problemMethod    = rule(http.StatusMethodNotAllowed, "method-not-allowed", "此处不支持该操作：已记录的事实不能修改或删除。", "this cannot be done here: what is recorded is never changed or deleted")
	problemInvalid   = rule(http.StatusUnprocessableEntity, "request-invalid", "请求内容不符合要求，见各字段说明。", "the request is not well-formed; see the fields")
	problemMalformed = rule(http.StatusBadRequest, "request-malformed", "请求无法解析。", "the request cannot be read")
	problemTooLarge  = rule(http.StatusRequestEntityTooLarge, "request-too-large", "请求内容过大。", "the request is too large")
	problemMedia     = rule(http.StatusUnsupportedMediaType, "media-type-unsupported", "不支持的内容类型，请使用 application/json。", "the content type is not supported; use application/json")
	problemConflict  = rule(http.StatusConflict, "record-changed", "您看到的内容已有变化，请查看最新内容后再办理。", "the record has changed since you saw it; look at what changed and decide again")
	problemBusy      = rule(http.StatusServiceUnavailable, "log-busy", "日志暂时不能受理，请稍后以同一请求标识重试。", "the log takes no more now; ask again with the same idempotency key")
	problemUnknown   = rule(http.StatusServiceUnavailable, "outcome-unknown", "尚不知是否已记录，请以同一请求标识重试，不会重复。", "it is not known whether it was recorded; ask again with the same idempotency key, nothing is done twice")
	problemStale     = rule(http.StatusServiceUnavailable, "stale", "数据尚未更新到所要求的位置，请稍后重试。", "the data has not reached the position you asked for; try again")
	problemRecord    = rule(http.StatusRequestEntityTooLarge, "record-too-large", "一条记录不得超过60KiB，较大的内容请作为附件。", "one record holds at most 60 KiB; attach larger content")
	problemFlood     = rule(http.StatusTooManyRequests, "too-many-sign-ins", "登录尝试过于频繁，请稍后再试。", "too many attempts to sign in from this address; wait a minute")
	problemCross     = rule(http.StatusForbidden, "cross-origin", "拒绝来自其他网站的请求。", "a request from another site is refused")
	problemInternal  = rule(http.StatusInternalServerError, "internal", "系统内部错误，请将请求编号告知运维人员。", "an internal error; tell the operator the request id")

	problemMustChange = rule(http.StatusForbidden, "password-must-change", "首次登录须先修改密码。", "change the first password before anything else")
	problemIfMatch    = rule(http.StatusUnprocessableEntity, "if-match-invalid", "If-Match 须为页面给出的版本号。", "If-Match has to be the ETag that was given")
	problemOccurred   = rule(http.StatusUnprocessableEntity, "occurred-at-invalid", "Andu-Occurred-At 须为 RFC 3339 时间。", "Andu-Occurred-At has to be RFC 3339")
	problemReceipt    = rule(http.StatusUnprocessableEntity, "receipt-invalid", "回执无效：不是本系统为此请求签发的。", "the receipt was not given for this request")
	problemPosition   = rule(http.StatusUnprocessableEntity, "position-invalid", "位置标记无效或属于另一日志。", "the position is not one of this log")
	problemCursor     = rule(http.StatusUnprocessableEntity, "cursor-invalid", "翻页标记无效，请从第一页开始。", "the cursor is not of this list; begin with the first page")
	problemAt         = rule(http.StatusUnprocessableEntity, "at-invalid", "at 须为 RFC 3339 时间。", "at has to be RFC 3339")
	problemKnown      = rule(http.StatusUnprocessableEntity, "known-invalid", "known 须为 RFC 3339 时间或位置标记。", "known has to be RFC 3339 or a position")
	problemRange      = rule(http.StatusRequestedRangeNotSatisfiable, "range-invalid", "Range 只支持一段，写明起始字节。", "Range has to be one range with its first byte")
	problemSpan       = rule(http.StatusUnprocessableEntity, "span-invalid", "起止日期须先后有序，且不超过两年。", "the span has to be in order and of two years at most")
	problemValue      = rule(http.StatusUnprocessableEntity, "policy-value-misformed", "制度条目的取值形式不符合该键的要求。", "a value is not of the form that its key has")
	problemUnread     = rule(http.StatusUnprocessableEntity, "import.table", "表格无法读取，见说明。", "the table cannot be read; see the text")
	problemPerson     = rule(http.StatusUnprocessableEntity, "person-mismatch", "路径与内容中的人员标识不一致。", "path and body name different persons")
)

// requestProblems lists them: what is not here has no page of its own.
var requestProblems = []*Problem{problemSession, problemForbidden, problemNotFound, problemMethod, problemInvalid, problemMalformed, problemTooLarge,
	problemMedia, problemConflict, problemBusy, problemUnknown, problemStale, problemRecord, problemFlood, problemCross, problemInternal, problemMustChange, problemIfMatch,
	problemOccurred, problemReceipt, problemPosition, problemCursor, problemAt, problemKnown, problemRange, problemSpan, problemValue, problemPerson, problemUnread, problemTwice}

// Rules lists every refusal that an answer may carry: of the door, of the accounts, of any command, and of each context.
func Rules() []*domain.Refusal {
	return slices.Concat([]*domain.Refusal{errNotHandler}, accounts.Rules, commands.Rules, catalog.Rules())
}

// RequestProblems gives code, status and texts of the problems of a request itself, for the generated list of errors.
func RequestProblems() []Problem {
	list := make([]Problem, len(requestProblems))
	for i, p := range requestProblems {
		list[i] = *p
	}
	return list
}

// Status is the status of a kind of refusal.
func Status(k domain.Kind) int {
	switch k {
	case domain.Conflict:
		return http.StatusConflict
	case domain.Forbidden:
		return http.StatusForbidden
	case domain.NotFound:
		return http.StatusNotFound
	}
	return http.StatusUnprocessableEntity
}

// RefusalStatus is the status of a refusal: of its kind, unless a sign-in gives it.
func RefusalStatus(r *domain.Refusal) int {
	if s, ok := signInStatus[r.Code]; ok {
		return s
	}
	return Status(r.Kind)
}

// problem is the only place that knows which error is which status. An error it does not know is told to the operator
// and to nobody else.
func (a *API) problem(ctx context.Context, err error) *Problem {
	var (
		p        *Problem
		refusal  *domain.Refusal
		changed  *commands.ErrChanged
		conflict *eventstore.ErrConflict
		stale    *projections.StaleError
	)
	switch {
	case errors.As(err, &p):
		c := *p
		p = &c
	case errors.As(err, &refusal):
		said := a.named(ctx, refusal)
		p = rule(Status(refusal.Kind), refusal.Code, said.Text("zh"), said.Text("en"))
		p.Rule, p.Params = refusal.Source, refusal.Params
	case errors.As(err, &changed):
		p = with(problemConflict)
		p.Seen, p.Actual = &changed.Seen, &changed.Actual
	case errors.As(err, &conflict):
		p = with(problemConflict)
		p.Seen, p.Actual = &conflict.Expected, &conflict.Actual
	case errors.As(err, &stale):
		p = with(problemStale)
		p.Wanted = eventstore.Token(a.cfg.Handler.Store.LogID(), stale.Wanted)
		p.Reached = eventstore.Token(a.cfg.Handler.Store.LogID(), stale.Position)
		p.headers = http.Header{"Retry-After": {"1"}}
	case errors.Is(err, projections.ErrCursor):
		p = with(problemCursor)
	case errors.Is(err, eventstore.ErrTooLarge):
		p = with(problemRecord)
	case errors.Is(err, commands.ErrUnknown):
		p = with(problemUnknown)
		p.headers = http.Header{"Retry-After": {"1"}}
	case errors.Is(err, eventstore.ErrUnavailable), errors.Is(err, context.DeadlineExceeded), unreachable(err):
		p = with(problemBusy)
		p.headers = http.Header{"Retry-After": {"2"}}
	default:
		p = with(problemInternal)
	}
	p.describe(ctx)
	if p.Status >= 500 {
		a.cfg.Logger.ErrorContext(ctx, "request failed", "request", p.Instance, "code", p.Code, "error", err)
	}
	return p
}

// namesPosts tells which parameters of a rule stand for posts and units by their ids.
func namesPosts(param string) bool {
	return slices.Contains([]string{"post", "posts", "lead", "to", "body"}, param)
}

// named is a refusal as it is read: posts and units by their names, not by their ids.
func (a *API) named(ctx context.Context, r *domain.Refusal) *domain.Refusal {
	w, known := asker(ctx)
	if !known || !slices.ContainsFunc(slices.Collect(maps.Keys(r.Params)), namesPosts) {
		return r
	}
	d, err := a.names.Names(ctx, a.cfg.Read.Pool, w.Office)
	if err != nil { // the ids say it too
		a.cfg.Logger.WarnContext(ctx, "a refusal is told without names", "request", requestID(ctx), "error", err)
		return r
	}
	said := *r
	said.Params = maps.Clone(r.Params)
	for k, v := range said.Params {
		if !namesPosts(k) {
			continue
		}
		ids := strings.Split(v, "、")
		for i := range ids {
			ids[i] = d.Name(ids[i])
		}
		said.Params[k] = strings.Join(ids, "、")
	}
	return &said
}

// unreachable tells a database that cannot be reached from a fault of ours: the connection was refused or broke.
func unreachable(err error) bool {
	var broken net.Error
	return errors.As(err, &broken) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// describe fills in what follows from the code and from who asks.
func (p *Problem) describe(ctx context.Context) *Problem {
	p.Type = "/problems/" + p.Code
	p.Title = http.StatusText(p.Status)
	p.Instance = requestID(ctx)
	if p.Detail == "" {
		p.Detail = p.Texts[language(ctx)]
	}
	return p
}

// with copies a problem to be filled in.
func with(p *Problem) *Problem { c := *p; return &c }

// requestProblem turns what the router's library and its validation say into a Problem.
func requestProblem(ctx context.Context, status int, errs ...error) *Problem {
	var base *Problem
	switch status {
	case http.StatusUnauthorized:
		base = problemSession
	case http.StatusForbidden:
		base = problemForbidden
	case http.StatusNotFound:
		base = problemNotFound
	case http.StatusMethodNotAllowed:
		base = problemMethod
	case http.StatusRequestEntityTooLarge:
		base = problemTooLarge
	case http.StatusUnsupportedMediaType, http.StatusNotAcceptable:
		base = problemMedia
	case http.StatusUnprocessableEntity:
		base = problemInvalid
	case http.StatusBadRequest, http.StatusRequestTimeout:
		base = problemMalformed
	default:
		base = problemInternal
	}
	p := with(base)
	for _, err := range errs {
		var d huma.ErrorDetailer
		if errors.As(err, &d) {
			p.Errors = append(p.Errors, FieldProblem{Location: d.ErrorDetail().Location, Message: d.ErrorDetail().Message})
		}
	}
	return p.describe(ctx)
}

// explainCode finds what a code means, whether of the request or of a rule.
func explainCode(code string) (Problem, bool) {
	for _, p := range requestProblems {
		if p.Code == code {
			c := *p
			c.Type, c.Title = "/problems/"+code, http.StatusText(p.Status)
			return c, true
		}
	}
	rules := Rules()
	if i := slices.IndexFunc(rules, func(r *domain.Refusal) bool { return r.Code == code }); i >= 0 {
		r := rules[i]
		return Problem{Type: "/problems/" + code, Title: http.StatusText(RefusalStatus(r)), Status: RefusalStatus(r), Code: code, Rule: r.Source,
			Texts: map[string]string{"zh": r.ZH, "en": r.EN}}, true
	}
	return Problem{}, false
}
