package persons

import (
	"testing"

	"andu/domain"
	"andu/domain/domaintest"
	"andu/domain/org"

	"pgregory.net/rapid"
)

var (
	sysadmin = domain.Actor{Person: "p-sys", Post: org.SystemAdministrator}
	secadmin = domain.Actor{Person: "p-sec", Post: org.SecurityAdministrator}
	himself  = domain.Actor{Person: "p-1", Post: "clerk"}
)

func day(s string) domain.Date { return domain.DateOf(domaintest.Time(s).Time, domaintest.Zone) }

// facts is an office with its officers.
func facts() map[string]any {
	var o org.Office
	for _, e := range []org.Event{
		org.OfficeSetUp{Office: "office", Name: "x", Kind: "x", Zone: "Asia/Shanghai"},
		org.OfficerAppointed{Person: "p-sys", Officer: org.SystemAdministrator}, org.OfficerAppointed{Person: "p-sec", Officer: org.SecurityAdministrator},
	} {
		o = e.Evolve(o)
	}
	return map[string]any{org.Stream("office"): o}
}

var registered = Registered{Registration: domaintest.GivenID(0), Person: "p-1", Name: "张三", SortKey: "zhang san", Employee: "7", Phone: "1"}

func TestPersons(t *testing.T) {
	at := domaintest.Time("2026-04-14 10:00:00")
	event := domain.EventID(domaintest.NewID, domaintest.Command, 0)
	given := []Event{registered}
	cases := []domaintest.Case[Person]{
		{Name: "the system administrator registers a person", Actor: sysadmin, When: Register{Person: "p-1", Name: "张三", SortKey: "zhang san"},
			Then: []Event{Registered{Registration: event, Person: "p-1", Name: "张三", SortKey: "zhang san"}}},
		{Name: "the security administrator registers nobody", Actor: secadmin, When: Register{Person: "p-1", Name: "张三", SortKey: "zhang san"}, Err: org.ErrOfficer},
		{Name: "a post that org.keeper names registers", Policy: map[string]any{"org.keeper": []string{"clerk"}}, Actor: himself, When: Register{Person: "p-2", Name: "李四", SortKey: "li si"},
			Then: []Event{Registered{Registration: event, Person: "p-2", Name: "李四", SortKey: "li si"}}},
		{Name: "a person is registered once", Given: given, Actor: sysadmin, When: Register{Person: "p-1", Name: "张三", SortKey: "zhang san"}, Err: ErrRegistered},
		{Name: "a person has an id", Actor: sysadmin, When: Register{Name: "张三", SortKey: "zhang san"}, Err: ErrIncomplete},
		{Name: "a person has a name", Actor: sysadmin, When: Register{Person: "p-1", SortKey: "zhang san"}, Err: ErrIncomplete},
		{Name: "a name sorts by its pinyin", Actor: sysadmin, When: Register{Person: "p-1", Name: "张三"}, Err: ErrIncomplete},
		{Name: "a wrong entry is corrected with a reason", Given: given, Actor: sysadmin, When: CorrectRegistration{Name: "章三", SortKey: "zhang san", Reason: "错字"},
			Then: []Event{RegistrationCorrected{Of: domaintest.GivenID(0), Person: "p-1", Name: "章三", SortKey: "zhang san", Reason: "错字"}}},
		{Name: "a correction is corrected by naming the first entry", Actor: sysadmin,
			Given: []Event{registered, RegistrationCorrected{Of: domaintest.GivenID(0), Person: "p-1", Name: "章三", SortKey: "zhang san", Reason: "错字"}},
			When:  CorrectRegistration{Name: "张珊", SortKey: "zhang shan", Reason: "错字"},
			Then:  []Event{RegistrationCorrected{Of: domaintest.GivenID(0), Person: "p-1", Name: "张珊", SortKey: "zhang shan", Reason: "错字"}}},
		{Name: "a correction has a reason", Given: given, Actor: sysadmin, When: CorrectRegistration{Name: "章三", SortKey: "zhang san"}, Err: ErrIncomplete},
		{Name: "a correction has a name", Given: given, Actor: sysadmin, When: CorrectRegistration{SortKey: "zhang san", Reason: "错字"}, Err: ErrIncomplete},
		{Name: "a corrected name sorts by its pinyin", Given: given, Actor: sysadmin, When: CorrectRegistration{Name: "章三", Reason: "错字"}, Err: ErrIncomplete},
		{Name: "an erased registration is not corrected", Given: []Event{Registered{}}, Actor: sysadmin, When: CorrectRegistration{Name: "章三", SortKey: "zhang san", Reason: "错字"}, Err: ErrNotRegistered},
		{Name: "nobody is corrected before registration", Actor: sysadmin, When: CorrectRegistration{Name: "章三", SortKey: "zhang san", Reason: "错字"}, Err: ErrNotRegistered},
		{Name: "a new name goes with its pinyin", Given: given, Actor: sysadmin, When: Rename{Name: "张思", SortKey: "zhang si"}, Then: []Event{Renamed{Name: "张思", SortKey: "zhang si"}}},
		{Name: "no person is without a name", Given: given, Actor: sysadmin, When: Rename{SortKey: "zhang si"}, Err: ErrIncomplete},
		{Name: "no name is without its pinyin", Given: given, Actor: sysadmin, When: Rename{Name: "张思"}, Err: ErrIncomplete},
		{Name: "a person changes how he is reached", Given: given, Actor: himself, When: ChangeContact{"2"}, Then: []Event{ContactChanged{"2"}}},
		{Name: "the system administrator does it for him", Given: given, Actor: sysadmin, When: ChangeContact{"2"}, Then: []Event{ContactChanged{"2"}}},
		{Name: "nobody else does", Given: given, Actor: domain.Actor{Person: "p-9", Post: "clerk"}, When: ChangeContact{"2"}, Err: org.ErrOfficer},

		{Name: "a wrong registration is withdrawn", Given: given, Actor: sysadmin, When: WithdrawRegistration{"i-1", "文件选错"},
			Then: []Event{RegistrationWithdrawn{domaintest.GivenID(0), "i-1", "文件选错"}}},
		{Name: "after it the person may be registered anew", Given: []Event{registered, RegistrationWithdrawn{domaintest.GivenID(0), "i-1", "文件选错"}}, Actor: sysadmin,
			When: Register{Person: "p-1", Name: "张三", SortKey: "zhang san"}, Then: []Event{Registered{Registration: event, Person: "p-1", Name: "张三", SortKey: "zhang san"}}},
		{Name: "a registration is withdrawn with a reason", Given: given, Actor: sysadmin, When: WithdrawRegistration{"i-1", ""}, Err: ErrIncomplete},
		{Name: "a pledged person stays registered", Given: []Event{registered, PledgeSigned{On: day("2026-04-14")}}, Actor: sysadmin, When: WithdrawRegistration{"i-1", "文件选错"}, Err: ErrInUse},
		{Name: "the security administrator withdraws no registration", Given: given, Actor: secadmin, When: WithdrawRegistration{"i-1", "文件选错"}, Err: org.ErrOfficer},
		{Name: "who is not registered is not withdrawn", Actor: sysadmin, When: WithdrawRegistration{"i-1", "文件选错"}},

		{Name: "a pledge is recorded with its day", Given: given, Actor: secadmin, When: SignPledge{Document: "卷3"}, Then: []Event{PledgeSigned{On: day("2026-04-14"), Document: "卷3"}}},
		{Name: "the system administrator records no pledge", Given: given, Actor: sysadmin, When: SignPledge{}, Err: org.ErrOfficer},
		{Name: "a clearance holds from its first day to its last", Given: given, Actor: secadmin, When: GrantClearance{Class: domain.Secret, From: day("2026-03-01"), To: day("2026-12-31"), Document: "密1"},
			Then: []Event{ClearanceGranted{Class: domain.Secret, From: domaintest.Time("2026-03-01"), Until: domaintest.Time("2027-01-01"), Document: "密1"}}},
		{Name: "a clearance without a first day holds at once", Given: given, Actor: secadmin, When: GrantClearance{Class: domain.Secret}, Then: []Event{ClearanceGranted{Class: domain.Secret, From: at}}},
		{Name: "a clearance ends after it begins", Given: given, Actor: secadmin, When: GrantClearance{Class: domain.Secret, To: day("2026-04-13")}, Err: ErrDates},
		{Name: "a clearance is of a class of the law", Given: given, Actor: secadmin, When: GrantClearance{Class: "很秘密"}, Err: ErrClass},
		{Name: "nobody is cleared for what is public", Given: given, Actor: secadmin, When: GrantClearance{Class: domain.Public}, Err: ErrClass},
		{Name: "a grant lowers nobody", Given: []Event{registered, ClearanceGranted{Class: domain.Secret, From: at}}, Actor: secadmin, When: GrantClearance{Class: domain.Confidential}, Err: ErrLower},
		{Name: "nobody clears himself", Given: given, Policy: map[string]any{"org.keeper": []string{"clerk"}}, Actor: himself, When: GrantClearance{Class: domain.Secret}, Err: ErrOwn},
		{Name: "the system administrator clears nobody", Given: given, Actor: sysadmin, When: GrantClearance{Class: domain.Secret}, Err: org.ErrOfficer},
		{Name: "the system clears nobody", Given: given, Actor: domain.Actor{Person: domain.System}, When: GrantClearance{Class: domain.Secret}, Err: domain.ErrSystem},
		{Name: "nobody is cleared before registration", Actor: secadmin, When: GrantClearance{Class: domain.Secret}, Err: ErrNotRegistered},
		{Name: "a clearance is lowered, with effect in the past too", Given: []Event{registered, ClearanceGranted{Class: domain.Secret, From: domaintest.Time("2026-03-01")}}, Actor: secadmin,
			When: LowerClearance{To: domain.Confidential, Effective: day("2026-03-05")}, Then: []Event{ClearanceLowered{To: domain.Confidential, Effective: domaintest.Time("2026-03-05")}}},
		{Name: "lowering gives a lower class", Given: []Event{registered, ClearanceGranted{Class: domain.Secret, From: domaintest.Time("2026-03-01")}}, Actor: secadmin,
			When: LowerClearance{To: domain.Secret}, Err: ErrNotLower},
		{Name: "lowering gives a class of the law", Given: given, Actor: secadmin, When: LowerClearance{To: domain.Public}, Err: ErrClass},
		{Name: "a clearance is revoked at once, with a reason", Given: []Event{registered, ClearanceGranted{Class: domain.Secret, From: domaintest.Time("2026-03-01")}}, Actor: secadmin,
			When: RevokeClearance{Reason: "调离"}, Then: []Event{ClearanceRevoked{Effective: at, Reason: "调离"}}},
		{Name: "revoking has a reason", Given: given, Actor: secadmin, When: RevokeClearance{}, Err: ErrIncomplete},
		{Name: "there is nothing to revoke from a person never cleared", Given: given, Actor: secadmin, When: RevokeClearance{Reason: "调离"}},
		{Name: "the decoupling period has a last day", Given: given, Actor: secadmin, When: StartDecoupling{To: day("2027-04-14"), Document: "密2"},
			Then: []Event{DecouplingStarted{From: day("2026-04-14"), To: day("2027-04-14"), Document: "密2"}}},
		{Name: "without a last day there is none", Given: given, Actor: secadmin, When: StartDecoupling{}, Err: ErrIncomplete},
		{Name: "the decoupling period ends after it begins", Given: given, Actor: secadmin, When: StartDecoupling{To: day("2026-04-13")}, Err: ErrDates},
	}
	for i := range cases {
		cases[i].Facts = facts()
	}
	domaintest.Run(t, Context, cases)
}

// G19: what is known now of the 10th differs from what was known on the 10th, and both can be asked.
func TestClearanceAsKnown(t *testing.T) {
	log := domaintest.Record(t, Context, Event(registered),
		ClearanceGranted{Class: domain.Secret, From: domaintest.Time("2026-03-01")},
		ClearanceLowered{To: domain.Confidential, Effective: domaintest.Time("2026-03-05")})
	tenth := domaintest.Time("2026-03-10")
	for known, want := range map[int]domain.Class{1: "", 2: domain.Secret, 3: domain.Confidential} {
		p, err := Context.Fold(Person{}, log[:known])
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Clearance(tenth); got != want {
			t.Errorf("cleared for %q on the 10th as known after %d events, want %q", got, known, want)
		}
	}
}

func TestClearance(t *testing.T) {
	grant := func(c domain.Class, from, until string) Event {
		e := ClearanceGranted{Class: c, From: domaintest.Time(from)}
		if until != "" {
			e.Until = domaintest.Time(until)
		}
		return e
	}
	for _, c := range []struct {
		name string
		log  []Event
		at   string
		want domain.Class
	}{
		{"nobody is cleared without a grant", nil, "2026-04-01", ""},
		{"not before the first instant", []Event{grant(domain.Secret, "2026-04-01", "")}, "2026-03-31 23:59:59.999999", ""},
		{"from the first instant", []Event{grant(domain.Secret, "2026-04-01", "")}, "2026-04-01", domain.Secret},
		{"not from the end on", []Event{grant(domain.Secret, "2026-04-01", "2026-05-01")}, "2026-05-01", ""},
		{"after a grant for a time the earlier one holds again", []Event{grant(domain.Confidential, "2026-01-01", ""), grant(domain.Secret, "2026-04-01", "2026-05-01")}, "2026-05-01", domain.Confidential},
		{"lowering does not outlast the grant", []Event{grant(domain.Secret, "2026-04-01", "2026-05-01"), ClearanceLowered{To: domain.Confidential, Effective: domaintest.Time("2026-04-10")}}, "2026-05-01", ""},
		{"revoking takes what was granted for later", []Event{grant(domain.Secret, "2026-06-01", ""), ClearanceRevoked{Effective: domaintest.Time("2026-05-01")}}, "2026-06-02", ""},
		{"a grant after it holds", []Event{grant(domain.Secret, "2026-04-01", ""), ClearanceRevoked{Effective: domaintest.Time("2026-05-01")}, grant(domain.Internal, "2026-06-01", "")}, "2026-06-02", domain.Internal},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p Person
			for _, e := range c.log {
				p = e.Evolve(p)
			}
			if got := p.Clearance(domaintest.Time(c.at)); got != c.want {
				t.Fatalf("cleared for %q, want %q", got, c.want)
			}
		})
	}
	p := DecouplingStarted{From: day("2026-04-14"), To: day("2027-04-14")}.Evolve(Person{})
	for on, want := range map[string]bool{"2026-04-13": false, "2026-04-14": true, "2027-04-14": true, "2027-04-15": false} {
		if got := p.Decoupling(day(on)); got != want {
			t.Errorf("decoupling on %s is %v", on, got)
		}
	}
	if got := (PledgeSigned{On: day("2026-04-14")}).Evolve(Person{}).Pledged(); got != day("2026-04-14") {
		t.Errorf("pledged on %s", got)
	}
}

// After any decisions, whatever was revoked last is revoked until something is granted again, and no limit ever raises.
func TestLimitsNeverRaise(t *testing.T) {
	classes := []domain.Class{domain.Internal, domain.WorkSecret, domain.Confidential, domain.Secret, domain.TopSecret}
	rapid.Check(t, func(rt *rapid.T) {
		var p Person
		start := day("2026-01-01")
		instant := func(name string) domain.Instant {
			return domain.At(start.Add(rapid.IntRange(0, 60).Draw(rt, name)).Start(domaintest.Zone))
		}
		for range rapid.IntRange(0, 8).Draw(rt, "decisions") {
			class := rapid.SampledFrom(classes).Draw(rt, "class")
			p = rapid.SampledFrom([]Event{
				ClearanceGranted{Class: class, From: instant("from")}, ClearanceLowered{To: class, Effective: instant("lowered")}, ClearanceRevoked{Effective: instant("revoked")},
			}).Draw(rt, "event").Evolve(p)
		}
		at, effective := instant("at"), instant("effective")
		class := rapid.SampledFrom(classes).Draw(rt, "limit")
		before := p.Clearance(at)
		after := ClearanceLowered{To: class, Effective: effective}.Evolve(p).Clearance(at)
		if after.Rank() > before.Rank() || (!at.Before(effective.Time) && after.Rank() > class.Rank()) {
			rt.Fatalf("lowered to %q: %q became %q", class, before, after)
		}
		if got := (ClearanceRevoked{Effective: effective}).Evolve(p).Clearance(at); !at.Before(effective.Time) && got != "" {
			rt.Fatalf("revoked and cleared for %q", got)
		}
		if got := p.Clearance(at); got != before {
			rt.Fatalf("an earlier state changed from %q to %q", before, got)
		}
	})
}

// Erasing the person's key leaves a record without content, and nothing that grants.
func TestErased(t *testing.T) {
	var p Person
	for _, e := range samples() {
		row, _, err := Context.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		if !row.Sealed {
			t.Errorf("%s is not sealed", row.Name)
		}
		erased, err := Context.Decode(row.Name, row.Version, nil)
		if err != nil {
			t.Fatal(err)
		}
		p = erased.Evolve(p)
	}
	if !p.Exists() || p.Clearance(domaintest.Time("2026-04-14")) != "" {
		t.Errorf("an erased person is %+v", p)
	}
	for _, row := range Context.Events {
		for _, cmd := range row.By {
			act := domaintest.Case[Person]{Actor: secadmin, Facts: facts()}.Act()
			events, err := domain.Decide(cmd, Person{}, act)
			if _, so := cmd.(WithdrawRegistration); so && err == nil && len(events) == 0 {
				continue // what was never registered counts as never registered already
			}
			if err == nil {
				t.Errorf("%T of nothing gives %v", cmd, events)
			}
		}
	}
}

func samples() []Event {
	from, until := domaintest.Time("2026-04-14"), domaintest.Time("2027-01-01")
	return []Event{
		Registered{"e-1", "p-1", "张三", "zhang san", "0071", "13900000000"}, RegistrationCorrected{"e-1", "p-1", "章三", "zhang san", "0071", "13900000000", "录入错误"},
		Renamed{"张思", "zhang si", "户口簿"}, ContactChanged{"13900000001"}, PledgeSigned{day("2026-04-14"), "涉密人员卷3"},
		ClearanceGranted{domain.Secret, from, until, "县保密办〔2026〕1号"}, ClearanceLowered{domain.Confidential, from, "县保密办〔2026〕2号"},
		ClearanceRevoked{from, "调离涉密岗位"}, DecouplingStarted{day("2026-04-14"), day("2027-04-14"), "县保密办〔2026〕3号"},
		RegistrationWithdrawn{"e-1", "i-1", "文件选错"}, domain.Refused[Person]{Command: "GrantClearance", Code: "person.own-clearance", Params: map[string]string{}},
	}
}

func TestGolden(t *testing.T) { domaintest.Golden(t, Context, samples()...) }
