package demo

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"time"

	"andu/commands"
	"andu/domain"
	"andu/domain/attendance"
	"andu/domain/leave"
	"andu/domain/org"
)

// door is the terminal at the entrance.
const door = "door"

// keepsBook begins the sign-in book and registers the terminal.
func (l *life) keepsBook() {
	roll := attendance.RollStream(l.office)
	do(&l.doer, attendance.Rolls, roll, l.officer(org.SystemAdministrator), attendance.Begin{From: l.plan.From})
	key := hex.EncodeToString(l.terminalKey().Public().(ed25519.PublicKey))
	do(&l.doer, attendance.Rolls, roll, l.officer(org.SecurityAdministrator), attendance.RegisterTerminal{Terminal: door, Key: key, Place: "大门"})
}

func (l *life) terminalKey() ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(l.id("terminal", 0)))
	return ed25519.NewKeyFromSeed(seed[:])
}

// mornings lets everybody sign in who is expected: in the three quarters of an hour before a sheet is collected, most of
// them at its end (catalogue 6.3). One in a thousand forgets it, and one in two hundred comes late: in the first hour the
// refusal proves that he was there, after it no more.
func (l *life) mornings(d domain.Date) {
	if l.shut = l.chance(45); l.shut {
		l.marks = nil
	}
	roll := attendance.RollStream(l.office)
	if d.Weekday() == time.Monday {
		l.at(l.clockAt(d, 7, 5), once(func(l *life) {
			ahead := time.Duration(l.r.IntN(4000)-1000) * time.Millisecond
			do(&l.doer, attendance.Rolls, roll, l.staff.One("sheet-keeper").Actor(), attendance.MeasureDrift{Terminal: door, Clock: domain.At(l.clock.Stands().Add(ahead))})
		}))
	}
	for _, session := range []string{"AM", "PM"} {
		sheet := state(l, attendance.Sheets, attendance.SheetStream(commands.NewID, l.office, d, session))
		if !sheet.Exists() {
			continue
		}
		cutoff := sheet.Cutoff.Time
		for _, person := range sheet.Expected {
			m := &morning{person: l.person(person), session: session, half: leave.AM, date: d}
			if session == "PM" {
				m.half = leave.PM
			}
			switch n := l.r.IntN(1000); {
			case n == 0: // forgotten
			case n < 5:
				l.at(cutoff.Add(time.Millisecond+time.Duration(l.r.Int64N(int64(55*time.Minute)))), m.comesLate)
			case n == 5:
				l.at(cutoff.Add(l.minutes(61, 100)), m.comesLate)
			default:
				l.at(l.arrival(cutoff), m.signs)
			}
		}
		if l.shut && session == "AM" {
			// Now and then the line is mended too late: the office takes nothing after the grace.
			l.at(cutoff.Add(time.Duration(one(l, []int{40, 95, 119, 123}))*time.Minute), once((*life).bringsBatch))
		}
	}
	if d.Day <= 7 && l.workday(domain.Date{Year: d.Year, Month: d.Month, Day: 1}.Add(-1), 1) == d && l.plan.From.Before(d) {
		month := d.Add(-d.Day).String()[:7]
		if !l.chance(4) { // else the schedule does, on the day that the office has set
			l.begin(l.clockAt(d, 9, 30), once(func(l *life) {
				_, err := commands.CompileMonth(l.ctx, l.h, month, l.request(l.staff.One("sheet-keeper").Actor()))
				l.fail(err)
			}))
		}
		l.begin(l.clockAt(d, 10, 30), once(func(l *life) {
			do(&l.doer, leave.Context, leave.RegisterStream(l.office), l.staff.One("admin").Actor(), leave.CompileMonth{Month: month})
		}))
	}
}

// arrival is a time before a cut-off: one in five comes in the last minute, three in five in the last five.
func (l *life) arrival(cutoff time.Time) time.Time {
	within := 40 * time.Minute
	switch n := l.r.IntN(10); {
	case n < 2:
		within = time.Minute
	case n < 6:
		within = 5 * time.Minute
	}
	return cutoff.Add(-2*time.Second - time.Duration(l.r.Int64N(int64(within))))
}

// morning is one person's sign-in of a session, or his afternoon.
type morning struct {
	person  Person
	session string
	half    leave.Half
	date    domain.Date
}

// away tells whether the person is not expected to come.
func (m *morning) away(l *life) bool { return l.away(m.person, leave.Edge{On: m.date, Half: m.half}) }

func (m *morning) signs(l *life) next {
	if m.away(l) {
		return finished
	}
	cmd := attendance.SignIn{Session: m.session, Method: "terminal"}
	switch n := l.r.IntN(10); {
	case l.shut && m.half == leave.AM && n < 5:
		at := domain.At(l.clock.Stands())
		l.marks = append(l.marks, commands.BatchMark{Person: m.person.ID, Session: m.session, At: at})
		return finished
	case l.shut || n < 4:
		cmd.Method = "web"
	}
	_, err := commands.SignIn(l.ctx, l.h, cmd, l.now(m.person))
	l.fail(err)
	if l.chance(100) { // once more, to be sure: it changes nothing
		_, err := commands.SignIn(l.ctx, l.h, cmd, l.now(m.person))
		l.fail(err)
	}
	return finished
}

// now is the request of a person that reaches the server at this moment: the moment says which day it is of.
func (l *life) now(p Person) commands.Request {
	req := l.request(p.Actor())
	req.Received = l.clock.Now()
	return req
}

// comesLate is a sign-in after the cut-off: refused, and on record. Some try again.
func (m *morning) comesLate(l *life) next {
	if m.away(l) {
		return finished
	}
	_, err := commands.SignIn(l.ctx, l.h, attendance.SignIn{Session: m.session, Method: "web"}, l.now(m.person))
	l.expect("sign-in after the cut-off", err, attendance.ErrLate)
	if l.chance(4) {
		return next{m.comesLate, l.minutes(1, 4)}
	}
	return finished
}

// bringsBatch uploads what the terminal recorded while it was cut off, signed with its key.
func (l *life) bringsBatch() {
	if len(l.marks) == 0 {
		return
	}
	drift := state(l, attendance.Rolls, attendance.RollStream(l.office)).Terminals[door].Drift
	b := commands.Batch{Terminal: door, Batch: "cut-off-" + l.today().String(), Marks: l.marks}
	for i := range b.Marks { // as its clock showed
		b.Marks[i].At = domain.At(b.Marks[i].At.Add(drift))
	}
	b.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(l.terminalKey(), []byte(b.Text(l.office))))
	if l.chance(3) { // a copy that was touched on the way
		forged := b
		forged.Signature = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, ed25519.SignatureSize))
		_, err := commands.Upload(l.ctx, l.h, forged, l.request(l.staff.One("sheet-keeper").Actor()))
		l.expect("a forged batch", err, commands.ErrSignature)
	}
	taken, err := commands.Upload(l.ctx, l.h, b, l.request(l.staff.One("sheet-keeper").Actor()))
	l.fail(err)
	for _, t := range taken {
		var refusal *domain.Refusal
		if t.Err != nil && (!errors.As(t.Err, &refusal) || refusal.Code != attendance.ErrLate.Code) {
			l.fail(t.Err)
		}
	}
	l.marks = nil
}

// hearsOfDay lets a person object to what his day counts for.
func (l *life) hearsOfDay(r domain.Recorded) {
	e, ok := r.Event.(attendance.Determined)
	if !ok || e.Days.Tenths == 0 && e.Result != attendance.LateDay {
		return
	}
	p := l.person(e.Person)
	if p.Post == "deputy-admin" || p.Post == "director" || !l.chance(2) { // the months are reported to the one, the other has no time
		return
	}
	o := &objection{day: r.Stream, person: p, found: e.Finding}
	l.begin(l.clock.Stands().Add(l.minutes(60, 2000)), o.raised)
}

// objection is to what a day counts for.
type objection struct {
	day    string
	person Person
	found  attendance.Finding
}

func (o *objection) raised(l *life) next {
	if l.away(o.person, leave.Edge{On: l.today(), Half: leave.AM}) {
		return next{o.raised, 5 * time.Hour}
	}
	cmd := attendance.RaiseObjection{Reason: one(l, []string{"当时在现场处置群众来访，科长可以证明。", "已按时到岗，终端未能识别。", "值班交接延误，未能及时签到。"})}
	if _, err := try(&l.doer, attendance.Context, o.day, o.person.Actor(), cmd); err != nil {
		l.expect("an objection after its term", err, attendance.ErrObjectionLate)
		return finished
	}
	if l.chance(8) { // he would decide it himself: not his to decide, and on record where it is
		refused(l, attendance.Context, o.day, o.person.Actor(), attendance.DecideObjection{Opinion: "情况属实。"}, attendance.ErrNotDecider)
	}
	return next{o.decided, l.minutes(60, 1500)}
}

func (o *objection) decided(l *life) next {
	cmd := attendance.DecideObjection{Opinion: "证据不足，维持原认定。"}
	if !l.chance(3) {
		cmd.Accept, cmd.Opinion = true, "情况属实，视为到岗。"
		for _, s := range o.found.Sessions {
			if s.State == attendance.Missing || s.State == attendance.LateAttempt {
				cmd.Sessions = append(cmd.Sessions, s.Session)
			}
		}
	}
	do(&l.doer, attendance.Context, o.day, l.staff.One("deputy-admin").Actor(), cmd)
	return finished
}
