package leave

import (
	"errors"
	"fmt"
	"testing"

	"andu/domain"
)

// balances are as an act on the first of May finds them.
func (s *story) balances() map[string]string {
	list := map[string]string{}
	for _, b := range s.state().Balances(act(s, admin)) {
		list[fmt.Sprintf("%s %d", b.Type, b.Year)] = fmt.Sprintf("%s-%s=%s over %s", b.Given, b.Taken, b.Left, b.Overdrawn)
	}
	return list
}

func (s *story) is(account, want string) {
	s.t.Helper()
	if got := s.balances()[account]; got != want {
		s.t.Errorf("%s: got %q, want %q", account, got, want)
	}
}

// What was entered bounds what is taken; what is asked for counts until it is refused, taken back or cut short.
func TestBalance(t *testing.T) {
	s := tell(t, county(t, "A-lower"), office(t, countyStaff))
	s.do("2026-04-13 09:00", person, ask(Annual, "04-14AM", "04-14PM")) // nothing is entered: nothing is known, and nothing bounds it
	open := OpenBalance{Person: "p-staff", Type: Annual, Year: 2026, Days: Days{25}, AsOf: edge("04-13AM").On, Source: "台账第3页"}
	s.refused("2026-04-13 09:10", person, open, ErrKeeper)
	s.refused("2026-04-13 09:10", admin, OpenBalance{Person: "p-staff", Type: "年假", Days: Days{10}, AsOf: open.AsOf, Source: "x"}, ErrType)
	s.refused("2026-04-13 09:10", admin, OpenBalance{Person: "p-staff", Type: Annual, Year: 2025, Days: Days{10}, AsOf: open.AsOf, Source: "x"}, ErrYear)
	s.refused("2026-04-13 09:10", admin, OpenBalance{Person: "p-staff", Type: Annual, Year: 2026, Days: Days{7}, AsOf: open.AsOf, Source: "x"}, ErrAmount)
	entry := first[BalanceOpened](t, s.do("2026-04-13 09:10", admin, open)).Entry
	s.refused("2026-04-13 09:11", admin, open, ErrOpened)
	s.refused("2026-04-13 09:11", admin, GrantAnnual{"p-staff", 2026, domain.Date{Year: 2009, Month: 7, Day: 1}, "履历表"}, ErrOpened)
	s.is("年休假 2026", "2.5-1.0=1.5 over 0.0")
	s.refused("2026-04-13 09:12", person, WithdrawBalance{entry, "i-1", "文件选错"}, ErrKeeper)
	s.refused("2026-04-13 09:12", admin, WithdrawBalance{entry, "i-1", " "}, ErrSource)
	s.do("2026-04-13 09:12", admin, WithdrawBalance{entry, "i-1", "文件选错"}) // as if never entered: it may be entered anew
	entry = first[BalanceOpened](t, s.do("2026-04-13 09:13", admin, open)).Entry
	s.is("年休假 2026", "2.5-1.0=1.5 over 0.0")

	if _, err := s.try("2026-04-13 09:20", person, ask(Annual, "04-16AM", "04-17PM")); !errors.Is(err, ErrBalance) || err.(*domain.Refusal).Params["left"] != "1.5" {
		t.Errorf("2.0 of 1.5: %v", err)
	}
	r := first[Requested](t, s.do("2026-04-13 09:20", person, ask(Annual, "04-16AM", "04-17AM")))
	s.is("年休假 2026", "2.5-2.5=0.0 over 0.0")
	s.refused("2026-04-13 09:30", person, ask(Annual, "04-20AM", "04-20AM"), ErrBalance)
	s.do("2026-04-13 09:30", person, ask("事假", "04-20AM", "04-20AM")) // another type
	s.refused("2026-04-13 09:30", admin, PhoneIn{"p-staff", Annual, edge("04-21AM"), edge("04-21AM"), "urgent", "x"}, ErrBalance)
	s.do("2026-04-13 09:40", deputy, Approve{r.Request})
	s.refused("2026-04-16 09:40", person, Extend{Request: r.Request, To: edge("04-17PM"), Form: Written, Reason: "x"}, ErrBalance)
	s.do("2026-04-17 08:00", person, Return{r.Request, edge("04-17AM")})
	s.is("年休假 2026", "2.5-2.0=0.5 over 0.0")
	s.do("2026-04-17 09:00", person, ask(Annual, "04-21AM", "04-21AM"))

	// A correction stands beside the entry; what was taken stays taken.
	s.refused("2026-04-17 10:00", admin, CorrectBalance{Of: "none", Days: Days{20}, Source: "x", Reason: "x"}, ErrEntry)
	s.do("2026-04-17 10:00", admin, CorrectBalance{Of: entry, Days: Days{20}, Source: "台账第4页", Reason: "录入有误"})
	s.is("年休假 2026", "2.0-2.5=0.0 over 0.5")
	if got := s.do("2026-04-17 10:01", admin, CorrectBalance{Of: entry, Days: Days{20}, Source: "台账第4页", Reason: "录入有误"}); len(got) != 0 {
		t.Errorf("corrected to what it is: %v", got)
	}
}

// Annual leave follows from full years of service, and is given once a year.
func TestAnnual(t *testing.T) {
	for _, tc := range []struct {
		since string
		days  int // 0: none
	}{{"2025-04-14", 0}, {"2025-04-13", 5}, {"2016-04-14", 5}, {"2016-04-13", 10}, {"2006-04-13", 15}, {"1980-07-01", 15}} {
		t.Run(tc.since, func(t *testing.T) {
			s := tell(t, county(t, "A-lower"), office(t, countyStaff))
			since, err := domain.ParseDate(tc.since)
			if err != nil {
				t.Fatal(err)
			}
			grant := GrantAnnual{"p-staff", 2026, since, "履历表"}
			if tc.days == 0 {
				s.refused("2026-04-13 10:00", admin, grant, ErrService)
				return
			}
			if e := first[EntitlementGranted](t, s.do("2026-04-13 10:00", admin, grant)); e.Days.Tenths != 10*tc.days {
				t.Errorf("got %s days", e.Days)
			}
			s.refused("2026-04-13 10:01", admin, grant, ErrOpened)
		})
	}
	s := tell(t, county(t, "A-lower"), office(t, countyStaff))
	s.refused("2026-04-13 10:00", admin, GrantAnnual{"p-admin", 2026, domain.Date{Year: 2009, Month: 7, Day: 1}, "履历表"}, ErrOwnBook)
	s.refused("2026-04-13 10:00", admin, GrantAnnual{"p-gone", 2026, domain.Date{Year: 2009, Month: 7, Day: 1}, "履历表"}, ErrMember)
}

// Time off in lieu is what was worked, and an opening balance holds what was worked before it.
func TestTimeOff(t *testing.T) {
	s := tell(t, county(t, "A-lower"), office(t, countyStaff))
	worked := func(day string, tenths int) CreditTimeOff {
		return CreditTimeOff{Person: "p-staff", Type: "补休", Days: Days{tenths}, Worked: edge(day + "AM").On, Source: "防汛值守"}
	}
	s.refused("2026-04-13 09:00", admin, worked("04-18", 10), ErrYear)
	s.refused("2026-04-13 09:00", admin, worked("04-12", 0), ErrAmount)
	s.do("2026-04-13 09:00", admin, OpenBalance{Person: "p-staff", Type: "补休", Days: Days{0}, AsOf: edge("04-01AM").On, Source: "台账"})
	s.refused("2026-04-13 09:00", admin, worked("03-28", 10), ErrOpened)
	s.refused("2026-04-13 09:01", person, ask("补休", "04-14AM", "04-14AM"), ErrBalance)
	s.do("2026-04-13 09:02", admin, worked("04-11", 10))
	s.do("2026-04-13 09:02", admin, worked("04-12", 5))
	s.do("2026-04-13 09:03", person, ask("补休", "04-14AM", "04-15AM"))
	s.is("补休 0", "1.5-1.5=0.0 over 0.0")
}
