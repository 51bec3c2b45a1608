package commands

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"andu/domain"
	"andu/domain/access"
	"andu/domain/documents"
	"andu/domain/imports"
	"andu/domain/leave"
	"andu/domain/org"
	"andu/domain/persons"
	"andu/domain/registers"
)

// Stand is something that was built upon what an import wrote.
type Stand struct {
	Line   int    `json:"line,omitempty"`
	Stream string `json:"stream"`
	By     string `json:"by" doc:"what stands there: the type of an event, or the rule"`
}

// Withdrawal is how far the withdrawal of an import has come.
type Withdrawal struct {
	Stands []Stand        // what was built upon it: nothing was withdrawn because of it
	Undone int            // entries taken back now
	Left   map[string]int // entries that another officer takes back, by officer
	Done   bool           // nothing of the import stands any more
}

// undo takes back one entry of an import.
type undo struct {
	item imports.Item
	key  string
	does step
}

// WithdrawImport takes back everything that an import wrote, if nothing was built upon it: each entry by a correction in
// its own stream, numbers void with the reason. It goes on where it stopped; what another officer keeps is left for him.
func WithdrawImport(ctx context.Context, h *Handler, id, reason string, signedIn func(ctx context.Context, person string) (bool, error), disable func(ctx context.Context, person string) error, req Request) (w Withdrawal, err error) {
	w.Left = map[string]int{}
	if req.Received.IsZero() {
		req.Received = h.Now()
	}
	all, _, err := State(ctx, h, imports.Context, req.Office, imports.Stream(req.Office))
	if err != nil {
		return w, err
	}
	im, ok := all.Find(id)
	switch {
	case !ok:
		return w, imports.ErrNone
	case im.Withdrawn:
		w.Done = true
		return w, nil
	case !im.Withdraws && strings.TrimSpace(reason) == "":
		return w, imports.ErrReason
	case im.Withdraws:
		reason = im.Reason
	}
	r := &run{h: h, req: req, id: id}
	var undos []undo
	if im.Kind == imports.Org {
		undos, w.Stands, err = r.orgUndos(ctx, im, reason, signedIn, disable)
	} else {
		undos, w.Stands, err = r.paperUndos(ctx, im, reason)
	}
	if err != nil {
		return w, err
	}
	if len(w.Stands) > 0 {
		return w, imports.ErrStands.With("by", standsText(w.Stands))
	}
	if err := r.may(ctx, undos); err != nil {
		return w, err
	}
	stream := imports.Stream(req.Office)
	if _, err := Handle(ctx, h, imports.Context, stream, imports.BeginWithdrawal{Import: id, Reason: reason}, req.again("")); err != nil {
		return w, err
	}
	for _, u := range undos {
		wrote, err := u.does(ctx, r, false)
		refusal, refused := isRefusal(err)
		switch {
		case refused && refusal.Code == org.ErrOfficer.Code:
			w.Left[refusal.Params["officer"]]++
		case refused && len(w.Left) > 0 && (refusal.Code == org.ErrBuiltUpon.Code || refusal.Code == persons.ErrInUse.Code):
			w.Left[req.Actor.Post]++ // after the other officer has done his part
		case err != nil:
			return w, fmt.Errorf("withdraw %s: %w", u.key, err)
		case wrote:
			w.Undone++
		}
	}
	if len(w.Left) > 0 {
		return w, nil
	}
	if _, err := Handle(ctx, h, imports.Context, stream, imports.EndWithdrawal{Import: id}, req.again("")); err != nil {
		return w, err
	}
	w.Done = true
	return w, nil
}

// again is the same request for another command.
func (req Request) again(command string) Request {
	req.Command, req.IfMatch = command, nil
	return req
}

// may refuses whoever can take back none of the entries.
func (r *run) may(ctx context.Context, undos []undo) (err error) {
	for _, u := range undos {
		_, refused := u.does(ctx, r, true)
		if refused == nil {
			return nil
		}
		if _, ok := isRefusal(refused); !ok {
			return refused
		}
		if err == nil {
			err = refused
		}
	}
	return err
}

func standsText(stands []Stand) string {
	var words []string
	for _, s := range stands[:min(5, len(stands))] {
		words = append(words, strings.TrimPrefix(fmt.Sprintf("%d:%s", s.Line, s.By), "0:"))
	}
	if len(stands) > 5 {
		words = append(words, fmt.Sprintf("+%d", len(stands)-5))
	}
	return strings.Join(words, "、")
}

// fates are events that come over a paper by themselves: nobody has built upon it by them.
var fates = []string{"document.number-transcribed", "document.finding-raised", "document.transcript-withdrawn", "leave.balance-withdrawn", "person.registration-withdrawn"}

// upon lists what stands in a stream beside what the import wrote. No stream has nothing.
func (r *run) upon(ctx context.Context, item imports.Item, stream string) (stands []Stand, history []domain.Recorded, err error) {
	history, err = r.h.History(ctx, r.req.Office, stream)
	if _, refused := isRefusal(err); refused {
		return nil, nil, nil
	}
	begun := false
	for _, e := range history {
		begun = begun || e.Correlation == r.id
		if begun && e.Correlation != r.id && !slices.Contains(fates, e.Type) {
			stands = append(stands, Stand{item.Line, stream, e.Type})
		}
	}
	return stands, history, err
}

// paperUndos takes back the papers and numbers of an old register, and balances of leave.
func (r *run) paperUndos(ctx context.Context, im imports.Import, reason string) (undos []undo, stands []Stand, err error) {
	books := []string{}
	for _, item := range im.Items {
		upon, history, err := r.upon(ctx, item, item.Stream)
		if err != nil {
			return nil, nil, err
		}
		stands = append(stands, upon...)
		if im.Kind == imports.Leave {
			for _, e := range history {
				if opened, ok := e.Event.(leave.BalanceOpened); ok && e.Correlation == r.id {
					undos = append(undos, undo{item, e.ID, does(leave.Context, item.Stream, "withdraw/"+e.ID, leave.WithdrawBalance{Of: opened.Entry, Import: r.id, Reason: reason}, time.Time{})})
				}
			}
			continue
		}
		if !slices.Contains(books, item.Series) {
			books = append(books, item.Series)
		}
		if len(history) == 0 {
			continue // announced and never written
		}
		if viewed, err := r.h.History(ctx, r.req.Office, access.Stream(item.Stream)); err == nil && len(viewed) > 0 {
			stands = append(stands, Stand{item.Line, access.Stream(item.Stream), viewed[len(viewed)-1].Type})
		}
		undos = append(undos, undo{item, item.Stream, does(documents.Context, item.Stream, "withdraw/"+item.Stream, documents.WithdrawTranscript{Import: r.id, Reason: reason}, time.Time{})})
	}
	for _, series := range books {
		history, err := r.h.History(ctx, r.req.Office, series)
		if _, refused := isRefusal(err); refused {
			continue
		} else if err != nil {
			return nil, nil, err
		}
		given := map[int]string{} // by which import
		for _, e := range history {
			switch e := e.Event.(type) {
			case registers.NumberTranscribed:
				given[e.Number] = ""
			case registers.NumbersWithdrawn:
				for _, n := range e.Numbers {
					delete(given, n)
				}
			}
			if t, ok := e.Event.(registers.NumberTranscribed); ok && e.Correlation == r.id {
				given[t.Number] = r.id
			}
		}
		var numbers []int
		for n, by := range given {
			if by == r.id {
				numbers = append(numbers, n)
			}
		}
		slices.Sort(numbers)
		for part := range slices.Chunk(numbers, 500) {
			name := fmt.Sprintf("withdraw/%s/%d", series, part[0])
			undos = append(undos, undo{imports.Item{}, name, does(registers.Context, series, name, registers.WithdrawNumbers{Numbers: part, Reason: reason}, time.Time{})})
		}
	}
	return undos, stands, nil
}

// orgUndos takes back appointments, persons, posts, units and organs, in this order.
func (r *run) orgUndos(ctx context.Context, im imports.Import, reason string, signedIn func(context.Context, string) (bool, error), disable func(context.Context, string) error) (undos []undo, stands []Stand, err error) {
	stream := org.Stream(r.req.Office)
	history, err := r.h.History(ctx, r.req.Office, stream)
	if err != nil {
		return nil, nil, err
	}
	gone := map[string]bool{}
	for _, e := range history {
		if e.Corrects != "" {
			gone[e.Corrects] = true
		}
	}
	of := map[string][]undo{}
	lines := map[string]int{}
	for _, item := range im.Items {
		lines[item.Stream] = item.Line
	}
	var ids []string
	for _, e := range history {
		if e.Correlation != r.id || e.Corrects != "" {
			continue
		}
		c := org.WithdrawEntry{Of: e.ID, Import: r.id}
		switch e := e.Event.(type) {
		case org.OrganSetUp:
			c.Kind, c.ID = org.EntryOrgan, e.Organ
		case org.UnitSetUp:
			c.Kind, c.ID = org.EntryUnit, e.Unit
		case org.PostCreated:
			c.Kind, c.ID = org.EntryPost, e.Post
		case org.PersonJoined:
			c.Kind, c.ID = org.EntryMember, e.Person
		case org.PostFilled:
			c.Kind, c.ID, c.Person, c.From = org.EntryAppointment, e.Post, e.Person, e.From
		case org.ActingAppointed:
			c.Kind, c.ID, c.Person, c.From = org.EntryAppointment, e.Post, e.Person, e.From
		default:
			continue
		}
		if c.Kind != org.EntryAppointment {
			ids = append(ids, c.ID)
		}
		if gone[e.ID] {
			continue
		}
		of[c.Kind] = append(of[c.Kind], undo{imports.Item{Line: lines[persons.Stream(c.ID)], Stream: stream}, c.Kind + " " + c.ID,
			does(org.Context, stream, "withdraw/"+e.ID, c, time.Time{})})
	}
	begun := false
	for _, e := range history { // whatever else names what the import entered
		begun = begun || e.Correlation == r.id
		if !begun || e.Correlation == r.id {
			continue
		}
		if w, ok := e.Event.(org.EntryWithdrawn); ok && w.Import == r.id {
			continue
		}
		text, err := json.Marshal(e.Event)
		if err != nil {
			return nil, nil, err
		}
		for _, id := range ids {
			if strings.Contains(string(text), `"`+id+`"`) {
				stands = append(stands, Stand{lines[persons.Stream(id)], stream, e.Type + " " + id})
			}
		}
	}
	var people []undo
	for _, item := range im.Items {
		person, ok := strings.CutPrefix(item.Stream, persons.Stream(""))
		if !ok {
			continue
		}
		upon, entered, err := r.upon(ctx, item, item.Stream)
		if err != nil {
			return nil, nil, err
		}
		stands = append(stands, upon...)
		if absent, err := r.h.History(ctx, r.req.Office, leave.Stream(person)); err == nil && len(absent) > 0 {
			stands = append(stands, Stand{item.Line, leave.Stream(person), absent[len(absent)-1].Type})
		}
		ours := slices.ContainsFunc(entered, func(e domain.Recorded) bool { return e.Correlation == r.id })
		if !ours {
			continue // the person was there before
		}
		if used, err := signedIn(ctx, person); err != nil {
			return nil, nil, err
		} else if used {
			stands = append(stands, Stand{item.Line, item.Stream, imports.ErrSignedIn.Code})
		}
		withdraw := does(persons.Context, item.Stream, "withdraw/"+item.Stream, persons.WithdrawRegistration{Import: r.id, Reason: reason}, time.Time{})
		people = append(people, undo{item, item.Stream, func(ctx context.Context, r *run, try bool) (bool, error) {
			wrote, err := withdraw(ctx, r, try)
			if err == nil && wrote {
				err = disable(ctx, person)
			}
			return wrote, err
		}})
	}
	for _, kind := range []string{org.EntryPost, org.EntryUnit} {
		slices.Reverse(of[kind])
	}
	return slices.Concat(of[org.EntryAppointment], of[org.EntryMember], people, of[org.EntryPost], of[org.EntryUnit], of[org.EntryOrgan]), stands, nil
}
