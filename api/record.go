package api

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"andu/commands"
	"andu/domain"

	"github.com/go-chi/chi/v5"
)

// A record has one page: what it is, its history, and what can be done with it now. What can be done is asked of the
// rules themselves, so that a page offers what they allow and says why not where they do not. Each context lists its
// acts in one table; the routes, the forms and their way back are the same for all.

// record is one record before whoever looks at its page. The view of a context embeds it, and overrides choices, suit,
// next, leaves and href where it has more to say.
type record[S any] struct {
	*desk
	of     domain.Context[S]
	stream string
	events []domain.Recorded
	sees   bool // whether the content of its events may be shown
	state  S
}

// openRecord reads the record that the address names.
func openRecord[S any](a *API, r *http.Request, of domain.Context[S]) (*record[S], error) {
	d, err := a.desk(r)
	if err != nil {
		return nil, err
	}
	id := chi.URLParam(r, "id")
	if !uuidForm.MatchString(id) {
		return nil, problemNotFound
	}
	rec := &record[S]{desk: d, of: of, stream: of.Stream(id)}
	if rec.events, rec.sees, err = d.story(rec.stream); err != nil {
		return nil, err
	}
	d.caught(rec.events)
	var zero S
	rec.state, err = of.Fold(zero, rec.events)
	return rec, err
}

func (rec *record[S]) in() *record[S]  { return rec }
func (rec *record[S]) page() *desk     { return rec.desk }
func (rec *record[S]) revision() int64 { return int64(len(rec.events)) - 1 }

// href is where the page stands.
func (rec *record[S]) href() string { return rec.pageOf(rec.stream) }

// choices are what a field of an act chooses from; nil where it is typed.
func (rec *record[S]) choices(act, field string) []option { return nil }

// suit has the last word on a field of an act; false leaves it out.
func (rec *record[S]) suit(act string, f *field) bool { return true }

// next are the acts that the record has come to; whatever else is possible stands behind them.
func (rec *record[S]) next() []string { return nil }

// leaves tells whether an act that is refused now is left out altogether, because naming it would only confuse.
func (rec *record[S]) leaves(act string, why *domain.Refusal) bool { return false }

// history tells the record's events, and says on the frame what was just recorded.
func (rec *record[S]) history(f *frame) []line {
	done := rec.done(rec.stream)
	lines := rec.lines(rec.events, rec.sees, done)
	if done >= 0 && int(done) < len(lines) {
		f.Notice = lines[done].Text
	}
	return lines
}

// shown is the view of a record, whatever its context.
type shown interface {
	page() *desk
	revision() int64
	href() string
	choices(act, field string) []option
	suit(act string, f *field) bool
	next() []string
	leaves(act string, why *domain.Refusal) bool
	recorded() []domain.Recorded
}

func (rec *record[S]) recorded() []domain.Recorded { return rec.events }

// recordAct is one act upon a record: the path of its form below the record's page, its name, and its command.
type recordAct[V shown] struct {
	path, zh, en string
	given        func(V) any          // the command, filled in as far as the record itself fills it
	try          func(V) (int, error) // how many events it would bring about now
	carry        func(V) (*answered, error)
	edits        bool // the form is there although what is given changes nothing, or does not fit until the rest is typed
}

// upon makes an act of a command on the record itself. given fills the command in, so that the rules can be asked about
// it; its form begins with what was given.
func upon[S any, V interface {
	shown
	in() *record[S]
}](path, zh, en string, given func(V) domain.Command[S]) recordAct[V] {
	return uponOther(path, zh, en, func(v V) (domain.Context[S], string) { rec := v.in(); return rec.of, rec.stream }, given)
}

// uponOther is upon for a command on another record than that of the page.
func uponOther[S any, V shown](path, zh, en string, on func(V) (domain.Context[S], string), given func(V) domain.Command[S]) recordAct[V] {
	return recordAct[V]{path: path, zh: zh, en: en,
		given: func(v V) any { return given(v) },
		try: func(v V) (int, error) {
			of, stream := on(v)
			events, err := try(v.page(), of, stream, given(v))
			return len(events), err
		},
		carry: func(v V) (*answered, error) {
			d := v.page()
			of, stream := on(v)
			return carryOut(d.API, d.r, d.zone, of, given(v), func(commands.Request, domain.Command[S]) string { return stream })
		}}
}

// editing marks an act whose form is shown whatever the rules say of what is given: the rest is typed.
func (act recordAct[V]) editing() recordAct[V] {
	act.edits = true
	return act
}

// try asks the rules whether an act could be taken now; nothing is written. A record yet to begin has no stream.
func try[S any](d *desk, of domain.Context[S], stream string, cmd domain.Command[S]) ([]domain.Event[S], error) {
	return commands.Try(d.ctx, d.cfg.Handler, of, stream, cmd,
		commands.Request{Office: d.who.Office, Actor: d.who.actor(), Terminal: d.who.Terminal, Received: d.now, Command: commands.NewID(d.who.Session.ID, "try")})
}

// returned is a form that came back: of which act, and why.
type returned struct {
	act     string
	problem *Problem
}

// form makes the form of an act, with what was typed where it came back.
func (act recordAct[V]) form(v V) form {
	d := v.page()
	with := fill{options: func(field string) []option { return v.choices(act.path, field) }, change: func(f *field) bool { return v.suit(act.path, f) }}
	if d.returned.act == act.path && d.returned.problem != nil {
		with.values, with.problem = d.r.PostForm, d.returned.problem
	}
	f := formOf(d, act.given(v), strings.ReplaceAll(act.path, "/", "-"), v.href()+"/"+act.path, d.t(act.zh, act.en), with)
	if f.IfMatch == "" {
		f.IfMatch = strconv.FormatInt(v.revision(), 10)
	}
	return f
}

// possible asks the rules which of the acts are possible now. What is not comes with the rule that stands against it.
func possible[V shown](v V, acts []recordAct[V]) (list actList, err error) {
	d := v.page()
	failed := d.returned.act
	wanted := d.r.URL.Query().Get("act")
	if failed != "" {
		wanted = failed
	}
	var can []form
	for _, act := range acts {
		n, err := act.try(v)
		var refusal *domain.Refusal
		switch {
		case errors.As(err, &refusal) && act.path != failed && v.leaves(act.path, refusal):
			continue
		case errors.As(err, &refusal) && (refusal.Kind == domain.Invalid || act.path == failed || act.edits && refusal.Kind == domain.Conflict):
			// What is wrong is not typed yet; what was typed is not lost.
		case errors.As(err, &refusal):
			if refusal.Kind != domain.NotFound {
				list.Cannot = append(list.Cannot, cannot{d.t(act.zh, act.en), d.say(refusal.Code, refusal.Params, refusal.Text(d.lang))})
			}
			continue
		case err != nil:
			return list, err
		case n == 0 && !act.edits:
			continue // it is so already
		}
		f := act.form(v)
		f.Open = act.path == wanted
		can = append(can, f)
	}
	list.sort(can, v.next())
	return list, nil
}

// recordPages are the page of a record below path and the routes of its forms. open reads the record; build makes the
// page of it, which is shown by the template.
func recordPages[V shown](a *API, path, template string, may commands.Permission, what string, open func(*API, *http.Request) (V, error), build func(V) (*frame, error), acts []recordAct[V]) {
	show := func(w http.ResponseWriter, r *http.Request, back returned) {
		v, err := open(a, r)
		var f *frame
		if err == nil {
			v.page().returned = back
			f, err = build(v)
		}
		if err != nil {
			a.refusePage(w, r, err)
			return
		}
		status := http.StatusOK
		if back.problem != nil {
			f.Refusal = v.page().refusal(back.problem)
			f.Refusal.OnRecord = attempted(v.recorded(), v.page().who)
			status = f.Refusal.Status
			for k, values := range back.problem.headers {
				w.Header()[k] = values
			}
		}
		a.show(w, r, status, template, f)
	}
	a.page(http.MethodGet, path, may, what, func(w http.ResponseWriter, r *http.Request) { show(w, r, returned{}) })
	for _, act := range acts {
		a.page(http.MethodPost, path+"/"+act.path, may, act.en+", by the form", func(w http.ResponseWriter, r *http.Request) {
			if !readForm(w, r) {
				a.refusePage(w, r, problemMalformed)
				return
			}
			v, err := open(a, r)
			if err != nil {
				a.refusePage(w, r, err)
				return
			}
			out, err := act.carry(v)
			if err != nil {
				show(w, r, returned{act.path, a.asProblem(r.Context(), err)})
				return
			}
			a.recorded(w, r, out, v.href())
		})
	}
}
