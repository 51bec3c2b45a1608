package calendar

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"testing"

	"andu/domain"
	"andu/domain/domaintest"
	"andu/domain/org"

	"pgregory.net/rapid"
)

type event = domain.Event[Calendar]

// office is the policy of an office with a full supplement.
var office = map[string]any{
	"cal.source": "state-council", "cal.unpublishedYear": "weekends-provisional", "cal.countFromNextDay": true,
	"cal.makeupDaysWork": true, "cal.hoursAdjustableBy": []string{"director"}, "cal.workHours.breakStart": "12:00",
	"cal.workHours": map[string]any{
		"days": []string{"mon", "tue", "wed", "thu", "fri"}, "start": "08:30", "end": "18:30", "break_minutes": 180,
		"seasons": map[string]any{"summer": map[string]any{"break_minutes": 210}},
	},
	"att.season.summer.from": "06-10", "att.season.summer.to": "09-10",
}

// but is a policy with some values changed; Blank{} leaves one open.
func but(policy map[string]any, pairs ...any) map[string]any {
	p := map[string]any{}
	for k, v := range policy {
		p[k] = v
	}
	for i := 0; i < len(pairs); i += 2 {
		p[pairs[i].(string)] = pairs[i+1]
	}
	return p
}

func date(s string) domain.Date {
	d, err := domain.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func dates(days ...string) (list []domain.Date) {
	for _, d := range days {
		list = append(list, date(d))
	}
	return list
}

func clock(s string) (t domain.TimeOfDay) {
	if err := t.UnmarshalText([]byte(s)); err != nil {
		panic(err)
	}
	return t
}

func notice(t testing.TB, name string) (n ImportNotice) {
	t.Helper()
	raw, err := os.ReadFile("../../presets/holidays/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func act(policy map[string]any) domain.Act {
	return domaintest.Case[Calendar]{Policy: policy, Actor: domain.Actor{Person: "p-1", Post: "director"}}.Act()
}

// imported is the calendar after notices, and the events of each.
func imported(t testing.TB, names ...string) (c Calendar, decisions [][]event) {
	t.Helper()
	for _, name := range names {
		events, err := domain.Decide(notice(t, name), c, act(office))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			c = e.Evolve(c)
		}
		decisions = append(decisions, events)
	}
	return c, decisions
}

func types(events []event) (names []string) {
	for _, e := range events {
		row, _, _ := Context.Encode(e)
		names = append(names, row.Name)
	}
	return names
}

// G6, the calendar's part: a notice of January 2020, recorded after the days it frees.
func TestLateNotice(t *testing.T) {
	before, _ := imported(t, "2020-first")
	after, decisions := imported(t, "2020-first", "2020")
	if got, want := types(decisions[1]), []string{"calendar.notice-imported", "calendar.amended"}; !slices.Equal(got, want) {
		t.Fatalf("events %v, want %v", got, want)
	}
	if got, want := decisions[1][1].(Amended).ChangedDays, dates("2020-01-31", "2020-02-01"); !slices.Equal(got, want) {
		t.Errorf("changed days %v, want %v", got, want)
	}
	for _, tc := range []struct {
		day           string
		before, after Kind
	}{
		{"2020-01-31", Ordinary, Off}, {"2020-02-01", Makeup, Off}, {"2020-02-02", Weekend, Off}, {"2020-02-03", Ordinary, Ordinary},
	} {
		if got := before.Day(date(tc.day)).Kind; got != tc.before {
			t.Errorf("%s was %s, want %s", tc.day, got, tc.before)
		}
		if got := after.Day(date(tc.day)).Kind; got != tc.after {
			t.Errorf("%s is %s, want %s", tc.day, got, tc.after)
		}
	}
	first, second := notice(t, "2020-first").Papers[0], notice(t, "2020").Papers[1]
	if got := after.Day(date("2020-01-24")).Notice; got != first {
		t.Errorf("a day that the second paper leaves as it was cites %s", got)
	}
	if got := after.Day(date("2020-02-01")).Notice; got == first || !slices.Contains(notice(t, "2020").Papers, second) {
		t.Errorf("a day that the second paper changed cites %s", got)
	}
	if _, err := domain.Decide(notice(t, "2020-first"), after, act(office)); err == nil {
		t.Error("the older state of the notice took the place of the later one")
	}
}

// G7: December is provisional until the next year's notice, which sets days of it.
func TestDecember(t *testing.T) {
	before, _ := imported(t, "2018")
	after, decisions := imported(t, "2018", "2019")
	if got, want := decisions[1][1].(Amended).ChangedDays, dates("2018-12-29", "2018-12-31"); !slices.Equal(got, want) {
		t.Errorf("changed days %v, want %v", got, want)
	}
	for _, tc := range []struct {
		c           Calendar
		day         string
		kind        Kind
		works       bool
		provisional bool
	}{
		{before, "2018-11-30", Ordinary, true, false},
		{before, "2018-12-29", Weekend, false, true},
		{before, "2018-12-31", Ordinary, true, true},
		{before, "2019-01-01", Ordinary, true, true},
		{after, "2018-12-29", Makeup, true, false},
		{after, "2018-12-30", Off, false, false},
		{after, "2018-12-31", Off, false, false},
		{after, "2019-01-01", Off, false, false},
		{after, "2019-12-02", Ordinary, true, true},
	} {
		day := tc.c.Day(date(tc.day))
		if day.Kind != tc.kind || day.Provisional != tc.provisional {
			t.Errorf("version %d, %s: %s, provisional %t", tc.c.Version, tc.day, day.Kind, day.Provisional)
		}
		if works := tc.c.Works(act(office), date(tc.day)); works != tc.works {
			t.Errorf("version %d, %s: works %t", tc.c.Version, tc.day, works)
		}
	}
}

// G8: a term over the turn of the year moves when the notice comes.
func TestDue(t *testing.T) {
	before, _ := imported(t, "2018")
	after, _ := imported(t, "2018", "2019")
	for _, tc := range []struct {
		c           Calendar
		days        int
		due         string
		provisional bool
	}{
		{before, 3, "2019-01-01", true}, {after, 3, "2019-01-02", false},
		{before, 5, "2019-01-03", true}, {after, 5, "2019-01-04", false},
		{after, 0, "2018-12-27", false},
	} {
		due, provisional := tc.c.Due(act(office), date("2018-12-27"), tc.days)
		if due != date(tc.due) || provisional != tc.provisional {
			t.Errorf("version %d, %d working days: %s, provisional %t", tc.c.Version, tc.days, due, provisional)
		}
	}
	if due, _ := after.Due(act(but(office, "cal.countFromNextDay", false)), date("2018-12-27"), 3); due != date("2018-12-29") {
		t.Errorf("counted from the day itself: %s", due)
	}
	if due, _ := after.Due(act(but(office, "cal.makeupDaysWork", false)), date("2018-12-27"), 3); due != date("2019-01-03") {
		t.Errorf("where make-up days are free: %s", due)
	}
}

func TestWorkingDays(t *testing.T) {
	c, _ := imported(t, "2023", "2024", "2025", "2026")
	for year, want := range map[int]int{2023: 249, 2024: 251, 2025: 248, 2026: 248} {
		y := strconv.Itoa(year)
		if got, _ := c.WorkingDays(act(office), date(y+"-01-01"), date(y+"-12-31")); got != want {
			t.Errorf("%d has %d working days, want %d", year, got, want)
		}
	}
	var makeup []domain.Date
	for d := date("2026-01-01"); d.Year == 2026; d = d.Add(1) {
		if c.Day(d).Kind == Makeup {
			makeup = append(makeup, d)
		}
	}
	if want := dates("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"); !slices.Equal(makeup, want) {
		t.Errorf("make-up days of 2026: %v", makeup)
	}
}

func TestHours(t *testing.T) {
	c, _ := imported(t, "2026")
	adjusted := Hours{clock("09:00"), clock("16:00"), clock("12:00"), clock("13:00")}
	c = HoursAdjusted{c.Version + 1, dates("2026-04-16"), adjusted, "storm"}.Evolve(c)
	for _, tc := range []struct {
		day  string
		want Hours
		ok   bool
	}{
		{"2026-04-15", Hours{clock("08:30"), clock("18:30"), clock("12:00"), clock("15:00")}, true},
		{"2026-06-10", Hours{clock("08:30"), clock("18:30"), clock("12:00"), clock("15:30")}, true},
		{"2026-09-10", Hours{clock("08:30"), clock("18:30"), clock("12:00"), clock("15:30")}, true},
		{"2026-09-11", Hours{clock("08:30"), clock("18:30"), clock("12:00"), clock("15:00")}, true},
		{"2026-05-09", Hours{clock("08:30"), clock("18:30"), clock("12:00"), clock("15:00")}, true},
		{"2026-04-16", adjusted, true},
		{"2026-04-18", Hours{}, false},
		{"2026-05-01", Hours{}, false},
	} {
		if got, ok := c.Hours(act(office), date(tc.day)); got != tc.want || ok != tc.ok {
			t.Errorf("%s: %v %t", tc.day, got, ok)
		}
	}
	for at, want := range map[string]bool{
		"2026-04-15 08:29:59.999999": false, "2026-04-15 08:30": true, "2026-04-15 12:00": false, "2026-04-15 15:00": true,
		"2026-04-15 18:29:59.999999": true, "2026-04-15 18:30": false, "2026-04-18 10:00": false,
	} {
		if got := c.InHours(act(office), domaintest.Time(at)); got != want {
			t.Errorf("%s in hours: %t", at, got)
		}
	}
	if s := c.Season(act(but(office, "att.season.summer.from", "none", "att.season.summer.to", "none")), date("2026-07-01")); s != "" {
		t.Errorf("an office without summer time has season %q", s)
	}
	set := SeasonSet{c.Version + 1, 2026, date("2026-07-01"), date("2026-08-31"), "通知1号"}.Evolve(c)
	blank := but(office, "att.season.summer.from", domaintest.Blank{}, "att.season.summer.to", domaintest.Blank{})
	if set.Season(act(blank), date("2026-06-30")) != "" || set.Season(act(blank), date("2026-08-31")) != SummerSeason {
		t.Error("the dates set for the year do not bound the season")
	}
	if set.Season(act(office), date("2026-06-30")) != SummerSeason {
		t.Error("dates that the policy states do not go before those set for the year")
	}
}

// nobody is an office whose posts only the policy names.
var nobody = map[string]any{org.Stream("office"): org.Office{}}

var (
	papers = []string{"国办发明电〔2025〕7号"}
	may    = []Listed{{date("2026-05-01"), "劳动节", true}, {date("2026-05-09"), "劳动节", false}}
	may26  = NoticeImported{1, 2026, papers, may}
	longer = []Listed{{date("2026-05-01"), "劳动节", true}, {date("2026-05-04"), "劳动节", true}, {date("2026-05-09"), "劳动节", false}}
	head   = domain.Actor{Person: "p-1", Post: "director"}
	system = domain.Actor{Person: domain.System}
	day    = Hours{clock("09:00"), clock("16:00"), clock("12:00"), clock("13:00")}
)

func TestRules(t *testing.T) {
	leader := but(office, "cal.hoursAdjustableBy", []string{"org.inCharge[主管领导]"}, "org.inCharge[主管领导]", "director")
	noSummer := but(office, "att.season.summer.from", domaintest.Blank{}, "att.season.summer.to", domaintest.Blank{})
	summer := SetSeason{2026, date("2026-06-15"), date("2026-08-31"), "办字〔2026〕3号"}
	cases := []domaintest.Case[Calendar]{
		{Name: "the first notice of a year publishes it", Policy: office, When: ImportNotice{2026, papers, may}, Then: []event{may26}},
		{Name: "the order in which days are listed does not matter", Policy: office, When: ImportNotice{2026, papers, []Listed{may[1], may[0]}}, Then: []event{may26}},
		{Name: "the same notice again leaves nothing", Given: []event{may26}, Policy: office, When: ImportNotice{2026, papers, may}},
		{Name: "a notice that was changed amends the days it really changes", Given: []event{may26}, Policy: office,
			When: ImportNotice{2026, append(slices.Clip(papers), "2号"), longer},
			Then: []event{NoticeImported{2, 2026, append(slices.Clip(papers), "2号"), longer}, Amended{2, 2026, []string{"2号"}, dates("2026-05-04")}}},
		{Name: "a day that a notice no longer lists is what the week says", Given: []event{may26}, Policy: office,
			When: ImportNotice{2026, papers, may[:1]},
			Then: []event{NoticeImported{2, 2026, papers, may[:1]}, Amended{2, 2026, papers, dates("2026-05-09")}}},
		{Name: "a notice without paper is none", Policy: office, When: ImportNotice{Year: 2026, Days: may}, Err: ErrNoPaper},
		{Name: "a notice without days is none", Policy: office, When: ImportNotice{Year: 2026, Papers: papers}, Err: ErrNoPaper},
		{Name: "a notice lists days of its year", Policy: office, When: ImportNotice{2027, papers, may}, Err: ErrForeignDay},
		{Name: "a notice lists a day once", Policy: office, When: ImportNotice{2026, papers, append(slices.Clip(may), may[0])}, Err: ErrForeignDay},
		{Name: "an older state of a notice does not come back", Given: []event{NoticeImported{1, 2026, []string{"1号", "2号"}, may}}, Policy: office,
			When: ImportNotice{2026, papers, longer}, Err: ErrOlderNotice},
		{Name: "an office that counts by weekends takes no notice", Policy: but(office, "cal.source", "weekends"), When: ImportNotice{2026, papers, may}, Err: ErrNoNotices},
		{Name: "where the source is blank no notice is taken", Policy: but(office, "cal.source", domaintest.Blank{}), When: ImportNotice{2026, papers, may}, Err: domain.ErrBlank},

		{Name: "the office decides a day by itself", Given: []event{may26}, Policy: office, Actor: head,
			When: OverrideDay{date("2026-05-02"), false, "防汛", "flood watch"}, Then: []event{DayOverridden{2, date("2026-05-02"), false, "防汛", "flood watch"}}},
		{Name: "a day decided twice alike leaves nothing", Given: []event{DayOverridden{1, date("2026-05-02"), false, "防汛", "x"}}, Policy: office, Actor: head,
			When: OverrideDay{date("2026-05-02"), false, "防汛", "flood watch"}},
		{Name: "only the posts named decide a day", Policy: office, When: OverrideDay{date("2026-05-02"), false, "防汛", "x"}, Err: ErrNotAdjustable},
		{Name: "the system decides no day", Policy: office, Actor: system, When: OverrideDay{date("2026-05-02"), false, "防汛", "x"}, Err: domain.ErrSystem},
		{Name: "a past day is not decided", Policy: office, Actor: head, When: OverrideDay{date("2026-04-13"), true, "", "x"}, Err: ErrPast},

		{Name: "the office gives dates to a summer without dates", Policy: noSummer, Actor: head, When: summer,
			Then: []event{SeasonSet{1, 2026, summer.From, summer.To, summer.By}}},
		{Name: "the same dates again leave nothing", Given: []event{SeasonSet{1, 2026, summer.From, summer.To, "x"}}, Policy: noSummer, Actor: head, When: summer},
		{Name: "dates that the policy states are amended there", Policy: office, Actor: head, When: summer, Err: ErrSeasonStated},
		{Name: "only the posts named give dates", Policy: noSummer, When: summer, Err: ErrNotAdjustable},
		{Name: "a season ends after it begins", Policy: noSummer, Actor: head, When: SetSeason{2026, summer.To, summer.From, "x"}, Err: ErrSeasonDates},
		{Name: "a season lies in its year", Policy: noSummer, Actor: head, When: SetSeason{2027, summer.From, summer.To, "x"}, Err: ErrSeasonDates},
		{Name: "a season that has begun gets no other beginning", Policy: noSummer, Actor: head, When: SetSeason{2026, date("2026-04-01"), summer.To, "x"}, Err: ErrPast},

		{Name: "the schedule announces the hours of policy", Policy: office, Actor: head, When: PublishSchedule{date("2026-05-01")},
			Then: []event{SchedulePublished{date("2026-05-01"), []Weekday{"mon", "tue", "wed", "thu", "fri"},
				Hours{clock("08:30"), clock("18:30"), clock("12:00"), clock("15:00")},
				[]SeasonHours{{"summer", Hours{clock("08:30"), clock("18:30"), clock("12:00"), clock("15:30")}}}}}},
		{Name: "a schedule is never retroactive", Policy: office, Actor: head, When: PublishSchedule{date("2026-04-13")}, Err: ErrPast},
		{Name: "only the posts named publish the schedule", Policy: office, When: PublishSchedule{date("2026-05-01")}, Err: ErrNotAdjustable},
		{Name: "hours that are blank cannot be announced", Policy: but(office, "cal.workHours", domaintest.Blank{}), Actor: head,
			When: PublishSchedule{date("2026-05-01")}, Err: domain.ErrBlank},

		{Name: "the leader in charge moves the hours in a special case", Given: []event{may26}, Policy: leader, Actor: head,
			When: AdjustHours{dates("2026-04-16"), day, "storm"}, Then: []event{HoursAdjusted{2, dates("2026-04-16"), day, "storm"}}},
		{Name: "the same hours again leave nothing", Given: []event{may26, HoursAdjusted{2, dates("2026-04-16"), day, "x"}}, Policy: office, Actor: head,
			When: AdjustHours{dates("2026-04-16"), day, "storm"}},
		{Name: "nobody else moves the hours", Given: []event{may26}, Policy: leader, When: AdjustHours{dates("2026-04-16"), day, "storm"}, Err: ErrNotAdjustable},
		{Name: "hours follow each other", Given: []event{may26}, Policy: office, Actor: head,
			When: AdjustHours{dates("2026-04-16"), Hours{Start: clock("17:00"), End: clock("09:00")}, "x"}, Err: ErrHours},
		{Name: "the break lies inside the hours", Given: []event{may26}, Policy: office, Actor: head,
			When: AdjustHours{dates("2026-04-16"), Hours{clock("09:00"), clock("12:00"), clock("11:00"), clock("13:00")}, "x"}, Err: ErrHours},
		{Name: "hours of a past day stay", Given: []event{may26}, Policy: office, Actor: head, When: AdjustHours{dates("2026-04-13"), day, "x"}, Err: ErrPast},
		{Name: "a day of rest has no hours", Given: []event{may26}, Policy: office, Actor: head, When: AdjustHours{dates("2026-04-18"), day, "x"}, Err: ErrNoWork},

		{Name: "a year without notice is marked", Policy: office, When: MarkProvisional{2027}, Then: []event{YearMarkedProvisional{2027}}},
		{Name: "a year is marked once", Given: []event{YearMarkedProvisional{2027}}, Policy: office, When: MarkProvisional{2027}},
		{Name: "a year with its notice is not provisional", Given: []event{may26}, Policy: office, When: MarkProvisional{2026}, Err: ErrPublished},

		{Name: "a version is looked at again once", Given: []event{may26}, Actor: system, When: CloseRecompute{1}, Then: []event{Recomputed{0, 1}}},
		{Name: "a version that was looked at stays so", Given: []event{may26, Recomputed{0, 1}}, Actor: system, When: CloseRecompute{1}},
		{Name: "only versions that exist are looked at", Given: []event{may26}, Actor: system, When: CloseRecompute{2}, Err: ErrUnknownVersion},
	}
	for i := range cases {
		cases[i].Facts = nobody
	}
	domaintest.Run(t, Context, cases)
}

func TestOverride(t *testing.T) {
	c := may26.Evolve(Calendar{})
	c = DayOverridden{2, date("2026-05-02"), false, "防汛", "x"}.Evolve(c)
	c = DayOverridden{3, date("2027-03-01"), true, "", "x"}.Evolve(c)
	if d := c.Day(date("2026-05-02")); d != (Day{Kind: Makeup, Name: "防汛", Override: true}) {
		t.Errorf("a Saturday that the office works: %+v", d)
	}
	if d := c.Day(date("2027-03-01")); d != (Day{Kind: Off, Override: true}) {
		t.Errorf("a day that the office decided is not provisional: %+v", d)
	}
}

func TestMatters(t *testing.T) {
	adjust := domaintest.Case[Calendar]{Given: []event{may26}, Policy: office, Facts: nobody, Actor: head, When: AdjustHours{dates("2026-05-09"), day, "x"}}
	schedule := domaintest.Case[Calendar]{Policy: office, Facts: nobody, Actor: head, When: PublishSchedule{date("2026-05-01")}}
	domaintest.Matters(t, Context, domaintest.Case[Calendar]{Policy: office, When: ImportNotice{2026, papers, may}}, "cal.source", "state-council", "weekends")
	domaintest.Matters(t, Context, domaintest.Case[Calendar]{Policy: office, When: MarkProvisional{2027}}, "cal.unpublishedYear", "weekends-provisional", domaintest.Blank{})
	domaintest.Matters(t, Context, adjust, "cal.makeupDaysWork", true, false)
	domaintest.Matters(t, Context, adjust, "cal.hoursAdjustableBy", []string{"director"}, []string{"registrar"})
	adjust.Policy = but(office, "cal.hoursAdjustableBy", []string{"org.inCharge[主管领导]"})
	domaintest.Matters(t, Context, adjust, "org.inCharge[主管领导]", "director", "registrar")
	domaintest.Matters(t, Context, schedule, "cal.workHours", office["cal.workHours"], map[string]any{"days": []string{"mon"}, "start": "09:00", "end": "12:00"})
	domaintest.Matters(t, Context, schedule, "cal.workHours.breakStart", "12:00", "12:30")
	season := domaintest.Case[Calendar]{Policy: but(office, "att.season.summer.from", domaintest.Blank{}, "att.season.summer.to", domaintest.Blank{}), Facts: nobody, Actor: head,
		When: SetSeason{2026, date("2026-06-15"), date("2026-08-31"), "x"}}
	domaintest.Matters(t, Context, season, "att.season.summer.from", "06-10", domaintest.Blank{})
	domaintest.Matters(t, Context, season, "att.season.summer.to", "09-10", domaintest.Blank{})
	// cal.countFromNextDay decides terms of other contexts: see TestDue.
}

// A blank that a day depends on refuses the act; one it does not depend on is not asked.
func TestBlanks(t *testing.T) {
	c, _ := imported(t, "2026")
	blank := func(key string, days ...string) bool {
		in := &domain.Inputs{Policy: domaintest.Policy(but(office, key, domaintest.Blank{})), NewID: domaintest.NewID}
		a := domain.NewAct(domain.Act{Zone: domaintest.Zone, Occurred: domaintest.Time("2026-04-14"), Received: domaintest.Time("2026-04-14")}, in)
		for _, d := range days {
			c.Works(a, date(d))
			c.Due(a, date(d), 1)
		}
		return in.Verdict() != nil
	}
	for _, tc := range []struct {
		key, day string
		want     bool
	}{
		{"cal.makeupDaysWork", "2026-05-09", true}, {"cal.makeupDaysWork", "2026-04-14", false},
		{"cal.unpublishedYear", "2027-03-01", true}, {"cal.unpublishedYear", "2026-03-02", false},
		{"cal.workHours", "2026-04-14", true}, {"cal.countFromNextDay", "2026-04-14", true}, {"cal.source", "2026-04-14", false},
	} {
		if got := blank(tc.key, tc.day); got != tc.want {
			t.Errorf("%s blank, %s: refused %t", tc.key, tc.day, got)
		}
	}
}

func TestValues(t *testing.T) {
	for _, tc := range []struct {
		key   domain.AnyKey
		value string
		ok    bool
	}{
		{Source, `"state-council"`, true}, {Source, `"newspaper"`, false},
		{UnpublishedYear, `"weekends-provisional"`, true}, {UnpublishedYear, `"guess"`, false},
		{WorkHours, `{"days":["mon"],"start":"08:30","end":"17:00","break_minutes":60,"seasons":{}}`, true},
		{WorkHours, `{"days":["mon"],"start":"17:00","end":"08:30","break_minutes":60,"seasons":{}}`, false},
		{WorkHours, `{"days":["monday"],"start":"08:30","end":"17:00","break_minutes":60,"seasons":{}}`, false},
		{WorkHours, `{"days":["mon"],"start":"08:30","end":"17:00","break_minutes":60,"seasons":{"winter":{}}}`, false},
		{WorkHours, `{"days":[],"start":"08:30","end":"17:00","break_minutes":60,"seasons":{}}`, false},
		{SummerFrom, `"none"`, true}, {SummerFrom, `"06-10"`, true}, {SummerFrom, `"June"`, false},
	} {
		if err := tc.key.Check(json.RawMessage(tc.value)); (err == nil) != tc.ok {
			t.Errorf("%s %s: %v", tc.key.KeyName(), tc.value, err)
		}
	}
	if b, err := json.Marshal([]SeasonDay{{None: true}, {Day: domain.MonthDay{Month: 6, Day: 10}}}); err != nil || string(b) != `["none","06-10"]` {
		t.Errorf("%s %v", b, err)
	}
}

// Whatever is imported in whatever order, every day has one type, a term ends on a working day with exactly its number of
// working days, and the fold of a prefix is not touched by what comes later.
func TestProperties(t *testing.T) {
	names := []string{"2018", "2019", "2020-first", "2020", "2021", "2025", "2026"}
	rapid.Check(t, func(rt *rapid.T) {
		var c Calendar
		for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 0, 6).Draw(rt, "notices") {
			before, version := c.Day(date("2018-12-31")), c.Version
			events, err := domain.Decide(notice(t, name), c, act(office))
			if err != nil {
				continue
			}
			next := c
			for _, e := range events {
				next = e.Evolve(next)
			}
			if c.Day(date("2018-12-31")) != before || c.Version != version {
				rt.Fatal("an import changed the calendar that was before it")
			}
			c = next
		}
		start := date("2018-01-01").Add(rapid.IntRange(0, 3300).Draw(rt, "start"))
		n := rapid.IntRange(1, 30).Draw(rt, "days")
		due, _ := c.Due(act(office), start, n)
		if !c.Works(act(office), due) {
			rt.Fatalf("due on %s, no working day", due)
		}
		if got, _ := c.WorkingDays(act(office), start.Add(1), due); got != n {
			rt.Fatalf("%d working days to %s, want %d", got, due, n)
		}
	})
}

func TestTasks(t *testing.T) {
	records := domaintest.Record(t, Context, may26, HoursAdjusted{2, dates("2026-04-16"), day, "x"}, Recomputed{0, 2})
	task := may26.Opens(records[0])[0]
	if task.TaskID != (domain.TaskID{Kind: RecomputeTask, Key: "office/1"}) || task.Stream != "calendar-1" {
		t.Errorf("task %+v", task)
	}
	settled := Recomputed{0, 2}.Settles(records[2])
	if !slices.Contains(settled, task.TaskID) || len(settled) != 2 {
		t.Errorf("settled %v", settled)
	}
}

func TestGolden(t *testing.T) {
	domaintest.Golden(t, Context,
		may26,
		Amended{2, 2026, []string{"国办发明电〔2025〕8号"}, dates("2026-05-04")},
		DayOverridden{3, date("2026-07-01"), true, "停电", "power cut"},
		SeasonSet{4, 2026, date("2026-06-15"), date("2026-08-31"), "办字〔2026〕3号"},
		SchedulePublished{date("2026-05-01"), []Weekday{"mon", "fri"}, Hours{clock("08:30"), clock("18:30"), clock("12:00"), clock("15:00")},
			[]SeasonHours{{"summer", Hours{clock("08:30"), clock("18:30"), clock("12:00"), clock("15:30")}}}},
		HoursAdjusted{5, dates("2026-04-16"), day, "storm"},
		YearMarkedProvisional{2027},
		Recomputed{1, 5},
	)
}
