package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"andu/cmd/andu/demo"
	"andu/commands"
	"andu/domain"
	"andu/domain/duty"
	"andu/domain/org"
	"andu/projections/dutyboard"
)

// keeper says who keeps the watch of an office, by login.
type keeper struct {
	office, publisher, second, approver string // second: another holder of the publisher's post
	x, y, z                             string // of the duty list
	evening                             string // when the rota takes over on a working day
	closed                              string // who is on no duty list
}

var keepers = map[string]keeper{
	"county": {office: "county", publisher: "admin", second: "admin2", approver: "deputy-admin", x: "duty", y: "duty2", z: "duty3", evening: "18:30", closed: "secretary"},
	"bureau": {office: "bureau", publisher: "bureau-office-clerk", second: "bureau-office-clerk2", approver: "bureau-office-leader",
		x: "bureau-staff", y: "bureau-staff2", z: "bureau-staff3", evening: "17:00", closed: "bureau-driver"},
}

// withDutyList is the county office with a duty list of three, a driver and so many messengers.
func withDutyList(messengers int) demo.Office {
	o := demo.County()
	have := func(post string, holders int) {
		i := slices.IndexFunc(o.Posts, func(p demo.Post) bool { return p.Post == post })
		if i < 0 {
			i = len(o.Posts)
			o.Posts = append(o.Posts, demo.Post{CreatePost: org.CreatePost{Post: post, Title: post, Unit: "admin-section", Rank: 60, Superiors: []string{"deputy-admin"}}, By: "县政府办公室"})
		}
		o.Posts[i].Holders, o.Posts[i].Of = holders, nil
	}
	have("duty", 3)
	have("driver", 1)
	have("messenger", messengers)
	return o
}

// watch is a town with one duty post.
type watch struct {
	*town
	keeper
	post string // stream
}

func keepsWatch(t *testing.T, office string, s setting) watch {
	t.Helper()
	if s.offices == nil {
		s.offices = []demo.Office{withDutyList(2), demo.Bureau()}
	}
	w := watch{town: newTown(t, s), keeper: keepers[office]}
	w.post = w.open(duty.DutyRoom, w.y)
	return w
}

// open keeps a line from now on.
func (w watch) open(line, login string) string {
	w.t.Helper()
	return w.as(w.publisher).post("/duty", map[string]any{"line": line, "person": w.as(login).id}).result().Stream
}

// path is that of the duty post.
func (w watch) path(rest string) string { return "/duty/" + strings.TrimPrefix(w.post, "duty-") + rest }

func instant(s string) domain.Instant { return domain.At(at(s)) }

// assignments put the persons on the shifts of the rota in turn, by the calendar as it is now; by names who is on from the
// morning or evening of a day.
func (w watch) assignments(line, first, last string, by map[string]string, logins ...string) (list []duty.Assignment) {
	w.t.Helper()
	days := w.as(w.publisher).days(first, last)
	for day := date(first); !date(last).Before(day); day = day.Add(1) {
		on := day.String()
		works := days[on].Kind == "ordinary" || days[on].Kind == "makeup"
		var starts []string
		if !works || line == duty.MessengerRoom {
			starts = append(starts, "08:30")
		}
		if works {
			starts = append(starts, w.evening)
		}
		for _, start := range starts {
			login := logins[len(list)%len(logins)]
			if by[on] != "" {
				login = by[on]
			}
			list = append(list, duty.Assignment{Start: instant(on + " " + start), Person: w.as(login).id})
		}
	}
	return list
}

// draft drafts a roster and gives the path of it.
func (w watch) draft(post, line, first, last string, by map[string]string, logins ...string) string {
	w.t.Helper()
	return "/rosters/" + w.as(w.publisher).post("/rosters", duty.Draft{Post: post, First: date(first), Assignments: w.assignments(line, first, last, by, logins...)}).result().ID
}

// publish approves a drafted roster, publishes it and lets the shifts be planned.
func (w watch) publish(roster string) result {
	w.t.Helper()
	w.as(w.approver).post(roster+"/approval", duty.Approve{}).ok()
	r := w.as(w.publisher).post(roster+"/publication", duty.Publish{}).result()
	w.settle()
	return r
}

// april plans the duty room around Saturday 18 April 2026: X is on that day, Z on Sunday, both 08:30 to 08:30.
func (w watch) april() {
	w.t.Helper()
	span := map[string][2]string{"county": {"2026-04-01", "2026-04-30"}, "bureau": {"2026-04-13", "2026-04-19"}}[w.office]
	w.publish(w.draft(w.post, duty.DutyRoom, span[0], span[1], map[string]string{"2026-04-18": w.x, "2026-04-19": w.z}, w.x, w.y, w.z))
}

var checked = []string{"room-clean", "things-in-order", "no-secret-papers-out", "open-items", "keys", "seals", "carriers", "equipment"}

// offer offers the watch and gives the offer's id.
func (w watch) offer(login string) string {
	w.t.Helper()
	var e duty.HandoverOffered
	r := w.as(login).post(w.path("/handovers"), map[string]any{"checklist": checked}).result()
	r.Events[0].into(w.t, &e)
	return e.Handover
}

func (w watch) accept(login, handover string) answer {
	w.t.Helper()
	return w.as(login).post(w.path("/handovers/acceptances"), map[string]any{"handover": handover})
}

func (w watch) handOver(from, to string) { w.t.Helper(); w.accept(to, w.offer(from)).ok() }

// onDuty has X responsible from Saturday 18 April 2026 08:30 on.
func onDuty(t *testing.T, office string, s setting) watch {
	t.Helper()
	s.at = "2026-04-16 09:00"
	w := keepsWatch(t, office, s)
	w.april()
	w.clock.set("2026-04-18 08:30")
	w.handOver(w.y, w.x)
	return w
}

// board is the duty post as the board shows it now.
func (w watch) board() dutyboard.Post {
	w.t.Helper()
	w.must(w.read.Wait(w.t.Context(), w.head()))
	var b struct{ List []dutyboard.Post }
	w.as(w.closed).get("/duty").ok().into(&b)
	for _, p := range b.List {
		if p.Stream == w.post {
			return p
		}
	}
	w.t.Fatalf("the post is not on the board: %+v", b.List)
	return dutyboard.Post{}
}

// responsible asks who is answerable now, and since when and until when somebody was.
func (w watch) responsible(login string) {
	w.t.Helper()
	var t dutyboard.Tenure
	w.must(w.read.Wait(w.t.Context(), w.head()))
	w.as(w.closed).get(w.path("/responsible?at=" + w.Now().UTC().Format(time.RFC3339Nano))).ok().into(&t)
	if want := w.as(login).id; t.Person != want || w.board().Responsible != want {
		w.t.Errorf("at %s the board says %s, want %s (%s)", w.Now(), t.Person, login, want)
	}
}

// coverage is the time line of April 2026, in which there is never a gap and never two.
func (w watch) coverage() dutyboard.Timeline {
	w.t.Helper()
	w.must(w.read.Wait(w.t.Context(), w.head()))
	var t dutyboard.Timeline
	w.as(w.closed).get(w.path("/timeline?from=2026-04-16&to=2026-04-30")).ok().into(&t)
	if t.Gaps != 0 || t.Double != 0 {
		w.t.Errorf("%d gaps, %d doubles", t.Gaps, t.Double)
	}
	return t
}

// kinds are the events of a result, findings and alerts with what they are about.
func (r result) kinds(t testing.TB) (list []string) {
	t.Helper()
	for _, f := range r.Events {
		var e struct{ Kind, Cause, To string }
		f.into(t, &e)
		name := f.Type
		switch {
		case strings.HasSuffix(name, ".finding-raised"):
			name = e.Kind
		case strings.HasSuffix(name, ".alert-raised"):
			name = "alert " + e.To
		}
		list = append(list, name)
	}
	return list
}

// findings of a kind that are on record of a stream, by when they were found.
func (w watch) findings(stream, kind string) (found []duty.FindingRaised) {
	w.t.Helper()
	for _, r := range w.history(stream) {
		if e, ok := r.Event.(duty.FindingRaised); ok && e.Kind == kind {
			found = append(found, e)
		}
	}
	return found
}

// The roster is out by the end of the period before, to the microsecond, by the calendar or by the last working day; a
// late one is taken with a finding.
func TestG9(t *testing.T) {
	june := func(w watch, line, post string) string {
		logins := []string{w.x, w.y, w.z}
		if line == duty.MessengerRoom {
			logins = []string{"messenger", "messenger2"}
		}
		return w.draft(post, line, "2026-06-01", "2026-06-30", nil, logins...)
	}
	for _, c := range []struct {
		name, inTime, late string
		variants           []string
	}{
		{"A", "2026-05-31 23:59:59.999999", "2026-06-01 00:00:00.000000", nil},
		{"A-working", "2026-05-29 23:59:59.999999", "2026-05-30 00:00:00.000000", []string{"county/A-working.json"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := keepsWatch(t, "county", setting{at: "2026-05-20 09:00"})
			if c.variants != nil {
				w.must(demo.Publish(t.Context(), w.handler, w.staff["county"], "variant", c.variants...))
			}
			first := june(w, duty.DutyRoom, w.post)
			second := june(w, duty.MessengerRoom, w.open(duty.MessengerRoom, "messenger"))
			w.as(w.publisher).post(first+"/publication", duty.Publish{}).refused(http.StatusConflict, duty.ErrNotApproved.Code, "deputy-admin")
			w.as(w.publisher).post(first+"/approval", duty.Approve{}).refused(http.StatusForbidden, duty.ErrNotApprover.Code)
			w.clock.set(c.inTime)
			if got := w.publish(first).kinds(t); !slices.Equal(got, []string{"roster.published"}) {
				t.Errorf("at %s: %v", c.inTime, got)
			}
			w.as(w.approver).post(second+"/approval", duty.Approve{}).ok()
			w.clock.set(c.late)
			if got := w.as(w.publisher).post(second+"/publication", duty.Publish{}).result().kinds(t); len(got) < 2 || got[0] != "roster.published" || got[1] != "rosterLate" {
				t.Errorf("at %s: %v", c.late, got)
			}
			w.settle()
			w.delivered(first)
		})
	}
	t.Run("B", func(t *testing.T) {
		w := keepsWatch(t, "bureau", setting{at: "2026-06-03 09:00"})
		first := w.draft(w.post, duty.DutyRoom, "2026-06-08", "2026-06-14", nil, w.x, w.y, w.z)
		second := w.draft(w.post, duty.DutyRoom, "2026-06-15", "2026-06-21", nil, w.x, w.y, w.z)
		w.as(w.publisher).post(first+"/publication", duty.Publish{}).refused(http.StatusConflict, duty.ErrNotApproved.Code, "office-leader")
		w.clock.set("2026-06-05 17:00:00.000000")
		if got := w.publish(first).kinds(t); slices.Contains(got, "rosterLate") || got[0] != "roster.published" {
			t.Errorf("at 17:00: %v", got)
		}
		w.clock.set("2026-06-12 17:00:00.000001")
		if got := w.publish(second).kinds(t); !slices.Contains(got, "rosterLate") || got[0] != "roster.published" {
			t.Errorf("a microsecond after 17:00: %v", got)
		}
		w.delivered(first)
	})
	t.Run("B alone", func(t *testing.T) {
		w := newTown(t, setting{offices: []demo.Office{demo.Bureau()}, rules: demo.TextsAlone})
		head := w.head()
		post := duty.StreamOf(commands.NewID, "bureau", duty.DutyRoom)
		w.as("bureau-office-clerk").post("/rosters", duty.Draft{Post: post, First: date("2026-06-08"), Assignments: []duty.Assignment{}}).
			refused(http.StatusConflict, domain.ErrBlank.Code, "duty.roster.period")
		if w.head() != head {
			t.Error("the refusal wrote something")
		}
	})
}

// delivered hands the roster to all but one, who is listed as without it until he takes it himself.
func (w watch) delivered(roster string) {
	w.t.Helper()
	var all, undelivered []string
	for _, r := range w.history("roster-" + strings.TrimPrefix(roster, "/rosters/")) {
		if e, ok := r.Event.(duty.Published); ok {
			all = e.Audience
		}
	}
	var office []string
	for _, p := range w.staff[w.office].Persons {
		office = append(office, p.ID)
	}
	slices.Sort(office)
	if slices.Sort(all); !slices.Equal(all, office) {
		w.t.Errorf("the roster is for %d persons, the office has %d", len(all), len(office))
	}
	listed := func() []string {
		w.must(w.read.Wait(w.t.Context(), w.head()))
		var l struct{ List []dutyboard.Roster }
		w.as(w.closed).get("/rosters").ok().into(&l)
		i := slices.IndexFunc(l.List, func(r dutyboard.Roster) bool {
			return strings.HasSuffix(roster, strings.TrimPrefix(r.Stream, "roster-"))
		})
		return l.List[i].Undelivered
	}
	if undelivered = listed(); len(undelivered) != len(all) {
		w.t.Errorf("before the delivery %d of %d have not got it", len(undelivered), len(all))
	}
	absent := w.as(w.closed).id
	present := slices.DeleteFunc(slices.Clone(all), func(p string) bool { return p == absent })
	r := w.as(w.publisher).post(roster+"/deliveries", duty.Deliver{Persons: present, Way: "paper"}).result()
	if undelivered = listed(); len(r.Events) != len(present) || !slices.Equal(undelivered, []string{absent}) {
		w.t.Errorf("%d deliveries on record, without it are %v", len(r.Events), undelivered)
	}
	w.as(w.closed).post(roster+"/deliveries", duty.Deliver{Persons: []string{absent}, Way: "screen"}).ok()
	if undelivered = listed(); len(undelivered) != 0 {
		w.t.Errorf("without it are still %v", undelivered)
	}
}

// A swap is in force when the other person has accepted it and the office was told before the shift begins.
func TestG10(t *testing.T) {
	saturday := instant("2026-04-18 08:30")
	for _, office := range []string{"county", "bureau"} {
		asked := func(t *testing.T) (w watch, swap string) {
			w = keepsWatch(t, office, setting{at: "2026-04-16 09:00"})
			w.april()
			w.clock.set("2026-04-16 10:00")
			var e duty.SwapRequested
			w.as(w.x).post(w.path("/swaps"), duty.RequestSwap{Shift: saturday, With: w.as(w.y).id, Reason: "家中急事"}).result().Events[0].into(t, &e)
			return w, e.Swap
		}
		yes := func(w watch, swap string) answer {
			return w.as(w.y).post(w.path("/swaps/acceptances"), duty.AcceptSwap{Swap: swap})
		}
		told := func(w watch, swap string) answer {
			return w.as(w.publisher).post(w.path("/swaps/notices"), duty.NoteSwap{Swap: swap})
		}
		// keeps tells who takes the shift over at its start, and that the other cannot.
		keeps := func(w watch, person, other string) {
			w.t.Helper()
			offer := w.offer(w.y)
			w.accept(other, offer).refused(http.StatusForbidden, duty.ErrNotIncoming.Code)
			w.accept(person, offer).ok()
			w.responsible(person)
		}
		t.Run(office+": silence", func(t *testing.T) {
			w, swap := asked(t)
			w.clock.set("2026-04-18 08:30:00")
			keeps(w, w.x, w.z)
			yes(w, swap).refused(http.StatusConflict, duty.ErrStarted.Code)
		})
		t.Run(office+": accepted and not told; told at the start", func(t *testing.T) {
			w, swap := asked(t)
			w.clock.set("2026-04-16 11:00")
			if got := yes(w, swap).result().kinds(t); !slices.Equal(got, []string{"duty.swap-accepted"}) {
				t.Errorf("accepted: %v", got)
			}
			w.clock.set("2026-04-18 08:30:00.000000")
			told(w, swap).refused(http.StatusConflict, duty.ErrSwapLate.Code)
			keeps(w, w.x, w.z)
		})
		t.Run(office+": accepted and told in time", func(t *testing.T) {
			w, swap := asked(t)
			w.clock.set("2026-04-18 08:29:59.999998")
			yes(w, swap).ok()
			w.clock.set("2026-04-18 08:29:59.999999")
			if got := told(w, swap).result().kinds(t); !slices.Equal(got, []string{"duty.swap-noted", "duty.shift-reassigned"}) {
				t.Errorf("told: %v", got)
			}
			w.clock.set("2026-04-18 08:30")
			offer := w.offer(w.y)
			w.accept(w.x, offer).refused(http.StatusForbidden, duty.ErrNotIncoming.Code)
			w.accept(w.y, offer).ok()
			w.responsible(w.y)
		})
		t.Run(office+": whom one may ask, and nobody approves", func(t *testing.T) {
			w, swap := asked(t)
			ask := func(with, reason string, relative bool) answer {
				return w.as(w.x).post(w.path("/swaps"), duty.RequestSwap{Shift: saturday, With: with, Reason: reason, Relative: relative})
			}
			foreign := map[string]string{"county": "bureau-staff", "bureau": "secretary"}[office]
			ask(w.as(w.y).id, " ", false).refused(http.StatusUnprocessableEntity, duty.ErrReason.Code)
			ask(w.as(w.closed).id, "急事", false).refused(http.StatusUnprocessableEntity, duty.ErrNotOnList.Code)
			ask(w.as(foreign).id, "急事", false).refused(http.StatusUnprocessableEntity, duty.ErrOutsider.Code)
			ask(w.as(w.y).id, "急事", true).refused(http.StatusUnprocessableEntity, duty.ErrRelative.Code)
			w.as(w.approver).post(w.path("/swaps/notices"), duty.NoteSwap{Swap: swap}).refused(http.StatusForbidden, duty.ErrNotParty.Code)
			w.as(w.approver).post(w.path("/swaps/acceptances"), duty.AcceptSwap{Swap: swap}).refused(http.StatusForbidden, duty.ErrNotParty.Code)
		})
	}
}

// A refused handover leaves the outgoing person responsible; there are never two and never none.
func TestG11(t *testing.T) {
	w := onDuty(t, "county", setting{})
	w.clock.set("2026-04-19 08:30")
	offer := w.offer(w.x)
	w.responsible(w.x)
	w.clock.set("2026-04-19 08:35")
	refused := w.as(w.z).post(w.path("/handovers/refusals"), duty.RefuseHandover{Handover: offer, Reason: "钥匙不齐"}).result()
	if got := refused.kinds(t); !slices.Equal(got, []string{"duty.handover-refused", "alert admin", "alert deputy-admin"}) {
		t.Errorf("refused: %v", got)
	}
	if b := w.board(); b.Responsible != w.as(w.x).id || b.Overrun != 5*60 || b.Handover != "" {
		t.Errorf("at 08:35 the board shows %+v", b)
	}
	w.accept(w.z, offer).refused(http.StatusConflict, duty.ErrNothingOffered.Code)
	w.clock.set("2026-04-19 09:05")
	offer = w.offer(w.x)
	w.responsible(w.x)
	w.clock.set("2026-04-19 09:10")
	w.as(w.z).post(w.path("/handovers/acceptances"), map[string]any{"handover": offer}, "Andu-Occurred-At", "2026-04-19T09:06:00+08:00").
		refused(http.StatusUnprocessableEntity, duty.ErrNotNow.Code)
	w.accept(w.z, offer).ok()
	w.responsible(w.z)
	tenures := w.coverage().Tenures
	last := tenures[len(tenures)-2:]
	if last[0].Person != w.as(w.x).id || last[0].Overrun != 40*60 || !last[0].Until.Equal(at("2026-04-19 09:10")) || !last[1].From.Equal(at("2026-04-19 09:10")) {
		t.Errorf("time line %+v", last)
	}

	// Monday's office hours are the section's: a named person of it takes over, and nobody and nothing else.
	w.clock.set("2026-04-20 08:30")
	offer = w.offer(w.z)
	w.accept(w.closed, offer).refused(http.StatusForbidden, duty.ErrNotIncoming.Code)
	_, err := commands.Handle(t.Context(), w.handler, duty.Context, w.post, duty.AcceptHandover{Handover: offer},
		commands.Request{Office: w.office, Actor: domain.Actor{Person: domain.System}})
	if err == nil || !strings.Contains(err.Error(), domain.ErrSystem.Code) {
		t.Errorf("the section took over without a person: %v", err)
	}
	w.responsible(w.z)
	w.accept(w.second, offer).ok()
	w.responsible(w.second)
}

// log writes so many entries that can wait into the duty log and carries them over; it gives their ids.
func (w watch) log(n int) (ids []string) {
	w.t.Helper()
	for i := range n {
		var e duty.EntryLogged
		w.as(w.x).post(w.path("/entries"), duty.LogEntry{Content: duty.Content{Kind: "call", Urgency: "next-day", Time: domain.At(w.Now()), Channel: "值班电话",
			Caller: "王某", Unit: "某镇政府", Phone: "0734-0000000", Subject: fmt.Sprintf("事项%d", i+1), Action: "记录"}}).result().Events[0].into(w.t, &e)
		if e.No != i+1 {
			w.t.Errorf("entry %d has number %d", i+1, e.No)
		}
		w.as(w.x).post(w.path("/entries/carry-overs"), duty.CarryOverEntry{Entry: e.Entry}).ok()
		ids = append(ids, e.Entry)
	}
	return ids
}

func (w watch) answers(login string, remark string, ids ...string) answer {
	w.t.Helper()
	var c duty.AnswerItems
	for i, id := range ids {
		a := duty.ItemAnswer{Item: id}
		if i == len(ids)-1 {
			a.Remark = remark
		}
		c.Answers = append(c.Answers, a)
	}
	return w.as(login).post(w.path("/handovers/answers"), c)
}

// entries are the open ones by id.
func (w watch) entries() map[string]dutyboard.Entry {
	w.t.Helper()
	w.must(w.read.Wait(w.t.Context(), w.head()))
	var l struct{ List []dutyboard.Entry }
	w.as(w.x).get(w.path("/entries")).ok().into(&l)
	open := map[string]dutyboard.Entry{}
	for _, e := range l.List {
		open[e.Entry] = e
	}
	return open
}

// Every open entry is answered one by one; what is reserved passes with its remark, and none is without an owner.
func TestG12(t *testing.T) {
	t.Run("four and one", func(t *testing.T) {
		w := onDuty(t, "county", setting{})
		w.clock.set("2026-04-18 20:00")
		ids := w.log(5)
		w.clock.set("2026-04-19 08:30")
		offer := w.offer(w.x)
		if got := w.answers(w.z, "附件未见", ids...).result().kinds(t); !slices.Equal(got, []string{"duty.item-accepted", "duty.item-accepted", "duty.item-accepted", "duty.item-accepted", "duty.item-reserved"}) {
			t.Errorf("answers: %v", got)
		}
		w.responsible(w.x)
		w.clock.set("2026-04-19 08:40")
		w.accept(w.z, offer).ok()
		w.responsible(w.z)
		open := w.entries()
		for i, id := range ids {
			want := map[bool]string{true: "附件未见"}[i == 4]
			if e := open[id]; e.Owner != w.as(w.z).id || e.Reserved != want {
				t.Errorf("entry %d: %+v", i+1, e)
			}
		}
		if len(open) != 5 {
			t.Errorf("%d entries are open", len(open))
		}
		var chain struct{ List []dutyboard.Handover }
		w.as(w.z).get(w.path("/handovers")).ok().into(&chain)
		if h := chain.List[0]; h.State != "accepted" || h.Items != 5 || h.Reserved != 1 || !h.Settled.Equal(at("2026-04-19 08:40")) {
			t.Errorf("%+v", h)
		}
	})
	t.Run("a sixth is left out", func(t *testing.T) {
		w := onDuty(t, "county", setting{})
		w.clock.set("2026-04-18 20:00")
		ids := w.log(6)
		w.clock.set("2026-04-19 08:30")
		offer := w.offer(w.x)
		w.answers(w.z, "", ids[:5]...).ok()
		a := w.accept(w.z, offer).refused(http.StatusConflict, duty.ErrUnanswered.Code, "No. 6")
		if strings.Contains(string(a.body), "No. 5") || strings.Contains(string(a.body), "事项6") {
			t.Errorf("the refusal says too much: %s", a.body)
		}
		w.responsible(w.x)
	})
	t.Run("to a named person of the section", func(t *testing.T) {
		w := onDuty(t, "county", setting{})
		w.clock.set("2026-04-19 08:30")
		w.handOver(w.x, w.z)
		w.x, w.z = w.z, w.x // Z writes now
		ids := w.log(2)
		w.clock.set("2026-04-20 08:29")
		carry := func(to string) answer {
			return w.as(w.x).post(w.path("/entries/carry-overs"), duty.CarryOverEntry{Entry: ids[1], To: w.as(to).id})
		}
		carry(w.closed).refused(http.StatusUnprocessableEntity, duty.ErrCarryOver.Code)
		carry("admin").ok()
		w.clock.set("2026-04-20 08:30")
		offer := w.offer(w.x)
		w.accept("admin2", offer).refused(http.StatusConflict, duty.ErrUnanswered.Code, "No. 1")
		w.answers("admin2", "", ids[0]).ok()
		w.accept("admin2", offer).ok()
		if open := w.entries(); open[ids[0]].Owner != w.as("admin2").id || open[ids[1]].Owner != w.as("admin").id {
			t.Errorf("%+v", open)
		}
	})
}

// A fax of the duty room ends in the duty log when the registry takes it over; one that still waits when the section has
// the watch is found.
func TestDutyFax(t *testing.T) {
	w := onDuty(t, "county", setting{})
	w.clock.set("2026-04-19 08:30")
	w.handOver(w.x, w.z)
	w.x = w.z
	var ids []string
	for range 2 {
		var e duty.EntryLogged
		w.as(w.x).post(w.path("/entries"), duty.LogEntry{Content: duty.Content{Kind: "fax", Urgency: "next-day", Time: domain.At(w.Now()), Channel: "传真",
			Caller: "王某", Unit: "市政府办公室", Phone: "0734-0000000", Subject: "汛情传真", Action: "登记"}}).result().Events[0].into(t, &e)
		w.as(w.x).post(w.path("/entries/carry-overs"), duty.CarryOverEntry{Entry: e.Entry}).ok()
		ids = append(ids, e.Entry)
	}
	take := func(id string) result {
		body := paper(map[string]any{"entry": id, "logged_at": "2026-04-19T08:30:00+08:00"})
		r := w.as("registrar").post("/documents/from-duty", body).result()
		w.settle()
		return r
	}
	first := take(ids[0])
	if open := w.entries(); len(open) != 1 || open[ids[1]].Entry == "" {
		t.Errorf("open are %+v", open)
	}
	w.clock.set("2026-04-20 08:30")
	offer := w.offer(w.x)
	w.answers("admin", "", ids[1]).ok()
	if got := w.accept("admin", offer).result().kinds(t); !slices.Equal(got, []string{"duty.handover-accepted", "duty.fax-due"}) {
		t.Errorf("taken over by the section: %v", got)
	}
	w.settle()
	if got := w.findings(w.post, duty.FaxWaits); len(got) != 0 {
		t.Errorf("at the handover: %+v", got)
	}
	w.clock.set("2026-04-20 08:31")
	w.settle()
	if got := w.findings(w.post, duty.FaxWaits); len(got) != 1 || got[0].About != ids[1] || got[0].Person != w.as(w.z).id || !got[0].At.Equal(at("2026-04-20 08:30:00.000001")) {
		t.Errorf("a minute later: %+v", got)
	}
	take(ids[1])
	if open := w.entries(); len(open) != 0 {
		t.Errorf("open are %+v", open)
	}
	var notes []duty.FaxTakenOver
	for _, r := range w.history(w.post) {
		if e, ok := r.Event.(duty.FaxTakenOver); ok {
			notes = append(notes, e)
		}
	}
	if len(notes) != 2 || notes[0].Document != first.Stream {
		t.Errorf("on record %+v", notes)
	}
	var loads struct{ List []dutyboard.Load }
	w.as(w.closed).get(w.path("/loads?from=2026-04-16&to=2026-04-30")).ok().into(&loads)
	if len(loads.List) != 3 || loads.List[0].Pause <= 0 || loads.List[0].Nights == 0 {
		t.Errorf("loads %+v", loads.List)
	}
}

// A messenger stands in for thirty minutes to the microsecond; the schedule finds the first instant past them.
func TestG13(t *testing.T) {
	stand := func(w watch, login, reason string) answer {
		return w.as(w.x).post(w.path("/stand-ins"), duty.StartStandIn{Person: w.as(login).id, Reason: reason})
	}
	back := func(w watch) result { return w.as(w.x).post(w.path("/stand-ins/end"), duty.EndStandIn{}).result() }
	t.Run("back in time", func(t *testing.T) {
		w := onDuty(t, "county", setting{})
		w.clock.set("2026-04-18 20:00:00")
		stand(w, "driver", "急诊").refused(http.StatusForbidden, duty.ErrNoStandIn.Code, "messenger")
		stand(w, "secretariat-clerk", "急诊").refused(http.StatusForbidden, duty.ErrNoStandIn.Code)
		stand(w, "messenger", " ").refused(http.StatusUnprocessableEntity, duty.ErrReason.Code)
		if got := stand(w, "messenger", "急诊").result().kinds(t); !slices.Equal(got, []string{"duty.stand-in-started"}) {
			t.Errorf("with a second messenger: %v", got)
		}
		w.responsible(w.x)
		if w.board().StandIn != w.as("messenger").id {
			t.Error("the board does not show who stands in")
		}
		w.clock.set("2026-04-18 20:30:00.000000")
		w.settle()
		if got := back(w).kinds(t); !slices.Equal(got, []string{"duty.stand-in-ended"}) {
			t.Errorf("at 30 minutes: %v", got)
		}
		w.clock.set("2026-04-18 20:31")
		w.settle()
		if got := w.findings(w.post, duty.StandInTooLong); len(got) != 0 {
			t.Errorf("found %+v", got)
		}
	})
	t.Run("still away, and the only messenger", func(t *testing.T) {
		w := onDuty(t, "county", setting{offices: []demo.Office{withDutyList(1)}})
		w.clock.set("2026-04-18 20:00:00")
		if got := stand(w, "messenger", "急诊").result().kinds(t); !slices.Equal(got, []string{"duty.stand-in-started", duty.RoomEmpty}) {
			t.Errorf("the only messenger: %v", got)
		}
		if got := w.findings(w.post, duty.RoomEmpty); len(got) != 1 || !got[0].At.Equal(at("2026-04-18 20:00:00")) {
			t.Errorf("found %+v", got)
		}
		w.clock.set("2026-04-18 20:30:00.000001")
		w.settle()
		if got := w.findings(w.post, duty.StandInTooLong); len(got) != 1 || !got[0].At.Equal(at("2026-04-18 20:30:00.000001")) {
			t.Errorf("found %+v", got)
		}
		w.clock.set("2026-04-18 20:45")
		if got := back(w).kinds(t); !slices.Equal(got, []string{"duty.stand-in-ended"}) {
			t.Errorf("the end finds again: %v", got)
		}
	})
	t.Run("A alone", func(t *testing.T) {
		w := keepsWatch(t, "county", setting{offices: []demo.Office{withDutyList(2)}, rules: demo.TextsAlone})
		w.x = w.y
		head := w.head()
		stand(w, "messenger", "急诊").refused(http.StatusConflict, domain.ErrBlank.Code, "duty.standIn.maxMinutes (REG-04 二.6)")
		if w.head() != head {
			t.Error("the refusal wrote something")
		}
	})
	t.Run("B", func(t *testing.T) {
		w := onDuty(t, "bureau", setting{})
		w.clock.set("2026-04-18 20:00")
		stand(w, "bureau-driver", "急诊").refused(http.StatusForbidden, duty.ErrNoStandIn.Code)
	})
}

// The watch of G6: a notice that comes in time moves the daytimes of what has not begun to the rota; the earlier roster
// stays readable, and the past is never rewritten.
func TestG6Watch(t *testing.T) {
	begin := func(t *testing.T) (w watch, january, february string) {
		w = keepsWatch(t, "county", setting{notices: []string{}, at: "2019-11-21 10:00"})
		w.as("director").post("/calendar/notices", notice(t, "holidays/2020-first.json")).ok()
		january = w.draft(w.post, duty.DutyRoom, "2020-01-01", "2020-01-31", nil, w.x, w.y, w.z)
		february = w.draft(w.post, duty.DutyRoom, "2020-02-01", "2020-02-29", nil, w.x, w.y, w.z)
		w.publish(january)
		w.publish(february)
		return w, january, february
	}
	shift := func(w watch, start string) (duty.Shift, bool) {
		p, err := duty.Context.Fold(duty.Post{}, w.history(w.post))
		w.must(err)
		return p.At(instant(start))
	}
	versions := func(w watch, roster string) (plans []duty.Plan) {
		for _, r := range w.history("roster-" + strings.TrimPrefix(roster, "/rosters/")) {
			if p, ok := duty.PlanOf(r); ok {
				plans = append(plans, p)
			}
		}
		return plans
	}
	t.Run("in time", func(t *testing.T) {
		w, january, february := begin(t)
		before := map[string]string{}
		for _, day := range []string{"2020-01-31", "2020-02-01"} {
			morning, _ := shift(w, day+" 08:30")
			evening, ok := shift(w, day+" 18:30")
			if morning.Source != duty.Section || !ok {
				t.Fatalf("%s: morning %+v, evening %+v", day, morning, evening)
			}
			before[day] = evening.Person
		}
		w.clock.set("2020-01-27 12:00")
		w.as("director").post("/calendar/notices", notice(t, "holidays/2020.json")).ok()
		w.settle()
		for day, roster := range map[string]string{"2020-01-31": january, "2020-02-01": february} {
			s, _ := shift(w, day+" 08:30")
			if _, evening := shift(w, day+" 18:30"); s.Source != duty.Rota || s.Person != before[day] || !s.Rest || evening {
				t.Errorf("%s: %+v", day, s)
			}
			plans := versions(w, roster)
			if len(plans) != 2 {
				t.Fatalf("%s has %d versions", roster, len(plans))
			}
			section := func(p duty.Plan) bool {
				return slices.ContainsFunc(p.Slots, func(s duty.Slot) bool { return s.Start.Equal(at(day+" 08:30")) && s.Source == duty.Section })
			}
			if !section(plans[0]) || section(plans[1]) {
				t.Errorf("%s: the earlier version is not as it was, or the later not as it should be", day)
			}
		}
		var amended duty.Amended
		for _, f := range w.as(w.x).timeline("roster-" + strings.TrimPrefix(january, "/rosters/")) {
			if f.Type == "roster.amended" {
				f.into(t, &amended)
				if f.Actor.Person != domain.System || f.CalendarNumber == 0 {
					t.Errorf("%+v", f)
				}
			}
		}
		if amended.Cause != duty.CauseCalendar {
			t.Errorf("cause %q", amended.Cause)
		}
	})
	t.Run("late", func(t *testing.T) {
		w, january, february := begin(t)
		w.clock.set("2020-02-03 09:00")
		post := len(w.history(w.post))
		w.as("director").post("/calendar/notices", notice(t, "holidays/2020.json")).ok()
		w.settle()
		if a, b := versions(w, january), versions(w, february); len(a) != 1 || len(b) != 1 {
			t.Errorf("the past was rostered again: %d and %d versions", len(a), len(b))
		}
		for _, r := range w.history(w.post)[post:] {
			if _, ok := r.Event.(duty.ShiftsPlanned); ok {
				t.Errorf("shifts were planned again at %d", r.Revision)
			}
		}
	})
}
