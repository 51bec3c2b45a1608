package api

import (
	"context"
	"encoding"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"andu/api/web"
	"andu/commands"
	"andu/domain"
	"andu/eventstore"

	"github.com/danielgtaylor/huma/v2"
)

// A form of a page is a command of the office as a person fills it in: its fields are the fields of the command, and
// what is posted goes the same way as the JSON of the same command.

// form is a form as a page shows it.
type form struct {
	ID, Title, Note, Action, Button, After string
	Primary, Open                          bool
	Key, IfMatch, Receipt                  string
	Fields                                 []field
}

// field is one field of a form. Kind is the type of its input, or area, select, radios, checks, check.
type field struct {
	ID, Name, Label, Hint, Group, Width, Kind string
	Value, Min, Error                         string
	Max                                       int
	Required, Fixed, Short                    bool
	Options                                   []option
}

// actList are the acts that are possible on a record now: the next ones, and what else may be done. The others come with
// the rule that stands against them.
type actList struct {
	Can, More []form
	Cannot    []cannot
}

// cannot is an act that is not possible now.
type cannot struct{ Title, Why string }

func (l actList) Any() bool { return len(l.Can)+len(l.More)+len(l.Cannot) > 0 }

// MoreOpen tells whether what the asker wants is not among the next acts.
func (l actList) MoreOpen() bool {
	return slices.ContainsFunc(l.More, func(f form) bool { return f.Open })
}

// Primary is the act that the page puts before the asker.
func (l actList) Primary() string {
	for _, f := range slices.Concat(l.Can, l.More) {
		if f.Primary {
			return f.Title
		}
	}
	return ""
}

// sort puts the next acts first and opens the one that is wanted, or else the first of them.
func (l *actList) sort(all []form, next []string) {
	for _, f := range all {
		if slices.Contains(next, f.ID) {
			l.Can = append(l.Can, f)
		} else {
			l.More = append(l.More, f)
		}
	}
	for _, list := range [][]form{l.Can, l.More} {
		for i := range list {
			if list[i].Open {
				list[i].Primary = true
				return
			}
		}
	}
	if len(l.Can) > 0 {
		l.Can[0].Primary, l.Can[0].Open = true, true
	}
}

// option is one choice of a field.
type option struct {
	ID, Name string
	On       bool
}

// Names of what a form sends beside the fields of its command.
const (
	formKey      = "idempotency_key"
	formIfMatch  = "if_match"
	formReceipt  = "receipt"
	formOccurred = "occurred"
	formMatter   = "matter"
)

var (
	textType = reflect.TypeFor[encoding.TextUnmarshaler]()
	dateType = reflect.TypeFor[domain.Date]()
	timeType = reflect.TypeFor[domain.Instant]()
)

// jsonField is a field of a command as JSON names it. Embedded structs are walked through.
type jsonField struct {
	name  string
	group string // name of the embedded struct that it belongs to
	typ   reflect.Type
	tag   reflect.StructTag
	value reflect.Value
}

func jsonFields(v reflect.Value, group string) (list []jsonField) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct && !reflect.PointerTo(f.Type).Implements(textType):
			list = append(list, jsonFields(v.Field(i), f.Name)...)
		case f.IsExported() && name != "-" && name != "":
			list = append(list, jsonField{name, group, f.Type, f.Tag, v.Field(i)})
		}
	}
	return list
}

func (f jsonField) optional() bool { return f.tag.Get("required") == "false" }

// decodeForm reads the posted fields of a command as JSON would have them. A field that was left empty and need not be
// filled is left out; one that is no number, date or list is left as it was typed, for the validation to refuse.
func decodeForm(posted url.Values, t reflect.Type, prefix string, zone *time.Location) map[string]any {
	out := map[string]any{}
	for _, f := range jsonFields(reflect.New(t).Elem(), "") {
		name := f.name
		if prefix != "" {
			name = prefix + "[" + name + "]"
		}
		if v, ok := decodeField(posted, f, name, zone); ok {
			out[f.name] = v
		}
	}
	return out
}

func decodeField(posted url.Values, f jsonField, name string, zone *time.Location) (any, bool) {
	t := f.typ
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	values := posted[name]
	text := ""
	if len(values) > 0 {
		text = strings.TrimSpace(strings.ReplaceAll(values[0], "\r\n", "\n"))
	}
	switch {
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct && !reflect.PointerTo(t.Elem()).Implements(textType):
		rows := decodeRows(posted, t.Elem(), name, zone)
		return rows, len(rows) > 0 || !f.optional()
	case t.Kind() == reflect.Bool:
		return text != "" && text != "false", true
	case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
		items := []any{}
		for _, v := range values {
			for _, item := range strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune("、，,;；\n\r", r) }) {
				if item = strings.TrimSpace(item); item != "" {
					items = append(items, decodeText(item, t.Elem(), zone))
				}
			}
		}
		return items, len(items) > 0 || !f.optional()
	case t.Kind() == reflect.Struct && !reflect.PointerTo(t).Implements(textType):
		inner := decodeForm(posted, t, name, zone)
		return inner, len(inner) > 0 || !f.optional()
	case text == "" && (f.optional() || len(values) == 0 || t.Kind() != reflect.String):
		return nil, false
	}
	return decodeText(text, t, zone), true
}

// decodeRows reads rows of fields such as answers[0][item], in the order of their numbers. A row of which nothing was filled
// in is left out.
func decodeRows(posted url.Values, t reflect.Type, name string, zone *time.Location) []any {
	filled := map[int]bool{}
	for key, values := range posted {
		if number, _, ok := strings.Cut(strings.TrimPrefix(key, name+"["), "]["); ok && strings.HasPrefix(key, name+"[") {
			if n, err := strconv.Atoi(number); err == nil && slices.ContainsFunc(values, func(v string) bool { return strings.TrimSpace(v) != "" }) {
				filled[n] = true
			}
		}
	}
	rows := []any{}
	for _, n := range slices.Sorted(maps.Keys(filled)) {
		rows = append(rows, decodeForm(posted, t, name+"["+strconv.Itoa(n)+"]", zone))
	}
	return rows
}

func decodeText(text string, t reflect.Type, zone *time.Location) any {
	switch t.Kind() {
	case reflect.Int, reflect.Int64:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return float64(n)
		}
	case reflect.Struct:
		if at, ok := localTime(text, zone); t == timeType && ok {
			return at
		}
	}
	return text
}

// localTime reads what a field of date and time holds: a time of the office's clock, without a zone.
func localTime(text string, zone *time.Location) (string, bool) {
	for _, form := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if at, err := time.ParseInLocation(form, text, zone); err == nil {
			return at.Format(time.RFC3339), true
		}
	}
	return text, false
}

// posted reads a posted form as a command: by the rules of the same schema that the JSON of the command is held against.
func (a *API) posted(r *http.Request, zone *time.Location, t reflect.Type) (any, CommandHeaders, error) {
	into := reflect.New(t)
	cmd := func() any { return into.Elem().Interface() }
	h := CommandHeaders{Key: r.PostForm.Get(formKey), IfMatch: r.PostForm.Get(formIfMatch), Receipt: r.PostForm.Get(formReceipt), Matter: r.PostForm.Get(formMatter)}
	h.Occurred, _ = localTime(r.PostForm.Get(formOccurred), zone)
	if h.Key == "" || len(h.Key) > 200 {
		return cmd(), h, rule(http.StatusBadRequest, problemMalformed.Code, "表单缺少请求标识，请重新打开页面再试。", "the form has no idempotency key: open the page again")
	}
	for _, typed := range r.PostForm {
		if slices.ContainsFunc(typed, func(text string) bool { return !plain(text) }) {
			return cmd(), h, problemMalformed
		}
	}
	if t.NumField() == 0 {
		return cmd(), h, nil
	}
	body := decodeForm(r.PostForm, t, "", zone)
	registry := a.huma.OpenAPI().Components.Schemas
	found := huma.ValidateResult{}
	huma.Validate(registry, registry.Schema(t, true, ""), huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, body, &found)
	if len(found.Errors) > 0 {
		return cmd(), h, requestProblem(r.Context(), http.StatusUnprocessableEntity, found.Errors...)
	}
	text, err := json.Marshal(body)
	if err == nil {
		err = json.Unmarshal(text, into.Interface())
	}
	if err != nil {
		return cmd(), h, problemInvalid
	}
	return cmd(), h, nil
}

// carryOut reads a posted form as a command of the type of like, and carries it out on a stream, which may follow from the
// request.
func carryOut[S any](a *API, r *http.Request, zone *time.Location, c domain.Context[S], like domain.Command[S], stream func(commands.Request, domain.Command[S]) string) (*answered, error) {
	asked, h, err := a.posted(r, zone, reflect.TypeOf(like))
	if err != nil {
		return nil, err
	}
	cmd := asked.(domain.Command[S])
	req, err := a.ask(r.Context(), h, cmd)
	if err != nil {
		return nil, err
	}
	ctx := r.Context()
	res, err := commands.Handle(ctx, a.cfg.Handler, c, stream(req, cmd), cmd, req)
	if err != nil {
		return nil, a.refused(ctx, req, err)
	}
	out := a.answer(res, "")
	// What follows from it is done at once, so that the page which is shown next is the one that stays; what fails is left
	// to the follower, who does it anyway.
	if err := a.cfg.Handler.FollowNow(ctx, req.Office, res); err != nil {
		a.cfg.Logger.WarnContext(ctx, "what follows is left to the follower", "request", requestID(ctx), "error", err)
	} else if head, err := a.cfg.Handler.Store.Head(ctx); err == nil {
		out.Position = eventstore.Token(a.cfg.Handler.Store.LogID(), head)
	}
	return out, nil
}

// recorded waits until the read models show what was just recorded, then sends the browser to where it stands. When that
// takes too long the page says itself how far it goes.
func (a *API) recorded(w http.ResponseWriter, r *http.Request, out *answered, to string) {
	if err := a.wait(r.Context(), out.Position); err != nil {
		a.cfg.Logger.WarnContext(r.Context(), "a page is shown before its read models", "request", requestID(r.Context()), "error", err)
	}
	if n := len(out.Body.Events); n > 0 {
		mark := "?"
		if strings.Contains(to, "?") {
			mark = "&"
		}
		to += mark + "done=" + url.QueryEscape(out.Body.Stream+"@"+strconv.FormatInt(out.Body.Events[0].Revision, 10))
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// fill says what the fields of a form are filled with, and what there is to choose from.
type fill struct {
	options func(field string) []option // nil: none
	change  func(f *field) (shown bool) // last word on a field; false leaves it out
	values  url.Values                  // what was typed before, when the form comes back
	problem *Problem                    // why it came back
}

// formOf makes the form of a command from its fields, filled in as the command is.
func formOf(d *desk, cmd any, id, action, title string, with fill) form {
	given := reflect.ValueOf(cmd)
	f := form{ID: id, Title: title, Action: action, Button: title, Key: commands.NewID(requestID(d.ctx), id)}
	if p := with.problem; p != nil && p.Status == http.StatusServiceUnavailable {
		// Not known, or not taken now: the same key asks again, and its receipt keeps the time of the first attempt.
		f.Key, f.Receipt = with.values.Get(formKey), p.headers.Get("Andu-Receipt")
		f.IfMatch = with.values.Get(formIfMatch)
	}
	command := given.Type().String()
	group := ""
	for _, j := range jsonFields(given, "") {
		for _, one := range d.fields(j, j.name, id, command, with) {
			if one.Group = ""; j.group != group && j.group != "" && one.Kind != "hidden" {
				one.Group = web.Label(d.lang, "group", j.group)
			}
			if one.Kind != "hidden" {
				group = j.group
			}
			f.Fields = append(f.Fields, one)
		}
	}
	return f
}

// dotted is the place of a nested field as the schema names it.
var dotted = strings.NewReplacer("[", ".", "]", "")

// fields are the fields of a form for one field of a command: one, or those of a struct within it.
func (d *desk) fields(j jsonField, name, id, command string, with fill) (list []field) {
	t := j.typ
	if t.Kind() == reflect.Struct && !reflect.PointerTo(t).Implements(textType) {
		for _, inner := range jsonFields(j.value, "") {
			for _, one := range d.fields(inner, name+"["+inner.name+"]", id, command, with) {
				if j.tag.Get("form") != "typed" {
					one.Kind = "hidden" // what is nested says what was shown, which nobody types
				} else {
					one.Label = web.Label(d.lang, command, j.name+"."+inner.name)
					one.Required = one.Required && !j.optional()
				}
				list = append(list, one)
			}
		}
		return list
	}
	max, _ := strconv.Atoi(j.tag.Get("maxLength"))
	f := field{ID: id + "-" + strings.NewReplacer("[", "-", "]", "").Replace(name), Name: name, Label: web.Label(d.lang, command, j.name), Kind: "text", Width: "half",
		Max: max, Min: j.tag.Get("minimum"), Required: !j.optional()}
	var chosen []string
	switch v := j.value; {
	case t == dateType:
		f.Kind, f.Width = "date", "third"
	case t == timeType:
		f.Kind, f.Width = "datetime-local", "third"
	case t.Kind() == reflect.Bool:
		f.Kind, f.Required = "check", false
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
		f.Kind, f.Width, f.Max = "number", "third", 0
	case t.Kind() == reflect.Slice:
		f.Max = 0
		for i := range v.Len() {
			chosen = append(chosen, textOf(v.Index(i)))
		}
	case max >= 300:
		f.Kind, f.Width = "area", ""
	}
	if t.Kind() != reflect.Slice && !j.value.IsZero() {
		chosen = []string{textOf(j.value)}
	}
	if enum := j.tag.Get("enum"); enum != "" {
		f.Kind = "radios"
		for word := range strings.SplitSeq(enum, ",") {
			if word != "" {
				f.Options = append(f.Options, option{ID: word, Name: web.Word(d.lang, word)})
			}
		}
	}
	if with.options != nil {
		if list := with.options(name); list != nil {
			f.Options = list
			switch {
			case t.Kind() == reflect.Slice:
				f.Kind, f.Width = "checks", ""
			default:
				f.Kind = "select"
			}
		}
	}
	if with.values != nil {
		chosen = with.values[name]
	}
	f.Value = strings.Join(chosen, "、")
	if at, err := time.Parse(time.RFC3339, f.Value); err == nil && f.Kind == "datetime-local" {
		f.Value = at.In(d.zone).Format("2006-01-02T15:04:05")
	}
	for i := range f.Options {
		f.Options[i].On = slices.Contains(chosen, f.Options[i].ID)
	}
	if with.problem != nil {
		for _, e := range with.problem.Errors {
			if e.Location == name || e.Location == dotted.Replace(name) || strings.HasPrefix(e.Location, name+"[") || e.Location == "" && strings.Contains(e.Message, " "+j.name+" ") {
				f.Error = oneLanguage(d.lang, e.Message)
			}
		}
		if slices.Contains(strings.Split(with.problem.Params["fields"], "、"), j.name) {
			f.Error = d.t("须填写", "to be filled in")
		}
	}
	if with.change != nil && !with.change(&f) {
		return nil
	}
	return []field{f}
}

func textOf(v reflect.Value) string {
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		text, _ := m.MarshalText()
		return string(text)
	}
	switch v.Kind() {
	case reflect.Int, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	}
	return v.String()
}

// oneLanguage takes the half of a message that says the same in Chinese and English.
func oneLanguage(lang, message string) string {
	zh, en, ok := strings.Cut(message, " / ")
	if ok && lang == "en" {
		return en
	}
	return zh
}

// asProblem is why a form came back.
func (a *API) asProblem(ctx context.Context, err error) *Problem {
	var p *Problem
	if errors.As(err, &p) && p.Type != "" {
		return p
	}
	return a.problem(ctx, err)
}
